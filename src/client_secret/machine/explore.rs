//! Every state that operators, deaths and lost answers can lead to, visited exhaustively with the real machine.
//!
//! At every state: each holder (configuration, providers) has a value that Cognito accepts, and such a value is stored durably.
//! From every state: one more `resume` without faults reaches the end with one secret, no AWSPENDING, and equal holders; or it says
//! that two secrets exist, and reaches that end after one of them was removed by hand.

#![cfg(test)]

mod tests;
mod world;

use std::collections::{HashSet, VecDeque};

use self::world::{ExploredCognito, Process};
use super::errors::DRAIN_OWN;
use super::state::ClientSecretState;
use super::undo::DRAIN;
use super::{ClientSecretMachine, ClientSecretSettings};
use crate::client_secret::effect::{ClientSecretEffect, ClientSecretNext, ClientSecretObservation};
use crate::client_secret::report::{ClientSecretEnd, ClientSecretKind};
use crate::model::Moment;
use crate::rotation::effect::EffectError;
use crate::rotation::report::RotationOutcome;

const NOW: Moment = Moment::from_millis(1_795_269_901_000);

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
    /// It takes effect, the answer is lost, and the HTTP client sends it again by itself.
    Repeated,
    /// It takes no effect, and no answer comes.
    LostRequest,
    /// It reads the journal as it was before the last write.
    Stale,
    /// The process dies before it.
    Death,
    /// No answer comes, and it takes effect at any later time.
    Late,
}

/// Returns whether a write may be delayed on its way to AWS.
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

/// Returns the write that is on its way arrives.
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
            if reason == DRAIN && others_write
                || [DRAIN, DRAIN_OWN].contains(&reason) && node.late.is_some() =>
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
        (ClientSecretNext::Effect(ClientSecretEffect::ReadJournal), Fault::Stale) => {
            after.world.read_stale(process)?
        }
        (ClientSecretNext::Effect(_), Fault::Stale) => return None,
        (ClientSecretNext::Effect(_), Fault::LostRequest) => {
            ClientSecretObservation::Failed(EffectError::in_doubt())
        }
        (ClientSecretNext::Effect(effect), Fault::LostAnswer) => {
            after.world.perform(&effect, process);
            ClientSecretObservation::Failed(EffectError::in_doubt())
        }
        (ClientSecretNext::Effect(effect), Fault::Repeated) => {
            after.world.perform(&effect, process);
            after.world.perform(&effect, process)
        }
        (ClientSecretNext::Effect(effect), Fault::None) => after.world.perform(&effect, process),
    };
    machine.on(observation, NOW);
    process.state = Some(machine.state);
    Some(after)
}

/// Runs one process without faults to its end; returns outcome and warnings.
fn run(
    world: &mut ExploredCognito,
    kind: ClientSecretKind,
    name: &'static str,
) -> (RotationOutcome, Vec<String>) {
    let end = run_to_end(world, kind, name);
    (end.outcome, end.warnings)
}

fn run_to_end(
    world: &mut ExploredCognito,
    kind: ClientSecretKind,
    name: &'static str,
) -> ClientSecretEnd {
    let mut process = process(kind, name);
    let mut machine = ClientSecretMachine::new(kind, settings(name), NOW);
    for _ in 0..500 {
        let observation = match machine.next() {
            ClientSecretNext::Done(end) => return end,
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

/// One `resume` without faults settles the world, or tells people that two secrets exist; what they then do settles it.
fn assert_resume_converges(node: &Node) {
    let mut world = node.world.clone();
    let end = run_to_end(&mut world, ClientSecretKind::Resume, "carol");
    if end.outcome.is_success() && end.warnings.is_empty() && world.is_settled() {
        return;
    }
    // A second Add under the same pending value, sent by a resume at the same time: both values are the new one, which only Cognito
    // could tell. Nothing is removed then, and the end says so.
    let is_told = !end.warnings.is_empty() || end.outcome == RotationOutcome::Refused;
    assert!(
        is_told && world.is_doubled(),
        "resume does not converge: {end:?}\nfrom {node:#?}\nto {world:#?}"
    );
    assert_either_can_be_removed(&world);
}

/// Whichever of the two secrets an operator removes by hand: no holder fails, and `resume` settles the world.
fn assert_either_can_be_removed(doubled: &ExploredCognito) {
    for (removed, _) in &doubled.secrets {
        let mut world = doubled.without(*removed);
        assert!(world.is_safe(), "a holder fails: {world:#?}");
        let (outcome, warnings) = run(&mut world, ClientSecretKind::Resume, "carol");
        assert!(
            outcome.is_success() && warnings.is_empty() && world.is_settled(),
            "no settlement without {removed}: {outcome:?} {warnings:?}\nfrom {doubled:#?}\nto {world:#?}"
        );
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
            assert_resume_converges(&node);
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
                Fault::Repeated,
                Fault::LostRequest,
                Fault::Stale,
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
