//! Stack traces that arrive one line per event: each line belongs to the error it follows and has its level.

use std::{collections::HashMap, sync::Arc};

use crate::model::LogEvent;

use super::{Level, level::exception_name};

/// Number of streams whose last line was an error. Beyond it, all are dropped and a new error starts again.
const MAX_STREAMS: usize = 10_000;

/// Tracks, for each log stream, whether its last line belongs to an error.
#[derive(Clone, Debug, Default)]
pub(crate) struct StackTraces {
    open: HashMap<(Arc<str>, Arc<str>), Level>,
}

impl StackTraces {
    /// Returns the level of a line: its own, or that of the error whose stack trace it continues. Lines of a stream must be
    /// given in their order; `text` is the line without escape sequences.
    pub(crate) fn level(
        &mut self,
        event: &LogEvent,
        text: &str,
        own: Option<Level>,
    ) -> Option<Level> {
        let is_error = own.is_some_and(|level| level >= Level::Error);
        if self.open.is_empty() && !is_error {
            return own;
        }
        let key = (Arc::clone(&event.group), Arc::clone(&event.stream));
        if let Some(level) = self.open.get(&key).copied()
            && is_continuation(text)
        {
            return Some(own.map_or(level, |own| own.max(level)));
        }
        if let Some(level) = own.filter(|_| is_error) {
            if self.open.len() >= MAX_STREAMS {
                self.open.clear();
            }
            self.open.insert(key, level);
        } else {
            self.open.remove(&key);
        }
        own
    }
}

/// Returns whether a line continues a stack trace of Python, Java, Node, Go, Rust or .NET.
fn is_continuation(text: &str) -> bool {
    const STARTS: [&str; 15] = [
        "Traceback (most recent call last)",
        "During handling of the above",
        "The above exception was",
        "Caused by: ",
        "Suppressed: ",
        "... ",
        "goroutine ",
        "created by ",
        "[signal ",
        "stack backtrace:",
        "note: run with `RUST_BACKTRACE",
        "--- End of",
        "---> ",
        "exit status ",
        "+-",
    ];
    let text = text.trim_end();
    text.is_empty()
        || text.starts_with([' ', '\t', '|', '^', '~'])
        || STARTS.iter().any(|start| text.starts_with(start))
        || exception_name(text).is_some()
        || is_go_frame(text)
}

/// `main.(*Server).handle(0xc000010000, 0x1)` and `runtime.goexit()`.
fn is_go_frame(text: &str) -> bool {
    text.ends_with(')')
        && text.contains('.')
        && text.split_once('(').is_some_and(|(name, _)| {
            !name.is_empty()
                && !name.contains(|letter: char| letter.is_whitespace() || letter == '"')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{logs::Line, model::Moment};

    fn levels(lines: &[(&str, &str)]) -> Vec<Option<Level>> {
        let mut traces = StackTraces::default();
        lines
            .iter()
            .map(|(stream, text)| {
                let at = Moment::from_millis(0);
                let event = LogEvent {
                    timestamp: at,
                    ingestion: at,
                    group: "g".into(),
                    stream: (*stream).into(),
                    id: None,
                    message: (*text).to_owned(),
                };
                traces.level(&event, text, Line::read(text).level)
            })
            .collect()
    }

    #[test]
    fn lines_of_a_traceback_have_the_level_of_their_error() {
        let error = Some(Level::Error);
        assert_eq!(
            levels(&[
                ("s", "ERROR:root:query failed"),
                ("s", "Traceback (most recent call last):"),
                ("s", "  File \"/app/server.py\", line 12, in read"),
                ("s", "    session.run(query)"),
                ("s", "neo4j.exceptions.ServiceUnavailable: no route"),
                ("s", "listening on port 8000"),
                ("s", "  indented, but of no error"),
            ]),
            [error, error, error, error, error, None, None]
        );
    }

    #[test]
    fn another_stream_is_not_part_of_the_trace() {
        assert_eq!(
            levels(&[
                ("s", "panic: boom"),
                ("t", "\tindented line of another stream"),
                ("s", "goroutine 1 [running]:"),
                ("s", "main.main()"),
                ("s", "\t/app/main.go:7 +0x1d"),
                ("s", "INFO started again"),
                ("s", "  indented"),
            ]),
            [
                Some(Level::Fatal),
                None,
                Some(Level::Fatal),
                Some(Level::Fatal),
                Some(Level::Fatal),
                Some(Level::Info),
                None
            ]
        );
    }
}
