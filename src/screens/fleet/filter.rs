//! The filter of Fleet: terms that must all hold.
//!
//! A term is a text (`gateway`), the letters of a name in their order (`gtw`), a regular expression (`/^neo4j-/`), a field and
//! one of these (`status:ready`), or any of them with `!` in front, which keeps what does not match. Texts are compared with what
//! the screen shows: names, kinds, AWS's words, and the words of this console.

use regex::{Regex, RegexBuilder};

use crate::{
    kinds::{self, DeploymentHealth, HealthVerdict},
    model::{Deployment, Health, MisconfiguredDeployment, Moment, Resource, nearest},
    widgets::{MISCONFIGURED, deployment_word},
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
    /// The names of fields in full.
    const NAMES: [&'static str; 7] = [
        "deployment",
        "kind",
        "name",
        "id",
        "status",
        "health",
        "reason",
    ];

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

/// What a term looks for.
#[derive(Clone, Debug)]
enum TermPattern {
    /// A text in lower case.
    Text(String),
    Regex(Regex),
}

impl PartialEq for TermPattern {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Regex(one), Self::Regex(other)) => one.as_str() == other.as_str(),
            (Self::Text(_), Self::Regex(_)) | (Self::Regex(_), Self::Text(_)) => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct FilterTerm {
    field: FilterField,
    is_inverse: bool,
    pattern: TermPattern,
}

/// A parsed filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FleetFilter {
    terms: Vec<FilterTerm>,
    /// Whether only what needs attention is kept.
    is_urgent_only: bool,
    /// What is wrong with a term: a regular expression that is none, a field that there is not. It keeps everything.
    pub(super) problem: Option<String>,
}

impl FleetFilter {
    /// Parses what is typed. Any text is a filter.
    pub(super) fn parse(text: &str, is_urgent_only: bool) -> Self {
        let mut filter = Self {
            is_urgent_only,
            ..Self::default()
        };
        for word in words(text) {
            match term(&word) {
                Ok(term) => filter.terms.extend(term),
                Err(problem) => filter.problem = Some(problem),
            }
        }
        filter
    }

    /// Returns whether everything is kept.
    pub(super) const fn is_empty(&self) -> bool {
        self.terms.is_empty() && !self.is_urgent_only
    }

    /// Returns whether a resource of a deployment with this title is kept.
    pub(super) fn keeps(&self, resource: &Resource, title: &str, now: Moment) -> bool {
        let health = kinds::health(resource);
        if self.is_urgent_only && matches!(health, Health::Healthy | Health::Unknown) {
            return false;
        }
        let remark = kinds::remark(resource, now).unwrap_or_default();
        let status = kinds::status_text(resource, now);
        let fields = [
            (FilterField::Name, resource.name.as_str()),
            (FilterField::Kind, resource.key.kind.as_str()),
            (FilterField::Status, resource.status.as_str()),
            (FilterField::Status, status.as_str()),
            (FilterField::Health, health.as_str()),
            (FilterField::Id, resource.key.id.as_str()),
            (FilterField::Id, resource.arn.as_deref().unwrap_or_default()),
            (FilterField::Deployment, resource.key.deployment.as_str()),
            (FilterField::Deployment, title),
            (FilterField::Reason, remark.as_str()),
        ];
        self.holds(&fields)
    }

    /// Returns whether a deployment is kept for its own sake, whatever lies below it.
    pub(super) fn keeps_deployment(
        &self,
        deployment: &Deployment,
        verdict: &HealthVerdict,
    ) -> bool {
        if self.is_urgent_only && !verdict.is_urgent() {
            return false;
        }
        let broken = match (verdict.health, verdict.hop) {
            (DeploymentHealth::Broken | DeploymentHealth::Failing, Some(hop)) => {
                format!("{} at {hop}", verdict.health.as_str())
            }
            _ => String::new(),
        };
        let fields = [
            (FilterField::Name, deployment.name.as_str()),
            (FilterField::Name, deployment.title()),
            (FilterField::Deployment, deployment.name.as_str()),
            (FilterField::Deployment, deployment.title()),
            (FilterField::Kind, "deployment"),
            (FilterField::Health, verdict.health.as_str()),
            (FilterField::Health, deployment_word(verdict.health)),
            (FilterField::Status, deployment_word(verdict.health)),
            (FilterField::Status, broken.as_str()),
            (FilterField::Reason, verdict.evidence.as_str()),
        ];
        self.holds(&fields)
    }

    /// Returns whether a deployment whose configuration has a problem is kept. It is never well.
    pub(super) fn keeps_misconfigured(&self, deployment: &MisconfiguredDeployment) -> bool {
        let problems = deployment.problems.join("\n");
        self.holds(&[
            (FilterField::Name, deployment.name.as_str()),
            (FilterField::Deployment, deployment.name.as_str()),
            (FilterField::Kind, "deployment"),
            (FilterField::Health, MISCONFIGURED),
            (FilterField::Status, MISCONFIGURED),
            (FilterField::Reason, problems.as_str()),
        ])
    }

    fn holds(&self, fields: &[(FilterField, &str)]) -> bool {
        self.terms.iter().all(|term| {
            let is_hit = fields
                .iter()
                .filter(|(field, _)| term.field == FilterField::Any || term.field == *field)
                .any(|(field, text)| is_match(*field, text, &term.pattern));
            is_hit != term.is_inverse
        })
    }
}

/// Words at spaces; a regular expression between slashes may hold spaces.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut is_regex) = (String::new(), false);
    for letter in text.chars() {
        if letter == '/' && (is_regex || word.is_empty() || word.ends_with([':', '!'])) {
            is_regex = !is_regex;
            word.push(letter);
        } else if letter.is_whitespace() && !is_regex {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(letter);
        }
    }
    words.push(word);
    words
}

/// Returns the term that a word is; none of an empty one.
fn term(word: &str) -> Result<Option<FilterTerm>, String> {
    let (is_inverse, word) = match word.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let named = word
        .split_once(':')
        .and_then(|(field, text)| Some((FilterField::parse(&field.to_lowercase())?, text)));
    if named.is_none()
        && let Some((field, _)) = word.split_once(':')
        && let Some(known) = nearest(&field.to_lowercase(), FilterField::NAMES)
    {
        return Err(format!("no field is called {field}; did you mean {known}:"));
    }
    let (field, text) = named.unwrap_or((FilterField::Any, word));
    let pattern = match text.strip_prefix('/') {
        Some(source) => {
            let source = source.strip_suffix('/').unwrap_or(source);
            let regex = RegexBuilder::new(source).case_insensitive(true).build();
            TermPattern::Regex(regex.map_err(|_| format!("/{source}/ is no regular expression"))?)
        }
        None => TermPattern::Text(text.to_lowercase()),
    };
    Ok((!text.is_empty()).then_some(FilterTerm {
        field,
        is_inverse,
        pattern,
    }))
}

/// A text is matched where it stands; in a name or kind also by its letters in their order.
fn is_match(field: FilterField, text: &str, pattern: &TermPattern) -> bool {
    let wanted = match pattern {
        TermPattern::Regex(regex) => return regex.is_match(text),
        TermPattern::Text(wanted) => wanted,
    };
    let text = text.to_lowercase();
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
    use crate::model::Kind;

    fn gateway(status: &str) -> Resource {
        Resource {
            name: "neo4j-gateway".into(),
            status: status.into(),
            ..Resource::new("prod", Kind::Gateway, "gw-1")
        }
    }

    #[test]
    fn terms_match_text_letters_fields_and_their_inverse() {
        let keeps = |text: &str| {
            let filter = FleetFilter::parse(text, false);
            filter.keeps(&gateway("READY"), "Production", Moment::from_millis(0))
        };
        for text in [
            "",
            "gateway",
            "GTW",
            "prod",
            "production",
            "deployment:production",
            "status:ready",
            "kind:gateway name:neo4j",
            "!failed",
            "!kind:runtime",
            "good",
            "health:good",
            "/^neo4j-/",
            // The kind begins so.
            "/^gateway/",
            "name:/gate.*y$/",
            "!/^x y/",
        ] {
            assert!(keeps(text), "{text}");
        }
        for text in [
            "!ready",
            "runtime",
            "kind:neo4j",
            "!gtw",
            "gateway failed",
            "name:/^gateway/",
            "/^4j-/",
            "status:/^ready to/",
            "xyz",
        ] {
            assert!(!keeps(text), "{text}");
        }
    }

    #[test]
    fn only_what_somebody_should_look_at_is_kept_on_demand() {
        let (urgent, now) = (FleetFilter::parse("", true), Moment::from_millis(0));
        let keeps = |status| urgent.keeps(&gateway(status), "prod", now);
        assert!(!keeps("READY") && keeps("FAILED") && keeps("UPDATING"));
        assert!(!urgent.is_empty());
    }

    #[test]
    fn a_deployment_that_was_broken_when_it_was_last_examined_is_something_to_look_at() {
        let deployment = Deployment::new("prod", "us-west-2");
        let at = Moment::from_millis(0);
        let keeps = |was_broken| {
            let verdict = HealthVerdict {
                health: DeploymentHealth::Unknown,
                hop: None,
                evidence: String::new(),
                at: None,
                was_broken,
                passed: Vec::new(),
            };
            FleetFilter::parse("", true).keeps_deployment(&deployment, &verdict)
        };
        let hop = "interceptor";
        assert!(keeps(Some(kinds::EarlierBreak { hop, at })) && !keeps(None));
    }

    #[test]
    fn a_mistake_in_a_regular_expression_is_named_and_keeps_everything() {
        let filter = FleetFilter::parse("/[/", false);
        assert!(filter.is_empty() && filter.problem.unwrap().contains("/[/"));
    }

    #[test]
    fn a_deployment_is_found_by_the_words_that_the_screen_shows() {
        let deployment = Deployment::new("prod", "us-west-2");
        let verdict = HealthVerdict {
            health: DeploymentHealth::NeedsPerson,
            hop: None,
            evidence: "consent: github waits".into(),
            at: None,
            was_broken: None,
            passed: Vec::new(),
        };
        let keeps = |text| FleetFilter::parse(text, false).keeps_deployment(&deployment, &verdict);
        assert!(keeps("needs you") && keeps("status:needs") && keeps("reason:github"));
        assert!(!keeps("broken"));
    }

    #[test]
    fn a_field_that_is_misspelled_is_said_and_hides_nothing() {
        let problem = |text: &str| FleetFilter::parse(text, false).problem;
        assert_eq!(
            problem("staus:ready").as_deref(),
            Some("no field is called staus; did you mean status:")
        );
        assert!(FleetFilter::parse("staus:ready", false).is_empty());
        for text in ["status:ready", "arn:aws:x", "https://gw", "a:b"] {
            assert_eq!(problem(text), None, "{text}");
        }
    }
}
