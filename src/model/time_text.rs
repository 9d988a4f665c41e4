//! Points in time as people write them.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::{Moment, parse_duration};

/// Shortest number that is a time in seconds since 1970; a shorter one is a number of seconds before now.
const EPOCH_SECONDS_DIGITS: usize = 9;
/// Shortest number that is a time in milliseconds since 1970.
const EPOCH_MILLIS_DIGITS: usize = 12;

/// Parses a time: `15m` or `2 hours ago`, `09:30` (the last time it was that), `yesterday`, `2026-11-21`, `2026-11-21T09:30`, each
/// in `zone`; RFC 3339 with `Z` or an offset; seconds or milliseconds since 1970; `now`.
pub fn parse_time(text: &str, now: Moment, zone: &TimeZone) -> Option<Moment> {
    let text = text.trim();
    if text == "now" {
        return Some(now);
    }
    if let Some(epoch) = epoch(text) {
        return Some(epoch);
    }
    let text = text.strip_suffix("ago").map_or(text, str::trim_end);
    match text {
        "today" => return midnight(0, now, zone),
        "yesterday" => return midnight(1, now, zone),
        _ => {}
    }
    if let Some(ago) = parse_duration(text).filter(|_| !text.is_empty()) {
        return Some(now.plus(-i64::try_from(ago.as_millis()).ok()?));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Moment::from_millis(at.as_millisecond()));
    }
    if text.contains(':') && !text.contains(['-', 'T', ' ']) {
        return time_of_day(text, now, zone);
    }
    if let Ok(date) = text.parse::<Date>()
        && !text.contains(['T', ' '])
    {
        return local(date.to_datetime(Time::midnight()), zone);
    }
    local(text.parse().ok()?, zone)
}

/// Seconds or milliseconds since 1970.
fn epoch(text: &str) -> Option<Moment> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    if text.len() >= EPOCH_MILLIS_DIGITS {
        return Some(Moment::from_millis(number));
    }
    (text.len() >= EPOCH_SECONDS_DIGITS).then(|| Moment::from_millis(number * 1000))
}

/// Returns the last time at which it was that time of day.
fn time_of_day(text: &str, now: Moment, zone: &TimeZone) -> Option<Moment> {
    let padded = match text.find(':') {
        Some(1) => format!("0{text}"),
        _ => text.to_owned(),
    };
    let time: Time = padded.parse().ok()?;
    let today = date_of(now, zone)?;
    let at = local(today.to_datetime(time), zone)?;
    if at <= now {
        Some(at)
    } else {
        local(today.yesterday().ok()?.to_datetime(time), zone)
    }
}

fn midnight(days_ago: i64, now: Moment, zone: &TimeZone) -> Option<Moment> {
    let day = date_of(now, zone)?
        .checked_sub(jiff::Span::new().days(days_ago))
        .ok()?;
    local(day.to_datetime(Time::midnight()), zone)
}

fn date_of(at: Moment, zone: &TimeZone) -> Option<Date> {
    let at = Timestamp::from_millisecond(at.millis()).ok()?;
    Some(at.to_zoned(zone.clone()).date())
}

fn local(at: DateTime, zone: &TimeZone) -> Option<Moment> {
    let at = at.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Moment::from_millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_time_is_parsed() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let now = Moment::from_millis(
            "2026-11-21T10:00:00Z"
                .parse::<Timestamp>()
                .unwrap()
                .as_millisecond(),
        );
        for (text, expected) in [
            ("15m", "2026-11-21T09:45:00.000Z"),
            ("2h", "2026-11-21T08:00:00.000Z"),
            ("90", "2026-11-21T09:58:30.000Z"),
            ("09:30", "2026-11-21T08:30:00.000Z"),
            ("11:00:00", "2026-11-21T10:00:00.000Z"),
            ("12:15", "2026-11-20T11:15:00.000Z"),
            ("2026-11-20", "2026-11-19T23:00:00.000Z"),
            ("2026-11-20T09:30", "2026-11-20T08:30:00.000Z"),
            ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00.000Z"),
            ("2026-11-20T09:30:00+02:00", "2026-11-20T07:30:00.000Z"),
            ("now", "2026-11-21T10:00:00.000Z"),
            ("2 hours ago", "2026-11-21T08:00:00.000Z"),
            ("5m ago", "2026-11-21T09:55:00.000Z"),
            ("1764349200000", "2025-11-28T17:00:00.000Z"),
            ("1764349200", "2025-11-28T17:00:00.000Z"),
            ("9:30", "2026-11-21T08:30:00.000Z"),
            ("yesterday", "2026-11-19T23:00:00.000Z"),
            ("today", "2026-11-20T23:00:00.000Z"),
        ] {
            assert_eq!(
                parse_time(text, now, &zone).map(Moment::iso).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in ["", "tomorrow", "ago", "25:00", "2026-13-01", "-5m"] {
            assert_eq!(parse_time(text, now, &zone), None, "{text}");
        }
    }
}
