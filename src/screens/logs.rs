//! Logs: the live tail of what was chosen, several groups merged, with its errors, hits and ids.

use ratatui::layout::Rect;

use super::{Context, Look, Reply, Screen, Wish, detail::wrapped, fleet::deployment_groups};
use crate::{
    app::{Action, Effect, Effects, Slot},
    config::theme::Role,
    keys::Layer,
    logs::{
        Filter, Level, contains, source_word,
        store::{Body, Entry, Store},
    },
    model::{DeploymentName, Failure, LogBatch, LogQuery, Moment, NoticeKind},
    widgets::{LineInput, List, Pen, Scroll, cut_middle, json_lines, sparkline, width},
};
use crossterm::event::KeyEvent;

/// How far back a fresh tail begins, in milliseconds.
const BACK_MS: i64 = 15 * 60 * 1000;
/// Lines that a fresh tail begins with at most.
const FIRST_LINES: usize = 2_000;

/// The state of the Logs screen.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    source: Option<Source>,
    store: Store,
    list: List,
    /// Whether the cursor stays on the newest line.
    follows: bool,
    unseen: usize,
    mode: Mode,
    failure: Option<Failure>,
    sampled: bool,
    wrap: bool,
    prompt: Option<Prompt>,
    search: String,
    wrong: Option<String>,
    open: bool,
    /// The line that was read before a filter let nothing through.
    filtered_away: Option<Entry>,
    scroll: Scroll,
}

/// What is tailed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    deployment: DeploymentName,
    title: String,
    groups: Vec<String>,
}

/// How the lines come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Starting,
    Live,
    Polling,
}

#[derive(Clone, Debug)]
enum Prompt {
    Search(LineInput),
    Filter(LineInput),
}

impl Logs {
    /// Begins to follow log groups.
    pub fn tail(
        &mut self,
        deployment: DeploymentName,
        title: String,
        groups: Vec<String>,
        since: Option<Moment>,
        now: Moment,
    ) -> Effects {
        let query = LogQuery {
            groups: groups.clone(),
            since: Some(since.unwrap_or_else(|| now.plus(-BACK_MS))),
            limit: Some(FIRST_LINES),
            ..LogQuery::default()
        };
        let follows = since.is_none();
        *self = Self {
            source: Some(Source { deployment: deployment.clone(), title, groups }),
            follows,
            wrap: self.wrap,
            ..Self::default()
        };
        Effects::one(Effect::Tail(deployment, query))
    }

    /// Takes lines in.
    pub fn arrived(&mut self, batch: LogBatch, _now: Moment) {
        for notice in &batch.notices {
            match notice.kind {
                NoticeKind::Started | NoticeKind::GapFilled => self.mode = Mode::Live,
                NoticeKind::Polling => self.mode = Mode::Polling,
                NoticeKind::Sampled => self.sampled = true,
                NoticeKind::Late | NoticeKind::Unavailable | NoticeKind::Ended => {}
            }
        }
        self.failure = None;
        let before = self.store.len();
        let read = self.current().cloned();
        let count = self.store.take(batch);
        self.stay(read.as_ref());
        if !self.follows {
            self.unseen += count.min(self.store.len().saturating_sub(before));
        }
    }

    /// The tail has ended.
    pub fn failed(&mut self, failure: Failure) {
        self.failure = Some(failure);
    }

    fn current(&self) -> Option<&Entry> {
        self.store.row(self.list.cursor())
    }

    /// The cursor stays on its line whatever came before it; or on the newest, where that is followed.
    fn stay(&mut self, read: Option<&Entry>) {
        match read.filter(|_| !self.follows) {
            Some(line) => self.list.carry(self.store.position(line)),
            None if self.follows => self.list.select(self.store.len().saturating_sub(1)),
            None => {}
        }
        self.list.clamp(self.store.len());
    }

    fn stop_following(&mut self) {
        self.follows = false;
    }

    fn follow(&mut self) {
        self.follows = !self.follows;
        if self.follows {
            self.unseen = 0;
            self.list.select(self.store.len().saturating_sub(1));
        }
    }

    fn jump(&mut self, backwards: bool, wanted: impl Fn(&Entry) -> bool) -> Reply {
        let found = self.store.find(self.list.cursor(), backwards, wanted);
        match found {
            Some(row) => {
                self.stop_following();
                self.list.select(row);
                Reply::done()
            }
            None => Reply::wish(Wish::Say("nothing more is found".to_owned())),
        }
    }

    fn jump_to_hit(&mut self, backwards: bool) -> Reply {
        if self.search.is_empty() {
            return Reply::wish(Wish::Say("nothing is searched for: / finds a text".to_owned()));
        }
        let search = self.search.to_lowercase();
        self.jump(backwards, |entry| matches!(&entry.body, Body::Event { text, .. } if contains(text, &search)))
    }

    fn set_filter(&mut self, text: &str) {
        match Filter::parse(text) {
            Ok(filter) => {
                self.wrong = None;
                let read = self.current().cloned().or_else(|| self.filtered_away.take());
                self.store.set_filter(filter);
                self.filtered_away = read.clone().filter(|_| self.store.is_empty());
                self.stay(read.as_ref());
            }
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    /// Only lines with the same id as this one.
    fn only(&mut self, action: Action) -> Reply {
        let Some(Entry { body: Body::Event { line, .. }, .. }) = self.current() else { return Reply::done() };
        let (name, id) = match action {
            Action::OnlyTrace => ("trace", &line.trace_id),
            Action::OnlySession => ("session", &line.session_id),
            _ => ("request", &line.request_id),
        };
        match id.clone() {
            Some(id) => {
                self.set_filter(&format!("{name}={id}"));
                Reply::done()
            }
            None => Reply::wish(Wish::Say(format!("this line names no {name}"))),
        }
    }

    fn accept(&mut self) -> Reply {
        match self.prompt.take() {
            Some(Prompt::Search(input)) => {
                self.search = input.text().to_owned();
                if self.search.is_empty() { Reply::done() } else { self.jump_to_hit(true) }
            }
            Some(Prompt::Filter(input)) => {
                self.set_filter(input.text());
                Reply::done()
            }
            None => Reply::ignored(),
        }
    }

    fn back(&mut self) -> Reply {
        if self.prompt.take().is_some() || std::mem::take(&mut self.open) {
            return Reply::done();
        }
        if !self.store.filter().is_empty() || self.wrong.is_some() {
            self.set_filter("");
            return Reply::done();
        }
        if !self.search.is_empty() {
            self.search.clear();
            return Reply::done();
        }
        Reply::ignored()
    }

    fn export(&self) -> Reply {
        let lines: Vec<String> = (0..self.store.len()).filter_map(|row| self.store.row(row)).map(plain).collect();
        let stem = self.source.as_ref().map_or_else(|| "logs".to_owned(), |source| format!("logs-{}", source.deployment));
        Reply::effect(Effect::Export { stem, extension: "txt", text: lines.join("\n") + "\n" })
    }

    /// The next deployment's logs.
    fn next_source(&mut self, context: &Context<'_>) -> Reply {
        let names: Vec<&DeploymentName> = context.store.deployments.iter().map(|each| &each.name).collect();
        let at = self
            .source
            .as_ref()
            .and_then(|source| names.iter().position(|name| **name == source.deployment))
            .map_or(0, |at| at + 1);
        let order = names.iter().cycle().skip(at).take(names.len());
        let next =
            order.map(|name| ((*name).clone(), deployment_groups(context.store, name))).find(|(_, groups)| !groups.is_empty());
        match next {
            Some((name, groups)) => Reply::effects(self.tail(name.clone(), name.to_string(), groups, None, context.now)),
            None => Reply::wish(Wish::Say("no log group is known yet".to_owned())),
        }
    }
}

/// A line as it is written to a file: escaped, so that no file steers a terminal.
fn plain(entry: &Entry) -> String {
    let text = match &entry.body {
        Body::Event { group, stream, text, .. } => format!("{} {} {} {}", entry.at, source_word(group), stream, text),
        Body::Notice(notice) => format!("{} -- {}", entry.at, notice.text),
    };
    crate::model::sanitize(&text).into_owned()
}

impl Screen for Logs {
    fn layers(&self) -> Vec<Layer> {
        if self.prompt.is_some() { vec![Layer::Prompt] } else { vec![Layer::Logs, Layer::List] }
    }

    fn is_typing(&self) -> bool {
        self.prompt.is_some()
    }

    fn press(&mut self, key: KeyEvent, _context: &mut Context<'_>) -> Reply {
        match &mut self.prompt {
            Some(Prompt::Search(input) | Prompt::Filter(input)) => {
                input.press(key);
                Reply::done()
            }
            None => Reply::ignored(),
        }
    }

    fn paste(&mut self, text: &str, _context: &mut Context<'_>) -> Reply {
        if let Some(Prompt::Search(input) | Prompt::Filter(input)) = &mut self.prompt {
            input.paste(text);
        }
        Reply::done()
    }

    fn enter(&mut self, context: &mut Context<'_>) -> Effects {
        match self.source.clone() {
            Some(source) => {
                let since = (0..self.store.kept()).rev().find_map(|row| self.store.row(row)).map(|entry| entry.at.plus(1));
                let query = LogQuery {
                    groups: source.groups,
                    since: since.or_else(|| Some(context.now.plus(-BACK_MS))),
                    limit: Some(FIRST_LINES),
                    ..LogQuery::default()
                };
                Effects::one(Effect::Tail(source.deployment, query))
            }
            None => self.next_source(context).effects,
        }
    }

    /// A live tail is billed by the minute: it ends when nobody looks, and fills its gap when somebody looks again.
    fn leave(&mut self, _context: &mut Context<'_>) -> Effects {
        if self.source.is_some() { Effects::one(Effect::Stop(Slot::Tail)) } else { Effects::none() }
    }

    fn act(&mut self, action: Action, context: &mut Context<'_>) -> Reply {
        if self.open && matches!(action, Action::PageDown | Action::PageUp) {
            self.scroll.act(action);
            return Reply::done();
        }
        if self.list.page_along(action, self.store.len()) {
            self.scroll.reset();
            let at_end = self.list.cursor() + 1 >= self.store.len();
            self.follows = at_end && matches!(action, Action::Bottom);
            if self.follows {
                self.unseen = 0;
            }
            return Reply::done();
        }
        match action {
            Action::Follow => {
                self.follow();
                Reply::done()
            }
            Action::Search => {
                self.prompt = Some(Prompt::Search(LineInput::default()));
                Reply::done()
            }
            Action::FilterLogs => {
                self.prompt = Some(Prompt::Filter(LineInput::new(self.store.filter().text())));
                Reply::done()
            }
            Action::Accept => self.accept(),
            Action::Back => self.back(),
            Action::NextHit => self.jump_to_hit(false),
            Action::PreviousHit => self.jump_to_hit(true),
            Action::NextError => self.jump(false, Entry::is_error),
            Action::PreviousError => self.jump(true, Entry::is_error),
            Action::OnlyTrace | Action::OnlySession | Action::OnlyRequest => self.only(action),
            Action::Wrap => {
                self.wrap = !self.wrap;
                Reply::done()
            }
            Action::Open => {
                self.open = !self.open;
                self.scroll.reset();
                self.stop_following();
                Reply::done()
            }
            Action::ExportLogs => self.export(),
            Action::NextSource => self.next_source(context),
            Action::Refresh => Reply::effects(self.enter(context)),
            _ => Reply::ignored(),
        }
    }

    fn click(&mut self, column: u16, line: u16, _context: &mut Context<'_>) -> Reply {
        match self.list.row_at(column, line) {
            Some(row) => {
                self.stop_following();
                self.list.select(row.min(self.store.len().saturating_sub(1)));
                Reply::done()
            }
            None => Reply::ignored(),
        }
    }

    fn headline(&self, look: &Look<'_>) -> Option<Vec<(String, Role)>> {
        let source = self.source.as_ref()?;
        let (mode, role) = match (&self.failure, self.mode, self.follows) {
            (Some(_), ..) => ("✖ ended".to_owned(), Role::Failed),
            (None, Mode::Starting, _) => (format!("{} starting", look.spinner), Role::Changing),
            (None, Mode::Live, true) => ("● live".to_owned(), Role::Well),
            (None, Mode::Live, false) => ("◐ paused".to_owned(), Role::Changing),
            (None, Mode::Polling, _) => ("▲ polling".to_owned(), Role::Degraded),
        };
        let (all, errors) = self.store.rates(look.now, 5_000, 14);
        let per_minute: u64 = all.iter().rev().take(12).sum();
        let failed: u64 = errors.iter().sum();
        let count = source.groups.len();
        Some(vec![
            (source.title.clone(), Role::Name),
            (format!("   {count} source{}   ", if count == 1 { "" } else { "s" }), Role::Dim),
            (mode, role),
            ("   rate ".to_owned(), Role::Dim),
            (sparkline(&all), Role::Accent),
            (format!(" {per_minute}/min   errors "), Role::Dim),
            (sparkline(&errors), if failed > 0 { Role::Failed } else { Role::Faint }),
            (format!(" {failed}"), if failed > 0 { Role::Failed } else { Role::Dim }),
        ])
    }

    fn offers(&self, action: Action, _look: &Look<'_>) -> bool {
        match action {
            Action::NextHit | Action::PreviousHit => !self.search.is_empty(),
            Action::Sort | Action::Mark | Action::Filter => false,
            _ => true,
        }
    }

    fn view(&self, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
        if self.source.is_none() {
            pen.put(area.x + 3, area.y + 1, area.width, "No logs are chosen yet.", Role::Name);
            pen.put(
                area.x + 3,
                area.y + 2,
                area.width,
                "tab takes the next deployment; in the Fleet, l takes what is selected.",
                Role::Dim,
            );
            return;
        }
        self.draw_status(Rect { height: 1, ..area }, pen);
        let below = if self.open { (area.height / 2).max(4).min(area.height.saturating_sub(3)) } else { 0 };
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + below), ..area };
        if self.store.is_empty() {
            self.draw_empty(look, body, pen);
        } else {
            self.draw_lines(look, body, pen);
        }
        if below > 0 {
            self.draw_open(look, Rect { y: body.bottom(), height: below, ..area }, pen);
        }
    }
}

impl Logs {
    /// The line over the lines: what is typed, what is filtered, what came meanwhile, what was kept. It is always there, so that
    /// nothing that one reads moves when it has something to say.
    fn draw_status(&self, line: Rect, pen: &mut Pen<'_>) {
        if let Some(wrong) = &self.wrong {
            let room = line.width.saturating_sub(1);
            pen.put(line.x + 1, line.y, room, &format!("the filter cannot be read: {wrong}"), Role::Failed);
            return;
        }
        match &self.prompt {
            Some(Prompt::Search(input)) => return prompt("/", input, line, pen),
            Some(Prompt::Filter(input)) => return prompt("filter ", input, line, pen),
            None => {}
        }
        let filter = self.store.filter();
        let mut pieces: Vec<(String, Role)> = Vec::new();
        if filter.is_empty() {
            pieces.push(("& filter".to_owned(), Role::Faint));
        } else {
            pieces.push(("filter ".to_owned(), Role::Dim));
            pieces.push((filter.text().to_owned(), Role::Accent));
            pieces.push((format!("   {} of {} lines", self.store.len(), self.store.kept()), Role::Dim));
        }
        if !self.search.is_empty() {
            pieces.push(("   find ".to_owned(), Role::Dim));
            pieces.push((self.search.clone(), Role::Hit));
        }
        if self.unseen > 0 {
            pieces.push((format!("   ▼ {} new since you paused", thousands(self.unseen)), Role::Degraded));
            pieces.push(("   f follows".to_owned(), Role::Dim));
        }
        let shown: Vec<(&str, Role)> = pieces.iter().map(|(text, role)| (text.as_str(), *role)).collect();
        let end = pen.pieces(line.x + 1, line.y, line.width.saturating_sub(1), &shown);
        let sampled = if self.sampled { "▲ sampled by AWS · " } else { "" };
        let gone = if self.store.evicted > 0 { format!(" · {} oldest let go", self.store.evicted) } else { String::new() };
        let counts = format!("{sampled}{} kept · 0 lost · {} late{gone}", thousands(self.store.kept()), self.store.late);
        let wide = u16::try_from(width(&counts)).unwrap_or(u16::MAX);
        if line.right().saturating_sub(wide + 1) > end {
            pen.put_right(
                line.right().saturating_sub(1),
                line.y,
                wide,
                &counts,
                if self.sampled { Role::Degraded } else { Role::Dim },
            );
        }
    }

    fn draw_empty(&self, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
        if let Some(failure) = &self.failure {
            for (row, line) in super::detail::failure_lines(failure).iter().take(usize::from(area.height)).enumerate() {
                let pieces: Vec<(&str, Role)> = line.iter().map(|(text, role)| (text.as_str(), *role)).collect();
                pen.pieces(area.x + 3, area.y + u16::try_from(row).unwrap_or(0), area.width.saturating_sub(4), &pieces);
            }
            return;
        }
        let words = match (self.mode, self.store.filter().is_empty()) {
            (_, false) => "No line passes the filter. Esc takes it off.".to_owned(),
            (Mode::Starting, true) => format!("{} asking for the last 15 minutes", look.spinner),
            (Mode::Live | Mode::Polling, true) => {
                "Quiet: nothing was written in the last 15 minutes. New lines appear here by themselves.".to_owned()
            }
        };
        pen.put(area.x + 3, area.y + 1, area.width.saturating_sub(4), &words, Role::Dim);
        let groups = self.source.iter().flat_map(|source| &source.groups);
        for (row, group) in groups.enumerate().take(usize::from(area.height.saturating_sub(3))) {
            pen.put(area.x + 3, area.y + 3 + u16::try_from(row).unwrap_or(0), area.width.saturating_sub(4), group, Role::Faint);
        }
    }

    /// The rows around the cursor; a wrapped line takes more than one, so the window is filled from its end.
    fn draw_lines(&self, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
        let window = self.list.window(area, self.store.len());
        let mut y = area.y;
        let begin = if self.wrap { self.first_wrapped(window.clone(), area) } else { window.start };
        for index in begin..window.end {
            let Some(entry) = self.store.row(index) else { continue };
            if y >= area.bottom() {
                break;
            }
            let selected = index == self.list.cursor();
            y += self.draw_entry(entry, selected, look, Rect { y, height: area.bottom() - y, ..area }, pen);
        }
    }

    /// The first row of the window from which everything up to the cursor still fits.
    fn first_wrapped(&self, window: std::ops::Range<usize>, area: Rect) -> usize {
        let mut room = area.height;
        let last = self.list.cursor().min(window.end.saturating_sub(1));
        let mut first = last;
        for index in (window.start..=last).rev() {
            let high = self.store.row(index).map_or(1, |entry| height(entry, area.width));
            if high > room {
                break;
            }
            room -= high;
            first = index;
        }
        first
    }

    fn draw_entry(&self, entry: &Entry, selected: bool, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) -> u16 {
        let time = entry.at.clock_millis(look.zone);
        let (group, text, line, late) = match &entry.body {
            Body::Notice(notice) => {
                let words = format!("┈┈ {time}  {} ", notice.text);
                let x = pen.put(area.x + 1, area.y, area.width.saturating_sub(2), &words, Role::Dim);
                let rest = area.right().saturating_sub(x + 1);
                pen.put(x, area.y, rest, &"┈".repeat(usize::from(rest)), Role::Rule);
                if selected {
                    pen.select_row(Rect { height: 1, ..area }, true);
                }
                return 1;
            }
            Body::Event { group, text, line, late, .. } => (group, text, line, *late),
        };
        if selected {
            pen.select_row(Rect { height: 1, ..area }, true);
        }
        let narrow = area.width < 90;
        let shown_time = if narrow { entry.at.clock(look.zone) } else { time };
        let mut x = pen.put(area.x + 1, area.y, 13, &shown_time, Role::Faint) + 1;
        if !narrow {
            let word = source_word(group);
            pen.put(x + 1, area.y, 11, word, source_role(word));
            x += 13;
        }
        let (word, role) = level_look(line.level);
        pen.put(x, area.y, 5, word, role);
        x += 6;
        let message = without_level(line.message.as_deref().unwrap_or(text), word);
        let body_role = if entry.is_error() { Role::Name } else { Role::Text };
        let room = area.right().saturating_sub(x + 1);
        if self.wrap {
            let lines = wrapped(message, room, body_role);
            for (row, wrapped_line) in lines.iter().take(usize::from(area.height)).enumerate() {
                let words: String = wrapped_line.iter().map(|(text, _)| text.as_str()).collect();
                self.draw_text(&words, x, area.y + u16::try_from(row).unwrap_or(0), room, body_role, pen);
            }
            return u16::try_from(lines.len()).unwrap_or(1).clamp(1, area.height);
        }
        x = self.draw_text(message, x, area.y, room, body_role, pen);
        let ids = ids(line, late);
        pen.put(x + 2, area.y, area.right().saturating_sub(x + 3), &ids, Role::Faint);
        1
    }

    /// Text with the search's hits marked.
    fn draw_text(&self, text: &str, x: u16, y: u16, room: u16, role: Role, pen: &mut Pen<'_>) -> u16 {
        if self.search.is_empty() {
            return pen.put(x, y, room, text, role);
        }
        let (lower, search) = (text.to_lowercase(), self.search.to_lowercase());
        let Some(at) = lower.find(&search) else { return pen.put(x, y, room, text, role) };
        // Lower-casing may change lengths outside of ASCII; then the hit is simply not marked.
        match (text.get(..at), text.get(at..at + search.len()), text.get(at + search.len()..)) {
            (Some(before), Some(hit), Some(after)) => pen.pieces(x, y, room, &[(before, role), (hit, Role::Hit), (after, role)]),
            _ => pen.put(x, y, room, text, role),
        }
    }

    fn draw_open(&self, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
        pen.rule(area);
        let Some(Entry { at, body: Body::Event { group, stream, text, .. } }) = self.current() else { return };
        let mut lines = vec![
            vec![(at.date_time(look.zone), Role::Dim), (format!("   {group}"), Role::Text)],
            vec![(format!("stream {stream}"), Role::Dim)],
        ];
        match serde_json::from_str::<serde_json::Value>(text.trim()) {
            Ok(value) if value.is_object() => lines.extend(json_lines(&value)),
            Ok(_) | Err(_) => lines.extend(text.lines().flat_map(|part| wrapped(part, area.width.saturating_sub(4), Role::Text))),
        }
        let height = usize::from(area.height.saturating_sub(1));
        let window = self.scroll.window(height, lines.len());
        for (row, line) in lines.iter().skip(window.start).take(window.len()).enumerate() {
            let pieces: Vec<(&str, Role)> = line.iter().map(|(text, role)| (text.as_str(), *role)).collect();
            pen.pieces(area.x + 3, area.y + 1 + u16::try_from(row).unwrap_or(0), area.width.saturating_sub(4), &pieces);
        }
    }
}

fn prompt(label: &str, input: &LineInput, line: Rect, pen: &mut Pen<'_>) {
    let x = pen.pieces(line.x + 1, line.y, line.width.saturating_sub(2), &[(label, Role::Accent), (input.text(), Role::Name)]);
    pen.put(x, line.y, 1, "▏", Role::Accent);
}

fn height(entry: &Entry, room: u16) -> u16 {
    let prefix = if room < 90 { 17 } else { 34 };
    match &entry.body {
        Body::Event { text, line, .. } => {
            let message = without_level(line.message.as_deref().unwrap_or(text), level_look(line.level).0);
            u16::try_from(wrapped(message, room.saturating_sub(prefix), Role::Text).len()).unwrap_or(1)
        }
        Body::Notice(_) => 1,
    }
}

/// The message without the level that it begins with: that stands in its own column.
fn without_level<'a>(message: &'a str, level: &str) -> &'a str {
    match message.strip_prefix(level) {
        Some(rest) if !level.is_empty() && rest.starts_with([' ', ':']) => rest.trim_start_matches([' ', ':']),
        _ => message,
    }
}

fn ids(line: &crate::logs::Line, late: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (name, id) in [("trace", &line.trace_id), ("session", &line.session_id), ("request", &line.request_id)] {
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
        "gateway" => Role::Well,
        "interceptor" => Role::Person,
        "runtime" => Role::Changing,
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
