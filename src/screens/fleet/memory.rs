//! What the Fleet remembers across runs: sort, filter and folds.

use std::collections::HashSet;

use super::{Fleet, Order, RowId};
use crate::{
    model::{DeploymentName, Kind, ResourceKey},
    state::FleetMemory,
    widgets::LineInput,
};

const ORDERS: [(Order, &str); 5] = [
    (Order::Health, "health"),
    (Order::Name, "name"),
    (Order::Age, "age"),
    (Order::Calls, "calls"),
    (Order::Errors, "errors"),
];

/// The word in the place of a kind for what no call passes through.
const OTHERS: &str = "others";

impl Fleet {
    /// Creates a Fleet that is sorted, filtered and folded as in the last run.
    pub fn restored(memory: &FleetMemory) -> Self {
        let mut fleet = Self::default();
        if let Some((order, _)) = ORDERS.iter().find(|(_, name)| *name == memory.sort) {
            fleet.order.order = *order;
        }
        fleet.order.is_reversed = memory.is_reversed;
        fleet.filter = LineInput::new(memory.filter.clone());
        fleet.is_urgent_only = memory.is_urgent_only;
        fleet.folded = places(&memory.folded);
        fleet.unfolded = places(&memory.unfolded);
        fleet
    }

    /// Returns how the Fleet is sorted, filtered and folded.
    pub fn memory(&self) -> FleetMemory {
        let sort = ORDERS.iter().find(|(order, _)| *order == self.order.order);
        FleetMemory {
            sort: sort.map_or_else(String::new, |(_, name)| (*name).to_owned()),
            is_reversed: self.order.is_reversed,
            filter: self.filter.text().to_owned(),
            is_urgent_only: self.is_urgent_only,
            folded: texts(&self.folded),
            unfolded: texts(&self.unfolded),
        }
    }
}

fn texts(places: &HashSet<RowId>) -> Vec<String> {
    let mut texts: Vec<String> = places.iter().filter_map(text).collect();
    texts.sort();
    texts
}

/// Formats a row as `deployment`, `deployment kind id` or `deployment others`. A list that could not be read and a
/// deployment that is misconfigured are not remembered.
fn text(row_id: &RowId) -> Option<String> {
    match row_id {
        RowId::Deployment(name) => Some(name.to_string()),
        RowId::Resource(key) => Some(format!(
            "{} {} {}",
            key.deployment,
            key.kind.as_str(),
            key.id
        )),
        RowId::Others(name) => Some(format!("{name} {OTHERS}")),
        RowId::Misconfigured(_) | RowId::Problem(..) | RowId::Note(_) | RowId::Gap(_) => None,
    }
}

fn places(texts: &[String]) -> HashSet<RowId> {
    texts.iter().filter_map(|text| row_id(text)).collect()
}

/// Parses the form of [`text`]. Names of deployments and kinds hold no space.
fn row_id(text: &str) -> Option<RowId> {
    let mut parts = text.splitn(3, ' ');
    let deployment = DeploymentName::from(parts.next()?);
    let Some(kind) = parts.next() else {
        return Some(RowId::Deployment(deployment));
    };
    if kind == OTHERS {
        return Some(RowId::Others(deployment));
    }
    Some(RowId::Resource(ResourceKey {
        deployment,
        kind: Kind::ALL.into_iter().find(|known| known.as_str() == kind)?,
        id: parts.next()?.to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_filter_and_folds_come_back() {
        let memory = FleetMemory {
            sort: "errors".to_owned(),
            is_reversed: true,
            filter: "kind:runtime".to_owned(),
            is_urgent_only: true,
            folded: vec!["prod".to_owned(), "prod gateway gw-1".to_owned()],
            unfolded: vec!["prod others".to_owned(), "prod runtime rt-1".to_owned()],
        };
        assert_eq!(Fleet::restored(&memory).memory(), memory);
        assert_eq!(
            Fleet::restored(&FleetMemory::default()).memory().sort,
            "health"
        );
    }
}
