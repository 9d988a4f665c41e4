//! Every state that operators, crashes, lost answers and late changes can lead to, walked exhaustively with the real machine
//! against a strict model of staging labels and of Neo4j's login limiter.
//!
//! At every state: the password that the database accepts is in a labelled version; where two users take turns, AWSCURRENT logs in.
//! From every state: one more `resume` reaches the end where that password is AWSCURRENT and no AWSPENDING is left, also if a change
//! in flight arrives after all.

#![cfg(test)]

mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use super::super::effect::{
    AdministratorAnswer, CallAnswer, EffectError, EffectErrorClass, Observation, ReadAnswer,
    RotationEffect, RotationNext, SecretFacts, SetAnswer, VersionFacts,
};
use crate::model::{AlterAnswer, Failure, FailureKind, LoginAnswer};

use super::super::labels::{CURRENT, Labels, PENDING, PREVIOUS, VersionId};
use super::super::report::{RotationKind, RotationOutcome};
use super::{MachineState, RotationMachine, RotationPhase, RotationSettings};

const NOW: i64 = 1_795_269_901_000;

/// Who has a password.
type User = &'static str;

/// The user of every version where nobody takes turns.
pub(super) const USER: User = "reports";
const OTHER: User = "reports_clone";

/// One user at Neo4j. A password is named by the version that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Account {
    pub(super) password: VersionId,
    pub(super) failures: u8,
    pub(super) locked: bool,
}

impl Account {
    fn new(password: VersionId) -> Self {
        Self {
            password,
            failures: 0,
            locked: false,
        }
    }
}

/// A change that was sent and whose answer was given up, but which may still arrive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Change {
    Swap(VersionId, VersionId),
    Set(VersionId),
}

/// Secrets Manager's labels and Neo4j's users.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ExploredWorld {
    /// Versions and their users.
    pub(super) stored: BTreeMap<VersionId, User>,
    pub(super) labels: BTreeMap<Arc<str>, VersionId>,
    pub(super) accounts: BTreeMap<User, Account>,
    /// An administrator is named: two users take turns.
    pub(super) administrated: bool,
    /// Two users take turns and nobody goes back: then AWSCURRENT logs in at every instant. Going back may mean the same user.
    gapless: bool,
    pub(super) in_flight: BTreeSet<Change>,
    /// The labels before the last change, for reads that lag behind.
    pub(super) before: Labels,
}

impl ExploredWorld {
    /// Nobody in particular.
    pub(super) fn nobody() -> ExploredOperator {
        ExploredOperator {
            name: "ana",
            generated: 0,
            begun: 0,
            wrong: BTreeMap::new(),
            drawn_for: USER,
            at: At::Dead,
        }
    }

    pub(super) fn new() -> Self {
        let (first, old) = (VersionId::new("c"), VersionId::new("o"));
        Self {
            stored: [(first.clone(), USER), (old.clone(), USER)].into(),
            labels: [
                (Arc::from(CURRENT), first.clone()),
                (Arc::from(PREVIOUS), old),
            ]
            .into(),
            accounts: [(USER, Account::new(first))].into(),
            administrated: false,
            gapless: false,
            in_flight: BTreeSet::new(),
            before: Labels::default(),
        }
    }

    /// Two users take turns; the other one does not exist yet, or has the password of the version before.
    pub(super) fn of_two(both: bool) -> Self {
        let mut world = Self {
            administrated: true,
            ..Self::new()
        };
        if both {
            let previous = world.labels[PREVIOUS].clone();
            world.stored.insert(previous.clone(), OTHER);
            world.accounts.insert(OTHER, Account::new(previous));
        }
        world
    }

    /// Is this version what its user logs in with?
    pub(super) fn accepts(&self, version: &VersionId) -> bool {
        self.stored
            .get(version)
            .and_then(|user| self.accounts.get(user))
            .is_some_and(|account| account.password == *version)
    }

    pub(super) fn seen_labels(&self) -> Labels {
        let mut versions: BTreeMap<VersionId, Vec<Arc<str>>> = BTreeMap::new();
        for (label, version) in &self.labels {
            versions
                .entry(version.clone())
                .or_default()
                .push(label.clone());
        }
        Labels::new(versions)
    }

    pub(super) fn is_safe(&self) -> bool {
        if self.gapless {
            // Nobody who reads the secret is ever refused.
            return self
                .labels
                .get(CURRENT)
                .is_some_and(|current| self.accepts(current));
        }
        self.labels.values().any(|version| self.accepts(version))
    }

    pub(super) fn agrees(&self) -> bool {
        self.labels
            .get(CURRENT)
            .is_some_and(|current| self.accepts(current))
            && !self.labels.contains_key(PENDING)
    }

    fn change(&mut self, change: &Change) -> bool {
        let (Change::Swap(_, to) | Change::Set(to)) = change;
        let user = self.stored[to];
        match change {
            Change::Swap(from, _) if !self.accepts(from) => false,
            // It changes whoever logs in, whatever the new value is meant for.
            Change::Swap(from, _) => {
                let account = self.accounts.get_mut(self.stored[from]).unwrap();
                account.password = to.clone();
                true
            }
            Change::Set(_) => {
                let account = self
                    .accounts
                    .entry(user)
                    .or_insert_with(|| Account::new(to.clone()));
                account.password = to.clone();
                true
            }
        }
    }

    /// As strict as the service: a label only moves off the version that the caller names.
    fn move_stage(
        &mut self,
        stage: &str,
        to: Option<&VersionId>,
        remove_from: Option<&VersionId>,
    ) -> Observation {
        if self.labels.get(stage) != remove_from
            || to.is_some_and(|to| !self.stored.contains_key(to))
        {
            return Observation::Conflict;
        }
        match to {
            Some(to) => {
                let left = self.labels.insert(Arc::from(stage), to.clone());
                if let (CURRENT, Some(left)) = (stage, left) {
                    self.labels.insert(Arc::from(PREVIOUS), left);
                }
            }
            None => {
                self.labels.remove(stage);
            }
        }
        Observation::Moved
    }

    fn login(&mut self, version: &VersionId) -> LoginAnswer {
        let Some(account) = self
            .stored
            .get(version)
            .and_then(|user| self.accounts.get_mut(user))
        else {
            return LoginAnswer::WrongPassword;
        };
        if account.locked {
            return LoginAnswer::RateLimited;
        }
        if account.password == *version {
            account.failures = 0;
            return LoginAnswer::Accepted;
        }
        account.failures = (account.failures + 1).min(3);
        account.locked = account.failures >= 3;
        LoginAnswer::WrongPassword
    }

    pub(super) fn perform(
        &mut self,
        effect: &RotationEffect,
        operator: &mut ExploredOperator,
    ) -> Observation {
        let seen = self.seen_labels();
        let observation = self.answer(effect, operator);
        if self.seen_labels() != seen {
            self.before = seen;
        }
        observation
    }

    fn answer(&mut self, effect: &RotationEffect, operator: &mut ExploredOperator) -> Observation {
        match effect {
            RotationEffect::DescribeSecret => Observation::Described(SecretFacts {
                labels: self.seen_labels(),
                managed: false,
                deleted: false,
            }),
            RotationEffect::ReadVersion { version } if self.stored.contains_key(version) => {
                Observation::Read(ReadAnswer::Value(VersionFacts {
                    user: Arc::from(self.stored[version]),
                    address: Arc::from("bolt://db"),
                    administrated: self.administrated,
                    as_prepared: true,
                    problem: None,
                }))
            }
            RotationEffect::ReadVersion { .. } => Observation::Read(ReadAnswer::Empty),
            RotationEffect::GeneratePassword { like, alternate } => {
                operator.generated += 1;
                let other = if self.stored[like] == USER {
                    OTHER
                } else {
                    USER
                };
                operator.drawn_for = if *alternate { other } else { self.stored[like] };
                Observation::Generated {
                    version: VersionId::new(format!("{}{}", operator.name, operator.generated)),
                }
            }
            RotationEffect::PutVersion { version, label } => {
                self.stored.insert(version.clone(), operator.drawn_for);
                self.labels
                    .insert(Arc::from(label.as_str()), version.clone());
                Observation::Stored
            }
            RotationEffect::MoveStage {
                stage,
                to,
                remove_from,
            } => self.move_stage(stage, to.as_ref(), remove_from.as_ref()),
            RotationEffect::Login { version } => {
                let answer = self.login(version);
                let user = self.stored[version];
                match answer {
                    LoginAnswer::WrongPassword => *operator.wrong.entry(user).or_default() += 1,
                    LoginAnswer::Accepted => drop(operator.wrong.remove(user)),
                    LoginAnswer::MustChange | LoginAnswer::RateLimited => {}
                }
                Observation::Login(answer)
            }
            // It logs in with the old password first, and the limiter counts that.
            RotationEffect::AlterPassword { from, to } => {
                match self.login(from) {
                    LoginAnswer::RateLimited => {
                        return Observation::Failed(EffectError::new(
                            EffectErrorClass::Throttled,
                            Failure::new(FailureKind::Throttled, "logging in", "limited"),
                        ));
                    }
                    LoginAnswer::WrongPassword => {
                        *operator.wrong.entry(self.stored[from]).or_default() += 1;
                    }
                    LoginAnswer::Accepted | LoginAnswer::MustChange => {}
                }
                let done = self.change(&Change::Swap(from.clone(), to.clone()));
                Observation::Altered(if done {
                    AlterAnswer::Done
                } else {
                    AlterAnswer::WrongOld
                })
            }
            RotationEffect::CheckAdministrator { .. } => {
                Observation::Administrator(AdministratorAnswer::Ready("admin logs in".into()))
            }
            RotationEffect::SetByAdministrator { version, .. } if self.administrated => {
                let is_new = !self.accounts.contains_key(self.stored[version]);
                self.change(&Change::Set(version.clone()));
                Observation::Set(if is_new {
                    SetAnswer::Created(Vec::new())
                } else {
                    SetAnswer::Changed
                })
            }
            RotationEffect::SetByAdministrator { .. } => {
                Observation::Set(SetAnswer::Unfit("nobody".into()))
            }
            RotationEffect::ListConnections { .. } => Observation::Connections(Vec::new()),
            RotationEffect::KillConnections { ids, .. } => Observation::Killed(ids.len()),
            RotationEffect::FindReaders { .. } => Observation::Readers {
                stale: Vec::new(),
                unknown: Vec::new(),
            },
            RotationEffect::RefreshReader { .. } => Observation::Refreshed {
                done: Vec::new(),
                left: Vec::new(),
            },
            RotationEffect::CallThroughChain => {
                Observation::Called(CallAnswer::Answered("1 row".into()))
            }
            RotationEffect::StartManagedRotation => Observation::Conflict,
            RotationEffect::Wait { millis, .. } => {
                if *millis >= 5_000 {
                    self.accounts
                        .values_mut()
                        .for_each(|account| account.locked = false);
                    operator.wrong.clear();
                }
                Observation::Waited
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ExploredOperator {
    name: &'static str,
    generated: u8,
    begun: u8,
    /// Wrong logins of each user since the last success or lock window.
    wrong: BTreeMap<User, u8>,
    /// Whose password was generated last.
    drawn_for: User,
    at: At,
}

impl ExploredOperator {
    /// The most wrong logins of one user since the last success or lock window.
    pub(super) fn wrong_logins(&self) -> u8 {
        self.wrong.values().copied().max().unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum At {
    Running(Arc<MachineState>),
    Ended(RotationOutcome),
    Dead,
}

fn settings(name: &str) -> Arc<RotationSettings> {
    Arc::new(RotationSettings {
        operator: name.to_owned(),
        tries: 1,
        limited_tries: 3,
        laps: 4,
        jitter_millis: 0,
        ..RotationSettings::default()
    })
}

/// Each rotation of one person begins at its own second, so that labels are unique as they are in life.
fn now(operator: &ExploredOperator) -> i64 {
    NOW + i64::from(operator.begun) * 1_000
}

fn revive(operator: &ExploredOperator, state: MachineState) -> RotationMachine {
    RotationMachine {
        settings: settings(operator.name),
        state,
        now: now(operator),
        asked_at: now(operator),
        evidence: Vec::new(),
        found: Vec::new(),
        warned: false,
        reports: Vec::new(),
        changed_at: None,
    }
}

fn begin(kind: RotationKind, name: &str) -> Arc<MachineState> {
    Arc::new(
        RotationMachine::start(
            kind,
            RotationSettings {
                operator: name.to_owned(),
                ..RotationSettings::default()
            },
            NOW,
        )
        .state,
    )
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    world: ExploredWorld,
    operators: Vec<ExploredOperator>,
    faults: u8,
    /// Steps that nobody else can see or influence are taken at once: they commute with everything that others do.
    merged: bool,
}

/// Can no other operator notice this call or change its answer?
fn is_private(world: &ExploredWorld, effect: &RotationEffect) -> bool {
    match effect {
        RotationEffect::ReadVersion { version } => world.stored.contains_key(version),
        RotationEffect::GeneratePassword { .. }
        | RotationEffect::ListConnections { .. }
        | RotationEffect::KillConnections { .. }
        | RotationEffect::CheckAdministrator { .. }
        | RotationEffect::FindReaders { .. }
        | RotationEffect::RefreshReader { .. }
        | RotationEffect::CallThroughChain => true,
        RotationEffect::Wait { millis, .. } => *millis < 5_000,
        RotationEffect::DescribeSecret
        | RotationEffect::PutVersion { .. }
        | RotationEffect::MoveStage { .. }
        | RotationEffect::Login { .. }
        | RotationEffect::AlterPassword { .. }
        | RotationEffect::SetByAdministrator { .. }
        | RotationEffect::StartManagedRotation => false,
    }
}

fn take_private_steps(node: &mut Node, index: usize) {
    loop {
        let mut operator = node.operators[index].clone();
        let At::Running(state) = &operator.at else {
            return;
        };
        let mut machine = revive(&operator, (**state).clone());
        let observation = match machine.next() {
            RotationNext::Ask(_) => Observation::Agreed(true),
            RotationNext::Effect(effect) if is_private(&node.world, &effect) => {
                node.world.perform(&effect, &mut operator)
            }
            RotationNext::Done(ending) => {
                operator.at = At::Ended(ending.outcome);
                node.operators[index] = operator;
                return;
            }
            RotationNext::Effect(_) => return,
        };
        machine.on(observation, now(&operator));
        operator.at = At::Running(Arc::new(machine.state));
        node.operators[index] = operator;
    }
}

/// What may go wrong with one call.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// It took effect, and nobody heard of it.
    ReplyLost,
    /// It never arrived, and nobody knows.
    CallLost,
    /// It arrives later, or never.
    Late,
    /// A read shows the labels as they were before the last change.
    Stale,
    /// The process dies before the call, and somebody resumes.
    KilledBefore,
    /// The process dies after the call, and somebody resumes.
    KilledAfter,
    /// The process dies after the call, and nobody looks for now.
    GoneAfter,
}

const FAULTS: [Fault; 7] = [
    Fault::ReplyLost,
    Fault::CallLost,
    Fault::Late,
    Fault::Stale,
    Fault::KilledBefore,
    Fault::KilledAfter,
    Fault::GoneAfter,
];

fn is_write(effect: &RotationEffect) -> bool {
    matches!(
        effect,
        RotationEffect::PutVersion { .. }
            | RotationEffect::MoveStage { .. }
            | RotationEffect::AlterPassword { .. }
            | RotationEffect::SetByAdministrator { .. }
    )
}

/// Does this fault make a difference to what comes next?
fn applies(world: &ExploredWorld, next: &RotationNext, fault: Fault) -> bool {
    let RotationNext::Effect(effect) = next else {
        return matches!(fault, Fault::None);
    };
    match fault {
        Fault::None => true,
        Fault::ReplyLost => is_write(effect) || matches!(effect, RotationEffect::Login { .. }),
        Fault::CallLost => !matches!(effect, RotationEffect::Wait { .. }),
        Fault::Late => matches!(
            effect,
            RotationEffect::AlterPassword { .. } | RotationEffect::SetByAdministrator { .. }
        ),
        Fault::Stale => {
            *effect == RotationEffect::DescribeSecret && world.before.holder(CURRENT).is_some()
        }
        Fault::KilledBefore | Fault::KilledAfter | Fault::GoneAfter => is_write(effect),
    }
}

/// Takes one step of one operator. `None` where this fault makes no difference here.
fn step(node: &Node, index: usize, fault: Fault) -> Option<Node> {
    let At::Running(state) = &node.operators[index].at else {
        return None;
    };
    let mut machine = revive(&node.operators[index], (**state).clone());
    let next = machine.next();
    let faults = if matches!(fault, Fault::None) {
        node.faults
    } else {
        node.faults.checked_sub(1)?
    };
    if !applies(&node.world, &next, fault) {
        return None;
    }
    let mut node = Node {
        faults,
        ..node.clone()
    };
    let mut operator = node.operators[index].clone();
    match next {
        RotationNext::Done(ending) => operator.at = At::Ended(ending.outcome),
        RotationNext::Ask(_) => {
            machine.on(Observation::Agreed(true), now(&operator));
            operator.at = At::Running(Arc::new(machine.state));
        }
        RotationNext::Effect(effect) => {
            let mut resumed = None;
            let observation = match fault {
                Fault::None => node.world.perform(&effect, &mut operator),
                Fault::CallLost => Observation::Failed(EffectError::in_doubt()),
                Fault::ReplyLost => {
                    node.world.perform(&effect, &mut operator);
                    Observation::Failed(EffectError::in_doubt())
                }
                Fault::Late => {
                    node.world.in_flight.insert(match &effect {
                        RotationEffect::AlterPassword { from, to } => {
                            Change::Swap(from.clone(), to.clone())
                        }
                        RotationEffect::SetByAdministrator { version, .. } => {
                            Change::Set(version.clone())
                        }
                        other => unreachable!("{other:?} does not come late"),
                    });
                    Observation::Failed(EffectError::in_doubt())
                }
                Fault::Stale => Observation::Described(SecretFacts {
                    labels: node.world.before.clone(),
                    managed: false,
                    deleted: false,
                }),
                Fault::KilledBefore | Fault::KilledAfter | Fault::GoneAfter => {
                    if !matches!(fault, Fault::KilledBefore) {
                        node.world.perform(&effect, &mut operator);
                    }
                    let gone = matches!(fault, Fault::GoneAfter);
                    resumed = Some(if gone {
                        At::Dead
                    } else {
                        At::Running(begin(RotationKind::Resume, operator.name))
                    });
                    Observation::Waited
                }
            };
            if let Some(at) = resumed {
                operator.at = at;
                operator.wrong.clear();
            } else {
                machine.on(observation, now(&operator));
                operator.at = At::Running(Arc::new(machine.state));
            }
        }
    }
    node.operators[index] = operator;
    if node.merged {
        take_private_steps(&mut node, index);
    }
    Some(node)
}

/// How one node leads to another; put into words only where something is wrong.
#[derive(Clone, Copy)]
enum How {
    Start,
    RotationStep(&'static str, Option<RotationPhase>, Fault),
    LateChange,
    LostChange,
}

impl std::fmt::Display for How {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start => formatter.write_str("start"),
            Self::RotationStep(who, phase, fault) => {
                write!(formatter, "{who}: {phase:?} {fault:?}")
            }
            Self::LateChange => formatter.write_str("a late change arrives"),
            Self::LostChange => formatter.write_str("a late change is lost"),
        }
    }
}

fn successors(node: &Node) -> Vec<(How, Node)> {
    let mut found = Vec::new();
    for index in 0..node.operators.len() {
        let tries =
            std::iter::once(Fault::None).chain(FAULTS.into_iter().filter(|_| node.faults > 0));
        for fault in tries {
            if let Some(next) = step(node, index, fault) {
                found.push((how(node, index, fault), next));
            }
        }
    }
    for change in &node.world.in_flight {
        let mut arrived = node.clone();
        arrived.world.in_flight.remove(change);
        arrived.world.change(change);
        found.push((How::LateChange, arrived));
        let mut lost = node.clone();
        lost.world.in_flight.remove(change);
        found.push((How::LostChange, lost));
    }
    found
}

fn how(node: &Node, index: usize, fault: Fault) -> How {
    let operator = &node.operators[index];
    let phase = if let At::Running(state) = &operator.at {
        Some(state.phase)
    } else {
        None
    };
    How::RotationStep(operator.name, phase, fault)
}

/// One more resume, alone and without faults.
fn resume(world: &ExploredWorld) -> (ExploredWorld, RotationOutcome) {
    let mut world = world.clone();
    let mut operator = ExploredOperator {
        name: "last",
        ..ExploredWorld::nobody()
    };
    let mut machine = RotationMachine::start(
        RotationKind::Resume,
        RotationSettings {
            operator: "last".into(),
            ..RotationSettings::default()
        },
        NOW,
    );
    for _ in 0..400 {
        let observation = match machine.next() {
            RotationNext::Done(ending) => return (world, ending.outcome),
            RotationNext::Ask(_) => Observation::Agreed(true),
            RotationNext::Effect(effect) => world.perform(&effect, &mut operator),
        };
        assert!(
            operator.wrong_logins() <= 2,
            "more than two wrong logins in one lock window"
        );
        assert!(
            world.is_safe(),
            "the accepted password lost its last label while resuming"
        );
        machine.on(observation, NOW);
    }
    panic!(
        "resume does not end from {world:?}; it stands at {:?}",
        machine.state
    );
}

#[derive(Default, Debug)]
struct Walk {
    states: usize,
    worlds: usize,
    outcomes: BTreeMap<String, usize>,
    complete: bool,
}

struct Explorer {
    hashers: [RandomState; 2],
    seen: HashSet<(u64, u64)>,
    /// For the way that led to a broken state.
    trail: Vec<(usize, How)>,
    queue: VecDeque<(usize, Node)>,
    worlds: HashSet<ExploredWorld>,
}

impl Explorer {
    fn new() -> Self {
        Self {
            hashers: [RandomState::new(), RandomState::new()],
            seen: HashSet::new(),
            trail: Vec::new(),
            queue: VecDeque::new(),
            worlds: HashSet::new(),
        }
    }

    fn admit(&mut self, from: usize, how: How, node: Node) {
        if self.seen.insert((
            self.hashers[0].hash_one(&node),
            self.hashers[1].hash_one(&node),
        )) {
            self.trail.push((from, how));
            self.queue.push_back((self.trail.len() - 1, node));
        }
    }

    fn way(&self, mut at: usize) -> String {
        let mut steps = Vec::new();
        while at != 0 {
            let (from, how) = &self.trail[at];
            steps.push(*how);
            at = *from;
        }
        steps.reverse();
        let mut text = String::new();
        for step in steps {
            let _ = writeln!(text, "  {step}");
        }
        text
    }

    fn walk(mut self, start: Node, limit: usize) -> Walk {
        let mut outcomes = BTreeMap::new();
        self.admit(0, How::Start, start);
        while let Some((at, node)) = self.queue.pop_front() {
            if self.seen.len() >= limit {
                return Walk {
                    states: self.seen.len(),
                    worlds: self.worlds.len(),
                    outcomes,
                    complete: false,
                };
            }
            self.judge(at, &node);
            for operator in &node.operators {
                if let At::Ended(outcome) = &operator.at {
                    *outcomes.entry(outcome.as_str().to_owned()).or_insert(0) += 1;
                }
            }
            for (how, next) in successors(&node) {
                self.admit(at, how, next);
            }
        }
        Walk {
            states: self.seen.len(),
            worlds: self.worlds.len(),
            outcomes,
            complete: true,
        }
    }

    fn judge(&mut self, at: usize, node: &Node) {
        assert!(
            node.world.is_safe(),
            "the accepted password is in no labelled version, or AWSCURRENT does not log in: {:#?}\n{}",
            node.world,
            self.way(at)
        );
        for operator in &node.operators {
            assert!(
                operator.wrong_logins() <= 2,
                "{} has tried {:?} wrong logins in one lock window:\n{}",
                operator.name,
                operator.wrong,
                self.way(at)
            );
        }
        if !self.worlds.insert(node.world.clone()) {
            return;
        }
        if let Err(complaint) = resume_converges(&node.world) {
            panic!("{complaint}:\n{}{:#?}", self.way(at), node.world);
        }
    }
}

/// From here, one more resume reaches the end, and a change that arrives after it neither loses the password nor sticks.
fn resume_converges(world: &ExploredWorld) -> Result<(), String> {
    let (mut after, outcome) = resume(world);
    if !matches!(
        outcome,
        RotationOutcome::Resumed | RotationOutcome::NothingToDo
    ) || !after.agrees()
    {
        return Err(format!(
            "resume ended with {outcome:?}, agreement: {}",
            after.agrees()
        ));
    }
    for change in std::mem::take(&mut after.in_flight) {
        after.change(&change);
        if !after.is_safe() {
            return Err(format!("a late {change:?} after resume lost the password"));
        }
    }
    let (after, outcome) = resume(&after);
    if after.agrees() {
        Ok(())
    } else {
        Err(format!(
            "a late change and one more resume ended with {outcome:?}"
        ))
    }
}

fn start(kinds: &[RotationKind], faults: u8) -> Node {
    start_in(ExploredWorld::new(), kinds, faults)
}

fn start_in(mut world: ExploredWorld, kinds: &[RotationKind], faults: u8) -> Node {
    world.gapless = world.administrated && !kinds.contains(&RotationKind::Rollback);
    let names = ["ana", "ben", "cem"];
    let operators = kinds
        .iter()
        .zip(names)
        .map(|(kind, name)| ExploredOperator {
            name,
            at: At::Running(begin(*kind, name)),
            ..ExploredWorld::nobody()
        })
        .collect();
    Node {
        world,
        operators,
        faults,
        merged: kinds.len() > 1,
    }
}

/// More by hand: `ROTATION_STATES=20000000 cargo test --release explore`.
fn limit(usual: usize) -> usize {
    std::env::var("ROTATION_STATES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

fn report(what: &str, walk: &Walk) {
    println!(
        "{what}: {} states, {} worlds, complete: {}, endings {:?}",
        walk.states, walk.worlds, walk.complete, walk.outcomes
    );
}
