//! Credentials that stand behind a name: `password=x`, `"client_secret": "x"`, `--token x`, `{"name": "DB_PASSWORD", "value": "x"}`.

use std::{ops::Range, sync::LazyLock};

use super::{
    pattern::Pattern,
    value::{BareValue, is_resource_name, push_unless_empty, push_value, quoted},
    value_ends::ValueEnds,
};

/// Names of passwords and keys, as an alternation. The name may have a prefix, but must end like this.
const SECRET_NAMES: &str = r"passw(?:or)?d|passwd|passwort|passphrase|passcode|pwd|[_.-]pass|client[_-]?secret|secret[_-]?access[_-]?key|secret[_-]?key|api[_-]?key|private[_-]?key|(?:account|shared|signing|encryption|master|subscription|storage|access)[_-]?key|(?:access|refresh|id|auth|bearer|session|security|user|api|csrf|xsrf)[_-]?token|authorization[_-]?code|code[_-]?verifier|client[_-]?assertion";

/// Appends the ranges of values that a name introduces.
pub(super) fn find(text: &str, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    for [whole, name] in NAMED.groups(text) {
        let (Some(whole), Some(name)) = (whole, name.and_then(|name| text.get(name))) else {
            continue;
        };
        let is_working_directory = matches!(name, "PWD" | "OLDPWD")
            && text
                .get(whole.end..)
                .is_some_and(|value| value.trim_start_matches(['"', '\'']).starts_with('/'));
        if !is_working_directory {
            push_value(text, whole.end, bare_of(name), ends, found);
        }
    }
    for name in SHORT_NAMES.matches(text) {
        push_short(text, name.end, BareValue::QuotedOnly, ends, found);
    }
    for name in SHORT_ASSIGNMENTS.matches(text) {
        push_short(text, name.end, BareValue::Word, ends, found);
    }
    for name in OBJECT_MEMBERS.matches(text) {
        push_short(text, name.end, BareValue::QuotedOnly, ends, found);
    }
    for pattern in [&BARE_TUPLE, &NAMED_ELEMENT] {
        for value in pattern.first_groups(text) {
            push_unless_empty(text, value, found);
        }
    }
    for name in PAIR.matches(text) {
        push_value(text, name.end, BareValue::Word, ends, found);
    }
    for value in REVERSED_PAIR.first_groups(text) {
        push_unless_empty(text, value, found);
    }
    for name in TUPLE.matches(text) {
        push_value(text, name.end, BareValue::QuotedOnly, ends, found);
    }
    flags(text, ends, found);
    settings(text, ends, found);
}

fn bare_of(name: &str) -> BareValue {
    let name = name.to_ascii_lowercase();
    if name.ends_with("authorization") || name.contains("cookie") {
        BareValue::Header
    } else {
        BareValue::Word
    }
}

/// The name of a credential and its separator, in JSON (escaped any number of times), Python, headers, logfmt, query strings.
static NAMED: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(&format!(
        r#"(?ix) (?: ^ | [^a-z0-9] | _ )
        ( [a-z0-9-]*authorization | (?:set-)?cookie
          | [a-z0-9_.-]*? (?: {SECRET_NAMES} )
          | x-amz-signature | secret_?string | secret_?binary | saml_?response )
        \\* ["'`]? \]? \s* (?: => | -> | → | := | == | : | = ) \s*"#
    ))
});

/// Names that are credentials only if both name and value are quoted: `'credentials': 'x'`, `"token":"x"`.
static SHORT_NAMES: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?i)["'](?:credentials?|creds|token|secret|pass|passwords|bearer|jwt|assertion)\\*["']\s*(?::|=>|=)\s*"#,
    )
});

/// The same names in an assignment: `secret=x`, `token="x"`.
static SHORT_ASSIGNMENTS: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r"(?i)(?:^|[\s,;&?({\[])(?:credentials?|creds|token|secret|pass)=")
});

/// Names without quotes before a quoted value, as JavaScript prints objects: `{ principal: "neo4j", credentials: "x" }`.
static OBJECT_MEMBERS: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"(?i)(?:^|[\s,;{(\[])(?:credentials?|creds|pass)\s*:\s*"));

/// A user and a password without quotes: `credentials=(neo4j, x)`.
static BARE_TUPLE: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r#"(?i)\b(?:credentials?|creds|auth)\s*[=:]\s*\([\w.-]{1,64},\s*([^\s"'()]+)\)"#)
});

/// An XML element whose attribute names a credential: `<entry key="password">x</entry>`.
static NAMED_ELEMENT: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(&format!(
        r#"(?i)<[\w:.-]{{1,64}}\s+(?:key|name)=["'][a-z0-9_.-]{{0,64}}?(?:{SECRET_NAMES})["']\s*>([^<>]+)</"#
    ))
});

/// A name and a value as members of their own: `{"name":"NEO4J_PASSWORD","value":"x"}`, `<property name="password" value="x"/>`.
static PAIR: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(&format!(
        r#"(?i)\b(?:name|key|parameterkey|parametername|header|field|option)\\*["']?\s*[:=]\s*\\*["']?(?:[a-z0-9_.-]{{0,64}}?(?:{SECRET_NAMES}|authorization)|neo4j_auth)\\*["']?(?:[\s,;]|\\n)+(?:[^{{}}<>]{{0,80}}?[\s,;"'])??\\*["']?(?:value|val|parametervalue|stringvalue|string_value|fieldvalue)\\*["']?\s*[:=]\s*"#
    ))
});

/// The same pair with the value first.
static REVERSED_PAIR: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(&format!(
        r#"(?i)\b(?:value|val|parametervalue|stringvalue|string_value)\\*["']?\s*[:=]\s*\\*["']([^"'\\]{{1,512}})\\*["']\s*[,;]\s*\\*["']?(?:name|key|parameterkey|parametername)\\*["']?\s*[:=]\s*\\*["']?(?:[a-z0-9_.-]{{0,64}}?(?:{SECRET_NAMES}|authorization)|neo4j_auth)\b"#
    ))
});

/// A name and a value in a tuple: `(b'authorization', b'Basic x')`.
static TUPLE: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(&format!(
        r#"(?i)\(\s*[bru]?["'](?:[a-z0-9_.-]{{0,64}}?(?:{SECRET_NAMES}|authorization|cookie))["']\s*,\s*"#
    ))
});

/// A credential behind a short name, unless it is the name of a secret or a plain number.
fn push_short(
    text: &str,
    at: usize,
    bare: BareValue,
    ends: &mut ValueEnds<'_>,
    found: &mut Vec<Range<usize>>,
) {
    let before = found.len();
    push_value(text, at, bare, ends, found);
    let is_harmless = |range: &Range<usize>| {
        text.get(range.clone()).is_some_and(|value| {
            is_resource_name(value)
                || value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    if found
        .get(before..)
        .is_some_and(|new| new.iter().any(is_harmless))
    {
        found.truncate(before);
    }
}

/// `--password x`, `-p x` of cypher-shell, `-u user:x`, in a command line or as elements of its argument list.
static FLAG: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?i)(?:^|[\s"'\[(,])--?(?:[a-z0-9]+[-_.])*(?:password|passwd|passphrase|pass|pwd|secret|token|api[-_]?key|access[-_]?key|credentials)(?:=|\s+|\\*["']\s*,?\s*)"#,
    )
});

/// The short flag of Neo4j's and other databases' shells, in a command line or as an element of its argument list.
static SHORT_FLAG: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?:cypher-shell|neo4j-admin|neo4j-client|memgraph|mysql|-u\s+\S+|--username\s+\S+|["']-u\\*["']\s*,)[^\n]{0,300}?(?:\s-p(?:\s+|=)?|["']-p\\*["']\s*,\s*)"#,
    )
});

/// The user option of curl and others with its password.
static USER_FLAG: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?:^|[\s"',\[])(?:-u|--user|--proxy-user)(?:=|\s+|["']\s*,\s*)["']?[^\s:"']{1,128}:([^\s"']+)"#,
    )
});

fn flags(text: &str, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    for flag in FLAG.matches(text) {
        push_word(text, flag.end, ends, found);
    }
    for flag in SHORT_FLAG.matches(text) {
        if !is_port_mapping(text.get(flag.end..).unwrap_or_default()) {
            push_word(text, flag.end, ends, found);
        }
    }
    for password in USER_FLAG.first_groups(text) {
        push_unless_empty(text, password, found);
    }
}

/// Returns whether a text begins with the ports of `docker run -p 7687:7687`.
fn is_port_mapping(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    word.contains(':')
        && word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

/// Settings whose value stands behind a blank: `neo4j.password x`, `ENV NEO4J_PASSWORD x`, `set NEO4J_PASSWORD to x`.
static SETTING: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r"(?i)\b[a-z0-9]+(?:[._][a-z0-9]+)*[._](?:password|passwd|passphrase|client_secret|secret_access_key|secret_key|api_key)\s+(?:(?:to|is|as|was set to|set to|with)\s+)?",
    )
});

/// A sentence that states a password: `password changed to x`, `password is 'x'`.
static STATED: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r"(?i)\bpassw(?:or)?d\s+(?:(?:was\s+|has\s+been\s+)?(?:changed|set|reset|updated|rotated)\s+to\s+)",
    )
});

/// A password and whose it is: `password for neo4j: x`.
static STATED_OF: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(
        r#"(?i)\bpassw(?:or)?d\s+(?:for|of)\s+(?:(?:the\s+)?user\s+)?["']?[\w.@-]{1,64}["']?\s*[:=]\s*"#,
    )
});

/// A quoted password behind the word itself.
static QUOTED_STATEMENT: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"(?i)\bpassw(?:or)?d\s+(?:(?:is|was|to|of|with|as)\s+)?"));

/// `set-initial-password x` of neo4j-admin.
static INITIAL_PASSWORD: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"(?i)set-initial-password\s+(?:--[a-z-]+(?:=\S+)?\s+)*"));

fn settings(text: &str, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    for pattern in [&SETTING, &STATED, &STATED_OF, &INITIAL_PASSWORD] {
        for name in pattern.matches(text) {
            push_word(text, name.end, ends, found);
        }
    }
    for name in QUOTED_STATEMENT.matches(text) {
        if let Some(range) = quoted(text, name.end, ends) {
            push_unless_empty(text, range, found);
        }
    }
}

/// Appends the next word or quoted string, unless it goes on with the sentence or is another flag.
fn push_word(text: &str, at: usize, ends: &mut ValueEnds<'_>, found: &mut Vec<Range<usize>>) {
    if let Some(range) = quoted(text, at, ends) {
        return push_unless_empty(text, range, found);
    }
    let Some(rest) = text.get(at..) else { return };
    let length = rest
        .find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\''))
        .unwrap_or(rest.len());
    let word = rest.get(..length).unwrap_or_default();
    let plain = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
    let is_prose = COMMON_WORDS
        .iter()
        .any(|known| plain.eq_ignore_ascii_case(known));
    if is_prose || plain.starts_with(['-', '<', '[', '=', ':']) || plain.starts_with("id=") {
        return;
    }
    push_unless_empty(text, at..at + plain.len(), found);
}

/// Words that go on with a sentence about a password.
const COMMON_WORDS: [&str; 96] = [
    "a",
    "an",
    "and",
    "are",
    "argument",
    "as",
    "at",
    "authentication",
    "be",
    "been",
    "being",
    "but",
    "by",
    "can",
    "cannot",
    "change",
    "changed",
    "contains",
    "could",
    "defined",
    "did",
    "do",
    "does",
    "doesn't",
    "empty",
    "env",
    "environment",
    "expired",
    "failed",
    "failure",
    "field",
    "flag",
    "for",
    "found",
    "from",
    "given",
    "had",
    "has",
    "have",
    "header",
    "if",
    "in",
    "incorrect",
    "invalid",
    "is",
    "isn't",
    "it",
    "its",
    "key",
    "may",
    "mismatch",
    "missing",
    "must",
    "need",
    "needs",
    "no",
    "not",
    "of",
    "on",
    "only",
    "option",
    "or",
    "parameter",
    "policy",
    "property",
    "provided",
    "rejected",
    "required",
    "reset",
    "rotated",
    "rotation",
    "set",
    "setting",
    "shall",
    "should",
    "specified",
    "that",
    "the",
    "this",
    "to",
    "too",
    "unset",
    "updated",
    "used",
    "value",
    "variable",
    "was",
    "were",
    "when",
    "which",
    "will",
    "with",
    "without",
    "would",
    "wrong",
    "your",
];
