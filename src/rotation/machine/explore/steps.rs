//! One step of one operator: what it does to the world, and what may go wrong with it.

use std::sync::Arc;

use super::super::super::effect::{
    EffectError, Observation, ReadAnswer, RotationEffect, RotationNext, SecretFacts,
};
use super::super::super::labels::CURRENT;
use super::super::super::report::RotationKind;
use super::super::{MachineState, RotationMachine, RotationPhase, RotationSettings};
use super::NOW;
use super::world::{At, Change, ExploredOperator, ExploredWorld};

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

pub(super) fn begin(kind: RotationKind, name: &str) -> Arc<MachineState> {
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
pub(super) struct Node {
    pub(super) world: ExploredWorld,
    pub(super) operators: Vec<ExploredOperator>,
    pub(super) faults: u8,
    /// Steps that nobody else can see or influence are taken at once: they commute with everything that others do.
    pub(super) merged: bool,
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
pub(super) enum Fault {
    None,
    /// It took effect, and nobody heard of it.
    ReplyLost,
    /// It took effect, its answer was lost, and the HTTP client sent it again by itself: the second answer is heard.
    Repeated,
    /// It never arrived, and nobody knows.
    CallLost,
    /// It arrives later, or never.
    Late,
    /// A read shows the labels as they were before the last change, or no value of a version.
    Stale,
    /// The operator says no.
    Declined,
    /// The process dies before the call, and somebody resumes.
    KilledBefore,
    /// The process dies after the call, and somebody resumes.
    KilledAfter,
    /// The process dies after the call, and nobody looks for now.
    GoneAfter,
}

pub(super) const FAULTS: [Fault; 9] = [
    Fault::ReplyLost,
    Fault::Repeated,
    Fault::CallLost,
    Fault::Late,
    Fault::Stale,
    Fault::Declined,
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

/// Returns what of a request may still be on its way when it is given up.
fn late_change(
    world: &ExploredWorld,
    effect: &RotationEffect,
    operator: &ExploredOperator,
) -> Option<Change> {
    match effect {
        RotationEffect::AlterPassword { from, to } => Some(Change::Swap(from.clone(), to.clone())),
        RotationEffect::SetByAdministrator { version, .. } => Some(Change::Set(version.clone())),
        RotationEffect::MoveStage {
            stage,
            to,
            remove_from,
        } if world.late_labels => {
            Some(Change::Move(stage.clone(), to.clone(), remove_from.clone()))
        }
        RotationEffect::PutVersion { version, label } if world.late_labels => Some(Change::Put(
            version.clone(),
            operator.drawn_for,
            label.clone(),
        )),
        _ => None,
    }
}

/// Returns whether the database accepts the password that the request logs in with, where it logs in.
fn is_accepted(world: &ExploredWorld, effect: &RotationEffect) -> bool {
    match effect {
        RotationEffect::AlterPassword { from, .. } => world.accepts(from),
        _ => true,
    }
}

/// Returns whether a read may show less than there is.
fn may_be_stale(world: &ExploredWorld, effect: &RotationEffect) -> bool {
    match effect {
        RotationEffect::DescribeSecret => world.before.holder(CURRENT).is_some(),
        // A version that was stored a moment ago.
        RotationEffect::ReadVersion { version } => {
            world.stored.contains_key(version) && world.labels.get(CURRENT) != Some(version)
        }
        _ => false,
    }
}

/// Returns the answer of a call that went wrong; none where this fault makes no difference to what comes next.
fn answer(
    world: &mut ExploredWorld,
    effect: &RotationEffect,
    operator: &mut ExploredOperator,
    fault: Fault,
) -> Option<Observation> {
    let in_doubt = Observation::Failed(EffectError::in_doubt());
    match fault {
        Fault::None => Some(world.perform(effect, operator)),
        Fault::ReplyLost if is_write(effect) || matches!(effect, RotationEffect::Login { .. }) => {
            world.perform(effect, operator);
            Some(in_doubt)
        }
        // A request that is refused has its answer, and is not sent again.
        Fault::Repeated if is_write(effect) && is_accepted(world, effect) => {
            world.perform(effect, operator);
            Some(world.perform(effect, operator))
        }
        Fault::CallLost if !matches!(effect, RotationEffect::Wait { .. }) => Some(in_doubt),
        Fault::Late => {
            let change = late_change(world, effect, operator)?;
            world.in_flight.insert(change);
            Some(in_doubt)
        }
        Fault::Stale if may_be_stale(world, effect) => Some(match effect {
            RotationEffect::DescribeSecret => Observation::Described(SecretFacts {
                labels: world.before.clone(),
                managed: false,
                deleted: false,
            }),
            _ => Observation::Read(ReadAnswer::Empty),
        }),
        Fault::ReplyLost
        | Fault::Repeated
        | Fault::CallLost
        | Fault::Stale
        | Fault::Declined
        | Fault::KilledBefore
        | Fault::KilledAfter
        | Fault::GoneAfter => None,
    }
}

/// The process dies at a write; where it stands then.
fn death(
    world: &mut ExploredWorld,
    effect: &RotationEffect,
    operator: &mut ExploredOperator,
    fault: Fault,
) -> Option<At> {
    let is_death = matches!(
        fault,
        Fault::KilledBefore | Fault::KilledAfter | Fault::GoneAfter
    );
    if !is_death || !is_write(effect) {
        return None;
    }
    if !matches!(fault, Fault::KilledBefore) {
        world.perform(effect, operator);
    }
    Some(if matches!(fault, Fault::GoneAfter) {
        At::Dead
    } else {
        At::Running(begin(RotationKind::Resume, operator.name))
    })
}

/// Takes one step of one operator. `None` where this fault makes no difference here.
pub(super) fn step(node: &Node, index: usize, fault: Fault) -> Option<Node> {
    let At::Running(state) = &node.operators[index].at else {
        return None;
    };
    let mut machine = revive(&node.operators[index], (**state).clone());
    let faults = if matches!(fault, Fault::None) {
        node.faults
    } else {
        node.faults.checked_sub(1)?
    };
    let mut node = Node {
        faults,
        ..node.clone()
    };
    let mut operator = node.operators[index].clone();
    let observation = match (machine.next(), fault) {
        (RotationNext::Done(ending), Fault::None) => {
            operator.at = At::Ended(ending.outcome);
            None
        }
        (RotationNext::Ask(_), Fault::None | Fault::Declined) => {
            Some(Observation::Agreed(matches!(fault, Fault::None)))
        }
        (RotationNext::Done(_) | RotationNext::Ask(_), _) => return None,
        (RotationNext::Effect(effect), _) => {
            if let Some(at) = death(&mut node.world, &effect, &mut operator, fault) {
                operator.at = at;
                operator.wrong.clear();
                None
            } else {
                Some(answer(&mut node.world, &effect, &mut operator, fault)?)
            }
        }
    };
    if let Some(observation) = observation {
        machine.on(observation, now(&operator));
        operator.at = At::Running(Arc::new(machine.state));
    }
    node.operators[index] = operator;
    if node.merged {
        take_private_steps(&mut node, index);
    }
    Some(node)
}

/// How one node leads to another; put into words only where something is wrong.
#[derive(Clone, Copy)]
pub(super) enum How {
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

pub(super) fn successors(node: &Node) -> Vec<(How, Node)> {
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

pub(super) fn how(node: &Node, index: usize, fault: Fault) -> How {
    let operator = &node.operators[index];
    let phase = if let At::Running(state) = &operator.at {
        Some(state.phase)
    } else {
        None
    };
    How::RotationStep(operator.name, phase, fault)
}
