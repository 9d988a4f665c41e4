//! The store: order, bounds, filters, hits, and tails that are taken up again.

use super::*;
use crate::{logs::RecordReader, model::LogEvent};

fn batch(events: &[(i64, &str)]) -> LogBatch<LogRecord> {
    let events = events.iter().map(|(at, message)| LogEvent {
        timestamp: Moment::from_millis(*at),
        ingestion: Moment::from_millis(if *message == "late" { at + 90_000 } else { *at }),
        group: "g".into(),
        stream: "s".into(),
        id: None,
        message: (*message).to_owned(),
    });
    RecordReader::default().read_batch(LogBatch {
        events: events.collect(),
        ..LogBatch::default()
    })
}

fn texts(store: &LogStore) -> Vec<String> {
    let text = |entry: Entry| match entry.body {
        Body::Event { text, .. } => text,
        Body::Notice(notice) => notice.text,
    };
    (0..store.len())
        .filter_map(|row| store.row(row))
        .map(text)
        .collect()
}

#[test]
fn late_events_find_their_place_and_are_counted() {
    let mut store = LogStore::default();
    store.push_batch(batch(&[(20_000, "b"), (10_000, "a")]));
    store.push_batch(batch(&[(30_000, "c")]));
    store.push_batch(batch(&[(12_000, "late"), (29_500, "near")]));
    assert_eq!(texts(&store), ["a", "late", "b", "near", "c"]);
    assert_eq!(store.late, 1);
}

#[test]
fn the_filter_holds_for_what_comes_and_can_be_taken_off() {
    let mut store = LogStore::default();
    store.push_batch(batch(&[(1, "INFO one"), (2, "ERROR two")]));
    store.set_filter(Filter::parse("level>=error").unwrap());
    store.push_batch(batch(&[(3, "ERROR three"), (4, "INFO four")]));
    assert_eq!(texts(&store), ["ERROR two", "ERROR three"]);
    assert_eq!(store.next_of_level(0, false, Level::Error), Some(1));
    assert_eq!(store.next_of_level(0, true, Level::Error), Some(1));
    store.set_filter(Filter::default());
    assert_eq!((store.len(), store.kept()), (4, 4));
}

#[test]
fn of_notices_only_those_about_missing_lines_stand_among_what_words_pick() {
    use crate::model::NoticeKind;
    let kinds = [
        NoticeKind::Missing,
        NoticeKind::GapOpen,
        NoticeKind::Started,
    ];
    let notices = |at: i64| {
        kinds.map(|kind| LogNotice {
            at: Moment::from_millis(at),
            kind,
            text: format!("{kind:?}"),
        })
    };
    let mut store = LogStore::default();
    // Enough that runs are compressed, which filters them in another way.
    store.push_batch(varied(0, 20_000));
    for at in [5, 150_005] {
        store.push_batch(LogBatch {
            notices: notices(at).to_vec(),
            ..LogBatch::default()
        });
    }
    for words in [
        "level>=error",
        "line",
        "/line 1\\d/",
        "level>=error line",
        "id=t1",
    ] {
        let filter = Filter::parse(words).unwrap();
        store.set_filter(filter.clone());
        while store.is_scanning() {
            store.scan_more();
        }
        let shown: Vec<NoticeKind> = store
            .rows(0..store.len())
            .into_iter()
            .filter_map(|entry| match entry.body {
                Body::Notice(notice) => Some(notice.kind),
                Body::Event { .. } => None,
            })
            .collect();
        assert_eq!(shown, [NoticeKind::GapOpen; 2], "{words}");
        assert_eq!(store.notice_count(), 2, "{words}");
        let alone: Vec<_> = notices(5)
            .into_iter()
            .filter(|notice| filter.passes_notice(notice.at, notice.kind))
            .collect();
        assert_eq!(alone.len(), 1, "{words}");
    }
    store.set_filter(Filter::default());
    assert_eq!(
        (store.len(), store.notice_count()),
        (20_006, 6),
        "without words all are shown"
    );
}

#[test]
fn credentials_never_get_into_the_store() {
    let mut store = LogStore::default();
    store.push_batch(batch(&[(
        1,
        r#"{"headers":{"Authorization":"Basic bmVvNGo6Y2FuYXJ5"}}"#,
    )]));
    assert!(!texts(&store).concat().contains("bmVvNGo6Y2FuYXJ5"));
}

#[test]
fn rates_count_by_bucket() {
    let mut store = LogStore::default();
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
    let mut store = LogStore::default();
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
    assert_eq!(store.hits(0), (Some(1), 6));
    store.set_search("");
    assert_eq!((store.hits(0), store.next_hit(0, false)), ((None, 0), None));
}

/// Lines of a runtime with ids, a message whose JSON has escapes, plain lines, and stack traces of several lines.
fn varied(from: i64, to: i64) -> LogBatch<LogRecord> {
    let text = |number: i64| match number % 5 {
        0 => format!(
            r#"{{"timestamp":"2026-11-28T10:00:00.{:03}Z","level":"INFO","message":"tools/call read-neo4j-cypher answered","logger":"mcp.server","requestId":"{:016x}","ms":{}}}"#,
            number % 1000,
            number * 7_919_101,
            number % 990
        ),
        1 => format!(
            r#"{{"level":"WARN","message":"a \"quoted\" word {number}","traceId":"t{number}"}}"#
        ),
        2 => format!("ERROR line {number}\n  at frame {number}\n"),
        3 => format!("level=debug msg=\"plain {number}\" session_id=s{number}"),
        _ => format!("without a level {number} é東"),
    };
    let lines: Vec<(i64, String)> = (from..to)
        .map(|number| (number * 10, text(number)))
        .collect();
    let lines: Vec<(i64, &str)> = lines
        .iter()
        .map(|(at, text)| (*at, text.as_str()))
        .collect();
    batch(&lines)
}

#[test]
fn what_was_compressed_is_read_as_it_was() {
    let mut store = LogStore::default();
    let records = varied(0, 20_000);
    let expected: Vec<Entry> = records
        .events
        .iter()
        .map(|record| entry(record.clone(), Moment::default()))
        .collect();
    store.push_batch(records);
    assert!(store.segments.iter().filter(|run| run.is_packed()).count() > 10);
    assert_eq!(store.rows(0..store.len()), expected);
    assert_eq!(store.row(7_001).as_ref(), expected.get(7_001));
    assert_eq!(store.position(&expected[7_001]), 7_001);
    assert_eq!(store.time_of_row(7_001), Some(Moment::from_millis(70_010)));
    assert_eq!(
        store.level_counts(),
        [0, 4_000, 4_000, 4_000, 4_000, 0, 4_000]
    );
    let (all, errors) = store.histogram(Moment::from_millis(0), 50_000, 4);
    assert_eq!((all, errors), (vec![5_000; 4], vec![1_000; 4]));
}

#[test]
fn a_late_line_finds_its_place_among_compressed_ones() {
    let mut store = LogStore::default();
    store.push_batch(varied(0, 20_000));
    let runs = store.segments.len();
    for at in [5, 33_335, 100_005, 199_985] {
        store.push_batch(batch(&[(at, "ERROR late and lonely")]));
    }
    assert_eq!(store.kept(), 20_004);
    assert!(
        store.segments.len() <= runs + 1,
        "no small runs are left behind"
    );
    let times: Vec<Moment> = (0..store.len())
        .filter_map(|row| store.time_of_row(row))
        .collect();
    assert!(times.is_sorted());
    store.set_filter(Filter::parse("lonely").unwrap());
    while store.is_scanning() {
        store.scan_more();
    }
    let found: Vec<i64> = store
        .rows(0..10)
        .iter()
        .map(|entry| entry.at.millis())
        .collect();
    assert_eq!(found, [5, 33_335, 100_005, 199_985]);
}

#[test]
fn every_filter_finds_in_compressed_lines_what_it_finds_in_others() {
    let mut store = LogStore::default();
    store.push_batch(varied(0, 20_000));
    let all = store.rows(0..store.len());
    for text in [
        "level>=warn",
        "QUOTED",
        "/frame 1\\d*2$/",
        "/^error line 7/",
        "/[^x]*frame 77/",
        "/\\bplain\\b/ level>=debug",
        "!answered level>=error",
        "trace=t16",
        "session=s1003 plain",
        "/answered.*\"ms\":8[0-9][0-9]/",
        "source=log é東",
        "/\\Aerror line 12\\d/",
    ] {
        let filter = Filter::parse(text).unwrap();
        let expected: Vec<&Entry> = all.iter().filter(|entry| filter.passes(entry)).collect();
        store.set_filter(filter);
        while store.is_scanning() {
            store.scan_more();
        }
        assert!(!expected.is_empty(), "{text} finds something");
        assert_eq!(
            store.rows(0..store.len()).iter().collect::<Vec<_>>(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn the_first_rows_of_a_filter_are_there_at_once_and_older_ones_come_in_front() {
    let mut store = LogStore::default();
    for from in (0..60_000).step_by(1_000) {
        store.push_batch(varied(from, from + 1_000));
    }
    store.set_filter(Filter::parse("frame").unwrap());
    assert!(store.is_scanning() && !store.is_empty());
    let newest = store.row(store.len() - 1);
    let first = store.row(0);
    let added = store.scan_more();
    assert_eq!(store.row(added), first, "rows keep their order");
    assert_eq!(store.row(store.len() - 1), newest);
    store.set_search("line 2\n");
    let found = store.next_hit(store.len() - 1, true).unwrap();
    assert!(!store.is_scanning(), "searched as far as needed");
    assert_eq!(store.time_of_row(found), Some(Moment::from_millis(20)));
    assert_eq!(store.hits(found), (Some(1), 1));
}

#[test]
fn a_retained_line_takes_less_than_half_of_its_text() {
    let mut store = LogStore::default();
    let mut bytes = 0;
    for from in (0..40_000).step_by(1_000) {
        let records: Vec<(i64, String)> = (from..from + 1_000)
            .map(|number: i64| (number, format!(
                r#"{{"timestamp":"2026-11-28T10:00:{:02}.{:03}Z","level":"INFO","message":"tools/call read-neo4j-cypher answered","logger":"mcp.server","requestId":"{:016x}","ms":{},"n":{number}}}"#,
                number / 1_000 % 60, number % 1_000, number.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64), number % 990,
            )))
            .collect();
        bytes += records.iter().map(|(_, text)| text.len()).sum::<usize>();
        let lines: Vec<(i64, &str)> = records
            .iter()
            .map(|(at, text)| (*at, text.as_str()))
            .collect();
        store.push_batch(batch(&lines));
    }
    // 80 MiB for 182 MB of lines.
    assert!(
        store.memory() * 182 <= bytes * 84,
        "{} of {bytes} bytes",
        store.memory()
    );
}

#[test]
fn lines_and_memory_are_bounded_and_what_goes_is_counted() {
    let mut store = LogStore::default();
    store.push_batch(varied(0, 20_000));
    store.settle(5_000, usize::MAX);
    assert!(store.kept() <= 5_000 && store.kept() > 3_500);
    assert_eq!(store.kept() + store.evicted, 20_000);
    assert_eq!(store.newest(), Some(Moment::from_millis(199_990)));
    let memory = store.memory();
    store.settle(usize::MAX, memory / 2);
    assert!(store.memory() <= memory / 2 && store.kept() > 0);
    assert_eq!(store.kept() + store.evicted, 20_000);
    store.settle(0, usize::MAX);
    assert_eq!((store.kept(), store.evicted), (0, 20_000));
}

#[test]
fn an_empty_store_finds_nothing() {
    let mut store = LogStore::default();
    assert_eq!(store.find(0, false, |_| true), None);
    assert_eq!(store.find(0, true, |_| true), None);
    assert_eq!(store.next_hit(0, false), None);
    assert_eq!(store.next_of_level(0, true, Level::Trace), None);
    assert_eq!((store.row(0), store.rows(0..9)), (None, Vec::new()));
}

#[test]
fn the_histogram_counts_what_is_kept() {
    let mut store = LogStore::default();
    store.push_batch(batch(&[(1_000, "INFO one"), (2_000, "ERROR two")]));
    store.push_batch(batch(&[(500, "ERROR older")]));
    let total = |store: &LogStore| {
        let counts = store
            .level_histogram()
            .total(Moment::from_millis(0), Moment::from_millis(9_000));
        (counts.all(), counts.errors())
    };
    assert_eq!(total(&store), (3, 2));
    store.settle(0, usize::MAX);
    assert_eq!(total(&store).0, store.kept() as u64);
}
