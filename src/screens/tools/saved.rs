//! Queries that are kept: asking for the name, filling the form from one, forgetting one.

use super::{Item, Pane, Tools, form::Form};
use crate::{
    messages::{Effect, ToolsEffect},
    model::{Failure, Tool},
    screens::{AppRequest, ScreenUpdate, confirm::Confirm},
    tools::saved::Query,
    widgets::LineInput,
};

/// A query whose name is being asked for.
#[derive(Clone, Debug)]
pub(super) struct NamePrompt {
    pub(super) query: Query,
    pub(super) name: LineInput,
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

    /// Asks for the name under which the form is to be kept.
    pub(super) fn save(&mut self) -> ScreenUpdate {
        let Some(tool) = self.selected().map(|tool| tool.name.clone()) else {
            return ScreenUpdate::done();
        };
        match self.form_mut().map(|form| form.arguments()) {
            Some(Ok(arguments)) => match Query::new(&tool, &arguments) {
                Ok(query) => {
                    self.naming = Some(NamePrompt {
                        name: LineInput::new(query.name.clone()),
                        query,
                    });
                    ScreenUpdate::done()
                }
                Err(why) => ScreenUpdate::request(AppRequest::Say(why)),
            },
            Some(Err(problems)) => {
                self.problems = problems;
                ScreenUpdate::done()
            }
            None => ScreenUpdate::done(),
        }
    }

    /// The name was given, or not.
    pub(super) fn named(&mut self, accept: bool) -> ScreenUpdate {
        let Some(naming) = self.naming.take() else {
            return ScreenUpdate::ignored();
        };
        let name = naming.name.text().trim().to_owned();
        if !accept || name.is_empty() {
            return ScreenUpdate::done();
        }
        self.saving = Some(format!("saved as {name}"));
        ScreenUpdate::effect(Effect::Tools(ToolsEffect::KeepQuery(Query {
            name,
            ..naming.query
        })))
    }

    /// Asks whether the selected query is to be forgotten.
    pub(super) fn forget(&mut self) -> ScreenUpdate {
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

    /// The tool of this endpoint that a query is for.
    pub(super) fn tool_of(&self, query: &Query) -> Option<&Tool> {
        let offered = self.offers().iter().map(|offer| &offer.tool);
        self.tools()
            .iter()
            .chain(offered)
            .find(|tool| tool.parts().1 == query.tool)
    }
}
