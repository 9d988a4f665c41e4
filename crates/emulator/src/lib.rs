//! The embedded stack: the wire protocols of AWS, MCP and Neo4j, served on one loopback port. Nothing here knows the
//! console, and nothing here is AWS. `world` holds the state, `dispatch` finds the handler, one file serves one service.

mod aws;
mod cbor;
mod consents;
mod containers;
mod dispatch;
pub mod faults;
mod http;
mod mcp;
mod neo4j;
mod operation;
mod pagination;
mod rates;
mod report;
mod scenarios;
mod seed;
pub mod service;
mod signature;
mod simulation;
mod tokens;
mod world;
mod xml;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::faults::{Fault, FaultSite};
use crate::world::{SharedWorld, World};

pub use crate::report::{DeploymentFacts, Facts, SignInFacts};

/// How the embedded stack is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; none for one that is free.
    pub port: Option<u16>,
    /// The same seed gives the same world.
    pub seed: u64,
    /// Nothing happens by itself.
    pub quiet_world: bool,
    /// A real Neo4j behind deployments A to D.
    pub neo4j: Option<RealNeo4j>,
    /// A real MCP server as the external target of deployment B.
    pub neo4j_mcp_url: Option<url::Url>,
    /// What goes wrong from the start.
    pub faults: Vec<Fault>,
    /// A log group of generated events, for benchmarks.
    pub generated_logs: Option<GeneratedLogs>,
    /// So many more gateways, each with ten targets, four runtimes and a stack that owns them.
    pub scale: usize,
    /// So many more stacks without a part in any deployment; the first was rolled back.
    pub stacks: usize,
    /// Whether requests beyond AWS's rates for an account and region are throttled.
    pub rate_limits: bool,
}

/// A real Neo4j and the user whose password the secrets hold.
#[derive(Clone)]
pub struct RealNeo4j {
    /// `http://…` (Query API) or `bolt://…`.
    pub uri: String,
    /// The database user.
    pub user: String,
    /// Its password at the start.
    pub password: String,
}

impl std::fmt::Debug for RealNeo4j {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RealNeo4j")
            .field("uri", &self.uri)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Log events that are computed when they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratedLogs {
    /// How many there are, up to the moment of the start.
    pub events: u64,
    /// How many fall into one second.
    pub per_second: u64,
}

/// Why the stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port cannot be had.
    #[error("cannot listen on 127.0.0.1:{port}: {cause}")]
    Listen {
        /// The port asked for; 0 is any.
        port: u16,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The HTTP client for outgoing requests cannot be built.
    #[error("cannot prepare outgoing requests: {0}")]
    Client(#[from] reqwest::Error),
}

/// A running stack. Dropping it stops it.
#[derive(Debug)]
pub struct Stack {
    world: SharedWorld,
    address: SocketAddr,
    server: Option<JoinHandle<()>>,
}

/// A port that is taken, and a world that can be told of before it serves: whoever connects meanwhile is kept waiting.
#[derive(Debug)]
pub struct Reserved {
    options: Options,
    listener: std::net::TcpListener,
    address: SocketAddr,
}

/// Takes the port. Costs next to nothing; what takes time is left to [`serve`].
///
/// # Errors
/// [`StartError::Listen`].
pub fn reserve(options: Options) -> Result<Reserved, StartError> {
    let port = options.port.unwrap_or(0);
    let listen = |cause| StartError::Listen { port, cause };
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    Ok(Reserved {
        options,
        listener,
        address,
    })
}

/// Starts the stack; it serves as soon as this returns.
pub async fn start(options: Options) -> Result<Stack, StartError> {
    serve(reserve(options)?).await
}

/// Starts the stack on the port that was taken; it serves as soon as this returns.
pub async fn serve(reserved: Reserved) -> Result<Stack, StartError> {
    let Reserved {
        options,
        listener,
        address,
    } = reserved;
    let world = build_world(options, address)?;
    let server = listen(listener, address, Arc::from([Arc::clone(&world)]))?;
    Ok(Stack {
        world,
        address,
        server: Some(server),
    })
}

/// Starts stacks that share one port, as the accounts of a region share AWS's hosts: the access key of a signed request tells
/// whose it is. What is not signed is served by the first. The stacks serve until the first is stopped or dropped.
///
/// # Errors
/// [`StartError::Listen`].
pub async fn start_together(stacks: Vec<Options>) -> Result<Vec<Stack>, StartError> {
    let Reserved {
        listener, address, ..
    } = reserve(Options::default())?;
    let worlds = stacks
        .into_iter()
        .map(|options| build_world(options, address))
        .collect::<Result<Vec<_>, _>>()?;
    let mut server = Some(listen(listener, address, Arc::from(&*worlds))?);
    let stack = |world| Stack {
        world,
        address,
        server: server.take(),
    };
    Ok(worlds.into_iter().map(stack).collect())
}

/// Builds the world of a stack and lets things happen in it.
fn build_world(options: Options, address: SocketAddr) -> Result<SharedWorld, StartError> {
    // Loopback targets must not go through a proxy of the environment; a redirect would carry credentials elsewhere.
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let world: SharedWorld = Arc::new(World::new(options, format!("http://{address}"), client));
    simulation::write_history(&world);
    if !world.options.quiet_world {
        tokio::spawn(simulation::run(Arc::clone(&world)));
    }
    Ok(world)
}

/// Serves worlds on a port that was taken.
fn listen(
    listener: std::net::TcpListener,
    address: SocketAddr,
    worlds: Arc<[SharedWorld]>,
) -> Result<JoinHandle<()>, StartError> {
    let listener = TcpListener::from_std(listener).map_err(|cause| StartError::Listen {
        port: address.port(),
        cause,
    })?;
    Ok(tokio::spawn(accept(listener, worlds)))
}

async fn accept(listener: TcpListener, worlds: Arc<[SharedWorld]>) {
    let Some(first) = worlds.first() else {
        return;
    };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = first.stopping.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(http::serve_connection(Arc::clone(&worlds), stream));
                }
                // Out of file handles, most likely: wait for connections to end instead of spinning.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    while connections.join_next().await.is_some() {}
}

impl Stack {
    /// `http://127.0.0.1:PORT`: the address for every AWS service.
    pub fn endpoint(&self) -> String {
        self.world.base.clone()
    }

    /// Returns the port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Arms a fault while the stack runs. The deployment may be named by its title.
    pub fn inject_fault(&self, mut fault: Fault) {
        if let FaultSite::Hop { deployment, .. } = &mut fault.place
            && let Some(name) = scenarios::short_name(deployment)
        {
            name.clone_into(deployment);
        }
        self.world.show_lasting_fault(&fault);
        self.world.faults.arm(fault);
    }

    /// Disarms every fault, and takes back what faults left in the state of resources.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
        self.world.hide_lasting_faults();
    }

    /// Returns the clients that are subscribed to changes of the tools of deployment C, by `subscriptions/listen`.
    pub fn subscriptions(&self) -> usize {
        self.world.stateless.subscriptions()
    }

    /// Returns how many tasks of deployment C clients have cancelled, by `tasks/cancel`.
    pub fn cancelled_tasks(&self) -> usize {
        self.world.stateless.cancelled_tasks()
    }

    /// Returns the log groups that dropped their oldest events because they were full, and how many each dropped.
    pub fn dropped_events(&self) -> Vec<(String, u64)> {
        self.world.logs.dropped()
    }

    /// Returns how often an operation was requested, refused requests included.
    pub fn request_count(&self, operation: &str) -> u64 {
        let requests = self.world.requests.lock();
        requests.get(operation).copied().unwrap_or_default()
    }

    /// Returns how many requests of each AWS operation were served, refused ones included.
    pub fn requests(&self) -> std::collections::HashMap<String, u64> {
        self.world.requests.lock().clone()
    }

    /// Returns how many of them were throttled because they were beyond AWS's rates.
    pub fn throttled(&self) -> u64 {
        self.world.rates.throttled()
    }

    /// Stops serving: open streams end, connections are closed.
    pub async fn stop(mut self) {
        self.world.stopping.cancel();
        if let Some(server) = self.server.take() {
            // A panic of the accept loop has been reported where it happened.
            let _ = server.await;
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.world.stopping.cancel();
    }
}
