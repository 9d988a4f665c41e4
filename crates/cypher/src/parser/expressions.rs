//! Expressions, from the loosest binding operator to the tightest.

use super::Parser;
use crate::failure::Failure;
use crate::lexer::TokenKind;
use crate::syntax::{Clause, ClauseKind};
use crate::syntax::{Expression, Kind, MapElement, Operator, Quantifier, Query, SubqueryKind};
use crate::value::Value;

type Read = Result<Expression, Failure>;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Read {
        self.nested(Self::disjunction)
    }

    fn disjunction(&mut self) -> Read {
        self.binary(Self::exclusive, &[("OR", Operator::Or)])
    }

    fn exclusive(&mut self) -> Read {
        self.binary(Self::conjunction, &[("XOR", Operator::Xor)])
    }

    fn conjunction(&mut self) -> Read {
        self.binary(Self::negation, &[("AND", Operator::And)])
    }

    fn binary(&mut self, operand: fn(&mut Self) -> Read, words: &[(&str, Operator)]) -> Read {
        let mut left = operand(self)?;
        while let Some((_, operator)) = words.iter().find(|(word, _)| self.is_word(word)) {
            self.next();
            let right = operand(self)?;
            left = Expression {
                at: left.at,
                kind: Kind::Binary(*operator, Box::new(left), Box::new(right)),
            };
        }
        Ok(left)
    }

    fn negation(&mut self) -> Read {
        let at = self.at();
        if self.take_word("NOT") {
            let inner = self.nested(Self::negation)?;
            return Ok(Expression {
                at,
                kind: Kind::Not(Box::new(inner)),
            });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Read {
        let first = self.predicate_operand()?;
        let mut rest = Vec::new();
        while let Some(operator) = self.comparison_operator() {
            rest.push((operator, self.predicate_operand()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expression {
            at: first.at,
            kind: Kind::Comparison(Box::new(first), rest),
        })
    }

    fn comparison_operator(&mut self) -> Option<Operator> {
        let TokenKind::Symbol(symbol) = self.peek().kind else {
            return None;
        };
        let operator = match symbol {
            "=" => Operator::Equal,
            "<>" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ => return None,
        };
        self.next();
        Some(operator)
    }

    /// STARTS WITH, IN, IS NULL and their like.
    fn predicate_operand(&mut self) -> Read {
        let mut left = self.sum()?;
        loop {
            let at = left.at;
            let words: [(&[&str], Operator); 4] = [
                (&["STARTS", "WITH"], Operator::StartsWith),
                (&["ENDS", "WITH"], Operator::EndsWith),
                (&["CONTAINS"], Operator::Contains),
                (&["IN"], Operator::In),
            ];
            let found = words.iter().find(|(words, _)| self.is_words(words));
            left = if let Some((words, operator)) = found {
                self.take_words(words);
                let right = self.sum()?;
                Expression {
                    at,
                    kind: Kind::Binary(*operator, Box::new(left), Box::new(right)),
                }
            } else if self.take("=~") {
                let right = self.sum()?;
                Expression {
                    at,
                    kind: Kind::Binary(Operator::Matches, Box::new(left), Box::new(right)),
                }
            } else if self.is_word("IS") {
                self.is_predicate(left)?
            } else if self.take("::") {
                let name = self.type_name()?;
                Expression {
                    at,
                    kind: Kind::IsType(Box::new(left), name, true),
                }
            } else {
                return Ok(left);
            };
        }
    }

    fn is_predicate(&mut self, left: Expression) -> Read {
        let at = left.at;
        self.next();
        let positive = !self.take_word("NOT");
        if self.take_word("NULL") {
            return Ok(Expression {
                at,
                kind: Kind::IsNull(Box::new(left), positive),
            });
        }
        if self.take("::") || self.take_word("TYPED") {
            let name = self.type_name()?;
            return Ok(Expression {
                at,
                kind: Kind::IsType(Box::new(left), name, positive),
            });
        }
        Err(self.unexpected(
            "'::', 'NFC', 'NFD', 'NFKC', 'NFKD', 'NORMALIZED', 'NOT', 'NULL' or 'TYPED'",
        ))
    }

    /// A type such as `INTEGER`, `LIST<STRING>`, `ZONED DATETIME NOT NULL`, upper-cased.
    fn type_name(&mut self) -> Result<String, Failure> {
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

    fn sum(&mut self) -> Read {
        let operators = [
            ("+", Operator::Add),
            ("-", Operator::Subtract),
            ("||", Operator::Concatenate),
        ];
        self.symbols(Self::product, &operators)
    }

    fn product(&mut self) -> Read {
        let operators = [
            ("*", Operator::Multiply),
            ("/", Operator::Divide),
            ("%", Operator::Modulo),
        ];
        self.symbols(Self::power, &operators)
    }

    fn power(&mut self) -> Read {
        self.symbols(Self::sign, &[("^", Operator::Power)])
    }

    fn symbols(&mut self, operand: fn(&mut Self) -> Read, operators: &[(&str, Operator)]) -> Read {
        let mut left = operand(self)?;
        while let Some((_, operator)) = operators.iter().find(|(symbol, _)| self.is(symbol)) {
            self.next();
            let right = operand(self)?;
            left = Expression {
                at: left.at,
                kind: Kind::Binary(*operator, Box::new(left), Box::new(right)),
            };
        }
        Ok(left)
    }

    fn sign(&mut self) -> Read {
        let at = self.at();
        if self.take("-") {
            if self.peek().kind == TokenKind::IntegerMinimum {
                self.next();
                return Ok(Expression {
                    at,
                    kind: Kind::Literal(Value::Integer(i64::MIN)),
                });
            }
            let inner = self.nested(Self::sign)?;
            let kind = match inner.kind {
                Kind::Literal(Value::Integer(number)) => Kind::Literal(Value::Integer(-number)),
                Kind::Literal(Value::Float(number)) => Kind::Literal(Value::Float(-number)),
                kind => Kind::Negate(Box::new(Expression { at: inner.at, kind })),
            };
            return Ok(Expression { at, kind });
        }
        if self.take("+") {
            return self.nested(Self::sign);
        }
        self.postfix()
    }

    /// Properties, subscripts and label predicates behind something.
    pub(super) fn postfix(&mut self) -> Read {
        let mut subject = self.primary()?;
        loop {
            let at = subject.at;
            subject = if self.take(".") {
                let key = self.name("a property name")?;
                Expression {
                    at,
                    kind: Kind::Property(Box::new(subject), key.text),
                }
            } else if self.take("[") {
                self.subscript(subject)?
            } else if self.is(":") && matches!(subject.kind, Kind::Variable(_)) {
                self.next();
                let labels = self.label_expression(false)?;
                Expression {
                    at,
                    kind: Kind::HasLabels(Box::new(subject), labels),
                }
            } else {
                return Ok(subject);
            };
        }
    }

    fn subscript(&mut self, subject: Expression) -> Read {
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
            Kind::Slice(Box::new(subject), from, to)
        } else if let Some(index) = from {
            Kind::Index(Box::new(subject), index)
        } else {
            return Err(self.unexpected("an expression"));
        };
        self.expect("]")?;
        Ok(Expression { at, kind })
    }

    pub(super) fn primary(&mut self) -> Read {
        let at = self.at();
        let kind = match self.peek().kind.clone() {
            TokenKind::Integer(number) => self.literal(Value::Integer(number)),
            TokenKind::IntegerMinimum => return Err(self.fail("integer is too large", at)),
            TokenKind::Float(number) => self.literal(Value::Float(number)),
            TokenKind::Text(text) => self.literal(Value::String(text)),
            TokenKind::Symbol("$") => {
                self.next();
                Kind::Parameter(self.parameter_name()?)
            }
            TokenKind::Symbol("(") => return self.bracketed(),
            TokenKind::Symbol("[") => self.list()?,
            TokenKind::Symbol("{") => self.map()?,
            TokenKind::Quoted(_) => return self.named(None),
            TokenKind::Word(word) => return self.named(Some(&word.to_ascii_uppercase())),
            TokenKind::Symbol(_) | TokenKind::End => return Err(self.unexpected("an expression")),
        };
        Ok(Expression { at, kind })
    }

    fn literal(&mut self, value: Value) -> Kind {
        self.next();
        Kind::Literal(value)
    }

    fn parameter_name(&mut self) -> Result<String, Failure> {
        if let TokenKind::Integer(number) = self.peek().kind {
            self.next();
            return Ok(number.to_string());
        }
        self.name("an identifier or an integer value")
            .map(|name| name.text)
    }

    fn bracketed(&mut self) -> Read {
        if let Some(pattern) = self.pattern_expression() {
            return Ok(pattern);
        }
        self.expect("(")?;
        let inner = self.expression()?;
        self.expect(")")?;
        Ok(inner)
    }

    fn list(&mut self) -> Result<Kind, Failure> {
        self.expect("[")?;
        if self.is_word_at(1, "IN")
            && matches!(self.peek().kind, TokenKind::Word(_) | TokenKind::Quoted(_))
        {
            return self.comprehension();
        }
        if let Some(kind) = self.attempt(Self::pattern_comprehension) {
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
        Ok(Kind::List(items))
    }

    fn comprehension(&mut self) -> Result<Kind, Failure> {
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
        Ok(Kind::Comprehension {
            name,
            list,
            predicate,
            result,
        })
    }

    fn pattern_comprehension(&mut self) -> Result<Kind, Failure> {
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
        Ok(Kind::PatternComprehension {
            pattern: Box::new(pattern),
            predicate,
            result,
        })
    }

    fn map(&mut self) -> Result<Kind, Failure> {
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
        Ok(Kind::Map(entries))
    }

    /// Whatever begins with a name: a variable, a function, a literal word, CASE, a subquery.
    fn named(&mut self, keyword: Option<&str>) -> Read {
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
                return Ok(Expression {
                    at,
                    kind: self.literal(value),
                });
            }
            if word == "CASE" && !opens(self, ".") {
                return self.case().map(|kind| Expression { at, kind });
            }
            if opens(self, "{")
                && let Some(kind) = self.subquery_expression(word)?
            {
                return Ok(Expression { at, kind });
            }
            if opens(self, "(")
                && let Some(kind) = self.special_call(word)?
            {
                return Ok(Expression { at, kind });
            }
        }
        if let Some(function) = self.attempt(Self::function_name) {
            return self.function(function).map(|kind| Expression { at, kind });
        }
        let name = self.name("an expression")?;
        let variable = Expression {
            at,
            kind: Kind::Variable(name.text),
        };
        if self.is("{")
            && let Some(kind) = self.attempt(|parser| parser.map_projection(variable.clone()))
        {
            return Ok(Expression { at, kind });
        }
        Ok(variable)
    }

    fn function_name(&mut self) -> Result<String, Failure> {
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

    fn function(&mut self, name: String) -> Result<Kind, Failure> {
        if name.eq_ignore_ascii_case("count") && self.take("*") {
            self.expect(")")?;
            return Ok(Kind::CountStar);
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
        Ok(Kind::Function {
            name,
            distinct,
            arguments,
        })
    }

    fn subquery_expression(&mut self, word: &str) -> Result<Option<Kind>, Failure> {
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
            Query {
                parts: vec![vec![clause]],
                all: false,
                unions: Vec::new(),
            }
        } else {
            self.nested(Self::query)?
        };
        self.expect("}")?;
        Ok(Some(Kind::Subquery(kind, Box::new(query))))
    }

    /// The functions with a grammar of their own.
    fn special_call(&mut self, word: &str) -> Result<Option<Kind>, Failure> {
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
                .map(|pattern| Some(Kind::Pattern(Box::new(pattern)))),
            _ => Ok(None),
        }
    }

    fn quantified(&mut self, quantifier: Quantifier) -> Result<Kind, Failure> {
        self.next();
        self.expect("(")?;
        let name = self.name("a variable name")?.text;
        self.expect_word("IN")?;
        let list = Box::new(self.expression()?);
        self.expect_word("WHERE")?;
        let predicate = Box::new(self.expression()?);
        self.expect(")")?;
        Ok(Kind::Quantified {
            quantifier,
            name,
            list,
            predicate,
        })
    }

    fn reduce(&mut self) -> Result<Kind, Failure> {
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
        Ok(Kind::Reduce {
            accumulator,
            start,
            name,
            list,
            step,
        })
    }

    fn case(&mut self) -> Result<Kind, Failure> {
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
        Ok(Kind::Case {
            subject,
            branches,
            otherwise,
        })
    }

    fn map_projection(&mut self, subject: Expression) -> Result<Kind, Failure> {
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
        Ok(Kind::MapProjection(Box::new(subject), elements))
    }
}
