//! Cypher: text in, rows out. A small interpreter over the in-memory graph that follows Neo4j 5 in grammar, meaning, column
//! names, counters and error texts, as far as everyday statements go; what it cannot do it says in Neo4j's error shape.
//!
//! `lexer` -> `parser` -> `check` -> `execute` (with `matching`, `project`, `update`, `evaluate`, `functions`, `temporal`).
//! Users and passwords are not its business: such a statement comes back as a command.

pub mod check;
pub mod evaluate;
mod execute;
pub mod failure;
mod functions;
pub mod graph;
pub mod host;
mod lexer;
mod matching;
mod parser;
mod procedures;
mod project;
mod schema;
pub mod syntax;
mod temporal;
mod update;
pub mod value;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use check::Effect;
pub use evaluate::Counters;
pub use failure::{Failure, Phase};
pub use host::Host;
pub use parser::STATUS;
use syntax::{Body, Mode, Statement, UserCommand};

use crate::graph::{Graph, Node, Relationship};
use crate::value::{Map, Value};

/// A statement that was read and checked.
#[derive(Debug, Clone)]
pub struct Prepared {
    statement: Statement,
    pub columns: Vec<String>,
    pub effect: Effect,
}

/// What came of a statement. Entities in the rows are numbers; what they looked like at the end is beside them.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    pub counters: Counters,
    pub nodes: BTreeMap<u64, Arc<Node>>,
    pub relationships: BTreeMap<u64, Arc<Relationship>>,
    /// Labels in the order in which the database knows them.
    pub label_order: Vec<String>,
    pub uuid: String,
    /// The failure that ended the rows.
    pub failure: Option<Failure>,
}

/// Reads and checks a statement.
pub fn prepare(text: &str, parameters: &Map) -> Result<Prepared, Failure> {
    let statement = parser::parse(text)?;
    let checked = check::check(&statement, text, parameters)?;
    Ok(Prepared {
        statement,
        columns: checked.columns,
        effect: checked.effect,
    })
}

impl Prepared {
    pub fn mode(&self) -> Mode {
        self.statement.mode
    }

    /// The command about users that this is, if it is one.
    pub fn user_command(&self) -> Option<&UserCommand> {
        match &self.statement.body {
            Body::Users(command) => Some(command),
            Body::Query(_) | Body::Schema(_) | Body::Show(_) | Body::Unsupported(_) => None,
        }
    }

    /// The text of an administration command that the community edition does not have.
    pub fn unsupported(&self) -> Option<&str> {
        match &self.statement.body {
            Body::Unsupported(text) => Some(text),
            Body::Query(_) | Body::Schema(_) | Body::Show(_) | Body::Users(_) => None,
        }
    }

    /// A SHOW command that only a user database answers.
    pub fn is_user_database_show(&self) -> bool {
        use syntax::Shown;
        matches!(&self.statement.body, Body::Show(show) if matches!(show.what, Shown::Indexes | Shown::Constraints))
    }

    /// A query without any procedure call.
    pub fn is_plain_return(&self) -> bool {
        let Body::Query(query) = &self.statement.body else {
            return false;
        };
        !query
            .parts
            .iter()
            .flatten()
            .any(|clause| matches!(clause.kind, syntax::ClauseKind::Call(_)))
    }

    /// The first clause that the `system` database does not take.
    pub fn refused_by_system(&self) -> Option<&'static str> {
        let Body::Query(query) = &self.statement.body else {
            return None;
        };
        query
            .parts
            .iter()
            .flatten()
            .find_map(|clause| match clause.kind {
                syntax::ClauseKind::Call(_) | syntax::ClauseKind::Return(_) => None,
                syntax::ClauseKind::Match { .. } => Some("MATCH"),
                syntax::ClauseKind::Unwind { .. } => Some("UNWIND"),
                syntax::ClauseKind::With(_) => Some("WITH"),
                syntax::ClauseKind::Create(_) => Some("CREATE"),
                syntax::ClauseKind::Merge { .. } => Some("MERGE"),
                syntax::ClauseKind::Set(_) => Some("SET"),
                syntax::ClauseKind::Remove(_) => Some("REMOVE"),
                syntax::ClauseKind::Delete { .. } => Some("DELETE"),
                syntax::ClauseKind::Foreach { .. } => Some("FOREACH"),
                syntax::ClauseKind::Subquery { .. } => Some("CALL"),
                syntax::ClauseKind::Finish => Some("FINISH"),
            })
    }
}

/// Runs a prepared statement. When it fails the graph is as it was.
pub fn run(
    prepared: &Prepared,
    parameters: &Map,
    graph: &mut Graph,
    host: &dyn Host,
    now: jiff::Zoned,
) -> Answer {
    let mut answer = Answer {
        columns: prepared.columns.clone(),
        uuid: graph.uuid.clone(),
        ..Answer::default()
    };
    if prepared.mode() == Mode::Explain {
        return answer;
    }
    let seed = now.timestamp().as_nanosecond() as u64;
    let engine = Engine {
        graph: RefCell::new(graph.clone()),
        parameters,
        now,
        host,
        counters: RefCell::default(),
        work: Cell::new(0),
        random: Cell::new(seed | 1),
        patterns: RefCell::default(),
        doomed: RefCell::default(),
        gone: RefCell::new(HashMap::new()),
    };
    let result = match &prepared.statement.body {
        Body::Query(query) => engine.query(query, &[], &[]),
        Body::Schema(command) => engine.schema(command).map(|()| execute::Table::default()),
        Body::Show(show) => engine.show(show),
        Body::Users(_) | Body::Unsupported(_) => Ok(execute::Table::default()),
    };
    match result {
        Ok(table) => {
            answer.failure = table.failure;
            if !prepared.columns.is_empty() {
                answer.rows = table.rows;
            }
            if !table.names.is_empty() {
                answer.columns = table.names;
            }
        }
        Err(failure) => answer.failure = Some(failure),
    }
    if answer.failure.is_none() {
        answer.failure = engine.settle_deletions().err();
    }
    let after = engine.graph.into_inner();
    if answer.failure.is_none() {
        answer.counters = engine.counters.into_inner();
        if prepared.effect != Effect::Read {
            *graph = after.clone();
        }
    }
    answer.describe(&after);
    answer
}

/// Whether a text asks for EXPLAIN or PROFILE; None where it cannot be read.
pub fn mode_of(text: &str) -> Option<Mode> {
    parser::parse(text).ok().map(|statement| statement.mode)
}

/// A text as a temporal value of the kind `date`, `datetime`, `duration`, …; None where it cannot be read.
pub fn temporal_text(kind: &str, text: &str) -> Option<Value> {
    temporal::call(kind, &[Value::from(text)], &jiff::Zoned::default())?.ok()
}

use evaluate::Engine;

impl Answer {
    /// Puts what every node and relationship of the rows looks like beside them.
    fn describe(&mut self, graph: &Graph) {
        self.label_order.clone_from(&graph.known_labels);
        let rows = std::mem::take(&mut self.rows);
        for value in rows.iter().flatten() {
            self.note(value, graph);
        }
        self.rows = rows;
    }

    fn note(&mut self, value: &Value, graph: &Graph) {
        match value {
            Value::Node(id) => {
                if let Some(node) = graph.node(*id) {
                    self.nodes.entry(*id).or_insert_with(|| node.clone());
                }
            }
            Value::Relationship(id) => {
                if let Some(found) = graph.relationship(*id) {
                    self.relationships
                        .entry(*id)
                        .or_insert_with(|| found.clone());
                }
            }
            Value::Path(path) => {
                path.nodes
                    .iter()
                    .for_each(|id| self.note(&Value::Node(*id), graph));
                path.relationships
                    .iter()
                    .for_each(|id| self.note(&Value::Relationship(*id), graph));
            }
            Value::List(items) => items.iter().for_each(|item| self.note(item, graph)),
            Value::Map(map) => map.values().for_each(|item| self.note(item, graph)),
            _ => {}
        }
    }
}
