//! AWS operations that no SDK crate is carried for: signed by hand, sent by the plain HTTP client, retried like an SDK's.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::{
    model::{Failure, FailureKind},
    net::{http_client, retry},
    services::{
        aws::client::AwsClient,
        sign_in::sigv4::{self, Signable},
    },
};

use super::{account::Account, account_config::ATTEMPTS, failure, failure::AwsOperation};

/// Longest answer that is read. The largest known one is a page of ten thousand log events: 1 MB of text, up to six times that
/// where all of it is escaped, and what belongs to each event.
const LONGEST: usize = 16 << 20;

/// A request to an AWS service.
pub(crate) struct SignedRequest<'a> {
    /// POST or PUT.
    pub(crate) method: http::Method,
    /// Signing name: `cloudformation`; `None` sends it unsigned (Cognito's InitiateAuth).
    pub(crate) service: Option<&'a str>,
    /// Address with path and query.
    pub(crate) url: String,
    /// Headers; all of them are signed.
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

/// A successful answer.
pub(crate) struct AwsResponse {
    /// Its body.
    pub(crate) body: Bytes,
    /// The request's id.
    pub(crate) request_id: Option<String>,
}

/// A write that has failed in the end.
#[derive(Debug)]
pub(crate) struct WriteFailure {
    /// The failure of the last attempt.
    pub(crate) failure: Failure,
    /// An earlier attempt had no answer: what the last one was refused for may be its effect.
    pub(crate) may_be_done: bool,
}

impl WriteFailure {
    /// Returns whether the last attempt may have been refused because an earlier one took effect.
    pub(crate) fn is_own_effect(&self) -> bool {
        self.may_be_done
            && matches!(
                self.failure.kind,
                FailureKind::Conflict | FailureKind::NotFound | FailureKind::Usage
            )
    }
}

impl From<WriteFailure> for Failure {
    fn from(error: WriteFailure) -> Self {
        let WriteFailure {
            mut failure,
            may_be_done,
        } = error;
        if may_be_done {
            failure.cause = format!(
                "{}; an earlier attempt of the same request had no answer and may have taken effect",
                failure.cause.trim_end_matches('.')
            );
        }
        failure
    }
}

impl AwsResponse {
    /// Returns the body as JSON.
    ///
    /// # Errors
    /// [`FailureKind::Network`] where it is something else.
    pub(crate) fn json(&self, doing: &str) -> Result<Value, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| not_aws(doing, &error, &self.body))
    }

    /// Returns the body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl AwsClient {
    /// Sends a signed request. Throttling, broken connections and 5xx are tried again with jitter.
    pub(crate) async fn send_signed(
        &self,
        account: &Account,
        doing: AwsOperation<'_>,
        request: &SignedRequest<'_>,
    ) -> Result<AwsResponse, Failure> {
        // A reading that was repeated has changed nothing.
        let sent = self.send_write(account, doing, request).await;
        sent.map_err(|error| error.failure)
    }

    /// Sends a signed request like [`Self::send_signed`]. A failure says whether an earlier attempt may have taken effect.
    pub(crate) async fn send_write(
        &self,
        account: &Account,
        doing: AwsOperation<'_>,
        request: &SignedRequest<'_>,
    ) -> Result<AwsResponse, WriteFailure> {
        let mut failures = 0;
        let mut may_be_done = false;
        loop {
            account.pace.turn(doing.action).await;
            match self.send_once(account, doing, request).await {
                Err((failure, was_sent))
                    if failure.kind.is_transient()
                        && failure.kind != FailureKind::Timeout
                        && failures + 1 < ATTEMPTS =>
                {
                    failures += 1;
                    may_be_done |= was_sent && failure.kind != FailureKind::Throttled;
                    tokio::time::sleep(retry::AWS.wait(failures)).await;
                }
                Err((failure, _)) => {
                    let failure = account.observe(failure);
                    if failure.kind == FailureKind::SignIn {
                        account.forget_credentials().await;
                    }
                    return Err(WriteFailure {
                        failure,
                        may_be_done,
                    });
                }
                Ok(answer) => return Ok(answer),
            }
        }
    }

    /// Sends the request once. A failure says whether the request may have reached the service.
    async fn send_once(
        &self,
        account: &Account,
        doing: AwsOperation<'_>,
        request: &SignedRequest<'_>,
    ) -> Result<AwsResponse, (Failure, bool)> {
        let sending = self.prepare(account, doing, request).await;
        let sending = sending.map_err(|failure| (failure, false))?;
        let sent = sending.body(request.body.clone()).send().await;
        let response = sent.map_err(|error| {
            let failure = http_client::failure(doing.text, &request.url, &error);
            (failure, !error.is_connect())
        })?;
        let answer = read_answer(account, doing, request, response).await;
        answer.map_err(|failure| (failure, true))
    }

    /// Makes the request, and signs it.
    async fn prepare(
        &self,
        account: &Account,
        doing: AwsOperation<'_>,
        request: &SignedRequest<'_>,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let bundle = account.bundle.as_deref();
        let client = self.web.client_trusting(doing.text, &request.url, bundle)?;
        let mut sending = client
            .request(request.method.clone(), &request.url)
            .timeout(self.options.timeout.min(Duration::from_secs(20)));
        for (name, value) in &request.headers {
            sending = sending.header(*name, *value);
        }
        if let Some(service) = request.service {
            let credentials = account.credentials(doing.text).await?;
            let signable = Signable {
                method: request.method.as_str(),
                url: &request.url,
                headers: &request.headers,
                body: &request.body,
            };
            for (name, value) in sigv4::headers(
                doing.text,
                signable,
                &credentials,
                service,
                &account.region,
                account.signing_time(),
            )? {
                sending = sending.header(name, value);
            }
        }
        Ok(sending)
    }
}

/// Reads an answer: its body, its request id, the clock of the service, and what is wrong with it.
async fn read_answer(
    account: &Account,
    doing: AwsOperation<'_>,
    request: &SignedRequest<'_>,
    response: reqwest::Response,
) -> Result<AwsResponse, Failure> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    if let Some(date) = headers.get("date").and_then(|date| date.to_str().ok()) {
        account.note_date(date);
    }
    let body = http_client::read_at_most(response, LONGEST)
        .await
        .map_err(|error| error.failure(doing.text, &request.url))?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(id) = failure::request_id(header) {
        account.own_requests().record(id);
    }
    let host = http_client::host_of(&request.url);
    if let Some(page) = failure::web_page(doing.text, &host, header("content-type"), &body) {
        return Err(page.status(status));
    }
    if (200..300).contains(&status) {
        let request_id = failure::request_id(header);
        return Ok(AwsResponse { body, request_id });
    }
    Err(error_answer(doing, status, &headers, &body))
}

/// Returns an error in any of AWS's protocols: JSON 1.0 and 1.1, REST JSON, query XML.
fn error_answer(doing: AwsOperation<'_>, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let request_id = failure::request_id(header);
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let text = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| json.get(*name).and_then(Value::as_str))
                .map(str::to_owned)
        };
        let code = header("x-amzn-errortype")
            .map(str::to_owned)
            .or_else(|| text(&["__type", "code", "Code"]));
        let message = text(&["message", "Message", "errorMessage"]);
        return failure::service(
            doing,
            code.as_deref(),
            message.as_deref(),
            status,
            request_id,
        );
    }
    let text = String::from_utf8_lossy(body);
    if let Ok(document) = roxmltree::Document::parse(&text) {
        let find = |name: &str| {
            document
                .descendants()
                .find(|node| node.tag_name().name() == name)
                .and_then(|node| node.text())
                .map(str::to_owned)
        };
        let request_id = request_id.or_else(|| find("RequestId"));
        return failure::service(
            doing,
            find("Code").as_deref(),
            find("Message").as_deref(),
            status,
            request_id,
        );
    }
    let failure = failure::service(doing, header("x-amzn-errortype"), None, status, request_id);
    failure.evidence(http_client::preview(body))
}

fn not_aws(doing: &str, error: &serde_json::Error, body: &[u8]) -> Failure {
    Failure::new(
        FailureKind::Network,
        doing,
        format!("the answer is not AWS's: {error}"),
    )
    .evidence(http_client::preview(body))
}
