//! Operators on two values: comparison, membership, texts, arithmetic.

use std::cmp::Ordering;

use super::{Evaluated, truth};
use crate::codes::{ARITHMETIC, TYPE};
use crate::error::CypherError;
use crate::syntax::BinaryOperator;
use crate::temporal;
use crate::value::{Value, compare, equals};

pub(crate) fn compared(operator: BinaryOperator, left: &Value, right: &Value) -> Option<bool> {
    match operator {
        BinaryOperator::Equal => equals(left, right),
        BinaryOperator::NotEqual => equals(left, right).map(|equal| !equal),
        _ => {
            if let (Value::Integer(_) | Value::Float(_), Value::Integer(_) | Value::Float(_)) =
                (left, right)
            {
                let Some(order) = compare(left, right) else {
                    return Some(false);
                };
                return Some(ordered(operator, order));
            }
            compare(left, right).map(|order| ordered(operator, order))
        }
    }
}

fn ordered(operator: BinaryOperator, order: Ordering) -> bool {
    match operator {
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessOrEqual => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

pub(crate) fn contained(item: &Value, list: Value) -> Evaluated {
    let items = match list {
        Value::Null => return Ok(Value::Null),
        Value::List(items) => items,
        other => {
            return Err(CypherError::run(
                TYPE,
                format!("Expected a List, got: {}", other.described()),
            ));
        }
    };
    let mut known = Some(false);
    for candidate in &items {
        match equals(item, candidate) {
            Some(true) => return Ok(Value::Boolean(true)),
            None => known = None,
            Some(false) => {}
        }
    }
    Ok(truth(known))
}

pub(crate) fn texts(left: &Value, right: &Value, holds: fn(&str, &str) -> bool) -> Value {
    match (left, right) {
        (Value::String(whole), Value::String(part)) => Value::Boolean(holds(whole, part)),
        _ => Value::Null,
    }
}

pub(crate) fn negate(value: Value) -> Evaluated {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Integer(number) => number
            .checked_neg()
            .map(Value::Integer)
            .ok_or_else(overflow),
        Value::Float(number) => Ok(Value::Float(-number)),
        other => arithmetic(BinaryOperator::Subtract, Value::Integer(0), other),
    }
}

fn overflow() -> CypherError {
    CypherError::run(ARITHMETIC, "long overflow")
}

pub(crate) fn arithmetic(operator: BinaryOperator, left: Value, right: Value) -> Evaluated {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Integer(a), Value::Integer(b)) => integers(operator, a, b),
        (Value::Integer(a), Value::Float(b)) => floats(operator, a as f64, b),
        (Value::Float(a), Value::Integer(b)) => floats(operator, a, b as f64),
        (Value::Float(a), Value::Float(b)) => floats(operator, a, b),
        (left, right) if matches!(operator, BinaryOperator::Add | BinaryOperator::Concatenate) => {
            add(left, right)
        }
        (left, right) => temporal::arithmetic(operator, &left, &right).unwrap_or_else(|| {
            let verb = match operator {
                BinaryOperator::Subtract => ("subtract", "from"),
                BinaryOperator::Multiply => ("multiply", "and"),
                BinaryOperator::Divide => ("divide", "by"),
                BinaryOperator::Modulo => ("calculate modulus of", "and"),
                _ => ("raise", "to the power of"),
            };
            let message = match operator {
                BinaryOperator::Subtract => format!(
                    "Cannot subtract `{}` from `{}`",
                    right.type_name(),
                    left.type_name()
                ),
                _ => format!(
                    "Cannot {} `{}` {} `{}`",
                    verb.0,
                    left.type_name(),
                    verb.1,
                    right.type_name()
                ),
            };
            Err(CypherError::run(TYPE, message))
        }),
    }
}

fn integers(operator: BinaryOperator, a: i64, b: i64) -> Evaluated {
    let by_zero = || CypherError::run(ARITHMETIC, "/ by zero");
    let result = match operator {
        BinaryOperator::Add => a.checked_add(b),
        BinaryOperator::Subtract => a.checked_sub(b),
        BinaryOperator::Multiply => a.checked_mul(b),
        BinaryOperator::Divide | BinaryOperator::Modulo if b == 0 => return Err(by_zero()),
        BinaryOperator::Divide => a.checked_div(b),
        BinaryOperator::Modulo => a.checked_rem(b),
        BinaryOperator::Concatenate => {
            return Err(CypherError::run(
                TYPE,
                "Cannot concatenate `Long` and `Long`",
            ));
        }
        _ => return Ok(Value::Float((a as f64).powf(b as f64))),
    };
    result.map(Value::Integer).ok_or_else(overflow)
}

fn floats(operator: BinaryOperator, a: f64, b: f64) -> Evaluated {
    Ok(Value::Float(match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => a * b,
        BinaryOperator::Divide => a / b,
        BinaryOperator::Modulo => a % b,
        BinaryOperator::Concatenate => {
            return Err(CypherError::run(
                TYPE,
                "Cannot concatenate `Double` and `Double`",
            ));
        }
        _ => a.powf(b),
    }))
}

fn add(left: Value, right: Value) -> Evaluated {
    match (left, right) {
        (Value::List(mut items), Value::List(more)) => {
            items.extend(more);
            Ok(Value::List(items))
        }
        (Value::List(mut items), item) => {
            items.push(item);
            Ok(Value::List(items))
        }
        (item, Value::List(items)) => Ok(Value::List(std::iter::once(item).chain(items).collect())),
        (Value::String(text), Value::String(more)) => Ok(Value::String(text + &more)),
        (Value::String(text), other @ (Value::Integer(_) | Value::Float(_))) => {
            Ok(Value::String(text + &other.text()))
        }
        (other @ (Value::Integer(_) | Value::Float(_)), Value::String(text)) => {
            Ok(Value::String(other.text() + &text))
        }
        (left, right) => {
            temporal::arithmetic(BinaryOperator::Add, &left, &right).unwrap_or_else(|| {
                Err(CypherError::run(
                    TYPE,
                    format!(
                        "Cannot add `{}` and `{}`",
                        left.type_name(),
                        right.type_name()
                    ),
                ))
            })
        }
    }
}
