//! One step of one operator: what it does to the world, and what may go wrong with it.

use std::sync::Arc;

use super::super::super::effect::{
    EffectError, Observation, RotationEffect, RotationNext, SecretFacts,
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

pub(super) const FAULTS: [Fault; 7] = [
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
pub(super) fn step(node: &Node, index: usize, fault: Fault) -> Option<Node> {
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
