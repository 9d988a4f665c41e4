//! Users of the stand-in: passwords, the change that is a compare-and-swap, and the lock-out, as a Neo4j 5.26 behaves.
//! Time comes in from outside. Nothing here knows HTTP or Cypher.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// So many failed logins in a row lock a user out.
const MOST_FAILURES: u32 = 3;
/// For so long after the last failure.
const LOCK_TIME: SignedDuration = SignedDuration::from_secs(5);
/// The shortest password.
const SHORTEST: usize = 8;

/// All users of one database server.
#[derive(Default)]
pub(crate) struct Users {
    users: BTreeMap<String, DatabaseUser>,
    /// By name, as the limiter of a Neo4j counts: neither a new password nor a new user of that name resets it.
    failures: BTreeMap<String, LoginFailures>,
}

struct DatabaseUser {
    password: String,
    change_required: bool,
}

/// Failed logins in a row.
#[derive(Clone, Copy)]
struct LoginFailures {
    count: u32,
    last: Timestamp,
}

/// Why a login is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginRefusal {
    /// Unknown user or wrong password.
    Invalid,
    /// Too many failures in a row; also with the right password.
    LockedOut,
}

/// Why a change of users is refused, in Neo4j's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangeRefusal(pub(crate) String);

type UserChangeResult = Result<(), ChangeRefusal>;

fn refused(text: impl Into<String>) -> UserChangeResult {
    Err(ChangeRefusal(text.into()))
}

impl Users {
    /// Users whose passwords are the given ones.
    pub(crate) fn with<'a>(users: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut all = Self::default();
        users
            .into_iter()
            .for_each(|(name, password)| all.put(name, password, false));
        all
    }

    fn put(&mut self, name: &str, password: &str, change_required: bool) {
        self.users.insert(
            name.to_owned(),
            DatabaseUser {
                password: password.to_owned(),
                change_required,
            },
        );
    }

    /// Returns whether the password must be changed before anything else, for a login that is right.
    pub(crate) fn log_in(
        &mut self,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<bool, LoginRefusal> {
        // Nobody counts for a name that is nobody's.
        let Some(user) = self.users.get(name) else {
            return Err(LoginRefusal::Invalid);
        };
        let failures = self.failures.get(name).copied().unwrap_or(LoginFailures {
            count: 0,
            last: now,
        });
        if failures.count >= MOST_FAILURES && now.duration_since(failures.last) <= LOCK_TIME {
            return Err(LoginRefusal::LockedOut);
        }
        if same(&user.password, password) {
            // Only a success resets the count: a wrong try after the lock ran out locks again at once.
            self.failures.remove(name);
            return Ok(user.change_required);
        }
        self.failures.insert(
            name.to_owned(),
            LoginFailures {
                count: failures.count + 1,
                last: now,
            },
        );
        Err(LoginRefusal::Invalid)
    }

    /// `ALTER CURRENT USER SET PASSWORD FROM old TO new`: it takes place only if the old one is right.
    pub(crate) fn change_own(&mut self, name: &str, old: &str, new: &str) -> UserChangeResult {
        check_length(new)?;
        let prefix = format!("User '{name}' failed to alter their own password: ");
        let Some(user) = self.users.get_mut(name) else {
            return refused(prefix + "User does not exist.");
        };
        if !same(&user.password, old) {
            return refused(prefix + "Invalid principal or credentials.");
        }
        if old == new {
            return refused(prefix + "Old password and new password cannot be the same.");
        }
        new.clone_into(&mut user.password);
        user.change_required = false;
        Ok(())
    }

    /// `ALTER USER name SET PASSWORD new`, or only whether the password must be changed; what is not given stays.
    pub(crate) fn alter(
        &mut self,
        name: &str,
        new: Option<&str>,
        change_required: Option<bool>,
    ) -> UserChangeResult {
        if let Some(new) = new {
            check_length(new)?;
        }
        let prefix = format!("Failed to alter the specified user '{name}': ");
        let Some(user) = self.users.get_mut(name) else {
            return refused(prefix + "User does not exist.");
        };
        if let Some(new) = new {
            if same(&user.password, new) {
                return refused(prefix + "Old password and new password cannot be the same.");
            }
            new.clone_into(&mut user.password);
        }
        user.change_required = change_required.unwrap_or(user.change_required);
        Ok(())
    }

    pub(crate) fn create(
        &mut self,
        name: &str,
        password: &str,
        change_required: bool,
    ) -> UserChangeResult {
        check_new(name, password)?;
        if self.users.contains_key(name) {
            return refused(format!(
                "Failed to create the specified user '{name}': User already exists."
            ));
        }
        self.put(name, password, change_required);
        Ok(())
    }

    /// `CREATE OR REPLACE USER`; `by`: who does it, since nobody replaces himself. Whether somebody was replaced.
    pub(crate) fn replace(
        &mut self,
        name: &str,
        password: &str,
        change_required: bool,
        by: &str,
    ) -> Result<bool, ChangeRefusal> {
        if name == by {
            refused(format!(
                "Failed to replace the specified user '{name}': Deleting yourself is not allowed."
            ))?;
        }
        check_new(name, password)?;
        let replaced = self.users.contains_key(name);
        self.put(name, password, change_required);
        Ok(replaced)
    }

    /// `RENAME USER`: everything but the name stays.
    pub(crate) fn rename(&mut self, from: &str, to: &str) -> UserChangeResult {
        check_name(to)?;
        let prefix = format!("Failed to rename the specified user '{from}' to '{to}': ");
        let Some(user) = self.users.remove(from) else {
            return refused(format!("{prefix}The user '{from}' does not exist."));
        };
        if self.users.contains_key(to) {
            self.users.insert(from.to_owned(), user);
            return refused(format!("{prefix}User '{to}' already exists."));
        }
        self.users.insert(to.to_owned(), user);
        Ok(())
    }

    /// `by`: who drops; nobody drops himself.
    pub(crate) fn remove(&mut self, name: &str, by: &str) -> UserChangeResult {
        let prefix = format!("Failed to delete the specified user '{name}': ");
        if name == by {
            return refused(prefix + "Deleting yourself is not allowed.");
        }
        if self.users.remove(name).is_none() {
            return refused(prefix + "User does not exist.");
        }
        Ok(())
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.users.contains_key(name)
    }

    /// Names, and whether the password must be changed.
    pub(crate) fn list(&self) -> Vec<(String, bool)> {
        self.users
            .iter()
            .map(|(name, user)| (name.clone(), user.change_required))
            .collect()
    }
}

fn check_new(name: &str, password: &str) -> UserChangeResult {
    check_length(password)?;
    check_name(name)
}

fn check_name(name: &str) -> UserChangeResult {
    if name.is_empty() {
        return refused("The provided username is empty.");
    }
    if name
        .chars()
        .any(|letter| !letter.is_ascii_graphic() || matches!(letter, ',' | ':'))
    {
        return refused(format!(
            "Username '{name}' contains illegal characters.\nUse ascii characters that are not ',', ':' or whitespaces."
        ));
    }
    Ok(())
}

fn check_length(password: &str) -> UserChangeResult {
    if password.is_empty() {
        return refused("A password cannot be empty.");
    }
    if password.chars().count() < SHORTEST {
        return refused(format!(
            "A password must be at least {SHORTEST} characters."
        ));
    }
    Ok(())
}

/// Compares without saying by its time where the difference is.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one
            .bytes()
            .zip(other.bytes())
            .fold(0, |sum, (left, right)| sum | (left ^ right))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn three_failures_lock_out_for_five_seconds_and_only_a_success_resets_the_count() {
        let mut users = Users::with([("neo4j", "correct-horse")]);
        // (second, password, what comes of it)
        let steps = [
            (0, "wrong", Err(LoginRefusal::Invalid)),
            (0, "wrong", Err(LoginRefusal::Invalid)),
            (1, "wrong", Err(LoginRefusal::Invalid)),
            (2, "correct-horse", Err(LoginRefusal::LockedOut)),
            (6, "correct-horse", Err(LoginRefusal::LockedOut)),
            (7, "wrong", Err(LoginRefusal::Invalid)),
            (8, "correct-horse", Err(LoginRefusal::LockedOut)),
            (13, "correct-horse", Ok(false)),
            (13, "wrong", Err(LoginRefusal::Invalid)),
            (13, "wrong", Err(LoginRefusal::Invalid)),
            (13, "correct-horse", Ok(false)),
        ];
        for (second, password, expected) in steps {
            assert_eq!(
                users.log_in("neo4j", password, at(second)),
                expected,
                "second {second}, {password}"
            );
        }
        for _ in 0..5 {
            assert_eq!(
                users.log_in("nobody", "x", at(20)),
                Err(LoginRefusal::Invalid),
                "an unknown user is never locked out"
            );
        }
    }

    #[test]
    fn the_change_of_the_own_password_is_a_compare_and_swap() {
        let mut users = Users::with([("neo4j", "correct-horse")]);
        let refusals = [
            (
                "wrong",
                "long-enough",
                "User 'neo4j' failed to alter their own password: Invalid principal or credentials.",
            ),
            (
                "correct-horse",
                "correct-horse",
                "User 'neo4j' failed to alter their own password: Old password and new password cannot be the same.",
            ),
            (
                "correct-horse",
                "short",
                "A password must be at least 8 characters.",
            ),
            ("correct-horse", "", "A password cannot be empty."),
        ];
        for (old, new, text) in refusals {
            assert_eq!(
                users.change_own("neo4j", old, new),
                Err(ChangeRefusal(text.into()))
            );
        }
        for _ in 0..4 {
            assert!(users.change_own("neo4j", "wrong", "long-enough").is_err());
        }
        assert_eq!(
            users.log_in("neo4j", "correct-horse", at(0)),
            Ok(false),
            "wrong FROM values lock nobody out"
        );
        let odd = "a:b c\"'\\`$;{}ü";
        assert_eq!(users.change_own("neo4j", "correct-horse", odd), Ok(()));
        assert_eq!(users.log_in("neo4j", odd, at(1)), Ok(false));
        assert_eq!(
            users.log_in("neo4j", "correct-horse", at(1)),
            Err(LoginRefusal::Invalid)
        );
    }

    #[test]
    fn the_lock_out_belongs_to_the_name_whatever_becomes_of_the_user() {
        let mut users = Users::with([("neo4j", "correct-horse"), ("bob", "long-enough")]);
        for _ in 0..3 {
            assert_eq!(
                users.log_in("bob", "wrong", at(0)),
                Err(LoginRefusal::Invalid)
            );
        }
        users.alter("bob", Some("long-enough-2"), None).unwrap();
        assert_eq!(
            users.log_in("bob", "long-enough-2", at(1)),
            Err(LoginRefusal::LockedOut),
            "a new password unlocks nobody"
        );
        users.remove("bob", "neo4j").unwrap();
        assert_eq!(
            users.log_in("bob", "long-enough-2", at(1)),
            Err(LoginRefusal::Invalid)
        );
        users.create("bob", "long-enough-3", false).unwrap();
        assert_eq!(
            users.log_in("bob", "long-enough-3", at(1)),
            Err(LoginRefusal::LockedOut),
            "nor does a new user of that name"
        );
        users.rename("bob", "rob").unwrap();
        assert_eq!(
            users.log_in("rob", "long-enough-3", at(1)),
            Ok(false),
            "another name is counted for itself"
        );
        assert_eq!(
            users.log_in("neo4j", "correct-horse", at(1)),
            Ok(false),
            "others are not locked out"
        );
    }

    #[test]
    fn users_come_change_and_go() {
        let mut users = Users::with([("neo4j", "correct-horse")]);
        let refusal = |text: &str| Err(ChangeRefusal(text.into()));
        assert_eq!(users.create("bob", "long-enough", true), Ok(()));
        assert_eq!(
            users.create("bob", "long-enough", true),
            refusal("Failed to create the specified user 'bob': User already exists.")
        );
        assert_eq!(
            users.log_in("bob", "long-enough", at(0)),
            Ok(true),
            "the password must be changed"
        );
        assert_eq!(users.alter("bob", Some("long-enough-1"), None), Ok(()));
        assert_eq!(
            users.log_in("bob", "long-enough-1", at(0)),
            Ok(true),
            "what an alteration does not name stays"
        );
        assert_eq!(
            users.change_own("bob", "long-enough-1", "long-enough-2"),
            Ok(())
        );
        assert_eq!(users.log_in("bob", "long-enough-2", at(0)), Ok(false));
        assert_eq!(
            users.alter("bob", Some("long-enough-3"), Some(true)),
            Ok(())
        );
        assert_eq!(users.log_in("bob", "long-enough-3", at(0)), Ok(true));
        assert_eq!(
            users.alter("bob", Some("long-enough-3"), Some(false)),
            refusal(
                "Failed to alter the specified user 'bob': Old password and new password cannot be the same."
            )
        );
        assert_eq!(
            users.alter("eve", Some("long-enough-3"), None),
            refusal("Failed to alter the specified user 'eve': User does not exist.")
        );
        assert_eq!(
            users.replace("bob", "long-enough-4", false, "neo4j"),
            Ok(true)
        );
        assert_eq!(
            users.replace("eve", "long-enough-4", false, "neo4j"),
            Ok(false)
        );
        assert_eq!(users.log_in("bob", "long-enough-4", at(0)), Ok(false));
        assert_eq!(
            users.rename("bob", "eve"),
            refusal(
                "Failed to rename the specified user 'bob' to 'eve': User 'eve' already exists."
            )
        );
        assert_eq!(
            users.rename("rob", "eve"),
            refusal(
                "Failed to rename the specified user 'rob' to 'eve': The user 'rob' does not exist."
            )
        );
        assert_eq!(
            users.remove("neo4j", "neo4j"),
            refusal(
                "Failed to delete the specified user 'neo4j': Deleting yourself is not allowed."
            )
        );
        for name in ["a:b", "a,b", "a b", "\u{fc}"] {
            assert!(
                users
                    .create(name, "long-enough", true)
                    .unwrap_err()
                    .0
                    .contains("illegal characters"),
                "{name}"
            );
        }
        assert_eq!(
            users.create("", "long-enough", true),
            refusal("The provided username is empty.")
        );
        assert_eq!(users.remove("bob", "neo4j"), Ok(()));
        assert_eq!(
            users.list(),
            [("eve".to_owned(), false), ("neo4j".to_owned(), false)]
        );
    }
}
