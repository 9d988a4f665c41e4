//! Handling of events: each one changes the state and may lead to effects.

use super::App;
use crate::{
    doctor::DoctorReport,
    kinds::ObservedCall,
    model::{
        ConsentRequest, Deployment, DeploymentName, Failure, FailureKind, Kind, McpEndpoint,
        McpTarget, Moment, Resource,
    },
    screens::{
        UpdateContext,
        confirm::Confirm,
        secrets::{EndedRotation, SecretsOutcome},
    },
};
use crate::{
    messages::{Effect, Effects, Event, FleetEvent, LogsEvent, Route, SecretsEvent, ToolsEvent},
    state::{ActivityEntry, ListChange},
};

/// Title of the question that shows the address of a sign-in.
const SIGN_IN: &str = "Sign in at this address. Copy it?";

impl App {
    /// Handles an event.
    pub fn on(&mut self, event: Event, now: Moment) -> Effects {
        self.now = now;
        // An unchanged list needs no new frame, nor do unchanged calls; ages are redrawn at their own interval.
        self.changed |= !matches!(
            event,
            Event::Fleet(FleetEvent::Listed(..) | FleetEvent::CallsRead { .. })
        );
        let effects = self.handle(event);
        effects.and(self.raise_alarm())
    }

    fn handle(&mut self, event: Event) -> Effects {
        match event {
            Event::Started(result) => self.started(result),
            Event::Fleet(event) => self.on_fleet(event),
            Event::Logs(event) => self.on_logs(event),
            Event::Secrets(event) => self.on_secrets(event),
            Event::Tools(event) => self.on_tools(event),
            Event::Examined(report) => {
                self.examined(*report);
                Effects::none()
            }
            Event::ExaminationAdvanced(report) => {
                self.doctor.advanced(*report);
                Effects::none()
            }
            Event::PastWritesRead(writes) => {
                self.store.record_past(writes);
                Effects::none()
            }
            Event::NotDerived(missing) => {
                self.store.not_derived = missing.into_iter().collect();
                Effects::none()
            }
            Event::Incomplete(problems) => {
                self.complain(&problems);
                Effects::none()
            }
            Event::SignInOffered(address) => {
                self.offer_sign_in(address);
                Effects::none()
            }
            Event::ConsentAsked(request) => self.ask_for_consent(&request),
            Event::ConsentGiven(deployment) => self.close_consent(&deployment),
            Event::Copied(what) => self.said(format!("copied {what}")),
            Event::AddressOpened(address) => self.said(format!("opened {address}")),
            Event::Broke(examined, failure) => {
                self.broke(examined, failure);
                Effects::none()
            }
            Event::Exported {
                result,
                amount,
                bytes,
                took_ms,
            } => self.exported(result, amount, bytes, took_ms),
            Event::BundleWritten {
                result,
                bytes,
                took_ms,
            } => {
                self.doctor.bundle_ended();
                self.exported(result, None, bytes, took_ms)
            }
            Event::FileExists { path, text, amount } => {
                self.ask_to_replace(path, text, amount);
                Effects::none()
            }
        }
    }

    /// Records that an examination has ended.
    fn examined(&mut self, mut report: DoctorReport) {
        if let Some(listed) = report.runtime_tools.take() {
            self.tools
                .runtime_examined(&report.deployment, listed, self.now);
        }
        let since = self.doctor.ended(&report.deployment);
        self.record_walk(&report, since);
        self.store.record_examination(report, self.now);
    }

    fn complain(&mut self, problems: &[Failure]) {
        for failure in problems {
            self.toast_failure(failure);
        }
    }

    /// Shows that an effect ended without a result: an examination, or anything else.
    fn broke(&mut self, examined: Option<DeploymentName>, failure: Failure) {
        match examined {
            Some(deployment) => self.walk_failed(&deployment, failure),
            None => self.toast_failure(&failure),
        }
    }

    fn said(&mut self, text: String) -> Effects {
        self.toast(text, false);
        Effects::none()
    }

    /// Asks whether a file that is there already is replaced.
    fn ask_to_replace(&mut self, path: String, text: String, amount: Option<String>) {
        let title = format!("Replace {path}?");
        let words = "A file of this name is there already; what is in it now is lost.";
        let export = Effect::ExportTo {
            path,
            text,
            amount,
            replaces: true,
        };
        let confirm = Confirm::ask(title, words.to_owned(), export);
        self.questions.push_back(confirm);
    }

    /// Shows the address at which a person signs in, whole, until it is copied or closed.
    fn offer_sign_in(&mut self, address: String) {
        self.questions.retain(|question| question.title != SIGN_IN);
        let copy = Effects::one(Effect::Copy(address.clone()));
        self.questions
            .push_back(Confirm::ask(SIGN_IN.to_owned(), address, copy).wide());
    }

    /// Shows that a call waits for a person's consent, and where it is given, until the call goes on or ends.
    fn ask_for_consent(&mut self, request: &ConsentRequest) -> Effects {
        let effects = self.close_consent(&request.deployment);
        let title = self.store.title(request.deployment.as_str());
        let question = Confirm::of_consent(request, title);
        self.questions.push_back(question);
        effects
    }

    /// Closes the question about a consent at a deployment: its call has gone on or ended.
    fn close_consent(&mut self, deployment: &DeploymentName) -> Effects {
        self.questions
            .retain(|question| !question.is_consent_of(deployment));
        Effects::none()
    }

    fn on_logs(&mut self, event: LogsEvent) -> Effects {
        match event {
            LogsEvent::Arrived(batch) => self.logs.arrived(batch, self.now),
            LogsEvent::Found(findings) => self.logs.found(*findings),
            LogsEvent::WindowRead(result) => {
                let update = self.logs.window_read(result);
                return self.follow(update);
            }
            LogsEvent::TailFailed(failure) => self.logs.failed(failure),
            LogsEvent::QueryEstimated(request, estimate) => {
                let update = self.logs.query_estimated(request, estimate);
                return self.follow(update);
            }
            LogsEvent::QueryAdvanced(output) => self.logs.query_advanced(*output),
            LogsEvent::QueryEnded(result) => self.logs.query_ended(*result),
            LogsEvent::AroundRead(lines) => self.logs.around_read(lines),
        }
        Effects::none()
    }

    /// Handles the answer to a list, a description or a synchronisation.
    fn on_fleet(&mut self, event: FleetEvent) -> Effects {
        let now = self.now;
        match event {
            FleetEvent::CallsCounted(asked, result) => {
                return self.calls_counted(&asked, result);
            }
            FleetEvent::EndpointMoved(key, version, result) => {
                return self.endpoint_moved(&key, &version, result);
            }
            FleetEvent::SessionsStopped(key, stopped, asked, result) => {
                let words = result.map(|()| format!("{stopped} of {asked} stopped"));
                let what = format!("stop sessions of {}", self.store.resource_words(&key));
                self.wrote(what, words, None);
            }
            FleetEvent::ChangesRead(deployments, since, result) => {
                self.store.record_changes(&deployments, since, &result, now);
            }
            FleetEvent::CallsRead {
                deployment,
                since,
                calls,
                unread,
            } => {
                let failure = calls.as_ref().err().cloned();
                self.changed |= self
                    .store
                    .record_calls(&deployment, since, calls, unread, now);
                return self.ask_sessions(&deployment, failure);
            }
            FleetEvent::Listed(deployment, kind, result) => {
                return self.listed(&deployment, kind, result);
            }
            FleetEvent::Described(key, result) => {
                if let Ok(resource) = result.as_ref() {
                    let news = self.store.observe_resource(resource, now);
                    self.schedule_list(&key.deployment, key.kind, news);
                }
                if let Some(detail) = self.fleet.detail_mut() {
                    detail.answered(&key, *result);
                }
            }
            FleetEvent::Synchronized(key, result) => self.synchronized(&key, *result),
        }
        Effects::none()
    }

    /// Takes a list in. Where the secrets are shown, the cursor stays on its secret.
    fn listed(
        &mut self,
        deployment: &DeploymentName,
        kind: Kind,
        result: Result<Vec<Resource>, Failure>,
    ) -> Effects {
        let is_shown = kind == Kind::Secret && self.route == Route::Secrets;
        let held = self.secrets.held(&self.store).filter(|_| is_shown);
        let news = self.store.record_list(deployment, kind, result, self.now);
        if let Some(held) = held {
            self.secrets.hold(&held, &self.store);
        }
        self.changed |= news > ListChange::Unchanged;
        self.schedule_list(deployment, kind, news);
        self.settle_writes(deployment, kind);
        let read = if is_shown {
            self.with_screen_effects(|screen, context| screen.listed(context))
        } else {
            Effects::none()
        };
        read.and(self.count_calls()).and(self.read_changes())
    }

    fn started(&mut self, result: Result<(Vec<Deployment>, Vec<String>), Failure>) -> Effects {
        self.has_started = true;
        self.options.starting = None;
        match result {
            Ok((deployments, faults)) => {
                let is_same = deployments.len() == self.store.deployments.len()
                    && deployments
                        .iter()
                        .all(|deployment| self.store.deployment(&deployment.name).is_some());
                if !is_same {
                    self.store.forget_remembered();
                }
                self.store.set_deployments(deployments);
                self.faults = faults;
                if self.store.deployments.is_empty() && !self.options.start_page.regions.is_empty()
                {
                    self.options.start_page.nothing_in_account();
                }
                let refresh = self.refresh();
                // The screen of the last run was in front before there was anything to show.
                if self.route == Route::Fleet {
                    return refresh;
                }
                refresh.and(self.with_screen_effects(|screen, context| screen.enter(context)))
            }
            Err(failure) if self.options.deployments.is_empty() => {
                self.store.forget_remembered();
                self.store.set_deployments(Vec::new());
                self.options.start_page.account_failed(failure.clone());
                self.route = Route::Fleet;
                self.toast_failure(&failure);
                Effects::none()
            }
            Err(failure) => {
                self.alarm = Some(failure.clone());
                self.toast_failure(&failure);
                Effects::none()
            }
        }
    }

    /// A rotation that called through the deployment's chain has proven it.
    fn observe_rotation(&mut self, event: &SecretsEvent) {
        let is_proof = match event {
            SecretsEvent::Reported(report) => report.proves_chain(),
            SecretsEvent::ClientSecretReported(report) => report.proves_chain(),
            SecretsEvent::SecretRead(..)
            | SecretsEvent::SecretUserRead(..)
            | SecretsEvent::Planned(_)
            | SecretsEvent::Warned(_)
            | SecretsEvent::Asked(_)
            | SecretsEvent::Ended(_)
            | SecretsEvent::ClientSecretRead(..)
            | SecretsEvent::ClientSecretPlanned(_)
            | SecretsEvent::ClientSecretSeen(_)
            | SecretsEvent::ClientSecretAsked(_)
            | SecretsEvent::ClientSecretEnded(_) => false,
        };
        if let Some(deployment) = self.secrets.rotates().cloned().filter(|_| is_proof) {
            let call = ObservedCall {
                at: self.now,
                failure: None,
            };
            self.store.record_call(&deployment, call);
        }
    }

    fn on_secrets(&mut self, event: SecretsEvent) -> Effects {
        self.observe_rotation(&event);
        match self.secrets.on(event, self.now) {
            SecretsOutcome::Nothing(effects) => effects,
            SecretsOutcome::Question(question) => {
                // The rotation waits for this answer, so its question goes before those of MCP
                // servers.
                let early = self
                    .questions
                    .iter()
                    .find(|question| question.is_early)
                    .cloned();
                self.questions.retain(|question| !question.is_of_rotation());
                self.questions.push_front(question.after(early));
                self.palette = None;
                self.help = None;
                self.pending_suspension()
            }
            SecretsOutcome::Ended(news) => self.rotation_ended(*news),
        }
    }

    fn rotation_ended(&mut self, news: EndedRotation) -> Effects {
        self.questions.retain(|question| !question.is_of_rotation());
        let EndedRotation {
            what,
            toast,
            result,
            is_write,
            is_warning,
            is_declined,
            is_refusal,
            reads,
        } = news;
        match result {
            Ok(words) => {
                // The page of the rotation says it itself, and the footer keeps its keys.
                let is_on_page = self.route == Route::Secrets && self.secrets.shows_rotation();
                if !is_on_page {
                    self.toast(toast, false);
                }
                self.store.record(ActivityEntry {
                    write: is_write,
                    is_warning,
                    is_declined,
                    ..ActivityEntry::new(self.now, what, Ok(words))
                });
            }
            // Nothing was changed: said in passing, without a dialog.
            Err(failure) if is_refusal => {
                self.toast(failure.to_string(), true);
                self.store
                    .record(ActivityEntry::new(self.now, what, Err(failure)));
            }
            Err(failure) => self.wrote(what, Err(failure), None),
        }
        self.is_over |= self.leaving;
        let refreshed = self.refresh();
        self.pending_suspension().and(refreshed).and(reads)
    }

    /// A call through a deployment's own endpoint says whether its chain works. An answer that is no table, or that refuses
    /// the statement, proves neither.
    fn observe_call(&mut self, event: &ToolsEvent) {
        let ToolsEvent::Called(endpoint, result) = event else {
            return;
        };
        if !self.is_own_endpoint(endpoint) {
            return;
        }
        let failure = match result.as_ref() {
            Ok(outcome) if !outcome.is_error && outcome.table.is_some() => None,
            Ok(_) => return,
            Err(failure) => match failure.kind {
                FailureKind::Network
                | FailureKind::Timeout
                | FailureKind::Server
                | FailureKind::SignIn
                | FailureKind::Throttled
                | FailureKind::Denied => Some(failure.cause.clone()),
                FailureKind::Usage
                | FailureKind::NotFound
                | FailureKind::Conflict
                | FailureKind::Refused
                | FailureKind::Cancelled => return,
            },
        };
        let call = ObservedCall {
            at: self.now,
            failure,
        };
        self.store.record_call(&endpoint.deployment, call);
    }

    /// Returns whether calls at an endpoint go through the whole chain of its deployment: past its gateway, where it has one.
    fn is_own_endpoint(&self, endpoint: &McpEndpoint) -> bool {
        let own_url = || {
            let deployment = self.store.deployment(&endpoint.deployment)?;
            deployment.mcp_url.as_deref()
        };
        match &endpoint.target {
            McpTarget::Default => true,
            McpTarget::Resource(key) => {
                matches!(key.kind, Kind::Gateway | Kind::Target)
                    || !self.store.has_gateway(&endpoint.deployment)
            }
            McpTarget::Url(url) => own_url() == Some(url.as_str()),
        }
    }

    fn on_tools(&mut self, event: ToolsEvent) -> Effects {
        self.observe_call(&event);
        if matches!(event, ToolsEvent::Elicited(..)) && self.route != Route::Tools {
            let text = "an MCP server asks you something: the question is in Tools";
            self.toast(text.to_owned(), false);
        }
        if let ToolsEvent::Connected(endpoint, _) | ToolsEvent::Called(endpoint, _) = &event {
            self.questions.retain(|question| question.title != SIGN_IN);
            let _ = self.close_consent(&endpoint.deployment);
        }
        let mut context = UpdateContext {
            store: &mut self.store,
            now: self.now,
            read_only: self.options.read_only,
        };
        let reply = self.tools.on(event, &mut context);
        self.follow(reply)
    }

    /// Records a write in the activity log. A failed one is shown until the user closes it.
    pub(super) fn wrote(
        &mut self,
        what: String,
        result: Result<String, Failure>,
        request_id: Option<String>,
    ) {
        match &result {
            Err(failure) => self.alarm = Some(failure.clone()),
            Ok(words) => self.toast(format!("{what}: {words}"), false),
        }
        self.store.record(ActivityEntry {
            at: self.now,
            what,
            write: true,
            is_declined: false,
            is_warning: false,
            is_pending: false,
            result: result.map_err(Box::new),
            request_id,
            took_ms: None,
            arguments: None,
            again: None,
        });
    }
}
