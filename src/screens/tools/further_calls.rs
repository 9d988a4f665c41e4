//! Calls that follow from a result or a statement: the neighbours of a node, the plan of a statement.

use serde_json::{Map, Value};

use super::{Pane, Tools, form::Form, graph_view::GraphPane};
use crate::{
    messages::{Effect, ToolsEffect},
    model::{CallOptions, CallOutcome, Failure, Tool},
    screens::{AppRequest, ScreenUpdate, UpdateContext},
    tools::cypher::{self, PlanRequest},
    widgets::LineInput,
};

impl Tools {
    /// The neighbours of a node have come: they are added to the graph that is shown.
    pub(super) fn expanded(&mut self, result: Result<CallOutcome, Failure>) -> ScreenUpdate {
        match result {
            Ok(outcome) if outcome.is_error => {
                let text = outcome.text();
                let first = text.lines().next().unwrap_or_default().to_owned();
                ScreenUpdate::request(AppRequest::Say(first))
            }
            Ok(outcome) => {
                if let (Some(table), Some(graph)) = (&outcome.table, self.graph_mut()) {
                    graph.add(table);
                }
                ScreenUpdate::done()
            }
            Err(failure) => ScreenUpdate::request(AppRequest::Complain(failure)),
        }
    }

    /// Finds the neighbours of the node that is chosen in the graph, with the tool that gave the result.
    pub(super) fn expand_node(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let (Some(endpoint), Some(result)) = (self.endpoint.clone(), &self.result) else {
            return ScreenUpdate::done();
        };
        let statement = result
            .graph
            .as_ref()
            .and_then(GraphPane::neighbours_statement);
        let Some(statement) = statement else {
            return ScreenUpdate::done();
        };
        let readers = cypher::tools(self.tools(), cypher::Access::Read);
        let own = readers.iter().find(|tool| tool.name == result.tool);
        let Some(tool) = own.or_else(|| readers.first()).copied() else {
            let text = "this server has no tool that reads Cypher";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        };
        let arguments = cypher::CypherTool::of(tool)
            .and_then(|cypher| cypher.arguments(tool, &statement, Map::new(), &[]).ok());
        let Some(arguments) = arguments else {
            return ScreenUpdate::done();
        };
        let is_busy = self
            .connection()
            .is_some_and(|connection| connection.call.is_some());
        if is_busy {
            let text = "a call is on its way: cancel it first";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        }
        let call = Effect::Tools(ToolsEffect::Call {
            endpoint: endpoint.clone(),
            tool: tool.name.clone(),
            arguments,
            options: CallOptions::default(),
        });
        self.begun(&call, context.now);
        let connection = self.connections.get_mut(&endpoint);
        if let Some(call) = connection.and_then(|connection| connection.call.as_mut()) {
            call.expands_graph = true;
        }
        ScreenUpdate::effect(call)
    }

    /// Returns the tool that shows the plan of statements at the target of the selected tool.
    pub(super) fn plan_tool(&self, request: PlanRequest) -> Option<&Tool> {
        let selected = self.selected()?;
        cypher::access(selected)?;
        request.tool(self.tools(), selected)
    }

    /// Shows the plan of the statement of the form: by the tool that does that; else a profile by the statement itself, with PROFILE
    /// before it.
    pub(super) fn show_plan(
        &mut self,
        request: PlanRequest,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        let tool = self.plan_tool(request).cloned();
        if tool.is_none() && request == PlanRequest::Explain {
            let text = "this server has no tool that explains a statement";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        }
        let mut arguments = match self.form().map(Form::ready) {
            Some(Ok(arguments)) => arguments,
            Some(Err(problems)) => {
                self.show_problems(problems);
                self.pane = Pane::Form;
                return ScreenUpdate::done();
            }
            None => return ScreenUpdate::done(),
        };
        let Some(endpoint) = self.endpoint.clone() else {
            return ScreenUpdate::done();
        };
        if let Some(tool) = tool {
            let mut form = Form::new(&tool);
            form.fill(&arguments);
            self.forms.insert((endpoint, tool.name.clone()), form);
            self.filter = LineInput::default();
            self.select_tool(Some(&tool.name));
            self.pane = Pane::Result;
            return self.run(context);
        }
        let Some(selected) = self.selected().cloned() else {
            return ScreenUpdate::done();
        };
        if !put_before(&mut arguments, request, &selected) {
            let text = "the tool takes no statement";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        }
        self.send(&endpoint, &selected, &arguments, context)
    }

    /// Returns whether a profile of the statement can be asked for.
    pub(super) fn can_profile(&self) -> bool {
        let selected = self.selected().filter(|_| self.offer().is_none());
        selected.is_some_and(|tool| cypher::CypherTool::of(tool).is_some())
    }
}

/// Puts the word that asks for a plan before the statement of a call. Returns `false` if there is none.
pub(super) fn put_before(
    arguments: &mut Map<String, Value>,
    request: PlanRequest,
    tool: &Tool,
) -> bool {
    let statement = cypher::CypherTool::of(tool)
        .filter(|cypher| cypher.within.is_none())
        .and_then(|cypher| arguments.get_mut(&cypher.statement));
    match statement {
        Some(Value::String(text)) => {
            *text = request.statement(text);
            true
        }
        Some(_) | None => false,
    }
}
