//! Notices: putting up what was lost or found, changing it, taking it down, and reading what was sealed of it.

use std::collections::BTreeMap;

use aggregates::account::Account;
use aggregates::notice::{Notice, NoticeCommand, NoticeKind, NoticeStatus, NoticeText};
use kernel::{AccountId, NoticeId, Sealed, Timestamp};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::free_ids::first_free;

/// Notices' ids are drawn from here, since they must stay below 2^31.
const ID_RANGE: std::ops::Range<u64> = 100_000_000..1 << 31;
/// Draws before giving up on finding a free id: with a million notices all are taken once in 10^19 times.
const DRAWS_MAX: usize = 6;

/// A notice to be put up.
pub struct NewNotice {
    /// Whether something was lost or found.
    pub kind: NoticeKind,
    /// 0 while it goes on, 1 when it is over.
    pub state: i16,
    /// When the thing was lost or found; without it, when the notice was published.
    pub occurred_at: Option<Timestamp>,
    /// When it was published; without it, now.
    pub published_at: Option<Timestamp>,
    /// Its texts. Those that must be there are; others may be missing or empty.
    pub texts: BTreeMap<NoticeText, String>,
}

/// What changes of a notice.
#[derive(Default)]
pub struct NoticeChange {
    /// The new kind.
    pub kind: Option<NoticeKind>,
    /// The new state.
    pub state: Option<i16>,
    /// When the thing was lost or found.
    pub occurred_at: Option<Occurred>,
    /// When it was updated; without it, now.
    pub updated_at: Option<Timestamp>,
    /// The texts that change; an empty one empties it.
    pub texts: BTreeMap<NoticeText, String>,
}

/// When a thing was lost or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurred {
    /// Then.
    At(Timestamp),
    /// When the notice was published.
    AsPublished,
}

impl Commerce {
    /// Puts up a notice of the caller's.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::AccountErased`], [`kernel::ErrorCode::NoFreeId`], or a text is
    /// missing, too long or holds NUL.
    pub async fn publish_notice(&self, caller: &Caller, notice: NewNotice) -> Result<NoticeId, Error> {
        self.require_writable()?;
        let account = caller.require_account()?;
        let NewNotice { kind, state, occurred_at, published_at, texts } = notice;
        let sealed = self.seal_texts(account, &texts).await?;
        let texts: BTreeMap<_, _> =
            sealed.into_iter().filter_map(|(text, sealed)| Some((text, sealed?))).collect();
        let drawn: Vec<NoticeId> = self.draw_ids(ID_RANGE, DRAWS_MAX)?;
        self.commit(caller.context(), move |tx| {
            tx.state::<Account>(account)?.require_open()?;
            let id =
                first_free::<Notice, _>(tx, &drawn, |notice| notice.status == NoticeStatus::Unpublished)?;
            let published_at = published_at.unwrap_or_else(|| tx.now());
            let publish = NoticeCommand::Publish {
                owner: account,
                kind,
                state,
                occurred_at: occurred_at.unwrap_or(published_at),
                published_at,
                texts: texts.clone(),
            };
            tx.execute::<Notice>(id, publish)?;
            Ok(id)
        })
        .await
    }

    /// Changes a notice of the caller's.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::AccountErased`], [`kernel::ErrorCode::NoticeUnknown`],
    /// [`kernel::ErrorCode::NoticeNotOwned`], or a text is emptied that must be there, too long or holds NUL.
    pub async fn update_notice(
        &self,
        caller: &Caller,
        id: NoticeId,
        change: NoticeChange,
    ) -> Result<(), Error> {
        self.require_writable()?;
        let account = caller.require_account()?;
        let NoticeChange { kind, state, occurred_at, updated_at, texts } = change;
        let texts = self.seal_texts(account, &texts).await?;
        self.commit(caller.context(), move |tx| {
            tx.want::<Notice>(id);
            tx.state::<Account>(account)?.require_open()?;
            let published_at = tx.state::<Notice>(id)?.published_at;
            let update = NoticeCommand::Update {
                by: account,
                kind,
                state,
                occurred_at: occurred_at.map(|occurred| match occurred {
                    Occurred::At(moment) => moment,
                    Occurred::AsPublished => published_at,
                }),
                updated_at: updated_at.unwrap_or_else(|| tx.now()),
                texts: texts.clone(),
            };
            tx.execute::<Notice>(id, update)?;
            Ok(())
        })
        .await
    }

    /// Takes down a notice of the caller's for ever.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::AccountErased`], [`kernel::ErrorCode::NoticeUnknown`],
    /// [`kernel::ErrorCode::NoticeNotOwned`].
    pub async fn delete_notice(&self, caller: &Caller, id: NoticeId) -> Result<(), Error> {
        self.require_writable()?;
        let account = caller.require_account()?;
        self.commit(caller.context(), move |tx| {
            tx.want::<Notice>(id);
            tx.state::<Account>(account)?.require_open()?;
            tx.execute::<Notice>(id, NoticeCommand::Delete { by: account })?;
            Ok(())
        })
        .await
    }

    /// A text of a notice of `owner`'s, as it was written; `None` if the owner was erased.
    ///
    /// # Errors
    /// The vault cannot be used, or the text was not sealed for that.
    pub async fn notice_text(
        &self,
        owner: AccountId,
        text: NoticeText,
        sealed: &Sealed,
    ) -> Result<Option<String>, Error> {
        Ok(self.inner.sealer.open_sealed(owner, &field(text), sealed).await?)
    }

    /// Seals texts; those that are empty are `None`.
    async fn seal_texts(
        &self,
        account: AccountId,
        texts: &BTreeMap<NoticeText, String>,
    ) -> Result<BTreeMap<NoticeText, Option<Sealed>>, Error> {
        let mut sealed = BTreeMap::new();
        for (name, text) in texts {
            check(*name, text)?;
            let text = match text.as_str() {
                "" => None,
                text => Some(self.inner.sealer.seal(account, &field(*name), text).await?),
            };
            sealed.insert(*name, text);
        }
        Ok(sealed)
    }
}

/// The name of a text, bound into its seal.
fn field(text: NoticeText) -> String {
    format!("notice.{}", text.name())
}

fn check(name: NoticeText, text: &str) -> Result<(), Error> {
    if text.chars().nth(name.chars_max()).is_some() {
        return Err(Error::parameter(
            name.name(),
            &format!("at most {} characters are meant", name.chars_max()),
        ));
    }
    if text.contains('\0') {
        return Err(Error::parameter(name.name(), "the character NUL cannot be used"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aggregates::notice::NoticeText;

    use super::check;

    #[test]
    fn every_text_is_bounded_in_characters() {
        for name in NoticeText::ALL {
            assert_eq!(check(*name, &"茶".repeat(name.chars_max())), Ok(()));
            let refused = check(*name, &"茶".repeat(name.chars_max() + 1)).unwrap_err();
            assert!(refused.to_string().starts_with(&format!("{}: at most", name.name())), "{refused}");
            assert!(check(*name, "a\0").is_err());
        }
    }
}
