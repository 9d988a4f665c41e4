//! The console: its state alone, its frames, its loop, and the whole program in a terminal.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of tests fail as tests do"
)]

mod explorer;
mod fleet;
mod frames;
mod harness;
mod journeys;
mod logs;
mod mouse;
mod panel;
#[cfg(feature = "local")]
mod pty;
mod reducer;
mod start;
mod tools;
mod world;
