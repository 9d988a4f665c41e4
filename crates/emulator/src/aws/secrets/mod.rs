//! Secrets Manager: secrets, versions and staging labels, with the rules of AWS about them.

pub(crate) mod handlers;
mod lists;
mod passwords;
mod rotation;
mod staging;
mod state;

pub(crate) use self::state::{
    Payload, ROTATION_AGE_HOURS, Secret, SecretsState, VALUE_AGE_HOURS, Version,
};
