//! What the lines of a tail add up to: tool calls and patterns. Lines that a resumed tail delivers again are counted once.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use super::{
    CallBook, CallOwner, LoggedCall,
    owner::{RecordOwner, owner_of},
    record::CallRecord,
};
use crate::{
    logs::{
        LogRecord,
        pattern_book::{PatternBook, PatternSummary},
        source_word,
    },
    model::Moment,
};

/// Number of lines that can be recognised when they are delivered again.
const MAX_SEEN: usize = 500_000;

/// What was found in the lines so far.
#[derive(Clone, Debug, Default)]
pub struct TailFindings {
    /// Tool calls by their beginning.
    pub calls: Vec<Arc<LoggedCall>>,
    /// Patterns, the most frequent first.
    pub patterns: Vec<PatternSummary>,
    /// Number of lines that the patterns count.
    pub lines: usize,
}

/// Finds calls and patterns in the lines of a tail as they arrive.
#[derive(Clone, Debug, Default)]
pub struct TailAnalysis {
    owners: Vec<CallOwner>,
    book: CallBook,
    patterns: PatternBook,
    lines: usize,
    /// Times and hashes of the lines, in the order of their arrival.
    seen: VecDeque<(Moment, u64)>,
    /// Lines that a resumed tail will deliver again, and how often.
    expected: HashMap<u64, u32>,
    /// Lines that the reading of older ones will deliver again, and how often.
    expected_older: HashMap<u64, u32>,
}

impl TailAnalysis {
    /// Begins with no lines.
    pub fn new(owners: Vec<CallOwner>) -> Self {
        Self {
            owners,
            ..Self::default()
        }
    }

    /// Announces that the lines from a time on will be delivered once more.
    pub fn expect_again(&mut self, owners: Vec<CallOwner>, from: Moment) {
        self.owners = owners;
        self.expected = self.counted(|at| at >= from);
    }

    /// Announces that older lines will be read, up to a time: those of groups with few lines may be here already.
    pub fn expect_older(&mut self, until: Moment) {
        self.expected_older = self.counted(|at| at <= until);
    }

    /// Returns how often each of the lines is here whose time is wanted.
    fn counted(&self, is_wanted: impl Fn(Moment) -> bool) -> HashMap<u64, u32> {
        let mut counts = HashMap::new();
        for (_, hash) in self.seen.iter().filter(|(at, _)| is_wanted(*at)) {
            *counts.entry(*hash).or_default() += 1;
        }
        counts
    }

    /// Adds lines of the tail in any order.
    pub fn push(&mut self, events: &[LogRecord]) {
        let mut expected = std::mem::take(&mut self.expected);
        self.push_unexpected(events, &mut expected);
        self.expected = expected;
    }

    /// Adds lines of a reading of older ones, in any order.
    pub fn push_older(&mut self, events: &[LogRecord]) {
        let mut expected = std::mem::take(&mut self.expected_older);
        self.push_unexpected(events, &mut expected);
        self.expected_older = expected;
    }

    /// Adds the lines that are not here already.
    fn push_unexpected(&mut self, events: &[LogRecord], expected: &mut HashMap<u64, u32>) {
        let mut ordered: Vec<&LogRecord> = events.iter().collect();
        ordered.sort_by_key(|event| (event.timestamp(), event.ingestion()));
        for event in ordered {
            let hash = content_hash(event);
            if is_expected(expected, hash) {
                continue;
            }
            self.seen.push_back((event.timestamp(), hash));
            self.push_line(event);
        }
        let excess = self.seen.len().saturating_sub(MAX_SEEN);
        self.seen.drain(..excess);
    }

    fn push_line(&mut self, event: &LogRecord) {
        let mut record = CallRecord::of_line(event, &Arc::from(""));
        match owner_of(&self.owners, &record) {
            RecordOwner::Of(owner) => record.deployment = Arc::clone(&owner.deployment),
            // A line that does not say whose it is belongs to the call whose ids it carries.
            RecordOwner::Unsaid | RecordOwner::Stranger => {}
        }
        self.lines += 1;
        self.patterns.push(
            source_word(event.group()),
            record.pattern_text(),
            record.level,
            event.timestamp(),
        );
        self.book.push(record);
    }

    /// Returns whether lines were added since the last call of [`TailAnalysis::findings`].
    pub const fn has_news(&self) -> bool {
        self.book.has_fresh()
    }

    /// Joins what was added and returns all that was found so far.
    pub fn findings(&mut self) -> TailFindings {
        self.book.join();
        TailFindings {
            calls: self.book.calls().to_vec(),
            patterns: self.patterns.summaries(),
            lines: self.lines,
        }
    }
}

/// Returns whether a line was announced to be delivered once more, and counts it.
fn is_expected(expected: &mut HashMap<u64, u32>, hash: u64) -> bool {
    match expected.get_mut(&hash) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        Some(_) | None => false,
    }
}

fn content_hash(event: &LogRecord) -> u64 {
    let mut hasher = DefaultHasher::new();
    (
        event.timestamp(),
        event.group(),
        event.stream(),
        event.text(),
    )
        .hash(&mut hasher);
    hasher.finish()
}
