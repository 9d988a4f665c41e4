//! Errors of token endpoints (RFC 6749, section 5.2), in words that say what to change.

use serde_json::Value;

use super::token_endpoint::TokenRequest;
use crate::{
    logs::redact,
    model::{Failure, FailureKind},
    net::http_client,
};

/// An error response (RFC 6749, section 5.2), or what some endpoints send instead.
pub(super) struct OAuthError {
    code: String,
    description: Option<String>,
}

impl OAuthError {
    /// Reads the body of a response that is no success.
    pub(super) fn parse(json: &Value) -> Option<Self> {
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

    /// Returns whether it says that too many requests were sent, in any of the spellings that are seen.
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

/// Returns the failure that a refused token request is.
pub(super) fn refusal(
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

/// Returns the response of something else. What may be a token is not shown.
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

/// Returns an error of RFC 6749 in words that say what to change. A code that the RFC does not define has no hint.
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
    use super::{super::token_endpoint::ClientCredential, *};
    use crate::model::SecretText;

    fn a_request() -> TokenRequest {
        TokenRequest {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: "https://t.example".into(),
            client_id: "c".into(),
            credential: ClientCredential::Secret(SecretText::from("s")),
            methods: Vec::new(),
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
}
