//! The order, the filter and the widths of a tabular result.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::Value;

use crate::{
    messages::{Action, ListAction},
    model::Table,
    tools::cells,
    widgets::{LineInput, List},
};

/// Columns by which a column grows or shrinks with one key.
const STEP: i32 = 4;

/// How a table is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct TableState {
    /// The cursor among the rows that are shown.
    pub(super) rows: List,
    /// The column of the cursor.
    pub(super) column: usize,
    /// The text that shown rows contain.
    pub(super) filter: LineInput,
    /// The column that rows are sorted by, and whether downwards.
    pub(super) sort: Option<(usize, bool)>,
    /// Whether the row of the cursor is shown whole.
    pub(super) is_open: bool,
    /// The places of the shown rows in the table.
    order: Vec<usize>,
    /// What columns are wider than they want to be, by their places.
    widths: BTreeMap<usize, i32>,
}

/// What a cell is sorted by.
#[derive(Clone, Debug, PartialEq)]
enum SortKey {
    Number(f64),
    Text(String),
    /// `null` stands last in both directions.
    Nothing,
}

impl TableState {
    /// Returns the state of a table that is shown for the first time.
    pub(super) fn new(table: &Table) -> Self {
        Self {
            order: (0..table.rows.len()).collect(),
            ..Self::default()
        }
    }

    /// Returns the number of rows that are shown.
    pub(super) const fn len(&self) -> usize {
        self.order.len()
    }

    /// Returns whether all rows are shown, in the order of the table.
    pub(super) fn is_whole(&self, table: &Table) -> bool {
        self.order.iter().copied().eq(0..table.rows.len())
    }

    /// Returns the table of the rows that are shown, in their order; `None` if that is the table itself.
    pub(super) fn narrowed(&self, table: &Table) -> Option<Table> {
        (!self.is_whole(table)).then(|| Table {
            columns: table.columns.clone(),
            rows: self.rows(table, 0..self.len()).cloned().collect(),
            lost_temporals: table.lost_temporals.clone(),
        })
    }

    /// Returns the shown rows at these places of the order.
    pub(super) fn rows<'a>(
        &'a self,
        table: &'a Table,
        places: std::ops::Range<usize>,
    ) -> impl Iterator<Item = &'a Vec<Value>> {
        let places = self.order.get(places).unwrap_or_default();
        places.iter().filter_map(|at| table.rows.get(*at))
    }

    /// Returns the row of the cursor.
    pub(super) fn current<'a>(&self, table: &'a Table) -> Option<&'a Vec<Value>> {
        table.rows.get(*self.order.get(self.rows.cursor())?)
    }

    /// Returns what a column is wider than it wants to be.
    pub(super) fn extra_width(&self, column: usize) -> i32 {
        self.widths.get(&column).copied().unwrap_or(0)
    }

    /// Makes the column of the cursor wider or narrower.
    pub(super) fn resize(&mut self, wider: bool) {
        *self.widths.entry(self.column).or_default() += if wider { STEP } else { -STEP };
    }

    /// Sorts by the column of the cursor: upwards, downwards, then not at all.
    pub(super) fn sort_by_column(&mut self, table: &Table) {
        self.sort = match self.sort {
            Some((column, false)) if column == self.column => Some((column, true)),
            Some((column, true)) if column == self.column => None,
            Some(_) | None => Some((self.column, false)),
        };
        self.arrange(table);
    }

    /// Puts the rows that pass the filter into their order.
    pub(super) fn arrange(&mut self, table: &Table) {
        let words = self.filter.text().to_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        self.order = (0..table.rows.len())
            .filter(|at| table.rows.get(*at).is_some_and(|row| passes(row, &words)))
            .collect();
        if let Some((column, downwards)) = self.sort {
            let mut keyed: Vec<(SortKey, usize)> = self
                .order
                .iter()
                .map(|at| {
                    let cell = table.rows.get(*at).and_then(|row| row.get(column));
                    (sort_key(cell), *at)
                })
                .collect();
            keyed.sort_by(|(one, _), (other, _)| compare(one, other, downwards));
            self.order = keyed.into_iter().map(|(_, at)| at).collect();
        }
        self.rows.clamp(self.order.len());
    }

    /// Moves the cursor. Returns `false` if the action is no movement.
    pub(super) fn act(&mut self, action: Action, columns: usize) -> bool {
        if action == Action::List(ListAction::Left) {
            self.column = self.column.saturating_sub(1);
            return true;
        }
        if action == Action::List(ListAction::Right) {
            self.column = (self.column + 1).min(columns.saturating_sub(1));
            return true;
        }
        self.rows.act(action, self.order.len())
    }
}

fn passes(row: &[Value], words: &[&str]) -> bool {
    words.is_empty() || {
        let cells: Vec<String> = row.iter().map(cells::shown).collect();
        let text = cells.join(" ").to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

fn sort_key(cell: Option<&Value>) -> SortKey {
    match cell {
        None | Some(Value::Null) => SortKey::Nothing,
        Some(Value::Number(number)) => SortKey::Number(number.as_f64().unwrap_or(0.0)),
        Some(value @ (Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_))) => {
            SortKey::Text(cells::shown(value).to_lowercase())
        }
    }
}

/// Numbers stand before texts; `null` stands last whatever the direction.
fn compare(one: &SortKey, other: &SortKey, downwards: bool) -> Ordering {
    let order = match (one, other) {
        (SortKey::Nothing, SortKey::Nothing) => return Ordering::Equal,
        (SortKey::Nothing, SortKey::Number(_) | SortKey::Text(_)) => return Ordering::Greater,
        (SortKey::Number(_) | SortKey::Text(_), SortKey::Nothing) => return Ordering::Less,
        (SortKey::Number(one), SortKey::Number(other)) => one.total_cmp(other),
        (SortKey::Text(one), SortKey::Text(other)) => one.cmp(other),
        (SortKey::Number(_), SortKey::Text(_)) => Ordering::Less,
        (SortKey::Text(_), SortKey::Number(_)) => Ordering::Greater,
    };
    if downwards { order.reverse() } else { order }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(rows: Vec<Value>) -> Table {
        Table {
            columns: vec!["name".into(), "year".into()],
            rows: rows
                .into_iter()
                .map(|row| row.as_array().cloned().unwrap_or_default())
                .collect(),
            lost_temporals: Vec::new(),
        }
    }

    fn shown(state: &TableState, table: &Table) -> Vec<String> {
        let rows = state.rows(table, 0..state.len());
        rows.map(|row| cells::shown(&row[0])).collect()
    }

    #[test]
    fn rows_are_sorted_by_the_column_of_the_cursor_upwards_downwards_and_not_at_all() {
        let table = table(vec![
            json!(["b", 10]),
            json!(["A", 9]),
            json!(["c", null]),
            json!(["d", 9_007_199_254_740_993_i64]),
        ]);
        let mut state = TableState::new(&table);
        state.sort_by_column(&table);
        assert_eq!(shown(&state, &table), ["A", "b", "c", "d"]);
        assert!(state.act(Action::List(ListAction::Right), 2));
        state.sort_by_column(&table);
        assert_eq!(shown(&state, &table), ["A", "b", "d", "c"]);
        state.sort_by_column(&table);
        assert_eq!(shown(&state, &table), ["d", "b", "A", "c"]);
        state.sort_by_column(&table);
        assert_eq!(shown(&state, &table), ["b", "A", "c", "d"]);
    }

    #[test]
    fn the_filter_keeps_rows_that_contain_all_words() {
        let table = table(vec![
            json!(["The Matrix", 1999]),
            json!(["Cloud Atlas", 2012]),
            json!(["The Terminal", 2004]),
        ]);
        let mut state = TableState::new(&table);
        state.filter = LineInput::new("the 20");
        state.arrange(&table);
        assert_eq!(shown(&state, &table), ["The Terminal"]);
        assert_eq!(
            state.current(&table).map(|row| row[1].clone()),
            Some(json!(2004))
        );
    }

    #[test]
    fn a_hundred_thousand_rows_are_sorted_and_only_a_page_of_them_is_read() {
        let rows = (0..100_000).map(|at| json!([format!("n{}", at % 1_000), at]));
        let table = table(rows.collect());
        let mut state = TableState::new(&table);
        state.column = 1;
        state.sort_by_column(&table);
        state.sort_by_column(&table);
        assert_eq!(
            state.current(&table).map(|row| row[1].clone()),
            Some(json!(99_999))
        );
        assert_eq!(state.rows(&table, 500..540).count(), 40);
    }
}
