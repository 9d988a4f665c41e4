//! Groups what one account and region has into deployments: by the CloudFormation stacks that own it, the rest in one
//! group. Pure.

use std::collections::BTreeMap;

use crate::{
    logs::SPANS_GROUP,
    model::{Deployment, HeaderSpec, SecretSource, SignIn, StackFacts, TokenStorage},
};

use super::{
    stack::{DescribedStack, facts},
    values::{self, ValueForm},
};

/// Header in which a runtime that is called with AWS credentials receives those of Neo4j.
const RUNTIME_AUTHORIZATION: &str = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Authorization";

/// What an account and region has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Region.
    pub region: String,
    /// Profile whose credentials were used, if one was named.
    pub profile: Option<String>,
    /// Account number, as far as an ARN named it.
    pub account: Option<String>,
    /// Gateways and runtimes.
    pub endpoints: Vec<FoundEndpoint>,
    /// All stacks.
    pub stacks: Vec<DescribedStack>,
    /// Whether the account has the log group of its spans: Transaction Search is, or was, switched on.
    pub has_spans: bool,
}

/// A gateway or a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundEndpoint {
    /// Id.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// Whether it is a gateway; otherwise it is a runtime.
    pub is_gateway: bool,
    /// Name of the stack that owns it; `None` if no stack is known to.
    pub stack: Option<String>,
    /// How it authenticates its callers, if that was read.
    pub authoriser: Option<Authoriser>,
}

/// How a gateway or a runtime authenticates its callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authoriser {
    /// AWS Signature Version 4.
    Iam,
    /// No question is asked.
    None,
    /// A JWT of this issuer.
    Jwt {
        /// OpenID discovery document.
        discovery_url: String,
        /// Clients whose tokens are accepted.
        clients: Vec<String>,
    },
}

/// A deployment that was found, with what could not be derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDeployment {
    /// The deployment.
    pub deployment: Deployment,
    /// One sentence for everything that is missing, with how to set it.
    pub missing: Vec<String>,
}

/// Returns the name of the only stack that mentions an id in its outputs; `None` if none or several do.
pub fn mentioning_stack<'s>(stacks: &'s [DescribedStack], id: &str) -> Option<&'s DescribedStack> {
    let mut mentioning = stacks
        .iter()
        .filter(|stack| !stack.is_gone() && stack.mentions(id));
    let found = mentioning.next()?;
    mentioning.next().is_none().then_some(found)
}

/// Gives endpoints without a stack to the only one whose resources, as far as they were read, include them.
pub fn assign_owned(inventory: &mut Inventory) {
    let stacks = &inventory.stacks;
    for endpoint in &mut inventory.endpoints {
        if endpoint.stack.is_some() {
            continue;
        }
        let mut owners = stacks
            .iter()
            .filter(|stack| !stack.is_gone() && stack.owns(&endpoint.id));
        let owner = owners.next().filter(|_| owners.next().is_none());
        endpoint.stack = owner.map(|stack| stack.name.clone());
    }
}

/// Returns the outermost stack around a stack.
pub fn outermost<'s>(stacks: &'s [DescribedStack], name: &str) -> Option<&'s DescribedStack> {
    let inner = stacks.iter().find(|stack| stack.name == name)?;
    let outer = inner.root.as_deref().or(inner.parent.as_deref());
    outer
        .and_then(|id| stacks.iter().find(|stack| stack.id == id))
        .or(Some(inner))
}

/// Returns the deployments of an account and region, those with a stack first, by name.
pub fn deployments(inventory: &Inventory) -> Vec<FoundDeployment> {
    let mut by_stack: BTreeMap<&str, Vec<&FoundEndpoint>> = BTreeMap::new();
    let mut rest = Vec::new();
    for endpoint in &inventory.endpoints {
        match endpoint.stack.as_deref() {
            Some(stack) => by_stack.entry(stack).or_default().push(endpoint),
            None => rest.push(endpoint),
        }
    }
    let mut found: Vec<FoundDeployment> = by_stack
        .into_iter()
        .map(|(name, endpoints)| of_stack(inventory, name, &endpoints))
        .collect();
    if !rest.is_empty() {
        found.push(without_stack(inventory, &rest));
    }
    if inventory.has_spans {
        for found in &mut found {
            found.deployment.log_groups.push(SPANS_GROUP.to_owned());
        }
    }
    found
}

fn of_stack(inventory: &Inventory, name: &str, endpoints: &[&FoundEndpoint]) -> FoundDeployment {
    let nested: Vec<DescribedStack> = inventory
        .stacks
        .iter()
        .filter(|stack| {
            stack.name != name
                && outermost(&inventory.stacks, &stack.name).is_some_and(|outer| outer.name == name)
        })
        .cloned()
        .collect();
    let stack = inventory.stacks.iter().find(|stack| stack.name == name);
    let facts = stack.map_or_else(StackFacts::default, |stack| facts(stack, &nested));
    let mut deployment = with_endpoints(Deployment::new(name, &*inventory.region), endpoints);
    deployment.stack = Some(name.to_owned());
    deployment.profile.clone_from(&inventory.profile);
    let mut missing = Vec::new();
    if facts.secret_arn.is_none() {
        missing.push("no Neo4j secret is known: set `secrets`".to_owned());
    }
    deployment.sign_in = sign_in(endpoints, &facts, &mut missing);
    deployment.headers = headers(&deployment.sign_in, &facts, endpoints);
    FoundDeployment {
        deployment,
        missing,
    }
}

fn without_stack(inventory: &Inventory, endpoints: &[&FoundEndpoint]) -> FoundDeployment {
    let account = inventory.account.as_deref().unwrap_or("account");
    let name = format!("{account}-{}", inventory.region);
    let mut deployment = with_endpoints(Deployment::new(name, &*inventory.region), endpoints);
    deployment.is_ungrouped = true;
    deployment.profile.clone_from(&inventory.profile);
    let mut missing =
        vec!["no stack owns these, so that no Neo4j secret is known: set `secrets`".to_owned()];
    deployment.sign_in = sign_in(endpoints, &StackFacts::default(), &mut missing);
    FoundDeployment {
        deployment,
        missing,
    }
}

fn with_endpoints(deployment: Deployment, endpoints: &[&FoundEndpoint]) -> Deployment {
    let (gateways, runtimes): (Vec<&&FoundEndpoint>, Vec<&&FoundEndpoint>) =
        endpoints.iter().partition(|endpoint| endpoint.is_gateway);
    Deployment {
        gateways: gateways.iter().map(|gateway| gateway.id.clone()).collect(),
        runtimes: runtimes.iter().map(|runtime| runtime.arn.clone()).collect(),
        ..deployment
    }
}

/// Returns the sign-in that the stack's client or the endpoint's authoriser asks for.
fn sign_in(endpoints: &[&FoundEndpoint], facts: &StackFacts, missing: &mut Vec<String>) -> SignIn {
    let first = endpoints
        .iter()
        .find(|endpoint| endpoint.is_gateway)
        .or_else(|| endpoints.first());
    match first.and_then(|endpoint| endpoint.authoriser.as_ref()) {
        Some(Authoriser::Iam) => SignIn::SigV4,
        Some(Authoriser::None) => SignIn::None,
        Some(Authoriser::Jwt {
            discovery_url,
            clients,
        }) if facts.client_id.is_none() => of_authoriser(discovery_url, clients, missing),
        Some(Authoriser::Jwt { .. }) | None => sign_in_of_stack(facts),
    }
}

/// Returns the sign-in that a stack's facts allow: a machine's client, a person's, or AWS credentials.
pub fn sign_in_of_stack(facts: &StackFacts) -> SignIn {
    if facts.client_id.is_none() {
        return SignIn::SigV4;
    }
    let has_gateway = facts.gateway_id.is_some() || facts.gateway_url.is_some();
    let is_machine = facts
        .client_is_machine
        .unwrap_or(has_gateway || facts.token_url.is_some() || facts.scope.is_some());
    if is_machine {
        return SignIn::M2m {
            token_url: None,
            client_id: None,
            client_secret: SecretSource::UserPoolClient,
            private_key: None,
            key_id: None,
            scope: None,
            user_pool_id: None,
        };
    }
    SignIn::User {
        client_id: None,
        client_secret: None,
        username: facts.username.clone().unwrap_or_default(),
        password: SecretSource::Environment("AGENTCORE_PASSWORD".into()),
    }
}

fn of_authoriser(discovery_url: &str, clients: &[String], missing: &mut Vec<String>) -> SignIn {
    let issuer = discovery_url.trim_end_matches("/.well-known/openid-configuration");
    let client_id = clients.first().cloned();
    if client_id.is_none() {
        missing.push("no client of the authoriser is known: set `client_id` of sign_in".to_owned());
    }
    let pool = values::recognise(issuer).and_then(ValueForm::into_user_pool);
    if let Some(id) = pool {
        return SignIn::M2m {
            token_url: None,
            client_id,
            client_secret: SecretSource::UserPoolClient,
            private_key: None,
            key_id: None,
            scope: None,
            user_pool_id: Some(id),
        };
    }
    SignIn::OAuth {
        issuer: Some(discovery_url.to_owned()),
        client_id,
        client_secret: None,
        scope: None,
        redirect_port: None,
        keep_tokens: TokenStorage::Memory,
    }
}

/// Returns a runtime that is called with AWS credentials receives Neo4j's in a header of its own.
fn headers(sign_in: &SignIn, facts: &StackFacts, endpoints: &[&FoundEndpoint]) -> Vec<HeaderSpec> {
    let has_gateway = endpoints.iter().any(|endpoint| endpoint.is_gateway);
    if *sign_in == SignIn::SigV4 && !has_gateway && facts.secret_arn.is_some() {
        headers_of_stack()
    } else {
        Vec::new()
    }
}

/// Returns the header with Neo4j's credentials, made of the stack's secret.
pub fn headers_of_stack() -> Vec<HeaderSpec> {
    vec![HeaderSpec::BasicFromSecret {
        name: RUNTIME_AUTHORIZATION.to_owned(),
        secret_id: None,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(id: &str, stack: Option<&str>) -> FoundEndpoint {
        FoundEndpoint {
            id: id.into(),
            arn: format!("arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/{id}"),
            is_gateway: true,
            stack: stack.map(str::to_owned),
            authoriser: None,
        }
    }

    fn runtime(id: &str, stack: Option<&str>, authoriser: Option<Authoriser>) -> FoundEndpoint {
        FoundEndpoint {
            id: id.into(),
            arn: format!("arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/{id}"),
            is_gateway: false,
            stack: stack.map(str::to_owned),
            authoriser,
        }
    }

    fn stack(name: &str, outputs: &[(&str, &str)]) -> DescribedStack {
        DescribedStack {
            name: name.into(),
            id: format!("arn:aws:cloudformation:us-west-2:111122223333:stack/{name}/1"),
            status: "CREATE_COMPLETE".into(),
            outputs: outputs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..DescribedStack::default()
        }
    }

    #[test]
    fn resources_are_grouped_by_the_stacks_that_own_them() {
        let inventory = Inventory {
            region: "us-west-2".into(),
            account: Some("111122223333".into()),
            endpoints: vec![
                gateway("gw-a", Some("movies")),
                runtime("rt-a", Some("movies"), None),
                runtime("rt-x", None, Some(Authoriser::Iam)),
            ],
            stacks: vec![stack(
                "movies",
                &[("GatewayId", "gw-a"), ("CognitoMachineClientId", "c")],
            )],
            ..Inventory::default()
        };
        let found = deployments(&inventory);
        let names: Vec<&str> = found
            .iter()
            .map(|found| found.deployment.name.as_str())
            .collect();
        assert_eq!(names, ["movies", "111122223333-us-west-2"]);
        let [movies, rest] = found.as_slice() else {
            panic!("two groups: {found:?}");
        };
        assert_eq!(movies.deployment.gateways, ["gw-a"]);
        assert!(movies.deployment.log_groups.is_empty(), "no spans");
        let with_spans = Inventory {
            has_spans: true,
            ..inventory.clone()
        };
        let found_with_spans = deployments(&with_spans);
        let groups = found_with_spans
            .iter()
            .map(|found| found.deployment.log_groups.as_slice());
        assert!(groups.eq([["aws/spans"], ["aws/spans"]]));
        assert_eq!(movies.deployment.sign_in.mode(), "m2m");
        assert_eq!(rest.deployment.sign_in, SignIn::SigV4);
        assert!(rest.deployment.is_ungrouped && !movies.deployment.is_ungrouped);
        assert!(rest.missing.iter().any(|words| words.contains("`secrets`")));
    }

    #[test]
    fn an_authoriser_says_how_to_sign_in() {
        let jwt = |url: &str| {
            Some(Authoriser::Jwt {
                discovery_url: format!("{url}/.well-known/openid-configuration"),
                clients: vec!["c1".into()],
            })
        };
        let cognito = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_Example01";
        for (authoriser, mode) in [
            (jwt(cognito), "m2m"),
            (jwt("https://login.example/tenant"), "oauth"),
            (Some(Authoriser::Iam), "sigv4"),
            (Some(Authoriser::None), "none"),
            (None, "sigv4"),
        ] {
            let inventory = Inventory {
                region: "us-west-2".into(),
                endpoints: vec![runtime("rt-x", None, authoriser.clone())],
                ..Inventory::default()
            };
            let found = deployments(&inventory);
            assert_eq!(found[0].deployment.sign_in.mode(), mode, "{authoriser:?}");
        }
    }

    #[test]
    fn a_stack_with_a_runtime_and_a_client_alone_is_for_persons() {
        let facts = StackFacts {
            runtime_arn: Some("arn".into()),
            client_id: Some("7example".into()),
            username: Some("testuser".into()),
            ..StackFacts::default()
        };
        assert!(
            matches!(sign_in_of_stack(&facts), SignIn::User { username, .. } if username == "testuser")
        );
    }

    #[test]
    fn a_gateway_that_two_stacks_mention_is_nobodys_by_outputs() {
        let stacks = [
            stack("one", &[("GatewayId", "gw-a")]),
            stack("two", &[("GatewayId", "gw-a")]),
        ];
        assert_eq!(mentioning_stack(&stacks, "gw-a"), None);
        assert_eq!(
            mentioning_stack(&stacks[..1], "gw-a").map(|stack| stack.name.as_str()),
            Some("one")
        );
    }
}
