//! What lies over the panes and takes the keys: questions of servers, prompts, the picker, the sign-in.

use std::collections::VecDeque;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{
    EndpointPicker, NamePrompt, ServerQuestion, Tools, export::ExportPrompt,
    history::HistorySearch, panes::has_side_pane, schema_pane::SchemaBrowser,
};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, ListAction, PromptAction, ToolsAction},
    screens::{ScreenUpdate, UpdateContext, ViewContext},
    theme::Role,
    widgets::{LineInput, Painter, Scroll},
};

/// A dialog over the panes. Dialogs stack: the last one is on top and takes the keys.
#[derive(Clone, Debug)]
pub(super) enum Modal {
    /// Forms that servers ask to be filled in; the first is shown.
    Questions(VecDeque<ServerQuestion>),
    /// The filter of the left pane is typed.
    ToolFilter,
    /// The filter of the rows of the result is typed.
    RowFilter,
    /// The name of a saved query, or of a call of the history, is typed.
    Naming(NamePrompt),
    /// The endpoint is chosen.
    Picker(EndpointPicker),
    /// The sign-in at the endpoint is shown.
    Identity(Scroll),
    /// A call of the history is searched.
    History(HistorySearch),
    /// A name of the schema is chosen.
    Schema(SchemaBrowser),
    /// The format and the file of an export are asked for.
    Export(ExportPrompt),
}

impl Modal {
    /// Returns the layers of the keymap while it is on top.
    pub(super) fn layers(&self) -> Vec<Layer> {
        match self {
            Self::Questions(_) if self.asks_for_address() => vec![Layer::Address],
            Self::Questions(_) => vec![Layer::Question],
            Self::ToolFilter | Self::RowFilter | Self::Naming(_) | Self::Picker(_) => {
                vec![Layer::Prompt]
            }
            Self::Export(_) => vec![Layer::Export],
            Self::History(_) => vec![Layer::History],
            Self::Identity(_) | Self::Schema(_) => vec![Layer::Tools, Layer::List],
        }
    }

    /// Returns whether it is a question that asks for an address to be opened.
    fn asks_for_address(&self) -> bool {
        match self {
            Self::Questions(questions) => questions
                .front()
                .is_some_and(|question| question.address().is_some()),
            Self::ToolFilter
            | Self::RowFilter
            | Self::Naming(_)
            | Self::Picker(_)
            | Self::Identity(_)
            | Self::History(_)
            | Self::Schema(_)
            | Self::Export(_) => false,
        }
    }

    /// Returns whether letters are text.
    pub(super) fn is_typing(&self) -> bool {
        match self {
            Self::Questions(_) => !self.asks_for_address(),
            Self::ToolFilter
            | Self::RowFilter
            | Self::Naming(_)
            | Self::Picker(_)
            | Self::History(_)
            | Self::Export(_) => true,
            Self::Identity(_) | Self::Schema(_) => false,
        }
    }

    /// Returns what the key that leads back does while it is on top.
    pub(super) const fn way_back(&self) -> Option<&'static str> {
        match self {
            // The form says itself how to leave it.
            Self::Questions(_) => None,
            Self::ToolFilter
            | Self::RowFilter
            | Self::Naming(_)
            | Self::Picker(_)
            | Self::History(_)
            | Self::Identity(_)
            | Self::Schema(_)
            | Self::Export(_) => Some("close"),
        }
    }

    /// Returns whether an action is available while it is on top.
    pub(super) fn offers(&self, action: Action) -> bool {
        match self {
            Self::Questions(_)
            | Self::ToolFilter
            | Self::RowFilter
            | Self::Naming(_)
            | Self::Picker(_)
            | Self::History(_)
            | Self::Export(_) => true,
            Self::Schema(_) => matches!(
                action,
                Action::App(AppAction::Help | AppAction::Palette | AppAction::Refresh)
                    | Action::Tools(ToolsAction::GraphSchema)
                    | Action::List(ListAction::Open)
            ),
            Self::Identity(_) => matches!(
                action,
                Action::App(AppAction::Help | AppAction::Palette)
                    | Action::Tools(ToolsAction::Identify)
            ),
        }
    }
}

impl Tools {
    /// Handles a key as text of the topmost dialog. Returns `false` if no dialog is open.
    pub(super) fn press_modal(&mut self, key: KeyEvent) -> bool {
        match self.modals.last_mut() {
            Some(Modal::Questions(questions)) => {
                if let Some(question) = questions.front_mut() {
                    question.form.press(key);
                    question.problems.clear();
                }
            }
            Some(Modal::ToolFilter) => {
                self.filter.press(key);
                self.filter_changed();
            }
            Some(Modal::RowFilter) => {
                self.table.filter.press(key);
                self.filter_rows();
            }
            Some(Modal::History(search)) => {
                if search.input.press(key) {
                    search.typed();
                }
            }
            Some(Modal::Naming(naming)) => {
                naming.name.press(key);
            }
            Some(Modal::Picker(picker)) => {
                if picker.input.press(key) {
                    picker.typed();
                }
            }
            Some(Modal::Export(prompt)) => prompt.press(key),
            Some(Modal::Identity(_) | Modal::Schema(_)) | None => return false,
        }
        true
    }

    /// Inserts pasted text into the topmost dialog. Returns `false` if no dialog is open.
    pub(super) fn paste_into_modal(&mut self, text: &str) -> bool {
        match self.modals.last_mut() {
            Some(Modal::Questions(questions)) => {
                if let Some(question) = questions.front_mut() {
                    question.form.paste(text);
                }
            }
            Some(Modal::ToolFilter) => {
                self.filter.paste(text);
                self.filter_changed();
            }
            Some(Modal::RowFilter) => {
                self.table.filter.paste(text);
                self.filter_rows();
            }
            Some(Modal::History(search)) => {
                search.input.paste(text);
                search.typed();
            }
            Some(Modal::Naming(naming)) => naming.name.paste(text),
            Some(Modal::Picker(picker)) => {
                picker.input.paste(text);
                picker.typed();
            }
            Some(Modal::Export(prompt)) => prompt.paste(text),
            Some(Modal::Identity(_) | Modal::Schema(_)) | None => return false,
        }
        true
    }

    /// Performs an action in the topmost dialog. Returns `None` if no dialog is open, or the panes perform the action.
    pub(super) fn act_on_modal(
        &mut self,
        action: Action,
        context: &mut UpdateContext<'_>,
    ) -> Option<ScreenUpdate> {
        match self.modals.last_mut()? {
            Modal::Questions(_) => Some(self.act_on_question(action)),
            Modal::ToolFilter | Modal::RowFilter => self.act_on_filter(action),
            Modal::History(_) => Some(self.act_on_history(action, context)),
            Modal::Schema(_) => self.act_on_schema(action, context),
            Modal::Naming(_) => Some(self.act_on_naming(action)),
            Modal::Export(_) => Some(self.act_on_export(action)),
            Modal::Picker(_) => Some(self.act_on_picker(action, context)),
            Modal::Identity(scroll) => {
                if scroll.act(action) {
                    return Some(ScreenUpdate::done());
                }
                self.modals.pop();
                let only_closes = matches!(
                    action,
                    Action::App(AppAction::Back)
                        | Action::Tools(ToolsAction::Identify)
                        | Action::List(ListAction::Open)
                );
                only_closes.then(ScreenUpdate::done)
            }
        }
    }

    fn act_on_filter(&mut self, action: Action) -> Option<ScreenUpdate> {
        let is_of_rows = matches!(self.modals.last(), Some(Modal::RowFilter));
        let step = if action == Action::Prompt(PromptAction::PromptNext) {
            Action::List(ListAction::Down)
        } else if action == Action::Prompt(PromptAction::PromptPrevious) {
            Action::List(ListAction::Up)
        } else if action == Action::Prompt(PromptAction::Accept) {
            self.modals.pop();
            return Some(ScreenUpdate::done());
        } else if action == Action::App(AppAction::Back) {
            self.modals.pop();
            if is_of_rows {
                self.table.filter = LineInput::default();
                self.filter_rows();
            } else {
                self.clear_filter();
            }
            return Some(ScreenUpdate::done());
        } else {
            return None;
        };
        if is_of_rows {
            let _ = self.act_on_result(step);
        } else {
            self.move_in_list(step);
        }
        Some(ScreenUpdate::done())
    }

    /// The text of the filter has changed: the first line that passes it is selected.
    fn filter_changed(&mut self) {
        self.list.select(0);
        let items = self.items();
        self.pass_heading(&items, false);
        self.settle();
    }

    /// Draws the dialogs, the topmost last.
    pub(super) fn draw_modals(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        for modal in &self.modals {
            match modal {
                Modal::Questions(questions) => {
                    self.draw_questions(questions, context, area, painter);
                }
                // They are drawn where they filter.
                Modal::ToolFilter | Modal::RowFilter => {}
                Modal::History(search) => self.draw_history(search, context, area, painter),
                Modal::Schema(browser) => {
                    if !has_side_pane(area) {
                        self.draw_schema_over(browser, context, area, painter);
                    }
                }
                Modal::Naming(naming) => self.draw_naming(naming, area, painter),
                Modal::Export(prompt) => self.draw_export(prompt, context, area, painter),
                Modal::Picker(picker) => {
                    painter.shade(area, Role::Faint);
                    picker.view(self.endpoint.as_ref(), context, area, painter);
                }
                Modal::Identity(scroll) => self.draw_identity(scroll, context, area, painter),
            }
        }
    }
}
