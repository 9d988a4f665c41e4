//! Expressions to values, against one row and the graph as it is at that moment.

mod operators;

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::failure::{ENTITY_NOT_FOUND, Failure, OUT_OF_MEMORY, SEMANTIC, TIMED_OUT, TYPE};
use super::host::Host;
use super::syntax::{Expression, Kind, MapElement, Operator, Quantifier, SubqueryKind};
use super::{functions, temporal};
use crate::graph::Graph;
use crate::value::{self, Map, Value, equals};

pub(super) use operators::arithmetic;
use operators::{compared, contained, negate, texts};

pub type Evaluated = Result<Value, Failure>;

/// How much one statement may do: a stand-in must not hang on a cartesian product.
const MOST_WORK: u64 = 50_000_000;
/// How many rows one clause may hold.
const MOST_ROWS: usize = 10_000_000;

/// What changed, as a client is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    pub nodes_created: i64,
    pub nodes_deleted: i64,
    pub relationships_created: i64,
    pub relationships_deleted: i64,
    pub properties_set: i64,
    pub labels_added: i64,
    pub labels_removed: i64,
    pub indexes_added: i64,
    pub indexes_removed: i64,
    pub constraints_added: i64,
    pub constraints_removed: i64,
    pub system_updates: i64,
}

/// One statement at work.
pub struct Engine<'a> {
    /// The working copy; it becomes the graph when the statement succeeds.
    pub(super) graph: RefCell<Graph>,
    pub(super) parameters: &'a Map,
    pub(super) now: jiff::Zoned,
    pub(super) host: &'a dyn Host,
    pub(super) counters: RefCell<Counters>,
    pub(super) work: Cell<u64>,
    pub(super) random: Cell<u64>,
    pub(super) patterns: RefCell<BTreeMap<String, regex::Regex>>,
    /// Nodes to be deleted that had relationships when they were named.
    pub(super) doomed: RefCell<Vec<u64>>,
    /// The types of relationships that this statement has deleted: `type(r)` still answers.
    pub(super) gone: RefCell<HashMap<u64, String>>,
}

/// The names that an expression sees: one row, then whatever encloses it.
#[derive(Clone, Copy)]
pub struct Bindings<'a> {
    pub(super) names: &'a [String],
    pub(super) values: &'a [Value],
    pub(super) outer: Option<&'a Bindings<'a>>,
    /// Values of aggregate functions by the place of the call.
    pub(super) aggregates: Option<&'a HashMap<usize, Value>>,
}

impl<'a> Bindings<'a> {
    pub(super) fn row(names: &'a [String], values: &'a [Value]) -> Self {
        Self {
            names,
            values,
            outer: None,
            aggregates: None,
        }
    }

    pub(super) fn inside(
        names: &'a [String],
        values: &'a [Value],
        outer: &'a Bindings<'a>,
    ) -> Self {
        Self {
            names,
            values,
            outer: Some(outer),
            aggregates: None,
        }
    }

    fn find(&self, name: &str) -> Option<&Value> {
        let own = self
            .names
            .iter()
            .rposition(|known| known == name)
            .and_then(|index| self.values.get(index));
        own.or_else(|| self.outer.and_then(|outer| outer.find(name)))
    }

    fn aggregate(&self, at: usize) -> Option<&Value> {
        self.aggregates
            .and_then(|known| known.get(&at))
            .or_else(|| self.outer.and_then(|outer| outer.aggregate(at)))
    }

    /// All names and values, the outermost first.
    pub(super) fn flattened(&self) -> (Vec<String>, Vec<Value>) {
        let (mut names, mut values) = self.outer.map(Bindings::flattened).unwrap_or_default();
        for (name, value) in self.names.iter().zip(self.values) {
            if let Some(index) = names.iter().position(|known| known == name) {
                if let Some(slot) = values.get_mut(index) {
                    *slot = value.clone();
                }
            } else {
                names.push(name.clone());
                values.push(value.clone());
            }
        }
        (names, values)
    }
}

impl Engine<'_> {
    /// Counts a step; too many end the statement.
    pub(super) fn step(&self) -> Result<(), Failure> {
        let work = self.work.get() + 1;
        self.work.set(work);
        if work > MOST_WORK {
            return Err(Failure::run(
                TIMED_OUT,
                "The transaction has been terminated. Retry your operation in a new transaction, and you should see a successful result. \
                 The transaction has not completed within the timeout specified at its start by the client. You may want to retry with a \
                 longer timeout.",
            ));
        }
        Ok(())
    }

    pub(super) fn room(rows: usize) -> Result<(), Failure> {
        if rows > MOST_ROWS {
            let message = "The allocation of an extra 2.0 MiB would use more than the limit 512.0 MiB. Currently using 511.0 MiB. \
                           dbms.memory.transaction.total.max threshold reached";
            return Err(Failure::run(OUT_OF_MEMORY, message));
        }
        Ok(())
    }

    pub(super) fn evaluate(&self, expression: &Expression, row: &Bindings<'_>) -> Evaluated {
        match &expression.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Variable(name) => Ok(row.find(name).cloned().unwrap_or(Value::Null)),
            Kind::Parameter(name) => Ok(self.parameters.get(name).cloned().unwrap_or(Value::Null)),
            Kind::Property(subject, key) => {
                let subject = self.evaluate(subject, row)?;
                self.property(&subject, key)
            }
            Kind::Index(subject, index) => {
                let (subject, index) = (self.evaluate(subject, row)?, self.evaluate(index, row)?);
                self.index(&subject, &index)
            }
            Kind::Slice(list, from, to) => self.slice(list, from.as_deref(), to.as_deref(), row),
            Kind::List(items) => items
                .iter()
                .map(|item| self.evaluate(item, row))
                .collect::<Result<_, _>>()
                .map(Value::List),
            Kind::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.evaluate(value, row)?)));
                entries.collect::<Result<Map, Failure>>().map(Value::Map)
            }
            Kind::MapProjection(subject, elements) => self.map_projection(subject, elements, row),
            Kind::Negate(inner) => negate(self.evaluate(inner, row)?),
            Kind::Not(inner) => Ok(truth(self.truth(inner, row)?.map(|value| !value))),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, row),
            Kind::Comparison(first, rest) => self.comparison(first, rest, row),
            Kind::IsNull(inner, positive) => Ok(Value::Boolean(
                self.evaluate(inner, row)?.is_null() == *positive,
            )),
            Kind::IsType(inner, name, positive) => Ok(Value::Boolean(
                is_type(&self.evaluate(inner, row)?, name) == *positive,
            )),
            Kind::HasLabels(inner, labels) => {
                let subject = self.evaluate(inner, row)?;
                Ok(self
                    .has_labels(&subject, labels)
                    .map_or(Value::Null, Value::Boolean))
            }
            Kind::Function {
                name,
                distinct,
                arguments,
            } => {
                if expression.is_aggregate() {
                    let _ = distinct;
                    return Ok(row.aggregate(expression.at).cloned().unwrap_or(Value::Null));
                }
                self.call(name, arguments, row)
            }
            Kind::CountStar => Ok(row.aggregate(expression.at).cloned().unwrap_or(Value::Null)),
            Kind::Case {
                subject,
                branches,
                otherwise,
            } => self.case(subject.as_deref(), branches, otherwise.as_deref(), row),
            Kind::Comprehension {
                name,
                list,
                predicate,
                result,
            } => self.comprehension(name, list, predicate.as_deref(), result.as_deref(), row),
            Kind::PatternComprehension {
                pattern,
                predicate,
                result,
            } => self
                .pattern_comprehension(pattern, predicate.as_deref(), result, row)
                .map(Value::List),
            Kind::Quantified {
                quantifier,
                name,
                list,
                predicate,
            } => self.quantified(*quantifier, name, list, predicate, row),
            Kind::Reduce {
                accumulator,
                start,
                name,
                list,
                step,
            } => {
                let mut total = self.evaluate(start, row)?;
                let names = [accumulator.clone(), name.clone()];
                for item in self.items(list, row)?.unwrap_or_default() {
                    self.step()?;
                    let values = [total, item];
                    total = self.evaluate(step, &Bindings::inside(&names, &values, row))?;
                }
                Ok(total)
            }
            Kind::Pattern(pattern) => self.pattern_value(pattern, row),
            Kind::Subquery(kind, query) => self.subquery_value(*kind, query, row),
        }
    }

    /// A value as a predicate: None stands for null.
    pub(super) fn truth(
        &self,
        expression: &Expression,
        row: &Bindings<'_>,
    ) -> Result<Option<bool>, Failure> {
        match self.evaluate(expression, row)? {
            Value::Boolean(value) => Ok(Some(value)),
            Value::Null => Ok(None),
            Value::List(items) if matches!(expression.kind, Kind::Pattern(_)) => {
                Ok(Some(!items.is_empty()))
            }
            other => Err(Failure::run(
                TYPE,
                format!(
                    "Don't know how to treat that as a predicate: {}",
                    other.described()
                ),
            )),
        }
    }

    pub(super) fn holds(
        &self,
        predicate: Option<&Expression>,
        row: &Bindings<'_>,
    ) -> Result<bool, Failure> {
        predicate.map_or(Ok(true), |predicate| {
            Ok(self.truth(predicate, row)? == Some(true))
        })
    }

    fn property(&self, subject: &Value, key: &str) -> Evaluated {
        match subject {
            Value::Null => Ok(Value::Null),
            Value::Map(map) => Ok(map.get(key).cloned().unwrap_or(Value::Null)),
            Value::Node(_) | Value::Relationship(_) => {
                let graph = self.graph.borrow();
                let Some(properties) = graph.properties(subject) else {
                    let (kind, id) = match subject {
                        Value::Node(id) => ("Node", id),
                        Value::Relationship(id) => ("Relationship", id),
                        _ => return Ok(Value::Null),
                    };
                    let message =
                        format!("{kind} with id {id} has been deleted in this transaction");
                    return Err(Failure::run(ENTITY_NOT_FOUND, message));
                };
                Ok(properties.get(key).cloned().unwrap_or(Value::Null))
            }
            Value::Point(point) => Ok(functions::point_property(point, key)),
            other => temporal::property(other, key),
        }
    }

    fn index(&self, subject: &Value, index: &Value) -> Evaluated {
        match (subject, index) {
            (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
            (Value::List(items), Value::Integer(index)) => {
                let index = if *index < 0 {
                    items.len() as i64 + index
                } else {
                    *index
                };
                Ok(usize::try_from(index)
                    .ok()
                    .and_then(|index| items.get(index))
                    .cloned()
                    .unwrap_or(Value::Null))
            }
            (Value::Map(_) | Value::Node(_) | Value::Relationship(_), Value::String(key)) => {
                self.property(subject, key)
            }
            (Value::List(_), other) => Err(Failure::run(
                TYPE,
                format!(
                    "Cannot access a list by key `{}`: expected an Integer",
                    other.described()
                ),
            )),
            (other, key) => {
                let message = format!(
                    "`{}` is not a collection or a map. Element access is only possible by performing a collection lookup \
                     using an integer index, or by performing a map lookup using a string key (found: {})",
                    other.described(),
                    key.described()
                );
                Err(Failure::run(TYPE, message))
            }
        }
    }

    fn slice(
        &self,
        list: &Expression,
        from: Option<&Expression>,
        to: Option<&Expression>,
        row: &Bindings<'_>,
    ) -> Evaluated {
        let Some(items) = self.items(list, row)? else {
            return Ok(Value::Null);
        };
        let length = items.len() as i64;
        let bound = |part: Option<&Expression>, missing: i64| -> Result<Option<i64>, Failure> {
            let Some(part) = part else {
                return Ok(Some(missing));
            };
            match self.evaluate(part, row)? {
                Value::Integer(index) => Ok(Some(
                    if index < 0 { length + index } else { index }.clamp(0, length),
                )),
                Value::Null => Ok(None),
                other => Err(Failure::run(
                    TYPE,
                    format!("Expected an Integer, got: {}", other.described()),
                )),
            }
        };
        let (Some(from), Some(to)) = (bound(from, 0)?, bound(to, length)?) else {
            return Ok(Value::Null);
        };
        let taken = usize::try_from((to - from).max(0)).unwrap_or_default();
        Ok(Value::List(
            items
                .into_iter()
                .skip(usize::try_from(from).unwrap_or_default())
                .take(taken)
                .collect(),
        ))
    }

    /// A list, with a single value counting as a list of one where Cypher lets it; None for null.
    pub(super) fn items(
        &self,
        list: &Expression,
        row: &Bindings<'_>,
    ) -> Result<Option<Vec<Value>>, Failure> {
        match self.evaluate(list, row)? {
            Value::Null => Ok(None),
            Value::List(items) => Ok(Some(items)),
            other => Err(Failure::run(
                TYPE,
                format!("Expected a List, got: {}", other.described()),
            )),
        }
    }

    fn map_projection(
        &self,
        subject: &Expression,
        elements: &[MapElement],
        row: &Bindings<'_>,
    ) -> Evaluated {
        let value = self.evaluate(subject, row)?;
        if value.is_null() {
            return Ok(Value::Null);
        }
        let mut map = Map::new();
        for element in elements {
            match element {
                MapElement::Property(key) => {
                    map.insert(key.clone(), self.property(&value, key)?);
                }
                MapElement::Everything => match &value {
                    Value::Map(all) => map.extend(all.clone()),
                    other => map.extend(
                        self.graph
                            .borrow()
                            .properties(other)
                            .cloned()
                            .unwrap_or_default(),
                    ),
                },
                MapElement::Entry(key, expression) => {
                    map.insert(key.clone(), self.evaluate(expression, row)?);
                }
                MapElement::Variable(name, _) => {
                    map.insert(name.clone(), row.find(name).cloned().unwrap_or(Value::Null));
                }
            }
        }
        Ok(Value::Map(map))
    }

    pub(super) fn has_labels(
        &self,
        subject: &Value,
        labels: &super::syntax::LabelExpression,
    ) -> Option<bool> {
        let graph = self.graph.borrow();
        match subject {
            Value::Node(id) => {
                let node = graph.node(*id)?;
                Some(labels.matches(&|name| node.labels.contains(name), !node.labels.is_empty()))
            }
            Value::Relationship(id) => {
                let found = graph.relationship(*id)?;
                Some(labels.matches(&|name| found.kind == name, true))
            }
            _ => None,
        }
    }

    fn binary(
        &self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        row: &Bindings<'_>,
    ) -> Evaluated {
        match operator {
            Operator::And => {
                let left = self.truth(left, row)?;
                if left == Some(false) {
                    return Ok(Value::Boolean(false));
                }
                return Ok(match (left, self.truth(right, row)?) {
                    (_, Some(false)) => Value::Boolean(false),
                    (Some(true), Some(true)) => Value::Boolean(true),
                    _ => Value::Null,
                });
            }
            Operator::Or => {
                let left = self.truth(left, row)?;
                if left == Some(true) {
                    return Ok(Value::Boolean(true));
                }
                return Ok(match (left, self.truth(right, row)?) {
                    (_, Some(true)) => Value::Boolean(true),
                    (Some(false), Some(false)) => Value::Boolean(false),
                    _ => Value::Null,
                });
            }
            Operator::Xor => {
                let pair = (self.truth(left, row)?, self.truth(right, row)?);
                return Ok(match pair {
                    (Some(a), Some(b)) => Value::Boolean(a != b),
                    _ => Value::Null,
                });
            }
            _ => {}
        }
        let (left, right) = (self.evaluate(left, row)?, self.evaluate(right, row)?);
        match operator {
            Operator::In => contained(&left, right),
            Operator::StartsWith => Ok(texts(&left, &right, |text, part| text.starts_with(part))),
            Operator::EndsWith => Ok(texts(&left, &right, |text, part| text.ends_with(part))),
            Operator::Contains => Ok(texts(&left, &right, |text, part| text.contains(part))),
            Operator::Matches => self.matches(&left, &right),
            _ => arithmetic(operator, left, right),
        }
    }

    fn matches(&self, text: &Value, pattern: &Value) -> Evaluated {
        let (Value::String(text), Value::String(pattern)) = (text, pattern) else {
            return Ok(Value::Null);
        };
        let mut known = self.patterns.borrow_mut();
        if !known.contains_key(pattern) {
            let anchored = format!("^(?:{pattern})$");
            let compiled = regex::Regex::new(&anchored).map_err(|error| {
                Failure::run(
                    SEMANTIC,
                    format!("Invalid Regex: {}", error.to_string().replace('\n', " ")),
                )
            })?;
            known.insert(pattern.clone(), compiled);
        }
        Ok(known
            .get(pattern)
            .map_or(Value::Null, |found| Value::Boolean(found.is_match(text))))
    }

    fn comparison(
        &self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        row: &Bindings<'_>,
    ) -> Evaluated {
        let mut left = self.evaluate(first, row)?;
        let mut known = Some(true);
        for (operator, expression) in rest {
            let right = self.evaluate(expression, row)?;
            match compared(*operator, &left, &right) {
                Some(false) => return Ok(Value::Boolean(false)),
                None => known = None,
                Some(true) => {}
            }
            left = right;
        }
        Ok(truth(known))
    }

    fn case(
        &self,
        subject: Option<&Expression>,
        branches: &[(Expression, Expression)],
        otherwise: Option<&Expression>,
        row: &Bindings<'_>,
    ) -> Evaluated {
        let subject = subject
            .map(|subject| self.evaluate(subject, row))
            .transpose()?;
        for (condition, result) in branches {
            let taken = match &subject {
                Some(subject) => equals(subject, &self.evaluate(condition, row)?) == Some(true),
                None => self.truth(condition, row)? == Some(true),
            };
            if taken {
                return self.evaluate(result, row);
            }
        }
        otherwise.map_or(Ok(Value::Null), |otherwise| self.evaluate(otherwise, row))
    }

    fn comprehension(
        &self,
        name: &str,
        list: &Expression,
        predicate: Option<&Expression>,
        result: Option<&Expression>,
        row: &Bindings<'_>,
    ) -> Evaluated {
        let Some(items) = self.items(list, row)? else {
            return Ok(Value::Null);
        };
        let names = [name.to_owned()];
        let mut results = Vec::new();
        for item in items {
            self.step()?;
            let values = [item];
            let inner = Bindings::inside(&names, &values, row);
            if !self.holds(predicate, &inner)? {
                continue;
            }
            let value = result
                .map(|result| self.evaluate(result, &inner))
                .transpose()?;
            let [item] = values;
            results.push(value.unwrap_or(item));
        }
        Ok(Value::List(results))
    }

    fn quantified(
        &self,
        quantifier: Quantifier,
        name: &str,
        list: &Expression,
        predicate: &Expression,
        row: &Bindings<'_>,
    ) -> Evaluated {
        let Some(items) = self.items(list, row)? else {
            return Ok(Value::Null);
        };
        let names = [name.to_owned()];
        let (mut yes, mut no, mut unknown) = (0, 0, 0);
        for item in items {
            self.step()?;
            let values = [item];
            match self.truth(predicate, &Bindings::inside(&names, &values, row))? {
                Some(true) => yes += 1,
                Some(false) => no += 1,
                None => unknown += 1,
            }
        }
        let known = match quantifier {
            Quantifier::All if no > 0 => Some(false),
            Quantifier::Any if yes > 0 => Some(true),
            Quantifier::None if yes > 0 => Some(false),
            Quantifier::Single if yes > 1 => Some(false),
            _ if unknown > 0 => None,
            Quantifier::All | Quantifier::None => Some(true),
            Quantifier::Any => Some(false),
            Quantifier::Single => Some(yes == 1),
        };
        Ok(truth(known))
    }

    fn subquery_value(
        &self,
        kind: SubqueryKind,
        query: &super::syntax::Query,
        row: &Bindings<'_>,
    ) -> Evaluated {
        let (names, values) = row.flattened();
        let table = self.query(query, &names, &values)?;
        if let Some(failure) = table.failure {
            return Err(failure);
        }
        Ok(match kind {
            SubqueryKind::Exists => Value::Boolean(!table.rows.is_empty()),
            SubqueryKind::Count => Value::Integer(table.rows.len() as i64),
            SubqueryKind::Collect => Value::List(
                table
                    .rows
                    .into_iter()
                    .filter_map(|row| row.into_iter().next())
                    .collect(),
            ),
        })
    }
}

pub(super) fn truth(known: Option<bool>) -> Value {
    known.map_or(Value::Null, Value::Boolean)
}

fn is_type(subject: &Value, name: &str) -> bool {
    let (name, nullable) = match name.strip_suffix(" NOT NULL") {
        Some(name) => (name, false),
        None => (name, true),
    };
    if subject.is_null() {
        return nullable;
    }
    match name {
        "BOOLEAN" | "BOOL" => matches!(subject, Value::Boolean(_)),
        "INTEGER" | "INT" => matches!(subject, Value::Integer(_)),
        "FLOAT" => matches!(subject, Value::Float(_)),
        "STRING" | "VARCHAR" => matches!(subject, Value::String(_)),
        "MAP" => matches!(subject, Value::Map(_)),
        "NODE" | "VERTEX" => matches!(subject, Value::Node(_)),
        "RELATIONSHIP" | "EDGE" => matches!(subject, Value::Relationship(_)),
        "PATH" => matches!(subject, Value::Path(_)),
        "POINT" => matches!(subject, Value::Point(_)),
        "DATE" => matches!(subject, Value::Date(_)),
        "DURATION" => matches!(subject, Value::Duration(_)),
        "LOCAL TIME" => matches!(subject, Value::LocalTime(_)),
        "ZONED TIME" => matches!(subject, Value::Time(..)),
        "LOCAL DATETIME" => matches!(subject, Value::LocalDateTime(_)),
        "ZONED DATETIME" => matches!(subject, Value::DateTime(_)),
        "ANY" | "ANY VALUE" => true,
        other => match (subject, other.strip_prefix("LIST")) {
            (Value::List(items), Some(inner)) => {
                let inner = inner.trim().trim_start_matches('<').trim_end_matches('>');
                inner.is_empty() || items.iter().all(|item| is_type(item, inner))
            }
            _ => false,
        },
    }
}

/// A value as a number for SKIP and LIMIT.
pub(super) fn amount(value: &Value) -> Result<usize, Failure> {
    match value {
        Value::Integer(number) => usize::try_from(*number).map_err(|_| wrong_amount(value)),
        other => Err(wrong_amount(other)),
    }
}

fn wrong_amount(value: &Value) -> Failure {
    let message = format!(
        "Invalid input. '{}' is not a valid value. Must be a non-negative integer.",
        value.text()
    );
    Failure::run(super::failure::ARGUMENT, message)
}

/// Whether a value may be stored as a property.
pub(super) fn storable(value: &Value) -> Result<(), Failure> {
    let refused = |value: &Value| {
        let message = format!(
            "Property values can only be of primitive types or arrays thereof. Encountered: {}.",
            value.described()
        );
        Failure::run(TYPE, message)
    };
    match value {
        Value::Map(_) | Value::Node(_) | Value::Relationship(_) | Value::Path(_) => {
            Err(refused(value))
        }
        Value::List(items) => {
            if items.iter().any(Value::is_null) {
                return Err(Failure::run(
                    TYPE,
                    "Collections containing null values can not be stored in properties.",
                ));
            }
            if items.iter().any(|item| matches!(item, Value::List(_))) {
                return Err(Failure::run(
                    TYPE,
                    "Collections containing collections can not be stored in properties.",
                ));
            }
            let mixed = items.windows(2).any(|pair| match pair {
                [
                    Value::Integer(_) | Value::Float(_),
                    Value::Integer(_) | Value::Float(_),
                ] => false,
                [a, b] => a.type_name() != b.type_name(),
                _ => false,
            });
            if mixed {
                let message = "Neo4j only supports a subset of Cypher types for storage as singleton or array properties. Please refer to \
                               section cypher/syntax/values of the manual for more details.";
                return Err(Failure::run(TYPE, message));
            }
            items
                .iter()
                .find(|item| matches!(item, Value::Map(_) | Value::Node(_)))
                .map_or(Ok(()), |item| Err(refused(item)))
        }
        _ => Ok(()),
    }
}

/// Sorts rows by keys; equal rows keep their order.
pub(super) fn by_keys(left: &[(Value, bool)], right: &[(Value, bool)]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|((a, descending), (b, _))| {
            if *descending {
                value::order(b, a)
            } else {
                value::order(a, b)
            }
        })
        .find(|found| found.is_ne())
        .unwrap_or(Ordering::Equal)
}
