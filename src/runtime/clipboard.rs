//! The clipboard, by OSC 52: it works over SSH too. Only what the user asked to copy goes there, and never a secret.

use std::io::{self, Write as _};

use crossterm::{clipboard::CopyToClipboard, execute};

/// Terminals refuse more than about this, so nothing longer is sent.
const MOST: usize = 74_000;

/// Copies a text. Answers what to tell the user.
pub(super) fn copy(text: &str) -> String {
    if text.len() > MOST {
        return format!(
            "nothing: {} bytes are more than terminals take; x writes a file",
            text.len()
        );
    }
    let sent = execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
        .and_then(|()| io::stdout().flush());
    match sent {
        Ok(()) if text.lines().count() > 1 => format!("{} lines", text.lines().count()),
        Ok(()) => text
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(60)
            .collect(),
        Err(error) => format!("nothing: {error}"),
    }
}
