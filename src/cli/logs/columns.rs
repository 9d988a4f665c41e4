//! Log lines as columns: the fields that were asked for, aligned for people or as CSV.

use clap::ValueEnum;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    logs::{Level, Line, LineFields},
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

    /// Appends a line, with the titles before the first one.
    pub(super) fn push_line(
        &mut self,
        format: LogsFormat,
        time: String,
        (event, line, shown): (&LogEvent, &Line, &str),
        deployment: Option<&str>,
        out: &mut String,
    ) {
        self.push_header(format, out);
        let json = LineFields::parse(shown);
        let mut cells = vec![time, event.group.to_string()];
        cells.extend(self.fields.iter().map(|name| {
            let stated = json.as_ref().and_then(|json| json.get(name));
            stated
                .or_else(|| own_field(name, event, line, shown, deployment))
                .unwrap_or_default()
        }));
        self.push_cells(format, cells, out);
    }

    fn push_cells(&mut self, format: LogsFormat, cells: Vec<String>, out: &mut String) {
        let cells = cells.into_iter().map(|cell| sanitize(&cell).into_owned());
        if format == LogsFormat::Csv {
            out.push_str(&csv_line(cells));
            return;
        }
        let last = self.widths.len().saturating_sub(1);
        for (index, (cell, width)) in cells.zip(&mut self.widths).enumerate() {
            out.push_str(&cell);
            if index < last {
                *width = (*width).max(cell.width().min(MAX_WIDTH));
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
            table.push_line(format, "10:00".to_owned(), seen, Some("prod"), &mut out);
        }
        out
    }

    #[test]
    fn fields_of_json_lines_and_of_the_line_itself_are_columns() {
        assert_eq!(
            printed(LogsFormat::Table, &["http.status", "level", "deployment"]),
            "TIMESTAMP  SOURCE  HTTP.STATUS  LEVEL  DEPLOYMENT\n\
             10:00      /g      502          WARN   prod\n\
             10:00      /g                   error  prod\n"
        );
        assert_eq!(
            printed(LogsFormat::Csv, &[]),
            "timestamp,source,level,message\r\n10:00,/g,WARN,\"slow, a bit\"\r\n10:00,/g,error,ERROR plain\r\n"
        );
    }
}
