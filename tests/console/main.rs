//! The console: its state alone, its frames, its loop, and the whole program in a terminal.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of tests fail as tests do"
)]

mod activity;
mod dialogs;
mod doctor;
mod explorer;
mod fleet;
mod fleet_keys;
mod footers;
mod frames;
mod graph_picture;
mod harness;
mod journeys;
mod log_queries;
mod logs;
mod logs_fields;
mod logs_keys;
mod mouse;
mod panel;
#[cfg(feature = "local")]
mod pty;
mod recording;
mod rotation_keys;
mod sessions;
mod start;
mod start_and_polls;
mod tools;
mod tools_keys;
mod tools_results;
mod tools_server;
mod world;
