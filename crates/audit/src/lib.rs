//! The auditor: recomputes everything from the log alone. It knows the log and the shape of its events, neither the code
//! that decided them nor the views that were made of them.

mod archive;
mod bill;
mod book_account;
mod books;
mod breach;
mod chain;
mod digest;
mod export;
mod legal;
mod moment;
mod narration;
mod pages;
mod postings;
mod report;
mod scan;
mod stream_number;
mod verify;

pub use aggregates::account::Role;
pub use archive::{
    AccountAt, AccountState, Archive, EventFilter, EventPage, Follower, HistoryPage, JournalPage, LogEnd,
    Span, Standing, StoredEvent, StreamSlice,
};
pub use bill::{BILL_BYTES_MAX, Bill, BillError};
pub use book_account::{AccountClass, BookAccount, BookAccountError, OrderNumber};
pub use books::Books;
pub use breach::Breach;
pub use chain::Point;
pub use export::{ExportFormat, csv_line, export};
pub use moment::{Moment, MomentError};
pub use postings::{Posting, PostingError, postings};
pub use report::{
    CouponRow, JournalRow, LedgerRow, OrderRow, PaymentRow, Payments, Row, Selection, SelectionError, Sink,
    Statement, StatementRow, TrialBalance, TrialRow, coupons, journal, ledger, orders, payments, statement,
    trial_balance,
};
pub use scan::{AsOf, Progress, ReportError};
pub use stream_number::NumberError;
pub use verify::{
    Checkpoint, CheckpointError, Counts, Holding, KnownHead, ProductFigures, Report, Verifier, VerifyError,
};
