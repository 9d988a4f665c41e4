//! What others changed before the world began: a deployment by CloudFormation, a password put by a person, a refused write,
//! a rotation by the service.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::state::{Actor, TrailEvent};
use crate::aws::secrets::{ROTATION_AGE_HOURS, VALUE_AGE_HOURS};
use crate::scenarios::Scenario;
use crate::seed::Seed;

const AGENTCORE: &str = "bedrock-agentcore.amazonaws.com";
const SECRETS_MANAGER: &str = "secretsmanager.amazonaws.com";
const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// The one who deploys.
const DEPLOYER: Actor = Actor::AssumedRole {
    role: "Deployer",
    session: "release-pipeline",
};
/// A person.
const PERSON: Actor = Actor::AssumedRole {
    role: "AWSReservedSSO_Operator",
    session: "jane.doe",
};

/// Returns the events of before.
pub(crate) fn seeded_events(
    seed: &Seed,
    scenarios: &[Scenario],
    began: Timestamp,
) -> Vec<TrailEvent> {
    let history = History { seed, began };
    let mut events = Vec::new();
    for scenario in scenarios {
        if let (Some(stack), Some(runtime)) = (scenario.stack, &scenario.runtime_id) {
            events.push(history.stack_update(stack));
            events.push(history.runtime_update(runtime));
        }
        if let Some(arn) = scenario
            .secret_arn
            .as_ref()
            .filter(|_| scenario.name == "a")
        {
            events.push(history.put_secret_value(arn));
        }
        if let Some(arn) = scenario
            .secret_arn
            .as_ref()
            .filter(|_| scenario.name == "d")
        {
            events.push(history.rotation_succeeded(arn));
        }
        if let Some(gateway) = scenario
            .gateway_id
            .as_ref()
            .filter(|_| scenario.name == "b")
        {
            events.push(history.refused_update(gateway));
        }
    }
    events
}

struct History<'a> {
    seed: &'a Seed,
    began: Timestamp,
}

impl History<'_> {
    fn event(&self, label: &str, hours_ago: i64, actor: Actor) -> TrailEvent {
        let at = self
            .began
            .checked_sub(SignedDuration::from_hours(hours_ago))
            .unwrap_or(self.began);
        TrailEvent {
            id: self.seed.uuid(&format!("trail event {label}")),
            at,
            source: AGENTCORE,
            name: String::new(),
            read_only: false,
            actor,
            request_id: self.seed.uuid(&format!("trail request {label}")),
            user_agent: "aws-cli/2.31.0".into(),
            source_address: "203.0.113.17".into(),
            error: None,
            request: Value::Null,
            response: Value::Null,
            resources: Vec::new(),
            access_key_id: None,
        }
    }

    fn stack_update(&self, stack: &str) -> TrailEvent {
        TrailEvent {
            source: CLOUDFORMATION,
            name: "UpdateStack".into(),
            request: json!({"stackName": stack, "capabilities": ["CAPABILITY_IAM"]}),
            resources: vec![("AWS::CloudFormation::Stack", stack.to_owned())],
            ..self.event(&format!("stack {stack}"), 31, DEPLOYER)
        }
    }

    fn runtime_update(&self, runtime: &str) -> TrailEvent {
        TrailEvent {
            name: "UpdateAgentRuntime".into(),
            user_agent: CLOUDFORMATION.into(),
            source_address: CLOUDFORMATION.into(),
            request: json!({"agentRuntimeId": runtime, "description": "***"}),
            response: json!({"agentRuntimeId": runtime, "agentRuntimeVersion": "3", "status": "UPDATING"}),
            resources: vec![("AWS::BedrockAgentCore::Runtime", runtime.to_owned())],
            ..self.event(&format!("runtime {runtime}"), 30, DEPLOYER)
        }
    }

    fn put_secret_value(&self, arn: &str) -> TrailEvent {
        let token = self.seed.uuid("trail version");
        TrailEvent {
            source: SECRETS_MANAGER,
            name: "PutSecretValue".into(),
            request: json!({"secretId": arn, "clientRequestToken": token}),
            response: json!({ "arn": arn }),
            resources: vec![("AWS::SecretsManager::Secret", arn.to_owned())],
            ..self.event("put secret value", VALUE_AGE_HOURS, PERSON)
        }
    }

    fn refused_update(&self, gateway: &str) -> TrailEvent {
        let message = "User: arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Operator/jane.doe is not authorized \
                       to perform: bedrock-agentcore:UpdateGateway";
        TrailEvent {
            name: "UpdateGateway".into(),
            request: json!({"gatewayIdentifier": gateway, "name": "***"}),
            error: Some(("AccessDeniedException".into(), message.into())),
            resources: vec![("AWS::BedrockAgentCore::Gateway", gateway.to_owned())],
            ..self.event("refused update", 6, PERSON)
        }
    }

    fn rotation_succeeded(&self, arn: &str) -> TrailEvent {
        TrailEvent {
            source: SECRETS_MANAGER,
            name: "RotationSucceeded".into(),
            user_agent: SECRETS_MANAGER.into(),
            source_address: SECRETS_MANAGER.into(),
            resources: vec![("AWS::SecretsManager::Secret", arn.to_owned())],
            ..self.event(
                "rotation",
                ROTATION_AGE_HOURS,
                Actor::Service(SECRETS_MANAGER),
            )
        }
    }
}
