//! The rows of the Secrets screen: Neo4j secrets and client secrets, by deployment.

use crate::{
    model::{Deployment, DeploymentName, Kind, Resource, SignIn},
    state::Store,
};

/// One row.
#[derive(Clone, Copy, Debug)]
pub(super) enum SecretEntry<'a> {
    /// A Neo4j secret.
    Neo4j(&'a Resource),
    /// The client secret of a deployment's machine sign-in.
    Client(&'a Deployment),
}

impl SecretEntry<'_> {
    /// Its deployment.
    pub(super) const fn deployment(&self) -> &DeploymentName {
        match self {
            Self::Neo4j(secret) => &secret.key.deployment,
            Self::Client(deployment) => &deployment.name,
        }
    }

    /// Its name in the list.
    pub(super) fn title(&self) -> &str {
        match self {
            Self::Neo4j(secret) => &secret.name,
            Self::Client(_) => "client secret",
        }
    }
}

/// Returns all rows, in the order of the configuration: the Neo4j secrets of a deployment, then its client secret.
pub(super) fn entries(store: &Store) -> Vec<SecretEntry<'_>> {
    store
        .deployments
        .iter()
        .flat_map(|deployment| {
            let secrets = store
                .resources(&deployment.name)
                .filter(|resource| resource.key.kind == Kind::Secret)
                .map(SecretEntry::Neo4j);
            let client = matches!(
                deployment.sign_in,
                SignIn::M2m {
                    private_key: None,
                    ..
                }
            )
            .then_some(SecretEntry::Client(deployment));
            secrets.chain(client)
        })
        .collect()
}
