//! The list of secrets: Neo4j secrets and the client secrets of machine sign-ins, a row each.

use ratatui::layout::Rect;

use super::entry::SecretEntry;
use crate::{
    kinds,
    model::{ClientSecretDetail, JournalStatus, Kind, Moment, Relation, Resource},
    screens::ViewContext,
    state::{Loadable, Store},
    theme::Role,
    widgets::{Painter, cut_middle, glyph, role_of, text_width},
};

/// Days after which a client secret is remarked on, as passwords are.
const OLD_SECRET_DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;
/// From this width on, readers have a column.
const WIDE: u16 = 116;

/// The columns of the list, each with its left edge.
#[derive(Clone, Copy)]
pub(super) struct SecretColumns {
    name: u16,
    deployment: u16,
    status: u16,
    rotation: u16,
    readers: Option<u16>,
}

impl SecretColumns {
    /// Columns for this width and the longest name of a deployment.
    pub(super) fn new(area: Rect, longest: usize) -> Self {
        let longest = u16::try_from(longest).unwrap_or(12).clamp(10, 18);
        let name_width = 40.min(area.width.saturating_sub(longest + 33)).max(18);
        let deployment = area.x + 4 + name_width;
        let status = deployment + longest + 2;
        let rotation = status + 12;
        Self {
            name: area.x + 4,
            deployment,
            status,
            rotation,
            readers: (area.width >= WIDE).then_some(rotation + 28),
        }
    }

    /// Draws the titles.
    pub(super) fn draw_titles(self, y: u16, painter: &mut Painter<'_>) {
        let titles = [
            (Some(self.name), "SECRET"),
            (Some(self.deployment), "DEPLOYMENT"),
            (Some(self.status), "AGE"),
            (Some(self.rotation), "ROTATION"),
            (self.readers, "READERS"),
        ];
        for (x, title) in titles {
            if let Some(x) = x {
                painter.text(x, y, 20, title, Role::Dim);
            }
        }
    }

    /// Draws a row.
    pub(super) fn draw_entry(
        self,
        entry: SecretEntry<'_>,
        known: Option<&Loadable<ClientSecretDetail>>,
        context: &ViewContext<'_>,
        line: Rect,
        painter: &mut Painter<'_>,
    ) {
        let name_width = self.deployment.saturating_sub(self.name + 2);
        let name = cut_middle(entry.title(), usize::from(name_width));
        painter.text(self.name, line.y, name_width, &name, Role::Name);
        let deployment = entry.deployment().as_str();
        let width = self.status.saturating_sub(self.deployment + 2);
        painter.text(self.deployment, line.y, width, deployment, Role::Text);
        let row = match entry {
            SecretEntry::Neo4j(secret) => neo4j_row(secret, context),
            SecretEntry::Client(_) => client_row(known, context),
        };
        let width = self.rotation.saturating_sub(self.status + 1);
        painter.text(self.status, line.y, width, &row.status.0, row.status.1);
        let end = self.readers.unwrap_or(line.right());
        let width = end.saturating_sub(self.rotation + 1);
        painter.text(
            self.rotation,
            line.y,
            width,
            &row.rotation.0,
            row.rotation.1,
        );
        if let Some(x) = self.readers {
            let width = line.right().saturating_sub(x + 1);
            let (words, role) = match entry {
                SecretEntry::Neo4j(secret) => readers(secret, context.store),
                SecretEntry::Client(_) => providers(known),
            };
            painter.text(x, line.y, width, &words, role);
        }
    }
}

/// The changing cells of a row.
struct EntryCells {
    status: (String, Role),
    rotation: (String, Role),
}

fn neo4j_row(secret: &Resource, context: &ViewContext<'_>) -> EntryCells {
    let health = kinds::health(secret);
    let status = kinds::status_text(secret, context.now);
    let old = kinds::remark(secret, context.now).is_some();
    let role = if old { Role::Degraded } else { role_of(health) };
    let mark = if old { "▲" } else { glyph(health) };
    EntryCells {
        status: (format!("{mark} {}", status.trim_end_matches(" old")), role),
        rotation: rotation(secret, context.now),
    }
}

fn fact<'a>(secret: &'a Resource, label: &str) -> Option<&'a str> {
    let found = secret.facts.iter().find(|fact| fact.label == label);
    found.map(|fact| fact.value.as_str())
}

/// By hand, or by a function with its next date.
fn rotation(secret: &Resource, now: Moment) -> (String, Role) {
    if secret.status == "ROTATING" {
        return ("◐ pending, not finished".to_owned(), Role::Degraded);
    }
    if fact(secret, "Rotation") != Some("scheduled") {
        return ("by hand".to_owned(), Role::Dim);
    }
    let next = fact(secret, "Next rotation")
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map(|at| Moment::from_millis(at.as_millisecond()));
    match next {
        Some(next) if next < now => (
            format!("▲ function, {} overdue", next.age(now)),
            Role::Degraded,
        ),
        Some(next) => (format!("function, next in {}", now.age(next)), Role::Text),
        None => ("by its function".to_owned(), Role::Text),
    }
}

/// Runtimes of the deployment whose environment names the secret.
fn readers(secret: &Resource, store: &Store) -> (String, Role) {
    let arn = secret.arn.as_deref().unwrap_or_default();
    let names: Vec<&str> = store
        .resources(&secret.key.deployment)
        .filter(|resource| resource.key.kind == Kind::Runtime)
        .filter(|runtime| {
            runtime
                .links
                .iter()
                .any(|link| link.relation == Relation::Reads && link.id == arn)
        })
        .map(|runtime| runtime.name.as_str())
        .collect();
    match names.as_slice() {
        [] => ("none listed".to_owned(), Role::Faint),
        [only] => (format!("runtime {only}"), Role::Text),
        [first, others @ ..] => (format!("runtime {first} +{}", others.len()), Role::Text),
    }
}

fn client_row(
    known: Option<&Loadable<ClientSecretDetail>>,
    context: &ViewContext<'_>,
) -> EntryCells {
    let Some(detail) = known.and_then(Loadable::get) else {
        let failed = known.is_some_and(|known| known.problem().is_some());
        let words = if failed { "○ not read" } else { "○" };
        return EntryCells {
            status: (words.to_owned(), Role::Dim),
            rotation: (String::new(), Role::Dim),
        };
    };
    let oldest = detail
        .secrets
        .iter()
        .filter_map(|secret| secret.created_at)
        .max();
    let (mark, role) = match oldest {
        Some(at) if context.now.since(at) / DAY_MS > OLD_SECRET_DAYS => ("▲", Role::Degraded),
        Some(_) => ("●", Role::Success),
        None => ("○", Role::Dim),
    };
    let age = oldest.map_or_else(|| "not known".to_owned(), |at| at.age(context.now));
    let rotation = match (&detail.journal, detail.secrets.len()) {
        (JournalStatus::Pending { .. }, _) => {
            ("◐ pending, not finished".to_owned(), Role::Degraded)
        }
        (JournalStatus::Idle | JournalStatus::Unknown(_), 2..) => {
            ("▲ two secrets".to_owned(), Role::Degraded)
        }
        (JournalStatus::Idle | JournalStatus::Unknown(_), _) => ("by hand".to_owned(), Role::Dim),
    };
    EntryCells {
        status: (format!("{mark} {age}"), role),
        rotation,
    }
}

fn providers(known: Option<&Loadable<ClientSecretDetail>>) -> (String, Role) {
    let Some(detail) = known.and_then(Loadable::get) else {
        return (String::new(), Role::Dim);
    };
    let names: Vec<&str> = detail
        .providers
        .iter()
        .map(|provider| provider.name.as_str())
        .collect();
    if names.is_empty() {
        ("callers only".to_owned(), Role::Dim)
    } else {
        (format!("provider {}", names.join(", ")), Role::Text)
    }
}

/// The longest name of a deployment among the entries, in columns.
pub(super) fn longest_deployment(entries: &[SecretEntry<'_>]) -> usize {
    entries
        .iter()
        .map(|entry| text_width(entry.deployment().as_str()))
        .max()
        .unwrap_or(0)
}
