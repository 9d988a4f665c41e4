//! Credentials that are recognised by their form or place: schemes, tokens, addresses, statements, function calls, keys.

use std::{ops::Range, sync::LazyLock};

use super::{
    pattern::{Pattern, slice},
    value::{BareValue, push_unless_empty, push_value, quoted},
    value_ends::ValueEnds,
};
use base64::{Engine as _, alphabet, engine::general_purpose};

/// Appends the ranges of credentials that no name introduces.
pub(super) fn find(text: &str, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    for [_, scheme, credential] in SCHEME.groups(text) {
        if let (Some(scheme), Some(credential)) = (scheme, credential)
            && is_credential(slice(text, &scheme), slice(text, &credential))
        {
            found.push(credential);
        }
    }
    for pattern in [
        &QUOTED_SCHEME,
        &DIGEST,
        &CODE,
        &ELEMENT,
        &ENCODED,
        &SIGNATURE,
    ] {
        for value in pattern.first_groups(text) {
            push_unless_empty(text, value, found);
        }
    }
    found.extend(TOKEN.matches(text));
    for password in USER_INFO.first_groups(text) {
        if !is_port(slice(text, &password)) {
            found.push(password);
        }
    }
    statements(text, ends, found);
    calls(text, ends, found);
    neo4j_auth(text, ends, found);
    private_keys(text, found);
}

/// `Basic x` and `Bearer x` anywhere.
static SCHEME: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"(?i)\b(basic|bearer)\s+([A-Za-z0-9+/=._~-]{4,})"));

/// A quoted string that consists of a scheme and one word.
static QUOTED_SCHEME: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r#"(?i)["'](?:basic|bearer)\s+([^"'\s\\]+)\\*["']"#));

/// The answer of HTTP digest authentication.
static DIGEST: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r#"(?i)\bdigest\s[^\n]{0,400}?\bresponse\s*=\s*\\*["']?([0-9a-z]{4,})"#)
});

/// The signature of a request to AWS.
static SIGNATURE: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"\bSignature=([0-9a-f]{64})(?:[^0-9a-f]|$)"));

/// An authorization code in a redirect.
static CODE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r#"[?&]code=([^&\s"'#\\]+)"#));

/// An XML element.
static ELEMENT: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r"(?i)<(?:\w+:)?[\w.-]{0,64}?(?:password|passwd|secret|token|api_?key|credentials?)(?:\s[^<>]{0,200})?>([^<>]+)</",
    )
});

/// A percent-encoded member: `password%3Dx`, `%22password%22%3A%22x%22`.
static ENCODED: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?i)(?:passw(?:or)?d|passwd|pwd|secret|token|api_?key|[_-]key)(?:%22|%27)?(?:%20)?(?:%3D|%3A)(?:%20)?(?:%22|%27)?((?:[^%&\s"'\\]|%[013-9A-F][0-9A-F]|%2[013-589A-F])+)"#,
    )
});

/// JSON web tokens, signed or not, and the tokens of well-known services.
static TOKEN: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]+){1,4}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk-[A-Za-z0-9_-]{20,}",
    )
});

/// The password of `scheme://user:password@host`. The password may contain any character but blanks and quotes.
static USER_INFO: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r#"://[^/\s:@"']*:([^\s"'<>]+)@"#));

/// Returns whether what follows the colon of an address is a port, so that the sign behind it belongs to its path.
fn is_port(text: &str) -> bool {
    text.split_once(['/', '?'])
        .is_some_and(|(port, _)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether the word behind a scheme is a credential, not the next word of a sentence.
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

/// A literal in a statement that changes a password, up to its opening quote.
static LITERAL: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r"(?i)\b(?:SET\s+(?:PLAINTEXT\s+|ENCRYPTED\s+)?PASSWORD\s+(?:FROM\s+)?|IDENTIFIED\s+BY\s+)",
    )
});

/// The second literal of `SET PASSWORD FROM 'x' TO 'y'`.
static SECOND_LITERAL: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r#"(?i)\bPASSWORD\s+FROM\s+(?:\\*["'][^"']{0,256}["']|\$\w+)\s+TO\s+"#)
});

/// The parameters of such a statement.
static PARAMETER: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r"(?i)\bSET\s+(?:PLAINTEXT\s+|ENCRYPTED\s+)?PASSWORD\s+(?:FROM\s+)?\$(\w+)(?:\s+TO\s+\$(\w+))?",
    )
});

fn statements(text: &str, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    for pattern in [&LITERAL, &SECOND_LITERAL] {
        for head in pattern.matches(text) {
            if let Some(range) = quoted(text, head.end, ends) {
                push_unless_empty(text, range, found);
            }
        }
    }
    let mut names: Vec<&str> = PARAMETER
        .groups(text)
        .take(4)
        .flat_map(|[_, first, second]| [first, second])
        .filter_map(|name| text.get(name?))
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        for (at, _) in text.match_indices(name) {
            push_parameter(text, at, name, ends, found);
        }
    }
}

/// Masks `name: x`, `"name": x` or `name=x` if that stands at `at`.
fn push_parameter(
    text: &str,
    at: usize,
    name: &str,
    ends: &mut ValueEnds<'_>,
    found: &mut Vec<Range<usize>>,
) {
    let before = text.get(..at).unwrap_or_default();
    let is_word =
        before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$');
    let after = text.get(at + name.len()..).unwrap_or_default();
    let value = after
        .trim_start_matches(['\\', '"', '\'', '`'])
        .trim_start_matches(' ');
    let value = value
        .strip_prefix("=>")
        .or_else(|| value.strip_prefix([':', '=']));
    if let (false, Some(value)) = (is_word, value) {
        let start = text.len() - value.trim_start_matches(' ').len();
        push_value(text, start, BareValue::Word, ends, found);
    }
}

/// Calls that take a user and a password, up to the password's quote.
static CALL: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?ix)
        (?: \b(?:neo4j_|http_|basic_|db_)?auth \s* [=:] \s* [\w.]* [(\[]
          | \b creds? \s* [=:] \s* [(\[]
          | basic_?auth \s* \( | authtokens\.basic \s* \( | auth\.basic \s* \(
          | \bauth \s* \( \s* \\*["'] basic \\*["'] \s* ,
          | \(
        )
        \s* \\*["'] ([^"'\\]{0,128}) \\*["'] \s* , \s*"#,
    )
});

/// Procedures that change passwords, up to the password's quote.
static PROCEDURE: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?i)(?:\bchangePassword\s*\(\s*|\b(?:changeUserPassword|createUser)\s*\(\s*\\*["'][^"']{0,128}["']\s*,\s*)"#,
    )
});

fn calls(text: &str, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    for [whole, user] in CALL.groups(text) {
        let (Some(whole), Some(user)) = (whole, user) else {
            continue;
        };
        let Some(range) = quoted(text, whole.end, ends) else {
            continue;
        };
        // A bare tuple counts only if it is a pair with Neo4j's own user.
        let closes_pair = text
            .get(range.end..)
            .is_some_and(|rest| rest.trim_start_matches(['\\', '"', '\'']).starts_with(')'));
        let user = slice(text, &user);
        let is_pair = user == "neo4j" && closes_pair;
        let is_call = !slice(text, &whole).starts_with('(')
            && !matches!(user, "basic" | "bearer" | "none" | "kerberos");
        if is_pair || is_call {
            push_unless_empty(text, range, found);
        }
    }
    for head in PROCEDURE.matches(text) {
        if let Some(range) = quoted(text, head.end, ends) {
            push_unless_empty(text, range, found);
        }
    }
}

/// The variable of Neo4j's container image, up to the slash between user and password.
static NEO4J_AUTH: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r#"(?i)neo4j_auth\\*["']?\]?\s*(?:=>|[:=]|\s)\s*(\\*["'])?[^/\s"']{1,64}/"#)
});

fn neo4j_auth(text: &str, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    for [whole, opening] in NEO4J_AUTH.groups(text) {
        let Some(start) = whole.map(|whole| whole.end) else {
            continue;
        };
        let end = match opening.map(|opening| slice(text, &opening).as_bytes()) {
            Some([backslashes @ .., quote]) => ends.closing(start, *quote, backslashes.len()),
            _ => ends.bare(start, false),
        };
        push_unless_empty(text, start..end, found);
    }
}

/// The content of PEM private keys, also of one that is cut off.
fn private_keys(text: &str, found: &mut Vec<Range<usize>>) {
    const BEGIN: &str = "-----BEGIN ";
    let mut at = 0;
    while let Some(begin) = text.get(at..).and_then(|rest| rest.find(BEGIN)) {
        let label = at + begin + BEGIN.len();
        let rest = text.get(label..).unwrap_or_default();
        let Some(header) = rest.find("-----").filter(|length| {
            *length < 40
                && rest
                    .get(..*length)
                    .is_some_and(|name| name.contains("PRIVATE KEY"))
        }) else {
            at = label;
            continue;
        };
        let start = label + header + "-----".len();
        let end = text
            .get(start..)
            .and_then(|body| body.find("-----END"))
            .map_or(text.len(), |length| start + length);
        found.push(start..end);
        at = end;
    }
}
