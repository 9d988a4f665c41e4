//! The regular expressions of this module: over the bytes of a line, with the letters, blanks and word boundaries of ASCII.
//!
//! Names and separators of credentials are ASCII in every form that is known, and the automata of ASCII classes are a
//! hundredth of the size of Unicode's: all patterns together compile in a few milliseconds instead of a tenth of a second.

use std::ops::Range;

use regex::bytes::{Captures, Regex, RegexBuilder};

/// Bytes that a compiled pattern may take. A class of Unicode that slips in exceeds it, and fails the tests.
const MAX_SIZE: usize = 200 << 10;

/// A compiled pattern.
pub(super) struct Pattern(Regex);

impl Pattern {
    #[expect(
        clippy::expect_used,
        reason = "the patterns are constants, and the tests use every one of them"
    )]
    pub(super) fn new(pattern: &str) -> Self {
        let built = RegexBuilder::new(&with_wide_blanks(pattern))
            .unicode(false)
            .size_limit(MAX_SIZE)
            .build();
        Self(built.expect("a constant pattern"))
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }

    /// Returns the range of each match, at character boundaries.
    pub(super) fn matches(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        self.0
            .find_iter(text.as_bytes())
            .map(move |found| widened(text, found.range()))
    }

    /// Returns the range of the first group of each match, at character boundaries.
    pub(super) fn first_groups(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        self.0
            .captures_iter(text.as_bytes())
            .filter_map(move |captures| group(text, &captures, 1))
    }

    /// Returns the ranges of each whole match (0) and its groups; a group without part in the match has none.
    pub(super) fn groups<'t, const COUNT: usize>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = [Option<Range<usize>>; COUNT]> + 't {
        self.0
            .captures_iter(text.as_bytes())
            .map(move |captures| std::array::from_fn(|at| group(text, &captures, at)))
    }
}

/// Returns the pattern with every run of blanks extended by those that people type beside ASCII's: the no-break space (before a
/// colon in French) and the ideographic space.
fn with_wide_blanks(pattern: &str) -> String {
    const BLANK: &str = r"(?:\s|\xC2\xA0|\xE3\x80\x80)";
    pattern
        .replace(r"\s*", &format!("{BLANK}*"))
        .replace(r"\s+", &format!("{BLANK}+"))
}

fn group(text: &str, captures: &Captures<'_>, at: usize) -> Option<Range<usize>> {
    captures.get(at).map(|found| widened(text, found.range()))
}

/// Returns the range extended to whole characters, so that no part of a credential is left out because it begins or ends
/// within one.
fn widened(text: &str, range: Range<usize>) -> Range<usize> {
    text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end)
}

/// Returns the text of a range.
pub(super) fn slice<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    text.get(range.clone()).unwrap_or_default()
}
