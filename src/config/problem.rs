//! What is wrong with a configuration, at its line and column.

use std::{cell::RefCell, fmt, ops::Range};

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
    /// A problem of the file as a whole.
    pub fn whole_file(message: String) -> Self {
        Self { line: 0, column: 0, message }
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

/// Gathers problems while a text is read, so that all of them are told at once.
pub(super) struct Problems<'a> {
    source: &'a str,
    found: RefCell<Vec<(usize, Problem)>>,
}

impl<'a> Problems<'a> {
    /// No problems yet in this text.
    pub(super) const fn of(source: &'a str) -> Self {
        Self { source, found: RefCell::new(Vec::new()) }
    }

    /// One more, at these bytes of the text.
    pub(super) fn add(&self, span: &Range<usize>, message: impl Into<String>) {
        let before = self.source.get(..span.start).unwrap_or(self.source);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        self.found.borrow_mut().push((span.start, Problem { line, column, message: message.into() }));
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    /// All of them in the order of the text.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(start, _)| *start);
        found.dedup();
        found.into_iter().map(|(_, problem)| problem).collect()
    }
}
