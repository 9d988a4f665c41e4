//! Refusals of AWS operations: one type, written in the shape of the service's protocol.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::faults::FaultKind;
use crate::http::{Response, respond, set_header};
use crate::signature::SignatureRefusal;

/// How a service writes its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AgentCore.
    RestJson,
    /// Logs, Secrets Manager, Cognito (1.1) and CloudWatch (1.0).
    AwsJson(&'static str),
    /// CloudFormation, STS and CloudWatch in its old form; the XML namespace.
    Query(&'static str),
    /// CloudWatch in its new form: CBOR.
    Cbor,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    /// Members beside the message.
    pub(crate) more: Map<String, Value>,
}

impl ApiError {
    /// A refusal with status 400.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            more: Map::new(),
        }
    }

    /// A refusal of a signature, by a service of that protocol.
    pub(crate) fn of_signature(refusal: &SignatureRefusal, protocol: Protocol) -> Self {
        let code = match protocol {
            Protocol::Query(_) => refusal.query_code(),
            Protocol::RestJson | Protocol::AwsJson(_) | Protocol::Cbor => refusal.code(),
        };
        // The JSON 1.1 services answer 400, all others 403.
        let status = match (protocol, refusal) {
            (Protocol::AwsJson(_), SignatureRefusal::Missing)
            | (Protocol::RestJson | Protocol::Query(_), _) => StatusCode::FORBIDDEN,
            (Protocol::AwsJson(_) | Protocol::Cbor, _) => StatusCode::BAD_REQUEST,
        };
        Self::new(status, code, refusal.message())
    }

    /// What an injected fault makes this operation answer; none where the fault is no answer.
    pub(crate) fn of_fault(
        kind: FaultKind,
        service: &str,
        operation: &str,
        protocol: Protocol,
    ) -> Option<Self> {
        let query = matches!(protocol, Protocol::Query(_));
        match kind {
            FaultKind::Throttling => Some(throttled(service, query)),
            FaultKind::AccessDenied => {
                let message = format!(
                    "User: arn:aws:iam::{}:user/local-operator is not authorized to perform: {}:{operation} because no \
                     identity-based policy allows the action",
                    crate::scenarios::ACCOUNT,
                    permission_prefix(service),
                );
                let (status, code) = match protocol {
                    Protocol::Query(_) => (StatusCode::FORBIDDEN, "AccessDenied"),
                    Protocol::RestJson => (StatusCode::FORBIDDEN, "AccessDeniedException"),
                    Protocol::AwsJson(_) | Protocol::Cbor => {
                        (StatusCode::BAD_REQUEST, "AccessDeniedException")
                    }
                };
                Some(Self::new(status, code, message))
            }
            FaultKind::InternalError => {
                let code = match service {
                    "logs" => "ServiceUnavailableException",
                    "secretsmanager" => "InternalServiceError",
                    "cognito-idp" => "InternalErrorException",
                    "bedrock-agentcore-control" | "bedrock-agentcore" => "InternalServerException",
                    _ => "InternalFailure",
                };
                Some(Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    code,
                    "The service had an internal error.",
                ))
            }
            FaultKind::ExpiredToken => {
                Some(Self::of_signature(&SignatureRefusal::Expired, protocol))
            }
            _ => None,
        }
    }

    /// The refusal on the wire.
    pub(crate) fn into_response(self, protocol: Protocol, request_id: &str) -> Response {
        match protocol {
            Protocol::RestJson => {
                let mut response = respond(
                    self.status,
                    "application/json",
                    self.json("message", false).to_string(),
                );
                set_header(&mut response, "x-amzn-errortype", &self.code);
                response
            }
            Protocol::AwsJson(content_type) => {
                // Secrets Manager and Cognito write a small m, the front door too; clients take both.
                let response = respond(
                    self.status,
                    content_type,
                    self.json("message", true).to_string(),
                );
                with_error_type(response, &self.code)
            }
            Protocol::Query(namespace) => {
                let side = if self.status.is_server_error() {
                    "Receiver"
                } else {
                    "Sender"
                };
                let body = format!(
                    "<ErrorResponse xmlns=\"{namespace}\">\n  <Error>\n    <Type>{side}</Type>\n    <Code>{}</Code>\n    \
                     <Message>{}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
                    self.code,
                    crate::xml::escape(&self.message)
                );
                respond(self.status, "text/xml", body)
            }
            Protocol::Cbor => {
                let body = crate::cbor::encode(&self.json("message", true));
                let mut response = respond(self.status, "application/cbor", body);
                set_header(&mut response, "smithy-protocol", "rpc-v2-cbor");
                response
            }
        }
    }

    fn json(&self, message: &str, with_type: bool) -> Value {
        let mut members = Map::new();
        if with_type {
            members.insert("__type".into(), self.code.as_ref().into());
        }
        members.insert(message.into(), self.message.as_str().into());
        members.extend(self.more.clone());
        Value::Object(members)
    }
}

fn with_error_type(mut response: Response, code: &str) -> Response {
    set_header(&mut response, "x-amzn-errortype", code);
    response
}

fn throttled(service: &str, query: bool) -> ApiError {
    match service {
        "bedrock-agentcore-control" | "bedrock-agentcore" => ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "ThrottlingException",
            "Rate exceeded",
        ),
        "cognito-idp" => ApiError::bad("TooManyRequestsException", "Rate exceeded"),
        _ if query => ApiError::bad("Throttling", "Rate exceeded"),
        _ => ApiError::bad("ThrottlingException", "Rate exceeded"),
    }
}

/// The prefix of a service's permissions.
fn permission_prefix(service: &str) -> &str {
    match service {
        "bedrock-agentcore-control" => "bedrock-agentcore",
        "monitoring" => "cloudwatch",
        other => other,
    }
}
