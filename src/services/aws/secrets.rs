//! Secrets Manager. Values live in [`SecretText`] and nowhere else; no answer with a value is captured as JSON.

use std::collections::{HashMap, HashSet};

use aws_sdk_secretsmanager::{
    Client,
    operation::{RequestId as _, describe_secret::DescribeSecretOutput},
    primitives::DateTime,
};

use super::AwsClient;
use crate::model::{
    Deployment, Failure, FailureKind, Moment, RotationState, SecretContent, SecretDetail,
    SecretStages, SecretText, SecretValue, SecretVersion, VersionRef,
};

use super::failure::AwsOperation;

/// One call: the deployment's account, the words for a failure, and the request built on the client.
macro_rules! call {
    ($services:expr, $deployment:expr, $text:expr, $operation:literal, |$client:ident| $request:expr) => {{
        let account = $services.client.account($deployment).await?;
        let text: String = $text;
        let doing = AwsOperation {
            text: &text,
            action: concat!("secretsmanager:", $operation),
            account: account.label(),
        };
        let $client: &Client = account.secrets();
        $request
            .send()
            .await
            .map_err(|error| account.sdk_failure(doing, &error))
    }};
}

/// Secrets, their versions and staging labels.
#[derive(Clone)]
pub struct SecretsManager {
    client: AwsClient,
}

impl SecretsManager {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self { client }
    }

    /// Everything about a secret except values.
    pub async fn secret_detail(
        &self,
        deployment: &Deployment,
        id: &str,
    ) -> Result<SecretDetail, Failure> {
        let secret = call!(
            self,
            deployment,
            format!("reading secret {id}"),
            "DescribeSecret",
            |client| client.describe_secret().secret_id(id)
        )?;
        let listed = self.secret_versions(deployment, id).await?;
        Ok(SecretDetail {
            rotation: rotation_state(&secret),
            versions: with_empty_versions(listed, &secret),
            arn: secret.arn.unwrap_or_default(),
            name: secret.name.unwrap_or_default(),
            description: secret.description,
            kms_key: secret.kms_key_id,
            last_changed: secret.last_changed_date.map(moment),
            deleted: secret.deleted_date.map(moment),
            tags: secret
                .tags
                .unwrap_or_default()
                .into_iter()
                .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
                .collect(),
        })
    }

    /// Labels and rotation settings alone: one call, for a rotation that looks often.
    pub async fn secret_stages(
        &self,
        deployment: &Deployment,
        id: &str,
    ) -> Result<SecretStages, Failure> {
        let secret = call!(
            self,
            deployment,
            format!("reading the labels of {id}"),
            "DescribeSecret",
            |client| client.describe_secret().secret_id(id)
        )?;
        Ok(SecretStages {
            arn: secret.arn.unwrap_or_default(),
            name: secret.name.unwrap_or_default(),
            stages: secret
                .version_ids_to_stages
                .unwrap_or_default()
                .into_iter()
                .collect(),
            managed: secret.rotation_enabled == Some(true) && secret.rotation_lambda_arn.is_some(),
            deleted: secret.deleted_date.is_some(),
        })
    }

    async fn secret_versions(
        &self,
        deployment: &Deployment,
        id: &str,
    ) -> Result<Vec<SecretVersion>, Failure> {
        let mut versions = Vec::new();
        let mut token: Option<String> = None;
        let mut seen = HashSet::new();
        loop {
            let page = call!(
                self,
                deployment,
                format!("listing versions of {id}"),
                "ListSecretVersionIds",
                |client| client
                    .list_secret_version_ids()
                    .secret_id(id)
                    .include_deprecated(true)
                    .set_next_token(token)
            )?;
            versions.extend(
                page.versions
                    .unwrap_or_default()
                    .into_iter()
                    .map(|version| SecretVersion {
                        version_id: version.version_id.unwrap_or_default(),
                        stages: version.version_stages.unwrap_or_default(),
                        created_at: version.created_date.map(moment),
                    }),
            );
            token = page.next_token.filter(|token| seen.insert(token.clone()));
            if token.is_none() {
                return Ok(versions);
            }
        }
    }

    /// Returns the value of one version.
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] where no version has that label or id, or it has no value.
    pub async fn secret_value(
        &self,
        deployment: &Deployment,
        id: &str,
        version: &VersionRef,
    ) -> Result<SecretValue, Failure> {
        let (stage, version_id) = match version {
            VersionRef::Stage(stage) => (Some(stage.clone()), None),
            VersionRef::Id(id) => (None, Some(id.clone())),
        };
        let value = call!(
            self,
            deployment,
            format!("reading the value of {id}"),
            "GetSecretValue",
            |client| client
                .get_secret_value()
                .secret_id(id)
                .set_version_stage(stage)
                .set_version_id(version_id)
        )?;
        Ok(SecretValue {
            version_id: value.version_id.unwrap_or_default(),
            stages: value.version_stages.unwrap_or_default(),
            content: value.secret_string.map_or(SecretContent::Binary, |text| {
                SecretContent::Text(SecretText::new(text))
            }),
            created: value.created_date.map(moment),
        })
    }

    /// Names of the secrets whose name, description or tags have this word; at most a hundred.
    pub(crate) async fn secrets_that_name(
        &self,
        deployment: &Deployment,
        word: &str,
    ) -> Result<Vec<String>, Failure> {
        let words = format!("looking for secrets that name {word}");
        let filter = aws_sdk_secretsmanager::types::Filter::builder()
            .key(aws_sdk_secretsmanager::types::FilterNameStringType::All)
            .values(word)
            .build();
        let answer = call!(self, deployment, words, "ListSecrets", |client| client
            .list_secrets()
            .filters(filter)
            .max_results(100))?;
        let listed = answer.secret_list.unwrap_or_default();
        Ok(listed
            .into_iter()
            .filter_map(|secret| secret.name)
            .collect())
    }

    /// Creates a secret with its first version, and returns the request's id. The same token with the same text is no change.
    ///
    /// # Errors
    /// [`FailureKind::Conflict`] (`ResourceExistsException`) if another secret has this name.
    pub async fn create_secret(
        &self,
        deployment: &Deployment,
        name: &str,
        description: &str,
        text: &SecretText,
    ) -> Result<Option<String>, Failure> {
        let token = uuid::Uuid::new_v4().to_string();
        self.create_secret_with_token(deployment, name, description, text, &token)
            .await
    }

    /// Returns the same with this request token.
    pub(crate) async fn create_secret_with_token(
        &self,
        deployment: &Deployment,
        name: &str,
        description: &str,
        text: &SecretText,
        token: &str,
    ) -> Result<Option<String>, Failure> {
        let words = format!("creating secret {name}");
        self.client.guard_write(deployment, &words)?;
        call!(self, deployment, words, "CreateSecret", |client| client
            .create_secret()
            .name(name)
            .description(description)
            .client_request_token(token)
            .secret_string(text.reveal()))
        .map(|answer| answer.request_id().map(str::to_owned))
    }

    /// Puts a version, and returns the request's id. The same token with the same text is no change; with another text it is a [`FailureKind::Conflict`].
    pub async fn put_secret_version(
        &self,
        deployment: &Deployment,
        id: &str,
        token: &str,
        text: &SecretText,
        stages: &[String],
    ) -> Result<Option<String>, Failure> {
        let words = format!("putting a version of {id}");
        self.client.guard_write(deployment, &words)?;
        call!(self, deployment, words, "PutSecretValue", |client| client
            .put_secret_value()
            .secret_id(id)
            .client_request_token(token)
            .secret_string(text.reveal())
            .set_version_stages(Some(stages.to_vec())))
        .map(|answer| answer.request_id().map(str::to_owned))
    }

    /// Moves a staging label to a version, from the version that has it (which must then be named); `to: None` removes it. Returns the
    /// request's id.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] (`InvalidParameterException`) where the label sits on another version than the named one.
    pub async fn move_stage(
        &self,
        deployment: &Deployment,
        id: &str,
        stage: &str,
        to: Option<&str>,
        remove_from: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let words = format!("moving {stage} of {id}");
        self.client.guard_write(deployment, &words)?;
        call!(
            self,
            deployment,
            words,
            "UpdateSecretVersionStage",
            |client| client
                .update_secret_version_stage()
                .secret_id(id)
                .version_stage(stage)
                .set_move_to_version_id(to.map(str::to_owned))
                .set_remove_from_version_id(remove_from.map(str::to_owned))
        )
        .map(|answer| answer.request_id().map(str::to_owned))
    }

    /// Starts the secret's own rotation function; answers the id of the version that it makes.
    ///
    /// # Errors
    /// [`FailureKind::Conflict`] while an earlier rotation is not complete, or none is configured.
    pub async fn start_rotation(
        &self,
        deployment: &Deployment,
        id: &str,
        token: &str,
    ) -> Result<String, Failure> {
        let words = format!("starting the rotation of {id}");
        self.client.guard_write(deployment, &words)?;
        let answer = call!(self, deployment, words.clone(), "RotateSecret", |client| {
            client
                .rotate_secret()
                .secret_id(id)
                .client_request_token(token)
        })?;
        answer.version_id.ok_or_else(|| {
            Failure::new(FailureKind::Server, words, "AWS answered without a version")
        })
    }

    /// Switches scheduled rotation off and stops one in progress (it may leave AWSPENDING behind).
    pub async fn cancel_rotation(&self, deployment: &Deployment, id: &str) -> Result<(), Failure> {
        let words = format!("cancelling the rotation of {id}");
        self.client.guard_write(deployment, &words)?;
        call!(self, deployment, words, "CancelRotateSecret", |client| {
            client.cancel_rotate_secret().secret_id(id)
        })
        .map(drop)
    }

    /// Returns a password of the service's random source, without the characters of `exclude`. A class of characters that is excluded as a
    /// whole must be named as such, since the service puts one of each class into every password.
    pub async fn random_password(
        &self,
        deployment: &Deployment,
        length: usize,
        exclude: &str,
    ) -> Result<SecretText, Failure> {
        let words = "asking for a random password".to_owned();
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let lacks = |class: fn(&u8) -> bool| {
            (b'!'..=b'~')
                .filter(class)
                .all(|byte| exclude.as_bytes().contains(&byte))
        };
        let answer = call!(
            self,
            deployment,
            words.clone(),
            "GetRandomPassword",
            |client| client
                .get_random_password()
                .password_length(length)
                .exclude_uppercase(lacks(u8::is_ascii_uppercase))
                .exclude_lowercase(lacks(u8::is_ascii_lowercase))
                .exclude_numbers(lacks(u8::is_ascii_digit))
                .exclude_punctuation(lacks(u8::is_ascii_punctuation))
                .exclude_characters(exclude)
        )?;
        answer.random_password.map(SecretText::new).ok_or_else(|| {
            Failure::new(
                FailureKind::Server,
                words,
                "AWS answered without a password",
            )
        })
    }
}

/// Returns how the secret is rotated, and whether a rotation is pending.
fn rotation_state(secret: &DescribeSecretOutput) -> RotationState {
    let staged = secret.version_ids_to_stages();
    let current = holder(staged, "AWSCURRENT");
    let rules = secret.rotation_rules();
    RotationState {
        enabled: secret.rotation_enabled,
        lambda_arn: secret.rotation_lambda_arn.clone(),
        every_days: rules.and_then(|rules| rules.automatically_after_days),
        schedule: rules.and_then(|rules| rules.schedule_expression.clone()),
        last_rotated: secret.last_rotated_date.map(moment),
        next_rotation: secret.next_rotation_date.map(moment),
        pending_version: holder(staged, "AWSPENDING").filter(|id| Some(id) != current.as_ref()),
    }
}

/// Returns the version that has this staging label.
fn holder(staged: Option<&HashMap<String, Vec<String>>>, stage: &str) -> Option<String> {
    staged?
        .iter()
        .find(|(_, labels)| labels.iter().any(|label| label == stage))
        .map(|(id, _)| id.clone())
}

/// Returns the versions, the newest first. `DescribeSecret` also names versions without a value, which a rotation that was cut off leaves.
fn with_empty_versions(
    mut versions: Vec<SecretVersion>,
    secret: &DescribeSecretOutput,
) -> Vec<SecretVersion> {
    let known: HashSet<String> = versions
        .iter()
        .map(|version| version.version_id.clone())
        .collect();
    let staged = secret.version_ids_to_stages().into_iter().flatten();
    let empty = staged
        .filter(|(version_id, _)| !known.contains(*version_id))
        .map(|(version_id, stages)| SecretVersion {
            version_id: version_id.clone(),
            stages: stages.clone(),
            created_at: None,
        });
    versions.extend(empty);
    versions.sort_by(|one, other| {
        other
            .created_at
            .cmp(&one.created_at)
            .then_with(|| one.version_id.cmp(&other.version_id))
    });
    versions
}

fn moment(at: DateTime) -> Moment {
    Moment::from_millis(at.to_millis().unwrap_or_default())
}
