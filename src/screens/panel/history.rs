//! What happened: who changed it, the last hour on one time axis, and the calls that failed.

use super::{PanelLine, key_of};
use crate::{
    calls::{LoggedCall, LoggedOutcome},
    messages::FleetAction,
    model::{DeploymentName, Moment, ResourceKey, Traffic, with_separators},
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    widgets::{StyledLine, cut, sparkline, text_width},
};

/// Changes shown.
const CHANGES: usize = 5;
/// Failed calls shown.
const CALLS: usize = 6;
/// Columns of the label of a bar.
const LABEL: usize = 8;
/// Columns of the number beside a bar.
const NUMBER: usize = 10;
/// A step of the hour is drawn at most this many columns wide.
const WIDEST_STEP: usize = 3;

/// Returns who changed a deployment or one of its resources, and how far CloudTrail was read.
pub(super) fn who_changed(
    name: &DeploymentName,
    key: Option<&ResourceKey>,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let Some(history) = context.store.changes.get(name) else {
        return Vec::new();
    };
    let right = match (&history.failure, history.read) {
        (Some(_), _) => "CloudTrail could not be read".to_owned(),
        (None, Some((_, until))) => format!("CloudTrail, read to {}", minute(until, context)),
        (None, None) => return Vec::new(),
    };
    let changes: Vec<_> = context.store.changes_of(name, key).take(CHANGES).collect();
    let mut lines = vec![
        PanelLine::blank(),
        PanelLine::title("WHO CHANGED IT", vec![(right, Role::Faint)]),
    ];
    if let Some(failure) = &history.failure {
        let words = wrapped(&failure.cause, room, Role::Dim);
        lines.extend(words.into_iter().map(PanelLine::from));
    } else if changes.is_empty() {
        let from = history.read.map_or(context.now, |(from, _)| from);
        let words = format!("no change since {}", from.date_time(context.zone));
        lines.push(vec![(words, Role::Dim)].into());
    }
    for found in changes {
        let change = &found.change;
        let own = if key.is_none() {
            found.name.as_str()
        } else {
            ""
        };
        let outcome = if change.is_done() {
            own.to_owned()
        } else {
            format!("refused: {}", change.outcome)
        };
        lines.push(PanelLine::left(vec![
            (
                format!("{}  ", day_or_clock(change.at, context)),
                Role::Faint,
            ),
            (format!("{:<16} ", cut(&change.actor(), 16)), Role::Text),
            (format!("{}  ", change.action), Role::Name),
            (
                outcome,
                if change.is_done() {
                    Role::Dim
                } else {
                    Role::Degraded
                },
            ),
        ]));
    }
    lines
}

/// Returns the time of today, the day of an earlier one.
fn day_or_clock(at: Moment, context: &ViewContext<'_>) -> String {
    let today = context.now.date_time(context.zone);
    let then = at.date_time(context.zone);
    if today.get(..10) == then.get(..10) {
        at.clock(context.zone)
    } else {
        format!("{:<8}", then.get(5..10).unwrap_or(&then))
    }
}

fn minute(at: Moment, context: &ViewContext<'_>) -> String {
    let clock = at.clock(context.zone);
    clock.get(..5).unwrap_or(&clock).to_owned()
}

/// Up to when a source was read: two sources that were read at different times need not agree.
fn read_to(source: &str, at: Moment, context: &ViewContext<'_>) -> StyledLine {
    let clock = at.clock(context.zone);
    vec![(format!("{source}, read to {clock}"), Role::Faint)]
}

/// Calls, errors and the 95th percentile of the last hour on one time axis.
pub(super) fn last_hour(
    name: &DeploymentName,
    traffic: Option<&Traffic>,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    match traffic {
        Some(traffic) => counted_hour(traffic, context, room),
        None => uncounted(name, context, room),
    }
}

fn counted_hour(traffic: &Traffic, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let bars = usize::from(room).saturating_sub(LABEL + NUMBER);
    let width = (bars / Traffic::STEPS).clamp(1, WIDEST_STEP);
    let counted = |steps: &[u64]| repeated(&sparkline(steps), width);
    let errors = if traffic.errors > 0 {
        Role::Failed
    } else {
        Role::Faint
    };
    let p95 = traffic.p95_ms.map_or_else(|| "no data".to_owned(), millis);
    let mut lines = vec![
        PanelLine::blank(),
        PanelLine::title("LAST HOUR", read_to("CloudWatch", traffic.at, context)),
        time_axis(traffic, width, context),
        bar(
            "calls",
            (counted(&traffic.calls), Role::Bar),
            (with_separators(traffic.total()), Role::Text),
        ),
        bar(
            "errors",
            (counted(&traffic.error_steps), errors),
            (with_separators(traffic.errors), errors),
        ),
        bar(
            "p95",
            (repeated(&measured(&traffic.p95_steps), width), Role::Bar),
            (p95, Role::Text),
        ),
    ];
    if let Some(p50) = traffic.p50_ms {
        lines.push(bar(
            "p50",
            (String::new(), Role::Dim),
            (millis(p50), Role::Dim),
        ));
    }
    if let Some(denied) = traffic.denied {
        let role = if denied > 0 {
            Role::Degraded
        } else {
            Role::Faint
        };
        lines.push(bar(
            "denied",
            (String::new(), Role::Dim),
            (format!("{} by policy", with_separators(denied)), role),
        ));
    }
    if traffic.throttled > 0 {
        let count = format!("{} throttled", with_separators(traffic.throttled));
        lines.push(bar(
            "refused",
            (String::new(), Role::Dim),
            (count, Role::Degraded),
        ));
    }
    lines
}

/// Returns a row of bars with its label and its number.
fn bar(label: &str, bars: (String, Role), number: (String, Role)) -> PanelLine {
    PanelLine {
        left: vec![(format!("{label:<LABEL$}"), Role::Dim), bars],
        right: vec![number],
    }
}

/// Returns the times of the beginning, the middle and the end of the hour above its bars.
fn time_axis(traffic: &Traffic, width: usize, context: &ViewContext<'_>) -> PanelLine {
    let end = Moment::from_millis(
        (traffic.at.millis().div_euclid(Traffic::STEP_MS) + 1) * Traffic::STEP_MS,
    );
    let hour = Traffic::STEP_MS * Traffic::STEPS as i64;
    let span = width * Traffic::STEPS;
    let half = span / 2;
    let axis = format!(
        "{:<half$}{:<rest$}{}",
        minute(end.plus(-hour), context),
        minute(end.plus(-hour / 2), context),
        // The last step is not over yet.
        minute(end.min(traffic.at), context),
        rest = span.saturating_sub(half + 5),
    );
    PanelLine::left(vec![(format!("{:LABEL$}{axis}", ""), Role::Faint)])
}

fn uncounted(name: &DeploymentName, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let words = match context.store.uncounted.get(name) {
        Some(failure) => {
            let hint = failure.hint.as_ref().map(|hint| format!(" → {hint}"));
            format!("{}{}", failure.cause, hint.unwrap_or_default())
        }
        None if context
            .store
            .traffic
            .keys()
            .any(|key| key.deployment == *name) =>
        {
            "new, or beyond the 500 series that one request asks for".to_owned()
        }
        None => return Vec::new(),
    };
    let mut lines = vec![
        PanelLine::blank(),
        PanelLine::title("LAST HOUR", vec![("not counted".to_owned(), Role::Faint)]),
    ];
    lines.extend(
        wrapped(&words, room, Role::Dim)
            .into_iter()
            .map(PanelLine::from),
    );
    lines
}

/// Returns each bar as many columns wide.
fn repeated(bars: &str, width: usize) -> String {
    bars.chars()
        .flat_map(|bar| std::iter::repeat_n(bar, width))
        .collect()
}

/// Bars of what was measured; a dot where nothing was, which is not zero.
fn measured(steps: &[Option<f64>]) -> String {
    let rounded: Vec<u64> = steps
        .iter()
        .map(|step| step.unwrap_or_default().max(0.0).round() as u64)
        .collect();
    steps
        .iter()
        .zip(sparkline(&rounded).chars())
        .map(|(step, bar)| if step.is_some() { bar } else { '·' })
        .collect()
}

fn millis(millis: f64) -> String {
    if millis < 10_000.0 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.1} s", millis / 1000.0)
    }
}

/// Failed calls by hop, and the last of them.
pub(super) fn failures(
    name: &DeploymentName,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let Some(history) = context.store.calls.get(name) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let by_hop = history.errors_by_hop();
    if let Some((_, most)) = by_hop.first() {
        lines.push(PanelLine::blank());
        let read = history.read_until.unwrap_or(context.now);
        lines.push(PanelLine::title(
            "ERRORS BY HOP",
            read_to("logs", read, context),
        ));
        let width = usize::from(room).saturating_sub(13 + NUMBER);
        for (hop, count) in &by_hop {
            let bar = "━".repeat((count * width).div_ceil(*most).max(1));
            lines.push(PanelLine {
                left: vec![(format!("{hop:<13}"), Role::Text), (bar, Role::Failed)],
                right: vec![(count.to_string(), Role::Text)],
            });
        }
    }
    let failed: Vec<&LoggedCall> = history.failed().take(CALLS).collect();
    if !failed.is_empty() {
        lines.push(PanelLine::blank());
        let right = vec![
            (key_of(context, FleetAction::FollowLogs), Role::Accent),
            (" logs".to_owned(), Role::Dim),
        ];
        lines.push(PanelLine::title("LAST FAILED CALLS", right));
        lines.extend(
            failed
                .into_iter()
                .map(|call| failed_call(call, context, room)),
        );
    }
    if let Some(failure) = &history.failure {
        let words = format!("the logs could not be read: {}", failure.cause);
        lines.extend(
            wrapped(&words, room, Role::Dim)
                .into_iter()
                .map(PanelLine::from),
        );
    }
    for (group, why) in &history.unread {
        let words = format!("{group} could not be read: {why}");
        lines.extend(
            wrapped(&words, room, Role::Dim)
                .into_iter()
                .map(PanelLine::from),
        );
    }
    lines
}

fn failed_call(call: &LoggedCall, context: &ViewContext<'_>, room: u16) -> PanelLine {
    let took = call
        .duration_ms
        .map_or_else(String::new, |millis| format!("{millis} ms"));
    let (mark, role) = match call.outcome {
        LoggedOutcome::Denied | LoggedOutcome::Throttled => ("▲", Role::Degraded),
        LoggedOutcome::Error
        | LoggedOutcome::Consent
        | LoggedOutcome::Unknown
        | LoggedOutcome::Ok => ("✖", Role::Failed),
    };
    let mut left: StyledLine = vec![
        (format!("{}  ", day_or_clock(call.at, context)), Role::Faint),
        (
            format!("{:<13} ", cut(call.tool.as_deref().unwrap_or("-"), 13)),
            Role::Text,
        ),
        (format!("{mark} "), role),
        (
            format!(
                "{:<11} ",
                cut(call.hop.unwrap_or(call.outcome.as_str()), 11)
            ),
            Role::Text,
        ),
    ];
    let used: usize = left.iter().map(|(text, _)| text_width(text)).sum();
    let rest = usize::from(room).saturating_sub(used + text_width(&took) + 2);
    let message = call.message.as_deref().unwrap_or_default();
    let message = message.lines().next().unwrap_or_default();
    left.push((cut(message, rest), Role::Dim));
    PanelLine {
        left,
        right: vec![(took, Role::Dim)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_a_dot_and_not_a_low_bar() {
        assert_eq!(measured(&[Some(0.0), None, Some(8.0)]), "▁·▇");
        assert_eq!(repeated("▁·", 2), "▁▁··");
    }
}
