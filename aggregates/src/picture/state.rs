//! The state of a picture's name.

use kernel::AccountId;
use serde::{Deserialize, Serialize};

use super::{PictureCommand, PictureError, PictureEvent};
use crate::shim::aggregate;

/// A picture's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The account that it belongs to; nobody's until a picture was kept under it.
    pub owner: Option<AccountId>,
    /// The MD5 of the bytes of the picture under it.
    pub content: String,
}

aggregate!(Picture, "picture", PictureCommand, PictureEvent, PictureError);

impl Picture {
    fn fold(&mut self, event: PictureEvent) {
        match event {
            PictureEvent::PictureKept { owner, content, .. } => *self = Self { owner: Some(owner), content },
        }
    }
}
