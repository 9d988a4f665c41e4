//! Recordings: the tools of an endpoint and calls with their results in a file, to be compared with another deployment or
//! another time.
//!
//! The file holds one JSON object a line. The first describes the endpoint and lists its tools; the others are calls, in the
//! form of the call history and with their results. Names and texts that look like credentials are masked.

mod comparison;

use serde_json::{Map, Value, json};

pub use comparison::{
    CallComparison, ToolChange, ToolDifference, compare_calls, compare_tools, matching_tool,
};

use super::{
    history::{HistoryEntry, HistoryOutcome, endpoint_of, target_members},
    saved::{is_secret, masked_value},
};
use crate::model::{CallOutcome, ConnectionInfo, Failure, McpEndpoint, Moment, Table, Tool};

/// The version of the file that this program writes.
const VERSION: u64 = 1;

/// The endpoint of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingHeader {
    /// When the recording began.
    pub at: Moment,
    /// The endpoint.
    pub endpoint: McpEndpoint,
    /// Its address.
    pub url: String,
    /// The server's name and version.
    pub server: String,
    /// The version of MCP.
    pub protocol: String,
    /// The tools as the server gave them.
    pub tools: Vec<Value>,
}

/// The result of a recorded call. Values that look like credentials are masked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedResult {
    /// The rows of a tabular result.
    pub table: Option<Table>,
    /// The content blocks of a result that is not tabular.
    pub content: Vec<Value>,
    /// The structured content of a result that is not tabular.
    pub structured_content: Option<Value>,
}

/// A call of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedCall {
    /// The call.
    pub entry: HistoryEntry,
    /// Its result; `None` if no tool answered, or a secret was among the arguments.
    pub result: Option<RecordedResult>,
}

/// A recording that was read from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The endpoint.
    pub header: RecordingHeader,
    /// The calls, in the order in which they were made.
    pub calls: Vec<RecordedCall>,
}

/// Why a file cannot be read as a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableRecording {
    /// The first line does not describe an endpoint.
    #[error("its first line does not describe a recording")]
    NoHeader,
    /// A later version of this program wrote it.
    #[error("a newer version of this program wrote it")]
    Newer,
    /// A line is no call; its number.
    #[error("line {0} is no recorded call")]
    Line(usize),
}

impl RecordingHeader {
    /// Describes an endpoint with its tools.
    pub fn new(endpoint: McpEndpoint, info: &ConnectionInfo, tools: &[Tool], at: Moment) -> Self {
        Self {
            at,
            endpoint,
            url: info.url.clone(),
            server: info.server.clone(),
            protocol: info.protocol.clone(),
            tools: tools.iter().map(|tool| tool.raw.clone()).collect(),
        }
    }

    /// Returns the first line of the file.
    pub fn to_line(&self) -> String {
        let mut line = json!({
            "recording": VERSION,
            "at": self.at.millis(),
            "deployment": self.endpoint.deployment.as_str(),
            "called_url": self.url,
            "server": self.server,
            "protocol": self.protocol,
            "tools": self.tools,
        });
        if let Some(members) = line.as_object_mut() {
            members.extend(target_members(&self.endpoint.target));
        }
        line.to_string()
    }

    fn parse(line: &Value) -> Result<Self, UnreadableRecording> {
        match line.get("recording").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(newer) if newer > VERSION => return Err(UnreadableRecording::Newer),
            Some(_) | None => return Err(UnreadableRecording::NoHeader),
        }
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let header = || {
            Some(Self {
                at: Moment::from_millis(line.get("at")?.as_i64()?),
                endpoint: endpoint_of(line)?,
                url: text("called_url")?,
                server: text("server")?,
                protocol: text("protocol")?,
                tools: line.get("tools")?.as_array()?.clone(),
            })
        };
        header().ok_or(UnreadableRecording::NoHeader)
    }
}

impl RecordedResult {
    /// Returns what is kept of a result.
    pub fn new(outcome: &CallOutcome) -> Self {
        match &outcome.table {
            Some(table) => Self {
                table: Some(masked_table(table)),
                ..Self::default()
            },
            None => Self {
                table: None,
                content: outcome.content.iter().map(masked_value).collect(),
                structured_content: outcome.structured_content.as_ref().map(masked_value),
            },
        }
    }

    /// Returns the text blocks, joined by line ends.
    pub fn text(&self) -> String {
        let blocks = self.content.iter();
        let texts: Vec<&str> = blocks
            .filter_map(|block| block.get("text").and_then(Value::as_str))
            .collect();
        texts.join("\n")
    }

    /// Returns the result as JSON.
    pub fn to_json(&self) -> Value {
        match &self.table {
            Some(table) => json!({"columns": table.columns, "rows": table.rows}),
            None => json!({
                "content": self.content,
                "structured_content": self.structured_content,
            }),
        }
    }

    /// Leaves out the columns and members of these names, such as element ids, which are different in every database.
    pub fn leave_out(&mut self, names: &[String]) {
        if let Some(table) = &mut self.table {
            let kept: Vec<bool> = table
                .columns
                .iter()
                .map(|column| !names.contains(column))
                .collect();
            for row in &mut table.rows {
                let mut places = kept.iter();
                row.retain(|_| places.next().copied().unwrap_or(true));
                for cell in row {
                    leave_out(cell, names);
                }
            }
            table.columns.retain(|column| !names.contains(column));
        }
        if let Some(content) = &mut self.structured_content {
            leave_out(content, names);
        }
        for block in &mut self.content {
            let text = block.get("text").and_then(Value::as_str);
            if let Some(mut value) = text.and_then(|text| serde_json::from_str(text).ok()) {
                leave_out(&mut value, names);
                if let Some(members) = block.as_object_mut() {
                    members.insert("text".to_owned(), Value::from(value.to_string()));
                }
            }
        }
    }

    fn parse(value: &Value) -> Option<Self> {
        let Some(columns) = value.get("columns") else {
            return Some(Self {
                table: None,
                content: value.get("content")?.as_array()?.clone(),
                structured_content: value
                    .get("structured_content")
                    .filter(|content| !content.is_null())
                    .cloned(),
            });
        };
        Some(Self {
            table: Some(Table {
                columns: serde_json::from_value(columns.clone()).ok()?,
                rows: serde_json::from_value(value.get("rows")?.clone()).ok()?,
                lost_temporals: Vec::new(),
            }),
            ..Self::default()
        })
    }
}

impl RecordedCall {
    /// Records a call. The result of one whose arguments held a secret is left out, since it may repeat the secret.
    pub fn new(entry: HistoryEntry, result: &Result<CallOutcome, Failure>) -> Self {
        let outcome = result.as_ref().ok().filter(|_| !entry.is_masked);
        Self {
            result: outcome.map(RecordedResult::new),
            entry,
        }
    }

    /// Returns the line of the file for the call.
    pub fn to_line(&self) -> String {
        let mut line = self.entry.to_json();
        if let (Some(members), Some(result)) = (line.as_object_mut(), &self.result) {
            members.insert("result".to_owned(), result.to_json());
        }
        line.to_string()
    }

    fn parse(line: &Value) -> Option<Self> {
        Some(Self {
            entry: HistoryEntry::parse(line)?,
            result: match line.get("result") {
                Some(result) => Some(RecordedResult::parse(result)?),
                None => None,
            },
        })
    }

    /// Returns whether the recorded call ended without an error.
    pub const fn is_success(&self) -> bool {
        match self.entry.outcome {
            HistoryOutcome::Rows(_) | HistoryOutcome::Answered => true,
            HistoryOutcome::ToolError(_)
            | HistoryOutcome::Failed(_)
            | HistoryOutcome::Cancelled => false,
        }
    }
}

/// Reads the text of a recording.
///
/// # Errors
/// Returns [`UnreadableRecording`] if a line is not of the form that this program writes. Nothing is left out silently.
pub fn read(text: &str) -> Result<Recording, UnreadableRecording> {
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let parsed = |line: &str| serde_json::from_str::<Value>(line).ok();
    let header = lines
        .next()
        .and_then(|(_, line)| parsed(line))
        .ok_or(UnreadableRecording::NoHeader)?;
    let header = RecordingHeader::parse(&header)?;
    let calls = lines
        .map(|(at, line)| {
            parsed(line)
                .as_ref()
                .and_then(RecordedCall::parse)
                .ok_or(UnreadableRecording::Line(at + 1))
        })
        .collect::<Result<_, _>>()?;
    Ok(Recording { header, calls })
}

/// Members that hold the ids that a database gives to its nodes and relationships: they are different in every database.
pub const ELEMENT_IDS: [&str; 6] = [
    "ElementId",
    "StartElementId",
    "EndElementId",
    "elementId",
    "startNodeElementId",
    "endNodeElementId",
];

/// Removes the members of these names, at any depth.
fn leave_out(value: &mut Value, names: &[String]) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !names.contains(name));
            members
                .values_mut()
                .for_each(|member| leave_out(member, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| leave_out(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns a table in which the cells of columns that look like secrets, and credentials in texts, are masked.
fn masked_table(table: &Table) -> Table {
    let mask = |row: &Vec<Value>| {
        let cells = row.iter().zip(&table.columns);
        cells
            .map(|(cell, column)| {
                if is_secret(column) && !cell.is_null() {
                    Value::from("***")
                } else {
                    masked_value(cell)
                }
            })
            .collect()
    };
    Table {
        columns: table.columns.clone(),
        rows: table.rows.iter().map(mask).collect(),
        lost_temporals: Vec::new(),
    }
}

/// Returns the arguments of the calls of a history that can be recorded again: each tool with the same arguments once, in the
/// order in which they were first made. Calls whose arguments were masked are left out.
pub fn distinct_calls<'h>(
    entries: impl Iterator<Item = &'h HistoryEntry>,
) -> Vec<(&'h str, &'h Map<String, Value>)> {
    let mut found: Vec<(&str, &Map<String, Value>)> = Vec::new();
    for entry in entries.filter(|entry| !entry.is_masked) {
        let call = (entry.tool.as_str(), &entry.arguments);
        if !found.contains(&call) {
            found.push(call);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Elapsed, McpTarget};

    fn outcome(columns: &[&str], rows: &Value) -> CallOutcome {
        CallOutcome {
            is_error: false,
            table: Some(Table {
                columns: columns.iter().map(|name| (*name).to_owned()).collect(),
                rows: serde_json::from_value(rows.clone()).unwrap(),
                lost_temporals: Vec::new(),
            }),
            content: Vec::new(),
            structured_content: None,
            json: None,
            raw: Value::Null,
            elapsed: Elapsed::default(),
            request_id: None,
            trace_id: None,
        }
    }

    fn call(arguments: &Value, outcome: CallOutcome) -> RecordedCall {
        let endpoint = McpEndpoint {
            deployment: "prod".into(),
            target: McpTarget::Default,
        };
        let result = Ok(outcome);
        let entry = HistoryEntry::new(
            (endpoint, "t___read-cypher".to_owned()),
            arguments.as_object().unwrap(),
            Moment::from_millis(1),
            HistoryOutcome::of(&result),
        );
        RecordedCall::new(entry, &result)
    }

    #[test]
    fn a_recording_is_read_as_it_was_written_and_holds_no_secret() {
        let rows = json!([["keanu", "canary-cell", {"api_key": "canary-member"}]]);
        let found = outcome(&["name", "password", "more"], &rows);
        let recorded = call(&json!({"query": "RETURN 1"}), found);
        let header = RecordingHeader {
            at: Moment::from_millis(0),
            endpoint: recorded.entry.endpoint.clone(),
            url: "https://gw.example/mcp".into(),
            server: "neo4j 1.6".into(),
            protocol: "2025-11-25".into(),
            tools: vec![json!({"name": "t___read-cypher"})],
        };
        let text = format!("{}\n{}\n", header.to_line(), recorded.to_line());
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("keanu"), "{text}");
        let read = read(&text).unwrap();
        assert_eq!(read.header, header);
        assert_eq!(read.calls, [recorded]);
    }

    #[test]
    fn a_file_of_another_form_is_refused_by_its_line() {
        assert_eq!(read(""), Err(UnreadableRecording::NoHeader));
        assert_eq!(read("{\"recording\": 99}"), Err(UnreadableRecording::Newer));
        let header = "{\"recording\":1,\"at\":0,\"deployment\":\"a\",\"called_url\":\"u\",\"server\":\"s\",\"protocol\":\"p\",\"tools\":[]}";
        assert!(read(header).is_ok());
        assert_eq!(
            read(&format!("{header}\n\n{{\"id\": 1}}")),
            Err(UnreadableRecording::Line(3))
        );
    }

    #[test]
    fn columns_and_members_are_left_out_by_name() {
        let names = ["id".to_owned(), "ElementId".to_owned()];
        let rows = json!([[{"ElementId": "4:x:1", "Props": {"n": 1}}, 7]]);
        let mut table = RecordedResult::new(&outcome(&["node", "id"], &rows));
        table.leave_out(&names);
        let expected = RecordedResult::new(&outcome(&["node"], &json!([[{"Props": {"n": 1}}]])));
        assert_eq!(table, expected);
        let mut text = RecordedResult {
            content: vec![json!({"type": "text", "text": "{\"id\":1,\"n\":2}"})],
            ..RecordedResult::default()
        };
        text.leave_out(&names);
        assert_eq!(text.text(), "{\"n\":2}");
    }

    #[test]
    fn the_result_of_a_call_with_a_secret_is_not_kept_and_the_call_not_made_again() {
        let arguments = json!({"query": "RETURN $password", "params": {"password": "canary"}});
        let found = || outcome(&["echoed"], &json!([["canary"]]));
        let secret = call(&arguments, found());
        assert!(!secret.to_line().contains("canary"), "{secret:?}");
        assert_eq!(distinct_calls([&secret.entry].into_iter()), []);
        let clear = call(&json!({"query": "RETURN 1"}), found()).entry;
        let calls = [&clear, &clear, &secret.entry];
        assert_eq!(distinct_calls(calls.into_iter()).len(), 1);
    }
}
