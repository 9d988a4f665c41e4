//! The doctor's probes: asks every hop of a deployment and hands the evidence to `doctor::judge`. Judges nothing itself.

use std::{future::Future, ops::ControlFlow, time::Instant};

use super::{McpOptions, Services};
use crate::{
    doctor::{Answer, Evidence, Report, judge},
    model::{
        CallOptions, CallOutcome, Deployment, Failure, Kind, LogQuery, LoginAnswer, McpTarget,
        Moment, Neo4jAddress, Resource, SecretContent, SecretDetail, SecretText, Tool, VersionRef,
    },
    rotation::secret_document::SecretDocument,
    tools::cypher,
};

/// How far back the interceptor's log is searched for errors.
const RECENT_MS: i64 = 15 * 60 * 1000;
/// CloudWatch filter pattern for the error lines of a function.
const ERROR_PATTERN: &str = "?ERROR ?Error ?AccessDenied ?Exception ?Traceback";

impl Services {
    /// Examines a deployment: asks every hop, the independent ones at once. `now` is the time of the examination.
    pub async fn examine(&self, deployment: &Deployment, now: Moment) -> Report {
        // A token that was got earlier hides what is wrong with signing in now.
        self.forget_tokens(deployment);
        let (identity, stack, token, gateways, targets, runtimes, secrets) = futures::join!(
            timed(self.identity(deployment)),
            probe(
                deployment.stack.is_some(),
                "no stack is configured",
                self.stack_facts(deployment)
            ),
            probe(has_token(deployment), "this sign-in has no token", async {
                self.token(deployment, None).await.map(|(_, claims)| claims)
            }),
            timed(self.list_described(deployment, Kind::Gateway)),
            timed(self.list_described(deployment, Kind::Target)),
            timed(self.list_described(deployment, Kind::Runtime)),
            timed(self.list(deployment, Kind::Secret)),
        );
        let interceptor = gateways.value().and_then(|all| interceptor_group(all));
        let (chain, (secret, login), interceptor_errors) = futures::join!(
            self.walk_chain(deployment),
            self.probe_secret(deployment, &secrets),
            self.interceptor_errors(deployment, interceptor, now),
        );
        let (connection, tools, cypher) = chain;
        judge(&Evidence {
            deployment: deployment.name.clone(),
            now,
            identity,
            stack,
            token,
            gateways: absent_if_empty(gateways, "no gateway in this chain"),
            targets: absent_if_empty(targets, "no target in this chain"),
            runtimes: absent_if_empty(runtimes, "no runtime in this chain"),
            connection,
            tools,
            interceptor_errors,
            secret,
            login,
            cypher,
        })
    }

    async fn list_described(
        &self,
        deployment: &Deployment,
        kind: Kind,
    ) -> Result<Vec<Resource>, Failure> {
        let listed = self.list(deployment, kind).await?;
        futures::future::try_join_all(
            listed
                .iter()
                .map(|resource| self.describe(deployment, &resource.key)),
        )
        .await
    }

    async fn walk_chain(
        &self,
        deployment: &Deployment,
    ) -> (
        Answer<crate::model::ConnectionInfo>,
        Answer<Vec<Tool>>,
        Answer<CallOutcome>,
    ) {
        let before = |hop: &str| format!("{hop} must work first");
        let started = Instant::now();
        let session = match self
            .mcp_connect(deployment, &McpTarget::Default, McpOptions::default())
            .await
        {
            Ok(session) => session,
            Err(failure) => {
                let connection = Answer::Failed {
                    failure,
                    elapsed_ms: millis(started),
                };
                return (
                    connection,
                    Answer::NotAsked(before("initialize")),
                    Answer::NotAsked(before("initialize")),
                );
            }
        };
        let connection = Answer::Got {
            value: session.info(),
            elapsed_ms: millis(started),
        };
        let tools = timed(session.tools()).await;
        let reader = tools
            .value()
            .and_then(|all: &Vec<Tool>| cypher::probe(all, "RETURN 1 AS ok"))
            .map(|(tool, arguments)| (tool.name.clone(), arguments));
        let cypher = match reader {
            Some((name, arguments)) => {
                timed(session.call(&name, arguments, CallOptions::default())).await
            }
            None if tools.value().is_some() => {
                Answer::NotAsked("no tool of this endpoint reads Cypher".to_owned())
            }
            None => Answer::NotAsked(before("tools/list")),
        };
        session.close().await;
        (connection, tools, cypher)
    }

    async fn probe_secret(
        &self,
        deployment: &Deployment,
        secrets: &Answer<Vec<Resource>>,
    ) -> (Answer<SecretDetail>, Answer<LoginAnswer>) {
        let first = match secrets {
            Answer::Got { value, .. } => value.first(),
            Answer::NotAsked(why) => {
                return (Answer::NotAsked(why.clone()), Answer::NotAsked(why.clone()));
            }
            Answer::Failed {
                failure,
                elapsed_ms,
            } => {
                let answer = Answer::Failed {
                    failure: failure.clone(),
                    elapsed_ms: *elapsed_ms,
                };
                return (
                    answer,
                    Answer::NotAsked("the secret must be readable first".to_owned()),
                );
            }
        };
        let Some(secret) = first else {
            let why = "no Neo4j secret in this chain".to_owned();
            return (Answer::NotAsked(why.clone()), Answer::NotAsked(why));
        };
        let id = secret.key.own_id();
        futures::join!(
            timed(self.secret_detail(deployment, id)),
            self.probe_login(deployment, id)
        )
    }

    /// One login with AWSCURRENT; a wrong password counts once against Neo4j's lock-out, which takes three.
    async fn probe_login(&self, deployment: &Deployment, id: &str) -> Answer<LoginAnswer> {
        let value = match self
            .secret_value(deployment, id, &VersionRef::Stage("AWSCURRENT".to_owned()))
            .await
        {
            Ok(value) => value,
            Err(failure) => {
                return Answer::NotAsked(format!(
                    "the secret's value may not be read: {}",
                    failure.cause
                ));
            }
        };
        let SecretContent::Text(text) = value.content else {
            return Answer::NotAsked("the secret is binary".to_owned());
        };
        let shape = match SecretDocument::parse(text.reveal()) {
            Ok(shape) => shape,
            Err(error) => {
                return Answer::NotAsked(format!("the secret holds no Neo4j credentials: {error}"));
            }
        };
        let Some(uri) = deployment
            .neo4j_uri
            .clone()
            .or_else(|| shape.address().map(str::to_owned))
        else {
            return Answer::NotAsked(
                "neither the secret nor the configuration names Neo4j's address".to_owned(),
            );
        };
        let address = Neo4jAddress {
            uri,
            database: shape.database().unwrap_or("neo4j").to_owned(),
        };
        let started = Instant::now();
        let answer = self
            .neo4j_login(&address, shape.user(), &SecretText::from(shape.password()))
            .await;
        Answer::Got {
            value: answer,
            elapsed_ms: millis(started),
        }
    }

    async fn interceptor_errors(
        &self,
        deployment: &Deployment,
        group: Option<String>,
        now: Moment,
    ) -> Answer<Vec<String>> {
        let Some(group) = group else {
            return Answer::NotAsked("the gateway has no interceptor".to_owned());
        };
        let query = LogQuery {
            groups: vec![group],
            pattern: Some(ERROR_PATTERN.to_owned()),
            since: Some(now.plus(-RECENT_MS)),
            limit: Some(20),
            ..LogQuery::default()
        };
        timed(async {
            let mut events = Vec::new();
            self.filter_logs(deployment, &query, |batch| {
                events.extend(batch.events);
                ControlFlow::Continue(())
            })
            .await?;
            events.sort_by_key(|event| std::cmp::Reverse(event.timestamp));
            Ok(events
                .into_iter()
                .map(|event| crate::logs::redact(&event.message).into_owned())
                .collect())
        })
        .await
    }
}

/// Whether the sign-in mints or holds a token.
fn has_token(deployment: &Deployment) -> bool {
    deployment.sign_in.spec().has_token
}

/// The log group of the first interceptor function: a Lambda writes to `/aws/lambda/{name}`.
fn interceptor_group(gateways: &[Resource]) -> Option<String> {
    gateways
        .iter()
        .flat_map(|gateway| &gateway.log_groups)
        .find(|group| group.starts_with("/aws/lambda/"))
        .cloned()
}

fn absent_if_empty(answer: Answer<Vec<Resource>>, why: &str) -> Answer<Vec<Resource>> {
    match answer {
        Answer::Got { value, .. } if value.is_empty() => Answer::NotAsked(why.to_owned()),
        other => other,
    }
}

async fn probe<T>(
    wanted: bool,
    why: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Answer<T> {
    if wanted {
        timed(work).await
    } else {
        Answer::NotAsked(why.to_owned())
    }
}

async fn timed<T>(work: impl Future<Output = Result<T, Failure>>) -> Answer<T> {
    let started = Instant::now();
    match work.await {
        Ok(value) => Answer::Got {
            value,
            elapsed_ms: millis(started),
        },
        Err(failure) => Answer::Failed {
            failure,
            elapsed_ms: millis(started),
        },
    }
}

fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
