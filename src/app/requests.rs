//! Requests of screens and of the palette to the whole console: other screens, questions, toasts.

use super::App;
use crate::{
    keys::Layer,
    messages::{Action, Effect, Effects, ListAction, Route, SecretsAction},
    model::{DeploymentName, McpEndpoint, McpTarget, ResourceKey, parse_time},
    screens::{
        AppRequest, UpdateContext,
        fleet::deployment_groups,
        logs::{CallLookup, LogWindow, SourcePart, TailSource, owner_ids},
        palette::{self, InjectableFaults, PaletteCommand, PaletteItem, PaletteTarget},
    },
};

/// How many commands of the palette are remembered.
const RECENT_COMMANDS: usize = 5;

/// How long before a call its logs are read, in milliseconds.
const CALL_MARGIN_MS: i64 = 5 * 60 * 1000;

impl App {
    pub(crate) fn palette_items(&self, typed: &str) -> Vec<PaletteItem> {
        let faults = InjectableFaults {
            names: &self.faults,
            active: &self.played,
        };
        let mut items = palette::items(
            self.route,
            &self.screen_layers(),
            &self.view_context(),
            faults,
        );
        let selected = self.fleet.selected_deployment(&self.store);
        let groups = palette::unlisted_group(typed, &items, selected.as_ref(), &self.store);
        items.extend(groups);
        let time = |text: &str| parse_time(text, self.now, &self.options.zone);
        items.extend(palette::log_window(typed, &items, time));
        items
    }

    fn screen_layers(&self) -> Vec<Layer> {
        let mut layers = self.screen().layers();
        layers.extend([Layer::Global, Layer::Always]);
        layers
    }

    /// Runs a command of the palette and remembers it as the one used last.
    pub(super) fn run_command(&mut self, command: PaletteCommand) -> Effects {
        self.recent_commands.retain(|recent| *recent != command);
        self.recent_commands.insert(0, command.clone());
        self.recent_commands.truncate(RECENT_COMMANDS);
        match command {
            PaletteCommand::Act(action) => self.act(action),
            PaletteCommand::Examine(deployment) => {
                self.handle_request(AppRequest::Examine(deployment))
            }
            PaletteCommand::Reveal(key) => self.handle_request(AppRequest::Detail(key)),
            PaletteCommand::Rotate(key) => self.plan_rotation(&key),
            PaletteCommand::Fault(index) => self.inject_fault(index),
            PaletteCommand::Elsewhere(route, action) => self.act_elsewhere(route, action),
            PaletteCommand::Tools(target) => {
                self.handle_request(AppRequest::Tools(endpoint_of(target)))
            }
            PaletteCommand::Logs(target) => self.open_logs(target, LogWindow::default()),
            PaletteCommand::LogWindow(target, window) => self.open_logs(target, window),
            PaletteCommand::LogsIn(name, view) => {
                let target = PaletteTarget::Deployment(name);
                let opened = self.open_logs(target, LogWindow::default());
                let shown = self.logs.show_view(view);
                opened.and(self.follow(shown))
            }
        }
    }

    /// Selects a secret and asks for its rotation, which shows its plan and asks before it writes.
    fn plan_rotation(&mut self, key: &ResourceKey) -> Effects {
        // The rotation is that of the selected secret: it must be the one that was named.
        if !self.secrets.select(&key.deployment, &key.id, &self.store) {
            self.toast(format!("{} is not in the list of secrets", key.id), true);
            return Effects::none();
        }
        let shown = self.show(Route::Secrets);
        shown.and(self.act(Action::Secrets(SecretsAction::Rotate)))
    }

    /// Injects a fault of the embedded stack; the first one clears all.
    fn inject_fault(&mut self, index: usize) -> Effects {
        let name = self.faults.get(index).cloned().unwrap_or_default();
        if index == 0 {
            self.played.clear();
            self.toast("all faults are cleared".to_owned(), false);
        } else if self.played.insert(index) {
            self.toast(format!("fault injected: {name}"), false);
        } else {
            self.toast(format!("already active: {name}"), false);
            return Effects::none();
        }
        self.record_fault(index);
        Effects::one(Effect::PlayFault(index))
    }

    /// Injects a fault again, after a question.
    pub(super) fn fault_injected_again(&mut self, effect: &Effect) {
        if let Effect::PlayFault(index) = effect {
            if *index == 0 {
                self.played.clear();
            } else {
                self.played.insert(*index);
            }
            self.record_fault(*index);
        }
    }

    fn act_elsewhere(&mut self, route: Route, action: Action) -> Effects {
        let shown = self.show(route);
        if palette::runs_at_once(action) {
            return shown.and(self.act(action));
        }
        let key = self
            .options
            .keymap
            .key_of(&self.screen_layers(), action)
            .unwrap_or_default();
        self.toast(format!("{key}  {}", action.spec().help), false);
        shown
    }

    /// Shows Logs. If nothing was read there yet, the deployment under the cursor of Fleet is tailed.
    pub(super) fn show_logs(&mut self) -> Effects {
        let is_first = self.route == Route::Fleet && !self.logs.has_source();
        let selected = self.fleet.selected_deployment(&self.store);
        match selected.filter(|_| is_first) {
            Some(name) if !deployment_groups(&self.store, &name).is_empty() => {
                self.open_logs(PaletteTarget::Deployment(name), LogWindow::default())
            }
            Some(_) | None => self.show(Route::Logs),
        }
    }

    fn open_logs(&mut self, target: PaletteTarget, window: LogWindow) -> Effects {
        let (deployment, title, groups) = match target {
            PaletteTarget::Deployment(name) => {
                let groups = deployment_groups(&self.store, &name);
                let title = self.store.title(name.as_str()).to_owned();
                (name, title, groups)
            }
            PaletteTarget::Group(name, group) => (name, group.clone(), vec![group]),
            PaletteTarget::Resource(key) => self.logs_of_resource(&key),
        };
        self.tail_logs(deployment, title, groups, window)
    }

    fn logs_of_resource(&self, key: &ResourceKey) -> (DeploymentName, String, Vec<String>) {
        let deployment = key.deployment.clone();
        match self.store.resource(key) {
            Some(resource) => (
                deployment,
                resource.name.clone(),
                resource.log_groups.clone(),
            ),
            None => (deployment, key.id.clone(), Vec::new()),
        }
    }

    /// Shows Logs with the groups of a deployment.
    fn tail_logs(
        &mut self,
        deployment: DeploymentName,
        title: String,
        groups: Vec<String>,
        window: LogWindow,
    ) -> Effects {
        let shown = self.turn_to(Route::Logs);
        let owner_ids = owner_ids(&self.store, &deployment);
        let source = TailSource {
            title,
            parts: vec![SourcePart {
                deployment,
                groups,
                owner_ids,
            }],
        };
        shown.and(self.logs.tail(source, window, self.now))
    }

    /// Shows a call in Logs. A tail that covers its time goes on; otherwise one is started.
    fn show_call(&mut self, deployment: &DeploymentName, lookup: CallLookup) -> Effects {
        let from = self.route;
        let groups = deployment_groups(&self.store, deployment);
        let effects = if self.logs.covers(deployment, &groups, lookup.at) {
            self.show(Route::Logs)
        } else {
            let window = LogWindow {
                since: Some(lookup.at.plus(-CALL_MARGIN_MS)),
                until: None,
            };
            let title = self.store.title(deployment.as_str()).to_owned();
            self.tail_logs(deployment.clone(), title, groups, window)
        };
        self.logs.look_up(lookup, from);
        effects
    }

    fn go_to_time(&mut self, text: &str) -> Effects {
        let Some(at) = parse_time(text, self.now, &self.options.zone) else {
            self.toast(
                format!("\"{text}\" is no time: 17:20, 20m, 2026-11-28T17:20"),
                true,
            );
            return Effects::none();
        };
        let update = self.logs.jump_to_time(at, self.now);
        self.follow(update)
    }

    pub(super) fn handle_request(&mut self, request: AppRequest) -> Effects {
        match request {
            AppRequest::Show(route) => self.show(route),
            AppRequest::Ask(confirm) => {
                self.questions.push_back(confirm);
                Effects::none()
            }
            AppRequest::Say(text) => {
                self.toast(text, false);
                Effects::none()
            }
            AppRequest::Complain(failure) => {
                self.toast_failure(&failure);
                Effects::none()
            }
            AppRequest::Logs {
                deployment,
                title,
                groups,
                since,
                failed_from,
            } => {
                let window = LogWindow { since, until: None };
                let effects = self.tail_logs(deployment, title, groups, window);
                if let Some(from) = failed_from {
                    self.logs.seek_failed_line(from);
                }
                effects
            }
            AppRequest::Call(deployment, lookup) => self.show_call(&deployment, lookup),
            AppRequest::LogsAt(text) => self.go_to_time(&text),
            AppRequest::Tools(endpoint) => self.show_tools(endpoint),
            AppRequest::Examine(deployment) => self.show_examination(&deployment),
            AppRequest::Secret(deployment, id) => {
                self.secrets.select(&deployment, &id, &self.store);
                self.show(Route::Secrets)
            }
            AppRequest::Reveal(key) => {
                self.fleet.reveal(&key);
                self.show(Route::Fleet)
            }
            AppRequest::ReadSessions(key) => self.read_sessions(&key),
            AppRequest::ReadCalls(name, since) => self.read_missing_calls(name, since),
            AppRequest::Start(choice) => {
                self.start_choice = Some(choice);
                self.is_over = true;
                Effects::none()
            }
            AppRequest::Detail(key) => {
                self.fleet.reveal(&key);
                let shown = self.show(Route::Fleet);
                shown.and(self.act(Action::List(ListAction::Open)))
            }
        }
    }
}

impl App {
    fn show_tools(&mut self, endpoint: McpEndpoint) -> Effects {
        let shown = self.turn_to(Route::Tools);
        let mut context = UpdateContext {
            store: &mut self.store,
            now: self.now,
            read_only: self.options.read_only,
        };
        shown.and(self.tools.connect(endpoint, &mut context))
    }

    fn show_examination(&mut self, deployment: &DeploymentName) -> Effects {
        let shown = self.turn_to(Route::Doctor);
        let context = UpdateContext {
            store: &mut self.store,
            now: self.now,
            read_only: self.options.read_only,
        };
        shown.and(self.doctor.examine(deployment, &context))
    }
}

fn endpoint_of(target: PaletteTarget) -> McpEndpoint {
    match target {
        PaletteTarget::Deployment(deployment) | PaletteTarget::Group(deployment, _) => {
            McpEndpoint {
                deployment,
                target: McpTarget::Default,
            }
        }
        PaletteTarget::Resource(key) => McpEndpoint {
            deployment: key.deployment.clone(),
            target: McpTarget::Resource(key),
        },
    }
}
