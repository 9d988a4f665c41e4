//! Two users in alternation.

use super::*;

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
