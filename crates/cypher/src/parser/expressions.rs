//! Expressions, from the loosest binding operator to the tightest.

use super::CypherParser;
use crate::error::CypherError;
use crate::lexer::TokenKind;
use crate::syntax::{
    BinaryOperator, Clause, ClauseKind, CypherQuery, Expr, ExprKind, MapElement, Quantifier,
    SubqueryKind,
};
use crate::value::Value;

type ParsedExpr = Result<Expr, CypherError>;

impl CypherParser<'_> {
    pub(crate) fn expression(&mut self) -> ParsedExpr {
        self.operand(|parser| {
            let expression = parser.nested(Self::disjunction)?;
            parser.grow(1)?;
            Ok(expression)
        })
    }

    fn disjunction(&mut self) -> ParsedExpr {
        self.logical(Self::exclusive, "OR", BinaryOperator::Or)
    }

    fn exclusive(&mut self) -> ParsedExpr {
        self.logical(Self::conjunction, "XOR", BinaryOperator::Xor)
    }

    fn conjunction(&mut self) -> ParsedExpr {
        self.logical(Self::negation, "AND", BinaryOperator::And)
    }

    /// Parses operands between an associative operator into a balanced tree, so that a long chain
    /// of conditions is not deep.
    fn logical(
        &mut self,
        operand: fn(&mut Self) -> ParsedExpr,
        word: &str,
        operator: BinaryOperator,
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
                    Some(right) => binary(operator, left, right),
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

    fn comparison_operator(&mut self) -> Option<BinaryOperator> {
        let TokenKind::Symbol(symbol) = self.peek().kind else {
            return None;
        };
        let operator = match symbol {
            "=" => BinaryOperator::Equal,
            "<>" => BinaryOperator::NotEqual,
            "<" => BinaryOperator::Less,
            "<=" => BinaryOperator::LessOrEqual,
            ">" => BinaryOperator::Greater,
            ">=" => BinaryOperator::GreaterOrEqual,
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
                (&["STARTS", "WITH"], BinaryOperator::StartsWith),
                (&["ENDS", "WITH"], BinaryOperator::EndsWith),
                (&["CONTAINS"], BinaryOperator::Contains),
                (&["IN"], BinaryOperator::In),
            ];
            let found = words.iter().find(|(words, _)| self.is_words(words));
            self.grow(1)?;
            left = if let Some((words, operator)) = found {
                self.take_words(words);
                let right = self.operand(Self::sum)?;
                Expr {
                    at,
                    kind: ExprKind::Binary(*operator, Box::new(left), Box::new(right)),
                }
            } else if self.take("=~") {
                let right = self.operand(Self::sum)?;
                Expr {
                    at,
                    kind: ExprKind::Binary(
                        BinaryOperator::Matches,
                        Box::new(left),
                        Box::new(right),
                    ),
                }
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

    /// A type such as `INTEGER`, `LIST<STRING>`, `ZONED DATETIME NOT NULL`, upper-cased.
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
            ("+", BinaryOperator::Add),
            ("-", BinaryOperator::Subtract),
            ("||", BinaryOperator::Concatenate),
        ];
        self.symbols(Self::product, &operators)
    }

    fn product(&mut self) -> ParsedExpr {
        let operators = [
            ("*", BinaryOperator::Multiply),
            ("/", BinaryOperator::Divide),
            ("%", BinaryOperator::Modulo),
        ];
        self.symbols(Self::power, &operators)
    }

    fn power(&mut self) -> ParsedExpr {
        self.symbols(Self::sign, &[("^", BinaryOperator::Power)])
    }

    fn symbols(
        &mut self,
        operand: fn(&mut Self) -> ParsedExpr,
        operators: &[(&str, BinaryOperator)],
    ) -> ParsedExpr {
        let mut left = self.operand(operand)?;
        while let Some((_, operator)) = operators.iter().find(|(symbol, _)| self.is(symbol)) {
            self.next();
            let right = self.operand(operand)?;
            self.grow(1)?;
            left = binary(*operator, left, right);
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

    fn literal(&mut self, value: Value) -> ExprKind {
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

    fn bracketed(&mut self) -> ParsedExpr {
        if let Some(pattern) = self.pattern_expression() {
            return Ok(pattern);
        }
        self.expect("(")?;
        let inner = self.expression()?;
        self.expect(")")?;
        Ok(inner)
    }

    fn list(&mut self) -> Result<ExprKind, CypherError> {
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

    fn comprehension(&mut self) -> Result<ExprKind, CypherError> {
        let name = self.name("a variable name")?.text;
        self.expect_word("IN")?;
        let list = Box::new(self.expression()?);
        let predicate = self.predicate()?.map(Box::new);
        let result = if self.take("|") {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        self.expect("]")?;
        Ok(ExprKind::Comprehension {
            name,
            list,
            predicate,
            result,
        })
    }

    fn pattern_comprehension(&mut self) -> Result<ExprKind, CypherError> {
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
        let predicate = self.predicate()?.map(Box::new);
        self.expect("|")?;
        let result = Box::new(self.expression()?);
        self.expect("]")?;
        Ok(ExprKind::PatternComprehension {
            pattern: Box::new(pattern),
            predicate,
            result,
        })
    }

    fn map(&mut self) -> Result<ExprKind, CypherError> {
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
    fn named(&mut self, keyword: Option<&str>) -> ParsedExpr {
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

    fn function_name(&mut self) -> Result<String, CypherError> {
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

    fn function(&mut self, name: String) -> Result<ExprKind, CypherError> {
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

    fn subquery_expression(&mut self, word: &str) -> Result<Option<ExprKind>, CypherError> {
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

    /// The functions with a grammar of their own.
    fn special_call(&mut self, word: &str) -> Result<Option<ExprKind>, CypherError> {
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

    fn quantified(&mut self, quantifier: Quantifier) -> Result<ExprKind, CypherError> {
        self.next();
        self.expect("(")?;
        let name = self.name("a variable name")?.text;
        self.expect_word("IN")?;
        let list = Box::new(self.expression()?);
        self.expect_word("WHERE")?;
        let predicate = Box::new(self.expression()?);
        self.expect(")")?;
        Ok(ExprKind::Quantified {
            quantifier,
            name,
            list,
            predicate,
        })
    }

    fn reduce(&mut self) -> Result<ExprKind, CypherError> {
        self.next();
        self.expect("(")?;
        let accumulator = self.name("a variable name")?.text;
        self.expect("=")?;
        let start = Box::new(self.expression()?);
        self.expect(",")?;
        let name = self.name("a variable name")?.text;
        self.expect_word("IN")?;
        let list = Box::new(self.expression()?);
        self.expect("|")?;
        let step = Box::new(self.expression()?);
        self.expect(")")?;
        Ok(ExprKind::Reduce {
            accumulator,
            start,
            name,
            list,
            step,
        })
    }

    fn case(&mut self) -> Result<ExprKind, CypherError> {
        self.next();
        let subject = if self.is_word("WHEN") {
            None
        } else {
            Some(Box::new(self.expression()?))
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
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        if !self.take_word("END") {
            return Err(self.unexpected("'ELSE', 'END' or 'WHEN'"));
        }
        Ok(ExprKind::Case {
            subject,
            branches,
            otherwise,
        })
    }

    fn map_projection(&mut self, subject: Expr) -> Result<ExprKind, CypherError> {
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

fn binary(operator: BinaryOperator, left: Expr, right: Expr) -> Expr {
    Expr {
        at: left.at,
        kind: ExprKind::Binary(operator, Box::new(left), Box::new(right)),
    }
}
