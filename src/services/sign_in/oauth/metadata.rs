//! Metadata of authorization servers (RFC 8414, OpenID Connect discovery) and of protected resources (RFC 9728).

use serde_json::{Value, json};
use url::Url;

use crate::{
    model::{Failure, FailureKind, is_loopback},
    net::http_client::{self, Web},
};

use super::super::challenge::Challenge;

/// What is used of an authorization server's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::services::sign_in) struct AuthorizationServer {
    /// Issuer.
    pub(in crate::services::sign_in) issuer: String,
    /// Where the person signs in; `None` if the server only serves machines.
    pub(in crate::services::sign_in) authorization_endpoint: Option<String>,
    /// Where tokens are requested.
    pub(in crate::services::sign_in) token_endpoint: String,
    /// Where clients are registered, if they can be.
    pub(in crate::services::sign_in) registration_endpoint: Option<String>,
    /// How clients may authenticate at the token endpoint; empty if the server does not say.
    pub(in crate::services::sign_in) authentication_methods: Vec<String>,
    /// Scopes that the server knows; empty if it does not say.
    pub(in crate::services::sign_in) scopes: Vec<String>,
    /// Whether a client id may be the address of the client's own metadata (Client ID Metadata Documents).
    pub(in crate::services::sign_in) takes_client_metadata_address: bool,
    /// Whether every answer of the authorization endpoint names the issuer (RFC 9207, section 3).
    pub(in crate::services::sign_in) names_issuer_in_answers: bool,
}

/// What is used of a protected resource's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::services::sign_in) struct ProtectedResource {
    /// The resource that tokens are for.
    pub(in crate::services::sign_in) resource: String,
    /// Issuers of its tokens, the preferred one first.
    pub(in crate::services::sign_in) authorization_servers: Vec<String>,
    /// Scopes that it knows; empty if it does not say.
    pub(in crate::services::sign_in) scopes: Vec<String>,
}

/// Fetches the metadata of an issuer, or of the discovery document itself.
///
/// # Errors
/// [`FailureKind::Network`] if none of the well-known addresses has it; [`FailureKind::SignIn`] if it is another issuer's;
/// [`FailureKind::Usage`] if it names addresses that secrets must not be sent to.
pub(in crate::services::sign_in) async fn authorization_server(
    web: &Web,
    doing: &str,
    issuer: &str,
) -> Result<AuthorizationServer, Failure> {
    let mut problem = None;
    for address in &server_addresses(issuer) {
        match web.fetch_json(doing, address).await {
            Ok(document) => {
                let server = parse_server(doing, address, &document)?;
                return check_issuer(doing, issuer, address, server);
            }
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

/// Returns the authorization server of an endpoint without protected-resource metadata, as MCP 2025-03-26 finds it: metadata at the
/// root of the endpoint's origin, otherwise endpoints of fixed names there.
///
/// # Errors
/// [`FailureKind::Usage`] if the endpoint is no address.
pub(in crate::services::sign_in) async fn server_of_origin(
    web: &Web,
    doing: &str,
    endpoint: &str,
) -> Result<AuthorizationServer, Failure> {
    let origin = Url::parse(endpoint)
        .map(|url| url.origin().ascii_serialization())
        .map_err(|error| Failure::new(FailureKind::Usage, doing, error.to_string()))?;
    match authorization_server(web, doing, &origin).await {
        Err(failure) if failure.kind == FailureKind::NotFound => Ok(AuthorizationServer {
            authorization_endpoint: Some(format!("{origin}/authorize")),
            token_endpoint: format!("{origin}/token"),
            registration_endpoint: Some(format!("{origin}/register")),
            issuer: origin,
            ..AuthorizationServer::default()
        }),
        found => found,
    }
}

/// Returns the addresses at which an issuer's metadata may be, in the order of MCP's authorization specification.
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
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
        format!("{origin}{path}/.well-known/openid-configuration"),
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
    let is_set = |name: &str| document.get(name).and_then(Value::as_bool) == Some(true);
    let token_endpoint = endpoint("token_endpoint")?.ok_or_else(|| {
        Failure::new(
            FailureKind::Usage,
            doing,
            format!("{address} names no token_endpoint"),
        )
    })?;
    Ok(AuthorizationServer {
        issuer: document
            .get("issuer")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        authorization_endpoint: endpoint("authorization_endpoint")?,
        token_endpoint,
        registration_endpoint: endpoint("registration_endpoint")?,
        authentication_methods: texts(document, "token_endpoint_auth_methods_supported"),
        scopes: texts(document, "scopes_supported"),
        takes_client_metadata_address: is_set("client_id_metadata_document_supported"),
        names_issuer_in_answers: is_set("authorization_response_iss_parameter_supported"),
    })
}

/// Refuses metadata of another issuer than the one that was looked for (RFC 8414, section 3.3). A configured discovery document
/// is taken at its word, since its address was given.
fn check_issuer(
    doing: &str,
    wanted: &str,
    address: &str,
    server: AuthorizationServer,
) -> Result<AuthorizationServer, Failure> {
    let is_own = server.issuer.trim_end_matches('/') == wanted.trim_end_matches('/');
    if is_own || wanted.contains("/.well-known/") {
        return Ok(server);
    }
    Err(Failure::new(
        FailureKind::SignIn,
        doing,
        "the authorization server's metadata names another issuer",
    )
    .evidence(format!("{address}: issuer: {}", server.issuer))
    .evidence(format!("expected: {wanted}")))
}

/// Fetches the metadata of an MCP endpoint: from the address in its challenge, else from the well-known addresses.
///
/// # Errors
/// [`FailureKind::NotFound`] or [`FailureKind::Network`] if it has none; [`FailureKind::SignIn`] if it is for another resource.
pub(in crate::services::sign_in) async fn protected_resource(
    web: &Web,
    doing: &str,
    endpoint: &str,
    challenge: Option<&Challenge>,
) -> Result<ProtectedResource, Failure> {
    let challenged = match challenge {
        Some(challenge) => challenge.resource_metadata.clone(),
        None => probe(web, doing, endpoint).await?.resource_metadata,
    };
    let mut problem = None;
    for address in challenged.into_iter().chain(resource_addresses(endpoint)) {
        match web.fetch_json(doing, &address).await {
            Ok(document) => return parse_resource(doing, endpoint, &document),
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

/// Refuses metadata of another resource than the endpoint (RFC 9728, section 3.3): a token for it could be used there.
fn parse_resource(
    doing: &str,
    endpoint: &str,
    document: &Value,
) -> Result<ProtectedResource, Failure> {
    let resource = document
        .get("resource")
        .and_then(Value::as_str)
        .unwrap_or(endpoint);
    if !is_part_of(endpoint, resource) {
        return Err(Failure::new(
            FailureKind::SignIn,
            doing,
            "the endpoint's protected-resource metadata is for another resource",
        )
        .evidence(format!("resource: {resource}"))
        .evidence(format!("endpoint: {endpoint}")));
    }
    Ok(ProtectedResource {
        resource: resource.to_owned(),
        authorization_servers: texts(document, "authorization_servers"),
        scopes: texts(document, "scopes_supported"),
    })
}

/// Returns whether an endpoint is a resource or lies below it. Ports of loopback addresses do not count: a tunnel has its own.
fn is_part_of(endpoint: &str, resource: &str) -> bool {
    let (Ok(endpoint_url), Ok(resource_url)) = (Url::parse(endpoint), Url::parse(resource)) else {
        return false;
    };
    let is_local = is_loopback(endpoint) && is_loopback(resource);
    if !is_local && endpoint_url.origin() != resource_url.origin() {
        return false;
    }
    // An ARN in a path is written with and without percent-encoding.
    let decoded = |url: &Url| {
        percent_encoding::percent_decode_str(url.path())
            .decode_utf8_lossy()
            .into_owned()
    };
    let (endpoint_path, resource_path) = (decoded(&endpoint_url), decoded(&resource_url));
    let rest = endpoint_path.strip_prefix(resource_path.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn texts(document: &Value, name: &str) -> Vec<String> {
    let list = document.get(name).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Returns the challenge of a request without a token.
async fn probe(web: &Web, doing: &str, endpoint: &str) -> Result<Challenge, Failure> {
    let response = web
        .client(doing, endpoint)?
        .post(endpoint)
        .header("accept", "application/json, text/event-stream")
        .timeout(std::time::Duration::from_secs(15))
        .json(&json!({"jsonrpc": "2.0", "id": 0, "method": "ping"}))
        .send()
        .await
        .map_err(|error| http_client::failure(doing, endpoint, &error))?;
    Ok(Challenge::from_headers(response.headers()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_with_a_path_has_three_addresses() {
        assert_eq!(
            server_addresses("https://as.example/pool/"),
            [
                "https://as.example/.well-known/oauth-authorization-server/pool",
                "https://as.example/.well-known/openid-configuration/pool",
                "https://as.example/pool/.well-known/openid-configuration",
            ]
        );
        assert_eq!(server_addresses("https://as.example").len(), 2);
        let document = "https://as.example/.well-known/openid-configuration";
        assert_eq!(server_addresses(document), [document]);
    }

    #[test]
    fn metadata_of_another_issuer_is_refused() {
        let check = |wanted: &str, issuer: &str| {
            let server = AuthorizationServer {
                issuer: issuer.to_owned(),
                ..AuthorizationServer::default()
            };
            check_issuer("signing in", wanted, "https://x.example", server).is_ok()
        };
        assert!(check("https://as.example/", "https://as.example"));
        assert!(!check("https://as.example", "https://evil.example"));
        assert!(!check("https://as.example/a", "https://as.example"));
        assert!(check(
            "https://as.example/.well-known/openid-configuration",
            "https://as.example/{tenant}"
        ));
    }

    #[test]
    fn metadata_of_another_resource_is_refused() {
        let endpoint = "https://mcp.example/runtimes/x/invocations?qualifier=DEFAULT";
        for (resource, is_own) in [
            (endpoint, true),
            ("https://mcp.example", true),
            ("https://mcp.example/", true),
            ("https://mcp.example/runtimes/x", true),
            ("https://mcp.example/runtimes/xy", false),
            ("https://mcp.example/run", false),
            ("https://evil.example/runtimes/x/invocations", false),
            ("http://mcp.example/", false),
            ("no address", false),
        ] {
            let document = json!({"resource": resource});
            let parsed = parse_resource("signing in", endpoint, &document);
            assert_eq!(parsed.is_ok(), is_own, "{resource}");
        }
        assert!(is_part_of(
            "http://127.0.0.1:2/mcp",
            "http://localhost:1/mcp"
        ));
    }
}
