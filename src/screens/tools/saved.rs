//! Queries that are kept: asking for the name, filling the form from one, forgetting one.

use ratatui::layout::Rect;

use super::{Item, Modal, Pane, Tools, form::Form};
use crate::{
    messages::{Action, AppAction, Effect, PromptAction, ToolsAction, ToolsEffect},
    model::{Failure, Tool},
    screens::{AppRequest, ScreenUpdate, confirm::Confirm},
    theme::Role,
    tools::{
        history::{self, HistoryChange, HistoryEntry},
        saved::Query,
    },
    widgets::{LineInput, Painter},
};

/// A query whose name is being asked for.
#[derive(Clone, Debug)]
pub(super) struct NamePrompt {
    pub(super) subject: NameSubject,
    pub(super) name: LineInput,
}

/// What is given a name.
#[derive(Clone, Debug)]
pub(super) enum NameSubject {
    /// A query that is saved.
    Query(Query),
    /// The call of the history with that id.
    Call(String),
}

impl Tools {
    /// The saved queries are these, or could not be had.
    pub(super) fn queries_read(&mut self, result: Result<Vec<Query>, Failure>) -> ScreenUpdate {
        match result {
            Ok(queries) => {
                self.queries = queries;
                match self.saving.take() {
                    Some(words) => ScreenUpdate::request(AppRequest::Say(words)),
                    None => ScreenUpdate::done(),
                }
            }
            Err(failure) => {
                self.saving = None;
                ScreenUpdate::request(AppRequest::Complain(failure))
            }
        }
    }

    /// Saves, removes or pins what is selected in the left pane; elsewhere the form is saved.
    pub(super) fn change_item(&mut self, action: ToolsAction) -> ScreenUpdate {
        let past = self.selected_call().filter(|_| self.pane == Pane::List);
        if let Some(entry) = past.cloned() {
            return self.change_call(Action::Tools(action), &entry);
        }
        if action == ToolsAction::SaveQuery {
            self.save()
        } else if action == ToolsAction::ForgetQuery {
            self.forget()
        } else {
            ScreenUpdate::ignored()
        }
    }

    /// Returns the call of the history that is selected in the left pane.
    pub(super) fn selected_call(&self) -> Option<&HistoryEntry> {
        match self.current()? {
            Item::Past(at) => self.history.get(at),
            Item::Tool(_)
            | Item::Target(_)
            | Item::Offer(_)
            | Item::Heading(_)
            | Item::Saved(_) => None,
        }
    }

    /// Asks for the name under which the form is to be kept.
    fn save(&mut self) -> ScreenUpdate {
        let Some(tool) = self.selected().map(|tool| tool.name.clone()) else {
            return ScreenUpdate::done();
        };
        match self.form_mut().map(|form| form.checked()) {
            Some(Ok(arguments)) => match Query::new(&tool, &arguments) {
                Ok(query) => {
                    self.modals.push(Modal::Naming(NamePrompt {
                        name: LineInput::proposed(query.name.clone()),
                        subject: NameSubject::Query(query),
                    }));
                    ScreenUpdate::done()
                }
                Err(why) => ScreenUpdate::request(AppRequest::Say(why)),
            },
            Some(Err(problems)) => {
                self.show_problems(problems);
                ScreenUpdate::done()
            }
            None => ScreenUpdate::done(),
        }
    }

    /// Performs an action while the name is typed.
    pub(super) fn act_on_naming(&mut self, action: Action) -> ScreenUpdate {
        let is_accepted = action == Action::Prompt(PromptAction::Accept);
        if !is_accepted && action != Action::App(AppAction::Back) {
            return ScreenUpdate::ignored();
        }
        let Some(Modal::Naming(naming)) = self.modals.pop() else {
            return ScreenUpdate::ignored();
        };
        let name = naming.name.text().trim().to_owned();
        if !is_accepted {
            return ScreenUpdate::done();
        }
        match naming.subject {
            NameSubject::Query(_) if name.is_empty() => ScreenUpdate::done(),
            NameSubject::Query(query) => {
                self.saving = Some(format!("saved as {name}"));
                ScreenUpdate::effect(Effect::Tools(ToolsEffect::KeepQuery(Query {
                    name,
                    ..query
                })))
            }
            NameSubject::Call(id) => {
                let change = HistoryChange::Name(name);
                history::apply(&mut self.history, &id, &change);
                ScreenUpdate::effect(Effect::Tools(ToolsEffect::ChangeCall(id, change)))
            }
        }
    }

    /// Asks whether the selected query is to be forgotten.
    fn forget(&mut self) -> ScreenUpdate {
        let Some(Item::Saved(at)) = self.current() else {
            return ScreenUpdate::done();
        };
        let Some(query) = self.queries.get(at) else {
            return ScreenUpdate::done();
        };
        let text = query
            .statement()
            .map_or_else(|| format!("A call of {}.", query.tool), str::to_owned);
        let title = format!("Forget the saved query \"{}\"?", query.name);
        ScreenUpdate::request(AppRequest::Ask(Confirm::ask(
            title,
            text,
            Effect::Tools(ToolsEffect::ForgetQuery(query.name.clone())),
        )))
    }

    /// Fills the form of the query's tool and moves the focus there.
    pub(super) fn recall(&mut self, at: usize) -> ScreenUpdate {
        let Some(query) = self.queries.get(at).cloned() else {
            return ScreenUpdate::done();
        };
        let Some(tool) = self.tool_of(&query).cloned() else {
            return ScreenUpdate::request(AppRequest::Say(format!(
                "this endpoint has no tool {}",
                query.tool
            )));
        };
        let mut form = Form::new(&tool);
        form.fill(&query.arguments);
        if let Some(endpoint) = self.endpoint.clone() {
            self.forms.insert((endpoint, tool.name.clone()), form);
        }
        self.problems.clear();
        self.pane = Pane::Form;
        ScreenUpdate::done()
    }

    /// Returns the tool of this endpoint that a query is for.
    pub(super) fn tool_of(&self, query: &Query) -> Option<&Tool> {
        let offered = self.offers().iter().map(|offer| &offer.tool);
        self.tools()
            .iter()
            .chain(offered)
            .find(|tool| tool.parts().1 == query.tool)
    }

    /// Draws the line in which a query is given its name.
    pub(super) fn draw_naming(&self, naming: &NamePrompt, area: Rect, painter: &mut Painter<'_>) {
        let place = Rect {
            y: area.bottom().saturating_sub(2),
            height: 2.min(area.height),
            ..area
        };
        painter.clear(place);
        painter.hline(place);
        let (room, y) = (place.width.saturating_sub(3), place.y + 1);
        let typed = naming.name.text();
        let x = painter.text(place.x + 2, y, room, "save as ", Role::Accent);
        let room = place.right().saturating_sub(x + 1);
        let (before, behind) = naming.name.halves();
        let x = if naming.name.is_selected() {
            let end = painter.text(x, y, room, typed, Role::Name);
            let text = Rect {
                x,
                y,
                width: end - x,
                height: 1,
            };
            painter.shade(text, Role::Hit);
            end
        } else {
            let pieces = [
                (before, Role::Name),
                ("▏", Role::Accent),
                (behind, Role::Name),
            ];
            painter.spans(x, y, room, &pieces)
        };
        let is_known = self.queries.iter().any(|query| query.name == typed.trim());
        let (note, role) = if matches!(naming.subject, NameSubject::Call(_)) {
            ("  names the call; an empty name takes it away", Role::Faint)
        } else if is_known {
            ("  replaces the one of that name", Role::Degraded)
        } else {
            ("  values of passwords and tokens are not kept", Role::Faint)
        };
        painter.text(x, y, place.right().saturating_sub(x + 1), note, role);
    }
}
