//! Running tasks: one per slot, each with a generation. The only place that drops late answers of
//! replaced tasks.

use std::{any::Any, collections::HashMap, panic::AssertUnwindSafe};

use futures::{FutureExt as _, future::BoxFuture};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    messages::{Effect, Event, Slot},
    model::{Failure, FailureKind},
};

/// An event of a task, with the task's slot and generation.
#[derive(Debug)]
pub struct TaskMessage {
    slot: Slot,
    generation: u64,
    /// The event, or `None` if the task ended without one.
    event: Option<Event>,
    sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// An event of a task that goes on.
    Interim,
    /// The last event of a task.
    Last,
    /// An event that is delivered even if the task has ended: notifications of an established
    /// connection.
    Aside,
}

/// Sends the events of a task to the event loop.
#[derive(Clone, Debug)]
pub struct Sender {
    slot: Slot,
    generation: u64,
    channel: mpsc::Sender<TaskMessage>,
}

impl Sender {
    /// Sends an event and waits while the channel is full. Returns `false` if the event loop has
    /// ended.
    pub async fn send(&self, event: Event) -> bool {
        self.channel
            .send(self.fact(Some(event), Sort::Interim))
            .await
            .is_ok()
    }

    /// Sends an event unless the channel is full: for intermediate results that a later event replaces.
    pub fn offer(&self, event: Event) {
        if self
            .channel
            .try_send(self.fact(Some(event), Sort::Interim))
            .is_err()
        {
            tracing::trace!("an intermediate result was left out");
        }
    }

    /// Sends an event that is delivered whatever runs in the slot by then.
    pub async fn send_aside(&self, event: Event) -> bool {
        self.channel
            .send(self.fact(Some(event), Sort::Aside))
            .await
            .is_ok()
    }

    fn fact(&self, event: Option<Event>, sort: Sort) -> TaskMessage {
        TaskMessage {
            slot: self.slot.clone(),
            generation: self.generation,
            event,
            sort,
        }
    }
}

/// Performs effects: the services in production, a script in tests.
pub trait EffectRunner: Send + 'static {
    /// Returns the slot in which an effect runs, or `None` if its task completes when it is first polled.
    fn slot(&mut self, effect: &Effect) -> Option<Slot>;

    /// Returns the task of an effect. Intermediate events go to the sender; the last event is the
    /// result.
    fn perform(
        &mut self,
        effect: Effect,
        sender: Sender,
        stop: CancellationToken,
    ) -> BoxFuture<'static, Option<Event>>;
}

/// The running tasks.
pub struct Tasks<P> {
    runner: P,
    channel: mpsc::Sender<TaskMessage>,
    live: HashMap<Slot, Live>,
    generation: u64,
}

struct Live {
    generation: u64,
    stop: CancellationToken,
}

impl<P: EffectRunner> Tasks<P> {
    /// Creates an empty set of tasks whose events go to `channel`.
    pub fn new(runner: P, channel: mpsc::Sender<TaskMessage>) -> Self {
        Self {
            runner,
            channel,
            live: HashMap::new(),
            generation: 0,
        }
    }

    /// Returns the number of requests in flight. Tails and background counts are left out.
    pub fn count(&self) -> usize {
        self.live
            .keys()
            .filter(|slot| !matches!(slot, Slot::Tail | Slot::Counts(_)))
            .count()
    }

    /// Starts an effect. A newer task in a slot aborts the older one, unless that must finish.
    pub fn begin(&mut self, effect: Effect) {
        if let Effect::Stop(slot) = &effect {
            self.stop(slot);
            return;
        }
        let Some(slot) = self.runner.slot(&effect) else {
            let sender = Sender {
                slot: Slot::Once(0),
                generation: 0,
                channel: self.channel.clone(),
            };
            let task = self
                .runner
                .perform(effect, sender, CancellationToken::new());
            // It completes without waiting for anything, so that polling it once performs it.
            let _ = task.now_or_never();
            return;
        };
        if slot.must_finish() && self.live.contains_key(&slot) {
            return;
        }
        self.stop(&slot);
        self.generation += 1;
        let (generation, stop) = (self.generation, CancellationToken::new());
        let sender = Sender {
            slot: slot.clone(),
            generation,
            channel: self.channel.clone(),
        };
        let begun = effect.clone();
        let work = AssertUnwindSafe(self.runner.perform(effect, sender.clone(), stop.clone()))
            .catch_unwind();
        let finishes = slot.must_finish();
        self.live.insert(
            slot,
            Live {
                generation,
                stop: stop.clone(),
            },
        );
        tokio::spawn(async move {
            let ended = if finishes {
                work.await
            } else {
                tokio::select! { () = stop.cancelled() => return, ended = work => ended }
            };
            // A task that panicked has ended too: its slot is free, and its failure is reported.
            let event = ended.unwrap_or_else(|panic| {
                Some(Event::of_failed_effect(begun, broken(panic.as_ref())))
            });
            // The event loop may have ended.
            let _ = sender.channel.send(sender.fact(event, Sort::Last)).await;
        });
    }

    /// Stops all tasks. Returns whether some of them must finish first.
    pub fn leave(&mut self) -> bool {
        self.live.values().for_each(|live| live.stop.cancel());
        self.live.retain(|slot, _| slot.must_finish());
        self.must_finish()
    }

    /// Returns whether a task is running that must finish.
    pub fn must_finish(&self) -> bool {
        self.live.keys().any(Slot::must_finish)
    }

    /// Aborts the task in a slot. A task that must finish is only asked to stop.
    fn stop(&mut self, slot: &Slot) {
        if slot.must_finish() {
            if let Some(live) = self.live.get(slot) {
                live.stop.cancel();
            }
        } else if let Some(live) = self.live.remove(slot) {
            live.stop.cancel();
        }
    }

    /// Returns the event if its task is still the current one of its slot.
    pub fn fresh(&mut self, fact: TaskMessage) -> Option<Event> {
        if fact.sort == Sort::Aside {
            return fact.event;
        }
        let is_current = self
            .live
            .get(&fact.slot)
            .is_some_and(|live| live.generation == fact.generation);
        if is_current && fact.sort == Sort::Last {
            self.live.remove(&fact.slot);
        }
        fact.event.filter(|_| is_current)
    }
}

impl<P> Drop for Tasks<P> {
    fn drop(&mut self) {
        self.live.values().for_each(|live| live.stop.cancel());
    }
}

/// Returns the failure that describes a panic.
fn broken(panic: &(dyn Any + Send)) -> Failure {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let cause = format!(
        "a fault of the console itself: {}",
        said.unwrap_or("it does not say which")
    );
    Failure::new(FailureKind::Refused, "the console's own work", cause)
}
