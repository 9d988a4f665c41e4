//! Templates of log lines: thousands of lines as a few patterns with their counts.
//!
//! A miner after Drain (He et al., 2017): lines are split into tokens, variable tokens (numbers, ids, times, addresses) are
//! masked, lines of the same number of tokens with the same beginning are compared, and a line joins the pattern with which it
//! agrees in most tokens; where they differ, the pattern gets a wildcard. Memory is bounded by the number of patterns.

use std::collections::HashMap;

use super::Level;
use crate::model::Moment;

/// The token that stands for a variable part.
pub const WILDCARD: &str = "<*>";
/// Share of tokens in which a line and a pattern must agree.
const SIMILARITY: f64 = 0.5;
/// Tokens of a line that are compared; the rest of a longer line is one wildcard.
const MAX_TOKENS: usize = 60;
/// Number of patterns. Beyond it, new lines are counted under one catch-all pattern.
const MAX_PATTERNS: usize = 10_000;

/// A pattern and the lines that match it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPattern {
    /// Number of lines.
    pub count: usize,
    /// The most serious level of its lines.
    pub level: Option<Level>,
    /// Time of its first line.
    pub first_at: Moment,
    /// Time of its last line.
    pub last_at: Moment,
    tokens: Vec<String>,
}

impl LogPattern {
    /// Returns the pattern as text, with `<*>` for variable parts.
    pub fn text(&self) -> String {
        self.tokens.join(" ")
    }
}

/// Mines the patterns of lines.
#[derive(Clone, Debug, Default)]
pub struct PatternMiner {
    patterns: Vec<LogPattern>,
    /// Patterns by number of tokens, level and first token.
    index: HashMap<(usize, Option<Level>, String), Vec<usize>>,
}

impl PatternMiner {
    /// Adds a line: the message without credentials, its level and its time. Returns the index of its pattern.
    pub fn push(&mut self, message: &str, level: Option<Level>, at: Moment) -> usize {
        let tokens = tokens(message);
        let first = tokens.first().cloned().unwrap_or_default();
        let key = (tokens.len(), level, first);
        let candidates = self.index.get(&key).map_or(&[][..], Vec::as_slice);
        let best = candidates
            .iter()
            .filter_map(|index| {
                let agreement = agreement(&self.patterns.get(*index)?.tokens, &tokens);
                (agreement >= SIMILARITY).then_some((*index, agreement))
            })
            .max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((index, _)) = best
            && let Some(pattern) = self.patterns.get_mut(index)
        {
            pattern.add(&tokens, at);
            return index;
        }
        if self.patterns.len() >= MAX_PATTERNS {
            let last = self.patterns.len() - 1;
            if let Some(pattern) = self.patterns.get_mut(last) {
                pattern.tokens = vec![WILDCARD.to_owned()];
                pattern.level = pattern.level.max(level);
                pattern.add(&[], at);
            }
            return last;
        }
        let index = self.patterns.len();
        self.patterns.push(LogPattern {
            count: 1,
            level,
            first_at: at,
            last_at: at,
            tokens,
        });
        self.index.entry(key).or_default().push(index);
        index
    }

    /// Returns the patterns in the order of the indices that [`PatternMiner::push`] returns.
    pub fn in_order_of_index(&self) -> &[LogPattern] {
        &self.patterns
    }

    /// Returns the patterns, the most frequent first.
    pub fn patterns(&self) -> Vec<&LogPattern> {
        let mut patterns: Vec<&LogPattern> = self.patterns.iter().collect();
        patterns.sort_by(|one, other| {
            other
                .count
                .cmp(&one.count)
                .then(other.level.cmp(&one.level))
                .then(one.first_at.cmp(&other.first_at))
        });
        patterns
    }
}

impl LogPattern {
    fn add(&mut self, tokens: &[String], at: Moment) {
        self.count += 1;
        self.first_at = self.first_at.min(at);
        self.last_at = self.last_at.max(at);
        for (own, token) in self.tokens.iter_mut().zip(tokens) {
            if own != token {
                WILDCARD.clone_into(own);
            }
        }
    }
}

/// Returns whether a message, its variable parts masked, has the form of a pattern that [`LogPattern::text`] gave.
pub fn matches(pattern: &str, message: &str) -> bool {
    let mut own = pattern.split(' ');
    let mut tokens = tokens(message).into_iter();
    loop {
        match (own.next(), tokens.next()) {
            (Some(own), Some(token)) if own == WILDCARD || own == token => {}
            (None, None) => return true,
            // The pattern of all lines beyond the limit of patterns.
            (Some(_) | None, _) => return pattern == WILDCARD,
        }
    }
}

fn agreement(pattern: &[String], tokens: &[String]) -> f64 {
    let same = pattern
        .iter()
        .zip(tokens)
        .filter(|(one, other)| one == other)
        .count();
    same as f64 / pattern.len().max(1) as f64
}

fn tokens(message: &str) -> Vec<String> {
    let mut words = message.split_whitespace();
    let mut tokens: Vec<String> = words.by_ref().take(MAX_TOKENS).map(masked).collect();
    if words.next().is_some() {
        tokens.push(WILDCARD.to_owned());
    }
    tokens
}

/// Returns a token with its variable parts masked: ids, numbers, times and addresses. Words around them stay.
fn masked(token: &str) -> String {
    let mut out = String::with_capacity(token.len());
    let mut run = String::new();
    let flush = |run: &mut String, out: &mut String| {
        if is_variable(run) {
            if !out.ends_with(WILDCARD) {
                out.push_str(WILDCARD);
            }
        } else {
            out.push_str(run);
        }
        run.clear();
    };
    for letter in token.chars() {
        if letter.is_alphanumeric() || matches!(letter, '-' | '.' | '_' | ':' | '+') {
            run.push(letter);
        } else {
            flush(&mut run, &mut out);
            out.push(letter);
        }
    }
    flush(&mut run, &mut out);
    out
}

/// Returns whether a run of letters and digits is a value: it has a digit and is a number with a unit, a time, or an id.
fn is_variable(run: &str) -> bool {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 {
        return false;
    }
    let letters = run.bytes().filter(u8::is_ascii_alphabetic).count();
    let is_hexadecimal = run.len() >= 8
        && run
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    run.starts_with(|letter: char| letter.is_ascii_digit())
        || is_hexadecimal
        || digits * 3 >= letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mine(lines: &[&str]) -> Vec<(usize, String)> {
        let mut miner = PatternMiner::default();
        for (second, line) in lines.iter().enumerate() {
            miner.push(line, None, Moment::from_millis(second as i64 * 1000));
        }
        miner
            .patterns()
            .iter()
            .map(|pattern| (pattern.count, pattern.text()))
            .collect()
    }

    #[test]
    fn lines_that_differ_in_values_are_one_pattern() {
        assert_eq!(
            mine(&[
                "tools/call read-cypher answered in 14 ms",
                "tools/call read-cypher answered in 812 ms",
                "connection 3 of 10 taken from the pool",
                "tools/call write-cypher answered in 9 ms",
                "REPORT RequestId: 7623ecbe-fe1c-4e97-843e-777fb9ec68b5 Duration: 14.07 ms",
            ]),
            [
                (3, "tools/call <*> answered in <*> ms".to_owned()),
                (1, "connection <*> of <*> taken from the pool".to_owned()),
                (1, "REPORT RequestId: <*> Duration: <*> ms".to_owned()),
            ]
        );
    }

    #[test]
    fn counts_add_up_and_times_and_levels_are_kept() {
        let mut miner = PatternMiner::default();
        for second in 0..100 {
            let (text, level) = if second % 10 == 0 {
                (format!("query {second} failed"), Some(Level::Error))
            } else {
                (
                    format!("query {second} took {second} ms"),
                    Some(Level::Info),
                )
            };
            miner.push(&text, level, Moment::from_millis(second));
        }
        let patterns = miner.patterns();
        let counts: Vec<usize> = patterns.iter().map(|pattern| pattern.count).collect();
        assert_eq!(counts, [90, 10]);
        assert_eq!(patterns[1].level, Some(Level::Error));
        assert_eq!(patterns[1].first_at, Moment::from_millis(0));
        assert_eq!(patterns[1].last_at, Moment::from_millis(90));
    }

    #[test]
    fn a_message_has_the_form_of_its_own_pattern_and_of_no_other() {
        let mut miner = PatternMiner::default();
        for message in [
            "read answered in 14 ms",
            "write answered in 9 ms",
            "pool of 10 is full",
        ] {
            miner.push(message, None, Moment::from_millis(0));
        }
        let texts: Vec<String> = miner
            .patterns()
            .iter()
            .map(|pattern| pattern.text())
            .collect();
        for message in ["read answered in 812 ms", "read answered in 1 ms"] {
            assert!(matches(&texts[0], message), "{} {message}", texts[0]);
            assert!(!matches(&texts[1], message));
        }
        assert!(!matches(&texts[0], "read answered in 14 ms again"));
        assert!(!matches(&texts[0], "read answered in"));
    }

    proptest::proptest! {
        #[test]
        fn every_line_is_counted_once(lines in proptest::collection::vec(".{0,60}", 0..50)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let total: usize = mine(&lines).iter().map(|(count, _)| count).sum();
            proptest::prop_assert_eq!(total, lines.len());
        }
    }
}
