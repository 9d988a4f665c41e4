//! The pace of requests to AgentCore's control plane: as many as AWS allows an account and region, so that a large fleet is
//! listed without being throttled.
//!
//! Source: the quotas of Amazon Bedrock AgentCore. They hold for each operation by itself. Operations whose quota is not
//! documented are not paced.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

/// The part of a quota that is used in the long run: the rest is for other clients of the account.
const SHARE: f64 = 0.8;

/// The pace of all operations of one account and region.
#[derive(Default)]
pub(crate) struct RequestPace(Mutex<HashMap<String, Turns>>);

/// The turns of one operation.
struct Turns {
    /// When the next request would be sent if all were sent at equal distances.
    next: Instant,
}

impl RequestPace {
    /// Waits until a request of an operation, named as in an IAM policy (`bedrock-agentcore:ListGateways`), may be sent.
    pub(crate) async fn turn(&self, action: &str) {
        let wait = self.reserve(action, Instant::now());
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }

    /// Takes the next turn of an operation; returns how long it is until then. After a pause, as many requests as the quota of a
    /// second are sent at once.
    fn reserve(&self, action: &str, now: Instant) -> Duration {
        let Some(quota) = quota(action) else {
            return Duration::ZERO;
        };
        let distance = Duration::from_secs_f64(1.0 / (quota * SHARE));
        let at_once = distance.mul_f64(quota - 1.0);
        let mut operations = self.0.lock();
        let turns = operations
            .entry(action.to_owned())
            .or_insert(Turns { next: now });
        let own = turns.next.max(now);
        turns.next = own + distance;
        own.duration_since(now).saturating_sub(at_once)
    }
}

/// Returns how many requests of an operation AWS allows an account and region in a second.
fn quota(action: &str) -> Option<f64> {
    let operation = action.strip_prefix("bedrock-agentcore:")?;
    let names = |word: &str| operation.contains(word);
    if names("Polic") {
        Some(5.0)
    } else if names("Gateway") {
        Some(10.0)
    } else if names("CredentialProvider") || names("WorkloadIdent") {
        Some(20.0)
    } else if operation.starts_with("List") && names("AgentRuntime") {
        Some(25.0)
    } else if names("AgentRuntime") {
        Some(150.0)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the second in which each of `count` requests is sent that all want to be sent now.
    fn sent(pace: &RequestPace, action: &str, count: usize, now: Instant) -> Vec<u64> {
        let waits = (0..count).map(|_| pace.reserve(action, now));
        waits.map(|wait| wait.as_secs()).collect()
    }

    #[test]
    fn a_quota_may_be_used_at_once_and_is_kept_from_then_on() {
        let (pace, now) = (RequestPace::default(), Instant::now());
        let seconds = sent(&pace, "bedrock-agentcore:ListGatewayTargets", 50, now);
        let in_second = |second| seconds.iter().filter(|at| **at == second).count();
        assert!((10..=18).contains(&in_second(0)), "{seconds:?}");
        assert!((1..5).all(|second| in_second(second) == 8), "{seconds:?}");
    }

    #[test]
    fn each_operation_has_a_quota_of_its_own_and_a_pause_gives_it_back() {
        let (pace, now) = (RequestPace::default(), Instant::now());
        let targets = "bedrock-agentcore:ListGatewayTargets";
        assert!(sent(&pace, targets, 30, now).last() > Some(&0));
        assert_eq!(
            pace.reserve("bedrock-agentcore:GetGateway", now),
            Duration::ZERO
        );
        assert_eq!(
            pace.reserve("secretsmanager:DescribeSecret", now),
            Duration::ZERO
        );
        let later = now + Duration::from_mins(1);
        assert_eq!(sent(&pace, targets, 10, later), [0; 10]);
        assert_eq!(
            pace.reserve(targets, later + Duration::from_secs(1)),
            Duration::ZERO
        );
    }
}
