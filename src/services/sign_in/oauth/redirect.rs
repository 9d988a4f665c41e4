//! The loopback redirect (RFC 8252, section 7.3): a listener on this machine that waits for the browser to come back.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

use crate::model::{Failure, FailureKind, SecretText};

/// Path of the redirect.
const PATH: &str = "/callback";
/// Longest request head that is read, in bytes.
const LONGEST_HEAD: usize = 16 << 10;
/// Time limit for a request head.
const HEAD: Duration = Duration::from_secs(5);

/// What the authorization server sent with the browser.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RedirectAnswer {
    /// Authorization code.
    pub(super) code: Option<SecretText>,
    /// Error code.
    pub(super) error: Option<String>,
    /// Words of the error.
    pub(super) description: Option<String>,
    /// Issuer of the answer.
    pub(super) issuer: Option<String>,
    state: Option<String>,
    /// Session of a consent that AgentCore asked for.
    session: Option<String>,
}

/// Waits for the browser.
pub(in crate::services) struct RedirectListener {
    doing: String,
    listener: TcpListener,
    port: u16,
}

impl RedirectListener {
    /// Listens on loopback, on this port or on any free one.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if the port is taken.
    pub(in crate::services) async fn bind(doing: &str, port: Option<u16>) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            let place = port.map_or_else(|| "any port".to_owned(), |port| format!("port {port}"));
            Failure::new(
                FailureKind::Usage,
                doing,
                format!("the redirect cannot be received on {place} of loopback: {error}"),
            )
        };
        let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0)))
            .await
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self {
            doing: doing.to_owned(),
            listener,
            port,
        })
    }

    /// Returns the port of loopback.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the redirect address.
    pub(in crate::services) fn address(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the answer to the request with this `state`.
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] if an answer carries another state: then it is not the answer to this sign-in.
    pub(super) async fn answer(&self, state: &str) -> Result<RedirectAnswer, Failure> {
        loop {
            let (mut stream, _) = self.listener.accept().await.map_err(|error| {
                Failure::new(FailureKind::Network, self.doing.as_str(), error.to_string())
            })?;
            let head = tokio::time::timeout(HEAD, read_head(&mut stream)).await;
            let Some(answer) = head.ok().flatten().as_deref().and_then(parse) else {
                reply(&mut stream, "404 Not Found", "There is nothing here.").await;
                continue;
            };
            if answer.state.as_deref() != Some(state) {
                reply(
                    &mut stream,
                    "400 Bad Request",
                    "This answer does not belong to the sign-in that is waiting.",
                )
                .await;
                return Err(Failure::new(
                    FailureKind::SignIn,
                    self.doing.as_str(),
                    "the answer carries a wrong state: it does not belong to this sign-in",
                ));
            }
            let words = if answer.error.is_some() {
                "The sign-in was refused. This window can be closed."
            } else {
                "Signed in. This window can be closed; agentcore-console goes on."
            };
            reply(&mut stream, "200 OK", words).await;
            return Ok(answer);
        }
    }
}

impl RedirectListener {
    /// Waits for the browser that comes back from AgentCore's consent page. Returns the session URI to complete.
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] if the person refused.
    pub(in crate::services) async fn session(&self) -> Result<String, Failure> {
        let failed = |kind, cause: String| Err(Failure::new(kind, self.doing.as_str(), cause));
        loop {
            let (mut stream, _) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => return failed(FailureKind::Network, error.to_string()),
            };
            let head = tokio::time::timeout(HEAD, read_head(&mut stream)).await;
            let answer = head.ok().flatten().as_deref().and_then(parse);
            match answer {
                Some(RedirectAnswer {
                    error: Some(error), ..
                }) => {
                    let words = "The consent was refused. This window can be closed.";
                    reply(&mut stream, "200 OK", words).await;
                    return Err(consent_refused(&self.doing, &error));
                }
                Some(RedirectAnswer {
                    session: Some(session),
                    ..
                }) => {
                    let words =
                        "Consent given. This window can be closed; agentcore-console goes on.";
                    reply(&mut stream, "200 OK", words).await;
                    return Ok(session);
                }
                Some(_) | None => {
                    reply(&mut stream, "404 Not Found", "There is nothing here.").await;
                }
            }
        }
    }
}

/// Returns the failure of a consent that was not given.
fn consent_refused(doing: &str, error: &str) -> Failure {
    let failure = |cause: String| Failure::new(FailureKind::SignIn, doing, cause).code(error);
    match error {
        "access_denied" => failure("the consent was declined; the tool was not called".to_owned())
            .hint("call the tool again and agree on the page that opens; the target needs your consent to act for you"),
        other => failure(format!("the provider refused the consent: {other}"))
            .hint("check the credential provider's client, scopes and callback address, then call the tool again"),
    }
}

/// Reads the head of a request; `None` if the connection ends before, or it is too long.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let count = stream.read(&mut chunk).await.ok()?;
        head.extend_from_slice(chunk.get(..count)?);
        if count == 0 || head.len() > LONGEST_HEAD {
            return None;
        }
        if head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            return String::from_utf8(head).ok();
        }
    }
}

/// Returns the answer in a request for the redirect; `None` for any other request.
fn parse(head: &str) -> Option<RedirectAnswer> {
    let mut line = head.lines().next()?.split(' ');
    if line.next()? != "GET" {
        return None;
    }
    let url = Url::parse("http://127.0.0.1")
        .ok()?
        .join(line.next()?)
        .ok()?;
    if url.path() != PATH || url.query().is_none() {
        return None;
    }
    let mut answer = RedirectAnswer::default();
    for (name, value) in url.query_pairs() {
        let value = value.into_owned();
        match name.as_ref() {
            "code" => answer.code = Some(SecretText::new(value)),
            "error" => answer.error = Some(value),
            "error_description" => answer.description = Some(value),
            "iss" => answer.issuer = Some(value),
            "state" => answer.state = Some(value),
            "session_id" => answer.session = Some(value),
            _ => {}
        }
    }
    Some(answer)
}

async fn reply(stream: &mut TcpStream, status: &str, words: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>agentcore-console</title><p>{words}</p></html>"
    );
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    // The browser may be gone already; the answer is what counts.
    let _ = stream.write_all(response.as_bytes()).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(port: u16, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    #[tokio::test]
    async fn the_answer_with_the_right_state_is_taken() {
        let listener = RedirectListener::bind("signing in", None).await.unwrap();
        let port = listener.port;
        let asking = tokio::spawn(async move {
            let favicon = ask(port, "/favicon.ico").await;
            let page = ask(
                port,
                "/callback?code=abc&state=right&iss=https%3A%2F%2Fas.example",
            )
            .await;
            (favicon, page)
        });
        let answer = listener.answer("right").await.unwrap();
        assert_eq!(answer.code, Some(SecretText::from("abc")));
        assert_eq!(answer.issuer.as_deref(), Some("https://as.example"));
        let (favicon, page) = asking.await.unwrap();
        assert!(favicon.starts_with("HTTP/1.1 404"), "{favicon}");
        assert!(page.contains("Signed in."), "{page}");
    }

    #[tokio::test]
    async fn a_wrong_state_ends_the_sign_in() {
        let listener = RedirectListener::bind("signing in", None).await.unwrap();
        let port = listener.port;
        let asking = tokio::spawn(async move { ask(port, "/callback?code=abc&state=wrong").await });
        let failure = listener.answer("right").await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::SignIn);
        assert!(asking.await.unwrap().starts_with("HTTP/1.1 400"));
    }

    #[tokio::test]
    async fn a_consent_comes_back_with_its_session() {
        let listener = RedirectListener::bind("waiting", None).await.unwrap();
        let port = listener.port;
        let asking =
            tokio::spawn(async move { ask(port, "/callback?session_id=urn%3Aa%3Ab").await });
        assert_eq!(listener.session().await.unwrap(), "urn:a:b");
        assert!(asking.await.unwrap().contains("Consent given."));
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer() {
        let listener = RedirectListener::bind("signing in", None).await.unwrap();
        let port = listener.port;
        let asking =
            tokio::spawn(async move { ask(port, "/callback?error=access_denied&state=s").await });
        let answer = listener.answer("s").await.unwrap();
        assert_eq!(answer.error.as_deref(), Some("access_denied"));
        asking.await.unwrap();
    }
}
