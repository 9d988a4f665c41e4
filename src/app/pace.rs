//! How often the fleet is asked: what moves often, the rest less and less as long as nothing changes.

use crate::model::Moment;

/// What is on its way to another state is looked at again after this long, in milliseconds.
const MOVING_MS: i64 = 3_000;
/// Looks at the same movement before the pause between them doubles.
const PATIENCE: u32 = 3;
/// Doublings of the pause between looks at most: what has been on its way for long is stuck rather than moving.
const SLOWEST: u32 = 4;
/// Doublings of the pause between rounds over a fleet in which nothing changes.
const CALMEST: u32 = 3;

/// When to ask for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    refresh_ms: i64,
    next_round: Moment,
    rounds: u32,
    next_look: Moment,
    looks: u32,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// The lists in which something is on its way.
    Moving,
    /// All lists.
    All,
}

impl Pace {
    /// Everything is due now; a calm fleet is asked every `refresh_ms`.
    pub(super) const fn new(refresh_ms: i64, now: Moment) -> Self {
        Self { refresh_ms, next_round: now, rounds: 0, next_look: now, looks: 0 }
    }

    /// What is due now.
    pub(super) fn due(&self, now: Moment, is_moving: bool) -> Due {
        if now >= self.next_round {
            Due::All
        } else if is_moving && now >= self.next_look {
            Due::Moving
        } else {
            Due::Nothing
        }
    }

    /// When something is due next.
    pub(super) fn next(&self, is_moving: bool) -> Moment {
        if is_moving { self.next_round.min(self.next_look) } else { self.next_round }
    }

    /// All lists were asked for.
    pub(super) fn asked_all(&mut self, now: Moment) {
        self.next_round = now.plus(self.refresh_ms << self.rounds.min(CALMEST));
        self.rounds = self.rounds.saturating_add(1);
        self.next_look = now.plus(MOVING_MS << (self.looks / PATIENCE).min(SLOWEST));
    }

    /// The lists that move were asked for.
    pub(super) fn asked_moving(&mut self, now: Moment) {
        self.looks = self.looks.saturating_add(1);
        self.next_look = now.plus(MOVING_MS << (self.looks / PATIENCE).min(SLOWEST));
    }

    /// A status has changed: what moves is looked at closely again.
    pub(super) fn changed(&mut self, now: Moment) {
        self.looks = 0;
        self.next_look = now.plus(MOVING_MS);
        self.stirred(now);
    }

    /// Somebody is here: the fleet is asked as often as configured again.
    pub(super) fn stirred(&mut self, now: Moment) {
        self.rounds = 0;
        self.next_round = self.next_round.min(now.plus(self.refresh_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calm_fleet_is_asked_less_and_less_until_somebody_comes() {
        let at = |seconds: i64| Moment::from_millis(seconds * 1000);
        let mut pace = Pace::new(30_000, at(0));
        let mut rounds = Vec::new();
        for second in 0..1_000 {
            if pace.due(at(second), false) == Due::All {
                pace.asked_all(at(second));
                rounds.push(second);
            }
        }
        assert_eq!(rounds, [0, 30, 90, 210, 450, 690, 930]);
        pace.stirred(at(1_000));
        assert_eq!(pace.next(false), at(1_030));
    }

    #[test]
    fn what_moves_is_looked_at_often_and_what_is_stuck_is_not() {
        let at = |seconds: i64| Moment::from_millis(seconds * 1000);
        let mut pace = Pace::new(3_600_000, at(0));
        pace.asked_all(at(0));
        let mut looks = Vec::new();
        for second in 1..200 {
            if pace.due(at(second), true) == Due::Moving {
                pace.asked_moving(at(second));
                looks.push(second);
            }
        }
        assert_eq!(looks, [3, 6, 9, 15, 21, 27, 39, 51, 63, 87, 111, 135, 183]);
        pace.changed(at(200));
        assert_eq!(pace.next(true), at(203));
    }
}
