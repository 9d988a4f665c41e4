//! What an MCP server asks and tells the user beside answers.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;

use rmcp::{
    ClientHandler, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
        ElicitationCapability, ErrorData, FormElicitationCapability, Implementation,
        TASKS_EXTENSION_ID, UrlElicitationCapability,
    },
    service::{NotificationContext, RequestContext},
};
use serde_json::{Map, Value};
use tokio::{sync::oneshot, time::Instant};

use super::inbound::InboundMessages;
use crate::model::{Elicitation, ElicitationAnswer, ElicitationRequest, McpNotice};

/// Notices that may wait for their reader, and questions for their answers.
pub(crate) const WAITING: usize = 64;

/// Listens to a server. Clones are the same listener.
#[derive(Clone)]
pub(crate) struct Listener(Arc<ListenerState>);

struct ListenerState {
    inbound: InboundMessages,
    /// Whether a notice of changed tools waits for room.
    telling_tools: AtomicBool,
    /// Whether a notice of changed resources and prompts waits for room.
    telling_offers: AtomicBool,
    asked: AtomicU64,
    /// Version of the protocol to ask for; `None`: the newest with sessions.
    protocol: Option<String>,
    waiting: Mutex<HashMap<u64, oneshot::Sender<ElicitationAnswer>>>,
    /// How long the server has waited for the person.
    person: Mutex<PersonClock>,
}

/// Time in which at least one question waits for the person.
#[derive(Default)]
struct PersonClock {
    done: Duration,
    /// Questions that wait now.
    open: usize,
    /// When the first of them was asked.
    since: Option<Instant>,
}

impl PersonClock {
    fn begin(&mut self) {
        self.open += 1;
        self.since = self.since.or_else(|| Some(Instant::now()));
    }

    fn end(&mut self) {
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.done = self.total();
            self.since = None;
        }
    }

    fn total(&self) -> Duration {
        self.done + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// A question that waits for the person, until it is dropped.
struct OpenQuestion<'a>(&'a ListenerState);

impl<'a> OpenQuestion<'a> {
    fn ask(state: &'a ListenerState) -> Self {
        state.person.lock().begin();
        Self(state)
    }
}

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        self.0.person.lock().end();
    }
}

impl Listener {
    /// Returns a listener that passes on to the reader of `inbound`; without a reader every question is cancelled.
    pub(crate) fn new(inbound: InboundMessages, protocol: Option<String>) -> Self {
        Self(Arc::new(ListenerState {
            inbound,
            protocol,
            telling_tools: AtomicBool::default(),
            telling_offers: AtomicBool::default(),
            asked: AtomicU64::new(1),
            waiting: Mutex::default(),
            person: Mutex::default(),
        }))
    }

    /// Returns how long questions have waited for the person so far.
    pub(super) fn person_time(&self) -> Duration {
        self.0.person.lock().total()
    }

    /// Answers a question that still waits.
    pub(crate) fn answer(&self, id: u64, answer: ElicitationAnswer) {
        let waiting = self.0.waiting.lock().remove(&id);
        if let Some(waiting) = waiting
            && waiting.send(answer).is_err()
        {
            tracing::debug!(id, "the receiver of this answer is gone");
        }
    }

    /// Passes a notice on, where its reader keeps up: however much a server says, little of it is held. A question that finds
    /// no room is cancelled, which its server hears; after progress comes more progress.
    pub(super) fn tell(&self, notice: McpNotice) -> bool {
        self.0.inbound.push(notice)
    }

    /// Passes on that the tools have changed, once there is room, and once for all changes until then.
    pub(super) async fn tell_change(&self) {
        self.tell_once(McpNotice::ToolsChanged, &self.0.telling_tools)
            .await;
    }

    /// Passes on that the resources or prompts have changed, as [`Self::tell_change`] does for tools.
    pub(super) async fn tell_offers_change(&self) {
        self.tell_once(McpNotice::OffersChanged, &self.0.telling_offers)
            .await;
    }

    async fn tell_once(&self, notice: McpNotice, is_waiting: &AtomicBool) {
        if is_waiting.swap(true, Ordering::AcqRel) {
            return;
        }
        self.0.inbound.push_when_there_is_room(notice).await;
        is_waiting.store(false, Ordering::Release);
    }

    /// Asks the person, and waits for the answer. A question that cannot be shown is cancelled.
    pub(super) async fn ask(
        &self,
        message: String,
        request: ElicitationRequest,
        cancelled: impl Future<Output = ()>,
    ) -> ElicitationAnswer {
        let id = self.0.asked.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        {
            let mut waiting = self.0.waiting.lock();
            if waiting.len() >= WAITING {
                return ElicitationAnswer::Cancel;
            }
            waiting.insert(id, answer);
        }
        if !self.tell(McpNotice::Elicitation(Elicitation {
            id,
            message,
            request,
        })) {
            self.0.waiting.lock().remove(&id);
            return ElicitationAnswer::Cancel;
        }
        let _waiting = OpenQuestion::ask(&self.0);
        let given = tokio::select! {
            answer = answered => answer.unwrap_or(ElicitationAnswer::Cancel),
            () = cancelled => ElicitationAnswer::Cancel,
        };
        self.0.waiting.lock().remove(&id);
        given
    }
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(
            ElicitationCapability::new()
                .with_form(FormElicitationCapability::default())
                .with_url(UrlElicitationCapability::default()),
        );
        let tasks = BTreeMap::from([(TASKS_EXTENSION_ID.to_owned(), Map::new())]);
        capabilities.extensions = Some(tasks);
        let config = ClientConfig::new(
            capabilities,
            Implementation::new("agentcore-console", env!("CARGO_PKG_VERSION")),
        );
        let known = rmcp::model::ProtocolVersion::KNOWN_VERSIONS;
        let wanted = self.0.protocol.as_deref();
        match known.iter().find(|known| Some(known.as_str()) == wanted) {
            Some(version) => config.with_protocol_version(version.clone()),
            None => config,
        }
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        exchange: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let (message, request) = match request {
            ElicitRequestParams::FormElicitationParams {
                message,
                requested_schema,
                ..
            } => (
                message,
                ElicitationRequest::Form(self.0.inbound.schemas.take(&exchange.id).unwrap_or_else(
                    || serde_json::to_value(requested_schema).unwrap_or(Value::Null),
                )),
            ),
            ElicitRequestParams::UrlElicitationParams { message, url, .. } => {
                (message, ElicitationRequest::Url(url))
            }
            _ => return Ok(ElicitResult::new(ElicitationAction::Decline)),
        };
        Ok(
            match self.ask(message, request, exchange.ct.cancelled()).await {
                ElicitationAnswer::Accept(Some(content)) => {
                    ElicitResult::new(ElicitationAction::Accept).with_content(content)
                }
                ElicitationAnswer::Accept(None) => ElicitResult::new(ElicitationAction::Accept),
                ElicitationAnswer::Decline => ElicitResult::new(ElicitationAction::Decline),
                ElicitationAnswer::Cancel => ElicitResult::new(ElicitationAction::Cancel),
            },
        )
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.tell_change().await;
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.tell_offers_change().await;
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.tell_offers_change().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Progress;

    fn question() -> ElicitationRequest {
        ElicitationRequest::Url("https://x.example".into())
    }

    #[tokio::test]
    async fn a_server_that_says_more_than_is_read_is_not_remembered_word_for_word() {
        let (sender, mut heard) = tokio::sync::mpsc::channel(WAITING);
        let listener = Listener::new(InboundMessages::new(Some(sender)), None);
        for step in 0..10_000 {
            listener.tell(McpNotice::Progress(Progress {
                progress: f64::from(step),
                total: None,
                message: None,
            }));
        }
        let cancelled = listener
            .ask("no room".into(), question(), std::future::pending())
            .await;
        assert_eq!(cancelled, ElicitationAnswer::Cancel);
        let telling = tokio::spawn({
            let listener = listener.clone();
            async move { listener.tell_change().await }
        });
        tokio::task::yield_now().await;
        for _ in 0..1_000 {
            listener.tell_change().await;
        }
        let (mut progress, mut changes) = (0, 0);
        while changes == 0 {
            match heard.recv().await {
                Some(McpNotice::Progress(_)) => progress += 1,
                Some(McpNotice::ToolsChanged) => changes += 1,
                other => panic!("{other:?}"),
            }
        }
        telling.await.unwrap();
        assert_eq!(
            (progress, heard.try_recv().is_err()),
            (WAITING, true),
            "the change is told, once"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_the_person_is_counted_once_for_questions_that_wait_together() {
        let (sender, mut heard) = tokio::sync::mpsc::channel(WAITING);
        let listener = Listener::new(InboundMessages::new(Some(sender)), None);
        let ask = |listener: Listener| async move {
            let asking = listener.ask("?".into(), question(), std::future::pending());
            asking.await
        };
        let pause = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        let first = tokio::spawn(ask(listener.clone()));
        heard.recv().await.unwrap();
        pause(10).await;
        let second = tokio::spawn(ask(listener.clone()));
        heard.recv().await.unwrap();
        pause(5).await;
        listener.answer(1, ElicitationAnswer::Decline);
        first.await.unwrap();
        pause(5).await;
        // A call that is cancelled drops its question.
        second.abort();
        assert!(second.await.is_err());
        pause(60).await;
        assert_eq!(listener.person_time(), Duration::from_secs(20));
    }

    #[tokio::test]
    async fn so_many_questions_wait_and_the_next_is_cancelled() {
        let (sender, mut heard) = tokio::sync::mpsc::channel(WAITING);
        let listener = Listener::new(InboundMessages::new(Some(sender)), None);
        let ask = |listener: Listener| async move {
            listener
                .ask("?".into(), question(), std::future::pending())
                .await
        };
        let open: Vec<_> = (0..WAITING)
            .map(|_| tokio::spawn(ask(listener.clone())))
            .collect();
        for _ in 0..WAITING {
            heard.recv().await.unwrap();
        }
        assert_eq!(ask(listener.clone()).await, ElicitationAnswer::Cancel);
        listener.answer(1, ElicitationAnswer::Decline);
        assert_eq!(
            open.into_iter().next().unwrap().await.unwrap(),
            ElicitationAnswer::Decline
        );
    }
}
