//! What is known about tools without asking anybody: reading their schemas, finding the Cypher tools, explaining errors.
//! Pure: screens and commands share it.

pub mod annotations;
pub mod arguments;
pub mod cells;
pub mod commands;
pub mod csv;
pub mod cypher;
pub mod drafts;
mod envelope;
pub mod graph;
pub mod graph_schema;
pub mod har;
pub mod highlight;
pub mod history;
pub mod index_arguments;
pub mod json_lines;
pub mod name_match;
pub mod otlp;
pub mod parameter_headers;
pub mod permission;
pub mod plan;
pub mod recording;
pub mod row_diff;
pub mod saved;
pub mod schema;
pub mod table;
pub mod template;
