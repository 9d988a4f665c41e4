//! A point in time as data. The pure layers never ask a clock: a [`Moment`] is handed in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, as CloudWatch Logs counts.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// Creates a moment from milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Creates a moment from seconds since 1970, with fractions as AWS JSON protocols send them.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * 1000.0).round() as i64)
    }

    /// Returns the milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns the milliseconds from `earlier` until this moment, negative if `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns this moment plus `millis` milliseconds.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Formats the age at `now`: `41s`, `2m`, `6h`, `23d`. A moment in the future is `0s` old.
    pub fn age(self, now: Self) -> String {
        short_duration(now.since(self).max(0))
    }

    /// Formats the moment as ISO 8601 in UTC with milliseconds, `2026-11-21T10:02:11.114Z`.
    pub fn iso(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| self.0.to_string(), |at| format!("{at:.3}"))
    }

    /// Reads what [`Self::iso`] writes, with or without fractions; nothing if the text is no such time.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let is_time = text.len() >= "2026-11-21T10:02:11Z".len() && text.get(10..11) == Some("T");
        let at: jiff::Timestamp = text.parse().ok().filter(|_| is_time)?;
        Some(Self(at.as_millisecond()))
    }

    /// Formats the moment as `HH:MM:SS` in a time zone.
    pub fn clock(self, zone: &jiff::tz::TimeZone) -> String {
        self.format("%H:%M:%S", zone)
    }

    /// Formats the moment as `HH:MM:SS` in a time zone, with `MM-DD` before it where it is not of the day of `now`.
    pub fn clock_or_date(self, now: Self, zone: &jiff::tz::TimeZone) -> String {
        if self.is_same_day(now, zone) {
            self.clock(zone)
        } else {
            self.date_clock(zone)
        }
    }

    /// Returns whether both moments are of one day in a time zone.
    pub fn is_same_day(self, other: Self, zone: &jiff::tz::TimeZone) -> bool {
        let day = |moment: Self| {
            let at = jiff::Timestamp::from_millisecond(moment.0).ok()?;
            Some(at.to_zoned(zone.clone()).date())
        };
        day(self) == day(other)
    }

    /// Formats the moment as `MM-DD HH:MM:SS` in a time zone.
    pub fn date_clock(self, zone: &jiff::tz::TimeZone) -> String {
        self.format("%m-%d %H:%M:%S", zone)
    }

    /// Formats the moment as `MM-DD HH:MM:SS.mmm` in a time zone.
    pub fn date_clock_millis(self, zone: &jiff::tz::TimeZone) -> String {
        self.format("%m-%d %H:%M:%S%.3f", zone)
    }

    /// Formats the moment as `MM-DD HH:MM` in a time zone.
    pub fn date_minutes(self, zone: &jiff::tz::TimeZone) -> String {
        self.format("%m-%d %H:%M", zone)
    }

    /// Formats the moment as `HH:MM:SS.mmm` in a time zone.
    pub fn clock_millis(self, zone: &jiff::tz::TimeZone) -> String {
        self.format("%H:%M:%S%.3f", zone)
    }

    /// Formats the moment as `YYYY-MM-DD HH:MM:SS` in a time zone.
    pub fn date_time(self, zone: &jiff::tz::TimeZone) -> String {
        self.format("%Y-%m-%d %H:%M:%S", zone)
    }

    fn format(self, pattern: &str, zone: &jiff::tz::TimeZone) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(
            |_| self.0.to_string(),
            |at| at.to_zoned(zone.clone()).strftime(pattern).to_string(),
        )
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.iso())
    }
}

/// Formats a duration in its largest whole unit: `0s`, `41s`, `2m`, `6h`, `23d`.
pub fn short_duration(millis: i64) -> String {
    let seconds = millis / 1000;
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_is_written_and_nothing_else_is_a_time() {
        let at = Moment::from_millis(1_795_269_600_123);
        assert_eq!(Moment::parse_iso(&at.iso()), Some(at));
        let whole = Moment::parse_iso("2026-11-21T14:00:00Z");
        assert_eq!(whole.map(Moment::millis), Some(1_795_269_600_000));
        for other in [
            "",
            "20261121",
            "neo4j-mcp",
            "2026-11-21",
            "ADAPTIVE-T-2026-11-21Z",
        ] {
            assert_eq!(Moment::parse_iso(other), None, "{other}");
        }
    }

    #[test]
    fn ages_use_the_largest_whole_unit() {
        let now = Moment::from_millis(10_000_000_000);
        for (seconds, expected) in [
            (0, "0s"),
            (41, "41s"),
            (60, "1m"),
            (3_599, "59m"),
            (7_200, "2h"),
            (86_400 * 23, "23d"),
            (-5, "0s"),
        ] {
            assert_eq!(now.plus(-seconds * 1000).age(now), expected);
        }
    }

    #[test]
    fn iso_has_milliseconds() {
        assert_eq!(
            Moment::from_millis(1_795_224_324_652).iso(),
            "2026-11-21T01:25:24.652Z"
        );
        assert_eq!(Moment::from_seconds(1.5).millis(), 1500);
    }
}
