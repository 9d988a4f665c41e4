//! The FastMCP server in version 2026-07-28, which has no handshake and no sessions: discovery, tasks (the extension of
//! SEP-2663), and subscriptions to changes of the list of tools.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::message::{INVALID_PARAMS, Message, event, event_response, text_result};
use super::protocol::{self, HANDSHAKE, STATELESS};
use crate::http::{Response, respond, streaming};
use crate::world::SharedWorld;

/// The name of the extension in the capabilities of clients and servers.
pub(crate) const TASKS: &str = "io.modelcontextprotocol/tasks";
/// How long a task is kept.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// Interval of the comments that keep an idle event stream open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// What the stateless server keeps between requests.
#[derive(Debug)]
pub(crate) struct StatelessState {
    tasks: Mutex<HashMap<String, CountingTask>>,
    /// Whether the tool that `enable_export` adds is listed.
    export_enabled: watch::Sender<bool>,
}

impl Default for StatelessState {
    fn default() -> Self {
        Self {
            tasks: Mutex::default(),
            export_enabled: watch::Sender::new(false),
        }
    }
}

impl StatelessState {
    /// Returns the open subscriptions.
    pub(crate) fn subscriptions(&self) -> usize {
        self.export_enabled.receiver_count()
    }

    /// Returns how many tasks were cancelled.
    pub(crate) fn cancelled_tasks(&self) -> usize {
        let tasks = self.tasks.lock();
        tasks
            .values()
            .filter(|task| task.cancelled.is_some())
            .count()
    }
}

/// A call of `count_slowly` that was answered with a task. How far it is follows from the time.
#[derive(Clone, Debug)]
struct CountingTask {
    created: Timestamp,
    to: u64,
    pause: Duration,
    cancelled: Option<Timestamp>,
}

impl CountingTask {
    fn counted(&self, now: Timestamp) -> u64 {
        let until = self.cancelled.unwrap_or(now);
        let passed = until.duration_since(self.created).as_millis();
        let pause = i128::try_from(self.pause.as_millis()).unwrap_or(i128::MAX);
        match passed.checked_div(pause) {
            Some(steps) => u64::try_from(steps).unwrap_or(0).min(self.to),
            None => self.to,
        }
    }

    /// Returns the members of a task as `tasks/get` shows them.
    fn shown(&self, id: &str, now: Timestamp) -> Value {
        let counted = self.counted(now);
        let is_done = counted >= self.to;
        let status = match (self.cancelled, is_done) {
            (Some(_), _) => "cancelled",
            (None, true) => "completed",
            (None, false) => "working",
        };
        let mut task = json!({
            "taskId": id,
            "status": status,
            "statusMessage": format!("counted to {counted} of {}", self.to),
            "createdAt": self.created.to_string(),
            "lastUpdatedAt": now.to_string(),
            "ttlMs": KEPT.as_millis(),
            "pollIntervalMs": self.pause.as_millis().clamp(100, 1_000),
        });
        if let (true, None, Some(members)) = (is_done, self.cancelled, task.as_object_mut()) {
            let mut result = text_result(&format!("counted to {}", self.to), false);
            if let Some(result) = result.as_object_mut() {
                result.insert("isError".to_owned(), json!(false));
            }
            members.insert("result".to_owned(), result);
        }
        task
    }
}

/// Returns whether a message is of the version without a handshake.
pub(super) fn is_stateless(message: &Message) -> bool {
    let version = message.meta("io.modelcontextprotocol/protocolVersion");
    version.and_then(Value::as_str) == Some(STATELESS)
}

/// Adds to a reply what its version requires of results.
pub(super) fn dressed(message: &Message, mut reply: Value) -> Value {
    if is_stateless(message)
        && let Some(result) = reply.get_mut("result")
    {
        *result = protocol::dressed(STATELESS, &message.method, result.take());
    }
    reply
}

/// Returns whether the tool that `enable_export` adds is listed to clients of the stateless version.
pub(super) fn is_export_enabled(world: &SharedWorld, message: &Message) -> bool {
    is_stateless(message) && *world.stateless.export_enabled.borrow()
}

/// Lists the tool that `enable_export` adds, and tells all subscribers.
pub(super) fn enable_export(world: &SharedWorld) {
    world.stateless.export_enabled.send_replace(true);
}

/// Answers the messages that only the stateless version has.
pub(super) fn response(
    world: &SharedWorld,
    message: &Message,
    capabilities: &Value,
    server: &Value,
    instructions: &str,
) -> Option<Response> {
    if !is_stateless(message) {
        return None;
    }
    let reply = match message.method.as_str() {
        "server/discover" => {
            let supported = std::iter::once(STATELESS).chain(HANDSHAKE);
            let supported: Vec<String> = supported.map(str::to_owned).collect();
            let discovery =
                protocol::discovery(&supported, capabilities, server, Some(instructions));
            message.result(discovery)
        }
        "subscriptions/listen" => return Some(listen(world, message)),
        "tasks/get" | "tasks/update" | "tasks/cancel" => task(world, message),
        _ => return None,
    };
    Some(event_response(&reply))
}

/// Answers a call of `count_slowly` with a task, if the client declares that it knows tasks.
pub(super) fn counting_task(
    world: &SharedWorld,
    message: &Message,
    to: u64,
    pause: Duration,
) -> Option<Response> {
    let capabilities = message.meta("io.modelcontextprotocol/clientCapabilities")?;
    capabilities.get("extensions")?.get(TASKS)?;
    let now = world.now();
    let id = world.seed.next_uuid();
    let task = CountingTask {
        created: now,
        to,
        pause,
        cancelled: None,
    };
    let mut result = task.shown(&id, now);
    if let Some(members) = result.as_object_mut() {
        members.remove("result");
        members.insert("status".to_owned(), json!("working"));
        members.insert("resultType".to_owned(), json!("task"));
    }
    let mut tasks = world.stateless.tasks.lock();
    tasks.retain(|_, task| now.duration_since(task.created) < KEPT);
    tasks.insert(id, task);
    Some(event_response(&message.result(result)))
}

fn task(world: &SharedWorld, message: &Message) -> Value {
    let id = message.params.get("taskId").and_then(Value::as_str);
    let id = id.unwrap_or_default();
    let now = world.now();
    let mut tasks = world.stateless.tasks.lock();
    let Some(task) = tasks.get_mut(id) else {
        return message.error(INVALID_PARAMS, &format!("Task not found: {id}"), None);
    };
    let result = match message.method.as_str() {
        "tasks/get" => task.shown(id, now),
        "tasks/cancel" => {
            if task.counted(now) < task.to {
                task.cancelled.get_or_insert(now);
            }
            json!({})
        }
        // It asks for nothing, so that there is nothing to answer.
        _ => json!({}),
    };
    message.result(protocol::dressed(STATELESS, &message.method, result))
}

/// Returns an event stream: first what is subscribed to, then a notification whenever the list of tools changes.
fn listen(world: &SharedWorld, message: &Message) -> Response {
    let wanted = message.params.pointer("/notifications/toolsListChanged") == Some(&json!(true));
    let accepted = if wanted {
        json!({"toolsListChanged": true})
    } else {
        json!({})
    };
    let meta = json!({SUBSCRIPTION_ID: message.id});
    let acknowledged = json!({
        "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
        "params": {"_meta": meta, "notifications": accepted},
    });
    let notification = json!({
        "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": meta},
    });
    let mut changes = world.stateless.export_enabled.subscribe();
    changes.mark_unchanged();
    let stopping = world.stopping.clone();
    let first = Some(event(&acknowledged));
    let pieces = futures::stream::unfold((first, changes), move |(first, mut changes)| {
        let (notification, stopping) = (notification.clone(), stopping.clone());
        async move {
            if let Some(first) = first {
                return Some((Ok(first), (None, changes)));
            }
            let piece = tokio::select! {
                () = stopping.cancelled() => return None,
                () = tokio::time::sleep(KEEP_ALIVE) => Bytes::from_static(b": listening\n\n"),
                change = changes.changed() => {
                    change.ok()?;
                    if wanted {
                        event(&notification)
                    } else {
                        Bytes::from_static(b": nothing is subscribed to\n\n")
                    }
                }
            };
            Some((Ok(piece), (None, changes)))
        }
    });
    let mut response = respond(StatusCode::OK, "text/event-stream", "");
    *response.body_mut() = streaming(pieces);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_as_far_as_its_time_and_stops_counting_when_it_is_cancelled() {
        let created = Timestamp::UNIX_EPOCH;
        let after = |millis| created + SignedDuration::from_millis(millis);
        let mut task = CountingTask {
            created,
            to: 3,
            pause: Duration::from_millis(200),
            cancelled: None,
        };
        let status = |task: &CountingTask, millis| task.shown("t", after(millis));
        assert_eq!(status(&task, 450)["status"], "working");
        assert_eq!(status(&task, 450)["statusMessage"], "counted to 2 of 3");
        let done = status(&task, 600);
        assert_eq!(done["status"], "completed");
        assert_eq!(done["result"]["content"][0]["text"], "counted to 3");
        task.cancelled = Some(after(450));
        let cancelled = status(&task, 5_000);
        assert_eq!(cancelled["status"], "cancelled");
        assert_eq!(cancelled["statusMessage"], "counted to 2 of 3");
        assert_eq!(cancelled.get("result"), None);
    }
}
