//! An interpreter for Neo4j 5's Cypher over a graph in memory.
//!
//! It follows Neo4j in grammar, semantics, column names, counters, error codes and error messages, so
//! that a client cannot tell the difference in everyday statements. It is the database of the
//! emulator, which wraps it in the Query API and in an MCP server.
//!
//! ```
//! use cypher::{Graph, Map, StandaloneHost, Value, prepare, run};
//!
//! let mut graph = Graph::new("a0b1".to_owned());
//! let now = jiff::Zoned::default();
//! for statement in ["CREATE (:Movie {title: 'Cast Away'})", "MATCH (m:Movie) RETURN m.title"] {
//!     let prepared = prepare(statement, &Map::new())?;
//!     let result = run(&prepared, &Map::new(), &mut graph, &StandaloneHost, now.clone());
//!     assert_eq!(result.error, None);
//!     println!("{:?}: {:?}", result.columns, result.rows);
//! }
//! # Ok::<(), cypher::CypherError>(())
//! ```
//!
//! # Stages
//!
//! [`prepare`] runs `lexer`, `parser` and `check`; [`run`] runs `execute`, which calls `matching`
//! (`MATCH`), `project` (`WITH`, `RETURN`), `update` (`CREATE`, `SET`, …), `procedures` and `schema`,
//! and evaluates expressions by `evaluate`, `functions` and `temporal`. A statement works on a copy
//! of the [`Graph`], which shares all unchanged parts; a statement that fails leaves the graph as it
//! was.
//!
//! User administration is not executed here: [`PreparedStatement::user_command`] returns the parsed
//! command, and the caller owns users and passwords.
//!
//! # Out of scope
//!
//! These parts of Neo4j 5 are refused with an error, never answered wrongly:
//!
//! - `LOAD CSV`, `CALL { … } IN TRANSACTIONS`, explicit transactions;
//! - quantified path patterns around more than one relationship, `SHORTEST k` and `ANY` path selectors
//!   (a quantifier on a single relationship, `shortestPath` and `allShortestPaths` are supported);
//! - dynamic labels and types (`:$(expression)`);
//! - property existence, key and type constraints (Neo4j's community edition refuses them, too);
//! - full-text and vector queries: the indexes can be created and are listed, but not searched;
//! - procedures and functions outside the lists that `SHOW PROCEDURES` and `SHOW FUNCTIONS` print;
//! - roles, privileges, aliases and all other commands of the enterprise edition.
//!
//! These parts are accepted without effect: index hints (`USING INDEX …`), query options
//! (`CYPHER runtime = …`) and `USE`.
//!
//! There is no cost-based planner. `EXPLAIN` and `PROFILE` are executed as such, but say nothing of
//! how Neo4j would execute the statement.
//!
//! # Limits
//!
//! A statement may take 50 million steps and a clause may hold 10 million rows; more is an error, with
//! the code that Neo4j uses for its own limits. Brackets may be nested 40
//! levels deep, and chains of arithmetic operators may have 200 operands.

#![deny(clippy::indexing_slicing)]

mod check;
pub mod codes;
mod engine;
mod error;
mod evaluate;
mod execute;
mod functions;
mod graph;
mod host;
mod lexer;
mod matching;
mod parser;
mod procedures;
mod project;
mod result;
mod schema;
mod statement;
mod syntax;
mod temporal;
mod update;
mod value;

pub use check::StatementEffect;
pub use engine::Counters;
pub use error::{CypherError, ErrorPhase};
pub use execute::run;
pub use graph::{Graph, GraphNode, GraphRelationship, SchemaRule};
pub use host::{DatabaseHost, StandaloneHost};
pub use parser::SET_STATUS;
pub use result::QueryResult;
pub use statement::{PreparedStatement, prepare};
pub use syntax::{ExecutionMode, TextOrParameter, UserChanges, UserCommand};
pub use temporal::parse_temporal;
pub use value::{DurationValue, Map, PathValue, PointValue, Value, float_text, moment_text};
