//! Joins records into calls: by trace and request id first, then by time where exactly one call fits.

use std::{collections::HashMap, sync::Arc};

use super::{
    LoggedCall, LoggedOutcome, UnassignedLines,
    lambda::attribute_lambda_lines,
    outcome,
    record::{CallRecord, Phase},
};
use crate::model::Moment;

/// Clocks of the hops differ by this much at most, in milliseconds.
const CLOCK_TOLERANCE_MS: i64 = 100;
/// Parts that joined a call move its beginning and its end by at most this much, in milliseconds.
const PLACE_SLACK_MS: i64 = 1_000;
/// A line without ids belongs to a call that ends this much later at most, in milliseconds.
const LINE_TOLERANCE_MS: i64 = 20;
/// Hops whose duration stands for that of a call, the best first.
const CALLED_FIRST: [&str; 4] = ["gateway", "runtime", "target", "interceptor"];
/// A part that has found its call may leave another part only one call that it fits. Parts are compared again this often at most.
const MAX_ROUNDS: usize = 8;

/// Joins the records of deployments into tool calls, in the order of their beginning. Requests of other MCP methods are left
/// out.
pub fn join(records: Vec<CallRecord>) -> Vec<LoggedCall> {
    join_all(records).calls
}

/// Calls, and the records that belong to none.
#[derive(Debug, Default)]
pub(super) struct JoinedRecords {
    pub(super) calls: Vec<LoggedCall>,
    pub(super) rest: Vec<CallRecord>,
}

/// Like [`join`], with the records that belong to no tool call, so that they can be joined again with later ones.
pub(super) fn join_all(mut records: Vec<CallRecord>) -> JoinedRecords {
    records.sort_by_key(|record| record.at);
    attribute_lambda_lines(&mut records);
    let mut groups = group_by_ids(records);
    groups.sort_by_key(|group| group.first().map(|record| record.at));
    let (mut calls, parts): (Vec<CallParts>, Vec<CallParts>) =
        groups.into_iter().partition(|group| is_anchor(group));
    let (with_ids, without_ids): (Vec<CallParts>, Vec<CallParts>) =
        parts.into_iter().partition(|group| has_ids(group));
    let mut joined = JoinedRecords::default();
    let mut unassigned: HashMap<usize, Vec<UnassignedLines>> = HashMap::new();
    // First what has ids of its own (functions, runtimes without a trace), then lines without any.
    for parts in [with_ids, without_ids] {
        let mut placed = place(&mut calls, parts);
        for (part, hosts) in &placed.ambiguous {
            for host in hosts {
                count_unassigned(unassigned.entry(*host).or_default(), part);
            }
        }
        joined
            .rest
            .extend(placed.ambiguous.into_iter().flat_map(|(part, _)| part));
        joined.rest.append(&mut placed.rest);
        calls.extend(placed.alone);
    }
    for (index, parts) in calls.into_iter().enumerate() {
        match call_of(parts) {
            Ok(mut call) => {
                call.unassigned = unassigned.remove(&index).unwrap_or_default();
                // A hop that has lines here is seen to have run.
                call.unassigned
                    .retain(|lines| !has_line_of(&call.records, lines.hop));
                joined.calls.push(call);
            }
            Err(records) => joined.rest.extend(records),
        }
    }
    joined.calls.sort_by_key(|call| call.at);
    joined
}

/// What became of the parts that are in none of the calls.
#[derive(Default)]
struct PlacedParts {
    /// Parts that may be calls of their own: a runtime that is called directly.
    alone: Vec<CallParts>,
    /// Parts that fit several calls, with the indices of these. They are left out of all: calls are never mixed.
    ambiguous: Vec<(CallParts, Vec<usize>)>,
    /// Records of parts whose calls found other parts, which fit them better.
    rest: Vec<CallRecord>,
}

/// Joins each part to the only call that it fits.
fn place(calls: &mut [CallParts], parts: Vec<CallParts>) -> PlacedParts {
    let mut placed = PlacedParts::default();
    let index = CallPlaces::of(calls);
    let mut waiting: Vec<(CallParts, Vec<usize>)> =
        parts.into_iter().map(|part| (part, Vec::new())).collect();
    for round in 0..MAX_ROUNDS {
        let count = waiting.len();
        for (part, _) in std::mem::take(&mut waiting) {
            let hosts = find_hosts(calls, &index, &part);
            match hosts.as_slice() {
                [] if round == 0 => placed.alone.push(part),
                [] => placed.rest.extend(part),
                [only] => {
                    if let Some(call) = calls.get_mut(*only) {
                        call.extend(part);
                    }
                }
                [_, ..] => waiting.push((part, hosts)),
            }
        }
        if waiting.is_empty() || waiting.len() == count {
            break;
        }
    }
    placed.ambiguous = waiting;
    placed
}

fn has_line_of(records: &[CallRecord], hop: &str) -> bool {
    records
        .iter()
        .any(|record| record.span.is_none() && record.hop == hop)
}

/// Counts the lines of a part that fits a call and others.
fn count_unassigned(unassigned: &mut Vec<UnassignedLines>, part: &[CallRecord]) {
    for record in part {
        match unassigned.iter_mut().find(|lines| lines.hop == record.hop) {
            Some(lines) => lines.count += 1,
            None => unassigned.push(UnassignedLines {
                hop: record.hop,
                count: 1,
            }),
        }
    }
}

/// Where calls lie in time, so that a part is compared only with calls near it.
struct CallPlaces {
    /// Beginning and index of each call, in the order of time.
    begins: Vec<(Moment, usize)>,
    /// Duration of the longest call, in milliseconds.
    longest_ms: i64,
}

impl CallPlaces {
    fn of(calls: &[CallParts]) -> Self {
        let mut begins = Vec::with_capacity(calls.len());
        let mut longest_ms = 0;
        for (index, call) in calls.iter().enumerate() {
            if let (Some(begin), Some(end)) = (beginning(call), ending(call)) {
                begins.push((begin, index));
                longest_ms = longest_ms.max(end.since(begin));
            }
        }
        begins.sort_unstable();
        Self { begins, longest_ms }
    }

    /// Returns the calls that may enclose the time from `first` until `last`.
    fn near(&self, first: Moment, last: Moment) -> impl Iterator<Item = usize> + '_ {
        let from = last.plus(-self.longest_ms - PLACE_SLACK_MS);
        let until = first.plus(PLACE_SLACK_MS);
        let begin = self.begins.partition_point(|(at, _)| *at < from);
        self.begins
            .iter()
            .skip(begin)
            .take_while(move |(at, _)| *at <= until)
            .map(|(_, index)| *index)
    }
}

fn has_ids(group: &[CallRecord]) -> bool {
    group
        .iter()
        .any(|record| record.request_id.is_some() || record.trace_id.is_some())
}

type CallParts = Vec<CallRecord>;

/// Groups records that share a trace id or a request id, directly or through others. A record without ids is a group of its own.
fn group_by_ids(records: Vec<CallRecord>) -> Vec<CallParts> {
    let mut parents: Vec<usize> = (0..records.len()).collect();
    let mut known: HashMap<(u8, &str), usize> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        let ids = [
            record.trace_id.as_deref().map(|id| (0, id)),
            record.request_id.as_deref().map(|id| (1, id)),
        ];
        for id in ids.into_iter().flatten() {
            let first = *known.entry(id).or_insert(index);
            let (a, b) = (root(&parents, first), root(&parents, index));
            if let Some(parent) = parents.get_mut(a.max(b)) {
                *parent = a.min(b);
            }
        }
    }
    let mut groups: HashMap<usize, CallParts> = HashMap::new();
    for (index, record) in records.into_iter().enumerate() {
        groups
            .entry(root(&parents, index))
            .or_default()
            .push(record);
    }
    groups.into_values().collect()
}

fn root(parents: &[usize], mut index: usize) -> usize {
    while let Some(parent) = parents.get(index).filter(|parent| **parent != index) {
        index = *parent;
    }
    index
}

/// Returns whether other groups can be parts of this one: it has a gateway's record, or a runtime's request with a beginning.
fn is_anchor(group: &[CallRecord]) -> bool {
    group.iter().any(|record| {
        record.hop == "gateway"
            || (record.hop == "runtime"
                && (record.trace_id.is_some() || record.request_id.is_some())
                && !is_hosted_runtime(group))
    })
}

/// Returns whether a group without a gateway's records may still be a part of a gateway's request: no trace says otherwise.
fn is_hosted_runtime(group: &[CallRecord]) -> bool {
    group.iter().all(|record| record.trace_id.is_none())
}

/// Returns the calls whose time encloses a part, and that may be of its deployment. Where several do, and the part holds the statement
/// of its request, only those with the same statement are returned.
fn find_hosts(calls: &[CallParts], places: &CallPlaces, part: &[CallRecord]) -> Vec<usize> {
    let (Some(first), Some(last)) = (part.first(), part.last()) else {
        return Vec::new();
    };
    let tolerance = if has_ids(part) {
        CLOCK_TOLERANCE_MS
    } else {
        LINE_TOLERANCE_MS
    };
    let near = places
        .near(first.at, last.at)
        .filter_map(|index| Some((index, calls.get(index)?)));
    let hosts = near.filter(|(_, call)| {
        let (Some(begin), Some(end)) = (beginning(call), ending(call)) else {
            return false;
        };
        first.at.plus(tolerance) >= begin
            && last.at <= end.plus(tolerance)
            && may_share_deployment(call, part)
            && fits(call, part)
    });
    let hosts: Vec<usize> = hosts.map(|(index, _)| index).collect();
    if hosts.len() < 2 {
        return hosts;
    }
    let states_same = |index: &usize| {
        calls.get(*index).is_some_and(|call| {
            statement_of(call).is_some() && statement_of(call) == statement_of(part)
        })
    };
    let same: Vec<usize> = hosts.iter().copied().filter(states_same).collect();
    if same.is_empty() { hosts } else { same }
}

/// Returns the statement of the request that a group of records is about.
fn statement_of(group: &[CallRecord]) -> Option<&str> {
    group
        .iter()
        .find_map(|record| record.statement.as_deref())
        .map(str::trim)
}

/// Returns whether two groups may be about one statement. Only what gateways and their interceptors log is the request as it was sent,
/// though its end may be cut.
fn may_share_statement(call: &[CallRecord], part: &[CallRecord]) -> bool {
    let of_request = |group: &'_ [CallRecord], hop: &str| -> Option<String> {
        group
            .iter()
            .filter(|record| record.hop == hop)
            .find_map(|record| record.statement.as_deref())
            .map(|statement| statement.trim().to_owned())
    };
    of_request(call, "gateway")
        .zip(of_request(part, "interceptor"))
        .is_none_or(|(own, other)| own.starts_with(&other) || other.starts_with(&own))
}

/// Returns the deployment of a group of records: of the gateway's, which are the outermost, otherwise of any.
fn deployment_of(group: &[CallRecord]) -> Option<&Arc<str>> {
    let known = || group.iter().filter(|record| !record.deployment.is_empty());
    known()
        .find(|record| record.hop == "gateway")
        .or_else(|| known().next())
        .map(|record| &record.deployment)
}

/// Returns whether two groups may be of one deployment. What does not say whose it is may be anybody's; what names a stranger may not.
fn may_share_deployment(one: &[CallRecord], other: &[CallRecord]) -> bool {
    match (deployment_of(one), deployment_of(other)) {
        (Some(own), Some(of_other)) => own == of_other,
        (None, None) => true,
        (None, Some(_)) => !one.iter().any(CallRecord::is_strangers),
        (Some(_), None) => !other.iter().any(CallRecord::is_strangers),
    }
}

/// Returns whether nothing that both state contradicts: method and tool agree, and no hop with ids of its own is there twice.
fn fits(call: &[CallRecord], part: &[CallRecord]) -> bool {
    let method = |group: &[CallRecord]| {
        group
            .iter()
            .find_map(|record| record.method.clone())
            .map(|method| match method.as_str() {
                "CallToolRequest" => "tools/call".to_owned(),
                "ListToolsRequest" => "tools/list".to_owned(),
                _ => method,
            })
    };
    let tool = |group: &[CallRecord]| {
        group
            .iter()
            .find_map(|record| record.tool.as_deref().map(plain_tool).map(str::to_owned))
    };
    let agree = |one: Option<String>, other: Option<String>| {
        one.zip(other).is_none_or(|(one, other)| one == other)
    };
    let is_second_request = part.iter().any(|record| {
        record.request_id.is_some()
            && record.phase == Phase::Begin
            && call.iter().any(|own| {
                own.hop == record.hop
                    && own.group == record.group
                    && own.phase == Phase::Begin
                    && own.request_id.is_some()
                    && own.request_id != record.request_id
            })
    });
    let rpc_id = |group: &[CallRecord]| group.iter().find_map(|record| record.rpc_id.clone());
    agree(method(call), method(part))
        && agree(tool(call), tool(part))
        && agree(rpc_id(call), rpc_id(part))
        && may_share_statement(call, part)
        && !is_second_request
}

/// Returns the tool's own name behind the prefix of its target.
pub(super) fn plain_tool(tool: &str) -> &str {
    tool.rsplit("___").next().unwrap_or(tool)
}

fn beginning(group: &[CallRecord]) -> Option<Moment> {
    group.iter().map(|record| record.at).min()
}

fn ending(group: &[CallRecord]) -> Option<Moment> {
    group
        .iter()
        .map(|record| {
            let length = record
                .span
                .as_ref()
                .map_or(0, |span| span.duration_ms.ceil() as i64);
            record.at.plus(length)
        })
        .max()
}

/// Returns the call that a group is; its records if it is a request of another method, or nothing says that it is a tool call.
fn call_of(mut records: CallParts) -> Result<LoggedCall, CallParts> {
    records.sort_by_key(|record| record.at);
    let is_tool_call = records.iter().any(|record| {
        record.tool.is_some()
            || matches!(
                record.method.as_deref(),
                Some("tools/call" | "CallToolRequest")
            )
    });
    let outer = records
        .iter()
        .find(|record| record.hop == "gateway" && record.method.is_some())
        .or_else(|| records.iter().find(|record| record.method.is_some()));
    if !is_tool_call || outer.is_some_and(CallRecord::is_other_method) {
        return Err(records);
    }
    let Some(at) = beginning(&records) else {
        return Err(records);
    };
    let tool = records
        .iter()
        .find_map(|record| record.tool.as_deref())
        .map(|tool| plain_tool(tool).to_owned());
    let deployment = deployment_of(&records).map_or_else(String::new, ToString::to_string);
    let verdict = outcome::judge(&records);
    Ok(LoggedCall {
        at,
        deployment,
        tool,
        outcome: verdict.outcome,
        hop: verdict.hop.filter(|_| verdict.outcome != LoggedOutcome::Ok),
        message: verdict
            .message
            .filter(|_| verdict.outcome != LoggedOutcome::Ok),
        duration_ms: duration(&records).or_else(|| {
            // That it failed is an end too.
            let has_failed = !matches!(verdict.outcome, LoggedOutcome::Ok | LoggedOutcome::Unknown);
            has_failed.then(|| between_lines(&records)).flatten()
        }),
        trace_id: records.iter().find_map(|record| record.trace_id.clone()),
        request_ids: request_ids_of(&records),
        session_id: records.iter().find_map(|record| record.session_id.clone()),
        hops: once_each(records.iter().map(|record| record.hop)),
        unassigned: Vec::new(),
        records,
    })
}

/// Returns the request ids of all hops, those of the gateway first.
fn request_ids_of(records: &[CallRecord]) -> Vec<String> {
    let gateway = records.iter().filter(|record| record.hop == "gateway");
    let others = records.iter().filter(|record| record.hop != "gateway");
    once_each(
        gateway
            .chain(others)
            .filter_map(|record| record.request_id.clone()),
    )
}

/// Returns the values without repetitions, in their order.
fn once_each<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}

/// Returns the time between the first and the last line of the outermost hop that has lines.
fn between_lines(records: &[CallRecord]) -> Option<i64> {
    let hop = CALLED_FIRST
        .into_iter()
        .find(|hop| has_line_of(records, hop))?;
    let of_hop = || {
        records
            .iter()
            .filter(|record| record.span.is_none() && record.hop == hop)
    };
    let (first, last) = (of_hop().next()?, of_hop().next_back()?);
    (of_hop().count() > 1).then(|| last.at.since(first.at))
}

/// Returns the duration of the outermost hop: its span, its first and last record, or what it states itself.
fn duration(records: &[CallRecord]) -> Option<i64> {
    for hop in CALLED_FIRST {
        let of_hop: Vec<&CallRecord> = records.iter().filter(|record| record.hop == hop).collect();
        let span = of_hop
            .iter()
            .filter_map(|record| record.span.as_ref())
            .map(|span| span.duration_ms)
            .max_by(f64::total_cmp);
        if let Some(span) = span {
            return Some(span.round() as i64);
        }
        let begin = of_hop.iter().find(|record| record.phase == Phase::Begin);
        let end = of_hop
            .iter()
            .rev()
            .find(|record| record.phase == Phase::End);
        let stated = of_hop.iter().find_map(|record| record.stated_ms);
        match (stated, begin, end) {
            (Some(stated), ..) => return Some(stated.round() as i64),
            (None, Some(begin), Some(end)) => return Some(end.at.since(begin.at)),
            (None, ..) => {}
        }
    }
    None
}
