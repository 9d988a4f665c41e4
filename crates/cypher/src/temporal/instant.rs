//! The types of values that stand for a moment: temporal instant types, as Neo4j calls them.

use jiff::tz::Offset;
use jiff::{Zoned, civil};

use crate::value::Value;

/// The value of one of the types that stand for a moment.
#[derive(Debug, Clone)]
pub(super) enum TemporalInstant<'a> {
    Date(civil::Date),
    LocalTime(civil::Time),
    Time(civil::Time, Offset),
    LocalDateTime(civil::DateTime),
    DateTime(&'a Zoned),
}

impl<'a> TemporalInstant<'a> {
    /// Returns the instant that the value is; none for values of other types.
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Date(date) => Some(Self::Date(*date)),
            Value::LocalTime(time) => Some(Self::LocalTime(*time)),
            Value::Time(time, offset) => Some(Self::Time(*time, *offset)),
            Value::LocalDateTime(moment) => Some(Self::LocalDateTime(*moment)),
            Value::DateTime(moment) => Some(Self::DateTime(moment)),
            Value::Null
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Node(_)
            | Value::Relationship(_)
            | Value::Path(_)
            | Value::Duration(_)
            | Value::Point(_) => None,
        }
    }
}
