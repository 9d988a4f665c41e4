//! Finding the credentials in a secret's text, and replacing password and user in it so that not one other byte changes.
//!
//! Deployments spell the keys differently (`password`, `NEO4J_PASSWORD`, …): the spelling found is the spelling kept.
//! Values are wiped when dropped and have no `Debug`.

use std::fmt;
use std::ops::Range;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// A secret's text that can be rotated.
pub struct SecretDocument {
    text: Zeroizing<String>,
    /// Where the password stands in the text; with its quotes, where it is a JSON string of its own.
    password_at: Range<usize>,
    password: Zeroizing<String>,
    /// None where the secret names no user.
    user_at: Option<Range<usize>>,
    spelling: PasswordSpelling,
    user: String,
    address: Option<String>,
    database: Option<String>,
    administrator: Option<String>,
}

/// How user and password stand in the text.
#[derive(Clone, Copy)]
enum PasswordSpelling {
    /// As they are: no JSON at all.
    Plain,
    /// Each as a JSON string of its own.
    JsonString,
    /// Inside of a JSON string: `NEO4J_AUTH`'s `user/password`.
    InJsonString,
}

impl fmt::Debug for SecretDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretDocument(***)")
    }
}

/// Why a value cannot be rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretDocumentError {
    /// `SecretBinary`.
    Binary,
    /// The text is no JSON object; where it stops being one.
    NotJson(String),
    /// No member looks like a password; these members there are.
    NoPassword(Vec<String>),
    /// No member looks like a user.
    NoUser(Vec<String>),
    /// Two members look like the same thing.
    Ambiguous(String, String),
    /// The member is no text.
    NotText(String),
}

impl fmt::Display for SecretDocumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary => formatter.write_str(
                "the secret is binary; only a JSON object with user and password can be rotated",
            ),
            Self::NotJson(why) => write!(
                formatter,
                "the secret is no JSON object ({why}); nothing in it can be replaced safely"
            ),
            Self::NoPassword(keys) => {
                write!(
                    formatter,
                    "the secret has no member `password` or `NEO4J_PASSWORD`; it has {}",
                    list(keys)
                )
            }
            Self::NoUser(keys) => {
                write!(
                    formatter,
                    "the secret has no member `username`, `NEO4J_USERNAME` or `user`; it has {}",
                    list(keys)
                )
            }
            Self::Ambiguous(one, other) => {
                write!(
                    formatter,
                    "the secret has both `{one}` and `{other}`; which of them is used is not known"
                )
            }
            Self::NotText(key) => write!(formatter, "the secret's member `{key}` is no text"),
        }
    }
}

impl std::error::Error for SecretDocumentError {}

fn list(keys: &[String]) -> String {
    if keys.is_empty() {
        "none".to_owned()
    } else {
        keys.iter()
            .map(|key| format!("`{key}`"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

// Names of members in small letters, without separators: `neo4jPassword`, `NEO4J_PASSWORD` and `neo4j-password` are one name.
const PASSWORD: [&str; 5] = [
    "password",
    "neo4jpassword",
    "pass",
    "dbpassword",
    "neo4jpass",
];
/// `user/password` in one member, as `NEO4J_AUTH` of the Neo4j image.
const AUTH: [&str; 2] = ["auth", "neo4jauth"];
const USER: [&str; 6] = [
    "username",
    "neo4jusername",
    "user",
    "neo4juser",
    "dbusername",
    "dbuser",
];
const ADDRESS: [&str; 6] = ["uri", "neo4juri", "url", "neo4jurl", "host", "neo4jhost"];
const DATABASE: [&str; 3] = ["database", "neo4jdatabase", "dbname"];
const PORT: [&str; 1] = ["port"];
/// As the multi-user templates of AWS call the secret of an administrator (aws-samples/aws-secrets-manager-rotation-lambdas).
const ADMINISTRATOR: [&str; 1] = ["masterarn"];
/// What the second of two users in alternation has behind its name, as in the templates of AWS.
const CLONE: &str = "_clone";

/// Returns the other one of two users in alternation: `reports` and `reports_clone`.
pub fn alternate(user: &str) -> String {
    user.strip_suffix(CLONE)
        .map_or_else(|| format!("{user}{CLONE}"), str::to_owned)
}

impl SecretDocument {
    /// Reads a secret's text.
    ///
    /// # Errors
    /// What makes it unfit for a rotation.
    pub fn parse(text: &str) -> Result<Self, SecretDocumentError> {
        Self::parse_object(text, None)
    }

    /// Reads a JSON object, in which `user` stands for a user that it does not name.
    fn parse_object(text: &str, user: Option<&str>) -> Result<Self, SecretDocumentError> {
        let members = members(text)?;
        let login = login_of(&members, text, user)?;
        let address = match one_of(&members, &ADDRESS)? {
            Some((key, raw)) => Some(with_port(
                text_of(key, raw)?,
                one_of(&members, &PORT)?.map(|(_, raw)| raw),
            )),
            None => None,
        };
        let named = |names: &[&str]| -> Result<Option<String>, SecretDocumentError> {
            let found = one_of(&members, names)?
                .map(|(key, raw)| text_of(key, raw))
                .transpose()?;
            Ok(found.filter(|name| !name.is_empty()))
        };
        let (database, administrator) = (named(&DATABASE)?, named(&ADMINISTRATOR)?);
        let text = Zeroizing::new(text.to_owned());
        Ok(Self {
            text,
            password_at: login.password_at,
            password: login.password,
            user_at: login.user_at,
            spelling: login.spelling,
            user: login.user,
            address,
            database,
            administrator,
        })
    }

    /// Reads a secret's text; one that is no JSON object is taken for `NEO4J_AUTH`'s `user/password`, if it names this user or
    /// `neo4j`, and otherwise for the bare password of this user, who is also the one of an object that names none.
    ///
    /// # Errors
    /// As [`SecretDocument::parse`]; a text of several lines is neither.
    pub fn parse_for(text: &str, user: &str) -> Result<Self, SecretDocumentError> {
        let trimmed = text.trim();
        let is_value = !trimmed.is_empty()
            && !trimmed.starts_with(['{', '[', '"'])
            && !trimmed.contains(['\n', '\r', '=']);
        if !is_value {
            return Self::parse_object(text, Some(user));
        }
        let start = text.len() - text.trim_start().len();
        let end = start + trimmed.len();
        let named = trimmed
            .split_once('/')
            .filter(|(name, password)| (*name == user || *name == "neo4j") && !password.is_empty());
        let (user, user_at, password_at) = match named {
            Some((name, _)) => {
                let middle = start + name.len();
                (name, Some(start..middle), middle + 1..end)
            }
            None => (user, None, start..end),
        };
        let password = text.get(password_at.clone()).unwrap_or_default();
        Ok(Self {
            password: Zeroizing::new(password.to_owned()),
            text: Zeroizing::new(text.to_owned()),
            password_at,
            user_at,
            spelling: PasswordSpelling::Plain,
            user: user.to_owned(),
            address: None,
            database: None,
            administrator: None,
        })
    }

    /// Returns the user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the password. Handle with care.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Returns where the database is, as the secret spells it (with its port, where that is a member of its own).
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// Returns the database's name.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the secret of an administrator who may make users and set their passwords: a name or ARN.
    pub fn administrator(&self) -> Option<&str> {
        self.administrator.as_deref()
    }

    /// Returns the same text with another password: every other byte stays as it is.
    pub fn with_password(&self, password: &str) -> Result<Zeroizing<String>, SecretDocumentError> {
        self.with(&[(&self.password_at, password)])
    }

    /// Returns the same text for another user.
    pub fn with_credentials(
        &self,
        user: &str,
        password: &str,
    ) -> Result<Zeroizing<String>, SecretDocumentError> {
        let user_at = self
            .user_at
            .as_ref()
            .ok_or_else(|| SecretDocumentError::NoUser(Vec::new()))?;
        let mut places = [(user_at, user), (&self.password_at, password)];
        places.sort_by_key(|(place, _)| place.start);
        self.with(&places)
    }

    /// Texts in their places, the first place first.
    fn with(
        &self,
        places: &[(&Range<usize>, &str)],
    ) -> Result<Zeroizing<String>, SecretDocumentError> {
        let lost = || SecretDocumentError::NotJson("a member's place was lost".to_owned());
        // Never grown: an abandoned buffer would keep a password.
        let longest = places
            .iter()
            .map(|(_, value)| value.len() * 6 + 2)
            .sum::<usize>();
        let mut text = Zeroizing::new(String::with_capacity(self.text.len() + longest));
        let mut from = 0;
        for (place, value) in places {
            let json = || {
                serde_json::to_string(value)
                    .map(Zeroizing::new)
                    .map_err(|error| SecretDocumentError::NotJson(error.to_string()))
            };
            text.push_str(self.text.get(from..place.start).ok_or_else(lost)?);
            match self.spelling {
                PasswordSpelling::Plain => text.push_str(value),
                PasswordSpelling::JsonString => text.push_str(&json()?),
                PasswordSpelling::InJsonString => {
                    let quoted = json()?;
                    text.push_str(quoted.get(1..quoted.len() - 1).ok_or_else(lost)?);
                }
            }
            from = place.end;
        }
        text.push_str(self.text.get(from..).ok_or_else(lost)?);
        Ok(text)
    }
}

/// User and password of an object, and where they stand.
struct LoginPlace {
    user: String,
    user_at: Option<Range<usize>>,
    password: Zeroizing<String>,
    password_at: Range<usize>,
    spelling: PasswordSpelling,
}

/// User and password of an object; `user` stands for a user that it does not name.
fn login_of(
    members: &[Member<'_>],
    text: &str,
    user: Option<&str>,
) -> Result<LoginPlace, SecretDocumentError> {
    let password = one_of(members, &PASSWORD)?;
    let joined = match one_of(members, &AUTH)? {
        Some((key, raw)) => joined_login(raw, text)?.map(|login| (key, login)),
        None => None,
    };
    match (password, joined) {
        (Some((key, _)), Some((other, _))) => Err(SecretDocumentError::Ambiguous(
            key.to_owned(),
            other.to_owned(),
        )),
        (None, Some((key, login))) => match one_of(members, &USER)? {
            Some((other, _)) => Err(SecretDocumentError::Ambiguous(
                other.to_owned(),
                key.to_owned(),
            )),
            None => Ok(login),
        },
        (None, None) => Err(SecretDocumentError::NoPassword(keys(members))),
        (Some((key, raw)), None) => {
            let password = Zeroizing::new(text_of(key, raw)?);
            let password_at = place_of(raw, text);
            let (user, user_at) = match (one_of(members, &USER)?, user) {
                (Some((key, raw)), _) => (text_of(key, raw)?, Some(place_of(raw, text))),
                (None, Some(user)) => (user.to_owned(), None),
                (None, None) => return Err(SecretDocumentError::NoUser(keys(members))),
            };
            Ok(LoginPlace {
                user,
                user_at,
                password,
                password_at,
                spelling: PasswordSpelling::JsonString,
            })
        }
    }
}

/// `user/password` in one JSON string; `None` where the value is something else.
fn joined_login(raw: &RawValue, text: &str) -> Result<Option<LoginPlace>, SecretDocumentError> {
    let Some(spelled) = raw
        .get()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return Ok(None);
    };
    let Some((user, password)) = spelled.split_once('/') else {
        return Ok(None);
    };
    // JSON may spell the slash as `\/`.
    let name = user.strip_suffix('\\').unwrap_or(user);
    if name.is_empty() || name.contains('\\') || password.is_empty() {
        return Ok(None);
    }
    let start = place_of(raw, text).start + 1;
    let password_start = start + user.len() + 1;
    let unescaped = Zeroizing::new(format!("\"{password}\""));
    Ok(Some(LoginPlace {
        user: name.to_owned(),
        user_at: Some(start..start + name.len()),
        password: Zeroizing::new(
            serde_json::from_str(&unescaped).map_err(|error| not_json(&error))?,
        ),
        password_at: password_start..password_start + password.len(),
        spelling: PasswordSpelling::InJsonString,
    }))
}

fn keys(members: &[Member<'_>]) -> Vec<String> {
    members.iter().map(|(key, _)| key.clone()).collect()
}

/// Returns where a raw value stands in the text of which it is a slice: the distance of their beginnings.
fn place_of(raw: &RawValue, text: &str) -> Range<usize> {
    let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + raw.get().len()
}

type Member<'a> = (String, &'a RawValue);

/// Returns all members in their order, each value as it is spelled.
fn members(text: &str) -> Result<Vec<Member<'_>>, SecretDocumentError> {
    struct MemberVisitor;
    impl<'de> Visitor<'de> for MemberVisitor {
        type Value = Vec<Member<'de>>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer
        .deserialize_map(MemberVisitor)
        .map_err(|error| not_json(&error))?;
    deserializer.end().map_err(|error| not_json(&error))?;
    Ok(members)
}

/// Only the place of an error: its words may quote the value.
fn not_json(error: &serde_json::Error) -> SecretDocumentError {
    SecretDocumentError::NotJson(format!("line {}, column {}", error.line(), error.column()))
}

fn one_of<'a, 'b>(
    members: &'b [Member<'a>],
    names: &[&str],
) -> Result<Option<(&'b str, &'a RawValue)>, SecretDocumentError> {
    let mut found: Option<(&str, &RawValue)> = None;
    // The names stand in the order of their weight: `uri` is taken before `host`.
    for name in names {
        for (key, raw) in members.iter().filter(|(key, _)| normalized(key) == *name) {
            match found {
                // A shorter name beside a longer one (`user` beside `username`) is another thing only for passwords and users.
                Some((first, _))
                    if normalized(first) == *name || names == PASSWORD || names == USER =>
                {
                    return Err(SecretDocumentError::Ambiguous(
                        first.to_owned(),
                        key.clone(),
                    ));
                }
                Some(_) => {}
                None => found = Some((key, raw)),
            }
        }
    }
    Ok(found)
}

/// Returns a member's name in small letters, without separators.
fn normalized(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

fn text_of(key: &str, raw: &RawValue) -> Result<String, SecretDocumentError> {
    serde_json::from_str(raw.get()).map_err(|_| SecretDocumentError::NotText(key.to_owned()))
}

fn with_port(address: String, port: Option<&RawValue>) -> String {
    let port = port
        .map(|raw| raw.get().trim_matches('"'))
        .filter(|port| port.parse::<u16>().is_ok());
    match port {
        Some(port) if !address.contains("://") && !address.contains(':') => {
            format!("{address}:{port}")
        }
        _ => address,
    }
}

#[cfg(test)]
mod tests;
