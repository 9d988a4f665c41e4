//! The options with which the app starts.

use crate::{
    config::TerminalAlarm,
    keys::Keymap,
    model::{Deployment, MisconfiguredDeployment, Moment},
    screens::start_page::StartPage,
    state::{FleetSnapshot, ViewMemory},
    theme::Theme,
};

/// The options with which the app starts.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// The configured deployments. Those of the demo arrive with
    /// [`Event::Started`](crate::messages::Event::Started).
    pub deployments: Vec<Deployment>,
    /// The configured deployments with a problem, which are not looked at.
    pub misconfigured: Vec<MisconfiguredDeployment>,
    /// What is starting, if the deployments arrive only after the start.
    pub starting: Option<String>,
    /// What the start page shows while there are no deployments.
    pub start_page: StartPage,
    /// The view of the last run.
    pub memory: ViewMemory,
    /// The fleet of the last run, if it is the one that is looked at now.
    pub last_fleet: Option<FleetSnapshot>,
    /// Whether the tour of the first start is shown.
    pub shows_tour: bool,
    /// Problems of the configuration. They are shown and do not stop the start.
    pub problems: Vec<String>,
    /// The themes; the first one is used, the others follow by the theme action.
    pub themes: Vec<Theme>,
    /// Whether the terminal shows pictures with its own pixels.
    pub has_graphics: bool,
    /// The bindings of keys to actions.
    pub keymap: Keymap,
    /// Whether writes are refused in all deployments.
    pub read_only: bool,
    /// The time zone in which times are shown.
    pub zone: jiff::tz::TimeZone,
    /// The alarm of the terminal when a deployment becomes failing or broken.
    pub alarm: TerminalAlarm,
    /// Interval at which every list is polled, in milliseconds.
    pub refresh_ms: i64,
    /// The current time.
    pub now: Moment,
}
