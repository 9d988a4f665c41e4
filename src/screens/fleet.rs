//! Fleet: gateways, targets, runtimes, endpoints and secrets of all deployments as one tree, what is wrong first.

use std::{collections::HashSet, rc::Rc};

use ratatui::layout::Rect;

mod calls;
mod cells;
mod change;
mod draw;
mod feed;
mod filter;
mod folds;
mod follow;
mod legend;
mod memory;
mod misconfigured;
mod ordered;
mod overview;
mod screen;
pub mod sessions;
mod tree;

use super::{AppRequest, ScreenUpdate, UpdateContext, ViewContext, detail::Detail, panel};
use crate::{
    messages::{
        Action, AppAction, Effect, Effects, FleetAction, FleetEffect, FleetViewport, ListAction,
    },
    model::{DeploymentName, Kind, Resource},
    state::Loadable,
    widgets::{DrawnViewport, LineInput, List, Painter},
};
use filter::FleetFilter;
pub use follow::deployment_groups;
use misconfigured::needs_configuration;
use overview::Overview;
use tree::CachedRow;
pub use tree::{Row, RowId, RowOrder};

/// From this width the panel stands beside the list and follows the cursor.
pub const PANEL_FROM: u16 = 160;
/// From this height of the list an empty line stands between deployments, if all rows fit then.
const SPACED_FROM: u16 = 24;

/// How the tree is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What is wrong first.
    #[default]
    Health,
    /// By name.
    Name,
    /// What changed last first.
    Age,
    /// What was called most within the last hour first.
    Calls,
    /// What failed most within the last hour first.
    Errors,
}

impl Order {
    /// Returns the order of the next column.
    const fn next(self) -> Self {
        match self {
            Self::Health => Self::Name,
            Self::Name => Self::Age,
            Self::Age => Self::Calls,
            Self::Calls => Self::Errors,
            Self::Errors => Self::Health,
        }
    }
}

/// The state of the Fleet.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    list: List,
    selected: Option<RowId>,
    folded: HashSet<RowId>,
    /// Rows with children that were unfolded by hand, where folding is the rule.
    unfolded: HashSet<RowId>,
    marks: HashSet<RowId>,
    order: RowOrder,
    filter: LineInput,
    /// Whether only what needs attention is shown.
    is_urgent_only: bool,
    typing: bool,
    detail: Option<Detail>,
    /// The deployment that is open instead.
    overview: Option<Overview>,
    /// Counts what was folded and unfolded.
    folds: u64,
    /// The rows as of the last key and the last frame, and what they were made of.
    rows: Option<(RowCacheKey, Rc<Vec<CachedRow>>)>,
}

/// What the rows depend on: the version of the store, the order, the filter, the folds, the height of the list.
type RowCacheKey = (u64, RowOrder, FleetFilter, u64, u16);

impl Fleet {
    /// Records what the last frame showed of one of the lists and texts.
    pub fn record_viewport(&mut self, part: FleetViewport, drawn: &DrawnViewport) {
        match part {
            FleetViewport::Rows => self.list.record(drawn),
            FleetViewport::Overview => {
                if let Some(overview) = &mut self.overview {
                    overview.record(drawn);
                }
            }
            FleetViewport::Facts => {
                if let Some(detail) = &mut self.detail {
                    detail.record_facts(drawn);
                }
            }
            FleetViewport::Document => {
                if let Some(detail) = &mut self.detail {
                    detail.record_document(drawn);
                }
            }
        }
    }

    /// Returns the detail that is open.
    pub fn detail_mut(&mut self) -> Option<&mut Detail> {
        self.detail.as_mut()
    }

    /// The selection follows its resource, not its row.
    fn selected_row(&self, rows: &[CachedRow]) -> usize {
        let by_place = self
            .selected
            .as_ref()
            .and_then(|row_id| rows.iter().position(|row| row.row_id == *row_id));
        by_place.unwrap_or_else(|| {
            let at = self.list.cursor().min(rows.len().saturating_sub(1));
            nearest_row(rows, at, false)
        })
    }

    fn move_cursor(&mut self, action: Action, context: &UpdateContext<'_>) -> bool {
        let rows = self.lines(context.store);
        let mut list = self.list.clone();
        list.select(self.selected_row(&rows));
        if !list.act(action, rows.len()) {
            return false;
        }
        let is_up = matches!(
            action,
            Action::List(ListAction::Up | ListAction::PageUp | ListAction::Top)
        );
        list.select(nearest_row(&rows, list.cursor(), is_up));
        self.selected = rows.get(list.cursor()).map(|row| row.row_id.clone());
        self.list = list;
        true
    }

    /// Returns the deployment under the cursor, if its configuration has no problem.
    pub fn selected_deployment(&self, store: &crate::state::Store) -> Option<DeploymentName> {
        self.current(store)
            .filter(|row| row.misconfigured.is_none())
            .map(|row| row.row_id.deployment().clone())
    }

    fn current<'a>(&self, store: &'a crate::state::Store) -> Option<Row<'a>> {
        let rows = self.lines(store);
        rows.get(self.selected_row(&rows))
            .map(|line| line.row(store))
    }

    fn open(&mut self, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let Some(row) = self.current(context.store) else {
            return ScreenUpdate::done();
        };
        self.selected = Some(row.row_id.clone());
        match &row.row_id {
            RowId::Deployment(name) | RowId::Misconfigured(name) => {
                self.overview = Some(Overview::new(name.clone()));
                self.detail = None;
                ScreenUpdate::done()
            }
            RowId::Resource(key) => {
                self.overview = None;
                self.detail = Some(Detail::new(key.clone(), context.now));
                ScreenUpdate::effect(Effect::Fleet(FleetEffect::Describe(key.clone())))
            }
            RowId::Problem(deployment, kind) => {
                ScreenUpdate::effect(Effect::Fleet(FleetEffect::List(deployment.clone(), *kind)))
            }
            RowId::Others(_) => {
                self.fold(row.row_id, !row.is_folded);
                ScreenUpdate::done()
            }
            RowId::Note(_) | RowId::Gap(_) => ScreenUpdate::done(),
        }
    }

    /// Offers the action to what is open beside the list or over it.
    fn act_on_opened(
        &mut self,
        action: Action,
        context: &UpdateContext<'_>,
    ) -> Option<ScreenUpdate> {
        if let Some(overview) = &mut self.overview {
            if action == Action::List(ListAction::Open) || overview.act(action) {
                return Some(ScreenUpdate::done());
            }
            if action == Action::App(AppAction::Back) {
                self.overview = None;
                return Some(ScreenUpdate::done());
            }
        }
        let detail = self.detail.as_mut()?;
        let update = detail.act(action, context);
        if !update.handled && action == Action::App(AppAction::Back) {
            self.detail = None;
            return Some(ScreenUpdate::done());
        }
        update.handled.then_some(update)
    }

    fn act_on_list(&mut self, action: ListAction, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match action {
            ListAction::Open => return self.open(context),
            ListAction::Left => self.go_left(context),
            ListAction::Right => self.go_right(context),
            ListAction::Filter => self.typing = true,
            ListAction::Sort => {
                self.order.order = self.order.order.next();
                // Each column begins in its own direction.
                self.order.is_reversed = false;
            }
            ListAction::Mark => self.mark(context),
            ListAction::Up
            | ListAction::Down
            | ListAction::PageUp
            | ListAction::PageDown
            | ListAction::Top
            | ListAction::Bottom => return ScreenUpdate::ignored(),
        }
        ScreenUpdate::done()
    }

    fn mark(&mut self, context: &UpdateContext<'_>) {
        if let Some(row) = self.current(context.store)
            && !self.marks.remove(&row.row_id)
        {
            self.marks.insert(row.row_id);
        }
        self.move_cursor(Action::List(ListAction::Down), context);
    }

    fn act_on_row(&mut self, action: FleetAction, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let row = self.current(context.store);
        let resource = row.as_ref().and_then(|row| row.resource);
        let is_misconfigured = row.as_ref().is_some_and(|row| row.misconfigured.is_some());
        let Some(deployment) = row.map(|row| row.row_id.deployment().clone()) else {
            return self.act_without_row(action);
        };
        if is_misconfigured && needs_configuration(Action::Fleet(action)) {
            return misconfigured::refuse(&deployment);
        }
        match action {
            FleetAction::ReverseSort | FleetAction::OnlyUrgent => self.act_without_row(action),
            FleetAction::FollowLogs => self.follow_logs(context, &deployment, resource),
            FleetAction::FollowTools => follow::tools(&deployment, resource),
            FleetAction::FollowDoctor => ScreenUpdate::request(AppRequest::Examine(deployment)),
            FleetAction::FollowRelation => self.follow_relation(context, resource, false),
            FleetAction::FollowBack => self.follow_relation(context, resource, true),
            FleetAction::FollowCalls => {
                calls::around_last_failure(context.store, &deployment, context.now)
            }
            FleetAction::Synchronize => self.synchronize(context, resource),
            FleetAction::CopyArn
            | FleetAction::CopyId
            | FleetAction::CopyJson
            | FleetAction::CopyCommand
            | FleetAction::CopyFix
            | FleetAction::CopyConsent => self.copy(Action::Fleet(action), context),
            FleetAction::OpenConsent => follow::open_consent(&deployment, resource, context.store),
            FleetAction::OpenConsole => {
                follow::open_aws_console(&deployment, resource, context.store)
            }
            FleetAction::RollBack => change::roll_back(context, resource),
            FleetAction::StopSessions => sessions::stop(context, resource),
            FleetAction::Compare => self.compare(context),
            FleetAction::NextTab
            | FleetAction::SearchDetail
            | FleetAction::WrapDetail
            | FleetAction::NextHit
            | FleetAction::PreviousHit => ScreenUpdate::ignored(),
        }
    }

    /// What can be done where no row is shown: to change which rows are, and in which order.
    fn act_without_row(&mut self, action: FleetAction) -> ScreenUpdate {
        if action == FleetAction::OnlyUrgent {
            return self.toggle_urgent();
        }
        self.order.is_reversed ^= action == FleetAction::ReverseSort;
        ScreenUpdate::done()
    }

    fn toggle_urgent(&mut self) -> ScreenUpdate {
        self.is_urgent_only = !self.is_urgent_only;
        let text = if self.is_urgent_only {
            "only what is or was broken, failing, changing or waits for a person is shown"
        } else {
            "everything is shown"
        };
        ScreenUpdate::request(AppRequest::Say(text.to_owned()))
    }

    /// Opens the detail of the selected resource with what is different in the marked one.
    fn compare(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let current = self.current(context.store).and_then(|row| row.resource);
        let Some(current) = current.map(|resource| resource.key.clone()) else {
            return ScreenUpdate::done();
        };
        let marked = self.marks.iter().filter_map(|row_id| match row_id {
            RowId::Resource(key) if *key != current => Some(key.clone()),
            RowId::Resource(_)
            | RowId::Deployment(_)
            | RowId::Misconfigured(_)
            | RowId::Problem(..)
            | RowId::Others(_)
            | RowId::Note(_)
            | RowId::Gap(_) => None,
        });
        let marked: Vec<crate::model::ResourceKey> = marked.collect();
        let [other] = marked.as_slice() else {
            let mut text = "mark one other resource or version to compare with".to_owned();
            if marked.len() > 1 {
                let rows = self.lines(context.store);
                let is_hidden = |key: &&crate::model::ResourceKey| {
                    let mut rows = rows.iter();
                    !rows.any(|row| row.row_id == RowId::Resource((*key).clone()))
                };
                let hidden = marked.iter().filter(is_hidden).count();
                text = format!("{text}: {} are marked", marked.len());
                if hidden > 0 {
                    text = format!("{text}, {hidden} of them not shown");
                }
            }
            return ScreenUpdate::request(AppRequest::Say(text));
        };
        let other = other.clone();
        self.overview = None;
        self.detail = Some(Detail::comparing(
            current.clone(),
            other.clone(),
            context.now,
        ));
        ScreenUpdate::effects(Effects(vec![
            Effect::Fleet(FleetEffect::Describe(current)),
            Effect::Fleet(FleetEffect::Describe(other)),
        ]))
    }

    /// Returns what is wrong with the typed filter.
    fn filter_problem(&self) -> Option<String> {
        FleetFilter::parse(self.filter.text(), self.is_urgent_only).problem
    }

    fn draw_panel(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        match (&self.detail, &self.overview) {
            (Some(detail), _) => return detail.view(context, area, painter),
            (None, Some(overview)) => return overview.view(context, area, painter),
            (None, None) => {}
        }
        let Some(row) = self.current(context.store) else {
            return;
        };
        let body = Rect {
            width: area.width.saturating_sub(1),
            ..area
        };
        let lines = match (&row.row_id, row.resource) {
            (RowId::Resource(_), Some(resource)) => panel::resource(resource, context, body.width),
            (RowId::Problem(name, kind), _) => panel::problem(name, *kind, context, body.width),
            (row_id, _) => panel::deployment(row_id.deployment(), context, body.width),
        };
        panel::draw(lines.iter(), body, painter);
    }
}

/// Returns the row itself, or the next one in that direction over which the cursor does not pass.
fn nearest_row(rows: &[CachedRow], at: usize, is_up: bool) -> usize {
    let is_row = |index: &usize| rows.get(*index).is_some_and(|row| !row.is_note());
    let (mut before, mut after) = ((0..=at).rev(), at..rows.len());
    let found = if is_up {
        before.find(is_row).or_else(|| after.find(is_row))
    } else {
        after.find(is_row).or_else(|| before.find(is_row))
    };
    found.unwrap_or(at)
}

/// Returns whether a list of the deployment was never answered.
fn is_unknown(store: &crate::state::Store, deployment: &DeploymentName) -> bool {
    Kind::CHAIN.into_iter().all(|kind| {
        store
            .lists
            .get(&(deployment.clone(), kind))
            .is_none_or(|list: &Loadable<Vec<Resource>>| list.value().is_none())
    })
}
