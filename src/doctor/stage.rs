//! The stages of a chain as Fleet shows them: fewer than the hops that the doctor examines.

use super::Hop;

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

    /// Returns the stages at which the hop of that name is shown: the first of them that a chain has.
    pub fn of_hop(name: &str) -> &'static [Self] {
        Hop::named(name).map_or(&[], |hop| hop.spec().stages)
    }

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

    /// Its letter as the title of a column of one character. No two have the same: the token of the sign-in is K.
    pub const fn letter(self) -> char {
        match self {
            Self::SignIn => 'K',
            Self::Gateway => 'G',
            Self::Interceptor => 'I',
            Self::Target => 'T',
            Self::Consent => 'C',
            Self::Runtime => 'R',
            Self::Secret => 'S',
            Self::Neo4j => 'N',
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_stages_have_the_same_letter_or_title() {
        let letters: BTreeSet<char> = ChainStage::ALL
            .into_iter()
            .map(ChainStage::letter)
            .collect();
        let titles: BTreeSet<&str> = ChainStage::ALL.into_iter().map(ChainStage::title).collect();
        assert_eq!((letters.len(), titles.len()), (8, 8));
    }
}
