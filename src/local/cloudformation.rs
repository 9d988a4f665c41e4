//! CloudFormation: the stacks whose outputs describe the deployments.
use serde_json::Value;

use super::dispatch::Outcome;
use super::errors::ApiError;
use super::world::World;

pub(crate) fn handle(_world: &World, operation: &str, _input: &Value) -> Outcome {
    Err(ApiError::bad("InvalidAction", operation))
}
