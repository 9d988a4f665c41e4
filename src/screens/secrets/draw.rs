//! The list of secrets, and below it what is known of the selected one.

use ratatui::layout::Rect;

use super::{
    Secrets, aside, client_view,
    entry::{SecretEntry, entries},
    list_view::{EntryReadings, LongestTexts, SecretColumns},
    run::RunSubject,
    versions_view,
};
use crate::{
    messages::ViewportId,
    screens::{ViewContext, panel},
    state::Loadable,
    theme::Role,
    widgets::{Painter, StyledLine},
};

/// So many free lines are needed for what stands below the versions.
const BELOW_FROM: u16 = 6;
/// What stands there is at most this wide.
const BELOW_WIDTH: u16 = 90;

impl Secrets {
    pub(super) fn draw_list(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let all = entries(context.store);
        if all.is_empty() {
            return draw_nothing(context, area, painter);
        }
        let (area, beside) = aside::split(area);
        if let Some(beside) = beside {
            self.draw_aside(context, beside, painter);
        }
        let height = u16::try_from(all.len())
            .unwrap_or(u16::MAX)
            .min(area.height / 2)
            .max(1);
        let columns = SecretColumns::new(area, LongestTexts::of(&all, context.store));
        columns.draw_titles(area.y, painter);
        let top = Rect {
            y: area.y + 1,
            height,
            ..area
        };
        let cursor = self.list.cursor().min(all.len() - 1);
        let window = self
            .list
            .window(ViewportId::Secrets, top, all.len(), painter);
        for (row, index) in window.enumerate() {
            let Some(entry) = all.get(index) else {
                continue;
            };
            let line = Rect {
                y: top.y + u16::try_from(row).unwrap_or(0),
                height: 1,
                ..top
            };
            if index == cursor {
                painter.select_row(line, true);
            }
            let known = EntryReadings {
                user: self.user_of(*entry),
                client: self.clients.get(entry.deployment()),
            };
            columns.draw_entry(*entry, &known, context, line, painter);
        }
        let rule = Rect {
            y: top.bottom(),
            height: 1,
            ..area
        };
        painter.hline(rule);
        let below = Rect {
            y: rule.y + 1,
            height: area.bottom().saturating_sub(rule.y + 1),
            ..area
        };
        self.draw_detail(context, below, beside.is_some(), painter);
    }

    /// What is known of the secret that is rotated or selected; with readers and rotations, unless these stand beside it.
    pub(super) fn draw_detail(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        has_aside: bool,
        painter: &mut Painter<'_>,
    ) {
        let run = self.run.as_ref().filter(|_| self.shows_run);
        let of_client = match (run, self.current(context.store)) {
            (Some(run), _) => matches!(run.subject, RunSubject::ClientSecret { .. })
                .then(|| run.deployment.clone()),
            (None, Some(SecretEntry::Client(deployment))) => Some(deployment.name.clone()),
            (None, _) => None,
        };
        let room = area.width.saturating_sub(5);
        let lines = if let Some(name) = of_client {
            let known = self.clients.get(&name);
            loaded(known, "the client's secrets", room, context, |detail| {
                client_view::lines(detail, run, context)
            })
        } else {
            let known = self.detail.as_ref().map(|(.., detail)| detail);
            let user = self.detail.as_ref().and_then(|(name, id, _)| {
                let key = (name.clone(), id.clone());
                self.users.get(&key)
            });
            loaded(known, "its versions", room, context, |detail| {
                versions_view::lines(detail, user, self.is_rotating(), context)
            })
        };
        for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            let y = area.y + u16::try_from(row).unwrap_or(0);
            painter.spans(area.x + 4, y, room, &pieces);
        }
        let used = u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .min(area.height);
        if !has_aside {
            let free = Rect {
                y: area.y + used,
                height: area.height - used,
                ..area
            };
            self.draw_below(context, free, painter);
        }
    }
}

impl Secrets {
    /// Draws readers, rotations and changes, where there is no room for them beside the list.
    fn draw_below(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let chosen = self.chosen(context.store);
        let Some(entry) = chosen.filter(|_| area.height >= BELOW_FROM) else {
            return;
        };
        let place = Rect {
            x: area.x + 4,
            width: area.width.saturating_sub(8).min(BELOW_WIDTH),
            ..area
        };
        let lines = aside::lines_below(entry, context, place.width);
        panel::draw(lines.iter(), place, painter);
    }
}

/// Returns the lines of something that is read from AWS: that it is being read, why it could not be, and what is known.
fn loaded<T>(
    known: Option<&Loadable<T>>,
    what: &str,
    room: u16,
    context: &ViewContext<'_>,
    draw: impl FnOnce(&T) -> Vec<StyledLine>,
) -> Vec<StyledLine> {
    let Some(known) = known else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some(failure) = known.failure() {
        lines.extend(crate::screens::detail::failure_block(failure, room));
    }
    match known.value() {
        None if known.is_loading() => {
            let words = format!("{} reading {what}", context.spinner);
            lines.push(vec![(words, Role::Dim)]);
        }
        None => {}
        Some(value) => lines.extend(draw(value)),
    }
    lines
}

fn draw_nothing(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let words = if context.store.loading() > 0 {
        "asking for secrets"
    } else {
        "No Neo4j secret is known. Name one in the configuration (`secrets = [\"…\"]`), or a stack whose outputs name it."
    };
    let room = area.width.saturating_sub(4);
    painter.text(area.x + 3, area.y + 1, room, words, Role::Dim);
}
