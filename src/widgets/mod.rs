//! Parts of screens: they draw what they are given and know nothing of deployments or services.
//!
//! Every text reaches the buffer through [`Painter`], which sanitises it and cuts it to its place.

mod ascii;
mod braille;
mod document;
mod drawn;
mod hits;
mod json;
mod line_input;
mod list;
mod painter;
mod picture;
mod raster;
mod scroll;
mod spark;
mod status;
mod table;
mod wrap;

pub use ascii::replace_glyphs;
pub use braille::{BrailleCanvas, Dot};
pub use document::{DocumentLine, has_below, json_document, visible_lines, yaml_lines};
pub use drawn::{ClickArea, DrawnParts, DrawnViewport};
pub use hits::mark_hits;
pub use json::{StyledLine, json_beginning, json_lines};
pub use line_input::LineInput;
pub use list::List;
pub use painter::{Painter, cut, cut_middle, text_width};
pub use picture::{Picture, PictureShape};
pub use raster::Raster;
pub use scroll::Scroll;
pub use spark::sparkline;
pub use status::{
    GOOD_BY_STATUS, MISCONFIGURED, MISCONFIGURED_MARK, deployment_glyph, deployment_role,
    deployment_word, glyph, role_of, stage_mark,
};
pub use table::{Column, Layout, Size, lay_out};
pub use wrap::{indentation, line_from, wrap_line};
