//! The messages between the layers: actions, events, effects and slots, as plain data.
//!
//! The app and its screens turn actions and events into effects. The runtime performs effects and
//! reports events.
//! There is no logic here.

mod action;
mod effect;
mod event;
mod exit_message;
mod route;
mod viewport;

pub use action::{
    Action, ActionNeeds, ActionSpec, ActivityAction, AppAction, DoctorAction, FleetAction,
    ListAction, LogsAction, PromptAction, SecretsAction, StartAction, ToolsAction,
};
pub use effect::{Effect, Effects, FleetEffect, LogsEffect, SecretsEffect, Slot, ToolsEffect};
pub use event::{Event, FleetEvent, LogsEvent, SecretsEvent, ToolsEvent, Welcome};
pub use exit_message::ExitMessage;
pub use route::Route;
pub use viewport::{
    ClickTarget, DoctorViewport, FleetViewport, LogsViewport, ToolsViewport, ViewportId,
};
