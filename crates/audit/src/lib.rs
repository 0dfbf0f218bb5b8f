//! The auditor: recomputes everything from the log alone. It knows the log and the shape of its events, neither the code
//! that decided them nor the views that were made of them.

mod book_account;
mod postings;
mod stream_number;

pub use book_account::{AccountClass, BookAccount, BookAccountError, OrderNumber};
pub use postings::{Posting, PostingError, postings};
pub use stream_number::NumberError;
