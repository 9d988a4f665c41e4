//! Sixel graphics (DEC VT340): six rows of pixels at a time, one colour of a palette after the other.

use std::{collections::HashMap, fmt::Write as _, ops::Range};

use crate::{theme::Rgb, widgets::Raster};

/// Colours of a picture; each has two entries of the palette, and a VT340 has sixteen of them.
const COLORS: usize = 8;
/// Rows of a band.
const BAND: usize = 6;
/// From this opacity on a pixel has its colour.
const FULL: u8 = 170;
/// From this opacity on a pixel has the colour half way to the ground; below it is transparent.
const HALF: u8 = 70;

/// Returns the sequence that shows pixels from the cursor on. Pixels are opaque or transparent: the edges of shapes are softened
/// by a second tone of each colour, half way to the ground.
pub(super) fn show(raster: &Raster, ground: Rgb) -> String {
    let colors = colors(raster);
    let tones: Vec<Rgb> = colors
        .iter()
        .flat_map(|color| [*color, mean(*color, ground)])
        .collect();
    // P2 = 1: what has no colour stays as it is.
    let mut sequence = format!("\x1bP0;1;0q\"1;1;{};{}", raster.width, raster.height);
    for (register, tone) in tones.iter().enumerate() {
        let [red, green, blue] = tone.map(|part| (u32::from(part) * 100 + 127) / 255);
        let _ = write!(sequence, "#{register};2;{red};{green};{blue}");
    }
    let mut band = SixelBand::new(raster.width, tones.len());
    for (at, pixel) in raster.visible_pixels() {
        let (column, row) = (at % raster.width, at / raster.width);
        while band.at < row / BAND {
            band.write(&mut sequence);
        }
        if let Some(register) = register(pixel, &colors) {
            band.set(register, column, row % BAND);
        }
    }
    band.write(&mut sequence);
    sequence.push_str("\x1b\\");
    sequence
}

/// Returns the most frequent colours of opaque pixels.
fn colors(raster: &Raster) -> Vec<Rgb> {
    let mut counts: HashMap<Rgb, usize> = HashMap::new();
    for (_, [red, green, blue, opacity]) in raster.visible_pixels() {
        if opacity == u8::MAX {
            *counts.entry([red, green, blue]).or_default() += 1;
        }
    }
    let mut counts: Vec<(Rgb, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(color, count)| (std::cmp::Reverse(*count), *color));
    counts
        .into_iter()
        .take(COLORS)
        .map(|(color, _)| color)
        .collect()
}

/// Returns the register of a pixel: that of the nearest colour, or of its tone half way to the ground.
fn register([red, green, blue, opacity]: [u8; 4], colors: &[Rgb]) -> Option<usize> {
    if opacity < HALF {
        return None;
    }
    let distance = |color: &Rgb| -> u32 {
        let parts = color.iter().zip([red, green, blue]);
        parts
            .map(|(one, other)| u32::from(one.abs_diff(other)).pow(2))
            .sum()
    };
    let (nearest, _) = colors
        .iter()
        .enumerate()
        .min_by_key(|(_, color)| distance(color))?;
    Some(nearest * 2 + usize::from(opacity < FULL))
}

fn mean(one: Rgb, other: Rgb) -> Rgb {
    let [red, green, blue] = one;
    let [other_red, other_green, other_blue] = other;
    [
        red.midpoint(other_red),
        green.midpoint(other_green),
        blue.midpoint(other_blue),
    ]
}

/// Up to six rows of pixels: for each register of the palette the columns from the first to the last that has a pixel of it.
struct SixelBand {
    /// Its index from the top.
    at: usize,
    registers: Vec<(Vec<u8>, Range<usize>)>,
}

impl SixelBand {
    fn new(width: usize, registers: usize) -> Self {
        Self {
            at: 0,
            registers: vec![(vec![0; width], 0..0); registers],
        }
    }

    fn set(&mut self, register: usize, column: usize, row: usize) {
        if let Some((columns, used)) = self.registers.get_mut(register)
            && let Some(bits) = columns.get_mut(column)
        {
            *bits |= 1 << row;
            *used = if used.start == used.end {
                column..column + 1
            } else {
                used.start.min(column)..used.end.max(column + 1)
            };
        }
    }

    /// Writes one register after the other, each from the left on (`$`), goes on to the next band (`-`) and empties this one.
    fn write(&mut self, sequence: &mut String) {
        let used = self.registers.iter_mut().enumerate();
        let used = used.filter(|(_, (_, used))| !used.is_empty());
        for (count, (register, (columns, used))) in used.enumerate() {
            if count > 0 {
                sequence.push('$');
            }
            let _ = write!(sequence, "#{register}");
            write_run(sequence, 0, used.start);
            let filled = columns.get_mut(used.clone()).unwrap_or_default();
            for run in filled.chunk_by(|one, other| one == other) {
                write_run(
                    sequence,
                    run.first().copied().unwrap_or_default(),
                    run.len(),
                );
            }
            filled.fill(0);
            *used = 0..0;
        }
        sequence.push('-');
        self.at += 1;
    }
}

/// Writes equal columns of six pixels; many are counted.
fn write_run(sequence: &mut String, bits: u8, count: usize) {
    let letter = char::from(b'?' + bits);
    if count > 3 {
        let _ = write!(sequence, "!{count}{letter}");
    } else {
        sequence.extend(std::iter::repeat_n(letter, count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the pixels that a terminal shows, in percent of each colour.
    fn decode(sequence: &str, width: usize, height: usize) -> Vec<Option<[u8; 3]>> {
        let body = sequence.strip_prefix("\x1bP0;1;0q").unwrap();
        let body = body.strip_suffix("\x1b\\").unwrap();
        let body = body
            .strip_prefix(&format!("\"1;1;{width};{height}"))
            .unwrap();
        let mut palette: HashMap<usize, [u8; 3]> = HashMap::new();
        let mut pixels = vec![None; width * height];
        let (mut color, mut x, mut band) = (0, 0, 0);
        let mut rest = body;
        let number = |text: &mut &str| -> usize {
            let end = text.find(|letter: char| !letter.is_ascii_digit());
            let (digits, left) = text.split_at(end.unwrap_or(text.len()));
            *text = left;
            digits.parse().unwrap()
        };
        while let Some(letter) = rest.chars().next() {
            rest = &rest[1..];
            let mut count = 1;
            let mut bits = letter;
            match letter {
                '#' => {
                    color = number(&mut rest);
                    if rest.starts_with(';') {
                        let parts: Vec<usize> = (0..4)
                            .map(|_| {
                                rest = rest.strip_prefix(';').unwrap();
                                number(&mut rest)
                            })
                            .collect();
                        assert_eq!(parts[0], 2, "RGB");
                        let part = |at: usize| u8::try_from(parts[at]).unwrap();
                        palette.insert(color, [part(1), part(2), part(3)]);
                    }
                    continue;
                }
                '$' => {
                    x = 0;
                    continue;
                }
                '-' => {
                    (x, band) = (0, band + 1);
                    continue;
                }
                '!' => {
                    count = number(&mut rest);
                    bits = rest.chars().next().unwrap();
                    rest = &rest[1..];
                }
                _ => {}
            }
            assert!(('?'..='~').contains(&bits), "{bits:?}");
            for column in x..x + count {
                for row in (0..6).filter(|row| (bits as u8 - b'?') >> row & 1 == 1) {
                    pixels[(band * 6 + row) * width + column] = Some(palette[&color]);
                }
            }
            x += count;
        }
        assert!(palette.len() <= 16);
        pixels
    }

    #[test]
    fn pixels_are_those_of_the_picture_in_full_half_or_no_colour() {
        let (width, height) = (40, 15);
        let pixels: Vec<[u8; 4]> = (0..width * height)
            .map(|at| match at % 7 {
                0 | 1 => [255, 0, 0, 255],
                2 => [0, 255, 51, 255],
                3 => [255, 0, 0, 100],
                4 => [250, 4, 3, 200],
                _ => [0, 255, 51, 20],
            })
            .collect();
        let raster = Raster {
            width,
            height,
            pixels: pixels.clone(),
        };
        let shown = decode(&show(&raster, [0; 3]), width, height);
        for (at, (shown, pixel)) in shown.iter().zip(&pixels).enumerate() {
            let expected = match pixel {
                [_, _, 3, _] | [255, _, _, 255] => Some([100, 0, 0]),
                [255, ..] => Some([50, 0, 0]),
                [_, _, _, 255] => Some([0, 100, 20]),
                _ => None,
            };
            assert_eq!(*shown, expected, "{at}: {pixel:?}");
        }
    }

    #[test]
    fn runs_are_counted_and_an_empty_picture_has_no_pixel() {
        let raster = Raster {
            width: 300,
            height: 6,
            pixels: vec![[1, 2, 3, 255]; 1800],
        };
        assert!(show(&raster, [0; 3]).ends_with("#0!300~-\x1b\\"));
        let empty = Raster {
            pixels: vec![[0; 4]; 1800],
            ..raster
        };
        assert!(
            decode(&show(&empty, [0; 3]), 300, 6)
                .iter()
                .all(Option::is_none)
        );
    }
}
