//! Calls that follow from a result or a statement: the neighbours of a node, the plan of a statement.

use serde_json::Map;

use super::{Pane, Tools, form::Form, graph_view::GraphPane};
use crate::{
    messages::{Effect, ToolsEffect},
    model::{CallOptions, CallOutcome, Failure, Tool},
    screens::{AppRequest, ScreenUpdate, UpdateContext},
    tools::cypher,
    widgets::LineInput,
};

/// Ends of the names of tools that explain a statement.
const EXPLAINERS: [&str; 3] = ["explain-cypher", "explain_neo4j_cypher", "explain_cypher"];

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

    /// Returns the tool that explains statements at the target of the selected tool.
    pub(super) fn explain_tool(&self) -> Option<&Tool> {
        let selected = self.selected()?;
        cypher::access(selected)?;
        let target = selected.parts().0;
        self.tools().iter().find(|tool| {
            let (own_target, own) = tool.parts();
            own_target == target
                && EXPLAINERS.iter().any(|name| own.ends_with(name))
                && cypher::CypherTool::of(tool).is_some()
        })
    }

    /// Calls the tool that explains statements with the statement of the form, and shows the plan.
    pub(super) fn explain(&mut self, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let Some(tool) = self.explain_tool().cloned() else {
            let text = "this server has no tool that explains a statement";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        };
        let arguments = match self.form().map(Form::ready) {
            Some(Ok(arguments)) => arguments,
            Some(Err(problems)) => {
                self.show_problems(problems);
                return ScreenUpdate::done();
            }
            None => return ScreenUpdate::done(),
        };
        let Some(endpoint) = self.endpoint.clone() else {
            return ScreenUpdate::done();
        };
        let mut form = Form::new(&tool);
        form.fill(&arguments);
        self.forms.insert((endpoint, tool.name.clone()), form);
        self.filter = LineInput::default();
        self.select_tool(Some(&tool.name));
        self.pane = Pane::Result;
        self.run(context)
    }
}
