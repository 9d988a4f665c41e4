//! Tokens in memory: one for each deployment and sign-in, fetched by one request at a time, renewed before they end.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use serde_json::{Map, Value};

use crate::{
    model::{Claims, Deployment, Failure, FailureKind, Moment, SecretText, SignIn},
    net::clock,
    services::sign_in::SignIns,
};

use super::{
    Credentials, Headers, SignInRefusal, challenge::Challenge, m2m, oauth, sigv4::Signable,
    token_endpoint::TokenResponse, user,
};

/// A token is renewed so long before its end.
const MARGIN: Duration = Duration::from_mins(1);
/// The longest life that is believed: what servers say must not lead beyond the ends of the clock.
const LONGEST_LIFE: Duration = Duration::from_hours(365 * 24);
/// The life of a token about which nothing is known.
const UNKNOWN_LIFE: Duration = Duration::from_mins(5);
/// The longest token that is decoded for display.
const LONGEST: usize = 64 * 1024;

/// How long a token is valid, as the endpoint that issued it says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lifetime {
    /// `expires_in`.
    pub(super) stated: Option<Duration>,
    /// The issuing endpoint's clock, if it sent a `Date`.
    pub(super) server_time: Option<SystemTime>,
}

/// A token with what it says of itself.
#[derive(Clone)]
pub(crate) struct AccessToken {
    /// The token.
    pub(crate) text: SecretText,
    /// Its claims, for display.
    pub(crate) claims: Claims,
    /// Scopes that were requested, if any were named.
    pub(super) requested_scope: Option<String>,
    /// From when on it is not used any more; `None` if it does not say.
    renew_at: Option<SystemTime>,
    /// Whether it had expired before it was received.
    is_stillborn: bool,
}

impl AccessToken {
    /// Returns a token that was received just now. Without a lifetime it was obtained elsewhere, and is used as long as its source
    /// gives it.
    pub(super) fn new(text: SecretText, lifetime: Option<Lifetime>) -> Self {
        let now = clock::system_now();
        let claims = claims(text.reveal());
        let exp = claims
            .get("exp")
            .and_then(Value::as_f64)
            .map(Moment::from_seconds);
        let fetched = lifetime.unwrap_or_default();
        let stated = fetched.stated.map(|stated| stated.min(LONGEST_LIFE));
        let by_statement = stated.map(|stated| moment(now).plus(stated.as_millis() as i64));
        let expires_at = match (by_statement, exp) {
            (Some(stated), Some(exp)) => Some(stated.min(exp)),
            (stated, exp) => stated.or(exp),
        };
        // Measured by the clock that set it: this machine's may be off.
        let clock = fetched.server_time.unwrap_or(now);
        let by_claim = exp.map(|exp| exp.millis().saturating_sub(moment(clock).millis()));
        let left = match (stated, by_claim) {
            (Some(stated), Some(claim)) => Some(stated.min(positive(claim))),
            (Some(stated), None) => Some(stated),
            (None, Some(claim)) => Some(positive(claim)),
            // Neither says anything: a few minutes are safe.
            (None, None) => Some(UNKNOWN_LIFE),
        };
        let renew_at = left
            .filter(|_| lifetime.is_some())
            // A token for a minute or two is used for half its life.
            .map(|left| now + left.saturating_sub(MARGIN).max(left / 2));
        Self {
            text,
            claims: Claims {
                token_type: "Bearer".to_owned(),
                expires_at,
                claims: Value::Object(claims),
            },
            requested_scope: None,
            renew_at,
            is_stillborn: lifetime.is_some() && left == Some(Duration::ZERO),
        }
    }

    /// Returns the token of a token endpoint's response.
    pub(super) fn from_response(response: TokenResponse) -> Self {
        let lifetime = Lifetime {
            stated: response.lifetime,
            server_time: response.server_time,
        };
        Self::new(response.access_token, Some(lifetime))
    }

    fn is_fresh(&self) -> bool {
        self.renew_at.is_none_or(|end| clock::system_now() < end)
    }

    /// Refuses a token that had expired before it was received: no endpoint takes it.
    fn check_alive(&self, deployment: &Deployment) -> Result<(), Failure> {
        if !self.is_stillborn {
            return Ok(());
        }
        let doing = format!("signing in to {}", deployment.name);
        let failure = Failure::new(
            FailureKind::SignIn,
            doing,
            "the token endpoint gave a token that had expired already",
        );
        Err(match self.claims.expires_at {
            Some(at) => failure.evidence(format!("exp: {}", at.iso())),
            None => failure,
        })
    }
}

/// Returns a length of time in milliseconds, at least nothing and at most the longest that is believed.
fn positive(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(LONGEST_LIFE)
}

fn moment(at: SystemTime) -> Moment {
    Moment::from_millis(
        at.duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as i64),
    )
}

/// Returns the payload of a JWT, unverified; empty for anything else.
fn claims(token: &str) -> Map<String, Value> {
    let payload = token
        .split('.')
        .nth(1)
        .filter(|_| token.len() <= LONGEST)
        .unwrap_or_default();
    let decoded = URL_SAFE_NO_PAD
        .decode(payload.trim_end_matches('='))
        .unwrap_or_default();
    serde_json::from_slice(&decoded).unwrap_or_default()
}

/// What is known of one sign-in.
#[derive(Default)]
pub(crate) struct TokenState {
    token: Option<AccessToken>,
    /// What the endpoint said when it last refused a request.
    challenge: Option<Challenge>,
    /// What the next sign-in in the browser can use of the last one.
    grant: Option<oauth::OAuthGrant>,
}

impl TokenState {
    /// Returns whether a request with these headers carried the token that is kept, or none while none is kept.
    fn sent(&self, headers: &Headers) -> bool {
        match &self.token {
            Some(token) => bearer_headers(&token.text).is_ok_and(|kept| kept == *headers),
            None => headers.is_empty(),
        }
    }

    /// Returns whether the endpoint was asked, or a token obtained, before.
    fn is_started(&self) -> bool {
        self.token.is_some() || self.challenge.is_some() || self.grant.is_some()
    }
}

/// The place of one token; the lock makes concurrent requests wait for one sign-in.
pub(crate) type TokenCell = tokio::sync::Mutex<TokenState>;

/// A sign-in of a deployment. A person's OAuth token is for one endpoint; `None`: whichever is used first.
struct TokenEntry {
    deployment: Deployment,
    sign_in: SignIn,
    endpoint: Option<String>,
    cell: Arc<TokenCell>,
}

/// All tokens in memory.
#[derive(Default)]
pub(crate) struct Tokens(parking_lot::Mutex<Vec<TokenEntry>>);

impl Tokens {
    fn cell(
        &self,
        deployment: &Deployment,
        sign_in: &SignIn,
        endpoint: Option<&str>,
    ) -> Arc<TokenCell> {
        let endpoint = endpoint.filter(|_| matches!(sign_in, SignIn::OAuth { .. }));
        let mut entries = self.0.lock();
        let is_same = |entry: &&mut TokenEntry| {
            entry.deployment == *deployment
                && entry.sign_in == *sign_in
                && (endpoint.is_none()
                    || entry.endpoint.is_none()
                    || entry.endpoint.as_deref() == endpoint)
        };
        if let Some(entry) = entries.iter_mut().find(is_same) {
            if entry.endpoint.is_none() {
                entry.endpoint = endpoint.map(str::to_owned);
            }
            return Arc::clone(&entry.cell);
        }
        // Tokens of an older configuration of this deployment are of no use any more.
        entries.retain(|entry| {
            entry.deployment.name != deployment.name || entry.deployment == *deployment
        });
        let cell = Arc::<TokenCell>::default();
        entries.push(TokenEntry {
            deployment: deployment.clone(),
            sign_in: sign_in.clone(),
            endpoint: endpoint.map(str::to_owned),
            cell: Arc::clone(&cell),
        });
        cell
    }
}

impl SignIns {
    /// Drops the tokens of a deployment's sign-ins. The next request signs in again.
    pub(crate) fn forget_tokens(&self, deployment: &Deployment) {
        let mut entries = self.tokens.0.lock();
        entries.retain(|entry| entry.deployment.name != deployment.name);
    }

    /// Returns the token of a machine's or person's sign-in, for the MCP endpoint at `endpoint` (`None`: the deployment's own).
    pub(crate) async fn cached_token(
        &self,
        deployment: &Deployment,
        sign_in: &SignIn,
        endpoint: Option<&str>,
    ) -> Result<AccessToken, Failure> {
        let cell = self.tokens.cell(deployment, sign_in, endpoint);
        let mut state = cell.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| token.is_fresh()) {
            return Ok(token.clone());
        }
        state.token = None;
        let token = match sign_in {
            SignIn::M2m { .. } => {
                let challenge = state.challenge.as_ref();
                m2m::fetch(self, deployment, sign_in, endpoint, challenge).await?
            }
            SignIn::User { .. } => user::fetch(self, deployment, sign_in).await?,
            SignIn::OAuth { .. } => {
                let challenge = state.challenge.clone();
                let request = oauth::SignInRequest {
                    sign_ins: self,
                    deployment,
                    sign_in,
                    endpoint,
                    challenge: challenge.as_ref(),
                    doing: format!("signing in to {}", deployment.name),
                };
                Box::pin(request.token(&mut state.grant)).await?
            }
            SignIn::Bearer { .. } | SignIn::SigV4 | SignIn::None => {
                return Err(Failure::new(
                    FailureKind::Usage,
                    format!("signing in to {}", deployment.name),
                    "this sign-in fetches no token",
                ));
            }
        };
        // The refusal is dealt with: the next token is obtained in the usual way.
        if let Some(challenge) = &mut state.challenge {
            challenge.error = None;
        }
        state.token = Some(token.clone());
        Ok(token)
    }
}

/// Signs with a fetched token.
pub(crate) struct TokenCredentials {
    /// Where tokens are.
    pub(crate) sign_ins: SignIns,
    /// The deployment.
    pub(crate) deployment: Deployment,
    /// The sign-in.
    pub(crate) sign_in: SignIn,
    /// The endpoint that is signed in to.
    pub(crate) endpoint: String,
}

impl TokenCredentials {
    fn cell(&self) -> Arc<TokenCell> {
        let tokens = &self.sign_ins.tokens;
        tokens.cell(&self.deployment, &self.sign_in, Some(&self.endpoint))
    }

    /// Returns whether the endpoint is asked first how to sign in: its answer to a request without a token names the metadata and the
    /// scope (RFC 9728, section 5).
    async fn waits_for_challenge(&self) -> bool {
        let asks = match &self.sign_in {
            SignIn::OAuth { issuer, .. } => issuer.is_none(),
            SignIn::M2m {
                token_url,
                user_pool_id,
                ..
            } => token_url.is_none() && user_pool_id.is_none() && self.deployment.stack.is_none(),
            SignIn::User { .. } | SignIn::Bearer { .. } | SignIn::SigV4 | SignIn::None => false,
        };
        asks && !self.cell().lock().await.is_started()
    }

    /// Returns whether a token with more scopes can be had than the one that lacks one.
    fn can_step_up(&self, state: &TokenState, challenge: &Challenge) -> bool {
        let Some(wanted) = &challenge.scope else {
            return false;
        };
        let requested = match (&state.grant, &state.token) {
            (Some(grant), _) => grant.scope.as_deref(),
            (None, Some(token)) => token.requested_scope.as_deref(),
            (None, None) => None,
        };
        let is_new = !oauth::scope_contains(requested.unwrap_or_default(), wanted);
        match &self.sign_in {
            SignIn::OAuth { .. } => is_new,
            SignIn::M2m { scope, .. } => is_new && scope.is_none(),
            SignIn::User { .. } | SignIn::Bearer { .. } | SignIn::SigV4 | SignIn::None => false,
        }
    }
}

impl Credentials for TokenCredentials {
    fn authorize<'a>(&'a self, _: Signable<'a>) -> BoxFuture<'a, Result<Headers, Failure>> {
        Box::pin(async {
            if self.waits_for_challenge().await {
                return Ok(Headers::new());
            }
            let endpoint = Some(self.endpoint.as_str());
            let token = self
                .sign_ins
                .cached_token(&self.deployment, &self.sign_in, endpoint)
                .await?;
            token.check_alive(&self.deployment)?;
            bearer_headers(&token.text)
        })
    }

    fn refused<'a>(
        &'a self,
        headers: &'a Headers,
        refusal: SignInRefusal<'a>,
    ) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let cell = self.cell();
            let mut state = cell.lock().await;
            // Another request may have renewed it meanwhile: then only the refused one is gone.
            if !state.sent(headers) {
                return true;
            }
            if refusal.challenge.lacks_scope(refusal.status)
                && !self.can_step_up(&state, refusal.challenge)
            {
                return false;
            }
            state.challenge = Some(refusal.challenge.clone());
            // The refresh token may still be good; the access token is not used again.
            if let Some(token) = state.token.as_mut() {
                token.renew_at = Some(SystemTime::UNIX_EPOCH);
            }
            true
        })
    }

    fn claims(&self) -> BoxFuture<'_, Option<Claims>> {
        Box::pin(async {
            let cell = self.cell();
            let state = cell.lock().await;
            state.token.as_ref().map(|token| token.claims.clone())
        })
    }
}

/// Returns the Authorization header for a token.
///
/// # Errors
/// [`FailureKind::Usage`] where the token holds characters that no header may.
pub(crate) fn bearer_headers(token: &SecretText) -> Result<Headers, Failure> {
    Ok(vec![(
        AUTHORIZATION,
        secret_value(
            "signing the request",
            &AUTHORIZATION,
            &SecretText::new(format!("Bearer {}", token.reveal().trim())),
        )?,
    )])
}

/// Returns a header value that no log shows.
///
/// # Errors
/// [`FailureKind::Usage`] where it holds characters that no header may.
pub(crate) fn secret_value(
    doing: &str,
    name: &HeaderName,
    value: &SecretText,
) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(value.reveal())
        .or_else(|_| HeaderValue::from_bytes(value.reveal().as_bytes()))
        .map_err(|_| {
            Failure::new(
                FailureKind::Usage,
                doing,
                format!("the value of the header {name} holds characters that no header may"),
            )
        })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_decoded_and_nothing_else_breaks() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"client_id":"c","exp":1795224324}"#);
        let token = AccessToken::new(
            SecretText::new(format!("eyJhbGciOiJSUzI1NiJ9.{payload}.sig")),
            None,
        );
        assert_eq!(token.claims.claims["client_id"], "c");
        assert_eq!(
            token.claims.expires_at,
            Some(Moment::from_millis(1_795_224_324_000))
        );
        for opaque in ["", "abc", "a.b.c", "..", "a.!!!.c"] {
            assert_eq!(
                AccessToken::new(SecretText::from(opaque), None)
                    .claims
                    .claims,
                Value::Object(Map::new()),
                "{opaque}"
            );
        }
    }

    fn jwt(exp: i64) -> SecretText {
        let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#));
        SecretText::new(format!("eyJhbGciOiJSUzI1NiJ9.{payload}.sig"))
    }

    fn stated(seconds: u64) -> Lifetime {
        Lifetime {
            stated: Some(Duration::from_secs(seconds)),
            server_time: None,
        }
    }

    #[test]
    fn a_token_is_renewed_a_minute_before_its_end() {
        let opaque = |lifetime| AccessToken::new(SecretText::from("t"), lifetime);
        assert!(opaque(Some(stated(3600))).is_fresh());
        assert!(opaque(Some(stated(30))).is_fresh());
        assert!(!opaque(Some(stated(0))).is_fresh());
        assert!(opaque(Some(stated(u64::MAX))).is_fresh());
        let token = opaque(Some(stated(100)));
        let left = token
            .renew_at
            .unwrap()
            .duration_since(clock::system_now())
            .unwrap();
        assert!(
            left > Duration::from_secs(45) && left <= Duration::from_secs(50),
            "{left:?}"
        );
    }

    #[test]
    fn the_earlier_of_expires_in_and_exp_counts() {
        let now = moment(clock::system_now()).millis() / 1000;
        let sooner = AccessToken::new(jwt(now + 600), Some(stated(3600)));
        assert_eq!(
            sooner.claims.expires_at,
            Some(Moment::from_millis((now + 600) * 1000))
        );
        let later = AccessToken::new(jwt(now + 7200), Some(stated(3600)));
        assert!(later.claims.expires_at.unwrap().millis() < (now + 3700) * 1000);
        let expired = AccessToken::new(jwt(now - 60), Some(stated(3600)));
        assert_eq!(
            expired.claims.expires_at,
            Some(Moment::from_millis((now - 60) * 1000))
        );
        assert!(!expired.is_fresh());
        let refused = expired.check_alive(&Deployment::new("d", "r")).unwrap_err();
        assert_eq!(refused.kind, FailureKind::SignIn);
    }

    #[test]
    fn a_clock_that_is_off_by_hours_does_not_expire_a_new_token() {
        let now = clock::system_now();
        let theirs = now - Duration::from_hours(2);
        let exp = moment(theirs).millis() / 1000 + 3600;
        let token = AccessToken::new(
            jwt(exp),
            Some(Lifetime {
                stated: Some(Duration::from_hours(1)),
                server_time: Some(theirs),
            }),
        );
        assert!(token.is_fresh() && token.check_alive(&Deployment::new("d", "r")).is_ok());
    }
}
