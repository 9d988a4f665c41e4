//! The rows of a query as a list shows them.

use super::{InsightsChart, result_time};
use crate::{
    logs::{Level, Line, summary::summary},
    model::{LogQueryResult, LogQueryStatistics, Moment},
};

/// The pointer that the service adds to each row.
const POINTER: &str = "@ptr";

/// What a query has found, complete or so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InsightsOutput {
    /// Id of the query.
    pub query_id: String,
    /// `Complete`, `Running`, or another of the service's words.
    pub status: String,
    /// What the query has read.
    pub statistics: LogQueryStatistics,
    /// The columns of its rows.
    pub columns: Vec<InsightsColumn>,
    /// Its rows.
    pub rows: Vec<InsightsRow>,
    /// Statistics over time.
    pub chart: Option<InsightsChart>,
}

/// A column of the rows of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsightsColumn {
    /// Name of the field.
    pub name: String,
    /// The widest cell, in characters.
    pub width: usize,
    /// Whether all cells are numbers.
    pub is_number: bool,
}

/// A row of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InsightsRow {
    /// Fields and values, in the order of the query, without the pointer.
    pub cells: Vec<(String, String)>,
    /// The time of its log line (`@timestamp`), if the query asked for it.
    pub at: Option<Moment>,
    /// The log group of its log line (`@log`), if the query asked for it.
    pub group: Option<String>,
    /// The level of its log line (`@message`).
    pub level: Option<Level>,
    /// What its log line says beside time, level and ids.
    pub summary: Option<String>,
}

impl InsightsRow {
    fn of(cells: Vec<(String, String)>) -> Self {
        let mut row = Self::default();
        for (name, value) in &cells {
            match name.as_str() {
                "@timestamp" => row.at = result_time(value),
                "@log" => row.group = Some(group_of_log(value).to_owned()),
                "@message" => {
                    let line = Line::read(value);
                    row.level = line.level;
                    row.summary = Some(summary(value, &line).message.into_owned());
                }
                _ => {}
            }
        }
        row.cells = cells;
        row.cells.retain(|(name, _)| name != POINTER);
        row
    }

    /// Returns the value of a field; empty if the row has none.
    pub fn cell(&self, name: &str) -> &str {
        self.cells
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }
}

/// Returns the log group's name in a value of `@log`: the service puts the account and a colon before it.
fn group_of_log(value: &str) -> &str {
    value
        .split_once(':')
        .filter(|(account, _)| account.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(value, |(_, group)| group)
}

/// The names of the columns of some rows, in the order in which they come, without the pointer.
pub fn column_names<'a>(rows: impl IntoIterator<Item = &'a [(String, String)]>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in rows.into_iter().flatten() {
        if name != POINTER && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

impl InsightsOutput {
    /// Takes a result apart. `window` is the time that the query covers.
    pub fn of(result: LogQueryResult, window: (Moment, Moment)) -> Self {
        let rows: Vec<InsightsRow> = result.rows.into_iter().map(InsightsRow::of).collect();
        let names = column_names(rows.iter().map(|row| row.cells.as_slice()));
        let columns: Vec<InsightsColumn> = names
            .iter()
            .map(|name| {
                let cells = rows.iter().map(|row| row.cell(name));
                let is_number = cells.clone().any(|cell| !cell.is_empty())
                    && cells
                        .clone()
                        .all(|cell| cell.is_empty() || cell.parse::<f64>().is_ok());
                let width = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
                InsightsColumn {
                    name: (*name).to_owned(),
                    width,
                    is_number,
                }
            })
            .collect();
        let chart = InsightsChart::of(&columns, &rows, window);
        Self {
            query_id: result.query_id,
            status: result.status,
            statistics: result.statistics,
            columns,
            rows,
            chart,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[(&str, &str)]) -> Vec<(String, String)> {
        cells
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_row_of_a_log_line_has_its_time_group_level_and_summary() {
        let result = LogQueryResult {
            rows: vec![row(&[
                ("@timestamp", "2025-11-28 17:00:00.123"),
                ("@log", "123456789012:aws/spans"),
                ("@message", r#"{"level":"ERROR","message":"it broke"}"#),
                ("took", "5"),
                ("@ptr", "p"),
            ])],
            ..LogQueryResult::default()
        };
        let output = InsightsOutput::of(result, (Moment::default(), Moment::default()));
        let row = &output.rows[0];
        assert_eq!(row.at, Some(Moment::from_millis(1_764_349_200_123)));
        assert_eq!(row.group.as_deref(), Some("aws/spans"));
        assert_eq!(row.level, Some(Level::Error));
        assert_eq!(row.summary.as_deref(), Some("it broke"));
        let numbers: Vec<(&str, bool)> = output
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.is_number))
            .collect();
        assert_eq!(
            numbers,
            [
                ("@timestamp", false),
                ("@log", false),
                ("@message", false),
                ("took", true)
            ]
        );
        assert!(output.chart.is_none());
    }
}
