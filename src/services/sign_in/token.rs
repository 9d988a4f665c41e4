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
    services::Services,
};

use super::{Credentials, Headers, m2m, sigv4::Signable, user};

/// A token is renewed so long before its end.
const MARGIN: Duration = Duration::from_mins(1);
/// The longest life that is believed: what servers say must not lead beyond the ends of the clock.
const LONGEST_LIFE: Duration = Duration::from_hours(365 * 24);
/// The longest token that is decoded for display.
const LONGEST: usize = 64 * 1024;

/// A token with what it says of itself.
#[derive(Clone)]
pub(crate) struct Token {
    /// The token.
    pub(crate) text: SecretText,
    /// Its claims, for display.
    pub(crate) claims: Claims,
    /// From when on it is not used any more; `None`: it does not say.
    renew_at: Option<SystemTime>,
}

impl Token {
    /// A token that was got just now and is good for `seconds`, or for as long as its `exp` says.
    pub(crate) fn new(text: SecretText, seconds: Option<u64>) -> Self {
        let now = SystemTime::now();
        let claims = claims(text.reveal());
        let exp = claims
            .get("exp")
            .and_then(Value::as_f64)
            .map(Moment::from_seconds);
        let lifetime = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_LIFE));
        let ends = lifetime
            .map(|lifetime| moment(now).plus(lifetime.as_millis() as i64))
            .or(exp);
        // A token for a minute or two is used for half its life.
        let renew_at =
            lifetime.map(|lifetime| now + lifetime.saturating_sub(MARGIN).max(lifetime / 2));
        Self {
            text,
            claims: Claims {
                token_type: "Bearer".to_owned(),
                expires_at: ends,
                claims: Value::Object(claims),
            },
            renew_at,
        }
    }

    fn is_fresh(&self) -> bool {
        self.renew_at.is_none_or(|end| SystemTime::now() < end)
    }
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
pub(crate) type TokenCell = tokio::sync::Mutex<Option<Token>>;

/// All tokens in memory.
#[derive(Default)]
pub(crate) struct Tokens(std::sync::Mutex<Vec<(Deployment, SignIn, Arc<TokenCell>)>>);

impl Tokens {
    fn cell(&self, deployment: &Deployment, sign_in: &SignIn) -> Arc<TokenCell> {
        let mut cells = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
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

impl Services {
    /// Drops the tokens of a deployment's sign-ins: who asks next signs in anew.
    pub(crate) fn forget_tokens(&self, deployment: &Deployment) {
        let mut cells = self
            .inner
            .tokens
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        cells.retain(|(of, _, _)| of.name != deployment.name);
    }

    /// The token of a machine's or person's sign-in.
    pub(crate) async fn cached_token(
        &self,
        deployment: &Deployment,
        sign_in: &SignIn,
    ) -> Result<Token, Failure> {
        let cell = self.inner.tokens.cell(deployment, sign_in);
        let mut kept = cell.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| token.is_fresh()) {
            return Ok(token.clone());
        }
        let token = match sign_in {
            SignIn::M2m { .. } => m2m::fetch(self, deployment, sign_in).await?,
            SignIn::User { .. } => user::fetch(self, deployment, sign_in).await?,
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
    pub(crate) services: Services,
    /// The deployment.
    pub(crate) deployment: Deployment,
    /// The sign-in.
    pub(crate) sign_in: SignIn,
}

impl Credentials for TokenCredentials {
    fn authorize<'a>(&'a self, _: Signable<'a>) -> BoxFuture<'a, Result<Headers, Failure>> {
        Box::pin(async {
            bearer_headers(
                &self
                    .services
                    .cached_token(&self.deployment, &self.sign_in)
                    .await?
                    .text,
            )
        })
    }

    fn refused<'a>(&'a self, headers: &'a Headers) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let cell = self
                .services
                .inner
                .tokens
                .cell(&self.deployment, &self.sign_in);
            let mut kept = cell.lock().await;
            // Another request may have renewed it meanwhile: then only the refused one is gone.
            if kept
                .as_ref()
                .is_some_and(|token| bearer_headers(&token.text).is_ok_and(|kept| kept == *headers))
            {
                *kept = None;
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
        let token = Token::new(
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
                Token::new(SecretText::from(opaque), None).claims.claims,
                Value::Object(Map::new()),
                "{opaque}"
            );
        }
    }

    #[test]
    fn a_token_is_renewed_a_minute_before_its_end() {
        assert!(Token::new(SecretText::from("t"), Some(3600)).is_fresh());
        assert!(Token::new(SecretText::from("t"), Some(30)).is_fresh());
        assert!(!Token::new(SecretText::from("t"), Some(0)).is_fresh());
        assert!(Token::new(SecretText::from("t"), Some(u64::MAX)).is_fresh());
        let token = Token::new(SecretText::from("t"), Some(100));
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
}
