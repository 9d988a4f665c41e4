//! How the whole console looks: the frame, the screen in it, what lies on top.

use ratatui::{buffer::Buffer, layout::Rect};

use super::App;
use crate::{
    keys::Layer,
    screens::{Look, confirm::width_on_top, detail::failure_block, frame},
    theme::{Role, Theme},
    widgets::Pen,
};

impl App {
    /// Draws everything. Changes nothing but what was visible (for clicks and pages).
    pub fn view(&self, buffer: &mut Buffer) {
        let area = buffer.area;
        self.wide.set(area.width);
        self.drawn.set((self.now, self.calls));
        let look = self.look();
        let mut pen = Pen::new(buffer, look.theme);
        if area.width < frame::LEAST.0 || area.height < frame::LEAST.1 {
            pen.put(area.x, area.y, area.width, "too small:", Role::Text);
            let needed = format!("needs {}x{}", frame::LEAST.0, frame::LEAST.1);
            pen.put(
                area.x,
                area.y + u16::from(area.height > 1),
                area.width,
                &needed,
                Role::Text,
            );
            return;
        }
        let places = frame::places(area);
        let screen = self.screen();
        frame::head(
            &look,
            screen.headline(&look),
            self.calls,
            places.head,
            &mut pen,
        );
        frame::tabs(self.route, self.store.unseen_failures, &places, &mut pen);
        if let Some(help) = &self.help {
            let mut layers = screen.layers();
            layers.extend([Layer::Global, Layer::Always, Layer::Prompt, Layer::Confirm]);
            help.view(&layers, &look, places.body, &mut pen);
        } else {
            screen.view(&look, places.body, &mut pen);
        }
        if self.palette.is_some() || !self.questions.is_empty() || self.alarm.is_some() {
            pen.shade(places.body, Role::Faint);
        }
        if let Some(palette) = &self.palette {
            palette.view(self.offers(), places.body, &mut pen);
        }
        if let Some(confirm) = self.questions.front() {
            confirm.view(places.body, &mut pen);
        }
        self.draw_foot(&look, &places, &mut pen);
        self.draw_alarm(places.body, &mut pen);
    }

    fn draw_foot(&self, look: &Look<'_>, places: &frame::Places, pen: &mut Pen<'_>) {
        let layers = self.layers();
        if !self.begun.is_empty() {
            self.draw_continuations(&layers, places, pen);
            return;
        }
        if let Some(toast) = &self.toast {
            pen.rule(places.foot_rule);
            let role = if toast.is_failure {
                Role::Degraded
            } else {
                Role::Text
            };
            pen.put(
                places.foot.x + 1,
                places.foot.y,
                places.foot.width.saturating_sub(2),
                &toast.text,
                role,
            );
            return;
        }
        if self.alarm.is_some() || self.help.is_some() {
            pen.rule(places.foot_rule);
            pen.pieces(
                places.foot.x + 1,
                places.foot.y,
                places.foot.width,
                &[("esc", Role::Accent), (" close", Role::Dim)],
            );
            return;
        }
        let on_top = self.palette.is_some() || !self.questions.is_empty();
        frame::foot(
            &layers,
            look,
            |action| on_top || self.screen().offers(action, look),
            places,
            pen,
        );
    }

    /// A begun sequence shows the ways on.
    fn draw_continuations(&self, layers: &[Layer], places: &frame::Places, pen: &mut Pen<'_>) {
        pen.rule(places.foot_rule);
        let end = places.foot.right();
        let begun = crate::keys::show_sequence(&self.begun);
        let mut x = pen.pieces(
            places.foot.x + 1,
            places.foot.y,
            places.foot.width,
            &[(begun.as_str(), Role::Name), (" …  ", Role::Dim)],
        );
        for (rest, action) in self.options.keymap.continuations(layers, &self.begun) {
            let pieces = [
                (rest.as_str(), Role::Accent),
                (" ", Role::Dim),
                (action.spec().short, Role::Dim),
                ("   ", Role::Dim),
            ];
            x = pen.pieces(x, places.foot.y, end.saturating_sub(x), &pieces);
        }
    }

    fn draw_alarm(&self, area: Rect, pen: &mut Pen<'_>) {
        let Some(failure) = &self.alarm else { return };
        let wide = width_on_top(area, 90);
        let lines = failure_block(failure, wide.saturating_sub(4));
        let high = u16::try_from(lines.len())
            .unwrap_or(8)
            .saturating_add(3)
            .min(area.height);
        let place = Rect {
            x: area.x + (area.width - wide) / 2,
            y: area.y + (area.height - high) / 3,
            width: wide,
            height: high,
        };
        pen.clear(place);
        pen.rule(place);
        for (row, line) in lines
            .iter()
            .enumerate()
            .take(usize::from(high.saturating_sub(3)))
        {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            pen.pieces(
                place.x + 2,
                place.y + 1 + u16::try_from(row).unwrap_or(0),
                wide.saturating_sub(4),
                &pieces,
            );
        }
        pen.pieces(
            place.x + 2,
            place.bottom().saturating_sub(2),
            wide,
            &[("esc", Role::Accent), (" close", Role::Dim)],
        );
        pen.rule(Rect {
            y: place.bottom().saturating_sub(1),
            height: 1,
            ..place
        });
    }

    pub(crate) fn look(&self) -> Look<'_> {
        Look {
            store: &self.store,
            theme: self.theme(),
            keymap: &self.options.keymap,
            now: self.now,
            zone: &self.options.zone,
            read_only: self.options.read_only,
            spinner: self.spinner(),
            starting: self.options.starting.as_deref(),
        }
    }

    fn theme(&self) -> &Theme {
        static PLAIN: std::sync::OnceLock<Theme> = std::sync::OnceLock::new();
        self.options
            .themes
            .get(self.theme)
            .unwrap_or_else(|| PLAIN.get_or_init(Theme::plain))
    }
}
