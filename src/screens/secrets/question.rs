//! A question of either sort of rotation.

use std::fmt;

use crate::{client_secret::report::ClientSecretQuestion, rotation::report::RotationQuestion};

/// A question of either sort of rotation.
pub(super) enum Question {
    /// Of a password's rotation.
    Password(RotationQuestion),
    /// Of a client secret's rotation.
    ClientSecret(ClientSecretQuestion),
}

impl Question {
    /// Returns whether it is the question before the first write.
    pub(super) fn is_beginning(&self) -> bool {
        match self {
            Self::Password(question) => *question == RotationQuestion::Proceed,
            Self::ClientSecret(question) => *question == ClientSecretQuestion::Proceed,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(question) => question.fmt(formatter),
            Self::ClientSecret(question) => question.fmt(formatter),
        }
    }
}
