//! Rows as JSON lines: one object a row, the columns as its keys.

use serde_json::{Map, Value};

use crate::model::{Table, sanitize::escape_json};

/// Returns a row as an object. A column whose name stands there twice keeps both values: the later key gets a number.
pub fn object(columns: &[String], row: &[Value]) -> Value {
    let mut members = Map::new();
    for (column, value) in columns.iter().zip(row) {
        let mut key = column.clone();
        let mut number = 2;
        while members.contains_key(&key) {
            key = format!("{column}_{number}");
            number += 1;
        }
        members.insert(key, value.clone());
    }
    Value::Object(members)
}

/// Returns a table as lines, each ended by a line feed. Characters that steer a terminal are escaped.
pub fn table(table: &Table) -> String {
    let mut lines = String::new();
    for row in &table.rows {
        lines.push_str(&escape_json(&object(&table.columns, row).to_string()));
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_row_is_an_object_with_the_columns_as_keys_in_their_order() {
        let rows = Table {
            columns: vec!["name".into(), "born".into(), "name".into()],
            rows: vec![
                vec![json!("Keanu\nReeves"), json!(1964), json!([1, null])],
                vec![json!("\u{1b}[2J"), Value::Null, json!("=1+1")],
            ],
            lost_temporals: Vec::new(),
        };
        let text = table(&rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                r#"{"name":"Keanu\nReeves","born":1964,"name_2":[1,null]}"#,
                r#"{"name":"\u001b[2J","born":null,"name_2":"=1+1"}"#,
            ]
        );
        assert!(text.ends_with('\n'));
    }
}
