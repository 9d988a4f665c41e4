//! The OAuth credential provider that the gateway uses to sign in to a target.

use super::{
    ChainStage, Evidence, HopFix, HopState, Judgement, LineRelation, Probe, ProviderStatus,
    commands::update_runtime,
    details::{HopDetail, asked},
    hop::{HopSpec, gateway_log, unread_targets_or_gateway},
    judgement::Cause,
    symptom::Symptom,
};

pub(super) const SPEC: HopSpec = HopSpec {
    name: "provider",
    short: "PRO",
    title: "the credential provider of the target",
    stages: &[ChainStage::Target, ChainStage::Consent],
    precedence: 110,
    judge,
    elapsed_ms: |evidence| evidence.providers.elapsed_ms(),
    awaits: |evidence| evidence.providers.is_pending() || evidence.gateway_log.is_pending(),
    explain,
    log_groups: gateway_log,
    details,
    unread: unread_targets_or_gateway,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked("GetOauth2CredentialProvider", &evidence.providers, |all| {
        let statuses: Vec<String> = all
            .iter()
            .map(|provider| {
                let status = provider.status.as_deref().unwrap_or("no status");
                format!("{} {status}", provider.name)
            })
            .collect();
        statuses.join(", ")
    })
}

fn judge(evidence: &Evidence) -> Judgement {
    if let Probe::Failed { failure, .. } = &evidence.call
        && failure.consent_urls().next().is_some()
    {
        return Judgement::warning(
            "waits for the consent of a person: call a tool in Tools to get the address",
        );
    }
    Judgement::of_reading(
        &evidence.providers,
        "GetOauth2CredentialProvider",
        |providers| {
            if providers.is_empty() {
                return Judgement::skipped("no target uses a credential provider");
            }
            let broken = providers.iter().find(|provider| is_broken(provider));
            match broken {
                Some(provider) => Judgement::failed(
                    format!(
                        "{} is {}: {}",
                        provider.name,
                        provider.status.as_deref().unwrap_or_default(),
                        provider.reason.as_deref().unwrap_or("no reason given")
                    ),
                    HopFix::run(
                        "correct what the reason names, then update it",
                        format!(
                            "aws bedrock-agentcore-control get-oauth2-credential-provider --name {}",
                            provider.name
                        ),
                    ),
                    "GetOauth2CredentialProvider",
                ),
                None => Judgement::ok(
                    providers
                        .iter()
                        .map(|provider| match &provider.status {
                            Some(status) => format!("{} {status}", provider.name),
                            None => provider.name.clone(),
                        })
                        .collect::<Vec<_>>()
                        .join(", "),
                ),
            }
        },
    )
}

/// Words of a gateway that could not sign in to a target, in lower case.
const WORDS: [&str; 2] = ["credentialproviderexception", "credential provider"];

fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let known = called_provider(evidence);
    let name = known.map_or_else(String::new, |name| format!(" {name}"));
    let judged = judge(evidence);
    let called_is_well = evidence.providers.value().is_some_and(|providers| {
        let called = providers
            .iter()
            .find(|provider| Some(provider.name.as_str()) == known);
        called.is_some_and(|provider| !is_broken(provider))
    });
    if judged.state == HopState::Failed && !called_is_well {
        return Some(Cause::new(judged.evidence, judged.fix, judged.source));
    }
    let inspect = known.map_or_else(String::new, |name| {
        format!("; aws bedrock-agentcore-control get-oauth2-credential-provider --name {name}")
    });
    let fix = HopFix::run(
        format!("check client id, secret and token endpoint of the credential provider{name}"),
        format!(
            "agentcore-console client-secret show -d {}",
            evidence.deployment
        ),
    )
    .then(&inspect);
    if let Some(cause) = wanted_twice(evidence, symptom) {
        return Some(cause);
    }
    if symptom.mentions(&WORDS) {
        return Some(Cause::new(
            format!(
                "The credential provider{name} gets no token for target {}: {}",
                evidence.target_name(),
                symptom.words()
            ),
            fix,
            "the gateway's answer to tools/call",
        ));
    }
    of_reason(evidence, &fix).or_else(|| of_log(evidence, &name, fix))
}

/// Returns the failure that the status of the target names.
fn of_reason(evidence: &Evidence, fix: &HopFix) -> Option<Cause> {
    let called = evidence.called_target();
    let all = evidence.targets.value()?.iter();
    let (target, reason) = all
        .filter(|target| called.is_none_or(|called| called.key == target.key))
        .find_map(|target| {
            let reason = target.reason.as_deref()?;
            quoted(reason, &WORDS).map(|_| (target.name.as_str(), reason))
        })?;
    Some(Cause::new(
        format!("The credential provider gets no token for target {target}: {reason}"),
        fix.clone(),
        "GetGatewayTarget",
    ))
}

/// Returns the failure that the gateway's log names: one whose `exceptionLevel` is not `DEBUG` keeps the reason from its callers.
fn of_log(evidence: &Evidence, name: &str, fix: HopFix) -> Option<Cause> {
    let (line, said) = evidence
        .gateway_log
        .own_lines()
        .find_map(|line| Some((line, quoted(&line.text, &WORDS)?)))?;
    let by_time = match line.relation {
        LineRelation::ByTime => " (by time: the line names no request)",
        LineRelation::Named | LineRelation::Other => "",
    };
    Some(Cause::new(
        format!(
            "The credential provider{name} gets no token for target {}: {said}{by_time}",
            evidence.target_name()
        ),
        fix,
        "the gateway's log",
    ))
}

/// The provider's token overwrites what an interceptor or a caller put into `Authorization`: a server that expects Basic credentials
/// there refuses every call.
fn wanted_twice(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let provider = called_provider(evidence)?;
    let wants_basic = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("401") && text.contains("basic")
    };
    let (said, source) = if wants_basic(symptom.text) {
        (symptom.words(), "the gateway's answer to tools/call")
    } else {
        let mut lines = evidence.gateway_log.own_lines();
        let line = lines.find(|line| wants_basic(&line.text))?;
        (line.quoted(), "the gateway's log")
    };
    let header = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Authorization";
    let fix = match evidence.called_runtime() {
        Some(runtime) => HopFix::run(
            "let the server read its credentials from another header",
            update_runtime(
                Some(runtime),
                &format!(
                    ".environmentVariables.NEO4J_HTTP_AUTH_HEADER_NAME = \"{header}\" \
                     | .requestHeaderConfiguration = {{\"requestHeaderAllowlist\":[\"{header}\"]}}"
                ),
            ),
        ),
        None => format!(
            "let the server read its credentials from another header (neo4j/mcp: NEO4J_HTTP_AUTH_HEADER_NAME={header}), or use a target without an OAuth provider"
        )
        .into(),
    };
    Some(Cause::new(
        format!(
            "Authorization is wanted twice: the credential provider {provider} puts its token where the MCP server of target {} expects Basic credentials: {said}",
            evidence.target_name()
        ),
        fix,
        source,
    ))
}

/// Returns the credential provider of the target that was called; the only one where that is not known.
fn called_provider(evidence: &Evidence) -> Option<&str> {
    let of_target = evidence.called_target().and_then(|target| {
        let listed = target.raw.get("credentialProviderConfigurations")?;
        listed.as_array()?.iter().find_map(|provider| {
            let arn =
                provider.pointer("/credentialProvider/oauthCredentialProvider/providerArn")?;
            arn.as_str()?.rsplit('/').next()
        })
    });
    of_target.or_else(|| match evidence.providers.value()?.as_slice() {
        [only] => Some(only.name.as_str()),
        _ => None,
    })
}

fn is_broken(provider: &ProviderStatus) -> bool {
    provider
        .status
        .as_deref()
        .is_some_and(|status| status.contains("FAILED"))
}

/// Returns the quoted text of a line in which one of the words stands; the line itself if nothing is quoted.
fn quoted<'a>(line: &'a str, words: &[&str]) -> Option<&'a str> {
    let lower = line.to_ascii_lowercase();
    let at = words.iter().find_map(|word| lower.find(word))?;
    let (before, after) = (line.get(..at)?, line.get(at..)?);
    let from = before.rfind('"').map_or(0, |quote| quote + 1);
    let to = after
        .find(['"', '\\'])
        .map_or(line.len(), |quote| at + quote);
    line.get(from..to)
}
