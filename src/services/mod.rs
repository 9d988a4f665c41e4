//! Input and output: one file a system. What goes in and comes out is `model`; SDK types stay in the file that calls the SDK.
//!
//! Nothing here knows whether it speaks to AWS or to the embedded stack: an endpoint URL decides. Every call has a
//! time-out, answers `model::Failure`, and can be cancelled by dropping its future. Texts are raw: the view sanitises.

pub mod audit;
pub mod aws;
pub mod calls;
pub mod client_secret;
pub mod discovery;
mod doctor;
pub mod mcp;
pub mod neo4j;
pub(crate) mod open_work;
pub mod rotation;
pub(crate) mod sign_in;

use std::{sync::Arc, time::Duration};

use crate::{
    model::{Deployment, Failure, FailureKind},
    net::http_client::Web,
};

pub use audit::AuditFile;
pub use aws::Aws;
pub use calls::CallReader;
pub use client_secret::ClientSecrets;
pub use discovery::Discoverer;
pub use doctor::DoctorProbes;
pub use mcp::{Mcp, McpOptions, McpSession};
pub use neo4j::{Neo4j, UserSetting};
pub use rotation::Rotations;
pub use sign_in::{Announce, SignInNotice, SignIns};

/// How all services behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceOptions {
    /// Without an answer.
    pub timeout: Duration,
    /// For one MCP call in total, whatever progress arrives.
    pub total_timeout: Duration,
    /// Refuse every write, in every deployment.
    pub read_only: bool,
}

impl ServiceOptions {
    /// Refuses a write in read-only mode, of all deployments or of this one.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] in read-only mode.
    pub fn guard_write(&self, deployment: &Deployment, doing: &str) -> Result<(), Failure> {
        if self.read_only || deployment.read_only {
            return Err(Failure::new(FailureKind::Denied, doing, "read-only mode refuses every write")
                .hint("start without --read-only, and without `read_only = true` for this deployment, to allow it"));
        }
        Ok(())
    }
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(1),
            total_timeout: Duration::from_mins(3),
            read_only: false,
        }
    }
}

/// The systems that the console talks to, one part each. Cheap to clone: clones share connections, tokens and caches.
#[derive(Clone)]
pub struct Services {
    options: ServiceOptions,
    /// AWS.
    pub aws: Aws,
    /// Tokens and signatures for MCP endpoints.
    pub sign_ins: SignIns,
    /// MCP servers.
    pub mcp: Mcp,
    /// Neo4j servers.
    pub neo4j: Neo4j,
    /// The audit file.
    pub audit: AuditFile,
    /// Tool calls in logs and spans.
    pub calls: CallReader,
    /// Deployments in an account.
    pub discovery: Discoverer,
    /// Rotations of Neo4j passwords.
    pub rotations: Rotations,
    /// Rotations of secrets of Cognito app clients.
    pub client_secrets: ClientSecrets,
    /// Examinations of deployments.
    pub doctor: DoctorProbes,
}

impl Services {
    /// Services without any connection yet; connections, clients and TLS roots are made when they are first needed.
    pub fn new(options: ServiceOptions) -> Self {
        let web = Arc::<Web>::default();
        let aws = Aws::new(options, Arc::clone(&web));
        let sign_ins = SignIns::new(aws.clone(), Arc::clone(&web));
        let mcp = Mcp::new(aws.clone(), sign_ins.clone(), options.timeout);
        let neo4j = Neo4j::new(Arc::clone(&web));
        let audit = AuditFile::new(aws.client.clone());
        Self {
            options,
            calls: CallReader::new(aws.logs.clone()),
            discovery: Discoverer::new(aws.clone()),
            rotations: Rotations::new(aws.clone(), sign_ins.clone(), mcp.clone(), neo4j.clone()),
            client_secrets: ClientSecrets::new(
                aws.clone(),
                sign_ins.clone(),
                mcp.clone(),
                audit.clone(),
            ),
            doctor: DoctorProbes::new(
                aws.clone(),
                sign_ins.clone(),
                mcp.clone(),
                neo4j.clone(),
                web,
            ),
            aws,
            sign_ins,
            mcp,
            neo4j,
            audit,
        }
    }

    /// Returns how these services behave.
    pub fn options(&self) -> &ServiceOptions {
        &self.options
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::model::{Deployment, SecretSource, StaticCredentials};

    /// Returns a deployment at an address where nothing listens.
    pub(crate) fn deployment() -> Deployment {
        Deployment {
            endpoint_url: Some("http://127.0.0.1:9".into()),
            credentials: Some(StaticCredentials {
                access_key_id: "AKIDEXAMPLE".into(),
                secret_access_key: SecretSource::Inline("secret".into()),
                session_token: None,
            }),
            ..Deployment::new("d", "us-west-2")
        }
    }
}
