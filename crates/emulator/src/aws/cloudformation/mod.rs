//! CloudFormation: stacks with their parameters, outputs and resources.

pub(crate) mod handlers;
mod shapes;
mod state;
