//! The rotation of a Neo4j password: a pure state machine that takes its steps and its world as data.
