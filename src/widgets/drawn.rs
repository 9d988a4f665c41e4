//! What a frame showed: views return it instead of writing into the state, and the next update receives it.

use ratatui::layout::Rect;

use super::Picture;
use crate::messages::{ClickTarget, ViewportId};

/// The visible part of a list or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawnViewport {
    /// Which one.
    pub id: ViewportId,
    /// Where it was drawn.
    pub area: Rect,
    /// Its first visible row.
    pub top: usize,
    /// The number of all its rows.
    pub length: usize,
}

/// A place of the window that a click hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClickArea {
    /// The cells.
    pub area: Rect,
    /// What a click on them means.
    pub target: ClickTarget,
}

/// What a frame showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrawnParts {
    /// The visible parts of what scrolls.
    pub viewports: Vec<DrawnViewport>,
    /// The places that a click hits; a later one lies over an earlier one.
    pub clicks: Vec<ClickArea>,
    /// The picture of pixels, in a terminal with graphics.
    pub picture: Option<Box<Picture>>,
}

impl DrawnParts {
    /// Returns what a click hits, if it is more than the row of a list.
    pub fn target_at(&self, column: u16, line: u16) -> Option<ClickTarget> {
        self.clicks
            .iter()
            .rev()
            .find(|click| click.area.contains((column, line).into()))
            .map(|click| click.target)
    }
}
