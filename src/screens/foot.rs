//! The last line of the window: the keys that work now.

use ratatui::layout::Rect;

use super::{ViewContext, confirm::Confirm, frame::WindowAreas};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, ClickTarget, PromptAction},
    theme::{GlyphSet, Role},
    widgets::{Painter, text_width},
};

/// Draws the keys that work now, in the order of their rank, cut between two keys. The key that leads back and that of the help
/// stand last, and are never cut. `way_back` is what the former does here.
pub fn foot(
    (layers, rank): (&[Layer], impl Fn(Action) -> usize),
    context: &ViewContext<'_>,
    offers: impl Fn(Action) -> bool,
    way_back: Option<&'static str>,
    places: &WindowAreas,
    painter: &mut Painter<'_>,
) {
    painter.hline(places.foot_rule);
    let (mut x, end) = (places.foot.x + 1, places.foot.right());
    let back = Action::App(AppAction::Back);
    let mut shown = offered((layers, rank), context, offers);
    if way_back.is_some() && !shown.contains(&back) {
        shown.push(back);
    }
    let hints = shown.into_iter().filter_map(|action| {
        let key = context.keymap.key_of(layers, action)?;
        let key = shown_key(&key, context).to_owned();
        let words = way_back
            .filter(|_| action == back)
            .unwrap_or(action.spec().short);
        Some(Hint { action, key, words })
    });
    let is_last = |hint: &Hint| [back, Action::App(AppAction::Help)].contains(&hint.action);
    let (mut last, others): (Vec<Hint>, Vec<Hint>) = hints.partition(is_last);
    last.sort_by_key(|hint| hint.action != back);
    let reserve: u16 = last.iter().map(Hint::width).sum();
    for hint in others {
        if x + hint.width() + reserve > end + Hint::GAP {
            break;
        }
        x = hint.draw(x, places.foot, painter) + Hint::GAP;
    }
    for hint in last {
        x = hint.draw(x, places.foot, painter) + Hint::GAP;
    }
}

/// Returns the actions of the last line, the most important first.
fn offered(
    (layers, rank): (&[Layer], impl Fn(Action) -> usize),
    context: &ViewContext<'_>,
    offers: impl Fn(Action) -> bool,
) -> Vec<Action> {
    let mut shown: Vec<Action> = Vec::new();
    for layer in layers {
        for (action, keys) in context.keymap.bindings(*layer) {
            let spec = action.spec();
            // While a text field has the focus, the key that leaves it comes first.
            let is_shown = spec.rank > 0
                || (action == Action::App(AppAction::Back) && *layer == Layer::Prompt);
            if is_shown
                && !keys.is_empty()
                && !shown.contains(&action)
                && context.allows(action)
                && offers(action)
            {
                shown.push(action);
            }
        }
    }
    shown.sort_by_key(|action| (*action == Action::App(AppAction::Back), rank(*action)));
    shown
}

/// Draws the keys of a question that takes a name: it holds all others, which are text there.
pub fn typing_foot(
    question: &Confirm,
    context: &ViewContext<'_>,
    places: &WindowAreas,
    painter: &mut Painter<'_>,
) {
    painter.hline(places.foot_rule);
    let mut x = painter.text(
        places.foot.x + 1,
        places.foot.y,
        places.foot.width.saturating_sub(2),
        "letters and digits type the name   ",
        Role::Dim,
    );
    let begin = (Action::Prompt(PromptAction::Accept), "begin");
    let leave = (Action::App(AppAction::Back), "leave, nothing is changed");
    let begin = question.is_complete().then_some(begin);
    for (action, words) in begin.into_iter().chain([leave]) {
        if let Some(key) = context.keymap.key_of(&[question.layer()], action) {
            let key = shown_key(&key, context).to_owned();
            x = Hint { action, key, words }.draw(x, places.foot, painter) + Hint::GAP;
        }
    }
}

/// A key of the last line and what it does.
struct Hint {
    action: Action,
    key: String,
    words: &'static str,
}

impl Hint {
    /// Columns between two of them.
    const GAP: u16 = 3;

    /// Its columns and those of the gap after it.
    fn width(&self) -> u16 {
        let columns = text_width(&self.key) + 1 + text_width(self.words);
        u16::try_from(columns).map_or(u16::MAX, |columns| columns.saturating_add(Self::GAP))
    }

    /// Draws it; a click on it does the same as the key. Returns the column after it.
    fn draw(&self, x: u16, place: Rect, painter: &mut Painter<'_>) -> u16 {
        let pieces = [
            (self.key.as_str(), Role::Accent),
            (" ", Role::Dim),
            (self.words, Role::Dim),
        ];
        let end = painter.spans(x, place.y, place.right().saturating_sub(x), &pieces);
        let area = Rect {
            x,
            width: end.saturating_sub(x),
            ..place
        };
        painter.record_click(area, ClickTarget::Action(self.action));
        end
    }
}

/// Returns a key as the footer shows it with the glyphs of the theme.
pub fn shown_key<'a>(key: &'a str, context: &ViewContext<'_>) -> &'a str {
    match context.theme.glyphs {
        GlyphSet::Unicode => symbol(key),
        GlyphSet::Ascii => key,
    }
}

/// Returns a key as the footer shows it.
pub(super) fn symbol(key: &str) -> &str {
    match key {
        "enter" => "⏎",
        "up" => "↑",
        "down" => "↓",
        "left" => "←",
        "right" => "→",
        other => other,
    }
}
