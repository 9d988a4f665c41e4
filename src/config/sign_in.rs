//! The `sign_in` table of a deployment, read and written. What each mode may hold is in the mode's spec.

use toml::{Table, Value};

use super::{
    deployment::url,
    section::Section,
    write::{insert_secret, insert_text},
};
use crate::model::{SecretSource, SignIn, SignInMode, TokenStorage, did_you_mean};

/// Reads `sign_in` of a deployment. `None` if it cannot be told what is meant; the problems say why.
pub(super) fn read(section: &Section<'_, '_>, has_stack: bool) -> Option<SignIn> {
    if !section.has("sign_in") {
        // The stack's outputs name a user pool and a client; without a stack only AWS credentials are at hand.
        return Some(if has_stack {
            machine(None)
        } else {
            SignIn::SigV4
        });
    }
    let known = known_keys();
    let inner = section.section("sign_in", &known)?;
    let Some(word) = inner.text("mode") else {
        if !inner.has("mode") {
            inner.complain(format!("no mode; known: {}", modes().join(", ")));
        }
        check_types(&inner);
        return None;
    };
    let Some(mode) = SignInMode::parse(&word) else {
        let hint = did_you_mean(&word, modes());
        let hint = if hint.is_empty() {
            format!("; known: {}", modes().join(", "))
        } else {
            hint
        };
        inner.complain_of("mode", format!("unknown sign-in \"{word}\"{hint}"));
        check_types(&inner);
        return None;
    };
    let allowed = mode.spec().keys;
    for (key, _) in inner
        .entries()
        .filter(|(key, _)| *key != "mode" && known.contains(key) && !allowed.contains(key))
    {
        inner.complain_of(key, format!("has no meaning for mode \"{word}\""));
    }
    of_mode(mode, &inner, has_stack)
}

fn modes() -> Vec<&'static str> {
    SignInMode::ALL.map(|mode| mode.spec().mode).to_vec()
}

fn known_keys() -> Vec<&'static str> {
    let mut keys = vec!["mode"];
    for key in SignInMode::ALL.iter().flat_map(|mode| mode.spec().keys) {
        if !keys.contains(key) {
            keys.push(key);
        }
    }
    keys
}

/// If it is not known which of the keys will count, they can still be of the right type.
fn check_types(inner: &Section<'_, '_>) {
    for key in ["client_id", "key_id", "scope", "user_pool_id", "username"] {
        drop(inner.text(key));
    }
    for key in ["client_secret", "private_key", "token", "password"] {
        drop(inner.secret(key));
    }
    for key in ["token_url", "issuer"] {
        drop(url(inner, key));
    }
    let _ = inner.port("redirect_port");
    let _ = token_storage(inner);
}

fn token_storage(inner: &Section<'_, '_>) -> TokenStorage {
    let Some(word) = inner.text("keep_tokens") else {
        return TokenStorage::default();
    };
    TokenStorage::parse(&word).unwrap_or_else(|| {
        let message = format!("\"{word}\" is no place for tokens: write memory or keyring");
        inner.complain_of("keep_tokens", message);
        TokenStorage::default()
    })
}

fn of_mode(mode: SignInMode, inner: &Section<'_, '_>, has_stack: bool) -> Option<SignIn> {
    match mode {
        SignInMode::M2m => {
            // Without token_url, the endpoint's own metadata names the token endpoint.
            if !inner.has("client_id") && !has_stack {
                inner.complain("mode \"m2m\" needs client_id, or a stack whose outputs name it");
            }
            Some(machine(Some(inner)))
        }
        SignInMode::Bearer => Some(SignIn::Bearer {
            token: required(inner, mode, "token")?,
        }),
        SignInMode::User => user(inner, has_stack),
        SignInMode::OAuth => Some(SignIn::OAuth {
            issuer: url(inner, "issuer"),
            client_id: inner.text("client_id"),
            client_secret: inner.secret("client_secret"),
            scope: inner.text("scope"),
            redirect_port: inner.port("redirect_port"),
            keep_tokens: token_storage(inner),
        }),
        SignInMode::SigV4 => Some(SignIn::SigV4),
        SignInMode::None => Some(SignIn::None),
    }
}

fn required(inner: &Section<'_, '_>, mode: SignInMode, key: &str) -> Option<SecretSource> {
    let secret = inner.secret(key);
    if !inner.has(key) {
        inner.complain(format!(
            "mode \"{}\" needs {key}: a text, {{ env = \"NAME\" }}, {{ file = \"PATH\" }} or {{ command = \"…\" }}",
            mode.spec().mode
        ));
    }
    secret
}

fn user(inner: &Section<'_, '_>, has_stack: bool) -> Option<SignIn> {
    if !inner.has("client_id") && !has_stack {
        inner.complain("mode \"user\" needs client_id, or a stack whose outputs name it");
    }
    // Everything is read before anything is given up, so that all problems are told at once.
    let (client_id, client_secret) = (inner.text("client_id"), inner.secret("client_secret"));
    let username = inner.text("username");
    let password = if inner.has("password") {
        inner.secret("password")
    } else {
        Some(SecretSource::Environment("AGENTCORE_PASSWORD".into()))
    };
    drop(inner.text("user_pool_id"));
    if inner.has("username") && username.is_none() {
        return None;
    }
    Some(SignIn::User {
        client_id,
        client_secret,
        username: username.unwrap_or_default(),
        password: password?,
    })
}

fn machine(inner: Option<&Section<'_, '_>>) -> SignIn {
    let text = |key: &str| inner.and_then(|inner| inner.text(key));
    SignIn::M2m {
        token_url: inner.and_then(|inner| url(inner, "token_url")),
        client_id: text("client_id"),
        client_secret: inner
            .and_then(|inner| inner.secret("client_secret"))
            .unwrap_or(SecretSource::UserPoolClient),
        private_key: inner.and_then(|inner| inner.secret("private_key")),
        key_id: text("key_id"),
        scope: text("scope"),
        user_pool_id: text("user_pool_id"),
    }
}

/// Returns the table that [`read`] reads as the same.
pub(super) fn write(sign_in: &SignIn) -> Table {
    let mut table = Table::new();
    insert_text(&mut table, "mode", Some(sign_in.mode()));
    match sign_in {
        SignIn::M2m {
            token_url,
            client_id,
            client_secret,
            private_key,
            key_id,
            scope,
            user_pool_id,
        } => {
            insert_text(&mut table, "token_url", token_url.as_deref());
            insert_text(&mut table, "client_id", client_id.as_deref());
            insert_secret(&mut table, "client_secret", Some(client_secret));
            insert_secret(&mut table, "private_key", private_key.as_ref());
            insert_text(&mut table, "key_id", key_id.as_deref());
            insert_text(&mut table, "scope", scope.as_deref());
            insert_text(&mut table, "user_pool_id", user_pool_id.as_deref());
        }
        SignIn::Bearer { token } => insert_secret(&mut table, "token", Some(token)),
        SignIn::User {
            client_id,
            client_secret,
            username,
            password,
        } => {
            insert_text(&mut table, "client_id", client_id.as_deref());
            insert_secret(&mut table, "client_secret", client_secret.as_ref());
            let username = Some(username.as_str()).filter(|name| !name.is_empty());
            insert_text(&mut table, "username", username);
            insert_secret(&mut table, "password", Some(password));
        }
        SignIn::OAuth {
            issuer,
            client_id,
            client_secret,
            scope,
            redirect_port,
            keep_tokens,
        } => {
            insert_text(&mut table, "issuer", issuer.as_deref());
            insert_text(&mut table, "client_id", client_id.as_deref());
            insert_secret(&mut table, "client_secret", client_secret.as_ref());
            insert_text(&mut table, "scope", scope.as_deref());
            if let Some(port) = redirect_port {
                table.insert("redirect_port".into(), Value::Integer((*port).into()));
            }
            let storage = Some(*keep_tokens).filter(|storage| *storage != TokenStorage::default());
            insert_text(&mut table, "keep_tokens", storage.map(TokenStorage::as_str));
        }
        SignIn::SigV4 | SignIn::None => {}
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, parse, write::render};

    fn with(sign_in: &str) -> (Config, Vec<String>) {
        let text = format!(
            "[deployments.x]\nregion = \"r\"\nmcp_url = \"https://x.example/mcp\"\nsign_in = {{ {sign_in} }}\n"
        );
        let (config, problems) = parse(&text, &|| None);
        let problems = problems.iter().map(ToString::to_string).collect();
        (config, problems)
    }

    fn storage(config: &Config) -> Option<TokenStorage> {
        match &config.deployments.first()?.sign_in {
            SignIn::OAuth { keep_tokens, .. } => Some(*keep_tokens),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tokens_are_kept_in_memory_unless_the_keyring_is_named() {
        for (text, wanted) in [
            ("mode = \"oauth\"", TokenStorage::Memory),
            (
                "mode = \"oauth\", keep_tokens = \"memory\"",
                TokenStorage::Memory,
            ),
            (
                "mode = \"oauth\", keep_tokens = \"keyring\"",
                TokenStorage::Keyring,
            ),
        ] {
            let (config, problems) = with(text);
            assert_eq!(problems, Vec::<String>::new(), "{text}");
            assert_eq!(storage(&config), Some(wanted), "{text}");
            let (again, problems) = parse(&render(&config, "init"), &|| None);
            assert_eq!((again, problems), (config, Vec::new()), "{text}");
        }
    }

    #[test]
    fn another_place_for_tokens_is_named_with_those_that_are_known() {
        let problem = |sign_in: &str| with(sign_in).1.join("\n");
        assert_eq!(
            problem("mode = \"oauth\", keep_tokens = \"disk\""),
            "line 4, column 43: keep_tokens: \"disk\" is no place for tokens: write memory or keyring"
        );
        assert_eq!(
            problem("mode = \"oauth\", keep_tokens = true"),
            "line 4, column 43: keep_tokens: a text in quotes is wanted here, not a boolean"
        );
        assert_eq!(
            problem("mode = \"sigv4\", keep_tokens = \"keyring\""),
            "line 4, column 43: keep_tokens: has no meaning for mode \"sigv4\""
        );
    }
}
