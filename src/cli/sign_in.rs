//! `--sign-in MODE`: another sign-in than the configured one. What it needs beyond the configuration comes from the environment,
//! never from the command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::{
    config,
    model::{Deployment, Failure, SignIn, SignInMode},
};

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
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    config::sign_in_of_environment(mode, deployment, &variable).map(Some)
}
