//! Text forms of values, as Neo4j and Java write them.

use std::fmt::Write as _;

use jiff::civil;
use jiff::tz::Offset;

use super::{DurationValue, PointValue, Value};

impl Value {
    /// Returns the form of the value in Neo4j's error messages: `Long(1)`, `List{Long(1)}`.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Null => "NO_VALUE".to_owned(),
            Self::String(text) => format!("String(\"{text}\")"),
            Self::List(items) => format!(
                "List{{{}}}",
                items
                    .iter()
                    .map(Self::described)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            Self::Map(map) => {
                let entries: Vec<_> = map
                    .iter()
                    .map(|(key, value)| format!("{key} -> {}", value.described()))
                    .collect();
                format!("Map{{{}}}", entries.join(", "))
            }
            Self::Node(id) => format!("({id})"),
            Self::Relationship(id) => format!("-[{id}]-"),
            other => format!("{}({})", other.type_name(), other.text()),
        }
    }

    /// Returns the text of the value: the result of `toString` for all types that it accepts.
    pub fn text(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => float_text(*value),
            Self::String(value) => value.clone(),
            Self::List(items) => format!(
                "[{}]",
                items.iter().map(Self::text).collect::<Vec<_>>().join(", ")
            ),
            Self::Map(map) => {
                let entries: Vec<_> = map
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", value.text()))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            Self::Node(id) => format!("({id})"),
            Self::Relationship(id) => format!("[{id}]"),
            Self::Path(path) => format!("{:?}", path.nodes),
            Self::Date(date) => date.to_string(),
            Self::LocalTime(time) => time_text(*time),
            Self::Time(time, offset) => format!("{}{}", time_text(*time), offset_text(*offset)),
            Self::LocalDateTime(moment) => {
                format!("{}T{}", moment.date(), time_text(moment.time()))
            }
            Self::DateTime(moment) => moment_text(moment, true),
            Self::Duration(duration) => duration.text(),
            Self::Point(point) => point.text(),
        }
    }
}

/// Formats a float as Java does: `1.0`, `1.0E20`, `1.0E-7`, `NaN`, `Infinity`.
pub fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 {
            "Infinity".to_owned()
        } else {
            "-Infinity".to_owned()
        };
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e7).contains(&magnitude) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let point = if digits.contains('.') { "" } else { ".0" };
        return format!("{digits}{point}E{exponent}");
    }
    let text = value.to_string();
    if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

/// Formats a time: `12:00:00`, with a fraction if it is not zero.
fn time_text(time: civil::Time) -> String {
    let mut text = format!(
        "{:02}:{:02}:{:02}",
        time.hour(),
        time.minute(),
        time.second()
    );
    push_fraction(&mut text, i64::from(time.subsec_nanosecond()));
    text
}

fn push_fraction(text: &mut String, nanos: i64) {
    if nanos != 0 {
        let digits = format!("{:09}", nanos.abs());
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
}

/// Formats an offset from UTC: `Z` or `+02:00`.
pub(crate) fn offset_text(offset: Offset) -> String {
    let seconds = offset.seconds();
    if seconds == 0 {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, rest) = (seconds.abs() / 3600, seconds.abs() % 3600);
    let mut text = format!("{sign}{hours:02}:{:02}", rest / 60);
    if rest % 60 != 0 {
        let _ = write!(text, ":{:02}", rest % 60);
    }
    text
}

/// Formats an instant with its offset and, if `with_zone`, with the name of its time zone:
/// `2024-05-01T12:00:00+02:00[Europe/Berlin]`.
pub fn moment_text(moment: &jiff::Zoned, with_zone: bool) -> String {
    let mut text = format!(
        "{}T{}{}",
        moment.date(),
        time_text(moment.time()),
        offset_text(moment.offset())
    );
    if let Some(zone) = moment
        .time_zone()
        .iana_name()
        .filter(|name| with_zone && *name != "UTC")
    {
        let _ = write!(text, "[{zone}]");
    }
    text
}

impl DurationValue {
    /// Formats the duration as ISO 8601 does: `P1Y2M3DT4H5M6.7S`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("P");
        let mut part = |amount: i64, unit: char| {
            if amount != 0 {
                let _ = write!(text, "{amount}{unit}");
            }
        };
        part(self.months / 12, 'Y');
        part(self.months % 12, 'M');
        part(self.days, 'D');
        let total = i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos);
        if total != 0 {
            text.push('T');
            let (seconds, nanos) = (
                (total / 1_000_000_000) as i64,
                (total % 1_000_000_000) as i64,
            );
            let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            if hours != 0 {
                let _ = write!(text, "{hours}H");
            }
            if minutes != 0 {
                let _ = write!(text, "{minutes}M");
            }
            if rest != 0 || nanos != 0 {
                if rest == 0 && nanos < 0 {
                    text.push('-');
                }
                let _ = write!(text, "{rest}");
                push_fraction(&mut text, nanos);
                text.push('S');
            }
        }
        if text == "P" { "PT0S".to_owned() } else { text }
    }
}

impl PointValue {
    fn text(&self) -> String {
        let mut text = format!(
            "point({{x: {}, y: {}",
            float_text(self.x),
            float_text(self.y)
        );
        if let Some(z) = self.z {
            let _ = write!(text, ", z: {}", float_text(z));
        }
        format!("{text}, crs: '{}'}})", self.system())
    }

    /// Formats the point as extended well-known text, the form of the Query API:
    /// `SRID=7203;POINT (1.0 2.0)`.
    pub fn well_known_text(&self) -> String {
        let (x, y) = (float_text(self.x), float_text(self.y));
        match self.z {
            Some(z) => format!("SRID={};POINT Z ({x} {y} {})", self.srid, float_text(z)),
            None => format!("SRID={};POINT ({x} {y})", self.srid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_formatted_as_in_java() {
        let cases = [
            (1.0, "1.0"),
            (1e20, "1.0E20"),
            (1e-7, "1.0E-7"),
            (123_456_789.0, "1.23456789E8"),
            (0.5, "0.5"),
            (-0.0, "-0.0"),
            (1e7, "1.0E7"),
        ];
        for (value, text) in cases {
            assert_eq!(float_text(value), text);
        }
    }

    #[test]
    fn durations_are_formatted_as_in_iso_8601() {
        assert_eq!(
            DurationValue::new(14, 3, 14706, 700_000_000).text(),
            "P1Y2M3DT4H5M6.7S"
        );
        assert_eq!(DurationValue::default().text(), "PT0S");
        assert_eq!(DurationValue::new(0, -1, 0, 0).text(), "P-1D");
        assert_eq!(DurationValue::new(0, 0, -1, 500_000_000).text(), "PT-0.5S");
    }
}
