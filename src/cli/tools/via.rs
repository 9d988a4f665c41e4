//! Which endpoint, by whose sign-in: `--via` and `--deployment` put together.

use url::Url;

use crate::{
    model::{Deployment, Failure, Kind, McpTarget, SignIn, SignInMode},
    services::Services,
};

use super::{
    super::{
        context::{Context, which},
        outcome::usage,
        output,
    },
    CallRoute,
};
use crate::cli::find_resource;

/// Returns the deployment whose sign-in is used, and the endpoint.
pub(super) async fn resolve(
    context: &Context,
    services: &Services,
    route: &CallRoute,
) -> Result<(Deployment, McpTarget), Failure> {
    match route.via.as_deref() {
        None => Ok((context.deployment()?, McpTarget::Default)),
        Some(url) if url.contains("://") => {
            refuse_credentials(url)?;
            let deployment = guarded(services, route, whose(context, route, url)?, url).await;
            Ok((deployment, McpTarget::Url(url.to_owned())))
        }
        Some(word) => named(context, services, word).await,
    }
}

/// An address is shown in messages and kept by proxies: it is no place for a password.
fn refuse_credentials(url: &str) -> Result<(), Failure> {
    let holds = |url: &Url| !url.username().is_empty() || url.password().is_some();
    match Url::parse(url) {
        Ok(parsed) if holds(&parsed) => Err(usage(
            "reading --via",
            "the address holds a user or a password",
        )
        .hint("give them apart: --sign-in MODE, or --header 'Authorization: Basic …'")),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Returns whose sign-in goes to a URL: the picked deployment's, the only one's, or that of the deployment whose endpoint it is.
fn whose(context: &Context, route: &CallRoute, url: &str) -> Result<Deployment, Failure> {
    let anonymous = matches!(
        route.sign_in,
        Some(SignInMode::None | SignInMode::Bearer | SignInMode::SigV4)
    );
    // Without any configuration a URL is enough for a sign-in that needs none.
    let loaded = context.load();
    let is_bare = !loaded.found && loaded.problems.is_empty();
    if anonymous && context.global.deployment.is_empty() && is_bare {
        return Ok(Context::for_url());
    }
    let all = context.deployments()?;
    let own: Vec<&Deployment> = all
        .iter()
        .filter(|deployment| deployment.mcp_url.as_deref() == Some(url))
        .collect();
    match (all.as_slice(), own.as_slice()) {
        ([only], _) => Ok(only.clone()),
        (_, [owner]) => Ok((*owner).clone()),
        (_, _) if route.sign_in == Some(SignInMode::None) => Ok(Context::for_url()),
        (several, _) => Err(which(several)),
    }
}

/// Returns what a deployment may send to a URL: everything to an origin of its own; elsewhere its sign-in only where `--sign-in` asks for
/// it, and its headers, which may hold credentials, never.
async fn guarded(
    services: &Services,
    route: &CallRoute,
    deployment: Deployment,
    url: &str,
) -> Deployment {
    let sends = deployment.sign_in != SignIn::None || !deployment.headers.is_empty();
    if !sends || is_own(services, &deployment, url).await {
        return deployment;
    }
    let name = &deployment.name;
    if route.sign_in.is_none() {
        output::note(&format!(
            "{url} is no endpoint of {name}: neither its sign-in nor its headers are sent there; --sign-in MODE sends a sign-in"
        ));
        return Deployment {
            sign_in: SignIn::None,
            headers: Vec::new(),
            ..deployment
        };
    }
    if !deployment.headers.is_empty() {
        output::note(&format!(
            "{url} is no endpoint of {name}: its headers are not sent there; --header sends one"
        ));
    }
    Deployment {
        headers: Vec::new(),
        ..deployment
    }
}

/// Is this the origin of an endpoint that the deployment names or that AWS lists for it?
async fn is_own(services: &Services, deployment: &Deployment, url: &str) -> bool {
    let Ok(origin) = Url::parse(url).map(|url| url.origin()) else {
        return false;
    };
    let is_same = |other: &str| Url::parse(other).is_ok_and(|other| other.origin() == origin);
    if let Some(configured) = &deployment.mcp_url {
        if is_same(configured) {
            return true;
        }
    } else if services
        .aws
        .resources
        .mcp_url(deployment, &McpTarget::Default)
        .await
        .is_ok_and(|own| is_same(&own))
    {
        return true;
    }
    for kind in [Kind::Gateway, Kind::Runtime] {
        let listed = services
            .aws
            .resources
            .list(deployment, kind)
            .await
            .unwrap_or_default();
        if listed
            .iter()
            .filter_map(|resource| resource.mcp_url.as_deref())
            .any(is_same)
        {
            return true;
        }
    }
    false
}

/// Returns a gateway or runtime of a picked deployment.
async fn named(
    context: &Context,
    services: &Services,
    word: &str,
) -> Result<(Deployment, McpTarget), Failure> {
    let all = context.deployments()?;
    if all
        .iter()
        .any(|deployment| deployment.name.as_str() == word)
    {
        let hint = format!(
            "--via takes a gateway, a runtime or a URL; for the deployment: --deployment {word}"
        );
        return Err(usage(
            format!("looking for the endpoint {word}"),
            "that is a deployment",
        )
        .hint(hint));
    }
    let (deployment, resource) =
        find_resource::find(services, &all, &[Kind::Gateway, Kind::Runtime], word).await?;
    Ok((deployment, McpTarget::Resource(resource.key)))
}
