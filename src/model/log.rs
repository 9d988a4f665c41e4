//! Log events and notices as they travel from a service to a screen or a command: always in batches.

use std::sync::Arc;

use serde::Serialize;

use super::{deployment::DeploymentName, moment::Moment};

/// One event of CloudWatch Logs. Group and stream names are shared, since thousands of events carry the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// Time of the event by the writer's clock.
    pub timestamp: Moment,
    /// Time at which CloudWatch received it.
    pub ingestion: Moment,
    /// Log group name (never an ARN).
    pub group: Arc<str>,
    /// Log stream name.
    pub stream: Arc<str>,
    /// Event id. A live session provides none; a tail derives one then: `live:` and 32 hexadecimal digits.
    pub id: Option<String>,
    /// The text as written, raw.
    pub message: String,
}

/// The kind of a notice between the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Live tail has begun, for the first time or again.
    Started,
    /// A window that could not be read is still missing and will be read again.
    GapOpen,
    /// A window that was missing (a lost connection, a failed page) has been read.
    GapFilled,
    /// AWS sampled: more than 500 events in one second.
    Sampled,
    /// Events that were written more than a minute after their own time.
    Late,
    /// Events that live tail did not deliver and that a later reading found.
    Reconciled,
    /// Live tail is not available: stored events are read every few seconds instead.
    Polling,
    /// The credentials are not valid any more; the tail waits for a new sign-in.
    Paused,
    /// A source may not be read.
    Unavailable,
    /// A source does not exist yet. In JSON it is unavailable like one that may not be read.
    #[serde(rename = "unavailable")]
    Missing,
    /// The tail has ended.
    Ended,
}

/// How a tail receives its lines at present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TailMode {
    /// The first connection is being made.
    #[default]
    Starting,
    /// By a live session.
    Live,
    /// By reading stored events every few seconds.
    Polling,
    /// A connection was lost and is being made again.
    Reconnecting,
    /// Not at all: the credentials are not valid any more.
    Paused,
}

/// The state of a tail, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TailStatus {
    /// How lines are received; with several sessions, the worst of them.
    pub mode: TailMode,
    /// Number of windows that could not be read.
    pub open_gaps: usize,
    /// How many of them AWS refused: a permission is missing, or the group cannot be read by this operation.
    pub refused_gaps: usize,
    /// Number of events that were written more than a minute after their own time while the tail ran.
    pub late: usize,
    /// Number of messages of live tail of a kind that is not known here. They are skipped, and what is stored is read.
    pub unknown: usize,
    /// Number of log groups that do not exist yet and are looked for again.
    pub missing: usize,
    /// Whether AWS left events out that have not been read yet.
    pub is_sampled: bool,
    /// Whether the lines that existed at the start have been read.
    pub is_backfilled: bool,
}

/// A remark of the tail, shown between the lines at its place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogNotice {
    /// Place in time.
    pub at: Moment,
    /// Kind.
    pub kind: NoticeKind,
    /// One sentence for people.
    pub text: String,
}

/// What a tail or a reading delivers at once: events as they were written, or records of them that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogBatch<L = LogEvent> {
    /// Events, in no particular order; records in the order of time.
    pub events: Vec<L>,
    /// Notices.
    pub notices: Vec<LogNotice>,
    /// Events that were delivered live before, and have been read from what is stored now.
    pub identified: Vec<IdentifiedEvent>,
    /// The state of the tail after this batch; `None` if the batch is not part of a tail.
    pub status: Option<TailStatus>,
    /// Where only the newest lines of a group were read: the time from which on none of them is missing. `None`: from the
    /// beginning of the window on.
    pub complete_from: Option<Moment>,
}

/// CloudWatch's id of an event that a live session delivered without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifiedEvent {
    /// The id that the tail gave it: `live:` and 32 hexadecimal digits.
    pub live_id: String,
    /// CloudWatch's id.
    pub id: String,
}

impl<L> Default for LogBatch<L> {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            notices: Vec::new(),
            identified: Vec::new(),
            status: None,
            complete_from: None,
        }
    }
}

/// The log events to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Log group names.
    pub groups: Vec<String>,
    /// CloudWatch filter pattern, applied by the service.
    pub pattern: Option<String>,
    /// First timestamp, inclusive.
    pub since: Option<Moment>,
    /// Last timestamp, inclusive; `None`: now.
    pub until: Option<Moment>,
    /// Only the newest events, this many; `None`: all.
    pub limit: Option<usize>,
    /// Ids of the gateways and runtimes whose spans are wanted. Those that name another one as their origin are left out, since all
    /// deployments of an account share their group. Empty: all lines.
    pub owner_ids: Vec<String>,
}

/// The log groups of one deployment in a tail over several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailPart {
    /// Deployment whose credentials read the groups.
    pub deployment: DeploymentName,
    /// What is read.
    pub query: LogQuery,
}

/// A tail over the log groups of one or several deployments. Parts with an end are read once and not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailRequest {
    /// The deployments.
    pub parts: Vec<TailPart>,
    /// Whether the lines of an earlier tail of the same groups are still here.
    pub is_resumed: bool,
}

/// The result of a Logs Insights query, complete or so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogQueryResult {
    /// Id of the query.
    pub query_id: String,
    /// `Complete`, `Running`, or another of the service's words.
    pub status: String,
    /// Fields and values of each row, in the order of the query. All values are text.
    pub rows: Vec<Vec<(String, String)>>,
    /// What the query has read.
    pub statistics: LogQueryStatistics,
}

/// What a Logs Insights query has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LogQueryStatistics {
    /// Number of log events that matched.
    #[serde(serialize_with = "as_integer")]
    pub records_matched: f64,
    /// Number of log events that were scanned.
    #[serde(serialize_with = "as_integer")]
    pub records_scanned: f64,
    /// Number of bytes that were scanned; they are billed.
    #[serde(serialize_with = "as_integer")]
    pub bytes_scanned: f64,
}

/// Serialises a count that the service states as a floating point number.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes what it serialises by reference"
)]
fn as_integer<S: serde::Serializer>(count: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(count.round() as u64)
}

/// A query of Logs Insights: its text, the groups that it reads, and their time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQueryRequest {
    /// Deployment whose credentials and region are used.
    pub deployment: DeploymentName,
    /// Log group names, at most 50.
    pub groups: Vec<String>,
    /// Text in the query language of Logs Insights.
    pub text: String,
    /// First and last time, both inclusive to the second.
    pub window: (Moment, Moment),
}

/// What a query may scan at most, as far as it can be known before it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogScanEstimate {
    /// Stored bytes of the groups, whichever part of their time the query covers: an upper bound of the order of magnitude.
    /// The service reports them compressed and hours late.
    pub bytes: u64,
    /// Whether groups could not be listed, so that more bytes than these may be scanned.
    pub is_unknown: bool,
    /// Groups that do not exist. A query over one of them would fail.
    pub missing: Vec<String>,
}

/// The lines around a time, in log groups of one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinesAroundRequest {
    /// Deployment whose credentials and region are used.
    pub deployment: DeploymentName,
    /// Log group names.
    pub groups: Vec<String>,
    /// The time.
    pub at: Moment,
}
