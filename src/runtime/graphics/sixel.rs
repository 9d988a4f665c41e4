//! Sixel graphics (DEC VT340): six rows of pixels at a time, one colour of a palette after the other.

use std::{collections::HashMap, fmt::Write as _};

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
    let registers: Vec<Option<usize>> = raster
        .pixels
        .iter()
        .map(|pixel| register(*pixel, &colors))
        .collect();
    for band in registers.chunks(raster.width.max(1) * BAND) {
        write_band(&mut sequence, band, raster.width.max(1), tones.len());
    }
    sequence.push_str("\x1b\\");
    sequence
}

/// Returns the most frequent colours of opaque pixels.
fn colors(raster: &Raster) -> Vec<Rgb> {
    let mut counts: HashMap<Rgb, usize> = HashMap::new();
    for [red, green, blue, opacity] in &raster.pixels {
        if *opacity == u8::MAX {
            *counts.entry([*red, *green, *blue]).or_default() += 1;
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

/// Writes up to six rows: for each register its pixels from the left on, then back to the left (`$`); at the end to the next
/// band (`-`).
fn write_band(sequence: &mut String, band: &[Option<usize>], width: usize, registers: usize) {
    let mut columns = vec![vec![0_u8; width]; registers];
    let mut used = vec![false; registers];
    for (at, register) in band.iter().enumerate() {
        let Some(register) = *register else { continue };
        let bits = columns
            .get_mut(register)
            .and_then(|columns| columns.get_mut(at % width));
        if let (Some(bits), Some(used)) = (bits, used.get_mut(register)) {
            *bits |= 1 << (at / width);
            *used = true;
        }
    }
    let mut is_first = true;
    for (register, (columns, _)) in columns
        .iter()
        .zip(used)
        .enumerate()
        .filter(|(_, (_, used))| *used)
    {
        if !is_first {
            sequence.push('$');
        }
        is_first = false;
        let _ = write!(sequence, "#{register}");
        write_runs(sequence, columns);
    }
    sequence.push('-');
}

/// Writes columns of six pixels; equal ones are counted, and empty ones at the end left out.
fn write_runs(sequence: &mut String, columns: &[u8]) {
    let mut runs = columns.chunk_by(|one, other| one == other).peekable();
    while let Some(run) = runs.next() {
        let bits = run.first().copied().unwrap_or_default();
        if bits == 0 && runs.peek().is_none() {
            return;
        }
        let letter = char::from(b'?' + bits);
        if run.len() > 3 {
            let _ = write!(sequence, "!{}{letter}", run.len());
        } else {
            sequence.extend(std::iter::repeat_n(letter, run.len()));
        }
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
