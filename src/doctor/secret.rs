//! The Neo4j secret that the chain uses: its versions, and whether those who need its value may read it.

use super::{
    ChainStage, Evidence, HopFix, HopLine, HopState, Judgement, LineRelation, Probe,
    commands::{allow, update_runtime},
    details::{HopDetail, asked},
    hop::{HopSpec, always_known, secret_readers_log},
    judgement::{Cause, SLOW_MS, unreadable},
    symptom::{Step, Symptom},
};
use crate::model::{FailureKind, LoginAnswer, SecretDetail, pluralize};

const SOURCE: &str = "Secrets Manager DescribeSecret";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "secret",
    short: "SEC",
    title: "the Neo4j secret that the chain uses",
    stages: &[ChainStage::Secret],
    precedence: 80,
    judge,
    elapsed_ms: |evidence| evidence.secret_value.elapsed_ms(),
    awaits: |evidence| {
        evidence.secret_value.is_pending()
            || evidence.interceptor_log.is_pending()
            || evidence.runtime_log.is_pending()
    },
    explain,
    log_groups: secret_readers_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked("DescribeSecret", &evidence.secret, |secret| {
        let stages: Vec<String> = secret
            .versions
            .iter()
            .map(|version| format!("{} {}", version.version_id, version.stages.join(" ")))
            .collect();
        stages.join(", ")
    })
}

fn judge(evidence: &Evidence) -> Judgement {
    let judged = match (&evidence.secret, &evidence.secret_value) {
        (Probe::Answered { value, .. }, Probe::Failed { failure, .. })
            if status(value).state == HopState::Ok =>
        {
            Judgement::unknown(unreadable(failure, "GetSecretValue"))
        }
        (probe, _) => Judgement::of_reading(probe, SOURCE, status),
    };
    judged.slow_after(evidence.secret_value.elapsed_ms(), "GetSecretValue")
}

fn status(detail: &SecretDetail) -> Judgement {
    let name = &detail.name;
    if detail.deleted.is_some() {
        return Judgement::failed(
            format!("The secret {name} is scheduled for deletion"),
            HopFix::command(format!(
                "aws secretsmanager restore-secret --secret-id {name}"
            )),
            SOURCE,
        );
    }
    if detail.version_with("AWSCURRENT").is_none() {
        return Judgement::failed(
            format!("No version of the secret {name} carries AWSCURRENT"),
            HopFix::command(format!(
                "aws secretsmanager update-secret-version-stage --secret-id {name} --version-stage AWSCURRENT --move-to-version-id {}",
                detail
                    .versions
                    .first()
                    .map_or("VERSION", |version| version.version_id.as_str())
            )),
            SOURCE,
        );
    }
    match &detail.rotation.pending_version {
        Some(pending) => Judgement::advice(
            format!("a rotation is in progress or stuck (AWSPENDING on {pending})"),
            HopFix::run(
                "wait until it has ended; one that was cut off is finished by",
                format!("agentcore-console secrets resume {name}"),
            ),
            SOURCE,
        ),
        None => Judgement::ok(format!(
            "{name}: {}, AWSCURRENT is set",
            pluralize(detail.versions.len(), "version")
        )),
    }
}

fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let judged = judge(evidence);
    if judged.state == HopState::Failed {
        return Some(Cause::new(judged.evidence, judged.fix, judged.source));
    }
    own_header(evidence, symptom)
        .or_else(|| reader_in_log(evidence, symptom))
        .or_else(|| older_password(evidence, symptom))
}

/// The console itself makes a header of the secret for this deployment and could not read it.
fn own_header(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let failure = evidence.secret_value.failure()?;
    let same = symptom.step == Step::Initialize
        && symptom
            .failure
            .is_some_and(|symptom| symptom.cause == failure.cause || symptom.code == failure.code);
    same.then(|| {
        Cause::new(
            format!(
                "The secret cannot be read to make the credentials header: {}",
                symptom.words()
            ),
            match &failure.hint {
                _ if failure.kind == FailureKind::Denied => policy(evidence, "this identity"),
                Some(hint) => hint.as_str().into(),
                None => try_again(evidence),
            },
            "Secrets Manager GetSecretValue",
        )
    })
}

/// The interceptor's or the runtime's log says that GetSecretValue failed there.
fn reader_in_log(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let logs = [
        (
            "interceptor",
            "the interceptor's log",
            &evidence.interceptor_log,
        ),
        ("runtime", "the runtime's log", &evidence.runtime_log),
    ];
    let (reader, source, line) = logs.into_iter().find_map(|(reader, source, log)| {
        // A gateway that fails by itself invokes nothing: an error of the same time is another call's.
        let counts = |line: &&HopLine| {
            let by_time_counts = reader != "interceptor" || evidence.gateway_began(symptom);
            line.relation == LineRelation::Named || by_time_counts
        };
        let is_mine = |line: &&HopLine| {
            let line = line.text.to_ascii_lowercase();
            line.contains("getsecretvalue")
                && ["error", "exception", "denied"]
                    .iter()
                    .any(|word| line.contains(word))
        };
        let line = log.own_lines().filter(counts).find(is_mine)?;
        Some((reader, source, line.said()))
    })?;
    let denied = line.contains("AccessDenied");
    let what = if denied {
        format!("The {reader} may not read the secret")
    } else {
        format!("The {reader} cannot read the secret")
    };
    let fix = if denied {
        policy(evidence, &format!("the role of the {reader}"))
    } else if line.to_ascii_lowercase().contains("throttl") {
        HopFix::run(
            format!("cache the secret in the {reader}; Secrets Manager limits reads per second"),
            "aws service-quotas list-service-quotas --service-code secretsmanager",
        )
    } else {
        try_again(evidence)
    };
    Some(Cause::new(format!("{what}: {line}"), fix, source))
}

/// Returns what is done about a failure of Secrets Manager itself.
fn try_again(evidence: &Evidence) -> HopFix {
    HopFix::run(
        "try again; if it stays, look at the state of Secrets Manager in this region",
        format!(
            "agentcore-console secrets show {} -d {}",
            secret_name(evidence),
            evidence.deployment
        ),
    )
}

/// Neo4j takes the secret's password from here and refuses the one that the chain sends.
fn older_password(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let accepted = matches!(evidence.login.value(), Some(Ok(LoginAnswer::Accepted)));
    (accepted && symptom.mentions(&["security.unauthorized", "authentication failure"])).then(|| {
        Cause::new(
            format!(
                "The chain uses another password than the secret's AWSCURRENT, which Neo4j accepts: {}",
                symptom.words()
            ),
            match evidence.called_runtime() {
                Some(runtime) => HopFix::run(
                    "start fresh containers so that they read the secret again",
                    update_runtime(Some(runtime), ""),
                ),
                None => "restart the program that reads the secret, so that it reads it again".into(),
            },
            "the server's answer and a login at Neo4j with AWSCURRENT",
        )
    })
}

/// Name of the secret that the chain uses.
pub(super) fn secret_name(evidence: &Evidence) -> &str {
    let detail = evidence.secret.value();
    detail.map_or("SECRET", |detail| detail.name.as_str())
}

/// Returns the policy statement that permits reading the secret.
fn policy(evidence: &Evidence, who: &str) -> HopFix {
    let arn = evidence
        .secret
        .value()
        .map_or("SECRET_ARN", |detail| detail.arn.as_str());
    HopFix::run(
        format!("add to the policy of {who}"),
        allow("secretsmanager:GetSecretValue", Some(arn)),
    )
}

impl Evidence {
    /// Returns whether Secrets Manager answers slowly.
    pub(super) fn secret_is_slow(&self) -> bool {
        self.secret_value
            .elapsed_ms()
            .is_some_and(|elapsed| elapsed >= SLOW_MS)
    }
}
