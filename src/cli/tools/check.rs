//! `tools check FILE`: saved calls with what must come back. One line a check; exit 1 where one does not hold.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    model::{CallOptions, CallOutcome, Failure, Tool, pluralize},
    tools::{csv, cypher},
};

use super::{
    super::{
        context::Context,
        outcome::{CliError, CliResult, usage},
        output,
        table::{Tone, toned},
    },
    CallRoute, ToolsFormat, call,
    connect::{self, ToolConnection},
    guard, pick,
};

/// Which checks.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// A TOML file of [[check]] tables: name, cypher (with params) or tool (with arguments), and what must come back:
    /// columns, rows, row_count, contains, is_error, within_ms
    file: PathBuf,
    /// Also write the outcome as JUnit XML, which CI systems read
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    check: Vec<Case>,
}

/// One saved call.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Case {
    name: String,
    cypher: Option<String>,
    params: Map<String, Value>,
    tool: Option<String>,
    arguments: Map<String, Value>,
    columns: Option<Vec<String>>,
    rows: Option<Vec<Vec<Value>>>,
    row_count: Option<usize>,
    contains: Option<String>,
    is_error: bool,
    within_ms: Option<u64>,
}

/// Runs `tools check`.
pub(super) async fn run(context: &Context, route: &CallRoute, options: &Check) -> CliResult {
    let cases = read(&options.file)?;
    let mut results = CheckResults::new(&context.global.deployment.join(", "));
    let answer = match Box::pin(connect::connect(context, route)).await {
        Ok(connection) => {
            results.suite.name = connection.deployment.name.to_string().into();
            let ran = check_all(context, route, &connection, &cases, &mut results).await;
            connection.close().await;
            ran
        }
        Err(failure) => Err(failure.into()),
    };
    // Checks that were not reached are errors too: a report without them would look as if all was well.
    if let Err(CliError::Failed(failure)) = &answer {
        for case in cases.iter().skip(results.suite.test_cases.len()) {
            results.suite.add_test_case(error_case(case, failure));
        }
    }
    if let Some(path) = &options.junit {
        write_junit(path, results.suite)?;
    }
    answer?;
    match results.unable {
        Some(failure) => Err(CliError::Failed(failure)),
        None if results.failed > 0 => Err(CliError::Code(1)),
        None => Ok(()),
    }
}

/// What came of the checks so far.
struct CheckResults {
    suite: TestSuite,
    /// Number of checks that do not hold.
    failed: usize,
    /// Why the first of the checks that could not be made could not.
    unable: Option<Box<Failure>>,
}

impl CheckResults {
    fn new(name: &str) -> Self {
        Self {
            suite: TestSuite::new(name),
            failed: 0,
            unable: None,
        }
    }
}

/// Makes one check after the other. One that cannot be made does not keep the others from being made.
async fn check_all(
    context: &Context,
    route: &CallRoute,
    connection: &ToolConnection,
    cases: &[Case],
    results: &mut CheckResults,
) -> CliResult {
    let tools = connection.session.tools().await?;
    if route.output == ToolsFormat::Csv {
        let title = ["check", "ok", "evidence", "elapsed_ms"].map(str::to_owned);
        output::text(&csv::texts([title.as_slice()]))?;
    }
    for case in cases {
        let (wrong, elapsed) = match call_case(context, route, connection, case, &tools).await {
            Ok(outcome) => {
                let wrong = judge(case, &outcome);
                results.failed += usize::from(!wrong.is_empty());
                let test = test_case(case, &outcome, &wrong);
                results.suite.add_test_case(test);
                (wrong, outcome.elapsed.total)
            }
            Err(failure) => {
                results.suite.add_test_case(error_case(case, &failure));
                let wrong = vec![format!("could not be made: {}", failure.cause)];
                results.unable.get_or_insert(Box::new(failure));
                (wrong, 0)
            }
        };
        let has_failed = results.failed > 0 || results.unable.is_some();
        match tell(case, elapsed, &wrong, route.output) {
            // That nobody reads to the end makes no failure a success.
            Err(CliError::PipeClosed) if has_failed => return Err(CliError::Code(1)),
            shown => shown?,
        }
    }
    Ok(())
}

/// Makes the call of a check.
async fn call_case(
    context: &Context,
    route: &CallRoute,
    connection: &ToolConnection,
    case: &Case,
    tools: &[Tool],
) -> Result<CallOutcome, Failure> {
    let (tool, arguments) = prepare(case, tools)?;
    guard::refuse_in_read_only(context, connection, tool, &arguments)?;
    guard::confirm_write(route, connection, tool, &arguments)?;
    let session = &connection.session;
    session
        .call(&tool.name, arguments, CallOptions::default())
        .await
}

/// Returns a check as JUnit reports it.
fn test_case(case: &Case, outcome: &CallOutcome, wrong: &[String]) -> TestCase {
    let status = if wrong.is_empty() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(wrong.join("; "));
        status
    };
    let mut test = named_case(case, status);
    test.set_time(Duration::from_millis(outcome.elapsed.total));
    test
}

/// Returns a check that could not be made as JUnit reports it.
fn error_case(case: &Case, failure: &Failure) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(format!("{}: {}", failure.doing, failure.cause));
    named_case(case, status)
}

fn named_case(case: &Case, status: TestCaseStatus) -> TestCase {
    let mut test = TestCase::new(case.name.as_str(), status);
    test.set_classname(case.tool.as_deref().unwrap_or("cypher"));
    test
}

/// Writes the report, whole also where checks could not be made.
fn write_junit(path: &Path, suite: TestSuite) -> Result<(), Failure> {
    let mut report = Report::new("agentcore-console tools check");
    report.add_test_suite(suite);
    let failed = |error: String| usage(format!("writing {}", path.display()), error);
    let text = report
        .to_string()
        .map_err(|error| failed(error.to_string()))?;
    fs::write(path, text).map_err(|error| failed(error.to_string()))
}

/// Reads a file of checks.
///
/// # Errors
/// Usage: the file cannot be read, or not every check says what to call.
pub(super) fn read(path: &Path) -> Result<Vec<Case>, Failure> {
    let doing = || format!("reading {}", path.display());
    let text = fs::read_to_string(path).map_err(|error| usage(doing(), error.to_string()))?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        let (line, column) = (
            before.matches('\n').count() + 1,
            before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
        );
        usage(
            doing(),
            format!("line {line}, column {column}: {}", error.message()),
        )
    })?;
    let mut failure = usage(doing(), "not every check says what to call");
    for (at, case) in file.check.iter().enumerate() {
        if case.name.is_empty() {
            failure = failure.evidence(format!("check {}: no name", at + 1));
        }
        if case.cypher.is_some() == case.tool.is_some() {
            failure = failure.evidence(format!("check {}: give one of cypher and tool", at + 1));
        }
    }
    if failure.evidence.is_empty() {
        Ok(file.check)
    } else {
        Err(failure)
    }
}

/// Returns the tool of a check, and the arguments of its call.
///
/// # Errors
/// Usage: there is no such tool, or its schema takes no statement.
pub(super) fn prepare<'a>(
    case: &Case,
    tools: &'a [Tool],
) -> Result<(&'a Tool, Map<String, Value>), Failure> {
    match (&case.cypher, &case.tool) {
        (Some(statement), _) => {
            let tool = pick::pick_cypher(tools, cypher::Access::Read)?;
            let takes = cypher::CypherTool::of(tool)
                .ok_or_else(|| usage("reading its schema", "it takes no statement"))?;
            let arguments = takes
                .arguments(tool, statement, case.params.clone(), &[])
                .map_err(|wrong| call::wrong_arguments(tool, &wrong))?;
            Ok((tool, arguments))
        }
        (None, name) => Ok((
            pick::pick(tools, name.as_deref().unwrap_or(""))?,
            case.arguments.clone(),
        )),
    }
}

/// Returns all that is not as the check wants it.
fn judge(case: &Case, outcome: &CallOutcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let text = outcome.text();
    if outcome.is_error != case.is_error {
        wrong.push(if outcome.is_error {
            format!("an error: {text}")
        } else {
            "an error was expected".into()
        });
    }
    let (columns, rows) = outcome.table.as_ref().map_or((&[][..], &[][..]), |table| {
        (&table.columns[..], &table.rows[..])
    });
    if let Some(expected) = case
        .columns
        .as_ref()
        .filter(|expected| expected[..] != *columns)
    {
        wrong.push(format!("columns {columns:?} instead of {expected:?}"));
    }
    if let Some(expected) = case.rows.as_ref().filter(|expected| expected[..] != *rows) {
        wrong.push(format!(
            "rows {} instead of {}",
            json!(rows),
            json!(expected)
        ));
    }
    if let Some(expected) = case.row_count.filter(|expected| *expected != rows.len()) {
        wrong.push(format!(
            "{} instead of {expected}",
            pluralize(rows.len(), "row")
        ));
    }
    if let Some(expected) = case
        .contains
        .as_ref()
        .filter(|expected| !text.contains(expected.as_str()))
    {
        wrong.push(format!("no \"{expected}\" in the answer"));
    }
    if let Some(limit) = case
        .within_ms
        .filter(|limit| outcome.elapsed.total > *limit)
    {
        wrong.push(format!("{} ms, more than {limit}", outcome.elapsed.total));
    }
    wrong
}

fn tell(case: &Case, elapsed: u64, wrong: &[String], format: ToolsFormat) -> CliResult {
    let ok = wrong.is_empty();
    match format {
        ToolsFormat::Json | ToolsFormat::Jsonl => {
            let line =
                json!({"check": case.name, "ok": ok, "evidence": wrong, "elapsed_ms": elapsed});
            return Ok(output::json_line(&line)?);
        }
        ToolsFormat::Csv => {
            let cells = [
                case.name.clone(),
                ok.to_string(),
                wrong.join("; "),
                elapsed.to_string(),
            ];
            return Ok(output::text(&csv::texts([cells.as_slice()]))?);
        }
        ToolsFormat::Table => {}
    }
    let (word, tone) = if ok {
        ("ok", Tone::Good)
    } else {
        ("FAIL", Tone::Bad)
    };
    let why = if ok {
        String::new()
    } else {
        format!(": {}", wrong.join("; "))
    };
    let rest = crate::model::sanitize(&format!("{}{why}  {elapsed} ms", case.name)).into_owned();
    Ok(output::text(&format!(
        "{}  {rest}",
        toned(&format!("{word:<4}"), tone)
    ))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Elapsed, Table};

    #[test]
    fn every_expectation_can_fail() {
        let outcome = CallOutcome {
            is_error: false,
            table: Some(Table {
                columns: vec!["n".into()],
                rows: vec![vec![json!(5)]],
                lost_temporals: Vec::new(),
            }),
            content: vec![json!({"type": "text", "text": "[{\"n\":5}]"})],
            structured_content: None,
            raw: Value::Null,
            elapsed: Elapsed {
                total: 12,
                ..Elapsed::default()
            },
            request_id: None,
            trace_id: None,
            json: None,
        };
        let wrong = |text: &str| judge(&toml::from_str::<Case>(text).unwrap(), &outcome).len();
        assert_eq!(
            wrong(
                "columns = [\"n\"]\nrows = [[5]]\nrow_count = 1\ncontains = \"5\"\nwithin_ms = 12"
            ),
            0
        );
        for text in [
            "columns = [\"m\"]",
            "rows = [[6]]",
            "row_count = 2",
            "contains = \"6\"",
            "within_ms = 11",
            "is_error = true",
        ] {
            assert_eq!(wrong(text), 1, "{text}");
        }
    }
}
