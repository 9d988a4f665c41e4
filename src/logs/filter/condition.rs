//! One word of a filter.

use regex::{Regex, RegexBuilder};

use super::{CallLines, contains, field::FieldComparison};
use crate::{
    logs::{Level, Line, patterns, source_word},
    model::Moment,
};

/// The names that mean something before `=`.
const KNOWN: &str = "level>=, trace=, session=, request=, id=, call=, source=, pattern=, field>number, .field=value";

/// A condition on a line.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Level(Level),
    Contains(String),
    Matches(Regex),
    Id(String),
    Source(String),
    Field(FieldComparison),
    Pattern(String),
    Call { id: String, lines: CallLines },
    Not(Box<Self>),
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Level(one), Self::Level(other)) => one == other,
            (Self::Matches(one), Self::Matches(other)) => one.as_str() == other.as_str(),
            (Self::Field(one), Self::Field(other)) => one == other,
            (Self::Not(one), Self::Not(other)) => one == other,
            (Self::Contains(one), Self::Contains(other))
            | (Self::Id(one), Self::Id(other))
            | (Self::Source(one), Self::Source(other))
            | (Self::Pattern(one), Self::Pattern(other)) => one == other,
            (
                Self::Call { id, lines },
                Self::Call {
                    id: other,
                    lines: others,
                },
            ) => id == other && lines == others,
            _ => false,
        }
    }
}

impl Condition {
    pub(super) fn holds(&self, at: Moment, group: &str, text: &str, line: &Line) -> bool {
        match self {
            Self::Level(least) => line.level.is_some_and(|level| level >= *least),
            Self::Contains(part) => contains(text, part),
            Self::Matches(regex) => regex.is_match(text),
            Self::Id(id) => line.has_id(id) || text.contains(id.as_str()),
            Self::Source(part) => contains(group, part) || source_word(group) == part,
            Self::Field(comparison) => comparison.holds(text),
            Self::Pattern(pattern) => {
                let message = line.message.as_deref().unwrap_or(text);
                // The pattern of a span is that of its name, which stands last in its summary.
                let span_name = message
                    .rsplit("  ")
                    .next()
                    .filter(|_| line.span_id.is_some());
                patterns::matches(pattern, message)
                    || span_name.is_some_and(|name| patterns::matches(pattern, name))
            }
            Self::Call { id, lines } => {
                text.contains(id.as_str())
                    || lines.places.contains(&(at, group.to_owned()))
                    || lines.ids.iter().any(|id| line.has_id(id))
            }
            Self::Not(condition) => !condition.holds(at, group, text, line),
        }
    }

    /// Returns the level that a line must have at least.
    pub(super) const fn least_level(&self) -> Option<Level> {
        match self {
            Self::Level(least) => Some(*least),
            Self::Contains(_)
            | Self::Matches(_)
            | Self::Id(_)
            | Self::Source(_)
            | Self::Field(_)
            | Self::Pattern(_)
            | Self::Call { .. }
            | Self::Not(_) => None,
        }
    }

    /// Returns a pattern that the text of a line must match, and whether every line that matches it holds.
    pub(super) fn needed_pattern(&self) -> (Option<String>, bool) {
        match self {
            Self::Level(_) => (None, true),
            Self::Contains(part) => (Some(regex::escape(part)), true),
            Self::Matches(regex) => pattern_of_lines(regex.as_str()),
            // An id may also be a number of a structured line; its digits stand in the text too.
            Self::Id(id) => (Some(regex::escape(id)), false),
            Self::Field(comparison) => (Some(regex::escape(comparison.last_name())), false),
            Self::Source(_) | Self::Pattern(_) | Self::Call { .. } | Self::Not(_) => (None, false),
        }
    }

    /// Returns whether only lines of a call hold.
    pub(super) const fn is_call(&self) -> bool {
        matches!(self, Self::Call { .. })
    }

    /// Returns the times of the first and the last line of the call, if its lines are known.
    pub(super) fn call_time(&self) -> Option<(Moment, Moment)> {
        let Self::Call { lines, .. } = self else {
            return None;
        };
        let times = || lines.places.iter().map(|(at, _)| *at);
        times().min().zip(times().max())
    }

    pub(super) fn call_id(&self) -> Option<&str> {
        match self {
            Self::Call { id, .. } => Some(id),
            Self::Not(condition) => condition.call_id(),
            Self::Level(_)
            | Self::Contains(_)
            | Self::Matches(_)
            | Self::Id(_)
            | Self::Source(_)
            | Self::Field(_)
            | Self::Pattern(_) => None,
        }
    }

    pub(super) fn resolve_call(&mut self, found: &CallLines) {
        match self {
            Self::Call { lines, .. } => found.clone_into(lines),
            Self::Not(condition) => condition.resolve_call(found),
            Self::Level(_)
            | Self::Contains(_)
            | Self::Matches(_)
            | Self::Id(_)
            | Self::Source(_)
            | Self::Field(_)
            | Self::Pattern(_) => {}
        }
    }
}

/// Returns a pattern that can run over many lines at once, and whether it finds exactly the lines that match it by themselves.
fn pattern_of_lines(pattern: &str) -> (Option<String>, bool) {
    let is_of_whole_text = ["\\A", "\\z", "(?-"]
        .iter()
        .any(|part| pattern.contains(part));
    if is_of_whole_text {
        return (None, false);
    }
    let has_anchor = pattern.replace("[^", "").contains(['^', '$']);
    (Some(pattern.to_owned()), !has_anchor)
}

/// Parses a word.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(word: &str) -> Result<Condition, String> {
    let inverted = word
        .strip_prefix(['-', '!'])
        .filter(|rest| !rest.is_empty());
    match inverted {
        Some(rest) => Ok(Condition::Not(Box::new(positive(rest)?))),
        None => positive(word),
    }
}

fn positive(word: &str) -> Result<Condition, String> {
    if let Some(pattern) = word.strip_prefix("pattern=") {
        return Ok(Condition::Pattern(unquoted(pattern)));
    }
    if let Some(comparison) = FieldComparison::parse(word)? {
        return Ok(Condition::Field(comparison));
    }
    if let Some((name, sign, value)) = comparison(word) {
        return compared(word, name, sign, value);
    }
    if let Some(pattern) = word
        .strip_prefix('/')
        .map(|rest| rest.strip_suffix('/').unwrap_or(rest))
        .filter(|rest| !rest.is_empty())
    {
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(1 << 20)
            .build();
        return regex
            .map(Condition::Matches)
            .map_err(|error| one_line(&error.to_string()));
    }
    Ok(Condition::Contains(unquoted(word).to_lowercase()))
}

/// Returns an error of the regular expression's parser without its drawing: the last line says what is wrong.
fn one_line(error: &str) -> String {
    error
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

fn unquoted(text: &str) -> String {
    let inner = text
        .strip_prefix('"')
        .map(|rest| rest.strip_suffix('"').unwrap_or(rest));
    inner
        .filter(|inner| !inner.is_empty())
        .unwrap_or(text)
        .to_owned()
}

/// Returns a word that compares: a name in small letters, a sign, a value.
fn comparison(word: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = word.split_at(word.find(['=', '<', '>'])?);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    let (sign, value) = rest.split_at(
        rest.find(|letter| !matches!(letter, '=' | '<' | '>'))
            .unwrap_or(rest.len()),
    );
    is_name.then_some((name, sign, value))
}

/// Returns what a word compares; one that compares nothing known was not meant as text, as long as nobody says so.
fn compared(word: &str, name: &str, sign: &str, value: &str) -> Result<Condition, String> {
    match (name, sign) {
        ("level", "=" | ">=") => Level::parse_typed(value)
            .map(Condition::Level)
            .ok_or_else(|| {
                format!(
                    "{value:?} is no level; there are {}",
                    Level::ALL.map(Level::as_str).join(", ")
                )
            }),
        ("trace" | "session" | "request" | "id" | "source" | "call", "=") if value.is_empty() => {
            Err(format!(
                "{name}= of what? Write it behind the sign, without a space"
            ))
        }
        ("source", "=") => Ok(Condition::Source(value.to_lowercase())),
        ("call", "=") => Ok(Condition::Call {
            id: value.to_owned(),
            lines: CallLines::default(),
        }),
        ("trace" | "session" | "request" | "id", "=") => Ok(Condition::Id(value.to_owned())),
        _ => Err(format!(
            "{word} is none of {KNOWN}; \"{word}\" in quotes finds that text"
        )),
    }
}
