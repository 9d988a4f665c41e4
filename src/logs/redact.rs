//! Credentials out of log lines, before anybody sees them: an interceptor that logs its whole event is a known fault.
//!
//! Better one word too many than one too few; but ordinary sentences about passwords and tokens stay readable.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use base64::{Engine as _, alphabet, engine::general_purpose};
use regex::Regex;

/// What stands where a credential stood.
pub const MASK: &str = "***";

/// The line without credentials. Borrowed where there are none, which is nearly always.
pub fn redact(text: &str) -> Cow<'_, str> {
    if !SUSPICION.is_match(text) {
        return Cow::Borrowed(text);
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    found.extend(NAMED.find_iter(text).filter_map(|name| value_after(text, &name.range())));
    found.extend(SCHEME.captures_iter(text).filter_map(|each| {
        let (scheme, credential) = (each.get(1)?, each.get(2)?);
        is_credential(scheme.as_str(), credential.as_str()).then(|| credential.range())
    }));
    found.extend(TOKEN.find_iter(text).map(|token| token.range()));
    found.extend(USER_INFO.captures_iter(text).filter_map(|each| Some(each.get(1)?.range())));
    found.extend(CYPHER.captures_iter(text).flat_map(|each| [1, 2].map(|at| each.get(at).map(|part| part.range()))).flatten());
    mask(text, found)
}

/// One cheap look that nearly every line passes.
static SUSPICION: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?i)auth|basic |bearer|eyj|passw|pwd|secret|token|://[^/\s]*@|api.?key|cookie|signature|private.?key")
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
static SCHEME: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?i)\b(basic|bearer)\s+([A-Za-z0-9+/=._~-]{4,})"));

/// A JSON web token, signed or not.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| compiled(r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]+){1,4}"));

/// The password of `scheme://user:password@host`.
static USER_INFO: LazyLock<Regex> = LazyLock::new(|| compiled(r"://[^/\s:@]*:([^/\s]+)@"));

/// Literals in a statement that changes a password.
static CYPHER: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?i)\bSET\s+(?:PLAINTEXT\s+|ENCRYPTED\s+)?PASSWORD\s+(?:FROM\s+)?(?:\\*["']([^"']*)["'])(?:\s+TO\s+\\*["']([^"']*)["'])?"#,
    )
});

#[expect(clippy::expect_used, reason = "the patterns are constants, and the tests use every one of them")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

/// Where the value behind a name lies: within its quotes, or up to where a bare value ends.
fn value_after(text: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(name.end..)?;
    let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
    let start = name.end + slashes;
    let (content, end) = match rest.as_bytes().get(slashes) {
        Some(quote @ (b'"' | b'\'')) => (start + 1, closing(text, start + 1, *quote, slashes)),
        _ => (name.end, bare_end(text, name)),
    };
    let value = text.get(content..end)?;
    let speaks_of_nothing =
        matches!(value.trim(), "" | "null" | "None" | "true" | "false" | MASK) || value.trim_start().starts_with(['{', '[']);
    if speaks_of_nothing {
        return None;
    }
    // The scheme stays: that it was Basic is worth knowing and gives nothing away.
    let kept = ["Basic ", "Bearer "]
        .iter()
        .find(|scheme| value.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)));
    Some(content + kept.map_or(0, |scheme| scheme.len())..end)
}

/// The quote that closes: the next one behind exactly as many backslashes as the opening one had.
fn closing(text: &str, from: usize, quote: u8, slashes: usize) -> usize {
    let bytes = text.as_bytes();
    let mut run = 0;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match *byte {
            b'\\' => run += 1,
            each if each == quote && run == slashes => return at - slashes,
            _ => run = 0,
        }
    }
    text.len()
}

/// A header's bare value goes to the end of its line; any other to the next blank or delimiter.
fn bare_end(text: &str, name: &Range<usize>) -> usize {
    let header = text.get(name.clone()).is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("authorization") || name.contains("cookie")
    });
    let ends = |each: char| match each {
        '"' | '\'' | '}' | ']' | ',' | '\n' | '\r' | '\\' => true,
        ' ' | '\t' | '&' | ')' | ';' => !header,
        _ => false,
    };
    text.get(name.end..).and_then(|rest| rest.find(ends)).map_or(text.len(), |length| name.end + length)
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
        return LENIENT.decode(word.trim_end_matches('.')).is_ok_and(|bytes| bytes.contains(&b':'));
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
            ("Authorization: Basic bmVvNGo6Y2FuYXJ5", "Authorization: Basic ***".to_owned()),
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
            ("login with password=canary&user=x", "login with password=***&user=x".to_owned()),
            ("NEO4J_PASSWORD=canary NEO4J_URI=neo4j://h", "NEO4J_PASSWORD=*** NEO4J_URI=neo4j://h".to_owned()),
            (
                "connecting to neo4j+s://neo4j:c@n:ary@db.example:7687",
                "connecting to neo4j+s://neo4j:***@db.example:7687".to_owned(),
            ),
            (
                "ALTER CURRENT USER SET PASSWORD FROM 'canary1' TO 'canary2'",
                "ALTER CURRENT USER SET PASSWORD FROM '***' TO '***'".to_owned(),
            ),
            ("sent Basic bmVvNGo6Y2FuYXJ5 to it", "sent Basic *** to it".to_owned()),
            (
                r#"{"client_secret": "canary", "grant_type": "client_credentials"}"#,
                r#"{"client_secret": "***", "grant_type": "client_credentials"}"#.to_owned(),
            ),
            (r#"{"secret_access_key":"canary/1"}"#, r#"{"secret_access_key":"***"}"#.to_owned()),
        ] {
            assert_eq!(redact(line), shown);
        }
        assert_eq!(redact(&format!("got {jwt} back")), "got *** back");
        assert_eq!(redact(&format!("\"access_token\":\"{jwt}\"")), "\"access_token\":\"***\"");
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
