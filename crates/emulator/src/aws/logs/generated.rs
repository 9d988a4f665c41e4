//! Log events that are computed when they are asked for: ten million of them cost no memory. For benchmarks.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use super::StoredEvent;
use crate::GeneratedLogs;

/// The streams over which the events are spread.
const STREAMS: u64 = 4;

/// A source of computed events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Generated {
    /// How many there are, and how many in a second.
    pub(crate) shape: GeneratedLogs,
    /// The moment after the last one, in milliseconds since 1970.
    pub(crate) end: i64,
    /// New ones go on to come, by the clock.
    pub(crate) live: bool,
}

impl Generated {
    /// Reads the tags of CreateLogGroup: `events`, `per-second`, `live`.
    pub(super) fn from_tags(tags: &serde_json::Value, now: i64) -> Option<Self> {
        let number = |name: &str| tags.get(name)?.as_str()?.parse().ok();
        let shape = GeneratedLogs {
            events: number("events")?,
            per_second: number("per-second").filter(|rate| *rate > 0)?,
        };
        let live = tags.get("live").and_then(serde_json::Value::as_str) == Some("true");
        Some(Self {
            shape,
            end: now,
            live,
        })
    }

    /// Returns how many there are at that moment.
    pub(super) fn count(&self, now: i64) -> u64 {
        let more = if self.live {
            u64::try_from(now - self.end).unwrap_or(0) * self.shape.per_second / 1000
        } else {
            0
        };
        self.shape.events + more
    }

    /// Returns the time stamp of the event with that index.
    pub(super) fn timestamp(&self, index: u64) -> i64 {
        let offset = (i128::from(index) - i128::from(self.shape.events)) * 1000
            / i128::from(self.shape.per_second);
        self.end + i64::try_from(offset).unwrap_or(0) - i64::from(index < self.shape.events)
    }

    /// Returns the first index whose time stamp is not before `time`.
    pub(super) fn first_at(&self, time: i64, now: i64) -> u64 {
        let (mut low, mut high) = (0, self.count(now));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.timestamp(middle) < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Returns the event with that index.
    pub(super) fn event(&self, index: u64) -> StoredEvent {
        let timestamp = self.timestamp(index);
        let mut message = String::with_capacity(160);
        let level = match index % 50 {
            0 => "ERROR",
            1..=4 => "WARN",
            _ => "INFO",
        };
        // Writing to a String cannot fail.
        let _ = write!(
            message,
            "{{\"level\":\"{level}\",\"sequence\":{index},\"requestId\":\"00000000-0000-4000-8000-{:012x}\",\
             \"message\":\"call {} answered in {} ms\"}}",
            index / 3,
            index % 97,
            index % 1013
        );
        let stream = stream_of(index);
        StoredEvent {
            timestamp,
            ingestion: timestamp,
            stream,
            message,
            arrival: index + 1,
        }
    }
}

/// The names of the streams, made once: every event carries one.
static NAMES: LazyLock<[Arc<str>; STREAMS as usize]> =
    LazyLock::new(|| ["generated/0", "generated/1", "generated/2", "generated/3"].map(Arc::from));

/// The names of the streams.
pub(super) fn stream_names() -> impl Iterator<Item = Arc<str>> {
    NAMES.iter().cloned()
}

fn stream_of(index: u64) -> Arc<str> {
    NAMES
        .get((index % STREAMS) as usize)
        .cloned()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_ten_million_is_at_hand() {
        let source = Generated {
            shape: GeneratedLogs {
                events: 10_000_000,
                per_second: 100_000,
            },
            end: 2_000_000,
            live: false,
        };
        assert_eq!(source.count(5_000_000), 10_000_000);
        assert_eq!(source.timestamp(9_999_999), 1_999_999);
        assert_eq!(source.timestamp(0), 2_000_000 - 100_000 - 1);
        assert_eq!(source.first_at(i64::MIN, 0), 0);
        let half = source.first_at(1_950_000, 0);
        assert!(source.timestamp(half) >= 1_950_000 && source.timestamp(half - 1) < 1_950_000);
        assert!(serde_json::from_str::<serde_json::Value>(&source.event(123).message).is_ok());
    }
}
