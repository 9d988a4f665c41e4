//! The address of the MCP server of a deployment.

use crate::{
    kinds::{self, McpAccess},
    model::{Deployment, Failure, FailureKind, Kind, McpTarget},
    net::http_client,
};

use super::{AwsResources, names};

impl AwsResources {
    /// Returns the address that a target stands for.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] where none is known.
    pub async fn mcp_url(
        &self,
        deployment: &Deployment,
        via: &McpTarget,
    ) -> Result<String, Failure> {
        let doing = format!("looking for the MCP endpoint of {}", deployment.name);
        let url = match via {
            McpTarget::Url(url) => Some(url.clone()),
            McpTarget::Resource(key) => {
                let mut key = key.clone();
                if key.kind == Kind::Target {
                    (key.id, key.kind) = (key.owner_id().to_owned(), Kind::Gateway);
                }
                if kinds::spec(key.kind).access == McpAccess::None {
                    return Err(Failure::new(
                        FailureKind::Usage,
                        doing,
                        format!("a {} has no MCP endpoint", key.kind),
                    ));
                }
                self.describe(deployment, &key).await?.mcp_url
            }
            McpTarget::Default => self.own_mcp_url(deployment).await?,
        };
        let url = url.ok_or_else(|| {
            Failure::new(
                FailureKind::Usage,
                doing.as_str(),
                "no MCP endpoint is known for this deployment",
            )
            .hint("set `mcp_url`, `gateways`, `runtimes` or `stack`")
        })?;
        http_client::check_address(&doing, &url)?;
        Ok(url)
    }

    /// Returns the deployment's own endpoint: configured, else its first gateway's, else its first runtime's.
    async fn own_mcp_url(&self, deployment: &Deployment) -> Result<Option<String>, Failure> {
        if let Some(url) = &deployment.mcp_url {
            return Ok(Some(url.clone()));
        }
        let facts = self.stacks.facts(deployment).await?;
        if deployment.gateways.is_empty() && facts.gateway_url.is_some() {
            return Ok(facts.gateway_url);
        }
        if let Some(url) = self
            .list(deployment, Kind::Gateway)
            .await?
            .into_iter()
            .find_map(|gateway| gateway.mcp_url)
        {
            return Ok(Some(url));
        }
        let account = self.client.account(deployment).await?;
        let configured = deployment
            .runtimes
            .iter()
            .find(|runtime| runtime.starts_with("arn:"))
            .cloned();
        if let Some(arn) = configured.or(facts.runtime_arn) {
            return Ok(Some(names::invocation_url(
                &account.address("bedrock-agentcore"),
                &arn,
                "DEFAULT",
            )));
        }
        Ok(self
            .list(deployment, Kind::Runtime)
            .await?
            .into_iter()
            .find_map(|runtime| runtime.mcp_url))
    }
}
