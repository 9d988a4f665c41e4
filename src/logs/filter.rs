//! What is shown of a log: words parted by spaces, all of which must hold.
//!
//! `level>=warn` · `timeout` · `!health` · `/took \d{4,} ms/` · `trace=…` · `session=…` · `request=…` · `source=interceptor`

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
        let conditions = words(text).into_iter().map(|word| condition(&word)).collect::<Result<_, _>>()?;
        Ok(Self { text: text.trim().to_owned(), conditions })
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
        let Body::Event { group, text, line, .. } = &entry.body else { return true };
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

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Words parted by spaces; a regular expression between slashes may hold some.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_regex = false;
    let mut current = String::new();
    for letter in text.chars() {
        if letter == '/' && (current.is_empty() || current == "!" || in_regex) {
            in_regex = !in_regex;
        }
        if letter == ' ' && !in_regex {
            words.extend((!current.is_empty()).then(|| std::mem::take(&mut current)));
        } else {
            current.push(letter);
        }
    }
    words.extend((!current.is_empty()).then_some(current));
    words
}

fn condition(word: &str) -> Result<Condition, String> {
    if let Some(level) = word.strip_prefix("level>=").or_else(|| word.strip_prefix("level=")) {
        let level = Level::parse(level)
            .ok_or_else(|| format!("{level:?} is no level; there are {}", Level::ALL.map(Level::word).join(", ")))?;
        return Ok(Condition::Level(level));
    }
    for name in ["trace=", "session=", "request=", "id="] {
        if let Some(id) = word.strip_prefix(name) {
            return Ok(Condition::Id(id.to_owned()));
        }
    }
    if let Some(source) = word.strip_prefix("source=") {
        return Ok(Condition::Source(source.to_lowercase()));
    }
    if let Some(pattern) =
        word.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest)).filter(|rest| !rest.is_empty())
    {
        let regex = RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
        return regex.map(Condition::Matches).map_err(|error| error.to_string());
    }
    Ok(match word.strip_prefix('!') {
        Some(rest) if !rest.is_empty() => Condition::Lacks(rest.to_lowercase()),
        _ => Condition::Contains(word.to_lowercase()),
    })
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
        Entry { at: Moment::from_millis(0), body }
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
            ("request=2f43", r#"{"message":"x","requestId":"2f43"}"#, true),
            ("request=2f44", r#"{"message":"x","requestId":"2f43"}"#, false),
            ("source=interceptor", "x", true),
            ("source=gateway", "x", false),
        ] {
            assert_eq!(Filter::parse(filter).unwrap().passes(&entry(text)), expected, "{filter} on {text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(Filter::parse("level>=loud").unwrap_err().contains("warn"));
        assert!(Filter::parse("/(/").is_err());
    }
}
