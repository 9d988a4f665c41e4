//! A rotation and those who keep the old password: a runtime's environment, and sessions that live.

use agentcore_console::{
    model::{CallOptions, Deployment, McpTarget, SecretContent, VersionRef},
    rotation::{
        plan::RotationPlan,
        report::{
            RotationKind, RotationOutcome, RotationQuestion, RotationReport, RotationStep,
            StepState,
        },
        secret_document::SecretDocument,
    },
    services::{
        McpOptions, McpSession, ServiceOptions, Services,
        rotation::{Operator, RotationOptions},
    },
};
use aws_sdk_bedrockagentcorecontrol as control;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::stack::{self, World};

/// Says yes, or no where readers are to be refreshed.
#[derive(Default)]
struct TestOperator {
    keeps_readers: bool,
    plans: Vec<RotationPlan>,
    questions: Vec<String>,
    reports: Vec<RotationReport>,
}

impl TestOperator {
    fn consumers(&self) -> (StepState, String) {
        let last = self
            .reports
            .iter()
            .rfind(|report| report.step == RotationStep::Consumers && report.state.has_ended())
            .unwrap();
        (last.state, last.sentence())
    }
}

impl Operator for TestOperator {
    fn on_report(&mut self, report: RotationReport) {
        self.reports.push(report);
    }

    fn warn(&mut self, sentence: String) {
        panic!("{sentence}");
    }

    fn plan(&mut self, plan: RotationPlan) {
        self.plans.push(plan);
    }

    async fn ask(&mut self, question: RotationQuestion) -> bool {
        self.questions.push(question.to_string());
        !(self.keeps_readers && matches!(question, RotationQuestion::RefreshReaders(_)))
    }
}

struct Harness {
    world: World,
    services: Services,
    deployment: Deployment,
}

impl Harness {
    async fn start(name: &str) -> Self {
        let world = stack::quiet().await;
        let deployment = world.deployments[name].clone();
        Self {
            world,
            services: Services::new(ServiceOptions::default()),
            deployment,
        }
    }

    fn secret(&self) -> String {
        self.deployment.secrets[0].clone()
    }

    async fn password(&self) -> String {
        let current = VersionRef::Stage("AWSCURRENT".into());
        let value = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, &self.secret(), &current)
            .await
            .unwrap();
        let SecretContent::Text(text) = value.content else {
            panic!("a binary secret")
        };
        SecretDocument::parse(text.reveal())
            .unwrap()
            .password()
            .to_owned()
    }

    async fn rotate(
        &self,
        operator: &mut TestOperator,
        change: impl FnOnce(&mut RotationOptions),
    ) -> RotationOutcome {
        let mut options = RotationOptions::new(RotationKind::Rotate);
        options.audit = None;
        change(&mut options);
        let stop = CancellationToken::new();
        self.services
            .rotations
            .rotate(&self.deployment, &self.secret(), options, operator, &stop)
            .await
            .unwrap()
            .outcome
    }

    fn control(&self) -> control::Client {
        let (id, secret) = self.world.stack.credentials();
        let config = control::Config::builder()
            .behavior_version(control::config::BehaviorVersion::latest())
            .region(control::config::Region::new("us-west-2"))
            .endpoint_url(self.world.stack.endpoint())
            .credentials_provider(control::config::Credentials::new(
                id, secret, None, None, "test",
            ))
            .build();
        control::Client::from_conf(config)
    }

    fn runtime(&self) -> String {
        self.deployment.runtimes[0]
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    }

    /// An update of the embedded stack takes a moment of real time.
    async fn until_ready(&self, client: &control::Client) {
        let is_ready = || async {
            let runtime = client
                .get_agent_runtime()
                .agent_runtime_id(self.runtime())
                .send()
                .await
                .unwrap();
            let asked = client
                .get_agent_runtime_endpoint()
                .agent_runtime_id(self.runtime())
                .endpoint_name("DEFAULT")
                .send();
            asked.await.unwrap().live_version == Some(runtime.agent_runtime_version)
        };
        while !is_ready().await {}
    }

    async fn session(&self) -> McpSession {
        self.services
            .mcp
            .connect(&self.deployment, &McpTarget::Default, McpOptions::default())
            .await
            .unwrap()
    }
}

/// One Cypher statement: whether it was answered, or what was said instead.
async fn read(session: &McpSession) -> Result<(), String> {
    let arguments = Map::from_iter([("query".to_owned(), Value::from("RETURN 1 AS one"))]);
    match session
        .call("read-cypher", arguments, CallOptions::default())
        .await
    {
        Ok(outcome) if outcome.is_error => Err(outcome.text()),
        Ok(_) => Ok(()),
        Err(failure) => Err(failure.to_string()),
    }
}

#[tokio::test]
async fn a_copy_in_a_runtimes_environment_gets_the_new_password_and_nothing_else_of_it_changes() {
    let harness = Harness::start("c").await;
    let (client, id) = (harness.control(), harness.runtime());
    let known = client
        .get_agent_runtime()
        .agent_runtime_id(&id)
        .send()
        .await
        .unwrap();
    let old = harness.password().await;
    let given = client
        .update_agent_runtime()
        .agent_runtime_id(&id)
        .role_arn(&known.role_arn)
        .set_agent_runtime_artifact(known.agent_runtime_artifact.clone())
        .set_network_configuration(known.network_configuration.clone())
        .set_authorizer_configuration(known.authorizer_configuration.clone())
        .set_metadata_configuration(known.metadata_configuration.clone())
        .set_protocol_configuration(known.protocol_configuration.clone())
        .set_lifecycle_configuration(known.lifecycle_configuration.clone())
        .description("kept")
        .environment_variables("NEO4J_URI", "bolt://somewhere")
        .environment_variables("NEO4J_PASSWORD", &old)
        .send()
        .await
        .unwrap();
    harness.until_ready(&client).await;
    let mut operator = TestOperator::default();
    assert_eq!(
        harness.rotate(&mut operator, |_| {}).await,
        RotationOutcome::Rotated
    );
    let reader = operator.plans[0]
        .readers
        .iter()
        .find(|reader| reader.runtime.as_deref() == Some(&*id))
        .unwrap();
    assert_eq!(reader.evidence, "its NEO4J_PASSWORD is the password");
    assert!(
        operator
            .questions
            .iter()
            .any(|question| question.contains("has a copy in its environment")),
        "{:?}",
        operator.questions
    );
    let (state, sentence) = operator.consumers();
    assert!(
        sentence.contains("has the new value in NEO4J_PASSWORD"),
        "{state:?} {sentence}"
    );

    let after = client
        .get_agent_runtime()
        .agent_runtime_id(&id)
        .send()
        .await
        .unwrap();
    let variables = after.environment_variables.clone().unwrap();
    assert_eq!(variables["NEO4J_PASSWORD"], harness.password().await);
    assert_ne!(variables["NEO4J_PASSWORD"], old);
    assert_eq!(
        (variables["NEO4J_URI"].as_str(), variables.len()),
        ("bolt://somewhere", 2)
    );
    assert_eq!(after.description.as_deref(), Some("kept"));
    assert_eq!(
        after.authorizer_configuration,
        known.authorizer_configuration
    );
    assert_eq!(after.metadata_configuration, known.metadata_configuration);
    assert_ne!(after.agent_runtime_version, given.agent_runtime_version);
    assert!(
        !format!("{:?}{:?}", operator.plans, operator.reports)
            .contains(&variables["NEO4J_PASSWORD"])
    );
}

#[tokio::test]
async fn sessions_that_keep_the_old_password_are_stopped_where_that_is_agreed() {
    for keeps_readers in [true, false] {
        let harness = Harness::start("c").await;
        let session = harness.session().await;
        read(&session).await.unwrap();
        let mut operator = TestOperator {
            keeps_readers,
            ..TestOperator::default()
        };
        assert_eq!(
            harness.rotate(&mut operator, |_| {}).await,
            RotationOutcome::Rotated
        );
        assert!(
            operator
                .questions
                .iter()
                .any(|question| question.contains("keeps it for its container's life")),
            "{:?}",
            operator.questions
        );
        let (state, sentence) = operator.consumers();
        if keeps_readers {
            assert_eq!(state, StepState::Warning);
            assert!(
                sentence.contains("goes on with the old value"),
                "{sentence}"
            );
            assert!(
                read(&session).await.is_err(),
                "its container still has the old password"
            );
        } else {
            assert_eq!(state, StepState::Done, "{sentence}");
            assert!(
                sentence.contains("sessions stopped") && sentence.contains("the chain answered"),
                "{sentence}"
            );
            read(&harness.session().await).await.unwrap();
        }
    }
}
