//! The walks: who rotates, how many faults, and how many states are visited.

use std::collections::BTreeSet;

use super::super::super::labels::CURRENT;
use super::steps::{FAULTS, Fault, how, step};
use super::*;

#[test]
fn without_faults_one_operator_rotates() {
    let walk = Explorer::new().walk(start(&[RotationKind::Rotate], 0), limit(10_000));
    report("rotate, no faults", &walk);
    assert!(walk.complete);
    assert_eq!(walk.outcomes.keys().collect::<Vec<_>>(), ["rotated"]);
}

#[test]
fn one_operator_with_five_faults_never_loses_the_password() {
    let walk = Explorer::new().walk(start(&[RotationKind::Rotate], 5), limit(400_000));
    report("rotate, 5 faults", &walk);
    assert!(walk.complete);
    assert!(walk.outcomes.contains_key("rotated") && walk.outcomes.contains_key("resumed"));
}

#[test]
fn one_operator_rolling_back_with_five_faults_never_loses_the_password() {
    let walk = Explorer::new().walk(start(&[RotationKind::Rollback], 5), limit(400_000));
    report("roll back, 5 faults", &walk);
    assert!(walk.complete);
    assert!(walk.outcomes.contains_key("rotated") && walk.outcomes.contains_key("resumed"));
}

#[test]
fn two_users_in_alternation_never_cut_anybody_off_whatever_five_faults_do() {
    for both in [false, true] {
        for kind in [
            RotationKind::Rotate,
            RotationKind::Resume,
            RotationKind::Rollback,
        ] {
            let walk = Explorer::new().walk(
                start_in(ExploredWorld::of_two(both), &[kind], 5),
                limit(400_000),
            );
            report(
                &format!(
                    "two users ({}), {kind:?}, 5 faults",
                    if both { "both there" } else { "one there" }
                ),
                &walk,
            );
            assert!(walk.complete);
            assert!(
                walk.outcomes
                    .keys()
                    .any(|name| ["rotated", "nothing-to-do"].contains(&&**name)),
                "{:?}",
                walk.outcomes
            );
        }
    }
}

#[test]
fn two_operators_with_two_users_in_alternation_never_cut_anybody_off() {
    for kinds in [
        [RotationKind::Rotate, RotationKind::Rotate],
        [RotationKind::Rotate, RotationKind::Rollback],
        [RotationKind::Rotate, RotationKind::Resume],
    ] {
        let walk = Explorer::new().walk(
            start_in(ExploredWorld::of_two(true), &kinds, 1),
            limit(300_000),
        );
        report(&format!("two users, {kinds:?}, 1 fault"), &walk);
        assert!(walk.outcomes.contains_key("rotated"), "{:?}", walk.outcomes);
    }
}

#[test]
fn two_operators_who_rotate_never_lose_the_password() {
    let walk = Explorer::new().walk(
        start(&[RotationKind::Rotate, RotationKind::Rotate], 1),
        limit(600_000),
    );
    report("two rotate, 1 fault", &walk);
}

#[test]
fn one_who_rotates_and_one_who_rolls_back_never_lose_the_password() {
    let walk = Explorer::new().walk(
        start(&[RotationKind::Rotate, RotationKind::Rollback], 1),
        limit(600_000),
    );
    report("rotate and roll back, 1 fault", &walk);
}

#[test]
fn three_operators_never_lose_the_password() {
    let walk = Explorer::new().walk(
        start(
            &[
                RotationKind::Rotate,
                RotationKind::Resume,
                RotationKind::Rotate,
            ],
            0,
        ),
        limit(100_000),
    );
    report("three, no fault", &walk);
}

#[test]
fn two_operators_of_one_name_in_one_second_never_lose_the_password() {
    for other in [RotationKind::Rotate, RotationKind::Rollback] {
        let walk = Explorer::new().walk(
            start_as(
                ExploredWorld::new(),
                &[(RotationKind::Rotate, "ci"), (other, "ci")],
                1,
            ),
            limit(400_000),
        );
        report(&format!("one name, rotate and {other:?}, 1 fault"), &walk);
        assert!(walk.complete || walk.states >= 400_000);
        assert!(walk.outcomes.contains_key("rotated"));
    }
}

#[test]
fn requests_to_secrets_manager_that_arrive_late_never_lose_the_password() {
    for world in [ExploredWorld::new(), ExploredWorld::of_two(true)] {
        for kind in [RotationKind::Rotate, RotationKind::Rollback] {
            let world = ExploredWorld {
                late_labels: true,
                ..world.clone()
            };
            let walk = Explorer::new().walk(start_in(world, &[kind], 3), limit(400_000));
            report(&format!("late requests, {kind:?}, 3 faults"), &walk);
            assert!(walk.complete);
            assert!(walk.outcomes.contains_key("rotated"));
        }
    }
}

/// A small generator: the same seed takes the same way on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// Returns one long way at random: where a walk in breadth does not come to.
fn wander(world: ExploredWorld, seed: u64) -> usize {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    // Every other way of two users is one on which nobody goes back.
    let forward = world.administrated && seed % 2 == 1;
    let begins = |dice: &mut Dice| {
        [
            RotationKind::Rotate,
            RotationKind::Rotate,
            RotationKind::Resume,
            RotationKind::Rollback,
        ][dice.below(if forward { 3 } else { 4 })]
    };
    let kinds: Vec<RotationKind> = (0..3).map(|_| begins(&mut dice)).collect();
    let mut node = start_in(world, &kinds, 8);
    node.world.gapless = forward;
    let mut way = String::new();
    let (mut current, mut older) = (node.world.labels.get(CURRENT).cloned(), BTreeSet::new());
    let mut steps = 0;
    while steps < 600 {
        let index = dice.below(3);
        let fault = if dice.below(12) == 0 {
            FAULTS[dice.below(FAULTS.len())]
        } else {
            Fault::None
        };
        if let Some(next) = step(&node, index, fault) {
            let _ = writeln!(way, "  {}", how(&node, index, fault));
            node = next;
            steps += 1;
        } else if !matches!(node.operators[index].at, At::Running(_))
            && node.operators[index].begun < 4
        {
            let kind = [
                RotationKind::Rotate,
                RotationKind::Resume,
                RotationKind::Rollback,
            ][dice.below(if forward { 2 } else { 3 })];
            let _ = writeln!(way, "  {} begins to {kind:?}", node.operators[index].name);
            let operator = &mut node.operators[index];
            operator.begun += 1;
            operator.wrong.clear();
            operator.at = At::Running(begin(kind, operator.name));
        } else if node
            .operators
            .iter()
            .all(|operator| !matches!(operator.at, At::Running(_)))
        {
            break;
        }
        // A change on its way is bound to a connection: it does not outlive two later rotations, nor could anything make up for one
        // that did, since a roll back may by then have brought the value back from which it changes.
        if node.world.labels.get(CURRENT) != current.as_ref() {
            current = node.world.labels.get(CURRENT).cloned();
            let old = std::mem::replace(&mut older, node.world.in_flight.clone());
            node.world.in_flight.retain(|change| !old.contains(change));
        }
        if dice.below(20) == 0
            && let Some(change) = node.world.in_flight.pop_first()
        {
            let _ = writeln!(way, "  late change {change:?}");
            node.world.change(&change);
        }
        assert!(
            node.world.is_safe(),
            "seed {seed}: the accepted password is in no labelled version:\n{way}{:#?}",
            node.world
        );
        assert!(
            node.operators
                .iter()
                .all(|operator| operator.wrong_logins() <= 2),
            "seed {seed}: wrong logins:\n{way}"
        );
    }
    if let Err(complaint) = resume_converges(&node.world) {
        panic!("seed {seed}: {complaint}:\n{way}{:#?}", node.world);
    }
    steps
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, ..Default::default() })]

    /// Other ways in every run; `PROPTEST_CASES` takes more of them.
    #[test]
    fn no_way_at_random_loses_the_password(seed in 1_u64..) {
        wander(ExploredWorld::new(), seed);
        wander(ExploredWorld::of_two(seed.is_multiple_of(3)), seed);
    }
}

/// More by hand: `ROTATION_WALKS=1000000`.
#[test]
fn three_operators_with_eight_faults_at_random_never_lose_the_password() {
    let walks = std::env::var("ROTATION_WALKS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_200);
    let worlds = |seed: u64| {
        [
            ExploredWorld::new(),
            ExploredWorld::of_two(seed.is_multiple_of(3)),
        ]
    };
    let steps: usize = (1..=walks)
        .flat_map(|seed| worlds(seed).map(|world| wander(world, seed)))
        .sum();
    println!("{walks} walks, {steps} steps");
}
