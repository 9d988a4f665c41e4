//! Marked lines: set, walked and exported. They stay marked while filters change.

use super::{AppRequest, Logs};
use crate::{logs::store::Entry, model::Moment, screens::ScreenUpdate};

/// Lines that are marked, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LineMarks(Vec<Entry>);

impl LineMarks {
    /// Marks a line, or takes the mark off.
    fn toggle(&mut self, line: Entry) {
        match self.place(&line) {
            Ok(place) => {
                self.0.remove(place);
            }
            Err(place) => self.0.insert(place, line),
        }
    }

    pub(super) fn contains(&self, line: &Entry) -> bool {
        self.place(line).is_ok()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn lines(&self) -> &[Entry] {
        &self.0
    }

    /// Returns where a line stands, or where it would.
    fn place(&self, line: &Entry) -> Result<usize, usize> {
        let first = self.0.partition_point(|marked| marked.at < line.at);
        let end = self.0.partition_point(|marked| marked.at <= line.at);
        let same = (first..end).find(|place| self.0.get(*place) == Some(line));
        same.ok_or(end)
    }

    /// The marks after a time in the order of walking, those before it last; backwards, the other way round.
    fn from(&self, at: Moment, backwards: bool) -> Vec<&Entry> {
        let middle = if backwards {
            self.0.partition_point(|marked| marked.at < at)
        } else {
            self.0.partition_point(|marked| marked.at <= at)
        };
        let (before, after) = self.0.split_at_checked(middle).unwrap_or((&self.0, &[]));
        if backwards {
            before.iter().rev().chain(after.iter().rev()).collect()
        } else {
            after.iter().chain(before).collect()
        }
    }
}

impl Logs {
    /// Marks the line under the cursor, or takes its mark off.
    pub(super) fn mark(&mut self) -> ScreenUpdate {
        match self.current() {
            Some(line) => {
                self.stop_following();
                self.marks.toggle(line);
                ScreenUpdate::done()
            }
            None => ScreenUpdate::done(),
        }
    }

    /// To the next marked line that is shown, going round the end once.
    pub(super) fn jump_to_mark(&mut self, backwards: bool) -> ScreenUpdate {
        let Some(current) = self.current() else {
            return ScreenUpdate::done();
        };
        let cursor = self.list.cursor();
        let shown = |mark: &Entry| {
            let row = self.store.position(mark);
            (self.store.row(row).as_ref() == Some(mark)).then_some(row)
        };
        // Several marks may be of one time: rows decide between them.
        let marks = self.marks.from(current.at, backwards);
        let mut same: Vec<usize> = self
            .marks
            .lines()
            .iter()
            .filter(|mark| mark.at == current.at)
            .filter_map(shown)
            .filter(|row| {
                if backwards {
                    *row < cursor
                } else {
                    *row > cursor
                }
            })
            .collect();
        same.sort_unstable();
        let nearest = if backwards { same.last() } else { same.first() };
        let found = nearest
            .copied()
            .or_else(|| marks.into_iter().find_map(shown));
        match found {
            Some(row) => self.jump_to(Some(row)),
            None if self.marks.is_empty() => {
                ScreenUpdate::request(AppRequest::Say("no line is marked".to_owned()))
            }
            None => ScreenUpdate::request(AppRequest::Say(format!(
                "none of the {} marked lines is shown: a filter or the window hides them",
                self.marks.len()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{Line, store::Body};

    fn line(at: i64, text: &str) -> Entry {
        Entry {
            at: Moment::from_millis(at),
            body: Body::Event {
                group: "g".into(),
                stream: "s".into(),
                text: text.to_owned(),
                line: Line::read(text),
                late: false,
            },
        }
    }

    #[test]
    fn marks_lie_in_the_order_of_time_and_are_taken_off_again() {
        let mut marks = LineMarks::default();
        for (at, text) in [(3, "c"), (1, "a"), (2, "b"), (2, "other")] {
            marks.toggle(line(at, text));
        }
        assert!(marks.contains(&line(2, "b")) && marks.contains(&line(2, "other")));
        assert!(!marks.contains(&line(1, "b")));
        let times = |entries: Vec<&Entry>| -> Vec<i64> {
            entries.iter().map(|entry| entry.at.millis()).collect()
        };
        assert_eq!(
            times(marks.from(Moment::from_millis(2), false)),
            [3, 1, 2, 2]
        );
        assert_eq!(
            times(marks.from(Moment::from_millis(2), true)),
            [1, 3, 2, 2]
        );
        marks.toggle(line(2, "b"));
        assert_eq!(marks.len(), 3);
        assert!(!marks.contains(&line(2, "b")));
    }
}
