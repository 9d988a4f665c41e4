//! Durations as people write them.

use std::time::Duration;

/// Parses `30s`, `5m`, `1h30m`, `2d` or `500ms`; a bare number is seconds. Returns `None` for
/// anything else and for negative durations.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    // `10:30` is a time of day, not a duration.
    let span: jiff::Span = text.parse().ok().filter(|_| !text.contains(':'))?;
    let length = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .ok()?;
    Duration::try_from(length).ok()
}

/// Formats a duration for a sentence: `250 ms`, `1.5 s`, `90 s`, `5 min`. A duration above zero is
/// never shown as zero.
pub fn show_duration(length: Duration) -> String {
    let (seconds, millis) = (length.as_secs(), length.subsec_millis());
    match (seconds, millis) {
        (0, 0) if !length.is_zero() => "less than 1 ms".to_owned(),
        (0, millis) => format!("{millis} ms"),
        (120.., _) if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        (1..10, 50..) => format!("{:.1} s", length.as_secs_f64()),
        (seconds, _) => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_a_length_in_its_own_unit() {
        for (millis, expected) in [
            (0, "0 ms"),
            (250, "250 ms"),
            (1_000, "1 s"),
            (1_500, "1.5 s"),
            (60_000, "60 s"),
            (90_000, "90 s"),
            (120_000, "2 min"),
            (150_000, "150 s"),
        ] {
            assert_eq!(show_duration(Duration::from_millis(millis)), expected);
        }
        assert_eq!(show_duration(Duration::from_micros(10)), "less than 1 ms");
    }

    #[test]
    fn people_write_lengths_in_many_ways() {
        for (text, millis) in [
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("2d", 172_800_000),
            ("500ms", 500),
            ("90", 90_000),
            ("1.5", 1_500),
            ("1h 5s", 3_605_000),
        ] {
            assert_eq!(
                parse_duration(text).map(|length| length.as_millis()),
                Some(millis),
                "{text}"
            );
        }
        for text in ["soon", "", "-5m", "-1", "5 parsecs", "11:00:00"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
