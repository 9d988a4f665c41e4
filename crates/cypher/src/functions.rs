//! Functions: the number of arguments of each, and their evaluation.

mod entities;
mod numbers;
mod points;
mod texts;

use crate::codes::{ARGUMENT, TYPE};
use crate::engine::{Engine, Evaluated, RowBindings};
use crate::error::CypherError;
use crate::syntax::{Expr, ExprKind};
use crate::temporal;
use crate::value::Value;
use numbers::number_function;
pub(crate) use points::point_property;
use points::{distance, point};

/// Name in lower case, least and most arguments.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("count", 1, 1),
    ("sum", 1, 1),
    ("avg", 1, 1),
    ("min", 1, 1),
    ("max", 1, 1),
    ("collect", 1, 1),
    ("stdev", 1, 1),
    ("stdevp", 1, 1),
    ("percentiledisc", 2, 2),
    ("percentilecont", 2, 2),
    ("id", 1, 1),
    ("elementid", 1, 1),
    ("labels", 1, 1),
    ("type", 1, 1),
    ("properties", 1, 1),
    ("keys", 1, 1),
    ("startnode", 1, 1),
    ("endnode", 1, 1),
    ("nodes", 1, 1),
    ("relationships", 1, 1),
    ("length", 1, 1),
    ("size", 1, 1),
    ("exists", 1, 1),
    ("coalesce", 1, 64),
    ("head", 1, 1),
    ("last", 1, 1),
    ("tail", 1, 1),
    ("range", 2, 3),
    ("reverse", 1, 1),
    ("isempty", 1, 1),
    ("nullif", 2, 2),
    ("valuetype", 1, 1),
    ("abs", 1, 1),
    ("ceil", 1, 1),
    ("floor", 1, 1),
    ("round", 1, 3),
    ("sign", 1, 1),
    ("rand", 0, 0),
    ("sqrt", 1, 1),
    ("exp", 1, 1),
    ("log", 1, 1),
    ("log10", 1, 1),
    ("e", 0, 0),
    ("pi", 0, 0),
    ("sin", 1, 1),
    ("cos", 1, 1),
    ("tan", 1, 1),
    ("cot", 1, 1),
    ("asin", 1, 1),
    ("acos", 1, 1),
    ("atan", 1, 1),
    ("atan2", 2, 2),
    ("degrees", 1, 1),
    ("radians", 1, 1),
    ("haversin", 1, 1),
    ("isnan", 1, 1),
    ("toupper", 1, 1),
    ("tolower", 1, 1),
    ("upper", 1, 1),
    ("lower", 1, 1),
    ("trim", 1, 1),
    ("btrim", 1, 2),
    ("ltrim", 1, 2),
    ("rtrim", 1, 2),
    ("replace", 3, 3),
    ("split", 2, 2),
    ("substring", 2, 3),
    ("left", 2, 2),
    ("right", 2, 2),
    ("char_length", 1, 1),
    ("character_length", 1, 1),
    ("normalize", 1, 1),
    ("tostring", 1, 1),
    ("tostringornull", 1, 1),
    ("tointeger", 1, 1),
    ("tointegerornull", 1, 1),
    ("tofloat", 1, 1),
    ("tofloatornull", 1, 1),
    ("toboolean", 1, 1),
    ("tobooleanornull", 1, 1),
    ("tostringlist", 1, 1),
    ("tointegerlist", 1, 1),
    ("tofloatlist", 1, 1),
    ("tobooleanlist", 1, 1),
    ("timestamp", 0, 0),
    ("randomuuid", 0, 0),
    ("apoc.version", 0, 0),
    ("point", 1, 1),
    ("point.distance", 2, 2),
    ("distance", 2, 2),
    ("point.withinbbox", 3, 3),
    ("apoc.text.join", 2, 2),
    ("date", 0, 1),
    ("time", 0, 1),
    ("localtime", 0, 1),
    ("datetime", 0, 1),
    ("localdatetime", 0, 1),
    ("duration", 1, 1),
    ("date.truncate", 1, 3),
    ("datetime.truncate", 1, 3),
    ("localdatetime.truncate", 1, 3),
    ("date.realtime", 0, 1),
    ("datetime.realtime", 0, 1),
    ("date.statement", 0, 1),
    ("datetime.statement", 0, 1),
    ("date.transaction", 0, 1),
    ("datetime.transaction", 0, 1),
    ("datetime.fromepoch", 2, 2),
    ("datetime.fromepochmillis", 1, 1),
    ("duration.between", 2, 2),
    ("duration.indays", 2, 2),
    ("duration.inmonths", 2, 2),
    ("duration.inseconds", 2, 2),
];

/// Least and most arguments of a known function.
pub(crate) fn arity(name: &str) -> Option<(usize, usize)> {
    let name = name.to_ascii_lowercase();
    FUNCTIONS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, least, most)| (*least, *most))
}

/// All names, for SHOW FUNCTIONS.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name)
}

impl Engine<'_> {
    pub(crate) fn call(&self, name: &str, arguments: &[Expr], row: &RowBindings<'_>) -> Evaluated {
        let lower = name.to_ascii_lowercase();
        if lower == "exists" {
            return self.exists(arguments, row);
        }
        if lower == "coalesce" {
            for argument in arguments {
                let value = self.evaluate(argument, row)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            return Ok(Value::Null);
        }
        let values = arguments
            .iter()
            .map(|argument| self.evaluate(argument, row))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(result) = self.entity_function(&lower, name, &values) {
            return result;
        }
        if let Some(result) = list_function(&lower, name, &values) {
            return result;
        }
        if let Some(result) = number_function(&lower, name, &values) {
            return result;
        }
        if let Some(result) = texts::call(&lower, name, &values) {
            return result;
        }
        if let Some(result) = temporal::call(&lower, &values, &self.now) {
            return result;
        }
        self.other_function(&lower, &values)
    }

    fn exists(&self, arguments: &[Expr], row: &RowBindings<'_>) -> Evaluated {
        let Some(argument) = arguments.first() else {
            return Ok(Value::Null);
        };
        if matches!(argument.kind, ExprKind::Pattern(_)) {
            return Ok(Value::Boolean(self.truth(argument, row)? == Some(true)));
        }
        Ok(Value::Boolean(!self.evaluate(argument, row)?.is_null()))
    }

    fn other_function(&self, lower: &str, values: &[Value]) -> Evaluated {
        match (lower, values) {
            ("rand", _) => Ok(Value::Float(
                (self.random() >> 11) as f64 / (1u64 << 53) as f64,
            )),
            ("randomuuid", _) => Ok(Value::String(uuid::Uuid::new_v4().to_string())),
            ("timestamp", _) => Ok(Value::Integer(self.now.timestamp().as_millisecond())),
            ("apoc.version", _) => Ok(Value::from("5.26.5")),
            ("apoc.text.join", [Value::List(items), Value::String(separator)]) => {
                Ok(Value::String(
                    items
                        .iter()
                        .map(Value::text)
                        .collect::<Vec<_>>()
                        .join(separator),
                ))
            }
            ("point", [Value::Map(map)]) => point(map),
            ("point.distance" | "distance", [Value::Point(a), Value::Point(b)]) => {
                Ok(distance(*a, *b))
            }
            ("point.withinbbox", [Value::Point(point), Value::Point(low), Value::Point(high)]) => {
                let within =
                    (low.x..=high.x).contains(&point.x) && (low.y..=high.y).contains(&point.y);
                Ok(Value::Boolean(within && low.srid == point.srid))
            }
            (_, values) if values.iter().any(Value::is_null) => Ok(Value::Null),
            (other, values) => {
                let got: Vec<_> = values.iter().map(Value::described).collect();
                Err(CypherError::run(
                    TYPE,
                    format!(
                        "Invalid input for function '{other}()': got: {}",
                        got.join(", ")
                    ),
                ))
            }
        }
    }

    fn random(&self) -> u64 {
        let mut state = self.random.get() | 1;
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.set(state);
        state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

pub(crate) fn invalid(function: &str, expected: &str, got: &Value) -> CypherError {
    CypherError::run(
        TYPE,
        format!(
            "Invalid input for function '{function}()': Expected {expected}, got: {}",
            got.described()
        ),
    )
}

fn list_function(lower: &str, name: &str, values: &[Value]) -> Option<Evaluated> {
    let first = values.first()?;
    let value = match (lower, first) {
        ("head" | "last" | "tail" | "size" | "reverse" | "isempty", Value::Null) => Value::Null,
        ("head", Value::List(items)) => items.first().cloned().unwrap_or(Value::Null),
        ("last", Value::List(items)) => items.last().cloned().unwrap_or(Value::Null),
        ("tail", Value::List(items)) => Value::List(items.iter().skip(1).cloned().collect()),
        ("size", Value::List(items)) => Value::Integer(items.len() as i64),
        ("size" | "char_length" | "character_length", Value::String(text)) => {
            Value::Integer(text.chars().count() as i64)
        }
        ("size", other) => return Some(Err(invalid(name, "a String or List", other))),
        ("reverse", Value::List(items)) => Value::List(items.iter().rev().cloned().collect()),
        ("isempty", Value::List(items)) => Value::Boolean(items.is_empty()),
        ("isempty", Value::Map(map)) => Value::Boolean(map.is_empty()),
        ("isempty", Value::String(text)) => Value::Boolean(text.is_empty()),
        ("head" | "last" | "tail", other) => return Some(Err(invalid(name, "a List", other))),
        ("nullif", first) => {
            let same = values
                .get(1)
                .and_then(|second| crate::value::equals(first, second));
            if same == Some(true) {
                Value::Null
            } else {
                first.clone()
            }
        }
        ("valuetype", first) => Value::String(type_text(first)),
        ("range", _) => return Some(range(values)),
        _ => return None,
    };
    Some(Ok(value))
}

fn type_text(value: &Value) -> String {
    let name = match value {
        Value::Null => return "NULL".to_owned(),
        Value::Boolean(_) => "BOOLEAN",
        Value::Integer(_) => "INTEGER",
        Value::Float(_) => "FLOAT",
        Value::String(_) => "STRING",
        Value::List(items) => {
            let mut kinds: Vec<_> = items.iter().map(type_text).collect();
            kinds.sort();
            kinds.dedup();
            let inner = if kinds.is_empty() {
                "NOTHING".to_owned()
            } else {
                kinds.join(" | ")
            };
            return format!("LIST<{inner}> NOT NULL");
        }
        Value::Map(_) => "MAP",
        Value::Node(_) => "NODE",
        Value::Relationship(_) => "RELATIONSHIP",
        Value::Path(_) => "PATH",
        Value::Date(_) => "DATE",
        Value::LocalTime(_) => "LOCAL TIME",
        Value::Time(..) => "ZONED TIME",
        Value::LocalDateTime(_) => "LOCAL DATETIME",
        Value::DateTime(_) => "ZONED DATETIME",
        Value::Duration(_) => "DURATION",
        Value::Point(_) => "POINT",
    };
    format!("{name} NOT NULL")
}

/// The longest list that `range` makes.
const LONGEST_RANGE: i64 = 10_000_000;

fn range(values: &[Value]) -> Evaluated {
    let step = match values.get(2) {
        None => 1,
        Some(Value::Integer(step)) => *step,
        Some(other) => return Err(invalid("range", "an Integer", other)),
    };
    let (Some(Value::Integer(from)), Some(Value::Integer(to))) = (values.first(), values.get(1))
    else {
        let wrong = values
            .iter()
            .find(|value| !matches!(value, Value::Integer(_)))
            .unwrap_or(&Value::Null);
        return Err(invalid("range", "an Integer", wrong));
    };
    if step == 0 {
        return Err(CypherError::run(
            ARGUMENT,
            "Step argument to 'range()' cannot be zero",
        ));
    }
    let (distance, stride) = (i128::from(*to) - i128::from(*from), i128::from(step));
    let length = (distance * stride.signum()).div_euclid(stride.abs()) + 1;
    if length > i128::from(LONGEST_RANGE) {
        let message = "The allocation of an extra 2.0 MiB would use more than the limit 512.0 MiB.";
        return Err(CypherError::run(crate::codes::OUT_OF_MEMORY, message));
    }
    let numbers = (0..length.max(0) as i64).map(|index| Value::Integer(from + index * step));
    Ok(Value::List(numbers.collect()))
}
