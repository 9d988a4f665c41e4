//! Colours as red, green and blue, for what is drawn with pixels instead of cells.

use ratatui::style::Color;

/// Red, green and blue, from 0 to 255 each.
pub type Rgb = [u8; 3];

/// Returns the components of a colour. The sixteen colours of the terminal's palette are those of a usual palette, since the
/// terminal's own cannot be known; `None` for the terminal's default colour and for a number of its palette.
pub(super) const fn components(color: Color) -> Option<Rgb> {
    Some(match color {
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Black => [0, 0, 0],
        Color::Red => [205, 49, 49],
        Color::Green => [13, 188, 121],
        Color::Yellow => [200, 180, 60],
        Color::Blue => [60, 120, 210],
        Color::Magenta => [188, 63, 188],
        Color::Cyan => [17, 168, 205],
        Color::Gray => [200, 200, 200],
        Color::DarkGray => [118, 118, 118],
        Color::LightRed => [241, 76, 76],
        Color::LightGreen => [35, 209, 139],
        Color::LightYellow => [245, 225, 90],
        Color::LightBlue => [90, 160, 245],
        Color::LightMagenta => [214, 112, 214],
        Color::LightCyan => [80, 200, 225],
        Color::White => [240, 240, 240],
        Color::Reset | Color::Indexed(_) => return None,
    })
}

/// Returns whether a colour is nearer to white than to black (ITU-R BT.601).
pub(super) fn is_light([red, green, blue]: Rgb) -> bool {
    299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) > 127_500
}
