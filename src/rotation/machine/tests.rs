//! One way at a time: what the machine does where services, databases and operators answer something special.

#![cfg(test)]

mod consumers;
mod failures;
mod function;
mod labels;
mod logins;
mod resume;
mod steps;
mod two_users;

use std::sync::Arc;

use super::super::effect::{
    AdministratorAnswer, CallAnswer, Connection, EffectError, EffectErrorClass, Observation, Pause,
    ReadAnswer, RotationEffect, RotationNext, SecretFacts, SetAnswer, VersionFacts,
};
use crate::model::{AlterAnswer, Failure, FailureKind, LoginAnswer};

use super::super::labels::{CURRENT, PENDING, PREVIOUS, VersionId};
use super::super::readers::{Pickup, SecretReader};
use super::super::report::{
    EndReason, RotationEnd, RotationKind, RotationOutcome, RotationQuestion, RotationReport,
    RotationStep, StepState,
};
use super::explore::{ExploredWorld, USER};
use super::{RotationMachine, RotationSettings};

const NOW: i64 = 1_795_269_901_000;

/// A world, what is special about it, and what was done in it.
struct Harness {
    world: ExploredWorld,
    machine: RotationMachine,
    now: i64,
    /// How long each call takes, in milliseconds.
    pace: i64,
    agree: bool,
    /// To the first question of a resume, whatever is said to the others.
    agree_to_go_on: bool,
    effects: Vec<RotationEffect>,
    questions: Vec<RotationQuestion>,
    reports: Vec<RotationReport>,
}

impl Harness {
    fn new(kind: RotationKind) -> Self {
        Self::with(kind, |_| {})
    }

    fn with(kind: RotationKind, change: impl FnOnce(&mut RotationSettings)) -> Self {
        let mut settings = RotationSettings {
            operator: "ana".into(),
            ..RotationSettings::default()
        };
        change(&mut settings);
        let machine = RotationMachine::start(kind, settings, NOW);
        Self {
            world: ExploredWorld::new(),
            machine,
            now: NOW,
            pace: 10,
            agree: true,
            agree_to_go_on: true,
            effects: Vec::new(),
            questions: Vec::new(),
            reports: Vec::new(),
        }
    }

    fn label(&mut self, label: &str, version: &str) {
        self.world.stored.insert(VersionId::new(version), USER);
        self.world
            .labels
            .insert(Arc::from(label), VersionId::new(version));
    }

    fn labelled(&self, label: &str) -> Option<&str> {
        self.world.labels.get(label).map(VersionId::as_str)
    }

    fn accept(&mut self, version: &str) {
        self.world.accounts.get_mut(USER).unwrap().password = VersionId::new(version);
    }

    fn run(&mut self) -> RotationEnd {
        self.run_with(|_, _| None)
    }

    /// Runs to the end; `special` answers instead of the world where it wants to.
    fn run_with(
        &mut self,
        mut special: impl FnMut(&mut ExploredWorld, &RotationEffect) -> Option<Observation>,
    ) -> RotationEnd {
        let mut operator = ExploredWorld::nobody();
        for _ in 0..2_000 {
            let observation = match self.machine.next() {
                RotationNext::Done(ending) => return ending,
                RotationNext::Ask(question) => {
                    let goes_on =
                        matches!(question, RotationQuestion::GoOn(..)) && self.agree_to_go_on;
                    self.questions.push(question);
                    Observation::Agreed(self.agree || goes_on)
                }
                RotationNext::Effect(effect) => {
                    self.effects.push(effect.clone());
                    self.now += if let RotationEffect::Wait { millis, .. } = effect {
                        i64::try_from(millis).unwrap()
                    } else {
                        self.pace
                    };
                    special(&mut self.world, &effect)
                        .unwrap_or_else(|| self.world.perform(&effect, &mut operator))
                }
            };
            assert!(
                self.world.is_safe(),
                "the accepted password is in no labelled version"
            );
            assert!(
                operator.wrong_logins() <= 2,
                "too many wrong logins in one lock window"
            );
            let reports = self.machine.on(observation, self.now);
            self.reports.extend(reports);
        }
        panic!("it does not end: {:?}", self.effects.last());
    }

    fn writes(&self) -> usize {
        self.effects
            .iter()
            .filter(|effect| is_write(effect))
            .count()
    }

    fn ours_left(&self) -> Vec<&str> {
        self.world
            .labels
            .keys()
            .map(|label| &**label)
            .filter(|label| label.starts_with("console."))
            .collect()
    }
}

fn is_write(effect: &RotationEffect) -> bool {
    matches!(
        effect,
        RotationEffect::PutVersion { .. }
            | RotationEffect::MoveStage { .. }
            | RotationEffect::AlterPassword { .. }
            | RotationEffect::StartManagedRotation
    )
}

fn logins(effects: &[RotationEffect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| {
            if let RotationEffect::Login { version } = effect {
                Some(version.as_str())
            } else {
                None
            }
        })
        .collect()
}

fn error(class: EffectErrorClass) -> EffectError {
    EffectError::new(class, Failure::new(FailureKind::Denied, "rotating", "no"))
}
