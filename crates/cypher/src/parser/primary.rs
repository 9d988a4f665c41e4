//! Primary expressions: literals, parameters, lists, maps, function calls and all expressions with a
//! syntax of their own.

use super::CypherParser;
use super::expressions::ParsedExpr;
use crate::error::CypherError;
use crate::lexer::TokenKind;
use crate::syntax::{
    CaseExpr, Clause, ClauseKind, CypherQuery, Expr, ExprKind, ListComprehension, ListPredicate,
    MapElement, PatternComprehension, Quantifier, ReduceExpr, SubqueryKind,
};
use crate::value::Value;

impl CypherParser<'_> {
    pub(crate) fn primary(&mut self) -> ParsedExpr {
        let at = self.at();
        let kind = match self.peek().kind.clone() {
            TokenKind::Integer(number) => self.literal(Value::Integer(number)),
            TokenKind::IntegerMinimum => return Err(self.fail("integer is too large", at)),
            TokenKind::Float(number) => self.literal(Value::Float(number)),
            TokenKind::Text(text) => self.literal(Value::String(text)),
            TokenKind::Symbol("$") => {
                self.next();
                ExprKind::Parameter(self.parameter_name()?)
            }
            TokenKind::Symbol("(") => return self.bracketed(),
            TokenKind::Symbol("[") => self.list()?,
            TokenKind::Symbol("{") => self.map()?,
            TokenKind::Quoted(_) => return self.named(None),
            TokenKind::Word(word) => return self.named(Some(&word.to_ascii_uppercase())),
            TokenKind::Symbol(_) | TokenKind::End => return Err(self.unexpected("an expression")),
        };
        Ok(Expr { at, kind })
    }

    pub(super) fn literal(&mut self, value: Value) -> ExprKind {
        self.next();
        ExprKind::Literal(value)
    }

    pub(crate) fn parameter_name(&mut self) -> Result<String, CypherError> {
        if let TokenKind::Integer(number) = self.peek().kind {
            self.next();
            return Ok(number.to_string());
        }
        self.name("an identifier or an integer value")
            .map(|name| name.text)
    }

    pub(super) fn bracketed(&mut self) -> ParsedExpr {
        if let Some(pattern) = self.pattern_expression() {
            return Ok(pattern);
        }
        self.expect("(")?;
        let inner = self.expression()?;
        self.expect(")")?;
        Ok(inner)
    }

    pub(super) fn list(&mut self) -> Result<ExprKind, CypherError> {
        self.expect("[")?;
        if self.is_word_at(1, "IN")
            && matches!(self.peek().kind, TokenKind::Word(_) | TokenKind::Quoted(_))
        {
            return self.comprehension();
        }
        if let Some(kind) = self.attempt_pattern(Self::pattern_comprehension) {
            return Ok(kind);
        }
        let mut items = Vec::new();
        while !self.is("]") {
            items.push(self.expression()?);
            if !self.take(",") {
                break;
            }
            if self.is("]") {
                return Err(self.unexpected("an expression"));
            }
        }
        self.expect("]")?;
        Ok(ExprKind::List(items))
    }

    pub(super) fn comprehension(&mut self) -> Result<ExprKind, CypherError> {
        let name = self.name("a variable name")?.text;
        self.expect_word("IN")?;
        let list = self.expression()?;
        let predicate = self.predicate()?;
        let result = if self.take("|") {
            Some(self.expression()?)
        } else {
            None
        };
        self.expect("]")?;
        Ok(ExprKind::Comprehension(Box::new(ListComprehension {
            name,
            list,
            predicate,
            result,
        })))
    }

    pub(super) fn pattern_comprehension(&mut self) -> Result<ExprKind, CypherError> {
        let at = self.at();
        let path = if self.peek_at(1).kind == TokenKind::Symbol("=") {
            let name = self.variable();
            self.expect("=")?;
            name
        } else {
            None
        };
        let mut pattern = self.chain(at)?;
        if pattern.rest.is_empty() {
            return Err(self.unexpected("a relationship"));
        }
        pattern.path = path;
        let predicate = self.predicate()?;
        self.expect("|")?;
        let result = self.expression()?;
        self.expect("]")?;
        Ok(ExprKind::PatternComprehension(Box::new(
            PatternComprehension {
                pattern,
                predicate,
                result,
            },
        )))
    }

    pub(super) fn map(&mut self) -> Result<ExprKind, CypherError> {
        self.expect("{")?;
        let mut entries = Vec::new();
        while !self.is("}") {
            let key = self.name("an identifier or '}'")?;
            self.expect(":")?;
            entries.push((key.text, self.expression()?));
            if !self.take(",") {
                break;
            }
        }
        if !self.take("}") {
            return Err(self.unexpected("',' or '}'"));
        }
        Ok(ExprKind::Map(entries))
    }

    /// Whatever begins with a name: a variable, a function, a literal word, CASE, a subquery.
    pub(super) fn named(&mut self, keyword: Option<&str>) -> ParsedExpr {
        let at = self.at();
        let opens = |parser: &Self, symbol| parser.peek_at(1).kind == TokenKind::Symbol(symbol);
        if let Some(word) = keyword {
            let literal = match word {
                "TRUE" => Some(Value::Boolean(true)),
                "FALSE" => Some(Value::Boolean(false)),
                "NULL" => Some(Value::Null),
                "INF" | "INFINITY" if !opens(self, "(") => Some(Value::Float(f64::INFINITY)),
                "NAN" if !opens(self, "(") => Some(Value::Float(f64::NAN)),
                _ => None,
            };
            if let Some(value) = literal {
                return Ok(Expr {
                    at,
                    kind: self.literal(value),
                });
            }
            if word == "CASE" && !opens(self, ".") {
                return self.case().map(|kind| Expr { at, kind });
            }
            if opens(self, "{")
                && let Some(kind) = self.subquery_expression(word)?
            {
                return Ok(Expr { at, kind });
            }
            if opens(self, "(")
                && let Some(kind) = self.special_call(word)?
            {
                return Ok(Expr { at, kind });
            }
        }
        if let Some(function) = self.attempt(Self::function_name) {
            return self.function(function).map(|kind| Expr { at, kind });
        }
        let name = self.name("an expression")?;
        let variable = Expr {
            at,
            kind: ExprKind::Variable(name.text),
        };
        if self.is("{")
            && let Some(kind) = self.attempt(|parser| parser.map_projection(variable.clone()))
        {
            return Ok(Expr { at, kind });
        }
        Ok(variable)
    }

    pub(super) fn function_name(&mut self) -> Result<String, CypherError> {
        let mut name = self.name("a function name")?.text;
        while self.take(".") {
            name.push('.');
            name.push_str(&self.name("a function name")?.text);
        }
        if self.take("(") {
            Ok(name)
        } else {
            Err(self.unexpected("'('"))
        }
    }

    pub(super) fn function(&mut self, name: String) -> Result<ExprKind, CypherError> {
        if name.eq_ignore_ascii_case("count") && self.take("*") {
            self.expect(")")?;
            return Ok(ExprKind::CountStar);
        }
        let distinct = self.take_word("DISTINCT");
        let mut arguments = Vec::new();
        while !self.is(")") {
            arguments.push(self.expression()?);
            if !self.take(",") {
                break;
            }
        }
        if !self.take(")") {
            return Err(self.unexpected("',' or ')'"));
        }
        Ok(ExprKind::Function {
            name,
            distinct,
            arguments,
        })
    }

    pub(super) fn subquery_expression(
        &mut self,
        word: &str,
    ) -> Result<Option<ExprKind>, CypherError> {
        let kind = match word {
            "EXISTS" => SubqueryKind::Exists,
            "COUNT" => SubqueryKind::Count,
            "COLLECT" => SubqueryKind::Collect,
            _ => return Ok(None),
        };
        self.next();
        self.expect("{")?;
        let at = self.at();
        let query = if self.is("(") || self.peek_at(1).kind == TokenKind::Symbol("=") {
            let patterns = self.patterns()?;
            let predicate = self.predicate()?;
            let clause = Clause {
                at,
                kind: ClauseKind::Match {
                    optional: false,
                    patterns,
                    predicate,
                },
            };
            CypherQuery {
                parts: vec![vec![clause]],
                all: false,
                unions: Vec::new(),
            }
        } else {
            self.nested(Self::query)?
        };
        self.expect("}")?;
        Ok(Some(ExprKind::Subquery(kind, Box::new(query))))
    }

    /// Returns the functions with a grammar of their own.
    pub(super) fn special_call(&mut self, word: &str) -> Result<Option<ExprKind>, CypherError> {
        let quantifier = match word {
            "ALL" => Some(Quantifier::All),
            "ANY" => Some(Quantifier::Any),
            "NONE" => Some(Quantifier::None),
            "SINGLE" => Some(Quantifier::Single),
            _ => None,
        };
        if let Some(quantifier) = quantifier {
            return self.quantified(quantifier).map(Some);
        }
        match word {
            "REDUCE" => self.reduce().map(Some),
            "SHORTESTPATH" | "ALLSHORTESTPATHS" => self
                .pattern()
                .map(|pattern| Some(ExprKind::Pattern(Box::new(pattern)))),
            _ => Ok(None),
        }
    }

    pub(super) fn quantified(&mut self, quantifier: Quantifier) -> Result<ExprKind, CypherError> {
        self.next();
        self.expect("(")?;
        let name = self.name("a variable name")?.text;
        self.expect_word("IN")?;
        let list = self.expression()?;
        self.expect_word("WHERE")?;
        let predicate = self.expression()?;
        self.expect(")")?;
        Ok(ExprKind::Quantified(Box::new(ListPredicate {
            quantifier,
            name,
            list,
            predicate,
        })))
    }

    pub(super) fn reduce(&mut self) -> Result<ExprKind, CypherError> {
        self.next();
        self.expect("(")?;
        let accumulator = self.name("a variable name")?.text;
        self.expect("=")?;
        let start = self.expression()?;
        self.expect(",")?;
        let name = self.name("a variable name")?.text;
        self.expect_word("IN")?;
        let list = self.expression()?;
        self.expect("|")?;
        let step = self.expression()?;
        self.expect(")")?;
        Ok(ExprKind::Reduce(Box::new(ReduceExpr {
            accumulator,
            start,
            name,
            list,
            step,
        })))
    }

    pub(super) fn case(&mut self) -> Result<ExprKind, CypherError> {
        self.next();
        let subject = if self.is_word("WHEN") {
            None
        } else {
            Some(self.expression()?)
        };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            let condition = self.expression()?;
            self.expect_word("THEN")?;
            branches.push((condition, self.expression()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected("'WHEN'"));
        }
        let otherwise = if self.take_word("ELSE") {
            Some(self.expression()?)
        } else {
            None
        };
        if !self.take_word("END") {
            return Err(self.unexpected("'ELSE', 'END' or 'WHEN'"));
        }
        Ok(ExprKind::Case(Box::new(CaseExpr {
            subject,
            branches,
            otherwise,
        })))
    }

    pub(super) fn map_projection(&mut self, subject: Expr) -> Result<ExprKind, CypherError> {
        self.expect("{")?;
        let mut elements = Vec::new();
        while !self.is("}") {
            if self.take(".") {
                elements.push(if self.take("*") {
                    MapElement::Everything
                } else {
                    MapElement::Property(self.name("a property name")?.text)
                });
            } else {
                let name = self.name("a name")?;
                elements.push(if self.take(":") {
                    MapElement::Entry(name.text, self.expression()?)
                } else {
                    MapElement::Variable(name.text, name.at)
                });
            }
            if !self.take(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(ExprKind::MapProjection(Box::new(subject), elements))
    }
}
