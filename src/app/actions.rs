//! Performs actions: first the topmost dialog, then the screen, then what works everywhere.

use super::App;
use crate::{
    messages::{
        Action, AppAction, Effect, Effects, ExitMessage, ListAction, PromptAction, Route, Slot,
    },
    screens::{
        confirm::{Confirm, QuestionOutcome},
        help::Help,
        palette::Palette,
    },
};

impl App {
    /// Performs an action of the user.
    pub fn act(&mut self, action: Action) -> Effects {
        if self.options.read_only && action.spec().writes {
            self.toast("read-only mode: nothing is changed".to_owned(), true);
            return Effects::none();
        }
        if matches!(action, Action::App(AppAction::Quit | AppAction::Suspend)) {
            return self.act_everywhere(action);
        }
        if let Some(effects) = self.act_on_top(action) {
            return effects;
        }
        let reply = self.with_screen(|screen, context| screen.act(action, context));
        if reply.handled {
            return self.follow(reply);
        }
        self.act_everywhere(action)
    }

    /// Offers the action to the topmost dialog. Returns `None` if no dialog is open or it does not
    /// handle the action.
    fn act_on_top(&mut self, action: Action) -> Option<Effects> {
        if self.alarm.is_some() {
            if matches!(
                action,
                Action::Prompt(PromptAction::Yes | PromptAction::No)
                    | Action::App(AppAction::Back)
                    | Action::List(ListAction::Open)
            ) {
                self.alarm = None;
            }
            return Some(Effects::none());
        }
        if let Some(confirm) = self.questions.front_mut() {
            return Some(match confirm.act(action) {
                QuestionOutcome::Open => Effects::none(),
                QuestionOutcome::Closed(effects) => {
                    if self
                        .questions
                        .pop_front()
                        .is_some_and(|question| question.is_of_rotation())
                    {
                        self.secrets.answered(self.now);
                    }
                    effects.0.iter().for_each(|effect| {
                        self.fault_injected_again(effect);
                        self.tools.begun(effect, self.now);
                        self.tools.history_changed(effect);
                    });
                    effects
                }
            });
        }
        if let Some(palette) = self.palette.take() {
            return Some(self.act_on_palette(palette, action));
        }
        if let Some(help) = &mut self.help {
            if help.act(action) {
                return Some(Effects::none());
            }
            self.help = None;
            if matches!(action, Action::App(AppAction::Back | AppAction::Help)) {
                return Some(Effects::none());
            }
        }
        None
    }

    fn act_on_palette(&mut self, mut palette: Palette, action: Action) -> Effects {
        match action {
            Action::App(AppAction::Back) => return Effects::none(),
            Action::Prompt(PromptAction::Accept) => {
                if let Some(command) = palette.chosen(self.palette_items(palette.text())) {
                    return self.run_command(command);
                }
                if !palette.text().is_empty() {
                    self.toast(format!("nothing is called {}", palette.text()), false);
                }
            }
            Action::Prompt(action) => {
                let items = self.palette_items(palette.text());
                palette.move_cursor(action, items);
            }
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_) => {}
        }
        self.palette = Some(palette);
        Effects::none()
    }

    /// Performs the actions that work on every screen.
    fn act_everywhere(&mut self, action: Action) -> Effects {
        let Action::App(action) = action else {
            return Effects::none();
        };
        match action {
            AppAction::Help => self.help = Some(Help::default()),
            AppAction::Palette => self.palette = Some(Palette::new(self.recent_commands.clone())),
            AppAction::NextTheme => {
                self.theme = (self.theme + 1) % self.options.themes.len().max(1);
                if let Some(theme) = self.options.themes.get(self.theme) {
                    let text = format!("theme {}", theme.name);
                    self.toast(text, false);
                }
            }
            AppAction::Refresh => return self.refresh(),
            AppAction::OpenFleet => return self.show(Route::Fleet),
            AppAction::OpenLogs => return self.show_logs(),
            AppAction::OpenSecrets => return self.show(Route::Secrets),
            AppAction::OpenTools => return self.show(Route::Tools),
            AppAction::OpenDoctor => return self.show(Route::Doctor),
            AppAction::OpenActivity => return self.show(Route::Activity),
            AppAction::Quit => return self.quit(),
            AppAction::Suspend => return self.suspend(),
            // Only the start page offers it.
            AppAction::StartDemo | AppAction::Back => {}
        }
        Effects::none()
    }

    /// Returns the message to print in the shell after the console ends: the state of a rotation
    /// that was stopped or left running.
    pub fn parting(&self) -> Option<ExitMessage> {
        if self.leaving {
            self.secrets.parting()
        } else {
            None
        }
    }

    /// Suspends now, or as soon as a running rotation has ended or waits for an answer: between its writes readers would fail for
    /// as long as the console is stopped.
    fn suspend(&mut self) -> Effects {
        let is_asking = self.questions.iter().any(Confirm::is_of_rotation);
        let Some(running) = self.secrets.running().filter(|_| !is_asking) else {
            return Effects::one(Effect::Suspend);
        };
        self.is_suspend_pending = true;
        self.toast(
            format!("{running} is running: the console suspends as soon as it has ended or asks"),
            true,
        );
        Effects::none()
    }

    /// Performs the suspension that waited for a rotation.
    pub(super) fn pending_suspension(&mut self) -> Effects {
        if std::mem::take(&mut self.is_suspend_pending) {
            Effects::one(Effect::Suspend)
        } else {
            Effects::none()
        }
    }

    /// Quits. A running rotation first stops at its next safe step; quitting a second time does not
    /// wait for it.
    fn quit(&mut self) -> Effects {
        if let Some(running) = self.secrets.running().filter(|_| !self.leaving) {
            self.leaving = true;
            self.secrets.stopping();
            self.toast(
                format!(
                    "{running} stops at its next safe step, then the console ends. Again: end now, `secrets resume` goes on later"
                ),
                true,
            );
            return Effects::one(Effect::Stop(Slot::Rotation));
        }
        self.is_over = true;
        Effects::none()
    }
}
