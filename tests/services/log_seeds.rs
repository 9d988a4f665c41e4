//! The tail over the wire: seeds write lines into the embedded stack while its operations fail, and every line must arrive once. The
//! worlds of `services::aws::logs::seeds` know more faults; here the SDK's own decoder and connections take part.

use std::{collections::HashMap, time::Duration};

use agentcore_console::{
    model::{LogQuery, Moment},
    services::{ServiceOptions, Services},
};
use aws_sdk_cloudwatchlogs::{Client, types::InputLogEvent};
use futures::StreamExt as _;

use crate::{
    logs::{now, writer},
    stack,
};

/// Lines that a seed writes.
const LINES: usize = 240;
/// How long the last line may take: stored lines are read again every 30 seconds.
const LIMIT: Duration = Duration::from_secs(100);
/// How long is waited for a line that comes twice.
const QUIET: Duration = Duration::from_secs(4);

/// A generator of numbers (splitmix64).
struct WireRng(u64);

impl WireRng {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// A line: group, stream, time, text.
type WireLine = (String, String, i64, String);

async fn make_groups(client: &Client, groups: &[String]) {
    for group in groups {
        let create = client.create_log_group().log_group_name(group);
        create.send().await.unwrap();
        for stream in ["s0", "s1"] {
            let create = client.create_log_stream().log_group_name(group);
            create.log_stream_name(stream).send().await.unwrap();
        }
    }
}

/// Returns the text of a line: words that repeat, sometimes something large or odd.
fn text(rng: &mut WireRng) -> String {
    match rng.below(60) {
        0 => "\u{1f600}".repeat(50_000),
        1 => format!("{}1{}", "{\"a\":".repeat(2_000), "}".repeat(2_000)),
        2 => "a\u{fffd}\u{1b}[2Jb\u{202e}c".to_owned(),
        _ => format!("word {}", rng.below(20)),
    }
}

/// Writes the next lines of a seed into one stream.
async fn write_some(client: &Client, groups: &[String], rng: &mut WireRng) -> Vec<WireLine> {
    let group = groups[rng.below(groups.len())].clone();
    let stream = format!("s{}", rng.below(2));
    let mut lines: Vec<WireLine> = (0..=rng.below(12))
        .map(|_| {
            let at = now().millis() - rng.below(2_000) as i64;
            (group.clone(), stream.clone(), at, text(rng))
        })
        .collect();
    if rng.below(3) == 0 {
        // The same text in the same millisecond, once more: two lines.
        lines.push(lines[0].clone());
    }
    lines.sort_by_key(|(_, _, at, _)| *at);
    let events = lines.iter().map(|(_, _, at, text)| {
        let event = InputLogEvent::builder().timestamp(*at).message(text);
        event.build().unwrap()
    });
    let put = client
        .put_log_events()
        .log_group_name(&group)
        .log_stream_name(&stream)
        .set_log_events(Some(events.collect()));
    put.send().await.unwrap();
    lines
}

/// Arms one of the faults that a tail has to live with.
fn arm(world: &stack::World, rng: &mut WireRng) {
    let entry = match rng.below(4) {
        0 => {
            let fault = rng.pick(&["live-tail-timeout", "live-tail-sampled", "out-of-order"]);
            format!(r#"{{"deployment": "a", "hop": "logs", "fault": "{fault}", "times": 1}}"#)
        }
        1 => {
            let fault = rng.pick(&["internal-error", "cut-before", "cut-after"]);
            format!(
                r#"{{"service": "logs", "operation": "StartLiveTail", "fault": "{fault}", "times": 1}}"#
            )
        }
        _ => {
            let fault = rng.pick(&["throttling", "internal-error", "cut-before", "cut-after"]);
            let times = 1 + rng.below(3);
            format!(
                r#"{{"service": "logs", "operation": "FilterLogEvents", "fault": "{fault}", "times": {times}}}"#
            )
        }
    };
    stack::fault(world, &entry);
}

async fn run(seed: u64) -> Result<(), String> {
    let world = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let (client, mut rng) = (writer(&world), WireRng(seed));
    let groups: Vec<String> = (0..=rng.below(3))
        .map(|number| format!("/test/seed-{number}"))
        .collect();
    make_groups(&client, &groups).await;
    let query = LogQuery {
        groups: groups.clone(),
        since: Some(now().plus(-60_000)),
        ..LogQuery::default()
    };
    let mut missing: HashMap<WireLine, i64> = HashMap::new();
    for line in write_some(&client, &groups, &mut rng).await {
        *missing.entry(line).or_default() += 1;
    }
    let mut tail = services
        .aws
        .logs
        .tail_events(&world.deployments["a"], query);
    let (mut written, mut delivered) = (missing.len(), 0_usize);
    let begin = tokio::time::Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(150));
    let mut last_news = begin;
    while begin.elapsed() < LIMIT {
        let is_complete = written >= LINES && missing.values().all(|count| *count <= 0);
        if is_complete && last_news.elapsed() > QUIET {
            break;
        }
        tokio::select! {
            batch = tail.next() => {
                let batch = batch.ok_or("the tail ended")?.map_err(|failure| failure.to_string())?;
                for event in batch.events {
                    let at: Moment = event.timestamp;
                    let key = (event.group.to_string(), event.stream.to_string(), at.millis(), event.message);
                    *missing.entry(key).or_default() -= 1;
                    delivered += 1;
                    last_news = tokio::time::Instant::now();
                }
            }
            _ = pause.tick() => {
                if written < LINES {
                    if rng.below(4) == 0 {
                        arm(&world, &mut rng);
                    }
                    for line in write_some(&client, &groups, &mut rng).await {
                        *missing.entry(line).or_default() += 1;
                        written += 1;
                    }
                }
            }
        }
    }
    let lost = missing.values().filter(|count| **count > 0).count();
    let doubled = missing.values().filter(|count| **count < 0).count();
    if lost + doubled > 0 {
        return Err(format!(
            "seed {seed}: {lost} lost, {doubled} doubled, {delivered} delivered"
        ));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_some_seeds_arrives_once_over_the_wire() {
    let seeds: Vec<u64> = match std::env::var("LOG_WIRE_SEED") {
        Ok(seed) => vec![seed.parse().expect("LOG_WIRE_SEED is a number")],
        Err(_) => vec![1, 2, 3],
    };
    let results = futures::future::join_all(seeds.into_iter().map(run)).await;
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
