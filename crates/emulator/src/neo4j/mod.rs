//! The Neo4j stand-in of the embedded stack: one database server for each deployment, reached under `/neo4j/{deployment}`
//! by the Query API and, inside the process, by the MCP server. Faults of the database hop are played here.

mod administration;
pub(crate) mod login;
mod query_api;
pub(crate) mod render;
pub(crate) mod server;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;

use super::http::{self as wire, Request, Response, not_found};
use super::seed::Seed;
use super::world::SharedWorld;
use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::scenarios::Scenario;
use login::Users;
pub(crate) use query_api::basic;
use server::DatabaseServer;

/// The stand-in servers by deployment name.
#[derive(Debug, Default)]
pub(crate) struct DatabaseServers {
    servers: BTreeMap<&'static str, Arc<DatabaseServer>>,
}

impl DatabaseServers {
    /// Returns one server for each deployment that has a database.
    pub(crate) fn new(base: &str, seed: &Seed, deployments: &[Scenario]) -> Self {
        let address = base.trim_start_matches("http://");
        let server = |deployment: &Scenario| {
            let extra = deployment.extra_secrets.iter().map(|secret| &secret.seat);
            let seats = std::iter::once(&deployment.neo4j).chain(extra);
            let users = Users::with(seats.map(|seat| (seat.user.as_str(), seat.password.as_str())));
            let uuid = seed.uuid(&format!("database {}", deployment.name));
            (
                deployment.name,
                Arc::new(DatabaseServer::new(address.to_owned(), uuid, users)),
            )
        };
        Self {
            servers: deployments
                .iter()
                .filter(|deployment| deployment.name != "e")
                .map(server)
                .collect(),
        }
    }

    pub(crate) fn get(&self, deployment: &str) -> Option<Arc<DatabaseServer>> {
        self.servers.get(deployment).cloned()
    }
}

/// Answers `/neo4j/{deployment}/…`.
pub(crate) async fn handle(world: &SharedWorld, request: Request) -> Response {
    let full = request.uri().path().to_owned();
    let Some(rest) = full.strip_prefix("/neo4j/") else {
        return not_found(&full);
    };
    let (name, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let Some(server) = world.neo4j.get(name) else {
        return not_found(&full);
    };
    let base = format!("{}/neo4j/{name}", world.base);
    match world.faults.take_hop(name, FaultPoint::Neo4j) {
        Some(FaultKind::Down | FaultKind::Paused | FaultKind::CutBefore) => wire::cut(),
        Some(FaultKind::CutAfter) => {
            query_api::handle(world, server, &base, path, &request).await;
            wire::cut()
        }
        Some(FaultKind::LockedOut) => query_api::error(
            StatusCode::TOO_MANY_REQUESTS,
            "Neo.ClientError.Security.AuthenticationRateLimit",
            "Too many failed authentication requests. Please wait 5 seconds and try again.",
        ),
        Some(FaultKind::Slow) => {
            tokio::time::sleep(SLOWNESS).await;
            query_api::handle(world, server, &base, path, &request).await
        }
        _ => query_api::handle(world, server, &base, path, &request).await,
    }
}

#[cfg(test)]
mod statement_tests;
