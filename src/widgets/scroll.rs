//! The scroll position of a text without a cursor.

use ratatui::layout::Rect;

use super::{DrawnViewport, Painter};
use crate::messages::{Action, ListAction, ViewportId};

/// The first visible line of a text, limited by what was visible when it was last drawn.
#[derive(Clone, Debug, Default)]
pub struct Scroll {
    top: usize,
    page: usize,
    last: usize,
}

impl Scroll {
    /// Scrolls. Returns `false` if the action is no movement.
    pub fn act(&mut self, action: Action) -> bool {
        let Action::List(action) = action else {
            return false;
        };
        let page = self.page.max(2) - 1;
        let to = match action {
            ListAction::Up => self.top.saturating_sub(1),
            ListAction::Down => self.top + 1,
            ListAction::PageUp => self.top.saturating_sub(page),
            ListAction::PageDown => self.top + page,
            ListAction::Top => 0,
            ListAction::Bottom => self.last,
            ListAction::Left
            | ListAction::Right
            | ListAction::Open
            | ListAction::Filter
            | ListAction::Sort
            | ListAction::Mark => return false,
        };
        self.top = to.min(self.last);
        true
    }

    /// Scrolls as little as is needed for a line to be visible in a window of `height` lines.
    pub fn show(&mut self, line: usize, height: u16) {
        let first = (line + 1).saturating_sub(usize::from(height));
        self.top = self.top.clamp(first, line);
    }

    /// Returns the first visible line.
    pub const fn top(&self) -> usize {
        self.top
    }

    /// Makes a line the first one that is visible, as far as the text goes on below it.
    pub const fn go_to(&mut self, line: usize) {
        self.top = line;
    }

    /// Scrolls back to the beginning.
    pub const fn reset(&mut self) {
        self.top = 0;
    }

    /// Returns the visible lines of a text of `length` lines in an area, and records them for the next update.
    pub fn window(
        &self,
        id: impl Into<ViewportId>,
        area: Rect,
        length: usize,
        painter: &mut Painter<'_>,
    ) -> std::ops::Range<usize> {
        let lines = self.visible(area.height, length);
        painter.record_viewport(DrawnViewport {
            id: id.into(),
            area,
            top: lines.start,
            length,
        });
        lines
    }

    /// Returns the visible lines of a text of `length` lines in a window of `height` lines.
    pub fn visible(&self, height: u16, length: usize) -> std::ops::Range<usize> {
        let height = usize::from(height);
        let top = self.top.min(length.saturating_sub(height));
        top..(top + height).min(length)
    }

    /// Records what the last frame showed of this text.
    pub fn record(&mut self, drawn: &DrawnViewport) {
        self.top = drawn.top;
        self.page = usize::from(drawn.area.height);
        self.last = drawn.length.saturating_sub(self.page);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the text in a window of this height, and lets it know.
    fn draw(scroll: &mut Scroll, height: u16, length: usize) -> std::ops::Range<usize> {
        let lines = scroll.visible(height, length);
        scroll.record(&DrawnViewport {
            id: ViewportId::Help,
            area: Rect::new(0, 0, 10, height),
            top: lines.start,
            length,
        });
        lines
    }

    #[test]
    fn the_end_is_the_end_and_one_line_up_from_it_is_seen() {
        let mut scroll = Scroll::default();
        assert_eq!(draw(&mut scroll, 4, 10), 0..4);
        for action in [
            Action::List(ListAction::Bottom),
            Action::List(ListAction::Down),
            Action::List(ListAction::PageDown),
        ] {
            assert!(scroll.act(action));
            assert_eq!(draw(&mut scroll, 4, 10), 6..10);
        }
        assert!(scroll.act(Action::List(ListAction::Up)));
        assert_eq!(draw(&mut scroll, 4, 10), 5..9);
        assert_eq!(draw(&mut scroll, 4, 2), 0..2);
        assert!(!scroll.act(Action::List(ListAction::Open)));
    }

    #[test]
    fn a_line_outside_of_the_window_is_scrolled_to_its_nearest_edge() {
        let mut scroll = Scroll::default();
        scroll.show(7, 4);
        assert_eq!(draw(&mut scroll, 4, 10), 4..8);
        scroll.show(5, 4);
        assert_eq!(draw(&mut scroll, 4, 10), 4..8, "it is visible already");
        scroll.show(1, 4);
        assert_eq!(draw(&mut scroll, 4, 10), 1..5);
    }
}
