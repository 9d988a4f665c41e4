//! The parts of a line on the screen: time, deployment, source, level, message, ids.

use super::{Logs, hop_role, lines::TimeFormat};
use crate::{
    logs::{
        Line, owner_id, source_word,
        store::{Body, Entry},
        summary::summary,
    },
    model::Moment,
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    widgets::{cut_middle, text_width},
};

/// From this width on the source is a word; below it is a letter.
const SOURCE_WORDS_FROM: u16 = 90;
/// From this width on ids stand in columns of their own.
const ID_COLUMNS_FROM: u16 = 150;
/// From this width on the deployment of a merged tail has a wide column.
const DEPLOYMENTS_FROM: u16 = 100;
/// Columns of an id.
pub(super) const ID_WIDTH: u16 = 12;
/// Columns between two ids.
pub(super) const ID_GAP: u16 = 2;
/// Columns of a deployment.
const DEPLOYMENT_WIDTH: u16 = 14;
/// Columns of a deployment's title where there is little room.
const NARROW_DEPLOYMENT: u16 = 9;

/// Columns of a date and a time with milliseconds.
const DATE_MILLIS: u16 = 18;
/// Columns of a date and a time to the minute.
const DATE_MINUTES: u16 = 11;

/// Where the columns of a line stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineColumns {
    pub(super) time: u16,
    pub(super) time_width: u16,
    /// Only in a merged tail.
    pub(super) deployment: Option<u16>,
    pub(super) deployment_width: u16,
    pub(super) source: u16,
    pub(super) source_width: u16,
    pub(super) level: u16,
    pub(super) message: u16,
    /// The column behind the last one of the message.
    pub(super) message_end: u16,
    /// The first of three id columns.
    pub(super) ids: Option<u16>,
}

impl LineColumns {
    /// Places the columns in a window that begins at `x` and is `width` columns wide.
    pub(super) fn of(x: u16, width: u16, is_merged: bool) -> Self {
        let is_narrow = width < SOURCE_WORDS_FROM;
        Self::with_time(x, width, is_merged, if is_narrow { 8 } else { 12 })
    }

    /// Places the columns of lines that are not all of today: their times have a date.
    pub(super) fn with_dates(x: u16, width: u16, is_merged: bool) -> Self {
        let is_narrow = width < SOURCE_WORDS_FROM;
        let time_width = if is_narrow { DATE_MINUTES } else { DATE_MILLIS };
        Self::with_time(x, width, is_merged, time_width)
    }

    fn with_time(x: u16, width: u16, is_merged: bool, time_width: u16) -> Self {
        let is_narrow = width < SOURCE_WORDS_FROM;
        let time = x + 1;
        let mut next = time + time_width + if is_narrow { 1 } else { 2 };
        let deployment = is_merged.then_some(next);
        let deployment_width = if width >= DEPLOYMENTS_FROM {
            DEPLOYMENT_WIDTH
        } else {
            NARROW_DEPLOYMENT
        };
        if is_merged {
            next += deployment_width + 1;
        }
        let source = next;
        let source_width = if is_narrow { 1 } else { 11 };
        let level = source + source_width + 1;
        let message = level + 6;
        let end = x + width;
        let ids = (width >= ID_COLUMNS_FROM).then(|| end.saturating_sub(3 * (ID_WIDTH + ID_GAP)));
        Self {
            time,
            time_width,
            deployment,
            deployment_width,
            source,
            source_width,
            level,
            message,
            message_end: ids.unwrap_or(end).saturating_sub(1),
            ids,
        }
    }

    pub(super) const fn message_room(&self) -> u16 {
        self.message_end.saturating_sub(self.message)
    }
}

impl Logs {
    /// Returns the time of a line in the chosen format.
    pub(super) fn time_cell(
        &self,
        entry: &Entry,
        above: Option<Moment>,
        width: u16,
        context: &ViewContext<'_>,
    ) -> String {
        match self.times {
            TimeFormat::Absolute => match width {
                DATE_MILLIS => entry.at.date_clock_millis(context.zone),
                DATE_MINUTES => entry.at.date_minutes(context.zone),
                ..12 => entry.at.clock(context.zone),
                _ => entry.at.clock_millis(context.zone),
            },
            TimeFormat::Age => format!("{:>w$}", entry.at.age(context.now), w = usize::from(width)),
            TimeFormat::Delta => {
                let delta = above.map_or_else(String::new, |above| delta(entry.at.since(above)));
                format!("{delta:>w$}", w = usize::from(width))
            }
        }
    }

    /// Returns the deployment of a line of a merged tail: of the gateway or runtime that it names, else of its group. A group such as
    /// `aws/spans` holds lines of other deployments too, even if a single one of those that are open has asked for it.
    pub(super) fn deployment_cell<'a>(
        &'a self,
        group: &str,
        text: &str,
        context: &'a ViewContext<'_>,
    ) -> &'a str {
        let Some(source) = &self.source else {
            return "";
        };
        let name = owner_id(text)
            .and_then(|owner| source.deployment_of_owner(&owner))
            .or_else(|| source.deployment_of(group));
        name.map_or("", |name| title_of(name.as_str(), context))
    }
}

/// Returns what the screens call a deployment.
pub(super) fn title_of<'a>(name: &'a str, context: &'a ViewContext<'_>) -> &'a str {
    context.store.title(name)
}

/// Returns the time since the line above: `+0.213`, `+12.0s`, `+3m`.
fn delta(millis: i64) -> String {
    match millis {
        ..0 => format!("{:.3}", millis as f64 / 1_000.0),
        0..60_000 => format!("+{:.3}", millis as f64 / 1_000.0),
        _ => format!("+{}", crate::model::moment::short_duration(millis)),
    }
}

/// Returns the source of a line as a word or as one letter, in its hue.
pub(super) fn source_cell(group: &str, width: u16) -> (&'static str, Role) {
    let word = source_word(group);
    let letter = match word {
        "gateway" => "g",
        "interceptor" => "i",
        "runtime" => "r",
        "spans" => "s",
        _ => "l",
    };
    (if width == 1 { letter } else { word }, hop_role(word))
}

/// Returns the ids of a line behind its message.
pub(super) fn inline_ids(line: &Line, late: bool, room: u16) -> String {
    let mut parts: Vec<String> = Vec::new();
    if late {
        parts.push("late".to_owned());
    }
    for (name, id) in [
        ("trace", &line.trace_id),
        ("session", &line.session_id),
        ("request", &line.request_id),
    ] {
        if let Some(id) = id {
            parts.push(format!("{name}={}", cut_middle(id, 10)));
        }
    }
    // An id that is cut once more says nothing.
    while text_width(&parts.join(" ")) > usize::from(room) {
        parts.pop();
    }
    parts.join(" ")
}

/// Returns the number of rows that a line takes when it is wrapped.
pub(super) fn wrapped_height(entry: &Entry, room: u16) -> u16 {
    match &entry.body {
        Body::Event { text, line, .. } => {
            let message = summary(text, line).message;
            u16::try_from(wrapped(&message, room, Role::Text).len()).unwrap_or(u16::MAX)
        }
        Body::Notice(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_their_window_and_ids_get_their_own_from_150_columns() {
        for width in 40..240 {
            for is_merged in [false, true] {
                let columns = LineColumns::of(0, width, is_merged);
                assert!(columns.message < columns.message_end, "{width}");
                assert!(columns.message_end <= width);
                assert_eq!(columns.ids.is_some(), width >= 150);
                assert_eq!(columns.deployment.is_some(), is_merged, "{width}");
            }
        }
    }

    #[test]
    fn the_time_since_the_line_above_is_short() {
        for (millis, expected) in [
            (0, "+0.000"),
            (213, "+0.213"),
            (61_000, "+1m"),
            (-5, "-0.005"),
        ] {
            assert_eq!(delta(millis), expected);
        }
    }
}
