//! The sign-in page of a user pool: the authorization code flow with PKCE (RFC 6749, 4.1; RFC 7636), as a plain HTML form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use sha2::{Digest, Sha256};
use url::Url;

use super::state::{CODE_LIFETIME, Client, CodeGrant, Pool};
use crate::http::{Request, Response, respond, set_header};
use crate::world::World;
use crate::xml::escape;

/// A request for authorization, checked.
struct AuthorizationRequest<'a> {
    client: &'a Client,
    redirect_uri: Url,
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    challenge: Option<String>,
}

/// `oauth2/authorize` and the form behind it: GET shows the form, POST judges it.
pub(super) fn page(world: &World, pool: &Pool, request: &Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = match read(pool, query) {
        Ok(asked) => asked,
        Err(problem) => return html(StatusCode::BAD_REQUEST, &format!("<p>{problem}</p>")),
    };
    if let Err(error) = check(query, &asked) {
        return redirect(&asked, &[("error", error)]);
    }
    if request.method() != Method::POST {
        return html(StatusCode::OK, &form(pool, query, None));
    }
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(request.body())
        .into_owned()
        .collect();
    let field = |name: &str| find(&fields, name).unwrap_or_default();
    if find(&fields, "deny").is_some() {
        return redirect(&asked, &[("error", "access_denied")]);
    }
    let user = field("username");
    if !pool.knows(user, field("password")) {
        let problem = Some("Incorrect username or password.");
        return html(StatusCode::OK, &form(pool, query, problem));
    }
    let code = world.seed.next_uuid();
    let grant = CodeGrant {
        client: asked.client.id.clone(),
        user: user.to_owned(),
        redirect_uri: asked.redirect_uri.to_string(),
        scope: asked.scope.clone(),
        nonce: asked.nonce.clone(),
        challenge: asked.challenge.clone(),
        at: world.now(),
    };
    world.cognito.codes.lock().insert(code.clone(), grant);
    redirect(&asked, &[("code", &code)])
}

/// Redeems a code, which is gone afterwards. `None` if it is unknown, too old, of another client or address, or if the
/// verifier does not fit its challenge.
pub(super) fn redeem(
    world: &World,
    client: &Client,
    code: &str,
    redirect_uri: &str,
    verifier: Option<&str>,
) -> Option<CodeGrant> {
    let grant = world.cognito.codes.lock().remove(code)?;
    let is_fresh = world.now().duration_since(grant.at) < CODE_LIFETIME;
    let same_address = Url::parse(redirect_uri).is_ok_and(|url| url.as_str() == grant.redirect_uri);
    let proven = match (&grant.challenge, verifier) {
        (None, _) => true,
        (Some(challenge), Some(verifier)) => {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge
        }
        (Some(_), None) => false,
    };
    (is_fresh && same_address && proven && grant.client == client.id).then_some(grant)
}

/// Reads what must be right before anything may be sent back: the client and its redirect address.
fn read<'a>(pool: &'a Pool, query: &str) -> Result<AuthorizationRequest<'a>, &'static str> {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let field = |name: &str| find(&fields, name).map(str::to_owned);
    let client = field("client_id")
        .and_then(|id| pool.client(&id))
        .ok_or("invalid_request: client_id does not name a client of this user pool")?;
    let redirect_uri = field("redirect_uri")
        .and_then(|address| Url::parse(&address).ok())
        .filter(is_loopback)
        .ok_or("redirect_mismatch: redirect_uri is not a loopback http address")?;
    let default_scope = || client.scopes.join(" ");
    Ok(AuthorizationRequest {
        client,
        redirect_uri,
        scope: field("scope")
            .filter(|scope| !scope.is_empty())
            .unwrap_or_else(default_scope),
        state: field("state"),
        nonce: field("nonce"),
        challenge: field("code_challenge"),
    })
}

/// Returns an error that goes back to the client, if the request cannot be served.
fn check(query: &str, asked: &AuthorizationRequest<'_>) -> Result<(), &'static str> {
    let field = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    if field("response_type").as_deref() != Some("code") {
        return Err("unsupported_response_type");
    }
    if !asked.client.flows_on || !asked.client.flows.contains(&"code") {
        return Err("unauthorized_client");
    }
    if asked.challenge.is_some() && field("code_challenge_method").as_deref() != Some("S256") {
        return Err("invalid_request");
    }
    let mut scopes = asked.scope.split(' ').filter(|scope| !scope.is_empty());
    if scopes.any(|scope| !asked.client.scopes.contains(&scope)) {
        return Err("invalid_scope");
    }
    Ok(())
}

/// Returns an http address of this machine, on any port (RFC 8252, 7.3).
fn is_loopback(address: &Url) -> bool {
    let is_local = matches!(
        address.host_str(),
        Some("127.0.0.1" | "localhost" | "[::1]")
    );
    address.scheme() == "http" && is_local && address.fragment().is_none()
}

fn redirect(asked: &AuthorizationRequest<'_>, members: &[(&str, &str)]) -> Response {
    let mut address = asked.redirect_uri.clone();
    {
        let mut pairs = address.query_pairs_mut();
        for (name, value) in members {
            pairs.append_pair(name, value);
        }
        if let Some(state) = &asked.state {
            pairs.append_pair("state", state);
        }
    }
    let mut response = html(StatusCode::FOUND, "<p>Signed in.</p>");
    set_header(&mut response, "location", address.as_str());
    response
}

fn form(pool: &Pool, query: &str, problem: Option<&str>) -> String {
    let problem = problem
        .map(|text| format!("<p role=\"alert\">{text}</p>"))
        .unwrap_or_default();
    format!(
        "<h1>Sign in</h1>{problem}<form method=\"post\" action=\"{}/oauth2/authorize?{}\">\
         <label>User <input name=\"username\" autocomplete=\"username\"></label> \
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label> \
         <button type=\"submit\" name=\"sign_in\" value=\"yes\">Sign in</button> \
         <button type=\"submit\" name=\"deny\" value=\"yes\">Deny</button></form>",
        escape(&pool.facts.issuer),
        escape(query)
    )
}

fn html(status: StatusCode, inside: &str) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Embedded user pool</title></head>\
         <body>{inside}</body></html>"
    );
    let mut response = respond(status, "text/html; charset=utf-8", body);
    set_header(&mut response, "cache-control", "no-store");
    response
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
