//! A picture for terminals with graphics: shapes that the terminal shows with its own pixels, beside the text of the cells.
//!
//! A view says what is drawn, in the dots of the [braille canvas](super::BrailleCanvas), two across a cell and four down.
//! How many pixels that are is known only where the terminal is written to.

use ratatui::layout::Rect;

use super::Dot;
use crate::theme::Rgb;

/// Length of an arrow head, in dots.
const HEAD: f64 = 2.6;
/// Half of the width of an arrow head at its base, in dots.
const HALF_HEAD: f64 = 1.3;

/// A shape of a picture; lengths are in dots.
#[derive(Clone, Debug, PartialEq)]
pub enum PictureShape {
    /// A straight line.
    Line {
        /// Where it begins.
        from: Dot,
        /// Where it ends.
        to: Dot,
        /// Its width.
        width: f64,
        /// Its colour.
        color: Rgb,
    },
    /// A filled triangle.
    Triangle {
        /// Its corners.
        corners: [Dot; 3],
        /// Its colour.
        color: Rgb,
    },
    /// A filled disc.
    Disc {
        /// Its centre.
        centre: Dot,
        /// Its radius.
        radius: f64,
        /// Its colour.
        color: Rgb,
    },
    /// A circle.
    Ring {
        /// Its centre.
        centre: Dot,
        /// Its radius, up to the middle of its line.
        radius: f64,
        /// The width of its line.
        width: f64,
        /// Its colour.
        color: Rgb,
    },
    /// Cells that are made transparent, counted from the upper left corner of the picture.
    Erased(Rect),
}

/// A picture within the cells of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Its cells.
    pub area: Rect,
    /// The colour that the ground of the window is near to: edges are softened towards it where pixels are opaque.
    pub ground: Rgb,
    /// Its shapes; a later one lies over an earlier one.
    pub shapes: Vec<PictureShape>,
}

impl Picture {
    /// Returns an empty picture.
    pub const fn new(area: Rect, ground: Rgb) -> Self {
        Self {
            area,
            ground,
            shapes: Vec::new(),
        }
    }

    /// Draws a line with an arrow head at its end.
    pub fn arrow(&mut self, from: Dot, to: Dot, width: f64, color: Rgb) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1e-6);
        let (unit_x, unit_y) = (dx / length, dy / length);
        let head = HEAD.min(length);
        let base = (unit_x.mul_add(-head, to.0), unit_y.mul_add(-head, to.1));
        let side = |turn: f64| {
            (
                unit_y.mul_add(-turn * HALF_HEAD, base.0),
                unit_x.mul_add(turn * HALF_HEAD, base.1),
            )
        };
        self.shapes.extend([
            PictureShape::Line {
                from,
                to: base,
                width,
                color,
            },
            PictureShape::Triangle {
                corners: [to, side(1.0), side(-1.0)],
                color,
            },
        ]);
    }

    /// Makes cells of the window transparent: what is drawn there by cells is not crossed by the picture.
    pub fn erase(&mut self, cells: Rect) {
        let cells = cells.intersection(self.area);
        if !cells.is_empty() {
            self.shapes.push(PictureShape::Erased(Rect {
                x: cells.x - self.area.x,
                y: cells.y - self.area.y,
                ..cells
            }));
        }
    }

    /// Gives every shape one colour, as what lies behind a dialog has.
    pub fn tint(&mut self, tone: Rgb) {
        for shape in &mut self.shapes {
            match shape {
                PictureShape::Line { color, .. }
                | PictureShape::Triangle { color, .. }
                | PictureShape::Disc { color, .. }
                | PictureShape::Ring { color, .. } => *color = tone,
                PictureShape::Erased(_) => {}
            }
        }
    }
}
