//! Doctor: a warning with a fix, what is copied, the bundle, and the log of a broken hop.

use agentcore_console::{
    doctor::{DoctorReport, DoctorVerdict, Hop, HopState},
    messages::{Effect, Event, LogsEvent},
};

use crate::{
    harness::Harness,
    world::{examined, lines, log, ready},
};

/// The report of an event that ends an examination, changed.
fn changed(event: Event, change: impl FnOnce(&mut DoctorReport)) -> Event {
    match event {
        Event::Examined(mut report) => {
            change(&mut report);
            Event::Examined(report)
        }
        other => other,
    }
}

fn verdict(hop: Hop) -> DoctorVerdict {
    DoctorVerdict {
        hop,
        evidence: "DEFAULT serves version 1 while version 2 is wanted".into(),
        fix: "see which versions there are: agentcore-console versions rt -d prod".into(),
        command: Some("agentcore-console versions rt -d prod".into()),
        source: "GetAgentRuntimeEndpoint".into(),
    }
}

/// A chain that works, with a warning about which something is to be done.
fn with_advice() -> Harness {
    let mut harness = ready();
    harness.keys("5");
    harness.on(examined("analytics", false));
    harness.on(changed(examined("prod", false), |report| {
        report.verdict = Some(verdict(Hop::Rollout));
        for finding in &mut report.hops {
            if finding.hop == Hop::Rollout {
                finding.state = HopState::Warning;
                finding.evidence = verdict(Hop::Rollout).evidence;
            }
        }
    }));
    harness
}

#[test]
fn a_warning_with_a_fix_is_shown_with_it_and_calls_nothing_broken() {
    let mut harness = with_advice();
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let frame = harness.frame(width, height);
        assert!(frame.contains("▲ DEFAULT serves version 1"), "{frame}");
        assert!(frame.contains("fix  see which versions"), "{frame}");
        assert!(frame.contains("a call went through"), "{frame}");
        for words in ["✖ DEFAULT", "seen broken", "the cause"] {
            assert!(!frame.contains(words), "{words}: {frame}");
        }
    }
    harness.keys("1");
    let frame = harness.frame(120, 36);
    assert!(!frame.contains("broken at"), "{frame}");
}

#[test]
fn the_command_of_a_fix_is_copied_without_the_words_around_it() {
    let mut harness = with_advice();
    let command = verdict(Hop::Rollout).command.unwrap();
    assert_eq!(harness.keys("c"), [Effect::Copy(command)]);
}

#[test]
fn a_bundle_that_is_being_written_is_shown_and_not_written_twice() {
    let mut harness = ready();
    harness.keys("5");
    harness.on(examined("prod", false));
    assert!(matches!(
        harness.keys("b").as_slice(),
        [Effect::WriteBundle(_)]
    ));
    harness.shows("writing a bundle, 0s");
    assert_eq!(harness.keys("b"), []);
    harness.shows("a bundle is being written");
    harness.on(Event::BundleWritten {
        result: Ok("doctor-bundle.json".into()),
        bytes: 1_000,
        took_ms: 2_400,
    });
    harness.shows("written to doctor-bundle.json");
    harness.hides("writing a bundle, ");
}

#[test]
fn the_log_of_a_broken_hop_opens_at_the_first_error_of_the_examination() {
    let mut harness = ready();
    harness.keys("5");
    harness.on(examined("analytics", false));
    harness.on(changed(examined("prod", true), |report| {
        if let Some(verdict) = &mut report.verdict {
            verdict.hop = Hop::Runtime;
        }
    }));
    harness.keys("l");
    harness.shows("prod runtime");
    let group = "/aws/bedrock-agentcore/runtimes/prod-rt-DEFAULT";
    let batch = |from: i64, texts: &[&str]| {
        let events = texts
            .iter()
            .enumerate()
            .map(|(index, text)| log(from + index as i64, group, text));
        Event::Logs(LogsEvent::Arrived(lines(events.collect())))
    };
    harness.on(batch(-30_000, &["[ERROR] of another call before"]));
    harness.on(batch(
        10,
        &["START RequestId: 1", "[ERROR] the failing one"],
    ));
    harness.on(batch(20, &["[ERROR] a later one", "INFO the last line"]));
    assert!(
        harness.selected().contains("the failing one"),
        "{}",
        harness.frame(120, 36)
    );
    // A key of the user ends the search: the cursor stays where it was moved to.
    harness.keys("k");
    harness.on(batch(30, &["[ERROR] much later"]));
    assert!(
        harness.selected().contains("START"),
        "{}",
        harness.frame(120, 36)
    );
}

#[test]
fn letters_and_dots_of_a_chain_are_explained_in_a_full_fleet_and_in_the_help() {
    let mut harness = ready();
    // As many rows as the table has lines, and more: no line is free for the long legend.
    for height in [12, 16, 20, 36] {
        let frame = harness.frame(120, height);
        for words in ["K sign-in", "N neo4j", "passed", "not asked"] {
            assert!(frame.contains(words), "{height}: {words}: {frame}");
        }
    }
    harness.keys("?");
    harness.keys("/");
    harness.text("interceptor chain");
    harness.shows("interceptor in the column CHAIN");
}
