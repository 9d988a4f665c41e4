//! A login at Neo4j with the secret's AWSCURRENT, and what the server says about the database.

use super::{
    ChainStage, Evidence, HopFix, Judgement, Probe,
    details::{HopDetail, asked},
    hop::{HopSpec, always_known, runtime_log},
    judgement::{Cause, with_request},
    secret::secret_name,
    symptom::{Step, Symptom},
};
use crate::model::{Failure, LoginAnswer, Neo4jFailure};

const SOURCE: &str = "a login at Neo4j with AWSCURRENT";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "neo4j",
    short: "NEO",
    title: "a login at Neo4j with the secret's password",
    stages: &[ChainStage::Neo4j],
    precedence: 90,
    judge,
    elapsed_ms: |evidence| evidence.login.elapsed_ms(),
    awaits: |evidence| evidence.login.is_pending() || evidence.runtime_log.is_pending(),
    explain,
    log_groups: runtime_log,
    details,
    unread: always_known,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    asked(
        "a login at Neo4j with AWSCURRENT",
        &evidence.login,
        |login| format!("{login:?}"),
    )
}

fn judge(evidence: &Evidence) -> Judgement {
    let answer = match &evidence.login {
        Probe::NotMade(why) if matches!(evidence.secret, Probe::NotMade(_)) => {
            return Judgement::skipped(why.as_str());
        }
        // The chain has a database, and it was not asked.
        Probe::NotMade(why) => return Judgement::unknown(why.as_str()),
        Probe::Failed { failure, .. } => {
            return Judgement::unknown(format!("no login was tried: {}", with_request(failure)));
        }
        Probe::Answered { value, .. } => value,
    };
    let judged = match answer {
        Ok(LoginAnswer::Accepted) => Judgement::ok("the secret's password works"),
        Ok(LoginAnswer::WrongPassword) if previous_is_accepted(evidence) => put_back(evidence),
        Ok(LoginAnswer::WrongPassword) => refused(evidence),
        Ok(LoginAnswer::RateLimited) => Judgement::failed(
            "Neo4j has locked the user out after failed logins",
            HopFix::run(
                "stop the reader that uses an old password, then wait some seconds; who called lately",
                format!(
                    "agentcore-console calls --errors --since 15m -d {}",
                    evidence.deployment
                ),
            ),
            SOURCE,
        ),
        Ok(LoginAnswer::MustChange) => Judgement::failed(
            "Neo4j wants the password to be changed before anything else",
            HopFix::command(format!(
                "agentcore-console secrets rotate {}",
                secret_name(evidence)
            )),
            SOURCE,
        ),
        Err(Neo4jFailure::Unreachable(failure)) => {
            Judgement::warning(format!("Neo4j is not reached from here: {}", failure.cause))
        }
        Err(Neo4jFailure::InDoubt(failure)) => Judgement::warning(format!(
            "Neo4j gave no conclusive answer: {}",
            with_request(failure)
        )),
        Err(Neo4jFailure::Refused(failure)) => {
            Judgement::warning(format!("Neo4j answers: {}", with_request(failure)))
        }
    };
    judged.slow_after(evidence.login.elapsed_ms(), "the login at Neo4j")
}

/// Neo4j refuses AWSCURRENT, and AWSPREVIOUS too.
fn refused(evidence: &Evidence) -> Judgement {
    Judgement::failed(
            format!(
                "Neo4j does not accept the password of AWSCURRENT in {}",
                secret_name(evidence)
            ),
            HopFix::run(
                "rotate or resume",
                format!("agentcore-console secrets resume {}", secret_name(evidence)),
            )
            .then(
                " finishes a rotation that was cut off; otherwise put the password that the database has",
            ),
            SOURCE,
        )
}

fn previous_is_accepted(evidence: &Evidence) -> bool {
    let previous = evidence.previous.value();
    previous.is_some_and(|previous| previous.is_accepted)
}

/// Neo4j refuses AWSCURRENT and accepts AWSPREVIOUS: after a rotation somebody wrote the old password into the secret, as
/// every `deploy.py` of neo4j-partners/aws-starter does with the `NEO4J_PASSWORD` of its `.env`.
fn put_back(evidence: &Evidence) -> Judgement {
    let secret = secret_name(evidence);
    let previous = evidence.previous.value();
    let by = previous
        .and_then(|previous| previous.overwritten.as_ref())
        .map_or_else(String::new, |change| {
            format!(
                " ({} by {} at {})",
                change.action,
                change.who,
                change.at.iso()
            )
        });
    Judgement::failed(
        format!(
            "An old password was put back into {secret}{by}: Neo4j refuses AWSCURRENT and accepts AWSPREVIOUS"
        ),
        HopFix::command(format!("agentcore-console secrets resume {secret}")).then(
            " makes the accepted value current again; set NEO4J_PASSWORD in the .env of the deployment script to that value first, \
             or its next run puts the old one back",
        ),
        "logins at Neo4j with AWSCURRENT and AWSPREVIOUS",
    )
}

/// Explains by the database an error of the call that names it, and a call that fails while the login is refused.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    let is_from_tool = symptom.step == Step::Call;
    let names_it = is_from_tool
        && symptom.mentions(&[
            "neo.clienterror.security",
            "neo.transienterror",
            "neo.databaseerror",
            "serviceunavailable",
            "databaseunavailable",
            "connectivityerror",
            "authentication failure",
            "couldn't connect to",
            "unable to retrieve routing information",
        ]);
    if !names_it && !in_log(evidence) {
        return None;
    }
    let judged = judge(evidence);
    if judged.state == super::HopState::Failed {
        return Some(Cause::new(
            format!("{}: {}", judged.evidence, symptom.words()),
            judged.fix,
            judged.source,
        ));
    }
    if let Some(failure) = silence(evidence, symptom) {
        return Some(Cause::new(
            format!(
                "Neo4j does not answer, neither the chain nor this machine: {}",
                failure.cause
            ),
            start_again(evidence, &format!("{} {}", failure.cause, symptom.words())),
            "the server's answer and a login at Neo4j",
        ));
    }
    if !names_it {
        return None;
    }
    Some(Cause::new(
        format!(
            "The server behind the chain reports an error of Neo4j: {}",
            symptom.words()
        ),
        match evidence.called_runtime() {
            Some(runtime) => HopFix::run(
                "check the address, the user and the database that the server is configured with",
                format!(
                    "agentcore-console describe runtime {} -d {}",
                    runtime.name, evidence.deployment
                ),
            ),
            None => {
                "check the address, the user and the database that the server is configured with"
                    .into()
            }
        },
        "the server's answer",
    ))
}

/// Returns why a login from here got no answer, if the chain has none either: a connection that is closed at once says so only together
/// with the words of the server behind the chain.
fn silence<'a>(evidence: &'a Evidence, symptom: &Symptom<'_>) -> Option<&'a Failure> {
    match evidence.login.value()?.as_ref().err()? {
        Neo4jFailure::Unreachable(failure) => Some(failure),
        Neo4jFailure::InDoubt(failure) => {
            let is_silent = symptom.mentions(&UNREACHABLE) || in_log(evidence);
            is_silent.then_some(failure)
        }
        Neo4jFailure::Refused(_) => None,
    }
}

/// Words of drivers that get no connection, in lower case.
const UNREACHABLE: [&str; 4] = [
    "serviceunavailable",
    "connectivityerror",
    "couldn't connect to",
    "unable to retrieve routing information",
];

/// Returns whether the runtime's log reports an error of the database for this request: a server that connects at its start ends with it,
/// and the platform says only that the container did not start.
fn in_log(evidence: &Evidence) -> bool {
    evidence.runtime_log.own_lines().any(|line| {
        ["Neo.", "ServiceUnavailable", "ConnectivityError"]
            .iter()
            .any(|word| line.text.contains(word))
    })
}

/// Returns what starts a database again: of Aura, which pauses an instance that is not used, the command that resumes it.
fn start_again(evidence: &Evidence, words: &str) -> HopFix {
    let text = format!("{words} {}", runtime_words(evidence));
    match aura_instance(&text) {
        Some(instance) => HopFix::run(
            "resume the instance, which Aura pauses when it is not used",
            format!("aura-cli instance resume {instance}"),
        ),
        None => "start the database (a paused Aura instance: aura-cli instance resume ID), and check its address and firewall"
            .into(),
    }
}

fn runtime_words(evidence: &Evidence) -> String {
    let lines = evidence.runtime_log.own_lines();
    lines
        .map(|line| line.text.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns the id of the Aura instance in an address `{id}.databases.neo4j.io`.
fn aura_instance(text: &str) -> Option<&str> {
    let (before, _) = text.split_once(".databases.neo4j.io")?;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let instance = before
        .rsplit(|letter: char| !is_part(letter))
        .next()
        .filter(|id| !id.is_empty())?;
    Some(instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aura_instance_is_named_by_its_address() {
        assert_eq!(
            aura_instance("dial neo4j+s://1a2b3c4d.databases.neo4j.io:7687: refused"),
            Some("1a2b3c4d")
        );
        assert_eq!(aura_instance("dial neo4j.example.com"), None);
    }
}
