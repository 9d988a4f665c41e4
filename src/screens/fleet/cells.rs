//! The cells of a row of the Fleet.

use std::borrow::Cow;

use super::{
    Fleet, Row, RowId,
    draw::{AGE, CALLS, ERRORS, HOUR, KIND, STAGE_PITCH, STATUS},
    is_unknown,
    tree::others,
};
use crate::{
    doctor::ChainStage,
    kinds::{self, DeploymentHealth},
    model::{Health, Moment, Traffic, with_separators},
    screens::ViewContext,
    theme::Role,
    widgets::{
        Layout, MISCONFIGURED, MISCONFIGURED_MARK, Painter, cut_middle, deployment_glyph,
        deployment_role, deployment_word, glyph, role_of, sparkline, stage_mark, text_width,
    },
};

/// Draws a row into the columns of the table.
pub(super) fn draw_row(
    state: &Fleet,
    row: &Row<'_>,
    context: &ViewContext<'_>,
    layout: &Layout,
    y: u16,
    painter: &mut Painter<'_>,
) {
    if row.is_note() {
        draw_note(row, context, layout, y, painter);
        return;
    }
    let end = layout.last().map_or(0, |(_, x, width)| x + width);
    let remark = row
        .resource
        .and_then(|resource| kinds::remark(resource, context.now));
    for (index, x, width) in layout {
        let cell = CellArea {
            x: *x,
            y,
            width: *width,
        };
        match *index {
            0 => draw_name(state, row, context, cell, painter),
            KIND => draw_kind(row, cell, painter),
            STATUS if row.failure.is_some() => {
                draw_failure(row, cell, end, painter);
                return;
            }
            STATUS => draw_status(row, context, cell, painter),
            AGE => {
                if let Some(at) = changed(row, context) {
                    let age = at.age(context.now);
                    painter.text_right(x + width, y, *width, &age, Role::Dim);
                }
            }
            HOUR | CALLS | ERRORS => match (traffic(row, context), &remark) {
                (Some(traffic), _) => draw_traffic(&traffic, *index, cell, painter),
                (None, Some(remark)) => {
                    // What is never counted leaves its cells to the reason.
                    painter.text(*x, y, end.saturating_sub(*x), remark, Role::Dim);
                    return;
                }
                (None, None) => {}
            },
            _ => match (row.deployment, &remark) {
                (Some(_), _) => draw_stages(row, context, cell, painter),
                (None, Some(remark)) => {
                    painter.text(*x, y, *width, remark, Role::Dim);
                }
                (None, None) => {}
            },
        }
    }
}

/// Where a cell is.
#[derive(Clone, Copy)]
struct CellArea {
    x: u16,
    y: u16,
    width: u16,
}

/// The line under a deployment that says what is wrong.
fn draw_note(
    row: &Row<'_>,
    context: &ViewContext<'_>,
    layout: &Layout,
    y: u16,
    painter: &mut Painter<'_>,
) {
    let RowId::Note(name) = &row.row_id else {
        return;
    };
    let end = layout.last().map_or(0, |(_, x, width)| x + width);
    let left = layout.first().map_or(0, |(_, x, _)| x + 4);
    let status = layout
        .iter()
        .find(|(index, ..)| *index == STATUS)
        .map_or(left, |(_, x, _)| x + 2);
    let words = match context.store.misconfigured(name) {
        Some(deployment) => deployment.summary(),
        None => context.store.health(name).evidence,
    };
    // A narrow window, or a long sentence, takes the whole line.
    let is_long = text_width(&words) > usize::from(end.saturating_sub(status));
    let x = if end < 100 || is_long { left } else { status };
    painter.text(x, y, end.saturating_sub(x), &words, Role::Text);
}

fn draw_kind(row: &Row<'_>, cell: CellArea, painter: &mut Painter<'_>) {
    let kind = match (row.resource, row.deployment) {
        (Some(resource), _) => resource.key.kind.short().to_owned(),
        (None, Some(deployment)) => deployment
            .shape
            .map_or_else(String::new, |shape| format!("{shape:?}")),
        (None, None) => String::new(),
    };
    painter.text(cell.x, cell.y, cell.width, &kind, Role::Dim);
}

/// Why a list is missing is worth all the room that is left.
fn draw_failure(row: &Row<'_>, cell: CellArea, end: u16, painter: &mut Painter<'_>) {
    let Some(failure) = row.failure else { return };
    let text = format!("not listed: {}", failure.cause);
    painter.spans(
        cell.x,
        cell.y,
        end.saturating_sub(cell.x),
        &[("▲ ", Role::Degraded), (text.as_str(), Role::Degraded)],
    );
}

fn traffic<'a>(row: &Row<'_>, context: &ViewContext<'a>) -> Option<Cow<'a, Traffic>> {
    match (row.resource, row.deployment) {
        (Some(resource), _) => context.store.traffic.get(&resource.key).map(Cow::Borrowed),
        (None, Some(deployment)) => context.store.traffic_of(&deployment.name).map(Cow::Owned),
        (None, None) => None,
    }
}

/// One of the columns of the last hour. What was not called stays in the background.
fn draw_traffic(traffic: &Traffic, column: usize, cell: CellArea, painter: &mut Painter<'_>) {
    let calls = traffic.total();
    let CellArea { x, y, width } = cell;
    match column {
        CALLS => {
            let role = if calls > 0 { Role::Text } else { Role::Faint };
            painter.text_right(x + width, y, width, &short_count(calls), role);
        }
        ERRORS => {
            let role = if traffic.errors > 0 {
                Role::Failed
            } else {
                Role::Faint
            };
            painter.text_right(x + width, y, width, &short_count(traffic.errors), role);
        }
        _ => {
            let role = if calls > 0 { Role::Bar } else { Role::Low };
            painter.text(x, y, width, &sparkline(&traffic.calls), role);
        }
    }
}

/// Returns a count in few columns: `1,204`, `310k`, `12M`.
fn short_count(count: u64) -> String {
    match count {
        0..10_000 => with_separators(count),
        10_000..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}

/// The stages of a deployment's chain as dots, each in its column.
fn draw_stages(
    row: &Row<'_>,
    context: &ViewContext<'_>,
    cell: CellArea,
    painter: &mut Painter<'_>,
) {
    let Some(deployment) = row.deployment else {
        return;
    };
    if is_unknown(context.store, &deployment.name) {
        return;
    }
    let pitch = if cell.width > 2 * CHAIN_DOTS {
        STAGE_PITCH
    } else {
        1
    };
    // A dot stands under the middle of a title of three letters.
    let inset = u16::from(pitch > 1);
    let chain = context.store.chain(&deployment.name, context.now);
    for (index, stage) in ChainStage::ALL.into_iter().enumerate() {
        let column = cell.x + inset + pitch * u16::try_from(index).unwrap_or_default();
        let Some(status) = chain.stage(stage) else {
            continue;
        };
        let (dot, role) = stage_mark(status);
        painter.text(column, cell.y, 1, dot, role);
    }
}

/// Columns of the dots without titles.
const CHAIN_DOTS: u16 = ChainStage::ALL.len() as u16;

fn draw_name(
    state: &Fleet,
    row: &Row<'_>,
    context: &ViewContext<'_>,
    cell: CellArea,
    painter: &mut Painter<'_>,
) {
    let CellArea { x, y, width } = cell;
    let arrow = match (row.has_children, row.is_folded) {
        (true, true) => "▸ ",
        (true, false) => "▾ ",
        (false, _) => "  ",
    };
    let indent = row.depth * 2;
    if state.marks.contains(&row.row_id) {
        painter.text(x.saturating_sub(1), y, 1, "✓", Role::Accent);
    }
    let room = width.saturating_sub(indent);
    let at = painter.text(x + indent, y, room, arrow, Role::Faint);
    let left = width.saturating_sub(at.saturating_sub(x));
    match (&row.row_id, row.resource) {
        (RowId::Deployment(name), _) => {
            painter.text(at, y, left, context.store.title(name.as_str()), Role::Name);
        }
        (RowId::Resource(_), Some(resource)) => {
            let name = cut_middle(&resource.name, usize::from(left));
            painter.text(at, y, left, &name, Role::Text);
        }
        (RowId::Problem(deployment, kind), _) => {
            let same = row.failure.map_or(0, |failure| {
                context.store.same_problems(deployment, failure)
            });
            let more = if same > 1 {
                format!(" +{}", same - 1)
            } else {
                String::new()
            };
            let text = format!("{}{more}", kind.plural());
            painter.text(at, y, left, &text, Role::Dim);
        }
        (RowId::Others(deployment), _) => {
            let (count, _) = others(context.store, deployment);
            painter.text(at, y, left, &format!("{count} more"), Role::Dim);
        }
        (RowId::Misconfigured(name), _) => {
            painter.text(at, y, left, name.as_str(), Role::Name);
        }
        (RowId::Resource(_), None) | (RowId::Note(_) | RowId::Gap(_), _) => {}
    }
}

fn draw_status(
    row: &Row<'_>,
    context: &ViewContext<'_>,
    cell: CellArea,
    painter: &mut Painter<'_>,
) {
    let CellArea { x, y, width } = cell;
    if let RowId::Others(deployment) = &row.row_id {
        let (_, kinds) = others(context.store, deployment);
        painter.text(x, y, width, &kinds, Role::Dim);
        return;
    }
    // What has no status shows none.
    if let Some(resource) = row.resource.filter(|resource| kinds::has_status(resource)) {
        let health = kinds::health(resource);
        let role = role_of(health);
        let text_role = if health == Health::Healthy {
            Role::Text
        } else {
            role
        };
        let status = kinds::status_text(resource, context.now);
        painter.spans(
            x,
            y,
            width,
            &[(glyph(health), role), (" ", role), (&status, text_role)],
        );
        return;
    }
    if row.misconfigured.is_some() {
        let (glyph, role) = MISCONFIGURED_MARK;
        let pieces = [(glyph, role), (" ", role), (MISCONFIGURED, role)];
        painter.spans(x, y, width, &pieces);
    }
    draw_health(row, context, cell, painter);
}

/// Draws the word of a deployment's health.
fn draw_health(
    row: &Row<'_>,
    context: &ViewContext<'_>,
    cell: CellArea,
    painter: &mut Painter<'_>,
) {
    let CellArea { x, y, width } = cell;
    let Some(deployment) = row.deployment else {
        return;
    };
    if is_unknown(context.store, &deployment.name) && context.store.loading() > 0 {
        let asking = [(context.spinner, Role::Changing), (" asking", Role::Dim)];
        painter.spans(x, y, width, &asking);
        return;
    }
    let verdict = context.store.health(&deployment.name);
    let role = deployment_role(verdict.health);
    let (word, more) = words(&verdict, context, width);
    painter.spans(
        x,
        y,
        width,
        &[
            (deployment_glyph(verdict.health), role),
            (" ", role),
            (word, role),
            (more.as_str(), role),
        ],
    );
}

/// Returns the word of a deployment's health, and the hop or the age of the evidence where there is room for it.
fn words(
    verdict: &kinds::HealthVerdict,
    context: &ViewContext<'_>,
    room: u16,
) -> (&'static str, String) {
    let word = deployment_word(verdict.health);
    let more = match (verdict.health, verdict.hop, verdict.at) {
        (DeploymentHealth::Broken | DeploymentHealth::Failing, Some(hop), _) => {
            format!(" at {hop}")
        }
        (DeploymentHealth::Failing, None, _) => ", hop unknown".to_owned(),
        (DeploymentHealth::Proven, _, Some(at)) => format!(" {} ago", at.age(context.now)),
        _ => String::new(),
    };
    let fits = 2 + word.len() + more.len() <= usize::from(room);
    (word, if fits { more } else { String::new() })
}

/// Returns when the resource changed; for a deployment, since when it is in its state.
fn changed(row: &Row<'_>, context: &ViewContext<'_>) -> Option<Moment> {
    match (row.resource, row.deployment) {
        (Some(resource), _) => resource.updated.or(resource.created),
        (None, Some(deployment)) => context.store.state_since(&deployment.name),
        (None, None) => None,
    }
}
