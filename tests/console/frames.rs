//! How the console looks: every screen empty, loading, ready and failed, at two sizes, with its colours as letters.

use std::fmt::Write as _;

use agentcore_console::{
    messages::{Event, FleetEvent, LogsEvent, Route, SecretsEvent, ToolsEvent},
    model::{Kind, sanitize::is_dangerous},
    rotation::report::{RotationQuestion, RotationStep, StepState},
    theme::{ColorDepth, EMBEDDED, GlyphSet, Role, Theme},
};
use ratatui::{
    buffer::{Buffer, Cell},
    style::Modifier,
};

use crate::{
    harness::{Harness, lines, options},
    world::{self, CANARY, connected, deployments, endpoint, key, name, ready},
};

/// What a screen has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Empty,
    Loading,
    Ready,
    Failed,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Empty, Self::Loading, Self::Ready, Self::Failed];
}

/// The letter of each role in the legend layer. A selected row has capitals, a reversed cell `#`, no role of ours `?`.
/// Letters of the legend. Not spelled out in it: G, I, R and D, the hues of sources and of syntax, and b, bars.
const LETTERS: [(Role, char); 17] = [
    (Role::Name, 'n'),
    (Role::Text, 't'),
    (Role::Dim, 'd'),
    (Role::Faint, 'f'),
    (Role::Accent, 'a'),
    (Role::Success, 'w'),
    (Role::Degraded, 'g'),
    (Role::Failed, 'x'),
    (Role::Changing, 'c'),
    (Role::Person, 'p'),
    (Role::Rule, '-'),
    (Role::Hit, 'h'),
    (Role::Gateway, 'G'),
    (Role::Interceptor, 'I'),
    (Role::Runtime, 'R'),
    (Role::Database, 'D'),
    (Role::Bar, 'b'),
];

#[test]
fn every_screen_in_every_phase() {
    for route in Route::ALL {
        for phase in Phase::ALL {
            let harness = show(route, phase);
            let low = harness.buffer(80, 24);
            let text = format!(
                "{}\n{}\n{}",
                lines(&low).join("\n"),
                legend(&low),
                harness.frame(120, 36)
            );
            keep(
                &format!("{}-{}", route.title(), format!("{phase:?}").to_lowercase()),
                &text,
            );
        }
    }
}

#[test]
fn the_last_hour_and_the_chain_by_width() {
    let mut harness = ready();
    harness.on(world::pluralize());
    harness.on(world::examined("analytics", false));
    keep(
        "Fleet-counted",
        &format!("{}\n{}", both(&harness), harness.frame(180, 20)),
    );
    harness.keys("j enter");
    let mut deployment = ready();
    deployment.on(world::pluralize());
    deployment.on(world::examined("analytics", true));
    deployment.keys("enter");
    keep("Fleet-overview", &both(&deployment));
    keep(
        "Fleet-counted-detail",
        &format!("{}\n{}", both(&harness), harness.frame(180, 20)),
    );
}

#[test]
fn what_lies_on_top() {
    let mut harness = ready();
    harness.keys("j enter");
    keep("on-top-detail", &both(&harness));
    let mut harness = ready();
    harness.keys(":");
    harness.text("logs");
    keep("on-top-palette", &both(&harness));
    let mut harness = ready();
    harness.keys("?");
    keep("on-top-help", &both(&harness));
    let mut harness = ready();
    harness.keys("j j y");
    keep("on-top-question", &both(&harness));
    let mut harness = ready();
    harness.on(Event::Fleet(FleetEvent::Synchronized(
        key("prod", Kind::Target, "prod-gw/T1"),
        Box::new(Err(world::refused("synchronizing neo4j-mcp"))),
    )));
    keep("on-top-alarm", &both(&harness));
}

#[test]
fn what_lies_on_top_of_the_tools() {
    let mut harness = show(Route::Tools, Phase::Ready);
    harness.on(Event::Tools(ToolsEvent::QueriesRead(Ok(world::saved()))));
    keep("tools-saved", &both(&harness));
    harness.keys("ctrl-s");
    keep("tools-naming", &both(&harness));
    harness.keys("esc i");
    harness.on(world::claims(&endpoint("prod")));
    keep("tools-identity", &both(&harness));
    harness.keys("esc p");
    harness.text("gateway bearer");
    keep("tools-endpoints", &both(&harness));
}

#[test]
fn a_rotation_from_plan_to_end() {
    let mut harness = ready();
    harness.keys("3 R");
    harness.on(Event::Secrets(SecretsEvent::Planned(Box::new(
        world::plan("prod/neo4j"),
    ))));
    harness.on(Event::Secrets(SecretsEvent::Asked(
        RotationQuestion::Proceed,
    )));
    keep("rotation-plan", &both(&harness));
    harness.text("prod/neo4j");
    harness.keys("enter");
    harness.on(Event::Secrets(SecretsEvent::SecretRead(
        name("prod"),
        "prod/neo4j".into(),
        Box::new(Ok(world::secret("prod/neo4j"))),
    )));
    harness.on(world::step(RotationStep::Check, StepState::Started, 0));
    harness.on(world::step(RotationStep::Check, StepState::Done, 400));
    harness.on(world::step(RotationStep::Prepare, StepState::Done, 900));
    harness.on(world::step(RotationStep::Set, StepState::Running, 1_000));
    harness.on(Event::Secrets(SecretsEvent::Warned(
        "who is connected as this user could not be listed".into(),
    )));
    harness.pass(2_500);
    keep("rotation-running", &both(&harness));
    harness.on(world::rotated());
    keep("rotation-ended", &both(&harness));
}

#[test]
fn small_windows() {
    let harness = show(Route::Fleet, Phase::Ready);
    keep("small-40x12", &harness.frame(40, 12));
    keep("small-20x5", &harness.frame(20, 5));
    let starting = Harness::with(agentcore_console::app::AppOptions {
        starting: Some("the embedded stack".into()),
        ..options()
    });
    keep("starting", &starting.frame(80, 24));
    let wrong = Harness::with(agentcore_console::app::AppOptions {
        problems: vec!["line 3: no key is called \"regoin\"".into()],
        ..options()
    });
    keep("wrong-configuration", &wrong.frame(80, 24));
}

#[test]
fn every_size_draws_and_says_something() {
    for route in Route::ALL {
        for phase in Phase::ALL {
            let harness = show(route, phase);
            for (width, height) in [
                (1, 1),
                (20, 5),
                (39, 7),
                (40, 8),
                (41, 9),
                (60, 16),
                (79, 23),
                (99, 30),
                (119, 40),
                (300, 100),
            ] {
                let buffer = harness.buffer(width, height);
                assert!(
                    buffer.content.iter().any(|cell| cell.symbol() != " "),
                    "{route:?} {phase:?} {width}x{height}"
                );
            }
        }
    }
}

#[test]
fn nothing_that_steers_a_terminal_and_no_secret_is_ever_in_a_cell() {
    for route in Route::ALL {
        for phase in Phase::ALL {
            let mut harness = show(route, phase);
            for keys in ["down", "enter", "?", "esc", "v", "v", ":", "esc"] {
                for (width, height) in [(80, 24), (160, 50)] {
                    let buffer = harness.buffer(width, height);
                    for cell in &buffer.content {
                        assert!(
                            !cell.symbol().chars().any(is_dangerous),
                            "{route:?} {phase:?}: {:?}",
                            cell.symbol()
                        );
                    }
                    let frame = lines(&buffer).join("\n");
                    assert!(
                        !frame.contains("hunter2"),
                        "{route:?} {phase:?} shows {CANARY}:\n{frame}"
                    );
                }
                harness.keys(keys);
            }
        }
    }
}

#[test]
fn every_theme_draws_every_screen() {
    for (theme_name, _) in EMBEDDED {
        for depth in [ColorDepth::True, ColorDepth::Sixteen] {
            let theme = Theme::embedded(theme_name, depth).unwrap();
            for route in Route::ALL {
                let mut harness = show_with(route, Phase::Ready, vec![theme.clone()]);
                harness.keys("down");
                let buffer = harness.buffer(100, 30);
                let drawn: Vec<&Cell> = buffer
                    .content
                    .iter()
                    .filter(|cell| cell.symbol() != " ")
                    .collect();
                let known = |cell: &Cell| Role::ALL.iter().any(|role| wears(cell, &theme, *role));
                let foreign = drawn.iter().find(|cell| !known(cell));
                assert!(
                    foreign.is_none(),
                    "{theme_name} {route:?}: a cell wears no role: {foreign:?}"
                );
                let bar = match theme.glyphs {
                    GlyphSet::Unicode => '▌',
                    GlyphSet::Ascii => '|',
                };
                assert!(
                    lines(&buffer).iter().any(|line| line.starts_with(bar))
                        || route == Route::Fleet,
                    "{theme_name} {route:?}"
                );
                let glyph = drawn.iter().find(|cell| !cell.symbol().is_ascii());
                assert!(
                    theme.glyphs == GlyphSet::Unicode || glyph.is_none(),
                    "{theme_name} {route:?}: {glyph:?} is no ASCII character"
                );
            }
        }
    }
}

#[test]
fn columns_stay_where_they_are_when_data_comes() {
    let heading = |harness: &Harness| harness.frame(120, 36).lines().nth(3).map(str::to_owned);
    let mut harness = Harness::open(deployments());
    world::start(&mut harness);
    let before = heading(&harness);
    world::list(&mut harness);
    assert_eq!(heading(&harness), before);
}

fn show(route: Route, phase: Phase) -> Harness {
    show_with(route, phase, options().themes)
}

/// The console on a screen, with what that phase has brought.
fn show_with(route: Route, phase: Phase, themes: Vec<Theme>) -> Harness {
    let number = (1 + Route::ALL.iter().position(|each| *each == route).unwrap()).to_string();
    let known = if phase == Phase::Empty {
        Vec::new()
    } else {
        deployments()
    };
    let mut harness = Harness::with(agentcore_console::app::AppOptions {
        deployments: known.clone(),
        themes,
        ..options()
    });
    harness.on(Event::Started(Ok((known, Vec::new()))));
    match phase {
        Phase::Empty | Phase::Loading => {
            harness.keys(&number);
        }
        Phase::Ready => {
            world::list(&mut harness);
            harness.keys(&number);
            fill(&mut harness);
        }
        Phase::Failed => {
            if route != Route::Fleet {
                world::list(&mut harness);
            }
            harness.keys(&number);
            break_down(&mut harness, route);
        }
    }
    harness
}

fn fill(harness: &mut Harness) {
    let prod = endpoint("prod");
    harness.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    harness.on(Event::Secrets(SecretsEvent::SecretRead(
        name("prod"),
        "prod/neo4j".into(),
        Box::new(Ok(world::secret("prod/neo4j"))),
    )));
    harness.on(connected(&prod));
    if harness.frame(120, 36).contains("read-cypher") {
        harness.keys("enter");
        harness.text("MATCH (p:Person) RETURN p.name AS actor // all");
        harness.keys("f5");
        harness.on(world::called(&prod));
        harness.keys("esc esc");
    }
    harness.on(world::examined("prod", true));
    harness.on(world::examined("analytics", false));
    let moving = world::resource("prod", Kind::Gateway, "prod-gw", "prod-gateway", "UPDATING");
    harness.on(Event::Fleet(FleetEvent::Listed(
        name("prod"),
        Kind::Gateway,
        Ok(vec![moving]),
    )));
    harness.on(Event::Copied("to the clipboard".into()));
    harness.pass(7_000);
}

fn break_down(harness: &mut Harness, route: Route) {
    let prod = endpoint("prod");
    if route == Route::Fleet {
        for deployment in ["prod", "analytics"] {
            for kind in Kind::ALL {
                harness.on(Event::Fleet(FleetEvent::Listed(
                    name(deployment),
                    kind,
                    Err(world::refused(&format!("listing {kind}s of {deployment}"))),
                )));
            }
        }
    }
    harness.on(Event::Logs(LogsEvent::TailFailed(world::refused(
        "following the logs of prod",
    ))));
    harness.on(Event::Secrets(SecretsEvent::SecretRead(
        name("prod"),
        "prod/neo4j".into(),
        Box::new(Err(world::refused("reading prod/neo4j"))),
    )));
    harness.on(Event::Tools(ToolsEvent::Connected(
        prod,
        Box::new(Err(world::refused("connecting to prod"))),
    )));
    harness.on(world::examined("prod", true));
    harness.on(world::examined("analytics", true));
    harness.on(Event::Exported {
        result: Err(world::refused("writing logs.txt")),
        amount: None,
        bytes: 12,
        took_ms: 1,
    });
    harness.pass(7_000);
}

/// A frame at 80x24 with its colours, and at 120x36.
pub(crate) fn both(harness: &Harness) -> String {
    let low = harness.buffer(80, 24);
    format!(
        "{}\n{}\n{}",
        lines(&low).join("\n"),
        legend(&low),
        harness.frame(120, 36)
    )
}

/// The colours as letters, below the text: what the text alone does not tell.
fn legend(buffer: &Buffer) -> String {
    let theme = &options().themes[0];
    let mut text = String::from(
        "---- n name  t text  d dim  f faint  a accent  w well  g degraded  x failed  c changing  p person  - rule  h hit\n",
    );
    for y in buffer.area.top()..buffer.area.bottom() {
        let row: String = (buffer.area.left()..buffer.area.right())
            .map(|x| letter(&buffer[(x, y)], theme))
            .collect();
        writeln!(text, "{}", row.trim_end()).unwrap();
    }
    text + "----"
}

fn letter(cell: &Cell, theme: &Theme) -> char {
    let selected = Some(cell.bg) == theme.style(Role::Selected).bg;
    if cell.symbol() == " " {
        return if selected { '_' } else { ' ' };
    }
    if cell.modifier.contains(Modifier::REVERSED) && !wears(cell, theme, Role::Hit) {
        return '#';
    }
    let found = LETTERS
        .iter()
        .find(|(role, _)| wears(cell, theme, *role))
        .map_or('?', |(_, letter)| *letter);
    if selected {
        found.to_ascii_uppercase()
    } else {
        found
    }
}

fn wears(cell: &Cell, theme: &Theme, role: Role) -> bool {
    let style = theme.style(role);
    let bold = Modifier::BOLD;
    style.fg.unwrap_or_default() == cell.fg
        && style.add_modifier.contains(bold) == cell.modifier.contains(bold)
}

pub(crate) fn keep(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
