//! Pictures: taken in only when they really decode, kept in a folder or in object storage, and three of our own.

mod built_in;
mod config;
mod decode;
mod key;
mod remote;
mod store;

pub use built_in::BuiltInPicture;
pub use config::PictureStoreConfig;
pub use decode::{
    PICTURE_BYTES_MAX, PICTURE_SIDE_MAX, Picture, PictureError, PictureFormat, decode_base64, decode_picture,
};
pub use key::PictureKind;
pub use store::{PictureStore, PictureStoreError, StoredPicture};
