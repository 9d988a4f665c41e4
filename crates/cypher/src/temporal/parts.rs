//! Texts to temporal values, and the components of temporal values.

use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use super::TemporalParts;
use crate::codes::{ARGUMENT, SYNTAX, TYPE};
use crate::engine::Evaluated;
use crate::error::CypherError;
use crate::value::{DurationValue, Value, moment_text, offset_text};

/// Returns a text of the kind `date`, `time`, `localtime`, `datetime` or `localdatetime`.
pub(crate) fn parse(kind: &str, text: &str) -> Evaluated {
    let name = match kind {
        "date" => "Date",
        "time" => "Time",
        "localtime" => "LocalTime",
        "localdatetime" => "LocalDateTime",
        _ => "DateTime",
    };
    let unreadable = || {
        CypherError::run(
            SYNTAX,
            format!("Text cannot be parsed to a {name}\n\"{text}\"\n ^"),
        )
    };
    let (body, zone_name) = match text.split_once('[') {
        Some((body, zone)) => (body, Some(zone.trim_end_matches(']'))),
        None => (text, None),
    };
    let (date, clock) = match kind {
        "time" | "localtime" => (None, Some(body)),
        _ => match body.split_once('T') {
            Some((date, clock)) => (Some(date), Some(clock)),
            None => (Some(body), None),
        },
    };
    let date = date
        .map_or(Some(civil::date(1970, 1, 1)), parse_date)
        .ok_or_else(unreadable)?;
    let (clock, offset_part) = clock.map_or(("00:00", None), split_offset);
    let time = parse_time(clock).ok_or_else(unreadable)?;
    let given = offset_part
        .map(|part| offset(part).ok_or_else(unreadable))
        .transpose()?;
    let zone = match zone_name {
        Some(name) => TimeZone::get(name)
            .map_err(|_| CypherError::run(ARGUMENT, format!("Unknown time zone: {name}")))?,
        None => match given {
            Some(offset) if offset != Offset::UTC => TimeZone::fixed(offset),
            _ => TimeZone::UTC,
        },
    };
    let moment = TemporalParts { date, time, zone };
    let value = moment.value(kind)?;
    if let (Value::DateTime(made), Some(given), Some(_)) = (&value, given, zone_name)
        && made.offset() != given
    {
        return Err(CypherError::run(
            ARGUMENT,
            format!("Timezone and offset do not match: {text}"),
        ));
    }
    Ok(value)
}

fn split_offset(clock: &str) -> (&str, Option<&str>) {
    match clock.find(['Z', 'z', '+', '-']) {
        Some(at) => (clock.get(..at).unwrap_or_default(), clock.get(at..)),
        None => (clock, None),
    }
}

/// `2024`, `2024-02`, `202402`, `2024-02-03`, `20240203`, `2024-W05-3`, `2024-034`.
fn parse_date(text: &str) -> Option<civil::Date> {
    if let Some((year, week)) = text.split_once("-W").or_else(|| text.split_once('W')) {
        let digits: String = week.chars().filter(char::is_ascii_digit).collect();
        let (week, day) = (
            digits.get(..2)?.parse().ok()?,
            digits
                .get(2..3)
                .and_then(|day| day.parse().ok())
                .unwrap_or(1),
        );
        let weekday = civil::Weekday::from_monday_one_offset(day).ok()?;
        return civil::ISOWeekDate::new(year.parse().ok()?, week, weekday)
            .ok()
            .map(civil::ISOWeekDate::date);
    }
    let parts: Vec<&str> = if text.contains('-') {
        text.split('-').collect()
    } else {
        [text.get(..4), text.get(4..6), text.get(6..8)]
            .into_iter()
            .flatten()
            .collect()
    };
    let number = |index: usize| {
        parts
            .get(index)
            .map_or(Some(1), |part| part.parse::<i16>().ok())
    };
    if parts.len() == 2 && parts.get(1).is_some_and(|part| part.len() == 3) {
        let first = civil::Date::new(number(0)?, 1, 1).ok()?;
        return first
            .checked_add(jiff::Span::new().days(i64::from(number(1)?) - 1))
            .ok();
    }
    let known = parts.len() <= 3 && parts.first().is_some_and(|year| year.len() >= 4);
    if !known {
        return None;
    }
    civil::Date::new(
        number(0)?,
        i8::try_from(number(1)?).ok()?,
        i8::try_from(number(2)?).ok()?,
    )
    .ok()
}

/// `12`, `12:30`, `1230`, `12:30:15`, `12:30:15.5`.
fn parse_time(text: &str) -> Option<civil::Time> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let parts: Vec<&str> = if whole.contains(':') {
        whole.split(':').collect()
    } else {
        [
            whole.get(..2),
            whole.get(2..4).filter(|p| !p.is_empty()),
            whole.get(4..6).filter(|p| !p.is_empty()),
        ]
        .into_iter()
        .flatten()
        .collect()
    };
    let number = |index: usize| {
        parts
            .get(index)
            .map_or(Some(0), |part| part.parse::<i8>().ok())
    };
    let nanos = if fraction.is_empty() {
        0
    } else {
        format!("{fraction:0<9}").get(..9)?.parse().ok()?
    };
    if parts.is_empty() {
        return None;
    }
    civil::Time::new(number(0)?, number(1)?, number(2)?, nanos).ok()
}

/// `Z`, `+02:00`, `+0200`, `-5`.
pub(crate) fn offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text
        .strip_prefix(['+', '-'])?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let part = |from: usize, to: usize| {
        digits
            .get(from..to.min(digits.len()))
            .filter(|p| !p.is_empty())
            .map_or(Some(0), |p| p.parse::<i32>().ok())
    };
    Offset::from_seconds(sign * (part(0, 2)? * 3600 + part(2, 4)? * 60 + part(4, 6)?)).ok()
}

/// `P1Y2M3DT4H5M6.7S`, with signs where wanted.
pub(crate) fn duration(text: &str) -> Option<DurationValue> {
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => (-1.0, body),
        None => (1.0, text),
    };
    let body = body.strip_prefix('P')?;
    let (date, time) = body.split_once('T').unwrap_or((body, ""));
    let (mut months, mut days, mut seconds) = (0.0, 0.0, 0.0);
    let mut any = false;
    for (part, in_time) in [(date, false), (time, true)] {
        let mut number = String::new();
        for character in part.chars() {
            if character.is_ascii_digit() || matches!(character, '.' | '-' | '+' | ',') {
                number.push(if character == ',' { '.' } else { character });
                continue;
            }
            let amount: f64 = number.parse().ok()?;
            number.clear();
            any = true;
            match (character, in_time) {
                ('Y', false) => months += amount * 12.0,
                ('M', false) => months += amount,
                ('W', false) => days += amount * 7.0,
                ('D', false) => days += amount,
                ('H', true) => seconds += amount * 3600.0,
                ('M', true) => seconds += amount * 60.0,
                ('S', true) => seconds += amount,
                _ => return None,
            }
        }
        if !number.is_empty() {
            return None;
        }
    }
    seconds += days.fract() * 86_400.0;
    let nanos = ((seconds * sign).fract() * 1e9).round() as i64;
    any.then(|| {
        DurationValue::new(
            (months * sign) as i64,
            (days * sign).trunc() as i64,
            (seconds * sign).trunc() as i64,
            nanos,
        )
    })
}

/// Returns a component such as `.year` or `.epochMillis`.
pub(crate) fn property(value: &Value, key: &str) -> Evaluated {
    if let Value::Duration(duration) = value {
        return Ok(duration_part(duration, key));
    }
    let Some(moment) = TemporalParts::of(value) else {
        let message = format!(
            "Type mismatch: expected a map but was {}",
            value.described()
        );
        return Err(CypherError::run(TYPE, message));
    };
    let dated = matches!(
        value,
        Value::Date(_) | Value::LocalDateTime(_) | Value::DateTime(_)
    );
    let timed = !matches!(value, Value::Date(_));
    let (date, time) = (moment.date, moment.time);
    let nanos = time.subsec_nanosecond();
    let number = match key {
        "year" if dated => i64::from(date.year()),
        "quarter" if dated => i64::from((date.month() - 1) / 3 + 1),
        "month" if dated => i64::from(date.month()),
        "week" if dated => i64::from(date.iso_week_date().week()),
        "weekYear" if dated => i64::from(date.iso_week_date().year()),
        "day" if dated => i64::from(date.day()),
        "ordinalDay" if dated => i64::from(date.day_of_year()),
        "dayOfWeek" | "weekDay" if dated => i64::from(date.weekday().to_monday_one_offset()),
        "hour" if timed => i64::from(time.hour()),
        "minute" if timed => i64::from(time.minute()),
        "second" if timed => i64::from(time.second()),
        "millisecond" if timed => i64::from(nanos / 1_000_000),
        "microsecond" if timed => i64::from(nanos / 1_000),
        "nanosecond" if timed => i64::from(nanos),
        _ => return zoned_property(value, key),
    };
    Ok(Value::Integer(number))
}

fn zoned_property(value: &Value, key: &str) -> Evaluated {
    Ok(match (value, key) {
        (Value::DateTime(moment), "epochMillis") => {
            Value::Integer(moment.timestamp().as_millisecond())
        }
        (Value::DateTime(moment), "epochSeconds") => Value::Integer(moment.timestamp().as_second()),
        (Value::DateTime(moment), "offset") => Value::String(offset_text(moment.offset())),
        (Value::DateTime(moment), "timezone") => {
            let name = moment
                .time_zone()
                .iana_name()
                .filter(|name| *name != "UTC")
                .map(str::to_owned);
            Value::String(name.unwrap_or_else(|| offset_text(moment.offset())))
        }
        (Value::Time(_, offset), "offset" | "timezone") => Value::String(offset_text(*offset)),
        (other, key) => {
            let text = match other {
                Value::DateTime(moment) => moment_text(moment, true),
                other => other.text(),
            };
            return Err(CypherError::run(
                ARGUMENT,
                format!("No such field: {key} ({text})"),
            ));
        }
    })
}

fn duration_part(duration: &DurationValue, key: &str) -> Value {
    let total_nanos = i128::from(duration.seconds) * 1_000_000_000 + i128::from(duration.nanos);
    Value::Integer(match key {
        "years" => duration.months / 12,
        "quarters" => duration.months / 3,
        "months" => duration.months,
        "weeks" => duration.days / 7,
        "days" => duration.days,
        "hours" => duration.seconds / 3600,
        "minutes" => duration.seconds / 60,
        "seconds" => duration.seconds,
        "milliseconds" => (total_nanos / 1_000_000) as i64,
        "microseconds" => (total_nanos / 1_000) as i64,
        "nanoseconds" => total_nanos as i64,
        "monthsOfYear" => duration.months % 12,
        "minutesOfHour" => duration.seconds / 60 % 60,
        "secondsOfMinute" => duration.seconds % 60,
        "nanosecondsOfSecond" => duration.nanos,
        _ => return Value::Null,
    })
}
