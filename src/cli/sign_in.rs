//! `--sign-in MODE`: another sign-in than the configured one. What it needs beyond the configuration comes from the environment,
//! never from the command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::model::{Deployment, Failure, SecretSource, SignIn, SignInMode};

use super::outcome::usage;

/// Returns the parser of `--sign-in`: the words of the configuration, with what is known of each mode.
pub(crate) fn mode_parser() -> impl TypedValueParser<Value = SignInMode> {
    let values = SignInMode::ALL.map(|mode| {
        let spec = mode.spec();
        PossibleValue::new(spec.mode).help(spec.about)
    });
    PossibleValuesParser::new(values)
        .try_map(|word| SignInMode::parse(&word).ok_or("no sign-in has this name"))
}

/// Returns the sign-in of this mode; `None` if the deployment's own is of it.
///
/// # Errors
/// Usage if the environment lacks what the mode needs.
pub(crate) fn of_mode(
    mode: SignInMode,
    deployment: &Deployment,
) -> Result<Option<SignIn>, Failure> {
    if deployment.sign_in.sort() == mode {
        return Ok(None);
    }
    Ok(Some(match mode {
        SignInMode::SigV4 => SignIn::SigV4,
        SignInMode::None => SignIn::None,
        SignInMode::Bearer => {
            required("AGENTCORE_BEARER_TOKEN", mode, deployment)?;
            SignIn::Bearer {
                token: SecretSource::Environment("AGENTCORE_BEARER_TOKEN".into()),
            }
        }
        SignInMode::User => {
            required("AGENTCORE_PASSWORD", mode, deployment)?;
            SignIn::User {
                client_id: text("AGENTCORE_CLIENT_ID").or_else(|| client_of(deployment)),
                client_secret: client_secret(),
                username: required("AGENTCORE_USERNAME", mode, deployment)?,
                password: SecretSource::Environment("AGENTCORE_PASSWORD".into()),
            }
        }
        SignInMode::OAuth => SignIn::OAuth {
            issuer: text("AGENTCORE_ISSUER"),
            client_id: text("AGENTCORE_CLIENT_ID").or_else(|| client_of(deployment)),
            client_secret: client_secret(),
            scope: text("AGENTCORE_SCOPE"),
            redirect_port: None,
        },
        SignInMode::M2m => SignIn::M2m {
            token_url: text("AGENTCORE_TOKEN_URL"),
            client_id: text("AGENTCORE_CLIENT_ID"),
            client_secret: client_secret().unwrap_or(SecretSource::UserPoolClient),
            private_key: text("AGENTCORE_PRIVATE_KEY")
                .map(|_| SecretSource::Environment("AGENTCORE_PRIVATE_KEY".into())),
            key_id: text("AGENTCORE_KEY_ID"),
            scope: text("AGENTCORE_SCOPE"),
            user_pool_id: None,
        },
    }))
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &str, mode: SignInMode, deployment: &Deployment) -> Result<String, Failure> {
    text(name).ok_or_else(|| {
        usage(
            format!("signing in by {}", mode.spec().mode),
            format!("the environment has no {name}"),
        )
        .hint(format!(
            "set {name}, or configure sign_in for {}",
            deployment.name
        ))
    })
}

fn client_secret() -> Option<SecretSource> {
    text("AGENTCORE_CLIENT_SECRET")
        .map(|_| SecretSource::Environment("AGENTCORE_CLIENT_SECRET".into()))
}

/// Returns the client of a person's configured sign-in, which the other sign-in of persons can use too.
fn client_of(deployment: &Deployment) -> Option<String> {
    deployment.sign_in.person_client().map(str::to_owned)
}
