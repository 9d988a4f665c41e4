//! Lists whose selected row opens in place: calls and patterns.

use std::ops::Range;

use ratatui::layout::Rect;

use super::head::{Spans, draw_spans};
use crate::{
    messages::LogsViewport,
    screens::ScreenUpdate,
    widgets::{List, Painter},
};

/// A list whose selected row opens in place.
pub(super) struct RowList<'a> {
    pub(super) list: &'a List,
    /// Under which name its visible part is recorded.
    pub(super) viewport: LogsViewport,
    /// Number of rows.
    pub(super) length: usize,
    /// Lines below the selected row.
    pub(super) opened: &'a [Spans],
    /// Columns before the opened lines.
    pub(super) indent: u16,
}

/// A row that is to be drawn.
#[derive(Clone, Copy)]
pub(super) struct RowPlace {
    pub(super) index: usize,
    pub(super) y: u16,
    pub(super) is_selected: bool,
}

impl RowList<'_> {
    /// Draws the rows between a line of titles and a line below, and returns those that are shown.
    pub(super) fn draw(
        &self,
        area: Rect,
        painter: &mut Painter<'_>,
        mut draw_row: impl FnMut(RowPlace, &mut Painter<'_>),
    ) -> Range<usize> {
        let extra = u16::try_from(self.opened.len()).unwrap_or(0);
        let body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(2 + extra),
            ..area
        };
        let window = self.list.window(self.viewport, body, self.length, painter);
        let mut y = body.y;
        for index in window.clone() {
            let is_selected = index == self.list.cursor();
            if is_selected {
                let row = Rect {
                    y,
                    height: 1,
                    ..area
                };
                painter.select_row(row, true);
            }
            let place = RowPlace {
                index,
                y,
                is_selected,
            };
            draw_row(place, painter);
            y += 1;
            if is_selected {
                let below = Rect { y, ..area };
                y += draw_opened(self.opened, area.x + self.indent, below, painter);
            }
        }
        window
    }
}

/// Draws the lines of an opened row as a part of it. Returns their number.
fn draw_opened(lines: &[Spans], x: u16, area: Rect, painter: &mut Painter<'_>) -> u16 {
    let mut y = area.y;
    for line in lines {
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        painter.select_row(row, true);
        draw_spans(line, x, y, area.right().saturating_sub(x + 1), painter);
        y += 1;
    }
    y - area.y
}

/// Handles a click into a list of `length` rows; a click on the selected row opens or closes it.
pub(super) fn click_row(
    list: &mut List,
    length: usize,
    is_open: &mut bool,
    (column, line): (u16, u16),
) -> ScreenUpdate {
    match list.row_at(column, line) {
        Some(row) if row < length => {
            *is_open = row == list.cursor() && !*is_open;
            list.select(row);
            ScreenUpdate::done()
        }
        Some(_) | None => ScreenUpdate::ignored(),
    }
}
