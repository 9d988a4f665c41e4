//! Operators on two values: comparison, membership, texts, arithmetic.

use std::cmp::Ordering;

use super::{Evaluated, truth};
use crate::codes::{ARITHMETIC, TYPE};
use crate::error::CypherError;
use crate::syntax::{ArithmeticOperator, CypherComparison};
use crate::temporal;
use crate::value::{Value, compare, equals};

pub(crate) fn compared(operator: CypherComparison, left: &Value, right: &Value) -> Option<bool> {
    match operator {
        CypherComparison::Equal => equals(left, right),
        CypherComparison::NotEqual => equals(left, right).map(|equal| !equal),
        CypherComparison::Less => ordered(left, right, Ordering::is_lt),
        CypherComparison::LessOrEqual => ordered(left, right, Ordering::is_le),
        CypherComparison::Greater => ordered(left, right, Ordering::is_gt),
        CypherComparison::GreaterOrEqual => ordered(left, right, Ordering::is_ge),
    }
}

/// Compares the order of two values. A number that is not comparable (`NaN`) gives false, other values null.
fn ordered(left: &Value, right: &Value, holds: fn(Ordering) -> bool) -> Option<bool> {
    let is_number = |value: &Value| matches!(value, Value::Integer(_) | Value::Float(_));
    let incomparable = (is_number(left) && is_number(right)).then_some(false);
    compare(left, right).map_or(incomparable, |order| Some(holds(order)))
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
        other => arithmetic(ArithmeticOperator::Subtract, Value::Integer(0), other),
    }
}

fn overflow() -> CypherError {
    CypherError::run(ARITHMETIC, "long overflow")
}

pub(crate) fn arithmetic(operator: ArithmeticOperator, left: Value, right: Value) -> Evaluated {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Integer(a), Value::Integer(b)) => integers(operator, a, b),
        (Value::Integer(a), Value::Float(b)) => floats(operator, a as f64, b),
        (Value::Float(a), Value::Integer(b)) => floats(operator, a, b as f64),
        (Value::Float(a), Value::Float(b)) => floats(operator, a, b),
        (left, right)
            if matches!(
                operator,
                ArithmeticOperator::Add | ArithmeticOperator::Concatenate
            ) =>
        {
            add(left, right)
        }
        (left, right) => temporal::arithmetic(operator, &left, &right)
            .unwrap_or_else(|| Err(type_mismatch(operator, &left, &right))),
    }
}

fn type_mismatch(operator: ArithmeticOperator, left: &Value, right: &Value) -> CypherError {
    let (left, right) = (left.type_name(), right.type_name());
    let message = match operator {
        ArithmeticOperator::Add | ArithmeticOperator::Concatenate => {
            format!("Cannot add `{left}` and `{right}`")
        }
        ArithmeticOperator::Subtract => format!("Cannot subtract `{right}` from `{left}`"),
        ArithmeticOperator::Multiply => format!("Cannot multiply `{left}` and `{right}`"),
        ArithmeticOperator::Divide => format!("Cannot divide `{left}` by `{right}`"),
        ArithmeticOperator::Modulo => {
            format!("Cannot calculate modulus of `{left}` and `{right}`")
        }
        ArithmeticOperator::Power => format!("Cannot raise `{left}` to the power of `{right}`"),
    };
    CypherError::run(TYPE, message)
}

fn integers(operator: ArithmeticOperator, a: i64, b: i64) -> Evaluated {
    let by_zero = || CypherError::run(ARITHMETIC, "/ by zero");
    let result = match operator {
        ArithmeticOperator::Add => a.checked_add(b),
        ArithmeticOperator::Subtract => a.checked_sub(b),
        ArithmeticOperator::Multiply => a.checked_mul(b),
        ArithmeticOperator::Divide | ArithmeticOperator::Modulo if b == 0 => return Err(by_zero()),
        ArithmeticOperator::Divide => a.checked_div(b),
        ArithmeticOperator::Modulo => a.checked_rem(b),
        ArithmeticOperator::Concatenate => {
            return Err(CypherError::run(
                TYPE,
                "Cannot concatenate `Long` and `Long`",
            ));
        }
        ArithmeticOperator::Power => return Ok(Value::Float((a as f64).powf(b as f64))),
    };
    result.map(Value::Integer).ok_or_else(overflow)
}

fn floats(operator: ArithmeticOperator, a: f64, b: f64) -> Evaluated {
    Ok(Value::Float(match operator {
        ArithmeticOperator::Add => a + b,
        ArithmeticOperator::Subtract => a - b,
        ArithmeticOperator::Multiply => a * b,
        ArithmeticOperator::Divide => a / b,
        ArithmeticOperator::Modulo => a % b,
        ArithmeticOperator::Concatenate => {
            return Err(CypherError::run(
                TYPE,
                "Cannot concatenate `Double` and `Double`",
            ));
        }
        ArithmeticOperator::Power => a.powf(b),
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
        (left, right) => temporal::arithmetic(ArithmeticOperator::Add, &left, &right)
            .unwrap_or_else(|| Err(type_mismatch(ArithmeticOperator::Add, &left, &right))),
    }
}
