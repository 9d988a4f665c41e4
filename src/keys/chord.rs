//! Key chords and sequences of them, as users write them: `ctrl-p`, `G`, `g g`, `enter`.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key with its modifiers, normalised: `G` and `shift-g` are the same chord.
pub type Chord = KeyCombination;

/// Pairs of crokey's name of a key and ours.
const NAMES: [(&str, &str); 4] = [
    ("pageup", "page-up"),
    ("pagedown", "page-down"),
    ("del", "delete"),
    ("ins", "insert"),
];

/// Parses chords that are separated by spaces.
///
/// # Errors
/// Returns a message that names the part that is no key.
pub fn parse_sequence(text: &str) -> Result<Vec<Chord>, String> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    if parts.is_empty() {
        return Err("an empty key".to_owned());
    }
    parts.into_iter().map(parse_chord).collect()
}

/// Formats a sequence as users write it.
pub fn show_sequence(sequence: &[Chord]) -> String {
    sequence
        .iter()
        .map(|chord| show_chord(*chord))
        .collect::<Vec<_>>()
        .join(" ")
}

fn parse_chord(text: &str) -> Result<Chord, String> {
    let mut characters = text.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        // A single character is itself, even if crokey gives it a meaning (`-`).
        return Ok(KeyCombination::from(KeyEvent::new(
            KeyCode::Char(only),
            KeyModifiers::NONE,
        )));
    }
    let plain = text.trim_matches(['<', '>']).to_ascii_lowercase();
    crokey::parse(&renamed(&plain, |(theirs, ours)| (ours, theirs)))
        .map(KeyCombination::normalized)
        .map_err(|_| format!("{text:?} is no key"))
}

fn show_chord(chord: Chord) -> String {
    if let crokey::OneToThree::One(KeyCode::Char(letter)) = chord.codes
        && (chord.modifiers - KeyModifiers::SHIFT).is_empty()
        && letter != ' '
    {
        return letter.to_string();
    }
    renamed(&chord.to_string().to_ascii_lowercase(), |names| names)
}

/// Replaces the name of the key, which stands after the modifiers, by the other one of a pair of
/// [`NAMES`].
fn renamed(
    text: &str,
    order: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str),
) -> String {
    NAMES
        .iter()
        .map(|names| order(*names))
        .find_map(|(from, to)| {
            let modifiers = text.strip_suffix(from)?;
            let is_whole = modifiers.is_empty() || modifiers.ends_with('-');
            is_whole.then(|| format!("{modifiers}{to}"))
        })
        .unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_as_they_are_written() {
        for text in [
            "q",
            "G",
            "g g",
            "ctrl-p",
            "?",
            "/",
            ":",
            "-",
            "enter",
            "esc",
            "tab",
            "space",
            "page-down",
            "f5",
            "alt-1",
            "delete",
            "ctrl-delete",
            "insert",
            "page-up",
            "ctrl-enter",
            "left",
        ] {
            let sequence = parse_sequence(text).unwrap_or_else(|wrong| panic!("{wrong}"));
            assert_eq!(show_sequence(&sequence), text);
        }
        assert!(parse_sequence("hyper-q").unwrap_err().contains("hyper-q"));
    }

    #[test]
    fn a_key_event_matches_what_was_parsed() {
        let pressed =
            |code, modifiers| KeyCombination::from(KeyEvent::new(code, modifiers)).normalized();
        assert_eq!(
            parse_sequence("G").unwrap(),
            [pressed(KeyCode::Char('G'), KeyModifiers::SHIFT)]
        );
        assert_eq!(
            parse_sequence("G").unwrap()[0].normalized(),
            pressed(KeyCode::Char('G'), KeyModifiers::NONE)
        );
        assert_eq!(
            parse_sequence("ctrl-p").unwrap(),
            [pressed(KeyCode::Char('p'), KeyModifiers::CONTROL)]
        );
        assert_eq!(
            parse_sequence("?").unwrap()[0].normalized(),
            pressed(KeyCode::Char('?'), KeyModifiers::NONE)
        );
    }
}
