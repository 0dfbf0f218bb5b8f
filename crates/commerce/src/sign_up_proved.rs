//! Signing up with a proof of the phone. Who signed up with it before without one loses it to whoever proves it first.

use aggregates::identity::{Identity, IdentityCommand};
use kernel::{AccountId, ErrorCode};

use crate::accounts::Credential;
use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::sessions::SignedIn;
use crate::sign_in::{check_sign_up, phone_taken};

impl Commerce {
    /// Opens an account for a phone that `hash` proves (the answer to the code that it got). If an account holds the phone that
    /// never proved it, that account is taken over: it gets this password, and the sessions that came before end.
    ///
    /// # Errors
    /// In this order: `phone` or `password` cannot be accepted, [`kernel::ErrorCode::CodeRefused`],
    /// [`kernel::ErrorCode::IdentityTaken`] (the phone was proved before).
    pub async fn sign_up_proved(
        &self,
        caller: &Caller,
        phone: &str,
        password: &str,
        hash: &str,
    ) -> Result<SignedIn, Error> {
        self.require_writable()?;
        check_sign_up(phone, password)?;
        self.prove_phone(phone, hash).await?;
        let stream = self.login_identity(phone);
        let identity = self.identity(caller, stream.clone()).await?;
        match identity.holder {
            None => {
                let identity = Credential { stream, is_proved: true };
                self.open_by_phone(caller, phone, password, identity).await
            }
            Some(_) if identity.is_proved => Err(phone_taken()),
            Some(account) => self.take_over(caller, account, stream, password).await,
        }
    }

    /// Secrets first: an interruption leaves the phone unproved, and its owner proves it again.
    async fn take_over(
        &self,
        caller: &Caller,
        account: AccountId,
        stream: String,
        password: &str,
    ) -> Result<SignedIn, Error> {
        let hash = self.inner.passwords.hash(password).await?;
        if !self.inner.vault.save_password(account, &hash, self.inner.engine.now()).await? {
            return Err(Error::new(ErrorCode::AccountErased, "the account was erased"));
        }
        self.end_sessions(account).await?;
        let prove = move |tx: &mut engine::Tx<'_>| {
            tx.execute::<Identity>(&stream, IdentityCommand::Prove { account })?;
            Ok(())
        };
        // Whoever is just logging in with the old password comes too late: a session rests on the password that is kept now.
        self.commit(caller.context_of_step(), prove).await?;
        Ok(SignedIn { account, password_hash: Some(hash) })
    }

    async fn identity(&self, caller: &Caller, stream: String) -> Result<Identity, Error> {
        let read = move |tx: &mut engine::Tx<'_>| Ok(*tx.state::<Identity>(&stream)?);
        self.commit(caller.context_of_step(), read).await
    }
}
