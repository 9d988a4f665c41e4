//! What the palette offers: what the screens can do, what can be opened by its name, what the embedded stack can play.

use std::collections::BTreeSet;

use super::{Choice, Group, Offer, Subject};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, Needs, Route, ToolsAction},
    screens::ViewContext,
    state::Store,
};

/// The faults that can be played.
#[derive(Clone, Copy, Debug)]
pub struct Faults<'a> {
    /// What each is called; the first takes all of them back.
    pub names: &'a [String],
    /// Which of them are played now, by number.
    pub played: &'a BTreeSet<usize>,
}

/// Everything that can be chosen on that screen, whose active layers are these.
pub fn offers(
    route: Route,
    layers: &[Layer],
    context: &ViewContext<'_>,
    faults: Faults<'_>,
) -> Vec<Offer> {
    let mut offers = here(route, layers, context);
    let known: BTreeSet<&str> = offers
        .iter()
        .filter_map(|offer| id(&offer.choice))
        .collect();
    let screens = Route::ALL
        .into_iter()
        .filter(|each| *each != route && !known.contains(screen_action(*each).spec().id));
    let screens: Vec<Offer> = screens
        .map(|each| {
            let action = screen_action(each);
            Offer {
                text: each.title().to_lowercase(),
                ..done(
                    action,
                    action.spec().id.to_owned(),
                    Group::Here,
                    Choice::Act(action),
                )
            }
        })
        .collect();
    let elsewhere = elsewhere(route, &known, context);
    offers.extend(screens);
    offers.extend(elsewhere);
    offers.extend(named(context.store));
    offers.extend(faults.names.iter().enumerate().map(|(index, fault)| {
        Offer {
            text: format!("fault {fault}"),
            note: if faults.played.contains(&index) {
                "● played now"
            } else {
                "embedded stack"
            }
            .to_owned(),
            words: "embedded stack".to_owned(),
            group: Group::Fault,
            choice: Choice::Fault(index),
        }
    }));
    offers
}

/// What the screen can do, whichever of its panes has the keys now, and what every screen can.
fn here(route: Route, layers: &[Layer], context: &ViewContext<'_>) -> Vec<Offer> {
    let own: Vec<Layer> = layers.iter().copied().chain([own_layer(route)]).collect();
    let reachable = Action::ALL
        .iter()
        .filter(|action| is_bound(**action, &own, context));
    reachable
        .map(|action| {
            let key = context.keymap.key_of(layers, *action).unwrap_or_default();
            done(
                *action,
                format!("{key}  {}", action.spec().id),
                Group::Here,
                Choice::Act(*action),
            )
        })
        .collect()
}

/// What the other screens can do.
fn elsewhere(route: Route, known: &BTreeSet<&str>, context: &ViewContext<'_>) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for each in Route::ALL.into_iter().filter(|each| *each != route) {
        let own = [own_layer(each)];
        for action in Action::ALL
            .iter()
            .filter(|action| is_bound(**action, &own, context) && !known.contains(action.spec().id))
        {
            if offers
                .iter()
                .all(|offer| id(&offer.choice) != Some(action.spec().id))
            {
                let note = format!("{}  {}", each.title(), action.spec().id);
                offers.push(done(
                    *action,
                    note,
                    Group::Elsewhere,
                    Choice::Elsewhere(each, *action),
                ));
            }
        }
    }
    offers
}

fn is_bound(action: Action, layers: &[Layer], context: &ViewContext<'_>) -> bool {
    let id = action.spec().id;
    let is_motion = ["list.", "prompt.", "confirm."]
        .iter()
        .any(|layer| id.starts_with(layer));
    let is_bound = || {
        layers.iter().any(|layer| {
            context
                .keymap
                .bindings(*layer)
                .iter()
                .any(|(each, _)| *each == action)
        })
    };
    !is_motion && context.allows(action) && is_bound()
}

fn done(action: Action, note: String, group: Group, choice: Choice) -> Offer {
    let spec = action.spec();
    Offer {
        text: spec.help.to_owned(),
        note,
        words: format!("{} {}", spec.id, spec.short),
        group,
        choice,
    }
}

const fn id(choice: &Choice) -> Option<&'static str> {
    match choice {
        Choice::Act(action) | Choice::Elsewhere(_, action) => Some(action.spec().id),
        Choice::Logs(_)
        | Choice::Tools(_)
        | Choice::Reveal(_)
        | Choice::Examine(_)
        | Choice::Fault(_) => None,
    }
}

/// Whether an action of another screen can follow at once: not where it is about a row that is not seen yet, and not a call.
pub fn follows(action: Action) -> bool {
    action.spec().needs == Needs::Nothing
        && !action.spec().writes
        && action != Action::Tools(ToolsAction::Run)
}

fn called(text: String, note: String, choice: Choice) -> Offer {
    Offer {
        text,
        note,
        words: String::new(),
        group: Group::Named,
        choice,
    }
}

/// `logs NAME`, `tools NAME`, `describe NAME`, `doctor NAME` for everything that is known.
fn named(store: &Store) -> Vec<Offer> {
    let mut offers = Vec::new();
    for deployment in &store.deployments {
        let name = &deployment.name;
        offers.push(called(
            format!("logs {name}"),
            "all its log groups".to_owned(),
            Choice::Logs(Subject::Deployment(name.clone())),
        ));
        offers.push(called(
            format!("tools {name}"),
            "its MCP endpoint".to_owned(),
            Choice::Tools(Subject::Deployment(name.clone())),
        ));
        offers.push(called(
            format!("doctor {name}"),
            "examine its chain".to_owned(),
            Choice::Examine(name.clone()),
        ));
        for resource in store.resources(name) {
            let note = format!("{} of {name}", resource.key.kind);
            offers.push(called(
                format!("describe {}", resource.name),
                note.clone(),
                Choice::Reveal(resource.key.clone()),
            ));
            if !resource.log_groups.is_empty() {
                offers.push(called(
                    format!("logs {}", resource.name),
                    note.clone(),
                    Choice::Logs(Subject::Resource(resource.key.clone())),
                ));
            }
            if resource.mcp_url.is_some() {
                offers.push(called(
                    format!("tools {}", resource.name),
                    note,
                    Choice::Tools(Subject::Resource(resource.key.clone())),
                ));
            }
        }
        for group in crate::screens::fleet::deployment_groups(store, name) {
            offers.push(called(
                format!("logs {group}"),
                format!("log group of {name}"),
                Choice::Logs(Subject::Group(name.clone(), group)),
            ));
        }
    }
    offers
}

const fn own_layer(route: Route) -> Layer {
    match route {
        Route::Fleet => Layer::Fleet,
        Route::Logs => Layer::Logs,
        Route::Secrets => Layer::Secrets,
        Route::Tools => Layer::Tools,
        Route::Doctor => Layer::Doctor,
        Route::Activity => Layer::Activity,
    }
}

/// The action that opens a screen.
const fn screen_action(route: Route) -> Action {
    match route {
        Route::Fleet => Action::App(AppAction::OpenFleet),
        Route::Logs => Action::App(AppAction::OpenLogs),
        Route::Secrets => Action::App(AppAction::OpenSecrets),
        Route::Tools => Action::App(AppAction::OpenTools),
        Route::Doctor => Action::App(AppAction::OpenDoctor),
        Route::Activity => Action::App(AppAction::OpenActivity),
    }
}
