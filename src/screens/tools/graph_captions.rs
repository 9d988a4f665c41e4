//! Captions of a picture: where they stand, so that none overlaps another.

use std::collections::HashSet;

use ratatui::layout::Rect;

use crate::{
    theme::Role,
    widgets::{BrailleCanvas, Dot, Painter, cut, text_width},
};

/// Columns of a caption that has no room whole.
const SHORT: usize = 12;

/// The captions of a picture: none overlaps another, and none crosses a disc or a line if there is a place without.
pub(super) struct Captions<'a> {
    area: Rect,
    canvas: &'a BrailleCanvas,
    taken: HashSet<(u16, u16)>,
    drawn: Vec<Rect>,
}

impl<'a> Captions<'a> {
    /// Captions of a canvas that is painted into an area.
    pub(super) fn new(area: Rect, canvas: &'a BrailleCanvas) -> Self {
        Self {
            area,
            canvas,
            taken: HashSet::new(),
            drawn: Vec::new(),
        }
    }

    /// Returns the cells of the captions.
    pub(super) fn into_drawn(self) -> Vec<Rect> {
        self.drawn
    }

    /// Returns the size of the canvas in dots.
    pub(super) fn size(&self) -> Dot {
        self.canvas.size()
    }

    /// Draws a caption beside a disc: below, above, to the right or to the left of it, moved into the area at its edges. One that has
    /// room nowhere is shortened.
    pub(super) fn draw(
        &mut self,
        text: &str,
        (x, y): Dot,
        radius: f64,
        (role, is_chosen): (Role, bool),
        painter: &mut Painter<'_>,
    ) {
        let texts = [text.to_owned(), cut(text, SHORT)];
        let found = texts.iter().find_map(|text| {
            let width = i32::try_from(text_width(text)).unwrap_or(0);
            Some((text, width, self.place(width, (x, y), radius)?))
        });
        let Some((text, width, (left, top))) = found else {
            return;
        };
        let (Ok(left), Ok(top)) = (u16::try_from(left), u16::try_from(top)) else {
            return;
        };
        let width = u16::try_from(width).unwrap_or(0);
        for column in left.saturating_sub(1)..=left + width {
            self.taken.insert((column, top));
        }
        let place = Rect {
            x: self.area.x + left,
            y: self.area.y + top,
            width,
            height: 1,
        };
        painter.text(place.x, place.y, width, text, role);
        if is_chosen {
            painter.shade(place, Role::Selected);
        }
        self.drawn.push(place);
    }

    /// Returns where a text of this width has room beside a disc, if possible without crossing a line.
    fn place(&self, width: i32, (x, y): Dot, radius: f64) -> Option<(i32, i32)> {
        let (column, row) = ((x / 2.0).floor() as i32, (y / 4.0).floor() as i32);
        let down = ((radius + 2.0) / 4.0).ceil() as i32;
        let across = f64::midpoint(radius, 2.0).ceil() as i32;
        let most = (i32::from(self.area.width) - width).max(0);
        let middle = (column - width / 2).clamp(0, most);
        let candidates = [
            (middle, row + down),
            (middle, row - down),
            (column + across, row),
            (column - across - width, row),
            (middle, row + down + 1),
            (middle, row - down - 1),
        ];
        [true, false].into_iter().find_map(|strictly| {
            let mut places = candidates.into_iter();
            places.find(|place| self.is_free(*place, width, strictly))
        })
    }

    /// Returns whether a text has room there; `strictly`: also without crossing a line.
    fn is_free(&self, (left, top): (i32, i32), width: i32, strictly: bool) -> bool {
        let is_inside = left >= 0
            && top >= 0
            && left + width <= i32::from(self.area.width)
            && top < i32::from(self.area.height);
        is_inside
            && (left..left + width).all(|column| {
                let (Ok(column), Ok(row)) = (u16::try_from(column), u16::try_from(top)) else {
                    return false;
                };
                let role = self.canvas.role_at(column, row);
                let is_line = matches!(role, Some(Role::Low | Role::Accent));
                !self.taken.contains(&(column, row)) && (role.is_none() || (!strictly && is_line))
            })
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::theme::Theme;

    /// Draws captions at these columns of the middle row, and returns the rows as text.
    fn drawn(captions: &[(&str, f64)], width: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, 5);
        let canvas = BrailleCanvas::new(width, 5);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::plain();
        let mut painter = Painter::new(&mut buffer, &theme);
        let mut all = Captions::new(area, &canvas);
        for (text, column) in captions {
            let role = (Role::Text, false);
            all.draw(text, (column * 2.0, 8.0), 2.0, role, &mut painter);
        }
        drop(painter);
        let row = |y| (0..width).map(move |x| (x, y));
        let text = |y| row(y).map(|place| buffer[place].symbol()).collect();
        (0..5).map(text).collect()
    }

    #[test]
    fn a_caption_near_an_edge_is_moved_into_the_area() {
        for column in [0.0, 39.0] {
            let rows = drawn(&[("The Matrix Reloaded", column)], 40).join("\n");
            assert!(rows.contains("The Matrix Reloaded"), "{column}: {rows}");
        }
    }

    #[test]
    fn a_caption_that_is_wider_than_the_area_is_shortened() {
        let rows = drawn(&[("The Matrix Reloaded", 7.0)], 14).join("\n");
        assert!(rows.contains("The Matrix …"), "{rows}");
    }
}
