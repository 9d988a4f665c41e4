//! The doctor against the embedded stack's whole table of hop faults, on every deployment: each fault is named where the
//! chain has the hop, evidence and fix name the resource and the action, and no other chain is called broken. `--nocapture` prints
//! the table.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    sync::Mutex,
};

use emulator::faults::{FaultKind, FaultPoint};
use serde_json::{Value, json};

use crate::{
    doctor::state,
    world::{Console, World, start},
};

/// The deployments, one column each.
const DEPLOYMENTS: [&str; 5] = ["a", "b", "c", "d", "e"];
/// The deployment whose target is used on behalf of a person.
const WITH_CONSENT: &str = "e";

/// A fault at a hop; `None` is the world without faults.
type Row = Option<(FaultPoint, FaultKind)>;

/// What the doctor made of one fault at one deployment.
#[derive(Clone, PartialEq, Eq)]
enum Cell {
    /// The chain lacks the hop, and was found to be healthy.
    Absent,
    /// The hop was named, or warned of if the fault only slows it down.
    Named,
    /// The fault breaks no call: the chain was found to be healthy.
    Healthy,
    /// The chain works, and was called broken here.
    FalseAlarm(String),
    /// Another hop was named, or none.
    Wrong(String),
}

impl Cell {
    const fn is_right(&self) -> bool {
        match self {
            Self::Absent | Self::Named | Self::Healthy => true,
            Self::FalseAlarm(_) | Self::Wrong(_) => false,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => out.pad("-"),
            Self::Named => out.pad("named"),
            Self::Healthy => out.pad("healthy"),
            Self::FalseAlarm(hop) => out.pad(&format!("FALSE {hop}")),
            Self::Wrong(said) => out.pad(&format!("WRONG {said}")),
        }
    }
}

/// The hops that may be named for a fault.
fn expected(point: FaultPoint, kind: FaultKind) -> Vec<&'static str> {
    match (point, kind) {
        (
            FaultPoint::Token,
            FaultKind::WrongAudience
            | FaultKind::WrongToken
            | FaultKind::ExpiredToken
            | FaultKind::ClockSkew,
        ) => vec!["token", "authoriser"],
        (FaultPoint::CredentialProvider, _) => vec!["provider"],
        (FaultPoint::RequestHeaders, _) => vec!["runtime"],
        (FaultPoint::Secret, FaultKind::Stale) => vec!["secret", "neo4j"],
        (point, _) => vec![point.name()],
    }
}

/// Words of which the evidence of a fault has one, and words of which its fix has one: what is done, and to what. Where the fault
/// can be told only by words that the endpoint does not use, nothing is expected of the evidence.
struct Expected {
    evidence: Vec<String>,
    fix: Vec<String>,
}

/// The target to which the doctor's call went, by the details of its last hop.
fn called_target(report: &Value) -> Option<&str> {
    let hops = report["hops"].as_array()?;
    let cypher = hops.iter().find(|finding| finding["hop"] == "cypher")?;
    let details = cypher["details"].as_array()?;
    let asked = details.iter().find(|detail| detail["label"] == "asked")?;
    let tool = asked["text"].as_str()?.strip_prefix("tools/call ")?;
    Some(tool.split_once("___")?.0)
}

/// What evidence and fix must name of a fault at a deployment.
fn expected_words(report: &Value, facts: &Value, point: FaultPoint, kind: FaultKind) -> Expected {
    let fact = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
    let own = |name: &str| {
        let arn = fact(name);
        arn.rsplit(['/', ':']).next().unwrap_or_default().to_owned()
    };
    let target = called_target(report).unwrap_or_default().to_owned();
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let runtime = || {
        own("runtime_arn")
            .rsplit_once('-')
            .map_or_else(String::new, |(name, _)| name.to_owned())
    };
    let (evidence, fix) = match (point, kind) {
        (FaultPoint::Discovery, _) => (words(&["publishes no keys"]), words(&["jwks_uri"])),
        (FaultPoint::Token, FaultKind::ExpiredToken | FaultKind::ClockSkew) => {
            (words(&["ended", "ahead"]), words(&["clock"]))
        }
        (FaultPoint::Token, FaultKind::WrongAudience) => {
            (words(&["allowedClients"]), words(&["use client"]))
        }
        (FaultPoint::Token, FaultKind::WrongToken) => (words(&["signature"]), words(&["jwks_uri"])),
        (FaultPoint::Token, _) => (words(&["token"]), Vec::new()),
        (FaultPoint::Gateway, FaultKind::AccessDenied) => (
            words(&["identity"]),
            vec![format!(
                "bedrock-agentcore:InvokeGateway\",\"Resource\":\"arn:aws:bedrock-agentcore"
            )],
        ),
        (FaultPoint::Gateway, FaultKind::BlockedByWaf) => (
            words(&["web ACL"]),
            words(&["get-web-acl-for-resource --resource-arn arn:"]),
        ),
        (FaultPoint::Gateway, FaultKind::Throttling) => {
            (words(&["slow down"]), words(&["service-quotas"]))
        }
        (FaultPoint::Gateway, _) => (
            words(&["The gateway "]),
            vec![
                "agentcore-console logs ".to_owned(),
                "curl -v http".to_owned(),
            ],
        ),
        (FaultPoint::Policy, _) => (
            words(&["A policy denies"]),
            words(&["permit(principal, action"]),
        ),
        (FaultPoint::Limits, _) => (
            words(&["rl-callers"]),
            words(&["delete-gateway-rate-limit --gateway-identifier"]),
        ),
        (FaultPoint::Interceptor, FaultKind::NoPermission) => (
            words(&["may not invoke the interceptor"]),
            words(&["lambda add-permission --function-name"]),
        ),
        (FaultPoint::Interceptor, _) => (
            words(&["The interceptor fails: [ERROR]"]),
            words(&["logs /aws/lambda/"]),
        ),
        (FaultPoint::Target, FaultKind::MetaRefused) => {
            (vec![format!("{target}___")], words(&["_meta"]))
        }
        (FaultPoint::Target, _) => (vec![target.clone()], vec![target.clone()]),
        (FaultPoint::CredentialProvider, FaultKind::TakenAuthorization) => (
            vec![format!("target {target}")],
            words(&["NEO4J_HTTP_AUTH_HEADER_NAME"]),
        ),
        (FaultPoint::CredentialProvider, _) => (
            vec![format!("target {target}")],
            words(&["get-oauth2-credential-provider --name"]),
        ),
        (FaultPoint::RequestHeaders, _) => (
            words(&["does not pass"]),
            words(&["requestHeaderAllowlist"]),
        ),
        (FaultPoint::Runtime, FaultKind::Wedged) => (
            words(&["starts no container"]),
            words(&["ecr batch-get-image"]),
        ),
        (FaultPoint::Runtime, FaultKind::ColdStart) => (words(&["within 120s"]), vec![runtime()]),
        (FaultPoint::Runtime, FaultKind::ColdStartCode) => {
            (words(&["within 30s"]), vec![runtime()])
        }
        (FaultPoint::Runtime, FaultKind::NotMmdsv2) => (
            words(&["MMDSv2"]),
            words(&["get-agent-runtime --agent-runtime-id"]),
        ),
        (FaultPoint::Runtime, FaultKind::AccessDenied) => (
            words(&["let"]),
            words(&["bedrock-agentcore:InvokeAgentRuntime\",\"Resource\":\"arn:"]),
        ),
        (FaultPoint::Runtime, FaultKind::Throttling) => {
            (words(&["too often"]), words(&["service-quotas"]))
        }
        (FaultPoint::Runtime, _) => (words(&["The runtime", "The program"]), vec![runtime()]),
        (FaultPoint::Secret, FaultKind::AccessDenied) => {
            (words(&["secret"]), words(&["\"Resource\":\"arn:"]))
        }
        (FaultPoint::Secret, _) => (words(&["secret", "password"]), Vec::new()),
        (FaultPoint::Neo4j, FaultKind::LockedOut) => {
            (words(&["locked"]), words(&["calls --errors"]))
        }
        (FaultPoint::Neo4j, _) => (words(&["Neo4j"]), words(&["aura-cli instance resume"])),
        (FaultPoint::Metadata, _) => (words(&["clients are sent to"]), words(&["discoveryUrl"])),
        (FaultPoint::Drift, _) => (words(&["the gateway "]), words(&["targets sync "])),
        (FaultPoint::Rollout, _) => (
            words(&["serves version"]),
            words(&["agentcore-console versions "]),
        ),
        (FaultPoint::Logs, _) => (Vec::new(), Vec::new()),
    };
    Expected { evidence, fix }
}

/// What a verdict does not name although it should; nothing if it names all.
fn unnamed(report: &Value, facts: &Value, point: FaultPoint, kind: FaultKind) -> Option<String> {
    let expected = expected_words(report, facts, point, kind);
    let said = |member: &str| report["verdict"][member].as_str().unwrap_or_default();
    let lacks = |member: &str, words: &[String]| {
        let has = words.is_empty()
            || words
                .iter()
                .any(|word| said(member).contains(word.as_str()));
        (!has).then(|| format!("{member} names none of {words:?}: {}", report["verdict"]))
    };
    if said("fix").is_empty() {
        return Some(format!("there is no fix: {}", report["verdict"]));
    }
    let stranger =
        strange_target(report).map(|name| format!("it names {name}: {}", report["verdict"]));
    if let Some(command) = report["verdict"]["command"].as_str()
        && !said("fix").contains(command)
    {
        return Some(format!(
            "the command is not in the fix: {}",
            report["verdict"]
        ));
    }
    lacks("evidence", &expected.evidence)
        .or_else(|| lacks("fix", &expected.fix))
        .or(stranger)
}

/// A command of this console in a fix that the program does not take.
fn unknown_command(report: &Value, console: &Console) -> Option<String> {
    let fix = report["verdict"]["fix"].as_str()?;
    fix.match_indices("agentcore-console ").find_map(|(at, _)| {
        let rest = &fix[at + "agentcore-console ".len()..];
        let end = rest.find([';', ')', '(', ',']).unwrap_or(rest.len());
        let words = rest[..end].split_whitespace();
        // A sentence may go on after the command: its options and names end where a word stands that is neither.
        let words = words.take_while(|word| !["shows", "makes", "finishes"].contains(word));
        let arguments: Vec<&str> = words.chain(["--help"]).collect();
        let answer = console.run(&arguments);
        (answer.code != 0).then(|| format!("no such command: {arguments:?}: {}", answer.err))
    })
}

/// A target of the deployment that the verdict names although the call went to another one.
fn strange_target(report: &Value) -> Option<&str> {
    let called = called_target(report)?;
    let hops = report["hops"].as_array()?;
    let target = hops.iter().find(|finding| finding["hop"] == "target")?;
    let mut details = target["details"].as_array()?.iter();
    let listed = details.find(|detail| detail["label"] == "answered")?;
    let mut names = listed["text"]
        .as_str()?
        .split(", ")
        .filter_map(|entry| entry.split_whitespace().next());
    let said = report["verdict"].to_string();
    names.find(|name| *name != called && !called.contains(name) && said.contains(name))
}

/// Judges the report of one deployment whose chain has the faulty hop.
fn judge_named(report: &Value, facts: &Value, point: FaultPoint, kind: FaultKind) -> Cell {
    let hops = expected(point, kind);
    let named = report["verdict"]["hop"].as_str();
    let warns = || hops.iter().any(|hop| state(report, hop) == "warning");
    let healthy = report["healthy"] == true;
    let is_named = named.is_some_and(|named| hops.contains(&named));
    let is_right = match kind {
        // What only takes long has no fix.
        FaultKind::Slow => healthy && warns() && named.is_none(),
        FaultKind::ForeignServer | FaultKind::Drifted | FaultKind::Stuck => {
            healthy && warns() && is_named
        }
        // Whether a token that is dated ahead is refused is the endpoint's choice.
        FaultKind::ClockSkew if healthy => warns() && is_named,
        _ => !healthy && is_named,
    };
    if !is_right {
        return Cell::Wrong(format!("healthy={healthy} {}", report["verdict"]));
    }
    match unnamed(report, facts, point, kind).filter(|_| named.is_some()) {
        Some(what) => Cell::Wrong(what),
        None => Cell::Named,
    }
}

/// Judges the report of one deployment.
fn judge(report: &Value, facts: &Value, row: Row, chain: &[FaultPoint]) -> Cell {
    let reached = row.filter(|(point, _)| chain.contains(point));
    match reached {
        // Reading logs is no link of the chain.
        Some((point, kind)) if point != FaultPoint::Logs => judge_named(report, facts, point, kind),
        _ if report["healthy"] != true || !report["verdict"].is_null() => {
            Cell::FalseAlarm(report["verdict"].to_string())
        }
        Some(_) => Cell::Healthy,
        None if row.is_none() => Cell::Healthy,
        None => Cell::Absent,
    }
}

/// A person consents to the target of [`WITH_CONSENT`], whose calls end at the question for consent before that.
fn consent(world: &World, console: &Console) {
    let listed = console
        .run(&["tools", "list", "-d", WITH_CONSENT, "-o", "json"])
        .json();
    let tools = listed["tools"].as_array().unwrap();
    let asking = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .find(|name| name.ends_with("___get_me"))
        .unwrap_or_else(|| panic!("no tool asks for consent: {listed:#}"));
    let call = |more: &[&str]| {
        let usual = [
            "tools",
            "call",
            asking,
            "--json",
            "{}",
            "-d",
            WITH_CONSENT,
            "--yes",
        ];
        console.run(&[&usual[..], more].concat())
    };
    let asked = call(&[]);
    let endpoint = world.ready["endpoint"].as_str().unwrap();
    let address = asked
        .err
        .split(['\'', '"', ' ', '\n'])
        .find(|word| word.starts_with(endpoint) && word.contains("request_uri="))
        .unwrap_or_else(|| panic!("{asked:#?}"));
    let (_, form) = address.split_once('?').unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let browser = reqwest::Client::builder().no_proxy().build().unwrap();
        let page = browser
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        page.send().await.unwrap().error_for_status().unwrap();
    });
    let again = call(&["--consent", address]);
    assert!(!again.err.contains("-32042"), "{again:#?}");
}

/// Whether the fault can be reached at [`WITH_CONSENT`] only after a person has consented, and leaves the question intact.
fn is_behind_consent(point: FaultPoint, kind: FaultKind) -> bool {
    match point {
        FaultPoint::CredentialProvider => true,
        FaultPoint::Target => kind != FaultKind::Unsynchronised && kind != FaultKind::MetaRefused,
        FaultPoint::Discovery
        | FaultPoint::Token
        | FaultPoint::Metadata
        | FaultPoint::Gateway
        | FaultPoint::Policy
        | FaultPoint::Limits
        | FaultPoint::Drift
        | FaultPoint::RequestHeaders
        | FaultPoint::Rollout
        | FaultPoint::Interceptor
        | FaultPoint::Runtime
        | FaultPoint::Secret
        | FaultPoint::Neo4j
        | FaultPoint::Logs => false,
    }
}

/// Plays one fault at every deployment that has the hop, and examines all deployments.
fn play(row: Row) -> BTreeMap<&'static str, Cell> {
    let faults: Vec<Value> = row
        .iter()
        .flat_map(|(point, kind)| {
            DEPLOYMENTS
                .map(|name| json!({"deployment": name, "hop": point.name(), "fault": kind.name()}))
        })
        .collect();
    let world = start(&Value::from(faults).to_string());
    let console = Console::with(&world.config);
    if row.is_some_and(|(point, kind)| is_behind_consent(point, kind)) {
        consent(&world, &console);
    }
    let answer = console.run(&["doctor", "-o", "json", "-d", &DEPLOYMENTS.join(",")]);
    let reports = answer.json_lines();
    assert_eq!(reports.len(), DEPLOYMENTS.len(), "{answer:#?}");
    DEPLOYMENTS
        .into_iter()
        .zip(&reports)
        .map(|(name, report)| {
            let facts = world.deployment(name);
            let cell = judge(report, facts, row, &world.hops[name]);
            let unknown = unknown_command(report, &console);
            (name, unknown.map_or(cell, Cell::Wrong))
        })
        .collect()
}

/// The table as text.
fn render(rows: &[(Row, BTreeMap<&'static str, Cell>)]) -> String {
    let mut text = format!("{:<36}", "fault");
    for name in DEPLOYMENTS {
        let _ = write!(text, "{name:<9}");
    }
    for (row, cells) in rows {
        let name = row.map_or_else(
            || "none".to_owned(),
            |(point, kind)| format!("{}/{}", point.name(), kind.name()),
        );
        let _ = write!(text, "\n{name:<36}");
        for cell in cells.values() {
            let _ = write!(text, "{cell:<9}");
        }
    }
    text
}

#[test]
fn every_hop_fault_of_the_table_is_named_and_no_working_chain_is_called_broken() {
    let mut rows: Vec<Row> = vec![None];
    for point in FaultPoint::ALL {
        let kinds = FaultKind::ALL.iter().copied();
        rows.extend(
            kinds
                .filter(|kind| kind.hops().contains(&point))
                .map(|kind| Some((point, kind))),
        );
    }
    // One row alone: FAULT=target/unsynchronised.
    if let Ok(wanted) = std::env::var("FAULT") {
        rows.retain(|row| {
            row.is_some_and(|(point, kind)| {
                format!("{}/{}", point.name(), kind.name()).contains(&wanted)
            })
        });
        assert!(!rows.is_empty(), "no fault {wanted}");
    }
    let (next, played) = (Mutex::new(rows.iter().enumerate()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some((position, row)) = next.lock().unwrap().next() else {
                        return;
                    };
                    let cells = play(*row);
                    played.lock().unwrap().push((position, *row, cells));
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap();
    played.sort_by_key(|(position, ..)| *position);
    let table: Vec<_> = played
        .into_iter()
        .map(|(_, row, cells)| (row, cells))
        .collect();
    let text = render(&table);
    println!("{text}");
    let cells = || table.iter().flat_map(|(_, cells)| cells.values());
    let count = |is: fn(&Cell) -> bool| cells().filter(|cell| is(cell)).count();
    println!(
        "{} named, {} healthy, {} without the hop, {} wrong, {} false alarms",
        count(|cell| *cell == Cell::Named),
        count(|cell| *cell == Cell::Healthy),
        count(|cell| *cell == Cell::Absent),
        count(|cell| matches!(cell, Cell::Wrong(_))),
        count(|cell| matches!(cell, Cell::FalseAlarm(_))),
    );
    assert!(cells().all(Cell::is_right), "{text}");
}
