//! What the consoles of these tests look at: two deployments and everything that can be said about them.

use agentcore_console::{
    calls::LoggedCall,
    doctor::{DoctorReport, DoctorVerdict, Hop, HopDetail, HopFinding, HopState},
    logs::{LogRecord, RecordReader},
    messages::{Effect, Event, FleetEvent, SecretsEvent, ToolsEvent},
    model::{
        CallOutcome, Claims, ConnectionInfo, Deployment, DeploymentName, Elapsed, Failure,
        FailureKind, Kind, Link, LogBatch, LogEvent, LogNotice, McpEndpoint, McpTarget, NoticeKind,
        Relation, Resource, ResourceKey, RotationState, SecretDetail, SecretVersion, Shape, SignIn,
        Table, TailMode, TailStatus, Tool, ToolAnnotations, Traffic,
    },
    rotation::{
        plan::{PlanInput, RotationPlan},
        report::{
            EndReason, RotationEnd, RotationKind, RotationOutcome, RotationReport, RotationStep,
            SecretEvidence, StepState,
        },
    },
    tools::saved::Query,
};
use serde_json::{Value, json};

use crate::harness::{Harness, NOW};

/// Never to be seen in any frame.
pub(crate) const CANARY: &str = "canary-4711-hunter2";

pub(crate) fn deployment(name: &str, shape: Shape) -> Deployment {
    Deployment {
        shape: Some(shape),
        stack: Some(format!("{name}-stack")),
        sign_in: SignIn::Bearer {
            token: agentcore_console::model::SecretSource::Inline(CANARY.into()),
        },
        ..Deployment::new(name, "us-west-2")
    }
}

pub(crate) fn deployments() -> Vec<Deployment> {
    vec![
        deployment("prod", Shape::A),
        deployment("analytics", Shape::B),
    ]
}

pub(crate) fn key(deployment: &str, kind: Kind, id: &str) -> ResourceKey {
    ResourceKey {
        deployment: deployment.into(),
        kind,
        id: id.into(),
    }
}

pub(crate) fn resource(
    deployment: &str,
    kind: Kind,
    id: &str,
    name: &str,
    status: &str,
) -> Resource {
    let day = 86_400_000;
    Resource {
        key: key(deployment, kind, id),
        arn: Some(format!(
            "arn:aws:bedrock-agentcore:us-west-2:123456789012:{kind}/{id}"
        )),
        name: name.into(),
        status: status.into(),
        reason: None,
        created: Some(NOW.plus(-9 * day)),
        updated: Some(NOW.plus(-2 * day)),
        facts: Vec::new(),
        links: Vec::new(),
        log_groups: Vec::new(),
        mcp_url: None,
        unread: None,
        raw: json!({"name": name, "status": status}).into(),
    }
}

/// All resources of a deployment, by kind.
pub(crate) fn resources(deployment: &str, kind: Kind) -> Vec<Resource> {
    let gateway = format!("{deployment}-gw");
    let one = match kind {
        Kind::Gateway => Resource {
            mcp_url: Some("https://gw.example/mcp".into()),
            log_groups: vec![format!(
                "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/{gateway}"
            )],
            ..resource(
                deployment,
                kind,
                &gateway,
                &format!("{deployment}-gateway"),
                "READY",
            )
        },
        Kind::Target if deployment == "prod" => Resource {
            reason: Some("tools/list: HTTP 401, the audience is not admitted".into()),
            links: vec![Link {
                relation: Relation::Calls,
                kind: Kind::Runtime,
                id: "prod-rt".into(),
            }],
            ..resource(
                deployment,
                kind,
                &format!("{gateway}/T1"),
                "neo4j-mcp",
                "SYNCHRONIZE_UNSUCCESSFUL",
            )
        },
        Kind::Target => resource(
            deployment,
            kind,
            &format!("{gateway}/T1"),
            "external-mcp",
            "READY",
        ),
        Kind::Runtime if deployment == "prod" => Resource {
            links: vec![Link {
                relation: Relation::Reads,
                kind: Kind::Secret,
                id: "prod/neo4j".into(),
            }],
            log_groups: vec!["/aws/bedrock-agentcore/runtimes/prod-rt-DEFAULT".into()],
            mcp_url: Some("https://rt.example/mcp".into()),
            ..resource(deployment, kind, "prod-rt", "neo4j_mcp_server", "READY")
        },
        Kind::Endpoint if deployment == "prod" => Resource {
            raw: json!({"liveVersion": "3", "targetVersion": "3"}).into(),
            ..resource(deployment, kind, "prod-rt/DEFAULT", "DEFAULT", "READY")
        },
        Kind::Secret => resource(
            deployment,
            kind,
            &format!("{deployment}/neo4j"),
            &format!("{deployment}/neo4j"),
            "ENABLED",
        ),
        Kind::Runtime
        | Kind::Endpoint
        | Kind::Provider
        | Kind::WorkloadIdentity
        | Kind::PolicyEngine
        | Kind::Policy
        | Kind::RateLimit
        | Kind::Version => return Vec::new(),
    };
    vec![one]
}

/// A console on which the fleet was listed, and that has asked for the logs of `prod`, whose target is not synchronized.
pub(crate) fn ready() -> Harness {
    let mut harness = Harness::open(deployments());
    start(&mut harness);
    list(&mut harness);
    harness.pass(0);
    harness
}

pub(crate) fn start(harness: &mut Harness) -> Vec<Effect> {
    harness.on(Event::Started(Ok((deployments(), Vec::new()))))
}

pub(crate) fn list(harness: &mut Harness) {
    for deployment in ["prod", "analytics"] {
        for kind in Kind::ALL {
            harness.on(Event::Fleet(FleetEvent::Listed(
                deployment.into(),
                kind,
                Ok(resources(deployment, kind)),
            )));
        }
    }
}

pub(crate) fn refused(doing: &str) -> Failure {
    Failure::new(
        FailureKind::Denied,
        doing,
        "AccessDeniedException: not authorized to perform this action",
    )
    .hint("let the role do it, then r asks again")
    .request_id("2f437955-0000-4000-8000-000000000000")
}

pub(crate) fn log(millis: i64, group: &str, message: &str) -> LogEvent {
    let at = NOW.plus(millis);
    LogEvent {
        timestamp: at,
        ingestion: at,
        group: group.into(),
        stream: "s".into(),
        id: None,
        message: message.into(),
    }
}

/// A batch of these lines, as a tail delivers them.
pub(crate) fn lines(events: Vec<LogEvent>) -> LogBatch<LogRecord> {
    RecordReader::default().read_batch(LogBatch {
        events,
        ..LogBatch::default()
    })
}

/// Lines of a tail: steps of a call, an error, JSON, and one that tries to steer the terminal.
pub(crate) fn logs() -> LogBatch<LogRecord> {
    let (gateway, runtime) = (
        "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/prod-gw",
        "/aws/bedrock-agentcore/runtimes/prod-rt-DEFAULT",
    );
    RecordReader::default().read_batch(LogBatch {
        events: vec![
            log(
                -9_000,
                gateway,
                r#"{"level":"INFO","body":{"log":"Started processing request"},"trace_id":"691bb6a8c0ffee"}"#,
            ),
            log(
                -8_500,
                runtime,
                r#"{"level":"WARN","message":"the query took 2.4 s","sessionId":"cc8a8e69"}"#,
            ),
            log(
                -8_000,
                runtime,
                "ERROR AccessDenied: secretsmanager:GetSecretValue on prod/neo4j",
            ),
            log(-7_000, runtime, "\u{1b}]52;c;aGk=\u{7}\u{202e}drow\u{9b}2J"),
            log(
                -6_000,
                runtime,
                &format!(r#"{{"level":"INFO","message":"login","password":"{CANARY}"}}"#),
            ),
            log(-5_000, gateway, "INFO the last line of all"),
        ],
        notices: vec![LogNotice {
            at: NOW.plus(-9_500),
            kind: NoticeKind::Started,
            text: "live tail of 2 groups".into(),
        }],
        status: Some(live_status()),
        ..LogBatch::default()
    })
}

/// The status of a live tail that has read everything.
fn live_status() -> TailStatus {
    TailStatus {
        mode: TailMode::Live,
        is_backfilled: true,
        ..TailStatus::default()
    }
}

/// So many numbered lines, a second apart, the last one now.
pub(crate) fn numbered(from: i64, to: i64) -> LogBatch<LogRecord> {
    let events = (from..to).map(|number| {
        log(
            number * 1000,
            "/aws/lambda/neo4j-interceptor",
            &format!("INFO line {number:04}"),
        )
    });
    let started = LogNotice {
        at: NOW.plus(from * 1000 - 1),
        kind: NoticeKind::Started,
        text: "live tail of 1 group".into(),
    };
    RecordReader::default().read_batch(LogBatch {
        events: events.collect(),
        notices: if from == 0 { vec![started] } else { Vec::new() },
        status: Some(live_status()),
        ..LogBatch::default()
    })
}

pub(crate) fn secret(id: &str) -> SecretDetail {
    let version = |id: &str, stage: &str, days: i64| SecretVersion {
        version_id: id.into(),
        stages: vec![stage.into()],
        created_at: Some(NOW.plus(-days * 86_400_000)),
    };
    SecretDetail {
        arn: format!("arn:aws:secretsmanager:us-west-2:123456789012:secret:{id}-Ab12Cd"),
        name: id.into(),
        description: None,
        kms_key: None,
        versions: vec![
            version("7f3c0000-1111-4222-8333-444444444444", "AWSCURRENT", 23),
            version("a1b20000-1111-4222-8333-444444444444", "AWSPREVIOUS", 60),
        ],
        rotation: RotationState::default(),
        last_changed: None,
        deleted: None,
        tags: std::collections::BTreeMap::default(),
    }
}

pub(crate) fn plan(secret: &str) -> RotationPlan {
    let known = PlanInput {
        deployment: "prod".into(),
        secret: secret.into(),
        user: "neo4j".into(),
        address: "bolt://db.internal:7687".into(),
        now: NOW.millis(),
        password_length: 32,
        ..PlanInput::default()
    };
    RotationPlan::new(RotationKind::Rotate, &known)
}

pub(crate) fn step(step: RotationStep, state: StepState, after: i64) -> Event {
    let evidence = if state == StepState::Done {
        vec![SecretEvidence::NothingPending.into()]
    } else {
        Vec::new()
    };
    Event::Secrets(SecretsEvent::Reported(RotationReport {
        step,
        state,
        at: NOW.plus(after),
        evidence,
    }))
}

pub(crate) fn rotated() -> Event {
    Event::Secrets(SecretsEvent::Ended(Box::new(Ok(RotationEnd {
        outcome: RotationOutcome::Rotated,
        version: None,
        why: EndReason::Agreed,
    }))))
}

pub(crate) fn endpoint(name: &str) -> McpEndpoint {
    McpEndpoint {
        deployment: name.into(),
        target: McpTarget::Default,
    }
}

fn tool(name: &str, description: &str, annotations: ToolAnnotations, input_schema: Value) -> Tool {
    Tool {
        name: name.into(),
        title: None,
        description: Some(description.into()),
        input_schema,
        annotations,
        raw: Value::Null,
    }
}

pub(crate) fn tools() -> Vec<Tool> {
    let statement = json!({"type": "object", "required": ["query"], "properties": {
        "query": {"type": "string", "description": "The Cypher statement"}, "params": {"type": "object"}}});
    let reads = ToolAnnotations {
        read_only: Some(true),
        ..ToolAnnotations::default()
    };
    let writes = ToolAnnotations {
        destructive: Some(true),
        ..ToolAnnotations::default()
    };
    vec![
        tool(
            "neo4j-mcp___get-schema",
            "The schema of the graph",
            reads,
            json!({"type": "object", "properties": {}}),
        ),
        tool(
            "neo4j-mcp___read-cypher",
            "Runs a reading statement",
            reads,
            statement.clone(),
        ),
        tool(
            "neo4j-mcp___write-cypher",
            "Runs a writing statement",
            writes,
            statement,
        ),
    ]
}

/// The endpoint answers requests that this identity has signed, if it is known.
pub(crate) fn connected_by_signatures(endpoint: &McpEndpoint, caller: Option<&str>) -> Event {
    let Event::Tools(ToolsEvent::Connected(_, welcome)) = connected(endpoint) else {
        unreachable!("it is connected")
    };
    let (info, _, tools) = welcome.unwrap();
    let info = ConnectionInfo {
        sign_in: "sigv4",
        token_expires_at: None,
        caller: caller.map(str::to_owned),
        ..info
    };
    let welcome = Box::new(Ok((info, None, tools)));
    Event::Tools(ToolsEvent::Connected(endpoint.clone(), welcome))
}

pub(crate) fn connected(endpoint: &McpEndpoint) -> Event {
    let info = ConnectionInfo {
        url: "https://gw.example/mcp".into(),
        sign_in: "m2m",
        protocol: "2025-11-25".into(),
        server: "neo4j-mcp 1.6.1".into(),
        instructions: None,
        token_expires_at: Some(NOW.plus(41 * 60_000)),
        caller: None,
    };
    Event::Tools(ToolsEvent::Connected(
        endpoint.clone(),
        Box::new(Ok((info, None, tools()))),
    ))
}

/// The Tools screen of prod with a further tool below the reading one, whose arguments have this schema.
pub(crate) fn tools_with(schema: Value) -> Harness {
    let mut harness = ready();
    harness.keys("4");
    let Event::Tools(ToolsEvent::Connected(endpoint, result)) = connected(&endpoint("prod")) else {
        panic!("it is connected")
    };
    let (info, claims, mut tools) = result.expect("it came");
    tools.insert(
        2,
        tool(
            "neo4j-mcp___store",
            "Stores something",
            ToolAnnotations::default(),
            schema,
        ),
    );
    harness.on(Event::Tools(ToolsEvent::Connected(
        endpoint,
        Box::new(Ok((info, claims, tools))),
    )));
    harness
}

/// Two queries that were kept earlier; the second is for a tool that is not there.
pub(crate) fn saved() -> Vec<Query> {
    let query = |name: &str, tool: &str, arguments: Value| Query {
        name: name.into(),
        tool: tool.into(),
        arguments: arguments.as_object().cloned().unwrap_or_default(),
    };
    vec![
        query(
            "who acted with whom",
            "read-cypher",
            json!({"query": "MATCH (p) WHERE p.born > $year RETURN p", "params": {"year": 1990}}),
        ),
        query("of another server", "search", json!({"text": "x"})),
    ]
}

/// What prod's token says of itself.
pub(crate) fn claims(endpoint: &McpEndpoint) -> Event {
    let claims = json!({"iss": "https://issuer.example/pool", "client_id": "client-1", "scope": "neo4j-mcp/invoke",
        "token_use": "access", "iat": NOW.plus(-60_000).millis() / 1000});
    let claims = Claims {
        token_type: "Bearer".into(),
        expires_at: Some(NOW.plus(59 * 60_000)),
        claims,
    };
    Event::Tools(ToolsEvent::ClaimsRead(
        endpoint.clone(),
        Box::new(Ok(claims)),
    ))
}

pub(crate) fn called(endpoint: &McpEndpoint) -> Event {
    let table = Table {
        columns: vec!["actor".into(), "movie".into(), "year".into()],
        rows: vec![
            vec![json!("Keanu Reeves"), json!("The Matrix"), json!(1999)],
            vec![
                json!("東京 \u{1b}[2J"),
                json!("Lost \u{202e}in"),
                json!(2003),
            ],
        ],
        lost_temporals: Vec::new(),
    };
    let outcome = CallOutcome {
        is_error: false,
        table: Some(table),
        content: vec![json!({"type": "text", "text": "[]"})],
        structured_content: None,
        raw: json!({"content": []}),
        elapsed: Elapsed {
            sign_in: 0,
            connect: 0,
            first_byte: 41,
            total: 46,
        },
        request_id: None,
        trace_id: None,
        json: Some(json!([])),
    };
    Event::Tools(ToolsEvent::Called(endpoint.clone(), Box::new(Ok(outcome))))
}

/// An examination that found the interceptor broken, or nothing.
pub(crate) fn examined(deployment: &str, broken: bool) -> Event {
    let hops = Hop::ALL
        .iter()
        .map(|hop| {
            let state = match (broken, hop.cmp(&Hop::Interceptor)) {
                (false, _) | (true, std::cmp::Ordering::Less) => HopState::Ok,
                (true, std::cmp::Ordering::Equal) => HopState::Failed,
                (true, std::cmp::Ordering::Greater) => HopState::Unknown,
            };
            HopFinding {
                hop: *hop,
                state,
                evidence: format!("what was seen at {hop}"),
                elapsed_ms: Some(12),
                details: vec![HopDetail {
                    label: "asked",
                    text: format!("the {hop}"),
                }],
            }
        })
        .collect();
    let verdict = broken.then(|| DoctorVerdict {
        hop: Hop::Interceptor,
        evidence: "AccessDenied: secretsmanager:GetSecretValue on prod/neo4j".into(),
        command: None,
        fix: "let role neo4j-interceptor-role do secretsmanager:GetSecretValue on the secret"
            .into(),
        source: "log group /aws/lambda/neo4j-interceptor".into(),
    });
    Event::Examined(Box::new(DoctorReport {
        deployment: deployment.into(),
        healthy: !broken,
        verdict,
        hops,
        comparison: None,
        runtime_tools: None,
    }))
}

pub(crate) fn name(text: &str) -> DeploymentName {
    text.into()
}

/// A steady hour: so many calls in its busiest step, some of them failed.
pub(crate) fn traffic(most: u64, errors: u64) -> Traffic {
    let calls = (0..Traffic::STEPS as u64)
        .map(|step| most * (1 + step % 4) / 4)
        .collect();
    Traffic {
        calls,
        errors,
        p50_ms: Some(41.0),
        p95_ms: Some(210.4),
        ..Traffic::none(NOW)
    }
}

/// Gateways and runtimes of both deployments were counted: those of prod are busy and fail at times.
pub(crate) fn pluralize() -> Event {
    let (prod, analytics) = (
        key("prod", Kind::Gateway, "prod-gw"),
        key("analytics", Kind::Gateway, "analytics-gw"),
    );
    let runtime = key("prod", Kind::Runtime, "prod-rt");
    let keys = vec![prod.clone(), runtime.clone(), analytics.clone()];
    let counts = vec![
        (prod, traffic(160, 3)),
        (runtime, traffic(152, 0)),
        (analytics, Traffic::none(NOW)),
    ];
    Event::Fleet(FleetEvent::CallsCounted(keys, Ok(counts)))
}

/// The calls of a deployment were read out of its logs.
pub(crate) fn calls_read(deployment: &str, calls: Vec<LoggedCall>) -> Event {
    Event::Fleet(FleetEvent::CallsRead {
        deployment: deployment.into(),
        since: NOW.plus(-60 * 60_000),
        calls: Ok(calls),
        unread: Vec::new(),
    })
}
