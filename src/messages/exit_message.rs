//! What the console prints to the shell when it ends.

/// What is said in the shell after the console was left in the middle of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitMessage {
    /// For people.
    pub words: String,
    /// The rotation did not come to a good end.
    pub is_failure: bool,
}
