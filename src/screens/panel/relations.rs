//! Where one can go from here: what a resource leads to, and what leads to it.

use super::{PanelLine, hint};
use crate::{
    kinds,
    messages::FleetAction,
    model::{DeploymentName, Relation, Resource},
    screens::ViewContext,
    state::Related,
    theme::Role,
    widgets::{cut_middle, glyph, role_of},
};

/// Relations shown of a kind.
const SHOWN: usize = 8;
/// Columns of the kind.
const KIND: usize = 11;

/// Returns the resources that a deployment consists of at its top.
pub(super) fn of_deployment(
    name: &DeploymentName,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let tops: Vec<&Resource> = context
        .store
        .resources(name)
        .filter(|resource| kinds::spec(resource.key.kind).parent.is_none())
        .take(SHOWN)
        .collect();
    if tops.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![PanelLine::blank(), PanelLine::title("LEADS TO", Vec::new())];
    lines.extend(
        tops.into_iter()
            .map(|resource| line(resource, None, context, room)),
    );
    lines
}

/// Returns what a resource leads to, and what leads to it.
pub(super) fn of_resource(
    resource: &Resource,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let mut lines = Vec::new();
    let both = [
        (
            "LEADS TO",
            context.store.leads_to(resource),
            FleetAction::FollowRelation,
            "follows",
        ),
        (
            "IS USED BY",
            context.store.led_from(resource),
            FleetAction::FollowBack,
            "goes there",
        ),
    ];
    for (title, related, action, does) in both {
        if related.is_empty() {
            continue;
        }
        lines.push(PanelLine::blank());
        lines.push(PanelLine::title(title, hint(context, action, does)));
        let shown = related.iter().take(SHOWN);
        lines.extend(shown.map(|other| line(other.resource, Some(word(other)), context, room)));
        if related.len() > SHOWN {
            let more = format!("and {} more", related.len() - SHOWN);
            lines.push(vec![(more, Role::Dim)].into());
        }
    }
    lines
}

fn word(related: &Related<'_>) -> &'static str {
    match related.relation {
        Relation::Owner => "",
        Relation::Calls => "calls",
        Relation::Reads => "reads",
        Relation::SignsInWith => "signs in with",
        Relation::Asks => "asks",
        Relation::Serves => "serves",
    }
}

fn line(
    resource: &Resource,
    word: Option<&str>,
    context: &ViewContext<'_>,
    room: u16,
) -> PanelLine {
    let health = kinds::health(resource);
    let name = cut_middle(&resource.name, usize::from(room / 2));
    let word = word.unwrap_or_default();
    PanelLine {
        left: vec![
            (format!("{} ", glyph(health)), role_of(health)),
            (format!("{:<KIND$}", resource.key.kind.short()), Role::Dim),
            (name, Role::Accent),
            (format!("  {word}"), Role::Dim),
        ],
        right: vec![(kinds::status_text(resource, context.now), Role::Dim)],
    }
}
