//! From text to a [`Config`]: syntax first, then every table, all problems at once.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::{
    Config, GraphicsSetting, Problem, RegionOf, SourceLocations, TerminalAlarm, Ui, deployment,
    problem::Problems, section::Section,
};
use crate::model::{Deployment, MisconfiguredDeployment};

/// Reads a configuration. What is right in it comes back beside everything that is wrong.
/// `region` is asked where neither a deployment nor the defaults name one.
pub fn parse(text: &str, region: &dyn Fn() -> Option<String>) -> (Config, Vec<Problem>) {
    let (config, problems, _) = read(text, &|_| region());
    (config, problems)
}

/// Returns the same, with the places of all keys. `region` receives the profile that the deployment or the defaults name.
pub(super) fn read(text: &str, region: RegionOf<'_>) -> (Config, Vec<Problem>, SourceLocations) {
    let problems = Problems::of(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        problems.add(
            &error.span().unwrap_or(0..0),
            format!("not TOML: {}", error.message()),
        );
    }
    let span = root.span();
    let places = SourceLocations::read(text, root.get_ref());
    let config = {
        let root = Section::open(
            "",
            root.get_ref(),
            span,
            &["ui", "keys", "defaults", "deployments"],
            &problems,
        );
        let (deployments, misconfigured) = deployments(&root, &problems, region);
        Config {
            deployments,
            misconfigured,
            ui: settings(&root),
            keys: keys(&root),
        }
    };
    (config, problems.into_sorted(), places)
}

/// Returns the deployments without a problem, and those with one.
fn deployments(
    root: &Section<'_, '_>,
    problems: &Problems<'_>,
    region: RegionOf<'_>,
) -> (Vec<Deployment>, Vec<MisconfiguredDeployment>) {
    let defaults = root.section("defaults", &deployment::DEFAULTS);
    defaults.iter().for_each(deployment::check_defaults);
    let (mut right, mut misconfigured) = (Vec::new(), Vec::new());
    let Some(all) = root.free_section("deployments") else {
        return (right, misconfigured);
    };
    for (name, _) in all.entries() {
        let before = problems.count();
        let read = all
            .section(name, &deployment::KEYS)
            .map(|section| deployment::read(name, &section, defaults.as_ref(), region));
        // A deployment with a problem is not guessed at: it is left out, and the problem says so.
        match read.filter(|_| problems.count() == before) {
            Some(deployment) => right.push(deployment),
            None => misconfigured.push(MisconfiguredDeployment {
                name: name.to_string(),
                file: None,
                problems: problems.since(before),
            }),
        }
    }
    (right, misconfigured)
}

fn settings(root: &Section<'_, '_>) -> Ui {
    let mut ui = Ui::default();
    let names = ["theme", "refresh", "mouse", "alarm", "graphics"];
    let Some(section) = root.section("ui", &names) else {
        return ui;
    };
    ui.theme = section.text("theme");
    ui.mouse = section.flag("mouse").unwrap_or(ui.mouse);
    if let Some(text) = section.text("alarm") {
        match TerminalAlarm::ALL
            .into_iter()
            .find(|alarm| alarm.as_str() == text)
        {
            Some(alarm) => ui.alarm = alarm,
            None => section.complain_of(
                "alarm",
                format!("\"{text}\" is no alarm: write off, bell, osc9 or osc777"),
            ),
        }
    }
    if let Some(text) = section.text("graphics") {
        match GraphicsSetting::parse(&text) {
            Ok(graphics) => ui.graphics = graphics,
            Err(wrong) => section.complain_of("graphics", wrong),
        }
    }
    if let Some(text) = section.text_for("refresh", "a length of time in quotes, like \"30s\",") {
        match crate::model::parse_duration(&text) {
            Some(refresh) if refresh > Duration::from_hours(24) => {
                section.complain_of("refresh", "at most 24h");
            }
            Some(refresh) if refresh >= Duration::from_secs(1) => ui.refresh = refresh,
            Some(_) => section.complain_of(
                "refresh",
                "at least 1s, or AWS will throttle every one of your tools",
            ),
            None => section.complain_of(
                "refresh",
                format!("\"{text}\" is no length of time: write 30s, 5m, 1h"),
            ),
        }
    }
    ui
}

/// Returns the `[keys]` table, detached from the text; its meaning is the keymap's business.
fn keys(root: &Section<'_, '_>) -> toml::Table {
    root.free_section("keys")
        .map(|section| {
            section
                .entries()
                .map(|(key, value)| (key.to_owned(), owned(value.get_ref())))
                .collect()
        })
        .unwrap_or_default()
}

fn owned(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.as_ref().to_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(
                |_| toml::Value::String(number.as_str().to_owned()),
                toml::Value::Integer,
            ),
        DeValue::Float(number) => number.as_str().parse().map_or_else(
            |_| toml::Value::String(number.as_str().to_owned()),
            toml::Value::Float,
        ),
        DeValue::Boolean(flag) => toml::Value::Boolean(*flag),
        DeValue::Datetime(at) => toml::Value::Datetime(*at),
        DeValue::Array(items) => {
            toml::Value::Array(items.iter().map(|item| owned(item.get_ref())).collect())
        }
        DeValue::Table(table) => toml::Value::Table(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().as_ref().to_owned(), owned(value.get_ref())))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SecretSource, SignIn};

    fn problems(text: &str) -> Vec<String> {
        parse(text, &|| None)
            .1
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn all_problems_come_at_once_with_line_column_and_nearest_name() {
        let text = "[ui]\ntheem = \"dark\"\nrefresh = \"soon\"\n\n\
                    [deployments.prod]\nregoin = \"us-west-2\"\nstack = 7\n\n\
                    [deployments.prod.sign_in]\nmode = \"mtm\"\n";
        assert_eq!(
            problems(text),
            [
                "line 2, column 1: unknown key \"theem\" in [ui]; did you mean \"theme\"?",
                "line 3, column 11: refresh: \"soon\" is no length of time: write 30s, 5m, 1h",
                "line 5, column 1: [deployments.prod]: no region: write region = \"us-west-2\", set AWS_REGION, or give the profile one",
                "line 6, column 1: unknown key \"regoin\" in [deployments.prod]; did you mean \"region\"?",
                "line 7, column 9: stack: a text in quotes is wanted here, not an integer",
                "line 10, column 8: mode: unknown sign-in \"mtm\"; did you mean \"m2m\"?",
            ]
        );
    }

    #[test]
    fn graphics_are_one_of_four_words() {
        let graphics = |word: &str| {
            let text = format!("[ui]\ngraphics = \"{word}\"\n");
            (parse(&text, &|| None).0.ui.graphics, problems(&text))
        };
        for setting in GraphicsSetting::ALL {
            assert_eq!(graphics(setting.as_str()), (setting, Vec::new()));
        }
        let (setting, problems) = graphics("sixels");
        assert_eq!(setting, GraphicsSetting::Auto);
        assert_eq!(
            problems,
            [
                "line 2, column 12: graphics: \"sixels\" is no graphics: write auto, kitty, sixel or none"
            ]
        );
    }

    #[test]
    fn a_wrong_word_hides_no_wrong_type_behind_it() {
        let text = "[defaults]\nread_only = \"yes\"\nendpoint_url = \"http://aws.example\"\n\
                    [deployments.a]\nstack = \"s\"\nregion = \"r\"\ngateways = [\"\", 7]\n\
                    sign_in = { mode = \"mtm\", client_id = 7, token_url = \"t\" }\n\
                    credentials = { access_key_id = 1, secret_access_key = 2, session_token = 3 }\n\
                    [deployments.b]\nstack = \"s\"\nregion = \"r\"\n\
                    sign_in = { mode = \"user\", username = 1, password = 2, user_pool_id = 3 }\n\
                    headers = { \"X Y\" = 1 }\n\
                    [deployments.c]\nstack = \"s\"\nregion = \"r\"\nsign_in = { client_id = 7 }\n";
        assert_eq!(
            problems(text),
            [
                "line 2, column 13: read_only: true or false is wanted here, not a string",
                "line 3, column 16: endpoint_url: credentials go there, so it must be https (http is for loopback only)",
                "line 7, column 13: gateways: an entry is empty",
                "line 7, column 17: gateways: a text in quotes is wanted here, not an integer",
                "line 8, column 20: mode: unknown sign-in \"mtm\"; did you mean \"m2m\"?",
                "line 8, column 39: client_id: a text in quotes is wanted here, not an integer",
                "line 8, column 54: token_url: \"t\" is no URL",
                "line 9, column 33: access_key_id: a text in quotes is wanted here, not an integer",
                "line 9, column 56: secret_access_key: a text, { env = \"NAME\" } or { file = \"PATH\" } is wanted here, not an integer",
                "line 9, column 75: session_token: a text, { env = \"NAME\" } or { file = \"PATH\" } is wanted here, not an integer",
                "line 13, column 39: username: a text in quotes is wanted here, not an integer",
                "line 13, column 53: password: a text, { env = \"NAME\" } or { file = \"PATH\" } is wanted here, not an integer",
                "line 13, column 71: user_pool_id: a text in quotes is wanted here, not an integer",
                "line 14, column 21: X Y: \"X Y\" is no header name",
                "line 14, column 21: X Y: a text, { env = \"NAME\" } or { file = \"PATH\" } is wanted here, not an integer",
                "line 18, column 11: [deployments.c.sign_in]: no mode; known: m2m, bearer, sigv4, user, oauth, none",
                "line 18, column 25: client_id: a text in quotes is wanted here, not an integer",
            ]
        );
    }

    #[test]
    fn what_is_of_a_wrong_type_is_not_missing_too() {
        let text =
            "[ui]\nrefresh = 5\n[defaults]\nregion = [\"r\"]\n[deployments.x]\nstack = \"s\"\n";
        assert_eq!(
            problems(text),
            [
                "line 2, column 11: refresh: a length of time in quotes, like \"30s\", is wanted here, not an integer",
                "line 4, column 10: region: a text in quotes is wanted here, not an array",
            ]
        );
    }

    #[test]
    fn every_key_has_its_place() {
        let text = "[keys.global]\n\"app.quit\" = [\"q\", \"x\"]\n";
        let (_, _, places) = read(text, &|_| None);
        let at = |path: &[&str], of_value: bool| {
            let problem = places.problem(path.iter().copied(), of_value, String::new());
            (problem.line, problem.column)
        };
        assert_eq!(at(&["keys", "global", "app.quit"], false), (2, 1));
        assert_eq!(at(&["keys", "global", "app.quit"], true), (2, 14));
        assert_eq!(at(&["keys", "global", "app.quit", "1"], true), (2, 20));
        assert_eq!(at(&["keys", "nowhere"], true), (0, 0));
    }

    #[test]
    fn broken_syntax_hides_nothing_else() {
        let found = problems(
            "[deployments.x]\nregion = us-west-2\nmcp_url = \"https://x.example/mcp\"\nfoo = 1\n",
        );
        assert!(
            found
                .iter()
                .any(|problem| problem.starts_with("line 2, column 10: not TOML")),
            "{found:#?}"
        );
        assert!(
            found
                .iter()
                .any(|problem| problem.contains("line 4, column 1: unknown key \"foo\"")),
            "{found:#?}"
        );
    }

    #[test]
    fn what_is_right_counts_beside_what_is_wrong() {
        let text = "[deployments.good]\nregion = \"us-west-2\"\nmcp_url = \"https://x.example/mcp\"\n\
                    [deployments.bad]\nregion = 1\n";
        let (config, problems) = parse(text, &|| None);
        assert_eq!(
            config
                .deployments
                .iter()
                .map(|deployment| deployment.name.as_str())
                .collect::<Vec<_>>(),
            ["good"]
        );
        assert!(!problems.is_empty());
        for misconfigured in &config.misconfigured {
            assert!(
                misconfigured
                    .problems
                    .iter()
                    .all(|text| text.starts_with("line ")),
                "{misconfigured:?}"
            );
            assert!(!misconfigured.problems.is_empty(), "{misconfigured:?}");
        }
        assert!(!config.misconfigured.is_empty());
    }

    #[test]
    fn defaults_fill_and_the_deployment_wins() {
        let text = "[defaults]\nregion = \"eu-west-1\"\nprofile = \"ops\"\n\
                    [deployments.one]\nmcp_url = \"https://x.example/mcp\"\nsign_in = { mode = \"m2m\", token_url = \"https://t.example\", client_id = \"c\", client_secret = { env = \"S\" } }\n\
                    [deployments.two]\nregion = \"us-east-1\"\nstack = \"s\"\n";
        let (config, problems) = parse(text, &|| None);
        assert_eq!(problems, []);
        let [one, two] = config.deployments.as_slice() else {
            panic!("{config:?}")
        };
        assert_eq!(
            (one.region.as_str(), one.profile.as_deref()),
            ("eu-west-1", Some("ops"))
        );
        assert_eq!(
            (two.region.as_str(), two.profile.as_deref()),
            ("us-east-1", Some("ops"))
        );
        assert!(
            matches!(&one.sign_in, SignIn::M2m { client_secret: SecretSource::Environment(name), .. } if name == "S")
        );
        assert!(matches!(
            &two.sign_in,
            SignIn::M2m {
                client_secret: SecretSource::UserPoolClient,
                ..
            }
        ));
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        let with = |url: &str| {
            problems(&format!(
                "[deployments.x]\nregion = \"r\"\nmcp_url = \"{url}\"\nsign_in = {{ mode = \"none\" }}\n"
            ))
        };
        assert_eq!(with("http://127.0.0.1:4000/mcp"), Vec::<String>::new());
        assert_eq!(with("http://localhost:4000/mcp"), Vec::<String>::new());
        assert!(
            with("http://mcp.example/mcp")
                .first()
                .is_some_and(|problem| problem.contains("https"))
        );
        assert!(
            with("mcp.example")
                .first()
                .is_some_and(|problem| problem.contains("no URL"))
        );
        let told = with("https://me:canary@mcp.example/mcp");
        assert!(
            told.len() == 1 && told[0].contains("belong to sign_in") && !told[0].contains("canary"),
            "{told:?}"
        );
    }

    #[test]
    fn the_region_of_the_environment_comes_last() {
        let text =
            "[deployments.x]\nmcp_url = \"https://x.example/mcp\"\nsign_in = { mode = \"none\" }\n";
        let (config, problems) = parse(text, &|| Some("ap-south-1".into()));
        assert_eq!(problems, []);
        assert_eq!(
            config
                .deployments
                .first()
                .map(|deployment| deployment.region.as_str()),
            Some("ap-south-1")
        );
    }
}
