//! The clipboard, by the escape sequence OSC 52, which also works over SSH. Secrets are never
//! copied.

use std::io::{self, Write as _};

use crossterm::{clipboard::CopyToClipboard, execute};

/// Largest text that is sent, in bytes. Most terminals ignore longer sequences.
const MOST: usize = 74_000;
/// Columns of a copied text in the message; a longer one ends in a mark.
const SHOWN: usize = 60;

/// Copies a text and returns the message for the user.
pub(super) fn copy(text: &str) -> String {
    if text.len() > MOST {
        return format!(
            "nothing: {} bytes are more than terminals take; export writes a file",
            text.len()
        );
    }
    let sent = execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
        .and_then(|()| io::stdout().flush());
    match sent {
        Ok(()) if text.lines().count() > 1 => format!("{} lines", text.lines().count()),
        Ok(()) => crate::widgets::cut(text.lines().next().unwrap_or_default(), SHOWN),
        Err(error) => format!("nothing: {error}"),
    }
}
