//! The rotation of a Neo4j password: a pure state machine that takes its steps and its world as data.
//!
//! | file | what lives there |
//! |---|---|
//! | `machine` | where a rotation stands, what it asks for next, and what an answer changes |
//! | `effect` | the questions to the world and its answers, without values |
//! | `labels` | version ids and staging labels |
//! | `report` | what people are told |
//! | `plan` | what a rotation would do, and why it refuses |
//! | `password` | a new password from random bytes |
//! | `shape` | finding and replacing the password in a secret's text |
//!
//! Nothing here reads a clock, a file or a network, and no secret value enters the machine. The driver is `services::rotation`.
//! The durable truth is the labels of the secret and the database itself: whoever dies at any instant leaves a state from which
//! [`report::Kind::Resume`] reaches one consistent end, on any machine. `machine::explore` (tests) walks all those states.

pub mod effect;
pub mod labels;
pub mod machine;
pub mod password;
pub mod plan;
pub mod report;
pub mod shape;
