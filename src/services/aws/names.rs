//! What follows from names: ids in ARNs and addresses, addresses and log groups of ids. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What `encodeURIComponent` leaves alone.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Returns the gateway's MCP address; the control plane's already ends in `/mcp`.
pub(crate) fn gateway_url(url: &str) -> String {
    let url = url.trim_end_matches('/');
    if url.ends_with("/mcp") {
        url.to_owned()
    } else {
        format!("{url}/mcp")
    }
}

/// Returns the id in a gateway's own host name.
pub(crate) fn gateway_id_of_url(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let (id, rest) = url.host_str()?.split_once('.')?;
    rest.starts_with("gateway.bedrock-agentcore")
        .then(|| id.to_owned())
}

/// Returns what follows `word/` in an ARN, up to the next slash or colon.
pub(crate) fn arn_tail(arn: &str, word: &str) -> Option<String> {
    let (_, tail) = arn.strip_prefix("arn:")?.split_once(&format!(":{word}/"))?;
    tail.split(['/', ':']).next().map(str::to_owned)
}

/// Returns the id of a runtime from its ARN; an id stays as it is.
pub(crate) fn runtime_id(id_or_arn: &str) -> String {
    arn_tail(id_or_arn, "runtime").unwrap_or_else(|| id_or_arn.to_owned())
}

/// Returns the runtime ARN in an invocation URL.
pub(crate) fn runtime_arn_of_url(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("/runtimes/")?;
    let (arn, _) = rest.split_once("/invocations")?;
    let arn = percent_decode_str(arn).decode_utf8().ok()?;
    arn.starts_with("arn:").then(|| arn.into_owned())
}

/// Returns the address at which a runtime is invoked: its percent-encoded ARN in the path.
pub(crate) fn invocation_url(data_plane: &str, arn: &str, qualifier: &str) -> String {
    format!(
        "{data_plane}/runtimes/{}/invocations?qualifier={}",
        component(arn),
        component(qualifier)
    )
}

/// Percent-encoded for a path segment or query value.
pub(crate) fn component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// Returns the log group that an endpoint of a runtime writes to.
pub(super) fn runtime_log_group(id: &str, endpoint: &str) -> String {
    format!("/aws/bedrock-agentcore/runtimes/{id}-{endpoint}")
}

/// Returns the log group that a function writes to.
pub(super) fn lambda_log_group(arn: &str) -> String {
    format!("/aws/lambda/{}", function_name(arn))
}

/// Returns the function's name in its ARN.
pub(super) fn function_name(arn: &str) -> &str {
    arn.split_once(":function:")
        .map_or(arn, |(_, rest)| rest.split(':').next().unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_id_is_in_its_host_name_and_arn() {
        assert_eq!(
            gateway_id_of_url(
                "https://gw-abcdefghij.gateway.bedrock-agentcore.eu-west-1.amazonaws.com/mcp"
            )
            .as_deref(),
            Some("gw-abcdefghij")
        );
        assert_eq!(gateway_id_of_url("http://127.0.0.1:8000/mcp"), None);
        assert_eq!(
            arn_tail(
                "arn:aws:bedrock-agentcore:r:1:gateway/gw-abcdefghij",
                "gateway"
            )
            .as_deref(),
            Some("gw-abcdefghij")
        );
        assert_eq!(
            runtime_id(
                "arn:aws:bedrock-agentcore:r:1:runtime/rt-abcdefghij/runtime-endpoint/DEFAULT"
            ),
            "rt-abcdefghij"
        );
    }
}
