//! From the Fleet to other screens: logs, tools, the doctor, related resources, the clipboard, the browser.

use std::collections::HashSet;

use super::{Fleet, RowId, change};
use crate::{
    kinds::{self, McpAccess},
    logs::SPANS_GROUP,
    messages::{Action, Effect, FleetAction, FleetEffect},
    model::{DeploymentName, Health, Kind, McpEndpoint, McpTarget, Resource},
    screens::{
        AppRequest, ScreenUpdate, UpdateContext,
        detail::{Detail, copy},
    },
    state::Store,
};

/// Said where nothing waits for a person.
const NO_CONSENT: &str = "nothing here waits for the consent of a person";

impl Fleet {
    /// Synchronizes the marked targets, or the selected one.
    pub(super) fn synchronize(
        &self,
        context: &UpdateContext<'_>,
        resource: Option<&Resource>,
    ) -> ScreenUpdate {
        let marked = self.marked_targets(context.store);
        let selected: Vec<&Resource> = resource
            .filter(|resource| resource.key.kind == Kind::Target)
            .into_iter()
            .collect();
        if marked.is_empty() {
            return change::synchronize(context, &selected, &[]);
        }
        let hidden = self.hidden(&marked, context.store);
        change::synchronize(context, &marked, &hidden)
    }

    /// Returns those of some resources for which no row is shown: the filter keeps them out, or they are folded away.
    fn hidden<'a>(&self, resources: &[&'a Resource], store: &Store) -> Vec<&'a Resource> {
        let rows = self.lines(store);
        let shown: HashSet<&RowId> = rows.iter().map(|row| &row.row_id).collect();
        let is_shown = |resource: &Resource| shown.contains(&RowId::Resource(resource.key.clone()));
        resources
            .iter()
            .copied()
            .filter(|resource| !is_shown(resource))
            .collect()
    }

    /// Returns the marked targets, of all deployments.
    pub(super) fn marked_targets<'a>(&self, store: &'a Store) -> Vec<&'a Resource> {
        let deployments = store.deployments.iter();
        deployments
            .flat_map(|deployment| store.resources(&deployment.name))
            .filter(|resource| resource.key.kind == Kind::Target)
            .filter(|resource| self.marks.contains(&RowId::Resource(resource.key.clone())))
            .collect()
    }

    /// To the first resource that this one leads to, or back to one that leads here. A secret leads to its screen.
    pub(super) fn follow_relation(
        &mut self,
        context: &UpdateContext<'_>,
        resource: Option<&Resource>,
        is_back: bool,
    ) -> ScreenUpdate {
        let Some(resource) = resource else {
            return ScreenUpdate::done();
        };
        if resource.key.kind == Kind::Secret && !is_back {
            let (deployment, id) = (&resource.key.deployment, &resource.key.id);
            return ScreenUpdate::request(AppRequest::Secret(deployment.clone(), id.clone()));
        }
        let related = if is_back {
            context.store.led_from(resource)
        } else {
            context.store.leads_to(resource)
        };
        let Some(next) = related.first().map(|related| related.resource.key.clone()) else {
            let text = if is_back {
                format!("nothing that is listed here leads to {}", resource.name)
            } else {
                format!("{} leads to nothing that is listed here", resource.name)
            };
            return ScreenUpdate::request(AppRequest::Say(text));
        };
        self.reveal(&next);
        if self.detail.is_none() {
            return ScreenUpdate::done();
        }
        self.detail = Some(Detail::new(next.clone(), context.now));
        ScreenUpdate::effect(Effect::Fleet(FleetEffect::Describe(next)))
    }

    /// Logs of all marked rows of the deployment together; without marks, of the current row.
    pub(super) fn follow_logs(
        &self,
        context: &UpdateContext<'_>,
        deployment: &DeploymentName,
        resource: Option<&Resource>,
    ) -> ScreenUpdate {
        let marked: Vec<&Resource> = context
            .store
            .resources(deployment)
            .filter(|resource| {
                self.marks.contains(&RowId::Resource(resource.key.clone()))
                    && !resource.log_groups.is_empty()
            })
            .collect();
        if marked.is_empty() {
            return follow_logs(context, deployment, resource);
        }
        let names: Vec<&str> = marked
            .iter()
            .map(|resource| resource.name.as_str())
            .collect();
        let mut groups: Vec<String> = Vec::new();
        for group in marked.iter().flat_map(|resource| &resource.log_groups) {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
        ScreenUpdate::request(AppRequest::Logs {
            deployment: deployment.clone(),
            title: names.join(" + "),
            groups,
            since: None,
            failed_from: None,
        })
    }

    /// Copies something of the selected resource or deployment.
    pub(super) fn copy(&self, action: Action, context: &UpdateContext<'_>) -> ScreenUpdate {
        let Some(row) = self.current(context.store) else {
            return ScreenUpdate::done();
        };
        match (action, row.resource) {
            (Action::Fleet(FleetAction::CopyFix), _) => copy_fix(row.row_id.deployment(), context),
            (Action::Fleet(FleetAction::CopyConsent), resource) => {
                match consent_address(row.row_id.deployment(), resource, context.store) {
                    Some(address) => ScreenUpdate::effect(Effect::Copy(address)),
                    None => ScreenUpdate::request(AppRequest::Say(NO_CONSENT.to_owned())),
                }
            }
            (_, Some(resource)) => copy(action, resource, context.store),
            (_, None) => ScreenUpdate::done(),
        }
    }
}

/// Copies the doctor's fix for what is broken.
fn copy_fix(deployment: &DeploymentName, context: &UpdateContext<'_>) -> ScreenUpdate {
    let health = context.store.health(deployment);
    let examined = context.store.examined.get(deployment);
    let found = examined.and_then(|(_, report)| report.break_cause());
    match found.filter(|found| health.hop == Some(found.hop.as_str())) {
        Some(found) => ScreenUpdate::effect(Effect::Copy(found.to_copy().to_owned())),
        None => ScreenUpdate::request(AppRequest::Say(format!(
            "no fix is known for {}: the doctor finds one",
            context.store.title(deployment.as_str())
        ))),
    }
}

/// Opens the page at which a person consents.
pub(super) fn open_consent(
    deployment: &DeploymentName,
    resource: Option<&Resource>,
    store: &Store,
) -> ScreenUpdate {
    match consent_address(deployment, resource, store) {
        Some(address) => ScreenUpdate::effect(Effect::OpenAddress(address)),
        None => ScreenUpdate::request(AppRequest::Say(NO_CONSENT.to_owned())),
    }
}

/// Opens the resource in the AWS console.
pub(super) fn open_aws_console(
    deployment: &DeploymentName,
    resource: Option<&Resource>,
    store: &Store,
) -> ScreenUpdate {
    let region = store
        .deployment(deployment)
        .map_or("us-east-1", |deployment| deployment.region.as_str());
    let key = resource.map(|resource| &resource.key);
    ScreenUpdate::effect(Effect::OpenAddress(kinds::console_address(key, region)))
}

/// Returns the address at which a person consents: of this resource, otherwise of the first one that waits.
fn consent_address(
    deployment: &DeploymentName,
    resource: Option<&Resource>,
    store: &Store,
) -> Option<String> {
    let own = resource.and_then(|resource| resource.fact("Authorization URL"));
    let waiting = || {
        store
            .resources(deployment)
            .filter(|resource| kinds::health(resource) == Health::NeedsPerson)
            .find_map(|resource| resource.fact("Authorization URL"))
    };
    own.or_else(waiting).map(str::to_owned)
}

/// Logs of the resource, or of everything in the deployment.
fn follow_logs(
    context: &UpdateContext<'_>,
    deployment: &DeploymentName,
    resource: Option<&Resource>,
) -> ScreenUpdate {
    let logged = resource.filter(|resource| !resource.log_groups.is_empty());
    let (title, groups) = if let Some(resource) = logged {
        (resource.name.clone(), resource.log_groups.clone())
    } else {
        let groups = deployment_groups(context.store, deployment);
        let title = context.store.title(deployment.as_str());
        (title.to_owned(), groups)
    };
    if groups.is_empty() {
        return ScreenUpdate::request(AppRequest::Say(format!("{title} has no log groups yet")));
    }
    ScreenUpdate::request(AppRequest::Logs {
        deployment: deployment.clone(),
        title,
        groups,
        since: None,
        failed_from: None,
    })
}

/// Returns all log groups of a deployment, each once, in the order of its resources; behind them the group of the spans of its account,
/// where another deployment of that account lists it.
pub fn deployment_groups(store: &Store, deployment: &DeploymentName) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    let configured = store
        .deployment(deployment)
        .into_iter()
        .flat_map(|deployment| &deployment.log_groups);
    for group in configured.chain(
        store
            .resources(deployment)
            .flat_map(|resource| &resource.log_groups),
    ) {
        if !groups.contains(group) {
            groups.push(group.clone());
        }
    }
    let has_spans = groups.iter().any(|group| group == SPANS_GROUP);
    if !groups.is_empty() && !has_spans && has_shared_spans(store, deployment) {
        groups.push(SPANS_GROUP.to_owned());
    }
    groups
}

/// Returns whether a deployment of the same account lists the group of its spans.
fn has_shared_spans(store: &Store, deployment: &DeploymentName) -> bool {
    let Some(own) = store.deployment(deployment) else {
        return false;
    };
    let mut others = store
        .deployments
        .iter()
        .filter(|other| other.shares_access(own));
    others.any(|other| other.log_groups.iter().any(|group| group == SPANS_GROUP))
}

/// Shows the tools of the MCP endpoint that a resource stands for.
pub(super) fn tools(deployment: &DeploymentName, resource: Option<&Resource>) -> ScreenUpdate {
    let target = resource
        .filter(|resource| kinds::spec(resource.key.kind).access != McpAccess::None)
        .map_or(McpTarget::Default, |resource| {
            McpTarget::Resource(resource.key.clone())
        });
    ScreenUpdate::request(AppRequest::Tools(McpEndpoint {
        deployment: deployment.clone(),
        target,
    }))
}
