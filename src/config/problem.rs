//! What is wrong with a configuration, at its line and column.

use std::{cell::RefCell, collections::BTreeMap, fmt, ops::Range};

use toml::de::{DeTable, DeValue};

/// One thing that is wrong. Line and column count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Line; 0 where the file as a whole is meant.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    /// Returns a problem of the file as a whole.
    pub fn whole_file(message: String) -> Self {
        Self {
            line: 0,
            column: 0,
            message,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => out.write_str(&self.message),
            line => write!(out, "line {line}, column {}: {}", self.column, self.message),
        }
    }
}

/// Where every key of a text and its value stand, so that what is judged elsewhere is told at its line too. No values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLocations {
    known: BTreeMap<Vec<String>, (Position, Position)>,
}

/// Line and column, from 1.
type Position = (usize, usize);

impl SourceLocations {
    /// Reads the places of a parsed text.
    pub(super) fn read(source: &str, root: &DeTable<'_>) -> Self {
        let mut places = Self::default();
        places.read_table(source, root, &mut Vec::new());
        places
    }

    fn read_table(&mut self, source: &str, table: &DeTable<'_>, above: &mut Vec<String>) {
        for (key, value) in table {
            above.push(key.get_ref().as_ref().to_owned());
            self.read_value(
                source,
                key.span().start,
                value.span().start,
                value.get_ref(),
                above,
            );
            above.pop();
        }
    }

    fn read_value(
        &mut self,
        source: &str,
        key: usize,
        at: usize,
        value: &DeValue<'_>,
        path: &mut Vec<String>,
    ) {
        self.known
            .insert(path.clone(), (position(source, key), position(source, at)));
        match value {
            DeValue::Table(table) => self.read_table(source, table, path),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    self.read_value(
                        source,
                        item.span().start,
                        item.span().start,
                        item.get_ref(),
                        path,
                    );
                    path.pop();
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    /// Returns a problem of the name or the value at this path; of the file where the path leads nowhere.
    pub fn problem<'p>(
        &self,
        path: impl IntoIterator<Item = &'p str>,
        of_value: bool,
        message: String,
    ) -> Problem {
        let path: Vec<String> = path.into_iter().map(str::to_owned).collect();
        match self.known.get(&path) {
            Some(&((line, column), _)) if !of_value => Problem {
                line,
                column,
                message,
            },
            Some(&(_, (line, column))) => Problem {
                line,
                column,
                message,
            },
            None => Problem::whole_file(message),
        }
    }
}

fn position(source: &str, at: usize) -> Position {
    let before = source.get(..at).unwrap_or(source);
    (
        before.matches('\n').count() + 1,
        before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
    )
}

/// Gathers problems while a text is read, so that all of them are told at once.
pub(super) struct Problems<'a> {
    source: &'a str,
    found: RefCell<Vec<(usize, Problem)>>,
}

impl<'a> Problems<'a> {
    /// No problems yet in this text.
    pub(super) const fn of(source: &'a str) -> Self {
        Self {
            source,
            found: RefCell::new(Vec::new()),
        }
    }

    /// One more, at these bytes of the text.
    pub(super) fn add(&self, span: &Range<usize>, message: impl Into<String>) {
        let (line, column) = position(self.source, span.start);
        self.found.borrow_mut().push((
            span.start,
            Problem {
                line,
                column,
                message: message.into(),
            },
        ));
    }

    /// Returns how many there are so far.
    pub(super) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    /// Returns those that were found after the first `count`, as sentences.
    pub(super) fn since(&self, count: usize) -> Vec<String> {
        let found = self.found.borrow();
        let new = found.iter().skip(count);
        new.map(|(_, problem)| problem.to_string()).collect()
    }

    /// Returns all of them in the order of the text.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(start, _)| *start);
        let mut distinct: Vec<Problem> = Vec::new();
        for (_, problem) in found {
            // What several deployments take from the defaults is wrong once.
            if !distinct.contains(&problem) {
                distinct.push(problem);
            }
        }
        distinct
    }
}
