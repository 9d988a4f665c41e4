//! The invariants of the architecture, checked against the source of the workspace. `CONTRIBUTING.md` explains them.
//!
//! A guard reads production code only: comments, strings and test modules are left out. Each guard has a test that shows
//! it failing on a deliberate violation, and the exceptions that it still tolerates stand in `exceptions/`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a source file that cannot be read or parsed fails the test"
)]

mod documentation;
mod exceptions;
mod layers;
mod matches;
mod names;
mod services;
mod sizes;
mod source;
