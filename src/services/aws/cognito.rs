//! Cognito: the client secret and the token endpoint of a user pool, and a person's sign-in.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::AwsClient;
use crate::model::{Deployment, Failure, FailureKind, Moment, SecretText};

use super::{
    failure::AwsOperation,
    signed::{AwsResponse, SignedRequest},
};

/// What a person's sign-in answered.
pub(crate) struct UserTokens {
    /// Access token.
    pub(crate) access: SecretText,
    /// Seconds that it is valid.
    pub(crate) seconds: u64,
}

/// App clients and users of Cognito user pools.
#[derive(Clone)]
pub struct UserPools {
    client: AwsClient,
}

impl UserPools {
    pub(in crate::services) fn new(client: AwsClient) -> Self {
        Self { client }
    }

    /// Returns the client secret of an app client, by `DescribeUserPoolClient`.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] where the client has none (a public client cannot use client credentials).
    pub(crate) async fn client_secret(
        &self,
        deployment: &Deployment,
        pool: &str,
        client: &str,
    ) -> Result<SecretText, Failure> {
        let doing = format!("reading the client secret of {client}");
        let answer = self
            .cognito(
                deployment,
                &doing,
                "DescribeUserPoolClient",
                &json!({"UserPoolId": pool, "ClientId": client}),
                true,
            )
            .await?;
        let answer = answer.json(&doing)?;
        match answer
            .pointer("/UserPoolClient/ClientSecret")
            .and_then(Value::as_str)
        {
            Some(secret) => Ok(SecretText::from(secret)),
            None => Err(Failure::new(
                FailureKind::Usage,
                doing,
                format!("the app client {client} has no secret"),
            )
            .hint("client credentials need an app client with a secret")),
        }
    }

    /// Returns an app client as `DescribeUserPoolClient` shows it, its secret taken out: the description, and the secret.
    pub(crate) async fn describe_app_client(
        &self,
        deployment: &Deployment,
        pool: &str,
        client: &str,
    ) -> Result<(Value, Option<SecretText>), Failure> {
        let doing = format!("reading app client {client}");
        let body = json!({"UserPoolId": pool, "ClientId": client});
        let answer = self
            .cognito(deployment, &doing, "DescribeUserPoolClient", &body, true)
            .await?;
        let mut answer = answer.json(&doing)?;
        let described = answer.get_mut("UserPoolClient").map(Value::take);
        let mut described = described.unwrap_or_default();
        let secret = described
            .as_object_mut()
            .and_then(|members| members.remove("ClientSecret"));
        let secret = secret.and_then(|secret| secret.as_str().map(SecretText::from));
        Ok((described, secret))
    }

    /// Ids and creation times of a client's secrets (`ListUserPoolClientSecrets`), the oldest first.
    pub(crate) async fn client_secret_ids(
        &self,
        deployment: &Deployment,
        pool: &str,
        client: &str,
    ) -> Result<Vec<(String, Option<Moment>)>, Failure> {
        let doing = format!("listing the secrets of app client {client}");
        let body = json!({"UserPoolId": pool, "ClientId": client});
        let answer = self
            .cognito(deployment, &doing, "ListUserPoolClientSecrets", &body, true)
            .await?
            .json(&doing)?;
        let listed = answer.get("ClientSecrets").and_then(Value::as_array);
        let mut secrets: Vec<(String, Option<Moment>)> = listed
            .into_iter()
            .flatten()
            .filter_map(|secret| {
                let id = secret.get("ClientSecretId")?.as_str()?.to_owned();
                let created = secret.get("ClientSecretCreateDate").and_then(Value::as_f64);
                Some((id, created.map(Moment::from_seconds)))
            })
            .collect();
        secrets.sort_by(|(one, created), (other, created_other)| {
            (created, one).cmp(&(created_other, other))
        });
        Ok(secrets)
    }

    /// Adds a secret of our own to a client (`AddUserPoolClientSecret`); returns its id.
    ///
    /// # Errors
    /// [`FailureKind::Conflict`] (`LimitExceededException`) if the client has two secrets.
    pub(crate) async fn add_client_secret(
        &self,
        deployment: &Deployment,
        pool: &str,
        client: &str,
        value: &SecretText,
    ) -> Result<(String, Option<String>), Failure> {
        let doing = format!("adding a secret to app client {client}");
        self.client.guard_write(deployment, &doing)?;
        let body = json!({"UserPoolId": pool, "ClientId": client, "ClientSecret": value.reveal()});
        let answer = self
            .cognito(deployment, &doing, "AddUserPoolClientSecret", &body, true)
            .await?;
        let body = answer.json(&doing)?;
        let id = body
            .pointer("/ClientSecretDescriptor/ClientSecretId")
            .and_then(Value::as_str);
        match id {
            Some(id) => Ok((id.to_owned(), answer.request_id)),
            None => Err(Failure::new(
                FailureKind::Server,
                doing,
                "Cognito answered without an id",
            )),
        }
    }

    /// Removes a secret of a client (`DeleteUserPoolClientSecret`).
    ///
    /// # Errors
    /// [`FailureKind::NotFound`] if the client has no such secret.
    pub(crate) async fn delete_client_secret(
        &self,
        deployment: &Deployment,
        pool: &str,
        client: &str,
        id: &str,
    ) -> Result<Option<String>, Failure> {
        let doing = format!("removing secret {id} of app client {client}");
        self.client.guard_write(deployment, &doing)?;
        let body = json!({"UserPoolId": pool, "ClientId": client, "ClientSecretId": id});
        self.cognito(
            deployment,
            &doing,
            "DeleteUserPoolClientSecret",
            &body,
            true,
        )
        .await
        .map(|answer| answer.request_id)
    }

    /// Returns the token endpoint of a user pool: from its discovery document, which needs no permission, else from its domain.
    pub(crate) async fn pool_token_url(
        &self,
        deployment: &Deployment,
        pool: &str,
    ) -> Result<String, Failure> {
        let doing = format!("looking for the token endpoint of {pool}");
        let account = self.client.account(deployment).await?;
        let discovery = format!(
            "{}/{pool}/.well-known/openid-configuration",
            account.address("cognito-idp")
        );
        let found = self.client.web.fetch_json(&doing, &discovery).await;
        if let Some(url) = found
            .as_ref()
            .ok()
            .and_then(|document| document.get("token_endpoint"))
            .and_then(Value::as_str)
        {
            return Ok(url.to_owned());
        }
        let answer = self
            .cognito(
                deployment,
                &doing,
                "DescribeUserPool",
                &json!({"UserPoolId": pool}),
                true,
            )
            .await?
            .json(&doing)?;
        let text = |name: &str| {
            answer
                .pointer(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        if let Some(custom) = text("/UserPool/CustomDomain") {
            return Ok(format!("https://{custom}/oauth2/token"));
        }
        match text("/UserPool/Domain") {
            Some(domain) => Ok(format!(
                "https://{domain}.auth.{}.amazoncognito.com/oauth2/token",
                account.region
            )),
            None => Err(Failure::new(
                FailureKind::Usage,
                doing,
                format!("the user pool {pool} has no domain, and so no token endpoint"),
            )
            .hint("give the pool a domain, or set token_url for this deployment")),
        }
    }

    /// Signs a person in by user name and password (`USER_PASSWORD_AUTH`).
    ///
    /// # Errors
    /// [`FailureKind::SignIn`] where it is refused or Cognito asks for more than a password.
    pub(crate) async fn sign_in_user(
        &self,
        deployment: &Deployment,
        client: &str,
        client_secret: Option<&SecretText>,
        username: &str,
        password: &SecretText,
    ) -> Result<UserTokens, Failure> {
        let doing = format!("signing in {username}");
        let mut parameters = Map::new();
        parameters.insert("USERNAME".to_owned(), username.into());
        parameters.insert("PASSWORD".to_owned(), password.reveal().into());
        if let Some(secret) = client_secret {
            let hash = secret_hash(secret, username, client);
            parameters.insert("SECRET_HASH".to_owned(), hash.into());
        }
        let body = json!({"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": parameters});
        let answer = self
            .cognito(deployment, &doing, "InitiateAuth", &body, false)
            .await
            .map_err(explain_sign_in)?;
        let answer = answer.json(&doing)?;
        if let Some(challenge) = answer.get("ChallengeName").and_then(Value::as_str) {
            return Err(Failure::new(
                FailureKind::SignIn,
                doing,
                format!("Cognito asks for more than a password: {challenge}"),
            )
            .code(challenge)
            .hint(challenge_hint(challenge)));
        }
        let result = answer.get("AuthenticationResult").unwrap_or(&Value::Null);
        match result.get("AccessToken").and_then(Value::as_str) {
            Some(token) => Ok(UserTokens {
                access: SecretText::from(token),
                seconds: result
                    .get("ExpiresIn")
                    .and_then(Value::as_u64)
                    .unwrap_or(3600),
            }),
            None => Err(Failure::new(
                FailureKind::SignIn,
                doing,
                "Cognito answered without an access token",
            )),
        }
    }

    async fn cognito(
        &self,
        deployment: &Deployment,
        doing: &str,
        operation: &str,
        body: &Value,
        signed: bool,
    ) -> Result<AwsResponse, Failure> {
        let account = self.client.account(deployment).await?;
        let action = format!("cognito-idp:{operation}");
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        let request = SignedRequest {
            method: http::Method::POST,
            service: signed.then_some("cognito-idp"),
            url: format!("{}/", account.address("cognito-idp")),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", &target),
            ],
            body: body.to_string().into_bytes(),
        };
        self.client
            .send_signed(
                &account,
                AwsOperation {
                    text: doing,
                    action: &action,
                    account: account.label(),
                },
                &request,
            )
            .await
    }
}

/// Base64 of HMAC-SHA256 over user name and client id, keyed with the client secret.
fn secret_hash(secret: &SecretText, username: &str, client: &str) -> String {
    // A key of any length is good for HMAC.
    Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(username.as_bytes());
            mac.update(client.as_bytes());
            STANDARD.encode(mac.finalize().into_bytes())
        },
    )
}

fn explain_sign_in(failure: Failure) -> Failure {
    let hint = match (failure.code.as_deref(), failure.cause.as_str()) {
        (Some("NotAuthorizedException"), cause) if cause.contains("secret hash") => {
            "set the app client's client_secret"
        }
        (Some("NotAuthorizedException" | "UserNotFoundException"), _) => {
            "check user name and password"
        }
        (Some("PasswordResetRequiredException"), _) => {
            "the password must be reset first (`aws cognito-idp forgot-password`)"
        }
        (Some("UserNotConfirmedException"), _) => "the user must be confirmed first",
        (Some("InvalidParameterException"), _) => "allow USER_PASSWORD_AUTH for the app client",
        (Some("ResourceNotFoundException"), _) => "check client_id and the region",
        _ => return failure,
    };
    failure.hint(hint)
}

fn challenge_hint(challenge: &str) -> &'static str {
    match challenge {
        "NEW_PASSWORD_REQUIRED" => {
            "set a permanent password first (`aws cognito-idp admin-set-user-password … --permanent`)"
        }
        "SMS_MFA" | "SOFTWARE_TOKEN_MFA" | "EMAIL_OTP" | "SMS_OTP" | "MFA_SETUP"
        | "SELECT_MFA_TYPE" => {
            "this console answers no second factor: get a token elsewhere and use the sign-in `bearer`"
        }
        _ => "get a token elsewhere and use the sign-in `bearer`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_hash_is_cognitos() {
        // Computed by Python's hmac module.
        assert_eq!(
            secret_hash(&SecretText::from("s3cr3t"), "mcpuser", "client1"),
            "h6UAUDKb33j66oUXX/kddRwl4kPV619uZP8yKn+FnGY="
        );
    }
}
