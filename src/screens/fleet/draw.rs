//! How the Fleet looks: the table with its header, the legend, what lies below the fold, the filter line.

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
};

use super::{Fleet, Order, Row, RowId, cells::draw_row, feed, legend, tree::CachedRow};
use crate::{
    doctor::ChainStage,
    kinds::{self, DeploymentHealth},
    messages::{ClickTarget, FleetViewport},
    model::{Health, Traffic},
    screens::ViewContext,
    theme::Role,
    widgets::{
        Column, DrawnViewport, Layout, MISCONFIGURED, MISCONFIGURED_MARK, Painter, Size,
        deployment_glyph, deployment_role, deployment_word, glyph, lay_out, role_of, text_width,
    },
};

/// A transition's row flashes that long after it was seen, in milliseconds.
const FLASH_MS: i64 = 600;

/// Where the columns stand in [`columns`].
pub(super) const KIND: usize = 1;
pub(super) const STATUS: usize = 2;
pub(super) const AGE: usize = 3;
pub(super) const HOUR: usize = 4;
pub(super) const CALLS: usize = 5;
pub(super) const ERRORS: usize = 6;
pub(super) const CHAIN: usize = 7;

/// Width of a stage's own column.
pub(super) const STAGE_PITCH: u16 = 4;
/// From this width of the table each stage of the chain has a column with a title; below, a dot under its letter.
const TITLED_FROM: u16 = 132;
/// From this width of the table the chain is shown.
const CHAIN_FROM: u16 = 102;
/// From this width of the table the KIND and the bars of the last hour are shown.
const KIND_FROM: u16 = 98;
/// From this width of the table the legend is shown, where lines are free.
const LEGEND_FROM: u16 = 90;
/// At least so many lines are shown before the feed gets one.
const ROWS: u16 = 12;

/// Returns the columns of a table so wide.
fn columns(room: u16) -> [Column; 8] {
    let stages = ChainStage::ALL.len() as u16;
    // The longest status of AWS has 26 columns with its glyph; `broken at interceptor` has 23. Names get what is left.
    let (name, status, chain) = match room {
        0..72 => (Size::Share(18), Size::Share(14), stages),
        KIND_FROM..112 => (Size::Share(26), Size::Fixed(23), stages),
        72..TITLED_FROM => (Size::Share(26), Size::Fixed(26), stages),
        _ => (Size::Share(30), Size::Fixed(26), STAGE_PITCH * stages - 1),
    };
    let column = |title, size, right, from| Column {
        title,
        size,
        right,
        from,
    };
    [
        column("NAME", name, false, 0),
        column("KIND", Size::Fixed(8), false, KIND_FROM),
        column("STATUS", status, false, 0),
        column("AGE", Size::Fixed(4), true, 40),
        column(
            "LAST HOUR",
            Size::Fixed(Traffic::STEPS as u16),
            false,
            KIND_FROM,
        ),
        column("CALLS", Size::Fixed(6), true, 60),
        column("ERR", Size::Fixed(4), true, 60),
        column("CHAIN", Size::Fixed(chain), false, CHAIN_FROM),
    ]
}

/// The table with its header, and below it the feed where there is room.
pub(super) fn fleet(
    state: &Fleet,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    draw_table(state, context, area, painter);
}

/// Lines of the feed in an area so high, its rule included.
pub(super) fn feed_height(context: &ViewContext<'_>, height: u16) -> u16 {
    let most = match height {
        0..16 => return 0,
        16..24 => 3,
        24..40 => 7,
        _ => 15,
    };
    let most = most.min(height.saturating_sub(ROWS));
    let lines = feed::length(context.store, usize::from(most.saturating_sub(1)));
    match u16::try_from(lines).unwrap_or(most) {
        0 => 0,
        lines => lines + 1,
    }
}

fn draw_table(state: &Fleet, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let room = area.width.saturating_sub(2);
    let columns = columns(room);
    let layout = lay_out(&columns, area.x + 1, room);
    header(state, &columns, &layout, area, painter);
    let prompt = state.typing || !state.filter.text().is_empty();
    let mut body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + u16::from(prompt)),
        ..area
    };
    let mut rows = state.lines_in(body.height, context.store);
    let chain = layout.iter().find(|(index, ..)| *index == CHAIN);
    let has_letters = chain.is_some_and(|(_, _, width)| !has_titles(*width));
    if has_letters && usize::from(body.height) <= rows.len() + 2 && body.height > 2 {
        // Where no lines are free for the legend, one line says in short what letters and dots stand for.
        body.height -= 1;
        let line = Rect {
            y: body.bottom(),
            height: 1,
            ..body
        };
        legend::draw_short(line, painter);
        rows = state.lines_in(body.height, context.store);
    }
    let is_cut = rows.len() > usize::from(body.height);
    let shown = Rect {
        height: body.height.saturating_sub(u16::from(is_cut)),
        ..body
    };
    let end = draw_rows(state, &rows, context, &layout, (body, shown), painter);
    if is_cut {
        let line = Rect {
            y: shown.bottom(),
            height: 1,
            ..body
        };
        draw_fold(rows.get(end..).unwrap_or_default(), context, line, painter);
    } else if usize::from(body.height) > rows.len() + 1 && area.width >= LEGEND_FROM {
        legend::draw(body, painter);
        if has_letters && usize::from(body.height) > rows.len() + 2 {
            legend::draw_letters(body, painter);
        }
    }
    if rows.is_empty() {
        let text = "Nothing here matches. Esc clears the filter.";
        painter.text(body.x + 3, body.y + 1, body.width, text, Role::Dim);
    }
    if prompt {
        draw_prompt(state, rows.len(), area, painter);
    }
}

/// Draws the visible rows; answers the index of the first one below them.
fn draw_rows(
    state: &Fleet,
    rows: &[CachedRow],
    context: &ViewContext<'_>,
    layout: &Layout,
    (body, shown): (Rect, Rect),
    painter: &mut Painter<'_>,
) -> usize {
    let selected = state.selected_row(rows);
    let mut list = state.list.clone();
    list.select(selected);
    let window = list.visible(shown.height, rows.len());
    painter.record_viewport(DrawnViewport {
        id: FleetViewport::Rows.into(),
        area: body,
        top: window.start,
        length: rows.len(),
    });
    painter.record_click(shown, ClickTarget::FleetRow);
    let names = layout.first().map_or(shown.x, |(_, x, _)| *x);
    for (index, row_id) in window.clone().zip(shown.rows()) {
        let Some(kept) = rows.get(index) else {
            continue;
        };
        let row = &kept.row(context.store);
        if index == selected {
            painter.select_row(row_id, state.detail.is_none() && state.overview.is_none());
        }
        draw_row(state, row, context, layout, row_id.y, painter);
        if row.has_children {
            let fold_mark = Rect {
                x: names + row.depth * 2,
                width: 2,
                ..row_id
            };
            painter.record_click(fold_mark, ClickTarget::FleetFold);
        }
        // What only leads to what the filter keeps stays in the background, as does what the last run saw.
        if row.is_context || is_remembered(&row.row_id, context) {
            let inside = Rect {
                x: row_id.x + 1,
                width: row_id.width.saturating_sub(1),
                ..row_id
            };
            let plain = Style::new().remove_modifier(Modifier::BOLD);
            painter.buffer.set_style(inside, plain);
            painter.shade(inside, Role::Dim);
        }
        flash(row, context, row_id, painter);
    }
    window.end
}

/// Returns whether a row shows what the last run saw.
fn is_remembered(row_id: &RowId, context: &ViewContext<'_>) -> bool {
    match row_id {
        RowId::Deployment(name) | RowId::Note(name) => context.store.is_deployment_remembered(name),
        RowId::Resource(key) => context.store.is_remembered(&key.deployment, key.kind),
        RowId::Misconfigured(_) | RowId::Problem(..) | RowId::Others(_) | RowId::Gap(_) => false,
    }
}

/// What lies below the fold: how many rows, and the worst of them by name.
fn draw_fold(
    below: &[CachedRow],
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let rows: Vec<Row<'_>> = below
        .iter()
        .filter(|row| !row.is_note())
        .map(|row| row.row(context.store))
        .collect();
    if rows.is_empty() {
        return;
    }
    let text = format!("{} more below", rows.len());
    let mut x = painter.spans(
        line.x + 1,
        line.y,
        line.width,
        &[("▼ ", Role::Accent), (&text, Role::Dim)],
    );
    let mut worst: Vec<_> = rows.iter().filter_map(|row| named(row, context)).collect();
    worst.sort_by_key(|(rank, ..)| std::cmp::Reverse(*rank));
    for (index, (_, mark, name, words)) in worst.iter().enumerate() {
        let (glyph, role) = *mark;
        let before = if index == 0 { ": " } else { ", " };
        let width = text_width(before) + 2 + text_width(name) + 1 + text_width(words);
        if usize::from(x) + width > usize::from(line.right()) {
            break;
        }
        x = painter.spans(
            x,
            line.y,
            line.right().saturating_sub(x),
            &[
                (before, Role::Dim),
                (glyph, role),
                (" ", role),
                (name, Role::Text),
                (" ", Role::Dim),
                (words, Role::Dim),
            ],
        );
    }
}

/// A row in few words, and how much it needs a look.
type NamedRow = (u8, (&'static str, Role), String, String);

fn named(row: &Row<'_>, context: &ViewContext<'_>) -> Option<NamedRow> {
    if let Some(resource) = row.resource {
        let health = kinds::health(resource);
        let rank = match health {
            Health::Failed => 9,
            Health::Degraded => 7,
            Health::NeedsPerson => 6,
            Health::Changing => 5,
            Health::Healthy | Health::Unknown => return None,
        };
        let words = kinds::status_text(resource, context.now);
        return Some((
            rank,
            (glyph(health), role_of(health)),
            resource.name.clone(),
            words,
        ));
    }
    if let Some(deployment) = row.misconfigured {
        let words = (deployment.name.clone(), MISCONFIGURED.to_owned());
        return Some((8, MISCONFIGURED_MARK, words.0, words.1));
    }
    let deployment = row.deployment?;
    let verdict = context.store.health(&deployment.name);
    let rank = match verdict.health {
        DeploymentHealth::Broken => 10,
        DeploymentHealth::Failing => 8,
        DeploymentHealth::NeedsPerson | DeploymentHealth::Changing => 4,
        DeploymentHealth::Unknown => 3,
        DeploymentHealth::Ready => 2,
        DeploymentHealth::Proven => 1,
    };
    Some((
        rank,
        (
            deployment_glyph(verdict.health),
            deployment_role(verdict.health),
        ),
        deployment.title().to_owned(),
        deployment_word(verdict.health).to_owned(),
    ))
}

/// Returns whether a column so wide has a title for each stage of the chain.
const fn has_titles(width: u16) -> bool {
    width > ChainStage::ALL.len() as u16
}

fn draw_prompt(state: &Fleet, rows: usize, area: Rect, painter: &mut Painter<'_>) {
    let y = area.bottom().saturating_sub(1);
    let x = painter.spans(
        area.x + 1,
        y,
        area.width,
        &[("/", Role::Accent), (state.filter.text(), Role::Text)],
    );
    if state.typing {
        painter.text(x, y, 1, "▏", Role::Accent);
    }
    let (count, role) = match state.filter_problem() {
        Some(problem) => (problem, Role::Degraded),
        None if state.filter.text().is_empty() => (
            "text  /regex/  !not  status:READY  kind:target".to_owned(),
            Role::Faint,
        ),
        None => (
            format!("{rows} row{}", if rows == 1 { "" } else { "s" }),
            Role::Dim,
        ),
    };
    let room = area.right().saturating_sub(x + 3);
    painter.text_right(area.right().saturating_sub(1), y, room, &count, role);
}

fn header(
    state: &Fleet,
    columns: &[Column],
    layout: &Layout,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let mark = if state.order.is_reversed {
        "▴"
    } else {
        "▾"
    };
    let sorted = column_of(state.order.order);
    if let (Some(column), false) = (
        columns.get(sorted),
        layout.iter().any(|(index, ..)| *index == sorted),
    ) {
        // The column is hidden here, and sorts all the same.
        let x = layout.first().map_or(area.x, |(_, x, _)| x + 8);
        let text = format!("{mark}{}", column.title);
        painter.text(x, area.y, 10, &text, Role::Accent);
    }
    for (index, x, width) in layout {
        let Some(column) = columns.get(*index) else {
            continue;
        };
        if order_of(*index).is_some() {
            let title = Rect {
                x: *x,
                width: *width,
                height: 1,
                ..area
            };
            painter.record_click(title, ClickTarget::FleetTitle(*index));
        }
        let x = if *index == 0 { x + 2 } else { *x };
        if *index == CHAIN {
            painter.text(x, area.y, *width, &chain_title(*width), Role::Dim);
        } else if column.right {
            painter.text_right(x + width, area.y, *width, column.title, Role::Dim);
        } else {
            painter.text(x, area.y, *width, column.title, Role::Dim);
        }
        if *index == sorted {
            let at = if column.right {
                x + width
            } else {
                x + u16::try_from(column.title.len()).unwrap_or(0)
            };
            painter.text(at, area.y, 1, mark, Role::Accent);
        }
    }
}

/// Returns the titles of the stages, or their letters where there is no room for more.
fn chain_title(room: u16) -> String {
    let stages = ChainStage::ALL.into_iter();
    if has_titles(room) {
        let pitch = usize::from(STAGE_PITCH);
        let titles = stages.fold(String::new(), |names, stage| {
            names + &format!("{:<pitch$}", stage.title())
        });
        titles.trim_end().to_owned()
    } else {
        stages.map(ChainStage::letter).collect()
    }
}

const fn column_of(order: Order) -> usize {
    match order {
        Order::Health => STATUS,
        Order::Name => 0,
        Order::Age => AGE,
        Order::Calls => CALLS,
        Order::Errors => ERRORS,
    }
}

/// Returns the order that a click on the title of a column asks for.
pub(super) const fn order_of(column: usize) -> Option<Order> {
    match column {
        0 => Some(Order::Name),
        STATUS => Some(Order::Health),
        AGE => Some(Order::Age),
        HOUR | CALLS => Some(Order::Calls),
        ERRORS => Some(Order::Errors),
        _ => None,
    }
}

/// A row whose status has just changed is shown inverted for a moment, once.
fn flash(row: &Row<'_>, context: &ViewContext<'_>, row_id: Rect, painter: &mut Painter<'_>) {
    let RowId::Resource(key) = &row.row_id else {
        return;
    };
    let mut recent = context
        .store
        .feed
        .iter()
        .take_while(|transition| context.now.since(transition.at) < FLASH_MS);
    if recent.any(|transition| transition.key == *key) {
        painter
            .buffer
            .set_style(row_id, Style::new().add_modifier(Modifier::REVERSED));
    }
}
