//! Pictures: taken in, kept under names, handed out.

use std::panic::UnwindSafe;

use aggregates::account::Account;
use aggregates::picture::{Picture, PictureCommand};
use integrations::pictures::{
    BuiltInPicture, PictureError, PictureFormat, PictureKind, PictureStore, PictureStoreError, StoredPicture,
    decode_base64, decode_picture,
};
use kernel::{AccountId, ErrorCode};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::to_the_end::to_the_end;

/// A picture that somebody brings.
pub struct NewPicture {
    /// What it is of.
    pub kind: PictureKind,
    /// Its name; without one it is called by the MD5 of its bytes.
    pub name: Option<String>,
    /// Its bytes, in base64.
    pub base64: String,
    /// Its format, as its bringer says: `png` or `image/png`.
    pub format: Option<String>,
}

impl Commerce {
    /// Keeps a picture and gives its name. A name belongs to the account that used it first; a portrait's is its account's id.
    ///
    /// # Errors
    /// In this order: [`ErrorCode::InvalidParameter`] naming `name`, `type` or `base64`, or [`ErrorCode::Overloaded`] before the last
    /// of these is looked at; [`ErrorCode::AccountErased`],
    /// [`ErrorCode::PictureTaken`], [`ErrorCode::PictureNotStored`].
    pub async fn keep_picture(&self, caller: &Caller, new: NewPicture) -> Result<String, Error> {
        self.require_writable()?;
        let owner = caller.require_account()?;
        let NewPicture { kind, name, base64, format } = new;
        if let Some(name) = &name {
            check_name(kind, name, owner)?;
        }
        let unknown = || Error::parameter("type", "png, jpeg, gif or webp is meant");
        let declared = format.map(|format| PictureFormat::from_declared(&format).ok_or_else(unknown));
        let declared = declared.transpose()?;
        self.pictures()?;
        let decode = move || unless_it_panics(|| decode_picture(decode_base64(&base64)?));
        let picture = self.inner.decoding.take(decode).await??;
        if declared.is_some_and(|declared| declared != picture.format()) {
            return Err(Error::parameter("type", "the picture is of another"));
        }
        let content = picture.md5();
        let name = name.unwrap_or_else(|| content.clone());
        let bytes = u32::try_from(picture.bytes().len()).unwrap_or(u32::MAX);
        let stream = format!("{}:{}", kind.word(), self.inner.sealer.identity_hash(kind.word(), &name));
        self.commit(caller.context(), move |tx| {
            tx.state::<Account>(owner)?.require_open()?;
            let keep = PictureCommand::Keep { owner, content: content.clone(), bytes };
            tx.execute::<Picture>(&stream, keep)?;
            Ok(())
        })
        .await?;
        // The name comes first: nobody overwrites another's picture. What was cut off in between is put again by asking again.
        let (commerce, kept) = (self.clone(), name.clone());
        to_the_end(async move { commerce.put_picture(kind, &kept, &picture, owner).await }).await?;
        Ok(name)
    }

    /// Puts a picture whose name is taken, unless its owner was erased meanwhile: the key goes before the portrait is removed, so what
    /// was put while it was there, that removes.
    async fn put_picture(
        &self,
        kind: PictureKind,
        name: &str,
        picture: &integrations::pictures::Picture,
        owner: AccountId,
    ) -> Result<(), Error> {
        self.stored(self.pictures()?.put(kind, name, picture).await)?;
        if kind == PictureKind::Portrait && self.inner.vault.data_key(owner).await?.is_none() {
            self.remove_portrait(owner).await?;
            return Err(Error::new(ErrorCode::AccountErased, "the account was erased"));
        }
        Ok(())
    }

    /// The picture of that name, if there is one.
    ///
    /// # Errors
    /// [`ErrorCode::PictureNotStored`]: the store of pictures does not answer, or is none.
    pub async fn picture(&self, kind: PictureKind, name: &str) -> Result<Option<StoredPicture>, Error> {
        self.stored(self.pictures()?.get(kind, name).await)
    }

    /// One of the house's own pictures.
    ///
    /// # Errors
    /// [`ErrorCode::PictureNotStored`]: there is no store of pictures.
    pub fn built_in_picture(&self, which: BuiltInPicture) -> Result<&StoredPicture, Error> {
        Ok(self.pictures()?.built_in(which))
    }

    /// Removes an account's portrait, if there is a store of pictures and one in it.
    pub(crate) async fn remove_portrait(&self, account: AccountId) -> Result<(), Error> {
        match &self.inner.outside.pictures {
            Some(store) => self.stored(store.remove(PictureKind::Portrait, &account.to_string()).await),
            None => Ok(()),
        }
    }

    /// What the store of pictures answered, which is noted.
    fn stored<T>(&self, answer: Result<T, PictureStoreError>) -> Result<T, Error> {
        let is_answered = match &answer {
            Ok(_) | Err(PictureStoreError::Damaged) => true,
            Err(
                PictureStoreError::Config(_)
                | PictureStoreError::Folder(_)
                | PictureStoreError::BuiltIn
                | PictureStoreError::Timeout
                | PictureStoreError::Failed,
            ) => false,
        };
        self.inner.storage.note(is_answered, self.inner.engine.now());
        Ok(answer?)
    }

    fn pictures(&self) -> Result<&PictureStore, Error> {
        let none = || Error::new(ErrorCode::PictureNotStored, "no store of pictures is configured");
        self.inner.outside.pictures.as_ref().ok_or_else(none)
    }
}

/// A decoder that panics has met a picture that no decoder should accept.
fn unless_it_panics<T>(
    decode: impl FnOnce() -> Result<T, PictureError> + UnwindSafe,
) -> Result<T, PictureError> {
    std::panic::catch_unwind(decode).unwrap_or(Err(PictureError::Damaged))
}

/// Names stand in addresses: none may look like a path.
fn check_name(kind: PictureKind, name: &str, owner: AccountId) -> Result<(), Error> {
    let is_path = name.contains(['/', '\\']) || matches!(name, "." | "..");
    if name.is_empty() || is_path || name.contains(char::is_control) {
        return Err(Error::parameter("name", "a name without / \\ and control characters is meant"));
    }
    if kind == PictureKind::Portrait && name != owner.to_string() {
        return Err(Error::parameter("name", "a portrait is called by its account's id"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use integrations::pictures::PictureError;

    use super::unless_it_panics;

    #[test]
    fn what_a_decoder_panics_over_is_no_picture() {
        assert_eq!(unless_it_panics::<()>(|| panic!("as told")), Err(PictureError::Damaged));
        assert_eq!(unless_it_panics(|| Ok(7)), Ok(7));
    }
}
