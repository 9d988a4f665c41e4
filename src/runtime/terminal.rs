//! The terminal: set up, restored in every case, suspended. The only file that touches it.

use std::{
    io::{self, Stdout, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    canvas::Canvas,
    graphics::{self, GraphicsProtocol, PictureLayer},
    run::ProcessSignal,
};
use crate::config::{GraphicsSetting, TerminalAlarm};
use crossterm::{
    cursor,
    event::{
        DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
        KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
    },
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::backend::CrosstermBackend;

/// Most letters of the text of an alarm.
const ALARM_TEXT: usize = 200;

/// The terminal that the console draws on.
pub type ConsoleTerminal = Canvas<CrosstermBackend<Stdout>>;

/// Whether the terminal is set up. It is restored once, by the guard or by the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether images of kitty's protocol are removed when the terminal is restored.
static HAS_IMAGES: AtomicBool = AtomicBool::new(false);

/// Whether the next suspension was requested by SIGTSTP: the sender of that can also send SIGCONT.
#[cfg(unix)]
static SUSPEND_SIGNAL: AtomicBool = AtomicBool::new(false);

/// What the console takes of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// The protocol by which pictures are shown; `None` for braille characters.
    pub graphics: Option<GraphicsProtocol>,
}

impl TerminalOptions {
    /// Returns the options for this terminal. Without the size of its cells in pixels there are no graphics.
    pub fn new(mouse: bool, setting: GraphicsSetting) -> Self {
        let graphics = graphics::protocol(setting, |name| std::env::var(name).ok());
        let has_pixels = || {
            let size = crossterm::terminal::window_size();
            size.is_ok_and(|size| size.width > size.columns && size.height > size.rows)
        };
        Self {
            mouse,
            graphics: graphics.filter(|_| has_pixels()),
        }
    }
}

/// Restores the terminal when it is dropped.
#[must_use]
pub struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Sets up the terminal: raw mode, alternate screen, bracketed paste, and the mouse if it is wanted.
///
/// # Errors
/// Returns the error of the terminal.
pub fn enter(options: TerminalOptions) -> io::Result<(Guard, ConsoleTerminal)> {
    let (previous, owner) = (std::panic::take_hook(), std::thread::current().id());
    std::panic::set_hook(Box::new(move |panic| {
        // A panic of a task is reported by the console, which goes on: nothing is printed over the
        // screen.
        if TAKEN.load(Ordering::SeqCst) && std::thread::current().id() != owner {
            return;
        }
        // The terminal is restored first, so that the message can be read.
        restore();
        previous(panic);
    }));
    take(options)?;
    let guard = Guard(());
    // The cells go to the same standard output, whose buffer keeps the order.
    let pictures = options
        .graphics
        .map(|protocol| PictureLayer::new(protocol, Box::new(io::stdout())));
    let screen = Canvas::new(CrosstermBackend::new(io::stdout()))?.with_pictures(pictures);
    Ok((guard, screen))
}

fn take(options: TerminalOptions) -> io::Result<()> {
    let has_images = options.graphics == Some(GraphicsProtocol::Kitty);
    HAS_IMAGES.store(has_images, Ordering::SeqCst);
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )?;
    // Terminals without the protocol ignore it; those with it can tell ctrl-enter from enter.
    execute!(
        io::stdout(),
        PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES)
    )?;
    if options.mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Restores the terminal, once. Errors are ignored: nothing can be done about them.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        if HAS_IMAGES.load(Ordering::SeqCst) {
            let _ = io::stdout().write_all(graphics::remove_all().as_bytes());
        }
        let _ = execute!(
            io::stdout(),
            DisableMouseCapture,
            PopKeyboardEnhancementFlags,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

/// Raises the alarm of the terminal: its bell, or a notification with a text. Inside tmux a notification passes through to the
/// terminal around it, if `allow-passthrough` is on there.
///
/// # Errors
/// Returns the error of the terminal.
pub(super) fn raise_alarm(alarm: TerminalAlarm, text: &str) -> io::Result<()> {
    let is_in_tmux = std::env::var_os("TMUX").is_some();
    let mut out = io::stdout().lock();
    out.write_all(alarm_sequence(alarm, text, is_in_tmux).as_bytes())?;
    out.flush()
}

/// Returns the bytes of an alarm. Control characters of the text are taken out, so that it cannot end the sequence.
fn alarm_sequence(alarm: TerminalAlarm, text: &str, is_in_tmux: bool) -> String {
    let text: String = text
        .chars()
        .filter(|letter| !letter.is_control())
        .take(ALARM_TEXT)
        .collect();
    let sequence = match alarm {
        TerminalAlarm::Off => return String::new(),
        TerminalAlarm::Bell => return "\x07".to_owned(),
        TerminalAlarm::Osc9 => format!("\x1b]9;{text}\x07"),
        TerminalAlarm::Osc777 => format!("\x1b]777;notify;agentcore-console;{text}\x07"),
    };
    if is_in_tmux {
        format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
    } else {
        sequence
    }
}

/// Gives the terminal back and stops the process; takes the terminal again when the process is continued (`fg`).
///
/// SIGTSTP has a handler (see [`signals`]), so the process stops itself by SIGSTOP. Without a shell that could continue it, it does
/// not stop.
#[cfg(unix)]
pub fn suspend(screen: &mut ConsoleTerminal, options: TerminalOptions) {
    use rustix::process::{Signal, getpid, kill_process};

    let was_asked = SUSPEND_SIGNAL.swap(false, Ordering::SeqCst);
    if !was_asked && !has_job_control() {
        return;
    }
    restore();
    // A process can always send itself this signal.
    let _ = kill_process(getpid(), Signal::STOP);
    let _ = take(options);
    let _ = screen.clear();
}

/// Returns whether a shell with job control started this process: then the session's leader is in another process group.
#[cfg(unix)]
fn has_job_control() -> bool {
    use rustix::process::{getpgrp, getsid};
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Does nothing: there is no job control on this platform.
#[cfg(not(unix))]
pub fn suspend(_screen: &mut ConsoleTerminal, _options: TerminalOptions) {}

/// Signals of the system: SIGTERM, SIGHUP and SIGINT ask for the end (ctrl-c is a key here: the terminal is raw), SIGTSTP for a
/// suspension. Needs a tokio runtime.
#[cfg(unix)]
pub fn signals() -> futures::channel::mpsc::UnboundedReceiver<ProcessSignal> {
    use rustix::process::Signal;
    use tokio::signal::unix::{SignalKind, signal};

    let (sender, receiver) = futures::channel::mpsc::unbounded();
    let kinds = [
        (SignalKind::terminate(), ProcessSignal::End),
        (SignalKind::hangup(), ProcessSignal::End),
        (SignalKind::interrupt(), ProcessSignal::End),
        (
            SignalKind::from_raw(Signal::TSTP.as_raw()),
            ProcessSignal::Suspend,
        ),
    ];
    for (kind, meaning) in kinds {
        let Ok(mut signal) = signal(kind) else {
            continue;
        };
        let sender = sender.clone();
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                if meaning == ProcessSignal::Suspend {
                    SUSPEND_SIGNAL.store(true, Ordering::SeqCst);
                }
                // The console may have ended.
                if sender.unbounded_send(meaning).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

/// There are no such signals.
#[cfg(not(unix))]
pub fn signals() -> futures::channel::mpsc::UnboundedReceiver<ProcessSignal> {
    let (_, receiver) = futures::channel::mpsc::unbounded();
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_alarm_cannot_end_its_sequence() {
        let shown = |alarm, is_in_tmux| alarm_sequence(alarm, "a\x1b\\\x07 broken; b", is_in_tmux);
        assert_eq!(shown(TerminalAlarm::Off, false), "");
        assert_eq!(shown(TerminalAlarm::Bell, true), "\x07");
        assert_eq!(
            shown(TerminalAlarm::Osc9, false),
            "\x1b]9;a\\ broken; b\x07"
        );
        assert_eq!(
            shown(TerminalAlarm::Osc777, true),
            "\x1bPtmux;\x1b\x1b]777;notify;agentcore-console;a\\ broken; b\x07\x1b\\"
        );
    }
}
