//! What the console knows: resources, their lists, transitions and the activity log. Screens read it; events change it.

mod activity;
mod breaks;
mod cause;
mod fleet_snapshot;
mod health;
mod history;
mod loadable;
mod relations;
mod sessions;
mod store;
mod view_memory;

pub use activity::ActivityEntry;
pub use breaks::CurrentBreak;
pub use cause::TransitionCause;
pub use fleet_snapshot::{FleetSnapshot, SavedDeployment, SavedResource};
pub use health::{HealthChange, HealthState};
pub use history::{AttributedChange, CallHistory, ChangeHistory};
pub use loadable::Loadable;
pub use relations::Related;
pub use sessions::{RuntimeSession, RuntimeSessions};
pub use store::{ListChange, Store, Transition};
pub use view_memory::{FleetMemory, LogsMemory, NamedText, ViewMemory};
