//! Series of CloudWatch metrics: their dimensions, and which of them count every call of a resource once.

use serde_json::Value;

use crate::{
    kinds::{self, McpAccess},
    model::{Kind, ResourceKey},
    services::aws::names,
};

/// A series of any metric: its whole set of dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series(pub(super) Vec<(String, String)>);

/// The series of an account and region.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownSeries {
    /// Those of calls.
    pub(super) calls: Vec<Series>,
    /// Those of the decisions of policy engines.
    pub(super) decisions: Vec<Series>,
}

impl Series {
    fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn counts(&self, resource: &ResourceKey) -> bool {
        if kinds::spec(resource.kind).access != McpAccess::Server {
            return false;
        }
        let id = self
            .value("Resource")
            .and_then(|arn| names::arn_tail(arn, resource.kind.as_str()));
        id.as_deref() == Some(resource.own_id())
    }
}

pub(super) fn read_series(metric: &Value) -> Series {
    let text = |dimension: &Value, name: &str| {
        dimension
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let dimensions = metric
        .get("Dimensions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut read: Vec<(String, String)> = dimensions
        .filter_map(|dimension| Some((text(dimension, "Name")?, text(dimension, "Value")?)))
        .collect();
    read.sort();
    Series(read)
}

/// Returns the series that count every call of the resource once: those with the fewest dimensions, among those of invocations.
/// (CloudWatch keeps a gateway's calls as a whole, and again by method and by tool; a runtime's by endpoint.)
pub(super) fn coarsest<'a>(resource: &ResourceKey, series: &'a [Series]) -> Vec<&'a Series> {
    let mut own: Vec<&Series> = series
        .iter()
        .filter(|series| series.counts(resource))
        .collect();
    let invokes = |series: &Series| {
        series
            .value("Operation")
            .is_some_and(|operation| operation.starts_with("Invoke"))
    };
    if own.iter().any(|series| invokes(series)) {
        own.retain(|series| invokes(series));
    }
    fewest_dimensions(own)
}

/// Returns the series that count every decision about a tool call at the gateway once.
pub(super) fn decisions<'a>(resource: &ResourceKey, series: &'a [Series]) -> Vec<&'a Series> {
    let is_own = |series: &&Series| {
        resource.kind == Kind::Gateway
            && series.value("TargetResource") == Some(resource.own_id())
            && series.value("OperationName") == Some("AuthorizeAction")
    };
    fewest_dimensions(series.iter().filter(is_own).collect())
}

/// Returns the series of the set of dimensions that has the fewest: a finer set counts the same again.
fn fewest_dimensions(mut own: Vec<&Series>) -> Vec<&Series> {
    let Some(names) = own
        .iter()
        .map(|series| series.names())
        .min_by_key(|names| (names.len(), names.join(" ")))
    else {
        return own;
    };
    own.retain(|series| series.names() == names);
    own
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::services::aws::metrics) fn series(dimensions: &[(&str, &str)]) -> Series {
        Series(
            dimensions
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    pub(in crate::services::aws::metrics) fn key(kind: Kind, id: &str) -> ResourceKey {
        ResourceKey {
            deployment: "d".into(),
            kind,
            id: id.into(),
        }
    }

    pub(in crate::services::aws::metrics) const GATEWAY: (&str, &str) = (
        "Resource",
        "arn:aws:bedrock-agentcore:us-west-2:1:gateway/gw-1",
    );

    #[test]
    fn every_call_is_counted_once_whatever_sets_of_dimensions_exist() {
        let whole = series(&[("Operation", "InvokeGateway"), ("Protocol", "MCP"), GATEWAY]);
        let listed = series(&[
            ("Method", "tools/list"),
            ("Operation", "InvokeGateway"),
            ("Protocol", "MCP"),
            GATEWAY,
        ]);
        let called = series(&[
            ("Method", "tools/call"),
            ("Operation", "InvokeGateway"),
            ("Protocol", "MCP"),
            GATEWAY,
        ]);
        let other = series(&[
            ("Operation", "InvokeGateway"),
            ("Protocol", "MCP"),
            ("Resource", "arn:aws:x:y:1:gateway/gw-2"),
        ]);
        let stopped = series(&[("Operation", "SearchGateway"), GATEWAY]);
        let all = [
            listed.clone(),
            other.clone(),
            stopped,
            called.clone(),
            whole.clone(),
        ];
        assert_eq!(coarsest(&key(Kind::Gateway, "gw-1"), &all), [&whole]);
        assert_eq!(
            coarsest(
                &key(Kind::Gateway, "gw-1"),
                &[called.clone(), other, listed.clone()]
            ),
            [&called, &listed]
        );
        assert!(coarsest(&key(Kind::Runtime, "gw-1"), &all).is_empty());
    }

    #[test]
    fn decisions_of_a_gateway_are_counted_once() {
        let decided = |more: &[(&str, &str)]| {
            let usual = [
                ("OperationName", "AuthorizeAction"),
                ("TargetResource", "gw-1"),
            ];
            series(&[&usual, more].concat())
        };
        let (whole, by_tool) = (decided(&[]), decided(&[("ToolName", "t___read")]));
        let listed = series(&[
            ("OperationName", "PartiallyAuthorizeActions"),
            ("TargetResource", "gw-1"),
        ]);
        let all = [by_tool, whole.clone(), listed];
        assert_eq!(decisions(&key(Kind::Gateway, "gw-1"), &all), [&whole]);
        assert!(decisions(&key(Kind::Gateway, "gw-2"), &all).is_empty());
        assert!(decisions(&key(Kind::Runtime, "gw-1"), &all).is_empty());
    }
}
