//! A source of log events that does what its plan says.

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use futures::{StreamExt as _, future::BoxFuture, stream};
use tokio::time::{Instant, sleep};

use super::{
    super::source::{
        LiveSession, LiveUpdate, LogGroupClass, LogGroupInfo, LogPage, LogSource, NewestEvents,
        PageRequest,
    },
    SeedRng,
    counts::{FaultWorldCounts, OpenSession},
    plan::{FaultPlan, Millis, RequestFault, SessionFault, WrittenEvent},
    shared_quota::SharedQuota,
};
use crate::{
    model::{Failure, FailureKind, LogEvent, Moment},
    net::http_client::unreachable,
    services::aws::failure::web_page,
};

/// The moment at which the tail begins.
pub(super) const EPOCH: i64 = 1_795_000_000_000;
/// Name of the service in failures.
const HOST: &str = "logs.us-west-2.amazonaws.com";
/// Time limit of a request.
const ATTEMPT: Duration = Duration::from_secs(20);
/// Updates that the service keeps for a slow client.
const BUFFERED_MS: Millis = 10_000;
/// Events that live tail delivers in a second.
const LIVE_LIMIT: usize = 500;

/// The world of a seed.
pub(super) struct FaultWorld {
    plan: FaultPlan,
    started: Instant,
    rng: Mutex<SeedRng>,
    /// When sessions began.
    pub(super) sessions: Mutex<Vec<Millis>>,
    /// The quota of requests, in a world in which another client uses it too.
    pub(super) quota: Option<SharedQuota>,
    pub(super) counts: Arc<FaultWorldCounts>,
    this: std::sync::Weak<Self>,
}

impl FaultWorld {
    /// Returns a world that begins now.
    pub(super) fn new(plan: FaultPlan, seed: u64) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            started: Instant::now(),
            rng: Mutex::new(SeedRng(seed ^ 0x5eed)),
            sessions: Mutex::default(),
            quota: plan.shared_quota.clone().map(SharedQuota::new),
            counts: Arc::default(),
            this: this.clone(),
            plan,
        })
    }

    /// Returns the time by the clock on the wall, which goes on while the machine sleeps.
    pub(super) fn millis(&self) -> Millis {
        let awake = self.started.elapsed().as_millis() as i64;
        let mut now = awake;
        for (at, fault) in &self.plan.sessions {
            if let SessionFault::Sleep(length) = fault
                && now >= *at
            {
                now += length;
            }
        }
        now
    }

    /// Returns whether a fault is active.
    pub(super) fn has(&self, fault: RequestFault) -> bool {
        let now = self.millis();
        let mut faults = self.plan.requests.iter();
        faults.any(|(window, known)| *known == fault && window.contains(&now))
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut SeedRng) -> T) -> T {
        draw(&mut self.rng.lock().unwrap())
    }

    fn group_exists(&self, group: usize, at: Millis) -> bool {
        let deleted = self.plan.deleted.as_ref();
        group != 0 || !deleted.is_some_and(|window| window.contains(&at))
    }

    /// Returns whether an event is in its group at a time: a group that is created again is empty.
    fn is_stored(&self, event: &WrittenEvent, at: Millis) -> bool {
        let deleted = self.plan.deleted.as_ref().filter(|_| event.group == 0);
        event.visible <= at
            && deleted.is_none_or(|window| at < window.start || event.ingested >= window.end)
    }

    /// Returns the failure of the way to the service, in the words of the client that meets it.
    fn path_failure(&self) -> Option<Failure> {
        let doing = "asking the world";
        let unreachable = |chain: &str| Some(unreachable(doing, HOST, chain.to_owned()));
        if self.has(RequestFault::Unresolvable) {
            return unreachable("dns error: failed to lookup address information");
        }
        if self.has(RequestFault::BlackHole) {
            return unreachable("timed out: deadline has elapsed");
        }
        if self.has(RequestFault::ProxyRefuses) {
            return unreachable("unsuccessful tunnel: 407 Proxy Authentication Required");
        }
        if self.has(RequestFault::UntrustedRoot) {
            return unreachable("invalid peer certificate: UnknownIssuer");
        }
        if self.has(RequestFault::SignInPage) {
            let page = b"<html><title>Welcome to the hotel</title></html>";
            return web_page(doing, HOST, Some("text/html"), page);
        }
        None
    }

    /// Returns whether the machine has changed its network since a time.
    fn has_switched_since(&self, began: Millis) -> bool {
        let now = self.millis();
        let mut faults = self.plan.sessions.iter();
        faults.any(|(at, fault)| *fault == SessionFault::NetworkSwitch && (began..now).contains(at))
    }

    fn awake_millis(&self) -> Millis {
        self.started.elapsed().as_millis() as i64
    }

    /// Returns the failure that a request meets now.
    fn failure(&self, is_page: bool) -> Option<Failure> {
        if self.has(RequestFault::SignedOut) {
            return Some(failure(FailureKind::SignIn, "the token has expired"));
        }
        if let Some(failure) = self.path_failure() {
            return Some(failure);
        }
        if !is_page {
            return None;
        }
        let quota = self.quota.as_ref();
        if quota.is_some_and(|quota| quota.is_used_up(self.millis(), self.awake_millis()))
            || self.has(RequestFault::Throttled)
            || self.has(RequestFault::HalfThrottled) && self.draw(|rng| rng.chance(50))
        {
            return Some(failure(FailureKind::Throttled, "Rate exceeded"));
        }
        if self.has(RequestFault::Internal) {
            return Some(failure(FailureKind::Server, "InternalServerError"));
        }
        if self.has(RequestFault::Cut) {
            return Some(failure(FailureKind::Network, "connection reset"));
        }
        None
    }

    fn start_failure(&self) -> Option<Failure> {
        if self.plan.denies_live {
            return Some(failure(
                FailureKind::Denied,
                "not authorized to perform logs:StartLiveTail",
            ));
        }
        if self.has(RequestFault::SessionLimit) {
            return Some(failure(FailureKind::Conflict, "LimitExceededException"));
        }
        if self.has(RequestFault::SessionInternal) {
            return Some(failure(FailureKind::Server, "InternalServerError"));
        }
        if self.has(RequestFault::Cut) {
            return Some(failure(FailureKind::Network, "connection reset"));
        }
        self.failure(false)
    }

    /// Returns the first fault of a session that began at a time.
    pub(super) fn next_session_fault(&self, began: Millis) -> (Millis, Option<SessionFault>) {
        let mut faults = self.plan.sessions.iter().filter(|(at, _)| *at > began);
        let limit = began + self.plan.session_limit;
        match faults.next() {
            Some((at, fault)) if *at < limit => (*at, Some(*fault)),
            Some(_) | None => (limit, None),
        }
    }

    /// Returns the update of a second of a session.
    fn update(&self, groups: &[usize], from: Millis, until: Millis) -> LiveUpdate {
        let is_lossy = self.has(RequestFault::Lossy);
        let mut events: Vec<LogEvent> = self
            .plan
            .events
            .iter()
            .enumerate()
            .skip(
                self.plan
                    .events
                    .partition_point(|event| event.ingested < from),
            )
            .take_while(|(_, event)| event.ingested < until)
            .filter(|(_, event)| groups.contains(&event.group))
            .map(|(number, event)| event_of(number, event, false))
            .collect();
        if is_lossy {
            events.retain(|_| !self.draw(|rng| rng.chance(20)));
        }
        let sampled = events.len() > LIVE_LIMIT;
        if sampled {
            self.counts.sampled.fetch_add(1, Ordering::Relaxed);
        }
        while events.len() > LIVE_LIMIT {
            let gone = self.draw(|rng| rng.within(0, events.len() as i64)) as usize;
            events.swap_remove(gone);
        }
        let unknown = usize::from(self.has(RequestFault::UnknownMessages));
        self.counts.unknown.fetch_add(unknown, Ordering::Relaxed);
        LiveUpdate {
            events,
            sampled,
            unknown,
        }
    }

    fn session(self: Arc<Self>, groups: Vec<usize>) -> LiveSession {
        let began = self.millis();
        let (ends, fault) = self.next_session_fault(began);
        let first = Instant::now();
        let open = OpenSession::new(&self.counts);
        stream::unfold((self, began, 0_u32), move |(world, from, beats)| {
            // The session is open as long as its stream is there.
            let _ = &open;
            let groups = groups.clone();
            async move {
                if from == Millis::MAX {
                    return None;
                }
                // A beat a second; a client that was away finds what the service has kept for it.
                tokio::time::sleep_until(first + Duration::from_secs(u64::from(beats) + 1)).await;
                let now = world.millis();
                let has_slept = now - from > 3_600_000;
                if now >= ends || has_slept {
                    let ended = match fault {
                        Some(
                            SessionFault::Silence
                            | SessionFault::NetworkSwitch
                            | SessionFault::Sleep(_),
                        ) => {
                            std::future::pending::<()>().await;
                            return None;
                        }
                        Some(SessionFault::Reset) => failure(FailureKind::Network, "reset"),
                        Some(SessionFault::BadFrame) => {
                            failure(FailureKind::Network, "the stream broke")
                        }
                        Some(SessionFault::Streaming) => {
                            failure(FailureKind::Server, "SessionStreamingException")
                        }
                        Some(SessionFault::End) => return None,
                        None => failure(FailureKind::Server, "the session has timed out")
                            .code("SessionTimeoutException"),
                    };
                    return Some((Err(ended), (world, Millis::MAX, beats)));
                }
                let update = world.update(&groups, from.max(now - BUFFERED_MS), now);
                let beats = first.elapsed().as_secs() as u32;
                Some((Ok(update), (world, now, beats)))
            }
        })
        .boxed()
    }

    /// Returns the events of a group that are stored now, in the order of pages.
    fn stored_places(&self, group: usize, window: RangeInclusive<Millis>) -> Vec<PageEnd> {
        let now = self.millis();
        let events = self.plan.events.iter().enumerate();
        let mut found: Vec<PageEnd> = events
            .filter(|(_, event)| {
                event.group == group && window.contains(&event.at) && self.is_stored(event, now)
            })
            .map(|(number, event)| (event.at, event.ingested, number))
            .collect();
        found.sort_unstable();
        found
    }

    fn read_page(&self, request: &PageRequest) -> Result<LogPage, Failure> {
        let now = self.millis();
        let group = group_number(&request.group);
        if !self.group_exists(group, now) {
            return Err(failure(FailureKind::NotFound, "no such log group"));
        }
        let from = request.from.map_or(Millis::MIN, millis);
        let after = match &request.token {
            None => None,
            Some(_) if self.has(RequestFault::ExpiredTokens) && self.draw(|rng| rng.chance(30)) => {
                return Err(failure(FailureKind::Usage, "the token has expired"));
            }
            Some(token) => {
                let (begun, place) = parse_token(token).unwrap();
                assert_eq!(
                    begun, from,
                    "a token belongs to the window that it was given for"
                );
                Some(place)
            }
        };
        let until = request.until.map_or(Millis::MAX, millis);
        let mut found = self.stored_places(group, from..=until);
        found.retain(|place| after.is_none_or(|after| *place > after));
        // An empty page with a successor happens at AWS.
        let size = if self.draw(|rng| rng.chance(10)) && after.is_none() {
            0
        } else {
            self.plan.page
        };
        let is_last = found.len() <= size;
        found.truncate(size);
        let next = match (is_last, found.last().copied().or(after), &request.token) {
            (true, ..) => None,
            (false, Some(_), Some(token))
                if self.has(RequestFault::RepeatedTokens) && self.draw(|rng| rng.chance(30)) =>
            {
                Some(token.clone())
            }
            (false, last, _) => {
                let last = last.unwrap_or((Millis::MIN, 0, 0));
                Some(format_token(from, last))
            }
        };
        let events = found
            .into_iter()
            .filter_map(|(_, _, number)| {
                let event = self.plan.events.get(number)?;
                Some(event_of(number, event, true))
            })
            .collect();
        Ok(LogPage { events, next })
    }
}

/// Returns an event as a live session sends it, or as it is stored, with its id.
fn event_of(number: usize, written: &WrittenEvent, has_id: bool) -> LogEvent {
    LogEvent {
        timestamp: moment(written.at),
        ingestion: moment(written.ingested),
        group: group_name(written.group).into(),
        stream: format!("s{}", written.stream).into(),
        id: has_id.then(|| format!("37{number:054}")),
        message: written.message.clone(),
    }
}

/// Returns the number of the event that has this id; `None` for an id that is not CloudWatch's.
pub(super) fn number_of_id(id: &str) -> Option<usize> {
    id.strip_prefix("37")?.parse().ok()
}

/// Where a page ends: time, reception and number of its last event.
type PageEnd = (Millis, Millis, usize);

fn format_token(from: Millis, (at, ingested, number): PageEnd) -> String {
    format!("{from}/{at}/{ingested}/{number}")
}

/// Returns the beginning of the window that a token was given for, and where its page ends.
fn parse_token(token: &str) -> Option<(Millis, PageEnd)> {
    let mut parts = token.split('/');
    let mut number = || parts.next()?.parse::<i64>().ok();
    let (from, at, ingested) = (number()?, number()?, number()?);
    Some((from, (at, ingested, usize::try_from(number()?).ok()?)))
}

fn failure(kind: FailureKind, cause: &str) -> Failure {
    Failure::new(kind, "asking the world", cause)
}

/// Returns the moment of a time of the plan.
pub(super) fn moment(at: Millis) -> Moment {
    Moment::from_millis(EPOCH + at)
}

fn millis(moment: Moment) -> Millis {
    moment.millis() - EPOCH
}

/// Returns the name of a group.
pub(super) fn group_name(group: usize) -> String {
    format!("g{group}")
}

fn group_number(name: &str) -> usize {
    name.trim_start_matches('g').parse().unwrap()
}

impl LogSource for FaultWorld {
    fn now(&self) -> Moment {
        moment(self.millis())
    }

    fn find_group<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<LogGroupInfo>, Failure>> {
        Box::pin(async move {
            sleep(Duration::from_millis(30)).await;
            if let Some(failure) = self.failure(false) {
                return Err(failure);
            }
            let exists = self.group_exists(group_number(name), self.millis());
            Ok(exists.then(|| LogGroupInfo {
                name: name.to_owned(),
                arn: format!("arn:{name}"),
                class: if self.plan.insights_only {
                    LogGroupClass::InfrequentAccess
                } else {
                    LogGroupClass::Standard
                },
                stored_bytes: 0,
                is_assumed: false,
            }))
        })
    }

    fn start_session<'a>(
        &'a self,
        groups: &'a [LogGroupInfo],
    ) -> BoxFuture<'a, Result<LiveSession, Failure>> {
        Box::pin(async move {
            sleep(Duration::from_millis(
                self.draw(|rng| rng.within(50, 900)) as u64
            ))
            .await;
            if let Some(failure) = self.start_failure() {
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                return Err(failure);
            }
            let numbers: Vec<usize> = groups
                .iter()
                .map(|group| group_number(&group.name))
                .collect();
            if !numbers
                .iter()
                .all(|group| self.group_exists(*group, self.millis()))
            {
                return Err(failure(FailureKind::NotFound, "no such log group"));
            }
            self.counts.sessions.fetch_add(1, Ordering::Relaxed);
            self.sessions.lock().unwrap().push(self.millis());
            let world = self.this.upgrade().unwrap();
            Ok(world.session(numbers))
        })
    }

    fn page<'a>(&'a self, request: &'a PageRequest) -> BoxFuture<'a, Result<LogPage, Failure>> {
        Box::pin(async move {
            if let Some(quota) = &self.quota {
                quota.acquire(|| self.awake_millis()).await;
            }
            self.counts.pages.fetch_add(1, Ordering::Relaxed);
            let longest = if self.has(RequestFault::Slow) {
                20_000
            } else {
                200
            };
            let wait = self.draw(|rng| rng.within(10, longest));
            let (began, asked) = (Instant::now(), self.millis());
            sleep(Duration::from_millis(wait as u64)).await;
            if self.has_switched_since(asked) {
                tokio::time::sleep_until(began + ATTEMPT).await;
                return Err(failure(FailureKind::Timeout, "no answer in time"));
            }
            let page = match self.failure(true) {
                Some(failure) => Err(failure),
                None => self.read_page(request),
            };
            if let Some(quota) = &self.quota {
                quota.record(&page);
            }
            page
        })
    }

    fn newest<'a>(
        &'a self,
        _: &'a str,
        _: Moment,
        _: usize,
    ) -> BoxFuture<'a, Result<NewestEvents, Failure>> {
        Box::pin(async { Err(failure(FailureKind::Usage, "not part of this world")) })
    }
}
