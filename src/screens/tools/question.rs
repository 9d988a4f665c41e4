//! A question of an MCP server, as a form that is laid over the screen without hiding what waits.

use ratatui::layout::Rect;

use super::{Tools, endpoints::name_of, fields::draw_field, form::Form};
use crate::{
    keys::Layer,
    messages::{Action, PromptAction, ToolsAction},
    model::{Elicitation, ElicitationAnswer, McpEndpoint, pluralize},
    screens::{ScreenUpdate, ViewContext, detail::wrapped},
    theme::Role,
    widgets::Painter,
};

/// Lines of the server's words that are shown.
const MESSAGE_LINES: usize = 6;
/// Bytes of the server's words that are looked at.
const MESSAGE: usize = 4 << 10;

/// A question that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct ServerQuestion {
    /// The endpoint that asks.
    pub(super) endpoint: McpEndpoint,
    /// The tool whose call waits, where one does.
    pub(super) tool: Option<String>,
    /// The server's words, and what identifies the question.
    pub(super) elicitation: Elicitation,
    /// The fields.
    pub(super) form: Form,
    /// What was wrong when the answer was to be sent: the field, and a sentence.
    pub(super) problems: Vec<(usize, String)>,
}

impl Tools {
    /// An action while a question waits for its answer.
    pub(super) fn act_on_question(&mut self, action: Action) -> ScreenUpdate {
        match action {
            Action::Tools(ToolsAction::SendAnswer) => self.send_answer(),
            Action::Tools(ToolsAction::DeclineQuestion) => self.answer(ElicitationAnswer::Decline),
            Action::Tools(ToolsAction::CancelQuestion) => self.answer(ElicitationAnswer::Cancel),
            Action::Prompt(PromptAction::PromptNext) => self.go_in_question(false),
            Action::Prompt(PromptAction::PromptPrevious) => self.go_in_question(true),
            _ => ScreenUpdate::ignored(),
        }
    }

    /// To the next field, or to the first behind the last.
    fn go_in_question(&mut self, backwards: bool) -> ScreenUpdate {
        if let Some(question) = self.questions.front_mut()
            && !question.form.go(backwards)
        {
            let last = question.form.fields.len().saturating_sub(1);
            question.form.focus = if backwards { last } else { 0 };
        }
        ScreenUpdate::done()
    }

    /// Draws the first question over the lower part of the screen.
    pub(super) fn draw_question(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let Some(question) = self.questions.front() else {
            return;
        };
        let message = &question.elicitation.message;
        let message = message
            .get(..message.floor_char_boundary(MESSAGE))
            .unwrap_or(message);
        let mut words = wrapped(message, area.width.saturating_sub(5), Role::Text);
        words.truncate(MESSAGE_LINES);
        let fields = u16::try_from(question.form.fields.len()).unwrap_or(u16::MAX);
        let head = 2 + u16::try_from(words.len()).unwrap_or(0);
        let height = (head + fields.saturating_add(3)).min(area.height);
        let place = Rect {
            y: area.bottom().saturating_sub(height),
            height,
            ..area
        };
        painter.clear(place);
        painter.hline(place);
        self.draw_question_title(question, context, place, painter);
        for (row, line) in words.iter().enumerate() {
            let spans: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            let y = place.y + 2 + u16::try_from(row).unwrap_or(0);
            painter.spans(place.x + 3, y, place.width.saturating_sub(4), &spans);
        }
        let body = Rect {
            y: place.y + head,
            height: place.height.saturating_sub(head + 2),
            ..place
        };
        draw_fields(question, body, painter);
        draw_keys(context, place, painter);
    }

    fn draw_question_title(
        &self,
        question: &ServerQuestion,
        context: &ViewContext<'_>,
        place: Rect,
        painter: &mut Painter<'_>,
    ) {
        let endpoint = &question.endpoint;
        let name = name_of(endpoint, context.store);
        let mut from = endpoint.deployment.to_string();
        if name != from {
            from = format!("{from} ▸ {name}");
        }
        if let Some(tool) = &question.tool {
            let own = tool.split_once("___").map_or(tool.as_str(), |(_, own)| own);
            from = format!("{own} · {from}");
        }
        let x = painter.spans(
            place.x + 2,
            place.y + 1,
            place.width.saturating_sub(3),
            &[
                ("◆ The server asks", Role::Person),
                ("   ", Role::Dim),
                (from.as_str(), Role::Dim),
            ],
        );
        let more = self.questions.len().saturating_sub(1);
        if more > 0 {
            let text = format!("   {}", pluralize(more, "more question"));
            painter.text(
                x,
                place.y + 1,
                place.right().saturating_sub(x),
                &text,
                Role::Person,
            );
        }
    }
}

/// The fields, scrolled so that the focused one is seen; a mistake stands below its field.
fn draw_fields(question: &ServerQuestion, body: Rect, painter: &mut Painter<'_>) {
    let form = &question.form;
    let room = usize::from(body.height.max(1));
    let first = (form.focus + 2).saturating_sub(room);
    let mut y = body.y;
    for (at, field) in form.fields.iter().enumerate().skip(first) {
        if y >= body.bottom() {
            break;
        }
        let focused = at == form.focus;
        let line = Rect {
            y,
            height: 1,
            ..body
        };
        y += draw_field(field, focused, line, painter);
        let told = question
            .problems
            .iter()
            .find(|(field, _)| *field == at)
            .map(|(_, problem)| problem.clone());
        let problem = told.or_else(|| form.problem_while_typing(at));
        if let Some(problem) = problem
            && y < body.bottom()
        {
            let text = format!("✖ {problem}");
            painter.text(
                body.x + 3,
                y,
                body.width.saturating_sub(4),
                &text,
                Role::Failed,
            );
            y += 1;
        }
    }
}

/// The keys that send, decline and cancel, as they are bound.
fn draw_keys(context: &ViewContext<'_>, place: Rect, painter: &mut Painter<'_>) {
    let mut x = place.x + 3;
    let y = place.bottom().saturating_sub(1);
    for (action, words) in [
        (ToolsAction::SendAnswer, "sends"),
        (ToolsAction::DeclineQuestion, "declines"),
        (ToolsAction::CancelQuestion, "cancels"),
    ] {
        let key = context
            .keymap
            .key_of(&[Layer::Question], Action::Tools(action));
        let Some(key) = key else { continue };
        let room = place.right().saturating_sub(x);
        x = painter.spans(
            x,
            y,
            room,
            &[
                (key.as_str(), Role::Accent),
                (" ", Role::Dim),
                (words, Role::Dim),
                ("   ", Role::Dim),
            ],
        );
    }
}
