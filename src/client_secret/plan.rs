//! What a rotation of a client secret would do: shown before anything is written.

use serde::Serialize;

use super::effect::ClientSecretId;
use super::report::{ClientSecretKind, ClientSecretStep};
use crate::model::Moment;
use crate::rotation::plan_page::{PlanMark, PlanPage, PlanRow, PlanSection, PlannedStep};

/// Everything that is known before the first write.
#[derive(Clone, Debug, Default)]
pub struct ClientSecretPlanInput {
    /// What is planned.
    pub kind: ClientSecretKind,
    /// The deployment's name.
    pub deployment: String,
    /// The app client.
    pub client_id: String,
    /// The user pool.
    pub user_pool_id: String,
    /// The secret that is in use now, and when it was created.
    pub current: Option<(ClientSecretId, Option<Moment>)>,
    /// The time of the plan.
    pub now: Moment,
    /// Name of the journal in Secrets Manager.
    pub journal: String,
    /// What holds a copy, and how it takes the other value.
    pub holders: Vec<SecretHolder>,
    /// Other deployments that sign in with this client.
    pub deployments: Vec<String>,
    /// What could not be found out.
    pub unknown: Vec<String>,
}

/// Something that holds a copy of a client secret or refers to what holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretHolder {
    /// What it is: `credential provider`, `configuration`, `runtime`, …
    pub place: &'static str,
    /// Its name.
    pub name: String,
    /// What happens to it.
    pub change: HolderChange,
}

/// What a rotation does to a holder of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HolderChange {
    /// The rotation gives it the new value.
    Updated,
    /// The rotation gives it the new value if the operator agrees.
    Asked,
    /// It refers to the client or a provider and needs no change.
    Untouched,
    /// A person must change it.
    ByHand,
}

impl HolderChange {
    const fn words(self) -> &'static str {
        match self {
            Self::Updated => "updated, then READY is awaited",
            Self::Asked => "replaced inline, you are asked",
            Self::Untouched => "not touched",
            Self::ByHand => "change it by hand; the other secret stays until then",
        }
    }

    const fn mark(self) -> PlanMark {
        match self {
            Self::Updated | Self::Asked | Self::Untouched => PlanMark::Good,
            Self::ByHand => PlanMark::Attention,
        }
    }
}

/// What would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientSecretPlan {
    /// The deployment.
    pub deployment: String,
    /// The app client.
    pub client_id: String,
    /// The user pool.
    pub user_pool_id: String,
    /// How long callers fail: not at all.
    pub outage: String,
    /// What holds a copy, and how it takes the other value.
    pub holders: Vec<SecretHolder>,
    /// What happens, step by step.
    pub steps: Vec<String>,
    /// What speaks for waiting, and what is not known.
    pub warnings: Vec<String>,
    /// What is planned.
    #[serde(skip)]
    pub kind: ClientSecretKind,
    /// The secret in use now in words: `…7f3c, 61d old`.
    #[serde(skip)]
    pub current: String,
    /// Name of the journal in Secrets Manager.
    pub journal: String,
}

impl ClientSecretPlan {
    /// Makes the plan of what is known.
    pub fn new(known: &ClientSecretPlanInput) -> Self {
        let mut warnings = known.unknown.clone();
        if !known.deployments.is_empty() {
            warnings.push(format!(
                "deployments that sign in with the same client: {}",
                known.deployments.join(", ")
            ));
        }
        if known.kind != ClientSecretKind::Rollback {
            warnings.push(
                "a caller that is not known here cannot be seen: give it the new secret before the old one is removed"
                    .to_owned(),
            );
        }
        let current = match &known.current {
            Some((id, Some(created))) => format!("{}, {} old", id.short(), created.age(known.now)),
            Some((id, None)) => id.short(),
            None => "one secret".to_owned(),
        };
        Self {
            deployment: known.deployment.clone(),
            client_id: known.client_id.clone(),
            user_pool_id: known.user_pool_id.clone(),
            outage: "none: Cognito accepts both secrets until one of them is removed".to_owned(),
            holders: known.holders.clone(),
            steps: known
                .kind
                .steps()
                .iter()
                .skip(1)
                .map(|step| format!("{}: {}", step.as_str(), step.description(known.kind)))
                .collect(),
            warnings,
            kind: known.kind,
            current,
            journal: known.journal.clone(),
        }
    }

    /// Returns the plan as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "client secret of {}: app client {} of user pool {}",
                self.deployment, self.client_id, self.user_pool_id
            ),
            format!("Outage: {}", self.outage),
            "Holders:".to_owned(),
        ];
        lines.extend(self.holders.iter().map(|holder| {
            format!(
                "  {} {}: {}",
                holder.place,
                holder.name,
                holder.change.words()
            )
        }));
        lines.push(format!(
            "  Secrets Manager {}: keeps the value from before Cognito learns it",
            self.journal
        ));
        lines.push("Steps:".to_owned());
        lines.extend(
            self.steps
                .iter()
                .enumerate()
                .map(|(index, step)| format!("  {}. {step}", index + 1)),
        );
        lines.extend(
            self.warnings
                .iter()
                .map(|warning| format!("Warning: {warning}")),
        );
        lines
    }

    /// Returns the plan as one page.
    pub fn page(&self) -> PlanPage {
        PlanPage {
            sentence: "No outage: Cognito takes both secrets until one of them is removed."
                .to_owned(),
            has_outage: false,
            sections: self.sections(),
            steps: self
                .kind
                .steps()
                .iter()
                .skip(1)
                .map(|step| PlannedStep {
                    name: step.as_str(),
                    what: step.description(self.kind).to_owned(),
                    writes: writes(*step),
                    logins_fail: false,
                })
                .collect(),
            resume_command: format!("client-secret resume -d {}", self.deployment),
            subject: format!(
                "app client {}   user pool {}",
                self.client_id, self.user_pool_id
            ),
        }
    }

    fn sections(&self) -> Vec<PlanSection> {
        let section = |heading, rows| PlanSection { heading, rows };
        let warnings = self
            .warnings
            .iter()
            .map(|warning| PlanRow::text(PlanMark::Attention, warning));
        let holders = self.holders.iter().map(|holder| {
            PlanRow::columns(
                holder.change.mark(),
                [holder.place, &holder.name, "", holder.change.words()],
            )
        });
        let kept = format!(
            "in Secrets Manager, {}, from before Cognito learns it",
            self.journal
        );
        let changes = match self.kind {
            ClientSecretKind::Rotate | ClientSecretKind::Resume => format!(
                "a second secret of 48 letters and digits takes the place of {}",
                self.current
            ),
            ClientSecretKind::Rollback => {
                "the old secret is used again, the new one is removed".to_owned()
            }
        };
        vec![
            section("warnings", warnings.collect()),
            section("used by", holders.collect()),
            section("changes", vec![PlanRow::text(PlanMark::Plain, changes)]),
            section("kept", vec![PlanRow::text(PlanMark::Plain, kept)]),
            section(
                "open",
                vec![PlanRow::text(
                    PlanMark::Plain,
                    "tokens that were issued stay valid until they expire",
                )],
            ),
        ]
    }
}

/// Returns the system that a step writes to.
const fn writes(step: ClientSecretStep) -> Option<&'static str> {
    match step {
        ClientSecretStep::Check | ClientSecretStep::Verify | ClientSecretStep::Prove => None,
        ClientSecretStep::Prepare | ClientSecretStep::Clean => Some("Secrets Manager"),
        ClientSecretStep::Add | ClientSecretStep::Retire => Some("Cognito"),
        ClientSecretStep::Provider => Some("AgentCore"),
        ClientSecretStep::Configuration => Some("your file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_says_what_each_holder_needs_and_what_must_be_done_by_hand() {
        let holder = |place, name: &str, change| SecretHolder {
            place,
            name: name.to_owned(),
            change,
        };
        let plan = ClientSecretPlan::new(&ClientSecretPlanInput {
            deployment: "a".into(),
            holders: vec![
                holder("credential provider", "neo4j-oauth", HolderChange::Updated),
                holder("environment", "MCP_SECRET", HolderChange::ByHand),
            ],
            ..ClientSecretPlanInput::default()
        });
        let text = plan.lines().join("\n");
        assert!(text.contains("credential provider neo4j-oauth: updated"));
        let page = plan.page();
        assert!(!page.has_outage && page.resume_command == "client-secret resume -d a");
        let marks: Vec<PlanMark> = page.sections[1].rows.iter().map(|row| row.mark).collect();
        assert_eq!(marks, [PlanMark::Good, PlanMark::Attention]);
    }
}
