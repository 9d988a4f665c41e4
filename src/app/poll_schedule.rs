//! How often the fleet is asked: every list at the configured pace, whether or not anybody types, and lists with a resource on
//! its way to another state more often. A large fleet is asked in slices, so that a refresh is no burst.

use std::collections::BTreeMap;

use crate::model::{DeploymentName, Kind, Moment};

/// A list: of a kind, in a deployment.
pub(super) type ListKey = (DeploymentName, Kind);

/// After this long without input and without a change, in milliseconds, the console is idle: ages are drawn less often.
const IDLE_AFTER_MS: i64 = 30_000;
/// Lists in one slice of a refresh. The lists of a fleet that is not larger are asked at the same time: one wake-up costs less
/// than several.
const SLICE: usize = 60;
/// Largest number of slices.
const SLICES: usize = 11;
/// What is on its way to another state is looked at again after so long at the soonest, in milliseconds.
const MOVING_MS: i64 = 3_000;
/// What has not changed for so long is looked at again after this part of it.
const BACKOFF_DIVISOR: i64 = 3;

/// When to ask for what.
#[derive(Clone, Debug)]
pub(super) struct PollSchedule {
    refresh_ms: i64,
    /// Time of the last input or change.
    last_activity: Moment,
    /// Index of the next slice of lists to poll.
    turn: usize,
    /// Time at which that slice is due.
    next_turn: Moment,
    watched: BTreeMap<ListKey, Watch>,
}

/// A list that is worth more than its turn.
#[derive(Clone, Copy, Debug)]
struct Watch {
    why: WatchReason,
    since: Moment,
    next: Moment,
}

/// Why a list is worth more than its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WatchReason {
    /// Something in it is on its way to another state.
    Moving,
    /// It could not be had.
    Failing,
}

impl PollSchedule {
    /// Everything is due now; every list is asked every `refresh_ms`.
    pub(super) const fn new(refresh_ms: i64, now: Moment) -> Self {
        Self {
            refresh_ms,
            last_activity: now,
            turn: 0,
            next_turn: now,
            watched: BTreeMap::new(),
        }
    }

    /// Returns the lists that are due now, out of all.
    pub(super) fn due(&mut self, all: &[ListKey], now: Moment) -> Vec<ListKey> {
        let is_turn = now >= self.next_turn;
        let mut due = Vec::new();
        for (place, watch) in self
            .watched
            .iter_mut()
            .filter(|(_, watch)| now >= watch.next)
        {
            watch.next = now
                .plus((now.since(watch.since) / BACKOFF_DIVISOR).max(watch.least(self.refresh_ms)));
            due.push(place.clone());
        }
        if is_turn {
            let steps = slices(all.len());
            let (from, to) = (
                self.turn * all.len() / steps,
                (self.turn + 1) * all.len() / steps,
            );
            for place in all.iter().take(to).skip(from) {
                if !due.contains(place) {
                    due.push(place.clone());
                }
            }
            self.turn = (self.turn + 1) % steps;
            self.next_turn = now.plus(self.step(all.len()));
        }
        due
    }

    /// Returns when something is due next.
    pub(super) fn next(&self) -> Moment {
        let watched = self.watched.values().map(|watch| watch.next);
        watched
            .chain([self.next_turn])
            .min()
            .unwrap_or(self.next_turn)
    }

    /// All lists were asked for: their turns start again.
    pub(super) fn asked_all(&mut self, count: usize, now: Moment) {
        self.turn = 0;
        self.next_turn = now.plus(self.step(count));
    }

    /// A list was answered, and is worth more than its turn, or not. `turned`: something in it has changed its state.
    pub(super) fn answered(
        &mut self,
        place: ListKey,
        why: Option<WatchReason>,
        turned: bool,
        now: Moment,
    ) {
        let Some(why) = why else {
            self.watched.remove(&place);
            return;
        };
        if turned
            || self
                .watched
                .get(&place)
                .is_none_or(|watch| watch.why != why)
        {
            let mut watch = Watch {
                why,
                since: now,
                next: now,
            };
            watch.next = now.plus(watch.least(self.refresh_ms));
            self.watched.insert(place, watch);
        }
    }

    /// Records input of the user, or a change of a status.
    pub(super) const fn record_activity(&mut self, now: Moment) {
        self.last_activity = now;
    }

    /// Returns whether there was no input and no change for a while.
    pub(super) fn is_idle(&self, now: Moment) -> bool {
        now.since(self.last_activity) >= IDLE_AFTER_MS
    }

    /// Milliseconds between two slices of this many lists.
    fn step(&self, count: usize) -> i64 {
        self.refresh_ms / i64::try_from(slices(count)).unwrap_or(1)
    }
}

/// In how many slices so many lists are asked.
fn slices(count: usize) -> usize {
    count.div_ceil(SLICE).clamp(1, SLICES)
}

impl Watch {
    /// The shortest pause between two looks.
    const fn least(self, refresh_ms: i64) -> i64 {
        match self.why {
            WatchReason::Moving => MOVING_MS,
            WatchReason::Failing => refresh_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    fn places(deployments: usize) -> Vec<ListKey> {
        let names: Vec<DeploymentName> = (0..deployments)
            .map(|number| format!("d{number}").as_str().into())
            .collect();
        names
            .into_iter()
            .flat_map(|name| Kind::ALL.into_iter().map(move |kind| (name.clone(), kind)))
            .collect()
    }

    /// Returns what is asked in each second, after everything was asked at once.
    fn asked(
        schedule: &mut PollSchedule,
        all: &[ListKey],
        seconds: std::ops::Range<i64>,
    ) -> Vec<(i64, ListKey)> {
        seconds
            .flat_map(|second| {
                schedule
                    .due(all, at(second))
                    .into_iter()
                    .map(move |place| (second, place))
            })
            .collect()
    }

    #[test]
    fn every_list_is_asked_at_the_configured_pace_without_any_input() {
        for deployments in [1, 5, 40] {
            let all = places(deployments);
            let mut schedule = PollSchedule::new(30_000, at(0));
            schedule.asked_all(all.len(), at(0));
            let seconds = asked(&mut schedule, &all, 1..1_000);
            for place in &all {
                let own: Vec<i64> = seconds
                    .iter()
                    .filter(|(_, key)| key == place)
                    .map(|(second, _)| *second)
                    .collect();
                let is_even = own
                    .windows(2)
                    .all(|pair| (29..=32).contains(&(pair[1] - pair[0])));
                assert!(own.len() >= 30 && is_even, "{place:?}: {own:?}");
            }
        }
    }

    #[test]
    fn a_small_fleet_wakes_the_console_once_a_refresh() {
        let all = places(5);
        let mut schedule = PollSchedule::new(30_000, at(0));
        schedule.asked_all(all.len(), at(0));
        let mut wakes: Vec<i64> = asked(&mut schedule, &all, 1..100)
            .into_iter()
            .map(|(second, _)| second)
            .collect();
        wakes.dedup();
        assert_eq!(wakes, [30, 60, 90]);
    }

    #[test]
    fn all_of_a_large_fleet_is_asked_within_a_refresh() {
        for deployments in [1, 2, 20, 200] {
            let all = places(deployments);
            let mut schedule = PollSchedule::new(30_000, at(0));
            schedule.asked_all(all.len(), at(0));
            let round = asked(&mut schedule, &all, 30..300);
            let missed = all
                .iter()
                .filter(|place| !round.iter().any(|(_, asked)| asked == *place))
                .count();
            assert_eq!(missed, 0, "of {deployments} deployments");
        }
    }

    #[test]
    fn a_list_with_a_moving_resource_is_asked_more_often() {
        let all = places(1);
        let mut schedule = PollSchedule::new(3_600_000, at(0));
        schedule.asked_all(all.len(), at(0));
        schedule.answered(all[3].clone(), Some(WatchReason::Moving), true, at(0));
        let mut looks = Vec::new();
        for second in 0..400 {
            schedule.record_activity(at(second));
            if schedule.due(&all, at(second)).contains(&all[3]) {
                looks.push(second);
                schedule.answered(all[3].clone(), Some(WatchReason::Moving), false, at(second));
            }
        }
        assert_eq!(
            looks,
            [3, 6, 9, 12, 16, 22, 30, 40, 54, 72, 96, 128, 171, 228, 304]
        );
        schedule.answered(all[3].clone(), Some(WatchReason::Moving), true, at(400));
        assert_eq!(schedule.next(), at(403));
        schedule.answered(all[3].clone(), None, true, at(403));
        assert!(schedule.next() > at(700));
    }

    #[test]
    fn a_list_that_failed_is_asked_again_with_growing_pauses() {
        let all = places(1);
        let mut schedule = PollSchedule::new(30_000, at(0));
        schedule.answered(all[0].clone(), Some(WatchReason::Failing), false, at(0));
        let mut looks = Vec::new();
        for second in 0..500 {
            schedule.last_activity = at(second);
            schedule.next_turn = at(10_000);
            looks.extend(schedule.due(&all, at(second)).into_iter().map(|_| second));
        }
        assert_eq!(looks, [30, 60, 90, 120, 160, 214, 286, 382]);
    }
}
