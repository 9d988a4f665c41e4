//! Which of the two values exists where, as a rotation has seen it so far: for the screen.

use super::effect::{
    ClientSecretEffect, ClientSecretId, ClientSecretObservation, ProviderHolding, ProviderState,
    SecretChoice,
};
use super::machine::ClientSecretMachine;
use crate::model::Moment;
use crate::rotation::labels::PENDING;

/// What was seen of the secrets at Cognito and of the places that hold a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientSecretBoard {
    /// The client's secrets as last read, the oldest first.
    pub secrets: Vec<BoardSecret>,
    /// Places that hold one of the values.
    pub holders: Vec<BoardHolder>,
}

/// One secret at Cognito.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardSecret {
    /// Its id.
    pub id: ClientSecretId,
    /// Which of the two values it is; none while that is not known.
    pub choice: Option<SecretChoice>,
    /// Whether the token endpoint gave a token for it, and when that was asked.
    pub gives_token: Option<(bool, Moment)>,
}

/// A place that holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardHolder {
    /// What it is: `credential provider`, `Secrets Manager`, `configuration`.
    pub place: &'static str,
    /// Its name.
    pub name: String,
    /// Which value it holds.
    pub holds: ProviderHolding,
    /// Whether it is taking another value.
    pub is_changing: bool,
    /// When that was seen.
    pub seen: Moment,
}

impl ClientSecretBoard {
    /// Takes in what an effect has shown. Returns whether something is different now.
    pub fn observe(
        &mut self,
        machine: &ClientSecretMachine,
        effect: &ClientSecretEffect,
        seen: &ClientSecretObservation,
        now: Moment,
    ) -> bool {
        let before = self.clone();
        if let ClientSecretObservation::Client(facts) = seen {
            self.list(&facts.secrets);
        }
        self.observe_holder(machine, effect, seen, now);
        self.choose(machine.old());
        *self != before
    }

    fn observe_holder(
        &mut self,
        machine: &ClientSecretMachine,
        effect: &ClientSecretEffect,
        seen: &ClientSecretObservation,
        now: Moment,
    ) {
        match (effect, seen) {
            (ClientSecretEffect::Probe(choice), ClientSecretObservation::Probed(accepted)) => {
                for secret in &mut self.secrets {
                    if secret.choice == Some(*choice) {
                        secret.gives_token = Some((*accepted, now));
                    }
                }
            }
            (ClientSecretEffect::ReadProvider(index), ClientSecretObservation::Provider(facts)) => {
                if let Some(name) = machine.providers().get(*index) {
                    let is_changing = facts.state == ProviderState::Updating;
                    self.hold("credential provider", name, facts.holds, is_changing, now);
                }
            }
            (_, ClientSecretObservation::Journal(facts))
                if facts.labels.holder(PENDING).is_some() =>
            {
                self.hold(
                    "Secrets Manager",
                    "journal",
                    ProviderHolding::New,
                    false,
                    now,
                );
            }
            (ClientSecretEffect::PutVersion { .. }, ClientSecretObservation::Stored) => {
                self.hold(
                    "Secrets Manager",
                    "journal",
                    ProviderHolding::New,
                    false,
                    now,
                );
            }
            (
                ClientSecretEffect::FindHolders(wanted),
                ClientSecretObservation::Holders { inline, .. },
            ) => {
                for file in inline {
                    self.hold("configuration", file, holding(wanted.other()), false, now);
                }
            }
            (
                ClientSecretEffect::UpdateConfiguration(wanted),
                ClientSecretObservation::Written { done, .. },
            ) => {
                for file in done {
                    self.hold("configuration", file, holding(*wanted), false, now);
                }
            }
            _ => {}
        }
    }

    /// The secrets as Cognito lists them; what is known of one that is still there stays.
    fn list(&mut self, ids: &[ClientSecretId]) {
        let known = std::mem::take(&mut self.secrets);
        self.secrets = ids
            .iter()
            .map(|id| {
                let found = known.iter().find(|secret| secret.id == *id);
                found.cloned().unwrap_or_else(|| BoardSecret {
                    id: id.clone(),
                    choice: None,
                    gives_token: None,
                })
            })
            .collect();
    }

    fn choose(&mut self, old: Option<&ClientSecretId>) {
        let Some(old) = old else { return };
        for secret in &mut self.secrets {
            secret.choice = Some(if secret.id == *old {
                SecretChoice::Old
            } else {
                SecretChoice::New
            });
        }
    }

    fn hold(
        &mut self,
        place: &'static str,
        name: &str,
        holds: ProviderHolding,
        is_changing: bool,
        seen: Moment,
    ) {
        let known = self
            .holders
            .iter_mut()
            .find(|holder| holder.place == place && holder.name == name);
        match known {
            Some(holder) if holder.holds == holds && holder.is_changing == is_changing => {}
            Some(holder) => {
                holder.holds = holds;
                holder.is_changing = is_changing;
                holder.seen = seen;
            }
            None => self.holders.push(BoardHolder {
                place,
                name: name.to_owned(),
                holds,
                is_changing,
                seen,
            }),
        }
    }

    /// Returns the id of the secret that is this value.
    pub fn id_of(&self, choice: SecretChoice) -> Option<&ClientSecretId> {
        let found = self
            .secrets
            .iter()
            .find(|secret| secret.choice == Some(choice));
        found.map(|secret| &secret.id)
    }
}

const fn holding(choice: SecretChoice) -> ProviderHolding {
    match choice {
        SecretChoice::Old => ProviderHolding::Old,
        SecretChoice::New => ProviderHolding::New,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_secret::effect::AppClientFacts;
    use crate::client_secret::machine::ClientSecretSettings;
    use crate::client_secret::report::ClientSecretKind;

    #[test]
    fn the_board_keeps_what_a_secret_was_seen_to_do_until_it_is_gone() {
        let now = Moment::from_millis(1_000);
        let machine = ClientSecretMachine::new(
            ClientSecretKind::Rotate,
            ClientSecretSettings::default(),
            now,
        );
        let ids = |names: &[&str]| {
            let secrets = names
                .iter()
                .map(|name| ClientSecretId::new(*name))
                .collect();
            ClientSecretObservation::Client(AppClientFacts {
                secrets,
                ..AppClientFacts::default()
            })
        };
        let mut board = ClientSecretBoard::default();
        let read = ClientSecretEffect::ReadClient;
        assert!(board.observe(&machine, &read, &ids(&["c--1"]), now));
        assert!(!board.observe(&machine, &read, &ids(&["c--1"]), now));
        board.choose(Some(&ClientSecretId::new("c--1")));
        let probe = ClientSecretEffect::Probe(SecretChoice::Old);
        assert!(board.observe(
            &machine,
            &probe,
            &ClientSecretObservation::Probed(true),
            now
        ));
        assert!(board.observe(&machine, &read, &ids(&["c--1", "c--2"]), now));
        assert_eq!(board.secrets[0].gives_token, Some((true, now)));
        assert!(board.observe(&machine, &read, &ids(&["c--2"]), now));
        assert_eq!(board.secrets.len(), 1);
    }
}
