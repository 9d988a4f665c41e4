//! The terminal: set up, restored in every case, suspended. The only file that touches it.

use std::{
    io::{self, Stdout, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor,
    event::{
        DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
        KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
    },
    execute,
    terminal::{
        Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
        enable_raw_mode,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend};

/// The terminal that the console draws on.
pub type Screen = Terminal<CrosstermBackend<Stdout>>;

/// Whether the terminal is set up. It is restored once, by the guard or by the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Restores the terminal when it is dropped.
#[must_use]
pub struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Sets up the terminal: raw mode, alternate screen, bracketed paste, and the mouse if `mouse` is
/// set.
///
/// # Errors
/// Returns the error of the terminal.
pub fn enter(mouse: bool) -> io::Result<(Guard, Screen)> {
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
    take(mouse)?;
    let guard = Guard(());
    let screen = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    Ok((guard, screen))
}

fn take(mouse: bool) -> io::Result<()> {
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
    if mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Restores the terminal, once. Errors are ignored: nothing can be done about them.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
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

/// Gives the terminal to the shell and stops; goes on when the shell says so.
#[cfg(unix)]
pub fn suspend(screen: &mut Screen, mouse: bool) {
    use rustix::process::{Signal, getpid, kill_process};

    restore();
    // A group without a shell ignores the signal: then it goes on at once.
    let _ = kill_process(getpid(), Signal::TSTP);
    let _ = take(mouse);
    // `clear` of the library asks the terminal where its cursor is, and the answer would be taken
    // for a key; two swaps make both
    // buffers blank as well, so that the next frame is drawn whole.
    let _ = execute!(io::stdout(), Clear(ClearType::All));
    screen.swap_buffers();
    screen.swap_buffers();
}

/// Does nothing: there is no job control on this platform.
#[cfg(not(unix))]
pub fn suspend(_screen: &mut Screen, _mouse: bool) {}

/// Comes when the system asks for the end: SIGTERM, SIGHUP, SIGINT (a key is no signal here: the
/// terminal is raw).
#[cfg(unix)]
pub async fn end_signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut terminate), Ok(mut hangup), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! { _ = terminate.recv() => {}, _ = hangup.recv() => {}, _ = interrupt.recv() => {} }
}

/// Never completes: there are no such signals on this platform.
#[cfg(not(unix))]
pub async fn end_signal() {
    std::future::pending().await
}
