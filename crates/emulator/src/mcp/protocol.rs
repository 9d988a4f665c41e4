//! Protocol versions: the version of a request, and the requirements of the stateless version
//! 2026-07-28.

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::message::{HEADER_MISMATCH, INVALID_PARAMS, Message, UNSUPPORTED_VERSION};
use crate::http::{Response, header, json as json_response};

/// The version without a handshake.
pub(crate) const STATELESS: &str = "2026-07-28";
/// The version of a request without the header.
const ASSUMED: &str = "2025-03-26";
/// The versions with a handshake, newest first.
pub(crate) const HANDSHAKE: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Returns the version of a request. The error is the response.
pub(crate) fn of_request(
    headers: &HeaderMap,
    message: &Message,
    supported: &[String],
) -> Result<String, Response> {
    let named = header(headers, "mcp-protocol-version");
    let in_body = message.meta(META_VERSION).and_then(Value::as_str);
    if message.method == "initialize" && in_body.is_none() {
        return Ok(negotiated(message, supported));
    }
    let version = named.or(in_body).unwrap_or(ASSUMED).to_owned();
    let assumed = named.is_none() && in_body.is_none();
    if !assumed && !supported.contains(&version) {
        let data = json!({"requested": version, "supported": supported});
        let text = if version == STATELESS || in_body.is_some() {
            "Unsupported protocol version".to_owned()
        } else {
            format!("Unsupported protocol version: {version}")
        };
        return Err(bad(message, UNSUPPORTED_VERSION, &text, Some(data)));
    }
    if version == STATELESS {
        check_stateless(headers, message, in_body)?;
    }
    Ok(version)
}

/// Returns the version that `initialize` agrees on.
fn negotiated(message: &Message, supported: &[String]) -> String {
    let wanted = message
        .params
        .get("protocolVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let handshake: Vec<&String> = supported
        .iter()
        .filter(|version| *version != STATELESS)
        .collect();
    let newest = handshake
        .iter()
        .max()
        .map_or(ASSUMED, |version| version.as_str());
    handshake
        .iter()
        .find(|version| **version == wanted)
        .map_or(newest, |version| version.as_str())
        .to_owned()
}

fn check_stateless(
    headers: &HeaderMap,
    message: &Message,
    in_body: Option<&str>,
) -> Result<(), Response> {
    if message.is_notification() {
        return Ok(());
    }
    let mismatch = |text: &str| Err(bad(message, HEADER_MISMATCH, text, None));
    if header(headers, "mcp-protocol-version").is_none() {
        return mismatch("missing required MCP-Protocol-Version header");
    }
    match header(headers, "mcp-method") {
        None => return mismatch("missing required Mcp-Method header"),
        Some(named) if named != message.method => {
            return mismatch(&format!(
                "Mcp-Method header `{named}` does not match body method `{}`",
                message.method
            ));
        }
        Some(_) => {}
    }
    if message.method == "tools/call" {
        match header(headers, "mcp-name").map(decoded) {
            None => return mismatch("missing required Mcp-Name header for `tools/call`"),
            Some(named) if named != message.tool() => {
                return mismatch(&format!(
                    "Mcp-Name header `{named}` does not match body value `{}`",
                    message.tool()
                ));
            }
            Some(_) => {}
        }
    }
    match in_body {
        None => {
            return Err(bad(
                message,
                INVALID_PARAMS,
                "Invalid params: request requires protocolVersion in request _meta",
                None,
            ));
        }
        Some(STATELESS) => {}
        Some(other) => {
            return mismatch(&format!(
                "MCP-Protocol-Version header does not match _meta protocolVersion `{other}`"
            ));
        }
    }
    // `clientInfo` is recommended but not required.
    if message.meta(META_CAPABILITIES).is_none() {
        let text = format!("Invalid params: request requires {META_CAPABILITIES} in request _meta");
        return Err(bad(message, INVALID_PARAMS, &text, None));
    }
    Ok(())
}

/// Returns a header value that may be wrapped as `=?base64?…?=`.
fn decoded(value: &str) -> String {
    use base64::Engine as _;
    let wrapped = value
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="));
    let bytes =
        wrapped.and_then(|inner| base64::engine::general_purpose::STANDARD.decode(inner).ok());
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| value.to_owned())
}

fn bad(message: &Message, code: i64, text: &str, data: Option<Value>) -> Response {
    json_response(StatusCode::BAD_REQUEST, &message.error(code, text, data))
}

/// Adds the members that the stateless version requires of results: the type, and how long a list
/// can be cached.
pub(crate) fn dressed(version: &str, method: &str, mut result: Value) -> Value {
    if version != STATELESS {
        return result;
    }
    if let Some(members) = result.as_object_mut() {
        members.insert("resultType".to_owned(), json!("complete"));
        if method.ends_with("/list") || method == "server/discover" {
            members.insert("ttlMs".to_owned(), json!(0));
            members.insert("cacheScope".to_owned(), json!("private"));
        }
    }
    result
}

/// Returns the result of `server/discover`.
pub(crate) fn discovery(
    supported: &[String],
    capabilities: &Value,
    server: &Value,
    instructions: Option<&str>,
) -> Value {
    let mut result = json!({
        "supportedVersions": supported,
        "capabilities": capabilities,
        "_meta": {"io.modelcontextprotocol/serverInfo": server},
    });
    if let (Some(text), Some(members)) = (instructions, result.as_object_mut()) {
        members.insert("instructions".to_owned(), json!(text));
    }
    dressed(STATELESS, "server/discover", result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn message(text: &str) -> Message {
        Message::read(&Bytes::from(text.to_owned())).unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn versions_are_agreed_on_assumed_and_refused() {
        let supported: Vec<String> = ["2026-07-28", "2025-11-25", "2025-03-26"]
            .map(str::to_owned)
            .into();
        let initialize = |version: &str| {
            message(&format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"protocolVersion":"{version}"}}}}"#
            ))
        };
        for (wanted, agreed) in [
            ("2025-11-25", "2025-11-25"),
            ("2025-03-26", "2025-03-26"),
            ("2025-06-18", "2025-11-25"),
            ("2026-07-28", "2025-11-25"),
        ] {
            assert_eq!(
                of_request(&HeaderMap::new(), &initialize(wanted), &supported).unwrap(),
                agreed
            );
        }
        let ping = message(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
        assert_eq!(
            of_request(&HeaderMap::new(), &ping, &supported).unwrap(),
            "2025-03-26",
            "no header: an older version"
        );
        assert_eq!(
            of_request(
                &headers(&[("mcp-protocol-version", "2025-11-25")]),
                &ping,
                &supported
            )
            .unwrap(),
            "2025-11-25"
        );
        let refused = of_request(
            &headers(&[("mcp-protocol-version", "1999-01-01")]),
            &ping,
            &supported,
        )
        .unwrap_err();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn the_stateless_version_wants_its_headers_and_its_meta() {
        let supported = vec![STATELESS.to_owned()];
        let whole = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;
        let good = [
            ("mcp-protocol-version", STATELESS),
            ("mcp-method", "tools/call"),
            ("mcp-name", "t"),
        ];
        assert_eq!(
            of_request(&headers(&good), &message(whole), &supported).unwrap(),
            STATELESS
        );
        for missing in 1..3 {
            let mut fewer = good.to_vec();
            fewer.remove(missing);
            assert!(
                of_request(&headers(&fewer), &message(whole), &supported).is_err(),
                "without {}",
                good[missing].0
            );
        }
        let other = [good[0], good[1], ("mcp-name", "other")];
        assert!(of_request(&headers(&other), &message(whole), &supported).is_err());
        let bare =
            message(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#);
        assert!(of_request(&headers(&good), &bare, &supported).is_err());
    }
}
