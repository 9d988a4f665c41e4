//! A one-line text input.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// A one-line text input with its cursor.
#[derive(Clone, Debug, Default)]
pub struct LineInput {
    input: Input,
    /// Whether the whole text is selected: what is typed takes its place.
    is_selected: bool,
}

impl LineInput {
    /// Creates an input that holds `text`, with the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            input: Input::new(text.into()),
            is_selected: false,
        }
    }

    /// Creates an input that holds `text` as a proposal: a letter replaces it, backspace clears it, and a key that moves the cursor
    /// keeps it to be edited.
    pub fn proposed(text: impl Into<String>) -> Self {
        let input = Self::new(text);
        Self {
            is_selected: !input.text().is_empty(),
            ..input
        }
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Returns whether the whole text is selected.
    pub const fn is_selected(&self) -> bool {
        self.is_selected
    }

    /// Returns the column of the cursor.
    pub fn cursor(&self) -> u16 {
        u16::try_from(self.input.visual_cursor()).unwrap_or(u16::MAX)
    }

    /// Returns the text before the cursor, and the text behind it.
    pub fn halves(&self) -> (&str, &str) {
        let text = self.text();
        let letters = text.char_indices().nth(self.input.cursor());
        text.split_at(letters.map_or(text.len(), |(at, _)| at))
    }

    /// Inserts the first line of pasted text.
    pub fn paste(&mut self, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        if self.is_selected && !line.is_empty() {
            *self = Self::default();
        }
        for letter in line.chars() {
            self.input.handle(InputRequest::InsertChar(letter));
        }
    }

    /// Handles a key. Returns `false` if the key means nothing to a line.
    pub fn press(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let request = match key.code {
            KeyCode::Char('a') if control => InputRequest::GoToStart,
            KeyCode::Char('e') if control => InputRequest::GoToEnd,
            KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
            KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
            KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
            KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => {
                return false;
            }
            KeyCode::Char(letter) => InputRequest::InsertChar(letter),
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left if control => InputRequest::GoToPrevWord,
            KeyCode::Right if control => InputRequest::GoToNextWord,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            _ => return false,
        };
        let replaces = matches!(
            key.code,
            KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete
        ) && !matches!(request, InputRequest::GoToStart | InputRequest::GoToEnd);
        if std::mem::take(&mut self.is_selected) && replaces {
            self.input = Input::default();
        }
        self.input.handle(request);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(mut input: LineInput, keys: &[KeyCode]) -> LineInput {
        for key in keys {
            assert!(input.press(KeyEvent::new(*key, KeyModifiers::NONE)));
        }
        input
    }

    #[test]
    fn a_proposal_is_replaced_by_a_letter_cleared_by_backspace_and_edited_after_a_move() {
        let proposed = || LineInput::proposed("MATCH (n)");
        assert!(proposed().is_selected());
        let typed = pressed(proposed(), &[KeyCode::Char('a'), KeyCode::Char('b')]);
        assert_eq!((typed.text(), typed.is_selected()), ("ab", false));
        assert_eq!(pressed(proposed(), &[KeyCode::Backspace]).text(), "");
        let edited = pressed(proposed(), &[KeyCode::End, KeyCode::Char('!')]);
        assert_eq!(edited.text(), "MATCH (n)!");
        let edited = pressed(proposed(), &[KeyCode::Left, KeyCode::Backspace]);
        assert_eq!(edited.text(), "MATCH ()");
        let mut pasted = proposed();
        pasted.paste("all of them\nsecond line");
        assert_eq!(pasted.text(), "all of them");
        assert!(!LineInput::proposed("").is_selected());
    }

    #[test]
    fn the_halves_meet_at_the_cursor() {
        let input = pressed(LineInput::new("añb"), &[KeyCode::Left, KeyCode::Left]);
        assert_eq!(input.halves(), ("a", "ñb"));
        assert_eq!(LineInput::new("añb").halves(), ("añb", ""));
    }
}
