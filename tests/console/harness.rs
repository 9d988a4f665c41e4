//! A console without a terminal: keys go in as users write them, effects and the frame come out. The time stands still.

use agentcore_console::{
    app::{App, AppOptions, DrawnFrame},
    keys::{Keymap, parse_sequence},
    messages::{Effect, Effects, Event},
    model::{Deployment, Moment},
    state::ViewMemory,
    theme::{ColorDepth, EMBEDDED, Theme},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::{buffer::Buffer, layout::Rect};
use std::cell::Cell;

/// 2026-11-21 14:00:00 UTC.
pub(crate) const NOW: Moment = Moment::from_millis(1_795_269_600_000);

/// The state of a console under test.
pub(crate) struct Harness {
    pub(crate) app: App,
    pub(crate) now: Moment,
    /// What the last frame showed, until the app receives it before the next input, as the event loop does it.
    drawn: Cell<Option<DrawnFrame>>,
}

impl Harness {
    /// A console that was just opened on these deployments.
    pub(crate) fn open(deployments: Vec<Deployment>) -> Self {
        Self::with(AppOptions {
            deployments,
            ..options()
        })
    }

    pub(crate) fn with(options: AppOptions) -> Self {
        Self {
            app: App::new(options),
            now: NOW,
            drawn: Cell::new(None),
        }
    }

    /// Presses keys, written as in the keymap file.
    pub(crate) fn keys(&mut self, keys: &str) -> Vec<Effect> {
        let chords = parse_sequence(keys).unwrap();
        chords
            .into_iter()
            .flat_map(|chord| self.press(chord.into()))
            .collect()
    }

    /// Types a text, letter by letter.
    pub(crate) fn text(&mut self, text: &str) -> Vec<Effect> {
        text.chars()
            .flat_map(|letter| self.press(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)))
            .collect()
    }

    fn press(&mut self, key: KeyEvent) -> Vec<Effect> {
        self.record_frame();
        let effects = self.app.key(key, self.now);
        self.settled(effects)
    }

    /// Moves or presses the mouse.
    pub(crate) fn mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        self.record_frame();
        let effects = self.app.mouse(mouse, self.now);
        self.settled(effects)
    }

    /// Presses the left button of the mouse.
    pub(crate) fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        self.mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    }

    /// As the event loop does before it draws.
    fn settled(&mut self, effects: Effects) -> Vec<Effect> {
        self.app.prepare_frame();
        effects.0
    }

    fn record_frame(&mut self) {
        if let Some(drawn) = self.drawn.take() {
            self.app.record_frame(drawn);
        }
    }

    /// Lets a fact happen.
    pub(crate) fn on(&mut self, event: Event) -> Vec<Effect> {
        self.record_frame();
        let effects = self.app.on(event, self.now);
        self.settled(effects)
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, millis: i64) -> Vec<Effect> {
        self.now = self.now.plus(millis);
        self.record_frame();
        let effects = self.app.tick(self.now);
        self.settled(effects)
    }

    pub(crate) fn buffer(&self, width: u16, height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.drawn.set(Some(self.app.view(&mut buffer)));
        buffer
    }

    /// The frame as lines, without the spaces at their ends.
    pub(crate) fn frame(&self, width: u16, height: u16) -> String {
        lines(&self.buffer(width, height)).join("\n")
    }

    /// The line of the usual frame that holds the text.
    pub(crate) fn line(&self, text: &str) -> String {
        let frame = self.frame(120, 36);
        let found = frame
            .lines()
            .find(|line| line.contains(text))
            .map(str::to_owned);
        found.unwrap_or_else(|| panic!("no line holds {text:?}:\n{frame}"))
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        let frame = self.frame(120, 36);
        assert!(frame.contains(text), "{text:?} is not shown:\n{frame}");
    }

    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        let frame = self.frame(120, 36);
        assert!(!frame.contains(text), "{text:?} is shown:\n{frame}");
    }

    /// The selected row: the one with the accent bar.
    pub(crate) fn selected(&self) -> String {
        let frame = self.frame(120, 36);
        let line = frame
            .lines()
            .find(|line| line.starts_with('▌'))
            .unwrap_or_else(|| panic!("nothing is selected:\n{frame}"));
        line.trim_start_matches('▌').trim().to_owned()
    }
}

/// What a test's console starts with: no deployments, the embedded keymap and themes, UTC.
pub(crate) fn options() -> AppOptions {
    AppOptions {
        memory: ViewMemory::default(),
        last_fleet: None,
        shows_tour: false,
        deployments: Vec::new(),
        starting: None,
        start_page: agentcore_console::screens::start_page::StartPage::default(),
        problems: Vec::new(),
        themes: EMBEDDED
            .iter()
            .map(|(name, _)| Theme::embedded(name, ColorDepth::True).unwrap())
            .collect(),
        has_graphics: false,
        keymap: Keymap::embedded(),
        read_only: false,
        zone: jiff::tz::TimeZone::UTC,
        alarm: agentcore_console::config::TerminalAlarm::Off,
        misconfigured: Vec::new(),
        refresh_ms: 10_000,
        now: NOW,
    }
}

/// The lines of a buffer. What a wide character covers is not there twice.
pub(crate) fn lines(buffer: &Buffer) -> Vec<String> {
    let row = |y: u16| {
        let mut line = String::new();
        let mut x = buffer.area.left();
        while x < buffer.area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol))
                .unwrap()
                .max(1);
        }
        line.trim_end().to_owned()
    };
    (buffer.area.top()..buffer.area.bottom()).map(row).collect()
}
