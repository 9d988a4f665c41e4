//! What runs: one task a slot, each with its generation. The one place that drops late answers of superseded work.

use std::{any::Any, collections::HashMap, panic::AssertUnwindSafe};

use futures::{FutureExt as _, future::BoxFuture};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    messages::{Effect, Event, Slot},
    model::{Failure, FailureKind},
};

/// A fact with the slot and generation of the work that it comes from.
#[derive(Debug)]
pub struct TaskMessage {
    slot: Slot,
    generation: u64,
    /// Nothing where the work ended without a word.
    event: Option<Event>,
    sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// On the way.
    Interim,
    /// The work's last.
    Last,
    /// It outlives the work that it comes from: what a connection says after it was made.
    Aside,
}

/// Where work sends what it learns.
#[derive(Clone, Debug)]
pub struct Sender {
    slot: Slot,
    generation: u64,
    channel: mpsc::Sender<TaskMessage>,
}

impl Sender {
    /// Tells a fact; waits where the console is behind. `false` when nobody listens any more.
    pub async fn send(&self, event: Event) -> bool {
        self.channel
            .send(self.fact(Some(event), Sort::Interim))
            .await
            .is_ok()
    }

    /// Tells a fact that outlives its work: it counts whatever runs in the slot by then.
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

/// What performs effects: the services, or a script in tests.
pub trait EffectRunner: Send + 'static {
    /// The slot that an effect runs in; `None`: it is done at once by `perform` itself.
    fn slot(&mut self, effect: &Effect) -> Option<Slot>;

    /// The work of an effect. What it learns on the way goes to the sender; its last fact is what it answers.
    fn perform(
        &mut self,
        effect: Effect,
        sender: Sender,
        stop: CancellationToken,
    ) -> BoxFuture<'static, Option<Event>>;
}

/// The work in flight.
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
    /// No work yet; facts go into this channel.
    pub fn new(runner: P, channel: mpsc::Sender<TaskMessage>) -> Self {
        Self {
            runner,
            channel,
            live: HashMap::new(),
            generation: 0,
        }
    }

    /// How many are in flight; a tail is not something that one waits for, nor are counts in the background.
    pub fn count(&self) -> usize {
        self.live
            .keys()
            .filter(|slot| !matches!(slot, Slot::Tail | Slot::Counts(_)))
            .count()
    }

    /// Begins an effect. Newer work in a slot ends the older, unless that must finish.
    pub fn begin(&mut self, effect: Effect) {
        if let Effect::Stop(slot) = &effect {
            self.stop(slot);
            return;
        }
        let Some(slot) = self.runner.slot(&effect) else {
            let sender = Sender {
                slot: Slot::Detail,
                generation: 0,
                channel: self.channel.clone(),
            };
            drop(
                self.runner
                    .perform(effect, sender, CancellationToken::new()),
            );
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
            // Work that broke has ended too: its slot is free, and who waits for its answer is told.
            let event = ended.unwrap_or_else(|panic| {
                Some(Event::of_failed_effect(begun, broken(panic.as_ref())))
            });
            // The console may be gone; then nobody needs the answer.
            let _ = sender.channel.send(sender.fact(event, Sort::Last)).await;
        });
    }

    /// Asks everything to stop. Answers whether some of it must finish.
    pub fn leave(&mut self) -> bool {
        self.live.values().for_each(|live| live.stop.cancel());
        self.live.retain(|slot, _| slot.must_finish());
        self.must_finish()
    }

    /// Whether something runs that must finish.
    pub fn must_finish(&self) -> bool {
        self.live.keys().any(Slot::must_finish)
    }

    /// Cancels what runs in a slot. What must finish is only asked to, and stays.
    fn stop(&mut self, slot: &Slot) {
        if slot.must_finish() {
            if let Some(live) = self.live.get(slot) {
                live.stop.cancel();
            }
        } else if let Some(live) = self.live.remove(slot) {
            live.stop.cancel();
        }
    }

    /// The event, if the work that it comes from is still the current one of its slot.
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

/// What a panic says, as a failure.
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
