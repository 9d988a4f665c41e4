//! Names in the place of ids, in what was recorded before the names were known: by an earlier run, by a command.

use std::borrow::Cow;

use crate::{
    model::{Kind, Resource},
    state::Store,
};

/// The beginning of the URI of a consent (RFC 9126, section 2.2).
const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
/// Ids that AWS makes have at least that many characters; a shorter word is a word.
const SHORTEST_ID: usize = 10;

/// Returns the words with names where the store knows them: of resources by their id, of deployments by their title. The URI of a
/// consent whose target is not known says nothing to a person and is left out.
pub(super) fn with_names(what: &str, store: &Store) -> String {
    let (words, deployment) = match what.rsplit_once(" of ") {
        Some((words, name)) if store.deployment(&name.into()).is_some() => (words, Some(name)),
        Some(_) | None => (what, None),
    };
    let mut named: Vec<Cow<'_, str>> = Vec::new();
    for word in words.split(' ') {
        if word.starts_with(REQUEST_URI) {
            named.extend(waiting_for(word, store).map(|resource| resource.name.as_str().into()));
        } else {
            named.push(name_of(word, store).map_or_else(|| word.into(), Into::into));
        }
    }
    let mut text = named.join(" ");
    if let Some(name) = deployment {
        text.push_str(" of ");
        text.push_str(store.title(name));
    }
    text
}

/// Returns the name of the resource that has this id.
fn name_of<'a>(word: &str, store: &'a Store) -> Option<&'a str> {
    if word.len() < SHORTEST_ID {
        return None;
    }
    let found = resources(store).find(|resource| {
        resource.key.own_id() == word
            || resource.key.id == word
            || resource.arn.as_deref() == Some(word)
    });
    found.map(|resource| resource.name.as_str())
}

/// Returns the resource whose consent page has this URI in its address.
fn waiting_for<'a>(uri: &str, store: &'a Store) -> Option<&'a Resource> {
    let own = uri.strip_prefix(REQUEST_URI)?;
    let mut all = resources(store);
    all.find(|resource| {
        !own.is_empty()
            && resource
                .fact("Authorization URL")
                .is_some_and(|address| address.contains(own))
    })
}

/// Returns what is called otherwise than its id.
fn resources(store: &Store) -> impl Iterator<Item = &Resource> {
    let lists = store.lists.iter().filter(|((_, kind), _)| match kind {
        Kind::Version | Kind::Endpoint | Kind::Secret => false,
        Kind::Gateway
        | Kind::Target
        | Kind::Runtime
        | Kind::Provider
        | Kind::WorkloadIdentity
        | Kind::PolicyEngine
        | Kind::Policy
        | Kind::RateLimit => true,
    });
    lists.filter_map(|(_, list)| list.value()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Deployment, Fact, Moment};

    fn store() -> Store {
        let mut deployment = Deployment::new("e", "us-west-2");
        deployment.title = Some("playground".into());
        let mut store = Store::new(vec![deployment]);
        let address =
            "https://x/authorize?request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aabc123";
        let target = Resource {
            name: "github".into(),
            status: "READY".into(),
            facts: vec![Fact {
                label: "Authorization URL",
                value: address.into(),
            }],
            ..Resource::new("e", Kind::Target, "gw/LhCJsGOZlO")
        };
        let now = Moment::from_millis(0);
        let _ = store.record_list(&"e".into(), Kind::Target, Ok(vec![target]), now);
        store
    }

    #[test]
    fn ids_become_names_and_deployments_titles() {
        let store = store();
        for (recorded, shown) in [
            (
                "targets.sync LhCJsGOZlO of e",
                "targets.sync github of playground",
            ),
            ("synchronize gw/LhCJsGOZlO", "synchronize github"),
            (
                "consent.complete urn:ietf:params:oauth:request_uri:abc123 of e",
                "consent.complete github of playground",
            ),
            (
                "consent.complete urn:ietf:params:oauth:request_uri:gone of e",
                "consent.complete of playground",
            ),
            ("list targets of other", "list targets of other"),
            ("call e", "call e"),
        ] {
            assert_eq!(with_names(recorded, &store), shown, "{recorded}");
        }
    }
}
