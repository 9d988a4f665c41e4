//! The MCP side of the embedded stack: gateways, runtimes, the consent page and the official server's tools.
use super::http::{Request, Response, not_found};
use super::world::Shared;

/// What gateways remember between requests.
#[derive(Debug, Default)]
pub(crate) struct Sessions {}

/// Answers everything that is neither an AWS operation nor the Query API.
pub(crate) async fn handle(_world: &Shared, request: Request) -> Response {
    not_found(request.uri().path())
}
