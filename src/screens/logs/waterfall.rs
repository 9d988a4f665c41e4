//! The open waterfall of one call: cursor, folds, and the way to the other failed calls.

use std::{collections::BTreeSet, sync::Arc};

use super::{Logs, calls::next_row, source::TailSource};
use crate::{
    calls::{CallTrace, LoggedCall, LoggedOutcome, SpansRead, Waterfall, WaterfallRow, hop_of},
    logs::SPANS_GROUP,
    messages::{Action, ListAction},
    screens::{AppRequest, ScreenUpdate},
    widgets::List,
};

/// The open waterfall of one call.
#[derive(Clone, Debug)]
pub(super) struct OpenWaterfall {
    call: Arc<LoggedCall>,
    pub(super) layout: Waterfall,
    pub(super) list: List,
    /// Hops whose lines are hidden.
    pub(super) folded: BTreeSet<&'static str>,
    /// Rows that are shown: indices of the layout's rows.
    pub(super) shown: Vec<usize>,
}

impl OpenWaterfall {
    pub(super) fn of(call: Arc<LoggedCall>, unavailable: &[String], spans_read: SpansRead) -> Self {
        let gaps = unavailable
            .iter()
            .filter(|text| text.contains("cannot be read"))
            .cloned()
            .collect();
        let layout = Waterfall::new(CallTrace::new((*call).clone(), gaps, spans_read));
        let cause = layout.cause_row();
        let mut open = Self {
            call,
            layout,
            list: List::default(),
            folded: BTreeSet::new(),
            shown: Vec::new(),
        };
        open.refresh();
        open.list.select(cause.unwrap_or(0));
        open
    }

    pub(super) const fn call(&self) -> &Arc<LoggedCall> {
        &self.call
    }

    fn refresh(&mut self) {
        self.shown = self
            .layout
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| match row {
                WaterfallRow::Line { line, .. } => !self.folded.contains(hop_of(line)),
                WaterfallRow::Span { span, is_first, .. } => {
                    *is_first || !self.folded.contains(span.hop)
                }
                WaterfallRow::Hop { .. } | WaterfallRow::Unassigned(_) | WaterfallRow::Gap(_) => {
                    true
                }
            })
            .map(|(index, _)| index)
            .collect();
        self.list.clamp(self.shown.len());
    }

    /// Returns the row under the cursor.
    pub(super) fn current(&self) -> Option<&WaterfallRow> {
        self.layout.rows.get(*self.shown.get(self.list.cursor())?)
    }

    /// Moves, folds and unfolds. Returns `false` if the action means nothing here.
    pub(super) fn act(&mut self, action: ListAction) -> bool {
        if self.list.act(Action::List(action), self.shown.len()) {
            return true;
        }
        let hop = match self.current() {
            Some(WaterfallRow::Span { span, .. }) => Some(span.hop),
            Some(WaterfallRow::Hop { hop, .. }) => Some(*hop),
            Some(WaterfallRow::Line { line, .. }) => Some(hop_of(line)),
            Some(WaterfallRow::Unassigned(_) | WaterfallRow::Gap(_)) | None => None,
        };
        let Some(hop) = hop else { return false };
        match action {
            ListAction::Left => {
                self.folded.insert(hop);
            }
            ListAction::Right => {
                self.folded.remove(hop);
            }
            ListAction::Open => {
                if !self.folded.remove(hop) {
                    self.folded.insert(hop);
                }
            }
            ListAction::Up
            | ListAction::Down
            | ListAction::PageUp
            | ListAction::PageDown
            | ListAction::Top
            | ListAction::Bottom
            | ListAction::Filter
            | ListAction::Sort
            | ListAction::Mark => return false,
        }
        self.refresh();
        let header = self.shown.iter().position(|index| {
            matches!(
                self.layout.rows.get(*index),
                Some(WaterfallRow::Span { span, is_first: true, .. }) if span.hop == hop
            ) || matches!(
                self.layout.rows.get(*index),
                Some(WaterfallRow::Hop { hop: own, .. }) if *own == hop
            )
        });
        if let Some(row) = header {
            self.list.select(row);
        }
        true
    }
}

impl Logs {
    /// Returns whether the tail reads the log group of spans.
    pub(super) fn spans_read(&self) -> SpansRead {
        spans_read(self.source.as_ref())
    }

    /// Lays the open call out again with what was found since.
    pub(super) fn refresh_waterfall(&mut self) {
        let Some(open) = &mut self.waterfall else {
            return;
        };
        let known = open.call.id().and_then(|id| {
            self.findings
                .calls
                .iter()
                .find(|call| call.id() == Some(id))
        });
        let Some(call) = known.filter(|call| ***call != *open.call).cloned() else {
            return;
        };
        let (list, folded) = (open.list.clone(), open.folded.clone());
        let spans_read = spans_read(self.source.as_ref());
        *open = OpenWaterfall::of(call, &self.range.unavailable, spans_read);
        open.list = list;
        open.folded = folded;
        open.refresh();
    }

    /// Opens the waterfall of the next failed call of the list.
    pub(super) fn next_failed_call(&mut self, backwards: bool) -> ScreenUpdate {
        let Some(open) = &self.waterfall else {
            return ScreenUpdate::ignored();
        };
        let calls = &self.findings.calls;
        let at = calls
            .iter()
            .position(|call| call.at == open.call.at && call.id() == open.call.id())
            .unwrap_or(0);
        let next = next_row(calls.len(), at, backwards, |row| {
            calls
                .get(row)
                .is_some_and(|call| call.outcome != LoggedOutcome::Ok)
        });
        let next = next.filter(|row| *row != at);
        match next.and_then(|row| calls.get(row)).cloned() {
            Some(call) => {
                let said = went_round(at, next, backwards);
                self.waterfall = Some(OpenWaterfall::of(
                    call,
                    &self.range.unavailable,
                    self.spans_read(),
                ));
                match said {
                    Some(said) => ScreenUpdate::request(AppRequest::Say(said.to_owned())),
                    None => ScreenUpdate::done(),
                }
            }
            None => ScreenUpdate::request(AppRequest::Say(
                "no other call of this window failed".to_owned(),
            )),
        }
    }
}

/// Returns what is said where the way from a call to the next failed one went round the end of the window.
fn went_round(from: usize, to: Option<usize>, backwards: bool) -> Option<&'static str> {
    let to = to?;
    if backwards && to > from {
        Some("no earlier call failed; this is the latest failed one")
    } else if !backwards && to < from {
        Some("no later call failed; this is the earliest failed one")
    } else {
        None
    }
}

/// Returns whether one of the sources reads the log group of spans.
fn spans_read(source: Option<&TailSource>) -> SpansRead {
    let is_read = source.is_some_and(|source| {
        let mut groups = source.parts.iter().flat_map(|part| &part.groups);
        groups.any(|group| group == SPANS_GROUP)
    });
    if is_read {
        SpansRead::Yes
    } else {
        SpansRead::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_round_the_end_of_the_window_is_said() {
        assert_eq!(went_round(1, Some(2), false), None);
        assert_eq!(went_round(2, Some(1), true), None);
        assert!(went_round(2, Some(0), false).unwrap().contains("earliest"));
        assert!(went_round(0, Some(2), true).unwrap().contains("latest"));
    }
}
