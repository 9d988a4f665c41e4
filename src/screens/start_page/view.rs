//! How the start page looks.

use ratatui::layout::Rect;

use super::{ConfigurationLookup, ConfigurationLookupState, FirstStep, StartPage};
use crate::{
    keys::Layer,
    messages::{Action, StartAction},
    screens::ViewContext,
    theme::Role,
    widgets::{Painter, text_width},
};

/// Column of the explanations.
const EXPLANATION: u16 = 29;
/// Column of what was found.
const FOUND: u16 = 20;
/// From this height on blank lines part the ways on.
const AIRY_FROM: u16 = 28;
/// From this width on the command that mends something stands in a column of its own.
const COMMANDS_FROM: u16 = 100;
/// Most mistakes of the configuration that are listed.
const MISTAKES: usize = 6;

/// Draws the page from the top of the area on; what does not fit is left out at the bottom.
pub(super) fn draw(
    page: &StartPage,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let mut pen = StartPagePainter {
        area,
        y: area.y + u16::from(area.height >= AIRY_FROM),
        is_airy: area.height >= AIRY_FROM,
        painter,
    };
    headline(page, context, &mut pen);
    for (index, way) in page.ways().into_iter().enumerate() {
        let is_selected = page.cursor == index && page.profile.is_none();
        let words = explanation(page, way, area.width >= COMMANDS_FROM);
        pen.way(context, way, &words, is_selected);
    }
    if pen.is_airy {
        pen.y += 1;
    }
    match page.profile {
        Some(at) => profiles(page, at, &mut pen),
        None => looked_for(page, context, &mut pen),
    }
}

/// What is there and what is not, in two lines; the mistakes of the configuration, if it has some.
fn headline(page: &StartPage, context: &ViewContext<'_>, pen: &mut StartPagePainter<'_, '_>) {
    if context.problems.is_empty() {
        pen.line(3, "Nothing to watch yet.", Role::Name);
        let configuration = if page.has_configuration {
            "The configuration names no deployment"
        } else {
            "No configuration was found"
        };
        let account = match &page.failure {
            Some(_) => ", and the account was not read.".to_owned(),
            None if page.regions.is_empty() => ", and no AWS region is known.".to_owned(),
            None => format!(", and nothing in {}.", page.regions.join(", ")),
        };
        pen.line(3, &format!("{configuration}{account}"), Role::Dim);
    } else {
        pen.line(3, "The configuration has problems:", Role::Name);
        for problem in context.problems.iter().take(MISTAKES) {
            pen.line(5, problem, Role::Failed);
        }
        let more = context.problems.len().saturating_sub(MISTAKES);
        if more > 0 {
            pen.line(5, &format!("and {more} more"), Role::Dim);
        }
    }
    pen.y += 1;
}

/// Two lines about a way on.
fn explanation(page: &StartPage, way: FirstStep, is_wide: bool) -> (String, String) {
    let two = |first: &str, second: &str| (first.to_owned(), second.to_owned());
    match way {
        FirstStep::Demo if is_wide => two(
            "Five deployments served on this machine, with faults to inject.",
            "Needs no account, touches nothing else, ends with the console.",
        ),
        FirstStep::Demo => two(
            "Five deployments, served on this machine.",
            "Needs no account, touches nothing outside.",
        ),
        FirstStep::SignIn => {
            let place = if page.regions.is_empty() {
                "Then name a region: --region REGION.".to_owned()
            } else {
                format!("Then everything in {} is found.", page.regions.join(", "))
            };
            // Two commands that do not fit into one line have one each: a command that is cut cannot be typed.
            match page.sign_in.text.split_once(", ").filter(|_| !is_wide) {
                Some((first, then)) => (format!("{first},"), format!("then {then}")),
                None => (page.sign_in.text.clone(), place),
            }
        }
        FirstStep::Profile => {
            let names = if page.profiles.is_empty() {
                "none yet: `aws configure sso` makes one".to_owned()
            } else {
                page.profiles.join("   ")
            };
            (
                names,
                "It is then the only source of credentials.".to_owned(),
            )
        }
        FirstStep::Configuration if page.files.is_empty() => two(
            "from the stacks and gateways of the account.",
            "Shows what it would write, and asks.",
        ),
        FirstStep::Configuration => (
            format!("from {}, in this folder.", page.files.join(" and ")),
            "Shows what it would write, and asks.".to_owned(),
        ),
    }
}

fn looked_for(page: &StartPage, context: &ViewContext<'_>, pen: &mut StartPagePainter<'_, '_>) {
    let key = context
        .keymap
        .key_of(&[Layer::Start], Action::Start(StartAction::LookAgain))
        .unwrap_or_default();
    pen.section(
        "WHAT WAS LOOKED FOR",
        &[(&key, Role::Accent), (" looks again", Role::Dim)],
    );
    // The last line says how to do without the console.
    let rows = usize::from(pen.left().saturating_sub(2));
    let mut entries: Vec<&ConfigurationLookup> = page.looked_for.iter().collect();
    if rows < entries.len() {
        // What is broken must be among those that are seen.
        entries.sort_by_key(|entry| entry.state != ConfigurationLookupState::Broken);
    }
    let longest = entries.iter().map(|entry| text_width(&entry.command)).max();
    let commands = u16::try_from(longest.unwrap_or(0)).unwrap_or(u16::MAX);
    for entry in entries.into_iter().take(rows) {
        pen.entry(entry, commands);
    }
    let hidden = page.looked_for.len().saturating_sub(rows);
    if hidden > 0 {
        pen.line(3, &format!("▼ {hidden} more"), Role::Dim);
    }
    pen.y += 1;
    pen.line(
        3,
        "As commands:  agentcore-console demo   init   status --profile NAME",
        Role::Faint,
    );
}

fn profiles(page: &StartPage, at: usize, pen: &mut StartPagePainter<'_, '_>) {
    pen.section(
        "PROFILES",
        &[("⏎", Role::Accent), (" takes one", Role::Dim)],
    );
    let rows = usize::from(pen.left()).max(1);
    let first = (at + 1).saturating_sub(rows);
    for (index, name) in page.profiles.iter().enumerate().skip(first).take(rows) {
        if index == at {
            pen.select();
        }
        pen.line(3, name, Role::Text);
    }
}

/// The page while it is drawn, from top to bottom.
struct StartPagePainter<'p, 'b> {
    area: Rect,
    y: u16,
    is_airy: bool,
    painter: &'p mut Painter<'b>,
}

impl StartPagePainter<'_, '_> {
    /// Rows that are left.
    fn left(&self) -> u16 {
        self.area.bottom().saturating_sub(self.y)
    }

    fn line(&mut self, indent: u16, text: &str, role: Role) {
        if self.left() > 0 {
            let width = self.area.width.saturating_sub(indent + 1);
            self.painter
                .text(self.area.x + indent, self.y, width, text, role);
        }
        self.y = self.y.saturating_add(1);
    }

    fn select(&mut self) {
        if self.left() > 0 {
            let row = Rect {
                y: self.y,
                height: 1,
                ..self.area
            };
            self.painter.select_row(row, true);
        }
    }

    /// One way on: its key, its name, and two lines that explain it.
    fn way(
        &mut self,
        context: &ViewContext<'_>,
        way: FirstStep,
        (first, second): &(String, String),
        is_selected: bool,
    ) {
        let key = context.keymap.key_of(&[Layer::Start], way.action());
        let x = self.area.x + 3;
        let room = self.area.width.saturating_sub(EXPLANATION + 4);
        for (index, text) in [first, second].into_iter().enumerate() {
            if is_selected {
                self.select();
            }
            if self.left() > 0 {
                if index == 0 {
                    let key = key.as_deref().unwrap_or_default();
                    self.painter.text(x, self.y, 3, key, Role::Accent);
                    self.painter
                        .text(x + 4, self.y, EXPLANATION - 5, way.name(), Role::Name);
                }
                let role = if index == 0 { Role::Text } else { Role::Dim };
                self.painter.text(x + EXPLANATION, self.y, room, text, role);
            }
            self.y = self.y.saturating_add(1);
        }
        self.y += u16::from(self.is_airy);
    }

    /// A rule, and below it a title with a hint at the right.
    fn section(&mut self, title: &str, hint: &[(&str, Role)]) {
        if self.left() > 1 {
            let row = Rect {
                y: self.y,
                height: 1,
                ..self.area
            };
            self.painter.hline(row);
            let y = self.y + 1;
            self.painter
                .text(self.area.x + 3, y, self.area.width, title, Role::Dim);
            let width: usize = hint.iter().map(|(text, _)| text_width(text)).sum();
            let x = self
                .area
                .right()
                .saturating_sub(u16::try_from(width).unwrap_or(u16::MAX) + 1);
            self.painter.spans(x, y, self.area.width, hint);
        }
        self.y = self.y.saturating_add(2 + u16::from(self.is_airy));
    }

    /// What was looked for, and the command that mends it in a column of so many characters.
    fn entry(&mut self, entry: &ConfigurationLookup, commands: u16) {
        let (glyph, role) = match entry.state {
            ConfigurationLookupState::Found => ("●", Role::Success),
            ConfigurationLookupState::Absent => ("○", Role::Faint),
            ConfigurationLookupState::Broken => ("✖", Role::Failed),
        };
        let text = match entry.state {
            ConfigurationLookupState::Found | ConfigurationLookupState::Broken => Role::Text,
            ConfigurationLookupState::Absent => Role::Dim,
        };
        if self.left() > 0 {
            let (x, y, width) = (self.area.x + 3, self.y, self.area.width);
            let command_at = if width >= COMMANDS_FROM && !entry.command.is_empty() {
                width.saturating_sub((commands + 2).min(width * 3 / 10))
            } else {
                width
            };
            self.painter.text(x, y, 1, glyph, role);
            self.painter.text(x + 2, y, FOUND - 3, &entry.what, text);
            let room = command_at.saturating_sub(FOUND + 5);
            let end = self.painter.text(x + FOUND, y, room, &entry.found, text);
            if command_at < width {
                let room = width - command_at - 1;
                self.painter.text(
                    self.area.x + command_at,
                    y,
                    room,
                    &entry.command,
                    Role::Text,
                );
            } else if !entry.command.is_empty() {
                let room = self.area.right().saturating_sub(end + 3);
                if text_width(&entry.command) <= usize::from(room) {
                    self.painter
                        .text(end + 2, y, room, &entry.command, Role::Text);
                }
            }
        }
        self.y = self.y.saturating_add(1);
    }
}
