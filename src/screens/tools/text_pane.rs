//! The text of a result: wrapped into the width of its pane, or moved to the side.

use ratatui::layout::Rect;

use super::text_view::draw_beginning;
use crate::{
    messages::{Action, ListAction, ToolsViewport},
    model::sanitize,
    widgets::{
        DrawnViewport, Painter, Scroll, StyledLine, indentation, line_from, text_width, wrap_line,
    },
};

/// Columns by which a text is moved to the side.
const STEP: usize = 16;

/// Where in a text the window is, and how lines are shown that are wider than it.
#[derive(Clone, Debug, Default)]
pub(super) struct TextPane {
    scroll: Scroll,
    /// Whether lines go on beyond the right edge instead of in the next row.
    is_unwrapped: bool,
    /// Columns that are beyond the left edge.
    shift: usize,
    /// The rows for a width, and how many each line takes. A result of many megabytes is wrapped once.
    wrapped: Option<WrappedText>,
}

/// A text in rows of a width.
#[derive(Clone, Debug)]
struct WrappedText {
    width: u16,
    rows: Vec<StyledLine>,
    /// The first row of each line.
    starts: Vec<usize>,
}

impl WrappedText {
    fn of(lines: &[StyledLine], width: u16) -> Self {
        let (mut rows, mut starts) = (Vec::with_capacity(lines.len()), Vec::new());
        for line in lines {
            starts.push(rows.len());
            let line = spelled_out(line);
            let room = usize::from(width.saturating_sub(1));
            rows.extend(wrap_line(&line, room, indentation(&line)));
        }
        Self {
            width,
            rows,
            starts,
        }
    }
}

impl TextPane {
    /// Goes to the beginning of another text.
    pub(super) fn reset(&mut self) {
        self.scroll.reset();
        self.shift = 0;
        self.wrapped = None;
    }

    /// Records what the last frame showed, and keeps the rows of its width.
    pub(super) fn record(&mut self, lines: &[StyledLine], drawn: &DrawnViewport) {
        self.scroll.record(drawn);
        let width = drawn.area.width;
        let is_known = self.wrapped.as_ref().map(|text| text.width) == Some(width);
        if !self.is_unwrapped && !is_known {
            self.wrapped = Some(WrappedText::of(lines, width));
        }
    }

    /// Wraps long lines, or does not any more; the line at the top stays there.
    pub(super) fn toggle_wrap(&mut self) {
        let top = self.scroll.top();
        let starts = self.wrapped.as_ref().map(|text| &text.starts);
        let to = match starts {
            Some(starts) if self.is_unwrapped => starts.get(top).copied().unwrap_or(0),
            Some(starts) => starts
                .partition_point(|start| *start <= top)
                .saturating_sub(1),
            None => 0,
        };
        self.is_unwrapped = !self.is_unwrapped;
        self.shift = 0;
        self.scroll.go_to(to);
    }

    /// Scrolls, and moves lines to the side that are not wrapped. Returns `false` if the action is no movement.
    pub(super) fn act(&mut self, action: Action, lines: &[StyledLine]) -> bool {
        let is_left = action == Action::List(ListAction::Left);
        if !is_left && action != Action::List(ListAction::Right) {
            return self.scroll.act(action);
        }
        if self.is_unwrapped {
            let width = |line: &StyledLine| line.iter().map(|(text, _)| text_width(text)).sum();
            let widest: usize = lines.iter().map(width).max().unwrap_or(0);
            self.shift = if is_left {
                self.shift.saturating_sub(STEP)
            } else {
                (self.shift + STEP).min(widest.saturating_sub(STEP))
            };
        }
        self.is_unwrapped
    }

    /// Draws the visible part of a text whose lines may be wider than the area.
    pub(super) fn draw(&self, lines: &[StyledLine], area: Rect, painter: &mut Painter<'_>) {
        if self.is_unwrapped {
            let window = self
                .scroll
                .window(ToolsViewport::Text, area, lines.len(), painter);
            let shown = lines.get(window).unwrap_or_default().iter();
            let shown: Vec<StyledLine> = shown
                .map(|line| line_from(&spelled_out(line), self.shift))
                .collect();
            draw_beginning(&shown, area, painter);
            return;
        }
        let known = self.wrapped.as_ref();
        match known.filter(|text| text.width == area.width) {
            Some(text) => self.draw_rows(&text.rows, area, painter),
            None => self.draw_rows(&WrappedText::of(lines, area.width).rows, area, painter),
        }
    }

    /// Draws the visible part of rows that were made for the area.
    pub(super) fn draw_rows(&self, rows: &[StyledLine], area: Rect, painter: &mut Painter<'_>) {
        let window = self
            .scroll
            .window(ToolsViewport::Text, area, rows.len(), painter);
        draw_beginning(rows.get(window).unwrap_or_default(), area, painter);
    }
}

/// Returns a line as it is drawn, which may be wider.
fn spelled_out(line: &StyledLine) -> StyledLine {
    let pieces = line.iter();
    pieces
        .map(|(text, role)| (sanitize(text).into_owned(), *role))
        .collect()
}
