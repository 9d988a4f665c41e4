//! `policy`: the least-privilege IAM policy for what this console does, by feature.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};

use super::{
    outcome::{CliResult, usage},
    output,
};
use crate::model::did_you_mean;

const EXAMPLES: &str = "Examples:
  agentcore-console policy                     everything
  agentcore-console policy fleet logs          only what these features need
  agentcore-console policy --read-only         everything that writes nothing";

/// Which features.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PolicyOptions {
    /// fleet, discovery, logs, secrets, rotation, tools, consent, client-secret, changes [default: all]
    #[arg(value_name = "FEATURE")]
    features: Vec<String>,
}

/// A feature with the IAM actions that it calls.
struct Feature {
    name: &'static str,
    reads: &'static [&'static str],
    writes: &'static [&'static str],
}

const FEATURES: [Feature; 9] = [
    Feature {
        name: "fleet",
        reads: &[
            "sts:GetCallerIdentity",
            "bedrock-agentcore:ListGateways",
            "bedrock-agentcore:GetGateway",
            "bedrock-agentcore:ListGatewayTargets",
            "bedrock-agentcore:GetGatewayTarget",
            "bedrock-agentcore:ListAgentRuntimes",
            "bedrock-agentcore:GetAgentRuntime",
            "bedrock-agentcore:ListAgentRuntimeVersions",
            "bedrock-agentcore:ListAgentRuntimeEndpoints",
            "bedrock-agentcore:GetAgentRuntimeEndpoint",
            "bedrock-agentcore:ListOauth2CredentialProviders",
            "bedrock-agentcore:GetOauth2CredentialProvider",
            "bedrock-agentcore:ListPolicyEngines",
            "bedrock-agentcore:GetPolicyEngine",
            "bedrock-agentcore:ListPolicies",
            "bedrock-agentcore:GetPolicy",
            "bedrock-agentcore:ListGatewayRateLimits",
            "bedrock-agentcore:GetGatewayRateLimit",
            "secretsmanager:DescribeSecret",
            "cloudwatch:ListMetrics",
            "cloudwatch:GetMetricData",
        ],
        writes: &[
            "bedrock-agentcore:SynchronizeGatewayTargets",
            "bedrock-agentcore:StopRuntimeSession",
            "bedrock-agentcore:UpdateAgentRuntimeEndpoint",
        ],
    },
    Feature {
        name: "discovery",
        reads: &[
            "cloudformation:DescribeStacks",
            "cloudformation:DescribeStackResources",
            "cloudformation:ListStackResources",
        ],
        writes: &[],
    },
    Feature {
        name: "logs",
        reads: &[
            "logs:DescribeLogGroups",
            "logs:FilterLogEvents",
            "logs:StartLiveTail",
            "logs:StartQuery",
            "logs:GetQueryResults",
            "logs:StopQuery",
        ],
        writes: &[],
    },
    Feature {
        name: "secrets",
        reads: &[
            "secretsmanager:DescribeSecret",
            "secretsmanager:ListSecretVersionIds",
        ],
        writes: &[],
    },
    Feature {
        name: "rotation",
        reads: &[
            "secretsmanager:GetSecretValue",
            "secretsmanager:GetRandomPassword",
        ],
        writes: &[
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
            "secretsmanager:RotateSecret",
            "secretsmanager:CancelRotateSecret",
            "bedrock-agentcore:UpdateAgentRuntime",
        ],
    },
    Feature {
        name: "tools",
        reads: &[
            "bedrock-agentcore:InvokeGateway",
            "bedrock-agentcore:InvokeAgentRuntime",
            "cognito-idp:DescribeUserPool",
            "cognito-idp:DescribeUserPoolClient",
        ],
        writes: &[],
    },
    Feature {
        name: "consent",
        reads: &[],
        writes: &["bedrock-agentcore:CompleteResourceTokenAuth"],
    },
    Feature {
        name: "client-secret",
        reads: &[
            "cognito-idp:DescribeUserPoolClient",
            "cognito-idp:ListUserPoolClientSecrets",
            "bedrock-agentcore:ListOauth2CredentialProviders",
            "bedrock-agentcore:GetOauth2CredentialProvider",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:ListSecrets",
            "cloudtrail:LookupEvents",
        ],
        writes: &[
            "cognito-idp:AddUserPoolClientSecret",
            "cognito-idp:DeleteUserPoolClientSecret",
            "bedrock-agentcore:UpdateOauth2CredentialProvider",
            "secretsmanager:CreateSecret",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        ],
    },
    Feature {
        name: "changes",
        reads: &["cloudtrail:LookupEvents"],
        writes: &[],
    },
];

/// Runs `policy`. With `--read-only` the actions that write are left out.
pub(crate) fn run(read_only: bool, options: &PolicyOptions) -> CliResult {
    let names = FEATURES.map(|feature| feature.name);
    for wanted in &options.features {
        if !names.contains(&wanted.as_str()) {
            let cause = format!(
                "unknown feature \"{wanted}\"{}",
                did_you_mean(wanted, names)
            );
            return Err(usage("making a policy", cause)
                .hint(format!("known: {}", names.join(", ")))
                .into());
        }
    }
    Ok(output::text(&format!(
        "{:#}",
        policy(&options.features, read_only)
    ))?)
}

/// Returns the policy document: a statement for each feature.
fn policy(features: &[String], read_only: bool) -> Value {
    let is_wanted = |feature: &&Feature| {
        features.is_empty() || features.iter().any(|name| name == feature.name)
    };
    let statements: Vec<Value> = FEATURES
        .iter()
        .filter(is_wanted)
        .filter_map(|feature| {
            let writes = if read_only { &[][..] } else { feature.writes };
            let actions: BTreeSet<&str> = feature.reads.iter().chain(writes).copied().collect();
            let id: String = feature
                .name
                .split('-')
                .flat_map(|word| {
                    let (first, rest) = word.split_at(1);
                    [first.to_ascii_uppercase(), rest.to_owned()]
                })
                .collect();
            (!actions.is_empty())
                .then(|| json!({"Sid": id, "Effect": "Allow", "Action": actions, "Resource": "*"}))
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Every IAM action that the services name.
    fn called(folder: &Path, found: &mut BTreeSet<String>) {
        let named = regex::Regex::new(r#""([a-z-]+:[A-Z][A-Za-z0-9]+)""#).unwrap();
        let secrets = regex::Regex::new(r#""((?:Get|Put|Create|Describe|List|Update|Rotate|Cancel)[A-Za-z]*(?:Secret|Password)[A-Za-z]*)""#).unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                called(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(named.captures_iter(text).map(|hit| hit[1].to_owned()));
            if path.ends_with("secrets.rs") {
                let operations = secrets.captures_iter(text);
                found.extend(operations.map(|hit| format!("secretsmanager:{}", &hit[1])));
            }
        }
    }

    #[test]
    fn every_action_that_the_code_names_is_in_the_policy() {
        let mut found = BTreeSet::new();
        let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/services");
        called(&services, &mut found);
        assert!(found.len() > 15, "{found:?}");
        let known: BTreeSet<String> = FEATURES
            .iter()
            .flat_map(|feature| feature.reads.iter().chain(feature.writes))
            .map(|action| (*action).to_owned())
            .collect();
        let missing: Vec<&String> = found.difference(&known).collect();
        assert_eq!(missing, Vec::<&String>::new());
    }

    #[test]
    fn a_policy_of_one_feature_has_one_statement() {
        let policy = policy(&["logs".to_owned()], false);
        assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
        assert_eq!(policy["Statement"][0]["Sid"], "Logs");
    }

    #[test]
    fn read_only_leaves_writes_out() {
        let text = super::policy(&[], true).to_string();
        assert!(!text.contains("PutSecretValue") && text.contains("ListGateways"));
    }
}
