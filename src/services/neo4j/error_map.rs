//! What an answer of Neo4j proves: the same codes come over Bolt and over the Query API (seen on 5.26 and 2026.08). Pure.

use crate::model::{AlterAnswer, Failure, FailureKind, LoginAnswer, Neo4jFailure, UserAnswer};

use super::Refusal;

const UNAUTHORIZED: &str = "Neo.ClientError.Security.Unauthorized";
const RATE_LIMIT: &str = "Neo.ClientError.Security.AuthenticationRateLimit";
const EXPIRED: &str = "Neo.ClientError.Security.CredentialsExpired";
const FORBIDDEN: &str = "Neo.ClientError.Security.Forbidden";
const ARGUMENT: &str = "Neo.ClientError.Statement.ArgumentError";
const NOT_A_LEADER: &str = "Neo.ClientError.Cluster.NotALeader";
const NOT_AVAILABLE: &str = "Neo.TransientError.";
/// What every code of Neo4j begins with; anything else was said by somebody in between.
pub(super) const OF_NEO4J: &str = "Neo.";

/// Returns a login, judged by what became of a statement after it.
pub(super) fn login(answer: Result<(), Refusal>) -> Result<LoginAnswer, Neo4jFailure> {
    let (code, message) = match answer.map_err(said_by_server) {
        Ok(()) => return Ok(LoginAnswer::Accepted),
        Err(said) => said?,
    };
    match code.as_str() {
        UNAUTHORIZED => Ok(LoginAnswer::WrongPassword),
        RATE_LIMIT => Ok(LoginAnswer::RateLimited),
        EXPIRED => Ok(LoginAnswer::MustChange),
        // No right to read: whoever hears that is logged in.
        FORBIDDEN => Ok(LoginAnswer::Accepted),
        // So is whoever hears that the statement was refused, as where there is no such database.
        code if code.starts_with("Neo.ClientError.")
            && !code.starts_with("Neo.ClientError.Security.") =>
        {
            Ok(LoginAnswer::Accepted)
        }
        // Anything else may have been said before the password was looked at.
        code => Err(Neo4jFailure::Refused(server("logging in", code, &message))),
    }
}

/// Returns the change of a password.
pub(super) fn alter(doing: &str, answer: Result<(), Refusal>) -> Result<AlterAnswer, Neo4jFailure> {
    let (code, message) = match answer.map_err(said_by_server) {
        Ok(()) => return Ok(AlterAnswer::Done),
        Err(said) => said?,
    };
    let lower = message.to_ascii_lowercase();
    match code.as_str() {
        UNAUTHORIZED => Ok(AlterAnswer::WrongOld),
        NOT_A_LEADER => Ok(AlterAnswer::NotLeader),
        FORBIDDEN => Ok(AlterAnswer::Forbidden(message)),
        ARGUMENT if lower.contains("invalid principal or credentials") => Ok(AlterAnswer::WrongOld),
        ARGUMENT if lower.contains("cannot be the same") => Ok(AlterAnswer::Same),
        ARGUMENT => Ok(AlterAnswer::Policy(message)),
        code if is_in_doubt(code) => Err(Neo4jFailure::InDoubt(server(doing, code, &message))),
        code => Err(Neo4jFailure::Refused(server(doing, code, &message))),
    }
}

/// Returns what Neo4j itself said, or why it said nothing.
fn said_by_server(refusal: Refusal) -> Result<(String, String), Neo4jFailure> {
    match refusal {
        Refusal::Server(code, message) => Ok((code, message)),
        Refusal::Unreachable(failure) => Err(Neo4jFailure::Unreachable(failure)),
        Refusal::Lost(failure) => Err(Neo4jFailure::InDoubt(failure)),
        Refusal::Other(failure) => Err(Neo4jFailure::Refused(failure)),
    }
}

/// An error within the server after the statement began says nothing about its effect.
fn is_in_doubt(code: &str) -> bool {
    code.starts_with("Neo.DatabaseError.") || code.starts_with(NOT_AVAILABLE)
}

/// Returns an administrator's change of a user.
pub(super) fn set(doing: &str, refusal: Refusal) -> UserAnswer {
    let (code, message) = match refusal {
        Refusal::Server(code, message) => (code, message),
        Refusal::Lost(failure) => return UserAnswer::InDoubt(failure),
        Refusal::Unreachable(failure) | Refusal::Other(failure) => {
            return UserAnswer::Failed(failure);
        }
    };
    let lower = message.to_ascii_lowercase();
    match code.as_str() {
        UNAUTHORIZED => UserAnswer::Unfit("its login is refused".to_owned()),
        EXPIRED => UserAnswer::Unfit("its own password must be changed first".to_owned()),
        FORBIDDEN => UserAnswer::Unfit(format!("it lacks a right ({message})")),
        // An administrator's change compares as well (seen on 5.26): then it holds already.
        ARGUMENT if lower.contains("cannot be the same") => UserAnswer::Changed,
        ARGUMENT if lower.contains("password") => UserAnswer::Policy(message),
        code if is_in_doubt(code) => UserAnswer::InDoubt(server(doing, code, &message)),
        RATE_LIMIT | NOT_A_LEADER => UserAnswer::Failed(server(doing, &code, &message)),
        // An edition or a service without users of its own, a name that it does not allow.
        code => UserAnswer::Unfit(format!("{message} ({code})")),
    }
}

/// Any other statement.
pub(super) fn failure(doing: &str, refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Server(code, message) => server(doing, &code, &message),
        Refusal::Unreachable(failure) | Refusal::Lost(failure) | Refusal::Other(failure) => failure,
    }
}

fn server(doing: &str, code: &str, message: &str) -> Failure {
    let kind = match code {
        UNAUTHORIZED | EXPIRED => FailureKind::SignIn,
        RATE_LIMIT => FailureKind::Throttled,
        FORBIDDEN => FailureKind::Denied,
        code if is_in_doubt(code) => FailureKind::Server,
        _ => FailureKind::Refused,
    };
    Failure::new(kind, doing, message).code(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, message: &str) -> Result<(), Refusal> {
        Err(Refusal::Server(code.into(), message.into()))
    }

    #[test]
    fn a_login_is_judged_by_the_codes_that_a_real_server_gives() {
        assert_eq!(login(Ok(())), Ok(LoginAnswer::Accepted));
        assert_eq!(
            login(said(UNAUTHORIZED, "Invalid credential.")),
            Ok(LoginAnswer::WrongPassword)
        );
        assert_eq!(
            login(said(RATE_LIMIT, "wait")),
            Ok(LoginAnswer::RateLimited)
        );
        assert_eq!(
            login(said(EXPIRED, "change it")),
            Ok(LoginAnswer::MustChange)
        );
        assert_eq!(
            login(said("Neo.ClientError.Database.DatabaseNotFound", "x")),
            Ok(LoginAnswer::Accepted)
        );
        assert_eq!(
            login(said(FORBIDDEN, "may not read")),
            Ok(LoginAnswer::Accepted)
        );
        let unknown = login(said("Neo.ClientError.Security.TokenExpired", "x"));
        assert!(
            matches!(unknown, Err(Neo4jFailure::Refused(_))),
            "{unknown:?}"
        );
        let starting = login(said("Neo.TransientError.General.DatabaseUnavailable", "x"));
        assert!(
            matches!(starting, Err(Neo4jFailure::Refused(_))),
            "a server that is not up proves nothing: {starting:?}"
        );
        for code in [
            "",
            "503",
            "BadGateway",
            "Neo.DatabaseError.General.UnknownError",
            "Neo.Unheard.Of",
        ] {
            let proves_nothing = login(said(code, "x"));
            assert!(
                matches!(proves_nothing, Err(Neo4jFailure::Refused(_))),
                "{code}: {proves_nothing:?}"
            );
        }
    }

    #[test]
    fn an_administrator_is_judged_by_what_a_real_server_says() {
        let set =
            |code: &str, message: &str| set("x", Refusal::Server(code.into(), message.into()));
        assert_eq!(
            set(UNAUTHORIZED, "x"),
            UserAnswer::Unfit("its login is refused".into())
        );
        let short = "A password must be at least 8 characters.";
        assert_eq!(set(ARGUMENT, short), UserAnswer::Policy(short.into()));
        let same = "Failed to alter the specified user 'u': Old password and new password cannot be the same.";
        assert_eq!(set(ARGUMENT, same), UserAnswer::Changed);
        assert!(
            matches!(set(FORBIDDEN, "no CREATE USER"), UserAnswer::Unfit(why) if why.contains("no CREATE USER"))
        );
        let unsupported = set(
            "Neo.ClientError.Statement.UnsupportedAdministrationCommand",
            "not here",
        );
        assert!(matches!(unsupported, UserAnswer::Unfit(why) if why.contains("not here")));
        assert!(matches!(
            set("Neo.DatabaseError.General.UnknownError", "x"),
            UserAnswer::InDoubt(_)
        ));
        assert!(
            matches!(set(RATE_LIMIT, "x"), UserAnswer::Failed(failure) if failure.kind == FailureKind::Throttled)
        );
    }

    #[test]
    fn a_change_is_judged_by_the_messages_that_a_real_server_gives() {
        let wrong =
            "User 'neo4j' failed to alter their own password: Invalid principal or credentials.";
        assert_eq!(alter("x", said(ARGUMENT, wrong)), Ok(AlterAnswer::WrongOld));
        assert_eq!(
            alter("x", said(UNAUTHORIZED, "Invalid credential.")),
            Ok(AlterAnswer::WrongOld)
        );
        assert_eq!(
            alter(
                "x",
                said(
                    ARGUMENT,
                    "Old password and new password cannot be the same."
                )
            ),
            Ok(AlterAnswer::Same)
        );
        let short = "A password must be at least 8 characters.";
        assert_eq!(
            alter("x", said(ARGUMENT, short)),
            Ok(AlterAnswer::Policy(short.into()))
        );
        assert_eq!(
            alter("x", said(NOT_A_LEADER, "x")),
            Ok(AlterAnswer::NotLeader)
        );
        assert!(matches!(
            alter("x", said("Neo.DatabaseError.General.UnknownError", "x")),
            Err(Neo4jFailure::InDoubt(_))
        ));
        assert!(
            matches!(alter("x", said(FORBIDDEN, "x")), Ok(AlterAnswer::Forbidden(why)) if why == "x")
        );
        assert!(
            matches!(alter("x", said(RATE_LIMIT, "x")), Err(Neo4jFailure::Refused(failure)) if failure.kind == FailureKind::Throttled)
        );
    }
}
