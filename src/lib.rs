//! agentcore-console: a terminal operations console for MCP servers on Amazon Bedrock AgentCore in front of Neo4j.
//!
//! # The map
//!
//! ```text
//!  keyboard, mouse, resize, paste                  AWS control plane, CloudWatch Logs, Secrets Manager, Cognito,
//!           |  crossterm EventStream               CloudFormation, MCP gateways and runtimes, Neo4j
//!           v                                              ^ requests             | answers, log batches
//!  +--------------- runtime/   the only async shell; owns the terminal -----------|-----------------+
//!  |  run.rs       wait for one wake, drain input and answers, draw if dirty; no ticks              |
//!  |  terminal.rs  guard, panic hook, suspend      tasks.rs  slots, cancel, is it still fresh?      |
//!  +------|--------------------------------|----------------------------^---------------|-----------+
//!         | key                            | Event                      | Effects       | perform(effect)
//!         v                                v                            |               v
//!    keys/ layers + trie --Action--> +-- app/   pure: data in, data out --+   services/  IO, one file a system
//!                                    |  act(Action) -> Effects            |   auth/      request in, headers out
//!                                    |  on(Event)   -> Effects            |
//!                                    +---------------------|--------------+
//!                                                          v
//!                                    screens/ + widgets/ -> Frame
//!
//!    model/  plain data that all sides speak       cli/    the same services without the terminal
//!    kinds/ logs/ tools/ rotation/ doctor/  pure   local/  the embedded stack: the same wire protocols on loopback
//! ```
//!
//! # Words, each with one meaning
//!
//! | word | meaning |
//! |---|---|
//! | Deployment | a named entry of the configuration: account, region, stack, sign-in |
//! | Kind | a sort of resource: gateway, target, runtime, endpoint, secret |
//! | Action | what the user wants; has an id (`logs.follow`), a key and a help line |
//! | Event | a fact that has happened, in the past tense; the only way the outside reaches the state |
//! | Effect | what must be done outside, in the imperative, as plain data |
//! | Slot | "the current one of these": this list, this tail, this call; the newest wins |
//! | Screen, Layer | what fills the window; a named part of the keymap |
//! | Hop | one link of the sign-in and call chain that the doctor walks |
//!
//! # Where does X go?
//!
//! | to add | touch | what reminds you |
//! |---|---|---|
//! | a resource kind | a variant of [`model::Kind`], `kinds/<kind>.rs`, a fetch in `services/aws/` | exhaustive matches stop the build |
//! | a screen | `screens/<name>.rs`, a variant of `Route` | exhaustive matches stop the build; snapshots loop over all routes |
//! | a key | one line in `assets/keymap.toml` | duplicate, ambiguous or unknown ids are load errors |
//! | an action | one row in `app/action.rs`, an arm in the screen that owns it, a keymap line | the "every action is in help" test |
//! | a sign-in | a variant of [`model::SignIn`], `auth/<mode>.rs` | exhaustive matches; config.example.toml is parsed by a test |
//! | an outside call | a variant of `Effect` and of `Event`, an arm in `runtime/perform.rs` | exhaustive matches |
//! | a doctor hop | `doctor/` (pure judgement), its probe in `services/` | exhaustive match |
//! | a wire operation of the embedded stack | `local/<service>.rs` | `tests/local_*.rs` run the real clients against it |
//! | a colour | a role in `config/theme.rs`, each `assets/themes/*.toml` | a missing role fails a test |
//! | a fault | a row in `local/faults.rs` | the table is documented there once; unknown names are refused |
//!
//! # Invariants
//!
//! `tests/architecture.rs` holds them against the source: the pure layers name no IO and no clock; services name no
//! screen; types of an SDK stay in services, auth and local; only `runtime/terminal.rs` touches the terminal; only
//! `runtime/perform.rs` matches over effects; arrows between layers point down. A secret shows itself as `***`
//! ([`model::SecretText`]) and every text from outside passes [`model::sanitize()`] before it becomes a cell.

pub mod app;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod keys;
pub mod kinds;

pub mod logs;
pub mod messages;
pub mod model;
pub(crate) mod net;
pub mod rotation;
pub mod runtime;
pub mod screens;
pub mod services;
pub mod state;
pub mod theme;
pub mod tools;
pub mod widgets;
