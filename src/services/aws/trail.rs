//! CloudTrail's event history: who changed what in the account within the last 90 days, by `LookupEvents`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::AwsClient;
use crate::model::{Change, Deployment, Failure, FailureKind, Moment};

use super::{account::Account, failure::AwsOperation, signed::SignedRequest};

/// `LookupEvents` allows two requests a second for an account and region.
const PAUSE: Duration = Duration::from_millis(550);
/// Pages of 50 events after which a look-up stops.
const PAGES: usize = 200;
/// How long CloudTrail keeps events, in milliseconds: 90 days.
const KEPT_MS: i64 = 90 * 24 * 3_600_000;
/// The services whose changes matter to an MCP deployment.
const SOURCES: [&str; 8] = [
    "iam.amazonaws.com",
    "bedrock-agentcore.amazonaws.com",
    "secretsmanager.amazonaws.com",
    "cognito-idp.amazonaws.com",
    "cloudformation.amazonaws.com",
    "lambda.amazonaws.com",
    "ecs.amazonaws.com",
    "logs.amazonaws.com",
];

/// Changes of resources as CloudTrail records them.
#[derive(Clone)]
pub struct CloudTrail {
    client: AwsClient,
}

impl CloudTrail {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self { client }
    }

    /// The changes in the deployment's account and region since a time, newest first. CloudTrail delivers an event within
    /// some minutes.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] without `cloudtrail:LookupEvents`; [`FailureKind::Server`] if the history has more pages than
    /// are read.
    pub async fn changes(
        &self,
        deployment: &Deployment,
        since: Moment,
        until: Moment,
    ) -> Result<Vec<Change>, Failure> {
        let (mut changes, mut token) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let writes = ("ReadOnly", "false");
            let (found, next) = self
                .look_up_events(deployment, writes, (since, until), token.as_deref())
                .await?;
            changes.extend(found);
            token = next;
            if token.is_none() {
                return Ok(changes);
            }
        }
        Err(Failure::new(
            FailureKind::Server,
            format!("reading CloudTrail's events of {}", deployment.region),
            format!("more than {PAGES} pages of events"),
        )
        .hint("ask for a shorter time: --since 1h"))
    }

    /// The changes by one operation, as far as one page shows them.
    pub(crate) async fn changes_by(
        &self,
        deployment: &Deployment,
        operation: &str,
        since: Moment,
        until: Moment,
    ) -> Result<Vec<Change>, Failure> {
        let attribute = ("EventName", operation);
        let (changes, _) = self
            .look_up_events(deployment, attribute, (since, until), None)
            .await?;
        Ok(changes)
    }

    /// Returns the last `PutSecretValue` of a secret in the 90 days that CloudTrail keeps, as far as one page shows it.
    pub(crate) async fn last_secret_write(
        &self,
        deployment: &Deployment,
        secret: &str,
        now: Moment,
    ) -> Option<Change> {
        let since = now.plus(-KEPT_MS);
        let attribute = ("EventName", "PutSecretValue");
        let looked_up = self
            .look_up_events(deployment, attribute, (since, now.plus(60_000)), None)
            .await;
        let (changes, _) = looked_up
            .inspect_err(|failure| tracing::info!(%failure, "who wrote the secret is not known"))
            .ok()?;
        // An ARN ends in the name and six letters.
        let is_same = |id: &str| {
            id == secret
                || secret.contains(&format!(":{id}-"))
                || id.contains(&format!(":{secret}-"))
        };
        changes
            .into_iter()
            .find(|change| change.outcome == "done" && change.ids.iter().any(|id| is_same(id)))
    }

    /// Returns one page of `LookupEvents` for one attribute, and the token of the next.
    async fn look_up_events(
        &self,
        deployment: &Deployment,
        (key, value): (&str, &str),
        (since, until): (Moment, Moment),
        token: Option<&str>,
    ) -> Result<(Vec<Change>, Option<String>), Failure> {
        let account = self.client.account(deployment).await?;
        let text = format!("reading CloudTrail's events of {}", deployment.region);
        let doing = AwsOperation {
            text: &text,
            action: "cloudtrail:LookupEvents",
            account: account.label(),
        };
        wait_for_turn(&account).await;
        let request = lookup_events(&account, (key, value), (since, until), token);
        let answer = self
            .client
            .send_signed(&account, doing, &request)
            .await?
            .json(&text)?;
        let events = answer.get("Events").and_then(Value::as_array);
        let mut changes: Vec<Change> = events.into_iter().flatten().filter_map(change).collect();
        for change in &mut changes {
            let id = change.request_id.as_deref();
            change.is_own = id.is_some_and(|id| account.own_requests().contains(id));
        }
        let next = answer.get("NextToken").and_then(Value::as_str);
        Ok((changes, next.map(str::to_owned)))
    }
}

/// Returns the request for one page of `LookupEvents` with one attribute.
fn lookup_events(
    account: &Account,
    (key, value): (&str, &str),
    (since, until): (Moment, Moment),
    token: Option<&str>,
) -> SignedRequest<'static> {
    let mut body = json!({
        "LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}],
        "StartTime": since.millis() as f64 / 1000.0,
        "EndTime": until.millis() as f64 / 1000.0,
        "MaxResults": 50,
    });
    if let (Some(token), Some(members)) = (token, body.as_object_mut()) {
        members.insert("NextToken".to_owned(), Value::from(token));
    }
    SignedRequest {
        method: http::Method::POST,
        service: Some("cloudtrail"),
        url: format!("{}/", account.address("cloudtrail")),
        headers: vec![
            ("content-type", "application/x-amz-json-1.1"),
            (
                "x-amz-target",
                "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
            ),
        ],
        body: body.to_string().into_bytes(),
    }
}

/// Waits until the account and region may be asked again, whoever asked last.
async fn wait_for_turn(account: &Account) {
    let mut last = account.last_lookup.lock().await;
    if let Some(rest) = last.and_then(|last| PAUSE.checked_sub(last.elapsed())) {
        tokio::time::sleep(rest).await;
    }
    *last = Some(Instant::now());
}

/// Returns the change that an event of `LookupEvents` reports; `None` for services that do not belong to a deployment.
fn change(event: &Value) -> Option<Change> {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let record: Value = text("CloudTrailEvent")
        .and_then(|record| serde_json::from_str(record).ok())
        .unwrap_or_default();
    let of_record = |path: &str| record.pointer(path).and_then(Value::as_str);
    let source = text("EventSource").or_else(|| of_record("/eventSource"))?;
    if !SOURCES.contains(&source) {
        return None;
    }
    let at = match event.get("EventTime")? {
        Value::Number(seconds) => Moment::from_seconds(seconds.as_f64()?),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return None;
        }
    };
    let who = of_record("/userIdentity/arn")
        .or_else(|| of_record("/userIdentity/invokedBy"))
        .or_else(|| text("Username"))
        .unwrap_or("unknown");
    let code = of_record("/errorCode");
    let outcome = match (code, of_record("/errorMessage")) {
        (None, _) => "done".to_owned(),
        (Some(code), None) => code.to_owned(),
        (Some(code), Some(message)) => format!("{code}: {message}"),
    };
    let (kind, ids) = things(event, &record);
    Some(Change {
        at,
        who: who.to_owned(),
        action: text("EventName").unwrap_or_default().to_owned(),
        kind,
        ids,
        outcome,
        request_id: of_record("/requestID").map(str::to_owned),
        is_own: false,
    })
}

/// Returns what an event changed: the word for its kind, and every id, name and ARN that it gives for it, the most telling first.
fn things(event: &Value, record: &Value) -> (&'static str, Vec<String>) {
    const MEMBERS: [(&str, &str); 18] = [
        ("/requestParameters/rateLimitId", "rate-limit"),
        ("/requestParameters/policyId", "policy"),
        ("/requestParameters/policyEngineId", "policy-engine"),
        ("/requestParameters/targetIdList/0", "target"),
        ("/requestParameters/targetId", "target"),
        ("/responseElements/targetId", "target"),
        ("/requestParameters/endpointName", "endpoint"),
        ("/requestParameters/agentRuntimeId", "runtime"),
        ("/responseElements/agentRuntimeId", "runtime"),
        ("/requestParameters/gatewayIdentifier", "gateway"),
        ("/responseElements/gatewayId", "gateway"),
        ("/requestParameters/secretId", "secret"),
        ("/additionalEventData/SecretId", "secret"),
        ("/requestParameters/clientId", "client"),
        ("/requestParameters/stackName", "stack"),
        ("/requestParameters/functionName", "function"),
        ("/responseElements/credentialProviderArn", "provider"),
        ("/requestParameters/roleName", "role"),
    ];
    let found: Vec<(&'static str, String)> = MEMBERS
        .iter()
        .filter_map(|(path, kind)| {
            Some((
                *kind,
                record.pointer(path).and_then(Value::as_str)?.to_owned(),
            ))
        })
        .collect();
    let source = event.get("EventSource").and_then(Value::as_str);
    // CreateSecret names what it makes by `name` alone.
    let unnamed = if source == Some("secretsmanager.amazonaws.com") {
        "secret"
    } else {
        "other"
    };
    let kind = found.first().map_or(unnamed, |(kind, _)| *kind);
    let listed = event.get("Resources").and_then(Value::as_array);
    let names = listed
        .into_iter()
        .flatten()
        .filter_map(|resource| resource.get("ResourceName").and_then(Value::as_str))
        .map(str::to_owned);
    let mut ids: Vec<String> = found.into_iter().map(|(_, id)| id).chain(names).collect();
    if ids.is_empty() {
        let name = record
            .pointer("/requestParameters/name")
            .and_then(Value::as_str);
        ids.extend(name.map(str::to_owned));
    }
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    (kind, ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(record: &Value) -> Value {
        json!({"EventName": "UpdateAgentRuntime", "EventSource": "bedrock-agentcore.amazonaws.com",
            "EventTime": 1_795_269_600.0, "Username": "deploy", "CloudTrailEvent": record.to_string()})
    }

    #[test]
    fn a_change_names_who_what_and_how_it_ended() {
        let record = json!({
            "userIdentity": {"arn": "arn:aws:sts::1:assumed-role/deployer/ci"},
            "requestParameters": {"agentRuntimeId": "rt-1"}, "requestID": "r-1",
        });
        let found = change(&event(&record)).unwrap();
        assert_eq!(
            (found.who.as_str(), found.kind, found.ids.as_slice()),
            (
                "arn:aws:sts::1:assumed-role/deployer/ci",
                "runtime",
                ["rt-1".to_owned()].as_slice()
            )
        );
        assert_eq!(
            (found.outcome.as_str(), found.request_id.as_deref()),
            ("done", Some("r-1"))
        );
    }

    #[test]
    fn a_refused_write_keeps_its_error_and_a_service_event_its_secret() {
        let refused =
            json!({"errorCode": "AccessDenied", "errorMessage": "no", "requestParameters": null});
        assert_eq!(
            change(&event(&refused)).unwrap().outcome,
            "AccessDenied: no"
        );
        let rotated = json!({"userIdentity": {"invokedBy": "secretsmanager.amazonaws.com"},
            "additionalEventData": {"SecretId": "arn:s"}, "requestParameters": null});
        let found = change(&event(&rotated)).unwrap();
        assert_eq!(
            (found.kind, found.ids),
            ("secret", vec!["arn:s".to_owned()])
        );
    }

    #[test]
    fn a_secret_that_was_created_is_a_secret() {
        let mut created = event(&json!({"requestParameters": {"name": "neo4j/new"}}));
        created["EventSource"] = json!("secretsmanager.amazonaws.com");
        created["EventName"] = json!("CreateSecret");
        let found = change(&created).unwrap();
        assert_eq!(
            (found.kind, found.ids),
            ("secret", vec!["neo4j/new".to_owned()])
        );
    }

    #[test]
    fn changes_of_unrelated_services_are_left_out() {
        let mut foreign = event(&json!({}));
        foreign["EventSource"] = json!("ec2.amazonaws.com");
        assert!(change(&foreign).is_none());
    }
}
