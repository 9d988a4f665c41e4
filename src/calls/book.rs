//! The calls of a running tail: records come in any order, and only what they may touch is joined again.

use std::{collections::HashSet, sync::Arc};

use super::{
    LoggedCall, LoggedOutcome,
    join::{JoinedRecords, join_all},
    record::CallRecord,
};
use crate::model::Moment;

/// Records are joined with what happened this much before and after them, in milliseconds.
const MARGIN_MS: i64 = 60_000;
/// Number of records kept. Beyond it, the oldest go, a tenth at a time.
const MAX_RECORDS: usize = 200_000;

/// The calls of a running tail.
#[derive(Clone, Debug, Default)]
pub struct CallBook {
    /// Calls by their beginning.
    calls: Vec<Arc<LoggedCall>>,
    /// Records that belong to no call so far.
    rest: Vec<CallRecord>,
    /// Records that were not joined yet.
    fresh: Vec<CallRecord>,
}

impl CallBook {
    /// Adds a record. [`CallBook::join`] makes it a part of a call.
    pub fn push(&mut self, record: CallRecord) {
        self.fresh.push(record);
    }

    /// Returns whether records wait to be joined.
    pub const fn has_fresh(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// Returns the calls so far, by their beginning.
    pub fn calls(&self) -> &[Arc<LoggedCall>] {
        &self.calls
    }

    /// Joins what was added with the calls and records near it.
    pub fn join(&mut self) {
        let fresh = std::mem::take(&mut self.fresh);
        let times = || fresh.iter().map(|record| record.at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            return;
        };
        let (from, until) = (first.plus(-MARGIN_MS), last.plus(MARGIN_MS));
        let mut records = self.take_calls(from, until, &fresh);
        // A call that begins earlier needs the records of its whole time.
        let from = records
            .iter()
            .map(|record| record.at)
            .min()
            .map_or(from, |begin| begin.plus(-MARGIN_MS).min(from));
        let (near, rest): (Vec<CallRecord>, Vec<CallRecord>) = std::mem::take(&mut self.rest)
            .into_iter()
            .partition(|record| (from..=until).contains(&record.at));
        records.extend(near);
        records.extend(fresh);
        let JoinedRecords { calls, rest: left } = join_all(records);
        self.rest = rest;
        self.rest.extend(left);
        self.calls.extend(calls.into_iter().map(Arc::new));
        self.calls.sort_by_key(|call| call.at);
        self.evict(MAX_RECORDS);
    }

    /// Takes out the records of the calls within a time, and of unfinished calls that share an id with the new records.
    fn take_calls(&mut self, from: Moment, until: Moment, fresh: &[CallRecord]) -> Vec<CallRecord> {
        let ids: HashSet<&str> = fresh
            .iter()
            .flat_map(|record| [&record.trace_id, &record.request_id])
            .flatten()
            .map(String::as_str)
            .collect();
        let touches = |call: &Arc<LoggedCall>| {
            let is_near = call.at <= until && call.end() >= from;
            is_near
                || (call.outcome == LoggedOutcome::Unknown
                    && call
                        .trace_id
                        .iter()
                        .chain(&call.request_ids)
                        .any(|id| ids.contains(id.as_str())))
        };
        let (affected, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.calls)
            .into_iter()
            .partition(touches);
        self.calls = kept;
        affected
            .into_iter()
            .flat_map(|call| Arc::unwrap_or_clone(call).records)
            .collect()
    }

    fn evict(&mut self, most: usize) {
        let of_calls: usize = self.calls.iter().map(|call| call.records.len()).sum();
        let mut excess = (of_calls + self.rest.len()).saturating_sub(most);
        if excess == 0 {
            return;
        }
        excess += most / 10;
        self.rest.sort_by_key(|record| record.at);
        let gone = excess.min(self.rest.len());
        self.rest.drain(..gone);
        excess -= gone;
        let mut oldest = 0;
        while let Some(call) = self.calls.get(oldest).filter(|_| excess > 0) {
            excess = excess.saturating_sub(call.records.len());
            oldest += 1;
        }
        self.calls.drain(..oldest);
    }
}
