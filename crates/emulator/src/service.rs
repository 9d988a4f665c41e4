//! The names of the AWS operations that the embedded stack serves, by service: what the dispatcher, the faults file and
//! the outside checks agree on. No behaviour here.

/// The operations of one service, by its endpoint prefix; empty for a service that is not served.
pub fn names(service: &str) -> &'static [&'static str] {
    match service {
        "bedrock-agentcore-control" => &CONTROL,
        "bedrock-agentcore" => &DATA,
        "logs" => &LOGS,
        "secretsmanager" => &SECRETS,
        "cognito-idp" => &COGNITO,
        "cloudformation" => &["DescribeStacks", "ListStacks", "DescribeStackResources"],
        "monitoring" => &["GetMetricData", "ListMetrics"],
        "sts" => &["GetCallerIdentity"],
        _ => &[],
    }
}

const CONTROL: [&str; 27] = [
    "ListGateways",
    "GetGateway",
    "UpdateGateway",
    "ListGatewayTargets",
    "GetGatewayTarget",
    "SynchronizeGatewayTargets",
    "ListGatewayRules",
    "GetGatewayRule",
    "ListPolicyEngines",
    "GetPolicyEngine",
    "ListPolicies",
    "ListAgentRuntimes",
    "GetAgentRuntime",
    "UpdateAgentRuntime",
    "ListAgentRuntimeVersions",
    "ListAgentRuntimeEndpoints",
    "GetAgentRuntimeEndpoint",
    "ListOauth2CredentialProviders",
    "GetOauth2CredentialProvider",
    "ListApiKeyCredentialProviders",
    "GetApiKeyCredentialProvider",
    "ListWorkloadIdentities",
    "GetWorkloadIdentity",
    "GetTokenVault",
    "ListMemories",
    "GetMemory",
    "ListTagsForResource",
];

const DATA: [&str; 3] = [
    "InvokeAgentRuntime",
    "StopRuntimeSession",
    "CompleteResourceTokenAuth",
];

const LOGS: [&str; 15] = [
    "DescribeLogGroups",
    "DescribeLogStreams",
    "FilterLogEvents",
    "GetLogEvents",
    "CreateLogGroup",
    "CreateLogStream",
    "PutLogEvents",
    "DeleteLogGroup",
    "PutRetentionPolicy",
    "StartQuery",
    "GetQueryResults",
    "StopQuery",
    "StartLiveTail",
    "DescribeDeliverySources",
    "DescribeDeliveries",
];

const SECRETS: [&str; 14] = [
    "CreateSecret",
    "GetSecretValue",
    "PutSecretValue",
    "UpdateSecretVersionStage",
    "DescribeSecret",
    "ListSecretVersionIds",
    "ListSecrets",
    "RotateSecret",
    "CancelRotateSecret",
    "GetRandomPassword",
    "TagResource",
    "UntagResource",
    "DeleteSecret",
    "RestoreSecret",
];

const COGNITO: [&str; 5] = [
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "DescribeUserPoolDomain",
    "ListUserPoolClients",
    "InitiateAuth",
];
