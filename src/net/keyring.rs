//! The system's keyring, by the system's own programs: `secret-tool` of libsecret, and `security` of macOS.
//!
//! A value is written to the standard input of the program. It never stands in its arguments, which every user of the machine can
//! list.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tokio::io::AsyncWriteExt as _;

use crate::model::{SecretText, sanitize};

/// Time limit for the program. A keyring that is locked may ask the person for its password meanwhile.
const LIMIT: Duration = Duration::from_secs(15);
/// Longest line that `security -i` reads, in bytes.
const LONGEST_LINE: usize = 4096;
/// Longest message of the program that is shown, in characters.
const LONGEST_MESSAGE: usize = 200;
/// Exit status of `security` for an entry that does not exist (`errSecItemNotFound`).
const NOT_FOUND: i32 = 44;

/// Name of a value in the keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyringEntry {
    /// The application that the entry belongs to.
    pub(crate) service: String,
    /// What tells the application's entries apart.
    pub(crate) account: String,
}

/// The programs that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyringProgram {
    /// `secret-tool` of libsecret.
    SecretTool,
    /// `security` of macOS.
    Security,
}

/// The keyring of this system.
#[derive(Clone, Debug)]
pub(crate) struct Keyring {
    program: KeyringProgram,
    path: PathBuf,
    limit: Duration,
}

/// How the program ended.
struct ProgramResult {
    status: std::process::ExitStatus,
    output: SecretText,
    /// First line of its standard error, empty if there is none.
    message: String,
}

impl Keyring {
    /// Returns the keyring of this system; `None` if none is known for it.
    pub(crate) fn system() -> Option<Self> {
        let program = match std::env::consts::OS {
            "macos" => KeyringProgram::Security,
            "linux" | "freebsd" => KeyringProgram::SecretTool,
            _ => return None,
        };
        let path = PathBuf::from(program.name());
        Some(Self {
            program,
            path,
            limit: LIMIT,
        })
    }

    /// Reads the value of an entry, without line ends behind it; `None` if the keyring has no such entry.
    ///
    /// # Errors
    /// What went wrong, as the rest of a sentence that begins with the program's name.
    pub(crate) async fn read(&self, entry: &KeyringEntry) -> Result<Option<SecretText>, String> {
        let result = self.run(&self.lookup(entry), None).await?;
        if result.status.success() {
            return Ok((!result.output.is_empty()).then_some(result.output));
        }
        self.absent_or_failed(&result).map(|()| None)
    }

    /// Stores a value under an entry, in place of the one that is there. `label` is what the keyring's own window shows.
    ///
    /// # Errors
    /// As [`Self::read`]. No error holds the value.
    pub(crate) async fn write(
        &self,
        entry: &KeyringEntry,
        label: &str,
        value: &SecretText,
    ) -> Result<(), String> {
        let (arguments, input) = match self.program {
            KeyringProgram::SecretTool => {
                let mut arguments = words(&["store", "--label", label]);
                arguments.extend(attributes(entry));
                (arguments, value.clone())
            }
            KeyringProgram::Security => (words(&["-i"]), command_line(entry, label, value)?),
        };
        let mut result = self.run(&arguments, Some(&input)).await?;
        if result.status.success() {
            return Ok(());
        }
        // `security` may repeat the line that it did not understand.
        if result.message.contains(value.reveal()) {
            result.message.clear();
        }
        Err(failed(&result))
    }

    /// Deletes an entry. Returns whether there was one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) async fn delete(&self, entry: &KeyringEntry) -> Result<bool, String> {
        let arguments = match self.program {
            KeyringProgram::SecretTool => {
                let mut arguments = words(&["clear"]);
                arguments.extend(attributes(entry));
                arguments
            }
            KeyringProgram::Security => words(&[
                "delete-generic-password",
                "-s",
                &entry.service,
                "-a",
                &entry.account,
            ]),
        };
        let result = self.run(&arguments, None).await?;
        if result.status.success() {
            return Ok(true);
        }
        self.absent_or_failed(&result).map(|()| false)
    }

    /// Returns the name of the program.
    pub(crate) fn program(&self) -> &'static str {
        self.program.name()
    }

    fn lookup(&self, entry: &KeyringEntry) -> Vec<String> {
        match self.program {
            KeyringProgram::SecretTool => {
                let mut arguments = words(&["lookup"]);
                arguments.extend(attributes(entry));
                arguments
            }
            KeyringProgram::Security => words(&[
                "find-generic-password",
                "-s",
                &entry.service,
                "-a",
                &entry.account,
                "-w",
            ]),
        }
    }

    /// Returns the error of a program that failed for another reason than an entry that does not exist.
    fn absent_or_failed(&self, result: &ProgramResult) -> Result<(), String> {
        let is_absent = match self.program {
            // It ends with 1 in every case, and says nothing if there is no such entry.
            KeyringProgram::SecretTool => {
                result.status.code() == Some(1) && result.message.is_empty()
            }
            KeyringProgram::Security => result.status.code() == Some(NOT_FOUND),
        };
        if is_absent {
            Ok(())
        } else {
            Err(failed(result))
        }
    }

    async fn run(
        &self,
        arguments: &[String],
        input: Option<&SecretText>,
    ) -> Result<ProgramResult, String> {
        let mut command = tokio::process::Command::new(&self.path);
        command
            .args(arguments)
            .stdin(if input.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|error| format!("could not be run: {error}"))?;
        let stdin = child.stdin.take();
        let whole = async {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A program that ends without reading says why in its status.
                let _ = stdin.write_all(input.reveal().as_bytes()).await;
            }
            child.wait_with_output().await
        };
        let output = tokio::time::timeout(self.limit, whole)
            .await
            .map_err(|_| format!("did not end within {} s", self.limit.as_secs()))?
            .map_err(|error| format!("could not be run: {error}"))?;
        let text = SecretText::new(String::from_utf8_lossy(&output.stdout).into_owned());
        Ok(ProgramResult {
            status: output.status,
            output: SecretText::from(text.reveal().trim_end_matches(['\r', '\n'])),
            message: first_line(&output.stderr),
        })
    }
}

impl KeyringProgram {
    const fn name(self) -> &'static str {
        match self {
            Self::SecretTool => "secret-tool",
            Self::Security => "security",
        }
    }
}

fn failed(result: &ProgramResult) -> String {
    if result.message.is_empty() {
        return format!("failed ({})", result.status);
    }
    format!("failed ({}): {}", result.status, result.message)
}

fn first_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| !line.trim().is_empty());
    let line: String = line
        .unwrap_or_default()
        .trim()
        .chars()
        .take(LONGEST_MESSAGE)
        .collect();
    sanitize(&line).into_owned()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Returns the attributes of an entry, as `secret-tool` takes them.
fn attributes(entry: &KeyringEntry) -> Vec<String> {
    words(&["service", &entry.service, "account", &entry.account])
}

/// Returns the line that makes `security -i` store a value.
fn command_line(
    entry: &KeyringEntry,
    label: &str,
    value: &SecretText,
) -> Result<SecretText, String> {
    let parts = [
        entry.service.as_str(),
        entry.account.as_str(),
        label,
        value.reveal(),
    ];
    if parts.iter().any(|part| part.contains(char::is_control)) {
        return Err("takes no control characters".to_owned());
    }
    let [service, account, label, value] = parts.map(quoted);
    let line = SecretText::new(format!(
        "add-generic-password -U -s {service} -a {account} -l {label} -w {value}\n"
    ));
    if line.reveal().len() > LONGEST_LINE {
        return Err(format!("takes at most {LONGEST_LINE} bytes"));
    }
    Ok(line)
}

/// Returns a text as one word of a command of `security -i`.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A keyring whose program is a script: each call adds a line of arguments to `arguments`, its standard input goes to `input`.
    /// The entries are files in the same folder.
    pub(crate) struct FakeKeyring {
        folder: tempfile::TempDir,
        pub(crate) keyring: Keyring,
    }

    impl FakeKeyring {
        fn with(program: KeyringProgram, script: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(program.name());
            let place = folder.path().display();
            let text = format!("#!/bin/sh\ncd '{place}'\necho \"$*\" >>arguments\n{script}");
            // A program cannot be run while any process has it open for writing, and a thread that starts a process leaves it all
            // open files for a moment. So another process writes it.
            let mut shell = std::process::Command::new("sh")
                .args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"])
                .arg(&path)
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = shell.stdin.take().unwrap();
            std::io::Write::write_all(&mut stdin, text.as_bytes()).unwrap();
            drop(stdin);
            assert!(shell.wait().unwrap().success());
            let limit = Duration::from_mins(1);
            let keyring = Keyring {
                program,
                path,
                limit,
            };
            Self { folder, keyring }
        }

        /// A `secret-tool` that keeps one value.
        pub(crate) fn secret_tool() -> Self {
            Self::with(
                KeyringProgram::SecretTool,
                "case $1 in\n\
                 store) cat >value ;;\n\
                 lookup) cat value 2>/dev/null || exit 1 ;;\n\
                 clear) rm value 2>/dev/null || exit 1 ;;\n\
                 esac\n",
            )
        }

        /// A `secret-tool` that fails at everything, as without a session bus.
        pub(crate) fn without_bus() -> Self {
            let words = "secret-tool: Cannot autolaunch D-Bus without X11 $DISPLAY";
            Self::with(
                KeyringProgram::SecretTool,
                &format!("cat >/dev/null; echo '{words}' >&2; exit 1\n"),
            )
        }

        /// A `security` that answers commands of its standard input.
        fn security() -> Self {
            Self::with(
                KeyringProgram::Security,
                "case $1 in\n\
                 -i) cat >input ;;\n\
                 find-generic-password) cat value 2>/dev/null || exit 44 ;;\n\
                 delete-generic-password) rm value 2>/dev/null || exit 44 ;;\n\
                 esac\n",
            )
        }

        fn file(&self, name: &str) -> Option<String> {
            std::fs::read_to_string(self.folder.path().join(name)).ok()
        }

        /// Returns the arguments of all calls so far, a line each.
        pub(crate) fn arguments(&self) -> String {
            self.file("arguments").unwrap_or_default()
        }

        /// Returns the value that is stored now.
        pub(crate) fn value(&self) -> Option<String> {
            self.file("value")
        }

        /// Stores a value as another process would.
        pub(crate) fn put(&self, value: &str) {
            std::fs::write(self.folder.path().join("value"), value).unwrap();
        }
    }

    fn entry() -> KeyringEntry {
        KeyringEntry {
            service: "agentcore-console".into(),
            account: "studio https://gw.example/mcp".into(),
        }
    }

    #[tokio::test]
    async fn secret_tool_receives_the_value_by_its_standard_input_alone() {
        let fake = FakeKeyring::secret_tool();
        let keyring = &fake.keyring;
        assert_eq!(keyring.read(&entry()).await, Ok(None));
        let value = SecretText::from("canary-value");
        keyring.write(&entry(), "the label", &value).await.unwrap();
        assert_eq!(fake.value().as_deref(), Some("canary-value"));
        assert_eq!(keyring.read(&entry()).await, Ok(Some(value)));
        assert_eq!(keyring.delete(&entry()).await, Ok(true));
        assert_eq!(keyring.delete(&entry()).await, Ok(false));
        let names = "service agentcore-console account studio https://gw.example/mcp";
        assert_eq!(
            fake.arguments(),
            format!(
                "lookup {names}\nstore --label the label {names}\nlookup {names}\nclear {names}\nclear {names}\n"
            )
        );
    }

    #[tokio::test]
    async fn security_receives_the_value_by_its_standard_input_alone() {
        let fake = FakeKeyring::security();
        let keyring = &fake.keyring;
        let value = SecretText::from("canary\"va\\lue");
        keyring.write(&entry(), "label", &value).await.unwrap();
        assert_eq!(
            fake.file("input").as_deref(),
            Some(
                "add-generic-password -U -s \"agentcore-console\" -a \"studio https://gw.example/mcp\" -l \"label\" -w \"canary\\\"va\\\\lue\"\n"
            )
        );
        assert_eq!(keyring.read(&entry()).await, Ok(None));
        fake.put("found\n");
        let found = keyring.read(&entry()).await;
        assert_eq!(found, Ok(Some(SecretText::from("found"))));
        assert_eq!(keyring.delete(&entry()).await, Ok(true));
        assert_eq!(keyring.delete(&entry()).await, Ok(false));
        assert!(!fake.arguments().contains("canary"), "{}", fake.arguments());
    }

    #[tokio::test]
    async fn a_line_that_security_cannot_read_is_refused() {
        let keyring = FakeKeyring::security().keyring;
        let long = SecretText::new("x".repeat(LONGEST_LINE));
        let refused = keyring.write(&entry(), "l", &long).await.unwrap_err();
        assert_eq!(refused, "takes at most 4096 bytes");
        let lines = SecretText::from("a\nb");
        assert!(keyring.write(&entry(), "l", &lines).await.is_err());
    }

    #[tokio::test]
    async fn a_keyring_that_cannot_be_reached_is_no_missing_entry() {
        let fake = FakeKeyring::without_bus();
        let failed = fake.keyring.read(&entry()).await.unwrap_err();
        assert!(failed.contains("Cannot autolaunch D-Bus"), "{failed}");
        assert!(fake.keyring.delete(&entry()).await.is_err());
        let value = SecretText::from("canary");
        let failed = fake.keyring.write(&entry(), "l", &value).await.unwrap_err();
        assert!(!failed.contains("canary"), "{failed}");
        let missing = Keyring {
            path: "/nowhere/secret-tool".into(),
            ..fake.keyring.clone()
        };
        let failed = missing.read(&entry()).await.unwrap_err();
        assert!(failed.starts_with("could not be run"), "{failed}");
    }

    #[tokio::test]
    async fn a_message_that_repeats_the_value_is_not_shown() {
        let script = "read value; echo \"no such command: $value\" >&2; exit 2\n";
        let fake = FakeKeyring::with(KeyringProgram::SecretTool, script);
        let value = SecretText::from("canary");
        let failed = fake.keyring.write(&entry(), "l", &value).await.unwrap_err();
        assert_eq!(failed, "failed (exit status: 2)");
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_given_up() {
        let fake = FakeKeyring::with(KeyringProgram::SecretTool, "exec sleep 600\n");
        let hasty = Keyring {
            limit: Duration::from_millis(50),
            ..fake.keyring.clone()
        };
        let failed = hasty.read(&entry()).await.unwrap_err();
        assert!(failed.starts_with("did not end within"), "{failed}");
    }
}
