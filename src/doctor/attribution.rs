//! Whose the lines of a hop's log are: of the request that failed, of another request, or of one of the same time.

use std::collections::BTreeMap;

use super::{Evidence, Probe};
use crate::{
    logs::Line,
    model::{Failure, LogEvent, Moment},
};

/// Clocks of two services may differ by this much, in milliseconds.
const TOLERANCE_MS: i64 = 100;
/// A shorter id is a number that other lines hold too.
pub(super) const SHORTEST_ID: usize = 8;

/// Why a line of a log counts as evidence of a request, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineRelation {
    /// The line, or its function's invocation, names the request, its trace or its session.
    Named,
    /// The line names no request that is known, and was written while the request was on its way.
    ByTime,
    /// The line belongs to another request.
    Other,
}

/// A line of a hop's log, without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopLine {
    /// The line as it was written.
    pub text: String,
    /// Whose it is.
    pub relation: LineRelation,
}

impl HopLine {
    /// Returns the line as a person reads it, with how it was attributed: the error that a Lambda function writes as JSON in words.
    pub(super) fn said(&self) -> String {
        Self {
            text: lambda_error(&self.text).unwrap_or_else(|| self.text.clone()),
            relation: self.relation,
        }
        .quoted()
    }

    /// Returns the line with how it was attributed, if that was by its time alone.
    pub(super) fn quoted(&self) -> String {
        match self.relation {
            LineRelation::ByTime => format!("{} (by time: the line names no request)", self.text),
            LineRelation::Named | LineRelation::Other => self.text.clone(),
        }
    }
}

/// Returns the words of an error of a Lambda function: `[ERROR] {"errorMessage":"m","errorType":"T","stackTrace":[…]}` is `[ERROR] T: m`,
/// with the last entry of the stack trace.
fn lambda_error(line: &str) -> Option<String> {
    let (before, json) = line.split_at_checked(line.find('{')?)?;
    let error: serde_json::Value = serde_json::from_str(json.trim()).ok()?;
    let text = |name: &str| error.get(name).and_then(serde_json::Value::as_str);
    let kind = text("errorType").map_or_else(String::new, |kind| format!("{kind}: "));
    let place = error
        .get("stackTrace")
        .and_then(serde_json::Value::as_array)
        .and_then(|trace| trace.last()?.as_str())
        .and_then(|entry| entry.trim().lines().next())
        .map_or_else(String::new, |entry| format!(" ({entry})"));
    Some(format!("{before}{kind}{}{place}", text("errorMessage")?))
}

impl Probe<Vec<HopLine>> {
    /// Returns the lines that may be evidence: those that name the request first, then those of its time.
    pub(super) fn own_lines(&self) -> impl Iterator<Item = &HopLine> {
        let lines = self.value().map(Vec::as_slice).unwrap_or_default();
        let of = move |owner| lines.iter().filter(move |line| line.relation == owner);
        of(LineRelation::Named).chain(of(LineRelation::ByTime))
    }

    /// Returns whether a line names the request.
    pub(super) fn names_request(&self) -> bool {
        self.own_lines()
            .any(|line| line.relation == LineRelation::Named)
    }
}

/// What log lines may name of the requests that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestIds {
    /// Request ids that the endpoint gave.
    requests: Vec<String>,
    /// Trace ids, as 32 hexadecimal digits and as X-Ray writes them.
    traces: Vec<String>,
    /// Session ids.
    sessions: Vec<String>,
    /// Whether the endpoint answered, so that the absence of a request id says something.
    was_answered: bool,
}

impl RequestIds {
    /// Returns the ids of the requests that failed: that of the walk, and with it the one past the gateway.
    pub fn of(evidence: &Evidence) -> Self {
        let mut ids = Self::default();
        if let Some(symptom) = evidence.symptom() {
            match (symptom.failure, evidence.call.value()) {
                (Some(failure), _) => ids.add_failure(failure),
                (None, Some(call)) => {
                    ids.was_answered = true;
                    ids.add_request(call.outcome.request_id.as_deref());
                    ids.add_trace(call.outcome.trace_id.as_deref());
                }
                (None, None) => {}
            }
        }
        ids
    }

    /// Adds the ids of the call past the gateway, which the runtime's log holds too.
    #[must_use]
    pub fn with_direct(mut self, evidence: &Evidence) -> Self {
        if let Some(failure) = evidence.direct.failure() {
            self.add_failure(failure);
        }
        self
    }

    fn add_failure(&mut self, failure: &Failure) {
        self.was_answered |= failure.status.is_some() || failure.code.is_some();
        self.add_request(failure.request_id.as_deref());
        self.add_trace(failure.trace_id());
        let session = failure.session_id().filter(|id| id.len() >= SHORTEST_ID);
        self.sessions.extend(session.map(str::to_owned));
    }

    fn add_request(&mut self, id: Option<&str>) {
        let id = id.filter(|id| id.len() >= SHORTEST_ID);
        self.requests.extend(id.map(str::to_owned));
    }

    fn add_trace(&mut self, id: Option<&str>) {
        let Some(id) = id.filter(|id| id.len() == 32) else {
            return;
        };
        self.traces.push(id.to_owned());
        if let Some((epoch, unique)) = id.split_at_checked(8) {
            self.traces.push(format!("1-{epoch}-{unique}"));
        }
    }

    fn are_named_in(&self, text: &str) -> bool {
        [&self.requests, &self.traces, &self.sessions]
            .into_iter()
            .flatten()
            .any(|id| text.contains(id.as_str()))
    }

    /// Returns whether a line that names none of these ids names another request. `holds_requests` says whether the log has the request ids
    /// that the endpoint gives in its answers.
    fn exclude(&self, line: &Line, holds_requests: bool) -> bool {
        let other_trace = line.trace_id.is_some() && !self.traces.is_empty();
        let other_session = line.session_id.is_some() && !self.sessions.is_empty();
        let is_comparable = !self.requests.is_empty() || self.was_answered;
        let other_request = holds_requests && line.request_id.is_some() && is_comparable;
        other_trace || other_session || other_request
    }
}

/// Attributes the lines of a gateway or of a runtime. Each line stands for itself.
pub fn attribute(events: &[LogEvent], ids: &RequestIds, holds_requests: bool) -> Vec<HopLine> {
    let owner = |text: &str| {
        if ids.are_named_in(text) {
            LineRelation::Named
        } else if ids.exclude(&Line::read(text), holds_requests) {
            LineRelation::Other
        } else {
            LineRelation::ByTime
        }
    };
    events
        .iter()
        .map(|event| hop_line(event, owner(&event.message)))
        .collect()
}

/// Attributes the lines of a function. A function's ids are its own, and an error that it throws has none: the lines between START and
/// REPORT of one instance belong together, and the gateway's log says which requests were on their way then.
pub fn attribute_function(
    events: &[LogEvent],
    gateway: &[LogEvent],
    ids: &RequestIds,
) -> Vec<HopLine> {
    let known = GatewayRequests::read(gateway, ids);
    let mut lines: Vec<(usize, HopLine)> = Vec::with_capacity(events.len());
    for invocation in invocations(events) {
        let owner = known.owner_of(&invocation, ids);
        let own = invocation.into_iter();
        lines.extend(own.map(|(position, event)| (position, hop_line(event, owner))));
    }
    lines.sort_by_key(|(position, _)| *position);
    lines.into_iter().map(|(_, line)| line).collect()
}

fn hop_line(event: &LogEvent, relation: LineRelation) -> HopLine {
    HopLine {
        text: crate::logs::redact(&event.message).into_owned(),
        relation,
    }
}

/// Lines of one invocation, each with its position in the log.
type FunctionLines<'a> = Vec<(usize, &'a LogEvent)>;

/// Returns the lines by the invocations that wrote them: an instance of a function handles one event at a time.
fn invocations(events: &[LogEvent]) -> Vec<FunctionLines<'_>> {
    let mut open: BTreeMap<&str, FunctionLines<'_>> = BTreeMap::new();
    let mut closed = Vec::new();
    for (position, event) in events.iter().enumerate() {
        let lines = open.entry(&event.stream).or_default();
        if event.message.starts_with("START RequestId:") && !lines.is_empty() {
            closed.push(std::mem::take(lines));
        }
        lines.push((position, event));
        if event.message.starts_with("REPORT RequestId:") {
            closed.push(std::mem::take(lines));
        }
    }
    closed.extend(open.into_values().filter(|lines| !lines.is_empty()));
    closed
}

/// When a request was at the gateway: its first and its last record.
#[derive(Clone, Copy)]
struct RequestTimes {
    from: Moment,
    /// `None` while there is one record only: the request may still be on its way.
    to: Option<Moment>,
}

impl RequestTimes {
    fn extended(times: Option<Self>, at: Moment) -> Self {
        times.map_or(Self { from: at, to: None }, |times| Self {
            from: times.from.min(at),
            to: Some(times.to.unwrap_or(times.from).max(at)),
        })
    }

    fn holds(self, from: Moment, to: Moment) -> bool {
        let began = from.since(self.from) >= -TOLERANCE_MS;
        began && self.to.is_none_or(|end| end.since(to) >= -TOLERANCE_MS)
    }
}

/// The requests that a gateway's log shows.
#[derive(Default)]
struct GatewayRequests {
    own: Option<RequestTimes>,
    others: BTreeMap<String, RequestTimes>,
    /// Trace ids of the others.
    traces: Vec<String>,
}

impl GatewayRequests {
    fn read(events: &[LogEvent], ids: &RequestIds) -> Self {
        let mut requests = Self::default();
        for event in events {
            let at = event.timestamp;
            if ids.are_named_in(&event.message) {
                requests.own = Some(RequestTimes::extended(requests.own, at));
                continue;
            }
            let line = Line::read(&event.message);
            if !ids.exclude(&line, true) {
                continue;
            }
            if let Some(id) = line.request_id {
                let times = requests.others.get(&id).copied();
                requests
                    .others
                    .insert(id, RequestTimes::extended(times, at));
            }
            requests.traces.extend(line.trace_id);
        }
        requests
    }

    fn owner_of(&self, invocation: &FunctionLines<'_>, ids: &RequestIds) -> LineRelation {
        let texts = || invocation.iter().map(|(_, event)| event.message.as_str());
        if texts().any(|text| ids.are_named_in(text)) {
            return LineRelation::Named;
        }
        let names_other = |text: &str| {
            self.others
                .keys()
                .chain(&self.traces)
                .any(|id| text.contains(id))
        };
        if texts().any(|text| names_other(text) || ids.exclude(&Line::read(text), false)) {
            return LineRelation::Other;
        }
        let times = || invocation.iter().map(|(_, event)| event.timestamp);
        let (Some(from), Some(to)) = (times().min(), times().max()) else {
            return LineRelation::ByTime;
        };
        let fits_other = self.others.values().any(|other| other.holds(from, to));
        match self.own {
            Some(own) if own.holds(from, to) => LineRelation::ByTime,
            Some(_) => LineRelation::Other,
            None if fits_other => LineRelation::Other,
            None => LineRelation::ByTime,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "0a0a0a0a-0000-4000-8000-000000000001";
    const FOREIGN: &str = "0b0b0b0b-0000-4000-8000-000000000002";

    fn event(at: i64, stream: &str, message: impl Into<String>) -> LogEvent {
        LogEvent {
            timestamp: Moment::from_millis(at),
            ingestion: Moment::from_millis(at),
            group: "/g".into(),
            stream: stream.into(),
            id: None,
            message: message.into(),
        }
    }

    fn record(at: i64, request: &str) -> LogEvent {
        event(
            at,
            "gateway",
            format!(
                r#"{{"request_id":"{request}","trace_id":"{}"}}"#,
                trace(request)
            ),
        )
    }

    fn trace(request: &str) -> String {
        request.replace('-', "")
    }

    fn own_ids() -> RequestIds {
        let mut ids = RequestIds {
            was_answered: true,
            ..RequestIds::default()
        };
        ids.add_request(Some(OWN));
        ids.add_trace(Some(&trace(OWN)));
        ids
    }

    fn invocation(at: i64, stream: &str, line: &str) -> Vec<LogEvent> {
        vec![
            event(at, stream, "START RequestId: 77 Version: $LATEST"),
            event(at + 1, stream, line),
            event(at + 2, stream, "END RequestId: 77"),
            event(at + 3, stream, "REPORT RequestId: 77\tDuration: 2.00 ms"),
        ]
    }

    fn owners(lines: &[HopLine]) -> Vec<LineRelation> {
        lines.iter().map(|line| line.relation).collect()
    }

    #[test]
    fn a_record_of_another_request_of_the_same_second_is_not_evidence() {
        let events = [
            record(1000, FOREIGN),
            record(1001, OWN),
            event(1002, "gateway", "no ids"),
        ];
        assert_eq!(
            owners(&attribute(&events, &own_ids(), true)),
            [
                LineRelation::Other,
                LineRelation::Named,
                LineRelation::ByTime
            ]
        );
        // An answer without an id is none of those that the gateway processed and gave one.
        let unprocessed = RequestIds {
            was_answered: true,
            ..RequestIds::default()
        };
        assert_eq!(
            owners(&attribute(&events[..1], &unprocessed, true)),
            [LineRelation::Other]
        );
        // Without an answer nothing is known: the time alone counts.
        assert_eq!(
            owners(&attribute(&events[..1], &RequestIds::default(), true)),
            [LineRelation::ByTime]
        );
    }

    #[test]
    fn the_error_of_a_function_is_said_in_words() {
        let line = HopLine {
            text: r#"[ERROR] {"errorMessage":"no key","errorType":"KeyError","stackTrace":["  File \"a.py\", line 1, in f\n    x\n","  File \"b.py\", line 31, in handler\n    y\n"]}"#.into(),
            relation: LineRelation::Named,
        };
        assert_eq!(
            line.said(),
            "[ERROR] KeyError: no key (File \"b.py\", line 31, in handler)"
        );
        let plain = HopLine {
            text: "[ERROR] KeyError: {not json}".into(),
            relation: LineRelation::Named,
        };
        assert_eq!(plain.said(), plain.text);
    }

    #[test]
    fn a_trace_is_found_in_both_of_its_forms() {
        let own = trace(OWN);
        let (epoch, unique) = own.split_at(8);
        let event = event(1, "s", format!("REPORT XRAY TraceId: 1-{epoch}-{unique}"));
        assert_eq!(
            owners(&attribute(&[event], &own_ids(), false)),
            [LineRelation::Named]
        );
    }

    #[test]
    fn an_invocation_belongs_to_the_request_that_was_at_the_gateway_meanwhile() {
        let gateway = [
            record(1000, FOREIGN),
            record(1100, FOREIGN),
            record(1400, OWN),
            record(1500, OWN),
        ];
        let owner = |at| {
            let events = invocation(at, "s", "[ERROR] KeyError: 'x'");
            let lines = attribute_function(&events, &gateway, &own_ids());
            assert!(lines.iter().all(|line| line.relation == lines[0].relation));
            lines[0].relation
        };
        assert_eq!(owner(1050), LineRelation::Other, "only the other was there");
        assert_eq!(owner(1450), LineRelation::ByTime);
        // The gateway did not begin with the own request: what fits another one is another's.
        let events = invocation(1050, "s", "[ERROR] KeyError: 'x'");
        let lines = attribute_function(&events, &gateway[..2], &own_ids());
        assert_eq!(lines[1].relation, LineRelation::Other);
        let lines = attribute_function(&events, &[], &own_ids());
        assert_eq!(lines[1].relation, LineRelation::ByTime);
    }

    #[test]
    fn an_invocation_is_named_or_excluded_as_a_whole() {
        let mut events = invocation(1450, "own", &format!("event of {OWN}"));
        events.extend(invocation(1450, "foreign", &format!("event of {FOREIGN}")));
        let gateway = [record(1400, OWN), record(1400, FOREIGN), record(1500, OWN)];
        let lines = attribute_function(&events, &gateway, &own_ids());
        let expected = [[LineRelation::Named; 4], [LineRelation::Other; 4]].concat();
        assert_eq!(owners(&lines), expected);
    }
}
