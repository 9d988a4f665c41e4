//! Reads the JSON conditions of filter patterns: `{ $.member = value && … }`. Pure.

use regex::Regex;

use super::filter::{Comparison, FieldCondition, Operand, SelectorStep, take_quoted};

/// The tokens of a JSON pattern.
#[derive(Clone, Debug)]
enum FilterToken {
    Open,
    Close,
    And,
    Or,
    Comparison(Comparison),
    Path(Vec<SelectorStep>),
    Quoted(String),
    Regex(Regex),
    Word(String),
}

/// Reads a JSON pattern by descent.
pub(super) struct PatternParser {
    tokens: std::vec::IntoIter<FilterToken>,
    next: Option<FilterToken>,
}

impl PatternParser {
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let mut tokens = tokenize(text)?.into_iter();
        let next = tokens.next();
        Ok(Self { tokens, next })
    }

    fn take(&mut self) -> Option<FilterToken> {
        std::mem::replace(&mut self.next, self.tokens.next())
    }

    pub(super) fn whole(mut self) -> Result<FieldCondition, String> {
        let condition = self.alternatives(0)?;
        match self.next {
            None => Ok(condition),
            Some(token) => Err(format!("Invalid filter pattern: {token:?} is not expected")),
        }
    }

    fn alternatives(&mut self, depth: usize) -> Result<FieldCondition, String> {
        let mut left = self.conjunction(depth)?;
        while matches!(self.next, Some(FilterToken::Or)) {
            self.take();
            left = FieldCondition::Or(Box::new(left), Box::new(self.conjunction(depth)?));
        }
        Ok(left)
    }

    fn conjunction(&mut self, depth: usize) -> Result<FieldCondition, String> {
        let mut left = self.single(depth)?;
        while matches!(self.next, Some(FilterToken::And)) {
            self.take();
            left = FieldCondition::And(Box::new(left), Box::new(self.single(depth)?));
        }
        Ok(left)
    }

    fn single(&mut self, depth: usize) -> Result<FieldCondition, String> {
        if depth > 30 {
            return Err("Invalid filter pattern: it is nested too deeply".into());
        }
        match self.take() {
            Some(FilterToken::Open) => {
                let inside = self.alternatives(depth + 1)?;
                match self.take() {
                    Some(FilterToken::Close) => Ok(inside),
                    _ => Err("Invalid filter pattern: a parenthesis is not closed".into()),
                }
            }
            Some(FilterToken::Path(path)) => self.comparison(path),
            _ => Err("Invalid filter pattern: a selector such as $.level is expected".into()),
        }
    }

    fn comparison(&mut self, path: Vec<SelectorStep>) -> Result<FieldCondition, String> {
        match self.take() {
            Some(FilterToken::Comparison(comparison)) => {
                let operand = match self.take() {
                    Some(FilterToken::Quoted(text)) => Operand::Text(text),
                    Some(FilterToken::Regex(regex)) => Operand::Regex(regex),
                    Some(FilterToken::Word(word)) => word
                        .parse()
                        .map_or_else(|_| Operand::Text(word), Operand::Number),
                    _ => return Err("Invalid filter pattern: a value is expected".into()),
                };
                Ok(FieldCondition::Compare(path, comparison, operand))
            }
            Some(FilterToken::Word(word)) if word == "IS" => match self.take() {
                Some(FilterToken::Word(what)) if what == "NULL" => Ok(FieldCondition::IsNull(path)),
                Some(FilterToken::Word(what)) if what == "TRUE" => {
                    Ok(FieldCondition::Is(path, true))
                }
                Some(FilterToken::Word(what)) if what == "FALSE" => {
                    Ok(FieldCondition::Is(path, false))
                }
                _ => Err("Invalid filter pattern: IS is followed by NULL, TRUE or FALSE".into()),
            },
            Some(FilterToken::Word(word)) if word == "NOT" => match self.take() {
                Some(FilterToken::Word(what)) if what == "EXISTS" => {
                    Ok(FieldCondition::NotExists(path))
                }
                _ => Err("Invalid filter pattern: NOT is followed by EXISTS".into()),
            },
            _ => Err("Invalid filter pattern: a comparison is expected".into()),
        }
    }
}

fn tokenize(text: &str) -> Result<Vec<FilterToken>, String> {
    const MARKS: [(&str, FilterToken); 10] = [
        ("(", FilterToken::Open),
        (")", FilterToken::Close),
        ("&&", FilterToken::And),
        ("||", FilterToken::Or),
        ("!=", FilterToken::Comparison(Comparison::Different)),
        ("<=", FilterToken::Comparison(Comparison::LessOrEqual)),
        (">=", FilterToken::Comparison(Comparison::GreaterOrEqual)),
        ("=", FilterToken::Comparison(Comparison::Equal)),
        ("<", FilterToken::Comparison(Comparison::Less)),
        (">", FilterToken::Comparison(Comparison::Greater)),
    ];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some((mark, token)) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            tokens.push(token.clone());
            rest = rest.get(mark.len()..).unwrap_or_default();
        } else if let Some(inside) = rest.strip_prefix('"') {
            let (text, after) = take_quoted(inside)?;
            tokens.push(FilterToken::Quoted(text));
            rest = after;
        } else if let Some((regex, after)) = rest
            .strip_prefix('%')
            .and_then(|inside| inside.split_once('%'))
        {
            tokens.push(FilterToken::Regex(
                Regex::new(regex).map_err(|error| error.to_string())?,
            ));
            rest = after;
        } else {
            let stops = |letter: char| letter.is_whitespace() || "()=<>!&|".contains(letter);
            let end = rest.find(stops).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            if word.is_empty() {
                return Err(format!("Invalid filter pattern near {rest:?}"));
            }
            let path = word.strip_prefix('$').map(read_path);
            tokens.push(match path {
                Some(path) => FilterToken::Path(path?),
                None => FilterToken::Word(word.to_owned()),
            });
            rest = after;
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// `.a.b[0].c[*]` after the dollar sign.
fn read_path(text: &str) -> Result<Vec<SelectorStep>, String> {
    let mut path = Vec::new();
    for piece in text.split('.').skip(1) {
        let (name, mut indexes) = piece.find('[').map_or((piece, ""), |at| piece.split_at(at));
        if name.is_empty() {
            return Err("Invalid filter pattern: a selector has an empty member".into());
        }
        path.push(SelectorStep::Member(name.to_owned()));
        while let Some(inside) = indexes.strip_prefix('[') {
            let (index, after) = inside
                .split_once(']')
                .ok_or("Invalid filter pattern: a bracket is not closed")?;
            path.push(match index {
                "*" => SelectorStep::AnyIndex,
                number => SelectorStep::Index(
                    number
                        .parse()
                        .map_err(|_| "Invalid filter pattern: an index is a number")?,
                ),
            });
            indexes = after;
        }
    }
    if path.is_empty() {
        Err("Invalid filter pattern: a selector names no member".into())
    } else {
        Ok(path)
    }
}
