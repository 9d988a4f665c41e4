//! The palette: any action by its words, and the commands' words (`logs NAME`).

mod offers;
mod rank;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::messages::{ListAction, PromptAction, Route};
use crate::{
    messages::Action,
    model::{DeploymentName, ResourceKey},
    theme::Role,
    widgets::{LineInput, List, Painter, cut_middle, text_width},
};
pub use offers::{Faults, follows, offers};
use rank::Found;

/// The open palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    input: LineInput,
    list: List,
    /// Whether a line that is only alike was pointed at.
    pointed: bool,
}

/// What a line of the palette leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// An action.
    Act(Action),
    /// The logs of a resource, or of a log group by its full name.
    Logs(Subject),
    /// The tools of a resource or deployment.
    Tools(Subject),
    /// A resource in the Fleet.
    Reveal(ResourceKey),
    /// An examination of a deployment.
    Examine(DeploymentName),
    /// An action of another screen.
    Elsewhere(Route, Action),
    /// A fault of the embedded stack to play.
    Fault(usize),
}

/// What a word of the palette names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A deployment.
    Deployment(DeploymentName),
    /// A resource.
    Resource(ResourceKey),
    /// A log group, in a deployment.
    Group(DeploymentName, String),
}

/// What a line of the palette belongs to, in the order in which equal lines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What the current screen can do.
    Here,
    /// What another screen can do.
    Elsewhere,
    /// Something that is called by its name.
    Named,
    /// A fault of the embedded stack.
    Fault,
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is matched and shown.
    pub text: String,
    /// A word beside it.
    pub note: String,
    /// More words by which it is found; never shown.
    pub words: String,
    /// What it belongs to.
    pub group: Group,
    /// What it leads to.
    pub choice: Choice,
}

impl Palette {
    /// Takes a key that is text.
    pub fn press(&mut self, key: KeyEvent) {
        if self.input.press(key) {
            self.typed();
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.input.paste(text);
        self.typed();
    }

    fn typed(&mut self) {
        self.list.select(0);
        self.pointed = false;
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        self.input.text().trim()
    }

    /// Moves among the suggestions.
    pub fn go(&mut self, action: Action, offers: Vec<Offer>) {
        let found = self.found(offers);
        // What is no more than alike is pointed at first, then moved from.
        if found.alike && !self.pointed {
            self.pointed = matches!(
                action,
                Action::Prompt(PromptAction::PromptNext)
                    | Action::Prompt(PromptAction::PromptPrevious)
            );
            return;
        }
        match action {
            Action::Prompt(PromptAction::PromptNext) => self
                .list
                .act(Action::List(ListAction::Down), found.offers.len()),
            Action::Prompt(PromptAction::PromptPrevious) => self
                .list
                .act(Action::List(ListAction::Up), found.offers.len()),
            _ => false,
        };
    }

    /// The chosen line; none where nothing holds what is typed and no line was pointed at.
    pub fn chosen(&self, offers: Vec<Offer>) -> Option<Choice> {
        let found = self.found(offers);
        if found.alike && !self.pointed {
            return None;
        }
        let at = self.list.cursor().min(found.offers.len().saturating_sub(1));
        found.offers.into_iter().nth(at).map(|offer| offer.choice)
    }

    fn found(&self, offers: Vec<Offer>) -> Found {
        rank::find(self.text(), offers)
    }

    /// Draws it at the top of the screen.
    pub fn view(&self, offers: Vec<Offer>, area: Rect, painter: &mut Painter<'_>) {
        let width = area.width.min(110);
        let Found {
            offers: matching,
            alike,
        } = self.found(offers);
        let height = u16::try_from(matching.len())
            .unwrap_or(u16::MAX)
            .saturating_add(2)
            .clamp(3, area.height.clamp(3, 16))
            .min(area.height);
        let place = Rect {
            width: width,
            height: height,
            ..area
        };
        painter.clear(place);
        let x = painter.spans(
            place.x + 1,
            place.y,
            width,
            &[(":", Role::Accent), (self.input.text(), Role::Name)],
        );
        painter.text(x, place.y, 1, "▏", Role::Accent);
        let body = Rect {
            y: place.y + 1,
            height: height.saturating_sub(2),
            ..place
        };
        let mut list = self.list.clone();
        list.clamp(matching.len());
        for (row, index) in list.window(body, matching.len()).enumerate() {
            let Some(offer) = matching.get(index) else {
                continue;
            };
            let y = body.y + u16::try_from(row).unwrap_or(u16::MAX);
            let line = Rect {
                y,
                height: 1,
                ..body
            };
            if index == list.cursor() && (!alike || self.pointed) {
                painter.select_row(line, true);
            }
            draw_offer(offer, alike, line, painter);
        }
        if matching.is_empty() {
            painter.text(
                body.x + 2,
                body.y,
                width,
                "nothing is called that",
                Role::Dim,
            );
        }
        painter.hline(Rect {
            y: place.bottom().saturating_sub(1),
            height: 1,
            ..place
        });
    }
}

/// Words at the left, the note in the right half, both within the width of the box: what is too long is cut in its middle.
fn draw_offer(offer: &Offer, alike: bool, line: Rect, painter: &mut Painter<'_>) {
    let room = usize::from(line.width.saturating_sub(4));
    let least = room / 3;
    let note = cut_middle(
        &offer.note,
        room.saturating_sub(text_width(&offer.text) + 2).max(least),
    );
    let text = cut_middle(&offer.text, room.saturating_sub(text_width(&note) + 2));
    let at = (room / 2 + 1)
        .max(text_width(&text) + 2)
        .min(room.saturating_sub(text_width(&note)));
    painter.text(
        line.x + 2,
        line.y,
        line.width,
        &text,
        if alike { Role::Dim } else { Role::Text },
    );
    painter.text(
        line.x + 2 + u16::try_from(at).unwrap_or(u16::MAX),
        line.y,
        line.width,
        &note,
        Role::Dim,
    );
}
