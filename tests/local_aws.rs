//! The AWS side of the embedded stack, spoken to by the real SDK crates and by plain HTTP.
#![cfg(feature = "local")]

use std::time::{Duration, Instant};

use agentcore_console::local::{self, Options, Stack};

async fn quiet() -> Stack {
    local::start(Options { seed: 7, quiet_world: true, ..Options::default() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_quickly() {
    let began = Instant::now();
    let stack = quiet().await;
    let started = began.elapsed();
    let line = stack.ready_line();
    println!("started {started:?}, ready line {:?}", began.elapsed());
    assert_eq!(line["deployments"].as_array().unwrap().len(), 5);
    assert!(started < Duration::from_secs(2));
    stack.stop().await;
}
