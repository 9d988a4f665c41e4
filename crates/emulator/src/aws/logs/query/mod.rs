//! Queries of Logs Insights over records: filters, columns, sorting, statistics. Pure; `grammar` reads their text.

mod grammar;

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

use super::StoredEvent;
use crate::scenarios::ACCOUNT;

/// An event as a query sees it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) group: String,
    pub(super) pointer: String,
    pub(super) json: Option<Value>,
    pub(super) event: Arc<StoredEvent>,
}

pub(super) use self::grammar::QueryProblem;

/// A row of results: fields and values, in order.
pub(super) type QueryRow = Vec<(String, String)>;

/// A query that was read.
#[derive(Debug, Default)]
pub(super) struct InsightsQuery {
    fields: Vec<QueryColumn>,
    filters: Vec<QueryExpression>,
    stats: Option<Stats>,
    sort: Vec<(String, bool)>,
    dedup: Vec<String>,
    limit: Option<usize>,
}

#[derive(Clone, Debug)]
struct QueryColumn {
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
    Field(QueryColumn),
    /// Milliseconds of `bin(…)`, and the column's name.
    Bin(i64, String),
}

#[derive(Debug)]
enum QueryExpression {
    And(Box<QueryExpression>, Box<QueryExpression>),
    Or(Box<QueryExpression>, Box<QueryExpression>),
    Not(Box<QueryExpression>),
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
                Some(
                    found
                        .as_str()
                        .map_or_else(|| found.to_string(), str::to_owned),
                )
            }
        }
    }
}

fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    let dots = path
        .char_indices()
        .filter(|(_, letter)| *letter == '.')
        .map(|(at, _)| at);
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
    Timestamp::from_millisecond(milliseconds)
        .map(|time| time.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string())
        .unwrap_or_default()
}

impl InsightsQuery {
    /// Returns whether a record passes the filters.
    pub(super) fn keeps(&self, record: &Record) -> bool {
        self.filters.iter().all(|filter| filter.holds(record))
    }

    /// Returns the rows of the records that were kept.
    pub(super) fn finish(&self, mut records: Vec<Record>, limit: usize) -> Vec<QueryRow> {
        let limit = self.limit.unwrap_or(limit).min(limit);
        if let Some(stats) = &self.stats {
            let mut rows = stats.rows(&records);
            self.sort_rows(&mut rows);
            rows.truncate(limit);
            return rows;
        }
        // Newest first is the order of Insights.
        records.sort_by_key(|record| {
            std::cmp::Reverse((record.event.timestamp, record.event.arrival))
        });
        for (field, descending) in self.sort.iter().rev() {
            records.sort_by(|one, other| {
                directed(
                    compare(one.field(field).as_deref(), other.field(field).as_deref()),
                    *descending,
                )
            });
        }
        let mut seen = std::collections::HashSet::new();
        if !self.dedup.is_empty() {
            records.retain(|record| {
                seen.insert(
                    self.dedup
                        .iter()
                        .map(|field| record.field(field))
                        .collect::<Vec<_>>(),
                )
            });
        }
        records
            .iter()
            .take(limit)
            .map(|record| self.row(record))
            .collect()
    }

    fn row(&self, record: &Record) -> QueryRow {
        let column = |field: &str, name: &str| Some((name.to_owned(), record.field(field)?));
        let mut row: QueryRow = if self.fields.is_empty() {
            ["@timestamp", "@message"]
                .iter()
                .filter_map(|field| column(field, field))
                .collect()
        } else {
            self.fields
                .iter()
                .filter_map(|wanted| column(&wanted.field, &wanted.name))
                .collect()
        };
        row.extend(column("@ptr", "@ptr"));
        row
    }

    fn sort_rows(&self, rows: &mut [QueryRow]) {
        for (field, descending) in self.sort.iter().rev() {
            rows.sort_by(|one, other| {
                directed(compare(cell(one, field), cell(other, field)), *descending)
            });
        }
    }
}

fn cell<'a>(row: &'a QueryRow, name: &str) -> Option<&'a str> {
    row.iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.as_str())
}

fn directed(ordering: Ordering, descending: bool) -> Ordering {
    if descending {
        ordering.reverse()
    } else {
        ordering
    }
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
    fn rows(&self, records: &[Record]) -> Vec<QueryRow> {
        let mut groups: Vec<(Vec<String>, Vec<&Record>)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for record in records {
            let key: Vec<String> = self
                .groups
                .iter()
                .map(|group| group.value(record))
                .collect();
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
                let named = self
                    .groups
                    .iter()
                    .map(Grouping::name)
                    .zip(key)
                    .filter(|(_, value)| !value.is_empty());
                let mut row: QueryRow = named
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect();
                row.extend(
                    self.functions.iter().filter_map(|function| {
                        Some((function.name.clone(), function.of(&members)?))
                    }),
                );
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
        let values = || {
            records
                .iter()
                .filter_map(|record| record.field(self.field.as_deref()?))
        };
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

impl QueryExpression {
    fn holds(&self, record: &Record) -> bool {
        match self {
            Self::And(one, other) => one.holds(record) && other.holds(record),
            Self::Or(one, other) => one.holds(record) || other.holds(record),
            Self::Not(inner) => !inner.holds(record),
            Self::IsPresent(field) => record.field(field).is_some(),
            Self::Like(field, regex) => record
                .field(field)
                .is_some_and(|value| regex.is_match(&value)),
            Self::In(field, values) => record
                .field(field)
                .is_some_and(|value| values.contains(&value)),
            Self::Compare(field, operator, wanted) => {
                let Some(value) = record.field(field) else {
                    return operator == "!=";
                };
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
            event: Arc::new(StoredEvent {
                timestamp: position as i64 * 60_000,
                ingestion: 0,
                stream: "s".into(),
                message: (*line).to_owned(),
                arrival: position as u64,
            }),
        };
        lines.iter().enumerate().map(record).collect()
    }

    fn run(text: &str) -> Vec<QueryRow> {
        let query = InsightsQuery::parse(text).unwrap();
        let kept = records()
            .into_iter()
            .filter(|record| query.keeps(record))
            .collect();
        query.finish(kept, 10_000)
    }

    fn column(rows: &[QueryRow], name: &str) -> Vec<String> {
        rows.iter()
            .filter_map(|row| row.iter().find(|(field, _)| field == name))
            .map(|(_, value)| value.clone())
            .collect()
    }

    #[test]
    fn filters_and_sorts() {
        assert_eq!(
            column(
                &run("fields @timestamp, took | filter level = 'ERROR' | sort took asc"),
                "took"
            ),
            ["7", "50"]
        );
        assert_eq!(
            column(
                &run("fields took | filter took > 5 and level in [\"ERROR\", 'WARN']"),
                "took"
            ),
            ["7", "50"]
        );
        assert_eq!(run("filter @message like /ERR.R/ | limit 2").len(), 2);
        assert_eq!(run("filter @message not like \"ERROR\"").len(), 1);
        assert_eq!(run("filter attributes.session.id = 's1'").len(), 1);
        assert_eq!(
            run("filter ispresent(traceId) and not (traceId = 't1')").len(),
            1
        );
        assert_eq!(
            column(
                &run("fields @timestamp | sort @timestamp asc | limit 1"),
                "@timestamp"
            ),
            ["1970-01-01 00:00:00.000"]
        );
    }

    #[test]
    fn counts_by_field_and_bin() {
        let rows = run("stats count(*) as calls, max(took) by level | sort calls desc");
        assert_eq!(column(&rows, "calls"), ["2", "1", "1"]);
        assert_eq!(column(&rows, "max(took)"), ["50", "5"]);
        assert_eq!(run("stats count() by bin(2m)").len(), 2);
        assert_eq!(
            column(&run("filter level = 'NONE' | stats count(*)"), "count(*)"),
            ["0"]
        );
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
            assert!(InsightsQuery::parse(broken).is_err(), "{broken}");
        }
    }
}
