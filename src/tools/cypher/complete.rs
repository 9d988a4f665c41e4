//! Completion of a statement at the cursor: labels, relationship types, properties, functions, parameters, variables.

use std::collections::BTreeMap;

use super::{
    lexer::{Lexeme, LexemeKind, lexemes, significant},
    vocabulary::{FUNCTIONS, KEYWORDS},
};
use crate::tools::graph_schema::{GraphSchema, PropertySchema};

/// Proposals that are made at most.
const MOST: usize = 50;
/// Letters of a word that must be typed before functions and keywords are proposed.
const WORD: usize = 2;

/// What a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalKind {
    /// A label of nodes.
    Label,
    /// A type of relationships.
    RelationshipType,
    /// A property of a node or relationship.
    Property,
    /// A function.
    Function,
    /// A parameter that the statement uses elsewhere.
    Parameter,
    /// A variable of the statement.
    Variable,
    /// A keyword.
    Keyword,
    /// A value that a server proposes for an argument.
    Value,
}

impl ProposalKind {
    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::RelationshipType => "type",
            Self::Property => "property",
            Self::Function => "function",
            Self::Parameter => "parameter",
            Self::Variable => "variable",
            Self::Keyword => "keyword",
            Self::Value => "value",
        }
    }
}

/// A text that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CypherProposal {
    /// The text that is inserted in place of what is typed of it.
    pub text: String,
    /// What it is.
    pub kind: ProposalKind,
    /// Its type, its signature, or its ends.
    pub note: String,
    /// How many nodes or relationships there are, in words, if the schema counts them.
    pub count: String,
}

/// What may stand at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CypherProposals {
    /// What is typed of it already.
    pub typed: String,
    /// Proposals, the best first.
    pub items: Vec<CypherProposal>,
    /// Whether they come from the schema of the graph.
    pub is_from_schema: bool,
}

/// What the cursor stands behind.
#[derive(Clone, Debug, PartialEq, Eq)]
enum CursorPosition {
    Label,
    RelationshipType,
    /// Behind `variable.`
    PropertyOf(String),
    /// In the map of a node or relationship pattern with these labels or types.
    KeyOf(Vec<String>),
    Parameter,
    Expression,
}

/// A variable of a statement: the labels or types that its patterns name.
type Variables = BTreeMap<String, Vec<String>>;

/// Returns what may stand at the cursor, given as a byte offset. `None` within strings and comments, in the middle of a
/// word, and where nothing is known.
pub fn complete(
    statement: &str,
    cursor: usize,
    schema: Option<&GraphSchema>,
) -> Option<CypherProposals> {
    let (before, after) = statement.split_at_checked(cursor)?;
    if after.chars().next().is_some_and(is_of_name) {
        return None;
    }
    let mut lexemes: Vec<Lexeme<'_>> = lexemes(before).collect();
    let last = lexemes.last().copied()?;
    let typed = match last.kind {
        LexemeKind::Word | LexemeKind::Parameter => last.name(),
        LexemeKind::Symbol | LexemeKind::Space => String::new(),
        LexemeKind::Comment
        | LexemeKind::StringLiteral
        | LexemeKind::QuotedName
        | LexemeKind::Number => return None,
    };
    let is_parameter = last.kind == LexemeKind::Parameter || last.is_symbol('$');
    if last.kind == LexemeKind::Word {
        lexemes.pop();
    }
    lexemes.retain(Lexeme::is_significant);
    let position = if is_parameter {
        CursorPosition::Parameter
    } else {
        position(&lexemes)
    };
    let proposals = proposals(&position, &typed, statement, schema);
    let is_from_schema = !matches!(
        position,
        CursorPosition::Parameter | CursorPosition::Expression
    );
    let items = matching(proposals, &typed);
    (!items.is_empty()).then_some(CypherProposals {
        typed,
        items,
        is_from_schema,
    })
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns what stands before the word at the cursor.
fn position(before: &[Lexeme<'_>]) -> CursorPosition {
    let Some(last) = before.last() else {
        return CursorPosition::Expression;
    };
    let open = open_brackets(before);
    let innermost = open.last().and_then(|at| before.get(*at));
    let is_in = |symbol: char| innermost.is_some_and(|bracket| bracket.is_symbol(symbol));
    let joins_labels = ['|', '&', '!'].iter().any(|symbol| last.is_symbol(*symbol));
    if last.is_symbol(':') || (joins_labels && has_colon(before, open.last().copied())) {
        return if is_in('[') {
            CursorPosition::RelationshipType
        } else if is_in('{') {
            CursorPosition::Expression
        } else {
            CursorPosition::Label
        };
    }
    if last.is_symbol('.') {
        let variable = before.len().checked_sub(2).and_then(|at| before.get(at));
        return match variable.filter(|variable| is_name(variable)) {
            Some(variable) => CursorPosition::PropertyOf(variable.name()),
            None => CursorPosition::Expression,
        };
    }
    let begins_key = last.is_symbol('{') || last.is_symbol(',');
    let outer = open.len().checked_sub(2).and_then(|at| open.get(at));
    if let (true, true, Some(outer)) = (begins_key, is_in('{'), outer)
        && before
            .get(*outer)
            .is_some_and(|bracket| bracket.is_symbol('(') || bracket.is_symbol('['))
    {
        let pattern = before.get(*outer..).unwrap_or_default();
        return CursorPosition::KeyOf(labels_behind(pattern, 1));
    }
    CursorPosition::Expression
}

fn is_name(lexeme: &Lexeme<'_>) -> bool {
    matches!(lexeme.kind, LexemeKind::Word | LexemeKind::QuotedName)
}

/// Returns the places of the brackets that are still open.
fn open_brackets(lexemes: &[Lexeme<'_>]) -> Vec<usize> {
    let mut open = Vec::new();
    for (at, lexeme) in lexemes.iter().enumerate() {
        if ['(', '[', '{']
            .iter()
            .any(|symbol| lexeme.is_symbol(*symbol))
        {
            open.push(at);
        } else if [')', ']', '}']
            .iter()
            .any(|symbol| lexeme.is_symbol(*symbol))
        {
            open.pop();
        }
    }
    open
}

/// Returns whether a colon stands between the innermost open bracket and the end.
fn has_colon(lexemes: &[Lexeme<'_>], bracket: Option<usize>) -> bool {
    bracket
        .and_then(|at| lexemes.get(at..))
        .is_some_and(|rest| rest.iter().any(|lexeme| lexeme.is_symbol(':')))
}

/// The labels or types of a pattern whose lexemes follow its bracket.
fn labels_behind(pattern: &[Lexeme<'_>], from: usize) -> Vec<String> {
    let rest = pattern.get(from..).unwrap_or_default();
    let rest = match rest.first() {
        Some(first) if is_name(first) => rest.get(1..).unwrap_or_default(),
        _ => rest,
    };
    if !rest.first().is_some_and(|lexeme| lexeme.is_symbol(':')) {
        return Vec::new();
    }
    let expression = rest.iter().take_while(|lexeme| {
        is_name(lexeme)
            || [':', '|', '&', '!']
                .iter()
                .any(|symbol| lexeme.is_symbol(*symbol))
    });
    expression
        .filter(|lexeme| is_name(lexeme))
        .map(Lexeme::name)
        .collect()
}

/// Returns the variables of a statement with the labels or types that they are declared with.
fn variables(statement: &str) -> Variables {
    let lexemes = significant(statement);
    let mut found = Variables::new();
    for (at, pair) in lexemes.windows(2).enumerate() {
        let [before, name] = pair else { continue };
        if !is_name(name) {
            continue;
        }
        if before.is_symbol('(') || before.is_symbol('[') {
            let next = lexemes.get(at + 2);
            let ends = [')', ']', ':', '{', '*'];
            let is_pattern = next.is_some_and(|next| {
                ends.iter().any(|symbol| next.is_symbol(*symbol)) || next.is_keyword("WHERE")
            });
            if is_pattern {
                let labels = labels_behind(lexemes.get(at + 1..).unwrap_or_default(), 0);
                found.entry(name.name()).or_default().extend(labels);
            }
        } else if before.is_keyword("AS") {
            found.entry(name.name()).or_default();
        }
    }
    found
}

fn proposals(
    position: &CursorPosition,
    typed: &str,
    statement: &str,
    schema: Option<&GraphSchema>,
) -> Vec<CypherProposal> {
    match position {
        CursorPosition::Label => labels(schema),
        CursorPosition::RelationshipType => relationship_types(schema),
        CursorPosition::PropertyOf(variable) => {
            let declared = variables(statement);
            let labels = declared.get(variable).cloned().unwrap_or_default();
            properties_of(&labels, schema)
        }
        CursorPosition::KeyOf(labels) => properties_of(labels, schema),
        CursorPosition::Parameter => super::parameters(statement)
            .into_iter()
            .map(|name| plain(name, ProposalKind::Parameter, ""))
            .collect(),
        CursorPosition::Expression if typed.chars().count() >= WORD => {
            let declared = variables(statement).into_keys();
            let variables = declared.map(|name| plain(quoted(&name), ProposalKind::Variable, ""));
            let functions = FUNCTIONS.iter().map(|(name, arguments)| {
                plain(
                    format!("{name}("),
                    ProposalKind::Function,
                    &format!("({arguments})"),
                )
            });
            let keywords = KEYWORDS
                .iter()
                .map(|word| plain((*word).to_owned(), ProposalKind::Keyword, ""));
            variables.chain(functions).chain(keywords).collect()
        }
        CursorPosition::Expression => Vec::new(),
    }
}

fn plain(text: String, kind: ProposalKind, note: &str) -> CypherProposal {
    CypherProposal {
        text,
        kind,
        note: note.to_owned(),
        count: String::new(),
    }
}

fn labels(schema: Option<&GraphSchema>) -> Vec<CypherProposal> {
    let labels = schema.map_or(&[][..], |schema| schema.labels.as_slice());
    labels
        .iter()
        .map(|label| CypherProposal {
            text: quoted(&label.name),
            kind: ProposalKind::Label,
            note: String::new(),
            count: label
                .count
                .map_or_else(String::new, crate::model::with_separators),
        })
        .collect()
}

fn relationship_types(schema: Option<&GraphSchema>) -> Vec<CypherProposal> {
    let relationships = schema.map_or(&[][..], |schema| schema.relationships.as_slice());
    relationships
        .iter()
        .map(|relationship| CypherProposal {
            text: quoted(&relationship.name),
            kind: ProposalKind::RelationshipType,
            note: format!(
                "{} → {}",
                relationship.from.join("|"),
                relationship.to.join("|")
            ),
            count: relationship
                .count
                .map_or_else(String::new, crate::model::with_separators),
        })
        .collect()
}

/// Returns the properties of these labels or types; of all if none of them is known.
fn properties_of(names: &[String], schema: Option<&GraphSchema>) -> Vec<CypherProposal> {
    let Some(schema) = schema else {
        return Vec::new();
    };
    let is_known = names
        .iter()
        .any(|name| schema.label(name).is_some() || schema.relationship(name).is_some());
    let is_wanted = |name: &String| !is_known || names.contains(name);
    let of_labels = schema
        .labels
        .iter()
        .map(|label| (&label.name, &label.properties));
    let of_types = schema
        .relationships
        .iter()
        .map(|relationship| (&relationship.name, &relationship.properties));
    let mut found: Vec<CypherProposal> = Vec::new();
    for (owner, properties) in of_labels.chain(of_types) {
        if !is_wanted(owner) {
            continue;
        }
        for property in properties {
            let text = quoted(&property.name);
            if !found.iter().any(|known| known.text == text) {
                found.push(property_proposal(text, property, owner));
            }
        }
    }
    found
}

fn property_proposal(text: String, property: &PropertySchema, owner: &str) -> CypherProposal {
    CypherProposal {
        text,
        kind: ProposalKind::Property,
        note: property.kind.clone(),
        count: format!(
            "{owner}{}",
            if property.is_indexed { ", indexed" } else { "" }
        ),
    }
}

/// Returns a name as Cypher takes it: in backticks unless it is a plain word.
pub fn quoted(name: &str) -> String {
    let is_plain = name.chars().all(is_of_name)
        && name.chars().next().is_some_and(|first| !first.is_numeric());
    if is_plain {
        name.to_owned()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

/// Returns the proposals that begin with the typed letters, then those that contain them. What is typed whole is no proposal.
fn matching(proposals: Vec<CypherProposal>, typed: &str) -> Vec<CypherProposal> {
    let wanted = typed.to_lowercase();
    let rank = |proposal: &CypherProposal| {
        let text = proposal.text.trim_start_matches('`').to_lowercase();
        if text.starts_with(&wanted) {
            Some(0)
        } else if proposal.kind != ProposalKind::Keyword && text.contains(&wanted) {
            Some(1)
        } else {
            None
        }
    };
    let mut ranked: Vec<(u8, CypherProposal)> = proposals
        .into_iter()
        .filter(|proposal| proposal.text != typed && !is_typed_keyword(proposal, typed))
        .filter_map(|proposal| Some((rank(&proposal)?, proposal)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.truncate(MOST);
    ranked.into_iter().map(|(_, proposal)| proposal).collect()
}

fn is_typed_keyword(proposal: &CypherProposal, typed: &str) -> bool {
    proposal.kind == ProposalKind::Keyword && proposal.text.eq_ignore_ascii_case(typed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn schema() -> GraphSchema {
        let answer = json!({
            "Person": {"type": "node", "count": 133, "properties": {"name": {"type": "STRING", "indexed": true}, "born": {"type": "INTEGER"}},
                "relationships": {"ACTED_IN": {"direction": "out", "labels": ["Movie"], "properties": {"roles": "LIST"}}}},
            "Movie": {"type": "node", "count": 38, "properties": {"title": {"type": "STRING"}, "tag line": {"type": "STRING"}}},
        });
        GraphSchema::parse(&answer).unwrap()
    }

    /// Returns the proposals at the bar in a statement.
    fn at(statement: &str) -> Vec<String> {
        let (before, after) = statement.split_once('▏').unwrap();
        let found = complete(&format!("{before}{after}"), before.len(), Some(&schema()));
        let items = found.map_or_else(Vec::new, |found| found.items);
        items.into_iter().map(|item| item.text).collect()
    }

    #[test]
    fn labels_types_and_properties_stand_where_cypher_wants_them() {
        for (statement, expected) in [
            ("MATCH (p:▏", vec!["Person", "Movie"]),
            ("MATCH (p:Pe▏)", vec!["Person"]),
            ("MATCH (p:Person|▏)", vec!["Person", "Movie"]),
            ("MATCH (p:Person)-[r:▏]->(m)", vec!["ACTED_IN"]),
            ("MATCH (p:Person) WHERE p.▏", vec!["name", "born"]),
            ("MATCH (m:Movie) RETURN m.t▏", vec!["title", "`tag line`"]),
            ("MATCH (:Person)-[r:ACTED_IN]->() RETURN r.▏", vec!["roles"]),
            ("MATCH (p:Person {▏", vec!["name", "born"]),
            ("MATCH (p:Person {name: 'x', b▏})", vec!["born"]),
            (
                "MATCH (x) RETURN x.▏",
                vec!["name", "born", "title", "`tag line`", "roles"],
            ),
            ("MATCH (n) WHERE n:Mo▏", vec!["Movie"]),
            ("RETURN $year, $y▏", vec!["year"]),
            ("RETURN coun▏", vec!["count("]),
            ("MATCH (person:Person) RETURN pers▏", vec!["person"]),
            ("MATCH (n) RETURN n LIMI▏", vec!["LIMIT"]),
        ] {
            assert_eq!(at(statement), expected, "{statement}");
        }
    }

    #[test]
    fn nothing_is_proposed_in_texts_comments_words_and_maps() {
        for statement in [
            "RETURN 'co▏'",
            "RETURN 1 // cou▏",
            "RETURN co▏unt(*)",
            "RETURN {a:▏}",
            "MATCH (n) RETURN n LIMIT▏",
            "RETURN $year▏",
            "RETURN 1▏",
            "▏",
        ] {
            assert_eq!(at(statement), Vec::<String>::new(), "{statement}");
        }
    }

    #[test]
    fn a_property_says_its_type_and_whether_it_is_indexed() {
        let statement = "MATCH (p:Person) RETURN p.";
        let found = complete(statement, statement.len(), Some(&schema())).unwrap();
        let first = found.items.first().unwrap();
        assert_eq!(
            (first.note.as_str(), first.count.as_str()),
            ("STRING", "Person, indexed")
        );
        assert!(found.is_from_schema && complete(statement, statement.len(), None).is_none());
    }

    proptest! {
        #[test]
        fn no_statement_breaks_it(statement in "\\PC{0,40}|(\\(|\\)|\\[|:|\\||\\.|\\{|,|\\$|a|MATCH|`| |ö){0,24}", at in 0_usize..60) {
            let _ = complete(&statement, at.min(statement.len()), Some(&schema()));
        }
    }
}
