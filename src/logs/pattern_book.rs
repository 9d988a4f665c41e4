//! The patterns of a tail's lines by source, with their counts over time and their latest lines.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use super::{
    Level,
    patterns::{LogPattern, PatternMiner},
    summary::lambda_pattern,
};
use crate::model::Moment;

/// Width of a bucket of a pattern's counts over time, in milliseconds.
pub const BUCKET_MS: i64 = 10_000;
/// Number of latest lines kept of each pattern.
const LATEST: usize = 3;
/// Bytes of a latest line that are kept.
const LATEST_BYTES: usize = 400;

/// A pattern with its counts over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternSummary {
    /// The word for what wrote its lines.
    pub source: &'static str,
    /// The pattern as text, with `<*>` for variable parts.
    pub text: Arc<str>,
    /// The most serious level of its lines.
    pub level: Option<Level>,
    /// Number of its lines.
    pub count: usize,
    /// Time of its first line.
    pub first_at: Moment,
    /// Time of its last line.
    pub last_at: Moment,
    /// Beginning of a bucket of [`BUCKET_MS`], and the number of lines in it, in the order of time.
    pub buckets: Vec<(Moment, u32)>,
    /// Its latest lines, the newest first.
    pub latest: Vec<(Moment, Arc<str>)>,
}

impl PatternSummary {
    /// Returns the pattern as lists show it: those of the lines that Lambda writes around each invocation are shortened.
    pub fn shown(&self) -> Cow<'_, str> {
        lambda_pattern(&self.text).unwrap_or(Cow::Borrowed(&*self.text))
    }

    /// Returns whether its lines only tell that an invocation of a Lambda function began, ended, and how long it took.
    pub fn is_lambda_frame(&self) -> bool {
        lambda_pattern(&self.text).is_some()
    }

    /// Returns the number of its lines in a window, to the width of a bucket.
    pub fn count_within(&self, from: Moment, until: Moment) -> usize {
        self.buckets
            .iter()
            .filter(|(at, _)| at.plus(BUCKET_MS) > from && *at <= until)
            .map(|(_, count)| *count as usize)
            .sum()
    }

    /// Its lines from `from` until `until` in `count` columns of equal width.
    pub fn columns(&self, from: Moment, until: Moment, count: usize) -> Vec<u64> {
        let mut columns = vec![0; count];
        let span = until.since(from).max(1);
        for (at, lines) in &self.buckets {
            let offset = at.plus(BUCKET_MS / 2).since(from);
            if !(0..span).contains(&offset) {
                continue;
            }
            let index = i128::from(offset) * count as i128 / i128::from(span);
            if let Some(column) = columns.get_mut(index as usize) {
                *column += u64::from(*lines);
            }
        }
        columns
    }
}

/// Mines the patterns of a tail's lines.
#[derive(Clone, Debug, Default)]
pub struct PatternBook {
    miners: BTreeMap<&'static str, PatternMiner>,
    facts: HashMap<(&'static str, usize), PatternFacts>,
}

#[derive(Clone, Debug, Default)]
struct PatternFacts {
    buckets: BTreeMap<i64, u32>,
    latest: VecDeque<(Moment, Arc<str>)>,
}

impl PatternBook {
    /// Adds a line: the word for its source, its message without credentials, its level and its time.
    pub fn push(&mut self, source: &'static str, message: &str, level: Option<Level>, at: Moment) {
        let index = self
            .miners
            .entry(source)
            .or_default()
            .push(message, level, at);
        let facts = self.facts.entry((source, index)).or_default();
        *facts
            .buckets
            .entry(at.millis().div_euclid(BUCKET_MS))
            .or_default() += 1;
        let place = facts.latest.partition_point(|(known, _)| *known > at);
        if place < LATEST {
            let end = message.floor_char_boundary(LATEST_BYTES);
            let beginning = message.get(..end).unwrap_or(message);
            facts.latest.insert(place, (at, Arc::from(beginning)));
            facts.latest.truncate(LATEST);
        }
    }

    /// Returns the patterns, the most frequent first. Of the same count, those of Lambda's START, END and REPORT are the last.
    pub fn summaries(&self) -> Vec<PatternSummary> {
        let mut summaries: Vec<PatternSummary> = self
            .miners
            .iter()
            .flat_map(|(source, miner)| {
                miner
                    .in_order_of_index()
                    .iter()
                    .enumerate()
                    .map(|(index, pattern)| self.summary(source, index, pattern))
            })
            .collect();
        summaries.sort_by(|one, other| {
            other
                .count
                .cmp(&one.count)
                .then_with(|| one.is_lambda_frame().cmp(&other.is_lambda_frame()))
                .then(other.level.cmp(&one.level))
                .then(one.first_at.cmp(&other.first_at))
        });
        summaries
    }

    fn summary(&self, source: &'static str, index: usize, pattern: &LogPattern) -> PatternSummary {
        let facts = self.facts.get(&(source, index));
        PatternSummary {
            source,
            text: Arc::from(pattern.text()),
            level: pattern.level,
            count: pattern.count,
            first_at: pattern.first_at,
            last_at: pattern.last_at,
            buckets: facts.map_or_else(Vec::new, |facts| {
                facts
                    .buckets
                    .iter()
                    .map(|(bucket, count)| (Moment::from_millis(bucket * BUCKET_MS), *count))
                    .collect()
            }),
            latest: facts.map_or_else(Vec::new, |facts| facts.latest.iter().cloned().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_lambda_frames_come_after_others_of_the_same_count() {
        let mut book = PatternBook::default();
        for second in 0..9 {
            let at = Moment::from_millis(second * 1_000);
            for (text, level) in [
                (
                    format!("START RequestId: {second}f Version: $LATEST"),
                    Some(Level::Info),
                ),
                ("forwarding".to_owned(), None),
            ] {
                book.push("interceptor", &text, level, at);
            }
        }
        let summaries = book.summaries();
        let shown: Vec<_> = summaries
            .iter()
            .map(|pattern| (pattern.count, pattern.shown(), pattern.is_lambda_frame()))
            .collect();
        assert_eq!(
            shown,
            [(9, "forwarding".into(), false), (9, "START".into(), true)]
        );
    }

    #[test]
    fn counts_over_time_add_up_and_the_latest_lines_are_kept() {
        let mut book = PatternBook::default();
        for second in 0..100 {
            let at = Moment::from_millis(second * 1_000);
            book.push(
                "runtime",
                &format!("query {second} took {second} ms"),
                None,
                at,
            );
        }
        book.push(
            "gateway",
            "query 7 took 7 ms",
            Some(Level::Error),
            Moment::from_millis(95_000),
        );
        let summaries = book.summaries();
        let shown: Vec<_> = summaries
            .iter()
            .map(|pattern| (pattern.source, pattern.count))
            .collect();
        assert_eq!(shown, [("runtime", 100), ("gateway", 1)]);
        let runtime = &summaries[0];
        let (from, until) = (Moment::from_millis(0), Moment::from_millis(100_000));
        assert_eq!(runtime.columns(from, until, 5), [20; 5]);
        assert_eq!(runtime.count_within(Moment::from_millis(50_000), until), 50);
        let latest: Vec<&str> = runtime.latest.iter().map(|(_, text)| &**text).collect();
        assert_eq!(
            latest,
            [
                "query 99 took 99 ms",
                "query 98 took 98 ms",
                "query 97 took 97 ms"
            ]
        );
    }
}
