//! What happened lately: transitions as they were, and changes that others made.

use ratatui::layout::Rect;

use crate::{
    screens::ViewContext,
    state::{AttributedChange, HealthChange, HealthState, Store, Transition},
    theme::Role,
    widgets::{Painter, cut, deployment_role, deployment_word, role_of, text_width},
};

/// Columns of a time: a clock with seconds, or of another day `11-28 10:29`.
const CLOCK: u16 = 11;

/// As many writes are looked at for each line, because several may become one.
const WRITES_A_LINE: usize = 8;
/// Equal writes at most this far apart, in milliseconds, are those of one act.
const ONE_ACT_MS: i64 = 2 * 60_000;

/// A line of the feed.
enum FeedLine<'a> {
    Transition(&'a Transition),
    /// A change of a deployment's state.
    Health(&'a HealthChange),
    /// The newest of equal writes, and their number.
    Change(&'a AttributedChange, usize),
}

impl FeedLine<'_> {
    const fn at(&self) -> crate::model::Moment {
        match self {
            Self::Transition(transition) => transition.at,
            Self::Health(change) => change.at,
            Self::Change(change, _) => change.change.at,
        }
    }

    /// Returns whether both are writes of one act: the same operation on the same resource by the same identity, with the same outcome.
    fn is_same_act(&self, other: &Self) -> bool {
        let (Self::Change(one, _), Self::Change(other, _)) = (self, other) else {
            return false;
        };
        let of = |found: &AttributedChange| {
            let change = &found.change;
            let what = (found.key.clone(), found.name.clone(), change.action.clone());
            (what, change.who.clone(), change.outcome.clone())
        };
        one.change.at.since(other.change.at).abs() <= ONE_ACT_MS && of(one) == of(other)
    }
}

/// Returns the lines with equal writes of one act as one, where the newest of them stands.
fn grouped(lines: Vec<FeedLine<'_>>) -> Vec<FeedLine<'_>> {
    let mut kept: Vec<FeedLine<'_>> = Vec::with_capacity(lines.len());
    for line in lines {
        match kept.iter_mut().find(|known| known.is_same_act(&line)) {
            Some(FeedLine::Change(_, count)) => *count += 1,
            Some(FeedLine::Transition(_) | FeedLine::Health(_)) | None => kept.push(line),
        }
    }
    kept
}

/// The newest transitions and changes together, the newest first.
fn newest(store: &Store, count: usize) -> Vec<FeedLine<'_>> {
    let transitions = store.feed.iter().take(count).map(FeedLine::Transition);
    let changes = store
        .changes
        .values()
        .flat_map(|history| history.changes.iter().take(count * WRITES_A_LINE))
        // A change that explains a transition stands beside it.
        .filter(|change| !explains(store, change))
        .map(|change| FeedLine::Change(change, 1));
    let states = store
        .health_changes
        .iter()
        .take(count)
        .map(FeedLine::Health);
    let mut lines: Vec<FeedLine<'_>> = states.chain(transitions).chain(changes).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.at()));
    let mut lines = grouped(lines);
    lines.truncate(count);
    lines
}

fn explains(store: &Store, change: &AttributedChange) -> bool {
    store.feed.iter().any(|transition| {
        transition
            .by
            .as_ref()
            .is_some_and(|by| by.action == change.change.action)
            && change
                .key
                .as_ref()
                .is_some_and(|key| *key == transition.key || key.id == transition.key.owner_id())
    })
}

/// Returns how many lines there are to show, at most `most`.
pub(super) fn length(store: &Store, most: usize) -> usize {
    newest(store, most).len()
}

/// Draws the feed under a rule.
pub(super) fn draw(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    painter.hline(area);
    painter.text(area.x + 2, area.y, 10, " LATELY ", Role::Dim);
    let rows = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    for (line, row) in newest(context.store, usize::from(rows.height))
        .iter()
        .zip(rows.rows())
    {
        match line {
            FeedLine::Transition(transition) => transition_line(transition, context, row, painter),
            FeedLine::Health(change) => health_line(change, context, row, painter),
            FeedLine::Change(change, count) => change_line(change, *count, context, row, painter),
        }
    }
}

/// Columns of the principal that made a change, at most: what was changed comes first where both do not fit.
const fn actor_width(row: Rect) -> usize {
    if row.width < 100 { 16 } else { 30 }
}

/// Columns of the name, and of the status before.
fn widths(row: Rect) -> (u16, u16) {
    match row.width {
        0..100 => (26, 0),
        100..150 => (34, 0),
        // As wide as the longest status of AWS.
        150..190 => (36, 24),
        _ => (44, 24),
    }
}

fn start(
    at: crate::model::Moment,
    who: &str,
    context: &ViewContext<'_>,
    row: Rect,
    painter: &mut Painter<'_>,
) -> u16 {
    // Of another day: month, day, hour and minute.
    let clock = at.clock_or_date(context.now, context.zone);
    let shown = clock.get(..usize::from(CLOCK)).unwrap_or(&clock);
    painter.text(row.x + 1, row.y, CLOCK, shown, Role::Faint);
    let x = row.x + 1 + CLOCK + 2;
    let (room, _) = widths(row);
    painter.text(x, row.y, room, &cut(who, usize::from(room)), Role::Text);
    x + room + 2
}

fn transition_line(
    transition: &Transition,
    context: &ViewContext<'_>,
    row: Rect,
    painter: &mut Painter<'_>,
) {
    let deployment = context.store.title(transition.key.deployment.as_str());
    let who = format!("{deployment} / {}", transition.name);
    let x = start(transition.at, &who, context, row, painter);
    let from = transition.from.as_deref().unwrap_or("new");
    let to = transition.to.as_deref().unwrap_or("gone");
    // What was true then: the resource may have changed since.
    let role = transition.health.map_or(Role::Dim, role_of);
    let (_, before) = widths(row);
    let arrow = x + before;
    if before > 0 {
        painter.text_right(arrow, row.y, before, from, Role::Dim);
    }
    let inline = if before == 0 && row.width >= 100 {
        from
    } else {
        ""
    };
    let end = by(
        transition
            .by
            .as_ref()
            .map(|by| (by.actor.as_str(), by.action.as_str())),
        row,
        painter,
    );
    let at = painter.spans(
        arrow,
        row.y,
        end.saturating_sub(arrow),
        &[(inline, Role::Dim), (" → ", Role::Faint), (to, role)],
    );
    let reason_at = if before > 0 { at.max(arrow + 28) } else { at };
    if let Some(reason) = &transition.reason {
        let room = end.saturating_sub(reason_at + 3);
        painter.text(reason_at + 2, row.y, room, reason, Role::Dim);
    }
}

/// The state of a deployment that has changed, with what proves the new one.
fn health_line(
    change: &HealthChange,
    context: &ViewContext<'_>,
    row: Rect,
    painter: &mut Painter<'_>,
) {
    let title = context.store.title(change.deployment.as_str());
    let x = start(change.at, title, context, row, painter);
    let (from, to) = (state_words(change.from), state_words(change.to));
    let role = deployment_role(change.to.health);
    let end = row.right().saturating_sub(1);
    let at = painter.spans(
        x,
        row.y,
        end.saturating_sub(x),
        &[
            (from.as_str(), Role::Dim),
            (" → ", Role::Faint),
            (to.as_str(), role),
        ],
    );
    let room = end.saturating_sub(at + 2);
    painter.text(at + 2, row.y, room, &change.evidence, Role::Dim);
}

fn state_words(state: HealthState) -> String {
    let word = deployment_word(state.health);
    match state.hop {
        Some(hop) => format!("{word} at {hop}"),
        None => word.to_owned(),
    }
}

fn change_line(
    found: &AttributedChange,
    count: usize,
    context: &ViewContext<'_>,
    row: Rect,
    painter: &mut Painter<'_>,
) {
    let change = &found.change;
    let deployment = found
        .key
        .as_ref()
        .map(|key| context.store.title(key.deployment.as_str()))
        .map_or_else(String::new, |title| format!("{title} / "));
    let who = format!("{deployment}{}", found.name);
    let x = start(change.at, &who, context, row, painter);
    let (_, before) = widths(row);
    let actor = change.actor();
    // Where there is no room for both, the reason of a refusal says more than who was refused.
    let shows_actor = change.is_done() || row.width >= 100;
    let end = by(
        Some((actor.as_str(), "")).filter(|_| shows_actor),
        row,
        painter,
    );
    let action = if count > 1 {
        format!("{} ×{count}", change.action)
    } else {
        change.action.clone()
    };
    let left = x + before + 3;
    if !change.is_done() {
        // The word comes first: whatever is cut off, a refused write does not look done.
        let reason = format!(": {}", change.outcome);
        painter.spans(
            left,
            row.y,
            end.saturating_sub(left + 1),
            &[
                ("refused ", Role::Degraded),
                (&action, Role::Text),
                (&reason, Role::Degraded),
            ],
        );
        return;
    }
    let at = painter.text(left, row.y, end.saturating_sub(left), &action, Role::Text);
    if let Some(kind) = found.key.as_ref().map(|key| key.kind) {
        let reason_at = at.max(x + before + 28) + 2;
        painter.text(
            reason_at,
            row.y,
            end.saturating_sub(reason_at),
            kind.as_str(),
            Role::Dim,
        );
    }
}

/// Draws who did it at the right edge; answers where what stands before it ends, with a gap.
fn by(cause: Option<(&str, &str)>, row: Rect, painter: &mut Painter<'_>) -> u16 {
    let Some((actor, action)) = cause else {
        return row.right().saturating_sub(1);
    };
    let shown = cut(actor, actor_width(row));
    let actor = shown.as_str();
    let action = if action.is_empty() || row.width < 150 {
        String::new()
    } else {
        format!(" ({action})")
    };
    let width = u16::try_from(3 + text_width(actor) + text_width(&action)).unwrap_or(u16::MAX);
    // Who did it stands in a column of its own where there is room.
    let column = row.width * 5 / 6;
    let x = if row.width >= 150 && column + width < row.width {
        row.x + column
    } else {
        row.right().saturating_sub(width + 1)
    };
    painter.spans(
        x,
        row.y,
        row.right().saturating_sub(x),
        &[
            ("by ", Role::Dim),
            (actor, Role::Text),
            (&action, Role::Dim),
        ],
    );
    x.saturating_sub(1)
}
