//! A terminal operations console for MCP servers on Amazon Bedrock AgentCore in front of Neo4j.
//!
//! # Map
//!
//! ```text
//!  keyboard, mouse, resize, paste                  AWS control plane, CloudWatch Logs, Secrets Manager, Cognito,
//!           |  crossterm EventStream               CloudFormation, MCP gateways and runtimes, Neo4j
//!           v                                              ^ requests             | answers, log batches
//!  +--------------- runtime/   the only async shell; owns the terminal -----------|-----------------+
//!  |  run.rs       waits for one wake-up, drains input and answers, draws if dirty; no ticks        |
//!  |  terminal.rs  guard, panic hook, suspend      tasks.rs  slots, cancellation, staleness         |
//!  +------|--------------------------------|----------------------------^---------------|-----------+
//!         | KeyEvent                       | Event (only if fresh)      | Effects       | perform(effect)
//!         v                                v                            |               v
//!    keys/ layers + trie --Action--> +-- app/   pure: data in, data out --+   services/  IO: one folder a system
//!                                    |  act(Action) -> Effects            |   net/       HTTP client, retry, secret sources
//!                                    |  on(Event)   -> Effects            |
//!                                    +---------------------|--------------+
//!                                                          v
//!                                    screens/ + widgets/ -> Frame, and what was drawn where -> app/
//!
//!    messages/  actions, events, effects, slots     state/  what is known      theme/  roles and colours
//!    kinds/ logs/ tools/ rotation/ doctor/ config/  pure logic                 model/  plain data that all layers share
//!    cli/  the same services without the terminal
//!    crates/emulator  the same wire protocols on loopback    crates/cypher  its Cypher engine
//! ```
//!
//! An arrow between folders points down only. `CONTRIBUTING.md` lists the floors, the glossary, and where each feature
//! lives in each layer.
//!
//! # Where does X go?
//!
//! | to add | touch | what reminds you |
//! |---|---|---|
//! | an action | one row in `messages/action.rs`, an arm in the screen that owns it, a line in `assets/keymap.toml` | the test "every action is in the help" |
//! | a key | one line in `assets/keymap.toml` | duplicate, ambiguous or unknown ids are load errors |
//! | a screen | `screens/<name>`, a variant of [`messages::Route`] | exhaustive matches; snapshots loop over all routes |
//! | an outside call | a variant in the group of [`messages::Effect`] and of [`messages::Event`], an arm in `runtime/effect_runner/<group>.rs`, the part of [`services::Services`] | exhaustive matches |
//! | a resource kind | a variant of [`model::Kind`], its spec in `kinds/`, a fetch in `services/aws/` | exhaustive matches |
//! | a sign-in | a variant of [`model::SignIn`], `services/sign_in/<mode>.rs` | exhaustive matches; `config.example.toml` is parsed by a test |
//! | a doctor hop | a variant of `doctor::Hop`, its judgement in `doctor/`, its probe in `services/doctor` | exhaustive matches |
//! | an operation of the emulator | the service's handlers and one row of its operation table | a test over the table |
//! | a fault | a row in `crates/emulator/src/faults/mod.rs` | unknown names are refused with the list of known ones |
//! | a colour | a role in `theme/`, each `assets/themes/*.toml` | a missing role fails a test |
//!
//! # Invariants
//!
//! `tests/architecture` checks them against the source: pure folders name no IO and no clock; services name no screen;
//! SDK types stay in services; only `runtime/terminal.rs` touches the terminal; effects are performed in one place. A
//! secret is printed as `***` ([`model::SecretText`]), and every text from outside passes [`model::sanitize()`] before it
//! becomes a cell.

pub mod app;
pub mod calls;
pub mod cli;
pub mod client_secret;
pub mod config;
pub mod discovery;
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
