//! What a view asks of the store: rows, positions, rates.

use std::ops::Range;

use super::{Entry, LogStore};
use crate::{logs::Level, model::Moment};

impl LogStore {
    /// Returns a row among those that pass.
    pub fn row(&self, index: usize) -> Option<Entry> {
        self.rows(index..index + 1).pop()
    }

    /// Rows among those that pass. Cheaper than one after the other, since each run is decompressed once.
    pub fn rows(&self, range: Range<usize>) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(range.len());
        self.visit(range, |_, entry| {
            entries.push(entry);
            true
        });
        entries
    }

    /// Number of rows that pass the filter and are log lines: notices pass every filter, and are no lines.
    pub fn lines_shown(&self) -> usize {
        let with_notices = self.segments.iter().filter(|segment| segment.notices() > 0);
        let notices: usize = with_notices
            .map(|segment| {
                let lines = (0..segment.rows()).filter_map(|row| segment.line_of_row(row));
                let marks = lines.filter_map(|line| segment.mark(line));
                marks.filter(|mark| mark.is_notice()).count()
            })
            .sum();
        self.len().saturating_sub(notices)
    }

    /// Time of a row, without its text.
    pub fn time_of_row(&self, index: usize) -> Option<Moment> {
        let (segment, line) = self.locate(index)?;
        self.segments.get(segment)?.time(line)
    }

    /// Calls a function with each row that passes, in the order of time, without holding all of them in memory.
    pub fn for_each_row(&self, mut visit: impl FnMut(&Entry)) {
        self.visit(0..self.len(), |_, entry| {
            visit(&entry);
            true
        });
    }

    /// Calls a function with the rows of a range, until it returns false after a run.
    fn visit(&self, range: Range<usize>, mut visit: impl FnMut(usize, Entry) -> bool) {
        let mut row = range.start;
        let end = range.end.min(self.len());
        while row < end {
            let Some((index, _)) = self.locate(row) else {
                return;
            };
            let (Some(run), Some(first)) = (self.segments.get(index), self.rows.get(index)) else {
                return;
            };
            let within = row - first..(end - first).min(run.rows());
            row = first + within.end;
            let lines: Vec<usize> = within
                .clone()
                .filter_map(|at| run.line_of_row(at))
                .collect();
            let (mut at, mut goes_on) = (first + within.start, true);
            run.visit(lines, &self.sources, |_, entry| {
                goes_on &= visit(at, entry);
                at += 1;
            });
            if !goes_on {
                return;
            }
        }
    }

    /// Returns the row at which a line stands now; where it is gone, the first that is not older.
    pub fn position(&self, line: &Entry) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.time_of_row(middle).is_some_and(|at| at < line.at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut found = None;
        self.visit(low..self.len(), |row, entry| {
            if found.is_none() && entry == *line {
                found = Some(row);
            }
            found.is_none() && entry.at == line.at
        });
        found.unwrap_or(low)
    }

    /// Returns the next row after `from` (before it, backwards) that is wanted, going round the end once.
    pub fn find(
        &self,
        from: usize,
        backwards: bool,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Option<usize> {
        let first_in = |range: Range<usize>| {
            let mut found = None;
            self.visit(range, |row, entry| {
                if found.is_none() && wanted(&entry) {
                    found = Some(row);
                }
                found.is_none()
            });
            found
        };
        if !backwards {
            return first_in(from + 1..self.len()).or_else(|| first_in(0..from + 1));
        }
        let mut last = [None, None];
        self.visit(0..self.len(), |row, entry| {
            if wanted(&entry)
                && let Some(found) = last.get_mut(usize::from(row >= from))
            {
                *found = Some(row);
            }
            true
        });
        last.into_iter().flatten().next()
    }

    /// Events and errors a bucket over the last `buckets` buckets of `width_ms` before `now`.
    pub fn rates(&self, now: Moment, width_ms: i64, buckets: usize) -> (Vec<u64>, Vec<u64>) {
        let span = width_ms * i64::try_from(buckets).unwrap_or(0);
        self.count_by(now.plus(-span), buckets, |at| {
            let back = usize::try_from(now.since(at).max(0) / width_ms.max(1)).ok()?;
            buckets.checked_sub(back + 1)
        })
    }

    /// Events and errors a bucket over `buckets` buckets of `width_ms` from a time on, whether or not they pass the filter.
    pub fn histogram(&self, from: Moment, width_ms: i64, buckets: usize) -> (Vec<u64>, Vec<u64>) {
        self.count_by(from, buckets, |at| {
            let bucket = usize::try_from(at.since(from).div_euclid(width_ms.max(1))).ok()?;
            (bucket < buckets).then_some(bucket)
        })
    }

    /// Events and errors by bucket, from a time on. A run that lies in one bucket is counted at once.
    fn count_by(
        &self,
        from: Moment,
        buckets: usize,
        bucket: impl Fn(Moment) -> Option<usize>,
    ) -> (Vec<u64>, Vec<u64>) {
        let (mut all, mut errors) = (vec![0; buckets], vec![0; buckets]);
        let mut add = |bucket: usize, events: usize, failed: usize| {
            if let (Some(count), Some(failures)) = (all.get_mut(bucket), errors.get_mut(bucket)) {
                *count += events as u64;
                *failures += failed as u64;
            }
        };
        let old = self
            .segments
            .partition_point(|segment| segment.last() < from);
        for segment in self.segments.iter().skip(old) {
            match (bucket(segment.first()), bucket(segment.last())) {
                (Some(first), Some(last)) if first == last => {
                    add(first, segment.len() - segment.notices(), segment.errors());
                }
                (Some(_) | None, Some(_) | None) => {
                    for line in 0..segment.len() {
                        let Some(mark) = segment.mark(line).filter(|mark| !mark.is_notice()) else {
                            continue;
                        };
                        let is_error = mark.level().is_some_and(|level| level >= Level::Error);
                        if let Some(bucket) = segment.time(line).and_then(&bucket) {
                            add(bucket, 1, usize::from(is_error));
                        }
                    }
                }
            }
        }
        (all, errors)
    }
}
