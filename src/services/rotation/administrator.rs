//! The administrator of two users in alternation: whose secret it is, whether it can do what is needed, and what it does.

use url::Url;

use crate::{
    model::{
        ChannelSafety, Failure, FailureKind, Neo4jScheme, Neo4jUser, SecretContent, SecretText,
        UserAnswer, VersionRef, neo4j_address_with_scheme,
    },
    rotation::{
        effect::{AdministratorAnswer, EffectError, EffectErrorClass, Observation, SetAnswer},
        labels::{CURRENT, VersionId},
        secret_document::{SecretDocument, alternate},
    },
    services::UserSetting,
};

use crate::services::rotation::live_backend::{LiveBackend, draw};

/// A login as administrator.
struct Administrator {
    name: String,
    password: SecretText,
    secret: String,
}

/// Why there is none.
enum Unfit {
    /// For good: tell the operator.
    EndReason(String),
    /// For now.
    Failed(Observation),
}

impl From<Observation> for Unfit {
    fn from(observation: Observation) -> Self {
        Self::Failed(observation)
    }
}

impl LiveBackend {
    /// Does the administrator log in, and what will it find?
    pub(super) async fn check_administrator(
        &self,
        version: &VersionId,
        labelled: &[VersionId],
    ) -> Observation {
        match self.look_as_administrator(version, labelled).await {
            Ok(sentence) => Observation::Administrator(AdministratorAnswer::Ready(sentence)),
            Err(Unfit::EndReason(why)) => {
                Observation::Administrator(AdministratorAnswer::Unfit(why))
            }
            Err(Unfit::Failed(observation)) => observation,
        }
    }

    async fn look_as_administrator(
        &self,
        version: &VersionId,
        labelled: &[VersionId],
    ) -> Result<String, Unfit> {
        let (address, user, _) = self.access(version)?;
        let administrator = self.administrator(version, &user).await?;
        let name = &administrator.name;
        let other = alternate(&user);
        let users = self
            .services
            .neo4j
            .users(&address, (name, &administrator.password), &[&user, &other])
            .await
            .map_err(|answer| unfit(answer, name))?;
        let login = format!("administrator {name} of {} logs in", administrator.secret);
        let find = |name: &str| users.iter().find(|found| found.name == name);
        let Some(own) = find(&user) else {
            return Err(Unfit::EndReason(format!(
                "Neo4j keeps no user {user} itself, whose roles the other user could get"
            )));
        };
        let Some(found) = find(&other) else {
            let with = match own_roles(own).as_slice() {
                [] => String::new(),
                roles => format!(" with the roles {}", roles.join(", ")),
            };
            return Ok(format!(
                "{login}; user {other} is new and will be made{with}"
            ));
        };
        // Another secret's user may have that name.
        if !self.names_user(labelled, &other) {
            return Err(Unfit::EndReason(format!(
                "user {other} exists, and no version of this secret names it: it may belong to another program (if not: DROP USER {other})"
            )));
        }
        match why_not_equal(own, found) {
            Some(why) => Err(Unfit::EndReason(why)),
            None => Ok(format!("{login}; user {other} is there")),
        }
    }

    /// Returns whether one of these versions is of this user.
    fn names_user(&self, versions: &[VersionId], user: &str) -> bool {
        versions
            .iter()
            .any(|version| self.shape(version).is_ok_and(|shape| shape.user() == user))
    }

    /// Makes the version's user exist with the version's password.
    pub(super) async fn set_by_administrator(
        &self,
        version: &VersionId,
        like: &VersionId,
    ) -> Observation {
        match self.set(version, like).await {
            Ok(answer) => answer,
            Err(Unfit::EndReason(why)) => Observation::Set(SetAnswer::Unfit(why)),
            Err(Unfit::Failed(observation)) => observation,
        }
    }

    async fn set(&self, version: &VersionId, like: &VersionId) -> Result<Observation, Unfit> {
        let (address, user, password) = self.access(version)?;
        let (_, pattern, _) = self.access(like)?;
        let administrator = self.administrator(like, &pattern).await?;
        let refused = |why: String| Observation::Failed(EffectError::refused(why));
        let passing = draw(&self.policy).map_err(refused)?;
        let setting = UserSetting {
            address: &address,
            administrator: (&administrator.name, &administrator.password),
            user: &user,
            password: &password,
            passing: &SecretText::from(passing.as_str()),
            like: &pattern,
        };
        Ok(Observation::Set(
            match self.services.neo4j.set_user(setting).await {
                UserAnswer::Created(roles) => SetAnswer::Created(roles),
                UserAnswer::Changed => SetAnswer::Changed,
                UserAnswer::Policy(why) => SetAnswer::Policy(why),
                other => return Err(unfit(other, &administrator.name)),
            },
        ))
    }

    /// Returns the secret of the administrator.
    pub(super) fn administrator_secret(&self, version: &VersionId) -> Option<String> {
        let named = || {
            self.shape(version)
                .ok()
                .and_then(SecretDocument::administrator)
                .map(str::to_owned)
        };
        self.administrator.clone().or_else(named)
    }

    /// Reads the administrator's secret. It must be another user, at the same server: else this secret would let its readers
    /// change passwords elsewhere.
    async fn administrator(&self, version: &VersionId, user: &str) -> Result<Administrator, Unfit> {
        let shape = self.shape(version)?;
        let Some(secret) = self.administrator_secret(version) else {
            return Err(Unfit::EndReason(
                "no secret of an administrator is named (`masterarn` in the secret, or --admin-secret)".into(),
            ));
        };
        let found = self.administrator_document(&secret).await?;
        // Its password goes to the address of the other secret, which others may write.
        match (found.address(), shape.address()) {
            (Some(own), Some(given)) if is_as_good(own, given) => {}
            (Some(own), Some(_)) => {
                return Err(Unfit::EndReason(format!(
                    "its secret {secret} is for {own}, which is another server, or a safer way to it"
                )));
            }
            _ if self.administrator.is_some() => {}
            _ => {
                return Err(Unfit::EndReason(format!(
                    "its secret {secret} or the rotated one names no address, so that they are for one server is not known; add `uri` there, or name it by --admin-secret"
                )));
            }
        }
        if found.user() == user || found.user() == alternate(user) {
            return Err(Unfit::EndReason(format!(
                "its secret {secret} is that of {} itself",
                found.user()
            )));
        }
        let name = found.user().to_owned();
        Ok(Administrator {
            name,
            password: SecretText::from(found.password()),
            secret: super::secret_name(&secret).to_owned(),
        })
    }

    /// AWSCURRENT of the administrator's secret.
    async fn administrator_document(&self, secret: &str) -> Result<SecretDocument, Unfit> {
        let current = VersionRef::Stage(CURRENT.to_owned());
        let value = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, secret, &current)
            .await
            .map_err(|failure| unreadable(secret, failure))?;
        let SecretContent::Text(text) = value.content else {
            return Err(Unfit::EndReason(format!("its secret {secret} is binary")));
        };
        SecretDocument::parse(text.reveal())
            .map_err(|error| Unfit::EndReason(format!("its secret {secret}: {error}")))
    }
}

/// Returns the administrator's secret could not be read: for good, or for now.
fn unreadable(secret: &str, failure: Failure) -> Unfit {
    match failure.kind {
        FailureKind::Denied | FailureKind::NotFound | FailureKind::Usage | FailureKind::Refused => {
            Unfit::EndReason(format!(
                "its secret {secret} cannot be read: {}",
                failure.cause
            ))
        }
        FailureKind::SignIn
        | FailureKind::Throttled
        | FailureKind::Network
        | FailureKind::Timeout
        | FailureKind::Server
        | FailureKind::Conflict
        | FailureKind::Cancelled => Unfit::Failed(Observation::Failed(EffectError::from(failure))),
    }
}

/// Returns the roles that were granted to a user.
fn own_roles(user: &Neo4jUser) -> Vec<&str> {
    let roles = user.roles.iter().map(String::as_str);
    roles.filter(|role| *role != "PUBLIC").collect()
}

/// Returns why the other one of two users cannot stand in for the first.
fn why_not_equal(own: &Neo4jUser, other: &Neo4jUser) -> Option<String> {
    let name = &other.name;
    if other.is_suspended {
        return Some(format!(
            "user {name} is suspended (ALTER USER {name} SET STATUS ACTIVE)"
        ));
    }
    let grants: Vec<String> = own_roles(own)
        .into_iter()
        .filter(|role| !other.roles.iter().any(|has| has == role))
        .map(|role| format!("GRANT ROLE {role} TO {name}"))
        .collect();
    (!grants.is_empty()).then(|| {
        format!(
            "user {name} lacks roles that {} has; run {}",
            own.name,
            grants.join("; ")
        )
    })
}

/// Returns an answer that is none to the question.
fn unfit(answer: UserAnswer, administrator: &str) -> Unfit {
    match answer {
        UserAnswer::Unfit(why) | UserAnswer::Policy(why) => {
            Unfit::EndReason(format!("administrator {administrator}: {why}"))
        }
        UserAnswer::InDoubt(failure) => Unfit::Failed(Observation::Failed(EffectError::new(
            EffectErrorClass::InDoubt,
            failure,
        ))),
        UserAnswer::Failed(failure) => {
            Unfit::Failed(Observation::Failed(EffectError::from(failure)))
        }
        UserAnswer::Created(_) | UserAnswer::Changed => {
            Unfit::EndReason("an answer that fits no question".to_owned())
        }
    }
}

/// Is the given address the same server as the own one, and the way there no less safe? Read as whoever connects reads it: an
/// address that two parsers take for two hosts must not pass here.
fn is_as_good(own: &str, given: &str) -> bool {
    let (Some(own), Some(given)) = (parsed(own), parsed(given)) else {
        return false;
    };
    let scheme = |address: &Url| Neo4jScheme::of(address.as_str());
    let safety =
        |address: &Url| scheme(address).map_or(ChannelSafety::Readable, Neo4jScheme::safety);
    let host = |address: &Url| address.host_str().map(str::to_ascii_lowercase);
    // Bolt and HTTP have different ports on one server.
    let is_http = |address: &Url| scheme(address).is_some_and(Neo4jScheme::is_query_api);
    let same_port = is_http(&own) != is_http(&given)
        || own
            .port()
            .zip(given.port())
            .is_none_or(|(own, given)| own == given);
    host(&own).is_some()
        && host(&own) == host(&given)
        && same_port
        && safety(&given) >= safety(&own)
}

fn parsed(address: &str) -> Option<Url> {
    Url::parse(&neo4j_address_with_scheme(address)).ok()
}

#[cfg(test)]
mod tests {
    use super::is_as_good;

    #[test]
    fn a_password_goes_only_to_its_own_server_and_on_no_less_safe_a_way() {
        let own = "neo4j+s://db.internal:7687";
        for good in [
            "neo4j+s://db.internal",
            "bolt+s://DB.internal:7687",
            "https://db.internal:7473",
            "db.internal",
        ] {
            assert!(is_as_good(own, good), "{good}");
        }
        for bad in [
            "bolt://db.internal:7687",
            "http://db.internal:7474",
            "neo4j+ssc://db.internal:7687",
            "neo4j+s://evil:7687",
            "neo4j+s://db.internal:9999",
            "neo4j+s://evil:7687#@db.internal",
            "neo4j+s://evil:7687?@db.internal",
            "neo4j+s://db.internal@evil:7687",
            "no address",
        ] {
            assert!(!is_as_good(own, bad), "{bad}");
        }
        assert!(is_as_good("bolt://127.0.0.1:7687", "bolt://127.0.0.1:7687"));
    }
}
