//! The parts of the window that scroll, and the places that a click hits, by name.

use super::Action;

/// A list or a text that scrolls. A frame says which part of it was visible; the list receives that before the next input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViewportId {
    /// The keys of the help.
    Help,
    /// The text of the question on top.
    Question,
    /// A part of the Fleet.
    Fleet(FleetViewport),
    /// A part of Logs.
    Logs(LogsViewport),
    /// The rows of Secrets.
    Secrets,
    /// A part of Tools.
    Tools(ToolsViewport),
    /// A part of Doctor.
    Doctor(DoctorViewport),
    /// The rows of Activity.
    Activity,
}

/// What scrolls in the Fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FleetViewport {
    /// Deployments and resources.
    Rows,
    /// The overview of a deployment.
    Overview,
    /// The facts of an open resource.
    Facts,
    /// The answer of the API for an open resource.
    Document,
}

/// What scrolls in Logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogsViewport {
    /// The lines.
    Lines,
    /// The open line.
    Detail,
    /// The tool calls.
    Calls,
    /// The patterns.
    Patterns,
    /// The rows of a query.
    Query,
    /// The lines around the opened row of a query.
    QueryLines,
    /// The waterfall of a call.
    Waterfall,
}

/// What scrolls in Tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ToolsViewport {
    /// The tools, prompts and resources.
    List,
    /// The rows of a result.
    Rows,
    /// A result as text.
    Text,
    /// A result as a tree of JSON.
    Tree,
    /// The calls that a search of the history finds.
    History,
    /// The proposals for what is typed.
    Completion,
    /// The endpoints to choose from.
    Endpoints,
    /// The schema of the graph.
    Schema,
    /// The sign-in at the endpoint.
    Identity,
}

/// What scrolls in Doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DoctorViewport {
    /// The deployments.
    Deployments,
    /// The hops of the chosen deployment.
    Hops,
}

impl From<FleetViewport> for ViewportId {
    fn from(part: FleetViewport) -> Self {
        Self::Fleet(part)
    }
}

impl From<LogsViewport> for ViewportId {
    fn from(part: LogsViewport) -> Self {
        Self::Logs(part)
    }
}

impl From<ToolsViewport> for ViewportId {
    fn from(part: ToolsViewport) -> Self {
        Self::Tools(part)
    }
}

impl From<DoctorViewport> for ViewportId {
    fn from(part: DoctorViewport) -> Self {
        Self::Doctor(part)
    }
}

/// What a click on a place of the window means, where it is more than the row of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClickTarget {
    /// The same as the key of this action.
    Action(Action),
    /// The title of a column of the Fleet, by the column's index: sorts by it.
    FleetTitle(usize),
    /// A row of the Fleet.
    FleetRow,
    /// The mark that folds a row of the Fleet.
    FleetFold,
}
