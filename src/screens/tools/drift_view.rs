//! How the gateway's copy of tools differs from what the runtime lists: in the list, in the form, and beside the schema.

use std::collections::HashMap;

use ratatui::layout::Rect;

use super::{Tools, text_view::draw_beginning};
use crate::{
    model::{
        Kind, McpTarget, Tool,
        tool_drift::{CopyDrift, ListDrift, copy_drift, list_drift},
    },
    screens::detail::wrapped,
    theme::Role,
    widgets::{Painter, StyledLine},
};

/// Rows of the differences of a tool that are shown at most above the schema.
const MOST_ROWS: u16 = 12;

impl Tools {
    /// Returns what the runtime behind a target lists itself: that of a connected runtime of the deployment that shares a tool with it.
    fn runtime_tools(&self, target: &str) -> Option<&[Tool]> {
        let endpoint = self.endpoint.as_ref()?;
        let runtimes = self.connections.iter().filter(|(other, _)| {
            let is_runtime =
                matches!(&other.target, McpTarget::Resource(key) if key.kind == Kind::Runtime);
            is_runtime && other.deployment == endpoint.deployment && *other != endpoint
        });
        let listed = runtimes.filter_map(|(_, connection)| connection.state.value());
        let listed: Vec<_> = listed.collect();
        if listed.is_empty() {
            return None;
        }
        let own: HashMap<&str, &Tool> = self
            .tools_of(target)
            .map(|tool| (tool.parts().1, tool))
            .collect();
        listed
            .into_iter()
            .map(|(_, _, tools)| tools.as_slice())
            .find(|tools| {
                tools
                    .iter()
                    .any(|tool| own.contains_key(tool.name.as_str()))
            })
    }

    fn tools_of(&self, target: &str) -> impl Iterator<Item = &Tool> {
        let tools = self.tools().iter();
        tools.filter(move |tool| tool.parts().0 == Some(target))
    }

    /// Returns how the tools of a target, as the gateway lists them, differ from those that its runtime lists itself. `None` unless a
    /// runtime of the deployment is connected that shares a tool.
    pub(super) fn drift(&self, target: &str) -> Option<ListDrift> {
        let runtime = self.runtime_tools(target)?;
        let drift = list_drift(self.tools_of(target), runtime);
        (!drift.is_empty()).then_some(drift)
    }

    /// Returns how the gateway's copy of a tool differs from the runtime's.
    pub(super) fn tool_drift(&self, tool: &Tool) -> Option<CopyDrift> {
        let (target, own) = tool.parts();
        let mut runtime = self.runtime_tools(target?)?.iter();
        copy_drift(tool, runtime.find(|theirs| theirs.name == own)?)
    }

    /// Returns the changed tools of all targets, by their whole names; what is seen of the list needs each of them.
    pub(super) fn drifted_tools(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut last = None;
        for tool in self.tools() {
            let (target, _) = tool.parts();
            let Some(target) = target.filter(|_| target != last) else {
                continue;
            };
            last = Some(target);
            let drift = self.drift(target).unwrap_or_default();
            names.extend(
                drift
                    .changed
                    .iter()
                    .map(|copy| format!("{target}___{}", copy.tool)),
            );
        }
        names
    }

    /// Draws what differs of the selected tool above the schema. Returns the rows that it takes.
    pub(super) fn draw_drift(&self, area: Rect, painter: &mut Painter<'_>) -> u16 {
        let drift = self.selected().and_then(|tool| self.tool_drift(tool));
        let Some(drift) = drift else { return 0 };
        let lines = drift_lines(&drift, area.width.saturating_sub(2));
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let height = height.min(MOST_ROWS).min(area.height / 2);
        draw_beginning(&lines, Rect { height, ..area }, painter);
        height
    }
}

/// Returns the difference as a line of the heading of a target: names that the runtime has in addition, that it lacks, that changed.
pub(super) fn list_drift_in_words(drift: &ListDrift) -> String {
    let added = drift.missing.iter().map(|name| format!("+{name}"));
    let removed = drift.stale.iter().map(|name| format!("−{name}"));
    let changed = drift.changed.iter().map(|copy| format!("≠{}", copy.tool));
    let names: Vec<String> = added.chain(removed).chain(changed).collect();
    format!("  runtime: {}", names.join(" "))
}

/// Returns that the gateway's copy of a tool is not the runtime's, in one line.
pub(super) fn copy_drift_in_words(drift: &CopyDrift) -> String {
    let names = drift
        .members
        .iter()
        .map(|member| member.argument.as_deref().unwrap_or("description"));
    let names: Vec<&str> = names.collect();
    format!("≠ the runtime says otherwise: {}", names.join(", "))
}

/// Returns what the gateway's copy says and what the runtime says of each thing that differs.
fn drift_lines(drift: &CopyDrift, room: u16) -> Vec<StyledLine> {
    let mut lines = vec![vec![("GATEWAY ≠ RUNTIME".to_owned(), Role::Degraded)]];
    for member in &drift.members {
        let name = member.argument.as_deref().unwrap_or("description");
        lines.push(vec![(name.to_owned(), Role::Name)]);
        let sides = [
            ("− ", &member.gateway, Role::Dim),
            ("+ ", &member.runtime, Role::Text),
        ];
        for (mark, text, role) in sides {
            let text = text.as_deref().unwrap_or("nothing");
            lines.extend(wrapped(&format!("{mark}{text}"), room, role));
        }
    }
    lines.push(Vec::new());
    lines
}
