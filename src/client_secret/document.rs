//! The text of a journal version in Secrets Manager: a JSON object that holds the value and what `resume` needs.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::effect::ClientSecretId;
use crate::model::SecretText;

/// Name of the journal of an app client.
pub fn journal_name(client_id: &str) -> String {
    format!("agentcore-console/client-secret/{client_id}")
}

/// What a journal version holds. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct JournalDocument {
    /// The user pool.
    pub user_pool_id: String,
    /// The app client.
    pub client_id: String,
    /// The value of this version.
    pub value: SecretText,
    /// The secret that this value replaces: its id at Cognito, and its value.
    pub previous: Option<(ClientSecretId, SecretText)>,
}

impl fmt::Debug for JournalDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JournalDocument")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The JSON members. The first three are named as Cognito's own managed secrets name them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JournalMembers<'a> {
    user_pool_id: std::borrow::Cow<'a, str>,
    user_pool_client_id: std::borrow::Cow<'a, str>,
    client_secret_value: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    previous_client_secret_id: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    previous_client_secret_value: Option<std::borrow::Cow<'a, str>>,
}

impl JournalDocument {
    /// Returns the JSON text to be stored.
    pub fn to_text(&self) -> Zeroizing<String> {
        let members = JournalMembers {
            user_pool_id: self.user_pool_id.as_str().into(),
            user_pool_client_id: self.client_id.as_str().into(),
            client_secret_value: self.value.reveal().into(),
            previous_client_secret_id: self.previous.as_ref().map(|(id, _)| id.as_str().into()),
            previous_client_secret_value: self
                .previous
                .as_ref()
                .map(|(_, value)| value.reveal().into()),
        };
        // Strings always serialise.
        Zeroizing::new(serde_json::to_string(&members).unwrap_or_default())
    }

    /// Reads a stored text; none if it is not a journal.
    pub fn parse(text: &str) -> Option<Self> {
        let members: JournalMembers<'_> = serde_json::from_str(text).ok()?;
        let previous = members
            .previous_client_secret_id
            .zip(members.previous_client_secret_value)
            .map(|(id, value)| {
                (
                    ClientSecretId::new(id.as_ref()),
                    SecretText::from(value.as_ref()),
                )
            });
        Some(Self {
            user_pool_id: members.user_pool_id.into_owned(),
            client_id: members.user_pool_client_id.into_owned(),
            value: SecretText::from(members.client_secret_value.as_ref()),
            previous,
        })
    }
}

/// Replaces the text of one member of a JSON object, and not one other byte. None if the text is no JSON object, or the member is
/// missing, doubled or no text.
pub fn replace_member(text: &str, key: &str, value: &str) -> Option<Zeroizing<String>> {
    let members: MemberList<'_> = serde_json::from_str(text).ok()?;
    let mut places = members.0.into_iter().filter(|(name, _)| name == key);
    let (Some((_, raw)), None) = (places.next(), places.next()) else {
        return None;
    };
    if !raw.get().starts_with('"') {
        return None;
    }
    let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
    let (before, after) = (text.get(..start)?, text.get(start + raw.get().len()..)?);
    let quoted = Zeroizing::new(serde_json::to_string(value).ok()?);
    Some(Zeroizing::new(format!("{before}{}{after}", *quoted)))
}

/// The members of a JSON object in their order, each value as it is spelled.
struct MemberList<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for MemberList<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MemberListVisitor;
        impl<'de> Visitor<'de> for MemberListVisitor {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer
            .deserialize_map(MemberListVisitor)
            .map(MemberList)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_member_is_replaced_and_every_other_byte_stays() {
        let text = "{ \"z\":1.50,\n \"key\" : \"o\\u006cd\" ,\"a\":[1 ,2]}\n";
        let changed = replace_member(text, "key", "new+_1").unwrap();
        assert_eq!(
            changed.as_str(),
            "{ \"z\":1.50,\n \"key\" : \"new+_1\" ,\"a\":[1 ,2]}\n"
        );
        for refused in [
            "[1]",
            "{\"key\":1}",
            "{\"key\":\"a\",\"key\":\"b\"}",
            "{}",
            "text",
        ] {
            assert!(replace_member(refused, "key", "v").is_none(), "{refused}");
        }
    }

    #[test]
    fn a_journal_document_round_trips_and_shows_no_value() {
        let document = JournalDocument {
            user_pool_id: "us-west-2_a".into(),
            client_id: "client".into(),
            value: "new-canary".into(),
            previous: Some((ClientSecretId::new("client--1"), "old-canary".into())),
        };
        let parsed = JournalDocument::parse(&document.to_text()).unwrap();
        assert_eq!(parsed, document);
        assert!(!format!("{document:?}").contains("canary"));
        assert_eq!(JournalDocument::parse("{\"password\":\"x\"}"), None);
    }
}
