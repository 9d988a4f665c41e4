//! Who reads a secret, how a reader picks up a new value, and what can be done about it.

use serde::Serialize;

/// How a reader picks up a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pickup {
    /// It reads the secret at every call.
    EveryCall,
    /// It reads the secret once and keeps it for its container's life.
    ContainerLife,
    /// It has its own copy in its environment, which must be updated.
    Environment,
    /// It reads the secret whenever it connects.
    EveryConnection,
    /// It may read the secret; whether it does, and when, is not known.
    Unknown,
}

impl Pickup {
    /// In words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::EveryCall => "reads it at every call",
            Self::ContainerLife => "keeps it for its container's life",
            Self::Environment => "has a copy in its environment",
            Self::EveryConnection => "reads it at every connection",
            Self::Unknown => "may read it, and when is not known",
        }
    }

    /// Returns the same in a few words, for a column.
    pub const fn brief(self) -> &'static str {
        match self {
            Self::EveryCall => "reads at every call",
            Self::ContainerLife => "reads once, at its start",
            Self::Environment => "has a copy in its environment",
            Self::EveryConnection => "reads at every connection",
            Self::Unknown => "may read it",
        }
    }

    /// Returns whether it keeps the old value until it is updated by hand.
    pub const fn is_slow(self) -> bool {
        matches!(self, Self::ContainerLife | Self::Environment)
    }
}

/// A reader of the secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SecretReader {
    /// `runtime neo4j_mcp_server-Ab3dEfGh1j`, `function neo4j-interceptor`.
    pub name: String,
    /// How it picks up a new value.
    pub pickup: Pickup,
    /// How that is known.
    pub evidence: String,
    /// The id of the runtime that it is: the only kind of reader that can be refreshed from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
}

impl SecretReader {
    /// Can it be made to take the new value from here, and must it?
    pub fn is_refreshable(&self) -> bool {
        self.pickup.is_slow() && self.runtime.is_some()
    }

    /// Name and pickup as a sentence, with what is to be done where nothing can be done from here.
    pub fn sentence(&self) -> String {
        let after = match (self.pickup, &self.runtime) {
            (Pickup::Environment, Some(_)) => {
                "; a new version of it gets the new one afterwards, and its sessions are stopped, where you agree"
            }
            (Pickup::ContainerLife, Some(_)) => {
                "; its sessions are stopped afterwards, where you agree"
            }
            (Pickup::Environment | Pickup::ContainerLife, None) => "; restart it afterwards",
            (Pickup::EveryCall | Pickup::EveryConnection | Pickup::Unknown, _) => "",
        };
        format!(
            "{}: {}{after} ({})",
            self.name,
            self.pickup.sentence(),
            self.evidence
        )
    }
}
