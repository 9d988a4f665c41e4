//! The doctor's probes: asks every hop of a deployment and hands the evidence to `doctor::judge`. Judges nothing itself.

mod bundle;
mod control;
mod logs;
mod provider;
mod secret;
mod sign_in;
mod walk;

use std::{future::Future, sync::Arc, time::Instant};

use crate::{
    doctor::{DoctorReport, Evidence, PENDING, Probe, judge},
    model::{Deployment, Failure, HeaderSpec, Moment},
    net::http_client::Web,
    services::{Aws, Mcp, Neo4j, SignIns, calls::CallReader},
};

use self::control::ChainParts;

/// Examines every hop between the credentials and a Cypher answer.
#[derive(Clone)]
pub struct DoctorProbes {
    aws: Aws,
    sign_ins: SignIns,
    mcp: Mcp,
    neo4j: Neo4j,
    web: Arc<Web>,
    calls: CallReader,
}

impl DoctorProbes {
    pub(in crate::services) fn new(
        aws: Aws,
        sign_ins: SignIns,
        mcp: Mcp,
        neo4j: Neo4j,
        web: Arc<Web>,
    ) -> Self {
        Self {
            calls: CallReader::new(aws.logs.clone()),
            aws,
            sign_ins,
            mcp,
            neo4j,
            web,
        }
    }

    /// Examines a deployment: asks every hop, the independent ones at once, and goes on past a failure.
    /// `now` is the time of the examination.
    pub async fn examine(&self, deployment: &Deployment, now: Moment) -> DoctorReport {
        Box::pin(self.examine_with(deployment, now, |_| {})).await
    }

    /// Examines a deployment and passes each intermediate report to `progress`.
    pub async fn examine_with(
        &self,
        deployment: &Deployment,
        now: Moment,
        progress: impl Fn(DoctorReport),
    ) -> DoctorReport {
        let started = Instant::now();
        // A token that was got earlier hides what is wrong with signing in now.
        self.sign_ins.forget_tokens(deployment);
        let mut evidence = pending(deployment, now);
        Box::pin(self.probe_resources(deployment, &mut evidence)).await;
        progress(judge(&evidence));
        Box::pin(self.probe_sign_in(deployment, &mut evidence)).await;
        progress(judge(&evidence));
        let parts = ChainParts::of(&evidence);
        let walk_began = now.plus(i64::try_from(millis(started)).unwrap_or_default());
        let (walk, direct, external, secret, providers) = futures::join!(
            Box::pin(self.walk(deployment, &evidence)),
            Box::pin(self.probe_direct(deployment, &evidence, &parts)),
            self.probe_external(&parts),
            Box::pin(self.probe_secret(deployment, &evidence, &parts)),
            self.probe_providers(deployment, &parts),
        );
        (evidence.connection, evidence.tools) = (walk.connection, walk.tools);
        (evidence.called_tool, evidence.call) = (walk.called_tool, walk.call);
        (evidence.direct, evidence.external) = (direct, external);
        (evidence.secret, evidence.secret_value) = (secret.detail, secret.value);
        (evidence.login, evidence.previous) = (secret.login, secret.previous);
        evidence.providers = providers;
        Box::pin(self.call_unlisted(deployment, &mut evidence)).await;
        Box::pin(self.probe_called(deployment, &mut evidence, &parts)).await;
        progress(judge(&evidence));
        Box::pin(self.probe_logs(deployment, &mut evidence, walk_began)).await;
        judge(&evidence)
    }
}

impl DoctorProbes {
    /// Probes what is behind the target that was called, where something else was probed while the call was on its way.
    async fn probe_called(
        &self,
        deployment: &Deployment,
        evidence: &mut Evidence,
        asked: &ChainParts,
    ) {
        let called = ChainParts::of(evidence);
        if called.external != asked.external {
            evidence.external = self.probe_external(&called).await;
        }
        let arn = |parts: &ChainParts| {
            parts
                .runtime
                .as_ref()
                .and_then(|runtime| runtime.arn.clone())
        };
        if arn(&called) != arn(asked) {
            evidence.direct = self.probe_direct(deployment, evidence, &called).await;
        }
    }
}

/// Evidence of which nothing is known yet.
fn pending(deployment: &Deployment, now: Moment) -> Evidence {
    fn not_yet<T>() -> Probe<T> {
        Probe::NotMade(PENDING.to_owned())
    }
    Evidence {
        deployment: deployment.name.clone(),
        now,
        endpoint: None,
        sent_headers: deployment
            .headers
            .iter()
            .map(|header| match header {
                HeaderSpec::Literal { name, .. } | HeaderSpec::BasicFromSecret { name, .. } => {
                    name.clone()
                }
            })
            .collect(),
        identity: not_yet(),
        stack: not_yet(),
        token: not_yet(),
        discovery: not_yet(),
        metadata: not_yet(),
        gateways: not_yet(),
        limits: not_yet(),
        targets: not_yet(),
        providers: not_yet(),
        runtimes: not_yet(),
        endpoints: not_yet(),
        connection: not_yet(),
        tools: not_yet(),
        called_tool: None,
        call: not_yet(),
        direct: not_yet(),
        external: not_yet(),
        secret: not_yet(),
        secret_value: not_yet(),
        login: not_yet(),
        previous: not_yet(),
        gateway_log: not_yet(),
        interceptor_log: not_yet(),
        runtime_log: not_yet(),
    }
}

fn not_made<T>(why: impl Into<String>) -> Probe<T> {
    Probe::NotMade(why.into())
}

/// Makes a probe if it is wanted.
async fn probe_if<T>(
    is_wanted: bool,
    why_not: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Probe<T> {
    if is_wanted {
        probe(work).await
    } else {
        not_made(why_not)
    }
}

/// Makes a probe and measures it.
async fn probe<T>(work: impl Future<Output = Result<T, Failure>>) -> Probe<T> {
    let started = Instant::now();
    match work.await {
        Ok(value) => Probe::Answered {
            value,
            elapsed_ms: millis(started),
        },
        Err(failure) => Probe::Failed {
            failure,
            elapsed_ms: millis(started),
        },
    }
}

fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
