//! Pictures of pixels on the terminal: which protocol it knows, how a picture is written, and what of it is on the screen.

mod detection;
mod kitty;
mod layer;
mod sixel;

pub use detection::protocol;
#[cfg(test)]
pub(super) use kitty::IDS;
pub(super) use kitty::remove_all;
pub(in crate::runtime) use layer::PictureChange;
pub use layer::PictureLayer;

/// A way in which a terminal takes pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphicsProtocol {
    /// The graphics protocol of kitty: images with an opacity of each pixel, compressed.
    Kitty,
    /// Sixel graphics: pixels of a palette in the place of the cells.
    Sixel,
}
