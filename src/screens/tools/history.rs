//! The call history: recording calls, searching them, putting one back into the editor, pinning and naming.

use ratatui::layout::Rect;

use super::{Item, Modal, NamePrompt, NameSubject, Pane, Running, Tools, form::Form};
use crate::{
    messages::{
        Action, AppAction, Effect, Effects, ListAction, PromptAction, ToolsAction, ToolsEffect,
        ToolsViewport,
    },
    model::{CallOutcome, Failure, McpEndpoint, Moment},
    screens::{AppRequest, ScreenUpdate, UpdateContext, ViewContext, confirm::Confirm},
    state::Store,
    theme::Role,
    tools::history::{self, HistoryChange, HistoryEntry, HistoryOutcome, WireFacts},
    widgets::{DrawnViewport, LineInput, List, Painter, cut},
};

/// Calls of an endpoint that the left pane lists.
const LISTED: usize = 40;
/// A call older than this is listed with its age instead of its time, in milliseconds.
const DAY_MS: i64 = 20 * 3_600_000;
/// Lines of the statement of the selected call that are shown.
const STATEMENT_LINES: u16 = 8;

/// The search of the history.
#[derive(Clone, Debug, Default)]
pub(super) struct HistorySearch {
    pub(super) input: LineInput,
    list: List,
}

impl HistorySearch {
    pub(super) const fn record(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }

    /// What is typed has changed: the first line is selected again.
    pub(super) fn typed(&mut self) {
        self.list.select(0);
    }
}

impl Tools {
    /// Returns the calls of the endpoint that the left pane lists, as places in the history: pinned ones first.
    pub(super) fn listed_calls(&self) -> Vec<usize> {
        let own = |pinned: bool| {
            let entries = self.history.iter().enumerate();
            entries
                .filter(move |(_, entry)| {
                    entry.is_pinned == pinned && Some(&entry.endpoint) == self.endpoint.as_ref()
                })
                .map(|(at, _)| at)
        };
        own(true).chain(own(false).take(LISTED)).collect()
    }

    /// Returns the calls that a search finds, as places in the history: pinned ones first.
    fn found_calls(&self, words: &str, store: &Store) -> Vec<usize> {
        let is_found = |entry: &HistoryEntry| {
            entry.matches(words, store.title(entry.endpoint.deployment.as_str()))
        };
        let found = |pinned: bool| {
            let entries = self.history.iter().enumerate();
            entries
                .filter(move |(_, entry)| entry.is_pinned == pinned && is_found(entry))
                .map(|(at, _)| at)
        };
        found(true).chain(found(false)).collect()
    }

    /// The history was read, or could not be kept.
    pub(super) fn history_read(
        &mut self,
        result: Result<Vec<HistoryEntry>, Failure>,
    ) -> ScreenUpdate {
        match result {
            Ok(entries) => {
                // Calls that were made before the file was read are newer.
                let known: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
                self.history.retain(|entry| !known.contains(&entry.id));
                self.history.extend(entries);
                ScreenUpdate::done()
            }
            Err(failure) => ScreenUpdate::request(AppRequest::Complain(failure)),
        }
    }

    /// Adds a call to the history, and returns the effects that keep it.
    pub(super) fn record_call(
        &mut self,
        endpoint: &McpEndpoint,
        call: &Running,
        result: &Result<CallOutcome, Failure>,
        now: Moment,
    ) -> Effects {
        let key = (endpoint.clone(), call.tool.clone());
        let mut entry =
            HistoryEntry::new(key, &call.arguments, call.since, HistoryOutcome::of(result));
        let total_ms = match result {
            Ok(outcome) => outcome.elapsed.total,
            Err(_) => u64::try_from(now.since(call.since)).unwrap_or(0),
        };
        entry.wire = WireFacts::new(call.exchange.as_deref(), result, total_ms);
        let bytes = result.as_ref().map_or(0, |outcome| outcome.text().len());
        entry.bytes = bytes as u64;
        // The line of the history that is selected stays so.
        let is_shown = self.endpoint.as_ref() == Some(endpoint);
        let is_selected = matches!(self.current(), Some(Item::Past(_)));
        let before = self.items().len();
        self.history.insert(0, entry.clone());
        history::bounded(&mut self.history);
        if is_shown && is_selected && self.items().len() > before {
            self.list.select(self.list.cursor() + 1);
        }
        let recorded = self.record_result(call, &entry, result);
        let kept = Effect::Tools(ToolsEffect::KeepCall(Box::new(entry)));
        std::iter::once(kept).chain(recorded).collect()
    }

    /// Opens the search of the history.
    pub(super) fn open_history(&mut self) -> ScreenUpdate {
        if self.history.is_empty() {
            let text = "no call was made yet: the history is kept from the first one";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        }
        self.modals.push(Modal::History(HistorySearch::default()));
        ScreenUpdate::done()
    }

    /// Returns the call that is selected in the search.
    fn found_call(&self, store: &Store) -> Option<&HistoryEntry> {
        let Some(Modal::History(search)) = self.modals.last() else {
            return None;
        };
        let found = self.found_calls(search.input.text(), store);
        let at = search.list.cursor().min(found.len().saturating_sub(1));
        self.history.get(*found.get(at)?)
    }

    /// Performs an action in the search of the history.
    pub(super) fn act_on_history(
        &mut self,
        action: Action,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        let step = if action == Action::Prompt(PromptAction::PromptNext) {
            Some(Action::List(ListAction::Down))
        } else if action == Action::Prompt(PromptAction::PromptPrevious) {
            Some(Action::List(ListAction::Up))
        } else {
            None
        };
        let words = match self.modals.last() {
            Some(Modal::History(search)) => search.input.text().to_owned(),
            Some(_) | None => return ScreenUpdate::ignored(),
        };
        let count = self.found_calls(&words, context.store).len();
        if let (Some(step), Some(Modal::History(search))) = (step, self.modals.last_mut()) {
            search.list.clamp(count);
            search.list.act(step, count);
            return ScreenUpdate::done();
        }
        if action == Action::App(AppAction::Back) {
            self.modals.pop();
            return ScreenUpdate::done();
        }
        let Some(entry) = self.found_call(context.store).cloned() else {
            return ScreenUpdate::done();
        };
        if action == Action::Prompt(PromptAction::Accept) {
            self.modals.pop();
            return self.recall_call(&entry, false, context);
        }
        if action == Action::Tools(ToolsAction::Run) {
            self.modals.pop();
            return self.recall_call(&entry, true, context);
        }
        if action == Action::Tools(ToolsAction::CompareCalls) {
            self.modals.pop();
            return self.compare_calls(Some(&entry));
        }
        if action == Action::List(ListAction::Mark) {
            self.toggle_mark(entry.id);
            return ScreenUpdate::done();
        }
        self.change_call(action, &entry)
    }

    /// Pins, names or removes a call of the history.
    pub(super) fn change_call(&mut self, action: Action, entry: &HistoryEntry) -> ScreenUpdate {
        if action == Action::Tools(ToolsAction::PinCall) {
            let change = HistoryChange::Pin(!entry.is_pinned);
            history::apply(&mut self.history, &entry.id, &change);
            return ScreenUpdate::effect(Effect::Tools(ToolsEffect::ChangeCall(
                entry.id.clone(),
                change,
            )));
        }
        if action == Action::Tools(ToolsAction::SaveQuery) {
            self.modals.push(Modal::Naming(NamePrompt {
                name: LineInput::new(entry.name.clone().unwrap_or_default()),
                subject: NameSubject::Call(entry.id.clone()),
            }));
            return ScreenUpdate::done();
        }
        if action == Action::Tools(ToolsAction::ForgetQuery) {
            let title = "Remove the call from the history?".to_owned();
            let effect = Effect::Tools(ToolsEffect::ChangeCall(
                entry.id.clone(),
                HistoryChange::Forget,
            ));
            let confirm = Confirm::ask(title, entry.title(), effect);
            return ScreenUpdate::request(AppRequest::Ask(confirm));
        }
        ScreenUpdate::ignored()
    }

    /// A change of the history that was asked about first is performed.
    pub fn history_changed(&mut self, effect: &Effect) {
        if let Effect::Tools(ToolsEffect::ChangeCall(id, change)) = effect {
            history::apply(&mut self.history, id, change);
        }
    }

    /// Puts a call of the history into the form of its tool, at its endpoint; `runs` calls it at once.
    pub(super) fn recall_call(
        &mut self,
        entry: &HistoryEntry,
        runs: bool,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        let effects = self.connect(entry.endpoint.clone(), context);
        let is_connected = self
            .connection()
            .is_some_and(|connection| connection.state.value().is_some());
        if !is_connected {
            self.recalled = Some(entry.clone());
            return ScreenUpdate::effects(effects);
        }
        let offered = self.offers().iter().map(|offer| &offer.tool);
        let known = self.tools().iter().chain(offered);
        let Some(tool) = known.into_iter().find(|tool| tool.name == entry.tool) else {
            let text = format!("this endpoint has no tool {}", entry.tool);
            return ScreenUpdate::effects(effects).and_request(AppRequest::Say(text));
        };
        let (tool, key) = (tool.clone(), (entry.endpoint.clone(), entry.tool.clone()));
        // Secrets are not in the history: what was typed for them stays.
        let form = self.forms.entry(key).or_insert_with(|| Form::new(&tool));
        form.raw = None;
        form.fill(&entry.arguments);
        self.problems.clear();
        if !matches!(self.current(), Some(Item::Past(_))) {
            self.filter = LineInput::default();
            self.select_tool(Some(&entry.tool));
        }
        self.pane = Pane::Form;
        if runs && entry.is_masked {
            let text = "a secret was left out of the history: fill it in, then run the call";
            return ScreenUpdate::effects(effects).and_request(AppRequest::Say(text.to_owned()));
        }
        if runs {
            let mut update = self.run(context);
            update.effects = effects.and(update.effects);
            return update;
        }
        ScreenUpdate::effects(effects)
    }

    /// A call that waited for its endpoint is put into the form.
    pub(super) fn recall_waiting(&mut self, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match self.recalled.take() {
            Some(entry) if Some(&entry.endpoint) == self.endpoint.as_ref() => {
                self.recall_call(&entry, false, context)
            }
            Some(_) | None => ScreenUpdate::done(),
        }
    }

    /// Draws the search over the screen: the calls that it finds, and the statement of the selected one.
    pub(super) fn draw_history(
        &self,
        search: &HistorySearch,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.clear(area);
        let found = self.found_calls(search.input.text(), context.store);
        draw_input(search, found.len(), self.history.len(), area, painter);
        let below = (STATEMENT_LINES + 1).min(area.height / 3);
        let body = Rect {
            y: area.y + 2,
            height: area.height.saturating_sub(2 + below),
            ..area
        };
        let mut list = search.list.clone();
        list.clamp(found.len());
        let window = list.window(ToolsViewport::History, body, found.len(), painter);
        for (at, line) in window.zip(body.rows()) {
            let Some(entry) = found.get(at).and_then(|at| self.history.get(*at)) else {
                break;
            };
            if at == list.cursor() {
                painter.select_row(line, true);
            }
            draw_found(entry, self.marked_call.as_deref(), context, line, painter);
        }
        if let Some(entry) = found
            .get(list.cursor())
            .and_then(|at| self.history.get(*at))
        {
            let place = Rect {
                y: body.bottom(),
                height: below,
                ..area
            };
            draw_statement(entry, place, painter);
        }
    }
}

fn draw_input(
    search: &HistorySearch,
    found: usize,
    all: usize,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let typed = search.input.text();
    let pieces = [("history ", Role::Accent), (typed, Role::Name)];
    let x = painter.spans(area.x + 1, area.y, area.width.saturating_sub(24), &pieces);
    let x = painter.text(x, area.y, 1, "▏", Role::Accent);
    if typed.is_empty() {
        let hint = "type to find: statement, name, tool, deployment, outcome";
        let room = area.right().saturating_sub(x + 24);
        painter.text(x + 1, area.y, room, hint, Role::Faint);
    }
    let count = if typed.is_empty() {
        format!("{all} kept")
    } else {
        format!("{found} of {all}")
    };
    let right = area.right().saturating_sub(1);
    painter.text_right(right, area.y, 22, &count, Role::Dim);
    let rule = Rect {
        y: area.y + 1,
        height: 1,
        ..area
    };
    painter.hline(rule);
}

fn draw_found(
    entry: &HistoryEntry,
    marked: Option<&str>,
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let (time, mark) = (when(entry, context), call_mark(entry, marked));
    let deployment = cut(context.store.title(entry.endpoint.deployment.as_str()), 16);
    let right_width = 32.min(line.width / 3);
    let title = entry.title();
    let name = if entry.name.is_some() {
        Role::Name
    } else {
        Role::Text
    };
    let pieces = [
        (mark, Role::Accent),
        (time.as_str(), Role::Faint),
        ("  ", Role::Dim),
        (deployment.as_str(), Role::Dim),
        ("  ", Role::Dim),
        (title.as_str(), name),
    ];
    let room = line.width.saturating_sub(right_width + 3);
    painter.spans(line.x + 1, line.y, room, &pieces);
    let (words, role) = outcome(entry);
    let size = format!(
        "  {}  {} ms",
        bytes_in_words(entry.bytes),
        entry.wire.elapsed.total
    );
    let right = line.right().saturating_sub(1);
    painter.text_right(right, line.y, right_width, &size, Role::Faint);
    let width = u16::try_from(size.len()).unwrap_or(u16::MAX);
    let room = right_width.saturating_sub(width);
    painter.text_right(right.saturating_sub(width), line.y, room, &words, role);
}

fn draw_statement(entry: &HistoryEntry, place: Rect, painter: &mut Painter<'_>) {
    painter.hline(place);
    let text = entry.statement().map_or_else(
        || serde_json::to_string_pretty(&entry.arguments).unwrap_or_default(),
        str::to_owned,
    );
    let room = place.width.saturating_sub(3);
    for (line, row) in text.lines().zip(place.rows().skip(1)) {
        painter.text(place.x + 2, row.y, room, line, Role::Text);
    }
    if entry.is_masked {
        let note = "a secret was left out";
        let right = place.right().saturating_sub(1);
        painter.text_right(right, place.y, 24, note, Role::Degraded);
    }
}

/// Draws a call as a line of the left pane.
pub(super) fn draw_listed(
    entry: &HistoryEntry,
    marked: Option<&str>,
    context: &ViewContext<'_>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let time = when(entry, context);
    let (title, mark) = (entry.title(), call_mark(entry, marked));
    let (words, role) = match &entry.outcome {
        HistoryOutcome::Rows(rows) => (rows.to_string(), Role::Dim),
        HistoryOutcome::Answered => ("●".to_owned(), Role::Success),
        HistoryOutcome::Cancelled => ("◌".to_owned(), Role::Dim),
        outcome if outcome.waits_for_consent() => ("◆".to_owned(), Role::Person),
        HistoryOutcome::ToolError(_) | HistoryOutcome::Failed(_) => ("✖".to_owned(), Role::Failed),
    };
    let pieces = [
        (mark, Role::Accent),
        (time.as_str(), Role::Faint),
        (" ", Role::Dim),
        (title.as_str(), Role::Text),
    ];
    let width = u16::try_from(words.chars().count()).unwrap_or(1);
    let room = line.width.saturating_sub(width + 4);
    painter.spans(line.x + 1, line.y, room, &pieces);
    let right = line.right().saturating_sub(2);
    painter.text_right(right, line.y, width, &words, role);
}

/// Returns the mark before a call: that it is compared with, or pinned.
fn call_mark(entry: &HistoryEntry, marked: Option<&str>) -> &'static str {
    if marked == Some(entry.id.as_str()) {
        "="
    } else if entry.is_pinned {
        "▪"
    } else {
        " "
    }
}

/// Returns the time of a call of today, else its age; five columns.
fn when(entry: &HistoryEntry, context: &ViewContext<'_>) -> String {
    if context.now.since(entry.at) < DAY_MS {
        let time = entry.at.clock(context.zone);
        return time.get(..5).unwrap_or(&time).to_owned();
    }
    format!("{:>5}", entry.at.age(context.now))
}

fn outcome(entry: &HistoryEntry) -> (String, Role) {
    let role = match &entry.outcome {
        HistoryOutcome::Rows(_) | HistoryOutcome::Answered => Role::Text,
        HistoryOutcome::Cancelled => Role::Degraded,
        outcome if outcome.waits_for_consent() => Role::Person,
        HistoryOutcome::ToolError(_) | HistoryOutcome::Failed(_) => Role::Failed,
    };
    (entry.outcome.words(), role)
}

fn bytes_in_words(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
