//! The tour: six lines at the first start, over the lower edge of the screen. Any key closes it and does what it always does.

use ratatui::layout::Rect;

use super::ViewContext;
use crate::{
    keys::Layer,
    messages::{Action, AppAction, FleetAction, ListAction},
    theme::Role,
    widgets::{Painter, text_width},
};

/// Width that the lines need.
const WIDTH: u16 = 78;
/// Rows: a rule, six lines, a rule.
const HEIGHT: u16 = 8;
/// Column of the explanations.
const EXPLANATION: u16 = 14;

/// Draws the tour over the lower edge of an area.
pub fn draw(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let width = WIDTH.min(area.width);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.bottom().saturating_sub(HEIGHT),
        width,
        height: HEIGHT.min(area.height),
    };
    // The whole width, so that no half of a row looks out at the sides.
    painter.clear(Rect {
        x: area.x,
        width: area.width,
        ..place
    });
    painter.hline(place);
    painter.text(
        place.x + 2,
        place.y,
        width,
        " HOW TO GET AROUND ",
        Role::Dim,
    );
    painter.hline(Rect {
        y: place.bottom().saturating_sub(1),
        ..place
    });
    for (index, (keys, words)) in lines(context).iter().enumerate() {
        let y = place.y + 1 + u16::try_from(index).unwrap_or(HEIGHT);
        if y + 1 >= place.bottom() {
            break;
        }
        painter.text(place.x + 2, y, EXPLANATION - 1, keys, Role::Accent);
        let x = place.x + 2 + EXPLANATION;
        let room = place.right().saturating_sub(x + 1);
        debug_assert!(
            text_width(words) <= usize::from(WIDTH - EXPLANATION - 3),
            "{words}"
        );
        painter.text(x, y, room, words, Role::Text);
    }
}

/// Returns the keys and what they do.
fn lines(context: &ViewContext<'_>) -> [(String, &'static str); 6] {
    let key =
        |layer: Layer, action: Action| context.keymap.key_of(&[layer], action).unwrap_or_default();
    let keys = |wanted: &[(Layer, Action)]| {
        let found: Vec<String> = wanted
            .iter()
            .map(|(layer, action)| key(*layer, *action))
            .collect();
        found.join(" ")
    };
    let screens = format!(
        "{} to {}",
        key(Layer::Global, Action::App(AppAction::OpenFleet)),
        key(Layer::Global, Action::App(AppAction::OpenActivity))
    );
    let follow = keys(&[
        (Layer::Fleet, Action::Fleet(FleetAction::FollowLogs)),
        (Layer::Fleet, Action::Fleet(FleetAction::FollowTools)),
        (Layer::Fleet, Action::Fleet(FleetAction::FollowDoctor)),
    ]);
    let narrow = keys(&[
        (Layer::List, Action::List(ListAction::Filter)),
        (Layer::Fleet, Action::Fleet(FleetAction::OnlyUrgent)),
    ]);
    let app = |action| key(Layer::Global, Action::App(action));
    [
        (
            screens,
            "the screens: fleet, logs, secrets, tools, doctor, activity",
        ),
        (
            key(Layer::List, Action::List(ListAction::Open)),
            "opens what is selected: status and reason, facts, JSON",
        ),
        (follow, "its logs, its tools, and the doctor, from any row"),
        (narrow, "filter the rows; show only what is not well"),
        (
            app(AppAction::Palette),
            "finds any command, deployment or resource by its name",
        ),
        (
            app(AppAction::Help),
            "all keys that work here. These lines are shown once.",
        ),
    ]
}
