//! What stands beside the secrets in a wide window: the facts of the chosen one, its readers, its last rotations and who changed it.

use ratatui::layout::Rect;

use super::{Secrets, entry::SecretEntry, list_view, open_sessions};
use crate::{
    model::{Deployment, DeploymentName, Kind, Resource, ResourceKey},
    screens::{ViewContext, panel, panel::PanelLine},
    state::{ActivityEntry, Store},
    theme::Role,
    widgets::{Painter, StyledLine, cut},
};

/// From this width it stands beside the list.
pub(super) const ASIDE_FROM: u16 = 160;
/// Rotations shown.
const ROTATIONS: usize = 8;
/// Words with which the activity of this run names a rotation.
const OWN_VERBS: [&str; 3] = ["rotate ", "resume ", "roll back "];
/// Actions with which the audit file names a rotation.
const SECRET_ACTIONS: [&str; 3] = ["secrets.rotate ", "secrets.resume ", "secrets.rollback "];
const CLIENT_ACTIONS: [&str; 3] = [
    "client-secret.rotate ",
    "client-secret.resume ",
    "client-secret.rollback ",
];

/// Splits a wide area into that of the list and that of what stands beside it.
pub(super) fn split(area: Rect) -> (Rect, Option<Rect>) {
    if area.width < ASIDE_FROM {
        return (area, None);
    }
    let left = Rect {
        width: area.width * 60 / 100,
        ..area
    };
    let right = Rect {
        x: left.right() + 2,
        width: area.width.saturating_sub(left.width + 3),
        ..area
    };
    (left, Some(right))
}

impl Secrets {
    /// Returns the secret that is rotated, or the one under the cursor.
    pub(super) fn chosen<'a>(&self, store: &'a Store) -> Option<SecretEntry<'a>> {
        match self.run.as_ref().filter(|_| self.shows_run) {
            Some(run) => run.entry_of(store),
            None => self.current(store),
        }
    }

    /// Draws what is known of the secret that is rotated or chosen, and a rule at its left.
    pub(super) fn draw_aside(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.divider(Rect {
            x: area.x.saturating_sub(2),
            width: 1,
            ..area
        });
        if let Some(entry) = self.chosen(context.store) {
            let lines = lines(entry, context, area.width);
            panel::draw(lines.iter(), area, painter);
        }
    }
}

/// Returns what stands below the versions of a secret where there is no room beside the list.
pub(super) fn lines_below(
    entry: SecretEntry<'_>,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let mut lines = match entry {
        SecretEntry::Neo4j(secret) => readers(secret, context),
        SecretEntry::Client(_) => Vec::new(),
    };
    lines.extend(rotations(entry, context, room));
    if let SecretEntry::Neo4j(secret) = entry {
        lines.extend(panel::who_changed(&secret.key, context, room));
    }
    lines
}

fn lines(entry: SecretEntry<'_>, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let mut lines = match entry {
        SecretEntry::Neo4j(secret) => panel::secret_facts(secret, context, room),
        SecretEntry::Client(deployment) => client(deployment),
    };
    lines.extend(lines_below(entry, context, room));
    lines
}

fn client(deployment: &Deployment) -> Vec<PanelLine> {
    let title = vec![
        ("Client secret".to_owned(), Role::Name),
        (format!("   {}", deployment.title()), Role::Dim),
    ];
    vec![title.into()]
}

fn heading(text: &str, right: &str) -> [PanelLine; 2] {
    let title = PanelLine {
        left: vec![(text.to_owned(), Role::Dim)],
        right: vec![(right.to_owned(), Role::Faint)],
    };
    [PanelLine::default(), title]
}

/// Returns everything that is known to read the secret; behind a runtime, how many sessions it has.
fn readers(secret: &Resource, context: &ViewContext<'_>) -> Vec<PanelLine> {
    let mut lines: Vec<PanelLine> = heading("READERS", "by configuration and environment").into();
    for runtime in open_sessions::reading_runtimes(secret, context.store) {
        let sessions = open_sessions::counted(runtime, context);
        lines.push(PanelLine {
            left: vec![
                ("runtime  ".to_owned(), Role::Dim),
                (runtime.name.clone(), Role::Text),
            ],
            right: sessions
                .map(|words| (format!("sessions: {words}"), Role::Dim))
                .into_iter()
                .collect(),
        });
    }
    let others = list_view::other_readers(secret, context.store);
    let has_runtime = lines.len() > 2;
    lines.extend(
        others
            .into_iter()
            .map(|(words, role)| PanelLine::from(vec![(words, role)])),
    );
    if !has_runtime && lines.len() == 2 {
        lines.push(vec![("none known".to_owned(), Role::Faint)].into());
    }
    lines
}

/// Returns the last rotations of a secret by this console and by earlier runs of it, the newest first.
fn rotations(entry: SecretEntry<'_>, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let mut lines: Vec<PanelLine> = heading("LAST ROTATIONS", "this console's audit trail").into();
    let found = context.store.activity.iter();
    let found: Vec<&ActivityEntry> = found
        .filter(|activity| is_rotation_of(activity, entry, context.store))
        .take(ROTATIONS)
        .collect();
    if found.is_empty() {
        let words = "none by this program on this machine".to_owned();
        lines.push(vec![(words, Role::Dim)].into());
    }
    for activity in found {
        lines.push(rotation(activity, context, room));
    }
    lines
}

fn rotation(activity: &ActivityEntry, context: &ViewContext<'_>, room: u16) -> PanelLine {
    let (glyph, role) = match (&activity.result, activity.is_declined, activity.is_warning) {
        (_, true, _) => ("○", Role::Dim),
        (Ok(_), false, true) => ("▲", Role::Degraded),
        (Ok(_), false, false) => ("●", Role::Success),
        (Err(_), false, _) => ("✖", Role::Failed),
    };
    let words = match &activity.result {
        Ok(words) => words.clone(),
        Err(failure) => failure.cause.clone(),
    };
    let time = activity.at.clock_or_date(context.now, context.zone);
    let time = format!("{:<17}", time.get(..16).unwrap_or(&time));
    let beside = usize::from(room).saturating_sub(19);
    let line: StyledLine = vec![
        (format!("{glyph} "), role),
        (time, Role::Faint),
        (cut(&words, beside), Role::Text),
    ];
    line.into()
}

/// Returns whether an entry of the activity is a rotation of this secret, in this run or an earlier one.
fn is_rotation_of(activity: &ActivityEntry, entry: SecretEntry<'_>, store: &Store) -> bool {
    let deployment = entry.deployment();
    let title = store.title(deployment.as_str());
    let names = [deployment.as_str(), title];
    let after = |verbs: &[&str]| -> Option<String> {
        let mut rest = verbs
            .iter()
            .filter_map(|verb| activity.what.strip_prefix(*verb));
        rest.next().map(str::to_owned)
    };
    match entry {
        SecretEntry::Neo4j(secret) => {
            let ids = [secret.key.id.as_str(), secret.name.as_str()];
            let all: Vec<&str> = OWN_VERBS.into_iter().chain(SECRET_ACTIONS).collect();
            after(&all).is_some_and(|rest| {
                let mut pairs = ids.iter().flat_map(|id| names.map(|name| (*id, name)));
                pairs.any(|(id, name)| rest == format!("{id} of {name}"))
            })
        }
        SecretEntry::Client(_) => {
            let is_own = after(&OWN_VERBS).is_some_and(|rest| {
                names
                    .iter()
                    .any(|name| rest == format!("the client secret of {name}"))
            });
            let is_past = after(&CLIENT_ACTIONS).is_some_and(|rest| {
                let mut parts = rest.rsplitn(2, " of ");
                // One write of several has the operation before its target.
                let place = parts.next().unwrap_or_default();
                let target = parts.next().unwrap_or_default();
                names.contains(&place) && !target.contains(' ')
            });
            is_own || is_past
        }
    }
}

/// Returns the key of a secret among the resources.
pub(super) fn secret_key(deployment: &DeploymentName, id: &str) -> ResourceKey {
    ResourceKey {
        deployment: deployment.clone(),
        kind: Kind::Secret,
        id: id.to_owned(),
    }
}
