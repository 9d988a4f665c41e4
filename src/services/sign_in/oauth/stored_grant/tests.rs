//! Sign-ins before an authorization server on loopback, with a keyring that is a script. A further [`SignIns`] stands for a further
//! process: it shares nothing with the first but the keyring.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

use super::*;
use crate::{
    net::keyring::tests::FakeKeyring,
    services::{ServiceOptions, Services},
};

/// How the token endpoint answers a form: the status and the members of the response.
type TokenEndpoint = dyn Fn(&str) -> (u16, Value) + Send + Sync;

/// An authorization server that lets everybody in.
struct Issuer {
    address: String,
    /// The forms that its token endpoint received.
    forms: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    /// Serves with this token endpoint until the test ends.
    async fn start(answer: impl Fn(&str) -> (u16, Value) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Self {
            address: address.clone(),
            forms: Arc::default(),
        };
        let forms = Arc::clone(&issuer.forms);
        let answer: Arc<TokenEndpoint> = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (address, forms) = (address.clone(), Arc::clone(&forms));
                tokio::spawn(serve(stream, address, forms, Arc::clone(&answer)));
            }
        });
        issuer
    }

    /// Gives a new refresh token with each access token: `refresh-1`, `refresh-2`, …
    async fn rotating() -> Self {
        let count = Mutex::new(0);
        Self::start(move |_| {
            let mut count = count.lock();
            *count += 1;
            (200, granted(&format!("refresh-{count}")))
        })
        .await
    }

    fn deployment(&self) -> Deployment {
        Deployment {
            mcp_url: Some("http://127.0.0.1:9/mcp".into()),
            sign_in: SignIn::OAuth {
                issuer: Some(self.address.clone()),
                client_id: None,
                client_secret: None,
                scope: Some("mcp".into()),
                redirect_port: None,
                keep_tokens: TokenStorage::Keyring,
            },
            ..Deployment::new("studio", "us-west-2")
        }
    }

    fn forms(&self) -> Vec<String> {
        std::mem::take(&mut *self.forms.lock())
    }
}

fn granted(refresh: &str) -> Value {
    json!({"access_token": "canary-access", "expires_in": 0, "refresh_token": refresh})
}

async fn serve(
    mut stream: TcpStream,
    address: String,
    forms: Arc<Mutex<Vec<String>>>,
    answer: Arc<TokenEndpoint>,
) {
    let (path, body) = request(&mut stream).await;
    let (status, body) = match path.as_str() {
        "/.well-known/oauth-authorization-server" => {
            let metadata = json!({
                "issuer": address,
                "authorization_endpoint": format!("{address}/authorize"),
                "token_endpoint": format!("{address}/token"),
                "registration_endpoint": format!("{address}/register"),
            });
            (200, metadata)
        }
        "/register" => (
            201,
            json!({"client_id": "registered", "client_secret": "canary-client"}),
        ),
        "/token" => {
            let response = answer(&body);
            forms.lock().push(body);
            response
        }
        _ => (404, Value::Null),
    };
    let body = body.to_string();
    let response = format!(
        "HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(response.as_bytes()).await.unwrap();
}

/// Reads a request: its path and its body.
async fn request(stream: &mut TcpStream) -> (String, String) {
    let mut text = String::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap();
        text.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            let path = head.split(' ').nth(1).unwrap_or_default();
            return (path.to_owned(), body.to_owned());
        }
    }
}

/// What one process told its user.
#[derive(Default)]
struct Told {
    addresses: usize,
    not_kept: Vec<Failure>,
}

/// One process with the keyring.
struct Process {
    sign_ins: SignIns,
    told: Arc<Mutex<Told>>,
}

impl Process {
    /// The person at its browser always agrees.
    fn start(keyring: &FakeKeyring) -> Self {
        let mut sign_ins = Services::new(ServiceOptions::default()).sign_ins;
        sign_ins.keyring = Arc::new(TokenKeyring::of(Some(keyring.keyring.clone())));
        let told = Arc::<Mutex<Told>>::default();
        let log = Arc::clone(&told);
        sign_ins.set_announce(Box::new(move |notice| match notice {
            SignInNotice::Address(address) => {
                log.lock().addresses += 1;
                tokio::spawn(agree(address.to_owned()));
            }
            SignInNotice::ConsentAsked(_) | SignInNotice::ConsentGiven(_) => {}
            SignInNotice::NotKept(failure) => log.lock().not_kept.push(failure.clone()),
        }));
        Self { sign_ins, told }
    }

    /// Obtains a token, and returns how often the person was asked meanwhile. Tokens end at once: the next one is obtained again.
    async fn sign_in(&self, deployment: &Deployment) -> usize {
        let before = self.told.lock().addresses;
        let (token, _) = self.sign_ins.token(deployment, None).await.unwrap();
        assert_eq!(token.reveal(), "canary-access");
        self.told.lock().addresses - before
    }
}

/// Comes back to the loopback redirect with a code.
async fn agree(address: String) {
    let url = Url::parse(&address).unwrap();
    let value = |name: &str| {
        let pair = url.query_pairs().find(|(key, _)| key == name);
        pair.unwrap().1.into_owned()
    };
    let mut back = Url::parse(&value("redirect_uri")).unwrap();
    back.query_pairs_mut()
        .append_pair("code", "canary-code")
        .append_pair("state", &value("state"));
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    browser.get(back).send().await.unwrap();
}

fn members(keyring: &FakeKeyring) -> Option<Value> {
    decode(&SecretText::new(keyring.value()?))
}

#[tokio::test]
async fn another_process_goes_on_with_the_refresh_token_and_the_registered_client() {
    let (issuer, keyring) = (Issuer::rotating().await, FakeKeyring::secret_tool());
    let deployment = issuer.deployment();
    assert_eq!(Process::start(&keyring).sign_in(&deployment).await, 1);
    let stored = members(&keyring).unwrap();
    assert_eq!(stored["refresh_token"], "refresh-1");
    assert_eq!(stored["issuer"], issuer.address);
    assert_eq!(stored["client_id"], "registered");
    assert_eq!(stored["scope"], "mcp");
    issuer.forms();

    let second = Process::start(&keyring);
    assert_eq!(second.sign_in(&deployment).await, 0);
    let forms = issuer.forms();
    assert_eq!(forms.len(), 1, "{forms:?}");
    assert!(forms[0].contains("refresh_token=refresh-1"), "{forms:?}");
    assert_eq!(members(&keyring).unwrap()["refresh_token"], "refresh-2");
    assert_eq!(Process::start(&keyring).sign_in(&deployment).await, 0);
    assert!(issuer.forms()[0].contains("refresh_token=refresh-2"));

    let arguments = keyring.arguments();
    let names = "service agentcore-console account studio http://127.0.0.1:9/mcp";
    assert!(
        arguments.contains(&format!("lookup {names}\n")),
        "{arguments}"
    );
    for secret in ["refresh-", "canary", "eyJ"] {
        assert!(!arguments.contains(secret), "{secret}: {arguments}");
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_refused_is_deleted_and_the_person_is_asked() {
    let issuer = Issuer::start(|form| {
        if form.contains("refresh_token=old") {
            (400, json!({"error": "invalid_grant"}))
        } else {
            (
                200,
                json!({"access_token": "canary-access", "expires_in": 0}),
            )
        }
    })
    .await;
    let (deployment, keyring) = (issuer.deployment(), FakeKeyring::secret_tool());
    keyring.put(stored(&issuer, "old").reveal());
    let process = Process::start(&keyring);
    assert_eq!(process.sign_in(&deployment).await, 1);
    assert_eq!(keyring.value(), None);
    let told = process.told.lock();
    assert_eq!(told.not_kept.len(), 1, "{:?}", told.not_kept);
    assert!(told.not_kept[0].cause.contains("gave no refresh token"));
}

/// Returns the value of an entry that another process has stored.
fn stored(issuer: &Issuer, refresh: &str) -> SecretText {
    let client = json!({"client_id": "registered", "redirect_port": 1});
    let grant = OAuthGrant {
        issuer: issuer.address.clone(),
        client: OAuthClient::registered_from(&client).unwrap(),
        refresh: None,
        scope: Some("mcp".into()),
    };
    encode(&grant, &SecretText::from(refresh), Some("mcp"), None)
}

#[tokio::test]
async fn a_refresh_token_that_another_process_has_replaced_meanwhile_is_used() {
    let keyring = Arc::new(FakeKeyring::secret_tool());
    let replacement = Arc::<Mutex<Option<SecretText>>>::default();
    let (place, value) = (Arc::clone(&keyring), Arc::clone(&replacement));
    let issuer = Issuer::start(move |form| {
        if form.contains("refresh_token=old") {
            place.put(value.lock().as_ref().unwrap().reveal());
            (400, json!({"error": "invalid_grant"}))
        } else {
            (
                200,
                json!({"access_token": "canary-access", "expires_in": 0}),
            )
        }
    })
    .await;
    *replacement.lock() = Some(stored(&issuer, "new"));
    keyring.put(stored(&issuer, "old").reveal());
    let process = Process::start(&keyring);
    assert_eq!(process.sign_in(&issuer.deployment()).await, 0);
    assert!(issuer.forms()[1].contains("refresh_token=new"));
    assert_eq!(members(&keyring).unwrap()["refresh_token"], "new");
}

#[tokio::test]
async fn an_entry_of_another_configuration_is_not_used() {
    let (issuer, keyring) = (Issuer::rotating().await, FakeKeyring::secret_tool());
    let other = Issuer::rotating().await;
    for (what, value) in [
        ("another issuer", stored(&other, "old")),
        ("no value of ours", SecretText::from("something else")),
        ("a configured client", {
            let grant = OAuthGrant {
                issuer: issuer.address.clone(),
                client: OAuthClient::public("configured".into()),
                refresh: None,
                scope: None,
            };
            encode(&grant, &SecretText::from("old"), Some("mcp"), None)
        }),
        ("another resource", {
            let grant = OAuthGrant {
                issuer: issuer.address.clone(),
                client: OAuthClient::registered_from(
                    &json!({"client_id": "r", "redirect_port": 1}),
                )
                .unwrap(),
                refresh: None,
                scope: None,
            };
            encode(
                &grant,
                &SecretText::from("old"),
                Some("mcp"),
                Some("urn:other"),
            )
        }),
    ] {
        keyring.put(value.reveal());
        let asked = Process::start(&keyring).sign_in(&issuer.deployment()).await;
        assert_eq!(asked, 1, "{what}");
        let forms = issuer.forms();
        assert!(!forms.join(" ").contains("=old"), "{what}: {forms:?}");
    }
}

#[tokio::test]
async fn who_signs_out_elsewhere_is_asked_again() {
    let (issuer, keyring) = (Issuer::rotating().await, FakeKeyring::secret_tool());
    let (first, deployment) = (Process::start(&keyring), issuer.deployment());
    assert_eq!(first.sign_in(&deployment).await, 1);
    assert_eq!(first.sign_in(&deployment).await, 0);
    let account = Process::start(&keyring)
        .sign_ins
        .sign_out(&deployment, None)
        .await
        .unwrap();
    assert_eq!(account.as_deref(), Some("studio http://127.0.0.1:9/mcp"));
    assert_eq!(keyring.value(), None);
    assert_eq!(first.sign_in(&deployment).await, 1);
}

#[tokio::test]
async fn a_keyring_that_cannot_be_used_is_reported_once_and_the_token_stays_in_memory() {
    let (issuer, keyring) = (Issuer::rotating().await, FakeKeyring::without_bus());
    let (process, deployment) = (Process::start(&keyring), issuer.deployment());
    assert_eq!(process.sign_in(&deployment).await, 1);
    assert_eq!(process.sign_in(&deployment).await, 0, "renewed from memory");
    let told = process.told.lock();
    assert_eq!(told.not_kept.len(), 1, "{:?}", told.not_kept);
    let text = told.not_kept[0].to_string();
    assert!(
        text.contains("Cannot autolaunch D-Bus") && text.contains("stays in memory"),
        "{text}"
    );
    assert_eq!(
        keyring.arguments().lines().count(),
        1,
        "it is not tried again"
    );
}

#[tokio::test]
async fn the_keyring_is_left_alone_unless_it_is_wished() {
    let (issuer, keyring) = (Issuer::rotating().await, FakeKeyring::secret_tool());
    let mut deployment = issuer.deployment();
    if let SignIn::OAuth { keep_tokens, .. } = &mut deployment.sign_in {
        *keep_tokens = TokenStorage::Memory;
    }
    let process = Process::start(&keyring);
    assert_eq!(process.sign_in(&deployment).await, 1);
    assert_eq!(process.sign_in(&deployment).await, 0);
    assert_eq!(keyring.arguments(), "");
}

#[tokio::test]
async fn only_a_sign_in_in_the_browser_can_be_signed_out_of() {
    let process = Process::start(&FakeKeyring::secret_tool());
    let deployment = Deployment::new("batch", "us-west-2");
    let refused = process
        .sign_ins
        .sign_out(&deployment, Some(&SignIn::SigV4))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, FailureKind::Usage);
}
