//! The lines of a tail in their order, within bounds, and honest about what was dropped.
//!
//! Events come in batches, in no particular order; they lie here by (timestamp, ingestion, arrival). A view asks for the
//! rows it can show and never for all.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use super::{
    Level, Line, StackTraces,
    filter::{Filter, contains},
    redact, strip_escapes,
};
use crate::model::{LogBatch, LogEvent, LogNotice, Moment};

/// Lines kept; beyond it, or beyond so much text, the oldest go, and are counted.
const MOST: usize = 200_000;
/// Bytes of text kept.
const MOST_BYTES: usize = 256 << 20;
/// An event that CloudWatch received this much after its own time is late, in milliseconds.
const LATE_MS: i64 = 60_000;

/// A line of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it happened.
    pub at: Moment,
    /// What it is.
    pub body: Body,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// An event.
    Event {
        /// Log group.
        group: Arc<str>,
        /// Log stream.
        stream: Arc<str>,
        /// The text, credentials taken out.
        text: String,
        /// What could be read of it.
        line: Line,
        /// Whether CloudWatch took it in long after its time.
        late: bool,
    },
    /// A word about the tail.
    Notice(LogNotice),
}

impl Entry {
    /// The level of an event.
    pub const fn level(&self) -> Option<Level> {
        match &self.body {
            Body::Event { line, .. } => line.level,
            Body::Notice(_) => None,
        }
    }

    /// Bytes of its text, as often as that is kept.
    fn size(&self) -> usize {
        match &self.body {
            Body::Event { text, line, .. } => {
                text.len() + line.message.as_ref().map_or(0, String::len)
            }
            Body::Notice(notice) => notice.text.len(),
        }
    }

    /// Whether the text of an event holds this one, which is in small letters already; none is held by no event.
    fn holds(&self, part: &str) -> bool {
        matches!(&self.body, Body::Event { text, .. } if !part.is_empty() && contains(text, part))
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.level().is_some_and(|level| level >= Level::Error)
    }
}

/// The store.
#[derive(Clone, Debug, Default)]
pub struct Store {
    entries: Vec<Entry>,
    /// Rows that pass the filter; `None`: all do.
    passing: Option<Vec<usize>>,
    filter: Filter,
    /// What is searched for, in small letters, and the rows that hold it, in their order.
    search: String,
    hits: Vec<usize>,
    /// Text kept, in bytes.
    bytes: usize,
    traces: StackTraces,
    /// Number of notices among the entries.
    notices: usize,
    /// Events that a tail will deliver again, by their content, and how often.
    expected: HashMap<u64, u32>,
    /// Events received before this time are not late: they were written before the tail began.
    tail_start: Moment,
    /// Number of events that were written more than a minute after their own time while the tail ran.
    pub late: usize,
    /// Number of lines that were dropped in favour of newer ones.
    pub evicted: usize,
}

impl Store {
    /// Adds a batch. Returns how many lines were added.
    pub fn push_batch(&mut self, batch: LogBatch) -> usize {
        let mut events = batch.events;
        events.sort_by_key(|event| (event.timestamp, event.ingestion));
        let mut fresh: Vec<(i64, Entry)> = Vec::with_capacity(events.len());
        for event in events {
            let ingestion = event.ingestion.millis();
            let entry = entry(event, &mut self.traces, self.tail_start);
            if !self.is_expected(&entry) {
                fresh.push((ingestion, entry));
            }
        }
        if batch
            .status
            .is_some_and(|status| status.is_backfilled && status.open_gaps == 0)
        {
            self.expected = HashMap::new();
        }
        self.notices += batch.notices.len();
        fresh.extend(batch.notices.into_iter().map(|notice| {
            (
                notice.at.millis(),
                Entry {
                    at: notice.at,
                    body: Body::Notice(notice),
                },
            )
        }));
        fresh.sort_by_key(|(ingestion, entry)| (entry.at, *ingestion));
        let count = fresh.len();
        self.late += fresh
            .iter()
            .filter(|(_, entry)| matches!(entry.body, Body::Event { late: true, .. }))
            .count();
        self.bytes += fresh.iter().map(|(_, entry)| entry.size()).sum::<usize>();
        let newest = self.entries.last().map(|entry| entry.at);
        let in_order = fresh
            .first()
            .is_none_or(|(_, first)| newest.is_none_or(|newest| first.at >= newest));
        if in_order {
            for (_, entry) in fresh {
                self.push(entry);
            }
        } else {
            self.insert(fresh.into_iter().map(|(_, entry)| entry));
        }
        self.evict(MOST, MOST_BYTES);
        count
    }

    /// Sets when the tail began: only events received afterwards can be late.
    pub const fn set_tail_start(&mut self, start: Moment) {
        self.tail_start = start;
    }

    /// Announces that the events from a time on will be delivered once more: those that are here already are not added again.
    pub fn expect_again(&mut self, from: Moment) {
        self.expected = HashMap::new();
        for entry in self
            .entries
            .iter()
            .rev()
            .take_while(|entry| entry.at >= from)
        {
            if let Some(hash) = content_hash(entry) {
                *self.expected.entry(hash).or_default() += 1;
            }
        }
    }

    /// Whether an event is here already and was announced to be delivered again.
    fn is_expected(&mut self, entry: &Entry) -> bool {
        if self.expected.is_empty() {
            return false;
        }
        content_hash(entry)
            .and_then(|hash| self.expected.get_mut(&hash))
            .is_some_and(|count| {
                let is_left = *count > 0;
                *count = count.saturating_sub(1);
                is_left
            })
    }

    fn push(&mut self, entry: Entry) {
        let passes = self.passing.is_none() || self.filter.passes(&entry);
        if passes {
            if entry.holds(&self.search) {
                self.hits.push(self.len());
            }
            let at = self.entries.len();
            self.passing.iter_mut().for_each(|passing| passing.push(at));
        }
        self.entries.push(entry);
    }

    /// Out of order: each to its place. A stable sort of a nearly sorted list is one pass.
    fn insert(&mut self, fresh: impl Iterator<Item = Entry>) {
        self.entries.extend(fresh);
        self.entries.sort_by_key(|entry| entry.at);
        self.refilter();
    }

    /// Room is made a tenth at a time, so that a full store does not shift with every line.
    fn evict(&mut self, most: usize, most_bytes: usize) {
        if self.entries.len() <= most && self.bytes <= most_bytes {
            return;
        }
        let mut gone = (self.entries.len() + most / 10)
            .saturating_sub(most)
            .min(self.entries.len());
        self.bytes -= self
            .entries
            .iter()
            .take(gone)
            .map(Entry::size)
            .sum::<usize>();
        while self.bytes > most_bytes - most_bytes / 10
            && let Some(entry) = self.entries.get(gone)
        {
            self.bytes -= entry.size();
            gone += 1;
        }
        self.notices -= self
            .entries
            .drain(..gone)
            .filter(|entry| matches!(entry.body, Body::Notice(_)))
            .count();
        self.evicted += gone;
        self.refilter();
    }

    /// Sets what is searched for; nothing ends the search.
    pub fn set_search(&mut self, text: &str) {
        self.search = text.to_lowercase();
        self.search_all();
    }

    /// How many rows hold what is searched for, and the how manieth of them this row is, from 1 on.
    pub fn hits(&self, row: usize) -> (Option<usize>, usize) {
        (
            self.hits.binary_search(&row).ok().map(|at| at + 1),
            self.hits.len(),
        )
    }

    /// The next row after `from` (before it, backwards) that holds what is searched for, going round the end once.
    pub fn next_hit(&self, from: usize, backwards: bool) -> Option<usize> {
        let found = if backwards {
            let before = self.hits.partition_point(|hit| *hit < from);
            self.hits
                .get(..before)
                .and_then(<[usize]>::last)
                .or_else(|| self.hits.last())
        } else {
            let behind = self.hits.partition_point(|hit| *hit <= from);
            self.hits.get(behind).or_else(|| self.hits.first())
        };
        found.copied()
    }

    fn search_all(&mut self) {
        let holds = |row: &usize| {
            self.row(*row)
                .is_some_and(|entry| entry.holds(&self.search))
        };
        self.hits = if self.search.is_empty() {
            Vec::new()
        } else {
            (0..self.len()).filter(holds).collect()
        };
    }

    /// Sets what is shown.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.refilter();
    }

    /// What is shown.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    fn refilter(&mut self) {
        self.passing = (!self.filter.is_empty()).then(|| {
            self.entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| self.filter.passes(entry))
                .map(|(row, _)| row)
                .collect()
        });
        self.search_all();
    }

    /// Number of log lines kept, notices not counted.
    pub const fn kept(&self) -> usize {
        self.entries.len() - self.notices
    }

    /// Whether no log line is kept.
    pub const fn is_empty_of_events(&self) -> bool {
        self.kept() == 0
    }

    /// When the newest line happened.
    pub fn newest(&self) -> Option<Moment> {
        self.entries.last().map(|entry| entry.at)
    }

    /// Rows that pass the filter.
    pub fn len(&self) -> usize {
        self.passing.as_ref().map_or(self.entries.len(), Vec::len)
    }

    /// Whether no row passes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row among those that pass.
    pub fn row(&self, index: usize) -> Option<&Entry> {
        let at = match &self.passing {
            Some(passing) => *passing.get(index)?,
            None => index,
        };
        self.entries.get(at)
    }

    /// The row at which a line stands now; where it is gone, the first that is not older.
    pub fn position(&self, line: &Entry) -> usize {
        let is_older = |row: &usize| self.row(*row).is_some_and(|each| each.at < line.at);
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if is_older(&middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let same_time = (low..self.len())
            .take_while(|row| self.row(*row).is_some_and(|each| each.at == line.at));
        same_time
            .into_iter()
            .find(|row| self.row(*row) == Some(line))
            .unwrap_or(low)
    }

    /// The next row after `from` (before it, backwards) that is wanted, going round the end once.
    pub fn find(
        &self,
        from: usize,
        backwards: bool,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Option<usize> {
        let length = self.len();
        (1..=length)
            .map(|step| {
                if backwards {
                    (from + length - step % length.max(1)) % length
                } else {
                    (from + step) % length
                }
            })
            .find(|row| self.row(*row).is_some_and(&wanted))
    }

    /// Events and errors a bucket over the last `buckets` buckets of `width_ms` before `now`.
    pub fn rates(&self, now: Moment, width_ms: i64, buckets: usize) -> (Vec<u64>, Vec<u64>) {
        let (mut all, mut errors) = (vec![0; buckets], vec![0; buckets]);
        let span = width_ms * i64::try_from(buckets).unwrap_or(0);
        for entry in self
            .entries
            .iter()
            .rev()
            .take_while(|entry| now.since(entry.at) < span)
        {
            if matches!(entry.body, Body::Notice(_)) {
                continue;
            }
            let back = usize::try_from(now.since(entry.at).max(0) / width_ms).unwrap_or(usize::MAX);
            let Some(bucket) = buckets.checked_sub(back + 1) else {
                continue;
            };
            if let Some(count) = all.get_mut(bucket) {
                *count += 1;
            }
            if entry.is_error()
                && let Some(count) = errors.get_mut(bucket)
            {
                *count += 1;
            }
        }
        (all, errors)
    }
}

/// A hash over time, place and text of an event; `None` for a notice.
fn content_hash(entry: &Entry) -> Option<u64> {
    let Body::Event {
        group,
        stream,
        text,
        ..
    } = &entry.body
    else {
        return None;
    };
    let mut hasher = DefaultHasher::new();
    (entry.at, group, stream, text).hash(&mut hasher);
    Some(hasher.finish())
}

fn entry(event: LogEvent, traces: &mut StackTraces, tail_start: Moment) -> Entry {
    let redacted = redact(event.message.trim_end());
    let text = strip_escapes(&redacted).into_owned();
    let mut line = Line::read(&text);
    line.level = traces.level(&event, &text, line.level);
    let late = event.ingestion >= tail_start && event.ingestion.since(event.timestamp) > LATE_MS;
    Entry {
        at: event.timestamp,
        body: Body::Event {
            group: event.group,
            stream: event.stream,
            text,
            line,
            late,
        },
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
