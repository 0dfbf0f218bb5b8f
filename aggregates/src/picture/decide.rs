//! How a picture's name decides.

use kernel::{AccountId, Decide};

use super::{Picture, PictureCommand, PictureError, PictureEvent};

impl Decide for Picture {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: PictureCommand) -> Result<Vec<PictureEvent>, PictureError> {
        match command {
            PictureCommand::Keep { owner, content, bytes } => self.keep(owner, content, bytes),
        }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.content.capacity()
    }
}

impl Picture {
    /// Refuses with `PictureTaken`. Whoever would put there what lies there already changes nothing.
    fn keep(&self, owner: AccountId, content: String, bytes: u32) -> Result<Vec<PictureEvent>, PictureError> {
        match self.owner {
            Some(_) if self.content == content => Ok(vec![]),
            Some(holder) if holder != owner => Err(PictureError::PictureTaken),
            Some(_) | None => Ok(vec![PictureEvent::PictureKept { owner, content, bytes }]),
        }
    }
}
