//! The palette: every action by its words, and the words of the commands (`logs NAME`).

mod items;
mod rank;
mod typed_names;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::{
    messages::{Action, ListAction, PromptAction, Route},
    model::{DeploymentName, ResourceKey, pluralize},
    screens::logs::{LogWindow, LogsView},
    theme::Role,
    widgets::{LineInput, List, Painter, cut_middle, text_width},
};
pub use items::{InjectableFaults, items, log_window, runs_at_once, unlisted_group};
use rank::{MatchQuality, PaletteMatches};

/// Columns between text, note and key of an item.
const GAP: usize = 2;

/// The open palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    input: LineInput,
    list: List,
    /// Whether the user moved to an item: only then does enter run one that does not contain the
    /// typed text.
    has_moved: bool,
    /// The commands that were chosen last, the latest first.
    recent: Vec<PaletteCommand>,
}

/// What an item of the palette runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaletteCommand {
    /// An action of this screen or of all screens.
    Act(Action),
    /// The logs of a deployment, resource or log group.
    Logs(PaletteTarget),
    /// A window of the logs of a deployment, resource or log group.
    LogWindow(PaletteTarget, LogWindow),
    /// A view of the logs of a deployment.
    LogsIn(DeploymentName, LogsView),
    /// The tools of a deployment or resource.
    Tools(PaletteTarget),
    /// The detail of a resource in the Fleet.
    Reveal(ResourceKey),
    /// The plan of a rotation of a secret's password.
    Rotate(ResourceKey),
    /// An examination of a deployment by the doctor.
    Examine(DeploymentName),
    /// An action of another screen.
    Elsewhere(Route, Action),
    /// A fault of the embedded stack, by its index.
    Fault(usize),
}

/// What a command of the palette is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaletteTarget {
    /// A deployment.
    Deployment(DeploymentName),
    /// A resource.
    Resource(ResourceKey),
    /// A log group of a deployment.
    Group(DeploymentName, String),
}

/// The section in which an item is listed, in the order in which items of equal rank are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaletteSection {
    /// Commands that were used last.
    Recent,
    /// Actions of the current screen and of all screens.
    Here,
    /// Actions of other screens.
    Elsewhere,
    /// Names that can be opened.
    Named,
    /// Faults of the embedded stack.
    Fault,
    /// Items that contain a typed word only inside of one of their words.
    InsideWord,
    /// Items that contain only the typed letters, in their order.
    Similar,
}

impl PaletteSection {
    const fn title(self) -> &'static str {
        match self {
            Self::Recent => "USED LAST",
            Self::Here => "WHAT CAN BE DONE HERE",
            Self::Elsewhere => "ON OTHER SCREENS",
            Self::Named => "NAMES",
            Self::Fault => "FAULTS OF THE EMBEDDED STACK",
            Self::InsideWord => "INSIDE A WORD",
            Self::Similar => "SIMILAR; CHOOSE ONE TO RUN IT",
        }
    }
}

/// An item of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteItem {
    /// The text that is matched and shown first.
    pub text: String,
    /// What the item belongs to: a screen, a deployment, a kind.
    pub note: String,
    /// The key that does the same, empty if there is none.
    pub key: String,
    /// Further words that are matched and never shown.
    pub words: String,
    /// Where the item is listed.
    pub section: PaletteSection,
    /// What the item runs.
    pub command: PaletteCommand,
}

impl PaletteItem {
    /// Returns a sentence about what enter does.
    fn consequence(&self) -> String {
        match &self.command {
            PaletteCommand::Act(action) if action.spec().writes => {
                "Asks you before anything is changed.".to_owned()
            }
            PaletteCommand::Act(action) => format!("{}.", action.spec().help),
            PaletteCommand::Elsewhere(route, action) if runs_at_once(*action) => {
                format!("Opens {} and does it there.", route.title())
            }
            PaletteCommand::Elsewhere(route, _) => {
                format!(
                    "Opens {}; nothing is done before you press the key there.",
                    route.title()
                )
            }
            PaletteCommand::Logs(_) => "Opens Logs with a live tail.".to_owned(),
            PaletteCommand::LogWindow(_, window) if window.until.is_some() => {
                "Opens Logs with the lines of this time.".to_owned()
            }
            PaletteCommand::LogWindow(..) => "Opens Logs from this time on.".to_owned(),
            PaletteCommand::LogsIn(..) => "Opens this view of Logs with a live tail.".to_owned(),
            PaletteCommand::Tools(_) => "Opens Tools, signs in and lists the tools.".to_owned(),
            PaletteCommand::Reveal(_) => "Opens the detail in Fleet.".to_owned(),
            PaletteCommand::Rotate(_) => {
                "Opens Secrets with the plan; asks you before anything is changed.".to_owned()
            }
            PaletteCommand::Examine(_) => "Opens Doctor and examines the chain again.".to_owned(),
            PaletteCommand::Fault(0) => "Clears all faults of the embedded stack.".to_owned(),
            PaletteCommand::Fault(_) => {
                "Breaks the embedded stack in this way until the faults are cleared.".to_owned()
            }
        }
    }
}

impl Palette {
    /// Creates an open palette with the commands that were chosen last, the latest first.
    pub fn new(recent: Vec<PaletteCommand>) -> Self {
        Self {
            recent,
            ..Self::default()
        }
    }

    /// Handles a key of the input line.
    pub fn press(&mut self, key: KeyEvent) {
        if self.input.press(key) {
            self.reset_cursor();
        }
    }

    /// Inserts pasted text.
    pub fn paste(&mut self, text: &str) {
        self.input.paste(text);
        self.reset_cursor();
    }

    fn reset_cursor(&mut self) {
        self.list.select(0);
        self.has_moved = false;
    }

    /// Returns the typed text.
    pub fn text(&self) -> &str {
        self.input.text().trim()
    }

    /// Moves the cursor.
    pub fn move_cursor(&mut self, action: PromptAction, items: Vec<PaletteItem>) {
        let matches = self.matches(items);
        let direction = match action {
            PromptAction::PromptNext => ListAction::Down,
            PromptAction::PromptPrevious => ListAction::Up,
            PromptAction::Yes | PromptAction::No | PromptAction::Accept => return,
        };
        // The first move only puts the cursor on the first item if none is chosen yet.
        if self.chosen_index(&matches).is_none() {
            self.has_moved = true;
            return;
        }
        self.list.act(Action::List(direction), matches.items.len());
    }

    /// Returns the chosen command. There is none if nothing is typed, or if no item contains the
    /// typed text, unless the
    /// user has moved to an item.
    pub fn chosen(&self, items: Vec<PaletteItem>) -> Option<PaletteCommand> {
        let matches = self.matches(items);
        let index = self.chosen_index(&matches)?;
        matches
            .items
            .into_iter()
            .nth(index)
            .map(|item| item.command)
    }

    fn chosen_index(&self, matches: &PaletteMatches) -> Option<usize> {
        let is_chosen = self.has_moved || matches.quality == MatchQuality::Contained;
        let last = matches.items.len().checked_sub(1)?;
        is_chosen.then(|| self.list.cursor().min(last))
    }

    fn matches(&self, items: Vec<PaletteItem>) -> PaletteMatches {
        rank::find(self.text(), items, &self.recent)
    }

    /// Draws the palette over the upper part of the area, as wide as the area.
    pub fn view(&self, items: Vec<PaletteItem>, area: Rect, painter: &mut Painter<'_>) {
        let total = items.len();
        let matches = self.matches(items);
        let lines = lines(&matches.items);
        let height = u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .saturating_add(4)
            .clamp(6, area.height.clamp(6, 24))
            .min(area.height);
        let place = Rect { height, ..area };
        painter.clear(place);
        painter.shade(place, Role::Raised);
        self.draw_input(matches.items.len(), total, place, painter);
        let chosen = self.chosen_index(&matches);
        let body = Rect {
            y: place.y + 1,
            height: height.saturating_sub(3),
            ..place
        };
        let row_of_chosen = chosen
            .and_then(|chosen| row_of(&lines, chosen))
            .unwrap_or(0);
        let mut visible = List::default();
        visible.select(row_of_chosen);
        let window = visible.visible(body.height, lines.len());
        let below = lines.get(window.end..).map_or(0, count_items);
        let columns = Columns::of(lines.get(window.clone()).unwrap_or_default(), place.width);
        for (row, index) in window.enumerate() {
            let y = body.y + u16::try_from(row).unwrap_or(u16::MAX);
            let line = Rect {
                y,
                height: 1,
                ..body
            };
            match lines.get(index) {
                Some(PaletteLine::Heading(section)) => {
                    painter.text(line.x + 1, y, line.width, section.title(), Role::Dim);
                }
                Some(PaletteLine::Item(item, at)) => {
                    if chosen == Some(*at) {
                        painter.select_row(line, true);
                    }
                    self.draw_item(item, columns, line, painter);
                }
                None => {}
            }
        }
        self.draw_foot(&matches, chosen, below, place, painter);
    }

    fn draw_input(&self, found: usize, total: usize, place: Rect, painter: &mut Painter<'_>) {
        let x = painter.spans(
            place.x + 1,
            place.y,
            place.width,
            &[(": ", Role::Accent), (self.input.text(), Role::Name)],
        );
        painter.text(x, place.y, 1, "▏", Role::Accent);
        let count = if found == total {
            pluralize(total, "item")
        } else {
            format!("{found} of {total}")
        };
        painter.text_right(
            place.right().saturating_sub(1),
            place.y,
            16,
            &count,
            Role::Dim,
        );
    }

    /// Draws what enter does, or why it does nothing.
    fn draw_foot(
        &self,
        matches: &PaletteMatches,
        chosen: Option<usize>,
        below: usize,
        place: Rect,
        painter: &mut Painter<'_>,
    ) {
        let rule = Rect {
            y: place.bottom().saturating_sub(2),
            height: 1,
            ..place
        };
        painter.hline(rule);
        let sentence = match chosen.and_then(|chosen| matches.items.get(chosen)) {
            Some(item) => item.consequence(),
            None if matches.items.is_empty() => {
                format!("Nothing is called {}.", self.text())
            }
            None => "Type a word, or choose an item: enter does nothing yet.".to_owned(),
        };
        let end = painter.text(
            place.x + 1,
            rule.y + 1,
            place.width.saturating_sub(2),
            &sentence,
            Role::Text,
        );
        let more = format!("▼ {below} more below");
        let width = u16::try_from(text_width(&more)).unwrap_or(u16::MAX);
        let right = place.right().saturating_sub(1);
        if below > 0 && end.saturating_add(width + 2) <= right {
            painter.text_right(right, rule.y + 1, width, &more, Role::Dim);
        }
    }

    /// Draws the text with the typed words marked, what the item belongs to, and its key at the
    /// right.
    fn draw_item(
        &self,
        item: &PaletteItem,
        columns: Columns,
        line: Rect,
        painter: &mut Painter<'_>,
    ) {
        let key = u16::try_from(text_width(&item.key)).unwrap_or(0);
        let text = cut_middle(&item.text, columns.text);
        painter.text(line.x + 3, line.y, line.width, &text, Role::Text);
        for (at, part) in marked_parts(&text, self.text()) {
            let column = line.x + 3 + u16::try_from(at).unwrap_or(u16::MAX);
            painter.text(column, line.y, line.width, part, Role::Accent);
        }
        let note_column = line.x + 3 + u16::try_from(columns.text + GAP).unwrap_or(u16::MAX);
        let note = cut_middle(&item.note, columns.note);
        painter.text(note_column, line.y, line.width, &note, Role::Dim);
        painter.text_right(
            line.right().saturating_sub(1),
            line.y,
            key,
            &item.key,
            Role::Accent,
        );
    }
}

/// Columns of the texts and notes that are shown: no text is cut while room is empty.
#[derive(Clone, Copy)]
struct Columns {
    text: usize,
    note: usize,
}

impl Columns {
    fn of(lines: &[PaletteLine<'_>], width: u16) -> Self {
        let widest = |part: fn(&PaletteItem) -> &str| {
            let items = lines.iter().filter_map(PaletteLine::item);
            items.map(|item| text_width(part(item))).max().unwrap_or(0)
        };
        let (text, note) = (widest(|item| &item.text), widest(|item| &item.note));
        let keys = widest(|item| &item.key);
        let room = usize::from(width.saturating_sub(4)).saturating_sub(keys + 2 * GAP);
        // Where both do not fit, a note keeps a quarter.
        let note = note.min((room / 4).max(12).max(room.saturating_sub(text)));
        Self {
            text: text.min(room.saturating_sub(note)),
            note,
        }
    }
}

/// A line of the list: a heading above each section, then its items with their indices.
enum PaletteLine<'a> {
    Heading(PaletteSection),
    Item(&'a PaletteItem, usize),
}

impl PaletteLine<'_> {
    const fn item(&self) -> Option<&PaletteItem> {
        match self {
            Self::Heading(_) => None,
            Self::Item(item, _) => Some(item),
        }
    }
}

fn count_items(lines: &[PaletteLine<'_>]) -> usize {
    lines.iter().filter_map(PaletteLine::item).count()
}

fn lines(items: &[PaletteItem]) -> Vec<PaletteLine<'_>> {
    let mut lines = Vec::new();
    let mut section = None;
    for (index, item) in items.iter().enumerate() {
        if section != Some(item.section) {
            lines.push(PaletteLine::Heading(item.section));
            section = Some(item.section);
        }
        lines.push(PaletteLine::Item(item, index));
    }
    lines
}

fn row_of(lines: &[PaletteLine<'_>], index: usize) -> Option<usize> {
    lines
        .iter()
        .position(|line| matches!(line, PaletteLine::Item(_, at) if *at == index))
}

/// Returns the parts of the text that are a typed word, with the columns at which they begin.
fn marked_parts<'a>(text: &'a str, typed: &str) -> Vec<(usize, &'a str)> {
    let lower = text.to_lowercase();
    // Lower case may change lengths; then nothing is marked.
    if lower.len() != text.len() {
        return Vec::new();
    }
    typed
        .to_lowercase()
        .split_whitespace()
        .filter_map(|word| {
            let at = lower.find(word)?;
            let part = text.get(at..at + word.len())?;
            Some((text_width(text.get(..at)?), part))
        })
        .collect()
}
