//! The time zone of this machine.
//!
//! `jiff::tz::TimeZone::system` walks through the whole zone database to find a name, which costs a tenth of the start. The
//! file that `TZ` or `/etc/localtime` names says the same.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

/// Where the zone database is.
const DATABASE: &str = "/usr/share/zoneinfo";
/// The link to this machine's zone.
const LOCAL: &str = "/etc/localtime";

/// Returns the time zone of this machine; UTC if none is known.
pub(crate) fn local() -> TimeZone {
    named().unwrap_or_else(TimeZone::system)
}

/// Returns the zone of the file that the environment or the machine names.
fn named() -> Option<TimeZone> {
    let path = match std::env::var("TZ") {
        Ok(name) => of_variable(&name)?,
        Err(_) => std::fs::canonicalize(LOCAL).ok()?,
    };
    of_file(&path)
}

/// Returns the file that a value of `TZ` names; `None` for other forms of it, such as `EST5EDT,M3.2.0,M11.1.0`.
fn of_variable(name: &str) -> Option<PathBuf> {
    let name = name.strip_prefix(':').unwrap_or(name);
    let is_name = !name.is_empty() && !name.contains("..") && !name.contains(',');
    is_name.then(|| Path::new(DATABASE).join(name))
}

fn of_file(path: &Path) -> Option<TimeZone> {
    let text = path.to_str()?;
    let (_, name) = text.split_once("zoneinfo/")?;
    TimeZone::tzif(name, &std::fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_paths_are_looked_up() {
        let file = |name: &str| of_variable(name);
        let berlin = Path::new("/usr/share/zoneinfo/Europe/Berlin");
        for name in [
            "Europe/Berlin",
            ":Europe/Berlin",
            "/usr/share/zoneinfo/Europe/Berlin",
        ] {
            assert_eq!(file(name).as_deref(), Some(berlin), "{name}");
        }
        for other in ["", ":", "EST5EDT,M3.2.0,M11.1.0", "../../etc/passwd"] {
            assert_eq!(file(other), None, "{other}");
        }
    }

    #[test]
    fn the_zone_is_the_one_that_the_library_finds() {
        let at = jiff::Timestamp::from_second(1_795_269_600).unwrap();
        assert_eq!(local().to_offset(at), TimeZone::system().to_offset(at));
    }
}
