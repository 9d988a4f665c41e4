//! How the Logs look: the status line, the lines themselves, the opened line, the foot.

use ratatui::layout::Rect;

use super::{Logs, Prompt};
use crate::{
    logs::{
        Level, source_word,
        store::{Body, Entry},
    },
    screens::{
        ViewContext,
        detail::{failure_block, wrapped},
    },
    theme::Role,
    widgets::{LineInput, Painter, cut_middle, json_lines, text_width},
};

impl Logs {
    /// The line over the lines: what is typed, what is filtered, what came meanwhile, what was kept. It is always there, so that
    /// nothing that one reads moves when it has something to say.
    pub(super) fn draw_status(&self, line: Rect, painter: &mut Painter<'_>) {
        if let Some(wrong) = &self.wrong {
            let room = line.width.saturating_sub(1);
            painter.text(
                line.x + 1,
                line.y,
                room,
                &format!("the filter cannot be read: {wrong}"),
                Role::Failed,
            );
            return;
        }
        match &self.prompt {
            Some(Prompt::Search(input)) => return prompt("/", input, line, painter),
            Some(Prompt::Filter(input)) => return prompt("filter ", input, line, painter),
            None => {}
        }
        let filter = self.store.filter();
        let mut pieces: Vec<(String, Role)> = Vec::new();
        if filter.is_empty() {
            pieces.push(("& filter".to_owned(), Role::Faint));
        } else {
            pieces.push(("filter ".to_owned(), Role::Dim));
            pieces.push((filter.text().to_owned(), Role::Accent));
            pieces.push((
                format!("   {} of {} lines", self.store.len(), self.store.kept()),
                Role::Dim,
            ));
        }
        if !self.search.is_empty() {
            pieces.push(("   find ".to_owned(), Role::Dim));
            pieces.push((self.search.clone(), Role::Hit));
            let words = match self.store.hits(self.list.cursor()) {
                (_, 0) => "   no hit".to_owned(),
                (Some(this), all) => format!("   hit {} of {}", thousands(this), thousands(all)),
                (None, all) => format!(
                    "   {} hit{}",
                    thousands(all),
                    if all == 1 { "" } else { "s" }
                ),
            };
            pieces.push((words, Role::Dim));
        }
        if self.unseen > 0 {
            pieces.push((
                format!("   ▼ {} new since you paused", thousands(self.unseen)),
                Role::Degraded,
            ));
            pieces.push(("   f follows".to_owned(), Role::Dim));
        }
        let shown: Vec<(&str, Role)> = pieces
            .iter()
            .map(|(text, role)| (text.as_str(), *role))
            .collect();
        let end = painter.spans(line.x + 1, line.y, line.width.saturating_sub(1), &shown);
        let (counts, is_complete) = self.counts();
        let width = u16::try_from(text_width(&counts)).unwrap_or(u16::MAX);
        if line.right().saturating_sub(width + 1) > end {
            painter.text_right(
                line.right().saturating_sub(1),
                line.y,
                width,
                &counts,
                if is_complete {
                    Role::Dim
                } else {
                    Role::Degraded
                },
            );
        }
    }

    /// What was kept, what is missing, what came late; and whether nothing is missing.
    fn counts(&self) -> (String, bool) {
        let status = &self.status;
        let missing = match status.open_gaps {
            0 if status.is_backfilled => "0 lost".to_owned(),
            0 => "reading the window".to_owned(),
            1 => "▲ 1 gap open".to_owned(),
            gaps => format!("▲ {gaps} gaps open"),
        };
        let sampled = if status.is_sampled {
            "▲ sampled by AWS · "
        } else {
            ""
        };
        let evicted = if self.store.evicted > 0 {
            format!(" · {} oldest let go", thousands(self.store.evicted))
        } else {
            String::new()
        };
        let counts = format!(
            "{sampled}{} kept · {missing} · {} late{evicted}",
            thousands(self.store.kept()),
            thousands(self.store.late)
        );
        (counts, status.open_gaps == 0 && !status.is_sampled)
    }

    pub(super) fn draw_empty(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        if let Some(failure) = &self.failure {
            for (row, line) in failure_block(failure, area.width.saturating_sub(4))
                .iter()
                .take(usize::from(area.height))
                .enumerate()
            {
                let pieces: Vec<(&str, Role)> = line
                    .iter()
                    .map(|(text, role)| (text.as_str(), *role))
                    .collect();
                painter.spans(
                    area.x + 3,
                    area.y + u16::try_from(row).unwrap_or(0),
                    area.width.saturating_sub(4),
                    &pieces,
                );
            }
            return;
        }
        let words = match (self.status.is_backfilled, self.store.filter().is_empty()) {
            (_, false) => "No line passes the filter. Esc takes it off.".to_owned(),
            (false, true) => format!("{} asking for the last 15 minutes", context.spinner),
            (true, true) => {
                "Quiet: nothing was written in the last 15 minutes. New lines appear here by themselves.".to_owned()
            }
        };
        painter.text(
            area.x + 3,
            area.y + 1,
            area.width.saturating_sub(4),
            &words,
            Role::Dim,
        );
        let groups = self.source.iter().flat_map(|source| &source.groups);
        for (row, group) in groups
            .enumerate()
            .take(usize::from(area.height.saturating_sub(3)))
        {
            painter.text(
                area.x + 3,
                area.y + 3 + u16::try_from(row).unwrap_or(0),
                area.width.saturating_sub(4),
                group,
                Role::Faint,
            );
        }
    }

    /// The rows around the cursor; a wrapped line takes more than one, so the window is filled from its end.
    pub(super) fn draw_lines(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let window = self.list.window(area, self.store.len());
        let mut y = area.y;
        let begin = if self.wrap {
            self.first_wrapped(window.clone(), area)
        } else {
            window.start
        };
        for (index, entry) in (begin..).zip(self.store.rows(begin..window.end)) {
            if y >= area.bottom() {
                break;
            }
            let selected = index == self.list.cursor();
            y += self.draw_entry(
                &entry,
                selected,
                context,
                Rect {
                    y,
                    height: area.bottom() - y,
                    ..area
                },
                painter,
            );
        }
    }

    /// The first row of the window from which everything up to the cursor still fits.
    fn first_wrapped(&self, window: std::ops::Range<usize>, area: Rect) -> usize {
        let mut room = area.height;
        let last = self.list.cursor().min(window.end.saturating_sub(1));
        let mut first = last;
        for index in (window.start..=last).rev() {
            let height = self
                .store
                .row(index)
                .map_or(1, |entry| height(&entry, area.width));
            if height > room {
                break;
            }
            room -= height;
            first = index;
        }
        first
    }

    fn draw_entry(
        &self,
        entry: &Entry,
        selected: bool,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) -> u16 {
        let time = entry.at.clock_millis(context.zone);
        let (group, text, line, late) = match &entry.body {
            Body::Notice(notice) => {
                let words = format!("┈┈ {time}  {} ", notice.text);
                let x = painter.text(
                    area.x + 1,
                    area.y,
                    area.width.saturating_sub(2),
                    &words,
                    Role::Dim,
                );
                let rest = area.right().saturating_sub(x + 1);
                painter.text(x, area.y, rest, &"┈".repeat(usize::from(rest)), Role::Rule);
                if selected {
                    painter.select_row(Rect { height: 1, ..area }, true);
                }
                return 1;
            }
            Body::Event {
                group,
                text,
                line,
                late,
                ..
            } => (group, text, line, *late),
        };
        if selected {
            painter.select_row(Rect { height: 1, ..area }, true);
        }
        let narrow = area.width < 90;
        let shown_time = if narrow {
            entry.at.clock(context.zone)
        } else {
            time
        };
        let mut x = painter.text(area.x + 1, area.y, 13, &shown_time, Role::Faint) + 1;
        if !narrow {
            let word = source_word(group);
            painter.text(x + 1, area.y, 11, word, source_role(word));
            x += 13;
        }
        let (word, role) = level_look(line.level);
        painter.text(x, area.y, 5, word, role);
        x += 6;
        let message = without_level(line.message.as_deref().unwrap_or(text), word);
        let body_role = if entry.is_error() {
            Role::Name
        } else {
            Role::Text
        };
        let room = area.right().saturating_sub(x + 1);
        if self.wrap {
            let lines = wrapped(message, room, body_role);
            for (row, wrapped_line) in lines.iter().take(usize::from(area.height)).enumerate() {
                let words: String = wrapped_line.iter().map(|(text, _)| text.as_str()).collect();
                self.draw_text(
                    &words,
                    x,
                    area.y + u16::try_from(row).unwrap_or(0),
                    room,
                    body_role,
                    painter,
                );
            }
            return u16::try_from(lines.len())
                .unwrap_or(1)
                .clamp(1, area.height);
        }
        x = self.draw_text(message, x, area.y, room, body_role, painter);
        let ids = ids(line, late);
        painter.text(
            x + 2,
            area.y,
            area.right().saturating_sub(x + 3),
            &ids,
            Role::Faint,
        );
        1
    }

    /// Text with the search's hits marked.
    fn draw_text(
        &self,
        text: &str,
        x: u16,
        y: u16,
        room: u16,
        role: Role,
        painter: &mut Painter<'_>,
    ) -> u16 {
        if self.search.is_empty() {
            return painter.text(x, y, room, text, role);
        }
        let (lower, search) = (text.to_lowercase(), self.search.to_lowercase());
        let Some(at) = lower.find(&search) else {
            return painter.text(x, y, room, text, role);
        };
        // Lower-casing may change lengths outside of ASCII; then the hit is simply not marked.
        match (
            text.get(..at),
            text.get(at..at + search.len()),
            text.get(at + search.len()..),
        ) {
            (Some(before), Some(hit), Some(after)) => painter.spans(
                x,
                y,
                room,
                &[(before, role), (hit, Role::Hit), (after, role)],
            ),
            _ => painter.text(x, y, room, text, role),
        }
    }

    pub(super) fn draw_open(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.hline(area);
        let Some(Entry { at, body }) = self.current() else {
            return;
        };
        let (whose, stream, text) = match body {
            Body::Event {
                group,
                stream,
                text,
                ..
            } => (format!("   {group}"), format!("stream {stream}"), text),
            Body::Notice(notice) => (
                "   a word of the tail".to_owned(),
                String::new(),
                notice.text,
            ),
        };
        let mut lines = vec![
            vec![(at.date_time(context.zone), Role::Dim), (whose, Role::Text)],
            vec![(stream, Role::Dim)],
        ];
        match serde_json::from_str::<serde_json::Value>(text.trim()) {
            Ok(value) if value.is_object() => lines.extend(json_lines(&value)),
            Ok(_) | Err(_) => lines.extend(
                text.lines()
                    .flat_map(|part| wrapped(part, area.width.saturating_sub(4), Role::Text)),
            ),
        }
        let height = usize::from(area.height.saturating_sub(1));
        let window = self.scroll.window(height, lines.len());
        for (row, line) in lines
            .iter()
            .skip(window.start)
            .take(window.len())
            .enumerate()
        {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(
                area.x + 3,
                area.y + 1 + u16::try_from(row).unwrap_or(0),
                area.width.saturating_sub(4),
                &pieces,
            );
        }
    }
}

fn prompt(label: &str, input: &LineInput, line: Rect, painter: &mut Painter<'_>) {
    let x = painter.spans(
        line.x + 1,
        line.y,
        line.width.saturating_sub(2),
        &[(label, Role::Accent), (input.text(), Role::Name)],
    );
    painter.text(x, line.y, 1, "▏", Role::Accent);
}

fn height(entry: &Entry, room: u16) -> u16 {
    let prefix = if room < 90 { 17 } else { 34 };
    match &entry.body {
        Body::Event { text, line, .. } => {
            let message = without_level(
                line.message.as_deref().unwrap_or(text),
                level_look(line.level).0,
            );
            u16::try_from(wrapped(message, room.saturating_sub(prefix), Role::Text).len())
                .unwrap_or(1)
        }
        Body::Notice(_) => 1,
    }
}

/// The message without the level that it begins with: that stands in its own column.
fn without_level<'a>(message: &'a str, level: &str) -> &'a str {
    match message.strip_prefix(level) {
        Some(rest) if !level.is_empty() && rest.starts_with([' ', ':']) => {
            rest.trim_start_matches([' ', ':'])
        }
        _ => message,
    }
}

fn ids(line: &crate::logs::Line, late: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (name, id) in [
        ("trace", &line.trace_id),
        ("session", &line.session_id),
        ("request", &line.request_id),
    ] {
        if let Some(id) = id {
            parts.push(format!("{name}={}", cut_middle(id, 10)));
        }
    }
    if late {
        parts.push("late".to_owned());
    }
    parts.join(" ")
}

const fn level_look(level: Option<Level>) -> (&'static str, Role) {
    match level {
        Some(Level::Trace) => ("TRACE", Role::Faint),
        Some(Level::Debug) => ("DEBUG", Role::Faint),
        Some(Level::Info) => ("INFO", Role::Dim),
        Some(Level::Warn) => ("WARN", Role::Degraded),
        Some(Level::Error) => ("ERROR", Role::Failed),
        Some(Level::Fatal) => ("FATAL", Role::Failed),
        None => ("", Role::Dim),
    }
}

fn source_role(word: &str) -> Role {
    match word {
        "gateway" => Role::Gateway,
        "interceptor" => Role::Interceptor,
        "runtime" => Role::Runtime,
        _ => Role::Dim,
    }
}

fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
