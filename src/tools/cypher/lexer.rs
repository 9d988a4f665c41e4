//! The lexical structure of Cypher: strings, comments, quoted names, parameters and words, each with its place.
//!
//! The lexer never fails. A string or comment without an end runs to the end of the text, as it does for Neo4j's own
//! lexer before it reports the error.

/// What a lexeme is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexemeKind {
    /// A keyword or a plain name. Cypher has almost no reserved words, so the lexer cannot tell them apart.
    Word,
    /// A name in backticks.
    QuotedName,
    /// A string literal in single or double quotes.
    StringLiteral,
    /// A number.
    Number,
    /// `$name`, or a quoted name behind a dollar sign.
    Parameter,
    /// A line or block comment.
    Comment,
    /// White space.
    Space,
    /// Any other single character.
    Symbol,
}

/// A piece of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexeme<'a> {
    /// What it is.
    pub kind: LexemeKind,
    /// Its text, quotes included.
    pub text: &'a str,
    /// Byte offset in the statement.
    pub start: usize,
}

impl Lexeme<'_> {
    /// Returns whether it is this keyword, in any case. Neo4j compares by upper case, in which `ſ` is an S.
    pub fn is_keyword(&self, keyword: &str) -> bool {
        self.kind == LexemeKind::Word
            && (self.text.eq_ignore_ascii_case(keyword)
                || (!self.text.is_ascii() && self.text.to_uppercase() == keyword))
    }

    /// Returns whether it is this symbol.
    pub fn is_symbol(&self, symbol: char) -> bool {
        self.kind == LexemeKind::Symbol && self.text.starts_with(symbol)
    }

    /// Returns whether it has a meaning: neither white space nor a comment.
    pub fn is_significant(&self) -> bool {
        !matches!(self.kind, LexemeKind::Comment | LexemeKind::Space)
    }

    /// Byte offset behind it.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Returns the name without its backticks or dollar sign.
    pub fn name(&self) -> String {
        let bare = if self.kind == LexemeKind::Parameter {
            self.text.get(1..).unwrap_or_default()
        } else {
            self.text
        };
        match bare.strip_prefix('`') {
            Some(quoted) => quoted
                .strip_suffix('`')
                .unwrap_or(quoted)
                .replace("``", "`"),
            None => bare.to_owned(),
        }
    }
}

/// Returns all lexemes of a text. Their texts, joined, are the text.
pub fn lexemes(text: &str) -> Lexemes<'_> {
    Lexemes { text, at: 0 }
}

/// Returns the lexemes that have a meaning.
pub fn significant(text: &str) -> Vec<Lexeme<'_>> {
    lexemes(text).filter(Lexeme::is_significant).collect()
}

/// Iterator over the lexemes of a text.
#[derive(Clone, Debug)]
pub struct Lexemes<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Lexemes<'a> {
    type Item = Lexeme<'a>;

    fn next(&mut self) -> Option<Lexeme<'a>> {
        let rest = self.text.get(self.at..)?;
        let first = rest.chars().next()?;
        let (kind, length) = scan(rest, first);
        let length = length.clamp(first.len_utf8(), rest.len());
        let start = self.at;
        self.at += length;
        Some(Lexeme {
            kind,
            text: rest.get(..length).unwrap_or(rest),
            start,
        })
    }
}

fn scan(rest: &str, first: char) -> (LexemeKind, usize) {
    match first {
        '/' if rest.starts_with("//") => (
            LexemeKind::Comment,
            rest.find(['\n', '\r']).unwrap_or(rest.len()),
        ),
        '/' if rest.starts_with("/*") => (
            LexemeKind::Comment,
            rest.get(2..)
                .and_then(|body| body.find("*/"))
                .map_or(rest.len(), |at| at + 4),
        ),
        '"' | '\'' => (LexemeKind::StringLiteral, string_length(rest, first)),
        '`' => (LexemeKind::QuotedName, quoted_name_length(rest)),
        '$' => match rest.get(1..).map(|name| (name, name.chars().next())) {
            Some((name, Some('`'))) => (LexemeKind::Parameter, 1 + quoted_name_length(name)),
            Some((name, Some(letter))) if is_word(letter) => {
                (LexemeKind::Parameter, 1 + run(name, is_word))
            }
            _ => (LexemeKind::Symbol, 1),
        },
        _ if first.is_ascii_digit() => (LexemeKind::Number, number_length(rest)),
        _ if is_word(first) => (LexemeKind::Word, run(rest, is_word)),
        _ if is_space(first) => (LexemeKind::Space, run(rest, is_space)),
        _ => (LexemeKind::Symbol, first.len_utf8()),
    }
}

/// Letters, digits and the underscore.
fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns what Neo4j's lexer takes as white space: Unicode's, and Java's separators of files, groups, records and units.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}' | '\u{180e}' | '\u{feff}')
}

fn run(text: &str, belongs: fn(char) -> bool) -> usize {
    text.find(|letter| !belongs(letter)).unwrap_or(text.len())
}

/// Up to and with the closing quote. A backslash takes the next character with it.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + letter.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Up to and with the closing backtick. Two backticks stand for one.
fn quoted_name_length(text: &str) -> usize {
    let mut at = 1;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('`')) {
        at += found + 1;
        if !text.get(at..).is_some_and(|rest| rest.starts_with('`')) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// Digits, hexadecimal or with an exponent; a dot only where a digit follows, since `1..3` is a range.
fn number_length(text: &str) -> usize {
    let mut length = run(text, is_word);
    let fraction = text.get(length..).and_then(|rest| rest.strip_prefix('.'));
    if let Some(fraction) =
        fraction.filter(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
    {
        length += 1 + run(fraction, is_word);
    }
    let has_exponent = text
        .get(..length)
        .is_some_and(|number| number.ends_with(['e', 'E']) && !number.starts_with("0x"));
    if let Some(rest) = text.get(length..).filter(|_| has_exponent)
        && rest.starts_with(['-', '+'])
        && rest
            .get(1..)
            .is_some_and(|digits| digits.starts_with(|digit: char| digit.is_ascii_digit()))
    {
        length += 1 + run(rest.get(1..).unwrap_or_default(), is_word);
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> Vec<(LexemeKind, &str)> {
        significant(text)
            .into_iter()
            .map(|lexeme| (lexeme.kind, lexeme.text))
            .collect()
    }

    #[test]
    fn strings_names_comments_and_parameters_are_whole() {
        use LexemeKind::{Number, Parameter, QuotedName, StringLiteral, Symbol, Word};
        assert_eq!(
            kinds("RETURN 'it\\'s // no' AS `a``b`, $`p q`, $x /* ; */ // end"),
            [
                (Word, "RETURN"),
                (StringLiteral, "'it\\'s // no'"),
                (Word, "AS"),
                (QuotedName, "`a``b`"),
                (Symbol, ","),
                (Parameter, "$`p q`"),
                (Symbol, ","),
                (Parameter, "$x"),
            ]
        );
        assert_eq!(
            kinds("$ -1 $"),
            [(Symbol, "$"), (Symbol, "-"), (Number, "1"), (Symbol, "$")]
        );
        assert_eq!(kinds("$-1"), [(Symbol, "$"), (Symbol, "-"), (Number, "1")]);
        assert_eq!(
            kinds("1.5e-3 *1..3 0x1F n.1"),
            [
                (Number, "1.5e-3"),
                (Symbol, "*"),
                (Number, "1"),
                (Symbol, "."),
                (Symbol, "."),
                (Number, "3"),
                (Number, "0x1F"),
                (Word, "n"),
                (Symbol, "."),
                (Number, "1"),
            ]
        );
    }

    #[test]
    fn names_lose_their_quotes() {
        let names: Vec<String> = significant("`a``b` $`p q` $x plain")
            .iter()
            .map(Lexeme::name)
            .collect();
        assert_eq!(names, ["a`b", "p q", "x", "plain"]);
    }

    #[test]
    fn keywords_compare_as_neo4j_compares_them() {
        let set = |text| {
            significant(text)
                .first()
                .is_some_and(|word| word.is_keyword("SET"))
        };
        assert!(set("set") && set("\u{17f}et") && !set("`set`") && !set("sets"));
    }

    proptest! {
        #[test]
        fn the_lexemes_are_the_text(text in "\\PC{0,80}|(['\"`$/*\\\\.0-9eE+ \n\ra-c]){0,40}") {
            let joined: String = lexemes(&text).map(|lexeme| lexeme.text).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
