//! The AWS services that the embedded stack serves: one row for each with everything that tells it from the others, and
//! its operations, each bound to the function that answers it.

use serde_json::Value;

use crate::aws::{cloudformation, cloudtrail, cognito, control, logs, metrics, secrets, sts};
use crate::operation::{OperationCall, OperationResult, Protocol};
use crate::world::SharedWorld;

/// An AWS service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// The control plane of Bedrock AgentCore.
    AgentCoreControl,
    /// The data plane of Bedrock AgentCore, as far as it is signed requests and not MCP.
    AgentCoreData,
    /// CloudWatch Logs.
    Logs,
    /// Secrets Manager.
    SecretsManager,
    /// Cognito user pools.
    CognitoIdp,
    /// CloudFormation.
    CloudFormation,
    /// CloudTrail.
    CloudTrail,
    /// CloudWatch metrics.
    CloudWatch,
    /// Security Token Service.
    Sts,
}

/// What tells one service from another on the wire.
pub(crate) struct ServiceSpec {
    /// The endpoint prefix: the service's name in a faults file.
    pub(crate) prefix: &'static str,
    /// The service's name in the credential scope of a signature.
    pub(crate) signing_name: &'static str,
    /// The prefix of its IAM actions.
    pub(crate) iam_prefix: &'static str,
    /// The host name in CloudTrail's `eventSource`.
    pub(crate) event_source: &'static str,
    /// The part of `X-Amz-Target` before the operation, and the content type that goes with it.
    pub(crate) target: Option<(&'static str, &'static str)>,
    /// `Version` of the query protocol and the XML namespace of its answers.
    pub(crate) query: Option<(&'static str, &'static str)>,
    /// The code of its internal error.
    pub(crate) internal_error: &'static str,
    /// The code of a request that came too soon after others, outside the query protocol.
    pub(crate) throttled: &'static str,
    /// What it can do.
    pub(crate) operations: &'static [Operation],
}

/// How an operation appears in CloudTrail's event history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrailAccess {
    /// A management event with `readOnly: true`.
    Read,
    /// A management event with `readOnly: false`.
    Write,
    /// Never there: a data event, or an operation that CloudTrail does not log.
    Unrecorded,
}

/// The function that answers an operation.
pub(crate) type Handler = fn(&SharedWorld, &OperationCall) -> OperationResult;

/// One operation of a service.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) access: TrailAccess,
    pub(crate) handler: Handler,
    /// Method and path of a REST operation; members of the path in braces.
    pub(crate) route: Option<(&'static str, &'static str)>,
    /// The largest `maxResults` of a list.
    pub(crate) max_results: usize,
    /// Whether it takes requests without a signature.
    pub(crate) public: bool,
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Operation {
    /// Returns an operation that changes nothing.
    pub(crate) const fn read(name: &'static str, handler: Handler) -> Self {
        Self {
            name,
            access: TrailAccess::Read,
            handler,
            route: None,
            max_results: 100,
            public: false,
        }
    }

    /// Returns an operation that changes something.
    pub(crate) const fn write(name: &'static str, handler: Handler) -> Self {
        Self {
            access: TrailAccess::Write,
            ..Self::read(name, handler)
        }
    }

    /// Returns the same operation, missing in CloudTrail's event history.
    pub(crate) const fn unrecorded(self) -> Self {
        Self {
            access: TrailAccess::Unrecorded,
            ..self
        }
    }

    /// Returns the same operation at a method and a path.
    pub(crate) const fn at(self, method: &'static str, path: &'static str) -> Self {
        Self {
            route: Some((method, path)),
            ..self
        }
    }

    /// Returns the same operation with another limit of `maxResults`.
    pub(crate) const fn max_results(self, max_results: usize) -> Self {
        Self {
            max_results,
            ..self
        }
    }

    /// Returns the same operation, taking requests without a signature.
    pub(crate) const fn public(self) -> Self {
        Self {
            public: true,
            ..self
        }
    }

    /// Returns the members that the path gives, if method and path are those of this operation.
    pub(crate) fn matches<'a>(
        &self,
        method: &str,
        segments: &'a [String],
    ) -> Option<Vec<(&'static str, &'a str)>> {
        let (_, path) = self.route.filter(|(own, _)| *own == method)?;
        let mut members = Vec::new();
        let mut given = segments.iter();
        for wanted in path.split('/').filter(|part| !part.is_empty()) {
            let segment = given.next()?;
            match wanted
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                Some(name) => members.push((name, segment.as_str())),
                None if wanted == segment => {}
                None => return None,
            }
        }
        given.next().is_none().then_some(members)
    }
}

const JSON_1_0: &str = "application/x-amz-json-1.0";
const JSON_1_1: &str = "application/x-amz-json-1.1";

static AGENTCORE_CONTROL: ServiceSpec = ServiceSpec {
    prefix: "bedrock-agentcore-control",
    signing_name: "bedrock-agentcore",
    iam_prefix: "bedrock-agentcore",
    event_source: "bedrock-agentcore.amazonaws.com",
    target: None,
    query: None,
    internal_error: "InternalServerException",
    throttled: "ThrottlingException",
    operations: control::handlers::CONTROL_OPERATIONS,
};

static AGENTCORE_DATA: ServiceSpec = ServiceSpec {
    prefix: "bedrock-agentcore",
    signing_name: "bedrock-agentcore",
    iam_prefix: "bedrock-agentcore",
    event_source: "bedrock-agentcore.amazonaws.com",
    target: None,
    query: None,
    internal_error: "InternalServerException",
    throttled: "ThrottlingException",
    operations: control::handlers::DATA_OPERATIONS,
};

static LOGS: ServiceSpec = ServiceSpec {
    prefix: "logs",
    signing_name: "logs",
    iam_prefix: "logs",
    event_source: "logs.amazonaws.com",
    target: Some(("Logs_20140328", JSON_1_1)),
    query: None,
    internal_error: "ServiceUnavailableException",
    throttled: "ThrottlingException",
    operations: logs::handlers::OPERATIONS,
};

static SECRETS_MANAGER: ServiceSpec = ServiceSpec {
    prefix: "secretsmanager",
    signing_name: "secretsmanager",
    iam_prefix: "secretsmanager",
    event_source: "secretsmanager.amazonaws.com",
    target: Some(("secretsmanager", JSON_1_1)),
    query: None,
    internal_error: "InternalServiceError",
    throttled: "ThrottlingException",
    operations: secrets::handlers::OPERATIONS,
};

static COGNITO_IDP: ServiceSpec = ServiceSpec {
    prefix: "cognito-idp",
    signing_name: "cognito-idp",
    iam_prefix: "cognito-idp",
    event_source: "cognito-idp.amazonaws.com",
    target: Some(("AWSCognitoIdentityProviderService", JSON_1_1)),
    query: None,
    internal_error: "InternalErrorException",
    throttled: "TooManyRequestsException",
    operations: cognito::handlers::OPERATIONS,
};

static CLOUDFORMATION: ServiceSpec = ServiceSpec {
    prefix: "cloudformation",
    signing_name: "cloudformation",
    iam_prefix: "cloudformation",
    event_source: "cloudformation.amazonaws.com",
    target: None,
    query: Some((
        "2010-05-15",
        "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    )),
    internal_error: "InternalFailure",
    throttled: "ThrottlingException",
    operations: cloudformation::handlers::OPERATIONS,
};

static CLOUDTRAIL: ServiceSpec = ServiceSpec {
    prefix: "cloudtrail",
    signing_name: "cloudtrail",
    iam_prefix: "cloudtrail",
    event_source: "cloudtrail.amazonaws.com",
    target: Some((
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
        JSON_1_1,
    )),
    query: None,
    internal_error: "InternalFailure",
    throttled: "ThrottlingException",
    operations: cloudtrail::handlers::OPERATIONS,
};

static CLOUDWATCH: ServiceSpec = ServiceSpec {
    prefix: "monitoring",
    signing_name: "monitoring",
    iam_prefix: "cloudwatch",
    event_source: "monitoring.amazonaws.com",
    target: Some(("GraniteServiceVersion20100801", JSON_1_0)),
    query: Some((
        "2010-08-01",
        "http://monitoring.amazonaws.com/doc/2010-08-01/",
    )),
    internal_error: "InternalFailure",
    throttled: "ThrottlingException",
    operations: metrics::handlers::OPERATIONS,
};

static STS: ServiceSpec = ServiceSpec {
    prefix: "sts",
    signing_name: "sts",
    iam_prefix: "sts",
    event_source: "sts.amazonaws.com",
    target: None,
    query: Some(("2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/")),
    internal_error: "InternalFailure",
    throttled: "ThrottlingException",
    operations: sts::OPERATIONS,
};

impl Service {
    /// Every service.
    pub const ALL: [Self; 9] = [
        Self::AgentCoreControl,
        Self::AgentCoreData,
        Self::Logs,
        Self::SecretsManager,
        Self::CognitoIdp,
        Self::CloudFormation,
        Self::CloudTrail,
        Self::CloudWatch,
        Self::Sts,
    ];

    /// Returns the row of the service.
    pub(crate) fn spec(self) -> &'static ServiceSpec {
        match self {
            Self::AgentCoreControl => &AGENTCORE_CONTROL,
            Self::AgentCoreData => &AGENTCORE_DATA,
            Self::Logs => &LOGS,
            Self::SecretsManager => &SECRETS_MANAGER,
            Self::CognitoIdp => &COGNITO_IDP,
            Self::CloudFormation => &CLOUDFORMATION,
            Self::CloudTrail => &CLOUDTRAIL,
            Self::CloudWatch => &CLOUDWATCH,
            Self::Sts => &STS,
        }
    }

    /// Returns the endpoint prefix, such as `logs` or `bedrock-agentcore-control`: the service's name in a faults file.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        self.spec().prefix
    }

    /// Returns the service with that endpoint prefix.
    #[must_use]
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|service| service.prefix() == prefix)
    }

    /// The names of the operations that are served, and of those of the data plane that MCP serves.
    pub fn operation_names(self) -> impl Iterator<Item = &'static str> {
        let by_mcp: &[&str] = match self {
            Self::AgentCoreData => &["InvokeAgentRuntime"],
            Self::AgentCoreControl
            | Self::Logs
            | Self::SecretsManager
            | Self::CognitoIdp
            | Self::CloudFormation
            | Self::CloudTrail
            | Self::CloudWatch
            | Self::Sts => &[],
        };
        self.spec()
            .operations
            .iter()
            .map(|operation| operation.name)
            .chain(by_mcp.iter().copied())
    }

    /// Returns the operation of that name.
    pub(crate) fn operation(self, name: &str) -> Option<&'static Operation> {
        self.spec()
            .operations
            .iter()
            .find(|operation| operation.name == name)
    }

    /// Returns the service and the protocol that a value of `X-Amz-Target` names, and the operation's name.
    pub(crate) fn of_target(target: &str) -> Option<(Self, Protocol, &str)> {
        let (prefix, operation) = target.rsplit_once('.')?;
        Self::ALL.into_iter().find_map(|service| {
            let (own, content_type) = service.spec().target?;
            (own == prefix).then_some((service, Protocol::AwsJson(content_type), operation))
        })
    }

    /// Returns the service and the protocol of a `Version` of the query protocol.
    pub(crate) fn of_query_version(version: &str) -> Option<(Self, Protocol)> {
        Self::ALL.into_iter().find_map(|service| {
            let (own, namespace) = service.spec().query?;
            (own == version).then_some((service, Protocol::Query(namespace)))
        })
    }
}

/// Returns a text member of an input.
pub(crate) fn text<'a>(input: &'a Value, member: &str) -> Option<&'a str> {
    input.get(member).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_operations_and_routes_are_unique() {
        let mut names = Vec::new();
        let mut routes = Vec::new();
        for service in Service::ALL {
            names.extend(
                service
                    .operation_names()
                    .map(|name| (service.prefix(), name)),
            );
            let operations = service.spec().operations.iter();
            routes.extend(operations.filter_map(|operation| operation.route));
        }
        for list in [&names, &routes] {
            let mut sorted = list.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), list.len(), "{list:?}");
        }
    }

    #[test]
    fn a_service_is_found_by_its_prefix() {
        for service in Service::ALL {
            assert_eq!(Service::from_prefix(service.prefix()), Some(service));
        }
    }

    #[test]
    fn a_path_gives_its_members() {
        let operation = Operation::read("X", |_, _| unreachable_reply()).at("GET", "/a/{b}/c/");
        let segments = |path: &str| -> Vec<String> {
            path.split('/')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let found = segments("/a/1/c");
        assert_eq!(operation.matches("GET", &found), Some(vec![("b", "1")]));
        assert_eq!(operation.matches("PUT", &found), None);
        assert_eq!(operation.matches("GET", &segments("/a/1")), None);
        assert_eq!(operation.matches("GET", &segments("/a/1/c/d")), None);
    }

    fn unreachable_reply() -> OperationResult {
        Err(crate::operation::ApiError::bad("Never", "called"))
    }
}
