//! Parts of screens: they draw what they are given and know nothing of deployments or services.
//!
//! Every text reaches the buffer through [`Pen`], which sanitises it and cuts it to its place.

mod json;
mod line_input;
mod list;
mod painter;
mod scroll;
mod spark;
mod status;
mod table;

pub use json::{JsonLine, json_beginning, json_lines};
pub use line_input::LineInput;
pub use list::List;
pub use painter::{Pen, cut, cut_middle, width};
pub use scroll::Scroll;
pub use spark::sparkline;
pub use status::{glyph, role_of, word};
pub use table::{Column, Layout, Size, lay_out};
