//! `prepare` on hostile text: it never panics, never overflows the stack, and takes linear time.

use std::time::{Duration, Instant};

use cypher::{Graph, Map, StandaloneHost, prepare, run};
use proptest::prelude::*;

/// Prepares and runs a statement on an empty graph.
fn execute(text: &str) {
    if let Ok(prepared) = prepare(text, &Map::new()) {
        let mut graph = Graph::new("test".to_owned());
        run(
            &prepared,
            &Map::new(),
            &mut graph,
            &StandaloneHost,
            jiff::Zoned::default(),
        );
    }
}

/// Pieces of statements that nest, chain or repeat.
const PIECES: [&str; 36] = [
    "(",
    "[",
    "{a: ",
    "({a: ",
    "[({a: ",
    "(a)-[:R {x: ",
    "NOT ",
    "-",
    "1 + ",
    "'a' + ",
    "2 ^ ",
    "true AND ",
    "true OR ",
    "1 < ",
    "a.",
    "a[0]",
    "a IS NULL ",
    "a:A:",
    "(:A|",
    "(:!",
    "CASE WHEN ",
    "EXISTS { MATCH (",
    "COUNT { (",
    "a {x: ",
    "'text', ",
    "(a), ",
    "f(",
    "[x IN ",
    "reduce(a = ",
    "all(x IN ",
    "WITH 1 AS a ",
    "UNION RETURN ",
    "CALL { ",
    "FOREACH (x IN [1] | ",
    "/* ",
    "`",
];

#[test]
fn repeated_pieces_take_linear_time() {
    for start in [
        "RETURN ",
        "MATCH ",
        "MATCH (n) WHERE ",
        "WITH 1 AS a RETURN a ORDER BY ",
    ] {
        for piece in PIECES {
            let text = format!("{start}{}", piece.repeat(40_000 / piece.len()));
            let began = Instant::now();
            execute(&text);
            let elapsed = began.elapsed();
            assert!(
                elapsed < Duration::from_secs(2),
                "{start}{piece}…: {elapsed:?}"
            );
        }
    }
}

#[test]
fn long_lists_of_items_take_linear_time() {
    let items: [fn(usize) -> String; 4] = [
        |index| format!("{index} AS c{index}"),
        |index| format!("'t{index}' AS c{index}"),
        |index| format!("[x IN [1] | x + {index}] AS c{index}"),
        |index| format!("(1 + {index}) * 2 AS c{index}"),
    ];
    for item in items {
        let list: Vec<String> = (0..5_000).map(item).collect();
        let began = Instant::now();
        execute(&format!("WITH {} RETURN 1", list.join(", ")));
        let elapsed = began.elapsed();
        assert!(elapsed < Duration::from_secs(2), "{}: {elapsed:?}", item(0));
    }
}

#[test]
fn long_conditions_are_accepted() {
    let conditions = vec!["n.x = 1"; 5_000].join(" OR ");
    prepare(
        &format!("MATCH (n) WHERE {conditions} RETURN n"),
        &Map::new(),
    )
    .expect("a long chain of OR");
    let terms = vec!["1"; 190].join(" + ");
    prepare(&format!("RETURN {terms}"), &Map::new()).expect("a sum of 190 terms");
}

#[test]
fn the_deepest_statements_run_on_a_stack_of_two_megabytes() {
    let statements = [
        format!("RETURN {}", vec!["1"; 190].join(" + ")),
        format!("RETURN {}1{}", "(".repeat(36), ")".repeat(36)),
        format!("RETURN {}1{}", "[".repeat(36), "]".repeat(36)),
        format!("RETURN {}1{}", "abs(".repeat(36), ")".repeat(36)),
        format!("RETURN {}true", "NOT ".repeat(36)),
        format!("WITH {{}} AS a RETURN a{}", ".a".repeat(190)),
        format!("RETURN {}1{}", "(1 + 1 + ".repeat(36), ")".repeat(36)),
    ];
    let thread = std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(move || {
            for statement in statements {
                if let Err(error) = prepare(&statement, &Map::new()) {
                    panic!("{error}");
                }
                execute(&statement);
            }
        });
    thread.expect("a thread").join().expect("no stack overflow");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
        execute(&text);
    }

    #[test]
    fn arbitrary_tokens_never_panic(tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..30)) {
        execute(&tokens.join(" "));
    }
}

/// Tokens for statements that are nearly well formed.
const TOKENS: [&str; 72] = [
    "MATCH",
    "OPTIONAL",
    "WHERE",
    "RETURN",
    "WITH",
    "UNWIND",
    "AS",
    "CREATE",
    "MERGE",
    "SET",
    "REMOVE",
    "DELETE",
    "DETACH",
    "ORDER",
    "BY",
    "SKIP",
    "LIMIT",
    "DISTINCT",
    "UNION",
    "ALL",
    "CALL",
    "YIELD",
    "FOREACH",
    "IN",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "EXISTS",
    "COUNT",
    "NOT",
    "AND",
    "OR",
    "IS",
    "NULL",
    "STARTS",
    "CONTAINS",
    "SHOW",
    "INDEXES",
    "INDEX",
    "FOR",
    "ON",
    "n",
    "m",
    "r",
    ":A",
    "[:R]",
    "(n)",
    "(n:A {x: 1})",
    "-->",
    "<-[r]-",
    "-[*1..2]-",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "|",
    "=",
    "<>",
    "+",
    "-",
    "*",
    "1",
    "-1.5",
    "'text'",
    "$p",
    "count(*)",
];
