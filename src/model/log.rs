//! Log events and notices as they travel from a service to a screen or a command: always in batches.

use std::sync::Arc;

use serde::Serialize;

use super::moment::Moment;

/// One event of CloudWatch Logs. Group and stream names are shared, since thousands of events carry the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// When it happened, by the writer's clock.
    pub timestamp: Moment,
    /// When CloudWatch took it in.
    pub ingestion: Moment,
    /// Log group name (never an ARN).
    pub group: Arc<str>,
    /// Log stream name.
    pub stream: Arc<str>,
    /// Event id. A live session gives none; a tail makes one up then, `live:` and 32 hexadecimal digits.
    pub id: Option<String>,
    /// The text as written, raw.
    pub message: String,
}

/// Why a notice stands between the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// A tail has begun; `detail` names live tail or polling.
    Started,
    /// The connection was lost and made again; the gap was filled.
    GapFilled,
    /// AWS sampled: more than 500 events in one second.
    Sampled,
    /// Events that came later than their time.
    Late,
    /// Live tail is not to be had: polling instead, with the reason.
    Polling,
    /// A source is missing or may not be read.
    Unavailable,
    /// The tail has ended.
    Ended,
}

/// A line about the log, shown at its place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogNotice {
    /// Its place in time.
    pub at: Moment,
    /// The sort.
    pub kind: NoticeKind,
    /// One sentence for people.
    pub text: String,
}

/// What one turn of a tail brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogBatch {
    /// Events, in no particular order.
    pub events: Vec<LogEvent>,
    /// Notices.
    pub notices: Vec<LogNotice>,
}

/// What to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Log group names.
    pub groups: Vec<String>,
    /// CloudWatch filter pattern, applied by the service.
    pub pattern: Option<String>,
    /// From, inclusive.
    pub since: Option<Moment>,
    /// Until, inclusive; `None`: now.
    pub until: Option<Moment>,
    /// At most so many events, the newest; `None`: all.
    pub limit: Option<usize>,
}
