//! `private_key_jwt`: a client that authenticates at the token endpoint by a signed assertion (RFC 7523, section 2.2; OpenID
//! Connect Core, section 9).

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::{
    SignatureScheme,
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{PrivateKeyDer, pem::PemObject as _},
    sign::SigningKey,
};
use serde_json::json;

use crate::model::{Failure, FailureKind, SecretText};

/// `client_assertion_type` of an assertion.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Life of an assertion.
const LIFETIME: Duration = Duration::from_mins(1);

/// A client's private key.
#[derive(Clone)]
pub(super) struct AssertionKey {
    /// PEM: PKCS#8, PKCS#1 or SEC1.
    pub(super) pem: SecretText,
    /// Id of the key at the authorization server (`kid`).
    pub(super) id: Option<String>,
    /// Audience: the issuer of the authorization server, otherwise its token endpoint.
    pub(super) audience: String,
}

/// How the key signs: the algorithm of JWS (RFC 7518), TLS's name of it, and the bytes of one of the two integers of an
/// ECDSA signature.
type Algorithm = (&'static str, SignatureScheme, Option<usize>);

const ALGORITHMS: [Algorithm; 5] = [
    ("ES256", SignatureScheme::ECDSA_NISTP256_SHA256, Some(32)),
    ("ES384", SignatureScheme::ECDSA_NISTP384_SHA384, Some(48)),
    ("ES512", SignatureScheme::ECDSA_NISTP521_SHA512, Some(66)),
    ("RS256", SignatureScheme::RSA_PKCS1_SHA256, None),
    ("EdDSA", SignatureScheme::ED25519, None),
];

/// Signs an assertion for a client. `unique` is its `jti`.
///
/// # Errors
/// [`FailureKind::Usage`] if the text is no private key, or one of a kind that cannot sign assertions.
pub(super) fn sign(
    doing: &str,
    client_id: &str,
    key: &AssertionKey,
    unique: &str,
    now: SystemTime,
) -> Result<SecretText, Failure> {
    let failed = |cause: String| {
        Failure::new(FailureKind::Usage, doing, cause)
            .hint("private_key is a PEM text: -----BEGIN PRIVATE KEY-----")
    };
    let der = PrivateKeyDer::from_pem_slice(key.pem.reveal().trim().as_bytes())
        .map_err(|_| failed("private_key is no private key in PEM".to_owned()))?;
    let signing = any_supported_type(&der)
        .map_err(|_| failed("private_key is of a kind that is not known here".to_owned()))?;
    let (name, scheme, width) = algorithm(signing.as_ref())
        .ok_or_else(|| failed("private_key cannot sign an assertion".to_owned()))?;
    let message = message(client_id, key, name, unique, now);
    let signature = signing
        .choose_scheme(&[scheme])
        .ok_or_else(|| failed("private_key cannot sign an assertion".to_owned()))?
        .sign(message.as_bytes())
        .map_err(|_| failed("the assertion could not be signed with private_key".to_owned()))?;
    let signature = match width {
        Some(width) => fixed_width(&signature, width)
            .ok_or_else(|| failed("the signature has an unexpected form".to_owned()))?,
        None => signature,
    };
    Ok(SecretText::new(format!(
        "{message}.{}",
        URL_SAFE_NO_PAD.encode(signature)
    )))
}

fn algorithm(key: &dyn SigningKey) -> Option<Algorithm> {
    ALGORITHMS
        .into_iter()
        .find(|(_, scheme, _)| key.choose_scheme(&[*scheme]).is_some())
}

/// Header and claims, as they are signed.
fn message(
    client_id: &str,
    key: &AssertionKey,
    algorithm: &str,
    unique: &str,
    now: SystemTime,
) -> String {
    let seconds = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let mut header = json!({"alg": algorithm, "typ": "JWT"});
    if let (Some(id), Some(members)) = (&key.id, header.as_object_mut()) {
        members.insert("kid".to_owned(), json!(id));
    }
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": key.audience,
        "jti": unique,
        "iat": seconds,
        "exp": seconds + LIFETIME.as_secs(),
    });
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}

/// Returns an ECDSA signature in the form of JWS (RFC 7518, section 3.4): two integers of a fixed width, from the DER sequence that TLS
/// uses.
fn fixed_width(der: &[u8], width: usize) -> Option<Vec<u8>> {
    let (tag, sequence, _) = element(der)?;
    if tag != 0x30 {
        return None;
    }
    let (_, r, rest) = element(sequence)?;
    let (_, s, _) = element(rest)?;
    let mut signature = Vec::with_capacity(2 * width);
    for integer in [r, s] {
        let zeros = integer.iter().take_while(|byte| **byte == 0).count();
        let digits = integer.get(zeros..)?;
        signature.resize(signature.len() + width.checked_sub(digits.len())?, 0);
        signature.extend_from_slice(digits);
    }
    Some(signature)
}

/// Returns the first element of DER: its tag, its content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        length = 0;
        for _ in 0..(first & 0x7f) {
            let (&byte, after) = rest.split_first()?;
            length = length.checked_mul(256)?.checked_add(usize::from(byte))?;
            rest = after;
        }
    }
    let content = rest.get(..length)?;
    Some((tag, content, rest.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A throw-away key for tests, on the curve P-256.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+xcBH19PDRw6KMqZ
OlnF1EVVPCI1XIEkQXU65FkWwMChRANCAAQXtT5oY2h0a1yUUbQWMbGQoDTXAEx7
DufYfXwgeWQ6koUPVZ8STv9Z6Dfd4Eq0chfHLKssx1ZwJTKs74QN1+eV
-----END PRIVATE KEY-----";

    fn key(pem: &str) -> AssertionKey {
        AssertionKey {
            pem: SecretText::from(pem),
            id: Some("k1".into()),
            audience: "https://as.example".into(),
        }
    }

    #[test]
    fn an_assertion_names_client_audience_and_key() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let token = sign("signing in", "client", &key(KEY), "u1", now).unwrap();
        let parts: Vec<Vec<u8>> = token
            .reveal()
            .split('.')
            .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
            .collect();
        let read = |at: usize| serde_json::from_slice::<serde_json::Value>(&parts[at]).unwrap();
        assert_eq!(read(0), json!({"alg": "ES256", "typ": "JWT", "kid": "k1"}));
        assert_eq!(
            read(1),
            json!({"iss": "client", "sub": "client", "aud": "https://as.example", "jti": "u1", "iat": 1000, "exp": 1060})
        );
        assert_eq!(parts[2].len(), 64);
    }

    #[test]
    fn a_text_that_is_no_key_is_not_shown() {
        let refused = sign(
            "signing in",
            "client",
            &key("canary"),
            "u1",
            SystemTime::now(),
        );
        let failure = refused.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert!(!format!("{failure:?}").contains("canary"));
    }

    #[test]
    fn the_integers_of_a_signature_are_padded_and_stripped() {
        let der = [0x30, 0x08, 0x02, 0x02, 0x00, 0x81, 0x02, 0x02, 0x01, 0x02];
        assert_eq!(fixed_width(&der, 4), Some(vec![0, 0, 0, 0x81, 0, 0, 1, 2]));
        assert_eq!(fixed_width(&der[..6], 4), None);
        assert_eq!(fixed_width(&[], 4), None);
    }
}
