//! Which endpoint, by whose sign-in: `--via` and `--deployment` put together.

use crate::{
    model::{Deployment, Failure, Kind, McpTarget},
    services::Services,
};

use super::{
    super::{
        context::{Context, which},
        fleet, sign_in, usage,
    },
    Way,
};

/// The deployment whose sign-in is used, and the endpoint.
pub(super) async fn resolve(context: &Context, services: &Services, way: &Way) -> Result<(Deployment, McpTarget), Failure> {
    match way.via.as_deref() {
        None => Ok((context.deployment()?, McpTarget::Default)),
        Some(url) if url.contains("://") => Ok((whose(context, way, url)?, McpTarget::Url(url.to_owned()))),
        Some(word) => named(context, services, word).await,
    }
}

/// Whose sign-in goes to a URL: the picked deployment's, the only one's, or that of the deployment whose endpoint it is.
fn whose(context: &Context, way: &Way, url: &str) -> Result<Deployment, Failure> {
    let anonymous = matches!(way.sign_in, Some(sign_in::Mode::None | sign_in::Mode::Bearer | sign_in::Mode::SigV4));
    let all = match context.deployments() {
        Ok(all) => all,
        // Without any configuration a URL is enough for a sign-in that needs none.
        Err(_) if anonymous && context.global.deployment.is_empty() && !context.load().found => return Ok(Context::nobody()),
        Err(failure) => return Err(failure),
    };
    let own: Vec<&Deployment> = all.iter().filter(|each| each.mcp_url.as_deref() == Some(url)).collect();
    match (all.as_slice(), own.as_slice()) {
        ([only], _) => Ok(only.clone()),
        (_, [owner]) => Ok((*owner).clone()),
        (_, _) if way.sign_in == Some(sign_in::Mode::None) => Ok(Context::nobody()),
        (several, _) => Err(which(several)),
    }
}

/// A gateway or runtime of a picked deployment.
async fn named(context: &Context, services: &Services, word: &str) -> Result<(Deployment, McpTarget), Failure> {
    let all = context.deployments()?;
    if all.iter().any(|each| each.name.as_str() == word) {
        let hint = format!("--via takes a gateway, a runtime or a URL; for the deployment: --deployment {word}");
        return Err(usage(format!("looking for the endpoint {word}"), "that is a deployment").hint(hint));
    }
    let (deployment, resource) = fleet::find(services, &all, &[Kind::Gateway, Kind::Runtime], word).await?;
    Ok((deployment, McpTarget::Resource(resource.key)))
}
