//! The commands about users: CREATE, ALTER, RENAME and DROP. Their names may be parameters, and passwords too.

use super::Parser;
use crate::failure::Failure;
use crate::lexer::TokenKind;
use crate::syntax::{Expression, Kind, UserChanges, UserCommand};
use crate::value::Value;

/// A clause that the community edition refuses, as its refusal spells it.
pub const STATUS: &str = "'SET STATUS'";
const HOME: &str = "'HOME DATABASE'";
const REMOVE_AUTH: &str = "`REMOVE AUTH`";

impl Parser<'_> {
    /// None where no such command begins.
    pub(super) fn user_command(&mut self) -> Result<Option<UserCommand>, Failure> {
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

    fn user_name(&mut self) -> Result<Expression, Failure> {
        let at = self.at();
        if self.is("$") {
            return self.primary();
        }
        let name = self.name("a parameter or an identifier")?;
        Ok(Expression {
            at,
            kind: Kind::Literal(Value::String(name.text)),
        })
    }

    fn password(&mut self) -> Result<Expression, Failure> {
        match self.peek().kind {
            TokenKind::Text(_) | TokenKind::Symbol("$") => self.primary(),
            _ => Err(self.unexpected("a parameter or a string")),
        }
    }

    fn create_user(&mut self, at: usize, replace: bool) -> Result<UserCommand, Failure> {
        let name = self.user_name()?;
        let unless_exists = self.take_words(&["IF", "NOT", "EXISTS"]);
        if replace && unless_exists {
            let named = match &name.kind {
                Kind::Literal(Value::String(text)) => text.clone(),
                Kind::Parameter(parameter) => format!("${parameter}"),
                _ => String::new(),
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
        // Neo4j points at the clause that speaks of a password that is not there.
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

    fn alter_user(&mut self, at: usize) -> Result<UserCommand, Failure> {
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

    fn remove_auth(&mut self) -> Result<(), Failure> {
        if self.take_words(&["ALL", "AUTH"]) {
            let _ = self.take_word("PROVIDER") || self.take_word("PROVIDERS");
            return Ok(());
        }
        self.expect_word("AUTH")?;
        let _ = self.take_word("PROVIDER") || self.take_word("PROVIDERS");
        self.expression().map(drop)
    }

    /// `SET …` as often as it stands there; each at most once.
    fn user_changes(&mut self) -> Result<UserChanges, Failure> {
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
                changes.unavailable = changes.unavailable.or(Some(STATUS));
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

    /// `CHANGE [NOT] REQUIRED`, where it stands here.
    fn change_required(&mut self, changes: &mut UserChanges) -> Result<(), Failure> {
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
