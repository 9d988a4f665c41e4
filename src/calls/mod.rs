//! Tool calls as the logs and spans of a deployment show them: lines and spans of all hops joined into one call. Pure.
//!
//! Two records belong to one call if they share a trace id or a request id. Hops that write no id of the gateway's request
//! (interceptor functions, programs in containers) are joined by time, one stream after the other, and only if exactly one
//! call fits: two calls of the same second are never mixed. Of several that fit by time, what the records hold of the request
//! decides; what it does not decide is named as a gap of each. Wire formats: AgentCore observability guide; span and record
//! shapes as the starter toolkit's fixtures show them.

mod analysis;
mod arrival;
mod book;
mod filter;
mod join;
mod lambda;
mod outcome;
mod owner;
mod record;
mod sessions;
mod trace;
mod waterfall;

use serde::Serialize;

use crate::{
    logs::CallLines,
    model::{Moment, pluralize},
};

pub use analysis::{TailAnalysis, TailFindings};
pub use arrival::arrival_gap;
pub use book::CallBook;
pub use filter::call_passes;
pub use join::join;
pub use owner::CallOwner;
pub use record::CallRecord;
pub use sessions::SessionSighting;
pub use trace::{CallTrace, SpansRead, TraceCause, TraceLine, TraceSpan};
pub use waterfall::{Waterfall, WaterfallRow, hop_of, is_error};

/// Characters that the beginning of an id needs at least to stand for the id.
pub const LEAST_OF_ID: usize = 8;

/// How a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LoggedOutcome {
    /// It was answered without an error.
    Ok,
    /// The tool or a hop failed.
    Error,
    /// The interceptor, a policy or the authoriser refused it.
    Denied,
    /// A hop asked to slow down.
    Throttled,
    /// It waits for the consent of a person.
    Consent,
    /// Its end was not found in what was read.
    #[default]
    Unknown,
}

impl LoggedOutcome {
    /// Returns the name of the outcome in filters and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Consent => "consent",
            Self::Unknown => "unknown",
        }
    }
}

/// One tool call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoggedCall {
    /// When it began.
    pub at: Moment,
    /// Deployment that the call went through.
    pub deployment: String,
    /// Tool without the prefix of its target; `None` if no record names it.
    pub tool: Option<String>,
    /// How it ended.
    pub outcome: LoggedOutcome,
    /// The hop that failed.
    pub hop: Option<&'static str>,
    /// Why it failed, in the words of the hop.
    pub message: Option<String>,
    /// Duration in milliseconds, if its beginning and its end were found.
    pub duration_ms: Option<i64>,
    /// Trace id.
    pub trace_id: Option<String>,
    /// Request ids of all hops, the caller's first.
    pub request_ids: Vec<String>,
    /// MCP session id, if a hop writes it.
    pub session_id: Option<String>,
    /// The hops that left a record of it, each once.
    pub hops: Vec<&'static str>,
    /// Lines that fit this call and others.
    pub unassigned: Vec<UnassignedLines>,
    /// Everything that was joined, in the order of time.
    pub records: Vec<CallRecord>,
}

/// Lines of a hop that fit several calls of the same time, and are a part of none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnassignedLines {
    /// Hop that wrote them.
    pub hop: &'static str,
    /// Number of lines.
    pub count: usize,
}

impl UnassignedLines {
    /// Returns what a trace of one of the calls lacks.
    pub fn gap(&self) -> String {
        self.words(&format!("{} line", self.hop))
    }

    /// Returns the same without the hop.
    pub fn words_below_hop(&self) -> String {
        self.words("line")
    }

    fn words(&self, noun: &str) -> String {
        let fit = if self.count == 1 { "fits" } else { "fit" };
        let lines = pluralize(self.count, noun);
        format!("{lines} of this time {fit} several calls")
    }
}

impl LoggedCall {
    /// Returns whether one of its ids is `id`, or begins with it if it has [`LEAST_OF_ID`] characters. The case of letters does not matter.
    pub fn has_id(&self, id: &str) -> bool {
        self.trace_id
            .iter()
            .chain(&self.request_ids)
            .chain(&self.session_id)
            .any(|own| {
                let beginning = own.get(..id.len());
                own.eq_ignore_ascii_case(id)
                    || (id.len() >= LEAST_OF_ID
                        && beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(id)))
            })
    }

    /// Returns whether a hop left a record of it.
    pub fn passed(&self, hop: &str) -> bool {
        self.hops.contains(&hop)
    }

    /// Returns whether its tool runs Cypher, by the tool's name.
    pub fn runs_cypher(&self) -> bool {
        let tool = self.tool.as_deref().unwrap_or_default();
        tool.to_ascii_lowercase().contains("cypher")
    }

    /// Returns when it ended, as far as its records say; the time of its last record otherwise.
    pub fn end(&self) -> Moment {
        let last = self.records.iter().map(|record| record.at).max();
        let stated = self.at.plus(self.duration_ms.unwrap_or(0));
        last.map_or(stated, |last| last.max(stated))
    }

    /// Its lines, for a filter: its ids, and the place of each of its records.
    pub fn lines(&self) -> CallLines {
        CallLines {
            ids: self
                .trace_id
                .iter()
                .chain(&self.request_ids)
                .cloned()
                .collect(),
            places: self
                .records
                .iter()
                .map(|record| (record.written_at, record.group.to_string()))
                .collect(),
        }
    }

    /// Returns the id that names the call in a filter: its trace id, else its first request id.
    pub fn id(&self) -> Option<&str> {
        self.trace_id
            .as_deref()
            .or_else(|| self.request_ids.first().map(String::as_str))
    }

    /// Returns whether a line that was written at this time to this group is one of its records.
    pub fn has_line(&self, at: Moment, group: &str) -> bool {
        self.records
            .iter()
            .any(|record| record.written_at == at && &*record.group == group)
    }

    /// Returns the statement or the arguments of the call, as far as a record holds them.
    pub fn statement(&self) -> Option<&str> {
        self.records
            .iter()
            .find_map(|record| record.statement.as_deref())
    }

    /// Returns what the outermost hop answered, as far as its log holds it.
    pub fn answer(&self) -> Option<&str> {
        self.records
            .iter()
            .rev()
            .find(|record| record.span.is_none() && record.answer.is_some())
            .and_then(|record| record.answer.as_deref())
    }

    /// Returns the number of its log lines; spans are not counted.
    pub fn line_count(&self) -> usize {
        self.records
            .iter()
            .filter(|record| record.span.is_none())
            .count()
    }

    /// Returns the call as a line of `calls -o json`.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "at": self.at.iso(),
            "deployment": self.deployment,
            "tool": self.tool,
            "outcome": self.outcome,
            "hop": self.hop,
            "message": self.message,
            "duration_ms": self.duration_ms,
            "trace_id": self.trace_id,
            "request_ids": self.request_ids,
            "session_id": self.session_id,
        })
    }
}

#[cfg(test)]
mod tests;
