//! How resources lead to each other: by AWS's references, by what belongs to what, and back.

use super::store::Store;
use crate::{
    kinds,
    model::{Link, Relation, Resource, ResourceKey},
};

/// Another resource, and in what way it is related.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Related<'a> {
    /// The way it is related.
    pub relation: Relation,
    /// The resource at the other end.
    pub resource: &'a Resource,
}

impl Store {
    /// Returns the resources of the deployment to which this one leads: those that it references, then those that belong to it.
    pub fn leads_to<'a>(&'a self, resource: &'a Resource) -> Vec<Related<'a>> {
        let own = &resource.key;
        let linked = resource
            .links
            .iter()
            .filter(|link| link.relation != Relation::Owner)
            .filter_map(|link| {
                let found = self
                    .resources(&own.deployment)
                    .find(|other| is_end_of(link, other))?;
                Some(Related {
                    relation: link.relation,
                    resource: found,
                })
            });
        let children = self
            .resources(&own.deployment)
            .filter(|other| kinds::parent(other) == Some((own.kind, own.id.as_str())))
            .map(|resource| Related {
                relation: Relation::Owner,
                resource,
            });
        linked.chain(children).collect()
    }

    /// Returns the resources of the deployment that lead to this one: those that reference it, and what it belongs to.
    pub fn led_from<'a>(&'a self, resource: &'a Resource) -> Vec<Related<'a>> {
        let own = &resource.key;
        let others = self.resources(&own.deployment);
        let referencing = others.filter(|other| other.key != *own).flat_map(|other| {
            other
                .links
                .iter()
                .filter(|link| link.relation != Relation::Owner && is_end_of(link, resource))
                .map(move |link| Related {
                    relation: link.relation,
                    resource: other,
                })
        });
        let parent = kinds::parent(resource).and_then(|(kind, id)| {
            let key = ResourceKey {
                deployment: own.deployment.clone(),
                kind,
                id: id.to_owned(),
            };
            Some(Related {
                relation: Relation::Owner,
                resource: self.resource(&key)?,
            })
        });
        parent.into_iter().chain(referencing).collect()
    }
}

fn is_end_of(link: &Link, resource: &Resource) -> bool {
    resource.key.kind == link.kind
        && (resource.key.id == link.id || resource.arn.as_deref() == Some(link.id.as_str()))
}
