//! What the services ask and understand of AWS.

use agentcore_console::{
    model::{FailureKind, Kind, Relation, SecretContent, SecretText, SignIn, VersionRef},
    services::{ServiceOptions, Services, aws::ConsentUser},
};

use crate::stack::{self, World};

#[tokio::test]
async fn a_gateway_its_target_and_its_runtime_belong_together() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let a = &deployments["a"];
    let gateways = services.aws.resources.list(a, Kind::Gateway).await.unwrap();
    let [gateway] = gateways.as_slice() else {
        panic!("one gateway: {gateways:?}")
    };
    assert!(!gateway.status.is_empty() && gateway.mcp_url.as_ref().unwrap().ends_with("/mcp"));
    assert!(
        gateway
            .facts
            .iter()
            .any(|fact| fact.label == "Authorizer" && fact.value == "CUSTOM_JWT"),
        "{:?}",
        gateway.facts
    );
    let targets = services.aws.resources.list(a, Kind::Target).await.unwrap();
    assert!(
        targets
            .iter()
            .all(|target| target.key.owner_id() == gateway.key.id)
    );
    let called: Vec<_> = targets
        .iter()
        .flat_map(|target| &target.links)
        .filter(|link| link.relation == Relation::Calls)
        .collect();
    let runtimes = services.aws.resources.list(a, Kind::Runtime).await.unwrap();
    assert!(
        runtimes
            .iter()
            .any(|runtime| called.iter().any(|link| link.id == runtime.key.id)),
        "{called:?}"
    );
    let endpoints = services
        .aws
        .resources
        .list(a, Kind::Endpoint)
        .await
        .unwrap();
    assert!(
        endpoints
            .iter()
            .any(|endpoint| endpoint.key.own_id() == "DEFAULT"),
        "{endpoints:?}"
    );
}

#[tokio::test]
async fn every_listed_resource_can_be_described_and_keeps_its_identity() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    for deployment in deployments.values() {
        for kind in Kind::ALL {
            for resource in services.aws.resources.list(deployment, kind).await.unwrap() {
                let described = services
                    .aws
                    .resources
                    .describe(deployment, &resource.key)
                    .await
                    .unwrap();
                assert_eq!(
                    (&described.key, &described.name),
                    (&resource.key, &resource.name)
                );
                assert!(
                    described.raw.as_object().is_some_and(|raw| raw.len() > 3),
                    "{:?}",
                    described.raw
                );
            }
        }
    }
}

#[tokio::test]
async fn a_secret_is_read_put_and_its_stage_moved() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let a = &deployments["a"];
    let id = services.aws.resources.list(a, Kind::Secret).await.unwrap()[0]
        .key
        .id
        .clone();
    let before = services.aws.secrets.secret_detail(a, &id).await.unwrap();
    let current = before
        .version_with("AWSCURRENT")
        .unwrap()
        .version_id
        .clone();
    let value = services
        .aws
        .secrets
        .secret_value(a, &id, &VersionRef::Stage("AWSCURRENT".into()))
        .await
        .unwrap();
    assert_eq!(value.version_id, current);
    assert!(matches!(&value.content, SecretContent::Text(text) if text.reveal().starts_with('{')));

    let (token, text) = (
        "11111111-2222-4333-8444-555555555555",
        SecretText::from("{\"password\":\"canary\"}"),
    );
    let pending = ["AWSPENDING".to_owned()];
    services
        .aws
        .secrets
        .put_secret_version(a, &id, token, &text, &pending)
        .await
        .unwrap();
    services
        .aws
        .secrets
        .put_secret_version(a, &id, token, &text, &pending)
        .await
        .unwrap();
    let other = services
        .aws
        .secrets
        .put_secret_version(a, &id, token, &SecretText::from("other"), &pending)
        .await
        .unwrap_err();
    assert_eq!(
        (other.kind, other.code.as_deref()),
        (FailureKind::Conflict, Some("ResourceExistsException"))
    );
    let wrong = services
        .aws
        .secrets
        .move_stage(a, &id, "AWSCURRENT", Some(token), None)
        .await
        .unwrap_err();
    assert_eq!(wrong.kind, FailureKind::Usage, "{wrong:?}");
    services
        .aws
        .secrets
        .move_stage(a, &id, "AWSCURRENT", Some(token), Some(&current))
        .await
        .unwrap();
    let after = services.aws.secrets.secret_detail(a, &id).await.unwrap();
    assert_eq!(after.version_with("AWSCURRENT").unwrap().version_id, token);
    assert_eq!(
        after.version_with("AWSPREVIOUS").unwrap().version_id,
        current
    );
    assert!(!format!("{after:?} {value:?}").contains("canary"));
    let absent = services
        .aws
        .secrets
        .secret_value(a, &id, &VersionRef::Stage("NOBODY".into()))
        .await
        .unwrap_err();
    assert_eq!(absent.kind, FailureKind::NotFound);
}

#[tokio::test]
async fn read_only_mode_refuses_every_write() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions {
        read_only: true,
        ..ServiceOptions::default()
    });
    let a = &deployments["a"];
    let refusals = [
        services
            .aws
            .secrets
            .put_secret_version(a, "s", "t", &SecretText::from("x"), &[])
            .await
            .unwrap_err(),
        services
            .aws
            .secrets
            .move_stage(a, "s", "AWSCURRENT", None, None)
            .await
            .unwrap_err(),
        services
            .aws
            .secrets
            .start_rotation(a, "s", "t")
            .await
            .unwrap_err(),
        services
            .aws
            .secrets
            .cancel_rotation(a, "s")
            .await
            .unwrap_err(),
        services
            .aws
            .control_plane
            .synchronize_target(a, "g", "t")
            .await
            .unwrap_err(),
        services
            .aws
            .control_plane
            .stop_session(a, "arn", "DEFAULT", "s", None)
            .await
            .unwrap_err(),
        services
            .aws
            .control_plane
            .complete_consent(a, "urn", ConsentUser::Id("ana"))
            .await
            .unwrap_err(),
    ];
    for refusal in refusals {
        assert_eq!(
            (refusal.kind, refusal.code),
            (FailureKind::Denied, None),
            "{}",
            refusal.doing
        );
    }
}

#[tokio::test]
async fn machine_and_user_get_tokens_with_claims() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    for name in ["a", "b", "c"] {
        let (token, claims) = services
            .sign_ins
            .token(&deployments[name], None)
            .await
            .unwrap();
        assert_eq!(claims.claims["token_use"], "access", "{name}");
        assert!(claims.expires_at.is_some());
        let (again, _) = services
            .sign_ins
            .token(&deployments[name], None)
            .await
            .unwrap();
        assert_eq!(token, again, "the token is kept");
    }
    let none = services
        .sign_ins
        .token(&deployments["d"], None)
        .await
        .unwrap_err();
    assert_eq!(none.kind, FailureKind::Usage);
}

#[tokio::test]
async fn wrong_secrets_and_credentials_are_sign_in_failures_with_a_next_step() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let mut wrong = deployments["a"].clone();
    if let SignIn::M2m { client_secret, .. } = &mut wrong.sign_in {
        *client_secret = agentcore_console::model::SecretSource::Inline("wrong".into());
    }
    let failure = services.sign_ins.token(&wrong, None).await.unwrap_err();
    assert_eq!(
        (
            failure.kind,
            failure.cause.as_str(),
            failure.code.as_deref()
        ),
        (
            FailureKind::SignIn,
            "wrong client id or secret",
            Some("invalid_client")
        )
    );
    let mut wrong = deployments["a"].clone();
    wrong.credentials.as_mut().unwrap().secret_access_key =
        agentcore_console::model::SecretSource::Inline("wrong".into());
    let failure = services
        .aws
        .resources
        .list(&wrong, Kind::Gateway)
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::SignIn, "{failure:?}");
    assert!(failure.hint.is_some());
    let failure = services.aws.client.identity(&wrong).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::SignIn, "{failure:?}");
}

#[tokio::test]
async fn an_unknown_stack_is_named() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let mut unknown = deployments["a"].clone();
    unknown.stack = Some("no-such-stack".into());
    unknown.gateways.clear();
    let failure = services
        .aws
        .resources
        .list(&unknown, Kind::Gateway)
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
    assert!(failure.cause.contains("no-such-stack"), "{failure:?}");
}

#[tokio::test]
async fn the_identity_is_the_accounts() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let identity = Services::new(ServiceOptions::default())
        .aws
        .client
        .identity(&deployments["a"])
        .await
        .unwrap();
    assert_eq!(identity.account.len(), 12);
    assert!(identity.arn.contains(&identity.account));
    assert_eq!(identity.clock_skew_ms, 0);
}

#[tokio::test]
async fn a_dead_endpoint_is_a_network_failure_within_seconds() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut dead = stack::deployment("dead");
    dead.endpoint_url = Some(format!("http://127.0.0.1:{port}"));
    dead.gateways = vec!["gw-abcdefghij".into()];
    dead.stack = None;
    let services = Services::new(ServiceOptions::default());
    let asked = tokio::time::timeout(
        std::time::Duration::from_secs(20),
        services.aws.resources.list(&dead, Kind::Gateway),
    )
    .await;
    let failure = asked.expect("it gives up in seconds").unwrap_err();
    assert_eq!(failure.kind, FailureKind::Network, "{failure:?}");
    assert!(failure.cause.contains("refused"), "{failure:?}");
}
