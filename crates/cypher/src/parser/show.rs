//! `SHOW` commands.

use super::CypherParser;
use crate::error::CypherError;
use crate::lexer::TokenKind;
use crate::syntax::{Expr, ExprKind, Projection, ShowCommand, ShowTarget, StatementBody};
use crate::value::Value;

/// The words after `SHOW` and what they list.
const SHOWN: [(&[&str], ShowTarget); 23] = [
    (&["CURRENT", "USER"], ShowTarget::CurrentUser),
    (&["ALL", "INDEXES"], ShowTarget::Indexes),
    (&["RANGE", "INDEXES"], ShowTarget::Indexes),
    (&["INDEXES"], ShowTarget::Indexes),
    (&["INDEX"], ShowTarget::Indexes),
    (&["ALL", "CONSTRAINTS"], ShowTarget::Constraints),
    (&["CONSTRAINTS"], ShowTarget::Constraints),
    (&["CONSTRAINT"], ShowTarget::Constraints),
    (&["DATABASES"], ShowTarget::Databases),
    (&["DATABASE"], ShowTarget::Databases),
    (&["DEFAULT", "DATABASE"], ShowTarget::Databases),
    (&["HOME", "DATABASE"], ShowTarget::Databases),
    (&["PROCEDURES"], ShowTarget::Procedures),
    (&["PROCEDURE"], ShowTarget::Procedures),
    (&["ALL", "FUNCTIONS"], ShowTarget::Functions),
    (&["FUNCTIONS"], ShowTarget::Functions),
    (&["USERS", "WITH", "AUTH"], ShowTarget::UsersWithAuth),
    (&["USER", "WITH", "AUTH"], ShowTarget::UsersWithAuth),
    (&["USERS"], ShowTarget::Users),
    (&["USER"], ShowTarget::Users),
    (&["TRANSACTIONS"], ShowTarget::Transactions),
    (&["TRANSACTION"], ShowTarget::Transactions),
    (&["SETTINGS"], ShowTarget::Settings),
];

/// The words after `SHOW` that only the enterprise edition lists.
const ENTERPRISE: [&str; 7] = [
    "ROLES",
    "PRIVILEGES",
    "ALIASES",
    "SERVERS",
    "SUPPORTED",
    "POPULATED",
    "ROLE",
];

impl CypherParser<'_> {
    /// `USER[S] [name, …] PRIVILEGES`.
    pub(super) fn shows_privileges(&self) -> bool {
        let users = self.is_word("USER") || self.is_word("USERS");
        let is_part = |kind: &TokenKind| {
            matches!(
                kind,
                TokenKind::Word(_) | TokenKind::Quoted(_) | TokenKind::Symbol("," | "$")
            )
        };
        let shows_rows = self.is_word_at(1, "YIELD") || self.is_word_at(1, "WHERE");
        users
            && !shows_rows
            && (1..self.tokens.len())
                .take_while(|ahead| is_part(&self.peek_at(*ahead).kind))
                .any(|ahead| {
                    self.is_word_at(ahead, "PRIVILEGES") || self.is_word_at(ahead, "PRIVILEGE")
                })
    }

    pub(super) fn show(&mut self, at: usize) -> Result<StatementBody, CypherError> {
        if self.shows_privileges() {
            return Ok(self.unsupported());
        }
        let Some((words, what)) = SHOWN.iter().find(|(words, _)| self.is_words(words)) else {
            if ENTERPRISE.iter().any(|word| self.is_word(word)) {
                return Ok(self.unsupported());
            }
            return Err(self.unexpected(
                "'ALIAS', 'ALIASES', 'ALL', 'CONSTRAINT', 'CONSTRAINTS', 'CURRENT', 'DATABASE', 'DATABASES', 'DEFAULT', 'FULLTEXT', \
                 'FUNCTION', 'FUNCTIONS', 'HOME', 'INDEX', 'INDEXES', 'LOOKUP', 'POINT', 'PROCEDURE', 'PROCEDURES', 'RANGE', 'SETTINGS', \
                 'TEXT', 'TRANSACTION', 'TRANSACTIONS', 'USER', 'USERS' or 'VECTOR'",
            ));
        };
        self.take_words(words);
        self.show_rest(*what, at).map(StatementBody::Show)
    }

    /// Parses the name, `YIELD`, `WHERE` and `RETURN` of a `SHOW` command.
    fn show_rest(&mut self, what: ShowTarget, at: usize) -> Result<ShowCommand, CypherError> {
        let nameable = what == ShowTarget::Databases
            && !self.is_word("YIELD")
            && !self.is_word("WHERE")
            && !self.is_word("RETURN");
        let named = if nameable { self.variable() } else { None };
        let mut show = ShowCommand {
            what,
            at,
            yields: self.yields()?,
            predicate: None,
            projections: Vec::new(),
        };
        if show.yields.is_some() {
            let mut projection = Projection {
                distinct: false,
                everything: true,
                items: Vec::new(),
                order: Vec::new(),
                skip: None,
                limit: None,
                predicate: None,
            };
            self.order(&mut projection)?;
            show.projections.push(projection);
        }
        show.predicate = self.predicate()?;
        if let Some(name) = named {
            show.predicate = Some(equals("name", name.text.to_lowercase(), name.at));
        }
        if show.yields.is_some() && self.take_word("RETURN") {
            show.projections.push(self.projection(false)?);
        }
        Ok(show)
    }
}

fn equals(column: &str, text: String, at: usize) -> Expr {
    use crate::syntax::CypherComparison;
    let literal = Expr {
        at,
        kind: ExprKind::Literal(Value::String(text)),
    };
    let variable = Expr {
        at,
        kind: ExprKind::Variable(column.to_owned()),
    };
    Expr {
        at,
        kind: ExprKind::Comparison(Box::new(variable), vec![(CypherComparison::Equal, literal)]),
    }
}
