//! Consent of a person (three-legged OAuth): the page with the form, and what a tool call says while consent is missing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::message::{CONSENT_REQUIRED, Message};
use crate::aws::control::{Credential, Gateway, Target};
use crate::consents::{Consent, Stage};
use crate::http::{Request, Response, query_parameter, respond, set_header};
use crate::world::SharedWorld;
use crate::xml::escape;

/// The page at which a person agrees or declines: GET shows the form, POST judges it.
pub(crate) const PAGE: &str = "/identities/oauth2/authorize";
/// Where the browser goes when no other place was named.
pub(crate) const DONE: &str = "/consent/done";
/// Value of the button by which a person declines.
const DECLINE: &str = "decline";

/// Answers at the consent page.
pub(crate) fn page(world: &SharedWorld, request: &Request) -> Response {
    let posted = |name: &str| {
        url::form_urlencoded::parse(request.body())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let Some(session_uri) =
        query_parameter(request.uri(), "request_uri").or_else(|| posted("request_uri"))
    else {
        return html(
            StatusCode::BAD_REQUEST,
            "<p>The address lacks request_uri.</p>",
        );
    };
    if request.method() != Method::POST {
        return match world
            .consents
            .get(&session_uri, world.now())
            .filter(|consent| consent.stage == Stage::Asked)
        {
            Some(_) => html(StatusCode::OK, &form(&session_uri)),
            None => gone(),
        };
    }
    let is_declined = posted("decision").as_deref() == Some(DECLINE);
    let judged = if is_declined {
        world.consents.decline(&session_uri, world.now())
    } else {
        world.consents.grant(&session_uri, world.now())
    };
    let Some(consent) = judged else {
        return gone();
    };
    let (words, answer) = if is_declined {
        ("<p>Declined.</p>", "error=access_denied".to_owned())
    } else {
        let session = utf8_percent_encode(&session_uri, NON_ALPHANUMERIC);
        ("<p>Agreed.</p>", format!("session_id={session}"))
    };
    let separator = if consent.return_url.contains('?') {
        '&'
    } else {
        '?'
    };
    let mut response = html(StatusCode::FOUND, words);
    set_header(
        &mut response,
        "location",
        &format!("{}{separator}{answer}", consent.return_url),
    );
    response
}

fn form(session_uri: &str) -> String {
    format!(
        "<h1>Code host</h1><p>The MCP gateway of the embedded stack asks to act for you: repo, user, workflow. Nothing leaves this \
         machine.</p><form method=\"post\" action=\"{PAGE}\"><input type=\"hidden\" name=\"request_uri\" value=\"{}\"><button \
         type=\"submit\" name=\"decision\" value=\"agree\">Agree</button> <button type=\"submit\" name=\"decision\" value=\"{DECLINE}\">Decline</button></form>",
        escape(session_uri)
    )
}

fn gone() -> Response {
    html(
        StatusCode::GONE,
        "<p>This address was used already or is too old. Call the tool again for a new one.</p>",
    )
}

/// Returns the place at which the browser ends.
pub(crate) fn done(request: &Request) -> Response {
    let words = if query_parameter(request.uri(), "error").is_some() {
        "<p>Declined. You can close this page; the target stays without your consent.</p>"
    } else {
        "<p>Agreed. You can close this page and go back to the console.</p>"
    };
    html(StatusCode::OK, words)
}

fn html(status: StatusCode, body: &str) -> Response {
    respond(
        status,
        "text/html; charset=utf-8",
        format!(
            "<!doctype html><html lang=\"en\"><title>Consent</title><body>{body}</body></html>"
        ),
    )
}

/// Returns the answer to a call whose target lacks this person's consent: a fresh address each time.
pub(crate) fn required(
    world: &SharedWorld,
    gateway: &Gateway,
    target: &Target,
    user: &str,
    message: &Message,
) -> Value {
    let session_uri = format!(
        "urn:ietf:params:oauth:request_uri:{}",
        URL_SAFE_NO_PAD.encode(world.seed.next_uuid())
    );
    world.consents.ask(
        session_uri.clone(),
        Consent {
            gateway_id: gateway.id.clone(),
            target_id: target.id.clone(),
            user: user.to_owned(),
            return_url: return_url(world, target, message),
            stage: Stage::Asked,
            asked: world.now(),
        },
    );
    let url = format!(
        "{}{PAGE}?request_uri={}",
        world.base,
        utf8_percent_encode(&session_uri, NON_ALPHANUMERIC)
    );
    let elicitation = json!({
        "mode": "url",
        "elicitationId": world.seed.next_uuid(),
        "url": url,
        "message": "Please login to this URL for authorization.",
    });
    message.error(
        CONSENT_REQUIRED,
        "This request requires more information.",
        Some(json!({"elicitations": [elicitation]})),
    )
}

/// Returns what the caller says about the outbound provider.
fn configuration(message: &Message) -> Option<&Value> {
    message
        .meta("aws.bedrock-agentcore.gateway/credentialProviderConfiguration")?
        .get("oauthCredentialProvider")
}

fn return_url(world: &SharedWorld, target: &Target, message: &Message) -> String {
    let asked = configuration(message)
        .and_then(|body| body.get("returnUrl"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    let default = match &target.credential {
        Credential::Oauth {
            default_return_url, ..
        } => default_return_url.clone(),
        Credential::None | Credential::GatewayRole => None,
    };
    asked
        .or(default)
        .unwrap_or_else(|| format!("{}{DONE}", world.base))
}

/// Returns whether the caller wants the person to agree again.
pub(crate) fn is_forced(message: &Message) -> bool {
    configuration(message)
        .and_then(|body| body.get("forceAuthentication"))
        .and_then(Value::as_bool)
        == Some(true)
}
