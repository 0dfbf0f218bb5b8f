//! That every character can be drawn and fits on the picture however it is turned and moved.

use ab_glyph::FontRef;
use image::{Rgb, RgbImage};

use super::{FIRST_X, FONT, MIDDLE_Y, Pose, SHIFT_X_MAX, SHIFT_Y_MAX, SIZES, STEP_X, TURN_MAX, ink, stamp};
use crate::captcha::{ALPHABET, CODE_CHARS, HEIGHT, WIDTH};

/// So much more than the picture is painted on, on every side.
const MARGIN: i16 = 20;
const WHITE: Rgb<u8> = Rgb([255; 3]);

/// The first and last column and row with ink, on the picture's own scale.
fn extent(byte: u8, pose: Pose) -> [i16; 4] {
    let font = FontRef::try_from_slice(FONT).unwrap();
    let more = u32::try_from(2 * MARGIN).unwrap();
    let mut canvas = RgbImage::from_pixel(WIDTH + more, HEIGHT + more, WHITE);
    let moved = Pose { x: pose.x + MARGIN, y: pose.y + MARGIN, ..pose };
    stamp(&mut canvas, &ink(&font, byte, pose.size).unwrap(), moved, [0; 3]);
    let inked: Vec<(i16, i16)> = canvas
        .enumerate_pixels()
        .filter(|(_, _, pixel)| **pixel != WHITE)
        .map(|(x, y, _)| (i16::try_from(x).unwrap() - MARGIN, i16::try_from(y).unwrap() - MARGIN))
        .collect();
    let columns = || inked.iter().map(|(x, _)| *x);
    let rows = || inked.iter().map(|(_, y)| *y);
    [columns().min().unwrap(), columns().max().unwrap(), rows().min().unwrap(), rows().max().unwrap()]
}

#[test]
fn every_character_fits_however_it_stands() {
    let last = FIRST_X + STEP_X * i16::try_from(CODE_CHARS - 1).unwrap();
    let (width, height) = (i16::try_from(WIDTH).unwrap(), i16::try_from(HEIGHT).unwrap());
    for byte in ALPHABET {
        for turn in [-TURN_MAX, 0, TURN_MAX] {
            for (x, shift_y) in [(FIRST_X - SHIFT_X_MAX, -SHIFT_Y_MAX), (last + SHIFT_X_MAX, SHIFT_Y_MAX)] {
                let pose = Pose { x, y: MIDDLE_Y + shift_y, turn, size: SIZES.1 };
                let [left, right, top, bottom] = extent(*byte, pose);
                let shown = char::from(*byte);
                assert!(left >= 0 && right < width, "{shown} {pose:?}: columns {left} to {right}");
                assert!(top >= 0 && bottom < height, "{shown} {pose:?}: rows {top} to {bottom}");
                assert!(bottom - top >= 15, "{shown} {pose:?} is large enough: rows {top} to {bottom}");
            }
        }
    }
}

#[test]
fn neighbours_hardly_overlap() {
    for byte in ALPHABET {
        let pose = Pose { x: FIRST_X, y: MIDDLE_Y, turn: TURN_MAX, size: SIZES.1 };
        let [left, right, ..] = extent(*byte, pose);
        assert!(right - left < STEP_X + 3, "{}: {} columns", char::from(*byte), right - left + 1);
    }
}
