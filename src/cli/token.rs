//! `token`: what a sign-in gives, the token itself only where it is asked for by name; and how a person's sign-in is forgotten.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::model::{Claims, Moment, SecretText, SignInMode, sanitize};

use crate::net::clock;

use super::{context::Context, outcome::CliResult, output, process, sign_in, values::TextOrJson};

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct TokenOptions {
    /// Print the claims alone, as JSON
    #[arg(long)]
    claims: bool,
    /// Print the token itself
    #[arg(long, conflicts_with = "claims")]
    reveal: bool,
    /// Delete what the keyring keeps of a person's sign-in in the browser; the next sign-in asks again
    #[arg(long, conflicts_with_all = ["claims", "reveal"])]
    forget: bool,
    /// Another sign-in than the configured one
    #[arg(long, value_parser = sign_in::mode_parser(), value_name = "MODE")]
    sign_in: Option<SignInMode>,
    /// How to print
    #[arg(long, short, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t = TextOrJson::Text)]
    output: TextOrJson,
}

/// Runs `token`.
pub(crate) fn run(context: &Context, options: &TokenOptions) -> CliResult {
    let deployment = context.deployment()?;
    let other = options
        .sign_in
        .map(|mode| sign_in::of_mode(mode, &deployment))
        .transpose()?
        .flatten();
    let services = context.services();
    if options.forget {
        let signing_out = services.sign_ins.sign_out(&deployment, other.as_ref());
        let forgotten = process::runtime()?.block_on(signing_out)?;
        return show_forgotten(forgotten.as_deref(), options.output);
    }
    let (token, claims) =
        process::runtime()?.block_on(services.sign_ins.token(&deployment, other.as_ref()))?;
    match options.output {
        TextOrJson::Json => output::json(&whole(&claims, options.reveal.then_some(&token)))?,
        TextOrJson::Text if options.claims => output::json(&claims.claims)?,
        TextOrJson::Text if options.reveal => output::text(token.reveal())?,
        TextOrJson::Text => {
            output::text(&summary(&claims))?;
            output::note(
                "decoded, not verified; --claims prints all claims, --reveal the token itself",
            );
        }
    }
    Ok(())
}

/// Prints what was deleted: the account of the keyring's entry.
fn show_forgotten(account: Option<&str>, output: TextOrJson) -> CliResult {
    let text = account.map_or_else(
        || "the keyring holds no sign-in of this deployment".to_owned(),
        |account| {
            format!(
                "forgotten: the keyring's entry {} is deleted; the authorization server was not told",
                sanitize(account)
            )
        },
    );
    match output {
        TextOrJson::Json => {
            output::json(&json!({"forgotten": account.is_some(), "entry": account}))?;
        }
        TextOrJson::Text => output::text(&text)?,
    }
    Ok(())
}

fn whole(claims: &Claims, token: Option<&SecretText>) -> Value {
    let mut all = Map::new();
    all.insert("token_type".into(), json!(claims.token_type));
    all.insert(
        "expires_at".into(),
        json!(claims.expires_at.map(Moment::iso)),
    );
    all.insert("claims".into(), claims.claims.clone());
    if let Some(token) = token {
        all.insert("token".into(), json!(token.reveal()));
    }
    Value::Object(all)
}

/// Returns the claims that sign-ins fail by, one a line.
fn summary(claims: &Claims) -> String {
    let now = clock::now();
    let expiry = claims.expires_at.map_or_else(
        || "unknown".to_owned(),
        |at| {
            format!(
                "{at} (in {})",
                crate::model::moment::short_duration(at.since(now).max(0))
            )
        },
    );
    let mut lines = vec![
        format!("type       {}", claims.token_type),
        format!("expires    {expiry}"),
    ];
    for name in [
        "iss",
        "client_id",
        "aud",
        "sub",
        "username",
        "scope",
        "token_use",
    ] {
        if let Some(value) = claims.claims.get(name) {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            lines.push(format!("{name:<9}  {text}"));
        }
    }
    lines
        .iter()
        .map(|line| sanitize(line))
        .collect::<Vec<_>>()
        .join("\n")
}
