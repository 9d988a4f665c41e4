//! Keys: chords, sequences, layers and their lookup. The keymap is one TOML file; help and footer
//! are computed from it.

mod chord;
mod keymap;
mod layer;

pub use chord::{Chord, parse_sequence, show_sequence};
pub use keymap::{DEFAULT, Found, KeyProblem, Keymap};
pub use layer::Layer;
