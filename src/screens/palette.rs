//! The palette: any action by its words, and the commands' words (`logs NAME`).

use crossterm::event::KeyEvent;
use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};
use ratatui::layout::Rect;

use super::{Look, Route};
use crate::{
    app::{Action, Store},
    config::theme::Role,
    keys::Layer,
    model::{DeploymentName, ResourceKey},
    widgets::{LineInput, List, Pen},
};

/// The open palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    input: LineInput,
    list: List,
}

/// What a line of the palette leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// An action.
    Act(Action),
    /// The logs of a resource, or of a log group by its full name.
    Logs(Subject),
    /// The tools of a resource or deployment.
    Tools(Subject),
    /// A resource in the Fleet.
    Reveal(ResourceKey),
    /// An examination of a deployment.
    Examine(DeploymentName),
    /// A fault of the embedded stack to play.
    Fault(usize),
}

/// What a word of the palette names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A deployment.
    Deployment(DeploymentName),
    /// A resource.
    Resource(ResourceKey),
    /// A log group, in a deployment.
    Group(DeploymentName, String),
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is matched and shown.
    pub text: String,
    /// A word beside it.
    pub note: String,
    /// What it leads to.
    pub choice: Choice,
}

impl Palette {
    /// Takes a key that is text.
    pub fn press(&mut self, key: KeyEvent) {
        if self.input.press(key) {
            self.list.select(0);
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.input.paste(text);
    }

    /// Moves among the suggestions.
    pub fn go(&mut self, action: Action, offers: usize) {
        match action {
            Action::PromptNext => self.list.act(Action::Down, offers),
            Action::PromptPrevious => self.list.act(Action::Up, offers),
            _ => false,
        };
    }

    /// The chosen line.
    pub fn chosen(&self, offers: Vec<Offer>) -> Option<Choice> {
        let matching = self.matching(offers);
        let at = self.list.cursor().min(matching.len().saturating_sub(1));
        matching.into_iter().nth(at).map(|offer| offer.choice)
    }

    /// The lines that match what is typed, the best first.
    pub fn matching(&self, offers: Vec<Offer>) -> Vec<Offer> {
        if self.input.text().trim().is_empty() {
            return offers;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(self.input.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let wanted = self.input.text().trim().to_lowercase();
        let mut scored: Vec<((bool, bool, u32), Offer)> = offers
            .into_iter()
            .filter_map(|offer| {
                let hay = format!("{} {}", offer.text, offer.note);
                let score = pattern.score(nucleo_matcher::Utf32Str::new(&hay, &mut buffer), &mut matcher)?;
                // Who types a command's words out means just that one: `logs NAME`.
                let text = offer.text.to_lowercase();
                Some(((text == wanted, text.starts_with(&wanted), score), offer))
            })
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.into_iter().map(|(_, offer)| offer).collect()
    }

    /// Draws it at the top of the screen.
    pub fn view(&self, offers: Vec<Offer>, area: Rect, pen: &mut Pen<'_>) {
        let wide = area.width.min(90);
        let matching = self.matching(offers);
        let high = u16::try_from(matching.len())
            .unwrap_or(u16::MAX)
            .saturating_add(2)
            .clamp(3, area.height.clamp(3, 16))
            .min(area.height);
        let place = Rect { width: wide, height: high, ..area };
        pen.clear(place);
        let x = pen.pieces(place.x + 1, place.y, wide, &[(":", Role::Accent), (self.input.text(), Role::Name)]);
        pen.put(x, place.y, 1, "▏", Role::Accent);
        let body = Rect { y: place.y + 1, height: high.saturating_sub(2), ..place };
        let mut list = self.list.clone();
        list.clamp(matching.len());
        for (row, index) in list.window(body, matching.len()).enumerate() {
            let Some(offer) = matching.get(index) else { continue };
            let y = body.y + u16::try_from(row).unwrap_or(u16::MAX);
            if index == list.cursor() {
                pen.select_row(Rect { y, height: 1, ..body }, true);
            }
            pen.put(body.x + 2, y, wide / 2, &offer.text, Role::Text);
            pen.put(body.x + 3 + wide / 2, y, (wide / 2).saturating_sub(4), &offer.note, Role::Dim);
        }
        if matching.is_empty() {
            pen.put(body.x + 2, body.y, wide, "nothing is called that", Role::Dim);
        }
        pen.rule(Rect { y: place.bottom().saturating_sub(1), height: 1, ..place });
    }
}

/// Everything that can be chosen now: the actions of the layers, then what can be opened by name.
pub fn offers(layers: &[Layer], look: &Look<'_>, faults: &[String]) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for action in Action::ALL {
        let spec = action.spec();
        let reachable = layers.iter().any(|layer| look.keymap.bindings(*layer).iter().any(|(each, _)| each == action));
        let is_motion = matches!(layers, [Layer::List, ..])
            || spec.id.starts_with("list.")
            || spec.id.starts_with("prompt.")
            || spec.id.starts_with("confirm.");
        if !reachable || is_motion || !look.allows(*action) {
            continue;
        }
        let key = look.keymap.key_of(layers, *action).unwrap_or_default();
        offers.push(Offer { text: spec.help.to_owned(), note: format!("{key}  {}", spec.id), choice: Choice::Act(*action) });
    }
    offers.extend(
        Route::ALL
            .into_iter()
            .filter_map(|route| {
                let action = screen_action(route);
                (!offers.iter().any(|offer| offer.choice == Choice::Act(action))).then(|| Offer {
                    text: route.title().to_lowercase(),
                    note: action.spec().id.to_owned(),
                    choice: Choice::Act(action),
                })
            })
            .collect::<Vec<_>>(),
    );
    offers.extend(named(look.store));
    offers.extend(faults.iter().enumerate().map(|(index, fault)| Offer {
        text: format!("fault {fault}"),
        note: "embedded stack".to_owned(),
        choice: Choice::Fault(index),
    }));
    offers
}

/// `logs NAME`, `tools NAME`, `describe NAME`, `doctor NAME` for everything that is known.
fn named(store: &Store) -> Vec<Offer> {
    let mut offers = Vec::new();
    for deployment in &store.deployments {
        let name = &deployment.name;
        offers.push(Offer {
            text: format!("logs {name}"),
            note: "all its log groups".to_owned(),
            choice: Choice::Logs(Subject::Deployment(name.clone())),
        });
        offers.push(Offer {
            text: format!("tools {name}"),
            note: "its MCP endpoint".to_owned(),
            choice: Choice::Tools(Subject::Deployment(name.clone())),
        });
        offers.push(Offer {
            text: format!("doctor {name}"),
            note: "examine its chain".to_owned(),
            choice: Choice::Examine(name.clone()),
        });
        for resource in store.resources(name) {
            let note = format!("{} of {name}", resource.key.kind);
            offers.push(Offer {
                text: format!("describe {}", resource.name),
                note: note.clone(),
                choice: Choice::Reveal(resource.key.clone()),
            });
            if !resource.log_groups.is_empty() {
                offers.push(Offer {
                    text: format!("logs {}", resource.name),
                    note: note.clone(),
                    choice: Choice::Logs(Subject::Resource(resource.key.clone())),
                });
            }
            if resource.mcp_url.is_some() {
                offers.push(Offer {
                    text: format!("tools {}", resource.name),
                    note,
                    choice: Choice::Tools(Subject::Resource(resource.key.clone())),
                });
            }
        }
        for group in super::fleet::deployment_groups(store, name) {
            offers.push(Offer {
                text: format!("logs {group}"),
                note: format!("log group of {name}"),
                choice: Choice::Logs(Subject::Group(name.clone(), group)),
            });
        }
    }
    offers
}

/// The action that opens a screen.
pub const fn screen_action(route: Route) -> Action {
    match route {
        Route::Fleet => Action::OpenFleet,
        Route::Logs => Action::OpenLogs,
        Route::Secrets => Action::OpenSecrets,
        Route::Tools => Action::OpenTools,
        Route::Doctor => Action::OpenDoctor,
        Route::Activity => Action::OpenActivity,
    }
}
