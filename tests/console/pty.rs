//! The whole program in a terminal: what it shows, what it leaves behind. Every wait is for something on the screen.

use std::{
    io::{Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::Child,
    sync::{Arc, Condvar, Mutex, mpsc},
    time::{Duration, Instant},
};

use pty_process::{Size, blocking::Pty};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn q_ends_it_and_gives_the_terminal_back() {
    let mut terminal = Terminal::demo();
    terminal.until("neo4j-mcp-gw");
    terminal.check("the console has the terminal", |screen| {
        screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste()
    });
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
}

#[test]
fn sigterm_ends_it_and_gives_the_terminal_back() {
    let mut terminal = Terminal::demo();
    terminal.until("neo4j-mcp-gw");
    let process =
        rustix::process::Pid::from_raw(i32::try_from(terminal.child.id()).unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
}

#[test]
fn a_window_too_small_says_so_and_comes_back() {
    let mut terminal = Terminal::demo();
    terminal.until("neo4j-mcp-gw");
    terminal.resize(20, 5);
    terminal.until("too small");
    terminal.resize(100, 30);
    terminal.until("neo4j-mcp-gw");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let script = "\"$0\" demo --quiet-world; echo stopped=$?; read -r line; fg; echo over=$?";
    let mut terminal = Terminal::run(
        "bash",
        &[
            "--norc",
            "-m",
            "-c",
            script,
            env!("CARGO_BIN_EXE_agentcore-console"),
        ],
    );
    terminal.until("neo4j-mcp-gw");
    terminal.keys("\x1a");
    terminal.until("stopped=147");
    terminal.is_given_back();
    terminal.keys("\n");
    terminal.until("neo4j-mcp-gw");
    terminal.keys("q");
    terminal.until("over=0");
    terminal.is_given_back();
}

#[test]
fn sigtstp_from_outside_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = "bash --norc -c 'echo $$ > \"$1\"; exec \"$0\" demo --quiet-world' \"$0\" \"$1\"; echo stopped=$?; read -r line; fg; echo over=$?";
    let mut terminal = Terminal::run(
        "bash",
        &[
            "--norc",
            "-m",
            "-c",
            script,
            env!("CARGO_BIN_EXE_agentcore-console"),
            pid.to_str().unwrap(),
        ],
    );
    terminal.until("neo4j-mcp-gw");
    let id = std::fs::read_to_string(&pid).unwrap();
    let sent = std::process::Command::new("kill")
        .args(["-TSTP", id.trim()])
        .status();
    assert!(sent.unwrap().success());
    terminal.until("stopped=147");
    terminal.is_given_back();
    terminal.keys("\n");
    terminal.until("neo4j-mcp-gw");
    terminal.keys("q");
    terminal.until("over=0");
    terminal.is_given_back();
}

#[test]
fn a_password_is_rotated_from_the_screen() {
    let mut terminal = Terminal::demo();
    terminal.until("neo4j-mcp-gw");
    terminal.keys("3");
    terminal.until("SECRET");
    // The cursor stays on its secret while lists arrive: they are waited for, and it goes to the first.
    terminal.wait("secrets of all deployments are listed", |terminal| {
        let names = ["movies-gateway", "analytics", "playground", "batch-agents"];
        let lines = terminal.lines();
        names.iter().all(|name| {
            let mut secrets = lines.iter().filter(|line| line.contains("/neo4j"));
            secrets.any(|line| line.contains(name))
        })
    });
    terminal.keys("g");
    // The secret of deployment b: its line becomes the selected one.
    for _ in 0..10 {
        if terminal
            .lines()
            .iter()
            .any(|line| line.starts_with('▌') && line.contains("neo4j-mcp-gateway/neo4j"))
        {
            break;
        }
        let before = terminal.selected();
        terminal.keys("j");
        terminal.wait("the cursor moves", |terminal| terminal.selected() != before);
    }
    assert!(
        terminal.selected().contains("neo4j-mcp-gateway/neo4j"),
        "{}",
        terminal.text()
    );
    terminal.keys("R");
    terminal.until("Type the name to begin");
    terminal.keys("neo4j-mcp-gateway/neo4j\r");
    terminal.wait("the rotation ends", |terminal| {
        terminal.text().contains("rotated:")
            || terminal.text().contains("Type the name to begin")
            || terminal.text().contains("y yes")
    });
    while terminal.text().contains("y yes") {
        // The program asks whether it may close connections that still work with the old password.
        terminal.keys("y");
        terminal.wait("the question is answered", |terminal| {
            !terminal.text().contains("y yes")
        });
        terminal.wait("the rotation ends", |terminal| {
            terminal.text().contains("rotated:") || terminal.text().contains("y yes")
        });
    }
    terminal.until("rotated: ");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_statement_is_called_through_every_kind_of_deployment() {
    let mut terminal = Terminal::demo();
    terminal.until("neo4j-mcp-gw");
    for deployment in ["movies-gateway", "analytics", "playground", "batch-agents"] {
        terminal.keys(":");
        terminal.until("esc close");
        terminal.keys(&format!("tools {deployment}\r"));
        terminal.wait("the tools of the deployment", |terminal| {
            let text = terminal.text();
            let head = text.lines().next().unwrap_or_default();
            head.starts_with(&format!(" {deployment} "))
                && head.contains('●')
                && terminal.selected().contains("read-cypher")
        });
        terminal.keys("\r");
        terminal.until("f6 schema   esc list");
        terminal.keys(&format!("MATCH (m:Movie {{title: 'The Matrix'}}) RETURN m.released AS year, '{deployment}!' AS through"));
        terminal.keys("\x1b[15~");
        terminal.wait("the table", |terminal| {
            let rows = terminal.lines();
            rows.iter().any(|line| line.contains("1 row "))
                && rows
                    .iter()
                    .any(|line| line.contains(&format!("1999  {deployment}!")))
        });
        // The keys are those of the result.
        terminal.until("? keys");
    }
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

/// A terminal with a program in it.
struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    /// The folder for state of the program, which is removed with the terminal.
    _state: tempfile::TempDir,
}

impl Terminal {
    fn demo() -> Self {
        Self::run(
            env!("CARGO_BIN_EXE_agentcore-console"),
            &["demo", "--quiet-world"],
        )
    }

    fn run(program: &str, arguments: &[&str]) -> Self {
        let (pty, terminal) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(30, 100)).unwrap();
        // What one test types is not what the next one finds in a form.
        let state = tempfile::tempdir().unwrap();
        let child = pty_process::blocking::Command::new(program)
            .args(arguments)
            .envs([
                ("TERM", "xterm-256color"),
                ("LC_ALL", "C.UTF-8"),
                ("TZ", "UTC"),
            ])
            .env("XDG_STATE_HOME", state.path())
            .spawn(terminal)
            .unwrap();
        let pty = Arc::new(pty);
        let screen = Arc::new((
            Mutex::new(vt100::Parser::new(lines_of(30), lines_of(100), 0)),
            Condvar::new(),
        ));
        let output = Arc::clone(&pty);
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count) = (&*output).read(&mut bytes) {
                if count == 0 {
                    break;
                }
                shared.0.lock().unwrap().process(&bytes[..count]);
                shared.1.notify_all();
            }
        });
        Self {
            pty,
            child,
            screen,
            _state: state,
        }
    }

    fn keys(&mut self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.screen
            .0
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(lines_of(rows), lines_of(columns));
        self.pty.resize(Size::new(rows, columns)).unwrap();
    }

    fn text(&self) -> String {
        self.screen.0.lock().unwrap().screen().contents()
    }

    fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    fn selected(&self) -> String {
        self.lines()
            .into_iter()
            .find(|line| line.starts_with('▌'))
            .unwrap_or_default()
    }

    #[track_caller]
    fn until(&self, text: &str) {
        self.wait(text, |terminal| terminal.text().contains(text));
    }

    /// Waits for output until the condition holds.
    #[track_caller]
    fn wait(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what:?} never came:\n{}", self.text());
            let guard = self.screen.0.lock().unwrap();
            drop(
                self.screen
                    .1
                    .wait_timeout(guard, left.min(Duration::from_millis(200)))
                    .unwrap(),
            );
        }
    }

    #[track_caller]
    fn check(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        self.wait(what, |terminal| {
            holds(terminal.screen.0.lock().unwrap().screen())
        });
    }

    #[track_caller]
    fn is_given_back(&self) {
        self.check("the terminal is given back", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
    }

    /// Waits until the program ends and returns its exit code, or 128 plus the signal that ended it.
    fn ended(&mut self) -> i32 {
        let end = Instant::now() + PATIENCE;
        let (sender, receiver) = mpsc::channel::<()>();
        let process = rustix::process::Pid::from_child(&self.child);
        let watchdog = std::thread::spawn(move || {
            let left = end.saturating_duration_since(Instant::now());
            if receiver.recv_timeout(left).is_err() {
                let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
            }
        });
        let status = self.child.wait().unwrap();
        let _ = sender.send(());
        watchdog.join().unwrap();
        status
            .code()
            .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves no program behind.
        let _ = self.child.kill();
    }
}

fn lines_of(count: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(count).unwrap()
}
