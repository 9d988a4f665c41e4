//! The hops of one deployment, and the whole evidence of the chosen one under it.

use ratatui::layout::Rect;

use super::{Doctor, view::mark_of};
use crate::{
    doctor::{DoctorReport, HopFinding, HopState},
    keys::Layer,
    messages::{Action, DoctorViewport, FleetAction},
    screens::{ViewContext, detail::wrapped, panel, panel::PanelLine},
    theme::Role,
    widgets::{List, Painter, text_width},
};

/// Columns of a hop's glyph and name.
const HOP: u16 = 16;
/// Columns of a hop's time.
const ELAPSED: u16 = 9;
/// Columns of the label of a part of the evidence.
const LABEL: usize = 10;
/// Lines of one part of the evidence.
const PART: usize = 5;

/// Draws the hops with the opened evidence in its place, unless it stands beside them; what lies below the fold is named on the last
/// line.
pub(super) fn draw(
    state: &Doctor,
    report: &DoctorReport,
    is_beside: bool,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let open = (state.is_in_hops && state.is_open && !is_beside)
        .then(|| report.hops.get(state.hops.cursor()))
        .flatten();
    let evidence = open.map_or_else(Vec::new, |finding| {
        evidence_lines(finding, PART, context, area.width.saturating_sub(HOP + 4))
    });
    let reserved = u16::try_from(evidence.len())
        .unwrap_or(u16::MAX)
        .min(area.height / 2);
    let height = area.height.saturating_sub(reserved);
    let is_cut = report.hops.len() > usize::from(height);
    let room = Rect {
        height: height.saturating_sub(u16::from(is_cut)),
        ..area
    };
    let window =
        in_sight(state, report).window(DoctorViewport::Hops, room, report.hops.len(), painter);
    let mut y = room.y;
    for index in window.clone() {
        let Some(finding) = report.hops.get(index) else {
            continue;
        };
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        let is_current = state.is_in_hops && index == state.hops.cursor();
        if is_current || is_beside && index == state.shown_hop(report) {
            painter.select_row(row, is_current);
        }
        draw_finding(finding, verdict_mark(report, finding), row, painter);
        y += 1;
        if is_current && reserved > 0 {
            let place = Rect {
                y,
                height: reserved,
                ..area
            };
            draw_evidence(&evidence, place, painter);
            y += reserved;
        }
    }
    if is_cut {
        let above = report.hops.get(..window.start).unwrap_or_default();
        let below = report.hops.get(window.end..).unwrap_or_default();
        draw_fold(above, below, area, painter);
    }
}

/// Returns the whole evidence of the chosen hop for the place beside the hops; of the hop of the verdict without what stands above.
pub(super) fn evidence_beside(
    state: &Doctor,
    report: &DoctorReport,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let Some(finding) = report.hops.get(state.shown_hop(report)) else {
        return Vec::new();
    };
    let (glyph, role) = mark_of(finding);
    let title = vec![
        (format!("{glyph} "), role),
        (finding.hop.as_str().to_owned(), Role::Name),
    ];
    let mut lines = vec![title.into()];
    let verdict = report.verdict.as_ref();
    if verdict.is_some_and(|verdict| verdict.hop == finding.hop) {
        // Sentence, source and fix stand above the hops.
        lines.extend(detail_lines(finding, usize::MAX, context, room));
    } else {
        lines.extend(evidence_lines(finding, usize::MAX, context, room));
    }
    lines.push(PanelLine::default());
    lines
}

/// Returns the list with the hop that matters in sight, before the cursor is among the hops. A chain that is well is shown from its
/// beginning.
fn in_sight(state: &Doctor, report: &DoctorReport) -> List {
    let shown = state.shown_hop(report);
    let matters = state.is_in_hops || report.hops.get(shown).is_some_and(is_bad);
    let mut list = state.hops.clone();
    list.select(if matters { shown } else { 0 });
    list
}

fn draw_evidence(lines: &[PanelLine], place: Rect, painter: &mut Painter<'_>) {
    painter.shade(place, Role::Raised);
    let inner = Rect {
        x: place.x + 2 + HOP,
        width: place.width.saturating_sub(HOP + 3),
        ..place
    };
    panel::draw(lines.iter(), inner, painter);
}

/// How many hops lie above and below, and those of them that do not work or have a warning by name.
fn draw_fold(above: &[HopFinding], below: &[HopFinding], area: Rect, painter: &mut Painter<'_>) {
    let y = area.bottom().saturating_sub(1);
    let mut x = area.x + 2;
    for (glyph, hidden, place) in [("▲ ", above, "above"), ("▼ ", below, "below")] {
        if hidden.is_empty() {
            continue;
        }
        let gap = if x > area.x + 2 { "   " } else { "" };
        let text = format!("{} more {place}", hidden.len());
        let room = area.right().saturating_sub(x + 1);
        let spans = [(gap, Role::Dim), (glyph, Role::Accent), (&text, Role::Dim)];
        x = painter.spans(x, y, room, &spans);
    }
    let hidden = above.iter().chain(below);
    let mut worst: Vec<&HopFinding> = hidden.filter(|finding| is_bad(finding)).collect();
    worst.sort_by_key(|finding| finding.state != HopState::Failed);
    for (index, finding) in worst.into_iter().enumerate() {
        let (glyph, role) = mark_of(finding);
        let before = if index == 0 { ": " } else { ", " };
        let name = format!(" {}", finding.hop.as_str());
        let left = area.right().saturating_sub(x + 1);
        if text_width(before) + 1 + text_width(&name) > usize::from(left) {
            break;
        }
        let spans = [(before, Role::Dim), (glyph, role), (&name, Role::Text)];
        x = painter.spans(x, y, left, &spans);
    }
}

/// Returns what stands beside the hop of the verdict.
fn verdict_mark(report: &DoctorReport, finding: &HopFinding) -> Option<&'static str> {
    let verdict = report.verdict.as_ref()?;
    (verdict.hop == finding.hop).then_some(if report.healthy {
        "◂ to do"
    } else {
        "◂ the cause"
    })
}

fn is_bad(finding: &HopFinding) -> bool {
    matches!(finding.state, HopState::Failed | HopState::Warning)
}

fn draw_finding(finding: &HopFinding, mark: Option<&str>, line: Rect, painter: &mut Painter<'_>) {
    let (glyph, role) = mark_of(finding);
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
    if let Some(mark) = mark {
        painter.text_right(end, line.y, 11, mark, role);
        end = end.saturating_sub(13);
    }
    let x = line.x + 2 + HOP;
    painter.text(x, line.y, end.saturating_sub(x), &finding.evidence, text);
}

/// Returns the whole evidence of a hop: its sentence, what was asked, what came back, what its log says, and the key that opens the log.
/// A part of it takes at most `most` lines.
fn evidence_lines(
    finding: &HopFinding,
    most: usize,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let mut lines: Vec<PanelLine> = wrapped(&finding.evidence, room, Role::Text)
        .into_iter()
        .map(PanelLine::from)
        .collect();
    lines.extend(detail_lines(finding, most, context, room));
    lines
}

/// Returns what was asked, what came back, what its log says, and the key that opens the log.
fn detail_lines(
    finding: &HopFinding,
    most: usize,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let mut lines = Vec::new();
    for detail in &finding.details {
        lines.extend(labelled(detail.label, &detail.text, most, room));
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

/// Returns a label and at most so many lines of the text beside it.
fn labelled(label: &str, text: &str, most: usize, room: u16) -> Vec<PanelLine> {
    let beside = room.saturating_sub(LABEL as u16);
    let parts = wrapped(text, beside, Role::Text).into_iter().take(most);
    parts
        .enumerate()
        .map(|(row, part)| {
            let label = if row == 0 { label } else { "" };
            let mut left = vec![(format!("{label:<LABEL$}"), Role::Dim)];
            left.extend(part);
            left.into()
        })
        .collect()
}
