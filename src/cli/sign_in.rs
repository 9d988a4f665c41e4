//! `--sign-in MODE`: another sign-in than the configured one. What it needs beyond the configuration comes from the environment,
//! never from the command line.

use clap::{ValueEnum, builder::PossibleValue};

use crate::model::{Deployment, Failure, SecretSource, SignIn, SignInMode, TokenStorage};

use super::outcome::usage;

/// A mode as an argument, by the words of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignInArgument(pub(crate) SignInMode);

impl ValueEnum for SignInArgument {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [SignInArgument; SignInMode::ALL.len()] = [
            SignInArgument(SignInMode::M2m),
            SignInArgument(SignInMode::Bearer),
            SignInArgument(SignInMode::SigV4),
            SignInArgument(SignInMode::User),
            SignInArgument(SignInMode::OAuth),
            SignInArgument(SignInMode::None),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let spec = self.0.spec();
        Some(PossibleValue::new(spec.mode).help(spec.about))
    }
}

/// Returns the sign-in of this mode; `None` if the deployment's own is of it.
///
/// # Errors
/// Usage if the environment lacks what the mode needs.
pub(crate) fn of_mode(
    argument: SignInArgument,
    deployment: &Deployment,
) -> Result<Option<SignIn>, Failure> {
    let SignInArgument(mode) = argument;
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
            keep_tokens: TokenStorage::Memory,
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
