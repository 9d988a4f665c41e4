//! What the last frame showed, and how the state receives it.

use super::App;
use crate::{
    messages::ViewportId,
    model::Moment,
    widgets::{DrawnParts, DrawnViewport, Picture},
};

/// What a frame showed: [`App::view`] returns it, and the app receives it before the next input.
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnFrame {
    /// Width of the window.
    pub(super) width: u16,
    /// Time of the frame.
    pub(super) at: Moment,
    /// The number of requests in flight that it showed.
    pub(super) calls: usize,
    /// What scrolls, and what a click hits.
    pub(super) parts: DrawnParts,
}

impl DrawnFrame {
    /// Takes out the picture of pixels, which the terminal receives; the rest is for the app.
    pub fn take_picture(&mut self) -> Option<Box<Picture>> {
        self.parts.picture.take()
    }
}

impl App {
    /// Records what the last frame showed.
    pub fn record_frame(&mut self, frame: DrawnFrame) {
        for drawn in &frame.parts.viewports {
            self.record_viewport(drawn);
        }
        self.frame = frame;
    }

    fn record_viewport(&mut self, drawn: &DrawnViewport) {
        match drawn.id {
            ViewportId::Help => {
                if let Some(help) = &mut self.help {
                    help.record_viewport(drawn);
                }
            }
            ViewportId::Question => {
                if let Some(question) = self.questions.front_mut() {
                    question.scroll.record(drawn);
                }
            }
            ViewportId::Fleet(part) => self.fleet.record_viewport(part, drawn),
            ViewportId::Logs(part) => self.logs.record_viewport(part, drawn),
            ViewportId::Secrets => self.secrets.record_viewport(drawn),
            ViewportId::Tools(part) => self.tools.record_viewport(part, drawn),
            ViewportId::Doctor(part) => self.doctor.record_viewport(part, drawn),
            ViewportId::Activity => self.activity.record_viewport(drawn),
        }
    }

    /// Returns whether the next frame would differ from the last one, and resets it.
    pub fn take_change(&mut self) -> bool {
        let calls_ended = self.calls == 0 && self.frame.calls > 0;
        std::mem::take(&mut self.changed) || calls_ended
    }
}
