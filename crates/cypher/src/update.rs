//! Updating clauses: `CREATE`, `MERGE`, `SET`, `REMOVE`, `DELETE` and `FOREACH`.

mod delete;

use crate::codes::{CONSTRAINT, SEMANTIC, TYPE};
use crate::engine::{Engine, RowBindings};
use crate::error::CypherError;
use crate::evaluate::check_storable;
use crate::execute::BindingTable;
use crate::matching;
use crate::syntax::{
    Clause, Direction, Expr, ExprKind, LabelExpression, Name, NodePattern, PathPattern,
    RelationshipPattern, RemoveItem, SetItem, UpdatingClause,
};
use crate::value::{EntityId, Map, PathValue, Value};

type UpdateResult<T = ()> = Result<T, CypherError>;

impl Engine<'_> {
    /// Changes the graph row by row; the rows before one that fails stay.
    pub(crate) fn update(
        &self,
        clause: &UpdatingClause,
        table: BindingTable,
    ) -> Result<BindingTable, CypherError> {
        let old = table.names.clone();
        Ok(match clause {
            UpdatingClause::Create(patterns) => {
                let names = extended(&old, patterns);
                table.flat_map(names.clone(), |mut row| {
                    row.resize(names.len(), Value::Null);
                    patterns
                        .iter()
                        .try_for_each(|pattern| self.create(pattern, &names, &mut row))?;
                    Ok(vec![row])
                })
            }
            UpdatingClause::Merge {
                pattern,
                on_create,
                on_match,
            } => {
                let names = extended(&old, std::slice::from_ref(pattern));
                table.flat_map(names.clone(), |row| {
                    self.merge(pattern, on_create, on_match, &names, row)
                })
            }
            UpdatingClause::Set(items) => for_each_row(table, |row| {
                items.iter().try_for_each(|item| self.set(item, row))
            })
            .all_or_none(),
            UpdatingClause::Remove(items) => for_each_row(table, |row| {
                items.iter().try_for_each(|item| self.remove(item, row))
            })
            .all_or_none(),
            UpdatingClause::Delete {
                detach,
                expressions,
            } => {
                self.delete(*detach, expressions, &table)?;
                table
            }
            UpdatingClause::Foreach {
                name,
                list,
                clauses,
            } => for_each_row(table, |row| self.foreach(name, list, clauses, row)),
        })
    }

    fn foreach(
        &self,
        name: &Name,
        list: &Expr,
        clauses: &[Clause],
        row: &RowBindings<'_>,
    ) -> UpdateResult {
        let (mut names, values) = row.flattened();
        names.push(name.text.clone());
        for item in self.items(list, row)?.unwrap_or_default() {
            let inner = values.iter().cloned().chain([item]).collect();
            let mut table = BindingTable {
                names: names.clone(),
                rows: vec![inner],
                error: None,
            };
            for clause in clauses {
                table = self.clause(&clause.kind, table)?;
                if let Some(error) = table.error {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn create(&self, pattern: &PathPattern, names: &[String], row: &mut [Value]) -> UpdateResult {
        let mut path = PathValue {
            nodes: Vec::new(),
            relationships: Vec::new(),
        };
        let mut here = self.create_node(&pattern.first, names, row)?;
        path.nodes.push(here);
        for (relationship, node) in &pattern.rest {
            let there = self.create_node(node, names, row)?;
            path.relationships.push(self.create_relationship(
                relationship,
                here,
                there,
                names,
                row,
            )?);
            path.nodes.push(there);
            here = there;
        }
        bind(
            names,
            row,
            pattern.path.as_ref(),
            Value::Path(Box::new(path)),
        );
        Ok(())
    }

    fn create_node(
        &self,
        pattern: &NodePattern,
        names: &[String],
        row: &mut [Value],
    ) -> UpdateResult<u64> {
        let known = pattern
            .name
            .as_ref()
            .and_then(|name| names.iter().position(|known| *known == name.text))
            .and_then(|slot| row.get(slot));
        match known {
            Some(Value::Node(id)) => return Ok(*id),
            Some(Value::Null) | None => {}
            Some(other) => {
                return Err(CypherError::run(
                    TYPE,
                    format!("Expected to find a node, got: {}", other.described()),
                ));
            }
        }
        let properties = self.wanted(pattern.properties.as_deref(), names, row)?;
        let id = self.graph.borrow_mut().create_node();
        self.counters.borrow_mut().nodes_created += 1;
        let labels = pattern
            .labels
            .as_ref()
            .and_then(LabelExpression::conjunction)
            .unwrap_or_default();
        for label in &labels {
            self.add_label(id, label);
        }
        self.set_all(EntityId::Node(id), properties)?;
        self.keep_unique(id)?;
        bind(names, row, pattern.name.as_ref(), Value::Node(id));
        Ok(id)
    }

    fn create_relationship(
        &self,
        pattern: &RelationshipPattern,
        from: u64,
        to: u64,
        names: &[String],
        row: &mut [Value],
    ) -> UpdateResult<u64> {
        let types = pattern
            .types
            .as_ref()
            .and_then(LabelExpression::conjunction)
            .unwrap_or_default();
        let kind = types.first().cloned().unwrap_or_default();
        let properties = self.wanted(pattern.properties.as_deref(), names, row)?;
        let (start, end) = if pattern.direction == Direction::Incoming {
            (to, from)
        } else {
            (from, to)
        };
        let id = self
            .graph
            .borrow_mut()
            .create_relationship(&kind, start, end);
        self.counters.borrow_mut().relationships_created += 1;
        self.set_all(EntityId::Relationship(id), properties)?;
        bind(names, row, pattern.name.as_ref(), Value::Relationship(id));
        Ok(id)
    }

    fn wanted(
        &self,
        properties: Option<&Expr>,
        names: &[String],
        row: &[Value],
    ) -> UpdateResult<Map> {
        let Some(properties) = properties else {
            return Ok(Map::new());
        };
        match self.evaluate(properties, &RowBindings::row(names, row))? {
            Value::Map(map) => Ok(map),
            Value::Null => Ok(Map::new()),
            other => Err(CypherError::run(
                TYPE,
                format!(
                    "Parameter provided for node creation is not a Map, instead got {}",
                    other.described()
                ),
            )),
        }
    }

    fn set_all(&self, entity: EntityId, properties: Map) -> UpdateResult {
        properties
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .try_for_each(|(key, value)| self.set_one(entity, &key, value))
    }

    fn set_one(&self, entity: EntityId, key: &str, value: Value) -> UpdateResult {
        check_storable(&value)?;
        if self.graph.borrow_mut().set_property(entity, key, value) {
            self.counters.borrow_mut().properties_set += 1;
        }
        Ok(())
    }

    fn add_label(&self, id: u64, label: &str) {
        if self.graph.borrow_mut().add_label(id, label) {
            self.counters.borrow_mut().labels_added += 1;
        }
    }

    /// Uniqueness constraints hold after every change of a node.
    fn keep_unique(&self, id: u64) -> UpdateResult {
        let Some((label, key, other, value)) = self.graph.borrow().broken_uniqueness(id) else {
            return Ok(());
        };
        let shown = match &value {
            Value::String(text) => format!("'{text}'"),
            value => value.text(),
        };
        let message = format!(
            "Node({other}) already exists with label `{label}` and property `{key}` = {shown}"
        );
        Err(CypherError::run(CONSTRAINT, message))
    }

    fn merge(
        &self,
        pattern: &PathPattern,
        on_create: &[SetItem],
        on_match: &[SetItem],
        names: &[String],
        row: Vec<Value>,
    ) -> UpdateResult<Vec<Vec<Value>>> {
        self.no_null_in_merge(pattern, names, &row)?;
        let patterns = std::slice::from_ref(pattern);
        let mut found = self.matches_of(patterns, None, names, &row, None)?;
        if found.is_empty() {
            let mut created = row;
            created.resize(names.len(), Value::Null);
            self.create(pattern, names, &mut created)?;
            on_create
                .iter()
                .try_for_each(|item| self.set(item, &RowBindings::row(names, &created)))?;
            return Ok(vec![created]);
        }
        for row in &mut found {
            on_match
                .iter()
                .try_for_each(|item| self.set(item, &RowBindings::row(names, row)))?;
        }
        Ok(found)
    }

    fn no_null_in_merge(
        &self,
        pattern: &PathPattern,
        names: &[String],
        row: &[Value],
    ) -> UpdateResult {
        let bound = names.get(..row.len()).unwrap_or(names);
        let nodes =
            std::iter::once(&pattern.first).chain(pattern.rest.iter().map(|(_, node)| node));
        let parts = nodes.map(|node| ("node", node.properties.as_deref()));
        let parts = parts.chain(
            pattern
                .rest
                .iter()
                .map(|(relationship, _)| ("relationship", relationship.properties.as_deref())),
        );
        for (what, properties) in parts {
            let wanted = self.wanted(properties, bound, row)?;
            if let Some((key, _)) = wanted.iter().find(|(_, value)| value.is_null()) {
                let message = format!(
                    "Cannot merge the following {what} because of null property value for '{key}': ( {{{key}: null}})"
                );
                return Err(CypherError::run(SEMANTIC, message));
            }
        }
        Ok(())
    }

    fn set(&self, item: &SetItem, row: &RowBindings<'_>) -> UpdateResult {
        match item {
            SetItem::Property { target, key, value } => {
                let (target, value) = (self.evaluate(target, row)?, self.evaluate(value, row)?);
                self.set_on(&target, key, value)
            }
            SetItem::Dynamic { target, key, value } => {
                let (target, key, value) = (
                    self.evaluate(target, row)?,
                    self.evaluate(key, row)?,
                    self.evaluate(value, row)?,
                );
                self.set_on(&target, &key.text(), value)
            }
            SetItem::Replace { name, value } => {
                let target = self.variable(name, row)?;
                let wanted = self.map_of(value, row)?;
                let old = self.properties_of(&target);
                for key in old.keys().filter(|key| !wanted.contains_key(*key)) {
                    self.set_on(&target, key, Value::Null)?;
                }
                wanted
                    .into_iter()
                    .try_for_each(|(key, value)| self.set_on(&target, &key, value))
            }
            SetItem::Merge { name, value } => {
                let target = self.variable(name, row)?;
                self.map_of(value, row)?
                    .into_iter()
                    .try_for_each(|(key, value)| self.set_on(&target, &key, value))
            }
            SetItem::Labels { name, labels } => {
                if let Value::Node(id) = self.variable(name, row)? {
                    for label in labels {
                        self.add_label(id, label);
                    }
                    self.keep_unique(id)?;
                }
                Ok(())
            }
        }
    }

    fn set_on(&self, target: &Value, key: &str, value: Value) -> UpdateResult {
        if target.is_null() {
            return Ok(());
        }
        let Some(entity) = target.entity() else {
            return Err(CypherError::run(
                TYPE,
                format!(
                    "Invalid input for SET: expected a node or a relationship, got: {}",
                    target.described()
                ),
            ));
        };
        let is_removal = value.is_null();
        self.set_one(entity, key, value)?;
        match entity {
            EntityId::Node(id) if !is_removal => self.keep_unique(id),
            EntityId::Node(_) | EntityId::Relationship(_) => Ok(()),
        }
    }

    fn variable(&self, name: &Name, row: &RowBindings<'_>) -> UpdateResult<Value> {
        self.evaluate(
            &Expr {
                at: name.at,
                kind: ExprKind::Variable(name.text.clone()),
            },
            row,
        )
    }

    fn map_of(&self, value: &Expr, row: &RowBindings<'_>) -> UpdateResult<Map> {
        match self.evaluate(value, row)? {
            Value::Map(map) => Ok(map),
            Value::Null => Ok(Map::new()),
            entity @ (Value::Node(_) | Value::Relationship(_)) => Ok(self.properties_of(&entity)),
            other => Err(CypherError::run(
                TYPE,
                format!(
                    "Expected {} to be a map, but it was :`{}`",
                    other.text(),
                    other.type_name()
                ),
            )),
        }
    }

    fn remove(&self, item: &RemoveItem, row: &RowBindings<'_>) -> UpdateResult {
        match item {
            RemoveItem::Property { target, key } => {
                let target = self.evaluate(target, row)?;
                self.set_on(&target, key, Value::Null)
            }
            RemoveItem::Labels { name, labels } => {
                if let Value::Node(id) = self.variable(name, row)? {
                    for label in labels {
                        if self.graph.borrow_mut().remove_label(id, label) {
                            self.counters.borrow_mut().labels_removed += 1;
                        }
                    }
                }
                Ok(())
            }
        }
    }
}

fn extended(names: &[String], patterns: &[PathPattern]) -> Vec<String> {
    let mut all = names.to_vec();
    for name in matching::variables(patterns) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

fn bind(names: &[String], row: &mut [Value], name: Option<&Name>, value: Value) {
    let slot = name.and_then(|name| names.iter().position(|known| *known == name.text));
    if let Some(place) = slot.and_then(|slot| row.get_mut(slot)) {
        *place = value;
    }
}

/// Does something for each row, up to the first error. The rows stay as they are.
fn for_each_row(
    table: BindingTable,
    mut change: impl FnMut(&RowBindings<'_>) -> UpdateResult,
) -> BindingTable {
    let names = table.names.clone();
    table.flat_map(names.clone(), |row| {
        change(&RowBindings::row(&names, &row))?;
        Ok(vec![row])
    })
}
