//! Pixels of a picture: each shape covers a pixel by the distance of the pixel's centre from the shape's edge.

use ratatui::layout::Rect;

use super::{
    Dot,
    picture::{Picture, PictureShape},
};
use crate::theme::Rgb;

/// Steps of the opacity at the edge of a shape: more are not seen, and cost room where pixels are compressed.
const STEPS: f64 = 15.0;
/// Pixels that are looked at together: most of a picture is empty.
const GLANCE: usize = 32;

/// Pixels from the upper left corner on, row by row: red, green, blue and opacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    /// Pixels of a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// The pixels.
    pub pixels: Vec<[u8; 4]>,
}

impl Picture {
    /// Returns the pixels of the picture for cells of this width and height in pixels.
    pub fn rasterize(&self, cell: (f64, f64)) -> Raster {
        let pixels = |cells: u16, size: f64| (f64::from(cells) * size).round() as usize;
        let (width, height) = (
            pixels(self.area.width, cell.0),
            pixels(self.area.height, cell.1),
        );
        let mut raster = Raster {
            width,
            height,
            pixels: vec![[0; 4]; width * height],
        };
        for shape in &self.shapes {
            raster.draw(shape, cell);
        }
        raster
    }
}

impl Raster {
    /// Returns a pixel; `None` outside of the picture.
    pub fn pixel(&self, column: usize, row: usize) -> Option<[u8; 4]> {
        let at = row * self.width + column;
        self.pixels.get(at).filter(|_| column < self.width).copied()
    }

    /// Returns the pixels of a part, from a column and a row on; no more than there are.
    #[must_use]
    pub fn part(&self, (column, row): (usize, usize), (width, height): (usize, usize)) -> Self {
        let width = width.min(self.width.saturating_sub(column));
        let height = height.min(self.height.saturating_sub(row));
        let pixels = (row..row + height).filter_map(|row| {
            let start = row * self.width + column;
            self.pixels.get(start..start + width)
        });
        Self {
            width,
            height,
            pixels: pixels.flatten().copied().collect(),
        }
    }

    /// Returns the pixels that are not transparent, with their index.
    pub fn visible_pixels(&self) -> impl Iterator<Item = (usize, [u8; 4])> {
        let empty = [0; GLANCE * 4];
        let glances = self.pixels.chunks(GLANCE).enumerate();
        let filled = glances.filter(move |(_, pixels)| {
            let bytes = pixels.as_flattened();
            Some(bytes) != empty.get(..bytes.len())
        });
        filled.flat_map(|(glance, pixels)| {
            let indexes = glance * GLANCE..;
            let pixels = indexes.zip(pixels.iter().copied());
            pixels.filter(|(_, [.., opacity])| *opacity > 0)
        })
    }

    /// Returns whether nothing of it is seen.
    pub fn is_empty(&self) -> bool {
        self.visible_pixels().next().is_none()
    }

    fn draw(&mut self, shape: &PictureShape, cell: (f64, f64)) {
        // A dot is the half of a cell across and the fourth part of it down; lengths follow the shorter side.
        let dot = (cell.0 / 2.0, cell.1 / 4.0);
        let unit = dot.0.min(dot.1);
        let place = |(x, y): Dot| ((x + 0.5) * dot.0, (y + 0.5) * dot.1);
        match shape {
            PictureShape::Line {
                from,
                to,
                width,
                color,
            } => self.line(place(*from), place(*to), width * unit, *color),
            PictureShape::Triangle { corners, color } => {
                self.triangle(corners.map(place), *color);
            }
            PictureShape::Disc {
                centre,
                radius,
                color,
            } => {
                let (centre, radius) = (place(*centre), radius * unit);
                self.round(centre, radius, *color, |distance| distance - radius);
            }
            PictureShape::Ring {
                centre,
                radius,
                width,
                color,
            } => {
                let (centre, radius, half) = (place(*centre), radius * unit, width * unit / 2.0);
                self.round(centre, radius + half, *color, |distance| {
                    (distance - radius).abs() - half
                });
            }
            PictureShape::Erased(cells) => self.erase(*cells, cell),
        }
    }

    /// Draws a line with round ends. In each row only the pixels near the line are looked at.
    fn line(&mut self, from: Dot, to: Dot, width: f64, color: Rgb) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let square = dx.mul_add(dx, dy * dy).max(1e-9);
        let half = width / 2.0;
        let reach = half + 1.0;
        let (top, bottom) = (from.1.min(to.1) - reach, from.1.max(to.1) + reach);
        for row in rows(top, bottom, self.height) {
            let y = row as f64 + 0.5;
            let (one, other) = parts_between(from.1, dy, (y - reach, y + reach));
            let ends = (dx.mul_add(one, from.0), dx.mul_add(other, from.0));
            let (left, right) = (ends.0.min(ends.1) - reach, ends.0.max(ends.1) + reach);
            self.cover_row(row, (left, right), color, |x| {
                let along = ((x - from.0) * dx + (y - from.1) * dy) / square;
                let along = along.clamp(0.0, 1.0);
                let (off_x, off_y) = (x - dx.mul_add(along, from.0), y - dy.mul_add(along, from.1));
                off_x.hypot(off_y) - half
            });
        }
    }

    /// Draws a triangle: a pixel lies in it if it lies behind every side.
    fn triangle(&mut self, corners: [Dot; 3], color: Rgb) {
        let [one, two, three] = corners;
        let turn = (two.0 - one.0) * (three.1 - one.1) - (two.1 - one.1) * (three.0 - one.0);
        let sides = [(one, two), (two, three), (three, one)].map(|(from, to)| {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = dx.hypot(dy).max(1e-9) * turn.signum();
            (from, (dy / length, -dx / length))
        });
        let span = |pick: fn(Dot) -> f64| {
            let values = corners.map(pick);
            let least = values.into_iter().fold(f64::INFINITY, f64::min);
            let most = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
            (least - 1.0, most + 1.0)
        };
        let (across, down) = (span(|corner| corner.0), span(|corner| corner.1));
        for row in rows(down.0, down.1, self.height) {
            let y = row as f64 + 0.5;
            self.cover_row(row, across, color, |x| {
                sides
                    .iter()
                    .map(|(from, normal)| (x - from.0) * normal.0 + (y - from.1) * normal.1)
                    .fold(f64::NEG_INFINITY, f64::max)
            });
        }
    }

    /// Draws what depends on the distance from a centre only.
    fn round(&mut self, centre: Dot, reach: f64, color: Rgb, edge: impl Fn(f64) -> f64) {
        let reach = reach + 1.0;
        for row in rows(centre.1 - reach, centre.1 + reach, self.height) {
            let off = row as f64 + 0.5 - centre.1;
            let across = (centre.0 - reach, centre.0 + reach);
            self.cover_row(row, across, color, |x| edge((x - centre.0).hypot(off)));
        }
    }

    /// Covers pixels of a row by a colour. `edge` returns the distance of a place from the edge of the shape, negative within.
    fn cover_row(
        &mut self,
        row: usize,
        (left, right): (f64, f64),
        color: Rgb,
        edge: impl Fn(f64) -> f64,
    ) {
        for column in rows(left, right, self.width) {
            let coverage = (0.5 - edge(column as f64 + 0.5)).clamp(0.0, 1.0);
            let coverage = (coverage * STEPS).round() / STEPS;
            if coverage > 0.0
                && let Some(pixel) = self.pixels.get_mut(row * self.width + column)
            {
                *pixel = blend(*pixel, color, coverage);
            }
        }
    }

    fn erase(&mut self, cells: Rect, cell: (f64, f64)) {
        let edge = |at: u16, size: f64| f64::from(at) * size;
        let across = (edge(cells.x, cell.0), edge(cells.right(), cell.0));
        for row in rows(
            edge(cells.y, cell.1),
            edge(cells.bottom(), cell.1),
            self.height,
        ) {
            for column in rows(across.0, across.1, self.width) {
                if let Some(pixel) = self.pixels.get_mut(row * self.width + column) {
                    *pixel = [0; 4];
                }
            }
        }
    }
}

/// Returns the rows or columns from one place to another that there are.
fn rows(from: f64, to: f64, count: usize) -> std::ops::Range<usize> {
    let within = |at: f64| at.clamp(0.0, count as f64) as usize;
    within(from.floor())..within(to.ceil())
}

/// Returns which parts of a line, from 0 to 1, lie at two heights; both ends for a level line.
fn parts_between(from: f64, dy: f64, (top, bottom): (f64, f64)) -> (f64, f64) {
    if dy.abs() < 1e-9 {
        return (0.0, 1.0);
    }
    let part = |at: f64| ((at - from) / dy).clamp(0.0, 1.0);
    (part(top), part(bottom))
}

/// Lays a colour over a pixel.
fn blend(below: [u8; 4], color: Rgb, coverage: f64) -> [u8; 4] {
    let [red, green, blue, opacity] = below;
    let kept = f64::from(opacity) / 255.0 * (1.0 - coverage);
    let sum = coverage + kept;
    let mix = |own: u8, below: u8| {
        let mixed = f64::from(own) * coverage + f64::from(below) * kept;
        (mixed / sum).round() as u8
    };
    let [own_red, own_green, own_blue] = color;
    [
        mix(own_red, red),
        mix(own_green, green),
        mix(own_blue, blue),
        (sum * 255.0).round() as u8,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgb = [255, 0, 0];
    const BLUE: Rgb = [0, 0, 255];
    /// Cells of 8 by 16 pixels: a dot is 4 by 4 pixels.
    const CELL: (f64, f64) = (8.0, 16.0);

    fn picture(shapes: Vec<PictureShape>) -> Picture {
        Picture {
            area: Rect::new(3, 2, 10, 5),
            ground: [0; 3],
            shapes,
        }
    }

    fn disc(centre: Dot, radius: f64, color: Rgb) -> PictureShape {
        PictureShape::Disc {
            centre,
            radius,
            color,
        }
    }

    #[test]
    fn a_disc_is_full_within_soft_at_its_edge_and_transparent_outside() {
        // The centre of the dot (4, 4) is the pixel (18, 18); the radius is 10 pixels.
        let raster = picture(vec![disc((4.0, 4.0), 2.5, RED)]).rasterize(CELL);
        assert_eq!((raster.width, raster.height), (80, 80));
        assert_eq!(raster.pixels.len(), 80 * 80);
        for (column, row) in [(18, 18), (10, 18), (18, 26), (24, 24)] {
            assert_eq!(raster.pixel(column, row), Some([255, 0, 0, 255]));
        }
        for (column, row) in [(0, 0), (29, 18), (18, 6), (27, 27)] {
            assert_eq!(raster.pixel(column, row), Some([0; 4]));
        }
        let edge = raster.pixel(24, 25).unwrap();
        assert!(edge[3] > 0 && edge[3] < 255, "{edge:?}");
        let opacity: f64 = raster
            .pixels
            .iter()
            .map(|pixel| f64::from(pixel[3]) / 255.0)
            .sum();
        assert!(
            (opacity - std::f64::consts::PI * 100.0).abs() < 2.0,
            "{opacity}"
        );
    }

    #[test]
    fn a_line_has_its_width_in_every_direction() {
        let ends = [
            ((1.0, 1.0), (17.0, 1.0)),
            ((1.0, 1.0), (1.0, 17.0)),
            ((1.0, 1.0), (16.0, 13.0)),
            ((16.0, 2.0), (3.0, 17.0)),
        ];
        for (from, to) in ends {
            let line = PictureShape::Line {
                from,
                to,
                width: 0.5,
                color: RED,
            };
            let raster = picture(vec![line]).rasterize(CELL);
            let opacity: f64 = raster
                .pixels
                .iter()
                .map(|pixel| f64::from(pixel[3]) / 255.0)
                .sum();
            let length = (to.0 - from.0).hypot(to.1 - from.1) * 4.0;
            // Width 2 pixels, and two half discs at the ends.
            let expected = length * 2.0 + std::f64::consts::PI;
            assert!(
                (opacity - expected).abs() < 4.0,
                "{from:?} {to:?}: {opacity}, {expected}"
            );
        }
    }

    #[test]
    fn an_arrow_has_its_head_at_the_end_whichever_way_it_points() {
        for (from, to) in [((2.0, 9.0), (17.0, 9.0)), ((17.0, 9.0), (2.0, 9.0))] {
            let mut arrow = picture(Vec::new());
            arrow.arrow(from, to, 0.25, RED);
            let raster = arrow.rasterize(CELL);
            let height = |column: usize| {
                (0..raster.height)
                    .filter(|row| {
                        raster
                            .pixel(column, *row)
                            .is_some_and(|pixel| pixel[3] > 127)
                    })
                    .count()
            };
            let column = |x: f64| ((x + 0.5) * 4.0) as usize;
            let back = (from.0 - to.0).signum();
            let base = column(to.0 + back * 2.4);
            assert!(height(base) >= 8, "{}", height(base));
            assert!(height(column(to.0 + back * 0.8)) < height(base));
            assert!((1..=2).contains(&height(column(9.0))));
        }
    }

    #[test]
    fn a_later_shape_lies_over_an_earlier_one_and_erased_cells_are_transparent() {
        let ring = PictureShape::Ring {
            centre: (10.0, 10.0),
            radius: 4.0,
            width: 0.5,
            color: RED,
        };
        let mut picture = picture(vec![
            ring,
            disc((10.0, 10.0), 2.0, RED),
            disc((10.0, 10.0), 1.0, BLUE),
        ]);
        let raster = picture.rasterize(CELL);
        assert_eq!(raster.pixel(42, 42), Some([0, 0, 255, 255]));
        assert_eq!(raster.pixel(42, 36), Some([255, 0, 0, 255]));
        assert_eq!(raster.pixel(42, 31), Some([0; 4]), "between disc and ring");
        assert_eq!(raster.pixel(42, 26), Some([255, 0, 0, 255]), "the ring");
        // The cell of the window at (8, 4) is the cell (5, 2) of the picture.
        picture.erase(Rect::new(8, 4, 1, 1));
        let raster = picture.rasterize(CELL);
        assert_eq!(raster.pixel(42, 42), Some([0; 4]));
        assert_eq!(raster.pixel(36, 42), Some([255, 0, 0, 255]));
        picture.tint([7, 8, 9]);
        assert_eq!(picture.rasterize(CELL).pixel(36, 42), Some([7, 8, 9, 255]));
    }

    #[test]
    fn a_part_has_the_pixels_of_its_place() {
        let raster = picture(vec![disc((4.0, 4.0), 2.5, RED)]).rasterize(CELL);
        let part = raster.part((16, 10), (70, 30));
        assert_eq!((part.width, part.height), (64, 30));
        assert_eq!(part.pixels.len(), 64 * 30);
        for (column, row) in [(2, 8), (8, 15), (40, 20)] {
            let there = raster.pixel(column + 16, row + 10);
            assert_eq!(part.pixel(column, row), there);
        }
        assert!(!part.is_empty());
        let visible: Vec<(usize, [u8; 4])> = part.visible_pixels().collect();
        let all = part.pixels.iter().copied().enumerate();
        assert_eq!(
            visible,
            all.filter(|(_, pixel)| pixel[3] > 0).collect::<Vec<_>>()
        );
        assert!(raster.part((40, 40), (40, 40)).is_empty());
        assert!(raster.part((90, 90), (5, 5)).pixels.is_empty());
    }

    #[test]
    fn shapes_outside_of_the_picture_are_cut() {
        let mut picture = picture(vec![
            disc((-3.0, 900.0), 5.0, RED),
            disc((0.0, 0.0), 3.0, RED),
        ]);
        picture.arrow((-50.0, -50.0), (500.0, 500.0), 1.0, RED);
        picture.erase(Rect::new(0, 0, 2, 2));
        let raster = picture.rasterize((9.3, 17.8));
        assert_eq!((raster.width, raster.height), (93, 89));
        assert_eq!(raster.pixel(0, 0), Some([255, 0, 0, 255]));
        assert_eq!(raster.pixel(93, 0), None);
    }
}
