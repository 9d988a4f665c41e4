//! The query of CloudWatch Logs Insights: its text, what it may scan, its rows, and the lines around one of them.

use super::{AppRequest, LogWindow, Logs, LogsView, prompt::LogsPrompt};
use crate::{
    logs::{
        LogRecord,
        insights::{self, ANY_SESSION, InsightsOutput, InsightsRow, MAX_GROUPS, saved_queries},
        own_spans_only, spans_of,
    },
    messages::{Action, Effect, ListAction, LogsEffect, Slot},
    model::{
        DeploymentName, Failure, LinesAroundRequest, LogQueryRequest, LogScanEstimate, Moment,
    },
    screens::{ScreenUpdate, UpdateContext, confirm::Confirm},
    state::{NamedText, Store},
    widgets::List,
};

/// Number of queries that are remembered.
const USED_QUERIES: usize = 20;
/// How much time before and after a row is read when it is opened in the lines, in milliseconds.
const LINES_MARGIN_MS: i64 = 5 * 60 * 1000;

/// How far a query has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum QueryPhase {
    /// Nothing was asked.
    #[default]
    Idle,
    /// What it may scan is being found out.
    Estimating,
    /// It was estimated, and waits for an answer or was not agreed to.
    NotSent,
    /// It runs.
    Running,
    /// It has ended by itself.
    Ended,
    /// It was cancelled here.
    Cancelled,
}

/// A row that is opened: the lines around it.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenedQueryRow {
    /// Time and text of the row's own line, if the row says so.
    pub(super) at: Option<Moment>,
    /// The lines around it, as soon as they are read.
    pub(super) lines: Option<Result<Vec<LogRecord>, Failure>>,
    pub(super) list: List,
}

/// The query and its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct QueryPanel {
    pub(super) phase: QueryPhase,
    /// The text that was typed last; what is asked reads only the spans of the deployments that are shown.
    pub(super) typed: String,
    /// What was asked last.
    pub(super) request: Option<LogQueryRequest>,
    /// Title of the logs that it reads.
    pub(super) scope: String,
    /// What it may scan.
    pub(super) estimate: Option<LogScanEstimate>,
    pub(super) output: InsightsOutput,
    pub(super) failure: Option<Failure>,
    pub(super) list: List,
    pub(super) opened: Option<OpenedQueryRow>,
    used: Vec<String>,
    /// Queries that are kept under a name.
    pub(super) named: Vec<NamedText>,
}

impl QueryPanel {
    /// Returns a panel that remembers the queries of earlier runs, the latest first.
    pub(super) fn restored(used: &[String], named: &[NamedText]) -> Self {
        Self {
            used: used.to_vec(),
            named: named.to_vec(),
            ..Self::default()
        }
    }

    /// Queries that were used, the latest first.
    pub(super) fn used(&self) -> &[String] {
        &self.used
    }

    pub(super) fn selected(&self) -> Option<&InsightsRow> {
        self.output.rows.get(self.list.cursor())
    }

    /// Returns whether a request to the service is on its way.
    pub(super) const fn is_busy(&self) -> bool {
        matches!(self.phase, QueryPhase::Estimating | QueryPhase::Running)
    }

    fn begin(&mut self, typed: String, scope: String, request: LogQueryRequest) {
        self.used.retain(|used| *used != typed);
        self.used.insert(0, typed.clone());
        self.used.truncate(USED_QUERIES);
        *self = Self {
            phase: QueryPhase::Estimating,
            typed,
            request: Some(request),
            scope,
            used: std::mem::take(&mut self.used),
            named: std::mem::take(&mut self.named),
            ..Self::default()
        };
    }

    fn replace_rows(&mut self, output: InsightsOutput) {
        self.output = output;
        self.list.clamp(self.output.rows.len());
    }
}

impl Logs {
    /// Opens the bar with the query to begin with.
    pub(super) fn open_query_bar(&mut self) -> ScreenUpdate {
        let text = self.query_to_edit();
        self.view = LogsView::Query;
        self.open_prompt(LogsPrompt::query(&text))
    }

    /// Returns the query that was asked last where its rows are shown, otherwise the filter of the lines written as a query.
    pub(super) fn query_to_edit(&self) -> String {
        let asked = self.query.request.as_ref();
        match asked.filter(|_| self.view == LogsView::Query) {
            Some(_) => self.query.typed.clone(),
            None => self.store.filter().insights_query(),
        }
    }

    /// Returns the condition that is added to every query, so that it reads the spans of what is shown and of nothing else.
    pub(super) fn spans_condition(&self) -> Option<String> {
        spans_of(&self.owners_of_shared_spans())
    }

    /// Ids of the gateways and runtimes that are shown, if spans are read too: their group is shared by the whole account.
    fn owners_of_shared_spans(&self) -> Vec<String> {
        let parts = self.source.iter().flat_map(|source| &source.parts);
        let has_spans = parts
            .clone()
            .flat_map(|part| &part.groups)
            .any(|group| crate::logs::source_word(group) == "spans");
        if has_spans {
            parts.flat_map(|part| part.owner_ids.clone()).collect()
        } else {
            Vec::new()
        }
    }

    /// Queries that can be put into the bar with their names: those that were used, and those to begin with.
    pub(super) fn suggested_queries(&self) -> Vec<(String, String)> {
        let session = self.current().and_then(|entry| match entry.body {
            crate::logs::store::Body::Event { line, .. } => line.session_id,
            crate::logs::store::Body::Notice(_) => None,
        });
        let saved = saved_queries(session.as_deref());
        let own = [(
            "this filter".to_owned(),
            self.store.filter().insights_query(),
        )];
        let used = self.query.used.iter();
        let named = self.query.named.iter();
        own.into_iter()
            .chain(named.map(|named| (format!("@{}", named.name), named.text.clone())))
            .chain(
                saved
                    .into_iter()
                    .map(|saved| (saved.name.to_owned(), saved.text)),
            )
            .chain(used.map(|text| ("used".to_owned(), text.clone())))
            .collect()
    }

    /// Asks what a query may scan. It runs after that, unless it is expensive.
    pub(super) fn ask_query(&mut self, text: &str, context: &UpdateContext<'_>) -> ScreenUpdate {
        if text.contains(ANY_SESSION) {
            let words = format!("put the id of a session in the place of {ANY_SESSION}");
            return ScreenUpdate::request(AppRequest::Say(words));
        }
        let (deployment, groups) = match self.query_scope(context.store) {
            Ok(scope) => scope,
            Err(words) => return ScreenUpdate::request(AppRequest::Say(words)),
        };
        let request = LogQueryRequest {
            deployment,
            groups,
            text: own_spans_only(text.trim(), &self.owners_of_shared_spans()),
            window: self.range.window.unwrap_or(self.range.axis(context.now)),
        };
        let scope = self.source.as_ref().map(|source| source.title.clone());
        let typed = text.trim().to_owned();
        self.query
            .begin(typed, scope.unwrap_or_default(), request.clone());
        ScreenUpdate::effect(Effect::Logs(LogsEffect::EstimateQuery(request)))
    }

    /// Returns the groups of a query, and whose credentials it runs with.
    ///
    /// # Errors
    /// Why no single query reads what is shown.
    fn query_scope(&self, store: &Store) -> Result<(DeploymentName, Vec<String>), String> {
        let parts = self
            .source
            .as_ref()
            .map_or(&[][..], |source| source.parts.as_slice());
        let first = parts
            .first()
            .ok_or_else(|| "no logs are chosen yet".to_owned())?;
        let place = |name: &DeploymentName| {
            store
                .deployments
                .iter()
                .find(|deployment| deployment.name == *name)
        };
        let home = place(&first.deployment);
        let is_one_place = parts.iter().all(|part| {
            home.zip(place(&part.deployment))
                .is_some_and(|(home, other)| home.shares_access(other))
        });
        if !is_one_place {
            return Err(
                "a query reads one account and region; choose one deployment for it".to_owned(),
            );
        }
        let mut groups: Vec<String> = Vec::new();
        for group in parts.iter().flat_map(|part| &part.groups) {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
        if groups.len() > MAX_GROUPS {
            return Err(format!(
                "{} log groups; a query reads at most {MAX_GROUPS}",
                groups.len()
            ));
        }
        Ok((first.deployment.clone(), groups))
    }

    /// Handles the estimate: groups that do not exist are left out, an expensive query is asked about.
    pub fn query_estimated(
        &mut self,
        mut request: LogQueryRequest,
        estimate: LogScanEstimate,
    ) -> ScreenUpdate {
        request
            .groups
            .retain(|group| !estimate.missing.contains(group));
        let question = insights::question(&estimate);
        self.query.estimate = Some(estimate);
        if request.groups.is_empty() {
            self.query.phase = QueryPhase::NotSent;
            return ScreenUpdate::request(AppRequest::Say(
                "none of the log groups exists (yet)".to_owned(),
            ));
        }
        self.query.request = Some(request.clone());
        let run = Effect::Logs(LogsEffect::RunQuery(request));
        if let Some(text) = question {
            self.query.phase = QueryPhase::NotSent;
            let title = "Run this query of Logs Insights?".to_owned();
            return ScreenUpdate::request(AppRequest::Ask(Confirm::ask(title, text, run)));
        }
        self.query.phase = QueryPhase::Running;
        ScreenUpdate::effect(run)
    }

    /// Takes in the rows that a query has found so far.
    pub fn query_advanced(&mut self, output: InsightsOutput) {
        self.query.phase = QueryPhase::Running;
        self.query.replace_rows(output);
    }

    /// Takes in the end of a query.
    pub fn query_ended(&mut self, result: Result<InsightsOutput, Failure>) {
        self.query.phase = QueryPhase::Ended;
        match result {
            Ok(output) => self.query.replace_rows(output),
            Err(failure) => self.query.failure = Some(failure),
        }
    }

    /// Takes in the lines around the opened row. The list begins with the row's own line in sight.
    pub fn around_read(&mut self, lines: Result<Vec<LogRecord>, Failure>) {
        let Some(opened) = &mut self.query.opened else {
            return;
        };
        if let (Ok(lines), Some(at)) = (&lines, opened.at) {
            let own = lines.iter().position(|line| line.timestamp() >= at);
            opened.list.select(own.unwrap_or(lines.len()));
            opened.list.clamp(lines.len());
        }
        opened.lines = Some(lines);
    }

    pub(super) fn act_on_query(&mut self, action: ListAction) -> ScreenUpdate {
        if let Some(opened) = &mut self.query.opened {
            if action == ListAction::Open {
                self.query.opened = None;
                return ScreenUpdate::done();
            }
            let length = match &opened.lines {
                Some(Ok(lines)) => lines.len(),
                Some(Err(_)) | None => 0,
            };
            return moved(opened.list.act(Action::List(action), length));
        }
        if action == ListAction::Open {
            return self.open_query_row();
        }
        let length = self.query.output.rows.len();
        moved(self.query.list.act(Action::List(action), length))
    }

    /// Opens the selected row, and reads the lines around it if it is a log line.
    pub(super) fn open_query_row(&mut self) -> ScreenUpdate {
        let (Some(row), Some(request)) = (self.query.selected(), &self.query.request) else {
            return ScreenUpdate::done();
        };
        let opened = OpenedQueryRow {
            at: row.at,
            ..OpenedQueryRow::default()
        };
        let around = row.at.map(|at| LinesAroundRequest {
            deployment: request.deployment.clone(),
            groups: row
                .group
                .clone()
                .map_or_else(|| request.groups.clone(), |group| vec![group]),
            at,
        });
        self.query.opened = Some(opened);
        match around {
            Some(around) => ScreenUpdate::effect(Effect::Logs(LogsEffect::ReadAround(around))),
            None => ScreenUpdate::done(),
        }
    }

    /// Cancels the query that runs, closes the opened row, or goes back to the lines.
    pub(super) fn leave_query(&mut self) -> ScreenUpdate {
        if self.query.opened.take().is_some() {
            return ScreenUpdate::done();
        }
        if self.query.is_busy() {
            self.query.phase = QueryPhase::Cancelled;
            return ScreenUpdate::effect(Effect::Stop(Slot::LogQuery));
        }
        self.view = LogsView::Lines;
        ScreenUpdate::done()
    }

    /// Opens the lines at the time of the selected row: around a log line, or those of a bin.
    pub(super) fn show_lines_of_query_row(&mut self, now: Moment) -> ScreenUpdate {
        let chart = self.query.output.chart.as_ref();
        let window = self.query.selected().and_then(|row| {
            if let Some(at) = row.at {
                return Some((
                    at.plus(-LINES_MARGIN_MS),
                    at.plus(LINES_MARGIN_MS).min(now),
                    at,
                ));
            }
            let chart = chart?;
            let at = row
                .cells
                .iter()
                .find_map(|(name, _)| insights::result_time(row.cell(name)))?;
            Some((at, at.plus(chart.bin_ms - 1).min(now), at))
        });
        let (Some((since, until, at)), Some(source)) = (window, self.source.clone()) else {
            return ScreenUpdate::request(AppRequest::Say(
                "this row has no time: `fields @timestamp` or `by bin(5m)` gives it one".to_owned(),
            ));
        };
        let window = LogWindow {
            since: Some(since),
            until: Some(until),
        };
        let effects = self.tail(source, window, now);
        self.view = LogsView::Lines;
        self.range.wanted = Some(at);
        ScreenUpdate::effects(effects)
    }
}

fn moved(is_handled: bool) -> ScreenUpdate {
    if is_handled {
        ScreenUpdate::done()
    } else {
        ScreenUpdate::ignored()
    }
}
