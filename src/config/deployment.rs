//! One `[deployments.NAME]` table, with its sign-in, its headers and its credentials.

use toml::de::DeValue;
use url::Url;

use super::section::Section;
use crate::model::{
    Deployment, DeploymentName, HeaderSpec, SecretSource, Shape, SignIn, StaticCredentials,
    did_you_mean,
};

/// Keys of a deployment.
pub(super) const KEYS: [&str; 15] = [
    "shape",
    "region",
    "profile",
    "endpoint_url",
    "credentials",
    "stack",
    "gateways",
    "runtimes",
    "mcp_url",
    "secrets",
    "log_groups",
    "sign_in",
    "headers",
    "neo4j_uri",
    "read_only",
];
/// Keys of `[defaults]`: what every deployment takes unless it says otherwise.
pub(super) const DEFAULTS: [&str; 5] = [
    "region",
    "profile",
    "endpoint_url",
    "credentials",
    "read_only",
];

const MODES: [&str; 5] = ["m2m", "bearer", "sigv4", "user", "none"];
const SIGN_IN: [&str; 8] = [
    "mode",
    "token_url",
    "client_id",
    "client_secret",
    "scope",
    "user_pool_id",
    "token",
    "username",
];

/// Reads one deployment. Problems are told on the way; with any of them, the deployment is not to be used.
pub(super) fn read(
    name: &str,
    section: &Section<'_, '_>,
    defaults: Option<&Section<'_, '_>>,
    region: &dyn Fn() -> Option<String>,
) -> Deployment {
    check_name(name, section);
    let text = |key: &str| {
        section.text(key).or_else(|| {
            defaults
                .filter(|_| !section.has(key))
                .and_then(|all| all.text(key))
        })
    };
    let stack = section.text("stack");
    // Everything is read before anything is given up, so that all problems are told at once.
    let sign_in = sign_in(section, stack.is_some());
    let region = text("region").or_else(region);
    // One of a wrong type was told as such.
    let is_named = section.has("region") || defaults.is_some_and(|all| all.has("region"));
    if region.is_none() && !is_named {
        section.complain("no region: write region = \"us-west-2\", or set AWS_REGION");
    }
    let deployment = Deployment {
        name: DeploymentName::from(name),
        shape: shape(section),
        region: region.unwrap_or_default(),
        profile: text("profile"),
        endpoint_url: url(section, "endpoint_url").or_else(|| {
            defaults
                .filter(|_| !section.has("endpoint_url"))
                .and_then(|all| url(all, "endpoint_url"))
        }),
        credentials: credentials(section).or_else(|| {
            defaults
                .filter(|_| !section.has("credentials"))
                .and_then(credentials)
        }),
        gateways: section.texts("gateways"),
        runtimes: section.texts("runtimes"),
        mcp_url: url(section, "mcp_url"),
        secrets: section.texts("secrets"),
        log_groups: section.texts("log_groups"),
        sign_in: sign_in.unwrap_or(SignIn::None),
        headers: headers(section),
        neo4j_uri: neo4j_uri(section),
        read_only: section
            .flag("read_only")
            .or_else(|| defaults.and_then(|all| all.flag("read_only")))
            .unwrap_or(false),
        stack,
    };
    check_purpose(section);
    deployment
}

/// Whether a secret is written into the configuration itself.
pub(super) fn holds_inline_secret(deployment: &Deployment) -> bool {
    let inline = |source: &SecretSource| matches!(source, SecretSource::Inline(_));
    let sign_in = match &deployment.sign_in {
        SignIn::M2m { client_secret, .. } => inline(client_secret),
        SignIn::Bearer { token } => inline(token),
        SignIn::User {
            client_secret,
            password,
            ..
        } => inline(password) || client_secret.as_ref().is_some_and(inline),
        SignIn::SigV4 | SignIn::None => false,
    };
    let header = deployment.headers.iter().any(|header| match header {
        HeaderSpec::Literal { value, .. } => inline(value),
        HeaderSpec::BasicFromSecret { .. } => false,
    });
    sign_in
        || header
        || deployment
            .credentials
            .as_ref()
            .is_some_and(|keys| inline(&keys.secret_access_key))
}

/// Tells what is wrong in `[defaults]`, whether a deployment takes it or not.
pub(super) fn check_defaults(defaults: &Section<'_, '_>) {
    drop((
        defaults.text("region"),
        defaults.text("profile"),
        url(defaults, "endpoint_url"),
        credentials(defaults),
    ));
    let _ = defaults.flag("read_only");
}

fn check_name(name: &str, section: &Section<'_, '_>) {
    if name.is_empty() {
        section.complain("a deployment needs a name: [deployments.prod]");
    }
    if name
        .chars()
        .any(|each| each.is_whitespace() || each.is_control() || each == ',')
    {
        section.complain(
            "a deployment's name has no blanks and no commas, since --deployment takes it",
        );
    }
}

fn check_purpose(section: &Section<'_, '_>) {
    const PURPOSES: [&str; 6] = [
        "stack",
        "gateways",
        "runtimes",
        "mcp_url",
        "secrets",
        "log_groups",
    ];
    if !PURPOSES.iter().any(|key| section.has(key)) {
        section.complain("names nothing to look at: give stack, gateways, runtimes or mcp_url (gateways = [\"*\"] takes all)");
    }
}

fn shape(section: &Section<'_, '_>) -> Option<Shape> {
    let word = section.text("shape")?;
    let shape = match word.to_ascii_uppercase().as_str() {
        "A" => Some(Shape::A),
        "B" => Some(Shape::B),
        "C" => Some(Shape::C),
        "D" => Some(Shape::D),
        "E" => Some(Shape::E),
        _ => None,
    };
    if shape.is_none() {
        section.complain_of(
            "shape",
            format!("unknown shape \"{word}\"; known: A, B, C, D, E"),
        );
    }
    shape
}

/// Plain http carries credentials in the clear: it is taken for this machine only.
fn url(section: &Section<'_, '_>, key: &str) -> Option<String> {
    let text = section.text(key)?;
    let Ok(url) = Url::parse(&text) else {
        section.complain_of(key, format!("\"{text}\" is no URL"));
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        section.complain_of(
            key,
            "holds a user or a password: they belong to sign_in or headers",
        );
        return None;
    }
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match url.scheme() {
        "https" => Some(text),
        "http" if loopback => Some(text),
        "http" => {
            section.complain_of(
                key,
                "credentials go there, so it must be https (http is for loopback only)",
            );
            None
        }
        scheme => {
            section.complain_of(key, format!("\"{scheme}\" is not https"));
            None
        }
    }
}

fn neo4j_uri(section: &Section<'_, '_>) -> Option<String> {
    const SCHEMES: [&str; 8] = [
        "neo4j",
        "neo4j+s",
        "neo4j+ssc",
        "bolt",
        "bolt+s",
        "bolt+ssc",
        "http",
        "https",
    ];
    let text = section.text("neo4j_uri")?;
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    if !SCHEMES.contains(&scheme) {
        section.complain_of(
            "neo4j_uri",
            format!("unknown scheme \"{scheme}\"; known: {}", SCHEMES.join(", ")),
        );
        return None;
    }
    Some(text)
}

fn credentials(section: &Section<'_, '_>) -> Option<StaticCredentials> {
    let keys = section.section(
        "credentials",
        &["access_key_id", "secret_access_key", "session_token"],
    )?;
    let (id, secret, session_token) = (
        keys.text("access_key_id"),
        keys.secret("secret_access_key"),
        keys.secret("session_token"),
    );
    if !keys.has("access_key_id") || !keys.has("secret_access_key") {
        keys.complain("access_key_id and secret_access_key belong together");
    }
    Some(StaticCredentials {
        access_key_id: id?,
        secret_access_key: secret?,
        session_token,
    })
}

fn sign_in(section: &Section<'_, '_>, has_stack: bool) -> Option<SignIn> {
    let known: Vec<&str> = SIGN_IN.iter().copied().chain(["password"]).collect();
    if !section.has("sign_in") {
        // The stack's outputs name a user pool and a client; without a stack only AWS credentials are at hand.
        return Some(if has_stack {
            machine(None)
        } else {
            SignIn::SigV4
        });
    }
    let inner = section.section("sign_in", &known)?;
    let Some(mode) = inner.text("mode") else {
        if !inner.has("mode") {
            inner.complain(format!("no mode; known: {}", MODES.join(", ")));
        }
        check_types(&inner);
        return None;
    };
    let allowed: &[&str] = match mode.as_str() {
        "m2m" => &[
            "token_url",
            "client_id",
            "client_secret",
            "scope",
            "user_pool_id",
        ],
        "bearer" => &["token"],
        "user" => &[
            "client_id",
            "client_secret",
            "user_pool_id",
            "username",
            "password",
        ],
        "sigv4" | "none" => &[],
        other => {
            let hint = did_you_mean(other, MODES);
            let hint = if hint.is_empty() {
                format!("; known: {}", MODES.join(", "))
            } else {
                hint
            };
            inner.complain_of("mode", format!("unknown sign-in \"{other}\"{hint}"));
            check_types(&inner);
            return None;
        }
    };
    for (key, _) in inner
        .entries()
        .filter(|(key, _)| *key != "mode" && known.contains(key) && !allowed.contains(key))
    {
        inner.complain_of(key, format!("has no meaning for mode \"{mode}\""));
    }
    of_mode(&mode, &inner, has_stack)
}

/// Where nobody knows which of the keys will count, they can still be of the right type.
fn check_types(inner: &Section<'_, '_>) {
    for key in ["client_id", "scope", "user_pool_id", "username"] {
        drop(inner.text(key));
    }
    for key in ["client_secret", "token", "password"] {
        drop(inner.secret(key));
    }
    drop(url(inner, "token_url"));
}

fn of_mode(mode: &str, inner: &Section<'_, '_>, has_stack: bool) -> Option<SignIn> {
    let required = |key: &str| {
        let secret = inner.secret(key);
        if !inner.has(key) {
            inner.complain(format!(
                "mode \"{mode}\" needs {key}: a text, {{ env = \"NAME\" }} or {{ file = \"PATH\" }}"
            ));
        }
        secret
    };
    match mode {
        "m2m" => {
            let named =
                inner.has("client_id") && (inner.has("token_url") || inner.has("user_pool_id"));
            if !named && !has_stack {
                inner
                    .complain("mode \"m2m\" needs client_id and token_url (or user_pool_id), or a stack whose outputs name them");
            }
            Some(machine(Some(inner)))
        }
        "bearer" => Some(SignIn::Bearer {
            token: required("token")?,
        }),
        "user" => {
            if !inner.has("username") {
                inner.complain("mode \"user\" needs username");
            }
            if !inner.has("client_id") && !has_stack {
                inner.complain("mode \"user\" needs client_id, or a stack whose outputs name it");
            }
            // Read whole before anything is given up.
            let (client_id, client_secret) =
                (inner.text("client_id"), inner.secret("client_secret"));
            let (username, password) = (inner.text("username"), required("password"));
            drop(inner.text("user_pool_id"));
            Some(SignIn::User {
                client_id,
                client_secret,
                username: username?,
                password: password?,
            })
        }
        "sigv4" => Some(SignIn::SigV4),
        _ => Some(SignIn::None),
    }
}

fn machine(inner: Option<&Section<'_, '_>>) -> SignIn {
    let text = |key: &str| inner.and_then(|inner| inner.text(key));
    SignIn::M2m {
        token_url: inner.and_then(|inner| url(inner, "token_url")),
        client_id: text("client_id"),
        client_secret: inner
            .and_then(|inner| inner.secret("client_secret"))
            .unwrap_or(SecretSource::UserPoolClient),
        scope: text("scope"),
        user_pool_id: text("user_pool_id"),
    }
}

/// `Name = "text"`, `{ env }`, `{ file }`, or `{ basic_from_secret = true | "id" }`.
fn headers(section: &Section<'_, '_>) -> Vec<HeaderSpec> {
    let Some(inner) = section.free_section("headers") else {
        return Vec::new();
    };
    inner
        .entries()
        .filter_map(|(name, _)| header(name, &inner))
        .collect()
}

fn header(name: &str, inner: &Section<'_, '_>) -> Option<HeaderSpec> {
    if let Err(why) = check_header_name(name) {
        inner.complain_of(name, why);
    }
    let value = inner.get(name)?;
    let basic = match value.get_ref() {
        DeValue::Table(table) if table.contains_key("basic_from_secret") => {
            inner.section(name, &["basic_from_secret"])?
        }
        _ => {
            return Some(HeaderSpec::Literal {
                name: name.to_owned(),
                value: inner.secret_of(name, value)?,
            });
        }
    };
    let secret_id = match basic.get("basic_from_secret").map(toml::Spanned::get_ref) {
        Some(DeValue::Boolean(true)) => None,
        _ => Some(basic.text_for("basic_from_secret", "true, or a secret's name in quotes,")?),
    };
    Some(HeaderSpec::BasicFromSecret {
        name: name.to_owned(),
        secret_id,
    })
}

/// Why a name is no header of ours; the transport sets the last three itself.
pub(crate) fn check_header_name(name: &str) -> Result<(), String> {
    if http::HeaderName::try_from(name).is_err() {
        return Err(format!("\"{name}\" is no header name"));
    }
    if ["accept", "mcp-session-id", "last-event-id"].contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!("the transport sets \"{name}\" itself"));
    }
    Ok(())
}
