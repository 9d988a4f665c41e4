//! What is explored: who takes part, from which world, and with how many faults.

use std::sync::Arc;

use super::{
    ClientSecretKind, ClientSecretMachine, ClientSecretNext, ClientSecretObservation,
    ClientSecretSettings, ExploredCognito, NOW, RotationOutcome, assert_either_can_be_removed,
    explore, explore_in, process, run, run_to_end, settings,
};
use crate::client_secret::report::{ClientSecretEndReason, ClientSecretQuestion};
use crate::rotation::labels::{PENDING, VersionId};

#[test]
fn reads_of_the_journal_that_lag_behind_never_break_a_holder() {
    let world = ExploredCognito {
        remembers: true,
        ..ExploredCognito::new(1)
    };
    let (nodes, worlds) = explore_in(world, &[ClientSecretKind::Rotate], 4);
    println!("client secret, stale reads, 4 faults: {nodes} states, {worlds} worlds");
    assert!(nodes > 100 && worlds > 8, "{nodes} nodes, {worlds} worlds");
}

#[test]
fn one_operator_with_lost_answers_and_deaths_never_breaks_a_holder_and_resume_converges() {
    for providers in 0..=2 {
        let (nodes, worlds) = explore(providers, &[ClientSecretKind::Rotate], 3);
        assert!(nodes > 100 && worlds > 8, "{nodes} nodes, {worlds} worlds");
    }
}

#[test]
fn two_operators_that_rotate_at_the_same_time_never_break_a_holder() {
    let kinds = [ClientSecretKind::Rotate, ClientSecretKind::Rotate];
    let (nodes, worlds) = explore(1, &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 15,
        "{nodes} nodes, {worlds} worlds"
    );
}

#[test]
fn a_resume_beside_a_rotation_never_breaks_a_holder() {
    let kinds = [ClientSecretKind::Rotate, ClientSecretKind::Resume];
    let (nodes, worlds) = explore(1, &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 15,
        "{nodes} nodes, {worlds} worlds"
    );
}

/// Returns a world in which a rotation is pending, with both secrets at Cognito and every holder on the new one.
fn kept() -> ExploredCognito {
    let mut world = ExploredCognito::new(1);
    let settings = ClientSecretSettings {
        keep_old: true,
        ..settings("dora")
    };
    let mut runner = process(ClientSecretKind::Rotate, "dora");
    let mut machine = ClientSecretMachine::new(ClientSecretKind::Rotate, settings, NOW);
    loop {
        let observation = match machine.next() {
            ClientSecretNext::Done(_) => break,
            ClientSecretNext::Ask(_) => ClientSecretObservation::Agreed(true),
            ClientSecretNext::Effect(effect) => {
                runner.state = Some(machine.state.clone());
                world.perform(&effect, &mut runner)
            }
        };
        machine.on(observation, NOW);
    }
    assert_eq!(world.secrets.len(), 2);
    world
}

#[test]
fn a_roll_back_brings_the_old_secret_back_everywhere_and_removes_the_new_one() {
    let mut world = kept();
    let (outcome, warnings) = run(&mut world, ClientSecretKind::Rollback, "ana");
    assert_eq!(outcome, RotationOutcome::Rotated, "{warnings:?}");
    assert!(world.is_settled() && world.accepts(0), "{world:#?}");
    assert_eq!((world.configuration, &world.providers[..]), (0, &[0][..]));
    let (outcome, _) = run(&mut world, ClientSecretKind::Rollback, "ana");
    assert_eq!(outcome, RotationOutcome::Refused, "nothing is pending");
    assert!(world.is_settled());
}

#[test]
fn a_roll_back_with_lost_answers_and_deaths_never_breaks_a_holder_and_resume_converges() {
    let (nodes, worlds) = explore_in(kept(), &[ClientSecretKind::Rollback], 3);
    assert!(nodes > 100 && worlds > 7, "{nodes} nodes, {worlds} worlds");
}

#[test]
fn a_roll_back_beside_a_resume_never_breaks_a_holder() {
    let kinds = [ClientSecretKind::Rollback, ClientSecretKind::Resume];
    let (nodes, worlds) = explore_in(kept(), &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 15,
        "{nodes} nodes, {worlds} worlds"
    );
}

#[test]
fn a_roll_back_beside_the_rotation_itself_never_breaks_a_holder() {
    let kinds = [ClientSecretKind::Rotate, ClientSecretKind::Rollback];
    let (nodes, worlds) = explore(1, &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 15,
        "{nodes} nodes, {worlds} worlds"
    );
}

#[test]
fn two_roll_backs_at_the_same_time_never_break_a_holder() {
    let kinds = [ClientSecretKind::Rollback, ClientSecretKind::Rollback];
    let (nodes, worlds) = explore_in(kept(), &kinds, 1);
    assert!(
        nodes > 1_000 && worlds > 8,
        "{nodes} nodes, {worlds} worlds"
    );
}

#[test]
fn a_second_rotation_works_where_the_journal_exists() {
    let mut world = ExploredCognito::new(1);
    let (outcome, _) = run(&mut world, ClientSecretKind::Rotate, "ana");
    assert_eq!(outcome, RotationOutcome::Rotated);
    let (outcome, _) = run(&mut world, ClientSecretKind::Rotate, "bob");
    assert_eq!(outcome, RotationOutcome::Rotated);
    assert!(world.is_settled());
    let (outcome, _) = run(&mut world, ClientSecretKind::Resume, "carol");
    assert_eq!(outcome, RotationOutcome::NothingToDo);
}

#[test]
fn questions_come_before_the_first_write_and_before_the_old_secret_is_removed() {
    let mut asked = Vec::new();
    let mut world = ExploredCognito::new(1);
    let mut runner = process(ClientSecretKind::Rotate, "ana");
    let mut machine = ClientSecretMachine::new(ClientSecretKind::Rotate, settings("ana"), NOW);
    loop {
        let observation = match machine.next() {
            ClientSecretNext::Done(_) => break,
            ClientSecretNext::Ask(question) => {
                asked.push(question);
                ClientSecretObservation::Agreed(true)
            }
            ClientSecretNext::Effect(effect) => {
                runner.state = Some(machine.state.clone());
                world.perform(&effect, &mut runner)
            }
        };
        machine.on(observation, NOW);
    }
    assert!(matches!(
        asked.as_slice(),
        [
            ClientSecretQuestion::Proceed,
            ClientSecretQuestion::UpdateConfiguration(_),
            ClientSecretQuestion::Retire(_)
        ]
    ));
}

/// The value of the last rotation is at Cognito twice, and the next rotation, which cannot add its own, is pending.
fn doubled_and_pending() -> ExploredCognito {
    let mut world = ExploredCognito::new(1);
    run(&mut world, ClientSecretKind::Rotate, "ana");
    let value = world.configuration;
    let (last, _) = world.secrets[0];
    world.secrets.push((world.next_id, value));
    world.next_id += 1;
    let next = VersionId::new("v-bob");
    world.versions.insert(next.clone(), (20, Some(last), value));
    world.labels.insert(Arc::from(PENDING), next);
    world
}

#[test]
fn a_second_secret_of_another_origin_is_not_touched_and_the_end_says_what_to_do() {
    let start = doubled_and_pending();
    let mut world = start.clone();
    let end = run_to_end(&mut world, ClientSecretKind::Resume, "carol");
    assert_eq!(end.outcome, RotationOutcome::Refused, "{end:?}");
    assert!(matches!(
        &end.reason,
        ClientSecretEndReason::SecondIsForeign(_)
    ));
    assert!(end.reason.to_string().contains("remove it at Cognito"));
    assert_eq!(world, start, "nothing was written");
    assert_either_can_be_removed(&world);
}
