//! What a resume asks, and what a stop leaves.

use super::*;

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
    assert!(
        harness
            .reports
            .iter()
            .all(|report| report.state != StepState::Failed),
        "a no to the question fails no step"
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
