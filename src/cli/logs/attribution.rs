//! Whose a line is. Groups such as `aws/spans` are shared by the deployments of an account; their lines are shown only for the
//! deployment that they name.

use std::collections::{HashMap, HashSet};

use crate::{
    logs::{ReadLine, SPANS_GROUP, group_name},
    model::{Deployment, DeploymentName, Kind, Resource},
    services::aws::names::runtime_id,
};

/// The deployment of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineOwner<'a> {
    /// Shown; `None` if the line does not say which of several deployments it belongs to.
    Of(Option<&'a DeploymentName>),
    /// The line of a gateway or runtime that was not asked for.
    Stranger,
}

/// Knows the gateways, runtimes and groups of all deployments.
#[derive(Default)]
pub(crate) struct Attribution {
    ids: HashMap<DeploymentName, HashSet<String>>,
    groups: HashMap<String, Vec<DeploymentName>>,
    asked: HashSet<DeploymentName>,
    named_groups: HashSet<String>,
}

impl Attribution {
    /// Returns what the configuration says of the deployments.
    pub(crate) fn of(deployments: &[Deployment]) -> Self {
        let mut attribution = Self::default();
        for deployment in deployments {
            let ids = deployment.gateways.iter().cloned().chain(
                deployment
                    .runtimes
                    .iter()
                    .map(|runtime| runtime_id(runtime)),
            );
            attribution
                .ids
                .entry(deployment.name.clone())
                .or_default()
                .extend(ids.filter(|id| id != "*"));
            for group in &deployment.log_groups {
                attribution.add_group(group_name(group), &deployment.name);
            }
        }
        attribution
    }

    fn add_group(&mut self, group: &str, deployment: &DeploymentName) {
        let owners = self.groups.entry(group.to_owned()).or_default();
        if !owners.contains(deployment) {
            owners.push(deployment.clone());
        }
    }

    /// Adds what a listing says.
    pub(crate) fn learn(&mut self, resources: &[Resource]) {
        for resource in resources {
            let deployment = &resource.key.deployment;
            if matches!(resource.key.kind, Kind::Gateway | Kind::Runtime) {
                self.ids
                    .entry(deployment.clone())
                    .or_default()
                    .insert(resource.key.id.clone());
            }
            for group in &resource.log_groups {
                self.add_group(group, deployment);
            }
        }
    }

    /// Returns the ids of a deployment's gateways and runtimes.
    pub(crate) fn ids(&self, deployment: &DeploymentName) -> Vec<String> {
        self.ids
            .get(deployment)
            .map_or_else(Vec::new, |ids| ids.iter().cloned().collect())
    }

    /// Asks for a deployment's lines.
    pub(super) fn ask(&mut self, deployment: &DeploymentName) {
        self.asked.insert(deployment.clone());
    }

    /// Returns the ids of the gateways and runtimes whose lines are asked for, if the log group of spans is read for them. `None` if it
    /// is not read, or was itself asked for.
    pub(super) fn owners_of_spans(&self, groups: &[String]) -> Option<Vec<String>> {
        let is_shared = groups.iter().any(|group| group == SPANS_GROUP)
            && !self.named_groups.contains(SPANS_GROUP);
        is_shared.then(|| {
            let mut ids: Vec<String> = (self.asked.iter())
                .flat_map(|deployment| self.ids(deployment))
                .collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        })
    }

    /// Asks for all lines of a group, whoever's they are.
    pub(super) fn name_group(&mut self, group: &str) {
        self.named_groups.insert(group.to_owned());
    }

    /// Returns whose a line is.
    pub(super) fn owner(&self, group: &str, line: &ReadLine<'_>) -> LineOwner<'_> {
        let owners = self.groups.get(group).map_or(&[][..], Vec::as_slice);
        let is_named = self.named_groups.contains(group);
        if let ([only], false) = (owners, group == SPANS_GROUP) {
            return LineOwner::Of(Some(only));
        }
        if let Some(id) = line.owner_id() {
            match self.deployment_of(id) {
                Some(deployment) if is_named || self.asked.contains(deployment) => {
                    LineOwner::Of(Some(deployment))
                }
                None if is_named => LineOwner::Of(None),
                Some(_) | None => LineOwner::Stranger,
            }
        } else {
            let mut candidates = owners.iter().filter(|name| self.asked.contains(*name));
            let only = candidates.next().filter(|_| candidates.next().is_none());
            LineOwner::Of(only)
        }
    }

    /// Returns the deployment of a gateway or runtime. Some spans name a runtime without the suffix of its id.
    fn deployment_of(&self, id: &str) -> Option<&DeploymentName> {
        let is_it = |known: &String| {
            known == id || known.rsplit_once('-').is_some_and(|(name, _)| name == id)
        };
        self.ids
            .iter()
            .find(|(_, ids)| ids.iter().any(is_it))
            .map(|(deployment, _)| deployment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribution() -> Attribution {
        let deployments = ["a", "b"].map(|name| Deployment {
            gateways: vec![format!("gw-{name}")],
            log_groups: vec![SPANS_GROUP.to_owned(), format!("/own/{name}")],
            ..Deployment::new(name, "us-west-2")
        });
        let mut attribution = Attribution::of(&deployments);
        attribution.ask(&"a".into());
        attribution
    }

    #[test]
    fn lines_of_a_shared_group_belong_to_whom_they_name() {
        let attribution = attribution();
        let line = |id: &str| {
            format!(r#"{{"resource_arn":"arn:aws:bedrock-agentcore:r:1:gateway/{id}"}}"#)
        };
        let owner = |group: &str, text: &str| attribution.owner(group, &ReadLine::new(text));
        let (a, gateway) = (DeploymentName::from("a"), line("gw-a"));
        assert_eq!(owner(SPANS_GROUP, &gateway), LineOwner::Of(Some(&a)));
        assert_eq!(owner(SPANS_GROUP, &line("gw-b")), LineOwner::Stranger);
        assert_eq!(owner(SPANS_GROUP, &line("gw-x")), LineOwner::Stranger);
        assert_eq!(owner(SPANS_GROUP, "no owner"), LineOwner::Of(Some(&a)));
        assert_eq!(owner("/own/a", "x"), LineOwner::Of(Some(&a)));
    }

    #[test]
    fn a_query_reads_the_spans_of_those_who_are_asked_for() {
        let mut attribution = attribution();
        let groups = [SPANS_GROUP.to_owned(), "/own/a".to_owned()];
        let owners =
            |attribution: &Attribution, groups: &[String]| attribution.owners_of_spans(groups);
        assert_eq!(owners(&attribution, &groups), Some(vec!["gw-a".to_owned()]));
        assert_eq!(owners(&attribution, &groups[1..]), None);
        attribution.name_group(SPANS_GROUP);
        assert_eq!(owners(&attribution, &groups), None, "it was named");
    }

    #[test]
    fn a_group_that_was_named_is_shown_whole() {
        let mut attribution = attribution();
        attribution.name_group(SPANS_GROUP);
        let text = r#"{"resource_arn":"arn:aws:bedrock-agentcore:r:1:gateway/gw-x"}"#;
        let owner = attribution.owner(SPANS_GROUP, &ReadLine::new(text));
        assert_eq!(owner, LineOwner::Of(None));
    }
}
