//! The scroll position of a text without a cursor.

use std::cell::Cell;

use crate::messages::{Action, ListAction};

/// The first visible line of a text, limited by what was visible when it was last drawn.
#[derive(Clone, Debug, Default)]
pub struct Scroll {
    top: Cell<usize>,
    page: Cell<usize>,
    last: Cell<usize>,
}

impl Scroll {
    /// Scrolls. Returns `false` if the action is no movement.
    pub fn act(&mut self, action: Action) -> bool {
        let (top, last) = (self.top.get(), self.last.get());
        let page = self.page.get().max(2) - 1;
        let to = match action {
            Action::List(ListAction::Up) => top.saturating_sub(1),
            Action::List(ListAction::Down) => top + 1,
            Action::List(ListAction::PageUp) => top.saturating_sub(page),
            Action::List(ListAction::PageDown) => top + page,
            Action::List(ListAction::Top) => 0,
            Action::List(ListAction::Bottom) => last,
            _ => return false,
        };
        self.top.set(to.min(last));
        true
    }

    /// Scrolls back to the beginning.
    pub fn reset(&mut self) {
        self.top.set(0);
    }

    /// Returns the visible lines of a text of `length` lines in a window of `height` lines.
    pub fn window(&self, height: usize, length: usize) -> std::ops::Range<usize> {
        let last = length.saturating_sub(height);
        self.last.set(last);
        self.page.set(height);
        self.top.set(self.top.get().min(last));
        self.top.get()..(self.top.get() + height).min(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_the_end_and_one_line_up_from_it_is_seen() {
        let mut scroll = Scroll::default();
        assert_eq!(scroll.window(4, 10), 0..4);
        for action in [
            Action::List(ListAction::Bottom),
            Action::List(ListAction::Down),
            Action::List(ListAction::PageDown),
        ] {
            assert!(scroll.act(action));
            assert_eq!(scroll.window(4, 10), 6..10);
        }
        assert!(scroll.act(Action::List(ListAction::Up)));
        assert_eq!(scroll.window(4, 10), 5..9);
        assert_eq!(scroll.window(4, 2), 0..2);
        assert!(!scroll.act(Action::List(ListAction::Open)));
    }
}
