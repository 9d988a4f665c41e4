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
pub mod rotation;
pub(crate) mod sign_in;

use std::{sync::Arc, time::Duration};

use crate::{
    model::{Deployment, Failure, FailureKind},
    net::http_client,
};

pub use mcp::{McpOptions, McpSession};
pub use neo4j::UserSetting;

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

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(1),
            total_timeout: Duration::from_mins(3),
            read_only: false,
        }
    }
}

/// The outside world. Cheap to clone; clones share connections, tokens and caches.
#[derive(Clone)]
pub struct Services {
    pub(crate) inner: Arc<Inner>,
}

/// What clones of [`Services`] share.
pub(crate) struct Inner {
    pub(crate) options: ServiceOptions,
    pub(crate) web: http_client::Web,
    pub(crate) accounts: aws::account::Accounts,
    pub(crate) stacks: aws::PerDeployment<aws::stack::Remembered>,
    pub(crate) tokens: crate::services::sign_in::token::Tokens,
    pub(crate) targets: aws::PerDeployment<aws::fleet::Targets>,
    pub(crate) identities: aws::PerDeployment<tokio::sync::OnceCell<crate::model::Identity>>,
    announce: std::sync::RwLock<Option<Announce>>,
    pub(crate) log_budgets: aws::logs::RequestBudgets,
}

/// Shows a person an address at which to sign in.
pub type Announce = Box<dyn Fn(&str) + Send + Sync>;

impl Services {
    /// Services without any connection yet; connections, clients and TLS roots are made when they are first needed.
    pub fn new(options: ServiceOptions) -> Self {
        let inner = Inner {
            options,
            web: http_client::Web::default(),
            accounts: aws::account::Accounts::default(),
            stacks: aws::PerDeployment::default(),
            targets: aws::PerDeployment::default(),
            identities: aws::PerDeployment::default(),
            announce: std::sync::RwLock::default(),
            log_budgets: aws::logs::RequestBudgets::default(),
            tokens: crate::services::sign_in::token::Tokens::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Sets how a person is shown the address of a sign-in in the browser. Without it, only `$BROWSER` is opened.
    pub fn set_announce(&self, announce: Announce) {
        let mut place = self
            .inner
            .announce
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *place = Some(announce);
    }

    pub(crate) fn announce(&self, address: &str) {
        let announce = self
            .inner
            .announce
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(announce) = announce.as_ref() {
            announce(address);
        }
    }

    /// How these services behave.
    pub fn options(&self) -> &ServiceOptions {
        &self.inner.options
    }

    /// Refuses a write where read-only mode is on, for all or for this deployment.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] in read-only mode.
    pub fn guard_write(&self, deployment: &Deployment, doing: &str) -> Result<(), Failure> {
        if self.inner.options.read_only || deployment.read_only {
            return Err(Failure::new(FailureKind::Denied, doing, "read-only mode refuses every write")
                .hint("start without --read-only, and without `read_only = true` for this deployment, to allow it"));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::model::{Deployment, SecretSource, StaticCredentials};

    /// A deployment at an address where nothing listens.
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
