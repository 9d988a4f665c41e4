//! An opened deployment: the lines of its panel, to be scrolled.

use ratatui::layout::Rect;

use crate::{
    messages::{Action, FleetViewport},
    model::{DeploymentName, pluralize},
    screens::{ViewContext, panel},
    theme::Role,
    widgets::{DrawnViewport, Painter, Scroll},
};

/// An open overview of a deployment.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    deployment: DeploymentName,
    scroll: Scroll,
}

impl Overview {
    pub(super) fn record(&mut self, drawn: &DrawnViewport) {
        self.scroll.record(drawn);
    }

    pub(super) fn new(deployment: DeploymentName) -> Self {
        Self {
            deployment,
            scroll: Scroll::default(),
        }
    }

    /// Scrolls; `false` where the action is none of scrolling.
    pub(super) fn act(&mut self, action: Action) -> bool {
        self.scroll.act(action)
    }

    pub(super) fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let whole = Rect {
            x: area.x + 1,
            width: area.width.saturating_sub(2),
            ..area
        };
        let lines = panel::deployment(&self.deployment, context, whole.width);
        // A window that does not show all of it says so on its last line.
        let is_cut = lines.len() > usize::from(whole.height);
        let body = Rect {
            height: whole.height.saturating_sub(u16::from(is_cut)),
            ..whole
        };
        let window = self
            .scroll
            .window(FleetViewport::Overview, body, lines.len(), painter);
        panel::draw(
            lines.iter().skip(window.start).take(window.len()),
            body,
            painter,
        );
        let below = lines.len().saturating_sub(window.end);
        if is_cut && below > 0 {
            let text = format!("{} below", pluralize(below, "line"));
            let pieces = [("▼ ", Role::Accent), (text.as_str(), Role::Dim)];
            painter.spans(body.x, body.bottom(), body.width, &pieces);
        }
    }
}
