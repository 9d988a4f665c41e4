//! Points in time as people write them on a command line.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use crate::model::{Moment, parse_duration};

/// `15m` (ago), `09:30` (the last time it was that), `2026-11-21`, `2026-11-21T09:30`, each in `zone`; with `Z` or an
/// offset it is absolute; `now` is now.
pub(crate) fn moment(text: &str, now: Moment, zone: &TimeZone) -> Option<Moment> {
    let text = text.trim();
    if text == "now" {
        return Some(now);
    }
    if let Some(ago) = parse_duration(text).filter(|_| !text.is_empty()) {
        return Some(now.plus(-i64::try_from(ago.as_millis()).ok()?));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Moment::from_millis(at.as_millisecond()));
    }
    let local = |at: DateTime| {
        Some(Moment::from_millis(
            at.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond(),
        ))
    };
    if text.contains(':') && !text.contains(['-', 'T', ' ']) {
        let time: Time = text.parse().ok()?;
        let today = Timestamp::from_millisecond(now.millis())
            .ok()?
            .to_zoned(zone.clone())
            .date();
        let at = local(today.to_datetime(time))?;
        return if at <= now {
            Some(at)
        } else {
            local(today.yesterday().ok()?.to_datetime(time))
        };
    }
    if let Ok(date) = text.parse::<Date>()
        && !text.contains(['T', ' '])
    {
        return local(date.to_datetime(Time::midnight()));
    }
    local(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_means_a_moment() {
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
        ] {
            assert_eq!(
                moment(text, now, &zone).map(Moment::iso).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in ["", "yesterday", "25:00", "2026-13-01", "-5m"] {
            assert_eq!(moment(text, now, &zone), None, "{text}");
        }
    }
}
