//! One way at a time: what the machine does where services, databases and operators answer something special.

#![cfg(test)]

use std::sync::Arc;

use super::super::effect::{
    AdministratorAnswer, AlterAnswer, CallAnswer, Connection, EffectError, EffectErrorClass,
    LoginAnswer, Observation, Pause, ReadAnswer, RotationEffect, RotationNext, SecretFacts,
    SetAnswer, VersionFacts,
};
use crate::model::{Failure, FailureKind};

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

#[test]
fn a_rotation_goes_through_its_steps_and_leaves_nothing_behind() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run();
    assert_eq!(
        (ending.outcome, ending.version),
        (RotationOutcome::Rotated, Some(VersionId::new("ana1")))
    );
    assert_eq!(
        (
            harness.labelled(CURRENT),
            harness.labelled(PREVIOUS),
            harness.labelled(PENDING)
        ),
        (Some("ana1"), Some("c"), None)
    );
    assert!(harness.ours_left().is_empty());
    assert!(harness.world.agrees());
    let ended: Vec<RotationStep> = harness
        .reports
        .iter()
        .filter(|report| report.state.has_ended())
        .map(|report| report.step)
        .collect();
    assert_eq!(ended, RotationStep::ALL);
    assert!(
        harness
            .reports
            .iter()
            .filter(|report| report.state.has_ended())
            .all(|report| report.state == StepState::Done)
    );
    assert_eq!(harness.questions, [RotationQuestion::Proceed]);
}

#[test]
fn readers_fail_only_between_the_change_and_the_promotion() {
    let mut harness = Harness::new(RotationKind::Rotate);
    harness.run();
    let at = |wanted: fn(&RotationEffect) -> bool| harness.effects.iter().position(wanted).unwrap();
    let alter = at(|effect| matches!(effect, RotationEffect::AlterPassword { .. }));
    let promote =
        at(|effect| matches!(effect, RotationEffect::MoveStage { stage, .. } if stage == CURRENT));
    assert_eq!(
        promote - alter,
        2,
        "between them stands one login and nothing else: {:?}",
        &harness.effects[alter..=promote]
    );
    let sentence = harness
        .reports
        .iter()
        .find(|report| report.step == RotationStep::Promote && report.state.has_ended())
        .unwrap()
        .sentence();
    assert!(sentence.contains("readers failed for 0.0 s"), "{sentence}");
}

#[test]
fn a_rehearsal_and_a_no_write_nothing() {
    let mut harness = Harness::with(RotationKind::Rotate, |settings| settings.rehearse = true);
    assert_eq!(harness.run().why, EndReason::Rehearsed);
    assert_eq!(harness.writes(), 0);
    let mut harness = Harness::with(RotationKind::Resume, |settings| settings.rehearse = true);
    harness.label(PENDING, "p");
    harness.label("console.rot.ben.1795269000", "p");
    harness.accept("p");
    assert_eq!(harness.run().why, EndReason::Rehearsed);
    assert_eq!(harness.writes(), 0);
    assert!(harness.reports.iter().any(|report| {
        report
            .sentence()
            .contains("a new connection logs in with version p")
    }));
    let mut harness = Harness::new(RotationKind::Rotate);
    harness.agree = false;
    assert_eq!(harness.run().outcome, RotationOutcome::Refused);
    assert_eq!(harness.writes(), 0);
}

#[test]
fn a_finished_rotation_that_left_awspending_is_no_obstacle() {
    let mut harness = Harness::new(RotationKind::Rotate);
    harness.label(PENDING, "c");
    assert_eq!(harness.run().outcome, RotationOutcome::Rotated);
    assert!(harness.world.agrees());
}

#[test]
fn a_pending_rotation_is_refused_and_its_owner_named() {
    let mut harness = Harness::new(RotationKind::Rotate);
    harness.label(PENDING, "p");
    harness.label("console.rot.ben.1795269000", "p");
    let ending = harness.run();
    assert_eq!(ending.outcome, RotationOutcome::Refused);
    assert_eq!(harness.writes(), 0);
    let sentence = ending.why.to_string();
    assert!(
        sentence.contains("prepared by ben")
            && sentence.contains("2026-11-21")
            && sentence.contains("secrets resume"),
        "{sentence}"
    );
}

#[test]
fn a_value_that_the_rules_refuse_is_replaced_once_it_is_proven_unused() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|_, effect| match effect {
        RotationEffect::AlterPassword { to, .. } if to.as_str() == "ana1" => Some(
            Observation::Altered(AlterAnswer::Policy("too simple".into())),
        ),
        _ => None,
    });
    assert_eq!(
        (ending.outcome, ending.version),
        (RotationOutcome::Rotated, Some(VersionId::new("ana2")))
    );
    assert!(harness.world.agrees());
    assert!(harness.ours_left().is_empty(), "{:?}", harness.ours_left());
}

#[test]
fn rules_that_refuse_every_value_leave_the_old_password_and_no_lock() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|_, effect| {
        matches!(effect, RotationEffect::AlterPassword { .. })
            .then(|| Observation::Altered(AlterAnswer::Policy("too simple".into())))
    });
    assert_eq!(
        (ending.outcome, ending.why),
        (
            RotationOutcome::Failed,
            EndReason::Policy("too simple".into())
        )
    );
    assert!(harness.world.agrees());
    assert_eq!(harness.labelled(CURRENT), Some("c"));
}

#[test]
fn a_foreign_pending_version_is_finished_only_where_the_database_accepts_it_and_the_operator_agrees()
 {
    let mut harness = Harness::new(RotationKind::Resume);
    harness.label(PENDING, "f");
    harness.accept("f");
    let ending = harness.run();
    assert_eq!(
        (ending.outcome, harness.labelled(CURRENT)),
        (RotationOutcome::Resumed, Some("f"))
    );
    assert!(
        harness
            .questions
            .contains(&RotationQuestion::FinishForeign(VersionId::new("f")))
    );
    assert!(harness.world.agrees());

    let mut harness = Harness::new(RotationKind::Resume);
    harness.label(PENDING, "f");
    harness.accept("f");
    harness.agree = false;
    assert_eq!(harness.run().outcome, RotationOutcome::Refused);
    assert_eq!(harness.writes(), 0);

    let mut harness = Harness::new(RotationKind::Resume);
    harness.label(PENDING, "f");
    let ending = harness.run();
    assert_eq!(
        (ending.outcome, ending.why),
        (
            RotationOutcome::Refused,
            EndReason::ForeignNotAccepted(VersionId::new("f"))
        )
    );
    assert_eq!(harness.writes(), 0);
}

#[test]
fn a_foreign_pending_version_is_taken_off_only_when_asked_and_stays_findable() {
    let mut harness = Harness::with(RotationKind::Resume, |settings| {
        settings.release_foreign = true;
    });
    harness.label(PENDING, "f");
    let ending = harness.run();
    assert_eq!(
        (ending.outcome, ending.why),
        (
            RotationOutcome::Resumed,
            EndReason::Released(VersionId::new("f"))
        )
    );
    assert_eq!(harness.labelled(PENDING), None);
    assert!(
        harness.world.seen_labels().was_sent(&VersionId::new("f")),
        "its owner's change may still arrive"
    );
}

#[test]
fn a_pending_version_without_a_value_is_explained() {
    let mut harness = Harness::new(RotationKind::Resume);
    harness
        .world
        .labels
        .insert(Arc::from(PENDING), VersionId::new("empty"));
    let ending = harness.run();
    assert_eq!(
        (ending.outcome, ending.why),
        (
            RotationOutcome::Refused,
            EndReason::PendingEmpty(VersionId::new("empty"))
        )
    );
    assert_eq!(harness.writes(), 0);
}

#[test]
fn a_resume_with_nothing_to_do_says_so() {
    let mut harness = Harness::new(RotationKind::Resume);
    let ending = harness.run();
    assert_eq!(
        (ending.outcome, ending.version),
        (RotationOutcome::NothingToDo, Some(VersionId::new("c")))
    );
    assert_eq!(harness.writes(), 0);
    assert_eq!(logins(&harness.effects), ["c"]);
}

#[test]
fn old_labels_of_values_never_used_are_taken_off_and_young_ones_stay() {
    let mut harness = Harness::new(RotationKind::Resume);
    harness.label("console.rot.ben.1795200000", "old");
    harness.label("console.rot.cem.1795269900", "young");
    harness.label("console.rot.dan.1795200000", "sent");
    harness.label("console.sent.dan.1795200000", "sent");
    assert_eq!(harness.run().outcome, RotationOutcome::NothingToDo);
    assert_eq!(
        harness.ours_left(),
        [
            "console.rot.cem.1795269900",
            "console.rot.dan.1795200000",
            "console.sent.dan.1795200000"
        ]
    );
}

#[test]
fn a_version_whose_awspending_was_taken_off_by_somebody_is_never_sent_to_the_database() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|world, effect| {
        if matches!(effect, RotationEffect::MoveStage { stage, .. } if stage.starts_with("console.sent.")) {
            world.labels.remove(PENDING);
        }
        None
    });
    assert_eq!(
        (ending.outcome, ending.why),
        (RotationOutcome::Failed, EndReason::Superseded)
    );
    assert!(
        !harness
            .effects
            .iter()
            .any(|effect| matches!(effect, RotationEffect::AlterPassword { .. }))
    );
    assert!(harness.world.agrees());
}

#[test]
fn drift_is_refused_before_writing_and_mended_by_resume() {
    let mut harness = Harness::new(RotationKind::Rotate);
    harness.accept("o");
    assert_eq!(harness.run().why, EndReason::Drift(VersionId::new("c")));
    assert_eq!((harness.writes(), logins(&harness.effects).len()), (0, 2));

    let mut harness = Harness::new(RotationKind::Resume);
    harness.accept("o");
    assert_eq!(harness.run().outcome, RotationOutcome::Resumed);
    assert_eq!(harness.labelled(CURRENT), Some("o"));
    assert!(harness.world.agrees());
}

#[test]
fn stuck_is_concluded_only_from_three_equal_reads_over_five_seconds() {
    let mut harness = Harness::new(RotationKind::Resume);
    harness.label("console.sent.ben.1795269000", "x");
    let start = harness.now;
    // Nobody knows the password: every login is refused, and the limiter behaves.
    let ending = harness.run_with(|_, effect| {
        matches!(effect, RotationEffect::Login { .. })
            .then_some(Observation::Login(LoginAnswer::Wrong))
    });
    assert!(
        matches!(ending.why, EndReason::Stuck(_, false)),
        "{:?}",
        ending.why
    );
    let reads = harness
        .effects
        .iter()
        .filter(|effect| **effect == RotationEffect::DescribeSecret)
        .count();
    assert!(reads >= 3 && harness.now - start >= 5_000);
    // After two wrong logins, each further one comes after a lock window.
    let mut since_wait = 0;
    for effect in &harness.effects {
        match effect {
            RotationEffect::Wait {
                reason: Pause::LockWindow,
                millis,
            } => {
                assert!(*millis >= 5_000);
                since_wait = 1;
            }
            RotationEffect::Login { .. } => {
                since_wait += 1;
                assert!(since_wait <= 2);
            }
            _ => {}
        }
    }
    assert_eq!(harness.writes(), 0);
}

#[test]
fn another_user_or_a_value_without_a_password_is_no_rotation() {
    let odd = |user: &'static str, address: &'static str, problem: Option<&'static str>| {
        move |_: &mut ExploredWorld, effect: &RotationEffect| match effect {
            RotationEffect::ReadVersion { version } if version.as_str() == "p" => {
                Some(Observation::Read(ReadAnswer::Value(VersionFacts {
                    user: Arc::from(user),
                    address: Arc::from(address),
                    administrated: false,
                    as_prepared: false,
                    problem: problem.map(Arc::from),
                })))
            }
            _ => None,
        }
    };
    for (user, address) in [("admin", "bolt://db"), (USER, "bolt://elsewhere")] {
        let mut harness = Harness::new(RotationKind::Resume);
        harness.label(PENDING, "p");
        assert_eq!(
            harness.run_with(odd(user, address, None)).why,
            EndReason::Mismatch(VersionId::new("p")),
            "{user} {address}"
        );
    }
    let mut harness = Harness::new(RotationKind::Resume);
    harness.label(PENDING, "p");
    let why = harness
        .run_with(odd(USER, "bolt://db", Some("the secret is binary")))
        .why;
    assert!(
        matches!(&why, EndReason::Unsuitable(text) if text.contains("binary")),
        "{why:?}"
    );
    assert!(logins(&harness.effects).is_empty());
}

#[test]
fn a_limited_login_is_no_evidence_and_is_waited_out() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let mut limited = 4;
    let ending = harness.run_with(|_, effect| {
        (matches!(effect, RotationEffect::Login { .. }) && limited > 0).then(|| {
            limited -= 1;
            Observation::Login(LoginAnswer::Limited)
        })
    });
    assert_eq!(ending.outcome, RotationOutcome::Rotated);
    let first = harness.effects.iter().find_map(|effect| {
        if let RotationEffect::Wait {
            millis,
            reason: Pause::Limited,
        } = effect
        {
            Some(*millis)
        } else {
            None
        }
    });
    assert!(first.unwrap() >= 5_000);

    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|_, effect| {
        matches!(effect, RotationEffect::Login { .. })
            .then_some(Observation::Login(LoginAnswer::Limited))
    });
    assert_eq!(
        (ending.outcome, ending.why),
        (RotationOutcome::Failed, EndReason::Limited)
    );
    assert_eq!(harness.writes(), 0);
}

#[test]
fn a_confirmed_change_is_promoted_even_while_logins_are_limited() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let mut limited = false;
    let mut left = 3;
    let ending = harness.run_with(|world, effect| {
        limited |= matches!(effect, RotationEffect::AlterPassword { .. });
        if limited && left > 0 && matches!(effect, RotationEffect::Login { .. }) {
            left -= 1;
            assert!(
                left == 2 || world.labels.get(CURRENT).map(VersionId::as_str) == Some("ana1"),
                "readers wait for the limiter"
            );
            return Some(Observation::Login(LoginAnswer::Limited));
        }
        None
    });
    assert_eq!(ending.outcome, RotationOutcome::Rotated);
    assert!(harness.world.agrees());
}

#[test]
fn a_password_that_must_be_changed_is_changed_and_an_external_user_is_refused() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|_, effect| match effect {
        RotationEffect::Login { version } if version.as_str() == "c" => {
            Some(Observation::Login(LoginAnswer::MustChange))
        }
        _ => None,
    });
    assert_eq!(ending.outcome, RotationOutcome::Rotated);
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|_, effect| {
        matches!(effect, RotationEffect::Login { .. })
            .then_some(Observation::Login(LoginAnswer::External))
    });
    assert_eq!(
        (ending.outcome, ending.why, harness.writes()),
        (RotationOutcome::Refused, EndReason::External, 0)
    );
}

#[test]
fn a_dead_network_is_given_up_within_a_minute_wherever_it_dies() {
    for dies_at in 0..30 {
        let mut harness = Harness::new(RotationKind::Rotate);
        let mut calls = 0;
        let died = std::cell::Cell::new(None);
        harness.pace = 10;
        // Each call of a dead network costs ten seconds.
        let mut machine_end = None;
        let mut operator = ExploredWorld::nobody();
        while machine_end.is_none() {
            let observation = match harness.machine.next() {
                RotationNext::Done(ending) => {
                    machine_end = Some(ending);
                    continue;
                }
                RotationNext::Ask(_) => Observation::Agreed(true),
                RotationNext::Effect(RotationEffect::Wait { millis, .. }) => {
                    harness.now += i64::try_from(millis).unwrap();
                    Observation::Waited
                }
                RotationNext::Effect(effect) if calls < dies_at => {
                    calls += 1;
                    harness.now += 10;
                    harness.world.perform(&effect, &mut operator)
                }
                RotationNext::Effect(_) => {
                    died.set(died.get().or(Some(harness.now)));
                    harness.now += 10_000;
                    Observation::Failed(EffectError::in_doubt())
                }
            };
            harness.machine.on(observation, harness.now);
        }
        let ending = machine_end.unwrap();
        let Some(died) = died.get() else {
            return assert!(dies_at > 20);
        };
        assert!(
            harness.now - died <= 58_000,
            "dead at call {dies_at}: {} s",
            (harness.now - died) / 1_000
        );
        assert!(harness.world.is_safe());
        let agreed = harness
            .world
            .labels
            .get(CURRENT)
            .is_some_and(|current| harness.world.accepts(current));
        assert!(
            ending.why.is_network() || agreed,
            "dead at call {dies_at}: {ending:?}"
        );
    }
}

#[test]
fn the_rotation_function_is_started_watched_and_explained() {
    let facts = |world: &ExploredWorld, managed: bool| {
        Observation::Described(SecretFacts {
            labels: world.seen_labels(),
            managed,
            deleted: false,
        })
    };
    let mut harness = Harness::new(RotationKind::Rotate);
    let mut looks = 0;
    let ending = harness.run_with(|world, effect| match effect {
        RotationEffect::StartManagedRotation => {
            world.labels.insert(Arc::from(PENDING), VersionId::new("m"));
            Some(Observation::Started {
                version: VersionId::new("m"),
            })
        }
        RotationEffect::DescribeSecret => {
            looks += 1;
            if looks == 4 {
                world.stored.insert(VersionId::new("m"), USER);
                world
                    .labels
                    .insert(Arc::from(PREVIOUS), VersionId::new("c"));
                world.labels.insert(Arc::from(CURRENT), VersionId::new("m"));
                world.accounts.get_mut(USER).unwrap().password = VersionId::new("m");
            }
            Some(facts(world, true))
        }
        _ => None,
    });
    assert_eq!(
        (ending.outcome, ending.version),
        (RotationOutcome::Rotated, Some(VersionId::new("m")))
    );
    assert!(harness.world.agrees());
    assert!(!harness.effects.iter().any(|effect| matches!(
        effect,
        RotationEffect::PutVersion { .. } | RotationEffect::AlterPassword { .. }
    )));

    let mut harness = Harness::with(RotationKind::Rotate, |settings| settings.managed_looks = 3);
    let ending = harness.run_with(|world, effect| match effect {
        RotationEffect::StartManagedRotation => {
            world.labels.insert(Arc::from(PENDING), VersionId::new("m"));
            Some(Observation::Failed(EffectError::in_doubt()))
        }
        RotationEffect::DescribeSecret => Some(facts(world, true)),
        _ => None,
    });
    assert_eq!(
        (ending.outcome, ending.why),
        (
            RotationOutcome::Failed,
            EndReason::FunctionUnfinished(VersionId::new("m"), false)
        )
    );

    let mut harness = Harness::new(RotationKind::Rotate);
    harness.label(PENDING, "m");
    let ending = harness.run_with(|world, effect| {
        (*effect == RotationEffect::DescribeSecret).then(|| facts(world, true))
    });
    assert_eq!(
        (ending.outcome, harness.writes()),
        (RotationOutcome::Refused, 0)
    );
}

#[test]
fn rolling_back_needs_a_previous_version_and_sets_its_password_again() {
    let mut harness = Harness::new(RotationKind::Rollback);
    let ending = harness.run();
    assert_eq!(
        (ending.outcome, ending.version),
        (RotationOutcome::Rotated, Some(VersionId::new("o")))
    );
    assert_eq!(
        (harness.labelled(CURRENT), harness.labelled(PREVIOUS)),
        (Some("o"), Some("c"))
    );
    assert!(harness.world.agrees() && harness.ours_left().is_empty());
    assert!(!harness.effects.iter().any(|effect| matches!(
        effect,
        RotationEffect::GeneratePassword { .. } | RotationEffect::PutVersion { .. }
    )));

    let mut harness = Harness::new(RotationKind::Rollback);
    harness.world.labels.remove(PREVIOUS);
    assert_eq!(harness.run().why, EndReason::NoPrevious);
}

#[test]
fn consumers_are_listed_closed_with_consent_and_proven_by_a_call() {
    let connection = Connection {
        id: "bolt-7".into(),
        connector: "bolt".into(),
        agent: "Go Driver/6.2.0".into(),
        address: "10.0.0.7".into(),
    };
    for (agree, state) in [(true, StepState::Done), (false, StepState::Warning)] {
        let mut harness = Harness::new(RotationKind::Resume);
        harness.label(PENDING, "p");
        harness.label("console.rot.ana.1795269000", "p");
        harness.agree = agree;
        let ending = harness.run_with(|_, effect| match effect {
            RotationEffect::ListConnections { .. } => {
                Some(Observation::Connections(vec![connection.clone()]))
            }
            _ => None,
        });
        assert_eq!(ending.outcome, RotationOutcome::Resumed);
        assert_eq!(
            harness.effects.iter().any(
                |effect| matches!(effect, RotationEffect::KillConnections { ids, .. } if ids == &["bolt-7"])
            ),
            agree
        );
        let last = harness
            .reports
            .iter()
            .rfind(|report| report.step == RotationStep::Consumers)
            .unwrap();
        assert_eq!(last.state, state);
        assert!(
            last.sentence().contains("Go Driver/6.2.0")
                && last.sentence().contains("the chain answered"),
            "{}",
            last.sentence()
        );
    }
}

#[test]
fn what_cannot_be_proven_about_consumers_is_a_warning_and_no_failure() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|_, effect| match effect {
        RotationEffect::CallThroughChain => {
            Some(Observation::Called(CallAnswer::Refused("401".into())))
        }
        RotationEffect::ListConnections { .. } | RotationEffect::FindReaders { .. } => {
            Some(Observation::Failed(error(EffectErrorClass::Denied)))
        }
        _ => None,
    });
    assert_eq!(ending.outcome, RotationOutcome::Rotated);
    assert_eq!(
        harness
            .reports
            .iter()
            .rfind(|report| report.step == RotationStep::Consumers)
            .unwrap()
            .state,
        StepState::Warning
    );
}

#[test]
fn a_missing_permission_is_refused_before_the_first_write_and_a_failure_after_it() {
    for (write, outcome) in [
        (false, RotationOutcome::Refused),
        (true, RotationOutcome::Failed),
    ] {
        let mut harness = Harness::new(RotationKind::Rotate);
        let ending = harness.run_with(|_, effect| {
            (is_write(effect) == write
                && !matches!(
                    effect,
                    RotationEffect::GeneratePassword { .. }
                        | RotationEffect::ListConnections { .. }
                ))
            .then(|| Observation::Failed(error(EffectErrorClass::Denied)))
        });
        assert_eq!(ending.outcome, outcome);
        assert!(
            ending.why.to_string().contains("was not changed"),
            "{}",
            ending.why
        );
    }
}

#[test]
fn stopping_waits_while_the_database_is_ahead_of_the_secret() {
    let mut harness = Harness::new(RotationKind::Rotate);
    assert!(harness.machine.stop());
    let RotationNext::Done(ending) = harness.machine.next() else {
        panic!("not stopped")
    };
    assert_eq!(
        (ending.outcome, ending.why),
        (RotationOutcome::Failed, EndReason::Stopped)
    );

    let mut harness = Harness::new(RotationKind::Rotate);
    let mut operator = ExploredWorld::nobody();
    let mut refused_to_stop = 0;
    loop {
        let observation = match harness.machine.next() {
            RotationNext::Done(_) => break,
            RotationNext::Ask(_) => Observation::Agreed(true),
            RotationNext::Effect(effect) => harness.world.perform(&effect, &mut operator),
        };
        harness.machine.on(observation, NOW);
        let behind = !harness.world.accepts(&harness.world.labels[CURRENT]);
        if behind {
            assert!(!harness.machine.stop(), "stopped while readers fail");
            refused_to_stop += 1;
        }
    }
    assert!(refused_to_stop > 0);
}

#[test]
fn a_refused_or_lost_change_counts_as_a_wrong_login() {
    for first in [
        Observation::Altered(AlterAnswer::WrongOld),
        Observation::Failed(EffectError::in_doubt()),
    ] {
        let mut harness = Harness::new(RotationKind::Rotate);
        let mut first = Some(first);
        // The change never arrives, and afterwards nobody is let in: each of that may be a wrong login at the server.
        harness.run_with(|_, effect| match effect {
            RotationEffect::AlterPassword { .. } => first.take(),
            RotationEffect::Login { .. } if first.is_none() => {
                Some(Observation::Login(LoginAnswer::Wrong))
            }
            _ => None,
        });
        let alter = harness
            .effects
            .iter()
            .position(|effect| matches!(effect, RotationEffect::AlterPassword { .. }))
            .unwrap();
        let wait = harness.effects.iter().position(|effect| {
            matches!(
                effect,
                RotationEffect::Wait {
                    reason: Pause::LockWindow,
                    ..
                }
            )
        });
        let between = &harness.effects[alter..wait.expect("a lock window is waited out")];
        assert_eq!(logins(between).len(), 1, "{between:?}");
    }
}

#[test]
fn a_secret_that_is_deleted_meanwhile_is_not_rotated() {
    for after in [PENDING, "console.sent"] {
        let mut harness = Harness::new(RotationKind::Rotate);
        let mut deleted = false;
        let ending = harness.run_with(|world, effect| match effect {
            RotationEffect::MoveStage { stage, .. } if stage.starts_with(after) => {
                deleted = true;
                None
            }
            RotationEffect::DescribeSecret if deleted => {
                Some(Observation::Described(SecretFacts {
                    labels: world.seen_labels(),
                    managed: false,
                    deleted: true,
                }))
            }
            _ => None,
        });
        assert_eq!(
            (ending.outcome, ending.why),
            (RotationOutcome::Refused, EndReason::Deleted),
            "{after}"
        );
        assert!(
            !harness
                .effects
                .iter()
                .any(|effect| matches!(effect, RotationEffect::AlterPassword { .. })),
            "{after}"
        );
    }
}

fn of_two(kind: RotationKind, both: bool, change: impl FnOnce(&mut RotationSettings)) -> Harness {
    let mut harness = Harness::with(kind, change);
    harness.world = ExploredWorld::of_two(both);
    harness
}

fn by_administrator(harness: &Harness) -> usize {
    harness
        .effects
        .iter()
        .filter(|effect| matches!(effect, RotationEffect::SetByAdministrator { .. }))
        .count()
}

#[test]
fn two_users_take_turns_and_the_administrator_is_needed_for_the_first_turn_only() {
    let mut harness = of_two(RotationKind::Rotate, false, |_| {});
    assert_eq!(harness.run().outcome, RotationOutcome::Rotated);
    assert_eq!(by_administrator(&harness), 1);
    assert!(
        harness.world.agrees() && harness.world.accepts(&VersionId::new("c")),
        "whoever has the old value goes on"
    );
    let sentence = harness
        .reports
        .iter()
        .rfind(|report| report.step == RotationStep::Consumers)
        .unwrap()
        .sentence();
    assert!(
        sentence.contains("user reports keeps its password"),
        "{sentence}"
    );
    assert!(!harness.effects.iter().any(|effect| matches!(
        effect,
        RotationEffect::KillConnections { .. } | RotationEffect::AlterPassword { .. }
    )));

    // The other user's last password is known: a compare-and-swap, as its own user.
    let mut harness = of_two(RotationKind::Rotate, true, |_| {});
    assert_eq!(harness.run().outcome, RotationOutcome::Rotated);
    assert_eq!(by_administrator(&harness), 0);
    assert!(harness.effects.iter().any(
        |effect| matches!(effect, RotationEffect::AlterPassword { from, .. } if from.as_str() == "o")
    ));
    assert!(harness.world.agrees() && harness.world.accepts(&VersionId::new("c")));

    // It is not what it was: the administrator sets it.
    let mut harness = of_two(RotationKind::Rotate, true, |_| {});
    harness
        .world
        .accounts
        .values_mut()
        .next_back()
        .unwrap()
        .password = VersionId::new("changed-by-hand");
    assert_eq!(harness.run().outcome, RotationOutcome::Rotated);
    assert_eq!(by_administrator(&harness), 1);
    assert!(harness.world.agrees());
}

#[test]
fn a_value_that_takes_the_place_of_a_refused_one_is_for_the_same_user() {
    for kind in [RotationKind::Rotate, RotationKind::Resume] {
        let mut harness = of_two(kind, false, |_| {});
        if kind == RotationKind::Resume {
            harness
                .world
                .stored
                .insert(VersionId::new("p"), "reports_clone");
            harness
                .world
                .labels
                .insert(Arc::from(PENDING), VersionId::new("p"));
            harness
                .world
                .labels
                .insert(Arc::from("console.rot.ana.1795269000"), VersionId::new("p"));
        }
        let mut refusals = 1;
        let ending = harness.run_with(|_, effect| {
            let refused =
                matches!(effect, RotationEffect::SetByAdministrator { .. }) && refusals > 0;
            refused.then(|| {
                refusals -= 1;
                Observation::Set(SetAnswer::Policy("too short".into()))
            })
        });
        assert!(
            matches!(
                ending.outcome,
                RotationOutcome::Rotated | RotationOutcome::Resumed
            ),
            "{ending:?}"
        );
        assert!(
            harness.world.agrees() && harness.ours_left().is_empty(),
            "{:?}",
            harness.ours_left()
        );
        assert_eq!(
            harness.world.stored[&harness.world.labels[CURRENT]],
            "reports_clone"
        );
        assert!(
            harness.world.accepts(&VersionId::new("c")),
            "nobody is cut off"
        );
    }
}

#[test]
fn one_user_is_rotated_where_that_is_asked_for_and_going_back_to_the_other_changes_no_password() {
    let mut harness = of_two(RotationKind::Rotate, false, |settings| {
        settings.single_user = true;
    });
    // The one user's readers fail for an instant, as without an administrator.
    harness.world.administrated = false;
    assert_eq!(harness.run().outcome, RotationOutcome::Rotated);
    assert_eq!(
        (by_administrator(&harness), harness.world.accounts.len()),
        (0, 1)
    );

    let mut harness = of_two(RotationKind::Rollback, true, |_| {});
    assert_eq!(harness.run().outcome, RotationOutcome::Rotated);
    assert!(harness.world.agrees() && harness.labelled(CURRENT) == Some("o"));
    assert!(!harness.effects.iter().any(|effect| matches!(
        effect,
        RotationEffect::AlterPassword { .. } | RotationEffect::SetByAdministrator { .. }
    )));
}

#[test]
fn an_administrator_who_cannot_do_it_is_found_out_before_anything_is_written() {
    let mut harness = of_two(RotationKind::Rotate, false, |_| {});
    let ending = harness.run_with(|_, effect| {
        matches!(effect, RotationEffect::CheckAdministrator { .. }).then(|| {
            Observation::Administrator(AdministratorAnswer::Unfit(
                "admin's login is refused".into(),
            ))
        })
    });
    assert_eq!(
        (ending.outcome, harness.writes()),
        (RotationOutcome::Refused, 0)
    );
    assert!(
        ending.why.to_string().contains("--single-user"),
        "{}",
        ending.why
    );
}

#[test]
fn where_nothing_is_accepted_the_administrator_sets_the_current_password_again_only_if_asked() {
    for reset in [false, true] {
        let mut harness = of_two(RotationKind::Resume, false, |settings| {
            settings.reset = reset;
        });
        harness.world.administrated = false;
        harness.accept("changed-by-hand");
        harness.label("by-hand", "changed-by-hand");
        let administrated = |world: &mut ExploredWorld, effect: &RotationEffect| match effect {
            RotationEffect::SetByAdministrator { version, .. } => {
                world.accounts.get_mut(USER).unwrap().password = version.clone();
                Some(Observation::Set(SetAnswer::Changed))
            }
            RotationEffect::ReadVersion { version } => {
                Some(Observation::Read(ReadAnswer::Value(VersionFacts {
                    user: Arc::from(world.stored.get(version).copied().unwrap_or(USER)),
                    address: Arc::from("bolt://db"),
                    administrated: true,
                    as_prepared: true,
                    problem: None,
                })))
            }
            _ => None,
        };
        let ending = harness.run_with(administrated);
        if reset {
            assert_eq!(ending.outcome, RotationOutcome::Resumed, "{}", ending.why);
            assert!(harness.world.agrees());
        } else {
            assert_eq!(ending.why, EndReason::Stuck(2, true));
            assert!(ending.why.to_string().contains("--reset"));
            assert_eq!(harness.writes(), 0);
        }
    }
}

#[test]
fn readers_that_keep_the_old_value_are_refreshed_with_consent_also_by_a_later_resume() {
    let reader = |name: &str, pickup, runtime: Option<&str>| SecretReader {
        name: name.into(),
        pickup,
        evidence: "e".into(),
        runtime: runtime.map(str::to_owned),
    };
    let found = vec![
        reader("runtime r", Pickup::ContainerLife, Some("r-1")),
        reader("task t", Pickup::Environment, None),
    ];
    for kind in [RotationKind::Rotate, RotationKind::Resume] {
        let mut harness = Harness::new(kind);
        let mut asked = Vec::new();
        let ending = harness.run_with(|_, effect| match effect {
            RotationEffect::FindReaders { .. } => Some(Observation::Readers {
                stale: found.clone(),
                unknown: vec!["runtime x".into()],
            }),
            RotationEffect::RefreshReader { reader, .. } => {
                asked.push(reader.clone());
                Some(Observation::Refreshed {
                    done: vec!["runtime r is at version 2".into()],
                    left: Vec::new(),
                })
            }
            _ => None,
        });
        assert!(asked.len() == 1 && asked[0].name == "runtime r");
        assert_eq!(
            ending.outcome,
            if kind == RotationKind::Rotate {
                RotationOutcome::Rotated
            } else {
                RotationOutcome::NothingToDo
            }
        );
        let last = harness
            .reports
            .iter()
            .rfind(|report| report.step == RotationStep::Consumers)
            .unwrap();
        assert_eq!(
            last.state,
            StepState::Warning,
            "the task cannot be refreshed from here"
        );
        assert!(
            last.sentence().contains("is at version 2")
                && last.sentence().contains("task t")
                && last.sentence().contains("runtime x"),
            "{}",
            last.sentence()
        );
        assert!(
            harness
                .questions
                .iter()
                .any(|question| matches!(question, RotationQuestion::RefreshReaders(_)))
        );
    }
    let mut harness = Harness::new(RotationKind::Resume);
    harness.agree = false;
    let ending = harness.run_with(|_, effect| {
        matches!(effect, RotationEffect::FindReaders { .. }).then(|| Observation::Readers {
            stale: found.clone(),
            unknown: Vec::new(),
        })
    });
    assert_eq!(ending.outcome, RotationOutcome::NothingToDo);
    assert!(
        !harness
            .effects
            .iter()
            .any(|effect| matches!(effect, RotationEffect::RefreshReader { .. }))
    );
}

#[test]
fn another_users_login_never_changes_that_users_password() {
    // Two users have taken turns; a rotation of the one user is pending, whose password somebody has changed by hand.
    for administrated in [false, true] {
        let mut harness = of_two(RotationKind::Resume, true, |_| {});
        harness.world.administrated = administrated;
        harness.label(PENDING, "p");
        harness.label("console.rot.ana.1795269000", "p");
        harness.label("by-hand", "x");
        harness.accept("x");
        let ending = harness.run();
        assert!(
            !harness
                .effects
                .iter()
                .any(|effect| matches!(effect, RotationEffect::AlterPassword { .. })),
            "{administrated}"
        );
        assert!(
            harness.world.accepts(&VersionId::new("o")) || administrated,
            "the last login that works is kept"
        );
        if administrated {
            assert!(harness.world.agrees(), "{}", ending.why);
        } else {
            assert!(
                matches!(ending.why, EndReason::Stuck(_, false)),
                "{:?}",
                ending.why
            );
        }
    }
}

#[test]
fn a_turn_that_the_administrator_cannot_finish_is_given_up_where_that_is_wished() {
    let mut harness = of_two(RotationKind::Rotate, false, |_| {});
    let unfit = |effect: &RotationEffect| {
        matches!(effect, RotationEffect::SetByAdministrator { .. })
            .then(|| Observation::Set(SetAnswer::Unfit("a right is missing".into())))
    };
    let ending = harness.run_with(|_, effect| unfit(effect));
    assert!(
        matches!(ending.why, EndReason::AdministratorLate(_))
            && ending.why.to_string().contains("resume --single-user")
    );
    assert_eq!(harness.labelled(PENDING), Some("ana1"));
    let mut resume = of_two(RotationKind::Resume, false, |settings| {
        settings.single_user = true;
    });
    resume.world = harness.world;
    assert_eq!(
        resume.run_with(|_, effect| unfit(effect)).outcome,
        RotationOutcome::Resumed
    );
    assert!(resume.world.agrees() && resume.labelled(CURRENT) == Some("c"));
}

#[test]
fn a_rotation_that_was_no_turn_is_brought_to_its_end_though_an_administrator_is_named_now() {
    let mut harness = of_two(RotationKind::Resume, false, |_| {});
    harness.label(PENDING, "p");
    harness.label("console.rot.ana.1795269000", "p");
    harness.label("console.sent.ana.1795269000", "p");
    assert_eq!(harness.run().outcome, RotationOutcome::Resumed);
    assert_eq!(
        (harness.labelled(CURRENT), harness.world.agrees()),
        (Some("p"), true)
    );
}

#[test]
fn a_turn_that_was_found_promoted_leaves_the_new_users_connections_alone() {
    let mut harness = of_two(RotationKind::Resume, true, |_| {});
    harness
        .world
        .labels
        .insert(Arc::from(PENDING), VersionId::new("c"));
    assert_eq!(harness.run().outcome, RotationOutcome::Resumed);
    assert!(!harness.effects.iter().any(|effect| matches!(
        effect,
        RotationEffect::ListConnections { .. } | RotationEffect::KillConnections { .. }
    )));
    let sentence = harness
        .reports
        .iter()
        .rfind(|report| report.step == RotationStep::Consumers)
        .unwrap()
        .sentence();
    assert!(
        sentence.contains("user reports_clone keeps its password"),
        "{sentence}"
    );
}

#[test]
fn a_resume_tells_what_it_found_and_asks_before_its_first_write() {
    let mut harness = Harness::new(RotationKind::Resume);
    harness.label(PENDING, "p");
    harness.label("console.rot.ben.1795269000", "p");
    harness.label("console.sent.ben.1795269000", "p");
    (harness.agree, harness.agree_to_go_on) = (false, false);
    let ending = harness.run();
    assert_eq!(
        (ending.outcome, ending.why, harness.writes()),
        (RotationOutcome::Refused, EndReason::Declined, 0)
    );
    let asked = harness.questions.first().unwrap().to_string();
    assert!(
        asked.contains("prepared by ben") && asked.contains("the current password works"),
        "{asked}"
    );
    assert_eq!(harness.questions.len(), 1);

    let mut harness = Harness::with(RotationKind::Resume, |settings| settings.rehearse = true);
    harness.label(PENDING, "p");
    harness.label("console.rot.ben.1795269000", "p");
    assert_eq!(harness.run().why, EndReason::Rehearsed);
    let told: String = harness
        .reports
        .iter()
        .filter(|report| report.state.has_ended())
        .map(RotationReport::sentence)
        .collect();
    assert!(told.contains("would go on with moving a label"), "{told}");
}

#[test]
fn a_rotation_that_is_asked_to_stop_takes_its_labels_off_first() {
    let (mut harness, mut operator) = (Harness::new(RotationKind::Rotate), ExploredWorld::nobody());
    let mut has_changed = false;
    let ending = loop {
        let observation = match harness.machine.next() {
            RotationNext::Done(ending) => break ending,
            RotationNext::Ask(_) => Observation::Agreed(true),
            RotationNext::Effect(effect) => {
                has_changed |= matches!(effect, RotationEffect::AlterPassword { .. });
                harness.world.perform(&effect, &mut operator)
            }
        };
        harness.machine.on(observation, NOW);
        if has_changed {
            harness.machine.stop();
        }
    };
    assert_eq!(
        (ending.outcome, ending.why),
        (RotationOutcome::Rotated, EndReason::StoppedAfter)
    );
    assert!(
        harness.world.agrees() && harness.ours_left().is_empty(),
        "{:?}",
        harness.ours_left()
    );
}

fn error(class: EffectErrorClass) -> EffectError {
    EffectError::new(class, Failure::new(FailureKind::Denied, "rotating", "no"))
}
