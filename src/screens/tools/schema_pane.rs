//! The schema of the graph: when it is read, the pane beside the editor, and the browser in which a name is chosen.

use std::collections::HashSet;

use ratatui::layout::Rect;

use super::{Modal, Pane, ToolKey, Tools};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, Effect, ListAction, ToolsAction, ToolsEffect, ToolsViewport},
    model::{CallOutcome, Failure, FailureKind, McpEndpoint, Moment, with_separators},
    screens::{AppRequest, ScreenUpdate, UpdateContext, ViewContext},
    state::Loadable,
    theme::Role,
    tools::{
        cypher,
        graph_schema::{GraphSchema, PropertySchema, schema_tool},
        index_arguments::takes_index,
    },
    widgets::{DrawnViewport, List, Painter, text_width},
};

/// Labels up to this number show their properties without being unfolded.
const UNFOLDED: usize = 12;
/// Columns of the browser of the schema over the form.
pub(super) const SCHEMA_OVER: u16 = 48;

/// A row of the schema.
struct SchemaRow {
    /// What is folded and unfolded with the row; empty for a row that cannot be.
    key: String,
    is_open: Option<bool>,
    depth: u16,
    /// The name as a statement takes it.
    name: String,
    /// The name as it is shown.
    label: String,
    role: Role,
    note: String,
    count: String,
}

/// The browser of the schema.
#[derive(Clone, Debug, Default)]
pub(super) struct SchemaBrowser {
    list: List,
}

impl SchemaBrowser {
    pub(super) const fn record(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }
}

impl Tools {
    /// Returns the schema tool beside the selected tool, if that takes Cypher.
    fn schema_key(&self) -> Option<ToolKey> {
        let selected = self.selected()?;
        let own = schema_tool(self.tools(), selected)?;
        let is_wanted = cypher::access(selected).is_some()
            || selected.name == own.name
            || takes_index(selected);
        is_wanted.then(|| Some((self.endpoint.clone()?, own.name.clone())))?
    }

    /// Returns what is known of the schema of the graph behind the selected tool.
    pub(super) fn graph_schema(&self) -> Option<&Loadable<GraphSchema>> {
        self.schemas.get(&self.schema_key()?)
    }

    /// Reads the schema when the editor is entered for the first time.
    pub(super) fn read_schema_once(&mut self, now: Moment) -> Option<Effect> {
        let key = self.schema_key().filter(|_| self.pane == Pane::Form)?;
        if self.schemas.contains_key(&key) {
            return None;
        }
        Some(self.read_schema(key, now))
    }

    fn read_schema(&mut self, key: ToolKey, now: Moment) -> Effect {
        self.schemas
            .entry(key.clone())
            .or_default()
            .start_loading(now);
        Effect::Tools(ToolsEffect::ReadGraphSchema(key.0, key.1))
    }

    /// Reads the schema again, if it was read before.
    pub(super) fn reread_schema(&mut self, now: Moment) -> Option<Effect> {
        let key = self.schema_key()?;
        let known = self.schemas.get(&key)?;
        if known.is_loading() {
            return None;
        }
        Some(self.read_schema(key, now))
    }

    /// A schema tool has answered.
    pub(super) fn schema_answered(
        &mut self,
        endpoint: McpEndpoint,
        tool: String,
        result: &Result<CallOutcome, Failure>,
        now: Moment,
    ) {
        let schema = result.as_ref().map_err(Clone::clone).and_then(|outcome| {
            let refused = |cause: String| {
                Failure::new(
                    FailureKind::Refused,
                    "reading the schema of the graph",
                    cause,
                )
            };
            if outcome.is_error {
                return Err(refused(outcome.text()));
            }
            let answer = outcome
                .json
                .as_ref()
                .or(outcome.structured_content.as_ref());
            answer.and_then(GraphSchema::parse).ok_or_else(|| {
                let text = outcome.text();
                refused(text.lines().next().unwrap_or_default().to_owned())
            })
        });
        let known = self.schemas.entry((endpoint, tool)).or_default();
        known.finish_loading(schema, now);
    }

    /// Returns whether a tool is the schema tool of the graph behind the selected one.
    pub(super) fn is_schema_tool(&self, name: &str) -> bool {
        let own = self.tools().iter().find(|tool| tool.name == name);
        own.is_some_and(|tool| {
            schema_tool(self.tools(), tool).is_some_and(|found| found.name == name)
        })
    }

    /// Opens the browser of the schema, or closes it.
    pub(super) fn open_schema(&mut self, now: Moment) -> ScreenUpdate {
        let Some(key) = self.schema_key() else {
            if self
                .selected()
                .and_then(|tool| self.tool_drift(tool))
                .is_some()
            {
                self.modals.push(Modal::Schema(SchemaBrowser::default()));
                return ScreenUpdate::done();
            }
            let text = "this server has no tool that describes the schema of its graph";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        };
        self.modals.push(Modal::Schema(SchemaBrowser::default()));
        if self.schemas.contains_key(&key) {
            return ScreenUpdate::done();
        }
        ScreenUpdate::effect(self.read_schema(key, now))
    }

    /// Performs an action in the browser of the schema.
    pub(super) fn act_on_schema(
        &mut self,
        action: Action,
        context: &UpdateContext<'_>,
    ) -> Option<ScreenUpdate> {
        let is_closing = matches!(
            action,
            Action::App(AppAction::Back) | Action::Tools(ToolsAction::GraphSchema)
        );
        if is_closing {
            self.modals.pop();
            return Some(ScreenUpdate::done());
        }
        if action == Action::App(AppAction::Refresh) {
            let effect = self.reread_schema(context.now);
            return Some(effect.map_or_else(ScreenUpdate::done, ScreenUpdate::effect));
        }
        let rows = self
            .graph_schema()
            .and_then(Loadable::value)
            .map_or_else(Vec::new, |schema| schema_rows(schema, &self.schema_folds));
        let Some(Modal::Schema(browser)) = self.modals.last_mut() else {
            return None;
        };
        if browser.list.act(action, rows.len()) {
            return Some(ScreenUpdate::done());
        }
        let row = rows.get(browser.list.cursor())?;
        if action == Action::List(ListAction::Open) {
            let name = row.name.clone();
            self.modals.pop();
            self.pane = Pane::Form;
            self.insert_into_statement(&name, 0);
            return Some(ScreenUpdate::done());
        }
        let wanted = if action == Action::List(ListAction::Right) {
            true
        } else if action == Action::List(ListAction::Left) {
            false
        } else {
            return None;
        };
        if row.is_open == Some(!wanted) && !self.schema_folds.remove(&row.key) {
            self.schema_folds.insert(row.key.clone());
        }
        Some(ScreenUpdate::done())
    }

    /// Draws the schema in the pane beside the editor.
    pub(super) fn draw_schema_pane(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let browser = match self.modals.last() {
            Some(Modal::Schema(browser)) => Some(browser),
            Some(_) | None => None,
        };
        self.draw_schema(browser, context, area, painter);
    }

    /// Draws the browser over the right half of the screen, unless it is drawn in its pane.
    pub(super) fn draw_schema_over(
        &self,
        browser: &SchemaBrowser,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let width = SCHEMA_OVER.min(area.width);
        let place = Rect {
            x: area.right() - width,
            width,
            ..area
        };
        painter.clear(place);
        painter.divider(Rect { width: 1, ..place });
        let body = Rect {
            x: place.x + 1,
            width: width - 1,
            ..place
        };
        self.draw_schema(Some(browser), context, body, painter);
    }

    fn draw_schema(
        &self,
        browser: Option<&SchemaBrowser>,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let used = self.draw_drift(area, painter);
        let area = Rect {
            y: area.y + used,
            height: area.height.saturating_sub(used),
            ..area
        };
        let known = self.graph_schema();
        draw_title(known, browser.is_some(), context, area, painter);
        let body = Rect {
            y: area.y + 2,
            height: area.height.saturating_sub(2),
            ..area
        };
        let Some(known) = known else {
            let text = "read when the editor of a Cypher tool is opened";
            return draw_note(text, Role::Faint, body, painter);
        };
        match (known.value(), known.failure()) {
            (Some(schema), _) => {
                let rows = schema_rows(schema, &self.schema_folds);
                draw_rows(&rows, browser, body, painter);
            }
            (None, Some(failure)) => draw_note(&failure.cause, Role::Degraded, body, painter),
            (None, None) => draw_note("reading", Role::Changing, body, painter),
        }
    }
}

fn draw_title(
    known: Option<&Loadable<GraphSchema>>,
    focused: bool,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let role = if focused { Role::Accent } else { Role::Dim };
    painter.text(area.x + 1, area.y, area.width, "SCHEMA", role);
    let age = known
        .and_then(Loadable::loaded_at)
        .map(|at| at.clock(context.zone));
    let time = age.as_deref().and_then(|clock| clock.get(..5));
    let key = context
        .keymap
        .key_of(&[Layer::Editor], Action::Tools(ToolsAction::GraphSchema))
        .unwrap_or_default();
    let text = if focused {
        "⏎ inserts   r asks again"
    } else {
        ""
    };
    let right = area.right().saturating_sub(1);
    if focused {
        painter.text_right(right, area.y, area.width / 2 + 8, text, Role::Faint);
        return;
    }
    let width = u16::try_from(text_width(&key)).unwrap_or(0);
    painter.text_right(right, area.y, width, &key, Role::Accent);
    let room = area.width / 2;
    let before = right.saturating_sub(width + 2);
    painter.text_right(before, area.y, room, time.unwrap_or_default(), Role::Faint);
}

fn draw_note(text: &str, role: Role, area: Rect, painter: &mut Painter<'_>) {
    let room = area.width.saturating_sub(1);
    let lines = crate::screens::detail::wrapped(text, room, role);
    for (line, row) in lines.iter().take(6).zip(area.rows()) {
        let pieces: Vec<(&str, Role)> = line
            .iter()
            .map(|(text, role)| (text.as_str(), *role))
            .collect();
        painter.spans(row.x + 1, row.y, room, &pieces);
    }
}

fn draw_rows(
    rows: &[SchemaRow],
    browser: Option<&SchemaBrowser>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let mut list = browser.map_or_else(List::default, |browser| browser.list.clone());
    list.clamp(rows.len());
    let window = if browser.is_some() {
        list.window(ToolsViewport::Schema, area, rows.len(), painter)
    } else {
        list.visible(area.height, rows.len())
    };
    let hidden = rows.len() - window.end;
    for (at, line) in window.clone().zip(area.rows()) {
        let Some(row) = rows.get(at) else { break };
        if browser.is_some() && at == list.cursor() {
            painter.select_row(line, true);
        }
        if hidden > 0 && browser.is_none() && at + 1 == window.end {
            let text = format!("… {} more", hidden + 1);
            painter.text(line.x + 1, line.y, line.width, &text, Role::Faint);
            break;
        }
        draw_row(row, line, painter);
    }
}

fn draw_row(row: &SchemaRow, line: Rect, painter: &mut Painter<'_>) {
    let mark = match row.is_open {
        Some(true) => "▾ ",
        Some(false) => "▸ ",
        None => "  ",
    };
    let right = line.right().saturating_sub(1);
    let width = u16::try_from(text_width(&row.count)).unwrap_or(0);
    painter.text_right(right, line.y, width, &row.count, Role::Faint);
    let room = line.width.saturating_sub(width + 3 + row.depth);
    let pieces = [
        (mark, Role::Faint),
        (row.label.as_str(), row.role),
        ("  ", Role::Dim),
        (row.note.as_str(), Role::Dim),
    ];
    painter.spans(line.x + 1 + row.depth, line.y, room, &pieces);
}

/// Returns the rows of a schema: labels with their properties, then relationship types, then indexes.
fn schema_rows(schema: &GraphSchema, folds: &HashSet<String>) -> Vec<SchemaRow> {
    let mut rows = Vec::new();
    let are_open = schema.labels.len() <= UNFOLDED;
    for label in &schema.labels {
        let key = format!(":{}", label.name);
        let is_open = are_open != folds.contains(&key);
        let count = label.count.map_or_else(String::new, with_separators);
        let is_foldable = (!label.properties.is_empty()).then_some(is_open);
        rows.push(SchemaRow {
            label: key.clone(),
            key,
            is_open: is_foldable,
            depth: 0,
            name: cypher::quoted(&label.name),
            role: Role::Gateway,
            note: String::new(),
            count,
        });
        if is_open {
            rows.extend(label.properties.iter().map(property_row));
        }
    }
    for relationship in &schema.relationships {
        let key = format!("-{}", relationship.name);
        let is_open = folds.contains(&key);
        let (from, to) = (relationship.from.join("|"), relationship.to.join("|"));
        rows.push(SchemaRow {
            key,
            is_open: (!relationship.properties.is_empty()).then_some(is_open),
            depth: 0,
            name: cypher::quoted(&relationship.name),
            label: relationship.name.clone(),
            role: Role::Gateway,
            note: format!("{from} → {to}"),
            count: relationship.count.map_or_else(String::new, with_separators),
        });
        if is_open {
            rows.extend(relationship.properties.iter().map(property_row));
        }
    }
    for index in &schema.indexes {
        let (labels, properties) = (index.labels.join("|"), index.properties.join(", "));
        let dimensions = index.dimensions.map(|count| format!("{count} dimensions"));
        rows.push(SchemaRow {
            key: String::new(),
            is_open: None,
            depth: 0,
            name: String::new(),
            label: index.kind.to_lowercase(),
            role: Role::Dim,
            note: format!("{labels}({properties})"),
            count: dimensions.unwrap_or_default(),
        });
    }
    rows
}

fn property_row(property: &PropertySchema) -> SchemaRow {
    SchemaRow {
        key: String::new(),
        is_open: None,
        depth: 2,
        name: cypher::quoted(&property.name),
        label: format!("{:<12}", property.name),
        role: Role::Text,
        note: property.kind.clone(),
        count: if property.is_indexed {
            "indexed".to_owned()
        } else {
            String::new()
        },
    }
}
