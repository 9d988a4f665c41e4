//! A cursor in a list, and the window of rows that is visible.

use ratatui::layout::Rect;

use super::{DrawnViewport, Painter};
use crate::messages::{Action, ListAction, ViewportId};

/// The cursor of a list and the rows that were visible when it was last drawn.
#[derive(Clone, Debug, Default)]
pub struct List {
    cursor: usize,
    top: usize,
    area: Rect,
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
        let Action::List(action) = action else {
            return false;
        };
        let page = usize::from(self.area.height).max(2) - 1;
        self.cursor = match action {
            ListAction::Up => self.cursor.saturating_sub(1),
            ListAction::Down => self.cursor + 1,
            ListAction::PageUp => self.cursor.saturating_sub(page),
            ListAction::PageDown => self.cursor + page,
            ListAction::Top => 0,
            ListAction::Bottom => length,
            ListAction::Left
            | ListAction::Right
            | ListAction::Open
            | ListAction::Filter
            | ListAction::Sort
            | ListAction::Mark => return false,
        };
        self.clamp(length);
        true
    }

    /// Moves by lines as a pager does: the window scrolls with the cursor until the end.
    pub fn page_along(&mut self, action: Action, length: usize) -> bool {
        let last = length.saturating_sub(usize::from(self.area.height));
        let top = self.top.min(last);
        let moved = self.act(action, length);
        if action == Action::List(ListAction::Up) {
            self.top = top.saturating_sub(1);
        } else if action == Action::List(ListAction::Down) {
            self.top = (top + 1).min(last);
        }
        moved
    }

    /// Moves the cursor to the new row of its line and scrolls, so that the line stays where it is
    /// on the screen.
    pub fn carry(&mut self, row: usize) {
        self.top = (self.top + row).saturating_sub(self.cursor);
        self.cursor = row;
    }

    /// Keeps the cursor within a list of `length` rows.
    pub fn clamp(&mut self, length: usize) {
        self.cursor = self.cursor.min(length.saturating_sub(1));
    }

    /// Returns the rows that are visible in the area, and records them for the next update.
    pub fn window(
        &self,
        id: impl Into<ViewportId>,
        area: Rect,
        length: usize,
        painter: &mut Painter<'_>,
    ) -> std::ops::Range<usize> {
        let rows = self.visible(area.height, length);
        painter.record_viewport(DrawnViewport {
            id: id.into(),
            area,
            top: rows.start,
            length,
        });
        rows
    }

    /// Returns the rows that are visible in a window of this height.
    pub fn visible(&self, height: u16, length: usize) -> std::ops::Range<usize> {
        let height = usize::from(height);
        let mut top = self.top.min(length.saturating_sub(height));
        if self.cursor < top {
            top = self.cursor;
        } else if height > 0 && self.cursor >= top + height {
            top = self.cursor + 1 - height;
        }
        top..(top + height).min(length)
    }

    /// Records what the last frame showed of this list, for paging and clicks.
    pub const fn record(&mut self, drawn: &DrawnViewport) {
        self.top = drawn.top;
        self.area = drawn.area;
    }

    /// Height of the area in which the list was last drawn.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// Width of the area in which the list was last drawn.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Returns the row at a position of the screen.
    pub fn row_at(&self, column: u16, line: u16) -> Option<usize> {
        let area = self.area;
        area.contains((column, line).into())
            .then(|| self.top + usize::from(line - area.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the list, and lets it know.
    fn draw(list: &mut List, area: Rect, length: usize) -> std::ops::Range<usize> {
        let rows = list.visible(area.height, length);
        list.record(&DrawnViewport {
            id: ViewportId::Activity,
            area,
            top: rows.start,
            length,
        });
        rows
    }

    #[test]
    fn the_window_follows_the_cursor_and_no_further() {
        let mut list = List::default();
        let area = Rect::new(0, 3, 10, 4);
        assert_eq!(draw(&mut list, area, 10), 0..4);
        for _ in 0..4 {
            list.act(Action::List(ListAction::Down), 10);
        }
        assert_eq!((list.cursor(), draw(&mut list, area, 10)), (4, 1..5));
        list.act(Action::List(ListAction::Up), 10);
        assert_eq!(draw(&mut list, area, 10), 1..5);
        list.act(Action::List(ListAction::Bottom), 10);
        assert_eq!((list.cursor(), draw(&mut list, area, 10)), (9, 6..10));
        list.clamp(3);
        assert_eq!((list.cursor(), draw(&mut list, area, 3)), (2, 0..3));
        assert_eq!(list.row_at(2, 4), Some(1));
        assert_eq!(list.row_at(2, 9), None);
        assert_eq!(draw(&mut list, Rect::ZERO, 0), 0..0);
    }
}
