//! What is different between a recording and what an endpoint answers now.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{RecordedCall, RecordedResult};
use crate::{
    kinds::all_differences,
    model::{Table, Tool, pluralize},
    tools::{
        history::HistoryOutcome,
        row_diff::{RowDiff, row_diff},
    },
};

/// Differences of one call that are named; the others are counted.
const NAMED: usize = 5;
/// Characters of a row or value that are shown.
const SHOWN: usize = 160;

/// How the result of a call differs from the recorded one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallComparison {
    /// Rows that only the new result has.
    pub added: usize,
    /// Rows that only the recorded result has.
    pub removed: usize,
    /// The differences in sentences; empty if the results are the same.
    pub evidence: Vec<String>,
}

/// A tool whose listing is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolDifference {
    /// The name of the tool.
    pub tool: String,
    /// The difference.
    pub change: ToolChange,
}

/// How the listing of a tool is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChange {
    /// The endpoint has the tool, the recording does not.
    Added,
    /// The recording has the tool, the endpoint does not.
    Removed,
    /// Members are different; their paths.
    Members(Vec<String>),
}

impl ToolChange {
    /// Returns the change in words.
    pub fn words(&self) -> String {
        match self {
            Self::Added => "new".to_owned(),
            Self::Removed => "gone".to_owned(),
            Self::Members(paths) => format!("changed: {}", paths.join(", ")),
        }
    }
}

/// Finds the tool of an endpoint that stands for a recorded one: that of the same whole name, else the only one with the same
/// own name. The names of targets are different from deployment to deployment.
pub fn matching_tool<'t>(name: &str, tools: &'t [Tool]) -> Option<&'t Tool> {
    let whole = tools.iter().find(|tool| tool.name == name);
    whole.or_else(|| {
        let own = own_name(name);
        let mut same = tools.iter().filter(|tool| tool.parts().1 == own);
        same.next().filter(|_| same.next().is_none())
    })
}

/// Compares the tools of a recording with those that an endpoint lists now.
pub fn compare_tools(recorded: &[Value], tools: &[Tool]) -> Vec<ToolDifference> {
    let mut left: BTreeMap<&str, &Tool> = tools
        .iter()
        .map(|tool| (tool.name.as_str(), tool))
        .collect();
    let mut found = Vec::new();
    for before in recorded {
        let name = before.get("name").and_then(Value::as_str).unwrap_or("");
        let difference = |change| ToolDifference {
            tool: name.to_owned(),
            change,
        };
        let Some(now) = matching_tool(name, tools) else {
            found.push(difference(ToolChange::Removed));
            continue;
        };
        left.remove(now.name.as_str());
        let mut changed = all_differences(before, &now.raw);
        changed.remove("name");
        if !changed.is_empty() {
            let paths = changed.into_keys().collect();
            found.push(difference(ToolChange::Members(paths)));
        }
    }
    found.extend(left.into_keys().map(|name| ToolDifference {
        tool: name.to_owned(),
        change: ToolChange::Added,
    }));
    found
}

/// Compares a recorded call with the same call now. Both results are masked in the same way.
pub fn compare_calls(
    recorded: &RecordedCall,
    now: Option<&RecordedResult>,
    outcome: &HistoryOutcome,
) -> CallComparison {
    let before = &recorded.entry.outcome;
    if recorded.is_success() != outcome.is_success() {
        return sentence(format!("{} instead of {}", said(outcome), said(before)));
    }
    if !outcome.is_success() {
        return if before.is_alike(outcome) {
            CallComparison::default()
        } else {
            sentence(format!("{} instead of {}", said(outcome), said(before)))
        };
    }
    let (Some(before), Some(now)) = (&recorded.result, now) else {
        return sentence("the recording holds no result of this call".to_owned());
    };
    match (&before.table, &now.table) {
        (Some(before), Some(now)) => compare_tables(before, now, sorts(&recorded.entry.arguments)),
        (Some(_), None) => sentence("the result is no table any more".to_owned()),
        (None, Some(_)) => sentence("the result is a table now".to_owned()),
        (None, None) => compare_contents(before, now),
    }
}

/// Returns whether a call asks for an order of its rows.
fn sorts(arguments: &Map<String, Value>) -> bool {
    let mut texts = arguments.values().filter_map(Value::as_str);
    texts.any(|text| {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        words.windows(2).any(|pair| pair == ["order", "by"])
    })
}

/// Compares two tables. The order of the rows counts where the call asks for one.
fn compare_tables(before: &Table, now: &Table, is_sorted: bool) -> CallComparison {
    let mut found = CallComparison::default();
    if before.columns != now.columns {
        found.evidence.push(format!(
            "columns {} instead of {}",
            now.columns.join(", "),
            before.columns.join(", ")
        ));
    }
    let diff = row_diff(before, now);
    (found.added, found.removed) = (diff.added.len(), diff.removed.len());
    if is_sorted
        && found.evidence.is_empty()
        && diff == RowDiff::default()
        && !is_same_order(before, now)
    {
        return sentence("the same rows in another order".to_owned());
    }
    let text = |table: &Table, places: &[usize], at: usize| {
        let row = places.get(at).and_then(|place| table.rows.get(*place));
        row.map(|row| Value::from(row.clone()).to_string())
    };
    let rows = [
        ('-', (before, &diff.removed), (now, &diff.added)),
        ('+', (now, &diff.added), (before, &diff.removed)),
    ];
    for (sign, (table, places), (other, other_places)) in rows {
        for at in 0..places.len().min(NAMED) {
            let Some(row) = text(table, places, at) else {
                continue;
            };
            let counterpart = text(other, other_places, at).unwrap_or_default();
            let shown = cut_around(&row, common_prefix(&row, &counterpart));
            found.evidence.push(format!("{sign} {shown}"));
        }
        let more = places.len().saturating_sub(NAMED);
        if more > 0 {
            let rows = pluralize(more, "more row");
            found.evidence.push(format!("{sign} … {rows}"));
        }
    }
    found
}

fn compare_contents(before: &RecordedResult, now: &RecordedResult) -> CallComparison {
    let (one, other) = (readable(before), readable(now));
    let differences = all_differences(&one, &other);
    let more = differences.len().saturating_sub(NAMED);
    let shown = |value: Option<Value>| {
        value.map_or_else(|| "nothing".to_owned(), |value| cut(&value.to_string()))
    };
    let mut found = CallComparison::default();
    for (path, (from, to)) in differences.into_iter().take(NAMED) {
        let (from, to) = (shown(from), shown(to));
        found.evidence.push(if path.is_empty() {
            format!("{to} instead of {from}")
        } else {
            format!("{path}: {to} instead of {from}")
        });
    }
    if more > 0 {
        let members = pluralize(more, "more member");
        found.evidence.push(format!("… {members}"));
    }
    found
}

/// Returns a result that is no table as JSON: its structured content, else its text as JSON if it is that, else its blocks.
fn readable(result: &RecordedResult) -> Value {
    let text = || serde_json::from_str(&result.text()).ok();
    result
        .structured_content
        .clone()
        .or_else(text)
        .unwrap_or_else(|| Value::from(result.content.clone()))
}

fn said(outcome: &HistoryOutcome) -> String {
    match outcome {
        HistoryOutcome::Rows(_) | HistoryOutcome::Answered | HistoryOutcome::Cancelled => {
            outcome.words()
        }
        HistoryOutcome::ToolError(message) => format!("an error ({})", cut(message)),
        HistoryOutcome::Failed(why) => format!("a failure ({})", cut(why)),
    }
}

fn sentence(text: String) -> CallComparison {
    CallComparison {
        evidence: vec![text],
        ..CallComparison::default()
    }
}

fn own_name(name: &str) -> &str {
    name.split_once("___").map_or(name, |(_, own)| own)
}

/// Returns how many characters two texts begin with alike.
fn common_prefix(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs.take_while(|(one, other)| one == other).count()
}

/// Returns as much of a text as is shown, so that the character `at` is in it.
fn cut_around(text: &str, at: usize) -> String {
    if at < SHOWN * 3 / 4 {
        return cut(text);
    }
    let rest: String = text.chars().skip(at - SHOWN / 4).collect();
    format!("…{}", cut(&rest))
}

/// Returns whether two tables with the same rows have them in the same order.
fn is_same_order(before: &Table, now: &Table) -> bool {
    let columns: Vec<Option<usize>> = before
        .columns
        .iter()
        .map(|name| now.columns.iter().position(|other| other == name))
        .collect();
    before.rows.iter().zip(&now.rows).all(|(before, now)| {
        let mut cells = columns.iter().zip(before);
        cells.all(|(column, cell)| column.and_then(|column| now.get(column)) == Some(cell))
    })
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        model::{McpEndpoint, McpTarget, Moment, ToolAnnotations},
        tools::history::HistoryEntry,
    };

    fn recorded(outcome: HistoryOutcome, result: Option<RecordedResult>) -> RecordedCall {
        let endpoint = McpEndpoint {
            deployment: "prod".into(),
            target: McpTarget::Default,
        };
        let key = (endpoint, "t___echo".to_owned());
        RecordedCall {
            entry: HistoryEntry::new(key, &Map::new(), Moment::from_millis(1), outcome),
            result,
        }
    }

    fn rows(rows: Value) -> RecordedResult {
        RecordedResult {
            table: Some(Table {
                columns: vec!["n".into()],
                rows: serde_json::from_value(rows).unwrap(),
                lost_temporals: Vec::new(),
            }),
            ..RecordedResult::default()
        }
    }

    fn tool(name: &str, description: &str) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: Value::Null,
            annotations: ToolAnnotations::default(),
            raw: json!({"name": name, "description": description}),
        }
    }

    #[test]
    fn rows_are_compared_whatever_their_order_and_more_rows_than_are_named_are_counted() {
        let before = recorded(HistoryOutcome::Rows(2), Some(rows(json!([[1], [2]]))));
        let same = rows(json!([[2], [1]]));
        assert_eq!(
            compare_calls(&before, Some(&same), &HistoryOutcome::Rows(2)),
            CallComparison::default()
        );
        let now = rows(json!([[1], [3], [4], [5], [6], [7], [8]]));
        let found = compare_calls(&before, Some(&now), &HistoryOutcome::Rows(7));
        assert_eq!((found.added, found.removed), (6, 1));
        assert_eq!(found.evidence.first().unwrap(), "- [2]");
        assert_eq!(found.evidence.last().unwrap(), "+ … 1 more row");
    }

    #[test]
    fn the_order_of_rows_counts_where_the_call_sorts_and_evidence_shows_what_differs() {
        let asked = |statement: &str| {
            let mut call = recorded(HistoryOutcome::Rows(2), Some(rows(json!([[1], [2]]))));
            let statement = json!({"query": statement});
            call.entry.arguments = statement.as_object().unwrap().clone();
            call
        };
        let turned = rows(json!([[2], [1]]));
        let compare = |statement: &str| {
            let before = asked(statement);
            compare_calls(&before, Some(&turned), &HistoryOutcome::Rows(2)).evidence
        };
        assert_eq!(
            compare("RETURN n\norder  BY n"),
            ["the same rows in another order"]
        );
        assert_eq!(compare("RETURN n"), Vec::<String>::new());
        let long = "x".repeat(500);
        let before = recorded(
            HistoryOutcome::Rows(1),
            Some(rows(json!([[format!("{long}before")]]))),
        );
        let now = rows(json!([[format!("{long}now")]]));
        let found = compare_calls(&before, Some(&now), &HistoryOutcome::Rows(1));
        assert!(
            found.evidence[0].contains("before") && found.evidence[1].contains("now"),
            "{found:?}"
        );
    }

    #[test]
    fn an_error_in_place_of_a_result_is_a_difference_and_the_same_error_is_none() {
        let before = recorded(HistoryOutcome::Answered, Some(RecordedResult::default()));
        let failed = HistoryOutcome::ToolError("no such label".into());
        let found = compare_calls(&before, Some(&RecordedResult::default()), &failed);
        assert_eq!(found.evidence, ["an error (no such label) instead of ok"]);
        let before = recorded(failed.clone(), Some(RecordedResult::default()));
        assert_eq!(
            compare_calls(&before, None, &failed),
            CallComparison::default()
        );
    }

    #[test]
    fn members_of_json_are_compared_by_path() {
        let text = |value: Value| RecordedResult {
            content: vec![json!({"type": "text", "text": value.to_string()})],
            ..RecordedResult::default()
        };
        let before = recorded(
            HistoryOutcome::Answered,
            Some(text(json!({"status": "old", "size": 1}))),
        );
        let now = text(json!({"size": 1, "status": "new"}));
        let found = compare_calls(&before, Some(&now), &HistoryOutcome::Answered);
        assert_eq!(found.evidence, ["status: \"new\" instead of \"old\""]);
    }

    #[test]
    fn tools_are_matched_across_targets_by_their_own_name() {
        let before = [
            json!({"name": "prod___read", "description": "reads"}),
            json!({"name": "prod___gone", "description": "x"}),
        ];
        let now = [
            tool("staging___read", "reads more"),
            tool("staging___new", "y"),
        ];
        let found = compare_tools(&before, &now);
        let words: Vec<(&str, String)> = found
            .iter()
            .map(|difference| (difference.tool.as_str(), difference.change.words()))
            .collect();
        assert_eq!(
            words,
            [
                ("prod___read", "changed: description".to_owned()),
                ("prod___gone", "gone".to_owned()),
                ("staging___new", "new".to_owned()),
            ]
        );
        let twice = [tool("x___read", "reads"), tool("y___read", "reads")];
        assert!(
            matching_tool("prod___read", &twice).is_none(),
            "two tools of that name: neither is taken"
        );
    }
}
