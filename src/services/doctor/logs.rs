//! Reads what gateway, interceptor and runtime logged while the chain was walked.

use std::{ops::ControlFlow, time::Duration};

use super::{not_made, probe};
use crate::{
    doctor::{
        Evidence, Hop, HopLine, LineRelation, Probe, RequestIds, attribute, attribute_function,
    },
    model::{Deployment, FailureKind, LogEvent, LogQuery, Moment, Resource},
    services::doctor::DoctorProbes,
};

/// Lines read of one log.
const LINES: usize = 200;
/// CloudWatch makes an event readable some seconds after it was written: an empty log is read again after this pause.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a log without the lines that are looked for is read after a failure.
const ATTEMPTS: usize = 3;
/// An answer of the walk that takes this long, in milliseconds, makes the logs worth reading.
const SLOW_MS: u64 = 2_900;

impl DoctorProbes {
    /// Reads the logs of the hops between the endpoint and the database, if the walk failed or was slow.
    pub(super) async fn probe_logs(
        &self,
        deployment: &Deployment,
        evidence: &mut Evidence,
        since: Moment,
    ) {
        let resources: Vec<Resource> = [&evidence.gateways, &evidence.runtimes]
            .into_iter()
            .filter_map(|probe| probe.value())
            .flatten()
            .cloned()
            .collect();
        let resources: Vec<&Resource> = resources.iter().collect();
        let groups = |hop: Hop| (hop.spec().log_groups)(&resources);
        let interceptor = groups(Hop::Interceptor);
        if interceptor.is_empty() {
            let has_gateway = evidence.gateways.value().is_none_or(|all| !all.is_empty());
            evidence.interceptor_log = not_made(if has_gateway {
                "the gateway has no interceptor"
            } else {
                "the deployment has no gateway"
            });
        }
        let skew = evidence
            .identity
            .value()
            .map_or(0, |identity| identity.clock_skew_ms);
        let since = since.plus(skew);
        let failed = !crate::doctor::judge(evidence).healthy;
        if !failed && !was_slow(evidence) {
            let why = "the examination gave no reason to read it";
            if !interceptor.is_empty() {
                evidence.interceptor_log = not_made(why);
            }
            (evidence.gateway_log, evidence.runtime_log) = (not_made(why), not_made(why));
            return;
        }
        let attempts = if failed { ATTEMPTS } else { 1 };
        let groups = LogGroups {
            gateway: groups(Hop::Gateway),
            interceptor,
            runtime: groups(Hop::Runtime),
        };
        for attempt in 0..attempts {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            self.read_logs(deployment, &groups, since, evidence).await;
            if is_enough(evidence) {
                break;
            }
        }
    }

    /// Reads the three logs once, and says of each line whose it is.
    async fn read_logs(
        &self,
        deployment: &Deployment,
        groups: &LogGroups,
        since: Moment,
        evidence: &mut Evidence,
    ) {
        let (gateway, function, runtime) = futures::join!(
            self.events(deployment, &groups.gateway, since),
            self.events(deployment, &groups.interceptor, since),
            self.events(deployment, &groups.runtime, since),
        );
        let ids = RequestIds::of(evidence);
        if !groups.interceptor.is_empty() {
            let records = gateway.value().map(Vec::as_slice).unwrap_or_default();
            evidence.interceptor_log =
                function.map(|events| attribute_function(&events, records, &ids));
        }
        // A runtime behind a gateway has request ids of its own; called directly, its log has those of its answers.
        let is_called = groups.gateway.is_empty();
        evidence.gateway_log = gateway.map(|events| attribute(&events, &ids, true));
        let ids = ids.with_direct(evidence);
        evidence.runtime_log = runtime.map(|events| attribute(&events, &ids, is_called));
    }

    async fn events(
        &self,
        deployment: &Deployment,
        groups: &[String],
        since: Moment,
    ) -> Probe<Vec<LogEvent>> {
        if groups.is_empty() {
            return not_made("no log group is known");
        }
        probe(async {
            let (mut events, mut missing) = (Vec::new(), Vec::new());
            for group in groups {
                let query = LogQuery {
                    groups: vec![group.clone()],
                    since: Some(since),
                    limit: Some(LINES),
                    ..LogQuery::default()
                };
                let read = self.aws.logs.filter(deployment, &query, |batch| {
                    events.extend(batch.events);
                    ControlFlow::Continue(())
                });
                match read.await {
                    Ok(()) => {}
                    Err(failure) if failure.kind == FailureKind::NotFound => {
                        missing.push(failure);
                    }
                    // The line that is looked for may stand in this group: the others prove nothing by their silence.
                    Err(failure) => return Err(failure),
                }
            }
            if missing.len() == groups.len()
                && let Some(failure) = missing.pop()
            {
                return Err(failure);
            }
            events.sort_by_key(|event| event.timestamp);
            Ok(events)
        })
        .await
    }
}

/// The log groups of the hops between the endpoint and the database.
struct LogGroups {
    gateway: Vec<String>,
    interceptor: Vec<String>,
    runtime: Vec<String>,
}

/// Returns whether reading the logs again would tell nothing more. The gateway's log names every request by the id that its answer has:
/// lines of other calls are no reason to stop.
fn is_enough(evidence: &Evidence) -> bool {
    let is_read = |log: &Probe<Vec<HopLine>>, names_request: bool| match log {
        Probe::NotMade(_) | Probe::Failed { .. } => true,
        Probe::Answered { value, .. } => value.iter().any(|line| match line.relation {
            LineRelation::Named => true,
            LineRelation::ByTime => !names_request,
            LineRelation::Other => false,
        }),
    };
    is_read(&evidence.gateway_log, evidence.failed_request().is_some())
        && is_read(&evidence.interceptor_log, false)
        && is_read(&evidence.runtime_log, false)
}

fn was_slow(evidence: &Evidence) -> bool {
    [
        evidence.connection.elapsed_ms(),
        evidence.tools.elapsed_ms(),
        evidence.call.elapsed_ms(),
    ]
    .into_iter()
    .flatten()
    .any(|elapsed| elapsed >= SLOW_MS)
}
