//! The address at which a person signs in (RFC 6749, section 4.1.1; RFC 7636; RFC 8707).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::model::SecretText;

use super::{client::OAuthClient, metadata::AuthorizationServer, scope};

/// What an authorization request says besides its client.
pub(super) struct CodeRequest<'a> {
    /// Where the browser comes back to.
    pub(super) redirect_uri: &'a str,
    /// Scopes to ask for; `None`: the server's default.
    pub(super) scope: Option<&'a str>,
    /// Random text that comes back with the answer.
    pub(super) state: &'a SecretText,
    /// Random text whose hash is sent now, and which is sent itself with the code.
    pub(super) verifier: &'a SecretText,
    /// Resource that the token is for.
    pub(super) resource: Option<&'a str>,
}

impl CodeRequest<'_> {
    /// Returns the address to open; `None` if the server has no authorization endpoint.
    pub(super) fn url(&self, server: &AuthorizationServer, client: &OAuthClient) -> Option<Url> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.reveal().as_bytes()));
        let mut url = Url::parse(server.authorization_endpoint.as_deref()?).ok()?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("state", self.state.reveal())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if let Some(scope) = self.scope.filter(|scope| !scope.is_empty()) {
            query.append_pair("scope", scope);
            if scope::asks_for_refresh_token(scope) {
                // OpenID Connect Core, section 11: without it, a provider ignores the scope and gives no refresh token.
                query.append_pair("prompt", "consent");
            }
        }
        if let Some(resource) = self.resource {
            query.append_pair("resource", resource);
        }
        drop(query);
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the values of a request with this scope.
    fn requested(scope: &str) -> impl Fn(&str) -> Option<String> {
        let server = AuthorizationServer {
            issuer: "https://as.example".into(),
            authorization_endpoint: Some("https://as.example/authorize?tenant=1".into()),
            token_endpoint: "https://as.example/token".into(),
            ..AuthorizationServer::default()
        };
        let request = CodeRequest {
            redirect_uri: "http://127.0.0.1:1/callback",
            scope: Some(scope),
            state: &SecretText::from("st"),
            verifier: &SecretText::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            resource: None,
        };
        let url = request
            .url(&server, &OAuthClient::public("c".into()))
            .unwrap();
        move |name| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        }
    }

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636() {
        let value = requested("a/b openid");
        assert_eq!(
            value("code_challenge").as_deref(),
            Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        );
        assert_eq!(value("tenant").as_deref(), Some("1"));
        assert_eq!(value("scope").as_deref(), Some("a/b openid"));
        assert_eq!(value("resource"), None);
        assert_eq!(value("prompt"), None);
    }

    #[test]
    fn a_refresh_token_is_asked_for_with_consent() {
        let value = requested("openid offline_access");
        assert_eq!(value("prompt").as_deref(), Some("consent"));
    }
}
