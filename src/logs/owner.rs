//! Which gateway or runtime wrote a line, as far as the line itself says so. Log groups such as `aws/spans` are shared by all
//! deployments of an account.

use serde_json::Value;

use super::json::BorrowedJson;

/// Returns the id of the gateway or runtime that a structured line names as its origin; `None` if it names none.
///
/// Looked at are, in this order: the resource ARN of vended records, the ARN attributes of spans, the ids of gateway and
/// agent, and the service name (`{runtime id}.{endpoint}`).
pub fn owner_id(text: &str) -> Option<String> {
    let record = BorrowedJson::parse_object(text)?;
    owner_of_json(&record).map(str::to_owned)
}

/// Like [`owner_id`], of a record that is parsed already.
pub fn owner_of_record(record: &Value) -> Option<String> {
    let owner = owner(|path| {
        let member = path.iter().try_fold(record, |value, name| value.get(name));
        member.and_then(Value::as_str)
    });
    owner.map(str::to_owned)
}

/// Like [`owner_id`], of a line that is taken apart already.
pub(crate) fn owner_of_json<'a>(record: &'a BorrowedJson<'_>) -> Option<&'a str> {
    owner(|path| record.at(path).and_then(BorrowedJson::as_str))
}

/// Returns the origin, given the text at a path of member names.
fn owner<'a>(text_at: impl Fn(&[&str]) -> Option<&'a str>) -> Option<&'a str> {
    let attribute = |name: &str| text_at(&["attributes", name]);
    let resource = |name: &str| text_at(&["resource", "attributes", name]);
    let arn = text_at(&["resource_arn"])
        .or_else(|| attribute("aws.resource.arn"))
        .or_else(|| resource("cloud.resource_id"))
        .or_else(|| attribute("cloud.resource_id"));
    if let Some(id) = arn.and_then(id_of_arn) {
        return Some(id);
    }
    let id = attribute("gateway.id").or_else(|| attribute("aws.agent.id"));
    if id.is_some() {
        return id;
    }
    let service = attribute("aws.local.service")
        .or_else(|| resource("aws.local.service"))
        .or_else(|| resource("service.name"))?;
    Some(service.rsplit_once('.').map_or(service, |(id, _)| id))
}

/// Returns whether a line may be one of these gateways and runtimes: it names one of them, or none at all. Some spans name a runtime
/// without the ten-character suffix of its id.
pub fn may_belong_to(owner: Option<&str>, owner_ids: &[String]) -> bool {
    let Some(owner) = owner else { return true };
    owner_ids.is_empty()
        || owner_ids
            .iter()
            .any(|id| id == owner || id.rsplit_once('-').is_some_and(|(name, _)| name == owner))
}

/// Returns the id of the gateway or runtime in an ARN.
fn id_of_arn(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix("arn:")?;
    [":gateway/", ":runtime/"].iter().find_map(|kind| {
        let (_, tail) = rest.split_once(kind)?;
        tail.split(['/', ':']).next()
    })
}

/// Returns the name of a log group that is given by its name or its ARN, with or without `:*`.
pub fn group_name(name_or_arn: &str) -> &str {
    let name = match name_or_arn.strip_prefix("arn:") {
        Some(rest) => match rest.split_once(":log-group:") {
            Some((_, name)) => name,
            // The ARN of something else is no group, whole or in part.
            None => return name_or_arn,
        },
        None => name_or_arn,
    };
    name.split(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_their_gateway_or_runtime_in_many_ways() {
        for (line, id) in [
            (
                r#"{"resource_arn":"arn:aws:bedrock-agentcore:r:1:gateway/gw-1"}"#,
                Some("gw-1"),
            ),
            (
                r#"{"attributes":{"aws.resource.arn":"arn:aws-us-gov:bedrock-agentcore:r:1:gateway/gw-1"}}"#,
                Some("gw-1"),
            ),
            (
                r#"{"resource":{"attributes":{"cloud.resource_id":"arn:aws:bedrock-agentcore:r:1:runtime/rt-1/runtime-endpoint/DEFAULT:DEFAULT"}}}"#,
                Some("rt-1"),
            ),
            (
                r#"{"attributes":{"aws.local.service":"rt-1.DEFAULT"}}"#,
                Some("rt-1"),
            ),
            (r#"{"attributes":{"gateway.id":"gw-1"}}"#, Some("gw-1")),
            (r#"{"message":"x"}"#, None),
            ("plain text", None),
        ] {
            assert_eq!(owner_id(line).as_deref(), id, "{line}");
        }
    }

    #[test]
    fn a_group_is_named_by_name_or_arn() {
        for text in [
            "/aws/lambda/x",
            "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/x",
            "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/x:*",
            "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/lambda/x:log-stream:s",
        ] {
            assert_eq!(group_name(text), "/aws/lambda/x", "{text}");
        }
    }
}
