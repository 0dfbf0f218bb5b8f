//! The store on a folder: what is put is got, replaced and removed; what others put there is not believed.

use std::fs;
use std::path::{Path, PathBuf};

use super::{PictureStore, PictureStoreError};
use crate::pictures::key::key;
use crate::pictures::{
    BuiltInPicture, PICTURE_BYTES_MAX, Picture, PictureFormat, PictureKind, PictureStoreConfig,
    decode_picture,
};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("suanpan-pictures-{}", uuid::Uuid::new_v4().simple())))
    }

    fn open(&self) -> PictureStore {
        PictureStore::open(&PictureStoreConfig::Folder { path: self.0.join("in/here") }).unwrap()
    }

    /// Where the picture lies.
    fn file(&self, kind: PictureKind, name: &str) -> PathBuf {
        self.0.join("in/here").join(key(kind, name).to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _best_effort = fs::remove_dir_all(&self.0);
    }
}

fn picture(store: &PictureStore, which: BuiltInPicture) -> Picture {
    decode_picture(store.built_in(which).bytes.clone()).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn what_is_put_is_got_also_after_a_restart() {
    let folder = Folder::new();
    let store = folder.open();
    let (ban, error) = (picture(&store, BuiltInPicture::Ban), picture(&store, BuiltInPicture::Error));
    assert_eq!(store.get(PictureKind::Shop, "pro1").await.unwrap(), None);
    store.put(PictureKind::Shop, "pro1", &ban).await.unwrap();
    let got = folder.open().get(PictureKind::Shop, "pro1").await.unwrap().unwrap();
    assert_eq!((&got.bytes, got.format), (ban.bytes(), PictureFormat::Png));
    assert_eq!(got.etag, format!("\"{}\"", ban.md5()));
    assert_eq!(store.get(PictureKind::Product, "pro1").await.unwrap(), None, "kinds are apart");
    store.put(PictureKind::Shop, "pro1", &error).await.unwrap();
    assert_eq!(store.get(PictureKind::Shop, "pro1").await.unwrap().unwrap().bytes, error.bytes());
    for _ in 0..2 {
        store.remove(PictureKind::Shop, "pro1").await.unwrap();
        assert_eq!(store.get(PictureKind::Shop, "pro1").await.unwrap(), None);
    }
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_name_with_dots_and_slashes_stays_inside() {
    let folder = Folder::new();
    let store = folder.open();
    let ban = picture(&store, BuiltInPicture::Ban);
    for name in ["../../../outside", "/etc/passwd", "a/../../b", "..", "nul\0byte"] {
        store.put(PictureKind::Portrait, name, &ban).await.unwrap();
        assert!(store.get(PictureKind::Portrait, name).await.unwrap().is_some(), "{name:?}");
    }
    let inside = folder.0.join("in/here/portrait");
    let all = files(&folder.0);
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|file| file.starts_with(&inside)), "{all:?}");
}

#[tokio::test]
async fn what_others_put_there_is_not_served() {
    let folder = Folder::new();
    let store = folder.open();
    store.put(PictureKind::Shop, "a", &picture(&store, BuiltInPicture::Ban)).await.unwrap();
    for content in [b"<script>alert(1)</script>".to_vec(), Vec::new(), vec![0xff; PICTURE_BYTES_MAX + 1]] {
        fs::write(folder.file(PictureKind::Shop, "a"), content).unwrap();
        let refused = store.get(PictureKind::Shop, "a").await.unwrap_err();
        assert!(matches!(refused, PictureStoreError::Damaged), "{refused}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    let folder = Folder::new();
    let store = folder.open();
    let ban = picture(&store, BuiltInPicture::Ban);
    // A file stands where the kind's folder would.
    fs::write(folder.0.join("in/here/shop"), "x").unwrap();
    let refused = store.put(PictureKind::Shop, "a", &ban).await.unwrap_err();
    assert!(matches!(refused, PictureStoreError::Failed), "{refused}");
    let config = PictureStoreConfig::Folder { path: folder.0.join("in/here/shop/below") };
    let refused = PictureStore::open(&config).map(|_| ()).unwrap_err();
    assert!(matches!(refused, PictureStoreError::Folder(_)), "{refused}");
}
