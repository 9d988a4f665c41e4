//! The one stack of these tests, and the compiled binary pointed at it.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{LazyLock, mpsc},
};

use agentcore_console::{cli::local::configuration, config::write};
use emulator::{Options, faults::FaultPoint};
use serde_json::Value;
use tempfile::TempDir;

/// What the running stack said of itself.
pub(crate) struct World {
    /// A configuration for it.
    pub(crate) config: String,
    /// Its ready line.
    pub(crate) ready: Value,
    /// The links of each deployment's chain, by its short name.
    pub(crate) hops: BTreeMap<String, Vec<FaultPoint>>,
}

impl World {
    /// What it said of one deployment.
    pub(crate) fn deployment(&self, name: &str) -> &Value {
        self.ready["deployments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|each| each["name"] == name)
            .unwrap()
    }
}

/// The stack: quiet, started once, ended with the process.
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| start("[]"));

/// Another stack, in which these faults are armed.
pub(crate) fn start(faults: &str) -> World {
    start_with(Options {
        faults: emulator::faults::parse(faults).unwrap(),
        ..Options::default()
    })
}

/// Another stack, quiet, with these options.
pub(crate) fn start_with(options: Options) -> World {
    let options = Options {
        quiet_world: true,
        ..options
    };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let stack = emulator::start(options).await.unwrap();
            let config = write::render(&configuration(&stack), "local --write-config");
            sender
                .send(World {
                    config,
                    ready: stack.ready_line(),
                    hops: stack
                        .deployments()
                        .into_iter()
                        .map(|deployment| (deployment.name, deployment.hops))
                        .collect(),
                })
                .unwrap();
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().unwrap()
}

/// A folder with a configuration, and the binary run in it with an empty environment.
pub(crate) struct Console {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Console {
    /// On the embedded stack.
    pub(crate) fn new() -> Self {
        Self::with(&WORLD.config)
    }

    /// With this configuration.
    pub(crate) fn with(config: &str) -> Self {
        let console = Self::bare();
        let path = console.config();
        write::save(&path, config, |_| true).unwrap();
        console
    }

    /// Without any configuration.
    pub(crate) fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        }
    }

    /// Without any configuration, with AWS credentials for a world.
    pub(crate) fn with_credentials_for(world: &World) -> Self {
        let text = |name: &str| world.ready[name].as_str().unwrap();
        Self::bare()
            .env("AWS_ENDPOINT_URL", text("endpoint"))
            .env("AWS_ACCESS_KEY_ID", text("access_key_id"))
            .env("AWS_SECRET_ACCESS_KEY", text("secret_access_key"))
            .env("AWS_REGION", text("region"))
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Where the configuration is found without `--config`.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder
            .path()
            .join("agentcore-console")
            .join("config.toml")
    }

    /// A file in the folder.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The binary with these arguments, not yet started. Its standard streams are no terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agentcore-console"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path())
            .env("TZ", "UTC")
            .envs(
                self.environment
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str())),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments).output().unwrap(), arguments)
    }

    /// Runs it with nobody at the other end of its output, and wants this exit code.
    pub(crate) fn unread(&self, arguments: &[&str], code: i32) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = self
            .command(arguments)
            .stdout(writer)
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert_eq!(ended.code(), Some(code), "{arguments:?}");
    }

    /// Runs it to its end with this standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Answer {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        Answer::of(child.wait_with_output().unwrap(), arguments)
    }
}

/// What a run answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) arguments: String,
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    fn of(output: std::process::Output, arguments: &[&str]) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            arguments: arguments.join(" "),
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Its exit code must be this one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Its stderr must say this.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(
            self.err.contains(words),
            "stderr lacks {words:?}: {self:#?}"
        );
        self
    }

    /// Its stdout must be empty: no data.
    #[track_caller]
    pub(crate) fn without_data(self) -> Self {
        assert_eq!(self.out, "", "{self:#?}");
        self
    }

    /// Its stdout as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Its stdout as JSON lines.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }
}

/// This moment in milliseconds since 1970.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Writes events by the AWS SDK into a group that is made where it is missing; each time is milliseconds from `base`.
pub(crate) fn put_logs(group: &str, stream: &str, base: i64, events: &[(i64, &str)]) {
    let text = |name: &str| WORLD.ready[name].as_str().unwrap().to_owned();
    let credentials = aws_sdk_cloudwatchlogs::config::Credentials::new(
        text("access_key_id"),
        text("secret_access_key"),
        None,
        None,
        "test",
    );
    let config = aws_sdk_cloudwatchlogs::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_cloudwatchlogs::config::Region::new(text("region")))
        .endpoint_url(text("endpoint"))
        .credentials_provider(credentials)
        .build();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = aws_sdk_cloudwatchlogs::Client::from_conf(config);
        // Both may exist, from an earlier call.
        let _ = client.create_log_group().log_group_name(group).send().await;
        let _ = client
            .create_log_stream()
            .log_group_name(group)
            .log_stream_name(stream)
            .send()
            .await;
        let events = events.iter().map(|(at, message)| {
            aws_sdk_cloudwatchlogs::types::InputLogEvent::builder()
                .timestamp(base + at)
                .message(*message)
                .build()
                .unwrap()
        });
        client
            .put_log_events()
            .log_group_name(group)
            .log_stream_name(stream)
            .set_log_events(Some(events.collect()))
            .send()
            .await
            .unwrap();
    });
}
