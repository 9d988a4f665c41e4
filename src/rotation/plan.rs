//! What a rotation would do, who reads the secret, how long they fail, and what speaks against it: shown before anything is written.

use serde::Serialize;

use super::effect::Connection;
use super::report::Kind;

/// Credentials that end sooner than this after the start may end between the change and the promotion, the worst instant.
const ENOUGH_MILLIS: i64 = 600_000;

/// How a reader picks up a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pickup {
    /// It reads the secret at every call.
    EveryCall,
    /// It reads the secret once and keeps it for its container's life.
    ContainerLife,
    /// It has its own copy in its environment: somebody must update it.
    Environment,
    /// It reads the secret whenever it connects.
    EveryConnection,
    /// Nobody has told.
    Unknown,
}

impl Pickup {
    /// In words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::EveryCall => "reads it at every call",
            Self::ContainerLife => "keeps it for its container's life: end its sessions afterwards",
            Self::Environment => "has a copy in its environment: update it afterwards",
            Self::EveryConnection => "reads it at every connection",
            Self::Unknown => "when it reads is not known",
        }
    }
}

/// Somebody who reads the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// `runtime neo4j_mcp_server-Ab3dEfGh1j`, `function neo4j-interceptor`.
    pub name: String,
    /// How it picks up a new value.
    pub pickup: Pickup,
    /// How that is known.
    pub evidence: String,
}

/// Everything that is known before the first write.
#[derive(Clone, Debug, Default)]
pub struct Known {
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
    /// Who reads it, as far as was found.
    pub readers: Vec<Reader>,
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
}

/// What would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The deployment.
    pub deployment: String,
    /// The secret.
    pub secret: String,
    /// The user whose password changes.
    pub user: String,
    /// Where.
    pub address: String,
    /// The current version.
    pub current_version: Option<String>,
    /// What happens, step by step.
    pub steps: Vec<String>,
    /// Who reads the secret.
    pub readers: Vec<Reader>,
    /// For how long readers fail.
    pub outage: String,
    /// Who is connected as this user now; none where that is not known.
    pub connections: Option<Vec<Consumer>>,
    /// What speaks for waiting, and what is not known.
    pub warnings: Vec<String>,
}

/// A connection, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consumer {
    /// "Go Driver/6.2.0".
    pub agent: String,
    /// Where it comes from.
    pub address: String,
}

impl Plan {
    /// Draws the plan.
    pub fn draw(kind: Kind, known: &Known) -> Self {
        Self {
            deployment: known.deployment.clone(),
            secret: known.secret.clone(),
            user: known.user.clone(),
            address: known.address.clone(),
            current_version: known.current.clone(),
            steps: steps(kind, known),
            readers: known.readers.clone(),
            outage: outage(known),
            connections: known
                .connections
                .as_ref()
                .map(|all| all.iter().map(|one| Consumer { agent: one.agent.clone(), address: one.address.clone() }).collect()),
            warnings: warnings(known),
        }
    }

    /// The plan as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} of {}: user {} at {}", self.secret, self.deployment, self.user, self.address)];
        lines.extend(self.steps.iter().enumerate().map(|(index, step)| format!("  {}. {step}", index + 1)));
        lines.push(format!("Outage: {}", self.outage));
        if !self.readers.is_empty() {
            lines.push("Readers:".to_owned());
        }
        lines.extend(self.readers.iter().map(|one| format!("  {}: {} ({})", one.name, one.pickup.sentence(), one.evidence)));
        if let Some(connections) = self.connections.as_ref().filter(|connections| !connections.is_empty()) {
            lines.push("Connected as this user now:".to_owned());
            lines.extend(connections.iter().map(|one| format!("  {} from {}", one.agent, one.address)));
        }
        lines.extend(self.warnings.iter().map(|warning| format!("Warning: {warning}")));
        lines
    }
}

fn steps(kind: Kind, known: &Known) -> Vec<String> {
    if known.managed && kind == Kind::Rotate {
        return vec![
            "start the secret's own rotation function, which does the rest".to_owned(),
            "watch AWSPENDING and AWSCURRENT until it has finished".to_owned(),
            "log in to Neo4j with the new password, then call a tool through the chain".to_owned(),
        ];
    }
    let prepare = match kind {
        Kind::Rollback => format!("take version {} again", known.previous.as_deref().unwrap_or("AWSPREVIOUS")),
        Kind::Rotate | Kind::Resume => {
            format!(
                "store a new value as a further version: a password of {} characters, all else unchanged",
                known.password_length
            )
        }
    };
    vec![
        prepare,
        "put AWSPENDING on it: from here on any machine can finish with `secrets resume`".to_owned(),
        "ALTER CURRENT USER SET PASSWORD in Neo4j".to_owned(),
        "log in with the new password on a new connection".to_owned(),
        "move AWSCURRENT to the new version".to_owned(),
        "take AWSPENDING and our labels off".to_owned(),
        "close old connections where you agree, then call a tool through the chain".to_owned(),
    ]
}

fn outage(known: &Known) -> String {
    if known.managed {
        return "until the rotation function has moved AWSCURRENT, usually some seconds".to_owned();
    }
    let slow = known.readers.iter().filter(|one| matches!(one.pickup, Pickup::ContainerLife | Pickup::Environment)).count();
    let window = "new logins with the old password fail from step 3 until step 5, usually below a second; open connections go on";
    match slow {
        0 => window.to_owned(),
        1 => format!("{window}. One reader keeps the old value longer"),
        more => format!("{window}. {more} readers keep the old value longer"),
    }
}

fn warnings(known: &Known) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(left) = known.credentials_end.map(|end| end - known.now).filter(|left| *left < ENOUGH_MILLIS) {
        let minutes = left.max(0) / 60_000;
        warnings.push(format!(
            "your AWS credentials end in {minutes} min; should they end between step 3 and step 5, readers fail until somebody resumes"
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
    use super::*;

    fn known() -> Known {
        Known {
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
            ..Known::default()
        }
    }

    #[test]
    fn a_plan_says_what_where_who_and_how_long() {
        let mut known = known();
        known.readers =
            vec![Reader { name: "runtime r".into(), pickup: Pickup::ContainerLife, evidence: "NEO4J_SECRET_ARN".into() }];
        let text = Plan::draw(Kind::Rotate, &known).lines().join("\n");
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
        let warnings = Plan::draw(Kind::Rotate, &known).warnings;
        assert_eq!(warnings.len(), 3);
        assert!(warnings[0].contains("in 2 min"), "{}", warnings[0]);
        known.credentials_end = Some(known.now + 3_600_000);
        assert_eq!(Plan::draw(Kind::Rotate, &known).warnings.len(), 2);
    }

    #[test]
    fn a_rotation_function_and_a_roll_back_have_their_own_plans() {
        let mut known = known();
        known.previous = Some("a1b2".into());
        assert!(Plan::draw(Kind::Rollback, &known).steps[0].contains("a1b2"));
        known.managed = true;
        assert_eq!(Plan::draw(Kind::Rotate, &known).steps.len(), 3);
        assert_eq!(Plan::draw(Kind::Rollback, &known).steps.len(), 7);
    }
}
