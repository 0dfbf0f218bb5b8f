//! What is taken for a picture and what is not: formats, lengths, bombs, damage.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use image::{DynamicImage, ImageFormat, RgbImage};
use kernel::{Coded, ErrorCode};

use super::{
    BASE64_TEXT_MAX, PICTURE_BYTES_MAX, PICTURE_SIDE_MAX, Picture, PictureError, PictureFormat,
    decode_base64, decode_picture,
};

const FORMATS: [(PictureFormat, ImageFormat); 4] = [
    (PictureFormat::Png, ImageFormat::Png),
    (PictureFormat::Jpeg, ImageFormat::Jpeg),
    (PictureFormat::Gif, ImageFormat::Gif),
    (PictureFormat::WebP, ImageFormat::WebP),
];

/// A picture with something on it.
fn packed(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([x % 256, y % 256, (x ^ y) % 256].map(|channel| u8::try_from(channel).unwrap()))
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(pixels).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn refusal(bytes: Vec<u8>) -> PictureError {
    decode_picture(bytes).map(|_| ()).unwrap_err()
}

/// A chunk of a PNG, with its length and checksum.
fn chunk(kind: &[u8; 4], inside: &[u8]) -> Vec<u8> {
    let mut checked = kind.to_vec();
    checked.extend_from_slice(inside);
    let mut chunk = u32::try_from(inside.len()).unwrap().to_be_bytes().to_vec();
    chunk.extend_from_slice(&checked);
    chunk.extend_from_slice(&crc32(&checked).to_be_bytes());
    chunk
}

/// The checksum of PNG.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A PNG that claims that many pixels of `depth` bits, grey or (6) with colours and alpha.
fn claiming(width: u32, height: u32, depth: u8, kind: u8) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[depth, kind, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(chunk(b"IHDR", &header));
    // An empty stream: who unpacks it finds too little, who first makes room for the pixels has made too much.
    png.extend(chunk(b"IDAT", &[0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]));
    png.extend(chunk(b"IEND", &[]));
    png
}

#[test]
fn all_four_formats_are_taken() {
    for (format, written) in FORMATS {
        let bytes = packed(written, 40, 30);
        let picture = decode_picture(bytes.clone()).unwrap();
        assert_eq!((picture.format(), picture.width(), picture.height()), (format, 40, 30));
        assert_eq!(picture.bytes().as_ref(), bytes, "kept as it came");
        let word = format.content_type().strip_prefix("image/").unwrap();
        for declared in [word, format.content_type(), &word.to_uppercase()] {
            assert_eq!(PictureFormat::from_declared(declared), Some(format));
        }
    }
    assert_eq!(PictureFormat::from_declared("jpg"), Some(PictureFormat::Jpeg));
    for declared in ["", "svg", "image/", "image/svg+xml", "text/png", "image/image/png"] {
        assert_eq!(PictureFormat::from_declared(declared), None, "{declared}");
    }
}

#[test]
fn anything_else_is_no_picture() {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let mut bmp = packed(ImageFormat::Png, 2, 2);
    bmp[..2].copy_from_slice(b"BM");
    for bytes in [svg, bmp, b"hello".to_vec(), b"RIFF\0\0\0\0WAVE".to_vec(), vec![0; 1000]] {
        assert_eq!(refusal(bytes), PictureError::UnknownFormat);
    }
    assert_eq!(refusal(Vec::new()), PictureError::Empty);
    for magic in [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP"] {
        assert_eq!(refusal(magic.to_vec()), PictureError::Damaged, "{magic:?}: nothing but the first bytes");
        let mut bytes = magic.to_vec();
        bytes.extend_from_slice(&b"<script>alert(1)</script>".repeat(20));
        let refusal = refusal(bytes);
        // Read as a GIF, the text claims 29,500 by 25,459 pixels.
        assert!(
            matches!(refusal, PictureError::Damaged | PictureError::TooManyPixels),
            "{magic:?}: {refusal}"
        );
    }
}

#[test]
fn what_is_cut_off_or_changed_is_damaged() {
    for written in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let whole = packed(written, 60, 60);
        for part in 1..8 {
            let cut = whole[..whole.len() * part / 8].to_vec();
            assert_eq!(refusal(cut), PictureError::Damaged, "{written:?}: {part} of 8 parts");
        }
    }
    let mut flipped = packed(ImageFormat::Png, 60, 60);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    assert_eq!(refusal(flipped), PictureError::Damaged, "the checksum tells");
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    // A gigapixel; as wide as PNG can say; four times the memory at 16 bits and alpha.
    for (width, height, depth, kind) in [
        (32_768, 32_768, 8, 0),
        (0x7fff_ffff, 1, 8, 6),
        (1, 0x7fff_ffff, 1, 0),
        (PICTURE_SIDE_MAX + 1, 1, 8, 0),
        (PICTURE_SIDE_MAX, PICTURE_SIDE_MAX, 16, 6),
    ] {
        let bomb = claiming(width, height, depth, kind);
        assert_eq!(refusal(bomb), PictureError::TooManyPixels, "{width} x {height}, {depth} bits");
    }
    assert_eq!(refusal(claiming(0, 5, 8, 0)), PictureError::Damaged);
    assert_eq!(refusal(claiming(100, 100, 8, 0)), PictureError::Damaged, "no pixels behind the claim");
    let mut gif = packed(ImageFormat::Gif, 4, 4);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert_eq!(refusal(gif), PictureError::TooManyPixels, "65,535 by 65,535");
}

#[test]
fn the_widest_picture_is_taken() {
    let widest = decode_picture(packed(ImageFormat::Png, PICTURE_SIDE_MAX, 2)).unwrap();
    assert_eq!((widest.width(), widest.height()), (PICTURE_SIDE_MAX, 2));
}

/// A PNG of that many bytes: ends in a chunk that no decoder needs.
fn png_of(length: usize) -> Vec<u8> {
    let mut png = packed(ImageFormat::Png, 8, 8);
    let end = png.split_off(png.len() - 12);
    let filling = length - png.len() - end.len() - 12;
    png.extend(chunk(b"fiLl", &vec![7; filling]));
    png.extend(end);
    assert_eq!(png.len(), length);
    png
}

fn from_base64(text: &str) -> Result<Picture, PictureError> {
    decode_picture(decode_base64(text)?)
}

#[test]
fn a_thousand_and_twenty_four_kilobytes_are_the_most() {
    let most = png_of(PICTURE_BYTES_MAX);
    assert!(decode_picture(most.clone()).is_ok());
    assert_eq!(refusal(png_of(PICTURE_BYTES_MAX + 1)), PictureError::TooLarge);
    assert_eq!(refusal(png_of(1025 * 1024)), PictureError::TooLarge);
    assert!(from_base64(&STANDARD.encode(&most)).is_ok());
    let more = STANDARD.encode(png_of(PICTURE_BYTES_MAX + 1));
    assert_eq!(from_base64(&more).unwrap_err(), PictureError::TooLarge);
    assert_eq!(from_base64(&STANDARD.encode(png_of(1025 * 1024))).unwrap_err(), PictureError::TooLarge);
    // So long that it is not even read.
    assert_eq!(decode_base64(&"!".repeat(BASE64_TEXT_MAX + 1)), Err(PictureError::TooLarge));
    assert_eq!(decode_base64(&"!".repeat(BASE64_TEXT_MAX)), Err(PictureError::NotBase64));
    let lines: Vec<String> = STANDARD
        .encode(&most)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    assert!(from_base64(&lines.join("\r\n")).is_ok(), "line breaks do not count");
}

#[test]
fn base64_is_read_strictly() {
    let bytes = packed(ImageFormat::Png, 5, 7);
    for text in [STANDARD.encode(&bytes), STANDARD_NO_PAD.encode(&bytes)] {
        assert_eq!(decode_base64(&text), Ok(bytes.clone()));
    }
    assert_eq!(decode_base64(""), Err(PictureError::Empty));
    for text in
        ["a", "iVBO Rw0K", "data:image/png;base64,iVBORw0K", "iVBO=Rw0K", "iVBORw0\u{0}", "图片", "_-8="]
    {
        assert_eq!(decode_base64(text), Err(PictureError::NotBase64), "{text:?}");
    }
}

#[test]
fn the_default_name_is_that_of_another_implementation() {
    let bytes = STANDARD
        .decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==",
        )
        .unwrap();
    // Made with `base64 -d | md5sum`.
    assert_eq!(decode_picture(bytes).unwrap().md5(), "551545c40ead6e44e1aad486211a24da");
}

#[test]
fn refusals_have_codes() {
    assert_eq!(PictureError::Damaged.code(), ErrorCode::InvalidParameter);
}
