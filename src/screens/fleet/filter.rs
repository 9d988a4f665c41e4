//! The filter of Fleet: terms that must all hold.
//!
//! A term is a text (`gateway`), the letters of a name in their order (`gtw`), a field and a text (`status:ready`), or any of
//! these with `!` in front, which keeps what does not match.

use crate::{
    kinds::{self, DeploymentHealth},
    model::{Deployment, Health, Resource},
};

/// Letters from which a term may match the letters of a name in their order.
const FUZZY_FROM: usize = 3;

/// What a term is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FilterField {
    /// Every field.
    Any,
    Deployment,
    Kind,
    Name,
    Id,
    Status,
    Health,
    Reason,
}

impl FilterField {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "deployment" | "d" => Self::Deployment,
            "kind" => Self::Kind,
            "name" => Self::Name,
            "id" => Self::Id,
            "status" => Self::Status,
            "health" => Self::Health,
            "reason" => Self::Reason,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct FilterTerm {
    field: FilterField,
    is_inverse: bool,
    /// In lower case.
    text: String,
}

/// A parsed filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FleetFilter {
    terms: Vec<FilterTerm>,
    /// Whether only what somebody should look at is kept.
    is_urgent_only: bool,
}

impl FleetFilter {
    /// Parses what is typed. Any text is a filter.
    pub(super) fn parse(text: &str, is_urgent_only: bool) -> Self {
        let terms = text
            .to_lowercase()
            .split_whitespace()
            .filter_map(|word| {
                let (is_inverse, word) = match word.strip_prefix('!') {
                    Some(rest) => (true, rest),
                    None => (false, word),
                };
                let named = word
                    .split_once(':')
                    .and_then(|(field, text)| Some((FilterField::parse(field)?, text)));
                let (field, text) = named.unwrap_or((FilterField::Any, word));
                (!text.is_empty()).then(|| FilterTerm {
                    field,
                    is_inverse,
                    text: text.to_owned(),
                })
            })
            .collect();
        Self {
            terms,
            is_urgent_only,
        }
    }

    /// Whether everything is kept.
    pub(super) const fn is_empty(&self) -> bool {
        self.terms.is_empty() && !self.is_urgent_only
    }

    /// Whether a resource is kept.
    pub(super) fn keeps(&self, resource: &Resource) -> bool {
        let health = kinds::health(resource);
        if self.is_urgent_only && matches!(health, Health::Healthy | Health::Unknown) {
            return false;
        }
        let reason = resource.reason.as_deref().unwrap_or_default();
        let fields = [
            (FilterField::Name, resource.name.as_str()),
            (FilterField::Kind, resource.key.kind.as_str()),
            (FilterField::Status, resource.status.as_str()),
            (FilterField::Health, health.as_str()),
            (FilterField::Id, resource.key.id.as_str()),
            (FilterField::Deployment, resource.key.deployment.as_str()),
            (FilterField::Reason, reason),
        ];
        self.holds(&fields)
    }

    /// Whether a deployment is kept for its own sake, whatever lies below it.
    pub(super) fn keeps_deployment(
        &self,
        deployment: &Deployment,
        health: DeploymentHealth,
        evidence: &str,
    ) -> bool {
        if self.is_urgent_only && !health.is_urgent() {
            return false;
        }
        let fields = [
            (FilterField::Name, deployment.name.as_str()),
            (FilterField::Deployment, deployment.name.as_str()),
            (FilterField::Health, health.as_str()),
            (FilterField::Reason, evidence),
        ];
        self.holds(&fields)
    }

    fn holds(&self, fields: &[(FilterField, &str)]) -> bool {
        self.terms.iter().all(|term| {
            let is_hit = fields
                .iter()
                .filter(|(field, _)| term.field == FilterField::Any || term.field == *field)
                .any(|(field, text)| is_match(*field, &text.to_lowercase(), &term.text));
            is_hit != term.is_inverse
        })
    }
}

/// A text is matched where it stands; in a name or kind also by its letters in their order.
fn is_match(field: FilterField, text: &str, wanted: &str) -> bool {
    if text.contains(wanted) {
        return true;
    }
    let is_fuzzy = matches!(field, FilterField::Name | FilterField::Kind)
        && wanted.chars().count() >= FUZZY_FROM;
    if !is_fuzzy {
        return false;
    }
    let mut letters = text.chars();
    wanted
        .chars()
        .all(|letter| letters.any(|candidate| candidate == letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, ResourceKey};

    fn gateway(status: &str) -> Resource {
        Resource {
            key: ResourceKey {
                deployment: "prod".into(),
                kind: Kind::Gateway,
                id: "gw-1".into(),
            },
            arn: None,
            name: "neo4j-gateway".into(),
            status: status.into(),
            reason: None,
            created: None,
            updated: None,
            facts: Vec::new(),
            links: Vec::new(),
            log_groups: Vec::new(),
            mcp_url: None,
            raw: serde_json::Value::Null,
        }
    }

    #[test]
    fn terms_match_text_letters_fields_and_their_inverse() {
        let keeps = |text: &str| FleetFilter::parse(text, false).keeps(&gateway("READY"));
        for text in [
            "",
            "gateway",
            "GTW",
            "prod",
            "status:ready",
            "kind:gateway name:neo4j",
            "!failed",
            "!kind:runtime",
            "good",
            "health:good",
        ] {
            assert!(keeps(text), "{text}");
        }
        for text in [
            "!ready",
            "runtime",
            "kind:neo4j",
            "!gtw",
            "gateway failed",
            "xyz",
        ] {
            assert!(!keeps(text), "{text}");
        }
    }

    #[test]
    fn only_what_somebody_should_look_at_is_kept_on_demand() {
        let urgent = FleetFilter::parse("", true);
        assert!(!urgent.keeps(&gateway("READY")));
        assert!(urgent.keeps(&gateway("FAILED")) && urgent.keeps(&gateway("UPDATING")));
        assert!(!urgent.is_empty());
    }
}
