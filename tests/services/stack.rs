//! The embedded stack for a test, and its deployments as a configuration would give them.

use std::collections::BTreeMap;

use agentcore_console::model::{Deployment, HeaderSpec, SecretSource, SignIn, StaticCredentials};
use emulator::{DeploymentFacts, SignInFacts, Stack};

/// A running stack with its deployments by name.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) deployments: BTreeMap<String, Deployment>,
}

/// A stack in which nothing happens by itself.
pub(crate) async fn quiet() -> World {
    let stack = emulator::start(emulator::Options {
        seed: 7,
        quiet_world: true,
        ..emulator::Options::default()
    })
    .await
    .unwrap();
    let deployments = stack
        .deployments()
        .into_iter()
        .map(|facts| (facts.name.clone(), configured(&stack, facts)))
        .collect();
    World { stack, deployments }
}

/// Arms a fault as a faults file would.
pub(crate) fn fault(world: &World, entry: &str) {
    for fault in emulator::faults::parse(&format!("[{entry}]")).unwrap() {
        world.stack.inject_fault(fault);
    }
}

fn configured(stack: &Stack, facts: DeploymentFacts) -> Deployment {
    let (access_key_id, secret_access_key) = stack.credentials();
    let inline = |text: String| SecretSource::Inline(text.into());
    let direct = facts.gateway_id.is_none();
    let headers = if facts.shape == "D" {
        let name = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Authorization".into();
        vec![HeaderSpec::BasicFromSecret {
            name,
            secret_id: None,
        }]
    } else {
        Vec::new()
    };
    Deployment {
        region: facts.region,
        endpoint_url: Some(stack.endpoint()),
        credentials: Some(StaticCredentials {
            access_key_id,
            secret_access_key: inline(secret_access_key),
            session_token: None,
        }),
        stack: facts.stack,
        gateways: facts.gateway_id.into_iter().collect(),
        runtimes: facts.runtime_arn.into_iter().collect(),
        mcp_url: direct.then_some(facts.mcp_url),
        secrets: facts.secret_id.into_iter().collect(),
        log_groups: facts.log_groups,
        headers,
        sign_in: match facts.sign_in {
            SignInFacts::Machine {
                token_url,
                client_id,
                client_secret,
                scope,
                user_pool_id,
            } => SignIn::M2m {
                token_url: Some(token_url),
                client_id: Some(client_id),
                client_secret: inline(client_secret),
                private_key: None,
                key_id: None,
                scope: Some(scope),
                user_pool_id: Some(user_pool_id),
            },
            SignInFacts::User {
                client_id,
                username,
                password,
                ..
            } => SignIn::User {
                client_id: Some(client_id),
                client_secret: None,
                username,
                password: inline(password),
            },
            SignInFacts::SigV4 => SignIn::SigV4,
        },
        ..deployment(&facts.name)
    }
}

/// A deployment of which nothing but the region is known.
pub(crate) fn deployment(name: &str) -> Deployment {
    Deployment {
        credentials: Some(StaticCredentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: SecretSource::Inline("secret".into()),
            session_token: None,
        }),
        ..Deployment::new(name, "us-west-2")
    }
}
