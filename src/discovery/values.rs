//! Recognises values by their form: an ARN, a gateway's address or a token endpoint says itself what it is, whatever the
//! key is called under which it was found. Pure.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::model::{Neo4jScheme, is_loopback_url};

/// What a value is, as far as its form tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueForm {
    /// The MCP address of an AgentCore gateway, completed by `/mcp` if that was missing.
    GatewayUrl {
        /// Address.
        url: String,
        /// Gateway id.
        id: String,
        /// Region.
        region: String,
    },
    /// The ARN of an AgentCore gateway.
    GatewayArn {
        /// Gateway id.
        id: String,
        /// Region.
        region: String,
    },
    /// The ARN of an AgentCore runtime, of one of its endpoints, or its invocation address.
    Runtime(RuntimeRef),
    /// A Cognito user pool, as its id, its ARN or its issuer.
    UserPool {
        /// Pool id.
        id: String,
        /// Region.
        region: String,
    },
    /// An OAuth token endpoint.
    TokenUrl(String),
    /// An OpenID discovery document.
    DiscoveryUrl(String),
    /// The ARN of a secret of Secrets Manager.
    SecretArn(String),
    /// The ARN of a Lambda function.
    FunctionArn(String),
    /// The name of a log group.
    LogGroup(String),
    /// The address of a Neo4j database.
    Neo4jUri(String),
    /// Any other address that ends in `/mcp` or `/sse`.
    McpUrl(String),
    /// An AWS region.
    Region(String),
}

impl ValueForm {
    /// Returns the gateway id in an address or ARN of a gateway.
    pub fn into_gateway_id(self) -> Option<String> {
        if let Self::GatewayUrl { id, .. } | Self::GatewayArn { id, .. } = self {
            Some(id)
        } else {
            None
        }
    }

    /// Returns the address of a gateway.
    pub fn into_gateway_url(self) -> Option<String> {
        if let Self::GatewayUrl { url, .. } = self {
            Some(url)
        } else {
            None
        }
    }

    /// Returns the runtime.
    pub fn into_runtime(self) -> Option<RuntimeRef> {
        if let Self::Runtime(runtime) = self {
            Some(runtime)
        } else {
            None
        }
    }

    /// Returns the id of a user pool.
    pub fn into_user_pool(self) -> Option<String> {
        if let Self::UserPool { id, .. } = self {
            Some(id)
        } else {
            None
        }
    }

    /// Returns the token endpoint.
    pub fn into_token_url(self) -> Option<String> {
        if let Self::TokenUrl(url) = self {
            Some(url)
        } else {
            None
        }
    }

    /// Returns the discovery document.
    pub fn into_discovery_url(self) -> Option<String> {
        if let Self::DiscoveryUrl(url) = self {
            Some(url)
        } else {
            None
        }
    }

    /// Returns the ARN of a secret.
    pub fn into_secret_arn(self) -> Option<String> {
        if let Self::SecretArn(arn) = self {
            Some(arn)
        } else {
            None
        }
    }

    /// Returns the address of a Neo4j database.
    pub fn into_neo4j_uri(self) -> Option<String> {
        if let Self::Neo4jUri(uri) = self {
            Some(uri)
        } else {
            None
        }
    }

    /// Returns the region that the value names, if it names one.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::GatewayUrl { region, .. }
            | Self::GatewayArn { region, .. }
            | Self::UserPool { region, .. }
            | Self::Region(region) => Some(region),
            Self::Runtime(runtime) => Some(&runtime.region),
            Self::SecretArn(arn) | Self::FunctionArn(arn) => arn.split(':').nth(3),
            Self::TokenUrl(_)
            | Self::DiscoveryUrl(_)
            | Self::LogGroup(_)
            | Self::Neo4jUri(_)
            | Self::McpUrl(_) => None,
        }
    }
}

/// A runtime that an ARN or an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeRef {
    /// ARN of the runtime itself.
    pub arn: String,
    /// Runtime id.
    pub id: String,
    /// Region.
    pub region: String,
    /// Endpoint (qualifier), if one was named.
    pub endpoint: Option<String>,
}

/// Returns what a value is; `None` if its form does not tell.
pub fn recognise(value: &str) -> Option<ValueForm> {
    let value = value.trim().trim_matches(['"', '\'']);
    if value.starts_with("arn:") {
        return recognise_arn(value);
    }
    if value.contains("://") {
        return match Neo4jScheme::of(value)? {
            scheme if scheme.is_query_api() => recognise_url(value),
            _ => Some(ValueForm::Neo4jUri(value.to_owned())),
        };
    }
    if is_region(value) {
        return Some(ValueForm::Region(value.to_owned()));
    }
    if let Some(region) = user_pool_region(value) {
        return Some(ValueForm::UserPool {
            id: value.to_owned(),
            region: region.to_owned(),
        });
    }
    let is_group = [
        "/aws/lambda/",
        "/aws/bedrock-agentcore/",
        "/aws/vendedlogs/",
        "/ecs/",
    ]
    .iter()
    .any(|prefix| value.starts_with(prefix));
    is_group.then(|| ValueForm::LogGroup(value.to_owned()))
}

/// Returns the runtime of an ARN (of a runtime or one of its endpoints) or of an invocation address, whose ARN may be encoded or not.
pub fn runtime_ref(value: &str) -> Option<RuntimeRef> {
    recognise(value)?.into_runtime()
}

fn recognise_arn(arn: &str) -> Option<ValueForm> {
    let mut parts = arn.splitn(6, ':');
    let (_, _, service, region, account) = (
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    );
    let resource = parts.next()?;
    let region = region.to_owned();
    match service {
        "bedrock-agentcore" => {
            let mut segments = resource.split('/');
            match (segments.next()?, segments.next()?) {
                ("gateway", id) => Some(ValueForm::GatewayArn {
                    id: id.to_owned(),
                    region,
                }),
                ("runtime", id) => {
                    let id = id.split(':').next().unwrap_or(id).to_owned();
                    let endpoint = match segments.next() {
                        Some("runtime-endpoint" | "endpoint") => segments.next().map(str::to_owned),
                        Some(_) | None => None,
                    };
                    let prefix = arn.split_once(":runtime/")?.0;
                    Some(ValueForm::Runtime(RuntimeRef {
                        arn: format!("{prefix}:runtime/{id}"),
                        id,
                        region,
                        endpoint,
                    }))
                }
                _ => None,
            }
        }
        "cognito-idp" => Some(ValueForm::UserPool {
            id: resource.strip_prefix("userpool/")?.to_owned(),
            region,
        }),
        "secretsmanager" => Some(ValueForm::SecretArn(arn.to_owned())),
        "lambda" => resource
            .starts_with("function:")
            .then(|| ValueForm::FunctionArn(arn.to_owned())),
        "logs" if !account.is_empty() => {
            let group = resource.strip_prefix("log-group:")?;
            let group = group.trim_end_matches(":*");
            Some(ValueForm::LogGroup(group.to_owned()))
        }
        _ => None,
    }
}

fn recognise_url(value: &str) -> Option<ValueForm> {
    let url = Url::parse(value).ok()?;
    let host = url.host_str()?;
    if let Some((id, region)) = gateway_host(host) {
        return Some(ValueForm::GatewayUrl {
            url: gateway_address(value),
            id: id.to_owned(),
            region: region.to_owned(),
        });
    }
    if let Some(runtime) = runtime_of_url(value) {
        return Some(ValueForm::Runtime(runtime));
    }
    let path = url.path();
    if path.ends_with("/.well-known/openid-configuration")
        || path.contains("/.well-known/oauth-authorization-server")
    {
        return Some(ValueForm::DiscoveryUrl(value.to_owned()));
    }
    if path.ends_with("/oauth2/token")
        || path.ends_with("/oauth/token")
        || path.ends_with("/oauth2/v2.0/token")
        || path.ends_with("/protocol/openid-connect/token")
        || path.ends_with("/v1/token")
    {
        return Some(ValueForm::TokenUrl(value.to_owned()));
    }
    // A stand-in of Cognito on this machine has the same paths.
    if (host.starts_with("cognito-idp.") || is_loopback_url(&url))
        && let Some(id) = url.path_segments().and_then(|mut segments| segments.next())
        && let Some(region) = user_pool_region(id)
    {
        return Some(ValueForm::UserPool {
            id: id.to_owned(),
            region: region.to_owned(),
        });
    }
    let path = path.trim_end_matches('/');
    (path.ends_with("/mcp") || path.ends_with("/sse")).then(|| ValueForm::McpUrl(value.to_owned()))
}

/// Returns the gateway's MCP address: `/mcp` is added if the path is empty.
fn gateway_address(value: &str) -> String {
    let bare = value.trim_end_matches('/');
    let has_path = Url::parse(bare).is_ok_and(|url| url.path().len() > 1);
    if has_path {
        bare.to_owned()
    } else {
        format!("{bare}/mcp")
    }
}

/// Gateway id and region of `{id}.gateway.bedrock-agentcore.{region}.amazonaws.com`.
fn gateway_host(host: &str) -> Option<(&str, &str)> {
    let (id, rest) = host.split_once(".gateway.bedrock-agentcore.")?;
    let (region, domain) = rest.split_once('.')?;
    (domain.starts_with("amazonaws.com") && !id.contains('.')).then_some((id, region))
}

/// Returns the runtime of `…/runtimes/{ARN}/invocations?qualifier={endpoint}`; the ARN may be percent-encoded or not.
fn runtime_of_url(value: &str) -> Option<RuntimeRef> {
    let (_, rest) = value.split_once("/runtimes/")?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let arn = path
        .strip_suffix("/invocations")
        .or_else(|| path.strip_suffix("/invocations/"))
        .unwrap_or(path);
    let arn = percent_decode_str(arn).decode_utf8().ok()?;
    let Some(ValueForm::Runtime(mut runtime)) = recognise_arn(&arn) else {
        return None;
    };
    let qualifier = url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "qualifier")
        .map(|(_, value)| value.into_owned());
    runtime.endpoint = qualifier.or(runtime.endpoint);
    Some(runtime)
}

/// Returns whether a text is an AWS region: `us-west-2`, `us-gov-east-1`, `ap-southeast-3`.
pub fn is_region(text: &str) -> bool {
    let labels: Vec<&str> = text.split('-').collect();
    let [area, middle @ .., number] = labels.as_slice() else {
        return false;
    };
    area.len() == 2
        && area.chars().all(|letter| letter.is_ascii_lowercase())
        && (1..=2).contains(&middle.len())
        && middle.iter().all(|label| {
            label.len() >= 3 && label.chars().all(|letter| letter.is_ascii_lowercase())
        })
        && number.len() == 1
        && number.chars().all(|digit| digit.is_ascii_digit())
}

/// Returns the region in the id of a user pool: `us-west-2_Example12`.
fn user_pool_region(id: &str) -> Option<&str> {
    let (region, rest) = id.split_once('_')?;
    let is_id = !rest.is_empty()
        && rest.len() <= 55
        && rest.chars().all(|letter| letter.is_ascii_alphanumeric());
    (is_id && is_region(region)).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNTIME: &str =
        "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/mcp_server-AbCdEf1234";

    #[test]
    fn a_gateway_address_without_mcp_is_completed() {
        for address in [
            "https://gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com",
            "https://gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/",
            "https://gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp",
        ] {
            assert_eq!(
                recognise(address),
                Some(ValueForm::GatewayUrl {
                    url: "https://gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp".into(),
                    id: "gw-abcdefghij".into(),
                    region: "us-west-2".into(),
                }),
                "{address}"
            );
        }
    }

    #[test]
    fn a_runtime_is_recognised_in_arns_and_addresses() {
        let encoded = RUNTIME.replace(':', "%3A").replace('/', "%2F");
        for (value, endpoint) in [
            (RUNTIME.to_owned(), None),
            (
                format!("{RUNTIME}/runtime-endpoint/DEFAULT"),
                Some("DEFAULT"),
            ),
            (format!("{RUNTIME}:1"), None),
            (
                format!(
                    "https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/{encoded}/invocations?qualifier=canary"
                ),
                Some("canary"),
            ),
            (
                format!(
                    "https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/{RUNTIME}/invocations"
                ),
                None,
            ),
        ] {
            let runtime = runtime_ref(&value).unwrap();
            assert_eq!(runtime.arn, RUNTIME, "{value}");
            assert_eq!(runtime.id, "mcp_server-AbCdEf1234", "{value}");
            assert_eq!(runtime.endpoint.as_deref(), endpoint, "{value}");
        }
    }

    #[test]
    fn other_values_say_what_they_are() {
        let is = |value: &str| recognise(value);
        assert!(
            matches!(is("us-west-2_Example01"), Some(ValueForm::UserPool { region, .. }) if region == "us-west-2")
        );
        assert!(matches!(
            is("https://cognito-idp.us-west-2.amazonaws.com/us-west-2_Example01"),
            Some(ValueForm::UserPool { .. })
        ));
        assert!(matches!(
            is("https://x.auth.us-west-2.amazoncognito.com/oauth2/token"),
            Some(ValueForm::TokenUrl(_))
        ));
        assert!(matches!(
            is(
                "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_Example01/.well-known/openid-configuration"
            ),
            Some(ValueForm::DiscoveryUrl(_))
        ));
        assert!(matches!(
            is("arn:aws:secretsmanager:us-west-2:1:secret:s/neo4j-AbCdEf"),
            Some(ValueForm::SecretArn(_))
        ));
        assert!(matches!(
            is("neo4j+s://x.databases.neo4j.io"),
            Some(ValueForm::Neo4jUri(_))
        ));
        assert!(matches!(
            is("/aws/lambda/interceptor"),
            Some(ValueForm::LogGroup(_))
        ));
        assert!(matches!(is("eu-central-1"), Some(ValueForm::Region(_))));
        assert!(matches!(is("us-gov-west-1"), Some(ValueForm::Region(_))));
        assert!(matches!(
            is("https://mcp.example/mcp"),
            Some(ValueForm::McpUrl(_))
        ));
        for nothing in [
            "",
            "abc",
            "arn:aws:s3:::bucket",
            "https://example.com/",
            "a/b",
            "us-west",
            "x_y",
        ] {
            assert_eq!(is(nothing), None, "{nothing}");
        }
    }
}
