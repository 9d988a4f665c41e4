//! When the app runs without input, and what it requests then.

use super::{
    App, SPIN_MS,
    poll_schedule::{ListKey, WatchReason},
};
use crate::{
    messages::{Effect, Effects, FleetEffect, Route},
    model::{DeploymentName, Kind, Moment},
    state::{ListChange, Loadable},
};

/// Interval at which ages on the screen are redrawn while nothing else changes, in milliseconds.
const AGES_MS: i64 = 10_000;
/// The same interval while the user is idle, in milliseconds.
const IDLE_AGES_MS: i64 = 30_000;
/// Time after which requests in flight are shown by a spinner, in milliseconds.
const BRIEF_MS: i64 = 300;
/// How long a change of status is highlighted, in milliseconds.
const FLASH_MS: i64 = 620;
/// Lists that no call passes are polled once in this many turns.
const RARE_TURNS: i64 = 4;

impl App {
    /// Returns the next time at which the app must run although no input or event arrives: for ages, the spinner, highlights, or
    /// the next poll.
    pub fn next_wake(&self) -> Option<Moment> {
        let ask =
            (self.has_started && !self.store.deployments.is_empty()).then(|| self.schedule.next());
        let scan = self.logs.is_scanning().then_some(self.now);
        [
            self.next_frame(),
            ask,
            self.tools.next_listing(),
            self.next_calls(),
            scan,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Returns the next time at which the screen changes although no input or event arrives.
    pub(super) fn next_frame(&self) -> Option<Moment> {
        let drawn = self.frame.at;
        if self.options.starting.is_some() {
            return Some(drawn.plus(SPIN_MS));
        }
        let ages = (!self.store.deployments.is_empty()).then(|| {
            let is_idle = self.schedule.is_idle(self.now)
                && !(self.route == Route::Logs && self.logs.is_lively(self.now));
            drawn.plus(if is_idle { IDLE_AGES_MS } else { AGES_MS })
        });
        let busy = [self.busy_since, self.store.loading_since()]
            .into_iter()
            .flatten()
            .min();
        let spin = busy.map(|since| drawn.plus(SPIN_MS).max(since.plus(BRIEF_MS)));
        let flash = self
            .store
            .feed
            .front()
            .map(|transition| transition.at.plus(FLASH_MS))
            .filter(|end| drawn < *end);
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let countdown = self
            .tools
            .next_wake(drawn)
            .filter(|_| self.route == Route::Tools);
        [ages, spin, flash, toast, countdown]
            .into_iter()
            .flatten()
            .min()
    }

    /// Advances the time and returns the effects that are due.
    pub fn tick(&mut self, now: Moment) -> Effects {
        self.now = now;
        self.changed |= self.next_frame().is_some_and(|at| at <= now);
        if self.logs.is_scanning() {
            self.logs.scan_more();
            self.changed = true;
        }
        if self.toast.as_ref().is_some_and(|toast| toast.until <= now) {
            self.toast = None;
        }
        if !self.has_started || self.store.deployments.is_empty() {
            return Effects::none();
        }
        self.changed |= self.store.advance(now);
        let alarm = self.raise_alarm();
        let tools = self.tools.tick(now).and(self.read_calls()).and(alarm);
        if self.schedule.next() > now {
            return tools;
        }
        let all = self.places();
        let mut due = self.schedule.due(&all, now);
        due.retain(|list| self.is_worth_asking(list));
        tools.and(self.ask(due))
    }

    /// Returns whether a list whose turn it is should be asked for: those that no call passes change rarely, and skip turns.
    fn is_worth_asking(&self, (deployment, kind): &ListKey) -> bool {
        let place = (deployment.clone(), *kind);
        let known = self.store.lists.get(&place);
        let loaded_at = known.and_then(Loadable::loaded_at);
        kind.is_in_chain()
            || self.store.moves(deployment, *kind)
            || loaded_at.is_none_or(|at| {
                self.now.since(at) >= RARE_TURNS * self.options.refresh_ms - SPIN_MS
            })
    }

    /// Requests every list that is not already being requested.
    pub fn refresh(&mut self) -> Effects {
        let all = self.places();
        self.schedule.record_activity(self.now);
        self.schedule.asked_all(all.len(), self.now);
        self.count_failed_again();
        self.changed = true;
        self.ask(all)
    }

    /// Returns every list of every deployment, in polling order.
    pub(super) fn places(&self) -> Vec<ListKey> {
        let names = self
            .store
            .deployments
            .iter()
            .map(|deployment| deployment.name.clone());
        names
            .flat_map(|name| Kind::ALL.into_iter().map(move |kind| (name.clone(), kind)))
            .collect()
    }

    /// Records user activity or a change of status.
    pub(super) fn record_activity(&mut self) {
        self.changed = true;
        self.schedule.record_activity(self.now);
    }

    /// Schedules the next poll of a list from what its last answer changed.
    pub(super) fn schedule_list(
        &mut self,
        deployment: &DeploymentName,
        kind: Kind,
        news: ListChange,
    ) {
        if news == ListChange::StatusChanged {
            self.record_activity();
        }
        let place = (deployment.clone(), kind);
        let why = match self.store.lists.get(&place) {
            Some(list) if list.failure().is_some() => Some(WatchReason::Failing),
            _ => self
                .store
                .moves(deployment, kind)
                .then_some(WatchReason::Moving),
        };
        self.schedule
            .answered(place, why, news == ListChange::StatusChanged, self.now);
    }

    /// Asks for one list now.
    pub(super) fn list_soon(&mut self, deployment: &DeploymentName, kind: Kind) -> Effects {
        self.ask(vec![(deployment.clone(), kind)])
    }

    pub(super) fn ask(&mut self, lists: Vec<ListKey>) -> Effects {
        let mut effects = Vec::new();
        for (name, kind) in lists {
            let list = self.store.lists.entry((name.clone(), kind)).or_default();
            if !list.is_loading() {
                list.start_loading(self.now);
                effects.push(Effect::Fleet(FleetEffect::List(name, kind)));
            }
        }
        Effects(effects)
    }
}
