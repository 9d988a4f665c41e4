//! The secret of a Cognito app client and what uses it, without any value.

use super::moment::Moment;

/// What may be said about the secrets of an app client: never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecretDetail {
    /// The app client.
    pub client_id: String,
    /// The user pool.
    pub user_pool_id: String,
    /// Its secrets, the oldest first.
    pub secrets: Vec<ClientSecretEntry>,
    /// Credential providers that use it.
    pub providers: Vec<ClientSecretProvider>,
    /// Whether a rotation is pending.
    pub journal: JournalStatus,
    /// Where this console's configuration keeps the value: `the configuration`, `environment variable X`.
    pub source: String,
}

/// One secret of an app client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecretEntry {
    /// Its id at Cognito.
    pub id: String,
    /// When it was created.
    pub created_at: Option<Moment>,
}

/// A credential provider that uses an app client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecretProvider {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its vendor: `CustomOauth2`.
    pub vendor: String,
    /// Its status; none where the service names none.
    pub status: Option<String>,
    /// When it was updated last.
    pub updated_at: Option<Moment>,
    /// Whether it reads a secret of the account instead of one that AgentCore Identity keeps.
    pub is_external: bool,
}

/// What the journal in Secrets Manager says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalStatus {
    /// No rotation is pending.
    Idle,
    /// A rotation is pending.
    Pending {
        /// Version of the journal.
        version: String,
        /// Who began it.
        operator: Option<String>,
        /// When.
        since: Option<Moment>,
        /// It is being rolled back.
        is_undone: bool,
    },
    /// It could not be read; why.
    Unknown(String),
}
