//! The history of calls: what is kept of one, without secrets, and the lines of its file.
//!
//! The file holds one JSON object a line: a call, or a later change of one by its id. Lines are only appended, so that two
//! consoles can write at the same time.

mod wire;

use serde_json::{Map, Value, json};

pub use wire::WireFacts;

use super::saved::without_secrets;
use crate::{
    logs::redact,
    model::{
        CallOutcome, Failure, FailureKind, Kind, McpEndpoint, McpTarget, Moment, ResourceKey,
        pluralize,
    },
};

/// Code of the JSON-RPC error that asks for a person's consent.
const CONSENT: &str = "-32042";
/// Calls that are kept; pinned and named ones are kept in addition.
pub const MOST: usize = 2_000;
/// Bytes of arguments that are kept of one call.
const ARGUMENTS: usize = 64 << 10;
/// In place of the message of a tool error, if something was left out of the arguments.
const NOT_KEPT: &str = "the message is not kept, since a secret was among the arguments";
/// Characters of a statement that name a call.
const TITLE: usize = 200;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryOutcome {
    /// With this many rows.
    Rows(usize),
    /// With a result that is no table.
    Answered,
    /// The tool reported an error; its first line.
    ToolError(String),
    /// The call failed; the code or the cause.
    Failed(String),
    /// The user cancelled it.
    Cancelled,
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Identifies the call in the file.
    pub id: String,
    /// When it began.
    pub at: Moment,
    /// The endpoint that was called.
    pub endpoint: McpEndpoint,
    /// The whole name of the tool.
    pub tool: String,
    /// The arguments without what looks like a secret.
    pub arguments: Map<String, Value>,
    /// Whether something was left out of the arguments.
    pub is_masked: bool,
    /// How it ended.
    pub outcome: HistoryOutcome,
    /// Bytes of text in the result.
    pub bytes: u64,
    /// How it went over the wire, and how long it took.
    pub wire: WireFacts,
    /// Whether it stays at the top and is never dropped.
    pub is_pinned: bool,
    /// A name that the user gave it.
    pub name: Option<String>,
}

/// A later change of a call in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryChange {
    /// Pinned, or no longer.
    Pin(bool),
    /// Named; an empty name takes the name away.
    Name(String),
    /// Removed.
    Forget,
}

impl HistoryOutcome {
    /// Returns how a call ended.
    pub fn of(result: &Result<CallOutcome, Failure>) -> Self {
        match result {
            Ok(outcome) if outcome.is_error => {
                let text = outcome.text();
                let first = text.lines().next().unwrap_or_default();
                Self::ToolError(first.chars().take(TITLE).collect())
            }
            Ok(outcome) => outcome
                .table
                .as_ref()
                .map_or(Self::Answered, |table| Self::Rows(table.rows.len())),
            Err(failure) if failure.kind == FailureKind::Cancelled => Self::Cancelled,
            Err(failure) if failure.consent_urls().next().is_some() => {
                Self::Failed(CONSENT.to_owned())
            }
            Err(failure) => {
                let code = failure.code.as_deref().unwrap_or("failed");
                let cause = failure.cause.lines().next().unwrap_or_default();
                Self::Failed(format!("{code}: {cause}").chars().take(TITLE).collect())
            }
        }
    }

    /// Returns the code of a failure: what stands before its words.
    pub fn failure_code(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why.split(": ").next().unwrap_or(why)),
            Self::Rows(_) | Self::Answered | Self::ToolError(_) | Self::Cancelled => None,
        }
    }

    /// Returns whether two calls ended alike. The words of a failure may name its request, so that only their codes count.
    pub fn is_alike(&self, other: &Self) -> bool {
        self == other
            || self
                .failure_code()
                .is_some_and(|code| other.failure_code() == Some(code))
    }

    /// Returns whether the call succeeded.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Rows(_) | Self::Answered)
    }

    /// Returns whether the call waits for a person's consent: it is made again after that.
    pub fn waits_for_consent(&self) -> bool {
        matches!(self, Self::Failed(code) if code == CONSENT)
    }

    /// Returns the outcome in a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Rows(rows) => pluralize(*rows, "row"),
            Self::Answered => "ok".to_owned(),
            Self::ToolError(_) => "error".to_owned(),
            Self::Failed(_) if self.waits_for_consent() => "waits for a person".to_owned(),
            Self::Failed(why) => why.clone(),
            Self::Cancelled => "cancelled".to_owned(),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Rows(rows) => json!({"rows": rows}),
            Self::Answered => json!("ok"),
            Self::ToolError(message) => json!({"error": message}),
            Self::Failed(why) => json!({"failed": why}),
            Self::Cancelled => json!("cancelled"),
        }
    }

    fn parse(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        match value.as_str() {
            Some("ok") => return Some(Self::Answered),
            Some("cancelled") => return Some(Self::Cancelled),
            Some(_) | None => {}
        }
        let rows = value.get("rows").and_then(Value::as_u64);
        rows.and_then(|rows| usize::try_from(rows).ok())
            .map(Self::Rows)
            .or_else(|| text("error").map(Self::ToolError))
            .or_else(|| text("failed").map(Self::Failed))
    }
}

impl HistoryEntry {
    /// Creates an entry of a call. What looks like a secret in its arguments is left out, and credentials in texts are
    /// masked.
    pub fn new(
        (endpoint, tool): (McpEndpoint, String),
        arguments: &Map<String, Value>,
        at: Moment,
        outcome: HistoryOutcome,
    ) -> Self {
        let mut kept = masked_texts(without_secrets(arguments));
        if Value::Object(kept.clone()).to_string().len() > ARGUMENTS {
            kept = Map::new();
        }
        let is_masked = kept != *arguments;
        let masked_outcome = match outcome {
            // The message may repeat what was left out.
            HistoryOutcome::ToolError(_) if is_masked => {
                HistoryOutcome::ToolError(NOT_KEPT.to_owned())
            }
            HistoryOutcome::ToolError(message) => {
                HistoryOutcome::ToolError(redact(&message).into_owned())
            }
            HistoryOutcome::Failed(why) => HistoryOutcome::Failed(redact(&why).into_owned()),
            HistoryOutcome::Rows(_) | HistoryOutcome::Answered | HistoryOutcome::Cancelled => {
                outcome
            }
        };
        Self {
            id: format!("{}-{}", at.millis(), endpoint.deployment),
            at,
            is_masked,
            arguments: kept,
            endpoint,
            tool,
            outcome: masked_outcome,
            bytes: 0,
            wire: WireFacts::default(),
            is_pinned: false,
            name: None,
        }
    }

    /// Returns the own name of the tool, without its target.
    pub fn own_tool(&self) -> &str {
        self.tool
            .split_once("___")
            .map_or(self.tool.as_str(), |(_, own)| own)
    }

    /// Returns the statement, if the call had one.
    pub fn statement(&self) -> Option<&str> {
        super::cypher::statement(&self.arguments)
    }

    /// Returns what names the call in a list: its name, its statement in one line, or its tool and arguments.
    pub fn title(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let text = match self.statement() {
            Some(statement) => statement.to_owned(),
            None if self.arguments.is_empty() => self.own_tool().to_owned(),
            None => format!(
                "{} {}",
                self.own_tool(),
                Value::Object(self.arguments.clone())
            ),
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").chars().take(TITLE).collect()
    }

    /// Returns whether the call contains each of the words: in its title, its tool, the name of its deployment or what the screens call
    /// that, or its outcome.
    pub fn matches(&self, words: &str, deployment_title: &str) -> bool {
        let all = [
            self.title().as_str(),
            self.statement().unwrap_or_default(),
            &self.tool,
            self.endpoint.deployment.as_str(),
            deployment_title,
            &self.outcome.words(),
        ]
        .join(" ")
        .to_lowercase();
        words
            .to_lowercase()
            .split_whitespace()
            .all(|word| all.contains(word))
    }

    /// Returns the line of the file for the call.
    pub fn to_line(&self) -> String {
        self.to_json().to_string()
    }

    pub(super) fn to_json(&self) -> Value {
        let mut line = json!({
            "id": self.id,
            "at": self.at.millis(),
            "deployment": self.endpoint.deployment.as_str(),
            "tool": self.tool,
            "arguments": self.arguments,
            "masked": self.is_masked,
            "outcome": self.outcome.to_json(),
            "bytes": self.bytes,
        });
        if let Some(members) = line.as_object_mut() {
            members.extend(self.wire.members());
            members.extend(target_members(&self.endpoint.target));
            if self.is_pinned {
                members.insert("pinned".to_owned(), Value::Bool(true));
            }
            if let Some(name) = &self.name {
                members.insert("name".to_owned(), Value::from(name.as_str()));
            }
        }
        line
    }

    pub(super) fn parse(line: &Value) -> Option<Self> {
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            id: text("id")?,
            at: Moment::from_millis(line.get("at")?.as_i64()?),
            endpoint: endpoint_of(line)?,
            tool: text("tool")?,
            arguments: line.get("arguments")?.as_object()?.clone(),
            is_masked: line.get("masked").and_then(Value::as_bool) == Some(true),
            outcome: HistoryOutcome::parse(line.get("outcome")?)?,
            bytes: line.get("bytes").and_then(Value::as_u64).unwrap_or(0),
            wire: WireFacts::parse(line),
            is_pinned: line.get("pinned").and_then(Value::as_bool) == Some(true),
            name: text("name"),
        })
    }
}

impl HistoryChange {
    /// Returns the line of the file for a change of the call with that id.
    pub fn to_line(&self, id: &str) -> String {
        match self {
            Self::Pin(pinned) => json!({"change": id, "pinned": pinned}),
            Self::Name(name) => json!({"change": id, "name": name}),
            Self::Forget => json!({"change": id, "forgotten": true}),
        }
        .to_string()
    }

    fn parse(line: &Value) -> Option<Self> {
        if let Some(pinned) = line.get("pinned").and_then(Value::as_bool) {
            return Some(Self::Pin(pinned));
        }
        if let Some(name) = line.get("name").and_then(Value::as_str) {
            return Some(Self::Name(name.to_owned()));
        }
        (line.get("forgotten")? == &Value::Bool(true)).then_some(Self::Forget)
    }
}

/// Applies a change to the call with that id.
pub fn apply(entries: &mut Vec<HistoryEntry>, id: &str, change: &HistoryChange) {
    match change {
        HistoryChange::Forget => entries.retain(|entry| entry.id != id),
        HistoryChange::Pin(pinned) => {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.id == id) {
                entry.is_pinned = *pinned;
            }
        }
        HistoryChange::Name(name) => {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.id == id) {
                entry.name = Some(name.clone()).filter(|name| !name.is_empty());
            }
        }
    }
}

/// Reads the text of the file: the calls, the newest first. Lines that cannot be read, such as one that was cut by a full
/// disk, are left out.
pub fn read(text: &str) -> Vec<HistoryEntry> {
    let mut entries: Vec<HistoryEntry> = Vec::new();
    for line in text.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        match line.get("change").and_then(Value::as_str) {
            Some(id) => {
                if let Some(change) = HistoryChange::parse(&line) {
                    apply(&mut entries, id, &change);
                }
            }
            None => entries.extend(HistoryEntry::parse(&line)),
        }
    }
    entries.reverse();
    bounded(&mut entries);
    entries
}

/// Drops the oldest calls over the limit. Pinned and named ones stay.
pub fn bounded(entries: &mut Vec<HistoryEntry>) {
    let mut left = MOST;
    entries.retain(|entry| {
        let is_kept = entry.is_pinned || entry.name.is_some() || left > 0;
        left = left.saturating_sub(1);
        is_kept
    });
}

/// Returns the text of a file with just these calls.
pub fn text(entries: &[HistoryEntry]) -> String {
    entries
        .iter()
        .rev()
        .map(|entry| entry.to_line() + "\n")
        .collect()
}

/// Arguments in whose texts credentials are masked.
fn masked_texts(members: Map<String, Value>) -> Map<String, Value> {
    fn mask(value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(redact(&text).into_owned()),
            Value::Array(items) => Value::Array(items.into_iter().map(mask).collect()),
            Value::Object(members) => Value::Object(masked_texts(members)),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }
    members
        .into_iter()
        .map(|(name, value)| (name, mask(value)))
        .collect()
}

/// Returns the members by which a line names its endpoint, in addition to the deployment.
pub(crate) fn target_members(target: &McpTarget) -> Map<String, Value> {
    match target {
        McpTarget::Default => Map::new(),
        McpTarget::Resource(key) => Map::from_iter([
            ("kind".to_owned(), Value::from(key.kind.as_str())),
            ("resource".to_owned(), Value::from(key.id.as_str())),
        ]),
        McpTarget::Url(url) => Map::from_iter([("url".to_owned(), Value::from(url.as_str()))]),
    }
}

/// Returns the endpoint that a line names.
pub(crate) fn endpoint_of(line: &Value) -> Option<McpEndpoint> {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let deployment: crate::model::DeploymentName = text("deployment")?.into();
    let target = match (text("kind"), text("resource"), text("url")) {
        (Some(kind), Some(id), _) => McpTarget::Resource(ResourceKey {
            deployment: deployment.clone(),
            kind: Kind::parse(kind)?,
            id: id.to_owned(),
        }),
        (_, _, Some(url)) => McpTarget::Url(url.to_owned()),
        (_, _, None) => McpTarget::Default,
    };
    Some(McpEndpoint { deployment, target })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> McpEndpoint {
        McpEndpoint {
            deployment: "prod".into(),
            target: McpTarget::Resource(ResourceKey {
                deployment: "prod".into(),
                kind: Kind::Gateway,
                id: "gw-1".into(),
            }),
        }
    }

    fn entry(at: i64, arguments: &Value, outcome: HistoryOutcome) -> HistoryEntry {
        let key = (endpoint(), "neo4j-mcp___read-cypher".to_owned());
        let arguments = arguments.as_object().unwrap();
        HistoryEntry::new(key, arguments, Moment::from_millis(at), outcome)
    }

    #[test]
    fn a_call_is_kept_without_secrets_and_read_again() {
        let arguments = json!({"query": "RETURN $year, $password", "params": {"year": 1990, "password": "canary"}});
        let mut kept = entry(7, &arguments, HistoryOutcome::Rows(12));
        kept.bytes = 4_096;
        kept.wire = WireFacts {
            url: Some("https://gw.example/mcp".into()),
            status: Some(200),
            request_id: Some("r-1".into()),
            trace_id: None,
            elapsed: crate::model::Elapsed {
                sign_in: 3,
                connect: 0,
                first_byte: 40,
                total: 46,
            },
        };
        assert!(kept.is_masked);
        assert_eq!(kept.arguments["params"], json!({"year": 1990}));
        let text = kept.to_line() + "\n";
        assert!(!text.contains("canary"), "{text}");
        assert_eq!(read(&text), [kept]);
        let statement =
            json!({"query": "ALTER CURRENT USER SET PASSWORD FROM 'canary1' TO 'canary2'"});
        let echoed = HistoryOutcome::ToolError("wrong password canary".into());
        let failed = entry(8, &arguments, echoed);
        assert!(!failed.to_line().contains("canary"), "{failed:?}");
        let altered = entry(8, &statement, HistoryOutcome::Answered);
        assert!(
            altered.is_masked && !altered.to_line().contains("canary"),
            "{altered:?}"
        );
    }

    #[test]
    fn changes_are_lines_of_their_own_and_damaged_lines_are_left_out() {
        let one = entry(1, &json!({"query": "RETURN 1"}), HistoryOutcome::Rows(1));
        let two = entry(2, &json!({}), HistoryOutcome::Failed("timeout".into()));
        let three = entry(3, &json!({"a": 1}), HistoryOutcome::ToolError("no".into()));
        let lines = [
            one.to_line(),
            two.to_line(),
            "{\"id\": \"half".to_owned(),
            three.to_line(),
            HistoryChange::Pin(true).to_line(&one.id),
            HistoryChange::Name("the first".into()).to_line(&one.id),
            HistoryChange::Forget.to_line(&two.id),
        ];
        let entries = read(&lines.join("\n"));
        let titles: Vec<String> = entries.iter().map(HistoryEntry::title).collect();
        assert_eq!(titles, ["read-cypher {\"a\":1}", "the first"]);
        assert!(entries[1].is_pinned && entries[1].matches("FIRST prod", "Production"));
        assert!(entries[1].matches("production", "Production"));
        assert_eq!(read(&text(&entries)), entries);
    }

    #[test]
    fn the_oldest_calls_are_dropped_unless_they_are_pinned() {
        let mut entries: Vec<HistoryEntry> = (0..MOST as i64 + 5)
            .rev()
            .map(|at| entry(at, &json!({}), HistoryOutcome::Answered))
            .collect();
        if let Some(oldest) = entries.last_mut() {
            oldest.is_pinned = true;
        }
        bounded(&mut entries);
        assert_eq!(entries.len(), MOST + 1);
        assert_eq!(entries.last().map(|entry| entry.at.millis()), Some(0));
    }
}
