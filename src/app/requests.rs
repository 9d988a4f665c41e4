//! What screens and the palette wish of the whole console: other screens, questions, words in passing.

use super::App;
use crate::{
    keys::Layer,
    messages::Route,
    screens::{
        AppRequest, UpdateContext,
        fleet::deployment_groups,
        palette::{self, Choice, Subject},
    },
};
use crate::{
    messages::{Action, Effect, Effects, ListAction},
    model::McpEndpoint,
};

impl App {
    pub(crate) fn offers(&self) -> Vec<palette::Offer> {
        let mut layers = self.screen().layers();
        layers.extend([Layer::Global, Layer::Always]);
        let faults = palette::Faults {
            names: &self.faults,
            played: &self.played,
        };
        palette::offers(self.route, &layers, &self.view_context(), faults)
    }

    pub(super) fn choose(&mut self, choice: Choice) -> Effects {
        match choice {
            Choice::Act(action) => self.act(action),
            Choice::Examine(deployment) => self.handle_request(AppRequest::Examine(deployment)),
            Choice::Reveal(key) => self.handle_request(AppRequest::Detail(key)),
            Choice::Fault(index) => {
                let name = self.faults.get(index).cloned().unwrap_or_default();
                if index == 0 {
                    self.played.clear();
                    self.toast("all faults are taken back".to_owned(), false);
                } else if self.played.insert(index) {
                    self.toast(format!("fault played: {name}"), false);
                } else {
                    self.toast(format!("already played: {name}"), false);
                    return Effects::none();
                }
                Effects::one(Effect::PlayFault(index))
            }
            Choice::Elsewhere(route, action) => {
                let shown = self.show(route);
                if palette::follows(action) {
                    return shown.and(self.act(action));
                }
                let mut layers = self.screen().layers();
                layers.extend([Layer::Global, Layer::Always]);
                let key = self
                    .options
                    .keymap
                    .key_of(&layers, action)
                    .unwrap_or_default();
                self.toast(format!("{key}  {}", action.spec().help), false);
                shown
            }
            Choice::Tools(subject) => {
                let endpoint = match subject {
                    Subject::Deployment(deployment) | Subject::Group(deployment, _) => {
                        McpEndpoint {
                            deployment,
                            target: crate::model::McpTarget::Default,
                        }
                    }
                    Subject::Resource(key) => McpEndpoint {
                        deployment: key.deployment.clone(),
                        target: crate::model::McpTarget::Resource(key),
                    },
                };
                self.handle_request(AppRequest::Tools(endpoint))
            }
            Choice::Logs(subject) => {
                let (deployment, title, groups) = match subject {
                    Subject::Deployment(name) => (
                        name.clone(),
                        name.to_string(),
                        deployment_groups(&self.store, &name),
                    ),
                    Subject::Group(name, group) => (name, group.clone(), vec![group]),
                    Subject::Resource(key) => {
                        let resource = self.store.resource(&key);
                        let title =
                            resource.map_or_else(|| key.id.clone(), |each| each.name.clone());
                        (
                            key.deployment.clone(),
                            title,
                            resource.map_or_else(Vec::new, |each| each.log_groups.clone()),
                        )
                    }
                };
                self.handle_request(AppRequest::Logs {
                    deployment,
                    title,
                    groups,
                    since: None,
                })
            }
        }
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
            } => {
                let shown = self.turn_to(Route::Logs);
                shown.and(self.logs.tail(deployment, title, groups, since, self.now))
            }
            AppRequest::Tools(endpoint) => {
                let shown = self.turn_to(Route::Tools);
                let mut context = UpdateContext {
                    store: &mut self.store,
                    now: self.now,
                    read_only: self.options.read_only,
                };
                shown.and(self.tools.connect(endpoint, &mut context))
            }
            AppRequest::Examine(deployment) => {
                let shown = self.turn_to(Route::Doctor);
                let context = UpdateContext {
                    store: &mut self.store,
                    now: self.now,
                    read_only: self.options.read_only,
                };
                shown.and(self.doctor.examine(&deployment, &context))
            }
            AppRequest::Secret(deployment, id) => {
                self.secrets.select(&deployment, &id, &self.store);
                self.show(Route::Secrets)
            }
            AppRequest::Reveal(key) => {
                self.fleet.reveal(&key);
                self.show(Route::Fleet)
            }
            AppRequest::Detail(key) => {
                self.fleet.reveal(&key);
                let shown = self.show(Route::Fleet);
                shown.and(self.act(Action::List(ListAction::Open)))
            }
        }
    }
}
