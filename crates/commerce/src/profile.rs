//! Who an account is: one sealed text, and what the wallet holds beside it.

use aggregates::account::Account;
use aggregates::balance::Balance;
use aggregates::coupon::Coupon;
use kernel::{AccountId, Coded as _, ErrorCode, Money, Sealed};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;

/// The name of the sealed field, bound into the seal.
const FIELD: &str = "profile";

/// The personal data of an account, as sealed. Never shown by `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PersonalData {
    pub(crate) name: String,
    /// 0 unknown, 1 man, 2 woman.
    pub(crate) gender: u8,
    pub(crate) province: String,
    pub(crate) city: String,
    pub(crate) avatar: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    /// Other names it logs in by, such as `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) login_name: Option<String>,
    /// WeChat's ids of the person, an app each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) openids: Vec<String>,
}

/// An account as its owner sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    /// The account.
    pub id: AccountId,
    /// The name shown.
    pub name: String,
    /// 0 unknown, 1 man, 2 woman.
    pub gender: u8,
    /// The province, if known.
    pub province: String,
    /// The city, if known.
    pub city: String,
    /// The portrait's address, if known.
    pub avatar: String,
    /// The phone, if one is bound.
    pub phone: Option<String>,
    /// What can be spent, in fen.
    pub balance: Money,
    /// What can be spent of coupons, in fen.
    pub coupon: Money,
}

#[derive(Serialize, Deserialize)]
struct Holdings {
    profile: Option<Sealed>,
    balance: Money,
    coupon: Money,
}

impl Commerce {
    /// An account as its owner sees it.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::AccountUnknown`], [`kernel::ErrorCode::AccountErased`].
    pub async fn profile(&self, caller: &Caller, account: AccountId) -> Result<Profile, Error> {
        let holdings = self
            .commit(caller.context_of_step(), move |tx| {
                tx.want::<Account>(account);
                tx.want::<Balance>(account);
                tx.want::<Coupon>(account);
                let opened = tx.state::<Account>(account)?;
                opened.require_open()?;
                Ok(Holdings {
                    profile: opened.profile.clone(),
                    balance: tx.state::<Balance>(account)?.amount,
                    coupon: tx.state::<Coupon>(account)?.amount,
                })
            })
            .await?;
        let person = self.open_profile(account, holdings.profile.as_ref()).await?;
        Ok(Profile {
            id: account,
            name: person.name,
            gender: person.gender,
            province: person.province,
            city: person.city,
            avatar: person.avatar,
            phone: person.phone,
            balance: holdings.balance,
            coupon: holdings.coupon,
        })
    }

    /// The name that an account shows, from its sealed profile; empty if the person is gone.
    ///
    /// # Errors
    /// The vault cannot be used, or the profile is damaged.
    pub async fn shown_name(&self, account: AccountId, sealed: &Sealed) -> Result<String, Error> {
        match self.open_profile(account, Some(sealed)).await {
            Ok(person) => Ok(person.name),
            Err(error) if error.code() == ErrorCode::AccountErased => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn seal_profile(
        &self,
        account: AccountId,
        person: &PersonalData,
    ) -> Result<Sealed, Error> {
        let text = serde_json::to_string(person).map_err(|_| Error::internal("a profile is no JSON"))?;
        Ok(self.inner.sealer.seal(account, FIELD, &text).await?)
    }

    pub(crate) async fn open_profile(
        &self,
        account: AccountId,
        sealed: Option<&Sealed>,
    ) -> Result<PersonalData, Error> {
        let Some(sealed) = sealed else { return Ok(PersonalData::default()) };
        if !self.inner.vault.knows_people() {
            return Ok(PersonalData::default());
        }
        let text = self.inner.sealer.open_sealed(account, FIELD, sealed).await?;
        let Some(text) = text else { return Err(engine::SealError::Erased.into()) };
        serde_json::from_str(&text).map_err(|_| Error::internal("a profile does not read"))
    }
}
