//! Commands of the syntax tree: schema commands, `SHOW` and user administration.

use std::fmt;

use crate::syntax::{Expr, Projection, Yield};

/// `CREATE` and `DROP` of indexes and constraints.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SchemaCommand {
    CreateIndex {
        name: Option<String>,
        unless_exists: bool,
        kind: String,
        subject: SchemaSubject,
    },
    CreateConstraint {
        name: Option<String>,
        unless_exists: bool,
        kind: ConstraintKind,
        subject: SchemaSubject,
    },
    DropIndex {
        name: String,
        if_exists: bool,
    },
    DropConstraint {
        name: String,
        if_exists: bool,
    },
}

/// The labels (or types) and properties of an index or a constraint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SchemaSubject {
    pub(crate) relationship: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) properties: Vec<String>,
}

/// The kinds of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    Unique,
    Exists,
    Key,
    Typed,
}

/// A `SHOW` command with its optional `YIELD`, `WHERE` and `RETURN`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShowCommand {
    pub(crate) what: ShowTarget,
    pub(crate) at: usize,
    pub(crate) yields: Option<Vec<Yield>>,
    pub(crate) predicate: Option<Expr>,
    /// The projections of `YIELD … ORDER BY … SKIP … LIMIT` and of `RETURN`.
    pub(crate) projections: Vec<Projection>,
}

/// The resources that `SHOW` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShowTarget {
    Indexes,
    Constraints,
    Databases,
    Procedures,
    Functions,
    Users,
    /// `SHOW USERS WITH AUTH`.
    UsersWithAuth,
    CurrentUser,
    Transactions,
    Settings,
}

/// A user administration command.
#[derive(Debug, Clone, PartialEq)]
pub enum UserCommand {
    /// `ALTER CURRENT USER SET PASSWORD FROM old TO new`.
    AlterCurrent {
        /// The current password.
        old: TextOrParameter,
        /// The new password.
        new: TextOrParameter,
    },
    /// `ALTER USER name …`.
    Alter {
        /// The user to change.
        name: TextOrParameter,
        /// `IF EXISTS`: an unknown user is not an error.
        if_exists: bool,
        /// What to change.
        changes: UserChanges,
    },
    /// `CREATE USER name …`.
    Create {
        /// The user to create.
        name: TextOrParameter,
        /// `IF NOT EXISTS`: an existing user is not an error.
        unless_exists: bool,
        /// `OR REPLACE`: an existing user is replaced.
        replace: bool,
        /// The properties of the new user.
        changes: UserChanges,
    },
    /// `DROP USER name`.
    Drop {
        /// The user to drop.
        name: TextOrParameter,
        /// `IF EXISTS`: an unknown user is not an error.
        if_exists: bool,
    },
    /// `RENAME USER from TO to`.
    Rename {
        /// The current name.
        from: TextOrParameter,
        /// `IF EXISTS`: an unknown user is not an error.
        if_exists: bool,
        /// The new name.
        to: TextOrParameter,
    },
}

impl UserCommand {
    /// Returns the names and passwords of the command.
    pub(crate) fn texts(&self) -> Vec<&TextOrParameter> {
        match self {
            Self::AlterCurrent { old, new } => vec![old, new],
            Self::Alter { name, changes, .. } | Self::Create { name, changes, .. } => {
                std::iter::once(name).chain(&changes.password).collect()
            }
            Self::Drop { name, .. } => vec![name],
            Self::Rename { from, to, .. } => vec![from, to],
        }
    }
}

/// A user name or a password: written in the statement, or a parameter.
#[derive(Clone, PartialEq, Eq)]
pub enum TextOrParameter {
    /// The text itself.
    Text(String),
    /// The name of the parameter, without `$`.
    Parameter(String),
}

impl fmt::Debug for TextOrParameter {
    /// Hides the text, which may be a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => formatter.write_str("Text(***)"),
            Self::Parameter(name) => formatter.debug_tuple("Parameter").field(name).finish(),
        }
    }
}

/// The properties that a command sets on a user. Properties that are `None` stay as they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserChanges {
    /// The new password.
    pub password: Option<TextOrParameter>,
    /// Whether the password must be changed at the next login.
    pub change_required: Option<bool>,
    /// The first clause that the community edition parses and then refuses, as the refusal spells
    /// it.
    pub unavailable: Option<&'static str>,
}
