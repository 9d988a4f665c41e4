//! One live session of a tail until its end: held back during the back-fill, then passed on, and checked against what is stored.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use tokio::time::{Instant, sleep_until};

use crate::model::{Failure, FailureKind, LogBatch, LogEvent, Moment, NoticeKind, pluralize};

use super::tail::{End, Gone, LOOK, OVERLAP, RECONCILED, Session, Source, Tail, Update, WATCHDOG};
use crate::services::aws::logs::{
    backfill::{self, Fill, Filling},
    dedup::Pass,
    unavailable,
};

/// After an update that AWS sampled, its second is read once it has settled.
const SETTLE: Duration = Duration::from_secs(3);
/// Live tail is known to lose lines: what came in lately is read again so often, while lines come.
const RECONCILE: Duration = Duration::from_secs(30);
/// Live events held back during a back-fill; beyond, they are read with it.
const HELD: usize = 20_000;
/// A reader that takes longer than this for a batch makes the service drop updates, in milliseconds.
const SLOW: i64 = 5_000;

/// Why something is read again.
#[derive(Clone, Copy)]
enum Reading {
    /// The beginning: from `since`.
    Begin,
    /// What was missed since the connection was lost.
    Gap(Moment),
    /// What AWS left out.
    Sampled,
    /// What live tail may have lost.
    Late,
}

/// A reading to come: when, why, and from when on.
type Planned = (Instant, Reading, Moment);

/// What a session has to remember.
struct Live {
    pass: Pass,
    /// What came during the first reading; `None` once that is done.
    held: Option<Vec<LogEvent>>,
    planned: Option<Planned>,
    /// When the last event came.
    stirred: Moment,
}

impl Live {
    /// Plans a reading; of two, the sooner is made, and reaches back as far as the farther one.
    fn plan(&mut self, other: Planned) {
        self.planned = Some(match self.planned {
            None => other,
            Some(planned) => {
                let (when, why, _) = if other.0 < planned.0 { other } else { planned };
                (when, why, planned.2.min(other.2))
            }
        });
    }

    fn plan_late(&mut self, now: Moment) {
        self.plan((
            Instant::now() + RECONCILE,
            Reading::Late,
            now.plus(-RECONCILED),
        ));
    }
}

/// A reading in progress.
struct Reader {
    filling: Option<Filling>,
    why: Reading,
    pass: Pass,
    found: usize,
}

impl<S: Source> Tail<S> {
    /// One session until its end. `lost`: when the one before was lost.
    pub(super) async fn listen(
        &mut self,
        mut session: Session,
        groups: usize,
        lost: Option<Moment>,
    ) -> Result<End, Gone> {
        let now = self.source.now();
        if self.covered.is_none() {
            let what = if groups == 1 {
                "live tail".to_owned()
            } else {
                format!("live tail of {groups} groups")
            };
            self.notice(now, NoticeKind::Started, what).await?;
        }
        let why = match (self.covered, lost) {
            (None, _) => Reading::Begin,
            (Some(_), Some(at)) => Reading::Gap(at),
            (Some(_), None) => Reading::Late,
        };
        let from = self
            .covered
            .map_or(self.begin, |covered| covered.plus(-OVERLAP).max(self.begin));
        let limit = if self.covered.is_none() {
            self.limit
        } else {
            None
        };
        let mut reader = self.read(why, from, limit);
        // What was being taken in while it was read shows up later: it is read once more.
        let planned = Some((Instant::now() + RECONCILE, Reading::Late, from));
        let mut live = Live {
            pass: Pass::default(),
            held: Some(Vec::new()),
            planned,
            stirred: now,
        };
        let mut look = Instant::now() + LOOK;
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                biased;
                update = session.next() => {
                    heard = Instant::now();
                    match update {
                        Some(Ok(update)) => self.take(update, &mut live).await?,
                        Some(Err(failure)) if failure.code.as_deref() == Some("SessionTimeoutException") => return Ok(End::Anew),
                        Some(Err(failure)) => return Ok(End::Lost(failure)),
                        None => return Ok(End::Lost(Failure::new(FailureKind::Network, "following the log", "the stream ended"))),
                    }
                }
                page = backfill::next(&mut reader.filling) => {
                    if let Some(page) = page {
                        self.filled(page, &mut reader).await?;
                    } else {
                        reader.filling = None;
                        self.done(&reader, &mut live).await?;
                    }
                }
                () = until(live.planned.map(|(at, _, _)| at)), if reader.filling.is_none() => {
                    if let Some((_, why, from)) = live.planned.take() {
                        reader = self.read(why, from.max(self.begin), None);
                    }
                }
                () = sleep_until(look), if !self.missing.is_empty() => {
                    look = Instant::now() + LOOK;
                    if self.something_came().await {
                        return Ok(End::Anew);
                    }
                }
                () = sleep_until(heard + WATCHDOG) => {
                    return Ok(End::Lost(Failure::new(FailureKind::Timeout, "following the log", "no update for five seconds")));
                }
            }
        }
    }

    fn read(&self, why: Reading, from: Moment, limit: Option<usize>) -> Reader {
        let filling = Some(backfill::start(
            &Arc::clone(&self.source),
            self.present_names(),
            from,
            limit,
        ));
        Reader {
            filling,
            why,
            pass: Pass::default(),
            found: 0,
        }
    }

    /// An update of the session.
    async fn take(&mut self, update: Update, live: &mut Live) -> Result<(), Gone> {
        let now = self.source.now();
        if update.sampled {
            let text = "more than 500 events in a second: AWS left some out, which are being read"
                .to_owned();
            self.notice(now, NoticeKind::Sampled, text).await?;
            live.plan((Instant::now() + SETTLE, Reading::Sampled, now.plus(-3_000)));
        }
        if !update.events.is_empty() {
            live.stirred = now;
            live.plan_late(now);
        }
        match &mut live.held {
            Some(held) if held.len() < HELD => held.extend(update.events),
            // What does not fit is stored, and will be read.
            Some(_) => live.plan((
                Instant::now() + SETTLE,
                Reading::Sampled,
                now.plus(-OVERLAP),
            )),
            None => {
                self.pass_on(update.events, &mut live.pass).await?;
                self.covered = Some(now);
                if self.source.now().since(now) > SLOW {
                    // The reader held us up: the service has dropped what it could not send meanwhile.
                    live.plan((Instant::now(), Reading::Late, now.plus(-OVERLAP)));
                }
            }
        }
        self.seen.forget(&mut live.pass, now);
        Ok(())
    }

    /// A piece of what is read again.
    async fn filled(&mut self, page: Fill, reader: &mut Reader) -> Result<(), Gone> {
        match page {
            Fill::Page(events) => reader.found += self.pass_on(events, &mut reader.pass).await?,
            Fill::Failed(group, failure) => {
                let notices = vec![unavailable(self.source.now(), &group, &failure)];
                if failure.kind == FailureKind::NotFound {
                    self.missing.insert(group);
                }
                self.send(LogBatch {
                    events: Vec::new(),
                    notices,
                })
                .await?;
            }
        }
        Ok(())
    }

    /// All is read: says what that has brought, and passes on what was held back.
    async fn done(&mut self, reader: &Reader, live: &mut Live) -> Result<(), Gone> {
        let now = self.source.now();
        let events = pluralize(reader.found, "event");
        match reader.why {
            Reading::Gap(lost) => {
                let seconds = now.since(lost) as f64 / 1000.0;
                self.notice(
                    now,
                    NoticeKind::GapFilled,
                    format!("reconnected after {seconds:.1} s, {events} filled in"),
                )
                .await?;
            }
            Reading::Sampled => {
                self.notice(
                    now,
                    NoticeKind::Sampled,
                    format!("{events} that AWS left out were read"),
                )
                .await?;
            }
            Reading::Late if reader.found > 0 => {
                self.notice(now, NoticeKind::Late, format!("{events} came late"))
                    .await?;
            }
            Reading::Begin | Reading::Late => {}
        }
        if let Some(events) = live.held.take() {
            self.pass_on(events, &mut live.pass).await?;
            self.covered = Some(now);
        }
        if now.since(live.stirred) < RECONCILED {
            live.plan_late(now);
        }
        Ok(())
    }
}

/// Waits for a moment; for ever without one.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
