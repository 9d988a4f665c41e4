//! Whose a record is. The log group of spans is shared by all deployments of an account, and others may be.

use std::sync::Arc;

use super::record::CallRecord;
use crate::logs::{SPANS_GROUP, may_belong_to};

/// The log groups of a deployment, and what in shared groups is its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallOwner {
    /// Name of the deployment.
    pub deployment: Arc<str>,
    /// Its log groups.
    pub groups: Vec<String>,
    /// Ids of its gateways and runtimes.
    pub owner_ids: Vec<String>,
}

impl CallOwner {
    fn has_group(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }

    fn has_id(&self, id: &str) -> bool {
        !self.owner_ids.is_empty() && may_belong_to(Some(id), &self.owner_ids)
    }
}

/// The deployment of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordOwner<'a> {
    /// This one.
    Of(&'a CallOwner),
    /// The record does not say which of several it is.
    Unsaid,
    /// The record names a gateway or runtime of none of them.
    Stranger,
}

/// Returns whose a record is: the only deployment that has its group, otherwise the one whose gateway or runtime it names, whether or not
/// the shared group is listed for it.
pub(super) fn owner_of<'a>(owners: &'a [CallOwner], record: &CallRecord) -> RecordOwner<'a> {
    let mut with_group = owners.iter().filter(|owner| owner.has_group(&record.group));
    let only = match (with_group.next(), with_group.next()) {
        (Some(owner), None) => Some(owner),
        (Some(_), Some(_)) | (None, _) => None,
    };
    if let Some(owner) = only.filter(|_| &*record.group != SPANS_GROUP) {
        return RecordOwner::Of(owner);
    }
    let Some(id) = record.owner.as_deref() else {
        return only.map_or(RecordOwner::Unsaid, RecordOwner::Of);
    };
    let named = owners.iter().find(|owner| owner.has_id(id));
    // A deployment whose gateways and runtimes are not known yet may be the one.
    let possible = || {
        owners
            .iter()
            .find(|owner| owner.owner_ids.is_empty() && owner.has_group(&record.group))
    };
    named
        .or_else(possible)
        .map_or(RecordOwner::Stranger, RecordOwner::Of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LogEvent, Moment};

    fn owner(name: &str, groups: &[&str], ids: &[&str]) -> CallOwner {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        CallOwner {
            deployment: name.into(),
            groups: texts(groups),
            owner_ids: texts(ids),
        }
    }

    fn record(group: &str, message: &str) -> CallRecord {
        let at = Moment::from_millis(0);
        let event = LogEvent {
            timestamp: at,
            ingestion: at,
            group: group.into(),
            stream: "s".into(),
            id: None,
            message: message.to_owned(),
        };
        CallRecord::read(&event, &Arc::from(""))
    }

    #[test]
    fn a_record_is_of_whom_it_names_or_of_the_only_one_that_has_its_group() {
        let owners = [
            owner("a", &["/own/a", "/shared", SPANS_GROUP], &["gw-a"]),
            owner("b", &["/own/b", "/shared"], &["gw-b"]),
        ];
        let named = |id: &str| {
            format!(r#"{{"resource_arn":"arn:aws:bedrock-agentcore:r:1:gateway/{id}"}}"#)
        };
        for (group, text, expected) in [
            (SPANS_GROUP, named("gw-a"), Some("a")),
            // The group of spans is not listed for this one, and yet the span is its own.
            (SPANS_GROUP, named("gw-b"), Some("b")),
            (SPANS_GROUP, "no owner".to_owned(), Some("a")),
            ("/own/b", named("my-service"), Some("b")),
            ("/own/b", "plain".to_owned(), Some("b")),
            ("/shared", named("gw-b"), Some("b")),
        ] {
            let record = record(group, &text);
            let found = match owner_of(&owners, &record) {
                RecordOwner::Of(owner) => Some(&*owner.deployment),
                RecordOwner::Unsaid | RecordOwner::Stranger => None,
            };
            assert_eq!(found, expected, "{group} {text}");
        }
        let shared = record("/shared", "plain");
        assert_eq!(owner_of(&owners, &shared), RecordOwner::Unsaid);
        let foreign = record(SPANS_GROUP, &named("gw-x"));
        assert_eq!(owner_of(&owners, &foreign), RecordOwner::Stranger);
    }
}
