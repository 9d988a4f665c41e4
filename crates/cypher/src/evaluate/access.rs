//! Access to parts of values: properties, elements, slices and map projections.

use crate::codes::{ENTITY_NOT_FOUND, TYPE};
use crate::engine::{Engine, Evaluated, RowBindings};
use crate::error::CypherError;
use crate::syntax::{Expr, LabelExpression, MapElement};
use crate::value::{EntityId, Map, Value};
use crate::{functions, temporal};

impl Engine<'_> {
    pub(super) fn property(&self, subject: &Value, key: &str) -> Evaluated {
        if let Some(entity) = subject.entity() {
            return self.entity_property(entity, key);
        }
        match subject {
            Value::Null => Ok(Value::Null),
            Value::Map(map) => Ok(map.get(key).cloned().unwrap_or(Value::Null)),
            Value::Point(point) => Ok(functions::point_property(point, key)),
            other => temporal::property(other, key),
        }
    }

    fn entity_property(&self, entity: EntityId, key: &str) -> Evaluated {
        let graph = self.graph.borrow();
        let Some(properties) = graph.properties(entity) else {
            let (kind, id) = match entity {
                EntityId::Node(id) => ("Node", id),
                EntityId::Relationship(id) => ("Relationship", id),
            };
            let message = format!("{kind} with id {id} has been deleted in this transaction");
            return Err(CypherError::run(ENTITY_NOT_FOUND, message));
        };
        Ok(properties.get(key).cloned().unwrap_or(Value::Null))
    }

    pub(super) fn index(&self, subject: &Value, index: &Value) -> Evaluated {
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
            (Value::List(_), other) => Err(CypherError::run(
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
                Err(CypherError::run(TYPE, message))
            }
        }
    }

    pub(super) fn slice(
        &self,
        list: &Expr,
        from: Option<&Expr>,
        to: Option<&Expr>,
        row: &RowBindings<'_>,
    ) -> Evaluated {
        let Some(items) = self.items(list, row)? else {
            return Ok(Value::Null);
        };
        let length = items.len() as i64;
        let bound = |part: Option<&Expr>, missing: i64| -> Result<Option<i64>, CypherError> {
            let Some(part) = part else {
                return Ok(Some(missing));
            };
            match self.evaluate(part, row)? {
                Value::Integer(index) => Ok(Some(
                    if index < 0 { length + index } else { index }.clamp(0, length),
                )),
                Value::Null => Ok(None),
                other => Err(CypherError::run(
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

    pub(super) fn map_projection(
        &self,
        subject: &Expr,
        elements: &[MapElement],
        row: &RowBindings<'_>,
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
                    other => map.extend(self.properties_of(other)),
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

    /// Returns the properties of an entity; none if it was deleted, and for other values.
    pub(crate) fn properties_of(&self, value: &Value) -> Map {
        let graph = self.graph.borrow();
        let properties = value.entity().and_then(|entity| graph.properties(entity));
        properties.cloned().unwrap_or_default()
    }

    /// Returns whether an entity matches a label expression; `None` for values that are no entity.
    pub(crate) fn has_labels(&self, subject: &Value, labels: &LabelExpression) -> Option<bool> {
        let graph = self.graph.borrow();
        match subject.entity()? {
            EntityId::Node(id) => {
                let node = graph.node(id)?;
                Some(labels.matches(&|name| node.labels.contains(name), !node.labels.is_empty()))
            }
            EntityId::Relationship(id) => {
                let found = graph.relationship(id)?;
                Some(labels.matches(&|name| found.kind == name, true))
            }
        }
    }
}
