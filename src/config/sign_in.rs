//! The `sign_in` table of a deployment, read and written, and the sign-ins that the environment describes. What each mode may hold is
//! in the mode's spec.

use toml::{Table, Value};

use super::{
    deployment::url,
    section::Section,
    write::{insert_secret, insert_text},
};
use crate::model::{
    Deployment, Failure, FailureKind, SecretSource, SignIn, SignInMode, TokenStorage, did_you_mean,
};

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

/// Returns the sign-in of this mode that the environment describes. Secrets stay where they are: the sign-in names their variables.
///
/// # Errors
/// [`FailureKind::Usage`] if a variable is not set without which there is no sign-in of this mode.
pub(crate) fn sign_in_of_environment(
    mode: SignInMode,
    deployment: &Deployment,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<SignIn, Failure> {
    let secret = |name: &str| variable(name).map(|_| SecretSource::Environment(name.into()));
    let missing = |name: &str| not_set(name, mode, deployment);
    // A person's client can sign in the person in another way too.
    let person_client = || {
        let configured = || deployment.sign_in.person_client().map(str::to_owned);
        variable("AGENTCORE_CLIENT_ID").or_else(configured)
    };
    Ok(match mode {
        SignInMode::SigV4 => SignIn::SigV4,
        SignInMode::None => SignIn::None,
        SignInMode::Bearer => SignIn::Bearer {
            token: secret("AGENTCORE_BEARER_TOKEN")
                .ok_or_else(|| missing("AGENTCORE_BEARER_TOKEN"))?,
        },
        SignInMode::User => SignIn::User {
            client_id: person_client(),
            client_secret: secret("AGENTCORE_CLIENT_SECRET"),
            password: secret("AGENTCORE_PASSWORD").ok_or_else(|| missing("AGENTCORE_PASSWORD"))?,
            username: variable("AGENTCORE_USERNAME")
                .ok_or_else(|| missing("AGENTCORE_USERNAME"))?,
        },
        SignInMode::OAuth => SignIn::OAuth {
            issuer: variable("AGENTCORE_ISSUER"),
            client_id: person_client(),
            client_secret: secret("AGENTCORE_CLIENT_SECRET"),
            scope: variable("AGENTCORE_SCOPE"),
            redirect_port: None,
            keep_tokens: TokenStorage::Memory,
        },
        SignInMode::M2m => SignIn::M2m {
            token_url: variable("AGENTCORE_TOKEN_URL"),
            client_id: variable("AGENTCORE_CLIENT_ID"),
            client_secret: secret("AGENTCORE_CLIENT_SECRET")
                .unwrap_or(SecretSource::UserPoolClient),
            private_key: secret("AGENTCORE_PRIVATE_KEY"),
            key_id: variable("AGENTCORE_KEY_ID"),
            scope: variable("AGENTCORE_SCOPE"),
            user_pool_id: None,
        },
    })
}

fn not_set(name: &str, mode: SignInMode, deployment: &Deployment) -> Failure {
    Failure::new(
        FailureKind::Usage,
        format!("signing in by {}", mode.spec().mode),
        format!("the environment has no {name}"),
    )
    .hint(format!(
        "set {name}, or configure sign_in for {}",
        deployment.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, parse, write::render};

    #[test]
    fn a_sign_in_of_the_environment_names_the_variables_of_its_secrets() {
        let deployment = Deployment::new("prod", "us-west-2");
        let variable = |name: &str| {
            let is_set = ["AGENTCORE_USERNAME", "AGENTCORE_PASSWORD"].contains(&name);
            is_set.then(|| "canary".to_owned())
        };
        let sign_in = sign_in_of_environment(SignInMode::User, &deployment, &variable).unwrap();
        let SignIn::User {
            username, password, ..
        } = sign_in
        else {
            panic!("another mode");
        };
        assert_eq!(username, "canary");
        assert_eq!(
            password,
            SecretSource::Environment("AGENTCORE_PASSWORD".into())
        );
        let refused = sign_in_of_environment(SignInMode::Bearer, &deployment, &variable);
        let failure = refused.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert!(failure.cause.contains("AGENTCORE_BEARER_TOKEN"));
    }

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
