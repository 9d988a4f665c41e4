//! Filters: every kind of word, their inversion, the scope, and what is said about words that cannot be read.

use super::*;
use crate::logs::Line;

fn entry(text: &str) -> Entry {
    let body = Body::Event {
        group: "/aws/lambda/neo4j-interceptor".into(),
        stream: "s".into(),
        text: text.into(),
        line: Line::read(text),
        late: false,
    };
    Entry {
        at: Moment::from_millis(5_000),
        body,
    }
}

#[test]
fn every_condition_must_hold() {
    let span = r#"{"name":"POST /invocations","durationNano":204000000,"attributes":{"http.status_code":500},"body":{"isError":true}}"#;
    for (filter, text, expected) in [
        ("", "anything", true),
        ("level>=warn", "ERROR it broke", true),
        ("level>=warn", "INFO fine", false),
        ("-level>=warn", "INFO fine", true),
        ("Timeout", "query timeout set", true),
        ("!health", "GET /health", false),
        ("-health", "GET /health", false),
        ("-health", "GET /mcp", true),
        ("-", "a - b", true),
        ("/took \\d{4,} ms/", "query took 2400 ms", true),
        ("/took \\d{4,} ms/ !query", "query took 2400 ms", false),
        ("-/took \\d{4,} ms/", "query took 2400 ms", false),
        (
            "request=2f43",
            r#"{"message":"x","requestId":"2f43"}"#,
            true,
        ),
        (
            "request=2f44",
            r#"{"message":"x","requestId":"2f43"}"#,
            false,
        ),
        ("source=interceptor", "x", true),
        ("source=gateway", "x", false),
        ("-source=gateway", "x", true),
        ("\"level>=warn\"", "the filter level>=warn was set", true),
        ("\"query timeout\"", "a query timeout", true),
        ("\"query timeout\"", "a timeout of a query", false),
        ("!\"query timeout\"", "a query timeout", false),
        ("\"query", "a \"query\"", true),
        ("Status=500", "status=500 it was", true),
        ("session_id=cc8a", "session_id=cc8a8e69", true),
        ("http.status_code>=500", span, true),
        ("http.status_code>500", span, false),
        ("attributes.http.status_code<600", span, true),
        ("durationNano>200000000", span, true),
        ("durationNano>300000000", span, false),
        (".body.isError=true", span, true),
        (".body.isError!=true", span, false),
        (".name=\"POST", span, false),
        ("status>=500", r#"{"status":"503"}"#, true),
        ("status>=500", "status 503", false),
        ("pattern=\"took <*> ms\"", "took 14 ms", true),
        ("pattern=\"took <*> ms\"", "took 14 s", false),
        ("call=2f43", "RequestId: 2f43 done", true),
        ("call=2f43", "another", false),
    ] {
        assert_eq!(
            Filter::parse(filter).unwrap().passes(&entry(text)),
            expected,
            "{filter} on {text}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    assert!(Filter::parse("level>=loud").unwrap_err().contains("warn"));
    let broken = Filter::parse("/[a/").unwrap_err();
    assert!(
        broken.contains("unclosed") && !broken.contains('\n'),
        "{broken}"
    );
    for nonsense in [
        "leve>=warn",
        "level>=",
        "level>warn",
        "level<=warn",
        "trace=",
        "source=",
        "trace>=5",
        "traces=691b",
        "-level>=",
    ] {
        let wrong = Filter::parse(&format!("ERROR {nonsense}")).unwrap_err();
        assert!(
            wrong.contains("level>=") || wrong.contains("warn") || wrong.contains("of what"),
            "{nonsense}: {wrong}"
        );
    }
    assert!(Filter::parse(".status=").unwrap_err().contains("with what"));
}

#[test]
fn the_scope_leaves_out_levels_sources_and_times() {
    let at = Moment::from_millis;
    let passes = |scope: FilterScope| {
        Filter::parse("broke")
            .unwrap()
            .within(scope)
            .passes(&entry("ERROR it broke"))
    };
    assert!(passes(FilterScope::default()));
    assert!(!passes(FilterScope {
        hidden_levels: vec![Some(Level::Error)],
        ..FilterScope::default()
    }));
    assert!(passes(FilterScope {
        hidden_levels: vec![None, Some(Level::Info)],
        hidden_sources: vec!["gateway"],
        window: Some((at(5_000), at(5_000))),
    }));
    assert!(!passes(FilterScope {
        hidden_sources: vec!["interceptor"],
        ..FilterScope::default()
    }));
    assert!(!passes(FilterScope {
        window: Some((at(5_001), at(9_000))),
        ..FilterScope::default()
    }));
}

#[test]
fn the_lines_of_a_call_are_its_own_whatever_ids_they_carry() {
    let filter = Filter::parse("call=trace-1").unwrap();
    assert_eq!(filter.call_id(), Some("trace-1"));
    let lines = CallLines {
        ids: vec!["req-7".to_owned()],
        places: [(
            Moment::from_millis(5_000),
            "/aws/lambda/neo4j-interceptor".to_owned(),
        )]
        .into(),
    };
    let elsewhere = Entry {
        at: Moment::from_millis(6_000),
        ..entry("no id at all")
    };
    assert!(!filter.passes(&entry("no id at all")));
    let resolved = filter.with_call(&lines);
    assert!(resolved.passes(&entry("no id at all")));
    assert!(!resolved.passes(&elsewhere));
    assert!(resolved.passes(&Entry {
        at: Moment::from_millis(6_000),
        ..entry("request=req-7 x")
    }));
}

#[test]
fn among_the_lines_of_a_call_only_notices_of_its_time_are_shown() {
    let group = "/aws/lambda/neo4j-interceptor".to_owned();
    let places = [1_000, 3_000].map(|at| (Moment::from_millis(at), group.clone()));
    let lines = CallLines {
        ids: Vec::new(),
        places: places.into_iter().collect(),
    };
    let filter = Filter::parse("call=t1").unwrap();
    let gap_at = |filter: &Filter, at: i64| {
        filter.passes_notice(Moment::from_millis(at), NoticeKind::GapOpen)
    };
    assert!(!gap_at(&filter, 2_000), "its lines are not known yet");
    let filter = filter.with_call(&lines);
    let shown = [999, 1_000, 2_000, 3_000, 3_001].map(|at| gap_at(&filter, at));
    assert_eq!(shown, [false, true, true, true, false]);
    let others = Filter::parse("-call=t1").unwrap().with_call(&lines);
    assert!(gap_at(&others, 3_001));
}
