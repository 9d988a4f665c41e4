//! `--sign-in MODE`: another way in than the configured one. What it needs beyond the configuration comes from the
//! environment, never from the command line.

use clap::ValueEnum;

use crate::model::{Deployment, Failure, SecretSource, SignIn};

use super::usage;

/// The modes, by the words of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// OAuth client credentials (AGENTCORE_CLIENT_ID, AGENTCORE_CLIENT_SECRET, AGENTCORE_TOKEN_URL, AGENTCORE_SCOPE, or the stack)
    M2m,
    /// The token of AGENTCORE_BEARER_TOKEN
    Bearer,
    /// AWS Signature Version 4 with the deployment's credentials
    #[value(name = "sigv4")]
    SigV4,
    /// The user of AGENTCORE_USERNAME and AGENTCORE_PASSWORD
    User,
    /// No sign-in at all
    None,
}

impl Mode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::M2m => "m2m",
            Self::Bearer => "bearer",
            Self::SigV4 => "sigv4",
            Self::User => "user",
            Self::None => "none",
        }
    }
}

/// The sign-in of this mode; `None` where the deployment's own is of it.
pub(crate) fn of_mode(mode: Mode, deployment: &Deployment) -> Result<Option<SignIn>, Failure> {
    if deployment.sign_in.mode() == mode.as_str() {
        return Ok(None);
    }
    let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let required = |name: &str| {
        text(name).ok_or_else(|| {
            usage(
                format!("signing in by {}", mode.as_str()),
                format!("the environment has no {name}"),
            )
            .hint(format!(
                "set {name}, or configure sign_in for {}",
                deployment.name
            ))
        })
    };
    Ok(Some(match mode {
        Mode::SigV4 => SignIn::SigV4,
        Mode::None => SignIn::None,
        Mode::Bearer => {
            required("AGENTCORE_BEARER_TOKEN")?;
            SignIn::Bearer {
                token: SecretSource::Environment("AGENTCORE_BEARER_TOKEN".into()),
            }
        }
        Mode::User => {
            required("AGENTCORE_PASSWORD")?;
            SignIn::User {
                client_id: text("AGENTCORE_CLIENT_ID"),
                client_secret: text("AGENTCORE_CLIENT_SECRET")
                    .map(|_| SecretSource::Environment("AGENTCORE_CLIENT_SECRET".into())),
                username: required("AGENTCORE_USERNAME")?,
                password: SecretSource::Environment("AGENTCORE_PASSWORD".into()),
            }
        }
        Mode::M2m => SignIn::M2m {
            token_url: text("AGENTCORE_TOKEN_URL"),
            client_id: text("AGENTCORE_CLIENT_ID"),
            client_secret: text("AGENTCORE_CLIENT_SECRET")
                .map_or(SecretSource::UserPoolClient, |_| {
                    SecretSource::Environment("AGENTCORE_CLIENT_SECRET".into())
                }),
            scope: text("AGENTCORE_SCOPE"),
            user_pool_id: None,
        },
    }))
}
