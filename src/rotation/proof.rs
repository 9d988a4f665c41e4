//! Which call proves that a secret's new value is in use: one whose way ends at a reader of that very secret.

use super::readers::{Pickup, SecretReader};

/// A place where a call through the deployment's endpoint can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteEnd {
    /// The gateway's target; none where the endpoint is the runtime's own.
    pub target: Option<String>,
    /// The id of the runtime behind it.
    pub runtime: String,
}

/// Where calls through the deployment's endpoint can end, and how many Neo4j secrets the deployment has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainRoute {
    /// Runtimes behind the endpoint, as far as they are known.
    pub ends: Vec<RouteEnd>,
    /// Whether the deployment has no other Neo4j secret.
    pub is_only_secret: bool,
}

/// The call that is made to prove a secret's new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofCall {
    /// Through the deployment's endpoint.
    Chain {
        /// The gateway's target whose tool is called; none: any.
        target: Option<String>,
        /// Why that proves this secret.
        because: String,
    },
    /// To these runtimes themselves, each by id and name: the endpoint does not lead to them.
    Runtimes(Vec<(String, String)>),
    /// No reader of the secret is known that a call could reach.
    Nowhere,
}

impl ChainRoute {
    /// Chooses the call for a secret with these readers.
    pub fn proof(&self, readers: &[SecretReader]) -> ProofCall {
        let of_runtimes = || {
            readers
                .iter()
                .filter_map(|reader| Some((reader, reader.runtime.as_deref()?)))
        };
        let on_route = of_runtimes().find_map(|(reader, runtime)| {
            let end = self.ends.iter().find(|end| end.runtime == runtime)?;
            Some((reader, end))
        });
        if let Some((reader, end)) = on_route {
            return ProofCall::Chain {
                target: end.target.clone(),
                because: format!("{} reads this secret", reader.name),
            };
        }
        let in_header = readers
            .iter()
            .find(|reader| reader.pickup == Pickup::EveryConnection);
        if let Some(reader) = in_header {
            return ProofCall::Chain {
                target: None,
                because: format!("{} sends it in a header", reader.name),
            };
        }
        let others: Vec<(String, String)> = of_runtimes()
            .map(|(reader, runtime)| (runtime.to_owned(), reader.name.clone()))
            .collect();
        let may_be_behind = self.ends.is_empty()
            || others.is_empty()
            || readers
                .iter()
                .any(|reader| reader.pickup == Pickup::Unknown);
        if self.is_only_secret && may_be_behind {
            return ProofCall::Chain {
                target: None,
                because: "the only Neo4j secret of the deployment".to_owned(),
            };
        }
        if others.is_empty() {
            ProofCall::Nowhere
        } else {
            ProofCall::Runtimes(others)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(name: &str, pickup: Pickup, runtime: Option<&str>) -> SecretReader {
        SecretReader {
            name: name.to_owned(),
            pickup,
            evidence: String::new(),
            runtime: runtime.map(str::to_owned),
        }
    }

    fn route(is_only_secret: bool) -> ChainRoute {
        ChainRoute {
            ends: vec![RouteEnd {
                target: Some("movies".into()),
                runtime: "server-1".into(),
            }],
            is_only_secret,
        }
    }

    #[test]
    fn a_runtime_behind_the_endpoint_is_proven_through_its_target() {
        let readers = [
            reader("runtime reports", Pickup::Environment, Some("reports-1")),
            reader("runtime server", Pickup::ContainerLife, Some("server-1")),
        ];
        assert_eq!(
            route(false).proof(&readers),
            ProofCall::Chain {
                target: Some("movies".into()),
                because: "runtime server reads this secret".into()
            }
        );
    }

    #[test]
    fn a_runtime_that_the_endpoint_does_not_reach_is_called_itself() {
        let readers = [
            reader("interceptor of g", Pickup::Unknown, None),
            reader("runtime reports", Pickup::Environment, Some("reports-1")),
        ];
        let expected = vec![("reports-1".to_owned(), "runtime reports".to_owned())];
        assert_eq!(
            route(false).proof(&readers),
            ProofCall::Runtimes(expected.clone())
        );
        assert_eq!(
            route(true).proof(&readers[1..]),
            ProofCall::Runtimes(expected)
        );
    }

    #[test]
    fn a_secret_that_is_read_by_nobody_known_proves_nothing_by_a_call_unless_it_is_the_only_one() {
        let readers = [reader("interceptor of g", Pickup::Unknown, None)];
        assert_eq!(route(false).proof(&readers), ProofCall::Nowhere);
        assert!(matches!(
            route(true).proof(&readers),
            ProofCall::Chain { target: None, .. }
        ));
        let console = [reader("this console", Pickup::EveryConnection, None)];
        assert!(matches!(
            route(false).proof(&console),
            ProofCall::Chain { target: None, .. }
        ));
    }
}
