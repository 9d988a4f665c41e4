//! Constraints on values: type predicates, row counts, and what can be stored as a property.

use crate::codes::{ARGUMENT, TYPE};
use crate::error::CypherError;
use crate::value::Value;

pub(super) fn is_type(subject: &Value, name: &str) -> bool {
    let (name, nullable) = match name.strip_suffix(" NOT NULL") {
        Some(name) => (name, false),
        None => (name, true),
    };
    if subject.is_null() {
        return nullable;
    }
    match name {
        "BOOLEAN" | "BOOL" => matches!(subject, Value::Boolean(_)),
        "INTEGER" | "INT" => matches!(subject, Value::Integer(_)),
        "FLOAT" => matches!(subject, Value::Float(_)),
        "STRING" | "VARCHAR" => matches!(subject, Value::String(_)),
        "MAP" => matches!(subject, Value::Map(_)),
        "NODE" | "VERTEX" => matches!(subject, Value::Node(_)),
        "RELATIONSHIP" | "EDGE" => matches!(subject, Value::Relationship(_)),
        "PATH" => matches!(subject, Value::Path(_)),
        "POINT" => matches!(subject, Value::Point(_)),
        "DATE" => matches!(subject, Value::Date(_)),
        "DURATION" => matches!(subject, Value::Duration(_)),
        "LOCAL TIME" => matches!(subject, Value::LocalTime(_)),
        "ZONED TIME" => matches!(subject, Value::Time(..)),
        "LOCAL DATETIME" => matches!(subject, Value::LocalDateTime(_)),
        "ZONED DATETIME" => matches!(subject, Value::DateTime(_)),
        "ANY" | "ANY VALUE" => true,
        other => match (subject, other.strip_prefix("LIST")) {
            (Value::List(items), Some(inner)) => {
                let inner = inner.trim().trim_start_matches('<').trim_end_matches('>');
                inner.is_empty() || items.iter().all(|item| is_type(item, inner))
            }
            _ => false,
        },
    }
}

/// Converts the value of `SKIP` or `LIMIT` into a number of rows.
pub(crate) fn row_count(value: &Value) -> Result<usize, CypherError> {
    match value {
        Value::Integer(number) => usize::try_from(*number).map_err(|_| invalid_row_count(value)),
        other => Err(invalid_row_count(other)),
    }
}

fn invalid_row_count(value: &Value) -> CypherError {
    let message = format!(
        "Invalid input. '{}' is not a valid value. Must be a non-negative integer.",
        value.text()
    );
    CypherError::run(ARGUMENT, message)
}

/// Checks that a value can be stored as a property.
pub(crate) fn check_storable(value: &Value) -> Result<(), CypherError> {
    let refused = |value: &Value| {
        let message = format!(
            "Property values can only be of primitive types or arrays thereof. Encountered: {}.",
            value.described()
        );
        CypherError::run(TYPE, message)
    };
    if matches!(
        value,
        Value::Map(_) | Value::Node(_) | Value::Relationship(_) | Value::Path(_)
    ) {
        return Err(refused(value));
    }
    let Value::List(items) = value else {
        return Ok(());
    };
    if items.iter().any(Value::is_null) {
        return Err(CypherError::run(
            TYPE,
            "Collections containing null values can not be stored in properties.",
        ));
    }
    if items.iter().any(|item| matches!(item, Value::List(_))) {
        return Err(CypherError::run(
            TYPE,
            "Collections containing collections can not be stored in properties.",
        ));
    }
    if is_mixed(items) {
        let message = "Neo4j only supports a subset of Cypher types for storage as singleton or array properties. Please refer to \
                       section cypher/syntax/values of the manual for more details.";
        return Err(CypherError::run(TYPE, message));
    }
    items
        .iter()
        .find(|item| matches!(item, Value::Map(_) | Value::Node(_)))
        .map_or(Ok(()), |item| Err(refused(item)))
}

/// Returns whether a list has elements of different types. Integers and floats count as one.
fn is_mixed(items: &[Value]) -> bool {
    let is_number = |value: &Value| matches!(value, Value::Integer(_) | Value::Float(_));
    items.iter().zip(items.iter().skip(1)).any(|(left, right)| {
        left.type_name() != right.type_name() && !(is_number(left) && is_number(right))
    })
}
