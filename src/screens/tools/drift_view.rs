//! How the gateway's copy of tools differs from what the runtime lists: in the list, in the form, and beside the schema.

use std::collections::HashSet;

use ratatui::layout::Rect;

use super::{Tools, text_view::draw_beginning};
use crate::{
    keys::Layer,
    messages::{Action, ToolsAction},
    model::{
        DeploymentName, Kind, McpTarget, Moment, Tool, pluralize,
        tool_drift::{CopyDrift, ListDrift, copy_drift, list_drift},
    },
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    widgets::{Painter, StyledLine},
};

/// Rows of the differences of a tool that are shown at most above the schema.
const MOST_ROWS: u16 = 24;
/// Rows of one side of a difference.
const SIDE_ROWS: usize = 4;
/// Rows of the note at the foot of the list.
const NOTE_ROWS: usize = 4;
/// Rows of the list below which it has no note.
const LEAST_ROWS: u16 = 16;
/// Bytes in which two texts are the same before their beginnings are left out.
const FAR: usize = 60;

impl Tools {
    /// The doctor has asked the runtime of a deployment for its tools, past the gateway.
    pub fn runtime_examined(&mut self, deployment: &DeploymentName, listed: Vec<Tool>, at: Moment) {
        let seen = (at, listed);
        self.examined_runtimes.insert(deployment.clone(), seen);
    }

    /// Returns what the runtime behind a target lists itself: a connected runtime of the deployment that shares a tool with it, else
    /// what the doctor saw, and when that was.
    fn runtime_tools(&self, target: &str) -> Option<(Option<Moment>, &[Tool])> {
        let endpoint = self.endpoint.as_ref()?;
        let runtimes = self.connections.iter().filter(|(other, _)| {
            let is_runtime =
                matches!(&other.target, McpTarget::Resource(key) if key.kind == Kind::Runtime);
            is_runtime && other.deployment == endpoint.deployment && *other != endpoint
        });
        let connected = runtimes.filter_map(|(_, connection)| connection.state.value());
        let connected = connected.map(|(_, _, tools)| (None, tools.as_slice()));
        let examined = self.examined_runtimes.get(&endpoint.deployment);
        let examined = examined.map(|(at, tools)| (Some(*at), tools.as_slice()));
        let mut listed = connected.chain(examined).peekable();
        listed.peek()?;
        let own: HashSet<&str> = self.tools_of(target).map(|tool| tool.parts().1).collect();
        listed.find(|(_, tools)| tools.iter().any(|tool| own.contains(tool.name.as_str())))
    }

    fn tools_of(&self, target: &str) -> impl Iterator<Item = &Tool> {
        let tools = self.tools().iter();
        tools.filter(move |tool| tool.parts().0 == Some(target))
    }

    /// Returns how the tools of a target, as the gateway lists them, differ from those that its runtime lists itself. `None` if they do
    /// not, or if it is not known.
    pub(super) fn drift(&self, target: &str) -> Option<ListDrift> {
        let (_, runtime) = self.runtime_tools(target)?;
        let drift = list_drift(self.tools_of(target), runtime);
        (!drift.is_empty()).then_some(drift)
    }

    /// Returns how the gateway's copy of a tool differs from the runtime's.
    pub(super) fn tool_drift(&self, tool: &Tool) -> Option<CopyDrift> {
        let (target, own) = tool.parts();
        let mut runtime = self.runtime_tools(target?)?.1.iter();
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
        let most = usize::from(MOST_ROWS.min(area.height * 2 / 3));
        let lines = with_rest(lines, most);
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        draw_beginning(&lines, Rect { height, ..area }, painter);
        height
    }

    /// Draws at the foot of the list how the target of the selected tool differs from its runtime, or that nothing has compared
    /// them. Returns the rows that it takes.
    pub(super) fn draw_drift_note(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) -> u16 {
        let note = self.drift_note(context);
        let Some((text, role)) = note.filter(|_| area.height >= LEAST_ROWS) else {
            return 0;
        };
        let lines = with_rest(
            wrapped(&text, area.width.saturating_sub(1), role),
            NOTE_ROWS,
        );
        let height = u16::try_from(lines.len()).unwrap_or(0);
        let y = area.bottom().saturating_sub(height);
        draw_beginning(&lines, Rect { y, height, ..area }, painter);
        height
    }

    fn drift_note(&self, context: &ViewContext<'_>) -> Option<(String, Role)> {
        let target = self.selected()?.parts().0?;
        let Some((seen, _)) = self.runtime_tools(target) else {
            let deployment = &self.endpoint.as_ref()?.deployment;
            let mut resources = context.store.resources(deployment);
            let has_runtime = resources.any(|resource| resource.key.kind == Kind::Runtime);
            let choose = Action::Tools(ToolsAction::ChooseEndpoint);
            let key = context.keymap.key_of(&[Layer::Tools], choose)?;
            let text = format!("≠ not compared: {key} connects the runtime");
            return has_runtime.then_some((text, Role::Faint));
        };
        let drift = self.drift(target)?;
        let added = drift.missing.iter().map(|name| format!("+{name}"));
        let removed = drift.stale.iter().map(|name| format!("−{name}"));
        let changed = drift.changed.iter().map(|copy| format!("≠{}", copy.tool));
        let names: Vec<String> = added.chain(removed).chain(changed).collect();
        let source = seen.map_or_else(String::new, |at| {
            format!(" (doctor, {} ago)", at.age(context.now))
        });
        let text = format!("runtime{source}: {}", names.join(" "));
        Some((text, Role::Degraded))
    }
}

/// Returns no more than `most` lines: the last of them says how many more there are.
fn with_rest(mut lines: Vec<StyledLine>, most: usize) -> Vec<StyledLine> {
    if lines.len() > most {
        let kept = most.saturating_sub(1);
        let rest = pluralize(lines.len() - kept, "more line");
        lines.truncate(kept);
        lines.push(vec![(format!("… {rest}"), Role::Dim)]);
    }
    lines
}

/// Returns the difference in the heading of a target: how many tools the runtime has in addition, lacks, describes otherwise.
pub(super) fn list_drift_in_words(drift: &ListDrift) -> String {
    let counts = [
        ("+", drift.missing.len()),
        ("−", drift.stale.len()),
        ("≠", drift.changed.len()),
    ];
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    let words: Vec<String> = counts
        .map(|(mark, count)| format!(" {mark}{count}"))
        .collect();
    words.concat()
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

/// Returns what the gateway's copy says and what the runtime says of each thing that differs. Of two long texts only the part around
/// the first difference is shown.
fn drift_lines(drift: &CopyDrift, room: u16) -> Vec<StyledLine> {
    let mut lines = vec![vec![("GATEWAY ≠ RUNTIME".to_owned(), Role::Degraded)]];
    for member in &drift.members {
        let name = member.argument.as_deref().unwrap_or("description");
        lines.push(vec![(name.to_owned(), Role::Name)]);
        let (gateway, runtime) = (member.gateway.as_deref(), member.runtime.as_deref());
        let from = difference(gateway.unwrap_or_default(), runtime.unwrap_or_default());
        for (mark, text, role) in [("− ", gateway, Role::Dim), ("+ ", runtime, Role::Text)] {
            let text = match text {
                None => "nothing".to_owned(),
                Some(text) if from > 0 => format!("…{}", text.get(from..).unwrap_or(text)),
                Some(text) => text.to_owned(),
            };
            let side = wrapped(&format!("{mark}{text}"), room, role);
            lines.extend(with_rest(side, SIDE_ROWS));
        }
    }
    lines.push(Vec::new());
    lines
}

/// Returns the byte from which two texts are shown, so that their first difference is seen: 0 unless it is far behind.
fn difference(one: &str, other: &str) -> usize {
    let same = one.char_indices().zip(other.chars());
    let first = same
        .take_while(|((_, one), other)| one == other)
        .last()
        .map_or(0, |((at, letter), _)| at + letter.len_utf8());
    if first < FAR {
        return 0;
    }
    let before = one.floor_char_boundary(first - FAR / 3);
    let words = one.get(..before).and_then(|text| text.rfind(' '));
    words.unwrap_or(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tool_drift::MemberDrift;

    fn texts(lines: &[StyledLine]) -> Vec<String> {
        let text = |line: &StyledLine| line.iter().map(|(text, _)| text.as_str()).collect();
        lines.iter().map(text).collect()
    }

    #[test]
    fn both_sides_are_shown_around_the_first_difference() {
        let same = "Runs a statement that reads. ".repeat(8);
        let member = |argument: Option<&str>, gateway: Option<String>, runtime: Option<String>| {
            MemberDrift {
                argument: argument.map(str::to_owned),
                gateway,
                runtime,
            }
        };
        let drift = CopyDrift {
            tool: "read".into(),
            members: vec![
                member(
                    None,
                    Some(format!("{same}At most ten rows.")),
                    Some(format!("{same}At most a thousand rows.")),
                ),
                member(Some("params"), None, Some("object".into())),
            ],
        };
        let shown = texts(&drift_lines(&drift, 60));
        assert!(shown.len() <= 10, "{shown:?}");
        let shown = shown.join("\n");
        for part in ["ten rows", "a thousand rows", "params\n− nothing\n+ object"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn lines_that_have_no_room_are_counted() {
        let line = || vec![("x".to_owned(), Role::Text)];
        let shown = texts(&with_rest((0..9).map(|_| line()).collect(), 4));
        assert_eq!(shown, ["x", "x", "x", "… 6 more lines"]);
        assert_eq!(with_rest(vec![line()], 4).len(), 1);
    }
}
