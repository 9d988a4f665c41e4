//! The list of secrets: Neo4j secrets and the client secrets of machine sign-ins, a row each.

use ratatui::layout::Rect;

use super::{entry::SecretEntry, open_sessions::reading_runtimes};
use crate::{
    kinds,
    model::{ClientSecretDetail, HeaderSpec, JournalStatus, Kind, Moment, Resource, SecretUser},
    screens::ViewContext,
    state::{Loadable, Store},
    theme::Role,
    widgets::{Painter, cut_middle, glyph, role_of, text_width},
};

/// Days after which a client secret is remarked on, as passwords are.
const OLD_SECRET_DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;
/// Columns of the age.
const AGE: u16 = 9;
/// From this width on, readers have a column.
const WIDE: u16 = 110;
/// From this width on, there is room for whole sentences about rotations.
const WORDY: u16 = 140;

/// The columns of the list, each with its left edge.
#[derive(Clone, Copy)]
pub(super) struct SecretColumns {
    name: u16,
    deployment: u16,
    user: u16,
    age: u16,
    rotation: u16,
    readers: Option<u16>,
    is_wordy: bool,
}

/// The longest texts of the list, in columns.
#[derive(Clone, Copy)]
pub(super) struct LongestTexts {
    name: usize,
    deployment: usize,
}

impl LongestTexts {
    /// Measures the entries.
    pub(super) fn of(entries: &[SecretEntry<'_>], store: &Store) -> Self {
        let names = entries.iter().map(|entry| text_width(entry.title()));
        let deployments = entries
            .iter()
            .map(|entry| text_width(store.title(entry.deployment().as_str())));
        Self {
            name: names.max().unwrap_or(0),
            deployment: deployments.max().unwrap_or(0),
        }
    }
}

impl SecretColumns {
    /// Columns for this width and the longest texts.
    pub(super) fn new(area: Rect, longest: LongestTexts) -> Self {
        let columns = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        let is_wordy = area.width >= WORDY;
        let deployment_width = columns(longest.deployment).clamp(10, 18) + 2;
        let user_width = if area.width >= WIDE { 14 } else { 9 };
        let rotation_width = if is_wordy { 26 } else { 15 };
        let others = deployment_width + user_width + AGE + rotation_width;
        let room = area.width.saturating_sub(4 + others).max(16);
        let name_width = columns(longest.name)
            .clamp(14, 46)
            .saturating_add(2)
            .min(room);
        let deployment = area.x + 4 + name_width;
        let user = deployment + deployment_width;
        let age = user + user_width;
        let rotation = age + AGE;
        Self {
            name: area.x + 4,
            deployment,
            user,
            age,
            rotation,
            readers: (area.width >= WIDE).then_some(rotation + rotation_width),
            is_wordy,
        }
    }

    /// Draws the titles.
    pub(super) fn draw_titles(self, y: u16, painter: &mut Painter<'_>) {
        let titles = [
            (Some(self.name), "SECRET"),
            (Some(self.deployment), "DEPLOYMENT"),
            (Some(self.user), "USER"),
            (Some(self.age), "AGE"),
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
        known: &EntryReadings<'_>,
        context: &ViewContext<'_>,
        line: Rect,
        painter: &mut Painter<'_>,
    ) {
        let row = match entry {
            SecretEntry::Neo4j(secret) => neo4j_row(secret, known.user, context),
            SecretEntry::Client(_) => client_row(known.client, context),
        };
        let rotation = if self.is_wordy {
            row.rotation.words
        } else {
            row.rotation.brief
        };
        let readers = match entry {
            SecretEntry::Neo4j(secret) => readers(secret, context.store),
            SecretEntry::Client(_) => providers(known.client),
        };
        let name = entry.title().to_owned();
        let title = context.store.title(entry.deployment().as_str());
        let deployment = cut_middle(title, 18);
        let cells = [
            (self.name, self.deployment, (name, Role::Name)),
            (self.deployment, self.user, (deployment, Role::Text)),
            (self.user, self.age, row.user),
            (self.age, self.rotation, row.age),
            (
                self.rotation,
                self.readers.unwrap_or(line.right() + 1),
                (rotation, row.rotation.role),
            ),
        ];
        let last = self.readers.map(|x| (x, line.right() + 1, readers));
        for (x, next, (words, role)) in cells.into_iter().chain(last) {
            let width = next.saturating_sub(x + 2);
            let words = cut_middle(&words, usize::from(width));
            painter.text(x, line.y, width, &words, role);
        }
    }
}

/// What was read of an entry beside its row of the list.
pub(super) struct EntryReadings<'a> {
    pub(super) user: Option<&'a Loadable<SecretUser>>,
    pub(super) client: Option<&'a Loadable<ClientSecretDetail>>,
}

/// The changing cells of a row.
struct EntryCells {
    user: (String, Role),
    age: (String, Role),
    rotation: RotationCell,
}

/// How a secret is rotated: in full, and for a narrow window.
struct RotationCell {
    words: String,
    brief: String,
    role: Role,
}

impl RotationCell {
    fn new(words: &str, brief: &str, role: Role) -> Self {
        Self {
            words: words.to_owned(),
            brief: brief.to_owned(),
            role,
        }
    }
}

fn neo4j_row(
    secret: &Resource,
    user: Option<&Loadable<SecretUser>>,
    context: &ViewContext<'_>,
) -> EntryCells {
    let health = kinds::health(secret);
    let old = kinds::remark(secret, context.now).is_some();
    let role = if old { Role::Degraded } else { role_of(health) };
    let mark = if old { "▲" } else { glyph(health) };
    // That a rotation is pending stands in its own column.
    let is_aged = ["ENABLED", "ROTATING"].contains(&secret.status.as_str());
    let words = match secret.updated.filter(|_| is_aged) {
        Some(updated) => updated.age(context.now),
        None => secret.status.clone(),
    };
    EntryCells {
        user: user_cell(user),
        age: (format!("{mark} {words}"), role),
        rotation: rotation(secret, context.now),
    }
}

fn user_cell(user: Option<&Loadable<SecretUser>>) -> (String, Role) {
    match user {
        Some(known) => match known.value() {
            Some(user) => (user.name.clone(), Role::Text),
            None if known.failure().is_some() => ("unread".to_owned(), Role::Faint),
            None => ("…".to_owned(), Role::Faint),
        },
        None => ("unread".to_owned(), Role::Faint),
    }
}

fn fact<'a>(secret: &'a Resource, label: &str) -> Option<&'a str> {
    let found = secret.facts.iter().find(|fact| fact.label == label);
    found.map(|fact| fact.value.as_str())
}

/// By hand, or by a function with its next date.
fn rotation(secret: &Resource, now: Moment) -> RotationCell {
    if secret.status == "ROTATING" {
        return pending();
    }
    if fact(secret, "Rotation") != Some("scheduled") {
        return RotationCell::new("by hand", "by hand", Role::Dim);
    }
    let next = fact(secret, "Next rotation")
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map(|at| Moment::from_millis(at.as_millisecond()));
    match next {
        Some(next) if next < now => {
            let age = next.age(now);
            RotationCell::new(
                &format!("▲ function, {age} overdue"),
                &format!("▲ {age} overdue"),
                Role::Degraded,
            )
        }
        Some(next) => {
            let left = now.age(next);
            RotationCell::new(
                &format!("function, next in {left}"),
                &format!("next in {left}"),
                Role::Text,
            )
        }
        None => RotationCell::new("by its function", "function", Role::Text),
    }
}

fn pending() -> RotationCell {
    RotationCell::new("◐ pending, not finished", "◐ pending", Role::Degraded)
}

/// Returns who reads the secret, as far as the lists tell: runtimes whose environment names it, this console, and perhaps an interceptor.
fn readers(secret: &Resource, store: &Store) -> (String, Role) {
    let runtimes = reading_runtimes(secret, store);
    let mut all: Vec<(String, Role)> = runtimes
        .map(|runtime| (format!("runtime {}", runtime.name), Role::Text))
        .collect();
    all.extend(other_readers(secret, store));
    let known: Vec<_> = all.iter().filter(|(_, role)| *role == Role::Text).collect();
    match (known.as_slice(), all.first()) {
        ([], Some(maybe)) => maybe.clone(),
        ([], None) => ("none known".to_owned(), Role::Faint),
        ([(only, role)], _) => (only.clone(), *role),
        ([(first, role), others @ ..], _) => (format!("{first} +{}", others.len()), *role),
    }
}

/// Returns the readers that are no runtime: this console, and perhaps an interceptor.
pub(super) fn other_readers(secret: &Resource, store: &Store) -> Vec<(String, Role)> {
    let arn = secret.arn.as_deref().unwrap_or_default();
    let deployment = store.deployment(&secret.key.deployment);
    let headers = deployment.map_or(&[][..], |deployment| deployment.headers.as_slice());
    let is_in_header = headers.iter().any(|header| match header {
        HeaderSpec::BasicFromSecret { secret_id, .. } => secret_id
            .as_deref()
            .is_none_or(|id| id == arn || id == secret.key.id),
        HeaderSpec::Literal { .. } => false,
    });
    let has_interceptor = store
        .resources(&secret.key.deployment)
        .filter(|resource| resource.key.kind == Kind::Gateway)
        .any(|gateway| fact(gateway, "Interceptor").is_some());
    let header = is_in_header.then(|| ("this console, in a header".to_owned(), Role::Text));
    let interceptor = has_interceptor.then(|| ("maybe the interceptor".to_owned(), Role::Dim));
    header.into_iter().chain(interceptor).collect()
}

fn client_row(
    known: Option<&Loadable<ClientSecretDetail>>,
    context: &ViewContext<'_>,
) -> EntryCells {
    let Some(detail) = known.and_then(Loadable::value) else {
        let failed = known.is_some_and(|known| known.failure().is_some());
        let words = if failed { "not read" } else { "…" };
        return EntryCells {
            user: (words.to_owned(), Role::Faint),
            age: ("○".to_owned(), Role::Dim),
            rotation: RotationCell::new("", "", Role::Dim),
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
        (JournalStatus::Pending { .. }, _) => pending(),
        (JournalStatus::Idle | JournalStatus::Unknown(_), 2..) => {
            RotationCell::new("▲ two secrets", "▲ two secrets", Role::Degraded)
        }
        (JournalStatus::Idle | JournalStatus::Unknown(_), _) => {
            RotationCell::new("by hand", "by hand", Role::Dim)
        }
    };
    EntryCells {
        user: (detail.client_id.clone(), Role::Text),
        age: (format!("{mark} {age}"), role),
        rotation,
    }
}

fn providers(known: Option<&Loadable<ClientSecretDetail>>) -> (String, Role) {
    let Some(detail) = known.and_then(Loadable::value) else {
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
