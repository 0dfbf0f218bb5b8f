//! The sandbox's file: what is written is read again, also by another; what is torn is cut off; what is damaged is told.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use kernel::Timestamp;

use super::{Entry, Journal, Memory};
use crate::sandbox::SandboxError;
use crate::sandbox::orders::{ORDERS_MAX, Order, Orders, Payment, State};

const FILE: &str = Orders::FILE;

type OrderBook = Journal<Orders>;

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("suanpan-sandbox-{}", uuid::Uuid::new_v4().simple())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _best_effort = fs::remove_dir_all(&self.0);
    }
}

fn order(number: &str) -> Entry {
    Entry::Ordered(Order {
        prepay_id: format!("p-{number}"),
        out_trade_no: number.to_owned(),
        description: "充值".to_owned(),
        total: 100,
        attach: None,
        time_expire: None,
        payable_until: Timestamp::from_micros(1),
        notify_url: "http://127.0.0.1:9".to_owned(),
    })
}

fn open(folder: &Path) -> OrderBook {
    OrderBook::open(folder, Orders::new(ORDERS_MAX)).unwrap()
}

fn write(book: &OrderBook, entry: Entry) {
    book.decide(|_| (Some(entry), ())).unwrap();
}

fn state(book: &OrderBook, number: &str) -> Option<State> {
    book.decide(|orders| (None, orders.by_number(number).map(|known| known.state.clone()))).unwrap()
}

#[test]
fn what_happened_is_known_after_a_restart() {
    let folder = Folder::new();
    let payment = Payment {
        transaction_id: "t".to_owned(),
        openid: "o".to_owned(),
        paid_at: Timestamp::from_micros(2),
    };
    let book = open(&folder.0);
    for number in ["unpaid", "paid", "closed"] {
        write(&book, order(number));
    }
    write(&book, Entry::Paid { out_trade_no: "paid".to_owned(), payment: payment.clone() });
    write(&book, Entry::Closed { out_trade_no: "closed".to_owned() });
    drop(book);
    let book = open(&folder.0);
    assert_eq!(state(&book, "unpaid"), Some(State::Unpaid));
    assert_eq!(state(&book, "paid"), Some(State::Paid(payment)));
    assert_eq!(state(&book, "closed"), Some(State::Closed));
    assert_eq!(state(&book, "never"), None);
}

#[test]
fn two_that_share_a_folder_know_the_same() {
    let folder = Folder::new();
    let (one, other) = (open(&folder.0), open(&folder.0));
    write(&one, order("first"));
    assert_eq!(state(&other, "first"), Some(State::Unpaid));
    write(&other, Entry::Closed { out_trade_no: "first".to_owned() });
    assert_eq!(state(&one, "first"), Some(State::Closed));
}

#[test]
fn many_at_once_lose_nothing() {
    let folder = Folder::new();
    let books = [open(&folder.0), open(&folder.0)];
    std::thread::scope(|scope| {
        for (writer, book) in books.iter().enumerate() {
            scope.spawn(move || (0..100).for_each(|n| write(book, order(&format!("{writer}-{n}")))));
        }
    });
    let again = open(&folder.0);
    for number in (0..2).flat_map(|writer| (0..100).map(move |n| format!("{writer}-{n}"))) {
        assert_eq!(state(&again, &number), Some(State::Unpaid), "{number}");
    }
}

#[test]
fn a_torn_line_is_cut_off() {
    let folder = Folder::new();
    write(&open(&folder.0), order("whole"));
    let file = folder.0.join(FILE);
    fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(br#"{"ordered":{"prep"#).unwrap();
    let book = open(&folder.0);
    write(&book, order("next"));
    drop(book);
    let book = open(&folder.0);
    assert_eq!(state(&book, "whole"), Some(State::Unpaid));
    assert_eq!(state(&book, "next"), Some(State::Unpaid));
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 2);
}

#[test]
fn damage_is_told_and_left_alone() {
    let folder = Folder::new();
    write(&open(&folder.0), order("whole"));
    let file = folder.0.join(FILE);
    let damaged = format!("{}not ours\n", fs::read_to_string(&file).unwrap());
    fs::write(&file, &damaged).unwrap();
    let error = OrderBook::open(&folder.0, Orders::new(ORDERS_MAX)).map(|_| ()).unwrap_err();
    assert!(matches!(error, SandboxError::Damaged { file: FILE, line: 2, offset: 0 }), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let folder = Folder::new();
    fs::write(&folder.0, "a file stands where the folder should").unwrap();
    let error = OrderBook::open(&folder.0, Orders::new(ORDERS_MAX)).map(|_| ()).unwrap_err();
    fs::remove_file(&folder.0).unwrap();
    assert!(matches!(error, SandboxError::Memory { .. }), "{error}");
}
