//! Every state that operators, deaths and lost answers can lead to, visited exhaustively with the real machine.
//!
//! At every state: each holder (configuration, providers) has a value that Cognito accepts, and such a value is stored durably.
//! From every state: one more `resume` without faults reaches the end with one secret, no AWSPENDING, and equal holders.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use super::state::ClientSecretState;
use super::undo::DRAIN;
use super::{ClientSecretMachine, ClientSecretSettings};
use crate::client_secret::effect::{
    AppClientFacts, ClientSecretEffect, ClientSecretId, ClientSecretNext, ClientSecretObservation,
    JournalFacts, ProviderFacts, ProviderHolding, ProviderState, SecretChoice,
};
use crate::client_secret::report::{ClientSecretKind, ClientSecretQuestion};
use crate::model::Moment;
use crate::rotation::effect::{CallAnswer, EffectError};
use crate::rotation::labels::{CURRENT, Labels, PENDING, VersionId};
use crate::rotation::report::RotationOutcome;

const NOW: Moment = Moment::from_millis(1_795_269_901_000);

/// A value, named by a number.
type Value = u8;

/// Cognito, Secrets Manager, the providers and a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ExploredCognito {
    /// Secrets of the client: id number and value.
    secrets: Vec<(u8, Value)>,
    next_id: u8,
    /// Journal versions: value, old id, old value.
    versions: BTreeMap<VersionId, (Value, Option<u8>, Value)>,
    labels: BTreeMap<Arc<str>, VersionId>,
    providers: Vec<Value>,
    configuration: Value,
}

impl ExploredCognito {
    fn new(providers: usize) -> Self {
        Self {
            secrets: vec![(0, 0)],
            next_id: 1,
            versions: BTreeMap::new(),
            labels: BTreeMap::new(),
            providers: vec![0; providers],
            configuration: 0,
        }
    }

    fn accepts(&self, value: Value) -> bool {
        self.secrets.iter().any(|(_, known)| *known == value)
    }

    /// No holder fails, and a value that works is stored durably.
    fn is_safe(&self) -> bool {
        let holders_work = self.accepts(self.configuration)
            && self.providers.iter().all(|value| self.accepts(*value));
        let stored = self
            .labels
            .values()
            .filter_map(|version| self.versions.get(version))
            .any(|(value, ..)| self.accepts(*value));
        holders_work && (stored || self.accepts(self.configuration))
    }

    fn is_settled(&self) -> bool {
        let [(_, value)] = self.secrets.as_slice() else {
            return false;
        };
        !self.labels.contains_key(PENDING)
            && self.configuration == *value
            && self.providers.iter().all(|held| held == value)
    }

    /// As settled, with two secrets of one and the same value.
    fn is_doubled(&self) -> bool {
        let [(kept, value), (_, other)] = self.secrets.as_slice() else {
            return false;
        };
        let single = Self {
            secrets: vec![(*kept, *value)],
            ..self.clone()
        };
        value == other && single.is_settled()
    }

    fn seen_labels(&self) -> Labels {
        let mut versions: BTreeMap<VersionId, Vec<Arc<str>>> = BTreeMap::new();
        for (label, version) in &self.labels {
            versions
                .entry(version.clone())
                .or_default()
                .push(Arc::clone(label));
        }
        Labels::new(versions)
    }
}

/// An operator's process: dead, or with its machine's state and the values that it knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Process {
    kind: ClientSecretKind,
    name: &'static str,
    state: Option<ClientSecretState>,
    /// The value drawn, and the old one as read at the start.
    drawn: Option<Value>,
    old: Option<Value>,
}

impl Process {
    fn value(&self, choice: SecretChoice) -> Option<Value> {
        match choice {
            SecretChoice::Old => self.old,
            SecretChoice::New => self.drawn,
        }
    }

    /// Whether its next request is a write that was decided by a read of the journal.
    fn is_about_to_write(&self) -> bool {
        self.state
            .clone()
            .is_some_and(|state| state.pause.is_none() && state.phase.is_guarded())
    }
}

fn id(number: u8) -> ClientSecretId {
    ClientSecretId::new(format!("client--{number}"))
}

fn number(id: &ClientSecretId) -> u8 {
    id.as_str()
        .rsplit('-')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(255)
}

fn settings(name: &str) -> ClientSecretSettings {
    ClientSecretSettings {
        operator: name.to_owned(),
        settle_rounds: 2,
        tries: 2,
        provider_polls: 2,
        ..ClientSecretSettings::default()
    }
}

fn revive(process: &Process, state: ClientSecretState) -> ClientSecretMachine {
    let mut machine = ClientSecretMachine::new(process.kind, settings(process.name), NOW);
    machine.state = state;
    machine
}

impl ExploredCognito {
    /// Performs an effect for a process.
    fn perform(
        &mut self,
        effect: &ClientSecretEffect,
        process: &mut Process,
    ) -> ClientSecretObservation {
        use ClientSecretObservation as Seen;
        let pending = self.labels.get(PENDING).cloned();
        match effect {
            ClientSecretEffect::ReadClient => {
                if process.old.is_none() {
                    process.old = self.secrets.first().map(|(_, value)| *value);
                }
                Seen::Client(AppClientFacts {
                    secrets: self.secrets.iter().map(|(n, _)| id(*n)).collect(),
                    ..AppClientFacts::default()
                })
            }
            ClientSecretEffect::ReadJournal => {
                let values = pending.and_then(|version| self.versions.get(&version).copied());
                if let Some((new, _, old)) = values {
                    if process.kind != ClientSecretKind::Rotate {
                        process.drawn = Some(new);
                    }
                    process.old = Some(old);
                }
                Seen::Journal(JournalFacts {
                    exists: !self.versions.is_empty(),
                    labels: self.seen_labels(),
                    pending_old: values.and_then(|(_, old, _)| old).map(id),
                    problem: None,
                })
            }
            ClientSecretEffect::Probe(choice) => {
                let value = process.value(*choice);
                Seen::Probed(value.is_some_and(|value| self.accepts(value)))
            }
            ClientSecretEffect::FindProviders => Seen::Providers(
                (0..self.providers.len())
                    .map(|index| Arc::from(format!("p{index}")))
                    .collect(),
            ),
            ClientSecretEffect::ReadProvider(index) => {
                let held = self.providers.get(*index).copied();
                let holds = match held {
                    value if value.is_some() && value == process.drawn => ProviderHolding::New,
                    value if value.is_some() && value == process.old => ProviderHolding::Old,
                    _ => ProviderHolding::Other,
                };
                Seen::Provider(ProviderFacts {
                    state: ProviderState::Ready,
                    holds,
                })
            }
            ClientSecretEffect::CheckProvider(_) | ClientSecretEffect::CheckPermissions => {
                Seen::Permitted
            }
            ClientSecretEffect::CreateJournal => {
                if !self.versions.is_empty() {
                    return Seen::Conflict;
                }
                let version = VersionId::new("j");
                self.versions
                    .insert(version.clone(), (process.old.unwrap_or(255), None, 255));
                self.labels.insert(Arc::from(CURRENT), version);
                Seen::Stored
            }
            ClientSecretEffect::Generate => {
                let value = if process.name == "ana" { 10 } else { 20 };
                process.drawn = Some(value);
                Seen::Generated(VersionId::new(format!("v-{}", process.name)))
            }
            ClientSecretEffect::PutVersion { version, label } => {
                let old = self.secrets.first().map(|(n, _)| *n);
                self.versions.entry(version.clone()).or_insert((
                    process.drawn.unwrap_or(255),
                    // What this process saw at its first look.
                    process
                        .state
                        .as_ref()
                        .and_then(|state| state.old.as_ref())
                        .map(number)
                        .or(old),
                    process.old.unwrap_or(255),
                ));
                self.labels
                    .insert(Arc::from(label.as_str()), version.clone());
                Seen::Stored
            }
            ClientSecretEffect::MoveStage {
                stage,
                to,
                remove_from,
            } => {
                if self.labels.get(stage.as_str()) != remove_from.as_ref() {
                    return Seen::Conflict;
                }
                match to {
                    Some(version) => self
                        .labels
                        .insert(Arc::from(stage.as_str()), version.clone()),
                    None => self.labels.remove(stage.as_str()),
                };
                Seen::Moved
            }
            ClientSecretEffect::AddSecret => {
                if self.secrets.len() >= 2 {
                    return Seen::Conflict;
                }
                let added = self.next_id;
                self.next_id += 1;
                self.secrets.push((added, process.drawn.unwrap_or(255)));
                Seen::Added(id(added))
            }
            ClientSecretEffect::UpdateProvider(index, choice) => {
                if let Some(held) = self.providers.get_mut(*index) {
                    *held = process.value(*choice).unwrap_or(255);
                }
                Seen::Updated
            }
            ClientSecretEffect::CallThroughChain(_) => {
                Seen::Called(CallAnswer::Answered("1 row".to_owned()))
            }
            ClientSecretEffect::FindHolders(choice) => Seen::Holders {
                inline: if Some(self.configuration) == process.value(*choice) {
                    Vec::new()
                } else {
                    vec!["config.toml".to_owned()]
                },
                others: Vec::new(),
            },
            ClientSecretEffect::UpdateConfiguration(choice) => {
                // The file's other writers are excluded: it is replaced only where it still holds the other value.
                if Some(self.configuration) == process.value(choice.other()) {
                    self.configuration = process.value(*choice).unwrap_or(255);
                    return Seen::Written {
                        done: vec!["config.toml".to_owned()],
                        left: Vec::new(),
                    };
                }
                Seen::Written {
                    done: Vec::new(),
                    left: vec!["another value".to_owned()],
                }
            }
            ClientSecretEffect::DeleteSecret(target) => {
                let before = self.secrets.len();
                if before == 1 {
                    return Seen::Failed(EffectError::refused("the only one"));
                }
                self.secrets.retain(|(n, _)| id(*n) != *target);
                Seen::Deleted
            }
            ClientSecretEffect::Wait { .. } => Seen::Waited,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    world: ExploredCognito,
    processes: Vec<Process>,
    faults: u8,
    /// A write that was given up and is still on its way, with the process that sent it.
    late: Option<(ClientSecretEffect, Process)>,
}

/// What may happen to a request.
#[derive(Clone, Copy)]
enum Fault {
    None,
    /// It takes effect, and the answer is lost.
    LostAnswer,
    /// It takes no effect, and no answer comes.
    LostRequest,
    /// The process dies before it.
    Death,
    /// No answer comes, and it takes effect at any later time.
    Late,
}

/// Whether a write may be delayed on its way to AWS.
const fn may_be_late(effect: &ClientSecretEffect) -> bool {
    matches!(
        effect,
        ClientSecretEffect::CreateJournal
            | ClientSecretEffect::PutVersion { .. }
            | ClientSecretEffect::MoveStage { .. }
            | ClientSecretEffect::AddSecret
            | ClientSecretEffect::UpdateProvider(..)
            | ClientSecretEffect::DeleteSecret(_)
    )
}

/// The write that is on its way arrives.
fn arrival(node: &Node) -> Option<Node> {
    let mut after = node.clone();
    let (effect, mut sender) = after.late.take()?;
    after.world.perform(&effect, &mut sender);
    Some(after)
}

fn step(node: &Node, index: usize, fault: Fault) -> Option<Node> {
    let mut after = node.clone();
    let others_write = node
        .processes
        .iter()
        .enumerate()
        .any(|(other, process)| other != index && process.is_about_to_write());
    let process = after.processes.get_mut(index)?;
    let state = process.state.clone()?;
    let mut machine = revive(process, state);
    if !matches!(fault, Fault::None) {
        after.faults = after.faults.checked_sub(1)?;
    }
    let observation = match (machine.next(), fault) {
        (_, Fault::Death) | (ClientSecretNext::Done(_), _) => {
            process.state = None;
            return Some(after);
        }
        (ClientSecretNext::Ask(_), Fault::None) => ClientSecretObservation::Agreed(true),
        // As long as a request may take: those that were decided before have taken effect by then, or their process is dead.
        (ClientSecretNext::Effect(ClientSecretEffect::Wait { reason, .. }), Fault::None)
            if reason == DRAIN && (others_write || node.late.is_some()) =>
        {
            return None;
        }
        (ClientSecretNext::Effect(ClientSecretEffect::Wait { .. }), Fault::None) => {
            ClientSecretObservation::Waited
        }
        (
            ClientSecretNext::Ask(_) | ClientSecretNext::Effect(ClientSecretEffect::Wait { .. }),
            _,
        ) => return None,
        (ClientSecretNext::Effect(effect), Fault::Late) => {
            if !may_be_late(&effect) || node.late.is_some() {
                return None;
            }
            after.late = Some((effect, process.clone()));
            ClientSecretObservation::Failed(EffectError::in_doubt())
        }
        (ClientSecretNext::Effect(_), Fault::LostRequest) => {
            ClientSecretObservation::Failed(EffectError::in_doubt())
        }
        (ClientSecretNext::Effect(effect), Fault::LostAnswer) => {
            after.world.perform(&effect, process);
            ClientSecretObservation::Failed(EffectError::in_doubt())
        }
        (ClientSecretNext::Effect(effect), Fault::None) => after.world.perform(&effect, process),
    };
    machine.on(observation, NOW);
    process.state = Some(machine.state);
    Some(after)
}

/// Runs one process without faults to its end.
fn run(
    world: &mut ExploredCognito,
    kind: ClientSecretKind,
    name: &'static str,
) -> (RotationOutcome, Vec<String>) {
    let mut process = process(kind, name);
    let mut machine = ClientSecretMachine::new(kind, settings(name), NOW);
    for _ in 0..500 {
        let observation = match machine.next() {
            ClientSecretNext::Done(end) => return (end.outcome, end.warnings),
            ClientSecretNext::Ask(_) => ClientSecretObservation::Agreed(true),
            ClientSecretNext::Effect(effect) => {
                process.state = Some(machine.state.clone());
                world.perform(&effect, &mut process)
            }
        };
        machine.on(observation, NOW);
    }
    panic!("a rotation without faults does not end: {machine:?}");
}

fn process(kind: ClientSecretKind, name: &'static str) -> Process {
    let machine = ClientSecretMachine::new(kind, settings(name), NOW);
    Process {
        kind,
        name,
        state: Some(machine.state),
        drawn: None,
        old: None,
    }
}

/// Visits all states; returns how many nodes and how many worlds there are.
fn explore(providers: usize, kinds: &[ClientSecretKind], faults: u8) -> (usize, usize) {
    explore_in(ExploredCognito::new(providers), kinds, faults)
}

fn explore_in(world: ExploredCognito, kinds: &[ClientSecretKind], faults: u8) -> (usize, usize) {
    let names = ["ana", "bob"];
    let start = Node {
        world,
        processes: kinds
            .iter()
            .zip(names)
            .map(|(kind, name)| process(*kind, name))
            .collect(),
        faults,
        late: None,
    };
    let mut seen: HashSet<Node> = HashSet::from([start.clone()]);
    let mut worlds: HashSet<ExploredCognito> = HashSet::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        assert!(node.world.is_safe(), "a holder fails: {node:#?}");
        if worlds.insert(node.world.clone()) {
            let mut world = node.world.clone();
            let (outcome, warnings) = run(&mut world, ClientSecretKind::Resume, "carol");
            // A second Add under the same pending value, late, after the old secret was removed: both values are the new one, which
            // only Cognito could tell. Nothing is removed then, and a warning says so.
            let is_told = !warnings.is_empty() || outcome == RotationOutcome::Refused;
            let doubled = is_told && world.is_doubled();
            assert!(
                doubled || outcome.is_success() && world.is_settled() && warnings.is_empty(),
                "resume does not converge: {outcome:?} {warnings:?}\nfrom {node:#?}\nto {world:#?}"
            );
        }
        if let Some(next) = arrival(&node)
            && seen.insert(next.clone())
        {
            queue.push_back(next);
        }
        for index in 0..node.processes.len() {
            for fault in [
                Fault::None,
                Fault::LostAnswer,
                Fault::LostRequest,
                Fault::Death,
                Fault::Late,
            ] {
                if let Some(next) = step(&node, index, fault)
                    && seen.insert(next.clone())
                {
                    queue.push_back(next);
                }
            }
        }
    }
    (seen.len(), worlds.len())
}

#[test]
fn one_operator_with_lost_answers_and_deaths_never_breaks_a_holder_and_resume_converges() {
    for providers in 0..=2 {
        let (nodes, worlds) = explore(providers, &[ClientSecretKind::Rotate], 3);
        assert!(nodes > 100 && worlds > 8, "{nodes} nodes, {worlds} worlds");
    }
}

#[test]
fn two_operators_that_rotate_at_the_same_time_never_break_a_holder() {
    let kinds = [ClientSecretKind::Rotate, ClientSecretKind::Rotate];
    let (nodes, worlds) = explore(1, &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 15,
        "{nodes} nodes, {worlds} worlds"
    );
}

#[test]
fn a_resume_beside_a_rotation_never_breaks_a_holder() {
    let kinds = [ClientSecretKind::Rotate, ClientSecretKind::Resume];
    let (nodes, worlds) = explore(1, &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 15,
        "{nodes} nodes, {worlds} worlds"
    );
}

/// A world in which a rotation is pending, with both secrets at Cognito and every holder on the new one.
fn kept() -> ExploredCognito {
    let mut world = ExploredCognito::new(1);
    let settings = ClientSecretSettings {
        keep_old: true,
        ..settings("dora")
    };
    let mut runner = process(ClientSecretKind::Rotate, "dora");
    let mut machine = ClientSecretMachine::new(ClientSecretKind::Rotate, settings, NOW);
    loop {
        let observation = match machine.next() {
            ClientSecretNext::Done(_) => break,
            ClientSecretNext::Ask(_) => ClientSecretObservation::Agreed(true),
            ClientSecretNext::Effect(effect) => {
                runner.state = Some(machine.state.clone());
                world.perform(&effect, &mut runner)
            }
        };
        machine.on(observation, NOW);
    }
    assert_eq!(world.secrets.len(), 2);
    world
}

#[test]
fn a_roll_back_brings_the_old_secret_back_everywhere_and_removes_the_new_one() {
    let mut world = kept();
    let (outcome, warnings) = run(&mut world, ClientSecretKind::Rollback, "ana");
    assert_eq!(outcome, RotationOutcome::Rotated, "{warnings:?}");
    assert!(world.is_settled() && world.accepts(0), "{world:#?}");
    assert_eq!((world.configuration, &world.providers[..]), (0, &[0][..]));
    let (outcome, _) = run(&mut world, ClientSecretKind::Rollback, "ana");
    assert_eq!(outcome, RotationOutcome::Refused, "nothing is pending");
    assert!(world.is_settled());
}

#[test]
fn a_roll_back_with_lost_answers_and_deaths_never_breaks_a_holder_and_resume_converges() {
    let (nodes, worlds) = explore_in(kept(), &[ClientSecretKind::Rollback], 3);
    assert!(nodes > 100 && worlds > 7, "{nodes} nodes, {worlds} worlds");
}

#[test]
fn a_roll_back_beside_a_resume_never_breaks_a_holder() {
    let kinds = [ClientSecretKind::Rollback, ClientSecretKind::Resume];
    let (nodes, worlds) = explore_in(kept(), &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 15,
        "{nodes} nodes, {worlds} worlds"
    );
}

#[test]
fn a_roll_back_beside_the_rotation_itself_never_breaks_a_holder() {
    let kinds = [ClientSecretKind::Rotate, ClientSecretKind::Rollback];
    let (nodes, worlds) = explore(1, &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 15,
        "{nodes} nodes, {worlds} worlds"
    );
}

#[test]
fn two_roll_backs_at_the_same_time_never_break_a_holder() {
    let kinds = [ClientSecretKind::Rollback, ClientSecretKind::Rollback];
    let (nodes, worlds) = explore_in(kept(), &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 8,
        "{nodes} nodes, {worlds} worlds"
    );
}

#[test]
fn a_second_rotation_works_where_the_journal_exists() {
    let mut world = ExploredCognito::new(1);
    let (outcome, _) = run(&mut world, ClientSecretKind::Rotate, "ana");
    assert_eq!(outcome, RotationOutcome::Rotated);
    let (outcome, _) = run(&mut world, ClientSecretKind::Rotate, "bob");
    assert_eq!(outcome, RotationOutcome::Rotated);
    assert!(world.is_settled());
    let (outcome, _) = run(&mut world, ClientSecretKind::Resume, "carol");
    assert_eq!(outcome, RotationOutcome::NothingToDo);
}

#[test]
fn questions_come_before_the_first_write_and_before_the_old_secret_is_removed() {
    let mut asked = Vec::new();
    let mut world = ExploredCognito::new(1);
    let mut runner = process(ClientSecretKind::Rotate, "ana");
    let mut machine = ClientSecretMachine::new(ClientSecretKind::Rotate, settings("ana"), NOW);
    loop {
        let observation = match machine.next() {
            ClientSecretNext::Done(_) => break,
            ClientSecretNext::Ask(question) => {
                asked.push(question);
                ClientSecretObservation::Agreed(true)
            }
            ClientSecretNext::Effect(effect) => {
                runner.state = Some(machine.state.clone());
                world.perform(&effect, &mut runner)
            }
        };
        machine.on(observation, NOW);
    }
    assert!(matches!(
        asked.as_slice(),
        [
            ClientSecretQuestion::Proceed,
            ClientSecretQuestion::UpdateConfiguration(_),
            ClientSecretQuestion::Retire(_)
        ]
    ));
}
