//! User administration commands: `CREATE`, `ALTER`, `RENAME` and `DROP USER`. Names and passwords may
//! be parameters.

use super::CypherParser;
use crate::error::CypherError;
use crate::lexer::TokenKind;
use crate::syntax::{TextOrParameter, UserChanges, UserCommand};

/// The spelling of `SET STATUS` in [`UserChanges::unavailable`](crate::UserChanges::unavailable).
pub const SET_STATUS: &str = "'SET STATUS'";
const HOME: &str = "'HOME DATABASE'";
const REMOVE_AUTH: &str = "`REMOVE AUTH`";

impl CypherParser<'_> {
    /// Parses a user administration command, or returns `None` if none starts here.
    pub(crate) fn user_command(&mut self) -> Result<Option<UserCommand>, CypherError> {
        let at = self.at();
        let command = if self.take_words(&["CREATE", "USER"]) {
            self.create_user(at, false)?
        } else if self.take_words(&["CREATE", "OR", "REPLACE", "USER"]) {
            self.create_user(at, true)?
        } else if self.take_words(&["ALTER", "USER"]) {
            self.alter_user(at)?
        } else if self.take_words(&["ALTER", "CURRENT", "USER", "SET", "PASSWORD"]) {
            self.expect_word("FROM")?;
            let old = self.password()?;
            self.expect_word("TO")?;
            UserCommand::AlterCurrent {
                old,
                new: self.password()?,
            }
        } else if self.take_words(&["DROP", "USER"]) {
            let name = self.user_name()?;
            UserCommand::Drop {
                name,
                if_exists: self.take_words(&["IF", "EXISTS"]),
            }
        } else if self.take_words(&["RENAME", "USER"]) {
            let from = self.user_name()?;
            let if_exists = self.take_words(&["IF", "EXISTS"]);
            self.expect_word("TO")?;
            UserCommand::Rename {
                from,
                if_exists,
                to: self.user_name()?,
            }
        } else {
            return Ok(None);
        };
        Ok(Some(command))
    }

    fn user_name(&mut self) -> Result<TextOrParameter, CypherError> {
        if self.take("$") {
            return self.parameter_name().map(TextOrParameter::Parameter);
        }
        let name = self.name("a parameter or an identifier")?;
        Ok(TextOrParameter::Text(name.text))
    }

    fn password(&mut self) -> Result<TextOrParameter, CypherError> {
        if self.take("$") {
            return self.parameter_name().map(TextOrParameter::Parameter);
        }
        if let TokenKind::Text(text) = self.peek().kind.clone() {
            self.next();
            return Ok(TextOrParameter::Text(text));
        }
        Err(self.unexpected("a parameter or a string"))
    }

    fn create_user(&mut self, at: usize, replace: bool) -> Result<UserCommand, CypherError> {
        let name = self.user_name()?;
        let unless_exists = self.take_words(&["IF", "NOT", "EXISTS"]);
        if replace && unless_exists {
            let named = match &name {
                TextOrParameter::Text(text) => text.clone(),
                TextOrParameter::Parameter(parameter) => format!("${parameter}"),
            };
            let problem = "cannot have both `OR REPLACE` and `IF NOT EXISTS`.";
            return Err(self.fail(
                &format!("Failed to create the specified user '{named}': {problem}"),
                at,
            ));
        }
        if !self.is_word("SET") {
            return Err(self.unexpected("'IF NOT EXISTS' or 'SET'"));
        }
        // Neo4j reports a missing password at the clause that would change it.
        let first_change = self.peek_at(2).at;
        let changes = self.user_changes()?;
        match (&changes.password, changes.change_required) {
            (Some(_), _) => Ok(UserCommand::Create {
                name,
                unless_exists,
                replace,
                changes,
            }),
            (None, Some(_)) => Err(self.fail(
                "Clause `SET PASSWORD` is mandatory for auth provider `native`.",
                first_change,
            )),
            (None, None) => Err(self.fail("No auth given for user.", at)),
        }
    }

    fn alter_user(&mut self, at: usize) -> Result<UserCommand, CypherError> {
        let name = self.user_name()?;
        let if_exists = self.take_words(&["IF", "EXISTS"]);
        let mut removed = None;
        while self.take_word("REMOVE") {
            if self.take_words(&["HOME", "DATABASE"]) {
                removed = removed.or(Some(HOME));
            } else {
                self.remove_auth()?;
                removed = removed.or(Some(REMOVE_AUTH));
            }
        }
        let mut changes = self.user_changes()?;
        changes.unavailable = removed.or(changes.unavailable);
        if changes == UserChanges::default() {
            if matches!(self.peek().kind, TokenKind::End | TokenKind::Symbol(";")) {
                return Err(self.fail("`ALTER USER` requires at least one clause.", at));
            }
            return Err(self.unexpected("'IF', 'REMOVE', 'SET' or <EOF>"));
        }
        Ok(UserCommand::Alter {
            name,
            if_exists,
            changes,
        })
    }

    fn remove_auth(&mut self) -> Result<(), CypherError> {
        if self.take_words(&["ALL", "AUTH"]) {
            let _ = self.take_word("PROVIDER") || self.take_word("PROVIDERS");
            return Ok(());
        }
        self.expect_word("AUTH")?;
        let _ = self.take_word("PROVIDER") || self.take_word("PROVIDERS");
        self.expression().map(drop)
    }

    /// Parses any number of `SET …` clauses; a property may be set only once.
    fn user_changes(&mut self) -> Result<UserChanges, CypherError> {
        let mut changes = UserChanges::default();
        while self.take_word("SET") {
            let at = self.at();
            let plaintext = self.take_word("PLAINTEXT");
            if self.take_word("PASSWORD") {
                if plaintext || !self.is_word("CHANGE") {
                    let password = self.password()?;
                    if changes.password.replace(password).is_some() {
                        return Err(self.fail("Duplicate `SET PASSWORD` clause.", at));
                    }
                }
                self.change_required(&mut changes)?;
            } else if self.take_word("STATUS") && !plaintext {
                if !self.take_word("SUSPENDED") && !self.take_word("ACTIVE") {
                    return Err(self.unexpected("'ACTIVE' or 'SUSPENDED'"));
                }
                changes.unavailable = changes.unavailable.or(Some(SET_STATUS));
            } else if self.take_words(&["HOME", "DATABASE"]) && !plaintext {
                self.user_name()?;
                changes.unavailable = changes.unavailable.or(Some(HOME));
            } else {
                return Err(self.unexpected(
                    "'HOME DATABASE', 'AUTH', 'PASSWORD', 'PLAINTEXT', 'ENCRYPTED' or 'STATUS'",
                ));
            }
        }
        Ok(changes)
    }

    /// Parses an optional `CHANGE [NOT] REQUIRED`.
    fn change_required(&mut self, changes: &mut UserChanges) -> Result<(), CypherError> {
        let at = self.at();
        if !self.take_word("CHANGE") {
            return Ok(());
        }
        let required = !self.take_word("NOT");
        self.expect_word("REQUIRED")?;
        if changes.change_required.replace(required).is_some() {
            return Err(self.fail("Duplicate `SET PASSWORD CHANGE [NOT] REQUIRED` clause.", at));
        }
        Ok(())
    }
}
