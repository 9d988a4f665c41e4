//! Log lines counted by second and level: the rate and the errors of any window without a look at the lines.

use std::collections::BTreeMap;

use super::Level;
use crate::model::Moment;

/// Milliseconds of the finest bucket.
const SECOND_MS: i64 = 1_000;

/// Numbers of lines by level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelCounts {
    counts: [u32; Level::ALL.len()],
    without: u32,
}

impl LevelCounts {
    /// Returns the number of lines of a level; `None` stands for lines without a level.
    pub fn of(&self, level: Option<Level>) -> u64 {
        u64::from(match level {
            Some(level) => self.counts.get(level as usize).copied().unwrap_or(0),
            None => self.without,
        })
    }

    /// Returns the number of all lines.
    pub fn all(&self) -> u64 {
        u64::from(self.without)
            + self
                .counts
                .iter()
                .map(|count| u64::from(*count))
                .sum::<u64>()
    }

    /// Returns the number of errors and of what is more serious.
    pub fn errors(&self) -> u64 {
        self.of(Some(Level::Error)) + self.of(Some(Level::Fatal))
    }

    fn slot(&mut self, level: Option<Level>) -> Option<&mut u32> {
        match level {
            Some(level) => self.counts.get_mut(level as usize),
            None => Some(&mut self.without),
        }
    }

    fn add(&mut self, other: &Self) {
        self.without += other.without;
        for (own, more) in self.counts.iter_mut().zip(other.counts) {
            *own += more;
        }
    }
}

/// Log lines counted by second and level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogHistogram {
    seconds: BTreeMap<i64, LevelCounts>,
}

impl LogHistogram {
    /// Counts a line.
    pub fn record(&mut self, at: Moment, level: Option<Level>) {
        let counts = self.seconds.entry(second(at)).or_default();
        if let Some(count) = counts.slot(level) {
            *count = count.saturating_add(1);
        }
    }

    /// Takes back a line that was counted.
    pub fn forget(&mut self, at: Moment, level: Option<Level>) {
        let second = second(at);
        let Some(counts) = self.seconds.get_mut(&second) else {
            return;
        };
        if let Some(count) = counts.slot(level) {
            *count = count.saturating_sub(1);
        }
        if counts.all() == 0 {
            self.seconds.remove(&second);
        }
    }

    /// Returns the lines from `from` until `until` in `count` buckets of equal width.
    pub fn buckets(&self, from: Moment, until: Moment, count: usize) -> Vec<LevelCounts> {
        let mut buckets = vec![LevelCounts::default(); count];
        let span = until.since(from).max(1);
        for (second, counts) in self.seconds.range(second(from)..=second(until)) {
            let offset = (second * SECOND_MS - from.millis()).clamp(0, span - 1);
            let index = i128::from(offset) * count as i128 / i128::from(span);
            if let Some(bucket) = buckets.get_mut(index as usize) {
                bucket.add(counts);
            }
        }
        buckets
    }

    /// Returns the lines from `from` until `until`, both inclusive to the second.
    pub fn total(&self, from: Moment, until: Moment) -> LevelCounts {
        let mut total = LevelCounts::default();
        for counts in self.seconds.range(second(from)..=second(until)) {
            total.add(counts.1);
        }
        total
    }

    /// Returns the second of the first and of the last line.
    pub fn span(&self) -> Option<(Moment, Moment)> {
        let (first, _) = self.seconds.first_key_value()?;
        let (last, _) = self.seconds.last_key_value()?;
        Some((
            Moment::from_millis(first * SECOND_MS),
            Moment::from_millis(last * SECOND_MS),
        ))
    }
}

const fn second(at: Moment) -> i64 {
    at.millis().div_euclid(SECOND_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(seconds * SECOND_MS + 250)
    }

    #[test]
    fn every_line_is_in_one_bucket_and_can_be_taken_back() {
        let mut histogram = LogHistogram::default();
        for second in 0..60 {
            histogram.record(at(second), Some(Level::Info));
        }
        histogram.record(at(31), Some(Level::Error));
        histogram.record(at(59), None);
        let buckets = histogram.buckets(Moment::from_millis(0), Moment::from_millis(60_000), 6);
        let all: Vec<u64> = buckets.iter().map(LevelCounts::all).collect();
        assert_eq!(all, [10, 10, 10, 11, 10, 11]);
        assert_eq!(buckets[3].errors(), 1);
        assert_eq!(histogram.total(at(30), at(40)).all(), 12);
        assert_eq!(histogram.total(at(0), at(60)).of(None), 1);
        for second in 0..60 {
            histogram.forget(at(second), Some(Level::Info));
        }
        assert_eq!(histogram.total(at(0), at(60)).all(), 2);
        assert_eq!(
            histogram.span(),
            Some((Moment::from_millis(31_000), Moment::from_millis(59_000)))
        );
    }
}
