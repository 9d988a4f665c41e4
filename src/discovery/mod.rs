//! Recognises deployments in what people and accounts have: values, CloudFormation stacks, files. Pure.

pub mod documents;
pub mod inventory;
pub mod stack;
pub mod values;
