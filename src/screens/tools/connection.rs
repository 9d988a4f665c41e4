//! The connection to an endpoint: what it learned, and when its list of tools is asked for again.

use super::{Pane, Running, Tools, endpoints::name_of};
use crate::{
    messages::{Effect, Effects, ToolsEffect, Welcome},
    model::{Failure, McpEndpoint, Moment, Offer, pluralize},
    screens::{ScreenUpdate, UpdateContext},
    state::{ActivityEntry, Loadable},
    widgets::List,
};

/// A server that says that its tools have changed is asked for them so often at most, in milliseconds;
const RELIST_MS: i64 = 10_000;
/// twice that after each time that they were the same, so many times.
const DISBELIEF: u32 = 5;

/// What a connection learned.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointConnection {
    pub(super) state: Loadable<Welcome>,
    pub(super) call: Option<Running>,
    /// What the server offers beside tools.
    pub(super) offers: Vec<Offer>,
    /// When its tools were last asked for.
    asked: Option<Moment>,
    /// Whether the server has said since then that they changed.
    pub(super) changed: bool,
    /// How often it said so and they were the same.
    same: u32,
    /// When its resources and prompts were last asked for.
    offers_asked: Option<Moment>,
    /// Whether the server has said since then that they changed.
    pub(super) offers_changed: bool,
}

impl EndpointConnection {
    fn ask(&mut self, now: Moment) {
        self.state.start_loading(now);
        self.asked = Some(now);
        self.changed = false;
    }

    /// Returns when the resources and prompts that are said to have changed are asked for. Connecting asks for them anyway.
    fn next_offers(&self) -> Option<Moment> {
        let is_connected = self.state.value().is_some() && !self.state.is_loading();
        (self.offers_changed && is_connected).then(|| {
            self.offers_asked
                .map_or(Moment::from_millis(0), |at| at.plus(RELIST_MS))
        })
    }

    fn ask_for_offers(&mut self, now: Moment) {
        self.offers_asked = Some(now);
        self.offers_changed = false;
    }

    /// Returns when the tools that are said to have changed are asked for.
    fn next_listing(&self) -> Option<Moment> {
        let pause = RELIST_MS << self.same.min(DISBELIEF);
        (self.changed && !self.state.is_loading()).then(|| {
            self.asked
                .map_or(Moment::from_millis(0), |at| at.plus(pause))
        })
    }
}

impl Tools {
    /// Talks to an endpoint: connects unless it is connected already.
    pub fn connect(&mut self, endpoint: McpEndpoint, context: &mut UpdateContext<'_>) -> Effects {
        let changed = self.endpoint.as_ref() != Some(&endpoint);
        if changed {
            self.list = List::default();
            self.show_result(None);
            self.problems.clear();
            self.pane = Pane::List;
        }
        let kept = if changed {
            self.keep_drafts()
        } else {
            Effects::none()
        };
        self.endpoint = Some(endpoint.clone());
        if changed {
            self.select_tool(None);
        }
        let connection = self.connections.entry(endpoint.clone()).or_default();
        if connection.state.value().is_some() || connection.state.is_loading() {
            return kept;
        }
        connection.ask(context.now);
        kept.and(Effects::one(Effect::Tools(ToolsEffect::Connect(endpoint))))
    }

    /// Returns when a list is due that a server says has changed, or what is typed is kept.
    pub fn next_listing(&self) -> Option<Moment> {
        self.connections
            .values()
            .flat_map(|connection| [connection.next_listing(), connection.next_offers()])
            .flatten()
            .chain(self.next_draft())
            .min()
    }

    /// Asks for the lists that are due, and keeps what is typed.
    pub fn tick(&mut self, now: Moment) -> Effects {
        let drafts = if self.next_draft().is_some_and(|at| at <= now) {
            self.keep_drafts()
        } else {
            Effects::none()
        };
        let due = self
            .connections
            .iter_mut()
            .filter(|(_, each)| each.next_listing().is_some_and(|at| at <= now));
        let listings = due.map(|(endpoint, connection)| {
            connection.ask(now);
            Effect::Tools(ToolsEffect::Connect(endpoint.clone()))
        });
        let listings: Effects = listings.collect();
        let due = self
            .connections
            .iter_mut()
            .filter(|(_, connection)| connection.next_offers().is_some_and(|at| at <= now));
        let offers = due.map(|(endpoint, connection)| {
            connection.ask_for_offers(now);
            Effect::Tools(ToolsEffect::ListOffers(endpoint.clone()))
        });
        drafts.and(listings).and(offers.collect())
    }

    /// Returns when the countdown of a token changes next.
    pub fn next_wake(&self, now: Moment) -> Option<Moment> {
        let connection = self.connection()?;
        if connection.call.is_some() {
            return Some(now.plus(200));
        }
        let end = connection.state.value()?.0.token_expires_at?;
        let left = end.since(now);
        (left > 0).then(|| now.plus(if left < 120_000 { 1_000 } else { 30_000 }))
    }

    pub(super) fn connected(
        &mut self,
        endpoint: &McpEndpoint,
        result: Result<Welcome, Failure>,
        context: &mut UpdateContext<'_>,
    ) -> ScreenUpdate {
        let is_shown = self.endpoint.as_ref() == Some(endpoint);
        let selected = self
            .selected()
            .filter(|_| is_shown)
            .map(|tool| tool.name.clone());
        let known = self
            .connections
            .get(endpoint)
            .and_then(|connection| connection.state.value());
        let is_same = match (&result, known) {
            (Ok((_, _, tools)), Some((_, _, old))) => tools == old,
            _ => false,
        };
        // A list that came again and is as it was is nothing that was done.
        if !is_same {
            record_connection(endpoint, &result, context);
        }
        if let Some(connection) = self.connections.get_mut(endpoint) {
            connection.state.finish_loading(result, context.now);
            connection.same = if is_same {
                connection.same.saturating_add(1)
            } else {
                0
            };
        }
        if is_shown {
            self.select_tool(selected.as_deref());
        }
        let is_connected = self
            .connections
            .get(endpoint)
            .is_some_and(|connection| connection.state.failure().is_none());
        let offers = is_connected.then(|| Effect::Tools(ToolsEffect::ListOffers(endpoint.clone())));
        if let Some(connection) = self.connections.get_mut(endpoint).filter(|_| is_connected) {
            connection.ask_for_offers(context.now);
        }
        let is_first = !std::mem::replace(&mut self.queries_asked, true);
        let files = [
            Effect::Tools(ToolsEffect::ReadQueries),
            Effect::Tools(ToolsEffect::ReadCallHistory),
            Effect::Tools(ToolsEffect::ReadDrafts),
        ];
        let files = files.into_iter().filter(|_| is_first);
        let mut update = if is_shown && is_connected {
            self.recall_waiting(context)
        } else {
            ScreenUpdate::done()
        };
        let effects: Effects = files.chain(offers).collect();
        update.effects = effects.and(update.effects);
        update
    }

    pub(super) fn reconnect(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let Some(endpoint) = self.endpoint.clone() else {
            return ScreenUpdate::done();
        };
        let connection = self.connections.entry(endpoint.clone()).or_default();
        connection.ask(context.now);
        connection.same = 0;
        let schema = self.reread_schema(context.now);
        let effects = std::iter::once(Effect::Tools(ToolsEffect::Connect(endpoint))).chain(schema);
        ScreenUpdate::effects(effects.collect())
    }
}

fn record_connection(
    endpoint: &McpEndpoint,
    result: &Result<Welcome, Failure>,
    context: &mut UpdateContext<'_>,
) {
    let what = format!("connect to {}", name_of(endpoint, context.store));
    let words = result
        .as_ref()
        .map(|(info, _, tools)| format!("{}, {}", info.server, pluralize(tools.len(), "tool")))
        .map_err(|failure| Box::new(failure.clone()));
    context.store.record(ActivityEntry {
        at: context.now,
        what,
        write: false,
        is_declined: false,
        is_warning: false,
        is_pending: false,
        result: words,
        request_id: None,
        took_ms: None,
        arguments: None,
        again: None,
    });
}
