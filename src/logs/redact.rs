//! Credentials out of log lines, before anybody sees them: an interceptor that logs its whole event is a known fault.
//!
//! Better one word too many than one too few; but ordinary sentences about passwords and tokens stay readable.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use base64::{Engine as _, alphabet, engine::general_purpose};
use regex::Regex;

use crate::logs::value_end::Ends;

/// What stands where a credential stood.
pub const MASK: &str = "***";

/// The line without credentials. Borrowed where there are none, which is nearly always.
pub fn redact(text: &str) -> Cow<'_, str> {
    if !SUSPICION.is_match(text) {
        return Cow::Borrowed(text);
    }
    mask(text, credentials(text, &mut Ends::new(text)))
}

/// Where credentials are, in no particular order; some within others.
fn credentials(text: &str, ends: &mut Ends<'_>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    found.extend(
        NAMED
            .find_iter(text)
            .filter_map(|name| value_after(text, &name.range(), ends)),
    );
    found.extend(SCHEME.captures_iter(text).filter_map(|each| {
        let (scheme, credential) = (each.get(1)?, each.get(2)?);
        is_credential(scheme.as_str(), credential.as_str()).then(|| credential.range())
    }));
    found.extend(TOKEN.find_iter(text).map(|token| token.range()));
    found.extend(
        USER_INFO
            .captures_iter(text)
            .filter_map(|each| Some(each.get(1)?.range())),
    );
    found.extend(
        CYPHER
            .captures_iter(text)
            .flat_map(|each| [1, 2].map(|at| each.get(at).map(|part| part.range())))
            .flatten(),
    );
    found
}

/// One cheap look that nearly every line passes.
static SUSPICION: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?i)auth|basic |bearer|eyj|passw|pwd|secret|token|://[^/\s]*@|api.?key|cookie|signature|private.?key",
    )
});

/// The name of a credential and its separator, in JSON (escaped any number of times), Python, headers, logfmt and query strings.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?ix) (?: ^ | [^a-z0-9] | _ )
        (?: [a-z0-9-]*authorization | (?:set-)?cookie
          | [a-z0-9_-]*? (?: passw(?:or)?d | passwd | pwd | client[_-]?secret | secret[_-]?access[_-]?key | secret[_-]?key | api[_-]?key | private[_-]?key
                      | (?:access|refresh|id|auth|bearer|session|security|user)[_-]?token )
          | x-amz-signature | secretstring | secret_string )
        \\* ["']? \s* (?: => | : | = ) \s*"#,
    )
});

/// `Basic …` and `Bearer …` wherever they stand.
static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?i)\b(basic|bearer)\s+([A-Za-z0-9+/=._~-]{4,})"));

/// A JSON web token, signed or not.
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]+){1,4}"));

/// The password of `scheme://user:password@host`.
static USER_INFO: LazyLock<Regex> = LazyLock::new(|| compiled(r"://[^/\s:@]*:([^/\s]+)@"));

/// Literals in a statement that changes a password.
static CYPHER: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?i)\bSET\s+(?:PLAINTEXT\s+|ENCRYPTED\s+)?PASSWORD\s+(?:FROM\s+)?(?:\\*["']([^"']*)["'])(?:\s+TO\s+\\*["']([^"']*)["'])?"#,
    )
});

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and the tests use every one of them"
)]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// Where the value behind a name lies: within its quotes, or up to where a bare value ends.
fn value_after(text: &str, name: &Range<usize>, ends: &mut Ends<'_>) -> Option<Range<usize>> {
    let rest = text.get(name.end..)?;
    let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
    let start = name.end + slashes;
    let (content, end) = match rest.as_bytes().get(slashes) {
        Some(quote @ (b'"' | b'\'')) => (start + 1, ends.closing(start + 1, *quote, slashes)),
        _ => (name.end, ends.bare(name.end, is_header(text, name))),
    };
    let value = text.get(content..end)?;
    if speaks_of_nothing(value) {
        return None;
    }
    // The scheme stays: that it was Basic is worth knowing and gives nothing away.
    let kept = ["Basic ", "Bearer "].iter().find(|scheme| {
        value
            .get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    });
    Some(content + kept.map_or(0, |scheme| scheme.len())..end)
}

/// Whether a value is none, or is an object or a list with names of its own. Looks at no more of it than its first word.
fn speaks_of_nothing(value: &str) -> bool {
    let head = value.trim_start();
    let words = ["null", "None", "true", "false", MASK];
    let is_only = |word: &&str| {
        head.strip_prefix(*word)
            .is_some_and(|rest| rest.trim_start().is_empty())
    };
    head.is_empty() || head.starts_with(['{', '[']) || words.iter().any(is_only)
}

/// A header's bare value goes to the end of its line.
fn is_header(text: &str, name: &Range<usize>) -> bool {
    text.get(name.clone()).is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("authorization") || name.contains("cookie")
    })
}

/// Whether what follows the scheme is a credential, not the next word of a sentence.
fn is_credential(scheme: &str, word: &str) -> bool {
    if scheme.eq_ignore_ascii_case("basic") {
        const LENIENT: general_purpose::GeneralPurpose = general_purpose::GeneralPurpose::new(
            &alphabet::STANDARD,
            general_purpose::GeneralPurposeConfig::new()
                .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
                .with_decode_allow_trailing_bits(true),
        );
        return LENIENT
            .decode(word.trim_end_matches('.'))
            .is_ok_and(|bytes| bytes.contains(&b':'));
    }
    word.len() >= 16 && word.bytes().any(|byte| byte.is_ascii_digit()) || word.starts_with("eyJ")
}

fn mask(text: &str, mut found: Vec<Range<usize>>) -> Cow<'_, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in found {
        if range.start >= at {
            out.push_str(text.get(at..range.start).unwrap_or(""));
            out.push_str(MASK);
        }
        at = at.max(range.end);
    }
    out.push_str(text.get(at..).unwrap_or(""));
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn credentials_go() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlY2FuYXJ5";
        for (line, shown) in [
            (
                "Authorization: Basic bmVvNGo6Y2FuYXJ5",
                "Authorization: Basic ***".to_owned(),
            ),
            (
                r#"{"headers":{"X-Neo4j-Authorization":"Basic bmVvNGo6Y2FuYXJ5","a":1}}"#,
                r#"{"headers":{"X-Neo4j-Authorization":"Basic ***","a":1}}"#.to_owned(),
            ),
            (
                "FULL EVENT: {'Authorization': 'Bearer abc', 'Host': 'x'}",
                "FULL EVENT: {'Authorization': 'Bearer ***', 'Host': 'x'}".to_owned(),
            ),
            (
                r#"{"requestBody":"{\"password\":\"can\\\"ary\",\"user\":\"neo4j\"}"}"#,
                r#"{"requestBody":"{\"password\":\"***\",\"user\":\"neo4j\"}"}"#.to_owned(),
            ),
            (
                "login with password=canary&user=x",
                "login with password=***&user=x".to_owned(),
            ),
            (
                "NEO4J_PASSWORD=canary NEO4J_URI=neo4j://h",
                "NEO4J_PASSWORD=*** NEO4J_URI=neo4j://h".to_owned(),
            ),
            (
                "connecting to neo4j+s://neo4j:c@n:ary@db.example:7687",
                "connecting to neo4j+s://neo4j:***@db.example:7687".to_owned(),
            ),
            (
                "ALTER CURRENT USER SET PASSWORD FROM 'canary1' TO 'canary2'",
                "ALTER CURRENT USER SET PASSWORD FROM '***' TO '***'".to_owned(),
            ),
            (
                "sent Basic bmVvNGo6Y2FuYXJ5 to it",
                "sent Basic *** to it".to_owned(),
            ),
            (
                r#"{"client_secret": "canary", "grant_type": "client_credentials"}"#,
                r#"{"client_secret": "***", "grant_type": "client_credentials"}"#.to_owned(),
            ),
            (
                r#"{"secret_access_key":"canary/1"}"#,
                r#"{"secret_access_key":"***"}"#.to_owned(),
            ),
        ] {
            assert_eq!(redact(line), shown);
        }
        assert_eq!(redact(&format!("got {jwt} back")), "got *** back");
        assert_eq!(
            redact(&format!("\"access_token\":\"{jwt}\"")),
            "\"access_token\":\"***\""
        );
    }

    /// Bytes that are looked at for ends, beside the regular expressions, whose cost is linear by construction.
    fn steps(line: &str) -> usize {
        let mut ends = Ends::new(line);
        credentials(line, &mut ends);
        ends.steps
    }

    #[test]
    fn a_line_of_openings_without_an_end_costs_no_more_than_its_length() {
        for opening in [
            "password=\"",
            "\\\"password\\\":\\\"",
            "authorization:",
            "cookie: a ",
            "\"secret_key\": '",
            "token_password=\\\\\\\"",
        ] {
            for count in [100, 1_000, 10_000] {
                let line = opening.repeat(count);
                let (steps, length) = (steps(&line), line.len());
                assert!(
                    steps <= 4 * length,
                    "{opening:?} {count} times: {steps} steps for {length} bytes"
                );
            }
            let line = format!("{}canary", opening.repeat(1_000));
            assert!(!redact(&line).contains("canary"), "{opening:?}");
        }
    }

    #[test]
    fn however_deep_the_quotes_are_escaped_the_cost_is_bounded() {
        let line: Vec<String> = (0..700)
            .map(|depth| format!("password={}\"x", "\\".repeat(depth)))
            .collect();
        let line = line.concat();
        let (steps, length) = (steps(&line), line.len());
        assert!(steps <= 40 * length, "{steps} steps for {length} bytes");
        assert!(!redact(&format!("password={}\"canary", "\\".repeat(100))).contains("canary"));
    }

    #[test]
    fn sentences_stay() {
        for line in [
            "Unauthorized: Basic or Bearer authentication required",
            "the password was rotated; a token is needed",
            "next_token=abc secret=neo4j-mcp/credentials",
            "A password must be at least 8 characters.",
            "token endpoint https://x.auth.example/oauth2/token answered 200",
            r#"{"password":null,"authorization":{"mode":"jwt"}}"#,
            "WWW-Authenticate: Basic realm=\"Neo4j MCP Server\"",
            "SecretId=arn:aws:secretsmanager:us-west-2:123456789012:secret:neo4j-Ab12Cd",
        ] {
            assert_eq!(redact(line), line);
        }
    }

    proptest! {
        #[test]
        fn redacting_twice_is_redacting_once(text in "\\PC*|.*") {
            let once = redact(&text).into_owned();
            prop_assert_eq!(redact(&once).into_owned(), once.clone());
        }

        #[test]
        fn no_password_survives_any_spelling(
            secret in "[a-zA-Z0-9!%@#^*+~.-]{8,24}",
            key in prop::sample::select(vec!["password", "NEO4J_PASSWORD", "Passwd", "client_secret", "clientSecret", "X-Api-Key", "refresh_token"]),
            form in 0..6_u8,
        ) {
            prop_assume!(secret.chars().any(char::is_alphanumeric));
            let json = serde_json::json!({ key: secret, "other": 1 }).to_string();
            let line = match form {
                0 => json,
                1 => serde_json::json!({ "body": json }).to_string(),
                2 => serde_json::json!({ "outer": serde_json::json!({ "body": json }).to_string() }).to_string(),
                3 => format!("{{'{key}': '{secret}', 'other': 1}}"),
                4 => format!("{key}={secret} other=1"),
                _ => format!("{key}: {secret}"),
            };
            prop_assert!(!redact(&line).contains(&secret), "{}", redact(&line));
        }
    }
}
