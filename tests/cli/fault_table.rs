//! The doctor against the embedded stack's whole table of hop faults, on every deployment: each fault is named where the
//! chain has the hop, and no other chain is called broken. `--nocapture` prints the table.

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
        (FaultPoint::Secret, FaultKind::Stale) => vec!["secret", "neo4j"],
        (point, _) => vec![point.name()],
    }
}

/// Judges the report of one deployment whose chain has the faulty hop.
fn judge_named(report: &Value, point: FaultPoint, kind: FaultKind) -> Cell {
    let hops = expected(point, kind);
    let named = report["verdict"]["hop"].as_str();
    let warns = || hops.iter().any(|hop| state(report, hop) == "warning");
    let healthy = report["healthy"] == true;
    let is_right = match kind {
        FaultKind::Slow => healthy && warns(),
        // Whether a token that is dated ahead is refused is the endpoint's choice.
        FaultKind::ClockSkew if healthy => warns(),
        _ => !healthy && named.is_some_and(|named| hops.contains(&named)),
    };
    if is_right {
        Cell::Named
    } else {
        Cell::Wrong(format!("healthy={healthy} {}", report["verdict"]))
    }
}

/// Judges the report of one deployment.
fn judge(report: &Value, row: Row, chain: &[FaultPoint]) -> Cell {
    let reached = row.filter(|(point, _)| chain.contains(point));
    match reached {
        // Reading logs is no link of the chain.
        Some((point, kind)) if point != FaultPoint::Logs => judge_named(report, point, kind),
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
        FaultPoint::Target => kind != FaultKind::Unsynchronised,
        FaultPoint::Token
        | FaultPoint::Gateway
        | FaultPoint::Policy
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
        .map(|(name, report)| (name, judge(report, row, &world.hops[name])))
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
