//! The operations over HTTP.
use serde_json::Value;

use super::super::dispatch::Outcome;
use super::super::errors::ApiError;
use super::super::world::Shared;

pub(crate) fn handle(_world: &Shared, operation: &str, _input: &Value) -> Outcome {
    Err(ApiError::bad("InvalidParameterException", operation))
}
