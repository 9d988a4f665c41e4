//! What an MCP server asks and tells the user beside answers.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rmcp::{
    ClientHandler, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability, ErrorData,
        FormElicitationCapability, Implementation, ProgressNotificationParam, UrlElicitationCapability,
    },
    service::{NotificationContext, RequestContext},
};
use serde_json::Value;
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use crate::model::{Elicitation, ElicitationAnswer, ElicitationRequest, McpNotice, Progress};

/// Listens to a server. Clones are the same listener.
#[derive(Clone)]
pub(crate) struct Listener(Arc<Shared>);

struct Shared {
    notices: Option<UnboundedSender<McpNotice>>,
    asked: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<ElicitationAnswer>>>,
}

impl Listener {
    /// A listener that passes on to `notices`; without it every question is cancelled.
    pub(crate) fn new(notices: Option<UnboundedSender<McpNotice>>) -> Self {
        Self(Arc::new(Shared { notices, asked: AtomicU64::new(1), waiting: Mutex::default() }))
    }

    /// Answers a question that still waits.
    pub(crate) fn answer(&self, id: u64, answer: ElicitationAnswer) {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(waiting) = waiting
            && waiting.send(answer).is_err()
        {
            tracing::debug!(id, "nobody waits for this answer any more");
        }
    }

    fn tell(&self, notice: McpNotice) -> bool {
        self.0.notices.as_ref().is_some_and(|notices| notices.send(notice).is_ok())
    }

    async fn ask(&self, message: String, request: ElicitationRequest, cancelled: impl Future<Output = ()>) -> ElicitationAnswer {
        let id = self.0.asked.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer);
        if !self.tell(McpNotice::Elicitation(Elicitation { id, message, request })) {
            return ElicitationAnswer::Cancel;
        }
        let given = tokio::select! {
            answer = answered => answer.unwrap_or(ElicitationAnswer::Cancel),
            () = cancelled => ElicitationAnswer::Cancel,
        };
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
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
        ClientConfig::new(capabilities, Implementation::new("agentcore-console", env!("CARGO_PKG_VERSION")))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        exchange: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let (message, request) = match request {
            ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } => {
                (message, ElicitationRequest::Form(serde_json::to_value(requested_schema).unwrap_or(Value::Null)))
            }
            ElicitRequestParams::UrlElicitationParams { message, url, .. } => (message, ElicitationRequest::Url(url)),
            _ => return Ok(ElicitResult::new(ElicitationAction::Decline)),
        };
        Ok(match self.ask(message, request, exchange.ct.cancelled()).await {
            ElicitationAnswer::Accept(Some(content)) => ElicitResult::new(ElicitationAction::Accept).with_content(content),
            ElicitationAnswer::Accept(None) => ElicitResult::new(ElicitationAction::Accept),
            ElicitationAnswer::Decline => ElicitResult::new(ElicitationAction::Decline),
            ElicitationAnswer::Cancel => ElicitResult::new(ElicitationAction::Cancel),
        })
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.tell(McpNotice::Progress(Progress { progress: params.progress, total: params.total, message: params.message }));
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.tell(McpNotice::ToolsChanged);
    }

    #[expect(deprecated, reason = "servers of today still send log messages")]
    async fn on_logging_message(&self, params: rmcp::model::LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        let level =
            serde_json::to_value(params.level).ok().and_then(|level| level.as_str().map(str::to_owned)).unwrap_or_default();
        self.tell(McpNotice::Message(level, params.data));
    }
}
