//! OAuth token endpoints (RFC 6749, section 3.2): requests with retries, and responses. Used by every sign-in that obtains a
//! token itself.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    client_assertion::{self, AssertionKey},
    token_error::{OAuthError, refusal},
};
use crate::{
    model::{Failure, FailureKind, SecretText},
    net::{clock, http_client, retry},
};

/// Longest response of a token endpoint, in bytes.
const LONGEST: usize = 1 << 20;
/// Attempts while the endpoint is throttled or fails.
const ATTEMPTS: u32 = 4;
/// Longest `Retry-After` that is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Everything that a token request needs.
pub(super) struct TokenRequest {
    /// HTTP client.
    pub(super) http: reqwest::Client,
    /// Token endpoint.
    pub(super) url: String,
    /// Client id.
    pub(super) client_id: String,
    /// How the client shows who it is.
    pub(super) credential: ClientCredential,
    /// `token_endpoint_auth_methods_supported` of the authorization server, or the method of the client's registration; empty
    /// if neither is known.
    pub(super) methods: Vec<String>,
    /// Scopes, for messages.
    pub(super) scope: Option<String>,
    /// Fields of the form, without those of the client.
    pub(super) form: Vec<(&'static str, SecretText)>,
}

/// A successful response.
pub(super) struct TokenResponse {
    /// Access token.
    pub(super) access_token: SecretText,
    /// Life of the access token; `None` if the endpoint does not say.
    pub(super) lifetime: Option<Duration>,
    /// Refresh token, if there is one.
    pub(super) refresh_token: Option<SecretText>,
    /// Time of the endpoint's clock, from its `Date` header.
    pub(super) server_time: Option<SystemTime>,
}

/// What a client authenticates with.
#[derive(Clone)]
pub(super) enum ClientCredential {
    /// Nothing: a public client.
    Public,
    /// A secret.
    Secret(SecretText),
    /// A private key.
    Key(AssertionKey),
}

/// How a client authenticates at the token endpoint (OpenID Connect Core, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientAuthentication {
    /// `client_secret_basic`: the header `Authorization: Basic`.
    Basic,
    /// `client_secret_post`: `client_id` and `client_secret` in the form.
    Post,
    /// `private_key_jwt`: a signed assertion in the form.
    PrivateKey,
    /// `none`: `client_id` in the form.
    None,
}

impl TokenRequest {
    /// Returns the ways in which the client may authenticate, the preferred one first.
    fn authentications(&self) -> Vec<ClientAuthentication> {
        use ClientAuthentication::{Basic, None, Post, PrivateKey};
        let supports = |name: &str| self.methods.iter().any(|method| method == name);
        match &self.credential {
            ClientCredential::Public => vec![None],
            ClientCredential::Key(_) => vec![PrivateKey],
            ClientCredential::Secret(_) => {
                let supported: Vec<ClientAuthentication> =
                    [(Basic, "client_secret_basic"), (Post, "client_secret_post")]
                        .into_iter()
                        .filter_map(|(authentication, name)| {
                            supports(name).then_some(authentication)
                        })
                        .collect();
                match supported.as_slice() {
                    [] if supports("none") => vec![None],
                    // Some endpoints know only one of the two, and do not say which.
                    [] => vec![Basic, Post],
                    _ => supported,
                }
            }
        }
    }
}

/// Requests a token.
///
/// # Errors
/// [`FailureKind::SignIn`] if the endpoint refuses; [`FailureKind::Server`] if it is throttled or fails for longer than a few
/// attempts; [`FailureKind::Network`] if it is no token endpoint.
pub(super) async fn request(doing: &str, request: &TokenRequest) -> Result<TokenResponse, Failure> {
    let mut first: Option<Failure> = None;
    for authentication in request.authentications() {
        let failure = match with_retries(doing, request, authentication).await {
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        let is_about_client = matches!(
            failure.code.as_deref(),
            Some("invalid_client" | "invalid_request")
        );
        if failure.kind != FailureKind::SignIn {
            return Err(failure);
        }
        let failure = first.get_or_insert(failure);
        if !is_about_client {
            return Err(failure.clone());
        }
    }
    Err(first.unwrap_or_else(|| {
        Failure::new(FailureKind::Usage, doing, "the client cannot authenticate")
    }))
}

async fn with_retries(
    doing: &str,
    request: &TokenRequest,
    authentication: ClientAuthentication,
) -> Result<TokenResponse, Failure> {
    let mut failures = 0;
    loop {
        let (failure, wait) = match once(doing, request, authentication).await {
            Ok(response) => return Ok(response),
            Err(refused) => refused,
        };
        failures += 1;
        let is_transient = matches!(failure.kind, FailureKind::Throttled | FailureKind::Server);
        if !is_transient || failures >= ATTEMPTS {
            return Err(failure);
        }
        let wait = wait.map_or_else(
            || retry::TOKEN_ENDPOINT.wait(failures),
            |wait| wait.min(LONGEST_WAIT),
        );
        tokio::time::sleep(wait).await;
    }
}

/// A failure, with the time that the endpoint asks to wait.
type Refused = (Failure, Option<Duration>);

async fn once(
    doing: &str,
    request: &TokenRequest,
    authentication: ClientAuthentication,
) -> Result<TokenResponse, Refused> {
    let sending = build(doing, request, authentication).map_err(|failure| (failure, None))?;
    let response = sending
        .send()
        .await
        .map_err(|error| (http_client::failure(doing, &request.url, &error), None))?;
    let status = response.status().as_u16();
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let (location, date) = (header("location"), header("date"));
    let wait = header("retry-after")
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs);
    let body = http_client::read_at_most(response, LONGEST)
        .await
        .map_err(|error| (error.failure(doing, &request.url), None))?;
    let json: Option<Value> = serde_json::from_slice(&body).ok();
    if let (200..=299, Some(json)) = (status, &json)
        && let Some(response) = parse(json, date.as_deref())
    {
        return Ok(response);
    }
    if (300..=399).contains(&status) {
        let failure = http_client::redirect_refused(doing, &request.url, location.as_deref());
        return Err((failure.status(status), None));
    }
    let error = json.as_ref().and_then(OAuthError::parse);
    Err((refusal(doing, request, status, error, &body), wait))
}

fn build(
    doing: &str,
    request: &TokenRequest,
    authentication: ClientAuthentication,
) -> Result<reqwest::RequestBuilder, Failure> {
    let mut form: Vec<(&str, &str)> = request
        .form
        .iter()
        .map(|(name, value)| (*name, value.reveal()))
        .collect();
    let mut sending = request
        .http
        .post(&request.url)
        .header("accept", "application/json")
        .timeout(Duration::from_secs(15));
    let assertion;
    match (authentication, &request.credential) {
        (ClientAuthentication::Basic, ClientCredential::Secret(secret)) => {
            let value = basic(doing, &request.client_id, secret)?;
            sending = sending.header(http::header::AUTHORIZATION, value);
        }
        (ClientAuthentication::Post, ClientCredential::Secret(secret)) => form.extend([
            ("client_id", request.client_id.as_str()),
            ("client_secret", secret.reveal()),
        ]),
        (_, ClientCredential::Key(key)) => {
            let unique = uuid::Uuid::new_v4().to_string();
            assertion = client_assertion::sign(
                doing,
                &request.client_id,
                key,
                &unique,
                clock::system_now(),
            )?;
            form.extend([
                ("client_id", request.client_id.as_str()),
                ("client_assertion_type", client_assertion::TYPE),
                ("client_assertion", assertion.reveal()),
            ]);
        }
        (_, ClientCredential::Secret(_) | ClientCredential::Public) => {
            form.push(("client_id", request.client_id.as_str()));
        }
    }
    Ok(sending.form(&form))
}

/// `Basic` credentials of a client; both parts are form-encoded first (RFC 6749, section 2.3.1).
fn basic(doing: &str, client: &str, secret: &SecretText) -> Result<http::HeaderValue, Failure> {
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = SecretText::new(format!("{}:{}", encode(client), encode(secret.reveal())));
    let mut value =
        http::HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair.reveal())))
            .map_err(|_| Failure::new(FailureKind::Usage, doing, "the client id cannot be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn parse(json: &Value, date: Option<&str>) -> Option<TokenResponse> {
    let text = |name: &str| {
        json.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(SecretText::from)
    };
    let seconds = json.get("expires_in").and_then(|value| match value {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        other => other.as_f64(),
    });
    Some(TokenResponse {
        access_token: text("access_token")?,
        lifetime: seconds
            .map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)),
        refresh_token: text("refresh_token"),
        server_time: date.and_then(parse_date),
    })
}

/// Returns the time of a `Date` header.
fn parse_date(date: &str) -> Option<SystemTime> {
    let format = aws_smithy_types::date_time::Format::HttpDate;
    let at = aws_smithy_types::DateTime::from_str(date, format).ok()?;
    SystemTime::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authentications(
        credential: ClientCredential,
        methods: &[&str],
    ) -> Vec<ClientAuthentication> {
        let request = TokenRequest {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: "https://t.example".into(),
            client_id: "c".into(),
            credential,
            methods: methods.iter().map(|&method| method.to_owned()).collect(),
            scope: None,
            form: Vec::new(),
        };
        request.authentications()
    }

    #[test]
    fn a_client_authenticates_as_the_server_says() {
        use ClientAuthentication::{Basic, None, Post};
        let secret = || ClientCredential::Secret(SecretText::from("s"));
        assert_eq!(authentications(secret(), &[]), [Basic, Post]);
        assert_eq!(authentications(secret(), &["client_secret_post"]), [Post]);
        assert_eq!(
            authentications(
                secret(),
                &["client_secret_post", "client_secret_basic", "none"]
            ),
            [Basic, Post]
        );
        assert_eq!(authentications(secret(), &["none"]), [None]);
        assert_eq!(
            authentications(secret(), &["tls_client_auth"]),
            [Basic, Post]
        );
        assert_eq!(authentications(ClientCredential::Public, &[]), [None]);
    }

    #[test]
    fn lifetimes_are_read_from_numbers_and_texts() {
        for (text, seconds) in [
            ("3600", 3600),
            ("\"3600\"", 3600),
            ("3599.9", 3599),
            ("-5", 0),
        ] {
            let json =
                serde_json::from_str(&format!(r#"{{"access_token":"t","expires_in":{text}}}"#))
                    .unwrap();
            let lifetime = parse(&json, None).unwrap().lifetime.unwrap();
            assert_eq!(lifetime.as_secs(), seconds, "{text}");
        }
    }
}
