//! The Fleet as a screen: its layers, what it does with actions and clicks, what it offers, and where its parts stand.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{Fleet, Overview, PANEL_FROM, RowId, draw, feed, needs_configuration};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, ClickTarget, FleetAction, ListAction, PromptAction},
    model::Kind,
    screens::{ClickPlace, Screen, ScreenUpdate, UpdateContext, ViewContext, detail::Detail},
    theme::Role,
    widgets::{LineInput, Painter},
};

/// From this width what is opened stands beside the list.
const BESIDE: u16 = 120;
/// Width of the list beside the panel.
const LEAST_LIST: u16 = 104;
const WIDEST_LIST: u16 = 144;

impl Screen for Fleet {
    fn layers(&self) -> Vec<Layer> {
        if self.is_typing() {
            return vec![Layer::Prompt];
        }
        match (&self.detail, &self.overview) {
            (Some(_), _) => vec![Layer::Detail, Layer::List],
            (None, Some(_)) => vec![Layer::Detail, Layer::Fleet, Layer::List],
            (None, None) => vec![Layer::Fleet, Layer::List],
        }
    }

    fn is_typing(&self) -> bool {
        self.typing
            || self.detail.as_ref().is_some_and(Detail::is_typing)
            || self.overview.as_ref().is_some_and(Overview::is_typing)
    }

    fn press(&mut self, key: KeyEvent, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.is_typing()) {
            detail.press(key, context.store);
            return ScreenUpdate::done();
        }
        if let Some(overview) = self.overview.as_mut().filter(|it| it.is_typing()) {
            overview.press(key);
            return ScreenUpdate::done();
        }
        if self.filter.press(key) {
            ScreenUpdate::done()
        } else {
            ScreenUpdate::ignored()
        }
    }

    fn paste(&mut self, text: &str, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let detail = self.detail.as_mut().filter(|detail| detail.is_typing());
        let overview = self.overview.as_mut().filter(|it| it.is_typing());
        match (detail, overview) {
            (Some(detail), _) => detail.paste(text, context.store),
            (None, Some(overview)) => overview.paste(text),
            (None, None) => self.filter.paste(text),
        }
        ScreenUpdate::done()
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        self.update_rows(context.store);
        if let Some(update) = self.act_on_opened(action, context) {
            return update;
        }
        if self.move_cursor(action, context) {
            return ScreenUpdate::done();
        }
        match action {
            Action::List(action) => self.act_on_list(action, context),
            Action::Fleet(action) => self.act_on_row(action, context),
            Action::Prompt(PromptAction::Accept) => {
                self.typing = false;
                ScreenUpdate::done()
            }
            Action::App(AppAction::Back) if self.typing || !self.filter.text().is_empty() => {
                self.typing = false;
                self.filter = LineInput::default();
                ScreenUpdate::done()
            }
            Action::App(_)
            | Action::Start(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => ScreenUpdate::ignored(),
        }
    }

    fn click(&mut self, row_id: ClickPlace, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let ClickPlace {
            column,
            line,
            target,
        } = row_id;
        if let Some(ClickTarget::FleetTitle(index)) = target
            && let Some(order) = draw::order_of(index)
        {
            // A second click on the same title reverses.
            self.order.is_reversed = self.order.order == order && !self.order.is_reversed;
            self.order.order = order;
            return ScreenUpdate::done();
        }
        // Where something lies over the list, no row was drawn.
        let Some(at) = target.and_then(|_| self.list.row_at(column, line)) else {
            return ScreenUpdate::ignored();
        };
        self.update_rows(context.store);
        let rows = self.lines(context.store);
        let row_id = rows.get(at).map(|row| match &row.row_id {
            // The sentence belongs to its deployment.
            RowId::Note(name) | RowId::Gap(name) => match context.store.misconfigured(name) {
                Some(_) => RowId::Misconfigured(name.clone()),
                None => RowId::Deployment(name.clone()),
            },
            row_id @ (RowId::Deployment(_)
            | RowId::Misconfigured(_)
            | RowId::Resource(_)
            | RowId::Problem(..)
            | RowId::Others(_)) => row_id.clone(),
        });
        if let Some(row) = rows.get(at)
            && target == Some(ClickTarget::FleetFold)
        {
            self.selected = Some(row.row_id.clone());
            self.fold(row.row_id.clone(), !row.is_folded);
            return ScreenUpdate::done();
        }
        if row_id.is_some() && row_id == self.selected {
            return self.open(context);
        }
        self.list.select(at);
        self.selected = row_id;
        ScreenUpdate::done()
    }

    fn way_back(&self, _context: &ViewContext<'_>) -> Option<&'static str> {
        if let Some(detail) = &self.detail {
            return Some(detail.way_back());
        }
        if let Some(overview) = &self.overview {
            return Some(overview.way_back());
        }
        (!self.filter.text().is_empty()).then_some("no filter")
    }

    fn offers(&self, action: Action, context: &ViewContext<'_>) -> bool {
        if context.store.deployments.is_empty() {
            return matches!(action, Action::App(_));
        }
        // Asked for every key of the footer in every frame: the rows are only made where the answer hangs on one.
        let current = || self.current(context.store);
        let resource = || current().and_then(|row| row.resource);
        if needs_configuration(action) && current().is_some_and(|row| row.misconfigured.is_some()) {
            return false;
        }
        if action == Action::Fleet(FleetAction::Synchronize) {
            let is_target = || resource().is_some_and(|found| found.key.kind == Kind::Target);
            let has_marked = || !self.marked_targets(context.store).is_empty();
            return !context.read_only && (is_target() || has_marked());
        }
        if action == Action::Fleet(FleetAction::FollowRelation) {
            return self.detail.is_some() || resource().is_some();
        }
        if matches!(
            action,
            Action::Fleet(FleetAction::NextTab | FleetAction::WrapDetail)
        ) {
            return self.detail.is_some();
        }
        let is_of_list = matches!(
            action,
            Action::List(
                ListAction::Filter | ListAction::Sort | ListAction::Mark | ListAction::Open,
            ) | Action::Fleet(FleetAction::OnlyUrgent | FleetAction::ReverseSort)
        );
        !is_of_list || self.detail.is_none() && self.overview.is_none()
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        if context.store.deployments.is_empty() {
            draw_start(context, area, painter);
            return;
        }
        let is_open = self.detail.is_some() || self.overview.is_some();
        let feed = if is_open && area.width < BESIDE {
            0
        } else {
            draw::feed_height(context, area.height)
        };
        let upper = Rect {
            height: area.height - feed,
            ..area
        };
        let (left, right) = halves(upper, is_open);
        if let Some(left) = left {
            draw::fleet(self, context, left, painter);
        }
        if let Some(right) = right {
            if left.is_some() {
                let rule = Rect {
                    x: right.x.saturating_sub(2),
                    width: 1,
                    ..right
                };
                // What is open has the keys, and the bright rule.
                if is_open {
                    painter.focus_divider(rule);
                } else {
                    painter.divider(rule);
                }
            }
            self.draw_panel(context, right, painter);
        }
        if feed > 0 {
            let lower = Rect {
                y: upper.bottom(),
                height: feed,
                ..area
            };
            feed::draw(context, lower, painter);
        }
    }
}

/// Returns the areas of the list and of what stands beside it. The detail is beside the list from 160 columns without narrowing it;
/// from 120 once it is opened; below, what is opened covers the list.
fn halves(area: Rect, is_open: bool) -> (Option<Rect>, Option<Rect>) {
    let list = match area.width {
        PANEL_FROM.. => (area.width * 69 / 100).clamp(LEAST_LIST, WIDEST_LIST),
        BESIDE.. if is_open => area.width * 55 / 100,
        _ if is_open => return (None, Some(area)),
        _ => return (Some(area), None),
    };
    let left = Rect {
        width: list,
        ..area
    };
    let right = Rect {
        x: area.x + list + 2,
        width: area.width - list - 2,
        ..area
    };
    (Some(left), Some(right))
}

/// What is starting, before there are deployments.
fn draw_start(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let pieces = [
        (context.spinner, Role::Changing),
        (" starting ", Role::Dim),
        (context.starting.unwrap_or_default(), Role::Text),
    ];
    painter.spans(area.x + 3, area.y + 1, area.width, &pieces);
}
