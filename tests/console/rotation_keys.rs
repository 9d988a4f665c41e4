//! Rotations on the screen: what must be typed, what waits for them, how they end.

use agentcore_console::{
    messages::{Effect, Event, FleetEvent, SecretsEffect, SecretsEvent, Slot, ToolsEvent},
    model::{Elicitation, ElicitationRequest, Kind, PastWrite, SecretUser},
    rotation::report::{
        ConsumerEvidence, EndReason, RotationEnd, RotationKind, RotationOutcome, RotationQuestion,
        RotationReport, RotationStep, StepState,
    },
};

use crate::{
    harness::{Harness, NOW},
    world::{self, endpoint, name, ready},
};

pub(crate) fn rotating() -> Harness {
    let mut harness = ready();
    harness.keys("3");
    let effects = harness.keys("R");
    let rotation = Effect::Secrets(SecretsEffect::Rotate {
        deployment: name("prod"),
        secret: "prod/neo4j".into(),
        kind: RotationKind::Rotate,
    });
    assert!(effects.contains(&rotation), "{effects:?}");
    harness.on(Event::Secrets(SecretsEvent::Planned(Box::new(
        world::plan("prod/neo4j"),
    ))));
    harness
}

#[test]
fn the_palette_rotates_the_secret_that_is_named() {
    let mut harness = ready();
    harness.keys(":");
    harness.text("rotate prod/neo4j");
    harness.shows("Opens Secrets with the plan; asks you before anything is changed.");
    let effects = harness.keys("enter");
    let rotation = Effect::Secrets(SecretsEffect::Rotate {
        deployment: name("prod"),
        secret: "prod/neo4j".into(),
        kind: RotationKind::Rotate,
    });
    assert!(effects.contains(&rotation), "{effects:?}");
}

#[test]
fn a_rotation_goes_on_only_when_its_name_was_typed_out() {
    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.shows("Type the name to begin");
    assert_eq!(harness.keys("enter y enter"), []);
    harness.keys("backspace");
    harness.text("prod/neo4");
    assert_eq!(harness.keys("enter"), []);
    harness.text("j");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(true))]
    );

    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    assert_eq!(
        harness.keys("esc"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(false))]
    );
}

#[test]
fn a_plan_that_is_left_is_not_confirmed_and_no_failure() {
    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.shows("letters and digits type the name");
    harness.hides("⏎ begin ");
    harness.keys("1 2 q");
    harness.shows("12q");
    harness.keys("backspace backspace backspace");
    harness.text("prod/neo4j");
    harness.shows("⏎ begin ");
    harness.keys("esc");
    let effects = harness.on(Event::Secrets(SecretsEvent::Ended(Box::new(Ok(
        RotationEnd {
            outcome: RotationOutcome::Refused,
            version: None,
            why: EndReason::Declined,
        },
    )))));
    let read = SecretsEffect::ReadSecretUser(name("prod"), "prod/neo4j".into());
    assert!(!effects.contains(&Effect::Secrets(read)), "{effects:?}");
    harness.shows("not confirmed; nothing was changed");
    harness.shows("READERS");
    harness.hides("refused");
    let tabs = harness.line("6 Activity");
    assert!(!tabs.contains("Activity·"), "no failure to look at: {tabs}");
    harness.keys("6");
    let line = harness.line("rotate prod/neo4j");
    assert!(line.contains("○") && !line.contains("write"), "{line}");
    assert!(line.contains("not confirmed; nothing"), "{line}");
}

#[test]
fn the_selected_secret_names_its_user_and_enter_opens_the_rotation_of_that_secret_only() {
    let mut harness = ready();
    let effects = harness.keys("3");
    let read = SecretsEffect::ReadSecretUser(name("prod"), "prod/neo4j".into());
    assert!(effects.contains(&Effect::Secrets(read)), "{effects:?}");
    let user = SecretUser {
        name: "reader".into(),
        address: Some("bolt://db.internal:7687".into()),
    };
    harness.on(Event::Secrets(SecretsEvent::SecretUserRead(
        name("prod"),
        "prod/neo4j".into(),
        Box::new(Ok(user)),
    )));
    assert!(harness.line("prod/neo4j").contains("reader"));
    harness.hides("⏎ open");

    let mut harness = rotating();
    harness.keys("esc");
    let effects = harness.on(world::rotated());
    let read = SecretsEffect::ReadSecretUser(name("prod"), "prod/neo4j".into());
    assert!(
        effects.contains(&Effect::Secrets(read)),
        "the user may be another one now: {effects:?}"
    );
    harness.shows("esc secrets");
    harness.keys("esc");
    harness.pass(20_000);
    harness.shows("⏎ open");
    harness.keys("j");
    harness.hides("⏎ open");
}

pub(crate) fn address_asked(id: u64) -> Event {
    let request = ElicitationRequest::Url("https://consent.example/".into());
    Event::Tools(ToolsEvent::Elicited(
        endpoint("prod"),
        Elicitation {
            id,
            message: format!("question {id}"),
            request,
        },
    ))
}

#[test]
fn a_second_rotation_is_refused_while_one_runs() {
    let mut harness = agreed();
    harness.keys("1 3");
    assert!(
        !harness
            .keys("R")
            .iter()
            .any(|effect| matches!(effect, Effect::Secrets(SecretsEffect::Rotate { .. })))
    );
    harness.shows("still running");
}

#[test]
fn quitting_waits_for_the_rotation_and_a_second_time_does_not() {
    let mut harness = agreed();
    harness.on(world::step(RotationStep::Set, StepState::Running, 0));
    assert_eq!(harness.keys("q"), [Effect::Stop(Slot::Rotation)]);
    assert!(!harness.app.is_over());
    harness.shows("stops at its next safe step");
    harness.on(world::rotated());
    assert!(harness.app.is_over(), "it has reached its end");
    assert!(
        harness
            .app
            .parting()
            .is_some_and(|said| !said.is_failure && said.words.contains("rotated"))
    );

    let mut harness = agreed();
    harness.keys("q ctrl-c");
    assert!(harness.app.is_over());
    assert!(harness.app.parting().is_some_and(|said| said.is_failure && said.words.contains("secrets resume prod/neo4j")));

    let mut harness = ready();
    harness.keys("q");
    assert_eq!(harness.app.parting(), None);
}

/// A rotation whose name was typed.
pub(crate) fn agreed() -> Harness {
    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.text("prod/neo4j");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(true))]
    );
    harness
}

#[test]
fn what_is_typed_while_the_plan_is_made_is_kept_and_is_no_yes() {
    let mut harness = rotating();
    harness.text("prod/neo");
    assert_eq!(harness.keys("enter"), [], "the plan was not seen yet");
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    harness.text("4j");
    assert_eq!(
        harness.keys("enter"),
        [Effect::Secrets(SecretsEffect::AnswerRotation(true))]
    );

    let mut harness = rotating();
    assert_eq!(harness.keys("esc"), [Effect::Stop(Slot::Rotation)]);
}

#[test]
fn the_cursor_stays_on_its_secret_when_another_is_listed_above_it() {
    let mut harness = ready();
    harness.keys("3 j");
    assert!(harness.selected().contains("analytics/neo4j"));
    let mut secrets = world::resources("prod", Kind::Secret);
    secrets.push(world::resource(
        "prod",
        Kind::Secret,
        "late",
        "prod/late",
        "",
    ));
    let event = FleetEvent::Listed(name("prod"), Kind::Secret, Ok(secrets));
    harness.on(Event::Fleet(event));
    harness.shows("prod/late");
    assert!(harness.selected().contains("analytics/neo4j"));
}

#[test]
fn the_end_of_a_rotation_is_noted_and_the_secret_is_read_again() {
    let mut harness = rotating();
    let effects = harness.on(world::step(RotationStep::Check, StepState::Done, 10));
    assert_eq!(
        effects,
        [Effect::Secrets(SecretsEffect::ReadSecret(
            name("prod"),
            "prod/neo4j".into()
        ))]
    );
    harness.on(world::rotated());
    harness.shows("rotated");
    assert!(!harness.app.is_over());
    harness.keys("6");
    assert!(harness.line("rotate prod/neo4j").contains("write"));
}

#[test]
fn a_rotation_that_ended_with_a_warning_is_no_plain_success_in_the_activity() {
    let mut harness = rotating();
    harness.on(Event::Secrets(SecretsEvent::Warned(
        "one reader keeps the old password".into(),
    )));
    harness.on(world::rotated());
    harness.keys("6");
    let line = harness.line("rotate prod/neo4j");
    assert!(
        line.contains('▲') && line.contains("with 1 warning"),
        "{line}"
    );
}

#[test]
fn the_header_of_a_rotation_names_its_deployment_and_state_at_every_size() {
    let mut titled = world::deployments();
    titled[0].title = Some("movies-gateway".into());
    let mut harness = Harness::open(Vec::new());
    harness.on(Event::Started(Ok((titled, Vec::new()))));
    world::list(&mut harness);
    harness.keys("3 R");
    let has_head = |harness: &Harness, words: &str| {
        for (width, height) in [(80, 24), (120, 36), (200, 60)] {
            let frame = harness.frame(width, height);
            let head = frame.lines().next().unwrap_or_default();
            assert!(head.contains("movies-gateway"), "{width}: {head}");
            assert!(head.contains(words), "{width}: {head}");
        }
    };
    has_head(&harness, "planning");
    harness.on(Event::Secrets(SecretsEvent::Warned("a reader".into())));
    harness.on(world::rotated());
    has_head(&harness, "rotated, with 1 warning");
}

#[test]
fn readers_rotations_and_changes_of_a_secret_stand_beside_the_list_or_below_the_versions() {
    let mut harness = ready();
    let past = |hours: i64, what: &str, result: Result<String, String>| PastWrite {
        at: NOW.plus(-hours * 3_600_000),
        what: what.into(),
        operator: "ana".into(),
        is_declined: false,
        result,
        request_id: None,
    };
    harness.on(Event::PastWritesRead(vec![
        past(
            90,
            "secrets.rotate prod/neo4j of analytics",
            Ok("of another".into()),
        ),
        past(
            50,
            "secrets.rotate prod/neo4j of prod",
            Ok("rotated".into()),
        ),
        past(
            49,
            "secrets.rotate PutSecretValue prod/neo4j of prod",
            Ok("a part".into()),
        ),
        past(
            30,
            "secrets.rollback prod/neo4j of prod",
            Err("Neo4j said no".into()),
        ),
    ]));
    harness.keys("3");
    let frame = harness.frame(200, 60);
    for words in [
        "READERS",
        "runtime  neo4j_mcp_server",
        "LAST ROTATIONS",
        "rotated, by ana",
        "Neo4j said no",
    ] {
        assert!(frame.contains(words), "{words}: {frame}");
    }
    assert!(
        !frame.contains("of another") && !frame.contains("a part"),
        "{frame}"
    );
    let narrower = harness.frame(120, 36);
    let below = |words: &str| narrower.lines().position(|line| line.contains(words));
    assert!(below("LAST ROTATIONS") > below("VERSION"), "{narrower}");
    harness.keys("j");
    let frame = harness.frame(200, 60);
    assert!(
        frame.contains("none by this program on this machine"),
        "{frame}"
    );
}

#[test]
fn every_step_of_a_rotation_is_whole_in_a_narrow_window() {
    let harness = rotating();
    let frame = harness.frame(80, 24);
    for line in frame.lines().filter(|line| line.contains(" ○ ")) {
        assert!(!line.contains('…'), "{line}");
    }
    assert!(frame.contains("consumers  close connections"), "{frame}");
    // What the last step saw is whole too, and goes before what earlier ones saw.
    let mut harness = agreed();
    let words = "runtime neo4j_mcp_server_of_the_movies: 5 sessions stopped, which start again";
    for after in RotationStep::ALL {
        harness.on(world::step(after, StepState::Done, 10));
    }
    harness.on(Event::Secrets(SecretsEvent::Reported(RotationReport {
        step: RotationStep::Consumers,
        state: StepState::Done,
        at: NOW,
        evidence: vec![ConsumerEvidence::Refreshed(words.into()).into()],
    })));
    let frame = harness.frame(80, 24);
    let shown: Vec<&str> = frame.split_whitespace().collect();
    assert!(shown.join(" ").contains(words), "{frame}");
}

#[test]
fn suspending_waits_until_the_rotation_has_ended_or_asks() {
    let mut harness = agreed();
    harness.on(world::step(RotationStep::Set, StepState::Running, 0));
    assert_eq!(harness.keys("ctrl-z"), []);
    harness.shows("suspends as soon as it has ended or asks");
    let effects = harness.on(world::rotated());
    assert!(effects.contains(&Effect::Suspend), "{effects:?}");
    assert_eq!(harness.keys("ctrl-z"), [Effect::Suspend]);

    let mut harness = agreed();
    harness.on(world::step(RotationStep::Consumers, StepState::Running, 0));
    assert_eq!(harness.keys("ctrl-z"), []);
    let question = RotationQuestion::CloseConnections(Vec::new());
    let effects = harness.on(Event::Secrets(SecretsEvent::Asked(question)));
    assert!(effects.contains(&Effect::Suspend), "{effects:?}");
}

#[test]
fn a_rotation_that_called_through_the_chain_proves_the_deployment() {
    let after = |evidence: ConsumerEvidence| {
        let mut harness = agreed();
        harness.on(Event::Secrets(SecretsEvent::Reported(RotationReport {
            step: RotationStep::Consumers,
            state: StepState::Done,
            at: crate::harness::NOW,
            evidence: vec![evidence.into()],
        })));
        harness.keys("1");
        harness.line("prod  ")
    };
    let proven = after(ConsumerEvidence::ChainAnswered(
        "read-cypher in 9 ms".into(),
    ));
    assert!(proven.contains("● proven"), "{proven}");
    // A runtime that the deployment's endpoint does not lead to proves nothing of the chain.
    let unproven = after(ConsumerEvidence::RuntimesAnswered("rt itself".into()));
    assert!(!unproven.contains("proven"), "{unproven}");
    let unproven = after(ConsumerEvidence::ChainUnproven("HTTP 401".into()));
    assert!(!unproven.contains("proven"), "{unproven}");
}
