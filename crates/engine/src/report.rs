//! A message to the sequencer that is sent whatever becomes of the task that owes it.

use tokio::sync::mpsc;

use crate::sequencer::Message;

/// Sends its message when it is dropped: a task that panics or is cancelled reports that, and nobody waits for ever.
pub(crate) struct Report {
    inbox: mpsc::UnboundedSender<Message>,
    message: Option<Message>,
}

impl Report {
    /// A report that says `lost` until it is told better.
    pub(crate) const fn new(inbox: mpsc::UnboundedSender<Message>, lost: Message) -> Self {
        Self { inbox, message: Some(lost) }
    }

    /// Sends what really came of it.
    pub(crate) fn send(mut self, message: Message) {
        self.message = Some(message);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(message) = self.message.take() {
            self.inbox.send(message).ok();
        }
    }
}
