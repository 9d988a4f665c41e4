//! The real binary rotates a client secret and rolls it back, is killed, loses answers, is throttled and refused at every request
//! it makes, and runs beside a second operator. At every instant each holder has a value that gives a token, and in the end there
//! is one secret, no AWSPENDING, and no value anywhere but where it belongs.

use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agentcore_console::{
    cli::local::configuration,
    config::write,
    model::{CallOptions, Deployment, JournalStatus, McpTarget, SecretContent, SignIn, VersionRef},
    rotation::labels,
    services::{McpOptions, ServiceOptions, Services},
    tools::cypher,
};
use emulator::{Options, Stack};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    Dice,
    harness::{exposed_by, one_root},
    proxy::{Act, Look, Proxy, Shared},
    runs, spread,
};

/// How long one run of the binary may take.
const PATIENCE: Duration = Duration::from_secs(150);

/// What happens to one rotation.
#[derive(Clone, Copy, Debug)]
struct ClientScenario {
    command: &'static str,
    act: (usize, Act),
    /// A second process that runs at the same time.
    beside: Option<&'static str>,
    /// What happens to the first resume.
    second: Option<(usize, Act)>,
}

/// Sees the world past the proxy.
struct ClientWitness {
    services: Services,
    deployment: Deployment,
    config: PathBuf,
}

impl ClientWitness {
    /// The value that the configuration holds.
    fn configured(&self) -> String {
        let text = fs::read_to_string(&self.config).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        let value = &table["deployments"]["a"]["sign_in"]["client_secret"];
        value.as_str().unwrap().to_owned()
    }

    /// The value that a credential provider holds.
    async fn provided(&self, name: &str) -> String {
        let secret = format!("bedrock-agentcore-identity!default/oauth2/{name}");
        let current = VersionRef::Stage(labels::CURRENT.to_owned());
        let value = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, &secret, &current)
            .await
            .unwrap();
        let SecretContent::Text(text) = value.content else {
            panic!("a binary secret")
        };
        let members: serde_json::Value = serde_json::from_str(text.reveal()).unwrap();
        members["clientSecret"].as_str().unwrap().to_owned()
    }

    async fn gives_token(&self, value: &str) -> bool {
        let SignIn::M2m {
            token_url: Some(url),
            client_id: Some(client),
            scope,
            ..
        } = &self.deployment.sign_in
        else {
            panic!("no machine sign-in")
        };
        let scope = scope.as_deref().unwrap_or_default().replace('/', "%2F");
        let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_secret={value}&scope={}",
            scope.replace(' ', "+")
        );
        let request = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{form}",
            form.len()
        );
        let mut server = tokio::net::TcpStream::connect(host).await.unwrap();
        server.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await.unwrap();
        let status = String::from_utf8_lossy(&answer);
        match status.split(' ').nth(1) {
            Some("200") => true,
            Some("400" | "401") if status.contains("invalid_client") => false,
            _ => panic!("the token endpoint says {status}"),
        }
    }

    /// Every holder's value gives a token.
    async fn look(&self, shared: &Shared) {
        let _one = shared.written.lock().await;
        let provider = self.provider().await;
        self.look_at_process(shared);
        for (holder, value) in [
            ("the configuration", self.configured()),
            ("the credential provider", self.provided(&provider).await),
        ] {
            let is_refused = !self.gives_token(&value).await;
            let mut now = shared.now.lock().unwrap();
            now.values.insert(value);
            if is_refused {
                let complaint = format!(
                    "{holder} holds a value that is refused after {:?}",
                    now.names
                );
                now.complaints.push(complaint);
            }
        }
    }

    /// No value that a holder had is in the process list, and a crash would write no core.
    fn look_at_process(&self, shared: &Shared) {
        let mut now = shared.now.lock().unwrap();
        let mut values: Vec<String> = now.values.iter().cloned().collect();
        values.push(self.configured());
        if let Some(complaint) = now.child.and_then(|child| exposed_by(child, &values)) {
            now.complaints.push(complaint);
        }
        now.processes += usize::from(now.child.is_some());
    }

    async fn provider(&self) -> String {
        let state = self.services.client_secrets.state(&self.deployment).await;
        state.unwrap().providers[0].name.clone()
    }

    /// What is left of a rotation.
    async fn leftovers(&self) -> Result<(), String> {
        let state = self
            .services
            .client_secrets
            .state(&self.deployment)
            .await
            .unwrap();
        if state.secrets.len() != 1 {
            return Err(format!("{} secrets at Cognito", state.secrets.len()));
        }
        if state.journal != JournalStatus::Idle {
            return Err(format!("{:?}", state.journal));
        }
        let provided = self.provided(&state.providers[0].name).await;
        if provided != self.configured() {
            return Err("provider and configuration differ".into());
        }
        Ok(())
    }
}

/// A world with a proxy before it.
struct ClientHarness {
    stack: Stack,
    proxy: Proxy,
    witness: Arc<ClientWitness>,
    folder: TempDir,
    roots: Option<PathBuf>,
}

impl ClientHarness {
    async fn start(seed: u64) -> Self {
        let stack = Box::pin(emulator::start(Options {
            seed,
            quiet_world: true,
            ..Options::default()
        }))
        .await
        .unwrap();
        let mut config = configuration(&stack);
        let direct = config
            .deployments
            .iter()
            .find(|deployment| deployment.name.as_str() == "a")
            .unwrap()
            .clone();
        let folder = tempfile::tempdir().unwrap();
        let witness = Arc::new(ClientWitness {
            services: Services::new(ServiceOptions::default()),
            deployment: direct,
            config: folder.path().join("config.toml"),
        });
        let seeing = Arc::clone(&witness);
        let look: Look = Arc::new(move |shared| {
            let witness = Arc::clone(&seeing);
            Box::pin(async move { witness.look(&shared).await })
        });
        let proxy = Proxy::start(&stack.endpoint(), look).await;
        for deployment in &mut config.deployments {
            deployment.endpoint_url = Some(proxy.address.clone());
            let through = |url: &mut Option<String>| {
                *url = url
                    .as_ref()
                    .map(|url| url.replace(&stack.endpoint(), &proxy.address));
            };
            through(&mut deployment.mcp_url);
            if let SignIn::M2m { token_url, .. } = &mut deployment.sign_in {
                through(token_url);
            }
        }
        let text = write::render(&config, "local --write-config");
        write::save(&witness.config, &text, |_| true).unwrap();
        let roots = one_root(folder.path());
        Self {
            stack,
            proxy,
            witness,
            folder,
            roots,
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.proxy.shared
    }

    fn spawn(&self, command: &str, flags: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_agentcore-console"))
            .args(["client-secret", command, "-d", "a", "--yes", "-o", "json"])
            .args(flags)
            .env_clear()
            .env("AGENTCORE_CONFIG", &self.witness.config)
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("HOME", self.folder.path())
            .envs(self.roots.iter().map(|path| ("SSL_CERT_FILE", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    async fn run(&self, command: &str, flags: &[&str], (at, act): (usize, Act)) -> Output {
        let child = {
            let mut now = self.shared().now.lock().unwrap();
            (now.at, now.act, now.seen) = (at, act, 0);
            now.names.push(format!("-- {command}"));
            let child = self.spawn(command, flags);
            now.child = Some(child.id());
            child
        };
        if let Act::KillAtMillis(millis) = act {
            // Real time is what this is about: an instant that no request marks.
            tokio::time::sleep(Duration::from_millis(millis as u64)).await;
            self.shared().kill();
        }
        let output = finished(child).await;
        self.shared().now.lock().unwrap().child = None;
        self.no_value_in(&output, command);
        output
    }

    /// No value that any holder ever had is in an output, in the log or in the audit file.
    fn no_value_in(&self, output: &Output, command: &str) {
        let mut text = said(output);
        for file in files_below(&self.folder.path().join("state")) {
            text.push_str(&fs::read_to_string(file).unwrap_or_default());
        }
        let mut values = self.shared().now.lock().unwrap().values.clone();
        values.insert(self.witness.configured());
        for value in &values {
            assert!(!text.contains(value), "{command} shows a value");
        }
    }

    async fn play(&self, scenario: ClientScenario) -> bool {
        self.shared().now.lock().unwrap().names.clear();
        if scenario.command == "rollback" {
            let kept = self.run("rotate", &["--keep-old"], (0, Act::Nothing)).await;
            assert_eq!(kept.status.code(), Some(0), "{}", said(&kept));
        }
        let beside = scenario.beside.map(|command| self.spawn(command, &[]));
        let first = self.run(scenario.command, &[], scenario.act).await;
        let mut story = format!("{scenario:?}\n{}", said(&first));
        if let Some(child) = beside {
            story.push_str(&said(&finished(child).await));
        } else if scenario.act.1.is_survivable() {
            assert_eq!(
                first.status.code(),
                Some(0),
                "one bad answer is no reason to stop: {story}"
            );
        }
        let interrupted = self.witness.leftovers().await.is_err();
        if let Some(second) = scenario.second {
            story.push_str(&said(&self.run("resume", &[], second).await));
        }
        let resumed = self.run("resume", &[], (0, Act::Nothing)).await;
        story.push_str(&said(&resumed));
        let (complaints, names) = {
            let now = self.shared().now.lock().unwrap();
            (now.complaints.clone(), now.names.clone())
        };
        let story = format!("{story}{names:#?}");
        assert!(complaints.is_empty(), "{complaints:?}\n{story}");
        assert_eq!(
            resumed.status.code(),
            Some(0),
            "resume did not end well\n{story}"
        );
        let left = self.witness.leftovers().await;
        assert_eq!(left, Ok(()), "{story}");
        interrupted
    }
}

async fn finished(child: Child) -> Output {
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let output = tokio::time::timeout(PATIENCE, ended).await;
    output.expect("the binary does not end").unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

fn files_below(folder: &std::path::Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// Every request of a rotation with everything that may happen to it; then pairs, instants, roll backs and two operators by dice.
fn scenarios(requests: usize, runs: usize) -> Vec<ClientScenario> {
    let alone = |command, act| ClientScenario {
        command,
        act,
        beside: None,
        second: None,
    };
    let acts = [
        Act::KillBefore,
        Act::KillAfter,
        Act::CutBefore,
        Act::CutAfter,
        Act::Status(429),
        Act::Status(503),
    ];
    let mut all: Vec<ClientScenario> = (1..=requests)
        .flat_map(|at| acts.map(|act| alone("rotate", (at, act))))
        .collect();
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    // Fewer runs are a sample of them.
    while all.len() > runs {
        all.swap_remove(dice.below(all.len()));
    }
    let kills = [Act::KillBefore, Act::KillAfter];
    while all.len() < runs {
        let act = match dice.below(3) {
            0 => (usize::MAX, Act::KillAtMillis(10 + dice.below(3_000))),
            _ => (1 + dice.below(requests), kills[dice.below(2)]),
        };
        let second = (dice.below(2) > 0).then(|| (1 + dice.below(requests), kills[dice.below(2)]));
        let (command, beside) = match dice.below(6) {
            0 => ("rollback", None),
            1 => ("rotate", Some("rotate")),
            2 => ("rotate", Some("resume")),
            _ => ("rotate", None),
        };
        all.push(ClientScenario {
            command,
            act,
            beside,
            second,
        });
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_to_a_rotation_of_a_client_secret_every_holder_works_and_resume_ends_it() {
    let began = std::time::Instant::now();
    let harness = ClientHarness::start(1).await;
    let rotated = harness.run("rotate", &[], (0, Act::Nothing)).await;
    assert_eq!(rotated.status.code(), Some(0), "{}", said(&rotated));
    assert_eq!(harness.witness.leftovers().await, Ok(()));
    let (requests, processes) = {
        let now = harness.shared().now.lock().unwrap();
        (now.seen, now.processes)
    };
    assert!(processes > 0, "the process list was looked at");
    harness.stack.stop().await;
    let scenarios = scenarios(requests, runs() / 2);
    let count = scenarios.len();
    let interrupted = spread(&scenarios, 4, |worker, own| async move {
        let mut interrupted = 0;
        for part in own.chunks(20) {
            let harness = ClientHarness::start(2 + worker as u64).await;
            for scenario in part {
                interrupted += usize::from(harness.play(*scenario).await);
            }
            harness.stack.stop().await;
        }
        interrupted
    })
    .await;
    println!(
        "client secret: {count} runs over {requests} requests, {interrupted} left something to do, {:?}",
        began.elapsed()
    );
    assert!(
        interrupted > count / 10,
        "the faults did not interrupt: {interrupted} of {count}"
    );
}

/// A caller with one session and one token: calls a tool over and over until it is told to stop. Answers how often it was answered.
async fn call_steadily(witness: Arc<ClientWitness>, stop: Arc<AtomicBool>) -> usize {
    let session = witness
        .services
        .mcp
        .connect(
            &witness.deployment,
            &McpTarget::Default,
            McpOptions::default(),
        )
        .await
        .unwrap();
    let tools = session.tools().await.unwrap();
    let (tool, arguments) = cypher::probe(&tools, "RETURN 1 AS ok").unwrap();
    let mut answered = 0;
    while !stop.load(Ordering::Relaxed) {
        let outcome = session
            .call(&tool.name, arguments.clone(), CallOptions::default())
            .await;
        let outcome = outcome.unwrap_or_else(|failure| panic!("after {answered}: {failure}"));
        assert!(!outcome.is_error, "after {answered}: {}", outcome.text());
        answered += 1;
    }
    session.close().await;
    answered
}

/// A caller that reads its configuration and signs in over and over. Where it is refused, the configuration must have changed since it
/// was read.
async fn sign_in_steadily(witness: Arc<ClientWitness>, stop: Arc<AtomicBool>) -> usize {
    let mut answered = 0;
    while !stop.load(Ordering::Relaxed) {
        let value = witness.configured();
        if !witness.gives_token(&value).await {
            assert!(
                witness.configured() != value,
                "refused after {answered} sign-ins"
            );
        }
        answered += 1;
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn steady_callers_are_answered_while_a_client_secret_rotates() {
    let harness = ClientHarness::start(77).await;
    for flags in [&[][..], &["--keep-old"]] {
        let stop = Arc::new(AtomicBool::new(false));
        let witness = || Arc::clone(&harness.witness);
        let callers: Vec<_> = (0..3)
            .map(|_| tokio::spawn(call_steadily(witness(), Arc::clone(&stop))))
            .collect();
        let signing_in = tokio::spawn(sign_in_steadily(witness(), Arc::clone(&stop)));
        let rotated = harness.run("rotate", flags, (0, Act::Nothing)).await;
        stop.store(true, Ordering::Relaxed);
        assert_eq!(rotated.status.code(), Some(0), "{}", said(&rotated));
        let mut calls = Vec::new();
        for caller in callers {
            calls.push(caller.await.unwrap());
        }
        let sign_ins = signing_in.await.unwrap();
        println!("rotate {flags:?}: {calls:?} calls and {sign_ins} sign-ins went on");
        assert!(
            calls.iter().all(|count| *count > 1) && sign_ins > 1,
            "{calls:?} calls, {sign_ins} sign-ins"
        );
    }
    harness.stack.stop().await;
}

/// Values that were seen, for the proxy's shared state.
pub(crate) type SeenValues = HashSet<String>;
