//! The commands as a shell sees them: the compiled binary against one embedded stack for all tests of this file.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the helpers of tests fail as tests do"
)]

mod client_secret;
mod configuration;
mod credentials;
mod doctor;
mod fault_table;
mod first_minutes;
mod fleet;
mod keyring;
mod logs;
mod partial;
mod readme;
mod recordings;
mod secrets;
mod starter;
mod tools;
mod world;
