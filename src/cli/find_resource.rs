//! Listing over deployments and kinds at once, and finding the one resource that a word names.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    model::{Deployment, DeploymentName, Failure, FailureKind, Kind, Resource, nearest},
    services::Services,
};

use super::outcome::usage;
use crate::cli::group_failures;

/// Something that could not be listed.
pub(crate) struct ListingProblem {
    /// For which deployment.
    pub(crate) deployment: DeploymentName,
    /// What.
    pub(crate) kind: Kind,
    /// Why.
    pub(crate) failure: Failure,
}

impl ListingProblem {
    /// As an entry of `problems`.
    pub(crate) fn json(&self) -> Value {
        problem_json(Some(&self.deployment), Some(self.kind), &self.failure)
    }
}

/// Returns a failure as an entry of `problems`; one of discovery is of no deployment and no kind.
pub(crate) fn problem_json(
    deployment: Option<&DeploymentName>,
    kind: Option<Kind>,
    failure: &Failure,
) -> Value {
    let Failure {
        doing,
        kind: class,
        cause,
        hint,
        request_id,
        code,
        ..
    } = failure;
    json!({
        "deployment": deployment, "kind": kind, "doing": doing, "class": class, "message": cause, "code": code,
        "hint": hint, "request_id": request_id,
    })
}

/// What a listing brought, in the order of deployments and kinds.
#[derive(Default)]
pub(crate) struct Listing {
    /// What there is.
    pub(crate) resources: Vec<Resource>,
    /// What could not be listed.
    pub(crate) problems: Vec<ListingProblem>,
    /// What was listed, but of which the details could not be read.
    pub(crate) unread: Vec<ListingProblem>,
}

impl Listing {
    /// Returns the first problem, where nothing at all could be read. (Whoever has nothing of a kind is not asked for it.)
    pub(crate) fn total_failure(&self) -> Option<&Failure> {
        self.problems
            .first()
            .filter(|_| self.resources.is_empty())
            .map(|problem| &problem.failure)
    }

    /// Returns the exit code of a listing that lacks something: partial data never exits 0.
    pub(crate) fn exit_code(&self) -> Option<u8> {
        match self.total_failure() {
            Some(failure) => Some(failure.kind.exit_code()),
            None => group_failures::partial_code(self.lacking().map(|problem| &problem.failure)),
        }
    }

    /// Everything that is missing: what could not be listed, and details.
    pub(crate) fn lacking(&self) -> impl Iterator<Item = &ListingProblem> {
        self.problems.iter().chain(&self.unread)
    }

    /// Tells the problems on stderr, the same one of many deployments once.
    pub(crate) fn tell_problems(&self) {
        group_failures::tell(
            self.lacking()
                .map(|problem| (problem.deployment.as_str(), &problem.failure)),
        );
    }
}

/// Lists all kinds of all deployments, all at once.
pub(crate) async fn list(
    services: &Services,
    deployments: &[Deployment],
    kinds: &[Kind],
) -> Listing {
    let asked = deployments
        .iter()
        .flat_map(|deployment| kinds.iter().map(move |kind| (deployment, *kind)));
    let answers = join_all(asked.map(|(deployment, kind)| async move {
        (
            deployment,
            kind,
            services.aws.resources.list(deployment, kind).await,
        )
    }))
    .await;
    let mut listing = Listing::default();
    for (deployment, kind, answer) in answers {
        match answer {
            Ok(resources) => {
                listing
                    .unread
                    .extend(resources.iter().filter_map(unread_problem));
                listing.resources.extend(resources);
            }
            Err(failure) => listing.problems.push(ListingProblem {
                deployment: deployment.name.clone(),
                kind,
                failure,
            }),
        }
    }
    listing
}

/// Returns why the details of a resource are missing. One that does not exist is a finding, and its row says so.
fn unread_problem(resource: &Resource) -> Option<ListingProblem> {
    let failure = resource.unread.as_deref()?;
    (failure.kind != FailureKind::NotFound).then(|| ListingProblem {
        deployment: resource.key.deployment.clone(),
        kind: resource.key.kind,
        failure: failure.clone(),
    })
}

/// Returns the one resource of these kinds that `word` names: its id, own id, name or ARN. The same one under several
/// deployments is one.
///
/// # Errors
/// Usage with the nearest name, or with all that are meant; a failure of listing where nothing was found because of it.
pub(crate) async fn find(
    services: &Services,
    deployments: &[Deployment],
    kinds: &[Kind],
    word: &str,
) -> Result<(Deployment, Resource), Failure> {
    let listing = list(services, deployments, kinds).await;
    let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let doing = format!("looking for the {} {word}", names.join(" or "));
    let mut found: Vec<&Resource> = listing
        .resources
        .iter()
        .filter(|resource| is_named(resource, word))
        .collect();
    found.dedup_by(|later, first| is_same(first, later));
    // AWS names the workload identity of a gateway like the gateway.
    if found.iter().any(|resource| resource.key.kind.is_in_chain()) {
        found.retain(|resource| resource.key.kind.is_in_chain());
    }
    match found.as_slice() {
        [only] => {
            let deployment = deployments
                .iter()
                .find(|deployment| deployment.name == only.key.deployment);
            let deployment =
                deployment.ok_or_else(|| usage(doing, "it belongs to no picked deployment"))?;
            Ok((deployment.clone(), (*only).clone()))
        }
        [] => Err(not_found(&listing, &doing, word)),
        several => {
            let meant: Vec<String> = several
                .iter()
                .map(|resource| format!("{} (of {})", resource.key.id, resource.key.deployment))
                .collect();
            Err(usage(
                doing,
                format!("several have that name: {}", meant.join(", ")),
            )
            .hint("give the whole id, or pick one --deployment"))
        }
    }
}

/// Returns whether the word names this resource.
pub(crate) fn is_named(resource: &Resource, word: &str) -> bool {
    word == resource.key.id
        || word == resource.key.own_id()
        || word == resource.name
        || resource.arn.as_deref() == Some(word)
}

/// Returns the same thing, listed for two deployments.
fn is_same(one: &Resource, other: &Resource) -> bool {
    one.key.kind == other.key.kind && one.key.id == other.key.id && one.arn == other.arn
}

/// `known: a, b, c`, as many as one reads.
pub(crate) fn known(names: &[&str]) -> String {
    const MANY: usize = 12;
    match names {
        [] => "there is none".to_owned(),
        few if few.len() <= MANY => format!("known: {}", few.join(", ")),
        many => {
            let shown: Vec<&str> = many.iter().take(MANY).copied().collect();
            format!("known: {} and {} more", shown.join(", "), many.len() - MANY)
        }
    }
}

fn not_found(listing: &Listing, doing: &str, word: &str) -> Failure {
    let names: Vec<&str> = listing
        .resources
        .iter()
        .flat_map(|resource| {
            [
                resource.name.as_str(),
                resource.key.id.as_str(),
                resource.key.own_id(),
            ]
        })
        .collect();
    if let Some(problem) = listing.problems.first() {
        let Failure { kind, cause, .. } = &problem.failure;
        let failure = Failure {
            doing: doing.to_owned(),
            ..problem.failure.clone()
        };
        return if *kind == FailureKind::NotFound {
            usage(doing, cause.clone())
        } else {
            failure
        };
    }
    let hint = nearest(word, names.iter().copied()).map_or_else(
        || {
            let mut names: Vec<&str> = listing
                .resources
                .iter()
                .map(|resource| resource.key.id.as_str())
                .collect();
            names.dedup();
            known(&names)
        },
        |name| format!("did you mean \"{name}\"?"),
    );
    usage(doing, "there is nothing of that name").hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_a_detail_is_not_whole() {
        let problem = |kind| ListingProblem {
            deployment: "a".into(),
            kind: Kind::Target,
            failure: Failure::new(kind, "reading target t", "no"),
        };
        let whole = Listing::default();
        assert_eq!(whole.exit_code(), None);
        for (kind, code) in [(FailureKind::Denied, 4), (FailureKind::Server, 5)] {
            let listing = Listing {
                unread: vec![problem(kind)],
                ..Listing::default()
            };
            assert_eq!(listing.exit_code(), Some(code), "{kind:?}");
        }
    }
}
