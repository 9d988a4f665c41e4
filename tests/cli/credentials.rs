//! The credentials that were named are the only ones used, and a profile's region, endpoints and FIPS setting hold for every
//! request, by an SDK or by hand. A listener stands in for AWS and keeps what was sent to it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use crate::world::{Answer, Console};

/// An address that refuses every request as AWS does, and remembers host, path and signer of each.
struct Listener {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(&stream, &kept));
            }
        });
        Self { address, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// Answers the requests of one connection, and keeps the first line and the headers of each.
fn serve(stream: &TcpStream, kept: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        kept.lock().unwrap().push(head);
        let refusal = r#"{"__type":"AccessDeniedException","message":"no"}"#;
        let mut stream = stream;
        let _ = write!(
            stream,
            "HTTP/1.1 403 Forbidden\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{refusal}",
            refusal.len()
        );
    }
}

const PROFILES: &str = "[profile ops]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = x\nregion = eu-central-1\n\
     [profile login]\nlogin_session = arn:aws:iam::111122223333:user/ana\nregion = us-east-1\n\
     [profile fips]\naws_access_key_id = AKIAFIPS\naws_secret_access_key = x\nregion = us-east-2\nuse_fips_endpoint = true\n";

/// The binary with a shared configuration, and with other keys in its environment.
fn console(config: &str) -> Console {
    let console = Console::with(config);
    let profiles = console.file("aws-config", PROFILES);
    let profiles = profiles.to_str().unwrap().to_owned();
    console
        .env("AWS_CONFIG_FILE", &profiles)
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_ACCESS_KEY_ID", "AKIAENV")
        .env("AWS_SECRET_ACCESS_KEY", "y")
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

fn deployment(profile: &str, more: &str) -> String {
    format!("[deployments.prod]\nprofile = \"{profile}\"\ngateways = [\"gw-abcdefghij\"]\n{more}\n")
}

#[test]
fn a_named_profile_goes_over_the_keys_of_the_environment() {
    let aws = Listener::start();
    let endpoint = format!("endpoint_url = \"{}\"", aws.address);
    let console = console(&deployment("ops", &endpoint));
    console.run(&["status", "gateway"]);
    let seen = aws.seen();
    assert!(!seen.is_empty());
    for request in &seen {
        assert!(request.contains("Credential=AKIAPROFILE/"), "{request}");
        assert!(
            request.contains("/eu-central-1/"),
            "the profile's region: {request}"
        );
    }
}

#[test]
fn an_unknown_profile_is_refused_and_nothing_is_sent() {
    let aws = Listener::start();
    let endpoint = format!("endpoint_url = \"{}\"\nregion = \"us-west-2\"", aws.address);
    let console = console(&deployment("opps", &endpoint));
    for command in [["status", "gateway"], ["doctor", "-d"]] {
        let words: Vec<&str> = command.into_iter().chain(["prod"]).take(2).collect();
        let answer: Answer = console.run(&words);
        assert!(
            answer.code == 2 || answer.err.contains("opps"),
            "{answer:?}"
        );
    }
    console
        .run(&["status", "gateway"])
        .exits(2)
        .says("there is no profile \"opps\"")
        .says("did you mean \"ops\"");
    assert_eq!(aws.seen(), Vec::<String>::new());
}

#[test]
fn the_profile_of_the_environment_is_as_binding_as_one_of_the_configuration() {
    let aws = Listener::start();
    let config = format!(
        "[deployments.prod]\nregion = \"us-west-2\"\ngateways = [\"gw-abcdefghij\"]\nendpoint_url = \"{}\"\n",
        aws.address
    );
    let console = console(&config).env("AWS_PROFILE", "opps");
    console
        .run(&["status", "gateway"])
        .exits(2)
        .says("there is no profile \"opps\"");
    assert_eq!(aws.seen(), Vec::<String>::new());
}

#[test]
fn a_session_of_aws_login_that_has_ended_names_the_command_that_renews_it() {
    let aws = Listener::start();
    let endpoint = format!("endpoint_url = \"{}\"", aws.address);
    console(&deployment("login", &endpoint))
        .run(&["status", "gateway"])
        .exits(3)
        .says("aws login --profile login");
    assert_eq!(aws.seen(), Vec::<String>::new());
}

#[test]
fn the_region_of_the_profile_is_enough() {
    let console = console(&deployment("ops", ""));
    console.run(&["config", "check"]).exits(0);
    let nowhere = console.folder().join("new.toml");
    let answer = console.run(&[
        "init",
        "--stack",
        "s",
        "--profile",
        "nope",
        "--config",
        nowhere.to_str().unwrap(),
    ]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(!nowhere.exists());
}

#[test]
fn an_endpoint_of_one_service_holds_for_requests_that_no_sdk_makes() {
    let (formation, other) = (Listener::start(), Listener::start());
    let console = console("")
        .env("AWS_ENDPOINT_URL", &other.address)
        .env("AWS_ENDPOINT_URL_CLOUDFORMATION", &formation.address);
    std::fs::remove_file(console.config()).unwrap();
    console.run(&["status", "--profile", "ops"]);
    let form = formation.seen();
    assert!(
        !form.is_empty(),
        "CloudFormation was asked at its own address"
    );
    assert!(
        form.iter()
            .all(|request| request.contains("/cloudformation/aws4_request"))
    );
    let rest = other.seen();
    assert!(!rest.is_empty());
    assert!(
        rest.iter()
            .all(|request| !request.contains("/cloudformation/aws4_request"))
    );
}

#[test]
fn fips_holds_for_requests_that_no_sdk_makes() {
    // A proxy sees the name of the host that is wanted, and refuses.
    let proxy = Listener::start();
    let console = console("").env("HTTPS_PROXY", &proxy.address);
    std::fs::remove_file(console.config()).unwrap();
    console.run(&["status", "--profile", "fips", "--timeout", "2s"]);
    let hosts: Vec<String> = proxy
        .seen()
        .iter()
        .filter_map(|head| {
            head.strip_prefix("CONNECT ")?
                .split(':')
                .next()
                .map(str::to_owned)
        })
        .collect();
    assert!(
        hosts
            .iter()
            .any(|host| host.starts_with("cloudformation-fips.")),
        "{hosts:?}"
    );
    assert!(
        hosts.iter().all(|host| host.contains("-fips.")),
        "{hosts:?}"
    );
}
