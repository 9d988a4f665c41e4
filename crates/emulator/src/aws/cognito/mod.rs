//! Cognito: user pools, their app clients with up to two secrets each, and the web endpoints of each pool.

mod client_secrets;
pub(crate) mod handlers;
mod hosted;
mod state;
mod tokens;
mod web;

pub(crate) use self::state::CognitoState;
pub(crate) use self::web::{handle_web, serves};
