//! The world: the fixed facts, the clock, and the state of every service behind one shared handle. No wire format here.

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::Options;
use crate::aws::cloudtrail::{Trail, seeded_events};
use crate::aws::cognito::CognitoState;
use crate::aws::control::{ControlState, RuntimeVersion};
use crate::aws::logs::LogsState;
use crate::aws::secrets::SecretsState;
use crate::consents::{Consent, Consents, Stage};
use crate::containers::{Containers, Entered, SessionKey};
use crate::faults::FaultTable;
use crate::scenarios::{self, Scenario};
use crate::seed::Seed;
use crate::tokens::Keys;

/// The handle that every request handler gets.
pub(crate) type SharedWorld = std::sync::Arc<World>;

/// All state of one embedded stack.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) base: String,
    pub(crate) seed: Seed,
    /// When this world began; ages in it count from here.
    pub(crate) began: Timestamp,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) deployments: Vec<Scenario>,
    pub(crate) faults: FaultTable,
    pub(crate) rates: crate::rates::RateLimits,
    pub(crate) keys: Keys,
    pub(crate) control: ControlState,
    pub(crate) logs: LogsState,
    pub(crate) secrets: SecretsState,
    pub(crate) cognito: CognitoState,
    pub(crate) trail: Trail,
    pub(crate) consents: Consents,
    pub(crate) neo4j: crate::neo4j::DatabaseServers,
    pub(crate) mcp: crate::mcp::GatewaySessions,
    /// How often each operation was requested.
    pub(crate) requests: parking_lot::Mutex<std::collections::HashMap<String, u64>>,
    /// For outgoing requests: foreign key sets, the rotation function, targets. Never follows redirects.
    pub(crate) client: reqwest::Client,
    /// Ends every stream and task of the world.
    pub(crate) stopping: CancellationToken,
    pub(crate) containers: Containers,
    pub(crate) elicitations: crate::mcp::elicitation::Elicitations,
    pub(crate) stateless: crate::mcp::stateless::StatelessState,
    pub(crate) functions: crate::mcp::interceptor::FunctionInstances,
}

impl World {
    pub(crate) fn new(options: Options, base: String, client: reqwest::Client) -> Self {
        let seed = Seed::new(options.seed);
        let deployments = scenarios::build(&base, &seed, &options);
        let began = Timestamp::now();
        let (access_key_id, secret_access_key) = scenarios::access_key(&seed);
        let control = ControlState::new(&base, &seed, &options, &deployments, began);
        let secrets = SecretsState::new(&seed, &deployments, began);
        let logs = LogsState::new(&options, &deployments, began);
        let world = Self {
            access_key_id,
            secret_access_key,
            faults: FaultTable::new(options.faults.clone()),
            rates: crate::rates::RateLimits::default(),
            keys: Keys::generate(),
            cognito: CognitoState::new(&seed, &deployments, began),
            trail: Trail::new(seeded_events(&seed, &deployments, began)),
            consents: open_consents(&control),
            neo4j: crate::neo4j::DatabaseServers::new(&base, &seed, &deployments),
            mcp: crate::mcp::GatewaySessions::default(),
            requests: parking_lot::Mutex::default(),
            stopping: CancellationToken::new(),
            containers: Containers::default(),
            elicitations: crate::mcp::elicitation::Elicitations::default(),
            stateless: crate::mcp::stateless::StatelessState::default(),
            functions: crate::mcp::interceptor::FunctionInstances::default(),
            options,
            base,
            seed,
            began,
            deployments,
            control,
            logs,
            secrets,
            client,
        };
        for fault in &world.options.faults {
            world.show_lasting_fault(fault);
        }
        world
    }

    /// The time of this world.
    #[expect(
        clippy::unused_self,
        reason = "the clock belongs to the world, so that handlers never reach for their own"
    )]
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Returns the deployments that the stack speaks of.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &Scenario> {
        self.deployments
            .iter()
            .filter(|scenario| scenario.is_listed)
    }

    /// Returns the deployment of that name.
    pub(crate) fn deployment(&self, name: &str) -> Option<&Scenario> {
        self.deployments
            .iter()
            .find(|deployment| deployment.name == name)
    }

    /// Returns the deployment whose gateway has that id.
    pub(crate) fn deployment_of_gateway(&self, gateway_id: &str) -> Option<&Scenario> {
        self.deployments
            .iter()
            .find(|deployment| deployment.gateway_id.as_deref() == Some(gateway_id))
    }

    /// Returns the deployment whose runtime has that id.
    pub(crate) fn deployment_of_runtime(&self, runtime_id: &str) -> Option<&Scenario> {
        self.deployments
            .iter()
            .find(|deployment| deployment.has_runtime(runtime_id))
    }

    /// Returns the container of a runtime session at a time; one begins where none runs.
    pub(crate) fn enter_container(
        &self,
        place: &SessionKey,
        live: &RuntimeVersion,
        at: Timestamp,
    ) -> Entered {
        let read = || self.secrets.current(live.secret_kept()?);
        let entered = self.containers.enter(place, live, at, read);
        entered.over.iter().for_each(|place| self.close_pool(place));
        entered
    }

    /// Notes that a runtime session was used at a time, for calls that only their traces tell of.
    pub(crate) fn record_session(
        &self,
        runtime: &str,
        endpoint: &str,
        session: &str,
        at: Timestamp,
    ) {
        let known = self.control.runtime(runtime);
        if let Some(live) = known.as_ref().and_then(|runtime| runtime.live(endpoint)) {
            let place = SessionKey {
                runtime: runtime.to_owned(),
                endpoint: endpoint.to_owned(),
                session: session.to_owned(),
            };
            self.enter_container(&place, live, at);
        }
    }

    /// Ends the container of a runtime session, and its connections with it; false if there is none.
    pub(crate) fn stop_session(&self, place: &SessionKey) -> bool {
        let found = self.containers.stop(place, self.now());
        self.close_pool(place);
        found
    }

    fn close_pool(&self, place: &SessionKey) {
        let deployment = self.deployment_of_runtime(&place.runtime);
        if let Some(server) = deployment.and_then(|deployment| self.neo4j.get(deployment.name)) {
            server.close_pool(&place.session);
        }
    }
}

/// Returns the consents that targets wait for as the world begins; their addresses do not grow old, so that a demo can take its time.
fn open_consents(control: &ControlState) -> Consents {
    let consents = Consents::default();
    control.with(|state| {
        for gateway in &state.gateways {
            for target in &gateway.targets {
                let Some(open) = &target.authorization else {
                    continue;
                };
                let consent = Consent {
                    gateway_id: gateway.id.clone(),
                    target_id: target.id.clone(),
                    user: open.user_id.clone(),
                    return_url: target.default_return_url().unwrap_or_default().to_owned(),
                    stage: Stage::Asked,
                    asked: Timestamp::MAX,
                };
                consents.ask(open.session_uri.clone(), consent);
            }
        }
    });
    consents
}
