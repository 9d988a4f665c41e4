//! What has changed between two results of the same statement.

use std::collections::HashMap;

use serde_json::Value;

use crate::model::Table;

/// The rows that only one of two results has, as places in its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowDiff {
    /// Rows of the newer result that the older does not have.
    pub added: Vec<usize>,
    /// Rows of the older result that the newer does not have.
    pub removed: Vec<usize>,
}

/// Compares two results. The order of rows does not count; a row that occurs twice in one and once in the other does.
pub fn row_diff(older: &Table, newer: &Table) -> RowDiff {
    RowDiff {
        added: missing_from(older, newer),
        removed: missing_from(newer, older),
    }
}

/// Returns the places of the rows of `table` that `other` does not have.
fn missing_from(other: &Table, table: &Table) -> Vec<usize> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for row in &other.rows {
        *counts.entry(key(&other.columns, row)).or_default() += 1;
    }
    table
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| {
            let count = counts.get_mut(&key(&table.columns, row));
            match count.filter(|count| **count > 0) {
                Some(count) => {
                    *count -= 1;
                    false
                }
                None => true,
            }
        })
        .map(|(at, _)| at)
        .collect()
}

/// Returns a row with the names of its columns, whatever their order.
fn key(columns: &[String], row: &[Value]) -> String {
    let mut cells: Vec<(&str, String)> = columns
        .iter()
        .zip(row)
        .map(|(name, value)| (name.as_str(), value.to_string()))
        .collect();
    cells.sort();
    format!("{cells:?}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(columns: &[&str], rows: &[&[i64]]) -> Table {
        Table {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|cell| json!(cell)).collect())
                .collect(),
            lost_temporals: Vec::new(),
        }
    }

    #[test]
    fn rows_that_came_and_went_are_found_whatever_their_order() {
        let older = table(&["a", "b"], &[&[1, 2], &[3, 4], &[3, 4]]);
        let newer = table(&["b", "a"], &[&[4, 3], &[6, 5], &[2, 1]]);
        let diff = row_diff(&older, &newer);
        assert_eq!((diff.added, diff.removed), (vec![1], vec![2]));
        assert_eq!(row_diff(&older, &older), RowDiff::default());
    }
}
