//! One call laid out for the eye: each hop with its spans, its own lines below it, and where the time went.

use super::{CallTrace, LoggedOutcome, TraceLine, TraceSpan, UnassignedLines};
use crate::logs::Level;

/// The hops in the order in which a call passes them.
const HOPS: [&str; 7] = [
    "gateway",
    "interceptor",
    "policy",
    "provider",
    "target",
    "runtime",
    "neo4j",
];

/// A row of the waterfall.
#[derive(Clone, Debug, PartialEq)]
pub enum WaterfallRow {
    /// A span of a hop.
    Span {
        /// The span.
        span: TraceSpan,
        /// Whether it is the first row of its hop.
        is_first: bool,
        /// Whether the hop caused the failure.
        is_cause: bool,
    },
    /// A hop of which only lines without a duration are known.
    Hop {
        /// The hop.
        hop: &'static str,
        /// Whether the hop caused the failure.
        is_cause: bool,
    },
    /// A log line.
    Line {
        /// The line.
        line: TraceLine,
        /// Milliseconds from the beginning of the call.
        offset_ms: i64,
    },
    /// Lines of a hop that fit this call and others.
    Unassigned(UnassignedLines),
    /// A row of what could not be read.
    Gap(String),
}

/// One call laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Waterfall {
    /// The call over every hop.
    pub trace: CallTrace,
    /// Rows from the outermost hop to the innermost, gaps last.
    pub rows: Vec<WaterfallRow>,
    /// Milliseconds that the time axis covers.
    pub whole_ms: i64,
    /// Time that each hop took itself, without the hops that it waited for, in milliseconds.
    pub own_ms: Vec<(&'static str, i64)>,
}

impl Waterfall {
    /// Lays a call out.
    pub fn new(trace: CallTrace) -> Self {
        let start = trace.call.at.millis();
        let ends = trace
            .spans
            .iter()
            .map(|span| span.start_ms + span.duration_ms)
            .chain(trace.lines.iter().map(|line| line.timestamp - start))
            .chain(trace.call.duration_ms);
        let whole_ms = ends.max().unwrap_or(1).max(1);
        let own_ms = own_times(&trace.spans);
        let rows = rows(&trace, start);
        Self {
            trace,
            rows,
            whole_ms,
            own_ms,
        }
    }

    /// Returns the row that states the cause: its line, else its hop.
    pub fn cause_row(&self) -> Option<usize> {
        let position = |wanted: &dyn Fn(&WaterfallRow) -> bool| self.rows.iter().position(wanted);
        position(&|row| {
            matches!(
                row,
                WaterfallRow::Span { is_cause: true, .. }
                    | WaterfallRow::Hop { is_cause: true, .. }
            )
        })
        .or_else(|| {
            position(&|row| matches!(row, WaterfallRow::Line { line, .. } if line.is_cause))
        })
    }
}

fn rows(trace: &CallTrace, start: i64) -> Vec<WaterfallRow> {
    let cause = trace
        .cause
        .as_ref()
        .map(|cause| cause.hop)
        .filter(|_| trace.call.outcome != LoggedOutcome::Ok);
    let mut rows = Vec::new();
    for hop in HOPS {
        let mut spans: Vec<&TraceSpan> =
            trace.spans.iter().filter(|span| span.hop == hop).collect();
        spans.sort_by_key(|span| (span.start_ms, std::cmp::Reverse(span.duration_ms)));
        let lines: Vec<&TraceLine> = trace
            .lines
            .iter()
            .filter(|line| hop_of(line) == hop)
            .collect();
        let is_cause = cause == Some(hop);
        if spans.is_empty() && !lines.is_empty() {
            rows.push(WaterfallRow::Hop { hop, is_cause });
        }
        rows.extend(
            spans
                .into_iter()
                .enumerate()
                .map(|(index, span)| WaterfallRow::Span {
                    span: span.clone(),
                    is_first: index == 0,
                    is_cause: is_cause && index == 0,
                }),
        );
        rows.extend(lines.into_iter().map(|line| WaterfallRow::Line {
            line: line.clone(),
            offset_ms: line.timestamp - start,
        }));
        let unassigned = trace.call.unassigned.iter();
        rows.extend(
            unassigned
                .filter(|lines| lines.hop == hop)
                .map(|lines| WaterfallRow::Unassigned(*lines)),
        );
    }
    let is_unassigned = |gap: &str| {
        let mut unassigned = trace.call.unassigned.iter();
        unassigned.any(|lines| lines.gap() == gap)
    };
    rows.extend(
        trace
            .gaps
            .iter()
            .filter(|gap| !is_unassigned(gap))
            .flat_map(|gap| folded(gap))
            .map(WaterfallRow::Gap),
    );
    rows
}

/// Returns the hop below which a line stands: the database for the errors that its caller logs, otherwise the hop that wrote it.
pub fn hop_of(line: &TraceLine) -> &'static str {
    match line.reporter {
        "runtime" | "target" => line.hop,
        reporter => reporter,
    }
}

/// Returns a sentence in rows that fit a narrow window.
fn folded(text: &str) -> Vec<String> {
    const WIDTH: usize = 72;
    let mut rows = vec![String::new()];
    for word in text.split_whitespace() {
        match rows.last_mut() {
            Some(row) if row.is_empty() => row.push_str(word),
            Some(row) if row.chars().count() + 1 + word.chars().count() <= WIDTH => {
                row.push(' ');
                row.push_str(word);
            }
            Some(_) | None => rows.push(word.to_owned()),
        }
    }
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| format!("{} {row}", if index == 0 { "▲" } else { " " }))
        .collect()
}

/// Returns the longest span of each hop, less those of the hops that it calls.
fn own_times(spans: &[TraceSpan]) -> Vec<(&'static str, i64)> {
    let length = |hop: &str| {
        spans
            .iter()
            .filter(|span| span.hop == hop)
            .map(|span| span.duration_ms)
            .max()
    };
    let runtime = length("runtime");
    let called = |hop: &str| -> i64 {
        let hops: &[&str] = match hop {
            "gateway" => &["interceptor", "policy", "provider", "target"],
            "target" if runtime.is_some() => &["runtime"],
            "target" | "runtime" => &["neo4j"],
            _ => &[],
        };
        let sum: i64 = hops.iter().filter_map(|hop| length(hop)).sum();
        // A gateway without a span of its target still waits for the runtime.
        match (hop, length("target")) {
            ("gateway", None) => sum + runtime.unwrap_or(0),
            _ => sum,
        }
    };
    HOPS.into_iter()
        .filter_map(|hop| Some((hop, (length(hop)? - called(hop)).max(0))))
        .collect()
}

/// Returns whether a line of a waterfall is an error.
pub fn is_error(line: &TraceLine) -> bool {
    line.level.is_some_and(|level| level >= Level::Error)
}
