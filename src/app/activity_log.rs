//! What the activity log holds of walks of the doctor, of exports and of injected faults.

use super::App;
use crate::{
    doctor::DoctorReport,
    messages::{Effect, Effects},
    model::{DeploymentName, Failure, Moment, with_separators},
    state::ActivityEntry,
};

impl App {
    /// Records a walk of the doctor, and what it found. A chain that is broken is no failure of the walk.
    pub(super) fn record_walk(&mut self, report: &DoctorReport, since: Option<Moment>) {
        let entry = ActivityEntry::new(
            self.now,
            self.walk_of(&report.deployment),
            Ok(found(report)),
        );
        self.store.record(ActivityEntry {
            is_warning: !report.was_answered(),
            took_ms: since.map(|since| self.now.since(since)),
            again: Some(Box::new(Effect::Examine(report.deployment.clone()))),
            ..entry
        });
    }

    /// Records and shows that a walk of the doctor has failed by itself.
    pub(super) fn walk_failed(&mut self, deployment: &DeploymentName, failure: Failure) {
        let since = self.doctor.ended(deployment);
        self.toast(failure.to_string(), true);
        let entry = ActivityEntry::new(self.now, self.walk_of(deployment), Err(failure));
        self.store.record(ActivityEntry {
            took_ms: since.map(|since| self.now.since(since)),
            again: Some(Box::new(Effect::Examine(deployment.clone()))),
            ..entry
        });
    }

    fn walk_of(&self, deployment: &DeploymentName) -> String {
        format!("examine {}", self.store.title(deployment.as_str()))
    }

    /// Shows and records that a file was written, or could not be.
    pub(super) fn exported(
        &mut self,
        result: Result<String, Failure>,
        amount: Option<String>,
        bytes: usize,
        took_ms: i64,
    ) -> Effects {
        match result {
            Ok(path) => {
                let amount = amount.map_or_else(String::new, |amount| amount + " ");
                self.toast(format!("{amount}written to {path}"), false);
                let bytes = with_separators(bytes as u64);
                let words = match amount.trim_end() {
                    "" => format!("{bytes} bytes written"),
                    rows => format!("{rows}, {bytes} bytes written"),
                };
                let entry = ActivityEntry::new(self.now, format!("export {path}"), Ok(words));
                self.store.record(ActivityEntry {
                    took_ms: Some(took_ms),
                    ..entry
                });
            }
            Err(failure) => self.toast_failure(&failure),
        }
        Effects::none()
    }

    /// Records that a fault of the embedded stack was injected; the first one clears all.
    pub(super) fn record_fault(&mut self, index: usize) {
        let name = self.faults.get(index).map_or("", String::as_str);
        let (what, words) = if index == 0 {
            ("clear all faults".to_owned(), "no fault is active")
        } else {
            (format!("inject fault {name}"), "active")
        };
        self.store.record(ActivityEntry {
            write: true,
            again: Some(Box::new(Effect::PlayFault(index))),
            ..ActivityEntry::new(self.now, what, Ok(words.to_owned()))
        });
    }
}

/// Returns what a walk found, in a line.
fn found(report: &DoctorReport) -> String {
    match report.break_cause() {
        Some(verdict) => format!("broken at {}: {}", verdict.hop, verdict.evidence),
        None if report.was_answered() => "a call went through the whole chain".to_owned(),
        None if report.consent().is_some() => {
            "waits for the consent of a person; the chain works up to there".to_owned()
        }
        None => "no call went through".to_owned(),
    }
}
