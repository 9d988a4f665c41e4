//! Tools and results on stdout: as a table, as JSON, as CSV. Hints go to stderr.

use serde_json::{Value, json};

use crate::{
    model::{CallOutcome, Table, Tool, pluralize, sanitize, with_separators},
    tools::{
        cells, csv, cypher, json_lines,
        permission::{self, ToolEffect},
        plan::{self, PlanOperator},
    },
};

use super::{
    super::{
        outcome::{CliError, CliResult},
        output,
        table::{Cell, ColumnFit, TextTable, Tone},
    },
    ToolsFormat,
};

/// Where a call went.
pub(super) struct CallLabel {
    /// The deployment whose sign-in was used.
    pub(super) deployment: String,
    /// The address of the endpoint.
    pub(super) endpoint: String,
}

/// Prints the tools of a server.
pub(super) fn tools(tools: &[Tool], format: ToolsFormat) -> CliResult {
    match format {
        ToolsFormat::Json => {
            output::json(
                &json!({"tools": tools.iter().map(|tool| &tool.raw).collect::<Vec<_>>()}),
            )?;
        }
        ToolsFormat::Jsonl => {
            for tool in tools {
                output::json_line(&tool.raw)?;
            }
        }
        ToolsFormat::Csv => {
            let title = ["name", "effect", "description"].map(str::to_owned);
            let rows: Vec<[String; 3]> = std::iter::once(title)
                .chain(tools.iter().map(|tool| {
                    [tool.name.as_str(), effect_of(tool).0, first_line(tool)].map(str::to_owned)
                }))
                .collect();
            output::text(&csv::texts(rows.iter().map(<[String; 3]>::as_slice)))?;
        }
        ToolsFormat::Table => {
            let mut table = TextTable::new(["TARGET", "TOOL", "EFFECT", "DESCRIPTION"])
                .fit("TARGET", ColumnFit::Middle)
                .fit("TOOL", ColumnFit::Middle)
                .fit("DESCRIPTION", ColumnFit::First);
            for tool in tools {
                let (target, own) = tool.parts();
                let (word, tone) = effect_of(tool);
                table.row(vec![
                    Cell::new(target.unwrap_or("")),
                    Cell::new(own),
                    Cell::new(word).tone(tone),
                    Cell::new(first_line(tool)),
                ]);
            }
            table.print()?;
        }
    }
    Ok(())
}

/// Returns what read-only mode goes by.
fn effect_of(tool: &Tool) -> (&'static str, Tone) {
    let effect = permission::effect(tool);
    let tone = match effect {
        ToolEffect::Writes => Tone::Attention,
        ToolEffect::Reads => Tone::Good,
        ToolEffect::Unknown => Tone::Dim,
    };
    (effect.as_str(), tone)
}

fn first_line(tool: &Tool) -> &str {
    tool.description
        .as_deref()
        .or(tool.title.as_deref())
        .unwrap_or("")
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("")
}

/// Prints the outcome of a call; what to know beside it on stderr.
pub(super) fn outcome(
    label: &CallLabel,
    outcome: &CallOutcome,
    query: Option<&str>,
    format: ToolsFormat,
) -> CliResult {
    let shown = match (format, &outcome.table) {
        (ToolsFormat::Json, _) => Ok(output::json(&whole(label, outcome))?),
        (_, _) if outcome.is_error => {
            output::note(&format!(
                "error: {}",
                query.map_or_else(|| outcome.text(), |query| explained(&outcome.text(), query))
            ));
            Ok(())
        }
        (ToolsFormat::Table, _) if plan_of(outcome).is_some() => {
            Ok(plan(&plan_of(outcome).unwrap_or_default()).print()?)
        }
        (ToolsFormat::Csv, Some(rows)) => Ok(output::text(&csv::table(rows))?),
        (ToolsFormat::Table, Some(rows)) => Ok(table(rows).print()?),
        (ToolsFormat::Jsonl, Some(rows)) => Ok(output::text(&json_lines::table(rows))?),
        (ToolsFormat::Csv | ToolsFormat::Jsonl, None) => {
            output::note("error: the result is no table: -o json shows it");
            Err(CliError::Code(1))
        }
        (ToolsFormat::Table, None) => Ok(content(outcome)?),
    };
    shown?;
    if let (true, ToolsFormat::Json, Some(query)) = (outcome.is_error, format, query) {
        output::note(&format!("error: {}", explained(&outcome.text(), query)));
    }
    if let Some(query) = query
        && let Some(error) = outcome
            .is_error
            .then(|| cypher::syntax_error(&outcome.text(), query))
            .flatten()
    {
        output::note(&format!("  {}", error.source));
        output::note(&format!(
            "  {}^ line {}, column {}",
            " ".repeat(error.indent),
            error.line,
            error.column
        ));
    }
    if let Some(rows) = &outcome.table {
        hints(rows, outcome, format);
    }
    Ok(())
}

/// Returns a syntax error without the server's own picture of the statement, which has its EXPLAIN in it.
fn explained(text: &str, query: &str) -> String {
    cypher::syntax_error(text, query).map_or_else(|| text.to_owned(), |error| error.message)
}

fn hints(rows: &Table, outcome: &CallOutcome, format: ToolsFormat) {
    if format == ToolsFormat::Table {
        output::note(&format!(
            "{}, {} ms",
            pluralize(rows.rows.len(), "row"),
            outcome.elapsed.total
        ));
    }
    for column in &rows.lost_temporals {
        output::note(&format!(
            "hint: {column} holds a date or time that the server lost on the route (it arrives as {{}}): return toString({column}) instead"
        ));
    }
}

fn whole(label: &CallLabel, outcome: &CallOutcome) -> Value {
    json!({
        "deployment": label.deployment,
        "endpoint": label.endpoint,
        "is_error": outcome.is_error,
        "columns": outcome.table.as_ref().map(|table| &table.columns),
        "rows": outcome.table.as_ref().map(|table| &table.rows),
        "content": outcome.content,
        "structured_content": outcome.structured_content,
        "elapsed_ms": outcome.elapsed,
        "request_id": outcome.request_id,
        "trace_id": outcome.trace_id,
    })
}

fn table(rows: &Table) -> TextTable {
    let mut table = TextTable::new(rows.columns.iter().map(String::as_str));
    for row in &rows.rows {
        let cells = row.iter().map(|value| {
            let cell = Cell::new(&cells::shown(value));
            match value {
                Value::Number(_) => cell.right(),
                Value::Null => cell.tone(Tone::Dim),
                Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => cell,
            }
        });
        table.row(cells.collect());
    }
    table
}

fn plan_of(outcome: &CallOutcome) -> Option<Vec<PlanOperator>> {
    let json = outcome
        .json
        .as_ref()
        .or(outcome.structured_content.as_ref());
    plan::parse(json?)
}

/// Returns a plan as a tree: each operator below the one that takes its rows.
fn plan(operators: &[PlanOperator]) -> TextTable {
    let is_profiled = operators.iter().any(|operator| operator.db_hits.is_some());
    let counted: &[&str] = if is_profiled {
        &["ROWS", "DB HITS"]
    } else {
        &[]
    };
    let titles = [["OPERATOR", "ESTIMATED"].as_slice(), counted, &["ON"]].concat();
    let mut table = TextTable::new(titles);
    let number = |value: Option<u64>| {
        let text = value.map_or_else(String::new, with_separators);
        Cell::new(&text).right()
    };
    for operator in operators {
        let estimated = operator.estimated_rows;
        let estimated = estimated.map_or_else(String::new, |rows| format!("{rows:.0}"));
        let mut cells = vec![
            Cell::new(&operator.indented_name()),
            Cell::new(&estimated).right(),
        ];
        if is_profiled {
            cells.extend([number(operator.rows), number(operator.db_hits)]);
        }
        cells.push(Cell::new(&operator.details_or_identifiers()));
        table.row(cells);
    }
    table
}

/// Prints a block that is no text. An image or a recording is named, not printed.
fn block_without_text(block: &Value) -> CliResult {
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    let Some(data) = text("data").filter(|_| matches!(text("type"), Some("image" | "audio")))
    else {
        return Ok(output::json(block)?);
    };
    let bytes = data.trim_end_matches('=').len() * 3 / 4;
    output::note(&format!(
        "{} of {} ({bytes} bytes) is not printed: -o json has it",
        text("type").unwrap_or("data"),
        text("mimeType").unwrap_or("an unknown type"),
    ));
    Ok(())
}

/// Content that is no table: texts as they are, line by line sanitised; other blocks by name.
fn content(outcome: &CallOutcome) -> CliResult {
    for block in &outcome.content {
        match block.get("text").and_then(Value::as_str) {
            Some(text) => {
                let pretty = serde_json::from_str::<Value>(text)
                    .ok()
                    .filter(|value| value.is_object() || value.is_array());
                let text = pretty
                    .and_then(|value| serde_json::to_string_pretty(&value).ok())
                    .unwrap_or_else(|| text.to_owned());
                output::text(&text.lines().map(sanitize).collect::<Vec<_>>().join("\n"))?;
            }
            None => block_without_text(block)?,
        }
    }
    if outcome.content.is_empty()
        && let Some(structured) = &outcome.structured_content
    {
        output::json(structured)?;
    }
    if outcome.content.is_empty() && outcome.structured_content.is_none() {
        output::note("the result is empty");
    }
    Ok(())
}
