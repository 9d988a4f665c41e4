//! Which secret is meant, and in which deployment: as configured, as AWS lists it, or as Secrets Manager itself knows it.

use std::collections::HashSet;

use futures::future::join_all;

use crate::{
    cli::{find_resource, outcome::usage},
    model::{Deployment, Failure, FailureKind, Kind},
    services::{Services, rotation::secret_name},
};

/// Returns the deployment that a secret belongs to, and its name or ARN there. What is configured costs no call.
///
/// # Errors
/// [`FailureKind::Usage`] where nothing or more than one thing has the name.
pub(super) async fn find(
    services: &Services,
    deployments: &[Deployment],
    id: &str,
) -> Result<(Deployment, String), Failure> {
    let configured: Vec<&Deployment> = deployments
        .iter()
        .filter(|deployment| deployment.secrets.iter().any(|secret| is_named(secret, id)))
        .collect();
    if let [only] = configured.as_slice() {
        let secret = only
            .secrets
            .iter()
            .find(|secret| is_named(secret, id))
            .map_or(id, String::as_str);
        return Ok(((*only).clone(), secret.to_owned()));
    }
    match find_resource::find(services, deployments, &[Kind::Secret], id).await {
        Ok((deployment, found)) => Ok((deployment, found.key.own_id().to_owned())),
        Err(failure) if failure.kind == FailureKind::Usage && configured.is_empty() => {
            by_itself(services, deployments, id, failure).await
        }
        Err(failure) => Err(failure),
    }
}

/// Returns a secret that no configuration names, but that is there: asked for once in each account and region.
async fn by_itself(
    services: &Services,
    deployments: &[Deployment],
    id: &str,
    unknown: Failure,
) -> Result<(Deployment, String), Failure> {
    let mut seen = HashSet::new();
    let accounts = deployments.iter().filter(|deployment| {
        let key = deployment
            .credentials
            .as_ref()
            .map(|credentials| &credentials.access_key_id);
        seen.insert((
            &deployment.region,
            &deployment.profile,
            &deployment.endpoint_url,
            key,
        ))
    });
    let asked = join_all(accounts.map(|deployment| async move {
        (
            deployment,
            services.aws.secrets.secret_stages(deployment, id).await,
        )
    }))
    .await;
    let found: Vec<&Deployment> = asked
        .iter()
        .filter(|(_, answer)| answer.is_ok())
        .map(|(deployment, _)| *deployment)
        .collect();
    match found.as_slice() {
        [only] => Ok(((*only).clone(), id.to_owned())),
        [] => Err(unknown),
        several => {
            let names: Vec<&str> = several
                .iter()
                .map(|deployment| deployment.name.as_str())
                .collect();
            let failure = usage(
                format!("looking for the secret {id}"),
                format!("it is in several accounts: {}", names.join(", ")),
            );
            Err(failure.hint("pick one with --deployment"))
        }
    }
}

fn is_named(secret: &str, id: &str) -> bool {
    secret == id || secret_name(secret) == id
}
