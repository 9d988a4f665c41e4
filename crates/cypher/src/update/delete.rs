//! `DELETE` and `DETACH DELETE`.

use crate::codes::{CONSTRAINT, TYPE};
use crate::engine::{Engine, RowBindings};
use crate::error::{CypherError, ErrorPhase};
use crate::execute::BindingTable;
use crate::syntax::Expr;
use crate::update::UpdateResult;
use crate::value::Value;

impl Engine<'_> {
    /// Deletes the entities that the expressions name in all rows.
    pub(super) fn delete(
        &self,
        detach: bool,
        expressions: &[Expr],
        table: &BindingTable,
    ) -> UpdateResult {
        let (mut nodes, mut relationships) = (Vec::new(), Vec::new());
        for row in &table.rows {
            for expression in expressions {
                match self.evaluate(expression, &RowBindings::row(&table.names, row))? {
                    Value::Null => {}
                    Value::Node(id) => nodes.push(id),
                    Value::Relationship(id) => relationships.push(id),
                    Value::Path(path) => {
                        nodes.extend(path.nodes);
                        relationships.extend(path.relationships);
                    }
                    other => {
                        return Err(CypherError::run(
                            TYPE,
                            format!(
                                "Expected to find a node or relationship, got: {}",
                                other.described()
                            ),
                        ));
                    }
                }
            }
        }
        for id in relationships {
            self.delete_relationship(id);
        }
        for id in nodes {
            let attached = self.graph.borrow().node(id).map(|node| {
                node.outgoing
                    .iter()
                    .chain(&node.incoming)
                    .copied()
                    .collect::<Vec<_>>()
            });
            let Some(attached) = attached else { continue };
            if detach {
                for id in attached {
                    self.delete_relationship(id);
                }
            } else if !attached.is_empty() {
                // Only the end of the statement tells whether the relationships go as well.
                self.pending_deletions.borrow_mut().push(id);
                continue;
            }
            if self.graph.borrow_mut().delete_node(id) {
                self.counters.borrow_mut().nodes_deleted += 1;
            }
        }
        Ok(())
    }

    /// Deletes the nodes that still had relationships when `DELETE` named them.
    ///
    /// # Errors
    ///
    /// A node still has relationships at the end of the statement.
    pub(crate) fn finish_deletions(&self) -> UpdateResult {
        for id in self.pending_deletions.take() {
            let attached = self
                .graph
                .borrow()
                .node(id)
                .is_some_and(|node| !node.outgoing.is_empty() || !node.incoming.is_empty());
            if attached {
                let message = format!(
                    "Cannot delete node<{id}>, because it still has relationships. To delete this node, you must first delete its relationships."
                );
                return Err(CypherError {
                    phase: ErrorPhase::Commit,
                    ..CypherError::run(CONSTRAINT, message)
                });
            }
            if self.graph.borrow_mut().delete_node(id) {
                self.counters.borrow_mut().nodes_deleted += 1;
            }
        }
        Ok(())
    }

    fn delete_relationship(&self, id: u64) {
        let kind = self
            .graph
            .borrow()
            .relationship(id)
            .map(|found| found.kind.clone());
        if let Some(kind) = kind {
            self.deleted_types.borrow_mut().insert(id, kind);
            self.graph.borrow_mut().delete_relationship(id);
            self.counters.borrow_mut().relationships_deleted += 1;
        }
    }
}
