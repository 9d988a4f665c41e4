//! The call history: recording calls, searching them, putting one back into the editor, pinning and naming.

use super::{Item, Modal, NamePrompt, NameSubject, Pane, Running, Tools, form::Form};
use crate::{
    messages::{
        Action, AppAction, Effect, Effects, ListAction, PromptAction, ToolsAction, ToolsEffect,
    },
    model::{CallOutcome, Failure, McpEndpoint, Moment},
    screens::{AppRequest, ScreenUpdate, UpdateContext, confirm::Confirm},
    state::Store,
    tools::history::{self, HistoryChange, HistoryEntry, HistoryOutcome, WireFacts},
    widgets::{DrawnViewport, LineInput, List},
};

/// Calls of an endpoint that the left pane lists.
const LISTED: usize = 40;

/// The search of the history.
#[derive(Clone, Debug, Default)]
pub(super) struct HistorySearch {
    pub(super) input: LineInput,
    pub(super) list: List,
    /// Whether the calls of all deployments are searched, not only those of the one that is shown.
    pub(super) is_everywhere: bool,
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
    pub(super) fn found_calls(&self, search: &HistorySearch, store: &Store) -> Vec<usize> {
        let own = self.endpoint.as_ref().map(|endpoint| &endpoint.deployment);
        let own = own.filter(|_| !search.is_everywhere);
        let words = search.input.text();
        let is_found = |entry: &HistoryEntry| {
            let deployment = &entry.endpoint.deployment;
            own.is_none_or(|own| own == deployment)
                && entry.matches(words, store.title(deployment.as_str()))
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
        // Commands and other consoles add calls to the same file.
        let read = ScreenUpdate::effect(Effect::Tools(ToolsEffect::ReadCallHistory));
        if self.history.is_empty() {
            let text = "no call was made yet: the history is kept from the first one";
            return read.and_request(AppRequest::Say(text.to_owned()));
        }
        self.modals.push(Modal::History(HistorySearch::default()));
        read
    }

    /// Returns the call that is selected in the search.
    fn found_call(&self, store: &Store) -> Option<&HistoryEntry> {
        let Some(Modal::History(search)) = self.modals.last() else {
            return None;
        };
        let found = self.found_calls(search, store);
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
        let count = match self.modals.last() {
            Some(Modal::History(search)) => self.found_calls(search, context.store).len(),
            Some(_) | None => return ScreenUpdate::ignored(),
        };
        if action == Action::Tools(ToolsAction::AllDeployments)
            && let Some(Modal::History(search)) = self.modals.last_mut()
        {
            search.is_everywhere ^= true;
            search.typed();
            return ScreenUpdate::done();
        }
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
                name: LineInput::proposed(entry.name.clone().unwrap_or_default()),
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
}
