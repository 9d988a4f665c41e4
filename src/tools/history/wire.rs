//! What is kept of the HTTP exchange of a call.

use serde_json::{Map, Value, json};

use crate::{
    logs::redact,
    model::{CallOutcome, Elapsed, Failure, HttpExchange},
};

/// How a call went over the wire: what later names it to the platform, and where its time went. Headers and bodies are not
/// kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireFacts {
    /// The address that was called.
    pub url: Option<String>,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Request id of the platform, else of the JSON-RPC exchange.
    pub request_id: Option<String>,
    /// Trace of the platform: 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// Where the time went, in milliseconds.
    pub elapsed: Elapsed,
}

impl WireFacts {
    /// Collects the facts of a call that took `total_ms`.
    pub fn new(
        exchange: Option<&HttpExchange>,
        result: &Result<CallOutcome, Failure>,
        total_ms: u64,
    ) -> Self {
        let status = match result {
            Ok(_) => None,
            Err(failure) => failure.status,
        };
        let (request_id, trace_id) = match result {
            Ok(outcome) => (outcome.request_id.clone(), outcome.trace_id.clone()),
            Err(failure) => (
                failure.request_id.clone(),
                failure.trace_id().map(str::to_owned),
            ),
        };
        let elapsed = match result {
            Ok(outcome) => outcome.elapsed,
            Err(_) => exchange.map_or_else(Elapsed::default, |exchange| exchange.elapsed),
        };
        Self {
            url: exchange
                .filter(|exchange| !exchange.url.is_empty())
                .map(|exchange| redact(&exchange.url).into_owned()),
            status: exchange.and_then(|exchange| exchange.status).or(status),
            request_id,
            trace_id,
            elapsed: Elapsed {
                // The time of a call counts from its start; signing in and connecting come before it.
                total: total_ms.max(elapsed.sign_in + elapsed.connect + elapsed.first_byte),
                ..elapsed
            },
        }
    }

    /// Returns the members by which a line of the file holds the facts.
    pub(super) fn members(&self) -> Map<String, Value> {
        let texts = [
            ("called_url", &self.url),
            ("request_id", &self.request_id),
            ("trace_id", &self.trace_id),
        ];
        let mut members = Map::new();
        members.insert("elapsed_ms".to_owned(), Value::from(self.elapsed.total));
        let parts = [
            ("sign_in", self.elapsed.sign_in),
            ("connect", self.elapsed.connect),
            ("first_byte", self.elapsed.first_byte),
        ];
        if parts.iter().any(|(_, part)| *part > 0) {
            members.insert(
                "parts_ms".to_owned(),
                json!(Map::from_iter(
                    parts.map(|(name, part)| (name.to_owned(), Value::from(part)))
                )),
            );
        }
        for (name, text) in texts {
            if let Some(text) = text {
                members.insert(name.to_owned(), Value::from(text.as_str()));
            }
        }
        if let Some(status) = self.status {
            members.insert("status".to_owned(), Value::from(status));
        }
        members
    }

    /// Reads the facts of a line. Lines of earlier versions hold the total time only.
    pub(super) fn parse(line: &Value) -> Self {
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or(0);
        let part = |name: &str| number(line.get("parts_ms").and_then(|parts| parts.get(name)));
        let status = line.get("status").and_then(Value::as_u64);
        Self {
            url: text("called_url"),
            status: status.and_then(|status| u16::try_from(status).ok()),
            request_id: text("request_id"),
            trace_id: text("trace_id"),
            elapsed: Elapsed {
                sign_in: part("sign_in"),
                connect: part("connect"),
                first_byte: part("first_byte"),
                total: number(line.get("elapsed_ms")),
            },
        }
    }
}
