//! Which scopes a sign-in asks for, as MCP's authorization specification selects them: pure.

/// Asks for a refresh token (OpenID Connect Core, section 11).
const OFFLINE: &str = "offline_access";

/// What is known of scopes.
pub(super) struct ScopeFacts<'a> {
    /// The scope of the configuration.
    pub(super) configured: Option<&'a str>,
    /// The scope of the endpoint's challenge.
    pub(super) challenged: Option<&'a str>,
    /// The scope of the token that lacks one; `None` if none was refused.
    pub(super) requested: Option<&'a str>,
    /// Scopes of the protected resource's metadata.
    pub(super) resource: &'a [String],
    /// Scopes of the authorization server's metadata.
    pub(super) server: &'a [String],
}

/// Returns the scope to ask for; `None`: the request names none.
///
/// The challenge's scope goes over the resource's. What was requested before is requested again, so that a step-up loses nothing.
/// `offline_access` is added if the authorization server knows it.
pub(super) fn select(facts: &ScopeFacts<'_>) -> Option<String> {
    let resource = facts.resource.join(" ");
    let wanted = match (facts.configured, facts.challenged) {
        (Some(configured), None) => return Some(configured.to_owned()),
        (Some(configured), Some(challenged)) => {
            return Some(match facts.requested {
                Some(requested) => union(&[configured, requested, challenged]),
                None => configured.to_owned(),
            });
        }
        (None, Some(challenged)) => challenged,
        (None, None) => resource.as_str(),
    };
    let scope = union(&[facts.requested.unwrap_or_default(), wanted]);
    if scope.is_empty() {
        return None;
    }
    let offline = facts.server.iter().any(|scope| scope == OFFLINE);
    Some(if offline {
        union(&[&scope, OFFLINE])
    } else {
        scope
    })
}

/// Returns whether all words of a scope are in another one.
pub(in crate::services::sign_in) fn contains(scope: &str, wanted: &str) -> bool {
    wanted
        .split_whitespace()
        .all(|word| scope.split_whitespace().any(|known| known == word))
}

/// Returns whether a scope asks for a refresh token.
pub(super) fn asks_for_refresh_token(scope: &str) -> bool {
    contains(scope, OFFLINE)
}

/// Returns all words, each once, in the order in which they come.
fn union(scopes: &[&str]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in scopes.iter().flat_map(|scope| scope.split_whitespace()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(
        configured: Option<&str>,
        challenged: Option<&str>,
        requested: Option<&str>,
        resource: &[&str],
        server: &[&str],
    ) -> Option<String> {
        let owned = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        select(&ScopeFacts {
            configured,
            challenged,
            requested,
            resource: &owned(resource),
            server: &owned(server),
        })
    }

    #[test]
    fn the_challenge_goes_over_the_resource_and_the_configuration_over_both() {
        assert_eq!(selected(None, None, None, &[], &["a"]), None);
        let resource = selected(None, None, None, &["a", "b"], &["x"]);
        assert_eq!(resource.as_deref(), Some("a b"));
        let challenged = selected(None, Some("c"), None, &["a", "b"], &[]);
        assert_eq!(challenged.as_deref(), Some("c"));
        let configured = selected(Some("d"), Some("c"), None, &["a"], &[OFFLINE]);
        assert_eq!(configured.as_deref(), Some("d"));
    }

    #[test]
    fn a_step_up_keeps_what_was_requested() {
        let scope = selected(None, Some("write"), Some("read write"), &[], &[]);
        assert_eq!(scope.as_deref(), Some("read write"));
        let scope = selected(Some("read"), Some("write"), Some("read"), &[], &[]);
        assert_eq!(scope.as_deref(), Some("read write"));
    }

    #[test]
    fn a_refresh_token_is_asked_for_where_the_server_knows_how() {
        let scope = selected(None, None, None, &["a"], &["a", OFFLINE]);
        assert_eq!(scope.as_deref(), Some("a offline_access"));
    }

    #[test]
    fn a_scope_contains_its_words_in_any_order() {
        assert!(contains("a b", "b a") && contains("a", "") && !contains("ab", "a"));
    }
}
