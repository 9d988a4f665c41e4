//! Headers of a request, and headers as a person may see them.

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Exchange;
use crate::{logs::redact, model::Failure};

/// Header with the id of an MCP session.
const SESSION_HEADER: &str = "mcp-session-id";

pub(super) fn head(
    accept: &'static str,
    session: Option<&str>,
    custom: HashMap<HeaderName, HeaderValue>,
) -> HeaderMap {
    let mut headers: HeaderMap = custom.into_iter().collect();
    headers.insert(http::header::ACCEPT, HeaderValue::from_static(accept));
    if let Some(Ok(session)) = session.map(HeaderValue::try_from) {
        headers.insert(SESSION_HEADER, session);
    }
    headers
}

/// Headers as a person may see them. Everything that signs in was marked as sensitive when it was made.
pub(super) fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let name = name.as_str().to_owned();
        let is_secret = value.is_sensitive()
            || [
                "authorization",
                "cookie",
                "token",
                "secret",
                "api-key",
                "signature",
            ]
            .iter()
            .any(|word| name.contains(word));
        let shown = match text.split_once(' ') {
            // The scheme gives nothing away and is worth knowing.
            Some((scheme @ ("Bearer" | "Basic" | "AWS4-HMAC-SHA256"), _)) => {
                format!("{scheme} ***")
            }
            _ if is_secret => "***".to_owned(),
            _ => redact(&text).into_owned(),
        };
        (name, shown)
    };
    headers.iter().map(shown).collect()
}

impl Exchange {
    /// Returns a failure of this exchange with the ids by which its lines are found in logs.
    pub(super) fn named(&self, mut failure: Failure) -> Failure {
        let session = self
            .http
            .received
            .iter()
            .find(|(name, _)| name == SESSION_HEADER)
            .map(|(_, id)| id.as_str());
        failure.request_id = failure.request_id.or_else(|| self.request_id.clone());
        failure.with_log_ids(self.trace_id.as_deref(), session)
    }
}
