//! User input: keys, pasted text and the mouse, and the layers of the keymap that are active.

use crossterm::event::{KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

use super::App;
use crate::messages::{Action, AppAction, ClickTarget, Effects, ListAction};
use crate::screens::ClickPlace;
use crate::{
    keys::{Chord, Found, Layer},
    model::Moment,
};

impl App {
    /// Handles a key event.
    pub fn key(&mut self, key: KeyEvent, now: Moment) -> Effects {
        self.now = now;
        if key.kind == KeyEventKind::Release {
            return Effects::none();
        }
        self.record_activity();
        self.is_tour_open &= self.store.deployments.is_empty();
        // Any key closes a toast that is no failure; a failure stays for its full time.
        if self.toast.as_ref().is_some_and(|toast| !toast.is_failure) {
            self.toast = None;
        }
        let layers = self.layers();
        let mut keys = std::mem::take(&mut self.pending_keys);
        keys.push(Chord::from(key).normalized());
        match self.options.keymap.find(&layers, &keys) {
            Found::Action(action) => {
                let effects = self.act(action);
                effects.and(self.read_calls())
            }
            Found::Prefix if !self.is_typing() => {
                self.pending_keys = keys;
                Effects::none()
            }
            Found::Prefix | Found::Nothing => {
                let effects = self.press(key);
                if !self.is_typing() && self.alarm.is_none() && self.questions.is_empty() {
                    self.tell_unbound(&keys, &layers);
                }
                effects
            }
        }
    }

    /// Says that a key means nothing here, and which keys lead on: a key that does nothing visible seems broken.
    fn tell_unbound(&mut self, keys: &[Chord], layers: &[Layer]) {
        let key_of = |action| self.options.keymap.key_of(layers, action);
        let finds = key_of(Action::List(ListAction::Filter))
            .filter(|_| self.offers(Action::List(ListAction::Filter)))
            .map_or_else(String::new, |key| format!("   {key} finds"));
        let help = key_of(Action::App(AppAction::Help))
            .map_or_else(String::new, |key| format!("   {key} shows the keys"));
        let key = crate::keys::show_sequence(keys);
        self.toast(format!("{key} does nothing here{finds}{help}"), false);
    }

    /// Returns the active layers of the keymap, the topmost first.
    pub fn layers(&self) -> Vec<Layer> {
        let mut layers = if self.alarm.is_some() {
            vec![Layer::Confirm]
        } else if let Some(confirm) = self.questions.front() {
            vec![confirm.layer()]
        } else if self.palette.is_some() {
            vec![Layer::Prompt]
        } else if let Some(help) = &self.help {
            if help.is_typing() {
                vec![Layer::Prompt]
            } else {
                vec![Layer::List, Layer::Global]
            }
        } else {
            let screen = self.screen();
            let mut layers = screen.layers();
            if !screen.is_typing() {
                layers.push(Layer::Global);
            }
            layers
        };
        layers.push(Layer::Always);
        layers
    }

    fn is_typing(&self) -> bool {
        if self.alarm.is_some() {
            return false;
        }
        match (self.questions.front(), &self.palette) {
            (Some(confirm), _) => confirm.is_typing(),
            (None, Some(_)) => true,
            (None, None) => match &self.help {
                Some(help) => help.is_typing(),
                None => self.screen().is_typing(),
            },
        }
    }

    /// Handles a key that no layer binds: it is text if a text field has the focus.
    fn press(&mut self, key: KeyEvent) -> Effects {
        if self.alarm.is_some() {
            return Effects::none();
        }
        if let Some(confirm) = self.questions.front_mut() {
            confirm.press(key);
            return Effects::none();
        }
        if let Some(palette) = &mut self.palette {
            palette.press(key);
            return Effects::none();
        }
        if let Some(help) = self.help.as_mut().filter(|help| help.is_typing()) {
            help.press(key);
            return Effects::none();
        }
        if !self.is_typing() {
            return Effects::none();
        }
        let reply = self.with_screen(|screen, context| screen.press(key, context));
        self.follow(reply)
    }

    /// Inserts pasted text into the focused text field. Pasted text is never interpreted as keys.
    pub fn paste(&mut self, text: &str, now: Moment) -> Effects {
        self.now = now;
        self.record_activity();
        if self.alarm.is_some() {
            return Effects::none();
        }
        if let Some(confirm) = self.questions.front_mut() {
            confirm.typed.paste(text);
            return Effects::none();
        }
        if let Some(palette) = &mut self.palette {
            palette.paste(text);
            return Effects::none();
        }
        if let Some(help) = self.help.as_mut().filter(|help| help.is_typing()) {
            help.paste(text);
            return Effects::none();
        }
        if !self.is_typing() {
            return Effects::none();
        }
        let reply = self.with_screen(|screen, context| screen.paste(text, context));
        self.follow(reply)
    }

    /// Handles a mouse event: a click on a tab or a row, or the wheel.
    pub fn mouse(&mut self, mouse: MouseEvent, now: Moment) -> Effects {
        self.now = now;
        self.record_activity();
        match mouse.kind {
            MouseEventKind::ScrollUp => self.act(Action::List(ListAction::Up)),
            MouseEventKind::ScrollDown => self.act(Action::List(ListAction::Down)),
            MouseEventKind::Down(MouseButton::Left)
                if self.alarm.is_none()
                    && self.questions.is_empty()
                    && self.palette.is_none()
                    && self.help.is_none() =>
            {
                self.click(mouse.column, mouse.row)
            }
            _ => Effects::none(),
        }
    }

    fn click(&mut self, column: u16, row: u16) -> Effects {
        let target = self.frame.parts.target_at(column, row);
        if let Some(ClickTarget::Action(action)) = target {
            return self.act(action);
        }
        let place = ClickPlace {
            column,
            line: row,
            target,
        };
        let reply = self.with_screen(|screen, context| screen.click(place, context));
        self.follow(reply)
    }
}
