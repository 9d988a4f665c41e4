//! The rates at which AWS answers one account and region. Requests beyond them are throttled, where the options ask for that.
//!
//! Source: the quotas of Bedrock AgentCore, CloudTrail and CloudWatch Logs. They hold for each operation by itself; operations
//! whose quota is not known are not limited.

use std::collections::HashMap;
use std::time::Instant;

use parking_lot::Mutex;

use crate::service::Service;

/// What was asked of an operation: as much as one second's quota may come at once.
#[derive(Debug)]
struct OperationQuota {
    left: f64,
    at: Instant,
}

/// How much of each quota is left.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    buckets: Mutex<HashMap<String, OperationQuota>>,
    throttled: Mutex<u64>,
}

impl RateLimits {
    /// Counts a request. Returns whether it is beyond the rate.
    pub(crate) fn exceeds(&self, service: Service, operation: &str) -> bool {
        let Some(rate) = per_second(service, operation) else {
            return false;
        };
        let now = Instant::now();
        let mut buckets = self.buckets.lock();
        let bucket = buckets
            .entry(operation.to_owned())
            .or_insert(OperationQuota {
                left: rate,
                at: now,
            });
        let since = now.duration_since(bucket.at).as_secs_f64();
        bucket.left = since.mul_add(rate, bucket.left).min(rate);
        bucket.at = now;
        let is_beyond = bucket.left < 1.0;
        if is_beyond {
            *self.throttled.lock() += 1;
        } else {
            bucket.left -= 1.0;
        }
        is_beyond
    }

    /// Returns how many requests were throttled.
    pub(crate) fn throttled(&self) -> u64 {
        *self.throttled.lock()
    }
}

/// Returns the quota of an operation, in requests a second.
fn per_second(service: Service, operation: &str) -> Option<f64> {
    let names = |words: &[&str]| words.iter().any(|word| operation.contains(word));
    match service {
        Service::AgentCoreControl if names(&["Polic"]) => Some(5.0),
        Service::AgentCoreControl if names(&["Gateway"]) => Some(10.0),
        Service::AgentCoreControl if names(&["CredentialProvider", "WorkloadIdent"]) => Some(20.0),
        Service::AgentCoreControl if operation.starts_with("List") && names(&["AgentRuntime"]) => {
            Some(25.0)
        }
        Service::AgentCoreControl if names(&["AgentRuntime"]) => Some(150.0),
        Service::CloudTrail => Some(2.0),
        Service::Logs if operation == "FilterLogEvents" => Some(5.0),
        Service::AgentCoreControl
        | Service::AgentCoreData
        | Service::Logs
        | Service::SecretsManager
        | Service::CognitoIdp
        | Service::CloudFormation
        | Service::CloudWatch
        | Service::Sts => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_quota_passes_at_once_and_the_next_request_is_throttled() {
        let limits = RateLimits::default();
        let ask = || limits.exceeds(Service::CloudTrail, "LookupEvents");
        assert_eq!([ask(), ask(), ask()], [false, false, true]);
        assert_eq!(limits.throttled(), 1);
        assert!(!limits.exceeds(Service::Sts, "GetCallerIdentity"));
    }
}
