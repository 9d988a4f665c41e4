//! Recognises deployments in what people and accounts have: values, CloudFormation stacks, files. Pure.

mod document_tree;
pub mod documents;
pub mod inventory;
pub mod stack;
pub mod values;
