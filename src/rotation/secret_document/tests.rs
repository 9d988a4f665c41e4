//! The spellings of the known deployments, and what is refused.

#![cfg(test)]

use super::*;

#[test]
fn only_the_password_changes_whatever_the_text_looks_like() {
    let text = "{ \"NEO4J_URI\":\"neo4j+s:\\/\\/db\" ,\n\t\"Extra\" : {\"b\":1.50, \"a\":[1 ,2]},\"NEO4J_PASSWORD\" : \"ol\\u0064 \\\"one\\\"\",\n \"NEO4J_USERNAME\":\"ne\\u006f4j\",\"n\":1e5 }\n";
    let shape = SecretDocument::parse(text).unwrap();
    assert_eq!(
        (shape.password(), shape.user(), shape.address()),
        ("old \"one\"", "neo4j", Some("neo4j+s://db"))
    );
    let changed = shape.with_password("new").unwrap();
    assert_eq!(
        *changed,
        text.replace("\"ol\\u0064 \\\"one\\\"\"", "\"new\"")
    );
    assert_eq!(SecretDocument::parse(&changed).unwrap().password(), "new");
    let other = shape.with_credentials(&alternate("neo4j"), "new").unwrap();
    assert_eq!(
        *other,
        changed.replace("\"ne\\u006f4j\"", "\"neo4j_clone\"")
    );
}

#[test]
fn two_users_take_turns_and_an_administrator_is_known_by_its_secret() {
    assert_eq!(
        (
            alternate("reports").as_str(),
            alternate("reports_clone").as_str()
        ),
        ("reports_clone", "reports")
    );
    let shape =
        SecretDocument::parse(r#"{"user":"u","password":"p","masterarn":"arn:x"}"#).unwrap();
    assert_eq!(shape.administrator(), Some("arn:x"));
    // The user may stand before or behind the password.
    assert_eq!(
        *shape.with_credentials("a", "b").unwrap(),
        r#"{"user":"a","password":"b","masterarn":"arn:x"}"#
    );
    let turned = SecretDocument::parse(r#"{"password":"p","user":"u","masterarn":""}"#).unwrap();
    assert_eq!(
        *turned.with_credentials("a", "b").unwrap(),
        r#"{"password":"b","user":"a","masterarn":""}"#
    );
    assert_eq!(turned.administrator(), None);
}

#[test]
fn the_spellings_of_the_known_deployments_are_found() {
    for (text, user, address, database) in [
        (
            r#"{"uri":"neo4j+s://a","username":"neo4j","password":"p","database":"movies"}"#,
            "neo4j",
            Some("neo4j+s://a"),
            Some("movies"),
        ),
        (
            r#"{"NEO4J_URI":"bolt://b","NEO4J_USERNAME":"u","NEO4J_PASSWORD":"p","NEO4J_DATABASE":""}"#,
            "u",
            Some("bolt://b"),
            None,
        ),
        (
            r#"{"host":"db.internal","port":7687,"user":"u","password":"p"}"#,
            "u",
            Some("db.internal:7687"),
            None,
        ),
        (
            r#"{"host":"db.internal","port":"7687","url":"bolt://c:1","user":"u","password":"p"}"#,
            "u",
            Some("bolt://c:1"),
            None,
        ),
        (r#"{"Username":"u","Password":"p"}"#, "u", None, None),
    ] {
        let shape = SecretDocument::parse(text).unwrap();
        assert_eq!(
            (
                shape.user(),
                shape.address(),
                shape.database(),
                shape.password()
            ),
            (user, address, database, "p"),
            "{text}"
        );
    }
}

#[test]
fn a_bare_password_and_neo4j_auth_keep_their_form_to_the_byte() {
    let bare = SecretDocument::parse_for("s3cr3t\n", "reports").unwrap();
    assert_eq!((bare.user(), bare.password()), ("reports", "s3cr3t"));
    assert_eq!(*bare.with_password("n3w").unwrap(), "n3w\n");
    // A slash parts user and password only behind the user whose secret it is, or Neo4j's own.
    for (text, user, password) in [
        ("svc/s3cr3t", "svc", "s3cr3t"),
        ("neo4j/s3cr3t", "neo4j", "s3cr3t"),
        ("other/s3cr3t", "svc", "other/s3cr3t"),
    ] {
        let read = SecretDocument::parse_for(text, "svc").unwrap();
        assert_eq!((read.user(), read.password()), (user, password), "{text}");
    }
    let auth = SecretDocument::parse_for("neo4j/s3/cr3t", "neo4j").unwrap();
    assert_eq!((auth.user(), auth.password()), ("neo4j", "s3/cr3t"));
    assert_eq!(*auth.with_password("n3w").unwrap(), "neo4j/n3w");
    assert_eq!(*auth.with_credentials("u", "n3w").unwrap(), "u/n3w");
    let camel = r#"{"neo4jUri":"bolt://a","neo4jUsername":"u","neo4jPassword":"p"}"#;
    let camel = SecretDocument::parse_for(camel, "neo4j").unwrap();
    assert_eq!((camel.user(), camel.password()), ("u", "p"));
    assert_eq!(camel.address(), Some("bolt://a"));
    for refused in ["NEO4J_PASSWORD=x\nNEO4J_USERNAME=y", "[\"x\"]", ""] {
        assert!(
            SecretDocument::parse_for(refused, "neo4j").is_err(),
            "{refused}"
        );
    }
}

#[test]
fn what_cannot_be_rotated_is_refused_with_its_reason_and_without_its_value() {
    for (text, wanted) in [
        ("hunter2", "no JSON object"),
        ("[\"hunter2\"]", "no JSON object"),
        (
            r#"{"username":"u","password":"hunter2"} x"#,
            "no JSON object",
        ),
        (
            r#"{"username":"u","token":"hunter2"}"#,
            "`username`, `token`",
        ),
        (r#"{"password":"hunter2"}"#, "no member `username`"),
        (
            r#"{"username":"u","password":"hunter2","NEO4J_PASSWORD":"hunter2"}"#,
            "both `password` and `NEO4J_PASSWORD`",
        ),
        (
            r#"{"username":"u","password":"hunter2","password":"hunter2"}"#,
            "both `password` and `password`",
        ),
        (r#"{"username":"u","password":["hunter2"]}"#, "is no text"),
        (
            r#"{"password":"hunter2","auth":"u/hunter2"}"#,
            "both `password` and `auth`",
        ),
        (
            r#"{"username":"u","auth":"u/hunter2"}"#,
            "both `username` and `auth`",
        ),
        (r#"{"auth":"hunter2"}"#, "no member `password`"),
    ] {
        let error = SecretDocument::parse(text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_shape_shows_nothing_when_debugged() {
    let shape = SecretDocument::parse(r#"{"username":"u","password":"hunter2"}"#).unwrap();
    assert!(!format!("{shape:?}").contains("hunter2"));
}

#[test]
fn neo4j_auth_as_a_member_keeps_every_byte_outside_of_the_password() {
    for (text, user, password, changed) in [
        (
            r#"{ "uri":"bolt://a", "auth" : "neo4j/s3/cr3t"}"#,
            "neo4j",
            "s3/cr3t",
            r#"{ "uri":"bolt://a", "auth" : "neo4j/n\"w"}"#,
        ),
        (
            r#"{"NEO4J_URI":"bolt://a","NEO4J_AUTH":"reports\/p\u0041\"x"}"#,
            "reports",
            "pA\"x",
            r#"{"NEO4J_URI":"bolt://a","NEO4J_AUTH":"reports\/n\"w"}"#,
        ),
    ] {
        let document = SecretDocument::parse(text).unwrap();
        assert_eq!((document.user(), document.password()), (user, password));
        assert_eq!(document.address(), Some("bolt://a"));
        assert_eq!(*document.with_password("n\"w").unwrap(), changed);
        let other = document.with_credentials("u", "n\"w").unwrap();
        assert_eq!(*other, changed.replace(user, "u"));
    }
}

#[test]
fn an_object_without_a_user_is_of_the_user_who_is_known_otherwise() {
    let text = r#"{"password":"p"}"#;
    let document = SecretDocument::parse_for(text, "reports").unwrap();
    assert_eq!((document.user(), document.password()), ("reports", "p"));
    assert_eq!(*document.with_password("n").unwrap(), r#"{"password":"n"}"#);
    assert!(SecretDocument::parse(text).is_err());
}
