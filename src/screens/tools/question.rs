//! A question of an MCP server, as a form that is laid over the screen without hiding what waits.

use std::collections::VecDeque;

use ratatui::layout::Rect;
use serde_json::Value;

use super::{
    Modal, Tools,
    endpoints::name_of,
    field_view::{draw_row, row_height},
    form::Form,
    text_view::draw_beginning,
};
use crate::{
    keys::Layer,
    messages::{Action, Effect, Effects, PromptAction, ToolsAction, ToolsEffect},
    model::{Elicitation, ElicitationAnswer, ElicitationRequest, McpEndpoint, pluralize},
    screens::{ScreenUpdate, ViewContext, detail::wrapped},
    theme::Role,
    widgets::{Painter, StyledLine},
};

/// Lines of the server's words that are shown.
const MESSAGE_LINES: usize = 6;
/// From this width the left pane is seen beside the question.
const BESIDE_LIST: u16 = 100;
/// Rows of a question without its words and fields: title, spaces, what is sent, keys.
const FRAME: u16 = 8;
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
    /// The fields; none where an address is to be opened.
    pub(super) form: Form,
    /// What was wrong when the answer was to be sent: the field, and a sentence.
    pub(super) problems: Vec<(usize, String)>,
}

impl ServerQuestion {
    /// Returns the address that is to be opened, if the question asks for that.
    pub(super) fn address(&self) -> Option<&str> {
        match &self.elicitation.request {
            ElicitationRequest::Url(address) => Some(address),
            ElicitationRequest::Form(_) => None,
        }
    }
}

impl Tools {
    /// An action while a question waits for its answer.
    pub(super) fn act_on_question(&mut self, action: Action) -> ScreenUpdate {
        match action {
            Action::Tools(ToolsAction::SendAnswer) => self.send_answer(),
            Action::Tools(ToolsAction::OpenAddress) => self.open_asked_address(),
            Action::Tools(ToolsAction::CopyAddress) => self.copy_asked_address(),
            Action::Tools(ToolsAction::DeclineQuestion) => self.answer(ElicitationAnswer::Decline),
            Action::Tools(ToolsAction::CancelQuestion) => self.answer(ElicitationAnswer::Cancel),
            Action::Prompt(PromptAction::PromptNext) => self.go_in_question(false),
            Action::Prompt(PromptAction::PromptPrevious) => self.go_in_question(true),
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => ScreenUpdate::ignored(),
        }
    }

    /// To the next field, or to the first behind the last.
    fn go_in_question(&mut self, backwards: bool) -> ScreenUpdate {
        if let Some(question) = self.question_mut()
            && !question.form.go(backwards)
        {
            let last = question.form.rows().len().saturating_sub(1);
            question.form.focus = if backwards { last } else { 0 };
        }
        ScreenUpdate::done()
    }

    /// Returns the question that is shown.
    fn question_mut(&mut self) -> Option<&mut ServerQuestion> {
        match self.modals.last_mut()? {
            Modal::Questions(questions) => questions.front_mut(),
            Modal::ToolFilter
            | Modal::RowFilter
            | Modal::Naming(_)
            | Modal::Picker(_)
            | Modal::Identity(_)
            | Modal::History(_)
            | Modal::Schema(_)
            | Modal::Export(_) => None,
        }
    }

    /// Adds a question behind those that wait already.
    pub(super) fn ask(&mut self, question: ServerQuestion) {
        if let Some(Modal::Questions(questions)) = self.modals.last_mut() {
            questions.push_back(question);
        } else {
            self.modals
                .push(Modal::Questions(VecDeque::from([question])));
        }
    }

    /// Removes the question that is shown.
    fn take_question(&mut self) -> Option<ServerQuestion> {
        let Some(Modal::Questions(questions)) = self.modals.last_mut() else {
            return None;
        };
        let question = questions.pop_front();
        if questions.is_empty() {
            self.modals.pop();
        }
        question
    }

    /// Sends what was typed as the answer to the server's question; says what is wrong with it first.
    fn send_answer(&mut self) -> ScreenUpdate {
        let Some(question) = self.question_mut() else {
            return ScreenUpdate::ignored();
        };
        if question.address().is_some() {
            return self.answer(ElicitationAnswer::Accept(None));
        }
        match question.form.answer() {
            Ok(content) => self.answer(ElicitationAnswer::Accept(Some(Value::Object(content)))),
            Err(problems) => {
                if let Some((first, _)) = problems.first() {
                    question.form.focus = *first;
                }
                question.problems = problems;
                ScreenUpdate::done()
            }
        }
    }

    /// Opens the address of the question, and tells the server that the person agreed to that.
    fn open_asked_address(&mut self) -> ScreenUpdate {
        let Some(address) = self.asked_address() else {
            return ScreenUpdate::ignored();
        };
        let mut update = self.answer(ElicitationAnswer::Accept(None));
        let opening = Effects::one(Effect::OpenAddress(address));
        update.effects = opening.and(update.effects);
        update
    }

    fn copy_asked_address(&mut self) -> ScreenUpdate {
        match self.asked_address() {
            Some(address) => ScreenUpdate::effect(Effect::Copy(address)),
            None => ScreenUpdate::ignored(),
        }
    }

    fn asked_address(&mut self) -> Option<String> {
        self.question_mut()?.address().map(str::to_owned)
    }

    /// Answers the server's question that is shown.
    fn answer(&mut self, answer: ElicitationAnswer) -> ScreenUpdate {
        match self.take_question() {
            Some(question) => ScreenUpdate::effect(Effect::Tools(ToolsEffect::AnswerElicitation(
                question.endpoint,
                question.elicitation.id,
                answer,
            ))),
            None => ScreenUpdate::ignored(),
        }
    }

    /// Draws the first question over the panes, so that the call that waits is still seen.
    pub(super) fn draw_questions(
        &self,
        questions: &VecDeque<ServerQuestion>,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let Some(question) = questions.front() else {
            return;
        };
        let left = if area.width >= BESIDE_LIST {
            area.width / 4 + 2
        } else {
            0
        };
        let width = area.width - left;
        let message = &question.elicitation.message;
        let message = message
            .get(..message.floor_char_boundary(MESSAGE))
            .unwrap_or(message);
        let mut words = wrapped(message, width.saturating_sub(9), Role::Name);
        words.truncate(MESSAGE_LINES);
        let lines = u16::try_from(words.len()).unwrap_or(0);
        let fields = question_height(question, width);
        let is_roomy = fields.saturating_mul(2) + lines + FRAME + 6 <= area.height;
        let fields = if is_roomy { fields * 2 } else { fields };
        let height = fields.saturating_add(lines + FRAME).min(area.height);
        let place = Rect {
            x: area.x + left,
            y: area.bottom() - height,
            width,
            height,
        };
        painter.clear(place);
        painter.shade(place, Role::Raised);
        for row in place.rows() {
            painter.text(row.x, row.y, 1, "▎", Role::Person);
        }
        draw_title(questions.len(), question, context, place, painter);
        for (at, (line, row)) in words.iter().zip(place.rows().skip(1)).enumerate() {
            let mark = if at == 0 { "◆ " } else { "  " };
            let text = line.first().map_or("", |(text, _)| text.as_str());
            let pieces = [(mark, Role::Person), (text, Role::Name)];
            painter.spans(row.x + 3, row.y, place.width.saturating_sub(5), &pieces);
        }
        let body = Rect {
            x: place.x + 1,
            y: place.y + lines + 2,
            width: place.width.saturating_sub(2),
            height: place.height.saturating_sub(lines + FRAME),
        };
        match question.address() {
            Some(address) => draw_address(address, body, painter),
            None => draw_fields(question, is_roomy, body, painter),
        }
        self.draw_sending(question, context, place, painter);
        draw_keys(question, context, place, painter);
    }

    /// What would be sent now, and to whom.
    fn draw_sending(
        &self,
        question: &ServerQuestion,
        context: &ViewContext<'_>,
        place: Rect,
        painter: &mut Painter<'_>,
    ) {
        let endpoint = &question.endpoint;
        let (x, room) = (place.x + 3, place.width.saturating_sub(5));
        let mut y = place.bottom().saturating_sub(5);
        painter.hline(Rect {
            x,
            y,
            width: room,
            height: 1,
        });
        painter.shade(place, Role::Raised);
        let answer = match question.address() {
            Some(_) => "that you opened the address, and nothing else".to_owned(),
            None => Value::Object(question.form.value_so_far()).to_string(),
        };
        let server = self
            .connections
            .get(endpoint)
            .and_then(|connection| connection.state.value())
            .map_or("", |(info, ..)| info.server.as_str());
        let name = name_of(endpoint, context.store);
        let account = context.store.account_and_region(&endpoint.deployment);
        let mut to = context.store.title(endpoint.deployment.as_str()).to_owned();
        if name != to {
            to = format!("{to} ▸ {name}");
        }
        let to = format!("{to}, {account}   {server}");
        for (label, text, role) in [("sends", &answer, Role::Text), ("to", &to, Role::Text)] {
            y += 1;
            painter.text(x, y, 8, label, Role::Dim);
            painter.text(x + 8, y, room.saturating_sub(8), text, role);
        }
        let note = match question.address() {
            Some(_) => "",
            None => "never type a password here: a server must not ask for one in this way",
        };
        painter.text(x, y + 1, room, note, Role::Faint);
    }
}

/// Whose question it is, what waits for the answer, and how many more there are.
fn draw_title(
    count: usize,
    question: &ServerQuestion,
    context: &ViewContext<'_>,
    place: Rect,
    painter: &mut Painter<'_>,
) {
    let name = name_of(&question.endpoint, context.store);
    let mut text = format!("The server asks: {name}");
    if let Some(tool) = &question.tool {
        let own = tool.split_once("___").map_or(tool.as_str(), |(_, own)| own);
        text = format!("{text}, while {own} waits");
    }
    let more = count.saturating_sub(1);
    if more > 0 {
        text = format!("{text}   {}", pluralize(more, "more question"));
    }
    let room = place.width.saturating_sub(5);
    painter.text(place.x + 3, place.y, room, &text, Role::Dim);
}

/// Rows of the screen that the fields or the address take.
fn question_height(question: &ServerQuestion, width: u16) -> u16 {
    if let Some(address) = question.address() {
        return u16::try_from(address_lines(address, width).len()).unwrap_or(u16::MAX);
    }
    let form = &question.form;
    let rows = form.rows();
    let heights = rows
        .iter()
        .enumerate()
        .map(|(at, row)| row_height(row, at == form.focus, width));
    heights.fold(0, u16::saturating_add)
}

/// The address whole, and where it leads: a person decides by the host.
fn address_lines(address: &str, width: u16) -> Vec<StyledLine> {
    let mut lines = wrapped(address, width.saturating_sub(6), Role::Accent);
    let host = url::Url::parse(address).ok();
    let host = host.as_ref().and_then(url::Url::host_str);
    let words = match host {
        Some(host) => vec![
            ("It leads to ".to_owned(), Role::Dim),
            (host.to_owned(), Role::Name),
            (". Open it only if you trust it.".to_owned(), Role::Dim),
        ],
        None => vec![(
            "It is no web address, and is not opened.".to_owned(),
            Role::Degraded,
        )],
    };
    lines.push(words);
    lines
}

fn draw_address(address: &str, body: Rect, painter: &mut Painter<'_>) {
    let place = Rect {
        x: body.x + 1,
        width: body.width.saturating_sub(2),
        ..body
    };
    draw_beginning(&address_lines(address, body.width), place, painter);
}

/// The fields, scrolled so that the focused one is seen; a mistake stands beside its field.
fn draw_fields(question: &ServerQuestion, is_roomy: bool, body: Rect, painter: &mut Painter<'_>) {
    let form = &question.form;
    let room = usize::from(body.height.max(1));
    let first = if is_roomy {
        0
    } else {
        (form.focus + 2).saturating_sub(room)
    };
    let typing = form.problems_while_typing();
    let mut y = body.y;
    for (at, row) in form.rows().iter().enumerate().skip(first) {
        if y >= body.bottom() {
            break;
        }
        let place = Rect {
            y,
            height: body.bottom() - y,
            ..body
        };
        let mut told = question.problems.iter();
        let told = told.find(|(row, _)| *row == at);
        let mut typed = typing.iter();
        let typed = typed.find(|problem| problem.row == Some(at));
        let problem = told
            .map(|(_, problem)| problem.as_str())
            .or_else(|| typed.map(|problem| problem.text.as_str()));
        let is_focused = at == form.focus;
        y += draw_row(row, is_focused, problem, place, painter).height;
        y += u16::from(is_roomy);
    }
}

/// The keys that send, decline and cancel, as they are bound, and what keeps the answer from being sent.
fn draw_keys(
    question: &ServerQuestion,
    context: &ViewContext<'_>,
    place: Rect,
    painter: &mut Painter<'_>,
) {
    let mut x = place.x + 3;
    let y = place.bottom().saturating_sub(1);
    let is_address = question.address().is_some();
    let (layer, actions): (Layer, &[(ToolsAction, &str)]) = if is_address {
        (
            Layer::Address,
            &[
                (ToolsAction::OpenAddress, "open"),
                (ToolsAction::CopyAddress, "copy"),
                (ToolsAction::SendAnswer, "I opened it"),
                (ToolsAction::DeclineQuestion, "decline"),
                (ToolsAction::CancelQuestion, "cancel"),
            ],
        )
    } else {
        (
            Layer::Question,
            &[
                (ToolsAction::SendAnswer, "send"),
                (ToolsAction::DeclineQuestion, "decline"),
                (ToolsAction::CancelQuestion, "cancel"),
            ],
        )
    };
    for (action, words) in actions {
        let key = context.keymap.key_of(&[layer], Action::Tools(*action));
        let Some(key) = key else { continue };
        let room = place.right().saturating_sub(x);
        let pieces = [
            (key.as_str(), Role::Accent),
            (" ", Role::Dim),
            (*words, Role::Text),
            ("     ", Role::Dim),
        ];
        x = painter.spans(x, y, room, &pieces);
    }
    let problems = question.form.answer().err().map_or(0, |wrong| wrong.len());
    if problems > 0 {
        let text = format!("▲ {} to correct first", pluralize(problems, "field"));
        let right = place.right().saturating_sub(2);
        painter.text_right(right, y, 32, &text, Role::Degraded);
    }
}
