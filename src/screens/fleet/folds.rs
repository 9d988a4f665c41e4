//! Which rows of the Fleet are folded: by hand, and by rule where the user has not chosen.
//!
//! A high screen shows everything but the endpoints and versions of runtimes that are well. On a lower one, rows that no one has to
//! look at give way until the rest fits; whole deployments only on the lowest.

use std::{collections::HashSet, rc::Rc};

use super::{
    Fleet, RowCacheKey, RowId, SPACED_FROM,
    filter::FleetFilter,
    tree::{self, CachedRow},
};
use crate::{
    kinds::{self, DeploymentHealth, Folding},
    model::{DeploymentName, Health, Kind, Resource, ResourceKey},
    screens::UpdateContext,
    state::Store,
    widgets::LineInput,
};

/// From this height of the list everything is open, whether it fits or not.
const OPEN_FROM: u16 = 40;

/// How much is folded by rule. A later level folds what an earlier one does, and more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum FoldLevel {
    /// Runtimes that are well.
    #[default]
    Runtimes,
    /// Gateways that are well too; what no call passes through is one row a deployment.
    Gateways,
    /// Deployments in which nothing is wrong too.
    Deployments,
}

/// The folds of one set of rows.
pub(super) struct Folds<'a> {
    store: &'a Store,
    /// What was folded and unfolded by hand; `None` judges by the rule alone.
    by_hand: Option<(&'a HashSet<RowId>, &'a HashSet<RowId>)>,
    level: FoldLevel,
    /// Gateways and runtimes below which something is not well.
    unwell: HashSet<(Kind, &'a DeploymentName, &'a str)>,
}

impl<'a> Folds<'a> {
    fn new(store: &'a Store, level: FoldLevel) -> Self {
        let lists = store.lists.values().filter_map(|list| list.value());
        let unwell = lists
            .flatten()
            .filter(|resource| is_unwell(resource))
            .filter_map(|resource| {
                let (kind, owner) = kinds::parent(resource)?;
                Some((kind, &resource.key.deployment, owner))
            })
            .collect();
        Self {
            store,
            by_hand: None,
            level,
            unwell,
        }
    }

    /// Returns whether what lies below the row is hidden.
    pub(super) fn is_folded(&self, row_id: &RowId) -> bool {
        if let Some((folded, unfolded)) = self.by_hand
            && (folded.contains(row_id) || unfolded.contains(row_id))
        {
            return folded.contains(row_id);
        }
        match row_id {
            RowId::Deployment(name) => {
                self.level == FoldLevel::Deployments
                    && self.store.deployments.len() > 1
                    && !needs_somebody(self.store.health(name).health)
            }
            RowId::Resource(key) => self.is_resource_folded(key),
            RowId::Others(_) => true,
            RowId::Misconfigured(_) | RowId::Problem(..) | RowId::Note(_) | RowId::Gap(_) => false,
        }
    }

    fn is_resource_folded(&self, key: &ResourceKey) -> bool {
        let is_foldable = match kinds::spec(key.kind).folding {
            Folding::Always => true,
            Folding::OnLowScreens => self.level >= FoldLevel::Gateways,
            Folding::Never => false,
        };
        is_foldable
            && !self
                .unwell
                .contains(&(key.kind, &key.deployment, key.id.as_str()))
    }

    /// Returns whether a row below this one is shown although it was not unfolded by hand: on a low screen a runtime shows what is not well.
    pub(super) fn shows_below(&self, owner: &RowId, child: &Resource) -> bool {
        let is_by_hand = self
            .by_hand
            .is_some_and(|(_, unfolded)| unfolded.contains(owner));
        let is_of_runtime = matches!(child.key.kind, Kind::Endpoint | Kind::Version);
        is_by_hand || !is_of_runtime || self.level < FoldLevel::Gateways || is_unwell(child)
    }

    /// Returns whether what no call passes through is one row a deployment.
    pub(super) fn groups_others(&self) -> bool {
        self.level >= FoldLevel::Gateways
    }
}

/// Returns whether a resource is not as it should be. What has no status needs no attention.
fn is_unwell(resource: &Resource) -> bool {
    match kinds::health(resource) {
        Health::Healthy => false,
        Health::Unknown => kinds::has_status(resource),
        Health::Changing | Health::NeedsPerson | Health::Degraded | Health::Failed => true,
    }
}

/// Returns whether a deployment stays open on a low screen.
const fn needs_somebody(health: DeploymentHealth) -> bool {
    match health {
        DeploymentHealth::Broken | DeploymentHealth::Failing | DeploymentHealth::NeedsPerson => {
            true
        }
        DeploymentHealth::Changing
        | DeploymentHealth::Unknown
        | DeploymentHealth::Ready
        | DeploymentHealth::Proven => false,
    }
}

/// Returns whether no call passes through a resource, and nothing is wrong with it.
pub(super) fn is_other(resource: &Resource) -> bool {
    kinds::spec(resource.key.kind).is_grouped_on_low_screens && !is_unwell(resource)
}

impl Fleet {
    /// Puts the cursor on a resource, unfolding what it lies below.
    pub fn reveal(&mut self, key: &ResourceKey) {
        self.folds += 1;
        let deployment = RowId::Deployment(key.deployment.clone());
        self.folded.remove(&deployment);
        self.unfolded.insert(deployment);
        if let Some(kind) = kinds::spec(key.kind).parent {
            let owner = ResourceKey {
                deployment: key.deployment.clone(),
                kind,
                id: key.owner_id().to_owned(),
            };
            self.folded.remove(&RowId::Resource(owner.clone()));
            self.unfolded.insert(RowId::Resource(owner));
        }
        if kinds::spec(key.kind).is_grouped_on_low_screens {
            self.unfolded.insert(RowId::Others(key.deployment.clone()));
        }
        self.filter = LineInput::default();
        self.overview = None;
        self.selected = Some(RowId::Resource(key.clone()));
    }

    /// Makes the visible rows if what they are made of has changed. Called before each key and each frame, so that keys and frames
    /// between two changes cost no more than what is seen.
    pub fn update_rows(&mut self, store: &Store) {
        let made_of = self.row_cache_key(self.list.height(), store);
        if self.rows.as_ref().is_none_or(|(of, _)| *of != made_of) {
            let lines = self.make_lines(made_of.4, store, &made_of.2);
            self.rows = Some((made_of, Rc::new(lines)));
        }
    }

    /// Returns the visible rows.
    pub(super) fn lines(&self, store: &Store) -> Rc<Vec<CachedRow>> {
        self.lines_in(self.list.height(), store)
    }

    /// Returns the visible rows of a list of this height. They are made again if it is not the height of the last frame.
    pub(super) fn lines_in(&self, height: u16, store: &Store) -> Rc<Vec<CachedRow>> {
        let made_of = self.row_cache_key(height, store);
        let kept = self.rows.as_ref().filter(|(of, _)| *of == made_of);
        kept.map_or_else(
            || Rc::new(self.make_lines(height, store, &made_of.2)),
            |(_, lines)| Rc::clone(lines),
        )
    }

    fn row_cache_key(&self, height: u16, store: &Store) -> RowCacheKey {
        (
            store.version(),
            self.order,
            FleetFilter::parse(self.filter.text(), self.is_urgent_only),
            self.folds,
            height,
        )
    }

    fn make_lines(&self, height: u16, store: &Store, filter: &FleetFilter) -> Vec<CachedRow> {
        let folds = Folds {
            by_hand: Some((&self.folded, &self.unfolded)),
            ..Folds::new(store, self.level(height, store))
        };
        let rows = tree::rows(store, self.order, filter, &folds);
        let entries = store.deployments.len() + store.misconfigured.len();
        let gaps = entries.saturating_sub(1);
        let is_spaced = height >= SPACED_FROM && rows.len() + gaps + 2 <= usize::from(height);
        let lines = tree::lines(store, rows);
        if is_spaced {
            tree::spaced(lines)
        } else {
            lines
        }
    }

    /// Returns the first level at which everything fits. It depends on what is known and on the height alone, so that nothing moves when
    /// one row is folded or unfolded by hand.
    fn level(&self, height: u16, store: &Store) -> FoldLevel {
        if height == 0 || height >= OPEN_FROM {
            return FoldLevel::Runtimes;
        }
        let last = if height < SPACED_FROM {
            FoldLevel::Deployments
        } else {
            FoldLevel::Gateways
        };
        let height = usize::from(height);
        if store.deployments.len() > height {
            return last;
        }
        let everything = FleetFilter::default();
        let fits = |level: &FoldLevel| {
            tree::rows(store, self.order, &everything, &Folds::new(store, *level)).len() <= height
        };
        [FoldLevel::Runtimes, FoldLevel::Gateways]
            .into_iter()
            .find(fits)
            .unwrap_or(last)
    }

    pub(super) fn fold(&mut self, row_id: RowId, fold: bool) {
        self.folds += 1;
        if fold {
            self.unfolded.remove(&row_id);
            self.folded.insert(row_id);
        } else {
            self.folded.remove(&row_id);
            self.unfolded.insert(row_id);
        }
    }

    /// Folds, or goes to the parent where there is nothing to fold.
    pub(super) fn go_left(&mut self, context: &UpdateContext<'_>) {
        let rows = self.lines(context.store);
        let at = self.selected_row(&rows);
        let Some(row) = rows.get(at) else { return };
        // A filter shows everything that it finds.
        let can_fold = self.filter.text().is_empty() && !self.is_urgent_only;
        if can_fold && row.has_children && !row.is_folded {
            self.fold(row.row_id.clone(), true);
        } else if let Some(parent) = rows
            .iter()
            .take(at)
            .rev()
            .find(|other| !other.is_note() && other.depth < row.depth)
        {
            self.selected = Some(parent.row_id.clone());
        }
    }

    pub(super) fn go_right(&mut self, context: &UpdateContext<'_>) {
        if let Some(row) = self.current(context.store)
            && row.has_children
        {
            self.selected = Some(row.row_id.clone());
            self.fold(row.row_id, false);
        }
    }
}
