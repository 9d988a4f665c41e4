//! The rotation of a Cognito app client's secret: a pure state machine that takes its steps and the outside as data.
//!
//! Cognito holds up to two secrets of an app client at once, so no caller has to fail: the new secret is added beside the old one,
//! everything that holds a copy takes the new one, and only then the old one is removed.
//!
//! | file | contents |
//! |---|---|
//! | `machine` | the phase that a rotation is in, its next effect, and what an answer changes |
//! | `phase` | all phases with their step and whether they write |
//! | `effect` | requests to the outside and their answers, without values |
//! | `report` | steps, questions and the end, for people |
//! | `plan` | what a rotation would do, shown before the first write |
//! | `board` | which of the two values exists where, as far as it was seen |
//! | `document` | the text of a journal version |
//!
//! The journal is a secret in Secrets Manager (`agentcore-console/client-secret/<client id>`). The new value is stored there, under
//! AWSPENDING, before Cognito learns it: a process that dies at any instant leaves a state from which
//! [`report::ClientSecretKind::Resume`] reaches the end, on any machine. `machine::explore` (tests) visits all those states.

pub mod board;
pub mod document;
pub mod effect;
pub mod machine;
pub mod phase;
pub mod plan;
pub mod report;
