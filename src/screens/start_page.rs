//! The start page: what a console without deployments shows. It names the ways on, the mistakes of the configuration, and what
//! was looked for.

use ratatui::layout::Rect;

use super::ViewContext;
use crate::{
    keys::Layer,
    messages::{Action, AppAction},
    theme::Role,
    widgets::Painter,
};

/// Column of the explanations.
const EXPLANATION: u16 = 24;

/// What the start page knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartPage {
    /// Whether this build has the embedded stack.
    pub can_start_demo: bool,
    /// What was looked for, with what was found.
    pub looked_for: Vec<(String, String)>,
    /// Command that signs in to AWS.
    pub sign_in: String,
}

/// Draws the page from the top of the area on; what does not fit is left out at the bottom.
pub(super) fn draw(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let mut page = StartPagePainter {
        area,
        y: area.y + 1,
        painter,
    };
    if context.problems.is_empty() {
        page.line("Nothing to watch yet.", Role::Name);
    } else {
        page.line("The configuration has mistakes:", Role::Name);
        for problem in context.problems {
            page.line(&format!("  {problem}"), Role::Failed);
        }
    }
    page.y += 1;
    if context.start_page.can_start_demo {
        let key = context
            .keymap
            .key_of(&[Layer::Fleet], Action::App(AppAction::StartDemo))
            .unwrap_or_default();
        page.way(
            &format!("{key}  try the demo"),
            "Five deployments served on this machine, with faults to inject.",
            "It needs no account and touches nothing outside this machine.",
        );
    }
    page.way(
        "   sign in to AWS",
        &context.start_page.sign_in,
        "Then start again: everything in the region is found without a configuration.",
    );
    page.way(
        "   another profile",
        "agentcore-console --profile NAME --region REGION",
        "The profile that is named is the only source of AWS credentials.",
    );
    page.way(
        "   a configuration",
        "agentcore-console init",
        "It looks at the account and the files in this folder, shows what it found, and asks.",
    );
    if !context.start_page.looked_for.is_empty() {
        page.line("WHAT WAS LOOKED FOR", Role::Dim);
        for (what, found) in &context.start_page.looked_for {
            page.pair(&format!("  {what}"), found, Role::Text);
        }
    }
}

/// The page while it is drawn.
struct StartPagePainter<'p, 'b> {
    area: Rect,
    y: u16,
    painter: &'p mut Painter<'b>,
}

impl StartPagePainter<'_, '_> {
    fn line(&mut self, text: &str, role: Role) {
        if self.y < self.area.bottom() {
            let width = self.area.width.saturating_sub(4);
            self.painter
                .text(self.area.x + 3, self.y, width, text, role);
        }
        self.y = self.y.saturating_add(1);
    }

    fn pair(&mut self, left: &str, right: &str, role: Role) {
        if self.y < self.area.bottom() {
            let x = self.area.x + 3;
            self.painter.text(x, self.y, EXPLANATION, left, Role::Dim);
            let rest = self.area.width.saturating_sub(EXPLANATION + 4);
            self.painter
                .text(x + EXPLANATION, self.y, rest, right, role);
        }
        self.y = self.y.saturating_add(1);
    }

    /// One way on, with two lines that explain it.
    fn way(&mut self, name: &str, first: &str, second: &str) {
        if self.y < self.area.bottom() {
            self.painter
                .text(self.area.x + 3, self.y, EXPLANATION, name, Role::Accent);
            let rest = self.area.width.saturating_sub(EXPLANATION + 4);
            self.painter.text(
                self.area.x + 3 + EXPLANATION,
                self.y,
                rest,
                first,
                Role::Text,
            );
        }
        self.y = self.y.saturating_add(1);
        self.pair("", second, Role::Dim);
        self.y = self.y.saturating_add(1);
    }
}
