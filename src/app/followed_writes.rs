//! Writes that AWS answers before they are done: followed in the lists until they are, or have failed.

use super::App;
use crate::{
    kinds,
    messages::Effects,
    model::{
        DeploymentName, Failure, FailureKind, Health, Kind, Moment, Resource, ResourceKey,
        moment::short_duration,
    },
    state::{ListChange, Loadable},
};

/// A write that has not ended after this long is followed no further, in milliseconds.
const PATIENCE_MS: i64 = 15 * 60_000;

/// A write whose end is awaited.
#[derive(Clone, Debug)]
pub(super) struct FollowedWrite {
    /// The resource that it changes.
    key: ResourceKey,
    /// What was done, as Activity says it.
    what: String,
    /// The same as a failure says it.
    doing: String,
    /// The version that an endpoint is to serve.
    version: Option<String>,
    /// When AWS took it.
    since: Moment,
    /// Whether the list that is being read now was asked for before the write: it says nothing.
    is_list_older: bool,
}

impl FollowedWrite {
    /// Returns how the write has ended by a resource as it is listed now; `None` if it has not.
    fn end(&self, resource: Option<&Resource>, now: Moment) -> Option<Result<String, Failure>> {
        let after = short_duration(now.since(self.since));
        let failed = |kind, cause| Some(Err(Failure::new(kind, self.doing.clone(), cause)));
        let Some(resource) = resource else {
            return failed(FailureKind::NotFound, "it is gone".to_owned());
        };
        let status = &resource.status;
        let serves = resource
            .raw
            .get("liveVersion")
            .and_then(serde_json::Value::as_str);
        let is_served = self.version.is_none() || serves == self.version.as_deref();
        match kinds::health(resource) {
            Health::Degraded | Health::Failed => {
                let reason = resource
                    .reason
                    .as_deref()
                    .filter(|reason| !reason.is_empty());
                let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
                failed(
                    FailureKind::Server,
                    format!("{status} after {after}{reason}"),
                )
            }
            Health::Healthy | Health::NeedsPerson | Health::Unknown if is_served => {
                Some(Ok(format!("{status} after {after}")))
            }
            Health::Healthy | Health::NeedsPerson | Health::Unknown | Health::Changing => {
                let is_late = now.since(self.since) >= PATIENCE_MS;
                let cause = format!("it is still {status} after {after}");
                is_late.then(|| {
                    Err(Failure::new(
                        FailureKind::Timeout,
                        self.doing.clone(),
                        cause,
                    ))
                })
            }
        }
    }
}

impl App {
    /// An endpoint was told to serve a version: followed until it does.
    pub(super) fn endpoint_moved(
        &mut self,
        key: &ResourceKey,
        version: &str,
        result: Result<(), Failure>,
    ) -> Effects {
        let words = self.store.resource_words(key);
        let what = format!("serve version {version} at {words}");
        let doing = format!("moving endpoint {words} to version {version}");
        let result = result.map(|()| "UPDATING".to_owned());
        let is_taken = result.is_ok();
        self.wrote(what.clone(), named(result, &doing), None);
        if is_taken {
            self.follow_write(key, (what, doing), Some(version.to_owned()));
        }
        self.schedule_list(&key.deployment, key.kind, ListChange::StatusChanged);
        self.list_soon(&key.deployment, key.kind)
    }

    /// A target was told to synchronise: followed until it has.
    pub(super) fn synchronized(
        &mut self,
        key: &ResourceKey,
        result: Result<(Resource, Option<String>), Failure>,
    ) {
        let words = self.store.resource_words(key);
        let what = format!("synchronize {words}");
        let doing = format!("synchronizing {words}");
        let (target, request_id) = match result {
            Ok((target, request_id)) => (target, request_id),
            Err(failure) => return self.wrote(what.clone(), named(Err(failure), &doing), None),
        };
        self.wrote(what.clone(), Ok(target.status.clone()), request_id);
        if kinds::health(&target) == Health::Changing {
            self.follow_write(key, (what, doing), None);
        }
        let _ = self.store.observe_resource(&target, self.now);
        // Poll it soon, whatever status it reports now.
        self.schedule_list(&key.deployment, key.kind, ListChange::StatusChanged);
    }

    /// Follows the write that was recorded last. An earlier one of the same resource is superseded by it.
    fn follow_write(
        &mut self,
        key: &ResourceKey,
        (what, doing): (String, String),
        version: Option<String>,
    ) {
        let is_same = |write: &FollowedWrite| write.key == *key;
        let earlier: Vec<FollowedWrite> = self
            .followed
            .extract_if(.., |write| is_same(write))
            .collect();
        for write in earlier {
            let words = "followed no further: a newer change took its place".to_owned();
            self.store.settle(&write.what, Ok(words), self.now);
        }
        if let Some(entry) = self.store.activity.front_mut() {
            entry.is_pending = true;
        }
        let list = self.store.lists.get(&(key.deployment.clone(), key.kind));
        self.followed.push(FollowedWrite {
            key: key.clone(),
            what,
            doing,
            version,
            since: self.now,
            is_list_older: list.is_some_and(Loadable::is_loading),
        });
    }

    /// Looks whether writes to resources of a list that was just read have ended, and says so.
    pub(super) fn settle_writes(&mut self, deployment: &DeploymentName, kind: Kind) {
        let list = self.store.lists.get(&(deployment.clone(), kind));
        if list.is_none_or(|list| list.failure().is_some()) {
            return;
        }
        let mut ended = Vec::new();
        for write in &mut self.followed {
            let is_listed = write.key.deployment == *deployment && write.key.kind == kind;
            if !is_listed || std::mem::take(&mut write.is_list_older) {
                continue;
            }
            if let Some(end) = write.end(self.store.resource(&write.key), self.now) {
                ended.push((write.key.clone(), write.what.clone(), end));
            }
        }
        for (key, what, end) in ended {
            self.followed.retain(|write| write.key != key);
            match &end {
                Ok(words) => self.toast(format!("{what}: {words}"), false),
                Err(failure) => self.alarm = Some(failure.clone()),
            }
            self.store.settle(&what, end, self.now);
            self.changed = true;
        }
    }
}

/// Returns a result whose failure names the resource as the screens do.
fn named(result: Result<String, Failure>, doing: &str) -> Result<String, Failure> {
    result.map_err(|failure| Failure {
        doing: doing.to_owned(),
        ..failure
    })
}
