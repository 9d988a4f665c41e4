//! Recognises events that a tail has already delivered.
//!
//! Stored events have ids. Live ones have none: they are matched with stored ones by place, time and text, and counted, so that
//! the same line twice in the source stays two lines, and one line received in two ways stays one.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher as _,
};

use sha2::{Digest as _, Sha256};

use crate::model::{LogEvent, Moment};

/// Identifies an event by group, stream, timestamp and message, or by its id. The hash is keyed, so that no writer of logs can
/// make two events equal.
type EventHash = u64;

/// What is known of the events of one place, time and text.
struct DeliveredCount {
    /// The later of their times, in seconds since 1970.
    time: u32,
    /// How many there are.
    count: u16,
    /// How many of them were delivered without an id, and not seen among the stored ones yet.
    unidentified: u16,
    /// Which of them these are, as far as they are among the first 32: a bit each, in the order of delivery.
    unidentified_places: u32,
}

/// What an event is for a tail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recognition {
    /// It was not delivered before.
    New,
    /// It was delivered before.
    Known,
    /// It was delivered live, under this id of our own, and is now known by CloudWatch's.
    Identified(String),
}

impl DeliveredCount {
    /// Remembers that the one that was delivered last has no id yet.
    fn put_place(&mut self) {
        self.unidentified_places |= 1_u32
            .checked_shl(u32::from(self.count).saturating_sub(1))
            .unwrap_or(0);
    }

    /// Takes the first one without an id: its place among its equals, from 1 on.
    fn take_place(&mut self) -> Option<u32> {
        let place = self.unidentified_places.trailing_zeros();
        let bit = 1_u32.checked_shl(place)?;
        self.unidentified_places &= !bit;
        Some(place + 1)
    }
}

/// Events by hash.
#[derive(Default)]
struct KnownEvents(HashMap<EventHash, DeliveredCount>);

impl KnownEvents {
    fn entry(&mut self, hash: EventHash, time: Moment) -> &mut DeliveredCount {
        self.0.entry(hash).or_insert(DeliveredCount {
            time: seconds(time),
            count: 0,
            unidentified: 0,
            unidentified_places: 0,
        })
    }

    fn evict(&mut self, horizon: Moment) {
        let horizon = seconds(horizon);
        self.0.retain(|_, known| known.time >= horizon);
        if self.0.capacity() > 4 * self.0.len() + 1_024 {
            self.0.shrink_to_fit();
        }
    }
}

fn seconds(time: Moment) -> u32 {
    u32::try_from(time.millis().div_euclid(1_000)).unwrap_or(0)
}

/// What one live session has delivered, or one reading of events without ids.
#[derive(Default)]
pub(crate) struct Delivery(KnownEvents);

/// What has been delivered altogether. Only events newer than the horizon are remembered: no older event is read again.
#[derive(Default)]
pub(crate) struct Dedup {
    delivered: KnownEvents,
    /// Stored events that were seen, by their ids.
    ids: KnownEvents,
    horizon: Moment,
    key: RandomState,
}

impl Dedup {
    /// Recognises an event. A stored one is new if its id was not seen and no live one is left that it may be; a live one, if
    /// its session has sent it more often than it was delivered.
    pub(crate) fn recognize(&mut self, delivery: &mut Delivery, event: &LogEvent) -> Recognition {
        let time = event.timestamp.max(event.ingestion);
        if time < self.horizon {
            return Recognition::New;
        }
        let hash = self.hash(event);
        if let Some(id) = &event.id {
            let seen = self.ids.entry(self.key.hash_one(id), time);
            seen.count = seen.count.saturating_add(1);
            if seen.count > 1 {
                return Recognition::Known;
            }
            let known = self.delivered.entry(hash, time);
            if known.unidentified > 0 {
                known.unidentified -= 1;
                return match known.take_place() {
                    Some(place) => Recognition::Identified(own_id(event, place)),
                    None => Recognition::Known,
                };
            }
            known.count = known.count.saturating_add(1);
            return Recognition::New;
        }
        let sent = delivery.0.entry(hash, time);
        sent.count = sent.count.saturating_add(1);
        let known = self.delivered.entry(hash, time);
        if sent.count <= known.count {
            return Recognition::Known;
        }
        known.count = known.count.saturating_add(1);
        known.unidentified = known.unidentified.saturating_add(1);
        known.put_place();
        Recognition::New
    }

    /// Gives a new event without an id one of our own: always the same for the same event.
    pub(crate) fn identify(&self, event: &mut LogEvent) {
        if event.id.is_none() {
            let known = self.delivered.0.get(&self.hash(event));
            let occurrence = known.map_or(1, |known| u32::from(known.count));
            event.id = Some(own_id(event, occurrence));
        }
    }

    /// Remembers nothing before `horizon`.
    pub(crate) const fn start_at(&mut self, horizon: Moment) {
        self.horizon = horizon;
    }

    /// Forgets events before `horizon`. The caller guarantees that no window before it is read again.
    pub(crate) fn evict(&mut self, horizon: Moment, deliveries: [&mut Delivery; 2]) {
        self.horizon = self.horizon.max(horizon);
        self.delivered.evict(horizon);
        self.ids.evict(horizon);
        for delivery in deliveries {
            delivery.0.evict(horizon);
        }
    }

    fn hash(&self, event: &LogEvent) -> EventHash {
        self.key
            .hash_one((&event.group, &event.stream, event.timestamp, &event.message))
    }
}

/// Returns an id of our own over place, time and text of an event and its occurrence. CloudWatch's ids consist of digits; these begin
/// with `live:`.
fn own_id(event: &LogEvent, occurrence: u32) -> String {
    let times = [event.timestamp.millis(), i64::from(occurrence)];
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
    use std::collections::HashSet;

    use super::*;

    fn is_new(dedup: &mut Dedup, delivery: &mut Delivery, event: &LogEvent) -> bool {
        dedup.recognize(delivery, event) == Recognition::New
    }

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
    fn one_line_received_in_two_ways_is_one_and_two_equal_lines_are_two() {
        let mut dedup = Dedup::default();
        let (mut live, mut fill) = (Delivery::default(), Delivery::default());
        for (delivery, id, time, expected, why) in [
            (0, None, 1, true, "the first"),
            (1, Some("1"), 1, false, "delivered live before"),
            (1, Some("2"), 1, true, "live tail lost one of two"),
            (1, Some("2"), 1, false, "the same event on two pages"),
            (0, None, 1, false, "the second one, live after all"),
            (0, None, 1, true, "a third"),
            (0, None, 2, true, "another time"),
        ] {
            let delivery = if delivery == 0 { &mut live } else { &mut fill };
            assert_eq!(
                is_new(&mut dedup, delivery, &event(id, time, "x")),
                expected,
                "{why}"
            );
        }
    }

    #[test]
    fn a_live_event_that_is_stored_gets_its_own_id_and_its_equal_another() {
        let (mut dedup, mut live, mut reading) =
            (Dedup::default(), Delivery::default(), Delivery::default());
        let mut named = Vec::new();
        for _ in 0..2 {
            let mut sent = event(None, 1, "x");
            assert!(is_new(&mut dedup, &mut live, &sent));
            dedup.identify(&mut sent);
            named.push(sent.id.unwrap());
        }
        let identified: Vec<Recognition> = ["37", "38", "38", "39"]
            .map(|id| dedup.recognize(&mut reading, &event(Some(id), 1, "x")))
            .to_vec();
        assert_eq!(
            identified,
            [
                Recognition::Identified(named[0].clone()),
                Recognition::Identified(named[1].clone()),
                Recognition::Known,
                Recognition::New
            ]
        );
    }

    #[test]
    fn an_event_that_becomes_visible_late_is_not_taken_for_its_equal() {
        let (mut dedup, mut reading) = (Dedup::default(), Delivery::default());
        assert!(is_new(&mut dedup, &mut reading, &event(Some("2"), 1, "x")));
        let mut next = Delivery::default();
        assert!(
            is_new(&mut dedup, &mut next, &event(Some("1"), 1, "x")),
            "became visible"
        );
        assert!(!is_new(&mut dedup, &mut next, &event(Some("2"), 1, "x")));
    }

    #[test]
    fn a_live_event_gets_the_same_id_every_time_and_its_equal_another() {
        let ids = || {
            let (mut dedup, mut live) = (Dedup::default(), Delivery::default());
            let events = [
                event(None, 1, "x"),
                event(None, 1, "x"),
                event(None, 2, "x"),
                event(Some("37"), 3, "x"),
            ];
            let named = events.map(|mut event| {
                assert!(is_new(&mut dedup, &mut live, &event));
                dedup.identify(&mut event);
                event.id.unwrap()
            });
            named.to_vec()
        };
        let first = ids();
        assert_eq!(first, ids(), "another tail derives the same ids");
        assert_eq!(first[3], "37", "CloudWatch's own id stays");
        assert!(
            first[..3]
                .iter()
                .all(|id| id.starts_with("live:") && id.len() == 37),
            "{first:?}"
        );
        let different: HashSet<&String> = first.iter().collect();
        assert_eq!(different.len(), 4, "{first:?}");
    }

    #[test]
    fn memory_is_bounded_by_the_horizon() {
        let (mut dedup, mut live) = (Dedup::default(), Delivery::default());
        for second in 0..1000 {
            assert!(is_new(
                &mut dedup,
                &mut live,
                &event(None, second * 1000, "x")
            ));
        }
        dedup.evict(
            Moment::from_millis(900_000),
            [&mut live, &mut Delivery::default()],
        );
        assert_eq!((dedup.delivered.0.len(), live.0.0.len()), (100, 100));
        assert!(!is_new(
            &mut dedup,
            &mut Delivery::default(),
            &event(None, 999_000, "x")
        ));
        for second in 0..800 {
            assert!(is_new(
                &mut dedup,
                &mut Delivery::default(),
                &event(Some("1"), second, "old")
            ));
        }
        assert_eq!(dedup.delivered.0.len(), 100, "old events cost nothing");
    }
}
