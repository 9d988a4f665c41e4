//! Captions of a picture: where they stand, so that none overlaps another.

use std::collections::HashSet;

use ratatui::layout::Rect;

use crate::{
    theme::Role,
    widgets::{BrailleCanvas, Dot, Painter, text_width},
};

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

    /// Draws a caption beside a disc: below, above, to the right or to the left of it.
    pub(super) fn draw(
        &mut self,
        text: &str,
        (x, y): Dot,
        radius: f64,
        (role, is_chosen): (Role, bool),
        painter: &mut Painter<'_>,
    ) {
        let width = i32::try_from(text_width(text)).unwrap_or(0);
        let (column, row) = ((x / 2.0).floor() as i32, (y / 4.0).floor() as i32);
        let down = ((radius + 2.0) / 4.0).ceil() as i32;
        let across = f64::midpoint(radius, 2.0).ceil() as i32;
        let candidates = [
            (column - width / 2, row + down),
            (column - width / 2, row - down),
            (column + across, row),
            (column - across - width, row),
            (column - width / 2, row + down + 1),
            (column - width / 2, row - down - 1),
        ];
        let free = candidates
            .iter()
            .find(|place| self.is_free(**place, width, true))
            .or_else(|| {
                candidates
                    .iter()
                    .find(|place| self.is_free(**place, width, false))
            });
        let Some((left, top)) = free else { return };
        let (Ok(left), Ok(top)) = (u16::try_from(*left), u16::try_from(*top)) else {
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
