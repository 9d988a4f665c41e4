//! Functions on texts, and the conversions.

use super::invalid;
use crate::codes::TYPE;
use crate::engine::Evaluated;
use crate::error::CypherError;
use crate::value::Value;

pub(crate) fn call(lower: &str, name: &str, values: &[Value]) -> Option<Evaluated> {
    if let Some(list) = lower
        .strip_suffix("list")
        .filter(|function| function.starts_with("to"))
    {
        return Some(convert_list(list, name, values));
    }
    if lower.starts_with("to") && !matches!(lower, "toupper" | "tolower") {
        return Some(convert(lower, name, values.first().unwrap_or(&Value::Null)));
    }
    let known = [
        "toupper",
        "tolower",
        "upper",
        "lower",
        "trim",
        "btrim",
        "ltrim",
        "rtrim",
        "replace",
        "split",
        "substring",
        "left",
        "right",
        "reverse",
        "normalize",
    ];
    if !known.contains(&lower) {
        return None;
    }
    if values.iter().any(Value::is_null) {
        return Some(Ok(Value::Null));
    }
    let Some(Value::String(text)) = values.first() else {
        return Some(Err(invalid(
            name,
            "a String",
            values.first().unwrap_or(&Value::Null),
        )));
    };
    Some(text_function(lower, name, text, values))
}

fn text_function(lower: &str, name: &str, text: &str, values: &[Value]) -> Evaluated {
    let second = values.get(1);
    let characters = match second {
        Some(Value::String(characters)) => Some(characters.as_str()),
        _ => None,
    };
    let strip = |character: char| {
        characters.map_or(character.is_whitespace(), |set| set.contains(character))
    };
    let value = match (lower, second, values.get(2)) {
        ("toupper" | "upper", ..) => text.to_uppercase(),
        ("tolower" | "lower", ..) => text.to_lowercase(),
        ("normalize", ..) => text.to_owned(),
        ("trim" | "btrim", ..) => text.trim_matches(strip).to_owned(),
        ("ltrim", ..) => text.trim_start_matches(strip).to_owned(),
        ("rtrim", ..) => text.trim_end_matches(strip).to_owned(),
        ("reverse", ..) => text.chars().rev().collect(),
        ("replace", Some(Value::String(from)), Some(Value::String(to))) => {
            if from.is_empty() {
                text.to_owned()
            } else {
                text.replace(from.as_str(), to)
            }
        }
        ("split", Some(separators), _) => return split(name, text, separators),
        ("left", Some(Value::Integer(length)), _) => text.chars().take(count(*length)?).collect(),
        ("right", Some(Value::Integer(length)), _) => {
            let skipped = text.chars().count().saturating_sub(count(*length)?);
            text.chars().skip(skipped).collect()
        }
        ("substring", Some(Value::Integer(start)), None) => {
            text.chars().skip(count(*start)?).collect()
        }
        ("substring", Some(Value::Integer(start)), Some(Value::Integer(length))) => text
            .chars()
            .skip(count(*start)?)
            .take(count(*length)?)
            .collect(),
        (_, Some(other), _) => return Err(invalid(name, "a String or an Integer", other)),
        _ => return Ok(Value::Null),
    };
    Ok(Value::String(value))
}

fn count(number: i64) -> Result<usize, CypherError> {
    usize::try_from(number).map_err(|_| {
        CypherError::run(
            crate::codes::EXECUTION_FAILED,
            "Cannot handle negative start index nor negative length",
        )
    })
}

fn split(name: &str, text: &str, separators: &Value) -> Evaluated {
    let separators: Vec<String> = match separators {
        Value::String(separator) => vec![separator.clone()],
        Value::List(items) => items.iter().map(Value::text).collect(),
        other => return Err(invalid(name, "a String or a List of Strings", other)),
    };
    if separators.iter().any(String::is_empty) {
        return Ok(Value::List(
            text.chars()
                .map(|character| Value::String(character.to_string()))
                .collect(),
        ));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((index, length)) = separators
        .iter()
        .filter_map(|separator| {
            rest.find(separator.as_str())
                .map(|at| (at, separator.len()))
        })
        .min()
    {
        parts.push(Value::from(rest.get(..index).unwrap_or_default()));
        rest = rest.get(index + length..).unwrap_or_default();
    }
    parts.push(Value::from(rest));
    Ok(Value::List(parts))
}

fn convert_list(function: &str, name: &str, values: &[Value]) -> Evaluated {
    match values.first() {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(Value::List(items)) => {
            let lenient = format!("{function}ornull");
            items
                .iter()
                .map(|item| convert(&lenient, name, item))
                .collect::<Result<_, _>>()
                .map(Value::List)
        }
        Some(other) => Err(invalid(name, "a List", other)),
    }
}

fn convert(lower: &str, name: &str, value: &Value) -> Evaluated {
    let (function, lenient) = match lower.strip_suffix("ornull") {
        Some(function) => (function, true),
        None => (lower, false),
    };
    let refused = |expected: &str| {
        if lenient {
            Ok(Value::Null)
        } else {
            Err(invalid(name, expected, value))
        }
    };
    match (function, value) {
        (_, Value::Null) => Ok(Value::Null),
        (
            "tostring",
            Value::List(_)
            | Value::Map(_)
            | Value::Node(_)
            | Value::Relationship(_)
            | Value::Path(_),
        ) => refused("a String, Float, Integer, Boolean, Temporal or Duration"),
        ("tostring", value) => Ok(Value::String(value.text())),
        ("tointeger", Value::Integer(_))
        | ("tofloat", Value::Float(_))
        | ("toboolean", Value::Boolean(_)) => Ok(value.clone()),
        ("tointeger", Value::Float(number)) => Ok(if number.is_nan() {
            Value::Null
        } else {
            Value::Integer(*number as i64)
        }),
        ("tointeger", Value::Boolean(known)) => Ok(Value::Integer(i64::from(*known))),
        ("tointeger", Value::String(text)) => integer(text, lenient),
        ("tofloat", Value::Integer(number)) => Ok(Value::Float(*number as f64)),
        ("tofloat", Value::String(text)) => {
            Ok(text.trim().parse().map_or(Value::Null, Value::Float))
        }
        ("toboolean", Value::Integer(number)) => Ok(Value::Boolean(*number != 0)),
        ("toboolean", Value::String(text)) => Ok(match text.trim().to_ascii_lowercase().as_str() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => Value::Null,
        }),
        ("tointeger", _) => refused("a String, Float, Integer or Boolean"),
        ("tofloat", _) => refused("a String, Float or Integer"),
        _ => refused("a Boolean, Integer or String"),
    }
}

fn integer(text: &str, lenient: bool) -> Evaluated {
    let trimmed = text.trim();
    if let Ok(number) = trimmed.parse() {
        return Ok(Value::Integer(number));
    }
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if !lenient && !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(CypherError::run(
            TYPE,
            format!("integer, {trimmed}, is too large"),
        ));
    }
    Ok(trimmed
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .map_or(Value::Null, |number| Value::Integer(number as i64)))
}
