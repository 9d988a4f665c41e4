//! Reads what gateway, interceptor and runtime logged while the chain was walked.

use std::{ops::ControlFlow, time::Duration};

use super::{not_made, probe};
use crate::{
    doctor::{Evidence, Hop, Probe},
    model::{Deployment, LogQuery, Moment, Resource},
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
            evidence.interceptor_log = not_made("the gateway has no interceptor");
        }
        let skew = evidence
            .identity
            .value()
            .map_or(0, |identity| identity.clock_skew_ms);
        let since = since.plus(skew);
        let failed = !crate::doctor::judge(evidence).healthy;
        if !failed && !was_slow(evidence) {
            let why = "the walk gave no reason to read it";
            if !interceptor.is_empty() {
                evidence.interceptor_log = not_made(why);
            }
            (evidence.gateway_log, evidence.runtime_log) = (not_made(why), not_made(why));
            return;
        }
        let attempts = if failed { ATTEMPTS } else { 1 };
        // The gateway's log names every request by the id that its answer has: other calls' lines are no reason to stop reading.
        let own = evidence.failed_request().map(str::to_owned);
        let read =
            |groups: Vec<String>, own| self.lines(deployment, groups, since, (attempts, own));
        let (gateway, function, runtime) = futures::join!(
            read(groups(Hop::Gateway), own.as_deref()),
            read(interceptor.clone(), None),
            read(groups(Hop::Runtime), None),
        );
        (evidence.gateway_log, evidence.runtime_log) = (gateway, runtime);
        if !interceptor.is_empty() {
            evidence.interceptor_log = function;
        }
    }

    async fn lines(
        &self,
        deployment: &Deployment,
        groups: Vec<String>,
        since: Moment,
        (attempts, own): (usize, Option<&str>),
    ) -> Probe<Vec<String>> {
        if groups.is_empty() {
            return not_made("no log group is known");
        }
        let query = LogQuery {
            groups,
            since: Some(since),
            limit: Some(LINES),
            ..LogQuery::default()
        };
        let mut found = not_made("not read");
        for attempt in 0..attempts {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            found = probe(async {
                let mut events = Vec::new();
                self.aws
                    .logs
                    .filter(deployment, &query, |batch| {
                        events.extend(batch.events);
                        ControlFlow::Continue(())
                    })
                    .await?;
                events.sort_by_key(|event| event.timestamp);
                Ok(events
                    .into_iter()
                    .map(|event| crate::logs::redact(&event.message).into_owned())
                    .collect::<Vec<_>>())
            })
            .await;
            let is_enough = |lines: &Vec<String>| match own {
                Some(id) => lines.iter().any(|line| line.contains(id)),
                None => !lines.is_empty(),
            };
            if found.failure().is_some() || found.value().is_some_and(is_enough) {
                break;
            }
        }
        found
    }
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
