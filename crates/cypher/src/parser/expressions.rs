//! Expressions, from the loosest binding operator to the tightest.

use super::CypherParser;
use crate::error::CypherError;
use crate::lexer::TokenKind;
use crate::syntax::{
    ArithmeticOperator, BinaryOperator, CypherComparison, Expr, ExprKind, LogicalOperator,
    TextOperator,
};
use crate::value::Value;

/// An expression, or the error that ends the statement.
pub(super) type ParsedExpr = Result<Expr, CypherError>;

impl CypherParser<'_> {
    pub(crate) fn expression(&mut self) -> ParsedExpr {
        self.operand(|parser| {
            let expression = parser.nested(Self::disjunction)?;
            parser.grow(1)?;
            Ok(expression)
        })
    }

    fn disjunction(&mut self) -> ParsedExpr {
        self.logical(Self::exclusive, "OR", LogicalOperator::Or)
    }

    fn exclusive(&mut self) -> ParsedExpr {
        self.logical(Self::conjunction, "XOR", LogicalOperator::Xor)
    }

    fn conjunction(&mut self) -> ParsedExpr {
        self.logical(Self::negation, "AND", LogicalOperator::And)
    }

    /// Parses operands between an associative operator into a balanced tree, so that a long chain
    /// of conditions is not deep.
    fn logical(
        &mut self,
        operand: fn(&mut Self) -> ParsedExpr,
        word: &str,
        operator: LogicalOperator,
    ) -> ParsedExpr {
        let first = self.operand(operand)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.take_word(word) {
            operands.push(self.operand(operand)?);
        }
        self.grow(operands.len().ilog2() as usize + 1)?;
        while operands.len() > 1 {
            let mut pairs = Vec::with_capacity(operands.len().div_ceil(2));
            let mut rest = operands.into_iter();
            while let Some(left) = rest.next() {
                pairs.push(match rest.next() {
                    Some(right) => binary(BinaryOperator::Logical(operator), left, right),
                    None => left,
                });
            }
            operands = pairs;
        }
        operands
            .pop()
            .ok_or_else(|| self.unexpected("an expression"))
    }

    fn negation(&mut self) -> ParsedExpr {
        let at = self.at();
        if self.take_word("NOT") {
            let inner = self.nested(Self::negation)?;
            self.grow(1)?;
            return Ok(Expr {
                at,
                kind: ExprKind::Not(Box::new(inner)),
            });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> ParsedExpr {
        let first = self.operand(Self::predicate_operand)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.comparison_operator() {
            rest.push((operator, self.operand(Self::predicate_operand)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expr {
            at: first.at,
            kind: ExprKind::Comparison(Box::new(first), rest),
        })
    }

    fn comparison_operator(&mut self) -> Option<CypherComparison> {
        let TokenKind::Symbol(symbol) = self.peek().kind else {
            return None;
        };
        let operator = match symbol {
            "=" => CypherComparison::Equal,
            "<>" => CypherComparison::NotEqual,
            "<" => CypherComparison::Less,
            "<=" => CypherComparison::LessOrEqual,
            ">" => CypherComparison::Greater,
            ">=" => CypherComparison::GreaterOrEqual,
            _ => return None,
        };
        self.next();
        Some(operator)
    }

    /// STARTS WITH, IN, IS NULL and their like.
    fn predicate_operand(&mut self) -> ParsedExpr {
        let mut left = self.sum()?;
        loop {
            let at = left.at;
            let words: [(&[&str], BinaryOperator); 4] = [
                (
                    &["STARTS", "WITH"],
                    BinaryOperator::Text(TextOperator::StartsWith),
                ),
                (
                    &["ENDS", "WITH"],
                    BinaryOperator::Text(TextOperator::EndsWith),
                ),
                (&["CONTAINS"], BinaryOperator::Text(TextOperator::Contains)),
                (&["IN"], BinaryOperator::In),
            ];
            let found = words.iter().find(|(words, _)| self.is_words(words));
            self.grow(1)?;
            left = if let Some((words, operator)) = found {
                self.take_words(words);
                let right = self.operand(Self::sum)?;
                binary(*operator, left, right)
            } else if self.take("=~") {
                let right = self.operand(Self::sum)?;
                binary(BinaryOperator::Text(TextOperator::Matches), left, right)
            } else if self.is_word("IS") {
                self.is_predicate(left)?
            } else if self.take("::") {
                let name = self.type_name()?;
                Expr {
                    at,
                    kind: ExprKind::IsType(Box::new(left), name, true),
                }
            } else {
                self.height -= 1;
                return Ok(left);
            };
        }
    }

    fn is_predicate(&mut self, left: Expr) -> ParsedExpr {
        let at = left.at;
        self.next();
        let positive = !self.take_word("NOT");
        if self.take_word("NULL") {
            return Ok(Expr {
                at,
                kind: ExprKind::IsNull(Box::new(left), positive),
            });
        }
        if self.take("::") || self.take_word("TYPED") {
            let name = self.type_name()?;
            return Ok(Expr {
                at,
                kind: ExprKind::IsType(Box::new(left), name, positive),
            });
        }
        Err(self.unexpected(
            "'::', 'NFC', 'NFD', 'NFKC', 'NFKD', 'NORMALIZED', 'NOT', 'NULL' or 'TYPED'",
        ))
    }

    /// Returns a type such as `INTEGER`, `LIST<STRING>`, `ZONED DATETIME NOT NULL`, upper-cased.
    fn type_name(&mut self) -> Result<String, CypherError> {
        let mut words = vec![self.name("a type name")?.text.to_ascii_uppercase()];
        let more = [
            "DATETIME", "TIME", "VALUE", "ELEMENT", "VERTEX", "NOT", "NULL", "EDGE",
        ];
        while more.iter().any(|word| self.is_word(word)) {
            words.push(self.next().text.to_ascii_uppercase());
        }
        if self.take("<") {
            let inner = self.nested(Self::type_name)?;
            self.expect(">")?;
            words.push(format!("<{inner}>"));
        }
        Ok(words.join(" "))
    }

    fn sum(&mut self) -> ParsedExpr {
        let operators = [
            ("+", ArithmeticOperator::Add),
            ("-", ArithmeticOperator::Subtract),
            ("||", ArithmeticOperator::Concatenate),
        ];
        self.symbols(Self::product, &operators)
    }

    fn product(&mut self) -> ParsedExpr {
        let operators = [
            ("*", ArithmeticOperator::Multiply),
            ("/", ArithmeticOperator::Divide),
            ("%", ArithmeticOperator::Modulo),
        ];
        self.symbols(Self::power, &operators)
    }

    fn power(&mut self) -> ParsedExpr {
        self.symbols(Self::sign, &[("^", ArithmeticOperator::Power)])
    }

    fn symbols(
        &mut self,
        operand: fn(&mut Self) -> ParsedExpr,
        operators: &[(&str, ArithmeticOperator)],
    ) -> ParsedExpr {
        let mut left = self.operand(operand)?;
        while let Some((_, operator)) = operators.iter().find(|(symbol, _)| self.is(symbol)) {
            self.next();
            let right = self.operand(operand)?;
            self.grow(1)?;
            left = binary(BinaryOperator::Arithmetic(*operator), left, right);
        }
        Ok(left)
    }

    fn sign(&mut self) -> ParsedExpr {
        let at = self.at();
        if self.take("-") {
            if self.peek().kind == TokenKind::IntegerMinimum {
                self.next();
                return Ok(Expr {
                    at,
                    kind: ExprKind::Literal(Value::Integer(i64::MIN)),
                });
            }
            let inner = self.nested(Self::sign)?;
            self.grow(1)?;
            let kind = match inner.kind {
                ExprKind::Literal(Value::Integer(number)) => {
                    ExprKind::Literal(Value::Integer(-number))
                }
                ExprKind::Literal(Value::Float(number)) => ExprKind::Literal(Value::Float(-number)),
                kind => ExprKind::Negate(Box::new(Expr { at: inner.at, kind })),
            };
            return Ok(Expr { at, kind });
        }
        if self.take("+") {
            return self.nested(Self::sign);
        }
        self.postfix()
    }

    /// Properties, subscripts and label predicates behind something.
    pub(crate) fn postfix(&mut self) -> ParsedExpr {
        let mut subject = self.primary()?;
        loop {
            let at = subject.at;
            self.grow(1)?;
            subject = if self.take(".") {
                let key = self.name("a property name")?;
                Expr {
                    at,
                    kind: ExprKind::Property(Box::new(subject), key.text),
                }
            } else if self.take("[") {
                self.subscript(subject)?
            } else if self.is(":") && matches!(subject.kind, ExprKind::Variable(_)) {
                self.next();
                let labels = self.label_expression(false)?;
                Expr {
                    at,
                    kind: ExprKind::HasLabels(Box::new(subject), labels),
                }
            } else {
                self.height -= 1;
                return Ok(subject);
            };
        }
    }

    fn subscript(&mut self, subject: Expr) -> ParsedExpr {
        let at = subject.at;
        let from = if self.is("..") {
            None
        } else {
            Some(Box::new(self.expression()?))
        };
        let kind = if self.take("..") {
            let to = if self.is("]") {
                None
            } else {
                Some(Box::new(self.expression()?))
            };
            ExprKind::Slice(Box::new(subject), from, to)
        } else if let Some(index) = from {
            ExprKind::Index(Box::new(subject), index)
        } else {
            return Err(self.unexpected("an expression"));
        };
        self.expect("]")?;
        Ok(Expr { at, kind })
    }
}

fn binary(operator: BinaryOperator, left: Expr, right: Expr) -> Expr {
    Expr {
        at: left.at,
        kind: ExprKind::Binary(operator, Box::new(left), Box::new(right)),
    }
}
