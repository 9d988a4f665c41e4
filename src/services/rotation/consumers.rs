//! Who reads the secret, for the plan and after the promotion, and whether the chain answers.

use crate::{
    model::Moment,
    net::clock,
    rotation::{
        effect::{Connection, EffectError, Observation},
        labels::{PREVIOUS, VersionId},
        machine::RotationMachine,
        plan::{AlternateUser, PlanInput, RotationPlan},
        readers::SecretReader,
        secret_document::{SecretDocument, alternate},
    },
};

use super::{
    SURVEY, chain,
    live_backend::{LiveBackend, secret_name},
    readers::{self, ReaderQuery, ReaderScan},
    refresh::{CredentialChange, Login, RefreshResult, Runtimes},
};

impl LiveBackend {
    pub(super) async fn list_connections(
        &mut self,
        version: &VersionId,
    ) -> Result<Observation, Observation> {
        let (address, user, password) = self.access(version)?;
        match self
            .services
            .neo4j
            .connections(&address, &user, &password)
            .await
        {
            Ok(connections) => {
                // Over HTTP each request logs in again: only Bolt keeps an authenticated connection.
                let others: Vec<Connection> = connections
                    .into_iter()
                    .filter(|connection| {
                        connection.user == user
                            && connection.connector == "bolt"
                            && !connection.agent.starts_with("agentcore-console")
                    })
                    .map(|connection| Connection {
                        id: connection.id,
                        connector: connection.connector,
                        agent: connection.agent,
                        address: connection.client_address,
                    })
                    .collect();
                self.connections = Some(others.clone());
                Ok(Observation::Connections(others))
            }
            Err(failure) => Ok(Observation::Failed(EffectError::from(failure))),
        }
    }

    pub(super) async fn kill_connections(
        &self,
        version: &VersionId,
        ids: &[String],
    ) -> Result<Observation, Observation> {
        let (address, user, password) = self.access(version)?;
        let killed = self
            .services
            .neo4j
            .kill_connections(&address, &user, &password, ids)
            .await;
        Ok(killed.map_or_else(
            |failure| Observation::Failed(EffectError::from(failure)),
            Observation::Killed,
        ))
    }

    /// Returns the plan as far as it is known now.
    pub(super) async fn survey(&self, machine: &RotationMachine) -> Option<RotationPlan> {
        let current = machine.current()?.clone();
        let (address, user, _) = self.access(&current).ok()?;
        let found = if self.is_surveyed {
            self.readers(&[&current])
                .await
                .unwrap_or_else(|| ReaderScan {
                    unknown: vec!["who reads the secret was not found out in time".to_owned()],
                    ..ReaderScan::default()
                })
        } else {
            ReaderScan::default()
        };
        let other = machine.is_alternating().then(|| AlternateUser {
            user: alternate(&user),
            administrator: self
                .administrator_secret(&current)
                .map_or_else(|| "-".to_owned(), |id| secret_name(&id).to_owned()),
        });
        let known = PlanInput {
            deployment: self.deployment.name.to_string(),
            secret: secret_name(&self.secret).to_owned(),
            user,
            address: address.uri,
            current: Some(current.to_string()),
            previous: machine.labels().holder(PREVIOUS).map(ToString::to_string),
            managed: self.managed,
            alternate: other,
            current_since: self
                .held
                .get(&current)
                .and_then(|held| held.created)
                .map(Moment::millis),
            readers: found.readers,
            unknown: found.unknown,
            connections: self.connections.clone(),
            credentials_end: self.credentials_end,
            now: clock::now().millis(),
            password_length: self.policy.length(),
            by_hand: self.by_hand.clone(),
        };
        Some(RotationPlan::new(self.kind, &known))
    }

    /// Those who read the secret, by what is known of its passwords.
    async fn readers(&self, versions: &[&VersionId]) -> Option<ReaderScan> {
        let passwords: Vec<&str> = versions
            .iter()
            .filter_map(|version| self.shape(version).ok())
            .map(SecretDocument::password)
            .collect();
        let wanted = ReaderQuery {
            secret: &self.secret,
            arn: &self.arn,
            passwords: &passwords,
        };
        let looking = Box::pin(readers::find(&self.services, &self.deployment, wanted));
        tokio::time::timeout(SURVEY, looking).await.ok()
    }

    pub(super) async fn read_once(&mut self, version: &VersionId) {
        if !self.held.contains_key(version) {
            // What cannot be read is not held: whoever asks for it says so.
            self.read(version).await;
        }
    }

    /// Returns the logins before and now, as far as they were read; and since when, where this process has moved AWSCURRENT to the instant.
    fn turn(&self, from: Option<&VersionId>, to: &VersionId) -> Option<CredentialChange<'_>> {
        let new = self.held.get(to)?;
        let old = from.and_then(|from| self.held.get(from)).map(|held| Login {
            user: held.shape.user(),
            password: held.shape.password(),
        });
        let changed = self.promoted.or(new.created);
        Some(CredentialChange {
            old,
            new: Login {
                user: new.shape.user(),
                password: new.shape.password(),
            },
            changed,
        })
    }

    /// Finds who keeps the old value beyond the next call.
    pub(super) async fn find_readers(
        &mut self,
        from: Option<&VersionId>,
        to: &VersionId,
    ) -> Observation {
        for version in from.into_iter().chain([to]) {
            self.read_once(version).await;
        }
        let unread = || {
            Observation::Failed(EffectError::refused(
                "the current version could not be read".to_owned(),
            ))
        };
        let versions: Vec<&VersionId> = from.into_iter().chain([to]).collect();
        if self.turn(from, to).is_none() {
            return unread();
        }
        let route = chain::route(&self.services, &self.deployment, &self.secret);
        let (found, route) = tokio::join!(
            self.readers(&versions),
            tokio::time::timeout(SURVEY, Box::pin(route))
        );
        let Some(found) = found else {
            return Observation::Failed(EffectError::in_doubt());
        };
        self.use_of_secret = Some((found.readers.clone(), route.unwrap_or_default()));
        let Some(turn) = self.turn(from, to) else {
            return unread();
        };
        let RefreshResult { done, left } = self.runtimes().stale(found.readers, turn).await;
        Observation::Readers {
            stale: done,
            unknown: found.unknown.into_iter().chain(left).collect(),
        }
    }

    pub(super) async fn refresh(
        &mut self,
        reader: &SecretReader,
        from: Option<&VersionId>,
        to: &VersionId,
    ) -> Observation {
        let Some(turn) = self.turn(from, to) else {
            return Observation::Failed(EffectError::refused(
                "the new value could not be read".to_owned(),
            ));
        };
        match self.runtimes().refresh(reader, turn).await {
            Ok(RefreshResult { done, left }) => Observation::Refreshed { done, left },
            Err(failure) if failure.kind.is_transient() => {
                Observation::Failed(EffectError::from(failure))
            }
            Err(failure) => Observation::Refreshed {
                done: Vec::new(),
                left: vec![format!("{}: {failure}", reader.name)],
            },
        }
    }

    fn runtimes(&self) -> Runtimes<'_> {
        Runtimes {
            services: &self.services,
            deployment: &self.deployment,
            now: clock::now(),
        }
    }
}
