//! The frame around every screen: a line of state, a line of tabs, the screen, and a line of keys
//! that work now.

use ratatui::layout::Rect;

use super::ViewContext;
pub(super) use super::foot::symbol;
pub use super::foot::{foot, shown_key, typing_foot};
use crate::messages::{Action, ClickTarget, Route};
use crate::{
    kinds::DeploymentHealth,
    model::pluralize,
    theme::Role,
    widgets::{
        MISCONFIGURED, MISCONFIGURED_MARK, Painter, cut_middle, deployment_glyph, deployment_role,
        deployment_word, text_width,
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
    let whole = headline
        .as_ref()
        .map_or_else(|| width_of(&summary(context, u16::MAX)), |it| width_of(it));
    // The region is left out before anything of the left side is.
    let with_region = right_side(context, calls, true);
    let fits = whole.saturating_add(width_of(&with_region) + 4) <= place.width;
    let right = if fits {
        with_region
    } else {
        right_side(context, calls, place.width >= REGION_FROM)
    };
    let right_width = width_of(&right);
    // An age of one digit leaves room for its second: the words on the left do not come and go with it.
    let spare = u16::from(headline.is_none() && place.width >= ROOMY && has_short_age(&right));
    let room = place.width.saturating_sub(right_width + 4 + spare);
    let pieces = match headline {
        Some(mut pieces) => {
            shorten_name(&mut pieces, usize::from(room));
            whole_groups(pieces, room)
        }
        None => summary(context, room),
    };
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

/// From this width the head keeps a column free for the second digit of the age.
const ROOMY: u16 = 60;

/// Returns whether the age at the end of the right side has one digit.
fn has_short_age(right: &[(String, Role)]) -> bool {
    let age = right.last().and_then(|(text, _)| text.rsplit(' ').next());
    age.is_some_and(|age| text_width(age) == 2)
}

/// Shortens the longest name in its middle where the line would otherwise lose its end; what is dim at its end may be lost.
fn shorten_name(pieces: &mut [(String, Role)], room: usize) {
    const SHORTEST: usize = 8;
    let end = pieces.iter().rposition(|(_, role)| *role != Role::Dim);
    let kept = pieces.get(..=end.unwrap_or(0)).unwrap_or_default();
    let needed = usize::from(width_of(kept));
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

/// Spans of text with their roles.
type Pieces = Vec<(String, Role)>;

fn width_of(pieces: &[(String, Role)]) -> u16 {
    let width: usize = pieces.iter().map(|(text, _)| text_width(text)).sum();
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// Returns the groups of a headline that fit as a whole; the first is always kept. A gap of three columns begins a group.
pub fn whole_groups(pieces: Pieces, room: u16) -> Pieces {
    let begins_group = |(text, _): &(String, Role)| text.starts_with("   ");
    let ends: Vec<usize> = (1..=pieces.len())
        .filter(|end| pieces.get(*end).is_none_or(begins_group))
        .collect();
    let fits = |end: &&usize| width_of(pieces.get(..**end).unwrap_or_default()) <= room;
    let end = ends.iter().rev().find(fits).or_else(|| ends.first());
    let end = end.copied().unwrap_or(pieces.len());
    pieces.into_iter().take(end).collect()
}

/// Returns how many deployments there are of each health, the worst first. In a narrow window the number of all of them goes first,
/// then the words of the least urgent.
fn summary(context: &ViewContext<'_>, room: u16) -> Pieces {
    let store = context.store;
    let healths: Vec<DeploymentHealth> = store
        .deployments
        .iter()
        .filter(|deployment| store.resources(&deployment.name).next().is_some())
        .map(|deployment| store.health(&deployment.name).health)
        .collect();
    let counts: Vec<(DeploymentHealth, usize)> = DeploymentHealth::ALL
        .into_iter()
        .rev()
        .map(|health| {
            (
                health,
                healths.iter().filter(|known| **known == health).count(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    let fewer = (0..=counts.len()).rev().map(|words| (false, words));
    let ways = std::iter::once((true, counts.len())).chain(fewer);
    let shown = ways.map(|(has_total, words)| summary_with(context, &counts, has_total, words));
    let mut narrowest = Pieces::new();
    for pieces in shown {
        if width_of(&pieces) <= room {
            return pieces;
        }
        narrowest = pieces;
    }
    narrowest
}

/// Returns the summary with the number of all deployments or without it, and words for the first `words` counts.
fn summary_with(
    context: &ViewContext<'_>,
    counts: &[(DeploymentHealth, usize)],
    has_total: bool,
    words: usize,
) -> Pieces {
    let mut pieces = vec![("agentcore".to_owned(), Role::Name)];
    let total = context.store.deployments.len() + context.store.misconfigured.len();
    // Where no health is known, their number is all that there is to say.
    if total > 0 && (has_total || counts.is_empty()) {
        pieces.push((format!("   {}", pluralize(total, "deployment")), Role::Dim));
    }
    for (index, (health, count)) in counts.iter().enumerate() {
        let word = if index < words {
            format!(" {}", deployment_word(*health))
        } else {
            String::new()
        };
        let text = format!("   {} {count}{word}", deployment_glyph(*health));
        pieces.push((text, deployment_role(*health)));
    }
    let misconfigured = context.store.misconfigured.len();
    if misconfigured > 0 {
        let (glyph, role) = MISCONFIGURED_MARK;
        let text = format!("   {glyph} {misconfigured} {MISCONFIGURED}");
        pieces.push((text, role));
    }
    pieces
}

/// From this width the region is always named; in a narrower window only where it fits.
const REGION_FROM: u16 = 100;

fn right_side(context: &ViewContext<'_>, calls: usize, has_region: bool) -> Pieces {
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
    if let Some(first) = regions.first().filter(|_| has_region) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_loses_whole_groups_from_its_end_and_never_its_first() {
        let pieces: Pieces = [
            "prod",
            "   ● live",
            "   120 kept",
            " · 0 lost",
            "   2 groups",
        ]
        .map(|text| (text.to_owned(), Role::Text))
        .into();
        let shown = |room| -> String {
            let kept = whole_groups(pieces.clone(), room);
            kept.into_iter().map(|(text, _)| text).collect()
        };
        assert_eq!(shown(60), "prod   ● live   120 kept · 0 lost   2 groups");
        assert_eq!(shown(40), "prod   ● live   120 kept · 0 lost");
        assert_eq!(shown(30), "prod   ● live", "counts are not cut within");
        assert_eq!(shown(2), "prod");
    }
}
