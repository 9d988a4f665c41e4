//! The plan of a rotation on one page, and the name to be typed below it.

use ratatui::layout::Rect;

use super::{open_sessions::with_sessions, run::Run};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, PromptAction, ViewportId},
    rotation::{
        plan_page::{PlanMark, PlanPage, PlanRow, PlannedStep},
        report::Milliseconds,
    },
    screens::{ViewContext, confirm::Confirm, detail::wrapped, frame::symbol},
    theme::Role,
    widgets::{Painter, cut, cut_middle, text_width},
};

/// Columns of the headings, and of everything before a row's text.
const HEADING: usize = 11;
/// Columns that the bracket around failing logins takes at the right.
const BRACKET: usize = 15;
/// Columns of the system that a step writes to.
const SYSTEM: usize = 24;
/// From this height on, the name has room around it.
const ROOMY: u16 = 26;

/// One line of the page.
#[derive(Clone, Debug, Default)]
struct PageLine {
    pieces: Vec<(String, Role)>,
    /// Part of the bracket around the steps in which logins fail.
    bracket: Option<&'static str>,
    /// The middle of that bracket, which has the words.
    is_middle: bool,
}

/// How much room the page takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlanDensity {
    /// An empty line between sections.
    Airy,
    /// None.
    Dense,
    /// The steps in one line.
    Compact,
}

/// Draws the plan and the name below it.
pub(super) fn draw(
    run: &Run,
    page: &PlanPage,
    confirm: &Confirm,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let bar = bar_height(area);
    let room = Rect {
        height: area.height.saturating_sub(bar),
        ..area
    };
    let page = &with_sessions(page, run, context);
    let lines = fitting(page, room);
    let window = confirm
        .scroll
        .window(ViewportId::Question, room, lines.len(), painter);
    for (row, line) in lines
        .iter()
        .skip(window.start)
        .take(window.len())
        .enumerate()
    {
        let y = room.y + u16::try_from(row).unwrap_or(0);
        draw_line(line, y, room, painter);
    }
    if window.start == 0 {
        draw_planned(run, page, context, room, painter);
    }
    let hidden = lines.len().saturating_sub(window.len());
    let place = Rect {
        y: room.bottom(),
        height: bar,
        ..area
    };
    let more = (hidden > 0).then(|| {
        format!(
            "↑ ↓ {} to {} of {}   ",
            window.start + 1,
            window.end,
            lines.len()
        )
    });
    draw_bar(run, confirm, more, context, place, painter);
}

/// Returns the height of the place in which the name is typed.
pub(super) const fn bar_height(area: Rect) -> u16 {
    if area.height >= ROOMY { 6 } else { 3 }
}

/// Returns the page as airy as it fits.
fn fitting(page: &PlanPage, room: Rect) -> Vec<PageLine> {
    let width = usize::from(room.width.saturating_sub(3));
    [PlanDensity::Airy, PlanDensity::Dense]
        .into_iter()
        .map(|density| lines(page, width, density))
        .find(|lines| lines.len() <= usize::from(room.height))
        .unwrap_or_else(|| lines(page, width, PlanDensity::Compact))
}

fn draw_line(line: &PageLine, y: u16, room: Rect, painter: &mut Painter<'_>) {
    let pieces: Vec<(&str, Role)> = line
        .pieces
        .iter()
        .map(|(text, role)| (text.as_str(), *role))
        .collect();
    painter.spans(room.x + 1, y, room.width.saturating_sub(2), &pieces);
    let Some(bracket) = line.bracket else { return };
    let x = room
        .right()
        .saturating_sub(u16::try_from(BRACKET).unwrap_or(0));
    let words = if line.is_middle { " logins fail" } else { "" };
    painter.spans(
        x,
        y,
        room.right().saturating_sub(x),
        &[(bracket, Role::Degraded), (words, Role::Degraded)],
    );
}

/// When the plan was made, at the right of the first line if there is room.
fn draw_planned(
    run: &Run,
    page: &PlanPage,
    context: &ViewContext<'_>,
    room: Rect,
    painter: &mut Painter<'_>,
) {
    let (Some((_, at)), Some(millis)) = (&run.plan, run.planning_millis()) else {
        return;
    };
    let words = format!(
        "planned {} in {}",
        at.clock(context.zone),
        Milliseconds(millis)
    );
    let free = usize::from(room.width).saturating_sub(text_width(&page.sentence) + 8);
    if free > text_width(&words) {
        let width = u16::try_from(text_width(&words)).unwrap_or(0);
        painter.text_right(room.right() - 1, room.y, width, &words, Role::Faint);
    }
}

fn lines(page: &PlanPage, width: usize, density: PlanDensity) -> Vec<PageLine> {
    let gap = |lines: &mut Vec<PageLine>| {
        if density == PlanDensity::Airy {
            lines.push(PageLine::default());
        }
    };
    let (mark, role) = if page.has_outage {
        ("▲ ", Role::Degraded)
    } else {
        ("● ", Role::Success)
    };
    let mut lines = Vec::new();
    hanging(
        &mut lines,
        &[(mark.to_owned(), role)],
        2,
        &page.sentence,
        width,
        Role::Name,
    );
    for section in page.filled() {
        gap(&mut lines);
        let widths = column_widths(&section.rows, width);
        for (index, row) in section.rows.iter().enumerate() {
            let heading = if index == 0 { section.heading } else { "" };
            push_row(&mut lines, heading, row, &widths, width);
        }
    }
    gap(&mut lines);
    if density == PlanDensity::Compact {
        push_steps_in_a_line(&mut lines, &page.steps, width);
    } else {
        push_steps(&mut lines, &page.steps, width);
    }
    gap(&mut lines);
    push_promise(&mut lines, page, width);
    lines
}

fn heading(text: &str) -> (String, Role) {
    (format!("  {text:<HEADING$}"), Role::Dim)
}

/// Text behind pieces that take `indent` columns; further lines begin in the same column.
fn hanging(
    lines: &mut Vec<PageLine>,
    before: &[(String, Role)],
    indent: usize,
    text: &str,
    width: usize,
    role: Role,
) {
    let room = u16::try_from(width.saturating_sub(indent)).unwrap_or(u16::MAX);
    for (row, part) in wrapped(text, room, role).into_iter().enumerate() {
        let mut pieces = if row == 0 {
            before.to_vec()
        } else {
            vec![(" ".repeat(indent), Role::Dim)]
        };
        pieces.extend(part);
        lines.push(PageLine {
            pieces,
            ..PageLine::default()
        });
    }
}

const fn mark(mark: PlanMark) -> (&'static str, Role) {
    match mark {
        PlanMark::Plain => ("", Role::Dim),
        PlanMark::Good => ("● ", Role::Success),
        PlanMark::Attention => ("▲ ", Role::Degraded),
        PlanMark::Unknown => ("○ ", Role::Dim),
    }
}

/// Widths of the columns of a section: none where rows have one cell only, or where they do not fit.
fn column_widths(rows: &[PlanRow], width: usize) -> Vec<usize> {
    let count = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.cells.get(column));
            cells.map(|cell| text_width(cell)).max().unwrap_or(0)
        })
        .collect();
    let gaps = widths.iter().filter(|width| **width > 0).count() * 2;
    if widths.iter().sum::<usize>() + gaps + HEADING + 4 > width {
        Vec::new()
    } else {
        widths
    }
}

fn push_row(lines: &mut Vec<PageLine>, title: &str, row: &PlanRow, widths: &[usize], width: usize) {
    let (glyph, role) = mark(row.mark);
    let mut pieces = vec![heading(title), (glyph.to_owned(), role)];
    let indent = HEADING + 2 + text_width(glyph);
    let [rest @ .., last] = row.cells.as_slice() else {
        return;
    };
    if rest.is_empty() {
        let role = if row.mark == PlanMark::Attention {
            Role::Degraded
        } else {
            Role::Text
        };
        return hanging(lines, &pieces, indent, last, width, role);
    }
    let roles = [Role::Dim, Role::Text, Role::Dim];
    if widths.is_empty() {
        // Too narrow for columns: what is done about it stands in a line of its own.
        let words: Vec<&str> = rest
            .iter()
            .map(String::as_str)
            .filter(|cell| !cell.is_empty())
            .collect();
        let room = width.saturating_sub(indent);
        pieces.push((cut_middle(&words.join("  "), room), Role::Text));
        lines.push(PageLine {
            pieces,
            ..PageLine::default()
        });
        let before = vec![
            (" ".repeat(indent), Role::Dim),
            ("→ ".to_owned(), Role::Dim),
        ];
        return hanging(lines, &before, indent + 2, last, width, Role::Text);
    }
    for ((cell, column), role) in rest.iter().zip(widths).zip(roles) {
        if *column > 0 {
            let padding = column.saturating_sub(text_width(cell)) + 2;
            pieces.push((format!("{cell}{}", " ".repeat(padding)), role));
        }
    }
    pieces.push((last.clone(), Role::Text));
    lines.push(PageLine {
        pieces,
        ..PageLine::default()
    });
}

fn push_steps(lines: &mut Vec<PageLine>, steps: &[PlannedStep], width: usize) {
    let longest = steps.iter().map(|step| text_width(&step.what)).max();
    let longest = longest.unwrap_or(0);
    let room = width.saturating_sub(HEADING + 2 + 13 + BRACKET);
    // Where both do not fit, what a step does is said rather than where.
    let has_systems = longest + SYSTEM <= room;
    let widest = if has_systems { room - SYSTEM } else { room };
    let failing: Vec<usize> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.logins_fail)
        .map(|(index, _)| index)
        .collect();
    for (index, step) in steps.iter().enumerate() {
        let bracket = bracket(index, &failing);
        // Where no system follows and no bracket stands, the line is free to its end.
        let is_alone = bracket.is_none() && !has_systems;
        let what = longest.min(if is_alone { widest + BRACKET } else { widest });
        let shown = cut(&step.what, what);
        let padding = " ".repeat(what.saturating_sub(text_width(&shown)) + 2);
        let mut pieces = vec![
            heading(if index == 0 { "steps" } else { "" }),
            (format!("{} ", index + 1), Role::Faint),
            (format!("{:<11}", step.name), Role::Text),
            (shown, Role::Dim),
            (padding, Role::Dim),
        ];
        if let Some(system) = step.writes.filter(|_| has_systems) {
            pieces.push(("writes ".to_owned(), Role::Dim));
            pieces.push((system.to_owned(), Role::Text));
        }
        lines.push(PageLine {
            pieces,
            bracket,
            is_middle: failing.get(failing.len() / 2) == Some(&index),
        });
    }
}

fn bracket(index: usize, failing: &[usize]) -> Option<&'static str> {
    match (failing.first(), failing.last()) {
        (Some(first), _) if *first == index => Some("┐"),
        (_, Some(last)) if *last == index => Some("┘"),
        (Some(first), Some(last)) if (*first..*last).contains(&index) => Some("│"),
        _ => None,
    }
}

fn push_steps_in_a_line(lines: &mut Vec<PageLine>, steps: &[PlannedStep], width: usize) {
    let names: Vec<String> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| format!("{} {}", index + 1, step.name))
        .collect();
    hanging(
        lines,
        &[heading("steps")],
        HEADING + 2,
        &names.join("  "),
        width,
        Role::Text,
    );
}

fn push_promise(lines: &mut Vec<PageLine>, page: &PlanPage, width: usize) {
    let promise = "nothing is lost at any step. ";
    let tail = " on any machine ends it";
    let indent = HEADING + 2;
    let whole = text_width(promise) + text_width(&page.resume_command) + text_width(tail);
    let mut pieces = vec![heading("if it dies"), (promise.to_owned(), Role::Text)];
    if indent + whole > width {
        lines.push(PageLine {
            pieces,
            ..PageLine::default()
        });
        pieces = vec![(" ".repeat(indent), Role::Dim)];
    }
    pieces.push((page.resume_command.clone(), Role::Name));
    pieces.push((tail.to_owned(), Role::Dim));
    lines.push(PageLine {
        pieces,
        ..PageLine::default()
    });
}

/// Draws the field for the name, and the keys that work there.
pub(super) fn draw_bar(
    run: &Run,
    confirm: &Confirm,
    more: Option<String>,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    painter.hline(area);
    let ground = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    painter.shade(ground, Role::Raised);
    let gap = u16::from(area.height > 3);
    let name = confirm.name.as_deref().unwrap_or_default();
    // What is about to happen where: the header may be too narrow for the deployment.
    let deployment = cut_middle(&run.deployment_title, 18);
    let label = if confirm.is_early {
        "The plan is being made; type the name   ".to_owned()
    } else {
        format!("Type the name to begin in {deployment}   ")
    };
    let y = ground.y + gap;
    let x = painter.text(
        area.x + 3,
        y,
        area.width.saturating_sub(4),
        &label,
        Role::Text,
    );
    let used = draw_field(confirm, name, x, y, area, painter);
    let typed = text_width(confirm.typed.text().trim());
    let count = format!("{typed} of {}", text_width(name));
    if area.right().saturating_sub(used) > 12 {
        painter.text_right(area.right() - 2, y, 12, &count, Role::Dim);
    }
    draw_keys(
        confirm,
        more,
        context,
        Rect {
            y: y + 1 + gap,
            ..area
        },
        painter,
    );
}

/// Returns the typed beginning of the name, and faintly what is missing. Returns the column after it.
fn draw_field(
    confirm: &Confirm,
    name: &str,
    x: u16,
    y: u16,
    area: Rect,
    painter: &mut Painter<'_>,
) -> u16 {
    let typed = confirm.typed.text();
    let room = area.right().saturating_sub(x + 2);
    let wanted = u16::try_from(text_width(name) + 3).unwrap_or(room);
    painter.shade(
        Rect {
            x,
            y,
            width: wanted.min(room),
            height: 1,
        },
        Role::Field,
    );
    // What cannot become the name any more is said at once.
    let Some(missing) = name.strip_prefix(typed.trim_start()) else {
        let pieces = [(typed, Role::Failed), ("  is not the name", Role::Failed)];
        return painter.spans(x + 1, y, room, &pieces);
    };
    let pieces = [
        (typed, Role::Name),
        ("▏", Role::Accent),
        (missing, Role::Faint),
    ];
    painter.spans(x + 1, y, room, &pieces)
}

fn draw_keys(
    confirm: &Confirm,
    more: Option<String>,
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let key = |action| {
        context
            .keymap
            .key_of(&[Layer::Prompt, Layer::List], action)
            .unwrap_or_default()
    };
    let accept = key(Action::Prompt(PromptAction::Accept));
    let back = key(Action::App(AppAction::Back));
    let begins = if confirm.is_early {
        " begins once the plan is there"
    } else {
        " begins once it is whole"
    };
    let more = more.unwrap_or_default();
    painter.spans(
        line.x + 3,
        line.y,
        line.width.saturating_sub(4),
        &[
            (more.as_str(), Role::Degraded),
            (symbol(&accept), Role::Accent),
            (begins, Role::Dim),
            ("    ", Role::Dim),
            (symbol(&back), Role::Accent),
            (" nothing is changed", Role::Dim),
        ],
    );
}
