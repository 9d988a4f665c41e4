//! The operations of CloudFormation (query protocol).

use serde_json::Value;

use super::shapes;
use super::state::{StackDescription, stacks};
use crate::operation::{ApiError, OperationCall, OperationReply, OperationResult};
use crate::pagination;
use crate::service::{Operation, text};
use crate::world::{SharedWorld, World};

/// Number of entries of a page. CloudFormation documents none; small, so that clients must follow pages.
const PAGE: usize = 2;
/// The same for lists that are long.
const LARGE_PAGE: usize = 100;
/// Largest number of resources that DescribeStackResources answers.
const MAX_RESOURCES: usize = 100;

/// The operations of `cloudformation`.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::read("DescribeStacks", describe_stacks),
    Operation::read("ListStacks", list_stacks),
    Operation::read("DescribeStackResources", describe_stack_resources),
    Operation::read("ListStackResources", list_stack_resources),
];

fn describe_stacks(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    let chosen = match text(input, "StackName") {
        None => stacks(world),
        Some(name) => vec![find(world, name)?],
    };
    let entries = chosen.iter().map(|stack| shapes::stack(world, stack));
    page("Stacks", "describe", entries.collect(), input)
}

fn list_stacks(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    let wanted = input.get("StackStatusFilter").and_then(Value::as_array);
    let is_wanted = |stack: &&StackDescription| {
        wanted.is_none_or(|wanted| {
            wanted.is_empty() || wanted.iter().any(|status| status == stack.status)
        })
    };
    let known = stacks(world);
    let shown = known.iter().filter(is_wanted);
    let entries = shown.map(|stack| shapes::summary(world, stack)).collect();
    page("StackSummaries", "list", entries, input)
}

fn describe_stack_resources(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    let stack = match (text(input, "StackName"), text(input, "PhysicalResourceId")) {
        (Some(name), None) => find(world, name)?,
        (None, Some(physical)) => owner(world, physical)?,
        (None, None) | (Some(_), Some(_)) => {
            return Err(validation(
                "You must specify either StackName or PhysicalResourceId, but not both.",
            ));
        }
    };
    let logical = text(input, "LogicalResourceId");
    let members: String = stack
        .resources
        .iter()
        .filter(|(id, _, _)| logical.is_none_or(|wanted| wanted == *id))
        .take(MAX_RESOURCES)
        .map(|resource| shapes::resource(world, &stack, resource))
        .collect();
    Ok(OperationReply::Xml(format!(
        "<StackResources>{members}</StackResources>"
    )))
}

fn list_stack_resources(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    let name = text(input, "StackName")
        .ok_or_else(|| validation("1 validation error detected: Value at 'stackName' failed to satisfy constraint: Member must not be null"))?;
    let stack = find(world, name)?;
    let entries = stack
        .resources
        .iter()
        .map(|resource| shapes::resource_summary(world, resource));
    let list = format!("resources {}", stack.name);
    page("StackResourceSummaries", &list, entries.collect(), input)
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::bad("ValidationError", message)
}

/// Returns the stack with that name or id.
fn find(world: &World, name: &str) -> Result<StackDescription, ApiError> {
    stacks(world)
        .into_iter()
        .find(|stack| stack.name == name || shapes::stack_id(world, &stack.name) == name)
        .ok_or_else(|| validation(format!("Stack with id {name} does not exist")))
}

/// Returns the stack that owns a resource.
fn owner(world: &World, physical: &str) -> Result<StackDescription, ApiError> {
    stacks(world)
        .into_iter()
        .find(|stack| stack.resources.iter().any(|(_, _, id)| id == physical))
        .ok_or_else(|| validation(format!("Stack for {physical} does not exist")))
}

fn page(element: &str, list: &str, entries: Vec<String>, input: &Value) -> OperationResult {
    let size = if entries.len() >= LARGE_PAGE / 2 {
        LARGE_PAGE
    } else {
        PAGE
    };
    let page = pagination::cut(list, entries, size, text(input, "NextToken"))
        .map_err(|_| validation("The NextToken is not valid"))?;
    let next = page
        .next
        .map(|next| format!("<NextToken>{next}</NextToken>"))
        .unwrap_or_default();
    Ok(OperationReply::Xml(format!(
        "<{element}>{}</{element}>{next}",
        page.entries.concat()
    )))
}
