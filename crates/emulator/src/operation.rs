//! One call of an AWS operation: what was asked, what is answered, and the refusal in the shape of the service's protocol.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::faults::FaultKind;
use crate::http::{Response, respond, set_header};
use crate::service::{Operation, Service};
use crate::signature::SignatureRefusal;

/// How a service writes its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AgentCore.
    RestJson,
    /// Logs, Secrets Manager, Cognito, CloudTrail (1.1) and CloudWatch (1.0); the content type.
    AwsJson(&'static str),
    /// CloudFormation, STS and CloudWatch in its old form; the XML namespace.
    Query(&'static str),
    /// CloudWatch in its new form: CBOR.
    Cbor,
}

/// One call of an AWS operation.
#[derive(Debug)]
pub(crate) struct OperationCall {
    pub(crate) service: Service,
    /// The name as it was asked for.
    pub(crate) name: String,
    /// The operation of that name; `None` if the embedded stack does not serve it.
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) protocol: Protocol,
    /// Body, query and path members together; `None` if the body is not an object.
    pub(crate) input: Option<Value>,
}

impl OperationCall {
    /// Returns a call of the operation with that name.
    pub(crate) fn new(
        service: Service,
        name: &str,
        protocol: Protocol,
        input: Option<Value>,
    ) -> Self {
        Self {
            service,
            name: name.to_owned(),
            operation: service.operation(name),
            protocol,
            input: input.filter(Value::is_object),
        }
    }

    /// Returns the members of the call; null if the body could not be read, which the dispatcher refuses.
    pub(crate) fn input(&self) -> &Value {
        self.input.as_ref().unwrap_or(&Value::Null)
    }
}

/// What an operation answers unless it refuses.
#[derive(Debug)]
pub(crate) enum OperationReply {
    /// Status 200 and this.
    Json(Value),
    /// Another good status.
    Status(u16, Value),
    /// Status 200 and this JSON, already written.
    Text(String),
    /// The inside of `<OperationResult>`.
    Xml(String),
    /// The same, after the delay of the fault `slow`.
    Late(Box<OperationReply>),
    /// Written by the handler itself.
    Whole(Box<Response>),
}

/// The result of a handler.
pub(crate) type OperationResult = Result<OperationReply, ApiError>;

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
    /// Returns a refusal with status 400.
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

    /// Returns a refusal of a signature, by a service of that protocol.
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

    /// Returns what an injected fault makes this operation answer; none where the fault is no answer.
    pub(crate) fn of_fault(
        kind: FaultKind,
        service: Service,
        operation: &str,
        protocol: Protocol,
    ) -> Option<Self> {
        if kind == FaultKind::Throttling {
            return Some(Self::throttled(service, protocol));
        }
        if kind == FaultKind::AccessDenied {
            return Some(Self::access_denied(service, operation, protocol));
        }
        if kind == FaultKind::ExpiredToken {
            return Some(Self::of_signature(&SignatureRefusal::Expired, protocol));
        }
        (kind == FaultKind::InternalError).then(|| Self::internal_error(service))
    }

    fn internal_error(service: Service) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            service.spec().internal_error,
            "The service had an internal error.",
        )
    }

    fn access_denied(service: Service, operation: &str, protocol: Protocol) -> Self {
        let message = format!(
            "User: {} is not authorized to perform: {}:{operation} because no identity-based policy \
             allows the action",
            crate::scenarios::CALLER_ARN,
            service.spec().iam_prefix,
        );
        let (status, code) = match protocol {
            Protocol::Query(_) => (StatusCode::FORBIDDEN, "AccessDenied"),
            Protocol::RestJson => (StatusCode::FORBIDDEN, "AccessDeniedException"),
            Protocol::AwsJson(_) | Protocol::Cbor => {
                (StatusCode::BAD_REQUEST, "AccessDeniedException")
            }
        };
        Self::new(status, code, message)
    }

    /// Returns the refusal of a call that came too soon after others.
    pub(crate) fn throttled(service: Service, protocol: Protocol) -> Self {
        let status = match protocol {
            Protocol::RestJson => StatusCode::TOO_MANY_REQUESTS,
            Protocol::AwsJson(_) | Protocol::Query(_) | Protocol::Cbor => StatusCode::BAD_REQUEST,
        };
        let code = match protocol {
            Protocol::Query(_) => "Throttling",
            Protocol::RestJson | Protocol::AwsJson(_) | Protocol::Cbor => service.spec().throttled,
        };
        Self::new(status, code, "Rate exceeded")
    }

    /// Returns the refusal of an operation that the embedded stack does not serve.
    pub(crate) fn unknown_operation(call: &OperationCall) -> Self {
        let message = format!(
            "The embedded stack does not serve {}:{}",
            call.service.prefix(),
            call.name
        );
        match call.protocol {
            Protocol::Query(_) => Self::bad("InvalidAction", message),
            Protocol::RestJson => {
                Self::new(StatusCode::NOT_FOUND, "UnknownOperationException", message)
            }
            Protocol::AwsJson(_) | Protocol::Cbor => {
                Self::bad("UnknownOperationException", message)
            }
        }
    }

    /// Returns the refusal on the wire.
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
