//! Our own three pictures, drawn from circles, rings and bars in whole numbers.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::store::StoredPicture;

/// Width and height, in pixels.
const SIDE: u32 = 240;
/// Every pixel is looked at so many times across and down, so that edges are smooth.
const PARTS: u32 = 4;

type Colour = [u8; 3];

/// Which of our own pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltInPicture {
    /// Whoever has no portrait: head and shoulders.
    DefaultAvatar,
    /// There is no such picture: a frame with an exclamation mark.
    Error,
    /// Pictures are not shown on foreign pages: a barred ring.
    Ban,
}

impl BuiltInPicture {
    /// Every one there is.
    pub const ALL: [Self; 3] = [Self::DefaultAvatar, Self::Error, Self::Ban];

    /// The colour at a point, in parts of pixels (0 to 959) from the upper left.
    fn colour(self, x: i32, y: i32) -> Colour {
        match self {
            Self::DefaultAvatar => avatar(x, y),
            Self::Error => error(x, y),
            Self::Ban => ban(x, y),
        }
    }
}

/// All three, as PNG.
#[derive(Debug)]
pub(super) struct BuiltIns {
    avatar: StoredPicture,
    error: StoredPicture,
    ban: StoredPicture,
}

impl BuiltIns {
    /// Draws them, or `None` if they cannot be packed.
    pub(super) fn draw() -> Option<Self> {
        Some(Self {
            avatar: draw(BuiltInPicture::DefaultAvatar)?,
            error: draw(BuiltInPicture::Error)?,
            ban: draw(BuiltInPicture::Ban)?,
        })
    }

    pub(super) const fn get(&self, which: BuiltInPicture) -> &StoredPicture {
        match which {
            BuiltInPicture::DefaultAvatar => &self.avatar,
            BuiltInPicture::Error => &self.error,
            BuiltInPicture::Ban => &self.ban,
        }
    }
}

fn draw(which: BuiltInPicture) -> Option<StoredPicture> {
    let mut pixels = Vec::new();
    for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x))) {
        pixels.extend_from_slice(&pixel(which, x, y));
    }
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&pixels, SIDE, SIDE, ExtendedColorType::Rgb8).ok()?;
    StoredPicture::new(png.into())
}

/// The middle of the colours of a pixel's parts.
fn pixel(which: BuiltInPicture, x: u32, y: u32) -> Colour {
    let mut sums = [0_u32; 3];
    for (right, down) in (0..PARTS).flat_map(|right| (0..PARTS).map(move |down| (right, down))) {
        let at = |pixel: u32, part: u32| i32::try_from(pixel * PARTS + part).unwrap_or_default();
        for (sum, channel) in sums.iter_mut().zip(which.colour(at(x, right), at(y, down))) {
            *sum += u32::from(channel);
        }
    }
    sums.map(|sum| u8::try_from(sum / (PARTS * PARTS)).unwrap_or(u8::MAX))
}

/// Whether the point is within the radius of the middle.
const fn in_circle(x: i32, y: i32, middle: (i32, i32), radius: i32) -> bool {
    let (across, down) = (x - middle.0, y - middle.1);
    across * across + down * down <= radius * radius
}

const fn avatar(x: i32, y: i32) -> Colour {
    if in_circle(x, y, (480, 370), 165) || in_circle(x, y, (480, 960), 370) {
        [140, 151, 166]
    } else {
        [221, 226, 233]
    }
}

fn error(x: i32, y: i32) -> Colour {
    let framed =
        |inset: i32| (130 + inset..=830 - inset).contains(&x) && (190 + inset..=770 - inset).contains(&y);
    let bar = (440..=520).contains(&x) && (300..=560).contains(&y);
    if (framed(0) && !framed(36)) || bar || in_circle(x, y, (480, 650), 48) {
        [176, 138, 60]
    } else {
        [244, 240, 230]
    }
}

const fn ban(x: i32, y: i32) -> Colour {
    let middle = (480, 480);
    let ring = in_circle(x, y, middle, 350) && !in_circle(x, y, middle, 275);
    let slash = in_circle(x, y, middle, 300) && (x - y).abs() <= 53;
    if ring || slash { [194, 59, 59] } else { [252, 238, 238] }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{BuiltInPicture, BuiltIns, SIDE};
    use crate::pictures::{PictureFormat, decode_picture};

    #[test]
    fn they_are_three_different_valid_pictures() {
        let built_ins = BuiltIns::draw().unwrap();
        let mut seen = HashSet::new();
        for which in BuiltInPicture::ALL {
            let stored = built_ins.get(which);
            let picture = decode_picture(stored.bytes.clone()).unwrap();
            assert_eq!(
                (picture.format(), picture.width(), picture.height()),
                (PictureFormat::Png, SIDE, SIDE)
            );
            assert!(stored.bytes.len() < 16 * 1024, "{which:?}: {} bytes", stored.bytes.len());
            assert!(seen.insert(stored.etag.clone()), "{which:?}");
        }
    }

    #[test]
    fn they_are_the_same_every_time() {
        let (once, again) = (BuiltIns::draw().unwrap(), BuiltIns::draw().unwrap());
        for which in BuiltInPicture::ALL {
            assert_eq!(once.get(which), again.get(which), "caches compare the tags");
        }
    }
}
