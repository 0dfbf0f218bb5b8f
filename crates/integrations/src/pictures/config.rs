//! Where pictures are kept.

use std::fmt;
use std::path::PathBuf;

/// Where pictures are kept.
#[derive(Clone)]
pub enum PictureStoreConfig {
    /// In a folder of this machine, made if it is missing.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// In object storage with S3's face, such as Tencent Cloud's COS.
    S3 {
        /// The service, `https://cos.ap-guangzhou.myqcloud.com` for instance, without the bucket.
        endpoint: String,
        /// The bucket, `pictures-1250000000` for instance.
        bucket: String,
        /// The region, `ap-guangzhou` for instance.
        region: String,
        /// The id of the access key (COS: `SecretId`).
        access_key_id: String,
        /// The access key (COS: `SecretKey`).
        secret_access_key: String,
        /// Whether the bucket stands in the path instead of before the host. COS wants it before the host.
        path_style: bool,
    },
}

/// Shows what identifies the place, never what is secret.
impl fmt::Debug for PictureStoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { path } => f.debug_struct("Folder").field("path", path).finish(),
            Self::S3 { endpoint, bucket, region, path_style, .. } => f
                .debug_struct("S3")
                .field("endpoint", endpoint)
                .field("bucket", bucket)
                .field("region", region)
                .field("path_style", path_style)
                .finish_non_exhaustive(),
        }
    }
}
