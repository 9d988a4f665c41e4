//! What clients may change in the embedded stack, by signed requests without an SDK: the answers, what follows from them,
//! and CloudTrail's event history of them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

mod harness;
mod sign_in;

use serde_json::{Value, json};

use harness::{Harness, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_two_secrets_and_both_get_tokens() {
    let harness = Harness::start().await;
    let a = harness.deployment("a");
    let client = json!({"UserPoolId": a["user_pool_id"], "ClientId": a["client_id"]});
    let old = text(a, "/client_secret");
    let with = |member: &str, value: &str| {
        let mut input = client.clone();
        input[member] = value.into();
        input
    };
    let new = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL";
    let (status, answer) = harness
        .cognito("AddUserPoolClientSecret", &with("ClientSecret", new))
        .await;
    assert_eq!(status, 200, "{answer}");
    let id = text(&answer, "/ClientSecretDescriptor/ClientSecretId");
    assert!(id.starts_with(text(a, "/client_id")));
    assert_eq!(
        answer["ClientSecretDescriptor"].get("ClientSecretValue"),
        None
    );
    for secret in [old, new] {
        assert_eq!(harness.machine_token(a, secret).await.0, 200);
    }
    let (_, third) = harness.cognito("AddUserPoolClientSecret", &client).await;
    assert_eq!(third["__type"], "LimitExceededException");
    let (_, listed) = harness.cognito("ListUserPoolClientSecrets", &client).await;
    assert_eq!(listed["ClientSecrets"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(old));
    let first = text(&listed, "/ClientSecrets/0/ClientSecretId").to_owned();
    let delete = with("ClientSecretId", &first);
    assert_eq!(
        harness
            .cognito("DeleteUserPoolClientSecret", &delete)
            .await
            .0,
        200
    );
    assert_eq!(
        harness.machine_token(a, old).await.1["error"],
        "invalid_client"
    );
    assert_eq!(harness.machine_token(a, new).await.0, 200);
    let last = with("ClientSecretId", id);
    let (_, refused) = harness.cognito("DeleteUserPoolClientSecret", &last).await;
    assert_eq!(refused["__type"], "InvalidParameterException");
    let (_, generated) = harness.cognito("AddUserPoolClientSecret", &client).await;
    let value = text(&generated, "/ClientSecretDescriptor/ClientSecretValue");
    assert_eq!(harness.machine_token(a, value).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_keeps_its_secret_in_a_managed_secret_that_is_listed() {
    let harness = Harness::start().await;
    let a = harness.deployment("a");
    let name = "neo4j_mcp_server_oauth_provider";
    let path = "/identities/GetOauth2CredentialProvider";
    let (_, known) = harness
        .agentcore("POST", path, Some(&json!({ "name": name })))
        .await;
    let arn = text(&known, "/clientSecretArn/secretArn").to_owned();
    let held = || async {
        let (_, answer) = harness
            .json("secretsmanager.GetSecretValue", &json!({ "SecretId": arn }))
            .await;
        let secret: Value = serde_json::from_str(text(&answer, "/SecretString")).unwrap();
        text(
            &secret,
            &format!("/{}", text(&known, "/clientSecretJsonKey")),
        )
        .to_owned()
    };
    assert_eq!(held().await, text(a, "/client_secret"));
    let filters = json!({"MaxResults": 100});
    let (_, listed) = harness.json("secretsmanager.ListSecrets", &filters).await;
    assert!(listed.to_string().contains(&arn));

    let mut config = known["oauth2ProviderConfigOutput"].clone();
    let update = |config: &Value| {
        json!({"name": name, "credentialProviderVendor": known["credentialProviderVendor"],
            "oauth2ProviderConfigInput": config})
    };
    let path = "/identities/UpdateOauth2CredentialProvider";
    let (status, refused) = harness
        .agentcore("POST", path, Some(&update(&config)))
        .await;
    assert_eq!(status, 400, "a managed provider needs the value: {refused}");
    config["customOauth2ProviderConfig"]["clientSecret"] =
        "a-wrong-client-secret-for-a-while".into();
    let (status, answer) = harness
        .agentcore("POST", path, Some(&update(&config)))
        .await;
    assert_eq!((status, text(&answer, "/status")), (200, "UPDATING"));
    assert!(!answer.to_string().contains("a-wrong-client-secret"));
    assert_eq!(held().await, "a-wrong-client-secret-for-a-while");
    let (status, _) = harness
        .agentcore("POST", path, Some(&update(&config)))
        .await;
    assert_eq!(status, 409, "one update at a time");
    let path = "/identities/GetOauth2CredentialProvider";
    let named = json!({ "name": name });
    harness.ready("POST", path, Some(&named)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_made_and_moved_and_default_is_not() {
    let harness = Harness::start().await;
    let arn = text(harness.deployment("a"), "/runtime_arn");
    let runtime = arn.rsplit('/').next().unwrap();
    let list = format!("/runtimes/{runtime}/runtime-endpoints/");
    let (_, listed) = harness.agentcore("POST", &list, None).await;
    let ready = listed["runtimeEndpoints"].as_array().unwrap().iter();
    let ready: Vec<&str> = ready
        .filter(|endpoint| endpoint["status"] == "READY")
        .map(|endpoint| text(endpoint, "/name"))
        .collect();
    assert_eq!(ready, ["DEFAULT", "production"]);
    let update = json!({"agentRuntimeVersion": "1"});
    let default = format!("{list}DEFAULT/");
    assert_eq!(
        harness.agentcore("PUT", &default, Some(&update)).await.0,
        400
    );
    let production = format!("{list}production/");
    let (status, moving) = harness.agentcore("PUT", &production, Some(&update)).await;
    assert_eq!(status, 202);
    assert_eq!(
        (
            text(&moving, "/liveVersion"),
            text(&moving, "/targetVersion")
        ),
        ("2", "1")
    );
    assert_eq!(
        harness.agentcore("PUT", &production, Some(&update)).await.0,
        409
    );
    let create = json!({"name": "canary"});
    assert_eq!(harness.agentcore("PUT", &list, Some(&create)).await.0, 202);
    assert_eq!(harness.agentcore("PUT", &list, Some(&create)).await.0, 409);
    let moved = harness.ready("GET", &production, None).await;
    assert_eq!(text(&moved, "/liveVersion"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_history_names_every_write_and_never_a_secret() {
    let harness = Harness::start().await;
    let group = json!({"logGroupName": "/mine"});
    assert_eq!(harness.logs("CreateLogGroup", &group).await.0, 200);
    assert_eq!(harness.logs("CreateLogGroup", &group).await.0, 400);
    let secret = json!({"Name": "mine", "SecretString": "top-s3cret"});
    assert_eq!(
        harness.json("secretsmanager.CreateSecret", &secret).await.0,
        200
    );
    let writes = json!({"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}], "MaxResults": 3});
    let (status, page) = harness.lookup(&writes).await;
    assert_eq!(status, 200, "{page}");
    let names: Vec<&str> = page["Events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| text(event, "/EventName"))
        .collect();
    assert_eq!(names, ["CreateSecret", "CreateLogGroup", "CreateLogGroup"]);
    let record: Value = serde_json::from_str(text(&page, "/Events/1/CloudTrailEvent")).unwrap();
    assert_eq!(record["errorCode"], "ResourceAlreadyExistsException");
    assert_eq!(record["requestParameters"]["logGroupName"], "/mine");
    assert!(!page.to_string().contains("top-s3cret"));

    let mut next = writes.clone();
    next["NextToken"] = page["NextToken"].clone();
    let (_, earlier) = harness.lookup(&next).await;
    assert!(
        earlier.to_string().contains("UpdateAgentRuntime"),
        "what others changed before"
    );
    next["LookupAttributes"][0]["AttributeValue"] = "true".into();
    let (_, refused) = harness.lookup(&next).await;
    assert_eq!(refused["__type"], "InvalidNextTokenException");
    let two = json!({"LookupAttributes": [
        {"AttributeKey": "ReadOnly", "AttributeValue": "false"}, {"AttributeKey": "EventName", "AttributeValue": "x"}]});
    assert_eq!(
        harness.lookup(&two).await.1["__type"],
        "InvalidLookupAttributesException"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_body_is_refused_before_anything_is_looked_at() {
    let harness = Harness::start().await;
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    for (service, body, sent) in [
        (
            "sts",
            "Action=GetCallerIdentity&Version=2011-06-15",
            "Action=GetCallerIdentitx&Version=2011-06-15",
        ),
        (
            "sts",
            "Action=GetCallerIdentity&Version=2011-06-15",
            "Action=GetCallerIdentity&Version=2011-06-16",
        ),
        (
            "cloudformation",
            "Action=DescribeStacks&Version=2010-05-15",
            "Action=DescribeStackz&Version=2010-05-15",
        ),
        (
            "cloudformation",
            "Action=DescribeStacks&Version=2010-05-15",
            "nonsense",
        ),
    ] {
        let (status, answer) = harness
            .send(service, ("POST", "/"), &headers, body, Some(sent))
            .await;
        assert_eq!(status, 403, "{sent}: {answer}");
        assert!(
            answer.to_string().contains("SignatureDoesNotMatch"),
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_lists_and_paths_are_judged_as_aws_does() {
    let harness = Harness::start().await;
    let (status, answer) = harness.logs("DescribeLogGroups", &json!([])).await;
    assert_eq!(
        (status, text(&answer, "/__type")),
        (400, "SerializationException")
    );
    for (method, path) in [
        ("GET", "/gateways/?maxResults=1001"),
        ("GET", "/policy-engines?maxResults=101"),
        ("POST", "/runtimes/?maxResults=101"),
    ] {
        let (status, answer) = harness.agentcore(method, path, None).await;
        assert_eq!(status, 400, "{path}: {answer}");
    }
    assert_eq!(
        harness
            .agentcore("GET", "/gateways/?maxResults=1000", None)
            .await
            .0,
        200
    );
    assert_eq!(
        harness.agentcore("GET", "/gateways/x/y/z", None).await.0,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_infrequent_access_is_read_by_queries_alone() {
    let harness = Harness::start().await;
    for class in ["INFREQUENT_ACCESS", "DELIVERY"] {
        let name = format!("/class/{class}");
        let group = json!({"logGroupName": name, "logGroupClass": class});
        assert_eq!(harness.logs("CreateLogGroup", &group).await.0, 200);
        let stream = json!({"logGroupName": name, "logStreamName": "s"});
        assert_eq!(harness.logs("CreateLogStream", &stream).await.0, 200);
        for (operation, input) in [
            ("FilterLogEvents", &json!({"logGroupName": name})),
            ("GetLogEvents", &stream),
        ] {
            let (status, answer) = harness.logs(operation, input).await;
            assert_eq!(
                (status, text(&answer, "/__type")),
                (400, "InvalidOperationException"),
                "{operation}"
            );
        }
        let query = json!({"logGroupName": name, "startTime": 0, "endTime": 4_000_000_000_i64, "queryString": "fields @message"});
        let (status, _) = harness.logs("StartQuery", &query).await;
        assert_eq!(
            status,
            if class == "DELIVERY" { 400 } else { 200 },
            "{class}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_query_is_refused_with_its_place() {
    let harness = Harness::start().await;
    let group = harness.deployment("a")["log_groups"][0].clone();
    let query = json!({"logGroupName": group, "startTime": 0, "endTime": 1, "queryString": "fields @message | frobnicate"});
    let (status, answer) = harness.logs("StartQuery", &query).await;
    assert_eq!(
        (status, text(&answer, "/__type")),
        (400, "MalformedQueryException")
    );
    assert_eq!(
        answer["queryCompileError"]["location"],
        json!({"startCharOffset": 18, "endCharOffset": 28})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_out_of_synchronisation_says_so_until_the_fault_is_taken_back() {
    let harness = Harness::start().await;
    let gateway = text(harness.deployment("b"), "/gateway_id");
    let list = format!("/gateways/{gateway}/targets/");
    let status = || async {
        let (_, listed) = harness.agentcore("GET", &list, None).await;
        text(&listed, "/items/0/status").to_owned()
    };
    let fault = r#"[{"deployment":"analytics","hop":"target","fault":"unsynchronised"}]"#;
    for fault in emulator::faults::parse(fault).unwrap() {
        harness.stack.inject_fault(fault);
    }
    assert_eq!(status().await, "SYNCHRONIZE_UNSUCCESSFUL");
    harness.stack.clear_faults();
    assert_eq!(status().await, "READY");
}
