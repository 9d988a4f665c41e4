//! The OAuth credential provider that the gateway uses to sign in to a target.

use super::{
    ChainStage, Evidence, HopState, Judgement, Probe,
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
            let broken = providers.iter().find(|provider| {
                provider
                    .status
                    .as_deref()
                    .is_some_and(|status| status.contains("FAILED"))
            });
            match broken {
                Some(provider) => Judgement::failed(
                    format!(
                        "{} is {}: {}",
                        provider.name,
                        provider.status.as_deref().unwrap_or_default(),
                        provider.reason.as_deref().unwrap_or("no reason given")
                    ),
                    "update the credential provider (UpdateOauth2CredentialProvider)",
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
    let judged = judge(evidence);
    if judged.state == HopState::Failed {
        return Some(Cause::new(judged.evidence, judged.fix, judged.source));
    }
    let name = evidence
        .providers
        .value()
        .and_then(|providers| providers.first())
        .map_or("of the target", |provider| provider.name.as_str());
    let fix = format!(
        "check client id, secret and token endpoint of the credential provider {name}: agentcore-console client-secret show"
    );
    if symptom.mentions(&WORDS) {
        return Some(Cause::new(
            format!(
                "The credential provider gets no token for the target: {}",
                symptom.words()
            ),
            fix,
            "the gateway's answer to tools/call",
        ));
    }
    let target = evidence.targets.value()?.iter().find_map(|target| {
        let reason = target.reason.as_deref()?;
        quoted(reason, &WORDS).map(|_| (target.name.as_str(), reason))
    });
    if let Some((target, reason)) = target {
        return Some(Cause::new(
            format!("The credential provider gets no token for target {target}: {reason}"),
            fix,
            "GetGatewayTarget",
        ));
    }
    // A gateway whose `exceptionLevel` is not `DEBUG` keeps the reason from its callers; its log has it.
    let lines = evidence.gateway_log.value()?;
    let said = lines.iter().rev().find_map(|line| quoted(line, &WORDS))?;
    Some(Cause::new(
        format!("The credential provider gets no token for the target: {said}"),
        fix,
        "the gateway's log",
    ))
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
