//! What the console saw of the fleet when it ended: names and statuses, so that the next start paints them before AWS answers.
//! Neither configurations nor environments nor values are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Loadable, Store};
use crate::{
    logs::redact,
    model::{Deployment, DeploymentName, Kind, Moment, Resource},
};

/// The fleet of the last run. Unknown and missing members are tolerated: the file may be of another version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FleetSnapshot {
    /// What was looked at: the path of the configuration, or profile and regions. Another place has another fleet.
    pub place: String,
    /// When it was seen, in milliseconds since 1970.
    pub at: i64,
    /// The deployments, in order.
    pub deployments: Vec<SavedDeployment>,
    /// Their resources.
    pub resources: Vec<SavedResource>,
}

/// A deployment that was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedDeployment {
    /// Its name.
    pub name: String,
    /// What the screens call it, if that is not its name.
    pub title: Option<String>,
    /// Its region.
    pub region: String,
}

/// A resource that was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedResource {
    /// Name of its deployment.
    pub deployment: String,
    /// The word for its kind.
    pub kind: String,
    /// Its id within the kind.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its status, as AWS gave it.
    pub status: String,
    /// AWS's reason.
    pub reason: Option<String>,
    /// When it last changed, in milliseconds since 1970.
    pub updated: Option<i64>,
}

impl FleetSnapshot {
    /// Parses the text of the file. Text that is no such JSON counts as nothing seen.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Formats the snapshot as the text of the file.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Takes the snapshot of a store; `None` if nothing was listed in this run.
    pub fn of(store: &Store, place: &str, now: Moment) -> Option<Self> {
        let is_listed = store
            .lists
            .iter()
            .any(|(key, list)| list.value().is_some() && !store.is_remembered(&key.0, key.1));
        let deployments = store.deployments.iter().map(|deployment| SavedDeployment {
            name: deployment.name.to_string(),
            title: deployment.title.clone(),
            region: deployment.region.clone(),
        });
        let resources = store.lists.values().filter_map(Loadable::value).flatten();
        is_listed.then(|| Self {
            place: place.to_owned(),
            at: now.millis(),
            deployments: deployments.collect(),
            resources: resources.map(saved).collect(),
        })
    }

    /// Returns the deployments, as far as the last run knew them.
    pub fn deployments(&self) -> Vec<Deployment> {
        let deployment = |saved: &SavedDeployment| Deployment {
            title: saved.title.clone(),
            ..Deployment::new(saved.name.as_str(), saved.region.as_str())
        };
        self.deployments.iter().map(deployment).collect()
    }

    /// Returns the resources by deployment and kind. Kinds that this version does not know are left out.
    pub(super) fn lists(&self) -> BTreeMap<(DeploymentName, Kind), Vec<Resource>> {
        let mut lists: BTreeMap<_, Vec<Resource>> = BTreeMap::new();
        for saved in &self.resources {
            let Some(kind) = Kind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == saved.kind)
            else {
                continue;
            };
            let deployment = DeploymentName::from(saved.deployment.as_str());
            lists
                .entry((deployment.clone(), kind))
                .or_default()
                .push(restored(deployment, kind, saved));
        }
        lists
    }
}

fn saved(resource: &Resource) -> SavedResource {
    SavedResource {
        deployment: resource.key.deployment.to_string(),
        kind: resource.key.kind.as_str().to_owned(),
        id: resource.key.id.clone(),
        name: resource.name.clone(),
        status: resource.status.clone(),
        reason: resource
            .reason
            .as_deref()
            .map(|reason| redact(reason).into_owned()),
        updated: resource.updated.map(Moment::millis),
    }
}

fn restored(deployment: DeploymentName, kind: Kind, saved: &SavedResource) -> Resource {
    Resource {
        name: saved.name.clone(),
        status: saved.status.clone(),
        reason: saved.reason.clone(),
        updated: saved.updated.map(Moment::from_millis),
        ..Resource::new(deployment, kind, saved.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Moment = Moment::from_millis(1_795_269_600_000);

    fn runtime(status: &str) -> Resource {
        let saved = SavedResource {
            id: "rt-1".into(),
            name: "movies".into(),
            status: status.into(),
            reason: Some("NEO4J_PASSWORD=canary-77 was refused".into()),
            ..SavedResource::default()
        };
        Resource {
            raw: json!({"environmentVariables": {"NEO4J_PASSWORD": "canary-77"}}).into(),
            ..restored("prod".into(), Kind::Runtime, &saved)
        }
    }

    fn store() -> Store {
        let mut store = Store::new(vec![Deployment::new("prod", "us-west-2")]);
        let list = Ok(vec![runtime("READY")]);
        let _ = store.record_list(&"prod".into(), Kind::Runtime, list, NOW);
        store
    }

    #[test]
    fn names_and_statuses_come_back_and_no_secret_is_kept() {
        let snapshot = FleetSnapshot::of(&store(), "config.toml", NOW).unwrap();
        let text = snapshot.to_text();
        assert!(!text.contains("canary"), "{text}");
        let read = FleetSnapshot::parse(&text);
        assert_eq!(read, snapshot);
        let mut next = Store::new(read.deployments());
        next.remember(&read);
        let resource = next.resources(&"prod".into()).next().cloned().unwrap();
        assert_eq!(
            (resource.name.as_str(), resource.status.as_str()),
            ("movies", "READY")
        );
        assert!(next.is_remembered(&"prod".into(), Kind::Runtime));
        assert_eq!(FleetSnapshot::of(&next, "config.toml", NOW), None);
    }

    #[test]
    fn the_first_answer_replaces_what_was_remembered_without_a_transition() {
        let snapshot = FleetSnapshot::of(&store(), "config.toml", NOW).unwrap();
        let mut next = Store::new(snapshot.deployments());
        next.remember(&snapshot);
        let later = NOW.plus(60_000);
        let list = Ok(vec![runtime("UPDATE_FAILED")]);
        let _ = next.record_list(&"prod".into(), Kind::Runtime, list, later);
        assert!(!next.is_remembered(&"prod".into(), Kind::Runtime));
        assert!(next.feed.is_empty(), "nobody saw it change");
        assert_eq!(next.freshness(), Some(later));
    }
}
