//! Which endpoint is talked to: every gateway and runtime that can be called, with its deployment's own first.

use super::Tools;
use crate::{
    app::Endpoint,
    model::{Kind, McpTarget},
    screens::{Context, Reply},
};

impl Tools {
    /// The next endpoint of the fleet: each deployment's own, then its gateways and runtimes.
    pub(super) fn next_endpoint(&mut self, context: &mut Context<'_>) -> Reply {
        let mut known: Vec<Endpoint> = Vec::new();
        for deployment in &context.store.deployments {
            known.push(Endpoint { deployment: deployment.name.clone(), target: McpTarget::Default });
            let callable = context
                .store
                .resources(&deployment.name)
                .filter(|each| matches!(each.key.kind, Kind::Gateway | Kind::Runtime) && each.mcp_url.is_some());
            known.extend(
                callable
                    .map(|each| Endpoint { deployment: deployment.name.clone(), target: McpTarget::Resource(each.key.clone()) }),
            );
        }
        let at =
            self.endpoint.as_ref().and_then(|endpoint| known.iter().position(|each| each == endpoint)).map_or(0, |at| at + 1);
        match known.into_iter().cycle().nth(at).filter(|_| !context.store.deployments.is_empty()) {
            Some(endpoint) => Reply::effects(self.connect(endpoint, context)),
            None => Reply::done(),
        }
    }
}

/// What an endpoint is called.
pub(super) fn name_of(endpoint: &Endpoint, store: &crate::app::Store) -> String {
    match &endpoint.target {
        McpTarget::Default => endpoint.deployment.to_string(),
        McpTarget::Resource(key) => store.resource(key).map_or_else(|| key.id.clone(), |resource| resource.name.clone()),
        McpTarget::Url(url) => url.clone(),
    }
}
