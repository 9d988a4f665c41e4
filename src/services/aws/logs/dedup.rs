//! What a tail has already passed on. A live event has no id, so events are matched by place, time and text, and
//! counted: the same line twice in the source stays two lines, and one line by two ways stays one.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use sha2::{Digest as _, Sha256};

use crate::model::{LogEvent, Moment};

/// A key is forgotten so long after it was noted, in milliseconds: no window that is read again reaches back further.
const KEEP: i64 = 15 * 60 * 1000;

/// Identifies an event: 128 bits over group, stream, timestamp and message.
type Key = (u64, u64);

/// How often each event came, and when it was last noted.
#[derive(Default)]
struct Counts(HashMap<Key, (u32, Moment)>);

impl Counts {
    fn add(&mut self, key: Key, now: Moment) -> u32 {
        let entry = self.0.entry(key).or_insert((0, now));
        *entry = (entry.0 + 1, now);
        entry.0
    }

    fn forget(&mut self, now: Moment) {
        self.0.retain(|_, (_, noted)| now.since(*noted) < KEEP);
    }
}

/// What came by one way: one live session, or one reading of a window.
#[derive(Default)]
pub(crate) struct Pass {
    counts: Counts,
    ids: std::collections::HashSet<String>,
}

/// What was passed on, by whatever way.
#[derive(Default)]
pub(crate) struct Seen {
    passed: Counts,
}

impl Seen {
    /// Whether the event is new. It is when its way has brought it more often than it was passed on.
    pub(crate) fn admit(&mut self, pass: &mut Pass, event: &LogEvent, now: Moment) -> bool {
        if let Some(id) = &event.id
            && !pass.ids.insert(id.clone())
        {
            return false;
        }
        let key = key(event);
        let came = pass.counts.add(key, now);
        if came <= self.passed.0.get(&key).map_or(0, |(count, _)| *count) {
            // Noted again, so that it is kept as long as windows with it are read.
            self.passed.0.entry(key).and_modify(|entry| entry.1 = now);
            return false;
        }
        self.passed.add(key, now);
        true
    }

    /// Gives an event that was just admitted, and has no id, one of our own: the same for the same event, another for its equals.
    pub(crate) fn identify(&self, event: &mut LogEvent) {
        if event.id.is_none() {
            let occurrence = self
                .passed
                .0
                .get(&key(event))
                .map_or(1, |(count, _)| *count);
            event.id = Some(own_id(event, occurrence));
        }
    }

    /// Drops what is too old to come again.
    pub(crate) fn forget(&mut self, pass: &mut Pass, now: Moment) {
        self.passed.forget(now);
        pass.counts.forget(now);
    }
}

fn key(event: &LogEvent) -> Key {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (
            salt,
            &event.group,
            &event.stream,
            event.timestamp,
            &event.message,
        )
            .hash(&mut hasher);
        hasher.finish()
    };
    (half(0), half(1))
}

/// An id of our own: what makes up the event, and which of its equals it is; marked as none of CloudWatch's, which are digits.
fn own_id(event: &LogEvent, occurrence: u32) -> String {
    let times = [
        event.timestamp.millis(),
        event.ingestion.millis(),
        i64::from(occurrence),
    ];
    let texts = [&*event.group, &*event.stream, &event.message];
    let mut hash = Sha256::new();
    for number in &times {
        hash.update(number.to_be_bytes());
    }
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let digest = hash.finalize();
    format!("live:{}", hex::encode(digest.get(..16).unwrap_or(&digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: Option<&str>, at: i64, message: &str) -> LogEvent {
        let at = Moment::from_millis(at);
        LogEvent {
            timestamp: at,
            ingestion: at,
            group: "g".into(),
            stream: "s".into(),
            id: id.map(str::to_owned),
            message: message.into(),
        }
    }

    #[test]
    fn one_line_by_two_ways_is_one_and_two_equal_lines_are_two() {
        let now = Moment::from_millis(0);
        let (mut seen, mut live, mut fill) = (Seen::default(), Pass::default(), Pass::default());
        assert!(seen.admit(&mut live, &event(None, 1, "x"), now));
        assert!(
            !seen.admit(&mut fill, &event(Some("1"), 1, "x"), now),
            "came live before"
        );
        assert!(
            seen.admit(&mut fill, &event(Some("2"), 1, "x"), now),
            "the live way lost one of two"
        );
        assert!(
            !seen.admit(&mut fill, &event(Some("2"), 1, "x"), now),
            "the same event on two pages"
        );
        assert!(
            !seen.admit(&mut live, &event(None, 1, "x"), now),
            "the second by the live way after all"
        );
        assert!(seen.admit(&mut live, &event(None, 1, "x"), now), "a third");
        assert!(
            seen.admit(&mut live, &event(None, 2, "x"), now),
            "another time"
        );
    }

    #[test]
    fn a_live_event_gets_an_id_that_is_the_same_each_time_and_no_others() {
        let now = Moment::from_millis(0);
        let ids = || {
            let (mut seen, mut live) = (Seen::default(), Pass::default());
            let events = [
                event(None, 1, "x"),
                event(None, 1, "x"),
                event(None, 2, "x"),
                event(Some("37"), 3, "x"),
            ];
            let named = events.map(|mut event| {
                assert!(seen.admit(&mut live, &event, now));
                seen.identify(&mut event);
                event.id.unwrap()
            });
            named.to_vec()
        };
        let first = ids();
        assert_eq!(first, ids(), "another tail gives the same");
        assert_eq!(first[3], "37", "CloudWatch's own stays");
        assert!(
            first[..3]
                .iter()
                .all(|id| id.starts_with("live:") && id.len() == 37),
            "{first:?}"
        );
        let different: std::collections::HashSet<&String> = first.iter().collect();
        assert_eq!(different.len(), 4, "{first:?}");
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let (mut seen, mut live) = (Seen::default(), Pass::default());
        for second in 0..1000 {
            assert!(seen.admit(
                &mut live,
                &event(None, second, "x"),
                Moment::from_millis(second * 1000)
            ));
        }
        let now = Moment::from_millis(1_000_000);
        seen.forget(&mut live, now);
        assert!(
            seen.passed.0.len() <= 900 && live.counts.0.len() <= 900,
            "{}",
            seen.passed.0.len()
        );
        assert!(!seen.admit(&mut Pass::default(), &event(None, 999, "x"), now));
    }
}
