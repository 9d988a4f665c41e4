//! What the console knows: resources, their lists, transitions and the activity log. Screens read it; events change it.

mod loadable;
mod store;
mod view_memory;

pub use loadable::Loadable;
pub use store::{ActivityEntry, ListChange, Store, Transition};
pub use view_memory::{FleetMemory, ViewMemory};
