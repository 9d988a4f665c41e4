//! Whether a Cypher statement may change something, judged by its text alone.
//!
//! Neo4j knows for certain, but only once the statement has been sent. The judgement here errs to one side: a statement
//! that writes is never taken for one that reads. Words in strings, comments, quoted names, labels, properties, map keys
//! and variables are not words of the language, so a statement that only mentions them still reads.

use super::lexer::{Lexeme, LexemeKind, lexemes, significant};

/// Words that begin a clause or command which changes data, schema, users, privileges or the server.
const WRITING: [&str; 22] = [
    "ALTER",
    "CREATE",
    "DEALLOCATE",
    "DELETE",
    "DENY",
    "DETACH",
    "DROP",
    "DRYRUN",
    "ENABLE",
    "FOREACH",
    "GRANT",
    "INSERT",
    "MERGE",
    "NODETACH",
    "REALLOCATE",
    "REMOVE",
    "RENAME",
    "REVOKE",
    "SET",
    "START",
    "STOP",
    "TERMINATE",
];

/// Words behind which an expression, a pattern or a name stands.
const BEFORE_OPERAND: [&str; 31] = [
    "AND", "AS", "ASSERT", "BY", "CASE", "CONTAINS", "DISTINCT", "ELSE", "FROM", "HEADERS", "IN",
    "IS", "LIMIT", "LOAD", "MATCH", "NOT", "OFFSET", "ON", "OR", "RETURN", "SHORTEST", "SKIP",
    "THEN", "UNWIND", "USE", "USING", "WHEN", "WHERE", "WITH", "XOR", "YIELD",
];

/// Words that may stand where an expression begins without being one.
const PREFIXES: [&str; 3] = ["CASE", "DISTINCT", "NOT"];

/// Words that may follow an expression.
const CONTINUATIONS: [&str; 29] = [
    "AND",
    "AS",
    "ASC",
    "ASCENDING",
    "CALL",
    "CONTAINS",
    "DESC",
    "DESCENDING",
    "ELSE",
    "END",
    "ENDS",
    "IN",
    "IS",
    "LIMIT",
    "MATCH",
    "OFFSET",
    "OPTIONAL",
    "OR",
    "ORDER",
    "RETURN",
    "SKIP",
    "STARTS",
    "THEN",
    "UNION",
    "UNWIND",
    "WHEN",
    "WHERE",
    "WITH",
    "XOR",
];

/// Procedures that only read, in lower case. A name that ends in a dot stands for all procedures below it.
const READING_PROCEDURES: [&str; 40] = [
    "apoc.algo.",
    "apoc.coll.",
    "apoc.convert.",
    "apoc.help",
    "apoc.map.",
    "apoc.math.",
    "apoc.meta.",
    "apoc.neighbors.",
    "apoc.node.degree",
    "apoc.nodes.connected",
    "apoc.path.",
    "apoc.schema.nodes",
    "apoc.schema.relationships",
    "apoc.search.",
    "apoc.text.",
    "apoc.version",
    "db.constraints",
    "db.index.fulltext.listavailableanalyzers",
    "db.index.fulltext.querynodes",
    "db.index.fulltext.queryrelationships",
    "db.index.vector.querynodes",
    "db.index.vector.queryrelationships",
    "db.indexdetails",
    "db.indexes",
    "db.info",
    "db.labels",
    "db.ping",
    "db.propertykeys",
    "db.relationshiptypes",
    "db.schema.",
    "db.stats.retrieve",
    "dbms.components",
    "dbms.functions",
    "dbms.info",
    "dbms.procedures",
    "dbms.showcurrentuser",
    "gds.graph.exists",
    "gds.graph.list",
    "gds.list",
    "gds.version",
];

/// Returns whether running the statement, or one of several statements, may change something. `EXPLAIN` runs nothing.
pub fn is_write(text: &str) -> bool {
    has_escape_outside_strings(text)
        || statements_write(text)
        || decoded(text).is_some_and(|text| statements_write(&text))
}

fn statements_write(text: &str) -> bool {
    significant(text)
        .split(|lexeme| lexeme.is_symbol(';'))
        .any(|statement| {
            !is_explained(statement) && WriteDetector::default().finds_write(statement)
        })
}

/// Returns whether the statement is planned and not run. Neo4j refuses `EXPLAIN` together with `PROFILE`.
fn is_explained(statement: &[Lexeme<'_>]) -> bool {
    let has_options = statement
        .first()
        .is_some_and(|word| word.is_keyword("CYPHER"));
    let mut words = statement.iter();
    if has_options {
        // `CYPHER 5 runtime = slotted EXPLAIN …`: versions, names, values.
        let options = statement
            .iter()
            .take_while(|lexeme| !lexeme.is_keyword("EXPLAIN") && is_option(lexeme))
            .count();
        words = statement.get(options..).unwrap_or_default().iter();
    }
    words.next().is_some_and(|word| word.is_keyword("EXPLAIN"))
        && !words.next().is_some_and(|word| word.is_keyword("PROFILE"))
}

/// Returns whether the lexeme can be part of the options in front of a statement.
fn is_option(lexeme: &Lexeme<'_>) -> bool {
    match lexeme.kind {
        LexemeKind::Word => {
            !WRITING.iter().any(|word| lexeme.is_keyword(word))
                && !BEFORE_OPERAND.iter().any(|word| lexeme.is_keyword(word))
                && !lexeme.is_keyword("CALL")
        }
        LexemeKind::Number => true,
        LexemeKind::Symbol => lexeme.is_symbol('=') || lexeme.is_symbol('.'),
        LexemeKind::QuotedName
        | LexemeKind::StringLiteral
        | LexemeKind::Parameter
        | LexemeKind::Comment
        | LexemeKind::Space => false,
    }
}

/// What may come next, as far as that decides whether a word is a clause or a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ExpectedToken {
    /// A clause, or what follows an operand.
    #[default]
    Clause,
    /// An operand: a word here is a name.
    Operand,
    /// An operand behind a prefix such as `NOT`, which may itself have been a name.
    OperandAfterPrefix,
    /// A name: behind a colon, or behind the dot of a property.
    Name,
}

#[derive(Default)]
struct WriteDetector {
    expected: ExpectedToken,
}

impl WriteDetector {
    fn finds_write(&mut self, statement: &[Lexeme<'_>]) -> bool {
        for (at, lexeme) in statement.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| statement.get(at));
            let rest = statement.get(at + 1..).unwrap_or_default();
            match lexeme.kind {
                LexemeKind::Word => {
                    if self.word_writes(lexeme, rest) {
                        return true;
                    }
                }
                LexemeKind::Symbol => self.expected = self.after_symbol(lexeme, before),
                LexemeKind::QuotedName
                | LexemeKind::StringLiteral
                | LexemeKind::Number
                | LexemeKind::Parameter => self.expected = ExpectedToken::Clause,
                LexemeKind::Comment | LexemeKind::Space => {}
            }
        }
        false
    }

    /// Judges a word and moves on behind it.
    fn word_writes(&mut self, word: &Lexeme<'_>, rest: &[Lexeme<'_>]) -> bool {
        let expected = std::mem::take(&mut self.expected);
        if expected == ExpectedToken::Name {
            return false;
        }
        let next = rest.first();
        let is_key = next.is_some_and(|next| next.is_symbol(':'));
        if WRITING.iter().any(|writing| word.is_keyword(writing)) {
            return !is_key && is_clause(expected, next);
        }
        if is_key {
            return false;
        }
        let in_operand = matches!(
            expected,
            ExpectedToken::Operand | ExpectedToken::OperandAfterPrefix
        );
        if word.is_keyword("CALL") && !in_operand {
            return calls_writing_procedure(rest);
        }
        if PREFIXES.iter().any(|prefix| word.is_keyword(prefix)) {
            self.expected = ExpectedToken::OperandAfterPrefix;
        } else if !in_operand && BEFORE_OPERAND.iter().any(|before| word.is_keyword(before)) {
            self.expected = ExpectedToken::Operand;
        }
        false
    }

    fn after_symbol(&self, symbol: &Lexeme<'_>, before: Option<&Lexeme<'_>>) -> ExpectedToken {
        match symbol.text.chars().next() {
            Some(':') => ExpectedToken::Name,
            Some('.') if before.is_none_or(|before| before.kind != LexemeKind::Number) => {
                ExpectedToken::Name
            }
            // `RETURN *` ends an operand, `2 * x` begins one.
            Some('*') if self.expected == ExpectedToken::Operand => ExpectedToken::Clause,
            Some(')' | ']' | '}' | '{') => ExpectedToken::Clause,
            Some(_) | None => ExpectedToken::Operand,
        }
    }
}

/// Returns whether a writing word is a clause here and not a variable of that name.
fn is_clause(expected: ExpectedToken, next: Option<&Lexeme<'_>>) -> bool {
    let Some(next) = next else {
        return expected == ExpectedToken::Clause;
    };
    match expected {
        ExpectedToken::Clause => true,
        ExpectedToken::Name => false,
        ExpectedToken::Operand | ExpectedToken::OperandAfterPrefix => match next.kind {
            LexemeKind::Symbol => next.is_symbol('('),
            LexemeKind::Word => {
                expected == ExpectedToken::OperandAfterPrefix
                    || !CONTINUATIONS.iter().any(|word| next.is_keyword(word))
            }
            LexemeKind::QuotedName | LexemeKind::Parameter => true,
            LexemeKind::StringLiteral
            | LexemeKind::Number
            | LexemeKind::Comment
            | LexemeKind::Space => false,
        },
    }
}

/// Returns whether what follows `CALL` is a procedure that is not known to read. A subquery is judged by what stands in it.
fn calls_writing_procedure(rest: &[Lexeme<'_>]) -> bool {
    let mut name = String::new();
    for lexeme in rest {
        match lexeme.kind {
            LexemeKind::Word | LexemeKind::QuotedName => name.push_str(&lexeme.name()),
            LexemeKind::Symbol if lexeme.is_symbol('.') => name.push('.'),
            LexemeKind::Symbol
            | LexemeKind::StringLiteral
            | LexemeKind::Number
            | LexemeKind::Parameter
            | LexemeKind::Comment
            | LexemeKind::Space => break,
        }
        // A name ends where no dot joins the next word: `CALL db.labels YIELD label`.
        let joins = rest
            .get(
                rest.iter()
                    .position(|other| other.start == lexeme.start)
                    .map_or(0, |at| at + 1),
            )
            .is_some_and(|next| next.is_symbol('.'));
        if !lexeme.is_symbol('.') && !joins {
            break;
        }
    }
    !name.is_empty() && !is_reading_procedure(&name.to_lowercase())
}

fn is_reading_procedure(name: &str) -> bool {
    let is_listed = READING_PROCEDURES
        .iter()
        .any(|known| name == *known || (known.ends_with('.') && name.starts_with(known)));
    let reads_projection = name.starts_with("gds.")
        && [".stream", ".stats", ".estimate"]
            .iter()
            .any(|mode| name.ends_with(mode));
    is_listed || reads_projection
}

/// Returns whether a Unicode escape stands outside of a string. Neo4j replaces them before it reads the statement, so that
/// `\u0043REATE` is a clause.
fn has_escape_outside_strings(text: &str) -> bool {
    lexemes(text).any(|lexeme| {
        lexeme.is_symbol('\\')
            && text
                .get(lexeme.end()..)
                .is_some_and(|rest| rest.starts_with(['u', 'U']))
    })
}

/// Returns the text with its Unicode escapes replaced, where it has any.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split("\\u");
    let mut decoded = parts.next()?.to_owned();
    let mut found = false;
    for part in parts {
        let digits = part.trim_start_matches('u');
        let letter = digits
            .get(..4)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        if let Some(letter) = letter {
            found = true;
            decoded.push(letter);
            decoded.push_str(digits.get(4..).unwrap_or_default());
        } else {
            decoded.push_str("\\u");
            decoded.push_str(part);
        }
    }
    found.then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_write_are_found_in_every_dress() {
        for statement in [
            "CREATE (n)",
            "create (n:Movie {title: 'x'}) return n",
            "MATCH (n) DETACH DELETE n",
            "MATCH (n)\u{a0}DELETE n",
            "MATCH(n)SET n.x=1",
            "MATCH (n) SET n:Label",
            "MATCH (n) REMOVE n.x",
            "MERGE (n:A {id: 1}) ON CREATE SET n.new = true",
            "INSERT (n:A)",
            "MATCH (a), (b) INSERT (a)-[:KNOWS]->(b)",
            "PROFILE CREATE (n)",
            "CYPHER 5 PROFILE MERGE (n)",
            "CYPHER runtime=slotted CREATE (n)",
            "/* EXPLAIN */ CREATE (n)",
            "// EXPLAIN\nCREATE (n)",
            "EXPLAIN RETURN 1; CREATE (n)",
            "RETURN 1; DROP INDEX x",
            "\u{feff}CREATE (n)",
            "DROP CONSTRAINT c IF EXISTS",
            "CREATE INDEX FOR (n:A) ON (n.x)",
            "ALTER USER neo4j SET PASSWORD 'x'",
            "ALTER CURRENT USER SET PASSWORD FROM $a TO $b",
            "GRANT ROLE admin TO joe",
            "DENY READ {*} ON GRAPH * TO joe",
            "REVOKE ROLE admin FROM joe",
            "START DATABASE movies",
            "STOP DATABASE movies",
            "RENAME USER a TO b",
            "SHOW TRANSACTIONS YIELD transactionId AS id TERMINATE TRANSACTIONS id YIELD message RETURN message",
            "TERMINATE TRANSACTION 'x'",
            "ENABLE SERVER 'x'",
            "USE movies CREATE (n)",
            "FOREACH (x IN [1] | CREATE (:A {x: x}))",
            "FOREACH (x IN ns | SET x.seen = true)",
            "LOAD CSV FROM 'file:///x.csv' AS line CREATE (:A {x: line[0]})",
            "MATCH (n) CALL { WITH n DELETE n }",
            "MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 100 ROWS",
            "CALL apoc.create.node(['A'], {})",
            "CALL `apoc`.`create`.`node`(['A'], {})",
            "CALL apoc . periodic . iterate('MATCH (n) RETURN n', 'DELETE n', {})",
            "CALL apoc.cypher.doIt('CREATE (n)', {})",
            "CALL dbms.security.createUser('a', 'b')",
            "CALL db.createLabel('A')",
            "CALL db.clearQueryCaches()",
            "CALL gds.pageRank.write('g', {})",
            "CALL gds.graph.project('g', '*', '*')",
            "CALL custom.anything()",
            "\\u0043REATE (n)",
            "MATCH (n) \\u0053ET n.x = 1",
            "RETURN '\\u0027 CREATE (n) RETURN \\u0027'",
            "RETURN 'a' AS `x\\u0060 CREATE (n) RETURN 1 AS \\u0060`",
            "WITH 1 AS as CREATE (n)",
            "MATCH (in) WITH in CREATE (n)",
            "MATCH (not) WITH not SET not.x = 1",
            "MATCH (n) WITH * CREATE (m)",
            "MATCH (n) WHERE n.x = 1 SET n.x = 2",
            "MATCH (n:SET) SET n.x = 1",
            "MATCH (n) WHERE n.create CREATE p = (n)-[:A]->()",
            "UNWIND [1, 2] AS x CREATE (:A {x: x})",
            "OPTIONAL MATCH (n) DELETE n",
            "MATCH (n) NODETACH DELETE n",
            "RETURN 'unfinished\\\\' CREATE (n)",
            "MATCH (n) /* a */ DELETE /* b */ n",
            "MATCH (\u{17f}et) \u{17f}et n.x = 1",
            "CALL { CREATE (n) RETURN n } RETURN n",
            "MATCH (n) WHERE EXISTS { (n)-->() } DELETE n",
            "EXPLAIN PROFILE CREATE (n)",
            "CYPHER 5 WITH 1 AS explain CREATE (n)",
            "CYPHER 5 MATCH (explain) CREATE (n)",
        ] {
            assert!(is_write(statement), "taken for reading: {statement}");
        }
    }

    #[test]
    fn statements_that_only_mention_the_words_read() {
        for statement in [
            "",
            "RETURN 1",
            "MATCH (n) RETURN n LIMIT 10;",
            "EXPLAIN CREATE (n)",
            "explain match (n) delete n",
            "CYPHER 5 EXPLAIN CREATE (n)",
            "CYPHER runtime=slotted EXPLAIN CREATE (n)",
            "PROFILE MATCH (n) RETURN n",
            "RETURN 'CREATE (n) DELETE n' AS text",
            "RETURN \"it's; DROP INDEX x\" AS text",
            "RETURN 'caf\\u00e9'",
            "MATCH (n) // CREATE (n)\nRETURN n",
            "MATCH (n) /* SET n.x = 1 */ RETURN n",
            "MATCH (n:`CREATE`) RETURN n",
            "MATCH (n:Create) RETURN n",
            "MATCH (n:A|SET) RETURN n",
            "MATCH (n:A&!DELETE) RETURN n",
            "MATCH ()-[r:CREATE|MERGE*1..3]->() RETURN r",
            "MATCH ()-[:SET {since: 1}]->() RETURN 1",
            "MATCH (n) RETURN n.create, n.set AS set ORDER BY set",
            "MATCH (n {set: 1, create: 2}) RETURN n",
            "RETURN {delete: true, merge: [1]} AS map",
            "MATCH (set) RETURN set",
            "MATCH (start)-->(end) RETURN start, end",
            "MATCH (set:Set)-[delete:DELETE]->() RETURN set.x, delete",
            "MATCH (create) WHERE create.x > 1 RETURN create",
            "WITH 1 AS create RETURN create + 1 AS drop",
            "UNWIND $set AS set RETURN set",
            "RETURN $create",
            "MATCH (n) RETURN n {.set, .create, start: n.start}",
            "MATCH (n) WHERE NOT n.delete RETURN n",
            "RETURN [set IN [1, 2] WHERE set > 1 | set] AS x",
            "RETURN CASE WHEN true THEN 1 ELSE 2 END AS remove",
            "CALL db.labels()",
            "CALL db.labels YIELD label RETURN label",
            "CALL db.index.fulltext.queryNodes('titles', 'create') YIELD node RETURN node",
            "CALL apoc.meta.schema() YIELD value RETURN value",
            "CALL gds.pageRank.stream('g') YIELD nodeId RETURN nodeId",
            "CALL { MATCH (n) RETURN n } RETURN n",
            "MATCH (n) CALL (n) { RETURN n.x AS x } RETURN x",
            "SHOW INDEXES",
            "SHOW TRANSACTIONS YIELD transactionId RETURN transactionId",
            "SHOW PROCEDURES YIELD name WHERE name STARTS WITH 'db.create' RETURN name",
            "LOAD CSV WITH HEADERS FROM 'https://x/y.csv' AS row RETURN row",
            "MATCH p = shortestPath((start)-[*..5]-(stop)) RETURN p",
            "RETURN datetime() AS start UNION RETURN datetime() AS start",
            "USE movies MATCH (n) RETURN count(*)",
            "MATCH (n) WITH n, count(*) AS set WHERE set > 1 RETURN n",
            "MATCH (n) WHERE n.x IN [1] AND n.y = 'SET' RETURN 2 * n.x AS x",
        ] {
            assert!(!is_write(statement), "taken for writing: {statement}");
        }
    }
}
