//! `local`: only the embedded stack, in the foreground, and the configuration of this console for it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    config::{Config, Ui, write},
    model::{
        Deployment, Failure, FailureKind, HeaderSpec, Neo4jScheme, SecretSource, SecretText, Shape,
        SignIn, StaticCredentials, sanitize,
    },
};
use emulator::{DeploymentFacts, Facts, RealNeo4j, SignInFacts, Stack, faults};

use super::{
    outcome::{CliResult, usage},
    output, process,
    values::TextOrJson,
};

const EXAMPLES: &str = "Examples:
  agentcore-console local --write-config /tmp/local.toml
  agentcore-console --config /tmp/local.toml status        in another terminal";

/// How often the log groups are looked at for events that were dropped.
const FULL_GROUPS_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// How `local` starts the embedded stack.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LocalOptions {
    /// Port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// How to say that it is ready
    #[arg(long, short, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t = TextOrJson::Text)]
    pub(crate) output: TextOrJson,
    /// The same number gives the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// A world in which nothing happens by itself
    #[arg(long)]
    pub(crate) quiet_world: bool,
    /// Write a configuration of this console for the stack
    #[arg(long, value_name = "FILE")]
    pub(crate) write_config: Option<PathBuf>,
    /// A real Neo4j behind deployments A to D: http(s):// (Query API) or bolt://, neo4j://
    #[arg(long, value_name = "URI", requires = "neo4j_password_env")]
    pub(crate) neo4j_uri: Option<String>,
    /// Its user
    #[arg(long, value_name = "USER", default_value = "neo4j")]
    pub(crate) neo4j_user: String,
    /// The environment variable that holds its password
    #[arg(long, value_name = "NAME")]
    pub(crate) neo4j_password_env: Option<String>,
    /// A real MCP server as the external target of deployment B
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(crate) neo4j_mcp_url: Option<url::Url>,
    /// Faults to inject: a JSON list, by operation or by hop; `list` prints the table of faults and ends
    #[arg(long, value_name = "FILE|list")]
    pub(crate) faults: Option<PathBuf>,
    /// So many more gateways, each with ten targets, four runtimes and a stack of its own
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) scale: usize,
    /// So many more stacks that belong to no deployment
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) stacks: usize,
}

fn address(text: &str) -> Result<url::Url, String> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        Ok(_) | Err(_) => Err("write an address: http://127.0.0.1:8000/mcp, https://…".to_owned()),
    }
}

/// Runs `local` until it is asked to end.
pub(crate) fn run(options: &LocalOptions) -> CliResult {
    if options.faults.as_deref() == Some(Path::new("list")) {
        return list_faults();
    }
    let started = to_options(options)?;
    let faults = started.faults.clone();
    let runtime = process::runtime()?;
    runtime.block_on(async {
        // Listening for the end before saying "ready": whoever reads the line may end us at once.
        let mut end = process::End::listen()?;
        let stack = emulator::start(started)
            .await
            .map_err(|error| not_started(&error))?;
        for words in without_hop(&faults, &stack.facts()) {
            output::note(&words);
        }
        if let Some(path) = &options.write_config {
            save(path, &configuration(&stack))?;
        }
        match options.output {
            TextOrJson::Json => output::json_line(&stack.ready_line())?,
            TextOrJson::Text => {
                output::text(&stack.text())?;
                if let Some(path) = &options.write_config {
                    output::text(&sanitize(&format!(
                        "A configuration for it: agentcore-console --config {}",
                        path.display()
                    )))?;
                }
            }
        }
        tokio::select! {
            ended = end.wait() => ended?,
            () = report_full_groups(&stack) => {}
        }
        stack.stop().await;
        Ok(())
    })
}

/// Prints the table of faults, one JSON line for each fault and place.
fn list_faults() -> CliResult {
    for row in faults::table() {
        let (member, place) = match row.place {
            faults::FaultRowPlace::Hop(hop) => ("hop", hop.name()),
            faults::FaultRowPlace::Service(service) => ("service", service.prefix()),
        };
        output::json_line(&serde_json::json!({
            member: place,
            "fault": row.kind.name(),
            "says": row.kind.description(),
        }))?;
    }
    Ok(())
}

/// Reports the log groups that dropped events, once each, until it is dropped.
async fn report_full_groups(stack: &Stack) {
    let mut reported = std::collections::BTreeSet::new();
    loop {
        tokio::time::sleep(FULL_GROUPS_INTERVAL).await;
        for (group, _) in stack.dropped_events() {
            if reported.insert(group.clone()) {
                output::note(&format!(
                    "log group {group} is full: its oldest events are dropped from now on"
                ));
            }
        }
    }
}

/// Returns the configuration of this console for a stack: complete, needs nothing of the environment.
pub fn configuration(stack: &Stack) -> Config {
    configuration_for(stack.facts())
}

/// Returns the same from what the stack says, which it can before it serves.
pub(crate) fn configuration_for(facts: Facts) -> Config {
    let Facts {
        endpoint,
        access_key_id,
        secret_access_key,
        deployments,
    } = facts;
    let keys = StaticCredentials {
        access_key_id,
        secret_access_key: SecretSource::Inline(SecretText::from(secret_access_key)),
        session_token: None,
    };
    let deployments = deployments
        .into_iter()
        .map(|facts| deployment(facts, &endpoint, &keys))
        .collect();
    Config {
        deployments,
        misconfigured: Vec::new(),
        ui: Ui::default(),
        keys: toml::Table::new(),
    }
}

fn deployment(facts: DeploymentFacts, endpoint: &str, keys: &StaticCredentials) -> Deployment {
    let shape = shape(&facts.shape);
    // D reads Neo4j's credentials from a header of its own; A works with the token alone.
    let headers = match shape {
        Some(Shape::D) => vec![HeaderSpec::BasicFromSecret {
            name: "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Authorization".into(),
            secret_id: None,
        }],
        Some(Shape::A | Shape::B | Shape::C | Shape::E) | None => Vec::new(),
    };
    Deployment {
        title: Some(facts.title),
        shape,
        endpoint_url: Some(endpoint.to_owned()),
        credentials: Some(keys.clone()),
        stack: facts.stack,
        gateways: facts.gateway_id.into_iter().collect(),
        runtimes: facts
            .runtime_arn
            .into_iter()
            .chain(facts.extra_runtimes)
            .collect(),
        mcp_url: Some(facts.mcp_url),
        secrets: facts
            .secret_id
            .into_iter()
            .chain(facts.extra_secrets)
            .collect(),
        log_groups: facts.log_groups,
        sign_in: sign_in(facts.sign_in),
        headers,
        ..Deployment::new(facts.name, facts.region)
    }
}

fn shape(letter: &str) -> Option<Shape> {
    match letter {
        "A" => Some(Shape::A),
        "B" => Some(Shape::B),
        "C" => Some(Shape::C),
        "D" => Some(Shape::D),
        "E" => Some(Shape::E),
        _ => None,
    }
}

fn sign_in(facts: SignInFacts) -> SignIn {
    let inline = |text: String| SecretSource::Inline(SecretText::from(text));
    match facts {
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
    }
}

fn save(path: &Path, config: &Config) -> Result<(), Failure> {
    const COMMAND: &str = "local --write-config";
    let text = write::render(config, COMMAND);
    let own = format!("{}{COMMAND}", write::MARK);
    write::save(path, &text, |old| {
        old.trim().is_empty() || old.starts_with(&own)
    })
    .map_err(|error| {
        usage(format!("writing {}", path.display()), error.to_string())
            .hint("name a file that does not exist yet")
    })
}

fn to_options(options: &LocalOptions) -> Result<emulator::Options, Failure> {
    Ok(emulator::Options {
        port: options.port,
        seed: options.seed,
        quiet_world: options.quiet_world,
        scale: options.scale,
        stacks: options.stacks,
        neo4j: real_neo4j(options)?,
        neo4j_mcp_url: options.neo4j_mcp_url.clone(),
        faults: options
            .faults
            .as_deref()
            .map(read_faults)
            .transpose()?
            .unwrap_or_default(),
        ..emulator::Options::default()
    })
}

fn real_neo4j(options: &LocalOptions) -> Result<Option<RealNeo4j>, Failure> {
    let (Some(uri), Some(variable)) = (&options.neo4j_uri, &options.neo4j_password_env) else {
        return Ok(None);
    };
    if Neo4jScheme::of(uri).is_none() {
        return Err(usage(
            "reading --neo4j-uri",
            format!("\"{uri}\" is no address of a Neo4j"),
        )
        .hint(format!("it begins with one of {}", Neo4jScheme::list())));
    }
    let password = std::env::var(variable).map_err(|_| {
        usage(
            "reading the password of the real Neo4j",
            format!("the environment has no {variable}"),
        )
    })?;
    Ok(Some(RealNeo4j {
        uri: uri.clone(),
        user: options.neo4j_user.clone(),
        password,
    }))
}

fn read_faults(path: &Path) -> Result<Vec<faults::Fault>, Failure> {
    let doing = || format!("reading the faults of {}", path.display());
    let text = fs::read_to_string(path).map_err(|error| usage(doing(), error.to_string()))?;
    faults::parse(&text).map_err(|error| usage(doing(), error.to_string()))
}

/// Returns what is said of faults at hops that the chain of their deployment lacks: they hit nothing.
fn without_hop(armed: &[faults::Fault], facts: &Facts) -> Vec<String> {
    let absent = |fault: &faults::Fault| {
        let faults::FaultSite::Hop { deployment, hop } = &fault.place else {
            return None;
        };
        let known = facts
            .deployments
            .iter()
            .find(|known| known.name == *deployment)?;
        if known.hops.contains(hop) {
            return None;
        }
        let hops: Vec<&str> = known.hops.iter().map(|hop| hop.name()).collect();
        Some(format!(
            "the fault {} at {} hits nothing: {deployment} has no such hop; it has {}",
            fault.kind.name(),
            hop.name(),
            hops.join(", ")
        ))
    };
    armed.iter().filter_map(absent).collect()
}

pub(crate) fn not_started(error: &emulator::StartError) -> Failure {
    let kind = match error {
        emulator::StartError::Listen { .. } => FailureKind::Network,
        emulator::StartError::Client(_) => FailureKind::Usage,
    };
    Failure::new(kind, "starting the embedded stack", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_at_a_hop_that_the_chain_lacks_is_said_with_the_hops_that_it_has() {
        let armed = faults::parse(
            r#"[{"deployment":"d","hop":"gateway","fault":"throttling"},
                {"deployment":"a","hop":"gateway","fault":"throttling"},
                {"service":"logs","operation":"*","fault":"slow"}]"#,
        )
        .unwrap();
        let facts = emulator::reserve(emulator::Options::default())
            .unwrap()
            .facts();
        let said = without_hop(&armed, &facts);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains("d has no such hop; it has ") && said[0].contains("runtime"),
            "{said:?}"
        );
        assert!(!said[0].contains("has target"), "{said:?}");
    }
}
