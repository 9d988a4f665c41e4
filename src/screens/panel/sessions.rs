//! Sessions of a runtime: how many its logs show, and what one costs that nobody calls any more.

use super::PanelLine;
use crate::{
    kinds::{IdleSession, idle_session},
    model::{Resource, pluralize},
    screens::ViewContext,
    theme::Role,
};

/// Returns how many sessions the calls of the deployment name, and what an idle one costs.
pub(super) fn of_runtime(runtime: &Resource, context: &ViewContext<'_>) -> Vec<PanelLine> {
    let idle = idle_session(runtime);
    let within = i64::try_from(idle.seconds).unwrap_or(i64::MAX) * 1000;
    let sessions = context
        .store
        .sessions_of(&runtime.key.deployment, within, context.now);
    if sessions.is_empty() {
        return Vec::new();
    }
    let count = pluralize(sessions.len(), "session");
    let minutes = idle.seconds / 60;
    let seen = format!("{count} called in the last {minutes} min, as the logs say");
    let mut lines = vec![
        PanelLine::blank(),
        PanelLine::title("SESSIONS", Vec::new()),
        PanelLine::left(vec![(seen, Role::Text)]),
    ];
    lines.push(PanelLine::left(vec![(cost(idle), Role::Dim)]));
    lines
}

fn cost(idle: IdleSession) -> String {
    let minutes = idle.seconds / 60;
    match idle.dollars_per_gb {
        Some(dollars) => {
            format!("an idle one is billed for {minutes} min more: ${dollars:.4} a GB of memory")
        }
        None => format!("an idle one is billed for {minutes} min more"),
    }
}
