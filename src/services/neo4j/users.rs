//! Neo4j's users, as an administrator sees and sets them.
//!
//! The password is set last: whoever logs in with it has the roles already, wherever the work was interrupted before.

use serde_json::{Value, json};

use crate::{
    model::{Neo4jAddress, Neo4jUser, SecretText, UserAnswer},
    services::Neo4j,
};

use super::Statement;
use crate::services::neo4j::error_map;

/// `roles`, `suspended` and `home` are null in the Community edition, which has none of them.
const SHOW: &str = "SHOW USERS YIELD user, roles, suspended, home WHERE user IN $names RETURN user, roles, suspended, home";
const CREATE: &str = "CREATE USER $user IF NOT EXISTS SET PASSWORD $password CHANGE NOT REQUIRED";
const GRANT: &str = "GRANT ROLE $role TO $user";
const HOME: &str = "ALTER USER $user SET HOME DATABASE $home";
const PASSWORD: &str = "ALTER USER $user SET PASSWORD $password CHANGE NOT REQUIRED";
/// Everybody has it, and nobody can be granted it.
const PUBLIC: &str = "PUBLIC";

/// Who sets what where.
pub struct UserSetting<'a> {
    /// The server.
    pub address: &'a Neo4jAddress,
    /// The administrator and its password.
    pub administrator: (&'a str, &'a SecretText),
    /// The user that shall exist.
    pub user: &'a str,
    /// Its password afterwards.
    pub password: &'a SecretText,
    /// A random password that is not stored, for the time until the roles are granted.
    pub passing: &'a SecretText,
    /// The user whose roles and home database a new one gets.
    pub like: &'a str,
}

impl Neo4j {
    /// Those of the named users that exist, by an administrator's login.
    ///
    /// # Errors
    /// The answer that a change would have had: see [`UserAnswer`].
    pub async fn users(
        &self,
        address: &Neo4jAddress,
        administrator: (&str, &SecretText),
        names: &[&str],
    ) -> Result<Vec<Neo4jUser>, UserAnswer> {
        let doing = format!("listing users of {} as {}", address.uri, administrator.0);
        let statement = Statement {
            doing: &doing,
            database: "system",
            text: SHOW,
            parameters: json!({ "names": names }),
        };
        let rows = self
            .run(address, administrator.0, administrator.1, statement)
            .await;
        let rows = rows.map_err(|refusal| error_map::set(&doing, refusal))?;
        let users = rows.iter().map(|row| user(row)).collect::<Option<Vec<_>>>();
        // A user without its roles would be taken for one that needs none.
        users.ok_or_else(|| {
            UserAnswer::Unfit("SHOW USERS answered in a form that is not understood".to_owned())
        })
    }

    /// Makes a user exist with a password: with the roles and the home database of `like` where it is new. Safe to repeat.
    pub async fn set_user(&self, setting: UserSetting<'_>) -> UserAnswer {
        self.try_set_user(&setting)
            .await
            .unwrap_or_else(|answer| answer)
    }

    async fn try_set_user(&self, setting: &UserSetting<'_>) -> Result<UserAnswer, UserAnswer> {
        let user = setting.user;
        let found = self
            .users(
                setting.address,
                setting.administrator,
                &[user, setting.like],
            )
            .await?;
        let named = |name: &str| found.iter().find(|found| found.name == name);
        let is_new = named(user).is_none();
        if is_new {
            self.as_administrator(
                setting,
                CREATE,
                json!({"user": user, "password": setting.passing.reveal()}),
            )
            .await?;
        }
        let has = named(user)
            .map(|found| found.roles.clone())
            .unwrap_or_default();
        let mut granted = Vec::new();
        for role in named(setting.like)
            .map(|found| found.roles.as_slice())
            .unwrap_or_default()
        {
            if role != PUBLIC && !has.contains(role) {
                self.as_administrator(setting, GRANT, json!({"user": user, "role": role}))
                    .await?;
                granted.push(role.clone());
            }
        }
        let home = named(setting.like).and_then(|found| found.home.as_ref());
        if let Some(home) =
            home.filter(|home| named(user).and_then(|found| found.home.as_ref()) != Some(*home))
        {
            self.as_administrator(setting, HOME, json!({"user": user, "home": home}))
                .await?;
        }
        self.as_administrator(
            setting,
            PASSWORD,
            json!({"user": user, "password": setting.password.reveal()}),
        )
        .await?;
        Ok(if is_new {
            UserAnswer::Created(granted)
        } else {
            UserAnswer::Changed
        })
    }

    async fn as_administrator(
        &self,
        setting: &UserSetting<'_>,
        text: &str,
        parameters: Value,
    ) -> Result<(), UserAnswer> {
        let (name, password) = setting.administrator;
        let doing = format!(
            "setting user {} at {} as {name}",
            setting.user, setting.address.uri
        );
        let statement = Statement {
            doing: &doing,
            database: "system",
            text,
            parameters,
        };
        match self.run(setting.address, name, password, statement).await {
            Ok(_) => Ok(()),
            Err(refusal) => match error_map::set(&doing, refusal) {
                UserAnswer::Changed => Ok(()),
                answer => Err(answer),
            },
        }
    }
}

/// Returns a row of [`SHOW`].
fn user(row: &[Value]) -> Option<Neo4jUser> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let [name, roles, suspended, home] = row else {
        return None;
    };
    let roles = match roles {
        Value::Null => Vec::new(),
        roles => roles
            .as_array()?
            .iter()
            .map(text)
            .collect::<Option<Vec<_>>>()?,
    };
    Some(Neo4jUser {
        name: text(name)?,
        roles,
        is_suspended: *suspended == Value::Bool(true),
        home: text(home),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_either_edition_is_read_and_anything_else_is_not_guessed() {
        let community = user(&[json!("u"), Value::Null, Value::Null, Value::Null]).unwrap();
        assert_eq!(
            (
                community.roles.len(),
                community.is_suspended,
                community.home
            ),
            (0, false, None)
        );
        let enterprise = user(&[
            json!("u"),
            json!(["PUBLIC", "reader"]),
            json!(true),
            json!("movies"),
        ])
        .unwrap();
        assert_eq!(
            (
                enterprise.roles.len(),
                enterprise.is_suspended,
                enterprise.home.as_deref()
            ),
            (2, true, Some("movies"))
        );
        assert_eq!(
            user(&[json!("u"), json!("reader"), json!(false), Value::Null]),
            None
        );
        assert_eq!(
            user(&[json!("u"), json!([1]), json!(false), Value::Null]),
            None
        );
    }
}
