//! The value that follows the name of a credential, in the notations of JSON, Python, Go, Rust, shells and headers.

use std::ops::Range;

use super::{MASK, value_ends::ValueEnds};

/// Number of elements of a list that are masked one by one.
const MAX_ELEMENTS: usize = 64;
/// Number of wrappers (`Some(SecretString("..."))`) that are looked through.
const MAX_WRAPPERS: usize = 4;

/// What a bare value may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BareValue {
    /// No bare value: only a quoted one counts.
    QuotedOnly,
    /// A header: up to the end of its line.
    Header,
    /// Anything else: up to the next blank or delimiter.
    Word,
}

/// Appends the ranges of the value that begins at `at`, directly behind its separator.
pub(super) fn push_value(
    text: &str,
    at: usize,
    bare: BareValue,
    ends: &mut ValueEnds<'_>,
    found: &mut Vec<Range<usize>>,
) {
    let start = skip_wrappers(text, at);
    if let Some(range) = quoted(text, start, ends) {
        push_unless_empty(text, range, found);
        return;
    }
    match text.as_bytes().get(start) {
        Some(b'[') => push_list(text, start + 1, ends, found),
        Some(b'{') => {
            if let Some(inner) = value_member(text, start) {
                let start = skip_wrappers(text, inner);
                match quoted(text, start, ends) {
                    Some(range) => push_unless_empty(text, range, found),
                    None if text.as_bytes().get(start) == Some(&b'[') => {
                        push_list(text, start + 1, ends, found);
                    }
                    None => push_unless_empty(text, start..ends.bare(start, false), found),
                }
            }
        }
        Some(_) if bare == BareValue::QuotedOnly => {}
        Some(_) => push_bare(text, at, bare, ends, found),
        None => {}
    }
}

/// Returns the content of the quoted string at `at`: `"x"`, `\"x\"`, `b'x'`, `"""x"""`, or a backtick string.
pub(super) fn quoted(text: &str, at: usize, ends: &mut ValueEnds<'_>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let prefix = bytes
        .get(at..)?
        .iter()
        .take(2)
        .take_while(|byte| matches!(byte, b'b' | b'B' | b'r' | b'u' | b'f'))
        .count();
    let start = at + prefix;
    let backslashes = bytes
        .get(start..)?
        .iter()
        .take_while(|byte| **byte == b'\\')
        .count();
    let quote = *bytes.get(start + backslashes)?;
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let mut content = start + backslashes + 1;
    if backslashes == 0
        && bytes.get(content) == Some(&quote)
        && bytes.get(content + 1) == Some(&quote)
    {
        content += 2;
    }
    Some(content..ends.closing(content, quote, backslashes))
}

/// Skips `Name(` in front of a quoted value: `SecretStr('x')`, `Some("x")`.
fn skip_wrappers(text: &str, at: usize) -> usize {
    let mut start = at;
    for _ in 0..MAX_WRAPPERS {
        let Some(rest) = text.get(start..) else { break };
        let name = rest
            .bytes()
            .take(64)
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':'))
            .count();
        if rest.as_bytes().get(name) != Some(&b'(') {
            break;
        }
        start += name + 1;
    }
    let is_quoted = text.get(start..).is_some_and(|rest| {
        rest.trim_start_matches(['b', 'r', 'u', '\\'])
            .starts_with(['"', '\'', '`'])
    });
    if is_quoted { start } else { at }
}

/// Masks the strings of a list one by one; a list of bare words (Go's maps) up to its bracket.
fn push_list(text: &str, start: usize, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    let mut at = start;
    for _ in 0..MAX_ELEMENTS {
        at += blanks(text, at);
        if let Some(range) = quoted(text, at, ends) {
            let quote_length = range.start - at;
            at = range.end + quote_length;
            push_unless_empty(text, range, found);
        } else {
            if !matches!(text.as_bytes().get(at), Some(b']' | b'{' | b'[') | None) {
                push_unless_empty(text, at..ends.bracket(at), found);
            }
            return;
        }
        at += blanks(text, at);
        if text.as_bytes().get(at) != Some(&b',') {
            return;
        }
        at += 1;
    }
}

fn blanks(text: &str, at: usize) -> usize {
    text.get(at..).map_or(0, |rest| {
        rest.bytes()
            .take(16)
            .take_while(u8::is_ascii_whitespace)
            .count()
    })
}

/// Returns the beginning of the value in `{"value": "x"}`, `{"S": "x"}`, `{stringValue: x}`.
fn value_member(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at + 1..)?;
    let trimmed = rest.trim_start_matches([' ', '\\', '"', '\'']);
    let name_length = trimmed
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    let (name, after) = trimmed.split_at_checked(name_length)?;
    let is_value = [
        "value",
        "s",
        "stringvalue",
        "string_value",
        "val",
        "raw",
        "plain",
        "plaintext",
        "secret",
        "text",
        "data",
        "string",
    ]
    .iter()
    .any(|known| name.eq_ignore_ascii_case(known));
    let after = after.trim_start_matches(['\\', '"', '\'']).trim_start();
    let value = after.strip_prefix([':', '='])?.trim_start_matches(' ');
    (is_value && !value.is_empty()).then_some(text.len() - value.len())
}

fn push_bare(
    text: &str,
    at: usize,
    bare: BareValue,
    ends: &mut ValueEnds<'_>,
    found: &mut Vec<Range<usize>>,
) {
    let is_header = bare == BareValue::Header;
    let end = ends.bare(at, is_header);
    let Some(value) = text.get(at..end) else {
        return;
    };
    // Behind Basic or Bearer, one word is the credential; the rest of the line is not part of it.
    let end = match scheme_length(value) {
        Some(length) if is_header => value
            .get(length..)
            .and_then(|rest| rest.find(char::is_whitespace))
            .map_or(end, |word| at + length + word),
        _ => end,
    };
    push_unless_empty(text, at..end, found);
}

/// Appends a range without the scheme in front of it, unless the value says that there is none.
pub(super) fn push_unless_empty(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let Some(value) = text.get(range.clone()) else {
        return;
    };
    if is_placeholder(value) {
        return;
    }
    // The scheme stays visible: it helps and reveals nothing.
    let start = range.start + scheme_length(value).unwrap_or(0);
    found.push(start..range.end);
}

fn scheme_length(value: &str) -> Option<usize> {
    ["Basic ", "Bearer "]
        .iter()
        .find(|scheme| {
            value
                .get(..scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        })
        .map(|scheme| scheme.len())
}

/// Returns whether a value stands for none: null, a mask, a reference to a variable. Examines no more than its first word.
pub(super) fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 12] = [
        "null",
        "None",
        "nil",
        "<nil>",
        "undefined",
        "true",
        "false",
        "<redacted>",
        "[REDACTED]",
        "REDACTED",
        "<none>",
        MASK,
    ];
    let head = value.trim();
    let is_variable = || {
        let name = head.strip_prefix('$').unwrap_or_default();
        name.starts_with(['{', '('])
            || !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    head.is_empty()
        || WORDS.contains(&head)
        || head.starts_with("{{resolve:")
        || head.bytes().all(|byte| byte == b'*')
        || is_variable()
}

/// Returns whether a value is the name of a secret (an ARN, `neo4j-mcp/credentials`) and not its content.
pub(super) fn is_resource_name(value: &str) -> bool {
    value.starts_with("arn:")
        || (value.contains('/')
            && !value.ends_with('=')
            && value.bytes().all(|byte| {
                byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || matches!(byte, b'/' | b'-' | b'_' | b'.')
            }))
}
