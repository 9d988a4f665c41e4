//! MCP sessions of a gateway. They are opt-in, belong to one caller, and expire a fixed time after
//! `initialize`.

use http::StatusCode;

use crate::aws::control::Gateway;
use crate::http::{self as wire, Request, Response, json as json_response};
use crate::mcp::message::{self, Message, session_id};
use crate::mcp::protocol;
use crate::world::SharedWorld;

/// Returns the session id to give back; sessions are opt-in and belong to one caller.
pub(super) fn session(
    world: &SharedWorld,
    gateway: &Gateway,
    version: &str,
    message: &Message,
    request: &Request,
    user: &str,
) -> Result<Option<String>, Box<Response>> {
    let Some(timeout) = gateway
        .session_timeout
        .filter(|_| version != protocol::STATELESS)
    else {
        return Ok(None);
    };
    if message.method == "initialize" {
        let id = world.seed.next_uuid();
        world.mcp.open(&gateway.id, &id, user, world.now());
        return Ok(Some(id));
    }
    let refuse = |status, text: &str| {
        Err(Box::new(json_response(
            status,
            &message.error(message::INVALID_REQUEST, text, None),
        )))
    };
    let Some(id) = session_id(request) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Bad Request: Mcp-Session-Id header is required",
        );
    };
    if world
        .mcp
        .is_open(&gateway.id, id, user, timeout, world.now())
    {
        return Ok(Some(id.to_owned()));
    }
    refuse(StatusCode::NOT_FOUND, "Session not found")
}

pub(super) fn end_session(world: &SharedWorld, gateway: &Gateway, request: &Request) -> Response {
    let known = session_id(request).is_some_and(|id| world.mcp.close(&gateway.id, id));
    let status = if known {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    wire::respond(status, "application/json", "")
}
