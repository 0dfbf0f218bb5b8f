//! What can be asked of a shop.

use kernel::AccountId;

/// What can be asked of a shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShopCommand {
    /// Open it.
    Open {
        /// The account that owns it; `None` is the house.
        owner: Option<AccountId>,
        /// Its name, 1 to 100 characters.
        name: String,
    },
    /// Give it another name.
    Rename {
        /// The account that asks; `None` is the house.
        by: Option<AccountId>,
        /// Its name, 1 to 100 characters.
        name: String,
    },
    /// Describe it anew.
    Describe {
        /// The account that asks; `None` is the house.
        by: Option<AccountId>,
        /// What it says of itself, at most 2,000 characters.
        content: String,
        /// The address of its picture, at most 512 characters; `None` keeps the one it has.
        picture: Option<String>,
    },
}
