//! Reads deployments out of the files that people have: credentials that deployment scripts leave behind, configurations of
//! toolkits and of MCP clients, stack outputs, `.env` files. Pure.
//!
//! Values are recognised by their form first and by the name of their key second. Secrets are never copied: what comes out
//! says under which key of the file they stand.

use serde_json::Value;

use crate::model::{Deployment, HeaderSpec, SecretSource, SignIn, TokenStorage};

use super::{
    document_tree::{DocumentSection, Leaf, leaves, sections},
    inventory::{headers_of_stack, sign_in_of_stack},
    stack::{self, DescribedStack},
    values::{RuntimeRef, ValueForm, recognise},
};

/// A deployment as a file describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Name, as far as the file has one.
    pub name: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Deployment, without name and region.
    parts: Parts,
    /// Keys that were not understood.
    pub not_understood: Vec<String>,
}

/// What was recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parts {
    stack: Option<String>,
    gateway_id: Option<String>,
    url: Option<String>,
    runtime: Option<RuntimeRef>,
    token_url: Option<String>,
    discovery_url: Option<String>,
    user_pool_id: Option<String>,
    client_id: Option<String>,
    client_secret_key: Option<String>,
    scope: Option<String>,
    username: Option<String>,
    password_key: Option<String>,
    token_key: Option<String>,
    secret_arn: Option<String>,
    neo4j_uri: Option<String>,
    log_groups: Vec<String>,
    signs_with_aws: bool,
    /// A stack's facts stand in its outputs, which this console reads itself.
    of_stack: Option<(SignIn, Vec<HeaderSpec>)>,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError(pub String);

/// Reads the deployments of a file. `name` is its file name.
///
/// # Errors
/// [`DocumentError`] if it has no form that is known. The message names a place, never a value.
pub fn read(name: &str, text: &str) -> Result<Vec<Proposal>, DocumentError> {
    let text = text.trim_start_matches('\u{feff}');
    let is_yaml = [".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    let document = if is_yaml {
        yaml(text)?
    } else if text.trim_start().starts_with(['{', '[']) {
        serde_json::from_str(text).map_err(|error| {
            DocumentError(format!(
                "it is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?
    } else {
        env_file(text)?
    };
    let proposals: Vec<Proposal> = sections(&document)
        .into_iter()
        .map(super::document_tree::DocumentSection::propose)
        .filter(|proposal| proposal.parts.names_an_endpoint())
        .collect();
    if proposals.is_empty() {
        let keys = leaves(&document).iter().map(Leaf::key).collect::<Vec<_>>();
        let seen = if keys.is_empty() {
            "it is empty".to_owned()
        } else {
            format!("its keys are {}", keys.join(", "))
        };
        return Err(DocumentError(format!(
            "it names neither a gateway nor a runtime nor the address of an MCP server: {seen}"
        )));
    }
    Ok(proposals)
}

fn yaml(text: &str) -> Result<Value, DocumentError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let place = error.location().map_or_else(String::new, |at| {
            format!(" (line {}, column {})", at.line(), at.column())
        });
        DocumentError(format!("it is not YAML{place}"))
    })
}

/// `KEY=value` lines; quotes around values and comments are taken off.
fn env_file(text: &str) -> Result<Value, DocumentError> {
    let mut map = serde_json::Map::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((key, value)) = line.split_once('=') else {
            return Err(DocumentError(format!(
                "it is neither JSON, nor YAML, nor lines of KEY=value (line {})",
                number + 1
            )));
        };
        let value = value.trim().trim_matches(['"', '\'']);
        map.insert(key.trim().to_owned(), Value::from(value));
    }
    Ok(Value::Object(map))
}

impl DocumentSection {
    fn propose(self) -> Proposal {
        if self.is_stack {
            return self.of_stack();
        }
        let mut proposal = Proposal {
            name: self.name,
            ..Proposal::default()
        };
        for leaf in &self.leaves {
            if !proposal.take_form(leaf) && !proposal.take_key(leaf) {
                proposal.not_understood.push(leaf.key());
            }
        }
        proposal
    }

    fn of_stack(self) -> Proposal {
        let described = DescribedStack {
            name: self.name.clone().unwrap_or_default(),
            outputs: self
                .leaves
                .iter()
                .map(|leaf| (leaf.key(), leaf.text.clone()))
                .collect(),
            ..DescribedStack::default()
        };
        let facts = stack::facts(&described, &[]);
        let region = described
            .outputs
            .iter()
            .find_map(|(_, value)| recognise(value)?.region().map(str::to_owned));
        let sign_in = sign_in_of_stack(&facts);
        let is_direct = facts.gateway_id.is_none() && sign_in == SignIn::SigV4;
        let headers = if is_direct && facts.secret_arn.is_some() {
            headers_of_stack()
        } else {
            Vec::new()
        };
        Proposal {
            name: self.name.clone(),
            region,
            parts: Parts {
                stack: self.name,
                gateway_id: facts.gateway_id,
                runtime: facts
                    .runtime_arn
                    .as_deref()
                    .and_then(super::values::runtime_ref),
                of_stack: Some((sign_in, headers)),
                ..Parts::default()
            },
            not_understood: Vec::new(),
        }
    }
}

impl Proposal {
    /// Returns the stack that the file names.
    pub fn stack(&self) -> Option<&str> {
        self.parts.stack.as_deref()
    }

    /// Takes a value that says itself what it is.
    fn take_form(&mut self, leaf: &Leaf) -> bool {
        let Some(form) = recognise(&leaf.text) else {
            return false;
        };
        if self.region.is_none() {
            self.region = form.region().map(str::to_owned);
        }
        let parts = &mut self.parts;
        match form {
            ValueForm::GatewayUrl { url, id, .. } => {
                parts.gateway_id = Some(id);
                parts.url = Some(url);
            }
            ValueForm::GatewayArn { id, .. } => parts.gateway_id = Some(id),
            ValueForm::Runtime(runtime) => parts.runtime = Some(runtime),
            ValueForm::UserPool { id, .. } => parts.user_pool_id = Some(id),
            ValueForm::TokenUrl(url) => parts.token_url = Some(url),
            ValueForm::DiscoveryUrl(url) => parts.discovery_url = Some(url),
            ValueForm::SecretArn(arn) => parts.secret_arn = Some(arn),
            ValueForm::LogGroup(group) => parts.log_groups.push(group),
            ValueForm::Neo4jUri(uri) => parts.neo4j_uri = Some(uri),
            ValueForm::McpUrl(url) => parts.url = parts.url.take().or(Some(url)),
            ValueForm::Region(region) => self.region = Some(region),
            ValueForm::FunctionArn(_) => return false,
        }
        true
    }

    /// Takes a value whose key says what it is.
    fn take_key(&mut self, leaf: &Leaf) -> bool {
        let (word, text) = (leaf.word(), leaf.text.trim());
        if text.is_empty() {
            return true;
        }
        let parts = &mut self.parts;
        let ends = |end: &str| word.ends_with(end);
        if ends("clientsecret") {
            parts.client_secret_key = Some(leaf.key());
        } else if ends("clientid") || word == "allowedclients" {
            parts.client_id = parts.client_id.take().or_else(|| Some(text.to_owned()));
        } else if ends("scope") || ends("scopes") {
            parts.scope = Some(text.to_owned());
        } else if ends("tokenurl") || ends("tokenendpoint") {
            parts.token_url = Some(text.to_owned());
        } else if ends("gatewayid") || ends("gatewayidentifier") {
            parts.gateway_id = parts.gateway_id.take().or_else(|| Some(text.to_owned()));
        } else if ends("gatewayurl") || word == "mcpurl" || (word == "url" && is_address(text)) {
            parts.url = parts.url.take().or_else(|| Some(text.to_owned()));
        } else if word == "stackname" || word == "stack" {
            parts.stack = Some(text.to_owned());
        } else if word == "username" || ends("testusername") || word == "cognitousername" {
            parts.username = Some(text.to_owned());
        } else if ends("password") && !word.contains("neo4j") {
            parts.password_key = Some(leaf.key());
        } else if matches!(
            word.as_str(),
            "bearertoken" | "accesstoken" | "authorization"
        ) {
            parts.token_key = Some(leaf.key());
        } else if text.contains("mcp-proxy-for-aws") {
            parts.signs_with_aws = true;
        } else {
            return is_of_no_interest(&word, text);
        }
        true
    }

    /// Returns the deployment that the file at `path` describes, with sentences about what was assumed.
    pub fn deployment(&self, path: &str, name: &str, region: &str) -> (Deployment, Vec<String>) {
        let parts = &self.parts;
        let mut notes = Vec::new();
        let (sign_in, headers) = match &parts.of_stack {
            Some((sign_in, headers)) => (sign_in.clone(), headers.clone()),
            None => (parts.sign_in(path, &mut notes), Vec::new()),
        };
        let has_gateway = parts.gateway_id.is_some();
        let deployment = Deployment {
            stack: parts.stack.clone(),
            gateways: match &parts.stack {
                // The stack names it.
                Some(_) if parts.of_stack.is_some() => Vec::new(),
                Some(_) | None => parts.gateway_id.clone().into_iter().collect(),
            },
            runtimes: parts
                .runtime
                .iter()
                .filter(|_| parts.of_stack.is_none())
                .map(|runtime| runtime.arn.clone())
                .collect(),
            mcp_url: parts
                .url
                .clone()
                .filter(|_| !has_gateway || parts.of_stack.is_none()),
            secrets: parts.secret_arn.clone().into_iter().collect(),
            log_groups: parts.log_groups.clone(),
            sign_in,
            headers,
            ..Deployment::new(name, region)
        };
        (deployment, notes)
    }
}

impl Parts {
    fn names_an_endpoint(&self) -> bool {
        self.gateway_id.is_some()
            || self.url.is_some()
            || self.runtime.is_some()
            || self.stack.is_some()
    }

    /// Returns the sign-in that the file describes. AWS credentials are only assumed in words.
    fn sign_in(&self, path: &str, notes: &mut Vec<String>) -> SignIn {
        let file = |key: &String| SecretSource::File {
            path: path.to_owned(),
            key: Some(key.clone()),
        };
        let issuer = || {
            let pool = self.user_pool_id.is_some();
            self.discovery_url.clone().filter(|_| !pool)
        };
        match (&self.client_id, &self.client_secret_key, &self.token_key) {
            (Some(client), Some(secret), _) => self.machine(client, file(secret)),
            (Some(client), None, _) if self.username.is_some() => SignIn::User {
                client_id: Some(client.clone()),
                client_secret: None,
                username: self.username.clone().unwrap_or_default(),
                password: self.password_key.as_ref().map_or_else(
                    || SecretSource::Environment("AGENTCORE_PASSWORD".to_owned()),
                    file,
                ),
            },
            (_, _, Some(token)) => SignIn::Bearer { token: file(token) },
            (Some(client), None, None) if self.token_url.is_some() => {
                self.machine(client, SecretSource::UserPoolClient)
            }
            (Some(client), None, None) => SignIn::OAuth {
                issuer: issuer(),
                client_id: Some(client.clone()),
                client_secret: None,
                scope: self.scope.clone(),
                redirect_port: None,
                keep_tokens: TokenStorage::Memory,
            },
            (None, _, None) => {
                if !self.signs_with_aws {
                    notes.push(
                        "no client, token or user is named: `sigv4` (AWS credentials) is assumed; set sign_in if that is wrong"
                            .to_owned(),
                    );
                }
                SignIn::SigV4
            }
        }
    }

    fn machine(&self, client: &str, client_secret: SecretSource) -> SignIn {
        SignIn::M2m {
            token_url: self.token_url.clone(),
            client_id: Some(client.to_owned()),
            client_secret,
            private_key: None,
            key_id: None,
            scope: self.scope.clone(),
            user_pool_id: self.user_pool_id.clone(),
        }
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Keys that people's files have and that a deployment does not need.
fn is_of_no_interest(word: &str, text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "command",
        "type",
        "transport",
        "name",
        "status",
        "platform",
        "entrypoint",
        "account",
        "createdat",
        "tokenexpiresat",
        "domainprefix",
        "description",
    ];
    WORDS.contains(&word) || matches!(text, "true" | "false") || text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, text: &str) -> (Deployment, Proposal) {
        let mut proposals = read(name, text).unwrap();
        assert_eq!(proposals.len(), 1, "{proposals:?}");
        let proposal = proposals.remove(0);
        let region = proposal.region.clone().unwrap_or_default();
        (proposal.deployment("/p/f", "d", &region).0, proposal)
    }

    #[test]
    fn the_toolkits_gateway_configuration_is_a_machines() {
        let (deployment, proposal) = one(
            "gateway_config.json",
            r#"{"gateway_url": "https://testgateway-a1b2c3d4e5.gateway.bedrock-agentcore.us-east-1.amazonaws.com/mcp",
                "gateway_id": "testgateway-a1b2c3d4e5", "region": "us-east-1",
                "client_info": {"client_id": "4example", "client_secret": "canary", "user_pool_id": "us-east-1_Example01",
                "token_endpoint": "https://agentcore-example.auth.us-east-1.amazoncognito.com/oauth2/token", "scope": "TestGateway/invoke",
                "domain_prefix": "agentcore-example"}}"#,
        );
        assert_eq!(proposal.not_understood, Vec::<String>::new());
        assert_eq!(deployment.gateways, ["testgateway-a1b2c3d4e5"]);
        let SignIn::M2m {
            client_secret,
            scope,
            token_url,
            ..
        } = deployment.sign_in
        else {
            panic!("{:?}", deployment.sign_in);
        };
        assert_eq!(
            client_secret,
            SecretSource::File {
                path: "/p/f".into(),
                key: Some("client_info.client_secret".into())
            }
        );
        assert_eq!(scope.as_deref(), Some("TestGateway/invoke"));
        assert!(token_url.is_some());
    }

    #[test]
    fn the_toolkits_agents_become_deployments_of_their_own() {
        let text = "default_agent: one\nagents:\n  one:\n    name: one\n    aws:\n      region: us-west-2\n    bedrock_agentcore:\n      agent_arn: arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/one-AbCdEf1234\n    authorizer_configuration:\n      customJWTAuthorizer:\n        discoveryUrl: https://cognito-idp.us-west-2.amazonaws.com/us-west-2_Example01/.well-known/openid-configuration\n        allowedClients:\n        - 7example\n  two:\n    bedrock_agentcore:\n      agent_arn: arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/two-AbCdEf1234\n";
        let proposals = read(".bedrock_agentcore.yaml", text).unwrap();
        let modes: Vec<&str> = proposals
            .iter()
            .map(|proposal| proposal.deployment("/p/f", "d", "r").0.sign_in.mode())
            .collect();
        assert_eq!(modes, ["oauth", "sigv4"]);
        assert_eq!(proposals[0].region.as_deref(), Some("us-west-2"));
    }

    #[test]
    fn servers_of_mcp_clients_are_recognised() {
        let (deployment, _) = one(
            ".mcp.json",
            r#"{"mcpServers": {"neo4j": {"command": "uvx", "args": ["mcp-proxy-for-aws@latest",
               "https://gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp", "--service", "bedrock-agentcore"]}}}"#,
        );
        assert_eq!(deployment.sign_in, SignIn::SigV4);
        assert_eq!(deployment.gateways, ["gw-abcdefghij"]);
        let (deployment, _) = one(
            "mcp.json",
            r#"{"servers": {"x": {"type": "http", "url": "https://mcp.example/mcp", "headers": {"Authorization": "Bearer canary"}}}}"#,
        );
        let SignIn::Bearer { token } = deployment.sign_in else {
            panic!("{:?}", deployment.sign_in);
        };
        assert_eq!(
            token,
            SecretSource::File {
                path: "/p/f".into(),
                key: Some("servers.x.headers.Authorization".into())
            }
        );
    }

    #[test]
    fn outputs_of_the_cdk_and_of_terraform_are_recognised() {
        let (deployment, _) = one(
            "cdk-outputs.json",
            r#"{"MyStack": {"GatewayUrlOutput8F3A2B1C": "https://gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp",
               "AuthMachineClientId99AABBCC": "4example"}}"#,
        );
        assert_eq!(deployment.stack.as_deref(), Some("MyStack"));
        assert_eq!(deployment.sign_in.mode(), "m2m");
        let (deployment, proposal) = one(
            "terraform.json",
            r#"{"runtime_arn": {"sensitive": false, "type": "string", "value": "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/rt-AbCdEf1234"},
               "odd": {"value": "thing"}}"#,
        );
        assert_eq!(
            deployment.runtimes,
            ["arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/rt-AbCdEf1234"]
        );
        assert_eq!(proposal.region.as_deref(), Some("eu-west-1"));
        assert_eq!(proposal.not_understood, ["odd.value"]);
    }

    #[test]
    fn an_env_file_is_recognised_and_its_secrets_are_only_pointed_at() {
        let (deployment, _) = one(
            ".env",
            "# comment\nexport AGENT_ARN=\"arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/rt-AbCdEf1234\"\nBEARER_TOKEN=canary\nAWS_REGION=us-west-2\n",
        );
        let SignIn::Bearer { token } = &deployment.sign_in else {
            panic!("{:?}", deployment.sign_in);
        };
        assert_eq!(
            *token,
            SecretSource::File {
                path: "/p/f".into(),
                key: Some("BEARER_TOKEN".into())
            }
        );
        assert!(!format!("{deployment:?}").contains("canary"));
    }

    #[test]
    fn what_names_no_endpoint_is_refused_without_values() {
        let error = read("x.json", r#"{"password": "canary", "list": [1]}"#).unwrap_err();
        assert!(
            error.0.contains("password") && !error.0.contains("canary"),
            "{error:?}"
        );
        let error = read("x.json", "{\"client_secret\": canary").unwrap_err();
        assert!(
            error.0.contains("line 1") && !error.0.contains("canary"),
            "{error:?}"
        );
    }
}
