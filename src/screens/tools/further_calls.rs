//! Calls that follow from a result or a statement: the neighbours of a node, the plan of a statement.

use serde_json::{Map, Value};

use super::{Pane, Running, Tools, form::Form, form_parameters::members_of, graph_view::GraphPane};
use crate::{
    messages::{Effect, ToolsEffect},
    model::{CallOptions, CallOutcome, Failure, McpEndpoint, Tool},
    screens::{AppRequest, ScreenUpdate, UpdateContext},
    tools::cypher::{self, CypherAccess, PlanRequest},
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
        let arguments = match self.form().map(Form::ready) {
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
        let Some((tool, arguments)) = self.profile_call(&arguments) else {
            let text = "this server has no tool that runs a statement with PROFILE";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        };
        self.send(&endpoint, &tool, &arguments, context)
    }

    /// Returns whether a profile of the statement can be asked for.
    pub(super) fn can_profile(&self) -> bool {
        self.plan_tool(PlanRequest::Profile).is_some() || self.profiler().is_some()
    }

    /// Returns the tool that runs a statement with PROFILE: the selected one, unless it only reads. Neo4j's server refuses PROFILE
    /// there, and takes it in the tool of the same target that writes.
    fn profiler(&self) -> Option<&Tool> {
        let selected = self.selected().filter(|_| self.offer().is_none())?;
        let own = cypher::access(selected)?;
        if matches!(own, CypherAccess::Write | CypherAccess::Any) {
            return Some(selected).filter(|tool| takes_statement(tool));
        }
        let target = selected.parts().0;
        let beside = self.tools().iter().filter(|tool| {
            let access = cypher::access(tool);
            let runs = matches!(access, Some(CypherAccess::Write | CypherAccess::Any));
            tool.parts().0 == target && runs && takes_statement(tool)
        });
        let writes = |tool: &&Tool| cypher::access(tool) != Some(CypherAccess::Write);
        beside.min_by_key(writes)
    }

    /// Returns the tool that profiles the statement of these arguments of the selected tool, and its own arguments.
    fn profile_call(&self, arguments: &Map<String, Value>) -> Option<(Tool, Map<String, Value>)> {
        let (selected, tool) = (self.selected()?, self.profiler()?);
        let mut arguments = arguments.clone();
        if tool.name != selected.name {
            let own = cypher::CypherTool::of(selected)?;
            let statement = own.statement_of(&arguments)?.to_owned();
            let given = own.parameters.as_ref().map(|argument| &argument.name);
            let given = given.and_then(|name| members_of(arguments.get(name)?));
            let other = cypher::CypherTool::of(tool)?;
            let parameters = given.unwrap_or_default();
            arguments = other.arguments(tool, &statement, parameters, &[]).ok()?;
        }
        put_before(&mut arguments, PlanRequest::Profile, tool).then(|| (tool.clone(), arguments))
    }

    /// Returns the tool below whose form the result of a call is shown: the selected one where the call profiles its statement.
    pub(super) fn shown_at(&self, tool: &str, arguments: &Map<String, Value>) -> String {
        let profiled = profiled_statement(arguments);
        let typed = self.form().and_then(Form::statement);
        let selected = self.selected().filter(|_| {
            let typed = typed.as_deref().map(str::trim);
            profiled.is_some() && typed == profiled.map(str::trim)
        });
        selected.map_or_else(|| tool.to_owned(), |selected| selected.name.clone())
    }

    /// Returns whether a call was a profile that failed while the result of its statement is shown, which stays then.
    pub(super) fn is_failed_profile(
        &self,
        endpoint: &McpEndpoint,
        call: &Running,
        result: &Result<CallOutcome, Failure>,
    ) -> bool {
        let failed = result.as_ref().map_or(true, |outcome| outcome.is_error);
        let key = (endpoint.clone(), call.shown_at.clone());
        let shown = self.result.as_ref().filter(|shown| shown.is_of(&key));
        failed && profiled_statement(&call.arguments).is_some() && shown.is_some()
    }
}

/// Says why a profile failed.
pub(super) fn profile_failed(result: Result<CallOutcome, Failure>) -> ScreenUpdate {
    match result {
        Ok(outcome) => {
            let text = outcome.text();
            let first = text.lines().next().unwrap_or_default();
            let words = format!("the profile failed, the result of before is shown: {first}");
            ScreenUpdate::request(AppRequest::Say(words))
        }
        Err(failure) => ScreenUpdate::request(AppRequest::Complain(failure)),
    }
}

/// Says that a profile has brought no plan.
pub(super) fn no_plan() -> ScreenUpdate {
    let text =
        "the server ran the statement with PROFILE and answered with its rows, without a plan";
    ScreenUpdate::request(AppRequest::Say(text.to_owned()))
}

/// Returns whether the statement of a tool is an argument of its own.
fn takes_statement(tool: &Tool) -> bool {
    cypher::CypherTool::of(tool).is_some_and(|cypher| cypher.within.is_none())
}

/// Returns the statement that a call profiles, if it profiles one.
fn profiled_statement(arguments: &Map<String, Value>) -> Option<&str> {
    let (request, statement) = PlanRequest::of(cypher::statement(arguments)?)?;
    (request == PlanRequest::Profile).then_some(statement)
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
