//! What every command starts from: the configuration, the deployments that were picked, the services.

use std::{path::PathBuf, time::Duration};

use crate::{
    config::{self, Loaded},
    keys::Keymap,
    model::{Deployment, Failure, did_you_mean, pluralize},
    net::ca_bundle::CaBundle,
    services::{ServiceOptions, Services, aws::shared_config},
};

use super::{arguments::Global, output, usage};

/// The flags that work everywhere, and what follows from them. Nothing is read before it is asked for.
pub(crate) struct Context {
    /// The flags.
    pub(crate) global: Global,
}

impl Context {
    /// From the flags alone.
    pub(crate) const fn new(global: Global) -> Self {
        Self { global }
    }

    /// The configuration as it is, with its problems; those of its keys included.
    pub(crate) fn load(&self) -> Loaded {
        let flags = &self.global;
        let region = |profile: Option<&str>| {
            // `--region` goes over everything, and `--profile` over the profile of the deployment.
            let profile = flags.profile.as_deref().or(profile);
            flags
                .region
                .first()
                .cloned()
                .or_else(|| shared_config::region(profile))
        };
        let mut loaded = config::load(flags.config.as_deref(), &region);
        for deployment in &mut loaded.config.deployments {
            self.apply_flags(deployment);
        }
        for wrong in Keymap::embedded().lay_over(&loaded.config.keys) {
            let path = std::iter::once("keys").chain(wrong.path.iter().map(String::as_str));
            loaded.complain(path, wrong.of_value, format!("[keys]: {}", wrong.message));
        }
        loaded
    }

    /// Applies `--profile` and `--region` to a deployment of the configuration.
    fn apply_flags(&self, deployment: &mut Deployment) {
        if let Some(profile) = &self.global.profile {
            deployment.profile = Some(profile.clone());
            // The named profile is the only source of credentials.
            deployment.credentials = None;
        }
        if let [region] = self.global.region.as_slice() {
            deployment.region.clone_from(region);
        }
    }

    /// The picked deployments of a configuration without problems; warnings go to stderr.
    ///
    /// # Errors
    /// Usage: problems (all of them), no configuration, an unknown name, or nothing configured.
    pub(crate) fn deployments(&self) -> Result<Vec<Deployment>, Failure> {
        let loaded = self.load();
        refuse_problems(&loaded)?;
        CaBundle::of_environment("reading the certificates")?;
        if loaded.found && self.global.region.len() > 1 {
            return Err(usage(
                "reading --region",
                "several regions work without a configuration only",
            )
            .hint("give one region, or name deployments of the configuration with --deployment"));
        }
        loaded
            .warnings
            .iter()
            .for_each(|warning| output::note(&format!("warning: {warning}")));
        if !loaded.found {
            return Err(no_configuration(&loaded));
        }
        let picked = self.pick(loaded.config.deployments)?;
        if picked.is_empty() {
            return Err(usage("reading the configuration", "it names no deployment")
                .hint("`agentcore-console config example` prints a documented one"));
        }
        Ok(picked)
    }

    /// The one deployment that a command works on.
    ///
    /// # Errors
    /// Usage where several are configured and none is picked.
    pub(crate) fn deployment(&self) -> Result<Deployment, Failure> {
        let all = self.deployments()?;
        match all.as_slice() {
            [only] => Ok(only.clone()),
            several => Err(which(several)),
        }
    }

    /// A deployment for calling a URL without a configuration.
    pub(crate) fn for_url() -> Deployment {
        let region = shared_config::region(None);
        Deployment::new("url", region.unwrap_or_else(|| "us-east-1".into()))
    }

    /// The services as the flags want them; nothing is connected yet.
    pub(crate) fn services(&self) -> Services {
        self.services_within(self.global.timeout)
    }

    /// The same where `--timeout` means a longer wait than for one answer.
    pub(crate) fn patient_services(&self) -> Services {
        self.services_within(None)
    }

    fn services_within(&self, timeout: Option<Duration>) -> Services {
        let usual = ServiceOptions::default();
        let timeout = timeout.unwrap_or(usual.timeout);
        let services = Services::new(ServiceOptions {
            timeout,
            total_timeout: usual.total_timeout.max(timeout),
            read_only: self.global.read_only,
        });
        services.set_announce(Box::new(|address| {
            output::note(&format!("To sign in, open {address}"));
        }));
        services
    }

    /// Those that `--deployment` names, in that order; all without it.
    pub(crate) fn pick(&self, all: Vec<Deployment>) -> Result<Vec<Deployment>, Failure> {
        if self.global.deployment.is_empty() {
            return Ok(all);
        }
        let known: Vec<&str> = all.iter().map(|each| each.name.as_str()).collect();
        let strangers: Vec<String> = self
            .global
            .deployment
            .iter()
            .filter(|name| !known.contains(&name.as_str()))
            .map(|name| {
                format!(
                    "unknown deployment \"{name}\"{}",
                    did_you_mean(name, known.iter().copied())
                )
            })
            .collect();
        if !strangers.is_empty() {
            let hint = if known.is_empty() {
                "none is configured".into()
            } else {
                format!("known: {}", known.join(", "))
            };
            return Err(usage("picking deployments", strangers.join("; ")).hint(hint));
        }
        let mut picked: Vec<Deployment> = Vec::new();
        for name in &self.global.deployment {
            let found = all.iter().find(|each| each.name.as_str() == name);
            picked.extend(
                found
                    .filter(|each| picked.iter().all(|other| other.name != each.name))
                    .cloned(),
            );
        }
        Ok(picked)
    }
}

/// All problems of the configuration as one failure.
pub(crate) fn refuse_problems(loaded: &Loaded) -> Result<(), Failure> {
    let path = loaded
        .path
        .as_ref()
        .map_or_else(String::new, |path| path.display().to_string());
    match loaded.problems.as_slice() {
        [] => return Ok(()),
        // The file as a whole: why, and what to do about it.
        [only] if only.line == 0 => {
            let failure = usage(
                format!("reading the configuration {path}"),
                only.message.as_str(),
            );
            return Err(Failure {
                hint: way_to_one(loaded),
                ..failure
            });
        }
        _ => {}
    }
    let mut failure = usage(
        format!("reading the configuration {path}"),
        pluralize(loaded.problems.len(), "problem"),
    );
    for problem in &loaded.problems {
        failure = failure.evidence(problem.to_string());
    }
    Err(failure)
}

/// How to get the configuration that was named and is not there.
pub(crate) fn way_to_one(loaded: &Loaded) -> Option<String> {
    let is_missed =
        |path: &&PathBuf| !loaded.found && !loaded.problems.is_empty() && !path.exists();
    let path = loaded.path.as_ref().filter(is_missed)?.display();
    Some(format!(
        "`agentcore-console init --config {path} --stack NAME` writes it from a stack's outputs; \
         `agentcore-console config example > {path}` makes one to edit; `agentcore-console demo` needs none"
    ))
}

/// There is no file at the default place.
pub(crate) fn no_configuration(loaded: &Loaded) -> Failure {
    let place = loaded.path.as_ref().map_or_else(
        || "anywhere".into(),
        |path| format!("at {}", path.display()),
    );
    usage("reading the configuration", format!("there is none {place}")).hint(
        "`agentcore-console demo` needs none; `agentcore-console init --stack NAME` writes one from a stack's outputs; \
             `agentcore-console config example` prints one to edit; --config FILE names another",
    )
}

/// Several deployments, and the command works on one.
pub(crate) fn which(several: &[Deployment]) -> Failure {
    let names: Vec<&str> = several.iter().map(|each| each.name.as_str()).collect();
    usage(
        "picking a deployment",
        "this works on one, and several are configured",
    )
    .hint(format!("pick one: --deployment {}", names.join("|")))
}
