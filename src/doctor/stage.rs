//! The stages of a chain as Fleet shows them: fewer than the hops that the doctor examines.

/// A stage of the chain, from the caller to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChainStage {
    /// Credentials, token and the authoriser that admits it.
    SignIn,
    /// The gateway.
    Gateway,
    /// Its interceptor.
    Interceptor,
    /// Its targets: status and synchronisation.
    Target,
    /// The consent of a person that a target needs.
    Consent,
    /// The runtime and its endpoints.
    Runtime,
    /// The secret and its rotation.
    Secret,
    /// The database.
    Neo4j,
}

impl ChainStage {
    /// Every stage, in the order of the chain.
    pub const ALL: [Self; 8] = [
        Self::SignIn,
        Self::Gateway,
        Self::Interceptor,
        Self::Target,
        Self::Consent,
        Self::Runtime,
        Self::Secret,
        Self::Neo4j,
    ];

    /// Its name in texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Gateway => "gateway",
            Self::Interceptor => "interceptor",
            Self::Target => "target",
            Self::Consent => "consent",
            Self::Runtime => "runtime",
            Self::Secret => "secret",
            Self::Neo4j => "neo4j",
        }
    }

    /// Its name as the title of a column.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SignIn => "TOK",
            Self::Gateway => "GAT",
            Self::Interceptor => "INT",
            Self::Target => "TGT",
            Self::Consent => "CON",
            Self::Runtime => "RUN",
            Self::Secret => "SEC",
            Self::Neo4j => "NEO",
        }
    }
}
