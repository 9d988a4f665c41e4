//! Sign-ins: a request goes in, headers come out. One file a mode.

pub(crate) mod sigv4;
pub(crate) mod source;

use crate::model::{Claims, Deployment, Failure, FailureKind, SecretText, SignIn};
use crate::services::Services;

impl Services {
    /// A token of the deployment's sign-in (or of `sign_in`): cached, one request at a time, renewed 60 s before it ends.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] where the sign-in has no token (`sigv4`, `none`); [`FailureKind::SignIn`] where it is refused.
    pub async fn token(&self, deployment: &Deployment, _sign_in: Option<&SignIn>) -> Result<(SecretText, Claims), Failure> {
        Err(Failure::new(FailureKind::Network, format!("signing in to {}", deployment.name), "not connected yet"))
    }
}
