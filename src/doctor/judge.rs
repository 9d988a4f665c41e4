//! From evidence to findings, and from findings to the cause.

use serde_json::Value;

use super::{Answer, Evidence, Finding, Hop, Report, State, Verdict};
use crate::model::{
    CallOutcome, Claims, Failure, FailureKind, LoginAnswer, Resource, moment::short_duration,
    pluralize,
};

/// Credentials and tokens that end sooner than this deserve a word.
const SOON_MS: i64 = 10 * 60 * 1000;
/// Signatures are refused when clocks differ by more than five minutes; half of that is worth a word.
const SKEW_MS: i64 = 150 * 1000;

/// A judgement before it is filed under its hop: state, evidence, and for a failure the fix and its source.
struct Judgement {
    state: State,
    evidence: String,
    fix: String,
    source: &'static str,
}

/// Says what the evidence means.
pub fn judge(evidence: &Evidence) -> Report {
    let judged: Vec<(Hop, Judgement, Option<u64>)> = Hop::ALL
        .into_iter()
        .map(|hop| {
            let (judgement, elapsed) = judge_hop(hop, evidence);
            (hop, judgement, elapsed)
        })
        .collect();
    let verdict = cause(&judged, evidence);
    let hops: Vec<Finding> = judged
        .into_iter()
        .map(|(hop, judgement, elapsed_ms)| Finding {
            hop,
            state: judgement.state,
            evidence: judgement.evidence,
            elapsed_ms,
        })
        .collect();
    let healthy = hops.iter().all(|finding| finding.state != State::Failed);
    Report {
        deployment: evidence.deployment.clone(),
        healthy,
        verdict,
        hops,
    }
}

/// The hop whose failure explains the others. A stack that cannot be read breaks no call chain, so it is the cause only
/// where nothing else failed; what the interceptor's log or Neo4j itself says goes before the symptom that it causes.
fn cause(judged: &[(Hop, Judgement, Option<u64>)], evidence: &Evidence) -> Option<Verdict> {
    let failed = |hop: Hop| {
        judged
            .iter()
            .find(|(each, judgement, _)| *each == hop && judgement.state == State::Failed)
    };
    let chain_works = evidence
        .cypher
        .value()
        .is_some_and(|outcome| !outcome.is_error);
    let roots = [Hop::Interceptor, Hop::Secret, Hop::Neo4j];
    let symptoms = [Hop::Initialize, Hop::ToolsList, Hop::Cypher];
    let before = Hop::ALL
        .into_iter()
        .filter(|hop| !roots.contains(hop) && !symptoms.contains(hop));
    let ordered = before.chain(roots).chain(symptoms);
    let (hop, judgement, _) = ordered
        .filter_map(failed)
        .find(|(hop, ..)| !(chain_works && *hop == Hop::Stack))
        .or_else(|| Hop::ALL.into_iter().find_map(failed))?;
    Some(Verdict {
        hop: *hop,
        evidence: judgement.evidence.clone(),
        fix: judgement.fix.clone(),
        source: judgement.source.to_owned(),
    })
}

fn judge_hop(hop: Hop, evidence: &Evidence) -> (Judgement, Option<u64>) {
    match hop {
        Hop::Credentials => (credentials(evidence), evidence.identity.elapsed_ms()),
        Hop::Stack => (stack(evidence), evidence.stack.elapsed_ms()),
        Hop::Token => (token(evidence), evidence.token.elapsed_ms()),
        Hop::Authoriser => (authoriser(evidence), None),
        Hop::Gateway => (
            statuses(&evidence.gateways, "gateway", "GetGateway"),
            evidence.gateways.elapsed_ms(),
        ),
        Hop::Target => (targets(evidence), evidence.targets.elapsed_ms()),
        Hop::Runtime => (
            statuses(&evidence.runtimes, "runtime", "GetAgentRuntime"),
            evidence.runtimes.elapsed_ms(),
        ),
        Hop::Initialize => (initialize(evidence), evidence.connection.elapsed_ms()),
        Hop::Interceptor => (
            interceptor(evidence),
            evidence.interceptor_errors.elapsed_ms(),
        ),
        Hop::ToolsList => (tools(evidence), evidence.tools.elapsed_ms()),
        Hop::Secret => (secret(evidence), evidence.secret.elapsed_ms()),
        Hop::Neo4j => (neo4j(evidence), evidence.login.elapsed_ms()),
        Hop::Cypher => (cypher(evidence), evidence.cypher.elapsed_ms()),
    }
}

fn credentials(evidence: &Evidence) -> Judgement {
    answered(&evidence.identity, "STS GetCallerIdentity", |identity| {
        if identity.clock_skew_ms.abs() > SKEW_MS {
            return warning(format!(
                "this machine's clock differs from AWS's by {}",
                short_duration(identity.clock_skew_ms.abs())
            ));
        }
        match identity.expires_at.map(|end| end.since(evidence.now)) {
            Some(left) if left < SOON_MS => warning(format!(
                "{}, ends in {}",
                identity.arn,
                short_duration(left.max(0))
            )),
            Some(left) => ok(format!("{}, {} left", identity.arn, short_duration(left))),
            None => ok(identity.arn.clone()),
        }
    })
}

fn stack(evidence: &Evidence) -> Judgement {
    answered(
        &evidence.stack,
        "CloudFormation DescribeStacks",
        |facts| match facts.outputs.len() {
            0 => warning("the stack has no outputs".to_owned()),
            count => ok(pluralize(count, "output")),
        },
    )
}

fn token(evidence: &Evidence) -> Judgement {
    answered(&evidence.token, "token endpoint", |claims| {
        let client = claim(claims, "client_id").unwrap_or_else(|| "?".to_owned());
        let left = claims.expires_at.map_or_else(String::new, |end| {
            format!(", {} left", short_duration(end.since(evidence.now).max(0)))
        });
        match claims.expires_at {
            Some(end) if end <= evidence.now => failed(
                format!("the token ended at {end}"),
                "sign in again, or give a fresh token".to_owned(),
                "the token's exp claim",
            ),
            _ => ok(format!(
                "client {client}, scope {}{left}",
                claim(claims, "scope").unwrap_or_else(|| "none".to_owned())
            )),
        }
    })
}

/// The token's claims against the authoriser of the gateway (else of the runtime).
fn authoriser(evidence: &Evidence) -> Judgement {
    let Some(claims) = evidence.token.value() else {
        return not_judged(&evidence.token, "no token to judge");
    };
    let admitting = evidence
        .gateways
        .value()
        .into_iter()
        .chain(evidence.runtimes.value())
        .flatten();
    let Some((resource, rules)) = admitting
        .into_iter()
        .find_map(|resource| Some((resource, jwt_rules(resource)?)))
    else {
        return unknown("no JWT authoriser could be read");
    };
    match mismatch(claims, rules) {
        Some((what, fix)) => failed(
            format!("{} does not admit this token: {what}", resource.name),
            fix,
            "the token's claims against customJWTAuthorizer",
        ),
        None => ok(format!(
            "{} admits client, scope and audience of this token",
            resource.name
        )),
    }
}

fn jwt_rules(resource: &Resource) -> Option<&Value> {
    resource
        .raw
        .pointer("/authorizerConfiguration/customJWTAuthorizer")
}

/// The first rule that the claims break, with the fix. AWS reads `client_id` for clients and `scope` or `scp` for scopes;
/// Cognito's access tokens carry no `aud`, so `allowedAudience` can never match them.
fn mismatch(claims: &Claims, rules: &Value) -> Option<(String, String)> {
    let list = |name: &str| -> Vec<String> {
        rules
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let discovery = rules
        .get("discoveryUrl")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if let Some(issuer) = claim(claims, "iss")
        && !discovery.is_empty()
        && !discovery.starts_with(issuer.trim_end_matches('/'))
    {
        return Some((
            format!("issuer {issuer}, expected that of {discovery}"),
            "take the token from the user pool that the authoriser names".to_owned(),
        ));
    }
    let clients = list("allowedClients");
    let client = claim(claims, "client_id");
    if !clients.is_empty()
        && !client
            .as_ref()
            .is_some_and(|client| clients.contains(client))
    {
        let held = client.unwrap_or_else(|| "no client_id claim".to_owned());
        return Some((
            format!("client {held} is not in allowedClients"),
            format!(
                "use client {}, or add this one to allowedClients",
                clients.join(" or ")
            ),
        ));
    }
    let audiences = list("allowedAudience");
    if !audiences.is_empty() {
        let held = audience(claims);
        if !held.iter().any(|each| audiences.contains(each)) {
            let why = if held.is_empty() {
                "the token has no aud claim (Cognito access tokens never do)".to_owned()
            } else {
                format!("audience {} is not in allowedAudience", held.join(" "))
            };
            return Some((
                why,
                "remove allowedAudience and use allowedClients, or ask for a token with that audience".to_owned(),
            ));
        }
    }
    let scopes = list("allowedScopes");
    let held = claim(claims, "scope")
        .or_else(|| claim(claims, "scp"))
        .unwrap_or_default();
    if !scopes.is_empty()
        && !held
            .split_whitespace()
            .any(|scope| scopes.iter().any(|each| each == scope))
    {
        return Some((
            format!("scope `{held}` holds none of {}", scopes.join(", ")),
            format!("ask for scope {}", scopes.join(" or ")),
        ));
    }
    None
}

fn statuses(answer: &Answer<Vec<Resource>>, word: &str, source: &'static str) -> Judgement {
    answered(answer, source, |resources| {
        let Some(worst) = resources
            .iter()
            .find(|resource| is_broken(&resource.status))
        else {
            return match resources.iter().find(|resource| resource.status != "READY") {
                Some(moving) => warning(format!("{} is {}", moving.name, moving.status)),
                None if resources.is_empty() => skipped(&format!("no {word} in this chain")),
                None => ok(resources
                    .iter()
                    .map(|resource| format!("{} READY", resource.name))
                    .collect::<Vec<_>>()
                    .join(", ")),
            };
        };
        failed(
            format!(
                "{} is {}: {}",
                worst.name,
                worst.status,
                worst.reason.as_deref().unwrap_or("no reason given")
            ),
            format!("mend what the reason names, then update the {word}"),
            source,
        )
    })
}

fn targets(evidence: &Evidence) -> Judgement {
    if let Some(pending) = evidence
        .targets
        .value()
        .into_iter()
        .flatten()
        .find(|target| target.status.ends_with("_PENDING_AUTH"))
    {
        return warning(format!(
            "{} is {}: a person must consent",
            pending.name, pending.status
        ));
    }
    let mut judgement = statuses(&evidence.targets, "target", "GetGatewayTarget");
    if judgement.state == State::Failed {
        "mend what the reason names, then synchronise the target (`targets sync`)"
            .clone_into(&mut judgement.fix);
    }
    judgement
}

fn is_broken(status: &str) -> bool {
    status.ends_with("FAILED") || status.ends_with("UNSUCCESSFUL")
}

fn initialize(evidence: &Evidence) -> Judgement {
    answered(&evidence.connection, "MCP initialize", |info| {
        ok(format!("{}, protocol {}", info.server, info.protocol))
    })
}

fn interceptor(evidence: &Evidence) -> Judgement {
    let suspect = [
        evidence.connection.failure(),
        evidence.tools.failure(),
        evidence.cypher.failure(),
    ]
    .into_iter()
    .flatten()
    .find(|failure| failure.status == Some(500));
    let opaque = evidence
        .cypher
        .value()
        .is_some_and(|outcome| outcome.is_error && outcome.text().contains("internal error"));
    match &evidence.interceptor_errors {
        Answer::NotAsked(why) => skipped(why),
        Answer::Failed { failure, .. } => unknown(&format!("its log could not be read: {}", failure.cause)),
        Answer::Got { value, .. } => match (value.first(), suspect) {
            (Some(line), suspect) if suspect.is_some() || opaque => {
                failed(line.clone(), interceptor_fix(line), "the interceptor's log group")
            }
            (None, Some(failure)) => failed(
                format!("{}, and the interceptor has logged nothing", failure.cause),
                "let the gateway's role do lambda:InvokeFunction on the interceptor, and check the function's resource policy"
                    .to_owned(),
                "HTTP 500 of the gateway",
            ),
            (Some(line), _) => warning(format!("the call passes, but its log says: {line}")),
            (None, None) => ok("no errors in its log".to_owned()),
        },
    }
}

fn interceptor_fix(line: &str) -> String {
    if line.contains("AccessDenied") && line.contains("secretsmanager") {
        return "let the interceptor's role do secretsmanager:GetSecretValue on the secret"
            .to_owned();
    }
    "mend the interceptor function; its log has the whole stack".to_owned()
}

fn tools(evidence: &Evidence) -> Judgement {
    answered(&evidence.tools, "MCP tools/list", |tools| {
        match tools.len() {
            0 => warning("no tools: synchronise the target".to_owned()),
            count => ok(pluralize(count, "tool")),
        }
    })
}

fn secret(evidence: &Evidence) -> Judgement {
    answered(
        &evidence.secret,
        "Secrets Manager DescribeSecret",
        |detail| {
            if detail.deleted.is_some() {
                return failed(
                    "it is scheduled for deletion".to_owned(),
                    "restore it: aws secretsmanager restore-secret".to_owned(),
                    "Secrets Manager DescribeSecret",
                );
            }
            if detail.version_with("AWSCURRENT").is_none() {
                return failed(
                    "no version carries AWSCURRENT".to_owned(),
                    "put a value, or move AWSCURRENT to a version".to_owned(),
                    "Secrets Manager DescribeSecret",
                );
            }
            match &detail.rotation.pending_version {
                Some(pending) => warning(format!(
                    "a rotation is in progress or stuck (AWSPENDING on {pending}): `secrets resume {}` ends it",
                    detail.name
                )),
                None => ok(format!(
                    "{}, AWSCURRENT is set",
                    pluralize(detail.versions.len(), "version")
                )),
            }
        },
    )
}

fn neo4j(evidence: &Evidence) -> Judgement {
    const SOURCE: &str = "a login at Neo4j with AWSCURRENT";
    answered(&evidence.login, SOURCE, |answer| {
        match answer {
        LoginAnswer::Accepted { server } => ok(server.as_ref().map_or_else(
            || "the secret's password works".to_owned(),
            |server| format!("the secret's password works at {server}"),
        )),
        LoginAnswer::WrongPassword => failed(
            "Neo4j does not accept the password in AWSCURRENT".to_owned(),
            "find the version that works and end the rotation: `secrets resume`".to_owned(),
            SOURCE,
        ),
        LoginAnswer::RateLimited => failed(
            "the user is locked out after failed logins (AuthenticationRateLimit): a consumer keeps trying an old password"
                .to_owned(),
            "find the consumer with the old password and restart it; the lock ends some seconds after its last try".to_owned(),
            SOURCE,
        ),
        LoginAnswer::MustChange => failed(
            "the password must be changed first (CredentialsExpired)".to_owned(),
            "rotate the secret: `secrets rotate`".to_owned(),
            SOURCE,
        ),
        LoginAnswer::External => warning("the user is authenticated outside Neo4j".to_owned()),
        LoginAnswer::Unreachable(failure) if chain_answers(evidence) => {
            warning(format!("not reachable from here ({}), but the chain reaches it", failure.cause))
        }
        LoginAnswer::Unreachable(failure) => failed(
            format!("not reachable: {}", failure.cause),
            "start the database or open the way to it; from a private subnet give `neo4j_uri` (a tunnel)".to_owned(),
            SOURCE,
        ),
        LoginAnswer::Other(failure) => broken(failure, SOURCE),
    }
    })
}

fn cypher(evidence: &Evidence) -> Judgement {
    const SOURCE: &str = "MCP tools/call";
    answered(&evidence.cypher, SOURCE, |outcome: &CallOutcome| {
        if outcome.is_error {
            let text: String = outcome.text().chars().take(300).collect();
            return failed(text, cypher_fix(&outcome.text()), SOURCE);
        }
        ok(format!("RETURN 1 answered in {} ms", outcome.elapsed.total))
    })
}

fn cypher_fix(text: &str) -> String {
    if text.contains("Security.Unauthorized") {
        "the consumer holds an old password: restart it or stop its runtime sessions, then look again".to_owned()
    } else if text.contains("ConnectivityError") || text.contains("ServiceUnavailable") {
        "the MCP server does not reach Neo4j: check the address in its environment and the network between them".to_owned()
    } else {
        "read the target's and the runtime's log lines of this call (`logs`); exceptionLevel DEBUG at the gateway shows the detail".to_owned()
    }
}

fn chain_answers(evidence: &Evidence) -> bool {
    evidence
        .cypher
        .value()
        .is_some_and(|outcome| !outcome.is_error)
}

fn audience(claims: &Claims) -> Vec<String> {
    match claims.claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn claim(claims: &Claims, name: &str) -> Option<String> {
    claims
        .claims
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// Judges a value where there is one; a failure speaks for itself.
fn answered<T>(
    answer: &Answer<T>,
    source: &'static str,
    judge_value: impl FnOnce(&T) -> Judgement,
) -> Judgement {
    match answer {
        Answer::NotAsked(why) => skipped(why),
        Answer::Got { value, .. } => judge_value(value),
        Answer::Failed { failure, .. } => broken(failure, source),
    }
}

fn broken(failure: &Failure, source: &'static str) -> Judgement {
    let request = failure
        .request_id
        .as_ref()
        .map_or_else(String::new, |id| format!(" (request {id})"));
    let evidence = format!("{}{request}", failure.cause);
    // A missing permission of the operator says nothing about the deployment itself.
    if failure.kind == FailureKind::Denied
        && failure
            .code
            .as_deref()
            .is_some_and(|code| code.contains("AccessDenied"))
        && source != "MCP initialize"
    {
        return Judgement {
            state: State::Unknown,
            evidence: format!("may not be asked: {evidence}"),
            fix: String::new(),
            source,
        };
    }
    failed(
        evidence,
        failure
            .hint
            .clone()
            .unwrap_or_else(|| format!("look at what {source} says")),
        source,
    )
}

fn not_judged<T>(answer: &Answer<T>, why: &str) -> Judgement {
    match answer {
        Answer::NotAsked(reason) => skipped(reason),
        Answer::Got { .. } | Answer::Failed { .. } => unknown(why),
    }
}

fn ok(evidence: String) -> Judgement {
    Judgement {
        state: State::Ok,
        evidence,
        fix: String::new(),
        source: "",
    }
}

fn warning(evidence: String) -> Judgement {
    Judgement {
        state: State::Warning,
        evidence,
        fix: String::new(),
        source: "",
    }
}

fn skipped(why: &str) -> Judgement {
    Judgement {
        state: State::Skipped,
        evidence: why.to_owned(),
        fix: String::new(),
        source: "",
    }
}

fn unknown(why: &str) -> Judgement {
    Judgement {
        state: State::Unknown,
        evidence: why.to_owned(),
        fix: String::new(),
        source: "",
    }
}

fn failed(evidence: String, fix: String, source: &'static str) -> Judgement {
    Judgement {
        state: State::Failed,
        evidence,
        fix,
        source,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{
        ConnectionInfo, Elapsed, Identity, Kind, Moment, ResourceKey, RotationState, SecretDetail,
        SecretVersion, StackFacts, Tool,
    };

    const NOW: Moment = Moment::from_millis(1_795_269_600_000);

    fn got<T>(value: T) -> Answer<T> {
        Answer::Got {
            value,
            elapsed_ms: 7,
        }
    }

    fn lost<T>(failure: Failure) -> Answer<T> {
        Answer::Failed {
            failure,
            elapsed_ms: 7,
        }
    }

    fn resource(kind: Kind, name: &str, status: &str, reason: Option<&str>) -> Resource {
        Resource {
            key: ResourceKey {
                deployment: "prod".into(),
                kind,
                id: name.into(),
            },
            arn: None,
            name: name.into(),
            status: status.into(),
            reason: reason.map(str::to_owned),
            created: None,
            updated: None,
            facts: Vec::new(),
            links: Vec::new(),
            log_groups: Vec::new(),
            mcp_url: None,
            raw: json!({"authorizerConfiguration": {"customJWTAuthorizer": {
                "discoveryUrl": "https://issuer/pool/.well-known/openid-configuration", "allowedClients": ["machine"], "allowedScopes": ["mcp/invoke"]}}}),
        }
    }

    fn claims(client: &str, scope: &str) -> Claims {
        Claims {
            token_type: "Bearer".into(),
            expires_at: Some(NOW.plus(3_600_000)),
            claims: json!({"client_id": client, "scope": scope, "iss": "https://issuer/pool"}),
        }
    }

    fn outcome(is_error: bool, text: &str) -> CallOutcome {
        CallOutcome {
            is_error,
            table: None,
            content: vec![json!({"type": "text", "text": text})],
            structured_content: None,
            raw: Value::Null,
            elapsed: Elapsed::default(),
            request_id: None,
            trace_id: None,
        }
    }

    fn healthy() -> Evidence {
        Evidence {
            deployment: "prod".into(),
            now: NOW,
            identity: got(Identity {
                account: "1".into(),
                arn: "arn:aws:iam::1:user/ops".into(),
                expires_at: None,
                clock_skew_ms: 0,
            }),
            stack: got(StackFacts {
                outputs: vec![("GatewayUrl".into(), "https://g/mcp".into())],
                ..StackFacts::default()
            }),
            token: got(claims("machine", "mcp/invoke")),
            gateways: got(vec![resource(Kind::Gateway, "gw", "READY", None)]),
            targets: got(vec![resource(Kind::Target, "target", "READY", None)]),
            runtimes: Answer::NotAsked("no runtime".into()),
            connection: got(ConnectionInfo {
                url: "https://g/mcp".into(),
                sign_in: "m2m",
                protocol: "2025-11-25".into(),
                server: "agentcore-gateway 1.0.0".into(),
                instructions: None,
                token_expires_at: None,
            }),
            tools: got(vec![Tool {
                name: "t___read-cypher".into(),
                title: None,
                description: None,
                input_schema: Value::Null,
                annotations: crate::model::ToolAnnotations::default(),
                raw: Value::Null,
            }]),
            interceptor_errors: got(Vec::new()),
            secret: got(SecretDetail {
                arn: "arn".into(),
                name: "neo4j-mcp/credentials".into(),
                description: None,
                kms_key: None,
                versions: vec![SecretVersion {
                    version_id: "v1".into(),
                    stages: vec!["AWSCURRENT".into()],
                    created_at: None,
                }],
                rotation: RotationState::default(),
                last_changed: None,
                deleted: None,
                tags: std::collections::BTreeMap::new(),
            }),
            login: got(LoginAnswer::Accepted { server: None }),
            cypher: got(outcome(false, "[]")),
        }
    }

    #[test]
    fn a_healthy_chain_has_no_verdict() {
        let report = judge(&healthy());
        assert!(report.healthy, "{report:?}");
        assert_eq!(report.verdict, None);
        assert_eq!(report.hops.len(), Hop::ALL.len());
        assert_eq!(report.count(State::Skipped), 1);
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table, a case after the other")]
    fn each_broken_hop_is_named_before_its_symptoms() {
        let network = |cause: &str| Failure::new(FailureKind::Network, "asking", cause);
        let gateway_500 =
            || Failure::new(FailureKind::Server, "initialize", "HTTP 500").status(500);
        let cases: Vec<(Hop, &str, Evidence)> = vec![
            (
                Hop::Token,
                "invalid_client",
                Evidence {
                    token: lost(Failure::new(
                        FailureKind::SignIn,
                        "asking for a token",
                        "invalid_client",
                    )),
                    connection: lost(network("no token")),
                    ..healthy()
                },
            ),
            (
                Hop::Authoriser,
                "other is not in allowedClients",
                Evidence {
                    token: got(claims("other", "mcp/invoke")),
                    connection: lost(Failure::new(FailureKind::SignIn, "initialize", "HTTP 403")),
                    ..healthy()
                },
            ),
            (
                Hop::Authoriser,
                "holds none of mcp/invoke",
                Evidence {
                    token: got(claims("machine", "read")),
                    ..healthy()
                },
            ),
            (
                Hop::Credentials,
                "signature",
                Evidence {
                    identity: lost(Failure::new(
                        FailureKind::SignIn,
                        "asking who we are",
                        "the signature does not match",
                    )),
                    gateways: lost(Failure::new(
                        FailureKind::SignIn,
                        "listing gateways",
                        "the signature does not match",
                    )),
                    ..healthy()
                },
            ),
            (
                Hop::Gateway,
                "FAILED",
                Evidence {
                    gateways: got(vec![resource(Kind::Gateway, "gw", "FAILED", Some("role"))]),
                    connection: lost(network("refused")),
                    ..healthy()
                },
            ),
            (
                Hop::Target,
                "tools/list: 401",
                Evidence {
                    targets: got(vec![resource(
                        Kind::Target,
                        "t",
                        "SYNCHRONIZE_UNSUCCESSFUL",
                        Some("tools/list: 401"),
                    )]),
                    ..healthy()
                },
            ),
            (
                Hop::Interceptor,
                "AccessDenied",
                Evidence {
                    interceptor_errors: got(vec![
                        "AccessDenied: secretsmanager:GetSecretValue".into(),
                    ]),
                    connection: lost(gateway_500()),
                    tools: lost(gateway_500()),
                    ..healthy()
                },
            ),
            (
                Hop::Interceptor,
                "logged nothing",
                Evidence {
                    tools: lost(gateway_500()),
                    cypher: lost(gateway_500()),
                    ..healthy()
                },
            ),
            (
                Hop::Neo4j,
                "does not accept",
                Evidence {
                    login: got(LoginAnswer::WrongPassword),
                    cypher: got(outcome(true, "Neo.ClientError.Security.Unauthorized")),
                    ..healthy()
                },
            ),
            (
                Hop::Neo4j,
                "locked out",
                Evidence {
                    login: got(LoginAnswer::RateLimited),
                    cypher: got(outcome(true, "limited")),
                    ..healthy()
                },
            ),
            (
                Hop::Cypher,
                "Security.Unauthorized",
                Evidence {
                    cypher: got(outcome(true, "Neo.ClientError.Security.Unauthorized")),
                    ..healthy()
                },
            ),
        ];
        for (hop, words, evidence) in cases {
            let verdict = judge(&evidence)
                .verdict
                .unwrap_or_else(|| panic!("{hop} is not found"));
            assert_eq!(verdict.hop, hop, "{verdict:?}");
            assert!(verdict.evidence.contains(words), "{verdict:?}");
            assert!(!verdict.fix.is_empty(), "{verdict:?}");
        }
    }

    #[test]
    fn what_only_this_machine_lacks_is_no_broken_hop() {
        let denied = Failure::new(
            FailureKind::Denied,
            "describing the secret",
            "not authorized",
        )
        .code("AccessDeniedException");
        let report = judge(&Evidence {
            secret: lost(denied),
            login: got(LoginAnswer::Unreachable(Failure::new(
                FailureKind::Network,
                "login",
                "private subnet",
            ))),
            ..healthy()
        });
        assert!(report.healthy, "{report:?}");
        assert_eq!(
            (report.count(State::Unknown), report.count(State::Warning)),
            (1, 1)
        );
    }
}
