//! Opening and erasing accounts.

use aggregates::account::{Account, AccountCommand, AccountStatus, Role};
use aggregates::identity::{Identity, IdentityCommand};
use integrations::sms::is_mainland_mobile;
use kernel::{AccountId, Coded as _, ErrorCode, Sealed};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::profile::PersonalData;
use crate::sessions::SignedIn;

/// Account ids are drawn from here, so that they cannot be guessed or counted.
const ID_RANGE: std::ops::Range<u64> = 100_000_000_000..1 << 40;
/// Draws before giving up on finding a free id; one is nearly always enough.
const DRAWS_MAX: usize = 8;
/// The longest name to log in by, in characters.
const LOGIN_NAME_CHARS_MAX: usize = 64;

/// An account opened by the house, for people and roles that no API signs up.
pub struct Registration {
    /// A mainland mobile number, or another name to log in by.
    pub login: String,
    /// The password; without one nobody logs in by name until it is set.
    pub password: Option<String>,
    /// The name shown.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// A WeChat code of the person, who can then log in by WeChat, too.
    pub wechat_code: Option<String>,
}

/// Whether people can see and type what they log in by.
fn is_name(login: &str) -> bool {
    (1..=LOGIN_NAME_CHARS_MAX).contains(&login.chars().count())
        && !login.contains(char::is_control)
        && login.trim() == login
}

impl Commerce {
    /// Opens an account for the house's own reasons.
    ///
    /// # Errors
    /// [`ErrorCode::IdentityTaken`], or a field that cannot be accepted.
    pub async fn register(&self, caller: &Caller, registration: Registration) -> Result<AccountId, Error> {
        let Registration { login, password, name, roles, wechat_code } = registration;
        if let Some(password) = &password {
            crate::passwords::check_password(password)?;
        }
        let mut person = PersonalData { name, ..PersonalData::default() };
        if is_mainland_mobile(&login) {
            person.phone = Some(login.clone());
        } else if is_name(&login) {
            person.login_name = Some(login.clone());
        } else {
            return Err(Error::parameter(
                "login",
                "1 to 64 characters are meant, none of them a control character, and no blank around them",
            ));
        }
        // The house vouches for a phone that it enters itself.
        let is_proved = is_mainland_mobile(&login);
        let mut identities = vec![Credential { stream: self.login_identity(&login), is_proved }];
        if let Some(code) = wechat_code {
            let wechat = self.wechat()?.login.identify(&code).await?;
            identities.push(Credential::claimed(self.wechat_identity(&wechat.openid)));
            person.openids.push(wechat.openid);
        }
        Ok(self.open_account(caller, person, roles, identities, password.as_deref()).await?.account)
    }

    /// Opens an account that owns `identities`: secrets into the vault first, then one commit.
    pub(crate) async fn open_account(
        &self,
        caller: &Caller,
        person: PersonalData,
        roles: Vec<Role>,
        identities: Vec<Credential>,
        password: Option<&str>,
    ) -> Result<SignedIn, Error> {
        self.require_writable()?;
        let password_hash = match password {
            Some(password) => Some(self.inner.passwords.hash(password).await?),
            None => None,
        };
        for _ in 0..DRAWS_MAX {
            let drawn = self.inner.engine.draw(ID_RANGE).and_then(|number| AccountId::try_from(number).ok());
            let account = drawn.ok_or_else(|| Error::internal("no random numbers"))?;
            let now = self.inner.engine.now();
            // Somebody has this number, or had it begun: another is drawn.
            if !self.inner.sealer.make_key(account, now).await? {
                continue;
            }
            if let Some(hash) = &password_hash
                && !self.inner.vault.save_password(account, hash, now).await?
            {
                return Err(Error::internal("a key is gone at once"));
            }
            let profile = self.seal_profile(account, &person).await?;
            let opened =
                self.commit_opening(caller, account, roles.clone(), identities.clone(), profile).await;
            let Err(error) = opened else { return Ok(SignedIn { account, password_hash }) };
            // Whoever drew the number of somebody erased, lost the race for the identity, or found no room in the queue, leaves nothing
            // behind. What was kept for a number that is taken stays: a key too many is harmless, one too few is not.
            let is_nobodys = [ErrorCode::AccountErased, ErrorCode::IdentityTaken, ErrorCode::Overloaded];
            if is_nobodys.contains(&error.code())
                && let Err(error) = self.inner.vault.forget_unopened(account).await
            {
                tracing::warn!(%error, "a key of nobody stays in the vault");
            }
            if !matches!(error.code(), ErrorCode::AccountExists | ErrorCode::AccountErased) {
                return Err(error);
            }
        }
        Err(Error::new(ErrorCode::NoFreeId, "every account id that was drawn is taken"))
    }

    async fn commit_opening(
        &self,
        caller: &Caller,
        account: AccountId,
        roles: Vec<Role>,
        identities: Vec<Credential>,
        profile: Sealed,
    ) -> Result<(), Error> {
        let context = caller.context_of_step();
        self.commit(context, move |tx| {
            tx.want::<Account>(account);
            identities.iter().for_each(|identity| tx.want::<Identity>(&identity.stream));
            let open = AccountCommand::Open { roles: roles.clone(), profile: profile.clone() };
            tx.execute::<Account>(account, open)?;
            for Credential { stream, is_proved } in &identities {
                tx.execute::<Identity>(stream, IdentityCommand::Claim { account })?;
                if *is_proved {
                    tx.execute::<Identity>(stream, IdentityCommand::Prove { account })?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Erases the person behind an account: the identities become free, the key is destroyed, the portrait is removed, the books
    /// stay.
    ///
    /// The log goes first here: the identities are known only while the key still opens the profile. An interruption
    /// between the two is mended by asking again.
    ///
    /// # Errors
    /// [`ErrorCode::AccountUnknown`]. An account that was erased before is no error.
    pub async fn erase_account(&self, caller: &Caller, account: AccountId) -> Result<(), Error> {
        self.require_writable()?;
        let found = self.account_record(caller, account).await?;
        if found.status == AccountStatus::Unopened {
            return Err(Error::new(ErrorCode::AccountUnknown, format!("account {account}: unknown")));
        }
        if found.status == AccountStatus::Open {
            let identities = match self.open_profile(account, found.profile.as_ref()).await {
                Ok(person) => self.identities_of(&person),
                // The key was lost, and with it what the person logged in by: that stays taken.
                Err(error) if error.code() == ErrorCode::AccountErased => Vec::new(),
                Err(error) => return Err(error),
            };
            self.commit(caller.context_of_step(), move |tx| {
                tx.want::<Account>(account);
                identities.iter().for_each(|identity| tx.want::<Identity>(identity));
                tx.execute::<Account>(account, AccountCommand::Erase)?;
                for identity in &identities {
                    tx.execute::<Identity>(identity, IdentityCommand::Release { account })?;
                }
                Ok(())
            })
            .await?;
        }
        self.inner.vault.erase_account(account).await?;
        self.inner.sealer.forget(account);
        self.end_sessions(account).await?;
        self.remove_portrait(account).await
    }

    pub(crate) async fn account_record(&self, caller: &Caller, account: AccountId) -> Result<Record, Error> {
        let context = caller.context_of_step();
        self.commit(context, move |tx| {
            let state = tx.state::<Account>(account)?;
            Ok(Record { status: state.status, profile: state.profile.clone() })
        })
        .await
    }

    fn identities_of(&self, person: &PersonalData) -> Vec<String> {
        let logins = person.phone.iter().chain(&person.login_name).map(|login| self.login_identity(login));
        let openids = person.openids.iter().map(|openid| self.wechat_identity(openid));
        logins.chain(openids).collect()
    }

    /// The stream of whatever a person logs in by with a password.
    pub(crate) fn login_identity(&self, login: &str) -> String {
        let kind = if is_mainland_mobile(login) { "phone" } else { "name" };
        format!("{kind}:{}", self.inner.sealer.identity_hash(kind, login))
    }

    /// The stream of a person in WeChat.
    pub(crate) fn wechat_identity(&self, openid: &str) -> String {
        format!("wechat:{}", self.inner.sealer.identity_hash("wechat", openid))
    }
}

/// An identity that an account is opened with.
#[derive(Clone)]
pub(crate) struct Credential {
    /// Its stream.
    pub(crate) stream: String,
    /// Whether it was shown to be the person's.
    pub(crate) is_proved: bool,
}

impl Credential {
    /// One that was not, or that proves itself each time.
    pub(crate) const fn claimed(stream: String) -> Self {
        Self { stream, is_proved: false }
    }
}

/// What the log knows of an account.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) status: AccountStatus,
    pub(crate) profile: Option<Sealed>,
}
