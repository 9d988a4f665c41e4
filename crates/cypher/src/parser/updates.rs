//! Updating clauses: `MERGE`, `SET`, `REMOVE`, `DELETE` and `FOREACH`.

use super::CypherParser;
use crate::error::CypherError;
use crate::syntax::{Expr, ExprKind, LabelExpression, Name, RemoveItem, SetItem, UpdatingClause};

impl CypherParser<'_> {
    pub(super) fn merge(&mut self) -> Result<UpdatingClause, CypherError> {
        self.next();
        let pattern = self.pattern()?;
        let (mut on_create, mut on_match) = (Vec::new(), Vec::new());
        loop {
            if self.take_words(&["ON", "CREATE", "SET"]) {
                on_create.extend(self.set_items()?);
            } else if self.take_words(&["ON", "MATCH", "SET"]) {
                on_match.extend(self.set_items()?);
            } else {
                return Ok(UpdatingClause::Merge {
                    pattern,
                    on_create,
                    on_match,
                });
            }
        }
    }

    pub(super) fn set_items(&mut self) -> Result<Vec<SetItem>, CypherError> {
        let mut items = vec![self.set_item()?];
        while self.take(",") {
            items.push(self.set_item()?);
        }
        Ok(items)
    }

    pub(super) fn set_item(&mut self) -> Result<SetItem, CypherError> {
        if let Some(name) = self.attempt(|parser| parser.name_before(&["=", "+="])) {
            let merge = self.take("+=");
            if !merge {
                self.expect("=")?;
            }
            let value = self.expression()?;
            return Ok(if merge {
                SetItem::Merge { name, value }
            } else {
                SetItem::Replace { name, value }
            });
        }
        if let Some(name) = self.attempt(|parser| parser.name_before(&[":"])) {
            let labels = self.plain_labels()?;
            return Ok(SetItem::Labels { name, labels });
        }
        let subject = self.postfix()?;
        if let ExprKind::HasLabels(target, labels) = subject.kind {
            return labels_of(*target, &labels)
                .map(|(name, labels)| SetItem::Labels { name, labels })
                .ok_or_else(|| self.unexpected("'.', ':', '=' or '+='"));
        }
        if let ExprKind::Property(target, key) = subject.kind {
            self.expect("=")?;
            return Ok(SetItem::Property {
                target: *target,
                key,
                value: self.expression()?,
            });
        }
        let ExprKind::Index(target, key) = subject.kind else {
            return Err(self.unexpected("'.', ':', '=', 'IS' or '+='"));
        };
        self.expect("=")?;
        Ok(SetItem::Dynamic {
            target: *target,
            key: *key,
            value: self.expression()?,
        })
    }

    pub(super) fn name_before(&mut self, symbols: &[&str]) -> Result<Name, CypherError> {
        let name = self.name("a variable name")?;
        if symbols.iter().any(|symbol| self.is(symbol)) {
            Ok(name)
        } else {
            Err(self.unexpected("'='"))
        }
    }

    pub(super) fn plain_labels(&mut self) -> Result<Vec<String>, CypherError> {
        let mut labels = Vec::new();
        while self.take(":") || (!labels.is_empty() && self.take("&")) {
            labels.push(self.name("a node label/relationship type name")?.text);
        }
        Ok(labels)
    }

    pub(super) fn remove(&mut self) -> Result<UpdatingClause, CypherError> {
        self.next();
        let mut items = Vec::new();
        loop {
            if let Some(name) = self.attempt(|parser| parser.name_before(&[":"])) {
                let labels = self.plain_labels()?;
                items.push(RemoveItem::Labels { name, labels });
            } else {
                let subject = self.postfix()?;
                let ExprKind::Property(target, key) = subject.kind else {
                    return Err(self.unexpected("'.' or ':'"));
                };
                items.push(RemoveItem::Property {
                    target: *target,
                    key,
                });
            }
            if !self.take(",") {
                return Ok(UpdatingClause::Remove(items));
            }
        }
    }

    pub(super) fn delete(&mut self) -> Result<UpdatingClause, CypherError> {
        let detach = self.take_word("DETACH");
        let _ = self.take_word("NODETACH");
        self.expect_word("DELETE")?;
        let mut expressions = vec![self.expression()?];
        while self.take(",") {
            expressions.push(self.expression()?);
        }
        Ok(UpdatingClause::Delete {
            detach,
            expressions,
        })
    }

    pub(super) fn foreach(&mut self) -> Result<UpdatingClause, CypherError> {
        self.next();
        self.expect("(")?;
        let name = self.name("a variable name")?;
        self.expect_word("IN")?;
        let list = self.expression()?;
        self.expect("|")?;
        let clauses = self.nested(Self::clauses)?;
        self.expect(")")?;
        Ok(UpdatingClause::Foreach {
            name,
            list,
            clauses,
        })
    }
}

fn labels_of(target: Expr, labels: &LabelExpression) -> Option<(Name, Vec<String>)> {
    let ExprKind::Variable(text) = target.kind else {
        return None;
    };
    Some((
        Name {
            text,
            at: target.at,
        },
        labels.conjunction()?,
    ))
}
