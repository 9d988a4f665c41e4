//! Results that are compared: with an earlier one of the same tool by themselves, or with the call of the history that is chosen.

use std::{collections::VecDeque, sync::Arc};

use serde_json::{Map, Value};

use super::{CallResult, Item, Pane, ResultView, ToolKey, Tools, text_view};
use crate::{
    keys::Layer,
    messages::{Action, ToolsAction},
    model::{McpEndpoint, Moment, Table},
    screens::{AppRequest, ScreenUpdate, ViewContext},
    theme::Role,
    tools::{
        cypher,
        history::HistoryEntry,
        row_diff::{RowDiff, row_diff},
        saved::masked,
    },
    widgets::{StyledLine, cut},
};

/// Earlier results that are kept in memory.
const MOST_RESULTS: usize = 40;
/// Cells of all of them together.
const MOST_CELLS: usize = 2_000_000;
/// Letters of a statement that name its call in the headline.
const TITLE: usize = 60;

/// The rows of an earlier call.
#[derive(Clone, Debug)]
pub(super) struct PastResult {
    endpoint: McpEndpoint,
    tool: String,
    arguments: Map<String, Value>,
    began: Moment,
    ended: Moment,
    table: Table,
}

impl PastResult {
    fn is_of(&self, entry: &HistoryEntry) -> bool {
        self.began == entry.at && self.endpoint == entry.endpoint && self.tool == entry.tool
    }
}

/// The rows of earlier calls, the newest first.
#[derive(Clone, Debug, Default)]
pub(super) struct PastResults(VecDeque<Arc<PastResult>>);

impl PastResults {
    /// Keeps a result, and drops the oldest that are too many.
    pub(super) fn push(&mut self, result: PastResult) {
        self.0.push_front(Arc::new(result));
        let mut cells = 0;
        self.0.truncate(MOST_RESULTS);
        self.0.retain(|kept| {
            cells += kept.table.rows.len() * kept.table.columns.len().max(1);
            cells <= MOST_CELLS
        });
    }

    /// Returns the comparison of a result with the last earlier one of its tool that had the same arguments; where there is none, with
    /// the last one of its statement, with other parameters, whose rows are different.
    pub(super) fn comparison(&self, result: &CallResult) -> Option<ResultComparison> {
        let table = result.table()?;
        let own = || {
            let results = self.0.iter();
            results.filter(|past| past.endpoint == result.endpoint && past.tool == result.tool)
        };
        if let Some(same) = own().find(|past| past.arguments == result.arguments) {
            return Some(ResultComparison::of(Arc::clone(same), table));
        }
        let statement = result.statement.as_deref();
        own()
            .filter(|past| statement.is_some() && cypher::statement(&past.arguments) == statement)
            .map(|past| ResultComparison::of(Arc::clone(past), table))
            .find(|comparison| {
                !comparison.diff.added.is_empty() || !comparison.diff.removed.is_empty()
            })
    }
}

impl PastResults {
    /// Returns whether rows of other calls of the tool of a result are kept.
    pub(super) fn has_others(&self, result: &CallResult) -> bool {
        let mut results = self.0.iter();
        let is_of =
            |past: &Arc<PastResult>| past.endpoint == result.endpoint && past.tool == result.tool;
        result.table().is_some() && results.any(is_of)
    }
}

/// Two results that are compared.
#[derive(Clone, Debug)]
pub(super) struct ResultComparison {
    before: Arc<PastResult>,
    /// The newer one; `None`: the result that is shown.
    after: Option<Arc<PastResult>>,
    diff: RowDiff,
    /// Whether the user has chosen it.
    is_chosen: bool,
}

impl ResultComparison {
    fn of(before: Arc<PastResult>, table: &Table) -> Self {
        let diff = row_diff(&before.table, table);
        Self {
            before,
            after: None,
            diff,
            is_chosen: false,
        }
    }
}

impl CallResult {
    /// Returns the rows of the result for later comparisons; a newer one takes its place.
    pub(super) fn take_past(&mut self) -> Option<PastResult> {
        let table = match &mut self.answer {
            Ok(call) if !call.is_error => call.table.take()?,
            Ok(_) | Err(_) => return None,
        };
        Some(PastResult {
            table,
            ..self.without_rows()
        })
    }

    fn without_rows(&self) -> PastResult {
        PastResult {
            endpoint: self.endpoint.clone(),
            tool: self.tool.clone(),
            arguments: self.arguments.clone(),
            began: self.began,
            ended: self.ended,
            table: Table::default(),
        }
    }

    /// Returns whether there is anything to compare the result with.
    pub(super) fn has_comparison(&self) -> bool {
        let has_rows =
            |comparison: &ResultComparison| comparison.after.is_some() || self.table().is_some();
        self.comparison.as_ref().is_some_and(has_rows)
    }

    /// Says that nothing is compared by itself, and how an earlier call is chosen.
    fn nothing_compared(&self, context: &ViewContext<'_>) -> StyledLine {
        let what = match self.statement {
            Some(_) => "no earlier call of this statement",
            None => "no earlier call with these arguments",
        };
        let search = Action::Tools(ToolsAction::History);
        let key = context.keymap.key_of(&[Layer::Tools], search);
        vec![
            (format!("{what}; "), Role::Dim),
            (key.unwrap_or_default(), Role::Accent),
            (" finds one to compare with".to_owned(), Role::Dim),
        ]
    }

    /// Returns how the result differs from an earlier one of the same call, in a few words; empty if there is none.
    pub(super) fn change_in_words(&self) -> String {
        let Some(comparison) = self.comparison.as_ref().filter(|_| self.has_comparison()) else {
            return String::new();
        };
        let is_same_call = comparison.before.arguments == self.arguments;
        if comparison.after.is_some() || !(is_same_call || comparison.is_chosen) {
            return String::new();
        }
        match (comparison.diff.added.len(), comparison.diff.removed.len()) {
            (0, 0) => "as before".to_owned(),
            (added, removed) => format!("+{added} −{removed}"),
        }
    }

    /// Returns the lines of the view of changes.
    pub(super) fn change_lines(&self) -> Vec<StyledLine> {
        let Some(comparison) = &self.comparison else {
            return Vec::new();
        };
        let after = comparison.after.as_ref().map(|after| &after.table);
        after.or(self.table()).map_or_else(Vec::new, |table| {
            text_view::change_lines(&comparison.before.table, table, &comparison.diff)
        })
    }

    /// Returns which two calls are compared: the older and the newer one, with their times and what is different in what they ask.
    pub(super) fn compared_calls(&self, context: &ViewContext<'_>) -> Option<StyledLine> {
        let Some(comparison) = self.comparison.as_ref() else {
            return self.has_others.then(|| self.nothing_compared(context));
        };
        let own = self.without_rows();
        let after = comparison.after.as_deref().unwrap_or(&own);
        let before = comparison.before.as_ref();
        let is_elsewhere = before.endpoint.deployment != after.endpoint.deployment;
        let place = |call: &PastResult| {
            if is_elsewhere {
                format!(
                    "{} ",
                    context.store.title(call.endpoint.deployment.as_str())
                )
            } else {
                String::new()
            }
        };
        let mut line = Vec::new();
        for (mark, call, role) in [("− ", before, Role::Dim), ("+ ", after, Role::Accent)] {
            let clock = call.ended.clock(context.zone);
            line.push((mark.to_owned(), role));
            line.push((format!("{}{clock} ", place(call)), Role::Text));
            if before.arguments != after.arguments {
                line.push((format!("{} ", title(call)), Role::Name));
            }
            line.push(("  ".to_owned(), Role::Dim));
        }
        if before.arguments == after.arguments {
            line.push((format!("both {}", title(after)), Role::Dim));
        }
        Some(line)
    }
}

/// Returns what names a call, without secrets: its statement with its parameters in one line, or its tool with its arguments.
fn title(call: &PastResult) -> String {
    let own = call.tool.split_once("___");
    let own = own.map_or(call.tool.as_str(), |(_, own)| own);
    let arguments = masked(&call.arguments);
    let text = match cypher::statement(&arguments) {
        Some(statement) => {
            let parameters = arguments.values().filter_map(Value::as_object).flatten();
            let parameters = parameters.map(|(name, value)| format!(" ${name}={value}"));
            statement.to_owned() + &parameters.collect::<String>()
        }
        None if arguments.is_empty() => own.to_owned(),
        None => format!("{own} {}", Value::Object(arguments)),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    cut(&words.join(" "), TITLE)
}

impl Tools {
    /// Marks the selected call of the history as the one to compare with, or takes the mark off.
    pub(super) fn mark_call(&mut self) -> ScreenUpdate {
        let entry = self.selected_call().filter(|_| self.pane == Pane::List);
        let id = entry.map(|entry| entry.id.clone());
        if let Some(id) = id {
            self.toggle_mark(id);
        }
        ScreenUpdate::done()
    }

    pub(super) fn toggle_mark(&mut self, id: String) {
        self.marked_call = Some(id).filter(|id| self.marked_call.as_ref() != Some(id));
    }

    /// Returns the rows of a call of the history, if this run of the console still has them.
    fn past_result(&self, entry: &HistoryEntry) -> Option<Arc<PastResult>> {
        if let Some(past) = self.past.0.iter().find(|past| past.is_of(entry)) {
            return Some(Arc::clone(past));
        }
        let results = self.result.iter().chain(self.results.values());
        let found = results
            .filter(|result| result.without_rows().is_of(entry))
            .find_map(|result| Some((result, result.table()?)));
        found.map(|(result, table)| {
            Arc::new(PastResult {
                table: table.clone(),
                ..result.without_rows()
            })
        })
    }

    /// Compares the selected call of the history with the marked one, or with the result that is shown; in the result, the result with
    /// the marked call.
    pub(super) fn compare_calls(&mut self, entry: Option<&HistoryEntry>) -> ScreenUpdate {
        let say = |text: &str| ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        let is_marked = |entry: &&HistoryEntry| Some(&entry.id) == self.marked_call.as_ref();
        let marked = self.history.iter().find(is_marked);
        let is_other = |known: &&HistoryEntry| entry.is_none_or(|entry| entry.id != known.id);
        let marked = marked.filter(is_other);
        let chosen = [marked, entry].into_iter().flatten();
        let mut found = Vec::new();
        for entry in chosen {
            let Some(past) = self.past_result(entry) else {
                return say(
                    "the rows of that call are not kept any more: run it again, then compare",
                );
            };
            found.push(past);
        }
        let Some(result) = &mut self.result else {
            return say("there is no result to compare with: run the call first");
        };
        let is_shown =
            |past: &PastResult| past.began == result.began && past.endpoint == result.endpoint;
        // The result that is shown stands for itself.
        found.retain(|past| !is_shown(past));
        found.sort_by_key(|past| past.ended);
        let mut found = found.into_iter();
        let comparison = match (found.next(), found.next(), result.table()) {
            (Some(before), Some(after), _) => ResultComparison {
                diff: row_diff(&before.table, &after.table),
                before,
                after: Some(after),
                is_chosen: true,
            },
            (Some(before), None, Some(table)) => ResultComparison {
                is_chosen: true,
                ..ResultComparison::of(before, table)
            },
            (Some(_), None, None) => return say("the result that is shown has no rows to compare"),
            (None, _, _) => {
                return say("that call is the one that is shown: mark another one to compare with");
            }
        };
        result.comparison = Some(comparison);
        self.show_view(ResultView::Changes);
        self.pane = Pane::Result;
        ScreenUpdate::done()
    }

    /// Compares from the panes.
    pub(super) fn compare_from_panes(&mut self) -> ScreenUpdate {
        let entry = self.selected_call().filter(|_| self.pane == Pane::List);
        let entry = entry.cloned();
        self.compare_calls(entry.as_ref())
    }

    /// Returns whether there are two calls that can be compared.
    pub(super) fn can_compare(&self) -> bool {
        let is_past = matches!(self.current(), Some(Item::Past(_)));
        let is_in_list = self.pane == Pane::List && is_past;
        is_in_list || (self.pane == Pane::Result && self.marked_call.is_some())
    }

    /// Keeps the rows of the result that a newer one of the same tool replaces.
    pub(super) fn keep_past(&mut self, key: &ToolKey) {
        let shown = self.result.as_mut().filter(|known| known.is_of(key));
        let before = shown.or_else(|| self.results.get_mut(key));
        if let Some(past) = before.and_then(CallResult::take_past) {
            self.past.push(past);
        }
    }
}
