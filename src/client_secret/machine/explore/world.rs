//! A strict model of what a rotation acts on, and the processes that act.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::client_secret::effect::{
    AppClientFacts, ClientSecretEffect, ClientSecretId, ClientSecretObservation, JournalFacts,
    ProviderFacts, ProviderHolding, ProviderState, SecretChoice,
};
use crate::client_secret::machine::state::ClientSecretState;
use crate::client_secret::report::ClientSecretKind;
use crate::rotation::effect::{CallAnswer, EffectError};
use crate::rotation::labels::{CURRENT, Labels, PENDING, VersionId};

/// A value, named by a number.
pub(super) type Value = u8;

/// Cognito, Secrets Manager, the providers and a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ExploredCognito {
    /// Secrets of the client: id number and value.
    pub(super) secrets: Vec<(u8, Value)>,
    pub(super) next_id: u8,
    /// Journal versions: value, old id, old value.
    pub(super) versions: BTreeMap<VersionId, (Value, Option<u8>, Value)>,
    pub(super) labels: BTreeMap<Arc<str>, VersionId>,
    /// The labels before the last write to the journal, for reads that lag behind.
    pub(super) before: Labels,
    /// Whether reads of the journal may lag behind.
    pub(super) remembers: bool,
    pub(super) providers: Vec<Value>,
    /// Providers that are UPDATING: until they were read once, they refuse another update.
    pub(super) updating: BTreeSet<usize>,
    pub(super) configuration: Value,
}

impl ExploredCognito {
    pub(super) fn new(providers: usize) -> Self {
        Self {
            secrets: vec![(0, 0)],
            next_id: 1,
            versions: BTreeMap::new(),
            labels: BTreeMap::new(),
            before: Labels::default(),
            remembers: false,
            providers: vec![0; providers],
            updating: BTreeSet::new(),
            configuration: 0,
        }
    }

    pub(super) fn accepts(&self, value: Value) -> bool {
        self.secrets.iter().any(|(_, known)| *known == value)
    }

    /// No holder fails, and a value that works is stored durably.
    pub(super) fn is_safe(&self) -> bool {
        let holders_work = self.accepts(self.configuration)
            && self.providers.iter().all(|value| self.accepts(*value));
        let stored = self
            .labels
            .values()
            .filter_map(|version| self.versions.get(version))
            .any(|(value, ..)| self.accepts(*value));
        holders_work && (stored || self.accepts(self.configuration))
    }

    pub(super) fn is_settled(&self) -> bool {
        let [(_, value)] = self.secrets.as_slice() else {
            return false;
        };
        !self.labels.contains_key(PENDING)
            && self.configuration == *value
            && self.providers.iter().all(|held| held == value)
    }

    /// As settled, with two secrets of one and the same value.
    pub(super) fn is_doubled(&self) -> bool {
        let [(kept, value), (_, other)] = self.secrets.as_slice() else {
            return false;
        };
        let single = Self {
            secrets: vec![(*kept, *value)],
            ..self.clone()
        };
        value == other && single.is_settled()
    }

    /// This world after an operator has removed one of the secrets by hand.
    pub(super) fn without(&self, removed: u8) -> Self {
        let mut world = self.clone();
        world.secrets.retain(|(number, _)| *number != removed);
        world
    }

    pub(super) fn seen_labels(&self) -> Labels {
        let mut versions: BTreeMap<VersionId, Vec<Arc<str>>> = BTreeMap::new();
        for (label, version) in &self.labels {
            versions
                .entry(version.clone())
                .or_default()
                .push(Arc::clone(label));
        }
        Labels::new(versions)
    }
}

/// An operator's process: dead, or with its machine's state and the values that it knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Process {
    pub(super) kind: ClientSecretKind,
    pub(super) name: &'static str,
    pub(super) state: Option<ClientSecretState>,
    /// The value drawn, and the old one as read at the start.
    pub(super) drawn: Option<Value>,
    pub(super) old: Option<Value>,
}

impl Process {
    pub(super) fn value(&self, choice: SecretChoice) -> Option<Value> {
        match choice {
            SecretChoice::Old => self.old,
            SecretChoice::New => self.drawn,
        }
    }

    /// Returns whether its next request is a write that was decided by a read of the journal.
    pub(super) fn is_about_to_write(&self) -> bool {
        self.state
            .clone()
            .is_some_and(|state| state.pause.is_none() && state.phase.is_guarded())
    }
}

pub(super) fn id(number: u8) -> ClientSecretId {
    ClientSecretId::new(format!("client--{number}"))
}

pub(super) fn number(id: &ClientSecretId) -> u8 {
    id.as_str()
        .rsplit('-')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(255)
}

impl ExploredCognito {
    /// Performs an effect for a process.
    pub(super) fn perform(
        &mut self,
        effect: &ClientSecretEffect,
        process: &mut Process,
    ) -> ClientSecretObservation {
        let seen = self.seen_labels();
        let observation = self.answer(effect, process);
        if self.remembers && self.seen_labels() != seen {
            self.before = seen;
        }
        observation
    }

    /// Reads the journal as it was before the last write to it; none where that makes no difference.
    pub(super) fn read_stale(&self, process: &mut Process) -> Option<ClientSecretObservation> {
        let mut old = self.clone();
        let versions = self.before.versions();
        old.labels = versions
            .flat_map(|(version, labels)| {
                labels
                    .iter()
                    .map(|label| (Arc::clone(label), version.clone()))
            })
            .collect();
        let has_been_written = !old.labels.is_empty() && old.labels != self.labels;
        has_been_written.then(|| old.answer(&ClientSecretEffect::ReadJournal, process))
    }

    fn answer(
        &mut self,
        effect: &ClientSecretEffect,
        process: &mut Process,
    ) -> ClientSecretObservation {
        use ClientSecretObservation as Seen;
        let pending = self.labels.get(PENDING).cloned();
        match effect {
            ClientSecretEffect::ReadClient => {
                if process.old.is_none() {
                    process.old = self.secrets.first().map(|(_, value)| *value);
                }
                Seen::Client(AppClientFacts {
                    secrets: self.secrets.iter().map(|(n, _)| id(*n)).collect(),
                    ..AppClientFacts::default()
                })
            }
            ClientSecretEffect::ReadJournal => {
                let values = pending.and_then(|version| self.versions.get(&version).copied());
                if let Some((new, _, old)) = values {
                    if process.kind != ClientSecretKind::Rotate {
                        process.drawn = Some(new);
                    }
                    process.old = Some(old);
                }
                Seen::Journal(JournalFacts {
                    exists: !self.versions.is_empty(),
                    labels: self.seen_labels(),
                    pending_old: values.and_then(|(_, old, _)| old).map(id),
                    problem: None,
                })
            }
            ClientSecretEffect::Probe(choice) => {
                let value = process.value(*choice);
                Seen::Probed(value.is_some_and(|value| self.accepts(value)))
            }
            ClientSecretEffect::FindProviders => Seen::Providers(
                (0..self.providers.len())
                    .map(|index| Arc::from(format!("p{index}")))
                    .collect(),
            ),
            ClientSecretEffect::ReadProvider(index) => {
                let held = self.providers.get(*index).copied();
                let holds = match held {
                    value if value.is_some() && value == process.drawn => ProviderHolding::New,
                    value if value.is_some() && value == process.old => ProviderHolding::Old,
                    _ => ProviderHolding::Other,
                };
                let state = if self.updating.remove(index) {
                    ProviderState::Updating
                } else {
                    ProviderState::Ready
                };
                Seen::Provider(ProviderFacts { state, holds })
            }
            ClientSecretEffect::CheckProvider(_) | ClientSecretEffect::CheckPermissions => {
                Seen::Permitted
            }
            ClientSecretEffect::CreateJournal => {
                if !self.versions.is_empty() {
                    return Seen::Conflict;
                }
                let version = VersionId::new("j");
                self.versions
                    .insert(version.clone(), (process.old.unwrap_or(255), None, 255));
                self.labels.insert(Arc::from(CURRENT), version);
                Seen::Stored
            }
            ClientSecretEffect::Generate => {
                let value = if process.name == "ana" { 10 } else { 20 };
                process.drawn = Some(value);
                Seen::Generated(VersionId::new(format!("v-{}", process.name)))
            }
            ClientSecretEffect::PutVersion { version, label } => {
                let old = self.secrets.first().map(|(n, _)| *n);
                self.versions.entry(version.clone()).or_insert((
                    process.drawn.unwrap_or(255),
                    // What this process saw at its first look.
                    process
                        .state
                        .as_ref()
                        .and_then(|state| state.old.as_ref())
                        .map(number)
                        .or(old),
                    process.old.unwrap_or(255),
                ));
                self.labels
                    .insert(Arc::from(label.as_str()), version.clone());
                Seen::Stored
            }
            ClientSecretEffect::MoveStage {
                stage,
                to,
                remove_from,
            } => {
                if self.labels.get(stage.as_str()) != remove_from.as_ref() {
                    return Seen::Conflict;
                }
                match to {
                    Some(version) => self
                        .labels
                        .insert(Arc::from(stage.as_str()), version.clone()),
                    None => self.labels.remove(stage.as_str()),
                };
                Seen::Moved
            }
            ClientSecretEffect::AddSecret => {
                if self.secrets.len() >= 2 {
                    return Seen::Conflict;
                }
                let added = self.next_id;
                self.next_id += 1;
                self.secrets.push((added, process.drawn.unwrap_or(255)));
                Seen::Added(id(added))
            }
            ClientSecretEffect::UpdateProvider(index, choice) => {
                if !self.updating.insert(*index) {
                    return Seen::Conflict;
                }
                if let Some(held) = self.providers.get_mut(*index) {
                    *held = process.value(*choice).unwrap_or(255);
                }
                Seen::Updated
            }
            ClientSecretEffect::CallThroughChain(_) => {
                Seen::Called(CallAnswer::Answered("1 row".to_owned()))
            }
            ClientSecretEffect::FindHolders(choice) => Seen::Holders {
                inline: if Some(self.configuration) == process.value(*choice) {
                    Vec::new()
                } else {
                    vec!["config.toml".to_owned()]
                },
                others: Vec::new(),
            },
            ClientSecretEffect::UpdateConfiguration(choice) => {
                // The file's other writers are excluded: it is replaced only where it still holds the other value.
                if Some(self.configuration) == process.value(choice.other()) {
                    self.configuration = process.value(*choice).unwrap_or(255);
                    return Seen::Written {
                        done: vec!["config.toml".to_owned()],
                        left: Vec::new(),
                    };
                }
                Seen::Written {
                    done: Vec::new(),
                    left: vec!["another value".to_owned()],
                }
            }
            ClientSecretEffect::DeleteSecret(target) => {
                let before = self.secrets.len();
                if before == 1 {
                    return Seen::Failed(EffectError::refused("the only one"));
                }
                self.secrets.retain(|(n, _)| id(*n) != *target);
                Seen::Deleted
            }
            ClientSecretEffect::Wait { .. } => Seen::Waited,
        }
    }
}
