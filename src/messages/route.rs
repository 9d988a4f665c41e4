//! The screens by name.

use super::AppAction;

/// The screens, in the order of their number keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Route {
    /// All resources of all deployments.
    #[default]
    Fleet,
    /// Log lines of deployments.
    Logs,
    /// Neo4j secrets and their rotation.
    Secrets,
    /// MCP tools.
    Tools,
    /// The chain of each deployment, hop by hop.
    Doctor,
    /// What this console did, and its audit trail.
    Activity,
}

impl Route {
    /// All screens.
    pub const ALL: [Self; 6] = [
        Self::Fleet,
        Self::Logs,
        Self::Secrets,
        Self::Tools,
        Self::Doctor,
        Self::Activity,
    ];

    /// Returns the screen with that title.
    pub fn of_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.title() == title)
    }

    /// Returns the title on the tab.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Fleet => "Fleet",
            Self::Logs => "Logs",
            Self::Secrets => "Secrets",
            Self::Tools => "Tools",
            Self::Doctor => "Doctor",
            Self::Activity => "Activity",
        }
    }

    /// Returns the action that opens it.
    pub const fn open_action(self) -> AppAction {
        match self {
            Self::Fleet => AppAction::OpenFleet,
            Self::Logs => AppAction::OpenLogs,
            Self::Secrets => AppAction::OpenSecrets,
            Self::Tools => AppAction::OpenTools,
            Self::Doctor => AppAction::OpenDoctor,
            Self::Activity => AppAction::OpenActivity,
        }
    }
}
