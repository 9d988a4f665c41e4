//! What the configuration says of a deployment that cannot be used.

/// A deployment of the configuration with a problem: it is not guessed at, and not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MisconfiguredDeployment {
    /// Its name.
    pub name: String,
    /// The path of the configuration, if it was read from a file.
    pub file: Option<String>,
    /// What is wrong with it, each with its line.
    pub problems: Vec<String>,
}

impl MisconfiguredDeployment {
    /// Returns the first problem, and how many more there are.
    pub fn summary(&self) -> String {
        let first = self.problems.first().map_or("", String::as_str);
        match self.problems.len() {
            0 | 1 => first.to_owned(),
            count => format!("{first}; and {} more", count - 1),
        }
    }
}
