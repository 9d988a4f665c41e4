//! The panel beside the Fleet, who changed what, changes from the Fleet, and what others did in the Activity.

use agentcore_console::{
    messages::{Effect, Event, FleetEffect, FleetEvent},
    model::{Change, Kind, Resource},
};
use serde_json::json;

use crate::{
    harness::{Harness, NOW},
    world::{self, examined, key, name, pluralize, ready, resource, resources},
};

/// A change by role `ci` some milliseconds ago.
fn change(ago: i64, action: &str, id: &str) -> Change {
    Change {
        at: NOW.plus(-ago),
        who: "arn:aws:sts::123456789012:assumed-role/ci/run-7".into(),
        action: action.into(),
        kind: "gateway",
        ids: vec![id.into()],
        outcome: "done".into(),
        request_id: Some("3c1d-ci".into()),
        is_own: false,
    }
}

fn changes(harness: &mut Harness, found: Vec<Change>) {
    harness.on(Event::Fleet(FleetEvent::ChangesRead(
        vec![name("prod"), name("analytics")],
        NOW.plus(-86_400_000),
        Ok(found),
    )));
}

fn list(harness: &mut Harness, kind: Kind, found: Vec<Resource>) {
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        kind,
        Ok(found),
    )));
}

#[test]
fn from_160_columns_the_panel_follows_the_cursor_and_names_who_changed_it() {
    let mut harness = ready();
    harness.on(pluralize());
    changes(
        &mut harness,
        vec![change(60_000, "UpdateGateway", "prod-gw")],
    );
    let frame = harness.frame(200, 60);
    for words in [
        "WHO CHANGED IT",
        "role/ci",
        "UpdateGateway",
        "LAST HOUR",
        "CHAIN",
        "LEADS TO",
        "TOK GAT INT",
    ] {
        assert!(frame.contains(words), "{words}: {frame}");
    }
    harness.keys("j");
    let frame = harness.frame(200, 60);
    assert!(
        frame.contains("prod-gw") && frame.contains("ARN"),
        "{frame}"
    );
    assert!(
        !harness.frame(150, 60).contains("WHO CHANGED IT"),
        "below 160 columns the panel is opened by a key"
    );
}

#[test]
fn a_transition_is_explained_by_the_change_that_arrives_later() {
    let mut harness = ready();
    let moving = Resource {
        status: "UPDATING".into(),
        ..resources("prod", Kind::Gateway).remove(0)
    };
    list(&mut harness, Kind::Gateway, vec![moving]);
    harness.hides("by role/ci");
    changes(
        &mut harness,
        vec![change(10_000, "UpdateGateway", "prod-gw")],
    );
    harness.shows("by role/ci");
}

#[test]
fn an_old_change_explains_no_new_transition() {
    let mut harness = ready();
    let moving = Resource {
        status: "UPDATING".into(),
        ..resources("prod", Kind::Gateway).remove(0)
    };
    list(&mut harness, Kind::Gateway, vec![moving]);
    changes(
        &mut harness,
        vec![change(3_600_000, "UpdateGateway", "prod-gw")],
    );
    assert!(
        !harness.line("UPDATING").contains("by role/ci"),
        "{}",
        harness.line("UPDATING")
    );
}

#[test]
fn calls_are_read_once_the_cursor_rests_at_any_width() {
    let reads = |effects: Vec<Effect>| {
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Fleet(FleetEffect::ReadCalls { .. })))
            .count()
    };
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let mut harness = ready();
        // The other deployment fails, and is read anyway.
        harness.keys("G");
        harness.frame(width, height);
        harness.pass(100);
        assert_eq!(reads(harness.pass(500)), 1, "{width}");
        assert_eq!(reads(harness.pass(500)), 0, "and not again");
    }
}

#[test]
fn an_endpoint_is_rolled_back_to_the_version_before_its_own_after_a_question() {
    let mut harness = ready();
    let canary = Resource {
        raw: json!({"liveVersion": "3", "targetVersion": "3"}).into(),
        ..resource("prod", Kind::Endpoint, "prod-rt/canary", "canary", "READY")
    };
    let mut endpoints = resources("prod", Kind::Endpoint);
    endpoints.push(canary);
    list(&mut harness, Kind::Endpoint, endpoints);
    let version = |number: &str| {
        let id = format!("prod-rt/{number}");
        resource("prod", Kind::Version, &id, &format!("v{number}"), "READY")
    };
    list(
        &mut harness,
        Kind::Version,
        vec![version("3"), version("2")],
    );
    harness.keys("/");
    harness.text("name:canary");
    harness.keys("enter G B");
    harness.shows("Let endpoint canary serve version 2?");
    assert_eq!(
        harness.keys("y"),
        [Effect::Fleet(FleetEffect::MoveEndpoint(
            key("prod", Kind::Endpoint, "prod-rt/canary"),
            "2".into()
        ))]
    );
}

#[test]
fn the_default_endpoint_is_never_rolled_back() {
    let mut harness = ready();
    harness.keys("/");
    harness.text("name:DEFAULT");
    assert_eq!(harness.keys("enter G B"), []);
    harness.shows("DEFAULT always follows the newest version");
}

#[test]
fn requests_of_this_console_are_not_changes_of_others() {
    let mut harness = ready();
    let own = Change {
        is_own: true,
        request_id: Some("a-rotation".into()),
        ..change(30_000, "UpdateSecretVersionStage", "prod-gw")
    };
    changes(
        &mut harness,
        vec![own, change(60_000, "UpdateGateway", "prod-gw")],
    );
    harness.keys("6");
    harness.shows("UpdateGateway");
    harness.hides("UpdateSecretVersionStage");
}

#[test]
fn the_doctor_names_whose_hops_it_shows_and_when_it_was_seen_broken() {
    let mut harness = ready();
    harness.keys("5");
    harness.on(examined("prod", true));
    let title = |harness: &Harness| {
        let frame = harness.frame(120, 36);
        let rule = frame.lines().find(|line| line.contains("── prod ──"));
        rule.is_some()
    };
    assert!(title(&harness), "{}", harness.frame(120, 36));
    harness.shows("seen broken");
    harness.keys("enter");
    assert!(title(&harness), "{}", harness.frame(120, 36));
    let row = harness.line("▌");
    assert!(row.contains("prod"), "the row stays marked: {row}");
}

#[test]
fn the_activity_shows_what_others_changed_and_filters() {
    let mut harness = ready();
    changes(
        &mut harness,
        vec![change(60_000, "UpdateGateway", "prod-gw")],
    );
    harness.keys("6");
    harness.shows("UpdateGateway prod-gateway");
    for (width, height) in [(80, 24), (120, 36)] {
        let frame = harness.frame(width, height);
        let row = frame.lines().find(|line| line.contains("UpdateGateway"));
        assert!(
            row.is_some_and(|row| row.contains(" prod ")),
            "whose gateway: {frame}"
        );
    }
    harness.keys("tab");
    harness.hides("UpdateGateway prod-gateway");
    harness.keys("tab");
    harness.shows("UpdateGateway prod-gateway");
    harness.keys("/");
    harness.text("!ci");
    harness.hides("UpdateGateway prod-gateway");
    harness.keys("esc");
    harness.keys("enter");
    harness.shows("assumed-role/ci/run-7");
}

#[test]
fn the_doctor_has_a_titled_column_for_each_hop_and_the_evidence_of_the_chosen_one() {
    let mut harness = ready();
    harness.keys("5");
    harness.on(examined("prod", false));
    harness.on(examined("analytics", false));
    harness.on(examined("prod", true));
    let frame = harness.frame(160, 45);
    for words in [
        "CRE PER STA DIS TOK AUT MET GAT POL LIM INI INT LST TGT PRO DRI RUN ROL SEC NEO CYP",
        "SINCE THE EXAMINATION BEFORE",
        "LAST 2 EXAMINATIONS  ●✖",
        "LEGEND",
        "◂ the cause",
    ] {
        assert!(frame.contains(words), "{words}: {frame}");
    }
    harness.keys("enter");
    let frame = harness.frame(160, 45);
    assert!(frame.contains("asked     the interceptor"), "{frame}");
    let effects = harness.keys("b");
    assert!(
        matches!(effects.as_slice(), [Effect::WriteBundle(draft)]
            if draft.doctor.len() >= 3 && !draft.status.is_empty() && !draft.resources.is_empty()),
        "{effects:?}"
    );
}

#[test]
fn hops_that_could_not_be_listed_for_one_reason_have_it_once() {
    let mut harness = Harness::open(world::deployments());
    world::start(&mut harness);
    for kind in [Kind::Gateway, Kind::Target, Kind::Runtime] {
        let refused = world::refused("listing");
        harness.on(Event::Fleet(FleetEvent::Listed(
            name("prod"),
            kind,
            Err(refused),
        )));
    }
    harness.keys("/");
    harness.text("name:prod");
    harness.keys("enter g enter");
    let frame = harness.frame(110, 40);
    assert_eq!(
        frame.matches("not listed, for the same reason").count(),
        2,
        "{frame}"
    );
}

#[test]
fn the_evidence_of_the_chosen_hop_stands_beside_the_hops_of_a_wide_window() {
    let mut harness = ready();
    harness.keys("5");
    harness.on(examined("prod", true));
    let frame = harness.frame(200, 60);
    let heading = |hop: &str| format!("│ ✖ {hop}");
    assert!(frame.contains(&heading("interceptor")), "{frame}");
    assert!(frame.contains("asked     the interceptor"), "{frame}");
    // What stands above the hops is not said twice.
    for words in ["source: log group", "fix  let role"] {
        assert_eq!(frame.matches(words).count(), 1, "{words}: {frame}");
    }
    // Among the hops it follows the cursor, and nothing opens between them.
    harness.keys("enter");
    let rows = |frame: &str| frame.lines().position(|line| line.contains("neo4j  "));
    assert_eq!(rows(&frame), rows(&harness.frame(200, 60)));
    harness.keys("k");
    let frame = harness.frame(200, 60);
    assert!(frame.contains("│ ● initialize"), "{frame}");
    assert!(!frame.contains("fix       let role"), "{frame}");
    harness.keys("esc");
    assert!(harness.frame(200, 60).contains(&heading("interceptor")));
}

#[test]
fn the_glyphs_of_the_doctor_are_explained_at_every_size() {
    let mut harness = ready();
    harness.keys("5");
    harness.on(examined("prod", true));
    for (width, height) in [(80, 24), (120, 36)] {
        let frame = harness.frame(width, height);
        for words in ["● works", "▲ warning", "✖ fails", "○ not asked"] {
            assert!(frame.contains(words), "{width}: {words}: {frame}");
        }
    }
    assert!(harness.frame(200, 60).contains("✖ does not work"));
}

#[test]
fn a_refused_write_says_so_with_its_reason_at_every_width() {
    let mut harness = ready();
    let refused = Change {
        outcome: "AccessDeniedException: not authorized".into(),
        ..change(60_000, "UpdateGateway", "prod-gw")
    };
    changes(&mut harness, vec![refused]);
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let frame = harness.frame(width, height);
        let line = frame
            .lines()
            .find(|line| line.contains("refused UpdateGateway"));
        let line = line.unwrap_or_else(|| panic!("{width}: {frame}"));
        assert!(line.contains(": Access"), "{width}: {line}");
    }
}

#[test]
fn equal_writes_of_one_act_are_one_line_with_their_number() {
    let mut harness = ready();
    let label = |ago, action: &str| Change {
        kind: "secret",
        ..change(ago, action, "prod/neo4j")
    };
    let mut found: Vec<Change> = (0..6)
        .map(|step| label(60_000 + step * 900, "UpdateSecretVersionStage"))
        .collect();
    found.push(label(61_000, "PutSecretValue"));
    // The same operation of another act, long before.
    found.push(label(3_600_000, "UpdateSecretVersionStage"));
    changes(&mut harness, found);
    let frame = harness.frame(120, 36);
    assert_eq!(
        frame.matches("UpdateSecretVersionStage").count(),
        2,
        "{frame}"
    );
    assert!(frame.contains("UpdateSecretVersionStage ×6"), "{frame}");
    assert!(frame.contains("PutSecretValue "), "{frame}");
}

#[test]
fn lately_tells_how_the_state_of_a_deployment_changed_and_its_age_is_that_of_the_state() {
    let mut harness = ready();
    harness.on(examined("analytics", false));
    harness.pass(30_000);
    harness.on(examined("analytics", true));
    harness.pass(20_000);
    let frame = harness.frame(120, 36);
    let line = frame
        .lines()
        .find(|line| line.contains("proven → broken at interceptor"));
    let line = line.unwrap_or_else(|| panic!("{frame}"));
    assert!(
        line.contains("analytics") && line.contains("AccessDenied"),
        "{line}"
    );
    let row = frame
        .lines()
        .find(|line| line.contains("✖ broken at interceptor"));
    assert!(row.is_some_and(|row| row.contains(" 20s")), "{row:?}");
}

#[test]
fn what_was_broken_stays_under_the_filter_of_what_needs_a_look_and_its_hop_is_kept() {
    let mut harness = ready();
    harness.on(examined("analytics", true));
    harness.pass(11 * 60_000);
    harness.keys("!");
    let frame = harness.frame(120, 36);
    assert!(frame.contains("was broken at interceptor"), "{frame}");
    let at = |text: &str| frame.lines().position(|line| line.contains(text));
    assert!(
        at("○ unknown") < at("▲ failing at target"),
        "directly after what is broken: {frame}"
    );
    harness.keys("! home enter");
    harness.shows("was ✖ at ");
}
