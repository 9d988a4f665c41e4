//! Drawing of the whole console: the frame, the screen in it, and dialogs on top.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{App, DrawnFrame};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, PromptAction, Route},
    screens::{
        ViewContext,
        confirm::{Confirm, width_on_top},
        detail::failure_block,
        frame, tour,
    },
    theme::{GlyphSet, Role, Theme},
    widgets::{DrawnParts, Painter, replace_glyphs},
};

impl App {
    /// Prepares what the next frame shows. A frame that was not prepared is the same, but takes longer to draw.
    pub fn prepare_frame(&mut self) {
        if self.route == Route::Fleet {
            self.fleet.update_rows(&self.store);
        }
    }

    /// Draws the whole window. Returns what was drawn, which [`App::record_frame`] receives before the next input.
    pub fn view(&self, buffer: &mut Buffer) -> DrawnFrame {
        let area = buffer.area;
        let parts = self.draw_window(area, buffer);
        match self.theme().glyphs {
            GlyphSet::Unicode => {}
            GlyphSet::Ascii => replace_glyphs(buffer),
        }
        DrawnFrame {
            width: area.width,
            at: self.now,
            calls: self.calls,
            parts,
        }
    }

    fn draw_window(&self, area: Rect, buffer: &mut Buffer) -> DrawnParts {
        let context = self.view_context();
        let mut painter = Painter::new(buffer, context.theme);
        if area.width < frame::LEAST.0 || area.height < frame::LEAST.1 {
            painter.text(area.x, area.y, area.width, "too small:", Role::Text);
            let needed = format!("needs {}x{}", frame::LEAST.0, frame::LEAST.1);
            painter.text(
                area.x,
                area.y + u16::from(area.height > 1),
                area.width,
                &needed,
                Role::Text,
            );
            return painter.into_drawn();
        }
        let places = frame::places(area);
        let screen = self.screen();
        frame::head(
            &context,
            screen.headline(&context),
            self.calls,
            places.head,
            &mut painter,
        );
        frame::tabs(
            self.route,
            self.store.unseen_failures,
            &places,
            &mut painter,
        );
        if let Some(help) = &self.help {
            let offers = |action| self.screen().offers(action, &context);
            let layers = self.help_layers();
            help.view(&layers, offers, &context, places.body, &mut painter);
        } else {
            screen.view(&context, places.body, &mut painter);
        }
        if self.is_tour_open && !self.store.deployments.is_empty() {
            tour::draw(&context, places.body, &mut painter);
        }
        self.draw_on_top(places.body, &mut painter);
        self.draw_foot(&context, &places, &mut painter);
        self.draw_failure_dialog(places.body, &mut painter);
        painter.into_drawn()
    }

    /// Draws the palette and the question that waits, unless the screen draws that one itself.
    fn draw_on_top(&self, area: Rect, painter: &mut Painter<'_>) {
        let is_shown =
            |question: &&Confirm| self.help.is_some() || !self.screen().shows_question(question);
        let question = self.questions.front().filter(is_shown);
        if self.palette.is_some() || question.is_some() || self.alarm.is_some() {
            painter.shade(area, Role::Faint);
        }
        if let Some(palette) = &self.palette {
            palette.view(self.palette_items(palette.text()), area, painter);
        }
        if let Some(confirm) = question {
            confirm.view(area, painter);
        }
    }

    /// Returns the layers whose keys the help shows: those of the screen, and those of what opens on it.
    fn help_layers(&self) -> Vec<Layer> {
        let mut layers = self.screen().layers();
        layers.extend([Layer::Global, Layer::Always, Layer::Prompt, Layer::Confirm]);
        if self.route == Route::Tools {
            layers.extend([
                Layer::Question,
                Layer::Address,
                Layer::Completion,
                Layer::History,
                Layer::Export,
            ]);
        }
        if self.route == Route::Logs {
            let more = [Layer::OpenLine, Layer::Waterfall];
            layers.extend(
                more.into_iter()
                    .filter(|layer| !layers.contains(layer))
                    .collect::<Vec<_>>(),
            );
        }
        layers
    }

    fn draw_foot(
        &self,
        context: &ViewContext<'_>,
        places: &frame::WindowAreas,
        painter: &mut Painter<'_>,
    ) {
        let layers = self.layers();
        if !self.pending_keys.is_empty() {
            self.draw_continuations(&layers, places, painter);
            return;
        }
        if let Some(toast) = &self.toast {
            painter.hline(places.foot_rule);
            let role = if toast.is_failure {
                Role::Degraded
            } else {
                Role::Text
            };
            painter.text(
                places.foot.x + 1,
                places.foot.y,
                places.foot.width.saturating_sub(2),
                &toast.text,
                role,
            );
            return;
        }
        if self.alarm.is_some() || self.help.is_some() {
            painter.hline(places.foot_rule);
            let mut pieces = vec![("esc", Role::Accent), (" close", Role::Dim)];
            if self.alarm.is_none() {
                pieces.extend([("   /", Role::Accent), (" search", Role::Dim)]);
            }
            let (x, y) = (places.foot.x + 1, places.foot.y);
            painter.spans(x, y, places.foot.width, &pieces);
            return;
        }
        if self.palette.is_some() && self.questions.is_empty() {
            draw_palette_foot(context, places, painter);
            return;
        }
        if let Some(question) = self.questions.front()
            && question.is_typing()
        {
            return frame::typing_foot(question, context, places, painter);
        }
        let on_top = !self.questions.is_empty();
        frame::foot(
            (&layers, |action| self.screen().foot_rank(action)),
            context,
            |action| on_top || self.screen().offers(action, context),
            self.screen().way_back(context).filter(|_| !on_top),
            places,
            painter,
        );
    }

    /// Returns whether the screen in front offers an action now.
    pub(super) fn offers(&self, action: Action) -> bool {
        self.screen().offers(action, &self.view_context())
    }

    /// Draws the possible continuations of an unfinished key sequence.
    fn draw_continuations(
        &self,
        layers: &[Layer],
        places: &frame::WindowAreas,
        painter: &mut Painter<'_>,
    ) {
        painter.hline(places.foot_rule);
        let end = places.foot.right();
        let pending_keys = crate::keys::show_sequence(&self.pending_keys);
        let mut x = painter.spans(
            places.foot.x + 1,
            places.foot.y,
            places.foot.width,
            &[(pending_keys.as_str(), Role::Name), (" …  ", Role::Dim)],
        );
        for (rest, action) in self
            .options
            .keymap
            .continuations(layers, &self.pending_keys)
        {
            let pieces = [
                (rest.as_str(), Role::Accent),
                (" ", Role::Dim),
                (action.spec().short, Role::Dim),
                ("   ", Role::Dim),
            ];
            x = painter.spans(x, places.foot.y, end.saturating_sub(x), &pieces);
        }
    }

    fn draw_failure_dialog(&self, area: Rect, painter: &mut Painter<'_>) {
        let Some(failure) = &self.alarm else { return };
        let width = width_on_top(area, 90);
        let lines = failure_block(failure, width.saturating_sub(4));
        let height = u16::try_from(lines.len())
            .unwrap_or(8)
            .saturating_add(3)
            .min(area.height);
        let place = Rect {
            x: area.x + (area.width - width) / 2,
            y: area.y + (area.height - height) / 3,
            width,
            height,
        };
        painter.clear(place);
        painter.hline(place);
        for (row, line) in lines
            .iter()
            .enumerate()
            .take(usize::from(height.saturating_sub(3)))
        {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(
                place.x + 2,
                place.y + 1 + u16::try_from(row).unwrap_or(0),
                width.saturating_sub(4),
                &pieces,
            );
        }
        painter.spans(
            place.x + 2,
            place.bottom().saturating_sub(2),
            width,
            &[("esc", Role::Accent), (" close", Role::Dim)],
        );
        painter.hline(Rect {
            y: place.bottom().saturating_sub(1),
            height: 1,
            ..place
        });
    }

    pub(crate) fn view_context(&self) -> ViewContext<'_> {
        ViewContext {
            store: &self.store,
            theme: self.theme(),
            has_graphics: self.options.has_graphics && self.theme().glyphs == GlyphSet::Unicode,
            keymap: &self.options.keymap,
            now: self.now,
            zone: &self.options.zone,
            read_only: self.options.read_only,
            spinner: self.spinner(),
            starting: self.options.starting.as_deref(),
            start_page: &self.options.start_page,
            problems: &self.options.problems,
            question: self.questions.front(),
        }
    }

    fn theme(&self) -> &Theme {
        static PLAIN: std::sync::LazyLock<Theme> = std::sync::LazyLock::new(Theme::plain);
        self.options.themes.get(self.theme).unwrap_or(&PLAIN)
    }
}

/// The keys of the palette.
fn draw_palette_foot(
    context: &ViewContext<'_>,
    places: &frame::WindowAreas,
    painter: &mut Painter<'_>,
) {
    painter.hline(places.foot_rule);
    let mut x = places.foot.x + 1;
    for (actions, words) in [
        (&[Action::Prompt(PromptAction::Accept)][..], "run"),
        (
            &[
                Action::Prompt(PromptAction::PromptPrevious),
                Action::Prompt(PromptAction::PromptNext),
            ],
            "choose",
        ),
        (&[Action::App(AppAction::Back)], "close"),
    ] {
        for action in actions {
            let key = context.keymap.key_of(&[Layer::Prompt], *action);
            let key = key.unwrap_or_default();
            let room = places.foot.right().saturating_sub(x);
            let shown = frame::shown_key(&key, context);
            x = painter.spans(
                x,
                places.foot.y,
                room,
                &[(shown, Role::Accent), (" ", Role::Dim)],
            );
        }
        let room = places.foot.right().saturating_sub(x);
        x = painter.text(x, places.foot.y, room, words, Role::Dim) + 3;
    }
}
