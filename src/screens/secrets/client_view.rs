//! An app client's secrets: which exists where, gives a token, and is used by whom.

use super::run::Run;
use crate::{
    client_secret::{
        board::{BoardHolder, BoardSecret, ClientSecretBoard},
        document::journal_name,
        effect::{ClientSecretId, ProviderHolding, SecretChoice},
    },
    model::{ClientSecretDetail, ClientSecretEntry, JournalStatus, Moment},
    screens::ViewContext,
    theme::Role,
    widgets::{StyledLine, cut_middle, text_width},
};

/// Columns of the first two columns of both tables.
const FIRST: usize = 24;
const SECOND: usize = 12;
const THIRD: usize = 34;

/// Lines about the client: from the running rotation as far as it has seen something, otherwise as AWS lists it.
pub(super) fn lines(
    detail: &ClientSecretDetail,
    run: Option<&Run>,
    context: &ViewContext<'_>,
) -> Vec<StyledLine> {
    let board = run
        .map(|run| &run.board)
        .filter(|board| !board.secrets.is_empty());
    let mut lines = match board {
        Some(board) => seen_secrets(detail, board, context),
        None => listed_secrets(detail, context),
    };
    lines.push(Vec::new());
    lines.push(vec![(
        format!(
            "{:<FIRST$}{:<SECOND$}{:<THIRD$}{}",
            "WHERE IT STANDS", "HOLDS", "AS", "SINCE"
        ),
        Role::Dim,
    )]);
    match board {
        Some(board) if !board.holders.is_empty() => lines.extend(
            board
                .holders
                .iter()
                .map(|holder| seen_holder(holder, board, detail, context)),
        ),
        Some(_) | None => lines.extend(listed_holders(detail, context)),
    }
    // A file that was seen to hold one of the values has a row of its own.
    let is_shown = board.is_some_and(|board| {
        let mut holders = board.holders.iter();
        holders.any(|holder| holder.place == "configuration")
    });
    if !is_shown {
        lines.push(row(
            "this console",
            ("", Role::Dim),
            &detail.source,
            "",
            Role::Dim,
        ));
    }
    lines.extend(journal(detail, run.is_some_and(|run| run.ended.is_none())));
    lines
}

fn listed_secrets(detail: &ClientSecretDetail, context: &ViewContext<'_>) -> Vec<StyledLine> {
    let mut lines = vec![vec![(
        format!(
            "{:<FIRST$}{:<SECOND$}{}",
            "SECRETS AT COGNITO", "CREATED", "GIVES A TOKEN"
        ),
        Role::Dim,
    )]];
    for secret in &detail.secrets {
        lines.push(vec![
            (
                format!(
                    "{:<FIRST$}",
                    ClientSecretId::new(secret.id.as_str()).short()
                ),
                Role::Text,
            ),
            (format!("{:<SECOND$}", age(secret, context.now)), Role::Text),
            ("○ not asked".to_owned(), Role::Dim),
        ]);
    }
    lines
}

fn age(secret: &ClientSecretEntry, now: Moment) -> String {
    secret
        .created_at
        .map_or_else(|| "not known".to_owned(), |at| at.age(now))
}

fn seen_secrets(
    detail: &ClientSecretDetail,
    board: &ClientSecretBoard,
    context: &ViewContext<'_>,
) -> Vec<StyledLine> {
    let mut lines = vec![vec![(
        format!(
            "{:<FIRST$}{:<SECOND$}{:<22}{}",
            "SECRETS AT COGNITO", "CREATED", "GIVES A TOKEN", "USED BY"
        ),
        Role::Dim,
    )]];
    for secret in &board.secrets {
        let known = detail
            .secrets
            .iter()
            .find(|entry| entry.id == secret.id.as_str());
        let created = known.map_or_else(String::new, |entry| age(entry, context.now));
        let (token, role) = token(secret, context);
        let short = match secret.choice.filter(|_| board.secrets.len() > 1) {
            Some(choice) => format!("{}  {}", secret.id.short(), choice.as_str()),
            None => secret.id.short(),
        };
        lines.push(vec![
            (format!("{short:<FIRST$}"), Role::Text),
            (format!("{created:<SECOND$}"), Role::Text),
            (format!("{token:<22}"), role),
            (users(secret, board).join(", "), Role::Text),
        ]);
    }
    lines
}

fn token(secret: &BoardSecret, context: &ViewContext<'_>) -> (String, Role) {
    match secret.gives_token {
        Some((true, at)) => (format!("● yes, {}", at.clock(context.zone)), Role::Success),
        Some((false, at)) => (format!("✖ no, {}", at.clock(context.zone)), Role::Failed),
        None => ("○ not asked".to_owned(), Role::Dim),
    }
}

/// Places that hold this secret.
fn users(secret: &BoardSecret, board: &ClientSecretBoard) -> Vec<String> {
    let holds = match secret.choice {
        Some(SecretChoice::Old) => ProviderHolding::Old,
        Some(SecretChoice::New) => ProviderHolding::New,
        None => return Vec::new(),
    };
    board
        .holders
        .iter()
        .filter(|holder| holder.holds == holds && holder.place != "Secrets Manager")
        .map(|holder| file_name(&holder.name).to_owned())
        .collect()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn seen_holder(
    holder: &BoardHolder,
    board: &ClientSecretBoard,
    detail: &ClientSecretDetail,
    context: &ViewContext<'_>,
) -> StyledLine {
    let short = |choice| {
        board.id_of(choice).map_or_else(
            || SecretChoice::as_str(choice).to_owned(),
            ClientSecretId::short,
        )
    };
    let (glyph, role) = match (holder.is_changing, holder.holds) {
        (true, _) => ("◐", Role::Changing),
        (false, ProviderHolding::New) => ("●", Role::Success),
        (false, ProviderHolding::Old | ProviderHolding::Unknown) => ("○", Role::Dim),
        (false, ProviderHolding::Other) => ("✖", Role::Failed),
    };
    let held = match holder.holds {
        ProviderHolding::Old => short(SecretChoice::Old),
        ProviderHolding::New => short(SecretChoice::New),
        ProviderHolding::Other => "another".to_owned(),
        ProviderHolding::Unknown => "not known".to_owned(),
    };
    let since = if holder.is_changing {
        "UPDATING".to_owned()
    } else {
        holder.seen.clock(context.zone)
    };
    let held = format!("{glyph} {held}");
    let journal = (holder.place == "Secrets Manager").then(|| journal_name(&detail.client_id));
    row(
        holder.place,
        (&held, role),
        journal.as_deref().unwrap_or(&holder.name),
        &since,
        if holder.is_changing {
            Role::Changing
        } else {
            Role::Dim
        },
    )
}

fn listed_holders(detail: &ClientSecretDetail, context: &ViewContext<'_>) -> Vec<StyledLine> {
    if detail.providers.is_empty() {
        return vec![vec![(
            "No credential provider uses this client.".to_owned(),
            Role::Dim,
        )]];
    }
    let line = |provider: &crate::model::ClientSecretProvider| {
        let place = if provider.is_external {
            "provider's own secret"
        } else {
            "credential provider"
        };
        let status = provider.status.as_deref().unwrap_or("");
        let (glyph, role) = match status {
            "READY" => ("●", Role::Success),
            "UPDATING" | "CREATING" => ("◐", Role::Changing),
            "" => ("○", Role::Dim),
            _ => ("✖", Role::Failed),
        };
        let status = format!("{glyph} {status}");
        let since = provider
            .updated_at
            .map_or_else(String::new, |at| format!("{} ago", at.age(context.now)));
        row(place, (&status, role), &provider.name, &since, Role::Dim)
    };
    detail.providers.iter().map(line).collect()
}

fn row(
    place: &str,
    (held, role): (&str, Role),
    name: &str,
    since: &str,
    since_role: Role,
) -> StyledLine {
    let padding = " ".repeat(SECOND.saturating_sub(text_width(held)));
    vec![
        (format!("{place:<FIRST$}"), Role::Text),
        (held.to_owned(), role),
        (padding, Role::Dim),
        (
            format!("{:<THIRD$}", cut_middle(name, THIRD - 2)),
            Role::Text,
        ),
        (since.to_owned(), since_role),
    ]
}

/// Returns whether a rotation is pending, and what finishes it.
fn journal(detail: &ClientSecretDetail, is_running: bool) -> Vec<StyledLine> {
    let words = match &detail.journal {
        JournalStatus::Idle if detail.secrets.len() > 1 && !is_running => (
            "▲ Two secrets, and no rotation of this program is pending: remove the one that is not used.".to_owned(),
            Role::Degraded,
        ),
        JournalStatus::Idle => return Vec::new(),
        JournalStatus::Pending { .. } if is_running => return Vec::new(),
        JournalStatus::Pending {
            operator,
            is_undone,
            ..
        } => {
            let by = operator
                .as_ref()
                .map_or_else(String::new, |operator| format!(" by {operator}"));
            let what = if *is_undone { "roll back" } else { "rotation" };
            (
                format!("▲ A {what}{by} is pending: resume finishes it, and while both secrets exist it can be rolled back."),
                Role::Degraded,
            )
        }
        JournalStatus::Unknown(why) => (
            format!("○ Whether a rotation is pending is not known: {why}"),
            Role::Dim,
        ),
    };
    vec![Vec::new(), vec![words]]
}
