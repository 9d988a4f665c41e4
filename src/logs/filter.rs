//! What is shown of a log: words parted by spaces, all of which must hold.
//!
//! `level>=warn` · `timeout` · `!health` · `/took \d{4,} ms/` · `trace=…` · `session=…` · `request=…` · `source=interceptor` ·
//! `"level>=warn"` (a text, whatever is in it)

use regex::{Regex, RegexBuilder};

use super::{
    Level,
    store::{Body, Entry},
};

/// A filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
enum Condition {
    Level(Level),
    Contains(String),
    Lacks(String),
    Matches(Regex),
    Id(String),
    Source(String),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// What is wrong with it: a level that is none, a regular expression that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let conditions = words(text)
            .into_iter()
            .map(|word| condition(&word))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.trim().to_owned(),
            conditions,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether everything passes.
    pub const fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether the line is shown. Notices always are.
    pub fn passes(&self, entry: &Entry) -> bool {
        let Body::Event {
            group, text, line, ..
        } = &entry.body
        else {
            return true;
        };
        self.conditions.iter().all(|condition| match condition {
            Condition::Level(least) => line.level.is_some_and(|level| level >= *least),
            Condition::Contains(part) => contains(text, part),
            Condition::Lacks(part) => !contains(text, part),
            Condition::Matches(regex) => regex.is_match(text),
            Condition::Id(id) => line.has_id(id) || text.contains(id.as_str()),
            Condition::Source(part) => contains(group, part) || super::source_word(group) == part,
        })
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
    /// What a line needs to pass, so that most lines of a large log need not be taken apart. Notices pass without it.
    pub(crate) fn needs(&self) -> FilterNeeds {
        let mut needs = FilterNeeds {
            is_exact: true,
            ..FilterNeeds::default()
        };
        for condition in &self.conditions {
            let (pattern, is_exact) = match condition {
                Condition::Level(least) => {
                    needs.least = needs.least.max(Some(*least));
                    (None, true)
                }
                Condition::Contains(part) => (Some(regex::escape(part)), true),
                Condition::Matches(regex) => needed_pattern(regex.as_str()),
                // An id may also be a number of a structured line; its digits stand in the text too.
                Condition::Id(id) => (Some(regex::escape(id)), false),
                Condition::Lacks(_) | Condition::Source(_) => (None, false),
            };
            needs.is_exact &= is_exact && (pattern.is_none() || needs.pattern.is_none());
            needs.pattern = needs.pattern.or(pattern);
        }
        needs
    }
}

/// A pattern that can run over many lines at once, and whether it finds exactly the lines that match it by themselves.
fn needed_pattern(pattern: &str) -> (Option<String>, bool) {
    let is_of_whole_text = ["\\A", "\\z", "(?-"]
        .iter()
        .any(|part| pattern.contains(part));
    if is_of_whole_text {
        return (None, false);
    }
    let has_anchor = pattern.replace("[^", "").contains(['^', '$']);
    (Some(pattern.to_owned()), !has_anchor)
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
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
            None if matches!(letter, '/' | '"') && (current.is_empty() || current == "!") => {
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

/// The names that mean something before `=`.
const KNOWN: &str = "level>=, trace=, session=, request=, id=, source=";

fn condition(word: &str) -> Result<Condition, String> {
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
            .map_err(|error| error.to_string());
    }
    let unquoted = |text: &str| {
        let inner = text
            .strip_prefix('"')
            .map(|rest| rest.strip_suffix('"').unwrap_or(rest));
        inner
            .filter(|inner| !inner.is_empty())
            .unwrap_or(text)
            .to_lowercase()
    };
    Ok(match word.strip_prefix('!') {
        Some(rest) if !rest.is_empty() => Condition::Lacks(unquoted(rest)),
        _ => Condition::Contains(unquoted(word)),
    })
}

/// A word that compares: a name in small letters, a sign, a value.
fn comparison(word: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = word.split_at(word.find(['=', '<', '>'])?);
    let is_name = !name.is_empty() && name.bytes().all(|each| each.is_ascii_lowercase());
    let (sign, value) = rest.split_at(
        rest.find(|each| !matches!(each, '=' | '<' | '>'))
            .unwrap_or(rest.len()),
    );
    is_name.then_some((name, sign, value))
}

/// What a word compares; one that compares nothing known was not meant as text, as long as nobody says so.
fn compared(word: &str, name: &str, sign: &str, value: &str) -> Result<Condition, String> {
    match (name, sign) {
        ("level", "=" | ">=") => Level::parse(value).map(Condition::Level).ok_or_else(|| {
            format!(
                "{value:?} is no level; there are {}",
                Level::ALL.map(Level::as_str).join(", ")
            )
        }),
        ("trace" | "session" | "request" | "id" | "source", "=") if value.is_empty() => Err(
            format!("{name}= of what? Write it behind the sign, without a space"),
        ),
        ("source", "=") => Ok(Condition::Source(value.to_lowercase())),
        ("trace" | "session" | "request" | "id", "=") => Ok(Condition::Id(value.to_owned())),
        _ => Err(format!(
            "{word} is none of {KNOWN}; \"{word}\" in quotes finds that text"
        )),
    }
}

/// Whether `text` holds `part`, which is in small letters already.
pub fn contains(text: &str, part: &str) -> bool {
    text.contains(part) || text.to_lowercase().contains(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{logs::Line, model::Moment};

    fn entry(text: &str) -> Entry {
        let body = Body::Event {
            group: "/aws/lambda/neo4j-interceptor".into(),
            stream: "s".into(),
            text: text.into(),
            line: Line::read(text),
            late: false,
        };
        Entry {
            at: Moment::from_millis(0),
            body,
        }
    }

    #[test]
    fn every_condition_must_hold() {
        for (filter, text, expected) in [
            ("", "anything", true),
            ("level>=warn", "ERROR it broke", true),
            ("level>=warn", "INFO fine", false),
            ("Timeout", "query timeout set", true),
            ("!health", "GET /health", false),
            ("/took \\d{4,} ms/", "query took 2400 ms", true),
            ("/took \\d{4,} ms/ !query", "query took 2400 ms", false),
            (
                "request=2f43",
                r#"{"message":"x","requestId":"2f43"}"#,
                true,
            ),
            (
                "request=2f44",
                r#"{"message":"x","requestId":"2f43"}"#,
                false,
            ),
            ("source=interceptor", "x", true),
            ("source=gateway", "x", false),
            ("\"level>=warn\"", "the filter level>=warn was set", true),
            ("\"query timeout\"", "a query timeout", true),
            ("\"query timeout\"", "a timeout of a query", false),
            ("!\"query timeout\"", "a query timeout", false),
            ("\"query", "a \"query\"", true),
            ("Status=500", "status=500 it was", true),
            ("session_id=cc8a", "session_id=cc8a8e69", true),
        ] {
            assert_eq!(
                Filter::parse(filter).unwrap().passes(&entry(text)),
                expected,
                "{filter} on {text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(Filter::parse("level>=loud").unwrap_err().contains("warn"));
        assert!(Filter::parse("/(/").is_err());
        for nonsense in [
            "leve>=warn",
            "level>=",
            "level>warn",
            "level<=warn",
            "trace=",
            "source=",
            "trace>=5",
            "traces=691b",
        ] {
            let wrong = Filter::parse(&format!("ERROR {nonsense}")).unwrap_err();
            assert!(
                wrong.contains("level>=") || wrong.contains("warn") || wrong.contains("of what"),
                "{nonsense}: {wrong}"
            );
        }
    }
}
