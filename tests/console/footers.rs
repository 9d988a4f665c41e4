//! The last line: the key that leads back wherever it does something, and no key that does nothing.

use agentcore_console::{
    logs::LogRecord,
    messages::{Event, LogsEvent},
    model::{Kind, LogBatch, LogNotice, NoticeKind, TailStatus},
};

use crate::{
    harness::{Harness, NOW},
    world::{self, deployments, name, ready},
};

/// The last line at the smallest size and at a usual one.
fn feet(harness: &Harness) -> [String; 2] {
    [(80, 24), (120, 36)].map(|(wide, high)| {
        let frame = harness.frame(wide, high);
        frame.lines().last().unwrap_or_default().to_owned()
    })
}

#[track_caller]
fn leads_back(harness: &Harness, word: &str) {
    for foot in feet(harness) {
        assert!(foot.contains(&format!("esc {word}")), "{foot}");
        assert!(foot.ends_with("? keys"), "the help stands last: {foot}");
    }
}

#[track_caller]
fn leads_nowhere(harness: &Harness) {
    for foot in feet(harness) {
        assert!(!foot.contains("esc"), "{foot}");
    }
}

#[test]
fn what_is_open_names_the_key_that_closes_it() {
    let mut harness = ready();
    leads_nowhere(&harness);
    harness.keys("enter");
    leads_back(&harness, "close");
    harness.keys("esc j enter");
    leads_back(&harness, "close");
    harness.keys("esc / p enter");
    leads_back(&harness, "no filter");
    harness.keys("esc");
    leads_nowhere(&harness);
    harness.on(world::examined("prod", true));
    harness.keys("5");
    leads_nowhere(&harness);
    harness.keys("enter");
    leads_back(&harness, "close");
    harness.keys("esc");
    leads_back(&harness, "deployments");
    harness.keys("esc");
    leads_nowhere(&harness);
}

#[test]
fn keys_that_do_nothing_here_are_not_offered() {
    let mut harness = ready();
    harness.keys("5");
    assert!(!feet(&harness)[1].contains("copy fix"), "no fix is known");
    harness.keys("6");
    assert!(!feet(&harness)[1].contains("⏎ open"), "the list is empty");
    harness.keys("5");
    harness.on(world::examined("prod", true));
    assert!(feet(&harness)[1].contains("copy fix"));
    let mut harness = ready();
    harness.keys("l v v v");
    let foot = &feet(&harness)[1];
    for key in ["its lines", "⏎ open", "/ find", "& filter", "next error"] {
        assert!(!foot.contains(key), "no query was sent: {foot}");
    }
    assert!(foot.contains("esc lines"), "{foot}");
}

#[test]
fn a_key_that_means_nothing_says_so_and_names_those_that_lead_on() {
    let mut harness = ready();
    harness.keys("Z");
    harness.shows("Z does nothing here   / finds   ? shows the keys");
    harness.keys("/");
    harness.text("Z");
    harness.hides("does nothing here");
}

#[test]
fn screens_call_a_deployment_by_its_title() {
    let mut titled = deployments();
    titled[0].title = Some("Movies of everyone".to_owned());
    let mut harness = Harness::open(titled);
    world::list(&mut harness);
    harness.shows("▾ Movies of everyone");
    harness.on(world::examined("prod", true));
    harness.keys("5");
    harness.shows("── Movies of everyone ─");
    harness.keys("1 enter");
    harness.shows("Movies of everyone  prod");
    harness.keys("esc :");
    harness.text("logs movies of");
    harness.shows("logs Movies of everyone");
    assert_eq!(
        name("prod").as_str(),
        "prod",
        "the name stays what commands take"
    );
}

#[test]
fn groups_that_are_not_there_yet_are_counted_in_the_head_and_are_no_lines() {
    let waiting = |missing: usize| -> LogBatch<LogRecord> {
        LogBatch {
            notices: vec![LogNotice {
                at: NOW,
                kind: NoticeKind::Missing,
                text: "/aws/bedrock-agentcore/x does not exist yet; it is looked for again".into(),
            }],
            status: Some(TailStatus {
                missing,
                is_backfilled: true,
                ..TailStatus::default()
            }),
            ..LogBatch::default()
        }
    };
    let mut harness = ready();
    harness.keys("l");
    harness.on(Event::Logs(LogsEvent::Arrived(waiting(1))));
    harness.shows("groups, 1 not created yet");
    harness.hides("does not exist yet");
    harness.on(Event::Logs(LogsEvent::Arrived(LogBatch {
        notices: Vec::new(),
        ..waiting(0)
    })));
    harness.hides("not created yet");
    assert!(!world::resources("prod", Kind::Gateway).is_empty());
}

#[test]
fn the_palette_offers_first_what_can_be_done_on_the_screen_and_cuts_nothing_beside_empty_room() {
    let mut harness = ready();
    harness.keys(":");
    let frame = harness.frame(120, 36);
    let first = frame.lines().nth(5).unwrap_or_default();
    assert!(first.contains("Logs of what is selected"), "{first}");
    assert!(!frame.contains("Suspend"), "{frame}");
    assert!(!frame.contains("Find any command by its name"), "{frame}");
    for line in frame.lines().skip(5).take(18) {
        assert!(!line.contains('…'), "{line}");
    }
    harness.shows("⏎ run   ↑ ↓ choose   esc close");
    harness.shows("more below");
}
