//! Activity: what this console did and what failed, newest first, with request ids.

use ratatui::layout::Rect;

use super::{
    Screen, ScreenUpdate, UpdateContext, ViewContext,
    detail::{failure_block, wrapped},
};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, Effect, FleetAction, ListAction},
    theme::Role,
    widgets::{List, Painter, cut, text_width},
};

/// The state of the Activity screen.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    list: List,
    open: bool,
}

impl Screen for Activity {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::Activity, Layer::List]
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> crate::messages::Effects {
        context.store.unseen_failures = 0;
        crate::messages::Effects::none()
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if self.list.act(action, context.store.activity.len()) {
            return ScreenUpdate::done();
        }
        match action {
            Action::List(ListAction::Open) => {
                self.open = !self.open;
                ScreenUpdate::done()
            }
            Action::App(AppAction::Back) if self.open => {
                self.open = false;
                ScreenUpdate::done()
            }
            Action::Fleet(FleetAction::CopyId) => {
                let deed = context.store.activity.get(self.list.cursor());
                let request = deed.and_then(|deed| deed.request()).map(str::to_owned);
                request.map_or_else(
                    || {
                        ScreenUpdate::request(super::AppRequest::Say(
                            "no request id is known".to_owned(),
                        ))
                    },
                    |id| ScreenUpdate::effect(Effect::Copy(id)),
                )
            }
            _ => ScreenUpdate::ignored(),
        }
    }

    fn click(&mut self, column: u16, line: u16, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match self.list.row_at(column, line) {
            Some(row) => {
                self.list.select(row);
                ScreenUpdate::done()
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn offers(&self, action: Action, _look: &ViewContext<'_>) -> bool {
        !matches!(
            action,
            Action::List(ListAction::Filter | ListAction::Sort | ListAction::Mark)
        )
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let deeds = &context.store.activity;
        if deeds.is_empty() {
            painter.text(
                area.x + 3,
                area.y + 1,
                area.width,
                "Nothing yet. Writes, calls and failures are listed here, with request ids.",
                Role::Dim,
            );
            return;
        }
        let room = area.width.saturating_sub(3);
        let lines = deeds
            .get(self.list.cursor())
            .filter(|_| self.open)
            .map(|deed| match &deed.result {
                Err(failure) => failure_block(failure, room),
                Ok(words) => {
                    let head = format!("{}   {}", deed.at.date_time(context.zone), deed.what);
                    let mut lines = wrapped(&head, room, Role::Text);
                    lines.extend(wrapped(words, room, Role::Success));
                    lines.extend(
                        deed.request()
                            .into_iter()
                            .flat_map(|id| wrapped(&format!("request {id}"), room, Role::Dim)),
                    );
                    lines
                }
            });
        let below = lines
            .as_ref()
            .map_or(0, |lines| u16::try_from(lines.len()).unwrap_or(8) + 1)
            .min(area.height.saturating_sub(4).max(area.height / 2));
        let body = Rect {
            height: area.height - below,
            ..area
        };
        for (row, index) in self.list.window(body, deeds.len()).enumerate() {
            let Some(deed) = deeds.get(index) else {
                continue;
            };
            let y = body.y + u16::try_from(row).unwrap_or(u16::MAX);
            if index == self.list.cursor() {
                painter.select_row(
                    Rect {
                        y,
                        height: 1,
                        ..body
                    },
                    true,
                );
            }
            let (glyph, role, words) = match &deed.result {
                Ok(words) => ("●", Role::Success, words.clone()),
                Err(failure) => (
                    "✖",
                    Role::Failed,
                    failure.cause.lines().next().unwrap_or_default().to_owned(),
                ),
            };
            let time = deed.at.clock(context.zone);
            let write = if deed.write { " write " } else { "       " };
            let request = deed
                .request()
                .map_or_else(String::new, |id| format!("   request {id}"));
            // The request id stays in sight beside a long message, where there is room for both.
            let room = usize::from(body.width.saturating_sub(3));
            let others = text_width(&time)
                + 2
                + 1
                + text_width(write)
                + text_width(&deed.what)
                + 3
                + text_width(&request);
            let words = cut(&words, room.saturating_sub(others).max(room * 2 / 5));
            let pieces = [
                (time.as_str(), Role::Faint),
                ("  ", Role::Dim),
                (glyph, role),
                (write, Role::Person),
                (deed.what.as_str(), Role::Text),
                ("   ", Role::Dim),
                (words.as_str(), role),
                (request.as_str(), Role::Dim),
            ];
            painter.spans(body.x + 2, y, body.width.saturating_sub(3), &pieces);
        }
        if let Some(lines) = lines {
            let place = Rect {
                y: area.y + body.height,
                height: below,
                ..area
            };
            painter.hline(place);
            for (row, line) in lines
                .iter()
                .take(usize::from(below.saturating_sub(1)))
                .enumerate()
            {
                let pieces: Vec<(&str, Role)> = line
                    .iter()
                    .map(|(text, role)| (text.as_str(), *role))
                    .collect();
                painter.spans(
                    place.x + 2,
                    place.y + 1 + u16::try_from(row).unwrap_or(0),
                    place.width.saturating_sub(3),
                    &pieces,
                );
            }
        }
    }
}
