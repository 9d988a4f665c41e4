//! Follows a world and compares what was delivered with what was written.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::StreamExt as _;
use tokio::time::{Instant, sleep};

use super::{
    super::tail,
    plan::{FaultPlan, HISTORY, Millis, RequestFault, SETTLE, SessionFault},
    shared_quota::SharedQuota,
    world::{FaultWorld, group_name, moment, number_of_id},
};
use crate::logs::RecordReader;
use crate::model::{
    IdentifiedEvent, LogEvent, LogNotice, LogQuery, NoticeKind, TailMode, TailStatus,
};

/// What a tail has delivered.
#[derive(Default)]
struct Delivered {
    events: Vec<LogEvent>,
    notices: Vec<LogNotice>,
    identified: Vec<IdentifiedEvent>,
    status: TailStatus,
    ended: Option<String>,
}

/// Follows the world of a seed to its end.
pub(super) fn run(seed: u64) -> Result<(), String> {
    run_plan(&FaultPlan::of(seed), seed)
}

/// Follows the world of a plan to its end.
pub(super) fn run_plan(plan: &FaultPlan, seed: u64) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = FaultWorld::new(plan.clone(), seed);
        let delivered = follow(&world, plan).await;
        check(plan, &world, &delivered)
    })
}

async fn follow(world: &Arc<FaultWorld>, plan: &FaultPlan) -> Delivered {
    let query = LogQuery {
        groups: (0..plan.groups).map(group_name).collect(),
        since: Some(moment(-HISTORY)),
        ..LogQuery::default()
    };
    let source = Arc::clone(world);
    let mut tail = tail::start(query, move || {
        let source = Arc::clone(&source);
        async move { Ok(source) }
    });
    let last = plan.quiet_from + SETTLE;
    let end = Instant::now() + Duration::from_millis(last as u64);
    let mut delivered = Delivered::default();
    while let Ok(Some(item)) = tokio::time::timeout_at(end, tail.next()).await {
        match item {
            Ok(batch) => {
                delivered.events.extend(batch.events);
                delivered.notices.extend(batch.notices);
                delivered.identified.extend(batch.identified);
                delivered.status = batch.status.unwrap();
            }
            Err(failure) => delivered.ended = Some(failure.to_string()),
        }
        while world.has(RequestFault::ReceiverBlocked) {
            sleep(Duration::from_millis(500)).await;
        }
    }
    delivered
}

type ExpectedLine = (String, String, i64, String);

fn check(plan: &FaultPlan, world: &FaultWorld, delivered: &Delivered) -> Result<(), String> {
    let mut counts: HashMap<ExpectedLine, i64> = HashMap::new();
    for written in &plan.events {
        let key = (
            group_name(written.group),
            format!("s{}", written.stream),
            moment(written.at).millis(),
            written.message.clone(),
        );
        *counts.entry(key).or_default() += 1;
    }
    for event in &delivered.events {
        let key = (
            event.group.to_string(),
            event.stream.to_string(),
            event.timestamp.millis(),
            event.message.clone(),
        );
        *counts.entry(key).or_default() -= 1;
    }
    let lost: Vec<_> = counts.iter().filter(|(_, count)| **count > 0).collect();
    let doubled: Vec<_> = counts.iter().filter(|(_, count)| **count < 0).collect();
    let mut wrong = Vec::new();
    if let Some((key, _)) = lost.iter().min() {
        wrong.push(format!("{} lost, the first {}", lost.len(), short(key)));
    }
    if let Some((key, _)) = doubled.iter().min() {
        wrong.push(format!(
            "{} doubled, the first {}",
            doubled.len(),
            short(key)
        ));
    }
    wrong.extend(check_counts(plan, world, delivered));
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}; {} written, {} delivered, {:?}",
        wrong.join("; "),
        plan.events.len(),
        delivered.events.len(),
        world.counts
    ))
}

fn short((group, stream, at, message): &ExpectedLine) -> String {
    let message: String = message.chars().take(20).collect();
    let at = at - moment(0).millis();
    format!("{group}/{stream} {at} {message}")
}

/// Returns whether every uncertainty was counted, and is over.
fn check_counts(plan: &FaultPlan, world: &FaultWorld, delivered: &Delivered) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(ended) = &delivered.ended {
        wrong.push(format!("the tail ended: {ended}"));
    }
    let status = delivered.status;
    if status.open_gaps > 0 || status.is_sampled || !status.is_backfilled {
        wrong.push(format!("at the end {status:?}"));
    }
    let polls = plan.denies_live || plan.insights_only || plan.groups > 30;
    if !polls && !matches!(status.mode, TailMode::Live | TailMode::Polling) {
        wrong.push(format!("at the end {status:?}"));
    }
    let has = |kind| delivered.notices.iter().any(|notice| notice.kind == kind);
    if world.counts.sampled.load(Ordering::Relaxed) > 0 && !has(NoticeKind::Sampled) {
        wrong.push("sampling was not told".to_owned());
    }
    if has(NoticeKind::GapOpen) && !has(NoticeKind::GapFilled) {
        wrong.push("a gap was opened and its end not told".to_owned());
    }
    let late = plan
        .events
        .iter()
        .filter(|event| event.ingested >= 0 && event.ingested - event.at > 60_000)
        .count();
    if status.late != late {
        wrong.push(format!("{} late, counted {}", late, status.late));
    }
    let unknown = world.counts.unknown.load(Ordering::Relaxed);
    if status.unknown != unknown {
        wrong.push(format!(
            "{unknown} unknown messages, counted {}",
            status.unknown
        ));
    }
    wrong.extend(check_ids(plan, delivered));
    wrong.extend(check_switches(plan, world));
    wrong.extend(world.quota.as_ref().and_then(SharedQuota::excess));
    wrong.extend(check_sessions(plan, world));
    wrong.extend(check_records(delivered));
    wrong
}

/// Returns whether every event has an id of its own, and CloudWatch's in the end.
fn check_ids(plan: &FaultPlan, delivered: &Delivered) -> Option<String> {
    let mut ids: HashMap<&str, &str> = HashMap::new();
    for identified in &delivered.identified {
        if ids.insert(&identified.live_id, &identified.id).is_some() {
            return Some(format!("{} was identified twice", identified.live_id));
        }
    }
    let mut seen = HashSet::new();
    let mut unidentified = 0;
    for event in &delivered.events {
        let id = event.id.as_deref()?;
        let id = ids.remove(id).unwrap_or(id);
        if !seen.insert(id) {
            return Some(format!("two events have the id {id}"));
        }
        let written = number_of_id(id).and_then(|number| plan.events.get(number));
        match written {
            None => unidentified += 1,
            Some(written)
                if moment(written.at) == event.timestamp && written.message == event.message => {}
            Some(_) => return Some(format!("{id} is the id of another event")),
        }
    }
    if !ids.is_empty() {
        return Some(format!(
            "{} events were identified that were not sent",
            ids.len()
        ));
    }
    (unidentified > 0).then(|| format!("{unidentified} events have no id of CloudWatch"))
}

/// Returns whether a session was replaced within ten seconds of a change of the network, wherever nothing else stood in the way.
fn check_switches(plan: &FaultPlan, world: &FaultWorld) -> Option<String> {
    const LIMIT: Millis = 10_000;
    const UNDISTURBED: Millis = 60_000;
    let sessions = world.sessions.lock().unwrap();
    if plan.denies_live || plan.insights_only || plan.deleted.is_some() {
        return None;
    }
    let mut switches = plan
        .sessions
        .iter()
        .filter(|(_, fault)| *fault == SessionFault::NetworkSwitch)
        .map(|(at, _)| *at);
    switches.find_map(|at| {
        let around = at - UNDISTURBED..at + LIMIT;
        let others = plan
            .sessions
            .iter()
            .filter(|(other, _)| around.contains(other));
        // The clock on the wall may jump over the change while the machine sleeps.
        let is_overslept = plan.sessions.iter().any(|(slept, fault)| {
            matches!(fault, SessionFault::Sleep(length) if (*slept..*slept + length).contains(&at))
        });
        let is_disturbed = is_overslept
            || others.count() > 1
            || plan
                .requests
                .iter()
                .any(|(window, _)| window.start < around.end && around.start < window.end);
        // A session that something else has ended before does not see the change: stored events are read at that time.
        let newest = sessions.iter().rfind(|began| **began < at);
        let ran = newest.is_some_and(|began| {
            around.start > *began && world.next_session_fault(*began).0 == at
        });
        let is_replaced = sessions
            .iter()
            .any(|began| (at..at + LIMIT).contains(began));
        (ran && !is_disturbed && !is_replaced)
            .then(|| format!("no session followed within 10 s of the network's change at {at}; sessions began at {sessions:?}"))
    })
}

/// Returns whether sessions stay open that nobody reads: a session is replaced by one other.
fn check_sessions(plan: &FaultPlan, world: &FaultWorld) -> Option<String> {
    /// Log groups of a session.
    const GROUPS: usize = 10;
    let most = 2 * plan.groups.div_ceil(GROUPS);
    let open = world.counts.most_open.load(Ordering::Relaxed);
    (open > most).then(|| format!("{open} sessions were open at a time; {most} at most"))
}

/// Returns whether every line can be read, however long, deep or broken it is, and without its control characters.
fn check_records(delivered: &Delivered) -> Option<String> {
    let mut reader = RecordReader::default();
    let mut records = delivered
        .events
        .iter()
        .map(|event| reader.read(event.clone()));
    let wrong = records.find(|record| record.text().contains('\u{1b}'))?;
    Some(format!(
        "an escape sequence is left in the line of {}",
        wrong.timestamp().iso()
    ))
}
