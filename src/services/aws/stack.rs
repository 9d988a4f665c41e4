//! What a CloudFormation stack says about a deployment: its outputs under all their known names, and its resources.

use std::sync::Arc;

use std::time::{Duration, Instant};

use roxmltree::{Document, Node};

use super::AwsClient;
use crate::{
    discovery::stack::{DescribedStack, OwnedResource, facts},
    model::{Deployment, Failure, FailureKind, StackFacts},
};

use super::{account::Account, failure::AwsOperation, signed::SignedRequest};

/// Resources that one response of `DescribeStackResources` holds at most.
const RESOURCES: usize = 100;
/// Pages of stacks or resources after which reading stops.
const PAGES: usize = 1_000;
/// Nested stacks that are read for one stack.
const NESTED: usize = 50;

/// How long a stack's facts are kept.
const FRESH: Duration = Duration::from_mins(5);

/// A remembered answer for a deployment.
pub(crate) type CachedStackFacts = tokio::sync::Mutex<Option<(Instant, StackFacts)>>;

/// CloudFormation stacks: what a deployment is made of.
#[derive(Clone)]
pub struct Stacks {
    client: AwsClient,
    facts: Arc<super::PerDeployment<CachedStackFacts>>,
}

impl Stacks {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self {
            client,
            facts: Arc::default(),
        }
    }

    /// Returns what the deployment's stack says; kept for five minutes. Default where no stack is configured.
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] for a stack that does not exist.
    pub async fn facts(&self, deployment: &Deployment) -> Result<StackFacts, Failure> {
        let Some(stack) = &deployment.stack else {
            return Ok(StackFacts::default());
        };
        let cell = super::remembered(&self.facts, deployment);
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
        let account = self.client.account(deployment).await?;
        let doing = format!("reading the resources of the stack {stack}");
        let resources = self.stack_resources(&account, &doing, stack).await?;
        Ok(readers(&resources))
    }

    /// Returns the stack with its resources, and the nested stacks with theirs.
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] if the stack does not exist.
    async fn read_stack(
        &self,
        deployment: &Deployment,
        stack: &str,
    ) -> Result<StackFacts, Failure> {
        let account = self.client.account(deployment).await?;
        let doing = format!("reading the stack {stack}");
        let mut found = self
            .describe_stacks(&account, &doing, Some(stack))
            .await
            .map_err(|failure| explain(failure, &account, stack))?;
        let Some(mut outer) = (!found.is_empty()).then(|| found.swap_remove(0)) else {
            return Err(explain(
                Failure::new(FailureKind::NotFound, doing, "it does not exist"),
                &account,
                stack,
            ));
        };
        if outer.is_gone() {
            return Err(undone(&outer, &doing));
        }
        let known = facts(&outer, &[]);
        if known.gateway_id.is_some() && known.runtime_arn.is_some() && known.secret_arn.is_some() {
            return Ok(known);
        }
        // The outputs leave something open: the stack's resources know more. If they may not be read, the outputs must do.
        match self.stack_resources(&account, &doing, stack).await {
            Ok(resources) => outer.resources = resources,
            Err(failure) => {
                tracing::info!(%failure, "the stack's resources cannot be read");
                return Ok(known);
            }
        }
        let nested = self.nested_stacks(&account, &outer).await;
        Ok(facts(&outer, &nested))
    }

    /// Returns the nested stacks of a stack, as far as they can be read.
    pub(crate) async fn nested_stacks(
        &self,
        account: &Account,
        outer: &DescribedStack,
    ) -> Vec<DescribedStack> {
        let mut waiting: Vec<String> = outer.nested().map(str::to_owned).collect();
        let mut seen = vec![outer.id.clone()];
        let mut all = Vec::new();
        while let Some(id) = waiting.pop() {
            if seen.contains(&id) || all.len() >= NESTED {
                continue;
            }
            let doing = format!("reading the nested stack {id}");
            seen.push(id.clone());
            let described = self.describe_stacks(account, &doing, Some(&id)).await;
            let Some(mut inner) = described.ok().and_then(|mut found| found.pop()) else {
                continue;
            };
            let resources = self.stack_resources(account, &doing, &id).await;
            inner.resources = resources.unwrap_or_default();
            waiting.extend(inner.nested().map(str::to_owned));
            all.push(inner);
        }
        all
    }

    /// Returns one stack, or all stacks of the account and region, without their resources.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] if stacks may not be read.
    pub(crate) async fn describe_stacks(
        &self,
        account: &Account,
        doing: &str,
        stack: Option<&str>,
    ) -> Result<Vec<DescribedStack>, Failure> {
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let mut parameters: Vec<(&str, &str)> = Vec::new();
            parameters.extend(stack.map(|stack| ("StackName", stack)));
            parameters.extend(token.as_deref().map(|token| ("NextToken", token)));
            let text = self
                .cloudformation(account, doing, "DescribeStacks", &parameters)
                .await?;
            let document = parse(doing, &text)?;
            all.extend(members(&document, "Stacks").map(description));
            let next = next_token(&document);
            if next.is_none() || next == token {
                return Ok(all);
            }
            token = next;
        }
        let cause = format!("there are more than {} stacks", all.len());
        Err(Failure::new(FailureKind::Server, doing, cause)
            .hint("name the stack: `agentcore-console init --stack NAME`"))
    }

    /// Returns all resources of a stack.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] if they may not be read.
    pub(crate) async fn stack_resources(
        &self,
        account: &Account,
        doing: &str,
        stack: &str,
    ) -> Result<Vec<OwnedResource>, Failure> {
        let text = self
            .cloudformation(
                account,
                doing,
                "DescribeStackResources",
                &[("StackName", stack)],
            )
            .await?;
        let document = parse(doing, &text)?;
        let resources: Vec<OwnedResource> = members(&document, "StackResources")
            .filter_map(resource)
            .collect();
        if resources.len() < RESOURCES {
            return Ok(resources);
        }
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let mut parameters = vec![("StackName", stack)];
            parameters.extend(token.as_deref().map(|token| ("NextToken", token)));
            let text = self
                .cloudformation(account, doing, "ListStackResources", &parameters)
                .await?;
            let document = parse(doing, &text)?;
            all.extend(members(&document, "StackResourceSummaries").filter_map(resource));
            let next = next_token(&document);
            if next.is_none() || next == token {
                break;
            }
            token = next;
        }
        Ok(all)
    }

    /// Returns the name of the stack that owns a resource; `None` if no stack does.
    ///
    /// # Errors
    /// [`FailureKind::Denied`] if stacks may not be read.
    pub(crate) async fn owning_stack(
        &self,
        account: &Account,
        physical_id: &str,
    ) -> Result<Option<String>, Failure> {
        let doing = format!("looking for the stack of {physical_id}");
        let answer = self
            .cloudformation(
                account,
                &doing,
                "DescribeStackResources",
                &[("PhysicalResourceId", physical_id)],
            )
            .await;
        match answer {
            Ok(text) => {
                let document = parse(&doing, &text)?;
                let name = document
                    .descendants()
                    .find(|node| node.tag_name().name() == "StackName")
                    .and_then(|node| node.text());
                Ok(name.map(str::to_owned))
            }
            // CloudFormation calls a resource that no stack owns a validation error.
            Err(failure) if failure.kind == FailureKind::Usage => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn cloudformation(
        &self,
        account: &Account,
        doing: &str,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, Failure> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("Action", operation), ("Version", "2010-05-15")])
            .extend_pairs(parameters)
            .finish();
        let request = SignedRequest {
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
        let doing = AwsOperation {
            text: doing,
            action: &action,
            account: account.label(),
        };
        Ok(self
            .client
            .send_signed(account, doing, &request)
            .await?
            .text())
    }
}

/// CloudFormation calls an unknown stack a validation error.
fn explain(mut failure: Failure, account: &Account, stack: &str) -> Failure {
    if failure.cause.contains("does not exist") {
        failure.kind = FailureKind::NotFound;
        failure.cause = format!("there is no stack {stack} in {}", account.region);
        return failure.hint(format!(
            "`aws cloudformation list-stacks --region {}` names those that exist; check stack, region and profile of this deployment",
            account.region
        ));
    }
    failure
}

/// Returns a stack whose creation was undone, or that is being deleted: what it made does not exist.
fn undone(stack: &DescribedStack, doing: &str) -> Failure {
    let reason = stack
        .status_reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(": {reason}"));
    let cause = format!(
        "it is {}, so that nothing of it is there{reason}",
        stack.status
    );
    Failure::new(FailureKind::NotFound, doing, cause).hint(format!(
        "`aws cloudformation describe-stack-events --stack-name {}` shows what failed; delete it and deploy again",
        stack.name
    ))
}

fn parse<'t>(doing: &str, text: &'t str) -> Result<Document<'t>, Failure> {
    Document::parse(text).map_err(|error| {
        let preview = crate::net::http_client::preview(text.as_bytes());
        Failure::new(
            FailureKind::Network,
            doing,
            format!("the response is not CloudFormation's: {error}"),
        )
        .evidence(preview)
    })
}

/// Returns the `member` elements of the lists of this name.
fn members<'d>(document: &'d Document<'d>, list: &str) -> impl Iterator<Item = Node<'d, 'd>> {
    document
        .descendants()
        .filter(move |node| node.tag_name().name() == list)
        .flat_map(|node| node.children())
        .filter(|node| node.tag_name().name() == "member")
}

fn next_token(document: &Document<'_>) -> Option<String> {
    document
        .descendants()
        .find(|node| node.tag_name().name() == "NextToken")
        .and_then(|node| node.text())
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
}

fn description(stack: Node<'_, '_>) -> DescribedStack {
    let pairs = |list: &str, key: &str, value: &str| {
        stack
            .children()
            .filter(|node| node.tag_name().name() == list)
            .flat_map(|node| node.children())
            .filter_map(|member| {
                let resolved = child(member, "ResolvedValue");
                let value = resolved.or_else(|| child(member, value));
                Some((child(member, key)?, value.unwrap_or_default()))
            })
            .collect()
    };
    DescribedStack {
        name: child(stack, "StackName").unwrap_or_default(),
        id: child(stack, "StackId").unwrap_or_default(),
        status: child(stack, "StackStatus").unwrap_or_default(),
        status_reason: child(stack, "StackStatusReason"),
        parent: child(stack, "ParentId"),
        root: child(stack, "RootId"),
        outputs: pairs("Outputs", "OutputKey", "OutputValue"),
        parameters: pairs("Parameters", "ParameterKey", "ParameterValue"),
        resources: Vec::new(),
    }
}

fn resource(member: Node<'_, '_>) -> Option<OwnedResource> {
    Some(OwnedResource {
        kind: child(member, "ResourceType")?,
        id: child(member, "PhysicalResourceId").filter(|id| !id.is_empty())?,
    })
}

/// A resource of a stack that may read a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StackReader {
    /// A service of ECS, by its name.
    Service(String),
    /// A function, by its name.
    Function(String),
}

fn readers(resources: &[OwnedResource]) -> Vec<StackReader> {
    let name = |id: &str| id.rsplit(['/', ':']).next().unwrap_or(id).to_owned();
    let reader = |resource: &OwnedResource| match resource.kind.as_str() {
        "AWS::ECS::Service" => Some(StackReader::Service(name(&resource.id))),
        "AWS::Lambda::Function" => Some(StackReader::Function(name(&resource.id))),
        _ => None,
    };
    resources.iter().filter_map(reader).collect()
}

fn child(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.children()
        .find(|child| child.tag_name().name() == name)
        .and_then(|child| child.text())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_functions_of_a_stack_may_read_its_secrets() {
        let text = "<r><StackResources>\
             <member><PhysicalResourceId>arn:aws:ecs:us-west-2:1:service/cluster/neo4j-mcp</PhysicalResourceId><ResourceType>AWS::ECS::Service</ResourceType></member>\
             <member><PhysicalResourceId>auth-interceptor</PhysicalResourceId><ResourceType>AWS::Lambda::Function</ResourceType></member>\
             <member><PhysicalResourceId>b</PhysicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType></member>\
             <member><ResourceType>AWS::ECS::Service</ResourceType></member></StackResources></r>";
        let document = parse("reading", text).unwrap();
        let resources: Vec<OwnedResource> = members(&document, "StackResources")
            .filter_map(resource)
            .collect();
        assert_eq!(
            readers(&resources),
            [
                StackReader::Service("neo4j-mcp".into()),
                StackReader::Function("auth-interceptor".into())
            ]
        );
    }

    #[test]
    fn outputs_and_parameters_are_read() {
        let text = r#"<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>s</StackName>
            <StackStatus>CREATE_COMPLETE</StackStatus><Outputs>
            <member><OutputKey>GatewayUrl</OutputKey><OutputValue>https://neo4j-gw-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp</OutputValue></member>
            <member><OutputKey>CognitoAppClientId</OutputKey><OutputValue>c1</OutputValue></member>
            <member><OutputKey>Odd</OutputKey></member></Outputs>
            <Parameters><member><ParameterKey>P</ParameterKey><ParameterValue>/ssm/name</ParameterValue><ResolvedValue>v</ResolvedValue></member></Parameters>
            </member></Stacks><NextToken>t</NextToken></DescribeStacksResult></DescribeStacksResponse>"#;
        let document = parse("reading", text).unwrap();
        let stack = members(&document, "Stacks")
            .map(description)
            .next()
            .unwrap();
        assert_eq!(stack.parameters, [("P".to_owned(), "v".to_owned())]);
        let facts = facts(&stack, &[]);
        assert_eq!(facts.gateway_id.as_deref(), Some("neo4j-gw-abcdefghij"));
        assert_eq!(facts.client_id.as_deref(), Some("c1"));
        assert_eq!(facts.outputs.len(), 3);
        assert_eq!(next_token(&document).as_deref(), Some("t"));
    }

    #[test]
    fn what_is_not_xml_is_shown() {
        let failure = parse("reading", "<html>not found").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Network);
        assert!(failure.evidence.join(" ").contains("not found"));
    }
}
