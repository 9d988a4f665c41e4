//! A proxy that counts the requests of one process and acts at one of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What happens at a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Nothing.
    Nothing,
    /// The process is killed, and the request never arrives.
    KillBefore,
    /// The request takes effect, and the process is killed before it hears of it.
    KillAfter,
    /// The connection breaks before the request arrives.
    CutBefore,
    /// The request takes effect, and the connection breaks before the answer.
    CutAfter,
    /// At the change of the password, whichever request that is: the process is killed, and the change stays on its way.
    LateChange,
    /// The change that is on its way arrives now.
    ReleaseChange,
    /// The process is killed so many milliseconds after its start.
    KillAtMillis(usize),
    /// The request is answered with this status, and takes no effect.
    Status(u16),
}

impl Act {
    /// Whether a process that meets it must still reach its end.
    pub(crate) const fn is_survivable(self) -> bool {
        matches!(
            self,
            Self::CutBefore | Self::CutAfter | Self::Status(_) | Self::Nothing
        )
    }
}

/// What the proxy and the test share.
pub(crate) struct Shared {
    upstream: String,
    pub(crate) now: Mutex<Now>,
    /// A request with an effect has been answered: the invariant is looked at before anything else happens.
    pub(crate) written: tokio::sync::Mutex<()>,
}

/// The process that runs, and what was seen of it.
pub(crate) struct Now {
    pub(crate) at: usize,
    pub(crate) act: Act,
    pub(crate) seen: usize,
    pub(crate) child: Option<u32>,
    /// What each request was, for a message.
    pub(crate) names: Vec<String>,
    /// The password that Neo4j accepts, by its own answers to changes.
    pub(crate) accepted: String,
    /// Logins of each user refused since the last one that was accepted, in this process.
    pub(crate) refused: BTreeMap<String, usize>,
    pub(crate) most_refused: usize,
    pub(crate) limited: usize,
    pub(crate) held: Option<Vec<u8>>,
    /// Values of client secrets that were seen.
    pub(crate) values: crate::client_secret::SeenValues,
    /// Passwords that were in a labelled version when the last write was answered; filled by the test.
    pub(crate) complaints: Vec<String>,
    /// How often the running process was looked at in the process list.
    pub(crate) processes: usize,
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) shared: Arc<Shared>,
    pub(crate) address: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Looks at the world after each write.
pub(crate) type Look =
    Arc<dyn Fn(Arc<Shared>) -> futures::future::BoxFuture<'static, ()> + Send + Sync>;

impl Proxy {
    pub(crate) async fn start(upstream: &str, look: Look) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let now = Now {
            at: 0,
            act: Act::Nothing,
            seen: 0,
            child: None,
            names: Vec::new(),
            accepted: String::new(),
            refused: BTreeMap::new(),
            most_refused: 0,
            limited: 0,
            held: None,
            values: crate::client_secret::SeenValues::new(),
            complaints: Vec::new(),
            processes: 0,
        };
        let shared = Arc::new(Shared {
            upstream: upstream.trim_start_matches("http://").to_owned(),
            now: Mutex::new(now),
            written: tokio::sync::Mutex::new(()),
        });
        let ours = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&ours), client, Arc::clone(&look)));
            }
        });
        Self {
            shared,
            address,
            server,
        }
    }
}

/// One connection: request after request, until one side leaves or the act cuts it.
async fn serve(shared: Arc<Shared>, mut client: TcpStream, look: Look) {
    let _ = client.set_nodelay(true);
    let mut rest = Vec::new();
    while let Some(request) = read_message(&mut client, &mut rest).await {
        let act = shared.begin(&request);
        match act {
            Act::KillBefore => {
                shared.kill();
                return;
            }
            Act::CutBefore => return,
            Act::LateChange => {
                shared.kill();
                shared.now.lock().unwrap().held = Some(request);
                return;
            }
            Act::ReleaseChange => shared.release().await,
            Act::Status(status) => {
                if client.write_all(&refusal(status)).await.is_err() {
                    return;
                }
                continue;
            }
            Act::Nothing | Act::KillAfter | Act::CutAfter | Act::KillAtMillis(_) => {}
        }
        let Some(response) = shared.forward(&request, &look).await else {
            return;
        };
        match act {
            Act::KillAfter => {
                shared.kill();
                return;
            }
            Act::CutAfter => return,
            _ => {}
        }
        if client.write_all(&response).await.is_err() {
            return;
        }
    }
}

/// An answer in the shape of AWS's JSON protocols.
fn refusal(status: u16) -> Vec<u8> {
    let (code, words) = if status == 429 {
        ("ThrottlingException", "Rate exceeded")
    } else {
        ("InternalServerException", "An internal error occurred")
    };
    let body = format!("{{\"__type\":\"{code}\",\"message\":\"{words}\"}}");
    format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\nx-amzn-errortype: {code}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Shared {
    /// Counts a request and says what is to happen at it.
    fn begin(&self, request: &[u8]) -> Act {
        let mut now = self.now.lock().unwrap();
        now.seen += 1;
        let name = name_of(request);
        let change = name.starts_with("ALTER");
        now.names.push(name);
        match now.act {
            Act::LateChange if change && now.held.is_none() => Act::LateChange,
            Act::LateChange | Act::KillAtMillis(_) => Act::Nothing,
            act if now.seen == now.at => act,
            _ => Act::Nothing,
        }
    }

    /// Ends the process as nothing else does: no handler runs.
    pub(crate) fn kill(&self) {
        let child = self
            .now
            .lock()
            .unwrap()
            .child
            .and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).unwrap()));
        if let Some(child) = child {
            // It may have ended by itself.
            let _ = rustix::process::kill_process(child, rustix::process::Signal::KILL);
        }
    }

    /// Lets a held change arrive.
    pub(crate) async fn release(&self) {
        let held = self.now.lock().unwrap().held.take();
        if let Some(request) = held
            && let Some(response) = self.exchange(&request).await
        {
            self.note(&request, &response);
        }
    }

    async fn forward(self: &Arc<Self>, request: &[u8], look: &Look) -> Option<Vec<u8>> {
        let response = self.exchange(request).await?;
        self.note(request, &response);
        if is_write(request) {
            look(Arc::clone(self)).await;
        }
        Some(response)
    }

    async fn exchange(&self, request: &[u8]) -> Option<Vec<u8>> {
        let mut server = TcpStream::connect(&self.upstream).await.ok()?;
        let _ = server.set_nodelay(true);
        server.write_all(request).await.ok()?;
        tokio::time::timeout(
            Duration::from_secs(20),
            read_message(&mut server, &mut Vec::new()),
        )
        .await
        .ok()?
    }

    /// Learns from Neo4j's answers which password it accepts and how many logins it has refused.
    fn note(&self, request: &[u8], response: &[u8]) {
        if !is_database(request) {
            return;
        }
        let mut now = self.now.lock().unwrap();
        let user = user_of(request);
        let answer: Value = serde_json::from_slice(body(response)).unwrap_or_default();
        match answer
            .pointer("/errors/0/code")
            .and_then(Value::as_str)
            .unwrap_or_default()
        {
            "Neo.ClientError.Security.Unauthorized" => {
                *now.refused.entry(user.clone()).or_default() += 1;
                now.most_refused = now.most_refused.max(now.refused[&user]);
            }
            "Neo.ClientError.Security.AuthenticationRateLimit" => now.limited += 1,
            code => {
                now.refused.remove(&user);
                let asked: Value = serde_json::from_slice(body(request)).unwrap_or_default();
                let new = asked.pointer("/parameters/new").and_then(Value::as_str);
                if let (Some(new), "") = (new, code) {
                    new.clone_into(&mut now.accepted);
                }
            }
        }
    }
}

fn body(message: &[u8]) -> &[u8] {
    message
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(&[], |at| &message[at + 4..])
}

fn head(message: &[u8]) -> String {
    let end = message
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or(message.len());
    String::from_utf8_lossy(&message[..end]).to_ascii_lowercase()
}

/// Who logs in by `Authorization: Basic`.
fn user_of(request: &[u8]) -> String {
    let end = request
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or(request.len());
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let basic = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .starts_with("authorization: basic ")
            .then(|| line[21..].trim())
    });
    let decoded = STANDARD
        .decode(basic.unwrap_or_default())
        .unwrap_or_default();
    String::from_utf8_lossy(&decoded)
        .split(':')
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn is_database(request: &[u8]) -> bool {
    head(request)
        .lines()
        .next()
        .is_some_and(|line| line.contains("/query/v2"))
}

fn name_of(request: &[u8]) -> String {
    let head = head(request);
    if is_database(request) {
        let asked: Value = serde_json::from_slice(body(request)).unwrap_or_default();
        let text = asked
            .pointer("/statement")
            .and_then(Value::as_str)
            .unwrap_or_default();
        return text
            .split_whitespace()
            .take(2)
            .collect::<Vec<_>>()
            .join(" ");
    }
    let target = head.lines().find_map(|line| {
        line.strip_prefix("x-amz-target:")
            .map(str::trim)
            .map(str::to_owned)
    });
    target.unwrap_or_else(|| head.lines().next().unwrap_or_default().to_owned())
}

fn is_write(request: &[u8]) -> bool {
    is_write_name(&name_of(request))
}

/// Does a request of this name change the secret or the database?
pub(crate) fn is_write_name(name: &str) -> bool {
    let writes = BTreeSet::from([
        "secretsmanager.putsecretvalue",
        "secretsmanager.updatesecretversionstage",
        "secretsmanager.createsecret",
        "awscognitoidentityproviderservice.adduserpoolclientsecret",
        "awscognitoidentityproviderservice.deleteuserpoolclientsecret",
        "post /identities/updateoauth2credentialprovider http/1.1",
        "ALTER CURRENT",
        "ALTER USER",
        "CREATE USER",
    ]);
    writes.contains(name)
}

/// One HTTP message with its body by Content-Length; `None` when the other side has left.
async fn read_message(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(at) = rest.windows(4).position(|window| window == b"\r\n\r\n") {
            let length = head(rest)
                .lines()
                .find_map(|line| {
                    line.strip_prefix("content-length:")
                        .and_then(|length| length.trim().parse().ok())
                })
                .unwrap_or(0_usize);
            let whole = at + 4 + length;
            if rest.len() >= whole {
                let after = rest.split_off(whole);
                return Some(std::mem::replace(rest, after));
            }
        }
        let mut chunk = vec![0; 16_384];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => rest.extend_from_slice(&chunk[..count]),
        }
    }
}
