//! The shared AWS configuration (`~/.aws/config`, `~/.aws/credentials`) and the environment, as one profile sees them.
//!
//! `aws-config` reads the same files, but it falls through to other credentials where a named profile has none, it
//! ignores `ca_bundle`, and requests that no SDK makes do not see what it has read. Everything that this console sends
//! therefore takes its region, certificates and endpoints from here.

use std::path::PathBuf;

use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::{file::EnvConfigFiles, property::PropertiesKey};
use aws_types::os_shim_internal::{Env, Fs};
use futures::FutureExt as _;

use crate::model::{Failure, FailureKind, did_you_mean};

/// Longest chain of `source_profile` that is followed for a hint.
const LONGEST_CHAIN: usize = 10;

/// The settings of one profile, with the files that they come from.
#[derive(Clone, Debug)]
pub(crate) struct ProfileSettings {
    /// The profile that was named by the deployment, by `--profile` or by `AWS_PROFILE`; `None` if none was named.
    named: Option<String>,
    sections: ProfileSet,
    env: Environment,
}

/// The environment variables that this file reads, so that tests can supply their own.
#[derive(Clone, Debug)]
struct Environment(fn(&str) -> Option<String>);

impl Environment {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.trim().is_empty())
    }
}

fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// How a profile obtains its credentials, and therefore how they are renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CredentialSource {
    /// `sso_session`, or the older `sso_start_url`.
    Sso,
    /// `login_session`, which `aws login` writes.
    Login,
    /// `credential_process`.
    Process,
    /// `web_identity_token_file`.
    WebIdentity,
    /// `role_arn` with `credential_source`, such as the instance's role.
    AssumedFromEnvironment,
    /// Access keys.
    Keys,
    /// Nothing that gives credentials.
    None,
}

/// An AWS service as the shared configuration names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServiceName {
    /// Service id of the service's model, in lower case with underscores: `bedrock_agentcore_control`.
    pub(crate) id: &'static str,
    /// First label of the service's host name: `bedrock-agentcore-control`.
    pub(crate) host: &'static str,
}

impl ServiceName {
    /// AgentCore's data plane.
    pub(crate) const AGENTCORE: Self = Self::new("bedrock_agentcore", "bedrock-agentcore");
    /// AgentCore's control plane.
    pub(crate) const AGENTCORE_CONTROL: Self =
        Self::new("bedrock_agentcore_control", "bedrock-agentcore-control");
    /// CloudFormation.
    pub(crate) const CLOUDFORMATION: Self = Self::new("cloudformation", "cloudformation");
    /// CloudTrail.
    pub(crate) const CLOUDTRAIL: Self = Self::new("cloudtrail", "cloudtrail");
    /// CloudWatch metrics.
    pub(crate) const CLOUDWATCH: Self = Self::new("cloudwatch", "monitoring");
    /// CloudWatch Logs.
    pub(crate) const LOGS: Self = Self::new("cloudwatch_logs", "logs");
    /// Cognito user pools.
    pub(crate) const COGNITO: Self = Self::new("cognito_identity_provider", "cognito-idp");
    /// Secrets Manager.
    pub(crate) const SECRETS: Self = Self::new("secrets_manager", "secretsmanager");
    /// The Security Token Service.
    pub(crate) const STS: Self = Self::new("sts", "sts");

    /// Every service that this console calls.
    pub(crate) const ALL: [Self; 9] = [
        Self::AGENTCORE,
        Self::AGENTCORE_CONTROL,
        Self::CLOUDFORMATION,
        Self::CLOUDTRAIL,
        Self::CLOUDWATCH,
        Self::LOGS,
        Self::COGNITO,
        Self::SECRETS,
        Self::STS,
    ];

    const fn new(id: &'static str, host: &'static str) -> Self {
        Self { id, host }
    }

    /// Returns the service with this host label; a service that is not in the list is known by its host label alone.
    pub(crate) fn of_host(host: &'static str) -> Self {
        Self::ALL
            .into_iter()
            .find(|service| service.host == host)
            .unwrap_or(Self { id: host, host })
    }
}

impl ProfileSettings {
    /// Reads the files for a profile. Without a name, `AWS_PROFILE` names it.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if the files cannot be parsed, or if the named profile does not exist.
    pub(crate) fn load(doing: &str, profile: Option<&str>) -> Result<Self, Failure> {
        let env = Environment(process_environment);
        let named = profile
            .map(str::to_owned)
            .or_else(|| env.get("AWS_PROFILE"));
        let sections = read_files(named.as_deref())
            .map_err(|cause| Failure::new(FailureKind::Usage, doing, cause))?;
        let settings = Self {
            named,
            sections,
            env,
        };
        settings.check_exists(doing, profile.is_some())?;
        Ok(settings)
    }

    /// Returns the settings of nothing but the environment: for deployments whose credentials stand in this console's own
    /// configuration, which need no shared configuration.
    pub(crate) fn environment_only() -> Self {
        Self {
            named: None,
            sections: ProfileSet::default(),
            env: Environment(process_environment),
        }
    }

    fn check_exists(&self, doing: &str, by_console: bool) -> Result<(), Failure> {
        let Some(name) = &self.named else {
            return Ok(());
        };
        if self.sections.get_profile(name).is_some() {
            return Ok(());
        }
        let mut known: Vec<&str> = self.sections.profiles().collect();
        known.sort_unstable();
        let cause = format!(
            "there is no profile \"{name}\" in the AWS configuration{}",
            did_you_mean(name, known.iter().copied())
        );
        let hint = match (by_console, known.is_empty()) {
            (_, true) => format!("`aws configure sso --profile {name}` creates it"),
            (true, false) => format!("known profiles: {}", known.join(", ")),
            (false, false) => format!("AWS_PROFILE names it; known profiles: {}", known.join(", ")),
        };
        Err(Failure::new(FailureKind::Usage, doing, cause).hint(hint))
    }

    /// Returns the profile that was named. If there is one, it is the only source of credentials.
    pub(crate) fn named(&self) -> Option<&str> {
        self.named.as_deref()
    }

    fn name(&self) -> &str {
        self.named.as_deref().unwrap_or("default")
    }

    fn profile(&self) -> Option<&Profile> {
        self.sections.get_profile(self.name())
    }

    fn property(&self, key: &str) -> Option<String> {
        let value = self.profile()?.get(key)?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Returns the profile's region.
    pub(crate) fn region(&self) -> Option<String> {
        self.property("region")
    }

    /// Returns the file of additional certificate authorities, with the name of the setting that it comes from. As in AWS's
    /// own tools, `AWS_CA_BUNDLE` goes over the profile's `ca_bundle`.
    pub(crate) fn ca_bundle(&self) -> Option<(PathBuf, &'static str)> {
        if let Some(path) = self.env.get("AWS_CA_BUNDLE") {
            return Some((PathBuf::from(path), "AWS_CA_BUNDLE"));
        }
        let path = self.property("ca_bundle")?;
        let path = match (path.strip_prefix("~/"), std::env::home_dir()) {
            (Some(rest), Some(home)) => home.join(rest),
            (Some(_) | None, _) => PathBuf::from(path),
        };
        Some((path, "ca_bundle"))
    }

    /// Returns the configured endpoint of a service, without a slash at its end. The order is the one of AWS's SDKs: the
    /// service's variable, `AWS_ENDPOINT_URL`, the service's entry of the profile's `services` section, and the
    /// profile's `endpoint_url`.
    pub(crate) fn endpoint(&self, service: ServiceName) -> Option<String> {
        if self.ignores_endpoints() {
            return None;
        }
        let variable = format!("AWS_ENDPOINT_URL_{}", service.id.to_ascii_uppercase());
        self.env
            .get(&variable)
            .or_else(|| self.env.get("AWS_ENDPOINT_URL"))
            .or_else(|| self.service_property(service, "endpoint_url"))
            .or_else(|| self.property("endpoint_url"))
            .map(|url| url.trim_end_matches('/').to_owned())
    }

    fn ignores_endpoints(&self) -> bool {
        self.flag(
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "ignore_configured_endpoint_urls",
        ) == Some(true)
    }

    /// Returns whether FIPS endpoints are used; `None` if nothing says so.
    pub(crate) fn uses_fips(&self) -> Option<bool> {
        self.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
    }

    /// Returns whether endpoints for both versions of IP are used; `None` if nothing says so.
    pub(crate) fn uses_dual_stack(&self) -> Option<bool> {
        self.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
    }

    fn flag(&self, variable: &str, property: &str) -> Option<bool> {
        let value = self.env.get(variable).or_else(|| self.property(property))?;
        Some(value.eq_ignore_ascii_case("true"))
    }

    /// Returns a service's entry of the `[services NAME]` section. The AWS CLI writes service ids with underscores, the Rust SDK
    /// reads them with hyphens: both are read here.
    fn service_property(&self, service: ServiceName, key: &str) -> Option<String> {
        let section = self.property("services")?;
        [service.id.to_owned(), service.id.replace('_', "-")]
            .into_iter()
            .find_map(|id| {
                let key = PropertiesKey::builder()
                    .section_key("services")
                    .section_name(section.as_str())
                    .property_name(id)
                    .sub_property_name(key)
                    .build()
                    .ok()?;
                self.sections.other_sections().get(&key).cloned()
            })
            .filter(|value| !value.trim().is_empty())
    }

    /// Returns how the profile obtains its credentials, and the profile at the end of its role chain that does so.
    pub(crate) fn credential_source(&self) -> (CredentialSource, String) {
        let mut name = self.name().to_owned();
        for _ in 0..LONGEST_CHAIN {
            let Some(profile) = self.sections.get_profile(&name) else {
                return (CredentialSource::None, name);
            };
            let next = profile.get("source_profile").filter(|next| **next != *name);
            match next {
                Some(next) if profile.get("role_arn").is_some() => next.clone_into(&mut name),
                Some(_) | None => return (source_of(profile), name),
            }
        }
        (CredentialSource::None, name)
    }

    /// Returns whether the profile or one of its role chain demands a second factor, which the SDK cannot ask for.
    pub(crate) fn needs_second_factor(&self) -> bool {
        let mut name = self.name().to_owned();
        for _ in 0..LONGEST_CHAIN {
            let Some(profile) = self.sections.get_profile(&name) else {
                return false;
            };
            if profile.get("role_arn").is_some() && profile.get("mfa_serial").is_some() {
                return true;
            }
            match profile.get("source_profile").filter(|next| **next != *name) {
                Some(next) => next.to_owned().clone_into(&mut name),
                None => return false,
            }
        }
        false
    }

    /// Returns the next step for a person whose credentials are missing, expired or refused. It names the command that renews
    /// exactly the profile in use.
    pub(crate) fn renewal_hint(&self) -> String {
        if self.named.is_none() {
            return self.unnamed_hint();
        }
        if self.needs_second_factor() {
            return format!(
                "the profile {} needs a second factor (mfa_serial), which cannot be asked for here: \
                 start with the session that `aws sts get-session-token` gives",
                self.name()
            );
        }
        let (source, name) = self.credential_source();
        match source {
            CredentialSource::Sso => format!("run `aws sso login --profile {name}`"),
            CredentialSource::Login => format!("run `aws login --profile {name}`"),
            CredentialSource::Process => {
                format!(
                    "the credential_process of the profile {name} must print valid credentials within 15 s"
                )
            }
            CredentialSource::WebIdentity => format!(
                "the web identity token of the profile {name} must be valid, and its role must trust it"
            ),
            CredentialSource::AssumedFromEnvironment => format!(
                "the credential_source of the profile {name} must give credentials that may assume its role"
            ),
            CredentialSource::Keys => format!(
                "renew the access keys of the profile {name}: `aws configure --profile {name}`"
            ),
            CredentialSource::None => format!(
                "the profile {name} says nothing about credentials: `aws configure sso --profile {name}` completes it"
            ),
        }
    }

    fn unnamed_hint(&self) -> String {
        if self.env.get("AWS_ACCESS_KEY_ID").is_some() {
            return "renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment"
                .to_owned();
        }
        match self.credential_source() {
            (CredentialSource::Sso, name) if self.profile().is_some() => {
                format!("run `aws sso login --profile {name}`")
            }
            (CredentialSource::Login, name) if self.profile().is_some() => {
                format!("run `aws login --profile {name}`")
            }
            _ => "name a profile (--profile NAME, or `profile` of the deployment), \
                  or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                .to_owned(),
        }
    }
}

fn source_of(profile: &Profile) -> CredentialSource {
    let has = |key: &str| profile.get(key).is_some();
    if has("role_arn") && has("credential_source") {
        CredentialSource::AssumedFromEnvironment
    } else if has("web_identity_token_file") {
        CredentialSource::WebIdentity
    } else if has("sso_session") || has("sso_start_url") {
        CredentialSource::Sso
    } else if has("login_session") {
        CredentialSource::Login
    } else if has("credential_process") {
        CredentialSource::Process
    } else if has("aws_access_key_id") {
        CredentialSource::Keys
    } else {
        CredentialSource::None
    }
}

/// Returns the region for a deployment that names none: its profile's, else the environment's, else the one of the profile that
/// the environment names, else the default profile's. `None` if there is none, or if the files cannot be read; whoever
/// needs the profile reports that.
pub fn region(profile: Option<&str>) -> Option<String> {
    let env = Environment(process_environment);
    let of_profile = |name: Option<&str>| {
        let settings = ProfileSettings {
            named: name.map(str::to_owned),
            sections: read_files(name).ok()?,
            env: env.clone(),
        };
        settings.region()
    };
    profile
        .and_then(|name| of_profile(Some(name)))
        .or_else(|| env.get("AWS_REGION"))
        .or_else(|| env.get("AWS_DEFAULT_REGION"))
        .or_else(|| of_profile(env.get("AWS_PROFILE").as_deref()))
}

/// The names of all profiles, sorted. Empty if the files cannot be read.
pub fn profile_names() -> Vec<String> {
    let mut names: Vec<String> = read_files(None)
        .map(|sections| sections.profiles().map(str::to_owned).collect())
        .unwrap_or_default();
    names.sort_unstable();
    names
}

/// Returns the command that signs in to AWS with a profile, or with the only sort of profile that needs none to be named.
pub fn sign_in_command(profile: Option<&str>) -> String {
    let settings = ProfileSettings {
        named: profile.map(str::to_owned),
        sections: read_files(profile).unwrap_or_default(),
        env: Environment(process_environment),
    };
    match (profile, settings.profile()) {
        (None, None) => "aws configure sso --profile NAME, aws sso login --profile NAME".to_owned(),
        (Some(_), _) | (None, Some(_)) => settings.renewal_hint(),
    }
}

/// Returns what is wrong with the name of a profile; `None` if there is such a profile.
pub fn unknown_profile(profile: &str) -> Option<String> {
    ProfileSettings::load("reading the profile", Some(profile))
        .err()
        .map(|failure| failure.cause)
}

/// Reads both files. The error is one sentence.
fn read_files(profile: Option<&str>) -> Result<ProfileSet, String> {
    let (fs, env) = (Fs::real(), Env::real());
    let files = EnvConfigFiles::default();
    let selected = profile.map(|name| name.to_owned().into());
    // `load` is asynchronous in form only: it reads files and never waits.
    aws_config::profile::load(&fs, &env, &files, selected)
        .now_or_never()
        .ok_or_else(|| "the AWS configuration could not be read at once".to_owned())?
        .map_err(|error| {
            format!(
                "the AWS configuration cannot be read: {}",
                crate::net::http_client::chain(&error)
            )
        })
}
