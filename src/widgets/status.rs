//! Health as glyph, word and colour; the colour is never the only carrier.

use crate::{model::Health, theme::Role};

/// Returns the glyph of a health, which is one column wide.
pub const fn glyph(health: Health) -> &'static str {
    match health {
        Health::Well => "●",
        Health::Unknown => "○",
        Health::Changing => "◐",
        Health::NeedsPerson => "◆",
        Health::Degraded => "▲",
        Health::Failed => "✖",
    }
}

/// Returns the word of a health.
pub const fn word(health: Health) -> &'static str {
    match health {
        Health::Well => "well",
        Health::Unknown => "unknown",
        Health::Changing => "changing",
        Health::NeedsPerson => "needs you",
        Health::Degraded => "degraded",
        Health::Failed => "failed",
    }
}

/// Returns the role of a health.
pub const fn role_of(health: Health) -> Role {
    match health {
        Health::Well => Role::Success,
        Health::Unknown => Role::Dim,
        Health::Changing => Role::Changing,
        Health::NeedsPerson => Role::Person,
        Health::Degraded => Role::Degraded,
        Health::Failed => Role::Failed,
    }
}
