//! Tools: an MCP endpoint, what it offers, a call and its result.

mod argument_values;
mod availability;
mod call_lines;
mod calls;
mod column_widths;
mod compare;
mod completion;
mod connection;
mod copy;
mod drafts;
mod drift_view;
mod endpoints;
mod exchange;
mod export;
mod field;
mod field_view;
mod focus;
mod form;
mod form_keys;
mod form_node;
mod form_object;
mod form_parameters;
mod form_reading;
mod form_rows;
mod form_view;
mod further_calls;
mod graph_captions;
mod graph_picture;
mod graph_view;
mod headline;
mod history;
mod history_view;
mod identity;
mod items;
mod list_view;
mod modal;
mod outcome;
mod panes;
mod question;
mod recorder;
mod result;
mod result_view;
mod saved;
mod schema_pane;
mod server_messages;
mod table_state;
mod table_view;
mod text;
mod text_pane;
mod text_view;
mod tree;
mod viewports;

use std::collections::{HashMap, HashSet};

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use serde_json::{Map, Value};

use super::{BEHIND_OWN, ClickPlace, Screen, ScreenUpdate, UpdateContext, ViewContext};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, Effects, ListAction, ToolsAction, ToolsEvent},
    model::{DeploymentName, HttpExchange, McpEndpoint, Moment, Progress, Tool},
    state::Loadable,
    theme::Role,
    tools::{
        cypher::PlanRequest, drafts::FormDraft, graph_schema::GraphSchema, history::HistoryEntry,
        saved::Query,
    },
    widgets::{LineInput, List, Painter},
};
use compare::PastResults;
use completion::CompletionPopup;
use connection::EndpointConnection;
use endpoints::EndpointPicker;
use export::LastExport;
use form::{Form, FormProblem};
use modal::Modal;
use outcome::CallResult;
use panes::Pane;
use question::ServerQuestion;
use recorder::ScreenRecording;
use result_view::ResultView;
use saved::{NamePrompt, NameSubject};
use server_messages::ServerMessages;
use table_state::TableState;
use text_pane::TextPane;

/// The state of the Tools screen.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    endpoint: Option<McpEndpoint>,
    connections: HashMap<McpEndpoint, EndpointConnection>,
    pane: Pane,
    /// Whether the focus went from the editor to the result by itself.
    returns_to_editor: bool,
    list: List,
    filter: LineInput,
    /// Forms by endpoint and tool: what was typed for one endpoint stays with it.
    forms: HashMap<ToolKey, Form>,
    /// What keeps the form of the selected tool from being sent.
    problems: Vec<FormProblem>,
    /// The last result of the selected tool.
    result: Option<CallResult>,
    /// The last results of the others, by endpoint and tool.
    results: HashMap<ToolKey, CallResult>,
    /// The rows of earlier calls, to compare with.
    past: PastResults,
    /// The call of the history that is marked to be compared with.
    marked_call: Option<String>,
    /// How the rows of the result are shown.
    table: TableState,
    text: TextPane,
    shown: ResultView,
    /// Calls of this run and of earlier ones, the newest first.
    history: Vec<HistoryEntry>,
    /// A call of the history that is put into its form when its endpoint is connected.
    recalled: Option<HistoryEntry>,
    /// What was typed into forms in earlier runs, until the forms are made.
    drafts: Vec<FormDraft>,
    /// When what is typed now is kept.
    drafts_due: Option<Moment>,
    /// Schemas of graphs, by endpoint and schema tool.
    schemas: HashMap<ToolKey, Loadable<GraphSchema>>,
    /// Parts of a schema that are folded or unfolded other than by default.
    schema_folds: HashSet<String>,
    /// What may stand at the cursor of the statement.
    completion: Option<CompletionPopup>,
    /// Whether a letter was typed into the statement while the schema was not known, and nothing else since.
    lacks_schema: bool,
    /// Queries that are kept under a name; read with the first connection.
    queries: Vec<Query>,
    queries_asked: bool,
    /// What the doctor saw runtimes list past their gateways, and when.
    examined_runtimes: HashMap<DeploymentName, (Moment, Vec<Tool>)>,
    /// What is to be said when a query was kept.
    saving: Option<String>,
    /// The recording in progress.
    recording: Option<ScreenRecording>,
    /// The last export, which is proposed again.
    last_export: Option<LastExport>,
    /// What lies over the panes, the topmost last.
    modals: Vec<Modal>,
}

/// A tool of an endpoint: everything that was asked of an endpoint is filed under both.
type ToolKey = (McpEndpoint, String);

/// A call on its way.
#[derive(Clone, Debug)]
struct Running {
    /// Whether it may write, judged by the tool of its own endpoint.
    is_write: bool,
    tool: String,
    /// The tool below whose form the result is shown: another one where a profile takes another tool than the statement.
    shown_at: String,
    arguments: Map<String, Value>,
    since: Moment,
    progress: Option<Progress>,
    exchange: Option<Box<HttpExchange>>,
    /// What the server has logged of it.
    messages: ServerMessages,
    /// Whether its rows are added to the graph that is shown.
    expands_graph: bool,
    /// Whether it calls a tool; otherwise it reads a resource or gets a prompt.
    is_tool: bool,
}

/// A line of the left pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Tool(usize),
    /// The target of the tool below it; never selected.
    Target(usize),
    /// A resource, a template or a prompt.
    Offer(usize),
    /// What is below it; never selected.
    Heading(&'static str),
    Saved(usize),
    Past(usize),
}

impl Tools {
    fn connection(&self) -> Option<&EndpointConnection> {
        self.connections.get(self.endpoint.as_ref()?)
    }

    fn tools(&self) -> &[Tool] {
        self.connection()
            .and_then(|connection| connection.state.value())
            .map_or(&[], |(_, _, tools)| tools.as_slice())
    }

    fn form_mut(&mut self) -> Option<&mut Form> {
        let tool = self.selected()?.clone();
        let key = (self.endpoint.clone()?, tool.name.clone());
        if !self.forms.contains_key(&key) {
            let form = self.new_form(&key, &tool);
            self.forms.insert(key.clone(), form);
        }
        self.forms.get_mut(&key)
    }

    /// Shows what keeps the form from being sent, and goes to the first field that is wrong.
    fn show_problems(&mut self, problems: Vec<FormProblem>) {
        let first = problems.iter().find_map(|problem| problem.row);
        if let (Some(first), Some(form)) = (first, self.form_mut()) {
            form.focus = first;
        }
        self.problems = problems;
    }

    /// Returns the form of the selected tool.
    fn form(&self) -> Option<&Form> {
        let key = (self.endpoint.clone()?, self.selected()?.name.clone());
        self.forms.get(&key)
    }

    /// Applies a fact about connections and calls.
    pub fn on(&mut self, event: ToolsEvent, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match event {
            ToolsEvent::Connected(endpoint, result) => self.connected(&endpoint, *result, context),
            ToolsEvent::Called(endpoint, result) => self.called(&endpoint, *result, context),
            ToolsEvent::CallLinesRead(endpoint, began, lines) => {
                self.call_lines_read(&endpoint, began, lines, context.now);
                ScreenUpdate::done()
            }
            ToolsEvent::HistoryRead(result) => self.history_read(result),
            ToolsEvent::RecordingBegun(result) => self.recording_begun(result),
            ToolsEvent::DraftsRead(result) => self.drafts_read(result),
            ToolsEvent::GraphSchemaRead(endpoint, tool, result) => {
                self.schema_answered(endpoint, tool, &result, context.now);
                self.propose_from_schema();
                ScreenUpdate::done()
            }
            ToolsEvent::Offered(endpoint, offers) => {
                if let Some(connection) = self.connections.get_mut(&endpoint) {
                    connection.offers = offers;
                }
                ScreenUpdate::done()
            }
            ToolsEvent::QueriesRead(result) => self.queries_read(result),
            ToolsEvent::ClaimsRead(endpoint, result) => self.claims_read(&endpoint, *result),
            ToolsEvent::Progressed(..)
            | ToolsEvent::Exchanged(..)
            | ToolsEvent::ValuesProposed(..)
            | ToolsEvent::MessageLogged { .. } => {
                self.call_event(event, context.now);
                ScreenUpdate::done()
            }
            ToolsEvent::Elicited(endpoint, elicitation) => self.elicited(endpoint, elicitation),
            ToolsEvent::ToolsChanged(endpoint) => {
                self.connections.entry(endpoint).or_default().changed = true;
                ScreenUpdate::effects(self.tick(context.now))
            }
            ToolsEvent::OffersChanged(endpoint) => {
                self.connections.entry(endpoint).or_default().offers_changed = true;
                ScreenUpdate::effects(self.tick(context.now))
            }
        }
    }
}

impl Screen for Tools {
    fn layers(&self) -> Vec<Layer> {
        match (self.modals.last(), self.pane) {
            (Some(modal), _) => modal.layers(),
            (None, Pane::Form) if self.completion.is_some() => {
                vec![Layer::Completion, Layer::Editor]
            }
            (None, Pane::Form) => vec![Layer::Editor],
            (None, Pane::List | Pane::Result) => vec![Layer::Tools, Layer::List],
        }
    }

    fn is_typing(&self) -> bool {
        match self.modals.last() {
            Some(modal) => modal.is_typing(),
            // A tool without arguments has nothing to type into.
            None => self.pane == Pane::Form && self.form().is_none_or(Form::takes_text),
        }
    }

    fn press(&mut self, key: KeyEvent, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if !self.press_modal(key)
            && let Some(form) = self.form_mut()
        {
            form.press(key);
            self.problems.clear();
            self.propose(key);
            self.typed(context.now);
            return ScreenUpdate::effects(self.ask_for_values(key));
        }
        ScreenUpdate::done()
    }

    fn paste(&mut self, text: &str, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if !self.paste_into_modal(text)
            && let Some(form) = self.form_mut()
        {
            form.paste(text);
            self.problems.clear();
            self.completion = None;
            self.typed(context.now);
        }
        ScreenUpdate::done()
    }

    fn leave(&mut self, _context: &mut UpdateContext<'_>) -> Effects {
        self.keep_drafts()
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.endpoint.is_some() {
            Effects::none()
        } else {
            self.first_endpoint(context).effects
        }
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let mut update = self.acted(action, context);
        self.settle();
        if self.pane != Pane::Form {
            self.completion = None;
            update.effects = update.effects.and(self.keep_drafts());
        }
        if let Some(effect) = self.read_schema_once(context.now) {
            update.effects = update.effects.and(effect.into());
        }
        update
    }

    fn click(&mut self, place: ClickPlace, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let ClickPlace { column, line, .. } = place;
        if let Some(row) = self.list.row_at(column, line) {
            self.pane = Pane::List;
            let items = self.items();
            self.list.select(row.min(items.len().saturating_sub(1)));
            self.pass_heading(&items, false);
            self.settle();
        } else if self.shown == ResultView::Tree
            && self.tree_mut().is_some_and(|tree| tree.click(column, line))
        {
            self.pane = Pane::Result;
        } else if let Some(row) = self
            .table
            .rows
            .row_at(column, line)
            .filter(|row| self.shown == ResultView::Table && *row < self.table.len())
        {
            self.pane = Pane::Result;
            self.table.rows.select(row);
        } else {
            self.pane = Pane::Form;
        }
        ScreenUpdate::done()
    }

    fn headline(&self, context: &ViewContext<'_>) -> Option<Vec<(String, Role)>> {
        Some(headline::headline(self, context, self.endpoint.as_ref()?))
    }

    fn way_back(&self, _look: &ViewContext<'_>) -> Option<&'static str> {
        self.leads_back()
    }

    fn foot_rank(&self, action: Action) -> usize {
        let own = self.own_rank(action);
        own.unwrap_or_else(|| BEHIND_OWN + usize::from(action.spec().rank))
    }

    fn offers(&self, action: Action, _look: &ViewContext<'_>) -> bool {
        self.is_available(action)
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        panes::draw_screen(self, context, area, painter);
    }
}

impl Tools {
    fn acted(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(update) = self.act_on_modal(action, context) {
            return update;
        }
        self.returns_to_editor &= self.pane == Pane::Result;
        if self.modals.is_empty()
            && let Some(update) = self.act_on_completion(action)
        {
            self.typed(context.now);
            return update;
        }
        if let Action::Tools(action) = action {
            return self.act_on_tools(action, context);
        }
        match action {
            Action::List(ListAction::Open) => return self.open(context),
            Action::App(AppAction::Refresh) => return self.reconnect(context),
            Action::List(ListAction::Filter) => {
                let has_rows = self.pane == Pane::Result && self.shown == ResultView::Table;
                self.modals.push(if has_rows {
                    Modal::RowFilter
                } else {
                    Modal::ToolFilter
                });
                return ScreenUpdate::done();
            }
            Action::App(AppAction::Back) => return self.back(context.now),
            Action::List(ListAction::Mark) => return self.mark_call(),
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => {}
        }
        match self.pane {
            Pane::Result => self.act_on_result(action),
            Pane::List => {
                if self.move_in_list(action) {
                    ScreenUpdate::done()
                } else {
                    ScreenUpdate::ignored()
                }
            }
            Pane::Form => ScreenUpdate::ignored(),
        }
    }

    fn act_on_tools(
        &mut self,
        action: ToolsAction,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        match action {
            ToolsAction::Run => {
                let past = self.selected_call().filter(|_| self.pane == Pane::List);
                match past.cloned() {
                    Some(entry) => self.recall_call(&entry, true, context),
                    None => self.run(context),
                }
            }
            ToolsAction::History => self.open_history(),
            ToolsAction::GraphSchema => self.open_schema(context.now),
            ToolsAction::Explain => self.show_plan(PlanRequest::Explain, context),
            ToolsAction::Profile => self.show_plan(PlanRequest::Profile, context),
            ToolsAction::Larger
            | ToolsAction::Smaller
            | ToolsAction::NextView
            | ToolsAction::WrapResult => {
                self.act_on_view(action);
                ScreenUpdate::done()
            }
            ToolsAction::NextPane | ToolsAction::PreviousPane => {
                self.go_pane(action == ToolsAction::PreviousPane);
                ScreenUpdate::done()
            }
            ToolsAction::ChooseEndpoint => {
                self.modals.push(Modal::Picker(EndpointPicker::default()));
                ScreenUpdate::done()
            }
            ToolsAction::Identify => self.identify(),
            ToolsAction::CompareCalls => self.compare_from_panes(),
            ToolsAction::SaveQuery | ToolsAction::ForgetQuery | ToolsAction::PinCall => {
                self.change_item(action)
            }
            ToolsAction::Connect => self.reconnect(context),
            ToolsAction::CallLogs => self.call_logs(context),
            ToolsAction::CallWaterfall => self.call_waterfall(),
            ToolsAction::Record => self.toggle_recording(context.now),
            ToolsAction::ExportResult => self.export(),
            ToolsAction::CopyResult
            | ToolsAction::CopyArguments
            | ToolsAction::CopyCurl
            | ToolsAction::CopyMcpJson
            | ToolsAction::CopyCall => self.copy(action, context),
            ToolsAction::OpenAddress | ToolsAction::CopyAddress => self.consent_address(action),
            ToolsAction::RawForm => self.toggle_raw_form(context.now),
            ToolsAction::AllDeployments
            | ToolsAction::ExportAll
            | ToolsAction::SendAnswer
            | ToolsAction::DeclineQuestion
            | ToolsAction::CancelQuestion => ScreenUpdate::ignored(),
        }
    }
}
