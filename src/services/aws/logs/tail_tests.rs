//! The tail against a source that follows a script, on a clock that runs by itself.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::*;

/// What a scripted session does, each after so many seconds.
#[derive(Clone)]
enum Act {
    Send(Update),
    Fail(Failure),
    End,
    Silence,
}

/// A session: each act after so many seconds; or why there is none.
type Scene = Result<Vec<(u64, Act)>, Failure>;

#[derive(Default)]
struct Script {
    stored: Mutex<Vec<(i64, LogEvent)>>,
    sessions: Mutex<VecDeque<Scene>>,
    born: Mutex<i64>,
    open: Arc<AtomicUsize>,
}

struct Fake {
    script: Script,
    started: Instant,
}

/// Counts a session as open until it is dropped.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Source for Fake {
    fn now(&self) -> Moment {
        at(self.started.elapsed().as_millis() as i64)
    }

    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Group>, Failure>> {
        let exists = self.now() >= at(*self.script.born.lock().unwrap());
        let group = Group {
            name: name.to_owned(),
            arn: format!("arn:{name}"),
            is_standard: true,
        };
        Box::pin(async move { Ok(exists.then_some(group)) })
    }

    fn start<'a>(&'a self, _: &'a [Group]) -> BoxFuture<'a, Result<Session, Failure>> {
        let next = self
            .script
            .sessions
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or_else(|| Ok(Vec::new()));
        self.script.open.fetch_add(1, Ordering::SeqCst);
        let open = Open(Arc::clone(&self.script.open));
        Box::pin(async move {
            let acts = next?.into_iter();
            let session = stream::unfold((acts, open), |(mut acts, open)| async move {
                // Behind the script the heart beats on.
                let (wait, act) = acts.next().unwrap_or((1, Act::Send(Update::default())));
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

    fn page<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Page, Failure>> {
        let (now, from) = (self.now(), ask.from.unwrap_or_default());
        let stored = self.script.stored.lock().unwrap();
        let visible =
            |(ingested, event): &&(i64, LogEvent)| at(*ingested) <= now && event.timestamp >= from;
        let events = stored
            .iter()
            .filter(visible)
            .map(|(_, event)| event.clone())
            .collect();
        // The first page is empty and has a successor, as it happens at AWS.
        let page = match ask.token {
            None => Page {
                events: Vec::new(),
                next: Some("2".to_owned()),
            },
            Some(_) => Page { events, next: None },
        };
        Box::pin(async move { Ok(page) })
    }

    fn newest<'a>(
        &'a self,
        _: &'a str,
        from: Moment,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<LogEvent>, Failure>> {
        let stored = self.script.stored.lock().unwrap();
        let events: Vec<LogEvent> = stored
            .iter()
            .map(|(_, event)| event.clone())
            .filter(|event| event.timestamp >= from)
            .collect();
        let events = events[events.len().saturating_sub(limit)..].to_vec();
        Box::pin(async move { Ok(events) })
    }
}

const EPOCH: i64 = 1_795_000_000_000;

fn at(millis: i64) -> Moment {
    Moment::from_millis(EPOCH + millis)
}

/// An event of that second, as it is stored (with an id), visible from the second `ingested` on.
fn stored(second: i64, ingested: i64, message: &str) -> (i64, LogEvent) {
    let id = Some(format!("{second}-{message}"));
    let event = LogEvent {
        id,
        ..live(second, message)
    };
    (ingested * 1000, event)
}

/// The same event as a live session sends it.
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
    Act::Send(Update {
        events,
        sampled: false,
    })
}

/// Follows the script for so many seconds: messages, and notices.
async fn follow(script: Script, seconds: u64) -> (Vec<String>, Vec<LogNotice>, Option<Failure>) {
    let fake = Arc::new(Fake {
        script,
        started: Instant::now(),
    });
    let open = Arc::clone(&fake.script.open);
    let query = LogQuery {
        groups: vec!["g".into()],
        since: Some(at(0)),
        ..LogQuery::default()
    };
    let mut tail = super::start(query, move || async move { Ok(fake) });
    let (mut messages, mut notices, mut ended) = (Vec::new(), Vec::new(), None);
    let end = Instant::now() + Duration::from_secs(seconds);
    while let Ok(Some(item)) = tokio::time::timeout_at(end, tail.next()).await {
        match item {
            Ok(batch) => {
                messages.extend(batch.events.into_iter().map(|event| event.message));
                notices.extend(batch.notices);
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
    (messages, notices, ended)
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
            stored(60, 60, "b"),
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
            [NoticeKind::Started, NoticeKind::GapFilled, NoticeKind::Late]
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
    let sampled = Act::Send(Update {
        events: vec![live(5, "shown")],
        sampled: true,
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
async fn what_live_tail_loses_in_silence_is_found() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![
        stored(5, 5, "shown"),
        stored(6, 6, "lost"),
        stored(7, 90, "late"),
    ];
    let beats = (0..5).map(|_| (1, send(Vec::new())));
    script.sessions.lock().unwrap().push_back(Ok(beats
        .chain([(0, send(vec![live(5, "shown")]))])
        .collect()));
    let (messages, notices, _) = follow(script, 160).await;
    assert_eq!(messages, ["shown", "lost", "late"]);
    assert_eq!(
        kinds(&notices),
        [NoticeKind::Started, NoticeKind::Late, NoticeKind::Late]
    );
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
    let (messages, notices, _) = follow(script, 60).await;
    assert_eq!(messages, ["first"]);
    assert_eq!(
        kinds(&notices),
        [NoticeKind::Unavailable, NoticeKind::Started]
    );
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_end_it() {
    let script = Script::default();
    script.sessions.lock().unwrap().push_back(Err(Failure::new(
        FailureKind::SignIn,
        "starting",
        "expired",
    )));
    let (_, _, ended) = follow(script, 10).await;
    assert_eq!(ended.unwrap().kind, FailureKind::SignIn);
}

#[tokio::test(start_paused = true)]
async fn a_broken_network_is_tried_again_and_then_polled_around() {
    let script = Script::default();
    *script.stored.lock().unwrap() = vec![stored(1, 1, "a")];
    let broken = || {
        Err(Failure::new(
            FailureKind::Network,
            "starting",
            "no DNS for stream-logs",
        ))
    };
    *script.sessions.lock().unwrap() = VecDeque::from([broken(), broken(), broken()]);
    let (messages, notices, _) = follow(script, 400).await;
    assert_eq!(messages, ["a"]);
    assert_eq!(kinds(&notices), [NoticeKind::Polling]);
}
