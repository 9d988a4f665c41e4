//! Reads a range of a group's events in the order of time, in either direction.

use std::sync::Arc;

use super::generated::Generated;
use super::{LogGroup, StoredEvent};

/// The place of an event in the order of its group.
pub(super) type EventKey = (i64, i64, u64);

pub(super) fn key(event: &StoredEvent) -> EventKey {
    (event.timestamp, event.ingestion, event.arrival)
}

/// What part of a group is read, and from where on.
pub(super) struct Range {
    /// The first time stamp, in milliseconds.
    pub(super) from: i64,
    /// The last time stamp, included.
    pub(super) to: i64,
    /// Only what comes after this one in the direction of reading; `true` includes it.
    pub(super) after: Option<(EventKey, bool)>,
    pub(super) newest_first: bool,
    /// Only what came in until this moment.
    pub(super) ingested_until: i64,
}

impl Range {
    /// Returns whether an event of that key comes after what was read, in the direction of reading.
    fn is_ahead(&self, key: EventKey) -> bool {
        match (self.after, self.newest_first) {
            (None, _) => true,
            (Some((after, included)), false) => key > after || (included && key == after),
            (Some((after, included)), true) => key < after || (included && key == after),
        }
    }
}

impl LogGroup {
    /// Returns the next events of a range, at most `count`.
    pub(super) fn read(&self, range: &Range, count: usize, now: i64) -> Vec<Arc<StoredEvent>> {
        if let Some(source) = &self.generated {
            return read_generated(source, range, count as u64, now);
        }
        let mut start = self
            .events
            .partition_point(|event| event.timestamp < range.from);
        let mut end = self
            .events
            .partition_point(|event| event.timestamp <= range.to);
        match range.after {
            None => {}
            Some((after, _)) if range.newest_first => {
                end = end.min(self.events.partition_point(|event| key(event) <= after));
            }
            Some((after, _)) => {
                start = start.max(self.events.partition_point(|event| key(event) < after));
            }
        }
        let fits = |event: &&Arc<StoredEvent>| {
            event.ingestion <= range.ingested_until && range.is_ahead(key(event))
        };
        let events = self.events.range(start.min(end)..end);
        if range.newest_first {
            events.rev().filter(fits).take(count).cloned().collect()
        } else {
            events.filter(fits).take(count).cloned().collect()
        }
    }
}

fn read_generated(
    source: &Generated,
    range: &Range,
    count: u64,
    now: i64,
) -> Vec<Arc<StoredEvent>> {
    let (mut low, mut high) = (
        source.first_at(range.from, now),
        source.first_at(range.to.saturating_add(1), now),
    );
    // Keys of generated events end in the index plus one.
    match (range.after, range.newest_first) {
        (None, _) => {}
        (Some(((_, _, arrival), included)), false) => {
            low = low.max(arrival.saturating_sub(u64::from(included)));
        }
        (Some(((_, _, arrival), included)), true) => {
            high = high.min(arrival.saturating_sub(u64::from(!included)));
        }
    }
    let event = |index| Arc::new(source.event(index));
    if range.newest_first {
        let indexes = low.max(high.saturating_sub(count))..high;
        indexes.rev().map(event).collect()
    } else {
        (low..high.min(low + count).max(low)).map(event).collect()
    }
}
