//! The control plane over HTTP: which operation a request is, and its answer.
use super::super::dispatch::{Call, Outcome};
use super::super::errors::ApiError;
use super::super::http::Request;
use super::super::world::World;

pub(crate) fn recognise(_request: &Request) -> Option<Call> {
    None
}

pub(crate) fn takes_bearer(_world: &World, _request: &Request, _call: &Call) -> bool {
    false
}

pub(crate) fn handle(_world: &World, call: &Call) -> Outcome {
    Err(ApiError::bad("ValidationException", call.operation.as_str()))
}
