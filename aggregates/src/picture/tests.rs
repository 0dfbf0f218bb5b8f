//! A picture's name: what it decides, what it refuses, and the bytes it is stored as.

use super::{Picture, PictureCommand, PictureError, PictureEvent};
use crate::testing::{check, check_refusals, check_stored, id};

fn keep(owner: u64, content: &str) -> PictureCommand {
    PictureCommand::Keep { owner: id(owner), content: content.into(), bytes: 7 }
}

fn kept(owner: u64, content: &str) -> PictureEvent {
    PictureEvent::PictureKept { owner: id(owner), content: content.into(), bytes: 7 }
}

#[test]
fn belongs_to_its_first_account() {
    check::<Picture>(vec![], keep(1, "a"), vec![kept(1, "a")]);
    check::<Picture>(vec![kept(1, "a")], keep(1, "b"), vec![kept(1, "b")]);
}

#[test]
fn the_same_picture_changes_nothing_whoever_brings_it() {
    check::<Picture>(vec![kept(1, "a")], keep(1, "a"), vec![]);
    check::<Picture>(vec![kept(1, "a")], keep(2, "a"), vec![]);
}

#[test]
fn refuses() {
    check_refusals::<Picture>(
        include_str!("error.rs"),
        vec![
            (vec![kept(1, "a")], keep(2, "b"), PictureError::PictureTaken),
            (vec![kept(1, "a"), kept(1, "b")], keep(2, "a"), PictureError::PictureTaken),
        ],
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![("1.0", r#"{"PictureKept":{"owner":1,"content":"a","bytes":7}}"#, kept(1, "a"))]);
}
