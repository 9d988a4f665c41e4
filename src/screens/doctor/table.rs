//! The deployments, a row each: their hops in titled columns, and the verdict.

use ratatui::layout::Rect;

use super::{
    Doctor,
    view::{headline, mark_of},
};
use crate::{
    doctor::{DoctorReport, Hop, HopState},
    kinds::EVIDENCE_MS,
    messages::DoctorViewport,
    model::{Deployment, DeploymentName, Moment},
    screens::ViewContext,
    theme::Role,
    widgets::{Painter, cut, text_width},
};

/// Columns of the name.
const NAME: u16 = 19;
/// From this width each hop has a column with a title.
const TITLED_FROM: u16 = 140;
/// Columns of a hop with a title.
const PITCH: u16 = 4;

/// Draws the header and the rows.
pub(super) fn draw(
    state: &Doctor,
    deployments: &[&Deployment],
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    header(state, context, area, painter);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let cursor = state.cursor(deployments);
    let mut list = state.list.clone();
    list.select(cursor);
    let window = list.window(
        DoctorViewport::Deployments,
        body,
        deployments.len(),
        painter,
    );
    for (index, row) in window.zip(body.rows()) {
        let Some(deployment) = deployments.get(index) else {
            continue;
        };
        if index == cursor {
            painter.select_row(row, !state.is_in_hops);
        }
        draw_row(state, &deployment.name, context, row, painter);
    }
}

const fn pitch(width: u16) -> u16 {
    if width >= TITLED_FROM { PITCH } else { 1 }
}

/// First column of the verdict.
fn verdict_column(area: Rect) -> u16 {
    let hops = u16::try_from(Hop::ALL.len()).unwrap_or_default();
    area.x + 2 + NAME + pitch(area.width) * hops + 2
}

fn header(state: &Doctor, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    painter.text(area.x + 2, area.y, NAME, "DEPLOYMENT", Role::Dim);
    let cause = state
        .report(context.store)
        .and_then(DoctorReport::break_cause)
        .map(|verdict| verdict.hop);
    let column = area.x + 2 + NAME;
    if pitch(area.width) > 1 {
        for (index, hop) in Hop::ALL.into_iter().enumerate() {
            let role = if cause == Some(hop) {
                Role::Name
            } else {
                Role::Dim
            };
            let x = column + PITCH * u16::try_from(index).unwrap_or_default();
            painter.text(x, area.y, PITCH - 1, hop.spec().short, role);
        }
    } else {
        painter.text(column, area.y, 21, "HOPS", Role::Dim);
    }
    let x = verdict_column(area);
    let room = area.right().saturating_sub(x + 1);
    painter.text(x, area.y, room, "VERDICT", Role::Dim);
}

fn draw_row(
    state: &Doctor,
    name: &DeploymentName,
    context: &ViewContext<'_>,
    row: Rect,
    painter: &mut Painter<'_>,
) {
    let shown = cut(context.store.title(name.as_str()), usize::from(NAME - 1));
    painter.text(row.x + 2, row.y, NAME - 1, &shown, Role::Name);
    let examined = context.store.examined.get(name);
    let running = state.running.get(name);
    // Hops appear as they are judged: a running walk goes over the last one.
    if let Some(report) = running.or_else(|| examined.map(|(_, report)| report)) {
        // A running walk is of now.
        let at = examined.filter(|_| running.is_none()).map(|(at, _)| *at);
        let fade = |role| at.map_or(role, |at| faded(role, at, context.now));
        draw_hops(report, fade, row, painter);
    }
    let x = verdict_column(row);
    let end = row.right().saturating_sub(1);
    if let Some(since) = state.asked.get(name) {
        let age = since.age(context.now);
        let judged = running.map_or(0, |report| {
            report.hops.len() - report.count(HopState::Unknown)
        });
        let text = format!("examining, {judged} of {} judged, {age}", Hop::ALL.len());
        let pieces = [
            (context.spinner, Role::Changing),
            (" ", Role::Dim),
            (&text, Role::Dim),
        ];
        painter.spans(x, row.y, end.saturating_sub(x), &pieces);
    } else if let Some((at, report)) = examined {
        let age = format!("{} ago", at.age(context.now));
        let width = u16::try_from(text_width(&age)).unwrap_or_default();
        painter.text_right(end, row.y, width, &age, Role::Dim);
        let (words, role) = headline(report);
        let role = faded(role, *at, context.now);
        let room = end.saturating_sub(x + width + 2);
        painter.text(x, row.y, room, &words, role);
    }
}

/// Returns the colour of what was seen at that time: it fades when it proves nothing of now any more.
fn faded(role: Role, at: Moment, now: Moment) -> Role {
    if now.since(at) > EVIDENCE_MS {
        Role::Dim
    } else {
        role
    }
}

fn draw_hops(
    report: &DoctorReport,
    fade: impl Fn(Role) -> Role,
    row: Rect,
    painter: &mut Painter<'_>,
) {
    let pitch = pitch(row.width);
    let inset = u16::from(pitch > 1);
    for (index, finding) in report.hops.iter().enumerate() {
        if finding.state == HopState::Skipped {
            continue;
        }
        let (glyph, role) = mark_of(finding);
        let role = fade(role);
        let x = row.x + 2 + NAME + inset + pitch * u16::try_from(index).unwrap_or_default();
        painter.text(x, row.y, 1, glyph, role);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_a_walk_fade_when_it_counts_no_longer() {
        let now = Moment::from_millis(EVIDENCE_MS * 2);
        assert_eq!(
            faded(Role::Success, now.plus(-EVIDENCE_MS), now),
            Role::Success
        );
        assert_eq!(
            faded(Role::Success, now.plus(-EVIDENCE_MS - 1), now),
            Role::Dim
        );
        assert_eq!(faded(Role::Failed, Moment::from_millis(0), now), Role::Dim);
    }
}
