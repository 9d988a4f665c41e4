//! Stops sessions of a runtime: the question lists those that its logs name, and one or all of them are chosen.

use std::collections::BTreeMap;

use super::change::{DEFAULT, refusal, runtime_of, say};
use crate::{
    kinds,
    messages::{Effect, Effects, FleetEffect},
    model::{Kind, Moment, Resource, ResourceKey, pluralize},
    screens::{
        AppRequest, ScreenUpdate, UpdateContext,
        confirm::{Confirm, QuestionChoice},
    },
    state::{RuntimeSession, RuntimeSessions, Store},
};

/// Sessions are offered from a reading of the logs that is at most this old, in milliseconds.
const FRESH_MS: i64 = 10_000;

/// Asks which sessions of a runtime or endpoint should be stopped. Where its logs were not read just now, they are read first.
pub(super) fn stop(context: &UpdateContext<'_>, resource: Option<&Resource>) -> ScreenUpdate {
    let Some(resource) = resource else {
        return say("only a runtime or an endpoint has sessions");
    };
    let Some((runtime, _)) = runtime_of(context.store, resource) else {
        return say("only a runtime or an endpoint has sessions");
    };
    if let Some(refusal) = refusal(context, &runtime.key.deployment) {
        return refusal;
    }
    let history = context.store.calls.get(&runtime.key.deployment);
    let since = sessions_since(runtime, context.now);
    let is_read = history.is_some_and(|history| {
        history.failure.is_none() && history.covers(since, FRESH_MS, context.now)
    });
    if is_read {
        return ask(context, &resource.key);
    }
    ScreenUpdate::request(AppRequest::ReadSessions(resource.key.clone()))
}

/// Returns the time from which on the calls of a runtime tell which of its sessions may still live.
pub fn sessions_since(runtime: &Resource, now: Moment) -> Moment {
    now.plus(-idle_ms(runtime))
}

fn idle_ms(runtime: &Resource) -> i64 {
    i64::try_from(kinds::idle_session(runtime).seconds)
        .unwrap_or(i64::MAX / 1000)
        .saturating_mul(1000)
}

/// Returns the runtime of a runtime or endpoint.
pub fn runtime_with_sessions<'a>(store: &'a Store, key: &ResourceKey) -> Option<&'a Resource> {
    runtime_of(store, store.resource(key)?).map(|(runtime, _)| runtime)
}

/// Asks which of the sessions that the logs name should be stopped. The logs were read.
pub fn ask(context: &UpdateContext<'_>, key: &ResourceKey) -> ScreenUpdate {
    let found = context.store.resource(key);
    let Some((runtime, endpoint)) = found.and_then(|found| runtime_of(context.store, found)) else {
        return say("the runtime is not listed any more");
    };
    if let Some(refusal) = refusal(context, &runtime.key.deployment) {
        return refusal;
    }
    let idle = idle_ms(runtime);
    let mut known = context.store.sessions_of(runtime, idle, context.now);
    if key.kind == Kind::Endpoint {
        known
            .sessions
            .retain(|session| session.endpoint == endpoint);
    }
    let unread = unread(context.store, runtime);
    if known.sessions.is_empty() {
        let minutes = idle / 60_000;
        let name = &runtime.name;
        let none = match unread {
            Some(groups) => {
                format!("{groups} could not be read; the rest shows no session of {name}")
            }
            None => format!("the logs of the last {minutes} minutes show no session of {name}"),
        };
        let remarks: Vec<String> = std::iter::once(none).chain(not_offered(&known)).collect();
        return say(remarks.join("; "));
    }
    let mut confirm = question(context, runtime, &known.sessions);
    confirm.text.extend(not_offered(&known));
    confirm.text.extend(
        unread.map(|groups| format!("{groups} could not be read and may name further sessions.")),
    );
    ScreenUpdate::request(AppRequest::Ask(confirm))
}

fn question(
    context: &UpdateContext<'_>,
    runtime: &Resource,
    sessions: &[RuntimeSession],
) -> Confirm {
    let place = format!(
        "{} ({})",
        runtime.name,
        context.store.title(runtime.key.deployment.as_str())
    );
    let text = "It ends with its container; the next request starts a fresh one. Calls that run in it fail.";
    let mut choices: Vec<QuestionChoice> = sessions
        .iter()
        .map(|session| QuestionChoice {
            label: format!(
                "{}   last call {} ago{}",
                session.id,
                session.last_call.age(context.now),
                through(session)
            ),
            yes: stopping(runtime, std::slice::from_ref(session)),
        })
        .collect();
    if sessions.len() > 1 {
        choices.push(QuestionChoice {
            label: format!("all {} sessions", sessions.len()),
            yes: stopping(runtime, sessions),
        });
    }
    let title = if sessions.len() == 1 {
        format!("Stop this session of {place}?")
    } else {
        format!("Stop which session of {place}?")
    };
    Confirm::choose(title, text.to_owned(), choices)
}

/// Names the endpoint, where it is not the usual one.
fn through(session: &RuntimeSession) -> String {
    if session.endpoint == DEFAULT {
        String::new()
    } else {
        format!("   endpoint {}", session.endpoint)
    }
}

/// Returns the effects that stop sessions: one for each endpoint, because the operation names it.
fn stopping(runtime: &Resource, sessions: &[RuntimeSession]) -> Effects {
    let mut by_endpoint: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for session in sessions {
        let ids = by_endpoint.entry(&session.endpoint).or_default();
        ids.push(session.id.clone());
    }
    by_endpoint
        .into_iter()
        .map(|(endpoint, sessions)| {
            Effect::Fleet(FleetEffect::StopSessions {
                runtime: runtime.key.clone(),
                endpoint: endpoint.to_owned(),
                sessions,
            })
        })
        .collect()
}

/// Says how many sessions are not offered because nothing names their runtime.
fn not_offered(known: &RuntimeSessions) -> Option<String> {
    let count = known.unattributed;
    (count > 0).then(|| {
        let verb = if count == 1 { "is" } else { "are" };
        format!(
            "{} more {verb} not offered: the logs do not name the runtime",
            pluralize(count, "session")
        )
    })
}

/// Returns which log groups could not be read.
fn unread(store: &Store, runtime: &Resource) -> Option<String> {
    let history = store.calls.get(&runtime.key.deployment)?;
    let groups: Vec<&str> = history
        .unread
        .iter()
        .map(|(group, _)| group.as_str())
        .collect();
    (!groups.is_empty()).then(|| groups.join(", "))
}
