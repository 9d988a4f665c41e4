//! Gateways, runtimes and MCP endpoints under any of their names: ids, ARNs, ARNs of endpoints, addresses that are half right.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use toml::{Spanned, de::DeValue};

use super::{deployment::url, section::Section};
use crate::discovery::values::{ValueForm, recognise};

/// What `encodeURIComponent` leaves as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Where a deployment's gateways, runtimes and MCP endpoint are.
pub(super) struct Endpoints {
    /// Gateway ids.
    pub(super) gateways: Vec<String>,
    /// Runtime ids or ARNs.
    pub(super) runtimes: Vec<String>,
    /// MCP address.
    pub(super) mcp_url: Option<String>,
}

/// Reads `gateways`, `runtimes` and `mcp_url`. What is unmistakable is understood, anything else is a problem.
pub(super) fn endpoints(section: &Section<'_, '_>) -> Endpoints {
    let mut endpoints = Endpoints {
        gateways: section
            .texts("gateways")
            .into_iter()
            .filter_map(|text| gateway(section, text))
            .collect(),
        runtimes: section
            .texts("runtimes")
            .into_iter()
            .filter_map(|text| runtime(section, text))
            .collect(),
        mcp_url: None,
    };
    read_mcp_url(section, &mut endpoints);
    endpoints
}

/// Refuses ARNs of another region than the deployment's: every request goes to that region.
pub(super) fn check_regions(section: &Section<'_, '_>, region: &str) {
    for key in ["gateways", "runtimes", "secrets", "log_groups"] {
        for text in texts(section, key) {
            let other = arn_field(text, 3).filter(|of_arn| !of_arn.is_empty() && *of_arn != region);
            if let Some(other) = other {
                section.complain_of(
                    key,
                    format!("\"{text}\" is in {other}, and the deployment is in {region}"),
                );
            }
        }
    }
}

/// Refuses ARNs of another service's resources, which no request could read.
pub(super) fn check_services(section: &Section<'_, '_>) {
    for (key, service, what) in [
        ("secrets", "secretsmanager", "a secret"),
        ("log_groups", "logs", "a log group"),
    ] {
        for text in texts(section, key) {
            if arn_field(text, 2).is_some_and(|of_arn| of_arn != service) {
                section.complain_of(key, format!("\"{text}\" is not the ARN of {what}"));
            }
        }
    }
}

/// Returns the texts of a list, or the one that stands in place of a list.
fn texts<'a>(section: &'a Section<'_, '_>, key: &str) -> Vec<&'a str> {
    let value = section.get(key).map(Spanned::get_ref);
    let items = match value {
        Some(DeValue::Array(items)) => items.iter().map(Spanned::get_ref).collect(),
        other => other.into_iter().collect::<Vec<_>>(),
    };
    items.into_iter().filter_map(DeValue::as_str).collect()
}

/// Returns a field of an ARN, counted from `arn` itself; `None` for what is no ARN.
fn arn_field(text: &str, index: usize) -> Option<&str> {
    text.starts_with("arn:")
        .then(|| text.split(':').nth(index))
        .flatten()
}

fn gateway(section: &Section<'_, '_>, text: String) -> Option<String> {
    let form = recognise(&text);
    if let Some(id) = form.and_then(ValueForm::into_gateway_id) {
        return Some(id);
    }
    if !is_id(&text) {
        section.complain_of(
            "gateways",
            format!("\"{text}\" is neither a gateway's id, nor its ARN or address (of another MCP server: mcp_url)"),
        );
        return None;
    }
    Some(text)
}

/// Returns whether AWS could have given this id, or it is `*` for all.
fn is_id(text: &str) -> bool {
    text == "*"
        || (!text.is_empty()
            && text
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')))
}

fn runtime(section: &Section<'_, '_>, text: String) -> Option<String> {
    let form = recognise(&text);
    if let Some(runtime) = form.and_then(ValueForm::into_runtime) {
        return Some(runtime.arn);
    }
    if !is_id(&text) {
        section.complain_of(
            "runtimes",
            format!("\"{text}\" is neither a runtime's id, nor its ARN or invocation address"),
        );
        return None;
    }
    Some(text)
}

fn read_mcp_url(section: &Section<'_, '_>, endpoints: &mut Endpoints) {
    let raw = section.get("mcp_url").map(toml::Spanned::get_ref);
    if let Some(DeValue::String(text)) = raw
        && text.starts_with("arn:")
    {
        match recognise(text) {
            Some(ValueForm::Runtime(runtime)) => endpoints.runtimes.insert(0, runtime.arn),
            Some(ValueForm::GatewayArn { id, .. }) => endpoints.gateways.insert(0, id),
            _ => section.complain_of(
                "mcp_url",
                "is an ARN, and of neither a gateway nor a runtime",
            ),
        }
        return;
    }
    endpoints.mcp_url = url(section, "mcp_url").map(completed);
}

/// An address of a gateway ends in `/mcp`; the ARN in a runtime's is percent-encoded.
fn completed(address: String) -> String {
    let form = recognise(&address);
    if let Some(url) = form.clone().and_then(ValueForm::into_gateway_url) {
        return url;
    }
    let Some(runtime) = form.and_then(ValueForm::into_runtime) else {
        return address;
    };
    let Some((base, rest)) = address.split_once("/runtimes/") else {
        return address;
    };
    if !rest.contains(':') && rest.contains("/invocations") {
        return address;
    }
    let endpoint = runtime.endpoint.as_deref().unwrap_or("DEFAULT");
    format!(
        "{base}/runtimes/{}/invocations?qualifier={}",
        utf8_percent_encode(&runtime.arn, UNRESERVED),
        utf8_percent_encode(endpoint, UNRESERVED)
    )
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    const ARN: &str = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/x-AbCdEf1234";

    fn deployment(line: &str) -> crate::model::Deployment {
        let text = format!("[deployments.x]\nregion = \"us-west-2\"\n{line}\n");
        let (mut config, problems) = parse(&text, &|| None);
        assert_eq!(problems, [], "{line}");
        config.deployments.remove(0)
    }

    #[test]
    fn half_right_addresses_are_understood() {
        let encoded = ARN.replace(':', "%3A").replace('/', "%2F");
        let host = "https://bedrock-agentcore.us-west-2.amazonaws.com";
        let whole = format!("{host}/runtimes/{encoded}/invocations?qualifier=DEFAULT");
        for address in [
            format!("{host}/runtimes/{ARN}/invocations"),
            format!("{host}/runtimes/{ARN}/invocations?qualifier=DEFAULT"),
            whole.clone(),
        ] {
            let read = deployment(&format!("mcp_url = \"{address}\""));
            assert_eq!(read.mcp_url.as_deref(), Some(whole.as_str()), "{address}");
        }
        let gateway = "https://gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com";
        assert_eq!(
            deployment(&format!("mcp_url = \"{gateway}\"")).mcp_url,
            Some(format!("{gateway}/mcp"))
        );
        assert_eq!(
            deployment(&format!("gateways = [\"{gateway}/mcp\"]")).gateways,
            ["gw-abcdefghij"]
        );
        assert_eq!(
            deployment(&format!("runtimes = [\"{ARN}/runtime-endpoint/DEFAULT\"]")).runtimes,
            [ARN]
        );
        let by_arn = deployment(&format!("mcp_url = \"{ARN}\""));
        assert_eq!(
            (by_arn.runtimes, by_arn.mcp_url),
            (vec![ARN.to_owned()], None)
        );
    }

    #[test]
    fn what_is_no_endpoint_is_a_problem() {
        for line in [
            "gateways = [\"https://mcp.example/mcp\"]",
            "gateways = [\"not a gateway!\"]",
            "runtimes = [\"my runtime\"]",
            "gateways = [\"arn:aws:lambda:us-west-2:1:function:x\"]",
            "runtimes = [\"https://mcp.example/\"]",
            "mcp_url = \"arn:aws:lambda:us-west-2:1:function:x\"",
            "secrets = [\"arn:aws:bedrock-agentcore:us-west-2:1:runtime/x-AbCdEf1234\"]",
            "log_groups = [\"arn:aws:secretsmanager:us-west-2:1:secret:x\"]",
            "secrets = \"arn:aws:logs:us-west-2:1:log-group:/x\"",
            "secrets = \"arn:aws:secretsmanager:eu-west-1:1:secret:x\"",
        ] {
            let text = format!("[deployments.x]\nregion = \"us-west-2\"\n{line}\n");
            assert_eq!(parse(&text, &|| None).1.len(), 1, "{line}");
        }
    }

    #[test]
    fn an_arn_of_another_region_is_refused() {
        let read = |region: &str| {
            let text = format!(
                "[deployments.x]\nregion = \"{region}\"\n\
                 runtimes = [\"arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/r-abcdefghij\"]\n"
            );
            let (_, problems) = crate::config::parse(&text, &|| None);
            problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ")
        };
        assert_eq!(read("eu-west-1"), "");
        let refused = read("us-west-2");
        assert!(
            refused.starts_with("line 3, column ")
                && refused.ends_with("is in eu-west-1, and the deployment is in us-west-2"),
            "{refused}"
        );
    }
}
