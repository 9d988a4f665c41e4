//! Secrets Manager.

use crate::model::{Deployment, Failure, SecretDetail, SecretText, SecretValue, VersionRef};

use super::{super::Services, pending};

impl Services {
    /// Everything about a secret except values.
    pub async fn secret_detail(&self, deployment: &Deployment, _id: &str) -> Result<SecretDetail, Failure> {
        Err(pending(deployment))
    }

    /// The value of one version.
    pub async fn secret_value(&self, deployment: &Deployment, _id: &str, _version: &VersionRef) -> Result<SecretValue, Failure> {
        Err(pending(deployment))
    }

    /// Puts a version. The same token with the same text is no change; with another text it is a [`crate::model::FailureKind::Conflict`].
    pub async fn put_secret_version(
        &self,
        deployment: &Deployment,
        _id: &str,
        _token: &str,
        _text: &SecretText,
        _stages: &[String],
    ) -> Result<(), Failure> {
        Err(pending(deployment))
    }

    /// Moves a staging label to a version, from the version that has it (which must then be named); `to: None` removes it.
    pub async fn move_stage(
        &self,
        deployment: &Deployment,
        _id: &str,
        _stage: &str,
        _to: Option<&str>,
        _remove_from: Option<&str>,
    ) -> Result<(), Failure> {
        Err(pending(deployment))
    }

    /// Starts the secret's own rotation function; answers the id of the version that it makes.
    pub async fn start_rotation(&self, deployment: &Deployment, _id: &str, _token: &str) -> Result<String, Failure> {
        Err(pending(deployment))
    }

    /// Switches scheduled rotation off and stops one in progress (it may leave AWSPENDING behind).
    pub async fn cancel_rotation(&self, deployment: &Deployment, _id: &str) -> Result<(), Failure> {
        Err(pending(deployment))
    }

    /// A password of the service's random source, without the characters of `exclude`.
    pub async fn random_password(&self, deployment: &Deployment, _length: u16, _exclude: &str) -> Result<SecretText, Failure> {
        Err(pending(deployment))
    }
}
