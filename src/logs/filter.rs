//! What is shown of a log: words parted by spaces, all of which must hold, and the scope that keys and the histogram set.
//!
//! `level>=warn` · `timeout` · `-health` · `/took \d{4,} ms/` · `trace=…` · `session=…` · `request=…` · `call=…` ·
//! `source=interceptor` · `http.status_code>=500` · `.body.isError=true` · `pattern="… <*> ms"` · `"level>=warn"` (a text,
//! whatever is in it)

mod condition;
mod field;
mod query_text;

use std::collections::HashSet;

use super::{
    Level, Line,
    store::{Body, Entry},
};
use crate::model::{Moment, NoticeKind};

use condition::Condition;
pub use query_text::own_spans_only;
pub(crate) use query_text::spans_of;

/// A filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    text: String,
    conditions: Vec<Condition>,
    scope: FilterScope,
}

/// What keys and the histogram leave out, in addition to the words of a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterScope {
    /// Levels that are not shown; `None` stands for lines without a level.
    pub hidden_levels: Vec<Option<Level>>,
    /// Source words that are not shown.
    pub hidden_sources: Vec<&'static str>,
    /// First and last time that are shown, both inclusive.
    pub window: Option<(Moment, Moment)>,
}

impl FilterScope {
    /// Returns whether everything is in scope.
    pub const fn is_empty(&self) -> bool {
        self.hidden_levels.is_empty() && self.hidden_sources.is_empty() && self.window.is_none()
    }

    fn holds(&self, at: Moment, level: Option<Level>, group: &str) -> bool {
        self.window
            .is_none_or(|(from, until)| (from..=until).contains(&at))
            && !self.hidden_levels.contains(&level)
            && (self.hidden_sources.is_empty()
                || !self.hidden_sources.contains(&super::source_word(group)))
    }
}

/// The lines of one call: its ids, and the place of each of its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallLines {
    /// Trace, request and session ids that belong to this call alone.
    pub ids: Vec<String>,
    /// Time and log group of each of its lines.
    pub places: HashSet<(Moment, String)>,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// What is wrong with it: a level that is none, a regular expression that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let conditions = words(text)
            .into_iter()
            .map(|word| condition::parse(&word))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.trim().to_owned(),
            conditions,
            scope: FilterScope::default(),
        })
    }

    /// Returns the filter with another scope.
    #[must_use]
    pub fn within(mut self, scope: FilterScope) -> Self {
        self.scope = scope;
        self
    }

    /// Returns the id of the call that the filter asks for.
    pub fn call_id(&self) -> Option<&str> {
        self.conditions.iter().find_map(Condition::call_id)
    }

    /// Returns the filter with the lines of the call that it asks for.
    #[must_use]
    pub fn with_call(mut self, lines: &CallLines) -> Self {
        for condition in &mut self.conditions {
            condition.resolve_call(lines);
        }
        self
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether it has no words.
    pub const fn has_no_words(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Returns whether everything passes.
    pub const fn is_empty(&self) -> bool {
        self.conditions.is_empty() && self.scope.is_empty()
    }

    /// Returns whether the line is shown.
    pub fn passes(&self, entry: &Entry) -> bool {
        match &entry.body {
            Body::Event {
                group, text, line, ..
            } => self.passes_line(entry.at, group, text, line),
            Body::Notice(notice) => self.passes_notice(entry.at, notice.kind),
        }
    }

    /// Returns whether a notice is shown: within the window; among the lines that words pick only if it tells that some of them may be
    /// missing; among the lines of a call only in the time of that call.
    pub(crate) fn passes_notice(&self, at: Moment, kind: NoticeKind) -> bool {
        let holds = |span: Option<(Moment, Moment)>| {
            span.is_some_and(|(from, until)| (from..=until).contains(&at))
        };
        (self.scope.window.is_none() || holds(self.scope.window))
            && (self.has_no_words() || tells_of_missing_lines(kind))
            && self
                .conditions
                .iter()
                .all(|condition| !condition.is_call() || holds(condition.call_time()))
    }

    /// Returns whether a line passes: its time, its log group, its text without credentials and escape sequences, and its facts.
    pub fn passes_line(&self, at: Moment, group: &str, text: &str, line: &Line) -> bool {
        self.scope.holds(at, line.level, group)
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(at, group, text, line))
    }
}

/// Returns whether a notice tells that lines are missing around its time. The others are about the tail itself.
const fn tells_of_missing_lines(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::GapOpen
        | NoticeKind::GapFilled
        | NoticeKind::Sampled
        | NoticeKind::Paused
        | NoticeKind::Unavailable
        | NoticeKind::Ended => true,
        NoticeKind::Started
        | NoticeKind::Late
        | NoticeKind::Reconciled
        | NoticeKind::Polling
        | NoticeKind::Missing => false,
    }
}

/// What a line needs to pass a filter, as far as its text and its level tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FilterNeeds {
    /// A regular expression, in any case, that the text must match if `^` and `$` match at its lines too.
    pub(crate) pattern: Option<String>,
    /// The least level.
    pub(crate) least: Option<Level>,
    /// Whether every line that has both passes.
    pub(crate) is_exact: bool,
}

impl Filter {
    /// Returns what a line needs to pass, so that most lines of a large log need not be taken apart. Notices do not need it.
    pub(crate) fn needs(&self) -> FilterNeeds {
        let mut needs = FilterNeeds {
            is_exact: self.scope.is_empty(),
            ..FilterNeeds::default()
        };
        for condition in &self.conditions {
            needs.least = needs.least.max(condition.least_level());
            let (pattern, is_exact) = condition.needed_pattern();
            needs.is_exact &= is_exact && (pattern.is_none() || needs.pattern.is_none());
            needs.pattern = needs.pattern.or(pattern);
        }
        needs
    }
}

/// Words parted by spaces; a regular expression between slashes, or a text between quotes, may hold some.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut within: Option<char> = None;
    let mut current = String::new();
    for letter in text.chars() {
        match within {
            Some(end) if letter == end => within = None,
            None if matches!(letter, '/' | '"') && begins_a_text(&current) => {
                within = Some(letter);
            }
            Some(_) | None => {}
        }
        if letter == ' ' && within.is_none() {
            words.extend((!current.is_empty()).then(|| std::mem::take(&mut current)));
        } else {
            current.push(letter);
        }
    }
    words.extend((!current.is_empty()).then_some(current));
    words
}

/// Returns whether a text or a regular expression may begin behind this part of a word.
fn begins_a_text(word: &str) -> bool {
    matches!(
        word,
        "" | "!" | "-" | "pattern=" | "-pattern=" | "!pattern="
    )
}

/// Returns whether `text` holds `part`, which is in small letters already.
pub fn contains(text: &str, part: &str) -> bool {
    text.contains(part) || text.to_lowercase().contains(part)
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
