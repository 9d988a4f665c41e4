//! The picture on the terminal: two buffers of which only the difference is written, and rows that have moved are scrolled.
//!
//! A list that moves by a line changes nearly every cell. A terminal can move the rows itself (DECSTBM, SU, SD): then only the
//! new row is written, which matters over a slow connection.
//!
//! A terminal with graphics has a picture of pixels besides the cells, see [`PictureLayer`].

use std::{hash::BuildHasher as _, ops::Range};

use foldhash::fast::FixedState;
use ratatui::{
    backend::Backend,
    buffer::{Buffer, Cell},
    layout::{Position, Rect},
    style::{Color, Modifier},
};

use super::graphics::{PictureChange, PictureLayer};
use crate::widgets::{Picture, text_width};

/// Rows that a scroll must save at least.
const LEAST_SAVED: usize = 4;
/// Cells at the end of a row that an erasure must save at least.
const LEAST_ERASED: usize = 12;
/// Erases from the cursor to the end of its row (EL).
const ERASE_ROW_END: &str = "\u{1b}[K";

/// The picture on a terminal.
pub struct Canvas<B: Backend> {
    backend: B,
    shown: Buffer,
    next: Buffer,
    /// A hash of each row that is shown. Equal hashes only propose a scroll: what is written is found by the cells.
    rows: Vec<u64>,
    /// The pictures of a terminal with graphics.
    pictures: Option<PictureLayer>,
}

/// Rows that have moved: those of `rows` in the next picture stand `by` rows further down in the one that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MovedRows {
    rows: Range<usize>,
    by: isize,
}

impl<B: Backend> Canvas<B> {
    /// Returns an empty picture of the terminal's size.
    ///
    /// # Errors
    /// Returns the error of the terminal.
    pub fn new(backend: B) -> Result<Self, B::Error> {
        let area = Rect::from((Position::ORIGIN, backend.size()?));
        Ok(Self {
            backend,
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            rows: Vec::new(),
            pictures: None,
        })
    }

    /// Lets the terminal show pictures with its own pixels.
    #[must_use]
    pub fn with_pictures(self, pictures: Option<PictureLayer>) -> Self {
        Self { pictures, ..self }
    }

    /// Draws a frame: `paint` fills an empty buffer and returns the picture of pixels, if there is one.
    ///
    /// # Errors
    /// Returns the error of the terminal.
    pub fn draw(
        &mut self,
        paint: impl FnOnce(&mut Buffer) -> Option<Box<Picture>>,
    ) -> Result<(), B::Error> {
        let area = Rect::from((Position::ORIGIN, self.backend.size()?));
        if area != self.shown.area {
            self.next.resize(area);
            self.shown.resize(area);
            self.clear()?;
        }
        self.next.reset();
        let picture = paint(&mut self.next);
        let change = self.begin_change(picture);
        let rows = row_hashes(&self.next);
        // A scroll would move the pixels too.
        let has_picture = self.pictures.as_ref().is_some_and(PictureLayer::is_shown);
        if !has_picture && let Some(moved) = moved_rows(&self.rows, &rows) {
            self.scroll(&moved)?;
        }
        let emptied = if has_picture {
            Vec::new()
        } else {
            self.emptied_row_ends()
        };
        self.rows = rows;
        // An erasure is written as a letter is, since the backend writes whatever is ready whenever it erases by itself.
        let erasure = Cell::new(ERASE_ROW_END);
        let erasures = emptied.iter().map(|place| (place.x, place.y, &erasure));
        self.backend
            .draw(self.shown.diff_iter(&self.next).chain(erasures))?;
        if let PictureChange::Replaced(picture) = change {
            self.end_change(picture)?;
        }
        self.backend.hide_cursor()?;
        std::mem::swap(&mut self.shown, &mut self.next);
        self.backend.flush()
    }

    /// Returns the places from which on rows become empty: an erasure there takes a few bytes instead of a blank for each cell. Only
    /// cells of the terminal's own ground are erased: not every terminal erases with another one.
    fn emptied_row_ends(&mut self) -> Vec<Position> {
        let width = usize::from(self.shown.area.width).max(1);
        let next_rows = self.next.content.chunks(width);
        let shown_rows = self.shown.content.chunks_mut(width);
        let mut places = Vec::new();
        for (row, (next, shown)) in next_rows.zip(shown_rows).enumerate() {
            let end = end_of_text(next);
            let (Some(shown), Some(next)) = (shown.get_mut(end..), next.get(end..)) else {
                continue;
            };
            if shown.iter().filter(|cell| is_visible(cell)).count() >= LEAST_ERASED {
                shown.clone_from_slice(next);
                places.push(Position::new(end as u16, row as u16));
            }
        }
        places
    }

    /// Finds out what the next frame does to the picture; if it does something, begins the update of the terminal.
    fn begin_change(&mut self, picture: Option<Box<Picture>>) -> PictureChange {
        let Some(pictures) = &mut self.pictures else {
            return PictureChange::Kept;
        };
        let (change, rewritten) = pictures.change(picture, (&self.shown, &self.next));
        if change != PictureChange::Kept {
            pictures.begin_update();
        }
        for place in rewritten.into_iter().flat_map(Rect::positions) {
            if let Some(cell) = self.shown.cell_mut(place) {
                *cell = unlike_every_cell();
            }
        }
        change
    }

    /// Writes the picture over the cells, and what it must not cover again.
    fn end_change(&mut self, picture: Option<Box<Picture>>) -> Result<(), B::Error> {
        let Some(pictures) = &mut self.pictures else {
            return Ok(());
        };
        let area = picture.as_ref().map(|picture| picture.area);
        let window = self.backend.window_size()?;
        let covers_text = pictures.replace(picture, window);
        if let Some(area) = area.filter(|_| covers_text) {
            let mut without_text = self.next.clone();
            for place in area.positions() {
                if let Some(cell) = without_text.cell_mut(place) {
                    cell.reset();
                }
            }
            let cells = without_text.diff_iter(&self.next);
            self.backend
                .draw(cells.filter(|(_, _, cell)| is_visible(cell)))?;
        }
        pictures.end_update();
        Ok(())
    }

    /// Clears the terminal: the next picture is written whole.
    ///
    /// # Errors
    /// Returns the error of the terminal.
    pub fn clear(&mut self) -> Result<(), B::Error> {
        self.backend.clear()?;
        self.shown.reset();
        self.rows.clear();
        if let Some(pictures) = &mut self.pictures {
            pictures.clear();
        }
        Ok(())
    }

    /// Lets the terminal move rows, and does the same with what is shown.
    fn scroll(&mut self, moved: &MovedRows) -> Result<(), B::Error> {
        let count = moved.by.unsigned_abs();
        let region = if moved.by > 0 {
            moved.rows.start..moved.rows.end + count
        } else {
            moved.rows.start - count..moved.rows.end
        };
        let width = usize::from(self.shown.area.width);
        let cells = region.start * width..region.end * width;
        let Some(band) = self.shown.content.get_mut(cells) else {
            return Ok(());
        };
        let vacated = count * width;
        let rows = region.start as u16..region.end as u16;
        if moved.by > 0 {
            self.backend.scroll_region_up(rows, count as u16)?;
            band.rotate_left(vacated);
            let kept = band.len() - vacated;
            band.iter_mut().skip(kept).for_each(Cell::reset);
        } else {
            self.backend.scroll_region_down(rows, count as u16)?;
            band.rotate_right(vacated);
            band.iter_mut().take(vacated).for_each(Cell::reset);
        }
        Ok(())
    }
}

/// Returns a cell that no frame has, so that whatever stands in its place is written.
fn unlike_every_cell() -> Cell {
    let mut cell = Cell::new("\u{f8ff}");
    cell.modifier = Modifier::HIDDEN | Modifier::RAPID_BLINK | Modifier::CROSSED_OUT;
    cell
}

/// Returns whether a cell shows anything: a letter, a ground, or a line. One that does not leaves the pixels in its place.
fn is_visible(cell: &Cell) -> bool {
    let lines = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    cell.symbol() != " " || cell.bg != Color::Reset || cell.modifier.intersects(lines)
}

/// Returns the column after the last cell of a row that shows anything.
fn end_of_text(row: &[Cell]) -> usize {
    let last = row.iter().rposition(is_visible);
    last.map_or(0, |last| {
        let width = row.get(last).map_or(1, |cell| text_width(cell.symbol()));
        last + width.max(1)
    })
}

/// Returns a hash of each row.
fn row_hashes(buffer: &Buffer) -> Vec<u64> {
    let width = usize::from(buffer.area.width).max(1);
    let hasher = FixedState::default();
    let rows = buffer.content.chunks(width);
    rows.map(|row| hasher.hash_one(row)).collect()
}

/// Returns the rows that have moved, if a scroll saves enough of them. The distance is looked for by the first, the middle and
/// the last row that have changed: one of them was on the screen before if rows have moved at all.
fn moved_rows(old: &[u64], new: &[u64]) -> Option<MovedRows> {
    if old.len() != new.len() {
        return None;
    }
    let changed: Vec<usize> = (0..new.len())
        .filter(|row| old.get(*row) != new.get(*row))
        .collect();
    if changed.len() < LEAST_SAVED {
        return None;
    }
    let marks = [
        changed.first(),
        changed.get(changed.len() / 2),
        changed.last(),
    ];
    let distances = marks.into_iter().flatten().flat_map(|mark| {
        let stood = (0..old.len()).filter(|row| old.get(*row) == new.get(*mark));
        stood.map(|row| row as isize - *mark as isize)
    });
    distances
        .filter_map(|by| saved_by(old, new, by))
        .max_by_key(|(saved, _)| *saved)
        .map(|(_, moved)| moved)
}

/// Returns how many rows need not be written if the terminal moves rows by this distance, and which rows it would move: from the
/// first to the last that have changed and stood there. `None` if it saves too little.
fn saved_by(old: &[u64], new: &[u64], by: isize) -> Option<(usize, MovedRows)> {
    let stood = |row: usize| row.checked_add_signed(by).and_then(|row| old.get(row));
    let is_saved = |row: &usize| {
        let now = new.get(*row);
        now == stood(*row) && now != old.get(*row)
    };
    let first = (0..new.len()).find(is_saved)?;
    let last = (first..new.len()).rev().find(is_saved)?;
    let rows = first..last + 1;
    let saved = rows.clone().filter(is_saved).count();
    // What did not change and lies within the region is moved away, and written again.
    let region = if by > 0 {
        first..rows.end.checked_add_signed(by)?
    } else {
        first.checked_add_signed(by)?..rows.end
    };
    let is_lost = |row: &usize| {
        let now = new.get(*row);
        now == old.get(*row) && (!rows.contains(row) || now != stood(*row))
    };
    let saved = saved.checked_sub(region.filter(is_lost).count())?;
    (saved >= LEAST_SAVED).then_some((saved, MovedRows { rows, by }))
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, io, num::NonZero, ops::Range, rc::Rc};

    use ratatui::{
        backend::{ClearType, CrosstermBackend, WindowSize},
        layout::Size,
        style::Style,
    };

    use super::*;
    use crate::{
        runtime::graphics::{self, GraphicsProtocol},
        widgets::PictureShape,
    };

    /// What was written.
    #[derive(Clone, Default)]
    struct Written(Rc<RefCell<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn disc(area: Rect, radius: f64) -> Picture {
        let mut picture = Picture::new(area, [0; 3]);
        picture.shapes.push(PictureShape::Disc {
            centre: (6.0, 6.0),
            radius,
            color: [200, 100, 50],
        });
        picture
    }

    /// The first place of a text in what was written.
    #[track_caller]
    fn place(written: &str, text: &str) -> usize {
        let found = written.find(text);
        found.unwrap_or_else(|| panic!("{text:?} is not in {written:?}"))
    }

    fn length(number: u16) -> NonZero<u16> {
        NonZero::new(number).unwrap()
    }

    /// A terminal of a fixed size that keeps what is written.
    struct Recorder {
        inner: CrosstermBackend<Written>,
        size: Size,
        pixels: Size,
    }

    impl Backend for Recorder {
        type Error = io::Error;

        fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(
            &mut self,
            cells: I,
        ) -> io::Result<()> {
            self.inner.draw(cells)
        }

        fn hide_cursor(&mut self) -> io::Result<()> {
            self.inner.hide_cursor()
        }

        fn show_cursor(&mut self) -> io::Result<()> {
            self.inner.show_cursor()
        }

        fn get_cursor_position(&mut self) -> io::Result<Position> {
            Ok(Position::ORIGIN)
        }

        fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
            self.inner.set_cursor_position(position)
        }

        fn clear(&mut self) -> io::Result<()> {
            self.inner.clear()
        }

        fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
            self.inner.clear_region(clear_type)
        }

        fn size(&self) -> io::Result<Size> {
            Ok(self.size)
        }

        fn window_size(&mut self) -> io::Result<WindowSize> {
            Ok(WindowSize {
                columns_rows: self.size,
                pixels: self.pixels,
            })
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn scroll_region_up(&mut self, region: Range<u16>, count: u16) -> io::Result<()> {
            self.inner.scroll_region_up(region, count)
        }

        fn scroll_region_down(&mut self, region: Range<u16>, count: u16) -> io::Result<()> {
            self.inner.scroll_region_down(region, count)
        }
    }

    /// A terminal that shows what the canvas writes.
    struct Shown {
        canvas: Canvas<Recorder>,
        written: Written,
        screen: vt100::Parser,
    }

    impl Shown {
        fn new(width: u16, height: u16) -> Self {
            let written = Written::default();
            let recorder = Recorder {
                inner: CrosstermBackend::new(written.clone()),
                size: Size::new(width, height),
                pixels: Size::new(width * 10, height * 20),
            };
            Self {
                canvas: Canvas::new(recorder).unwrap(),
                written,
                screen: vt100::Parser::new(length(height), length(width), 0),
            }
        }

        fn with_graphics(width: u16, height: u16, protocol: GraphicsProtocol) -> Self {
            let mut shown = Self::new(width, height);
            let out = Box::new(shown.written.clone());
            shown.canvas = shown
                .canvas
                .with_pictures(Some(PictureLayer::new(protocol, out)));
            shown
        }

        /// Draws a list with a picture over it; returns what was written.
        fn draw_picture(&mut self, first: usize, picture: impl Into<Option<Picture>>) -> String {
            let mut wanted = Buffer::default();
            self.canvas
                .draw(|buffer| {
                    paint(buffer, first, first);
                    wanted = buffer.clone();
                    picture.into().map(Box::new)
                })
                .unwrap();
            let written = self.written.0.take();
            self.screen.process(&written);
            for place in wanted.area.positions() {
                let seen = self.screen.screen().cell(place.y, place.x).unwrap();
                let text = if seen.has_contents() {
                    seen.contents()
                } else {
                    " "
                };
                assert_eq!(text, wanted[place].symbol(), "{place} of {first}");
            }
            String::from_utf8(written).unwrap()
        }

        /// Draws a list that begins with the line `first`, with the line `selected` marked; returns the bytes that were written.
        fn draw(&mut self, first: usize, selected: usize) -> usize {
            let mut wanted = Buffer::default();
            self.canvas
                .draw(|buffer| {
                    paint(buffer, first, selected);
                    wanted = buffer.clone();
                    None
                })
                .unwrap();
            let written = self.written.0.take();
            self.screen.process(&written);
            for y in 0..wanted.area.height {
                for x in 0..wanted.area.width {
                    let cell = wanted.cell((x, y)).unwrap();
                    let seen = self.screen.screen().cell(y, x).unwrap();
                    let text = if seen.has_contents() {
                        seen.contents()
                    } else {
                        " "
                    };
                    assert_eq!(text, cell.symbol(), "{x} {y} of {first}");
                    let is_marked = seen.bgcolor() != vt100::Color::Default;
                    assert_eq!(is_marked, cell.bg != Color::Reset, "{x} {y} of {first}");
                }
            }
            written.len()
        }
    }

    fn paint(buffer: &mut Buffer, first: usize, selected: usize) {
        let area = buffer.area;
        buffer.set_string(1, 0, "logs of prod", Style::new().fg(Color::Cyan));
        for row in 0..area.height - 3 {
            let number = first + usize::from(row);
            let long = "x".repeat(number * 13 % 90);
            let text = format!(
                "{number:06} {:x} {} ms {long}",
                number * 7919,
                number * 37 % 991
            );
            let style = if number == selected {
                Style::new().bg(Color::Blue)
            } else {
                Style::new()
            };
            buffer.set_stringn(0, row + 2, text, usize::from(area.width), style);
        }
        buffer.set_string(1, area.height - 1, "f follow   / find", Style::new());
    }

    #[test]
    fn a_list_that_scrolls_by_a_line_costs_a_line() {
        for (width, height, most) in [(80, 24, 300), (200, 60, 400)] {
            let mut shown = Shown::new(width, height);
            shown.draw(1_000, 1_000);
            let whole = shown.draw(5_000, 5_000);
            let up = shown.draw(4_999, 4_999);
            let down = shown.draw(5_000, 5_000 + usize::from(height) - 4);
            assert!(up < most && down < most, "{whole}, {up}, {down}");
            assert!(whole > 2 * most, "{whole}");
        }
    }

    #[test]
    fn the_end_of_a_row_is_erased_where_it_becomes_empty_and_wide_letters_stay_whole() {
        let mut shown = Shown::new(40, 4);
        let mut draw = |text: &str| {
            let painted = |buffer: &mut Buffer| {
                buffer.set_string(0, 1, text, Style::new());
                None
            };
            shown.canvas.draw(painted).unwrap();
            let written = shown.written.0.take();
            shown.screen.process(&written);
            let row = shown.screen.screen().rows(0, 40).nth(1);
            let row = row.map(|row| row.trim_end().to_owned());
            (row, String::from_utf8(written).unwrap().contains("\x1b[K"))
        };
        let row = |text: &str| Some(text.to_owned());
        let long = "a line of a log that is long";
        assert_eq!(draw(long), (row(long), false));
        assert_eq!(draw("short 長"), (row("short 長"), true));
        assert_eq!(draw("short 長い"), (row("short 長い"), false));
        assert_eq!(
            draw("short"),
            (row("short"), false),
            "a few blanks are shorter"
        );
    }

    #[test]
    fn what_is_shown_is_what_was_painted_however_it_moves() {
        let mut shown = Shown::new(60, 20);
        let mut first = 1_000_usize;
        for step in [1, 1, -1, 5, -3, 500, 2, -16, 17, 18, -18, 1, 0, -1, -500, 7] {
            first = first.saturating_add_signed(step);
            shown.draw(first, first + 3);
            shown.draw(first, first + 4);
        }
    }

    #[test]
    fn a_terminal_of_another_size_and_a_cleared_one_are_drawn_whole() {
        let mut shown = Shown::new(60, 20);
        shown.draw(1, 1);
        shown.canvas.clear().unwrap();
        assert!(shown.draw(1, 1) > 500);
        shown.canvas.backend.size = Size::new(70, 22);
        shown.screen.screen_mut().set_size(length(22), length(70));
        assert!(shown.draw(2, 2) > 500);
        shown.draw(3, 3);
    }

    #[test]
    fn an_image_of_kitty_is_written_once_replaced_and_removed() {
        let [first, second] = graphics::IDS.map(|id| format!("i={id},"));
        let is_new = |written: &str, id: &str| written.contains("a=T") && written.contains(id);
        let area = Rect::new(4, 3, 20, 8);
        let mut shown = Shown::with_graphics(60, 20, GraphicsProtocol::Kitty);
        let written = shown.draw_picture(1, None);
        assert!(!written.contains("\x1b_G") && !written.contains("?2026"));
        let written = shown.draw_picture(1, disc(area, 3.0));
        assert!(is_new(&written, &first), "{written:?}");
        assert!(place(&written, "\x1b[4;5H") < place(&written, "\x1b_G"));
        assert!(written.contains("s=200,v=160,") && written.contains("c=20,r=8,"));
        // The list below it scrolls, but not by the terminal, which would move the image too.
        let written = shown.draw_picture(2, disc(area, 3.0));
        assert!(!written.contains("\x1b_G"), "{written:?}");
        assert!(!written.contains("\x1b[1S"), "{written:?}");
        let written = shown.draw_picture(2, disc(area, 4.0));
        assert!(is_new(&written, &second));
        let removed = format!("a=d,d=I,{first}");
        assert!(place(&written, "a=T") < place(&written, &removed));
        assert!(place(&written, "?2026h") < place(&written, "a=T"));
        assert!(place(&written, &removed) < place(&written, "?2026l"));
        let moved = Rect { x: 9, ..area };
        let written = shown.draw_picture(2, disc(moved, 4.0));
        assert!(is_new(&written, &first) && written.contains("\x1b[4;10H"));
        let written = shown.draw_picture(2, None);
        assert!(written.contains(&removed) && !written.contains("a=T"));
        let written = shown.draw_picture(2, None);
        assert!(!written.contains("\x1b_G"), "{written:?}");
        // Without an image the terminal scrolls again.
        assert!(shown.draw_picture(3, None).contains("\x1b[1S"));
    }

    #[test]
    fn a_cleared_terminal_and_one_of_another_size_get_the_image_again() {
        let area = Rect::new(4, 3, 20, 8);
        let mut shown = Shown::with_graphics(60, 20, GraphicsProtocol::Kitty);
        shown.draw_picture(1, disc(area, 3.0));
        shown.canvas.clear().unwrap();
        let cleared = String::from_utf8(shown.written.0.take()).unwrap();
        assert!(cleared.contains(&graphics::remove_all()), "{cleared:?}");
        assert!(shown.draw_picture(1, disc(area, 3.0)).contains("a=T"));
        shown.canvas.backend.size = Size::new(70, 22);
        shown.canvas.backend.pixels = Size::new(840, 528);
        shown.screen.screen_mut().set_size(length(22), length(70));
        let written = shown.draw_picture(1, disc(area, 3.0));
        assert!(place(&written, &graphics::remove_all()) < place(&written, "a=T"));
        assert!(written.contains("s=240,v=192,"), "cells of 12 by 24 pixels");
    }

    #[test]
    fn sixel_pixels_lie_over_the_cells_and_text_over_the_pixels() {
        let sixel = "\x1bP0;1;0q\"1;1;200;160";
        let area = Rect::new(4, 3, 20, 8);
        let mut shown = Shown::with_graphics(60, 20, GraphicsProtocol::Sixel);
        shown.draw_picture(1, None);
        let written = shown.draw_picture(1, disc(area, 3.0));
        assert!(written.contains(sixel) && written.contains("\x1b[4;5H"));
        let (pixels, behind) = written.split_once("\x1b\\").unwrap();
        assert!(!pixels.contains("037 ms"), "the cells have not changed");
        // Line 2 of the list is "000002 3dde 74 ms …": its columns from 4 on lie in the area.
        assert!(behind.starts_with("\x1b[4;5H02\x1b[4;8H3dde"), "{behind:?}");
        assert!(
            !behind.contains("000002"),
            "nothing left of the area: {behind:?}"
        );
        let written = shown.draw_picture(1, disc(area, 3.0));
        assert!(!written.contains("\x1bP"), "{written:?}");
        // A changed cell within the area takes pixels away.
        let written = shown.draw_picture(2, disc(area, 3.0));
        assert!(written.contains(sixel) && !written.contains("\x1b[1S"));
    }

    #[test]
    fn cells_that_show_nothing_are_not_written_over_sixel_pixels() {
        let mut shown = Shown::with_graphics(60, 20, GraphicsProtocol::Sixel);
        let written = shown.canvas.draw(|buffer| {
            buffer.set_style(buffer.area, Style::new().fg(Color::DarkGray));
            buffer.set_string(9, 5, "a", Style::new());
            buffer.set_string(12, 6, "  ", Style::new().bg(Color::Blue));
            Some(Box::new(disc(Rect::new(4, 3, 20, 8), 3.0)))
        });
        written.unwrap();
        let written = String::from_utf8(shown.written.0.take()).unwrap();
        let behind = written.split("\x1b\\").last().unwrap();
        assert_eq!(behind.matches('a').count(), 1, "{behind:?}");
        assert_eq!(behind.matches(' ').count(), 2, "{behind:?}");
    }

    #[test]
    fn the_cells_of_a_sixel_picture_are_written_when_it_moves_or_goes() {
        let area = Rect::new(4, 3, 20, 8);
        let cells = |written: &str| written.matches('x').count() + written.matches(' ').count();
        let mut shown = Shown::with_graphics(60, 20, GraphicsProtocol::Sixel);
        shown.draw_picture(1, disc(area, 3.0));
        let written = shown.draw_picture(1, disc(Rect { x: 30, ..area }, 3.0));
        let before = written.split("\x1bP").next().unwrap();
        assert!(cells(before) > 40, "{before:?}");
        assert!(place(&written, "\x1b[4;31H") < place(&written, "\x1bP"));
        let written = shown.draw_picture(1, None);
        assert!(cells(&written) > 40 && !written.contains("\x1bP"));
        assert_eq!(cells(&shown.draw_picture(1, None)), 0);
    }

    #[test]
    fn a_large_sixel_picture_is_written_in_pieces_of_which_empty_ones_are_left_out() {
        let mut shown = Shown::with_graphics(160, 60, GraphicsProtocol::Sixel);
        // Pieces of 80 by 24 cells, which are 800 by 480 pixels.
        let mut picture = disc(Rect::new(10, 5, 140, 50), 3.0);
        let written = shown.draw_picture(1, picture.clone());
        assert!(written.contains("\x1b[6;11H\x1bP0;1;0q\"1;1;800;480"));
        assert_eq!(written.matches("\x1bP").count(), 1);
        picture.arrow((2.0, 2.0), (270.0, 198.0), 0.5, [0, 200, 0]);
        let written = shown.draw_picture(1, picture);
        assert!(written.contains("\x1b[30;91H\x1bP0;1;0q\"1;1;600;480"));
        assert!(written.contains("\x1b[54;91H\x1bP0;1;0q\"1;1;600;40"));
    }

    #[test]
    fn a_terminal_that_does_not_know_the_size_of_its_cells_shows_no_picture() {
        for protocol in [GraphicsProtocol::Kitty, GraphicsProtocol::Sixel] {
            let mut shown = Shown::with_graphics(60, 20, protocol);
            shown.canvas.backend.pixels = Size::ZERO;
            let written = shown.draw_picture(1, disc(Rect::new(4, 3, 20, 8), 3.0));
            assert!(!written.contains("\x1b_G") && !written.contains("\x1bP"));
        }
    }
}
