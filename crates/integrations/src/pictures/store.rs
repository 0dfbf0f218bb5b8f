//! The store of pictures: a folder or object storage, behind time limits and bounds.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use md5::{Digest, Md5};
use object_store::local::LocalFileSystem;
use object_store::{
    Attribute, Attributes, Error as ObjectError, GetResult, ObjectStore, ObjectStoreExt, PutOptions,
    PutPayload,
};

use super::built_in::{BuiltInPicture, BuiltIns};
use super::config::PictureStoreConfig;
use super::decode::{PICTURE_BYTES_MAX, Picture, PictureFormat};
use super::key::{PictureKind, key};
use super::remote::Remote;
use crate::http::CALL_TIMEOUT;
use crate::wechat::ConfigError;

/// Why the store of pictures cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PictureStoreError {
    /// A key of the configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The folder cannot be made or opened.
    #[error("the folder of the pictures: {0}")]
    Folder(std::io::Error),
    /// Our own pictures could not be drawn.
    #[error("the built-in pictures could not be packed")]
    BuiltIn,
    /// The storage did not answer in time.
    #[error("the storage of pictures did not answer in time")]
    Timeout,
    /// The storage failed or refused; the log has its reason.
    #[error("the storage of pictures failed")]
    Failed,
    /// What is stored there is not what was put there.
    #[error("the stored picture is damaged")]
    Damaged,
}

/// A picture as it is served.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPicture {
    /// The bytes, as they were put.
    pub bytes: Bytes,
    /// The format, as the bytes tell it.
    pub format: PictureFormat,
    /// A strong entity tag with its quotes, the same for the same bytes.
    pub etag: String,
}

impl fmt::Debug for StoredPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredPicture")
            .field("bytes", &self.bytes.len())
            .field("format", &self.format)
            .field("etag", &self.etag)
            .finish()
    }
}

impl StoredPicture {
    pub(super) fn new(bytes: Bytes) -> Option<Self> {
        let format = PictureFormat::sniff(&bytes)?;
        let etag = format!("\"{}\"", hex::encode(Md5::digest(&bytes)));
        Some(Self { bytes, format, etag })
    }
}

/// The store of pictures. Share one.
pub struct PictureStore {
    objects: Box<dyn ObjectStore>,
    /// Object storage is told the type, for those who look into the bucket; a folder cannot remember it.
    tells_type: bool,
    timeout: Duration,
    built_ins: BuiltIns,
}

impl fmt::Debug for PictureStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PictureStore").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl PictureStore {
    /// Opens the store; every call takes 10 seconds at most. Object storage is not asked yet: see [`Self::check`].
    ///
    /// # Errors
    /// [`PictureStoreError::Config`], [`PictureStoreError::Folder`] or [`PictureStoreError::BuiltIn`].
    pub fn open(config: &PictureStoreConfig) -> Result<Self, PictureStoreError> {
        Self::with_timeout(config, CALL_TIMEOUT)
    }

    /// As [`Self::open`], with calls of `timeout` at most.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with_timeout(config: &PictureStoreConfig, timeout: Duration) -> Result<Self, PictureStoreError> {
        let (objects, tells_type): (Box<dyn ObjectStore>, bool) = match config {
            PictureStoreConfig::Folder { path } => {
                std::fs::create_dir_all(path).map_err(PictureStoreError::Folder)?;
                let folder = LocalFileSystem::new_with_prefix(path)
                    .map_err(|error| PictureStoreError::Folder(std::io::Error::other(error)))?;
                (Box::new(folder.with_fsync(true)), false)
            }
            PictureStoreConfig::S3 {
                endpoint,
                bucket,
                region,
                access_key_id,
                secret_access_key,
                path_style,
            } => {
                let path_style = *path_style;
                let remote =
                    Remote { endpoint, bucket, region, access_key_id, secret_access_key, path_style };
                (Box::new(remote.open(timeout)?), true)
            }
        };
        let built_ins = BuiltIns::draw().ok_or(PictureStoreError::BuiltIn)?;
        Ok(Self { objects, tells_type, timeout, built_ins })
    }

    /// Keeps the picture under that name, in place of the one before it.
    ///
    /// # Errors
    /// [`PictureStoreError::Timeout`] or [`PictureStoreError::Failed`]; it may be stored or not, and may be put again.
    pub async fn put(
        &self,
        kind: PictureKind,
        name: &str,
        picture: &Picture,
    ) -> Result<(), PictureStoreError> {
        let mut attributes = Attributes::new();
        if self.tells_type {
            attributes.insert(Attribute::ContentType, picture.format().content_type().into());
        }
        let options = PutOptions { attributes, ..PutOptions::default() };
        let key = key(kind, name);
        let put = self.objects.put_opts(&key, PutPayload::from_bytes(picture.bytes().clone()), options);
        self.bounded(put).await.map(|_| ())
    }

    /// The picture of that name, if there is one.
    ///
    /// # Errors
    /// [`PictureStoreError::Timeout`], [`PictureStoreError::Failed`] or [`PictureStoreError::Damaged`].
    pub async fn get(
        &self,
        kind: PictureKind,
        name: &str,
    ) -> Result<Option<StoredPicture>, PictureStoreError> {
        let key = key(kind, name);
        let read = async {
            match self.objects.get(&key).await {
                Ok(object) => whole(object).await.map(Some),
                Err(ObjectError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        match self.bounded(read).await? {
            None => Ok(None),
            Some(bytes) => {
                let bytes = bytes.ok_or(PictureStoreError::Damaged)?;
                StoredPicture::new(bytes).map(Some).ok_or(PictureStoreError::Damaged)
            }
        }
    }

    /// Removes the picture of that name. If there is none, that is well.
    ///
    /// # Errors
    /// [`PictureStoreError::Timeout`] or [`PictureStoreError::Failed`]; it may be removed again.
    pub async fn remove(&self, kind: PictureKind, name: &str) -> Result<(), PictureStoreError> {
        let key = key(kind, name);
        let removed = async {
            match self.objects.delete(&key).await {
                Err(ObjectError::NotFound { .. }) => Ok(()),
                other => other,
            }
        };
        self.bounded(removed).await
    }

    /// Whether the storage answers: asks for a picture that is not there.
    ///
    /// # Errors
    /// [`PictureStoreError::Timeout`] or [`PictureStoreError::Failed`].
    pub async fn check(&self) -> Result<(), PictureStoreError> {
        // Names that clients give are never empty.
        self.get(PictureKind::Portrait, "").await.map(|_| ())
    }

    /// One of our own pictures.
    #[must_use]
    pub fn built_in(&self, which: BuiltInPicture) -> &StoredPicture {
        self.built_ins.get(which)
    }

    async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, ObjectError>>,
    ) -> Result<T, PictureStoreError> {
        match tokio::time::timeout(self.timeout, call).await {
            Err(_) => Err(PictureStoreError::Timeout),
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                // It names the key, which is a hash, and the storage's reason.
                tracing::warn!(%error, "the storage of pictures failed");
                Err(PictureStoreError::Failed)
            }
        }
    }
}

/// The whole object, or `None` if it is longer than any picture.
async fn whole(object: GetResult) -> Result<Option<Bytes>, ObjectError> {
    let mut bytes = BytesMut::new();
    let mut chunks = object.into_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if bytes.len() + chunk.len() > PICTURE_BYTES_MAX {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes.freeze()))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
