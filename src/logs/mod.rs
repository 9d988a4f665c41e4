//! Log lines as data: what a line says of itself, and what of it may be shown. Pure: no IO, no clock.

pub mod line;
pub mod redact;

pub use line::{Level, Line};
pub use redact::redact;
