//! How the Doctor looks: the deployments with their hops, the verdict, the hops with their evidence, and what it is compared with.

use ratatui::layout::Rect;

use super::{Doctor, aside, hops, ordered, table};
use crate::{
    doctor::{DoctorReport, HopFinding, HopState},
    keys::Layer,
    messages::{Action, DoctorAction},
    model::{DeploymentName, pluralize},
    screens::{ViewContext, detail::wrapped, panel, panel::PanelLine},
    state::CurrentBreak,
    theme::Role,
    widgets::{Painter, text_width},
};

/// From this width the whole evidence of the chosen hop stands beside the hops.
pub(super) const EVIDENCE_FROM: u16 = 160;
/// From this width the comparison and the history stand beside the hops.
const ASIDE_FROM: u16 = 140;
/// Below this height the verdict gives way while the cursor is among the hops.
const LOW: u16 = 20;
/// A sentence has at least this many words; what is shorter before a colon is a name of an error.
const SENTENCE_WORDS: usize = 4;
/// A change is named with the verdict if it was made at most this long before the first broken walk, in milliseconds.
const BEFORE_BREAK_MS: i64 = 15 * 60_000;

/// Draws the screen.
pub(super) fn doctor(
    state: &Doctor,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let deployments = ordered(context.store);
    if deployments.is_empty() {
        let text = "No deployment is configured, so there is no chain to examine.";
        painter.text(area.x + 3, area.y + 1, area.width, text, Role::Dim);
        return;
    }
    let height = u16::try_from(deployments.len() + 1)
        .unwrap_or(u16::MAX)
        .min((area.height / 3).max(2));
    let top = Rect { height, ..area };
    table::draw(state, &deployments, context, top, painter);
    let rule = Rect {
        y: area.y + height,
        height: 1,
        ..area
    };
    painter.hline(rule);
    if let Some(name) = state.current(context.store) {
        // The hops below are those of one deployment, whether the cursor is in the table or among them.
        let title = format!(" {} ", context.store.title(name.as_str()));
        let room = rule.width.saturating_sub(3);
        let mut end = painter.text(rule.x + 2, rule.y, room, &title, Role::Name);
        if let Some(since) = state.bundling {
            let text = format!(" writing a bundle, {} ", since.age(context.now));
            let pieces = [
                (" ", Role::Dim),
                (context.spinner, Role::Changing),
                (text.as_str(), Role::Dim),
            ];
            end = painter.spans(end, rule.y, rule.right().saturating_sub(end), &pieces);
        }
        if area.width < ASIDE_FROM {
            aside::short_legend(end, rule, painter);
        }
    }
    let body = Rect {
        y: rule.y + 1,
        height: area.height.saturating_sub(height + 1),
        ..area
    };
    if let Some(report) = state.report(context.store) {
        draw_report(state, report, context, body, painter);
    } else {
        let pieces = [
            (context.spinner, Role::Changing),
            (" examining the chain", Role::Dim),
        ];
        painter.spans(body.x + 3, body.y + 1, body.width, &pieces);
    }
}

/// Returns what a report says in a few words.
pub(super) fn headline(report: &DoctorReport) -> (String, Role) {
    let warnings: Vec<_> = report
        .hops
        .iter()
        .filter(|finding| finding.state == HopState::Warning)
        .collect();
    if let Some(consent) = report.consent() {
        return (format!("◆ needs you: {}", consent.evidence), Role::Person);
    }
    match (report.break_cause(), report.healthy, warnings.first()) {
        (Some(verdict), ..) => (sentence(&verdict.evidence).to_owned(), Role::Failed),
        (None, true, None) => ("a call went through".to_owned(), Role::Success),
        (None, true, Some(first)) => (
            format!(
                "a call went through, {}: {}",
                pluralize(warnings.len(), "warning"),
                first.evidence
            ),
            Role::Degraded,
        ),
        (None, false, _) => (
            "no call went through, and no cause was found".to_owned(),
            Role::Degraded,
        ),
    }
}

/// Returns the first sentence of an evidence, and the rest.
fn split_sentence(evidence: &str) -> (&str, &str) {
    let is_sentence = |end: &usize| {
        let words = evidence
            .get(..*end)
            .map(|first| first.split_whitespace().count());
        words >= Some(SENTENCE_WORDS)
    };
    let end = [": ", ". "]
        .iter()
        .filter_map(|mark| evidence.find(mark))
        .filter(is_sentence)
        .min();
    end.and_then(|end| evidence.split_at_checked(end))
        .map_or((evidence, ""), |(first, rest)| {
            (first, rest.trim_start_matches([':', '.', ' ']))
        })
}

/// Returns the first sentence of an evidence: what a person would say.
fn sentence(evidence: &str) -> &str {
    split_sentence(evidence).0
}

fn draw_report(
    state: &Doctor,
    report: &DoctorReport,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    // The hops are more important than the end of a long fix.
    let share = if state.is_in_hops && area.height < LOW {
        4
    } else {
        2
    };
    let most = usize::from(area.height / share);
    let lines = verdict_lines(report, context, area.width.saturating_sub(4), most);
    let used = u16::try_from(lines.len()).unwrap_or_default();
    let verdict = Rect {
        x: area.x + 2,
        width: area.width.saturating_sub(3),
        height: used,
        ..area
    };
    panel::draw(lines.iter(), verdict, painter);
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
    if area.width >= ASIDE_FROM {
        draw_halves(state, report, context, rest, painter);
    } else {
        hops::draw(state, report, false, context, rest, painter);
    }
}

/// Draws the hops, and beside them the evidence of the chosen one where there is room for it, the comparison and the history.
fn draw_halves(
    state: &Doctor,
    report: &DoctorReport,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let is_wide = area.width >= EVIDENCE_FROM;
    let left = Rect {
        width: area.width * if is_wide { 50 } else { 65 } / 100,
        ..area
    };
    let right = Rect {
        x: left.right() + 2,
        width: area.width.saturating_sub(left.width + 3),
        ..area
    };
    hops::draw(state, report, is_wide, context, left, painter);
    painter.divider(Rect {
        x: left.right(),
        width: 1,
        ..area
    });
    let mut lines = if is_wide {
        hops::evidence_beside(state, report, context, right.width)
    } else {
        Vec::new()
    };
    lines.extend(aside::lines(report, context, right.width));
    panel::draw(lines.iter(), right, painter);
}

/// Returns the verdict as a person would say it, its evidence, who changed something before it broke, and the fix with its key. Where
/// there is no room for all of it, evidence is left out behind a mark; the sentence, its hop and the fix stay.
fn verdict_lines(
    report: &DoctorReport,
    context: &ViewContext<'_>,
    room: u16,
    most: usize,
) -> Vec<PanelLine> {
    let Some(verdict) = &report.verdict else {
        return Vec::new();
    };
    let (first, rest) = split_sentence(&verdict.evidence);
    let hop = format!("   at {}", verdict.hop);
    let (mark, since) = if report.healthy {
        (("▲ ", Role::Degraded), Vec::new())
    } else {
        (("✖ ", Role::Failed), since(&report.deployment, context))
    };
    let mut lines = heading(mark, first, &hop, since, room);
    let fix = fix_lines(&verdict.fix, context, room);
    let mut evidence: Vec<PanelLine> = Vec::new();
    if !rest.is_empty() {
        let rest = wrapped(rest, room, Role::Text);
        evidence.extend(rest.into_iter().map(PanelLine::from));
    }
    evidence.push(vec![(format!("source: {}", verdict.source), Role::Faint)].into());
    if !report.healthy {
        evidence.extend(changed_before(&report.deployment, context));
    }
    cut_lines(&mut evidence, most.saturating_sub(lines.len() + fix.len()));
    if evidence.is_empty() {
        // Nothing of it is left that could carry the mark: the line of the hop does.
        let named = lines
            .iter_mut()
            .find(|line| line.left.iter().any(|(text, _)| *text == hop));
        if let Some(line) = named {
            line.left.push((" …".to_owned(), Role::Dim));
        }
    }
    lines.extend(evidence);
    lines.extend(fix);
    cut_lines(&mut lines, most);
    lines
}

/// Leaves out what is more than `most` lines, and marks that.
fn cut_lines(lines: &mut Vec<PanelLine>, most: usize) {
    if lines.len() <= most {
        return;
    }
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        last.left.push((" …".to_owned(), Role::Dim));
    }
}

/// Returns the sentence with its hop, on as many lines as it needs, and since when it is so.
fn heading(
    mark: (&str, Role),
    first: &str,
    hop: &str,
    since: Vec<(String, Role)>,
    room: u16,
) -> Vec<PanelLine> {
    let mut lines: Vec<PanelLine> = wrapped(&format!("{first}."), room, Role::Name)
        .into_iter()
        .enumerate()
        .map(|(row, mut spans)| {
            let (glyph, role) = if row == 0 { mark } else { ("  ", mark.1) };
            spans.insert(0, (glyph.to_owned(), role));
            PanelLine::from(spans)
        })
        .collect();
    let hop = (hop.to_owned(), Role::Dim);
    match lines.last_mut() {
        Some(last) if fits(&last.left, std::slice::from_ref(&hop), room) => last.left.push(hop),
        Some(_) | None => lines.push(vec![hop].into()),
    }
    match lines.last_mut() {
        Some(last) if fits(&last.left, &since, room) => last.right = since,
        Some(_) | None => lines.extend(since.into_iter().map(|(text, role)| {
            let text = format!("   {}", text.trim_start());
            PanelLine::from(vec![(text, role)])
        })),
    }
    lines
}

/// Returns whether both fit on one line, with a gap between them.
fn fits(left: &[(String, Role)], right: &[(String, Role)], room: u16) -> bool {
    let width = |spans: &[(String, Role)]| -> usize {
        spans.iter().map(|(text, _)| text_width(text)).sum()
    };
    width(left) + width(right) < usize::from(room)
}

/// Returns the fix, with the key that copies it.
fn fix_lines(fix: &str, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    if fix.is_empty() {
        return Vec::new();
    }
    let key = context
        .keymap
        .key_of(&[Layer::Doctor], Action::Doctor(DoctorAction::CopyFix))
        .unwrap_or_default();
    wrapped(fix, room.saturating_sub(20), Role::Text)
        .into_iter()
        .enumerate()
        .map(|(row, line)| {
            let (label, right) = if row == 0 {
                let hint = vec![
                    (key.clone(), Role::Accent),
                    (" copies".to_owned(), Role::Dim),
                ];
                ("fix  ", hint)
            } else {
                ("     ", Vec::new())
            };
            let mut left = vec![(label.to_owned(), Role::Dim)];
            left.extend(line);
            PanelLine { left, right }
        })
        .collect()
}

/// Returns since when the break of the last walk was seen, and when a call last went through the chain.
fn since(name: &DeploymentName, context: &ViewContext<'_>) -> Vec<(String, Role)> {
    let CurrentBreak {
        broken_at: broken,
        proven_at: proven,
    } = context.store.current_break(name);
    let mut words = Vec::new();
    if let Some(at) = broken {
        words.push((
            format!(
                "seen broken {}",
                at.clock_or_date(context.now, context.zone)
            ),
            Role::Dim,
        ));
    }
    if let Some(at) = proven {
        words.push((
            format!(
                "   last proven {}",
                at.clock_or_date(context.now, context.zone)
            ),
            Role::Dim,
        ));
    }
    words
}

/// Returns the last change of the deployment shortly before it broke.
fn changed_before(name: &DeploymentName, context: &ViewContext<'_>) -> Option<PanelLine> {
    let broken = context.store.current_break(name).broken_at?;
    let found = context
        .store
        .changes_of(name, None)
        .filter(|found| found.change.is_done())
        .find(|found| (0..=BEFORE_BREAK_MS).contains(&broken.since(found.change.at)))?;
    let change = &found.change;
    let before = crate::model::moment::short_duration(broken.since(change.at));
    Some(
        vec![
            (change.actor(), Role::Text),
            (format!(" called {}", change.action), Role::Name),
            (
                format!(
                    " on {} at {}, {before} before it was seen broken",
                    found.name,
                    change.at.clock(context.zone)
                ),
                Role::Text,
            ),
        ]
        .into(),
    )
}

/// Glyph and role of a hop: of its state, or of evidence that is still to come.
pub(super) fn mark_of(finding: &HopFinding) -> (&'static str, Role) {
    if finding.is_pending() {
        ("…", Role::Changing)
    } else {
        mark(finding.state)
    }
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
                details: Vec::new(),
            }],
            comparison: None,
            runtime_tools: None,
        };
        let (words, role) = headline(&report);
        assert_eq!(
            (words.as_str(), role),
            (
                "a call went through, 1 warning: canary serves version 1",
                Role::Degraded
            )
        );
        report.hops.clear();
        assert_eq!(headline(&report).0, "a call went through");
    }

    #[test]
    fn a_call_that_waits_for_consent_did_not_go_through() {
        let waiting = |hop, evidence: &str| HopFinding {
            hop,
            state: HopState::Warning,
            evidence: evidence.into(),
            elapsed_ms: None,
            details: Vec::new(),
        };
        let report = DoctorReport {
            deployment: "e".into(),
            healthy: true,
            verdict: None,
            hops: vec![
                waiting(Hop::Target, "github is CREATE_PENDING_AUTH"),
                waiting(Hop::Cypher, "the call waits for the consent of a person"),
            ],
            comparison: None,
            runtime_tools: None,
        };
        let (words, role) = headline(&report);
        assert_eq!(
            (words.as_str(), role),
            (
                "◆ needs you: the call waits for the consent of a person",
                Role::Person
            )
        );
    }

    #[test]
    fn the_sentence_of_a_verdict_is_whole_at_every_width() {
        let sentence = "The gateway may not invoke the interceptor function of this deployment";
        let hop = "   at interceptor";
        for room in [40, 76, 116, 200] {
            let since = vec![
                ("seen broken 14:00:00".to_owned(), Role::Dim),
                ("   last proven 13:00:00".to_owned(), Role::Dim),
            ];
            let lines = heading(("✖ ", Role::Failed), sentence, hop, since, room);
            let mut said = Vec::new();
            for line in &lines {
                let width = |spans: &[(String, Role)]| -> usize {
                    spans.iter().map(|(text, _)| text_width(text)).sum()
                };
                let all = width(&line.left) + width(&line.right);
                assert!(all <= usize::from(room), "{room}: {line:?}");
                let spans = line.left.iter().chain(&line.right);
                said.extend(spans.map(|(text, _)| text.trim().to_owned()));
            }
            let said = said.join(" ");
            let said: Vec<&str> = said.split_whitespace().collect();
            let said = said.join(" ");
            for part in [
                sentence,
                "at interceptor",
                "seen broken 14:00:00",
                "last proven",
            ] {
                assert!(said.contains(part), "{room}: {said}");
            }
        }
    }

    #[test]
    fn lines_that_are_left_out_leave_a_mark() {
        let line = |text: &str| PanelLine::from(vec![(text.to_owned(), Role::Text)]);
        let mut lines = vec![line("a"), line("b"), line("c")];
        cut_lines(&mut lines, 2);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1].left.last().unwrap().0, " …");
        cut_lines(&mut lines, 2);
        assert_eq!(lines[1].left.len(), 2, "marked once");
    }
}
