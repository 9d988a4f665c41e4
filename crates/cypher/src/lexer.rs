//! The lexer: text to tokens. Cypher has no reserved words, so keywords are words here and the parser
//! decides what they mean.

use crate::error::CypherError;

/// A token and its position.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CypherToken {
    pub(crate) kind: TokenKind,
    /// The text of the token, for error messages.
    pub(crate) text: String,
    /// Offset in the statement, in UTF-16 code units.
    pub(crate) at: usize,
    /// Start and end in the statement, in bytes.
    pub(crate) bytes: (usize, usize),
}

/// The kinds of tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// A name or a keyword, without backticks.
    Word(String),
    /// A name in backticks, which is never a keyword.
    Quoted(String),
    Integer(i64),
    /// 2^63, which is allowed only after a minus sign.
    IntegerMinimum,
    Float(f64),
    Text(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    End,
}

/// Operators and punctuation, longest first, so that `<=` is not split.
const SYMBOLS: &[&str] = &[
    "...", "<>", "<=", ">=", "=~", "+=", "..", "||", "::", "!=", "(", ")", "[", "]", "{", "}", ",",
    ";", ":", "|", "&", "!", "%", "$", "+", "-", "*", "/", "^", "=", "<", ">", ".", "?",
    "\u{27e8}", "\u{27e9}", "\u{2212}", "\u{2013}", "\u{2014}", "@", "#",
];

/// Splits a statement into tokens. The last one is always [`TokenKind::End`].
pub(crate) fn split(statement: &str) -> Result<Vec<CypherToken>, CypherError> {
    let mut lexer = Lexer {
        statement,
        position: 0,
        at: 0,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks()?;
        let (start, at) = (lexer.position, lexer.at);
        let kind = lexer.token(at)?;
        let end = lexer.position;
        let done = kind == TokenKind::End;
        let text = statement.get(start..end).unwrap_or_default().to_owned();
        tokens.push(CypherToken {
            kind,
            text,
            at,
            bytes: (start, end),
        });
        if done {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    statement: &'a str,
    position: usize,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.statement.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        self.at += character.len_utf16();
        Some(character)
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(character) = self.peek().filter(|c| keep(*c)) {
            taken.push(character);
            self.advance();
        }
        taken
    }

    fn skip_blanks(&mut self) -> Result<(), CypherError> {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest().starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest().starts_with("/*") {
                let at = self.at;
                let Some(length) = self.rest().get(2..).and_then(|rest| rest.find("*/")) else {
                    let message = "Failed to parse comment. A comment starting on `/*` must have a closing `*/`.";
                    return Err(CypherError::syntax(message, self.statement, at));
                };
                let end = self.position + length + 4;
                while self.position < end && self.advance().is_some() {}
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self, at: usize) -> Result<TokenKind, CypherError> {
        let Some(first) = self.peek() else {
            return Ok(TokenKind::End);
        };
        if first.is_alphabetic() || first == '_' {
            return Ok(TokenKind::Word(
                self.take_while(|c| c.is_alphanumeric() || c == '_'),
            ));
        }
        if first == '`' {
            return self.quoted(at);
        }
        if first == '\'' || first == '"' {
            return self.text(first, at);
        }
        let second_is_digit = self
            .rest()
            .chars()
            .nth(1)
            .is_some_and(|c| c.is_ascii_digit());
        if first.is_ascii_digit() || (first == '.' && second_is_digit) {
            return self.number(at);
        }
        let Some(symbol) = SYMBOLS
            .iter()
            .find(|symbol| self.rest().starts_with(**symbol))
        else {
            let message = format!("Invalid input '{first}'");
            return Err(CypherError::syntax(&message, self.statement, at));
        };
        for _ in symbol.chars() {
            self.advance();
        }
        Ok(TokenKind::Symbol(match *symbol {
            "\u{2212}" | "\u{2013}" | "\u{2014}" => "-",
            "\u{27e8}" => "<",
            "\u{27e9}" => ">",
            "!=" => "<>",
            other => other,
        }))
    }

    fn quoted(&mut self, at: usize) -> Result<TokenKind, CypherError> {
        self.advance();
        let mut name = String::new();
        loop {
            match self.advance() {
                Some('`') if self.peek() == Some('`') => {
                    self.advance();
                    name.push('`');
                }
                Some('`') => return Ok(TokenKind::Quoted(name)),
                Some(other) => name.push(other),
                None => {
                    return Err(CypherError::syntax(
                        "Failed to parse a quoted name: a backtick is missing.",
                        self.statement,
                        at,
                    ));
                }
            }
        }
    }

    fn text(&mut self, quote: char, at: usize) -> Result<TokenKind, CypherError> {
        self.advance();
        let mut text = String::new();
        loop {
            match self.advance() {
                None => return Err(self.unclosed(at)),
                Some(character) if character == quote => return Ok(TokenKind::Text(text)),
                Some('\\') => text.push(self.escape(at)?),
                Some(other) => text.push(other),
            }
        }
    }

    fn unclosed(&self, at: usize) -> CypherError {
        let message = "Failed to parse string literal. The query must contain an even number of non-escaped quotes.";
        CypherError::syntax(message, self.statement, at)
    }

    fn escape(&mut self, at: usize) -> Result<char, CypherError> {
        Ok(match self.advance().ok_or_else(|| self.unclosed(at))? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => return self.unicode(4, at),
            'U' => return self.unicode(8, at),
            other => other,
        })
    }

    fn unicode(&mut self, digits: usize, at: usize) -> Result<char, CypherError> {
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.advance().and_then(|c| c.to_digit(16));
            let Some(digit) = digit else {
                return Err(CypherError::syntax(
                    "Invalid unicode escape in a string literal",
                    self.statement,
                    at,
                ));
            };
            code = code * 16 + digit;
        }
        char::from_u32(code).ok_or_else(|| {
            CypherError::syntax(
                "Invalid unicode escape in a string literal",
                self.statement,
                at,
            )
        })
    }

    fn number(&mut self, at: usize) -> Result<TokenKind, CypherError> {
        for (prefixes, radix) in [(["0x", "0X"], 16), (["0o", "0O"], 8)] {
            if prefixes
                .iter()
                .any(|prefix| self.rest().starts_with(prefix))
            {
                self.advance();
                self.advance();
                let digits = self
                    .take_while(|c| c.is_ascii_alphanumeric())
                    .replace('_', "");
                let number = i64::from_str_radix(&digits, radix);
                return number.map(TokenKind::Integer).map_err(|_| {
                    CypherError::syntax("invalid literal number", self.statement, at)
                });
            }
        }
        let mut text = self.take_while(|c| c.is_ascii_digit() || c == '_');
        let mut float = false;
        let fraction = self
            .rest()
            .strip_prefix('.')
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| c.is_ascii_digit());
        if fraction {
            float = true;
            self.advance();
            text.push('.');
            text.push_str(&self.take_while(|c| c.is_ascii_digit() || c == '_'));
        }
        if let Some(exponent) = self.exponent() {
            float = true;
            text.push_str(&exponent);
        }
        if self.peek().is_some_and(char::is_alphabetic) && !float {
            let tail = self.take_while(|c| c.is_alphanumeric() || c == '_');
            if !tail.eq_ignore_ascii_case("f") && !tail.eq_ignore_ascii_case("d") {
                return Err(CypherError::syntax(
                    "invalid literal number",
                    self.statement,
                    at,
                ));
            }
            float = true;
        }
        let text = text.replace('_', "");
        if float {
            return text
                .parse()
                .map(TokenKind::Float)
                .map_err(|_| CypherError::syntax("invalid literal number", self.statement, at));
        }
        if text == "9223372036854775808" {
            return Ok(TokenKind::IntegerMinimum);
        }
        text.parse()
            .map(TokenKind::Integer)
            .map_err(|_| CypherError::syntax("integer is too large", self.statement, at))
    }

    fn exponent(&mut self) -> Option<String> {
        let mut rest = self.rest().chars();
        let mark = rest.next().filter(|c| matches!(c, 'e' | 'E'))?;
        let next = rest.next()?;
        let signed = matches!(next, '+' | '-');
        let digit = if signed { rest.next()? } else { next };
        if !digit.is_ascii_digit() {
            return None;
        }
        let mut text = mark.to_string();
        self.advance();
        if signed {
            text.push(next);
            self.advance();
        }
        text.push_str(&self.take_while(|c| c.is_ascii_digit()));
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(statement: &str) -> Vec<TokenKind> {
        split(statement)
            .unwrap()
            .into_iter()
            .map(|token| token.kind)
            .collect()
    }

    #[test]
    fn numbers_texts_and_names() {
        use TokenKind::{End, Float, Integer, IntegerMinimum, Quoted, Symbol, Text, Word};
        assert_eq!(
            kinds("1 2.5 1e3 0x1F .5 9223372036854775808 [1..2]"),
            vec![
                Integer(1),
                Float(2.5),
                Float(1000.0),
                Integer(31),
                Float(0.5),
                IntegerMinimum,
                Symbol("["),
                Integer(1),
                Symbol(".."),
                Integer(2),
                Symbol("]"),
                End
            ]
        );
        assert_eq!(
            kinds(r"'it\'s' `a``b` größe // end"),
            vec![
                Text("it's".into()),
                Quoted("a`b".into()),
                Word("größe".into()),
                End
            ]
        );
    }

    #[test]
    fn an_open_quote_names_its_place() {
        let error = split("RETURN 'unclosed").unwrap_err();
        assert!(
            error.message.starts_with("Failed to parse string literal."),
            "{error}"
        );
        assert!(
            error.message.contains("(line 1, column 8 (offset: 7))"),
            "{error}"
        );
    }
}
