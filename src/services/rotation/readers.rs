//! Who reads a secret, as far as configuration, environments and stack resources tell.

use futures::future::join_all;

use crate::{
    model::{Deployment, Failure, HeaderSpec, Kind, Relation, Resource},
    rotation::readers::{Pickup, SecretReader},
    services::{aws::stack::StackReader, rotation::Rotations},
};

/// Readers, and what could not be found out.
#[derive(Clone, Debug, Default)]
pub(super) struct ReaderScan {
    pub(super) readers: Vec<SecretReader>,
    pub(super) unknown: Vec<String>,
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct ReaderQuery<'a> {
    /// The secret as it was given, and its ARN.
    pub(super) secret: &'a str,
    pub(super) arn: &'a str,
    /// Values that a copy in an environment may have: the passwords of now and before.
    pub(super) passwords: &'a [&'a str],
}

/// Looks at the deployment's runtimes, its gateways' interceptors, and this console's own headers.
pub(super) async fn find(
    services: &Rotations,
    deployment: &Deployment,
    wanted: ReaderQuery<'_>,
) -> ReaderScan {
    let (runtimes, gateways, stack) = tokio::join!(
        services.aws.resources.list(deployment, Kind::Runtime),
        services.aws.resources.list(deployment, Kind::Gateway),
        services.aws.stacks.stack_readers(deployment)
    );
    let mut found = ReaderScan::default();
    match runtimes {
        Ok(runtimes) => {
            let looks = runtimes
                .iter()
                .map(|runtime| runtime_reader(services, deployment, runtime, wanted));
            found.extend(join_all(looks).await);
        }
        Err(failure) => found.not_looked_at("runtimes", &failure),
    }
    match gateways {
        Ok(gateways) => found
            .readers
            .extend(gateways.iter().filter_map(interceptor_reader)),
        Err(failure) => found.not_looked_at("gateways", &failure),
    }
    match stack {
        Ok(others) => found.extend_with_stack(&others),
        Err(failure) => found.not_looked_at("the stack's services and functions", &failure),
    }
    found.readers.dedup();
    found.readers.extend(console_reader(deployment, wanted));
    found
}

impl ReaderScan {
    fn extend(&mut self, looks: Vec<Result<Option<SecretReader>, String>>) {
        for look in looks {
            match look {
                Ok(reader) => self.readers.extend(reader),
                Err(problem) => self.unknown.push(problem),
            }
        }
    }

    fn not_looked_at(&mut self, what: &str, failure: &Failure) {
        self.unknown
            .push(format!("{what} could not be looked at ({})", failure.cause));
    }

    fn extend_with_stack(&mut self, others: &[StackReader]) {
        let evidence: Vec<&str> = self
            .readers
            .iter()
            .map(|reader| reader.evidence.as_str())
            .collect();
        let known = evidence.join(" ");
        self.readers.extend(
            others
                .iter()
                .filter_map(|other| stack_reader(other, &known)),
        );
    }
}

/// This console, where a header of its configuration is made of the secret.
fn console_reader(deployment: &Deployment, wanted: ReaderQuery<'_>) -> Option<SecretReader> {
    let reads = deployment.headers.iter().any(|header| match header {
        HeaderSpec::BasicFromSecret { secret_id, .. } => secret_id
            .as_deref()
            .is_none_or(|id| id == wanted.secret || id == wanted.arn),
        HeaderSpec::Literal { .. } => false,
    });
    reads.then(|| SecretReader {
        name: "this console".into(),
        pickup: Pickup::EveryConnection,
        evidence: "a header of the configuration is made of it".into(),
        runtime: None,
    })
}

/// A copy in the environment is known by its value, not by its name: other runtimes have passwords of other databases.
async fn runtime_reader(
    services: &Rotations,
    deployment: &Deployment,
    runtime: &Resource,
    wanted: ReaderQuery<'_>,
) -> Result<Option<SecretReader>, String> {
    let names = runtime
        .facts
        .iter()
        .find(|fact| fact.label == "Environment")
        .map(|fact| fact.value.as_str())
        .unwrap_or_default();
    let has = |wanted: fn(&str) -> bool| {
        names
            .split(", ")
            .find(|name| wanted(name))
            .map(str::to_owned)
    };
    let name = format!("runtime {}", runtime.name);
    let id = runtime.key.own_id();
    if has(|name| name.contains("PASS")).is_some() {
        let configuration = services
            .aws
            .runtimes
            .runtime_configuration(deployment, id)
            .await;
        let configuration = configuration
            .map_err(|failure| format!("{name} could not be looked at ({})", failure.cause))?;
        if let Some(variable) = wanted
            .passwords
            .iter()
            .find_map(|password| configuration.variable_with(password))
        {
            let evidence = format!("its {variable} is the password");
            return Ok(Some(SecretReader {
                name,
                pickup: Pickup::Environment,
                evidence,
                runtime: Some(id.to_owned()),
            }));
        }
    }
    let reads = runtime
        .links
        .iter()
        .any(|link| link.relation == Relation::Reads && link.id == wanted.arn);
    let variable =
        has(|name| name.contains("SECRET")).unwrap_or_else(|| "its environment".to_owned());
    let evidence = format!("{variable} names the secret");
    Ok(reads.then(|| SecretReader {
        name,
        pickup: Pickup::ContainerLife,
        evidence,
        runtime: Some(id.to_owned()),
    }))
}

/// Returns a resource of the stack, unless it is an interceptor that is known already.
fn stack_reader(resource: &StackReader, known: &str) -> Option<SecretReader> {
    let (name, evidence) = match resource {
        StackReader::Service(name) => (
            format!("ECS service {name}"),
            "a resource of the stack; what its tasks read at their start they keep until they are replaced",
        ),
        StackReader::Function(name) if known.contains(name.as_str()) => return None,
        StackReader::Function(name) => (format!("function {name}"), "a resource of the stack"),
    };
    Some(SecretReader {
        name,
        pickup: Pickup::Unknown,
        evidence: evidence.to_owned(),
        runtime: None,
    })
}

fn interceptor_reader(gateway: &Resource) -> Option<SecretReader> {
    let fact = gateway
        .facts
        .iter()
        .find(|fact| fact.label == "Interceptor")?;
    Some(SecretReader {
        name: format!("interceptor of {}", gateway.name),
        pickup: Pickup::Unknown,
        evidence: format!(
            "{}; such functions usually read the secret at every call",
            fact.value
        ),
        runtime: None,
    })
}
