//! Doctor: every deployment's chain hop by hop, broken ones first, with the cause, its evidence and its fix.

mod aside;
mod bundle;
mod hops;
mod table;
mod view;

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::{AppRequest, ClickPlace, Screen, ScreenUpdate, UpdateContext, ViewContext};
use crate::{
    doctor::{DoctorReport, Hop, HopState},
    keys::Layer,
    messages::{
        Action, AppAction, DoctorAction, DoctorViewport, Effect, Effects, FleetAction, ListAction,
    },
    model::{Deployment, DeploymentName, Moment, Resource},
    state::Store,
    widgets::{DrawnViewport, List, Painter},
};

pub use view::mark;

/// An examination older than this, in milliseconds, is repeated when the screen is opened.
const FRESH_MS: i64 = 60_000;
/// Logs are opened from this long before the examination ended, in milliseconds.
const LOGS_BEFORE_MS: i64 = 60_000;
/// How long an examination takes at most that another screen asked for, in milliseconds.
const EXAMINATION_MS: i64 = 20_000;

/// The state of the Doctor screen.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    list: List,
    /// The chosen deployment; without a choice the first, which is the one that needs a look most.
    selected: Option<DeploymentName>,
    hops: List,
    /// Whether the cursor is among the hops.
    is_in_hops: bool,
    /// Whether the evidence of the current hop is shown whole.
    is_open: bool,
    asked: BTreeMap<DeploymentName, Moment>,
    /// When the last examinations were asked for that have ended.
    began: BTreeMap<DeploymentName, Moment>,
    /// Since when a bundle is being written.
    bundling: Option<Moment>,
    /// What running examinations have judged so far.
    running: BTreeMap<DeploymentName, DoctorReport>,
}

impl Doctor {
    /// Records what the last frame showed of one of the lists.
    pub const fn record_viewport(&mut self, part: DoctorViewport, drawn: &DrawnViewport) {
        match part {
            DoctorViewport::Deployments => self.list.record(drawn),
            DoctorViewport::Hops => self.hops.record(drawn),
        }
    }

    /// Records that an examination has ended, with a report or without. Returns when it was asked for.
    pub fn ended(&mut self, deployment: &DeploymentName) -> Option<Moment> {
        self.running.remove(deployment);
        let began = self.asked.remove(deployment);
        if let Some(began) = began {
            self.began.insert(deployment.clone(), began);
        }
        began
    }

    /// Records that a bundle was written, or could not be.
    pub const fn bundle_ended(&mut self) {
        self.bundling = None;
    }

    fn write_bundle(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        if self.bundling.is_some() {
            return ScreenUpdate::request(AppRequest::Say("a bundle is being written".to_owned()));
        }
        self.bundling = Some(context.now);
        let draft = bundle::draft(context.store, context.now);
        ScreenUpdate::effect(Effect::WriteBundle(Box::new(draft)))
    }

    /// Records what a running examination has judged so far.
    pub fn advanced(&mut self, report: DoctorReport) {
        if self.asked.contains_key(&report.deployment) {
            self.running.insert(report.deployment.clone(), report);
        }
    }

    /// Begins the examination of one deployment, and shows it.
    pub fn examine(&mut self, deployment: &DeploymentName, context: &UpdateContext<'_>) -> Effects {
        self.select(Some(deployment.clone()));
        self.asked.insert(deployment.clone(), context.now);
        Effects::one(Effect::Examine(deployment.clone()))
    }

    fn select(&mut self, deployment: Option<DeploymentName>) {
        self.selected = deployment;
        (self.is_in_hops, self.is_open) = (false, false);
    }

    fn examine_all(&mut self, context: &UpdateContext<'_>) -> Effects {
        let deployments = context.store.deployments.iter();
        let names: Vec<DeploymentName> = deployments
            .map(|deployment| deployment.name.clone())
            .collect();
        self.asked
            .extend(names.iter().map(|name| (name.clone(), context.now)));
        names.into_iter().map(Effect::Examine).collect()
    }

    /// Index of the chosen deployment among the ordered ones.
    fn cursor(&self, ordered: &[&Deployment]) -> usize {
        let chosen = self.selected.as_ref();
        chosen
            .and_then(|name| {
                ordered
                    .iter()
                    .position(|deployment| deployment.name == *name)
            })
            .unwrap_or(0)
    }

    fn current<'a>(&self, store: &'a Store) -> Option<&'a DeploymentName> {
        let ordered = ordered(store);
        ordered
            .get(self.cursor(&ordered))
            .map(|deployment| &deployment.name)
    }

    /// Returns the report of the current deployment: what a running examination has judged so far, or the last one.
    fn report<'a>(&'a self, store: &'a Store) -> Option<&'a DoctorReport> {
        let name = self.current(store)?;
        let last = store.examined.get(name).map(|(_, report)| report);
        self.running.get(name).or(last)
    }

    /// Moves among the hops or the deployments; `false` if the action does not move.
    fn move_cursor(&mut self, action: Action, store: &Store) -> bool {
        if self.is_in_hops {
            return self.hops.act(action, Hop::ALL.len());
        }
        let ordered = ordered(store);
        let mut list = self.list.clone();
        list.select(self.cursor(&ordered));
        if !list.act(action, ordered.len()) {
            return false;
        }
        let name = ordered
            .get(list.cursor())
            .map(|deployment| deployment.name.clone());
        self.list = list;
        self.select(name);
        true
    }

    /// Selects the next deployment, from its hops too.
    fn next_deployment(&mut self, store: &Store) {
        let ordered = ordered(store);
        let next = (self.cursor(&ordered) + 1) % ordered.len().max(1);
        let name = ordered.get(next).map(|deployment| deployment.name.clone());
        self.select(name);
    }

    /// From a deployment to its hops, at the cause; from a hop to its whole evidence and back. Where the evidence stands beside the
    /// hops, it is not opened among them too.
    fn open(&mut self, store: &Store) -> ScreenUpdate {
        let is_beside = self.has_evidence_beside();
        if self.is_in_hops {
            self.is_open = !self.is_open && !is_beside;
            return ScreenUpdate::done();
        }
        let Some(report) = self.report(store) else {
            return ScreenUpdate::done();
        };
        let at = notable_hop(report);
        let is_broken = report.break_cause().is_some();
        self.selected = self.current(store).cloned();
        self.hops.select(at);
        (self.is_in_hops, self.is_open) = (true, is_broken && !is_beside);
        ScreenUpdate::done()
    }

    /// Returns whether the last frame showed the evidence of a hop beside the hops.
    fn has_evidence_beside(&self) -> bool {
        self.list.width() >= view::EVIDENCE_FROM
    }

    /// Returns the index of the hop whose evidence is shown beside the hops: the one under the cursor, otherwise the most notable one.
    fn shown_hop(&self, report: &DoctorReport) -> usize {
        if self.is_in_hops {
            self.hops.cursor()
        } else {
            notable_hop(report)
        }
    }

    /// Returns one step back; `false` if there is none.
    fn back(&mut self) -> bool {
        if self.is_open && !self.has_evidence_beside() {
            self.is_open = false;
        } else if self.is_in_hops {
            self.is_in_hops = false;
        } else {
            return false;
        }
        true
    }

    /// Returns the hop whose log is meant: the one under the cursor, otherwise the cause.
    fn hop_in_question(&self, report: &DoctorReport) -> Option<Hop> {
        if self.is_in_hops {
            report
                .hops
                .get(self.hops.cursor())
                .map(|finding| finding.hop)
        } else {
            report.verdict.as_ref().map(|verdict| verdict.hop)
        }
    }

    fn follow_logs(&self, store: &Store) -> ScreenUpdate {
        let Some(name) = self.current(store).cloned() else {
            return ScreenUpdate::done();
        };
        let examined = store.examined.get(&name);
        let hop = examined.and_then(|(_, report)| self.hop_in_question(report));
        let resources: Vec<&Resource> = store.resources(&name).collect();
        let failed = examined.filter(|(_, report)| hop.is_some() && report.break_cause().is_some());
        let deployment = name.clone();
        let title = store.title(name.as_str());
        let (title, groups) = match hop {
            Some(hop) => (
                format!("{title} {hop}"),
                (hop.spec().log_groups)(&resources),
            ),
            None => (
                title.to_owned(),
                super::fleet::deployment_groups(store, &name),
            ),
        };
        if groups.is_empty() {
            let text = format!("{title} writes no log in this account");
            return ScreenUpdate::request(AppRequest::Say(text));
        }
        ScreenUpdate::request(AppRequest::Logs {
            title,
            groups,
            since: hop.and(examined).map(|(at, _)| at.plus(-LOGS_BEFORE_MS)),
            failed_from: failed.map(|(at, _)| {
                let began = self.began.get(&deployment).copied();
                began.unwrap_or_else(|| at.plus(-EXAMINATION_MS))
            }),
            deployment,
        })
    }

    fn copy_fix(&self, store: &Store) -> ScreenUpdate {
        let verdict = self
            .report(store)
            .and_then(|report| report.verdict.as_ref());
        match verdict {
            Some(verdict) => ScreenUpdate::effect(Effect::Copy(verdict.to_copy().to_owned())),
            None => ScreenUpdate::request(AppRequest::Say("there is nothing to fix".to_owned())),
        }
    }
}

/// Returns the index of the hop that is looked at first: the cause, else one with a warning, else the last, which proves the others.
fn notable_hop(report: &DoctorReport) -> usize {
    let cause = report.verdict.as_ref().map(|verdict| verdict.hop);
    let found = report.hops.iter().position(|finding| match cause {
        Some(cause) => finding.hop == cause,
        None => finding.state == HopState::Warning,
    });
    found.unwrap_or_else(|| report.hops.len().saturating_sub(1))
}

/// Returns the deployments, those that need a look first; equals keep the order of the configuration.
fn ordered(store: &Store) -> Vec<&Deployment> {
    let rank = |deployment: &&Deployment| match store.examined.get(&deployment.name) {
        Some((_, report)) if report.break_cause().is_some() => 0,
        Some((_, report)) if !report.healthy => 1,
        Some((_, report)) if report.consent().is_some() => 2,
        Some((_, report)) if report.count(HopState::Warning) > 0 => 3,
        Some(_) => 5,
        None => 4,
    };
    let mut ordered: Vec<&Deployment> = store.deployments.iter().collect();
    ordered.sort_by_key(rank);
    ordered
}

impl Screen for Doctor {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::Doctor, Layer::List]
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        let is_fresh = |name: &DeploymentName| {
            let examined = context.store.examined.get(name);
            examined.is_some_and(|(at, _)| context.now.since(*at) <= FRESH_MS)
        };
        let deployments = context.store.deployments.iter();
        let unknown: Vec<DeploymentName> = deployments
            .map(|deployment| deployment.name.clone())
            .filter(|name| !is_fresh(name) && !self.asked.contains_key(name))
            .collect();
        self.asked
            .extend(unknown.iter().map(|name| (name.clone(), context.now)));
        unknown.into_iter().map(Effect::Examine).collect()
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if self.move_cursor(action, context.store) {
            return ScreenUpdate::done();
        }
        match action {
            Action::Doctor(DoctorAction::Examine) | Action::App(AppAction::Refresh) => {
                ScreenUpdate::effects(self.examine_all(context))
            }
            Action::List(ListAction::Open) => self.open(context.store),
            Action::App(AppAction::Back) if self.back() => ScreenUpdate::done(),
            Action::Fleet(FleetAction::FollowLogs) => self.follow_logs(context.store),
            Action::Doctor(DoctorAction::CopyFix) => self.copy_fix(context.store),
            Action::Doctor(DoctorAction::WriteBundle) => self.write_bundle(context),
            Action::Doctor(DoctorAction::NextDeployment) => {
                self.next_deployment(context.store);
                ScreenUpdate::done()
            }
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Activity(_)
            | Action::Prompt(_) => ScreenUpdate::ignored(),
        }
    }

    fn click(&mut self, place: ClickPlace, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let ClickPlace { column, line, .. } = place;
        if let Some(row) = self.list.row_at(column, line) {
            let name = ordered(context.store)
                .get(row)
                .map(|deployment| deployment.name.clone());
            self.select(name);
            return ScreenUpdate::done();
        }
        match self.hops.row_at(column, line) {
            Some(row) if self.report(context.store).is_some() => {
                self.selected = self.current(context.store).cloned();
                let is_same = self.is_in_hops && self.hops.cursor() == row;
                self.hops.select(row);
                self.is_open = is_same && !self.is_open;
                self.is_in_hops = true;
                ScreenUpdate::done()
            }
            _ => ScreenUpdate::ignored(),
        }
    }

    fn way_back(&self, _look: &ViewContext<'_>) -> Option<&'static str> {
        match (self.is_open && !self.has_evidence_beside(), self.is_in_hops) {
            (true, _) => Some("close"),
            (false, true) => Some("deployments"),
            (false, false) => None,
        }
    }

    fn offers(&self, action: Action, look: &ViewContext<'_>) -> bool {
        if action == Action::Doctor(DoctorAction::CopyFix) {
            let verdict = self
                .report(look.store)
                .and_then(|report| report.verdict.as_ref());
            return verdict.is_some_and(|verdict| !verdict.fix.is_empty());
        }
        !matches!(
            action,
            Action::List(ListAction::Filter | ListAction::Sort | ListAction::Mark)
                | Action::App(AppAction::Refresh)
        )
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        view::doctor(self, context, area, painter);
    }
}
