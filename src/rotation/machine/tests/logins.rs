//! What Neo4j answers to a login: refused, limited, expired, external.

use super::*;

#[test]
fn stuck_is_concluded_only_from_three_equal_reads_over_five_seconds() {
    let mut harness = Harness::new(RotationKind::Resume);
    harness.label("console.sent.ben.1795269000", "x");
    let start = harness.now;
    // Nobody knows the password: every login is refused, and the limiter behaves.
    let ending = harness.run_with(|_, effect| {
        matches!(effect, RotationEffect::Login { .. })
            .then_some(Observation::Login(LoginAnswer::WrongPassword))
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
            Observation::Login(LoginAnswer::RateLimited)
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
            .then_some(Observation::Login(LoginAnswer::RateLimited))
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
            return Some(Observation::Login(LoginAnswer::RateLimited));
        }
        None
    });
    assert_eq!(ending.outcome, RotationOutcome::Rotated);
    assert!(harness.world.agrees());
}

#[test]
fn a_password_that_must_be_changed_is_changed() {
    let mut harness = Harness::new(RotationKind::Rotate);
    let ending = harness.run_with(|_, effect| match effect {
        RotationEffect::Login { version } if version.as_str() == "c" => {
            Some(Observation::Login(LoginAnswer::MustChange))
        }
        _ => None,
    });
    assert_eq!(ending.outcome, RotationOutcome::Rotated);
}
