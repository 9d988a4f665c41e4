//! What the screen reads of the listed secrets: versions and user of the selected one, client secrets of all. To know the
//! user, the value must be read, which CloudTrail records: nobody's value is read before the cursor stands on it.

use super::{
    Secrets,
    entry::{SecretEntry, entries},
    run::{Run, RunSubject},
};
use crate::{
    messages::{Effect, Effects, SecretsEffect},
    model::{DeploymentName, Moment, SecretUser},
    screens::UpdateContext,
    state::{Loadable, Store},
};

impl Secrets {
    /// Reads what is known of the selected secret.
    pub(super) fn read_current(&mut self, context: &UpdateContext<'_>) -> Effects {
        match self.current(context.store) {
            Some(SecretEntry::Neo4j(secret)) => {
                let (name, id) = (secret.key.deployment.clone(), secret.key.id.clone());
                let kept = self
                    .detail
                    .take()
                    .filter(|(old, secret, _)| *old == name && *secret == id);
                let mut detail = kept.map_or_else(Loadable::default, |(.., detail)| detail);
                detail.start_loading(context.now);
                self.detail = Some((name.clone(), id.clone(), detail));
                let is_known = self.users.contains_key(&(name.clone(), id.clone()));
                let user = if is_known {
                    Effects::none()
                } else {
                    self.read_user(&name, &id, context.now)
                };
                Effects::one(Effect::Secrets(SecretsEffect::ReadSecret(name, id))).and(user)
            }
            Some(SecretEntry::Client(deployment)) => {
                let name = deployment.name.clone();
                self.read_client(&name, context.now)
            }
            None => Effects::none(),
        }
    }

    /// Reads the selected secret again, with its user.
    pub(super) fn refresh_current(&mut self, context: &UpdateContext<'_>) -> Effects {
        if let Some(SecretEntry::Neo4j(secret)) = self.current(context.store) {
            let key = (secret.key.deployment.clone(), secret.key.id.clone());
            self.users.remove(&key);
        }
        self.read_current(context)
    }

    fn read_client(&mut self, name: &DeploymentName, now: Moment) -> Effects {
        let known = self.clients.entry(name.clone()).or_default();
        known.start_loading(now);
        Effects::one(Effect::Secrets(SecretsEffect::ReadClientSecret(
            name.clone(),
        )))
    }

    pub(super) fn read_user(&mut self, name: &DeploymentName, id: &str, now: Moment) -> Effects {
        let known = self.users.entry((name.clone(), id.to_owned())).or_default();
        known.start_loading(now);
        Effects::one(Effect::Secrets(SecretsEffect::ReadSecretUser(
            name.clone(),
            id.to_owned(),
        )))
    }

    /// Reads the client secrets that were never read: their rows have nothing to show.
    pub(super) fn read_new_rows(&mut self, context: &UpdateContext<'_>) -> Effects {
        let mut effects = Effects::none();
        for entry in entries(context.store) {
            if let SecretEntry::Client(deployment) = entry
                && !self.clients.contains_key(&deployment.name)
            {
                effects = effects.and(self.read_client(&deployment.name, context.now));
            }
        }
        effects
    }

    /// Returns what is known of a secret's user.
    pub(super) fn user_of(&self, entry: SecretEntry<'_>) -> Option<&Loadable<SecretUser>> {
        match entry {
            SecretEntry::Neo4j(secret) => self
                .users
                .get(&(secret.key.deployment.clone(), secret.key.id.clone())),
            SecretEntry::Client(_) => None,
        }
    }

    /// Returns whether versions were read of another secret than the selected one, or of none.
    pub(super) fn is_detail_missing(&self, store: &Store) -> bool {
        match (self.current(store), &self.detail) {
            (Some(SecretEntry::Neo4j(secret)), Some((name, id, _))) => {
                *name != secret.key.deployment || *id != secret.key.id
            }
            (Some(SecretEntry::Neo4j(_)), None) => true,
            (Some(SecretEntry::Client(_)) | None, _) => false,
        }
    }
}

/// Versions are read again after a step, since a step changes them; the user after the end.
pub(super) fn read_again(run: &Run, has_ended: bool) -> Effects {
    if !has_ended {
        return Effects::none();
    }
    let deployment = run.deployment.clone();
    Effects::one(Effect::Secrets(match &run.subject {
        RunSubject::Password { secret, .. } => {
            SecretsEffect::ReadSecret(deployment, secret.clone())
        }
        RunSubject::ClientSecret { .. } => SecretsEffect::ReadClientSecret(deployment),
    }))
}
