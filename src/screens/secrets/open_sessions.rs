//! The sessions of runtimes that read a secret, for the question before its rotation: how many there are, as far as the logs say.

use super::{
    aside::secret_key,
    run::{Run, RunSubject},
};
use crate::{
    kinds,
    model::{DeploymentName, Kind, Moment, Relation, Resource},
    rotation::plan_page::{PlanMark, PlanPage, PlanRow, PlanSection},
    screens::ViewContext,
    state::Store,
};

/// Returns the runtimes whose environment names the secret.
pub(super) fn reading_runtimes<'a>(
    secret: &'a Resource,
    store: &'a Store,
) -> impl Iterator<Item = &'a Resource> {
    let arn = secret.arn.as_deref().unwrap_or_default();
    let reads = move |runtime: &&Resource| {
        let mut links = runtime.links.iter();
        links.any(|link| {
            let names_it = link.id == arn || link.id == secret.key.id;
            link.relation == Relation::Reads && names_it
        })
    };
    store
        .resources(&secret.key.deployment)
        .filter(|resource| resource.key.kind == Kind::Runtime)
        .filter(reads)
}

/// Returns how long a session of the runtime may idle, in milliseconds.
fn idle_ms(runtime: &Resource) -> i64 {
    i64::try_from(kinds::idle_session(runtime).seconds)
        .unwrap_or(i64::MAX / 1000)
        .saturating_mul(1000)
}

/// Returns the time from which on the logs tell which sessions of the runtimes that read the secret may still live. `None` where no
/// runtime reads it.
pub(super) fn sessions_since(
    deployment: &DeploymentName,
    subject: &RunSubject,
    store: &Store,
    now: Moment,
) -> Option<Moment> {
    let secret = secret_of(deployment, subject, store)?;
    let idle = reading_runtimes(secret, store).map(idle_ms).max()?;
    Some(now.plus(-idle))
}

fn secret_of<'a>(
    deployment: &DeploymentName,
    subject: &RunSubject,
    store: &'a Store,
) -> Option<&'a Resource> {
    let RunSubject::Password { secret, .. } = subject else {
        return None;
    };
    store.resource(&secret_key(deployment, secret))
}

/// Returns the page of the plan with the sessions of the runtimes that read the secret, after the connections to the database.
pub(super) fn with_sessions(page: &PlanPage, run: &Run, context: &ViewContext<'_>) -> PlanPage {
    let mut page = page.clone();
    let Some(secret) = secret_of(&run.deployment, &run.subject, context.store) else {
        return page;
    };
    let rows = reading_runtimes(secret, context.store).map(|runtime| row(runtime, context));
    let sessions = PlanSection {
        heading: "sessions",
        rows: rows.collect(),
    };
    let connections = |section: &PlanSection| section.heading == "open now";
    let after = page.sections.iter().position(connections);
    let at = after.map_or(page.sections.len(), |at| at + 1);
    page.sections.insert(at, sessions);
    page
}

/// Returns how many sessions of the runtime its logs show, and for which time; `None` where they were not read.
pub(super) fn counted(runtime: &Resource, context: &ViewContext<'_>) -> Option<String> {
    let history = context.store.calls.get(&runtime.key.deployment)?;
    if history.failure.is_some() {
        return None;
    }
    let idle = idle_ms(runtime);
    let known = context.store.sessions_of(runtime, idle, context.now);
    // The logs may have been read for a shorter time than a session may idle.
    let from = history.read_from;
    let read = from.map_or(0, |from| context.now.since(from));
    let minutes = read.min(idle) / 60_000;
    Some(format!(
        "{} in {minutes} min, by its logs",
        known.sessions.len()
    ))
}

fn row(runtime: &Resource, context: &ViewContext<'_>) -> PlanRow {
    let name = runtime.name.as_str();
    let text = |mark, words: &str| PlanRow::text(mark, format!("{name}: {words}"));
    let Some(history) = context.store.calls.get(&runtime.key.deployment) else {
        return text(PlanMark::Unknown, "not known, its logs are being read");
    };
    if let Some(failure) = &history.failure {
        let why = format!("not known, its logs could not be read: {}", failure.cause);
        return text(PlanMark::Unknown, &why);
    }
    let words = counted(runtime, context).unwrap_or_default();
    if !history.unread.is_empty() {
        let words = format!("{words}; some of these could not be read");
        return text(PlanMark::Unknown, &words);
    }
    let known = context
        .store
        .sessions_of(runtime, idle_ms(runtime), context.now);
    let mark = if known.sessions.is_empty() {
        PlanMark::Good
    } else {
        PlanMark::Attention
    };
    text(mark, &words)
}
