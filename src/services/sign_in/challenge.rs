//! The `WWW-Authenticate` header of an endpoint that refuses a request (RFC 9110, section 11.6.1; RFC 6750, section 3).

use http::{HeaderMap, StatusCode, header::WWW_AUTHENTICATE};

/// What an endpoint that refused a request says about signing in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Address of the protected-resource metadata (RFC 9728, section 5.1).
    pub(crate) resource_metadata: Option<String>,
    /// Scopes that the request needs, separated by spaces.
    pub(crate) scope: Option<String>,
    /// Error code: `invalid_token`, `insufficient_scope`.
    pub(crate) error: Option<String>,
}

impl Challenge {
    /// Reads the `Bearer` challenge of a response. A response without one has an empty challenge.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let mut challenges = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(parse);
        let bearer = challenges.find(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, parameters)) = bearer else {
            return Self::default();
        };
        let value = |wanted: &str| {
            let mut found = parameters.iter();
            let (_, value) = found.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            (!value.trim().is_empty()).then(|| value.trim().to_owned())
        };
        Self {
            resource_metadata: value("resource_metadata"),
            scope: value("scope"),
            error: value("error"),
        }
    }

    /// Returns whether a response with this status asks for another sign-in: a missing or refused token, or one that lacks a scope.
    pub(crate) fn asks_to_sign_in(&self, status: StatusCode) -> bool {
        status == StatusCode::UNAUTHORIZED || self.lacks_scope(status)
    }

    /// Returns whether the token is accepted and lacks a scope.
    pub(crate) fn lacks_scope(&self, status: StatusCode) -> bool {
        status == StatusCode::FORBIDDEN && self.error.as_deref() == Some("insufficient_scope")
    }
}

/// A scheme with its parameters.
type SchemeChallenge = (String, Vec<(String, String)>);

/// Returns the challenges of one header: several may stand in it, separated by commas.
fn parse(header: &str) -> Vec<SchemeChallenge> {
    let mut challenges: Vec<SchemeChallenge> = Vec::new();
    for part in split_unquoted(header, ',') {
        let part = part.trim();
        let (word, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
        // `Bearer realm="x"` begins a challenge; `scope = "x"` goes on with one.
        let begins = !word.contains('=') && !rest.trim_start().starts_with('=');
        let parameter = if begins {
            if !word.is_empty() {
                challenges.push((word.to_owned(), Vec::new()));
            }
            rest
        } else {
            part
        };
        if let (Some((name, value)), Some((_, parameters))) =
            (parameter.split_once('='), challenges.last_mut())
        {
            parameters.push((name.trim().to_owned(), unquoted(value.trim())));
        }
    }
    challenges
}

/// Splits at a separator outside quotes.
fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if quoted && letter == '\\' {
            escaped = true;
        } else if letter == '"' {
            quoted = !quoted;
        } else if letter == separator && !quoted {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + letter.len_utf8();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// Returns the text of a token or a quoted string.
fn unquoted(value: &str) -> String {
    let Some(inner) = value
        .strip_prefix('"')
        .map(|rest| rest.strip_suffix('"').unwrap_or(rest))
    else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        text.extend(if letter == '\\' {
            letters.next()
        } else {
            Some(letter)
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn challenge(values: &[&str]) -> Challenge {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap());
        }
        Challenge::from_headers(&headers)
    }

    #[test]
    fn the_bearer_challenge_is_found_among_others() {
        let expected = Challenge {
            resource_metadata: Some("https://x.example/.well-known/y".into()),
            scope: Some("a b".into()),
            error: Some("insufficient_scope".into()),
        };
        let bearer = r#"Bearer error="insufficient_scope", scope="a b", error_description="a \"b\", c", resource_metadata="https://x.example/.well-known/y""#;
        assert_eq!(challenge(&[bearer]), expected);
        assert_eq!(challenge(&["Basic realm=\"x, y\"", bearer]), expected);
        assert_eq!(
            challenge(&[&format!("Basic realm=\"x, y\", {bearer}")]),
            expected
        );
        assert!(expected.lacks_scope(StatusCode::FORBIDDEN));
        assert!(!expected.lacks_scope(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn tokens_count_as_well_as_quoted_strings() {
        let found = challenge(&["bearer scope=read, error = invalid_token"]);
        assert_eq!(found.scope.as_deref(), Some("read"));
        assert_eq!(found.error.as_deref(), Some("invalid_token"));
        assert_eq!(challenge(&["Bearer"]), Challenge::default());
        assert_eq!(challenge(&["Basic scope=\"x\""]), Challenge::default());
        assert_eq!(challenge(&[]), Challenge::default());
    }
}
