//! The driver against worlds of plain data under a paused clock: time-outs, stopping, questions, the audit record.

#![cfg(test)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::model::{AlterAnswer, LoginAnswer};
use crate::rotation::{
    effect::{AdministratorAnswer, CallAnswer, ReadAnswer, SecretFacts, SetAnswer, VersionFacts},
    labels::{CURRENT, Labels, PREVIOUS, VersionId},
    plan::{PlanInput, RotationPlan},
    report::{EndReason, RotationOutcome, RotationStep},
};

use super::*;

/// Answers as well as can be; from the `silent_from`-th call on, not at all.
struct Fake {
    start: tokio::time::Instant,
    labels: BTreeMap<String, VersionId>,
    password: VersionId,
    calls: usize,
    silent_from: usize,
    effects: Vec<RotationEffect>,
    /// The writes that were recorded before they were sent, and what became of them.
    recorded: Vec<String>,
    results: Vec<&'static str>,
    stop_at: Option<(usize, CancellationToken)>,
    readable: BTreeSet<VersionId>,
}

impl Fake {
    fn new() -> Self {
        let (current, previous) = (VersionId::new("current"), VersionId::new("previous"));
        Self {
            start: tokio::time::Instant::now(),
            labels: [
                (CURRENT.to_owned(), current.clone()),
                (PREVIOUS.to_owned(), previous),
            ]
            .into(),
            password: current,
            calls: 0,
            silent_from: usize::MAX,
            effects: Vec::new(),
            recorded: Vec::new(),
            results: Vec::new(),
            stop_at: None,
            readable: BTreeSet::new(),
        }
    }

    fn facts(&self) -> SecretFacts {
        let mut versions: BTreeMap<VersionId, Vec<Arc<str>>> = BTreeMap::new();
        for (label, version) in &self.labels {
            versions
                .entry(version.clone())
                .or_default()
                .push(Arc::from(label.as_str()));
        }
        SecretFacts {
            labels: Labels::new(versions),
            managed: false,
            deleted: false,
        }
    }

    fn login(&self, version: &VersionId) -> LoginAnswer {
        if *version == self.password {
            LoginAnswer::Accepted
        } else {
            LoginAnswer::WrongPassword
        }
    }
}

impl RotationBackend for Fake {
    fn now(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_millis()).unwrap()
    }

    async fn perform(&mut self, effect: &RotationEffect) -> Observation {
        self.calls += 1;
        self.effects.push(effect.clone());
        if let Some((call, token)) = &self.stop_at
            && self.calls == *call
        {
            token.cancel();
        }
        if self.calls > self.silent_from {
            return std::future::pending().await;
        }
        match effect {
            RotationEffect::DescribeSecret => Observation::Described(self.facts()),
            RotationEffect::ReadVersion { version } => {
                self.readable.insert(version.clone());
                let facts = VersionFacts {
                    user: Arc::from("neo4j"),
                    address: Arc::from("bolt://db"),
                    administrated: false,
                    as_prepared: true,
                    problem: None,
                };
                Observation::Read(ReadAnswer::Value(facts))
            }
            RotationEffect::GeneratePassword { .. } => Observation::Generated {
                version: VersionId::new("fresh"),
            },
            RotationEffect::PutVersion { version, label } => {
                self.labels.insert(label.clone(), version.clone());
                Observation::Stored
            }
            RotationEffect::MoveStage {
                stage,
                to,
                remove_from,
            } => {
                if self.labels.get(stage) != remove_from.as_ref() {
                    return Observation::Conflict;
                }
                match to {
                    Some(to) => self.labels.insert(stage.clone(), to.clone()),
                    None => self.labels.remove(stage),
                };
                Observation::Moved
            }
            RotationEffect::Login { version } => Observation::Login(self.login(version)),
            RotationEffect::AlterPassword { to, .. } => {
                self.password = to.clone();
                Observation::Altered(AlterAnswer::Done)
            }
            RotationEffect::ListConnections { .. } => Observation::Connections(Vec::new()),
            RotationEffect::KillConnections { ids, .. } => Observation::Killed(ids.len()),
            RotationEffect::CheckAdministrator { .. } => {
                Observation::Administrator(AdministratorAnswer::Unfit("nobody".into()))
            }
            RotationEffect::SetByAdministrator { .. } => {
                Observation::Set(SetAnswer::Unfit("nobody".into()))
            }
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
            RotationEffect::Wait { .. } => Observation::Waited,
        }
    }

    async fn plan(&mut self, _: &RotationMachine) -> Option<RotationPlan> {
        Some(RotationPlan::new(
            RotationKind::Rotate,
            &PlanInput::default(),
        ))
    }

    async fn before_write(
        &mut self,
        _: &RotationMachine,
        effect: &RotationEffect,
    ) -> Result<(), String> {
        assert_eq!(
            self.recorded.len(),
            self.effects
                .iter()
                .filter(|effect| effect.is_write())
                .count(),
            "a write came before its record"
        );
        self.recorded.push(format!("{effect:?}"));
        Err("disk full".into())
    }

    async fn after_write(
        &mut self,
        effect: &RotationEffect,
        observation: &Observation,
    ) -> Result<(), String> {
        assert_eq!(self.recorded.last(), Some(&format!("{effect:?}")));
        self.results.push(observation.write_result().0);
        Err("disk full".into())
    }
}

#[derive(Default)]
struct Notes {
    told: Vec<String>,
    answer: bool,
    steps: Vec<RotationStep>,
}

impl Operator for Notes {
    fn on_report(&mut self, report: RotationReport) {
        if report.state.has_ended() {
            self.steps.push(report.step);
        }
    }

    fn warn(&mut self, sentence: String) {
        self.told.push(format!("warning: {sentence}"));
    }

    fn plan(&mut self, plan: RotationPlan) {
        self.told
            .push(format!("plan of {} steps", plan.steps.len()));
    }

    async fn ask(&mut self, question: RotationQuestion) -> bool {
        self.told.push(format!("{question:?}"));
        self.answer
    }
}

fn machine(kind: RotationKind) -> RotationMachine {
    RotationMachine::start(
        kind,
        RotationSettings {
            operator: "ana".into(),
            ..RotationSettings::default()
        },
        0,
    )
}

#[tokio::test(start_paused = true)]
async fn a_rotation_shows_its_plan_asks_records_and_ends() {
    let mut world = Fake::new();
    let mut desk = Notes {
        answer: true,
        ..Notes::default()
    };
    let ending = drive(
        machine(RotationKind::Rotate),
        &mut world,
        &mut desk,
        &CancellationToken::new(),
    )
    .await;
    assert_eq!(ending.outcome, RotationOutcome::Rotated);
    assert_eq!(exit_code(&ending), 0);
    assert_eq!(world.labels.get(CURRENT), Some(&world.password));
    let writes = world.effects.iter().filter(|effect| effect.is_write());
    assert_eq!(world.recorded.len(), writes.count());
    assert_eq!(world.results, vec!["done"; world.recorded.len()]);
    assert_eq!(
        desk.told,
        ["plan of 7 steps", "Proceed", "warning: disk full"]
    );
    assert_eq!(desk.steps, RotationStep::ALL);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_dies_anywhere_is_given_up_within_a_minute_of_the_last_answer() {
    for silent_from in 0..26 {
        let mut world = Fake::new();
        world.silent_from = silent_from;
        let mut desk = Notes {
            answer: true,
            ..Notes::default()
        };
        let ending = drive(
            machine(RotationKind::Rotate),
            &mut world,
            &mut desk,
            &CancellationToken::new(),
        )
        .await;
        let took = world.start.elapsed().as_secs();
        assert!(took < 60, "silent from call {silent_from}: {took} s");
        let agreed = world.labels.get(CURRENT) == Some(&world.password);
        assert!(
            exit_code(&ending) == 5 || (agreed && exit_code(&ending) == 0),
            "silent from call {silent_from}: {ending:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_at_once_before_the_change_and_after_the_promotion_once_it_has_begun() {
    for call in 1..24 {
        let mut world = Fake::new();
        let token = CancellationToken::new();
        world.stop_at = Some((call, token.clone()));
        let mut desk = Notes {
            answer: true,
            ..Notes::default()
        };
        let ending = drive(machine(RotationKind::Rotate), &mut world, &mut desk, &token).await;
        assert_eq!(
            world.labels.get(CURRENT),
            Some(&world.password),
            "stopped at call {call}: readers are left failing"
        );
        assert!(
            ending.why == EndReason::Stopped
                || ending.outcome == RotationOutcome::Rotated
                || ending.why == EndReason::Declined,
            "{ending:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_no_writes_nothing_and_records_nothing() {
    let mut world = Fake::new();
    let mut desk = Notes::default();
    let ending = drive(
        machine(RotationKind::Rotate),
        &mut world,
        &mut desk,
        &CancellationToken::new(),
    )
    .await;
    assert_eq!(
        (ending.outcome, exit_code(&ending), world.recorded.len()),
        (RotationOutcome::Refused, 1, 0)
    );
    assert!(!world.effects.iter().any(RotationEffect::is_write));
}

#[test]
fn a_secret_is_named_without_the_rest_of_its_arn() {
    assert_eq!(
        secret_name(
            "arn:aws:secretsmanager:us-west-2:123456789012:secret:neo4j-mcp/credentials-Ab12Cd"
        ),
        "neo4j-mcp/credentials"
    );
    assert_eq!(
        secret_name("neo4j-mcp/credentials-Ab12Cd"),
        "neo4j-mcp/credentials-Ab12Cd"
    );
}
