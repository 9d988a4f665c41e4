//! Which handler answers a request, and what every AWS operation has in common: signature, injected faults, request id.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Map, Value};

use crate::aws::{cognito, control};
use crate::faults::{FaultKind, SKEW, SLOWNESS};
use crate::http::{self as wire, Request, Response, full, header, respond, set_header};
use crate::operation::{ApiError, OperationCall, OperationReply, OperationResult, Protocol};
use crate::service::Service;
use crate::world::{SharedWorld, World};
use crate::{cbor, mcp, neo4j, signature, tokens, xml};

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

/// Returns the AWS operation that a request names; `None` if it is no request to an AWS service.
fn recognise(request: &Request) -> Option<OperationCall> {
    let path = request.uri().path();
    if let Some(target) = header(request.headers(), "x-amz-target") {
        let (service, protocol, name) = Service::of_target(target)?;
        let input = read_object(request.body());
        return Some(OperationCall::new(service, name, protocol, input));
    }
    if let Some(name) = path.strip_prefix("/service/GraniteServiceVersion20100801/operation/") {
        let input = cbor::decode(request.body());
        return Some(OperationCall::new(
            Service::CloudWatch,
            name,
            Protocol::Cbor,
            input,
        ));
    }
    if path == "/" && request.method() == Method::POST {
        return recognise_query(request);
    }
    control::handlers::recognise(request)
}

/// Returns the members of a JSON body; an empty body has none.
fn read_object(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return Some(Value::Object(Map::new()));
    }
    serde_json::from_slice(body).ok()
}

fn recognise_query(request: &Request) -> Option<OperationCall> {
    let form = xml::read_form(request.body());
    let field = |name| form.get(name).and_then(Value::as_str);
    let named = field("Version").and_then(Service::of_query_version);
    // A body that was changed on its way may name no version; whoever signed it is told so by the service of the signature.
    let (service, protocol) = named.or_else(|| {
        let service = signature::signed_service(request)?;
        let (_, namespace) = service.spec().query?;
        Some((service, Protocol::Query(namespace)))
    })?;
    let name = field("Action").unwrap_or_default().to_owned();
    Some(OperationCall::new(service, &name, protocol, Some(form)))
}

/// Does what all operations have in common.
async fn serve(world: &SharedWorld, request: &Request, call: OperationCall) -> Response {
    let request_id = world.seed.next_uuid();
    let protocol = call.protocol;
    *world.requests.lock().entry(call.name.clone()).or_default() += 1;
    let is_beyond = world.options.rate_limits && world.rates.exceeds(call.service, &call.name);
    let fault = is_beyond
        .then_some(FaultKind::Throttling)
        .or_else(|| world.faults.take_operation(call.service, &call.name));
    if let Err(refusal) = check_bearer(world, request, &call).await {
        return refusal.into_response(protocol, &request_id);
    }
    if fault == Some(FaultKind::CutBefore) {
        return wire::cut();
    }
    let result = perform(world, request, &call, fault);
    world
        .trail
        .record(world, request, &call, &request_id, &result);
    let mut response = match result {
        Ok(OperationReply::Late(reply)) => {
            tokio::time::sleep(SLOWNESS).await;
            write(*reply, &call, &request_id)
        }
        Ok(reply) => write(reply, &call, &request_id),
        Err(error) => error.into_response(protocol, &request_id),
    };
    match fault {
        Some(FaultKind::CutAfter) => return wire::cut(),
        Some(FaultKind::Slow) => tokio::time::sleep(SLOWNESS).await,
        _ => {}
    }
    set_header(&mut response, "x-amzn-requestid", &request_id);
    response
}

/// Verifies the bearer token of the one operation that takes it instead of a signature.
async fn check_bearer(
    world: &World,
    request: &Request,
    call: &OperationCall,
) -> Result<(), ApiError> {
    if !control::handlers::takes_bearer(world, request, call) {
        return Ok(());
    }
    let Some(authorizer) = control::handlers::bearer_authorizer(world, call) else {
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

/// The signature comes first, as at AWS: a request that is not the signer's is refused whatever it asks for.
fn perform(
    world: &SharedWorld,
    request: &Request,
    call: &OperationCall,
    fault: Option<FaultKind>,
) -> OperationResult {
    authenticate(world, request, call, fault)?;
    let operation = call
        .operation
        .ok_or_else(|| ApiError::unknown_operation(call))?;
    if let Some(refusal) =
        fault.and_then(|kind| ApiError::of_fault(kind, call.service, &call.name, call.protocol))
    {
        return Err(refusal);
    }
    if call.input.is_none() {
        return Err(ApiError::bad(
            "SerializationException",
            "The request body is not an object of the operation's members",
        ));
    }
    (operation.handler)(world, call)
}

/// Verifies the signature, unless the operation takes none.
fn authenticate(
    world: &World,
    request: &Request,
    call: &OperationCall,
    fault: Option<FaultKind>,
) -> Result<(), ApiError> {
    let is_public = call.operation.is_some_and(|operation| operation.public);
    if is_public || control::handlers::takes_bearer(world, request, call) {
        return Ok(());
    }
    let skew = if fault == Some(FaultKind::ClockSkew) {
        SKEW
    } else {
        SignedDuration::ZERO
    };
    signature::verify(world, request, call.service.spec().signing_name, skew)
        .map(|_| ())
        .map_err(|refusal| ApiError::of_signature(&refusal, call.protocol))
}

fn write(reply: OperationReply, call: &OperationCall, request_id: &str) -> Response {
    let (status, value) = match reply {
        OperationReply::Whole(response) => return *response,
        OperationReply::Late(reply) => return write(*reply, call, request_id),
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
            let (name, inside) = (&call.name, value.as_str().unwrap_or_default());
            let body = format!(
                "<{name}Response xmlns=\"{namespace}\"><{name}Result>{inside}</{name}Result>\
                 <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
            );
            respond(status, "text/xml", body)
        }
    }
}
