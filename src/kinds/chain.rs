//! A deployment's chain at a glance: its hops as their health, and in words the one that breaks it.
//!
//! What AWS says now of gateway, target, consent, runtime and secret is always known; sign-in, interceptor and Neo4j only from
//! an examination by the doctor. What the doctor saw of a status is never believed against the status as it is now.

use serde_json::Value;

use super::{deployment_health::EVIDENCE_MS, health, remark, status_text};
use crate::{
    doctor::{ChainStage, DoctorReport, Hop, HopFinding, HopState},
    model::{Failure, FailureKind, Health, Kind, Moment, Resource},
};

/// What is known of a deployment.
#[derive(Clone, Debug, Default)]
pub struct ChainInput<'a> {
    /// Its resources.
    pub resources: Vec<&'a Resource>,
    /// Kinds that could not be listed, and why.
    pub unlisted: Vec<(Kind, &'a Failure)>,
    /// The last examination and its time; an old one counts no longer.
    pub examined: Option<(Moment, &'a DoctorReport)>,
}

/// What is known of one hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageStatus {
    /// Which.
    pub stage: ChainStage,
    /// How it is; nothing where only the doctor could say, and was not asked.
    pub health: Option<Health>,
    /// What there is to say of it.
    pub words: Option<String>,
    /// How it is by AWS's own status alone; nothing where AWS reports none.
    pub by_status: Option<Health>,
    /// Whether its resources could not be listed.
    pub is_unlisted: bool,
    /// Whether the doctor named it as the cause.
    pub(super) is_cause: bool,
}

impl StageStatus {
    /// A stage of which nothing is known.
    pub const fn unknown(stage: ChainStage) -> Self {
        Self {
            stage,
            health: None,
            words: None,
            by_status: None,
            is_unlisted: false,
            is_cause: false,
        }
    }
}

/// A deployment's chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The hops that it has, in their order.
    pub stages: Vec<StageStatus>,
}

/// Whether AWS's own status says how the hop is: then the status of now counts, not the one that the doctor saw.
pub const fn is_live(hop: Hop) -> bool {
    matches!(hop, Hop::Gateway | Hop::Target | Hop::Runtime)
}

/// The chain of a deployment, as far as it is known.
pub fn chain(known: &ChainInput<'_>, now: Moment) -> Chain {
    let mut stages: Vec<StageStatus> = ChainStage::ALL
        .into_iter()
        .filter_map(|stage| live(stage, known, now))
        .map(|status| StageStatus {
            by_status: status.health,
            ..status
        })
        .collect();
    if let Some((at, report)) = known
        .examined
        .filter(|(at, _)| now.since(*at) <= EVIDENCE_MS)
    {
        for finding in &report.hops {
            add(&mut stages, finding, report, at, now);
        }
    }
    Chain { stages }
}

impl Chain {
    /// The status of one stage, if the chain has it.
    pub fn stage(&self, stage: ChainStage) -> Option<&StageStatus> {
        self.stages.iter().find(|status| status.stage == stage)
    }

    /// The hop that breaks the chain: the worst, of equals the one that the doctor names, then the first. Nothing where all
    /// is well.
    pub fn broken(&self) -> Option<&StageStatus> {
        let worst = |status: &&StageStatus| (status.health, status.is_cause);
        // The last of equals would win: the first is the one that others wait for.
        self.stages
            .iter()
            .rev()
            .max_by_key(worst)
            .filter(|status| status.health > Some(Health::Healthy))
    }

    /// The broken hop in words, else what deserves a word although all is well.
    pub fn summary(&self) -> Option<(Health, String)> {
        let Some(broken) = self.broken() else {
            let noted = self
                .stages
                .iter()
                .find_map(|status| Some((status, status.words.as_ref()?)))?;
            return Some((
                Health::Healthy,
                format!("{}: {}", noted.0.stage.as_str(), noted.1),
            ));
        };
        let health = broken.health?;
        let words = broken.words.as_deref().unwrap_or("not well");
        let others: Vec<&str> = self
            .stages
            .iter()
            .filter(|status| {
                status.stage != broken.stage && status.health >= Some(Health::Changing)
            })
            .map(|status| status.stage.as_str())
            .collect();
        let also = if others.is_empty() {
            String::new()
        } else {
            format!(" · also {}", others.join(", "))
        };
        Some((health, format!("{}: {words}{also}", broken.stage.as_str())))
    }
}

/// What AWS says of a stage now; nothing where the chain has no such stage.
fn live(stage: ChainStage, known: &ChainInput<'_>, now: Moment) -> Option<StageStatus> {
    let of = |kind: Kind| {
        known
            .resources
            .iter()
            .copied()
            .filter(move |each| each.key.kind == kind)
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
        ChainStage::Target => {
            let settled = of(Kind::Target)
                .filter(|target| !is_pending(target))
                .collect();
            worst(stage, settled, &[Kind::Target], known, now)
        }
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

/// The worst of some resources; a kind that could not be listed is something to look at.
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
        .map(|each| (health(each), each))
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

/// A target that signs in as a person, who has to agree to it.
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

/// Adds what the doctor found at a hop.
fn add(
    stages: &mut Vec<StageStatus>,
    finding: &HopFinding,
    report: &DoctorReport,
    at: Moment,
    now: Moment,
) {
    let cause = report
        .verdict
        .as_ref()
        .filter(|verdict| verdict.hop == finding.hop);
    let is_cause = cause.is_some();
    // These show what breaks elsewhere: they count only where they are the cause themselves.
    let is_symptom = matches!(finding.hop, Hop::Initialize | Hop::ToolsList | Hop::Cypher);
    let by_status = cause.is_none_or(|verdict| verdict.source.starts_with("Get"));
    if (is_live(finding.hop) && by_status) || (is_symptom && !is_cause) {
        return;
    }
    let Some(status) = place(stages, finding.hop, is_cause) else {
        return;
    };
    let evidence = cause.map_or(&finding.evidence, |verdict| &verdict.evidence);
    let said = format!("{evidence} (doctor, {} ago)", at.age(now));
    match finding.state {
        HopState::Failed => {
            // A stack that cannot be read breaks no call.
            let health = if finding.hop == Hop::Stack {
                Health::Degraded
            } else {
                Health::Failed
            };
            if status.health < Some(health) {
                *status = StageStatus {
                    health: Some(health),
                    words: Some(said),
                    is_cause,
                    ..status.clone()
                };
            }
            status.is_cause |= is_cause;
        }
        HopState::Warning => {
            status.health = status.health.max(Some(Health::Healthy));
            status.words.get_or_insert(said);
        }
        HopState::Ok => status.health = status.health.max(Some(Health::Healthy)),
        HopState::Skipped | HopState::Unknown => {}
    }
}

/// The stage that a hop of the doctor's is part of: the first that the chain has. A cause is never left out: it makes its stage.
fn place(stages: &mut Vec<StageStatus>, hop: Hop, is_cause: bool) -> Option<&mut StageStatus> {
    let candidates = hop.spec().stages;
    let known = candidates
        .iter()
        .find_map(|stage| stages.iter().position(|status| status.stage == *stage));
    let at = match (known, candidates.first()) {
        (Some(at), _) => at,
        (None, Some(stage)) if is_cause => {
            let at = stages.partition_point(|status| status.stage < *stage);
            stages.insert(
                at,
                StageStatus {
                    is_cause,
                    ..StageStatus::unknown(*stage)
                },
            );
            at
        }
        (None, _) => return None,
    };
    stages.get_mut(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        doctor::DoctorVerdict,
        model::{DeploymentName, ResourceKey},
    };

    const NOW: Moment = Moment::from_millis(10_000_000);

    fn resource(kind: Kind, id: &str, status: &str, raw: Value) -> Resource {
        Resource {
            key: ResourceKey {
                deployment: "d".into(),
                kind,
                id: id.into(),
            },
            arn: None,
            name: id.rsplit('/').next().unwrap_or(id).into(),
            status: status.into(),
            reason: None,
            created: None,
            updated: Some(NOW.plus(-41_000)),
            facts: Vec::new(),
            links: Vec::new(),
            log_groups: Vec::new(),
            mcp_url: None,
            raw,
        }
    }

    /// The five deployments when all is well: A and B with an interceptor, C and D without a gateway, E with a person's consent.
    fn shape(letter: char) -> Vec<Resource> {
        let intercepted =
            json!({"interceptorConfigurations": [{"interceptionPoints": ["REQUEST"]}]});
        let grant = json!({"credentialProviderConfigurations": [
            {"credentialProvider": {"oauthCredentialProvider": {"grantType": "AUTHORIZATION_CODE"}}}]});
        let gateway = |raw| resource(Kind::Gateway, "gw", "READY", raw);
        let target = |raw| resource(Kind::Target, "gw/mcp", "READY", raw);
        let runtime = || {
            resource(
                Kind::Runtime,
                "rt",
                "READY",
                json!({"agentRuntimeVersion": "3"}),
            )
        };
        let endpoint = || {
            resource(
                Kind::Endpoint,
                "rt/DEFAULT",
                "READY",
                json!({"liveVersion": "3", "targetVersion": "3"}),
            )
        };
        let secret = || resource(Kind::Secret, "neo4j", "ENABLED", Value::Null);
        match letter {
            'A' => vec![
                gateway(intercepted),
                target(Value::Null),
                runtime(),
                endpoint(),
                secret(),
            ],
            'B' => vec![gateway(intercepted), target(Value::Null), secret()],
            'C' | 'D' => vec![runtime(), endpoint(), secret()],
            'E' => vec![gateway(Value::Null), target(grant), target(Value::Null)],
            other => panic!("no shape {other}"),
        }
    }

    fn report(broken: Option<(Hop, &str)>) -> DoctorReport {
        let hops = Hop::ALL.into_iter().map(|hop| {
            let state = match broken {
                Some((cause, _)) if cause == hop => HopState::Failed,
                // What comes after a broken hop fails too, or is not judged.
                Some((cause, _)) if hop > cause && matches!(hop, Hop::ToolsList | Hop::Cypher) => {
                    HopState::Failed
                }
                Some((cause, _)) if hop > cause => HopState::Unknown,
                _ => HopState::Ok,
            };
            HopFinding {
                hop,
                state,
                evidence: broken.map_or("fine", |(_, why)| why).to_owned(),
                elapsed_ms: None,
                details: Vec::new(),
            }
        });
        let verdict = broken.map(|(hop, why)| DoctorVerdict {
            hop,
            evidence: why.into(),
            fix: String::new(),
            source: "GetGatewayTarget".into(),
        });
        DoctorReport {
            deployment: DeploymentName::from("d"),
            healthy: broken.is_none(),
            verdict,
            hops: hops.collect(),
            comparison: None,
        }
    }

    fn of(resources: &[Resource], examined: Option<&DoctorReport>) -> Chain {
        let examined = examined.map(|report| (NOW.plus(-120_000), report));
        chain(
            &ChainInput {
                resources: resources.iter().collect(),
                unlisted: Vec::new(),
                examined,
            },
            NOW,
        )
    }

    /// A letter a hop: well, changing, a person, degraded, failed; a dot where nothing is known.
    fn dots(chain: &Chain) -> String {
        let letter = |status: &StageStatus| match status.health {
            None => '.',
            Some(Health::Healthy) => 'w',
            Some(Health::Unknown) => '?',
            Some(Health::Changing) => 'c',
            Some(Health::NeedsPerson) => 'p',
            Some(Health::Degraded) => 'g',
            Some(Health::Failed) => 'x',
        };
        chain.stages.iter().map(letter).collect()
    }

    fn summary(chain: &Chain) -> String {
        chain.summary().map_or_else(String::new, |(_, words)| words)
    }

    fn altered(letter: char, id: &str, change: impl Fn(&mut Resource)) -> Vec<Resource> {
        let mut resources = shape(letter);
        let found = resources
            .iter_mut()
            .find(|each| each.key.id == id)
            .expect("it is there");
        change(found);
        resources
    }

    #[test]
    fn every_shape_has_its_own_hops_and_the_doctor_fills_in_what_no_status_tells() {
        for (letter, known, examined) in [
            ('A', ".w.www.", "wwwwwww"),
            ('B', ".w.ww.", "wwwwww"),
            ('C', ".ww.", "wwww"),
            ('D', ".ww.", "wwww"),
            ('E', ".www", "wwww"),
        ] {
            let all_well = of(&shape(letter), None);
            assert_eq!(
                (dots(&all_well).as_str(), all_well.broken()),
                (known, None),
                "{letter}"
            );
            assert_eq!(summary(&all_well), "", "{letter}");
            assert_eq!(
                dots(&of(&shape(letter), Some(&report(None)))),
                examined,
                "{letter}"
            );
        }
        assert_eq!(of(&[], None), Chain::default());
    }

    #[test]
    fn a_target_that_cannot_be_synchronised_is_named_with_its_reason() {
        for letter in ['A', 'B'] {
            let resources = altered(letter, "gw/mcp", |target| {
                target.status = "SYNCHRONIZE_UNSUCCESSFUL".into();
                target.reason = Some("tools/list: HTTP 401, the audience is not admitted".into());
            });
            let chain = of(&resources, None);
            assert_eq!(
                chain.broken().map(|status| status.stage),
                Some(ChainStage::Target)
            );
            let said = "target: SYNCHRONIZE_UNSUCCESSFUL, tools/list: HTTP 401, the audience is not admitted";
            assert_eq!(summary(&chain), said);
            assert_eq!(dots(&chain).matches('g').count(), 1, "{}", dots(&chain));
        }
    }

    #[test]
    fn the_worst_is_named_first_and_the_others_with_it() {
        let mut resources = altered('A', "gw/mcp", |target| {
            target.status = "SYNCHRONIZE_UNSUCCESSFUL".into();
        });
        resources[2].status = "UPDATE_FAILED".into();
        resources[2].reason = Some("the image cannot be pulled".into());
        let chain = of(&resources, None);
        assert_eq!(dots(&chain), ".w.gxw.");
        assert_eq!(
            summary(&chain),
            "runtime: rt UPDATE_FAILED v3, the image cannot be pulled · also target"
        );
    }

    #[test]
    fn a_roll_out_says_from_where_to_where_and_since_when() {
        for letter in ['C', 'D'] {
            let resources = altered(letter, "rt/DEFAULT", |endpoint| {
                endpoint.raw = json!({"liveVersion": "3", "targetVersion": "4"});
            });
            let chain = of(&resources, None);
            assert_eq!(dots(&chain), ".cw.");
            assert_eq!(summary(&chain), "runtime: DEFAULT READY v3 → v4 for 41s");
        }
    }

    #[test]
    fn a_consent_that_is_pending_needs_a_person_and_breaks_no_target() {
        let resources = altered('E', "gw/mcp", |target| {
            target.status = "CREATE_PENDING_AUTH".into();
        });
        let chain = of(&resources, None);
        assert_eq!(dots(&chain), ".wwp");
        assert_eq!(summary(&chain), "consent: mcp waits for a person's consent");
    }

    #[test]
    fn a_rotation_that_is_stuck_is_seen_at_the_secret() {
        let resources = altered('D', "neo4j", |secret| {
            secret.status = "ROTATING".into();
            secret.reason = Some("a version waits with AWSPENDING".into());
        });
        let chain = of(&resources, None);
        assert_eq!(dots(&chain), ".wc.");
        assert_eq!(
            summary(&chain),
            "secret: ROTATING for 41s, a version waits with AWSPENDING"
        );
    }

    #[test]
    fn what_only_the_doctor_sees_is_named_with_the_age_of_its_visit() {
        let interceptor = report(Some((Hop::Interceptor, "AccessDenied: GetSecretValue")));
        let chain = of(&shape('A'), Some(&interceptor));
        assert_eq!(dots(&chain), "wwxwww.");
        assert_eq!(
            summary(&chain),
            "interceptor: AccessDenied: GetSecretValue (doctor, 2m ago)"
        );
        let login = report(Some((Hop::Neo4j, "wrong password")));
        for (letter, expected) in [
            ('A', "wwwwwwx"),
            ('B', "wwwwwx"),
            ('C', "wwwx"),
            ('D', "wwwx"),
        ] {
            assert_eq!(
                dots(&of(&shape(letter), Some(&login))),
                expected,
                "{letter}"
            );
        }
        // A gateway whose interceptor is not known has one when the doctor says so.
        let chain = of(&shape('E'), Some(&interceptor));
        assert_eq!(
            (dots(&chain).as_str(), chain.stages[2].stage),
            ("wwxww", ChainStage::Interceptor)
        );
        let initialize = report(Some((Hop::Initialize, "HTTP 403")));
        assert_eq!(
            summary(&of(&shape('C'), Some(&initialize))),
            "runtime: HTTP 403 (doctor, 2m ago)"
        );
        assert_eq!(
            summary(&of(&shape('E'), Some(&initialize))),
            "gateway: HTTP 403 (doctor, 2m ago)"
        );
    }

    #[test]
    fn what_the_doctor_saw_long_ago_counts_no_longer() {
        let login = report(Some((Hop::Neo4j, "wrong password")));
        let seen = |ago: i64| {
            let resources = shape('C');
            let known = ChainInput {
                resources: resources.iter().collect(),
                unlisted: Vec::new(),
                examined: Some((NOW.plus(-ago), &login)),
            };
            dots(&chain(&known, NOW))
        };
        assert_eq!(
            (seen(EVIDENCE_MS).as_str(), seen(EVIDENCE_MS + 1).as_str()),
            ("wwwx", ".ww.")
        );
    }

    #[test]
    fn a_status_that_was_mended_is_not_held_against_the_deployment() {
        let seen = report(Some((Hop::Target, "SYNCHRONIZE_UNSUCCESSFUL")));
        assert_eq!(of(&shape('A'), Some(&seen)).broken(), None);
        let stack = report(Some((Hop::Stack, "not authorized")));
        assert_eq!(
            of(&shape('A'), Some(&stack))
                .broken()
                .and_then(|status| status.health),
            Some(Health::Degraded)
        );
    }

    #[test]
    fn a_status_that_nobody_knows_is_said_as_it_came() {
        let resources = altered('B', "gw", |gateway| {
            gateway.status = "ResourceNotFoundException".into();
            gateway.reason = Some("there is no gateway gw".into());
        });
        let chain = of(&resources, None);
        assert_eq!(dots(&chain), ".?.ww.");
        assert_eq!(
            summary(&chain),
            "gateway: ResourceNotFoundException, there is no gateway gw"
        );
    }

    #[test]
    fn a_list_that_could_not_be_had_is_something_to_look_at() {
        let resources = shape('A');
        let denied = Failure::new(FailureKind::Denied, "listing", "AccessDenied");
        let expired = Failure::new(FailureKind::SignIn, "listing", "the token has expired");
        let known = |unlisted| ChainInput {
            resources: resources.iter().collect(),
            unlisted,
            examined: None,
        };
        let chain = chain(&known(vec![(Kind::Target, &denied)]), NOW);
        assert_eq!(
            (dots(&chain).as_str(), summary(&chain).as_str()),
            (".w.gww.", "target: not listed, AccessDenied")
        );
        let all = Kind::ALL.into_iter().map(|kind| (kind, &expired)).collect();
        let chain = super::chain(&known(all), NOW);
        assert_eq!(summary(&chain), "sign-in: the token has expired");
    }
}
