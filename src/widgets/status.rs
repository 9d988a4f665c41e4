//! Health as glyph, word and colour: never the colour alone.

use crate::{
    kinds::{DeploymentHealth, StageStatus},
    model::Health,
    theme::Role,
};

/// Returns the glyph of a health; all are one column wide.
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

/// Returns the role of a health.
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

/// The glyph of what is good by AWS's status alone: smaller than the dot of what was seen to work, filled unlike the circle of
/// what was not asked.
pub const GOOD_BY_STATUS: &str = "•";

/// Glyph and role of a stage of a chain.
pub fn stage_mark(stage: &StageStatus) -> (&'static str, Role) {
    match stage.health {
        Some(Health::Healthy) | None if stage.is_passed => (glyph(Health::Healthy), Role::Success),
        Some(Health::Healthy) | None if stage.was_broken => ("○", Role::Degraded),
        Some(Health::Healthy) if !stage.is_examined => (GOOD_BY_STATUS, Role::Text),
        Some(health) => (glyph(health), role_of(health)),
        None => ("○", Role::Faint),
    }
}

/// Returns the glyph of a deployment's health. Only what a call has proven is a filled dot.
pub const fn deployment_glyph(health: DeploymentHealth) -> &'static str {
    match health {
        DeploymentHealth::Proven => "●",
        DeploymentHealth::Ready => GOOD_BY_STATUS,
        DeploymentHealth::Unknown => "○",
        DeploymentHealth::Changing => "◐",
        DeploymentHealth::NeedsPerson => "◆",
        DeploymentHealth::Failing => "▲",
        DeploymentHealth::Broken => "✖",
    }
}

/// Returns the words of a deployment's health on the screen.
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

/// Returns the role of a deployment's health.
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

/// The word for a deployment whose configuration has a problem.
pub const MISCONFIGURED: &str = "misconfigured";
/// Glyph and role of a deployment whose configuration has a problem: the role of one that is failing.
pub const MISCONFIGURED_MARK: (&str, Role) = ("▲", deployment_role(DeploymentHealth::Failing));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::ChainStage;

    #[test]
    fn what_is_good_by_status_alone_does_not_look_proven_and_what_was_not_asked_like_neither() {
        let mut good = StageStatus::unknown(ChainStage::Gateway);
        (good.health, good.by_status) = (Some(Health::Healthy), Some(Health::Healthy));
        let mut seen = good.clone();
        seen.is_examined = true;
        let unknown = StageStatus::unknown(ChainStage::SignIn);
        assert_eq!(stage_mark(&good), ("•", Role::Text));
        assert_eq!(stage_mark(&seen), ("●", Role::Success));
        let passed = |stage: &StageStatus| {
            let mut passed = stage.clone();
            passed.is_passed = true;
            passed
        };
        assert_eq!(stage_mark(&passed(&good)), ("●", Role::Success));
        assert_eq!(stage_mark(&passed(&unknown)), ("●", Role::Success));
        assert_eq!(stage_mark(&unknown), ("○", Role::Faint));
        let mut broken_before = good.clone();
        broken_before.was_broken = true;
        assert_eq!(stage_mark(&broken_before), ("○", Role::Degraded));
        let glyphs = DeploymentHealth::ALL.map(deployment_glyph);
        for (index, glyph) in glyphs.iter().enumerate() {
            assert!(
                !glyphs[..index].contains(glyph),
                "two healths look alike: {glyph}"
            );
        }
    }
}
