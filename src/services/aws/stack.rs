//! What a CloudFormation stack says about a deployment: its outputs under all their known names, and its resources.

use std::time::{Duration, Instant};

use roxmltree::{Document, Node};

use crate::{
    model::{Deployment, Failure, FailureKind, StackFacts},
    services::Services,
};

use super::{account::Account, failure::Doing, names, signed::Request};

/// How long a stack's facts are kept.
const FRESH: Duration = Duration::from_mins(5);

/// A remembered answer for a deployment.
pub(crate) type Remembered = tokio::sync::Mutex<Option<(Instant, StackFacts)>>;

impl Services {
    /// What the deployment's stack says; kept for five minutes. Default where no stack is configured.
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] for a stack that does not exist.
    pub async fn stack_facts(&self, deployment: &Deployment) -> Result<StackFacts, Failure> {
        let Some(stack) = &deployment.stack else {
            return Ok(StackFacts::default());
        };
        let cell = super::remembered(&self.inner.stacks, deployment);
        let mut kept = cell.lock().await;
        if let Some((at, facts)) = kept.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            tracing::trace!(age = ?at.elapsed(), "stack facts from memory");
            return Ok(facts.clone());
        }
        let facts = self.read_stack(deployment, stack).await?;
        *kept = Some((Instant::now(), facts.clone()));
        Ok(facts)
    }

    /// Resources of the deployment's stack that may read its secrets: services of ECS and functions, by type and name. None where no
    /// stack is configured.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] where the stack's resources may not be read.
    pub(crate) async fn stack_readers(
        &self,
        deployment: &Deployment,
    ) -> Result<Vec<StackReader>, Failure> {
        let Some(stack) = &deployment.stack else {
            return Ok(Vec::new());
        };
        let account = self.account(deployment).await?;
        let doing = format!("reading the resources of the stack {stack}");
        let text = self
            .cloudformation(&account, &doing, "DescribeStackResources", stack)
            .await?;
        Ok(readers(&text))
    }

    async fn read_stack(
        &self,
        deployment: &Deployment,
        stack: &str,
    ) -> Result<StackFacts, Failure> {
        let account = self.account(deployment).await?;
        let doing = format!("reading the stack {stack}");
        let text = self
            .cloudformation(&account, &doing, "DescribeStacks", stack)
            .await
            .map_err(|failure| explain(failure, &account, stack))?;
        let outputs = outputs(&text).map_err(|error| {
            Failure::new(
                FailureKind::Network,
                doing.as_str(),
                format!("the answer is not CloudFormation's: {error}"),
            )
        })?;
        let mut facts = from_outputs(outputs);
        if facts.gateway_id.is_none() || facts.runtime_arn.is_none() || facts.secret_arn.is_none() {
            // Poor outputs: the stack's resources know more. Where that is not allowed, the outputs must do.
            match self
                .cloudformation(&account, &doing, "DescribeStackResources", stack)
                .await
            {
                Ok(text) => add_resources(&mut facts, &text, &account),
                Err(failure) => tracing::info!(%failure, "the stack's resources are not to be had"),
            }
        }
        Ok(facts)
    }

    async fn cloudformation(
        &self,
        account: &Account,
        doing: &str,
        operation: &str,
        stack: &str,
    ) -> Result<String, Failure> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("Action", operation),
                ("Version", "2010-05-15"),
                ("StackName", stack),
            ])
            .finish();
        let request = Request {
            method: http::Method::POST,
            service: Some("cloudformation"),
            url: format!("{}/", account.address("cloudformation")),
            headers: vec![(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8",
            )],
            body: form.into_bytes(),
        };
        let action = format!("cloudformation:{operation}");
        Ok(self
            .send_signed(
                Doing {
                    text: doing,
                    action: &action,
                    account,
                },
                &request,
            )
            .await?
            .text())
    }
}

/// CloudFormation calls an unknown stack a validation error.
fn explain(mut failure: Failure, account: &Account, stack: &str) -> Failure {
    if failure.cause.contains("does not exist") {
        failure.kind = FailureKind::NotFound;
        failure.cause = format!("there is no stack {stack} in {}", account.region);
        return failure.hint(format!("`aws cloudformation list-stacks --region {}` names those that exist; check stack, region and profile of this deployment", account.region));
    }
    failure
}

fn outputs(text: &str) -> Result<Vec<(String, String)>, roxmltree::Error> {
    let document = Document::parse(text)?;
    Ok(document
        .descendants()
        .filter(|node| node.tag_name().name() == "Outputs")
        .flat_map(|node| node.children())
        .filter_map(|member| {
            Some((
                child(member, "OutputKey")?,
                child(member, "OutputValue").unwrap_or_default(),
            ))
        })
        .collect())
}

/// A resource of a stack that may read a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StackReader {
    /// A service of ECS, by its name.
    Service(String),
    /// A function, by its name.
    Function(String),
}

fn readers(text: &str) -> Vec<StackReader> {
    let Ok(document) = Document::parse(text) else {
        return Vec::new();
    };
    let name = |id: String| {
        id.rsplit(['/', ':'])
            .next()
            .map(str::to_owned)
            .unwrap_or(id)
    };
    let members = document
        .descendants()
        .filter(|node| node.tag_name().name() == "member");
    let reader = |member: Node<'_, '_>| {
        let id = child(member, "PhysicalResourceId").filter(|id| !id.is_empty())?;
        match child(member, "ResourceType")?.as_str() {
            "AWS::ECS::Service" => Some(StackReader::Service(name(id))),
            "AWS::Lambda::Function" => Some(StackReader::Function(name(id))),
            _ => None,
        }
    };
    members.filter_map(reader).collect()
}

fn child(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.children()
        .find(|child| child.tag_name().name() == name)
        .and_then(|child| child.text())
        .map(str::to_owned)
}

/// Facts by all the names that known stacks use for them.
fn from_outputs(outputs: Vec<(String, String)>) -> StackFacts {
    let find = |names: &[&str]| {
        let by = |name: &&str| {
            outputs
                .iter()
                .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty())
        };
        names.iter().find_map(by).map(|(_, value)| value.clone())
    };
    let gateway_url = find(&["GatewayUrl"]).map(|url| names::gateway_url(&url));
    let gateway_id = find(&["GatewayId", "GatewayIdentifier"])
        .or_else(|| find(&["GatewayArn"]).and_then(|arn| names::arn_tail(&arn, "gateway")))
        .or_else(|| gateway_url.as_deref().and_then(names::gateway_id_of_url));
    StackFacts {
        gateway_id,
        gateway_url,
        runtime_arn: find(&[
            "RuntimeArn",
            "MCPServerRuntimeArn",
            "Neo4jMcpRuntimeArn",
            "McpRuntimeArn",
            "AgentRuntimeArn",
        ]),
        user_pool_id: find(&["CognitoUserPoolId", "UserPoolId"]),
        client_id: find(&[
            "CognitoMachineClientId",
            "CognitoAppClientId",
            "CognitoClientId",
        ]),
        token_url: find(&["CognitoTokenUrl", "CognitoTokenEndpoint"]),
        scope: find(&["CognitoScope"]),
        discovery_url: find(&["CognitoDiscoveryUrl"]),
        secret_arn: find(&["Neo4jSecretArn", "SecretArn"]),
        interceptor_arn: find(&[
            "CredentialInterceptorArn",
            "AuthInterceptorLambdaArn",
            "InterceptorLambdaArn",
        ]),
        outputs,
    }
}

/// Fills what the outputs left open from `DescribeStackResources`; only where a type occurs once, since a guess would mislead.
fn add_resources(facts: &mut StackFacts, text: &str, account: &Account) {
    let Ok(document) = Document::parse(text) else {
        return;
    };
    let resources: Vec<(String, String)> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "member")
        .filter_map(|member| {
            Some((
                child(member, "ResourceType")?,
                child(member, "PhysicalResourceId")?,
            ))
        })
        .collect();
    let account_number = document
        .descendants()
        .find(|node| node.tag_name().name() == "StackId")
        .and_then(|node| node.text())
        .and_then(|arn| arn.split(':').nth(4))
        .unwrap_or_default()
        .to_owned();
    let only = |wanted: &str| {
        let mut of_type = resources
            .iter()
            .filter(|(kind, _)| kind == wanted)
            .map(|(_, id)| id.clone());
        of_type.next().filter(|_| of_type.next().is_none())
    };
    if facts.gateway_id.is_none() {
        facts.gateway_id = only("AWS::BedrockAgentCore::Gateway")
            .map(|id| names::arn_tail(&id, "gateway").unwrap_or(id));
    }
    if facts.runtime_arn.is_none() {
        facts.runtime_arn = only("AWS::BedrockAgentCore::Runtime").map(|id| {
            if id.starts_with("arn:") {
                id
            } else {
                format!(
                    "arn:aws:bedrock-agentcore:{}:{account_number}:runtime/{id}",
                    account.region
                )
            }
        });
    }
    if facts.secret_arn.is_none() {
        facts.secret_arn = only("AWS::SecretsManager::Secret");
    }
    if facts.user_pool_id.is_none() {
        facts.user_pool_id = only("AWS::Cognito::UserPool");
    }
    if facts.client_id.is_none() {
        facts.client_id = only("AWS::Cognito::UserPoolClient");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_functions_of_a_stack_may_read_its_secrets() {
        let member = |kind: &str, id: &str| {
            format!(
                "<member><PhysicalResourceId>{id}</PhysicalResourceId><ResourceType>{kind}</ResourceType></member>"
            )
        };
        let text = [
            member(
                "AWS::ECS::Service",
                "arn:aws:ecs:us-west-2:1:service/cluster/neo4j-mcp",
            ),
            member("AWS::Lambda::Function", "auth-interceptor"),
            member("AWS::S3::Bucket", "b"),
            "<member><ResourceType>AWS::ECS::Service</ResourceType></member>".to_owned(),
        ];
        let found = readers(&format!(
            "<StackResources>{}</StackResources>",
            text.concat()
        ));
        assert_eq!(
            found,
            [
                StackReader::Service("neo4j-mcp".into()),
                StackReader::Function("auth-interceptor".into())
            ]
        );
        assert_eq!(readers("no xml"), []);
    }

    const STACK: &str = r#"<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>s</StackName><Outputs>
        <member><OutputKey>GatewayUrl</OutputKey><OutputValue>https://neo4j-gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp</OutputValue></member>
        <member><OutputKey>CognitoAppClientId</OutputKey><OutputValue>c1</OutputValue></member>
        <member><OutputKey>CognitoTokenEndpoint</OutputKey><OutputValue>https://t/oauth2/token</OutputValue></member>
        <member><OutputKey>MCPServerRuntimeArn</OutputKey><OutputValue>arn:aws:bedrock-agentcore:us-west-2:1:runtime/r-abcdefghij</OutputValue></member>
        <member><OutputKey>Odd</OutputKey></member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"#;

    #[test]
    fn outputs_are_found_under_any_of_their_names() {
        let facts = from_outputs(outputs(STACK).unwrap());
        assert_eq!(facts.gateway_id.as_deref(), Some("neo4j-gw-abcdefghij"));
        assert_eq!(facts.client_id.as_deref(), Some("c1"));
        assert_eq!(facts.token_url.as_deref(), Some("https://t/oauth2/token"));
        assert_eq!(
            facts.runtime_arn.as_deref(),
            Some("arn:aws:bedrock-agentcore:us-west-2:1:runtime/r-abcdefghij")
        );
        assert_eq!(facts.outputs.len(), 5);
        assert_eq!(facts.secret_arn, None);
    }
}
