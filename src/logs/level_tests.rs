//! Levels in the forms of the common frameworks.

use super::*;

fn of(text: &str) -> Option<Level> {
    BorrowedJson::parse_object(text)
        .map_or_else(|| Level::of_text(text), |record| Level::of_json(&record))
}

#[test]
fn plain_lines_of_common_frameworks_have_their_level() {
    for (line, level) in [
        ("ERROR:root:python basicConfig", Level::Error),
        ("CRITICAL:root:out of memory", Level::Fatal),
        ("WARNING:neo4j.pool:Unable to retrieve routing", Level::Warn),
        ("error: winston", Level::Error),
        ("2026-01-01 00:00:00 | ERROR    | loguru", Level::Error),
        (
            "2026-01-01 00:00:00.000 | SUCCESS  | m:f:1 - done",
            Level::Info,
        ),
        ("E0101 00:00:00.000000 1 klog.go:1] klog", Level::Error),
        (
            "[E 260101 12:00:00 web:2348] 500 GET /mcp (127.0.0.1) 4.2ms",
            Level::Error,
        ),
        (
            "[I 260101 12:00:00 web:2348] 200 GET /mcp (127.0.0.1) 4.2ms",
            Level::Info,
        ),
        ("[C 260101 12:00:00 app:1] cannot start", Level::Fatal),
        ("I0101 00:00:00.000000 1 klog.go:1] fine", Level::Info),
        ("<3>kernel said so", Level::Error),
        (
            "<14>1 2026-01-01T00:00:00Z host app - - - text",
            Level::Info,
        ),
        ("fail: Microsoft.AspNetCore[0]", Level::Error),
        ("dbug: Microsoft.AspNetCore[0]", Level::Debug),
        ("[12:34:56 ERR] serilog", Level::Error),
        (
            "[2026-01-01 00:00:00] production.ERROR: monolog",
            Level::Error,
        ),
        ("[Thu Jan 01] [core:error] [pid 1] apache", Level::Error),
        ("2026/01/01 00:00:00 [crit] 1#1: nginx", Level::Fatal),
        ("E, [2026-01-01T00:00:00 #1] ERROR -- : ruby", Level::Error),
        ("2026-01-01 UTC [1] PANIC:  postgres", Level::Fatal),
        ("SEVERE: java.util.logging", Level::Error),
        ("level: error, text", Level::Error),
        (
            "INFO:     127.0.0.1 - \"POST /mcp HTTP/1.1\" 500 Internal Server Error",
            Level::Info,
        ),
        ("neo4j.exceptions.AuthError: {code: Neo.X}", Level::Error),
        (
            "Exception in thread \"main\" java.lang.NullPointerException",
            Level::Error,
        ),
        ("/usr/lib/x.py:1: DeprecationWarning: old", Level::Warn),
        ("panic: runtime error: index out of range", Level::Fatal),
        ("fatal error: all goroutines are asleep", Level::Fatal),
        ("thread 'main' panicked at src/main.rs:1:1:", Level::Fatal),
        (
            "RequestId: 8f5 Error: Runtime exited with error",
            Level::Error,
        ),
    ] {
        assert_eq!(of(line), Some(level), "{line}");
    }
}

#[test]
fn records_of_common_frameworks_have_their_level() {
    for (line, level) in [
        (r#"{"log.level":"error","message":"ecs"}"#, Level::Error),
        (r#"{"log":{"level":"error"},"message":"ecs"}"#, Level::Error),
        (
            r#"{"severityText":"","severityNumber":"17","body":"x"}"#,
            Level::Error,
        ),
        (r#"{"severityNumber":4,"body":"x"}"#, Level::Trace),
        (r#"{"severityNumber":5,"body":"x"}"#, Level::Debug),
        (r#"{"severityNumber":8,"body":"x"}"#, Level::Debug),
        (r#"{"severityNumber":9,"body":"x"}"#, Level::Info),
        (r#"{"severityNumber":13,"body":"x"}"#, Level::Warn),
        (r#"{"severityNumber":21,"body":"x"}"#, Level::Fatal),
        (r#"{"Level":"Error","Message":"dotnet"}"#, Level::Error),
        (r#"{"@l":"Error","@mt":"serilog"}"#, Level::Error),
        (r#"{"level":50,"msg":"pino"}"#, Level::Error),
        (r#"{"level":3,"short_message":"gelf"}"#, Level::Error),
        (r#"{"levelno":40,"msg":"python"}"#, Level::Error),
        (
            r#"{"record":{"level":{"name":"CRITICAL","no":50}},"text":"loguru"}"#,
            Level::Fatal,
        ),
        (r#"{"LogLevel":"Warning","Message":"dotnet"}"#, Level::Warn),
        (r#"{"severity":"NOTICE","message":"gcp"}"#, Level::Info),
        (r#"{"priority":"ERROR","message":"log4j"}"#, Level::Error),
        (r#"{"PRIORITY":"3","MESSAGE":"journald"}"#, Level::Error),
        (
            r#"{"log":"ERROR:root:wrapped","stream":"stderr"}"#,
            Level::Error,
        ),
        (
            r#"{"errorMessage":"x","errorType":"KeyError"}"#,
            Level::Error,
        ),
        (r#"{"body":{"isError":true,"log":"failed"}}"#, Level::Error),
        (
            r#"{"status":{"code":"UNSET"},"attributes":{"http.response.status_code":502}}"#,
            Level::Error,
        ),
    ] {
        assert_eq!(of(line), Some(level), "{line}");
    }
}

#[test]
fn prose_has_no_level() {
    for line in [
        "no error was found",
        "the level is high",
        "an error occurred in the pool",
        "127.0.0.1 - - [01/Jan/2026] \"GET / HTTP/1.1\" 500 12",
        "ErrorBudget: 3",
        "",
    ] {
        assert_eq!(of(line), None, "{line}");
    }
}

#[test]
fn a_typed_level_is_one_of_the_known_names() {
    for (typed, level) in [
        ("warn", Some(Level::Warn)),
        ("WARNING", Some(Level::Warn)),
        ("Error", Some(Level::Error)),
        ("err", Some(Level::Error)),
        ("critical", Some(Level::Fatal)),
        ("eror", None),
        ("fail", None),
        ("", None),
    ] {
        assert_eq!(Level::parse_typed(typed), level, "{typed}");
    }
}

#[test]
fn every_level_parses_its_own_name() {
    for level in Level::ALL {
        assert_eq!(Level::parse(level.as_str()), Some(level));
    }
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_judged(text in "\\PC*|.*|[A-Z<\\[:]{0,12} .*") {
        let _ = Level::of_text(&text);
    }
}
