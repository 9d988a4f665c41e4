//! What the logs of a deployment say of its last calls.

use crate::{
    calls::{LoggedCall, LoggedOutcome},
    doctor::{ChainStage, Hop},
    model::Moment,
};

/// A call that went through the chain of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedProof {
    /// When it began.
    pub at: Moment,
    /// The stages that it has passed, as far as its records tell.
    pub passed: Vec<ChainStage>,
}

/// The last calls of a deployment as its logs show them. A call that went past the deployment's gateway proves nothing of its chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedCalls {
    /// The calls that went through the chain and were answered without an error, the oldest first.
    pub answered: Vec<LoggedProof>,
    /// Number of calls that failed since then, denied and throttled ones included.
    pub failed_since: usize,
    /// When the newest of these began, its hop and its words.
    pub last_failure: Option<(Moment, Option<&'static str>, String)>,
    /// Whether the newest of these left lines at the gateway alone, which answered it with an error of its own.
    pub is_gateway_alone: bool,
    /// When each call that failed began, and its hop; calls that were answered since then change nothing.
    pub failures: Vec<(Moment, Option<&'static str>)>,
    /// When the calls of each outage that is over began: so many failed one after the other, and then one went through the chain.
    pub outages: Vec<Moment>,
}

impl LoggedCalls {
    /// Sums up calls in any order. Calls whose end was not found, and those that wait for a person, say nothing.
    ///
    /// `has_gateway`: whether calls of the deployment pass a gateway. One that left no record there was made to a runtime directly: it
    /// proves nothing of the chain.
    pub fn of<'a>(calls: impl IntoIterator<Item = &'a LoggedCall>, has_gateway: bool) -> Self {
        let (mut answered, mut failed) = (Vec::new(), Vec::new());
        let mut answered_directly = None::<Moment>;
        let is_direct = |call: &LoggedCall| has_gateway && !call.passed(GATEWAY);
        for call in calls.into_iter().filter(|call| !is_callers_error(call)) {
            match call.outcome {
                LoggedOutcome::Ok if is_direct(call) => {
                    answered_directly = answered_directly.max(Some(call.at));
                }
                LoggedOutcome::Ok => answered.push(LoggedProof {
                    at: call.at,
                    passed: stages_passed(call),
                }),
                LoggedOutcome::Error | LoggedOutcome::Denied | LoggedOutcome::Throttled => {
                    failed.push(call);
                }
                LoggedOutcome::Consent | LoggedOutcome::Unknown => {}
            }
        }
        answered.sort_by_key(|call| call.at);
        let failures = failed.iter().map(|call| (call.at, call.hop)).collect();
        let through = failed.iter().filter(|call| !is_direct(call));
        let outages = outages(&answered, through.map(|call| call.at).collect());
        let last_answered = answered.last().map(|call| call.at);
        failed.retain(|call| {
            let is_disproved = is_direct(call) && Some(call.at) <= answered_directly;
            Some(call.at) > last_answered && !is_disproved
        });
        let newest = failed.iter().max_by_key(|call| call.at);
        Self {
            answered,
            failed_since: failed.len(),
            is_gateway_alone: newest.is_some_and(|call| {
                call.hop == Some(GATEWAY) && call.hops.iter().all(|hop| *hop == GATEWAY)
            }),
            last_failure: newest.map(|call| {
                let words = call.message.clone().unwrap_or_default();
                (call.at, call.hop, words)
            }),
            failures,
            outages,
        }
    }

    /// Returns how many calls since a time failed in outages that are over.
    pub fn in_outages(&self, since: Moment) -> u64 {
        let failed = self.outages.iter().filter(|at| **at >= since);
        u64::try_from(failed.count()).unwrap_or(u64::MAX)
    }

    /// Returns when the newest call that went through the chain began.
    pub fn last_answered(&self) -> Option<Moment> {
        self.answered.last().map(|call| call.at)
    }

    /// Returns the hop at which most of the calls failed since a time; of equals the one of the newest. `None` if none is known.
    ///
    /// `counted`: how many calls failed since then by another count. A hop at which not most of these failed explains them not: what fails
    /// may leave no line at all.
    pub fn worst_hop(&self, since: Moment, counted: Option<u64>) -> Option<&'static str> {
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
        let is_most = |count: usize| {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            counted.is_none_or(|counted| count.saturating_mul(2) > counted)
        };
        worst
            .filter(|(_, count, _)| is_most(*count))
            .map(|(hop, ..)| *hop)
    }
}

/// The hop of gateways in records.
const GATEWAY: &str = Hop::Gateway.as_str();

/// So many calls that failed one after the other are an outage.
pub(super) const OUTAGE: usize = 3;

/// Returns whether the caller made the mistake: Neo4j refused the statement.
fn is_callers_error(call: &LoggedCall) -> bool {
    let words = call.message.as_deref().unwrap_or_default();
    call.outcome == LoggedOutcome::Error && words.contains("Neo.ClientError.Statement.")
}

/// Returns the failures between which no call was answered, at least [`OUTAGE`] in a row, and after which one was.
fn outages(answered: &[LoggedProof], mut failed: Vec<Moment>) -> Vec<Moment> {
    failed.sort_unstable();
    let mut rest = failed.as_slice();
    let mut outages = Vec::new();
    for call in answered {
        let (row, later) = rest.split_at(rest.partition_point(|at| *at < call.at));
        if row.len() >= OUTAGE {
            outages.extend_from_slice(row);
        }
        rest = later;
    }
    outages
}

/// Returns the stages of a chain that a call without an error has passed: those of the hops that left records, and what lies in between by
/// necessity. A gateway answers with what a target said, after its interceptor; a tool that runs Cypher answers with what Neo4j said.
fn stages_passed(call: &LoggedCall) -> Vec<ChainStage> {
    let reached_neo4j = call.passed(Hop::Neo4j.as_str()) || call.runs_cypher();
    let is_passed = |stage: &ChainStage| match stage {
        ChainStage::SignIn => true,
        ChainStage::Gateway => call.passed(GATEWAY),
        ChainStage::Interceptor | ChainStage::Target | ChainStage::Consent => {
            call.passed(GATEWAY) || call.passed(stage.as_str())
        }
        ChainStage::Runtime => call.passed(stage.as_str()),
        ChainStage::Secret | ChainStage::Neo4j => reached_neo4j,
    };
    ChainStage::ALL.into_iter().filter(is_passed).collect()
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
        let logged = LoggedCalls::of(&calls, false);
        assert_eq!(logged.last_answered(), Some(Moment::from_millis(3000)));
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
        let logged = LoggedCalls::of(
            &[
                at(1, Some("target")),
                at(2, Some("target")),
                at(5, Some("interceptor")),
                at(6, None),
                call(7, LoggedOutcome::Ok),
            ],
            false,
        );
        assert_eq!(logged.failed_since, 0);
        let since = |seconds: i64| logged.worst_hop(Moment::from_millis(seconds * 1000), None);
        assert_eq!(since(0), Some("target"));
        assert_eq!(since(3), Some("interceptor"));
        assert_eq!(since(6), None);
        // Two of three explain most of the failures that were counted, two of four do not.
        let counted = |errors| logged.worst_hop(Moment::from_millis(0), Some(errors));
        assert_eq!((counted(3), counted(4)), (Some("target"), None));
    }

    #[test]
    fn a_call_that_went_past_the_gateway_proves_nothing_of_the_chain() {
        let with = |seconds, outcome, hops: &[&'static str]| LoggedCall {
            hops: hops.to_vec(),
            tool: Some("read-cypher".to_owned()),
            ..call(seconds, outcome)
        };
        let denied = with(1, LoggedOutcome::Denied, &["gateway"]);
        let direct = with(2, LoggedOutcome::Ok, &["runtime", "neo4j"]);
        let both = [denied, direct.clone()];
        let logged = LoggedCalls::of(&both, true);
        assert_eq!((logged.last_answered(), logged.failed_since), (None, 1));
        let logged = LoggedCalls::of(&both, false);
        assert_eq!(
            (logged.last_answered(), logged.failed_since),
            (Some(direct.at), 0)
        );
        // A failure of a direct call is over once a direct call is answered.
        let failed = with(1, LoggedOutcome::Error, &["runtime"]);
        assert_eq!(LoggedCalls::of(&[failed, direct], true).failed_since, 0);
    }

    #[test]
    fn a_call_has_passed_what_its_records_tell_and_what_lies_in_between() {
        let passed = |tool: &str, hops: &[&'static str]| {
            let call = LoggedCall {
                hops: hops.to_vec(),
                tool: Some(tool.to_owned()),
                ..call(1, LoggedOutcome::Ok)
            };
            let logged = LoggedCalls::of(&[call], hops.contains(&"gateway"));
            let mut names = Vec::new();
            for answered in &logged.answered {
                names.extend(answered.passed.iter().map(|stage| stage.as_str()));
            }
            names.join(" ")
        };
        assert_eq!(
            passed("search_issues", &["gateway", "target"]),
            "sign-in gateway interceptor target consent"
        );
        assert_eq!(
            passed("read-cypher", &["gateway", "runtime"]),
            "sign-in gateway interceptor target consent runtime secret neo4j"
        );
        assert_eq!(
            passed("read-cypher", &["runtime"]),
            "sign-in runtime secret neo4j"
        );
        assert_eq!(passed("ping", &["runtime"]), "sign-in runtime");
    }

    #[test]
    fn a_mistake_in_a_callers_statement_says_nothing_of_the_deployment() {
        let typo = LoggedCall {
            hop: Some("neo4j"),
            message: Some("Neo.ClientError.Statement.SyntaxError: Invalid input 'RETRUN'".into()),
            ..call(2, LoggedOutcome::Error)
        };
        let refused = LoggedCall {
            message: Some("Neo.ClientError.Security.Unauthorized: refused".into()),
            ..typo.clone()
        };
        assert_eq!(LoggedCalls::of(&[typo], false), LoggedCalls::default());
        assert_eq!(LoggedCalls::of(&[refused], false).failed_since, 1);
    }

    #[test]
    fn an_outage_is_over_once_a_call_goes_through() {
        let sequence = |outcomes: &str| {
            let calls: Vec<LoggedCall> = outcomes
                .chars()
                .zip(0..)
                .map(|(outcome, second)| match outcome {
                    '.' => call(second, LoggedOutcome::Ok),
                    _ => call(second, LoggedOutcome::Error),
                })
                .collect();
            LoggedCalls::of(&calls, false)
        };
        let failed = |outcomes| sequence(outcomes).in_outages(Moment::from_millis(0));
        assert_eq!(failed("..xxxx."), 4);
        assert_eq!(failed("..xxxx"), 0, "it goes on");
        assert_eq!(failed("x.xx.x.xx."), 0, "some of the calls fail");
        assert_eq!(sequence("xxx.").in_outages(Moment::from_millis(1_000)), 2);
    }
}
