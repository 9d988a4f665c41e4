//! The text of Logs Insights queries, its useful part: fields, display, filter, sort, limit, dedup, and stats with count,
//! sum, avg, min, max by fields and bin(). Pure.

use regex::Regex;

use super::{Aggregate, Grouping, InsightsQuery, QueryColumn, QueryExpression, Stats};

impl InsightsQuery {
    /// Reads a query; the problem in words if it cannot be read.
    pub(in crate::aws::logs) fn parse(text: &str) -> Result<Self, String> {
        let text: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n");
        let mut query = Self::default();
        let tokens = tokenize(&text)?;
        for command in tokens.split(|token| *token == QueryToken::Mark("|")) {
            let mut reader = GrammarReader {
                tokens: command,
                at: 0,
            };
            query.command(&mut reader)?;
            if let Some(token) = reader.peek() {
                return Err(format!("unexpected symbol found {token:?}"));
            }
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
                    .collect()
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

fn tokenize(text: &str) -> Result<Vec<QueryToken>, String> {
    const MARKS: [&str; 14] = [
        "!=", "<=", ">=", "=~", "=", "<", ">", "(", ")", "[", "]", ",", "|", "*",
    ];
    let mut tokens: Vec<QueryToken> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_operand = matches!(tokens.last(), Some(QueryToken::Mark("=~")))
            || matches!(tokens.last(), Some(QueryToken::Word(word)) if word.eq_ignore_ascii_case("like"));
        if first == '"' || first == '\'' || first == '`' || (first == '/' && is_operand) {
            let (inside, after) = take_until(rest.get(1..).unwrap_or_default(), first)?;
            tokens.push(match first {
                '/' => QueryToken::Regex(inside),
                '`' => QueryToken::Word(inside),
                _ => QueryToken::Text(inside),
            });
            rest = after;
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            tokens.push(QueryToken::Mark(mark));
            rest = rest.get(mark.len()..).unwrap_or_default();
        } else {
            let end =
                rest.find(|letter: char| !(letter.is_alphanumeric() || "_@.-:$".contains(letter)));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            if word.is_empty() {
                return Err(format!("unexpected symbol found {first}"));
            }
            tokens.push(QueryToken::Word(word.to_owned()));
            rest = after;
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
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
    tokens: &'a [QueryToken],
    at: usize,
}

impl<'a> GrammarReader<'a> {
    fn peek(&self) -> Option<&'a QueryToken> {
        self.tokens.get(self.at)
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
            other => Err(format!("a name is expected instead of {other:?}")),
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

    /// A name, or the text of an aggregate such as `count(*)`.
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
                other => return Err(format!("a pattern is expected instead of {other:?}")),
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
            other => Err(format!("a value is expected instead of {other:?}")),
        }
    }
}
