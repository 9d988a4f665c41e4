//! A canvas of braille characters: two dots across and four down in each cell.

use ratatui::layout::Rect;

use super::Painter;
use crate::theme::Role;

/// Dots across a cell.
const ACROSS: i32 = 2;
/// Dots down a cell.
const DOWN: i32 = 4;
/// The bits of the dots of a cell, by row and column (Unicode, block Braille Patterns).
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
/// Length of the strokes of an arrow head, in dots.
const ARROW: f64 = 4.0;

/// A place on the canvas, in dots from its upper left corner.
pub type Dot = (f64, f64);

/// A canvas that is drawn with dots. Each cell has the role of the dot that was set last.
#[derive(Clone, Debug)]
pub struct BrailleCanvas {
    width: u16,
    height: u16,
    cells: Vec<(u8, Role)>,
}

impl BrailleCanvas {
    /// Creates an empty canvas of a size in cells.
    pub fn new(width: u16, height: u16) -> Self {
        Self {
            width,
            height,
            cells: vec![(0, Role::Text); usize::from(width) * usize::from(height)],
        }
    }

    /// Returns the width and height in dots.
    pub fn size(&self) -> Dot {
        (
            f64::from(i32::from(self.width) * ACROSS),
            f64::from(i32::from(self.height) * DOWN),
        )
    }

    /// Sets a dot; outside of the canvas nothing is set.
    pub fn dot(&mut self, (x, y): Dot, role: Role) {
        let (x, y) = (x.round() as i32, y.round() as i32);
        let is_inside = x >= 0
            && y >= 0
            && x < i32::from(self.width) * ACROSS
            && y < i32::from(self.height) * DOWN;
        if !is_inside {
            return;
        }
        let (row, column) = ((y % DOWN) as usize, (x % ACROSS) as usize);
        let bit = BITS.get(row).and_then(|bits| bits.get(column));
        let at = (y / DOWN) as usize * usize::from(self.width) + (x / ACROSS) as usize;
        if let (Some(bit), Some(cell)) = (bit, self.cells.get_mut(at)) {
            cell.0 |= bit;
            cell.1 = role;
        }
    }

    /// Returns the role of a cell, or `None` if it has no dots.
    pub fn role_at(&self, column: u16, row: u16) -> Option<Role> {
        let at = usize::from(row) * usize::from(self.width) + usize::from(column);
        let cell = self.cells.get(at).filter(|_| column < self.width);
        cell.filter(|(bits, _)| *bits != 0).map(|(_, role)| *role)
    }

    /// Draws a line with a dot at every `step` dots.
    pub fn line(&mut self, from: Dot, to: Dot, step: f64, role: Role) {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let steps = (length / step.max(0.5)).floor() as usize;
        for at in 0..=steps {
            let part = if steps == 0 {
                0.0
            } else {
                at as f64 / steps as f64
            };
            let place = (
                from.0 + (to.0 - from.0) * part,
                from.1 + (to.1 - from.1) * part,
            );
            self.dot(place, role);
        }
    }

    /// Draws a line like [`Self::line`] with an arrow head at its end.
    pub fn arrow(&mut self, from: Dot, to: Dot, step: f64, role: Role) {
        self.line(from, to, step, role);
        let angle = (from.1 - to.1).atan2(from.0 - to.0);
        for turn in [-0.55, 0.55] {
            let (sin, cos) = (angle + turn).sin_cos();
            let end = (to.0 + ARROW * cos, to.1 + ARROW * sin);
            self.line(to, end, 1.0, role);
        }
    }

    /// Draws a filled disc.
    pub fn disc(&mut self, (x, y): Dot, radius: f64, role: Role) {
        let reach = radius.ceil() as i32 + 1;
        for down in -reach..=reach {
            for across in -reach..=reach {
                let distance = f64::from(down).hypot(f64::from(across));
                if distance <= radius + 0.3 {
                    self.dot((x + f64::from(across), y + f64::from(down)), role);
                }
            }
        }
    }

    /// Paints the cells that have dots; others stay as they are.
    pub fn draw(&self, area: Rect, painter: &mut Painter<'_>) {
        for (at, (bits, role)) in self.cells.iter().enumerate() {
            let (row, column) = (
                at / usize::from(self.width.max(1)),
                at % usize::from(self.width.max(1)),
            );
            let letter = char::from_u32(0x2800 + u32::from(*bits)).filter(|_| *bits != 0);
            if let (Some(letter), Ok(row), Ok(column)) =
                (letter, u16::try_from(row), u16::try_from(column))
            {
                let mut text = [0; 4];
                let text = letter.encode_utf8(&mut text);
                painter.text(area.x + column, area.y + row, 1, text, *role);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::theme::Theme;

    fn drawn(canvas: &BrailleCanvas) -> Vec<String> {
        let area = Rect::new(0, 0, canvas.width, canvas.height);
        let mut buffer = Buffer::empty(area);
        canvas.draw(area, &mut Painter::new(&mut buffer, &Theme::plain()));
        area.rows()
            .map(|row| {
                row.columns()
                    .map(|cell| buffer[(cell.x, cell.y)].symbol().to_owned())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn dots_become_the_bits_of_their_cell() {
        let mut canvas = BrailleCanvas::new(2, 1);
        assert_eq!(canvas.size(), (4.0, 4.0));
        canvas.dot((0.0, 0.0), Role::Text);
        canvas.dot((3.0, 3.0), Role::Text);
        canvas.dot((9.0, -2.0), Role::Text);
        assert_eq!(drawn(&canvas), ["⠁⢀"]);
        canvas.line((0.0, 0.0), (3.0, 0.0), 1.0, Role::Text);
        assert_eq!(drawn(&canvas), ["⠉⢉"]);
    }

    #[test]
    fn a_disc_is_round_and_stays_within_the_canvas() {
        let mut canvas = BrailleCanvas::new(4, 2);
        canvas.disc((2.0, 3.0), 2.0, Role::Text);
        assert_eq!(drawn(&canvas), ["⣴⣶⡄ ", "⠙⠛⠁ "]);
        assert_eq!(canvas.role_at(1, 0), Some(Role::Text));
        assert_eq!(canvas.role_at(3, 1), None);
        canvas.disc((0.0, 0.0), 2.0, Role::Accent);
        assert_eq!(canvas.role_at(0, 0), Some(Role::Accent));
        assert_eq!(
            canvas.role_at(3, 0),
            None,
            "nothing comes in at the other side"
        );
        canvas.arrow((-9.0, -9.0), (99.0, 99.0), 1.0, Role::Text);
    }
}
