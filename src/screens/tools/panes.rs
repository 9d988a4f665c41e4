//! The panes: which one has the focus, what opens one and leads back, and where each is drawn.

use ratatui::layout::Rect;

use super::{
    Item, Modal, ResultView, Tools, form::Form, form_view::draw_form_pane, list_view::draw_list,
    result::draw_result, schema_pane::SCHEMA_OVER, text_view, text_view::draw_beginning,
};
use crate::{
    keys::Layer,
    messages::{Action, Effect, ListAction, Slot, ToolsAction},
    model::{Failure, Moment},
    screens::{ScreenUpdate, UpdateContext, ViewContext},
    theme::Role,
    widgets::{LineInput, Painter},
};

/// From this width the panes stand side by side.
const BESIDE: u16 = 100;
/// From this width the schema stands beside the editor.
const WITH_SCHEMA: u16 = 150;
/// Columns of the left pane beside the schema.
const LIST_BESIDE_SCHEMA: u16 = 29;
/// Columns of the pane at the right.
const SIDE: u16 = 36;

/// The panes, from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    List,
    Form,
    Result,
}

impl Tools {
    pub(super) fn go_pane(&mut self, backwards: bool) {
        if self.return_to_editor() {
            return;
        }
        if self.pane == Pane::Form && self.form_mut().is_some_and(|form| form.go(backwards)) {
            return;
        }
        self.pane = match (self.pane, backwards) {
            (Pane::List, false) | (Pane::Result, true) => Pane::Form,
            (Pane::Form, false) | (Pane::List, true) => Pane::Result,
            (Pane::Result, false) | (Pane::Form, true) => Pane::List,
        };
    }

    pub(super) fn open(&mut self, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match self.pane {
            Pane::List => {
                let current = self.current();
                if let Some(Item::Saved(at)) = current {
                    return self.recall(at);
                }
                if let Some(entry) = self.selected_call().cloned() {
                    return self.recall_call(&entry, false, context);
                }
                self.pane = Pane::Form;
                ScreenUpdate::effects(self.ask_for_values_now())
            }
            Pane::Result if self.shown == ResultView::Graph => self.expand_node(context),
            Pane::Result if self.shown == ResultView::Tree => {
                self.act_on_result(Action::List(ListAction::Open))
            }
            Pane::Result => {
                self.table.is_open = self.opens_row() && !self.table.is_open;
                ScreenUpdate::done()
            }
            Pane::Form => ScreenUpdate::done(),
        }
    }

    /// Shows the arguments as JSON, or as fields again.
    pub(super) fn toggle_raw_form(&mut self, now: Moment) -> ScreenUpdate {
        match self.form_mut().map(Form::toggle_raw) {
            Some(Err(problems)) => self.show_problems(problems),
            Some(Ok(())) | None => self.problems.clear(),
        }
        self.typed(now);
        ScreenUpdate::done()
    }

    /// Returns whether there is a row of a table that can be opened.
    fn opens_row(&self) -> bool {
        self.shown == ResultView::Table && self.table().is_some() && self.table.len() > 0
    }

    /// Returns whether the key that opens does something in the pane that is used.
    pub(super) fn can_open(&self) -> bool {
        match self.pane {
            Pane::List => true,
            Pane::Form => false,
            Pane::Result => match self.shown {
                ResultView::Table => self.opens_row(),
                ResultView::Graph | ResultView::Tree => self.result.is_some(),
                ResultView::Plan
                | ResultView::Text
                | ResultView::Changes
                | ResultView::Messages
                | ResultView::Raw => false,
            },
        }
    }

    /// Goes one step back: the call, an opened row, the filter, the pane; then the action is not handled here.
    pub(super) fn back(&mut self, now: Moment) -> ScreenUpdate {
        if let Some(reply) = self.cancel(now) {
            return reply;
        }
        if let Some(endpoint) = self.endpoint.clone()
            && let Some(connection) = self.connections.get_mut(&endpoint)
            && connection.state.cancel_loading()
        {
            return ScreenUpdate::effect(Effect::Stop(Slot::Connection(endpoint)));
        }
        if std::mem::take(&mut self.table.is_open) {
            return ScreenUpdate::done();
        }
        if self.pane == Pane::Result && !self.table.filter.text().is_empty() {
            self.table.filter = LineInput::default();
            self.filter_rows();
            return ScreenUpdate::done();
        }
        if self.return_to_editor() {
            return ScreenUpdate::done();
        }
        if self.pane != Pane::List {
            self.pane = Pane::List;
            return ScreenUpdate::done();
        }
        if !self.filter.text().is_empty() {
            self.clear_filter();
            return ScreenUpdate::done();
        }
        ScreenUpdate::ignored()
    }
}

/// Draws the screen: the panes, and what lies over them.
pub(super) fn draw_screen(
    state: &Tools,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    draw_connection(state, context, area, painter);
    state.draw_modals(context, area, painter);
}

/// Draws the panes if the endpoint is connected, otherwise what keeps it from that.
fn draw_connection(
    state: &Tools,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let (x, y, room) = (area.x + 3, area.y + 1, area.width.saturating_sub(4));
    let Some(connection) = state.connection() else {
        let key = key_of(context, ToolsAction::ChooseEndpoint);
        let pieces = [
            ("No endpoint is chosen yet.   ", Role::Dim),
            (key.as_str(), Role::Accent),
            (" lists them", Role::Dim),
        ];
        painter.spans(x, y, room, &pieces);
        return;
    };
    match (connection.state.value(), connection.state.failure()) {
        (Some(_), _) => draw_panes(state, context, area, painter),
        (None, Some(failure)) => draw_failure(failure, context, area, painter),
        (None, None) => {
            let pieces = [
                (context.spinner, Role::Changing),
                (" signing in and asking for tools; esc cancels", Role::Dim),
            ];
            painter.spans(x, y, room, &pieces);
        }
    }
}

fn key_of(context: &ViewContext<'_>, action: ToolsAction) -> String {
    let layers = [Layer::Tools];
    let key = context.keymap.key_of(&layers, Action::Tools(action));
    key.unwrap_or_default()
}

/// Draws why the endpoint could not be connected, and what can be done.
fn draw_failure(
    failure: &Failure,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let room = area.width.saturating_sub(3);
    let place = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: room,
        height: area.height.saturating_sub(1),
    };
    let lines = text_view::failure_text(failure, room);
    draw_beginning(&lines, place, painter);
    let connect = key_of(context, ToolsAction::Connect);
    let choose = key_of(context, ToolsAction::ChooseEndpoint);
    let keys = [
        (connect.as_str(), Role::Accent),
        (" connects again   ", Role::Dim),
        (choose.as_str(), Role::Accent),
        (" takes another endpoint", Role::Dim),
    ];
    let y = area.bottom().saturating_sub(2);
    painter.spans(area.x + 3, y, area.width, &keys);
}

/// Draws the list of a narrow window, and below it the result of a call that was run from there.
fn draw_list_and_result(
    state: &Tools,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let is_shown = state.result.is_some();
    let below = if is_shown { area.height / 2 } else { 0 };
    let list = Rect {
        height: area.height - below,
        ..area
    };
    draw_list(state, context, list, painter);
    if below > 1 {
        let rule = Rect {
            y: list.bottom(),
            height: below,
            ..area
        };
        painter.hline(rule);
        let place = Rect {
            y: rule.y + 1,
            height: below - 1,
            ..area
        };
        draw_result(state, context, place, painter);
    }
}

/// Draws the panes beside each other if there is room, otherwise the one that is used.
fn draw_panes(state: &Tools, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    if area.width < BESIDE {
        if state.pane == Pane::List {
            draw_list_and_result(state, context, area, painter);
        } else {
            draw_form_pane(state, context, area, painter);
        }
        return;
    }
    let width = if has_side_pane(area) {
        LIST_BESIDE_SCHEMA
    } else {
        (area.width / 4).clamp(26, 40)
    };
    draw_list(state, context, Rect { width, ..area }, painter);
    let left = Rect {
        x: area.x + width,
        width: 1,
        ..area
    };
    painter.divider(left);
    let side = if has_side_pane(area) {
        draw_side(state, context, area, painter);
        SIDE + 1
    } else {
        0
    };
    let middle = Rect {
        x: left.right(),
        width: area.width - width - 1 - side,
        ..area
    };
    // The schema over the form leaves it the room at its left, in which its texts are cut and wrapped.
    let is_covered = side == 0 && matches!(state.modals.last(), Some(Modal::Schema(_)));
    let covered = if is_covered { SCHEMA_OVER } else { 0 };
    let middle = Rect {
        width: middle.width.saturating_sub(covered),
        ..middle
    };
    draw_form_pane(state, context, middle, painter);
}

/// Draws the pane at the right: the schema, and below it the node that is chosen in the graph.
fn draw_side(state: &Tools, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let divider = Rect {
        x: area.right() - SIDE - 1,
        width: 1,
        ..area
    };
    painter.divider(divider);
    let mut place = Rect {
        x: divider.right(),
        width: SIDE,
        ..area
    };
    let graph = state
        .result
        .as_ref()
        .and_then(|result| result.graph.as_ref());
    if let Some(graph) = graph.filter(|_| state.shown == ResultView::Graph) {
        let height = area.height * 2 / 5;
        let below = Rect {
            y: area.bottom() - height,
            height,
            ..place
        };
        painter.hline(below);
        let detail = Rect {
            y: below.y + 1,
            height: height.saturating_sub(1),
            ..below
        };
        graph.draw_detail(detail, painter);
        place.height -= height;
    }
    state.draw_schema_pane(context, place, painter);
}

/// Returns whether the schema stands beside the editor.
pub(super) const fn has_side_pane(area: Rect) -> bool {
    area.width >= WITH_SCHEMA
}
