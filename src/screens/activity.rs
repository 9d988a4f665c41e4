//! Activity: what this console did, what failed, what others changed, and the writes of earlier runs; newest first.

mod entries;
mod names;
mod view;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{
    AppRequest, ClickPlace, Screen, ScreenUpdate, UpdateContext, ViewContext, confirm::Confirm,
};
use crate::{
    keys::Layer,
    messages::{
        Action, ActivityAction, AppAction, Effect, Effects, FleetAction, FleetEffect, ListAction,
        PromptAction,
    },
    state::Store,
    widgets::{DrawnViewport, LineInput, List, Painter},
};
use entries::{ActivityRow, entries};

/// The state of the Activity screen.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    list: List,
    open: bool,
    filter: LineInput,
    typing: bool,
    /// Whose entries are shown.
    whose: ShownEntries,
}

/// Whose entries are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ShownEntries {
    /// Everybody's.
    #[default]
    All,
    /// What this console did, in this run and in earlier ones.
    Own,
    /// What others changed.
    Others,
    /// What failed.
    Failed,
}

impl ShownEntries {
    const ALL: [Self; 4] = [Self::All, Self::Own, Self::Others, Self::Failed];

    const fn title(self) -> &'static str {
        match self {
            Self::All => "everything",
            Self::Own => "this console",
            Self::Others => "others",
            Self::Failed => "failed",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::All => Self::Own,
            Self::Own => Self::Others,
            Self::Others => Self::Failed,
            Self::Failed => Self::All,
        }
    }
}

impl Activity {
    /// Records what the last frame showed of the rows.
    pub const fn record_viewport(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }

    fn shown<'a>(&self, store: &'a Store) -> Vec<ActivityRow<'a>> {
        let words: Vec<String> = self
            .filter
            .text()
            .to_lowercase()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        entries(store)
            .into_iter()
            .filter(|entry| match self.whose {
                ShownEntries::All => true,
                ShownEntries::Own => entry.is_own(),
                ShownEntries::Others => !entry.is_own(),
                ShownEntries::Failed => entry.is_failure(),
            })
            .filter(|entry| entry.matches(&words, store))
            .collect()
    }

    /// Does the same again: at once where it only reads, after a question where it writes.
    fn run_again(&self, store: &Store) -> ScreenUpdate {
        let shown = self.shown(store);
        let Some(ActivityRow::Own(entry)) = shown.get(self.list.cursor()) else {
            return say("only what this run of the console did can be run again");
        };
        let Some(effect) = &entry.again else {
            return say("this cannot be run again from here");
        };
        let effects = Effects::one(effect.as_ref().clone());
        if matches!(effect.as_ref(), Effect::Fleet(FleetEffect::List(..))) {
            return ScreenUpdate::effects(effects);
        }
        if let Effect::Examine(deployment) = effect.as_ref() {
            return ScreenUpdate::request(AppRequest::Examine(deployment.clone()));
        }
        let text = entry.arguments.clone().unwrap_or_default();
        let title = format!("Again: {}?", names::with_names(&entry.what, store));
        ScreenUpdate::request(AppRequest::Ask(Confirm::ask(title, text, effects)))
    }

    fn copy_id(&self, store: &Store) -> ScreenUpdate {
        let shown = self.shown(store);
        let request = shown
            .get(self.list.cursor())
            .and_then(|entry| entry.request().map(str::to_owned));
        match request {
            Some(id) => ScreenUpdate::effect(Effect::Copy(id)),
            None => say("no request id is known"),
        }
    }

    /// Opens the resource of a change.
    fn follow(&self, store: &Store) -> ScreenUpdate {
        let shown = self.shown(store);
        let key = shown
            .get(self.list.cursor())
            .and_then(ActivityRow::resource);
        match key {
            Some(key) => ScreenUpdate::request(AppRequest::Reveal(key.clone())),
            None => say("this leads to no resource"),
        }
    }
}

fn say(text: &str) -> ScreenUpdate {
    ScreenUpdate::request(AppRequest::Say(text.to_owned()))
}

impl Screen for Activity {
    fn layers(&self) -> Vec<Layer> {
        if self.typing {
            vec![Layer::Prompt]
        } else {
            vec![Layer::Activity, Layer::List]
        }
    }

    fn is_typing(&self) -> bool {
        self.typing
    }

    fn press(&mut self, key: KeyEvent, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if self.filter.press(key) {
            ScreenUpdate::done()
        } else {
            ScreenUpdate::ignored()
        }
    }

    fn paste(&mut self, text: &str, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        self.filter.paste(text);
        ScreenUpdate::done()
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        context.store.unseen_failures = 0;
        Effects::none()
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if self.list.act(action, self.shown(context.store).len()) {
            return ScreenUpdate::done();
        }
        match action {
            Action::List(ListAction::Open) => self.open = !self.open,
            Action::List(ListAction::Filter) => self.typing = true,
            Action::Prompt(PromptAction::Accept) => self.typing = false,
            Action::App(AppAction::Back) if self.typing || !self.filter.text().is_empty() => {
                self.typing = false;
                self.filter = LineInput::default();
            }
            Action::App(AppAction::Back) if self.open => self.open = false,
            Action::Activity(ActivityAction::NextWhose) => self.whose = self.whose.next(),
            Action::Activity(ActivityAction::RunAgain) => return self.run_again(context.store),
            Action::Fleet(FleetAction::FollowRelation) => return self.follow(context.store),
            Action::Fleet(FleetAction::CopyId) => return self.copy_id(context.store),
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Prompt(_) => return ScreenUpdate::ignored(),
        }
        self.list.clamp(self.shown(context.store).len());
        ScreenUpdate::done()
    }

    fn click(&mut self, place: ClickPlace, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        let ClickPlace { column, line, .. } = place;
        match self.list.row_at(column, line) {
            Some(row) => {
                self.open = self.list.cursor() == row && !self.open;
                self.list.select(row);
                ScreenUpdate::done()
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn way_back(&self, _look: &ViewContext<'_>) -> Option<&'static str> {
        match (self.filter.text().is_empty(), self.open) {
            (false, _) => Some("no filter"),
            (true, true) => Some("close"),
            (true, false) => None,
        }
    }

    fn offers(&self, action: Action, look: &ViewContext<'_>) -> bool {
        let current = || self.shown(look.store).get(self.list.cursor()).copied();
        match action {
            Action::List(ListAction::Sort | ListAction::Mark) => false,
            Action::List(ListAction::Open) => current().is_some(),
            Action::Activity(ActivityAction::RunAgain) => {
                current().is_some_and(|row| row.can_run_again())
            }
            Action::Fleet(FleetAction::FollowRelation) => {
                current().is_some_and(|row| row.resource().is_some())
            }
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => true,
        }
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        view::activity(self, context, area, painter);
    }
}
