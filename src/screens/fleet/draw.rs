//! How the Fleet looks: the table, the filter line, what happened lately, and the welcome without a configuration.

use std::borrow::Cow;

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
};

use super::{Fleet, Order, Place, Row, TitleAreas, is_unknown};
use crate::{
    doctor::ChainStage,
    kinds::{self, Chain, DeploymentHealth, HealthVerdict},
    model::{Health, Moment, Resource, Traffic, with_separators},
    screens::ViewContext,
    state::Transition,
    theme::Role,
    widgets::{
        Column, Layout, Painter, Size, cut, cut_middle, deployment_glyph, deployment_role,
        deployment_word, glyph, lay_out, role_of, sparkline,
    },
};

/// A transition's row flashes that long after it was seen, in milliseconds.
const FLASH_MS: i64 = 600;

/// Where the columns stand in [`columns`].
const STATUS: usize = 2;
const AGE: usize = 3;
const CALLS: usize = 5;
const ERRORS: usize = 6;

/// Index of the column with the chain and the reason in [`columns`].
const CHAIN: usize = 7;
/// From this width of their column the stages of the chain stand as dots before the words, each under its letter.
const DOTS_FROM: u16 = 24;
/// From this width each stage has a column with its name.
const NAMED_STAGES_FROM: u16 = 76;
/// Width of a stage's own column.
const STAGE_PITCH: u16 = 5;

/// The title of the chain's column: names of the stages, their letters, or neither where no dots are drawn.
fn chain_title(room: u16) -> String {
    if room >= NAMED_STAGES_FROM {
        let pitch = usize::from(STAGE_PITCH);
        let names = ChainStage::ALL.iter().fold(String::new(), |names, stage| {
            names + &format!("{:<pitch$}", stage.title())
        });
        format!("{names}  REASON")
    } else if room >= DOTS_FROM {
        let letters: String = ChainStage::ALL
            .iter()
            .filter_map(|stage| stage.title().chars().next())
            .collect();
        format!("{letters}  REASON")
    } else {
        "REASON".to_owned()
    }
}

/// The columns of a table so wide. What is broken and why gets what is left; narrow windows do without it, and share.
fn columns(room: u16) -> [Column; 8] {
    let (name, status) = match room {
        0..72 => (Size::Share(20), Size::Share(14)),
        72..98 => (Size::Fixed(22), Size::Fixed(14)),
        98..130 => (Size::Fixed(26), Size::Fixed(16)),
        130..160 => (Size::Fixed(32), Size::Fixed(22)),
        _ => (Size::Fixed(40), Size::Fixed(26)),
    };
    let column = |title, size, right, from| Column {
        title,
        size,
        right,
        from,
    };
    [
        column("NAME", name, false, 0),
        column("KIND", Size::Fixed(8), false, 56),
        column("STATUS", status, false, 0),
        column("AGE", Size::Fixed(4), true, 40),
        column("LAST HOUR", Size::Fixed(Traffic::STEPS as u16), false, 108),
        column("CALLS", Size::Fixed(6), true, 98),
        column("ERR", Size::Fixed(4), true, 98),
        column("REASON", Size::Share(14), false, 72),
    ]
}

/// The table with its header, and below it the feed where there is room.
pub(super) fn fleet(
    state: &Fleet,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let feed = if area.height >= 16 {
        (area.height / 4).clamp(3, 7)
    } else {
        0
    };
    let feed = if context.store.feed.is_empty() {
        0
    } else {
        feed
    };
    let table = Rect {
        height: area.height - feed,
        ..area
    };
    draw_table(state, context, table, painter);
    if feed > 0 {
        draw_feed(
            context,
            Rect {
                y: area.y + table.height,
                height: feed,
                ..area
            },
            painter,
        );
    }
}

fn draw_table(state: &Fleet, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let room = area.width.saturating_sub(2);
    let columns = columns(room);
    let layout = lay_out(&columns, area.x + 1, room);
    header(state, &columns, &layout, area, painter);
    let prompt = state.typing || !state.filter.text().is_empty();
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + u16::from(prompt)),
        ..area
    };
    let rows = state.lines(context.store);
    let selected = state.selected_row(&rows);
    let mut list = state.list.clone();
    list.select(selected);
    let window = list.window(body, rows.len());
    state.list.window(body, rows.len());
    for (line, (index, kept)) in rows
        .iter()
        .enumerate()
        .skip(window.start)
        .take(window.len())
        .enumerate()
    {
        let row = &kept.row(context.store);
        let y = body.y + u16::try_from(line).unwrap_or(u16::MAX);
        let place = Rect {
            y,
            height: 1,
            ..body
        };
        if index == selected {
            painter.select_row(place, true);
        }
        draw_row(state, row, context, &layout, y, painter);
        if is_remembered(&row.place, context) {
            let inside = Rect {
                x: place.x + 1,
                width: place.width.saturating_sub(1),
                ..place
            };
            let plain = Style::new().remove_modifier(Modifier::BOLD);
            painter.buffer.set_style(inside, plain);
            painter.shade(inside, Role::Dim);
        }
        flash(row, context, place, painter);
    }
    let below = rows.len().saturating_sub(window.end);
    if below > 0 {
        let text = format!(" ▼ {below} more");
        let y = body.bottom().saturating_sub(1);
        painter.text_right(body.right().saturating_sub(1), y, 12, &text, Role::Dim);
    }
    if rows.is_empty() {
        painter.text(
            body.x + 3,
            body.y + 1,
            body.width,
            "Nothing here contains that text. Esc clears the filter.",
            Role::Dim,
        );
    }
    if prompt {
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
        painter.text_right(
            area.right().saturating_sub(1),
            y,
            20,
            &format!(
                "{} row{}",
                rows.len(),
                if rows.len() == 1 { "" } else { "s" }
            ),
            Role::Dim,
        );
    }
}

fn header(
    state: &Fleet,
    columns: &[Column],
    layout: &Layout,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    remember_titles(state, columns, layout, area);
    let mark = if state.order.is_reversed {
        "▴"
    } else {
        "▾"
    };
    let sorted = match state.order.order {
        Order::Health => STATUS,
        Order::Name => 0,
        Order::Age => AGE,
        Order::Calls => CALLS,
        Order::Errors => ERRORS,
    };
    if let (Some(column), false) = (
        columns.get(sorted),
        layout.iter().any(|(index, ..)| *index == sorted),
    ) {
        // The column is hidden here, and sorts all the same.
        painter.text_right(
            area.right(),
            area.y,
            8,
            &format!(" {mark}{}", column.title),
            Role::Accent,
        );
    }
    for (index, x, width) in layout {
        let Some(column) = columns.get(*index) else {
            continue;
        };
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

/// Keeps where the titles stand, for clicks on them.
fn remember_titles(state: &Fleet, columns: &[Column], layout: &Layout, area: Rect) {
    let order_of = |index: usize| match index {
        0 => Some(Order::Name),
        STATUS => Some(Order::Health),
        AGE => Some(Order::Age),
        CALLS => Some(Order::Calls),
        ERRORS => Some(Order::Errors),
        _ => None,
    };
    let mut titles = TitleAreas {
        line: area.y,
        names: layout.first().map_or(area.x, |(_, x, _)| *x),
        ..TitleAreas::default()
    };
    let found = layout.iter().filter_map(|(index, x, width)| {
        let order = order_of(*index).filter(|_| columns.get(*index).is_some())?;
        Some((order, *x, x + width))
    });
    for (slot, found) in titles.areas.iter_mut().zip(found) {
        *slot = Some(found);
    }
    state.titles.set(titles);
}

fn draw_row(
    state: &Fleet,
    row: &Row<'_>,
    context: &ViewContext<'_>,
    layout: &Layout,
    y: u16,
    painter: &mut Painter<'_>,
) {
    let end = layout.last().map_or(0, |(_, x, width)| x + width);
    for (index, x, width) in layout {
        if let Some(failure) = row.failure.filter(|_| *index >= STATUS) {
            // Why a list is missing is worth all the room that is left.
            let room = end.saturating_sub(*x);
            let text = format!("not listed: {}", failure.cause);
            painter.spans(
                *x,
                y,
                room,
                &[("▲ ", Role::Degraded), (text.as_str(), Role::Degraded)],
            );
            return;
        }
        match index {
            0 => draw_name(state, row, context, *x, y, *width, painter),
            1 => {
                let kind = row.resource.map_or_else(
                    || shape(row),
                    |resource| resource.key.kind.as_str().to_owned(),
                );
                painter.text(*x, y, *width, &kind, Role::Dim);
            }
            &STATUS => draw_status(row, context, *x, y, *width, painter),
            &AGE => {
                if let Some(updated) = changed(row, context) {
                    painter.text_right(x + width, y, *width, &updated.age(context.now), Role::Dim);
                }
            }
            4..=6 => match (traffic(row, context), remark(row, context)) {
                (Some(traffic), _) => {
                    draw_traffic(&traffic, *index, *x, y, *width, painter);
                }
                (None, Some(remark)) => {
                    // What is never counted leaves its cells to the reason.
                    painter.text(*x, y, end.saturating_sub(*x), &remark, Role::Dim);
                    return;
                }
                (None, None) => {}
            },
            _ => draw_reason(row, context, *x, y, *width, painter),
        }
    }
}

fn traffic<'a>(row: &Row<'_>, context: &ViewContext<'a>) -> Option<Cow<'a, Traffic>> {
    match (row.resource, row.deployment) {
        (Some(resource), _) => context.store.traffic.get(&resource.key).map(Cow::Borrowed),
        (None, Some(deployment)) => context.store.traffic_of(&deployment.name).map(Cow::Owned),
        (None, None) => None,
    }
}

/// One of the columns of the last hour. What was not called stays in the background.
fn draw_traffic(
    traffic: &Traffic,
    column: usize,
    x: u16,
    y: u16,
    width: u16,
    painter: &mut Painter<'_>,
) {
    let calls = traffic.total();
    match column {
        CALLS => painter.text_right(
            x + width,
            y,
            width,
            &short_count(calls),
            if calls > 0 { Role::Text } else { Role::Faint },
        ),
        ERRORS => {
            let role = if traffic.errors > 0 {
                Role::Failed
            } else {
                Role::Faint
            };
            painter.text_right(x + width, y, width, &short_count(traffic.errors), role);
        }
        _ => {
            painter.text(
                x,
                y,
                width,
                &sparkline(&traffic.calls),
                if calls > 0 { Role::Accent } else { Role::Faint },
            );
        }
    }
}

/// A count in few columns: `1,204`, `310k`, `12M`.
fn short_count(count: u64) -> String {
    match count {
        0..10_000 => with_separators(count),
        10_000..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}

/// A deployment's chain, a resource's reason.
fn draw_reason(
    row: &Row<'_>,
    context: &ViewContext<'_>,
    x: u16,
    y: u16,
    width: u16,
    painter: &mut Painter<'_>,
) {
    if let Some(deployment) = row.deployment {
        if is_unknown(context.store, &deployment.name) {
            return;
        }
        draw_chain(
            &context.store.chain(&deployment.name, context.now),
            &context.store.health(&deployment.name),
            x,
            y,
            width,
            painter,
        );
    } else if let Some(remark) = remark(row, context) {
        painter.text(x, y, width, &remark, Role::Dim);
    }
}

/// What is said of a resource beside its status.
fn remark(row: &Row<'_>, context: &ViewContext<'_>) -> Option<String> {
    kinds::remark(row.resource?, context.now)
}

/// The hops as dots where there is room, then in words what is broken.
fn draw_chain(
    chain: &Chain,
    verdict: &HealthVerdict,
    x: u16,
    y: u16,
    room: u16,
    painter: &mut Painter<'_>,
) {
    let mut at = x;
    if room >= DOTS_FROM {
        let pitch = if room >= NAMED_STAGES_FROM {
            STAGE_PITCH
        } else {
            1
        };
        for (index, stage) in ChainStage::ALL.into_iter().enumerate() {
            let column = x + pitch * u16::try_from(index).unwrap_or_default();
            at = column + pitch + 2;
            let Some(status) = chain.stage(stage) else {
                continue;
            };
            let (dot, role) = status.health.map_or(("○", Role::Faint), |health| {
                (glyph(health), role_of(health))
            });
            painter.text(column, y, 1, dot, role);
        }
    }
    let (words, role) = match chain.summary() {
        _ if verdict.health == DeploymentHealth::Failing => {
            (verdict.evidence.clone(), deployment_role(verdict.health))
        }
        Some((health, words)) if health != Health::Healthy => (words, role_of(health)),
        _ if verdict.health.needs_words() => {
            (verdict.evidence.clone(), deployment_role(verdict.health))
        }
        Some((_, words)) => (words, Role::Dim),
        None => return,
    };
    painter.text(at, y, (x + room).saturating_sub(at), &words, role);
}

fn shape(row: &Row<'_>) -> String {
    row.deployment
        .and_then(|deployment| deployment.shape)
        .map_or_else(String::new, |shape| format!("{shape:?}"))
}

fn draw_name(
    state: &Fleet,
    row: &Row<'_>,
    context: &ViewContext<'_>,
    x: u16,
    y: u16,
    room: u16,
    painter: &mut Painter<'_>,
) {
    let arrow = match (row.has_children, row.is_folded) {
        (true, true) => "▸ ",
        (true, false) => "▾ ",
        (false, _) => "  ",
    };
    let indent = row.depth * 2;
    if state.marks.contains(&row.place) {
        painter.text(x.saturating_sub(1), y, 1, "✓", Role::Accent);
    }
    let at = painter.text(
        x + indent,
        y,
        room.saturating_sub(indent),
        arrow,
        Role::Faint,
    );
    let left = room.saturating_sub(at.saturating_sub(x));
    match (&row.place, row.resource) {
        (Place::Deployment(name), _) => painter.text(at, y, left, name.as_str(), Role::Name),
        (Place::Resource(_), Some(resource)) => painter.text(
            at,
            y,
            left,
            &cut_middle(&resource.name, usize::from(left)),
            Role::Text,
        ),
        (Place::Problem(deployment, kind), _) => {
            let more = row
                .failure
                .map_or(0, |failure| {
                    context.store.same_problems(deployment, failure)
                })
                .saturating_sub(1);
            let more = if more > 0 {
                format!(" +{more}")
            } else {
                String::new()
            };
            painter.text(at, y, left, &format!("{kind}s{more}"), Role::Dim)
        }
        (Place::Resource(_), None) => at,
    };
}

fn draw_status(
    row: &Row<'_>,
    context: &ViewContext<'_>,
    x: u16,
    y: u16,
    room: u16,
    painter: &mut Painter<'_>,
) {
    if let Some(resource) = row.resource {
        let health = kinds::health(resource);
        let role = role_of(health);
        painter.spans(
            x,
            y,
            room,
            &[
                (glyph(health), role),
                (" ", role),
                (kinds::status_text(resource, context.now).as_str(), role),
            ],
        );
        return;
    }
    let Some(deployment) = row.deployment else {
        return;
    };
    let is_asking = is_unknown(context.store, &deployment.name) && context.store.loading() > 0;
    if is_asking {
        painter.spans(
            x,
            y,
            room,
            &[(context.spinner, Role::Changing), (" asking", Role::Dim)],
        );
        return;
    }
    let verdict = context.store.health(&deployment.name);
    let role = deployment_role(verdict.health);
    // The hop is named here only where it is not cut: the reason names it too.
    let word = deployment_word(verdict.health);
    let hop = verdict
        .hop
        .filter(|_| verdict.health == DeploymentHealth::Broken)
        .map(|hop| format!(" at {hop}"))
        .filter(|hop| 2 + word.len() + hop.len() <= usize::from(room))
        .unwrap_or_default();
    painter.spans(
        x,
        y,
        room,
        &[
            (deployment_glyph(verdict.health), role),
            (" ", role),
            (word, role),
            (hop.as_str(), role),
        ],
    );
}

/// Whether a row shows what the last run saw.
fn is_remembered(place: &Place, context: &ViewContext<'_>) -> bool {
    match place {
        Place::Deployment(name) => context.store.is_deployment_remembered(name),
        Place::Resource(key) => context.store.is_remembered(&key.deployment, key.kind),
        Place::Problem(..) => false,
    }
}

/// When the resource changed; for a deployment, when its newest one did.
fn changed(row: &Row<'_>, context: &ViewContext<'_>) -> Option<Moment> {
    match (row.resource, row.deployment) {
        (Some(resource), _) => resource.updated.or(resource.created),
        (None, Some(deployment)) => context
            .store
            .resources(&deployment.name)
            .filter_map(|resource: &Resource| resource.updated)
            .max(),
        (None, None) => None,
    }
}

/// A row whose status has just changed is shown inverted for a moment, once.
fn flash(row: &Row<'_>, context: &ViewContext<'_>, place: Rect, painter: &mut Painter<'_>) {
    let Place::Resource(key) = &row.place else {
        return;
    };
    let recent = context
        .store
        .feed
        .iter()
        .take_while(|each| context.now.since(each.at) < FLASH_MS);
    if recent.into_iter().any(|each| each.key == *key) {
        painter.buffer.set_style(
            place,
            ratatui::style::Style::new().add_modifier(ratatui::style::Modifier::REVERSED),
        );
    }
}

fn draw_feed(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    painter.hline(area);
    painter.text(area.x + 2, area.y, 10, " LATELY ", Role::Dim);
    for (line, transition) in context
        .store
        .feed
        .iter()
        .take(usize::from(area.height - 1))
        .enumerate()
    {
        let y = area.y + 1 + u16::try_from(line).unwrap_or(u16::MAX);
        draw_transition(
            transition,
            context,
            Rect {
                y,
                height: 1,
                ..area
            },
            painter,
        );
    }
}

fn draw_transition(
    transition: &Transition,
    context: &ViewContext<'_>,
    row: Rect,
    painter: &mut Painter<'_>,
) {
    let end = row.right();
    let mut x = painter.text(
        row.x + 1,
        row.y,
        9,
        &transition.at.clock(context.zone),
        Role::Faint,
    ) + 2;
    let who = format!("{} / {}", transition.key.deployment, transition.name);
    let room = (row.width / 3).clamp(18, 44);
    painter.text(x, row.y, room, &cut(&who, usize::from(room)), Role::Text);
    x += room + 2;
    let from = transition.from.as_deref().unwrap_or("new");
    let to = transition.to.as_deref().unwrap_or("gone");
    // What was true then: the resource may have changed since.
    let role = transition.health.map_or(Role::Dim, role_of);
    x = painter.spans(
        x,
        row.y,
        end.saturating_sub(x),
        &[(from, Role::Dim), (" → ", Role::Faint), (to, role)],
    );
    if let Some(reason) = &transition.reason {
        painter.text(x + 2, row.y, end.saturating_sub(x + 3), reason, Role::Dim);
    }
}
