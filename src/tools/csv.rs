//! Comma-separated values (RFC 4180) that are safe to open in a spreadsheet.

use serde_json::Value;

use crate::model::{Table, sanitize};

/// Characters with which a spreadsheet begins a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Returns a table, its column names first. `null` is an empty field.
pub fn table(table: &Table) -> String {
    let names: Vec<String> = table.columns.iter().map(|name| text_cell(name)).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(cell).collect());
    records(std::iter::once(names).chain(rows))
}

/// Records of texts, each ended by a carriage return and a line feed.
pub fn texts<'a>(rows: impl IntoIterator<Item = &'a [String]>) -> String {
    let rows = rows
        .into_iter()
        .map(|row| row.iter().map(|text| text_cell(text)).collect());
    records(rows)
}

fn records(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        // Writing into memory does not fail.
        let _ = writer.write_record(&row);
    }
    let written = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&written).into_owned()
}

/// Returns a value as a field: numbers as they are, everything else as a text.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::String(text) => text_cell(text),
        Value::Array(_) | Value::Object(_) => text_cell(&value.to_string()),
    }
}

/// Returns a text that no spreadsheet takes for a formula, with nothing in it that steers a terminal but tabs and line ends.
fn text_cell(text: &str) -> String {
    let pieces: Vec<String> = text
        .split_inclusive(['\n', '\t'])
        .map(|piece| {
            let end = piece.trim_end_matches(['\n', '\t']);
            let end = end
                .strip_suffix('\r')
                .filter(|_| piece.ends_with('\n'))
                .unwrap_or(end);
            let (words, kept) = piece.split_at_checked(end.len()).unwrap_or((piece, ""));
            format!("{}{kept}", sanitize(words))
        })
        .collect();
    let safe = pieces.concat();
    if text.starts_with(FORMULA) {
        format!("'{safe}")
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be_and_never_begin_a_formula() {
        let result = Table {
            columns: vec!["=x".into(), "y".into()],
            rows: vec![
                vec![json!("a,b"), json!("say \"hi\"\nthere")],
                vec![json!("=HYPERLINK(1)"), json!(-1.5)],
                vec![json!("+1"), json!("-1")],
                vec![json!("@SUM(A1)"), json!("\tx")],
                vec![Value::Null, json!("\u{1b}[2J")],
                vec![json!({"a": 1}), json!(true)],
                vec![json!("a\tb\r\nc\rd"), json!(1)],
            ],
            lost_temporals: Vec::new(),
        };
        let written = table(&result);
        let lines: Vec<&str> = written.split("\r\n").collect();
        assert_eq!(
            lines,
            [
                "'=x,y",
                "\"a,b\",\"say \"\"hi\"\"\nthere\"",
                "'=HYPERLINK(1),-1.5",
                "'+1,'-1",
                "'@SUM(A1),'\tx",
                ",␛[2J",
                "\"{\"\"a\"\":1}\",true",
                "\"a\tb",
                "c␍d\",1",
                "",
            ]
        );
    }
}
