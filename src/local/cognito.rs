//! Cognito: user pools, their web endpoints (token, discovery, keys), and the operations on them.
use serde_json::Value;

use super::dispatch::Outcome;
use super::errors::ApiError;
use super::http::{Request, Response, not_found};
use super::world::World;

pub(crate) fn serves(_world: &World, _path: &str) -> bool {
    false
}

pub(crate) async fn handle_web(_world: &World, request: &Request) -> Response {
    not_found(request.uri().path())
}

pub(crate) fn handle(_world: &World, operation: &str, _input: &Value) -> Outcome {
    Err(ApiError::bad("InvalidParameterException", operation))
}
