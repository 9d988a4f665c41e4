//! Equality, comparison, sort order and grouping of values.

use std::cmp::Ordering;
use std::fmt::Write as _;

use jiff::civil;

use super::Value;

/// Compares as the operator `=` does. `None` is null.
pub(crate) fn equals(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Integer(a), Value::Integer(b)) => Some(a == b),
        (Value::Integer(a), Value::Float(b)) | (Value::Float(b), Value::Integer(a)) => {
            Some(compare_mixed(*a, *b) == Some(Ordering::Equal))
        }
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all_equal(a.iter().zip(b))
        }
        (Value::Map(a), Value::Map(b)) => {
            if !a.keys().eq(b.keys()) {
                return Some(false);
            }
            all_equal(a.values().zip(b.values()))
        }
        (Value::DateTime(a), Value::DateTime(b)) => Some(
            a.timestamp() == b.timestamp()
                && a.offset() == b.offset()
                && a.time_zone() == b.time_zone(),
        ),
        (a, b) => Some(a == b),
    }
}

fn all_equal<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut known = Some(true);
    for (left, right) in pairs {
        match equals(left, right) {
            Some(false) => return Some(false),
            None => known = None,
            Some(true) => {}
        }
    }
    known
}

/// Compares as the operators `<`, `<=`, `>` and `>=` do. `None` if the values cannot be compared.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Float(b)) => compare_mixed(*a, *b),
        (Value::Float(a), Value::Integer(b)) => compare_mixed(*b, *a).map(Ordering::reverse),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::LocalTime(a), Value::LocalTime(b)) => Some(a.cmp(b)),
        (Value::Time(..), Value::Time(..)) => Some(time_of_day(left).cmp(&time_of_day(right))),
        (Value::LocalDateTime(a), Value::LocalDateTime(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.timestamp().cmp(&b.timestamp())),
        (Value::List(a), Value::List(b)) => {
            for (left, right) in a.iter().zip(b) {
                match compare(left, right)? {
                    Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => None,
    }
}

/// Compares an integer with a float without rounding.
fn compare_mixed(integer: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    Some(integer.cmp(&(whole as i64)).then_with(|| {
        0.0_f64
            .partial_cmp(&(float - whole))
            .unwrap_or(Ordering::Equal)
    }))
}

fn time_of_day(value: &Value) -> (i64, i32) {
    let Value::Time(time, offset) = value else {
        return (0, 0);
    };
    let nanos = time.duration_since(civil::Time::midnight()).as_nanos() as i64;
    (
        nanos - i64::from(offset.seconds()) * 1_000_000_000,
        offset.seconds(),
    )
}

/// Compares as `ORDER BY` does: a total order over all values, in which null is last.
pub(crate) fn order(left: &Value, right: &Value) -> Ordering {
    rank(left)
        .cmp(&rank(right))
        .then_with(|| match (left, right) {
            (Value::List(a), Value::List(b)) => order_all(a.iter().zip(b), a.len().cmp(&b.len())),
            (Value::Map(a), Value::Map(b)) => {
                let keys = a.len().cmp(&b.len()).then_with(|| a.keys().cmp(b.keys()));
                keys.then_with(|| order_all(a.values().zip(b.values()), Ordering::Equal))
            }
            (Value::Node(a), Value::Node(b)) | (Value::Relationship(a), Value::Relationship(b)) => {
                a.cmp(b)
            }
            (Value::Path(a), Value::Path(b)) => a
                .nodes
                .cmp(&b.nodes)
                .then_with(|| a.relationships.cmp(&b.relationships)),
            (Value::Duration(a), Value::Duration(b)) => a.average().cmp(&b.average()),
            (Value::Point(a), Value::Point(b)) => a
                .srid
                .cmp(&b.srid)
                .then(a.x.total_cmp(&b.x))
                .then(a.y.total_cmp(&b.y))
                .then(a.z.unwrap_or(0.0).total_cmp(&b.z.unwrap_or(0.0))),
            (Value::Float(a), Value::Float(b)) if a.is_nan() || b.is_nan() => {
                a.is_nan().cmp(&b.is_nan())
            }
            (Value::Float(a), _) if a.is_nan() => Ordering::Greater,
            (_, Value::Float(b)) if b.is_nan() => Ordering::Less,
            (a, b) => compare(a, b).unwrap_or(Ordering::Equal),
        })
}

fn order_all<'a>(
    pairs: impl Iterator<Item = (&'a Value, &'a Value)>,
    otherwise: Ordering,
) -> Ordering {
    pairs
        .map(|(left, right)| order(left, right))
        .find(|found| found.is_ne())
        .unwrap_or(otherwise)
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Map(_) => 0,
        Value::Node(_) => 1,
        Value::Relationship(_) => 2,
        Value::List(_) => 3,
        Value::Path(_) => 4,
        Value::Point(_) => 5,
        Value::DateTime(_) => 6,
        Value::LocalDateTime(_) => 7,
        Value::Date(_) => 8,
        Value::Time(..) => 9,
        Value::LocalTime(_) => 10,
        Value::Duration(_) => 11,
        Value::String(_) => 12,
        Value::Boolean(_) => 13,
        Value::Integer(_) | Value::Float(_) => 14,
        Value::Null => 15,
    }
}

/// Returns a key that is the same for values that `DISTINCT` and grouping treat as equal: `1` and
/// `1.0`, or null and null.
pub(crate) fn group_key(value: &Value) -> String {
    let mut key = String::new();
    push_key(value, &mut key);
    key
}

fn push_key(value: &Value, key: &mut String) {
    match value {
        Value::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => {
            let _ = write!(key, "n{}", *float as i64);
        }
        Value::Integer(integer) => {
            let _ = write!(key, "n{integer}");
        }
        Value::String(text) => {
            let _ = write!(key, "s{}:{text}", text.len());
        }
        Value::List(items) => {
            let _ = write!(key, "l{}:", items.len());
            for item in items {
                push_key(item, key);
            }
        }
        Value::Map(map) => {
            let _ = write!(key, "m{}:", map.len());
            for (name, value) in map {
                let _ = write!(key, "{}:{name}", name.len());
                push_key(value, key);
            }
        }
        Value::Path(path) => {
            let _ = write!(key, "p{:?}{:?}", path.nodes, path.relationships);
        }
        other => {
            let _ = write!(key, "{}{};", rank(other), other.text());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_floats_compare_without_rounding() {
        assert_eq!(
            equals(
                &Value::Integer(9_007_199_254_740_993),
                &Value::Float(9_007_199_254_740_992.0)
            ),
            Some(false)
        );
        assert_eq!(equals(&Value::Integer(1), &Value::Float(1.0)), Some(true));
        assert_eq!(
            compare(&Value::Integer(1), &Value::Float(1.5)),
            Some(Ordering::Less)
        );
        assert_eq!(compare(&Value::Integer(1), &Value::from("a")), None);
        assert_eq!(
            equals(
                &Value::List(vec![Value::Null]),
                &Value::List(vec![Value::Integer(1)])
            ),
            None
        );
    }
}
