//! What statements answer on the movies graph; expectations were taken from a Neo4j 5.26 with the same data.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::neo4j::login::Users;
use crate::neo4j::render::{self, ValueFormat};
use crate::neo4j::server::{DatabaseServer, DatabaseSession, movies_statements};
use cypher::{CypherError, Map, Value};

fn server() -> DatabaseServer {
    DatabaseServer::new(
        "127.0.0.1:1".into(),
        "u".into(),
        Users::with([("neo4j", "correct-horse")]),
    )
}

fn session() -> DatabaseSession {
    DatabaseSession {
        user: "neo4j".into(),
        database: "neo4j".into(),
        change_required: false,
        agent: "test".into(),
        client: "127.0.0.1".into(),
        http: true,
        read_only: false,
    }
}

fn run_with(server: &DatabaseServer, text: &str, parameters: &Map) -> Result<String, CypherError> {
    let (answer, _) = server.run(&session(), text, parameters, Timestamp::UNIX_EPOCH)?;
    let rows: Vec<_> = answer
        .rows
        .iter()
        .map(|row| {
            serde_json::Value::Array(
                row.iter()
                    .map(|value| render::value(&answer, ValueFormat::Plain, value))
                    .collect(),
            )
        })
        .collect();
    let mut text = format!(
        "{} {}",
        answer.columns.join(","),
        serde_json::Value::Array(rows)
    );
    if let Some(failure) = answer.error {
        let _ = write!(text, " {}: {}", failure.code, failure.message);
    }
    Ok(text)
}

fn run(server: &DatabaseServer, text: &str) -> String {
    run_with(server, text, &Map::new())
        .unwrap_or_else(|failure| format!("{}: {}", failure.code, failure.message))
}

#[test]
fn the_movies_are_all_there() {
    for statement in movies_statements() {
        cypher::prepare(statement, &Map::new())
            .unwrap_or_else(|failure| panic!("{failure}\n{statement}"));
    }
    let server = server();
    let counts = "MATCH (n) WITH labels(n)[0] AS label, count(*) AS count RETURN label, count ORDER BY label";
    assert_eq!(
        run(&server, counts),
        r#"label,count [["Movie",38],["Person",133]]"#
    );
    let types = "MATCH ()-[r]->() RETURN type(r) AS type, count(*) AS count ORDER BY type";
    assert_eq!(
        run(&server, types),
        r#"type,count [["ACTED_IN",172],["DIRECTED",44],["FOLLOWS",3],["PRODUCED",15],["REVIEWED",9],["WROTE",10]]"#
    );
}

/// Statement and answer: the columns, then the rows as JSON, then the failure that ended them.
const READS: &[(&str, &str)] = &[
    ("RETURN 1 + 2 * 3 ^ 2 AS x", "x [[19.0]]"),
    (
        "RETURN 7/2 AS a, 7/2.0 AS b, -7/2 AS c, -7 % 3 AS d, 'a' + 1.0 AS e",
        r#"a,b,c,d,e [[3,3.5,-3,-1,"a1.0"]]"#,
    ),
    (
        "RETURN 1/0",
        "1/0 [] Neo.ClientError.Statement.ArithmeticError: / by zero",
    ),
    (
        "UNWIND [1,0] AS x RETURN 1/x AS y",
        "y [[1]] Neo.ClientError.Statement.ArithmeticError: / by zero",
    ),
    (
        "UNWIND [1,0] AS x WITH 1/x AS y RETURN y",
        "y [[1]] Neo.ClientError.Statement.ArithmeticError: / by zero",
    ),
    ("UNWIND [1,0] AS x RETURN 1/x AS y LIMIT 1", "y [[1]]"),
    (
        "RETURN 9223372036854775807 + 1",
        "9223372036854775807 + 1 [] Neo.ClientError.Statement.ArithmeticError: long overflow",
    ),
    (
        "MATCH (t:Person {name: 'Tom Hanks'}) RETURN t.name, t.born",
        r#"t.name,t.born [["Tom Hanks",1956]]"#,
    ),
    ("MATCH (n:Nope) RETURN n.x AS y", "y []"),
    (
        "MATCH (p:Person {name:'Tom Hanks'})-[:ACTED_IN]->(m) RETURN count(m)",
        "count(m) [[12]]",
    ),
    (
        "MATCH (:Person {name:'Tom Hanks'})-[:ACTED_IN]->(m)<-[:ACTED_IN]-(c) RETURN count(DISTINCT c) AS n, count(*) AS r",
        "n,r [[34,39]]",
    ),
    (
        "MATCH (b:Person {name:'Kevin Bacon'})-[*1..4]-(h) RETURN count(DISTINCT h) > 100 AS many",
        "many [[true]]",
    ),
    (
        "MATCH p=shortestPath((a:Person {name:'Kevin Bacon'})-[*]-(b:Person {name:'Meg Ryan'})) RETURN length(p)",
        "length(p) [[4]]",
    ),
    (
        "MATCH (m:Movie) WHERE m.released >= 1990 AND m.released < 2000 RETURN count(m)",
        "count(m) [[20]]",
    ),
    (
        "MATCH (m:Movie) RETURN m.title ORDER BY m.title LIMIT 2",
        r#"m.title [["A Few Good Men"],["A League of Their Own"]]"#,
    ),
    (
        "MATCH (m:Movie {title:'Cast Away'}) RETURN m {.title, .released, x: 1} AS m",
        r#"m [[{"released":2000,"title":"Cast Away","x":1}]]"#,
    ),
    (
        "MATCH (p:Person {name:'Helen Hunt'}) RETURN COUNT { (p)-[:ACTED_IN]->() } AS c, EXISTS { (p)-[:DIRECTED]->() } AS d",
        "c,d [[3,false]]",
    ),
    (
        "MATCH (p:Person {name:'Helen Hunt'}) RETURN COLLECT { MATCH (p)-->(m) RETURN m.title ORDER BY m.title } AS t",
        r#"t [[["As Good as It Gets","Cast Away","Twister"]]]"#,
    ),
    (
        "MATCH (p:Person {name:'Helen Hunt'}) RETURN [(p)-->(m) WHERE m.released > 1998 | m.title] AS t",
        r#"t [[["Cast Away"]]]"#,
    ),
    ("MATCH (n:Movie|Person) RETURN count(n) AS a", "a [[171]]"),
    ("MATCH (n:!Movie) RETURN count(n) AS a", "a [[133]]"),
    (
        "MATCH (a:Person)-[:FOLLOWS]->{1,2}(b) RETURN count(*) AS n",
        "n [[4]]",
    ),
    (
        "MATCH (p:Person WHERE p.born = 1930) RETURN p.name ORDER BY p.name",
        r#"p.name [["Clint Eastwood"],["Gene Hackman"],["Richard Harris"]]"#,
    ),
    (
        "MATCH (a)-[:ACTED_IN]->(m)<-[:DIRECTED]-(a) RETURN a.name ORDER BY a.name",
        r#"a.name [["Clint Eastwood"],["Danny DeVito"],["Tom Hanks"]]"#,
    ),
    ("CALL (*) { RETURN 1 AS x } RETURN x", "x [[1]]"),
    (
        "MATCH (m:Movie) WITH m ORDER BY m.title LIMIT 1 CALL { WITH m MATCH (m)<-[:DIRECTED]-(d) RETURN d.name AS d } RETURN m.title, d",
        r#"m.title,d [["A Few Good Men","Rob Reiner"]]"#,
    ),
    (
        "RETURN reduce(s = 0, x IN [1,2,3] | s + x) AS s, any(x IN [1,2] WHERE x > 1) AS a, [x IN range(1,4) WHERE x % 2 = 0 | x * x] AS l",
        "s,a,l [[6,true,[4,16]]]",
    ),
    (
        "RETURN CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END AS x, CASE 1 WHEN 1 THEN 'one' END AS y",
        r#"x,y [["b","one"]]"#,
    ),
    (
        "RETURN [1,2,3][-1] AS a, [1,2,3][1..] AS b, {a: {b: 2}}.a.b AS c, 'abc' STARTS WITH 'ab' AS d, 'x' IN ['y', null] AS e",
        "a,b,c,d,e [[3,[2,3],2,true,null]]",
    ),
    (
        "RETURN null = null AS a, null IS NULL AS b, 1 < 'a' AS c, 1 = 1.0 AS d, NOT null AS e, true OR null AS f",
        "a,b,c,d,e,f [[null,true,null,true,null,true]]",
    ),
    (
        "RETURN date('2024-01-31') + duration('P1M') AS a, duration.between(date('2024-01-01'), date('2024-03-05')) AS b, date.truncate('month', date('2024-05-06')) AS c",
        r#"a,b,c [["2024-02-29","P2M4D","2024-05-01"]]"#,
    ),
    (
        "RETURN datetime('2024-02-03T04:05:00.123+01:00[Europe/Berlin]') AS z, toString(datetime('2024-02-03T04:05:06Z')) AS t, duration('P1Y2M3DT4H5M6.7S') AS d",
        r#"z,t,d [["2024-02-03T04:05:00.123+01:00","2024-02-03T04:05:06Z","P1Y2M3DT4H5M6.7S"]]"#,
    ),
    (
        "RETURN point({x:1,y:2}) AS p, toString(1e20) AS t, 0.0/0.0 AS nan",
        r#"p,t,nan [["SRID=7203;POINT (1.0 2.0)","1.0E20","NaN"]]"#,
    ),
    (
        "UNWIND [3,1,null,2] AS x RETURN x ORDER BY x DESC",
        "x [[null],[3],[2],[1]]",
    ),
    ("UNWIND [1,1.0,2] AS x RETURN DISTINCT x", "x [[1],[2]]"),
    (
        "UNWIND [1,2,3,4] AS x RETURN sum(x) AS s, avg(x) AS a, min(x) AS n, max(x) AS m, collect(x) AS c, percentileCont(x, 0.5) AS p",
        "s,a,n,m,c,p [[10,2.5,1,4,[1,2,3,4],2.5]]",
    ),
    (
        "MATCH (p:Person)-[:DIRECTED]->(m) WITH p, count(m) AS n WHERE n > 3 RETURN p.name, n ORDER BY n DESC, p.name",
        r#"p.name,n [["Lana Wachowski",5],["Lilly Wachowski",5]]"#,
    ),
    (
        "MATCH (p:Person)-[:DIRECTED]->(m) RETURN p.name, count(*) ORDER BY count(*) DESC, p.name LIMIT 1",
        r#"p.name,count(*) [["Lana Wachowski",5]]"#,
    ),
    ("RETURN 1 AS x UNION RETURN 1 AS x", "x [[1]]"),
    ("RETURN 1 AS x UNION ALL RETURN 1 AS x", "x [[1],[1]]"),
    (
        "MATCH (n:Person {name:'Nobody'}) RETURN count(n) AS c, collect(n.name) AS l",
        "c,l [[0,[]]]",
    ),
    ("OPTIONAL MATCH (n:Nope) RETURN n", "n [[null]]"),
    (
        "MATCH (n:Person {name:'Tom Hanks'}) RETURN elementId(n) = '4:u:' + id(n) AS same",
        "same [[true]]",
    ),
    (
        "CALL db.labels() YIELD label RETURN label ORDER BY label",
        r#"label [["Movie"],["Person"]]"#,
    ),
    (
        "SHOW INDEXES YIELD name, type WHERE type = 'LOOKUP' RETURN count(*) AS n",
        "n [[2]]",
    ),
    (
        "CALL dbms.components()",
        r#"name,versions,edition [["Neo4j Kernel",["5.26.30"],"community"]]"#,
    ),
    (
        "SHOW DATABASES YIELD name, currentStatus",
        r#"name,currentStatus [["neo4j","online"],["system","online"]]"#,
    ),
    ("EXPLAIN MATCH (n) RETURN n", "n []"),
    ("RETURN 1;", "1 [[1]]"),
    (
        "RETURN 'it\\'s' AS s, \"ü\" AS `a b` // end",
        r#"s,a b [["it's","ü"]]"#,
    ),
];

#[test]
fn statements_read_as_in_neo4j() {
    let server = server();
    for (statement, expected) in READS {
        assert_eq!(run(&server, statement), *expected, "{statement}");
    }
}

/// Statement, the start of the failure's text, and the place.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "RETRUN 1",
        "Neo.ClientError.Statement.SyntaxError: Invalid input 'RETRUN': expected",
        "(line 1, column 1 (offset: 0))\n\"RETRUN 1\"\n ^",
    ),
    (
        "MATCH (n) RETRUN n",
        "Neo.ClientError.Statement.SyntaxError: Invalid input 'RETRUN': expected a graph pattern, 'FOREACH', ',',",
        "(line 1, column 11 (offset: 10))\n\"MATCH (n) RETRUN n\"\n           ^",
    ),
    (
        "MATCH (n)\nRETURN foo",
        "Neo.ClientError.Statement.SyntaxError: Variable `foo` not defined",
        "(line 2, column 8 (offset: 17))\n\"RETURN foo\"\n        ^",
    ),
    (
        "RETURN foo(1)",
        "Neo.ClientError.Statement.SyntaxError: Unknown function 'foo'",
        "(line 1, column 8 (offset: 7))",
    ),
    (
        "RETURN 1 +",
        "Neo.ClientError.Statement.SyntaxError: Invalid input '': expected an expression",
        "(line 1, column 11 (offset: 10))",
    ),
    (
        "MATCH (n RETURN n",
        "Neo.ClientError.Statement.SyntaxError: Invalid input 'RETURN': expected a graph pattern, a parameter, ')', ':', 'IS', 'WHERE' or '{'",
        "(line 1, column 10 (offset: 9))",
    ),
    (
        "CREATE (n:X",
        "Neo.ClientError.Statement.SyntaxError: Invalid input '': expected a parameter, '&', ')', ':', 'WHERE', '{' or '|'",
        "(line 1, column 12 (offset: 11))",
    ),
    (
        "RETURN 1 AS a, 2 AS a",
        "Neo.ClientError.Statement.SyntaxError: Multiple result columns with the same name are not supported",
        "(line 1, column 8 (offset: 7))",
    ),
    (
        "RETURN 1 + true",
        "Neo.ClientError.Statement.SyntaxError: Type mismatch: expected Float, Integer, String or List<T> but was Boolean",
        "(line 1, column 12 (offset: 11))",
    ),
    (
        "MATCH (n)",
        "Neo.ClientError.Statement.SyntaxError: Query cannot conclude with MATCH (must be a RETURN clause, a FINISH clause, an update clause, a unit subquery call, or a procedure call with no YIELD).",
        "(line 1, column 1 (offset: 0))",
    ),
    (
        "MATCH (n) RETURN n.name, count(*) ORDER BY n.born",
        "Neo.ClientError.Statement.SyntaxError: In a WITH/RETURN with DISTINCT or an aggregation, it is not possible to access variables declared before the WITH/RETURN: n",
        "(line 1, column 44 (offset: 43))",
    ),
    (
        "MATCH (a)-[r]->(b) CREATE (a)-[r]->(b)",
        "Neo.ClientError.Statement.SyntaxError: Variable `r` already declared",
        "(line 1, column 32 (offset: 31))",
    ),
    (
        "CREATE (a)-[:X]-(b)",
        "Neo.ClientError.Statement.SyntaxError: Only directed relationships are supported in CREATE",
        "(line 1, column 11 (offset: 10))",
    ),
    (
        "RETURN 'unclosed",
        "Neo.ClientError.Statement.SyntaxError: Failed to parse string literal.",
        "(line 1, column 8 (offset: 7))",
    ),
    (
        "RETURN count(count(1))",
        "Neo.ClientError.Statement.SyntaxError: Can't use aggregate functions inside of aggregate functions.",
        "(line 1, column 14 (offset: 13))",
    ),
    (
        "MATCH (n) WHERE count(n) > 1 RETURN n",
        "Neo.ClientError.Statement.SyntaxError: Invalid use of aggregating function count(...) in this context",
        "(line 1, column 17 (offset: 16))",
    ),
    (
        "CREATE (n) MATCH (m) RETURN m",
        "Neo.ClientError.Statement.SyntaxError: WITH is required between CREATE and MATCH",
        "(line 1, column 12 (offset: 11))",
    ),
    (
        "MATCH (n) WITH n.name RETURN 1",
        "Neo.ClientError.Statement.SyntaxError: Expression in WITH must be aliased (use AS)",
        "(line 1, column 16 (offset: 15))",
    ),
    (
        "RETURN 1 LIMIT -1",
        "Neo.ClientError.Statement.SyntaxError: Invalid input. '-1' is not a valid value. Must be a non-negative integer.",
        "(line 1, column 16 (offset: 15))",
    ),
    (
        "RETURN 1 RETURN 2",
        "Neo.ClientError.Statement.SyntaxError: RETURN can only be used at the end of the query.",
        "(line 1, column 1 (offset: 0))",
    ),
    (
        "RETURN 99999999999999999999",
        "Neo.ClientError.Statement.SyntaxError: integer is too large",
        "(line 1, column 8 (offset: 7))",
    ),
    (
        "RETURN $x + $y",
        "Neo.ClientError.Statement.ParameterMissing: Expected parameter(s): x, y",
        "",
    ),
    (
        "CALL nope()",
        "Neo.ClientError.Procedure.ProcedureNotFound: There is no procedure with the name `nope` registered",
        "",
    ),
    (
        "CALL db.labels() YIELD nope",
        "Neo.ClientError.Statement.SyntaxError: Unknown procedure output: `nope`",
        "(line 1, column 24 (offset: 23))",
    ),
    (
        "EXPLAIN PROFILE RETURN 1",
        "Neo.ClientError.Statement.ArgumentError: Can't specify multiple conflicting values for execution mode",
        "",
    ),
    (
        "CREATE (n:P) SET n.x = {a:1}",
        "",
        "Property values can only be of primitive types or arrays thereof. Encountered: Map{a -> Long(1)}.",
    ),
    (
        "CREATE DATABASE foo",
        "Neo.ClientError.Statement.UnsupportedAdministrationCommand: Unsupported administration command: CREATE DATABASE foo",
        "",
    ),
    (
        "   ",
        "Neo.ClientError.Statement.SyntaxError: Unexpected end of input: expected CYPHER, EXPLAIN, PROFILE or Query (line 0, column 1 (offset: 1))",
        "",
    ),
];

#[test]
fn mistakes_are_told_in_neo4j_s_words_with_their_place() {
    let server = server();
    for (statement, start, part) in MISTAKES {
        let answer = run(&server, statement);
        assert!(answer.starts_with(start), "{statement}\n{answer}");
        assert!(answer.contains(part), "{statement}\n{answer}");
    }
}

#[test]
fn writes_change_the_graph_and_are_counted() {
    let server = server();
    let count = |statement: &str| {
        let (answer, _) = server
            .run(&session(), statement, &Map::new(), Timestamp::UNIX_EPOCH)
            .unwrap();
        assert_eq!(answer.error, None, "{statement}");
        let c = answer.counters;
        [
            c.nodes_created,
            c.nodes_deleted,
            c.relationships_created,
            c.relationships_deleted,
            c.properties_set,
            c.labels_added,
            c.labels_removed,
        ]
    };
    assert_eq!(
        count("CREATE (n:Q {a:1,b:2})-[:R {x:1}]->(n2) SET n:Z, n.a=3, n.b=null RETURN n.a"),
        [2, 0, 1, 0, 5, 2, 0]
    );
    assert_eq!(
        run(&server, "MATCH (n:Q) RETURN n.a, n.b, labels(n)"),
        r#"n.a,n.b,labels(n) [[3,null,["Q","Z"]]]"#
    );
    assert_eq!(
        count("MERGE (n:Q {a:3}) ON CREATE SET n.c = 1 ON MATCH SET n.c = 2"),
        [0, 0, 0, 0, 1, 0, 0]
    );
    assert_eq!(
        count("MERGE (n:Q {a:4}) ON CREATE SET n.c = 1 ON MATCH SET n.c = 2"),
        [1, 0, 0, 0, 2, 1, 0]
    );
    assert_eq!(count("MATCH (n:Q) REMOVE n.c, n:Z"), [0, 0, 0, 0, 2, 0, 1]);
    assert_eq!(
        count("FOREACH (x IN [1,2] | CREATE (:T {x: x}))"),
        [2, 0, 0, 0, 2, 2, 0]
    );
    assert_eq!(
        count("MATCH (t:T) SET t += {y: 1, x: null}"),
        [0, 0, 0, 0, 4, 0, 0]
    );
    assert_eq!(count("MATCH (t:T) DELETE t"), [0, 2, 0, 0, 0, 0, 0]);
    assert_eq!(count("MATCH (n:Q) DETACH DELETE n"), [0, 2, 0, 1, 0, 0, 0]);
    assert_eq!(
        run(&server, "MATCH (n:Q) RETURN count(n)"),
        "count(n) [[0]]"
    );
    assert_eq!(
        run(
            &server,
            "CREATE (n:`Weird Label` {`a key`: 'ü'}) RETURN n.`a key` AS v, labels(n) AS l"
        ),
        r#"v,l [["ü",["Weird Label"]]]"#
    );
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let server = server();
    let failed = run(
        &server,
        "CREATE (x:Half) WITH x UNWIND [1,0] AS d SET x.v = 1/d RETURN x.v",
    );
    assert!(failed.contains("/ by zero"), "{failed}");
    assert_eq!(
        run(&server, "MATCH (x:Half) RETURN count(x)"),
        "count(x) [[0]]"
    );
    let attached = run(&server, "MATCH (p:Person {name:'Tom Hanks'}) DELETE p");
    assert!(
        attached.contains("ConstraintValidationFailed: Cannot delete node<"),
        "{attached}"
    );
}

#[test]
fn indexes_and_constraints_are_kept() {
    let server = server();
    assert_eq!(
        run(&server, "CREATE INDEX pn FOR (p:Person) ON (p.name)"),
        " []"
    );
    assert!(
        run(&server, "CREATE INDEX pn FOR (p:Person) ON (p.name)")
            .starts_with("Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists")
    );
    assert_eq!(
        run(
            &server,
            "CREATE INDEX pn IF NOT EXISTS FOR (p:Person) ON (p.name)"
        ),
        " []"
    );
    assert_eq!(run(&server, "DROP INDEX pn"), " []");
    assert!(run(&server, "DROP INDEX pn").starts_with("Neo.DatabaseError.Schema.IndexDropFailed"));
    assert_eq!(
        run(
            &server,
            "CREATE CONSTRAINT mt FOR (m:Movie) REQUIRE m.title IS UNIQUE"
        ),
        " []"
    );
    let broken = run(&server, "CREATE (:Movie {title: 'Cast Away'})");
    assert!(
        broken.starts_with("Neo.ClientError.Schema.ConstraintValidationFailed: Node("),
        "{broken}"
    );
    assert!(
        broken.ends_with("already exists with label `Movie` and property `title` = 'Cast Away'"),
        "{broken}"
    );
    assert_eq!(
        run(
            &server,
            "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties"
        ),
        r#"name,type,labelsOrTypes,properties [["mt","UNIQUENESS",["Movie"],["title"]]]"#
    );
}

#[test]
fn parameters_are_seen_everywhere() {
    let server = server();
    let parameters = Map::from([
        ("name".to_owned(), Value::from("Tom Hanks")),
        ("n".to_owned(), Value::Integer(1)),
    ]);
    let answer = run_with(
        &server,
        "MATCH (p:Person {name: $name}) RETURN p.born + $n AS x LIMIT $n",
        &parameters,
    );
    assert_eq!(answer.unwrap(), "x [[1957]]");
}

#[test]
fn what_a_statement_does_is_told_exactly() {
    use cypher::StatementEffect::{Read, Schema, System, Write};
    let cases = [
        ("MATCH (n) RETURN n", Read),
        ("CALL db.labels()", Read),
        ("SHOW INDEXES", Read),
        ("MATCH (n {name: 'CREATE'}) RETURN n.set AS `delete`", Read),
        ("EXPLAIN CREATE (n)", Write),
        ("MATCH (n) SET n.x = 1", Write),
        ("MATCH (n) CALL { WITH n DETACH DELETE n }", Write),
        ("FOREACH (x IN [1] | MERGE (:X))", Write),
        ("CREATE INDEX FOR (n:X) ON (n.y)", Schema),
        ("SHOW DATABASES", System),
        ("ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'", System),
    ];
    for (statement, effect) in cases {
        assert_eq!(
            cypher::prepare(statement, &Map::new()).unwrap().effect,
            effect,
            "{statement}"
        );
    }
}
