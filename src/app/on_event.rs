//! What happens outside: each event changes the state and may ask for more.

use super::App;
use crate::{
    messages::{Effects, Event},
    state::{ActivityEntry, ListChange},
};
use crate::{
    model::{Deployment, Failure, Moment},
    screens::UpdateContext,
};

impl App {
    /// A fact has happened.
    pub fn on(&mut self, event: Event, now: Moment) -> Effects {
        self.now = now;
        // A list that is as it was is no reason to draw: its age is drawn in its time.
        self.changed |= !matches!(event, Event::Listed(..));
        match event {
            Event::Started(result) => self.started(result),
            Event::Listed(..) | Event::Described(..) | Event::Synchronized(..) => {
                self.on_fleet(event)
            }
            Event::CallsCounted(asked, result) => self.calls_counted(&asked, result),
            Event::LogsArrived(batch) => {
                self.logs.arrived(batch, now);
                Effects::none()
            }
            Event::TailFailed(failure) => {
                self.logs.failed(failure);
                Effects::none()
            }
            Event::SecretRead(deployment, id, result) => {
                self.secrets.read(&deployment, &id, *result, now);
                Effects::none()
            }
            Event::RotationPlanned(_)
            | Event::RotationReported(_)
            | Event::RotationWarned(_)
            | Event::RotationAsked(_)
            | Event::RotationEnded(_) => self.on_rotation(event),
            Event::Connected(..)
            | Event::Offered(..)
            | Event::QueriesRead(_)
            | Event::ClaimsRead(..)
            | Event::Exchanged(..)
            | Event::Called(..)
            | Event::Progressed(..)
            | Event::Elicited(..)
            | Event::ToolsChanged(_) => self.on_tools(event),
            Event::Examined(report) => {
                self.doctor.ended(&report.deployment);
                self.store.record_examination(*report, now);
                Effects::none()
            }
            Event::Copied(what) => {
                self.toast(format!("copied {what}"), false);
                Effects::none()
            }
            Event::Broke(examined, failure) => {
                if let Some(deployment) = examined {
                    self.doctor.ended(&deployment);
                }
                self.toast_failure(&failure);
                Effects::none()
            }
            Event::Exported(result) => {
                match result {
                    Ok(path) => self.toast(format!("written to {path}"), false),
                    Err(failure) => self.toast_failure(&failure),
                }
                Effects::none()
            }
        }
    }

    /// A list, a resource or a synchronisation was answered.
    fn on_fleet(&mut self, event: Event) -> Effects {
        let now = self.now;
        match event {
            Event::Listed(deployment, kind, result) => {
                let news = self.store.record_list(&deployment, kind, result, now);
                self.changed |= news > ListChange::Unchanged;
                self.note_list(&deployment, kind, news);
                return self.count_calls();
            }
            Event::Described(key, result) => {
                if let Ok(resource) = result.as_ref() {
                    let news = self.store.observe_resource(resource, now);
                    self.note_list(&key.deployment, key.kind, news);
                }
                if let Some(detail) = self.fleet.detail_mut() {
                    detail.answered(&key, *result);
                }
            }
            Event::Synchronized(key, result) => {
                let (status, request_id) = match result.as_ref() {
                    Ok((target, request_id)) => (Ok(target.status.clone()), request_id.clone()),
                    Err(failure) => (Err(failure.clone()), None),
                };
                self.wrote(
                    format!("synchronize {} of {}", key.own_id(), key.deployment),
                    status,
                    request_id,
                );
                if let Ok((resource, _)) = *result {
                    let _ = self.store.observe_resource(&resource, now);
                    // It is to be seen at once how it goes on, whatever it says now.
                    self.note_list(&key.deployment, key.kind, ListChange::StatusChanged);
                }
            }
            _ => {}
        }
        Effects::none()
    }

    fn started(&mut self, result: Result<(Vec<Deployment>, Vec<String>), Failure>) -> Effects {
        self.has_started = true;
        self.options.starting = None;
        match result {
            Ok((deployments, faults)) => {
                self.store.version += 1;
                self.store.deployments = deployments;
                self.faults = faults;
                self.refresh()
            }
            Err(failure) => {
                self.alarm = Some(failure.clone());
                self.toast_failure(&failure);
                Effects::none()
            }
        }
    }

    fn on_rotation(&mut self, event: Event) -> Effects {
        match event {
            Event::RotationPlanned(plan) => self.secrets.planned(*plan),
            Event::RotationReported(report) => return self.secrets.reported(report),
            Event::RotationWarned(sentence) => self.secrets.warned(sentence),
            Event::RotationAsked(question) => {
                // It is a database that waits: its question comes before those of servers, which keep.
                let early = self.questions.iter().find(|each| each.is_early).cloned();
                self.questions.retain(|each| !each.is_of_rotation());
                if let Some(confirm) = self.secrets.asked(&question) {
                    self.questions.push_front(confirm.after(early));
                }
                self.palette = None;
                self.help = None;
            }
            Event::RotationEnded(result) => {
                self.questions.retain(|each| !each.is_of_rotation());
                if let Some((what, noted)) = self.secrets.ended(*result, self.now) {
                    self.wrote(what, noted, None);
                }
                self.is_over |= self.leaving;
                return self.refresh();
            }
            _ => {}
        }
        Effects::none()
    }

    fn on_tools(&mut self, event: Event) -> Effects {
        let mut context = UpdateContext {
            store: &mut self.store,
            now: self.now,
            read_only: self.options.read_only,
        };
        let reply = self.tools.on(event, &mut context);
        self.follow(reply)
    }

    /// Notes a write. A failed one stays on the screen until it is closed.
    fn wrote(&mut self, what: String, result: Result<String, Failure>, request_id: Option<String>) {
        if let Err(failure) = &result {
            self.alarm = Some(failure.clone());
        } else {
            self.toast(what.clone(), false);
        }
        self.store.record(ActivityEntry {
            at: self.now,
            what,
            write: true,
            result: result.map_err(Box::new),
            request_id,
        });
    }
}
