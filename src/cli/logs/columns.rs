//! Log lines as columns: the fields that were asked for, aligned for people or as CSV.

use clap::ValueEnum;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    logs::{Level, Line, LineFields, summary::summary},
    model::{LogEvent, sanitize},
};

use super::query::csv_line;

/// How to print lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogsFormat {
    /// For people.
    Text,
    /// A line of JSON for each line.
    Json,
    /// Fields in columns.
    Table,
    /// Fields for spreadsheets.
    Csv,
}

/// The widest column, in columns of the screen. The last one is as wide as it has to be.
const MAX_WIDTH: usize = 40;
/// The fields of a table or of CSV if none are named.
const DEFAULT_FIELDS: [&str; 2] = ["level", "message"];

/// Columns of fields, which grow with what comes: lines are printed as they arrive.
pub(super) struct FieldTable {
    fields: Vec<String>,
    widths: Vec<usize>,
    has_header: bool,
    /// Rows of a table that wait until the width of their columns is known.
    rows: Vec<Vec<String>>,
}

impl FieldTable {
    /// Returns a table of these fields behind the time and the source of each line.
    pub(super) fn new(fields: &[String]) -> Self {
        let fields: Vec<String> = if fields.is_empty() {
            DEFAULT_FIELDS.map(str::to_owned).to_vec()
        } else {
            fields.to_vec()
        };
        let mut table = Self {
            widths: Vec::new(),
            has_header: false,
            rows: Vec::new(),
            fields,
        };
        table.widths = table.titles().iter().map(|title| title.width()).collect();
        table
    }

    fn titles(&self) -> Vec<String> {
        let fixed = ["timestamp", "source"].map(str::to_owned);
        fixed.into_iter().chain(self.fields.clone()).collect()
    }

    /// Appends the titles, unless they were printed already.
    pub(super) fn push_header(&mut self, format: LogsFormat, out: &mut String) {
        if !std::mem::replace(&mut self.has_header, true) {
            let titles = self.titles();
            let cells = match format {
                LogsFormat::Csv => titles,
                LogsFormat::Table | LogsFormat::Text | LogsFormat::Json => {
                    titles.iter().map(|title| title.to_uppercase()).collect()
                }
            };
            self.push_cells(format, cells, out);
        }
    }

    /// Adds a line with its time and the name of its source. CSV is appended at once, after the titles; the rows of a table wait for
    /// [`FieldTable::push_rows`].
    pub(super) fn push_line(
        &mut self,
        format: LogsFormat,
        (time, source): (String, String),
        (event, line, shown): (&LogEvent, &Line, &str),
        deployment: Option<&str>,
        out: &mut String,
    ) {
        let json = LineFields::parse(shown);
        let mut cells = vec![time, source];
        cells.extend(self.fields.iter().map(|name| {
            let stated = || json.as_ref().and_then(|json| json.get(name));
            // Each program spells its levels otherwise; the column has one spelling.
            let level = line.level.filter(|_| name == "level");
            // A table is for people, as text is.
            let is_shown = name == "message" && format != LogsFormat::Csv;
            level
                .map(|level| level.as_str().to_owned())
                .or_else(|| is_shown.then(|| summary(shown.trim_end(), line).message.into_owned()))
                .or_else(stated)
                .or_else(|| own_field(name, event, line, shown, deployment))
                .unwrap_or_default()
        }));
        if format == LogsFormat::Csv {
            self.push_header(format, out);
            self.push_cells(format, cells, out);
        } else {
            self.rows.push(cells);
        }
    }

    /// Appends the rows that wait, with the titles before the first one. Their columns are as wide as their widest cell.
    pub(super) fn push_rows(&mut self, format: LogsFormat, out: &mut String) {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return;
        }
        for cells in &rows {
            for (cell, width) in cells.iter().zip(&mut self.widths) {
                *width = (*width).max(sanitize(cell).width().min(MAX_WIDTH));
            }
        }
        self.push_header(format, out);
        for cells in rows {
            self.push_cells(format, cells, out);
        }
    }

    fn push_cells(&mut self, format: LogsFormat, cells: Vec<String>, out: &mut String) {
        let cells = cells.into_iter().map(|cell| sanitize(&cell).into_owned());
        if format == LogsFormat::Csv {
            out.push_str(&csv_line(cells));
            return;
        }
        let last = self.widths.len().saturating_sub(1);
        for (index, (cell, width)) in cells.zip(&self.widths).enumerate() {
            out.push_str(&cell);
            if index < last {
                let gap = width.saturating_sub(cell.width()) + 2;
                out.push_str(&" ".repeat(gap));
            }
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
}

/// Returns what a line says of itself under one of the names of `-o json`, for lines whose JSON has no member of that name.
fn own_field(
    name: &str,
    event: &LogEvent,
    line: &Line,
    shown: &str,
    deployment: Option<&str>,
) -> Option<String> {
    match name {
        "level" => line.level.map(|level| Level::as_str(level).to_owned()),
        "message" => Some(
            line.message
                .as_deref()
                .unwrap_or_else(|| shown.trim_end())
                .to_owned(),
        ),
        "stream" => Some(event.stream.to_string()),
        "deployment" => deployment.map(str::to_owned),
        "id" => event.id.clone(),
        "ingestion_time" => Some(event.ingestion.millis().to_string()),
        "trace_id" => line.trace_id.clone(),
        "span_id" => line.span_id.clone(),
        "session_id" => line.session_id.clone(),
        "request_id" => line.request_id.clone(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn printed(format: LogsFormat, fields: &[&str]) -> String {
        let fields: Vec<String> = fields.iter().map(|name| (*name).to_owned()).collect();
        let mut table = FieldTable::new(&fields);
        let mut out = String::new();
        for text in [
            r#"{"level":"WARN","message":"slow, a bit","http":{"status":502}}"#,
            "ERROR plain",
        ] {
            let event = LogEvent {
                timestamp: Moment::from_millis(0),
                ingestion: Moment::from_millis(5),
                group: "/g".into(),
                stream: "s".into(),
                id: None,
                message: text.into(),
            };
            let line = Line::read(text);
            let seen = (&event, &line, text);
            let place = ("10:00".to_owned(), "/g".to_owned());
            table.push_line(format, place, seen, Some("prod"), &mut out);
        }
        table.push_rows(format, &mut out);
        out
    }

    #[test]
    fn fields_of_json_lines_and_of_the_line_itself_are_columns() {
        assert_eq!(
            printed(LogsFormat::Table, &["http.status", "level", "deployment"]),
            "TIMESTAMP  SOURCE  HTTP.STATUS  LEVEL  DEPLOYMENT\n\
             10:00      /g      502          warn   prod\n\
             10:00      /g                   error  prod\n"
        );
        assert_eq!(
            printed(LogsFormat::Csv, &[]),
            "timestamp,source,level,message\r\n10:00,/g,warn,\"slow, a bit\"\r\n10:00,/g,error,ERROR plain\r\n"
        );
    }
}
