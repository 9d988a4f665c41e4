//! The store: order, bounds, filters, hits, and tails that are taken up again.

use super::*;

fn batch(events: &[(i64, &str)]) -> LogBatch {
    let events = events.iter().map(|(at, message)| LogEvent {
        timestamp: Moment::from_millis(*at),
        ingestion: Moment::from_millis(if *message == "late" { at + 90_000 } else { *at }),
        group: "g".into(),
        stream: "s".into(),
        id: None,
        message: (*message).to_owned(),
    });
    LogBatch {
        events: events.collect(),
        ..LogBatch::default()
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
    store.push_batch(batch(&[(20_000, "b"), (10_000, "a")]));
    store.push_batch(batch(&[(30_000, "c")]));
    store.push_batch(batch(&[(12_000, "late"), (29_500, "near")]));
    assert_eq!(texts(&store), ["a", "late", "b", "near", "c"]);
    assert_eq!(store.late, 1);
}

#[test]
fn the_filter_holds_for_what_comes_and_can_be_taken_off() {
    let mut store = Store::default();
    store.push_batch(batch(&[(1, "INFO one"), (2, "ERROR two")]));
    store.set_filter(Filter::parse("level>=error").unwrap());
    store.push_batch(batch(&[(3, "ERROR three"), (4, "INFO four")]));
    assert_eq!(texts(&store), ["ERROR two", "ERROR three"]);
    assert_eq!(store.find(0, false, Entry::is_error), Some(1));
    assert_eq!(store.find(0, true, Entry::is_error), Some(1));
    store.set_filter(Filter::default());
    assert_eq!((store.len(), store.kept()), (4, 4));
}

#[test]
fn credentials_never_get_into_the_store() {
    let mut store = Store::default();
    store.push_batch(batch(&[(
        1,
        r#"{"headers":{"Authorization":"Basic bmVvNGo6Y2FuYXJ5"}}"#,
    )]));
    assert!(!texts(&store).concat().contains("bmVvNGo6Y2FuYXJ5"));
}

#[test]
fn rates_count_by_bucket() {
    let mut store = Store::default();
    store.push_batch(batch(&[
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
    store.push_batch(batch(&[
        (1, "INFO Timeout a"),
        (2, "INFO b"),
        (3, "ERROR timeout c"),
    ]));
    store.set_search("timeOut");
    assert_eq!(
        (store.hits(0), store.hits(1), store.hits(2)),
        ((Some(1), 2), (None, 2), (Some(2), 2))
    );
    store.push_batch(batch(&[(4, "INFO d"), (5, "a timeout e")]));
    assert_eq!(store.hits(4), (Some(3), 3), "what comes is counted too");
    assert_eq!(
        (
            store.next_hit(0, false),
            store.next_hit(4, false),
            store.next_hit(0, true)
        ),
        (Some(2), Some(0), Some(4))
    );
    store.push_batch(batch(&[(0, "an early timeout")]));
    assert_eq!(store.hits(5), (Some(4), 4), "also out of order");
    store.set_filter(Filter::parse("level>=error").unwrap());
    assert_eq!(store.hits(0), (Some(1), 1), "among what is shown");
    store.push_batch(batch(&[(6, "ERROR timeout f"), (7, "INFO timeout g")]));
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
    store.push_batch(batch(&lines));
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
