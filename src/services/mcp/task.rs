//! Tasks (SEP-2663): a server answers a call with a task in place of a result, and is asked about the task until it ends.

use std::time::{Duration, Instant};

use rmcp::model::{
    CancelTaskParams, CancelTaskRequest, ClientRequest, GetTaskParams, GetTaskRequest,
    UpdateTaskParams, UpdateTaskRequest,
};
use serde_json::Value;

use crate::{
    model::{CallOptions, Failure, FailureKind, McpNotice, Progress, show_duration},
    services::open_work::{OpenWork, OpenWorkGuard},
};

use super::{answer, session::McpSession};

/// Pause between two questions if the server proposes none.
const PAUSE: Duration = Duration::from_secs(1);
/// Shortest pause, whatever the server proposes.
const SHORTEST: Duration = Duration::from_millis(100);
/// Longest pause, whatever the server proposes.
const LONGEST: Duration = Duration::from_secs(10);

/// Time that the end of the process waits for tasks to be cancelled.
const LONGEST_CANCELLATION: Duration = Duration::from_secs(1);

/// The tasks of this process that servers may still work on.
static OPEN_TASKS: OpenWork = OpenWork::new();

/// Waits until no server works on a task of this process any more, for a second at most: a process that ends while it drops a call
/// must not end before the task was cancelled.
pub(crate) async fn wait_for_cancelled_tasks() {
    OPEN_TASKS.ended(LONGEST_CANCELLATION).await;
}

/// Returns whether a result is a task in place of a result.
pub(super) fn is_task(result: &Value) -> bool {
    result.get("resultType").and_then(Value::as_str) == Some("task")
}

impl McpSession {
    /// Asks about a task until it ends, and returns its result. Dropping the future cancels the task at the server.
    ///
    /// # Errors
    /// The JSON-RPC error of a failed task; [`FailureKind::Cancelled`] if the server cancelled it; [`FailureKind::Timeout`] after
    /// the total time of `options`; those of the requests.
    pub(super) async fn follow_task(
        &self,
        doing: &str,
        created: Value,
        options: CallOptions,
    ) -> Result<Value, Failure> {
        let Some(id) = created.get("taskId").and_then(Value::as_str) else {
            let cause = "the server answered with a task that has no id";
            return Err(Failure::new(FailureKind::Network, doing, cause));
        };
        let id = id.to_owned();
        let mut guard = CancelTaskWhenDropped {
            session: self.clone(),
            id: Some(id.clone()),
            open: Some(OPEN_TASKS.begin()),
        };
        let deadline = Instant::now() + options.total;
        let mut task = created;
        loop {
            if let Some(ended) = ended(doing, &mut task) {
                guard.id = None;
                return ended;
            }
            self.report_task(&task);
            if status(&task) == "input_required" {
                let responses = self.listener().input(doing, &task).await?;
                let params = UpdateTaskParams::new(id.as_str(), responses);
                let update = ClientRequest::UpdateTaskRequest(UpdateTaskRequest::new(params));
                self.request(doing, update, options).await.0?;
            }
            let pause = pause(&task);
            if Instant::now() + pause > deadline {
                let cause = format!(
                    "the task did not end within {} in total",
                    show_duration(options.total)
                );
                return Err(Failure::new(FailureKind::Timeout, doing, cause)
                    .hint("the server was told to cancel the task; --timeout allows more"));
            }
            tokio::time::sleep(pause).await;
            let params = GetTaskParams::new(id.as_str());
            let get = ClientRequest::GetTaskRequest(GetTaskRequest::new(params));
            task = self.request(doing, get, options).await.0?;
        }
    }

    /// Shows what the server says of a task as the progress of its call.
    fn report_task(&self, task: &Value) {
        let message = task.get("statusMessage").and_then(Value::as_str);
        let message = message.unwrap_or("the server works on it as a task");
        self.listener().tell(McpNotice::Progress(Progress {
            progress: 0.0,
            total: None,
            message: Some(message.to_owned()),
        }));
    }
}

fn status(task: &Value) -> &str {
    task.get("status")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn pause(task: &Value) -> Duration {
    let proposed = task.get("pollIntervalMs").and_then(Value::as_u64);
    let proposed = proposed.map_or(PAUSE, Duration::from_millis);
    proposed.clamp(SHORTEST, LONGEST)
}

/// Returns the outcome of a task that has ended; `None` while it goes on.
fn ended(doing: &str, task: &mut Value) -> Option<Result<Value, Failure>> {
    let lacks = |what: &str| {
        let cause = format!("the server says that the task has ended, and sends no {what}");
        Err(Failure::new(FailureKind::Network, doing, cause))
    };
    // The answer to the call itself says less than `tasks/get`.
    let is_created = is_task(task);
    Some(match status(task) {
        "completed" => match task.get_mut("result") {
            Some(result) => Ok(result.take()),
            None if is_created => return None,
            None => lacks("result"),
        },
        "failed" => match task.get("error") {
            Some(error) => Err(answer::rpc_error(doing, error)),
            None if is_created => return None,
            None => lacks("error"),
        },
        "cancelled" => Err(Failure::new(
            FailureKind::Cancelled,
            doing,
            "the server cancelled the task",
        )),
        _ => return None,
    })
}

/// Tells the server that nobody waits for a task any more.
struct CancelTaskWhenDropped {
    session: McpSession,
    id: Option<String>,
    open: Option<OpenWorkGuard>,
}

impl Drop for CancelTaskWhenDropped {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else {
            return;
        };
        let (session, open) = (self.session.clone(), self.open.take());
        self.session.cancellations().spawn(async move {
            let params = CancelTaskParams::new(id);
            let cancel = ClientRequest::CancelTaskRequest(CancelTaskRequest::new(params));
            let doing = "cancelling a task";
            let answer = session.request(doing, cancel, CallOptions::default()).await;
            if let Err(failure) = answer.0 {
                tracing::info!(%failure, "the task was not cancelled");
            }
            drop(open);
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(mut task: Value) -> Option<Result<Value, Failure>> {
        ended("calling t", &mut task)
    }

    #[test]
    fn a_task_ends_with_its_result_or_its_error_and_not_before() {
        for status in ["working", "input_required", "something new"] {
            assert_eq!(outcome(json!({"status": status})), None, "{status}");
        }
        let created = json!({"resultType": "task", "status": "completed"});
        assert_eq!(outcome(created), None, "its result is still to be fetched");
        let result = json!({"content": []});
        let done = json!({"status": "completed", "result": result});
        assert_eq!(outcome(done), Some(Ok(result)));
        let error = json!({"code": -32603, "message": "boom"});
        let failed = outcome(json!({"status": "failed", "error": error}));
        let failure = failed.unwrap().unwrap_err();
        assert_eq!(
            (failure.code.as_deref(), &*failure.cause),
            (Some("-32603"), "boom")
        );
        let lost = outcome(json!({"status": "completed"}))
            .unwrap()
            .unwrap_err();
        assert_eq!(lost.kind, FailureKind::Network);
        let cancelled = outcome(json!({"status": "cancelled"})).unwrap();
        assert_eq!(cancelled.unwrap_err().kind, FailureKind::Cancelled);
    }

    #[test]
    fn the_pause_that_a_server_proposes_is_bounded() {
        assert_eq!(pause(&json!({})), PAUSE);
        assert_eq!(pause(&json!({"pollIntervalMs": 0})), SHORTEST);
        assert_eq!(pause(&json!({"pollIntervalMs": u64::MAX})), LONGEST);
        let usual = pause(&json!({"pollIntervalMs": 700}));
        assert_eq!(usual, Duration::from_millis(700));
    }
}
