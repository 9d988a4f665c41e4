//! The real binary rotates, is killed (SIGKILL) or loses answers at every request it makes and at random instants, and is resumed:
//! at every instant the password that Neo4j accepts is in a labelled version, and in the end it is AWSCURRENT. Where two users take
//! turns, AWSCURRENT logs in at every instant.
//!
//! Nothing in the binary knows of this: a proxy before the embedded stack counts requests, and acts at one of them.
//! More: `CRASH_RUNS=1000 cargo test --test rotation_crash` (as `.ci/run` does), 20000 by hand.
#![cfg(all(feature = "local", unix))]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "the helpers of tests fail as tests do"
)]

mod client_secret;
mod harness;
mod proxy;

use harness::{Harness, Users};
use proxy::Act;

/// A small generator: the same seed takes the same way on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// What happens to the rotation, and to the first resume after it.
#[derive(Clone, Copy, Debug)]
struct Scenario {
    command: &'static str,
    first: (usize, Act),
    second: Option<(usize, Act)>,
}

/// More requests than a rotation makes; found by a run without faults.
const BEYOND: usize = 80;

fn runs() -> usize {
    std::env::var("CRASH_RUNS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(200)
}

/// Every request of a rotation and of a roll back, killed and cut on either side; then pairs and instants by dice.
fn scenarios(requests: usize, runs: usize) -> Vec<Scenario> {
    let mut all = Vec::new();
    // Between any two writes; what comes after the last one only reads.
    for command in ["rotate", "rollback"] {
        for at in 1..=requests {
            let cuts: &[Act] = if command == "rotate" {
                &[Act::CutBefore, Act::CutAfter]
            } else {
                &[]
            };
            for act in [Act::KillBefore, Act::KillAfter].iter().chain(cuts) {
                all.push(Scenario {
                    command,
                    first: (at, *act),
                    second: None,
                });
            }
        }
    }
    for at in 1..=12 {
        // The change arrives at the server while, or after, somebody resumes.
        all.push(Scenario {
            command: "rotate",
            first: (BEYOND, Act::LateChange),
            second: Some((at, Act::ReleaseChange)),
        });
    }
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    while all.len() < runs {
        let kill = [Act::KillBefore, Act::KillAfter];
        let first = match dice.below(3) {
            0 => (BEYOND, Act::KillAtMillis(10 + dice.below(90))),
            _ => (1 + dice.below(requests), kill[dice.below(2)]),
        };
        let second = (dice.below(3) > 0).then(|| (1 + dice.below(12), kill[dice.below(2)]));
        all.push(Scenario {
            command: if dice.below(4) == 0 {
                "rollback"
            } else {
                "rotate"
            },
            first,
            second,
        });
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_kills_a_rotation_resume_brings_it_to_one_consistent_end() {
    Box::pin(torment(Users::One, runs())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_kills_a_rotation_of_two_users_in_alternation_nobody_is_ever_cut_off() {
    Box::pin(torment(Users::Two, runs() / 2)).await;
}

/// Shares scenarios among workers, several for each core, since most of the time of a run with a lost answer is waiting. Answers the sum
/// of what the workers answer.
pub(crate) async fn spread<S, Work>(
    scenarios: &[S],
    workers_per_core: usize,
    work: impl Fn(usize, Vec<S>) -> Work,
) -> usize
where
    S: Copy,
    Work: Future<Output = usize> + Send + 'static,
{
    let workers = workers_per_core
        * std::thread::available_parallelism()
            .map_or(2, std::num::NonZero::get)
            .clamp(1, 8);
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..workers {
        let own = scenarios.iter().copied().skip(worker).step_by(workers);
        tasks.spawn(work(worker, own.collect()));
    }
    let mut sum = 0;
    while let Some(done) = tasks.join_next().await {
        sum += done.expect("a scenario failed");
    }
    sum
}

async fn torment(users: Users, runs: usize) {
    let began = std::time::Instant::now();
    let mut harness = Box::pin(Harness::start(1, users)).await;
    let (writes, requests) = harness.count_requests().await;
    harness.stop().await;
    assert!(
        (12..=requests).contains(&writes) && requests < BEYOND,
        "a rotation makes {requests} requests, the last write is {writes}"
    );
    let scenarios = scenarios(writes + 1, runs);
    let count = scenarios.len();
    let interrupted = spread(&scenarios, 3, move |worker, own| async move {
        let mut interrupted = 0;
        // A fresh world from time to time: versions add up.
        for part in own.chunks(60) {
            let mut harness = Box::pin(Harness::start(2 + worker as u64, users)).await;
            for scenario in part {
                interrupted += usize::from(harness.play(*scenario).await);
            }
            harness.stop().await;
        }
        interrupted
    })
    .await;
    println!(
        "{users:?}: {count} runs over {writes} of {requests} requests, {interrupted} left AWSPENDING or labels behind, {:?}",
        began.elapsed()
    );
    assert!(
        interrupted > count / 8,
        "the faults did not interrupt: {interrupted} of {count}"
    );
}
