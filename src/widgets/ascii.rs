//! ASCII characters in the place of glyphs, for terminals and fonts without them. Letters of other alphabets, which come from
//! outside, stay as they are.

use ratatui::buffer::Buffer;

/// First of the 256 braille patterns.
const BRAILLE: u32 = 0x2800;

/// Replaces every glyph of a drawn window by an ASCII character of the same width.
pub fn replace_glyphs(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let mut letters = cell.symbol().chars();
        let Some(first) = letters.next() else {
            continue;
        };
        if first.is_ascii() || first.is_alphanumeric() {
            continue;
        }
        cell.set_char(ascii(first));
    }
}

/// Returns the ASCII character that stands for a glyph. A glyph that is not drawn by this console becomes `?`.
const fn ascii(glyph: char) -> char {
    match glyph {
        '●' | '▪' => '*',
        '▲' => '!',
        '✖' => 'x',
        '◐' => '%',
        '≈' | '…' => '~',
        '○' | '◌' => 'o',
        '▾' | '▼' | '↓' => 'v',
        '▴' | '↑' => '^',
        '▸' | '→' | '›' => '>',
        '◂' | '←' | '‹' | '⏎' => '<',
        '▌' | '▏' | '▎' | '│' | '╷' => '|',
        '━' => '=',
        '─' | '┈' | '╌' | '┅' | '╸' | '−' | '–' | '—' => '-',
        '┃' => '#',
        '├' | '┣' | '┫' | '└' | '┐' | '┘' | '✓' | '•' => '+',
        '·' => '.',
        '▁' => '1',
        '▂' => '2',
        '▃' => '3',
        '▄' => '4',
        '▅' => '5',
        '▆' => '6',
        '▇' => '7',
        '█' => '8',
        '⠀' => ' ',
        '\u{2801}'..='\u{28ff}' => braille(glyph),
        _ => '?',
    }
}

/// Dots of a drawing become a star or a dot; the four characters turn where the pattern is that of a spinner.
const fn braille(glyph: char) -> char {
    match glyph {
        '⠋' | '⠼' | '⠇' => '|',
        '⠙' | '⠴' | '⠏' => '/',
        '⠹' | '⠦' => '-',
        '⠸' | '⠧' => '\\',
        _ if (glyph as u32 - BRAILLE).count_ones() > 2 => '*',
        _ => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_become_ascii_and_letters_stay() {
        let mut buffer = Buffer::with_lines(["● ▲ ✖ ▁▇ é 東 →…⠋⣿⠁☃ ─━─"]);
        replace_glyphs(&mut buffer);
        assert_eq!(buffer, Buffer::with_lines(["* ! x 17 é 東 >~|*.? -=-"]));
    }

    #[test]
    fn what_is_changing_does_not_look_like_what_is_cut() {
        assert_ne!(ascii('◐'), ascii('…'));
    }
}
