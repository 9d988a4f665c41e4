//! What leaves the program: text is sanitised, JSON escaped, errors told in one form. Nothing else writes.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::model::{Failure, sanitize, sanitize::escape_json};

/// Returns one line of JSON on stdout, flushed: a reader at the other end of a pipe sees it now.
pub(crate) fn json_line(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(value)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", escape_json(&text))?;
    out.flush()
}

/// JSON for people's eyes too: indented on a terminal, one line otherwise.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    if !io::stdout().is_terminal() {
        return json_line(value);
    }
    let text = serde_json::to_string_pretty(value)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", escape_json(&text))?;
    out.flush()
}

/// Text of our own making, several lines, as it is.
pub(crate) fn text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// A sentence beside the data: one sanitised line on stderr. That stderr is gone must not stop the work.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", sanitize::sanitize(line));
}

/// A failure with everything that helps: what, why, what next, and the request id.
pub(crate) fn complain(failure: &Failure) {
    note(&format!("error: {failure}"));
    let facts = [
        failure.hint.as_ref().map(|hint| format!("  hint: {hint}")),
        failure.code.as_ref().map(|code| format!("  code: {code}")),
        failure
            .request_id
            .as_ref()
            .map(|id| format!("  request id: {id}")),
    ];
    facts.into_iter().flatten().for_each(|fact| note(&fact));
    failure
        .evidence
        .iter()
        .for_each(|fact| note(&format!("  {fact}")));
}
