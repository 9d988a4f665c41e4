//! What the Activity lists: what this console did, in earlier runs too, and what others changed.

use super::names;
use crate::{
    model::{DeploymentName, Moment, ResourceKey},
    state::{ActivityEntry, AttributedChange, Store},
};

/// A line of the Activity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ActivityRow<'a> {
    /// What this console did, in this run or an earlier one.
    Own(&'a ActivityEntry),
    /// A change of a deployment by another identity.
    Change(&'a DeploymentName, &'a AttributedChange),
}

/// Everything, newest first. A change that this console made is not listed twice.
pub(super) fn entries(store: &Store) -> Vec<ActivityRow<'_>> {
    let own = store.activity.iter().map(ActivityRow::Own);
    let is_own = |request: Option<&str>| {
        request.is_some()
            && store
                .activity
                .iter()
                .any(|entry| entry.request() == request)
    };
    let changes = store
        .changes
        .iter()
        .flat_map(|(name, history)| history.changes.iter().map(move |found| (name, found)))
        // A rotation is one entry of this console, and many requests.
        .filter(|(_, found)| !found.change.is_own && !is_own(found.change.request_id.as_deref()))
        .map(|(name, found)| ActivityRow::Change(name, found));
    let mut all: Vec<ActivityRow<'_>> = own.chain(changes).collect();
    all.sort_by_key(|entry| std::cmp::Reverse(entry.at()));
    all
}

impl ActivityRow<'_> {
    pub(super) const fn at(&self) -> Moment {
        match self {
            Self::Own(entry) => entry.at,
            Self::Change(_, found) => found.change.at,
        }
    }

    /// Returns whether this program did it.
    pub(super) const fn is_own(&self) -> bool {
        match self {
            Self::Own(_) => true,
            Self::Change(..) => false,
        }
    }

    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Own(entry) => entry.result.is_err() && !entry.is_cancelled(),
            Self::Change(_, found) => !found.change.is_done(),
        }
    }

    /// Returns whether nothing was done because it was not confirmed, or it was stopped.
    pub(super) fn is_declined(&self) -> bool {
        match self {
            Self::Own(entry) => entry.is_declined || entry.is_cancelled(),
            Self::Change(..) => false,
        }
    }

    /// Returns whether it went well and something is not.
    pub(super) const fn is_warning(&self) -> bool {
        match self {
            Self::Own(entry) => entry.is_warning,
            Self::Change(..) => false,
        }
    }

    /// Returns whether AWS is still at it.
    pub(super) const fn is_pending(&self) -> bool {
        match self {
            Self::Own(entry) => entry.is_pending,
            Self::Change(..) => false,
        }
    }

    pub(super) fn is_write(&self) -> bool {
        match self {
            Self::Own(entry) => entry.write,
            Self::Change(..) => true,
        }
    }

    /// Returns the deployment that was written to.
    pub(super) fn deployment<'a>(&'a self, store: &'a Store) -> Option<&'a DeploymentName> {
        match self {
            Self::Own(entry) if entry.write => {
                let mut deployments = store.deployments.iter();
                deployments
                    .find(|deployment| {
                        let mut names = [deployment.name.as_str(), deployment.title()].into_iter();
                        names.any(|name| without_deployment(&entry.what, name).is_some())
                    })
                    .map(|deployment| &deployment.name)
            }
            Self::Own(_) => None,
            Self::Change(name, _) => Some(name),
        }
    }

    /// Returns what was done, without the deployment where that stands in a column of its own.
    pub(super) fn what_in_row(&self, store: &Store) -> String {
        let what = self.what(store);
        let short = match (self, self.deployment(store)) {
            (Self::Own(_), Some(name)) => {
                without_deployment(&what, store.title(name.as_str())).map(str::to_owned)
            }
            (Self::Own(_) | Self::Change(..), _) => None,
        };
        short.unwrap_or(what)
    }

    /// Returns who did it.
    pub(super) fn who(&self) -> String {
        match self {
            Self::Own(_) => "this console".to_owned(),
            Self::Change(_, found) => found.change.actor(),
        }
    }

    /// Returns what was done, with names in the place of ids where the store knows them.
    pub(super) fn what(&self, store: &Store) -> String {
        match self {
            Self::Own(entry) => names::with_names(&entry.what, store),
            Self::Change(_, found) => format!("{} {}", found.change.action, found.name),
        }
    }

    /// Returns the words in which it was recorded.
    pub(super) fn recorded(&self) -> &str {
        match self {
            Self::Own(entry) => &entry.what,
            Self::Change(_, found) => &found.change.action,
        }
    }

    /// Returns how it went, in a line.
    pub(super) fn outcome(&self) -> String {
        match self {
            Self::Own(entry) => match &entry.result {
                Ok(words) => words.clone(),
                Err(failure) => failure.cause.lines().next().unwrap_or_default().to_owned(),
            },
            Self::Change(_, found) => found.change.outcome.clone(),
        }
    }

    pub(super) fn request(&self) -> Option<&str> {
        match self {
            Self::Own(entry) => entry.request(),
            Self::Change(_, found) => found.change.request_id.as_deref(),
        }
    }

    /// Returns how long it took, in milliseconds.
    pub(super) const fn took_ms(&self) -> Option<i64> {
        match self {
            Self::Own(entry) => entry.took_ms,
            Self::Change(..) => None,
        }
    }

    /// Returns whether it can be done again from here.
    pub(super) const fn can_run_again(&self) -> bool {
        match self {
            Self::Own(entry) => entry.again.is_some(),
            Self::Change(..) => false,
        }
    }

    /// Returns the resource that was changed.
    pub(super) const fn resource(&self) -> Option<&ResourceKey> {
        match self {
            Self::Change(_, found) => found.key.as_ref(),
            Self::Own(_) => None,
        }
    }

    /// Returns whether every word stands somewhere in it; a word after `!` must not.
    pub(super) fn matches(&self, words: &[String], store: &Store) -> bool {
        if words.is_empty() {
            return true;
        }
        let write = if self.is_write() { "write" } else { "" };
        let text = format!(
            "{} {} {} {} {} {write}",
            self.who(),
            self.what(store),
            self.recorded(),
            self.outcome(),
            self.request().unwrap_or_default()
        )
        .to_lowercase();
        words.iter().all(|word| match word.strip_prefix('!') {
            Some("") => true,
            Some(unwanted) => !text.contains(unwanted),
            None => text.contains(word),
        })
    }
}

/// Returns a phrase without the deployment that it ends with: entries say `synchronize t-1 of prod`.
fn without_deployment<'a>(what: &'a str, name: &str) -> Option<&'a str> {
    what.strip_suffix(name)?.strip_suffix(" of ")
}
