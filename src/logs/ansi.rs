//! Removal of terminal escape sequences (colours of loguru, winston and others) from log lines.

use std::borrow::Cow;

/// Returns the line without escape sequences. Borrowed if it has none.
///
/// Removed are CSI sequences (`ESC [ ... final`), OSC, DCS, PM and APC strings with their terminator, and two-character
/// escapes. An unterminated string sequence is removed up to the end of its line.
pub(crate) fn strip_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains(['\u{1b}', '\u{9b}']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{9b}' => skip_control_sequence(&mut letters),
            '\u{1b}' => match letters.peek() {
                Some('[') => {
                    letters.next();
                    skip_control_sequence(&mut letters);
                }
                Some(']' | 'P' | '^' | '_' | 'X') => skip_string(&mut letters),
                Some(' '..='/') => {
                    letters.next();
                    letters.next();
                }
                Some('0'..='~') => {
                    letters.next();
                }
                Some(_) | None => {}
            },
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips parameters and intermediates up to and including the final byte.
fn skip_control_sequence(letters: &mut Chars<'_>) {
    while let Some(' '..='?') = letters.peek() {
        letters.next();
    }
    if let Some('@'..='~') = letters.peek() {
        letters.next();
    }
}

/// Skips a string sequence up to BEL, ST, or the end of the line.
fn skip_string(letters: &mut Chars<'_>) {
    while let Some(letter) = letters.peek() {
        match letter {
            '\u{7}' | '\u{9c}' => {
                letters.next();
                return;
            }
            '\u{1b}' => {
                letters.next();
                if letters.peek() == Some(&'\\') {
                    letters.next();
                }
                return;
            }
            '\n' => return,
            _ => {
                letters.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_other_sequences_are_removed() {
        for (text, plain) in [
            ("\u{1b}[31merror\u{1b}[39m: winston", "error: winston"),
            ("\u{1b}[31m\u{1b}[1mERROR   \u{1b}[0m | x", "ERROR    | x"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}1mbold", "bold"),
            ("a\u{1b}(Bb", "ab"),
            ("plain [31m text", "plain [31m text"),
            ("\u{1b}", ""),
        ] {
            assert_eq!(strip_escapes(text), plain, "{text:?}");
        }
    }
}
