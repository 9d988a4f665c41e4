//! How often the fleet is asked. Everything at once when it begins or is asked to; then a few lists
//! at a time, so that a
//! console that nobody uses costs next to nothing at any time; and what is on its way to another
//! state more often, as long as
//! there is hope that it moves.

use std::collections::BTreeMap;

use crate::model::{DeploymentName, Kind, Moment};

/// A list: of a kind, in a deployment.
pub(super) type ListKey = (DeploymentName, Kind);

/// So long after somebody was here or something changed, every list is asked in the configured
/// time, in milliseconds.
const IDLE_AFTER_MS: i64 = 30_000;
/// Later it takes so many times the configured time.
const IDLE_FACTOR: i64 = 8;
/// Steps in which all lists are asked: a wake costs more than one more list, so there are few.
const SLICES: usize = 11;
/// What is on its way to another state is looked at again after so long at the soonest, in
/// milliseconds.
const MOVING_MS: i64 = 3_000;
/// What has not changed for so long is looked at again after this part of it.
const BACKOFF_DIVISOR: i64 = 3;

/// When to ask for what.
#[derive(Clone, Debug)]
pub(super) struct PollSchedule {
    refresh_ms: i64,
    /// When somebody was here, or something changed.
    last_activity: Moment,
    /// Whose turn it is, counted in steps, and when.
    turn: usize,
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
    /// Everything is due now; every list is to be asked every `refresh_ms` while somebody is here.
    pub(super) const fn new(refresh_ms: i64, now: Moment) -> Self {
        Self {
            refresh_ms,
            last_activity: now,
            turn: 0,
            next_turn: now,
            watched: BTreeMap::new(),
        }
    }

    /// The lists that are due now, out of all.
    pub(super) fn due(&mut self, all: &[ListKey], now: Moment) -> Vec<ListKey> {
        let is_turn = now >= self.next_turn;
        let mut due = Vec::new();
        if is_turn || !self.is_idle(now) {
            for (place, watch) in self
                .watched
                .iter_mut()
                .filter(|(_, watch)| now >= watch.next)
            {
                watch.next = now.plus(
                    (now.since(watch.since) / BACKOFF_DIVISOR).max(watch.least(self.refresh_ms)),
                );
                due.push(place.clone());
            }
        }
        if is_turn {
            let steps = steps(all.len());
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
            self.next_turn = now.plus(self.step(all.len(), now));
        }
        due
    }

    /// When something is due next. Nobody waits for what moves when nobody is here: it is looked at
    /// with the others.
    pub(super) fn next(&self, now: Moment) -> Moment {
        let watched = self
            .watched
            .values()
            .map(|watch| watch.next)
            .filter(|_| !self.is_idle(now));
        watched
            .chain([self.next_turn])
            .min()
            .unwrap_or(self.next_turn)
    }

    /// All lists were asked for: their turns begin anew.
    pub(super) fn asked_all(&mut self, count: usize, now: Moment) {
        self.turn = 0;
        self.next_turn = now.plus(self.step(count, now));
    }

    /// The next step is made one step later.
    pub(super) fn pause(&mut self, count: usize, now: Moment) {
        self.next_turn = now.plus(self.step(count, now));
    }

    /// A list was answered, and is worth more than its turn, or not. `turned`: something in it has
    /// changed its state.
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

    /// Somebody is here, or something has changed: the fleet is asked as often as configured for a
    /// while.
    pub(super) fn record_activity(&mut self, count: usize, now: Moment) {
        self.last_activity = now;
        self.next_turn = self.next_turn.min(now.plus(self.step(count, now)));
    }

    /// Whether nobody was here, and nothing changed, for a while.
    pub(super) fn is_idle(&self, now: Moment) -> bool {
        now.since(self.last_activity) >= IDLE_AFTER_MS
    }

    /// Between two steps through so many lists.
    fn step(&self, count: usize, now: Moment) -> i64 {
        let round = if self.is_idle(now) {
            self.refresh_ms.saturating_mul(IDLE_FACTOR)
        } else {
            self.refresh_ms
        };
        round / i64::try_from(steps(count)).unwrap_or(1)
    }
}

/// In how many steps so many lists are asked.
const fn steps(count: usize) -> usize {
    if count < SLICES {
        if count == 0 { 1 } else { count }
    } else {
        SLICES
    }
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
            .map(|each| format!("d{each}").as_str().into())
            .collect();
        names
            .into_iter()
            .flat_map(|name| Kind::ALL.into_iter().map(move |kind| (name.clone(), kind)))
            .collect()
    }

    /// What is asked in each second, after everything was asked at once.
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
    fn a_calm_fleet_is_asked_a_few_lists_at_a_time_until_somebody_comes() {
        let all = places(5);
        let mut schedule = PollSchedule::new(30_000, at(0));
        schedule.asked_all(all.len(), at(0));
        let calm = asked(&mut schedule, &all, 31..1_000);
        for from in 31..980 {
            let within = calm
                .iter()
                .filter(|(second, _)| (from..from + 20).contains(second))
                .count();
            assert!(within <= 3, "{within} lists within 20 s from {from} s on");
        }
        for place in &all {
            let mine: Vec<i64> = calm
                .iter()
                .filter(|(_, each)| each == place)
                .map(|(second, _)| *second)
                .collect();
            assert!(
                mine.len() >= 3 && mine.windows(2).all(|pair| pair[1] - pair[0] <= 250),
                "{place:?}: {mine:?}"
            );
        }
        schedule.record_activity(all.len(), at(1_000));
        let tenths = (10_000..10_310).map(|tenth| Moment::from_millis(tenth * 100));
        let lively: Vec<ListKey> = tenths.flat_map(|now| schedule.due(&all, now)).collect();
        let missed: Vec<&ListKey> = all.iter().filter(|place| !lively.contains(place)).collect();
        assert!(missed.is_empty(), "{missed:?}");
    }

    #[test]
    fn however_large_the_fleet_all_of_it_is_asked_in_minutes() {
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
    fn what_moves_is_looked_at_often_while_somebody_is_here() {
        let all = places(1);
        let mut schedule = PollSchedule::new(3_600_000, at(0));
        schedule.asked_all(all.len(), at(0));
        schedule.answered(all[3].clone(), Some(WatchReason::Moving), true, at(0));
        let mut looks = Vec::new();
        for second in 0..400 {
            schedule.record_activity(all.len(), at(second));
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
        assert_eq!(schedule.next(at(400)), at(403));
        schedule.answered(all[3].clone(), None, true, at(403));
        assert!(schedule.next(at(403)) > at(700));
    }

    #[test]
    fn what_moves_wakes_nobody_who_is_not_here() {
        let all = places(5);
        let mut schedule = PollSchedule::new(30_000, at(0));
        schedule.asked_all(all.len(), at(0));
        schedule.answered(all[3].clone(), Some(WatchReason::Moving), true, at(0));
        let calm = asked(&mut schedule, &all, 31..600);
        let mut wakes: Vec<i64> = calm.iter().map(|(second, _)| *second).collect();
        wakes.dedup();
        assert!(
            wakes.windows(2).skip(1).all(|pair| pair[1] - pair[0] > 20),
            "{wakes:?}"
        );
        assert!(
            calm.iter().filter(|(_, place)| *place == all[3]).count() >= 5,
            "{calm:?}"
        );
    }

    #[test]
    fn what_could_not_be_had_is_asked_for_again_less_and_less() {
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
