//! How the Activity looks: a row an entry, and the opened entry below.

use ratatui::layout::Rect;

use super::{Activity, ShownEntries, entries::ActivityRow};
use crate::{
    keys::Layer,
    messages::{Action, ActivityAction, ViewportId},
    model::Health,
    screens::{
        ViewContext,
        detail::{failure_block, wrapped},
    },
    theme::Role,
    widgets::{Painter, StyledLine, cut, cut_middle, glyph, role_of, text_width},
};

/// From this width a row says how long it took, or that it was a write.
const TOOK_FROM: u16 = 100;
/// From this width a row says both.
const REQUEST_FROM: u16 = 150;
/// From this width the request id is always shown.
const IDS_FROM: u16 = 190;

/// Draws the screen.
pub(super) fn activity(
    state: &Activity,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let shown = state.shown(context.store);
    header(state, shown.len(), context, area, painter);
    let prompt = u16::from(state.typing || !state.filter.text().is_empty());
    let room = area.width.saturating_sub(3);
    let opened = shown
        .get(state.list.cursor())
        .filter(|_| state.open)
        .map_or_else(Vec::new, |entry| opened_lines(entry, context, room));
    let below = match opened.len() {
        0 => 0,
        lines => u16::try_from(lines + 1).unwrap_or(8),
    }
    .min(area.height / 2);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + below + prompt),
        ..area
    };
    if shown.is_empty() {
        let text = nothing_shown(state, context);
        painter.text(body.x + 3, body.y + 1, body.width, text, Role::Dim);
    }
    let window = state
        .list
        .window(ViewportId::Activity, body, shown.len(), painter);
    let is_named = context.store.deployments.len() > 1
        && shown
            .iter()
            .any(|entry| entry.deployment(context.store).is_some());
    for (index, row) in window.zip(body.rows()) {
        let Some(entry) = shown.get(index) else {
            continue;
        };
        if index == state.list.cursor() {
            painter.select_row(row, true);
        }
        draw_entry(entry, is_named, context, row, painter);
    }
    if below > 0 {
        let place = Rect {
            y: body.bottom(),
            height: below,
            ..area
        };
        draw_opened(&opened, place, painter);
    }
    if prompt > 0 {
        draw_prompt(state, area, painter);
    }
}

/// Says why no entry is shown. What was not read yet is not nothing.
fn nothing_shown(state: &Activity, context: &ViewContext<'_>) -> &'static str {
    if !context.store.activity.is_empty() || !state.filter.text().is_empty() {
        return "Nothing here matches.";
    }
    let mut histories = context.store.changes.values();
    if histories.any(|history| history.read.is_some()) {
        "Nothing yet. Calls, writes, failures and the changes of others are listed here, with request ids."
    } else {
        "This console has done nothing yet. What others changed is not read yet."
    }
}

fn header(
    state: &Activity,
    count: usize,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let mut x = area.x + 2;
    for whose in ShownEntries::ALL {
        let role = if whose == state.whose {
            Role::Name
        } else {
            Role::Dim
        };
        x = painter.text(
            x,
            area.y,
            area.right().saturating_sub(x),
            whose.title(),
            role,
        ) + 3;
    }
    let key = context
        .keymap
        .key_of(
            &[Layer::Activity],
            Action::Activity(ActivityAction::NextWhose),
        )
        .unwrap_or_default();
    painter.text(x, area.y, area.right().saturating_sub(x), &key, Role::Faint);
    let count = if count == 1 {
        "1 entry".to_owned()
    } else {
        format!("{count} entries")
    };
    painter.text_right(
        area.right().saturating_sub(1),
        area.y,
        14,
        &count,
        Role::Dim,
    );
}

fn look(entry: &ActivityRow<'_>) -> (&'static str, Role) {
    if entry.is_declined() {
        return ("○", Role::Dim);
    }
    if entry.is_pending() {
        return (glyph(Health::Changing), role_of(Health::Changing));
    }
    if entry.is_warning() {
        return ("▲", Role::Degraded);
    }
    match (entry.is_failure(), entry.is_own()) {
        (true, true) => ("✖", Role::Failed),
        (true, false) => ("▲", Role::Degraded),
        (false, true) => ("●", Role::Success),
        (false, false) => ("·", Role::Dim),
    }
}

/// Draws an entry; with its deployment, where those of several may be listed.
fn draw_entry(
    entry: &ActivityRow<'_>,
    is_named: bool,
    context: &ViewContext<'_>,
    row: Rect,
    painter: &mut Painter<'_>,
) {
    let (mark, role) = look(entry);
    let (who, what) = columns(row.width);
    let (place, what) = place_and_room(entry, is_named, what, row.width, context);
    let time = time_of(entry, row.width, context);
    let pieces = [
        (format!("{time}  "), Role::Faint),
        (format!("{mark} "), role),
        (
            format!("{:<who$} ", cut_middle(&actor(entry, row.width), who)),
            Role::Dim,
        ),
        (place, Role::Text),
        (
            format!(
                "{:<what$} ",
                cut(&short(&entry.what_in_row(context.store)), what)
            ),
            Role::Text,
        ),
        (took_or_write(entry, row.width), Role::Dim),
    ];
    let shown: Vec<(&str, Role)> = pieces
        .iter()
        .map(|(text, role)| (text.as_str(), *role))
        .collect();
    let right = row.right().saturating_sub(1);
    let x = painter.spans(row.x + 2, row.y, right.saturating_sub(row.x + 2), &shown);
    let mut end = right;
    let outcome = entry.outcome();
    if let Some(request) = entry.request() {
        let request = format!("request {request}");
        let width = u16::try_from(text_width(&request)).unwrap_or_default();
        let words = u16::try_from(text_width(&outcome)).unwrap_or(u16::MAX);
        let fits = x.saturating_add(words).saturating_add(width + 2) <= right;
        // The id of a request stays in sight beside its words where there is room for both.
        if fits || row.width >= IDS_FROM {
            painter.text_right(right, row.y, width, &request, Role::Faint);
            end = right.saturating_sub(width + 2);
        }
    }
    let words = if entry.is_failure() || entry.is_warning() {
        role
    } else {
        Role::Text
    };
    painter.text(x, row.y, end.saturating_sub(x), &outcome, words);
}

/// Returns who did it, in a word where there is little room.
fn actor(entry: &ActivityRow<'_>, width: u16) -> String {
    if entry.is_own() && width < TOOK_FROM {
        "console".to_owned()
    } else {
        entry.who()
    }
}

/// Returns the column of the deployment, and the columns of what was done. What has no deployment has the room of that column too: the
/// words behind it stand in one column all the same.
fn place_and_room(
    entry: &ActivityRow<'_>,
    is_named: bool,
    what: usize,
    width: u16,
    context: &ViewContext<'_>,
) -> (String, usize) {
    let place = place_cell(entry, is_named, width, context);
    let taken = text_width(&place).saturating_sub(not_taken(width));
    if place.trim().is_empty() {
        let free = text_width(&place).saturating_sub(taken);
        (String::new(), what + free)
    } else {
        (place, what.saturating_sub(taken))
    }
}

/// Returns the title of the deployment that was written to, as a column; nothing where it has none.
fn place_cell(
    entry: &ActivityRow<'_>,
    is_named: bool,
    width: u16,
    context: &ViewContext<'_>,
) -> String {
    if !is_named {
        return String::new();
    }
    let columns = if width < REQUEST_FROM { 9 } else { 14 };
    let name = entry.deployment(context.store);
    let title = name.map_or("", |name| context.store.title(name.as_str()));
    format!("{:<columns$} ", cut(title, columns))
}

/// Columns of who did it and of what was done, in a row so wide.
const fn columns(width: u16) -> (usize, usize) {
    match width {
        0..TOOK_FROM => (8, 26),
        TOOK_FROM..REQUEST_FROM => (12, 36),
        REQUEST_FROM..IDS_FROM => (16, 44),
        _ => (26, 56),
    }
}

/// Columns of a deployment that are not taken from what was done. Between the two limits there is a request id to be shown beside it.
const fn not_taken(width: u16) -> usize {
    match width {
        TOOK_FROM..REQUEST_FROM => 0,
        _ => 6,
    }
}

/// Returns a tool of a gateway without the name of its target, which stands in the opened entry.
fn short(what: &str) -> String {
    let words = what.split(' ');
    let short: Vec<&str> = words
        .map(|word| word.split_once("___").map_or(word, |(_, tool)| tool))
        .collect();
    short.join(" ")
}

/// That it was a write, and how long it took. Where there is room for one of them, a write says that it is one.
fn took_or_write(entry: &ActivityRow<'_>, width: u16) -> String {
    let took = entry
        .took_ms()
        .map_or_else(String::new, |millis| format!("{millis} ms"));
    let write = if entry.is_write() { "write" } else { "" };
    if width < TOOK_FROM {
        String::new()
    } else if width >= REQUEST_FROM {
        format!("{write:<5}  {took:>7}  ")
    } else if entry.is_write() {
        format!("{write:>7}  ")
    } else {
        format!("{took:>7}  ")
    }
}

/// Returns the time of today; of another day the day, and where there is room the hour and minute.
fn time_of(entry: &ActivityRow<'_>, width: u16, context: &ViewContext<'_>) -> String {
    if width >= TOOK_FROM {
        let time = entry.at().clock_or_date(context.now, context.zone);
        return format!("{:<11}", time.get(..11).unwrap_or(&time));
    }
    let then = entry.at().date_time(context.zone);
    let today = context.now.date_time(context.zone);
    if then.get(..10) == today.get(..10) {
        entry.at().clock(context.zone)
    } else {
        // The month and the day, as wide as a time.
        format!("{:<8}", then.get(5..10).unwrap_or_default())
    }
}

/// Everything that is known of an entry.
fn opened_lines(entry: &ActivityRow<'_>, context: &ViewContext<'_>, room: u16) -> Vec<StyledLine> {
    let head = format!(
        "{}   {}   by {}",
        entry.at().date_time(context.zone),
        entry.what(context.store),
        entry.who()
    );
    let mut lines = wrapped(&head, room, Role::Name);
    if entry.is_own() && entry.recorded() != entry.what(context.store) {
        let recorded = format!("recorded as {}", entry.recorded());
        lines.extend(wrapped(&recorded, room, Role::Dim));
    }
    if let ActivityRow::Own(own) = entry {
        if let Some(arguments) = &own.arguments {
            lines.extend(wrapped(&format!("arguments {arguments}"), room, Role::Text));
        }
        if let Some(took) = own.took_ms {
            lines.extend(wrapped(&format!("took {took} ms"), room, Role::Dim));
        }
        if let Err(failure) = &own.result {
            lines.extend(failure_block(failure, room));
            return lines;
        }
    }
    lines.extend(wrapped(&entry.outcome(), room, Role::Text));
    if let ActivityRow::Change(_, found) = entry {
        lines.extend(wrapped(
            &format!("identity {}", found.change.who),
            room,
            Role::Dim,
        ));
    }
    if let Some(id) = entry.request() {
        lines.extend(wrapped(&format!("request {id}"), room, Role::Dim));
    }
    lines
}

fn draw_opened(lines: &[StyledLine], place: Rect, painter: &mut Painter<'_>) {
    painter.hline(place);
    let inner = Rect {
        y: place.y + 1,
        height: place.height.saturating_sub(1),
        ..place
    };
    for (line, row) in lines.iter().zip(inner.rows()) {
        let pieces: Vec<(&str, Role)> = line
            .iter()
            .map(|(text, role)| (text.as_str(), *role))
            .collect();
        painter.spans(row.x + 2, row.y, row.width.saturating_sub(3), &pieces);
    }
}

fn draw_prompt(state: &Activity, area: Rect, painter: &mut Painter<'_>) {
    let y = area.bottom().saturating_sub(1);
    let x = painter.spans(
        area.x + 1,
        y,
        area.width,
        &[("/", Role::Accent), (state.filter.text(), Role::Text)],
    );
    if state.typing {
        painter.text(x, y, 1, "▏", Role::Accent);
    }
}
