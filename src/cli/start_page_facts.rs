//! What the start page says was looked for: the configuration, the environment, the profiles, the region, the files of the
//! current folder.

use crate::{
    config::{self, Loaded},
    screens::start_page::{ConfigurationLookup, ConfigurationLookupState, SignInOffer, StartPage},
    services::aws::shared_config,
};

use super::{context::Context, init};

/// Profiles that are named one by one.
const PROFILES: usize = 8;

/// Gathers what the start page shows if there is nothing to watch. Reads the AWS configuration and the current folder.
pub(super) fn start_page(context: &Context, loaded: &Loaded) -> StartPage {
    let named = context.global.profile.clone();
    let named = named.or_else(|| variable("AWS_PROFILE"));
    let profiles = shared_config::profile_names();
    let regions = context.regions().unwrap_or_default();
    let files = init::files_understood();
    let mut looked_for = vec![configuration(context, loaded), environment()];
    looked_for.extend(profile_rows(named.as_deref(), &profiles));
    looked_for.extend([machine(), region(context, &regions), files_here(&files)]);
    let mut page = StartPage::default();
    page.can_start_demo = cfg!(feature = "local");
    page.sign_in = sign_in(named.as_deref(), &profiles);
    page.profiles = profiles;
    page.files = files.into_iter().map(|(name, _)| name).collect();
    page.regions = regions;
    page.has_configuration = loaded.found;
    page.looked_for = looked_for;
    page
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty())
}

fn row(
    what: &str,
    state: ConfigurationLookupState,
    found: impl Into<String>,
    command: &str,
) -> ConfigurationLookup {
    ConfigurationLookup {
        what: what.to_owned(),
        found: found.into(),
        state,
        command: command.to_owned(),
    }
}

fn configuration(context: &Context, loaded: &Loaded) -> ConfigurationLookup {
    let what = "configuration";
    let path = loaded.path.clone().or_else(config::default_path);
    let place = path.map_or_else(
        || "anywhere: this machine has no configuration folder".to_owned(),
        |path| from_home(&path),
    );
    if !loaded.problems.is_empty() {
        let found = format!(
            "{}: {}",
            place,
            crate::model::pluralize(loaded.problems.len(), "problem")
        );
        return row(
            what,
            ConfigurationLookupState::Broken,
            found,
            "agentcore-console config check",
        );
    }
    if loaded.found {
        return row(what, ConfigurationLookupState::Found, place, "");
    }
    let named = if context.global.config.is_some() {
        ""
    } else {
        ", and no --config was given"
    };
    row(
        what,
        ConfigurationLookupState::Absent,
        format!("not at {place}{named}"),
        "agentcore-console init",
    )
}

/// Returns a path as a shell would take it, with `~` for the home folder.
fn from_home(path: &std::path::Path) -> String {
    let inside = variable("HOME").and_then(|home| path.strip_prefix(home).ok());
    inside.map_or_else(
        || path.display().to_string(),
        |rest| format!("~/{}", rest.display()),
    )
}

fn environment() -> ConfigurationLookup {
    let set: Vec<&str> = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL"]
        .into_iter()
        .filter(|name| variable(name).is_some())
        .collect();
    if set.is_empty() {
        let found = "AWS_ACCESS_KEY_ID and AWS_PROFILE are not set";
        return row("environment", ConfigurationLookupState::Absent, found, "");
    }
    let verb = if set.len() == 1 { "is" } else { "are" };
    let found = format!("{} {verb} set", set.join(" and "));
    row("environment", ConfigurationLookupState::Found, found, "")
}

fn profile_rows(named: Option<&str>, profiles: &[String]) -> Vec<ConfigurationLookup> {
    let mut rows = Vec::new();
    if let Some(name) = named {
        let what = format!("profile {name}");
        rows.push(match shared_config::unknown_profile(name) {
            Some(cause) => row(
                &what,
                ConfigurationLookupState::Broken,
                cause,
                &format!("aws configure sso --profile {name}"),
            ),
            None => row(
                &what,
                ConfigurationLookupState::Found,
                "named: the only source of credentials",
                "",
            ),
        });
    }
    let others: Vec<&String> = profiles
        .iter()
        .filter(|profile| Some(profile.as_str()) != named)
        .collect();
    for (index, name) in others.iter().take(PROFILES).enumerate() {
        let found = if index == 0 {
            "not tried: a profile is used only when it is named"
        } else {
            "not tried"
        };
        rows.push(row(
            &format!("profile {name}"),
            ConfigurationLookupState::Absent,
            found,
            &format!("--profile {name}"),
        ));
    }
    if let Some(more) = others.len().checked_sub(PROFILES + 1) {
        let found = format!("and {} more", more + 1);
        rows.push(row("profiles", ConfigurationLookupState::Absent, found, ""));
    }
    if rows.is_empty() {
        let found = "none in ~/.aws/config and ~/.aws/credentials";
        rows.push(row(
            "profiles",
            ConfigurationLookupState::Absent,
            found,
            "aws configure sso",
        ));
    }
    rows
}

/// Credentials that the machine itself gives.
fn machine() -> ConfigurationLookup {
    let container = [
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ];
    match container.into_iter().find(|name| variable(name).is_some()) {
        Some(name) => row(
            "this machine",
            ConfigurationLookupState::Found,
            format!("{name} is set"),
            "",
        ),
        None => row(
            "this machine",
            ConfigurationLookupState::Absent,
            "no container role; an instance role is asked for if no profile is named",
            "",
        ),
    }
}

fn region(context: &Context, regions: &[String]) -> ConfigurationLookup {
    if regions.is_empty() {
        let found = "none named: --region, AWS_REGION or a profile that has one";
        return row(
            "region",
            ConfigurationLookupState::Broken,
            found,
            "--region us-west-2",
        );
    }
    let source = if context.global.region.is_empty() {
        match variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")) {
            Some(_) if context.global.profile.is_none() => "of the environment",
            Some(_) | None => "of the profile",
        }
    } else {
        "of --region"
    };
    let found = format!("{}, {source}", regions.join(", "));
    row("region", ConfigurationLookupState::Found, found, "")
}

fn files_here(files: &[(String, String)]) -> ConfigurationLookup {
    if files.is_empty() {
        let found = "none that `init` can read";
        return row("files here", ConfigurationLookupState::Absent, found, "");
    }
    let names: Vec<String> = files
        .iter()
        .map(|(name, what)| format!("{name}  {what}"))
        .collect();
    row(
        "files here",
        ConfigurationLookupState::Found,
        names.join("   "),
        "agentcore-console init",
    )
}

/// Returns the command that signs in with the named profile, or with the only one.
fn sign_in(named: Option<&str>, profiles: &[String]) -> SignInOffer {
    let only = match profiles {
        [only] => Some(only.as_str()),
        [] | [_, ..] => None,
    };
    let hint = shared_config::sign_in_command(named.or(only));
    let command = hint
        .split('`')
        .nth(1)
        .filter(|command| command.starts_with("aws ") && !command.contains("NAME"));
    match command {
        Some(command) => SignInOffer {
            command: command.split_whitespace().map(str::to_owned).collect(),
            text: format!("{command}, in this terminal"),
        },
        None => SignInOffer {
            command: Vec::new(),
            text: hint,
        },
    }
}
