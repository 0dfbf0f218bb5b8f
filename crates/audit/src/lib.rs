//! The auditor: recomputes everything from the log alone. It knows the log and the shape of its events, neither the code
//! that decided them nor the views that were made of them.

mod book_account;
mod books;
mod breach;
mod chain;
mod digest;
mod legal;
mod pages;
mod postings;
mod stream_number;
mod verify;

pub use book_account::{AccountClass, BookAccount, BookAccountError, OrderNumber};
pub use books::Books;
pub use breach::Breach;
pub use chain::Point;
pub use postings::{Posting, PostingError, postings};
pub use stream_number::NumberError;
pub use verify::{
    Checkpoint, CheckpointError, Counts, Holding, KnownHead, ProductFigures, Report, Verifier, VerifyError,
};
