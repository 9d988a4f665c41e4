//! Signature Version 4, verified: the canonical request is built from what arrived and signed again with the world's key.
//! Each service tells a refusal in its own shape; here it is a type.

use std::fmt::Write as _;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::http::{Request, header};
use crate::scenarios::{CALLER_ARN, REGION};
use crate::service::Service;
use crate::world::World;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far a request's date may be from the service's clock.
const LARGEST_SKEW: SignedDuration = SignedDuration::from_mins(15);
/// RFC 3986 unreserved characters stay as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) arn: &'static str,
}

/// Why a signed request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignatureRefusal {
    /// No Authorization header with a signature.
    Missing,
    /// An Authorization header that is no SigV4 signature, or lacks a part.
    Incomplete(String),
    /// An access key or a session token that this world has not given out.
    UnknownKey,
    /// Signed for another region or service; what is expected.
    Scope(String),
    /// The date is too far from the service's clock.
    Skew(String),
    /// The signature is another one.
    Mismatch,
    /// The credentials are over (only by an injected fault).
    Expired,
}

impl SignatureRefusal {
    /// Returns the code that AWS's JSON services give.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Scope(_) | Self::Skew(_) | Self::Mismatch => "InvalidSignatureException",
            Self::Expired => "ExpiredTokenException",
        }
    }

    /// Returns the code that AWS's query (XML) services give.
    pub(crate) fn query_code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationToken",
            Self::Incomplete(_) => "IncompleteSignature",
            Self::UnknownKey => "InvalidClientTokenId",
            Self::Scope(_) | Self::Skew(_) | Self::Mismatch => "SignatureDoesNotMatch",
            Self::Expired => "ExpiredToken",
        }
    }

    /// Returns the sentence for people.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Missing => "Missing Authentication Token".into(),
            Self::UnknownKey => "The security token included in the request is invalid.".into(),
            Self::Incomplete(text) | Self::Scope(text) | Self::Skew(text) => text.clone(),
            Self::Mismatch => "The request signature we calculated does not match the signature you provided. Check your \
                               AWS Secret Access Key and signing method. Consult the service documentation for details."
                .into(),
            Self::Expired => "The security token included in the request is expired".into(),
        }
    }
}

/// Returns the access key id that a request names in its signature.
pub(crate) fn access_key(headers: &http::HeaderMap) -> Option<&str> {
    let parts = header(headers, "authorization")?.strip_prefix(ALGORITHM)?;
    part(parts, "Credential")?.split('/').next()
}

/// Verifies the signature for a service; `skew` is added to the service's clock.
pub(crate) fn verify(
    world: &World,
    request: &Request,
    service: &str,
    skew: SignedDuration,
) -> Result<Caller, SignatureRefusal> {
    let authorization =
        header(request.headers(), "authorization").ok_or(SignatureRefusal::Missing)?;
    let parts = authorization
        .strip_prefix(ALGORITHM)
        .ok_or(SignatureRefusal::Missing)?;
    let incomplete = |name: &str| {
        SignatureRefusal::Incomplete(format!("Authorization header requires '{name}' parameter."))
    };
    let credential = part(parts, "Credential").ok_or_else(|| incomplete("Credential"))?;
    let signed = part(parts, "SignedHeaders").ok_or_else(|| incomplete("SignedHeaders"))?;
    let signature = part(parts, "Signature").ok_or_else(|| incomplete("Signature"))?;
    let date = header(request.headers(), "x-amz-date").ok_or_else(|| incomplete("X-Amz-Date"))?;
    let scope: Vec<&str> = credential.split('/').collect();
    let [key, day, region, named, "aws4_request"] = scope[..] else {
        return Err(SignatureRefusal::Incomplete(
            "Credential must have exactly 5 slash-delimited elements".into(),
        ));
    };
    if key != world.access_key_id {
        return Err(SignatureRefusal::UnknownKey);
    }
    // This world gives out no temporary credentials: whatever token comes, none of them is its own.
    if header(request.headers(), "x-amz-security-token").is_some_and(|token| !token.is_empty()) {
        return Err(SignatureRefusal::UnknownKey);
    }
    if region != REGION {
        return Err(SignatureRefusal::Scope(format!(
            "Credential should be scoped to a valid region, not '{region}'."
        )));
    }
    if named != service {
        return Err(SignatureRefusal::Scope(format!(
            "Credential should be scoped to correct service: '{service}'."
        )));
    }
    check_date(date, day, world.now() + skew)?;
    if !signed.split(';').any(|name| name == "host") {
        return Err(SignatureRefusal::Incomplete(
            "'Host' must be a 'SignedHeader' in the AWS Authorization.".into(),
        ));
    }
    let canonical = canonical_request(request, signed).ok_or(SignatureRefusal::Mismatch)?;
    let mut text = format!("{ALGORITHM}\n{date}\n{day}/{region}/{service}/aws4_request\n");
    text.push_str(&hex::encode(Sha256::digest(canonical)));
    let expected =
        sign(&world.secret_access_key, day, service, &text).ok_or(SignatureRefusal::Mismatch)?;
    if !equal(expected.as_bytes(), signature.as_bytes()) {
        return Err(SignatureRefusal::Mismatch);
    }
    Ok(Caller { arn: CALLER_ARN })
}

/// Returns the service that a request was signed for, by its credential scope; the signature itself is not looked at.
pub(crate) fn signed_service(request: &Request) -> Option<Service> {
    let parts = header(request.headers(), "authorization")?.strip_prefix(ALGORITHM)?;
    let named = part(parts, "Credential")?.split('/').nth(3)?;
    Service::ALL
        .into_iter()
        .find(|service| service.spec().signing_name == named)
}

fn part<'a>(parts: &'a str, name: &str) -> Option<&'a str> {
    parts
        .split(',')
        .find_map(|piece| piece.trim().strip_prefix(name)?.strip_prefix('='))
}

fn check_date(date: &str, day: &str, now: Timestamp) -> Result<(), SignatureRefusal> {
    let wrong = || SignatureRefusal::Incomplete("Date must be in ISO-8601 'basic format'.".into());
    let sent = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date)
        .ok()
        .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|date| date.timestamp())
        .ok_or_else(wrong)?;
    if !date.starts_with(day) {
        return Err(SignatureRefusal::Scope(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date."
                .into(),
        ));
    }
    let distance = now.duration_since(sent);
    if distance.abs() > LARGEST_SKEW {
        let now = now.strftime("%Y%m%dT%H%M%SZ");
        let side = if distance.is_positive() {
            "expired"
        } else {
            "not yet current"
        };
        return Err(SignatureRefusal::Skew(format!(
            "Signature {side}: {date} is more than 15 min away from {now}"
        )));
    }
    Ok(())
}

/// Returns the canonical request; none if a signed header is not there.
fn canonical_request(request: &Request, signed: &str) -> Option<String> {
    let mut canonical = String::with_capacity(512);
    canonical.push_str(request.method().as_str());
    canonical.push('\n');
    // The path as sent is encoded once more: every service but S3 does so.
    canonical.extend(utf8_percent_encode(request.uri().path(), ENCODED_PATH));
    canonical.push('\n');
    canonical.push_str(&canonical_query(request.uri().query().unwrap_or_default()));
    canonical.push('\n');
    for name in signed.split(';') {
        let _ = writeln!(
            canonical,
            "{name}:{}",
            header_value(request.headers(), name)?
        );
    }
    // The body is always part of the signature: these services refuse UNSIGNED-PAYLOAD.
    let body = hex::encode(Sha256::digest(request.body()));
    let _ = write!(canonical, "\n{signed}\n{body}");
    Some(canonical)
}

fn canonical_query(query: &str) -> String {
    let encode = |text: &str| {
        utf8_percent_encode(&percent_decode_str(text).decode_utf8_lossy(), ENCODED).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encode(name), encode(value))
        })
        .collect();
    pairs.sort();
    pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

fn header_value(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn sign(secret: &str, day: &str, service: &str, text: &str) -> Option<String> {
    let day = jiff::civil::Date::strptime("%Y%m%d", day)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()?;
    let time = std::time::UNIX_EPOCH
        + std::time::Duration::from_secs(u64::try_from(day.timestamp().as_second()).ok()?);
    let key = aws_sigv4::sign::v4::generate_signing_key(secret, time, REGION, service);
    Some(aws_sigv4::sign::v4::calculate_signature(
        key,
        text.as_bytes(),
    ))
}

/// Compares without saying by its time where the difference is.
fn equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |sum, (left, right)| sum | (left ^ right))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that botocore computed for a runtime's address (an ARN, percent-encoded).
    #[test]
    fn encodes_the_path_once_more() {
        let request = http::Request::post(
            "/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fneo4j_mcp-abcdefghij/invocations?qualifier=DEFAULT",
        )
        .header("host", "bedrock-agentcore.us-west-2.amazonaws.com")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("x-amz-date", "20260102T030405Z")
        .body(bytes::Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#))
        .unwrap();
        let canonical = canonical_request(&request, "accept;content-type;host;x-amz-date").unwrap();
        assert!(canonical.contains("%252Fneo4j_mcp-abcdefghij/invocations\nqualifier=DEFAULT\n"));
        let text = format!(
            "{ALGORITHM}\n20260102T030405Z\n20260102/us-west-2/bedrock-agentcore/aws4_request\n{}",
            hex::encode(Sha256::digest(canonical))
        );
        let signature = sign(
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "20260102",
            "bedrock-agentcore",
            &text,
        )
        .unwrap();
        assert_eq!(
            signature,
            "75533d2e7e813a5cc39927adb0b0d647d08c4d4c136291bdd12a64f2be52d6a1"
        );
    }
}
