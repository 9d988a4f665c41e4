//! The administrator of two users in alternation: whose secret it is, whether it can do what is needed, and what it does.

use crate::{
    model::{FailureKind, SecretContent, SecretText, UserAnswer, VersionRef},
    rotation::{
        effect::{AdministratorAnswer, Observation, SetAnswer, Trouble},
        labels::{CURRENT, VersionId},
        shape::{Shape, alternate},
    },
    services::UserSetting,
};

use super::world::{World, draw, trouble};

/// A login as administrator.
struct Administrator {
    name: String,
    password: SecretText,
    secret: String,
}

/// Why there is none.
enum Unfit {
    /// For good: tell the operator.
    Why(String),
    /// For now.
    Failed(Observation),
}

impl From<Observation> for Unfit {
    fn from(observation: Observation) -> Self {
        Self::Failed(observation)
    }
}

impl World {
    /// Does the administrator log in, and what will it find?
    pub(super) async fn check_administrator(&self, version: &VersionId) -> Observation {
        match self.look_as_administrator(version).await {
            Ok(sentence) => Observation::Administrator(AdministratorAnswer::Ready(sentence)),
            Err(Unfit::Why(why)) => Observation::Administrator(AdministratorAnswer::Unfit(why)),
            Err(Unfit::Failed(observation)) => observation,
        }
    }

    async fn look_as_administrator(&self, version: &VersionId) -> Result<String, Unfit> {
        let (address, user, _) = self.access(version)?;
        let administrator = self.administrator(version, &user).await?;
        let Administrator { name, password, secret } = &administrator;
        let other = alternate(&user);
        let users = self.services.neo4j_users(&address, (name, password), &[&user, &other]).await;
        let users = users.map_err(|answer| unfit(answer, name))?;
        let find = |name: &str| users.iter().find(|one| one.name == name);
        let Some(own) = find(&user) else {
            return Err(Unfit::Why(format!("Neo4j keeps no user {user} itself, whose roles the other user could get")));
        };
        let roles: Vec<&str> = own.roles.iter().map(String::as_str).filter(|role| *role != "PUBLIC").collect();
        let login = format!("administrator {name} of {secret} logs in");
        let Some(found) = find(&other) else {
            let with = if roles.is_empty() { String::new() } else { format!(" with the roles {}", roles.join(", ")) };
            return Ok(format!("{login}; user {other} is new and will be made{with}"));
        };
        let missing: Vec<&str> = roles.into_iter().filter(|role| !found.roles.iter().any(|has| has == role)).collect();
        if missing.is_empty() {
            return Ok(format!("{login}; user {other} is there"));
        }
        let grants: Vec<String> = missing.iter().map(|role| format!("GRANT ROLE {role} TO {other}")).collect();
        Err(Unfit::Why(format!("user {other} lacks roles that {user} has; run {}", grants.join("; "))))
    }

    /// Makes the version's user exist with the version's password.
    pub(super) async fn set_by_administrator(&self, version: &VersionId, like: &VersionId) -> Observation {
        match self.set(version, like).await {
            Ok(answer) => answer,
            Err(Unfit::Why(why)) => Observation::Set(SetAnswer::Unfit(why)),
            Err(Unfit::Failed(observation)) => observation,
        }
    }

    async fn set(&self, version: &VersionId, like: &VersionId) -> Result<Observation, Unfit> {
        let (address, user, password) = self.access(version)?;
        let (_, pattern, _) = self.access(like)?;
        let administrator = self.administrator(like, &pattern).await?;
        let refused = |why: String| Observation::Failed(Trouble::Refused(why));
        let passing = draw(&self.policy).map_err(refused)?;
        let setting = UserSetting {
            address: &address,
            administrator: (&administrator.name, &administrator.password),
            user: &user,
            password: &password,
            passing: &SecretText::from(passing.as_str()),
            like: &pattern,
        };
        Ok(Observation::Set(match self.services.neo4j_set_user(setting).await {
            UserAnswer::Created(roles) => SetAnswer::Created(roles),
            UserAnswer::Changed => SetAnswer::Changed,
            UserAnswer::Policy(why) => SetAnswer::Policy(why),
            other => return Err(unfit(other, &administrator.name)),
        }))
    }

    /// The secret of the administrator.
    pub(super) fn administrator_secret(&self, version: &VersionId) -> Option<String> {
        let named = || self.shape(version).ok().and_then(Shape::administrator).map(str::to_owned);
        self.administrator.clone().or_else(named)
    }

    /// Reads the administrator's secret. It must be another user, at the same server: else this secret would let its readers
    /// change passwords elsewhere.
    async fn administrator(&self, version: &VersionId, user: &str) -> Result<Administrator, Unfit> {
        let shape = self.shape(version)?;
        let Some(secret) = self.administrator_secret(version) else {
            return Err(Unfit::Why(
                "no secret of an administrator is named (`masterarn` in the secret, or --admin-secret)".into(),
            ));
        };
        let current = VersionRef::Stage(CURRENT.to_owned());
        let value = self.services.secret_value(&self.deployment, &secret, &current).await;
        let value = value.map_err(|failure| match failure.kind {
            FailureKind::Denied | FailureKind::NotFound | FailureKind::Usage | FailureKind::Refused => {
                Unfit::Why(format!("its secret {secret} cannot be read: {}", failure.cause))
            }
            _ => Unfit::Failed(Observation::Failed(trouble(&failure))),
        })?;
        let SecretContent::Text(text) = value.content else {
            return Err(Unfit::Why(format!("its secret {secret} is binary")));
        };
        let found = Shape::parse(text.reveal()).map_err(|error| Unfit::Why(format!("its secret {secret}: {error}")))?;
        if let (Some(one), Some(other)) = (found.address(), shape.address())
            && host(one) != host(other)
        {
            return Err(Unfit::Why(format!("its secret {secret} is for another server, {}", host(one))));
        }
        if found.user() == user || found.user() == alternate(user) {
            return Err(Unfit::Why(format!("its secret {secret} is that of {} itself", found.user())));
        }
        let name = found.user().to_owned();
        Ok(Administrator { name, password: SecretText::from(found.password()), secret: super::secret_name(&secret).to_owned() })
    }
}

/// An answer that is none to the question.
fn unfit(answer: UserAnswer, administrator: &str) -> Unfit {
    match answer {
        UserAnswer::Unfit(why) | UserAnswer::Policy(why) => Unfit::Why(format!("administrator {administrator}: {why}")),
        UserAnswer::InDoubt(_) => Unfit::Failed(Observation::Failed(Trouble::InDoubt)),
        UserAnswer::Failed(failure) => Unfit::Failed(Observation::Failed(trouble(&failure))),
        UserAnswer::Created(_) | UserAnswer::Changed => Unfit::Why("an answer that fits no question".to_owned()),
    }
}

/// The host of an address, whatever its scheme and port.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or_else(|| rest.split(':').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn two_spellings_of_an_address_are_one_host() {
        for address in
            ["neo4j+s://db.internal", "bolt://db.internal:7687", "https://user@db.internal:7473/path", "db.internal:7687"]
        {
            assert_eq!(host(address), "db.internal", "{address}");
        }
        assert_eq!(host("bolt://[::1]:7687"), "::1");
    }
}
