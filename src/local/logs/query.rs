//! The language of Logs Insights, its useful part: fields, display, filter, sort, limit, dedup, and stats with count, sum,
//! avg, min, max by fields and bin(). Pure.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

use super::super::deployments::ACCOUNT;
use super::Event;

/// An event as a query sees it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) group: String,
    pub(super) pointer: String,
    pub(super) json: Option<Value>,
    pub(super) event: Arc<Event>,
}

/// A row of results: fields and values, in order.
pub(super) type Row = Vec<(String, String)>;

/// A query that was read.
#[derive(Debug, Default)]
pub(super) struct Query {
    fields: Vec<Column>,
    filters: Vec<Expression>,
    stats: Option<Stats>,
    sort: Vec<(String, bool)>,
    dedup: Vec<String>,
    limit: Option<usize>,
}

#[derive(Clone, Debug)]
struct Column {
    field: String,
    name: String,
}

#[derive(Debug)]
struct Stats {
    functions: Vec<Aggregate>,
    groups: Vec<Grouping>,
}

#[derive(Debug)]
struct Aggregate {
    function: String,
    field: Option<String>,
    name: String,
}

#[derive(Debug)]
enum Grouping {
    Field(Column),
    /// Milliseconds of `bin(…)`, and the column's name.
    Bin(i64, String),
}

#[derive(Debug)]
enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Compare(String, String, String),
    Like(String, Regex),
    In(String, Vec<String>),
    IsPresent(String),
}

impl Record {
    fn field(&self, name: &str) -> Option<String> {
        match name {
            "@timestamp" => Some(moment(self.event.timestamp)),
            "@ingestionTime" => Some(moment(self.event.ingestion)),
            "@message" => Some(self.event.message.clone()),
            "@logStream" => Some(self.event.stream.to_string()),
            "@log" => Some(format!("{ACCOUNT}:{}", self.group)),
            "@ptr" => Some(self.pointer.clone()),
            _ => {
                let json = self.json.as_ref()?;
                // A member may have dots in its own name: `attributes.session.id` is both.
                let found = find(json, name)?;
                Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
            }
        }
    }
}

fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    let dots = path.char_indices().filter(|(_, letter)| *letter == '.').map(|(at, _)| at);
    dots.into_iter().find_map(|at| {
        let (head, tail) = path.split_at(at);
        let tail = tail.strip_prefix('.')?;
        match value.get(head)? {
            Value::Array(entries) => entries.get(tail.parse::<usize>().ok()?),
            inner => find(inner, tail),
        }
    })
}

/// `2026-11-21 10:45:21.123`, as Insights shows times.
fn moment(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).map(|time| time.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()).unwrap_or_default()
}

impl Query {
    /// Reads a query; the problem in words if it cannot be read.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text: String = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
        let mut query = Self::default();
        let tokens = tokenize(&text)?;
        for command in tokens.split(|token| *token == Token::Mark("|")) {
            let mut reader = Reader { tokens: command, at: 0 };
            query.command(&mut reader)?;
            if let Some(token) = reader.peek() {
                return Err(format!("unexpected symbol found {token:?}"));
            }
        }
        Ok(query)
    }

    fn command(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        let Some(Token::Word(command)) = reader.take().cloned() else {
            return Err("a command is expected".into());
        };
        match command.to_lowercase().as_str() {
            "fields" => self.fields.extend(reader.columns()?),
            "display" => self.fields = reader.columns()?,
            "filter" => self.filters.push(reader.alternatives(0)?),
            "sort" => self.sort = reader.sort()?,
            "dedup" => self.dedup = reader.columns()?.into_iter().map(|column| column.field).collect(),
            "limit" | "head" => {
                self.limit = Some(reader.word()?.parse().map_err(|_| "limit is followed by a number")?);
            }
            "stats" => self.stats = Some(reader.stats()?),
            other => return Err(format!("the command {other} is not served by the embedded stack")),
        }
        Ok(())
    }

    /// Whether a record passes the filters.
    pub(super) fn keeps(&self, record: &Record) -> bool {
        self.filters.iter().all(|filter| filter.holds(record))
    }

    /// The rows of the records that were kept.
    pub(super) fn finish(&self, mut records: Vec<Record>, limit: usize) -> Vec<Row> {
        let limit = self.limit.unwrap_or(limit).min(limit);
        if let Some(stats) = &self.stats {
            let mut rows = stats.rows(&records);
            self.sort_rows(&mut rows);
            rows.truncate(limit);
            return rows;
        }
        // Newest first is the order of Insights.
        records.sort_by_key(|record| std::cmp::Reverse((record.event.timestamp, record.event.arrival)));
        for (field, descending) in self.sort.iter().rev() {
            records
                .sort_by(|one, other| directed(compare(one.field(field).as_deref(), other.field(field).as_deref()), *descending));
        }
        let mut seen = std::collections::HashSet::new();
        if !self.dedup.is_empty() {
            records.retain(|record| seen.insert(self.dedup.iter().map(|field| record.field(field)).collect::<Vec<_>>()));
        }
        records.iter().take(limit).map(|record| self.row(record)).collect()
    }

    fn row(&self, record: &Record) -> Row {
        let column = |field: &str, name: &str| Some((name.to_owned(), record.field(field)?));
        let mut row: Row = if self.fields.is_empty() {
            ["@timestamp", "@message"].iter().filter_map(|field| column(field, field)).collect()
        } else {
            self.fields.iter().filter_map(|wanted| column(&wanted.field, &wanted.name)).collect()
        };
        row.extend(column("@ptr", "@ptr"));
        row
    }

    fn sort_rows(&self, rows: &mut [Row]) {
        for (field, descending) in self.sort.iter().rev() {
            rows.sort_by(|one, other| directed(compare(cell(one, field), cell(other, field)), *descending));
        }
    }
}

fn cell<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

fn directed(ordering: Ordering, descending: bool) -> Ordering {
    if descending { ordering.reverse() } else { ordering }
}

/// Numbers by size, everything else by text.
fn compare(one: Option<&str>, other: Option<&str>) -> Ordering {
    match (one, other) {
        (Some(left), Some(right)) => match (left.parse::<f64>(), right.parse::<f64>()) {
            (Ok(left), Ok(right)) => left.total_cmp(&right),
            _ => left.cmp(right),
        },
        _ => one.cmp(&other),
    }
}

impl Stats {
    fn rows(&self, records: &[Record]) -> Vec<Row> {
        let mut groups: Vec<(Vec<String>, Vec<&Record>)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for record in records {
            let key: Vec<String> = self.groups.iter().map(|group| group.value(record)).collect();
            let place = *places.entry(key.clone()).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            if let Some((_, members)) = groups.get_mut(place) {
                members.push(record);
            }
        }
        if groups.is_empty() && self.groups.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        groups
            .into_iter()
            .map(|(key, members)| {
                let named = self.groups.iter().map(Grouping::name).zip(key).filter(|(_, value)| !value.is_empty());
                let mut row: Row = named.map(|(name, value)| (name.to_owned(), value)).collect();
                row.extend(self.functions.iter().filter_map(|function| Some((function.name.clone(), function.of(&members)?))));
                row
            })
            .collect()
    }
}

impl Grouping {
    fn name(&self) -> &str {
        match self {
            Self::Field(column) => &column.name,
            Self::Bin(_, name) => name,
        }
    }

    fn value(&self, record: &Record) -> String {
        match self {
            Self::Field(column) => record.field(&column.field).unwrap_or_default(),
            Self::Bin(width, _) => moment(record.event.timestamp.div_euclid(*width) * width),
        }
    }
}

impl Aggregate {
    fn of(&self, records: &[&Record]) -> Option<String> {
        let values = || records.iter().filter_map(|record| record.field(self.field.as_deref()?));
        let numbers = || values().filter_map(|value| value.parse::<f64>().ok());
        let number = match self.function.as_str() {
            "count" if self.field.is_none() => records.len() as f64,
            "count" => values().count() as f64,
            "count_distinct" => values().collect::<std::collections::HashSet<_>>().len() as f64,
            "sum" => numbers().sum(),
            "avg" => numbers().sum::<f64>() / numbers().count().max(1) as f64,
            "min" => numbers().min_by(f64::total_cmp)?,
            _ => numbers().max_by(f64::total_cmp)?,
        };
        Some(number.to_string())
    }
}

impl Expression {
    fn holds(&self, record: &Record) -> bool {
        match self {
            Self::And(one, other) => one.holds(record) && other.holds(record),
            Self::Or(one, other) => one.holds(record) || other.holds(record),
            Self::Not(inner) => !inner.holds(record),
            Self::IsPresent(field) => record.field(field).is_some(),
            Self::Like(field, regex) => record.field(field).is_some_and(|value| regex.is_match(&value)),
            Self::In(field, values) => record.field(field).is_some_and(|value| values.contains(&value)),
            Self::Compare(field, operator, wanted) => {
                let Some(value) = record.field(field) else { return operator == "!=" };
                let ordering = compare(Some(&value), Some(wanted));
                match operator.as_str() {
                    "=" => ordering.is_eq(),
                    "!=" => ordering.is_ne(),
                    "<" => ordering.is_lt(),
                    "<=" => ordering.is_le(),
                    ">" => ordering.is_gt(),
                    _ => ordering.is_ge(),
                }
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Regex(String),
    Mark(&'static str),
}

fn tokenize(text: &str) -> Result<Vec<Token>, String> {
    const MARKS: [&str; 14] = ["!=", "<=", ">=", "=~", "=", "<", ">", "(", ")", "[", "]", ",", "|", "*"];
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_operand = matches!(tokens.last(), Some(Token::Mark("=~")))
            || matches!(tokens.last(), Some(Token::Word(word)) if word.eq_ignore_ascii_case("like"));
        if first == '"' || first == '\'' || first == '`' || (first == '/' && is_operand) {
            let (inside, after) = take_until(rest.get(1..).unwrap_or_default(), first)?;
            tokens.push(match first {
                '/' => Token::Regex(inside),
                '`' => Token::Word(inside),
                _ => Token::Text(inside),
            });
            rest = after;
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            tokens.push(Token::Mark(mark));
            rest = rest.get(mark.len()..).unwrap_or_default();
        } else {
            let end = rest.find(|letter: char| !(letter.is_alphanumeric() || "_@.-:$".contains(letter)));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            if word.is_empty() {
                return Err(format!("unexpected symbol found {first}"));
            }
            tokens.push(Token::Word(word.to_owned()));
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

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let found = match (self.peek(), wanted) {
            (Some(Token::Word(word)), Token::Word(wanted)) => word.eq_ignore_ascii_case(wanted),
            (found, wanted) => found == Some(wanted),
        };
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word.to_owned()))
    }

    fn word(&mut self) -> Result<String, String> {
        match self.take() {
            Some(Token::Word(word)) => Ok(word.clone()),
            other => Err(format!("a name is expected instead of {other:?}")),
        }
    }

    fn close(&mut self) -> Result<(), String> {
        if self.takes(&Token::Mark(")")) { Ok(()) } else { Err("a parenthesis is not closed".into()) }
    }

    fn columns(&mut self) -> Result<Vec<Column>, String> {
        let mut columns = Vec::new();
        loop {
            let field = self.word()?;
            let name = if self.takes_word("as") { self.word()? } else { field.clone() };
            columns.push(Column { field, name });
            if !self.takes(&Token::Mark(",")) {
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
            if !self.takes(&Token::Mark(",")) {
                return Ok(fields);
            }
        }
    }

    /// A name, or the text of an aggregate such as `count(*)`.
    fn aggregate_or_word(&mut self) -> Result<String, String> {
        let mut name = self.word()?;
        if self.takes(&Token::Mark("(")) {
            let inside = match self.peek() {
                Some(Token::Mark(")")) => String::new(),
                Some(Token::Mark("*")) => self.take().map(|_| "*".to_owned()).unwrap_or_default(),
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
            let (function, inside) = call.split_once('(').ok_or("stats is followed by a function")?;
            let inside = inside.trim_end_matches(')');
            if !FUNCTIONS.contains(&function) {
                return Err(format!("the function {function} is not served by the embedded stack"));
            }
            let field = (inside != "*" && !inside.is_empty()).then(|| inside.to_owned());
            let (function, name) = (function.to_owned(), if self.takes_word("as") { self.word()? } else { call.clone() });
            functions.push(Aggregate { function, field, name });
            if !self.takes(&Token::Mark(",")) {
                break;
            }
        }
        let mut groups = Vec::new();
        if self.takes_word("by") {
            loop {
                groups.push(self.grouping()?);
                if !self.takes(&Token::Mark(",")) {
                    break;
                }
            }
        }
        Ok(Stats { functions, groups })
    }

    fn grouping(&mut self) -> Result<Grouping, String> {
        let text = self.aggregate_or_word()?;
        let name = if self.takes_word("as") { self.word()? } else { text.clone() };
        let Some(width) = text.strip_prefix("bin(").and_then(|inside| inside.strip_suffix(')')) else {
            return Ok(Grouping::Field(Column { field: text, name }));
        };
        let digits = width.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(width.len());
        let (count, unit) = width.split_at(digits);
        let factor = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(format!("bin({width}) has no known unit")),
        };
        let count: i64 = count.parse().map_err(|_| format!("bin({width}) has no number"))?;
        Ok(Grouping::Bin((count * factor).max(1), name))
    }

    fn alternatives(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.conjunction(depth)?;
        while self.takes_word("or") {
            left = Expression::Or(Box::new(left), Box::new(self.conjunction(depth)?));
        }
        Ok(left)
    }

    fn conjunction(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.single(depth)?;
        while self.takes_word("and") {
            left = Expression::And(Box::new(left), Box::new(self.single(depth)?));
        }
        Ok(left)
    }

    fn single(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > 30 {
            return Err("the filter is nested too deeply".into());
        }
        if self.takes_word("not") {
            return Ok(Expression::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.takes(&Token::Mark("(")) {
            let inside = self.alternatives(depth + 1)?;
            self.close()?;
            return Ok(inside);
        }
        let field = self.word()?;
        if field.eq_ignore_ascii_case("ispresent") && self.takes(&Token::Mark("(")) {
            let field = self.word()?;
            self.close()?;
            return Ok(Expression::IsPresent(field));
        }
        if self.takes_word("not") {
            return self.membership(field).map(|inner| Expression::Not(Box::new(inner)));
        }
        match self.peek() {
            Some(Token::Mark(mark)) if ["=", "!=", "<", "<=", ">", ">="].contains(mark) => {
                self.take();
                Ok(Expression::Compare(field, (*mark).to_owned(), self.value()?))
            }
            _ => self.membership(field),
        }
    }

    /// `like`, `=~` and `in`.
    fn membership(&mut self, field: String) -> Result<Expression, String> {
        if self.takes_word("like") || self.takes(&Token::Mark("=~")) {
            let pattern = match self.take() {
                Some(Token::Regex(pattern)) => pattern.clone(),
                Some(Token::Text(text)) => regex::escape(text),
                other => return Err(format!("a pattern is expected instead of {other:?}")),
            };
            return Regex::new(&pattern).map(|regex| Expression::Like(field, regex)).map_err(|error| error.to_string());
        }
        if self.takes_word("in") && self.takes(&Token::Mark("[")) {
            let mut values = vec![self.value()?];
            while self.takes(&Token::Mark(",")) {
                values.push(self.value()?);
            }
            return if self.takes(&Token::Mark("]")) { Ok(Expression::In(field, values)) } else { Err("] is expected".into()) };
        }
        Err(format!("a comparison is expected after {field}"))
    }

    fn value(&mut self) -> Result<String, String> {
        match self.take() {
            Some(Token::Word(text) | Token::Text(text)) => Ok(text.clone()),
            other => Err(format!("a value is expected instead of {other:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let lines = [
            r#"{"level":"INFO","took":5,"attributes":{"session.id":"s1"}}"#,
            r#"{"level":"ERROR","took":50,"traceId":"t1"}"#,
            r#"{"level":"ERROR","took":7,"traceId":"t2"}"#,
            "plain text with ERROR in it",
        ];
        let record = |(position, line): (usize, &&str)| Record {
            group: "g".into(),
            pointer: format!("p{position}"),
            json: serde_json::from_str(line).ok(),
            event: Arc::new(Event {
                timestamp: position as i64 * 60_000,
                ingestion: 0,
                stream: "s".into(),
                message: (*line).to_owned(),
                arrival: position as u64,
            }),
        };
        lines.iter().enumerate().map(record).collect()
    }

    fn run(text: &str) -> Vec<Row> {
        let query = Query::parse(text).unwrap();
        let kept = records().into_iter().filter(|record| query.keeps(record)).collect();
        query.finish(kept, 10_000)
    }

    fn column(rows: &[Row], name: &str) -> Vec<String> {
        rows.iter().filter_map(|row| row.iter().find(|(field, _)| field == name)).map(|(_, value)| value.clone()).collect()
    }

    #[test]
    fn filters_and_sorts() {
        assert_eq!(column(&run("fields @timestamp, took | filter level = 'ERROR' | sort took asc"), "took"), ["7", "50"]);
        assert_eq!(column(&run("fields took | filter took > 5 and level in [\"ERROR\", 'WARN']"), "took"), ["7", "50"]);
        assert_eq!(run("filter @message like /ERR.R/ | limit 2").len(), 2);
        assert_eq!(run("filter @message not like \"ERROR\"").len(), 1);
        assert_eq!(run("filter attributes.session.id = 's1'").len(), 1);
        assert_eq!(run("filter ispresent(traceId) and not (traceId = 't1')").len(), 1);
        assert_eq!(column(&run("fields @timestamp | sort @timestamp asc | limit 1"), "@timestamp"), ["1970-01-01 00:00:00.000"]);
    }

    #[test]
    fn counts_by_field_and_bin() {
        let rows = run("stats count(*) as calls, max(took) by level | sort calls desc");
        assert_eq!(column(&rows, "calls"), ["2", "1", "1"]);
        assert_eq!(column(&rows, "max(took)"), ["50", "5"]);
        assert_eq!(run("stats count() by bin(2m)").len(), 2);
        assert_eq!(column(&run("filter level = 'NONE' | stats count(*)"), "count(*)"), ["0"]);
    }

    #[test]
    fn says_what_it_cannot_read() {
        for broken in [
            "fly @message",
            "filter level =",
            "filter (level = 1",
            "fields @message extra words",
            "stats median(x)",
            "sort",
            "filter a like 'open",
        ] {
            assert!(Query::parse(broken).is_err(), "{broken}");
        }
    }
}
