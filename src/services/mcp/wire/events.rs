//! The event stream that answers a request.

use std::time::Duration;

use futures::StreamExt as _;
use rmcp::model::RequestId;
use serde_json::Value;
use sse_stream::Sse;

use super::{
    EventStream, Wire, lock,
    message::{self, ReceivedBody},
};
use crate::{model::loose_json, services::mcp::sse};

/// After an answer under a foreign id, so long is waited for one under the request's own.
const GRACE: Duration = Duration::from_millis(300);

/// What an event is to the request that its stream belongs to.
enum EventRelation {
    /// Its answer, by id.
    Own(Result<Value, Value>),
    /// An answer under another id.
    Foreign(Result<Value, Value>),
    /// A message of the server's.
    Message(Sse, Value),
    /// Nothing, but for the id by which the stream is resumed.
    Marker(Sse),
    /// Nothing.
    Nothing,
}

/// A stream that waits for an answer.
struct WatchedStream {
    events: EventStream,
    /// The request; `None` once it has its answer.
    waiting: Option<RequestId>,
    /// An answer under a foreign id.
    foreign: Option<Result<Value, Value>>,
    /// Whether an event had an id, so that the stream can be taken up again.
    resumable: bool,
}

impl Wire {
    /// Passes a request's event stream on, keeping its answer aside. A stream that ends or breaks before the answer, and
    /// cannot be resumed since no event had an id, ends with an error for the request instead of silence.
    pub(super) fn watch(&self, events: EventStream, id: RequestId, captured: bool) -> EventStream {
        let wire = self.clone();
        let state = WatchedStream {
            events,
            waiting: Some(id),
            foreign: None,
            resumable: false,
        };
        futures::stream::unfold(state, move |state| {
            let wire = wire.clone();
            async move { wire.next_event(state, captured).await }
        })
        .boxed()
    }

    async fn next_event(
        &self,
        mut state: WatchedStream,
        captured: bool,
    ) -> Option<(Result<Sse, super::SseError>, WatchedStream)> {
        loop {
            let Some(id) = state.waiting.clone() else {
                let next = self.next_message(&mut state.events).await?;
                return Some((next, state));
            };
            let next = if state.foreign.is_some() {
                let next = tokio::time::timeout(GRACE, state.events.next()).await;
                next.unwrap_or(None)
            } else {
                state.events.next().await
            };
            match next {
                Some(Ok(event)) => {
                    state.resumable |= event.id.is_some();
                    match self.judge(event, &id) {
                        EventRelation::Own(outcome) => {
                            return Some(self.answered(state, outcome, captured));
                        }
                        EventRelation::Foreign(outcome) => state.foreign = Some(outcome),
                        EventRelation::Message(event, value) => {
                            if let Some(event) = self.message(event, value).await {
                                return Some((Ok(event), state));
                            }
                        }
                        EventRelation::Marker(event) => return Some((Ok(event), state)),
                        EventRelation::Nothing => {}
                    }
                }
                broken => {
                    if let Some(outcome) = state.foreign.take() {
                        return Some(self.answered(state, outcome, captured));
                    }
                    let error = broken.and_then(Result::err);
                    let too_long = error.as_ref().is_some_and(sse::is_too_long);
                    if state.resumable && !too_long {
                        return error.map(|error| (Err(error), state));
                    }
                    let failure = sse::broken(&self.0.doing, error.as_ref());
                    self.keep_failure(Some(&id), failure);
                    let end = sse::error_event(&id);
                    state.waiting = None;
                    state.events = futures::stream::empty().boxed();
                    return Some((Ok(end), state));
                }
            }
        }
    }

    /// Returns the event that gives rmcp the answer, under the request's own id.
    fn answered(
        &self,
        mut state: WatchedStream,
        outcome: Result<Value, Value>,
        captured: bool,
    ) -> (Result<Sse, super::SseError>, WatchedStream) {
        let message = state
            .waiting
            .take()
            .map(|id| self.answer(&id, outcome, captured).to_string());
        let event = Sse {
            event: None,
            data: message,
            id: None,
            retry: None,
        };
        (Ok(event), state)
    }

    /// Returns the messages of a stream that belongs to no request.
    pub(super) fn messages_only(&self, events: EventStream) -> EventStream {
        let wire = self.clone();
        futures::stream::unfold(events, move |mut events| {
            let wire = wire.clone();
            async move {
                let next = wire.next_message(&mut events).await?;
                if next.as_ref().is_ok_and(|event| event.data.is_some()) {
                    lock(&wire.0.pace).brought_message();
                }
                Some((next, events))
            }
        })
        .boxed()
    }

    /// Returns the next event that means something; one without a message keeps its id, by which the stream is resumed.
    async fn next_message(&self, events: &mut EventStream) -> Option<Result<Sse, super::SseError>> {
        loop {
            let event = match events.next().await? {
                Ok(event) => event,
                Err(error) => return Some(Err(error)),
            };
            let data = event.data.as_deref().unwrap_or_default();
            match loose_json(data).map_or(ReceivedBody::Nothing, message::read) {
                ReceivedBody::Message(value) => {
                    if let Some(event) = self.message(event, value).await {
                        return Some(Ok(event));
                    }
                }
                ReceivedBody::Answer { .. } => return Some(Ok(event)),
                ReceivedBody::Nothing if is_marker(&event) => {
                    return Some(Ok(marker(event)));
                }
                ReceivedBody::Nothing => {}
            }
        }
    }

    /// Returns an event with a message of the server's, for rmcp; of one that is passed on here, no more than the id by which the
    /// stream is resumed.
    async fn message(&self, event: Sse, mut value: Value) -> Option<Sse> {
        if self.0.inbound.take(&value).await {
            return is_marker(&event).then(|| marker(event));
        }
        self.0.inbound.schemas.keep(&mut value);
        Some(Sse {
            event: None,
            data: Some(value.to_string()),
            ..event
        })
    }

    fn judge(&self, event: Sse, id: &RequestId) -> EventRelation {
        let data = event.data.as_deref().unwrap_or_default();
        let received = if event.event.as_deref() == Some("error") {
            message::read_error_event(data)
        } else {
            loose_json(data).map_or(ReceivedBody::Nothing, message::read)
        };
        match received {
            ReceivedBody::Answer { id: found, outcome } => {
                self.exchange(id, |exchange| exchange.size = data.len());
                let own = serde_json::to_value(id).unwrap_or_default();
                if found.is_none() || message::is_own_id(found.as_ref(), &own) {
                    EventRelation::Own(outcome)
                } else {
                    EventRelation::Foreign(outcome)
                }
            }
            ReceivedBody::Message(value) => EventRelation::Message(event, value),
            ReceivedBody::Nothing if is_marker(&event) => EventRelation::Marker(marker(event)),
            ReceivedBody::Nothing => EventRelation::Nothing,
        }
    }
}

/// Returns whether an event says how the stream is resumed.
const fn is_marker(event: &Sse) -> bool {
    event.id.is_some() || event.retry.is_some()
}

fn marker(event: Sse) -> Sse {
    Sse {
        event: None,
        data: None,
        ..event
    }
}
