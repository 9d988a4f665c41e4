//! Severity of a log line, as the common logging frameworks write it.
//!
//! Structured records are judged by their own member (`level`, `severityNumber`, `log.level`, `@l`, ...), plain text by
//! the word, prefix or priority in its head. A line that states no severity has none: nothing is inferred from its wording,
//! apart from the uncaught exceptions and panics that runtimes print without a level.

use std::fmt;

use serde::Serialize;

use super::json::BorrowedJson;

/// Severity of a log line. Ordered: a filter admits a level and everything above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The finest detail.
    Trace,
    /// Details for developers.
    Debug,
    /// Normal operation.
    Info,
    /// Something unexpected that did not fail the operation.
    Warn,
    /// An operation failed.
    Error,
    /// The process cannot go on.
    Fatal,
}

impl Level {
    /// Every level, from the least to the most serious.
    pub const ALL: [Self; 6] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// Returns the name of the level in filters and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Parses a level name in any spelling of the common frameworks, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        if word.len() > 11 {
            return None;
        }
        Some(match word.to_ascii_lowercase().as_str() {
            "trace" | "finest" | "finer" | "trc" | "trce" | "verbose" | "vrb" | "silly" => {
                Self::Trace
            }
            "debug" | "fine" | "dbg" | "dbug" => Self::Debug,
            "info" | "information" | "informational" | "notice" | "success" | "inf" | "config" => {
                Self::Info
            }
            "warn" | "warning" | "wrn" => Self::Warn,
            "error" | "err" | "eror" | "severe" | "fail" => Self::Error,
            "fatal" | "ftl" | "critical" | "crit" | "panic" | "dpanic" | "alert" | "emergency"
            | "emerg" => Self::Fatal,
            _ => return None,
        })
    }

    /// Parses the name of a level that a person types: narrower than [`Self::parse`], whose abbreviations of log files would take
    /// a slip of the finger for a level.
    pub fn parse_typed(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let other = match word.as_str() {
            "information" => Some(Self::Info),
            "warning" => Some(Self::Warn),
            "err" => Some(Self::Error),
            "critical" => Some(Self::Fatal),
            _ => None,
        };
        other.or_else(|| Self::ALL.into_iter().find(|level| level.as_str() == word))
    }

    /// Converts an OpenTelemetry severity number (1 to 24, four to a level).
    const fn from_otel_number(number: i64) -> Option<Self> {
        match number {
            1..=4 => Some(Self::Trace),
            5..=8 => Some(Self::Debug),
            9..=12 => Some(Self::Info),
            13..=16 => Some(Self::Warn),
            17..=20 => Some(Self::Error),
            21..=24 => Some(Self::Fatal),
            _ => None,
        }
    }

    /// Converts the `level` number of pino and bunyan (10 to 60) or of syslog and GELF (0 to 7).
    const fn from_level_number(number: i64) -> Option<Self> {
        match number {
            0..=7 => Self::from_syslog(number),
            10 => Some(Self::Trace),
            20 => Some(Self::Debug),
            30 => Some(Self::Info),
            40 => Some(Self::Warn),
            50 => Some(Self::Error),
            60 => Some(Self::Fatal),
            _ => None,
        }
    }

    /// Converts the `levelno` of Python's logging (10 to 50).
    const fn from_python_number(number: i64) -> Option<Self> {
        match number {
            5 => Some(Self::Trace),
            10 => Some(Self::Debug),
            20 | 25 => Some(Self::Info),
            30 => Some(Self::Warn),
            40 => Some(Self::Error),
            50 => Some(Self::Fatal),
            _ => None,
        }
    }

    /// Converts a syslog severity (RFC 5424, 0 to 7).
    const fn from_syslog(number: i64) -> Option<Self> {
        match number {
            0..=2 => Some(Self::Fatal),
            3 => Some(Self::Error),
            4 => Some(Self::Warn),
            5 | 6 => Some(Self::Info),
            7 => Some(Self::Debug),
            _ => None,
        }
    }

    /// Reads the level of a structured record.
    pub(crate) fn of_json(record: &BorrowedJson<'_>) -> Option<Self> {
        let mut number = None;
        for (name, value) in record.members() {
            if let Some(level) = level_of_member(name, value) {
                return Some(level);
            }
            number = number.or_else(|| level_of_number(name, value));
        }
        number
            .or_else(|| nested_level(record))
            .or_else(|| level_of_gateway_record(record))
            .or_else(|| level_of_span(record))
            .or_else(|| record.get("errorType").map(|_| Self::Error))
            .or_else(|| level_of_inner_text(record))
    }

    /// Reads the level of a plain line. Escape sequences must have been removed.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let head = text.get(..floor_char(text, HEAD)).unwrap_or(text);
        of_key(head)
            .or_else(|| of_prefix(head))
            .or_else(|| head.split_whitespace().find_map(of_word))
            .or_else(|| of_exception(text))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Number of bytes at the beginning of a plain line in which its level is looked for.
const HEAD: usize = 160;

/// Returns whether a member's name is one that holds a level, whatever its case and separators.
fn is_level_name(name: &str) -> bool {
    if name.len() > 14 {
        return false;
    }
    let mut letters = [0; 14];
    let mut length = 0;
    for byte in name
        .bytes()
        .filter(|byte| !matches!(byte, b'.' | b'_' | b'-'))
    {
        if let Some(letter) = letters.get_mut(length) {
            *letter = byte.to_ascii_lowercase();
        }
        length += 1;
    }
    let plain: &[u8] = letters.get(..length).unwrap_or_default();
    matches!(
        plain,
        b"level"
            | b"loglevel"
            | b"levelname"
            | b"severity"
            | b"severitytext"
            | b"lvl"
            | b"priority"
            | b"@l"
            | b"@level"
    )
}

fn level_of_member(name: &str, value: &BorrowedJson<'_>) -> Option<Level> {
    let text = value.as_str()?;
    is_level_name(name)
        .then(|| Level::parse(text.trim()))
        .flatten()
}

/// Returns the level of a numeric member: `severityNumber`, `level`, `levelno`, `priority`. The number may be written as text.
fn level_of_number(name: &str, value: &BorrowedJson<'_>) -> Option<Level> {
    let number = value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))?;
    if name.eq_ignore_ascii_case("severityNumber") || name.eq_ignore_ascii_case("severity_number") {
        return Level::from_otel_number(number);
    }
    if name.eq_ignore_ascii_case("levelno") {
        return Level::from_python_number(number);
    }
    if name.eq_ignore_ascii_case("priority") {
        return Level::from_syslog(number);
    }
    if is_level_name(name) {
        return Level::from_level_number(number);
    }
    None
}

/// Returns the level one member deeper: ECS (`log.level`), loguru (`record.level.name`), Lambda's platform records.
fn nested_level(record: &BorrowedJson<'_>) -> Option<Level> {
    let places: [&[&str]; 4] = [
        &["log", "level"],
        &["record", "level", "name"],
        &["record", "level"],
        &["attributes", "level"],
    ];
    places
        .iter()
        .find_map(|place| record.at(place)?.as_str().and_then(Level::parse))
}

/// A vended gateway record states its result in `body.isError`.
fn level_of_gateway_record(record: &BorrowedJson<'_>) -> Option<Level> {
    let failed = record
        .at(&["body", "isError"])
        .and_then(BorrowedJson::as_bool)?;
    Some(if failed { Level::Error } else { Level::Info })
}

/// Returns the level of a span: its status, otherwise the status of its HTTP exchange.
fn level_of_span(record: &BorrowedJson<'_>) -> Option<Level> {
    let code = record
        .at(&["status", "code"])
        .and_then(BorrowedJson::as_str)?;
    let http = ["http.response.status_code", "http.status_code"]
        .iter()
        .find_map(|name| record.get("attributes")?.get(name)?.as_i64());
    Some(match (code, http) {
        ("ERROR" | "STATUS_CODE_ERROR", _) | (_, Some(500..)) => Level::Error,
        (_, Some(400..500)) => Level::Warn,
        _ => Level::Info,
    })
}

/// Returns a plain line inside a record, as container log drivers wrap it.
fn level_of_inner_text(record: &BorrowedJson<'_>) -> Option<Level> {
    ["message", "log", "msg", "body", "@m", "@mt"]
        .iter()
        .find_map(|name| record.get(name)?.as_str())
        .and_then(Level::of_text)
}

/// `level=error`, `lvl="warn"`, `severity: ERROR`.
fn of_key(head: &str) -> Option<Level> {
    ["level", "lvl", "severity"].iter().find_map(|key| {
        head.match_indices(key).find_map(|(at, _)| {
            let before = head.get(..at)?;
            if before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
                return None;
            }
            let after = head.get(at + key.len()..)?;
            let after = after.strip_prefix(['"', '\'']).unwrap_or(after);
            let value = after.strip_prefix(['=', ':'])?;
            let word = value
                .trim_start_matches([' ', '"', '\''])
                .split(|letter: char| !letter.is_ascii_alphabetic())
                .next()?;
            Level::parse(word)
        })
    })
}

/// Returns a level at the very beginning: klog and glog (`E0102 15:04:05.000000`), Tornado, syslog (`<3>`), .NET console (`fail: Category`).
fn of_prefix(head: &str) -> Option<Level> {
    let text = head.trim_start();
    if let Some((priority, _)) = text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        return Level::from_syslog(priority.parse::<i64>().ok().filter(|all| *all < 192)? % 8);
    }
    let bytes = text.as_bytes();
    let is_klog = bytes.get(1..5)?.iter().all(u8::is_ascii_digit)
        && bytes.get(5) == Some(&b' ')
        && bytes.get(8) == Some(&b':');
    let letter = if is_klog {
        bytes.first()
    } else {
        tornado_letter(bytes)
    };
    match letter {
        Some(b'D') => Some(Level::Debug),
        Some(b'I') => Some(Level::Info),
        Some(b'W') => Some(Level::Warn),
        Some(b'E') => Some(Level::Error),
        Some(b'F' | b'C') => Some(Level::Fatal),
        _ if text.starts_with("fatal error: ") => Some(Level::Fatal),
        _ => None,
    }
}

/// Returns the letter of Tornado's default format: `[E 260101 12:00:00 web:1]`.
fn tornado_letter(line: &[u8]) -> Option<&u8> {
    let (opened, letter, date) = (line.first()?, line.get(1)?, line.get(3..9)?);
    let is_tornado = *opened == b'['
        && line.get(2) == Some(&b' ')
        && line.get(9) == Some(&b' ')
        && date.iter().all(u8::is_ascii_digit);
    is_tornado.then_some(letter)
}

/// `ERROR`, `[error]`, `error:`, `<WARN>`, `ERROR:root:text`, `app.ERROR:`, `[core:error]`. A bare lower-case word is prose.
fn of_word(word: &str) -> Option<Level> {
    if word.len() > 60 {
        return None;
    }
    let bare = word.trim_matches(|letter: char| !letter.is_ascii_alphabetic());
    let opened = word.starts_with(['[', '<', '(', '|', '{']);
    let closed = word.ends_with([':', ']', '>', ')', '|']);
    let is_shouted =
        |text: &str| text.len() >= 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_shouted(bare) || (bare.len() < word.len() && (opened || closed)) {
        let inner = if closed || opened {
            bare.rsplit(['.', ':']).next().unwrap_or(bare)
        } else {
            bare
        };
        if let Some(level) = Level::parse(bare).or_else(|| Level::parse(inner)) {
            return Some(level);
        }
    }
    // Python's default format: LEVEL:logger:message.
    let (first, _) = bare.split_once(':')?;
    if is_shouted(first) {
        Level::parse(first)
    } else {
        None
    }
}

/// Exceptions and panics that a runtime prints by itself, without a level.
fn of_exception(text: &str) -> Option<Level> {
    let text = text.trim_start();
    let first = text.lines().next().unwrap_or(text);
    if first.starts_with("panic: ")
        || first.starts_with("thread '") && first.contains("panicked at")
    {
        return Some(Level::Fatal);
    }
    let starts = [
        "Traceback (most recent call last)",
        "Exception in thread ",
        "Exception Group Traceback",
        "Caused by: ",
        "Uncaught ",
        "Unhandled ",
        "UnhandledPromiseRejection",
        "fatal: ",
    ];
    let contained = ["Task timed out after", "Traceback (most recent call last)"];
    if starts.iter().any(|start| first.starts_with(start))
        || contained.iter().any(|part| text.contains(part))
        || text.contains("REPORT RequestId") && text.contains("\tStatus: ")
    {
        return Some(Level::Error);
    }
    // Python's warnings begin with the file and the line: `/app/server.py:12: DeprecationWarning: text`.
    let warning = first.split_whitespace().take(3).find_map(|word| {
        exception_name(word).filter(|name| name.ends_with("Warning") && word.ends_with(':'))
    });
    match exception_name(first).or(warning) {
        Some(name) if name.ends_with("Warning") => Some(Level::Warn),
        Some(_) => Some(Level::Error),
        None => None,
    }
}

/// Returns the class of an exception that a line begins with: `neo4j.exceptions.AuthError: text`, `ValueError`.
pub(crate) fn exception_name(line: &str) -> Option<&str> {
    const ENDS: [&str; 9] = [
        "Error",
        "Exception",
        "Warning",
        "Interrupt",
        "Exit",
        "Failure",
        "Fault",
        "Unavailable",
        "Expired",
    ];
    let end = line
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '$')))
        .unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end)?;
    let class = name.rsplit(['.', '$']).next()?;
    let is_class = class.starts_with(|letter: char| letter.is_ascii_uppercase())
        && (ENDS.iter().any(|end| class.ends_with(end))
            || name.contains(".exceptions.")
            || name.contains(".errors."));
    (is_class && (rest.is_empty() || rest.starts_with(": ") || rest == ":")).then_some(name)
}

fn floor_char(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
#[path = "level_tests.rs"]
mod tests;
