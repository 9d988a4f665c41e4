//! The tail against a scripted source, with tokio's paused clock.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::super::source::{LiveSession, LiveUpdate, LogPage, NewestEvents};
use super::*;
use crate::model::LogNotice;

/// What a scripted session does, each after this many seconds.
#[derive(Clone)]
enum Act {
    Send(LiveUpdate),
    Fail(Failure),
    End,
    Silence,
}

/// A session: each act after this many seconds; or why there is none.
type Scene = Result<Vec<(u64, Act)>, Failure>;

#[derive(Default)]
struct Script {
    stored: Mutex<Vec<(i64, LogEvent)>>,
    sessions: Mutex<VecDeque<Scene>>,
    born: Mutex<i64>,
    open: Arc<AtomicUsize>,
    /// Number of sessions that were started.
    started: AtomicUsize,
    /// Failures of the next pages.
    failing_pages: Mutex<VecDeque<Failure>>,
    /// Number of pages that were requested.
    pages: AtomicUsize,
    /// Seconds between which the credentials are not valid.
    signed_out: Mutex<Option<(i64, i64)>>,
    class: LogGroupClass,
    /// The first page that fails, counted from one, and how many do.
    failing_from_page: Option<(usize, usize)>,
}

struct Fake {
    script: Script,
    started: Instant,
}

impl Fake {
    fn is_signed_out(&self) -> bool {
        let window = *self.script.signed_out.lock().unwrap();
        window
            .is_some_and(|(from, until)| (at(from * 1000)..at(until * 1000)).contains(&self.now()))
    }
}

fn expired() -> Failure {
    Failure::new(FailureKind::SignIn, "reading", "the token has expired")
}

/// Counts a session as open until it is dropped.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl LogSource for Fake {
    fn now(&self) -> Moment {
        at(self.started.elapsed().as_millis() as i64)
    }

    fn find_group<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<LogGroupInfo>, Failure>> {
        if self.is_signed_out() {
            return Box::pin(async { Err(expired()) });
        }
        let exists = self.now() >= at(*self.script.born.lock().unwrap());
        let group = LogGroupInfo {
            name: name.to_owned(),
            arn: format!("arn:{name}"),
            class: self.script.class,
            stored_bytes: 0,
            is_assumed: false,
        };
        Box::pin(async move { Ok(exists.then_some(group)) })
    }

    fn start_session<'a>(
        &'a self,
        _: &'a [LogGroupInfo],
    ) -> BoxFuture<'a, Result<LiveSession, Failure>> {
        let next = self
            .script
            .sessions
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or_else(|| Ok(Vec::new()));
        self.script.open.fetch_add(1, Ordering::SeqCst);
        self.script.started.fetch_add(1, Ordering::SeqCst);
        let open = Open(Arc::clone(&self.script.open));
        Box::pin(async move {
            let acts = next?.into_iter();
            let session = stream::unfold((acts, open), |(mut acts, open)| async move {
                // Behind the script the heart beats on.
                let (wait, act) = acts.next().unwrap_or((1, Act::Send(LiveUpdate::default())));
                sleep(Duration::from_secs(wait)).await;
                match act {
                    Act::Send(update) => Some((Ok(update), (acts, open))),
                    Act::Fail(failure) => Some((Err(failure), (acts, open))),
                    Act::End => None,
                    Act::Silence => std::future::pending().await,
                }
            });
            Ok(session.boxed())
        })
    }

    fn page<'a>(&'a self, request: &'a PageRequest) -> BoxFuture<'a, Result<LogPage, Failure>> {
        let number = self.script.pages.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some((first, count)) = self.script.failing_from_page
            && (first..first + count).contains(&number)
        {
            let failure = Failure::new(FailureKind::Network, "reading g", "reset");
            return Box::pin(async move { Err(failure) });
        }
        if self.is_signed_out() {
            return Box::pin(async { Err(expired()) });
        }
        if let Some(failure) = self.script.failing_pages.lock().unwrap().pop_front() {
            return Box::pin(async move { Err(failure) });
        }
        let (now, from) = (self.now(), request.from.unwrap_or_default());
        let stored = self.script.stored.lock().unwrap();
        let visible =
            |(ingested, event): &&(i64, LogEvent)| at(*ingested) <= now && event.timestamp >= from;
        let events = stored
            .iter()
            .filter(visible)
            .map(|(_, event)| event.clone())
            .collect();
        // The first page is empty and has a successor, as it happens at AWS.
        let page = match request.token {
            None => LogPage {
                events: Vec::new(),
                next: Some("2".to_owned()),
            },
            Some(_) => LogPage { events, next: None },
        };
        Box::pin(async move { Ok(page) })
    }

    fn newest<'a>(
        &'a self,
        _: &'a str,
        from: Moment,
        limit: usize,
    ) -> BoxFuture<'a, Result<NewestEvents, Failure>> {
        let stored = self.script.stored.lock().unwrap();
        let events: Vec<LogEvent> = stored
            .iter()
            .map(|(_, event)| event.clone())
            .filter(|event| event.timestamp >= from)
            .collect();
        let is_cut = events.len() > limit;
        let events = events[events.len().saturating_sub(limit)..].to_vec();
        Box::pin(async move { Ok(NewestEvents::new(events, is_cut)) })
    }
}

const EPOCH: i64 = 1_795_000_000_000;

fn at(millis: i64) -> Moment {
    Moment::from_millis(EPOCH + millis)
}

/// Returns an event of that second, as it is stored (with an id), visible from the second `ingested` on.
fn stored(second: i64, ingested: i64, message: &str) -> (i64, LogEvent) {
    let id = Some(format!("{second}-{message}"));
    let event = LogEvent {
        id,
        ..live(second, message)
    };
    (ingested * 1000, event)
}

/// Returns the same event as a live session sends it.
fn live(second: i64, message: &str) -> LogEvent {
    let timestamp = at(second * 1000);
    LogEvent {
        timestamp,
        ingestion: timestamp,
        group: "g".into(),
        stream: "s".into(),
        id: None,
        message: message.into(),
    }
}

fn send(events: Vec<LogEvent>) -> Act {
    Act::Send(LiveUpdate {
        events,
        ..LiveUpdate::default()
    })
}

/// Follows the script for this many seconds: messages, and notices.
async fn follow(script: Script, seconds: u64) -> (Vec<String>, Vec<LogNotice>, Option<Failure>) {
    let (messages, notices, ended, _) = follow_with_status(script, seconds).await;
    (messages, notices, ended)
}

/// Follows the script for this many seconds: messages, notices, the failure that ended the tail, and the last status.
async fn follow_with_status(
    script: Script,
    seconds: u64,
) -> (Vec<String>, Vec<LogNotice>, Option<Failure>, TailStatus) {
    let fake = Arc::new(Fake {
        script,
        started: Instant::now(),
    });
    let pages = Arc::clone(&fake);
    let open = Arc::clone(&fake.script.open);
    let query = LogQuery {
        groups: vec!["g".into()],
        since: Some(at(0)),
        ..LogQuery::default()
    };
    let mut tail = super::start(query, move || {
        let fake = Arc::clone(&fake);
        async move { Ok(fake) }
    });
    let (mut messages, mut notices, mut ended) = (Vec::new(), Vec::new(), None);
    let mut status = TailStatus::default();
    let end = Instant::now() + Duration::from_secs(seconds);
    while let Ok(Some(item)) = tokio::time::timeout_at(end, tail.next()).await {
        match item {
            Ok(batch) => {
                messages.extend(batch.events.into_iter().map(|event| event.message));
                notices.extend(batch.notices);
                status = batch.status.expect("every batch of a tail has its status");
            }
            Err(failure) => ended = Some(failure),
        }
    }
    drop(tail);
    // The task ends at its next turn.
    tokio::task::yield_now().await;
    assert_eq!(
        open.load(Ordering::SeqCst),
        0,
        "dropping the tail ends its session"
    );
    PAGES.set(pages.script.pages.load(Ordering::SeqCst));
    SESSIONS.set(pages.script.started.load(Ordering::SeqCst));
    (messages, notices, ended, status)
}

thread_local! {
    /// Number of pages that the last script served.
    static PAGES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    /// Number of sessions that it started.
    static SESSIONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn kinds(notices: &[LogNotice]) -> Vec<NoticeKind> {
    notices.iter().map(|notice| notice.kind).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_there_and_what_comes_is_shown_once_in_that_order() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![
        stored(0, 0, "old"),
        stored(1, 1, "same"),
        stored(2, 2, "new"),
    ];
    script.sessions.lock().unwrap().push_back(Ok(vec![
        (1, send(vec![live(1, "same")])),
        (1, send(vec![live(2, "new")])),
    ]));
    let (messages, notices, _) = follow(script, 20).await;
    assert_eq!(messages, ["old", "same", "new"]);
    assert_eq!(kinds(&notices), [NoticeKind::Started]);
}

#[tokio::test(start_paused = true)]
async fn where_only_the_newest_lines_were_read_the_tail_says_from_when_on_none_is_missing() {
    let lines = || vec![stored(0, 0, "a"), stored(1, 1, "b"), stored(2, 2, "c")];
    for (limit, messages, complete_from) in [
        // Of the time of "b" only a part may have been read.
        (2, vec!["b", "c"], Some(at(1_001))),
        (3, vec!["a", "b", "c"], None),
    ] {
        let script = Script::default();
        *script.stored.lock().unwrap() = lines();
        let fake = Arc::new(Fake {
            script,
            started: Instant::now(),
        });
        let query = LogQuery {
            groups: vec!["g".into()],
            since: Some(at(0)),
            limit: Some(limit),
            ..LogQuery::default()
        };
        let mut tail = super::start(query, move || {
            let fake = Arc::clone(&fake);
            async move { Ok(fake) }
        });
        let (mut read, mut told) = (Vec::new(), None);
        let end = Instant::now() + Duration::from_secs(5);
        while let Ok(Some(Ok(batch))) = tokio::time::timeout_at(end, tail.next()).await {
            read.extend(batch.events.into_iter().map(|event| event.message));
            told = told.max(batch.complete_from);
        }
        assert_eq!(
            (read, told),
            (
                messages.into_iter().map(str::to_owned).collect(),
                complete_from
            ),
            "{limit}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_made_again_and_the_gap_filled() {
    for act in [
        Act::End,
        Act::Silence,
        Act::Fail(Failure::new(FailureKind::Network, "following", "reset")),
    ] {
        let script = Script::default();
        *script.stored.lock().unwrap() = vec![
            stored(1, 1, "a"),
            stored(2, 2, "lost"),
            stored(2, 20, "settled later"),
            stored(60, 62, "b"),
        ];
        let after = vec![(55, send(vec![live(60, "b")]))];
        let beats: Vec<(u64, Act)> = (0..54)
            .map(|_| (1, send(Vec::new())))
            .chain(after.into_iter().map(|(_, act)| (1, act)))
            .collect();
        *script.sessions.lock().unwrap() =
            VecDeque::from([Ok(vec![(1, send(vec![live(1, "a")])), (1, act)]), Ok(beats)]);
        let (messages, notices, _) = follow(script, 80).await;
        assert_eq!(messages, ["a", "lost", "settled later", "b"]);
        assert_eq!(
            kinds(&notices),
            [
                NoticeKind::Started,
                NoticeKind::GapFilled,
                NoticeKind::Reconciled
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ends_in_order_is_no_gap() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(1, 1, "a"), stored(2, 2, "between")];
    let over = Failure::new(FailureKind::Server, "following", "three hours")
        .code("SessionTimeoutException");
    *script.sessions.lock().unwrap() = VecDeque::from([Ok(vec![
        (1, send(vec![live(1, "a")])),
        (1, Act::Fail(over)),
    ])]);
    let (messages, notices, _) = follow(script, 30).await;
    assert_eq!(messages, ["a", "between"]);
    assert!(
        !kinds(&notices).contains(&NoticeKind::GapFilled),
        "{notices:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_next_session_begins_before_the_service_ends_the_first_and_nothing_is_told_of_it() {
    let script = Script::default();
    let around = 170 * 60 + 2;
    *script.stored.lock().unwrap() = (around..around + 8)
        .map(|second| stored(second, second, "one line"))
        .collect();
    // Both sessions deliver the lines of the seconds in which both run.
    let lines = |from: i64, to: i64, quiet: i64| {
        let beats = (0..quiet).map(|_| (1, send(Vec::new())));
        let live = (from..to).map(|second| (1, send(vec![live(second, "one line")])));
        beats.chain(live).collect::<Vec<_>>()
    };
    let first = lines(around, around + 8, around - 1);
    let second = lines(around, around + 8, 1);
    *script.sessions.lock().unwrap() = VecDeque::from([Ok(first), Ok(second)]);
    let (messages, notices, _, status) = follow_with_status(script, around as u64 + 100).await;
    assert_eq!(messages, ["one line"; 8]);
    assert_eq!(kinds(&notices), [NoticeKind::Started]);
    assert_eq!(status.mode, TailMode::Live);
    assert_eq!(SESSIONS.get(), 2, "the first one is not waited for");
}

#[tokio::test(start_paused = true)]
async fn sessions_that_end_at_once_are_given_up_for_polling() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(1, 1, "a"), stored(40, 40, "b")];
    let over =
        || Failure::new(FailureKind::Server, "following", "over").code("SessionTimeoutException");
    let scenes = (0..5).map(|_| Ok(vec![(0, Act::Fail(over()))]));
    *script.sessions.lock().unwrap() = scenes.collect();
    let (messages, notices, _) = follow(script, 60).await;
    assert_eq!(messages, ["a", "b"]);
    assert_eq!(
        kinds(&notices).last(),
        Some(&NoticeKind::Polling),
        "{notices:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_aws_left_out_is_read() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(5, 5, "shown"), stored(5, 5, "left out")];
    let beats = (0..5).map(|_| (1, send(Vec::new())));
    let sampled = Act::Send(LiveUpdate {
        events: vec![live(5, "shown")],
        sampled: true,
        ..LiveUpdate::default()
    });
    script
        .sessions
        .lock()
        .unwrap()
        .push_back(Ok(beats.chain([(0, sampled)]).collect()));
    let (messages, notices, _) = follow(script, 20).await;
    assert_eq!(messages, ["shown", "left out"]);
    assert_eq!(
        kinds(&notices),
        [
            NoticeKind::Started,
            NoticeKind::Sampled,
            NoticeKind::Sampled
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_live_tail_loses_is_found_also_after_a_quiet_night() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![
        stored(5, 5, "shown"),
        stored(6, 6, "lost"),
        stored(7, 90, "settled late"),
        stored(30_000, 30_000, "lost after eight quiet hours"),
    ];
    let beats = (0..5).map(|_| (1, send(Vec::new())));
    script.sessions.lock().unwrap().push_back(Ok(beats
        .chain([(0, send(vec![live(5, "shown")]))])
        .collect()));
    let (messages, notices, _) = follow(script, 30_100).await;
    assert_eq!(
        messages,
        [
            "shown",
            "lost",
            "settled late",
            "lost after eight quiet hours"
        ]
    );
    assert_eq!(
        kinds(&notices),
        [
            NoticeKind::Started,
            NoticeKind::Reconciled,
            NoticeKind::Reconciled,
            NoticeKind::Reconciled
        ]
    );
    // Two requests a reading, since the first page of the fake is empty.
    let readings = PAGES.get() / 2;
    assert!(
        readings <= 30_100 / 60 + 20,
        "{readings} readings in quiet time"
    );
}

#[tokio::test(start_paused = true)]
async fn a_window_that_cannot_be_read_stays_an_open_gap_until_it_is() {
    let failure = || Failure::new(FailureKind::Server, "reading g", "InternalServerError");
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(0, 0, "old"), stored(1, 1, "new")];
    *script.failing_pages.lock().unwrap() = (0..4).map(|_| failure()).collect();
    let (messages, notices, ended, status) = follow_with_status(script, 200).await;
    let mut sorted = messages.clone();
    sorted.sort();
    assert_eq!(sorted, ["new", "old"], "nothing lost, nothing doubled");
    assert_eq!(
        kinds(&notices),
        [
            NoticeKind::Started,
            NoticeKind::GapOpen,
            NoticeKind::GapFilled
        ]
    );
    assert_eq!((ended, status.open_gaps, status.late), (None, 0, 0));

    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(0, 0, "old")];
    *script.failing_pages.lock().unwrap() = (0..1000).map(|_| failure()).collect();
    let (messages, _, _, status) = follow_with_status(script, 60).await;
    assert!(messages.is_empty());
    assert_eq!(status.open_gaps, 1, "counted as long as it is open");
}

#[tokio::test(start_paused = true)]
async fn a_window_that_is_refused_stays_an_open_gap_until_it_may_be_read() {
    let denied = || Failure::new(FailureKind::Denied, "reading g", "not authorized");
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(0, 0, "old"), stored(20, 20, "new")];
    *script.failing_pages.lock().unwrap() = (0..4).map(|_| denied()).collect();
    let (messages, notices, ended, status) = follow_with_status(script, 300).await;
    assert_eq!(messages, ["old", "new"]);
    // Attempts have a random pause between them: the second line comes with one of them, or with a routine reading.
    assert_eq!(
        kinds(&notices)[..3],
        [
            NoticeKind::Started,
            NoticeKind::Unavailable,
            NoticeKind::GapFilled
        ]
    );
    assert_eq!((ended, status.open_gaps), (None, 0));

    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(0, 0, "old")];
    *script.failing_pages.lock().unwrap() = (0..1000).map(|_| denied()).collect();
    let (messages, notices, _, status) = follow_with_status(script, 4 * 60 * 60).await;
    assert!(messages.is_empty());
    assert_eq!((status.open_gaps, status.refused_gaps), (1, 1));
    assert_eq!(
        kinds(&notices),
        [NoticeKind::Started, NoticeKind::Unavailable]
    );
    assert!(PAGES.get() <= 30, "{} attempts", PAGES.get());
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_not_there_does_not_make_a_group_missing() {
    let script = Script {
        class: LogGroupClass::InfrequentAccess,
        ..Script::default()
    };
    let unknown = || {
        Failure::new(FailureKind::NotFound, "starting a query", "?")
            .code("UnknownOperationException")
    };
    *script.failing_pages.lock().unwrap() = (0..1000).map(|_| unknown()).collect();
    let (_, notices, ended) = follow(script, 60).await;
    assert_eq!(kinds(&notices), [NoticeKind::Polling]);
    let ended = ended.expect("nothing else can be read");
    assert_eq!(ended.code.as_deref(), Some("UnknownOperationException"));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_no_operation_reads_is_counted_as_a_gap() {
    let script = Script {
        class: LogGroupClass::Delivery,
        ..Script::default()
    };
    let (_, notices, _, status) = follow_with_status(script, 60).await;
    assert_eq!(kinds(&notices), [NoticeKind::Unavailable]);
    assert_eq!((status.open_gaps, status.refused_gaps), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_gap_after_a_lost_connection_is_not_called_filled_while_it_is_not() {
    let script = Script {
        failing_from_page: Some((3, 5)),
        ..Script::default()
    };
    *script.stored.lock().unwrap() = vec![stored(1, 1, "a"), stored(3, 3, "in the gap")];
    let beats: Vec<(u64, Act)> = [(1, send(vec![live(1, "a")]))]
        .into_iter()
        .chain([(1, Act::End)])
        .collect();
    *script.sessions.lock().unwrap() = VecDeque::from([Ok(beats)]);
    let (messages, notices, _, status) = follow_with_status(script, 100).await;
    assert_eq!(messages, ["a", "in the gap"]);
    // The lines come with a routine reading or with the next attempt at the gap: attempts have a random pause between them.
    let kinds = kinds(&notices);
    assert_eq!(kinds[..2], [NoticeKind::Started, NoticeKind::GapOpen]);
    assert_eq!(kinds.last(), Some(&NoticeKind::GapFilled));
    assert_eq!(status.open_gaps, 0);
}

#[tokio::test(start_paused = true)]
async fn only_lines_written_long_after_their_time_while_it_runs_are_late() {
    let script = Script::default();
    let old_and_late = LogEvent {
        ingestion: at(-200_000),
        ..live(-400, "late before the start")
    };
    let late = LogEvent {
        ingestion: at(90_000),
        ..live(10, "late")
    };
    *script.stored.lock().unwrap() =
        vec![(0, old_and_late), (90_000, late), stored(20, 20, "in time")];
    let (_, notices, _, status) = follow_with_status(script, 200).await;
    assert_eq!(status.late, 1, "{notices:?}");
    assert!(kinds(&notices).contains(&NoticeKind::Late), "{notices:?}");
}

#[tokio::test(start_paused = true)]
async fn a_group_of_infrequent_access_is_read_without_a_session() {
    let script = Script {
        class: LogGroupClass::InfrequentAccess,
        ..Script::default()
    };
    *script.stored.lock().unwrap() = vec![stored(0, 0, "a"), stored(50, 50, "b")];
    let (messages, notices, _, status) = follow_with_status(script, 100).await;
    assert_eq!(messages, ["a", "b"]);
    assert_eq!(kinds(&notices), [NoticeKind::Polling]);
    assert_eq!(status.mode, TailMode::Polling);
}

#[tokio::test(start_paused = true)]
async fn without_live_tail_it_polls_and_says_why() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![
        stored(1, 1, "a"),
        stored(8, 8, "b"),
        stored(9, 24, "fifteen seconds late"),
        stored(9, 9, "c"),
    ];
    let denied = Failure::new(
        FailureKind::Denied,
        "starting a live tail",
        "not authorized to perform: logs:StartLiveTail",
    );
    script.sessions.lock().unwrap().push_back(Err(denied));
    let (mut messages, notices, ended) = follow(script, 60).await;
    messages.sort();
    assert_eq!(messages, ["a", "b", "c", "fifteen seconds late"]);
    assert_eq!(kinds(&notices), [NoticeKind::Polling]);
    assert!(
        notices[0].text.contains("logs:StartLiveTail"),
        "{notices:?}"
    );
    assert_eq!(ended, None);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_comes_later_is_followed_then() {
    let script = Script::default();
    *script.born.lock().unwrap() = 25_000;
    *script.stored.lock().unwrap() = vec![stored(26, 26, "first")];
    let (messages, notices, _, status) = follow_with_status(script, 60).await;
    assert_eq!(messages, ["first"]);
    assert_eq!(kinds(&notices), [NoticeKind::Missing, NoticeKind::Started]);
    assert_eq!(status.missing, 0, "nothing is waited for any more");
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_not_valid_at_the_start_end_it() {
    let script = Script::default();
    script.sessions.lock().unwrap().push_back(Err(expired()));
    let (_, _, ended) = follow(script, 10).await;
    assert_eq!(ended.unwrap().kind, FailureKind::SignIn);
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_pause_it_and_a_new_sign_in_fills_the_gap() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![
        stored(1, 1, "before"),
        stored(300, 300, "while signed out"),
        stored(620, 620, "after"),
    ];
    *script.signed_out.lock().unwrap() = Some((100, 600));
    let (messages, notices, ended, status) = follow_with_status(script, 800).await;
    assert_eq!(ended, None);
    assert_eq!(messages, ["before", "while signed out", "after"]);
    let paused = notices
        .iter()
        .filter(|notice| notice.kind == NoticeKind::Paused)
        .count();
    assert_eq!(paused, 1, "one banner: {notices:?}");
    assert_eq!((status.mode, status.open_gaps), (TailMode::Live, 0));
}

#[tokio::test(start_paused = true)]
async fn a_missing_group_is_told_once_while_polling() {
    let script = Script::default();
    *script.born.lock().unwrap() = 1_000_000;
    let denied = Failure::new(FailureKind::Denied, "starting a live tail", "denied");
    script.sessions.lock().unwrap().push_back(Err(denied));
    let (_, notices, _, status) = follow_with_status(script, 200).await;
    assert_eq!(kinds(&notices), [NoticeKind::Missing]);
    assert_eq!(status.missing, 1);
}

#[tokio::test(start_paused = true)]
async fn a_broken_network_is_polled_around_until_live_tail_is_back() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(1, 1, "a")];
    let broken = || {
        Err(Failure::new(
            FailureKind::Network,
            "starting",
            "no DNS for stream-logs",
        ))
    };
    *script.sessions.lock().unwrap() = (0..4).map(|_| broken()).collect();
    let (messages, notices, _, status) = follow_with_status(script, 45).await;
    assert_eq!(messages, ["a"]);
    assert_eq!(kinds(&notices), [NoticeKind::Polling]);
    assert_eq!(status.mode, TailMode::Polling);

    let script = Script::default();
    *script.sessions.lock().unwrap() = (0..4).map(|_| broken()).collect();
    let (_, notices, _, status) = follow_with_status(script, 120).await;
    assert_eq!(kinds(&notices), [NoticeKind::Polling, NoticeKind::Started]);
    assert_eq!(status.mode, TailMode::Live);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_log_says_that_it_was_read() {
    let (messages, _, _, status) = follow_with_status(Script::default(), 20).await;
    assert_eq!(messages, [""; 0]);
    assert!(status.is_backfilled, "{status:?}");
}
