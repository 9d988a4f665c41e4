//! The plan of a password's rotation as one page.

use std::collections::BTreeMap;

use super::plan::{PlanConnection, RotationPlan};
use super::plan_page::{PlanMark, PlanPage, PlanRow, PlanSection, PlannedStep};
use super::readers::{Pickup, SecretReader};
use super::report::{RotationKind, RotationStep};

const MANAGER: &str = "Secrets Manager";
const DATABASE: &str = "Neo4j";

impl RotationPlan {
    /// Returns the plan as one page.
    pub fn page(&self) -> PlanPage {
        PlanPage {
            sentence: self.sentence(),
            has_outage: self.alternate.is_none(),
            sections: vec![
                section(
                    "warnings",
                    self.warnings
                        .iter()
                        .map(|warning| PlanRow::text(PlanMark::Attention, warning)),
                ),
                section(
                    "outage",
                    [PlanRow::text(PlanMark::Plain, self.outage_range())],
                ),
                section("readers", self.readers.iter().map(reader_row)),
                section("open now", self.connection_rows()),
                section(
                    "by hand",
                    self.by_hand
                        .iter()
                        .map(|line| PlanRow::text(PlanMark::Attention, line)),
                ),
                section("changes", [PlanRow::text(PlanMark::Plain, self.changes())]),
            ],
            steps: self.page_steps(),
            resume_command: format!("secrets resume {}", self.secret),
            subject: format!("user {} at {}", self.user, self.address),
        }
    }

    /// Returns what it costs: who fails, for how long, what must be restarted.
    fn sentence(&self) -> String {
        if let Some(other) = &self.alternate {
            return format!(
                "No outage: user {} keeps its password, readers move on to user {}.",
                self.user, other.user
            );
        }
        let slow = self
            .readers
            .iter()
            .filter(|reader| reader.pickup.is_slow())
            .count();
        let restart = match slow {
            0 => String::new(),
            1 => "; one reader keeps the old one until it is restarted".to_owned(),
            count => format!("; {count} readers keep the old one until they are restarted"),
        };
        let during = if self.by_function {
            "until the rotation function is done, usually for some seconds"
        } else {
            "usually for under a second"
        };
        format!("New logins as {} fail, {during}{restart}.", self.user)
    }

    fn outage_range(&self) -> String {
        match &self.alternate {
            Some(other) => format!(
                "none for readers of AWSCURRENT; whoever still logs in as {}, the user of the previous version, fails from step 3 on",
                other.user
            ),
            None if self.by_function => {
                "until the function has moved AWSCURRENT; open connections stay open until you agree to close them".to_owned()
            }
            None => {
                "new logins fail from step 3 to step 5; open connections stay open until you agree to close them"
                    .to_owned()
            }
        }
    }

    fn changes(&self) -> String {
        match (self.kind, &self.alternate) {
            (RotationKind::Rollback, _) => format!(
                "back to version {}; the version that is current now stays as AWSPREVIOUS",
                self.previous_version.as_deref().unwrap_or("AWSPREVIOUS")
            ),
            (RotationKind::Rotate | RotationKind::Resume, _) if self.by_function => {
                "what the secret's rotation function writes".to_owned()
            }
            (RotationKind::Rotate | RotationKind::Resume, Some(other)) => format!(
                "user {} and a password of {} characters; all else of the secret stays to the byte",
                other.user, self.password_length
            ),
            (RotationKind::Rotate | RotationKind::Resume, None) => format!(
                "the password alone, {} new characters; all else of the secret stays to the byte",
                self.password_length
            ),
        }
    }

    /// Connections by program and host.
    fn connection_rows(&self) -> Vec<PlanRow> {
        let mut groups: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for PlanConnection { agent, address } in self.connections.iter().flatten() {
            let host = address
                .rsplit_once(':')
                .map_or(address.as_str(), |(host, _)| host);
            let agent = if agent.is_empty() {
                "unnamed client"
            } else {
                agent
            };
            *groups.entry((agent, host)).or_default() += 1;
        }
        // Of two users only one changes; otherwise what has the old password is closed, after a question.
        let (mark, after) = if self.alternate.is_some() {
            (PlanMark::Good, "stays open")
        } else {
            (PlanMark::Attention, "closed if you agree")
        };
        groups
            .into_iter()
            .map(|((agent, host), count)| {
                let plural = if count == 1 { "" } else { "s" };
                let count = format!("{count} connection{plural}");
                PlanRow::columns(mark, [agent, host, &count, after])
            })
            .collect()
    }

    fn page_steps(&self) -> Vec<PlannedStep> {
        if self.by_function {
            return function_steps();
        }
        let prepare = if self.kind == RotationKind::Rollback {
            "label the previous version"
        } else {
            "a new version that is not read yet"
        };
        let (set, consumers) = match &self.alternate {
            Some(other) => (
                format!("the password of user {}", other.user),
                "refresh readers, one call through the chain",
            ),
            None => (
                "ALTER CURRENT USER SET PASSWORD".to_owned(),
                "close, refresh, one call through the chain",
            ),
        };
        let verify = "log in with it on a new connection";
        let mut steps = vec![
            step(RotationStep::Prepare, prepare, MANAGER),
            step(RotationStep::Claim, "AWSPENDING → the new version", MANAGER),
            step(RotationStep::Set, &set, DATABASE),
            step(RotationStep::Verify, verify, ""),
            step(
                RotationStep::Promote,
                "AWSCURRENT → the new version",
                MANAGER,
            ),
            step(
                RotationStep::Clean,
                "take AWSPENDING and labels off",
                MANAGER,
            ),
            step(
                RotationStep::Consumers,
                consumers,
                "Neo4j, AgentCore, if you agree",
            ),
        ];
        if self.alternate.is_none() {
            let outage = [
                RotationStep::Set,
                RotationStep::Verify,
                RotationStep::Promote,
            ];
            let names = outage.map(RotationStep::as_str);
            for step in &mut steps {
                step.logins_fail = names.contains(&step.name);
            }
        }
        steps
    }
}

/// Returns the console's own steps where the secret's rotation function does the rest.
fn function_steps() -> Vec<PlannedStep> {
    vec![
        step(
            RotationStep::Set,
            "start the secret's rotation function and watch it",
            MANAGER,
        ),
        step(RotationStep::Clean, "take AWSPENDING off", MANAGER),
        step(
            RotationStep::Consumers,
            "readers, then one call through the chain",
            "",
        ),
    ]
}

fn step(step: RotationStep, what: &str, system: &'static str) -> PlannedStep {
    PlannedStep {
        name: step.as_str(),
        what: what.to_owned(),
        writes: Some(system).filter(|system| !system.is_empty()),
        logins_fail: false,
    }
}

fn section(heading: &'static str, rows: impl IntoIterator<Item = PlanRow>) -> PlanSection {
    PlanSection {
        heading,
        rows: rows.into_iter().collect(),
    }
}

/// Returns who reads it, when it takes the new value, and what is done about that.
fn reader_row(reader: &SecretReader) -> PlanRow {
    let (sort, name) = reader.name.split_once(' ').unwrap_or(("", &reader.name));
    let (mark, after) = match (reader.pickup, &reader.runtime) {
        (Pickup::EveryCall | Pickup::EveryConnection, _) => (PlanMark::Good, "nothing to do"),
        (Pickup::ContainerLife, Some(_)) => {
            (PlanMark::Attention, "sessions stopped, you are asked")
        }
        (Pickup::Environment, Some(_)) => {
            (PlanMark::Attention, "updated and stopped, you are asked")
        }
        (Pickup::ContainerLife | Pickup::Environment, None) => {
            (PlanMark::Attention, "restart it afterwards")
        }
        (Pickup::Unknown, _) => (PlanMark::Unknown, "check it afterwards"),
    };
    PlanRow::columns(mark, [sort, name, reader.pickup.brief(), after])
}

#[cfg(test)]
mod tests {
    use super::super::effect::Connection;
    use super::super::plan::PlanInput;
    use super::*;

    fn known() -> PlanInput {
        let connection = |id: &str, port: u16| Connection {
            id: id.into(),
            connector: "bolt".into(),
            agent: "Go Driver/6.2.0".into(),
            address: format!("10.0.3.17:{port}"),
        };
        PlanInput {
            user: "neo4j".into(),
            secret: "prod/neo4j".into(),
            connections: Some(vec![connection("bolt-1", 1), connection("bolt-2", 2)]),
            readers: vec![SecretReader {
                name: "runtime r-1".into(),
                pickup: Pickup::ContainerLife,
                evidence: String::new(),
                runtime: Some("r-1".into()),
            }],
            password_length: 32,
            ..PlanInput::default()
        }
    }

    #[test]
    fn the_page_says_first_who_fails_for_how_long_and_what_keeps_the_old_password() {
        let page = RotationPlan::new(RotationKind::Rotate, &known()).page();
        assert_eq!(
            page.sentence,
            "New logins as neo4j fail, usually for under a second; one reader keeps the old one until it is restarted."
        );
        let headings: Vec<&str> = page.filled().map(|section| section.heading).collect();
        assert_eq!(headings, ["outage", "readers", "open now", "changes"]);
        let failing: Vec<&str> = page
            .steps
            .iter()
            .filter(|step| step.logins_fail)
            .map(|step| step.name)
            .collect();
        assert_eq!(failing, ["set", "verify", "promote"]);
    }

    #[test]
    fn connections_of_one_program_and_host_are_one_row() {
        let page = RotationPlan::new(RotationKind::Rotate, &known()).page();
        let open = page
            .filled()
            .find(|section| section.heading == "open now")
            .unwrap();
        assert_eq!(open.rows.len(), 1);
        assert_eq!(
            open.rows[0].cells,
            [
                "Go Driver/6.2.0",
                "10.0.3.17",
                "2 connections",
                "closed if you agree"
            ]
        );
    }

    #[test]
    fn a_plan_does_not_contradict_its_questions() {
        let mut known = known();
        for managed in [false, true] {
            known.managed = managed;
            let page = RotationPlan::new(RotationKind::Rotate, &known).page();
            let text = |heading| {
                let section = page.filled().find(|section| section.heading == heading);
                let rows = section.map(|section| format!("{:?}", section.rows));
                rows.unwrap_or_default()
            };
            assert!(
                text("open now").contains("closed if you agree"),
                "{managed}"
            );
            assert!(text("outage").contains("until you agree"), "{managed}");
        }
    }

    #[test]
    fn a_rotation_function_has_only_its_own_steps_and_no_bracket() {
        let mut known = known();
        known.managed = true;
        let page = RotationPlan::new(RotationKind::Rotate, &known).page();
        let names: Vec<&str> = page.steps.iter().map(|step| step.name).collect();
        assert_eq!(names, ["set", "clean", "consumers"]);
        assert!(page.steps.iter().all(|step| !step.logins_fail));
    }
}
