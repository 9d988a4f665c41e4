//! The picture on the screen: written when it has changed, and taken away when it is no longer shown.

use std::io::Write;

use ratatui::{backend::WindowSize, buffer::Buffer, layout::Rect};

use super::{GraphicsProtocol, kitty, sixel};
use crate::widgets::Picture;

/// Most pixels of a picture by kitty's protocol. Larger ones are sent smaller: the terminal scales them to their cells.
const MOST_PIXELS: f64 = 2_000_000.0;
/// Width and height in pixels of the largest piece of a sixel picture: the screen of a VT340. A terminal that emulates it does not
/// show larger ones.
const SIXEL_PIECE: (f64, f64) = (800.0, 480.0);
/// Begins an update that the terminal shows at once (mode 2026). Terminals without it ignore it.
const BEGIN_UPDATE: &str = "\x1b[?2026h";
/// Ends such an update.
const END_UPDATE: &str = "\x1b[?2026l";

/// The picture of pixels on a terminal with graphics.
pub struct PictureLayer {
    protocol: GraphicsProtocol,
    /// The same terminal that the cells are written to, so that the order is kept. Its errors are met when the cells are flushed.
    out: Box<dyn Write>,
    shown: Option<Box<Picture>>,
    /// Index of the id that the next image of kitty's protocol has.
    turn: usize,
}

/// What a frame does to the picture.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::runtime) enum PictureChange {
    /// It stays as it is, or there is none.
    Kept,
    /// Another one is shown, or none any more.
    Replaced(Option<Box<Picture>>),
}

impl PictureLayer {
    /// Creates a layer without a picture for a terminal that knows a protocol.
    pub fn new(protocol: GraphicsProtocol, out: Box<dyn Write>) -> Self {
        Self {
            protocol,
            out,
            shown: None,
            turn: 0,
        }
    }

    /// Returns whether a picture is on the screen.
    pub(in crate::runtime) const fn is_shown(&self) -> bool {
        self.shown.is_some()
    }

    /// Returns what the next frame does to the picture, and the cells that must be written whether they have changed or not:
    /// writing a cell is what takes pixels of a sixel picture away.
    pub(in crate::runtime) fn change(
        &self,
        next: Option<Box<Picture>>,
        (shown_cells, next_cells): (&Buffer, &Buffer),
    ) -> (PictureChange, Option<Rect>) {
        let next = next.filter(|picture| !picture.area.is_empty());
        let is_same = self.shown == next;
        let Some(shown) = &self.shown else {
            let change = if is_same {
                PictureChange::Kept
            } else {
                PictureChange::Replaced(next)
            };
            return (change, None);
        };
        match self.protocol {
            GraphicsProtocol::Kitty if is_same => (PictureChange::Kept, None),
            GraphicsProtocol::Kitty => (PictureChange::Replaced(next), None),
            GraphicsProtocol::Sixel => {
                let are_cells_kept = || {
                    let mut places = shown.area.positions();
                    places.all(|place| shown_cells.cell(place) == next_cells.cell(place))
                };
                if is_same && are_cells_kept() {
                    (PictureChange::Kept, None)
                } else {
                    (PictureChange::Replaced(next), Some(shown.area))
                }
            }
        }
    }

    /// Begins an update of cells and picture.
    pub(in crate::runtime) fn begin_update(&mut self) {
        self.write(BEGIN_UPDATE);
    }

    /// Ends the update.
    pub(in crate::runtime) fn end_update(&mut self) {
        self.write(END_UPDATE);
    }

    /// Writes another picture over the cells, or takes the old one away. Returns whether cells with text must be written again.
    pub(in crate::runtime) fn replace(
        &mut self,
        next: Option<Box<Picture>>,
        window: WindowSize,
    ) -> bool {
        let old = self.shown.take();
        // A terminal that does not say how large its cells are shows no picture.
        let next = next.and_then(|picture| Some((cell_pixels(window)?, picture)));
        let covers_text = match self.protocol {
            GraphicsProtocol::Kitty => {
                self.replace_image(
                    old.is_some(),
                    next.as_ref().map(|(cell, own)| (*cell, &**own)),
                );
                false
            }
            GraphicsProtocol::Sixel => {
                if let Some((cell, picture)) = &next {
                    self.write_sixels(picture, *cell);
                }
                next.is_some()
            }
        };
        self.shown = next.map(|(_, picture)| picture);
        covers_text
    }

    fn replace_image(&mut self, has_old: bool, next: Option<((f64, f64), &Picture)>) {
        let old = kitty::IDS.get(1 - self.turn).copied();
        if let Some((cell, picture)) = next
            && let Some(id) = kitty::IDS.get(self.turn)
        {
            let raster = picture.rasterize(scaled_down(cell, picture.area));
            self.write_at(
                (picture.area.x, picture.area.y),
                &kitty::show(&raster, picture.area, *id),
            );
            self.turn = 1 - self.turn;
        }
        if let Some(old) = old.filter(|_| has_old) {
            self.write(&kitty::remove(old));
        }
    }

    /// Writes a picture in pieces of whole cells. Pieces of which nothing is seen are left out.
    fn write_sixels(&mut self, picture: &Picture, cell: (f64, f64)) {
        let raster = picture.rasterize(cell);
        let cells = |pixels: f64, size: f64| ((pixels / size) as u16).max(1);
        let (columns, rows) = (cells(SIXEL_PIECE.0, cell.0), cells(SIXEL_PIECE.1, cell.1));
        let area = picture.area;
        let pixels = |cells: u16, size: f64| (f64::from(cells) * size).round() as usize;
        let place = |x: u16, y: u16| (pixels(x, cell.0), pixels(y, cell.1));
        for y in (0..area.height).step_by(usize::from(rows)) {
            for x in (0..area.width).step_by(usize::from(columns)) {
                let part = raster.part(place(x, y), place(columns, rows));
                if !part.is_empty() {
                    let corner = (area.x + x, area.y + y);
                    self.write_at(corner, &sixel::show(&part, picture.ground));
                }
            }
        }
    }

    /// The terminal was cleared: nothing is shown any more.
    pub(in crate::runtime) fn clear(&mut self) {
        if self.shown.take().is_some() {
            match self.protocol {
                GraphicsProtocol::Kitty => self.write(&kitty::remove_all()),
                GraphicsProtocol::Sixel => {}
            }
        }
    }

    fn write_at(&mut self, (column, row): (u16, u16), sequence: &str) {
        self.write(&format!("\x1b[{};{}H", row + 1, column + 1));
        self.write(sequence);
    }

    fn write(&mut self, sequence: &str) {
        // A terminal that is gone is noticed when the cells are flushed.
        let _ = self.out.write_all(sequence.as_bytes());
    }
}

/// Returns the width and height of a cell in pixels, if the terminal knows them.
fn cell_pixels(window: WindowSize) -> Option<(f64, f64)> {
    let size = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|size| *size > 1);
    let width = size(window.pixels.width, window.columns_rows.width)?;
    let height = size(window.pixels.height, window.columns_rows.height)?;
    Some((f64::from(width), f64::from(height)))
}

/// Returns the size of a cell with which a picture has not too many pixels.
fn scaled_down((width, height): (f64, f64), area: Rect) -> (f64, f64) {
    let pixels = width * height * f64::from(area.area());
    let scale = (MOST_PIXELS / pixels.max(1.0)).sqrt().min(1.0);
    (width * scale, height * scale)
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Size;

    use super::*;

    #[test]
    fn cells_without_a_size_in_pixels_show_no_picture() {
        let size = |width, height| {
            cell_pixels(WindowSize {
                columns_rows: Size::new(120, 36),
                pixels: Size::new(width, height),
            })
        };
        assert_eq!(size(1205, 720), Some((10.0, 20.0)));
        assert_eq!(size(0, 0), None);
        assert_eq!(size(100, 720), None);
    }

    #[test]
    fn a_large_picture_is_sent_smaller() {
        let area = Rect::new(0, 0, 100, 40);
        assert_eq!(scaled_down((10.0, 20.0), area), (10.0, 20.0));
        let (width, height) = scaled_down((40.0, 80.0), area);
        assert!((width * height * 4000.0 - MOST_PIXELS).abs() < 1.0);
        assert!((height / width - 2.0).abs() < 1e-9);
    }
}
