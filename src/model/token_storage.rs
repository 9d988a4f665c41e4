//! Where a person's sign-in is kept.

/// Where the refresh token of a person's OAuth sign-in is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenStorage {
    /// In memory: the next start signs in again.
    #[default]
    Memory,
    /// In the system's keyring: the next start goes on without asking the person. Access tokens stay in memory.
    Keyring,
}

impl TokenStorage {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Memory, Self::Keyring];

    /// Returns its word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Keyring => "keyring",
        }
    }

    /// Returns the storage of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|storage| storage.as_str() == word)
    }
}
