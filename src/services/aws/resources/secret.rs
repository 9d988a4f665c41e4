//! Secrets of Secrets Manager.

use serde_json::Value;

use super::{
    base,
    json::{FactList, moment, text},
};
use crate::{
    model::{DeploymentName, Fact, Kind, Moment, Resource},
    services::aws::names::lambda_log_group,
};

/// Returns a secret of DescribeSecret.
pub(crate) fn secret(deployment: &DeploymentName, json: &Value) -> Resource {
    let name = text(json, "/Name").unwrap_or_default();
    let (current, pending) = (labelled(json, "AWSCURRENT"), labelled(json, "AWSPENDING"));
    let rotating = pending.is_some() && pending != current;
    let deleted = moment(json, "DeletedDate");
    Resource {
        arn: text(json, "/ARN"),
        status: if deleted.is_some() {
            "DELETED"
        } else if rotating {
            "ROTATING"
        } else {
            "ENABLED"
        }
        .to_owned(),
        reason: deleted
            .map(|at| format!("deletion is scheduled, asked for at {}", at.iso()))
            .or_else(|| {
                rotating.then(|| {
                    "a version waits with AWSPENDING: a rotation is in progress or stuck".to_owned()
                })
            }),
        created: moment(json, "CreatedDate"),
        updated: moment(json, "LastChangedDate"),
        log_groups: text(json, "/RotationLambdaARN")
            .map(|arn| lambda_log_group(&arn))
            .into_iter()
            .collect(),
        facts: facts(json, current, pending.filter(|_| rotating)),
        name: name.clone(),
        ..base(deployment, Kind::Secret, name, json)
    }
}

/// Returns the version that carries a staging label.
fn labelled(json: &Value, stage: &str) -> Option<String> {
    let stages = json.get("VersionIdsToStages").and_then(Value::as_object);
    stages
        .into_iter()
        .flatten()
        .find(|(_, labels)| {
            labels
                .as_array()
                .is_some_and(|labels| labels.iter().any(|label| label == stage))
        })
        .map(|(id, _)| id.clone())
}

fn facts(json: &Value, current: Option<String>, pending: Option<String>) -> Vec<Fact> {
    let mut facts = FactList::default();
    facts.add("Current version", current);
    facts.add("Pending version", pending);
    facts.add("Previous version", labelled(json, "AWSPREVIOUS"));
    facts.add(
        "Rotation",
        Some(
            if json.get("RotationEnabled").and_then(Value::as_bool) == Some(true) {
                "scheduled"
            } else {
                "not scheduled"
            }
            .to_owned(),
        ),
    );
    facts.add("Rotation function", text(json, "/RotationLambdaARN"));
    facts.add(
        "Every",
        text(json, "/RotationRules/ScheduleExpression").or_else(|| {
            text(json, "/RotationRules/AutomaticallyAfterDays").map(|days| format!("{days} days"))
        }),
    );
    let times = [
        ("Last rotated", "LastRotatedDate"),
        ("Next rotation", "NextRotationDate"),
        ("Last changed", "LastChangedDate"),
        ("Last read", "LastAccessedDate"),
    ];
    for (label, member) in times {
        facts.add(label, moment(json, member).map(Moment::iso));
    }
    facts.add("KMS key", text(json, "/KmsKeyId"));
    facts.add("Owning service", text(json, "/OwningService"));
    facts.add("Description", text(json, "/Description"));
    facts.0
}
