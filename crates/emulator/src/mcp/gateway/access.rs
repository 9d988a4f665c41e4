//! Who may call a gateway: its authorizer, and the protected resource metadata that points clients
//! to the authorization server (RFC 9728).

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::aws::control::{Authorizer, Gateway};
use crate::faults::{FaultKind, FaultPoint};
use crate::http::{Request, Response, header, json as json_response, set_header};
use crate::mcp::message::{self, UNAUTHORIZED};
use crate::signature;
use crate::tokens::{self, TokenRefusal};
use crate::world::SharedWorld;

/// Returns the address of the protected resource's document.
fn metadata_url(gateway: &Gateway) -> String {
    format!(
        "{}/.well-known/oauth-protected-resource",
        gateway.url.trim_end_matches("/mcp")
    )
}

pub(super) fn protected_resource(world: &SharedWorld, gateway: &Gateway) -> Response {
    let Authorizer::Jwt(jwt) = &gateway.authorizer else {
        return json_response(
            StatusCode::NOT_FOUND,
            &json!({"message": "This gateway has no authorization server"}),
        );
    };
    let issuer = jwt
        .discovery_url
        .trim_end_matches("/.well-known/openid-configuration");
    let is_foreign = world
        .deployment_of_gateway(&gateway.id)
        .is_some_and(|deployment| {
            let kind = FaultKind::ForeignServer;
            world
                .faults
                .is_armed(deployment.name, FaultPoint::Metadata, kind)
        });
    let issuer = if is_foreign {
        "https://login.example.com/other"
    } else {
        issuer
    };
    let mut document = json!({"authorization_servers": [issuer], "resource": gateway.url, "bearer_methods_supported": ["header"]});
    if let (false, Some(members)) = (jwt.allowed_scopes.is_empty(), document.as_object_mut()) {
        members.insert("scopes_supported".to_owned(), json!(jwt.allowed_scopes));
    }
    json_response(StatusCode::OK, &document)
}

/// Returns the caller's name, or the refusal.
pub(super) async fn authorize(
    world: &SharedWorld,
    gateway: &Gateway,
    request: &Request,
) -> Result<String, Box<Response>> {
    match &gateway.authorizer {
        Authorizer::None => Ok("anonymous".to_owned()),
        Authorizer::Iam => {
            match signature::verify(world, request, "bedrock-agentcore", SignedDuration::ZERO) {
                Ok(caller) => Ok(caller.arn.to_owned()),
                Err(refusal) => {
                    let mut response = json_response(
                        StatusCode::FORBIDDEN,
                        &json!({"message": refusal.message()}),
                    );
                    set_header(&mut response, "x-amzn-errortype", refusal.code());
                    Err(Box::new(response))
                }
            }
        }
        Authorizer::Jwt(jwt) => {
            let token = tokens::bearer(header(request.headers(), "authorization"));
            match tokens::verify(world, jwt, token).await {
                Ok(claims) => Ok(claims
                    .get("sub")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()),
                Err(refusal) => Err(Box::new(token_refused(
                    gateway,
                    &jwt.allowed_scopes,
                    &refusal,
                ))),
            }
        }
    }
}

/// 401 for what is no valid token, 403 for a valid one that is not enough.
fn token_refused(gateway: &Gateway, scopes: &[String], refusal: &TokenRefusal) -> Response {
    let insufficient = matches!(
        refusal,
        TokenRefusal::Issuer
            | TokenRefusal::Client
            | TokenRefusal::Audience
            | TokenRefusal::Scope
            | TokenRefusal::Claim(_)
    );
    let (status, error, text) = if insufficient {
        (
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "Insufficient scope",
        )
    } else if *refusal == TokenRefusal::Missing {
        (
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "Missing Bearer token",
        )
    } else {
        (
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "Invalid Bearer token",
        )
    };
    let code = if insufficient {
        message::ACCESS_DENIED
    } else {
        UNAUTHORIZED
    };
    let mut response = json_response(status, &message::error(None, code, text, None));
    let scope = if scopes.is_empty() {
        String::new()
    } else {
        format!(" scope=\"{}\",", scopes.join(" "))
    };
    let challenge = format!(
        "Bearer error=\"{error}\",{scope} resource_metadata=\"{}\"",
        metadata_url(gateway)
    );
    set_header(&mut response, "www-authenticate", &challenge);
    response
}
