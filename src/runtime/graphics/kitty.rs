//! The graphics protocol of kitty: <https://sw.kovidgoyal.net/kitty/graphics-protocol/>.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use miniz_oxide::deflate::compress_to_vec_zlib;
use ratatui::layout::Rect;

use crate::widgets::Raster;

/// Ids of the two images that take turns: a new one is shown before the old one is removed, so that nothing flickers.
pub(in crate::runtime) const IDS: [u32; 2] = [0x00a9_e7c0, 0x00a9_e7c1];
/// Most bytes of a piece of the data.
const CHUNK: usize = 4096;
/// Level of the compression, from 0 to 10.
const LEVEL: u8 = 6;

/// Returns the sequence that shows pixels over the cells of an area. The cursor must stand in its upper left cell, and stays there.
/// The terminal does not answer.
///
/// The image lies over the text, which is seen where its pixels are transparent. Below the text (`z=-1`) it would have to be
/// transparent there just as well, so that no line crosses a letter, and kitty 0.26 draws frames over one another then on a
/// machine without a graphics card.
pub(super) fn show(raster: &Raster, area: Rect, id: u32) -> String {
    let data = STANDARD.encode(compress_to_vec_zlib(raster.pixels.as_flattened(), LEVEL));
    let mut sequence = format!(
        "\x1b_Ga=T,f=32,o=z,s={},v={},i={id},p=1,c={},r={},C=1,q=2",
        raster.width, raster.height, area.width, area.height
    );
    let mut rest = data.as_str();
    loop {
        let (piece, left) = rest.split_at(rest.len().min(CHUNK));
        let more = u8::from(!left.is_empty());
        let _ = write!(sequence, ",m={more};{piece}\x1b\\");
        if left.is_empty() {
            return sequence;
        }
        rest = left;
        sequence.push_str("\x1b_Gq=2");
    }
}

/// Returns the sequence that removes an image and frees its data.
pub(super) fn remove(id: u32) -> String {
    format!("\x1b_Ga=d,d=I,i={id},q=2;\x1b\\")
}

/// Returns the sequence that removes every image of this program.
pub(in crate::runtime) fn remove_all() -> String {
    IDS.map(remove).concat()
}

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::decompress_to_vec_zlib;

    use super::*;

    /// Returns the keys of the first piece and the data of all.
    fn decode(sequence: &str) -> (String, Vec<u8>) {
        let mut keys = String::new();
        let mut data = String::new();
        let mut pieces = sequence.split("\x1b\\").peekable();
        while let Some(piece) = pieces.next() {
            if piece.is_empty() {
                break;
            }
            let (control, payload) = piece
                .strip_prefix("\x1b_G")
                .unwrap()
                .split_once(';')
                .unwrap();
            assert!(payload.len() <= CHUNK);
            let is_last = pieces.peek().is_none_or(|piece| piece.is_empty());
            assert!(
                control.ends_with(if is_last { "m=0" } else { "m=1" }),
                "{control}"
            );
            if keys.is_empty() {
                control.clone_into(&mut keys);
            } else {
                assert_eq!(control.split(',').next(), Some("q=2"));
                assert!(is_last || payload.len() % 4 == 0);
            }
            data.push_str(payload);
        }
        let bytes = STANDARD.decode(data).unwrap();
        (keys, decompress_to_vec_zlib(&bytes).unwrap())
    }

    #[test]
    fn the_pixels_are_those_that_were_sent_in_one_piece_or_many() {
        for (width, height) in [(3, 2), (160, 90)] {
            let noise = |at: usize| (at * 2_654_435_761 % 65_521).to_le_bytes();
            let raster = Raster {
                width,
                height,
                pixels: (0..width * height)
                    .map(|at| {
                        let [one, two, three, ..] = noise(at);
                        [one, two, three, one ^ two]
                    })
                    .collect(),
            };
            let sequence = show(&raster, Rect::new(4, 5, 20, 10), 7);
            let (keys, pixels) = decode(&sequence);
            assert!(
                keys.starts_with(&format!(
                    "a=T,f=32,o=z,s={width},v={height},i=7,p=1,c=20,r=10,C=1,q=2,m="
                )),
                "{keys}"
            );
            assert_eq!(pixels, raster.pixels.as_flattened());
            assert_eq!(sequence.matches("\x1b_G").count() > 1, width > 3);
        }
    }

    #[test]
    fn both_images_are_removed() {
        let sequence = remove_all();
        for id in IDS {
            assert!(sequence.contains(&format!("\x1b_Ga=d,d=I,i={id},q=2;\x1b\\")));
        }
    }
}
