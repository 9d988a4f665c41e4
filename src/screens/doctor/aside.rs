//! What stands beside the hops: gateway against runtime, what differs since the walk before, the last walks, the legend.

use ratatui::layout::Rect;

use super::view::mark;
use crate::{
    doctor::{ComparedStep, DoctorReport, HopState},
    screens::{ViewContext, detail::wrapped, panel::PanelLine},
    theme::Role,
    widgets::{Painter, StyledLine, cut, text_width},
};

/// Columns of a step's name.
const STEP: usize = 13;
/// Hops shown that differ from the walk before.
const DIFFERENT: usize = 8;

const LEGEND: [(HopState, &str); 5] = [
    (HopState::Ok, "works"),
    (HopState::Warning, "works, with a warning"),
    (HopState::Failed, "does not work"),
    (HopState::Unknown, "not reached, or not asked"),
    (HopState::Skipped, "not in this chain"),
];

/// The same in a word each, for a narrow window.
const SHORT_LEGEND: [&str; 5] = ["works", "warning", "fails", "not asked", "not here"];

/// Returns the lines beside the hops.
pub(super) fn lines(report: &DoctorReport, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let mut lines = comparison(report, room);
    lines.extend(since_the_walk_before(report, context));
    lines.extend(last_walks(report, context));
    lines.push(title("LEGEND"));
    lines.extend(LEGEND.map(|(state, words)| {
        let (glyph, role) = mark(state);
        PanelLine::from(vec![
            (format!("{glyph} "), role),
            (words.to_owned(), Role::Dim),
        ])
    }));
    lines
}

fn title(text: &str) -> PanelLine {
    vec![(text.to_owned(), Role::Dim)].into()
}

fn comparison(report: &DoctorReport, room: u16) -> Vec<PanelLine> {
    let Some(comparison) = &report.comparison else {
        return Vec::new();
    };
    let column = (usize::from(room).saturating_sub(STEP) / 2).max(8);
    let mut lines = vec![
        title("GATEWAY AGAINST RUNTIME"),
        vec![(
            format!(
                "{:<STEP$}{:<column$}directly",
                "same call", "through gateway"
            ),
            Role::Dim,
        )]
        .into(),
    ];
    for step in &comparison.steps {
        let mut line: StyledLine = vec![(format!("{:<STEP$}", step.step), Role::Dim)];
        line.extend(cell(&step.gateway, column));
        line.extend(cell(&step.direct, column));
        lines.push(line.into());
    }
    lines.push(PanelLine::default());
    let words = wrapped(comparison.conclusion, room, Role::Text);
    lines.extend(words.into_iter().map(PanelLine::from));
    lines.push(PanelLine::default());
    lines
}

fn cell(step: &ComparedStep, column: usize) -> StyledLine {
    let (glyph, role) = mark(step.state);
    let elapsed = step
        .elapsed_ms
        .map_or_else(String::new, |millis| format!("  {millis} ms"));
    let room = column.saturating_sub(4 + elapsed.len());
    let words = format!("{}{elapsed}", cut(&step.words, room));
    let text = if step.state == HopState::Unknown {
        Role::Dim
    } else {
        Role::Text
    };
    vec![
        (format!("{glyph} "), role),
        (
            format!("{words:<width$}", width = column.saturating_sub(2)),
            text,
        ),
    ]
}

/// Returns the hops whose state is another than in the walk before.
fn since_the_walk_before(report: &DoctorReport, context: &ViewContext<'_>) -> Vec<PanelLine> {
    let walks = context.store.walks.get(&report.deployment);
    let Some((at, before)) = walks.and_then(|walks| walks.get(1)) else {
        return Vec::new();
    };
    let mut lines = vec![PanelLine {
        left: vec![("SINCE THE EXAMINATION BEFORE".to_owned(), Role::Dim)],
        right: vec![(at.clock(context.zone), Role::Faint)],
    }];
    let changed = report.hops.iter().filter_map(|finding| {
        let then = before.finding(finding.hop)?;
        (then.state != finding.state).then_some((then, finding))
    });
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() {
        lines.push(vec![("the same".to_owned(), Role::Dim)].into());
    }
    for (then, finding) in changed.iter().take(DIFFERENT) {
        let (before, before_role) = mark(then.state);
        let (after, after_role) = mark(finding.state);
        lines.push(
            vec![
                (format!("{:<STEP$}", finding.hop.as_str()), Role::Text),
                (before.to_owned(), before_role),
                (" → ".to_owned(), Role::Faint),
                (after.to_owned(), after_role),
            ]
            .into(),
        );
    }
    if changed.len() > DIFFERENT {
        let more = format!("and {} more", changed.len() - DIFFERENT);
        lines.push(vec![(more, Role::Dim)].into());
    }
    lines.push(PanelLine::default());
    lines
}

/// Returns the last walks as dots, the oldest first.
fn last_walks(report: &DoctorReport, context: &ViewContext<'_>) -> Vec<PanelLine> {
    let Some(walks) = context.store.walks.get(&report.deployment) else {
        return Vec::new();
    };
    let mut line: StyledLine = vec![(format!("LAST {} EXAMINATIONS  ", walks.len()), Role::Dim)];
    if walks.len() == 1 {
        line = vec![("NO EARLIER EXAMINATION  ".to_owned(), Role::Dim)];
    }
    line.extend(walks.iter().rev().map(|(_, walk)| {
        let state = match (walk.healthy, walk.count(HopState::Warning)) {
            (true, 0) => HopState::Ok,
            (true, _) => HopState::Warning,
            (false, _) => HopState::Failed,
        };
        let (glyph, role) = mark(state);
        (glyph.to_owned(), role)
    }));
    vec![line.into(), PanelLine::default()]
}

/// Draws what the glyphs mean at the end of a line, behind what stands there up to column `from`.
pub(super) fn short_legend(from: u16, line: Rect, painter: &mut Painter<'_>) {
    let shown: Vec<(&str, Role, &str)> = LEGEND
        .iter()
        .zip(SHORT_LEGEND)
        .map(|((state, _), words)| {
            let (glyph, role) = mark(*state);
            (glyph, role, words)
        })
        .collect();
    let width: usize = shown
        .iter()
        .map(|(_, _, words)| 4 + text_width(words))
        .sum();
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    let mut x = line.right().saturating_sub(width.saturating_add(1));
    if x <= from {
        return;
    }
    for (glyph, role, words) in shown {
        let room = line.right().saturating_sub(x);
        let spans = [
            (" ", Role::Dim),
            (glyph, role),
            (" ", role),
            (words, Role::Dim),
            (" ", Role::Dim),
        ];
        x = painter.spans(x, line.y, room, &spans);
    }
}
