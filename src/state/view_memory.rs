//! What a console remembers of its view across runs: the screen, and how the Fleet was sorted, filtered and folded.

use serde::{Deserialize, Serialize};

/// The view of the last run. Unknown and missing members are tolerated: the file may be of another version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewMemory {
    /// Title of the screen that was in front.
    pub screen: String,
    /// The Fleet.
    pub fleet: FleetMemory,
    /// Whether the tour of the first start was shown.
    pub is_tour_seen: bool,
    /// The logs.
    pub logs: LogsMemory,
}

/// How the logs were shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogsMemory {
    /// What was shown: `lines`, `calls`, `patterns` or `query`.
    pub view: String,
    /// Filters that were used, the latest first.
    pub filters: Vec<String>,
    /// Queries of Logs Insights that were used, the latest first.
    pub queries: Vec<String>,
    /// Whether the histogram was shown, if the user has chosen.
    pub histogram: Option<bool>,
    /// Whether long lines were wrapped.
    pub wrap: bool,
    /// Fields of JSON lines that were shown as columns.
    pub fields: Vec<String>,
    /// Filters that were kept under a name, by name.
    pub named_filters: Vec<NamedText>,
    /// Queries of Logs Insights that were kept under a name, by name.
    pub named_queries: Vec<NamedText>,
}

/// A filter or a query that was kept under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamedText {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl NamedText {
    /// Returns the words about a name that nothing is kept under: they name those that there are.
    pub fn unknown(name: &str, kept: &[Self]) -> String {
        let names: Vec<String> = kept.iter().map(|kept| format!("@{}", kept.name)).collect();
        if names.is_empty() {
            format!("nothing is kept as @{name}; in the console, @{name}=… keeps something")
        } else {
            format!("nothing is kept as @{name}; there are {}", names.join(", "))
        }
    }
}

/// How the Fleet was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FleetMemory {
    /// The column by which rows were sorted.
    pub sort: String,
    /// Whether the order was reversed.
    pub is_reversed: bool,
    /// The text of the filter.
    pub filter: String,
    /// Whether only rows that need attention were shown.
    pub is_urgent_only: bool,
    /// Rows that were folded, as `deployment` or `deployment kind id`.
    pub folded: Vec<String>,
    /// Rows that were unfolded although their kind is folded by default.
    pub unfolded: Vec<String>,
}

impl ViewMemory {
    /// Parses the text of the file. Text that is no such JSON counts as nothing remembered.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Formats the memory as the text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_survives_its_file_and_other_versions_of_it() {
        let memory = ViewMemory {
            screen: "Logs".to_owned(),
            fleet: FleetMemory {
                sort: "name".to_owned(),
                folded: vec!["prod gateway g-1".to_owned()],
                ..FleetMemory::default()
            },
            is_tour_seen: true,
            logs: LogsMemory {
                filters: vec!["level>=warn".to_owned()],
                named_filters: vec![NamedText {
                    name: "slow".to_owned(),
                    text: "durationNano>5".to_owned(),
                }],
                fields: vec!["http.status_code".to_owned()],
                ..LogsMemory::default()
            },
        };
        assert_eq!(ViewMemory::parse(&memory.to_text()), memory);
        assert_eq!(
            ViewMemory::parse("{\"screen\": \"Logs\", \"later\": 1}").screen,
            "Logs"
        );
        assert_eq!(ViewMemory::parse("no JSON"), ViewMemory::default());
    }
}
