//! Lengths of time as people write them.

use std::time::Duration;

/// Reads `30s`, `5m`, `1h30m`, `2d`, `500ms`; a bare number counts seconds. `None` for anything else, and for less than nothing.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    // Hours and minutes of a clock are a time, not a length.
    let span: jiff::Span = text.parse().ok().filter(|_| !text.contains(':'))?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(parse_duration(text).map(|length| length.as_millis()), Some(millis), "{text}");
        }
        for text in ["soon", "", "-5m", "-1", "5 parsecs", "11:00:00"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
