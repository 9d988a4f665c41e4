//! What the configuration says of a deployment that cannot be used.

/// A deployment of the configuration with a problem: it is not guessed at, and not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadDeployment {
    /// Its name.
    pub name: String,
    /// What is wrong with it, each with its line.
    pub problems: Vec<String>,
}
