//! Filter patterns of CloudWatch Logs: terms, exclusions, alternatives, regular expressions and JSON conditions
//! (user guide, "Filter pattern syntax"). Pure.

use regex::Regex;
use serde_json::Value;

use super::filter_parser::PatternParser;

/// The longest pattern.
const LONGEST: usize = 1024;

/// A pattern that was read.
#[derive(Clone, Debug)]
pub(super) enum FilterPattern {
    /// Every event.
    Everything,
    Terms(Terms),
    Json(FieldCondition),
}

/// Words in the text of an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    all: Vec<Term>,
    none: Vec<Term>,
    any: Vec<Term>,
}

#[derive(Clone, Debug)]
enum Term {
    Text(String),
    Regex(Regex),
}

/// A condition on the JSON of an event.
#[derive(Clone, Debug)]
pub(super) enum FieldCondition {
    And(Box<FieldCondition>, Box<FieldCondition>),
    Or(Box<FieldCondition>, Box<FieldCondition>),
    Compare(Vec<SelectorStep>, Comparison, Operand),
    IsNull(Vec<SelectorStep>),
    Is(Vec<SelectorStep>, bool),
    NotExists(Vec<SelectorStep>),
}

#[derive(Clone, Debug)]
pub(super) enum SelectorStep {
    Member(String),
    Index(usize),
    AnyIndex,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// Text; an asterisk stands for anything.
    Text(String),
    Number(f64),
    Regex(Regex),
}

impl FilterPattern {
    /// Reads a pattern; the problem in words if it cannot be read.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err("the filter pattern is longer than 1024 characters".into());
        }
        if text.is_empty() || text == "\"\"" {
            return Ok(Self::Everything);
        }
        if let Some(inside) = text.strip_prefix('{') {
            let inside = inside
                .strip_suffix('}')
                .ok_or("a JSON pattern ends with }")?;
            return PatternParser::new(inside)?.whole().map(Self::Json);
        }
        if text.starts_with('[') {
            return Err(
                "patterns for space-delimited events are not served by the embedded stack".into(),
            );
        }
        parse_terms(text).map(Self::Terms)
    }

    /// Returns whether an event's message matches.
    pub(super) fn matches(&self, message: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Terms(terms) => terms.matches(message),
            Self::Json(condition) => {
                message.trim_start().starts_with('{')
                    && serde_json::from_str::<Value>(message)
                        .is_ok_and(|value| condition.holds(&value))
            }
        }
    }
}

fn parse_terms(text: &str) -> Result<Terms, String> {
    let mut terms = Terms::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (mark, after) = match rest.chars().next() {
            Some('-') => ('-', rest.get(1..).unwrap_or_default()),
            Some('?') => ('?', rest.get(1..).unwrap_or_default()),
            _ => (' ', rest),
        };
        let (term, after) = take_term(after)?;
        match mark {
            '-' => terms.none.push(term),
            '?' => terms.any.push(term),
            _ => terms.all.push(term),
        }
        rest = after.trim_start();
    }
    Ok(terms)
}

fn take_term(text: &str) -> Result<(Term, &str), String> {
    if let Some(inside) = text.strip_prefix('"') {
        let (phrase, after) = take_quoted(inside)?;
        return Ok((Term::Text(phrase), after));
    }
    if let Some((regex, after)) = text
        .strip_prefix('%')
        .and_then(|inside| inside.split_once('%'))
    {
        return Ok((
            Term::Regex(Regex::new(regex).map_err(|error| error.to_string())?),
            after,
        ));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    if word.is_empty()
        || !word
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_')
    {
        return Err(format!(
            "Invalid filter pattern: Invalid character(s) in term '{word}'"
        ));
    }
    Ok((Term::Text(word.to_owned()), after))
}

/// Returns the text up to the closing quotation mark, and what is after it.
pub(super) fn take_quoted(text: &str) -> Result<(String, &str), String> {
    let mut phrase = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((phrase, text.get(at + 1..).unwrap_or_default())),
            '\\' => phrase.extend(letters.next().map(|(_, escaped)| escaped)),
            other => phrase.push(other),
        }
    }
    Err("Invalid filter pattern: a quotation mark is not closed".into())
}

impl Terms {
    fn matches(&self, message: &str) -> bool {
        let has = |term: &Term| match term {
            Term::Text(text) => message.contains(text),
            Term::Regex(regex) => regex.is_match(message),
        };
        // Beside terms that must be there, alternatives do not count.
        let alternatives = self.any.is_empty() || !self.all.is_empty() || self.any.iter().any(has);
        self.all.iter().all(has) && !self.none.iter().any(has) && alternatives
    }
}

impl FieldCondition {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::And(one, other) => one.holds(value) && other.holds(value),
            Self::Or(one, other) => one.holds(value) || other.holds(value),
            Self::Compare(path, comparison, operand) => select(value, path)
                .into_iter()
                .any(|found| compares(found, *comparison, operand)),
            Self::IsNull(path) => select(value, path).into_iter().any(Value::is_null),
            Self::Is(path, wanted) => select(value, path)
                .into_iter()
                .any(|found| found.as_bool() == Some(*wanted)),
            Self::NotExists(path) => select(value, path).is_empty(),
        }
    }
}

fn select<'a>(value: &'a Value, path: &[SelectorStep]) -> Vec<&'a Value> {
    let mut found = vec![value];
    for step in path {
        found = found
            .into_iter()
            .flat_map(|value| match step {
                SelectorStep::Member(name) => value.get(name).into_iter().collect::<Vec<_>>(),
                SelectorStep::Index(index) => value.get(index).into_iter().collect(),
                SelectorStep::AnyIndex => value.as_array().into_iter().flatten().collect(),
            })
            .collect();
    }
    found
}

fn compares(found: &Value, comparison: Comparison, operand: &Operand) -> bool {
    match operand {
        Operand::Number(wanted) => found.as_f64().is_some_and(|number| match comparison {
            Comparison::Equal => (number - wanted).abs() < f64::EPSILON * wanted.abs().max(1.0),
            Comparison::Different => {
                (number - wanted).abs() >= f64::EPSILON * wanted.abs().max(1.0)
            }
            Comparison::Less => number < *wanted,
            Comparison::LessOrEqual => number <= *wanted,
            Comparison::Greater => number > *wanted,
            Comparison::GreaterOrEqual => number >= *wanted,
        }),
        Operand::Text(_) | Operand::Regex(_) => {
            let text = match found {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => found.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return false,
            };
            let equal = match operand {
                Operand::Text(wanted) => is_like(&text, wanted),
                Operand::Regex(regex) => regex.is_match(&text),
                Operand::Number(_) => false,
            };
            match comparison {
                Comparison::Equal => equal,
                Comparison::Different => !equal,
                Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual => false,
            }
        }
    }
}

/// Equality in which `*` stands for any text.
fn is_like(text: &str, wanted: &str) -> bool {
    let mut parts = wanted.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, message: &str) -> bool {
        FilterPattern::parse(pattern).unwrap().matches(message)
    }

    #[test]
    fn terms_follow_the_user_guide() {
        let line = "[ERROR] Unable to locate x-9 in file";
        for (pattern, wanted) in [
            ("", true),
            ("ERROR", true),
            ("error", false),
            ("ERROR locate", true),
            ("ERROR nothing", false),
            ("\"Unable to locate\"", true),
            ("ERROR -file", false),
            ("ERROR -\"x-10\"", true),
            ("?WARN ?ERROR", true),
            ("?WARN ?INFO", false),
            ("%x-[0-9]%", true),
            ("-%x-[0-9]%", false),
            ("file ?nothing", true),
        ] {
            assert_eq!(matches(pattern, line), wanted, "{pattern}");
        }
        assert!(
            FilterPattern::parse("a-b(c").is_err(),
            "special characters need quotation marks"
        );
        assert!(FilterPattern::parse("\"open").is_err());
    }

    #[test]
    fn json_conditions_follow_the_user_guide() {
        let line = r#"{"level":"ERROR","took":12.5,"code":404,"user":{"id":"u-17","tags":["a","b"]},"gone":null,"ok":false}"#;
        for (pattern, wanted) in [
            ("{ $.level = \"ERROR\" }", true),
            ("{ $.level = ERROR }", true),
            ("{ $.level != \"ERROR\" }", false),
            ("{ $.level = \"E*R\" }", true),
            ("{ $.level = %^ERR% }", true),
            ("{ $.took > 12 && $.took <= 12.5 }", true),
            ("{ $.code = 404 }", true),
            ("{ $.code = 4* }", true),
            (
                "{ $.user.id = \"u-*\" && ($.code = 200 || $.code >= 400) }",
                true,
            ),
            ("{ $.user.tags[1] = \"b\" }", true),
            ("{ $.user.tags[*] = \"b\" }", true),
            ("{ $.user.tags[0] = \"b\" }", false),
            ("{ $.gone IS NULL }", true),
            ("{ $.missing NOT EXISTS }", true),
            ("{ $.missing != \"x\" }", false),
            ("{ $.ok IS FALSE }", true),
            ("{ $.ok IS TRUE }", false),
        ] {
            assert_eq!(matches(pattern, line), wanted, "{pattern}");
        }
        assert!(!matches("{ $.level = \"ERROR\" }", "plain ERROR"));
        for broken in [
            "{ $.level = }",
            "{ level = 1 }",
            "{ ($.a = 1 }",
            "{ $.a = 1",
            "{ $.a ~ 1 }",
            "{ $. = 1 }",
        ] {
            assert!(FilterPattern::parse(broken).is_err(), "{broken}");
        }
    }
}
