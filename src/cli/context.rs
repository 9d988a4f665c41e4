//! What every command starts from: the configuration, the deployments that were picked, the services.

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use crate::{
    config::{self, Loaded},
    keys::Keymap,
    model::{Deployment, Failure, FailureKind, did_you_mean, pluralize},
    net::ca_bundle::CaBundle,
    services::{
        ServiceOptions, Services, SignInNotice, aws::shared_config, discovery::DiscoveryPlace,
    },
};

use super::{group_failures, outcome::usage, output, process, values::Global};

/// The flags that work everywhere, and what follows from them. Nothing is read before it is asked for.
pub(crate) struct Context {
    /// The flags.
    pub(crate) global: Global,
    /// What discovery could not read while other listings worked.
    missing: OnceLock<Vec<Failure>>,
}

impl Context {
    /// From the flags alone.
    pub(crate) const fn new(global: Global) -> Self {
        Self {
            global,
            missing: OnceLock::new(),
        }
    }

    /// Returns the exit code of a command that did its work on data that is not complete.
    pub(crate) fn partial_code(&self) -> Option<u8> {
        group_failures::partial_code(self.missing())
    }

    /// The command goes on without what failed here, and will end with the exit code of partial data.
    pub(crate) fn lacks(&self, failures: &[Failure]) {
        let _ = self.missing.set(failures.to_vec());
    }

    /// Returns what discovery could not read.
    pub(crate) fn missing(&self) -> &[Failure] {
        self.missing.get().map_or(&[], Vec::as_slice)
    }

    /// Returns the configuration as it is, with its problems; those of its keys included.
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

    /// Returns the picked deployments of a configuration without problems; warnings go to stderr.
    ///
    /// # Errors
    /// Usage: problems (all of them), no configuration, an unknown name, or nothing configured.
    pub(crate) fn deployments(&self) -> Result<Vec<Deployment>, Failure> {
        let loaded = self.load();
        refuse_problems(&loaded)?;
        CaBundle::of_environment("reading the certificates")?;
        if loaded.found && (self.global.region.len() > 1 || self.profiles().len() > 1) {
            return Err(usage(
                "reading --region and --profile",
                "several regions or profiles work without a configuration only",
            )
            .hint("give one of each, or name deployments of the configuration with --deployment"));
        }
        loaded
            .warnings
            .iter()
            .for_each(|warning| output::note(&format!("warning: {warning}")));
        if !loaded.found {
            return self.discovered(&loaded);
        }
        let picked = self.pick(loaded.config.deployments)?;
        if picked.is_empty() {
            return Err(usage("reading the configuration", "it names no deployment")
                .hint("`agentcore-console config example` prints a documented one"));
        }
        Ok(picked)
    }

    /// Returns the picked deployments of what the account has, for a start without a configuration.
    ///
    /// # Errors
    /// Usage if there is no region, or nothing was found; those of AWS.
    fn discovered(&self, loaded: &Loaded) -> Result<Vec<Deployment>, Failure> {
        let Some(places) = self.places() else {
            return Err(no_region(loaded));
        };
        let services = self.services();
        // A thread of its own: some commands ask for deployments while their own runtime is at work.
        let discovery = std::thread::scope(|scope| {
            let asking =
                scope.spawn(|| process::runtime()?.block_on(services.discovery.discover(&places)));
            asking
                .join()
                .unwrap_or_else(|_| Err(usage("looking for deployments", "it failed unexpectedly")))
        });
        let discovery = discovery.map_err(|failure| without_file(failure, loaded))?;
        discovery.problems.iter().for_each(output::complain);
        self.lacks(&discovery.problems);
        let found: Vec<Deployment> = discovery
            .found
            .into_iter()
            .map(|found| found.deployment)
            .collect();
        if found.is_empty() {
            return Err(nothing_found(&self.regions().unwrap_or_default(), loaded));
        }
        self.pick(found)
    }

    /// Returns the profiles that are named, separated by commas; one `None` without any.
    fn profiles(&self) -> Vec<Option<String>> {
        let Some(named) = &self.global.profile else {
            return vec![None];
        };
        let listed = named.split(',').map(str::trim);
        listed
            .filter(|profile| !profile.is_empty())
            .map(|profile| Some(profile.to_owned()))
            .collect()
    }

    /// Returns where to look without a configuration: the regions of `--region`, else the one of each profile. `None` if nothing
    /// names a region.
    pub(crate) fn places(&self) -> Option<Vec<DiscoveryPlace>> {
        let place = |profile: Option<String>| {
            let regions = if self.global.region.is_empty() {
                vec![shared_config::region(profile.as_deref())?]
            } else {
                self.global.region.clone()
            };
            Some(DiscoveryPlace { profile, regions })
        };
        let places: Vec<DiscoveryPlace> = self.profiles().into_iter().filter_map(place).collect();
        (!places.is_empty()).then_some(places)
    }

    /// Returns the regions to look at without a configuration; `None` if nothing names one.
    pub(crate) fn regions(&self) -> Option<Vec<String>> {
        let mut regions: Vec<String> = Vec::new();
        for region in self.places()?.into_iter().flat_map(|place| place.regions) {
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        Some(regions)
    }

    /// Returns the one deployment that a command works on.
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

    /// Returns a deployment for calling a URL without a configuration.
    pub(crate) fn for_url() -> Deployment {
        let region = shared_config::region(None);
        Deployment::new("url", region.unwrap_or_else(|| "us-east-1".into()))
    }

    /// Returns the services as the flags want them; nothing is connected yet.
    pub(crate) fn services(&self) -> Services {
        self.services_within(self.global.timeout)
    }

    /// Returns the same where `--timeout` means a longer wait than for one answer.
    pub(crate) fn patient_services(&self) -> Services {
        self.services_within(None)
    }

    /// Returns the services for the console, in which nothing may print.
    pub(crate) fn console_services(&self) -> Services {
        let timeout = self.global.timeout;
        self.console_services_within(timeout.unwrap_or(ServiceOptions::default().timeout))
    }

    fn console_services_within(&self, timeout: Duration) -> Services {
        let usual = ServiceOptions::default();
        Services::new(ServiceOptions {
            timeout,
            total_timeout: usual.total_timeout.max(timeout),
            read_only: self.global.read_only,
        })
    }

    fn services_within(&self, timeout: Option<Duration>) -> Services {
        let timeout = timeout.unwrap_or(ServiceOptions::default().timeout);
        let services = self.console_services_within(timeout);
        services
            .sign_ins
            .set_announce(Box::new(|notice| match notice {
                SignInNotice::Address(address) => {
                    output::note(&format!("To sign in, open {address}"));
                }
                SignInNotice::ConsentAsked(request) => {
                    let subject = request.subject(request.deployment.as_str());
                    output::note(&format!("Consent is needed: {subject}"));
                    output::note(&format!("  {}", request.address));
                    output::note(&format!("  {}", request.waiting_in_words()));
                }
                SignInNotice::ConsentGiven(_) => {
                    output::note("Consent was given; the call is repeated.");
                }
                SignInNotice::NotKept(failure) => {
                    output::note(&format!("note: {failure}"));
                    if let Some(hint) = &failure.hint {
                        output::note(&format!("  hint: {hint}"));
                    }
                }
            }));
        services
    }

    /// Those that `--deployment` names, in that order; all without it.
    pub(crate) fn pick(&self, all: Vec<Deployment>) -> Result<Vec<Deployment>, Failure> {
        if self.global.deployment.is_empty() {
            return Ok(all);
        }
        let known: Vec<&str> = all
            .iter()
            .map(|deployment| deployment.name.as_str())
            .collect();
        let titles: Vec<&str> = all
            .iter()
            .filter_map(|deployment| deployment.title.as_deref())
            .collect();
        let strangers: Vec<String> = self
            .global
            .deployment
            .iter()
            .filter(|name| !all.iter().any(|known| known.is_called(name)))
            .map(|name| {
                format!(
                    "unknown deployment \"{name}\"{}",
                    did_you_mean(name, known.iter().chain(&titles).copied())
                )
            })
            .collect();
        if !strangers.is_empty() {
            let hint = if all.is_empty() {
                "none is configured".into()
            } else {
                let known: Vec<String> = all.iter().map(Deployment::name_and_title).collect();
                format!("known: {}", known.join(", "))
            };
            return Err(usage("picking deployments", strangers.join("; ")).hint(hint));
        }
        let mut picked: Vec<Deployment> = Vec::new();
        for name in &self.global.deployment {
            let found = all.iter().find(|known| known.is_called(name));
            picked.extend(
                found
                    .filter(|deployment| picked.iter().all(|other| other.name != deployment.name))
                    .cloned(),
            );
        }
        Ok(picked)
    }
}

/// Returns all problems of the configuration as one failure, where there are any.
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

/// Returns how to get the configuration that was named and is not there.
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
    let cause = format!("there is none {}", place(loaded));
    usage("reading the configuration", cause).hint(
        "without one, commands work on what the account has (--profile, --region); `agentcore-console init` writes one; \
         `agentcore-console config example` prints one to edit; --config FILE names another; `agentcore-console demo` needs none",
    )
}

fn place(loaded: &Loaded) -> String {
    loaded.path.as_ref().map_or_else(
        || "anywhere".into(),
        |path| format!("at {}", path.display()),
    )
}

/// Without a configuration, the account is asked; but nothing names a region.
fn no_region(loaded: &Loaded) -> Failure {
    let cause = format!(
        "there is no configuration {}, and no AWS region is known",
        place(loaded)
    );
    usage("looking for deployments", cause).hint(
        "--region us-west-2 (or AWS_REGION, or a profile that has one: --profile NAME) shows what the account has; \
         `agentcore-console demo` needs nothing; `agentcore-console init` writes a configuration; --config FILE names one",
    )
}

/// Returns a failure of looking at the account without a configuration: its hint also names the way that needs no account.
fn without_file(failure: Failure, loaded: &Loaded) -> Failure {
    let fact = format!(
        "there is no configuration {}; `agentcore-console demo` needs neither one nor an account",
        place(loaded)
    );
    failure.evidence(fact)
}

fn nothing_found(regions: &[String], loaded: &Loaded) -> Failure {
    let cause = format!(
        "the account has neither a gateway nor a runtime in {}",
        regions.join(", ")
    );
    Failure::new(FailureKind::NotFound, "looking for deployments", cause)
        .hint("name other regions: --region us-east-1,eu-central-1")
        .evidence(format!("there is no configuration {}", place(loaded)))
}

/// Several deployments, and the command works on one.
pub(crate) fn which(several: &[Deployment]) -> Failure {
    let names: Vec<&str> = several
        .iter()
        .map(|deployment| deployment.name.as_str())
        .collect();
    usage(
        "picking a deployment",
        "this works on one, and several are configured",
    )
    .hint(format!("pick one: --deployment {}", names.join("|")))
}
