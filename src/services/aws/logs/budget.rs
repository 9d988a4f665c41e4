//! One budget of requests per account and region, shared by all tails, panes and commands of the process.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use crate::model::Deployment;

/// The part of AWS's quota that this process uses: the rest is for other clients of the account.
const SHARE: f64 = 0.4;
/// Seconds of the whole quota that may be spent at once after a pause.
const BURST_SECONDS: f64 = 4.0;
/// Requests that may be spent at once after a pause, however large the quota is.
const MAX_BURST: f64 = 40.0;
/// Requests a second that remain however often the service asks to slow down.
const MIN_RATE: f64 = 0.5;
/// Shortest wait for a request: what timers tell apart. A remainder by rounding would be a wait of no time at all, again and again.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// By how much the rate recovers with each request that succeeds.
const RECOVERY: f64 = 0.1;

/// FilterLogEvents requests that AWS allows an account in a second. Source: the service's quotas; they cannot be raised.
fn quota(region: &str) -> f64 {
    match region {
        "us-east-1" => 25.0,
        "eu-central-1" | "ca-west-1" | "ap-northeast-3" | "ap-southeast-3" | "il-central-1" => 5.0,
        _ => 10.0,
    }
}

/// Endpoint and region.
type QuotaPlace = (Option<String>, String);

/// The budgets of all accounts and regions in use.
#[derive(Default)]
pub(crate) struct RequestBudgets {
    places: tokio::sync::Mutex<HashMap<QuotaPlace, Vec<AccountBudget>>>,
    throttled: Arc<Notify>,
}

/// The budget of one way into a region.
struct AccountBudget {
    /// A deployment that uses it.
    deployment: Deployment,
    /// Account id, once it was needed.
    account: Option<String>,
    budget: Arc<RequestBudget>,
}

impl AccountBudget {
    fn is_used_by(&self, deployment: &Deployment) -> bool {
        let key_id = |deployment: &Deployment| {
            let keys = deployment.credentials.as_ref();
            keys.map(|keys| keys.access_key_id.clone())
        };
        self.deployment.profile == deployment.profile
            && key_id(&self.deployment) == key_id(deployment)
    }
}

impl RequestBudgets {
    /// Waits until the service asks to slow down.
    pub(crate) async fn throttled(&self) {
        self.throttled.notified().await;
    }

    /// Returns the budget of a deployment's account and region. `account_id` asks AWS whose account a deployment's credentials open; it
    /// is called only where several credentials are used in one region, since two of them may lead to one account.
    pub(crate) async fn of<F: Future<Output = Option<String>>>(
        &self,
        deployment: &Deployment,
        account_id: impl Fn(Deployment) -> F,
    ) -> Arc<RequestBudget> {
        let place = (deployment.endpoint_url.clone(), deployment.region.clone());
        let mut places = self.places.lock().await;
        let known = places.entry(place).or_default();
        if let Some(own) = known.iter().find(|known| known.is_used_by(deployment)) {
            return Arc::clone(&own.budget);
        }
        let mut account = None;
        let mut budget = None;
        if !known.is_empty() {
            account = account_id(deployment.clone()).await;
            for other in known.iter_mut() {
                if other.account.is_none() {
                    other.account = account_id(other.deployment.clone()).await;
                }
                // Accounts that cannot be told apart share a budget rather than exceed a quota.
                if other.account.is_none() || account.is_none() || other.account == account {
                    budget = Some(Arc::clone(&other.budget));
                    break;
                }
            }
        }
        let budget = budget.unwrap_or_else(|| {
            Arc::new(RequestBudget {
                throttled: Arc::clone(&self.throttled),
                ..RequestBudget::new(&deployment.region)
            })
        });
        known.push(AccountBudget {
            deployment: deployment.clone(),
            account,
            budget: Arc::clone(&budget),
        });
        budget
    }
}

/// A token bucket whose rate halves when the service throttles, and recovers.
pub(crate) struct RequestBudget {
    max_rate: f64,
    burst: f64,
    bucket: Mutex<Bucket>,
    throttled: Arc<Notify>,
}

struct Bucket {
    tokens: f64,
    rate: f64,
    refilled: Instant,
}

impl RequestBudget {
    /// Returns a full budget for a region.
    pub(crate) fn new(region: &str) -> Self {
        let quota = quota(region);
        let (max_rate, burst) = (quota * SHARE, (quota * BURST_SECONDS).min(MAX_BURST));
        Self {
            max_rate,
            burst,
            bucket: Mutex::new(Bucket {
                tokens: burst,
                rate: max_rate,
                refilled: Instant::now(),
            }),
            throttled: Arc::default(),
        }
    }

    /// Waits until a request may be made.
    pub(crate) async fn acquire(&self) {
        while let Some(wait) = self.try_acquire(Instant::now()) {
            sleep(wait).await;
        }
    }

    /// Takes a request out of the budget, or returns how long to wait for one.
    fn try_acquire(&self, now: Instant) -> Option<Duration> {
        let mut bucket = self.bucket.lock();
        let elapsed = now.saturating_duration_since(bucket.refilled).as_secs_f64();
        bucket.tokens = (bucket.tokens + elapsed * bucket.rate).min(self.burst);
        bucket.refilled = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return None;
        }
        let wait = Duration::from_secs_f64((1.0 - bucket.tokens) / bucket.rate);
        Some(wait.max(SHORTEST_WAIT))
    }

    /// Records that the service asked to slow down: half the rate, and no burst.
    pub(crate) fn record_throttle(&self) {
        let mut bucket = self.bucket.lock();
        bucket.rate = (bucket.rate / 2.0).max(MIN_RATE);
        bucket.tokens = 0.0;
        drop(bucket);
        self.throttled.notify_one();
    }

    /// Records a request that succeeded: the rate recovers.
    pub(crate) fn record_success(&self) {
        let mut bucket = self.bucket.lock();
        bucket.rate = (bucket.rate + RECOVERY).min(self.max_rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_bounded_halves_when_throttled_and_recovers() {
        let budget = RequestBudget::new("us-east-1");
        let start = Instant::now();
        for _ in 0..60 {
            budget.acquire().await;
        }
        let steady = start.elapsed();
        assert!(steady >= Duration::from_millis(1_900), "{steady:?}");

        budget.record_throttle();
        let start = Instant::now();
        for _ in 0..10 {
            budget.acquire().await;
        }
        let throttled = start.elapsed();
        assert!(throttled >= Duration::from_millis(1_900), "{throttled:?}");

        for _ in 0..100 {
            budget.record_success();
        }
        let start = Instant::now();
        for _ in 0..10 {
            budget.acquire().await;
        }
        assert!(start.elapsed() <= Duration::from_millis(1_100));
    }

    #[tokio::test(start_paused = true)]
    async fn what_rounding_leaves_to_wait_for_takes_time_too() {
        let budget = RequestBudget::new("us-west-2");
        budget.bucket.lock().tokens = 1.0 - f64::EPSILON;
        let wait = budget.try_acquire(Instant::now());
        assert_eq!(wait, Some(SHORTEST_WAIT));
        budget.acquire().await;
    }

    #[tokio::test(start_paused = true)]
    async fn many_panes_together_stay_below_the_share_of_the_quota() {
        for (region, quota) in [
            ("eu-central-1", 5.0),
            ("us-west-2", 10.0),
            ("us-east-1", 25.0),
        ] {
            let budget = Arc::new(RequestBudget::new(region));
            let panes = (0..12).map(|_| {
                let budget = Arc::clone(&budget);
                async move {
                    let mut requests = 0_u32;
                    let end = Instant::now() + Duration::from_secs(100);
                    while tokio::time::timeout_at(end, budget.acquire()).await.is_ok() {
                        requests += 1;
                    }
                    requests
                }
            });
            let requests: u32 = futures::future::join_all(panes).await.iter().sum();
            let share = f64::from(requests) / (quota * 100.0);
            assert!(
                (0.39..0.45).contains(&share),
                "{share} of the quota of {region}"
            );
        }
    }

    /// Returns the budgets of deployments by profile, where the account of a profile is its first letter.
    async fn budgets(profiles: &[&str]) -> Vec<Arc<RequestBudget>> {
        let all = RequestBudgets::default();
        let mut found = Vec::new();
        for profile in profiles {
            let deployment = Deployment {
                profile: Some((*profile).to_owned()),
                ..Deployment::new("d", "us-west-2")
            };
            let account_id = |deployment: Deployment| async move {
                let profile = deployment.profile.unwrap_or_default();
                profile
                    .chars()
                    .next()
                    .filter(|letter| *letter != '?')
                    .map(String::from)
            };
            found.push(all.of(&deployment, account_id).await);
        }
        found
    }

    #[tokio::test]
    async fn profiles_of_one_account_share_a_budget_and_other_accounts_have_their_own() {
        let found = budgets(&["a1", "b1", "a2", "a1", "?"]).await;
        let shares = |left: usize, right: usize| Arc::ptr_eq(&found[left], &found[right]);
        assert!(shares(0, 2) && shares(0, 3) && !shares(0, 1));
        assert!(
            shares(0, 4),
            "an account that nobody can name exceeds no quota"
        );
    }
}
