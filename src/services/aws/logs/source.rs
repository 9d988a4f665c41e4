//! The port between the tail and CloudWatch Logs: what a tail needs of a source of log events, and the types it speaks.

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher as _,
    mem,
};

use futures::{future::BoxFuture, stream::BoxStream};

use crate::model::{Failure, FailureKind, LogEvent, Moment};

/// Number of events requested per page. The service returns at most 10,000 events or 1 MB.
pub(crate) const PAGE_SIZE: usize = 10_000;

/// The class of a log group, which decides how its events can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogGroupClass {
    /// Live tail, FilterLogEvents and Logs Insights.
    #[default]
    Standard,
    /// Logs Insights only.
    InfrequentAccess,
    /// Not readable: events are delivered elsewhere.
    Delivery,
}

/// A log group that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogGroupInfo {
    /// Name.
    pub(crate) name: String,
    /// ARN without `:*`.
    pub(crate) arn: String,
    /// Class.
    pub(crate) class: LogGroupClass,
    /// Stored bytes (compressed), as DescribeLogGroups reports them. Lags by hours.
    pub(crate) stored_bytes: u64,
    /// Whether name and ARN were derived because groups may not be listed. Such a group may not exist.
    pub(crate) is_assumed: bool,
}

/// One page of stored events.
pub(crate) struct LogPage {
    /// Events. A page may be empty although others follow.
    pub(crate) events: Vec<LogEvent>,
    /// Token of the next page.
    pub(crate) next: Option<String>,
}

/// A request for one page of stored events.
#[derive(Clone, Debug)]
pub(crate) struct PageRequest {
    /// Log group name.
    pub(crate) group: String,
    /// First timestamp, inclusive.
    pub(crate) from: Option<Moment>,
    /// Last timestamp, inclusive.
    pub(crate) until: Option<Moment>,
    /// Whether the newest events come first.
    pub(crate) newest_first: bool,
    /// Maximal number of events.
    pub(crate) limit: usize,
    /// Token of the page, from the page before it.
    pub(crate) token: Option<String>,
}

/// One update of a live session.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveUpdate {
    /// Events; usually none.
    pub(crate) events: Vec<LogEvent>,
    /// Whether AWS left events out (more than 500 in one second).
    pub(crate) sampled: bool,
    /// Number of messages of a kind that is not known here.
    pub(crate) unknown: usize,
}

/// A live session.
pub(crate) type LiveSession = BoxStream<'static, Result<LiveUpdate, Failure>>;

/// A source of log events.
pub(crate) trait LogSource: Send + Sync + 'static {
    /// Returns the current time by the clock of the source.
    fn now(&self) -> Moment;
    /// Finds the group of exactly this name.
    fn find_group<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<LogGroupInfo>, Failure>>;
    /// Starts a live session. Resolves when the service confirms that it has begun.
    fn start_session<'a>(
        &'a self,
        groups: &'a [LogGroupInfo],
    ) -> BoxFuture<'a, Result<LiveSession, Failure>>;
    /// Reads one page of stored events.
    fn page<'a>(&'a self, request: &'a PageRequest) -> BoxFuture<'a, Result<LogPage, Failure>>;
    /// Reads at most `limit` stored events, the newest of the window.
    fn newest<'a>(
        &'a self,
        group: &'a str,
        from: Moment,
        limit: usize,
    ) -> BoxFuture<'a, Result<NewestEvents, Failure>>;
}

/// The newest events of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewestEvents {
    /// Events, oldest first.
    pub(crate) events: Vec<LogEvent>,
    /// The time from which on none is missing; `None` if these are all events of the window.
    pub(crate) complete_from: Option<Moment>,
}

impl NewestEvents {
    /// Returns events, oldest first, as the newest ones of a window that has more, if `is_cut`. Of the oldest millisecond only a
    /// part may have been read.
    pub(crate) fn new(events: Vec<LogEvent>, is_cut: bool) -> Self {
        let oldest = events.first().map(|event| event.timestamp);
        Self {
            complete_from: oldest.filter(|_| is_cut).map(|oldest| oldest.plus(1)),
            events,
        }
    }
}

/// Reads all stored events of a window page by page, oldest first, each once. After a failure, reading goes on at the last
/// event that was delivered.
pub(crate) struct WindowReader {
    request: PageRequest,
    is_done: bool,
    /// The beginning of what has not been delivered yet. The requests of one token keep the time with which they began.
    position: Option<Moment>,
    tokens: HashSet<String>,
    /// Hashes of the event ids of the current and the previous page: pages may overlap, and a resumed reading begins within one.
    ids: HashSet<u64>,
    previous_ids: HashSet<u64>,
    key: RandomState,
}

impl WindowReader {
    /// Returns a reader of the events of a group with timestamps from `from` to `until`.
    pub(crate) fn new(group: String, from: Option<Moment>, until: Option<Moment>) -> Self {
        Self {
            request: PageRequest {
                group,
                from,
                until,
                newest_first: false,
                limit: PAGE_SIZE,
                token: None,
            },
            is_done: false,
            position: from,
            tokens: HashSet::new(),
            ids: HashSet::new(),
            previous_ids: HashSet::new(),
            key: RandomState::new(),
        }
    }

    /// Returns the beginning of what has not been delivered yet.
    pub(crate) const fn position(&self) -> Option<Moment> {
        self.position
    }

    /// Returns the next page with events; `None` at the end of the window. After an error, the next call goes on where this one failed.
    ///
    /// # Errors
    /// The failure of the page. A token that expired is not one: the window is read on from the last event.
    pub(crate) async fn next<S: LogSource + ?Sized>(
        &mut self,
        source: &S,
    ) -> Result<Option<Vec<LogEvent>>, Failure> {
        while !self.is_done {
            let page = match source.page(&self.request).await {
                Ok(page) => page,
                Err(failure)
                    if failure.kind == FailureKind::Usage && self.request.token.is_some() =>
                {
                    // An expired token: the same window again, from the last event on.
                    self.restart();
                    continue;
                }
                Err(failure) => {
                    self.restart();
                    return Err(failure);
                }
            };
            // A page that repeats a token is not taken: what it holds is read again.
            match page.next {
                None => self.is_done = true,
                Some(token) if !self.tokens.insert(token.clone()) => {
                    self.restart();
                    return Err(Failure::new(
                        FailureKind::Server,
                        format!("reading {}", self.request.group),
                        "the service repeats a page",
                    ));
                }
                token => self.request.token = token,
            }
            let events = self.fresh(page.events);
            if !events.is_empty() {
                return Ok(Some(events));
            }
        }
        Ok(None)
    }

    fn restart(&mut self) {
        self.request.token = None;
        self.request.from = self.position;
        self.tokens.clear();
    }

    /// Returns the events of a page that were not on the one before it.
    fn fresh(&mut self, events: Vec<LogEvent>) -> Vec<LogEvent> {
        if events.is_empty() {
            return events;
        }
        self.previous_ids = mem::take(&mut self.ids);
        let mut fresh = Vec::with_capacity(events.len());
        for event in events {
            self.position = self.position.max(Some(event.timestamp));
            if let Some(id) = &event.id {
                let hash = self.key.hash_one(id);
                let is_known = self.previous_ids.contains(&hash);
                if !self.ids.insert(hash) || is_known {
                    continue;
                }
            }
            fresh.push(event);
        }
        fresh
    }
}
