//! Which handler answers a request, and what every AWS operation has in common: signature, injected faults, request id.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::Value;

use crate::aws::{cloudformation, cognito, control, logs, metrics, secrets, sts};
use crate::faults::FaultKind;
use crate::http::{self as wire, Request, Response, full, header, respond, set_header};
use crate::operation::{ApiError, Protocol};
use crate::world::{SharedWorld, World};
use crate::{cbor, mcp, neo4j, signature, tokens};

/// How late an answer is under the fault `slow`.
const SLOWNESS: std::time::Duration = std::time::Duration::from_secs(3);
/// How far the service's clock is ahead under the fault `clock-skew`.
const SKEW: SignedDuration = SignedDuration::from_mins(20);

/// One call of an AWS operation, as it was recognised.
#[derive(Debug)]
pub(crate) struct OperationCall {
    /// The endpoint prefix.
    pub(crate) service: &'static str,
    pub(crate) operation: String,
    pub(crate) protocol: Protocol,
    /// Body, query and path members together.
    pub(crate) input: Value,
}

/// What an operation answers when it is not refused.
#[derive(Debug)]
pub(crate) enum OperationReply {
    /// Status 200 and this.
    Json(Value),
    /// Another good status.
    Status(u16, Value),
    /// Status 200 and this JSON, written already.
    Text(String),
    /// The inside of `<OperationResult>`.
    Xml(String),
    /// Written by the handler itself.
    Whole(Box<Response>),
}

/// What a handler gives.
pub(crate) type OperationResult = Result<OperationReply, ApiError>;

/// Answers any request.
pub(crate) async fn dispatch(world: &SharedWorld, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/neo4j/") || path.starts_with("/db/") {
        return neo4j::handle(world, request).await;
    }
    if let Some(call) = recognise(&request) {
        return serve(world, &request, call).await;
    }
    if cognito::serves(world, path) {
        return cognito::handle_web(world, &request).await;
    }
    mcp::handle(world, request).await
}

/// Finds out whether this is an AWS operation, and which.
fn recognise(request: &Request) -> Option<OperationCall> {
    let path = request.uri().path();
    if let Some(target) = header(request.headers(), "x-amz-target") {
        let (prefix, operation) = target.split_once('.')?;
        let (service, content_type) = match prefix {
            "Logs_20140328" => ("logs", "application/x-amz-json-1.1"),
            "secretsmanager" => ("secretsmanager", "application/x-amz-json-1.1"),
            "AWSCognitoIdentityProviderService" => ("cognito-idp", "application/x-amz-json-1.1"),
            "GraniteServiceVersion20100801" => ("monitoring", "application/x-amz-json-1.0"),
            _ => return None,
        };
        let input = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        return Some(OperationCall {
            service,
            operation: operation.into(),
            protocol: Protocol::AwsJson(content_type),
            input,
        });
    }
    if let Some(operation) = path.strip_prefix("/service/GraniteServiceVersion20100801/operation/")
    {
        let input = cbor::decode(request.body()).unwrap_or(Value::Null);
        return Some(OperationCall {
            service: "monitoring",
            operation: operation.into(),
            protocol: Protocol::Cbor,
            input,
        });
    }
    if path == "/" && request.method() == Method::POST {
        return recognise_query(request);
    }
    control::recognise(request)
}

fn recognise_query(request: &Request) -> Option<OperationCall> {
    let form = crate::xml::read_form(request.body());
    let action = form.get("Action")?.as_str()?.to_owned();
    let (service, namespace) = match form.get("Version").and_then(Value::as_str) {
        Some("2010-05-15") => (
            "cloudformation",
            "http://cloudformation.amazonaws.com/doc/2010-05-15/",
        ),
        Some("2011-06-15") => ("sts", "https://sts.amazonaws.com/doc/2011-06-15/"),
        Some("2010-08-01") => (
            "monitoring",
            "http://monitoring.amazonaws.com/doc/2010-08-01/",
        ),
        _ => return None,
    };
    Some(OperationCall {
        service,
        operation: action,
        protocol: Protocol::Query(namespace),
        input: form,
    })
}

/// What all operations have in common.
async fn serve(world: &SharedWorld, request: &Request, call: OperationCall) -> Response {
    let request_id = world.seed.next_uuid();
    let protocol = call.protocol;
    let fault = world.faults.take_operation(call.service, &call.operation);
    if let Err(refusal) = check_bearer(world, request, &call).await {
        return refusal.into_response(protocol, &request_id);
    }
    let mut response = match fault {
        Some(FaultKind::CutBefore) => return wire::cut(),
        _ => match perform(world, request, &call, fault) {
            Ok(reply) => write(reply, &call, &request_id),
            Err(error) => error.into_response(protocol, &request_id),
        },
    };
    match fault {
        Some(FaultKind::CutAfter) => return wire::cut(),
        Some(FaultKind::Slow) => tokio::time::sleep(SLOWNESS).await,
        _ => {}
    }
    set_header(&mut response, "x-amzn-requestid", &request_id);
    response
}

/// Judges the bearer token of the one operation that takes it instead of a signature.
async fn check_bearer(
    world: &World,
    request: &Request,
    call: &OperationCall,
) -> Result<(), ApiError> {
    if !control::takes_bearer(world, request, call) {
        return Ok(());
    }
    let Some(authorizer) = control::bearer_authorizer(world, call) else {
        return Ok(());
    };
    let token = tokens::bearer(header(request.headers(), "authorization"));
    let refuse = |refusal: tokens::TokenRefusal| {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "UnauthorizedException",
            refusal.message(),
        )
    };
    tokens::verify(world, &authorizer, token)
        .await
        .map(|_| ())
        .map_err(refuse)
}

fn perform(
    world: &SharedWorld,
    request: &Request,
    call: &OperationCall,
    fault: Option<FaultKind>,
) -> OperationResult {
    if !crate::service::names(call.service).contains(&call.operation.as_str()) {
        let message = format!(
            "The embedded stack does not serve {}:{}",
            call.service, call.operation
        );
        let code = if matches!(call.protocol, Protocol::Query(_)) {
            "InvalidAction"
        } else {
            "UnknownOperationException"
        };
        return Err(ApiError::bad(code, message));
    }
    authenticate(world, request, call, fault)?;
    if let Some(refusal) = fault
        .and_then(|kind| ApiError::of_fault(kind, call.service, &call.operation, call.protocol))
    {
        return Err(refusal);
    }
    if call.input.is_null() && !request.body().is_empty() {
        return Err(ApiError::bad(
            "SerializationException",
            "The request body cannot be read",
        ));
    }
    match call.service {
        "logs" => logs::handle(world, &call.operation, &call.input),
        "secretsmanager" => secrets::handle(world, &call.operation, &call.input),
        "cognito-idp" => cognito::handle(world, &call.operation, &call.input),
        "cloudformation" => cloudformation::handle(world, &call.operation, &call.input),
        "monitoring" => metrics::handle(world, call),
        "sts" => sts::handle(&call.operation),
        _ => control::handle(world, call),
    }
}

/// Verifies the signature, where the operation wants one.
fn authenticate(
    world: &World,
    request: &Request,
    call: &OperationCall,
    fault: Option<FaultKind>,
) -> Result<(), ApiError> {
    if call.operation == "InitiateAuth" || control::takes_bearer(world, request, call) {
        return Ok(());
    }
    let name = match call.service {
        "bedrock-agentcore-control" => "bedrock-agentcore",
        other => other,
    };
    let skew = if fault == Some(FaultKind::ClockSkew) {
        SKEW
    } else {
        SignedDuration::ZERO
    };
    signature::verify(world, request, name, skew)
        .map(|_| ())
        .map_err(|refusal| ApiError::of_signature(&refusal, call.protocol))
}

fn write(reply: OperationReply, call: &OperationCall, request_id: &str) -> Response {
    let (status, value) = match reply {
        OperationReply::Whole(response) => return *response,
        OperationReply::Text(text) => {
            let kind = if let Protocol::AwsJson(kind) = call.protocol {
                kind
            } else {
                "application/json"
            };
            return respond(StatusCode::OK, kind, text);
        }
        OperationReply::Xml(inside) => (StatusCode::OK, Value::String(inside)),
        OperationReply::Json(value) => (StatusCode::OK, value),
        OperationReply::Status(status, value) => (
            StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            value,
        ),
    };
    match call.protocol {
        Protocol::RestJson if status == StatusCode::NO_CONTENT => {
            let mut response = Response::new(full(""));
            *response.status_mut() = status;
            response
        }
        Protocol::RestJson => respond(status, "application/json", value.to_string()),
        Protocol::AwsJson(content_type) => respond(status, content_type, value.to_string()),
        Protocol::Cbor => {
            let mut response = respond(status, "application/cbor", cbor::encode(&value));
            set_header(&mut response, "smithy-protocol", "rpc-v2-cbor");
            response
        }
        Protocol::Query(namespace) => {
            let (name, inside) = (&call.operation, value.as_str().unwrap_or_default());
            let body = format!(
                "<{name}Response xmlns=\"{namespace}\"><{name}Result>{inside}</{name}Result>\
                 <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
            );
            respond(status, "text/xml", body)
        }
    }
}
