//! Every state that operators, crashes, lost answers and late changes can lead to, walked exhaustively with the real machine
//! against a strict model of staging labels and of Neo4j's login limiter.
//!
//! At every state: the password that the database accepts is in a labelled version; where two users take turns, AWSCURRENT logs in.
//! From every state: one more `resume` reaches the end where that password is AWSCURRENT and no AWSPENDING is left, also if a change
//! in flight arrives after all.

#![cfg(test)]

mod steps;
mod tests;
mod world;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

use self::steps::{How, Node, begin, successors};
use self::world::{At, ExploredOperator};
pub(super) use self::world::{ExploredWorld, USER};
use super::super::effect::{Observation, RotationNext};
use super::super::report::{RotationKind, RotationOutcome};
use super::{RotationMachine, RotationSettings};

const NOW: i64 = 1_795_269_901_000;

/// Returns one more resume, alone and without faults.
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

fn start_in(world: ExploredWorld, kinds: &[RotationKind], faults: u8) -> Node {
    let names = ["ana", "ben", "cem"];
    let operators: Vec<_> = kinds.iter().copied().zip(names).collect();
    start_as(world, &operators, faults)
}

/// Operators with the names that stand in their labels.
fn start_as(
    mut world: ExploredWorld,
    operators: &[(RotationKind, &'static str)],
    faults: u8,
) -> Node {
    let goes_back = operators
        .iter()
        .any(|(kind, _)| *kind == RotationKind::Rollback);
    world.gapless = world.administrated && !goes_back;
    let draws = ["ana", "ben", "cem"];
    let operators: Vec<_> = operators
        .iter()
        .zip(draws)
        .map(|((kind, name), draws)| ExploredOperator {
            name,
            draws,
            at: At::Running(begin(*kind, name)),
            ..ExploredWorld::nobody()
        })
        .collect();
    Node {
        world,
        merged: operators.len() > 1,
        operators,
        faults,
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
