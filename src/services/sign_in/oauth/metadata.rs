//! Metadata of authorization servers (RFC 8414, OpenID Connect discovery) and of protected resources (RFC 9728).

use serde_json::Value;
use url::Url;

use crate::{
    model::{Failure, FailureKind},
    net::http_client::{self, Web},
};

/// What is used of an authorization server's metadata.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationServer {
    /// Issuer.
    pub(super) issuer: String,
    /// Where the person signs in.
    pub(super) authorization_endpoint: String,
    /// Where the code is exchanged.
    pub(super) token_endpoint: String,
    /// Where clients are registered, if they can be.
    pub(super) registration_endpoint: Option<String>,
    /// Scopes that the protected resource asks for.
    pub(super) wanted_scope: Option<String>,
}

/// What is used of a protected resource's metadata.
#[derive(Clone, Debug)]
pub(super) struct ProtectedResource {
    /// The resource that tokens are for.
    pub(super) resource: String,
    /// Issuers of its tokens, the preferred one first.
    pub(super) authorization_servers: Vec<String>,
    scopes: Vec<String>,
}

impl ProtectedResource {
    /// The scopes that it knows, separated by spaces.
    pub(super) fn scope(&self) -> Option<String> {
        (!self.scopes.is_empty()).then(|| self.scopes.join(" "))
    }
}

/// Fetches the metadata of an issuer, or of the discovery document itself.
///
/// # Errors
/// [`FailureKind::Network`] if none of the well-known addresses has it; [`FailureKind::Usage`] if it names addresses that
/// secrets must not be sent to.
pub(super) async fn authorization_server(
    web: &Web,
    doing: &str,
    issuer: &str,
) -> Result<AuthorizationServer, Failure> {
    let addresses = server_addresses(issuer);
    let mut problem = None;
    for address in &addresses {
        match web.fetch_json(doing, address).await {
            Ok(document) => return parse_server(doing, address, &document),
            Err(failure) if failure.kind == FailureKind::Usage => return Err(failure),
            Err(failure) => problem = problem.or(Some(failure)),
        }
    }
    Err(problem.unwrap_or_else(|| {
        Failure::new(
            FailureKind::Usage,
            doing,
            format!("{issuer} is no address of an issuer"),
        )
    }))
}

/// The addresses at which an issuer's metadata may be, most specific first.
fn server_addresses(issuer: &str) -> Vec<String> {
    if issuer.contains("/.well-known/") {
        return vec![issuer.to_owned()];
    }
    let Ok(url) = Url::parse(issuer) else {
        return Vec::new();
    };
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    let mut addresses = vec![
        format!("{origin}{path}/.well-known/openid-configuration"),
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    addresses.dedup();
    addresses
}

fn parse_server(
    doing: &str,
    address: &str,
    document: &Value,
) -> Result<AuthorizationServer, Failure> {
    let endpoint = |name: &str| -> Result<Option<String>, Failure> {
        let Some(url) = document.get(name).and_then(Value::as_str) else {
            return Ok(None);
        };
        http_client::check_address(doing, url)?;
        Ok(Some(url.to_owned()))
    };
    let required = |name: &str| {
        endpoint(name)?.ok_or_else(|| {
            Failure::new(
                FailureKind::Usage,
                doing,
                format!("{address} names no {name}"),
            )
        })
    };
    Ok(AuthorizationServer {
        issuer: document
            .get("issuer")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        authorization_endpoint: required("authorization_endpoint")?,
        token_endpoint: required("token_endpoint")?,
        registration_endpoint: endpoint("registration_endpoint")?,
        wanted_scope: None,
    })
}

/// Fetches the metadata of an MCP endpoint: from the address in its challenge, else from the well-known addresses.
///
/// # Errors
/// [`FailureKind::Network`] if it has none.
pub(super) async fn protected_resource(
    web: &Web,
    doing: &str,
    endpoint: &str,
) -> Result<ProtectedResource, Failure> {
    let challenged = challenge_address(web, doing, endpoint).await?;
    let mut problem = None;
    for address in challenged.into_iter().chain(resource_addresses(endpoint)) {
        match web.fetch_json(doing, &address).await {
            Ok(document) => return Ok(parse_resource(endpoint, &document)),
            Err(failure) => problem = problem.or(Some(failure)),
        }
    }
    Err(problem.unwrap_or_else(|| {
        Failure::new(
            FailureKind::Usage,
            doing,
            format!("{endpoint} is no address"),
        )
    }))
}

fn resource_addresses(endpoint: &str) -> Vec<String> {
    let Ok(url) = Url::parse(endpoint) else {
        return Vec::new();
    };
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    let mut addresses = vec![
        format!("{origin}/.well-known/oauth-protected-resource{path}"),
        format!("{origin}/.well-known/oauth-protected-resource"),
    ];
    addresses.dedup();
    addresses
}

fn parse_resource(endpoint: &str, document: &Value) -> ProtectedResource {
    let texts = |name: &str| {
        let list = document.get(name).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    ProtectedResource {
        resource: document
            .get("resource")
            .and_then(Value::as_str)
            .unwrap_or(endpoint)
            .to_owned(),
        authorization_servers: texts("authorization_servers"),
        scopes: texts("scopes_supported"),
    }
}

/// The address of the metadata in the challenge of a request without a token.
async fn challenge_address(
    web: &Web,
    doing: &str,
    endpoint: &str,
) -> Result<Option<String>, Failure> {
    let response = web
        .client(doing, endpoint)?
        .post(endpoint)
        .header("accept", "application/json, text/event-stream")
        .timeout(std::time::Duration::from_secs(15))
        .json(&serde_json::json!({"jsonrpc": "2.0", "id": 0, "method": "ping"}))
        .send()
        .await
        .map_err(|error| http_client::failure(doing, endpoint, &error))?;
    let challenges = response.headers().get_all(http::header::WWW_AUTHENTICATE);
    Ok(challenges
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|challenge| parameter(challenge, "resource_metadata")))
}

/// The value of a parameter in a challenge.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let (_, rest) = challenge.split_once(&format!("{name}="))?;
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split([',', ' ']).next()?,
    };
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_with_a_path_has_three_addresses() {
        assert_eq!(
            server_addresses("https://as.example/pool/"),
            [
                "https://as.example/pool/.well-known/openid-configuration",
                "https://as.example/.well-known/oauth-authorization-server/pool",
                "https://as.example/.well-known/openid-configuration/pool",
            ]
        );
        let document = "https://as.example/.well-known/openid-configuration";
        assert_eq!(server_addresses(document), [document]);
    }

    #[test]
    fn the_challenge_names_the_metadata() {
        let challenge =
            r#"Bearer error="invalid_token", resource_metadata="https://x.example/.well-known/y""#;
        assert_eq!(
            parameter(challenge, "resource_metadata").as_deref(),
            Some("https://x.example/.well-known/y")
        );
        assert_eq!(parameter("Bearer", "resource_metadata"), None);
    }
}
