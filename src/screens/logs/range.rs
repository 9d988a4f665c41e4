//! The time that is loaded, and the window in it that is shown.

use crate::model::Moment;

/// The narrowest window, in milliseconds.
const NARROWEST_MS: i64 = 2_000;
/// A fresh window is this part of the whole time.
const FIRST_PART: i64 = 4;

/// The time that is loaded, and the window in it that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogRange {
    /// Beginning of what is loaded: from here on, no line is missing.
    pub(super) since: Moment,
    /// Beginning of the tail that runs; older lines were read on request.
    pub(super) tail_since: Moment,
    /// End of what is loaded; `None`: now.
    pub(super) until: Option<Moment>,
    /// The window that is shown; `None`: all.
    pub(super) window: Option<(Moment, Moment)>,
    /// From when on older lines are being read.
    pub(super) older: Option<Moment>,
    /// Where the reading of stored lines had to leave out the oldest ones: the time from which on none is missing.
    pub(super) cut: Option<Moment>,
    /// The time to which the cursor goes as soon as its lines are here.
    pub(super) wanted: Option<Moment>,
    /// What the tail said about groups that cannot be read.
    pub(super) unavailable: Vec<String>,
}

/// What a move of the window came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WindowMove {
    /// It has moved.
    Moved,
    /// It stands at the beginning of what is loaded.
    AtBeginning,
}

impl LogRange {
    pub(super) fn new(since: Moment, until: Option<Moment>) -> Self {
        Self {
            since,
            tail_since: since,
            until,
            ..Self::default()
        }
    }

    /// Beginning and end of the time axis.
    pub(super) fn axis(&self, now: Moment) -> (Moment, Moment) {
        let until = self.until.unwrap_or(now);
        (self.since, until.max(self.since.plus(1_000)))
    }

    /// Moves the window by half its width. Without a window, one is made at the end, around `focus` if there is one.
    pub(super) fn shift(&mut self, forward: bool, now: Moment) -> WindowMove {
        let (begin, end) = self.axis(now);
        let Some((from, until)) = self.window else {
            let width = (end.since(begin) / FIRST_PART).max(NARROWEST_MS);
            self.window = Some((end.plus(-width).max(begin), end));
            return WindowMove::Moved;
        };
        let width = until.since(from);
        if !forward && from <= begin {
            return WindowMove::AtBeginning;
        }
        let step = if forward { width / 2 } else { -width / 2 };
        let from = from.plus(step).max(begin).min(end.plus(-width).max(begin));
        self.window = Some((from, from.plus(width).min(end)));
        WindowMove::Moved
    }

    /// Halves the window around its middle, or around `focus` if there is none yet; doubles it when zooming out, and shows all
    /// when it is as wide as that.
    pub(super) fn zoom(&mut self, closer: bool, focus: Option<Moment>, now: Moment) {
        let (begin, end) = self.axis(now);
        let (from, until) = self.window.unwrap_or((begin, end));
        let width = until.since(from);
        let wanted = if closer {
            (width / 2).max(NARROWEST_MS)
        } else {
            width * 2
        };
        if wanted >= end.since(begin) {
            self.window = None;
            return;
        }
        let middle = match focus.filter(|_| closer) {
            Some(focus) => focus,
            None => from.plus(width / 2),
        };
        let from = middle.plus(-wanted / 2).max(begin).min(end.plus(-wanted));
        self.window = Some((from, from.plus(wanted)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Moment {
        Moment::from_millis(second * 1_000)
    }

    fn window(range: &LogRange) -> Option<(i64, i64)> {
        let (from, until) = range.window?;
        Some((from.millis() / 1_000, until.millis() / 1_000))
    }

    #[test]
    fn a_window_moves_by_half_its_width_and_stops_at_both_ends() {
        let now = at(400);
        let mut range = LogRange::new(at(0), None);
        assert_eq!(range.shift(false, now), WindowMove::Moved);
        assert_eq!(window(&range), Some((300, 400)));
        range.shift(true, now);
        assert_eq!(window(&range), Some((300, 400)), "there is nothing later");
        for _ in 0..6 {
            assert_eq!(range.shift(false, now), WindowMove::Moved);
        }
        assert_eq!(window(&range), Some((0, 100)));
        assert_eq!(range.shift(false, now), WindowMove::AtBeginning);
        range.shift(true, now);
        assert_eq!(window(&range), Some((50, 150)));
    }

    #[test]
    fn zooming_out_of_a_window_ends_with_everything() {
        let now = at(400);
        let mut range = LogRange::new(at(0), None);
        range.zoom(true, Some(at(100)), now);
        assert_eq!(window(&range), Some((0, 200)));
        range.zoom(true, Some(at(150)), now);
        assert_eq!(window(&range), Some((100, 200)));
        for _ in 0..20 {
            range.zoom(true, None, now);
        }
        assert_eq!(
            range.window.map(|(from, until)| until.since(from)),
            Some(2_000)
        );
        for _ in 0..20 {
            range.zoom(false, None, now);
        }
        assert_eq!(range.window, None);
    }
}
