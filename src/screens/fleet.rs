//! Fleet: gateways, targets, runtimes, endpoints and secrets of all deployments as one tree, what is wrong first.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
};

use ratatui::layout::Rect;

mod calls;
mod draw;
mod filter;
mod memory;
mod overview;
mod tree;

use super::{
    AppRequest, Screen, ScreenUpdate, UpdateContext, ViewContext, confirm::Confirm, detail::Detail,
};
use crate::{
    keys::Layer,
    kinds,
    messages::{
        Action, AppAction, Effect, Effects, FleetAction, FleetEffect, ListAction, PromptAction,
    },
    model::{
        DeploymentName, Health, Kind, McpEndpoint, McpTarget, Relation, Resource, ResourceKey,
    },
    state::Loadable,
    theme::Role,
    widgets::{LineInput, List, Painter},
};
use crossterm::event::KeyEvent;
use filter::FleetFilter;
use overview::Overview;
use tree::Line;
use tree::rows;
pub use tree::{Place, Row, RowOrder};

/// From this width the detail stands beside the list.
const BESIDE: u16 = 120;

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

/// The state of the Fleet.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    list: List,
    selected: Option<Place>,
    folded: HashSet<Place>,
    /// Rows with children that were unfolded by hand, where folding is the rule.
    unfolded: HashSet<Place>,
    marks: HashSet<Place>,
    order: RowOrder,
    filter: LineInput,
    /// Whether only what somebody should look at is shown.
    is_urgent_only: bool,
    typing: bool,
    detail: Option<Detail>,
    /// The deployment that is open instead.
    overview: Option<Overview>,
    /// Whether what is open lies over the list, so that no row can be clicked.
    is_covered: Cell<bool>,
    /// Where the titles of the columns were drawn.
    titles: Cell<TitleAreas>,
    /// Counts what was folded and unfolded.
    folds: u64,
    /// The rows, and what they were made of.
    kept: RefCell<Option<(MadeOf, Rc<Vec<Line>>)>>,
}

/// Where the titles that sort were drawn: the line, and the columns of each.
#[derive(Clone, Copy, Debug, Default)]
struct TitleAreas {
    line: u16,
    /// First column of the names.
    names: u16,
    areas: [Option<(Order, u16, u16)>; 5],
}

impl TitleAreas {
    /// The order that a click on a title asks for.
    fn order_at(&self, column: u16, line: u16) -> Option<Order> {
        if line != self.line {
            return None;
        }
        self.areas
            .iter()
            .flatten()
            .find(|(_, from, to)| (*from..*to).contains(&column))
            .map(|(order, ..)| *order)
    }

    /// Whether a click hits the mark that folds a row of this depth.
    const fn is_fold_mark(&self, column: u16, depth: u16) -> bool {
        let at = self.names + depth * 2;
        column >= at && column < at + 2
    }
}

/// What the rows depend on: the version of the store, the order, the filter, the folds.
type MadeOf = (u64, RowOrder, FleetFilter, u64);

impl Fleet {
    /// Puts the cursor on a resource, unfolding what it lies below.
    pub fn reveal(&mut self, key: &ResourceKey) {
        self.folds += 1;
        self.folded
            .remove(&Place::Deployment(key.deployment.clone()));
        let owner = match key.kind {
            Kind::Target => Some(Kind::Gateway),
            Kind::Endpoint => Some(Kind::Runtime),
            Kind::Gateway | Kind::Runtime | Kind::Secret => None,
        };
        if let Some(kind) = owner {
            let owner = ResourceKey {
                deployment: key.deployment.clone(),
                kind,
                id: key.owner_id().to_owned(),
            };
            self.folded.remove(&Place::Resource(owner.clone()));
            self.unfolded.insert(Place::Resource(owner));
        }
        self.filter = LineInput::default();
        self.overview = None;
        self.selected = Some(Place::Resource(key.clone()));
    }

    /// The detail that is open.
    pub fn detail_mut(&mut self) -> Option<&mut Detail> {
        self.detail.as_mut()
    }

    /// The visible rows. They are made once for what is known, how it is sorted, filtered and folded: frames and keys between two
    /// changes cost no more than what is seen.
    fn lines(&self, store: &crate::state::Store) -> Rc<Vec<Line>> {
        let made_of = (
            store.version,
            self.order,
            FleetFilter::parse(self.filter.text(), self.is_urgent_only),
            self.folds,
        );
        let mut kept = self.kept.borrow_mut();
        if let Some((of, lines)) = kept.as_ref().filter(|(of, _)| *of == made_of) {
            tracing::trace!(version = of.0, "rows as they were");
            return Rc::clone(lines);
        }
        let unwell = unwell_runtimes(store);
        let rows = rows(store, self.order, &made_of.2, |place| {
            self.is_folded_where(place, |key| {
                unwell.contains(&(&key.deployment, key.id.as_str()))
            })
        });
        let lines = Rc::new(tree::lines(store, rows));
        *kept = Some((made_of, Rc::clone(&lines)));
        lines
    }

    /// Runtimes keep their endpoints to themselves until asked, or until one is not well; everything else is open.
    fn is_folded(&self, place: &Place, store: &crate::state::Store) -> bool {
        self.is_folded_where(place, |key| {
            unwell_runtimes(store).contains(&(&key.deployment, key.id.as_str()))
        })
    }

    fn is_folded_where(&self, place: &Place, is_unwell: impl Fn(&ResourceKey) -> bool) -> bool {
        if self.folded.contains(place) || self.unfolded.contains(place) {
            return self.folded.contains(place);
        }
        let Place::Resource(key) = place else {
            return false;
        };
        key.kind == Kind::Runtime && !is_unwell(key)
    }

    fn fold(&mut self, place: Place, fold: bool) {
        self.folds += 1;
        if fold {
            self.unfolded.remove(&place);
            self.folded.insert(place);
        } else {
            self.folded.remove(&place);
            self.unfolded.insert(place);
        }
    }

    /// The selection follows its resource, not its row.
    fn selected_row(&self, rows: &[Line]) -> usize {
        let by_place = self
            .selected
            .as_ref()
            .and_then(|place| rows.iter().position(|row| row.place == *place));
        by_place.unwrap_or_else(|| self.list.cursor().min(rows.len().saturating_sub(1)))
    }

    fn move_cursor(&mut self, action: Action, context: &UpdateContext<'_>) -> bool {
        let rows = self.lines(context.store);
        let mut list = self.list.clone();
        list.select(self.selected_row(&rows));
        if !list.act(action, rows.len()) {
            return false;
        }
        self.selected = rows.get(list.cursor()).map(|row| row.place.clone());
        self.list = list;
        true
    }

    /// Returns the deployment under the cursor.
    pub fn selected_deployment(&self, store: &crate::state::Store) -> Option<DeploymentName> {
        self.current(store)
            .map(|row| row.place.deployment().clone())
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
        self.selected = Some(row.place.clone());
        match &row.place {
            Place::Deployment(name) => {
                self.overview = Some(Overview::new(name.clone()));
                self.detail = None;
                ScreenUpdate::done()
            }
            Place::Resource(key) => {
                self.overview = None;
                self.detail = Some(Detail::new(key.clone(), context.now));
                ScreenUpdate::effect(Effect::Fleet(FleetEffect::Describe(key.clone())))
            }
            Place::Problem(deployment, kind) => {
                ScreenUpdate::effect(Effect::Fleet(FleetEffect::List(deployment.clone(), *kind)))
            }
        }
    }

    /// Folds, or goes to the parent where there is nothing to fold.
    fn go_left(&mut self, context: &UpdateContext<'_>) {
        let rows = self.lines(context.store);
        let at = self.selected_row(&rows);
        let Some(row) = rows.get(at) else { return };
        if row.has_children && !self.is_folded(&row.place, context.store) {
            self.fold(row.place.clone(), true);
        } else if let Some(parent) = rows
            .iter()
            .take(at)
            .rev()
            .find(|each| each.depth < row.depth)
        {
            self.selected = Some(parent.place.clone());
        }
    }

    fn go_right(&mut self, context: &UpdateContext<'_>) {
        if let Some(row) = self.current(context.store)
            && row.has_children
        {
            self.selected = Some(row.place.clone());
            self.fold(row.place, false);
        }
    }

    fn follow(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let Some(row) = self.current(context.store) else {
            return ScreenUpdate::done();
        };
        let deployment = row.place.deployment().clone();
        match action {
            Action::Fleet(FleetAction::FollowDoctor) => {
                ScreenUpdate::request(AppRequest::Examine(deployment))
            }
            Action::Fleet(FleetAction::FollowCalls) => {
                calls::around_last_failure(context.store, &deployment, context.now)
            }
            Action::Fleet(FleetAction::FollowLogs) => {
                self.follow_logs(context, &deployment, row.resource)
            }
            Action::Fleet(FleetAction::FollowTools) => {
                ScreenUpdate::request(AppRequest::Tools(endpoint(&deployment, row.resource)))
            }
            Action::Fleet(FleetAction::FollowRelation) => {
                self.follow_relation(context, row.resource.map(|resource| resource.key.clone()))
            }
            Action::Fleet(FleetAction::Synchronize) => {
                let marked = self.marked_targets(context.store);
                let current: Vec<&Resource> = row
                    .resource
                    .filter(|resource| resource.key.kind == Kind::Target)
                    .into_iter()
                    .collect();
                synchronize(context, if marked.is_empty() { &current } else { &marked })
            }
            _ => ScreenUpdate::ignored(),
        }
    }

    /// The marked targets, of all deployments.
    fn marked_targets<'a>(&self, store: &'a crate::state::Store) -> Vec<&'a Resource> {
        let deployments = store.deployments.iter();
        deployments
            .flat_map(|deployment| store.resources(&deployment.name))
            .filter(|resource| resource.key.kind == Kind::Target)
            .filter(|resource| self.marks.contains(&Place::Resource(resource.key.clone())))
            .collect()
    }

    /// Target to its runtime, gateway to its first target, runtime to its endpoints, secret to its screen.
    fn follow_relation(
        &mut self,
        context: &UpdateContext<'_>,
        key: Option<ResourceKey>,
    ) -> ScreenUpdate {
        let Some(key) = key else {
            return ScreenUpdate::done();
        };
        let Some(resource) = context.store.resource(&key) else {
            return ScreenUpdate::done();
        };
        if key.kind == Kind::Secret {
            return ScreenUpdate::request(AppRequest::Secret(
                key.deployment.clone(),
                key.id.clone(),
            ));
        }
        let linked = resource
            .links
            .iter()
            .filter(|link| link.relation != Relation::Owner)
            .find_map(|link| {
                let mut known = context.store.resources(&key.deployment);
                known
                    .find(|each| {
                        each.key.kind == link.kind
                            && (each.key.id == link.id
                                || each.arn.as_deref() == Some(link.id.as_str()))
                    })
                    .map(|each| each.key.clone())
            });
        let child = || {
            context
                .store
                .resources(&key.deployment)
                .find(|each| kinds::parent(each) == Some((key.kind, key.id.as_str())))
                .map(|each| each.key.clone())
        };
        match linked.or_else(child) {
            Some(next) => {
                self.reveal(&next);
                if self.detail.is_none() {
                    return ScreenUpdate::done();
                }
                self.detail = Some(Detail::new(next.clone(), context.now));
                ScreenUpdate::effect(Effect::Fleet(FleetEffect::Describe(next)))
            }
            None => ScreenUpdate::request(AppRequest::Say(format!(
                "{} leads to nothing that is listed here",
                resource.name
            ))),
        }
    }

    /// Logs of all marked rows of the deployment together; without marks, of the current row.
    fn follow_logs(
        &self,
        context: &UpdateContext<'_>,
        deployment: &DeploymentName,
        resource: Option<&Resource>,
    ) -> ScreenUpdate {
        let marked: Vec<&Resource> = context
            .store
            .resources(deployment)
            .filter(|each| {
                self.marks.contains(&Place::Resource(each.key.clone()))
                    && !each.log_groups.is_empty()
            })
            .collect();
        if marked.is_empty() {
            return follow_logs(context, deployment, resource);
        }
        let names: Vec<&str> = marked.iter().map(|each| each.name.as_str()).collect();
        let mut groups: Vec<String> = Vec::new();
        for group in marked.iter().flat_map(|each| &each.log_groups) {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
        ScreenUpdate::request(AppRequest::Logs {
            deployment: deployment.clone(),
            title: names.join(" + "),
            groups,
            since: None,
        })
    }

    fn copy(&self, action: Action, context: &UpdateContext<'_>) -> ScreenUpdate {
        let Some(resource) = self.current(context.store).and_then(|row| row.resource) else {
            return ScreenUpdate::done();
        };
        super::detail::copy(action, resource, context.store)
    }
}

/// Runtimes with an endpoint that is not well.
fn unwell_runtimes(store: &crate::state::Store) -> HashSet<(&DeploymentName, &str)> {
    let endpoints = store
        .lists
        .iter()
        .filter(|((_, kind), _)| *kind == Kind::Endpoint)
        .filter_map(|(_, list)| list.get());
    let unwell = endpoints
        .flatten()
        .filter(|each| kinds::health(each) != Health::Healthy);
    unwell
        .map(|each| (&each.key.deployment, each.key.owner_id()))
        .collect()
}

/// Logs of the resource, or of everything in the deployment.
fn follow_logs(
    context: &UpdateContext<'_>,
    deployment: &DeploymentName,
    resource: Option<&Resource>,
) -> ScreenUpdate {
    let (title, groups) = match resource {
        Some(resource) if !resource.log_groups.is_empty() => {
            (resource.name.clone(), resource.log_groups.clone())
        }
        _ => (
            deployment.to_string(),
            deployment_groups(context.store, deployment),
        ),
    };
    if groups.is_empty() {
        return ScreenUpdate::request(AppRequest::Say(format!(
            "{deployment} has no log groups yet"
        )));
    }
    ScreenUpdate::request(AppRequest::Logs {
        deployment: deployment.clone(),
        title,
        groups,
        since: None,
    })
}

/// All log groups of a deployment, each once, in the order of its resources.
pub fn deployment_groups(store: &crate::state::Store, deployment: &DeploymentName) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    let configured = store
        .deployment(deployment)
        .into_iter()
        .flat_map(|each| &each.log_groups);
    for group in configured.chain(
        store
            .resources(deployment)
            .flat_map(|resource| &resource.log_groups),
    ) {
        if !groups.contains(group) {
            groups.push(group.clone());
        }
    }
    groups
}

/// The MCP endpoint that a resource stands for.
fn endpoint(deployment: &DeploymentName, resource: Option<&Resource>) -> McpEndpoint {
    let target = match resource {
        Some(resource) => match resource.key.kind {
            Kind::Gateway | Kind::Target | Kind::Runtime | Kind::Endpoint => {
                McpTarget::Resource(resource.key.clone())
            }
            Kind::Secret => McpTarget::Default,
        },
        None => McpTarget::Default,
    };
    McpEndpoint {
        deployment: deployment.clone(),
        target,
    }
}

/// Asks whether to synchronise these targets.
fn synchronize(context: &UpdateContext<'_>, targets: &[&Resource]) -> ScreenUpdate {
    let [first, ..] = targets else {
        return ScreenUpdate::request(AppRequest::Say(
            "only a target can be synchronized".to_owned(),
        ));
    };
    let is_read_only = |target: &&Resource| {
        let deployment = context.store.deployment(&target.key.deployment);
        deployment.is_some_and(|deployment| deployment.read_only)
    };
    if context.read_only || targets.iter().any(is_read_only) {
        return ScreenUpdate::request(AppRequest::Say(
            "read-only mode: nothing is synchronized".to_owned(),
        ));
    }
    let place = |target: &Resource| format!("{} ({})", target.name, target.key.deployment);
    let title = if targets.len() == 1 {
        format!("Synchronize {}?", place(first))
    } else {
        format!("Synchronize {} targets?", targets.len())
    };
    let names: Vec<String> = targets.iter().map(|target| place(target)).collect();
    let effects: Effects = targets
        .iter()
        .map(|target| Effect::Fleet(FleetEffect::Synchronize(target.key.clone())))
        .collect();
    let mut confirm = Confirm::ask(
        title,
        "The gateway reads the tools again; calls go on meanwhile.".to_owned(),
        effects,
    );
    if targets.len() > 1 {
        confirm.text.push(names.join(", "));
    }
    ScreenUpdate::request(AppRequest::Ask(confirm))
}

impl Screen for Fleet {
    fn layers(&self) -> Vec<Layer> {
        match (self.typing, &self.detail) {
            (true, _) => vec![Layer::Prompt],
            (false, Some(_)) => vec![Layer::Detail, Layer::List],
            (false, None) => vec![Layer::Fleet, Layer::List],
        }
    }

    fn is_typing(&self) -> bool {
        self.typing
    }

    fn press(&mut self, key: KeyEvent, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if self.filter.press(key) {
            ScreenUpdate::done()
        } else {
            ScreenUpdate::ignored()
        }
    }

    fn paste(&mut self, text: &str, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        self.filter.paste(text);
        ScreenUpdate::done()
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(overview) = &mut self.overview {
            if action == Action::App(AppAction::Back) {
                self.overview = None;
                return ScreenUpdate::done();
            }
            if action == Action::List(ListAction::Open) || overview.act(action) {
                return ScreenUpdate::done();
            }
        }
        if let Some(detail) = &mut self.detail {
            if action == Action::App(AppAction::Back) {
                self.detail = None;
                return ScreenUpdate::done();
            }
            let reply = detail.act(action, context);
            if reply.handled {
                return reply;
            }
        }
        if self.move_cursor(action, context) {
            return ScreenUpdate::done();
        }
        match action {
            Action::List(ListAction::Open) => self.open(context),
            Action::List(ListAction::Left) => {
                self.go_left(context);
                ScreenUpdate::done()
            }
            Action::List(ListAction::Right) => {
                self.go_right(context);
                ScreenUpdate::done()
            }
            Action::List(ListAction::Filter) => {
                self.typing = true;
                ScreenUpdate::done()
            }
            Action::Prompt(PromptAction::Accept) => {
                self.typing = false;
                ScreenUpdate::done()
            }
            Action::App(AppAction::Back) if self.typing || !self.filter.text().is_empty() => {
                self.typing = false;
                self.filter = LineInput::default();
                ScreenUpdate::done()
            }
            Action::List(ListAction::Sort) => {
                self.order.order = match self.order.order {
                    Order::Health => Order::Name,
                    Order::Name => Order::Age,
                    Order::Age => Order::Calls,
                    Order::Calls => Order::Errors,
                    Order::Errors => Order::Health,
                };
                ScreenUpdate::done()
            }
            Action::Fleet(FleetAction::ReverseSort) => {
                self.order.is_reversed = !self.order.is_reversed;
                ScreenUpdate::done()
            }
            Action::Fleet(FleetAction::OnlyUrgent) => {
                self.is_urgent_only = !self.is_urgent_only;
                let text = if self.is_urgent_only {
                    "only what needs a look is shown"
                } else {
                    "everything is shown"
                };
                ScreenUpdate::request(AppRequest::Say(text.to_owned()))
            }
            Action::List(ListAction::Mark) => {
                if let Some(row) = self.current(context.store)
                    && !self.marks.remove(&row.place)
                {
                    self.marks.insert(row.place);
                }
                self.move_cursor(Action::List(ListAction::Down), context);
                ScreenUpdate::done()
            }
            Action::Fleet(
                FleetAction::FollowLogs
                | FleetAction::FollowTools
                | FleetAction::FollowDoctor
                | FleetAction::FollowRelation
                | FleetAction::FollowCalls
                | FleetAction::Synchronize,
            ) => self.follow(action, context),
            Action::Fleet(
                FleetAction::CopyArn
                | FleetAction::CopyId
                | FleetAction::CopyJson
                | FleetAction::CopyCommand,
            ) => self.copy(action, context),
            _ => ScreenUpdate::ignored(),
        }
    }

    fn click(&mut self, column: u16, line: u16, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(order) = self.titles.get().order_at(column, line) {
            // A second click on the same title reverses.
            self.order.is_reversed = self.order.order == order && !self.order.is_reversed;
            self.order.order = order;
            return ScreenUpdate::done();
        }
        let Some(at) = self
            .list
            .row_at(column, line)
            .filter(|_| !self.is_covered.get())
        else {
            return ScreenUpdate::ignored();
        };
        let place = self
            .lines(context.store)
            .get(at)
            .map(|row| row.place.clone());
        let rows = self.lines(context.store);
        if let Some(row) = rows.get(at)
            && row.has_children
            && self.titles.get().is_fold_mark(column, row.depth)
        {
            let is_folded = self.is_folded(&row.place, context.store);
            self.selected = Some(row.place.clone());
            self.fold(row.place.clone(), !is_folded);
            return ScreenUpdate::done();
        }
        if place.is_some() && place == self.selected {
            return self.open(context);
        }
        self.list.select(at);
        self.selected = place;
        ScreenUpdate::done()
    }

    fn offers(&self, action: Action, context: &ViewContext<'_>) -> bool {
        if context.store.deployments.is_empty() {
            return matches!(action, Action::App(_));
        }
        // Asked for every key of the footer in every frame: the rows are only made where the answer hangs on one.
        let resource = || self.current(context.store).and_then(|row| row.resource);
        match action {
            Action::Fleet(FleetAction::Synchronize) => {
                !context.read_only
                    && resource().is_some_and(|resource| resource.key.kind == Kind::Target)
            }
            Action::Fleet(FleetAction::FollowRelation) => {
                self.detail.is_some() || resource().is_some()
            }
            Action::List(
                ListAction::Filter | ListAction::Sort | ListAction::Mark | ListAction::Open,
            ) => self.detail.is_none() && self.overview.is_none(),
            _ => true,
        }
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        if context.store.deployments.is_empty() {
            let what = context.starting.unwrap_or_default();
            painter.spans(
                area.x + 3,
                area.y + 1,
                area.width,
                &[
                    (context.spinner, Role::Changing),
                    (" starting ", Role::Dim),
                    (what, Role::Text),
                ],
            );
            return;
        }
        let is_open = self.detail.is_some() || self.overview.is_some();
        self.is_covered.set(is_open && area.width < BESIDE);
        if !is_open {
            draw::fleet(self, context, area, painter);
            return;
        }
        let left = if area.width >= BESIDE {
            // From 160 columns on, the list keeps the columns that it has in a window of 120.
            (area.width * 62 / 100)
                .min(area.width.saturating_sub(64))
                .max(area.width * 55 / 100)
        } else {
            0
        };
        let mut right = area;
        if left > 0 {
            draw::fleet(
                self,
                context,
                Rect {
                    width: left,
                    ..area
                },
                painter,
            );
            painter.divider(Rect {
                x: area.x + left,
                width: 1,
                ..area
            });
            right = Rect {
                x: area.x + left + 2,
                width: area.width - left - 2,
                ..area
            };
        }
        match (&self.detail, &self.overview) {
            (Some(detail), _) => detail.view(context, right, painter),
            (None, Some(overview)) => overview.view(context, right, painter),
            (None, None) => {}
        }
    }
}

/// Whether a list of the deployment was never answered.
fn is_unknown(store: &crate::state::Store, deployment: &DeploymentName) -> bool {
    Kind::ALL.into_iter().all(|kind| {
        store
            .lists
            .get(&(deployment.clone(), kind))
            .is_none_or(|list: &Loadable<Vec<Resource>>| list.value.is_none())
    })
}
