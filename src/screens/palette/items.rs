//! The items of the palette: actions of all screens, names that can be opened, faults that the
//! embedded stack can inject.

use std::collections::{BTreeMap, BTreeSet};

use super::{PaletteCommand, PaletteItem, PaletteSection, PaletteTarget};
use crate::{
    keys::Layer,
    messages::{Action, ActionNeeds, AppAction, Route, ToolsAction},
    model::{Deployment, DeploymentName, Kind, Moment, Resource, ResourceKey},
    screens::{
        ViewContext,
        logs::{LogWindow, LogsView},
    },
    state::Store,
};

/// Deployments with whose credentials a log group that none of them lists can be read from the palette.
const MAX_PLACES: usize = 5;

/// The faults that can be injected.
#[derive(Clone, Copy, Debug)]
pub struct InjectableFaults<'a> {
    /// Their names; the first one clears all faults.
    pub names: &'a [String],
    /// Indices of the faults that are active.
    pub active: &'a BTreeSet<usize>,
}

/// Returns all items for a screen and its active layers.
pub fn items(
    route: Route,
    layers: &[Layer],
    context: &ViewContext<'_>,
    faults: InjectableFaults<'_>,
) -> Vec<PaletteItem> {
    let mut items = own_actions(route, layers, context);
    let known: BTreeSet<&str> = items
        .iter()
        .filter_map(|item| action_id(&item.command))
        .collect();
    let screens: Vec<PaletteItem> = screens(route, layers, context)
        .filter(|item| action_id(&item.command).is_none_or(|id| !known.contains(id)))
        .collect();
    let others = actions_of_other_screens(route, &known, context);
    items.extend(screens);
    items.extend(others);
    items.extend(named(context.store));
    items.extend(faults.names.iter().enumerate().map(|(index, fault)| {
        let is_active = faults.active.contains(&index);
        PaletteItem {
            text: format!("fault {fault}"),
            note: if is_active {
                "● active"
            } else {
                "embedded stack"
            }
            .to_owned(),
            key: String::new(),
            words: "embedded stack".to_owned(),
            section: PaletteSection::Fault,
            command: PaletteCommand::Fault(index),
        }
    }));
    items
}

/// Returns the items of `logs NAME` for a log group that no deployment lists: read with the credentials of the selected
/// deployment, or with those of another one.
pub fn unlisted_group(
    typed: &str,
    items: &[PaletteItem],
    selected: Option<&DeploymentName>,
    store: &Store,
) -> Vec<PaletteItem> {
    let command = typed.split(" --").next().unwrap_or_default().trim();
    let name = command.strip_prefix("logs ").unwrap_or_default().trim();
    let is_group = name.contains('/') && !name.contains([' ', ':']);
    if !is_group || items.iter().any(|item| is_logs_of(item, command)) {
        return Vec::new();
    }
    let mut deployments: Vec<&Deployment> = store.deployments.iter().collect();
    deployments.sort_by_key(|deployment| Some(&deployment.name) != selected);
    deployments
        .into_iter()
        .take(MAX_PLACES)
        .map(|deployment| {
            named_item(
                format!("logs {name}"),
                format!("log group in the account of {}", deployment.title()),
                PaletteCommand::Logs(PaletteTarget::Group(
                    deployment.name.clone(),
                    name.to_owned(),
                )),
            )
        })
        .collect()
}

/// Returns the item of `logs NAME --since TIME [--until TIME]`: a window of the logs of what an item of `items` names.
pub fn log_window(
    typed: &str,
    items: &[PaletteItem],
    time: impl Fn(&str) -> Option<Moment>,
) -> Option<PaletteItem> {
    let (name, options) = typed.split_once(" --")?;
    let target = items.iter().find_map(|item| match &item.command {
        PaletteCommand::Logs(target) if is_logs_of(item, name.trim()) => Some(target.clone()),
        PaletteCommand::Act(_)
        | PaletteCommand::Logs(_)
        | PaletteCommand::LogWindow(..)
        | PaletteCommand::LogsIn(..)
        | PaletteCommand::Tools(_)
        | PaletteCommand::Reveal(_)
        | PaletteCommand::Rotate(_)
        | PaletteCommand::Examine(_)
        | PaletteCommand::Elsewhere(..)
        | PaletteCommand::Fault(_) => None,
    })?;
    let mut window = LogWindow::default();
    for option in options.split(" --") {
        let (name, value) = option.trim().split_once([' ', '='])?;
        match name {
            "since" => window.since = Some(time(value)?),
            "until" => window.until = Some(time(value)?),
            _ => return None,
        }
    }
    Some(named_item(
        typed.to_owned(),
        "a window of time".to_owned(),
        PaletteCommand::LogWindow(target, window),
    ))
}

/// Returns the other screens.
fn screens<'a>(
    route: Route,
    layers: &'a [Layer],
    context: &'a ViewContext<'_>,
) -> impl Iterator<Item = PaletteItem> + 'a {
    Route::ALL
        .into_iter()
        .filter(move |screen| *screen != route)
        .map(|screen| {
            let action = Action::App(screen.open_action());
            PaletteItem {
                text: screen.title().to_lowercase(),
                note: "screen".to_owned(),
                key: context.keymap.key_of(layers, action).unwrap_or_default(),
                ..action_item(action, PaletteSection::Here, PaletteCommand::Act(action))
            }
        })
}

/// Returns the actions of the screen, in whichever of its panes, and of every screen.
fn own_actions(route: Route, layers: &[Layer], context: &ViewContext<'_>) -> Vec<PaletteItem> {
    let own: Vec<Layer> = layers.iter().copied().chain([own_layer(route)]).collect();
    let mut actions: Vec<Action> = Action::ALL
        .iter()
        .copied()
        .filter(|action| is_bound(*action, &own, context))
        .collect();
    actions.sort_by_key(|action| usefulness(*action));
    actions
        .iter()
        .map(|action| PaletteItem {
            note: if matches!(action, Action::App(_)) {
                "everywhere".to_owned()
            } else {
                route.title().to_owned()
            },
            key: context.keymap.key_of(layers, *action).unwrap_or_default(),
            ..action_item(*action, PaletteSection::Here, PaletteCommand::Act(*action))
        })
        .collect()
}

/// Returns the actions of other screens that are not among the `known` ones.
fn actions_of_other_screens(
    route: Route,
    known: &BTreeSet<&str>,
    context: &ViewContext<'_>,
) -> Vec<PaletteItem> {
    let mut items = Vec::new();
    let mut listed = known.clone();
    for screen in Route::ALL.into_iter().filter(|screen| *screen != route) {
        let layers = [own_layer(screen)];
        for action in Action::ALL.iter().copied() {
            if is_bound(action, &layers, context) && listed.insert(action.spec().id) {
                let command = PaletteCommand::Elsewhere(screen, action);
                items.push(PaletteItem {
                    note: screen.title().to_owned(),
                    key: context.keymap.key_of(&layers, action).unwrap_or_default(),
                    ..action_item(action, PaletteSection::Elsewhere, command)
                });
            }
        }
    }
    items
}

/// Returns the order in which actions are offered where nothing is typed: first those of the screen, as in the footer, then the other
/// screens, then what every program has.
fn usefulness(action: Action) -> (u8, u8) {
    let spec = action.spec();
    let is_screen = Route::ALL
        .into_iter()
        .any(|route| action == Action::App(route.open_action()));
    let part = match action {
        Action::App(_) if is_screen => 2,
        Action::App(AppAction::Help | AppAction::Refresh | AppAction::NextTheme) => 3,
        Action::App(_) => 4,
        Action::Start(_)
        | Action::List(_)
        | Action::Fleet(_)
        | Action::Logs(_)
        | Action::Secrets(_)
        | Action::Tools(_)
        | Action::Doctor(_)
        | Action::Activity(_)
        | Action::Prompt(_) => u8::from(spec.rank == 0),
    };
    (part, spec.rank)
}

fn is_bound(action: Action, layers: &[Layer], context: &ViewContext<'_>) -> bool {
    // What moves in lists, and what closes or is the palette itself.
    let is_motion = matches!(
        action,
        Action::List(_) | Action::Prompt(_) | Action::App(AppAction::Back | AppAction::Palette)
    );
    let is_bound = || {
        layers.iter().any(|layer| {
            let bindings = context.keymap.bindings(*layer);
            bindings.iter().any(|(bound, _)| *bound == action)
        })
    };
    !is_motion && context.allows(action) && is_bound()
}

fn action_item(action: Action, section: PaletteSection, command: PaletteCommand) -> PaletteItem {
    let spec = action.spec();
    PaletteItem {
        text: spec.help.to_owned(),
        note: String::new(),
        key: String::new(),
        words: format!("{} {}", spec.short, spec.id),
        section,
        command,
    }
}

const fn action_id(command: &PaletteCommand) -> Option<&'static str> {
    match command {
        PaletteCommand::Act(action) | PaletteCommand::Elsewhere(_, action) => {
            Some(action.spec().id)
        }
        PaletteCommand::Logs(_)
        | PaletteCommand::LogWindow(..)
        | PaletteCommand::LogsIn(..)
        | PaletteCommand::Tools(_)
        | PaletteCommand::Reveal(_)
        | PaletteCommand::Rotate(_)
        | PaletteCommand::Examine(_)
        | PaletteCommand::Fault(_) => None,
    }
}

/// Returns whether an action of another screen runs at once when it is chosen: not if it needs a selected
/// row, writes, or calls a tool.
pub fn runs_at_once(action: Action) -> bool {
    action.spec().needs == ActionNeeds::Nothing
        && !action.spec().writes
        && action != Action::Tools(ToolsAction::Run)
}

/// Returns whether `logs NAME` means this item: by the name that it shows, or by another that its thing has.
fn is_logs_of(item: &PaletteItem, typed: &str) -> bool {
    let is_other_name = |name: &str| {
        let name = name.trim().to_lowercase();
        item.words == name || item.words.split(' ').any(|word| word == name)
    };
    item.text.to_lowercase() == typed.to_lowercase()
        || typed.strip_prefix("logs ").is_some_and(is_other_name)
}

fn named_item(text: String, note: String, command: PaletteCommand) -> PaletteItem {
    PaletteItem {
        text,
        note,
        key: String::new(),
        words: String::new(),
        section: PaletteSection::Named,
        command,
    }
}

/// Returns the same items, found by these further names too.
fn also_called(items: Vec<PaletteItem>, names: &str) -> impl Iterator<Item = PaletteItem> {
    let words = names.to_lowercase();
    items.into_iter().map(move |item| PaletteItem {
        words: words.clone(),
        ..item
    })
}

/// `logs NAME`, `tools NAME`, `describe NAME` and `doctor NAME` for all deployments, resources and
/// log groups.
fn named(store: &Store) -> Vec<PaletteItem> {
    let mut items = Vec::new();
    for deployment in &store.deployments {
        let (name, title) = (&deployment.name, deployment.title());
        let target = PaletteTarget::Deployment(name.clone());
        let own = vec![
            named_item(
                format!("logs {title}"),
                "all log groups".to_owned(),
                PaletteCommand::Logs(target.clone()),
            ),
            named_item(
                format!("calls {title}"),
                "its tool calls".to_owned(),
                PaletteCommand::LogsIn(name.clone(), LogsView::Calls),
            ),
            named_item(
                format!("patterns {title}"),
                "patterns of its log lines".to_owned(),
                PaletteCommand::LogsIn(name.clone(), LogsView::Patterns),
            ),
            named_item(
                format!("tools {title}"),
                "MCP endpoint".to_owned(),
                PaletteCommand::Tools(target),
            ),
            named_item(
                format!("doctor {title}"),
                "every hop of the chain".to_owned(),
                PaletteCommand::Examine(name.clone()),
            ),
        ];
        let short_name = deployment.short_name.as_deref().unwrap_or_default();
        let names = format!("{name} {short_name}");
        items.extend(also_called(own, names.trim()));
        for resource in store.resources(name) {
            let id = resource.key.own_id();
            items.extend(also_called(resource_items(title, resource), id));
        }
        for group in crate::screens::fleet::deployment_groups(store, name) {
            items.push(named_item(
                format!("logs {group}"),
                format!("log group of {title}"),
                PaletteCommand::Logs(PaletteTarget::Group(name.clone(), group)),
            ));
        }
    }
    told_apart(items)
}

/// Gives the id of its resource to each item that looks like another one.
fn told_apart(items: Vec<PaletteItem>) -> Vec<PaletteItem> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for item in &items {
        let seen = counts.entry((item.text.clone(), item.note.clone()));
        *seen.or_default() += 1;
    }
    let is_double = |item: &PaletteItem| {
        let count = counts.get(&(item.text.clone(), item.note.clone()));
        count.is_some_and(|count| *count > 1)
    };
    items
        .into_iter()
        .map(|item| match resource_of(&item.command) {
            Some(key) if is_double(&item) => PaletteItem {
                note: format!("{}, {}", item.note, key.own_id()),
                ..item
            },
            Some(_) | None => item,
        })
        .collect()
}

const fn resource_of(command: &PaletteCommand) -> Option<&ResourceKey> {
    match command {
        PaletteCommand::Reveal(key)
        | PaletteCommand::Rotate(key)
        | PaletteCommand::Logs(PaletteTarget::Resource(key))
        | PaletteCommand::Tools(PaletteTarget::Resource(key)) => Some(key),
        PaletteCommand::Act(_)
        | PaletteCommand::Logs(_)
        | PaletteCommand::LogWindow(..)
        | PaletteCommand::LogsIn(..)
        | PaletteCommand::Tools(_)
        | PaletteCommand::Examine(_)
        | PaletteCommand::Elsewhere(..)
        | PaletteCommand::Fault(_) => None,
    }
}

fn resource_items(deployment: &str, resource: &Resource) -> Vec<PaletteItem> {
    let note = format!("{} of {deployment}", resource.key.kind);
    let target = PaletteTarget::Resource(resource.key.clone());
    let mut items = vec![named_item(
        format!("describe {}", resource.name),
        note.clone(),
        PaletteCommand::Reveal(resource.key.clone()),
    )];
    if resource.key.kind == Kind::Secret {
        items.push(named_item(
            format!("rotate {}", resource.name),
            note.clone(),
            PaletteCommand::Rotate(resource.key.clone()),
        ));
    }
    if !resource.log_groups.is_empty() {
        items.push(named_item(
            format!("logs {}", resource.name),
            note.clone(),
            PaletteCommand::Logs(target.clone()),
        ));
    }
    if resource.mcp_url.is_some() {
        items.push(named_item(
            format!("tools {}", resource.name),
            note,
            PaletteCommand::Tools(target),
        ));
    }
    items
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_nobody_lists_is_read_in_the_account_of_the_selected_deployment() {
        let store = Store::new(vec![
            Deployment::new("a", "us-west-2"),
            Deployment::new("b", "us-west-2"),
        ]);
        let items = named(&store);
        let selected = DeploymentName::from("b");
        let found = |typed: &str| unlisted_group(typed, &items, Some(&selected), &store);
        let place = |item: &PaletteItem| match &item.command {
            PaletteCommand::Logs(PaletteTarget::Group(deployment, group)) => {
                (deployment.to_string(), group.clone())
            }
            other => panic!("{other:?}"),
        };
        let places: Vec<_> = found("logs /aws/lambda/own --since 1h")
            .iter()
            .map(place)
            .collect();
        let group = "/aws/lambda/own".to_owned();
        assert_eq!(
            places,
            [("b".to_owned(), group.clone()), ("a".to_owned(), group)]
        );
        for typed in [
            "logs a",
            "logs",
            "tools /x/y",
            "logs arn:aws:logs:us-west-2:1:log-group:/x",
            "logs /x y",
        ] {
            assert!(found(typed).is_empty(), "{typed}");
        }
    }

    #[test]
    fn the_logs_of_a_deployment_are_named_by_its_title_too() {
        let store = Store::new(vec![Deployment {
            title: Some("Movies-Gateway".to_owned()),
            ..Deployment::new("a", "us-west-2")
        }]);
        let items = named(&store);
        let window = log_window("logs movies-gateway --since 1h", &items, |_| {
            Some(Moment::from_millis(0))
        });
        assert!(
            matches!(
                window.map(|item| item.command),
                Some(PaletteCommand::LogWindow(PaletteTarget::Deployment(name), _)) if name.as_str() == "a"
            ),
            "{items:?}"
        );
        assert!(log_window("logs movies --since 1h", &items, |_| None).is_none());
        let by_name = log_window("logs a --since 1h", &items, |_| {
            Some(Moment::from_millis(0))
        });
        assert!(by_name.is_some(), "the name stays valid");
    }

    /// The deployments of the demo: their titles, and the short names under which they are found too.
    const DEMO: [(&str, &str); 5] = [
        ("movies-gateway", "a"),
        ("analytics", "b"),
        ("playground", "c"),
        ("batch-agents", "d"),
        ("github-tools", "e"),
    ];
    const HOPS: [&str; 7] = [
        "token",
        "gateway",
        "interceptor",
        "target",
        "runtime",
        "secret",
        "neo4j",
    ];
    const FAULTS: [&str; 6] = [
        "throttling",
        "access-denied",
        "internal-error",
        "down",
        "stale",
        "no-permission",
    ];

    /// What the palette of the demo finds, best first: names that can be opened and faults.
    fn found_in_demo(typed: &str) -> Vec<String> {
        let store = Store::new(
            DEMO.map(|(title, short)| Deployment {
                short_name: Some(short.to_owned()),
                ..Deployment::new(title, "us-west-2")
            })
            .to_vec(),
        );
        let mut items = named(&store);
        for kind in FAULTS {
            for hop in HOPS {
                for (title, short) in DEMO.iter().rev() {
                    items.push(PaletteItem {
                        words: "embedded stack".to_owned(),
                        section: PaletteSection::Fault,
                        ..named_item(
                            format!("fault {title} ({short}): {hop} {kind}"),
                            "embedded stack".to_owned(),
                            PaletteCommand::Fault(items.len()),
                        )
                    });
                }
            }
        }
        let found = super::super::rank::find(typed, items, &[]);
        found.items.into_iter().map(|item| item.text).collect()
    }

    #[test]
    fn a_typed_deployment_is_the_one_that_is_taken() {
        for (title, short) in DEMO {
            for name in [title, short] {
                for command in ["logs", "tools", "doctor"] {
                    let found = found_in_demo(&format!("{command} {name}"));
                    assert_eq!(
                        found.first(),
                        Some(&format!("{command} {title}")),
                        "{command} {name}"
                    );
                }
                for hop in HOPS {
                    for kind in FAULTS {
                        let wanted = format!("fault {title} ({short}): {hop} {kind}");
                        for typed in [
                            format!("fault {name} {hop} {kind}"),
                            format!("{title} {hop} {kind}"),
                        ] {
                            let found = found_in_demo(&typed);
                            assert_eq!(found.first(), Some(&wanted), "{typed}");
                        }
                    }
                }
                let others = found_in_demo(&format!("fault {name} e"));
                let is_other = |text: &&String| !text.starts_with(&format!("fault {title} "));
                if short != "e" {
                    let stray = others.iter().find(is_other);
                    assert!(stray.is_none_or(|text| text.contains("(e)")), "{stray:?}");
                }
            }
        }
        assert_eq!(
            found_in_demo("fault b inter").first().map(String::as_str),
            Some("fault analytics (b): interceptor throttling")
        );
        assert!(found_in_demo("fault a no-such-fault").is_empty());
        assert_eq!(
            found_in_demo("logs anal").first().map(String::as_str),
            Some("logs analytics")
        );
    }

    #[test]
    fn items_that_look_alike_show_their_id() {
        let key = |kind, id: &str| ResourceKey {
            deployment: "a".into(),
            kind,
            id: id.to_owned(),
        };
        let version = |id: &str| {
            named_item(
                "describe movies".to_owned(),
                "version of a".to_owned(),
                PaletteCommand::Reveal(key(Kind::Version, id)),
            )
        };
        let notes: Vec<String> = told_apart(vec![version("movies/1"), version("movies/2")])
            .into_iter()
            .map(|item| item.note)
            .collect();
        assert_eq!(notes, ["version of a, 1", "version of a, 2"]);
        let single = told_apart(vec![version("movies/1")]);
        assert_eq!(
            single.first().map(|item| item.note.as_str()),
            Some("version of a")
        );
    }
}
