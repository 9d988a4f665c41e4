//! What the logs of a deployment say of its last calls.

use crate::{
    calls::{LoggedCall, LoggedOutcome},
    model::Moment,
};

/// The last calls of a deployment as its logs show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedCalls {
    /// When the newest call that was answered without an error began.
    pub last_answered: Option<Moment>,
    /// Number of calls that failed since then, denied and throttled ones included.
    pub failed_since: usize,
    /// When the newest of these began, its hop and its words.
    pub last_failure: Option<(Moment, Option<&'static str>, String)>,
    /// Whether the newest of these left lines at the gateway alone, which answered it with an error of its own.
    pub is_gateway_alone: bool,
    /// When each call that failed began, and its hop; calls that were answered since then change nothing.
    pub failures: Vec<(Moment, Option<&'static str>)>,
}

impl LoggedCalls {
    /// Sums up calls in any order. Calls whose end was not found, and those that wait for a person, say nothing.
    pub fn of<'a>(calls: impl IntoIterator<Item = &'a LoggedCall>) -> Self {
        let (mut answered, mut failed) = (None::<Moment>, Vec::new());
        for call in calls {
            match call.outcome {
                LoggedOutcome::Ok => answered = answered.max(Some(call.at)),
                LoggedOutcome::Error | LoggedOutcome::Denied | LoggedOutcome::Throttled => {
                    failed.push(call);
                }
                LoggedOutcome::Consent | LoggedOutcome::Unknown => {}
            }
        }
        let failures = failed.iter().map(|call| (call.at, call.hop)).collect();
        failed.retain(|call| Some(call.at) > answered);
        let newest = failed.iter().max_by_key(|call| call.at);
        Self {
            last_answered: answered,
            failed_since: failed.len(),
            is_gateway_alone: newest.is_some_and(|call| {
                let mut records = call.records.iter();
                call.hop == Some("gateway") && records.all(|record| record.hop == "gateway")
            }),
            last_failure: newest.map(|call| {
                let words = call.message.clone().unwrap_or_default();
                (call.at, call.hop, words)
            }),
            failures,
        }
    }

    /// Returns the hop at which most of the calls failed since a time; of equals the one of the newest. `None` if none is known.
    pub fn worst_hop(&self, since: Moment) -> Option<&'static str> {
        let mut counts: Vec<(&'static str, usize, Moment)> = Vec::new();
        for (at, hop) in &self.failures {
            let Some(hop) = hop.filter(|_| *at >= since) else {
                continue;
            };
            match counts.iter_mut().find(|(known, ..)| *known == hop) {
                Some((_, count, newest)) => {
                    *count += 1;
                    *newest = (*newest).max(*at);
                }
                None => counts.push((hop, 1, *at)),
            }
        }
        let worst = counts
            .iter()
            .max_by_key(|(_, count, newest)| (*count, *newest));
        worst.map(|(hop, ..)| *hop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(seconds: i64, outcome: LoggedOutcome) -> LoggedCall {
        LoggedCall {
            at: Moment::from_millis(seconds * 1000),
            outcome,
            hop: Some("interceptor"),
            message: Some(format!("failure {seconds}")),
            ..LoggedCall::default()
        }
    }

    #[test]
    fn failures_count_from_the_last_answered_call() {
        let calls = [
            call(1, LoggedOutcome::Error),
            call(5, LoggedOutcome::Denied),
            call(4, LoggedOutcome::Error),
            call(3, LoggedOutcome::Ok),
            call(9, LoggedOutcome::Unknown),
            call(2, LoggedOutcome::Ok),
        ];
        let logged = LoggedCalls::of(&calls);
        assert_eq!(logged.last_answered, Some(Moment::from_millis(3000)));
        assert_eq!(logged.failed_since, 2);
        let newest = (
            Moment::from_millis(5000),
            Some("interceptor"),
            "failure 5".to_owned(),
        );
        assert_eq!(logged.last_failure, Some(newest));
    }

    #[test]
    fn the_worst_hop_counts_failures_between_answered_calls_and_forgets_old_ones() {
        let at = |seconds, hop| LoggedCall {
            hop,
            ..call(seconds, LoggedOutcome::Error)
        };
        let logged = LoggedCalls::of(&[
            at(1, Some("target")),
            at(2, Some("target")),
            at(5, Some("interceptor")),
            at(6, None),
            call(7, LoggedOutcome::Ok),
        ]);
        assert_eq!(logged.failed_since, 0);
        let since = |seconds: i64| logged.worst_hop(Moment::from_millis(seconds * 1000));
        assert_eq!(since(0), Some("target"));
        assert_eq!(since(3), Some("interceptor"));
        assert_eq!(since(6), None);
    }
}
