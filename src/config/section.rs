//! Reading one table of the configuration: values of the expected type, unknown keys told with the nearest known one.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::problem::Problems;
use crate::model::{SecretSource, SecretText, did_you_mean};

/// Keys of a table that says where a secret comes from.
const SOURCES: [&str; 8] = [
    "env", "file", "key", "command", "keyring", "account", "secret", "from",
];

/// A table with its dotted name, for messages.
pub(super) struct Section<'a, 'i> {
    /// Dotted name: `deployments.prod.sign_in`.
    pub(super) name: String,
    /// Where it stands in the text.
    pub(super) span: Range<usize>,
    table: &'a DeTable<'i>,
    problems: &'a Problems<'a>,
}

impl<'a, 'i> Section<'a, 'i> {
    /// Opens a table and tells its unknown keys.
    pub(super) fn open(
        name: impl Into<String>,
        table: &'a DeTable<'i>,
        span: Range<usize>,
        known: &[&str],
        problems: &'a Problems<'a>,
    ) -> Self {
        let section = Self {
            name: name.into(),
            span,
            table,
            problems,
        };
        section.refuse_strangers(known);
        section
    }

    fn refuse_strangers(&self, known: &[&str]) {
        for key in self
            .table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
        {
            let word = key.get_ref();
            let place = if self.name.is_empty() {
                String::new()
            } else {
                format!(" in [{}]", self.name)
            };
            let hint = did_you_mean(word, known.iter().copied());
            let hint = if hint.is_empty() {
                format!("; known: {}", known.join(", "))
            } else {
                hint
            };
            self.problems
                .add(&key.span(), format!("unknown key \"{word}\"{place}{hint}"));
        }
    }

    /// Tells a problem of the whole table.
    pub(super) fn complain(&self, message: impl Into<String>) {
        self.problems
            .add(&self.span, format!("[{}]: {}", self.name, message.into()));
    }

    /// Tells a problem of one key's value, or of the table where the key is missing.
    pub(super) fn complain_of(&self, key: &str, message: impl Into<String>) {
        match self.table.get(key) {
            Some(value) => self
                .problems
                .add(&value.span(), format!("{key}: {}", message.into())),
            None => self.complain(format!("{key}: {}", message.into())),
        }
    }

    /// Returns whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Returns the value as it stands.
    pub(super) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.table.get(key)
    }

    /// Returns all entries, in the order of the text.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Spanned<DeValue<'i>>)> {
        self.table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), value))
    }

    /// Returns a text; empty is as absent, and told.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.text_for(key, "a text in quotes")
    }

    /// Returns the same where the text means something that has its own words.
    pub(super) fn text_for(&self, key: &str, wanted: &str) -> Option<String> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.as_ref().to_owned()),
            DeValue::String(_) => {
                self.complain_of(key, "is empty");
                None
            }
            other => {
                self.mistyped(key, value.span(), wanted, other);
                None
            }
        }
    }

    /// Returns a list of texts; one text alone stands for a list of one.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::String(_) => self.text(key).into_iter().collect(),
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| match item.get_ref() {
                    DeValue::String(text) if text.trim().is_empty() => {
                        self.problems
                            .add(&item.span(), format!("{key}: an entry is empty"));
                        None
                    }
                    DeValue::String(text) => Some(text.as_ref().to_owned()),
                    other => {
                        self.mistyped(key, item.span(), "a text in quotes", other);
                        None
                    }
                })
                .collect(),
            other => {
                self.mistyped(key, value.span(), "a list of texts", other);
                Vec::new()
            }
        }
    }

    /// Yes or no.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.table.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.mistyped(key, value.span(), "true or false", value.get_ref());
        }
        flag
    }

    /// Returns a TCP port.
    pub(super) fn port(&self, key: &str) -> Option<u16> {
        let value = self.table.get(key)?;
        let wanted = "a port from 1 to 65535";
        let DeValue::Integer(number) = value.get_ref() else {
            self.mistyped(key, value.span(), wanted, value.get_ref());
            return None;
        };
        let port = u16::from_str_radix(number.as_str(), number.radix());
        match port {
            Ok(port) if port > 0 => Some(port),
            Ok(_) | Err(_) => {
                self.complain_of(key, format!("{wanted} is wanted here"));
                None
            }
        }
    }

    /// Returns a secret: text in place, or a table that says where it comes from.
    pub(super) fn secret(&self, key: &str) -> Option<SecretSource> {
        let value = self.table.get(key)?;
        self.secret_of(key, value)
    }

    /// Returns the same for a value that was found already.
    pub(super) fn secret_of(
        &self,
        key: &str,
        value: &Spanned<DeValue<'i>>,
    ) -> Option<SecretSource> {
        match value.get_ref() {
            DeValue::String(text) => Some(SecretSource::Inline(SecretText::from(text.as_ref()))),
            DeValue::Table(table) => {
                let name = format!("{}.{key}", self.name);
                Section::open(name, table, value.span(), &SOURCES, self.problems).secret_source()
            }
            other => {
                self.mistyped(
                    key,
                    value.span(),
                    "a text, { env = \"NAME\" } or { file = \"PATH\" }",
                    other,
                );
                None
            }
        }
    }

    /// Returns the source of a secret that this table describes.
    fn secret_source(&self) -> Option<SecretSource> {
        let named: Vec<&str> = ["env", "file", "command", "keyring", "secret", "from"]
            .into_iter()
            .filter(|source| self.has(source))
            .collect();
        let [source] = named.as_slice() else {
            self.complain("give one of env, file, command, keyring, secret, from");
            return None;
        };
        for (key, owners) in [
            ("key", &["file", "secret"][..]),
            ("account", &["keyring"][..]),
        ] {
            if self.has(key) && !owners.contains(source) {
                self.complain_of(key, format!("belongs to {}", owners.join(" or ")));
            }
        }
        let text = self.text(source)?;
        match *source {
            "env" => Some(SecretSource::Environment(text)),
            "file" => Some(SecretSource::File {
                path: text,
                key: self.text("key"),
            }),
            "command" => Some(SecretSource::Command(text)),
            "keyring" => {
                if !self.has("account") {
                    self.complain("keyring needs account");
                }
                Some(SecretSource::Keyring {
                    service: text,
                    account: self.text("account")?,
                })
            }
            "secret" => Some(SecretSource::SecretsManager {
                id: text,
                key: self.text("key"),
            }),
            _ if text == "user-pool-client" => Some(SecretSource::UserPoolClient),
            _ => {
                let hint = did_you_mean(&text, ["user-pool-client"]);
                self.complain_of(
                    "from",
                    format!("unknown source \"{text}\"{hint}; known: user-pool-client"),
                );
                None
            }
        }
    }

    /// Returns a table inside this one.
    pub(super) fn section(&self, key: &str, known: &[&str]) -> Option<Section<'a, 'i>> {
        let value = self.table.get(key)?;
        let name = if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        };
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::open(
                name,
                table,
                value.span(),
                known,
                self.problems,
            )),
            other => {
                self.mistyped(key, value.span(), "a table", other);
                None
            }
        }
    }

    /// Returns a table inside this one whose keys are free.
    pub(super) fn free_section(&self, key: &str) -> Option<Section<'a, 'i>> {
        let DeValue::Table(table) = self.table.get(key)?.get_ref() else {
            return self.section(key, &[]);
        };
        let known: Vec<&str> = table.keys().map(|key| key.get_ref().as_ref()).collect();
        self.section(key, &known)
    }

    fn mistyped(&self, key: &str, span: Range<usize>, wanted: &str, found: &DeValue<'_>) {
        self.problems.add(
            &span,
            format!(
                "{key}: {wanted} is wanted here, not {} {}",
                article(found.type_str()),
                found.type_str()
            ),
        );
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}
