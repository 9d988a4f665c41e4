//! The process itself: no core dumps, panics told without content, a log only where one is asked for, signals.

use std::{
    fs, io,
    panic::PanicHookInfo,
    sync::{Mutex, Once},
};

use tracing_subscriber::EnvFilter;

use super::{outcome::usage, output};
use crate::model::Failure;

/// Files and connections that are asked for: more than any fleet needs, and what every kernel grants (macOS at most 10,240).
const MAX_FILES: u64 = 8_192;

/// Keeps what this process holds in memory from being written to disk by a crash.
pub(crate) fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Refused only inside sandboxes that forbid core dumps anyway.
        let _ = setrlimit(
            Resource::Core,
            Rlimit {
                current: Some(0),
                maximum: Some(0),
            },
        );
    }
    #[cfg(target_os = "linux")]
    {
        let _ =
            rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}

/// Raises the number of files that this process may open to what it may raise it to: a fleet of many accounts has a
/// connection for each of its lists.
pub(crate) fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let wanted = limit.maximum.map_or(MAX_FILES, |most| most.min(MAX_FILES));
        if limit.current.is_some_and(|current| current < wanted) {
            // Where it is refused, the limit stays as it is.
            let _ = setrlimit(
                Resource::Nofile,
                Rlimit {
                    current: Some(wanted),
                    maximum: limit.maximum,
                },
            );
        }
    }
}

/// Tells a panic in one sanitised line. The message may quote data, so only its first line is shown, and cut.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let message = panic
            .payload_as_str()
            .unwrap_or("")
            .lines()
            .next()
            .unwrap_or("")
            .chars()
            .take(200)
            .collect::<String>();
        output::note(&format!(
            "agentcore-console failed unexpectedly{place}: {message}"
        ));
    }));
}

/// Writes a log to the file that `AGENTCORE_LOG` names, at the levels of `AGENTCORE_LOG_LEVEL`. Without it: no log at all.
pub(crate) fn start_log() -> Result<(), Failure> {
    let Some(path) = std::env::var_os("AGENTCORE_LOG").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let doing = || format!("opening the log file {}", path.display());
    let file = options
        .open(&path)
        .map_err(|error| usage(doing(), error.to_string()))?;
    let levels = std::env::var("AGENTCORE_LOG_LEVEL")
        .unwrap_or_else(|_| "agentcore_console=debug,warn".into());
    let filter = EnvFilter::try_new(&levels)
        .map_err(|error| usage("reading AGENTCORE_LOG_LEVEL", error.to_string()))?;
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter(filter)
        .with_writer(Mutex::new(file))
        .init();
    Ok(())
}

/// Returns a tokio runtime for a command, and the TLS provider that everything shares. Made when a command first needs it.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    install_tls();
    runtime_without_tls()
}

/// Returns the same without TLS: [`install_tls`] must be called before anything connects.
pub(crate) fn runtime_without_tls() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error: io::Error| usage("starting", format!("no threads: {error}")))
}

/// Makes aws-lc-rs the one cryptography of the process.
pub(crate) fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error says that a provider is installed already, which is what is wanted.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
}

/// The wish that this process ends: SIGINT, SIGTERM or SIGHUP. Listening begins when it is made.
pub(crate) struct End {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
}

impl End {
    /// Begins to listen. Must be called within a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let signals = [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ];
            Ok(Self { signals })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for it. Cancel safe.
    pub(crate) async fn wait(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        {
            let [interrupt, terminate, hang_up] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => Ok(()),
                _ = terminate.recv() => Ok(()),
                _ = hang_up.recv() => Ok(()),
            }
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await
    }
}
