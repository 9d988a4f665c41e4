//! Graph patterns and label expressions.

use super::CypherParser;
use crate::error::CypherError;
use crate::lexer::TokenKind;
use crate::syntax::{
    Direction, Expr, ExprKind, LabelExpression, Name, NodePattern, PathPattern,
    RelationshipPattern, Shortest,
};

impl CypherParser<'_> {
    pub(crate) fn patterns(&mut self) -> Result<Vec<PathPattern>, CypherError> {
        let mut patterns = vec![self.pattern()?];
        while self.take(",") {
            patterns.push(self.pattern()?);
        }
        Ok(patterns)
    }

    pub(crate) fn pattern(&mut self) -> Result<PathPattern, CypherError> {
        let at = self.at();
        let path = if self.peek_at(1).kind == TokenKind::Symbol("=") {
            let name = self.variable();
            self.expect("=")?;
            name
        } else {
            None
        };
        for (word, shortest) in [
            ("shortestPath", Shortest::One),
            ("allShortestPaths", Shortest::All),
        ] {
            if self.is_word(word) && self.peek_at(1).kind == TokenKind::Symbol("(") {
                self.next();
                self.expect("(")?;
                let mut pattern = self.chain(at)?;
                self.expect(")")?;
                pattern.path = path;
                pattern.shortest = shortest;
                return self.single_hop(pattern);
            }
        }
        let mut pattern = self.chain(at)?;
        pattern.path = path;
        Ok(pattern)
    }

    fn single_hop(&self, pattern: PathPattern) -> Result<PathPattern, CypherError> {
        if pattern.rest.len() == 1 {
            return Ok(pattern);
        }
        Err(self.fail(
            "shortestPath(...) requires a pattern containing a single relationship",
            pattern.at,
        ))
    }

    /// Nodes and relationships in turn.
    pub(crate) fn chain(&mut self, at: usize) -> Result<PathPattern, CypherError> {
        if !self.is("(") {
            return Err(self.unexpected("a graph pattern, '(', 'ALL', 'ANY' or 'SHORTEST'"));
        }
        if self.peek_at(1).kind == TokenKind::Symbol("(") {
            return Err(self.fail(
                "Quantified path patterns are not supported by this database",
                self.at(),
            ));
        }
        let first = self.node()?;
        let mut rest = Vec::new();
        while self.is("-") || self.is("<") {
            let relationship = self.relationship()?;
            rest.push((relationship, self.node()?));
        }
        Ok(PathPattern {
            at,
            path: None,
            shortest: Shortest::No,
            first,
            rest,
        })
    }

    fn node(&mut self) -> Result<NodePattern, CypherError> {
        let at = self.at();
        self.expect("(")?;
        let name = self.element_name();
        let labels = self.element_labels()?;
        let properties = self.element_properties()?;
        let predicate = self.predicate()?.map(Box::new);
        if !self.take(")") {
            return Err(self.unexpected(match (&properties, &labels) {
                (Some(_), _) => "')' or 'WHERE'",
                (None, Some(_)) => "a parameter, '&', ')', ':', 'WHERE', '{' or '|'",
                (None, None) => "a graph pattern, a parameter, ')', ':', 'IS', 'WHERE' or '{'",
            }));
        }
        Ok(NodePattern {
            at,
            name,
            labels,
            properties,
            predicate,
        })
    }

    fn element_name(&mut self) -> Option<Name> {
        let follows = |parser: &Self, symbols: &[&str]| matches!(parser.peek_at(1).kind, TokenKind::Symbol(symbol) if symbols.contains(&symbol));
        if (self.is_word("WHERE") || self.is_word("IS"))
            && !follows(self, &[")", "]", ":", "{", "*"])
        {
            return None;
        }
        self.variable()
    }

    fn element_labels(&mut self) -> Result<Option<LabelExpression>, CypherError> {
        if self.take(":") || (self.is_word("IS") && self.take_word("IS")) {
            return self.label_expression(true).map(Some);
        }
        Ok(None)
    }

    fn element_properties(&mut self) -> Result<Option<Box<Expr>>, CypherError> {
        if self.is("{") || self.is("$") {
            return self.primary().map(|properties| Some(Box::new(properties)));
        }
        Ok(None)
    }

    fn relationship(&mut self) -> Result<RelationshipPattern, CypherError> {
        let at = self.at();
        let left = self.take("<");
        self.expect("-")?;
        let mut pattern = RelationshipPattern {
            at,
            name: None,
            types: None,
            properties: None,
            predicate: None,
            direction: Direction::Both,
            hops: None,
        };
        if self.take("[") {
            pattern.name = self.element_name();
            pattern.types = self.element_labels()?;
            pattern.hops = self.hops();
            pattern.properties = self.element_properties()?;
            pattern.predicate = self.predicate()?.map(Box::new);
            if !self.take("]") {
                return Err(self.unexpected("a parameter, '*', ':', 'IS', 'WHERE', ']' or '{'"));
            }
        }
        if !self.take("-") {
            return Err(self.unexpected("'-'"));
        }
        let right = self.take(">");
        pattern.direction = match (left, right) {
            (true, false) => Direction::Incoming,
            (false, true) => Direction::Outgoing,
            _ => Direction::Both,
        };
        if pattern.hops.is_none() {
            pattern.hops = self.quantifier()?;
        }
        Ok(pattern)
    }

    /// `*`, `*2`, `*1..3`, `*..3`.
    fn hops(&mut self) -> Option<(usize, Option<usize>)> {
        if !self.take("*") {
            return None;
        }
        let least = self.count();
        if self.take("..") {
            return Some((least.unwrap_or(1), self.count()));
        }
        Some(least.map_or((1, None), |exactly| (exactly, Some(exactly))))
    }

    /// `+`, `*`, `{2}`, `{1,3}` behind a relationship.
    fn quantifier(&mut self) -> Result<Option<(usize, Option<usize>)>, CypherError> {
        if self.take("+") {
            return Ok(Some((1, None)));
        }
        if self.take("*") {
            return Ok(Some((0, None)));
        }
        if !self.take("{") {
            return Ok(None);
        }
        let least = self.count();
        let hops = if self.take(",") {
            (least.unwrap_or(0), self.count())
        } else {
            let exactly = least.ok_or_else(|| self.unexpected("an integer"))?;
            (exactly, Some(exactly))
        };
        self.expect("}")?;
        Ok(Some(hops))
    }

    fn count(&mut self) -> Option<usize> {
        let TokenKind::Integer(number) = self.peek().kind else {
            return None;
        };
        self.next();
        usize::try_from(number).ok()
    }

    /// `A`, `A&B`, `A|B`, `!A`, `%`, brackets. `bar`: whether `|` belongs to it.
    pub(crate) fn label_expression(&mut self, bar: bool) -> Result<LabelExpression, CypherError> {
        let mut left = self.label_conjunction()?;
        while bar && self.take("|") {
            self.take(":");
            self.grow(1)?;
            let right = self.label_conjunction()?;
            left = LabelExpression::Or(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn label_conjunction(&mut self) -> Result<LabelExpression, CypherError> {
        let mut left = self.label_atom()?;
        while self.take("&") || (self.is(":") && self.take(":")) {
            self.grow(1)?;
            let right = self.label_atom()?;
            left = LabelExpression::And(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn label_atom(&mut self) -> Result<LabelExpression, CypherError> {
        if self.take("!") {
            return Ok(LabelExpression::Not(Box::new(
                self.nested(Self::label_atom)?,
            )));
        }
        if self.take("%") {
            return Ok(LabelExpression::Any);
        }
        if self.take("(") {
            let inner = self.nested(|parser| parser.label_expression(true))?;
            self.expect(")")?;
            return Ok(inner);
        }
        let name = self.name("a node label/relationship type name, '$', '%' or '('")?;
        Ok(LabelExpression::Name(name.text, name.at))
    }

    /// Returns a pattern where an expression may stand: it must hold a relationship.
    pub(crate) fn pattern_expression(&mut self) -> Option<Expr> {
        let at = self.at();
        self.attempt_pattern(|parser| {
            let pattern = parser.chain(at)?;
            if pattern.rest.is_empty() {
                Err(parser.unexpected("a relationship"))
            } else {
                Ok(pattern)
            }
        })
        .map(|pattern| Expr {
            at,
            kind: ExprKind::Pattern(Box::new(pattern)),
        })
    }
}
