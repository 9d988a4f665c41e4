//! The real loop on a terminal of memory, a scripted outside and a clock that stands still until everybody waits.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use agentcore_console::{
    app::{App, AppOptions},
    messages::{
        Effect, Event, FleetEffect, FleetEvent, LogsEffect, LogsEvent, SecretsEffect, Slot,
    },
    model::{Kind, Moment, Traffic},
    runtime::{Canvas, Console, EffectRunner, Input, ProcessSignal, Sender, run},
};
use crossterm::event::{Event as Term, KeyCode, KeyEvent, KeyModifiers};
use futures::{FutureExt as _, channel::mpsc, future::BoxFuture};
use ratatui::{
    backend::{Backend, ClearType, TestBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{NOW, lines, options},
    world::{self, deployments},
};

/// What the outside answers to an effect, and after how long (for ever: its work breaks); nothing: it never answers.
type Script = Box<dyn FnMut(&Effect) -> Option<(Duration, Event)> + Send>;

#[tokio::test(start_paused = true)]
async fn the_first_frame_comes_before_any_answer() {
    let journey = Journey::begin(Box::new(|_| None));
    let watch = journey.watch.clone();
    journey
        .travel(async move |steps| {
            steps.until("Fleet").await;
            assert_eq!(steps.watch.effects(), [Effect::Start]);
            steps.keys("q").await;
        })
        .await;
    assert!(watch.frames() >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_journey_from_the_fleet_to_the_logs_of_a_gateway() {
    Journey::begin(Box::new(answer))
        .travel(async |steps| {
            steps.until("prod-gateway").await;
            steps.keys("jl").await;
            steps.until("line 0009").await;
            steps.keys("k").await;
            steps.until("paused").await;
            steps.keys("1").await;
            steps.until("NAME").await;
            steps.keys("q").await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn four_hundred_keys_give_few_frames_and_all_of_them_count() {
    let journey = Journey::begin(Box::new(answer));
    let watch = journey.watch.clone();
    journey
        .travel(async |steps| {
            steps.until("prod-gateway").await;
            let before = steps.watch.frames();
            steps.keys(&format!("/{}", "x".repeat(399))).await;
            steps.until("Nothing here matches").await;
            steps.settle().await;
            let frames = steps.watch.frames() - before;
            assert!(frames <= 20, "{frames} frames for 400 keys");
            steps.key(KeyCode::Esc).await;
            steps.until("prod-gateway").await;
            steps.keys("q").await;
        })
        .await;
    assert!(watch.text().contains("prod-gateway"));
}

#[tokio::test(start_paused = true)]
async fn a_key_right_after_the_frame_of_an_event_is_answered_at_once() {
    let script = Box::new(|effect: &Effect| match effect {
        Effect::Fleet(FleetEffect::Describe(key)) => {
            let resource = world::resources("prod", Kind::Gateway).remove(0);
            let described = FleetEvent::Described(key.clone(), Box::new(Ok(resource)));
            Some((Duration::from_millis(100), Event::Fleet(described)))
        }
        other => answer(other),
    });
    Journey::begin(script)
        .travel(async |steps| {
            steps.until("prod-gateway").await;
            steps.settle().await;
            steps.keys("j").await;
            steps.settle().await;
            steps.key(KeyCode::Enter).await;
            tokio::time::sleep(Duration::from_millis(101)).await;
            let before = steps.watch.frames();
            steps.keys(":").await;
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert_eq!(steps.watch.frames(), before + 1);
            steps.key(KeyCode::Esc).await;
            steps.settle().await;
            steps.key(KeyCode::Esc).await;
            steps.settle().await;
            steps.keys("q").await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_superseded_is_dropped() {
    let mut asked = 0;
    let script = Box::new(move |effect: &Effect| match effect {
        Effect::Fleet(FleetEffect::Describe(key)) => {
            asked += 1;
            // The first question is answered long after the second.
            let (after, status) = if asked == 1 {
                (5_000, "FIRST ANSWER")
            } else {
                (100, "SECOND ANSWER")
            };
            let found = world::resources("prod", Kind::Gateway).remove(0);
            let resource = agentcore_console::model::Resource {
                status: status.into(),
                ..found
            };
            Some((
                Duration::from_millis(after),
                Event::Fleet(FleetEvent::Described(key.clone(), Box::new(Ok(resource)))),
            ))
        }
        other => answer(other),
    });
    Journey::begin(script)
        .travel(async |steps| {
            steps.until("prod-gateway").await;
            steps.keys("j").await;
            steps.key(KeyCode::Enter).await;
            steps.until("asking AWS").await;
            steps.keys("r").await;
            steps.until("SECOND ANSWER").await;
            tokio::time::sleep(Duration::from_secs(8)).await;
            steps.settle().await;
            assert!(
                !steps.watch.text().contains("FIRST ANSWER"),
                "{}",
                steps.watch.text()
            );
            steps.keys("q").await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_keys_does_not_starve_facts() {
    Journey::begin(Box::new(answer))
        .travel(async |steps| {
            steps.until("prod-gateway").await;
            steps.keys("l").await;
            // Two hundred keys a millisecond: the keyboard is never quiet.
            for _ in 0..400 {
                steps.keys(&"j".repeat(200)).await;
                tokio::time::advance(Duration::from_millis(1)).await;
                if steps.watch.text().contains("line 0009") {
                    steps.keys("q").await;
                    return;
                }
            }
            panic!("no line in eighty thousand keys:\n{}", steps.watch.text());
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_console_draws_no_frames() {
    Journey::begin(Box::new(|effect| match effect {
        Effect::Start => Some((Duration::ZERO, Event::Started(Ok((Vec::new(), Vec::new()))))),
        _ => None,
    }))
    .travel(async |steps| {
        steps.settle().await;
        let before = steps.watch.frames();
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert_eq!(steps.watch.frames(), before);
        steps.keys("q").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_fleet_is_asked_at_the_configured_pace_and_draws_at_most_once_a_refresh() {
    // A roll-out that never ends: for ever on its way, and for ever the same.
    let script = Box::new(|effect: &Effect| match effect {
        Effect::Fleet(FleetEffect::List(deployment, kind @ Kind::Endpoint)) => {
            let mut found = world::resources(deployment.as_str(), *kind);
            for each in &mut found {
                each.raw = serde_json::json!({"liveVersion": "3", "targetVersion": "4"}).into();
            }
            Some((
                Duration::from_millis(20),
                Event::Fleet(FleetEvent::Listed(deployment.clone(), *kind, Ok(found))),
            ))
        }
        other => answer(other).map(|(_, event)| (Duration::from_millis(20), event)),
    });
    Journey::begin(script)
        .travel(async |steps| {
            steps.until("prod-gateway").await;
            tokio::time::sleep(Duration::from_secs(31)).await;
            let mut costs = vec![(steps.watch.frames(), steps.watch.effects().len())];
            for _ in 0..300 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                costs.push((steps.watch.frames(), steps.watch.effects().len()));
            }
            let refresh = usize::try_from(options().refresh_ms / 1000).unwrap();
            let (often, all) = (2 * Kind::CHAIN.len(), 2 * Kind::ALL.len());
            let (first, last) = (costs[0], costs[300]);
            let rounds = 300 / refresh;
            let asked = last.1 - first.1;
            assert!(
                (often * (rounds - 1)..=(all + 12) * (rounds + 1)).contains(&asked),
                "{asked} calls in {rounds} refreshes"
            );
            let frames = last.0 - first.0;
            assert!(
                frames <= rounds + 12,
                "{frames} frames in {rounds} refreshes"
            );
            steps.keys("q").await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_input_and_a_signal_end_the_loop() {
    let journey = Journey::begin(Box::new(answer));
    journey
        .travel(async |steps| steps.input.close_channel())
        .await;
    let journey = Journey::begin(Box::new(answer));
    let signal = journey.signal.clone();
    journey
        .travel(async |steps| {
            steps.until("prod-gateway").await;
            signal.cancel();
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn leaving_the_logs_ends_their_tail() {
    Journey::begin(Box::new(answer))
        .travel(async |steps| {
            steps.until("prod-gateway").await;
            steps.keys("2").await;
            steps.until("line 0009").await;
            assert_eq!(steps.watch.stopped(), 0);
            steps.keys("1").await;
            steps.until("NAME").await;
            steps.settle().await;
            assert_eq!(steps.watch.stopped(), 1);
            steps.keys("q").await;
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_signal_waits_for_the_safe_stop_of_a_rotation() {
    let (journey, begun) = (
        Journey::begin(Box::new(rotating(Duration::from_secs(30)))),
        Instant::now(),
    );
    let (watch, signal) = (journey.watch.clone(), journey.signal.clone());
    journey
        .travel(async |steps| {
            begin_rotation(steps).await;
            signal.cancel();
            steps.until("stops at its next safe step").await;
        })
        .await;
    assert_eq!(watch.stopped(), 1);
    assert!(begun.elapsed() >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_lost_terminal_waits_for_the_safe_stop_of_a_rotation_and_is_not_drawn_on() {
    let journey = Journey::begin(Box::new(rotating(Duration::from_secs(30))));
    let watch = journey.watch.clone();
    let mut frames = 0;
    journey
        .travel(async |steps| {
            begin_rotation(steps).await;
            frames = steps.watch.frames();
            steps.input.close_channel();
        })
        .await;
    assert_eq!((watch.stopped(), watch.frames()), (1, frames));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_does_not_end_is_not_waited_for_for_ever() {
    let (journey, begun) = (
        Journey::begin(Box::new(rotating(Duration::from_hours(5)))),
        Instant::now(),
    );
    let signal = journey.signal.clone();
    journey
        .travel(async |steps| {
            begin_rotation(steps).await;
            signal.cancel();
        })
        .await;
    assert!(
        begun.elapsed() < Duration::from_mins(2),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn work_that_breaks_frees_its_slot_and_says_so() {
    let mut asked = 0;
    let script = Box::new(move |effect: &Effect| match effect {
        Effect::Fleet(FleetEffect::List(_, Kind::Gateway)) => {
            asked += 1;
            // The first lists break, those of the next round are good.
            if asked <= 2 {
                Some((Duration::MAX, Event::Copied(String::new())))
            } else {
                answer(effect)
            }
        }
        other => answer(other),
    });
    Journey::begin(script)
        .travel(async |steps| {
            steps.until("a wire is loose").await;
            steps.until("prod-gateway").await;
            steps.keys("q").await;
        })
        .await;
}

/// An outside with a rotation that ends so long after it was asked to stop.
fn rotating(after: Duration) -> impl FnMut(&Effect) -> Option<(Duration, Event)> + Send {
    move |effect| match effect {
        Effect::Secrets(SecretsEffect::Rotate { .. }) => Some((after, world::rotated())),
        other => answer(other),
    }
}

async fn begin_rotation(steps: &mut Steps) {
    steps.until("prod-gateway").await;
    steps.keys("3").await;
    steps.until("prod/neo4j").await;
    steps.keys("R").await;
    steps.settle().await;
    assert!(
        steps
            .watch
            .effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Secrets(SecretsEffect::Rotate { .. })))
    );
}

/// An outside on which all is well.
fn answer(effect: &Effect) -> Option<(Duration, Event)> {
    let event = match effect {
        Effect::Start => Event::Started(Ok((deployments(), Vec::new()))),
        Effect::Fleet(FleetEffect::List(deployment, kind)) => Event::Fleet(FleetEvent::Listed(
            deployment.clone(),
            *kind,
            Ok(world::resources(deployment.as_str(), *kind)),
        )),
        Effect::Logs(LogsEffect::Tail(..)) => {
            Event::Logs(LogsEvent::Arrived(world::numbered(0, 10)))
        }
        Effect::Fleet(FleetEffect::CountCalls(keys)) => {
            let counts = keys
                .iter()
                .map(|key| (key.clone(), Traffic::none(NOW)))
                .collect();
            Event::Fleet(FleetEvent::CallsCounted(keys.clone(), Ok(counts)))
        }
        Effect::Fleet(FleetEffect::ReadChanges(names, since)) => Event::Fleet(
            FleetEvent::ChangesRead(names.clone(), *since, Ok(Vec::new())),
        ),
        Effect::Fleet(FleetEffect::ReadCalls {
            deployment, since, ..
        }) => Event::Fleet(FleetEvent::CallsRead {
            deployment: deployment.clone(),
            since: *since,
            calls: Ok(Vec::new()),
            unread: Vec::new(),
        }),
        _ => return None,
    };
    Some((Duration::from_millis(200), event))
}

/// A console, its scripted outside, and what can be seen of both.
struct Journey {
    outside: Scripted,
    watch: Watch,
    signal: CancellationToken,
}

impl Journey {
    fn begin(script: Script) -> Self {
        let watch = Watch(Arc::new(Mutex::new(Seen {
            screen: TestBackend::new(120, 36),
            frames: 0,
            effects: Vec::new(),
            stopped: 0,
        })));
        Self {
            outside: Scripted {
                script,
                watch: watch.clone(),
            },
            watch,
            signal: CancellationToken::new(),
        }
    }

    /// Runs the loop until the steps have ended it.
    async fn travel(self, steps: impl AsyncFnOnce(&mut Steps)) {
        let (input, arriving) = mpsc::unbounded();
        let begun = Instant::now();
        let clock =
            move || -> Moment { NOW.plus(i64::try_from(begun.elapsed().as_millis()).unwrap()) };
        let mut console = Console {
            app: App::new(AppOptions {
                deployments: deployments(),
                ..options()
            }),
            clock,
        };
        let mut screen = Canvas::new(self.watch.clone()).unwrap();
        let signal = self.signal.clone();
        let ended = Box::pin(futures::stream::once(async move {
            signal.cancelled().await;
            ProcessSignal::End
        }));
        let mut steps_state = Steps {
            input,
            watch: self.watch.clone(),
        };
        let (result, ()) = tokio::join!(
            tokio::time::timeout(
                Duration::from_hours(24),
                run(
                    &mut console,
                    &mut screen,
                    arriving,
                    self.outside,
                    ended,
                    |_| {}
                )
            ),
            steps(&mut steps_state)
        );
        result.expect("the loop ends").unwrap();
    }
}

/// What a user does and waits for.
struct Steps {
    input: mpsc::UnboundedSender<Input>,
    watch: Watch,
}

impl Steps {
    async fn keys(&mut self, keys: &str) {
        for letter in keys.chars() {
            self.send(KeyCode::Char(letter));
        }
        tokio::task::yield_now().await;
    }

    async fn key(&mut self, code: KeyCode) {
        self.send(code);
        tokio::task::yield_now().await;
    }

    fn send(&self, code: KeyCode) {
        self.input
            .unbounded_send(Ok(Term::Key(KeyEvent::new(code, KeyModifiers::NONE))))
            .unwrap();
    }

    /// Waits, in the time of the test, until the screen shows a text.
    async fn until(&self, text: &str) {
        for _ in 0..2_000 {
            if self.watch.text().contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{text:?} never came:\n{}", self.watch.text());
    }

    /// Lets everything happen that happens within a second.
    async fn settle(&self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The scripted outside.
struct Scripted {
    script: Script,
    watch: Watch,
}

impl EffectRunner for Scripted {
    fn slot(&mut self, effect: &Effect) -> Option<Slot> {
        Some(match effect {
            Effect::Fleet(FleetEffect::List(deployment, kind)) => {
                Slot::List(deployment.clone(), *kind)
            }
            Effect::Fleet(FleetEffect::Describe(key)) => Slot::Detail(key.clone()),
            Effect::Logs(LogsEffect::Tail(..)) => Slot::Tail,
            Effect::Secrets(SecretsEffect::Rotate { .. }) => Slot::Rotation,
            _ => Slot::Once(self.watch.effects().len() as u64),
        })
    }

    fn perform(
        &mut self,
        effect: Effect,
        sender: Sender,
        stop: CancellationToken,
    ) -> BoxFuture<'static, Option<Event>> {
        let answer = (self.script)(&effect);
        let watch = self.watch.clone();
        self.watch.0.lock().unwrap().effects.push(effect.clone());
        async move {
            let Some((after, event)) = answer else {
                return std::future::pending().await;
            };
            assert!(after < Duration::MAX, "a wire is loose");
            if matches!(effect, Effect::Secrets(SecretsEffect::Rotate { .. })) {
                stop.cancelled().await;
                tokio::time::sleep(after).await;
                drop(Ending(watch));
                return Some(event);
            }
            tokio::time::sleep(after).await;
            if !matches!(effect, Effect::Logs(LogsEffect::Tail(..))) {
                return Some(event);
            }
            // A tail goes on until it is ended.
            let _guard = Ending(watch);
            sender.send(event).await;
            stop.cancelled().await;
            None
        }
        .boxed()
    }
}

/// Counts when a tail is dropped, or a rotation ends.
struct Ending(Watch);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().stopped += 1;
    }
}

/// What a test sees: the screen, how often it was drawn, what was asked of the outside.
#[derive(Clone)]
struct Watch(Arc<Mutex<Seen>>);

struct Seen {
    screen: TestBackend,
    frames: usize,
    effects: Vec<Effect>,
    stopped: usize,
}

impl Watch {
    fn text(&self) -> String {
        lines(self.0.lock().unwrap().screen.buffer()).join("\n")
    }

    fn frames(&self) -> usize {
        self.0.lock().unwrap().frames
    }

    fn effects(&self) -> Vec<Effect> {
        self.0.lock().unwrap().effects.clone()
    }

    fn stopped(&self) -> usize {
        self.0.lock().unwrap().stopped
    }
}

impl Backend for Watch {
    type Error = Infallible;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(
        &mut self,
        content: I,
    ) -> Result<(), Infallible> {
        let mut seen = self.0.lock().unwrap();
        seen.frames += 1;
        seen.screen.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.0.lock().unwrap().screen.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.0.lock().unwrap().screen.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.0.lock().unwrap().screen.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.0.lock().unwrap().screen.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.0.lock().unwrap().screen.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Infallible> {
        self.0.lock().unwrap().screen.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.0.lock().unwrap().screen.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.0.lock().unwrap().screen.window_size()
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.0.lock().unwrap().screen.flush()
    }

    fn scroll_region_up(
        &mut self,
        region: std::ops::Range<u16>,
        count: u16,
    ) -> Result<(), Infallible> {
        self.0
            .lock()
            .unwrap()
            .screen
            .scroll_region_up(region, count)
    }

    fn scroll_region_down(
        &mut self,
        region: std::ops::Range<u16>,
        count: u16,
    ) -> Result<(), Infallible> {
        self.0
            .lock()
            .unwrap()
            .screen
            .scroll_region_down(region, count)
    }
}
