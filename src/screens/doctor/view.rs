//! How the Doctor looks: the deployments, the verdict, the hops, and the evidence of one of them.

use ratatui::layout::Rect;

use super::{Doctor, ordered};
use crate::{
    doctor::{DoctorReport, HopFinding, HopState},
    model::{DeploymentName, pluralize},
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    widgets::{Painter, StyledLine, text_width},
};

/// Columns of a hop's glyph and name.
const HOP: u16 = 16;
/// Columns of a hop's time.
const ELAPSED: u16 = 9;

/// Draws the screen.
pub(super) fn doctor(
    state: &Doctor,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let deployments = ordered(context.store);
    if deployments.is_empty() {
        let text = "No deployment is configured, so there is no chain to walk.";
        painter.text(area.x + 3, area.y + 1, area.width, text, Role::Dim);
        return;
    }
    let height = u16::try_from(deployments.len())
        .unwrap_or(u16::MAX)
        .min(area.height / 3)
        .max(1);
    let top = Rect { height, ..area };
    let cursor = state.cursor(&deployments);
    let mut list = state.list.clone();
    list.select(cursor);
    state.list.window(top, deployments.len());
    for (index, row) in list.window(top, deployments.len()).zip(top.rows()) {
        let Some(deployment) = deployments.get(index) else {
            continue;
        };
        if index == cursor {
            painter.select_row(row, !state.is_in_hops);
        }
        deployment_line(state, &deployment.name, context, row, painter);
    }
    let rule = Rect {
        y: area.y + height,
        height: 1,
        ..area
    };
    painter.hline(rule);
    let body = Rect {
        y: rule.y + 1,
        height: area.height.saturating_sub(height + 2),
        ..area
    };
    if let Some(report) = state.report(context.store) {
        draw_report(state, report, body, painter);
    } else {
        let pieces = [
            (context.spinner, Role::Changing),
            (" walking the chain", Role::Dim),
        ];
        painter.spans(body.x + 3, body.y + 1, body.width, &pieces);
    }
    legend(area, painter);
}

/// What the glyphs mean, on the last line.
fn legend(area: Rect, painter: &mut Painter<'_>) {
    let named = [
        (HopState::Ok, "ok"),
        (HopState::Warning, "warning"),
        (HopState::Failed, "failed"),
        (HopState::Unknown, "not examined"),
        (HopState::Skipped, "not in this chain"),
    ];
    let mut x = area.x + 2;
    for (state, word) in named {
        let (glyph, role) = mark(state);
        let y = area.bottom().saturating_sub(1);
        let room = area.right().saturating_sub(x);
        x = painter.spans(x, y, room, &[(glyph, role), (" ", role), (word, Role::Dim)]) + 3;
    }
}

/// What a report says in a few words.
fn headline(report: &DoctorReport) -> (String, Role) {
    let warnings = report.count(HopState::Warning);
    match (&report.verdict, report.healthy, warnings) {
        (Some(verdict), ..) => (
            format!("{}: {}", verdict.hop, verdict.evidence),
            Role::Failed,
        ),
        (None, true, 0) => ("all well".to_owned(), Role::Dim),
        (None, true, count) => {
            let first = report
                .hops
                .iter()
                .find(|finding| finding.state == HopState::Warning);
            let first = first.map_or_else(String::new, |finding| {
                format!(", {}: {}", finding.hop, finding.evidence)
            });
            (
                format!("works, {}{first}", pluralize(count, "warning")),
                Role::Degraded,
            )
        }
        (None, false, _) => (
            "no call went through, and no cause was found".to_owned(),
            Role::Degraded,
        ),
    }
}

fn deployment_line(
    state: &Doctor,
    name: &DeploymentName,
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    painter.text(line.x + 2, line.y, 18, name.as_str(), Role::Name);
    let mut x = line.x + 22;
    if let Some((at, report)) = context.store.examined.get(name) {
        for finding in &report.hops {
            let (glyph, role) = mark(finding.state);
            x = painter.text(x, line.y, 1, glyph, role);
        }
        let age = format!(", {} ago", at.age(context.now));
        let width = u16::try_from(text_width(&age)).unwrap_or_default();
        let (words, role) = headline(report);
        let room = line.right().saturating_sub(x + 9 + width);
        x = painter.text(x + 3, line.y, room, &words, role);
        x = painter.text(x, line.y, width, &age, Role::Dim);
    }
    if !context.store.examined.contains_key(name)
        && let Some(report) = state.running.get(name)
    {
        for finding in &report.hops {
            let (glyph, role) = mark(finding.state);
            x = painter.text(x, line.y, 1, glyph, role);
        }
    }
    if let Some(since) = state.asked.get(name) {
        let age = since.age(context.now);
        let pieces = [
            (context.spinner, Role::Changing),
            (" ", Role::Dim),
            (age.as_str(), Role::Dim),
        ];
        painter.spans(x + 1, line.y, 12, &pieces);
    }
}

fn draw_report(state: &Doctor, report: &DoctorReport, area: Rect, painter: &mut Painter<'_>) {
    let mut lines = verdict_lines(report, area.width.saturating_sub(4));
    // The hops are more important than the end of a long fix.
    lines.truncate(usize::from(area.height / 2));
    let used = u16::try_from(lines.len()).unwrap_or_default();
    for (line, row) in lines.iter().zip(area.rows()) {
        spans(line, row.x + 2, row, painter);
    }
    let mut rest = Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used),
        ..area
    };
    if used > 0 {
        painter.hline(Rect { height: 1, ..rest });
        rest = Rect {
            y: rest.y + 1,
            height: rest.height.saturating_sub(1),
            ..rest
        };
    }
    let open = state
        .is_open
        .then(|| report.hops.get(state.hops.cursor()))
        .flatten()
        .filter(|_| state.is_in_hops);
    let evidence = open.map_or_else(Vec::new, |finding| evidence_lines(finding, rest.width));
    let reserved = u16::try_from(evidence.len()).unwrap_or_default();
    let hops = Rect {
        height: rest.height.saturating_sub(reserved),
        ..rest
    };
    draw_hops(state, report, hops, painter);
    let below = Rect {
        y: hops.bottom(),
        height: reserved,
        ..rest
    };
    for (line, row) in evidence.iter().zip(below.rows()) {
        spans(line, row.x + 2, row, painter);
    }
}

fn spans(line: &StyledLine, x: u16, row: Rect, painter: &mut Painter<'_>) {
    let pieces: Vec<(&str, Role)> = line
        .iter()
        .map(|(text, role)| (text.as_str(), *role))
        .collect();
    painter.spans(x, row.y, row.right().saturating_sub(x + 1), &pieces);
}

fn verdict_lines(report: &DoctorReport, room: u16) -> Vec<StyledLine> {
    let Some(verdict) = &report.verdict else {
        return Vec::new();
    };
    let mut lines = vec![vec![
        (format!("{} is the cause.", verdict.hop), Role::Failed),
        (format!("   source: {}", verdict.source), Role::Dim),
    ]];
    lines.extend(wrapped(&verdict.evidence, room, Role::Text));
    if !verdict.fix.is_empty() {
        lines.extend(wrapped(
            &format!("Fix: {}", verdict.fix),
            room,
            Role::Accent,
        ));
    }
    lines
}

/// The whole evidence of a hop, under a line that says what is examined there.
fn evidence_lines(finding: &HopFinding, width: u16) -> Vec<StyledLine> {
    let mut lines = vec![
        Vec::new(),
        vec![
            (finding.hop.as_str().to_owned(), Role::Name),
            (format!("  {}", finding.hop.spec().title), Role::Dim),
        ],
    ];
    lines.extend(wrapped(
        &finding.evidence,
        width.saturating_sub(4),
        Role::Text,
    ));
    lines
}

fn draw_hops(state: &Doctor, report: &DoctorReport, area: Rect, painter: &mut Painter<'_>) {
    let cause = report.verdict.as_ref().map(|verdict| verdict.hop);
    let window = state.hops.window(area, report.hops.len());
    for (index, row) in window.zip(area.rows()) {
        let Some(finding) = report.hops.get(index) else {
            continue;
        };
        if state.is_in_hops && index == state.hops.cursor() {
            painter.select_row(row, true);
        }
        draw_finding(finding, cause == Some(finding.hop), row, painter);
    }
}

fn draw_finding(finding: &HopFinding, is_cause: bool, line: Rect, painter: &mut Painter<'_>) {
    let (glyph, role) = mark(finding.state);
    let name = if finding.state == HopState::Failed {
        Role::Name
    } else {
        Role::Text
    };
    let pieces = [(glyph, role), (" ", role), (finding.hop.as_str(), name)];
    painter.spans(line.x + 2, line.y, HOP - 1, &pieces);
    let words = if is_cause {
        "the cause"
    } else {
        finding.evidence.as_str()
    };
    let role = match finding.state {
        HopState::Skipped | HopState::Unknown => Role::Dim,
        HopState::Ok | HopState::Warning | HopState::Failed => Role::Text,
    };
    let room = line.width.saturating_sub(HOP + ELAPSED + 5);
    painter.text(line.x + 2 + HOP, line.y, room, words, role);
    let elapsed = finding.elapsed_ms.map_or_else(String::new, |millis| {
        if millis < 1000 {
            format!("{millis} ms")
        } else {
            format!("{:.1} s", millis as f64 / 1000.0)
        }
    });
    let right = line.right().saturating_sub(1);
    painter.text_right(right, line.y, ELAPSED, &elapsed, Role::Dim);
}

/// Glyph and role of a hop's state.
pub const fn mark(state: HopState) -> (&'static str, Role) {
    match state {
        HopState::Ok => ("●", Role::Success),
        HopState::Warning => ("▲", Role::Degraded),
        HopState::Failed => ("✖", Role::Failed),
        HopState::Skipped => ("·", Role::Faint),
        HopState::Unknown => ("○", Role::Dim),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Hop;

    #[test]
    fn a_warning_is_not_all_well() {
        let mut report = DoctorReport {
            deployment: "d".into(),
            healthy: true,
            verdict: None,
            hops: vec![HopFinding {
                hop: Hop::Rollout,
                state: HopState::Warning,
                evidence: "canary serves version 1".into(),
                elapsed_ms: None,
            }],
        };
        let (words, role) = headline(&report);
        assert_eq!(
            (words.as_str(), role),
            (
                "works, 1 warning, rollout: canary serves version 1",
                Role::Degraded
            )
        );
        report.hops.clear();
        assert_eq!(headline(&report).0, "all well");
    }
}
