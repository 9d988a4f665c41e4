//! Stages of a chain by what AWS says of gateway, target, consent, runtime and secret now.

use serde_json::Value;

use super::{ChainInput, StageStatus};
use crate::{
    doctor::ChainStage,
    kinds::{health, remark, status_text},
    model::{FailureKind, Health, Kind, Moment, Resource},
};

/// Returns what AWS says of a stage now; nothing where the chain has no such stage.
pub(super) fn live(stage: ChainStage, known: &ChainInput<'_>, now: Moment) -> Option<StageStatus> {
    let of = |kind: Kind| {
        known
            .resources
            .iter()
            .copied()
            .filter(move |resource| resource.key.kind == kind)
    };
    let silent = |is_there: bool| is_there.then_some(StageStatus::unknown(stage));
    match stage {
        ChainStage::SignIn => {
            let refused = known
                .unlisted
                .iter()
                .find(|(_, failure)| failure.kind == FailureKind::SignIn);
            match refused {
                Some((_, failure)) => Some(StageStatus {
                    stage,
                    health: Some(Health::Failed),
                    words: Some(failure.cause.clone()),
                    is_unlisted: true,
                    ..StageStatus::unknown(stage)
                }),
                None => silent(!known.resources.is_empty()),
            }
        }
        ChainStage::Gateway => worst(
            stage,
            of(Kind::Gateway).collect(),
            &[Kind::Gateway],
            known,
            now,
        ),
        ChainStage::Interceptor => silent(of(Kind::Gateway).any(has_interceptor)),
        ChainStage::Target => targets(known, now),
        ChainStage::Consent => consent(
            &of(Kind::Target)
                .filter(|target| needs_consent(target))
                .collect::<Vec<_>>(),
        ),
        ChainStage::Runtime => {
            let all = of(Kind::Runtime).chain(of(Kind::Endpoint)).collect();
            worst(stage, all, &[Kind::Runtime, Kind::Endpoint], known, now)
        }
        ChainStage::Secret => worst(
            stage,
            of(Kind::Secret).collect(),
            &[Kind::Secret],
            known,
            now,
        ),
        ChainStage::Neo4j => silent(of(Kind::Secret).next().is_some()),
    }
}

/// Returns the targets that are settled; the good ones do not speak for those that wait for a person.
fn targets(known: &ChainInput<'_>, now: Moment) -> Option<StageStatus> {
    let all = known.resources.iter().copied();
    let targets = all.filter(|resource| resource.key.kind == Kind::Target);
    let (pending, settled): (Vec<&Resource>, Vec<&Resource>) =
        targets.partition(|target| is_pending(target));
    let stage = ChainStage::Target;
    let status = worst(stage, settled, &[Kind::Target], known, now)?;
    let is_bare = status.health == Some(Health::Healthy) && status.words.is_none();
    let words = (is_bare && !pending.is_empty()).then(|| {
        format!(
            "status good, except for {} that waits for consent",
            pending.len()
        )
    });
    Some(StageStatus {
        words: words.or(status.words),
        ..status
    })
}

/// Returns the worst of some resources; a kind that could not be listed is something to look at.
fn worst(
    stage: ChainStage,
    resources: Vec<&Resource>,
    kinds: &[Kind],
    known: &ChainInput<'_>,
    now: Moment,
) -> Option<StageStatus> {
    let unlisted = known
        .unlisted
        .iter()
        .find(|(kind, failure)| kinds.contains(kind) && failure.kind != FailureKind::SignIn);
    let several = resources.len() > 1;
    let found = resources
        .into_iter()
        .map(|resource| (health(resource), resource))
        .rev()
        .max_by_key(|(health, _)| *health);
    match (found, unlisted) {
        (Some((health, found)), _) if health >= Health::Degraded => {
            Some(status(stage, found, health, several, now))
        }
        (_, Some((kind, failure))) => Some(StageStatus {
            stage,
            health: Some(Health::Degraded),
            words: Some(if kind.as_str() == stage.as_str() {
                format!("not listed, {}", failure.cause)
            } else {
                format!("{} not listed, {}", kind.plural(), failure.cause)
            }),
            is_unlisted: true,
            ..StageStatus::unknown(stage)
        }),
        (Some((health, found)), None) => Some(status(stage, found, health, several, now)),
        (None, None) => None,
    }
}

fn status(
    stage: ChainStage,
    resource: &Resource,
    health: Health,
    several: bool,
    now: Moment,
) -> StageStatus {
    StageStatus {
        stage,
        health: Some(health),
        words: words(stage, resource, health, several, now),
        ..StageStatus::unknown(stage)
    }
}

/// Which one, its status, since when where it moves, and why.
fn words(
    stage: ChainStage,
    resource: &Resource,
    health: Health,
    several: bool,
    now: Moment,
) -> Option<String> {
    if health == Health::Healthy {
        return remark(resource, now);
    }
    let is_part = stage == ChainStage::Runtime && resource.key.kind == Kind::Endpoint;
    let name = if several || is_part {
        format!("{} ", resource.name)
    } else {
        String::new()
    };
    let status = status_text(resource, now)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let since = resource.updated.filter(|_| health == Health::Changing);
    let since = since
        .map(|since| format!(" for {}", since.age(now)))
        .unwrap_or_default();
    let reason = resource
        .reason
        .as_deref()
        .filter(|reason| !reason.is_empty());
    let reason = reason
        .map(|reason| format!(", {reason}"))
        .unwrap_or_default();
    Some(format!("{name}{status}{since}{reason}"))
}

fn consent(targets: &[&Resource]) -> Option<StageStatus> {
    let pending: Vec<&str> = targets
        .iter()
        .filter(|target| is_pending(target))
        .map(|target| target.name.as_str())
        .collect();
    let (health, words) = match pending.as_slice() {
        [] if targets.is_empty() => return None,
        [] => (Health::Healthy, None),
        [one] => (
            Health::NeedsPerson,
            Some(format!("{one} waits for a person's consent")),
        ),
        [one, more @ ..] => (
            Health::NeedsPerson,
            Some(format!(
                "{one} and {} more wait for a person's consent",
                more.len()
            )),
        ),
    };
    Some(StageStatus {
        stage: ChainStage::Consent,
        health: Some(health),
        words,
        ..StageStatus::unknown(ChainStage::Consent)
    })
}

fn is_pending(target: &Resource) -> bool {
    target.status.ends_with("_PENDING_AUTH")
}

/// Returns a target that signs in as a person, who has to agree to it.
fn needs_consent(target: &Resource) -> bool {
    let providers = target
        .raw
        .get("credentialProviderConfigurations")
        .and_then(Value::as_array);
    let grant = |provider: &Value| {
        provider
            .pointer("/credentialProvider/oauthCredentialProvider/grantType")
            .and_then(Value::as_str)
            == Some("AUTHORIZATION_CODE")
    };
    is_pending(target) || providers.is_some_and(|providers| providers.iter().any(grant))
}

fn has_interceptor(gateway: &Resource) -> bool {
    gateway
        .raw
        .get("interceptorConfigurations")
        .and_then(Value::as_array)
        .is_some_and(|all| !all.is_empty())
}
