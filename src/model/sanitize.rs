//! Sanitising of text from outside: the result can neither control a terminal nor hide characters.
//!
//! Controls become visible pictures or names, bidi, zero-width and tag characters are spelled out,
//! tabs become
//! spaces, and long runs of combining marks are cut. The tests hold the inputs of CVE-2021-25743
//! and similar attacks.

use std::{borrow::Cow, fmt::Write as _};

/// Maximum number of combining marks kept on a base character.
const MARKS: usize = 4;
/// Distance of tab stops, in columns.
const TAB: usize = 4;

/// Makes text safe for one line of the terminal. Returns the borrowed text if nothing had to
/// change.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut marks = 0;
    if text.chars().all(|character| passes(character, &mut marks)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let (mut marks, mut column) = (0, 0);
    for character in text.chars() {
        let before = out.len();
        if passes(character, &mut marks) {
            out.push(character);
        } else {
            spell(character, column, &mut out);
        }
        column += out.get(before..).map_or(0, |added| added.chars().count());
    }
    Cow::Owned(out)
}

/// Makes JSON text safe: dangerous characters are `\u` escaped, so that the JSON stays valid and
/// equal.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let is_harmless = |byte: u8| matches!(byte, b' '..=b'~' | b'\n');
    if json.bytes().all(is_harmless) {
        return Cow::Borrowed(json);
    }
    if json
        .chars()
        .all(|character| character == '\n' || !is_dangerous(character))
    {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if character == '\n' || !is_dangerous(character) {
            out.push(character);
        } else {
            push_escape(character, &mut out);
        }
    }
    Cow::Owned(out)
}

/// Appends a text as JSON, quoted, with everything escaped that JSON or [`escape_json`] escapes. Runs of harmless characters
/// are copied at once.
pub fn push_json_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    loop {
        let run = rest.bytes().position(|byte| !is_plain_in_json(byte));
        let Some((plain, after)) = run.and_then(|at| rest.split_at_checked(at)) else {
            out.push_str(rest);
            break;
        };
        out.push_str(plain);
        let mut letters = after.chars();
        match letters.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(letter) if is_dangerous(letter) => push_escape(letter, out),
            Some(letter) => out.push(letter),
            None => break,
        }
        rest = letters.as_str();
    }
    out.push('"');
}

/// Returns whether a byte stands for itself in JSON, on a terminal too.
const fn is_plain_in_json(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// Appends a character as one or two `\u` escapes.
fn push_escape(letter: char, out: &mut String) {
    let mut units = [0; 2];
    for unit in letter.encode_utf16(&mut units) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// Returns whether a character is kept as it is. Counts consecutive combining marks.
fn passes(character: char, marks: &mut usize) -> bool {
    if is_combining(character) {
        *marks += 1;
        return *marks <= MARKS;
    }
    *marks = 0;
    !is_dangerous(character)
}

/// Returns whether a character controls a terminal, reorders text or is invisible.
pub fn is_dangerous(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_combining(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Appends a visible name or symbol for the character. `column` is its position, for tabs.
fn spell(character: char, column: usize, out: &mut String) {
    match character {
        '\t' => out.push_str(&" ".repeat(TAB - column % TAB)),
        '\n' => out.push('⏎'),
        '\u{0}'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(character))),
        '\u{7f}' => out.push('\u{2421}'),
        // A variation selector only selects the style of a glyph, so it is dropped.
        '\u{fe00}'..='\u{fe0f}' => {}
        mark if is_combining(mark) => {}
        _ => {
            let _ = write!(out, "<U+{:04X}>", u32::from(character));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        for text in [
            "",
            "POST /mcp tools/call read-cypher 46 ms",
            "Zoë Straße 東京 ▲ ● é",
        ] {
            assert!(matches!(sanitize(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn every_known_attack_becomes_visible() {
        for (attack, shown) in [
            ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
            ("\x1b[2J", "␛[2J"),
            ("\u{9b}2J", "<U+009B>2J"),
            ("a\rb", "a␍b"),
            ("a\tb", "a   b"),
            ("a\nb", "a⏎b"),
            ("\u{202e}txt.exe", "<U+202E>txt.exe"),
            ("a\u{200b}b", "a<U+200B>b"),
            ("\u{e0041}", "<U+E0041>"),
            ("\u{2028}", "<U+2028>"),
            ("\u{fff9}", "<U+FFF9>"),
            ("\u{feff}", "<U+FEFF>"),
        ] {
            assert_eq!(sanitize(attack), shown);
        }
        let pile = format!("e{}", "\u{301}".repeat(30));
        assert_eq!(sanitize(&pile).chars().count(), 1 + MARKS);
    }

    #[test]
    fn escaped_json_says_the_same() {
        let value = serde_json::json!({"m": "a\u{202e}b\u{9b}c\u{e0041}"});
        let text = serde_json::to_string(&value).unwrap();
        let escaped = escape_json(&text);
        assert!(!escaped.chars().any(is_dangerous), "{escaped}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            value
        );
    }

    proptest! {
        #[test]
        fn a_text_as_json_is_what_the_serializer_writes(text in "\\PC*|.*|[\"\\\\\u{1}-\u{9f}]*") {
            let mut pushed = String::new();
            push_json_text(&text, &mut pushed);
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(pushed, escape_json(&written).into_owned());
        }

        #[test]
        fn nothing_dangerous_ever_passes(text in "\\PC*|.*") {
            prop_assert!(!sanitize(&text).chars().any(is_dangerous));
        }
    }
}
