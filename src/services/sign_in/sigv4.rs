//! AWS Signature Version 4 over a request as it will be sent.

use std::{sync::Arc, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue};

use crate::{
    model::{Failure, FailureKind},
    services::aws::account::Account,
};

use super::{Headers, SignInRefusal};

/// What is signed: exactly what will be sent.
#[derive(Clone, Copy)]
pub(crate) struct Signable<'a> {
    /// Method.
    pub(crate) method: &'a str,
    /// Address with path and query as they go out; the path is encoded once more for signing, as AgentCore expects.
    pub(crate) url: &'a str,
    /// Headers to be signed beside Host; never `connection`.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// Body.
    pub(crate) body: &'a [u8],
}

/// Signs requests to AgentCore with the deployment's AWS credentials.
pub(crate) struct SigV4 {
    account: Arc<Account>,
    region: String,
}

impl SigV4 {
    /// For requests to `url`, whose host names the region, or else the deployment does.
    pub(crate) fn new(account: Arc<Account>, url: &str) -> Self {
        let host = url::Url::parse(url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default();
        let labels: Vec<&str> = host.split('.').collect();
        let by_host = labels
            .iter()
            .position(|label| *label == "amazonaws")
            .and_then(|at| labels.get(at.checked_sub(1)?));
        let region = by_host.map_or_else(|| account.region.clone(), |region| (*region).to_owned());
        Self { account, region }
    }
}

impl super::Credentials for SigV4 {
    fn authorize<'a>(&'a self, request: Signable<'a>) -> BoxFuture<'a, Result<Headers, Failure>> {
        Box::pin(async move {
            let credentials = self.account.credentials("signing the request").await?;
            headers(
                "signing the request",
                request,
                &credentials,
                "bedrock-agentcore",
                &self.region,
                self.account.signing_time(),
            )
        })
    }

    fn refused<'a>(&'a self, _: &'a Headers, _: SignInRefusal<'a>) -> BoxFuture<'a, bool> {
        Box::pin(async {
            self.account.forget_credentials().await;
            true
        })
    }

    fn renewal_hint(&self) -> Option<String> {
        Some(self.account.label().renewal_hint.clone())
    }
}

/// Returns the headers that sign a request: `authorization`, `x-amz-date`, and `x-amz-security-token` for temporary credentials.
///
/// # Errors
/// [`FailureKind::Usage`] where the request cannot be signed, which is a mistake in its address or headers.
pub(crate) fn headers(
    doing: &str,
    request: Signable<'_>,
    credentials: &Credentials,
    service: &str,
    region: &str,
    at: SystemTime,
) -> Result<Headers, Failure> {
    let wrong = |error: &dyn std::error::Error| {
        Failure::new(
            FailureKind::Usage,
            doing,
            format!("the request cannot be signed: {error}"),
        )
    };
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| wrong(&error))?
        .into();
    let signable = SignableRequest::new(
        request.method,
        request.url,
        request.headers.iter().copied(),
        SignableBody::Bytes(request.body),
    )
    .map_err(|error| wrong(&error))?;
    let (instructions, _) = sign(signable, &params)
        .map_err(|error| wrong(&error))?
        .into_parts();
    let (signed, _) = instructions.into_parts();
    signed
        .into_iter()
        .map(|header| {
            let name =
                HeaderName::from_bytes(header.name().as_bytes()).map_err(|error| wrong(&error))?;
            let mut value = HeaderValue::from_str(header.value()).map_err(|error| wrong(&error))?;
            value.set_sensitive(true);
            Ok((name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The vector of AWS's own botocore for a runtime's percent-encoded ARN path.
    #[test]
    fn the_encoded_path_is_encoded_once_more() {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        );
        let request = Signable {
            method: "POST",
            url: "https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fneo4j_mcp-abcdefghij/invocations?qualifier=DEFAULT",
            headers: &[
                ("content-type", "application/json"),
                ("accept", "application/json, text/event-stream"),
            ],
            body: br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
        };
        // 2026-01-02T03:04:05Z
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let signed = headers(
            "signing",
            request,
            &credentials,
            "bedrock-agentcore",
            "us-west-2",
            at,
        )
        .unwrap();
        let authorization = signed
            .iter()
            .find(|(name, _)| name == "authorization")
            .unwrap()
            .1
            .to_str()
            .unwrap();
        assert!(
            authorization.contains("SignedHeaders=accept;content-type;host;x-amz-date"),
            "{authorization}"
        );
        assert!(
            authorization.ends_with(
                "Signature=75533d2e7e813a5cc39927adb0b0d647d08c4d4c136291bdd12a64f2be52d6a1"
            ),
            "{authorization}"
        );
    }
}
