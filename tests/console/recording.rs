//! The Tools screen: recording calls in a file.

use agentcore_console::{
    messages::{Effect, Event, ToolsEffect, ToolsEvent},
    tools::recording,
};
use serde_json::json;

use crate::{
    explorer::rows,
    harness::Harness,
    world::{connected, endpoint, ready},
};

/// The Tools screen of prod, recording into a file.
fn recording() -> (Harness, String) {
    let mut harness = ready();
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    let effects = harness.keys("R");
    let [Effect::Tools(ToolsEffect::BeginRecording { stem, line })] = effects.as_slice() else {
        panic!("no file is made: {effects:?}")
    };
    assert_eq!(stem, "recording-prod");
    harness.on(Event::Tools(ToolsEvent::RecordingBegun(Ok(
        "recording-prod-1.jsonl".to_owned(),
    ))));
    (harness, line.clone())
}

#[test]
fn calls_are_recorded_with_their_results_until_the_recording_is_ended() {
    let (mut harness, header) = recording();
    harness.shows("recording 0 calls");
    harness.keys("enter");
    harness.text("RETURN 7 AS n");
    harness.keys("f5");
    let effects = harness.on(rows(&["n"], vec![json!([7])]));
    let line = effects.iter().find_map(|effect| match effect {
        Effect::Tools(ToolsEffect::AppendToRecording { path, line }) => {
            assert_eq!(path, "recording-prod-1.jsonl");
            Some(line.clone())
        }
        _ => None,
    });
    let read = recording::read(&format!("{header}\n{}\n", line.unwrap())).unwrap();
    assert!(!read.header.tools.is_empty());
    let call = &read.calls[0];
    assert_eq!(call.entry.statement(), Some("RETURN 7 AS n"));
    let table = call.result.as_ref().unwrap().table.as_ref().unwrap();
    assert_eq!(table.rows, [[json!(7)]]);
    harness.shows("recording 1 call");
    harness.keys("R");
    harness.shows("1 call recorded; compare with: agentcore-console tools replay");
    harness.hides("◉ recording");
}

#[test]
fn a_recording_that_cannot_be_written_is_no_recording() {
    let (mut harness, _) = recording();
    let failure = agentcore_console::model::Failure::new(
        agentcore_console::model::FailureKind::Usage,
        "writing recording-prod-1.jsonl",
        "no space left on device",
    );
    harness.on(Event::Tools(ToolsEvent::RecordingBegun(Err(failure))));
    harness.shows("no space left on device");
    harness.hides("◉ recording");
}
