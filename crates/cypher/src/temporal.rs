//! Dates, times and durations: made from texts and maps, added, taken apart.

mod arithmetic;
mod instant;
mod parts;

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use jiff::{ToSpan, Zoned};

use crate::codes::{ARGUMENT, SYNTAX, TYPE};
use crate::engine::Evaluated;
use crate::error::CypherError;
use crate::value::{DurationValue, Map, Value};

pub(crate) use arithmetic::arithmetic;
use instant::TemporalInstant;
pub(crate) use parts::property;

/// Parses a temporal value. `function` is the name of the Cypher function that would parse it:
/// `date`, `time`, `localtime`, `datetime`, `localdatetime` or `duration`. Returns `None` if the text
/// cannot be parsed.
pub fn parse_temporal(function: &str, text: &str) -> Option<Value> {
    call(function, &[Value::from(text)], &Zoned::default())?.ok()
}

/// Calls a temporal function. Returns `None` for other functions.
pub(crate) fn call(lower: &str, values: &[Value], now: &Zoned) -> Option<Evaluated> {
    let (kind, rest) = lower.split_once('.').unwrap_or((lower, ""));
    if !matches!(
        kind,
        "date" | "time" | "localtime" | "datetime" | "localdatetime" | "duration"
    ) {
        return None;
    }
    if values.iter().any(Value::is_null) {
        return Some(Ok(Value::Null));
    }
    Some(match (kind, rest, values) {
        ("duration", "", [value]) => duration(value),
        ("duration", measure, [from, to]) => between(measure, from, to),
        ("datetime", "fromepoch", [Value::Integer(seconds), Value::Integer(nanos)]) => {
            epoch(i128::from(*seconds) * 1_000_000_000 + i128::from(*nanos))
        }
        ("datetime", "fromepochmillis", [Value::Integer(millis)]) => {
            epoch(i128::from(*millis) * 1_000_000)
        }
        (_, "truncate", [Value::String(unit), rest @ ..]) => {
            let value = rest
                .first()
                .cloned()
                .unwrap_or_else(|| Value::DateTime(Box::new(now.clone())));
            truncate(kind, unit, &value)
        }
        (_, "truncate", _) => Err(CypherError::run(
            TYPE,
            "Invalid input for truncate: expected a unit",
        )),
        (_, _, []) => instant(kind, &Value::DateTime(Box::new(now.clone()))),
        (_, "", [value]) => instant(kind, value),
        (_, _, [Value::String(zone)]) => {
            zoned_now(now, zone).and_then(|moment| instant(kind, &moment))
        }
        _ => Err(CypherError::run(
            TYPE,
            format!("Invalid call signature for {lower}"),
        )),
    })
}

fn zoned_now(now: &Zoned, zone: &str) -> Evaluated {
    Ok(Value::DateTime(Box::new(
        now.with_time_zone(time_zone(zone)?),
    )))
}

fn epoch(nanos: i128) -> Evaluated {
    jiff::Timestamp::from_nanosecond(nanos)
        .map(|moment| Value::DateTime(Box::new(moment.to_zoned(TimeZone::UTC))))
        .map_err(|_| CypherError::run(ARGUMENT, "Invalid value for EpochSeconds"))
}

fn time_zone(name: &str) -> Result<TimeZone, CypherError> {
    if let Some(offset) = parts::offset(name) {
        return Ok(if offset == Offset::UTC {
            TimeZone::UTC
        } else {
            TimeZone::fixed(offset)
        });
    }
    TimeZone::get(name)
        .map_err(|_| CypherError::run(ARGUMENT, format!("Unknown time zone: {name}")))
}

/// What a temporal value or map says about a moment.
#[derive(Debug, Clone)]
struct TemporalParts {
    date: civil::Date,
    time: civil::Time,
    zone: TimeZone,
}

impl TemporalParts {
    fn of(value: &Value) -> Option<Self> {
        let epoch = civil::date(1970, 1, 1);
        let (date, time, zone) = match TemporalInstant::of(value)? {
            TemporalInstant::Date(date) => (date, civil::Time::midnight(), TimeZone::UTC),
            TemporalInstant::LocalTime(time) => (epoch, time, TimeZone::UTC),
            TemporalInstant::Time(time, offset) => (epoch, time, TimeZone::fixed(offset)),
            TemporalInstant::LocalDateTime(moment) => (moment.date(), moment.time(), TimeZone::UTC),
            TemporalInstant::DateTime(moment) => {
                (moment.date(), moment.time(), moment.time_zone().clone())
            }
        };
        Some(Self { date, time, zone })
    }

    fn value(&self, kind: &str) -> Evaluated {
        let local = civil::DateTime::from_parts(self.date, self.time);
        let zoned = || {
            local
                .to_zoned(self.zone.clone())
                .map_err(|_| CypherError::run(ARGUMENT, "The moment is out of range"))
        };
        Ok(match kind {
            "date" => Value::Date(self.date),
            "localtime" => Value::LocalTime(self.time),
            "localdatetime" => Value::LocalDateTime(local),
            "time" => Value::Time(self.time, zoned()?.offset()),
            _ => Value::DateTime(Box::new(zoned()?)),
        })
    }
}

fn instant(kind: &str, value: &Value) -> Evaluated {
    match value {
        Value::String(text) => parts::parse(kind, text),
        Value::Map(map) => from_map(kind, map),
        other => match TemporalParts::of(other) {
            Some(moment) => moment.value(kind),
            None => Err(CypherError::run(
                TYPE,
                format!(
                    "Invalid call signature for {kind}: Provided input was [{}].",
                    other.described()
                ),
            )),
        },
    }
}

fn from_map(kind: &str, map: &Map) -> Evaluated {
    if let Some(Value::Integer(seconds)) = map.get("epochSeconds") {
        let nanos = integer(map, "nanosecond")?.unwrap_or(0);
        return epoch(i128::from(*seconds) * 1_000_000_000 + i128::from(nanos))
            .and_then(|moment| instant(kind, &moment));
    }
    if let Some(Value::Integer(millis)) = map.get("epochMillis") {
        return epoch(i128::from(*millis) * 1_000_000).and_then(|moment| instant(kind, &moment));
    }
    let base = ["datetime", "date", "time"]
        .iter()
        .find_map(|key| map.get(*key))
        .and_then(TemporalParts::of);
    let needs_year = base.is_none() && !matches!(kind, "time" | "localtime");
    if needs_year && !map.contains_key("year") {
        return Err(CypherError::run(ARGUMENT, "year must be specified"));
    }
    let base = base.unwrap_or(TemporalParts {
        date: civil::date(1970, 1, 1),
        time: civil::Time::midnight(),
        zone: TimeZone::UTC,
    });
    let date = if map.contains_key("year") || map.contains_key("month") || map.contains_key("day") {
        date_of(map, base.date)?
    } else {
        base.date
    };
    let time = if map.contains_key("time") {
        map.get("time")
            .and_then(TemporalParts::of)
            .map_or(base.time, |moment| moment.time)
    } else {
        time_of(map, base.time)?
    };
    let zone = match map.get("timezone") {
        Some(Value::String(name)) => time_zone(name)?,
        _ => base.zone,
    };
    TemporalParts { date, time, zone }.value(kind)
}

fn integer(map: &Map, key: &str) -> Result<Option<i64>, CypherError> {
    match map.get(key) {
        None => Ok(None),
        Some(Value::Integer(number)) => Ok(Some(*number)),
        Some(other) => Err(CypherError::run(
            ARGUMENT,
            format!(
                "{key} must be an integer value, but was a {}",
                other.type_name()
            ),
        )),
    }
}

fn within(name: &str, value: i64, low: i64, high: i64) -> Result<i64, CypherError> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(CypherError::run(
        ARGUMENT,
        format!("Invalid value for {name} (valid values {low} - {high}): {value}"),
    ))
}

fn date_of(map: &Map, base: civil::Date) -> Result<civil::Date, CypherError> {
    let year = within(
        "Year",
        integer(map, "year")?.unwrap_or(i64::from(base.year())),
        -9999,
        9999,
    )?;
    if let (Some(week), day) = (integer(map, "week")?, integer(map, "dayOfWeek")?) {
        let first = civil::Date::new(year as i16, 1, 4).map_err(out_of_range)?;
        let monday = first
            .checked_sub(i64::from(first.weekday().to_monday_zero_offset()).days())
            .map_err(out_of_range)?;
        let days = (within("WeekOfYear", week, 1, 53)? - 1) * 7 + day.unwrap_or(1) - 1;
        return monday.checked_add(days.days()).map_err(out_of_range);
    }
    if let Some(ordinal) = integer(map, "ordinalDay")? {
        let first = civil::Date::new(year as i16, 1, 1).map_err(out_of_range)?;
        return first
            .checked_add((ordinal - 1).days())
            .map_err(out_of_range);
    }
    let fresh = map.contains_key("year");
    let missing = |part: i8| if fresh { 1 } else { i64::from(part) };
    let month = within(
        "MonthOfYear",
        integer(map, "month")?.unwrap_or(missing(base.month())),
        1,
        12,
    )?;
    let day = within(
        "DayOfMonth",
        integer(map, "day")?.unwrap_or(missing(base.day())),
        1,
        31,
    )?;
    civil::Date::new(year as i16, month as i8, day as i8).map_err(|_| {
        CypherError::run(
            ARGUMENT,
            format!("Invalid date '{year}-{month:02}-{day:02}'"),
        )
    })
}

fn time_of(map: &Map, base: civil::Time) -> Result<civil::Time, CypherError> {
    let hour = within(
        "HourOfDay",
        integer(map, "hour")?.unwrap_or(i64::from(base.hour())),
        0,
        23,
    )?;
    let minute = within(
        "MinuteOfHour",
        integer(map, "minute")?.unwrap_or(i64::from(base.minute())),
        0,
        59,
    )?;
    let second = within(
        "SecondOfMinute",
        integer(map, "second")?.unwrap_or(i64::from(base.second())),
        0,
        59,
    )?;
    let mut nanos = 0;
    for (key, scale) in [
        ("millisecond", 1_000_000),
        ("microsecond", 1_000),
        ("nanosecond", 1),
    ] {
        nanos += integer(map, key)?.unwrap_or(0) * scale;
    }
    let nanos = if nanos == 0 {
        i64::from(base.subsec_nanosecond())
    } else {
        within("NanoOfSecond", nanos, 0, 999_999_999)?
    };
    civil::Time::new(hour as i8, minute as i8, second as i8, nanos as i32).map_err(out_of_range)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn out_of_range(error: jiff::Error) -> CypherError {
    CypherError::run(ARGUMENT, error.to_string())
}

fn duration(value: &Value) -> Evaluated {
    match value {
        Value::Duration(_) => Ok(value.clone()),
        Value::String(text) => parts::duration(text).map(Value::Duration).ok_or_else(|| {
            CypherError::run(
                SYNTAX,
                format!("Text cannot be parsed to a Duration\n\"{text}\"\n ^"),
            )
        }),
        Value::Map(map) => {
            let number = |key: &str| match map.get(key) {
                Some(Value::Integer(number)) => *number as f64,
                Some(Value::Float(number)) => *number,
                _ => 0.0,
            };
            let whole = |key: &str| match map.get(key) {
                Some(Value::Integer(number)) => *number,
                Some(Value::Float(number)) => *number as i64,
                _ => 0,
            };
            let months = whole("years") * 12 + whole("quarters") * 3 + whole("months");
            let days = whole("weeks") * 7 + whole("days");
            let seconds = whole("hours") * 3600 + whole("minutes") * 60 + whole("seconds");
            let fraction = |key: &str, scale: f64| (number(key).fract() * scale) as i64;
            let nanos = whole("milliseconds") * 1_000_000
                + whole("microseconds") * 1_000
                + whole("nanoseconds")
                + fraction("seconds", 1e9)
                + fraction("minutes", 60e9)
                + fraction("hours", 3600e9)
                + fraction("days", 86_400e9);
            Ok(Value::Duration(DurationValue::new(
                months, days, seconds, nanos,
            )))
        }
        other => Err(CypherError::run(
            TYPE,
            format!(
                "Invalid call signature for duration: Provided input was [{}].",
                other.described()
            ),
        )),
    }
}

fn between(measure: &str, from: &Value, to: &Value) -> Evaluated {
    let (Some(from), Some(to)) = (TemporalParts::of(from), TemporalParts::of(to)) else {
        return Err(CypherError::run(
            TYPE,
            format!("Invalid call signature for duration.{measure}"),
        ));
    };
    let local = |moment: &TemporalParts| civil::DateTime::from_parts(moment.date, moment.time);
    let (start, end) = (local(&from), local(&to));
    let largest = match measure {
        "inmonths" | "between" => jiff::Unit::Month,
        "indays" => jiff::Unit::Day,
        _ => jiff::Unit::Hour,
    };
    let span = start.until((largest, end)).map_err(out_of_range)?;
    let months = i64::from(span.get_years()) * 12 + i64::from(span.get_months());
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let seconds = i64::from(span.get_hours()) * 3600 + span.get_minutes() * 60 + span.get_seconds();
    let nanos = span.get_milliseconds() * 1_000_000
        + span.get_microseconds() * 1_000
        + span.get_nanoseconds();
    Ok(Value::Duration(match measure {
        "inmonths" => DurationValue::new(months, 0, 0, 0),
        "indays" => DurationValue::new(0, days, 0, 0),
        _ => DurationValue::new(months, days, seconds, nanos),
    }))
}

fn truncate(kind: &str, unit: &str, value: &Value) -> Evaluated {
    let Some(mut moment) = TemporalParts::of(value) else {
        return Err(CypherError::run(
            TYPE,
            format!("Invalid call signature for {kind}.truncate"),
        ));
    };
    let first = |date: civil::Date, month: i8| {
        civil::Date::new(date.year(), month, 1).map_err(out_of_range)
    };
    let midnight = civil::Time::midnight();
    let (hour, minute, second) = (
        moment.time.hour(),
        moment.time.minute(),
        moment.time.second(),
    );
    let time =
        |hour, minute, second| civil::Time::new(hour, minute, second, 0).map_err(out_of_range);
    match unit.to_ascii_lowercase().as_str() {
        "year" => (moment.date, moment.time) = (first(moment.date, 1)?, midnight),
        "quarter" => {
            (moment.date, moment.time) = (
                first(moment.date, (moment.date.month() - 1) / 3 * 3 + 1)?,
                midnight,
            );
        }
        "month" => {
            (moment.date, moment.time) = (first(moment.date, moment.date.month())?, midnight);
        }
        "week" => {
            let back = i64::from(moment.date.weekday().to_monday_zero_offset());
            (moment.date, moment.time) = (
                moment.date.checked_sub(back.days()).map_err(out_of_range)?,
                midnight,
            );
        }
        "day" => moment.time = midnight,
        "hour" => moment.time = time(hour, 0, 0)?,
        "minute" => moment.time = time(hour, minute, 0)?,
        "second" => moment.time = time(hour, minute, second)?,
        other => {
            return Err(CypherError::run(
                ARGUMENT,
                format!("Unit too large or unknown: {other}"),
            ));
        }
    }
    moment.value(kind)
}
