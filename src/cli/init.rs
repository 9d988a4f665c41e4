//! `init`: a configuration from what the account has, from a stack, or from files that people have. It never overwrites, adds
//! only when told, and writes no secrets.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    config::{self, Config, Loaded, write},
    discovery::{documents, inventory},
    model::{Deployment, DeploymentName, Failure, FailureKind, pluralize, sanitize},
    services::aws::shared_config,
};

use super::{
    confirm::confirm,
    context::{Context, refuse_problems},
    outcome::{CliResult, usage},
    output, process,
};

const EXAMPLES: &str = "Examples:
  agentcore-console init --profile dev --region us-west-2
  agentcore-console init --stack neo4j-mcp-server --region us-west-2
  agentcore-console init --from .mcp-credentials.json --name prod

Without --stack and --from it looks at the account, and in this folder for .mcp-credentials*.json, gateway_config.json,
.bedrock_agentcore.yaml, .mcp.json, config.json, agentcore.json, cdk-outputs.json, terraform-outputs.json and .env.";

/// Files that are looked for in the current folder.
const FILES: [&str; 8] = [
    "gateway_config.json",
    ".bedrock_agentcore.yaml",
    ".mcp.json",
    "config.json",
    "agentcore.json",
    "cdk-outputs.json",
    "terraform-outputs.json",
    ".env",
];
/// Beginning and end of the names of credentials files.
const CREDENTIALS: (&str, &str) = (".mcp-credentials", ".json");

/// Where the configuration comes from.
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InitOptions {
    /// A CloudFormation stack whose outputs name gateway, runtime, user pool and secret
    #[arg(long, value_name = "STACK", conflicts_with = "from")]
    stack: Option<String>,
    /// A file: credentials of a deployment script, of a toolkit, of an MCP client, stack outputs, .env
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The deployment's name [default: the stack's, else the file's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Write without asking; adds to a configuration that exists
    #[arg(long, short)]
    yes: bool,
}

/// A deployment to write, with comments above it.
struct ProposedDeployment {
    deployment: Deployment,
    comments: Vec<String>,
}

/// Runs `init`.
pub(crate) fn run(context: &Context, options: &InitOptions) -> CliResult {
    let path = context.global.config.clone().or_else(config::default_path);
    let path = path.ok_or_else(|| {
        usage(
            "writing a configuration",
            "this machine has no configuration folder",
        )
        .hint("name a file: --config FILE")
    })?;
    let proposed = match (&options.from, &options.stack) {
        (Some(file), _) => from_file(context, file, options)?,
        (None, Some(stack)) => vec![from_stack(context, stack, options)?],
        (None, None) => found(context, options, &path)?,
    };
    let is_search = options.from.is_none() && options.stack.is_none();
    for proposed in &proposed {
        tell(proposed);
    }
    let names: Vec<String> = proposed
        .iter()
        .map(|proposed| proposed.deployment.name.to_string())
        .collect();
    save(&path, proposed, options.yes, is_search)?;
    let what = if names.len() == 1 {
        "deployment"
    } else {
        "deployments"
    };
    output::text(&sanitize(&format!(
        "{}: {what} {} written.",
        path.display(),
        names.join(", ")
    )))?;
    let first = names.first().map_or("", String::as_str);
    output::note(&format!(
        "Next: agentcore-console --config {} status -d {first}",
        path.display()
    ));
    Ok(())
}

/// Says on stderr what will be written.
fn tell(proposed: &ProposedDeployment) {
    let deployment = &proposed.deployment;
    let parts = [
        deployment
            .stack
            .as_ref()
            .map(|stack| format!("stack {stack}")),
        (!deployment.gateways.is_empty())
            .then(|| format!("gateways {}", deployment.gateways.join(", "))),
        (!deployment.runtimes.is_empty())
            .then(|| format!("runtimes {}", deployment.runtimes.join(", "))),
        deployment.mcp_url.clone(),
        Some(format!("sign-in {}", deployment.sign_in.mode())),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    output::note(&format!(
        "{} ({}): {}",
        deployment.name,
        deployment.region,
        parts.join("; ")
    ));
    for comment in &proposed.comments {
        output::note(&format!("  {comment}"));
    }
}

/// Everything that the current folder and the account have, without what the configuration has already.
fn found(
    context: &Context,
    options: &InitOptions,
    path: &Path,
) -> Result<Vec<ProposedDeployment>, Failure> {
    let mut all: Vec<ProposedDeployment> = Vec::new();
    for file in files_here() {
        match from_file(context, &file, options) {
            Ok(proposed) => {
                output::note(&format!("{} was read", file.display()));
                all.extend(proposed);
            }
            Err(failure) => output::note(&format!("{}: {}", file.display(), failure.cause)),
        }
    }
    let account = from_account(context);
    match account {
        Ok(proposed) => all.extend(proposed),
        Err(failure) if all.is_empty() => {
            return Err(failure.evidence(
                "looked for files here too and found none; `agentcore-console init --stack NAME` reads a stack, --from FILE a file",
            ));
        }
        Err(failure) => {
            output::note(&format!("the account was not read: {}", failure.cause));
            // Whoever has no account to look at has all that there is.
            if !matches!(failure.kind, FailureKind::Usage | FailureKind::SignIn) {
                context.lacks(std::slice::from_ref(&failure));
            }
        }
    }
    let known: Vec<DeploymentName> = config::load(Some(path), &shared_config::region)
        .config
        .deployments
        .into_iter()
        .map(|deployment| deployment.name)
        .collect();
    let mut names = known.clone();
    all.retain(|proposed| {
        let name = &proposed.deployment.name;
        let is_new = !names.contains(name);
        names.push(name.clone());
        is_new
    });
    if all.is_empty() {
        let cause = "everything that was found is in the configuration already";
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("writing {}", path.display()),
            cause,
        ));
    }
    Ok(all)
}

/// Returns the files of the current folder that `init` reads, each with what it holds: `2 deployments`.
pub(super) fn files_understood() -> Vec<(String, String)> {
    let read = |path: &PathBuf| {
        let name = path.to_string_lossy().into_owned();
        let text = fs::read_to_string(path).ok()?;
        let proposals = documents::read(&name, &text).ok()?;
        Some((name, pluralize(proposals.len(), "deployment")))
    };
    files_here().iter().filter_map(read).collect()
}

fn files_here() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| PathBuf::from(entry.file_name()))
        .filter(|path| {
            let name = path.to_string_lossy();
            let (begin, end) = CREDENTIALS;
            (name.starts_with(begin) && name.ends_with(end)) || FILES.contains(&&*name)
        })
        .collect();
    files.sort();
    files
}

fn from_account(context: &Context) -> Result<Vec<ProposedDeployment>, Failure> {
    let places = context.places().ok_or_else(|| {
        usage("looking at the account", "no AWS region is known")
            .hint("--region us-west-2, AWS_REGION, or a profile that has one: --profile NAME")
    })?;
    let services = context.services();
    let discovery = process::runtime()?.block_on(services.discovery.discover(&places))?;
    discovery.problems.iter().for_each(output::complain);
    context.lacks(&discovery.problems);
    if discovery.found.is_empty() {
        let cause = format!(
            "it has neither a gateway nor a runtime in {}",
            context.regions().unwrap_or_default().join(", ")
        );
        return Err(Failure::new(
            FailureKind::NotFound,
            "looking at the account",
            cause,
        ));
    }
    let proposed = discovery.found.into_iter().map(|found| ProposedDeployment {
        deployment: Deployment {
            endpoint_url: endpoint(),
            ..found.deployment
        },
        comments: found.missing,
    });
    Ok(proposed.collect())
}

/// Returns the endpoint of the environment: without it the configuration would lead elsewhere.
fn endpoint() -> Option<String> {
    std::env::var("AWS_ENDPOINT_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

fn from_file(
    context: &Context,
    path: &Path,
    options: &InitOptions,
) -> Result<Vec<ProposedDeployment>, Failure> {
    let doing = || format!("reading {}", path.display());
    let text = fs::read_to_string(path).map_err(|error| usage(doing(), error.to_string()))?;
    let file_name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let proposals = documents::read(&file_name, &text).map_err(|error| usage(doing(), error.0))?;
    let absolute = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let absolute = absolute.to_string_lossy();
    let is_only = proposals.len() == 1;
    proposals
        .into_iter()
        .map(|proposal| {
            let name = options
                .name
                .clone()
                .filter(|_| is_only)
                .or_else(|| proposal.name.clone())
                .or_else(|| proposal.stack().map(str::to_owned))
                .unwrap_or_else(|| "default".to_owned());
            let region = context.global.region.first().cloned();
            let region = region.or_else(|| proposal.region.clone());
            let region = resolve_region(context, region)?;
            let (deployment, mut comments) =
                proposal.deployment(&absolute, &deployment_name(&name), &region);
            if !proposal.not_understood.is_empty() {
                let keys = proposal.not_understood.join(", ");
                output::note(&format!("{}: not understood: {keys}", path.display()));
            }
            comments.insert(0, format!("from {absolute}"));
            Ok(ProposedDeployment {
                deployment: Deployment {
                    profile: context.global.profile.clone(),
                    endpoint_url: endpoint(),
                    ..deployment
                },
                comments,
            })
        })
        .collect()
}

/// Returns a name that `--deployment` takes.
fn deployment_name(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_whitespace() || letter.is_control() || letter == ',' {
                '-'
            } else {
                letter
            }
        })
        .collect()
}

fn from_stack(
    context: &Context,
    stack: &str,
    options: &InitOptions,
) -> Result<ProposedDeployment, Failure> {
    let name = options.name.clone().unwrap_or_else(|| stack.to_owned());
    let region = resolve_region(context, context.global.region.first().cloned())?;
    let asked = Deployment {
        stack: Some(stack.to_owned()),
        profile: context.global.profile.clone(),
        endpoint_url: endpoint(),
        ..Deployment::new(name, region)
    };
    let services = context.services();
    let runtime = process::runtime()?;
    let mut facts = runtime.block_on(services.aws.stacks.facts(&asked))?;
    if let (None, Some(pool), Some(client)) = (
        facts.client_is_machine,
        &facts.user_pool_id,
        &facts.client_id,
    ) {
        // A client without a secret is a person's. If Cognito may not be asked, the stack's form decides.
        facts.client_is_machine = runtime
            .block_on(services.discovery.client_has_secret(&asked, pool, client))
            .ok();
    }
    if facts.gateway_id.is_none() && facts.gateway_url.is_none() && facts.runtime_arn.is_none() {
        let outputs: Vec<&str> = facts.outputs.iter().map(|(key, _)| key.as_str()).collect();
        let cause = format!(
            "its outputs, parameters and resources name neither a gateway nor a runtime (its outputs are: {})",
            outputs.join(", ")
        );
        return Err(usage(format!("reading the stack {stack}"), cause)
            .hint("write the deployment by hand: `agentcore-console config example` shows how"));
    }
    let is_direct =
        facts.client_id.is_none() && facts.gateway_url.is_none() && facts.secret_arn.is_some();
    let mut comments = Vec::new();
    if facts.secret_arn.is_none() {
        comments.push("no Neo4j secret is known: set `secrets`".to_owned());
    }
    Ok(ProposedDeployment {
        deployment: Deployment {
            sign_in: inventory::sign_in_of_stack(&facts),
            headers: if is_direct {
                inventory::headers_of_stack()
            } else {
                Vec::new()
            },
            ..asked
        },
        comments,
    })
}

fn resolve_region(context: &Context, region: Option<String>) -> Result<String, Failure> {
    let profile = context.global.profile.as_deref();
    region
        .or_else(|| shared_config::region(profile))
        .ok_or_else(|| {
            usage("writing a configuration", "in which region?")
                .hint("--region us-west-2, AWS_REGION, or a profile that has one: --profile NAME")
        })
}

/// Returns the deployments as TOML, each with its comments above it, below a comment that says where they came from.
fn render(proposed: &[ProposedDeployment]) -> String {
    let mut text = String::new();
    for ProposedDeployment {
        deployment,
        comments,
    } in proposed
    {
        let config = Config {
            deployments: vec![deployment.clone()],
            ..Config::default()
        };
        let whole = write::render(&config, "init");
        let (head, body) = whole.split_once("\n\n").unwrap_or(("", &whole));
        if text.is_empty() {
            text = format!("{head}\n");
        }
        text.push('\n');
        for comment in comments {
            text.push_str("# ");
            text.push_str(&sanitize(comment));
            text.push('\n');
        }
        text.push_str(body.trim_end());
        text.push('\n');
    }
    text
}

fn save(
    path: &Path,
    proposed: Vec<ProposedDeployment>,
    yes: bool,
    is_search: bool,
) -> Result<(), Failure> {
    let doing = format!("writing {}", path.display());
    let addition = render(&proposed);
    let deployments: Vec<Deployment> = proposed
        .into_iter()
        .map(|proposed| Deployment {
            // What a person writes down as a deployment is one.
            is_ungrouped: false,
            ..proposed.deployment
        })
        .collect();
    check(&doing, &addition, &deployments)?;
    let text = if path.exists() {
        let loaded = config::load(Some(path), &shared_config::region);
        refuse_problems(&loaded)?;
        let old =
            fs::read_to_string(path).map_err(|error| usage(doing.clone(), error.to_string()))?;
        let joined = joined(&doing, &old, &addition, &loaded, deployments)?;
        let question = format!("{} exists. Add this to it?", path.display());
        confirm(yes, &doing, &question)?;
        joined
    } else {
        if is_search {
            confirm(yes, &doing, &format!("Write this to {}?", path.display()))?;
        }
        addition
    };
    write::save(path, &text, |_| true).map_err(|error| usage(doing, error.to_string()))
}

/// Returns what was there, comments and all, with the new deployments behind it.
fn joined(
    doing: &str,
    old: &str,
    addition: &str,
    loaded: &Loaded,
    new: Vec<Deployment>,
) -> Result<String, Failure> {
    let known = &loaded.config.deployments;
    let taken = new
        .iter()
        .find(|deployment| known.iter().any(|known| known.name == deployment.name));
    if let Some(deployment) = taken {
        let cause = format!("it has a deployment {} already", deployment.name);
        return Err(usage(doing, cause).hint("--name NAME gives this one another name"));
    }
    let body = addition
        .split_once("\n\n")
        .map_or(addition, |(_, body)| body);
    let text = format!("{}\n\n{body}", old.trim_end());
    let expected: Vec<Deployment> = known.iter().cloned().chain(new).collect();
    check(doing, &text, &expected)?;
    Ok(text)
}

/// Checks the text before it is written: it must mean what was meant.
fn check(doing: &str, text: &str, expected: &[Deployment]) -> Result<(), Failure> {
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
