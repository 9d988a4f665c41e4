//! Calls as an HTTP Archive (HAR 1.2), which browsers and HTTP tools read.

use serde_json::{Map, Value, json};

use super::{
    history::{HistoryEntry, HistoryOutcome},
    recording::RecordedCall,
};

/// Returns the archive of these calls. Calls whose address is not known are left out; arguments and results are those of the
/// recording, in which credentials are masked. Headers are not kept, and no header is in the archive.
pub fn archive(calls: &[RecordedCall]) -> Value {
    // The format asks for the oldest first.
    let mut calls: Vec<&RecordedCall> = calls.iter().collect();
    calls.sort_by_key(|call| call.entry.at);
    let entries: Vec<Value> = calls.into_iter().filter_map(entry).collect();
    json!({"log": {
        "version": "1.2",
        "creator": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
        "entries": entries,
    }})
}

fn entry(call: &RecordedCall) -> Option<Value> {
    let entry = &call.entry;
    let url = entry.wire.url.as_deref()?;
    let mut archived = json!({
        "startedDateTime": entry.at.iso(),
        "time": entry.wire.elapsed.total,
        "request": request(entry, url),
        "response": response(call),
        "cache": {},
        "timings": timings(entry),
        "comment": format!("{} of {}: {}", entry.tool, entry.endpoint.deployment, entry.outcome.words()),
    });
    // HAR allows further members whose names begin with an underscore.
    let ids = [
        ("_requestId", &entry.wire.request_id),
        ("_traceId", &entry.wire.trace_id),
    ];
    if let Some(members) = archived.as_object_mut() {
        for (name, id) in ids {
            if let Some(id) = id {
                members.insert(name.to_owned(), Value::from(id.as_str()));
            }
        }
    }
    Some(archived)
}

fn request(entry: &HistoryEntry, url: &str) -> Value {
    let body = json!({
        "jsonrpc": "2.0",
        "method": "tools/call",
        "params": {"name": entry.tool, "arguments": entry.arguments},
    });
    json!({
        "method": "POST",
        "url": url,
        "httpVersion": "",
        "cookies": [],
        "headers": [],
        "queryString": [],
        "postData": {"mimeType": "application/json", "text": body.to_string()},
        "headersSize": -1,
        "bodySize": -1,
    })
}

fn response(call: &RecordedCall) -> Value {
    let entry = &call.entry;
    let mut content = Map::new();
    content.insert("size".to_owned(), Value::from(entry.bytes));
    content.insert("mimeType".to_owned(), Value::from("application/json"));
    if let Some(result) = &call.result {
        content.insert("text".to_owned(), Value::from(result.to_json().to_string()));
    }
    let comment = match &entry.outcome {
        HistoryOutcome::ToolError(message) | HistoryOutcome::Failed(message) => message.as_str(),
        HistoryOutcome::Rows(_) | HistoryOutcome::Answered | HistoryOutcome::Cancelled => "",
    };
    json!({
        // HAR's readers take 0 for a request that was not answered.
        "status": entry.wire.status.unwrap_or(0),
        "statusText": "",
        "httpVersion": "",
        "cookies": [],
        "headers": [],
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "comment": comment,
    })
}

/// Returns the parts of the time add up to the whole. Sending is part of waiting; signing in comes before, as what HAR calls blocked.
fn timings(entry: &HistoryEntry) -> Value {
    let elapsed = entry.wire.elapsed;
    let before = elapsed.sign_in + elapsed.connect + elapsed.first_byte;
    json!({
        "blocked": elapsed.sign_in,
        "connect": elapsed.connect,
        "send": 0,
        "wait": elapsed.first_byte,
        "receive": elapsed.total.saturating_sub(before),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Elapsed, McpEndpoint, McpTarget, Moment},
        tools::history::WireFacts,
    };

    #[test]
    fn an_archive_holds_the_call_and_its_times_and_no_secret() {
        let endpoint = McpEndpoint {
            deployment: "prod".into(),
            target: McpTarget::Default,
        };
        let arguments = json!({"query": "RETURN 1", "password": "canary"});
        let mut entry = HistoryEntry::new(
            (endpoint, "t___read-cypher".to_owned()),
            arguments.as_object().unwrap(),
            Moment::from_millis(1_000),
            HistoryOutcome::Rows(1),
        );
        let unknown = RecordedCall {
            entry: entry.clone(),
            result: None,
        };
        entry.wire = WireFacts {
            url: Some("https://gw.example/mcp".into()),
            status: Some(200),
            request_id: Some("r-1".into()),
            trace_id: None,
            elapsed: Elapsed {
                sign_in: 5,
                connect: 7,
                first_byte: 20,
                total: 40,
            },
        };
        let call = RecordedCall {
            entry,
            result: None,
        };
        let archive = archive(&[call, unknown]);
        let entries = archive["log"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 1, "a call without an address has no place");
        let timings = entries[0]["timings"].as_object().unwrap();
        let sum: u64 = timings.values().filter_map(Value::as_u64).sum();
        assert_eq!((sum, &entries[0]["time"]), (40, &json!(40)));
        assert_eq!(entries[0]["startedDateTime"], "1970-01-01T00:00:01.000Z");
        assert_eq!(entries[0]["_requestId"], "r-1");
        let body = entries[0]["request"]["postData"]["text"].as_str().unwrap();
        assert!(body.contains("RETURN 1"), "{body}");
        assert!(!archive.to_string().contains("canary"), "{archive}");
    }
}
