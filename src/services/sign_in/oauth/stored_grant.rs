//! The refresh token of a person's sign-in in the system's keyring, for configurations with `keep_tokens = "keyring"`.
//!
//! Each MCP endpoint of a deployment has one entry: the service `agentcore-console`, and the account `DEPLOYMENT ENDPOINT`. Its value
//! is a JSON object in base64url, so that no program has to quote it. A keyring that cannot be used is reported once; from then on
//! this process keeps the sign-in in memory alone.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    model::{Deployment, Failure, FailureKind, McpTarget, SecretText, SignIn, TokenStorage},
    net::keyring::{Keyring, KeyringEntry},
    services::sign_in::{SignInNotice, SignIns},
};

use super::{OAuthGrant, SignInRequest, TokenSource, client::OAuthClient};

/// Service of every entry.
const SERVICE: &str = "agentcore-console";
/// Version of the value. An entry of another version is not used.
const VERSION: u64 = 1;

/// The keyring, as far as this process can use it.
pub(in crate::services::sign_in) struct TokenKeyring {
    keyring: Option<Keyring>,
    is_unusable: AtomicBool,
}

impl TokenKeyring {
    /// Returns the keyring of this system.
    pub(in crate::services::sign_in) fn system() -> Self {
        Self::of(Keyring::system())
    }

    const fn of(keyring: Option<Keyring>) -> Self {
        Self {
            keyring,
            is_unusable: AtomicBool::new(false),
        }
    }

    fn known(&self) -> Result<&Keyring, String> {
        self.keyring
            .as_ref()
            .ok_or_else(|| "this system has no keyring that is known here".to_owned())
    }
}

/// What the keyring holds of a sign-in.
pub(super) enum StoredGrant {
    /// Nothing that counts: the sign-in is kept in memory, the keyring cannot be used, or the entry was made with another configuration
    /// or for another authorization server.
    Unknown,
    /// No entry: there was none, or the person has signed out.
    Absent,
    /// A grant that is of use.
    Found(OAuthGrant),
}

/// Deletes the sign-in to a deployment's MCP endpoint from the keyring and from memory. Returns the account of the entry if there was
/// one.
///
/// # Errors
/// [`FailureKind::Usage`] if the sign-in is not a person's in the browser, or if the keyring cannot be used.
pub(in crate::services::sign_in) async fn sign_out(
    sign_ins: &SignIns,
    deployment: &Deployment,
    sign_in: &SignIn,
) -> Result<Option<String>, Failure> {
    let doing = format!("signing out of {}", deployment.name);
    if !matches!(sign_in, SignIn::OAuth { .. }) {
        let cause = format!("the sign-in `{}` keeps nothing", sign_in.mode());
        return Err(Failure::new(FailureKind::Usage, doing, cause)
            .hint("only a sign-in in the browser (oauth) is kept, where keep_tokens says so"));
    }
    sign_ins.forget_tokens(deployment);
    let endpoint = sign_ins
        .aws
        .resources
        .mcp_url(deployment, &McpTarget::Default)
        .await?;
    let entry = entry(deployment, &endpoint);
    let deleted = match sign_ins.keyring.known() {
        Ok(keyring) => keyring
            .delete(&entry)
            .await
            .map_err(|why| format!("{} {why}", keyring.program())),
        Err(why) => Err(why),
    };
    match deleted {
        Ok(was_there) => Ok(was_there.then_some(entry.account)),
        Err(why) => Err(unusable(&doing, &why)),
    }
}

/// Returns the entry for a deployment's sign-in to an MCP endpoint.
fn entry(deployment: &Deployment, endpoint: &str) -> KeyringEntry {
    KeyringEntry {
        service: SERVICE.to_owned(),
        account: format!("{} {endpoint}", deployment.name),
    }
}

fn unusable(doing: &str, why: &str) -> Failure {
    let cause = format!("the keyring cannot be used: {why}");
    Failure::new(FailureKind::Usage, doing, cause).hint(
        "unlock the keyring, or install what is missing (Linux: secret-tool of libsecret and a Secret Service, as gnome-keyring or \
         KWallet); or write keep_tokens = \"memory\"",
    )
}

impl SignInRequest<'_> {
    /// Reads what the keyring holds of this sign-in. It is of use if it was made with the same configuration, for the same
    /// authorization server and resource.
    ///
    /// # Errors
    /// Those of finding the client. A keyring that cannot be read is no error.
    pub(super) async fn stored_grant(&self, source: &TokenSource) -> Result<StoredGrant, Failure> {
        let Some((keyring, entry)) = self.keyring_entry().await else {
            return Ok(StoredGrant::Unknown);
        };
        match keyring.read(&entry).await {
            Ok(Some(text)) => {
                let grant = match decode(&text) {
                    Some(stored) => self.grant_of(source, &stored).await?,
                    None => None,
                };
                Ok(grant.map_or(StoredGrant::Unknown, StoredGrant::Found))
            }
            Ok(None) => Ok(StoredGrant::Absent),
            Err(why) => {
                self.give_up_keyring(&format!("{} {why}", keyring.program()));
                Ok(StoredGrant::Unknown)
            }
        }
    }

    /// Stores a grant that the person has just given. Reports one without a refresh token: it cannot be kept.
    pub(super) async fn store_new(&self, source: &TokenSource, grant: &OAuthGrant) {
        if grant.refresh.is_some() {
            return self.store(source, grant).await;
        }
        if self.keeps_in_keyring() {
            let cause =
                "the authorization server gave no refresh token, so there is nothing to keep";
            let failure = Failure::new(FailureKind::Usage, self.keeping(), cause);
            self.report(&failure.hint(
                "allow the grant refresh_token for the client, and add offline_access to scope where the server knows it",
            ));
        }
    }

    /// Stores a grant in place of the one that the keyring holds.
    pub(super) async fn store(&self, source: &TokenSource, grant: &OAuthGrant) {
        let Some(refresh) = &grant.refresh else {
            return;
        };
        let Some((keyring, entry)) = self.keyring_entry().await else {
            return;
        };
        let Ok(settings) = self.settings() else {
            return;
        };
        let value = encode(grant, refresh, settings.scope, source.resource_address());
        let label = format!("agentcore-console: sign-in to {}", self.deployment.name);
        if let Err(why) = keyring.write(&entry, &label, &value).await {
            self.give_up_keyring(&format!("{} {why}", keyring.program()));
        }
    }

    /// Deletes what the keyring holds of this sign-in.
    pub(super) async fn delete_stored(&self) {
        let Some((keyring, entry)) = self.keyring_entry().await else {
            return;
        };
        if let Err(why) = keyring.delete(&entry).await {
            self.give_up_keyring(&format!("{} {why}", keyring.program()));
        }
    }

    async fn grant_of(
        &self,
        source: &TokenSource,
        stored: &Value,
    ) -> Result<Option<OAuthGrant>, Failure> {
        let text = |name: &str| stored.get(name).and_then(Value::as_str);
        let is_same = text("issuer") == Some(&source.server.issuer)
            && text("resource") == source.resource_address()
            && text("configured_scope") == self.settings()?.scope;
        let Some(refresh) = text("refresh_token").filter(|_| is_same) else {
            return Ok(None);
        };
        let registered = OAuthClient::registered_from(stored);
        let client = match (self.configured_client(&source.server).await?, registered) {
            (Some(client), None) if text("client_id") == Some(&client.id) => client,
            (None, Some(registered)) => registered,
            (Some(_), _) | (None, None) => return Ok(None),
        };
        Ok(Some(OAuthGrant {
            issuer: source.server.issuer.clone(),
            client,
            refresh: Some(SecretText::from(refresh)),
            scope: text("scope").map(str::to_owned),
        }))
    }

    /// Returns the keyring and the entry for this sign-in; `None` if it is to be kept in memory, or the keyring cannot be used.
    async fn keyring_entry(&self) -> Option<(&Keyring, KeyringEntry)> {
        let place = &self.sign_ins.keyring;
        if !self.keeps_in_keyring() || place.is_unusable.load(Ordering::Relaxed) {
            return None;
        }
        let keyring = match place.known() {
            Ok(keyring) => keyring,
            Err(why) => {
                self.give_up_keyring(&why);
                return None;
            }
        };
        match self.endpoint_url().await {
            Ok(endpoint) => Some((keyring, entry(self.deployment, &endpoint))),
            Err(failure) => {
                self.give_up_keyring(&format!("no entry can be named: {failure}"));
                None
            }
        }
    }

    fn keeps_in_keyring(&self) -> bool {
        self.settings()
            .is_ok_and(|settings| settings.keep_tokens == TokenStorage::Keyring)
    }

    /// From now on the sign-in stays in memory. The first time, the person is told why.
    fn give_up_keyring(&self, why: &str) {
        if !self
            .sign_ins
            .keyring
            .is_unusable
            .swap(true, Ordering::Relaxed)
        {
            let mut failure = unusable(&self.keeping(), why);
            failure
                .cause
                .push_str("; it stays in memory until this process ends");
            self.report(&failure);
        }
    }

    fn keeping(&self) -> String {
        format!("keeping the sign-in to {}", self.deployment.name)
    }

    fn report(&self, failure: &Failure) {
        tracing::info!(%failure, "the sign-in is not kept");
        self.sign_ins.announce(SignInNotice::NotKept(failure));
    }
}

/// Returns the value of an entry.
fn encode(
    grant: &OAuthGrant,
    refresh: &SecretText,
    configured_scope: Option<&str>,
    resource: Option<&str>,
) -> SecretText {
    let mut members = grant.client.members();
    members.extend([
        ("version".to_owned(), json!(VERSION)),
        ("issuer".to_owned(), json!(grant.issuer)),
        ("scope".to_owned(), json!(grant.scope)),
        ("configured_scope".to_owned(), json!(configured_scope)),
        ("resource".to_owned(), json!(resource)),
        ("refresh_token".to_owned(), json!(refresh.reveal())),
    ]);
    let text = SecretText::new(Value::Object(members).to_string());
    SecretText::new(URL_SAFE_NO_PAD.encode(text.reveal()))
}

/// Returns the members of an entry's value; `None` if it is not one of this version.
fn decode(text: &SecretText) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(text.reveal().trim()).ok()?;
    let members: Value = serde_json::from_slice(&bytes).ok()?;
    (members.get("version").and_then(Value::as_u64) == Some(VERSION)).then_some(members)
}

#[cfg(test)]
mod tests;
