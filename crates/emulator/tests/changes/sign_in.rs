//! The sign-in page of a user pool: authorization code with PKCE, refusal, refresh.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::harness::{Harness, text};

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-long";
const REDIRECT: &str = "http://127.0.0.1:1/callback";

/// The page of deployment C's pool, and its user.
struct SignIn<'a> {
    harness: &'a Harness,
    deployment: &'a Value,
    page: String,
}

impl<'a> SignIn<'a> {
    fn new(harness: &'a Harness) -> Self {
        let deployment = harness.deployment("c");
        let (client, issuer) = (text(deployment, "/client_id"), text(deployment, "/issuer"));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let page = format!(
            "{issuer}/oauth2/authorize?response_type=code&client_id={client}&redirect_uri={REDIRECT}&scope=openid&state=xyz\
             &code_challenge={challenge}&code_challenge_method=S256"
        );
        Self {
            harness,
            deployment,
            page,
        }
    }

    async fn post(&self, fields: &[(&str, &str)]) -> reqwest::Response {
        let request = self.harness.http.post(&self.page).form(fields);
        request.send().await.unwrap()
    }

    async fn sign_in(&self, password: &str) -> reqwest::Response {
        let user = text(self.deployment, "/username");
        self.post(&[("username", user), ("password", password)])
            .await
    }

    /// Signs in with the right password.
    async fn code(&self) -> String {
        let response = self.sign_in(text(self.deployment, "/password")).await;
        assert_eq!(response.status().as_u16(), 302);
        let location = location(&response);
        let code = location.split("code=").nth(1).unwrap();
        code.split('&').next().unwrap().to_owned()
    }

    async fn redeem(&self, code: &str, verifier: &str) -> (u16, Value) {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", text(self.deployment, "/client_id")),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
        ];
        self.harness.token(self.deployment, &form).await
    }
}

fn location(response: &reqwest::Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_with_a_code_and_its_verifier() {
    let harness = Harness::start().await;
    let sign_in = SignIn::new(&harness);
    let form = harness.http.get(&sign_in.page).send().await.unwrap();
    let form = form.text().await.unwrap();
    assert!(form.contains("<form") && form.contains("name=\"password\""));
    let code = sign_in.code().await;
    let (status, tokens) = sign_in.redeem(&code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let again = sign_in.redeem(&code, VERIFIER).await.1;
    assert_eq!(again["error"], "invalid_grant", "a code is for single use");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", text(sign_in.deployment, "/client_id")),
        ("refresh_token", text(&tokens, "/refresh_token")),
    ];
    let (status, renewed) = harness.token(sign_in.deployment, &refresh).await;
    assert_eq!(status, 200);
    assert!(!text(&renewed, "/access_token").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_a_wrong_password_and_a_wrong_verifier_give_no_token() {
    let harness = Harness::start().await;
    let sign_in = SignIn::new(&harness);
    let denied = location(&sign_in.post(&[("deny", "yes")]).await);
    assert!(denied.contains("error=access_denied") && denied.contains("state=xyz"));
    let wrong = sign_in.sign_in("wrong").await;
    assert_eq!(wrong.status().as_u16(), 200, "the form again");
    let code = sign_in.code().await;
    let (status, refused) = sign_in.redeem(&code, "another-verifier").await;
    assert_eq!((status, text(&refused, "/error")), (400, "invalid_grant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faults_of_the_token_hop_hold_for_codes_too() {
    let harness = Harness::start().await;
    let sign_in = SignIn::new(&harness);
    let fault = r#"[{"deployment":"c","hop":"token","fault":"expired-token","times":1}]"#;
    let code = sign_in.code().await;
    for fault in emulator::faults::parse(fault).unwrap() {
        harness.stack.inject_fault(fault);
    }
    let (_, tokens) = sign_in.redeem(&code, VERIFIER).await;
    let claims = text(&tokens, "/access_token").split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!(claims["exp"].as_u64().unwrap() < now);
}
