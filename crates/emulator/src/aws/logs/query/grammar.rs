//! The text of Logs Insights queries, its useful part: fields, display, filter, sort, limit, dedup, and stats with count,
//! sum, avg, min, max by fields and bin(). Pure.

use std::ops::Range;

use regex::Regex;

use super::{Aggregate, Grouping, InsightsQuery, QueryColumn, QueryExpression, Stats};

/// Why a query cannot be read, and where; places are counted in characters of the query's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws::logs) struct QueryProblem {
    pub(in crate::aws::logs) message: String,
    pub(in crate::aws::logs) start: usize,
    pub(in crate::aws::logs) end: usize,
}

impl QueryProblem {
    /// Returns a problem with the bytes of a range.
    fn at(text: &str, range: Range<usize>, message: String) -> Self {
        let characters = |byte: usize| text.get(..byte).unwrap_or(text).chars().count();
        Self {
            message,
            start: characters(range.start),
            end: characters(range.end),
        }
    }
}

impl InsightsQuery {
    /// Reads a query.
    ///
    /// # Errors
    /// The problem and its place, if the query is not of the part of the language that is served.
    pub(in crate::aws::logs) fn parse(text: &str) -> Result<Self, QueryProblem> {
        let text = without_comments(text);
        let mut query = Self::default();
        let tokens = tokenize(&text)?;
        for command in tokens.split(|token| token.value == QueryToken::Mark("|")) {
            let mut reader = GrammarReader {
                tokens: command,
                at: 0,
            };
            let result = query
                .command(&mut reader)
                .and_then(|()| match reader.peek() {
                    None => Ok(()),
                    Some(token) => {
                        reader.at += 1;
                        Err(format!("unexpected symbol found {token}"))
                    }
                });
            result.map_err(|message| {
                let end = text.trim_end().len();
                QueryProblem::at(&text, reader.last_range().unwrap_or(end..end), message)
            })?;
        }
        Ok(query)
    }

    fn command(&mut self, reader: &mut GrammarReader<'_>) -> Result<(), String> {
        let Some(QueryToken::Word(command)) = reader.take().cloned() else {
            return Err("a command is expected".into());
        };
        match command.to_lowercase().as_str() {
            "fields" => self.fields.extend(reader.columns()?),
            "display" => self.fields = reader.columns()?,
            "filter" => self.filters.push(reader.alternatives(0)?),
            "sort" => self.sort = reader.sort()?,
            "dedup" => {
                self.dedup = reader
                    .columns()?
                    .into_iter()
                    .map(|column| column.field)
                    .collect();
            }
            "limit" | "head" => {
                self.limit = Some(
                    reader
                        .word()?
                        .parse()
                        .map_err(|_| "limit is followed by a number")?,
                );
            }
            "stats" => self.stats = Some(reader.stats()?),
            other => {
                return Err(format!(
                    "the command {other} is not served by the embedded stack"
                ));
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
enum QueryToken {
    Word(String),
    Text(String),
    Regex(String),
    Mark(&'static str),
}

impl std::fmt::Display for QueryToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(text) => formatter.write_str(text),
            Self::Text(text) => write!(formatter, "'{text}'"),
            Self::Regex(text) => write!(formatter, "/{text}/"),
            Self::Mark(mark) => formatter.write_str(mark),
        }
    }
}

/// A token and the bytes that it was read from.
#[derive(Clone, Debug)]
struct LocatedToken {
    value: QueryToken,
    range: Range<usize>,
}

/// Returns the text with comments blanked out, so that places stay the same.
fn without_comments(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            if line.trim_start().starts_with('#') {
                line.chars()
                    .map(|letter| if letter == '\n' { '\n' } else { ' ' })
                    .collect()
            } else {
                line.to_owned()
            }
        })
        .collect()
}

fn tokenize(text: &str) -> Result<Vec<LocatedToken>, QueryProblem> {
    let mut tokens: Vec<LocatedToken> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let is_operand = match tokens.last().map(|token| &token.value) {
            Some(QueryToken::Mark(mark)) => *mark == "=~",
            Some(QueryToken::Word(word)) => word.eq_ignore_ascii_case("like"),
            Some(QueryToken::Text(_) | QueryToken::Regex(_)) | None => false,
        };
        let (value, after) = next_token(rest, is_operand)
            .map_err(|message| QueryProblem::at(text, start..start + 1, message))?;
        tokens.push(LocatedToken {
            value,
            range: start..text.len() - after.len(),
        });
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Returns the first token of a text that is not empty, and what follows it; a slash begins a pattern if an operand is expected.
fn next_token(rest: &str, is_operand: bool) -> Result<(QueryToken, &str), String> {
    const MARKS: [&str; 14] = [
        "!=", "<=", ">=", "=~", "=", "<", ">", "(", ")", "[", "]", ",", "|", "*",
    ];
    let first = rest.chars().next().unwrap_or_default();
    if first == '"' || first == '\'' || first == '`' || (first == '/' && is_operand) {
        let (inside, after) = take_until(rest.get(1..).unwrap_or_default(), first)?;
        let token = match first {
            '/' => QueryToken::Regex(inside),
            '`' => QueryToken::Word(inside),
            _ => QueryToken::Text(inside),
        };
        return Ok((token, after));
    }
    if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
        let after = rest.get(mark.len()..).unwrap_or_default();
        return Ok((QueryToken::Mark(mark), after));
    }
    let end = rest.find(|letter: char| !(letter.is_alphanumeric() || "_@.-:$".contains(letter)));
    let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
    if word.is_empty() {
        return Err(format!("unexpected symbol found {first}"));
    }
    Ok((QueryToken::Word(word.to_owned()), after))
}

fn take_until(text: &str, end: char) -> Result<(String, &str), String> {
    let mut inside = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == end {
            return Ok((inside, text.get(at + end.len_utf8()..).unwrap_or_default()));
        }
        if letter == '\\' {
            let escaped = letters.next().map(|(_, escaped)| escaped);
            // In a regular expression only the slash needs its backslash taken away.
            if end == '/' && escaped != Some('/') {
                inside.push('\\');
            }
            inside.extend(escaped);
        } else {
            inside.push(letter);
        }
    }
    Err(format!("{end} is not closed"))
}

struct GrammarReader<'a> {
    tokens: &'a [LocatedToken],
    at: usize,
}

impl<'a> GrammarReader<'a> {
    fn peek(&self) -> Option<&'a QueryToken> {
        self.tokens.get(self.at).map(|token| &token.value)
    }

    /// Returns the bytes of the token that was taken last, or behind the last token if there was none left.
    fn last_range(&self) -> Option<Range<usize>> {
        let taken = self.tokens.get(self.at.saturating_sub(1));
        let last = self
            .tokens
            .last()
            .map(|token| token.range.end..token.range.end);
        taken.map(|token| token.range.clone()).or(last)
    }

    fn take(&mut self) -> Option<&'a QueryToken> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn takes(&mut self, wanted: &QueryToken) -> bool {
        let found = match (self.peek(), wanted) {
            (Some(QueryToken::Word(word)), QueryToken::Word(wanted)) => {
                word.eq_ignore_ascii_case(wanted)
            }
            (found, wanted) => found == Some(wanted),
        };
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&QueryToken::Word(word.to_owned()))
    }

    fn word(&mut self) -> Result<String, String> {
        match self.take() {
            Some(QueryToken::Word(word)) => Ok(word.clone()),
            other => Err(format!("a name is expected instead of {}", shown(other))),
        }
    }

    fn close(&mut self) -> Result<(), String> {
        if self.takes(&QueryToken::Mark(")")) {
            Ok(())
        } else {
            Err("a parenthesis is not closed".into())
        }
    }

    fn columns(&mut self) -> Result<Vec<QueryColumn>, String> {
        let mut columns = Vec::new();
        loop {
            let field = self.word()?;
            let name = if self.takes_word("as") {
                self.word()?
            } else {
                field.clone()
            };
            columns.push(QueryColumn { field, name });
            if !self.takes(&QueryToken::Mark(",")) {
                return Ok(columns);
            }
        }
    }

    fn sort(&mut self) -> Result<Vec<(String, bool)>, String> {
        let mut fields = Vec::new();
        loop {
            let field = self.aggregate_or_word()?;
            let descending = self.takes_word("desc");
            if !descending {
                self.takes_word("asc");
            }
            fields.push((field, descending));
            if !self.takes(&QueryToken::Mark(",")) {
                return Ok(fields);
            }
        }
    }

    /// Returns a name, or the text of an aggregate such as `count(*)`.
    fn aggregate_or_word(&mut self) -> Result<String, String> {
        let mut name = self.word()?;
        if self.takes(&QueryToken::Mark("(")) {
            let inside = match self.peek() {
                Some(QueryToken::Mark(")")) => String::new(),
                Some(QueryToken::Mark("*")) => {
                    self.take().map(|_| "*".to_owned()).unwrap_or_default()
                }
                _ => self.word()?,
            };
            self.close()?;
            name = format!("{name}({inside})");
        }
        Ok(name)
    }

    fn stats(&mut self) -> Result<Stats, String> {
        const FUNCTIONS: [&str; 6] = ["count", "count_distinct", "sum", "avg", "min", "max"];
        let mut functions = Vec::new();
        loop {
            let call = self.aggregate_or_word()?;
            let (function, inside) = call
                .split_once('(')
                .ok_or("stats is followed by a function")?;
            let inside = inside.trim_end_matches(')');
            if !FUNCTIONS.contains(&function) {
                return Err(format!(
                    "the function {function} is not served by the embedded stack"
                ));
            }
            let field = (inside != "*" && !inside.is_empty()).then(|| inside.to_owned());
            let (function, name) = (
                function.to_owned(),
                if self.takes_word("as") {
                    self.word()?
                } else {
                    call.clone()
                },
            );
            functions.push(Aggregate {
                function,
                field,
                name,
            });
            if !self.takes(&QueryToken::Mark(",")) {
                break;
            }
        }
        let mut groups = Vec::new();
        if self.takes_word("by") {
            loop {
                groups.push(self.grouping()?);
                if !self.takes(&QueryToken::Mark(",")) {
                    break;
                }
            }
        }
        Ok(Stats { functions, groups })
    }

    fn grouping(&mut self) -> Result<Grouping, String> {
        let text = self.aggregate_or_word()?;
        let name = if self.takes_word("as") {
            self.word()?
        } else {
            text.clone()
        };
        let Some(width) = text
            .strip_prefix("bin(")
            .and_then(|inside| inside.strip_suffix(')'))
        else {
            return Ok(Grouping::Field(QueryColumn { field: text, name }));
        };
        let digits = width
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(width.len());
        let (count, unit) = width.split_at(digits);
        let factor = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(format!("bin({width}) has no known unit")),
        };
        let count: i64 = count
            .parse()
            .map_err(|_| format!("bin({width}) has no number"))?;
        Ok(Grouping::Bin((count * factor).max(1), name))
    }

    fn alternatives(&mut self, depth: usize) -> Result<QueryExpression, String> {
        let mut left = self.conjunction(depth)?;
        while self.takes_word("or") {
            left = QueryExpression::Or(Box::new(left), Box::new(self.conjunction(depth)?));
        }
        Ok(left)
    }

    fn conjunction(&mut self, depth: usize) -> Result<QueryExpression, String> {
        let mut left = self.single(depth)?;
        while self.takes_word("and") {
            left = QueryExpression::And(Box::new(left), Box::new(self.single(depth)?));
        }
        Ok(left)
    }

    fn single(&mut self, depth: usize) -> Result<QueryExpression, String> {
        if depth > 30 {
            return Err("the filter is nested too deeply".into());
        }
        if self.takes_word("not") {
            return Ok(QueryExpression::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.takes(&QueryToken::Mark("(")) {
            let inside = self.alternatives(depth + 1)?;
            self.close()?;
            return Ok(inside);
        }
        let field = self.word()?;
        if field.eq_ignore_ascii_case("ispresent") && self.takes(&QueryToken::Mark("(")) {
            let field = self.word()?;
            self.close()?;
            return Ok(QueryExpression::IsPresent(field));
        }
        if self.takes_word("not") {
            return self
                .membership(field)
                .map(|inner| QueryExpression::Not(Box::new(inner)));
        }
        match self.peek() {
            Some(QueryToken::Mark(mark)) if ["=", "!=", "<", "<=", ">", ">="].contains(mark) => {
                self.take();
                Ok(QueryExpression::Compare(
                    field,
                    (*mark).to_owned(),
                    self.value()?,
                ))
            }
            _ => self.membership(field),
        }
    }

    /// `like`, `=~` and `in`.
    fn membership(&mut self, field: String) -> Result<QueryExpression, String> {
        if self.takes_word("like") || self.takes(&QueryToken::Mark("=~")) {
            let pattern = match self.take() {
                Some(QueryToken::Regex(pattern)) => pattern.clone(),
                Some(QueryToken::Text(text)) => regex::escape(text),
                other => return Err(format!("a pattern is expected instead of {}", shown(other))),
            };
            return Regex::new(&pattern)
                .map(|regex| QueryExpression::Like(field, regex))
                .map_err(|error| error.to_string());
        }
        if self.takes_word("in") && self.takes(&QueryToken::Mark("[")) {
            let mut values = vec![self.value()?];
            while self.takes(&QueryToken::Mark(",")) {
                values.push(self.value()?);
            }
            return if self.takes(&QueryToken::Mark("]")) {
                Ok(QueryExpression::In(field, values))
            } else {
                Err("] is expected".into())
            };
        }
        Err(format!("a comparison is expected after {field}"))
    }

    fn value(&mut self) -> Result<String, String> {
        match self.take() {
            Some(QueryToken::Word(text) | QueryToken::Text(text)) => Ok(text.clone()),
            other => Err(format!("a value is expected instead of {}", shown(other))),
        }
    }
}

/// Returns a token in a message.
fn shown(token: Option<&QueryToken>) -> String {
    token.map_or_else(|| "the end".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_the_characters_it_is_about() {
        let place = |text: &str| {
            let problem = InsightsQuery::parse(text).unwrap_err();
            (problem.start, problem.end)
        };
        assert_eq!(place("fields @message | frobnicate x"), (18, 28));
        assert_eq!(
            place("# grüße\nfields é | sort"),
            (23, 23),
            "the end, where a field is missing"
        );
        assert_eq!(place("fields @message limit"), (16, 21));
        assert_eq!(place("filter @message like 'open"), (21, 22));
    }
}
