//! Export of what is shown: lines as text or JSON lines, calls, patterns and rows of a query as JSON lines.

use serde_json::{Map, Value, json};

use super::{Logs, LogsView};
use crate::{
    logs::{
        source_word,
        store::{Body, Entry},
    },
    messages::Effect,
    screens::ScreenUpdate,
};

impl Logs {
    /// Writes what is shown, or the marked lines, to a file: JSON lines if its name ends in `.jsonl` or `.json`, otherwise
    /// text.
    pub(super) fn export(&self, path: &str, marked_only: bool) -> ScreenUpdate {
        let ending = path.rsplit('.').next().unwrap_or_default();
        let is_json = ["jsonl", "json"]
            .iter()
            .any(|json| ending.eq_ignore_ascii_case(json));
        let lines: Vec<String> = match self.view {
            LogsView::Lines => self.exported_lines(is_json, marked_only),
            LogsView::Calls => self
                .calls
                .rows()
                .iter()
                .map(|call| escaped(&call.json()))
                .collect(),
            LogsView::Patterns => self
                .patterns
                .rows()
                .iter()
                .map(|pattern| {
                    escaped(&json!({
                        "count": pattern.count,
                        "pattern": *pattern.text,
                        "level": pattern.level,
                        "source": pattern.source,
                        "first_at": pattern.first_at.iso(),
                        "last_at": pattern.last_at.iso(),
                    }))
                })
                .collect(),
            LogsView::Query => self.exported_query_rows(),
        };
        ScreenUpdate::effect(Effect::ExportTo {
            path: path.to_owned(),
            text: lines.join("\n") + "\n",
            amount: None,
            replaces: false,
        })
    }
}

impl Logs {
    fn exported_query_rows(&self) -> Vec<String> {
        let rows = self.query.output.rows.iter();
        rows.map(|row| {
            let cells = row.cells.iter();
            let members: Map<String, Value> = cells
                .map(|(name, value)| (name.clone(), Value::String(value.clone())))
                .collect();
            escaped(&Value::Object(members))
        })
        .collect()
    }

    fn exported_lines(&self, is_json: bool, marked_only: bool) -> Vec<String> {
        let written = |entry: &Entry| {
            if is_json {
                as_json(entry)
            } else {
                plain(entry)
            }
        };
        if marked_only {
            return self.marks.lines().iter().map(written).collect();
        }
        let mut lines = Vec::with_capacity(self.store.len());
        self.store.for_each_row(|entry| lines.push(written(entry)));
        lines
    }
}

/// Returns a line as it is written to a file: escaped, so that no file steers a terminal.
fn plain(entry: &Entry) -> String {
    let text = match &entry.body {
        Body::Event {
            group,
            stream,
            text,
            ..
        } => format!("{} {} {} {}", entry.at, source_word(group), stream, text),
        Body::Notice(notice) => format!("{} -- {}", entry.at, notice.text),
    };
    crate::model::sanitize(&text).into_owned()
}

fn as_json(entry: &Entry) -> String {
    escaped(&match &entry.body {
        Body::Event {
            group,
            stream,
            text,
            line,
            ..
        } => json!({
            "timestamp": entry.at.millis(),
            "source": source_word(group),
            "group": &**group,
            "stream": &**stream,
            "level": line.level,
            "trace_id": line.trace_id,
            "session_id": line.session_id,
            "request_id": line.request_id,
            "message": text,
        }),
        Body::Notice(notice) => {
            json!({"notice": notice.kind, "timestamp": entry.at.millis(), "text": notice.text})
        }
    })
}

/// JSON in which characters that steer a terminal are escaped.
fn escaped(value: &Value) -> String {
    crate::model::sanitize::escape_json(&value.to_string()).into_owned()
}
