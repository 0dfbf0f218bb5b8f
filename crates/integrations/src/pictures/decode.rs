//! What is taken for a picture: of bounded length, of a known format, and really decoded within limits.

use std::fmt;
use std::io::Cursor;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use image::{ImageError, ImageFormat, ImageReader, Limits};
use kernel::{Coded, ErrorCode};
use md5::{Digest, Md5};

/// The longest picture, in bytes: 1,024 KB.
pub const PICTURE_BYTES_MAX: usize = 1024 * 1024;
/// The greatest width and height, in pixels.
pub const PICTURE_SIDE_MAX: u32 = 4096;
/// What decoding may take, in bytes: just enough for the largest picture at 8 bits a channel.
const DECODED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The longest base64 of a picture: four characters for three bytes, and some more for line breaks every 64 characters.
const BASE64_CHARS_MAX: usize = PICTURE_BYTES_MAX.div_ceil(3) * 4;
const BASE64_TEXT_MAX: usize = BASE64_CHARS_MAX + BASE64_CHARS_MAX / 64 * 2 + 2;

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why something is not taken for a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Nothing at all.
    #[error("the picture is empty")]
    Empty,
    /// Longer than [`PICTURE_BYTES_MAX`].
    #[error("the picture is larger than 1024 KB")]
    TooLarge,
    /// Not base64.
    #[error("the picture is no base64")]
    NotBase64,
    /// None of the formats that are taken.
    #[error("the picture is no PNG, JPEG, GIF or WebP")]
    UnknownFormat,
    /// It claims more pixels, or needs more memory, than is granted.
    #[error("the picture has more than 4096 by 4096 pixels")]
    TooManyPixels,
    /// It does not decode.
    #[error("the picture is damaged")]
    Damaged,
}

impl Coded for PictureError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Empty
            | Self::TooLarge
            | Self::NotBase64
            | Self::UnknownFormat
            | Self::TooManyPixels
            | Self::Damaged => ErrorCode::InvalidParameter,
        }
    }
}

/// The formats that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF, animated or not.
    Gif,
    /// WebP.
    WebP,
}

impl PictureFormat {
    /// The format as the first bytes tell it.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else {
            None
        }
    }

    /// The format a client names: `png` or `image/png`, in any case; `jpg` is `jpeg`.
    #[must_use]
    pub fn from_declared(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        match name.strip_prefix("image/").unwrap_or(&name) {
            "png" => Some(Self::Png),
            "jpeg" | "jpg" => Some(Self::Jpeg),
            "gif" => Some(Self::Gif),
            "webp" => Some(Self::WebP),
            _ => None,
        }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }

    const fn decoder(self) -> ImageFormat {
        match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Gif => ImageFormat::Gif,
            Self::WebP => ImageFormat::WebP,
        }
    }
}

/// Bytes that were decoded and found to be a picture. There is no other way to get one.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    bytes: Bytes,
    format: PictureFormat,
    width: u32,
    height: u32,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("bytes", &self.bytes.len())
            .field("format", &self.format)
            .field("width", &self.width)
            .field("height", &self.height)
            .finish()
    }
}

impl Picture {
    /// The bytes, as they came.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The format, as the bytes tell it.
    #[must_use]
    pub const fn format(&self) -> PictureFormat {
        self.format
    }

    /// In pixels.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// In pixels.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The MD5 of the bytes in hexadecimal: the name of a picture that was given none.
    #[must_use]
    pub fn md5(&self) -> String {
        hex::encode(Md5::digest(&self.bytes))
    }
}

/// The bytes in base64 text (line breaks are skipped, padding may be missing); too long a text is refused unread.
///
/// # Errors
/// [`PictureError::TooLarge`], [`PictureError::NotBase64`] or [`PictureError::Empty`].
pub fn decode_base64(text: &str) -> Result<Vec<u8>, PictureError> {
    if text.len() > BASE64_TEXT_MAX {
        return Err(PictureError::TooLarge);
    }
    let joined: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let bytes = BASE64.decode(joined).map_err(|_| PictureError::NotBase64)?;
    check_length(&bytes)?;
    Ok(bytes)
}

fn check_length(bytes: &[u8]) -> Result<(), PictureError> {
    match bytes.len() {
        0 => Err(PictureError::Empty),
        1..=PICTURE_BYTES_MAX => Ok(()),
        _ => Err(PictureError::TooLarge),
    }
}

/// Takes `bytes` for a picture if they decode (of an animation: the first frame) to at most [`PICTURE_SIDE_MAX`] pixels a side
/// and 64 MiB. Blocks, for a large picture up to half a second.
///
/// # Errors
/// [`PictureError`]; what claims too many pixels is refused before memory is taken for them.
pub fn decode_picture(bytes: impl Into<Bytes>) -> Result<Picture, PictureError> {
    let bytes = bytes.into();
    check_length(&bytes)?;
    let format = PictureFormat::sniff(&bytes).ok_or(PictureError::UnknownFormat)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(PICTURE_SIDE_MAX);
    limits.max_image_height = Some(PICTURE_SIDE_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes.as_ref()), format.decoder());
    reader.limits(limits);
    let decoded = reader.decode().map_err(|error| refused(&error))?;
    let (width, height) = (decoded.width(), decoded.height());
    if width == 0 || height == 0 {
        return Err(PictureError::Damaged);
    }
    Ok(Picture { bytes, format, width, height })
}

fn refused(error: &ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => PictureError::Damaged,
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
