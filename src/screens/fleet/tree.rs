//! The rows of the Fleet: deployments, below them their resources, below those what belongs to them.

use std::collections::{HashMap, HashSet};

use super::{
    Order,
    filter::FleetFilter,
    folds::{Folds, is_other},
    ordered::{FleetEntry, ordered},
};
use crate::{
    kinds,
    model::{
        Deployment, DeploymentName, Failure, Health, Kind, MisconfiguredDeployment, Moment,
        Resource, ResourceKey, Traffic,
    },
    state::Store,
};

/// What a row stands for; identifies it across refreshes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowId {
    /// A deployment.
    Deployment(DeploymentName),
    /// A deployment whose configuration has a problem.
    Misconfigured(DeploymentName),
    /// A resource.
    Resource(ResourceKey),
    /// A list that could not be had.
    Problem(DeploymentName, Kind),
    /// Resources of a deployment that no call passes through, as one row.
    Others(DeploymentName),
    /// The sentence under a deployment that says what is wrong. The cursor passes over it.
    Note(DeploymentName),
    /// An empty line before a deployment. The cursor passes over it.
    Gap(DeploymentName),
}

impl RowId {
    /// The deployment it belongs to.
    pub const fn deployment(&self) -> &DeploymentName {
        match self {
            Self::Deployment(name)
            | Self::Misconfigured(name)
            | Self::Problem(name, _)
            | Self::Others(name)
            | Self::Note(name)
            | Self::Gap(name) => name,
            Self::Resource(key) => &key.deployment,
        }
    }

    /// Returns whether the cursor passes over it.
    pub const fn is_note(&self) -> bool {
        match self {
            Self::Note(_) | Self::Gap(_) => true,
            Self::Deployment(_)
            | Self::Misconfigured(_)
            | Self::Resource(_)
            | Self::Problem(..)
            | Self::Others(_) => false,
        }
    }
}

impl Row<'_> {
    /// Returns whether the cursor passes over it.
    pub const fn is_note(&self) -> bool {
        self.row_id.is_note()
    }

    /// Returns a row on the left edge with nothing but what it stands for.
    const fn bare(row_id: RowId) -> Self {
        Self {
            row_id,
            depth: 0,
            has_children: false,
            is_folded: false,
            deployment: None,
            misconfigured: None,
            resource: None,
            failure: None,
            is_context: false,
        }
    }
}

/// A row.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// What it stands for.
    pub row_id: RowId,
    /// How deep it lies.
    pub depth: u16,
    /// Whether something lies below it.
    pub has_children: bool,
    /// Whether that is folded away.
    pub is_folded: bool,
    /// The deployment, on its own row.
    pub deployment: Option<&'a Deployment>,
    /// The deployment whose configuration has a problem, on its own row.
    pub misconfigured: Option<&'a MisconfiguredDeployment>,
    /// The resource.
    pub resource: Option<&'a Resource>,
    /// Why a list could not be had.
    pub failure: Option<&'a Failure>,
    /// Whether the filter does not keep it itself: it only leads to what is kept.
    pub is_context: bool,
}

/// A row without what it shows: it outlives the frame, and finds its resource again as long as the store is the same.
#[derive(Clone, Debug)]
pub(super) struct CachedRow {
    pub(super) row_id: RowId,
    pub(super) depth: u16,
    pub(super) has_children: bool,
    pub(super) is_folded: bool,
    pub(super) is_context: bool,
    /// Where the deployment, or the resource in its list, is.
    at: usize,
}

impl CachedRow {
    /// Returns whether the cursor passes over it.
    pub(super) const fn is_note(&self) -> bool {
        self.row_id.is_note()
    }

    /// Returns the row with what it shows.
    pub(super) fn row<'a>(&self, store: &'a Store) -> Row<'a> {
        let list =
            |deployment: &DeploymentName, kind: Kind| store.lists.get(&(deployment.clone(), kind));
        let (mut deployment, mut resource, mut failure) = (None, None, None);
        let mut misconfigured = None;
        match &self.row_id {
            RowId::Deployment(_) => deployment = store.deployments.get(self.at),
            RowId::Misconfigured(name) => misconfigured = store.misconfigured(name),
            RowId::Resource(key) => {
                resource =
                    list(&key.deployment, key.kind).and_then(|list| list.value()?.get(self.at));
            }
            RowId::Problem(name, kind) => {
                failure = list(name, *kind).and_then(|list| list.failure());
            }
            RowId::Others(_) | RowId::Note(_) | RowId::Gap(_) => {}
        }
        Row {
            row_id: self.row_id.clone(),
            depth: self.depth,
            has_children: self.has_children,
            is_folded: self.is_folded,
            is_context: self.is_context,
            deployment,
            misconfigured,
            resource,
            failure,
        }
    }
}

/// Returns the rows, fit to be kept.
pub(super) fn lines(store: &Store, rows: Vec<Row<'_>>) -> Vec<CachedRow> {
    let listed = store.lists.values().filter_map(|list| list.value());
    let places: HashMap<&ResourceKey, usize> = listed
        .flat_map(|list| {
            list.iter()
                .enumerate()
                .map(|(at, resource)| (&resource.key, at))
        })
        .collect();
    let at = |row: &Row<'_>| match &row.row_id {
        RowId::Deployment(name) => store
            .deployments
            .iter()
            .position(|deployment| deployment.name == *name),
        RowId::Resource(key) => places.get(key).copied(),
        RowId::Misconfigured(_)
        | RowId::Problem(..)
        | RowId::Others(_)
        | RowId::Note(_)
        | RowId::Gap(_) => None,
    };
    rows.into_iter()
        .map(|row| CachedRow {
            at: at(&row).unwrap_or_default(),
            row_id: row.row_id,
            depth: row.depth,
            has_children: row.has_children,
            is_folded: row.is_folded,
            is_context: row.is_context,
        })
        .collect()
}

/// How rows are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowOrder {
    /// The column.
    pub order: Order,
    /// Whether the order is reversed.
    pub is_reversed: bool,
}

/// Returns all visible rows in their order. A filter keeps what it matches, and as context the rows below which that lies.
pub(super) fn rows<'a>(
    store: &'a Store,
    order: RowOrder,
    filter: &FleetFilter,
    folds: &Folds<'_>,
) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for entry in ordered(store, order) {
        let deployment = match entry {
            FleetEntry::Deployment(deployment) => deployment,
            FleetEntry::Misconfigured(deployment) => {
                rows.extend(misconfigured_rows(deployment, filter));
                continue;
            }
        };
        let row_id = RowId::Deployment(deployment.name.clone());
        let folded = folds.is_folded(&row_id) && filter.is_empty();
        let below = below_deployment(store, deployment, order, filter, folds);
        let verdict = store.health(&deployment.name);
        let is_hit = filter.is_empty() || filter.keeps_deployment(deployment, &verdict);
        if !is_hit && below.is_empty() {
            continue;
        }
        rows.push(Row {
            has_children: !below.is_empty(),
            is_folded: folded,
            deployment: Some(deployment),
            is_context: !is_hit,
            ..Row::bare(row_id)
        });
        if is_hit && verdict.health.needs_words() && !verdict.evidence.is_empty() {
            rows.push(Row::bare(RowId::Note(deployment.name.clone())));
        }
        if !folded {
            rows.extend(below);
        }
    }
    rows
}

/// Returns the row of a deployment whose configuration has a problem, and the line below it that says what is wrong.
fn misconfigured_rows<'a>(
    deployment: &'a MisconfiguredDeployment,
    filter: &FleetFilter,
) -> Vec<Row<'a>> {
    if !filter.is_empty() && !filter.keeps_misconfigured(deployment) {
        return Vec::new();
    }
    let name = DeploymentName::from(deployment.name.as_str());
    vec![
        Row {
            misconfigured: Some(deployment),
            ..Row::bare(RowId::Misconfigured(name.clone()))
        },
        Row::bare(RowId::Note(name)),
    ]
}

/// Returns the same rows with an empty line before each deployment but the first.
pub(super) fn spaced(lines: Vec<CachedRow>) -> Vec<CachedRow> {
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        if let (RowId::Deployment(name) | RowId::Misconfigured(name), false) =
            (&line.row_id, all.is_empty())
        {
            all.push(CachedRow {
                row_id: RowId::Gap(name.clone()),
                depth: 0,
                has_children: false,
                is_folded: false,
                is_context: false,
                at: 0,
            });
        }
        all.push(line);
    }
    all
}

/// Resources that need attention come first.
fn resource_urgency(health: Health) -> Option<Health> {
    match health {
        Health::Healthy | Health::Unknown => None,
        Health::Changing | Health::NeedsPerson | Health::Degraded | Health::Failed => Some(health),
    }
}

fn below_deployment<'a>(
    store: &'a Store,
    deployment: &'a Deployment,
    order: RowOrder,
    filter: &FleetFilter,
    folds: &Folds<'_>,
) -> Vec<Row<'a>> {
    let all: Vec<&Resource> = store.resources(&deployment.name).collect();
    let matches = |resource: &Resource| {
        filter.is_empty() || filter.keeps(resource, deployment.title(), store.now())
    };
    let (mut tops, mut below) = families(all);
    sort(&mut tops, order, store, &below);
    let others = grouped_others(&mut tops, filter, folds);
    let mut rows = Vec::new();
    for top in tops {
        let mut children = below
            .remove(&(top.key.kind, top.key.id.as_str()))
            .unwrap_or_default();
        let is_hit = matches(top);
        children.retain(|child| matches(child));
        if !is_hit && children.is_empty() {
            continue;
        }
        let row_id = RowId::Resource(top.key.clone());
        let folded = filter.is_empty() && folds.is_folded(&row_id);
        rows.push(Row {
            is_context: !is_hit,
            ..row(top, 1, !children.is_empty(), folded)
        });
        if !folded {
            if filter.is_empty() {
                children.retain(|child| folds.shows_below(&row_id, child));
            }
            sort(&mut children, order, store, &ChildrenByParent::new());
            rows.extend(
                children
                    .into_iter()
                    .map(|child| row(child, 2, false, false)),
            );
        }
    }
    rows.extend(others_rows(deployment, &others, folds));
    if filter.is_empty() {
        rows.extend(problems(store, deployment));
    }
    rows
}

/// Takes out what no call passes through, if that is one row and there is more than one of it.
fn grouped_others<'a>(
    tops: &mut Vec<&'a Resource>,
    filter: &FleetFilter,
    folds: &Folds<'_>,
) -> Vec<&'a Resource> {
    let count = tops.iter().filter(|top| is_other(top)).count();
    if !filter.is_empty() || !folds.groups_others() || count < 2 {
        return Vec::new();
    }
    let (others, rest) = tops.iter().partition(|top| is_other(top));
    *tops = rest;
    others
}

fn others_rows<'a>(
    deployment: &Deployment,
    others: &[&'a Resource],
    folds: &Folds<'_>,
) -> Vec<Row<'a>> {
    if others.is_empty() {
        return Vec::new();
    }
    let row_id = RowId::Others(deployment.name.clone());
    let is_folded = folds.is_folded(&row_id);
    let head = Row {
        depth: 1,
        has_children: true,
        is_folded,
        ..Row::bare(row_id)
    };
    let below = others.iter().filter(|_| !is_folded);
    std::iter::once(head)
        .chain(below.map(|other| row(other, 2, false, false)))
        .collect()
}

/// Returns how many resources the row of what no call passes through stands for, and of which kinds.
pub(super) fn others(store: &Store, deployment: &DeploymentName) -> (usize, String) {
    let mut kinds: Vec<(Kind, usize)> = Vec::new();
    for other in store
        .resources(deployment)
        .filter(|resource| is_other(resource))
    {
        match kinds.iter_mut().find(|(kind, _)| *kind == other.key.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((other.key.kind, 1)),
        }
    }
    let words: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| {
            let word = if *count == 1 {
                kind.short()
            } else {
                kind.plural()
            };
            format!("{count} {word}")
        })
        .collect();
    let total = kinds.iter().map(|(_, count)| count).sum();
    (total, words.join(", "))
}

fn problems<'a>(store: &'a Store, deployment: &'a Deployment) -> Vec<Row<'a>> {
    let failed = |kind| {
        store
            .lists
            .get(&(deployment.name.clone(), kind))
            .and_then(|list| list.failure())
            .map(|failure| (kind, failure))
    };
    let mut rows: Vec<Row<'a>> = Vec::new();
    for (kind, failure) in Kind::ALL.into_iter().filter_map(failed) {
        if rows.iter().any(|row| {
            row.failure
                .is_some_and(|other| other.cause == failure.cause)
        }) {
            continue;
        }
        rows.push(Row {
            depth: 1,
            failure: Some(failure),
            ..Row::bare(RowId::Problem(deployment.name.clone(), kind))
        });
    }
    rows
}

fn row(resource: &Resource, depth: u16, has_children: bool, is_folded: bool) -> Row<'_> {
    Row {
        depth,
        has_children,
        is_folded,
        resource: Some(resource),
        ..Row::bare(RowId::Resource(resource.key.clone()))
    }
}

/// Children by their parent.
type ChildrenByParent<'a> = HashMap<(Kind, &'a str), Vec<&'a Resource>>;

/// Returns what lies below nothing that is listed, and what lies below something.
fn families(all: Vec<&Resource>) -> (Vec<&Resource>, ChildrenByParent<'_>) {
    let listed: HashSet<(Kind, &str)> = all
        .iter()
        .map(|resource| (resource.key.kind, resource.key.id.as_str()))
        .collect();
    let (mut tops, mut below) = (Vec::new(), ChildrenByParent::new());
    for resource in all {
        match kinds::parent(resource).filter(|parent| listed.contains(parent)) {
            Some(parent) => below.entry(parent).or_default().push(resource),
            None => tops.push(resource),
        }
    }
    (tops, below)
}

/// What is wrong with a child puts its parent where it is seen.
fn sort(resources: &mut [&Resource], order: RowOrder, store: &Store, below: &ChildrenByParent<'_>) {
    let worst = |resource: &Resource| {
        let children = below
            .get(&(resource.key.kind, resource.key.id.as_str()))
            .into_iter()
            .flatten();
        let healths = children
            .map(|child| kinds::health(child))
            .chain([kinds::health(resource)]);
        healths.filter_map(resource_urgency).max()
    };
    let traffic = |resource: &Resource| store.traffic.get(&resource.key);
    match order.order {
        Order::Health => {
            resources.sort_by_cached_key(|resource| {
                (resource.key.kind, std::cmp::Reverse(worst(resource)))
            });
        }
        Order::Name => resources.sort_by(|one, other| one.name.cmp(&other.name)),
        Order::Age => resources.sort_by_key(|resource| {
            std::cmp::Reverse(resource.updated.unwrap_or(Moment::from_millis(0)))
        }),
        Order::Calls => resources.sort_by_cached_key(|resource| {
            std::cmp::Reverse(traffic(resource).map(Traffic::total))
        }),
        Order::Errors => resources.sort_by_cached_key(|resource| {
            std::cmp::Reverse(traffic(resource).map(|traffic| traffic.errors))
        }),
    }
    if order.is_reversed {
        resources.reverse();
    }
}
