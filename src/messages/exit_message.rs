//! What the console prints to the shell when it ends.

/// The message that is printed in the shell after the console was left during a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitMessage {
    /// The text.
    pub words: String,
    /// Whether the rotation failed or is unfinished; the process then exits with 1.
    pub is_failure: bool,
}
