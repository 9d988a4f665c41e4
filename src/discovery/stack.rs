//! Derives the facts of a deployment from a CloudFormation stack: its outputs, its parameters and its resources. Pure.
//!
//! Keys are matched exactly first, then without the hash that the CDK appends, then by the form of their values.

use crate::model::StackFacts;

use super::values::{ValueForm, recognise, runtime_ref};

/// A stack as `DescribeStacks` and `ListStackResources` show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribedStack {
    /// Name.
    pub name: String,
    /// ARN.
    pub id: String,
    /// Status: `CREATE_COMPLETE`.
    pub status: String,
    /// Reason of the status, if there is one.
    pub status_reason: Option<String>,
    /// ARN of the stack that contains this one.
    pub parent: Option<String>,
    /// ARN of the outermost stack that contains this one.
    pub root: Option<String>,
    /// Outputs, in order.
    pub outputs: Vec<(String, String)>,
    /// Parameters, in order; CloudFormation shows values of `NoEcho` parameters as asterisks.
    pub parameters: Vec<(String, String)>,
    /// Resources, as far as they were read.
    pub resources: Vec<OwnedResource>,
}

/// A resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedResource {
    /// Type: `AWS::BedrockAgentCore::Gateway`.
    pub kind: String,
    /// Physical id.
    pub id: String,
}

impl DescribedStack {
    /// Returns whether CloudFormation has undone its creation, or is deleting it: what its outputs name may not exist.
    pub fn is_gone(&self) -> bool {
        self.status.starts_with("DELETE")
            || self.status.starts_with("ROLLBACK")
            || self.status == "CREATE_FAILED"
    }

    /// Returns the region in its ARN.
    pub fn region(&self) -> Option<&str> {
        self.id
            .split(':')
            .nth(3)
            .filter(|region| !region.is_empty())
    }

    /// Returns the account number in its ARN.
    pub fn account(&self) -> Option<&str> {
        self.id
            .split(':')
            .nth(4)
            .filter(|account| !account.is_empty())
    }

    /// Returns all values of outputs and parameters, with their keys.
    fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.outputs
            .iter()
            .chain(&self.parameters)
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .filter(|(_, value)| !value.is_empty() && !value.starts_with("****"))
    }

    /// Returns whether an output, a parameter or a resource names this id or ARN.
    pub fn mentions(&self, id: &str) -> bool {
        let names = |value: &str| resource_id(value) == id;
        self.outputs.iter().any(|(_, value)| names(value)) || self.owns(id)
    }

    /// Returns whether one of its resources has this id.
    pub fn owns(&self, id: &str) -> bool {
        self.resources.iter().any(|resource| {
            let is_agentcore = resource.kind.starts_with("AWS::BedrockAgentCore::");
            is_agentcore && resource_id(&resource.id) == id
        })
    }

    /// Returns the nested stacks among its resources, by ARN.
    pub fn nested(&self) -> impl Iterator<Item = &str> {
        self.resources
            .iter()
            .filter(|resource| resource.kind == "AWS::CloudFormation::Stack")
            .map(|resource| resource.id.as_str())
    }
}

/// Returns the id in a physical id, which may be an ARN, or several parts joined by `|`.
fn resource_id(physical: &str) -> String {
    let form = recognise(physical);
    let runtime = form.clone().and_then(ValueForm::into_runtime);
    let known = form
        .and_then(ValueForm::into_gateway_id)
        .or_else(|| runtime.map(|runtime| runtime.id));
    known.unwrap_or_else(|| physical.rsplit('|').next().unwrap_or(physical).to_owned())
}

/// Returns the facts that a stack gives, nested stacks included.
pub fn facts(stack: &DescribedStack, nested: &[DescribedStack]) -> StackFacts {
    let mut facts = from_values(stack);
    for inner in nested {
        merge(&mut facts, from_values(inner));
    }
    add_resources(&mut facts, stack, nested);
    facts
}

/// Returns the facts of outputs and parameters alone.
fn from_values(stack: &DescribedStack) -> StackFacts {
    let values = Values(stack.values().collect());
    let gateway_url = values.text(&["GatewayUrl"], ValueForm::into_gateway_url);
    let gateway_id = values
        .exact(&["GatewayId", "GatewayIdentifier"])
        .or_else(|| values.unique(ValueForm::into_gateway_id));
    let client = values.client();
    StackFacts {
        gateway_id,
        gateway_url,
        runtime_arn: values.runtime(),
        user_pool_id: values.text(
            &["CognitoUserPoolId", "UserPoolId"],
            ValueForm::into_user_pool,
        ),
        client_is_machine: client.as_ref().and_then(|(_, is_machine)| *is_machine),
        client_id: client.map(|(id, _)| id),
        token_url: values.text(
            &["CognitoTokenUrl", "CognitoTokenEndpoint"],
            ValueForm::into_token_url,
        ),
        scope: values.exact(&["CognitoScope", "Scope", "OAuthScope", "GatewayScope"]),
        discovery_url: values.text(
            &["CognitoDiscoveryUrl", "DiscoveryUrl"],
            ValueForm::into_discovery_url,
        ),
        username: values.exact(&["TestUsername", "Username", "CognitoUsername", "TestUser"]),
        secret_arn: values.secret(),
        interceptor_arn: values.interceptor(),
        neo4j_uri: values.text(&["Neo4jUri", "Neo4jURI"], ValueForm::into_neo4j_uri),
        neo4j_user: values.exact(&["Neo4jUsername", "Neo4jUser"]),
        neo4j_database: values.exact(&["Neo4jDatabase"]),
        outputs: stack.outputs.clone(),
    }
}

/// Fills what is missing in `facts` from `other`.
fn merge(facts: &mut StackFacts, other: StackFacts) {
    let fill = |mine: &mut Option<String>, theirs: Option<String>| {
        if mine.is_none() {
            *mine = theirs;
        }
    };
    fill(&mut facts.gateway_id, other.gateway_id);
    fill(&mut facts.gateway_url, other.gateway_url);
    fill(&mut facts.runtime_arn, other.runtime_arn);
    fill(&mut facts.user_pool_id, other.user_pool_id);
    if facts.client_id.is_none() {
        facts.client_is_machine = other.client_is_machine;
    }
    fill(&mut facts.client_id, other.client_id);
    fill(&mut facts.token_url, other.token_url);
    fill(&mut facts.scope, other.scope);
    fill(&mut facts.discovery_url, other.discovery_url);
    fill(&mut facts.username, other.username);
    fill(&mut facts.secret_arn, other.secret_arn);
    fill(&mut facts.interceptor_arn, other.interceptor_arn);
    fill(&mut facts.neo4j_uri, other.neo4j_uri);
    fill(&mut facts.neo4j_user, other.neo4j_user);
    fill(&mut facts.neo4j_database, other.neo4j_database);
}

/// Fills what outputs and parameters left open from the resources, only where a type occurs once: a guess would mislead.
fn add_resources(facts: &mut StackFacts, stack: &DescribedStack, nested: &[DescribedStack]) {
    let resources: Vec<&OwnedResource> = std::iter::once(stack)
        .chain(nested)
        .flat_map(|stack| &stack.resources)
        .collect();
    let only = |kind: &str| {
        let mut of_kind = resources.iter().filter(|resource| resource.kind == kind);
        let found = of_kind.next().map(|resource| resource.id.clone());
        found.filter(|_| of_kind.next().is_none())
    };
    let fill = |place: &mut Option<String>, found: Option<String>| {
        if place.is_none() {
            *place = found;
        }
    };
    fill(
        &mut facts.gateway_id,
        only("AWS::BedrockAgentCore::Gateway").map(|id| resource_id(&id)),
    );
    fill(
        &mut facts.runtime_arn,
        only("AWS::BedrockAgentCore::Runtime").and_then(|id| runtime_arn(&id, stack)),
    );
    fill(&mut facts.secret_arn, only("AWS::SecretsManager::Secret"));
    fill(&mut facts.user_pool_id, only("AWS::Cognito::UserPool"));
    fill(
        &mut facts.client_id,
        only("AWS::Cognito::UserPoolClient").map(|id| resource_id(&id)),
    );
}

fn runtime_arn(id: &str, stack: &DescribedStack) -> Option<String> {
    if let Some(runtime) = runtime_ref(id) {
        return Some(runtime.arn);
    }
    let mut parts = stack.id.split(':');
    let (_, partition) = (parts.next()?, parts.next()?);
    Some(format!(
        "arn:{partition}:bedrock-agentcore:{}:{}:runtime/{id}",
        stack.region()?,
        stack.account()?
    ))
}

/// Keys and values of a stack, in order.
struct Values<'a>(Vec<(&'a str, &'a str)>);

impl Values<'_> {
    /// Returns the value of the first of these keys that exists: exactly, or followed by a CDK hash, or at the end of a key that is
    /// followed by one.
    fn exact(&self, keys: &[&str]) -> Option<String> {
        let by = |matches: &dyn Fn(&str, &str) -> bool| {
            keys.iter().find_map(|wanted| {
                let found = self.0.iter().find(|(key, _)| matches(key, wanted));
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        by(&|key, wanted| key.eq_ignore_ascii_case(wanted)).or_else(|| {
            by(&|key, wanted| without_hash(key).is_some_and(|key| ends_with(key, wanted)))
        })
    }

    /// By key, else the only value of that form.
    fn text(&self, keys: &[&str], take: impl Fn(ValueForm) -> Option<String>) -> Option<String> {
        let by_key = self.exact(keys);
        let taken = by_key.as_deref().and_then(|value| take(recognise(value)?));
        taken.or(by_key).or_else(|| self.unique(take))
    }

    /// Returns the only distinct value that `take` accepts.
    fn unique(&self, take: impl Fn(ValueForm) -> Option<String>) -> Option<String> {
        let mut found: Vec<String> = self
            .0
            .iter()
            .filter_map(|(_, value)| take(recognise(value)?))
            .collect();
        found.sort_unstable();
        found.dedup();
        match found.len() {
            1 => found.pop(),
            _ => None,
        }
    }

    fn runtime(&self) -> Option<String> {
        const KEYS: [&str; 5] = [
            "RuntimeArn",
            "MCPServerRuntimeArn",
            "Neo4jMcpRuntimeArn",
            "McpRuntimeArn",
            "AgentRuntimeArn",
        ];
        let arn = |form: ValueForm| form.into_runtime().map(|runtime| runtime.arn);
        let named = self.exact(&KEYS).and_then(|value| arn(recognise(&value)?));
        named.or_else(|| self.unique(arn))
    }

    /// Returns the app client, and whether its key says that it is a machine's.
    fn client(&self) -> Option<(String, Option<bool>)> {
        const MACHINE: [&str; 4] = [
            "MachineClientId",
            "M2MClientId",
            "AppClientId",
            "ServiceClientId",
        ];
        const ANY: [&str; 3] = ["CognitoClientId", "UserPoolClientId", "ClientId"];
        const USER: [&str; 3] = ["UserClientId", "WebClientId", "PublicClientId"];
        let find = |names: &[&str]| {
            names.iter().find_map(|name| {
                let found = self
                    .0
                    .iter()
                    .find(|(key, _)| ends_with(without_hash(key).unwrap_or(key), name));
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        find(&MACHINE)
            .map(|id| (id, Some(true)))
            .or_else(|| find(&USER).map(|id| (id, Some(false))))
            .or_else(|| find(&ANY).map(|id| (id, None)))
    }

    /// Returns the Neo4j secret: by key, else the only secret whose key or name speaks of Neo4j, else the only one.
    fn secret(&self) -> Option<String> {
        let of = ValueForm::into_secret_arn;
        let named = self.exact(&["Neo4jSecretArn", "SecretArn", "Neo4jPasswordSecretArn"]);
        let about_neo4j = Values(
            self.0
                .iter()
                .filter(|(key, value)| {
                    format!("{key} {value}")
                        .to_ascii_lowercase()
                        .contains("neo4j")
                })
                .copied()
                .collect(),
        );
        named
            .or_else(|| about_neo4j.unique(of))
            .or_else(|| self.unique(of))
    }

    fn interceptor(&self) -> Option<String> {
        const KEYS: [&str; 3] = [
            "CredentialInterceptorArn",
            "AuthInterceptorLambdaArn",
            "InterceptorLambdaArn",
        ];
        self.exact(&KEYS).or_else(|| {
            let is_one = |key: &str| key.to_ascii_lowercase().contains("interceptor");
            let mut functions = self.0.iter().filter(|(key, value)| {
                is_one(key) && matches!(recognise(value), Some(ValueForm::FunctionArn(_)))
            });
            functions.next().map(|(_, value)| (*value).to_owned())
        })
    }
}

/// Returns a key without the hash of eight hexadecimal digits that the CDK appends; `None` if it has none.
fn without_hash(key: &str) -> Option<&str> {
    let at = key.len().checked_sub(8)?;
    let (name, hash) = (key.get(..at)?, key.get(at..)?);
    let is_hash = hash
        .chars()
        .all(|digit| matches!(digit, '0'..='9' | 'A'..='F'));
    (is_hash && !name.is_empty()).then_some(name)
}

fn ends_with(key: &str, end: &str) -> bool {
    key.len()
        .checked_sub(end.len())
        .and_then(|at| key.get(at..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(outputs: &[(&str, &str)]) -> DescribedStack {
        DescribedStack {
            name: "s".into(),
            id: "arn:aws:cloudformation:us-west-2:111122223333:stack/s/1".into(),
            status: "CREATE_COMPLETE".into(),
            outputs: outputs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..DescribedStack::default()
        }
    }

    #[test]
    fn outputs_with_cdk_hashes_are_understood() {
        let facts = facts(
            &stack(&[
                (
                    "GatewayUrlOutput8F3A2B1C",
                    "https://neo4j-gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp",
                ),
                ("GatewayGatewayIdA1B2C3D4", "neo4j-gw-abcdefghij"),
                ("AuthUserPoolId1F2E3D4C", "us-west-2_Example01"),
                ("AuthMachineClientId99AABBCC", "4example"),
                (
                    "AuthTokenUrl0A0B0C0D",
                    "https://x.auth.us-west-2.amazoncognito.com/oauth2/token",
                ),
                (
                    "RuntimeRuntimeArn5566AABB",
                    "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/rt-abcdefghij",
                ),
            ]),
            &[],
        );
        assert_eq!(facts.gateway_id.as_deref(), Some("neo4j-gw-abcdefghij"));
        assert_eq!(facts.user_pool_id.as_deref(), Some("us-west-2_Example01"));
        assert_eq!(facts.client_id.as_deref(), Some("4example"));
        assert_eq!(facts.client_is_machine, Some(true));
        assert_eq!(
            facts.token_url.as_deref(),
            Some("https://x.auth.us-west-2.amazoncognito.com/oauth2/token")
        );
        assert_eq!(
            facts.runtime_arn.as_deref(),
            Some("arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/rt-abcdefghij")
        );
    }

    #[test]
    fn values_are_understood_under_unknown_keys() {
        let facts = facts(
            &stack(&[
                (
                    "GatewayEndpoint",
                    "https://gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp",
                ),
                (
                    "AgentCoreGatewayArn",
                    "arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/gw-abcdefghij",
                ),
                (
                    "AgentCoreRuntimeArn",
                    "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/rt-abcdefghij",
                ),
                ("UserPoolClientId", "c1"),
            ]),
            &[],
        );
        assert_eq!(facts.gateway_id.as_deref(), Some("gw-abcdefghij"));
        assert!(facts.gateway_url.is_some() && facts.runtime_arn.is_some());
        assert_eq!(
            (facts.client_id.as_deref(), facts.client_is_machine),
            (Some("c1"), None)
        );
    }

    #[test]
    fn the_secret_of_a_parameter_is_found() {
        let mut starter = stack(&[("GatewayId", "gw-abcdefghij")]);
        let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:s/neo4j-password-AbCdEf";
        starter.parameters = vec![
            ("Neo4jUri".into(), "neo4j+s://x.databases.neo4j.io".into()),
            ("Neo4jUsername".into(), "neo4j".into()),
            ("Neo4jPasswordSecretArn".into(), secret.into()),
            ("Other".into(), "****".into()),
        ];
        let facts = facts(&starter, &[]);
        assert_eq!(facts.secret_arn.as_deref(), Some(secret));
        assert_eq!(facts.neo4j_user.as_deref(), Some("neo4j"));
        assert_eq!(
            facts.neo4j_uri.as_deref(),
            Some("neo4j+s://x.databases.neo4j.io")
        );
    }

    #[test]
    fn nested_stacks_and_resources_fill_the_gaps() {
        let outer = stack(&[("ApiUrl", "https://x")]);
        let mut inner = stack(&[]);
        inner.resources = vec![
            OwnedResource {
                kind: "AWS::BedrockAgentCore::Gateway".into(),
                id: "gw-abcdefghij".into(),
            },
            OwnedResource {
                kind: "AWS::BedrockAgentCore::Runtime".into(),
                id: "rt-abcdefghij".into(),
            },
            OwnedResource {
                kind: "AWS::Cognito::UserPoolClient".into(),
                id: "us-west-2_Example01|4example".into(),
            },
        ];
        let facts = facts(&outer, &[inner]);
        assert_eq!(facts.gateway_id.as_deref(), Some("gw-abcdefghij"));
        assert_eq!(
            facts.runtime_arn.as_deref(),
            Some("arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/rt-abcdefghij")
        );
        assert_eq!(facts.client_id.as_deref(), Some("4example"));
    }

    #[test]
    fn two_runtimes_are_not_guessed_between() {
        let facts = facts(
            &stack(&[
                (
                    "One",
                    "arn:aws:bedrock-agentcore:us-west-2:1:runtime/one-abcdefghij",
                ),
                (
                    "Other",
                    "arn:aws:bedrock-agentcore:us-west-2:1:runtime/other-abcdefghij",
                ),
            ]),
            &[],
        );
        assert_eq!(facts.runtime_arn, None);
    }
}
