//! What a rotation would do, who reads the secret, how long they fail, and what speaks against it: shown before anything is written.

use serde::Serialize;

use super::effect::Connection;
use super::readers::SecretReader;
use super::report::RotationKind;

/// Credentials that end sooner than this after the start may end between the change and the promotion, the worst instant.
const ENOUGH_MILLIS: i64 = 600_000;

/// The longest life of a runtime's session by default (lifecycleConfiguration.maxLifetime).
const LONGEST_SESSION_MILLIS: i64 = 28_800_000;

/// Everything that is known before the first write.
#[derive(Clone, Debug, Default)]
pub struct PlanInput {
    /// The deployment's name.
    pub deployment: String,
    /// The secret's id.
    pub secret: String,
    /// User in the secret.
    pub user: String,
    /// Address in use.
    pub address: String,
    /// The current version.
    pub current: Option<String>,
    /// The version to go back to.
    pub previous: Option<String>,
    /// The secret has its own rotation function.
    pub managed: bool,
    /// The other user, where two users take turns.
    pub alternate: Option<AlternateUser>,
    /// When the current version was made: milliseconds since 1970.
    pub current_since: Option<i64>,
    /// Who reads it, as far as was found.
    pub readers: Vec<SecretReader>,
    /// What could not be found out about readers.
    pub unknown: Vec<String>,
    /// Other connections of this user now; none where they cannot be listed.
    pub connections: Option<Vec<Connection>>,
    /// When our own credentials end: milliseconds since 1970.
    pub credentials_end: Option<i64>,
    /// Now: milliseconds since 1970.
    pub now: i64,
    /// Characters of the new password.
    pub password_length: usize,
    /// Lines of files that a person must change, a sentence for each.
    pub by_hand: Vec<String>,
}

/// Two users in alternation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlternateUser {
    /// The user that the secret will name.
    pub user: String,
    /// The secret of the administrator.
    pub administrator: String,
}

/// What would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RotationPlan {
    /// The deployment.
    pub deployment: String,
    /// The secret.
    pub secret: String,
    /// The user whose password changes.
    pub user: String,
    /// Where.
    pub address: String,
    /// The other user, which becomes the secret's, and who sets its password; none where the one user's password changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternate: Option<AlternateUser>,
    /// The current version.
    pub current_version: Option<String>,
    /// What happens, step by step.
    pub steps: Vec<String>,
    /// Who reads the secret.
    pub readers: Vec<SecretReader>,
    /// For how long readers fail.
    pub outage: String,
    /// Who is connected as this user now; none where that is not known.
    pub connections: Option<Vec<PlanConnection>>,
    /// What speaks for waiting, and what is not known.
    pub warnings: Vec<String>,
    /// What is planned.
    #[serde(skip)]
    pub kind: RotationKind,
    /// Whether the secret's own rotation function does it.
    #[serde(skip)]
    pub by_function: bool,
    /// The version to go back to.
    #[serde(skip)]
    pub previous_version: Option<String>,
    /// Characters of the new password.
    #[serde(skip)]
    pub password_length: usize,
    /// Lines of files that a person must change: a later deployment from them would undo the rotation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<String>,
}

/// A connection, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanConnection {
    /// "Go Driver/6.2.0".
    pub agent: String,
    /// Where it comes from.
    pub address: String,
}

impl RotationPlan {
    /// Makes the plan of what is known.
    pub fn new(kind: RotationKind, known: &PlanInput) -> Self {
        Self {
            deployment: known.deployment.clone(),
            secret: known.secret.clone(),
            user: known.user.clone(),
            address: known.address.clone(),
            alternate: known.alternate.clone().filter(|_| takes_turns(kind, known)),
            current_version: known.current.clone(),
            steps: steps(kind, known),
            readers: known.readers.clone(),
            outage: outage(kind, known),
            connections: known.connections.as_ref().map(|all| {
                all.iter()
                    .map(|connection| PlanConnection {
                        agent: connection.agent.clone(),
                        address: connection.address.clone(),
                    })
                    .collect()
            }),
            warnings: warnings(known),
            kind,
            by_function: known.managed && kind == RotationKind::Rotate,
            previous_version: known.previous.clone(),
            password_length: known.password_length,
            by_hand: known.by_hand.clone(),
        }
    }

    /// Returns the plan as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} of {}: user {} at {}",
            self.secret, self.deployment, self.user, self.address
        )];
        lines.extend(
            self.steps
                .iter()
                .enumerate()
                .map(|(index, step)| format!("  {}. {step}", index + 1)),
        );
        lines.push(format!("Outage: {}", self.outage));
        if !self.readers.is_empty() {
            lines.push("Readers:".to_owned());
        }
        lines.extend(
            self.readers
                .iter()
                .map(|reader| format!("  {}", reader.sentence())),
        );
        if let Some(connections) = self
            .connections
            .as_ref()
            .filter(|connections| !connections.is_empty())
        {
            lines.push("Connected as this user now:".to_owned());
            lines.extend(
                connections.iter().map(|connection| {
                    format!("  {} from {}", connection.agent, connection.address)
                }),
            );
        }
        if !self.by_hand.is_empty() {
            lines.push("By hand:".to_owned());
        }
        lines.extend(self.by_hand.iter().map(|line| format!("  {line}")));
        lines.extend(
            self.warnings
                .iter()
                .map(|warning| format!("Warning: {warning}")),
        );
        lines
    }
}

/// Does the other user take over?
fn takes_turns(kind: RotationKind, known: &PlanInput) -> bool {
    known.alternate.is_some()
        && kind != RotationKind::Resume
        && !(known.managed && kind == RotationKind::Rotate)
}

fn steps(kind: RotationKind, known: &PlanInput) -> Vec<String> {
    if known.managed && kind == RotationKind::Rotate {
        return vec![
            "start the secret's own rotation function, which does the rest".to_owned(),
            "watch AWSPENDING and AWSCURRENT until it has finished".to_owned(),
            "log in to Neo4j with the new password, then call a tool through the chain".to_owned(),
        ];
    }
    let alternate = known
        .alternate
        .as_ref()
        .filter(|_| takes_turns(kind, known));
    let prepare = match kind {
        RotationKind::Rollback => format!(
            "take version {} again",
            known.previous.as_deref().unwrap_or("AWSPREVIOUS")
        ),
        RotationKind::Rotate | RotationKind::Resume => {
            let user = alternate.map_or_else(String::new, |other| format!("user {}, ", other.user));
            format!(
                "store a new value as a further version: {user}a password of {} characters, all else unchanged",
                known.password_length
            )
        }
    };
    let (set, consumers) = match alternate {
        Some(other) if kind == RotationKind::Rollback => (
            format!(
                "nothing where user {} still logs in with it; else set its password as the administrator of {}",
                other.user, other.administrator
            ),
            "refresh readers that keep the old value where you agree, then call a tool through the chain",
        ),
        Some(other) => (
            format!(
                "set the password of user {} in Neo4j: from its last one where that is known, else as the administrator of {}, which makes the user where there is none",
                other.user, other.administrator
            ),
            "refresh readers that keep the old value where you agree, then call a tool through the chain",
        ),
        None => (
            "ALTER CURRENT USER SET PASSWORD in Neo4j".to_owned(),
            "close old connections and refresh readers that keep the old value where you agree, then call a tool through the chain",
        ),
    };
    vec![
        prepare,
        "put AWSPENDING on it: from here on any machine can finish with `secrets resume`"
            .to_owned(),
        set,
        "log in with the new password on a new connection".to_owned(),
        "move AWSCURRENT to the new version".to_owned(),
        "take AWSPENDING and our labels off".to_owned(),
        consumers.to_owned(),
    ]
}

fn outage(kind: RotationKind, known: &PlanInput) -> String {
    if known.managed && kind == RotationKind::Rotate {
        return "until the rotation function has moved AWSCURRENT, usually some seconds".to_owned();
    }
    if takes_turns(kind, known) {
        let other = known.alternate.as_ref().map_or("", |other| &other.user);
        return format!(
            "none for readers of AWSCURRENT: user {} keeps its password until the next rotation. A client that still logs in as {other}, from the version before, fails from step 3 on",
            known.user
        );
    }
    let slow = known
        .readers
        .iter()
        .filter(|reader| reader.pickup.is_slow())
        .count();
    let window = "new logins with the old password fail from step 3 until step 5, usually below a second; open connections go on";
    match slow {
        0 => window.to_owned(),
        1 => format!("{window}. One reader keeps the old value until it is refreshed"),
        more => format!("{window}. {more} readers keep the old value until they are refreshed"),
    }
}

fn warnings(known: &PlanInput) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(left) = known
        .credentials_end
        .map(|end| end - known.now)
        .filter(|left| *left < ENOUGH_MILLIS)
    {
        let minutes = left.max(0) / 60_000;
        warnings.push(format!(
            "your AWS credentials end in {minutes} min; should they end between step 3 and step 5, readers fail until the rotation is resumed"
        ));
    }
    if let (Some(other), Some(age)) = (
        &known.alternate,
        known.current_since.map(|since| known.now - since),
    ) && age < LONGEST_SESSION_MILLIS
    {
        let minutes = age.max(0) / 60_000;
        warnings.push(format!(
            "the current version is only {minutes} min old: a session that began before may still log in as {}, and is cut off",
            other.user
        ));
    }
    if known.connections.is_none() {
        warnings.push("who is connected as this user could not be listed".to_owned());
    }
    warnings.extend(known.unknown.iter().cloned());
    warnings
}

#[cfg(test)]
mod tests {
    use super::super::readers::Pickup;
    use super::*;

    fn known() -> PlanInput {
        PlanInput {
            deployment: "prod".into(),
            secret: "neo4j-mcp/credentials".into(),
            user: "neo4j".into(),
            address: "neo4j+s://db".into(),
            connections: Some(vec![Connection {
                id: "bolt-1".into(),
                connector: "bolt".into(),
                agent: "Go Driver/6.2.0".into(),
                address: "10.0.0.7:5000".into(),
            }]),
            now: 1_000_000,
            password_length: 32,
            ..PlanInput::default()
        }
    }

    #[test]
    fn a_plan_says_what_where_who_and_how_long() {
        let mut known = known();
        known.readers = vec![SecretReader {
            name: "runtime r".into(),
            pickup: Pickup::ContainerLife,
            evidence: "NEO4J_SECRET_ARN".into(),
            runtime: Some("r-1".into()),
        }];
        let text = RotationPlan::new(RotationKind::Rotate, &known)
            .lines()
            .join("\n");
        for wanted in [
            "user neo4j at neo4j+s://db",
            "32 characters",
            "One reader keeps",
            "runtime r: keeps it",
            "Go Driver/6.2.0 from 10.0.0.7",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(!text.contains("Warning"), "{text}");
    }

    #[test]
    fn what_is_short_or_unknown_is_a_warning() {
        let mut known = known();
        known.credentials_end = Some(known.now + 120_000);
        known.connections = None;
        known.unknown.push("functions were not looked at".into());
        let warnings = RotationPlan::new(RotationKind::Rotate, &known).warnings;
        assert_eq!(warnings.len(), 3);
        assert!(warnings[0].contains("in 2 min"), "{}", warnings[0]);
        known.credentials_end = Some(known.now + 3_600_000);
        assert_eq!(
            RotationPlan::new(RotationKind::Rotate, &known)
                .warnings
                .len(),
            2
        );
    }

    #[test]
    fn a_rotation_function_and_a_roll_back_have_their_own_plans() {
        let mut known = known();
        known.previous = Some("a1b2".into());
        assert!(RotationPlan::new(RotationKind::Rollback, &known).steps[0].contains("a1b2"));
        known.managed = true;
        assert_eq!(
            RotationPlan::new(RotationKind::Rotate, &known).steps.len(),
            3
        );
        assert_eq!(
            RotationPlan::new(RotationKind::Rollback, &known)
                .steps
                .len(),
            7
        );
    }

    #[test]
    fn two_users_in_alternation_have_no_outage_and_the_plan_names_who_does_what() {
        let mut known = known();
        known.alternate = Some(AlternateUser {
            user: "neo4j_clone".into(),
            administrator: "neo4j-admin".into(),
        });
        let text = RotationPlan::new(RotationKind::Rotate, &known)
            .lines()
            .join("\n");
        for wanted in [
            "user neo4j_clone, a password of 32",
            "administrator of neo4j-admin",
            "Outage: none for readers of AWSCURRENT: user neo4j keeps",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        known.current_since = Some(known.now - 600_000);
        assert!(
            RotationPlan::new(RotationKind::Rotate, &known).warnings[0].contains("only 10 min old")
        );
        assert!(
            RotationPlan::new(RotationKind::Rollback, &known).steps[2]
                .starts_with("nothing where user neo4j_clone")
        );
        assert_eq!(
            RotationPlan::new(RotationKind::Resume, &known).alternate,
            None,
            "what a resume does is found out, not planned"
        );
        known.managed = true;
        assert!(
            !RotationPlan::new(RotationKind::Rotate, &known)
                .outage
                .starts_with("none")
        );
    }
}
