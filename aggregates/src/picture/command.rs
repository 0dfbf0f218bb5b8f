//! What can be asked of a picture's name.

use kernel::AccountId;

/// What can be asked of a picture's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PictureCommand {
    /// Keep a picture under it.
    Keep {
        /// The account that asks.
        owner: AccountId,
        /// The MD5 of the picture's bytes, 32 hexadecimal digits.
        content: String,
        /// How many bytes it has.
        bytes: u32,
    },
}
