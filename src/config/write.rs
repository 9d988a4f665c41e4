//! The one serializer of configurations: what it writes, [`super::parse`] reads back as the same. Files are made with
//! mode 0600, whole or not at all.

use std::{fs, io, path::Path};

use toml::{Table, Value};

use super::{Config, Ui, sign_in};
use crate::model::{Deployment, HeaderSpec, SecretSource, StaticCredentials};

/// First words of a file that this program wrote and may write again.
pub const MARK: &str = "# Written by `agentcore-console ";

/// Returns the configuration as TOML, below a comment that says where it came from.
pub fn render(config: &Config, command: &str) -> String {
    let mut root = Table::new();
    let ui = settings(&config.ui);
    if !ui.is_empty() {
        root.insert("ui".into(), Value::Table(ui));
    }
    if !config.keys.is_empty() {
        root.insert("keys".into(), Value::Table(config.keys.clone()));
    }
    let deployments = config
        .deployments
        .iter()
        .map(|deployment| {
            (
                deployment.name.to_string(),
                Value::Table(deployment_table(deployment)),
            )
        })
        .collect();
    root.insert("deployments".into(), Value::Table(deployments));
    format!("{MARK}{command}`. The documented example is config.example.toml.\n\n{root}")
}

/// Writes the file with mode 0600, atomically. An existing file is only replaced where `replace` agrees to its text.
pub fn save(path: &Path, text: &str, replace: impl FnOnce(&str) -> bool) -> io::Result<()> {
    match fs::read_to_string(path) {
        Ok(old) if !replace(&old) => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the file exists and was not written by this command",
            ));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(_) | Err(_) => {}
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let fresh = path.with_file_name(name);
    let written = create(&fresh, text).and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // Best effort: the error that matters is the first one.
        let _ = fs::remove_file(&fresh);
    }
    written
}

/// Returns a file that did not exist, readable by its owner only.
fn create(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;

    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn settings(ui: &Ui) -> Table {
    let (mut table, usual) = (Table::new(), Ui::default());
    insert_text(&mut table, "theme", ui.theme.as_deref());
    if ui.refresh != usual.refresh {
        table.insert(
            "refresh".into(),
            format!("{}ms", ui.refresh.as_millis()).into(),
        );
    }
    if ui.alarm != usual.alarm {
        table.insert("alarm".into(), ui.alarm.as_str().into());
    }
    if ui.graphics != usual.graphics {
        table.insert("graphics".into(), ui.graphics.as_str().into());
    }
    if ui.mouse != usual.mouse {
        table.insert("mouse".into(), ui.mouse.into());
    }
    table
}

fn deployment_table(from: &Deployment) -> Table {
    let mut table = Table::new();
    insert_text(&mut table, "title", from.title.as_deref());
    insert_text(
        &mut table,
        "shape",
        from.shape.map(|shape| format!("{shape:?}")).as_deref(),
    );
    insert_text(&mut table, "region", Some(&from.region));
    insert_text(&mut table, "profile", from.profile.as_deref());
    insert_text(&mut table, "endpoint_url", from.endpoint_url.as_deref());
    insert_text(&mut table, "stack", from.stack.as_deref());
    insert_texts(&mut table, "gateways", &from.gateways);
    insert_texts(&mut table, "runtimes", &from.runtimes);
    insert_text(&mut table, "mcp_url", from.mcp_url.as_deref());
    insert_texts(&mut table, "secrets", &from.secrets);
    insert_texts(&mut table, "log_groups", &from.log_groups);
    insert_text(&mut table, "neo4j_uri", from.neo4j_uri.as_deref());
    insert_text(&mut table, "neo4j_user", from.neo4j_user.as_deref());
    if from.read_only {
        table.insert("read_only".into(), true.into());
    }
    if let Some(keys) = &from.credentials {
        table.insert("credentials".into(), Value::Table(credentials(keys)));
    }
    table.insert(
        "sign_in".into(),
        Value::Table(sign_in::write(&from.sign_in)),
    );
    if !from.headers.is_empty() {
        table.insert(
            "headers".into(),
            Value::Table(from.headers.iter().map(header).collect()),
        );
    }
    table
}

fn credentials(keys: &StaticCredentials) -> Table {
    let mut table = Table::new();
    insert_text(&mut table, "access_key_id", Some(&keys.access_key_id));
    table.insert("secret_access_key".into(), secret(&keys.secret_access_key));
    insert_secret(&mut table, "session_token", keys.session_token.as_ref());
    table
}

fn header(from: &HeaderSpec) -> (String, Value) {
    match from {
        HeaderSpec::Literal { name, value } => (name.clone(), secret(value)),
        HeaderSpec::BasicFromSecret { name, secret_id } => {
            let of = secret_id
                .clone()
                .map_or(Value::Boolean(true), Value::String);
            (
                name.clone(),
                Value::Table(Table::from_iter([("basic_from_secret".to_owned(), of)])),
            )
        }
    }
}

fn secret(from: &SecretSource) -> Value {
    let table = |entries: &[(&str, Option<&str>)]| {
        let mut table = Table::new();
        for (key, text) in entries {
            insert_text(&mut table, key, *text);
        }
        Value::Table(table)
    };
    match from {
        SecretSource::Inline(text) => Value::from(text.reveal()),
        SecretSource::Environment(name) => table(&[("env", Some(name))]),
        SecretSource::File { path, key } => table(&[("file", Some(path)), ("key", key.as_deref())]),
        SecretSource::Command(command) => table(&[("command", Some(command))]),
        SecretSource::Keyring { service, account } => {
            table(&[("keyring", Some(service)), ("account", Some(account))])
        }
        SecretSource::SecretsManager { id, key } => {
            table(&[("secret", Some(id)), ("key", key.as_deref())])
        }
        SecretSource::UserPoolClient => table(&[("from", Some("user-pool-client"))]),
    }
}

pub(super) fn insert_text(table: &mut Table, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        table.insert(key.into(), text.into());
    }
}

fn insert_texts(table: &mut Table, key: &str, texts: &[String]) {
    if !texts.is_empty() {
        table.insert(
            key.into(),
            texts
                .iter()
                .map(|text| Value::from(text.as_str()))
                .collect::<Vec<_>>()
                .into(),
        );
    }
}

pub(super) fn insert_secret(table: &mut Table, key: &str, from: Option<&SecretSource>) {
    if let Some(from) = from {
        table.insert(key.into(), secret(from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EXAMPLE, parse};

    #[test]
    fn what_is_written_is_read_back_as_the_same() {
        let (config, problems) = parse(EXAMPLE, &|| None);
        assert_eq!(problems, []);
        let (again, problems) = parse(&render(&config, "init"), &|| None);
        assert_eq!(problems, []);
        assert_eq!(again, config);
    }

    #[test]
    fn awkward_secrets_and_names_survive() {
        let text = "[deployments.\"a.b\"]\nregion = \"r\"\nmcp_url = \"https://x.example/mcp\"\n\
                    [deployments.\"a.b\".sign_in]\nmode = \"bearer\"\ntoken = \"q\\\"uo\\\\te 'x' \\u0007 ü\"\n\
                    [deployments.\"a.b\".headers]\nX-Key = { env = \"KEY\" }\nX-Basic = { basic_from_secret = \"other\" }\n";
        let (config, problems) = parse(text, &|| None);
        assert_eq!(problems, []);
        assert_eq!(
            parse(&render(&config, "init"), &|| None),
            (config, Vec::new())
        );
    }

    #[test]
    fn a_file_of_somebody_else_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("config.toml");
        save(&path, "# first", |_| false).unwrap();
        assert_eq!(
            save(&path, "# second", |_| false).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "# first");
        save(&path, "# third", |old| old == "# first").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# third");
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "no leftovers"
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::MetadataExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        save(&path, "", |_| false).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}
