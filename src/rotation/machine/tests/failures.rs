//! Dead networks, missing permissions, stops and deletions.

use super::*;

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
    let stopped = |harness: &mut Harness| {
        assert!(harness.machine.stop());
        let RotationNext::Done(ending) = harness.machine.next() else {
            panic!("not stopped")
        };
        (ending.outcome, ending.why)
    };
    let mut harness = Harness::new(RotationKind::Rotate);
    assert_eq!(
        stopped(&mut harness),
        (RotationOutcome::Refused, EndReason::Declined),
        "nothing was agreed to, so nothing was changed"
    );

    let mut harness = Harness::new(RotationKind::Rotate);
    let mut operator = ExploredWorld::nobody();
    loop {
        let observation = match harness.machine.next() {
            RotationNext::Done(ending) => panic!("ended: {ending:?}"),
            RotationNext::Ask(_) => Observation::Agreed(true),
            RotationNext::Effect(effect) => harness.world.perform(&effect, &mut operator),
        };
        let agreed = matches!(observation, Observation::Agreed(_));
        harness.machine.on(observation, NOW);
        if agreed {
            break;
        }
    }
    assert_eq!(
        stopped(&mut harness),
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
                Some(Observation::Login(LoginAnswer::WrongPassword))
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
