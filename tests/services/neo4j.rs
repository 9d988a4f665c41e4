//! Logins and password changes at the embedded stack's Neo4j.

use agentcore_console::{
    model::{
        AlterAnswer, Deployment, LoginAnswer, Neo4jAddress, Neo4jFailure, SecretContent,
        SecretText, VersionRef,
    },
    services::{ServiceOptions, Services},
};

use crate::stack::{self, World};

/// Address, user and password as the deployment's secret has them.
async fn seat(services: &Services, deployment: &Deployment) -> (Neo4jAddress, String, SecretText) {
    let value = services
        .aws
        .secrets
        .secret_value(
            deployment,
            &deployment.secrets[0],
            &VersionRef::Stage("AWSCURRENT".into()),
        )
        .await
        .unwrap();
    let SecretContent::Text(text) = &value.content else {
        panic!("text")
    };
    let json: serde_json::Value = serde_json::from_str(text.reveal()).unwrap();
    let find = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| json.get(*name))
            .and_then(|value| value.as_str())
            .unwrap()
            .to_owned()
    };
    let uri = find(["uri", "NEO4J_URI"]);
    (
        Neo4jAddress {
            uri,
            database: "neo4j".into(),
        },
        find(["username", "NEO4J_USERNAME"]),
        find(["password", "NEO4J_PASSWORD"]).into(),
    )
}

#[tokio::test]
async fn a_password_is_proved_changed_and_the_old_one_refused() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let (address, user, old) = seat(&services, &deployments["a"]).await;
    let new = SecretText::from("Zoë: $'\"\\` {} 9");
    assert!(matches!(
        services.neo4j.login(&address, &user, &old).await,
        Ok(LoginAnswer::Accepted)
    ));
    assert_eq!(
        services
            .neo4j
            .alter_password(&address, &user, &old, &old)
            .await,
        Ok(AlterAnswer::Same)
    );
    let short = SecretText::from("short");
    assert!(matches!(
        services
            .neo4j
            .alter_password(&address, &user, &old, &short)
            .await,
        Ok(AlterAnswer::Policy(_))
    ));
    assert_eq!(
        services
            .neo4j
            .alter_password(&address, &user, &old, &new)
            .await,
        Ok(AlterAnswer::Done)
    );
    assert!(matches!(
        services.neo4j.login(&address, &user, &new).await,
        Ok(LoginAnswer::Accepted)
    ));
    assert_eq!(
        services.neo4j.login(&address, &user, &old).await,
        Ok(LoginAnswer::WrongPassword)
    );
    assert_eq!(
        services
            .neo4j
            .alter_password(&address, &user, &old, &new)
            .await,
        Ok(AlterAnswer::WrongOld)
    );
}

#[tokio::test]
async fn a_lock_out_is_not_a_wrong_password() {
    let World {
        stack: _stack,
        deployments,
    } = stack::quiet().await;
    let services = Services::new(ServiceOptions::default());
    let (address, user, right) = seat(&services, &deployments["a"]).await;
    for _ in 0..3 {
        assert_eq!(
            services
                .neo4j
                .login(&address, &user, &SecretText::from("wrong-password"))
                .await,
            Ok(LoginAnswer::WrongPassword)
        );
    }
    assert_eq!(
        services.neo4j.login(&address, &user, &right).await,
        Ok(LoginAnswer::RateLimited)
    );
    let altered = services
        .neo4j
        .alter_password(&address, &user, &right, &SecretText::from("another-one"))
        .await;
    assert!(
        matches!(altered, Err(Neo4jFailure::Refused(_))),
        "{altered:?}"
    );
}

#[tokio::test]
async fn nobody_has_to_wait_for_a_database_that_says_nothing() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let services = Services::new(ServiceOptions::default());
    for scheme in ["http", "bolt"] {
        let address = Neo4jAddress {
            uri: format!("{scheme}://127.0.0.1:{port}"),
            database: "neo4j".into(),
        };
        let password = SecretText::from("password");
        let login = services.neo4j.login(&address, "neo4j", &password);
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(200), login).await;
        assert!(
            given_up.is_err(),
            "it was still waiting, and dropping it ended that"
        );
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_proves_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let services = Services::new(ServiceOptions::default());
    let password = SecretText::from("canary-password");
    for scheme in ["http", "bolt", "neo4j"] {
        let address = Neo4jAddress {
            uri: format!("{scheme}://127.0.0.1:{port}"),
            database: "neo4j".into(),
        };
        let login = services.neo4j.login(&address, "neo4j", &password).await;
        assert!(
            matches!(login, Err(Neo4jFailure::Unreachable(_))),
            "{login:?}"
        );
        let altered = services
            .neo4j
            .alter_password(
                &address,
                "neo4j",
                &password,
                &SecretText::from("new-password"),
            )
            .await;
        assert!(
            matches!(altered, Err(Neo4jFailure::Unreachable(_))),
            "never sent: {altered:?}"
        );
        assert!(!format!("{login:?}{altered:?}").contains("canary"));
    }
}

/// Takes a connection, reads what is sent, answers `answer`, and ends it, again and again; its address.
async fn answering(answer: &'static [u8]) -> std::net::SocketAddr {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 16 * 1024];
            let _ = connection.read(&mut request).await;
            let _ = connection.write_all(answer).await;
            let _ = connection.shutdown().await;
            while connection
                .read(&mut request)
                .await
                .is_ok_and(|read| read > 0)
            {}
        }
    });
    address
}

#[tokio::test]
async fn an_error_of_somebody_in_between_is_no_accepted_login() {
    let services = Services::new(ServiceOptions::default());
    let password = SecretText::from("password");
    let answers: [&[u8]; 3] = [
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 44\r\n\r\n{\"errors\":[{\"code\":\"503\",\"message\":\"busy\"}]}",
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 11\r\n\r\nbad gateway",
        b"HTTP/1.1 200 OK\r\ncontent-length: 49\r\n\r\n{\"errors\":[{\"message\":\"x\"}],\"data\":{\"values\":[]}}",
    ];
    for answer in answers {
        let address = Neo4jAddress {
            uri: format!("http://{}", answering(answer).await),
            database: "neo4j".into(),
        };
        let login = services.neo4j.login(&address, "neo4j", &password).await;
        assert!(
            matches!(
                login,
                Err(Neo4jFailure::InDoubt(_) | Neo4jFailure::Refused(_))
            ),
            "{login:?}"
        );
        let altered = services
            .neo4j
            .alter_password(
                &address,
                "neo4j",
                &password,
                &SecretText::from("new-password"),
            )
            .await;
        assert!(
            matches!(altered, Err(Neo4jFailure::InDoubt(_))),
            "{altered:?}"
        );
    }
}

#[tokio::test]
async fn a_bolt_connection_that_is_cut_may_have_carried_the_login() {
    let services = Services::new(ServiceOptions::default());
    let password = SecretText::from("password");
    for scheme in ["bolt", "neo4j"] {
        let address = Neo4jAddress {
            uri: format!("{scheme}://{}", answering(b"").await),
            database: "neo4j".into(),
        };
        let login = services.neo4j.login(&address, "neo4j", &password).await;
        assert!(
            matches!(
                login,
                Err(Neo4jFailure::InDoubt(_) | Neo4jFailure::Refused(_))
            ),
            "{login:?}"
        );
    }
}
