//! One `[deployments.NAME]` table, with its sign-in, its headers and its credentials.

use toml::de::DeValue;
use url::Url;

use super::{address, section::Section, sign_in};
use crate::model::{
    Deployment, DeploymentName, HeaderSpec, Neo4jScheme, SecretSource, Shape, SignIn,
    StaticCredentials, is_loopback_url,
};

/// Keys of a deployment.
pub(super) const KEYS: [&str; 17] = [
    "title",
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
    "neo4j_user",
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

/// Reads one deployment. Problems are told on the way; with any of them, the deployment is not to be used.
pub(super) fn read(
    name: &str,
    section: &Section<'_, '_>,
    defaults: Option<&Section<'_, '_>>,
    region: super::RegionOf<'_>,
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
    let sign_in = sign_in::read(section, stack.is_some());
    let profile = text("profile");
    let region = text("region").or_else(|| region(profile.as_deref()));
    // One of a wrong type was told as such.
    let is_named = section.has("region") || defaults.is_some_and(|all| all.has("region"));
    check_region(section, region.as_deref(), is_named);
    let endpoints = address::endpoints(section);
    let deployment = Deployment {
        name: DeploymentName::from(name),
        title: section.text("title"),
        short_name: None,
        shape: shape(section),
        region: region.unwrap_or_default(),
        profile,
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
        gateways: endpoints.gateways,
        runtimes: endpoints.runtimes,
        mcp_url: endpoints.mcp_url,
        secrets: section.texts("secrets"),
        log_groups: section.texts("log_groups"),
        sign_in: sign_in.unwrap_or(SignIn::None),
        headers: headers(section),
        neo4j_uri: neo4j_uri(section),
        neo4j_user: section.text("neo4j_user"),
        read_only: section
            .flag("read_only")
            .or_else(|| defaults.and_then(|all| all.flag("read_only")))
            .unwrap_or(false),
        is_ungrouped: false,
        stack,
    };
    check_purpose(section);
    deployment
}

/// Complains of a missing region, and of ARNs of another one or of another service.
fn check_region(section: &Section<'_, '_>, region: Option<&str>, is_named: bool) {
    address::check_services(section);
    match region {
        Some(region) => address::check_regions(section, region),
        None if is_named => {}
        None => section.complain(
            "no region: write region = \"us-west-2\", set AWS_REGION, or give the profile one",
        ),
    }
}

/// Returns whether a secret is written into the configuration itself.
pub(super) fn holds_inline_secret(deployment: &Deployment) -> bool {
    let inline = |source: &SecretSource| matches!(source, SecretSource::Inline(_));
    let sign_in = deployment
        .sign_in
        .secrets()
        .into_iter()
        .any(|(_, source)| inline(source));
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
        .any(|character| character.is_whitespace() || character.is_control() || character == ',')
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
pub(super) fn url(section: &Section<'_, '_>, key: &str) -> Option<String> {
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
    match url.scheme() {
        "https" => Some(text),
        "http" if is_loopback_url(&url) => Some(text),
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
    let text = section.text("neo4j_uri")?;
    if Neo4jScheme::of(&text).is_none() {
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        section.complain_of(
            "neo4j_uri",
            format!(
                "unknown scheme \"{scheme}\"; it begins with one of {}",
                Neo4jScheme::list()
            ),
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

/// Returns why a name is no header of ours; the transport sets the last three itself.
pub(crate) fn check_header_name(name: &str) -> Result<(), String> {
    if http::HeaderName::try_from(name).is_err() {
        return Err(format!("\"{name}\" is no header name"));
    }
    if ["accept", "mcp-session-id", "last-event-id"].contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!("the transport sets \"{name}\" itself"));
    }
    Ok(())
}
