//! Which endpoint is talked to: every deployment's own, then every gateway and runtime that can be called, found by typing.

use ratatui::layout::Rect;

use super::{Modal, Tools};
use crate::{
    kinds::{self, McpAccess},
    messages::{Action, AppAction, ListAction, PromptAction, ToolsViewport},
    model::{Deployment, Kind, McpEndpoint, McpTarget, Resource, is_same_server},
    screens::{ScreenUpdate, UpdateContext, ViewContext},
    state::Store,
    theme::Role,
    widgets::{DrawnViewport, LineInput, List, Painter},
};

/// The open list of endpoints.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointPicker {
    pub(super) input: LineInput,
    list: List,
}

/// A line of it.
struct EndpointChoice {
    endpoint: McpEndpoint,
    /// What the screens call its deployment.
    title: String,
    name: String,
    kind: &'static str,
    sign_in: &'static str,
    url: String,
    /// The same server, as its own row would name it.
    alias: Option<McpEndpoint>,
}

impl EndpointChoice {
    /// Returns whether it contains each of the words. In an address, which contains every letter, only long ones are looked for.
    fn matches(&self, words: &str) -> bool {
        let all = [
            self.title.as_str(),
            self.endpoint.deployment.as_str(),
            &self.name,
            self.kind,
            self.sign_in,
            self.alias.as_ref().map_or("", |_| OWN),
        ]
        .join(" ")
        .to_lowercase();
        let url = self.url.to_lowercase();
        words
            .to_lowercase()
            .split_whitespace()
            .all(|word| all.contains(word) || (word.len() > 3 && url.contains(word)))
    }

    /// Returns whether it is the server of an endpoint.
    fn is_at(&self, endpoint: &McpEndpoint) -> bool {
        self.endpoint == *endpoint || self.alias.as_ref() == Some(endpoint)
    }

    fn draw(&self, is_current: bool, line: Rect, painter: &mut Painter<'_>) {
        let mark = if is_current { "●" } else { " " };
        painter.text(line.x + 2, line.y, 1, mark, Role::Success);
        let columns = [
            (4, 16, self.title.as_str(), Role::Name),
            (21, 30, self.name.as_str(), Role::Text),
            (52, 8, self.kind, Role::Dim),
            (61, 7, self.sign_in, Role::Accent),
            (69, u16::MAX, self.url.as_str(), Role::Faint),
        ];
        for (from, width, text, role) in columns {
            let room = width.min(line.width.saturating_sub(from + 1));
            painter.text(line.x + from, line.y, room, text, role);
        }
    }
}

impl EndpointPicker {
    pub(super) const fn record(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }

    /// What is typed has changed: the first line is chosen again.
    pub(super) fn typed(&mut self) {
        self.list.select(0);
    }

    fn matching(&self, store: &Store) -> Vec<EndpointChoice> {
        choices(store)
            .into_iter()
            .filter(|choice| choice.matches(self.input.text()))
            .collect()
    }

    /// Draws it over the screen.
    pub(super) fn view(
        &self,
        current: Option<&McpEndpoint>,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let matching = self.matching(context.store);
        let height = u16::try_from(matching.len().max(1))
            .unwrap_or(u16::MAX)
            .saturating_add(2)
            .min(area.height);
        let place = Rect { height, ..area };
        painter.clear(place);
        self.draw_input(place, painter);
        let body = Rect {
            y: place.y + 1,
            height: height.saturating_sub(2),
            ..place
        };
        let mut list = self.list.clone();
        list.clamp(matching.len());
        let window = list.window(ToolsViewport::Endpoints, body, matching.len(), painter);
        for (row, choice) in matching
            .iter()
            .enumerate()
            .skip(window.start)
            .take(window.len())
        {
            let y = body.y + u16::try_from(row - window.start).unwrap_or(0);
            let line = Rect {
                y,
                height: 1,
                ..body
            };
            if row == list.cursor() {
                painter.select_row(line, true);
            }
            choice.draw(
                current.is_some_and(|current| choice.is_at(current)),
                line,
                painter,
            );
        }
        if matching.is_empty() {
            painter.text(
                body.x + 4,
                body.y,
                body.width.saturating_sub(5),
                "no endpoint is called that",
                Role::Dim,
            );
        }
        painter.hline(Rect {
            y: place.bottom().saturating_sub(1),
            height: 1,
            ..place
        });
    }

    fn draw_input(&self, place: Rect, painter: &mut Painter<'_>) {
        let (y, room) = (place.y, place.width.saturating_sub(2));
        let typed = self.input.text();
        let pieces = [("endpoint ", Role::Accent), (typed, Role::Name)];
        let x = painter.spans(place.x + 1, y, room, &pieces);
        let x = painter.text(x, y, 1, "▏", Role::Accent);
        if typed.is_empty() {
            let hint = "type to find: deployment, name, kind, sign-in";
            let room = place.right().saturating_sub(x + 2);
            painter.text(x + 1, y, room, hint, Role::Faint);
        }
    }
}

/// What a deployment's own endpoint is called where it is none of its resources.
const OWN: &str = "its own endpoint";

/// Everything that can be talked to, each server once.
fn choices(store: &Store) -> Vec<EndpointChoice> {
    let mut choices = Vec::new();
    for deployment in &store.deployments {
        let choice = |target, name, kind, url| EndpointChoice {
            endpoint: McpEndpoint {
                deployment: deployment.name.clone(),
                target,
            },
            title: deployment.title().to_owned(),
            name,
            kind,
            sign_in: deployment.sign_in.mode(),
            url,
            alias: None,
        };
        let servers: Vec<(&Resource, &String)> = store
            .resources(&deployment.name)
            .filter(|resource| kinds::spec(resource.key.kind).access == McpAccess::Server)
            .filter_map(|resource| Some((resource, resource.mcp_url.as_ref()?)))
            .collect();
        let own = own_server(deployment, &servers);
        let url = deployment.mcp_url.clone().unwrap_or_default();
        choices.push(match own {
            Some((resource, url)) => EndpointChoice {
                alias: Some(McpEndpoint {
                    deployment: deployment.name.clone(),
                    target: McpTarget::Resource(resource.key.clone()),
                }),
                ..choice(
                    McpTarget::Default,
                    resource.name.clone(),
                    resource.key.kind.as_str(),
                    url.clone(),
                )
            },
            None => choice(McpTarget::Default, OWN.to_owned(), "", url),
        });
        let others = servers
            .iter()
            .filter(|(resource, _)| own.is_none_or(|(own, _)| own.key != resource.key));
        choices.extend(others.map(|(resource, url)| {
            choice(
                McpTarget::Resource(resource.key.clone()),
                resource.name.clone(),
                resource.key.kind.as_str(),
                (*url).clone(),
            )
        }));
    }
    choices
}

/// Returns the resource that a deployment's own endpoint is: the one at the configured address; without one its gateway, else its
/// runtime, where there is just one.
fn own_server<'a>(
    deployment: &Deployment,
    servers: &[(&'a Resource, &'a String)],
) -> Option<(&'a Resource, &'a String)> {
    if let Some(own) = &deployment.mcp_url {
        let mut servers = servers.iter();
        return servers.find(|(_, url)| is_same_server(own, url)).copied();
    }
    for kind in [Kind::Gateway, Kind::Runtime] {
        let mut of_kind = servers
            .iter()
            .filter(|(resource, _)| resource.key.kind == kind);
        match (of_kind.next(), of_kind.next()) {
            (Some(only), None) => return Some(*only),
            (Some(_), Some(_)) => return None,
            (None, _) => {}
        }
    }
    None
}

impl Tools {
    /// Performs an action in the open list.
    pub(super) fn act_on_picker(
        &mut self,
        action: Action,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        let Some(Modal::Picker(picker)) = self.modals.last_mut() else {
            return ScreenUpdate::ignored();
        };
        let matching = picker.matching(context.store);
        let length = matching.len();
        match action {
            Action::App(AppAction::Back) => {
                self.modals.pop();
            }
            Action::Prompt(PromptAction::Accept) => {
                let at = picker.list.cursor().min(length.saturating_sub(1));
                self.modals.pop();
                if let Some(choice) = matching.into_iter().nth(at) {
                    // The session that is there already goes on.
                    let here = self.endpoint.clone().filter(|here| choice.is_at(here));
                    let endpoint = here.unwrap_or(choice.endpoint);
                    return ScreenUpdate::effects(self.connect(endpoint, context));
                }
            }
            Action::Prompt(PromptAction::PromptNext) => {
                picker.list.act(Action::List(ListAction::Down), length);
            }
            Action::Prompt(PromptAction::PromptPrevious) => {
                picker.list.act(Action::List(ListAction::Up), length);
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
            | Action::Prompt(_) => {}
        }
        ScreenUpdate::done()
    }

    /// Connects to the first endpoint that there is.
    pub(super) fn first_endpoint(&mut self, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match choices(context.store).into_iter().next() {
            Some(choice) => ScreenUpdate::effects(self.connect(choice.endpoint, context)),
            None => ScreenUpdate::done(),
        }
    }
}

/// Returns what an endpoint is called.
pub(super) fn name_of(endpoint: &McpEndpoint, store: &Store) -> String {
    match &endpoint.target {
        McpTarget::Default => store.title(endpoint.deployment.as_str()).to_owned(),
        McpTarget::Resource(key) => store
            .resource(key)
            .map_or_else(|| key.id.clone(), |resource| resource.name.clone()),
        McpTarget::Url(url) => url.clone(),
    }
}
