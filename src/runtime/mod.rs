//! The async shell: the only place that owns the terminal, waits, and performs effects.

mod clipboard;
mod export;
mod perform;
mod run;
mod saved;
mod tasks;
pub mod terminal;

pub use perform::Outside;
pub use run::{Console, Faults, Input, Start, console, run};
pub use tasks::{Fact, Performer, Sender, Tasks};
