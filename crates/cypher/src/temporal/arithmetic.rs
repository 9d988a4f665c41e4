//! Operators on durations and temporal instants.

use jiff::Span;

use super::{TemporalInstant, out_of_range};
use crate::engine::Evaluated;
use crate::syntax::ArithmeticOperator;
use crate::value::{DurationValue, Value};

/// None where the operands are no temporal ones.
pub(crate) fn arithmetic(
    operator: ArithmeticOperator,
    left: &Value,
    right: &Value,
) -> Option<Evaluated> {
    match (operator, left, right) {
        (ArithmeticOperator::Add, Value::Duration(a), Value::Duration(b)) => {
            Some(Ok(combined(*a, *b, 1)))
        }
        (ArithmeticOperator::Subtract, Value::Duration(a), Value::Duration(b)) => {
            Some(Ok(combined(*a, *b, -1)))
        }
        (ArithmeticOperator::Subtract, Value::Integer(0), Value::Duration(b)) => {
            Some(Ok(combined(DurationValue::default(), *b, -1)))
        }
        (ArithmeticOperator::Multiply, Value::Duration(a), Value::Integer(b))
        | (ArithmeticOperator::Multiply, Value::Integer(b), Value::Duration(a)) => {
            let nanos = i128::from(a.nanos) * i128::from(*b);
            let carried = (nanos / 1_000_000_000) as i64;
            Some(Ok(Value::Duration(DurationValue::new(
                a.months * b,
                a.days * b,
                a.seconds * b + carried,
                (nanos % 1_000_000_000) as i64,
            ))))
        }
        (ArithmeticOperator::Add, instant, Value::Duration(duration))
        | (ArithmeticOperator::Add, Value::Duration(duration), instant) => {
            shifted(instant, *duration, 1)
        }
        (ArithmeticOperator::Subtract, instant, Value::Duration(duration)) => {
            shifted(instant, *duration, -1)
        }
        _ => None,
    }
}

fn combined(a: DurationValue, b: DurationValue, sign: i64) -> Value {
    Value::Duration(DurationValue::new(
        a.months + sign * b.months,
        a.days + sign * b.days,
        a.seconds + sign * b.seconds,
        a.nanos + sign * b.nanos,
    ))
}

fn shifted(instant: &Value, duration: DurationValue, sign: i64) -> Option<Evaluated> {
    let calendar = Span::new()
        .try_months(sign * duration.months)
        .ok()?
        .try_days(sign * duration.days)
        .ok()?;
    let clock = Span::new()
        .try_seconds(sign * duration.seconds)
        .ok()?
        .try_nanoseconds(sign * duration.nanos)
        .ok()?;
    let result = match TemporalInstant::of(instant)? {
        TemporalInstant::Date(date) => date.checked_add(calendar).map(Value::Date),
        TemporalInstant::LocalDateTime(moment) => moment
            .checked_add(calendar)
            .and_then(|moment| moment.checked_add(clock))
            .map(Value::LocalDateTime),
        TemporalInstant::DateTime(moment) => moment
            .checked_add(calendar)
            .and_then(|moment| moment.checked_add(clock))
            .map(|moment| Value::DateTime(Box::new(moment))),
        TemporalInstant::LocalTime(time) => Ok(Value::LocalTime(time.wrapping_add(clock))),
        TemporalInstant::Time(time, offset) => Ok(Value::Time(time.wrapping_add(clock), offset)),
    };
    Some(result.map_err(out_of_range))
}
