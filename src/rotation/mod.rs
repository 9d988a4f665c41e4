//! The rotation of a Neo4j password: a pure state machine that takes its steps and its world as data.
//!
//! | file | what lives there |
//! |---|---|
//! | `machine` | where a rotation stands, what it asks for next, and what an answer changes |
//! | `effect` | the questions to the world and its answers, without values |
//! | `effect_error` | a request without a usable answer, with its failure |
//! | `labels` | version ids and staging labels |
//! | `report` | what people are told: steps and questions |
//! | `evidence` | what was seen, a sentence for each |
//! | `end` | how it ended, and why |
//! | `plan` | what a rotation would do, and why it refuses |
//! | `plan_page` | a plan as one page of the screen |
//! | `password_page` | the page of a password's rotation |
//! | `password` | a new password from random bytes |
//! | `proof` | which call proves that the new value is in use |
//! | `readers` | who reads a secret, and how a reader picks up a new value |
//! | `secret_document` | finding and replacing the password in a secret's text |
//!
//! Two ways to a new password: the one user's own `ALTER CURRENT USER` (readers fail for an instant), or, where an administrator is
//! named, two users in alternation (nobody fails: the user that readers know keeps its password until the next rotation).
//!
//! Nothing here reads a clock, a file or a network, and no secret value enters the machine. The driver is `services::rotation`.
//! The durable truth is the labels of the secret and the database itself: whoever dies at any instant leaves a state from which
//! [`report::RotationKind::Resume`] reaches one consistent end, on any machine. `machine::explore` (tests) walks all those states.

pub mod effect;
pub mod effect_error;
mod end;
mod evidence;
pub mod labels;
pub mod machine;
pub mod password;
mod password_page;
pub mod plan;
pub mod plan_page;
pub mod proof;
pub mod readers;
pub mod report;
pub mod secret_document;
