//! What an HTTP answer with a status that is no success means, and what to do about it.

use http::HeaderMap;
use serde_json::Value;
use url::Url;

use super::{not_mcp, own_words, request_id};
use crate::{
    model::{Failure, FailureKind},
    net::http_client,
};

/// The sign-in in use.
#[derive(Clone, Copy)]
pub(crate) struct SignInUsed<'a> {
    /// Its mode, as in the configuration.
    pub(crate) mode: &'a str,
    /// How its AWS credentials are renewed.
    pub(crate) renewal: Option<&'a str>,
}

/// Returns an answer with a status that is no success.
pub(crate) fn http_error(
    doing: &str,
    sign_in: SignInUsed<'_>,
    url: &str,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Failure {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let message = server_message(json.as_ref(), body);
    let code = json
        .as_ref()
        .and_then(|json| json.pointer("/error/code"))
        .map(Value::to_string);
    let challenges: Vec<&str> = headers
        .get_all(http::header::WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let failure = match status {
        403 => forbidden(doing, sign_in, message.as_deref(), &challenges),
        404 if json.is_none() => not_an_endpoint(doing, status, message.as_deref()),
        405 => not_an_endpoint(doing, status, message.as_deref()),
        300..=399 => http_client::redirect_refused(
            doing,
            url,
            headers
                .get(http::header::LOCATION)
                .and_then(|to| to.to_str().ok()),
        ),
        404 => status_failure(doing, sign_in.mode, status, message.as_deref())
            .hint(not_there_hint(url)),
        _ => status_failure(doing, sign_in.mode, status, message.as_deref()),
    };
    let mut failure = failure.status(status);
    failure.code = code;
    failure.request_id = request_id(headers);
    for challenge in challenges {
        failure = failure.evidence(format!("www-authenticate: {challenge}"));
    }
    if message.is_none() && !body.is_empty() {
        failure = failure.evidence(http_client::preview(body));
    }
    failure
}

/// Returns what a server says of its error, from a JSON body of a known form or a short text. A page is no message.
fn server_message(json: Option<&Value>, body: &[u8]) -> Option<String> {
    let Some(json) = json else {
        let plain = std::str::from_utf8(body).ok()?.trim();
        let is_sentence = !plain.is_empty()
            && plain.len() <= 300
            && !plain.starts_with('<')
            && !plain.contains('\n');
        return is_sentence.then(|| plain.to_owned());
    };
    json.pointer("/error/message")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| own_words(json))
}

/// Returns an address at which something else than an MCP endpoint answers.
fn not_an_endpoint(doing: &str, status: u16, message: Option<&str>) -> Failure {
    let said = message.map_or_else(String::new, |message| format!(": {message}"));
    not_mcp(
        doing,
        &format!("it answers with status {status}{said}"),
        b"",
    )
}

/// Returns the failure that a status alone stands for.
fn status_failure(doing: &str, mode: &str, status: u16, message: Option<&str>) -> Failure {
    let said = message.map_or_else(String::new, |message| format!(": {message}"));
    let (kind, cause, hint) = match status {
        401 => (
            FailureKind::SignIn,
            "the endpoint did not accept the sign-in".to_owned(),
            Some(refused_hint(mode)),
        ),
        404 => (
            FailureKind::NotFound,
            "the endpoint is not there".to_owned(),
            None,
        ),
        406 => (
            FailureKind::Network,
            "the endpoint refuses both JSON and event streams".to_owned(),
            None,
        ),
        413 => (
            FailureKind::Refused,
            "the request is too long for the endpoint".to_owned(),
            None,
        ),
        424 => (
            FailureKind::Server,
            "the runtime did not start".to_owned(),
            Some(not_started_hint(&said)),
        ),
        429 => (
            FailureKind::Throttled,
            "the endpoint asks to slow down".to_owned(),
            None,
        ),
        500.. => (
            FailureKind::Server,
            format!("the endpoint failed with status {status}"),
            None,
        ),
        _ => (
            FailureKind::Refused,
            format!("the endpoint refused with status {status}"),
            None,
        ),
    };
    let failure = Failure::new(kind, doing, format!("{cause}{said}"));
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Returns what to look at after a cold start that failed. Only one that took too long is told about the limit.
fn not_started_hint(said: &str) -> &'static str {
    if said.contains("time exceeded") || said.contains("timed out") {
        "look at the runtime's logs; it must start within 120 s"
    } else {
        "look at the runtime's logs"
    }
}

/// Returns what may be wrong with an address at which nothing is served, by its form.
fn not_there_hint(url: &str) -> &'static str {
    let path = Url::parse(url).map_or_else(|_| String::new(), |url| url.path().to_owned());
    if path.contains("/runtimes/") {
        "check id, region and account; a runtime's ARN must be percent-encoded in its address"
    } else if path.ends_with("/mcp") {
        "check id, region and account"
    } else {
        "check the address: a gateway's ends in /mcp"
    }
}

fn refused_hint(mode: &str) -> &'static str {
    match mode {
        "bearer" => "the token may have ended, or be for another client: get a new one",
        "sigv4" => "the endpoint may want a token instead of a signature: try another sign_in",
        "none" => "the endpoint wants a sign-in: set sign_in for this deployment",
        _ => {
            "compare the token's client_id, scope and issuer (`agentcore-console token --claims`) with the authorizer's"
        }
    }
}

/// A 403 is a sign-in that failed, or one that is good for something else.
fn forbidden(
    doing: &str,
    sign_in: SignInUsed<'_>,
    message: Option<&str>,
    challenges: &[&str],
) -> Failure {
    let mode = sign_in.mode;
    let said = message.map_or_else(String::new, |message| format!(": {message}"));
    let lower = message.unwrap_or_default().to_ascii_lowercase();
    if challenges
        .iter()
        .any(|challenge| challenge.contains("insufficient_scope"))
    {
        return Failure::new(
            FailureKind::Denied,
            doing,
            format!("the token lacks a scope that the endpoint wants{said}"),
        )
        .hint("compare scope of the sign_in with the authorizer's allowed scopes");
    }
    if lower.contains("method mismatch") {
        return Failure::new(
            FailureKind::SignIn,
            doing,
            format!("the endpoint wants another sign-in than {mode}{said}"),
        )
        .hint("a runtime with a JWT authorizer wants a token, one without wants sigv4");
    }
    if [
        "token",
        "signature",
        "expired",
        "oauth",
        "credential",
        "authentication",
    ]
    .iter()
    .any(|word| lower.contains(word))
        && !lower.contains("not authorized to perform")
    {
        let cause = format!("the endpoint did not accept the sign-in{said}");
        let failure = Failure::new(FailureKind::SignIn, doing, cause);
        return if mode == "sigv4" {
            failure.hint(refused_signature_hint(&lower, sign_in.renewal))
        } else {
            failure.hint(refused_hint(mode))
        };
    }
    let hint = if mode == "sigv4" {
        "allow bedrock-agentcore:InvokeGateway or bedrock-agentcore:InvokeAgentRuntime for this identity"
    } else {
        "the sign-in is valid, but not allowed here: compare its claims with the authorizer's"
    };
    Failure::new(
        FailureKind::Denied,
        doing,
        format!("the endpoint refuses this identity{said}"),
    )
    .hint(hint)
}

/// Returns why a signature was refused, by what the endpoint says of it in lower case.
fn refused_signature_hint(said: &str, renewal: Option<&str>) -> String {
    let renewal = renewal.unwrap_or("renew the AWS credentials of this deployment");
    if said.contains("signature expired") || said.contains("not yet current") {
        "this machine's clock differs from AWS's: set it right".to_owned()
    } else if said.contains("credential should be scoped") {
        "the request was signed for another region: check the region of this deployment".to_owned()
    } else if said.contains("signature") {
        format!("the secret access key does not belong to the access key id: {renewal}")
    } else {
        renewal.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(mode: &str, status: u16, challenge: Option<&'static str>, body: &str) -> Failure {
        let mut headers = HeaderMap::new();
        if let Some(challenge) = challenge {
            headers.insert(
                http::header::WWW_AUTHENTICATE,
                http::HeaderValue::from_static(challenge),
            );
        }
        http_error(
            "calling",
            SignInUsed {
                mode,
                renewal: Some("run `aws login --profile ops`"),
            },
            "https://h/mcp",
            status,
            &headers,
            body.as_bytes(),
        )
    }

    #[test]
    fn each_known_answer_has_its_class() {
        let mismatch = r#"{"message":"Authorization method mismatch. The agent is configured for a different authorization method"}"#;
        for (mode, status, challenge, body, kind) in [
            (
                "m2m",
                401,
                Some("Bearer error=\"invalid_token\""),
                r#"{"jsonrpc":"2.0","error":{"code":-32001,"message":"Invalid Bearer token"}}"#,
                FailureKind::SignIn,
            ),
            ("m2m", 401, None, "", FailureKind::SignIn),
            (
                "m2m",
                403,
                Some("Bearer error=\"insufficient_scope\", scope=\"a\""),
                "",
                FailureKind::Denied,
            ),
            (
                "bearer",
                403,
                None,
                r#"{"message":"OAuth authorization failed: Failed to parse token"}"#,
                FailureKind::SignIn,
            ),
            (
                "sigv4",
                403,
                None,
                r#"{"message":"The security token included in the request is expired"}"#,
                FailureKind::SignIn,
            ),
            (
                "sigv4",
                403,
                None,
                r#"{"message":"User: arn is not authorized to perform: bedrock-agentcore:InvokeGateway with token"}"#,
                FailureKind::Denied,
            ),
            ("sigv4", 403, None, mismatch, FailureKind::SignIn),
            ("m2m", 404, None, "not found", FailureKind::Network),
            (
                "m2m",
                404,
                None,
                r#"{"message":"no such runtime"}"#,
                FailureKind::NotFound,
            ),
            ("m2m", 424, None, "", FailureKind::Server),
            ("m2m", 429, None, "", FailureKind::Throttled),
            ("m2m", 302, None, "", FailureKind::Network),
            ("m2m", 500, None, "", FailureKind::Server),
        ] {
            let failure = judged(mode, status, challenge, body);
            assert_eq!(
                (failure.kind, failure.status),
                (kind, Some(status)),
                "{status} {body}"
            );
        }
        assert!(
            judged(
                "m2m",
                401,
                None,
                r#"{"error":{"code":-32001,"message":"Invalid Bearer token"}}"#
            )
            .cause
            .contains("Invalid Bearer token")
        );
    }

    #[test]
    fn a_hint_follows_from_what_the_endpoint_says() {
        fn hint(mode: &str, status: u16, body: &str) -> String {
            judged(mode, status, None, body).hint.unwrap_or_default()
        }
        for (said, expected) in [
            (
                "The security token included in the request is expired",
                "run `aws login --profile ops`",
            ),
            (
                "Signature expired: 20260101T000000Z is now earlier than",
                "clock differs",
            ),
            (
                "The request signature we calculated does not match",
                "secret access key does not belong",
            ),
            (
                "Credential should be scoped to a valid region",
                "another region",
            ),
        ] {
            let body = format!(r#"{{"message":"{said}"}}"#);
            let hint = hint("sigv4", 403, &body);
            assert!(hint.contains(expected), "{said}: {hint}");
        }
        assert!(!hint("m2m", 424, r#"{"message":"exit code 1"}"#).contains("120"));
        let slow = r#"{"message":"Runtime initialization time exceeded"}"#;
        assert!(hint("m2m", 424, slow).contains("120 s"));
        let encoded = "percent-encoded";
        assert!(not_there_hint("https://h/runtimes/arn:x/invocations").contains(encoded));
        assert!(!not_there_hint("https://h/mcp").contains(encoded));
        assert!(not_there_hint("https://h/gateways/g").contains("/mcp"));
    }
}
