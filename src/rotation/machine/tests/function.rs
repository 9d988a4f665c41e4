//! The secret's rotation function, and roll backs.

use super::*;

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
