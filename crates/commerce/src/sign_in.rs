//! Signing up and in: by phone and password, and by WeChat.

use aggregates::account::{Account, AccountCommand, Role};
use aggregates::identity::Identity;
use integrations::sms::is_mainland_mobile;
use integrations::wechat::WechatPerson;
use kernel::{AccountId, Coded as _, ErrorCode};

use crate::accounts::Credential;
use crate::attempts::FAILURES_MAX;
use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::passwords::check_password;
use crate::profile::PersonalData;
use crate::sessions::SignedIn;

const CODE_CHARS_MAX: usize = 512;
const LOGIN_CHARS_MAX: usize = 64;

impl Commerce {
    /// Opens an account for a phone that nobody has proved yet.
    ///
    /// # Errors
    /// [`ErrorCode::IdentityTaken`], or `phone` or `password` cannot be accepted.
    pub async fn sign_up(&self, caller: &Caller, phone: &str, password: &str) -> Result<SignedIn, Error> {
        self.require_writable()?;
        check_sign_up(phone, password)?;
        let identity = self.login_identity(phone);
        if self.holder(caller, identity.clone()).await?.is_some() {
            return Err(phone_taken());
        }
        self.open_by_phone(caller, phone, password, Credential::claimed(identity)).await
    }

    /// Opens an account for a phone that nobody held a moment ago.
    pub(crate) async fn open_by_phone(
        &self,
        caller: &Caller,
        phone: &str,
        password: &str,
        identity: Credential,
    ) -> Result<SignedIn, Error> {
        let last_digits = phone.get(7..).unwrap_or_default();
        let person = PersonalData {
            name: format!("用户{last_digits}"),
            phone: Some(phone.to_owned()),
            ..PersonalData::default()
        };
        let opened =
            self.open_account(caller, person, vec![Role::Customer], vec![identity], Some(password)).await;
        let is_taken = |error: &Error| error.code() == ErrorCode::IdentityTaken;
        opened.map_err(|error| if is_taken(&error) { phone_taken() } else { error })
    }

    /// The account of a phone (or another name to log in by) and its password.
    ///
    /// # Errors
    /// [`ErrorCode::WrongCredentials`] for an unknown phone and for a wrong password alike, after the same time;
    /// [`ErrorCode::TooManyAttempts`].
    pub async fn log_in(&self, caller: &Caller, login: &str, password: &str) -> Result<SignedIn, Error> {
        if !(1..=LOGIN_CHARS_MAX).contains(&login.chars().count()) || login.contains('\0') {
            return Err(Error::parameter("phone", "1 to 64 characters are meant"));
        }
        check_password(password)?;
        let identity = self.login_identity(login);
        let (commerce, caller, password) = (self.clone(), caller.clone(), password.to_owned());
        let subject = identity.clone();
        let check = async move { commerce.who_has(&caller, identity, &password).await };
        self.attempt(subject, FAILURES_MAX, check).await?.ok_or_else(wrong_credentials)
    }

    /// Whose identity and password these are, if they are anybody's; either way it takes the same time.
    async fn who_has(
        &self,
        caller: &Caller,
        identity: String,
        password: &str,
    ) -> Result<Option<SignedIn>, Error> {
        let account = self.holder(caller, identity).await?;
        let password_hash = match account {
            Some(account) => self.inner.vault.password(account).await?,
            None => None,
        };
        let fits = self.inner.passwords.verify(password, password_hash.clone()).await?;
        Ok(account.filter(|_| fits).map(|account| SignedIn { account, password_hash }))
    }

    /// The account of whoever gave this WeChat code, opened on first use.
    ///
    /// # Errors
    /// [`ErrorCode::WechatCodeRefused`], [`ErrorCode::GatewayUnavailable`].
    pub async fn sign_in_wechat(&self, caller: &Caller, code: &str) -> Result<AccountId, Error> {
        self.require_writable()?;
        if !(1..=CODE_CHARS_MAX).contains(&code.chars().count()) || code.contains('\0') {
            return Err(Error::parameter("code", "1 to 512 characters are meant"));
        }
        let person = self.wechat()?.login.identify(code).await?;
        let identity = self.wechat_identity(&person.openid);
        if let Some(account) = self.holder(caller, identity.clone()).await? {
            self.refresh_profile(caller, account, &person).await?;
            return Ok(account);
        }
        let opened = self
            .open_account(
                caller,
                personal(&person),
                vec![Role::Customer],
                vec![Credential::claimed(identity.clone())],
                None,
            )
            .await;
        match opened {
            // The same person came twice at once; the other opened the account.
            Err(error) if error.code() == ErrorCode::IdentityTaken => {
                self.holder(caller, identity).await?.ok_or(error)
            }
            opened => Ok(opened?.account),
        }
    }

    /// Takes over what WeChat says of a person now.
    async fn refresh_profile(
        &self,
        caller: &Caller,
        account: AccountId,
        person: &WechatPerson,
    ) -> Result<(), Error> {
        let record = self.account_record(caller, account).await?;
        let known = self.open_profile(account, record.profile.as_ref()).await?;
        let fresh = PersonalData {
            phone: known.phone.clone(),
            login_name: known.login_name.clone(),
            openids: known.openids.clone(),
            ..personal(person)
        };
        if fresh == known {
            return Ok(());
        }
        let profile = self.seal_profile(account, &fresh).await?;
        let context = caller.context_of_step();
        let change = move |tx: &mut engine::Tx<'_>| {
            tx.execute::<Account>(account, AccountCommand::ChangeProfile { profile: profile.clone() })?;
            Ok(())
        };
        self.commit(context, change).await
    }

    /// Who holds an identity.
    pub(crate) async fn holder(&self, caller: &Caller, identity: String) -> Result<Option<AccountId>, Error> {
        let context = caller.context_of_step();
        self.commit(context, move |tx| Ok(tx.state::<Identity>(&identity)?.holder)).await
    }
}

/// Refuses a phone or a password that no account can have.
pub(crate) fn check_sign_up(phone: &str, password: &str) -> Result<(), Error> {
    if !is_mainland_mobile(phone) {
        return Err(Error::parameter("phone", "a mobile number of the mainland is meant"));
    }
    check_password(password)
}

pub(crate) fn wrong_credentials() -> Error {
    Error::new(ErrorCode::WrongCredentials, "phone or password is wrong")
}

pub(crate) fn phone_taken() -> Error {
    Error::new(ErrorCode::IdentityTaken, "phone: belongs to an account already")
}

fn personal(person: &WechatPerson) -> PersonalData {
    PersonalData {
        name: person.nickname.clone(),
        gender: person.sex,
        province: person.province.clone(),
        city: person.city.clone(),
        avatar: person.avatar_url.clone(),
        openids: vec![person.openid.clone()],
        ..PersonalData::default()
    }
}
