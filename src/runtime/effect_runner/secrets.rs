//! Runs the effects of secrets and rotations.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    client_secret::{
        board::ClientSecretBoard,
        plan::ClientSecretPlan,
        report::{ClientSecretKind, ClientSecretQuestion, ClientSecretReport},
    },
    messages::{Event, SecretsEffect, SecretsEvent},
    model::{ClientSecretDetail, DeploymentName, Failure, SecretDetail, SecretUser},
    rotation::{
        plan::RotationPlan,
        report::{RotationKind, RotationQuestion, RotationReport},
    },
    runtime::tasks::Sender,
    services::{
        client_secret::{ClientSecretOperator, ClientSecretOptions},
        rotation::{Operator, RotationOptions},
    },
};

use super::RunnerState;

impl RunnerState {
    pub(super) async fn run_secrets(
        &self,
        effect: SecretsEffect,
        sender: Sender,
        stop: CancellationToken,
    ) -> Option<Event> {
        Some(match effect {
            SecretsEffect::ReadSecret(name, id) => {
                let detail = self.read_secret(&name, &id).await;
                Event::Secrets(SecretsEvent::SecretRead(name, id, Box::new(detail)))
            }
            SecretsEffect::ReadSecretUser(name, id) => {
                let user = self.read_secret_user(&name, &id).await;
                Event::Secrets(SecretsEvent::SecretUserRead(name, id, Box::new(user)))
            }
            SecretsEffect::Rotate {
                deployment,
                secret,
                kind,
            } => self.rotate(&deployment, &secret, kind, sender, stop).await,
            SecretsEffect::ReadClientSecret(name) => {
                let detail = self.read_client_secret(&name).await;
                Event::Secrets(SecretsEvent::ClientSecretRead(name, Box::new(detail)))
            }
            SecretsEffect::RotateClientSecret { deployment, kind } => {
                self.rotate_client_secret(&deployment, kind, sender, stop)
                    .await
            }
            SecretsEffect::AnswerRotation(yes) => {
                self.answer_rotation(yes);
                return None;
            }
        })
    }

    async fn read_secret(&self, name: &DeploymentName, id: &str) -> Result<SecretDetail, Failure> {
        let (services, deployment) = self.of(name)?;
        services.aws.secrets.secret_detail(deployment, id).await
    }

    async fn read_secret_user(
        &self,
        name: &DeploymentName,
        id: &str,
    ) -> Result<SecretUser, Failure> {
        let (services, deployment) = self.of(name)?;
        services.rotations.secret_user(deployment, id).await
    }

    async fn rotate(
        &self,
        name: &DeploymentName,
        secret: &str,
        kind: RotationKind,
        sender: Sender,
        stop: CancellationToken,
    ) -> Event {
        let (services, deployment) = match self.of(name) {
            Ok(found) => found,
            Err(failure) => return Event::Secrets(SecretsEvent::Ended(Box::new(Err(failure)))),
        };
        let mut options = RotationOptions::new(kind);
        options.neo4j_uri.clone_from(&deployment.neo4j_uri);
        let (told, heard) = mpsc::unbounded_channel();
        let mut operator = ScreenOperator {
            told,
            answer: Arc::clone(&self.answer),
            stop: stop.clone(),
        };
        let work = async move {
            services
                .rotations
                .rotate(deployment, secret, options, &mut operator, &stop)
                .await
        };
        // Every report is delivered before the end of the rotation, so that no step is left out.
        let (ending, ()) = futures::join!(work, tell(heard, &sender));
        Event::Secrets(SecretsEvent::Ended(Box::new(ending)))
    }

    async fn read_client_secret(
        &self,
        name: &DeploymentName,
    ) -> Result<ClientSecretDetail, Failure> {
        let (services, deployment) = self.of(name)?;
        services.client_secrets.state(deployment).await
    }

    async fn rotate_client_secret(
        &self,
        name: &DeploymentName,
        kind: ClientSecretKind,
        sender: Sender,
        stop: CancellationToken,
    ) -> Event {
        let ended = |end| Event::Secrets(SecretsEvent::ClientSecretEnded(Box::new(end)));
        let (services, deployment) = match self.of(name) {
            Ok(found) => found,
            Err(failure) => return ended(Err(failure)),
        };
        let started = self.services.get();
        let options = ClientSecretOptions {
            kind,
            rehearse: false,
            keep_old: false,
            configuration: started.and_then(|started| started.configuration.clone()),
            deployments: started.map_or_else(Vec::new, |started| {
                started.deployments.values().cloned().collect()
            }),
        };
        let (told, heard) = mpsc::unbounded_channel();
        let mut operator = ScreenOperator {
            told,
            answer: Arc::clone(&self.answer),
            stop: stop.clone(),
        };
        let work = async move {
            services
                .client_secrets
                .rotate(deployment, options, &mut operator, &stop)
                .await
        };
        let (end, ()) = futures::join!(work, tell(heard, &sender));
        ended(end)
    }

    fn answer_rotation(&self, yes: bool) {
        let waiting = self.answer.lock().take();
        if let Some(waiting) = waiting {
            // The rotation may have ended meanwhile.
            let _ = waiting.send(yes);
        }
    }
}

/// Forwards the events of a rotation in their order, until it has ended.
async fn tell(mut heard: mpsc::UnboundedReceiver<Event>, sender: &Sender) {
    while let Some(event) = heard.recv().await {
        // The console may be gone; the rotation goes on to its end.
        let _ = sender.send(event).await;
    }
}

/// The operator of a rotation that runs on the screen.
struct ScreenOperator {
    told: mpsc::UnboundedSender<Event>,
    answer: Arc<Mutex<Option<oneshot::Sender<bool>>>>,
    stop: CancellationToken,
}

impl Operator for ScreenOperator {
    fn on_report(&mut self, report: RotationReport) {
        let _ = self
            .told
            .send(Event::Secrets(SecretsEvent::Reported(report)));
    }

    fn warn(&mut self, sentence: String) {
        let _ = self
            .told
            .send(Event::Secrets(SecretsEvent::Warned(sentence)));
    }

    fn plan(&mut self, plan: RotationPlan) {
        let _ = self
            .told
            .send(Event::Secrets(SecretsEvent::Planned(Box::new(plan))));
    }

    async fn ask(&mut self, question: RotationQuestion) -> bool {
        self.put(SecretsEvent::Asked(question)).await
    }
}

impl ClientSecretOperator for ScreenOperator {
    fn on_report(&mut self, report: ClientSecretReport) {
        let event = SecretsEvent::ClientSecretReported(report);
        let _ = self.told.send(Event::Secrets(event));
    }

    fn plan(&mut self, plan: ClientSecretPlan) {
        let event = SecretsEvent::ClientSecretPlanned(Box::new(plan));
        let _ = self.told.send(Event::Secrets(event));
    }

    fn board(&mut self, board: &ClientSecretBoard) {
        let event = SecretsEvent::ClientSecretSeen(Box::new(board.clone()));
        let _ = self.told.send(Event::Secrets(event));
    }

    async fn ask(&mut self, question: ClientSecretQuestion) -> bool {
        self.put(SecretsEvent::ClientSecretAsked(question)).await
    }
}

impl ScreenOperator {
    /// Puts a question to the user and waits for the answer. Quitting declines it.
    async fn put(&self, question: SecretsEvent) -> bool {
        let (asked, answered) = oneshot::channel();
        *self.answer.lock() = Some(asked);
        if self.told.send(Event::Secrets(question)).is_err() {
            return false;
        }
        tokio::select! { () = self.stop.cancelled() => false, yes = answered => yes.unwrap_or(false) }
    }
}
