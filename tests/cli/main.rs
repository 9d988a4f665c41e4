//! The commands as a shell sees them: the compiled binary against one embedded stack for all tests of this file.

mod configuration;
mod fleet;
mod logs;
mod secrets;
mod tools;
mod world;
