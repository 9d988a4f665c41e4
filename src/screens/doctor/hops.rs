//! The hops of one deployment, and the whole evidence of the chosen one under it.

use ratatui::layout::Rect;

use super::{Doctor, view::mark};
use crate::{
    doctor::{DoctorReport, HopFinding, HopState},
    keys::Layer,
    messages::{Action, DoctorViewport, FleetAction},
    screens::{ViewContext, detail::wrapped, panel, panel::PanelLine},
    theme::Role,
    widgets::Painter,
};

/// Columns of a hop's glyph and name.
const HOP: u16 = 16;
/// Columns of a hop's time.
const ELAPSED: u16 = 9;
/// Columns of the label of a part of the evidence.
const LABEL: usize = 10;
/// Lines of one part of the evidence.
const PART: usize = 5;

/// Draws the hops with the opened evidence in its place.
pub(super) fn draw(
    state: &Doctor,
    report: &DoctorReport,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let cause = report.verdict.as_ref().map(|verdict| verdict.hop);
    let open = (state.is_in_hops && state.is_open)
        .then(|| report.hops.get(state.hops.cursor()))
        .flatten();
    let evidence = open.map_or_else(Vec::new, |finding| {
        evidence_lines(finding, context, area.width.saturating_sub(HOP + 4))
    });
    let reserved = u16::try_from(evidence.len())
        .unwrap_or(u16::MAX)
        .min(area.height / 2);
    let room = Rect {
        height: area.height.saturating_sub(reserved),
        ..area
    };
    let window = state
        .hops
        .window(DoctorViewport::Hops, room, report.hops.len(), painter);
    let mut y = room.y;
    for index in window {
        let Some(finding) = report.hops.get(index) else {
            continue;
        };
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        let is_current = state.is_in_hops && index == state.hops.cursor();
        if is_current {
            painter.select_row(row, true);
        }
        draw_finding(finding, cause == Some(finding.hop), row, painter);
        y += 1;
        if is_current && reserved > 0 {
            let place = Rect {
                y,
                height: reserved,
                ..area
            };
            painter.shade(place, Role::Raised);
            let inner = Rect {
                x: place.x + 2 + HOP,
                width: place.width.saturating_sub(HOP + 3),
                ..place
            };
            panel::draw(evidence.iter(), inner, painter);
            y += reserved;
        }
    }
}

fn draw_finding(finding: &HopFinding, is_cause: bool, line: Rect, painter: &mut Painter<'_>) {
    let (glyph, role) = mark(finding.state);
    let (name, text) = match finding.state {
        HopState::Failed => (Role::Name, Role::Text),
        HopState::Ok | HopState::Warning => (Role::Text, Role::Text),
        HopState::Skipped | HopState::Unknown => (Role::Dim, Role::Dim),
    };
    let pieces = [(glyph, role), (" ", role), (finding.hop.as_str(), name)];
    painter.spans(line.x + 2, line.y, HOP - 1, &pieces);
    let elapsed = finding.elapsed_ms.map_or_else(String::new, |millis| {
        if millis < 1000 {
            format!("{millis} ms")
        } else {
            format!("{:.1} s", millis as f64 / 1000.0)
        }
    });
    let right = line.right().saturating_sub(1);
    painter.text_right(right, line.y, ELAPSED, &elapsed, Role::Dim);
    let mut end = right.saturating_sub(ELAPSED + 1);
    if is_cause {
        painter.text_right(end, line.y, 11, "◂ the cause", Role::Failed);
        end = end.saturating_sub(13);
    }
    let x = line.x + 2 + HOP;
    painter.text(x, line.y, end.saturating_sub(x), &finding.evidence, text);
}

/// The whole evidence of a hop: its sentence, what was asked, what came back, what its log says, and the key that opens the log.
fn evidence_lines(finding: &HopFinding, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let mut lines: Vec<PanelLine> = wrapped(&finding.evidence, room, Role::Text)
        .into_iter()
        .map(PanelLine::from)
        .collect();
    let beside = room.saturating_sub(LABEL as u16);
    for detail in &finding.details {
        let parts = wrapped(&detail.text, beside, Role::Text);
        for (row, part) in parts.into_iter().take(PART).enumerate() {
            let label = if row == 0 { detail.label } else { "" };
            let mut left = vec![(format!("{label:<LABEL$}"), Role::Dim)];
            left.extend(part);
            lines.push(left.into());
        }
    }
    let key = context
        .keymap
        .key_of(&[Layer::Doctor], Action::Fleet(FleetAction::FollowLogs))
        .unwrap_or_default();
    lines.push(PanelLine {
        left: vec![(finding.hop.spec().title.to_owned(), Role::Faint)],
        right: vec![
            (key, Role::Accent),
            (" opens its log there".to_owned(), Role::Dim),
        ],
    });
    lines
}
