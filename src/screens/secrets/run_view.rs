//! A rotation while it runs and after its end: its steps with what was seen, the question that it waits for, and what is safe.

use ratatui::layout::Rect;

use super::{plan_view, run::Run};
use crate::{
    keys::Layer,
    messages::{Action, PromptAction},
    model::Moment,
    rotation::report::{Milliseconds, StepState},
    screens::{
        ViewContext,
        confirm::Confirm,
        detail::{failure_block, wrapped},
    },
    theme::Role,
    widgets::{Painter, text_width},
};

/// Rows that the promise and what is below it keep.
const BELOW: usize = 7;
/// Columns before the words of a step: glyph, time and name.
const INDENT: u16 = 25;
/// Columns for the time that a step took, at the right.
const ELAPSED: u16 = 17;
/// From this height on, the sentence about the outage stands above the steps.
const ROOMY: u16 = 24;

/// A line of the steps.
#[derive(Default)]
struct StepLine {
    pieces: Vec<(String, Role)>,
    right: Option<(String, Role)>,
    ground: StepBackground,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum StepBackground {
    #[default]
    Plain,
    /// The step that runs.
    Selected,
    /// A question.
    Raised,
}

/// Draws steps, warnings and the promise; returns the area that is left.
pub(super) fn draw(
    run: &Run,
    question: Option<&Confirm>,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Rect {
    let early = question.filter(|question| question.is_early);
    let bar = early.map_or(0, |_| plan_view::bar_height(area));
    let room = Rect {
        height: area.height.saturating_sub(bar),
        ..area
    };
    let mut lines = sentence(run, room);
    lines.extend(step_lines(run, question, context, room));
    lines.extend(ending_lines(run, room));
    let y = draw_lines(&lines, room, painter);
    if y < room.bottom() {
        let line = Rect {
            y,
            height: 1,
            ..room
        };
        painter.hline(line);
        draw_promise(run, Rect { y: y + 1, ..line }, painter);
    }
    if let Some(confirm) = early {
        let place = Rect {
            y: room.bottom(),
            height: bar,
            ..area
        };
        plan_view::draw_bar(run, confirm, None, context, place, painter);
    }
    let below = y.saturating_add(3);
    Rect {
        y: below.min(room.bottom()),
        height: room.bottom().saturating_sub(below),
        ..room
    }
}

/// Draws lines one below the other; returns the row after the last one.
fn draw_lines(lines: &[StepLine], room: Rect, painter: &mut Painter<'_>) -> u16 {
    let mut y = room.y;
    for line in lines {
        let place = Rect {
            y,
            height: 1,
            ..room
        };
        if y < room.bottom() {
            draw_line(line, place, painter);
        }
        y = y.saturating_add(1);
    }
    y
}

fn draw_line(line: &StepLine, place: Rect, painter: &mut Painter<'_>) {
    match line.ground {
        StepBackground::Plain => {}
        StepBackground::Selected => painter.select_row(place, true),
        StepBackground::Raised => painter.shade(place, Role::Raised),
    }
    let pieces: Vec<(&str, Role)> = line
        .pieces
        .iter()
        .map(|(text, role)| (text.as_str(), *role))
        .collect();
    let right = line.right.as_ref().map_or(0, |(text, _)| {
        u16::try_from(text_width(text)).unwrap_or(0) + 2
    });
    let room = place.width.saturating_sub(3 + right);
    painter.spans(place.x + 2, place.y, room, &pieces);
    if let Some((text, role)) = &line.right {
        painter.text_right(place.right() - 1, place.y, ELAPSED, text, *role);
    }
}

/// Returns what the rotation costs, while there is room for it.
fn sentence(run: &Run, room: Rect) -> Vec<StepLine> {
    let Some((page, _)) = run.plan.as_ref().filter(|_| room.height >= ROOMY) else {
        return Vec::new();
    };
    let (glyph, role) = if page.has_outage {
        ("▲ ", Role::Degraded)
    } else {
        ("● ", Role::Success)
    };
    let pieces = if run.ended.is_some() {
        // What it would cost is no warning any more.
        let words = format!("It is over. What was announced: {}", page.sentence);
        vec![("· ".to_owned(), Role::Dim), (words, Role::Dim)]
    } else {
        vec![
            (glyph.to_owned(), role),
            (page.sentence.clone(), Role::Name),
        ]
    };
    vec![
        StepLine {
            pieces,
            ..StepLine::default()
        },
        StepLine::default(),
    ]
}

fn step_lines(
    run: &Run,
    question: Option<&Confirm>,
    context: &ViewContext<'_>,
    area: Rect,
) -> Vec<StepLine> {
    let steps = run.steps();
    let columns = usize::from(area.width.saturating_sub(INDENT + ELAPSED));
    let asked = question
        .filter(|question| question.name.is_none())
        .map_or_else(Vec::new, |question| question_lines(question, context, area));
    let mut room = usize::from(area.height)
        .saturating_sub(steps.len() + run.warnings.len() + asked.len() + BELOW);
    let current = run.reports.last().map(|report| report.step);
    let mut asked = Some(asked);
    let wide = usize::from(area.width.saturating_sub(INDENT + 4));
    let mut words: Vec<Vec<EvidenceLine>> = steps
        .iter()
        .map(|(step, description)| match run.latest(step) {
            Some(report) => {
                let all = evidence_lines(&report.evidence, report.state, description, columns);
                all.iter().flat_map(|line| broken(line, wide)).collect()
            }
            None => vec![EvidenceLine::new(*description)],
        })
        .collect();
    // What was seen last is the most important: it gets its lines first.
    for lines in words.iter_mut().rev() {
        *lines = shortened(std::mem::take(lines), &mut room);
    }
    let mut lines = Vec::new();
    for ((step, _), words) in steps.into_iter().zip(words) {
        for (index, EvidenceLine { text: words, .. }) in words.into_iter().enumerate() {
            lines.push(if index == 0 {
                step_line(run, step, words, context)
            } else {
                further_line(words)
            });
        }
        if Some(step) == current {
            lines.extend(asked.take().into_iter().flatten());
        }
    }
    lines
}

/// A line of evidence.
struct EvidenceLine {
    text: String,
    /// Whether it goes on with the sentence of the line above.
    is_continued: bool,
}

impl EvidenceLine {
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_continued: false,
        }
    }
}

/// Breaks a line of evidence that is wider than the window.
fn broken(line: &str, room: usize) -> Vec<EvidenceLine> {
    if text_width(line) <= room {
        return vec![EvidenceLine::new(line)];
    }
    let room = u16::try_from(room).unwrap_or(u16::MAX).saturating_add(2);
    let parts = wrapped(line, room, Role::Text).into_iter().enumerate();
    parts
        .map(|(row, part)| EvidenceLine {
            text: part.into_iter().map(|(text, _)| text).collect(),
            is_continued: row > 0,
        })
        .collect()
}

fn further_line(words: String) -> StepLine {
    let indent = " ".repeat(usize::from(INDENT - 2));
    StepLine {
        pieces: vec![(indent, Role::Dim), (words, Role::Text)],
        ..StepLine::default()
    }
}

/// Returns the evidence of a step in lines; a piece of evidence is cut only if it alone is too long.
fn evidence_lines(
    evidence: &[String],
    state: StepState,
    description: &str,
    columns: usize,
) -> Vec<String> {
    const BETWEEN: &str = " · ";
    let mut lines: Vec<String> = Vec::new();
    for words in evidence {
        match lines.last_mut() {
            Some(line) if text_width(line) + text_width(words) + BETWEEN.len() <= columns => {
                line.push_str(BETWEEN);
                line.push_str(words);
            }
            _ => lines.push(words.clone()),
        }
    }
    if lines.is_empty() {
        let words = if state.has_ended() { "" } else { description };
        lines.push(words.to_owned());
    }
    lines
}

/// As many further lines as there is room for; what has none stands at the end of the last.
fn shortened(mut lines: Vec<EvidenceLine>, room: &mut usize) -> Vec<EvidenceLine> {
    let further = lines.len().saturating_sub(1).min(*room);
    *room -= further;
    let rest = lines.split_off((further + 1).min(lines.len()));
    if let Some(last) = lines.last_mut() {
        for line in rest {
            last.text
                .push_str(if line.is_continued { " " } else { " · " });
            last.text.push_str(&line.text);
        }
    }
    lines
}

fn step_line(run: &Run, step: &str, words: String, context: &ViewContext<'_>) -> StepLine {
    let name = format!("{step:<11}");
    let Some(report) = run.latest(step) else {
        return StepLine {
            pieces: vec![
                ("○           ".to_owned(), Role::Faint),
                (name, Role::Dim),
                (words, Role::Faint),
            ],
            right: outage(run, step, context),
            ground: StepBackground::Plain,
        };
    };
    let is_running = !report.state.has_ended() && run.ended.is_none();
    let (mark, role) = match report.state {
        StepState::Done => ("●", Role::Success),
        StepState::Warning => ("▲", Role::Degraded),
        StepState::Failed => ("✖", Role::Failed),
        StepState::Started | StepState::Running | StepState::Waiting if run.is_waiting() => {
            ("◆", Role::Person)
        }
        StepState::Started | StepState::Running | StepState::Waiting if is_running => {
            (context.spinner, Role::Changing)
        }
        StepState::Started | StepState::Running | StepState::Waiting => ("○", Role::Dim),
    };
    let evidence = if report.state == StepState::Failed {
        Role::Failed
    } else {
        Role::Text
    };
    StepLine {
        pieces: vec![
            (format!("{mark} "), role),
            (format!("{}  ", report.at.clock(context.zone)), Role::Faint),
            (name, Role::Name),
            (words, evidence),
        ],
        right: elapsed(run, step, report.at, is_running, context),
        ground: if is_running {
            StepBackground::Selected
        } else {
            StepBackground::Plain
        },
    }
}

/// Returns how long a step has worked; that it waits for the user is said instead.
fn elapsed(
    run: &Run,
    step: &str,
    at: Moment,
    is_running: bool,
    context: &ViewContext<'_>,
) -> Option<(String, Role)> {
    if is_running && run.is_waiting() {
        return Some(("waiting for you".to_owned(), Role::Person));
    }
    let began = run.step_began(step)?;
    let until = if is_running { context.now } else { at };
    let millis = run.working_millis(began, until);
    let role = if is_running {
        Role::Changing
    } else {
        Role::Faint
    };
    (millis >= 100).then(|| (seconds(millis), role))
}

/// For the promotion: how long readers have been failing.
fn outage(run: &Run, step: &str, context: &ViewContext<'_>) -> Option<(String, Role)> {
    let millis = run
        .outage_millis(context.now)
        .filter(|_| step == "promote")?;
    Some((
        format!("logins fail {}", Milliseconds(millis)),
        Role::Degraded,
    ))
}

fn seconds(millis: i64) -> String {
    format!("{:.1} s", millis as f64 / 1_000.0)
}

/// Returns the question that the rotation waits for, below its step, with the keys that answer it.
fn question_lines(question: &Confirm, context: &ViewContext<'_>, area: Rect) -> Vec<StepLine> {
    let room = area.width.saturating_sub(INDENT + 2);
    let indent = " ".repeat(usize::from(INDENT - 2));
    let mut lines: Vec<StepLine> = question
        .text
        .iter()
        .flat_map(|text| wrapped(text, room, Role::Text))
        .map(|mut part| {
            part.insert(0, (indent.clone(), Role::Dim));
            StepLine {
                pieces: part,
                right: None,
                ground: StepBackground::Raised,
            }
        })
        .collect();
    let key = |action| {
        let layers = [Layer::Confirm];
        let found = context.keymap.key_of(&layers, Action::Prompt(action));
        found.unwrap_or_default()
    };
    lines.push(StepLine {
        pieces: vec![
            (indent, Role::Dim),
            (key(PromptAction::Yes), Role::Accent),
            (" yes   ".to_owned(), Role::Dim),
            (key(PromptAction::No), Role::Accent),
            (" no".to_owned(), Role::Dim),
        ],
        right: None,
        ground: StepBackground::Raised,
    });
    lines
}

/// Returns what went wrong, and what the operator must know.
fn ending_lines(run: &Run, area: Rect) -> Vec<StepLine> {
    let room = area.width.saturating_sub(5);
    let mut lines = Vec::new();
    if let Some((_, Err(failure))) = &run.ended {
        lines.extend(
            failure_block(failure, room)
                .into_iter()
                .map(|pieces| StepLine {
                    pieces,
                    ..StepLine::default()
                }),
        );
    }
    let warnings = if run.ended.is_some() {
        run.all_warnings()
    } else {
        run.warnings.clone()
    };
    for warning in warnings {
        for (row, mut part) in wrapped(&warning, room, Role::Degraded)
            .into_iter()
            .enumerate()
        {
            let glyph = if row == 0 { "▲ " } else { "  " };
            part.insert(0, (glyph.to_owned(), Role::Degraded));
            lines.push(StepLine {
                pieces: part,
                ..StepLine::default()
            });
        }
    }
    lines
}

fn draw_promise(run: &Run, place: Rect, painter: &mut Painter<'_>) {
    let command = run.resume_command();
    let room = place.width.saturating_sub(3);
    match &run.ended {
        None => {
            let (before, after) = (
                "If this machine dies now, nothing is lost. ",
                " on any machine ends it.",
            );
            let width = text_width(before) + text_width(&command) + text_width(after);
            // A narrow window needs the command more than the words around it.
            let (before, after) = if width <= usize::from(room) {
                (before, after)
            } else {
                ("Nothing can be lost. ", " ends it.")
            };
            let pieces = [
                (before, Role::Text),
                (command.as_str(), Role::Name),
                (after, Role::Dim),
            ];
            painter.spans(place.x + 2, place.y, room, &pieces);
        }
        Some((_, Ok(end))) => {
            let (words, role) = (run.ending_words(end), run.ending_role(end));
            painter.text(place.x + 2, place.y, room, &words, role);
        }
        Some((_, Err(_))) => {
            let pieces = [
                ("Nothing was changed by this console. ", Role::Dim),
                (command.as_str(), Role::Name),
                (" looks again.", Role::Dim),
            ];
            painter.spans(place.x + 2, place.y, room, &pieces);
        }
    }
}
