//! Probes of the sign-in: the token, the issuer's discovery document and keys, the endpoint's metadata.

use serde_json::Value;

use super::{probe, probe_if};
use crate::{
    doctor::{Evidence, IssuerDocument, jwt_rules},
    model::{Deployment, Failure},
    services::doctor::DoctorProbes,
};

impl DoctorProbes {
    /// Asks for a token and for the documents that clients and authorisers read.
    pub(super) async fn probe_sign_in(&self, deployment: &Deployment, evidence: &mut Evidence) {
        let discovery = evidence
            .gateways
            .value()
            .into_iter()
            .chain(evidence.runtimes.value())
            .flatten()
            .find_map(jwt_rules)
            .and_then(|rules| rules.get("discoveryUrl"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let metadata = evidence
            .endpoint
            .as_deref()
            .filter(|_| discovery.is_some())
            .map(metadata_url);
        let (token, document, resource) = futures::join!(
            probe_if(has_token(deployment), "this sign-in has no token", async {
                self.sign_ins
                    .token(deployment, None)
                    .await
                    .map(|(_, claims)| claims)
            }),
            probe_if(
                discovery.is_some(),
                "no JWT authoriser was found",
                self.issuer_document(discovery.as_deref().unwrap_or_default())
            ),
            probe_if(
                metadata.is_some(),
                "no JWT authoriser was found",
                self.web.fetch_json(
                    "reading the protected resource's metadata",
                    metadata.as_deref().unwrap_or_default()
                )
            ),
        );
        (evidence.token, evidence.discovery, evidence.metadata) = (token, document, resource);
    }

    async fn issuer_document(&self, url: &str) -> Result<IssuerDocument, Failure> {
        let document = self
            .web
            .fetch_json("reading the issuer's discovery document", url)
            .await?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let keys = match text("jwks_uri") {
            Some(address) => probe(self.web.fetch_json("reading the issuer's keys", address))
                .await
                .value()
                .and_then(|keys| keys.get("keys")?.as_array().map(Vec::len)),
            None => None,
        };
        Ok(IssuerDocument {
            issuer: text("issuer").unwrap_or_default().to_owned(),
            keys,
        })
    }
}

/// Returns whether the sign-in asks for or holds a token.
fn has_token(deployment: &Deployment) -> bool {
    deployment.sign_in.spec().has_token
}

/// Address of the protected resource's metadata: below a gateway's host, or below a runtime's invocation address.
fn metadata_url(endpoint: &str) -> String {
    const DOCUMENT: &str = ".well-known/oauth-protected-resource";
    match endpoint.split_once('?') {
        Some((address, query)) => format!("{address}/{DOCUMENT}?{query}"),
        None => format!("{}/{DOCUMENT}", endpoint.trim_end_matches("/mcp")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_below_the_gateway_or_the_invocation_address() {
        assert_eq!(
            metadata_url("https://gw/mcp"),
            "https://gw/.well-known/oauth-protected-resource"
        );
        assert_eq!(
            metadata_url("https://h/runtimes/x/invocations?qualifier=DEFAULT"),
            "https://h/runtimes/x/invocations/.well-known/oauth-protected-resource?qualifier=DEFAULT"
        );
    }
}
