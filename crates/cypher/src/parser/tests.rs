//! Statements that must be read, and where reading ends when they are not well formed.

use super::parse;

#[test]
fn everyday_statements_are_read() {
    let statements = [
        "MATCH (a:A:B {x: 1})-[r:R|S*1..3 {y: 2}]->(b)<--(c)--(d) WHERE a.x > 1 AND NOT (a)-->(d) RETURN *",
        "MATCH (n) WHERE n:A&(B|C) OR n IS :: INTEGER RETURN n SKIP 1 LIMIT $n",
        "WITH {a: 1, `b c`: [1, 2]} AS m RETURN m.a, m['b c'][0], m {.a, .*, x: 1, m}",
        "MERGE (a)-[:R]->(b) ON MATCH SET a.x = 1, a:L ON CREATE SET b = {}, b += $m",
        "CREATE CONSTRAINT c IF NOT EXISTS FOR (n:A) REQUIRE (n.x, n.y) IS NODE KEY",
        "CREATE FULLTEXT INDEX f FOR (n:A|B) ON EACH [n.x, n.y] OPTIONS {a: 1}",
        "CREATE USER `b ob` IF NOT EXISTS SET PLAINTEXT PASSWORD $p SET PASSWORD CHANGE NOT REQUIRED",
        "CREATE USER bob SET PASSWORD $p SET STATUS ACTIVE",
        "ALTER USER bob IF EXISTS SET STATUS SUSPENDED",
        "CYPHER 5 runtime=slotted MATCH (n) RETURN n",
        "RETURN [x IN [1] WHERE x > 0 | x], [(a)-->(b) | b], [p = (a)-->() WHERE true | p]",
        "MATCH (match:Match)-[return]->() RETURN match, return",
        "RETURN EXISTS { MATCH (n) WHERE n.x = 1 RETURN n }, COUNT { (a)--() WHERE true }",
        "MATCH (n) CALL (n) { MATCH (n)-->(m) RETURN m } RETURN m",
        "FOREACH (x IN [1] | FOREACH (y IN [2] | CREATE (:X {v: x + y})))",
        "UNWIND $rows AS row MERGE (n:N {id: row.id}) SET n = row",
        "RETURN -1 - -2, +3, 1 <= 2 < 3, 'a' || 'b', 2 ^ -1",
    ];
    for statement in statements {
        parse(statement).unwrap_or_else(|error| panic!("{statement}\n{error}"));
    }
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    let statement = format!("RETURN {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(parse(&statement).is_err());
    let statement = format!("RETURN {}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(parse(&statement).is_err());
    let statement = format!("RETURN {}true", "NOT ".repeat(10_000));
    assert!(parse(&statement).is_err());
}
