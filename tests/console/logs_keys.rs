//! Keys on Logs: following, filters, search.

use agentcore_console::{
    messages::{Effect, Event, FleetEvent, LogsEffect, LogsEvent},
    model::Kind,
};

use crate::{
    harness::Harness,
    world::{self, ready},
};

pub(crate) fn tailing() -> Harness {
    let mut harness = ready();
    harness.keys("2");
    harness.on(Event::Logs(LogsEvent::Arrived(world::numbered(0, 100))));
    harness.frame(120, 36);
    harness
}

#[test]
fn a_filter_of_many_lines_shows_the_newest_at_once_and_goes_on_between_the_keys() {
    let mut harness = ready();
    harness.keys("2");
    let padding = "padding ".repeat(60);
    let text = |number: i64| format!("INFO line {number:05} of type {} {padding}", number % 7);
    for from in (0..12_000).step_by(1_000) {
        let lines = (from..from + 1_000).map(|number| {
            world::log(
                number - 20_000,
                "/aws/lambda/neo4j-interceptor",
                &text(number),
            )
        });
        let batch = world::lines(lines.collect());
        harness.on(Event::Logs(LogsEvent::Arrived(batch)));
    }
    harness.keys("&");
    harness.text("\"type 3\"");
    harness.keys("enter");
    harness.shows("line 11994");
    harness.shows("searching older lines");
    harness.keys("k");
    let selected = harness.selected();
    assert!(selected.contains("line 11987"), "{selected}");
    for _ in 0..10 {
        harness.pass(0);
    }
    harness.hides("searching older lines");
    harness.shows("1,714 of 12,000");
    assert_eq!(harness.selected(), selected, "the cursor stays on its line");
}

#[test]
fn logs_follow_the_newest_line_until_somebody_scrolls() {
    let mut harness = tailing();
    assert!(
        harness.selected().ends_with("line 0099"),
        "{}",
        harness.selected()
    );
    harness.on(Event::Logs(LogsEvent::Arrived(world::numbered(100, 110))));
    assert!(harness.selected().ends_with("line 0109"));
    harness.keys("k");
    assert!(harness.selected().ends_with("line 0108"));
    harness.shows("paused");
    harness.hides("line 0109");
    let before: Vec<String> = harness
        .frame(120, 36)
        .lines()
        .skip(4)
        .take(25)
        .map(str::to_owned)
        .collect();
    harness.on(Event::Logs(LogsEvent::Arrived(world::numbered(110, 120))));
    let after: Vec<String> = harness
        .frame(120, 36)
        .lines()
        .skip(4)
        .take(25)
        .map(str::to_owned)
        .collect();
    assert_eq!(before, after, "what one reads stands still");
    harness.shows("10 new since you paused");
    harness.keys("f");
    assert!(harness.selected().ends_with("line 0119"));
    harness.hides("since you paused");
}

#[test]
fn a_late_line_before_the_cursor_does_not_move_what_one_reads() {
    let mut harness = tailing();
    harness.keys("k k");
    let selected = harness.selected();
    let late = world::lines(vec![world::log(
        500,
        "/aws/lambda/neo4j-interceptor",
        "INFO too late",
    )]);
    harness.on(Event::Logs(LogsEvent::Arrived(late)));
    assert_eq!(harness.selected(), selected);
    harness.hides("new since you paused");
}

#[test]
fn a_wider_window_than_all_that_was_read_reads_older_lines() {
    let mut harness = tailing();
    let effects = harness.keys("-");
    assert!(
        matches!(effects.as_slice(), [Effect::Logs(LogsEffect::ReadOlder(_))]),
        "{effects:?}"
    );
}

#[test]
fn a_filter_of_logs_keeps_the_line_one_reads() {
    let mut harness = tailing();
    harness.keys("k k k k");
    let selected = harness.selected();
    assert!(selected.ends_with("line 0095"));
    harness.keys("&");
    harness.text("line 009");
    harness.keys("enter");
    assert_eq!(harness.selected(), selected);
    harness.keys("esc");
    assert_eq!(harness.selected(), selected);
}

#[test]
fn search_and_errors_are_jumped_to() {
    let mut harness = ready();
    harness.keys("2");
    harness.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    harness.keys("E");
    assert!(harness.selected().contains("AccessDenied"));
    harness.keys("/");
    harness.text("LAST LINE");
    harness.keys("enter");
    assert!(harness.selected().contains("the last line of all"));
    harness.keys("&");
    harness.text("/(/");
    harness.keys("enter");
    harness.shows("the filter cannot be read");
}

#[test]
fn a_search_says_how_many_hits_there_are_and_which_one_is_looked_at() {
    let mut harness = ready();
    harness.keys("l");
    harness.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    harness.keys("/");
    harness.text("in");
    harness.keys("enter");
    harness.shows("hit 2 of 3");
    harness.keys("n");
    harness.shows("hit 3 of 3");
    harness.keys("n");
    harness.shows("hit 1 of 3");
    harness.keys("j");
    harness.shows("3 hits");
    harness.on(Event::Logs(LogsEvent::Arrived(world::lines(vec![
        world::log(0, "/aws/lambda/x", "one more login"),
    ]))));
    harness.shows("4 hits");
    harness.keys("/");
    harness.text("nowhere");
    harness.keys("enter");
    harness.shows("no hit");
}

#[test]
fn a_filter_that_compares_nothing_known_says_what_is_known() {
    let mut harness = ready();
    harness.keys("l");
    harness.on(Event::Logs(LogsEvent::Arrived(world::logs())));
    harness.keys("&");
    harness.text("leve>=warn");
    harness.keys("enter");
    harness.shows("leve>=warn is none of level>=, trace=, session=");
    harness.shows("the last line of all");
}

#[test]
fn request_ids_of_what_went_well_are_kept_too() {
    let mut harness = ready();
    let target = world::resources("prod", Kind::Target).remove(0);
    harness.on(Event::Fleet(FleetEvent::Synchronized(
        target.key.clone(),
        Box::new(Ok((target, Some("11aa-sync".into())))),
    )));
    harness.keys("6");
    harness.shows("request 11aa-sync");
    assert_eq!(harness.keys("c i"), [Effect::Copy("11aa-sync".into())]);
    harness.keys("enter");
    assert_eq!(
        harness.frame(120, 36).matches("request 11aa-sync").count(),
        2,
        "in the line and in what is opened below"
    );
}
