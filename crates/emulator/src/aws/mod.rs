//! The AWS services of the embedded stack: one folder each, with its state, its handlers and the shapes of its answers.

pub(crate) mod cloudformation;
pub(crate) mod cloudtrail;
pub(crate) mod cognito;
pub(crate) mod control;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod secrets;
pub(crate) mod sts;
