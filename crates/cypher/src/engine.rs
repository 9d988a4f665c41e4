//! The state of a running statement: the graph that it works on, its counters and its limits.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use crate::codes::{OUT_OF_MEMORY, TIMED_OUT};
use crate::error::CypherError;
use crate::graph::Graph;
use crate::host::DatabaseHost;
use crate::value::{Map, Value};

/// The outcome of evaluating an expression.
pub(crate) type Evaluated = Result<Value, CypherError>;

/// Largest number of steps of one statement, so that a cartesian product ends in an error.
const MAX_STEPS: u64 = 50_000_000;
/// Largest number of rows that one clause may produce.
const MAX_ROWS: usize = 10_000_000;

/// The changes that a statement made, as reported to the client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Nodes created.
    pub nodes_created: i64,
    /// Nodes deleted.
    pub nodes_deleted: i64,
    /// Relationships created.
    pub relationships_created: i64,
    /// Relationships deleted.
    pub relationships_deleted: i64,
    /// Properties set or removed.
    pub properties_set: i64,
    /// Labels added to nodes.
    pub labels_added: i64,
    /// Labels removed from nodes.
    pub labels_removed: i64,
    /// Indexes created.
    pub indexes_added: i64,
    /// Indexes dropped.
    pub indexes_removed: i64,
    /// Constraints created.
    pub constraints_added: i64,
    /// Constraints dropped.
    pub constraints_removed: i64,
    /// Changes of the `system` database.
    pub system_updates: i64,
}

/// A running statement.
pub(crate) struct Engine<'a> {
    /// The working copy, which replaces the graph if the statement succeeds.
    pub(crate) graph: RefCell<Graph>,
    pub(crate) parameters: &'a Map,
    pub(crate) now: jiff::Zoned,
    pub(crate) host: &'a dyn DatabaseHost,
    pub(crate) counters: RefCell<Counters>,
    /// Number of steps so far.
    pub(crate) steps: Cell<u64>,
    /// State of the random number generator.
    pub(crate) random: Cell<u64>,
    /// Compiled regular expressions by their text.
    pub(crate) patterns: RefCell<BTreeMap<String, regex::Regex>>,
    /// Nodes named by `DELETE` while they still had relationships.
    pub(crate) pending_deletions: RefCell<Vec<u64>>,
    /// Types of the relationships that this statement deleted, which `type(r)` still returns.
    pub(crate) deleted_types: RefCell<HashMap<u64, String>>,
}

/// The variables that an expression sees: those of one row, then those of the enclosing scopes.
#[derive(Clone, Copy)]
pub(crate) struct RowBindings<'a> {
    pub(crate) names: &'a [String],
    pub(crate) values: &'a [Value],
    pub(crate) outer: Option<&'a RowBindings<'a>>,
    /// Values of aggregate functions by the offset of the call.
    pub(crate) aggregates: Option<&'a HashMap<usize, Value>>,
}

impl<'a> RowBindings<'a> {
    /// Binds the variables of a row.
    pub(crate) fn row(names: &'a [String], values: &'a [Value]) -> Self {
        Self {
            names,
            values,
            outer: None,
            aggregates: None,
        }
    }

    /// Binds variables inside an outer scope.
    pub(crate) fn inside(
        names: &'a [String],
        values: &'a [Value],
        outer: &'a RowBindings<'a>,
    ) -> Self {
        Self {
            names,
            values,
            outer: Some(outer),
            aggregates: None,
        }
    }

    /// Returns the value of a variable.
    pub(crate) fn find(&self, name: &str) -> Option<&Value> {
        let own = self
            .names
            .iter()
            .rposition(|known| known == name)
            .and_then(|index| self.values.get(index));
        own.or_else(|| self.outer.and_then(|outer| outer.find(name)))
    }

    /// Returns the value of the aggregate function at an offset.
    pub(crate) fn aggregate(&self, at: usize) -> Option<&Value> {
        self.aggregates
            .and_then(|known| known.get(&at))
            .or_else(|| self.outer.and_then(|outer| outer.aggregate(at)))
    }

    /// Returns all names and values, the outermost scope first.
    pub(crate) fn flattened(&self) -> (Vec<String>, Vec<Value>) {
        let (mut names, mut values) = self.outer.map(RowBindings::flattened).unwrap_or_default();
        for (name, value) in self.names.iter().zip(self.values) {
            if let Some(index) = names.iter().position(|known| known == name) {
                if let Some(slot) = values.get_mut(index) {
                    *slot = value.clone();
                }
            } else {
                names.push(name.clone());
                values.push(value.clone());
            }
        }
        (names, values)
    }
}

impl Engine<'_> {
    /// Counts one step of work.
    ///
    /// # Errors
    ///
    /// Neo4j's transaction timeout, once the statement has done too much work.
    pub(crate) fn step(&self) -> Result<(), CypherError> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > MAX_STEPS {
            return Err(CypherError::run(
                TIMED_OUT,
                "The transaction has been terminated. Retry your operation in a new transaction, and you should see a successful result. \
                 The transaction has not completed within the timeout specified at its start by the client. You may want to retry with a \
                 longer timeout.",
            ));
        }
        Ok(())
    }

    /// Checks that a clause may produce this number of rows.
    ///
    /// # Errors
    ///
    /// Neo4j's memory limit, if there are too many.
    pub(crate) fn check_row_count(rows: usize) -> Result<(), CypherError> {
        if rows > MAX_ROWS {
            let message = "The allocation of an extra 2.0 MiB would use more than the limit 512.0 MiB. Currently using 511.0 MiB. \
                           dbms.memory.transaction.total.max threshold reached";
            return Err(CypherError::run(OUT_OF_MEMORY, message));
        }
        Ok(())
    }
}
