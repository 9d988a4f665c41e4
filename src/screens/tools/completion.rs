//! The proposals at the cursor of a statement.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::{Pane, Tools, form::Form, form_parameters::ParameterNames};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, ListAction, PromptAction, ToolsViewport},
    screens::{ScreenUpdate, ViewContext},
    state::Loadable,
    theme::Role,
    tools::cypher::{CypherProposals, complete},
    widgets::{DrawnViewport, List, Painter, text_width},
};

/// Proposals that are shown at once.
const SHOWN: u16 = 8;

/// The open list of proposals.
#[derive(Clone, Debug, Default)]
pub(super) struct CompletionPopup {
    proposals: CypherProposals,
    list: List,
    /// Whether a proposal takes the place of all that stands in the field.
    is_whole: bool,
}

impl Tools {
    /// A key was typed into the form: proposes what may stand at the cursor, after letters and while they are taken back.
    pub(super) fn propose(&mut self, key: KeyEvent) {
        let is_typed = matches!(key.code, KeyCode::Char(_))
            && !key
                .modifiers
                .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let is_taken_back = key.code == KeyCode::Backspace && self.completion.is_some();
        self.completion = None;
        self.lacks_schema = false;
        if !is_typed && !is_taken_back {
            return;
        }
        let statement = self.form().and_then(Form::focused_statement);
        let Some((statement, cursor)) = statement else {
            return;
        };
        let schema = self.graph_schema().and_then(|schema| schema.value());
        let is_unknown = schema.is_none();
        let proposals = complete(&statement, cursor, schema);
        self.completion = proposals.map(|found| CompletionPopup::new(found, false));
        self.lacks_schema = is_unknown;
    }

    /// The schema has come: proposes from it what may stand at the cursor, if the last key was a letter and came before it.
    pub(super) fn propose_from_schema(&mut self) {
        let schema = self.graph_schema().and_then(|schema| schema.value());
        let is_late = schema.is_some() && std::mem::take(&mut self.lacks_schema);
        if !is_late || self.pane != Pane::Form || !self.modals.is_empty() {
            return;
        }
        let statement = self.form().and_then(Form::focused_statement);
        if let Some((statement, cursor)) = statement {
            let schema = self.graph_schema().and_then(|schema| schema.value());
            let proposals = complete(&statement, cursor, schema);
            self.completion = proposals.map(|found| CompletionPopup::new(found, false));
        }
    }

    /// Performs an action while proposals are shown. Returns `None` if it is none of theirs.
    pub(super) fn act_on_completion(&mut self, action: Action) -> Option<ScreenUpdate> {
        self.lacks_schema = false;
        let popup = self.completion.as_mut()?;
        let count = popup.proposals.items.len();
        if action == Action::Prompt(PromptAction::Accept) {
            let popup = self.completion.take()?;
            let proposal = popup.proposals.items.get(popup.list.cursor())?;
            let typed = popup.proposals.typed.chars().count();
            if popup.is_whole {
                self.insert_value(&proposal.text);
            } else {
                self.insert_into_statement(&proposal.text, typed);
            }
        } else if action == Action::Prompt(PromptAction::PromptNext) {
            popup.list.act(Action::List(ListAction::Down), count);
        } else if action == Action::Prompt(PromptAction::PromptPrevious) {
            popup.list.act(Action::List(ListAction::Up), count);
        } else {
            self.completion = None;
            // Another key does what it always does.
            return (action == Action::App(AppAction::Back)).then(ScreenUpdate::done);
        }
        Some(ScreenUpdate::done())
    }

    /// Inserts a text at the cursor of the statement in place of the `typed` characters before it.
    pub(super) fn insert_into_statement(&mut self, text: &str, typed: usize) {
        if let Some(form) = self.form_mut()
            && let Some(area) = form.focused_statement_mut()
        {
            for _ in 0..typed {
                area.delete_char();
            }
            area.insert_str(text);
            form.follow_statement(ParameterNames::Edited);
        }
    }

    /// Draws the proposals below the cursor, or above it if there is no room.
    pub(super) fn draw_completion(
        &self,
        (x, y): (u16, u16),
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let Some(popup) = &self.completion else {
            return;
        };
        let items = &popup.proposals.items;
        let shown = u16::try_from(items.len()).unwrap_or(SHOWN).min(SHOWN);
        let foot = if popup.proposals.is_from_schema { 2 } else { 1 };
        let width = popup.width().min(area.width.saturating_sub(2));
        let height = shown + foot;
        let typed = u16::try_from(popup.proposals.typed.chars().count()).unwrap_or(0);
        let left = x.saturating_sub(typed + 1);
        let left = left.min(area.right().saturating_sub(width)).max(area.x);
        let below = y + 1;
        let top = if below + height <= area.bottom() {
            below
        } else {
            y.saturating_sub(height).max(area.y)
        };
        let place = Rect {
            x: left,
            y: top,
            width,
            height: height.min(area.bottom().saturating_sub(top)),
        };
        painter.clear(place);
        painter.shade(place, Role::Raised);
        popup.draw_items(place, shown, painter);
        self.draw_completion_foot(popup, context, place, shown, painter);
    }

    fn draw_completion_foot(
        &self,
        popup: &CompletionPopup,
        context: &ViewContext<'_>,
        place: Rect,
        shown: u16,
        painter: &mut Painter<'_>,
    ) {
        let (x, room) = (place.x + 2, place.width.saturating_sub(3));
        let mut y = place.y + shown;
        if popup.proposals.is_from_schema
            && let Some(at) = self.graph_schema().and_then(Loadable::loaded_at)
            && y < place.bottom()
        {
            let clock = at.clock(context.zone);
            let text = format!("from the schema of {}", clock.get(..5).unwrap_or(&clock));
            painter.text(x, y, room, &text, Role::Dim);
            y += 1;
        }
        if y >= place.bottom() {
            return;
        }
        let key = |action| {
            let layers = [Layer::Completion];
            context.keymap.key_of(&layers, action).unwrap_or_default()
        };
        let (accept, close) = (
            key(Action::Prompt(PromptAction::Accept)),
            key(Action::App(AppAction::Back)),
        );
        let pieces = [
            (accept.as_str(), Role::Accent),
            (" inserts it   ", Role::Dim),
            (close.as_str(), Role::Accent),
            (" closes", Role::Dim),
        ];
        painter.spans(x, y, room, &pieces);
    }
}

impl CompletionPopup {
    /// Proposals with the first selected; `is_whole`: each stands for all of its field.
    pub(super) fn new(proposals: CypherProposals, is_whole: bool) -> Self {
        Self {
            proposals,
            list: List::default(),
            is_whole,
        }
    }

    pub(super) const fn record(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }

    /// Columns of the names, of the notes, and of the counts.
    fn columns(&self) -> (usize, usize, usize) {
        let most = |width: &dyn Fn(usize) -> usize| {
            (0..self.proposals.items.len())
                .map(width)
                .max()
                .unwrap_or(0)
        };
        let items = &self.proposals.items;
        let name = most(&|at| items.get(at).map_or(0, |item| text_width(&item.text)));
        let note = most(&|at| {
            items.get(at).map_or(0, |item| {
                text_width(&item.note).max(item.kind.as_str().len())
            })
        });
        let count = most(&|at| items.get(at).map_or(0, |item| text_width(&item.count)));
        (name.min(32), note.min(28), count.min(24))
    }

    fn width(&self) -> u16 {
        let (name, note, count) = self.columns();
        u16::try_from(name + note + count + 8)
            .unwrap_or(u16::MAX)
            .max(30)
    }

    fn draw_items(&self, place: Rect, shown: u16, painter: &mut Painter<'_>) {
        let body = Rect {
            height: shown.min(place.height),
            ..place
        };
        let (name, ..) = self.columns();
        let name = u16::try_from(name).unwrap_or(32);
        let items = &self.proposals.items;
        let window = self
            .list
            .window(ToolsViewport::Completion, body, items.len(), painter);
        for (at, line) in window.zip(body.rows()) {
            let Some(item) = items.get(at) else { break };
            if at == self.list.cursor() {
                painter.select_row(line, true);
            }
            let typed = self.proposals.typed.chars().count();
            let begins = item
                .text
                .to_lowercase()
                .starts_with(&self.proposals.typed.to_lowercase());
            let split = item
                .text
                .char_indices()
                .nth(typed)
                .map_or(item.text.len(), |(at, _)| at);
            let (head, tail) = item.text.split_at(if begins { split } else { 0 });
            let pieces = [(head, Role::Accent), (tail, Role::Text)];
            painter.spans(line.x + 2, line.y, name, &pieces);
            let note = if item.note.is_empty() {
                item.kind.as_str()
            } else {
                &item.note
            };
            let x = line.x + 2 + name + 2;
            let room = line.right().saturating_sub(x + 1);
            painter.text(x, line.y, room, note, Role::Dim);
            let right = line.right().saturating_sub(1);
            painter.text_right(right, line.y, room, &item.count, Role::Faint);
        }
    }
}
