//! The lines of a tail in their order, within bounds, and honest about what was dropped.
//!
//! Events come in batches, in no particular order; they lie here by (timestamp, ingestion, arrival). A view asks for the
//! rows it can show and never for all.

use std::sync::Arc;

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
/// Events that CloudWatch took in this much after their time count as late, in milliseconds.
const LATE_MS: i64 = 5_000;

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
    /// Events that came late.
    pub late: usize,
    /// Lines that had to go for newer ones.
    pub evicted: usize,
}

impl Store {
    /// Takes a batch in. Answers how many lines now stand at the end that were not there before.
    pub fn take(&mut self, batch: LogBatch) -> usize {
        let mut events = batch.events;
        events.sort_by_key(|event| (event.timestamp, event.ingestion));
        let traces = &mut self.traces;
        let mut fresh: Vec<(i64, Entry)> = events
            .into_iter()
            .map(|event| (event.ingestion.millis(), entry(event, traces)))
            .collect();
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
        self.entries.drain(..gone);
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

    /// All lines kept.
    pub const fn kept(&self) -> usize {
        self.entries.len()
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

fn entry(event: LogEvent, traces: &mut StackTraces) -> Entry {
    let redacted = redact(event.message.trim_end());
    let text = strip_escapes(&redacted).into_owned();
    let mut line = Line::read(&text);
    line.level = traces.level(&event, &text, line.level);
    let late = event.ingestion.since(event.timestamp) > LATE_MS;
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
mod tests {
    use super::*;

    fn batch(events: &[(i64, &str)]) -> LogBatch {
        let events = events.iter().map(|(at, message)| LogEvent {
            timestamp: Moment::from_millis(*at),
            ingestion: Moment::from_millis(if *message == "late" { at + 9_000 } else { *at }),
            group: "g".into(),
            stream: "s".into(),
            id: None,
            message: (*message).to_owned(),
        });
        LogBatch {
            events: events.collect(),
            notices: Vec::new(),
        }
    }

    fn texts(store: &Store) -> Vec<String> {
        let text = |entry: &Entry| match &entry.body {
            Body::Event { text, .. } => text.clone(),
            Body::Notice(notice) => notice.text.clone(),
        };
        (0..store.len())
            .filter_map(|row| store.row(row))
            .map(text)
            .collect()
    }

    #[test]
    fn late_events_find_their_place_and_are_counted() {
        let mut store = Store::default();
        store.take(batch(&[(20_000, "b"), (10_000, "a")]));
        store.take(batch(&[(30_000, "c")]));
        store.take(batch(&[(12_000, "late"), (29_500, "near")]));
        assert_eq!(texts(&store), ["a", "late", "b", "near", "c"]);
        assert_eq!(store.late, 1);
    }

    #[test]
    fn the_filter_holds_for_what_comes_and_can_be_taken_off() {
        let mut store = Store::default();
        store.take(batch(&[(1, "INFO one"), (2, "ERROR two")]));
        store.set_filter(Filter::parse("level>=error").unwrap());
        store.take(batch(&[(3, "ERROR three"), (4, "INFO four")]));
        assert_eq!(texts(&store), ["ERROR two", "ERROR three"]);
        assert_eq!(store.find(0, false, Entry::is_error), Some(1));
        assert_eq!(store.find(0, true, Entry::is_error), Some(1));
        store.set_filter(Filter::default());
        assert_eq!((store.len(), store.kept()), (4, 4));
    }

    #[test]
    fn credentials_never_get_into_the_store() {
        let mut store = Store::default();
        store.take(batch(&[(
            1,
            r#"{"headers":{"Authorization":"Basic bmVvNGo6Y2FuYXJ5"}}"#,
        )]));
        assert!(!texts(&store).concat().contains("bmVvNGo6Y2FuYXJ5"));
    }

    #[test]
    fn rates_count_by_bucket() {
        let mut store = Store::default();
        store.take(batch(&[
            (1_000, "INFO a"),
            (1_500, "ERROR b"),
            (3_200, "INFO c"),
        ]));
        assert_eq!(
            store.rates(Moment::from_millis(4_000), 1_000, 4),
            (vec![1, 1, 0, 1], vec![0, 1, 0, 0])
        );
    }

    #[test]
    fn hits_are_counted_as_lines_come_and_go() {
        let mut store = Store::default();
        store.take(batch(&[
            (1, "INFO Timeout a"),
            (2, "INFO b"),
            (3, "ERROR timeout c"),
        ]));
        store.set_search("timeOut");
        assert_eq!(
            (store.hits(0), store.hits(1), store.hits(2)),
            ((Some(1), 2), (None, 2), (Some(2), 2))
        );
        store.take(batch(&[(4, "INFO d"), (5, "a timeout e")]));
        assert_eq!(store.hits(4), (Some(3), 3), "what comes is counted too");
        assert_eq!(
            (
                store.next_hit(0, false),
                store.next_hit(4, false),
                store.next_hit(0, true)
            ),
            (Some(2), Some(0), Some(4))
        );
        store.take(batch(&[(0, "an early timeout")]));
        assert_eq!(store.hits(5), (Some(4), 4), "also out of order");
        store.set_filter(Filter::parse("level>=error").unwrap());
        assert_eq!(store.hits(0), (Some(1), 1), "among what is shown");
        store.take(batch(&[(6, "ERROR timeout f"), (7, "INFO timeout g")]));
        assert_eq!(store.hits(1), (Some(2), 2));
        store.set_filter(Filter::default());
        store.evict(2, usize::MAX);
        assert_eq!(store.hits(0), (Some(1), 2));
        store.set_search("");
        assert_eq!((store.hits(0), store.next_hit(0, false)), ((None, 0), None));
    }

    #[test]
    fn text_is_bounded_as_lines_are_and_what_goes_is_counted() {
        let mut store = Store::default();
        let long = "x".repeat(1_000);
        let lines: Vec<(i64, &str)> = (0..100).map(|at| (at, long.as_str())).collect();
        store.take(batch(&lines));
        store.evict(200, 50_000);
        assert_eq!((store.kept(), store.evicted, store.bytes), (45, 55, 45_000));
        assert_eq!(
            store.row(0).map(|entry| entry.at.millis()),
            Some(55),
            "the oldest go"
        );
        store.evict(40, 50_000);
        assert_eq!((store.kept(), store.evicted, store.bytes), (36, 64, 36_000));
        store.evict(40, 10);
        assert_eq!((store.kept(), store.evicted, store.bytes), (0, 100, 0));
    }

    #[test]
    fn an_empty_store_finds_nothing() {
        assert_eq!(Store::default().find(0, false, |_| true), None);
    }
}
