//! An embedded stack, a proxy before it, and the binary run against both.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use agentcore_console::{
    cli::local::configuration,
    config::write,
    model::{Deployment, LoginAnswer, Neo4jAddress, SecretContent, SecretText, VersionRef},
    rotation::{labels, secret_document::SecretDocument},
    services::{ServiceOptions, Services, rotation::secret_name},
};
use emulator::{Options, Stack};
use tempfile::TempDir;

use crate::{
    Scenario,
    proxy::{self, Act, Look, Proxy, Shared},
};

/// How long one run of the binary may take; a dead one would take a minute.
const PATIENCE: Duration = Duration::from_secs(90);

/// Sees the world past the proxy.
struct Eye {
    services: Services,
    deployment: Deployment,
    secret: String,
    users: Users,
    /// Values never change: each is read once.
    logins: Mutex<HashMap<String, (String, String)>>,
}

/// A version of a secret; none while it has no value.
async fn document(
    services: &Services,
    deployment: &Deployment,
    secret: &str,
    version: &VersionRef,
) -> Option<SecretDocument> {
    let secrets = &services.aws.secrets;
    let value = secrets
        .secret_value(deployment, secret, version)
        .await
        .ok()?;
    let SecretContent::Text(text) = value.content else {
        panic!("a binary secret")
    };
    Some(SecretDocument::parse(text.reveal()).unwrap())
}

/// How many users the secret has in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Users {
    One,
    Two,
}

impl Eye {
    /// The labels of each version of the secret.
    async fn stages(&self) -> BTreeMap<String, Vec<String>> {
        self.services
            .aws
            .secrets
            .secret_stages(&self.deployment, &self.secret)
            .await
            .unwrap()
            .stages
    }

    async fn password(&self, version: &str) -> Option<String> {
        self.login(version).await.map(|(_, password)| password)
    }

    async fn login(&self, version: &str) -> Option<(String, String)> {
        if let Some(known) = self.logins.lock().unwrap().get(version) {
            return Some(known.clone());
        }
        let reference = VersionRef::Id(version.to_owned());
        let shape = document(&self.services, &self.deployment, &self.secret, &reference).await?;
        let login = (shape.user().to_owned(), shape.password().to_owned());
        self.logins
            .lock()
            .unwrap()
            .insert(version.to_owned(), login.clone());
        Some(login)
    }

    /// Does whoever reads the secret now get in?
    async fn current_logs_in(&self) -> bool {
        let stages = self.stages().await;
        let current = stages
            .iter()
            .find(|(_, all)| all.iter().any(|one| one == labels::CURRENT))
            .map(|(version, _)| version);
        let (user, password) = self
            .login(current.expect("no AWSCURRENT"))
            .await
            .expect("AWSCURRENT has no value");
        self.accepts(&user, &password).await
    }

    async fn look(&self, shared: &Shared) {
        // One look at a time, so that each sees the state after its own write or a later one.
        let _one = shared.written.lock().await;
        self.look_at_process(shared).await;
        if self.users == Users::Two {
            if !self.current_logs_in().await {
                let mut now = shared.now.lock().unwrap();
                let complaint = format!("AWSCURRENT does not log in after {:?}", now.names);
                now.complaints.push(complaint);
            }
            return;
        }
        let accepted = shared.now.lock().unwrap().accepted.clone();
        let stages = self.stages().await;
        for (version, labels) in &stages {
            if !labels.is_empty() && self.password(version).await.as_ref() == Some(&accepted) {
                return;
            }
        }
        let mut now = shared.now.lock().unwrap();
        let complaint = format!(
            "the accepted password is in no labelled version after {:?}",
            now.names
        );
        now.complaints.push(complaint);
    }

    /// No password of any version is in the process list, and a crash would write no core.
    async fn look_at_process(&self, shared: &Shared) {
        let stages = self.stages().await;
        let mut passwords = Vec::new();
        for version in stages.keys() {
            passwords.extend(self.password(version).await);
        }
        let mut now = shared.now.lock().unwrap();
        if let Some(complaint) = now.child.and_then(|child| exposed_by(child, &passwords)) {
            now.complaints.push(complaint);
        }
        now.processes += usize::from(now.child.is_some());
    }

    /// What is left of a rotation, or why secret and database differ.
    async fn agreement(&self, accepted: &str) -> Result<(), String> {
        let stages = self.stages().await;
        let holder = |stage: &str| {
            stages
                .iter()
                .find(|(_, all)| all.iter().any(|one| one == stage))
                .map(|(version, _)| version)
        };
        let current = holder(labels::CURRENT).ok_or("no AWSCURRENT")?;
        let agrees = match self.users {
            Users::One => {
                self.password(current).await.as_deref() == Some(accepted)
                    && self.accepts("neo4j", accepted).await
            }
            Users::Two => self.current_logs_in().await,
        };
        if !agrees {
            return Err("AWSCURRENT is not what Neo4j accepts".into());
        }
        if let Some(pending) = holder(labels::PENDING) {
            return Err(format!("AWSPENDING is still on {pending}"));
        }
        Ok(())
    }

    async fn has_leftovers(&self) -> bool {
        let stages = self.stages().await;
        stages
            .values()
            .flatten()
            .any(|label| label == labels::PENDING || labels::is_ours(label))
    }

    async fn accepts(&self, user: &str, password: &str) -> bool {
        let uri = self.deployment.neo4j_uri.clone().unwrap();
        let address = Neo4jAddress {
            uri,
            database: "neo4j".into(),
        };
        let answer = self
            .services
            .neo4j
            .login(&address, user, &SecretText::from(password))
            .await;
        answer == Ok(LoginAnswer::Accepted)
    }
}

/// All of it.
pub(crate) struct Harness {
    stack: Stack,
    proxy: Proxy,
    eye: Arc<Eye>,
    folder: TempDir,
    roots: Option<PathBuf>,
}

impl Harness {
    pub(crate) async fn start(seed: u64, users: Users) -> Self {
        let stack = Box::pin(emulator::start(Options {
            seed,
            quiet_world: true,
            ..Options::default()
        }))
        .await
        .unwrap();
        let mut config = configuration(&stack);
        let mut direct = config
            .deployments
            .iter()
            .find(|each| each.name.as_str() == "a")
            .unwrap()
            .clone();
        let services = Services::new(ServiceOptions::default());
        let ends = if users == Users::Two {
            "neo4j-reports/credentials"
        } else {
            "neo4j-mcp-server/neo4j"
        };
        let secret = direct
            .secrets
            .iter()
            .find(|secret| secret_name(secret) == ends)
            .unwrap()
            .clone();
        let current = VersionRef::Stage(labels::CURRENT.to_owned());
        let shape = document(&services, &direct, &secret, &current)
            .await
            .unwrap();
        direct.neo4j_uri = Some(shape.address().unwrap().to_owned());
        let eye = Arc::new(Eye {
            services,
            deployment: direct.clone(),
            secret,
            users,
            logins: Mutex::default(),
        });
        let seeing = Arc::clone(&eye);
        let look: Look = Arc::new(move |shared| {
            let eye = Arc::clone(&seeing);
            Box::pin(async move { eye.look(&shared).await })
        });
        let proxy = Proxy::start(&stack.endpoint(), look).await;
        shape
            .password()
            .clone_into(&mut proxy.shared.now.lock().unwrap().accepted);
        for deployment in &mut config.deployments {
            deployment.endpoint_url = Some(proxy.address.clone());
            deployment.neo4j_uri = direct
                .neo4j_uri
                .as_ref()
                .map(|uri| uri.replace(&stack.endpoint(), &proxy.address));
        }
        let folder = tempfile::tempdir().unwrap();
        write::save(
            &folder.path().join("config.toml"),
            &write::render(&config, "local --write-config"),
            |_| true,
        )
        .unwrap();
        let roots = one_root(folder.path());
        Self {
            stack,
            proxy,
            eye,
            folder,
            roots,
        }
    }

    pub(crate) async fn stop(self) {
        self.stack.stop().await;
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.proxy.shared
    }

    /// Runs `secrets COMMAND`, with an act at a request; answers its exit code (none: killed) and what it printed.
    async fn run(&self, command: &str, (at, act): (usize, Act)) -> (Option<i32>, String) {
        let child = {
            let mut now = self.shared().now.lock().unwrap();
            (now.at, now.act, now.seen) = (at, act, 0);
            now.refused.clear();
            now.names.push(format!("-- {command}"));
            let child = Command::new(env!("CARGO_BIN_EXE_agentcore-console"))
                // Readers are looked for and left: their refreshing has tests of its own, and waits for roll-outs.
                .args([
                    "secrets",
                    command,
                    &self.eye.secret,
                    "--yes",
                    "--keep-readers",
                    "-o",
                    "json",
                ])
                .env_clear()
                .env("AGENTCORE_CONFIG", self.folder.path().join("config.toml"))
                .env("XDG_STATE_HOME", self.folder.path())
                .env("HOME", self.folder.path())
                .envs(self.roots.iter().map(|path| ("SSL_CERT_FILE", path)))
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            now.child = Some(child.id());
            child
        };
        if let Act::KillAtMillis(millis) = act {
            // Real time is what this is about: an instant that no request marks.
            tokio::time::sleep(Duration::from_millis(millis as u64)).await;
            self.shared().kill();
        }
        let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        let output = tokio::time::timeout(PATIENCE, ended)
            .await
            .expect("the binary does not end")
            .unwrap();
        self.shared().now.lock().unwrap().child = None;
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        (output.status.code(), text)
    }

    /// How many requests a rotation makes up to its last write, and in all; a second version for roll backs is left behind.
    pub(crate) async fn count_requests(&mut self) -> (usize, usize) {
        let (code, text) = self.run("rotate", (0, Act::Nothing)).await;
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("\"outcome\":\"rotated\""), "{text}");
        let now = self.shared().now.lock().unwrap();
        assert!(now.complaints.is_empty(), "{:?}", now.complaints);
        assert!(now.processes > 0, "the process list was looked at");
        let names: Vec<&String> = now
            .names
            .iter()
            .filter(|name| !name.starts_with("--"))
            .collect();
        (
            1 + names
                .iter()
                .rposition(|name| proxy::is_write_name(name))
                .unwrap_or_default(),
            now.seen,
        )
    }

    /// Plays one scenario to its end; answers whether it was interrupted with something left to do.
    pub(crate) async fn play(&mut self, scenario: Scenario) -> bool {
        self.shared().now.lock().unwrap().names.clear();
        if scenario.command == "rollback" {
            let (code, text) = self.run("rotate", (0, Act::Nothing)).await;
            assert_eq!(code, Some(0), "a rotation before a roll back: {text}");
        }
        let (first, mut said) = self.run(scenario.command, scenario.first).await;
        if matches!(scenario.first.1, Act::CutBefore | Act::CutAfter) {
            assert_eq!(
                first,
                Some(0),
                "one lost answer is no reason to stop: {scenario:?}\n{said}"
            );
        }
        let interrupted = self.eye.has_leftovers().await;
        if let Some(second) = scenario.second {
            said = format!("{said}{}", self.run("resume", second).await.1);
            self.shared().release().await;
        }
        let (code, text) = self.run("resume", (0, Act::Nothing)).await;
        let (accepted, complaints, most_refused, limited, names) = {
            let now = self.shared().now.lock().unwrap();
            (
                now.accepted.clone(),
                now.complaints.clone(),
                now.most_refused,
                now.limited,
                now.names.clone(),
            )
        };
        let story = format!("{scenario:?}\n{said}{text}{names:#?}");
        assert!(complaints.is_empty(), "{complaints:?}\n{story}");
        assert_eq!(code, Some(0), "resume did not end well\n{story}");
        assert!(
            text.contains("\"outcome\":\"resumed\"")
                || text.contains("\"outcome\":\"nothing-to-do\""),
            "{story}"
        );
        assert_eq!(self.eye.agreement(&accepted).await, Ok(()), "{story}");
        assert!(
            most_refused <= 2 && limited == 0,
            "{most_refused} refused logins, {limited} limited\n{story}"
        );
        interrupted
    }
}

/// What a process and its children show of these values to everybody who may list processes, or could leave in a core dump.
pub(crate) fn exposed_by(process: u32, values: &[String]) -> Option<String> {
    let folder = PathBuf::from(format!("/proc/{process}"));
    // Gone, or another system: nothing is shown.
    let limits = fs::read_to_string(folder.join("limits")).ok()?;
    let may_dump = limits
        .lines()
        .filter(|line| line.starts_with("Max core file size"))
        .any(|line| line.split_whitespace().nth(4) != Some("0"));
    if may_dump {
        return Some(format!("process {process} may write a core dump"));
    }
    for file in ["cmdline", "environ"] {
        // A process that cannot be dumped shows its environment to nobody but the superuser.
        let shown = fs::read(folder.join(file)).unwrap_or_default();
        let shown = String::from_utf8_lossy(&shown);
        if values.iter().any(|value| shown.contains(value.as_str())) {
            return Some(format!("{file} of process {process} shows a value"));
        }
    }
    let children = folder.join(format!("task/{process}/children"));
    let children = fs::read_to_string(children).unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .find_map(|child| exposed_by(child, values))
}

/// Everything is on loopback: reading all TLS roots of this machine would be most of each run, so one of them must do.
pub(crate) fn one_root(folder: &Path) -> Option<PathBuf> {
    const END: &str = "-----END CERTIFICATE-----";
    let bundles = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ];
    let bundle = bundles
        .iter()
        .find_map(|path| fs::read_to_string(path).ok())?;
    let first = bundle
        .find("-----BEGIN")
        .zip(bundle.find(END))
        .and_then(|(start, end)| bundle.get(start..end + END.len()))?;
    let path = folder.join("root.pem");
    fs::write(&path, format!("{first}\n")).ok()?;
    Some(path)
}
