//! A running stack, and requests to it that are signed without an SDK.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use emulator::{Options, Stack};
use serde_json::Value;

/// A stack and a client that signs.
pub(crate) struct Harness {
    pub(crate) stack: Stack,
    line: Value,
    pub(crate) http: reqwest::Client,
}

impl Harness {
    pub(crate) async fn start() -> Self {
        let stack = emulator::start(Options {
            seed: 7,
            quiet_world: true,
            ..Options::default()
        })
        .await
        .unwrap();
        let line = stack.ready_line();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { stack, line, http }
    }

    pub(crate) fn deployment(&self, name: &str) -> &Value {
        let deployments = self.line["deployments"].as_array().unwrap();
        deployments
            .iter()
            .find(|known| known["name"] == name)
            .unwrap()
    }

    /// Signs a request and sends another body if one is given.
    pub(crate) async fn send(
        &self,
        signing_name: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
        sent_body: Option<&str>,
    ) -> (u16, Value) {
        let (key, secret) = self.stack.credentials();
        let identity = Credentials::new(key, secret, None, None, "test").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-west-2")
            .name(signing_name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let url = format!("{}{path}", self.stack.endpoint());
        let host = url.trim_start_matches("http://").split('/').next().unwrap();
        let signable = SignableRequest::new(
            method,
            &url,
            headers.iter().copied().chain([("host", host)]),
            SignableBody::Bytes(body.as_bytes()),
        )
        .unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        let mut request = self
            .http
            .request(method.parse().unwrap(), &url)
            .body(sent_body.unwrap_or(body).to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in instructions.headers() {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    /// An operation of an awsJson 1.1 service.
    pub(crate) async fn json(&self, target: &str, input: &Value) -> (u16, Value) {
        let signing_name = match target {
            target if target.starts_with("AWSCognito") => "cognito-idp",
            target if target.starts_with("com.amazonaws.cloudtrail") => "cloudtrail",
            target if target.starts_with("Logs_") => "logs",
            _ => "secretsmanager",
        };
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target),
        ];
        let body = input.to_string();
        self.send(signing_name, ("POST", "/"), &headers, &body, None)
            .await
    }

    pub(crate) async fn cognito(&self, operation: &str, input: &Value) -> (u16, Value) {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        self.json(&target, input).await
    }

    pub(crate) async fn logs(&self, operation: &str, input: &Value) -> (u16, Value) {
        self.json(&format!("Logs_20140328.{operation}"), input)
            .await
    }

    pub(crate) async fn lookup(&self, input: &Value) -> (u16, Value) {
        let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
        self.json(target, input).await
    }

    /// An operation of AgentCore.
    pub(crate) async fn agentcore(
        &self,
        method: &str,
        path: &str,
        input: Option<&Value>,
    ) -> (u16, Value) {
        let body = input.map(Value::to_string).unwrap_or_default();
        let headers = [("content-type", "application/json")];
        self.send("bedrock-agentcore", (method, path), &headers, &body, None)
            .await
    }

    /// Asks with an operation of AgentCore until the resource is READY, and returns it.
    pub(crate) async fn ready(&self, method: &str, path: &str, input: Option<&Value>) -> Value {
        let asking = async {
            loop {
                let (_, answer) = self.agentcore(method, path, input).await;
                if answer.get("status").and_then(Value::as_str) == Some("READY") {
                    return answer;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), asking)
            .await
            .unwrap()
    }

    pub(crate) async fn token(&self, deployment: &Value, form: &[(&str, &str)]) -> (u16, Value) {
        let url = deployment["token_url"].as_str().unwrap();
        let response = self.http.post(url).form(form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn machine_token(&self, deployment: &Value, secret: &str) -> (u16, Value) {
        let client = deployment["client_id"].as_str().unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
        ];
        self.token(deployment, &form).await
    }
}

/// The text at a JSON pointer, empty if there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
