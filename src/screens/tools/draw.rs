//! How the Tools screen looks: the list, the form, what lies on top.

use ratatui::layout::Rect;

use super::{
    Item, Pane, Tools,
    endpoints::name_of,
    fields::draw_field,
    form::{FieldTarget, Form},
    result::{draw_lines, draw_result, failure_text},
    text,
};
use crate::{
    model::{McpEndpoint, Tool, moment::short_duration},
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    tools::permission::{self, ToolEffect},
    widgets::{Painter, Scroll, text_width},
};

/// From this width the panes stand side by side.
const BESIDE: u16 = 100;

/// What the first line says: where, how signed in, for how long, which server.
pub(super) fn headline(
    state: &Tools,
    context: &ViewContext<'_>,
    endpoint: &McpEndpoint,
) -> Vec<(String, Role)> {
    let name = name_of(endpoint, context.store);
    let mut pieces = vec![(endpoint.deployment.to_string(), Role::Name)];
    if name != endpoint.deployment.as_str() {
        pieces.push((" ▸ ".to_owned(), Role::Faint));
        pieces.push((name, Role::Text));
    }
    let Some(connection) = state.connection() else {
        return pieces;
    };
    if let Some(since) = connection.state.loading {
        pieces.push((
            format!(
                "   {} connecting {}",
                context.spinner,
                since.age(context.now)
            ),
            Role::Changing,
        ));
        return pieces;
    }
    match (connection.state.get(), connection.state.problem()) {
        (Some((info, ..)), None) => {
            let (words, role) = match info.token_expires_at.map(|end| end.since(context.now)) {
                Some(left) if left <= 0 => (
                    format!("   ◐ {} token renewed at the next call", info.sign_in),
                    Role::Changing,
                ),
                Some(left) => (
                    format!("   ● {} token {}", info.sign_in, short_duration(left)),
                    Role::Success,
                ),
                None => (format!("   ● {}", info.sign_in), Role::Success),
            };
            pieces.push((words, role));
            pieces.push((format!("   {}   {}", info.protocol, info.server), Role::Dim));
        }
        (_, Some(failure)) => pieces.push((format!("   ✖ {}", failure.cause), Role::Failed)),
        (None, None) => {}
    }
    pieces
}

/// The panes, beside each other where there is room, else the one that is used.
pub(super) fn tools(
    state: &Tools,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    panes(state, context, area, painter);
    state.draw_question(context, area, painter);
    if let Some(picker) = &state.picker {
        painter.shade(area, Role::Faint);
        picker.view(state.endpoint.as_ref(), context, area, painter);
    }
}

fn panes(state: &Tools, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let Some(connection) = state.connection() else {
        painter.text(
            area.x + 3,
            area.y + 1,
            area.width.saturating_sub(4),
            "No endpoint yet. p lists them; in the Fleet, t takes what is selected.",
            Role::Dim,
        );
        return;
    };
    if let (Some(failure), None) = (connection.state.problem(), connection.state.get()) {
        draw_lines(
            &failure_text(failure, area.width.saturating_sub(3)),
            &Scroll::default(),
            Rect {
                x: area.x + 2,
                y: area.y + 1,
                width: area.width.saturating_sub(3),
                height: area.height.saturating_sub(1),
            },
            painter,
        );
        painter.spans(
            area.x + 3,
            area.bottom().saturating_sub(2),
            area.width,
            &[
                ("C", Role::Accent),
                (" connects again   ", Role::Dim),
                ("p", Role::Accent),
                (" takes another endpoint", Role::Dim),
            ],
        );
        return;
    }
    if connection.state.get().is_none() {
        painter.spans(
            area.x + 3,
            area.y + 1,
            area.width,
            &[
                (context.spinner, Role::Changing),
                (" signing in and asking for tools; esc cancels", Role::Dim),
            ],
        );
        return;
    }
    if area.width >= BESIDE {
        let left = (area.width / 4).clamp(26, 40);
        draw_list(
            state,
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
        draw_right(
            state,
            context,
            Rect {
                x: area.x + left + 1,
                width: area.width - left - 1,
                ..area
            },
            painter,
        );
    } else if state.pane == Pane::List {
        draw_list(state, context, area, painter);
    } else {
        draw_right(state, context, area, painter);
    }
    draw_naming(state, area, painter);
    state.draw_identity(context, area, painter);
}

fn draw_list(state: &Tools, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    if state.filtering || !state.filter.text().is_empty() {
        let x = painter.spans(
            area.x + 1,
            area.y,
            area.width,
            &[("/", Role::Accent), (state.filter.text(), Role::Name)],
        );
        if state.filtering {
            painter.text(x, area.y, 1, "▏", Role::Accent);
        }
    } else {
        painter.text(
            area.x + 1,
            area.y,
            area.width,
            "/ finds a tool",
            Role::Faint,
        );
    }
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let items = state.items();
    let cursor = state.list.cursor().min(items.len().saturating_sub(1));
    // Headings belong to the lines below them, so that the cursor counts lines, not headings.
    let window = state.list.window(
        Rect {
            height: body.height.saturating_sub(2),
            ..body
        },
        items.len(),
    );
    for (row, (index, item)) in items
        .iter()
        .enumerate()
        .skip(window.start)
        .take(window.len())
        .enumerate()
    {
        let line = Rect {
            y: body.y + u16::try_from(row).unwrap_or(0),
            height: 1,
            ..body
        };
        if index == cursor {
            painter.select_row(line, state.pane == Pane::List);
        }
        match item {
            Item::Tool(at) => {
                if let Some(tool) = state.tools().get(*at) {
                    draw_tool(tool, line, painter);
                }
            }
            Item::Offer(at) => {
                if let Some(offer) = state.offers().get(*at) {
                    painter.text(
                        line.x + 2,
                        line.y,
                        line.width.saturating_sub(3),
                        &offer.tool.name,
                        Role::Text,
                    );
                }
            }
            Item::Target(at) => {
                let target = state.tools().get(*at).and_then(|tool| tool.parts().0);
                painter.text(
                    line.x + 1,
                    line.y,
                    line.width.saturating_sub(2),
                    target.unwrap_or_default(),
                    Role::Dim,
                );
            }
            Item::Heading(title) => {
                painter.text(
                    line.x + 1,
                    line.y,
                    line.width.saturating_sub(2),
                    title,
                    Role::Dim,
                );
            }
            Item::Saved(at) => {
                if let Some(query) = state.queries.get(*at) {
                    let role = if state.tool_of(query).is_some() {
                        Role::Text
                    } else {
                        Role::Faint
                    };
                    painter.text(
                        line.x + 2,
                        line.y,
                        line.width.saturating_sub(3),
                        &query.name,
                        role,
                    );
                }
            }
            Item::Past(at) => {
                if let Some(past) = state.history.get(*at) {
                    let time = past.at.clock(context.zone);
                    let own = past
                        .tool
                        .split_once("___")
                        .map_or(past.tool.as_str(), |(_, own)| own);
                    let role = if past.good {
                        Role::Success
                    } else {
                        Role::Failed
                    };
                    let time = time.get(..5).unwrap_or(&time);
                    painter.spans(
                        line.x + 2,
                        line.y,
                        line.width.saturating_sub(3),
                        &[
                            (time, Role::Faint),
                            (" ", Role::Dim),
                            (own, Role::Text),
                            (" ", Role::Dim),
                            (past.words.as_str(), role),
                        ],
                    );
                }
            }
        }
    }
    if items.is_empty() {
        painter.text(
            body.x + 2,
            body.y + 1,
            body.width.saturating_sub(3),
            "no tool is called that",
            Role::Dim,
        );
    }
}

fn draw_tool(tool: &Tool, line: Rect, painter: &mut Painter<'_>) {
    let (_, own) = tool.parts();
    let mark = match permission::effect(tool) {
        ToolEffect::Writes => ("! writes", Role::Failed),
        ToolEffect::Reads => ("read-only", Role::Success),
        ToolEffect::Unknown => ("?", Role::Dim),
    };
    let width = u16::try_from(text_width(mark.0)).unwrap_or(0);
    let room = line.width.saturating_sub(width + 5);
    painter.text(line.x + 2, line.y, room, own, Role::Text);
    painter.text_right(
        line.right().saturating_sub(2),
        line.y,
        width,
        mark.0,
        mark.1,
    );
}

fn draw_right(state: &Tools, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let Some(tool) = state.selected() else {
        painter.text(
            area.x + 2,
            area.y + 1,
            area.width,
            "This endpoint offers no tool.",
            Role::Dim,
        );
        return;
    };
    let Some(form) = state.form() else { return };
    let wanted = form_height(form, tool, area.width)
        .saturating_add(u16::try_from(state.problems.len()).unwrap_or(u16::MAX));
    let height = wanted.min(area.height * 3 / 5).max(4).min(area.height);
    draw_form(state, tool, form, context, Rect { height, ..area }, painter);
    let rule = Rect {
        y: area.y + height,
        height: 1.min(area.height.saturating_sub(height)),
        ..area
    };
    painter.hline(rule);
    draw_result(
        state,
        context,
        Rect {
            y: rule.bottom(),
            height: area.bottom().saturating_sub(rule.bottom()),
            ..area
        },
        painter,
    );
}

fn form_height(form: &Form, tool: &Tool, room: u16) -> u16 {
    let fields: usize = form.raw.as_ref().map_or_else(
        || {
            form.fields
                .iter()
                .map(|field| {
                    if matches!(field.target, FieldTarget::Statement(_)) {
                        text::rows_of(&field.text, room.saturating_sub(3)).max(3) + 1
                    } else {
                        1
                    }
                })
                .sum()
        },
        |raw| text::rows_of(raw, room.saturating_sub(3)),
    );
    let description = tool.description.as_ref().map_or(0, |text| {
        wrapped(text, room.saturating_sub(4), Role::Dim)
            .len()
            .min(2)
    });
    u16::try_from(fields + description + 2).unwrap_or(u16::MAX)
}

fn draw_form(
    state: &Tools,
    tool: &Tool,
    form: &Form,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let focused = state.pane == Pane::Form;
    let (target, own) = tool.parts();
    let target = target.map_or_else(String::new, |target| format!("{target} ▸ "));
    let mode = if form.raw.is_some() {
        "   raw JSON"
    } else {
        ""
    };
    let guard = if permission::effect(tool) == ToolEffect::Writes {
        "   ! writes"
    } else {
        ""
    };
    painter.spans(
        area.x + 2,
        area.y,
        area.width.saturating_sub(24),
        &[
            (target.as_str(), Role::Dim),
            (own, Role::Name),
            (guard, Role::Failed),
            (mode, Role::Accent),
        ],
    );
    match state
        .connection()
        .and_then(|connection| connection.call.as_ref())
    {
        Some(call) => {
            let progress =
                call.progress
                    .as_ref()
                    .map_or_else(String::new, |progress| match progress.total {
                        Some(total) if total > 0.0 => {
                            format!(" {:.0}%", 100.0 * progress.progress / total)
                        }
                        _ => format!(" {}", progress.message.as_deref().unwrap_or_default()),
                    });
            let text = format!(
                "{} {:.1} s{progress}  esc cancels",
                context.spinner,
                context.now.since(call.since).max(0) as f64 / 1000.0
            );
            painter.text_right(
                area.right().saturating_sub(1),
                area.y,
                40,
                &text,
                Role::Changing,
            );
        }
        None => painter.text_right(
            area.right().saturating_sub(1),
            area.y,
            22,
            "f5 run   f4 JSON",
            Role::Faint,
        ),
    }
    let mut rows = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    }
    .rows();
    if let Some(description) = &tool.description {
        for (line, row) in wrapped(description, area.width.saturating_sub(4), Role::Dim)
            .iter()
            .take(2)
            .zip(rows.by_ref())
        {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(area.x + 2, row.y, area.width.saturating_sub(3), &pieces);
        }
    }
    for (problem, row) in state.problems.iter().zip(rows.by_ref()) {
        painter.text(
            area.x + 2,
            row.y,
            area.width.saturating_sub(3),
            &format!("✖ {problem}"),
            Role::Failed,
        );
    }
    // What is left for the fields; nothing is drawn over what stands below.
    let Some(mut y) = rows.next().map(|row| row.y) else {
        return;
    };
    if let Some(raw) = &form.raw {
        text::draw(
            raw,
            text::Look::Lines,
            focused,
            Rect {
                x: area.x + 2,
                y,
                width: area.width.saturating_sub(3),
                height: area.bottom().saturating_sub(y),
            },
            painter,
        );
        return;
    }
    if form.fields.is_empty() {
        painter.text(
            area.x + 2,
            y,
            area.width,
            "No arguments: f5 calls it.",
            Role::Dim,
        );
        return;
    }
    for (index, field) in form.fields.iter().enumerate() {
        if y >= area.bottom() {
            break;
        }
        y += draw_field(
            field,
            focused && index == form.focus,
            Rect {
                x: area.x,
                y,
                width: area.width,
                height: area.bottom() - y,
            },
            painter,
        );
    }
}

/// The line in which a query is given its name.
fn draw_naming(state: &Tools, area: Rect, painter: &mut Painter<'_>) {
    let Some(naming) = &state.naming else { return };
    let place = Rect {
        y: area.bottom().saturating_sub(2),
        height: 2.min(area.height),
        ..area
    };
    painter.clear(place);
    painter.hline(place);
    let (room, y) = (place.width.saturating_sub(3), place.y + 1);
    let x = painter.spans(
        place.x + 2,
        y,
        room,
        &[("save as ", Role::Accent), (naming.name.text(), Role::Name)],
    );
    let x = painter.text(x, y, 1, "▏", Role::Accent);
    let is_known = state
        .queries
        .iter()
        .any(|each| each.name == naming.name.text().trim());
    let note = if is_known {
        "  replaces the one of that name"
    } else {
        "  values of passwords and tokens are not kept"
    };
    painter.text(
        x,
        y,
        place.right().saturating_sub(x + 1),
        note,
        if is_known {
            Role::Degraded
        } else {
            Role::Faint
        },
    );
}
