//! How the left pane looks: the filter, tools below their targets, resources and prompts, saved queries, history.

use ratatui::layout::Rect;

use super::{Item, Modal, Pane, Tools, drift_view::list_drift_in_words, history_view::draw_listed};
use crate::{
    keys::Layer,
    messages::{Action, ListAction, ToolsViewport},
    model::Tool,
    screens::ViewContext,
    theme::Role,
    tools::{
        permission::{self, ToolEffect},
        saved::Query,
    },
    widgets::{Painter, cut_middle, text_width},
};

/// Draws the left pane.
pub(super) fn draw_list(
    state: &Tools,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    draw_filter(state, context, area, painter);
    let note = state.draw_drift_note(context, area, painter);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + note),
        ..area
    };
    let items = state.items();
    let cursor = state.list.cursor().min(items.len().saturating_sub(1));
    // Headings belong to the lines below them, so that the cursor counts lines, not headings.
    let place = Rect {
        height: body.height.saturating_sub(2),
        ..body
    };
    let window = state
        .list
        .window(ToolsViewport::List, place, items.len(), painter);
    let drifted = state.drifted_tools();
    for (index, line) in window.clone().zip(body.rows()) {
        let Some(item) = items.get(index) else { break };
        if index == cursor {
            painter.select_row(line, state.pane == Pane::List);
        }
        draw_item(state, *item, &drifted, context, line, painter);
    }
    if items.is_empty() {
        let room = body.width.saturating_sub(3);
        painter.text(
            body.x + 2,
            body.y + 1,
            room,
            "no tool is called that",
            Role::Dim,
        );
    }
}

fn draw_filter(state: &Tools, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let is_typed = matches!(state.modals.last(), Some(Modal::ToolFilter));
    if !is_typed && state.filter.text().is_empty() {
        let action = Action::List(ListAction::Filter);
        let key = context.keymap.key_of(&[Layer::List], action);
        let pieces = [
            (key.as_deref().unwrap_or_default(), Role::Accent),
            (" finds a tool", Role::Faint),
        ];
        painter.spans(area.x + 1, area.y, area.width, &pieces);
        return;
    }
    let pieces = [("/", Role::Accent), (state.filter.text(), Role::Name)];
    let x = painter.spans(area.x + 1, area.y, area.width, &pieces);
    if is_typed {
        painter.text(x, area.y, 1, "▏", Role::Accent);
    }
}

fn draw_item(
    state: &Tools,
    item: Item,
    drifted: &[String],
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let room = line.width.saturating_sub(3);
    match item {
        Item::Tool(at) => {
            if let Some(tool) = state.tools().get(at) {
                draw_tool(tool, drifted.contains(&tool.name), line, painter);
            }
        }
        Item::Offer(at) => {
            let name = state.offers().get(at).map(|offer| &offer.tool.name);
            painter.text(
                line.x + 2,
                line.y,
                room,
                name.map_or("", String::as_str),
                Role::Text,
            );
        }
        Item::Target(at) => {
            let target = state.tools().get(at).and_then(|tool| tool.parts().0);
            draw_target(state, target.unwrap_or_default(), line, painter);
        }
        Item::Heading(title) => {
            painter.text(line.x + 1, line.y, room, title, Role::Dim);
        }
        Item::Saved(at) => {
            if let Some(query) = state.queries.get(at) {
                draw_saved(state, query, line, painter);
            }
        }
        Item::Past(at) => {
            if let Some(past) = state.history.get(at) {
                draw_listed(past, state.marked_call.as_deref(), context, line, painter);
            }
        }
    }
}

/// The target above its tools, and how the runtime's own list differs from the gateway's.
fn draw_target(state: &Tools, target: &str, line: Rect, painter: &mut Painter<'_>) {
    let room = line.width.saturating_sub(3);
    // Targets of one gateway often differ at their ends only: a region, a stage.
    let name = cut_middle(target, usize::from(room));
    let x = painter.text(line.x + 1, line.y, room, &name, Role::Dim);
    if let Some(drift) = state.drift(target) {
        let text = list_drift_in_words(&drift);
        let room = line.right().saturating_sub(x + 1);
        painter.text(x, line.y, room, &text, Role::Degraded);
    }
}

fn draw_tool(tool: &Tool, is_drifted: bool, line: Rect, painter: &mut Painter<'_>) {
    let (_, own) = tool.parts();
    let effect: &[(&str, Role)] = match permission::effect(tool) {
        ToolEffect::Writes => &[("! ", Role::Degraded), ("writes", Role::Dim)],
        ToolEffect::Reads => &[("reads", Role::Dim)],
        ToolEffect::Unknown => &[("?", Role::Dim)],
    };
    // The runtime describes the tool otherwise than the gateway.
    let drift = is_drifted.then_some(("≠ ", Role::Degraded));
    let marks: Vec<(&str, Role)> = drift.into_iter().chain(effect.iter().copied()).collect();
    let width: usize = marks.iter().map(|(text, _)| text_width(text)).sum();
    let width = u16::try_from(width).unwrap_or(0);
    let room = line.width.saturating_sub(width + 5);
    let name = cut_middle(own, usize::from(room));
    painter.text(line.x + 2, line.y, room, &name, Role::Text);
    let x = line.right().saturating_sub(width + 2);
    painter.spans(x, line.y, width, &marks);
}

fn draw_saved(state: &Tools, query: &Query, line: Rect, painter: &mut Painter<'_>) {
    let role = if state.tool_of(query).is_some() {
        Role::Text
    } else {
        Role::Faint
    };
    let room = line.width.saturating_sub(3);
    painter.text(line.x + 2, line.y, room, &query.name, role);
}
