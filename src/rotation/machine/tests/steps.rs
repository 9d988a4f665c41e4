//! The steps of a rotation, what ends it before the first write, and values that the rules refuse.

use super::*;

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
    assert!(
        sentence.ends_with("new logins failed for 20 ms"),
        "{sentence}"
    );
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
