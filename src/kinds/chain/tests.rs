use serde_json::{Value, json};

use super::*;
use crate::{
    doctor::{DoctorVerdict, HopFinding, HopState},
    model::{DeploymentName, FailureKind},
};

const NOW: Moment = Moment::from_millis(10_000_000);

fn resource(kind: Kind, id: &str, status: &str, raw: Value) -> Resource {
    Resource {
        name: id.rsplit('/').next().unwrap_or(id).into(),
        status: status.into(),
        updated: Some(NOW.plus(-41_000)),
        raw: raw.into(),
        ..Resource::new("d", kind, id)
    }
}

/// Returns the five deployments when all is well: A and B with an interceptor, C and D without a gateway, E with a person's consent.
fn shape(letter: char) -> Vec<Resource> {
    let intercepted = json!({"interceptorConfigurations": [{"interceptionPoints": ["REQUEST"]}]});
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
        command: None,
        fix: String::new(),
        source: "GetGatewayTarget".into(),
    });
    DoctorReport {
        deployment: DeploymentName::from("d"),
        healthy: broken.is_none(),
        verdict,
        hops: hops.collect(),
        comparison: None,
        runtime_tools: None,
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

/// Returns a letter a hop: passed, changing, a person, degraded, failed; a dot where nothing is known.
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
        .find(|resource| resource.key.id == id)
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
        let said =
            "target: SYNCHRONIZE_UNSUCCESSFUL, tools/list: HTTP 401, the audience is not admitted";
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
            endpoint.raw = json!({"liveVersion": "3", "targetVersion": "4"}).into();
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
    let mut both = shape('E');
    let mut pending = both
        .iter()
        .find(|resource| resource.key.kind == Kind::Target)
        .cloned()
        .unwrap();
    pending.key.id = "gw/other".into();
    pending.status = "CREATE_PENDING_AUTH".into();
    both.push(pending);
    let chain = of(&both, None);
    let target = chain.stage(ChainStage::Target).unwrap();
    assert_eq!(
        target.words.as_deref(),
        Some("status good, except for 1 that waits for consent")
    );
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
fn the_stage_of_the_doctors_verdict_is_the_cause_and_what_the_status_says_is_kept() {
    let causes = |chain: &Chain| -> Vec<ChainStage> {
        let stages = chain.stages.iter().filter(|status| status.is_cause);
        stages.map(|status| status.stage).collect()
    };
    let login = report(Some((Hop::Neo4j, "the login was refused")));
    let chain = of(&shape('A'), Some(&login));
    assert_eq!(causes(&chain), [ChainStage::Neo4j]);
    let gateway = chain
        .stages
        .iter()
        .find(|status| status.stage == ChainStage::Gateway);
    assert_eq!(
        gateway.map(|status| (status.by_status, status.is_examined)),
        Some((Some(Health::Healthy), true))
    );
    // An interceptor that no list names is a stage because it is the cause.
    let interceptor = report(Some((Hop::Interceptor, "not authorized")));
    assert_eq!(
        causes(&of(&shape('E'), Some(&interceptor))),
        [ChainStage::Interceptor]
    );
    // A status that is bad already stays, and is the cause all the same.
    let degraded = altered('A', "gw/mcp", |target| {
        target.status = "SYNCHRONIZE_UNSUCCESSFUL".into();
    });
    let mut target = report(Some((Hop::Target, "it lists no tools")));
    if let Some(verdict) = &mut target.verdict {
        "tools/list".clone_into(&mut verdict.source);
    }
    assert_eq!(causes(&of(&degraded, Some(&target))), [ChainStage::Target]);
    let failed = altered('C', "rt", |runtime| runtime.status = "UPDATE_FAILED".into());
    let mut runtime = report(Some((Hop::Runtime, "it does not start")));
    if let Some(verdict) = &mut runtime.verdict {
        "the runtime's log".clone_into(&mut verdict.source);
    }
    assert_eq!(causes(&of(&failed, Some(&runtime))), [ChainStage::Runtime]);
    assert_eq!(causes(&of(&shape('A'), None)), []);
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

#[test]
fn the_hop_at_which_calls_fail_and_the_one_that_was_broken_are_marked() {
    use crate::kinds::{DeploymentHealth, EarlierBreak, HealthVerdict};

    let verdict = |health, hop, was_broken| HealthVerdict {
        health,
        hop,
        evidence: "17 of 125 calls failed".to_owned(),
        at: None,
        was_broken,
        passed: Vec::new(),
    };
    let chain = of(&shape('A'), None);
    let failing = verdict(DeploymentHealth::Failing, Some("interceptor"), None);
    let marked = chain.clone().with_health(&failing);
    assert_eq!(
        (dots(&chain).as_str(), dots(&marked).as_str()),
        (".w.www.", ".wgwww.")
    );
    let words = |chain: &Chain, stage| chain.stage(stage).and_then(|status| status.words.clone());
    assert_eq!(
        words(&marked, ChainStage::Interceptor).as_deref(),
        Some("17 of 125 calls failed")
    );
    let nowhere = verdict(DeploymentHealth::Failing, None, None);
    assert_eq!(chain.clone().with_health(&nowhere), chain);
    let earlier = EarlierBreak {
        hop: "interceptor",
        at: NOW,
    };
    let unknown = verdict(
        DeploymentHealth::Unknown,
        Some("interceptor"),
        Some(earlier),
    );
    let marked = chain.with_health(&unknown);
    let status = marked.stage(ChainStage::Interceptor).unwrap();
    assert!(status.was_broken && status.health.is_none());
    assert_eq!(status.words.as_deref(), Some("was ✖ at 02:46 UTC (doctor)"));
}
