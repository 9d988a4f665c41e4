//! The parser: a recursive descent over the tokens of a statement.
//!
//! The time is linear in the length of the statement: attempts are not repeated at the same token,
//! and their errors are not formatted. Depth and height of the syntax tree are limited, so that no
//! statement overflows the stack of this or of a later stage.

mod clauses;
mod commands;
mod expressions;
mod patterns;
mod primary;
mod show;
mod updates;
mod users;

pub use self::users::SET_STATUS;
use std::collections::HashSet;

use crate::codes::{ARGUMENT, SYNTAX};
use crate::error::CypherError;
use crate::lexer::{self, CypherToken, TokenKind};
use crate::syntax::{CypherQuery, CypherStatement, ExecutionMode, Name, StatementBody};

/// Parses one statement.
///
/// # Errors
///
/// A syntax error with its position. The list of expected tokens is shorter than Neo4j's.
pub(crate) fn parse(text: &str) -> Result<CypherStatement, CypherError> {
    let tokens = lexer::split(text)?;
    let mut parser = CypherParser {
        text,
        tokens,
        position: 0,
        depth: 0,
        height: 0,
        attempts: 0,
        failed_patterns: HashSet::new(),
    };
    parser.statement()
}

/// Largest number of nested brackets, subqueries and prefix operators. Each level takes stack.
const MAX_DEPTH: usize = 40;
/// Largest height of the syntax tree of an expression. Evaluating each level takes stack.
const MAX_HEIGHT: usize = 200;

pub(crate) struct CypherParser<'a> {
    text: &'a str,
    tokens: Vec<CypherToken>,
    /// Index of the next token.
    position: usize,
    /// Number of levels that are open.
    depth: usize,
    /// Height of the tallest tree that was built since the current operand began.
    height: usize,
    /// Number of attempts in progress. Their errors are dropped, so they are not formatted.
    attempts: usize,
    /// Tokens at which no pattern begins. Without this, nested attempts take exponential time.
    failed_patterns: HashSet<usize>,
}

static END: CypherToken = CypherToken {
    kind: TokenKind::End,
    text: String::new(),
    at: 0,
    bytes: (0, 0),
};

impl CypherParser<'_> {
    fn statement(&mut self) -> Result<CypherStatement, CypherError> {
        self.options()?;
        let explain = self.take_word("EXPLAIN");
        let profile = self.take_word("PROFILE");
        if profile && (explain || self.take_word("EXPLAIN")) {
            return Err(CypherError::compile(
                ARGUMENT,
                "Can't specify multiple conflicting values for execution mode",
            ));
        }
        self.options()?;
        let mode = match (explain, profile) {
            (true, _) => ExecutionMode::Explain,
            (_, true) => ExecutionMode::Profile,
            _ => ExecutionMode::Run,
        };
        if self.peek().kind == TokenKind::End {
            return Err(CypherError::compile(SYNTAX, nothing_there(self.text)));
        }
        let body = match self.command()? {
            Some(command) => command,
            None => StatementBody::Query(self.query()?),
        };
        self.end()?;
        Ok(CypherStatement { mode, body })
    }

    /// `CYPHER 5 runtime=slotted …`: read and forgotten.
    fn options(&mut self) -> Result<(), CypherError> {
        if !self.take_word("CYPHER") {
            return Ok(());
        }
        if matches!(
            self.peek().kind,
            TokenKind::Integer(_) | TokenKind::Float(_)
        ) {
            self.next();
        }
        while matches!(self.peek().kind, TokenKind::Word(_))
            && self.peek_at(1).kind == TokenKind::Symbol("=")
        {
            self.next();
            self.next();
            self.name("an option value")?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), CypherError> {
        if self.take("; ".trim()) && self.peek().kind != TokenKind::End {
            let count = self
                .tokens
                .iter()
                .filter(|token| token.kind == TokenKind::Symbol(";"))
                .count()
                + 1;
            let first = self.text.split('\n').next().unwrap_or_default();
            let message = format!(
                "Expected exactly one statement per query but got: {count} (line 0, column 0 (offset: 0))\n\"{first}\"\n ^"
            );
            return Err(CypherError::compile(SYNTAX, message));
        }
        while self.take(";") {}
        if self.peek().kind == TokenKind::End {
            return Ok(());
        }
        Err(self.unexpected(AFTER_CLAUSE))
    }

    fn query(&mut self) -> Result<CypherQuery, CypherError> {
        let mut parts = vec![self.clauses()?];
        let mut unions = Vec::new();
        let mut all = false;
        while self.is_word("UNION") {
            unions.push(self.peek().at);
            self.next();
            all = self.take_word("ALL");
            if !all {
                self.take_word("DISTINCT");
            }
            parts.push(self.clauses()?);
        }
        Ok(CypherQuery { parts, all, unions })
    }

    fn peek(&self) -> &CypherToken {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &CypherToken {
        self.tokens
            .get(self.position + ahead)
            .or(self.tokens.last())
            .unwrap_or(&END)
    }

    fn next(&mut self) -> CypherToken {
        let token = self.peek().clone();
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
        token
    }

    fn at(&self) -> usize {
        self.peek().at
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek().kind, TokenKind::Symbol(s) if s == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), CypherError> {
        if self.take(symbol) {
            return Ok(());
        }
        Err(self.unexpected(&format!("'{symbol}'")))
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(&self.peek_at(ahead).kind, TokenKind::Word(text) if text.eq_ignore_ascii_case(word))
    }

    fn is_words(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.is_word_at(ahead, word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.take_words(&[word])
    }

    fn take_words(&mut self, words: &[&str]) -> bool {
        let found = self.is_words(words);
        if found {
            for _ in words {
                self.next();
            }
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), CypherError> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(self.unexpected(&format!("'{word}'")))
    }

    /// Any name, keywords included.
    fn name(&mut self, expected: &str) -> Result<Name, CypherError> {
        self.variable().ok_or_else(|| self.unexpected(expected))
    }

    /// Returns the name of a variable, when one stands here.
    fn variable(&mut self) -> Option<Name> {
        let at = self.at();
        let (TokenKind::Word(text) | TokenKind::Quoted(text)) = self.peek().kind.clone() else {
            return None;
        };
        self.next();
        Some(Name { text, at })
    }

    /// Parses something, and returns to the start if it does not fit.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, CypherError>) -> Option<T> {
        let (position, depth, height) = (self.position, self.depth, self.height);
        self.attempts += 1;
        let result = read(self).ok();
        self.attempts -= 1;
        if result.is_none() {
            self.position = position;
            self.depth = depth;
            self.height = height;
        }
        result
    }

    /// [`CypherParser::attempt`] for a pattern. A token at which it failed is not attempted again.
    fn attempt_pattern<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, CypherError>,
    ) -> Option<T> {
        let position = self.position;
        if self.failed_patterns.contains(&position) {
            return None;
        }
        let result = self.attempt(parse);
        if result.is_none() {
            self.failed_patterns.insert(position);
        }
        result
    }

    /// Parses an operand, and counts its height apart from that of the operands before it.
    fn operand<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, CypherError>,
    ) -> Result<T, CypherError> {
        let before = std::mem::take(&mut self.height);
        let operand = parse(self)?;
        self.height = self.height.max(before);
        Ok(operand)
    }

    /// Counts one more level of the tree that is being built.
    fn grow(&mut self, levels: usize) -> Result<(), CypherError> {
        self.height += levels;
        if self.height > MAX_HEIGHT {
            let message = format!("The expression is nested more than {MAX_HEIGHT} levels deep");
            return Err(self.fail(&message, self.at()));
        }
        Ok(())
    }

    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, CypherError>,
    ) -> Result<T, CypherError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("The statement is nested more than {MAX_DEPTH} levels deep");
            return Err(self.fail(&message, self.at()));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn unexpected(&self, expected: &str) -> CypherError {
        let token = self.peek();
        if self.attempts > 0 {
            return CypherError::compile(SYNTAX, String::new());
        }
        let message = format!("Invalid input '{}': expected {expected}", token.text);
        CypherError::syntax(&message, self.text, token.at)
    }

    fn fail(&self, message: &str, at: usize) -> CypherError {
        if self.attempts > 0 {
            return CypherError::compile(SYNTAX, String::new());
        }
        CypherError::syntax(message, self.text, at)
    }

    /// Returns the text between two tokens, as written.
    fn written(&self, from: usize, to: usize) -> String {
        let start = self.tokens.get(from).map_or(0, |token| token.bytes.0);
        let end = to
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .map_or(start, |token| token.bytes.1);
        self.text.get(start..end).unwrap_or_default().to_owned()
    }
}

const AFTER_CLAUSE: &str = "'FOREACH', ',', 'ORDER BY', 'CALL', 'CREATE', 'LOAD CSV', 'DELETE', 'DETACH', 'FINISH', 'INSERT', 'LIMIT', \
     'MATCH', 'MERGE', 'NODETACH', 'OFFSET', 'OPTIONAL', 'REMOVE', 'RETURN', 'SET', 'SKIP', 'UNION', 'UNWIND', 'USE', 'WITH' or <EOF>";

const STATEMENT_START: &str = "'FOREACH', 'ALTER', 'ORDER BY', 'CALL', 'USING PERIODIC COMMIT', 'CREATE', 'LOAD CSV', 'START DATABASE', \
     'STOP DATABASE', 'DEALLOCATE', 'DELETE', 'DENY', 'DETACH', 'DROP', 'DRYRUN', 'FINISH', 'GRANT', 'INSERT', 'LIMIT', 'MATCH', 'MERGE', \
     'NODETACH', 'OFFSET', 'OPTIONAL', 'REALLOCATE', 'REMOVE', 'RENAME', 'RETURN', 'REVOKE', 'ENABLE SERVER', 'SET', 'SHOW', 'SKIP', \
     'TERMINATE', 'UNWIND', 'USE' or 'WITH'";

/// Neo4j's own place for this one is off by one and stays so.
fn nothing_there(text: &str) -> String {
    let line = text.split('\n').next().unwrap_or_default().trim_end();
    format!(
        "Unexpected end of input: expected CYPHER, EXPLAIN, PROFILE or Query (line 0, column 1 (offset: 1))\n\"{line}\"\n  ^"
    )
}

#[cfg(test)]
mod tests;
