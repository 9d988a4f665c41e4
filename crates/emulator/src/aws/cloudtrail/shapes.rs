//! Events as CloudTrail writes them (user guide, "CloudTrail record contents"): the entry of LookupEvents, and the record
//! that it carries as text. Values of secrets are never in a record.

use serde_json::{Map, Value, json};

use super::state::{Actor, TrailEvent};
use crate::scenarios::{ACCOUNT, REGION};

/// What stands for the value of a member that AWS hides.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// What stands for the texts of AgentCore that may carry personal data.
const MASKED: &str = "***";

/// Returns the members of a request that go into a record.
pub(super) fn request_parameters(operation: &str, input: &Value) -> Value {
    let Some(members) = input.as_object() else {
        return Value::Null;
    };
    let is_agentcore = operation.contains("Gateway") || operation.contains("AgentRuntime");
    let masked: Map<String, Value> = members
        .iter()
        .filter(|(name, _)| !["Action", "Version", "logEvents"].contains(&name.as_str()))
        .map(|(name, value)| {
            let value = match name.as_str() {
                "name" | "description" if is_agentcore => MASKED.into(),
                _ => hide(name, value),
            };
            (first_lower(name), value)
        })
        .collect();
    Value::Object(masked)
}

/// Returns the members of an answer that go into a record.
pub(super) fn response_elements(value: &Value) -> Value {
    match value.as_object() {
        Some(members) if !members.is_empty() => Value::Object(
            members
                .iter()
                .map(|(name, member)| (first_lower(name), hide(name, member)))
                .collect(),
        ),
        _ => Value::Null,
    }
}

/// A value without the texts under the names of secrets, at any depth.
fn hide(name: &str, value: &Value) -> Value {
    const SECRETS: [&str; 7] = [
        "SecretString",
        "SecretBinary",
        "ClientSecret",
        "clientSecret",
        "ClientSecretValue",
        "environmentVariables",
        "AuthParameters",
    ];
    if SECRETS.contains(&name) {
        return HIDDEN.into();
    }
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| (name.clone(), hide(name, member)))
                .collect(),
        ),
        Value::Array(entries) => entries.iter().map(|entry| hide("", entry)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn first_lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// Returns the resources that a request names.
pub(super) fn resources(input: &Value) -> Vec<(&'static str, String)> {
    const NAMED: [(&str, &str); 7] = [
        ("SecretId", "AWS::SecretsManager::Secret"),
        ("gatewayIdentifier", "AWS::BedrockAgentCore::Gateway"),
        ("targetId", "AWS::BedrockAgentCore::GatewayTarget"),
        ("agentRuntimeId", "AWS::BedrockAgentCore::Runtime"),
        ("logGroupName", "AWS::Logs::LogGroup"),
        ("UserPoolId", "AWS::Cognito::UserPool"),
        ("StackName", "AWS::CloudFormation::Stack"),
    ];
    NAMED
        .iter()
        .filter_map(|(member, kind)| Some((*kind, input.get(*member)?.as_str()?.to_owned())))
        .collect()
}

/// Returns the entry of LookupEvents.
pub(super) fn entry(event: &TrailEvent) -> Value {
    let resources: Vec<Value> = event
        .resources
        .iter()
        .map(|(kind, name)| json!({"ResourceType": kind, "ResourceName": name}))
        .collect();
    let mut entry = json!({
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": event.read_only.to_string(),
        "EventTime": event.at.as_second(),
        "EventSource": event.source,
        "Username": username(&event.actor),
        "Resources": resources,
        "CloudTrailEvent": record(event).to_string(),
    });
    if let (Some(key), Some(members)) = (&event.access_key_id, entry.as_object_mut()) {
        members.insert("AccessKeyId".into(), key.as_str().into());
    }
    entry
}

/// Returns the name by which LookupEvents knows an actor.
pub(super) fn username(actor: &Actor) -> &str {
    match actor {
        Actor::User(arn) => arn.rsplit('/').next().unwrap_or(arn),
        Actor::AssumedRole { session, .. } => session,
        Actor::Service(name) => name,
    }
}

fn record(event: &TrailEvent) -> Value {
    let (identity, kind) = match &event.actor {
        Actor::User(arn) => (
            json!({"type": "IAMUser", "principalId": "AIDALOCALOPERATOR000", "arn": arn, "accountId": ACCOUNT,
                "accessKeyId": event.access_key_id, "userName": username(&event.actor)}),
            "AwsApiCall",
        ),
        Actor::AssumedRole { role, session } => (
            json!({"type": "AssumedRole", "principalId": format!("AROALOCALROLE00000000:{session}"),
                "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"), "accountId": ACCOUNT,
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
                    "accountId": ACCOUNT, "userName": role}}}),
            "AwsApiCall",
        ),
        Actor::Service(name) => (
            json!({"type": "AWSService", "accountId": ACCOUNT, "invokedBy": name}),
            "AwsServiceEvent",
        ),
    };
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": event.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": REGION,
        "sourceIPAddress": event.source_address,
        "userAgent": event.user_agent,
        "requestParameters": event.request,
        "responseElements": event.response,
        "requestID": event.request_id,
        "eventID": event.id,
        "readOnly": event.read_only,
        "eventType": kind,
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    });
    if let (Some((code, message)), Some(members)) = (&event.error, record.as_object_mut()) {
        members.insert("errorCode".into(), code.as_str().into());
        members.insert("errorMessage".into(), message.as_str().into());
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_never_reach_a_record() {
        let input = json!({
            "SecretId": "movies/neo4j", "SecretString": "s3cret", "Description": "d",
            "oauth2ProviderConfigInput": {"customOauth2ProviderConfig": {"clientId": "c", "clientSecret": "s3cret"}},
            "environmentVariables": {"NEO4J_PASSWORD": "s3cret"},
        });
        let shown = request_parameters("PutSecretValue", &input);
        assert!(!shown.to_string().contains("s3cret"));
        assert_eq!(shown["secretId"], "movies/neo4j");
        assert_eq!(shown["secretString"], HIDDEN);
        let answer = json!({"ClientSecretDescriptor": {"ClientSecretId": "i", "ClientSecretValue": "s3cret"}});
        assert!(!response_elements(&answer).to_string().contains("s3cret"));
    }
}
