//! Mathematical functions.

use super::invalid;
use crate::engine::Evaluated;
use crate::value::Value;

/// Calls a mathematical function. Returns `None` for other functions.
pub(super) fn number_function(lower: &str, name: &str, values: &[Value]) -> Option<Evaluated> {
    match lower {
        "e" => return Some(Ok(Value::Float(std::f64::consts::E))),
        "pi" => return Some(Ok(Value::Float(std::f64::consts::PI))),
        "abs" | "sign" | "round" | "ceil" | "floor" | "sqrt" | "exp" | "log" | "log10" | "sin"
        | "cos" | "tan" | "cot" | "asin" | "acos" | "atan" | "atan2" | "degrees" | "radians"
        | "haversin" | "isnan" => {}
        _ => return None,
    }
    if values.iter().any(Value::is_null) {
        return Some(Ok(Value::Null));
    }
    let mut numbers = Vec::new();
    for value in values {
        match value {
            Value::Integer(number) => numbers.push(*number as f64),
            Value::Float(number) => numbers.push(*number),
            Value::String(_) if lower == "round" => {}
            other => return Some(Err(invalid(name, "a Number", other))),
        }
    }
    let x = numbers.first().copied().unwrap_or_default();
    let value = match (lower, values) {
        ("abs", [Value::Integer(number)]) => Value::Integer(number.saturating_abs()),
        ("sign", _) => Value::Integer(if x > 0.0 { 1 } else { -i64::from(x < 0.0) }),
        ("isnan", _) => Value::Boolean(x.is_nan()),
        ("round", _) => Value::Float(round(x, numbers.get(1).copied().unwrap_or_default())),
        _ => Value::Float(match lower {
            "abs" => x.abs(),
            "ceil" => x.ceil(),
            "floor" => x.floor(),
            "sqrt" => x.sqrt(),
            "exp" => x.exp(),
            "log" => x.ln(),
            "log10" => x.log10(),
            "sin" => x.sin(),
            "cos" => x.cos(),
            "tan" => x.tan(),
            "cot" => 1.0 / x.tan(),
            "asin" => x.asin(),
            "acos" => x.acos(),
            "atan" => x.atan(),
            "atan2" => x.atan2(numbers.get(1).copied().unwrap_or_default()),
            "degrees" => x.to_degrees(),
            "radians" => x.to_radians(),
            _ => (1.0 - x.cos()) / 2.0,
        }),
    };
    Some(Ok(value))
}

/// Half away from zero to digits; without digits half goes up, as in Neo4j.
fn round(x: f64, digits: f64) -> f64 {
    if digits == 0.0 {
        return (x + 0.5).floor();
    }
    let scale = 10_f64.powf(digits);
    (x * scale).round() / scale
}
