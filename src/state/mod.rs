//! What the console knows: resources, their lists, transitions and the activity log. Screens read it; events change it.

mod fleet_snapshot;
mod loadable;
mod store;
mod view_memory;

pub use fleet_snapshot::{FleetSnapshot, SavedDeployment, SavedResource};
pub use loadable::Loadable;
pub use store::{ActivityEntry, ListChange, Store, Transition};
pub use view_memory::{FleetMemory, LogsMemory, ViewMemory};
