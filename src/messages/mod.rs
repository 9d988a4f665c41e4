//! What the layers say to each other: actions, events, effects and slots, as plain data.
//!
//! Screens and the app answer actions and events with effects; the runtime performs effects and reports events.
//! Nothing here decides anything.

mod action;
mod effect;
mod event;
mod exit_message;
mod route;

pub use action::{
    Action, ActionSpec, AppAction, DoctorAction, FleetAction, ListAction, LogsAction, Needs,
    PromptAction, SecretsAction, ToolsAction,
};
pub use effect::{Effect, Effects, Slot};
pub use event::{Event, FleetEvent, LogsEvent, SecretsEvent, ToolsEvent, Welcome};
pub use exit_message::ExitMessage;
pub use route::Route;
