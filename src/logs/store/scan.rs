//! What a filter and a search look for, prepared for whole runs of lines.

use regex::bytes::{Regex, RegexBuilder};

use super::{
    Body, Entry,
    packed::{LineMark, PackedLines, UnpackedLines},
};
use crate::logs::{Filter, Level};

/// A filter and a search, prepared for runs of lines.
#[derive(Clone, Debug, Default)]
pub(super) struct LineScan {
    filter: Filter,
    /// A line that does not match this does not pass the filter.
    pattern: Option<Regex>,
    /// A line below this level does not pass the filter.
    least: Option<Level>,
    /// Whether pattern and level say everything that the filter says.
    is_exact: bool,
    search: Option<Regex>,
}

impl LineScan {
    /// Prepares a filter and what is searched for.
    pub(super) fn new(filter: Filter, search: &str) -> Self {
        let needs = filter.needs();
        let pattern = needs.pattern.as_deref().and_then(pattern_of_lines);
        Self {
            is_exact: needs.is_exact && pattern.is_some() == needs.pattern.is_some(),
            pattern,
            least: needs.least,
            filter,
            search: (!search.is_empty())
                .then(|| pattern_of_lines(&regex::escape(search)))
                .flatten(),
        }
    }

    /// Returns the filter.
    pub(super) const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Returns whether everything passes and nothing is searched for.
    pub(super) const fn is_empty(&self) -> bool {
        self.filter.is_empty() && self.search.is_none()
    }

    /// Returns whether something is searched for.
    pub(super) const fn has_search(&self) -> bool {
        self.search.is_some()
    }

    /// Returns whether a line passes the filter.
    pub(super) fn passes(&self, entry: &Entry) -> bool {
        self.filter.is_empty() || self.filter.passes(entry)
    }

    /// Returns whether the text of an event holds what is searched for.
    pub(super) fn is_hit(&self, entry: &Entry) -> bool {
        match (&entry.body, &self.search) {
            (Body::Event { text, .. }, Some(search)) => search.is_match(text.as_bytes()),
            (Body::Event { .. } | Body::Notice(_), _) => false,
        }
    }

    /// Returns whether the texts of a run must be known to filter and search it.
    pub(super) const fn needs_text(&self) -> bool {
        self.search.is_some()
            || !self.filter.is_empty() && (!self.is_exact || self.pattern.is_some())
    }

    /// Returns whether a line can pass as far as its mark tells; for a notice, whether it passes.
    pub(super) fn admits(&self, lines: &PackedLines, index: usize) -> bool {
        match lines.notice(index) {
            Some((at, notice)) => self.filter.passes_notice(at, notice.kind),
            None => lines.mark(index).is_some_and(|mark| {
                self.least
                    .is_none_or(|least| mark.level().is_some_and(|level| level >= least))
            }),
        }
    }

    /// Returns the lines of a run that can pass, as far as marks and texts tell, and the notices that pass; in ascending order.
    pub(super) fn candidates(&self, lines: &UnpackedLines<'_>, packed: &PackedLines) -> Vec<usize> {
        let admits = |index: &usize| self.admits(packed, *index);
        let all = 0..lines.places().len();
        match &self.pattern {
            None => all.filter(admits).collect(),
            Some(pattern) => {
                let mut found = matching(pattern, lines).peekable();
                all.filter(|index| {
                    let is_match = found.next_if_eq(index).is_some();
                    is_match || packed.mark(*index).is_some_and(LineMark::is_notice)
                })
                .filter(admits)
                .collect()
            }
        }
    }

    /// Returns whether every candidate passes.
    pub(super) const fn is_exact(&self) -> bool {
        self.is_exact || self.filter.is_empty()
    }

    /// Returns the lines of a run whose texts hold what is searched for, in ascending order.
    pub(super) fn hits(&self, lines: &UnpackedLines<'_>) -> Vec<usize> {
        self.search
            .as_ref()
            .map_or_else(Vec::new, |search| matching(search, lines).collect())
    }
}

/// Returns the lines that match a pattern somewhere, in ascending order. The pattern runs over all texts at once; behind a match it
/// goes on at the next line, so that a match over several lines hides none in the later ones. Such a match makes its first
/// line a candidate, which is examined by itself.
fn matching<'a>(
    pattern: &'a Regex,
    lines: &'a UnpackedLines<'a>,
) -> impl Iterator<Item = usize> + 'a {
    let (texts, places) = (lines.texts(), lines.places());
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < texts.len() {
            let found = pattern.find_at(texts, at)?;
            let index = places.partition_point(|(start, _)| *start <= found.start());
            let index = index.saturating_sub(1);
            let (start, end) = *places.get(index)?;
            at = end + 1;
            let is_within = found.end() <= end;
            if is_within
                || texts
                    .get(start..end)
                    .is_some_and(|text| pattern.is_match(text))
            {
                return Some(index);
            }
        }
        None
    })
}

/// Returns the pattern over texts that are separated by line feeds: `^` and `$` match at lines.
fn pattern_of_lines(text: &str) -> Option<Regex> {
    let builder = RegexBuilder::new(text)
        .case_insensitive(true)
        .multi_line(true)
        .size_limit(4 << 20)
        .build();
    builder.ok()
}
