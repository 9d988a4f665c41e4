//! An opened deployment: the lines of its panel, to be scrolled and searched.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::{
    messages::{Action, AppAction, FleetAction, FleetViewport, ListAction, PromptAction},
    model::{DeploymentName, pluralize},
    screens::{
        ViewContext,
        panel::{self, PanelLine},
    },
    theme::Role,
    widgets::{DrawnViewport, LineInput, Painter, Scroll},
};

/// An open overview of a deployment.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    deployment: DeploymentName,
    scroll: Scroll,
    search: OverviewSearch,
}

/// The search in an overview. Its lines depend on the window, so a hit is known by its place among the hits.
#[derive(Clone, Debug, Default)]
struct OverviewSearch {
    wanted: LineInput,
    is_typing: bool,
    /// The current hit, counted from the first; any number of times round.
    hit: i64,
    /// Whether the window goes to the current hit.
    is_followed: bool,
}

impl OverviewSearch {
    fn is_active(&self) -> bool {
        !self.wanted.text().is_empty()
    }

    fn restart(&mut self) {
        (self.hit, self.is_followed) = (0, true);
    }

    fn go(&mut self, steps: i64) {
        (self.hit, self.is_followed) = (self.hit + steps, true);
    }

    /// Returns the indices of the lines that hold the text.
    fn hits(&self, lines: &[PanelLine]) -> Vec<usize> {
        if !self.is_active() {
            return Vec::new();
        }
        let wanted = self.wanted.text().to_lowercase();
        let is_hit = |line: &PanelLine| line.text().to_lowercase().contains(&wanted);
        let numbered = lines.iter().enumerate();
        numbered
            .filter(|(_, line)| is_hit(line))
            .map(|(index, _)| index)
            .collect()
    }

    /// Returns which of so many hits is the current one.
    fn current(&self, hits: usize) -> Option<usize> {
        let hits = i64::try_from(hits).ok().filter(|hits| *hits > 0)?;
        usize::try_from(self.hit.rem_euclid(hits)).ok()
    }
}

impl Overview {
    pub(super) fn record(&mut self, drawn: &DrawnViewport) {
        self.scroll.record(drawn);
    }

    pub(super) fn new(deployment: DeploymentName) -> Self {
        Self {
            deployment,
            scroll: Scroll::default(),
            search: OverviewSearch::default(),
        }
    }

    /// Returns whether a text to search for is being typed.
    pub(super) const fn is_typing(&self) -> bool {
        self.search.is_typing
    }

    /// Takes a key of the text that is searched for.
    pub(super) fn press(&mut self, key: KeyEvent) {
        if self.search.wanted.press(key) {
            self.search.restart();
        }
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        self.search.wanted.paste(text);
        self.search.restart();
    }

    /// Returns what the key that leads back does here.
    pub(super) fn way_back(&self) -> &'static str {
        if self.search.is_active() || self.search.is_typing {
            "end search"
        } else {
            "close"
        }
    }

    /// Scrolls and searches; `false` where the action is none of these.
    pub(super) fn act(&mut self, action: Action) -> bool {
        match action {
            Action::List(ListAction::Filter) | Action::Fleet(FleetAction::SearchDetail) => {
                self.search = OverviewSearch {
                    is_typing: true,
                    ..OverviewSearch::default()
                };
            }
            Action::Prompt(PromptAction::Accept) if self.search.is_typing => {
                self.search.is_typing = false;
            }
            Action::App(AppAction::Back) if self.search.is_typing || self.search.is_active() => {
                self.search = OverviewSearch::default();
            }
            Action::Fleet(FleetAction::NextHit) => self.search.go(1),
            Action::Fleet(FleetAction::PreviousHit) => self.search.go(-1),
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => {
                let has_moved = self.scroll.act(action);
                self.search.is_followed &= !has_moved;
                return has_moved;
            }
        }
        true
    }

    pub(super) fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let is_searching = self.search.is_typing || self.search.is_active();
        let whole = Rect {
            x: area.x + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(u16::from(is_searching)),
            ..area
        };
        let lines = panel::deployment(&self.deployment, context, whole.width);
        let hits = self.search.hits(&lines);
        let current = self.search.current(hits.len());
        // A window that does not show all of it says so on its last line.
        let is_cut = lines.len() > usize::from(whole.height);
        let body = Rect {
            height: whole.height.saturating_sub(u16::from(is_cut)),
            ..whole
        };
        let mut scroll = self.scroll.clone();
        let hit = current.and_then(|current| hits.get(current).copied());
        if let Some(line) = hit.filter(|_| self.search.is_followed) {
            scroll.show(line, body.height);
        }
        let window = scroll.window(FleetViewport::Overview, body, lines.len(), painter);
        let shown = lines.get(window.clone()).unwrap_or_default();
        panel::draw(shown.iter(), body, painter);
        if self.search.is_active() {
            let wanted = self.search.wanted.text();
            for ((index, line), row) in window.clone().zip(shown).zip(body.rows()) {
                panel::mark_hits(line, wanted, row, painter);
                if Some(index) == hit {
                    painter.text(area.x, row.y, 1, "▌", Role::Accent);
                }
            }
        }
        let below = lines.len().saturating_sub(window.end);
        if is_cut && below > 0 {
            let text = format!("{} below", pluralize(below, "line"));
            let pieces = [("▼ ", Role::Accent), (text.as_str(), Role::Dim)];
            painter.spans(body.x, body.bottom(), body.width, &pieces);
        }
        if is_searching {
            self.draw_search((current, hits.len()), whole, painter);
        }
    }

    /// Draws the text that is searched for below the body, and which of the hits is the current one.
    fn draw_search(
        &self,
        (current, hits): (Option<usize>, usize),
        body: Rect,
        painter: &mut Painter<'_>,
    ) {
        let wanted = self.search.wanted.text();
        let pieces = [("/", Role::Accent), (wanted, Role::Text)];
        let x = painter.spans(body.x, body.bottom(), body.width, &pieces);
        if self.search.is_typing {
            painter.text(x, body.bottom(), 1, "▏", Role::Accent);
        }
        let words = match current {
            Some(current) => format!("hit {} of {hits}", current + 1),
            None if wanted.is_empty() => String::new(),
            None => pluralize(hits, "hit"),
        };
        painter.text_right(body.right(), body.bottom(), 20, &words, Role::Dim);
    }
}
