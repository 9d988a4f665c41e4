//! What there is to say of a deployment whose configuration has a problem: where each problem is, and what to write.

use super::{PanelLine, labelled, labelled_at};
use crate::{
    model::{MisconfiguredDeployment, pluralize},
    screens::detail::wrapped,
    theme::Role,
    widgets::{MISCONFIGURED, MISCONFIGURED_MARK, text_width},
};

/// Returns the lines of such a deployment.
pub(super) fn lines(deployment: &MisconfiguredDeployment, room: u16) -> Vec<PanelLine> {
    let (glyph, role) = MISCONFIGURED_MARK;
    let name = deployment.name.clone();
    let mut lines = vec![
        PanelLine::left(vec![(format!("{glyph} "), role), (name, Role::Name)]),
        PanelLine::left(vec![(format!("  {MISCONFIGURED}"), role)]),
        PanelLine::blank(),
    ];
    let words = "The console sends no request for this deployment until its configuration is right: its state is unknown.";
    lines.extend(
        wrapped(words, room, Role::Text)
            .into_iter()
            .map(PanelLine::from),
    );
    lines.push(PanelLine::blank());
    if let Some(file) = &deployment.file {
        lines.extend(labelled("file", file, room, Role::Text));
    }
    let table = format!("[deployments.{}]", deployment.name);
    lines.extend(labelled("table", &table, room, Role::Text));
    lines.push(PanelLine::blank());
    let count = pluralize(deployment.problems.len(), "problem");
    lines.push(PanelLine::title(&count.to_uppercase(), Vec::new()));
    let problems: Vec<(&str, &str)> = deployment
        .problems
        .iter()
        .map(|text| placed(text))
        .collect();
    let widest = problems.iter().map(|(place, _)| text_width(place)).max();
    let column = widest.unwrap_or(0) + 2;
    for (place, problem) in problems {
        lines.extend(labelled_at(column, place, problem, room, Role::Name));
    }
    lines.push(PanelLine::blank());
    let then = "Correct the file and check it with `agentcore-console config check`. The console reads it when it starts.";
    lines.extend(
        wrapped(then, room, Role::Text)
            .into_iter()
            .map(PanelLine::from),
    );
    lines
}

/// Splits `line 3, column 1: what is wrong` into the place and the problem.
fn placed(problem: &str) -> (&str, &str) {
    let parts = problem.split_once(": ");
    parts
        .filter(|(place, _)| place.starts_with("line "))
        .unwrap_or(("", problem))
}
