//! The cursor stays on its secret while lists arrive: the keys that rotate must not reach another one.

use super::{
    Secrets,
    entry::{SecretEntry, entries},
};
use crate::{model::DeploymentName, state::Store};

/// A row that outlives the list it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSecret {
    deployment: DeploymentName,
    /// The id of a Neo4j secret; `None` for the client secret.
    id: Option<String>,
}

impl HeldSecret {
    fn of(entry: SecretEntry<'_>) -> Self {
        let id = match entry {
            SecretEntry::Neo4j(secret) => Some(secret.key.id.clone()),
            SecretEntry::Client(_) => None,
        };
        Self {
            deployment: entry.deployment().clone(),
            id,
        }
    }
}

impl Secrets {
    /// Returns the secret under the cursor, before a list changes.
    pub fn held(&self, store: &Store) -> Option<HeldSecret> {
        self.current(store).map(HeldSecret::of)
    }

    /// Puts the cursor on the secret that it was on, where that is still listed.
    pub fn hold(&mut self, held: &HeldSecret, store: &Store) {
        let rows = entries(store);
        let found = rows
            .into_iter()
            .map(HeldSecret::of)
            .position(|row| row == *held);
        if let Some(row) = found {
            self.list.carry(row);
        }
    }
}
