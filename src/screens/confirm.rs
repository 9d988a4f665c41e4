//! A question before something is changed. It costs what the act costs: a key, or the name typed out.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::detail::wrapped;
use crate::{
    keys::Layer,
    messages::{
        Action, AppAction, Effect, Effects, ListAction, PromptAction, SecretsEffect, Slot,
        ViewportId,
    },
    model::{ConsentRequest, DeploymentName},
    theme::Role,
    widgets::{LineInput, Painter, Scroll},
};

/// Choices of a question that are visible at a time.
const CHOICES: usize = 12;

/// One of several things that yes can lead to.
#[derive(Clone, Debug)]
pub struct QuestionChoice {
    /// What it is, in one line.
    pub label: String,
    /// What yes leads to while it is chosen.
    pub yes: Effects,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// What is asked, in one line.
    pub title: String,
    /// What will happen, in one sentence or more.
    pub text: Vec<String>,
    /// What must be typed; `None`: a key is enough.
    pub name: Option<String>,
    /// What is typed so far.
    pub typed: LineInput,
    /// How far the text is scrolled, where the window is too low for it.
    pub scroll: Scroll,
    /// What yes leads to.
    pub yes: Effects,
    /// What no leads to.
    pub no: Effects,
    /// The text is still being found out: yes is not taken yet, but what is typed is.
    pub is_early: bool,
    /// Whether a rotation asks, which waits for the answer.
    of_rotation: bool,
    /// The deployment at which a call waits for the consent that this is about.
    consent_of: Option<DeploymentName>,
    /// Whether it takes the whole width of the window.
    is_wide: bool,
    /// What yes can lead to, where it can lead to several things.
    choices: Vec<QuestionChoice>,
    /// Index of the chosen one.
    chosen: usize,
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum QuestionOutcome {
    /// It is still open.
    Open,
    /// It is answered, and this is to be done.
    Closed(Effects),
}

impl Confirm {
    /// Returns a question for a key.
    pub fn ask(title: String, text: String, yes: impl Into<Effects>) -> Self {
        let (typed, scroll) = (LineInput::default(), Scroll::default());
        Self {
            title,
            text: vec![text],
            name: None,
            typed,
            scroll,
            yes: yes.into(),
            no: Effects::none(),
            is_early: false,
            of_rotation: false,
            consent_of: None,
            is_wide: false,
            choices: Vec::new(),
            chosen: 0,
        }
    }

    /// Returns a question whose yes leads to the one of these that is chosen; the first one is, until another is.
    pub fn choose(title: String, text: String, choices: Vec<QuestionChoice>) -> Self {
        Self {
            choices,
            ..Self::ask(title, text, Effects::none())
        }
    }

    /// Returns what is said while a call waits for a person's consent: yes copies the address. The deployment is called `title`.
    pub fn of_consent(request: &ConsentRequest, title: &str) -> Self {
        let heading = "A call waits for a person's consent. Copy the address?";
        let subject = format!("It is {}.", request.subject(title));
        let copy = Effect::Copy(request.address.clone());
        let mut question = Self::ask(heading.to_owned(), subject, copy);
        question.text.push(request.waiting_in_words());
        question.text.push(request.address.clone());
        question.consent_of = Some(request.deployment.clone());
        question.is_wide = true;
        question
    }

    /// Returns whether it is about a consent that a call at this deployment waits for.
    pub fn is_consent_of(&self, deployment: &DeploymentName) -> bool {
        self.consent_of.as_ref() == Some(deployment)
    }

    /// Returns a question of a running rotation.
    pub fn of_rotation(title: String, text: String) -> Self {
        Self {
            no: Effects::one(Effect::Secrets(SecretsEffect::AnswerRotation(false))),
            of_rotation: true,
            ..Self::ask(
                title,
                text,
                Effect::Secrets(SecretsEffect::AnswerRotation(true)),
            )
        }
    }

    /// Returns the question whether to begin a rotation; its plan is shown by the screen.
    pub fn begin_rotation(title: String, name: String) -> Self {
        let (yes, no) = (
            Effects::one(Effect::Secrets(SecretsEffect::AnswerRotation(true))),
            Effects::one(Effect::Secrets(SecretsEffect::AnswerRotation(false))),
        );
        Self {
            of_rotation: true,
            ..Self::type_name(title, Vec::new(), name, yes, no)
        }
    }

    /// Returns a question whose yes is the name typed out.
    pub fn type_name(
        title: String,
        text: Vec<String>,
        name: String,
        yes: Effects,
        no: Effects,
    ) -> Self {
        Self {
            title,
            text,
            name: Some(name),
            typed: LineInput::default(),
            scroll: Scroll::default(),
            yes,
            no,
            is_early: false,
            of_rotation: false,
            consent_of: None,
            is_wide: false,
            choices: Vec::new(),
            chosen: 0,
        }
    }

    /// Returns the question of a rotation whose plan is still being made: it takes the name from the first key on.
    pub fn early(title: String, name: String) -> Self {
        let text = vec!["Finding out what the rotation would do, and who reads the secret. Nothing is changed yet.".to_owned()];
        let stop = Effects::one(Effect::Stop(Slot::Rotation));
        Self {
            is_early: true,
            of_rotation: true,
            ..Self::type_name(title, text, name, Effects::none(), stop)
        }
    }

    /// Takes over what was typed while the text was found out.
    #[must_use]
    pub fn after(mut self, early: Option<Self>) -> Self {
        if let Some(early) = early.filter(|early| early.name == self.name) {
            self.typed = early.typed;
        }
        self
    }

    /// Takes the whole width of the window: a text that is selected with the mouse has nothing of the screen beside it.
    #[must_use]
    pub const fn wide(mut self) -> Self {
        self.is_wide = true;
        self
    }

    /// Returns whether it is a rotation that asks.
    pub const fn is_of_rotation(&self) -> bool {
        self.of_rotation
    }

    /// Layers of the keymap.
    pub const fn layer(&self) -> Layer {
        if self.name.is_some() {
            Layer::Prompt
        } else {
            Layer::Confirm
        }
    }

    /// Returns whether letters are text.
    pub const fn is_typing(&self) -> bool {
        self.name.is_some()
    }

    /// Returns whether the name is typed out and may be sent.
    pub fn is_complete(&self) -> bool {
        !self.is_early && self.name.as_deref() == Some(self.typed.text().trim())
    }

    /// Takes a key that is text.
    pub fn press(&mut self, key: KeyEvent) {
        self.typed.press(key);
    }

    /// Returns what yes leads to.
    fn chosen_effects(&self) -> Effects {
        match self.choices.get(self.chosen) {
            Some(choice) => choice.yes.clone(),
            None => self.yes.clone(),
        }
    }

    /// Moves between the choices. Returns `false` where there are none, or the action is no movement.
    fn choose_by(&mut self, action: Action) -> bool {
        if self.choices.is_empty() {
            return false;
        }
        let last = self.choices.len() - 1;
        self.chosen = match action {
            Action::List(ListAction::Up) => self.chosen.saturating_sub(1),
            Action::List(ListAction::Down) => (self.chosen + 1).min(last),
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => return false,
        };
        true
    }

    /// Takes an action.
    pub fn act(&mut self, action: Action) -> QuestionOutcome {
        if self.choose_by(action) {
            return QuestionOutcome::Open;
        }
        self.scroll.act(match action {
            Action::Prompt(PromptAction::PromptPrevious) => Action::List(ListAction::Up),
            Action::Prompt(PromptAction::PromptNext) => Action::List(ListAction::Down),
            other => other,
        });
        match action {
            Action::Prompt(PromptAction::Yes) if self.name.is_none() => {
                QuestionOutcome::Closed(self.chosen_effects())
            }
            Action::Prompt(PromptAction::Accept) | Action::List(ListAction::Open)
                if self.is_complete() =>
            {
                QuestionOutcome::Closed(self.yes.clone())
            }
            Action::Prompt(PromptAction::No) | Action::App(AppAction::Back) => {
                QuestionOutcome::Closed(self.no.clone())
            }
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => QuestionOutcome::Open,
        }
    }

    /// Draws it over the screen.
    pub fn view(&self, area: Rect, painter: &mut Painter<'_>) {
        let width = if self.is_wide {
            area.width
        } else {
            width_on_top(area, 80)
        };
        let lines: Vec<_> = self
            .text
            .iter()
            .flat_map(|text| wrapped(text, width.saturating_sub(4), Role::Text))
            .collect();
        let choices = self.choices_height(area);
        let height = u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .saturating_add(6 + choices)
            .min(area.height);
        let place = Rect {
            x: area.x + (area.width - width) / 2,
            y: area.y + (area.height - height) / 3,
            width,
            height,
        };
        draw_frame(place, area, painter);
        let body = Rect {
            y: place.y + 2,
            height: height.saturating_sub(5 + choices),
            ..place
        };
        let window = self
            .scroll
            .window(ViewportId::Question, body, lines.len(), painter);
        self.draw_title(&window, lines.len(), place, painter);
        for (row, line) in lines
            .iter()
            .skip(window.start)
            .take(window.len())
            .enumerate()
        {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(
                place.x + 2,
                place.y + 2 + u16::try_from(row).unwrap_or(0),
                width.saturating_sub(4),
                &pieces,
            );
        }
        let rows = Rect {
            x: place.x + 2,
            y: body.bottom() + 1,
            width: width.saturating_sub(4),
            height: choices.saturating_sub(1),
        };
        self.draw_choices(rows, painter);
        self.draw_answer(place, painter);
    }

    /// Returns the height of the choices and of the empty line above them.
    fn choices_height(&self, area: Rect) -> u16 {
        let most = usize::from(area.height.saturating_sub(8)).min(CHOICES);
        match self.choices.len().min(most) {
            0 => 0,
            rows => u16::try_from(rows + 1).unwrap_or_default(),
        }
    }

    /// Draws the choices around the chosen one.
    fn draw_choices(&self, rows: Rect, painter: &mut Painter<'_>) {
        let height = usize::from(rows.height);
        let top = (self.chosen + 1).saturating_sub(height);
        let shown = self.choices.iter().enumerate().skip(top);
        for ((index, choice), row) in shown.zip(rows.rows()) {
            let is_chosen = index == self.chosen;
            let (mark, role) = if is_chosen {
                ("▸ ", Role::Name)
            } else {
                ("  ", Role::Text)
            };
            painter.spans(
                row.x,
                row.y,
                row.width,
                &[(mark, Role::Accent), (choice.label.as_str(), role)],
            );
        }
    }

    fn draw_title(
        &self,
        window: &std::ops::Range<usize>,
        lines: usize,
        place: Rect,
        painter: &mut Painter<'_>,
    ) {
        let x = painter.text(
            place.x + 2,
            place.y + 1,
            place.width.saturating_sub(4),
            &self.title,
            Role::Name,
        );
        if window.len() < lines {
            let more = format!(
                "   ↑ ↓ lines {} to {} of {}",
                window.start + 1,
                window.end,
                lines
            );
            painter.text(
                x,
                place.y + 1,
                place.right().saturating_sub(x + 1),
                &more,
                Role::Degraded,
            );
        }
    }

    /// The line on which the name is typed, or the two answers.
    fn draw_answer(&self, place: Rect, painter: &mut Painter<'_>) {
        let width = place.width;
        let y = place.bottom().saturating_sub(2);
        if let Some(name) = &self.name {
            // What cannot become the name any more is said at once, not when it is too late.
            let fits = name.starts_with(self.typed.text().trim());
            let (typed, wrong) = if fits {
                (Role::Accent, "")
            } else {
                (Role::Failed, "  is not the name")
            };
            let label = if self.is_early {
                "the plan is being made; what you type is kept: ".to_owned()
            } else {
                format!("type {name} to go on: ")
            };
            let x = painter.spans(
                place.x + 2,
                y,
                width.saturating_sub(4),
                &[
                    (label.as_str(), Role::Dim),
                    (self.typed.text(), typed),
                    (wrong, Role::Failed),
                ],
            );
            painter.text(x, y, 1, "▏", Role::Accent);
        } else {
            let place_of_choice = format!(
                "   ↑ ↓ choose, {} of {}",
                self.chosen + 1,
                self.choices.len()
            );
            let mut pieces = vec![
                ("y", Role::Accent),
                (" yes   ", Role::Dim),
                ("n", Role::Accent),
                (" no", Role::Dim),
            ];
            if !self.choices.is_empty() {
                pieces.push((place_of_choice.as_str(), Role::Dim));
            }
            painter.spans(place.x + 2, y, width.saturating_sub(4), &pieces);
        }
    }
}

/// Returns the width of what lies on top: all of a narrow window, so that nothing looks out at its sides.
pub const fn width_on_top(area: Rect, most: u16) -> u16 {
    if area.width < most + 8 {
        area.width
    } else {
        most
    }
}

/// Clears the place of the question and draws the lines above and below it.
fn draw_frame(place: Rect, area: Rect, painter: &mut Painter<'_>) {
    // A margin, so that nothing that is cut reads on from here.
    let margin = if place.width < area.width { 2 } else { 0 };
    painter.clear(Rect {
        x: place.x - margin,
        width: place.width + 2 * margin,
        ..place
    });
    painter.hline(place);
    painter.hline(Rect {
        y: place.bottom().saturating_sub(1),
        ..place
    });
}
