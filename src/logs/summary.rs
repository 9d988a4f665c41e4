//! A log line without what its columns say already: Lambda's times and request ids, its REPORT in four numbers, the level.

use std::borrow::Cow;

use super::{Level, Line, failure_reason};

/// The message of a line as a list shows it, and whether it is only a frame of an invocation (START and END of Lambda).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineSummary<'a> {
    /// What the line says.
    pub message: Cow<'a, str>,
    /// Whether it only says that an invocation began or ended.
    pub is_frame: bool,
}

/// Returns what a line says beside its time, level and ids.
pub fn summary<'a>(text: &'a str, line: &'a Line) -> LineSummary<'a> {
    let message = line.message.as_deref().unwrap_or(text).trim_start();
    if let Some(frame) = lambda_frame(message) {
        return frame;
    }
    let message = line
        .level
        .map_or(message, |level| without_level(message, level));
    LineSummary {
        message: with_reason(message, text, line),
        is_frame: false,
    }
}

/// Returns the message of an error with the reason that its record holds beside it.
pub(crate) fn with_reason<'a>(message: &'a str, text: &str, line: &Line) -> Cow<'a, str> {
    let is_failure =
        line.message.is_some() && line.level.is_some_and(|level| level >= Level::Error);
    let reason = is_failure
        .then(|| failure_reason(text))
        .flatten()
        .filter(|reason| !message.contains(reason.as_str()));
    match reason {
        Some(reason) => Cow::Owned(format!("{}: {reason}", message.trim_end())),
        None => Cow::Borrowed(message),
    }
}

/// Returns what a pattern of START, END or REPORT lines of Lambda says, if it is one. Patterns have single spaces where the lines have
/// tabs.
pub fn lambda_pattern(pattern: &str) -> Option<Cow<'static, str>> {
    if !["START", "END", "REPORT"].iter().any(|word| {
        pattern
            .strip_prefix(word)
            .is_some_and(|rest| rest.starts_with(" RequestId: "))
    }) {
        return None;
    }
    let mut line = pattern.replacen(" Duration: ", "\tDuration: ", 1);
    for label in [
        "Billed ",
        "Memory Size: ",
        "Max Memory ",
        "Init ",
        "Status: ",
    ] {
        line = line.replacen(&format!(" {label}"), &format!("\t{label}"), 1);
    }
    lambda_frame(&line).map(|frame| frame.message)
}

/// START, END, INIT_START and REPORT of a Lambda function.
fn lambda_frame(message: &str) -> Option<LineSummary<'static>> {
    let frame = |message: &'static str| LineSummary {
        message: Cow::Borrowed(message),
        is_frame: true,
    };
    if message.starts_with("START RequestId: ") {
        return Some(frame("START"));
    }
    if message.starts_with("END RequestId: ") {
        return Some(frame("END"));
    }
    let rest = message.strip_prefix("REPORT RequestId: ")?;
    let value = |label: &str| {
        rest.split('\t')
            .find_map(|field| field.trim().strip_prefix(label))
            .map(str::trim)
    };
    let mut parts = vec![format!("{} ms", whole(value("Duration: ")?))];
    parts.extend(value("Billed Duration: ").map(|billed| format!("billed {billed}")));
    parts.extend(value("Init Duration: ").map(|init| format!("init {} ms", whole(init))));
    if let Some(used) = value("Max Memory Used: ") {
        let size = value("Memory Size: ").map_or_else(String::new, |size| format!(" of {size}"));
        let used = used
            .strip_suffix(" MB")
            .filter(|_| !size.is_empty())
            .unwrap_or(used);
        parts.push(format!("{used}{size}"));
    }
    parts.extend(value("Status: ").map(|status| format!("status {status}")));
    Some(LineSummary {
        message: Cow::Owned(format!("REPORT {}", parts.join("  "))),
        is_frame: false,
    })
}

/// Returns a number of milliseconds without its fraction and its unit.
fn whole(text: &str) -> &str {
    let number = text.strip_suffix(" ms").unwrap_or(text);
    number.split_once('.').map_or(number, |(whole, _)| whole)
}

/// Returns the message without the level that it begins with, in any of the usual spellings.
fn without_level(message: &str, level: Level) -> &str {
    let (head, rest) = message.split_once([' ', '\t']).unwrap_or((message, ""));
    let word = head.trim_matches(['[', ']', '<', '>', '(', ')', ':', '|']);
    let is_level = head.len() <= 12
        && !rest.is_empty()
        && Level::parse(word).is_some_and(|found| found == level)
        && (word.bytes().all(|byte| byte.is_ascii_uppercase()) || word.len() < head.len());
    if is_level {
        rest.trim_start_matches([' ', '\t', ':', '-', '|'])
    } else {
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_request_names_its_reason() {
        let text = r#"{"body":{"isError":true,"log":"Failed to process request with requestId: 26","responseBody":"{id=26, result={content=[{type=text, text=Neo.ClientError.Statement.SyntaxError: Invalid input}], isError=true}}"}}"#;
        let line = Line::read(text);
        assert_eq!(
            summary(text, &line).message,
            "Failed to process request with requestId: 26: Neo.ClientError.Statement.SyntaxError: Invalid input"
        );
        let fine = text.replace("\"isError\":true", "\"isError\":false");
        let line = Line::read(&fine);
        assert_eq!(
            summary(&fine, &line).message,
            "Failed to process request with requestId: 26"
        );
    }

    #[test]
    fn patterns_of_lambda_lines_are_as_short_as_their_lines() {
        for (pattern, shown) in [
            ("START RequestId: <*> Version: $LATEST", Some("START")),
            ("END RequestId: <*>", Some("END")),
            (
                "REPORT RequestId: <*> Duration: <*> ms Billed Duration: <*> ms Memory Size: 128 MB Max Memory Used: <*> MB",
                Some("REPORT <*> ms  billed <*> ms  <*> of 128 MB"),
            ),
            ("START of the day", None),
            ("forwarding <*>", None),
        ] {
            assert_eq!(lambda_pattern(pattern).as_deref(), shown, "{pattern}");
        }
    }

    #[test]
    fn what_columns_say_is_left_out() {
        for (text, message, is_frame) in [
            ("START RequestId: 8f5 Version: $LATEST", "START", true),
            ("END RequestId: 8f5", "END", true),
            (
                "REPORT RequestId: 8f5\tDuration: 14.07 ms\tBilled Duration: 15 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB\t",
                "REPORT 14 ms  billed 15 ms  71 of 128 MB",
                false,
            ),
            (
                "REPORT RequestId: 8f5\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB\tInit Duration: 250.9 ms\tStatus: timeout",
                "REPORT 3000 ms  billed 3000 ms  init 250 ms  71 of 128 MB  status timeout",
                false,
            ),
            (
                "[INFO]\t2026-11-28T17:29:32.008Z\tbc81ffeb-0000-4000-8000-000000000000\tforwarding with credentials",
                "forwarding with credentials",
                false,
            ),
            ("ERROR it broke", "it broke", false),
            ("[ERROR] it broke", "it broke", false),
            ("error: it broke", "it broke", false),
            ("INFO", "INFO", false),
            ("Errors were found", "Errors were found", false),
        ] {
            let line = Line::read(text);
            let shown = summary(text, &line);
            assert_eq!(
                (&*shown.message, shown.is_frame),
                (message, is_frame),
                "{text}"
            );
        }
    }
}
