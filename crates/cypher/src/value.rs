//! The values of Cypher.

mod compare;
mod text;

use std::collections::BTreeMap;

use jiff::civil;
use jiff::tz::Offset;

pub(crate) use compare::{compare, equals, group_key, order};
pub(crate) use text::offset_text;
pub use text::{float_text, moment_text};

/// A map value, the properties of an entity, or the parameters of a statement.
pub type Map = BTreeMap<String, Value>;

/// A value of an expression. Nodes and relationships are ids within a [`Graph`](crate::Graph).
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    #[default]
    /// Null.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A 64-bit integer.
    Integer(i64),
    /// A 64-bit floating point number.
    Float(f64),
    /// A text.
    String(String),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Map),
    /// The id of a node.
    Node(u64),
    /// The id of a relationship.
    Relationship(u64),
    /// A path.
    Path(Box<PathValue>),
    /// A date.
    Date(civil::Date),
    /// A time without a time zone.
    LocalTime(civil::Time),
    /// A time with an offset from UTC.
    Time(civil::Time, Offset),
    /// A date and time without a time zone.
    LocalDateTime(civil::DateTime),
    /// An instant with an offset or a time zone.
    DateTime(Box<jiff::Zoned>),
    /// A duration.
    Duration(DurationValue),
    /// A point.
    Point(PointValue),
}

/// The id of a node or of a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntityId {
    Node(u64),
    Relationship(u64),
}

/// A path. It has one node more than relationships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathValue {
    /// Ids of the nodes.
    pub nodes: Vec<u64>,
    /// Ids of the relationships.
    pub relationships: Vec<u64>,
}

/// A duration. Months, days and seconds are separate components, as in Neo4j.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DurationValue {
    /// Months.
    pub months: i64,
    /// Days.
    pub days: i64,
    /// Seconds.
    pub seconds: i64,
    /// Nanoseconds in `0..10^9`.
    pub nanos: i64,
}

/// A point in one of Neo4j's four coordinate reference systems.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointValue {
    /// The identifier of the reference system: 4326, 4979, 7203 or 9157.
    pub srid: i64,
    /// X coordinate or longitude.
    pub x: f64,
    /// Y coordinate or latitude.
    pub y: f64,
    /// Z coordinate or height, in the three-dimensional systems.
    pub z: Option<f64>,
}

impl Value {
    /// Returns the name of the type in Neo4j's error messages.
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

    /// Returns the node or the relationship that the value is.
    pub(crate) fn entity(&self) -> Option<EntityId> {
        if let Self::Node(id) = self {
            return Some(EntityId::Node(*id));
        }
        let Self::Relationship(id) = self else {
            return None;
        };
        Some(EntityId::Relationship(*id))
    }

    /// Returns whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl DurationValue {
    /// Creates a duration, and carries nanoseconds into seconds so that they are in `0..10^9`.
    pub fn new(months: i64, days: i64, seconds: i64, nanos: i64) -> Self {
        let carried = nanos.div_euclid(1_000_000_000);
        Self {
            months,
            days,
            seconds: seconds.saturating_add(carried),
            nanos: nanos.rem_euclid(1_000_000_000),
        }
    }

    /// Returns the average length in nanoseconds, by which durations are sorted.
    pub(super) fn average(self) -> i128 {
        let seconds = i128::from(self.months) * 2_629_746
            + i128::from(self.days) * 86_400
            + i128::from(self.seconds);
        seconds * 1_000_000_000 + i128::from(self.nanos)
    }
}

impl PointValue {
    /// Returns the name of the coordinate reference system.
    pub fn system(&self) -> &'static str {
        match self.srid {
            4326 => "wgs-84",
            4979 => "wgs-84-3d",
            9157 => "cartesian-3d",
            _ => "cartesian",
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
