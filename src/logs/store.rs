//! The lines of a tail in their order, within bounds, and honest about what was dropped.
//!
//! Records come in batches, in no particular order; they lie here by (timestamp, ingestion, arrival), in runs of some
//! hundred lines. The newest runs are kept as they came, the older ones compressed, so that a million lines fit. A view asks
//! for the rows it can show and never for all; a filter and a search go through the runs from the newest to the oldest, a
//! bounded number of bytes at a time.

mod packed;
mod rows;
mod scan;
mod seek;
mod segment;

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use super::{Level, Line, LogRecord, filter::Filter, histogram::LogHistogram};
use crate::model::{LogBatch, LogNotice, Moment};

use packed::LineSources;
use scan::LineScan;
use segment::Segment;

/// Lines kept; beyond it, or beyond so much memory, the oldest go, and are counted.
const MAX_LINES: usize = 1_000_000;
/// Memory kept, in bytes.
const MAX_MEMORY: usize = 192 << 20;
/// Runs that are not compressed: the newest ones, where lines are added and read most.
const RAW_SEGMENTS: usize = 8;
/// Bytes that are filtered and searched at a time, so that no key waits.
const SCAN_SLICE: usize = 1 << 20;
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
    /// Returns the level of an event.
    pub const fn level(&self) -> Option<Level> {
        match &self.body {
            Body::Event { line, .. } => line.level,
            Body::Notice(_) => None,
        }
    }

    /// Bytes of its text.
    const fn size(&self) -> usize {
        match &self.body {
            Body::Event { text, .. } => text.len(),
            Body::Notice(notice) => notice.text.len(),
        }
    }

    /// Returns whether it is an error.
    pub fn is_error(&self) -> bool {
        self.level().is_some_and(|level| level >= Level::Error)
    }
}

/// The store.
#[derive(Clone, Debug, Default)]
pub struct LogStore {
    segments: Vec<Segment>,
    sources: LineSources,
    scan: LineScan,
    /// What is searched for.
    search: String,
    /// The runs before this one have not been filtered and searched yet; they have no rows.
    scanned_from: usize,
    /// Number of rows before each run, and of all.
    rows: Vec<usize>,
    /// Number of hits before each run, and of all.
    hits: Vec<usize>,
    /// Number of lines, notices among them.
    lines: usize,
    /// Number of notices.
    notices: usize,
    /// Number of notices among the rows.
    shown_notices: usize,
    /// All log lines kept, counted by second and level.
    histogram: LogHistogram,
    /// Memory in use, in bytes.
    memory: usize,
    /// Events that a tail will deliver again, by their content, and how often.
    expected: HashMap<u64, u32>,
    /// Events that the reading of older lines will deliver again, by their content, and how often.
    expected_older: HashMap<u64, u32>,
    /// Events received before this time are not late: they were written before the tail began.
    tail_start: Moment,
    /// Number of events that were written more than a minute after their own time while the tail ran.
    pub late: usize,
    /// Number of lines that were dropped in favour of newer ones.
    pub evicted: usize,
}

impl LogStore {
    /// Adds a batch. Returns how many lines were added.
    pub fn push_batch(&mut self, batch: LogBatch<LogRecord>) -> usize {
        let mut fresh: Vec<(Moment, Entry)> = Vec::with_capacity(batch.events.len());
        let is_of_tail = batch.status.is_some();
        for record in batch.events {
            let ingestion = record.ingestion();
            let entry = entry(record, self.tail_start);
            if !self.is_expected(&entry, is_of_tail) {
                fresh.push((ingestion, entry));
            }
        }
        if batch
            .status
            .is_some_and(|status| status.is_backfilled && status.open_gaps == 0)
        {
            self.expected = HashMap::new();
        }
        fresh.extend(batch.notices.into_iter().map(|notice| {
            let at = notice.at;
            let body = Body::Notice(notice);
            (at, Entry { at, body })
        }));
        fresh.sort_by_key(|(ingestion, entry)| (entry.at, *ingestion));
        let count = fresh.len();
        let is_late = |entry: &Entry| matches!(entry.body, Body::Event { late: true, .. });
        self.late += fresh.iter().filter(|(_, entry)| is_late(entry)).count();
        for (_, entry) in &fresh {
            if matches!(entry.body, Body::Event { .. }) {
                self.histogram.record(entry.at, entry.level());
            }
        }
        let newest = self.newest();
        let in_order = fresh
            .first()
            .is_none_or(|(_, first)| newest.is_none_or(|newest| first.at >= newest));
        let fresh = fresh.into_iter().map(|(_, entry)| entry);
        if in_order {
            fresh.for_each(|entry| self.push(entry));
        } else {
            self.insert(fresh);
        }
        self.settle(MAX_LINES, MAX_MEMORY);
        count
    }

    /// Sets when the tail began: only events received afterwards can be late.
    pub const fn set_tail_start(&mut self, start: Moment) {
        self.tail_start = start;
    }

    /// Announces that the events from a time on will be delivered once more: those that are here already are not added again.
    pub fn expect_again(&mut self, from: Moment) {
        let newest = self.segments.iter().rev();
        let segments = newest.take_while(|segment| segment.last() >= from);
        self.expected = self.counted(segments, |at| at >= from);
    }

    /// Announces that older lines will be read, up to a time: those that are here already are not added again.
    pub fn expect_older(&mut self, until: Moment) {
        let oldest = self.segments.iter();
        let segments = oldest.take_while(|segment| segment.first() < until);
        self.expected_older = self.counted(segments, |at| at < until);
    }

    /// Forgets what [`Self::expect_older`] announced: the reading of older lines has ended.
    pub fn forget_expected_older(&mut self) {
        self.expected_older = HashMap::new();
    }

    /// Returns how often each event of some runs is there, by its content, as far as its time is wanted.
    fn counted<'a>(
        &self,
        segments: impl Iterator<Item = &'a Segment>,
        is_wanted: impl Fn(Moment) -> bool,
    ) -> HashMap<u64, u32> {
        let mut counts = HashMap::new();
        for segment in segments {
            segment.visit(0..segment.len(), &self.sources, |_, entry| {
                if is_wanted(entry.at)
                    && let Some(hash) = content_hash(&entry)
                {
                    *counts.entry(hash).or_default() += 1;
                }
            });
        }
        counts
    }

    /// Returns whether an event is here already and was announced to be delivered again.
    fn is_expected(&mut self, entry: &Entry, is_of_tail: bool) -> bool {
        let expected = if is_of_tail {
            &mut self.expected
        } else {
            &mut self.expected_older
        };
        if expected.is_empty() {
            return false;
        }
        content_hash(entry)
            .and_then(|hash| expected.get_mut(&hash))
            .is_some_and(|count| {
                let is_left = *count > 0;
                *count = count.saturating_sub(1);
                is_left
            })
    }

    /// Adds a line that is not older than the newest one.
    fn push(&mut self, entry: Entry) {
        match self.segments.last_mut() {
            Some(last) if last.has_room(&entry) => last.push(entry),
            Some(_) | None => self.segments.push(Segment::begin(entry)),
        }
        if let Some(last) = self.segments.last_mut()
            && !self.scan.is_empty()
        {
            last.scan_last(&self.scan);
        }
    }

    /// Adds lines, each at its place. The runs that they belong to are made again.
    fn insert(&mut self, fresh: impl Iterator<Item = Entry>) {
        let mut groups: Vec<(usize, Vec<Entry>)> = Vec::new();
        for entry in fresh {
            let after = self
                .segments
                .partition_point(|segment| segment.first() <= entry.at);
            let place = after.saturating_sub(1);
            match groups.last_mut() {
                Some((known, entries)) if *known == place => entries.push(entry),
                Some(_) | None => groups.push((place, vec![entry])),
            }
        }
        let mut buffer = Vec::new();
        // From the newest to the oldest, so that the places of the groups to come stay as they are.
        for (place, entries) in groups.into_iter().rev() {
            let mut all = if place < self.segments.len() {
                self.segments.remove(place).into_entries(&self.sources)
            } else {
                Vec::new()
            };
            all.extend(entries);
            all.sort_by_key(|entry| entry.at);
            let mut runs = Segment::runs(all);
            if place < self.scanned_from {
                self.scanned_from += runs.len() - 1;
            } else {
                for run in &mut runs {
                    run.scan(&self.scan, &self.sources, &mut buffer);
                }
            }
            self.segments.splice(place..place, runs);
        }
    }

    /// Compresses older runs, drops the oldest beyond the bounds, and counts again.
    fn settle(&mut self, max_lines: usize, max_memory: usize) {
        let older = self.segments.len().saturating_sub(RAW_SEGMENTS);
        let (segments, sources) = (&mut self.segments, &mut self.sources);
        for segment in segments.iter_mut().take(older) {
            if !segment.is_packed() {
                segment.pack(sources);
            }
        }
        self.count();
        let (mut lines, mut memory, mut gone) = (self.lines, self.memory, 0);
        for segment in &self.segments {
            if lines <= max_lines && memory <= max_memory {
                break;
            }
            lines -= segment.len();
            memory -= segment.memory();
            gone += 1;
        }
        if gone > 0 {
            self.evicted += self.lines - lines;
            for segment in self.segments.drain(..gone) {
                for line in 0..segment.len() {
                    let mark = segment.mark(line).filter(|mark| !mark.is_notice());
                    if let Some((at, mark)) = segment.time(line).zip(mark) {
                        self.histogram.forget(at, mark.level());
                    }
                }
            }
            self.scanned_from = self.scanned_from.saturating_sub(gone);
            self.count();
        }
    }

    /// Counts lines, rows and hits.
    fn count(&mut self) {
        let (mut rows, mut hits) = (0, 0);
        (self.lines, self.notices, self.memory) = (0, 0, 0);
        self.shown_notices = 0;
        self.rows.clear();
        self.hits.clear();
        for (index, segment) in self.segments.iter().enumerate() {
            self.rows.push(rows);
            self.hits.push(hits);
            if index >= self.scanned_from {
                rows += segment.rows();
                self.shown_notices += segment.shown_notices();
                hits += segment.hits().len();
            }
            self.lines += segment.len();
            self.notices += segment.notices();
            self.memory += segment.memory();
        }
        self.rows.push(rows);
        self.hits.push(hits);
    }

    /// Sets what is searched for, in any case; nothing ends the search.
    pub fn set_search(&mut self, text: &str) {
        text.clone_into(&mut self.search);
        self.rescan(self.scan.filter().clone());
    }

    /// Sets what is shown.
    pub fn set_filter(&mut self, filter: Filter) {
        self.rescan(filter);
    }

    /// Returns what is shown.
    pub const fn filter(&self) -> &Filter {
        self.scan.filter()
    }

    /// Filters and searches again, the newest lines at once.
    fn rescan(&mut self, filter: Filter) {
        self.scan = LineScan::new(filter, &self.search);
        if self.scan.is_empty() {
            let mut buffer = Vec::new();
            for segment in &mut self.segments {
                segment.scan(&self.scan, &self.sources, &mut buffer);
            }
            self.scanned_from = 0;
            self.count();
        } else {
            self.scanned_from = self.segments.len();
            self.count();
            self.scan_more();
        }
    }

    /// Returns whether older lines have not been filtered and searched yet: [`LogStore::scan_more`] goes on.
    pub const fn is_scanning(&self) -> bool {
        self.scanned_from > 0
    }

    /// Filters and searches some more of the older lines. Returns how many rows came in front of those that were there.
    pub fn scan_more(&mut self) -> usize {
        let (before, mut read, mut buffer) = (self.len(), 0, Vec::new());
        while self.scanned_from > 0 && read < SCAN_SLICE {
            self.scanned_from -= 1;
            if let Some(segment) = self.segments.get_mut(self.scanned_from) {
                read += segment.scan(&self.scan, &self.sources, &mut buffer);
            }
        }
        self.count();
        self.len() - before
    }

    /// Returns the run of a row, and its line there.
    fn locate(&self, row: usize) -> Option<(usize, usize)> {
        if row >= self.len() {
            return None;
        }
        let segment = self.rows.partition_point(|before| *before <= row);
        let segment = segment.checked_sub(1)?;
        let within = row - self.rows.get(segment)?;
        Some((segment, self.segments.get(segment)?.line_of_row(within)?))
    }

    /// Number of log lines kept, notices not counted.
    pub const fn kept(&self) -> usize {
        self.lines - self.notices
    }

    /// Returns whether no log line is kept.
    pub const fn is_empty_of_events(&self) -> bool {
        self.kept() == 0
    }

    /// Returns the log lines kept, counted by second and level.
    pub const fn level_histogram(&self) -> &LogHistogram {
        &self.histogram
    }

    /// Number of notices among the rows that pass the filter.
    pub const fn notice_count(&self) -> usize {
        self.shown_notices
    }

    /// Memory in use, in bytes.
    pub const fn memory(&self) -> usize {
        self.memory
    }

    /// Returns when the oldest line happened.
    pub fn oldest(&self) -> Option<Moment> {
        self.segments.first().map(Segment::first)
    }

    /// Returns when the newest line happened.
    pub fn newest(&self) -> Option<Moment> {
        self.segments.last().map(Segment::last)
    }

    /// Number of log lines of each level, whether or not they pass the filter; the last number is of those without a level.
    pub fn level_counts(&self) -> [usize; Level::ALL.len() + 1] {
        let mut counts = [0; Level::ALL.len() + 1];
        for segment in &self.segments {
            for (count, more) in counts.iter_mut().zip(segment.levels()) {
                *count += *more as usize;
            }
        }
        counts
    }

    /// Number of rows that pass the filter, as far as lines have been filtered.
    pub fn len(&self) -> usize {
        self.rows.last().copied().unwrap_or_default()
    }

    /// Returns whether no row passes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Returns a hash over time, place and text of an event; `None` for a notice.
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

fn entry(record: LogRecord, tail_start: Moment) -> Entry {
    let (at, ingestion) = (record.timestamp(), record.ingestion());
    let (group, stream) = (Arc::clone(record.group()), Arc::clone(record.stream()));
    let (text, line) = record.into_text();
    Entry {
        at,
        body: Body::Event {
            group,
            stream,
            text,
            line,
            late: ingestion >= tail_start && ingestion.since(at) > LATE_MS,
        },
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
