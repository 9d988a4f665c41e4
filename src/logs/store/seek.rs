//! From line to line: the hits of a search, and the lines of a level.

use super::{LogStore, packed::LineMark};
use crate::logs::Level;

impl LogStore {
    /// Returns how many rows hold what is searched for, and the number of this row among them, from 1 on.
    pub fn hits(&self, row: usize) -> (Option<usize>, usize) {
        let all = self.hits.last().copied().unwrap_or_default();
        let number = self.locate(row).and_then(|(segment, line)| {
            let line = u16::try_from(line).ok()?;
            let within = self.segments.get(segment)?.hits().binary_search(&line);
            Some(self.hits.get(segment)? + within.ok()? + 1)
        });
        (number, all)
    }

    /// Returns the next row after `from` (before it, backwards) that holds what is searched for, going round the end once. Older lines
    /// are searched as far as needed, which may put rows in front of `from`.
    pub fn next_hit(&mut self, from: usize, backwards: bool) -> Option<usize> {
        self.seek(from, backwards, |store, start| {
            let before = store.hits_before(start);
            let number = if backwards {
                before.checked_sub(1)?
            } else {
                before
            };
            store.row_of_hit(number)
        })
    }

    /// Returns the next row after `from` (before it, backwards) of at least this level, going round the end once. Older lines are
    /// filtered as far as needed, which may put rows in front of `from`.
    pub fn next_of_level(&mut self, from: usize, backwards: bool, least: Level) -> Option<usize> {
        self.seek(from, backwards, |store, start| {
            store.nearest(start, backwards, |mark| {
                mark.level().is_some_and(|level| level >= least)
            })
        })
    }

    /// Looks from a row on, then in lines that have not been scanned yet, then from the other end. `next` returns the first
    /// wanted row at or after a row; backwards, the last one before it.
    fn seek(
        &mut self,
        from: usize,
        backwards: bool,
        next: impl Fn(&Self, usize) -> Option<usize>,
    ) -> Option<usize> {
        let mut start = if backwards { from } else { from + 1 };
        loop {
            let found = next(self, start);
            if found.is_some() {
                return found;
            }
            if !self.is_scanning() {
                break;
            }
            start += self.scan_more();
        }
        next(self, if backwards { self.len() } else { 0 })
    }

    /// Returns the first row at or after `start` whose mark is wanted; backwards, the last one before it.
    fn nearest(
        &self,
        start: usize,
        backwards: bool,
        wanted: impl Fn(LineMark) -> bool,
    ) -> Option<usize> {
        let is_wanted = |row: &usize| {
            self.locate(*row).is_some_and(|(segment, line)| {
                let mark = self.segments.get(segment).and_then(|run| run.mark(line));
                mark.is_some_and(&wanted)
            })
        };
        if backwards {
            (0..start.min(self.len())).rev().find(is_wanted)
        } else {
            (start..self.len()).find(is_wanted)
        }
    }

    /// Number of hits in the rows before this one.
    fn hits_before(&self, row: usize) -> usize {
        let Some((segment, line)) = self.locate(row) else {
            return self.hits.last().copied().unwrap_or_default();
        };
        let within = self.segments.get(segment).map_or(0, |run| {
            run.hits().partition_point(|hit| usize::from(*hit) < line)
        });
        self.hits.get(segment).copied().unwrap_or_default() + within
    }

    /// Returns the row of a hit, counted from 0.
    fn row_of_hit(&self, number: usize) -> Option<usize> {
        let segment = self.hits.partition_point(|before| *before <= number);
        let segment = segment.checked_sub(1)?;
        let run = self.segments.get(segment)?;
        let line = run.hits().get(number - self.hits.get(segment)?)?;
        Some(self.rows.get(segment)? + run.row_of_line(usize::from(*line)))
    }
}
