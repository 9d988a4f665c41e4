//! What the stack says about itself when it is ready: the JSON line, the text for people, the facts for a configuration.

use serde_json::{Value, json};

use super::{Reserved, Stack};
use crate::faults::FaultPoint;
use crate::scenarios::{ACCOUNT, REGION, Scenario};
use crate::seed::Seed;

/// What a configuration needs to know about the whole stack.
#[derive(Clone)]
pub struct Facts {
    /// `http://127.0.0.1:PORT`: the address for every AWS service.
    pub endpoint: String,
    /// The access key id that it takes.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// Every deployment.
    pub deployments: Vec<DeploymentFacts>,
}

impl Reserved {
    /// Returns what the stack will be, before it serves: the same seed on the same port makes the same world.
    pub fn facts(&self) -> Facts {
        let endpoint = format!("http://{}", self.address);
        let seed = Seed::new(self.options.seed);
        let (access_key_id, secret_access_key) = crate::scenarios::access_key(&seed);
        let deployments = crate::scenarios::build(&endpoint, &seed, &self.options)
            .iter()
            .filter(|scenario| scenario.is_listed)
            .map(facts)
            .collect();
        Facts {
            endpoint,
            access_key_id,
            secret_access_key,
            deployments,
        }
    }
}

/// What a configuration needs to know about one deployment.
#[derive(Clone, Debug)]
pub struct DeploymentFacts {
    /// `a` to `e`.
    pub name: String,
    /// What it is, such as `movies-gateway`; taken wherever the name is.
    pub title: String,
    /// `A` to `E`.
    pub shape: String,
    /// Its AWS region.
    pub region: String,
    /// Its AWS account.
    pub account: String,
    /// The CloudFormation stack that describes it.
    pub stack: Option<String>,
    /// The MCP address.
    pub mcp_url: String,
    /// The gateway's id.
    pub gateway_id: Option<String>,
    /// The runtime's ARN.
    pub runtime_arn: Option<String>,
    /// The ARNs of the runtimes beside it.
    pub extra_runtimes: Vec<String>,
    /// How a client signs in.
    pub sign_in: SignInFacts,
    /// The ARN of the secret with the Neo4j password.
    pub secret_id: Option<String>,
    /// The ARNs of the secrets beside it.
    pub extra_secrets: Vec<String>,
    /// Its log groups.
    pub log_groups: Vec<String>,
    /// The links that its chain has, where faults can sit.
    pub hops: Vec<FaultPoint>,
}

/// How a client signs in to a deployment; holds secrets, so it has no Debug that shows them.
#[derive(Clone)]
pub enum SignInFacts {
    /// OAuth client credentials.
    Machine {
        /// The token endpoint.
        token_url: String,
        /// The client.
        client_id: String,
        /// Its secret.
        client_secret: String,
        /// The scope to ask for.
        scope: String,
        /// The Cognito user pool.
        user_pool_id: String,
    },
    /// A person's user name and password at a Cognito user pool.
    User {
        /// The client (without a secret).
        client_id: String,
        /// The Cognito user pool.
        user_pool_id: String,
        /// The user.
        username: String,
        /// The password.
        password: String,
    },
    /// Signature Version 4 with the printed AWS credentials.
    SigV4,
}

impl std::fmt::Debug for SignInFacts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Machine { .. } => "Machine(***)",
            Self::User { .. } => "User(***)",
            Self::SigV4 => "SigV4",
        })
    }
}

impl Stack {
    /// Returns what a configuration needs to know.
    pub fn facts(&self) -> Facts {
        let (access_key_id, secret_access_key) = self.credentials();
        Facts {
            endpoint: self.endpoint(),
            access_key_id,
            secret_access_key,
            deployments: self.deployments(),
        }
    }

    /// Returns the printed access key id and secret access key.
    pub fn credentials(&self) -> (String, String) {
        (
            self.world.access_key_id.clone(),
            self.world.secret_access_key.clone(),
        )
    }

    /// Returns the facts of every deployment, for writing a configuration.
    pub fn deployments(&self) -> Vec<DeploymentFacts> {
        self.world.listed().map(facts).collect()
    }

    /// Returns the one JSON line that `local -o json` prints when it is ready.
    pub fn ready_line(&self) -> Value {
        let world = &self.world;
        let signing_key = world.keys.private_pem();
        json!({
            "endpoint": world.base,
            "region": REGION,
            "account": ACCOUNT,
            "access_key_id": world.access_key_id,
            "secret_access_key": world.secret_access_key,
            "neo4j": self.neo4j(),
            "deployments": world.listed().map(|deployment| described(deployment, signing_key)).collect::<Vec<_>>(),
        })
    }

    fn neo4j(&self) -> Value {
        match &self.world.options.neo4j {
            None => json!({"query_api": format!("{}/neo4j/a", self.world.base), "bolt": null}),
            Some(real) if real.uri.starts_with("http") => {
                json!({"query_api": real.uri.trim_end_matches('/'), "bolt": null})
            }
            Some(real) => json!({"query_api": null, "bolt": real.uri}),
        }
    }

    /// Returns the same for people: what this is, what it is not, how to point clients at it.
    pub fn text(&self) -> String {
        use std::fmt::Write as _;
        let world = &self.world;
        let mut text = format!(
            "The embedded stack of agentcore-console serves at {base}\n\
             It is NOT AWS: nothing leaves this machine, nothing costs money, and what is written to it is gone when it stops.\n\n\
             Point any AWS client at it (every service at the one address):\n\
             \x20 export AWS_ENDPOINT_URL={base} AWS_REGION={REGION}\n\
             \x20 export AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret}\n\
             \x20 aws bedrock-agentcore-control list-gateways\n\
             \x20 boto3.client(\"logs\", endpoint_url=\"{base}\", config=Config(inject_host_prefix=False))\n\n",
            base = world.base,
            key = world.access_key_id,
            secret = world.secret_access_key,
        );
        for deployment in world.listed() {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{}  {:<14}  sign-in {:<6}  {}",
                deployment.shape,
                deployment.title(),
                deployment.sign_in,
                deployment.mcp_url
            );
            if let Some(pool) = &deployment.pool {
                let _ = match (&pool.client_secret, &pool.user) {
                    (_, Some((user, password))) => {
                        writeln!(
                            text,
                            "   pool {}  client {}  user {user}  password {password}",
                            pool.id, pool.client_id
                        )
                    }
                    (Some(secret), None) => {
                        writeln!(
                            text,
                            "   token {}  client {}  secret {secret}",
                            pool.token_url(),
                            pool.client_id
                        )
                    }
                    (None, None) => Ok(()),
                };
            }
        }
        text.push_str(
            "\nThe line of `local -o json` says all of this to a program. Ctrl-C stops it.\n",
        );
        text
    }
}

fn described(deployment: &Scenario, signing_key: &str) -> Value {
    let pool = deployment.pool.as_ref();
    let user = pool.and_then(|pool| pool.user.as_ref());
    let mut line = json!({
        "name": deployment.name,
        "title": deployment.title(),
        "shape": deployment.shape,
        "stack": deployment.stack,
        "mcp_url": deployment.mcp_url,
        "gateway_id": deployment.gateway_id,
        "runtime_arn": deployment.runtime_arn,
        "sign_in": deployment.sign_in,
        "token_url": pool.map(crate::scenarios::PoolFacts::token_url),
        "client_id": pool.map(|pool| &pool.client_id),
        "client_secret": pool.and_then(|pool| pool.client_secret.as_ref()),
        "scope": pool.and_then(|pool| pool.scope),
        "user_pool_id": pool.map(|pool| &pool.id),
        "issuer": pool.map(|pool| &pool.issuer),
        "username": user.map(|(name, _)| name),
        "password": user.map(|(_, password)| password),
        "secret_id": deployment.secret_arn,
        "log_groups": deployment.log_groups,
    });
    if let (Some(_), Some(members)) = (pool, line.as_object_mut()) {
        members.insert("token_signing_key".into(), signing_key.into());
    }
    line
}

fn facts(deployment: &Scenario) -> DeploymentFacts {
    let sign_in = match &deployment.pool {
        None => SignInFacts::SigV4,
        Some(pool) => match &pool.user {
            Some((username, password)) => SignInFacts::User {
                client_id: pool.client_id.clone(),
                user_pool_id: pool.id.clone(),
                username: (*username).to_owned(),
                password: password.clone(),
            },
            None => SignInFacts::Machine {
                token_url: pool.token_url(),
                client_id: pool.client_id.clone(),
                client_secret: pool.client_secret.clone().unwrap_or_default(),
                scope: pool.scope.unwrap_or_default().to_owned(),
                user_pool_id: pool.id.clone(),
            },
        },
    };
    DeploymentFacts {
        name: deployment.name.to_owned(),
        title: deployment.title().to_owned(),
        shape: deployment.shape.to_owned(),
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        stack: deployment.stack.map(str::to_owned),
        mcp_url: deployment.mcp_url.clone(),
        gateway_id: deployment.gateway_id.clone(),
        runtime_arn: deployment.runtime_arn.clone(),
        extra_runtimes: deployment
            .extra_runtime
            .iter()
            .map(|runtime| runtime.arn.clone())
            .collect(),
        sign_in,
        secret_id: deployment.secret_arn.clone(),
        extra_secrets: deployment
            .extra_secrets
            .iter()
            .map(|secret| secret.arn.clone())
            .collect(),
        log_groups: deployment.log_groups.clone(),
        hops: FaultPoint::ALL
            .into_iter()
            .filter(|hop| has(deployment, *hop))
            .collect(),
    }
}

/// Returns whether the chain of a deployment has that link.
fn has(deployment: &Scenario, hop: FaultPoint) -> bool {
    match hop {
        // A person signs in at the pool itself, not at the token endpoint.
        FaultPoint::Token => deployment
            .pool
            .as_ref()
            .is_some_and(|pool| pool.user.is_none()),
        FaultPoint::Gateway | FaultPoint::Target | FaultPoint::Limits => {
            deployment.gateway_id.is_some()
        }
        FaultPoint::Discovery => deployment.pool.is_some(),
        // A runtime's own document is not what the fault touches.
        FaultPoint::Metadata => deployment.gateway_id.is_some() && deployment.pool.is_some(),
        FaultPoint::Drift => deployment.gateway_id.is_some() && deployment.runtime_id.is_some(),
        FaultPoint::RequestHeaders => matches!(deployment.name, "a" | "d"),
        FaultPoint::Policy => deployment.has_policy_engine(),
        FaultPoint::Interceptor => deployment.interceptor.is_some(),
        FaultPoint::CredentialProvider => matches!(deployment.shape, "A" | "E"),
        FaultPoint::Rollout | FaultPoint::Runtime => deployment.runtime_id.is_some(),
        FaultPoint::Secret => deployment.secret_name.is_some(),
        // The tools of deployment E come from a code host: no database is behind them.
        FaultPoint::Neo4j => deployment.shape != "E",
        FaultPoint::Logs => true,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Options, reserve, serve};

    #[tokio::test]
    async fn what_is_told_before_the_start_is_what_starts() {
        let reserved = reserve(Options {
            quiet_world: true,
            ..Options::default()
        })
        .unwrap();
        let told = reserved.facts();
        let stack = serve(reserved).await.unwrap();
        let line = stack.ready_line();
        assert_eq!(
            (
                line["endpoint"].as_str(),
                line["secret_access_key"].as_str()
            ),
            (Some(&*told.endpoint), Some(&*told.secret_access_key))
        );
        for (told, said) in told
            .deployments
            .iter()
            .zip(line["deployments"].as_array().unwrap())
        {
            assert_eq!(
                (said["mcp_url"].as_str(), said["secret_id"].as_str()),
                (Some(&*told.mcp_url), told.secret_id.as_deref())
            );
        }
    }
}
