//! Masks credentials in log lines before anything else sees them: interceptors that log their whole event, drivers that
//! print their connection, containers that print their environment.
//!
//! A line is masked too much rather than too little, but ordinary sentences about passwords and tokens stay readable. The
//! cost is linear in the length of the line: the regular expressions of this module are automata, and the ends of values
//! are found by `ValueEnds`, which looks at each byte a bounded number of times.

mod forms;
mod named;
mod pattern;
mod value;
mod value_ends;

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use serde_json::Value;

use pattern::Pattern;
use value_ends::ValueEnds;

/// The text that replaces a credential.
pub const MASK: &str = "***";

/// Returns the line without credentials. Borrowed if it contains none, which is the common case.
pub fn redact(text: &str) -> Cow<'_, str> {
    if !SUSPICION.is_match(text) {
        return Cow::Borrowed(text);
    }
    mask(text, credentials(text, &mut ValueEnds::new(text)))
}

/// Returns the value without credentials: what a server put into an error may hold them, in its texts or behind the names
/// of its members.
pub fn masked_json(value: Value) -> Value {
    let whole = match redact(&value.to_string()) {
        Cow::Borrowed(_) => return value,
        Cow::Owned(text) => serde_json::from_str(&text).ok(),
    };
    // A mask that goes beyond the end of its text leaves no JSON.
    whole.unwrap_or_else(|| masked_texts(value))
}

fn masked_texts(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(masked_texts).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, masked_texts(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Returns the ranges that hold credentials, in no particular order. Ranges may overlap.
fn credentials(text: &str, ends: &mut ValueEnds<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    named::find(text, ends, &mut found);
    forms::find(text, ends, &mut found);
    found
}

/// A cheap test that nearly every harmless line fails.
static SUSPICION: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?i)auth|basic |bearer|digest |eyj|pass|pwd|cred|secret|token|://[^\s]*@|[_-]key|apikey|accesskey|privatekey|cookie|signature|private.?key|[?&]code=|verifier|assertion|saml|[\s"']-p|(?:^|[\s"'])-u|--user|identified|createuser|\(\s*.{1,2}neo4j.,|gh[pousr]_|github_pat|xox[abprs]-|sk-"#,
    )
});

fn mask(text: &str, mut found: Vec<Range<usize>>) -> Cow<'_, str> {
    found.retain(|range| {
        text.get(range.clone())
            .is_some_and(|value| !value.is_empty() && value != MASK)
    });
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in found {
        if range.start >= at {
            out.push_str(text.get(at..range.start).unwrap_or(""));
            out.push_str(MASK);
        }
        at = at.max(range.end);
    }
    out.push_str(text.get(at..).unwrap_or(""));
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
