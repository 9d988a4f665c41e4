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
    services::sign_in::SignIns,
};

use super::{
    Credentials, Headers, m2m, oauth, sigv4::Signable, token_endpoint::TokenResponse, user,
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
    /// AccessToken with which the next one is obtained, if there is one.
    pub(super) refresh: Option<SecretText>,
    /// From when on it is not used any more; `None` if it does not say.
    renew_at: Option<SystemTime>,
    /// Whether it had expired before it was received.
    is_stillborn: bool,
}

impl AccessToken {
    /// A token that was received just now. Without a lifetime it was obtained elsewhere, and is used as long as its source
    /// gives it.
    pub(super) fn new(text: SecretText, lifetime: Option<Lifetime>) -> Self {
        let now = SystemTime::now();
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
            refresh: None,
            renew_at,
            is_stillborn: lifetime.is_some() && left == Some(Duration::ZERO),
        }
    }

    /// The token of a token endpoint's response.
    pub(super) fn from_response(response: TokenResponse) -> Self {
        let lifetime = Lifetime {
            stated: response.lifetime,
            server_time: response.server_time,
        };
        Self {
            refresh: response.refresh_token,
            ..Self::new(response.access_token, Some(lifetime))
        }
    }

    fn is_fresh(&self) -> bool {
        self.renew_at.is_none_or(|end| SystemTime::now() < end)
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

/// A length of time in milliseconds, at least nothing and at most the longest that is believed.
fn positive(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(LONGEST_LIFE)
}

fn moment(at: SystemTime) -> Moment {
    Moment::from_millis(
        at.duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as i64),
    )
}

/// The payload of a JWT, unverified; empty for anything else.
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

/// The place of one token; the lock makes concurrent requests wait for one sign-in.
pub(crate) type TokenCell = tokio::sync::Mutex<Option<AccessToken>>;

/// All tokens in memory.
#[derive(Default)]
pub(crate) struct Tokens(parking_lot::Mutex<Vec<(Deployment, SignIn, Arc<TokenCell>)>>);

impl Tokens {
    fn cell(&self, deployment: &Deployment, sign_in: &SignIn) -> Arc<TokenCell> {
        let mut cells = self.0.lock();
        if let Some((_, _, cell)) = cells
            .iter()
            .find(|(of, by, _)| of == deployment && by == sign_in)
        {
            return Arc::clone(cell);
        }
        // Tokens of an older configuration of this deployment are of no use any more.
        cells.retain(|(of, _, _)| of.name != deployment.name || of == deployment);
        let cell = Arc::<TokenCell>::default();
        cells.push((deployment.clone(), sign_in.clone(), Arc::clone(&cell)));
        cell
    }
}

impl SignIns {
    /// Drops the tokens of a deployment's sign-ins: who asks next signs in anew.
    pub(crate) fn forget_tokens(&self, deployment: &Deployment) {
        let mut cells = self.tokens.0.lock();
        cells.retain(|(of, _, _)| of.name != deployment.name);
    }

    /// The token of a machine's or person's sign-in.
    pub(crate) async fn cached_token(
        &self,
        deployment: &Deployment,
        sign_in: &SignIn,
    ) -> Result<AccessToken, Failure> {
        let cell = self.tokens.cell(deployment, sign_in);
        let mut kept = cell.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| token.is_fresh()) {
            return Ok(token.clone());
        }
        let refresh = kept.take().and_then(|token| token.refresh);
        let token = match sign_in {
            SignIn::M2m { .. } => m2m::fetch(self, deployment, sign_in).await?,
            SignIn::User { .. } => user::fetch(self, deployment, sign_in).await?,
            SignIn::OAuth { .. } => {
                let request = oauth::SignInRequest::new(self, deployment, sign_in);
                Box::pin(request.token(refresh)).await?
            }
            SignIn::Bearer { .. } | SignIn::SigV4 | SignIn::None => {
                return Err(Failure::new(
                    FailureKind::Usage,
                    format!("signing in to {}", deployment.name),
                    "this sign-in fetches no token",
                ));
            }
        };
        *kept = Some(token.clone());
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
}

impl Credentials for TokenCredentials {
    fn authorize<'a>(&'a self, _: Signable<'a>) -> BoxFuture<'a, Result<Headers, Failure>> {
        Box::pin(async {
            let token = self
                .sign_ins
                .cached_token(&self.deployment, &self.sign_in)
                .await?;
            token.check_alive(&self.deployment)?;
            bearer_headers(&token.text)
        })
    }

    fn refused<'a>(&'a self, headers: &'a Headers) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let cell = self.sign_ins.tokens.cell(&self.deployment, &self.sign_in);
            let mut kept = cell.lock().await;
            // Another request may have renewed it meanwhile: then only the refused one is gone.
            if kept
                .as_ref()
                .is_some_and(|token| bearer_headers(&token.text).is_ok_and(|kept| kept == *headers))
            {
                // The refresh token may still be good; the access token is not used again.
                if let Some(token) = kept.as_mut() {
                    token.renew_at = Some(SystemTime::UNIX_EPOCH);
                }
            }
            true
        })
    }
}

/// The Authorization header for a token.
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

/// A header value that no log shows.
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
            .duration_since(SystemTime::now())
            .unwrap();
        assert!(
            left > Duration::from_secs(45) && left <= Duration::from_secs(50),
            "{left:?}"
        );
    }

    #[test]
    fn the_earlier_of_expires_in_and_exp_counts() {
        let now = moment(SystemTime::now()).millis() / 1000;
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
        let now = SystemTime::now();
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
