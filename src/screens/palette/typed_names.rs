//! The deployments whose names were typed: a command never takes another one.

use super::{PaletteCommand, PaletteItem, PaletteSection, PaletteTarget, rank::words_of};
use crate::model::DeploymentName;

/// A deployment and all its names, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NamedDeployment {
    deployment: DeploymentName,
    names: Vec<String>,
}

/// The deployments of which a name was typed, letter for letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TypedNames {
    all: Vec<NamedDeployment>,
    meant: Vec<NamedDeployment>,
    typed: String,
}

impl TypedNames {
    /// Finds the names in what was typed, in lower case. Which deployments there are, the items tell.
    pub(super) fn of(typed: &str, items: &[PaletteItem]) -> Self {
        let all: Vec<NamedDeployment> = items.iter().filter_map(names).collect();
        let typed = padded(typed);
        let is_typed = |name: &String| typed.contains(&padded(name));
        let meant = all
            .iter()
            .filter(|each| each.names.iter().any(is_typed))
            .cloned()
            .collect();
        Self { all, meant, typed }
    }

    /// Returns whether an item may be offered: no deployment was typed, or the item has no deployment, or it is of the typed one,
    /// or the typed name is its own too.
    pub(super) fn allow(&self, item: &PaletteItem) -> bool {
        let has_target = matches!(item.section, PaletteSection::Named | PaletteSection::Fault);
        if self.meant.is_empty() || !has_target {
            return true;
        }
        let own = format!("{} {}", item.text, item.words).to_lowercase();
        let has_typed_name = |each: &NamedDeployment| {
            let typed = each.names.iter().filter(|name| self.has(name));
            typed
                .into_iter()
                .any(|name| words_of(&own).any(|word| word == name.as_str()))
        };
        self.owner(item).is_none_or(|owner| self.is_meant(owner))
            || self.meant.iter().any(has_typed_name)
    }

    /// Returns whether a deployment was typed and the item is of it.
    pub(super) fn are_of(&self, item: &PaletteItem) -> bool {
        self.owner(item).is_some_and(|owner| self.is_meant(owner))
    }

    fn has(&self, name: &str) -> bool {
        self.typed.contains(&padded(name))
    }

    fn is_meant(&self, deployment: &DeploymentName) -> bool {
        self.meant.iter().any(|each| each.deployment == *deployment)
    }

    fn owner<'a>(&'a self, item: &'a PaletteItem) -> Option<&'a DeploymentName> {
        match &item.command {
            PaletteCommand::Act(_) | PaletteCommand::Elsewhere(..) => None,
            PaletteCommand::Logs(target)
            | PaletteCommand::LogWindow(target, _)
            | PaletteCommand::Tools(target) => Some(match target {
                PaletteTarget::Deployment(name) | PaletteTarget::Group(name, _) => name,
                PaletteTarget::Resource(key) => &key.deployment,
            }),
            PaletteCommand::Reveal(key) | PaletteCommand::Rotate(key) => Some(&key.deployment),
            PaletteCommand::Examine(name) | PaletteCommand::LogsIn(name, _) => Some(name),
            PaletteCommand::Fault(_) => self.owner_of_fault(item),
        }
    }

    /// A fault names its deployment before the colon.
    fn owner_of_fault(&self, item: &PaletteItem) -> Option<&DeploymentName> {
        let text = item.text.to_lowercase();
        let subject = text.strip_prefix("fault ")?.split(": ").next()?;
        let is_named = |each: &&NamedDeployment| {
            let mut names = each.names.iter();
            names.any(|name| subject == name || words_of(subject).any(|word| word == name))
        };
        self.all.iter().find(is_named).map(|each| &each.deployment)
    }
}

/// Returns the names of a deployment from the item that examines it.
fn names(item: &PaletteItem) -> Option<NamedDeployment> {
    let PaletteCommand::Examine(deployment) = &item.command else {
        return None;
    };
    let title = item.text.strip_prefix("doctor ").unwrap_or_default();
    let mut names = vec![title.to_lowercase(), deployment.to_string().to_lowercase()];
    names.extend(item.words.split_whitespace().map(str::to_lowercase));
    names.retain(|name| !name.is_empty());
    names.dedup();
    Some(NamedDeployment {
        deployment: deployment.clone(),
        names,
    })
}

/// Returns the text with one space before, behind and between its words, so that whole words are found in it.
fn padded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    format!(" {} ", words.join(" "))
}
