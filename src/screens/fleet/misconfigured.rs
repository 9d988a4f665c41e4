//! What a deployment whose configuration has a problem cannot do.

use crate::{
    messages::{Action, FleetAction},
    model::DeploymentName,
    screens::{AppRequest, ScreenUpdate},
};

/// Returns whether an action needs a deployment whose configuration was read.
pub(super) const fn needs_configuration(action: Action) -> bool {
    let Action::Fleet(action) = action else {
        return false;
    };
    match action {
        FleetAction::FollowLogs
        | FleetAction::FollowTools
        | FleetAction::FollowDoctor
        | FleetAction::FollowRelation
        | FleetAction::FollowBack
        | FleetAction::FollowCalls
        | FleetAction::Synchronize
        | FleetAction::CopyArn
        | FleetAction::CopyId
        | FleetAction::CopyJson
        | FleetAction::CopyCommand
        | FleetAction::CopyFix
        | FleetAction::CopyConsent
        | FleetAction::OpenConsent
        | FleetAction::OpenConsole
        | FleetAction::RollBack
        | FleetAction::StopSessions
        | FleetAction::Compare => true,
        FleetAction::ReverseSort
        | FleetAction::OnlyUrgent
        | FleetAction::NextTab
        | FleetAction::SearchDetail
        | FleetAction::WrapDetail
        | FleetAction::NextHit
        | FleetAction::PreviousHit => false,
    }
}

/// Says why such an action is not possible.
pub(super) fn refuse(name: &DeploymentName) -> ScreenUpdate {
    let text = format!(
        "{name} is misconfigured and not looked at: open it to see what to correct in the configuration"
    );
    ScreenUpdate::request(AppRequest::Say(text))
}
