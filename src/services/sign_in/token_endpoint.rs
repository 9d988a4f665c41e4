//! OAuth token endpoints (RFC 6749, section 3.2): requests with retries, responses, and errors in words that say what to
//! change. Used by every sign-in that obtains a token itself.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    logs::redact,
    model::{Failure, FailureKind, SecretText},
    net::{http_client, retry},
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
    /// Client secret; `None` for a public client.
    pub(super) client_secret: Option<SecretText>,
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

/// How a client authenticates at the token endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ClientAuthentication {
    /// `Authorization: Basic`.
    Basic,
    /// `client_id` and `client_secret` in the form; a public client sends its id alone.
    Form,
}

/// Requests a token.
///
/// # Errors
/// [`FailureKind::SignIn`] if the endpoint refuses; [`FailureKind::Server`] if it is throttled or fails for longer than a few
/// attempts; [`FailureKind::Network`] if it is no token endpoint.
pub(super) async fn request(doing: &str, request: &TokenRequest) -> Result<TokenResponse, Failure> {
    if request.client_secret.is_none() {
        return with_retries(doing, request, ClientAuthentication::Form).await;
    }
    let failure = match with_retries(doing, request, ClientAuthentication::Basic).await {
        Ok(response) => return Ok(response),
        Err(failure) => failure,
    };
    // Some endpoints know only the other of the two ways in which a client authenticates.
    let is_worth_it = matches!(
        failure.code.as_deref(),
        Some("invalid_client" | "invalid_request")
    );
    if !is_worth_it {
        return Err(failure);
    }
    let again = with_retries(doing, request, ClientAuthentication::Form).await;
    again.map_err(|other| {
        if other.kind == FailureKind::SignIn {
            failure
        } else {
            other
        }
    })
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
    match (authentication, &request.client_secret) {
        (ClientAuthentication::Basic, Some(secret)) => {
            let value = basic(doing, &request.client_id, secret)?;
            sending = sending.header(http::header::AUTHORIZATION, value);
        }
        (ClientAuthentication::Form, Some(secret)) => form.extend([
            ("client_id", request.client_id.as_str()),
            ("client_secret", secret.reveal()),
        ]),
        (_, None) => form.push(("client_id", request.client_id.as_str())),
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

/// The time of a `Date` header.
fn parse_date(date: &str) -> Option<SystemTime> {
    let format = aws_smithy_types::date_time::Format::HttpDate;
    let at = aws_smithy_types::DateTime::from_str(date, format).ok()?;
    SystemTime::try_from(at).ok()
}

/// An error response (RFC 6749, section 5.2), or what some endpoints send instead.
struct OAuthError {
    code: String,
    description: Option<String>,
}

impl OAuthError {
    fn parse(json: &Value) -> Option<Self> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        match json.get("error") {
            Some(Value::String(code)) => Some(Self {
                code: code.clone(),
                description: text(json.get("error_description")),
            }),
            Some(Value::Object(error)) => Some(Self {
                code: text(error.get("code"))?,
                description: text(error.get("message")),
            }),
            _ => {
                let code = text(json.get("__type").or_else(|| json.get("code")))?;
                Some(Self {
                    code: code.rsplit('#').next().unwrap_or(&code).to_owned(),
                    description: text(json.get("message").or_else(|| json.get("Message"))),
                })
            }
        }
    }

    /// Whether it says that too many requests were sent, in any of the spellings that are seen.
    fn is_throttling(&self) -> bool {
        let words = format!(
            "{} {}",
            self.code,
            self.description.as_deref().unwrap_or("")
        )
        .to_ascii_lowercase();
        [
            "toomanyrequests",
            "too many requests",
            "rate exceeded",
            "throttl",
            "slow_down",
            "limitexceeded",
        ]
        .iter()
        .any(|word| words.contains(word))
    }

    fn is_outage(&self) -> bool {
        matches!(
            self.code.as_str(),
            "server_error" | "temporarily_unavailable" | "InternalErrorException"
        )
    }
}

fn refusal(
    doing: &str,
    request: &TokenRequest,
    status: u16,
    error: Option<OAuthError>,
    body: &[u8],
) -> Failure {
    let throttled = status == 429 || error.as_ref().is_some_and(OAuthError::is_throttling);
    if throttled {
        let failure = Failure::new(
            FailureKind::Server,
            doing,
            "the token endpoint asks to slow down",
        )
        .status(status)
        .hint("too many tokens are requested: wait, or let fewer clients share this endpoint");
        return with_words(failure, request, error);
    }
    match error {
        Some(error) if status < 500 && !error.is_outage() => oauth(doing, request, status, error),
        error if status >= 500 || error.is_some() => {
            let cause = format!("the token endpoint failed with status {status}");
            let failure = Failure::new(FailureKind::Server, doing, cause).status(status);
            with_words(failure, request, error)
        }
        _ => no_token_endpoint(doing, request, status, body),
    }
}

fn with_words(failure: Failure, request: &TokenRequest, error: Option<OAuthError>) -> Failure {
    let mut failure = failure.evidence(format!("token endpoint: {}", request.url));
    if let Some(error) = error {
        failure = failure.code(error.code);
        if let Some(words) = error.description {
            failure = failure.evidence(words);
        }
    }
    failure
}

/// The response of something else. What may be a token is not shown.
fn no_token_endpoint(doing: &str, request: &TokenRequest, status: u16, body: &[u8]) -> Failure {
    if (200..300).contains(&status) {
        let cause = format!("{} answered without an access token", request.url);
        return Failure::new(FailureKind::SignIn, doing, cause).status(status);
    }
    let cause = format!(
        "{} answered with status {status} and is no token endpoint",
        request.url
    );
    Failure::new(FailureKind::Network, doing, cause)
        .status(status)
        .hint("check token_url: it usually ends in /oauth2/token")
        .evidence(redact(&http_client::preview(body)))
}

/// An error of RFC 6749 in words that say what to change. A code that the RFC does not define has no hint.
fn oauth(doing: &str, request: &TokenRequest, status: u16, error: OAuthError) -> Failure {
    let scope = request.scope.as_deref().unwrap_or("(none)");
    let (cause, hint) = match error.code.as_str() {
        "invalid_client" => (
            "wrong client id or secret".to_owned(),
            Some("check client_id and client_secret; the secret may have been rotated"),
        ),
        "invalid_scope" => (
            format!("the client may not ask for the scope {scope}"),
            Some("check scope against the app client's allowed custom scopes"),
        ),
        "unauthorized_client" => (
            "this client may not use this grant".to_owned(),
            Some("allow the grant for the app client: client_credentials for m2m, code for oauth"),
        ),
        "invalid_grant" => (
            "the token endpoint does not accept the grant".to_owned(),
            Some(
                "m2m: switch on OAuth flows for the app client (AllowedOAuthFlowsUserPoolClient); oauth: sign in again",
            ),
        ),
        "unsupported_grant_type" => (
            "the token endpoint does not know this grant".to_owned(),
            Some("check token_url, and that the sign_in's mode fits the app client"),
        ),
        "invalid_request" => (
            "the token endpoint did not understand the request".to_owned(),
            Some("check token_url, client_id and scope"),
        ),
        other => (format!("the token endpoint refused: {other}"), None),
    };
    let mut failure = Failure::new(FailureKind::SignIn, doing, cause).status(status);
    failure.hint = hint.map(str::to_owned);
    let failure = with_words(failure, request, Some(error));
    failure.evidence(format!("client id: {}", request.client_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_request() -> TokenRequest {
        TokenRequest {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: "https://t.example".into(),
            client_id: "c".into(),
            client_secret: Some(SecretText::from("s")),
            scope: None,
            form: Vec::new(),
        }
    }

    fn refused(status: u16, body: &str) -> Failure {
        let error = serde_json::from_str(body)
            .ok()
            .as_ref()
            .and_then(OAuthError::parse);
        refusal("signing in", &a_request(), status, error, body.as_bytes())
    }

    #[test]
    fn a_response_that_may_hold_a_token_is_not_shown() {
        let body = r#"{"page":"no such","access_token":"canary"}"#;
        assert_eq!(refused(201, body).evidence.join(" "), "");
        let shown = refused(404, body).evidence.join(" ");
        assert!(
            shown.contains("no such") && !shown.contains("canary"),
            "{shown}"
        );
    }

    #[test]
    fn throttling_is_recognised_in_every_spelling() {
        for (status, body) in [
            (429, ""),
            (429, r#"{"error":"TooManyRequestsException"}"#),
            (400, r#"{"error":"Rate exceeded"}"#),
            (
                400,
                r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
            ),
            (400, r#"{"error":"slow_down"}"#),
        ] {
            let failure = refused(status, body);
            assert_eq!(failure.kind.exit_code(), 5, "{status} {body}");
            assert!(failure.cause.contains("slow down"), "{failure}");
        }
    }

    #[test]
    fn a_code_that_is_not_defined_has_no_hint() {
        let failure = refused(
            400,
            r#"{"error":"something_new","error_description":"words"}"#,
        );
        assert_eq!(
            (failure.kind, failure.hint.as_deref()),
            (FailureKind::SignIn, None)
        );
        assert!(failure.evidence.contains(&"words".to_owned()));
        let nested = refused(
            400,
            r#"{"error":{"code":"invalid_client","message":"AADSTS7000215"}}"#,
        );
        assert_eq!(nested.code.as_deref(), Some("invalid_client"));
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
