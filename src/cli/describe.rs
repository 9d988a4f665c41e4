//! `describe KIND ID`: everything about one resource, as YAML or JSON. Never a secret's value.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::{
    model::{Deployment, Failure, FailureKind, Kind, Moment, Resource, sanitize},
    services::Services,
};

use super::{
    context::Context,
    find_resource,
    outcome::{CliResult, usage},
    output, process, status,
    versions::check_version,
};

/// What to describe.
#[derive(Debug, Args)]
pub(crate) struct DescribeOptions {
    /// gateway, target, runtime, endpoint, secret, provider, workload-identity, policy-engine, policy, rate-limit or version
    #[arg(value_parser = status::kind)]
    kind: Kind,
    /// Its id, name or ARN
    id: String,
    /// Of a runtime: as this version of it is [default: the latest]
    #[arg(long, value_name = "N")]
    version: Option<String>,
    /// How to print
    #[arg(long, short, value_enum, value_name = "yaml|json", hide_possible_values = true, default_value_t = DescribeFormat::Yaml)]
    output: DescribeFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DescribeFormat {
    /// For people
    Yaml,
    /// For programs
    Json,
}

/// Runs `describe`.
pub(crate) fn run(context: &Context, options: &DescribeOptions) -> CliResult {
    if options.version.is_some() && options.kind != Kind::Runtime {
        let cause = format!("a {} has no versions, a runtime has", options.kind.as_str());
        return Err(usage("reading --version", cause).into());
    }
    let deployments = context.deployments()?;
    let services = context.services();
    let described = process::runtime()?.block_on(async {
        let (deployment, found) =
            find_resource::find(&services, &deployments, &[options.kind], &options.id).await?;
        match &options.version {
            Some(version) => describe_version(&services, &deployment, &found, version).await,
            None => {
                services
                    .aws
                    .resources
                    .describe(&deployment, &found.key)
                    .await
            }
        }
    })?;
    let value = whole(&described);
    match options.output {
        DescribeFormat::Json => output::json(&value)?,
        DescribeFormat::Yaml => output::text(&yaml(&value)?)?,
    }
    Ok(())
}

/// Returns the runtime as one of its versions is.
async fn describe_version(
    services: &Services,
    deployment: &Deployment,
    runtime: &Resource,
    version: &str,
) -> Result<Resource, Failure> {
    let versions = &services.aws.versions;
    let known = versions.runtime_versions(deployment, &runtime.key).await?;
    check_version(version, &known)?;
    versions
        .describe_runtime(deployment, &runtime.key, version)
        .await
}

fn whole(each: &Resource) -> Value {
    let facts: Map<String, Value> = each
        .facts
        .iter()
        .map(|fact| (fact.label.to_owned(), Value::from(fact.value.as_str())))
        .collect();
    json!({
        "deployment": each.key.deployment, "kind": each.key.kind, "id": each.key.own_id(), "owner": status::owner(each), "arn": each.arn, "name": each.name,
        "status": each.status, "reason": each.reason, "created_at": each.created.map(Moment::iso),
        "updated_at": each.updated.map(Moment::iso), "mcp_url": each.mcp_url, "facts": facts, "links": each.links,
        "log_groups": each.log_groups, "raw": each.raw,
    })
}

fn yaml(value: &Value) -> Result<String, Failure> {
    serde_saphyr::to_string(&printable(value)).map_err(|error| {
        Failure::new(FailureKind::Server, "writing YAML", error.to_string())
            .hint("-o json shows it")
    })
}

/// Returns the same with every text sanitised line by line: YAML has no escape for what steers a terminal that all readers share.
fn printable(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(
            text.split('\n')
                .map(sanitize)
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        Value::Array(items) => Value::Array(items.iter().map(printable).collect()),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| (sanitize(key).into_owned(), printable(value)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_read_back_and_steers_no_terminal() {
        let value = json!({"name": "a\u{1b}[2J\u{202e}b", "lines": "one\ntwo", "list": [1, null, true], "empty": {}, "colon": "a: b"});
        let text = yaml(&value).unwrap();
        assert!(
            !text
                .chars()
                .any(|character| character != '\n'
                    && crate::model::sanitize::is_dangerous(character)),
            "{text}"
        );
        assert!(
            text.contains("a: b") && text.contains("one") && text.contains("<U+202E>"),
            "{text}"
        );
    }
}
