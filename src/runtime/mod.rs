//! The async shell: owns the terminal, runs the event loop and performs effects.

mod call_history;
mod canvas;
mod clipboard;
mod effect_runner;
mod export;
mod form_drafts;
pub mod graphics;
mod log_tasks;
mod run;
mod saved_queries;
mod tasks;
pub mod terminal;
mod view_memory_file;

pub use call_history::{keep as keep_call, read_kept as read_call_history};
pub use canvas::Canvas;
pub use effect_runner::ServiceRunner;
pub use run::{Console, ConsoleEnd, Faults, Input, ProcessSignal, Start, console, run};
pub use tasks::{EffectRunner, Sender, TaskMessage, Tasks};
pub use view_memory_file::{VIEW_FILE, read_fleet, read_view, write_fleet, write_view};
