//! The first minutes: the start page, the tour, the fleet of the last run, the address of a sign-in.

use agentcore_console::{
    app::AppOptions,
    messages::{Effect, Event},
    model::{Failure, FailureKind, MisconfiguredDeployment, PastWrite},
    screens::start_page::{ConfigurationLookup, ConfigurationLookupState, StartChoice, StartPage},
    state::FleetSnapshot,
};
use ratatui::style::Modifier;

use crate::{
    harness::{Harness, NOW, options},
    world::{self, deployments},
};

fn row(
    what: &str,
    state: ConfigurationLookupState,
    found: &str,
    command: &str,
) -> ConfigurationLookup {
    ConfigurationLookup {
        what: what.into(),
        found: found.into(),
        state,
        command: command.into(),
    }
}

/// A machine with three profiles, one file, and no configuration.
fn page() -> StartPage {
    let mut page = StartPage::default();
    page.can_start_demo = true;
    page.sign_in.command = ["aws", "sso", "login", "--profile", "dev"]
        .map(str::to_owned)
        .to_vec();
    page.sign_in.text = "aws sso login --profile dev, in this terminal".into();
    page.profiles = ["dev", "prod", "sandbox"].map(str::to_owned).to_vec();
    page.files = vec![".bedrock_agentcore.yaml".into()];
    page.regions = vec!["us-west-2".into()];
    page.looked_for = vec![
        row(
            "configuration",
            ConfigurationLookupState::Absent,
            "not at ~/.config/agentcore-console/config.toml",
            "agentcore-console init",
        ),
        row(
            "profile dev",
            ConfigurationLookupState::Broken,
            "its SSO session has ended",
            "aws sso login --profile dev",
        ),
        row(
            "profile prod",
            ConfigurationLookupState::Absent,
            "not tried: a profile is used only when it is named",
            "--profile prod",
        ),
        row(
            "region",
            ConfigurationLookupState::Found,
            "us-west-2, of the profile",
            "",
        ),
    ];
    page
}

fn at_start() -> Harness {
    Harness::with(AppOptions {
        start_page: page(),
        ..options()
    })
}

fn choice(keys: &str) -> Option<StartChoice> {
    let mut harness = at_start();
    harness.keys(keys);
    assert_eq!(harness.app.is_over(), harness.app.start_choice().is_some());
    harness.app.start_choice().cloned()
}

#[test]
fn the_start_page_offers_four_ways_with_a_key_each() {
    let harness = at_start();
    crate::frames::keep("start-page", &harness.frame(120, 36));
    crate::frames::keep("start-page-80", &harness.frame(80, 24));
    assert_eq!(choice("d"), Some(StartChoice::Demo));
    assert_eq!(choice("enter"), Some(StartChoice::Demo));
    assert_eq!(choice("i"), Some(StartChoice::Configure));
    assert_eq!(choice("r"), Some(StartChoice::LookAgain));
    let command = page().sign_in.command;
    assert_eq!(choice("s"), Some(StartChoice::SignIn(command.clone())));
    assert_eq!(choice("j enter"), Some(StartChoice::SignIn(command)));
    assert_eq!(
        choice("t y l"),
        None,
        "keys of other screens do nothing here"
    );
}

#[test]
fn another_profile_is_chosen_from_a_list() {
    assert_eq!(choice("p"), None);
    assert_eq!(choice("p enter"), Some(StartChoice::Profile("dev".into())));
    assert_eq!(
        choice("p j j j enter"),
        Some(StartChoice::Profile("sandbox".into()))
    );
    assert_eq!(choice("p esc enter"), Some(StartChoice::Demo));
    let mut harness = at_start();
    harness.keys("p j");
    assert_eq!(harness.selected(), "prod");
}

#[test]
fn an_account_that_cannot_be_read_leads_to_the_start_page_with_the_command_that_mends_it() {
    let mut harness = Harness::with(AppOptions {
        start_page: page(),
        starting: Some("gateways, runtimes and stacks of us-west-2".into()),
        ..options()
    });
    let failure = Failure::new(
        FailureKind::SignIn,
        "asking AWS",
        "the SSO session has expired",
    )
    .hint("run `aws sso login --profile dev`");
    harness.on(Event::Started(Err(failure)));
    harness.shows("No configuration was found, and the account was not read.");
    harness.shows("the SSO session has expired");
    let line = harness.line("✖ profile dev");
    assert!(line.contains("aws sso login --profile dev"), "{line}");
    harness.keys("d");
    assert_eq!(harness.app.start_choice(), Some(&StartChoice::Demo));
}

#[test]
fn an_account_without_gateways_and_runtimes_says_where_it_was_looked() {
    let mut harness = Harness::with(AppOptions {
        start_page: page(),
        starting: Some("gateways, runtimes and stacks of us-west-2".into()),
        ..options()
    });
    harness.on(Event::Started(Ok((Vec::new(), Vec::new()))));
    harness.shows("neither a gateway nor a runtime in us-west-2");
    harness.shows("--region us-east-1,eu-central-1");
}

#[test]
fn mistakes_of_the_configuration_stand_on_the_start_page_with_their_place() {
    let mut wrong = page();
    wrong.has_configuration = true;
    let harness = Harness::with(AppOptions {
        start_page: wrong,
        problems: vec![
            "line 3, column 1: no key is called \"regoin\"; did you mean region?".into(),
        ],
        ..options()
    });
    harness.shows("The configuration has problems:");
    harness.shows("line 3, column 1: no key is called \"regoin\"");
}

/// The fleet of a run that ended an hour ago.
fn last_fleet() -> FleetSnapshot {
    let mut last = Harness::open(deployments());
    last.on(Event::Started(Ok((deployments(), Vec::new()))));
    world::list(&mut last);
    FleetSnapshot {
        at: NOW.plus(-3_600_000).millis(),
        ..last.app.fleet_snapshot("here").unwrap()
    }
}

#[test]
fn the_last_fleet_is_painted_dimmed_with_its_age_before_anything_is_known() {
    let next = Harness::with(AppOptions {
        deployments: deployments(),
        last_fleet: Some(last_fleet()),
        ..options()
    });
    next.shows("last run, 1h ago");
    crate::frames::keep("last-fleet", &next.frame(120, 36));
    let buffer = next.buffer(120, 36);
    let bright = |y: u16| {
        (2..110).any(|x| {
            let cell = &buffer[(x, y)];
            !cell.symbol().trim().is_empty() && cell.modifier.contains(Modifier::BOLD)
        })
    };
    assert!(
        (4..30).all(|y| !bright(y)),
        "a name of the last run is not bold"
    );
}

#[test]
fn what_the_last_run_found_without_a_configuration_is_shown_while_the_account_is_read() {
    let mut next = Harness::with(AppOptions {
        last_fleet: Some(last_fleet()),
        starting: Some("gateways, runtimes and stacks of us-west-2".into()),
        start_page: page(),
        ..options()
    });
    next.shows("last run, 1h ago");
    next.on(Event::Started(Ok((deployments(), Vec::new()))));
    next.shows("last run, 1h ago");
    world::list(&mut next);
    next.hides("last run");
    next.hides("LATELY");
    let mut other = Harness::with(AppOptions {
        last_fleet: Some(last_fleet()),
        starting: Some("gateways, runtimes and stacks of us-west-2".into()),
        ..options()
    });
    let elsewhere = agentcore_console::model::Deployment::new("elsewhere", "us-west-2");
    other.on(Event::Started(Ok((vec![elsewhere], Vec::new()))));
    other.hides("last run");
    other.hides("prod");
}

#[test]
fn the_tour_has_six_lines_and_any_key_closes_it_and_works() {
    let mut harness = Harness::with(AppOptions {
        deployments: deployments(),
        shows_tour: true,
        ..options()
    });
    harness.on(Event::Started(Ok((deployments(), Vec::new()))));
    world::list(&mut harness);
    crate::frames::keep("tour", &harness.frame(120, 36));
    crate::frames::keep("tour-80", &harness.frame(80, 24));
    let before = harness.selected();
    harness.keys("j");
    harness.hides("HOW TO GET AROUND");
    assert_ne!(
        harness.selected(),
        before,
        "the key did what it always does"
    );
    assert!(harness.app.memory().is_tour_seen);
}

#[test]
fn the_address_of_a_sign_in_is_shown_whole_and_can_be_copied() {
    let mut harness = world::ready();
    let address = format!("https://login.example/authorize?state={}", "x".repeat(200));
    harness.on(Event::SignInOffered(address.clone()));
    harness.shows("Sign in at this address");
    let shown: String = harness.frame(120, 36).replace(['\n', ' '], "");
    assert!(shown.contains(&address), "{shown}");
    let effects = harness.keys("y");
    assert!(matches!(effects.as_slice(), [Effect::Copy(text)] if *text == address));
}

#[test]
fn activity_shows_what_earlier_runs_wrote_behind_what_this_one_did() {
    let mut harness = world::ready();
    let write = |what: &str, hours: i64| PastWrite {
        is_declined: false,
        at: NOW.plus(-hours * 3_600_000),
        what: what.into(),
        operator: "ana".into(),
        result: Ok("rotated".into()),
        request_id: None,
    };
    harness.on(Event::PastWritesRead(vec![
        write("secrets.rotate prod/neo4j of prod", 30),
        write("targets.sync t-1 of prod", 2),
    ]));
    harness.keys("6");
    let frame = harness.frame(120, 36);
    let newer = frame.find("targets.sync t-1").unwrap();
    let older = frame.find("secrets.rotate prod/neo4j").unwrap();
    assert!(newer < older, "{frame}");
}

#[test]
fn what_could_not_be_derived_stands_in_the_detail_with_how_to_set_it() {
    let mut harness = world::ready();
    let missing = "no Neo4j secret is known: set `secrets`";
    harness.on(Event::NotDerived(vec![(
        "prod".into(),
        vec![missing.into()],
    )]));
    harness.keys("g enter");
    // It is wrapped beside its label.
    harness.shows("no Neo4j secret is known: set");
}

fn misconfigured() -> Harness {
    let problem = |name: &str, problems: &[&str]| MisconfiguredDeployment {
        name: name.into(),
        file: Some("/home/ana/.config/agentcore-console/config.toml".into()),
        problems: problems.iter().map(|text| (*text).to_owned()).collect(),
    };
    let missing =
        "line 12, column 1: [deployments.left-out]: no region: write region = \"us-west-2\"";
    let all: Vec<MisconfiguredDeployment> = [
        problem(
            "left-out",
            &[missing, "line 13, column 2: unknown key \"regoin\""],
        ),
        problem(
            "other",
            &["line 20, column 1: neither a gateway nor a stack"],
        ),
    ]
    .into();
    Harness::with(AppOptions {
        deployments: deployments(),
        misconfigured: all,
        ..options()
    })
}

#[test]
fn a_misconfigured_deployment_is_a_row_of_fleet_and_counted_as_such() {
    let harness = misconfigured();
    let line = harness.line("left-out  ");
    assert!(line.contains("▲ misconfigured"), "{line}");
    let line = harness.line("line 12, column 1");
    assert!(
        line.contains("no region: write region") && line.contains("and 1 more"),
        "{line}"
    );
    harness.shows("line 20, column 1: neither a gateway nor a stack");
    let count = deployments().len() + 2;
    let head = harness.line("agentcore");
    assert!(head.contains(&format!("{count} deployments")), "{head}");
    assert!(head.contains("▲ 2 misconfigured"), "{head}");
}

#[test]
fn the_detail_of_a_misconfigured_deployment_names_file_line_member_and_what_to_write() {
    let mut harness = misconfigured();
    harness.keys("/");
    harness.text("left-out");
    harness.keys("enter");
    assert!(
        harness.selected().starts_with("left-out"),
        "{}",
        harness.selected()
    );
    harness.keys("enter");
    let frame = harness.frame(80, 36);
    for text in [
        "/home/ana/.config/agentcore-console/config.toml",
        "[deployments.left-out]",
        "line 12, column 1",
        "no region: write region =",
        "line 13, column 2",
        "unknown key \"regoin\"",
        "2 PROBLEMS",
    ] {
        assert!(frame.contains(text), "{text} is not shown:\n{frame}");
    }
}

#[test]
fn filters_and_only_what_is_not_well_find_a_misconfigured_deployment() {
    for filter in [
        "misconfigured",
        "status:misconf",
        "reason:regoin",
        "name:left",
    ] {
        let mut harness = misconfigured();
        harness.keys("/");
        harness.text(filter);
        harness.keys("enter");
        harness.shows("left-out  ");
    }
    let mut harness = misconfigured();
    harness.keys("/");
    harness.text("!misconfigured");
    harness.keys("enter");
    harness.hides("left-out  ");
    let mut harness = misconfigured();
    harness.keys("!");
    harness.shows("left-out  ");
    harness.shows("other  ");
}

#[test]
fn an_action_that_needs_a_configuration_says_why_it_cannot() {
    for key in ["l", "t", "D", "O", "X"] {
        let mut harness = misconfigured();
        harness.keys("/");
        harness.text("name:left-out");
        harness.keys("enter");
        assert_eq!(harness.keys(key).len(), 0, "{key} sends nothing");
        harness.shows("left-out is misconfigured and not looked at");
    }
}
