//! Stacks in the XML of CloudFormation's query protocol (API version 2010-05-15).

use super::state::StackDescription;
use crate::scenarios::{ACCOUNT, REGION};
use crate::world::World;
use crate::xml::escape;

/// Returns the ARN of a stack.
pub(super) fn stack_id(world: &World, name: &str) -> String {
    format!(
        "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{}",
        world.seed.uuid(&format!("stack {name}"))
    )
}

/// Returns when the stacks were created: some weeks before the world began.
fn created(world: &World) -> String {
    let created = world
        .began
        .checked_sub(jiff::SignedDuration::from_hours(900))
        .unwrap_or(world.began);
    created.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn element(name: &str, inside: &str) -> String {
    format!("<{name}>{inside}</{name}>")
}

fn text(name: &str, value: &str) -> String {
    element(name, &escape(value))
}

/// Returns a list, absent where it is empty.
fn list(name: &str, members: impl Iterator<Item = String>) -> String {
    let inside: String = members.map(|member| element("member", &member)).collect();
    if inside.is_empty() {
        return inside;
    }
    element(name, &inside)
}

/// Returns the entry of ListStacks.
pub(super) fn summary(world: &World, stack: &StackDescription) -> String {
    let inside = [
        text("StackId", &stack_id(world, &stack.name)),
        text("StackName", &stack.name),
        text("TemplateDescription", stack.description),
        text("CreationTime", &created(world)),
        text("StackStatus", stack.status),
        stack
            .status_reason
            .map(|reason| text("StackStatusReason", reason))
            .unwrap_or_default(),
    ];
    element("member", &inside.concat())
}

/// Returns the entry of DescribeStacks.
pub(super) fn stack(world: &World, stack: &StackDescription) -> String {
    let outputs = stack.outputs.iter().map(|(key, value, export)| {
        let export = export.iter().map(|name| text("ExportName", name));
        text("OutputKey", key) + &text("OutputValue", value) + &export.collect::<String>()
    });
    let parameters = stack
        .parameters
        .iter()
        .map(|(key, value)| text("ParameterKey", key) + &text("ParameterValue", value));
    let tags = stack
        .tags
        .iter()
        .map(|(key, value)| text("Key", key) + &text("Value", value));
    let inside = [
        text("StackId", &stack_id(world, &stack.name)),
        text("StackName", &stack.name),
        text("Description", stack.description),
        list("Parameters", parameters),
        text("CreationTime", &created(world)),
        text("StackStatus", stack.status),
        stack
            .status_reason
            .map(|reason| text("StackStatusReason", reason))
            .unwrap_or_default(),
        text("DisableRollback", "false"),
        list("Outputs", outputs),
        list("Tags", tags),
    ];
    element("member", &inside.concat())
}

/// Returns the entry of DescribeStackResources.
pub(super) fn resource(
    world: &World,
    stack: &StackDescription,
    (logical, kind, physical): &(&str, &str, String),
) -> String {
    let inside = [
        text("StackName", &stack.name),
        text("StackId", &stack_id(world, &stack.name)),
        text("LogicalResourceId", logical),
        text("PhysicalResourceId", physical),
        text("ResourceType", kind),
        text("Timestamp", &created(world)),
        text("ResourceStatus", "CREATE_COMPLETE"),
    ];
    element("member", &inside.concat())
}

/// Returns the entry of ListStackResources.
pub(super) fn resource_summary(
    world: &World,
    (logical, kind, physical): &(&str, &str, String),
) -> String {
    let inside = [
        text("LogicalResourceId", logical),
        text("PhysicalResourceId", physical),
        text("ResourceType", kind),
        text("LastUpdatedTimestamp", &created(world)),
        text("ResourceStatus", "CREATE_COMPLETE"),
        element(
            "DriftInformation",
            &text("StackResourceDriftStatus", "NOT_CHECKED"),
        ),
    ];
    element("member", &inside.concat())
}
