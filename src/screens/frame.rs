//! The frame around every screen: a line of state, a line of tabs, the screen, and a line of keys
//! that work now.

use ratatui::layout::Rect;

use super::ViewContext;
use crate::messages::{AppAction, ClickTarget, Route};
use crate::{
    keys::Layer,
    kinds::DeploymentHealth,
    messages::Action,
    state::Store,
    theme::{GlyphSet, Role},
    widgets::{
        Painter, cut_middle, deployment_glyph, deployment_role, deployment_word, text_width,
    },
};

/// An answer may take this long, in milliseconds, before a list counts as later than promised.
const LATE_MS: i64 = 10_000;

/// Smallest window that is drawn, in columns and lines.
pub const LEAST: (u16, u16) = (40, 8);

/// The areas of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowAreas {
    /// State.
    pub head: Rect,
    /// Tabs.
    pub tabs: Rect,
    /// The rule under the tabs.
    pub rule: Rect,
    /// The screen.
    pub body: Rect,
    /// The rule over the keys.
    pub foot_rule: Rect,
    /// Keys.
    pub foot: Rect,
}

/// Divides the window. A low window has no lower rule.
pub fn places(area: Rect) -> WindowAreas {
    let line = |y: u16| Rect {
        x: area.x,
        y: area.y + y,
        width: area.width,
        height: 1,
    };
    let lower = u16::from(area.height >= 16);
    WindowAreas {
        head: line(0),
        tabs: line(1),
        rule: line(2),
        body: Rect {
            y: area.y + 3,
            height: area.height.saturating_sub(4 + lower),
            ..area
        },
        foot_rule: Rect {
            height: lower,
            ..line(area.height.saturating_sub(2))
        },
        foot: line(area.height.saturating_sub(1)),
    }
}

/// Draws the first line: the headline of the screen or the summary of the fleet, and freshness and
/// requests at the right.
pub fn head(
    context: &ViewContext<'_>,
    headline: Option<Vec<(String, Role)>>,
    calls: usize,
    place: Rect,
    painter: &mut Painter<'_>,
) {
    let right = right_side(context, calls);
    let right_width = u16::try_from(
        right
            .iter()
            .map(|(text, _)| text_width(text))
            .sum::<usize>(),
    )
    .unwrap_or(0);
    let room = place.width.saturating_sub(right_width + 4);
    let mut pieces = headline.unwrap_or_else(|| summary(context.store));
    shorten_name(&mut pieces, usize::from(room));
    let shown: Vec<(&str, Role)> = pieces
        .iter()
        .map(|(text, role)| (text.as_str(), *role))
        .collect();
    let end = painter.spans(place.x + 1, place.y, room, &shown);
    let begin = place.right().saturating_sub(right_width + 1);
    if begin > end {
        let shown: Vec<(&str, Role)> = right
            .iter()
            .map(|(text, role)| (text.as_str(), *role))
            .collect();
        painter.spans(begin, place.y, right_width, &shown);
    }
}

/// Shortens the longest name in its middle where the line would otherwise lose its end; what is dim may be lost.
fn shorten_name(pieces: &mut [(String, Role)], room: usize) {
    const SHORTEST: usize = 8;
    let needed: usize = pieces
        .iter()
        .filter(|(_, role)| *role != Role::Dim)
        .map(|(text, _)| text_width(text))
        .sum();
    let longest = pieces
        .iter_mut()
        .filter(|(_, role)| *role == Role::Text)
        .max_by_key(|(text, _)| text_width(text));
    if let Some((name, _)) = longest
        && needed > room
    {
        let width = text_width(name).saturating_sub(needed - room);
        *name = cut_middle(name, width.max(SHORTEST));
    }
}

fn summary(store: &Store) -> Vec<(String, Role)> {
    let mut pieces = vec![("agentcore".to_owned(), Role::Name)];
    let count = store.deployments.len();
    if count > 0 {
        pieces.push((
            format!("   {count} deployment{}", if count == 1 { "" } else { "s" }),
            Role::Dim,
        ));
    }
    let healths: Vec<DeploymentHealth> = store
        .deployments
        .iter()
        .filter(|deployment| store.resources(&deployment.name).next().is_some())
        .map(|deployment| store.health(&deployment.name).health)
        .collect();
    // The worst first: a narrow window cuts the end.
    for health in DeploymentHealth::ALL.into_iter().rev() {
        let count = healths.iter().filter(|known| **known == health).count();
        if count > 0 {
            pieces.push(("   ".to_owned(), Role::Dim));
            pieces.push((
                format!(
                    "{} {count} {}",
                    deployment_glyph(health),
                    deployment_word(health)
                ),
                deployment_role(health),
            ));
        }
    }
    pieces
}

fn right_side(context: &ViewContext<'_>, calls: usize) -> Vec<(String, Role)> {
    let mut pieces = Vec::new();
    if context.read_only {
        pieces.push(("read-only   ".to_owned(), Role::Person));
    }
    let mut regions: Vec<&str> = context
        .store
        .deployments
        .iter()
        .map(|deployment| deployment.region.as_str())
        .collect();
    regions.sort_unstable();
    regions.dedup();
    if let Some(first) = regions.first() {
        let more = if regions.len() > 1 {
            format!(" +{}", regions.len() - 1)
        } else {
            String::new()
        };
        pieces.push((format!("{first}{more}   "), Role::Dim));
    }
    if calls > 0 {
        pieces.push((format!("{} {calls}   ", context.spinner), Role::Changing));
    }
    if let Some(at) = context.store.remembered_at() {
        pieces.push((format!("last run, {} ago", at.age(context.now)), Role::Dim));
        return pieces;
    }
    match context.store.freshness() {
        Some(at) if context.store.is_stale() => {
            pieces.push((format!("stale {}", at.age(context.now)), Role::Degraded));
        }
        Some(at) => {
            let age = context.now.since(at);
            let pace = context.store.refresh_ms;
            let role = if age <= pace + LATE_MS {
                Role::Success
            } else if age <= 3 * pace {
                Role::Dim
            } else {
                Role::Degraded
            };
            pieces.push((format!("fresh {}", at.age(context.now)), role));
        }
        None => {}
    }
    pieces
}

/// Returns the areas of the tabs.
fn tab_places(place: Rect, unseen: usize) -> Vec<(Route, u16, u16)> {
    let mut x = place.x + 1;
    Route::ALL
        .into_iter()
        .enumerate()
        .map(|(index, route)| {
            let width = u16::try_from(text_width(&tab_text(index, route, unseen, place.width)))
                .unwrap_or(0);
            let at = x;
            x += width + if place.width < 60 { 1 } else { 3 };
            (route, at, width)
        })
        .collect()
}

fn tab_text(index: usize, route: Route, unseen: usize, room: u16) -> String {
    let title: String = if room < 60 {
        route.title().chars().take(4).collect()
    } else {
        route.title().to_owned()
    };
    let badge = if route == Route::Activity && unseen > 0 {
        format!("·{unseen}")
    } else {
        String::new()
    };
    format!("{} {title}{badge}", index + 1)
}

/// Draws the tabs; the current one is bright, with a bar under it.
pub fn tabs(front: Route, unseen: usize, places: &WindowAreas, painter: &mut Painter<'_>) {
    painter.hline(places.rule);
    for (index, (route, x, width)) in tab_places(places.tabs, unseen).into_iter().enumerate() {
        let text = tab_text(index, route, unseen, places.tabs.width);
        let (number, title) = text.split_at(1);
        let is_front = route == front;
        let tab = Rect {
            x,
            width,
            ..places.tabs
        };
        painter.record_click(tab, ClickTarget::Action(Action::App(route.open_action())));
        let at = painter.text(
            x,
            places.tabs.y,
            width,
            number,
            if is_front { Role::Accent } else { Role::Faint },
        );
        let role = if is_front {
            Role::Name
        } else if route == Route::Activity && unseen > 0 {
            Role::Degraded
        } else {
            Role::Dim
        };
        painter.text(at, places.tabs.y, width, title, role);
        if is_front {
            let style = painter.theme.style(Role::Accent);
            painter.styled_text(
                x,
                places.rule.y,
                width,
                &"━".repeat(usize::from(width)),
                style,
            );
        }
    }
}

/// Draws the keys that work now, in the order of their rank, cut between two keys.
pub fn foot(
    layers: &[Layer],
    context: &ViewContext<'_>,
    offers: impl Fn(Action) -> bool,
    places: &WindowAreas,
    painter: &mut Painter<'_>,
) {
    painter.hline(places.foot_rule);
    let (mut x, end) = (places.foot.x + 1, places.foot.right());
    let hints = offered(layers, context, offers)
        .into_iter()
        .filter_map(|action| {
            let key = context.keymap.key_of(layers, action)?;
            let key = match context.theme.glyphs {
                GlyphSet::Unicode => symbol(&key).to_owned(),
                GlyphSet::Ascii => key,
            };
            Some((action, key))
        });
    // The key of the help always stands last.
    let (last, others): (Vec<_>, Vec<_>) =
        hints.partition(|(action, _)| *action == Action::App(AppAction::Help));
    let reserve: u16 = last
        .iter()
        .map(|(action, key)| hint_width(key, action.spec().short))
        .sum();
    for (action, key) in others {
        if x + hint_width(&key, action.spec().short) + reserve > end {
            break;
        }
        x = draw_hint(action, &key, x, places.foot, painter) + 3;
    }
    for (action, key) in last {
        x = draw_hint(action, &key, x, places.foot, painter);
    }
}

/// The actions of the last line, the most important first.
fn offered(
    layers: &[Layer],
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
    shown.sort_by_key(|action| (*action == Action::App(AppAction::Back), action.spec().rank));
    shown
}

/// Draws a key and what it does; a click on them does the same. Returns the column after them.
fn draw_hint(action: Action, key: &str, x: u16, place: Rect, painter: &mut Painter<'_>) -> u16 {
    let pieces = [
        (key, Role::Accent),
        (" ", Role::Dim),
        (action.spec().short, Role::Dim),
    ];
    let end = painter.spans(x, place.y, place.right().saturating_sub(x), &pieces);
    let hint = Rect {
        x,
        width: end.saturating_sub(x),
        ..place
    };
    painter.record_click(hint, ClickTarget::Action(action));
    end
}

fn hint_width(key: &str, short: &str) -> u16 {
    u16::try_from(text_width(key) + 1 + text_width(short) + 3).unwrap_or(u16::MAX)
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
