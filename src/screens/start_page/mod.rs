//! The start page: what a console without deployments shows. Four ways on, each with a key; the mistakes of the configuration;
//! everything that was looked for, what was found, and the command that mends it.

mod view;

use ratatui::layout::Rect;

use super::{AppRequest, Screen, ScreenUpdate, UpdateContext, ViewContext};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, ListAction, StartAction},
    model::{Failure, FailureKind},
    widgets::Painter,
};

/// What the start page knows, and where its cursor stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartPage {
    /// Whether this build has the embedded stack.
    pub can_start_demo: bool,
    /// How to sign in to AWS.
    pub sign_in: SignInOffer,
    /// Profiles of the shared AWS configuration.
    pub profiles: Vec<String>,
    /// Files in the current folder from which a configuration can be made.
    pub files: Vec<String>,
    /// Regions that are looked at without a configuration.
    pub regions: Vec<String>,
    /// Whether there is a configuration file.
    pub has_configuration: bool,
    /// What was looked for, with what was found.
    pub looked_for: Vec<ConfigurationLookup>,
    /// Why nothing was found in the account.
    pub failure: Option<Failure>,
    cursor: usize,
    /// The profile under the cursor, while one is being chosen.
    profile: Option<usize>,
}

/// How to sign in to AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInOffer {
    /// The words of the command to run in the terminal; empty if no command signs in.
    pub command: Vec<String>,
    /// What to do, in one line.
    pub text: String,
}

/// One thing that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationLookup {
    /// What: `configuration`, `profile dev`.
    pub what: String,
    /// What was found.
    pub found: String,
    /// How it is.
    pub state: ConfigurationLookupState,
    /// The command or flag that mends or uses it; empty if there is none.
    pub command: String,
}

/// How something is that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigurationLookupState {
    /// It is there.
    Found,
    /// It is not there, or was not tried.
    Absent,
    /// It is there and does not work.
    Broken,
}

/// What the user chose on the start page. The console ends, and what follows begins in the same terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartChoice {
    /// The demo.
    Demo,
    /// The command that signs in to AWS, then the console again.
    SignIn(Vec<String>),
    /// The console with another profile.
    Profile(String),
    /// `init`, then the console again.
    Configure,
    /// The console again: the files, the environment and the account may have changed.
    LookAgain,
}

/// A way on from the start page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstStep {
    Demo,
    SignIn,
    Profile,
    Configuration,
}

impl FirstStep {
    /// In the order of the page.
    const ALL: [Self; 4] = [Self::Demo, Self::SignIn, Self::Profile, Self::Configuration];

    const fn action(self) -> Action {
        match self {
            Self::Demo => Action::App(AppAction::StartDemo),
            Self::SignIn => Action::Start(StartAction::SignIn),
            Self::Profile => Action::Start(StartAction::ChooseProfile),
            Self::Configuration => Action::Start(StartAction::WriteConfiguration),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Demo => "try the demo",
            Self::SignIn => "sign in to AWS",
            Self::Profile => "another profile",
            Self::Configuration => "write a configuration",
        }
    }
}

impl StartPage {
    /// Records that the account was asked and has nothing.
    pub fn nothing_in_account(&mut self) {
        self.failure = None;
        self.looked_for.push(ConfigurationLookup {
            what: "account".to_owned(),
            found: format!(
                "neither a gateway nor a runtime in {}",
                self.regions.join(", ")
            ),
            state: ConfigurationLookupState::Absent,
            command: "--region us-east-1,eu-central-1".to_owned(),
        });
    }

    /// Records why the account could not be looked at.
    pub fn account_failed(&mut self, failure: Failure) {
        let command = failure.hint.as_deref().and_then(command_in);
        let command = command.unwrap_or_default().to_owned();
        let profile = self.looked_for.iter_mut().find(|row| {
            row.what.starts_with("profile ") && row.state != ConfigurationLookupState::Absent
        });
        if let Some(profile) = profile.filter(|_| failure.kind == FailureKind::SignIn) {
            profile.state = ConfigurationLookupState::Broken;
            profile.found.clone_from(&failure.cause);
            profile.command = command;
            self.failure = Some(failure);
            return;
        }
        self.looked_for.push(ConfigurationLookup {
            what: "account".to_owned(),
            found: failure.cause.clone(),
            state: ConfigurationLookupState::Broken,
            command,
        });
        self.failure = Some(failure);
    }

    /// Returns the ways that this build has.
    fn ways(&self) -> Vec<FirstStep> {
        let ways = FirstStep::ALL.into_iter();
        ways.filter(|way| *way != FirstStep::Demo || self.can_start_demo)
            .collect()
    }

    fn take(&mut self, way: FirstStep) -> ScreenUpdate {
        let choice = match way {
            FirstStep::Demo => StartChoice::Demo,
            FirstStep::SignIn if self.sign_in.command.is_empty() => {
                return ScreenUpdate::request(AppRequest::Say(self.sign_in.text.clone()));
            }
            FirstStep::SignIn => StartChoice::SignIn(self.sign_in.command.clone()),
            FirstStep::Profile => return self.choose_profile(),
            FirstStep::Configuration => StartChoice::Configure,
        };
        ScreenUpdate::request(AppRequest::Start(choice))
    }

    fn choose_profile(&mut self) -> ScreenUpdate {
        if self.profiles.is_empty() {
            let text = "no profile is configured: `aws configure sso` makes one";
            return ScreenUpdate::request(AppRequest::Say(text.to_owned()));
        }
        self.profile = Some(0);
        ScreenUpdate::done()
    }

    /// Moves in the list of profiles, or takes one.
    fn act_on_profiles(&mut self, at: usize, action: Action) -> ScreenUpdate {
        let last = self.profiles.len().saturating_sub(1);
        if action == Action::List(ListAction::Open) {
            let name = self.profiles.get(at).cloned().unwrap_or_default();
            return ScreenUpdate::request(AppRequest::Start(StartChoice::Profile(name)));
        }
        let is_next =
            action == Action::List(ListAction::Down) || action == FirstStep::Profile.action();
        self.profile = if action == Action::App(AppAction::Back) {
            None
        } else if is_next {
            Some((at + 1).min(last))
        } else if action == Action::List(ListAction::Up) {
            Some(at.saturating_sub(1))
        } else {
            return ScreenUpdate::ignored();
        };
        ScreenUpdate::done()
    }
}

/// Returns the command between backticks in a sentence.
fn command_in(sentence: &str) -> Option<&str> {
    sentence.split('`').nth(1)
}

impl Screen for StartPage {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::Start, Layer::List]
    }

    fn act(&mut self, action: Action, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if let Some(at) = self.profile {
            return self.act_on_profiles(at, action);
        }
        let ways = self.ways();
        if action == Action::Start(StartAction::LookAgain) {
            return ScreenUpdate::request(AppRequest::Start(StartChoice::LookAgain));
        }
        if let Some(way) = ways.iter().find(|way| way.action() == action) {
            return self.take(*way);
        }
        if action == Action::List(ListAction::Open) {
            let way = ways.get(self.cursor).copied();
            return way.map_or_else(ScreenUpdate::done, |way| self.take(way));
        }
        self.cursor = if action == Action::List(ListAction::Up) {
            self.cursor.saturating_sub(1)
        } else if action == Action::List(ListAction::Down) {
            (self.cursor + 1).min(ways.len().saturating_sub(1))
        } else {
            return ScreenUpdate::ignored();
        };
        ScreenUpdate::done()
    }

    fn offers(&self, action: Action, _context: &ViewContext<'_>) -> bool {
        let is_choosing = self.profile.is_some();
        match action {
            Action::App(AppAction::StartDemo) => self.can_start_demo && !is_choosing,
            Action::Start(_) => !is_choosing,
            Action::List(action) => action == ListAction::Open && is_choosing,
            Action::App(AppAction::Refresh)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => false,
            Action::App(_) => true,
        }
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        view::draw(self, context, area, painter);
    }
}
