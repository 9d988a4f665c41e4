//! The browser of this machine: `$BROWSER`, or the desktop's own way to open an address.

use std::process::{Command, Stdio};

use url::Url;

/// Opens an address without waiting for the browser to end. Returns `false` if it is no web address, or if no browser could be
/// started, as on a machine without a desktop.
pub(crate) fn start(address: &str) -> bool {
    is_web_address(address)
        && commands(&BrowserEnvironment::of_process())
            .iter()
            .any(|browser| spawn(browser, address))
}

/// Returns whether there is a browser that can be tried.
pub(crate) fn is_available() -> bool {
    !commands(&BrowserEnvironment::of_process()).is_empty()
}

/// Returns whether `$BROWSER` names a browser: then one is wanted even if nobody is at the terminal.
pub(crate) fn is_configured() -> bool {
    let environment = BrowserEnvironment::of_process();
    !configured(&environment).is_empty()
}

/// Returns whether an address leads to a web page. Anything else may come from a server that is not trusted, and would make the
/// desktop run a program or open a file.
pub(crate) fn is_web_address(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// What decides which browser is started.
struct BrowserEnvironment {
    browser: String,
    is_macos: bool,
    /// Whether the session has a desktop of its own.
    has_display: bool,
    /// Whether the person sits at another machine.
    is_remote: bool,
}

impl BrowserEnvironment {
    fn of_process() -> Self {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            browser: std::env::var("BROWSER").unwrap_or_default(),
            is_macos: cfg!(target_os = "macos"),
            has_display: ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(is_set),
            is_remote: is_set(&"SSH_CONNECTION"),
        }
    }
}

/// Returns the browsers that `$BROWSER` names. Several are separated by colons, as in Debian's and Python's use of the variable.
fn configured(environment: &BrowserEnvironment) -> Vec<&str> {
    let names = environment.browser.split(':').map(str::trim);
    names.filter(|browser| !browser.is_empty()).collect()
}

/// Returns the commands that open an address, the first choice first.
fn commands(environment: &BrowserEnvironment) -> Vec<&str> {
    let mut commands = configured(environment);
    if environment.is_macos && !environment.is_remote {
        commands.push("open");
    } else if !environment.is_macos && environment.has_display {
        commands.push("xdg-open");
    }
    commands
}

fn spawn(browser: &str, address: &str) -> bool {
    let mut words = browser.split_whitespace();
    let Some(program) = words.next() else {
        return false;
    };
    let mut arguments: Vec<String> = words.map(|word| word.replace("%s", address)).collect();
    if !browser.contains("%s") {
        arguments.push(address.to_owned());
    }
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(mut child) => {
            // Waiting in the background keeps it from becoming a zombie.
            std::thread::spawn(move || {
                let _ = child.wait();
            });
            true
        }
        Err(error) => {
            tracing::info!(%error, program, "the browser could not be started");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(browser: &str) -> BrowserEnvironment {
        BrowserEnvironment {
            browser: browser.to_owned(),
            is_macos: false,
            has_display: false,
            is_remote: false,
        }
    }

    #[test]
    fn the_browser_is_the_configured_one_and_then_that_of_the_desktop() {
        let desktop = BrowserEnvironment {
            has_display: true,
            ..environment(" firefox: :chromium --new-tab %s")
        };
        assert_eq!(
            commands(&desktop),
            ["firefox", "chromium --new-tab %s", "xdg-open"]
        );
        let mac = BrowserEnvironment {
            is_macos: true,
            ..environment("")
        };
        assert_eq!(commands(&mac), ["open"]);
        let remote_mac = BrowserEnvironment {
            is_remote: true,
            ..mac
        };
        assert!(commands(&remote_mac).is_empty());
        assert!(commands(&environment("")).is_empty());
    }

    #[test]
    fn only_web_addresses_are_opened() {
        for address in ["https://login.example/x?y", "http://127.0.0.1:8/"] {
            assert!(is_web_address(address), "{address}");
        }
        for address in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "--help",
            "smb://x/y",
            "/bin/sh",
            "",
        ] {
            assert!(!is_web_address(address), "{address}");
        }
    }
}
