//! How a code is drawn: every character turned, moved, sized and coloured on its own, over dots and under lines.

#![expect(clippy::float_arithmetic, reason = "outlines and turning are geometry; no money comes here")]

use ab_glyph::{Font, FontRef, Glyph, PxScale};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};

use super::dice::Dice;
use super::{CaptchaError, HEIGHT, WIDTH};

/// Bitstream Vera Sans Mono Bold; its licence lies beside it.
const FONT: &[u8] = include_bytes!("font/VeraMoBd.ttf");

/// Glyphs are rasterised larger by this factor and then turned.
const DETAIL: f32 = 3.0;
/// The middle of the first character, and from there to the next, in pixels.
const FIRST_X: i16 = 16;
const STEP_X: i16 = 22;
const MIDDLE_Y: i16 = 20;
/// How far a character may lie from its place, in pixels.
const SHIFT_X_MAX: i16 = 2;
const SHIFT_Y_MAX: i16 = 3;
/// How far it may be turned, in degrees.
const TURN_MAX: i16 = 20;
/// The font's line height, in pixels.
const SIZES: (i16, i16) = (32, 36);
const DOTS: usize = 90;
const LINES: usize = 3;
/// Half the width of a line, in pixels.
const LINE_RADIUS: f32 = 0.7;
const LINE_OPACITY: f32 = 0.75;

type Colour = [u8; 3];

/// A character's shape, `DETAIL` times as large as it is shown. Coverage is 0 to 1, row by row.
struct Ink {
    width: usize,
    height: usize,
    coverage: Vec<f32>,
}

/// Where a character stands.
#[derive(Clone, Copy, Debug)]
struct Pose {
    /// The middle, in pixels.
    x: i16,
    y: i16,
    /// In degrees, clockwise.
    turn: i16,
    /// The line height, in pixels.
    size: i16,
}

/// The picture of the characters, as PNG.
pub(super) fn picture(shown: &[u8], dice: &mut Dice<'_>) -> Result<Vec<u8>, CaptchaError> {
    let font = FontRef::try_from_slice(FONT).map_err(|_| CaptchaError::Font)?;
    let ground = colour(dice, 228, 252)?;
    let mut canvas = RgbImage::from_pixel(WIDTH, HEIGHT, Rgb(ground));
    for _ in 0..DOTS {
        dot(&mut canvas, dice)?;
    }
    let mut middle = FIRST_X;
    for byte in shown {
        let pose = Pose {
            x: middle + dice.between(-SHIFT_X_MAX, SHIFT_X_MAX)?,
            y: MIDDLE_Y + dice.between(-SHIFT_Y_MAX, SHIFT_Y_MAX)?,
            turn: dice.between(-TURN_MAX, TURN_MAX)?,
            size: dice.between(SIZES.0, SIZES.1)?,
        };
        let colour = colour(dice, 0, 125)?;
        stamp(&mut canvas, &ink(&font, *byte, pose.size)?, pose, colour);
        middle += STEP_X;
    }
    for _ in 0..LINES {
        line(&mut canvas, dice)?;
    }
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&canvas, WIDTH, HEIGHT, ExtendedColorType::Rgb8)
        .map_err(|_| CaptchaError::Packing)?;
    Ok(png)
}

fn colour(dice: &mut Dice<'_>, low: i16, high: i16) -> Result<Colour, CaptchaError> {
    let mut colour = [0; 3];
    for channel in &mut colour {
        *channel = u8::try_from(dice.between(low, high)?).unwrap_or(u8::MAX);
    }
    Ok(colour)
}

fn ink(font: &FontRef<'_>, byte: u8, size: i16) -> Result<Ink, CaptchaError> {
    let scale = PxScale::from(f32::from(size) * DETAIL);
    let glyph: Glyph = font.glyph_id(char::from(byte)).with_scale(scale);
    let outline = font.outline_glyph(glyph).ok_or(CaptchaError::Font)?;
    let bounds = outline.px_bounds();
    let (width, height) = (bounds.width() as usize, bounds.height() as usize);
    let mut coverage = vec![0.0; width * height];
    outline.draw(|x, y, covered| {
        if let Some(place) = coverage.get_mut(y as usize * width + x as usize) {
            *place = covered;
        }
    });
    Ok(Ink { width, height, coverage })
}

impl Ink {
    /// How much of the point (from the middle, in pixels of the picture) is covered.
    fn at(&self, x: f32, y: f32) -> f32 {
        let column = x * DETAIL + self.width as f32 / 2.0;
        let row = y * DETAIL + self.height as f32 / 2.0;
        if column < 0.0 || row < 0.0 || column >= self.width as f32 || row >= self.height as f32 {
            return 0.0;
        }
        self.coverage.get(row as usize * self.width + column as usize).copied().unwrap_or(0.0)
    }
}

/// Puts a character on the picture. What does not fit on it is lost.
fn stamp(canvas: &mut RgbImage, ink: &Ink, pose: Pose, colour: Colour) {
    /// Where a pixel is looked at: the middles of its four quarters.
    const QUARTERS: [(f32, f32); 4] = [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)];
    let (sine, cosine) = f32::from(pose.turn).to_radians().sin_cos();
    for (x, y) in (pose.y - pose.size..pose.y + pose.size)
        .flat_map(|y| (pose.x - pose.size..pose.x + pose.size).map(move |x| (x, y)))
    {
        let (Ok(column), Ok(row)) = (u32::try_from(x), u32::try_from(y)) else { continue };
        let Some(pixel) = canvas.get_pixel_mut_checked(column, row) else { continue };
        let (across, along) = (f32::from(x - pose.x), f32::from(y - pose.y));
        let covered = QUARTERS.iter().map(|(right, down)| {
            let (across, along) = (across + right, along + down);
            ink.at(across * cosine + along * sine, along * cosine - across * sine)
        });
        let opacity = covered.sum::<f32>() / QUARTERS.len() as f32;
        blend(pixel, colour, opacity);
    }
}

/// A line from edge to edge that swings once or so.
fn line(canvas: &mut RgbImage, dice: &mut Dice<'_>) -> Result<(), CaptchaError> {
    let colour = colour(dice, 40, 150)?;
    let start = f32::from(dice.between(8, 31)?);
    let slope = f32::from(dice.between(-12, 12)?) / WIDTH as f32;
    let swing = f32::from(dice.between(2, 7)?);
    let pace = f32::from(dice.between(3, 9)?) / WIDTH as f32;
    let phase = f32::from(dice.between(0, 62)?) / 10.0;
    for (x, y, pixel) in canvas.enumerate_pixels_mut() {
        let x = x as f32;
        let middle = start + slope * x + swing * (phase + pace * x).sin();
        let steepness = slope + swing * pace * (phase + pace * x).cos();
        let distance = (y as f32 - middle).abs() / steepness.hypot(1.0);
        blend(pixel, colour, LINE_OPACITY * (LINE_RADIUS + 0.5 - distance).clamp(0.0, 1.0));
    }
    Ok(())
}

fn dot(canvas: &mut RgbImage, dice: &mut Dice<'_>) -> Result<(), CaptchaError> {
    let (x, y) = (dice.between(0, WIDTH as i16 - 1)?, dice.between(0, HEIGHT as i16 - 1)?);
    let colour = colour(dice, 130, 215)?;
    if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
        && let Some(pixel) = canvas.get_pixel_mut_checked(x, y)
    {
        *pixel = Rgb(colour);
    }
    Ok(())
}

/// Lets `colour` cover the pixel by `opacity`, 0 to 1.
fn blend(pixel: &mut Rgb<u8>, colour: Colour, opacity: f32) {
    for (below, above) in pixel.0.iter_mut().zip(colour) {
        *below = (f32::from(*below) + (f32::from(above) - f32::from(*below)) * opacity).round() as u8;
    }
}

#[cfg(test)]
#[path = "drawing_tests.rs"]
mod tests;
