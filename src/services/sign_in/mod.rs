//! Sign-ins: a request goes in, headers come out. One file a mode.
//!
//! Secret values are read when they are needed and wiped after; an access token is kept in memory only, and never shown.

mod bearer;
pub(crate) mod challenge;
mod client_assertion;
pub(crate) mod m2m;
pub(in crate::services) mod oauth;
pub(crate) mod replaced;
pub(crate) mod sigv4;
pub(crate) mod token;
mod token_endpoint;
mod token_error;
mod user;

use std::sync::Arc;

use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::{
    model::{
        Claims, ConsentRequest, Deployment, DeploymentName, Failure, FailureKind, SecretContent,
        SecretSource, SecretText, SignIn, VersionRef,
    },
    net::{http_client::Web, secret_source},
    services::Aws,
};

/// Headers that sign one request.
pub(crate) type Headers = Vec<(HeaderName, HeaderValue)>;

/// Signs requests to one endpoint.
pub(crate) trait Credentials: Send + Sync {
    /// Returns the headers for exactly this request.
    fn authorize<'a>(
        &'a self,
        request: sigv4::Signable<'a>,
    ) -> BoxFuture<'a, Result<Headers, Failure>>;

    /// The endpoint refused a request with these headers. Returns whether the request is worth sending once more.
    fn refused<'a>(
        &'a self,
        headers: &'a Headers,
        refusal: SignInRefusal<'a>,
    ) -> BoxFuture<'a, bool>;

    /// Returns how the AWS credentials behind it are renewed; `None` where there are none.
    fn renewal_hint(&self) -> Option<String> {
        None
    }

    /// Returns the claims of the token that is in use, without asking for one.
    fn claims(&self) -> BoxFuture<'_, Option<Claims>> {
        Box::pin(async { None })
    }
}

/// How an endpoint refused a request.
#[derive(Clone, Copy)]
pub(crate) struct SignInRefusal<'a> {
    /// Status of the response.
    pub(crate) status: StatusCode,
    /// What it says about signing in.
    pub(crate) challenge: &'a challenge::Challenge,
}

/// What a person is told while a sign-in goes on.
#[derive(Clone, Copy, Debug)]
pub enum SignInNotice<'a> {
    /// The address at which to sign in.
    Address(&'a str),
    /// A call waits for a person's consent.
    ConsentAsked(&'a ConsentRequest),
    /// The person has consented at this deployment; the call goes on.
    ConsentGiven(&'a DeploymentName),
    /// The sign-in is to be kept in the keyring, and stays in memory instead; why.
    NotKept(&'a Failure),
}

/// Tells a person what a sign-in needs or says.
pub type Announce = Box<dyn Fn(SignInNotice<'_>) + Send + Sync>;

/// Tokens and signatures for requests to MCP endpoints. Clones share the tokens.
#[derive(Clone)]
pub struct SignIns {
    aws: Aws,
    web: Arc<Web>,
    tokens: Arc<token::Tokens>,
    replaced: Arc<replaced::ReplacedSecrets>,
    announce: Arc<parking_lot::RwLock<Option<Announce>>>,
    keyring: Arc<oauth::TokenKeyring>,
}

impl SignIns {
    /// Sets how a person is told of a sign-in. Without it, only the browser is opened.
    pub fn set_announce(&self, announce: Announce) {
        *self.announce.write() = Some(announce);
    }

    pub(in crate::services) fn announce(&self, notice: SignInNotice<'_>) {
        if let Some(announce) = self.announce.read().as_ref() {
            announce(notice);
        }
    }

    pub(in crate::services) fn new(aws: Aws, web: Arc<Web>) -> Self {
        Self {
            aws,
            web,
            tokens: Arc::default(),
            replaced: Arc::default(),
            announce: Arc::default(),
            keyring: Arc::new(oauth::TokenKeyring::system()),
        }
    }

    /// Returns a token of the deployment's sign-in (or of `sign_in`): cached, one request at a time, renewed 60 s before it ends.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] where the sign-in has no token (`sigv4`, `none`); [`FailureKind::SignIn`] where it is refused.
    pub async fn token(
        &self,
        deployment: &Deployment,
        sign_in: Option<&SignIn>,
    ) -> Result<(SecretText, Claims), Failure> {
        let sign_in = sign_in.unwrap_or(&deployment.sign_in);
        let token = match sign_in {
            SignIn::M2m { .. } | SignIn::User { .. } | SignIn::OAuth { .. } => {
                self.cached_token(deployment, sign_in, None).await?
            }
            SignIn::Bearer { token } => bearer::read(self, deployment, token).await?,
            SignIn::SigV4 | SignIn::None => {
                let doing = format!("signing in to {}", deployment.name);
                return Err(Failure::new(
                    FailureKind::Usage,
                    doing,
                    format!("the sign-in `{}` has no token", sign_in.mode()),
                )
                .hint("m2m, bearer, user and oauth have one"));
            }
        };
        Ok((token.text, token.claims))
    }

    /// Forgets a person's sign-in in the browser: deletes it from memory, and its entry for the deployment's own MCP endpoint from the
    /// keyring. Returns the account of that entry if there was one.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if the sign-in is another one, or if the keyring cannot be used.
    pub async fn sign_out(
        &self,
        deployment: &Deployment,
        sign_in: Option<&SignIn>,
    ) -> Result<Option<String>, Failure> {
        let sign_in = sign_in.unwrap_or(&deployment.sign_in);
        oauth::sign_out(self, deployment, sign_in).await
    }

    /// Returns what signs requests to a deployment's endpoint at `url`.
    pub(crate) async fn credentials(
        &self,
        deployment: &Deployment,
        sign_in: &SignIn,
        url: &str,
    ) -> Result<Arc<dyn Credentials>, Failure> {
        Ok(match sign_in {
            SignIn::M2m { .. } | SignIn::User { .. } | SignIn::OAuth { .. } => {
                Arc::new(token::TokenCredentials {
                    sign_ins: self.clone(),
                    deployment: deployment.clone(),
                    sign_in: sign_in.clone(),
                    endpoint: url.to_owned(),
                })
            }
            SignIn::Bearer { token } => Arc::new(bearer::Bearer {
                sign_ins: self.clone(),
                deployment: deployment.clone(),
                source: token.clone(),
            }),
            SignIn::SigV4 => Arc::new(sigv4::SigV4::new(
                self.aws.client.account(deployment).await?,
                url,
            )),
            SignIn::None => Arc::new(Anonymous),
        })
    }
}

impl SignIns {
    /// Returns the value of a secret of the configuration, read with the deployment's AWS credentials if it is kept by AWS.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if its source has no value; those of Secrets Manager.
    pub(crate) async fn secret_value_of(
        &self,
        deployment: &Deployment,
        doing: &str,
        what: &str,
        source: &SecretSource,
    ) -> Result<SecretText, Failure> {
        let SecretSource::SecretsManager { id, key } = source else {
            return secret_source::read(doing, what, source).await;
        };
        let version = VersionRef::Stage("AWSCURRENT".into());
        let value = Box::pin(self.aws.secrets.secret_value(deployment, id, &version)).await?;
        let missing = || {
            let place = key
                .as_ref()
                .map_or_else(String::new, |key| format!("{key} of "));
            Failure::new(
                FailureKind::Usage,
                doing,
                format!("{what} is to come from {place}the secret {id}, which has no such text"),
            )
        };
        let SecretContent::Text(text) = &value.content else {
            return Err(missing());
        };
        match key {
            Some(key) => secret_source::member(text.reveal(), key).ok_or_else(missing),
            None => secret_source::clean(text.reveal()).ok_or_else(missing),
        }
    }
}

/// No sign-in at all.
struct Anonymous;

impl Credentials for Anonymous {
    fn authorize<'a>(&'a self, _: sigv4::Signable<'a>) -> BoxFuture<'a, Result<Headers, Failure>> {
        Box::pin(async { Ok(Headers::new()) })
    }

    fn refused<'a>(&'a self, _: &'a Headers, _: SignInRefusal<'a>) -> BoxFuture<'a, bool> {
        Box::pin(async { false })
    }
}
