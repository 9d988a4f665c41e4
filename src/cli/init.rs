//! `init`: a configuration from a stack's outputs or from a `.mcp-credentials.json`. Never overwrites; adds only when told.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Deserialize;

use crate::{
    config::{self, Config, Loaded, write},
    model::{
        Deployment, Failure, HeaderSpec, SecretSource, SecretText, SignIn, StackFacts, sanitize,
    },
    services::aws::shared_config,
};

use super::{
    Outcome,
    confirm::confirm,
    context::{Context, refuse_problems},
    output, process, usage,
};

const EXAMPLES: &str = "Examples:
  agentcore-console init --stack neo4j-mcp-server --region us-west-2
  agentcore-console init --from .mcp-credentials.json --name prod";

/// Where the configuration comes from.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A CloudFormation stack whose outputs name gateway, runtime, user pool and secret
    #[arg(long, value_name = "STACK", conflicts_with = "from")]
    stack: Option<String>,
    /// A .mcp-credentials.json, as deployment scripts write it
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The deployment's name [default: the stack's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Add to a configuration that exists, without asking
    #[arg(long, short)]
    yes: bool,
}

/// What deployment scripts leave behind; everything but the URL may be missing.
#[derive(Deserialize)]
struct CredentialsFile {
    gateway_url: String,
    client_id: Option<String>,
    client_secret: Option<String>,
    token_url: Option<String>,
    scope: Option<String>,
    region: Option<String>,
    stack_name: Option<String>,
}

/// Runs `init`.
pub(crate) fn run(context: &Context, options: &Options) -> Outcome {
    let path = context.global.config.clone().or_else(config::default_path);
    let path = path.ok_or_else(|| {
        usage(
            "writing a configuration",
            "this machine has no configuration folder",
        )
        .hint("name a file: --config FILE")
    })?;
    let deployment = match (&options.from, &options.stack) {
        (Some(file), _) => from_file(context, file, options)?,
        (None, Some(stack)) => from_stack(context, stack, options)?,
        (None, None) => {
            return Err(usage("writing a configuration", "from what?")
                .hint("--stack NAME reads a stack's outputs, --from .mcp-credentials.json such a file; `config example` prints one to edit")
                .into());
        }
    };
    let name = deployment.name.clone();
    save(&path, deployment, options.yes)?;
    output::text(&sanitize(&format!(
        "{}: deployment {name} written.",
        path.display()
    )))?;
    output::note(&format!(
        "Next: agentcore-console --config {} status -d {name}",
        path.display()
    ));
    Ok(())
}

fn from_file(context: &Context, path: &Path, options: &Options) -> Result<Deployment, Failure> {
    let doing = || format!("reading {}", path.display());
    let text = fs::read_to_string(path).map_err(|error| usage(doing(), error.to_string()))?;
    // Only the place of a mistake is told: its words could be a secret's.
    let file: CredentialsFile = serde_json::from_str(&text).map_err(|error| {
        usage(
            doing(),
            format!(
                "not a credentials file (line {}, column {})",
                error.line(),
                error.column()
            ),
        )
        .hint("it needs at least \"gateway_url\"")
    })?;
    let region = context
        .global
        .region
        .first()
        .cloned()
        .or(file.region)
        .or_else(|| region_of_url(&file.gateway_url));
    let sign_in = match (&file.client_id, &file.token_url) {
        (Some(_), Some(_)) => SignIn::M2m {
            token_url: file.token_url,
            client_id: file.client_id,
            client_secret: file
                .client_secret
                .map_or(SecretSource::UserPoolClient, |secret| {
                    SecretSource::Inline(SecretText::from(secret))
                }),
            scope: file.scope,
            user_pool_id: None,
        },
        _ => SignIn::SigV4,
    };
    let name = options
        .name
        .clone()
        .or_else(|| file.stack_name.clone())
        .unwrap_or_else(|| "default".into());
    let blank = blank(context, name, region)?;
    Ok(Deployment {
        stack: file.stack_name,
        mcp_url: Some(file.gateway_url),
        sign_in,
        ..blank
    })
}

/// `https://{id}.gateway.bedrock-agentcore.{region}.amazonaws.com/mcp`.
fn region_of_url(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let labels: Vec<&str> = url.host_str()?.split('.').collect();
    let at = labels.iter().position(|label| *label == "amazonaws")?;
    labels
        .get(at.checked_sub(1)?)
        .map(|region| (*region).to_owned())
}

fn from_stack(context: &Context, stack: &str, options: &Options) -> Result<Deployment, Failure> {
    let name = options.name.clone().unwrap_or_else(|| stack.to_owned());
    let asked = Deployment {
        stack: Some(stack.to_owned()),
        ..blank(context, name, context.global.region.first().cloned())?
    };
    let services = context.services();
    let facts = process::runtime()?.block_on(services.stack_facts(&asked))?;
    if facts.gateway_id.is_none() && facts.gateway_url.is_none() && facts.runtime_arn.is_none() {
        let outputs: Vec<&str> = facts.outputs.iter().map(|(key, _)| key.as_str()).collect();
        let cause = format!(
            "its outputs name neither a gateway nor a runtime (they are: {})",
            outputs.join(", ")
        );
        return Err(usage(format!("reading the stack {stack}"), cause)
            .hint("write the deployment by hand: `agentcore-console config example` shows how"));
    }
    Ok(Deployment {
        sign_in: sign_in_of(&facts),
        headers: headers_of(&facts),
        ..asked
    })
}

/// A user pool's client signs in as a machine; a runtime without one is called with AWS credentials.
fn sign_in_of(facts: &StackFacts) -> SignIn {
    if facts.client_id.is_none() {
        return SignIn::SigV4;
    }
    SignIn::M2m {
        token_url: None,
        client_id: None,
        client_secret: SecretSource::UserPoolClient,
        scope: None,
        user_pool_id: None,
    }
}

/// A runtime called by IAM takes Neo4j's credentials in a header of its own.
fn headers_of(facts: &StackFacts) -> Vec<HeaderSpec> {
    let direct =
        facts.client_id.is_none() && facts.gateway_url.is_none() && facts.secret_arn.is_some();
    let name = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Authorization".to_owned();
    if direct {
        vec![HeaderSpec::BasicFromSecret {
            name,
            secret_id: None,
        }]
    } else {
        Vec::new()
    }
}

fn blank(context: &Context, name: String, region: Option<String>) -> Result<Deployment, Failure> {
    let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let profile = context.global.profile.clone();
    let region = region.or_else(|| shared_config::region(profile.as_deref()));
    let region = region.ok_or_else(|| {
        usage("writing a configuration", "in which region?")
            .hint("--region us-west-2, or set AWS_REGION")
    })?;
    Ok(Deployment {
        profile,
        endpoint_url: text("AWS_ENDPOINT_URL"),
        ..Deployment::new(name, region)
    })
}

fn save(path: &Path, deployment: Deployment, yes: bool) -> Result<(), Failure> {
    let doing = format!("writing {}", path.display());
    let addition = write::render(
        &Config {
            deployments: vec![deployment.clone()],
            ..Config::default()
        },
        "init",
    );
    judge(&doing, &addition, std::slice::from_ref(&deployment))?;
    let text = if path.exists() {
        let loaded = config::load(Some(path), &shared_config::region);
        refuse_problems(&loaded)?;
        let old =
            fs::read_to_string(path).map_err(|error| usage(doing.clone(), error.to_string()))?;
        let joined = joined(&doing, &old, &addition, &loaded, deployment)?;
        confirm(
            yes,
            &doing,
            &format!("{} exists. Add the deployment to it?", path.display()),
        )?;
        joined
    } else {
        addition
    };
    write::save(path, &text, |_| true).map_err(|error| usage(doing, error.to_string()))
}

/// What was there, comments and all, with the new deployment behind it.
fn joined(
    doing: &str,
    old: &str,
    addition: &str,
    loaded: &Loaded,
    deployment: Deployment,
) -> Result<String, Failure> {
    if loaded
        .config
        .deployments
        .iter()
        .any(|each| each.name == deployment.name)
    {
        return Err(usage(
            doing,
            format!("it has a deployment {} already", deployment.name),
        )
        .hint("--name NAME gives this one another name"));
    }
    let body = addition
        .split_once("\n\n")
        .map_or(addition, |(_, body)| body);
    let text = format!("{}\n\n{body}", old.trim_end());
    let mut expected = loaded.config.deployments.clone();
    expected.push(deployment);
    judge(doing, &text, &expected)?;
    Ok(text)
}

/// What is written must mean what was meant.
fn judge(doing: &str, text: &str, expected: &[Deployment]) -> Result<(), Failure> {
    let (config, problems) = config::parse(text, &|| None);
    match problems.first() {
        Some(problem) => Err(usage(doing, problem.message.clone())),
        None if config.deployments == expected => Ok(()),
        None => Err(usage(
            doing,
            "the file's form does not take another deployment at its end",
        )
        .hint("name a new file: --config FILE")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_in_the_gateways_address() {
        assert_eq!(
            region_of_url("https://gw-x1.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp")
                .as_deref(),
            Some("us-west-2")
        );
        assert_eq!(region_of_url("https://mcp.example/mcp"), None);
        assert_eq!(region_of_url("nonsense"), None);
    }
}
