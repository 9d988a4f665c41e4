//! The event loop: waits for one wake-up, drains input and events, draws if something changed. An
//! idle console does nothing.

use std::{io, task::Poll, time::Duration};

use crossterm::event::{Event as Term, KeyEventKind};
use futures::{SinkExt as _, Stream, StreamExt as _};
use ratatui::backend::Backend;
use tokio::{sync::mpsc, time::Instant};

use super::{
    canvas::Canvas,
    tasks::{EffectRunner, TaskMessage, Tasks},
    terminal::{self, TerminalOptions},
};
use crate::runtime::effect_runner::ServiceRunner;
use crate::{
    app::{App, AppOptions},
    messages::{Action, AppAction, Effect, Effects, ExitMessage},
    model::{Deployment, DeploymentName, Failure, Moment},
    net::clock,
    screens::start_page::StartChoice,
    services::Services,
    state::{FleetSnapshot, ViewMemory},
};

/// How many items of one source are handled before the other source has its turn.
const BURST: usize = 64;
/// Shortest time between two frames that events cause, and between two that keys cause: a key is answered at once, also right
/// after a frame of new log lines.
const FRAME: Duration = Duration::from_millis(16);
/// Capacity of the channel of events.
const QUEUE: usize = 256;
/// How long the console waits for tasks that must finish if it is ended by a signal or a lost
/// terminal.
const PATIENCE: Duration = Duration::from_mins(1);

/// An item of the terminal's input.
pub type Input = io::Result<Term>;

/// Injects a fault of the embedded stack, by its index in the list of [`Start`].
pub type Faults = Box<dyn FnMut(usize) + Send>;

/// The result of the start.
pub struct Start {
    /// The deployments.
    pub deployments: Vec<Deployment>,
    /// Listings that failed while others worked.
    pub problems: Vec<Failure>,
    /// What could not be derived of deployments that were found, with how to set it.
    pub not_derived: Vec<(DeploymentName, Vec<String>)>,
    /// The services.
    pub services: Services,
    /// The configuration file, where there is one: an inline client secret is replaced there.
    pub configuration: Option<std::path::PathBuf>,
    /// Names of the faults that can be injected, and the function that injects one.
    pub faults: Option<(Vec<String>, Faults)>,
}

/// A console: the state and its clock.
pub struct Console<C> {
    /// The state.
    pub app: App,
    /// Returns the current time.
    pub clock: C,
}

/// A signal that the system sends to the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessSignal {
    /// SIGTERM, SIGHUP or SIGINT: end.
    End,
    /// SIGTSTP: restore the terminal and stop.
    Suspend,
}

/// The reason for which the loop woke up.
enum Wake {
    Term(Option<Input>),
    TaskMessage(Option<Box<TaskMessage>>),
    Frame,
    Time,
    Signal(ProcessSignal),
}

/// The reason for which the loop has ended.
enum LoopExit {
    /// The user quit, and was told what that means for running tasks.
    Over,
    /// A signal asked the process to end.
    Signal,
    /// The terminal is gone.
    Gone,
}

/// Runs until the app is over, the terminal is gone or a signal asks for the end. Work that must
/// finish is then asked to stop at its
/// next safe step and waited for, unless the user has chosen not to.
///
/// # Errors
/// Returns the error of the terminal if it cannot be written to.
pub async fn run<B: Backend, P: EffectRunner, C: Fn() -> Moment>(
    console: &mut Console<C>,
    screen: &mut Canvas<B>,
    input: impl Stream<Item = Input> + Unpin,
    runner: P,
    signals: impl Stream<Item = ProcessSignal> + Unpin,
    suspend: impl FnMut(&mut Canvas<B>),
) -> Result<(), B::Error> {
    let (sender, mut facts) = mpsc::channel(QUEUE);
    let mut tasks = Tasks::new(runner, sender);
    let left = attend(
        console, screen, input, &mut tasks, &mut facts, signals, suspend,
    )
    .await;
    match &left {
        Ok(LoopExit::Over) => {}
        Ok(LoopExit::Signal) => finish(console, Some(screen), &mut tasks, &mut facts).await,
        Ok(LoopExit::Gone) | Err(_) => {
            finish(console, None::<&mut Canvas<B>>, &mut tasks, &mut facts).await;
        }
    }
    left.map(|_| ())
}

/// Asks what must finish to stop at its next safe step and hears it out. The screen is drawn on as
/// long as there is one.
async fn finish<B: Backend, P: EffectRunner, C: Fn() -> Moment>(
    console: &mut Console<C>,
    mut screen: Option<&mut Canvas<B>>,
    tasks: &mut Tasks<P>,
    facts: &mut mpsc::Receiver<TaskMessage>,
) {
    if !tasks.leave() {
        return;
    }
    // The screen tells what is waited for, as it does when the user quits; the work has been asked
    // already.
    drop(console.app.act(Action::App(AppAction::Quit)));
    let end = Instant::now() + PATIENCE;
    while tasks.must_finish() {
        screen = screen.and_then(|screen| draw(&mut console.app, screen).is_ok().then_some(screen));
        let Ok(Some(fact)) = tokio::time::timeout_at(end, facts.recv()).await else {
            return;
        };
        if let Some(event) = tasks.fresh(fact) {
            // What it asks for would begin new work: there is nobody left to see its answer.
            drop(console.app.on(event, (console.clock)()));
        }
    }
}

/// When the next frame may be drawn.
struct FramePace {
    /// For whatever reason.
    next: Instant,
    /// Because of a key.
    next_answer: Instant,
}

impl FramePace {
    /// Returns the pace after the first frame.
    fn new() -> Self {
        let now = Instant::now();
        Self {
            next: now + FRAME,
            next_answer: now,
        }
    }

    /// Returns whether a frame may be drawn now, for a key or for an event.
    fn is_due(&self, is_answer: bool) -> bool {
        let now = Instant::now();
        now >= self.next || is_answer && now >= self.next_answer
    }

    /// A frame was drawn.
    fn record(&mut self, is_answer: bool) {
        self.next = Instant::now() + FRAME;
        if is_answer {
            self.next_answer = self.next;
        }
    }
}

async fn attend<B: Backend, P: EffectRunner, C: Fn() -> Moment>(
    console: &mut Console<C>,
    screen: &mut Canvas<B>,
    mut input: impl Stream<Item = Input> + Unpin,
    tasks: &mut Tasks<P>,
    facts: &mut mpsc::Receiver<TaskMessage>,
    mut signals: impl Stream<Item = ProcessSignal> + Unpin,
    mut suspend: impl FnMut(&mut Canvas<B>),
) -> Result<LoopExit, B::Error> {
    // The first frame is drawn before any effect is performed.
    draw(&mut console.app, screen)?;
    perform(console.app.start(), tasks, screen, &mut suspend);
    let (mut dirty, mut frames) = (true, FramePace::new());
    while !console.app.is_over() {
        let wake = wait(console, &mut input, facts, &mut signals, dirty, frames.next).await;
        let now = (console.clock)();
        let (term, fact) = match wake {
            Wake::Term(event) => (Some(ReadyInput::from(event)), None),
            Wake::TaskMessage(fact) => (None, fact.map(|fact| *fact)),
            Wake::Frame => (None, None),
            Wake::Time => {
                let effects = console.app.tick(now);
                perform(effects, tasks, screen, &mut suspend);
                (None, None)
            }
            Wake::Signal(ProcessSignal::End) => return Ok(LoopExit::Signal),
            Wake::Signal(ProcessSignal::Suspend) => {
                let effects = console.app.act(Action::App(AppAction::Suspend));
                perform(effects, tasks, screen, &mut suspend);
                dirty = true;
                (None, None)
            }
        };
        let was_heard =
            match hear_input(console, screen, &mut input, tasks, &mut suspend, term, now).await {
                Ok(was_heard) => was_heard,
                Err(left) => return Ok(left),
            };
        dirty |= was_heard;
        hear_tasks(console, screen, facts, tasks, &mut suspend, fact, now);
        console.app.calls(tasks.count());
        dirty |= console.app.take_change();
        if dirty && frames.is_due(was_heard) {
            draw(&mut console.app, screen)?;
            dirty = false;
            frames.record(was_heard);
        }
        // An input stream that is always ready must not starve the tasks.
        tokio::task::yield_now().await;
    }
    Ok(LoopExit::Over)
}

/// Hands the input that is ready to the app: `first`, then what the stream has at once. Returns whether there was any.
///
/// # Errors
/// Returns the reason to leave: the app is over, or the terminal is gone.
async fn hear_input<B: Backend, P: EffectRunner, C: Fn() -> Moment>(
    console: &mut Console<C>,
    screen: &mut Canvas<B>,
    input: &mut (impl Stream<Item = Input> + Unpin),
    tasks: &mut Tasks<P>,
    suspend: &mut impl FnMut(&mut Canvas<B>),
    first: Option<ReadyInput>,
    now: Moment,
) -> Result<bool, LoopExit> {
    let mut was_heard = false;
    let mut ready = first.unwrap_or(ReadyInput::Nothing);
    for _ in 0..BURST {
        if matches!(ready, ReadyInput::Nothing) {
            ready = ready_now(input).await;
        }
        let event = match std::mem::replace(&mut ready, ReadyInput::Nothing) {
            ReadyInput::Event(event) => event,
            ReadyInput::Nothing => break,
            ReadyInput::End => return Err(LoopExit::Gone),
        };
        was_heard = true;
        let effects = take(&mut console.app, event, now);
        perform(effects, tasks, screen, suspend);
        if console.app.is_over() {
            return Err(LoopExit::Over);
        }
    }
    Ok(was_heard)
}

/// Hands the messages of tasks that are ready to the app: `first`, then what the channel has at once.
fn hear_tasks<B: Backend, P: EffectRunner, C: Fn() -> Moment>(
    console: &mut Console<C>,
    screen: &mut Canvas<B>,
    messages: &mut mpsc::Receiver<TaskMessage>,
    tasks: &mut Tasks<P>,
    suspend: &mut impl FnMut(&mut Canvas<B>),
    mut first: Option<TaskMessage>,
    now: Moment,
) {
    for _ in 0..BURST {
        let Some(message) = first.take().or_else(|| messages.try_recv().ok()) else {
            break;
        };
        if let Some(event) = tasks.fresh(message) {
            let effects = console.app.on(event, now);
            perform(effects, tasks, screen, suspend);
        }
    }
}

async fn wait<C: Fn() -> Moment>(
    console: &Console<C>,
    input: &mut (impl Stream<Item = Input> + Unpin),
    facts: &mut mpsc::Receiver<TaskMessage>,
    signals: &mut (impl Stream<Item = ProcessSignal> + Unpin),
    dirty: bool,
    next_frame: Instant,
) -> Wake {
    let due = console.app.next_wake();
    let pause = due
        .map(|at| Duration::from_millis(u64::try_from(at.since((console.clock)())).unwrap_or(0)));
    tokio::select! {
        Some(signal) = signals.next() => Wake::Signal(signal),
        () = tokio::time::sleep_until(next_frame), if dirty => Wake::Frame,
        event = input.next() => Wake::Term(event),
        fact = facts.recv() => Wake::TaskMessage(fact.map(Box::new)),
        () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => Wake::Time,
    }
}

/// Returns what the input has at once. Asked with this task's own waker: crossterm's stream remembers the
/// waker of the first poll that
/// found nothing, and one that does nothing would leave the next key unheard.
async fn ready_now(input: &mut (impl Stream<Item = Input> + Unpin)) -> ReadyInput {
    std::future::poll_fn(|context| {
        Poll::Ready(match input.poll_next_unpin(context) {
            Poll::Ready(event) => ReadyInput::from(event),
            Poll::Pending => ReadyInput::Nothing,
        })
    })
    .await
}

/// What the input has at once.
enum ReadyInput {
    /// An event.
    Event(Term),
    /// Nothing yet.
    Nothing,
    /// The stream's end or an error of it: the terminal is gone.
    End,
}

impl From<Option<Input>> for ReadyInput {
    fn from(next: Option<Input>) -> Self {
        match next {
            Some(Ok(event)) => Self::Event(event),
            Some(Err(_)) | None => Self::End,
        }
    }
}

fn take(app: &mut App, event: Term, now: Moment) -> Effects {
    match event {
        Term::Key(key) if key.kind != KeyEventKind::Release => app.key(key, now),
        Term::Mouse(mouse) => app.mouse(mouse, now),
        Term::Paste(text) => app.paste(&text, now),
        Term::Key(_) | Term::Resize(..) | Term::FocusGained | Term::FocusLost => Effects::none(),
    }
}

fn perform<B: Backend, P: EffectRunner>(
    effects: Effects,
    tasks: &mut Tasks<P>,
    screen: &mut Canvas<B>,
    suspend: &mut impl FnMut(&mut Canvas<B>),
) {
    for effect in effects.0 {
        if effect == Effect::Suspend {
            suspend(screen);
        } else {
            tasks.begin(effect);
        }
    }
}

fn draw<B: Backend>(app: &mut App, screen: &mut Canvas<B>) -> Result<(), B::Error> {
    let mut drawn = None;
    app.prepare_frame();
    screen.draw(|buffer| {
        let mut frame = app.view(buffer);
        let picture = frame.take_picture();
        drawn = Some(frame);
        picture
    })?;
    if let Some(drawn) = drawn {
        app.record_frame(drawn);
    }
    Ok(())
}

/// How the console ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleEnd {
    /// What is printed in the shell: the state of a rotation that was cut short by leaving.
    pub message: Option<ExitMessage>,
    /// What the user chose on the start page.
    pub choice: Option<StartChoice>,
    /// The view to remember for the next run.
    pub memory: ViewMemory,
    /// The fleet to remember for the next run; `None` if nothing was listed.
    pub fleet: Option<FleetSnapshot>,
}

/// Returns the console on the real terminal, until the user leaves it. `start` runs after the first frame.
/// Returns how it ended. `fleet_place` says which fleet this is, see [`FleetSnapshot::place`].
///
/// # Errors
/// What the terminal says when it cannot be taken or written to.
pub async fn console(
    options: AppOptions,
    terminal_options: TerminalOptions,
    start: impl Future<Output = Result<Start, Failure>> + Send + 'static,
    fleet_place: &str,
) -> io::Result<ConsoleEnd> {
    let mut console = Console {
        app: App::new(options),
        clock: clock::now,
    };
    let (guard, mut screen) = terminal::enter(terminal_options)?;
    let (sender, events) = futures::channel::mpsc::channel(BURST);
    let listening = tokio::spawn(listen(sender));
    let outside = ServiceRunner::new(start);
    let signals = terminal::signals();
    let result = run(
        &mut console,
        &mut screen,
        events,
        outside,
        signals,
        move |screen| terminal::suspend(screen, terminal_options),
    )
    .await;
    // Nobody reads the terminal any more when it is given back.
    listening.abort();
    let _ = listening.await;
    drop(guard);
    result.map(|()| ConsoleEnd {
        message: console.app.parting(),
        choice: console.app.start_choice().cloned(),
        memory: console.app.memory(),
        fleet: console.app.fleet_snapshot(fleet_place),
    })
}

/// Passes on what the terminal says. A task of its own: each look at crossterm's stream that finds
/// nothing costs a few system
/// calls, and the loop looks whenever anything wakes it.
async fn listen(mut sender: futures::channel::mpsc::Sender<Input>) {
    let mut events = crossterm::event::EventStream::new();
    while let Some(event) = events.next().await {
        if sender.send(event).await.is_err() {
            return;
        }
    }
}
