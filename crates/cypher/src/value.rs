//! The values of Cypher, how they compare, and how Neo4j writes them as text.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil;
use jiff::tz::Offset;

/// A map value; also the parameters of a statement.
pub type Map = BTreeMap<String, Value>;

/// Any value that an expression can have. Nodes and relationships are held by their number.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    String(String),
    List(Vec<Value>),
    Map(Map),
    Node(u64),
    Relationship(u64),
    Path(Box<PathValue>),
    Date(civil::Date),
    LocalTime(civil::Time),
    Time(civil::Time, Offset),
    LocalDateTime(civil::DateTime),
    DateTime(Box<jiff::Zoned>),
    Duration(Duration),
    Point(Point),
}

/// A path: one node more than relationships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathValue {
    pub nodes: Vec<u64>,
    pub relationships: Vec<u64>,
}

/// Months, days and seconds are kept apart, as Neo4j does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Duration {
    pub months: i64,
    pub days: i64,
    pub seconds: i64,
    pub nanos: i64,
}

/// A point in one of the four systems that Neo4j knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub srid: i64,
    pub x: f64,
    pub y: f64,
    pub z: Option<f64>,
}

impl Value {
    /// The type as Neo4j names it in its messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "Null",
            Self::Boolean(_) => "Boolean",
            Self::Integer(_) => "Long",
            Self::Float(_) => "Double",
            Self::String(_) => "String",
            Self::List(_) => "List",
            Self::Map(_) => "Map",
            Self::Node(_) => "Node",
            Self::Relationship(_) => "Relationship",
            Self::Path(_) => "Path",
            Self::Date(_) => "Date",
            Self::LocalTime(_) => "LocalTime",
            Self::Time(..) => "Time",
            Self::LocalDateTime(_) => "LocalDateTime",
            Self::DateTime(_) => "DateTime",
            Self::Duration(_) => "Duration",
            Self::Point(_) => "Point",
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as Neo4j shows it in error messages: `Long(1)`, `List{Long(1)}`.
    pub fn described(&self) -> String {
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

    /// What `toString` gives for the values that have a text.
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

/// Neo4j writes floats as Java does: `1.0`, `1.0E20`, `1.0E-7`, `NaN`, `Infinity`.
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

/// `12:00:00`, with a fraction only where there is one.
pub fn time_text(time: civil::Time) -> String {
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

/// `Z` or `+02:00`.
pub fn offset_text(offset: Offset) -> String {
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

/// A moment with its offset and, if asked for, its zone.
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

impl Duration {
    /// `P1Y2M3DT4H5M6.7S`.
    pub fn text(&self) -> String {
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

    /// Seconds and nanoseconds brought into order: 0 <= nanos < 10^9.
    pub fn new(months: i64, days: i64, seconds: i64, nanos: i64) -> Self {
        let carried = nanos.div_euclid(1_000_000_000);
        Self {
            months,
            days,
            seconds: seconds.saturating_add(carried),
            nanos: nanos.rem_euclid(1_000_000_000),
        }
    }

    /// How long it is on average, for ordering.
    fn average(&self) -> i128 {
        let seconds = i128::from(self.months) * 2_629_746
            + i128::from(self.days) * 86_400
            + i128::from(self.seconds);
        seconds * 1_000_000_000 + i128::from(self.nanos)
    }
}

impl Point {
    /// The name of the coordinate system.
    pub fn system(&self) -> &'static str {
        match self.srid {
            4326 => "wgs-84",
            4979 => "wgs-84-3d",
            9157 => "cartesian-3d",
            _ => "cartesian",
        }
    }

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

    /// `SRID=7203;POINT (1.0 2.0)`, the form of the Query API.
    pub fn well_known_text(&self) -> String {
        let (x, y) = (float_text(self.x), float_text(self.y));
        match self.z {
            Some(z) => format!("SRID={};POINT Z ({x} {y} {})", self.srid, float_text(z)),
            None => format!("SRID={};POINT ({x} {y})", self.srid),
        }
    }
}

/// Equality as `=` sees it: None when it cannot be known.
pub fn equals(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Integer(a), Value::Integer(b)) => Some(a == b),
        (Value::Integer(a), Value::Float(b)) | (Value::Float(b), Value::Integer(a)) => {
            Some(compare_mixed(*a, *b) == Some(Ordering::Equal))
        }
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all_equal(a.iter().zip(b))
        }
        (Value::Map(a), Value::Map(b)) => {
            if !a.keys().eq(b.keys()) {
                return Some(false);
            }
            all_equal(a.values().zip(b.values()))
        }
        (Value::DateTime(a), Value::DateTime(b)) => Some(
            a.timestamp() == b.timestamp()
                && a.offset() == b.offset()
                && a.time_zone() == b.time_zone(),
        ),
        (a, b) => Some(a == b),
    }
}

fn all_equal<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut known = Some(true);
    for (left, right) in pairs {
        match equals(left, right) {
            Some(false) => return Some(false),
            None => known = None,
            Some(true) => {}
        }
    }
    known
}

/// `<` and its like: None when the two cannot be compared.
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Float(b)) => compare_mixed(*a, *b),
        (Value::Float(a), Value::Integer(b)) => compare_mixed(*b, *a).map(Ordering::reverse),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::LocalTime(a), Value::LocalTime(b)) => Some(a.cmp(b)),
        (Value::Time(..), Value::Time(..)) => Some(time_of_day(left).cmp(&time_of_day(right))),
        (Value::LocalDateTime(a), Value::LocalDateTime(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.timestamp().cmp(&b.timestamp())),
        (Value::List(a), Value::List(b)) => {
            for (left, right) in a.iter().zip(b) {
                match compare(left, right)? {
                    Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => None,
    }
}

/// An integer against a float, without losing digits.
fn compare_mixed(integer: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    Some(integer.cmp(&(whole as i64)).then_with(|| {
        0.0_f64
            .partial_cmp(&(float - whole))
            .unwrap_or(Ordering::Equal)
    }))
}

fn time_of_day(value: &Value) -> (i64, i32) {
    let Value::Time(time, offset) = value else {
        return (0, 0);
    };
    let nanos = time.duration_since(civil::Time::midnight()).as_nanos() as i64;
    (
        nanos - i64::from(offset.seconds()) * 1_000_000_000,
        offset.seconds(),
    )
}

/// The order of ORDER BY, which knows a place for everything: null comes last.
pub fn order(left: &Value, right: &Value) -> Ordering {
    rank(left)
        .cmp(&rank(right))
        .then_with(|| match (left, right) {
            (Value::List(a), Value::List(b)) => order_all(a.iter().zip(b), a.len().cmp(&b.len())),
            (Value::Map(a), Value::Map(b)) => {
                let keys = a.len().cmp(&b.len()).then_with(|| a.keys().cmp(b.keys()));
                keys.then_with(|| order_all(a.values().zip(b.values()), Ordering::Equal))
            }
            (Value::Node(a), Value::Node(b)) | (Value::Relationship(a), Value::Relationship(b)) => {
                a.cmp(b)
            }
            (Value::Path(a), Value::Path(b)) => a
                .nodes
                .cmp(&b.nodes)
                .then_with(|| a.relationships.cmp(&b.relationships)),
            (Value::Duration(a), Value::Duration(b)) => a.average().cmp(&b.average()),
            (Value::Point(a), Value::Point(b)) => a
                .srid
                .cmp(&b.srid)
                .then(a.x.total_cmp(&b.x))
                .then(a.y.total_cmp(&b.y))
                .then(a.z.unwrap_or(0.0).total_cmp(&b.z.unwrap_or(0.0))),
            (Value::Float(a), Value::Float(b)) if a.is_nan() || b.is_nan() => {
                a.is_nan().cmp(&b.is_nan())
            }
            (Value::Float(a), _) if a.is_nan() => Ordering::Greater,
            (_, Value::Float(b)) if b.is_nan() => Ordering::Less,
            (a, b) => compare(a, b).unwrap_or(Ordering::Equal),
        })
}

fn order_all<'a>(
    pairs: impl Iterator<Item = (&'a Value, &'a Value)>,
    otherwise: Ordering,
) -> Ordering {
    pairs
        .map(|(left, right)| order(left, right))
        .find(|found| found.is_ne())
        .unwrap_or(otherwise)
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Map(_) => 0,
        Value::Node(_) => 1,
        Value::Relationship(_) => 2,
        Value::List(_) => 3,
        Value::Path(_) => 4,
        Value::Point(_) => 5,
        Value::DateTime(_) => 6,
        Value::LocalDateTime(_) => 7,
        Value::Date(_) => 8,
        Value::Time(..) => 9,
        Value::LocalTime(_) => 10,
        Value::Duration(_) => 11,
        Value::String(_) => 12,
        Value::Boolean(_) => 13,
        Value::Integer(_) | Value::Float(_) => 14,
        Value::Null => 15,
    }
}

/// A key under which values that are the same for DISTINCT and for grouping meet: `1` and `1.0` do, null meets null.
pub fn group_key(value: &Value) -> String {
    let mut key = String::new();
    push_key(value, &mut key);
    key
}

fn push_key(value: &Value, key: &mut String) {
    match value {
        Value::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => {
            let _ = write!(key, "n{}", *float as i64);
        }
        Value::Integer(integer) => {
            let _ = write!(key, "n{integer}");
        }
        Value::String(text) => {
            let _ = write!(key, "s{}:{text}", text.len());
        }
        Value::List(items) => {
            let _ = write!(key, "l{}:", items.len());
            for item in items {
                push_key(item, key);
            }
        }
        Value::Map(map) => {
            let _ = write!(key, "m{}:", map.len());
            for (name, value) in map {
                let _ = write!(key, "{}:{name}", name.len());
                push_key(value, key);
            }
        }
        Value::Path(path) => {
            let _ = write!(key, "p{:?}{:?}", path.nodes, path.relationships);
        }
        other => {
            let _ = write!(key, "{}{};", rank(other), other.text());
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_neo4j_writes_them() {
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
    fn durations_are_written_as_neo4j_writes_them() {
        assert_eq!(
            Duration::new(14, 3, 14706, 700_000_000).text(),
            "P1Y2M3DT4H5M6.7S"
        );
        assert_eq!(Duration::default().text(), "PT0S");
        assert_eq!(Duration::new(0, -1, 0, 0).text(), "P-1D");
        assert_eq!(Duration::new(0, 0, -1, 500_000_000).text(), "PT-0.5S");
    }

    #[test]
    fn integers_and_floats_compare_without_losing_digits() {
        assert_eq!(
            equals(
                &Value::Integer(9_007_199_254_740_993),
                &Value::Float(9_007_199_254_740_992.0)
            ),
            Some(false)
        );
        assert_eq!(equals(&Value::Integer(1), &Value::Float(1.0)), Some(true));
        assert_eq!(
            compare(&Value::Integer(1), &Value::Float(1.5)),
            Some(Ordering::Less)
        );
        assert_eq!(compare(&Value::Integer(1), &Value::from("a")), None);
        assert_eq!(
            equals(
                &Value::List(vec![Value::Null]),
                &Value::List(vec![Value::Integer(1)])
            ),
            None
        );
    }
}
