//! AWSPENDING of others, labels that are left, and drift.

use super::*;

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
