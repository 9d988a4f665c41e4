//! Sessions of a runtime: how many its logs show, and what one costs that nobody calls any more.

use super::PanelLine;
use crate::{
    kinds::{IdleSession, idle_session},
    model::{Resource, pluralize},
    screens::{ViewContext, detail::wrapped},
    theme::Role,
};

/// Returns how many sessions the logs name for the runtime, and what an idle one costs.
pub(super) fn of_runtime(
    runtime: &Resource,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let idle = idle_session(runtime);
    let within = i64::try_from(idle.seconds).unwrap_or(i64::MAX / 1000) * 1000;
    let found = context.store.sessions_of(runtime, within, context.now);
    if found.sessions.is_empty() && found.unattributed == 0 {
        return Vec::new();
    }
    let history = context.store.calls.get(&runtime.key.deployment);
    let read_from = history.and_then(|history| history.read_from);
    // The logs may have been read for a shorter time than a session may idle.
    let read = read_from.map_or(within, |from| context.now.since(from));
    let minutes = read.min(within) / 60_000;
    let count = pluralize(found.sessions.len(), "session");
    let mut lines = vec![
        PanelLine::blank(),
        PanelLine::title("SESSIONS", Vec::new()),
        PanelLine::left(vec![(
            format!("{count} called in the last {minutes} min, as the logs say"),
            Role::Text,
        )]),
    ];
    if found.unattributed > 0 {
        let others = pluralize(found.unattributed, "session");
        let words = format!("{others} more, whose runtime the logs do not name");
        lines.push(PanelLine::left(vec![(words, Role::Dim)]));
    }
    let cost = wrapped(&cost(idle), room, Role::Dim);
    lines.extend(cost.into_iter().map(PanelLine::from));
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
