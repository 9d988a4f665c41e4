//! A rotation while it runs and after its end: its steps with what was seen, what is still to come, and what is safe.

use ratatui::layout::Rect;

use super::Run;
use crate::{
    model::Moment,
    rotation::report::{
        RotationEnd, RotationEvidence, RotationKind, RotationOutcome, RotationReport, RotationStep,
        StepState,
    },
    screens::{ViewContext, detail},
    theme::Role,
    widgets::{Painter, text_width},
};

/// Rows that the promise and the versions below the steps keep.
const BELOW: usize = 7;
/// Where the words of a step begin: glyph, time and name before them.
const INDENT: u16 = 25;

/// Draws steps, warnings and the promise; answers the area that is left.
pub(super) fn draw(
    run: &Run,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Rect {
    let room = usize::from(area.height)
        .saturating_sub(RotationStep::ALL.len() + run.warnings.len() + BELOW);
    let rows: Vec<(RotationStep, Vec<String>)> = {
        let columns = usize::from(area.width.saturating_sub(INDENT + 8));
        let mut room = room;
        let lines_of = |step: RotationStep| {
            latest(run, step).map_or_else(
                || vec![to_come(run, step, context)],
                |one| lines(one, columns),
            )
        };
        RotationStep::ALL
            .into_iter()
            .map(|step| (step, shortened(lines_of(step), &mut room)))
            .collect()
    };
    let mut y = area.y;
    for (step, words) in &rows {
        for (index, words) in words.iter().enumerate() {
            if y < area.bottom() {
                let line = Rect {
                    y,
                    height: 1,
                    ..area
                };
                if index == 0 {
                    draw_step(run, *step, words, context, line, painter);
                } else {
                    draw_more(words, line, painter);
                }
            }
            y = y.saturating_add(1);
        }
    }
    if let Some((_, Err(failure))) = &run.ended {
        for line in detail::failure_block(failure, area.width.saturating_sub(3)) {
            if y < area.bottom() {
                let pieces: Vec<(&str, Role)> = line
                    .iter()
                    .map(|(text, role)| (text.as_str(), *role))
                    .collect();
                painter.spans(area.x + 2, y, area.width.saturating_sub(3), &pieces);
            }
            y = y.saturating_add(1);
        }
    }
    for warning in &run.warnings {
        if y < area.bottom() {
            painter.text(
                area.x + 2,
                y,
                area.width.saturating_sub(3),
                &format!("▲ {warning}"),
                Role::Degraded,
            );
        }
        y = y.saturating_add(1);
    }
    if y < area.bottom() {
        painter.hline(Rect {
            y,
            height: 1,
            ..area
        });
        draw_promise(
            run,
            Rect {
                y: y.saturating_add(1),
                height: 1,
                ..area
            },
            painter,
        );
    }
    let below = y.saturating_add(3);
    Rect {
        y: below.min(area.bottom()),
        height: area.bottom().saturating_sub(below),
        ..area
    }
}

fn latest(run: &Run, step: RotationStep) -> Option<&RotationReport> {
    run.reports.iter().rev().find(|report| report.step == step)
}

/// The evidence of a step in lines; a piece of evidence is cut only where it alone is too long.
fn lines(report: &RotationReport, columns: usize) -> Vec<String> {
    const BETWEEN: &str = " · ";
    let mut lines: Vec<String> = Vec::new();
    for evidence in &report.evidence {
        let words = evidence.to_string();
        match lines.last_mut() {
            Some(line) if text_width(line) + text_width(&words) + BETWEEN.len() <= columns => {
                line.push_str(BETWEEN);
                line.push_str(&words);
            }
            _ => lines.push(words),
        }
    }
    if lines.is_empty() {
        lines.push(
            if report.state.has_ended() {
                ""
            } else {
                report.step.description()
            }
            .to_owned(),
        );
    }
    lines
}

/// As many further lines as there is room for; what has none stands at the end of the last.
fn shortened(mut lines: Vec<String>, room: &mut usize) -> Vec<String> {
    let further = lines.len().saturating_sub(1).min(*room);
    *room -= further;
    let rest = lines.split_off((further + 1).min(lines.len()));
    if let Some(last) = lines.last_mut() {
        for line in rest {
            last.push_str(" · ");
            last.push_str(&line);
        }
    }
    lines
}

/// Whether the secret's rotation function does this step instead of the console.
fn is_by_function(run: &Run, step: RotationStep) -> bool {
    let is_started = run.reports.iter().any(|report| {
        report
            .evidence
            .iter()
            .any(|seen| matches!(seen, RotationEvidence::FunctionStarted(_)))
    });
    let by_function = [
        RotationStep::Prepare,
        RotationStep::Claim,
        RotationStep::Promote,
    ];
    is_started && by_function.contains(&step)
}

/// What a step will do; for the promotion, how long readers have been failing.
fn to_come(run: &Run, step: RotationStep, context: &ViewContext<'_>) -> String {
    if is_by_function(run, step) {
        return "done by the rotation function".to_owned();
    }
    let will = step.description();
    let changed = run.reports.iter().find(|one| {
        one.evidence
            .iter()
            .any(|seen| matches!(seen, RotationEvidence::Changed(_)))
    });
    let turns = run
        .plan
        .as_ref()
        .is_some_and(|plan| plan.alternate.is_some());
    match changed.filter(|_| step == RotationStep::Promote && !turns && run.ended.is_none()) {
        Some(report) => {
            let seconds = context.now.since(Moment::from_millis(report.at)) as f64 / 1_000.0;
            format!("{will}; readers fail from `set` until here: {seconds:.1} s so far")
        }
        None => will.to_owned(),
    }
}

fn draw_more(words: &str, line: Rect, painter: &mut Painter<'_>) {
    painter.text(
        line.x + INDENT,
        line.y,
        line.width.saturating_sub(INDENT + 1),
        words,
        Role::Text,
    );
}

fn draw_step(
    run: &Run,
    step: RotationStep,
    words: &str,
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let Some(report) = latest(run, step) else {
        let name = format!("{:<11}", step.as_str());
        let pieces = [
            ("○           ", Role::Faint),
            (name.as_str(), Role::Dim),
            (words, Role::Faint),
        ];
        painter.spans(line.x + 2, line.y, line.width.saturating_sub(3), &pieces);
        return;
    };
    let (mark, role) = match report.state {
        StepState::Started | StepState::Running | StepState::Waiting if run.ended.is_none() => {
            (context.spinner, Role::Changing)
        }
        StepState::Started | StepState::Running | StepState::Waiting => ("○", Role::Dim),
        StepState::Done => ("●", Role::Success),
        StepState::Warning => ("▲", Role::Degraded),
        StepState::Failed => ("✖", Role::Failed),
    };
    let at = Moment::from_millis(report.at);
    let began = run
        .reports
        .iter()
        .find(|each| each.step == step)
        .map_or(at, |each| Moment::from_millis(each.at));
    if !report.state.has_ended() && run.ended.is_none() {
        painter.select_row(line, false);
    }
    let name = format!("{:<11}", step.as_str());
    let since = if report.state.has_ended() {
        at.since(began)
    } else {
        context.now.since(began)
    };
    let elapsed = if since >= 100 {
        format!("   {:.1} s", since as f64 / 1000.0)
    } else {
        String::new()
    };
    let time = at.clock(context.zone);
    let evidence = if report.state == StepState::Failed {
        Role::Failed
    } else {
        Role::Text
    };
    let pieces = [
        (mark, role),
        (" ", role),
        (time.as_str(), Role::Faint),
        ("  ", Role::Faint),
        (name.as_str(), Role::Name),
        (words, evidence),
        (elapsed.as_str(), Role::Changing),
    ];
    painter.spans(line.x + 2, line.y, line.width.saturating_sub(3), &pieces);
}

fn draw_promise(run: &Run, place: Rect, painter: &mut Painter<'_>) {
    let command = format!("secrets resume {}", run.secret);
    match &run.ended {
        None => {
            let pieces = [
                ("If this machine dies now, nothing is lost. ", Role::Success),
                (command.as_str(), Role::Name),
                (" on any machine ends it.", Role::Dim),
            ];
            painter.spans(place.x + 2, place.y, place.width.saturating_sub(3), &pieces);
        }
        Some((_, Ok(ending))) => {
            painter.text(
                place.x + 2,
                place.y,
                place.width.saturating_sub(3),
                &ending_words(run, ending),
                ending_role(run, ending),
            );
        }
        Some((_, Err(_))) => {
            painter.spans(
                place.x + 2,
                place.y,
                place.width,
                &[
                    ("Nothing was changed by this console. ", Role::Dim),
                    (command.as_str(), Role::Name),
                    (" looks again.", Role::Dim),
                ],
            );
        }
    }
}

/// What the operator must know after a success, a sentence for each: what keeps the old password, what was not proven.
pub(super) fn warnings(run: &Run) -> Vec<String> {
    let mut warnings = run.warnings.clone();
    for warning in run.reports.iter().flat_map(RotationReport::warnings) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}

/// The ending as a sentence, with the number of warnings.
pub(super) fn ending_words(run: &Run, ending: &RotationEnd) -> String {
    let count = warnings(run).len();
    let warned = match count {
        0 => String::new(),
        1 => ", with 1 warning".to_owned(),
        _ => format!(", with {count} warnings"),
    };
    format!("{}{warned}: {}", ending.outcome.as_str(), ending.why)
}

/// Its colour: a success with warnings is not green.
pub(super) fn ending_role(run: &Run, ending: &RotationEnd) -> Role {
    match ending.outcome {
        RotationOutcome::Rotated | RotationOutcome::Resumed | RotationOutcome::NothingToDo => {
            if warnings(run).is_empty() {
                Role::Success
            } else {
                Role::Degraded
            }
        }
        RotationOutcome::Refused => Role::Degraded,
        RotationOutcome::Failed => Role::Failed,
    }
}

/// What is being done. Until the first write it is no more than a plan.
pub(super) fn running_word(run: &Run) -> &'static str {
    let writes = run
        .reports
        .iter()
        .any(|report| report.step > RotationStep::Check);
    match run.kind {
        RotationKind::Resume => "resuming",
        RotationKind::Rotate | RotationKind::Rollback if !writes => "planning",
        RotationKind::Rotate => "rotating",
        RotationKind::Rollback => "rolling back",
    }
}
