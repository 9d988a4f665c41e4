//! Tools: an MCP endpoint, what it offers, a call and its result.

mod calls;
mod column_widths;
mod copy;
mod draw;
mod endpoints;
mod exchange;
mod fields;
mod form;
mod identity;
mod items;
mod line_cache;
mod outcome;
mod question;
mod result;
mod saved;
mod text;
mod tree;

use std::collections::{HashMap, VecDeque};

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use serde_json::{Map, Value};

use super::{Screen, ScreenUpdate, UpdateContext, ViewContext};
use crate::{
    keys::Layer,
    messages::{
        Action, AppAction, Effect, Effects, ListAction, PromptAction, Slot, ToolsAction,
        ToolsEffect, ToolsEvent, Welcome,
    },
    model::{
        CallOutcome, Failure, HttpExchange, McpEndpoint, Moment, Offer, Progress, Tool, pluralize,
    },
    state::{ActivityEntry, Loadable},
    theme::Role,
    tools::saved::Query,
    widgets::{LineInput, List, Painter, Scroll},
};
use endpoints::{EndpointPicker, name_of};
use form::Form;
use question::ServerQuestion;
use saved::NamePrompt;
use tree::Tree;

/// A server that says that its tools have changed is asked for them so often at most, in milliseconds;
const RELIST_MS: i64 = 10_000;
/// twice that after each time that they were the same, so many times.
const DISBELIEF: u32 = 5;

/// The state of the Tools screen.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    endpoint: Option<McpEndpoint>,
    connections: HashMap<McpEndpoint, Connection>,
    pane: Pane,
    list: List,
    filter: LineInput,
    filtering: bool,
    /// Forms by endpoint and tool: what was typed for one endpoint stays with it.
    forms: HashMap<ToolKey, Form>,
    problems: Vec<String>,
    /// The last result of the selected tool.
    result: Option<Outcome>,
    /// The last results of the others, by endpoint and tool.
    results: HashMap<ToolKey, Outcome>,
    rows: List,
    text: Scroll,
    first_column: usize,
    shown: ResultView,
    open_row: bool,
    history: Vec<HistoryEntry>,
    /// Forms that servers ask to be filled in; the first is shown.
    questions: VecDeque<ServerQuestion>,
    /// Queries that are kept under a name; read with the first connection.
    queries: Vec<Query>,
    queries_asked: bool,
    /// What is to be said when a query was kept.
    saving: Option<String>,
    naming: Option<NamePrompt>,
    picker: Option<EndpointPicker>,
    /// Who the console is for the endpoint, where that is shown.
    identity: Option<Scroll>,
}

/// A tool of an endpoint: everything that was asked of an endpoint is filed under both.
type ToolKey = (McpEndpoint, String);

/// What a connection learned.
#[derive(Clone, Debug, Default)]
struct Connection {
    state: Loadable<Welcome>,
    call: Option<Running>,
    /// What the server offers beside tools.
    offers: Vec<Offer>,
    /// When its tools were last asked for.
    asked: Option<Moment>,
    /// Whether the server has said since then that they changed.
    changed: bool,
    /// How often it said so and they were the same.
    same: u32,
}

impl Connection {
    fn ask(&mut self, now: Moment) {
        self.state.ask(now);
        self.asked = Some(now);
        self.changed = false;
    }

    /// When the tools that are said to have changed are asked for.
    fn next_listing(&self) -> Option<Moment> {
        let pause = RELIST_MS << self.same.min(DISBELIEF);
        (self.changed && self.state.loading.is_none()).then(|| {
            self.asked
                .map_or(Moment::from_millis(0), |at| at.plus(pause))
        })
    }
}

/// A call on its way.
#[derive(Clone, Debug)]
struct Running {
    /// Whether it may write, judged by the tool of its own endpoint.
    is_write: bool,
    tool: String,
    arguments: Map<String, Value>,
    since: Moment,
    progress: Option<Progress>,
    exchange: Option<Box<HttpExchange>>,
}

/// A result.
#[derive(Clone, Debug)]
struct Outcome {
    endpoint: McpEndpoint,
    tool: String,
    statement: Option<String>,
    began: Moment,
    ended: Moment,
    result: Result<CallOutcome, Failure>,
    /// How it went over the wire.
    exchange: Option<Box<HttpExchange>>,
    /// The result as a tree, where it is JSON.
    tree: Option<Tree>,
    /// Its lines as they were drawn last.
    line_cache: line_cache::LineCache,
}

/// A call of this session.
#[derive(Clone, Debug)]
struct HistoryEntry {
    endpoint: McpEndpoint,
    at: Moment,
    tool: String,
    arguments: Map<String, Value>,
    words: String,
    good: bool,
}

/// The panes, from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    List,
    Form,
    Result,
}

/// How a result is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ResultView {
    /// Rows and columns.
    #[default]
    Table,
    /// JSON whose branches fold.
    Tree,
    /// As the server wrote it.
    Text,
    /// Request and answer as they went over the wire.
    Raw,
}

impl ResultView {
    /// Its name.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Tree => "tree",
            Self::Text => "text",
            Self::Raw => "raw",
        }
    }
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
    /// Talks to an endpoint: connects unless it is connected already.
    pub fn connect(&mut self, endpoint: McpEndpoint, context: &mut UpdateContext<'_>) -> Effects {
        let changed = self.endpoint.as_ref() != Some(&endpoint);
        if changed {
            self.list = List::default();
            self.show_result(None);
            self.problems.clear();
            self.pane = Pane::List;
        }
        self.endpoint = Some(endpoint.clone());
        if changed {
            self.select_tool(None);
        }
        let connection = self.connections.entry(endpoint.clone()).or_default();
        if connection.state.value.is_some() || connection.state.loading.is_some() {
            return Effects::none();
        }
        connection.ask(context.now);
        Effects::one(Effect::Tools(ToolsEffect::Connect(endpoint)))
    }

    /// When a list of tools is due that a server says has changed.
    pub fn next_listing(&self) -> Option<Moment> {
        self.connections
            .values()
            .filter_map(Connection::next_listing)
            .min()
    }

    /// Asks for the lists of tools that are due.
    pub fn tick(&mut self, now: Moment) -> Effects {
        let due = self
            .connections
            .iter_mut()
            .filter(|(_, each)| each.next_listing().is_some_and(|at| at <= now));
        due.map(|(endpoint, connection)| {
            connection.ask(now);
            Effect::Tools(ToolsEffect::Connect(endpoint.clone()))
        })
        .collect()
    }

    /// When the countdown of a token changes next.
    pub fn next_wake(&self, now: Moment) -> Option<Moment> {
        let connection = self.connection()?;
        if connection.call.is_some() {
            return Some(now.plus(200));
        }
        let end = connection.state.get()?.0.token_expires_at?;
        let left = end.since(now);
        (left > 0).then(|| now.plus(if left < 120_000 { 1_000 } else { 30_000 }))
    }

    fn connection(&self) -> Option<&Connection> {
        self.connections.get(self.endpoint.as_ref()?)
    }

    fn tools(&self) -> &[Tool] {
        self.connection()
            .and_then(|connection| connection.state.get())
            .map_or(&[], |(_, _, tools)| tools.as_slice())
    }

    fn form_mut(&mut self) -> Option<&mut Form> {
        let tool = self.selected()?.clone();
        let key = (self.endpoint.clone()?, tool.name.clone());
        Some(self.forms.entry(key).or_insert_with(|| Form::new(&tool)))
    }

    /// The form of the selected tool.
    fn form(&self) -> Option<&Form> {
        let key = (self.endpoint.clone()?, self.selected()?.name.clone());
        self.forms.get(&key)
    }

    /// A fact about connections and calls.
    pub fn on(&mut self, event: ToolsEvent, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match event {
            ToolsEvent::Connected(endpoint, result) => self.connected(&endpoint, *result, context),
            ToolsEvent::Called(endpoint, result) => self.called(&endpoint, *result, context),
            ToolsEvent::Exchanged(endpoint, exchange) => {
                if let Some(call) = self
                    .connections
                    .get_mut(&endpoint)
                    .and_then(|connection| connection.call.as_mut())
                {
                    call.exchange = Some(exchange);
                }
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
            ToolsEvent::Progressed(endpoint, progress) => {
                if let Some(call) = self
                    .connections
                    .get_mut(&endpoint)
                    .and_then(|connection| connection.call.as_mut())
                {
                    call.progress = Some(progress);
                }
                ScreenUpdate::done()
            }
            ToolsEvent::Elicited(endpoint, elicitation) => self.elicited(endpoint, elicitation),
            ToolsEvent::ToolsChanged(endpoint) => {
                self.connections.entry(endpoint).or_default().changed = true;
                ScreenUpdate::effects(self.tick(context.now))
            }
        }
    }

    fn connected(
        &mut self,
        endpoint: &McpEndpoint,
        result: Result<Welcome, Failure>,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        let is_shown = self.endpoint.as_ref() == Some(endpoint);
        let selected = self
            .selected()
            .filter(|_| is_shown)
            .map(|tool| tool.name.clone());
        let known = self
            .connections
            .get(endpoint)
            .and_then(|connection| connection.state.get());
        let is_same = match (&result, known) {
            (Ok((_, _, tools)), Some((_, _, old))) => tools == old,
            _ => false,
        };
        // A list that came again and is as it was is nothing that was done.
        if !is_same {
            let what = format!("connect to {}", name_of(endpoint, context.store));
            let noted = result
                .as_ref()
                .map(|(info, _, tools)| {
                    format!("{}, {}", info.server, pluralize(tools.len(), "tool"))
                })
                .map_err(|failure| Box::new(failure.clone()));
            context.store.record(ActivityEntry {
                at: context.now,
                what,
                write: false,
                result: noted,
                request_id: None,
                took_ms: None,
                arguments: None,
                again: None,
            });
        }
        if let Some(connection) = self.connections.get_mut(endpoint) {
            connection.state.answer(result, context.now);
            connection.same = if is_same {
                connection.same.saturating_add(1)
            } else {
                0
            };
        }
        if is_shown {
            self.select_tool(selected.as_deref());
        }
        let is_connected = self
            .connections
            .get(endpoint)
            .is_some_and(|connection| connection.state.problem().is_none());
        let offers = is_connected.then(|| Effect::Tools(ToolsEffect::ListOffers(endpoint.clone())));
        let queries = (!std::mem::replace(&mut self.queries_asked, true))
            .then_some(Effect::Tools(ToolsEffect::ReadQueries));
        ScreenUpdate::effects(queries.into_iter().chain(offers).collect())
    }

    /// Selects the tool of that name; else the one that most people come for, which reads Cypher; else the first line.
    fn select_tool(&mut self, name: Option<&str>) {
        let reader = crate::tools::cypher::tools(self.tools(), crate::tools::cypher::Access::Read)
            .first()
            .map(|tool| tool.name.as_str());
        let wanted = name.or(reader);
        let items = self.items();
        let at = items.iter().position(|item| match item {
            Item::Tool(at) => {
                let tool = self.tools().get(*at);
                tool.map(|tool| tool.name.as_str()) == wanted
            }
            Item::Target(_)
            | Item::Offer(_)
            | Item::Heading(_)
            | Item::Saved(_)
            | Item::Past(_) => false,
        });
        if let Some(at) = at {
            self.list.select(at);
        }
        self.pass_heading(&items, false);
        self.settle();
    }

    fn go_pane(&mut self, backwards: bool) {
        if self.pane == Pane::Form && self.form_mut().is_some_and(|form| form.go(backwards)) {
            return;
        }
        self.pane = match (self.pane, backwards) {
            (Pane::List, false) | (Pane::Result, true) => Pane::Form,
            (Pane::Form, false) | (Pane::List, true) => Pane::Result,
            (Pane::Result, false) | (Pane::Form, true) => Pane::List,
        };
    }

    fn open(&mut self, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match self.pane {
            Pane::List => {
                let current = self.current();
                if let Some(Item::Saved(at)) = current {
                    return self.recall(at);
                }
                if let Some(Item::Past(at)) = current
                    && let Some(past) = self.history.get(at).cloned()
                    && let Some(form) = self.form_mut()
                {
                    form.fill(&past.arguments);
                }
                let without_fields = self
                    .form_mut()
                    .is_some_and(|form| form.fields.is_empty() && form.raw.is_none());
                if without_fields {
                    // In a narrow window that is where its result is seen.
                    self.pane = Pane::Result;
                    return self.run(context);
                }
                self.pane = Pane::Form;
                ScreenUpdate::done()
            }
            Pane::Result if self.shown == ResultView::Tree => {
                self.act_on_result(Action::List(ListAction::Open))
            }
            Pane::Result => {
                self.open_row = !self.open_row;
                ScreenUpdate::done()
            }
            Pane::Form => ScreenUpdate::done(),
        }
    }
}

impl Screen for Tools {
    fn layers(&self) -> Vec<Layer> {
        if !self.questions.is_empty() {
            return vec![Layer::Question];
        }
        if self.has_prompt() {
            return vec![Layer::Prompt];
        }
        if self.identity.is_some() {
            return vec![Layer::Tools, Layer::List];
        }
        match self.pane {
            Pane::Form => vec![Layer::Editor],
            Pane::List | Pane::Result => vec![Layer::Tools, Layer::List],
        }
    }

    fn is_typing(&self) -> bool {
        self.has_prompt() || (self.pane == Pane::Form && self.identity.is_none())
    }

    fn press(&mut self, key: KeyEvent, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(question) = self.questions.front_mut() {
            question.form.press(key);
            question.problems.clear();
        } else if let Some(naming) = &mut self.naming {
            naming.name.press(key);
        } else if let Some(picker) = &mut self.picker {
            if picker.input.press(key) {
                picker.typed();
            }
        } else if self.filtering {
            self.filter.press(key);
            self.list.select(0);
            let items = self.items();
            self.pass_heading(&items, false);
            self.settle();
        } else if let Some(form) = self.form_mut() {
            form.press(key);
            self.problems.clear();
        }
        ScreenUpdate::done()
    }

    fn paste(&mut self, text: &str, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(question) = self.questions.front_mut() {
            question.form.paste(text);
        } else if let Some(naming) = &mut self.naming {
            naming.name.paste(text);
        } else if let Some(picker) = &mut self.picker {
            picker.input.paste(text);
            picker.typed();
        } else if self.filtering {
            self.filter.paste(text);
        } else if let Some(form) = self.form_mut() {
            form.paste(text);
        }
        ScreenUpdate::done()
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        if self.endpoint.is_some() {
            Effects::none()
        } else {
            self.first_endpoint(context).effects
        }
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let reply = self.acted(action, context);
        self.settle();
        reply
    }

    fn click(&mut self, column: u16, line: u16, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
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
            .rows
            .row_at(column, line)
            .filter(|_| self.shown == ResultView::Table)
        {
            self.pane = Pane::Result;
            self.rows.select(row);
        } else {
            self.pane = Pane::Form;
        }
        ScreenUpdate::done()
    }

    fn headline(&self, context: &ViewContext<'_>) -> Option<Vec<(String, Role)>> {
        Some(draw::headline(self, context, self.endpoint.as_ref()?))
    }

    fn offers(&self, action: Action, _look: &ViewContext<'_>) -> bool {
        if self.identity.is_some() {
            return matches!(
                action,
                Action::App(AppAction::Help | AppAction::Palette)
                    | Action::Tools(ToolsAction::Identify)
            );
        }
        let is_connected = self
            .connection()
            .is_some_and(|connection| connection.state.get().is_some());
        match action {
            Action::Tools(ToolsAction::ChooseEndpoint | ToolsAction::Connect)
            | Action::App(AppAction::Help | AppAction::Palette | AppAction::Back)
            | Action::Prompt(PromptAction::Accept) => true,
            Action::Tools(
                ToolsAction::NextView
                | ToolsAction::CopyResult
                | ToolsAction::ExportResult
                | ToolsAction::CallLogs
                | ToolsAction::CallWaterfall,
            ) => self.result.is_some(),
            Action::Tools(ToolsAction::ForgetQuery) => {
                matches!(self.current(), Some(Item::Saved(_))) && self.pane == Pane::List
            }
            Action::List(ListAction::Sort | ListAction::Mark) => false,
            _ => is_connected,
        }
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        draw::tools(self, context, area, painter);
    }
}

impl Tools {
    fn acted(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if !self.questions.is_empty() {
            return self.act_on_question(action);
        }
        if self.naming.is_some()
            && matches!(
                action,
                Action::Prompt(PromptAction::Accept) | Action::App(AppAction::Back)
            )
        {
            return self.named(action == Action::Prompt(PromptAction::Accept));
        }
        if let Some(picker) = self.picker.take() {
            return self.act_on_picker(picker, action, context);
        }
        if let Some(scroll) = &mut self.identity {
            if scroll.act(action) {
                return ScreenUpdate::done();
            }
            self.identity = None;
            if matches!(
                action,
                Action::App(AppAction::Back)
                    | Action::Tools(ToolsAction::Identify)
                    | Action::List(ListAction::Open)
            ) {
                return ScreenUpdate::done();
            }
        }
        if self.filtering
            && matches!(
                action,
                Action::Prompt(PromptAction::Accept) | Action::App(AppAction::Back)
            )
        {
            self.filtering = false;
            if action == Action::App(AppAction::Back) {
                self.filter = LineInput::default();
            }
            return ScreenUpdate::done();
        }
        match action {
            Action::Tools(ToolsAction::Run) => return self.run(context),
            Action::Tools(ToolsAction::NextPane | ToolsAction::PreviousPane) => {
                self.go_pane(action == Action::Tools(ToolsAction::PreviousPane));
                return ScreenUpdate::done();
            }
            Action::List(ListAction::Open) => return self.open(context),
            Action::Tools(ToolsAction::ChooseEndpoint) => {
                self.picker = Some(EndpointPicker::default());
                return ScreenUpdate::done();
            }
            Action::Tools(ToolsAction::Identify) => return self.identify(),
            Action::Tools(ToolsAction::SaveQuery) => return self.save(),
            Action::Tools(ToolsAction::ForgetQuery) => return self.forget(),
            Action::Tools(ToolsAction::Connect) | Action::App(AppAction::Refresh) => {
                return self.reconnect(context);
            }
            Action::Tools(ToolsAction::CallLogs) => return self.call_logs(context),
            Action::Tools(ToolsAction::CallWaterfall) => return self.call_waterfall(),
            Action::Tools(ToolsAction::ExportResult) => return self.export(),
            Action::Tools(
                ToolsAction::CopyResult
                | ToolsAction::CopyArguments
                | ToolsAction::CopyCurl
                | ToolsAction::CopyCall,
            ) => {
                return self.copy(action, context);
            }
            Action::Tools(ToolsAction::RawForm) => {
                if let Some(Err(problems)) = self.form_mut().map(Form::toggle_raw) {
                    self.problems = problems;
                }
                return ScreenUpdate::done();
            }
            Action::Tools(ToolsAction::NextView) => {
                self.next_view();
                return ScreenUpdate::done();
            }
            Action::List(ListAction::Filter) => {
                self.filtering = true;
                return ScreenUpdate::done();
            }
            Action::App(AppAction::Back) => return self.back(context.now),
            _ => {}
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

    /// Whether a line is being typed that is no field of the form.
    fn has_prompt(&self) -> bool {
        !self.questions.is_empty()
            || self.filtering
            || self.naming.is_some()
            || self.picker.is_some()
    }

    fn reconnect(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let Some(endpoint) = self.endpoint.clone() else {
            return ScreenUpdate::done();
        };
        let connection = self.connections.entry(endpoint.clone()).or_default();
        connection.ask(context.now);
        connection.same = 0;
        ScreenUpdate::effect(Effect::Tools(ToolsEffect::Connect(endpoint)))
    }

    /// One step back: the call, an opened row, the filter, the pane; then it is for somebody else.
    fn back(&mut self, now: Moment) -> ScreenUpdate {
        if let Some(reply) = self.cancel(now) {
            return reply;
        }
        if let Some(endpoint) = self.endpoint.clone()
            && let Some(connection) = self.connections.get_mut(&endpoint)
            && connection.state.loading.take().is_some()
        {
            return ScreenUpdate::effect(Effect::Stop(Slot::Connection(endpoint)));
        }
        if std::mem::take(&mut self.open_row) {
            return ScreenUpdate::done();
        }
        if self.pane != Pane::List {
            self.pane = Pane::List;
            return ScreenUpdate::done();
        }
        if !self.filter.text().is_empty() {
            self.filter = LineInput::default();
            return ScreenUpdate::done();
        }
        ScreenUpdate::ignored()
    }
}
