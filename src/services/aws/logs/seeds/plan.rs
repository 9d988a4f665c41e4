//! What happens in a world: the events that are written, and the faults, all drawn from the seed.

use std::ops::Range;

use super::SeedRng;

/// Milliseconds since the tail began.
pub(super) type Millis = i64;

/// How long before the tail the first events were written.
pub(super) const HISTORY: Millis = 300_000;
/// How long nothing fails at the end, so that everything can be read.
pub(super) const SETTLE: Millis = 420_000;

/// An event that was written.
#[derive(Clone, Debug)]
pub(super) struct WrittenEvent {
    /// Log group, by number.
    pub(super) group: usize,
    /// Log stream, by number.
    pub(super) stream: usize,
    /// Time of the event.
    pub(super) at: Millis,
    /// When CloudWatch received it; live tail delivers it then.
    pub(super) ingested: Millis,
    /// When FilterLogEvents returns it.
    pub(super) visible: Millis,
    /// Text.
    pub(super) message: String,
}

/// What happens to the live session or to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionFault {
    /// The connection is reset.
    Reset,
    /// The connection is silent although it is open.
    Silence,
    /// The stream ends without a word.
    End,
    /// A frame is cut off, or its checksum is wrong.
    BadFrame,
    /// The machine changes its network: nothing comes on the old connections any more, and requests under way hang.
    NetworkSwitch,
    /// The service ends the session.
    Streaming,
    /// The machine sleeps this long; the connection does not survive that.
    Sleep(Millis),
}

/// How requests fail for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestFault {
    /// Half of the pages are throttled.
    HalfThrottled,
    /// All pages are throttled.
    Throttled,
    /// Pages fail with an internal error.
    Internal,
    /// Requests are cut.
    Cut,
    /// The credentials have expired.
    SignedOut,
    /// Sessions cannot be started: too many are open.
    SessionLimit,
    /// Sessions cannot be started: internal error.
    SessionInternal,
    /// A page takes up to 20 seconds.
    Slow,
    /// Page tokens expire.
    ExpiredTokens,
    /// Pages come with the token of the page before.
    RepeatedTokens,
    /// Live tail leaves a fifth of the events out without saying so.
    Lossy,
    /// The receiver of the tail takes nothing.
    ReceiverBlocked,
    /// Updates come with messages of a kind that no client knows.
    UnknownMessages,
    /// The name of the service cannot be resolved.
    Unresolvable,
    /// Connections are never accepted.
    BlackHole,
    /// A proxy refuses the connection.
    ProxyRefuses,
    /// The sign-in page of a network answers instead of the service.
    SignInPage,
    /// A proxy opens TLS, and its root certificate is not known.
    UntrustedRoot,
}

/// The plan of a world.
#[derive(Clone, Debug)]
pub(super) struct FaultPlan {
    /// Number of log groups.
    pub(super) groups: usize,
    /// Every event, by the time at which it was received.
    pub(super) events: Vec<WrittenEvent>,
    /// When sessions break, and how.
    pub(super) sessions: Vec<(Millis, SessionFault)>,
    /// When requests fail, and how.
    pub(super) requests: Vec<(Range<Millis>, RequestFault)>,
    /// Whether live tail may not be used at all.
    pub(super) denies_live: bool,
    /// Whether the groups can be read by Logs Insights only.
    pub(super) insights_only: bool,
    /// When another client uses most of the account's quota of requests.
    pub(super) shared_quota: Option<Range<Millis>>,
    /// When the first group is deleted and created again.
    pub(super) deleted: Option<Range<Millis>>,
    /// Longest duration of a session.
    pub(super) session_limit: Millis,
    /// Number of events on a page.
    pub(super) page: usize,
    /// When nothing is written and nothing fails any more.
    pub(super) quiet_from: Millis,
}

impl FaultPlan {
    /// Returns the plan of a seed.
    pub(super) fn of(seed: u64) -> Self {
        let mut rng = SeedRng(seed);
        // Every twentieth world lasts longer than a session may.
        let is_long = rng.chance(5);
        let quiet_from = if is_long {
            11_500_000
        } else {
            rng.within(300_000, 900_000)
        };
        Self::drawn(rng, quiet_from, is_long)
    }

    /// Returns the plan of a world that lasts a whole day.
    pub(super) fn of_a_day(seed: u64) -> Self {
        Self::drawn(SeedRng(seed), 86_400_000, true)
    }

    fn drawn(mut rng: SeedRng, quiet_from: Millis, is_long: bool) -> Self {
        let groups = rng.pick(&[1, 1, 2, 3, 12]);
        let mut plan = Self {
            groups,
            events: Vec::new(),
            sessions: Vec::new(),
            requests: Vec::new(),
            denies_live: rng.chance(6),
            insights_only: rng.chance(4),
            shared_quota: None,
            deleted: None,
            session_limit: 10_800_000,
            page: rng.within(20, 400) as usize,
            quiet_from,
        };
        if rng.chance(10) && !is_long {
            let at = rng.within(260_000, 290_000);
            plan.deleted = Some(at..at + rng.within(5_000, 90_000));
        }
        plan.write(&mut rng, is_long);
        plan.add_faults(&mut rng);
        if rng.chance(15) {
            let from = rng.within(0, quiet_from);
            plan.shared_quota = Some(from..(from + rng.within(30_000, 240_000)).min(quiet_from));
        }
        plan
    }

    fn write(&mut self, rng: &mut SeedRng, is_long: bool) {
        let count = rng.within(200, if is_long { 600 } else { 1_400 });
        for _ in 0..count {
            let at = rng.within(-HISTORY, self.quiet_from);
            self.push(rng, at);
        }
        // Bursts: more than live tail delivers in a second.
        for _ in 0..rng.within(0, 2) {
            let at = rng.within(0, self.quiet_from);
            for _ in 0..rng.within(550, 900) {
                let at = at + rng.within(0, 900);
                self.push(rng, at);
            }
        }
        if rng.chance(20) {
            let at = rng.within(0, self.quiet_from);
            self.push(rng, at);
            if let Some(event) = self.events.last_mut() {
                event.message = unusual_text(rng);
            }
        }
        if let Some(deleted) = self.deleted.clone() {
            // What was written before a group is deleted, or while it does not exist, is gone for everybody.
            self.events
                .retain(|event| event.group != 0 || event.at > deleted.end + 2_000);
        }
        self.events.sort_by_key(|event| event.ingested);
    }

    fn push(&mut self, rng: &mut SeedRng, at: Millis) {
        let group = rng.within(0, self.groups as i64) as usize;
        let (late, settles) = match rng.within(0, 100) {
            0..4 => (2_000, 0),
            4..7 => (10_000, 0),
            7..10 => (30_000, 0),
            10..12 => (120_000, 0),
            12..15 => (0, rng.within(1_000, 90_000)),
            _ => (rng.within(0, 400), 0),
        };
        let ingested = at + late;
        let event = WrittenEvent {
            group,
            stream: rng.within(0, 3) as usize,
            at,
            ingested,
            visible: ingested + 50 + settles,
            message: format!("word {}", rng.within(0, 40)),
        };
        // The same text in the same millisecond, once more: two events.
        if rng.chance(4) {
            self.events.push(event.clone());
        }
        self.events.push(event);
    }

    fn add_faults(&mut self, rng: &mut SeedRng) {
        let end = self.quiet_from;
        for _ in 0..rng.within(0, 6) {
            let fault = match rng.within(0, 16) {
                0..4 => SessionFault::Reset,
                4..6 => SessionFault::Silence,
                6..8 => SessionFault::End,
                8..10 => SessionFault::Streaming,
                10 => SessionFault::Sleep(60_000),
                11..13 => SessionFault::BadFrame,
                13..15 => SessionFault::NetworkSwitch,
                _ => SessionFault::Sleep(8 * 3_600_000),
            };
            self.sessions.push((rng.within(0, end), fault));
        }
        self.sessions.sort_by_key(|(at, _)| *at);
        for _ in 0..rng.within(0, 6) {
            let fault = rng.pick(&[
                RequestFault::HalfThrottled,
                RequestFault::Throttled,
                RequestFault::Internal,
                RequestFault::Cut,
                RequestFault::SignedOut,
                RequestFault::SessionLimit,
                RequestFault::SessionInternal,
                RequestFault::Slow,
                RequestFault::ExpiredTokens,
                RequestFault::RepeatedTokens,
                RequestFault::Lossy,
                RequestFault::ReceiverBlocked,
                RequestFault::UnknownMessages,
                RequestFault::Unresolvable,
                RequestFault::BlackHole,
                RequestFault::ProxyRefuses,
                RequestFault::SignInPage,
                RequestFault::UntrustedRoot,
            ]);
            // A tail that has never had credentials ends; these expire while it runs.
            let is_late = fault == RequestFault::SignedOut;
            let from = rng.within(if is_late { 60_000 } else { -1_000 }, end);
            let is_blocked = fault == RequestFault::ReceiverBlocked;
            let length = if is_blocked {
                15_000
            } else {
                rng.within(2_000, 90_000)
            };
            self.requests
                .push((from..(from + length).min(end + 1), fault));
        }
    }
}

/// Returns a text that a line may be, but seldom is: as large as CloudWatch takes it, deep, or with bytes that were no text.
fn unusual_text(rng: &mut SeedRng) -> String {
    /// The largest event that CloudWatch Logs takes, without the 26 bytes that it adds. Source: API reference of PutLogEvents.
    const LARGEST: usize = (1 << 20) - 26;
    match rng.within(0, 6) {
        0 => "x".repeat(LARGEST),
        1 => "\u{1f600}".repeat(LARGEST / 4),
        // Bytes that are no UTF-8 come as replacement characters.
        2 => "\u{fffd}a\0b\u{1b}[2J\u{202e}c".repeat(100),
        3 => format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)),
        4 => "\u{fffd}".repeat(LARGEST / 3),
        _ => "long ".repeat(50_000),
    }
}
