//! The one mapper from AWS's errors, by SDK or by hand, to [`Failure`].

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{
    model::{Failure, FailureKind},
    net::http_client,
};

use super::sdk_http::ClockSkew;

/// What messages say of an account.
#[derive(Clone, Debug)]
pub(crate) struct AccountLabel {
    /// Region.
    pub(crate) region: String,
    /// Profile that was named.
    pub(crate) profile: Option<String>,
    /// The one endpoint of every service that this console's configuration names.
    pub(crate) endpoint: Option<String>,
    /// The next step for a person whose credentials are missing, expired or refused.
    pub(crate) renewal_hint: String,
    /// AWS's clock minus this machine's, as of the last response.
    pub(super) skew: ClockSkew,
}

/// What is being done, for whom: everything a message needs.
#[derive(Clone, Copy)]
pub(crate) struct AwsOperation<'a> {
    /// In the user's words: `listing gateways of prod`.
    pub(crate) text: &'a str,
    /// The IAM action: `bedrock-agentcore:ListGateways`.
    pub(crate) action: &'a str,
    /// With which account.
    pub(crate) account: &'a AccountLabel,
}

/// Maps the failure of an SDK call.
pub(crate) fn sdk<E>(doing: AwsOperation<'_>, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let chain = http_client::chain(error);
    let host = doing.account.endpoint.as_deref().map_or_else(
        || format!("AWS in {}", doing.account.region),
        http_client::host_of,
    );
    if let Some(cause) = find::<CredentialsError>(error) {
        return credentials(doing.text, doing.account, cause);
    }
    let response = match error {
        SdkError::ServiceError(context) => Some(context.raw()),
        SdkError::ResponseError(context) => Some(context.raw()),
        _ => None,
    };
    if let Some(response) = response
        && let Some(failure) = web_page(
            doing.text,
            &host,
            response.headers().get("content-type"),
            response.body().bytes().unwrap_or_default(),
        )
    {
        return failure.status(response.status().as_u16());
    }
    match error {
        SdkError::ServiceError(context) => {
            let response = context.raw();
            let meta = context.err().meta();
            let request_id = request_id(|name| response.headers().get(name));
            service(
                doing,
                meta.code(),
                meta.message(),
                response.status().as_u16(),
                request_id,
            )
        }
        SdkError::ResponseError(context) => unreadable_answer(doing, &host, context.raw(), chain),
        SdkError::TimeoutError(_) => timed_out(doing.text, &host, chain),
        SdkError::DispatchFailure(dispatch) => not_sent(doing, &host, dispatch.is_timeout(), chain),
        SdkError::ConstructionFailure(_) => Failure::new(
            FailureKind::Usage,
            doing.text,
            "the request could not be made",
        )
        .evidence(chain),
        _ => Failure::new(FailureKind::Network, doing.text, "the request failed").evidence(chain),
    }
}

/// Returns an answer that the SDK could not read.
fn unreadable_answer(
    doing: AwsOperation<'_>,
    host: &str,
    response: &HttpResponse,
    chain: String,
) -> Failure {
    let status = response.status().as_u16();
    let failure = if status >= 500 {
        Failure::new(
            FailureKind::Server,
            doing.text,
            format!("{host} answered with status {status}"),
        )
    } else {
        Failure::new(
            FailureKind::Network,
            doing.text,
            format!("the answer of {host} broke off or is not AWS's"),
        )
        .hint("if an endpoint is configured, check that AWS's API answers there")
    };
    with_request_id(
        failure.status(status).evidence(chain),
        request_id(|name| response.headers().get(name)),
    )
}

/// Returns a request that was not sent.
fn not_sent(doing: AwsOperation<'_>, host: &str, is_timeout: bool, chain: String) -> Failure {
    if is_timeout {
        // A time-out of the connector is one of connecting.
        return http_client::unreachable(doing.text, host, format!("timed out: {chain}"));
    }
    let lacks_credentials = chain.contains("no credentials")
        || chain.contains("NoMatchingAuthScheme")
        || chain.to_ascii_lowercase().contains("identity");
    if lacks_credentials {
        return no_credentials(doing.text, doing.account, &chain);
    }
    http_client::unreachable(doing.text, host, chain)
}

/// Returns the failure of a request that was answered with a web page: by a proxy, a network's sign-in page, or a wrong address.
pub(crate) fn web_page(
    doing: &str,
    host: &str,
    content_type: Option<&str>,
    body: &[u8],
) -> Option<Failure> {
    let text = String::from_utf8_lossy(body);
    // Some stand-ins of AWS send JSON as text/html.
    let is_page = text.trim_start().starts_with('<');
    if !is_page || !content_type?.to_ascii_lowercase().contains("html") {
        return None;
    }
    let title = text
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map_or_else(String::new, |(title, _)| format!(" \"{}\"", title.trim()));
    let cause = format!("{host} answers with a web page{title} instead of AWS's API");
    Some(
        Failure::new(FailureKind::Network, doing, cause).hint(
            "a proxy or the sign-in page of a network may stand in between: check HTTPS_PROXY and AWS_ENDPOINT_URL, and sign in to the network",
        ),
    )
}

/// Returns whether an endpoint answers that it has no such operation: by AWS's code, or with the error page of a web framework
/// for a route that it does not have.
pub(crate) fn is_unknown_operation(failure: &Failure) -> bool {
    let code = failure.code.as_deref().unwrap_or_default();
    let is_page = failure.cause.contains("answers with a web page");
    code.starts_with("UnknownOperation")
        || matches!(failure.status, Some(501))
        || is_page && matches!(failure.status, Some(404 | 500))
}

/// Maps an error answer of a service: `code` and `message` as it gave them.
pub(crate) fn service(
    doing: AwsOperation<'_>,
    code: Option<&str>,
    message: Option<&str>,
    status: u16,
    request_id: Option<String>,
) -> Failure {
    let code = code.map(|code| {
        code.rsplit('#')
            .next()
            .unwrap_or(code)
            .split(':')
            .next()
            .unwrap_or(code)
    });
    let kind = classify(code.unwrap_or_default(), status);
    let cause = match (message.map(str::trim).filter(|text| !text.is_empty()), code) {
        (Some(message), _) => message.to_owned(),
        (None, Some(code)) => code.to_owned(),
        (None, None) => format!("status {status} without a reason"),
    };
    let hint = hint(doing, kind, code.unwrap_or_default(), &cause);
    let mut failure = with_request_id(
        Failure::new(kind, doing.text, cause).status(status),
        request_id,
    );
    failure.code = code.map(str::to_owned);
    failure.hint = hint;
    if kind == FailureKind::Denied {
        failure = failure.evidence(format!("action: {}", doing.action));
    }
    failure
}

/// What the codes of AWS's services mean (their API references, "Common Errors" and "Errors").
const CODES: &[(FailureKind, &[&str])] = &[
    (
        FailureKind::SignIn,
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "InvalidAccessKeyId",
            "UnauthorizedException",
            "AuthFailure",
            "RequestTimeTooSkewed",
            "NotAuthorizedException",
            "PasswordResetRequiredException",
            "UserNotFoundException",
            "UserNotConfirmedException",
        ],
    ),
    (
        FailureKind::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "UnauthorizedOperation",
            "OptInRequired",
            "DecryptionFailure",
            "DecryptionFailureException",
        ],
    ),
    (
        FailureKind::NotFound,
        &[
            "ResourceNotFoundException",
            "ResourceNotFound",
            "NotFoundException",
            "UnknownOperationException",
        ],
    ),
    (
        FailureKind::Throttled,
        &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "SlowDown",
            "RequestThrottled",
            "RequestThrottledException",
        ],
    ),
    (
        FailureKind::Conflict,
        &[
            "ConflictException",
            "RetryableConflictException",
            "ResourceExistsException",
            "InvalidRequestException",
            "PreconditionNotMetException",
            "InvalidOperationException",
            "LimitExceededException",
            "ServiceQuotaExceededException",
            "ConcurrentModificationException",
            "ResourceLimitExceededException",
        ],
    ),
    (
        FailureKind::Usage,
        &[
            "ValidationException",
            "ValidationError",
            "InvalidParameterException",
            "InvalidParameterValue",
            "MissingParameter",
        ],
    ),
];

/// Returns the class of an AWS error code; the status decides where the code is unknown.
fn classify(code: &str, status: u16) -> FailureKind {
    let known = CODES.iter().find(|(_, codes)| codes.contains(&code));
    match (known, status) {
        (Some((kind, _)), _) => *kind,
        (None, 401) => FailureKind::SignIn,
        (None, 403) => FailureKind::Denied,
        (None, 404) => FailureKind::NotFound,
        (None, 409) => FailureKind::Conflict,
        (None, 429) => FailureKind::Throttled,
        (None, 500..) => FailureKind::Server,
        (None, _) => FailureKind::Refused,
    }
}

fn hint(doing: AwsOperation<'_>, kind: FailureKind, code: &str, cause: &str) -> Option<String> {
    match kind {
        FailureKind::SignIn if is_clock(code, cause) => {
            let seconds = doing.account.skew.millis() / 1000;
            Some(format!(
                "this machine's clock differs from AWS's by {seconds} s: set it right"
            ))
        }
        FailureKind::SignIn => credentials_hint(doing.account, code),
        FailureKind::Denied => Some(format!(
            "allow the action {} for this identity (`aws sts get-caller-identity` names it)",
            missing_action(cause).unwrap_or(doing.action)
        )),
        FailureKind::NotFound if code == "UnknownOperationException" => Some(format!(
            "this operation is not available in {}",
            doing.account.region
        )),
        FailureKind::NotFound => Some(format!(
            "check the name, and that it is in {} and in this account",
            doing.account.region
        )),
        FailureKind::Throttled => Some("AWS asks to slow down; try again in a moment".to_owned()),
        FailureKind::Usage
        | FailureKind::Conflict
        | FailureKind::Network
        | FailureKind::Timeout
        | FailureKind::Server
        | FailureKind::Refused
        | FailureKind::Cancelled => None,
    }
}

/// Returns whether a request was refused because of its time.
fn is_clock(code: &str, cause: &str) -> bool {
    matches!(code, "RequestTimeTooSkewed" | "RequestExpired")
        || cause.contains("Signature expired")
        || cause.contains("Signature not yet current")
}

/// Returns whether a failure means that AWS has refused the credentials, or that there are none: others may work.
pub(crate) fn is_of_credentials(failure: &Failure) -> bool {
    failure.kind == FailureKind::SignIn
        && match &failure.code {
            Some(code) => credentials_problem(code).is_some(),
            None => failure.status.is_none(),
        }
}

/// What an AWS error code says about the AWS credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CredentialsProblem {
    /// They have expired.
    Expired,
    /// AWS does not know the access key id, or its session token.
    UnknownKey,
    /// The secret access key does not belong to the access key id.
    WrongSecret,
}

/// Returns the problem that a code reports; `None` for codes that say nothing about AWS credentials, such as Cognito's for a user.
fn credentials_problem(code: &str) -> Option<CredentialsProblem> {
    match code {
        "ExpiredToken" | "ExpiredTokenException" => Some(CredentialsProblem::Expired),
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "AuthFailure" => Some(CredentialsProblem::UnknownKey),
        "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException" => Some(CredentialsProblem::WrongSecret),
        _ => None,
    }
}

/// Returns the next step for a code that says something about the AWS credentials.
fn credentials_hint(account: &AccountLabel, code: &str) -> Option<String> {
    let renewal = &account.renewal_hint;
    Some(match credentials_problem(code)? {
        CredentialsProblem::Expired => renewal.clone(),
        CredentialsProblem::UnknownKey => {
            format!("AWS does not know the access key id, or its session token: {renewal}")
        }
        CredentialsProblem::WrongSecret => {
            format!("the secret access key does not belong to the access key id: {renewal}")
        }
    })
}

/// `bedrock-agentcore:ListGateways` out of "… is not authorized to perform: bedrock-agentcore:ListGateways on resource …".
fn missing_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    rest.split_whitespace()
        .next()
        .map(|action| action.trim_end_matches([',', '.']))
}

/// No answer within the time.
pub(crate) fn timed_out(doing: &str, host: &str, chain: String) -> Failure {
    Failure::new(
        FailureKind::Timeout,
        doing,
        format!("{host} did not answer in time"),
    )
    .hint("try again; --timeout allows more")
    .evidence(chain)
}

/// No AWS credentials were found, or what provides them failed.
pub(crate) fn credentials(
    doing: &str,
    account: &AccountLabel,
    error: &CredentialsError,
) -> Failure {
    no_credentials(doing, account, &http_client::chain(error))
}

/// No AWS credentials.
pub(crate) fn no_credentials(doing: &str, account: &AccountLabel, why: &str) -> Failure {
    let cause = match &account.profile {
        Some(profile) => format!("the profile {profile} gives no AWS credentials"),
        None => "no AWS credentials were found".to_owned(),
    };
    Failure::new(FailureKind::SignIn, doing, cause)
        .hint(account.renewal_hint.clone())
        .evidence(why)
}

/// Returns the request id under any of the names that AWS uses.
pub(crate) fn request_id<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
        .into_iter()
        .find_map(header)
        .map(str::to_owned)
}

fn with_request_id(failure: Failure, id: Option<String>) -> Failure {
    match id {
        Some(id) => failure.request_id(id),
        None => failure,
    }
}

fn find<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(source) = next {
        if let Some(found) = source.downcast_ref::<T>() {
            return Some(found);
        }
        next = source.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_before_the_status() {
        for (code, status, expected) in [
            ("ExpiredTokenException", 403, FailureKind::SignIn),
            ("AccessDeniedException", 400, FailureKind::Denied),
            ("ThrottlingException", 400, FailureKind::Throttled),
            ("ResourceNotFoundException", 400, FailureKind::NotFound),
            ("InternalServiceError", 500, FailureKind::Server),
            ("SomethingNew", 403, FailureKind::Denied),
            ("SomethingNew", 400, FailureKind::Refused),
            ("", 503, FailureKind::Server),
        ] {
            assert_eq!(classify(code, status), expected, "{code} {status}");
        }
    }

    #[test]
    fn the_missing_action_is_named() {
        let message = "User: arn:aws:iam::1:user/x is not authorized to perform: logs:StartLiveTail on resource: arn because no policy";
        assert_eq!(missing_action(message), Some("logs:StartLiveTail"));
        assert_eq!(missing_action("denied"), None);
    }
}
