//! What is known about tools without asking anybody: reading their schemas, finding the Cypher tools, explaining errors.
//! Pure: screens and commands share it.

pub mod arguments;
pub mod cells;
pub mod commands;
pub mod csv;
pub mod cypher;
mod envelope;
pub mod highlight;
pub mod parameter_headers;
pub mod permission;
pub mod saved;
pub mod schema;
pub mod table;
pub mod template;
