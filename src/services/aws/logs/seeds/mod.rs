//! The tail against worlds of faults: each seed makes a world that knows every event it has written, and the tail must deliver
//! each of them once, whatever the network, CloudWatch Logs, the credentials and the machine do. Time is tokio's paused clock.
//!
//! `LOG_SEEDS=1000 cargo test --lib seeds` runs more seeds, `LOG_SEED=17 cargo test --lib seeds` runs one and prints its plan.

mod check;
mod counts;
mod plan;
mod shared_quota;
mod world;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

/// A generator of numbers (splitmix64): the same seed gives the same world on every machine.
#[derive(Clone, Debug)]
pub(super) struct SeedRng(u64);

impl SeedRng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number of `from..to`.
    fn within(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() % (to - from).max(1) as u64) as i64
    }

    /// Returns whether something happens that does in `percent` of all cases.
    fn chance(&mut self, percent: i64) -> bool {
        self.within(0, 100) < percent
    }

    /// Returns one of several.
    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.within(0, all.len() as i64) as usize]
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_event_is_delivered_once_in_every_world() {
    if let Some(seed) = number("LOG_SEED") {
        let plan = plan::FaultPlan::of(seed);
        panic!("seed {seed}: {:?}\n{plan:#?}", check::run(seed));
    }
    let seeds = number("LOG_SEEDS").unwrap_or(60);
    let next = AtomicU64::new(1);
    let failures: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut failures = Vec::new();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed > seeds {
                            return failures;
                        }
                        if let Err(failure) = check::run(seed) {
                            failures.push(format!("LOG_SEED={seed}: {failure}"));
                        }
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(
        failures.is_empty(),
        "{} of {seeds} seeds failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// A day with the rollovers of its sessions, its sleeps and its broken networks: nothing is lost, and no session stays open.
#[test]
fn a_tail_of_a_whole_day_loses_nothing_and_leaves_no_session_open() {
    let seed = number("LOG_DAY_SEED").unwrap_or(3);
    let plan = plan::FaultPlan::of_a_day(seed);
    let result = check::run_plan(&plan, seed);
    assert_eq!(result, Ok(()), "LOG_DAY_SEED={seed}");
}
