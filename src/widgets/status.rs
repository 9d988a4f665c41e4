//! Health as glyph, word and colour: never the colour alone.

use crate::{kinds::DeploymentHealth, model::Health, theme::Role};

/// The glyph of a health; all are one column wide.
pub const fn glyph(health: Health) -> &'static str {
    match health {
        Health::Healthy => "●",
        Health::Unknown => "○",
        Health::Changing => "◐",
        Health::NeedsPerson => "◆",
        Health::Degraded => "▲",
        Health::Failed => "✖",
    }
}

/// The role of a health.
pub const fn role_of(health: Health) -> Role {
    match health {
        Health::Healthy => Role::Success,
        Health::Unknown => Role::Dim,
        Health::Changing => Role::Changing,
        Health::NeedsPerson => Role::Person,
        Health::Degraded => Role::Degraded,
        Health::Failed => Role::Failed,
    }
}

/// The glyph of a deployment's health. Only what a call has proven is a filled dot.
pub const fn deployment_glyph(health: DeploymentHealth) -> &'static str {
    match health {
        DeploymentHealth::Proven => "●",
        DeploymentHealth::Ready | DeploymentHealth::Unknown => "○",
        DeploymentHealth::Changing => "◐",
        DeploymentHealth::NeedsPerson => "◆",
        DeploymentHealth::Failing => "▲",
        DeploymentHealth::Broken => "✖",
    }
}

/// The words of a deployment's health on the screen.
pub const fn deployment_word(health: DeploymentHealth) -> &'static str {
    match health {
        DeploymentHealth::NeedsPerson => "needs you",
        DeploymentHealth::Proven
        | DeploymentHealth::Ready
        | DeploymentHealth::Unknown
        | DeploymentHealth::Changing
        | DeploymentHealth::Failing
        | DeploymentHealth::Broken => health.as_str(),
    }
}

/// The role of a deployment's health.
pub const fn deployment_role(health: DeploymentHealth) -> Role {
    match health {
        DeploymentHealth::Proven => Role::Success,
        DeploymentHealth::Ready => Role::Text,
        DeploymentHealth::Unknown => Role::Dim,
        DeploymentHealth::Changing => Role::Changing,
        DeploymentHealth::NeedsPerson => Role::Person,
        DeploymentHealth::Failing => Role::Degraded,
        DeploymentHealth::Broken => Role::Failed,
    }
}
