//! A cursor in a list, and the window of rows that is visible.

use std::cell::Cell;

use ratatui::layout::Rect;

use crate::messages::{Action, ListAction};

/// The cursor of a list and the rows that were visible when it was last drawn.
#[derive(Clone, Debug, Default)]
pub struct List {
    cursor: usize,
    top: Cell<usize>,
    area: Cell<Rect>,
}

impl List {
    /// Returns the row of the cursor.
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// Moves the cursor to a row.
    pub const fn select(&mut self, row: usize) {
        self.cursor = row;
    }

    /// Moves the cursor. Returns `false` if the action is no movement.
    pub fn act(&mut self, action: Action, length: usize) -> bool {
        let page = usize::from(self.area.get().height).max(2) - 1;
        self.cursor = match action {
            Action::List(ListAction::Up) => self.cursor.saturating_sub(1),
            Action::List(ListAction::Down) => self.cursor + 1,
            Action::List(ListAction::PageUp) => self.cursor.saturating_sub(page),
            Action::List(ListAction::PageDown) => self.cursor + page,
            Action::List(ListAction::Top) => 0,
            Action::List(ListAction::Bottom) => length,
            _ => return false,
        };
        self.clamp(length);
        true
    }

    /// Moves by lines as a pager does: the window scrolls with the cursor until the end.
    pub fn page_along(&mut self, action: Action, length: usize) -> bool {
        let height = usize::from(self.area.get().height);
        let top = self.top.get().min(length.saturating_sub(height));
        let moved = self.act(action, length);
        match action {
            Action::List(ListAction::Up) => self.top.set(top.saturating_sub(1)),
            Action::List(ListAction::Down) => {
                self.top.set((top + 1).min(length.saturating_sub(height)));
            }
            _ => {}
        }
        moved
    }

    /// Moves the cursor to the new row of its line and scrolls, so that the line stays where it is
    /// on the screen.
    pub fn carry(&mut self, row: usize) {
        let top = self.top.get();
        self.top.set((top + row).saturating_sub(self.cursor));
        self.cursor = row;
    }

    /// Keeps the cursor within a list of `length` rows.
    pub fn clamp(&mut self, length: usize) {
        self.cursor = self.cursor.min(length.saturating_sub(1));
    }

    /// Returns the rows that are visible in the area, and remembers them for clicks and paging.
    pub fn window(&self, area: Rect, length: usize) -> std::ops::Range<usize> {
        let height = usize::from(area.height);
        let mut top = self.top.get().min(length.saturating_sub(height));
        if self.cursor < top {
            top = self.cursor;
        } else if height > 0 && self.cursor >= top + height {
            top = self.cursor + 1 - height;
        }
        self.top.set(top);
        self.area.set(area);
        top..(top + height).min(length)
    }

    /// Remembers where the list is drawn, before its rows are known.
    pub fn place(&self, area: Rect) {
        self.area.set(area);
    }

    /// Height of the area in which the list was last drawn.
    pub fn height(&self) -> u16 {
        self.area.get().height
    }

    /// Returns the row at a position of the screen.
    pub fn row_at(&self, column: u16, line: u16) -> Option<usize> {
        let area = self.area.get();
        area.contains((column, line).into())
            .then(|| self.top.get() + usize::from(line - area.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_cursor_and_no_further() {
        let mut list = List::default();
        let area = Rect::new(0, 3, 10, 4);
        assert_eq!(list.window(area, 10), 0..4);
        for _ in 0..4 {
            list.act(Action::List(ListAction::Down), 10);
        }
        assert_eq!((list.cursor(), list.window(area, 10)), (4, 1..5));
        list.act(Action::List(ListAction::Up), 10);
        assert_eq!(list.window(area, 10), 1..5);
        list.act(Action::List(ListAction::Bottom), 10);
        assert_eq!((list.cursor(), list.window(area, 10)), (9, 6..10));
        list.clamp(3);
        assert_eq!((list.cursor(), list.window(area, 3)), (2, 0..3));
        assert_eq!(list.row_at(2, 4), Some(1));
        assert_eq!(list.row_at(2, 9), None);
        assert_eq!(list.window(Rect::ZERO, 0), 0..0);
    }
}
