//! Queries that are kept: asking for the name, filling the form from one, forgetting one.

use super::{Item, Pane, Tools, form::Form};
use crate::{
    messages::Effect,
    model::{Failure, Tool},
    screens::{Reply, Wish, confirm::Confirm},
    tools::saved::Query,
    widgets::LineInput,
};

/// A query whose name is being asked for.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    pub(super) query: Query,
    pub(super) name: LineInput,
}

impl Tools {
    /// The saved queries are these, or could not be had.
    pub(super) fn queries_read(&mut self, result: Result<Vec<Query>, Failure>) -> Reply {
        match result {
            Ok(queries) => {
                self.queries = queries;
                match self.saving.take() {
                    Some(words) => Reply::wish(Wish::Say(words)),
                    None => Reply::done(),
                }
            }
            Err(failure) => {
                self.saving = None;
                Reply::wish(Wish::Complain(failure))
            }
        }
    }

    /// Asks for the name under which the form is to be kept.
    pub(super) fn save(&mut self) -> Reply {
        let Some(tool) = self.selected().map(|tool| tool.name.clone()) else {
            return Reply::done();
        };
        match self.form_mut().map(|form| form.arguments()) {
            Some(Ok(arguments)) => match Query::new(&tool, &arguments) {
                Ok(query) => {
                    self.naming = Some(Naming {
                        name: LineInput::new(query.name.clone()),
                        query,
                    });
                    Reply::done()
                }
                Err(why) => Reply::wish(Wish::Say(why)),
            },
            Some(Err(problems)) => {
                self.problems = problems;
                Reply::done()
            }
            None => Reply::done(),
        }
    }

    /// The name was given, or not.
    pub(super) fn named(&mut self, accept: bool) -> Reply {
        let Some(naming) = self.naming.take() else {
            return Reply::ignored();
        };
        let name = naming.name.text().trim().to_owned();
        if !accept || name.is_empty() {
            return Reply::done();
        }
        self.saving = Some(format!("saved as {name}"));
        Reply::effect(Effect::KeepQuery(Query {
            name,
            ..naming.query
        }))
    }

    /// Asks whether the selected query is to be forgotten.
    pub(super) fn forget(&mut self) -> Reply {
        let Some(Item::Saved(at)) = self.current() else {
            return Reply::done();
        };
        let Some(query) = self.queries.get(at) else {
            return Reply::done();
        };
        let text = query
            .statement()
            .map_or_else(|| format!("A call of {}.", query.tool), str::to_owned);
        let title = format!("Forget the saved query \"{}\"?", query.name);
        Reply::wish(Wish::Ask(Confirm::ask(
            title,
            text,
            Effect::ForgetQuery(query.name.clone()),
        )))
    }

    /// Fills the form of the query's tool and goes there.
    pub(super) fn recall(&mut self, at: usize) -> Reply {
        let Some(query) = self.queries.get(at).cloned() else {
            return Reply::done();
        };
        let Some(tool) = self.tool_of(&query).cloned() else {
            return Reply::wish(Wish::Say(format!(
                "this endpoint has no tool {}",
                query.tool
            )));
        };
        let mut form = Form::new(&tool);
        form.fill(&query.arguments);
        self.forms.insert(tool.name.clone(), form);
        self.problems.clear();
        self.pane = Pane::Form;
        Reply::done()
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
